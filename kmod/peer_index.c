// SPDX-License-Identifier: GPL-2.0
/*
 * Peers by the names and addresses of their servers.
 *
 * Requests within a dialog name the partner's server, not its domain, and so
 * does a node that dialled a partner's address. Made once for each policy; a
 * lookup does not grow with the peers.
 */
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "peer_index.h"
#include "policy.h"
#include "policy_int.h"

/**
 * struct fp_peer_key - one name or address
 * @node: in its chain
 * @peer: whose it is
 * @name: name without "*."; empty where @addr counts
 * @addr: address
 * @is_wild: "*." stands in front of @name
 */
struct fp_peer_key {
	struct hlist_node node;
	const struct fp_peer *peer;
	struct fp_slice name;
	struct fp_addr addr;
	bool is_wild;
};

/**
 * struct fp_peer_index - all of them
 * @hash: chains
 * @n: keys that are in
 * @key: the keys
 */
struct fp_peer_index {
	struct fp_hash hash;
	u32 n;
	struct fp_peer_key key[];
};

static void fp_peer_index_add(struct fp_peer_index *index, const struct fp_peer *peer,
			      struct fp_slice name, const struct fp_addr *addr)
{
	struct fp_peer_key *key = &index->key[index->n++];
	u32 h;

	key->peer = peer;
	if (addr) {
		key->addr = *addr;
		h = fp_addr_hash(addr, 0);
	} else {
		key->is_wild = fp_slice_starts(name, FP_LIT("*."));
		key->name = key->is_wild ? fp_slice_sub(name, 2, name.len) : name;
		h = fp_name_hash(key->name);
	}
	hlist_add_head(&key->node, fp_hash_chain(&index->hash, h));
}

static void fp_peer_index_peer(struct fp_peer_index *index, const struct fp_peer *peer)
{
	const struct fp_peer_obj *obj = peer->obj;
	struct fp_slice host = fp_slice(obj->host, strlen(obj->host));
	struct fp_addr addr;
	u32 i;

	for (i = 0; i < obj->n_addrs; i++)
		fp_peer_index_add(index, peer, host, &obj->addrs[i]);
	for (i = 0; i < obj->subjects.n; i++)
		fp_peer_index_add(index, peer, obj->subjects.v[i], NULL);
	if (host.len)
		fp_peer_index_add(index, peer, host, fp_slice_addr(host, &addr) ? &addr : NULL);
}

static bool fp_peer_index_takes(const struct fp_peer *peer)
{
	return peer->obj->role == FEDPAT_ROLE_OUTSIDE;
}

/**
 * fp_peer_index_build() - index the outside peers of a policy
 * @p: policy in the making, with its peers
 * @out: the index
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int fp_peer_index_build(const struct fp_policy *p, struct fp_peer_index **out)
{
	u32 i, n = fp_policy_count(p, FP_KIND_PEER);
	struct fp_peer_index *index;
	size_t keys = 0;

	for (i = 0; i < n; i++)
		if (fp_peer_index_takes(&p->peer[i]))
			keys += p->peer[i].obj->n_addrs + p->peer[i].obj->subjects.n + 1;
	index = kvzalloc(struct_size(index, key, keys), GFP_KERNEL_ACCOUNT);
	if (!index)
		return -ENOMEM;
	if (fp_hash_init(&index->hash, keys)) {
		kvfree(index);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++)
		if (fp_peer_index_takes(&p->peer[i]))
			fp_peer_index_peer(index, &p->peer[i]);
	*out = index;
	return 0;
}

/**
 * fp_peer_index_free() - free an index
 * @index: the index, or NULL
 *
 * Context: may sleep.
 */
void fp_peer_index_free(struct fp_peer_index *index)
{
	if (!index)
		return;
	fp_hash_free(&index->hash);
	kvfree(index);
}

static const struct fp_peer *fp_peer_index_name(const struct fp_peer_index *index,
						const struct fp_federation *fed,
						struct fp_slice name, bool is_wild)
{
	struct hlist_head *chain = fp_hash_chain(&index->hash, fp_name_hash(name));
	const struct fp_peer_key *key;

	if (!chain)
		return NULL;
	hlist_for_each_entry(key, chain, node)
		if (key->name.len && key->is_wild == is_wild && key->peer->federation == fed &&
		    fp_slice_ieq(key->name, name))
			return key->peer;
	return NULL;
}

/**
 * fp_peer_by_addr_rcu() - the peer whose server has an address
 * @p: policy
 * @fed: federation
 * @addr: address
 *
 * Context: @p is held.
 * Return: the peer or NULL.
 */
const struct fp_peer *fp_peer_by_addr_rcu(const struct fp_policy *p,
					  const struct fp_federation *fed,
					  const struct fp_addr *addr)
{
	const struct fp_peer_key *key;
	struct hlist_head *chain;

	if (!p->peer_index || !addr->family)
		return NULL;
	chain = fp_hash_chain(&p->peer_index->hash, fp_addr_hash(addr, 0));
	if (!chain)
		return NULL;
	hlist_for_each_entry(key, chain, node)
		if (fp_addr_eq(&key->addr, addr) && key->peer->federation == fed)
			return key->peer;
	return NULL;
}

/**
 * fp_peer_by_host_rcu() - the peer whose server is called so
 * @p: policy
 * @fed: federation
 * @host: name or address, out of a message
 *
 * Context: @p is held.
 * Return: the peer or NULL.
 */
const struct fp_peer *fp_peer_by_host_rcu(const struct fp_policy *p,
					  const struct fp_federation *fed,
					  struct fp_slice host)
{
	const struct fp_peer *peer;
	struct fp_addr addr;
	s32 dot;

	if (!p->peer_index || !host.len)
		return NULL;
	if (fp_slice_addr(host, &addr))
		return fp_peer_by_addr_rcu(p, fed, &addr);
	if (host.p[host.len - 1] == '.')
		host.len--;
	peer = fp_peer_index_name(p->peer_index, fed, host, false);
	/* A label at a time: at most 127 of them (RFC 1035). */
	while (!peer && (dot = fp_slice_chr(host, '.')) >= 0) {
		host = fp_slice_sub(host, dot + 1, host.len);
		peer = fp_peer_index_name(p->peer_index, fed, host, true);
	}
	return peer;
}

static bool fp_peer_shares_addr(const struct fp_peer_obj *a, const struct fp_peer_obj *b)
{
	u32 i, k;

	for (i = 0; i < a->n_addrs; i++)
		for (k = 0; k < b->n_addrs; k++)
			if (fp_addr_eq(&a->addrs[i], &b->addrs[k]))
				return true;
	return false;
}

/**
 * fp_peer_is_at() - do two peers stand behind one server?
 * @a: peer, or NULL
 * @b: peer
 *
 * Context: the policy of both is held.
 * Return: true when they are dialled at the same host, or share an address.
 */
bool fp_peer_is_at(const struct fp_peer *a, const struct fp_peer *b)
{
	if (!a || a->federation != b->federation)
		return false;
	if (a == b || (*a->obj->host && !strcasecmp(a->obj->host, b->obj->host)))
		return true;
	return fp_peer_shares_addr(a->obj, b->obj);
}
