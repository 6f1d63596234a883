/* SPDX-License-Identifier: GPL-2.0 */
/* Insides of the policy: for those who make, publish and free it. */
#ifndef _FP_POLICY_INT_H
#define _FP_POLICY_INT_H

#include "policy.h"

struct fp_policy *fp_policy_alloc(void);
struct fp_policy *fp_policy_empty(struct fp_net *fpn);
void fp_policy_free(struct fp_policy *p);
void fp_realm_ref_put(struct fp_realm_ref *ref);
void fp_class_lookup_put(struct fp_class_lookup *lookup);

void fp_table_put(struct fp_table *t);
s32 fp_table_find(const struct fp_table *t, const char *name);

int fp_hash_init(struct fp_hash *h, u32 n);
void fp_hash_free(struct fp_hash *h);
struct hlist_head *fp_hash_chain(const struct fp_hash *h, u32 value);
u32 fp_addr_hash(const struct fp_addr *addr, u32 seed);
u32 fp_endpoint_hash(u8 proto, const struct fp_endpoint *ep);
u32 fp_listener_hash(const struct fp_federation *fed, const struct fp_endpoint *ep);
u32 fp_name_hash(struct fp_slice name);
const struct fp_domain *fp_domain_in_hash(const struct fp_policy *p, u32 h,
					  struct fp_slice key, bool is_wild);

bool fp_addr_eq(const struct fp_addr *a, const struct fp_addr *b);
bool fp_endpoint_eq(const struct fp_endpoint *a, const struct fp_endpoint *b);

#endif /* _FP_POLICY_INT_H */
