/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A gateway without its daemon, for tests of the stream plane: sockets are
 * connected, given TLS keys made up on both ends, attached as legs, and both
 * far ends are driven from here.
 *
 * Everything lives in the network namespace of the caller, whose loopback has
 * the addresses below.
 */
#ifndef _FEDPAT_SELFTEST_LEGLIB_H
#define _FEDPAT_SELFTEST_LEGLIB_H

#include <stdbool.h>
#include <stddef.h>
#include <fedpat/frame.h>
#include "fpnl.h"
#include "kselftest.h"
#include "model.h"

#define GW_INSIDE	"10.0.0.1"
#define NODE1		"10.0.0.11"
#define NODE2		"10.0.0.12"
#define GW_PUBLIC	"203.0.113.10"
#define PARTNER		"198.51.100.20"
#define PARTNER2	"198.51.100.30"
#define GW_INSIDE6	"fd00::1"
#define NODE6		"fd00::11"
#define GW_PUBLIC6	"2001:db8::10"
#define PARTNER6	"2001:db8::20"

enum keys {
	KEYS_NONE,		/* plain TCP */
	KEYS_12_AES128,
	KEYS_12_AES256,
	KEYS_12_CHACHA,
	KEYS_13_AES128,
	KEYS_13_AES256,
	KEYS_13_CHACHA,
	KEYS_COUNT,
};

extern const char * const keys_name[KEYS_COUNT];

/**
 * struct far - the far end of a leg
 * @fd: its socket
 * @gw: our end before it was attached, -1 afterwards
 * @leg: id of the leg, 0 before it was attached
 * @k: what it speaks
 * @framer: where the stream that it receives stands
 * @buf: bytes of it
 * @len: how many
 * @used: bytes of the message that far_recv() gave last
 * @ended: how the stream ended, see far_end()
 */
struct far {
	int fd;
	int gw;
	u32 leg;
	enum keys k;
	struct fp_framer framer;
	unsigned char *buf;
	size_t len;
	size_t used;
	int ended;
};

/**
 * struct leg_spec - a leg to be made
 * @inside: it leads to a node; else to a partner
 * @accepted: the far end dialled us
 * @k: what it speaks
 * @peer: name of peer or node; NULL: imp1 or partner
 * @domain: domain that it may speak for; NULL: example.net
 * @remote: address of the far end, which decides the family; NULL: NODE1 or
 *	PARTNER
 * @port: of the side that listens; 0: 5062 or 5061
 * @wanted: wish that it answers
 * @seq: records that the keys have served
 * @not_offloaded: why TLS ends in the daemon
 * @orig_dst: address that the far end dialled, port 5061; NULL: ours
 * @tls: transport is tls although there are no keys
 * @raw: of protocol xmpp, in federation chat
 * @starttls: its ends went on to TLS
 * @partner: leg that it is joined with
 */
struct leg_spec {
	bool inside;
	bool accepted;
	enum keys k;
	const char *peer;
	const char *domain;
	const char *remote;
	u16 port;
	u32 wanted;
	u64 seq;
	const char *not_offloaded;
	const char *orig_dst;
	bool tls;
	bool raw;
	bool starttls;
	u32 partner;
};

/* A received message: points into the buffer of the far end until its next use. */
struct msg {
	const char *p;
	size_t len;
};

/**
 * struct world - what all tests share
 * @nl: client
 * @ev: client that hears events
 * @errs: of the last call that failed
 * @notice: events not yet looked at
 * @n_notice: how many
 */
struct world {
	struct fpnl *nl;
	struct fpnl *ev;
	struct fp_errs errs;
	struct fp_obj_notice *notice[64];
	unsigned int n_notice;
	bool keep;	/* objects that are not the tests' own stay */
};

/* world.c: the policy, counters, events */
void world_open(struct world *w);
void world_close(struct world *w);
/* Publish the policy of the tests, with lines of YAML added; dies when it is refused. */
void world_policy(struct world *w, const char *inspect, const char *without);
/* 0 leaves a limit at its default. */
void world_settings(struct world *w, u64 memory_cap, u32 max_legs);
u64 counter(struct world *w, const char *name);
/* Wait until a counter has moved from @before by at least @by. */
bool counter_moved(struct world *w, const char *name, u64 before, u64 by);
u64 status_memory(struct world *w);
u32 status_legs(struct world *w);
u32 status_held(struct world *w);
struct fp_obj_leg *leg_get(struct world *w, u32 id);
/* The next notice of a kind, NULL when none came in time; the caller frees it. */
struct fp_obj_notice *notice_wait(struct world *w, enum fedpat_event event, int ms);
void notices_drop(struct world *w);
/* Did the leg go down for that reason? */
bool leg_down(struct world *w, u32 leg, const char *reason);
const char *last_error(struct world *w);
/* No legs, no held messages, no memory. */
bool all_quiet(struct world *w);

/* far.c: sockets */
void pair_open(const struct leg_spec *spec, struct far *far);
int pair_attach(struct world *w, const struct leg_spec *spec, struct far *far);
/* Both, or die. */
void leg_open(struct world *w, const struct leg_spec *spec, struct far *far);
void far_close(struct far *far);
bool far_send(struct far *far, const void *p, size_t len);
bool far_send_str(struct far *far, const char *s);
/* A record of another type. */
bool far_send_record(struct far *far, unsigned char type, const void *p, size_t len);
bool far_recv(struct far *far, struct msg *m, int ms);
/* As much as it takes without waiting; how much that was. */
size_t far_push(struct far *far, const void *p, size_t len);
/* Nothing comes. */
bool far_silent(struct far *far, int ms);
/* How the stream ended: 'n' close_notify, 'f' FIN, 'r' reset, 0 not at all. */
int far_end(struct far *far, int ms);
void tls_keys(int fd, enum keys k, bool gateway, u64 seq);
/* @dir: 1 = send, 2 = receive, 3 = both */
void tls_keys_dir(int fd, enum keys k, bool gateway, u64 seq, int dir);
int tcp_connect(const char *from, const char *to, u16 port);
int tcp_listen(const char *addr, u16 port);
long now_ms(void);
void nap_ms(int ms);
/* How long to wait here for what takes a real machine so long: FEDPAT_SLOW. */
int patience_ms(int ms);
/* Counts are smaller where the machine is slow: FEDPAT_SCALE percent. */
unsigned int scaled(unsigned int n);

/* sip.c: messages; static buffers, valid until the next call of the same */
const char *sip_request(const char *method, const char *from, const char *to, unsigned int n);
const char *sip_request_body(const char *method, const char *from, const char *to,
			     unsigned int n, const char *extra, const char *body, size_t len);
char *sip_answer(const struct msg *req, int status);	/* malloced */
bool msg_has(const struct msg *m, const char *text);
bool msg_is(const struct msg *m, int status);
unsigned int msg_cseq(const struct msg *m);

/* The tests, by group. */
struct test {
	const char *name;
	bool (*run)(struct world *w);
};

extern const struct test relay_tests[], held_tests[], close_tests[], frame_tests[];
extern const struct test attach_tests[], load_tests[], raw_tests[];

/* Ends the test where it does not hold, with a line that says where that is. */
#define WANT(cond) \
	do { \
		if (!(cond)) \
			lost(__func__, __LINE__, #cond); \
	} while (0)

__attribute__((noreturn)) void lost(const char *func, int line, const char *text);
/* Did all hold? */
bool test_run(const struct test *t, struct world *w);

#endif /* _FEDPAT_SELFTEST_LEGLIB_H */
