// SPDX-License-Identifier: GPL-2.0
/*
 * Dialling what the kernel wants: a node, a peer, or whoever serves a domain.
 * The addresses of a target are tried in turn; when none is left the kernel is
 * told and refuses what it held.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/**
 * struct fpd_dial - one target
 * @entry: in the daemon's list
 * @d: the daemon
 * @wanted: id of the notice
 * @federation: where it belongs
 * @name: peer or node
 * @host: name that goes into SNI, empty for addresses
 * @domain: domain that SRV is asked for
 * @role: side of the target
 * @transport: tls or tcp
 * @port: port of @host
 * @fips: FIPS suites only
 * @trustpoint: of the peer, empty for that of the tls-proxy
 * @source: address to dial from, family 0 for any
 * @addrs: addresses of the target
 * @n: how many
 * @next: the one to try next
 */
struct fpd_dial {
	LIST_ENTRY(fpd_dial) entry;
	struct fpd *d;
	uint32_t wanted;
	char federation[FEDPAT_NAME_MAX + 1];
	char name[FEDPAT_NAME_MAX + 1];
	char host[FEDPAT_FQDN_MAX + 1];
	char domain[FEDPAT_FQDN_MAX + 1];
	enum fedpat_role role;
	enum fedpat_transport transport;
	uint16_t port;
	bool fips;
	char trustpoint[FEDPAT_NAME_MAX + 1];
	union fpd_addr source;
	union fpd_addr addrs[FPD_ADDRS_MAX];
	unsigned int n;
	unsigned int next;
};

#define COPY(to, from)	snprintf(to, sizeof(to), "%s", (from) ? (from) : "")

static void dial_end(struct fpd_dial *dial)
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

static void give_up(struct fpd_dial *dial, enum fp_reason reason, const char *text)
{
	if (text)
		fpd_report_text(dial->d, reason, dial->federation, dial->name, text);
	tell_kernel(dial->d, dial->wanted, reason);
	dial_end(dial);
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
		COPY(conn->zone, here->zone);
	if (there)
		COPY(conn->proxy, there->o.name);
	if (dial->transport != FEDPAT_TRANSPORT_TLS)
		return 0;
	conn->ctx = fpd_policy_ctx(conn->policy, trustpoint, false, dial->fips, &why);
	if (!conn->ctx)
		fpd_conn_fail(conn, FP_R_NO_TRUSTPOINT, "%s", why);
	return conn->ctx ? 0 : -1;
}

static void fill_conn(struct fpd_dial *dial, struct fpd_conn *conn)
{
	union fpd_addr literal;

	conn->dial = dial;
	conn->dialled = true;
	conn->wanted = dial->wanted;
	conn->role = dial->role;
	conn->transport = dial->transport;
	conn->remote = dial->addrs[dial->next++];
	COPY(conn->federation, dial->federation);
	COPY(conn->peer, dial->name);
	if (fpd_addr_parse(&literal, dial->host, 0))
		COPY(conn->host, dial->host);
}

static void dial_next(struct fpd_dial *dial)
{
	struct fpd_conn *conn = fpd_conn_new(dial->d, -1);

	if (!conn) {
		give_up(dial, FP_R_DIAL_UNREACHABLE, "out of memory");
		return;
	}
	fill_conn(dial, conn);
	if (!dial_ctx(dial, conn) && dial_socket(conn, &dial->source))
		fpd_conn_fail(conn, FP_R_DIAL_UNREACHABLE, "source address: %s",
			      strerror(errno));
	if (!conn->reason) {
		fpd_work(conn);
		return;
	}
	fpd_report(conn);
	fpd_dial_done(conn, false);
	fpd_conn_free(conn);
}

/**
 * fpd_dial_done() - one address was tried
 * @conn: the connection, still the caller's
 * @up: it became a leg
 */
void fpd_dial_done(struct fpd_conn *conn, bool up)
{
	struct fpd_dial *dial = conn->dial;

	conn->dial = NULL;
	if (up)
		dial_end(dial);
	else if (dial->next < dial->n)
		dial_next(dial);
	else
		give_up(dial, conn->reason, NULL);
}

static void got_addrs(void *arg, const union fpd_addr *addrs, unsigned int n,
		      const char *why)
{
	struct fpd_dial *dial = arg;

	if (!n) {
		give_up(dial, FP_R_DIAL_NO_DNS, why);
		return;
	}
	memcpy(dial->addrs, addrs, n * sizeof(*addrs));
	dial->n = n;
	dial_next(dial);
}

/* The rule of Microsoft's edges: the target must lie in the domain itself. */
static bool inside_domain(const char *host, const char *domain)
{
	size_t h = strlen(host), d = strlen(domain);

	return h > d && host[h - d - 1] == '.' && !strcasecmp(host + h - d, domain);
}

static void got_srv(void *arg, const char *target, uint16_t port, const char *why)
{
	struct fpd_dial *dial = arg;

	if (!target) {
		give_up(dial, FP_R_DIAL_NO_DNS, why);
		return;
	}
	/* Elsewhere the certificate must prove the domain, not the target. */
	COPY(dial->host, inside_domain(target, dial->domain) ? target : dial->domain);
	fpd_resolve_host(dial->d, target, port, got_addrs, dial);
}

static void start_peer(struct fpd_dial *dial, const struct fp_obj_peer *peer)
{
	COPY(dial->name, peer->o.name);
	COPY(dial->federation, peer->federation);
	COPY(dial->trustpoint, peer->trustpoint);
	dial->role = peer->role;
	dial->transport = peer->transport == FEDPAT_TRANSPORT_TCP ?
		FEDPAT_TRANSPORT_TCP : FEDPAT_TRANSPORT_TLS;
	dial->fips = peer->tls_profile == FEDPAT_TLS_PROFILE_FIPS;
	dial->port = fp_peer_port(peer);
	if (peer->host && *peer->host) {
		COPY(dial->host, peer->host);
		fpd_resolve_host(dial->d, dial->host, dial->port, got_addrs, dial);
		return;
	}
	if (!dial->domain[0] && peer->domain.n && peer->domain.v[0][0] != '*')
		COPY(dial->domain, peer->domain.v[0]);
	if (!dial->domain[0]) {
		give_up(dial, FP_R_DIAL_NO_PEER,
			"the peer has neither a host nor a domain to look up");
		return;
	}
	fpd_resolve_srv(dial->d, dial->transport == FEDPAT_TRANSPORT_TLS ?
			"_sipfederationtls._tcp" : "_sip._tcp",
			dial->domain, got_srv, dial);
}

static void start_node(struct fpd_dial *dial, const struct fp_obj_node *node)
{
	union fpd_addr a;

	COPY(dial->name, node->o.name);
	COPY(dial->federation, node->federation);
	dial->role = FEDPAT_ROLE_INSIDE;
	dial->transport = node->transport == FEDPAT_TRANSPORT_TCP ?
		FEDPAT_TRANSPORT_TCP : FEDPAT_TRANSPORT_TLS;
	fpd_addr_from(&a, &node->listener);
	got_addrs(dial, &a, 1, "");
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
		domain = fp_find_domain(model, n->target);
		if (domain && domain->peer)
			return fp_find_peer(model, domain->peer);
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

/**
 * fpd_dial_wanted() - the kernel wants a leg
 * @d: the daemon
 * @n: the notice
 */
void fpd_dial_wanted(struct fpd *d, const struct fp_obj_notice *n)
{
	const struct fp_obj_node *node = NULL;
	const struct fp_obj_peer *peer = NULL;
	struct fpd_dial *dial = calloc(1, sizeof(*dial));

	if (!dial) {
		tell_kernel(d, n->wanted, FP_R_DIAL_UNREACHABLE);
		return;
	}
	LIST_INSERT_HEAD(&d->dials, dial, entry);
	dial->d = d;
	dial->wanted = n->wanted;
	COPY(dial->federation, n->federation);
	COPY(dial->name, n->target);
	if (n->want == FEDPAT_WANT_DOMAIN)
		COPY(dial->domain, n->target);
	fpd_addr_from(&dial->source, &(struct fp_endpoint){ n->source, 0 });
	if (n->want == FEDPAT_WANT_NODE)
		node = find_node(d->policy, n);
	else
		peer = find_peer(d->policy, n);
	if (node)
		start_node(dial, node);
	else if (peer)
		start_peer(dial, peer);
	else
		give_up(dial, FP_R_DIAL_NO_PEER, "no object of the policy says where that is");
}

/**
 * fpd_dials_stop() - forget the targets
 * @d: the daemon; its workers have stopped
 */
void fpd_dials_stop(struct fpd *d)
{
	while (!LIST_EMPTY(&d->dials))
		dial_end(LIST_FIRST(&d->dials));
}
