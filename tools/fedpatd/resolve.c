// SPDX-License-Identifier: GPL-2.0
/*
 * Names to addresses: libunbound, asked from the main loop. A bogus answer
 * (one that fails DNSSEC) counts as none.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

#define RR_A	1
#define RR_AAAA	28
#define RR_SRV	33

struct host_query {
	struct fpd *d;
	fpd_addrs_fn fn;
	void *arg;
	uint16_t port;
	char host[FEDPAT_FQDN_MAX + 1];
};

struct srv_query {
	fpd_srv_fn fn;
	void *arg;
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
 *
 * Return: 0 or -1.
 */
int fpd_resolver_start(struct fpd *d, const char *server)
{
	d->dns = ub_ctx_create();
	if (!d->dns)
		return -1;
	ub_ctx_async(d->dns, 1);
	ub_ctx_hosts(d->dns, NULL);
	if (server ? ub_ctx_set_fwd(d->dns, server) : ub_ctx_resolvconf(d->dns, NULL))
		fpd_log("warning: no DNS server known; names cannot be resolved");
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

static const char *why_not(int err, const struct ub_result *r)
{
	if (err)
		return ub_strerror(err);
	if (r->bogus)
		return "the answer fails DNSSEC validation";
	if (r->nxdomain)
		return "no such name (NXDOMAIN)";
	return r->rcode == 2 ? "the DNS server failed (SERVFAIL) or did not answer" :
		"the name has no such record";
}

static unsigned int read_addrs(const struct ub_result *r, union fpd_addr *to, uint16_t port)
{
	size_t len = r->qtype == RR_A ? 4 : 16;
	struct fp_endpoint ep;
	unsigned int n = 0;

	if (r->bogus)
		return 0;
	for (int i = 0; r->data && r->data[i] && n < FPD_ADDRS_MAX; i++) {
		if (r->len[i] != (int)len)
			continue;
		memset(&ep, 0, sizeof(ep));
		ep.addr.family = len == 4 ? 4 : 6;
		ep.port = port;
		memcpy(ep.addr.b, r->data[i], len);
		fpd_addr_from(&to[n++], &ep);
	}
	return n;
}

static void host_answer(void *arg, int err, struct ub_result *r)
{
	struct host_query *q = arg;
	union fpd_addr addrs[FPD_ADDRS_MAX];
	unsigned int n = err ? 0 : read_addrs(r, addrs, q->port);
	char why[FPD_TEXT_MAX];

	/* IPv4 first; IPv6 when there is none. */
	if (!n && !err && r->qtype == RR_A && !r->bogus &&
	    !ub_resolve_async(q->d->dns, q->host, RR_AAAA, 1, q, host_answer, NULL)) {
		ub_resolve_free(r);
		return;
	}
	snprintf(why, sizeof(why), "%s: %s", q->host, n ? "" : why_not(err, r));
	q->fn(q->arg, addrs, n, why);
	ub_resolve_free(r);
	free(q);
}

/**
 * fpd_resolve_host() - addresses of a host
 * @d: the daemon
 * @host: name or address
 * @port: goes into the addresses
 * @fn: called once, perhaps at once; n is 0 and why set where there is none
 * @arg: its argument
 */
void fpd_resolve_host(struct fpd *d, const char *host, uint16_t port,
		      fpd_addrs_fn fn, void *arg)
{
	union fpd_addr literal;
	struct host_query *q;

	if (!fpd_addr_parse(&literal, host, port)) {
		fn(arg, &literal, 1, "");
		return;
	}
	q = calloc(1, sizeof(*q));
	if (!q) {
		fn(arg, NULL, 0, "out of memory");
		return;
	}
	q->d = d;
	q->fn = fn;
	q->arg = arg;
	q->port = port;
	snprintf(q->host, sizeof(q->host), "%s", host);
	if (ub_resolve_async(d->dns, q->host, RR_A, 1, q, host_answer, NULL)) {
		free(q);
		fn(arg, NULL, 0, "the resolver does not run");
	}
}

/**
 * struct srv - the better of the records so far
 * @priority: lower wins (RFC 2782)
 * @weight: higher wins among equal ones
 * @port: port
 * @target: host
 */
struct srv {
	unsigned int priority;
	unsigned int weight;
	uint16_t port;
	char target[FEDPAT_FQDN_MAX + 1];
};

/* Name in wire form, uncompressed (RFC 1035 section 3.1). */
static int wire_name(const unsigned char *p, size_t len, char *out, size_t size)
{
	size_t at = 0, n = 0;

	while (at < len && p[at]) {
		size_t label = p[at++];

		if (label > 63 || label > len - at || n + label + 2 > size)
			return -1;
		if (n)
			out[n++] = '.';
		memcpy(out + n, p + at, label);
		n += label;
		at += label;
	}
	out[n] = 0;
	return n ? 0 : -1;
}

static void better_srv(struct srv *best, const unsigned char *p, size_t len)
{
	struct srv s;

	if (len < 8)
		return;
	s.priority = (unsigned int)p[0] << 8 | p[1];
	s.weight = (unsigned int)p[2] << 8 | p[3];
	s.port = (uint16_t)(p[4] << 8 | p[5]);
	/* a target of "." says that there is no service: no name, no entry */
	if (wire_name(p + 6, len - 6, s.target, sizeof(s.target)))
		return;
	if (!best->port || s.priority < best->priority ||
	    (s.priority == best->priority && s.weight > best->weight))
		*best = s;
}

static void srv_answer(void *arg, int err, struct ub_result *r)
{
	struct srv_query *q = arg;
	char why[FPD_TEXT_MAX] = "";
	struct srv best = { 0 };

	for (int i = 0; !err && !r->bogus && r->data && r->data[i]; i++)
		better_srv(&best, (unsigned char *)r->data[i], (size_t)r->len[i]);
	if (!best.port)
		snprintf(why, sizeof(why), "SRV %s: %s", q->name, why_not(err, r));
	q->fn(q->arg, best.port ? best.target : NULL, best.port, why);
	ub_resolve_free(r);
	free(q);
}

/**
 * fpd_resolve_srv() - server of a domain
 * @d: the daemon
 * @service: "_sipfederationtls._tcp"
 * @domain: the domain
 * @fn: called once; target is NULL and why set where there is none
 * @arg: its argument
 */
void fpd_resolve_srv(struct fpd *d, const char *service, const char *domain,
		     fpd_srv_fn fn, void *arg)
{
	struct srv_query *q = calloc(1, sizeof(*q));

	if (!q) {
		fn(arg, NULL, 0, "out of memory");
		return;
	}
	q->fn = fn;
	q->arg = arg;
	snprintf(q->name, sizeof(q->name), "%s.%s", service, domain);
	if (ub_resolve_async(d->dns, q->name, RR_SRV, 1, q, srv_answer, NULL)) {
		free(q);
		fn(arg, NULL, 0, "the resolver does not run");
	}
}
