/* SPDX-License-Identifier: GPL-2.0 */
/* The daemon as its main thread sees it. */
#ifndef _FPD_DAEMON_H
#define _FPD_DAEMON_H

#include <time.h>
#include <unbound.h>

#include "dns.h"
#include "fpd.h"
#include "fpnl.h"
#include "model.h"

#define FPD_SOURCES	1024	/* buckets of the table of sources */
#define FPD_TRUST_LEN	32	/* SHA-256 */
#define FPD_SRV_MAX	16	/* records of one domain that are looked at */
#define FPD_ADDRS_MAX	8	/* addresses of one target that are tried */

struct fpd_listener;
struct fpd_source;
struct fpd_health;
struct fpd_watch;
LIST_HEAD(fpd_listener_list, fpd_listener);
LIST_HEAD(fpd_dial_list, fpd_dial);
LIST_HEAD(fpd_watch_list, fpd_watch);
TAILQ_HEAD(fpd_health_list, fpd_health);

/**
 * struct fpd - the daemon; only the main thread touches it, but for @done and
 *	what is constant once workers run
 * @base: the main loop
 * @nl: netlink requests
 * @events: netlink events
 * @events_ready: fires when there are any
 * @dns: resolver
 * @policy: the one in force; a reference
 * @workers: threads that shake hands
 * @n_workers: how many
 * @next_worker: who gets the next connection
 * @done: connections that workers gave back
 * @listeners: one a tls-proxy and address family
 * @dials: targets that are being dialled
 * @watches: whose health is asked for
 * @health: servers that were dialled
 * @n_health: how many
 * @sources: handshakes in flight by address
 * @in_flight: handshakes in flight
 * @expiry: fires when the first peer certificate of a leg ends
 * @standing: fires when legs that stand are asked about again
 * @looked: policy by which they were asked about last; a reference
 * @doubted: ids of those that are closed if nobody answers
 * @n_doubted: how many
 * @no_offload: join every TLS leg over loopback
 * @trust: what the chains of all legs were judged by last
 * @foreign_legs: legs found at the start, made by an earlier daemon
 */
struct fpd {
	struct event_base *base;
	struct fpnl *nl;
	struct fpnl *events;
	struct event *events_ready;
	struct ub_ctx *dns;
	struct fpd_policy *policy;
	struct fpd_worker workers[FPD_WORKERS_MAX];
	int n_workers;
	unsigned int next_worker;
	struct fpd_queue done;
	struct fpd_listener_list listeners;
	struct fpd_dial_list dials;
	struct fpd_watch_list watches;
	struct fpd_health_list health;
	unsigned int n_health;
	struct fpd_source *sources[FPD_SOURCES];
	unsigned int in_flight;
	struct event *expiry;
	struct event *standing;
	struct fpd_policy *looked;
	u32 *doubted;
	size_t n_doubted;
	bool no_offload;
	unsigned char trust[FPD_TRUST_LEN];
	unsigned int foreign_legs;
};

/* policy.c: any thread may hold a policy; only the main one makes them */
struct fpd_policy *fpd_policy_load(struct fpd *d);
struct fpd_policy *fpd_policy_get(struct fpd_policy *p);
void fpd_policy_put(struct fpd_policy *p);
const struct fp_model *fpd_policy_model(const struct fpd_policy *p);
SSL_CTX *fpd_policy_ctx(const struct fpd_policy *p, const char *trustpoint,
			bool server, enum fedpat_tls_profile profile, const char **why);
X509_STORE *fpd_policy_anchors(const struct fpd_policy *p, const char *trustpoint,
			       const char **why);
bool fpd_policy_unread(const struct fpd_policy *p, const char *trustpoint);
const unsigned char *fpd_policy_trust(const struct fpd_policy *p);
enum fedpat_tls_profile fpd_policy_profile(const struct fpd_policy *p,
					   const struct fp_obj_tls_proxy *proxy);
enum fedpat_role fpd_zone_role(const struct fpd_policy *p, const char *zone);
const struct fp_obj_tls_proxy *fpd_proxy_of(const struct fpd_policy *p,
					    const char *federation,
					    enum fedpat_role side);

/* match.c */
/**
 * struct fpd_match - who a connection is
 * @peer, @node: one of them, where it is somebody
 * @domains: of each peer whose name, anchors and key usage fit
 * @n_domains: how many
 * @eku: a peer that fits but for the key usage
 * @weak: one would fit but for the cipher suite
 * @chain: why the chain of the last one is not accepted
 * @untrusted: the last one whose name fits and whose anchors do not
 * @unread: adopted without a look at its chain: which file could not be read
 * @open: of open federation, which @domains points to
 * @open_list, @open_v: likewise
 */
struct fpd_match {
	const struct fp_obj_peer *peer;
	const struct fp_obj_node *node;
	const struct fp_strs *domains[FPD_NAMES_MAX];
	unsigned int n_domains;
	const struct fp_obj_peer *eku;
	bool weak;
	enum fp_reason chain;
	char untrusted[256];
	const char *unread;
	struct fpd_open open;
	struct fp_strs open_list;
	char *open_v[FPD_OPEN_MAX];
};

enum fp_reason fpd_match(const struct fpd_policy *p, const struct fpd_conn *conn,
			 struct fpd_match *m, char *text, size_t size);

const char *fpd_anchors_name(const struct fpd_policy *p, const struct fp_obj_peer *peer,
			     const char *proxy, bool dialled);

/* main.c, module.c */
void fpd_module_back(struct fpd *d);
int fpd_module_watch(struct fpd *d);
void fpd_module_unwatch(void);

/* listen.c */
void fpd_listeners_update(struct fpd *d);
void fpd_listeners_close(struct fpd *d);
void fpd_source_done(struct fpd *d, const union fpd_addr *from);

/* sni.c */
int fpd_sni_init(void);
void fpd_sni_watch(SSL_CTX *ctx);
void fpd_sni_bind(struct fpd_conn *conn);
bool fpd_shares_address(const struct fpd_policy *p, const struct fp_obj_tls_proxy *proxy,
			const struct fpd_conn *conn);
void fpd_conn_belongs(struct fpd_conn *conn, const struct fp_obj_tls_proxy *proxy);

/* dial.c, resolve.c */
void fpd_dial_wanted(struct fpd *d, const struct fp_obj_notice *n);
void fpd_dial_done(struct fpd_conn *conn, bool up);
void fpd_dials_stop(struct fpd *d);
const struct fp_obj_domain *fpd_domain_of(const struct fp_model *model, const char *name);

typedef void (*fpd_addrs_fn)(void *arg, const union fpd_addr *addrs, unsigned int n,
			     enum fp_reason reason, const char *why);
typedef void (*fpd_srv_fn)(void *arg, const struct fp_srv *v, unsigned int n,
			   enum fp_reason reason, const char *why);
int fpd_resolver_start(struct fpd *d, const char *server, const char *anchor);
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
enum fp_reason fpd_authorise(struct fpd_conn *conn, struct fpd_match *m);
void fpd_legs_drop(struct fpd *d, const union fpd_addr *to, enum fp_reason reason,
		   const char *text);
void fpd_legs_adopt(struct fpd *d);
void fpd_legs_review(struct fpd *d);

void fpd_leg_close(struct fpd *d, u32 id, enum fp_reason reason, const char *text);

/* standing.c */
void fpd_standing_look(struct fpd *d);
void fpd_standing_stop(struct fpd *d);

/* join.c */
int fpd_join_pair(struct fpd_conn *conn);

/* health.c */
void fpd_health_up(struct fpd *d, const struct fpd_conn *conn);
void fpd_health_down(struct fpd *d, const struct fpd_conn *conn, bool watched);
bool fpd_health_pauses(const struct fpd_dial *dial, const union fpd_addr *addr);
bool fpd_health_rests(const struct fpd_dial *dial, const union fpd_addr *addr);
bool fpd_health_silent(const struct fpd_dial *dial, const union fpd_addr *addr, char *text,
		       size_t size);
void fpd_health_update(struct fpd *d);
void fpd_health_stop(struct fpd *d);
void fpd_health_unwatched(struct fpd *d);

/* watch.c */
void fpd_watches_update(struct fpd *d);
void fpd_watches_stop(struct fpd *d);
void fpd_asked(struct fpd_conn *conn);

/* chain.c */
#define FPD_FINGERPRINT	65	/* SHA-256 in hex */
char *fpd_chain_text(const STACK_OF(X509) *chain);
STACK_OF(X509) *fpd_chain_parse(const char *text);
int fpd_fingerprint(const X509 *cert, char hex[FPD_FINGERPRINT]);

/* report.c */
void fpd_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void fpd_log_errs(const char *what, struct fp_errs *errs);

int fpd_log_start(struct event_base *base);
void fpd_log_stop(void);
bool fpd_may_log(const char *what, const char *who);
void fpd_report(struct fpd_conn *conn);
void fpd_report_notice(const struct fp_obj_notice *n);
void fpd_report_text(struct fpd *d, enum fp_reason reason, const char *federation,
		     const char *peer, const char *text);

#endif /* _FPD_DAEMON_H */
