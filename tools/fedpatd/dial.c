// SPDX-License-Identifier: GPL-2.0
/*
 * Dialling what the kernel wants: a node, a peer, or whoever serves a domain.
 * The servers of a target are tried in turn, each at all its addresses; those
 * that failed a moment ago come last. When none is left the kernel is told why
 * and refuses what it held.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dial.h"
#include "open.h"
#include "routes.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/**
 * fpd_dial_new() - a target of which nothing is known yet
 * @d: the daemon
 * @wanted: id of the notice; 0 for one that asks for health
 *
 * Return: the target, or NULL.
 */
struct fpd_dial *fpd_dial_new(struct fpd *d, uint32_t wanted)
{
	struct fpd_dial *dial = calloc(1, sizeof(*dial));

	if (!dial)
		return NULL;
	LIST_INSERT_HEAD(&d->dials, dial, entry);
	dial->d = d;
	dial->wanted = wanted;
	dial->probe = !wanted;
	return dial;
}

/**
 * fpd_dial_free() - forget a target
 * @dial: the target
 */
void fpd_dial_free(struct fpd_dial *dial)
{
	LIST_REMOVE(dial, entry);
	free(dial);
}

static void tell_kernel(struct fpd *d, uint32_t wanted, enum fp_reason reason)
{
	struct fp_errs errs = { 0 };

	/* Not there any more: its deadline passed, or another leg came. */
	fp_leg_fail(d->nl, wanted, fp_reason_info(reason)->name, &errs);
	fp_errs_free(&errs);
}

/* Asked for health, the servers of each of a peer's domains are looked for. */
static bool next_domain(struct fpd_dial *dial)
{
	const struct fp_obj_peer *peer =
		fp_find_peer(fpd_policy_model(dial->d->policy), dial->name);

	if (dial->role == FEDPAT_ROLE_INSIDE || !peer || (peer->host && *peer->host) ||
	    dial->by_route)
		return false;
	while (dial->peer_domain < peer->domain.n && dial->peer_domain < FPD_ASK_DOMAINS) {
		const char *domain = peer->domain.v[dial->peer_domain++];

		if (*domain == '*')
			continue;
		FPD_COPY(dial->domain[0], domain);
		dial->n_domains = 1;
		fpd_hops_find(dial);
		return true;
	}
	return false;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/**
 * fpd_dial_give_up() - there will be no leg
 * @dial: the target, freed
 * @reason: why
 * @text: more about it; NULL where it was reported already
 */
void fpd_dial_give_up(struct fpd_dial *dial, enum fp_reason reason, const char *text)
{
	if (dial->probe) {
		if (!next_domain(dial))
			fpd_watch_done(dial, reason, text);
		return;
	}
	if (text)
		fpd_report_text(dial->d, reason, dial->federation,
				dial->n_domains ? dial->domain[dial->at_domain] : dial->name,
				text);
	tell_kernel(dial->d, dial->wanted, reason);
	fpd_dial_free(dial);
}

static int dial_socket(struct fpd_conn *conn, const union fpd_addr *source)
{
	int one = 1;

	conn->fd = socket(conn->remote.sa.sa_family,
			  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		return -1;
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (source->sa.sa_family != conn->remote.sa.sa_family)
		return 0;
	conn->local = *source;
	/* The port is chosen by connect(), so that many targets can share one. */
	setsockopt(conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(conn->fd, &source->sa, fpd_addr_len(source));
}

static int dial_ctx(struct fpd_dial *dial, struct fpd_conn *conn)
{
	enum fedpat_role other = dial->role == FEDPAT_ROLE_INSIDE ?
		FEDPAT_ROLE_OUTSIDE : FEDPAT_ROLE_INSIDE;
	const struct fp_obj_tls_proxy *here = fpd_proxy_of(conn->policy, dial->federation,
							   dial->role);
	const struct fp_obj_tls_proxy *there = fpd_proxy_of(conn->policy, dial->federation,
							    other);
	const char *trustpoint = dial->trustpoint[0] ? dial->trustpoint :
		there ? there->client_trustpoint : NULL;
	const char *why;

	if (here)
		FPD_COPY(conn->zone, here->zone);
	if (there)
		FPD_COPY(conn->proxy, there->o.name);
	if (conn->transport != FEDPAT_TRANSPORT_TLS)
		return 0;
	conn->ctx = fpd_policy_ctx(conn->policy, trustpoint, false, dial->profile, &why);
	if (!conn->ctx)
		fpd_conn_fail(conn, FP_R_NO_TRUSTPOINT, "%s", why);
	return conn->ctx ? 0 : -1;
}

static void fill_conn(struct fpd_dial *dial, struct fpd_conn *conn, const union fpd_addr *to)
{
	const struct fpd_hop *hop = &dial->hops[dial->at];
	union fpd_addr literal;

	conn->dial = dial;
	conn->dialled = true;
	conn->probe = dial->probe;
	conn->begun = now_ms();
	conn->wanted = dial->wanted;
	conn->role = dial->role;
	conn->transport = hop->transport;
	conn->remote = *to;
	/* Others wait behind it: then it is not given all the time. */
	conn->hurry = dial->next < dial->n || dial->at + 1 < dial->n_hops || dial->paused;
	FPD_COPY(conn->federation, dial->federation);
	FPD_COPY(conn->peer, dial->name);
	if (fpd_addr_parse(&literal, hop->name, 0))
		FPD_COPY(conn->host, hop->name);
}

static void socket_failed(struct fpd_conn *conn, const union fpd_addr *source)
{
	int err = errno;
	char addr[FPD_ADDR_TEXT];

	fpd_addr_text_noport(source, addr, sizeof(addr));
	if (err == EADDRNOTAVAIL)
		fpd_conn_fail(conn, FP_R_DIAL_UNREACHABLE,
			      "source address %s is on no interface: ip addr add %s dev INTERFACE",
			      addr, addr);
	else
		fpd_conn_fail(conn, FP_R_DIAL_UNREACHABLE, "source address %s: %s", addr,
			      strerror(err));
}

static void dial_addr(struct fpd_dial *dial, const union fpd_addr *to)
{
	struct fpd_conn *conn = fpd_conn_new(dial->d, -1);

	if (!conn) {
		fpd_dial_give_up(dial, FP_R_DIAL_UNREACHABLE, "out of memory");
		return;
	}
	fill_conn(dial, conn, to);
	if (!dial_ctx(dial, conn) && dial_socket(conn, &dial->source))
		socket_failed(conn, &dial->source);
	if (!conn->reason) {
		fpd_work(conn);
		return;
	}
	if (!dial->probe)
		fpd_report(conn);
	fpd_dial_done(conn, false);
	fpd_conn_free(conn);
}

/* Of this hop: the next address that may be tried in this round. */
static const union fpd_addr *next_addr(struct fpd_dial *dial)
{
	while (dial->next < dial->n) {
		const union fpd_addr *a = &dial->addrs[dial->next++];
		bool pauses = dial->probe ? fpd_health_rests(dial, a) : fpd_health_pauses(dial, a);

		if (pauses == dial->second &&
		    !(pauses && fpd_health_silent(dial, a, dial->text, sizeof(dial->text))))
			return a;
		dial->paused |= pauses;
		if (pauses)
			dial->reason = dial->second || !dial->reason ? FP_R_TARGET_DOWN :
				dial->reason;
	}
	return NULL;
}

static void got_addrs(void *arg, const union fpd_addr *addrs, unsigned int n,
		      enum fp_reason reason, const char *why)
{
	struct fpd_dial *dial = arg;
	const union fpd_addr *to;

	dial->n = n;
	dial->next = 0;
	if (n)
		memcpy(dial->addrs, addrs, n * sizeof(*addrs));
	if (!n && !dial->second) {
		dial->reason = reason;
		FPD_COPY(dial->text, why);
		if (!dial->probe && fpd_may_log("target", dial->name))
			fpd_log("target '%s': %s", dial->name, why);
	}
	to = next_addr(dial);
	if (to) {
		dial_addr(dial, to);
		return;
	}
	dial->at++;
	fpd_dial_hops(dial);
}

/* Every server was tried that did not pause; now those that do. */
static void second_round(struct fpd_dial *dial)
{
	dial->second = true;
	dial->paused = false;
	dial->at = 0;
	fpd_dial_hops(dial);
}

/**
 * fpd_dial_hops() - go on with the hop at @at
 * @dial: the target
 */
void fpd_dial_hops(struct fpd_dial *dial)
{
	struct fpd_hop *hop = &dial->hops[dial->at];

	if (dial->at >= dial->n_hops) {
		if (dial->paused && !dial->second && !dial->probe)
			second_round(dial);
		else
			fpd_dial_give_up(dial, dial->reason ? dial->reason : FP_R_DIAL_NO_PEER,
					 dial->text);
		return;
	}
	if (hop->srv)
		fpd_hops_open(dial, hop);
	else
		fpd_resolve_host(dial->d, hop->host, hop->port, got_addrs, dial);
}

/* Did the server fail, or did we? Only a server's faults make it pause. */
static bool servers_fault(enum fp_reason reason)
{
	return reason != FP_R_NO_TRUSTPOINT && reason != FP_R_ATTACH_FAILED;
}

/**
 * fpd_dial_done() - one address was tried
 * @conn: the connection, still the caller's
 * @up: it became a leg
 */
void fpd_dial_done(struct fpd_conn *conn, bool up)
{
	struct fpd_dial *dial = conn->dial;
	const union fpd_addr *to;

	conn->dial = NULL;
	dial->asked = true;
	if (up)
		fpd_health_up(dial->d, conn);
	else if (servers_fault(conn->reason))
		fpd_health_down(dial->d, conn, dial->watch);
	if (up && !dial->probe) {
		fpd_dial_free(dial);
		return;
	}
	dial->reason = conn->reason;
	FPD_COPY(dial->text, conn->text);
	to = next_addr(dial);
	if (to) {
		dial_addr(dial, to);
		return;
	}
	dial->at++;
	fpd_dial_hops(dial);
}

static void one_hop(struct fpd_dial *dial, const char *host, uint16_t port)
{
	struct fpd_hop *hop = &dial->hops[0];

	memset(hop, 0, sizeof(*hop));
	FPD_COPY(hop->host, host);
	FPD_COPY(hop->name, host);
	hop->port = port;
	hop->transport = dial->transport;
	dial->n_hops = 1;
	fpd_dial_hops(dial);
}

static const char *default_domain(const struct fpd_dial *dial)
{
	const struct fp_obj_federation *f =
		fp_find_federation(fpd_policy_model(dial->d->policy), dial->federation);

	return f && f->default_routing_domain && *f->default_routing_domain ?
		f->default_routing_domain : "aol.com";
}

/* The domain that was asked for; of type aol, then the default one. */
static void set_domains(struct fpd_dial *dial, const struct fp_obj_peer *peer)
{
	const struct fp_obj_domain *domain;

	if (!dial->n_domains && peer->domain.n && peer->domain.v[0][0] != '*') {
		FPD_COPY(dial->domain[0], peer->domain.v[0]);
		dial->n_domains = 1;
	}
	if (!dial->n_domains)
		return;
	domain = fp_find_domain(fpd_policy_model(dial->d->policy), dial->domain[0]);
	if (domain && domain->type == FEDPAT_DOMAIN_TYPE_AOL &&
	    strcasecmp(dial->domain[0], default_domain(dial))) {
		FPD_COPY(dial->domain[1], default_domain(dial));
		dial->n_domains = 2;
	}
}

/* What asks for health dials as a message of the federation's first node would. */
static void set_source(struct fpd_dial *dial)
{
	const struct fp_model *model = fpd_policy_model(dial->d->policy);
	const struct fp_obj_federation *f = fp_find_federation(model, dial->federation);
	struct fp_endpoint source = { 0 };

	if (!dial->probe || !f)
		return;
	source.addr = dial->role == FEDPAT_ROLE_INSIDE ? f->inside_addr :
		fp_outside_source(model, f);
	fpd_addr_from(&dial->source, &source);
}

static void set_peer(struct fpd_dial *dial, const struct fp_obj_peer *peer)
{
	FPD_COPY(dial->name, peer->o.name);
	FPD_COPY(dial->federation, peer->federation);
	FPD_COPY(dial->trustpoint, peer->trustpoint);
	dial->role = peer->role;
	dial->transport = peer->transport == FEDPAT_TRANSPORT_TCP ?
		FEDPAT_TRANSPORT_TCP : FEDPAT_TRANSPORT_TLS;
	dial->profile = peer->tls_profile;
	set_source(dial);
}

/**
 * fpd_dial_peer() - dial the servers of a peer
 * @dial: the target
 * @peer: the peer
 */
void fpd_dial_peer(struct fpd_dial *dial, const struct fp_obj_peer *peer)
{
	set_peer(dial, peer);
	if (peer->host && *peer->host) {
		one_hop(dial, peer->host, fp_peer_port(peer));
		return;
	}
	if (dial->probe) {
		fpd_dial_give_up(dial, FP_R_NONE, NULL);	/* goes on with its first domain */
		return;
	}
	set_domains(dial, peer);
	if (dial->n_domains)
		fpd_hops_find(dial);
	else
		fpd_dial_give_up(dial, FP_R_DIAL_NO_PEER,
				 "the peer has neither a host nor a domain to look up");
}

/**
 * fpd_dial_route() - dial the next hop of a route on behalf of a peer
 * @dial: the target
 * @peer: the peer
 * @route: the route
 */
void fpd_dial_route(struct fpd_dial *dial, const struct fp_obj_peer *peer,
		    const struct fp_obj_route *route)
{
	set_peer(dial, peer);
	dial->by_route = true;
	fpd_hops_route(dial, route);
}

/**
 * fpd_dial_node() - dial a node
 * @dial: the target
 * @node: the node
 */
void fpd_dial_node(struct fpd_dial *dial, const struct fp_obj_node *node)
{
	char host[FPD_ADDR_TEXT];
	union fpd_addr a;

	FPD_COPY(dial->name, node->o.name);
	FPD_COPY(dial->federation, node->federation);
	dial->role = FEDPAT_ROLE_INSIDE;
	dial->transport = node->transport == FEDPAT_TRANSPORT_TCP ?
		FEDPAT_TRANSPORT_TCP : FEDPAT_TRANSPORT_TLS;
	set_source(dial);
	fpd_addr_from(&a, &node->listener);
	one_hop(dial, fpd_addr_text_noport(&a, host, sizeof(host)), node->listener.port);
}

static bool same_addr(const struct fp_addr *a, const struct fp_addr *b)
{
	return a->family && a->family == b->family &&
		!memcmp(a->b, b->b, a->family == 4 ? 4 : 16);
}

static const struct fp_obj_node *find_node(const struct fpd_policy *p,
					   const struct fp_obj_notice *n)
{
	const struct fp_obj_node *node = n->target && *n->target ?
		fp_find_node(fpd_policy_model(p), n->target) : NULL;
	u32 i;

	if (node)
		return node;
	fp_model_each(fpd_policy_model(p), FP_K_NODE, i, node)
		if (node->listener.port == n->endpoint.port &&
		    same_addr(&node->listener.addr, &n->endpoint.addr))
			return node;
	return NULL;
}

/**
 * fpd_domain_of() - the object of a domain
 * @model: the policy
 * @name: the domain
 *
 * Return: its own object, else that of the nearest "*." above it, or NULL
 */
const struct fp_obj_domain *fpd_domain_of(const struct fp_model *model, const char *name)
{
	const struct fp_obj_domain *domain = fp_find_domain(model, name);
	char wild[FEDPAT_FQDN_MAX + 3];

	while (!domain && (name = strchr(name, '.'))) {
		name++;
		snprintf(wild, sizeof(wild), "*.%s", name);
		domain = fp_find_domain(model, wild);
	}
	return domain;
}

/* By its name, as the one of a domain, or by the address that a node dialled. */
static const struct fp_obj_peer *find_peer(const struct fpd_policy *p,
					   const struct fp_obj_notice *n)
{
	const struct fp_model *model = fpd_policy_model(p);
	const struct fp_obj_domain *domain;
	const struct fp_obj_peer *peer;
	u32 i;

	if (n->target && *n->target) {
		if (n->want == FEDPAT_WANT_PEER)
			return fp_find_peer(model, n->target);
		domain = fpd_domain_of(model, n->target);
		if (domain)
			return domain->peer ? fp_find_peer(model, domain->peer) : NULL;
		peer = fpd_open_peer(model, n->federation);
		if (peer)
			return peer;
	}
	fp_model_each(model, FP_K_PEER, i, peer) {
		if (!peer->federation || !n->federation ||
		    strcmp(peer->federation, n->federation))
			continue;
		for (u32 j = 0; j < peer->addr.n; j++)
			if (same_addr(&peer->addr.v[j], &n->endpoint.addr))
				return peer;
	}
	return NULL;
}

static struct fpd_dial *find_dial(struct fpd *d, uint32_t wanted)
{
	struct fpd_dial *dial;

	LIST_FOREACH(dial, &d->dials, entry)
		if (dial->wanted == wanted)
			return dial;
	return NULL;
}

/**
 * fpd_dial_wanted() - the kernel wants a leg
 * @d: the daemon
 * @n: the notice
 */
void fpd_dial_wanted(struct fpd *d, const struct fp_obj_notice *n)
{
	const struct fp_obj_node *node = NULL;
	const struct fp_obj_peer *peer = NULL;
	struct fpd_dial *dial;

	/* Told by its event and listed too: one dial is enough. */
	if (find_dial(d, n->wanted))
		return;
	dial = fpd_dial_new(d, n->wanted);
	if (!dial) {
		tell_kernel(d, n->wanted, FP_R_DIAL_UNREACHABLE);
		return;
	}
	FPD_COPY(dial->federation, n->federation);
	FPD_COPY(dial->name, n->target);
	if (n->want == FEDPAT_WANT_DOMAIN) {
		FPD_COPY(dial->domain[0], n->target);
		dial->n_domains = 1;
	}
	fpd_addr_from(&dial->source, &(struct fp_endpoint){ n->source, 0 });
	if (n->want == FEDPAT_WANT_NODE)
		node = find_node(d->policy, n);
	else
		peer = find_peer(d->policy, n);
	if (node)
		fpd_dial_node(dial, node);
	else if (peer)
		fpd_dial_peer(dial, peer);
	else
		fpd_dial_give_up(dial, FP_R_DIAL_NO_PEER,
				 "no object of the policy says where that is");
}

/**
 * fpd_dials_stop() - forget the targets
 * @d: the daemon; its workers have stopped
 */
void fpd_dials_stop(struct fpd *d)
{
	while (!LIST_EMPTY(&d->dials))
		fpd_dial_free(LIST_FIRST(&d->dials));
}
