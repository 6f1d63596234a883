// SPDX-License-Identifier: GPL-2.0
/*
 * From a route to a leg, or to the target for which one is wanted.
 *
 *	response	the leg that its request came by; else as a request to where
 *			RFC 3261 section 18.2.2 sends it
 *	to a node	a leg that we dialled to its endpoint
 *	to a domain	domain -> peer -> a leg of that peer: dialled, or accepted over
 *			TLS; the names were proved both ways. In open federation a domain
 *			that nobody named has the open peer, and is looked up
 *	to nobody known	in the ASA's place: the peer at the address that the node
 *			dialled
 */
#include "peer_index.h"
#include "policy.h"
#include "policy_int.h"
#include "relay.h"

/* May the message go, or do others wait for the target already? */
static bool fp_next_may_pass(const struct fp_relay *r, const struct fp_target *t)
{
	/* Pairs with fp_held_remove(): 0 only after the last one is in its queue. */
	return t == r->replay || !smp_load_acquire(&t->n_held);
}

/* A leg of the target, or the wish for one; behind those who wait already. */
static void fp_next_target(struct fp_relay *r, struct fp_next *next, struct fp_slice domain)
{
	struct fp_target *t = fp_target_find_rcu(r->in->legs, &next->key);

	next->leg = NULL;
	if (t && fp_next_may_pass(r, t))
		next->leg = fp_target_pick_rcu(t, domain);
	next->hold = !next->leg;
}

/* --- towards the inside --------------------------------------------------- */

static void fp_next_node(struct fp_relay *r, const struct fp_endpoint *ep, struct fp_next *next)
{
	const struct fp_node *node;

	next->key = (struct fp_target_key){
		.want = FEDPAT_WANT_NODE,
		.ep = *ep,
		.federation = r->in->federation,
	};
	fp_next_target(r, next, fp_slice(NULL, 0));
	if (!next->hold)
		return;
	node = fp_node_by_listener_rcu(r->policy, r->fed, ep);
	if (node)
		next->name = fp_slice(node->obj->o.name, strlen(node->obj->o.name));
	next->dial = *ep;
	next->source = r->fed->obj->inside;
}

/* --- towards the outside -------------------------------------------------- */

static const struct fp_domain *fp_domain_of(const struct fp_relay *r, struct fp_slice name)
{
	const struct fp_domain *d = name.len ? fp_domain_find_rcu(r->policy, name) : NULL;

	return d && d->federation == r->fed ? d : NULL;
}

static bool fp_next_is_public(const struct fp_federation_obj *fed, const struct fp_addr *addr)
{
	u32 i;

	for (i = 0; i < fed->n_pub; i++)
		if (fp_addr_eq(&fed->pub[i], addr))
			return true;
	return !fed->n_pub;
}

/*
 * Where an outside leg is dialled from: what the PAT rule would make of the
 * node, if that is an address of this federation, for a node may be of several;
 * else the first public address of the federation.
 */
static void fp_next_source(const struct fp_relay *r, struct fp_next *next)
{
	const struct fp_policy *p = r->policy;
	u32 n = fp_policy_count(p, FP_KIND_ZONE);
	u32 i;

	for (i = 0; i < n; i++) {
		const struct fp_pat *pat;

		if (p->zone[i].obj->role != FEDPAT_ROLE_OUTSIDE)
			continue;
		pat = fp_pat_first_rcu(p, &p->zone[i], &r->in->view.remote.addr);
		if (pat && pat->obj->to.family && fp_next_is_public(r->fed->obj, &pat->obj->to)) {
			next->source = pat->obj->to;
			return;
		}
	}
	if (r->fed->obj->n_pub)
		next->source = r->fed->obj->pub[0];
}

/* A peer whose server is named is wanted as such; else each domain is looked up. */
static void fp_next_peer(struct fp_relay *r, const struct fp_peer *peer, struct fp_slice domain,
			 struct fp_next *next)
{
	bool lookup = !*peer->obj->host && !next->dial.port && domain.len;
	const char *name = peer->obj->o.name;
	struct fp_target *t;

	next->key = (struct fp_target_key){
		.want = FEDPAT_WANT_PEER,
		.federation = r->in->federation,
		.name = fp_slice(name, strlen(name)),
	};
	if (lookup) {
		t = fp_target_find_rcu(r->in->legs, &next->key);
		next->leg = t ? fp_target_pick_rcu(t, domain) : NULL;
		next->hold = false;
		next->key.want = FEDPAT_WANT_DOMAIN;
		next->key.name = domain;
		/* Not past those who wait for the domain's own leg. */
		t = fp_target_find_rcu(r->in->legs, &next->key);
		if (next->leg && (!t || fp_next_may_pass(r, t)))
			return;
	}
	fp_next_target(r, next, fp_slice(NULL, 0));
	if (next->hold)
		fp_next_source(r, next);
}

/*
 * Several partners may stand behind one server: the request names the server,
 * and what else it names, the partner.
 */
static const struct fp_peer *fp_next_by_host(const struct fp_relay *r, struct fp_slice *name,
					     const struct fp_domain **domain)
{
	const struct fp_peer *peer = fp_peer_by_host_rcu(r->policy, r->fed, *name);
	const struct fp_domain *alt = fp_domain_of(r, r->route.alt);

	if (peer && !(alt && fp_peer_is_at(alt->peer, peer)))
		return peer;
	*name = r->route.alt;
	*domain = alt;
	return NULL;
}

/* Open federation: whoever serves a name that is a domain, and not ours. */
static const struct fp_peer *fp_next_open(const struct fp_relay *r, struct fp_slice name)
{
	struct fp_addr addr;

	if (!r->fed->open_peer || !name.len || fp_slice_addr(name, &addr) ||
	    fp_domain_find_rcu(r->policy, name))
		return NULL;
	return fp_slice_chr(name, '.') < 0 ? NULL : r->fed->open_peer;
}

static enum fp_reason fp_next_outside(struct fp_relay *r, struct fp_next *next)
{
	const struct fp_route *route = &r->route;
	struct fp_slice name = route->host;
	const struct fp_domain *domain = fp_domain_of(r, name);
	const struct fp_peer *peer = NULL;
	bool is_open = false;

	if (!domain)
		peer = fp_next_by_host(r, &name, &domain);
	if (!domain && !peer) {
		name = route->alt.len ? route->alt : route->host;
		peer = fp_next_open(r, name);
		is_open = peer;
	}
	if (domain) {
		if (domain->obj->blocked || !domain->peer)
			return FP_R_DOMAIN_BLOCKED;
		peer = domain->peer;
	}
	if (!peer && r->in->view.orig_dst.port) {
		peer = fp_peer_by_addr_rcu(r->policy, r->fed, &r->in->view.orig_dst.addr);
		next->dial = r->in->view.orig_dst;
	}
	if (!peer)
		return FP_R_NO_ROUTE;
	fp_next_peer(r, peer, domain || is_open ? name : fp_slice(NULL, 0), next);
	return FP_R_NONE;
}

/* --- responses ------------------------------------------------------------ */

/* The leg that the request came by: the same connection, or one of the same peer. */
static struct fp_leg *fp_next_back(const struct fp_relay *r)
{
	struct fp_leg *leg = fp_leg_find_rcu(r->in->legs, r->route.leg_id);

	if (!leg || leg->raw || !fp_leg_is_up(leg) || leg->side == r->in->side)
		return NULL;
	if (strcmp(leg->federation, r->in->federation))
		return NULL;
	return fp_endpoint_eq(&leg->view.remote, &r->route.endpoint) ? leg : NULL;
}

static enum fp_reason fp_next_response(struct fp_relay *r, struct fp_next *next)
{
	const struct fp_route *route = &r->route;
	const struct fp_peer *peer;

	next->leg = fp_next_back(r);
	if (next->leg)
		return FP_R_NONE;
	if (r->in->side == FP_OUTSIDE) {
		if (!route->reply.addr.family)
			return FP_R_RESPONSE_NO_LEG;
		fp_next_node(r, &route->reply, next);
		return FP_R_NONE;
	}
	peer = fp_peer_by_host_rcu(r->policy, r->fed, route->host);
	if (!peer)
		peer = fp_peer_by_addr_rcu(r->policy, r->fed, &route->endpoint.addr);
	if (!peer)
		return FP_R_RESPONSE_NO_LEG;
	fp_next_peer(r, peer, fp_slice(NULL, 0), next);
	return FP_R_NONE;
}

/**
 * fp_relay_next_rcu() - find the leg that a routed message goes to
 * @r: with a route
 * @next: where it goes; on success either .leg or .hold
 *
 * Return: FP_R_NONE, or why there can be none.
 */
enum fp_reason fp_relay_next_rcu(struct fp_relay *r, struct fp_next *next)
{
	memset(next, 0, sizeof(*next));
	switch (r->route.kind) {
	case FP_ROUTE_RESPONSE:
		return fp_next_response(r, next);
	case FP_ROUTE_NODE:
		fp_next_node(r, &r->route.endpoint, next);
		return FP_R_NONE;
	default:
		return fp_next_outside(r, next);
	}
}
