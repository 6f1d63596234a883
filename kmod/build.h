/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a candidate to a policy: resolve what names lead to, compile, check the
 * whole, publish.
 *
 * A step that finds something wrong records it and goes on, so that the owner
 * hears of every fault at once; a step returns an error only when it cannot go
 * on. A step relies on those before it in the order of the list in build.c,
 * but not on their freedom from faults: a reference that leads nowhere is NULL.
 */
#ifndef _FP_BUILD_H
#define _FP_BUILD_H

#include "fault.h"
#include "policy_int.h"

struct fp_net;
struct fp_txn;

/**
 * struct fp_build - a policy in the making
 * @fpn: its namespace
 * @txn: candidate that it is made of
 * @base: policy before it
 * @p: the policy
 * @faults: what is wrong, kept in the candidate
 * @row: rows of static PAT by federation, then by order; rows of no
 *	federation come first
 * @n_row: how many
 * @node: nodes by federation
 * @n_node: how many
 * @outside: first zone outside; NULL: there is none, or nobody looked for it yet
 */
struct fp_build {
	struct fp_net *fpn;
	const struct fp_txn *txn;
	const struct fp_policy *base;
	struct fp_policy *p;
	struct fp_faults *faults;
	struct fp_static_pat **row;
	u32 n_row;
	struct fp_node **node;
	u32 n_node;
	const struct fp_zone *outside;
};

/* Where the core's structures live. */
extern const struct fp_mem fp_build_mem;
extern const struct fp_acl_mem fp_build_acl_mem;

/* Validate the candidate and publish it. Return: 0 or a negative errno. */
int fp_build_commit(struct fp_txn *txn);

/* Between two elements of a long loop. Return: 0; -EINTR: the caller is killed. */
int fp_build_relax(void);

/* Did a commit leave the kind as it was? */
bool fp_build_same(const struct fp_build *b, enum fp_kind kind);
/* Index of an object of that name; -1, and a fault, when there is none; -1 for "". */
s32 fp_build_ref(struct fp_build *b, const struct fp_object *obj, int attr,
		 enum fp_kind kind, const char *name);

/* Steps; may sleep. Return: 0, -ENOMEM or -EINTR. */
int fp_build_acls(struct fp_build *b);
int fp_build_zones(struct fp_build *b);
int fp_build_federations(struct fp_build *b);
int fp_build_proxies(struct fp_build *b);
int fp_build_classes(struct fp_build *b);
int fp_build_class_lookups(struct fp_build *b);
int fp_build_pats(struct fp_build *b);
int fp_build_static_pats(struct fp_build *b);
int fp_build_nodes(struct fp_build *b);
int fp_build_peers(struct fp_build *b);
int fp_build_domains(struct fp_build *b);
int fp_build_routes(struct fp_build *b);
int fp_build_realms(struct fp_build *b);
int fp_build_publics(struct fp_build *b);
int fp_build_check_trustpoints(struct fp_build *b);
int fp_build_check_ports(struct fp_build *b);

#endif /* _FP_BUILD_H */
