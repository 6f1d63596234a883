/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of the packet plane: what its files share.
 *
 * No state is kept for a flow: that is conntrack's. What the policy says of a
 * flow is a function of the policy, of the zone that it entered by and of its
 * original tuple. The first packet is judged by it, and after a commit the
 * sweep asks it again, about flows that exist.
 */
#ifndef _FP_PLANE_H
#define _FP_PLANE_H

#include <linux/netfilter.h>
#include <net/netfilter/nf_conntrack.h>
#include "netns.h"
#include "policy.h"

/* Hooks by what they are for; a namespace has those that its policy needs. */
#define FP_HOOKS_FILTER		0x01	/* access lists, and the guard of class maps */
#define FP_HOOKS_NAT		0x02	/* PAT, static PAT, redirection */
#define FP_HOOKS_GUARD		0x04	/* of the daemon's listeners */

/**
 * struct fp_packet - packet plane of a namespace
 * @fpn: whose it is
 * @held: the policy in force, with a reference; under fpn->config
 * @hooks: FP_HOOKS_* that are registered; under fpn->config
 * @spare: memory with which a commit queues its predecessor, under fpn->config
 * @lock: protects @olds and @n_olds; leaf, process context only
 * @olds: predecessors that the sweep has yet to hear of, newest first
 * @n_olds: how many
 * @sweep: the sweep; never runs twice at a time
 */
struct fp_packet {
	struct fp_net *fpn;
	struct fp_policy *held;
	u8 hooks;
	struct fp_sweep_old *spare;
	spinlock_t lock; /* @olds, @n_olds */
	struct list_head olds;
	u32 n_olds;
	struct work_struct sweep;
};

/* What the destination of a packet is to an access list. */
enum fp_scope {
	FP_SCOPE_HOST,		/* the gateway itself: its management, ND, multicast */
	FP_SCOPE_PUBLIC,	/* an address that the policy declares public */
	FP_SCOPE_TRANSIT,	/* somewhere else */
};

/* What a class map does with a flow. */
enum fp_act {
	FP_ACT_NONE,		/* nothing: not inspected here */
	FP_ACT_REDIRECT,	/* to the listener of its tls-proxy */
	FP_ACT_HELPER,		/* SIP over UDP, rewritten here */
	FP_ACT_REFUSE,		/* SIP over TCP and nobody who could rewrite it */
};

/**
 * struct fp_verdict - what the policy says of a flow
 * @reason: FP_R_NONE when it passes
 * @acl: list that was asked, NULL for none
 * @entry: entry of @acl that it met, NULL for the implicit deny
 * @line: line of @entry
 */
struct fp_verdict {
	enum fp_reason reason;
	const struct fp_acl_obj *acl;
	struct fp_entry *entry;
	u32 line;
};

/**
 * struct fp_dnat - what the policy makes of a destination
 * @class: class map that takes the flow; NULL for none
 * @act: what it does
 * @row: row of static PAT; NULL for none, and where it is redirected
 */
struct fp_dnat {
	const struct fp_class_map *class;
	enum fp_act act;
	const struct fp_static_pat *row;
};

/* --- judge.c: functions of the policy, without effect --- */

void fp_key_of_tuple(struct fp_acl_key *key, const struct nf_conntrack_tuple *t);
void fp_addr_of_ct(struct fp_addr *addr, u16 l3num, const union nf_inet_addr *u3);
bool fp_has_ports(u8 proto);

bool fp_addr_is_local(struct net *net, const struct net_device *in,
		      const struct fp_addr *addr);
enum fp_scope fp_scope_rcu(const struct fp_policy *p, struct net *net,
			   const struct net_device *in, const struct fp_zone *zone,
			   const struct fp_acl_key *key);
const struct fp_class_map *fp_class_rcu(const struct fp_policy *p,
					const struct fp_zone *zone,
					const struct fp_acl_key *key,
					enum fp_act *act);
void fp_judge_rcu(const struct fp_policy *p, const struct fp_zone *zone,
		  const struct fp_acl_key *key, enum fp_scope scope,
		  struct fp_verdict *v);
void fp_dnat_rcu(const struct fp_policy *p, const struct fp_zone *zone,
		 const struct fp_acl_key *key, struct fp_dnat *d);

/* --- filter.c --- */

extern const struct nf_hook_ops fp_filter_ops[];
extern const unsigned int fp_filter_n;
extern const struct nf_hook_ops fp_guard_ops[];
extern const unsigned int fp_guard_n;

void fp_refuse(struct fp_net *fpn, enum fp_reason reason,
	       const struct fp_zone *zone, const struct fp_acl_key *key);

/* --- nat.c --- */

int fp_nat_register(struct net *net);
void fp_nat_unregister(struct net *net);
bool fp_nat_by_dnat(const struct nf_conn *ct, const struct fp_dnat *d);
const struct fp_object *fp_nat_by_source_rcu(const struct fp_policy *p,
					     const struct fp_zone *out,
					     const struct nf_conn *ct);

/* --- quote.c --- */

unsigned int fp_quote(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

/* --- reset.c --- */

void fp_reset(struct net *net, struct sk_buff *skb, u8 pf);

/* --- sweep.c --- */

int fp_sweep_prepare(struct fp_packet *pk);
void fp_sweep_init(struct fp_packet *pk);
void fp_sweep_queue(struct fp_packet *pk, struct fp_policy *old,
		    const struct fp_policy *new);
void fp_sweep_exit(struct fp_packet *pk);
void fp_sweep_ours(struct fp_packet *pk);

#endif /* _FP_PLANE_H */
