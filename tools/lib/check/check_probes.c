// SPDX-License-Identifier: GPL-2.0
/* From a policy to what is to be checked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_probe.h"
#include "routes.h"
#include "text.h"

struct list {
	struct fp_probe **v;
	u32 n;
	u32 cap;
	int err;
	const struct fp_model *model;
	const struct fp_check_opts *opts;
};

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool in_scope(const struct list *l, const char *federation)
{
	if (!l->opts->scope.n)
		return true;
	for (u32 i = 0; i < l->opts->scope.n; i++)
		if (same(l->opts->scope.v[i], federation))
			return true;
	return false;
}

static struct fp_probe *add(struct list *l, enum fp_probe_kind kind)
{
	struct fp_probe *p, **grown;

	if (l->n == l->cap) {
		grown = reallocarray(l->v, l->cap ? l->cap * 2 : 16, sizeof(*grown));
		if (!grown) {
			l->err = -ENOMEM;
			return NULL;
		}
		l->v = grown;
		l->cap = l->cap ? l->cap * 2 : 16;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		l->err = -ENOMEM;
		return NULL;
	}
	p->kind = kind;
	p->fd = -1;
	p->model = l->model;
	p->opts = l->opts;
	l->v[l->n++] = p;
	return p;
}

/**
 * fp_zone_of_role() - zone on one side
 * @model: the policy
 * @role: the side
 *
 * Return: the first such zone, or NULL
 */
const struct fp_obj_zone *fp_zone_of_role(const struct fp_model *model, u32 role)
{
	const struct fp_obj_zone *z;
	u32 i;

	fp_model_each(model, FP_K_ZONE, i, z)
		if (z->role == role)
			return z;
	return NULL;
}

/**
 * fp_proxy_of_role() - tls-proxy that takes a federation's callers of one side
 * @model: the policy
 * @federation: name of the federation
 * @role: side of those who dial in
 *
 * Return: the first such, or NULL
 */
const struct fp_obj_tls_proxy *fp_proxy_of_role(const struct fp_model *model,
						const char *federation, u32 role)
{
	const struct fp_obj_tls_proxy *t;
	const struct fp_obj_zone *z;
	u32 i;

	fp_model_each(model, FP_K_TLS_PROXY, i, t) {
		z = t->zone ? fp_find_zone(model, t->zone) : NULL;
		if (same(t->federation, federation) && z && z->role == role)
			return t;
	}
	return NULL;
}

static const struct fp_obj_trustpoint *dial_identity(const struct fp_probe *p, const char *own)
{
	const struct fp_obj_tls_proxy *t;

	if (own && *own)
		return fp_find_trustpoint(p->model, own);
	t = fp_proxy_of_role(p->model, p->fed->o.name, p->role == FEDPAT_ROLE_INSIDE ?
			     FEDPAT_ROLE_OUTSIDE : FEDPAT_ROLE_INSIDE);
	return t && t->client_trustpoint ? fp_find_trustpoint(p->model, t->client_trustpoint) :
		NULL;
}

static u32 tls_unless(u32 transport)
{
	return transport == FEDPAT_TRANSPORT_ANY ? (u32)FEDPAT_TRANSPORT_TLS : transport;
}

/* Transport of a federation's partners: that is what its domains publish. */
static u32 partner_transport(const struct fp_model *model, const char *federation)
{
	const struct fp_obj_peer *peer;
	u32 i;

	fp_model_each(model, FP_K_PEER, i, peer)
		if (same(peer->federation, federation) && peer->role == FEDPAT_ROLE_OUTSIDE)
			return tls_unless(peer->transport);
	return FEDPAT_TRANSPORT_TLS;
}

static bool is_xmpp(const struct fp_model *model, const struct fp_obj_federation *fed)
{
	const struct fp_obj_inspect *i = fed->inspect ?
		(void *)fp_model_find(model, FP_K_INSPECT, fed->inspect) : NULL;

	return i && i->type == FEDPAT_INSPECT_TYPE_XMPP;
}

static void add_local(struct list *l, const struct fp_obj_federation *fed)
{
	bool xmpp = is_xmpp(l->model, fed);
	struct fp_probe *p;

	for (u32 i = 0; i < fed->local_domain.n; i++) {
		if (l->opts->domain && !fp_same_host(l->opts->domain, fed->local_domain.v[i]))
			continue;
		p = add(l, xmpp ? FP_PROBE_XMPP_LOCAL : FP_PROBE_LOCAL);
		if (!p)
			return;
		p->fed = fed;
		p->role = FEDPAT_ROLE_OUTSIDE;
		p->transport = partner_transport(l->model, fed->o.name);
		snprintf(p->domain, sizeof(p->domain), "%s", fed->local_domain.v[i]);
		snprintf(p->title, sizeof(p->title), "our domain %.100s", p->domain);
	}
}

static bool serves(const struct fp_model *model, const struct fp_obj_peer *peer,
		   const char *domain)
{
	const struct fp_obj_domain *d = fp_find_domain(model, domain);

	for (u32 i = 0; i < peer->domain.n; i++)
		if (fp_same_host(peer->domain.v[i], domain))
			return true;
	return d && same(d->peer, peer->o.name);
}

static const char *first_domain(const struct fp_model *model, const struct fp_obj_peer *peer)
{
	const struct fp_obj_domain *d;
	u32 i;

	for (i = 0; i < peer->domain.n; i++)
		if (peer->domain.v[i][0] != '*')
			return peer->domain.v[i];
	fp_model_each(model, FP_K_DOMAIN, i, d)
		if (same(d->peer, peer->o.name) && d->o.name[0] != '*')
			return d->o.name;
	return "";
}

/**
 * fp_probe_route() - a static route beats DNS
 * @p: a partner without a host; gets host and port of the best route of its domain
 */
void fp_probe_route(struct fp_probe *p)
{
	const struct fp_obj_route *route, *blocked;

	if (p->host[0] || !p->domain[0] ||
	    !fp_routes_for(p->model, p->fed->o.name, p->domain, &route, 1, &blocked) ||
	    fp_route_is_srv(route))
		return;
	snprintf(p->host, sizeof(p->host), "%s", route->host);
	p->port = fp_route_port(route);
}

static void add_peer(struct list *l, const struct fp_obj_federation *fed,
		     const struct fp_obj_peer *peer)
{
	struct fp_probe *p;

	if (l->opts->domain && !serves(l->model, peer, l->opts->domain))
		return;
	p = add(l, FP_PROBE_PEER);
	if (!p)
		return;
	p->fed = fed;
	p->peer = peer;
	p->role = peer->role;
	p->transport = tls_unless(peer->transport);
	p->port = fp_peer_port(peer);
	snprintf(p->host, sizeof(p->host), "%s", peer->host ? peer->host : "");
	snprintf(p->domain, sizeof(p->domain), "%s", l->opts->domain ? l->opts->domain :
		 first_domain(l->model, peer));
	fp_probe_route(p);
	p->trustpoint = dial_identity(p, peer->trustpoint);
	p->source = peer->role == FEDPAT_ROLE_OUTSIDE ? fp_outside_source(p->model, fed) :
							fed->inside_addr;
	snprintf(p->title, sizeof(p->title), "partner %.60s (%.80s)", peer->o.name, p->domain);
}

static void add_node(struct list *l, const struct fp_obj_federation *fed,
		     const struct fp_obj_node *node)
{
	struct fp_probe *p = add(l, FP_PROBE_NODE);

	if (!p)
		return;
	p->fed = fed;
	p->node = node;
	p->role = FEDPAT_ROLE_INSIDE;
	p->transport = tls_unless(node->transport);
	p->port = node->listener.port;
	p->addrs[0] = node->listener.addr;
	p->n_addrs = 1;
	p->source = fed->inside_addr;
	p->trustpoint = dial_identity(p, NULL);
	if (fed->local_domain.n)
		snprintf(p->domain, sizeof(p->domain), "%s", fed->local_domain.v[0]);
	snprintf(p->title, sizeof(p->title), "node %.60s", node->o.name);
}

static void add_xmpp(struct list *l, const struct fp_obj_federation *fed,
		     const struct fp_obj_domain *d)
{
	struct fp_probe *p;

	if (d->blocked || d->o.name[0] == '*' ||
	    (l->opts->domain && !fp_same_host(l->opts->domain, d->o.name)))
		return;
	p = add(l, FP_PROBE_XMPP);
	if (!p)
		return;
	p->fed = fed;
	p->role = FEDPAT_ROLE_OUTSIDE;
	p->transport = FEDPAT_TRANSPORT_TCP;
	p->port = 5269;
	snprintf(p->domain, sizeof(p->domain), "%s", d->o.name);
	p->source = fed->public_addr.n ? fed->public_addr.v[0] : (struct fp_addr){ 0 };
	snprintf(p->title, sizeof(p->title), "XMPP domain %.100s", d->o.name);
}

/* Of another federation behind the same nodes. */
static bool is_others(const struct list *l, const struct fp_obj *obj)
{
	return l->opts->owner && obj->owner && strcmp(obj->owner, l->opts->owner);
}

static void add_federation(struct list *l, const struct fp_obj_federation *fed)
{
	const struct fp_obj_domain *d;
	const struct fp_obj_peer *peer;
	const struct fp_obj_node *node;
	u32 i;

	add_local(l, fed);
	if (is_xmpp(l->model, fed)) {
		fp_model_each(l->model, FP_K_DOMAIN, i, d)
			if (same(d->federation, fed->o.name) && !is_others(l, &d->o))
				add_xmpp(l, fed, d);
		return;
	}
	fp_model_each(l->model, FP_K_PEER, i, peer)
		if (same(peer->federation, fed->o.name) && !is_others(l, &peer->o))
			add_peer(l, fed, peer);
	fp_model_each(l->model, FP_K_NODE, i, node)
		if (same(node->federation, fed->o.name))
			add_node(l, fed, node);
}

/**
 * fp_probes_make() - everything that the options ask to check
 * @model: the policy
 * @opts: which
 * @out: gets an array of probes; the caller frees it, and each
 * @n: how many
 *
 * Return: 0, -ENOENT: no federation of these names, -ENOMEM
 */
int fp_probes_make(const struct fp_model *model, const struct fp_check_opts *opts,
		   struct fp_probe ***out, u32 *n)
{
	struct list l = { .model = model, .opts = opts };
	const struct fp_obj_federation *fed;
	struct fp_probe *gateway = add(&l, FP_PROBE_GATEWAY);
	u32 i, found = 0;

	if (gateway)
		snprintf(gateway->title, sizeof(gateway->title), "gateway");
	fp_model_each(model, FP_K_FEDERATION, i, fed) {
		if (!in_scope(&l, fed->o.name))
			continue;
		add_federation(&l, fed);
		found++;
	}
	*out = l.v;
	*n = l.n;
	if (!l.err && (found || !opts->scope.n))
		return 0;
	for (i = 0; i < l.n; i++)
		free(l.v[i]);
	free(l.v);
	return l.err ? l.err : -ENOENT;
}

/**
 * fp_drop_connection() - close the connection of a probe
 * @p: the probe
 */
void fp_drop_connection(struct fp_probe *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	if (p->fd >= 0)
		close(p->fd);
	p->ssl = NULL;
	p->ctx = NULL;
	p->fd = -1;
}

/**
 * fp_probe_clear() - free what the checks of a probe left
 * @p: the probe; it stays
 */
void fp_probe_clear(struct fp_probe *p)
{
	fp_drop_connection(p);
	fp_shake_free(&p->shake);
	fpd_identity_free(&p->id);
	fp_dns_free(p);
}

/**
 * fp_probe_service() - service that is looked up for the probe's domain
 * @p: the probe
 *
 * Return: the first two labels of the SRV name
 */
const char *fp_probe_service(const struct fp_probe *p)
{
	if (p->kind == FP_PROBE_XMPP || p->kind == FP_PROBE_XMPP_LOCAL)
		return "_xmpp-server._tcp";
	switch (p->transport) {
	case FEDPAT_TRANSPORT_TCP:
		return "_sip._tcp";
	case FEDPAT_TRANSPORT_UDP:
		return "_sip._udp";
	default:
		return "_sipfederationtls._tcp";
	}
}
