// SPDX-License-Identifier: GPL-2.0
/* Steps of the commit: federations, tls-proxies, nodes, peers, domains, realms. */
#include <linux/in.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "build.h"
#include "peer_index.h"

static struct fp_federation *fp_build_federation(struct fp_build *b,
						 const struct fp_object *obj, int attr,
						 const char *name)
{
	s32 i = fp_build_ref(b, obj, attr, FP_KIND_FEDERATION, name);

	return i < 0 ? NULL : &b->p->federation[i];
}

/* --- federations --- */

static const struct fp_inspect_obj *
fp_build_fed_inspect(struct fp_build *b, const struct fp_federation_obj *obj)
{
	s32 i = fp_build_ref(b, &obj->o, FEDPAT_A_FEDERATION_INSPECT, FP_KIND_INSPECT,
			     obj->inspect);

	if (i < 0)
		return &fp_inspect_sip;
	return container_of(b->p->table[FP_KIND_INSPECT]->obj[i], struct fp_inspect_obj, o);
}

/**
 * fp_build_federations() - federations, their realms still to come
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or -ENOMEM.
 */
int fp_build_federations(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_FEDERATION];
	u32 i, n = fp_policy_count(b->p, FP_KIND_FEDERATION);
	struct fp_federation *fed;

	fed = kvcalloc(n ?: 1, sizeof(*fed), GFP_KERNEL_ACCOUNT);
	if (!fed)
		return -ENOMEM;
	b->p->federation = fed;
	for (i = 0; i < n; i++) {
		fed[i].obj = container_of(t->obj[i], struct fp_federation_obj, o);
		fed[i].inspect = fp_build_fed_inspect(b, fed[i].obj);
		if (!fed[i].obj->n_keys && fed[i].inspect->type != FEDPAT_INSPECT_TYPE_XMPP)
			fp_fault(b->faults, fp_where(t->obj[i], FEDPAT_A_FEDERATION_KEY), NULL,
				 "the federation has no token key; give it 32 random octets");
	}
	return 0;
}

/* --- tls-proxies --- */

static void fp_build_hash_proxy(struct fp_build *b, struct fp_proxy *proxy)
{
	const struct fp_proxy *other = fp_proxy_by_port_rcu(b->p, proxy->obj->port);

	if (other)
		fp_fault(b->faults, fp_where(&proxy->obj->o, FEDPAT_A_TLS_PROXY_LISTENER_PORT),
			 other->obj->o.name,
			 "another tls-proxy listens on this port; use another one");
	hlist_add_head(&proxy->by_port, fp_hash_chain(&b->p->port_hash, proxy->obj->port));
}

/**
 * fp_build_proxies() - tls-proxies
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0, -ENOMEM or -EINTR.
 */
int fp_build_proxies(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_TLS_PROXY];
	u32 i, n = fp_policy_count(b->p, FP_KIND_TLS_PROXY);
	struct fp_proxy *proxy;
	s32 zone;

	proxy = kvcalloc(n ?: 1, sizeof(*proxy), GFP_KERNEL_ACCOUNT);
	if (!proxy)
		return -ENOMEM;
	b->p->proxy = proxy;
	if (fp_hash_init(&b->p->port_hash, n))
		return -ENOMEM;
	for (i = 0; i < n; i++, proxy++) {
		proxy->obj = container_of(t->obj[i], struct fp_tls_proxy_obj, o);
		proxy->federation = fp_build_federation(b, t->obj[i],
							FEDPAT_A_TLS_PROXY_FEDERATION,
							proxy->obj->federation);
		zone = fp_build_ref(b, t->obj[i], FEDPAT_A_TLS_PROXY_ZONE, FP_KIND_ZONE,
				    proxy->obj->zone);
		proxy->zone = zone < 0 ? NULL : &b->p->zone[zone];
		fp_build_hash_proxy(b, proxy);
		if (fp_build_relax())
			return -EINTR;
	}
	return 0;
}

/* --- nodes --- */

static void fp_build_hash_node(struct fp_build *b, struct fp_node *node)
{
	const struct fp_endpoint *ep = &node->obj->listener;
	const struct fp_node *other = fp_node_by_listener_rcu(b->p, node->federation, ep);

	if (other)
		fp_fault(b->faults, fp_where(&node->obj->o, FEDPAT_A_NODE_LISTENER),
			 other->obj->o.name,
			 "another node of the federation listens at this address and port");
	hlist_add_head(&node->by_listener,
		       fp_hash_chain(&b->p->listener_hash,
				     fp_listener_hash(node->federation, ep)));
}

static void fp_build_routing(struct fp_build *b, const struct fp_node *node,
			     struct fp_federation *fed)
{
	if (!fed || !node->obj->routing)
		return;
	if (fed->routing)
		fp_fault(b->faults, fp_where(&node->obj->o, FEDPAT_A_NODE_ROUTING),
			 fed->routing->obj->o.name,
			 "the federation has a routing node already; it can have one only");
	fed->routing = node;
}

static int fp_node_cmp(const void *a, const void *b)
{
	const struct fp_node *one = *(const struct fp_node * const *)a;
	const struct fp_node *two = *(const struct fp_node * const *)b;

	if (one->federation != two->federation)
		return one->federation < two->federation ? -1 : 1;
	return strcmp(one->obj->o.name, two->obj->o.name);
}

static int fp_build_sort_nodes(struct fp_build *b, u32 n)
{
	u32 i;

	b->node = kvmalloc_array(n ?: 1, sizeof(*b->node), GFP_KERNEL);
	if (!b->node)
		return -ENOMEM;
	b->n_node = n;
	for (i = 0; i < n; i++)
		b->node[i] = &b->p->node[i];
	sort(b->node, n, sizeof(*b->node), fp_node_cmp, NULL);
	return 0;
}

/**
 * fp_build_nodes() - nodes
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0, -ENOMEM or -EINTR.
 */
int fp_build_nodes(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_NODE];
	u32 i, n = fp_policy_count(b->p, FP_KIND_NODE);
	struct fp_federation *fed;
	struct fp_node *node;

	node = kvcalloc(n ?: 1, sizeof(*node), GFP_KERNEL_ACCOUNT);
	if (!node)
		return -ENOMEM;
	b->p->node = node;
	if (fp_hash_init(&b->p->listener_hash, n))
		return -ENOMEM;
	for (i = 0; i < n; i++, node++) {
		node->obj = container_of(t->obj[i], struct fp_node_obj, o);
		fed = fp_build_federation(b, t->obj[i], FEDPAT_A_NODE_FEDERATION,
					  node->obj->federation);
		node->federation = fed;
		fp_build_hash_node(b, node);
		fp_build_routing(b, node, fed);
		if (fp_build_relax())
			return -EINTR;
	}
	return fp_build_sort_nodes(b, n);
}

/* --- peers --- */

static int fp_build_nameset(struct fp_build *b, const struct fp_peer *peer, int attr,
			    const struct fp_names *names, struct fp_nameset **out)
{
	int err = 0;

	if (names->n)
		err = fp_nameset_build(&fp_build_mem, names->v, names->n, out);
	if (!err)
		return 0;
	*out = NULL;
	if (err == -ENOMEM)
		return err;
	fp_fault(b->faults, fp_where(&peer->obj->o, attr), NULL,
		 "one of the names is no name; write example.net, or *.example.net for all below it");
	return 0;
}

static void fp_build_check_peer(struct fp_build *b, const struct fp_peer *peer)
{
	const struct fp_peer_obj *obj = peer->obj;
	bool is_clear = obj->transport == FEDPAT_TRANSPORT_TCP ||
			obj->transport == FEDPAT_TRANSPORT_UDP;

	fp_build_ref(b, &obj->o, FEDPAT_A_PEER_TRUSTPOINT, FP_KIND_TRUSTPOINT,
		     obj->trustpoint);
	fp_build_ref(b, &obj->o, FEDPAT_A_PEER_CA, FP_KIND_TRUSTPOINT, obj->ca);
	if (is_clear && !obj->n_addrs)
		fp_fault(b->faults, fp_where(&obj->o, FEDPAT_A_PEER_ADDR), NULL,
			 "without TLS a peer is known by its addresses; give at least one");
}

/* Open federation: the peer of every domain that nobody names. */
static void fp_build_open_peers(struct fp_build *b)
{
	struct fp_federation *fed = b->p->federation;
	u32 k, n = fp_policy_count(b->p, FP_KIND_FEDERATION);

	for (k = 0; k < n; k++, fed++) {
		const struct fp_federation_obj *obj = fed->obj;
		s32 i = fp_build_ref(b, &obj->o, FEDPAT_A_FEDERATION_OPEN_PEER, FP_KIND_PEER,
				     obj->open_peer);

		if (i < 0)
			continue;
		fed->open_peer = &b->p->peer[i];
		if (fed->open_peer->federation != fed ||
		    fed->open_peer->obj->role != FEDPAT_ROLE_OUTSIDE)
			fp_fault(b->faults, fp_where(&obj->o, FEDPAT_A_FEDERATION_OPEN_PEER),
				 obj->open_peer,
				 "the peer of open federation is outside and of this federation");
	}
}

/**
 * fp_build_peers() - peers
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0, -ENOMEM or -EINTR.
 */
int fp_build_peers(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_PEER];
	u32 i, n = fp_policy_count(b->p, FP_KIND_PEER);
	struct fp_peer *peer;
	int err;

	peer = kvcalloc(n ?: 1, sizeof(*peer), GFP_KERNEL_ACCOUNT);
	if (!peer)
		return -ENOMEM;
	b->p->peer = peer;
	for (i = 0; i < n; i++, peer++) {
		peer->obj = container_of(t->obj[i], struct fp_peer_obj, o);
		peer->federation = fp_build_federation(b, t->obj[i],
						       FEDPAT_A_PEER_FEDERATION,
						       peer->obj->federation);
		fp_build_check_peer(b, peer);
		err = fp_build_nameset(b, peer, FEDPAT_A_PEER_SUBJECT,
				       &peer->obj->subjects, &peer->subjects) ?:
		      fp_build_nameset(b, peer, FEDPAT_A_PEER_DOMAIN,
				       &peer->obj->domains, &peer->domains) ?:
		      fp_build_relax();
		if (err)
			return err;
	}
	fp_build_open_peers(b);
	return fp_peer_index_build(b->p, &b->p->peer_index);
}

/**
 * fp_build_routes() - static routes, which only name their federation
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0.
 */
int fp_build_routes(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_ROUTE];
	u32 i, n = fp_policy_count(b->p, FP_KIND_ROUTE);

	for (i = 0; i < n; i++)
		fp_build_federation(b, t->obj[i], FEDPAT_A_ROUTE_FEDERATION,
				    container_of(t->obj[i], struct fp_route_obj, o)->federation);
	return 0;
}

/* --- domains --- */

static void fp_build_check_domain(struct fp_build *b, const struct fp_domain *d)
{
	const struct fp_domain_obj *obj = d->obj;

	if (!obj->blocked && !*obj->peer && d->federation &&
	    d->federation->inspect->type != FEDPAT_INSPECT_TYPE_XMPP)
		fp_fault(b->faults, fp_where(&obj->o, FEDPAT_A_DOMAIN_PEER), NULL,
			 "the peer is missing: name who serves the domain, or block it");
	if (d->peer && d->peer->obj->role != FEDPAT_ROLE_OUTSIDE)
		fp_fault(b->faults, fp_where(&obj->o, FEDPAT_A_DOMAIN_PEER), obj->peer,
			 "the peer is inside; a federated domain is served by one outside");
	if (d->peer && d->federation && d->peer->federation &&
	    d->peer->federation != d->federation)
		fp_fault(b->faults, fp_where(&obj->o, FEDPAT_A_DOMAIN_PEER), obj->peer,
			 "the peer belongs to another federation than the domain");
}

static void fp_build_domain(struct fp_build *b, struct fp_domain *d)
{
	const struct fp_domain_obj *obj = d->obj;
	s32 i;

	d->federation = fp_build_federation(b, &obj->o, FEDPAT_A_DOMAIN_FEDERATION,
					    obj->federation);
	i = fp_build_ref(b, &obj->o, FEDPAT_A_DOMAIN_PEER, FP_KIND_PEER, obj->peer);
	d->peer = i < 0 ? NULL : &b->p->peer[i];
	d->key = fp_slice(obj->o.name, strlen(obj->o.name));
	d->is_wild = obj->o.name[0] == '*';
	if (d->is_wild)
		d->key = fp_slice_sub(d->key, 2, d->key.len);
	fp_build_check_domain(b, d);
	hlist_add_head(&d->by_name, fp_hash_chain(&b->p->domain_hash, fp_name_hash(d->key)));
}

/* A request for a domain that is both ours and theirs would go round in circles. */
static int fp_build_check_local(struct fp_build *b, const struct fp_federation *fed)
{
	const struct fp_names *names = &fed->obj->domains;
	const struct fp_domain *d;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < names->n; i++) {
		struct fp_slice key = names->v[i];
		bool is_wild = key.len > 2 && key.p[0] == '*';

		if (is_wild)
			key = fp_slice_sub(key, 2, key.len);
		d = fp_domain_in_hash(b->p, fp_name_hash(key), key, is_wild);
		if (d)
			fp_fault(b->faults, fp_where(&d->obj->o, FEDPAT_A_DOMAIN_NAME),
				 fed->obj->o.name,
				 "the domain is a local domain of a federation; it cannot be a partner's too");
		err = fp_build_relax();
	}
	return err;
}

/**
 * fp_build_domains() - federated domains
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0, -ENOMEM or -EINTR.
 */
int fp_build_domains(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_DOMAIN];
	u32 i, n = fp_policy_count(b->p, FP_KIND_DOMAIN);
	struct fp_domain *d;
	int err = 0;

	d = kvcalloc(n ?: 1, sizeof(*d), GFP_KERNEL_ACCOUNT);
	if (!d)
		return -ENOMEM;
	b->p->domain = d;
	if (fp_hash_init(&b->p->domain_hash, n))
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		d[i].obj = container_of(t->obj[i], struct fp_domain_obj, o);
		fp_build_domain(b, &d[i]);
	}
	for (i = 0; !err && i < fp_policy_count(b->p, FP_KIND_FEDERATION); i++)
		err = fp_build_check_local(b, &b->p->federation[i]);
	return err;
}
