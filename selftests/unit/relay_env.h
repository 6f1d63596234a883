/* SPDX-License-Identifier: GPL-2.0 */
/* A federation, its legs, and the way of a message through it, for the tests. */
#ifndef _FEDPAT_SELFTEST_RELAY_ENV_H
#define _FEDPAT_SELFTEST_RELAY_ENV_H

#include <fedpat/relay.h>
#include <fedpat/sip.h>
#include "leak.h"

#define ENV_MAX		(256 * 1024)

struct env {
	struct fp_realm *realm;
	struct fp_leg_view node;	/* inside: 192.0.2.11, routing node, TLS */
	struct fp_leg_view node2;	/* inside: 192.0.2.12 */
	struct fp_leg_view partner;	/* outside: 198.51.100.20, edge.example.net */
	struct fp_nameset *domains;	/* example.net */
	struct fp_sip_work *w;
	struct fp_sip_msg *msg;		/* the message that went in */
	struct fp_route route;
	enum fp_reason reason;
	unsigned char *out;
	unsigned int len;
	unsigned int parse_flags;
	char *text;
};

struct env_opts {
	enum fp_place place;
	enum fp_tp outer;		/* FP_TP_NONE means TLS */
	unsigned int flags;		/* FP_REALM_*, above masking */
	bool no_mask;
	bool v6;			/* nodes and gateway have IPv6 inside */
	bool no_key;			/* no key for tokens */
	bool everything;		/* all names and addresses but ours are inside */
};

struct env *env_new(const struct env_opts *opts);
void env_free(struct env *e);
extern const struct fp_mem env_mem;
extern const struct leak_what env_secrets;
extern const struct leak_what env_secrets_everything;

/* Parse; false and e->reason when refused. */
bool env_parse(struct env *e, const void *bytes, size_t len);
/* Parse, inspect, route and rewrite from one leg to another; result in e->out. */
bool env_pass(struct env *e, const struct fp_leg_view *in, const struct fp_leg_view *out,
	      const void *bytes, size_t len);
char *env_text(const char *text);
char *env_text(const char *text);
bool env_pass_str(struct env *e, const struct fp_leg_view *in,
		  const struct fp_leg_view *out, const char *text);
/* The same without inspection and routing, for messages from anywhere. */
bool env_rewrite(struct env *e, const struct fp_leg_view *in,
		 const struct fp_leg_view *out, const void *bytes, size_t len);
bool env_has(const struct env *e, const char *text);
/* A response to what env_pass() sent, as the far end builds it. */
char *env_response(const struct env *e, int status, const char *extra, const char *body);
/* Value of the n-th header of a name in a message, malloced; NULL when absent. */
char *env_header(const void *bytes, size_t len, const char *name, int n);
const char *env_reason(const struct env *e);

/*
 * One result of several conditions:
 *	expect(a == b);
 *	expect(c);
 *	result("a is b, and c");
 * result() is a macro: the counters of kselftest.h belong to the program.
 */
#define expect(cond) expect_at(cond, #cond, __LINE__)
#define result(...) ksft_test_result(expect_reset(), __VA_ARGS__)
void expect_at(bool ok, const char *what, int line);
bool expect_reset(void);

/* Every file below a folder of the test data; returns how many. */
typedef void (*env_file_fn)(void *ctx, const char *path, const unsigned char *bytes, size_t len);
int env_each_file(const char *folder, const char *suffix, env_file_fn fn, void *ctx);

#endif /* _FEDPAT_SELFTEST_RELAY_ENV_H */
