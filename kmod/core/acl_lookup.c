// SPDX-License-Identifier: GPL-2.0
/*
 * Access lists, the side of the packet: walk the few trees of the packet's
 * family (acl_tree.c) and keep the first entry found.
 *
 * Nothing here takes a lock, allocates, loops over entries or uses more stack
 * than the packet's point (44 bytes) and a few words. At most FP_ACL_TREES *
 * FP_ACL_DEPTH nodes of one cache line and FP_ACL_TREES * FP_ACL_LEAF entries
 * are looked at, whatever the list; lists of people take one to three trees of
 * two to six nodes.
 */
#include "acl_int.h"

#define FP_ACL_ABREAST	4	/* trees walked at once */

/**
 * struct fp_acl_point - a packet as the trees see it
 * @v: a value for each dimension
 */
struct fp_acl_point {
	u32 v[FP_ACL_DIMS6];
};

static inline void fp_acl_point_set(struct fp_acl_point *p, u32 words,
				    const struct fp_acl_key *key)
{
	bool no_ports = key->flags & FP_ACL_KEY_NO_PORTS;
	u32 i;

	for (i = 0; i < words; i++) {
		p->v[i] = fp_acl_be32(key->src.b + 4 * i);
		p->v[words + i] = fp_acl_be32(key->dst.b + 4 * i);
	}
	p->v[2 * words] = no_ports ? FP_ACL_NO_PORT : key->sport;
	p->v[2 * words + 1] = no_ports ? FP_ACL_NO_PORT : key->dport;
	p->v[2 * words + 2] = key->proto;
}

/* Bits of the prefix in which the two differ: none, if it matches. */
static inline u64 fp_acl_prefix_diff(const u32 *a, const u32 *net, u32 words,
				     u32 len)
{
	u64 diff = 0;
	u32 w, bits;

	for (w = 0; w < words; w++) {
		bits = len < 32 ? len : 32;
		len -= bits;
		diff |= (u64)(a[w] ^ net[w]) >> (32 - bits);
	}
	return diff;
}

static inline bool fp_acl_rule_ports(const struct fp_acl_rule *r, u32 sport,
				     u32 dport)
{
	if (sport == FP_ACL_NO_PORT)
		return !(r->flags & FP_ACL_R_PORTS) || r->flags & FP_ACL_R_DENY;
	return (sport - r->sport.lo <= (u32)(r->sport.hi - r->sport.lo)) &
	       (dport - r->dport.lo <= (u32)(r->dport.hi - r->dport.lo));
}

/* As few branches as can be: which field differs cannot be predicted. */
static inline bool fp_acl_rule_match(const struct fp_acl_rule *r, u32 words,
				     const struct fp_acl_point *p)
{
	u32 proto = r->flags & FP_ACL_R_PROTO ? 0xff : 0;
	u64 diff;

	diff = fp_acl_prefix_diff(p->v, r->addr, words, r->src_len) |
	       fp_acl_prefix_diff(p->v + words, r->addr + words, words,
				  r->dst_len) |
	       ((r->proto ^ p->v[2 * words + 2]) & proto);
	return !diff && fp_acl_rule_ports(r, p->v[2 * words],
					  p->v[2 * words + 1]);
}

static inline u32 fp_acl_leaf_match(const struct fp_acl_node *leaf,
				    const u32 *rules, u32 words,
				    const struct fp_acl_point *p, u32 best)
{
	u32 stride = sizeof(struct fp_acl_rule) / sizeof(u32) + 2 * words;
	const struct fp_acl_rule *r;
	u32 i;

	if (leaf->base >= best)
		return best;
	for (i = 0; i < leaf->count; i++) {
		r = (const void *)(rules + (size_t)leaf->v[i] * stride);
		if (r->prio >= best)
			break;
		if (fp_acl_rule_match(r, words, p))
			return r->prio;
	}
	return best;
}

/* Which child has @v? As many as have their last value below it come before. */
static inline u32 fp_acl_node_child(const struct fp_acl_node *node, u32 v)
{
	u32 i, n = 0;

	for (i = 0; i < FP_ACL_KEYS; i++)
		n += v > node->v[i];
	return n;
}

/* Walk from the root *@at to the leaf that holds the point. */
static inline u32 fp_acl_descend_one(const struct fp_acl_node *nodes, u32 *at,
				     const struct fp_acl_point *p, u32 best)
{
	const struct fp_acl_node *node = &nodes[*at];

	while (node->dim != FP_ACL_DIM_LEAF) {
		if (node->cover < best)
			best = node->cover;
		*at = node->base + fp_acl_node_child(node, p->v[node->dim]);
		node = &nodes[*at];
	}
	return node->cover < best ? node->cover : best;
}

/*
 * Walk @n trees at once, step by step: while one waits for memory, the others
 * go on. @at holds their roots and then their leaves.
 */
static inline u32 fp_acl_descend(const struct fp_acl_node *nodes, u32 *at,
				 u32 n, const struct fp_acl_point *p, u32 best)
{
	const struct fp_acl_node *node;
	bool more;
	u32 i;

	do {
		more = false;
		for (i = 0; i < n; i++) {
			node = &nodes[at[i]];
			if (node->cover < best)
				best = node->cover;
			if (node->dim == FP_ACL_DIM_LEAF)
				continue;
			at[i] = node->base +
				fp_acl_node_child(node, p->v[node->dim]);
			more = true;
		}
	} while (more);
	return best;
}

static inline int fp_acl_walk(const struct fp_acl_compiled *acl, u32 f,
			      u32 words, const struct fp_acl_key *key)
{
	const struct fp_acl_family *fam = &acl->fam[f];
	struct fp_acl_point p;
	u32 best = FP_ACL_NONE;
	u32 at[FP_ACL_ABREAST];
	u32 t, n, i;

	fp_acl_point_set(&p, words, key);
	for (t = 0; t < fam->trees && fam->first[t] < best; t += n) {
		n = fam->trees - t;
		if (n > FP_ACL_ABREAST)
			n = FP_ACL_ABREAST;
		for (i = 0; i < n; i++)
			at[i] = fam->root[t + i];
		best = n == 1 ?
		       fp_acl_descend_one(acl->nodes, at, &p, best) :
		       fp_acl_descend(acl->nodes, at, n, &p, best);
		for (i = 0; i < n; i++)
			best = fp_acl_leaf_match(&acl->nodes[at[i]], fam->rules,
						 words, &p, best);
	}
	return best == FP_ACL_NONE ? -1 : (int)best;
}

/**
 * fp_acl_lookup() - the first entry that matches a packet
 * @acl: the compiled list
 * @key: the packet
 *
 * Context: any; the caller keeps @acl alive (RCU). Takes no lock.
 *
 * Return: index of the first active entry that matches, or -1.
 */
int fp_acl_lookup(const struct fp_acl_compiled *acl,
		  const struct fp_acl_key *key)
{
	if (key->src.family != key->dst.family)
		return -1;
	if (key->src.family == 4)
		return fp_acl_walk(acl, 0, 1, key);
	if (key->src.family == 6)
		return fp_acl_walk(acl, 1, 4, key);
	return -1;
}

/**
 * fp_acl_free() - give a compiled list back
 * @acl: the list, which nobody looks up any more; may be NULL
 */
void fp_acl_free(struct fp_acl_compiled *acl)
{
	struct fp_acl_mem mem;

	if (!acl)
		return;
	mem = acl->mem;
	mem.free(mem.ctx, acl);
}

/**
 * fp_acl_size() - bytes that a compiled list takes
 * @acl: the list
 */
size_t fp_acl_size(const struct fp_acl_compiled *acl)
{
	return acl->bytes;
}

/**
 * fp_acl_stats() - what a compiled list looks like
 * @acl: the list
 * @st: filled
 */
void fp_acl_stats(const struct fp_acl_compiled *acl, struct fp_acl_stats *st)
{
	u32 t4 = acl->fam[0].trees, t6 = acl->fam[1].trees;

	st->bytes = acl->bytes;
	st->trees = t4 > t6 ? t4 : t6;
	st->depth = acl->depth;
	st->nodes = acl->nnodes;
	st->refs = acl->refs;
	st->rules = acl->fam[0].nrules + acl->fam[1].nrules;
}
