// SPDX-License-Identifier: GPL-2.0
/*
 * Where a domain's servers are: static routes beat DNS; a domain of type aol
 * falls back to the default routing domain:
 *
 *	static(D) -> SRV(D) -> static(default) -> SRV(default)
 *
 * The first stage that finds anything decides; within it, priority and weight.
 */
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "routes.h"

#define ROUTES_MAX	100	/* with one pattern */

/* The rule of Microsoft's edges: the target must lie in the domain itself. */
static bool inside_domain(const char *host, const char *domain)
{
	size_t h = strlen(host), d = strlen(domain);

	return h > d && host[h - d - 1] == '.' && !strcasecmp(host + h - d, domain);
}

static int by_priority(const void *a, const void *b)
{
	const struct fpd_hop *x = a, *y = b;

	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

/* RFC 2782: the higher the weight, the likelier it comes first. */
static void by_weight(struct fpd_hop *v, unsigned int n, unsigned int (*rnd)(unsigned int))
{
	unsigned int sum, pick, i, k;
	struct fpd_hop first;

	for (k = 0; k + 1 < n; k++) {
		for (sum = 0, i = k; i < n; i++)
			sum += v[i].weight;
		pick = rnd(sum + 1);
		for (sum = 0, i = k; i + 1 < n; i++) {
			sum += v[i].weight;
			if (sum >= pick)
				break;
		}
		first = v[i];
		memmove(&v[k + 1], &v[k], (i - k) * sizeof(*v));
		v[k] = first;
	}
}

/**
 * fpd_hops_sort() - order in which servers are tried
 * @v: the servers
 * @n: how many
 * @rnd: random number below its argument
 */
void fpd_hops_sort(struct fpd_hop *v, unsigned int n, unsigned int (*rnd)(unsigned int below))
{
	unsigned int from = 0, to;

	if (n)
		qsort(v, n, sizeof(*v), by_priority);
	for (; from < n; from = to) {
		for (to = from + 1; to < n && v[to].priority == v[from].priority; to++)
			;
		by_weight(v + from, to - from, rnd);
	}
}

static unsigned int rnd_below(unsigned int below)
{
	return below ? (unsigned int)random() % below : 0;
}

static const char *service_of(enum fedpat_transport transport)
{
	return transport == FEDPAT_TRANSPORT_TCP ? "_sip._tcp" : "_sipfederationtls._tcp";
}

/* Behind the hop that was a domain, or the first ones. */
static void add_srv(struct fpd_dial *dial, const struct fp_srv *v, unsigned int n,
		    const char *domain, enum fedpat_transport transport, unsigned int at)
{
	unsigned int begin = at;
	struct fpd_hop *hop;

	dial->n_hops = at;
	for (unsigned int i = 0; i < n && dial->n_hops < FPD_HOPS_MAX; i++) {
		hop = &dial->hops[dial->n_hops++];
		memset(hop, 0, sizeof(*hop));
		FPD_COPY(hop->host, v[i].target);
		/* Elsewhere the certificate must prove the domain, not the target. */
		FPD_COPY(hop->name, inside_domain(v[i].target, domain) ? v[i].target : domain);
		hop->port = v[i].port;
		hop->transport = transport;
		hop->priority = v[i].priority;
		hop->weight = v[i].weight;
	}
	fpd_hops_sort(dial->hops + begin, dial->n_hops - begin, rnd_below);
}

static void got_srv(void *arg, const struct fp_srv *v, unsigned int n, enum fp_reason reason,
		    const char *why)
{
	struct fpd_dial *dial = arg;

	if (n) {
		add_srv(dial, v, n, dial->domain[dial->at_domain], dial->transport, 0);
		fpd_dial_hops(dial);
		return;
	}
	if (dial->at_domain + 1 < dial->n_domains) {
		dial->at_domain++;
		fpd_hops_find(dial);
		return;
	}
	fpd_dial_give_up(dial, reason, why);
}

/* The hop is a domain: its servers take the place of it and of what is behind. */
static void got_hop_srv(void *arg, const struct fp_srv *v, unsigned int n,
			enum fp_reason reason, const char *why)
{
	struct fpd_dial *dial = arg;
	struct fpd_hop rest[FPD_HOPS_MAX], domain = dial->hops[dial->at];
	unsigned int n_rest = dial->n_hops - dial->at - 1;

	memcpy(rest, dial->hops + dial->at + 1, n_rest * sizeof(*rest));
	if (n) {
		add_srv(dial, v, n, domain.host, domain.transport, dial->at);
	} else {
		dial->n_hops = dial->at;
		dial->reason = reason;
		FPD_COPY(dial->text, why);
	}
	for (unsigned int i = 0; i < n_rest && dial->n_hops < FPD_HOPS_MAX; i++)
		dial->hops[dial->n_hops++] = rest[i];
	fpd_dial_hops(dial);
}

/**
 * fpd_hops_open() - look up the servers of a hop that is a domain
 * @dial: the target
 * @hop: its hop at @at
 */
void fpd_hops_open(struct fpd_dial *dial, struct fpd_hop *hop)
{
	fpd_resolve_srv(dial->d, service_of(hop->transport), hop->host, got_hop_srv, dial);
}

static void add_route(struct fpd_dial *dial, const struct fp_obj_route *route)
{
	struct fpd_hop *hop = &dial->hops[dial->n_hops++];

	memset(hop, 0, sizeof(*hop));
	FPD_COPY(hop->host, route->host);
	FPD_COPY(hop->name, route->host);
	hop->srv = fp_route_is_srv(route);
	hop->port = fp_route_port(route);
	hop->transport = route->transport == FEDPAT_TRANSPORT_TCP ?
		FEDPAT_TRANSPORT_TCP : FEDPAT_TRANSPORT_TLS;
	hop->priority = route->priority;
	hop->weight = route->weight;
}

/**
 * fpd_hops_route() - the next hop of one route, and no other
 * @dial: the target
 * @route: the route
 */
void fpd_hops_route(struct fpd_dial *dial, const struct fp_obj_route *route)
{
	dial->n_hops = 0;
	dial->at = 0;
	add_route(dial, route);
	fpd_dial_hops(dial);
}

/* Return: true when routes decided, for good or bad. */
static bool find_static(struct fpd_dial *dial, const char *domain)
{
	const struct fp_obj_route *v[ROUTES_MAX], *blocked;
	u32 n = fp_routes_for(fpd_policy_model(dial->d->policy), dial->federation, domain, v,
			      ROUTES_MAX, &blocked);
	char text[FPD_TEXT_MAX];

	if (blocked) {
		snprintf(text, sizeof(text), "route '%s', pattern %s, blocks %s",
			 blocked->o.name, blocked->pattern, domain);
		fpd_dial_give_up(dial, FP_R_ROUTE_BLOCKED, text);
		return true;
	}
	for (u32 i = 0; i < n && dial->n_hops < FPD_HOPS_MAX; i++)
		add_route(dial, v[i]);
	if (!n)
		return false;
	fpd_hops_sort(dial->hops, dial->n_hops, rnd_below);
	fpd_dial_hops(dial);
	return true;
}

/**
 * fpd_hops_find() - find the servers of the target's domain
 * @dial: the target; @at_domain says which domain
 */
void fpd_hops_find(struct fpd_dial *dial)
{
	const char *domain = dial->domain[dial->at_domain];

	dial->n_hops = 0;
	dial->at = 0;
	if (!find_static(dial, domain))
		fpd_resolve_srv(dial->d, service_of(dial->transport), domain, got_srv, dial);
}
