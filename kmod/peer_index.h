/* SPDX-License-Identifier: GPL-2.0 */
/* Peers by the names and addresses of their servers. */
#ifndef _FP_PEER_INDEX_H
#define _FP_PEER_INDEX_H

#include <fedpat/slice.h>

struct fp_federation;
struct fp_peer;
struct fp_peer_index;
struct fp_policy;

int fp_peer_index_build(const struct fp_policy *p, struct fp_peer_index **out);
void fp_peer_index_free(struct fp_peer_index *index);

/*
 * The outside peer of a federation whose server is called so (host to dial, or
 * TLS subject; the nearest "*." where no name fits), or has that address; NULL
 * for none. Context: @p is held.
 */
const struct fp_peer *fp_peer_by_host_rcu(const struct fp_policy *p,
					  const struct fp_federation *fed,
					  struct fp_slice host);
const struct fp_peer *fp_peer_by_addr_rcu(const struct fp_policy *p,
					  const struct fp_federation *fed,
					  const struct fp_addr *addr);
bool fp_peer_is_at(const struct fp_peer *a, const struct fp_peer *b);

#endif /* _FP_PEER_INDEX_H */
