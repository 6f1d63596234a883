/* SPDX-License-Identifier: GPL-2.0 */
/* Keys and hashes of static-PAT rows and prefixes: one meaning for build and lookup. */
#ifndef _FEDPAT_CORE_ROW_HASH_H
#define _FEDPAT_CORE_ROW_HASH_H

#include "realm_impl.h"

/* By what a row is found. */
enum fp_row_key {
	FP_ROW_PUB,
	FP_ROW_NODE,
	FP_ROW_NODE_ADDR,
	FP_ROW_PUB_ADDR,
};

struct fp_row_key_value {
	struct fp_addr addr;
	u16 port;
	u8 proto;
};

static inline u32 fp_hash_bytes(u32 hash, const u8 *p, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 16777619u;
	return hash;
}

static inline u32 fp_hash_addr(const struct fp_addr *a)
{
	u32 hash = fp_hash_bytes(2166136261u, &a->family, 1);

	return fp_hash_bytes(hash, a->b, sizeof(a->b));
}

static inline u32 fp_row_hash(const struct fp_row_key_value *key)
{
	const u8 tail[] = { key->port >> 8, key->port, key->proto };
	u32 hash = fp_hash_bytes(fp_hash_addr(&key->addr), tail, sizeof(tail));

	return hash ^ hash >> 15;
}

static inline bool fp_row_key_eq(const struct fp_row_key_value *a,
				 const struct fp_row_key_value *b)
{
	return a->port == b->port && a->proto == b->proto &&
	       fp_addr_eq(&a->addr, &b->addr);
}

static inline void fp_row_key_of(const struct fp_realm_row *row, enum fp_row_key kind,
				 struct fp_row_key_value *key)
{
	bool pub = kind == FP_ROW_PUB || kind == FP_ROW_PUB_ADDR;
	const struct fp_endpoint *ep = pub ? &row->pub : &row->node;

	key->addr = ep->addr;
	key->port = kind == FP_ROW_PUB || kind == FP_ROW_NODE ? ep->port : 0;
	key->proto = row->proto;
}

static inline void fp_prefix_mask(struct fp_realm_prefix *p)
{
	u32 i, bits = p->addr.family == 4 ? 32 : 128;

	for (i = p->len; i < bits; i++)
		p->addr.b[i / 8] &= ~(0x80 >> i % 8);
}

static inline u32 fp_prefix_hash(const struct fp_realm_prefix *p)
{
	u32 hash = fp_hash_bytes(fp_hash_addr(&p->addr), &p->len, 1);

	return hash ^ hash >> 15;
}

static inline bool fp_prefix_eq(const struct fp_realm_prefix *a,
				const struct fp_realm_prefix *b)
{
	return a->len == b->len && fp_addr_eq(&a->addr, &b->addr);
}

#endif /* _FEDPAT_CORE_ROW_HASH_H */
