/* SPDX-License-Identifier: GPL-2.0 */
/* The daemon as its main thread sees it. */
#ifndef _FPD_DAEMON_H
#define _FPD_DAEMON_H

#include <unbound.h>

#include "fpd.h"
#include "fpnl.h"
#include "model.h"

#define FPD_SOURCES	1024	/* buckets of the table of sources */
#define FPD_ADDRS_MAX	8	/* addresses of one target that are tried */

struct fpd_listener;
struct fpd_source;
LIST_HEAD(fpd_listener_list, fpd_listener);
LIST_HEAD(fpd_dial_list, fpd_dial);

/**
 * struct fpd - the daemon; only the main thread touches it, but for @done and
 *	what is constant once workers run
 * @base: the main loop
 * @nl: netlink requests
 * @events: netlink events
 * @dns: resolver
 * @policy: the one in force; a reference
 * @workers: threads that shake hands
 * @n_workers: how many
 * @next_worker: who gets the next connection
 * @done: connections that workers gave back
 * @listeners: one a tls-proxy and address family
 * @dials: targets that are being dialled
 * @sources: handshakes in flight by address
 * @in_flight: handshakes in flight
 * @expiry: fires when the first peer certificate of a leg ends
 * @no_offload: join every TLS leg over loopback
 * @foreign_legs: legs found at the start, made by an earlier daemon
 */
struct fpd {
	struct event_base *base;
	struct fpnl *nl;
	struct fpnl *events;
	struct ub_ctx *dns;
	struct fpd_policy *policy;
	struct fpd_worker workers[FPD_WORKERS_MAX];
	int n_workers;
	unsigned int next_worker;
	struct fpd_queue done;
	struct fpd_listener_list listeners;
	struct fpd_dial_list dials;
	struct fpd_source *sources[FPD_SOURCES];
	unsigned int in_flight;
	struct event *expiry;
	bool no_offload;
	unsigned int foreign_legs;
};

/* policy.c: any thread may hold a policy; only the main one makes them */
struct fpd_policy *fpd_policy_load(struct fpd *d);
struct fpd_policy *fpd_policy_get(struct fpd_policy *p);
void fpd_policy_put(struct fpd_policy *p);
const struct fp_model *fpd_policy_model(const struct fpd_policy *p);
SSL_CTX *fpd_policy_ctx(const struct fpd_policy *p, const char *trustpoint,
			bool server, bool fips, const char **why);
enum fedpat_role fpd_zone_role(const struct fpd_policy *p, const char *zone);
const struct fp_obj_tls_proxy *fpd_proxy_of(const struct fpd_policy *p,
					    const char *federation,
					    enum fedpat_role side);

/* match.c */
struct fpd_match {
	const struct fp_obj_peer *peer;
	const struct fp_obj_node *node;
	const struct fp_strs *domains[FPD_NAMES_MAX];
	unsigned int n_domains;
};

enum fp_reason fpd_match(const struct fpd_policy *p, const struct fpd_conn *conn,
			 struct fpd_match *m, char *text, size_t size);

/* listen.c */
void fpd_listeners_update(struct fpd *d);
void fpd_listeners_close(struct fpd *d);
void fpd_source_done(struct fpd *d, const union fpd_addr *from);

/* dial.c, resolve.c */
void fpd_dial_wanted(struct fpd *d, const struct fp_obj_notice *n);
void fpd_dial_done(struct fpd_conn *conn, bool up);
void fpd_dials_stop(struct fpd *d);

typedef void (*fpd_addrs_fn)(void *arg, const union fpd_addr *addrs, unsigned int n,
			     const char *why);
typedef void (*fpd_srv_fn)(void *arg, const char *target, uint16_t port, const char *why);
int fpd_resolver_start(struct fpd *d, const char *server);
void fpd_resolver_stop(struct fpd *d);
void fpd_resolve_host(struct fpd *d, const char *host, uint16_t port,
		      fpd_addrs_fn fn, void *arg);
void fpd_resolve_srv(struct fpd *d, const char *service, const char *domain,
		     fpd_srv_fn fn, void *arg);
int fpd_addr_parse(union fpd_addr *a, const char *text, uint16_t port);
void fpd_addr_from(union fpd_addr *a, const struct fp_endpoint *ep);
void fpd_addr_to(struct fp_endpoint *ep, const union fpd_addr *a);

/* legs.c */
void fpd_conn_done(struct fpd_conn *conn);
void fpd_legs_adopt(struct fpd *d);
void fpd_legs_review(struct fpd *d);

/* join.c */
int fpd_join_pair(struct fpd_conn *conn);

/* report.c */
void fpd_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void fpd_log_errs(const char *what, struct fp_errs *errs);
void fpd_report(struct fpd_conn *conn);
void fpd_report_text(struct fpd *d, enum fp_reason reason, const char *federation,
		     const char *peer, const char *text);

#endif /* _FPD_DAEMON_H */
