/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of the access-list classifier; see acl_tree.c for how it works.
 */
#ifndef _FEDPAT_CORE_ACL_INT_H
#define _FEDPAT_CORE_ACL_INT_H

#include <fedpat/acl.h>
#ifdef __KERNEL__
#include <linux/math64.h>
#endif

#define FP_ACL_NONE		0xffffffffu

/* Bounds of one lookup: trees x depth nodes, and a leaf for each tree. */
#define FP_ACL_TREES		16
#define FP_ACL_DEPTH		32
#define FP_ACL_KEYS		13
#define FP_ACL_CHILDREN		(FP_ACL_KEYS + 1)
#define FP_ACL_LEAF		13
#define FP_ACL_MAX_NODES	(1u << 30)

/*
 * A packet is a point, an entry a box. Dimensions: the words of the source,
 * those of the destination, source port, destination port, protocol.
 */
#define FP_ACL_DIMS4		5
#define FP_ACL_DIMS6		11

/*
 * Where a packet without ports lies in the dimensions of ports: beyond all of
 * them, so that "any port" contains it and no range does.
 */
#define FP_ACL_NO_PORT		0x10000u

#define FP_ACL_DIM_LEAF		0xffu

/**
 * struct fp_acl_node - a box: cut along one dimension, or a leaf
 * @cover: first entry that contains the whole box, or FP_ACL_NONE
 * @base: inner node: the first child; leaf: index of the first entry
 * @dim: dimension of the cut, or FP_ACL_DIM_LEAF
 * @count: children, or entries of a leaf
 * @unused: zero
 * @v: inner node: last value of each child but the last, then 0xffffffff;
 *	leaf: packed entries in order, all of them before @cover
 *
 * One cache line.
 */
struct fp_acl_node {
	u32 cover;
	u32 base;
	u8 dim;
	u8 count;
	u16 unused;
	u32 v[FP_ACL_KEYS];
};

#define FP_ACL_R_PORTS		0x01	/* looks at ports (type, code) */
#define FP_ACL_R_DENY		0x02
#define FP_ACL_R_PROTO		0x04	/* looks at the protocol */

/**
 * struct fp_acl_rule - a packed entry, followed by source and destination
 * @prio: index of the entry
 * @sport: source ports
 * @dport: destination ports
 * @proto: protocol
 * @flags: FP_ACL_R_*
 * @src_len: bits of the source that count
 * @dst_len: bits of the destination that count
 * @addr: source, then destination: one word each in IPv4, four in IPv6
 */
struct fp_acl_rule {
	u32 prio;
	struct fp_port_range sport;
	struct fp_port_range dport;
	u8 proto;
	u8 flags;
	u8 src_len;
	u8 dst_len;
	u32 addr[];
};

/**
 * struct fp_acl_family - the classifier of one address family
 * @root: first node of each tree
 * @first: first entry that each tree knows, rising
 * @trees: how many
 * @rules: packed entries
 * @nrules: how many
 */
struct fp_acl_family {
	u32 root[FP_ACL_TREES];
	u32 first[FP_ACL_TREES];
	u32 trees;
	u32 nrules;
	const u32 *rules;
};

/**
 * struct fp_acl_compiled - an access list, ready to be looked up; never changes
 * @mem: gives the memory back
 * @bytes: size of all
 * @nodes: nodes of all trees, aligned to cache lines
 * @nnodes: how many
 * @depth: nodes on the longest way
 * @refs: used slots in all leaves
 * @fam: IPv4, IPv6
 */
struct fp_acl_compiled {
	struct fp_acl_mem mem;
	size_t bytes;
	const struct fp_acl_node *nodes;
	u32 nnodes;
	u32 depth;
	u32 refs;
	struct fp_acl_family fam[2];
};

/**
 * struct fp_acl_item - a box to be put into a tree
 * @prio: index of its entry
 * @v: lowest value in each dimension, then highest value in each
 */
struct fp_acl_item {
	u32 prio;
	u32 v[];
};

/**
 * struct fp_acl_forest - trees under construction
 * @mem: where memory comes from
 * @nodes: nodes so far; of both families
 * @nnodes: how many
 * @cap: how many there is room for
 * @max_nodes: how many there may be
 * @depth: nodes on the longest way so far
 * @refs: used slots of leaves so far
 * @err: filled where the construction fails
 */
struct fp_acl_forest {
	const struct fp_acl_mem *mem;
	struct fp_acl_node *nodes;
	u32 nnodes;
	u32 cap;
	u32 max_nodes;
	u32 depth;
	u32 refs;
	struct fp_acl_error *err;
};

/**
 * struct fp_acl_items - the boxes of one family, in the order of the list
 * @v: struct fp_acl_item, @stride words apart
 * @stride: words of one
 * @dims: dimensions
 * @n: how many
 */
struct fp_acl_items {
	u32 *v;
	u32 stride;
	u32 dims;
	u32 n;
};

static inline struct fp_acl_item *fp_acl_item(const struct fp_acl_items *items,
					      u32 i)
{
	return (struct fp_acl_item *)(items->v + (size_t)i * items->stride);
}

/* Words of one address of family @f (0: IPv4, 1: IPv6). */
static inline u32 fp_acl_words(u32 f)
{
	return f ? 4 : 1;
}

/* Words of a packed entry of family @f. */
static inline u32 fp_acl_rule_words(u32 f)
{
	return sizeof(struct fp_acl_rule) / sizeof(u32) + 2 * fp_acl_words(f);
}

/* 32-bit kernels have no operator for this. */
static inline u64 fp_acl_div(u64 a, u32 b)
{
#ifdef __KERNEL__
	return div_u64(a, b);
#else
	return a / b;
#endif
}

static inline u32 fp_acl_be32(const u8 *b)
{
	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

int fp_acl_grow_trees(struct fp_acl_forest *forest,
		      const struct fp_acl_items *items,
		      struct fp_acl_family *fam);
bool fp_ace_any_port(const struct fp_ace *ace, const struct fp_port_range *r);
bool fp_ace_has_ports(const struct fp_ace *ace);

#endif /* _FEDPAT_CORE_ACL_INT_H */
