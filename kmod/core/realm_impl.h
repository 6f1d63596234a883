/* SPDX-License-Identifier: GPL-2.0 */
/* Inside of a compiled realm; for the files of kmod/core that read it. */
#ifndef _FEDPAT_CORE_REALM_IMPL_H
#define _FEDPAT_CORE_REALM_IMPL_H

#include <fedpat/realm.h>
#include "names.h"

/* Hash of endpoints or addresses to the first row that has them. */
struct fp_row_index {
	u32 mask;
	u32 *slot;		/* index of a row + 1; 0 is free */
};

/* Prefixes in a hash, and which lengths are in use: few in practice. */
struct fp_prefixes {
	u32 n;
	u32 mask;
	u32 *slot;
	struct fp_realm_prefix *v;
	u8 n_lens[2];		/* IPv4, IPv6 */
	u8 lens[2][129];
};

struct fp_realm {
	struct fp_mem mem;
	size_t size;
	struct fp_sealer sealer;
	struct fp_slice fqdn;
	struct fp_addr addrs[FP_REALM_MAX_ADDRS];
	u8 n_addrs;
	u8 place;
	u8 rr;			/* FP_RR_NONE or FP_RR_DOUBLE */
	u8 max_forwards;
	u32 flags;
	struct fp_names domains;
	struct fp_names hosts;	/* data: index in host_addr */
	struct fp_names self;
	struct fp_addr *host_addr;
	u32 n_host_addr;
	struct fp_addr *self_addr;
	u32 n_self_addr;
	struct fp_prefixes prefixes;
	struct fp_realm_row *rows;
	u32 n_rows;
	struct fp_row_index by_pub;
	struct fp_row_index by_node;
	struct fp_row_index by_node_addr;
	struct fp_row_index by_pub_addr;
};

static inline bool fp_addr_eq(const struct fp_addr *a, const struct fp_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, sizeof(a->b));
}

struct fp_addr fp_addr_plain(const struct fp_addr *a);
const struct fp_name *fp_realm_host_inside(const struct fp_realm *realm,
					   struct fp_slice host);
const struct fp_addr *fp_realm_host_addr(const struct fp_realm *realm,
					 struct fp_slice host);

#endif /* _FEDPAT_CORE_REALM_IMPL_H */
