// SPDX-License-Identifier: GPL-2.0
/*
 * Names to addresses: libunbound, asked from the main loop. A bogus answer
 * (one that fails DNSSEC) counts as none. Each way to fail has its own reason.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "anchor.h"
#include "daemon.h"

#define ANSWER_SECONDS	4	/* less than messages are held */

/**
 * struct query - one question
 * @d: the daemon
 * @id: of the resolver, to take it back
 * @timer: the resolver itself would wait longer than messages are held
 * @addrs, @srv: who asked; one of them
 * @arg: their argument
 * @type: kind of record
 * @port: goes into addresses
 * @name: what is asked for
 */
struct query {
	struct fpd *d;
	int id;
	struct event *timer;
	fpd_addrs_fn addrs;
	fpd_srv_fn srv;
	void *arg;
	int type;
	uint16_t port;
	char name[FEDPAT_FQDN_MAX + 40];
};

static struct event *dns_event;

static void dns_ready(evutil_socket_t fd, short what, void *arg)
{
	struct fpd *d = arg;

	(void)fd;
	(void)what;
	ub_process(d->dns);
}

/**
 * fpd_resolver_start() - make the resolver
 * @d: the daemon
 * @server: address of the server to ask, or NULL for /etc/resolv.conf
 * @anchor: file of the trust anchor; signed answers are then validated. NULL:
 *	they are taken as they come
 *
 * Return: 0 or -1.
 */
int fpd_resolver_start(struct fpd *d, const char *server, const char *anchor)
{
	char why[FPD_TEXT_MAX];

	d->dns = ub_ctx_create();
	if (!d->dns)
		return -1;
	ub_ctx_async(d->dns, 1);
	ub_ctx_hosts(d->dns, NULL);
	if (server ? ub_ctx_set_fwd(d->dns, server) : ub_ctx_resolvconf(d->dns, NULL))
		fpd_log("warning: no DNS server known; names cannot be resolved");
	if (anchor && fp_anchor_add(d->dns, anchor, why, sizeof(why))) {
		fpd_log("error: %s. %s", why, FP_ANCHOR_MEND);
		return -1;
	}
	dns_event = event_new(d->base, ub_fd(d->dns), EV_READ | EV_PERSIST, dns_ready, d);
	return dns_event && !event_add(dns_event, NULL) ? 0 : -1;
}

/**
 * fpd_resolver_stop() - give up what is asked and free the resolver
 * @d: the daemon
 */
void fpd_resolver_stop(struct fpd *d)
{
	if (dns_event)
		event_free(dns_event);
	if (d->dns)
		ub_ctx_delete(d->dns);
	dns_event = NULL;
	d->dns = NULL;
}

static const char *type_name(int type)
{
	return type == FP_DNS_SRV ? "SRV " : type == FP_DNS_AAAA ? "AAAA " : "A ";
}

static enum fp_reason why_not(const struct query *q, int err, const struct ub_result *r,
			      char *why, size_t size)
{
	enum fp_reason reason = FP_R_DIAL_NO_DNS;
	char words[FPD_TEXT_MAX / 2] = "the name has no such record";

	if (err) {
		snprintf(words, sizeof(words), "%s", ub_strerror(err));
	} else if (r->bogus) {
		reason = FP_R_DNS_BOGUS;
		snprintf(words, sizeof(words), "bogus: %s",
			 r->why_bogus ? r->why_bogus : "it fails DNSSEC validation");
	} else if (r->nxdomain) {
		reason = FP_R_DNS_NXDOMAIN;
		snprintf(words, sizeof(words), "no such name (NXDOMAIN)");
	} else if (r->rcode == 2) {
		reason = FP_R_DNS_TIMEOUT;
		snprintf(words, sizeof(words),
			 "the DNS server failed (SERVFAIL) or did not answer");
	} else if (r->rcode) {
		snprintf(words, sizeof(words), "the DNS server refused (RCODE %d)", r->rcode);
	}
	snprintf(why, size, "%s%s: %s", type_name(q->type), q->name, words);
	return reason;
}

static void tell(struct query *q, enum fp_reason reason, const char *why)
{
	if (q->srv)
		q->srv(q->arg, NULL, 0, reason, why);
	else
		q->addrs(q->arg, NULL, 0, reason, why);
}

static void query_free(struct query *q)
{
	if (q->timer)
		event_free(q->timer);
	free(q);
}

static void no_answer(evutil_socket_t fd, short what, void *arg)
{
	char why[FPD_TEXT_MAX];
	struct query *q = arg;

	(void)fd;
	(void)what;
	ub_cancel(q->d->dns, q->id);
	snprintf(why, sizeof(why), "%s%s: no answer after %d seconds", type_name(q->type),
		 q->name, ANSWER_SECONDS);
	tell(q, FP_R_DNS_TIMEOUT, why);
	query_free(q);
}

static int ask(struct query *q, int type, ub_callback_type answer)
{
	struct timeval tv = { ANSWER_SECONDS, 0 };

	q->type = type;
	if (!q->timer)
		q->timer = evtimer_new(q->d->base, no_answer, q);
	if (!q->timer || evtimer_add(q->timer, &tv))
		return -1;
	return ub_resolve_async(q->d->dns, q->name, type, 1, q, answer, &q->id);
}

/* Asks, or tells at once that it cannot. */
static void begin(struct query *q, int type, ub_callback_type answer)
{
	if (!ask(q, type, answer))
		return;
	tell(q, FP_R_DIAL_NO_DNS, "the resolver does not run");
	query_free(q);
}

static unsigned int read_addrs(const struct ub_result *r, union fpd_addr *to, uint16_t port)
{
	struct fp_endpoint ep = { .port = port };
	unsigned int n = 0;

	if (r->bogus)
		return 0;
	for (int i = 0; r->data && r->data[i] && n < FPD_ADDRS_MAX; i++) {
		if (fp_dns_addr_read((u8 *)r->data[i], (size_t)r->len[i], r->qtype, &ep.addr))
			fpd_addr_from(&to[n++], &ep);
	}
	return n;
}

static void host_answer(void *arg, int err, struct ub_result *r)
{
	struct query *q = arg;
	union fpd_addr addrs[FPD_ADDRS_MAX];
	unsigned int n = err ? 0 : read_addrs(r, addrs, q->port);
	enum fp_reason reason = FP_R_NONE;
	char why[FPD_TEXT_MAX] = "";

	/* IPv4 first; IPv6 when there is none. */
	if (!n && !err && r->qtype == FP_DNS_A && !r->bogus && !r->rcode &&
	    !ask(q, FP_DNS_AAAA, host_answer)) {
		ub_resolve_free(r);
		return;
	}
	if (!n)
		reason = why_not(q, err, r, why, sizeof(why));
	q->addrs(q->arg, addrs, n, reason, why);
	ub_resolve_free(r);
	query_free(q);
}

/**
 * fpd_resolve_host() - addresses of a host
 * @d: the daemon
 * @host: name or address
 * @port: goes into the addresses
 * @fn: called once, perhaps at once; n is 0, and reason and why are set, where
 *	there is none
 * @arg: its argument
 */
void fpd_resolve_host(struct fpd *d, const char *host, uint16_t port,
		      fpd_addrs_fn fn, void *arg)
{
	union fpd_addr literal;
	struct query *q;

	if (!fpd_addr_parse(&literal, host, port)) {
		fn(arg, &literal, 1, FP_R_NONE, "");
		return;
	}
	q = calloc(1, sizeof(*q));
	if (!q) {
		fn(arg, NULL, 0, FP_R_DIAL_NO_DNS, "out of memory");
		return;
	}
	q->d = d;
	q->addrs = fn;
	q->arg = arg;
	q->port = port;
	snprintf(q->name, sizeof(q->name), "%s", host);
	begin(q, FP_DNS_A, host_answer);
}

static void srv_answer(void *arg, int err, struct ub_result *r)
{
	struct query *q = arg;
	enum fp_reason reason = FP_R_NONE;
	struct fp_srv v[FPD_SRV_MAX];
	char why[FPD_TEXT_MAX] = "";
	unsigned int n = 0, none = 0;

	for (int i = 0; !err && !r->bogus && r->data && r->data[i] && n < FPD_SRV_MAX; i++) {
		if (!fp_dns_srv_read((u8 *)r->data[i], (size_t)r->len[i], &v[n]) || v[n].odd)
			continue;
		if (!v[n].target[0])
			none++;		/* "." says that there is no service */
		else if (v[n].port)
			n++;
	}
	if (!n && none) {
		reason = FP_R_DNS_NO_SERVICE;
		snprintf(why, sizeof(why), "SRV %s: the domain offers no such service", q->name);
	} else if (!n) {
		reason = why_not(q, err, r, why, sizeof(why));
	}
	q->srv(q->arg, v, n, reason, why);
	ub_resolve_free(r);
	query_free(q);
}

/**
 * fpd_resolve_srv() - servers of a domain
 * @d: the daemon
 * @service: "_sipfederationtls._tcp"
 * @domain: the domain
 * @fn: called once; n is 0, and reason and why are set, where there is none
 * @arg: its argument
 */
void fpd_resolve_srv(struct fpd *d, const char *service, const char *domain,
		     fpd_srv_fn fn, void *arg)
{
	struct query *q = calloc(1, sizeof(*q));

	if (!q) {
		fn(arg, NULL, 0, FP_R_DIAL_NO_DNS, "out of memory");
		return;
	}
	q->d = d;
	q->srv = fn;
	q->arg = arg;
	snprintf(q->name, sizeof(q->name), "%s.%s", service, domain);
	begin(q, FP_DNS_SRV, srv_answer);
}
