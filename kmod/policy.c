// SPDX-License-Identifier: GPL-2.0
/* The published policy: how long it lives, and what can be looked up in it. */
#include <linux/hash.h>
#include <linux/in.h>
#include <linux/jhash.h>
#include <linux/net.h>
#include <linux/slab.h>
#include "netns.h"
#include "peer_index.h"
#include "policy.h"
#include "policy_int.h"

/**
 * fp_policy_rcu() - the policy in force
 * @fpn: the namespace
 *
 * Context: rcu_read_lock().
 * Return: the policy; valid until rcu_read_unlock().
 */
struct fp_policy *fp_policy_rcu(struct fp_net *fpn)
{
	return rcu_dereference(fpn->policy);
}

/**
 * fp_policy_get() - the policy in force, for those who sleep
 * @fpn: the namespace, alive
 *
 * Context: any.
 * Return: the policy; give it back with fp_policy_put().
 */
struct fp_policy *fp_policy_get(struct fp_net *fpn)
{
	struct fp_policy *p;

	rcu_read_lock();
	/* One that lost its last reference has a successor already. */
	do {
		p = rcu_dereference(fpn->policy);
	} while (p && !refcount_inc_not_zero(&p->refs));
	rcu_read_unlock();
	return p;
}

/**
 * fp_table_put() - one reference less
 * @t: table, or NULL
 *
 * Context: may sleep.
 */
void fp_table_put(struct fp_table *t)
{
	u32 i;

	if (!t || !refcount_dec_and_test(&t->refs))
		return;
	for (i = 0; i < t->n; i++)
		fp_object_put(t->obj[i]);
	kvfree(t);
}

static void fp_policy_free_zones(struct fp_policy *p)
{
	u32 i;

	for (i = 0; p->zone && i < fp_policy_count(p, FP_KIND_ZONE); i++) {
		fp_acl_free(p->zone[i].pat_lookup);
		fp_class_lookup_put(p->zone[i].classes);
	}
	kvfree(p->zone);
	fp_ifmap_free(p->ifmap);
}

/**
 * fp_realm_ref_put() - one reference less
 * @ref: shared realm, or NULL
 *
 * Context: may sleep.
 */
void fp_realm_ref_put(struct fp_realm_ref *ref)
{
	if (!ref || !refcount_dec_and_test(&ref->refs))
		return;
	fp_realm_free(ref->realm);
	kfree(ref);
}

static void fp_policy_free_federations(struct fp_policy *p)
{
	u32 i;

	for (i = 0; p->federation && i < fp_policy_count(p, FP_KIND_FEDERATION); i++)
		fp_realm_ref_put(p->federation[i].realm_ref);
	kvfree(p->federation);
}

static void fp_policy_free_peers(struct fp_policy *p)
{
	u32 i;

	for (i = 0; p->peer && i < fp_policy_count(p, FP_KIND_PEER); i++) {
		fp_nameset_free(p->peer[i].subjects);
		fp_nameset_free(p->peer[i].domains);
	}
	kvfree(p->peer);
	fp_peer_index_free(p->peer_index);
}

/**
 * fp_policy_free() - free a policy that nobody sees
 * @p: the policy, finished or half made
 *
 * Context: may sleep.
 */
void fp_policy_free(struct fp_policy *p)
{
	u32 kind;

	fp_policy_free_zones(p);
	fp_policy_free_federations(p);
	fp_policy_free_peers(p);
	fp_class_lookup_put(p->classes);
	kvfree(p->proxy);
	kvfree(p->class_map);
	kvfree(p->pat);
	kvfree(p->static_pat);
	kvfree(p->node);
	kvfree(p->domain);
	kvfree(p->public);
	fp_hash_free(&p->pub_hash);
	fp_hash_free(&p->node_hash);
	fp_hash_free(&p->listener_hash);
	fp_hash_free(&p->port_hash);
	fp_hash_free(&p->domain_hash);
	fp_hash_free(&p->public_hash);
	for (kind = 0; kind < __FP_KIND_COUNT; kind++)
		fp_table_put(p->table[kind]);
	kfree(p);
}

static void fp_policy_free_work(struct work_struct *work)
{
	fp_policy_free(container_of(to_rcu_work(work), struct fp_policy, free));
}

/**
 * fp_policy_put() - one reference less
 * @p: policy, or NULL
 *
 * The last one frees it after a grace period, in a work: readers under RCU may
 * still look at it, and freeing a large one takes a while.
 *
 * Context: any.
 */
void fp_policy_put(struct fp_policy *p)
{
	if (p && refcount_dec_and_test(&p->refs))
		queue_rcu_work(fp_wq, &p->free);
}

/**
 * fp_policy_alloc() - a policy without anything
 *
 * Context: may sleep.
 * Return: it, with one reference and no map of interfaces; NULL for want of memory.
 */
struct fp_policy *fp_policy_alloc(void)
{
	struct fp_policy *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	refcount_set(&p->refs, 1);
	INIT_RCU_WORK(&p->free, fp_policy_free_work);
	return p;
}

/**
 * fp_policy_empty() - the policy of a new namespace
 * @fpn: the namespace
 *
 * Context: may sleep.
 * Return: it, with one reference; NULL for want of memory.
 */
struct fp_policy *fp_policy_empty(struct fp_net *fpn)
{
	struct fp_policy *p = fp_policy_alloc();

	if (!p)
		return NULL;
	p->ifmap = fp_ifmap_alloc(fpn, 0);
	if (!p->ifmap) {
		fp_policy_free(p);
		return NULL;
	}
	fp_settings_resolve(&p->settings_set, false, &p->settings);
	return p;
}

/* --- hashes --- */

/**
 * fp_hash_init() - a hash for so many elements
 * @h: hash, zeroed
 * @n: elements
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int fp_hash_init(struct fp_hash *h, u32 n)
{
	if (!n)
		return 0;
	h->bits = max(1, ilog2(roundup_pow_of_two(n)));
	h->head = kvcalloc(1ul << h->bits, sizeof(*h->head), GFP_KERNEL_ACCOUNT);
	return h->head ? 0 : -ENOMEM;
}

/**
 * fp_hash_free() - its chains; the elements live elsewhere
 * @h: hash
 *
 * Context: may sleep.
 */
void fp_hash_free(struct fp_hash *h)
{
	kvfree(h->head);
}

/**
 * fp_hash_chain() - chain of a hash value
 * @h: hash
 * @value: hash value
 *
 * Context: any.
 * Return: the chain; NULL when the hash has no elements.
 */
struct hlist_head *fp_hash_chain(const struct fp_hash *h, u32 value)
{
	return h->head ? &h->head[hash_32(value, h->bits)] : NULL;
}

/*
 * Whoever may configure a namespace chooses names and addresses, but not which
 * of them share a chain: packets walk it too.
 */
static u32 fp_hash_seed(void)
{
	static u32 seed;

	net_get_random_once(&seed, sizeof(seed));
	return seed;
}

/**
 * fp_addr_hash() - hash value of an address
 * @addr: address
 * @seed: what else counts
 *
 * Context: any.
 * Return: the value.
 */
u32 fp_addr_hash(const struct fp_addr *addr, u32 seed)
{
	return jhash(addr->b, sizeof(addr->b), fp_hash_seed() ^ seed ^ addr->family);
}

/**
 * fp_endpoint_hash() - hash value of an endpoint
 * @proto: protocol
 * @ep: endpoint
 *
 * Context: any.
 * Return: the value.
 */
u32 fp_endpoint_hash(u8 proto, const struct fp_endpoint *ep)
{
	return fp_addr_hash(&ep->addr, (u32)ep->port << 16 | (u32)proto << 8);
}

/**
 * fp_listener_hash() - hash value of a node's listener
 * @fed: federation of the node, or NULL
 * @ep: where it listens
 *
 * One server may be the node of many federations, which would share a chain.
 *
 * Context: any.
 * Return: the value.
 */
u32 fp_listener_hash(const struct fp_federation *fed, const struct fp_endpoint *ep)
{
	return fp_endpoint_hash(0, ep) ^ hash_ptr(fed, 32);
}

/**
 * fp_addr_eq() - are they the same address?
 * @a: address
 * @b: address
 *
 * Context: any.
 * Return: true when they are.
 */
bool fp_addr_eq(const struct fp_addr *a, const struct fp_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, sizeof(a->b));
}

/**
 * fp_endpoint_eq() - are they the same endpoint?
 * @a: endpoint
 * @b: endpoint
 *
 * Context: any.
 * Return: true when they are.
 */
bool fp_endpoint_eq(const struct fp_endpoint *a, const struct fp_endpoint *b)
{
	return a->port == b->port && fp_addr_eq(&a->addr, &b->addr);
}

/* --- lookups --- */

/**
 * fp_zone_by_ifindex_rcu() - zone of an interface
 * @p: policy
 * @ifindex: interface
 *
 * Context: @p is held.
 * Return: the zone; NULL when no zone names the interface.
 */
const struct fp_zone *fp_zone_by_ifindex_rcu(const struct fp_policy *p, int ifindex)
{
	return fp_ifmap_find(p->ifmap, ifindex);
}

/**
 * fp_table_find() - index of a name
 * @t: table, or NULL
 * @name: name
 *
 * Context: @t is held.
 * Return: index, or -1.
 */
s32 fp_table_find(const struct fp_table *t, const char *name)
{
	u32 lo = 0, hi = t ? t->n : 0;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		int cmp = strcmp(t->obj[mid]->name, name);

		if (!cmp)
			return mid;
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

/**
 * fp_object_find_rcu() - an object as it was configured
 * @p: policy
 * @kind: its kind
 * @name: its key
 *
 * Context: @p is held.
 * Return: the object or NULL.
 */
const struct fp_object *fp_object_find_rcu(const struct fp_policy *p,
					   enum fp_kind kind, const char *name)
{
	s32 i = fp_table_find(p->table[kind], name);

	return i < 0 ? NULL : p->table[kind]->obj[i];
}

/**
 * fp_zone_find_rcu() - a zone by name
 * @p: policy
 * @name: name
 *
 * Context: @p is held.
 * Return: the zone or NULL.
 */
const struct fp_zone *fp_zone_find_rcu(const struct fp_policy *p, const char *name)
{
	s32 i = fp_table_find(p->table[FP_KIND_ZONE], name);

	return i < 0 ? NULL : &p->zone[i];
}

/**
 * fp_federation_find_rcu() - a federation by name
 * @p: policy
 * @name: name
 *
 * Context: @p is held.
 * Return: the federation or NULL.
 */
const struct fp_federation *fp_federation_find_rcu(const struct fp_policy *p,
						   const char *name)
{
	s32 i = fp_table_find(p->table[FP_KIND_FEDERATION], name);

	return i < 0 ? NULL : &p->federation[i];
}

/**
 * fp_proxy_find_rcu() - a tls-proxy by name
 * @p: policy
 * @name: name
 *
 * Context: @p is held.
 * Return: the tls-proxy or NULL.
 */
const struct fp_proxy *fp_proxy_find_rcu(const struct fp_policy *p, const char *name)
{
	s32 i = fp_table_find(p->table[FP_KIND_TLS_PROXY], name);

	return i < 0 ? NULL : &p->proxy[i];
}

/**
 * fp_peer_find_rcu() - a peer by name
 * @p: policy
 * @name: name
 *
 * Context: @p is held.
 * Return: the peer or NULL.
 */
const struct fp_peer *fp_peer_find_rcu(const struct fp_policy *p, const char *name)
{
	s32 i = fp_table_find(p->table[FP_KIND_PEER], name);

	return i < 0 ? NULL : &p->peer[i];
}

/**
 * fp_node_find_rcu() - a node by name
 * @p: policy
 * @name: name
 *
 * Context: @p is held.
 * Return: the node or NULL.
 */
const struct fp_node *fp_node_find_rcu(const struct fp_policy *p, const char *name)
{
	s32 i = fp_table_find(p->table[FP_KIND_NODE], name);

	return i < 0 ? NULL : &p->node[i];
}

/**
 * fp_static_pat_by_public_rcu() - row of static PAT of a public endpoint
 * @p: policy
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @pub: public endpoint
 *
 * Context: @p is held.
 * Return: the row or NULL.
 */
const struct fp_static_pat *
fp_static_pat_by_public_rcu(const struct fp_policy *p, u8 proto,
			    const struct fp_endpoint *pub)
{
	struct hlist_head *chain = fp_hash_chain(&p->pub_hash, fp_endpoint_hash(proto, pub));
	const struct fp_static_pat *row;

	if (!chain)
		return NULL;
	hlist_for_each_entry(row, chain, by_pub)
		if (row->obj->proto == proto && fp_endpoint_eq(&row->obj->pub, pub))
			return row;
	return NULL;
}

/**
 * fp_static_pat_by_node_rcu() - row of static PAT of a node's endpoint
 * @p: policy
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @node: endpoint of the node
 *
 * Context: @p is held.
 * Return: the row of lowest order, or NULL.
 */
const struct fp_static_pat *
fp_static_pat_by_node_rcu(const struct fp_policy *p, u8 proto,
			  const struct fp_endpoint *node)
{
	struct hlist_head *chain = fp_hash_chain(&p->node_hash, fp_endpoint_hash(proto, node));
	const struct fp_static_pat *row;

	if (!chain)
		return NULL;
	hlist_for_each_entry(row, chain, by_node)
		if (row->obj->proto == proto && fp_endpoint_eq(&row->obj->node, node))
			return row;
	return NULL;
}

/**
 * fp_pat_first_rcu() - rule of PAT for a source
 * @p: policy
 * @zone: zone that the packet leaves by, or NULL
 * @src: its source
 *
 * Context: @p is held.
 * Return: the first rule that takes it, or NULL.
 */
const struct fp_pat *fp_pat_first_rcu(const struct fp_policy *p,
				      const struct fp_zone *zone,
				      const struct fp_addr *src)
{
	struct fp_acl_key key = { .src = *src, .flags = FP_ACL_KEY_NO_PORTS };
	int i;

	if (!zone || !zone->pat_lookup)
		return NULL;
	key.dst.family = src->family;
	i = fp_acl_lookup(zone->pat_lookup, &key);
	return i < 0 ? NULL : &zone->pat[i];
}

/**
 * fp_addr_is_public_rcu() - does the policy declare an address public?
 * @p: policy
 * @addr: address
 *
 * Context: @p is held.
 * Return: true when it does.
 */
bool fp_addr_is_public_rcu(const struct fp_policy *p, const struct fp_addr *addr)
{
	struct hlist_head *chain = fp_hash_chain(&p->public_hash, fp_addr_hash(addr, 0));
	const struct fp_public *pub;

	if (!chain)
		return false;
	hlist_for_each_entry(pub, chain, by_addr)
		if (fp_addr_eq(&pub->addr, addr))
			return true;
	return false;
}

/**
 * fp_proxy_by_port_rcu() - tls-proxy of a listener
 * @p: policy
 * @port: local port
 *
 * Context: @p is held.
 * Return: the tls-proxy or NULL.
 */
const struct fp_proxy *fp_proxy_by_port_rcu(const struct fp_policy *p, u16 port)
{
	struct hlist_head *chain = fp_hash_chain(&p->port_hash, port);
	const struct fp_proxy *proxy;

	if (!chain)
		return NULL;
	hlist_for_each_entry(proxy, chain, by_port)
		if (proxy->obj->port == port)
			return proxy;
	return NULL;
}

/**
 * fp_node_by_listener_rcu() - node that listens at an endpoint
 * @p: policy
 * @fed: its federation: one server may be the node of several
 * @ep: endpoint
 *
 * Context: @p is held.
 * Return: the node or NULL.
 */
const struct fp_node *fp_node_by_listener_rcu(const struct fp_policy *p,
					      const struct fp_federation *fed,
					      const struct fp_endpoint *ep)
{
	struct hlist_head *chain = fp_hash_chain(&p->listener_hash, fp_listener_hash(fed, ep));
	const struct fp_node *node;

	if (!chain)
		return NULL;
	hlist_for_each_entry(node, chain, by_listener)
		if (node->federation == fed && fp_endpoint_eq(&node->obj->listener, ep))
			return node;
	return NULL;
}

/* From right to left, so that one pass has the value of every suffix. */
static u32 fp_name_hash_step(u32 h, u8 c)
{
	return (h ^ fp_lower(c)) * 16777619u;
}

/**
 * fp_name_hash() - hash value of a name; case does not count
 * @name: name
 *
 * Context: any.
 * Return: the value.
 */
u32 fp_name_hash(struct fp_slice name)
{
	u32 h = fp_hash_seed(), i = name.len;

	while (i--)
		h = fp_name_hash_step(h, name.p[i]);
	return h;
}

/**
 * fp_domain_in_hash() - a domain by key
 * @p: policy
 * @h: value of fp_name_hash() for @key
 * @key: name without "*."
 * @is_wild: "*." stands in front of it
 *
 * Context: @p is held.
 * Return: the domain or NULL.
 */
const struct fp_domain *fp_domain_in_hash(const struct fp_policy *p, u32 h,
					  struct fp_slice key, bool is_wild)
{
	struct hlist_head *chain = fp_hash_chain(&p->domain_hash, h);
	const struct fp_domain *d;

	if (!chain)
		return NULL;
	hlist_for_each_entry(d, chain, by_name)
		if (d->is_wild == is_wild && fp_slice_ieq(d->key, key))
			return d;
	return NULL;
}

/**
 * fp_domain_find_rcu() - federated domain of a name
 * @p: policy
 * @name: name out of a message
 *
 * Context: @p is held.
 * Return: the domain of exactly that name, else the nearest wildcard above it,
 * or NULL.
 */
const struct fp_domain *fp_domain_find_rcu(const struct fp_policy *p,
					   struct fp_slice name)
{
	const struct fp_domain *best = NULL, *d;
	u32 h = fp_hash_seed(), i;

	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (!name.len || name.len > FEDPAT_FQDN_MAX)
		return NULL;
	for (i = name.len; i--; h = fp_name_hash_step(h, name.p[i])) {
		if (name.p[i] != '.' || !i)
			continue;
		d = fp_domain_in_hash(p, h, fp_slice_sub(name, i + 1, name.len), true);
		if (d)
			best = d;
	}
	return fp_domain_in_hash(p, h, name, false) ?: best;
}

/**
 * fp_acl_match_rcu() - entry that a packet meets
 * @acl: access list
 * @key: packet
 *
 * Context: the policy of @acl is held.
 * Return: the entry; NULL for none, which is the implicit deny.
 */
struct fp_entry *fp_acl_match_rcu(const struct fp_acl_obj *acl,
				  const struct fp_acl_key *key)
{
	int i = acl->list->compiled ? fp_acl_lookup(acl->list->compiled, key) : -1;

	return i < 0 ? NULL : acl->list->entry[i];
}

static bool fp_class_map_takes(const struct fp_class_map *cm, const struct fp_acl_key *key)
{
	const struct fp_entry *entry = fp_acl_match_rcu(cm->acl, key);

	return entry && entry->ace.action == FP_ACE_PERMIT;
}

/* Index of the class map of a segment that takes a packet, or -1. */
static s32 fp_class_seg_first(const struct fp_policy *p, const struct fp_class_lookup *lookup,
			      const struct fp_class_seg *seg, const struct fp_acl_key *key)
{
	u32 i;
	int at;

	if (seg->compiled) {
		at = fp_acl_lookup(seg->compiled, key);
		return at < 0 ? -1 : (s32)seg->owner[at];
	}
	for (i = seg->first; i < seg->first + seg->n; i++)
		if (fp_class_map_takes(&p->class_map[lookup->class[i]], key))
			return lookup->class[i];
	return -1;
}

/**
 * fp_class_map_first_rcu() - class map that takes a packet
 * @p: policy
 * @zone: zone that it entered by, or NULL
 * @key: packet, original addresses and ports
 *
 * Context: @p is held.
 * Return: the first class map that takes it, or NULL.
 */
const struct fp_class_map *
fp_class_map_first_rcu(const struct fp_policy *p, const struct fp_zone *zone,
		       const struct fp_acl_key *key)
{
	const struct fp_class_lookup *lookup = zone && zone->classes ? zone->classes : p->classes;
	s32 class;
	u32 i;

	for (i = 0; lookup && i < lookup->n_seg; i++) {
		class = fp_class_seg_first(p, lookup, &lookup->seg[i], key);
		if (class >= 0)
			return &p->class_map[class];
	}
	return NULL;
}
