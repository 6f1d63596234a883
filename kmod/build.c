// SPDX-License-Identifier: GPL-2.0
/* The commit: from a candidate to the policy in force. See build.h. */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "build.h"
#include "legs.h"
#include "netns.h"
#include "packet.h"
#include "txn.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * fp_build_relax() - between two elements of a loop over all of a kind
 *
 * Whoever may configure a namespace chooses how many there are.
 *
 * Context: may sleep.
 * Return: 0; -EINTR when the caller is being killed, and then nothing changes.
 */
int fp_build_relax(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/**
 * fp_build_same() - did the transaction leave a kind alone?
 * @b: policy in the making
 * @kind: kind
 *
 * Context: holds fpn->config.
 * Return: true when old and new policy share its table.
 */
bool fp_build_same(const struct fp_build *b, enum fp_kind kind)
{
	return b->p->table[kind] == b->base->table[kind];
}

static void *fp_build_alloc(void *ctx, size_t size)
{
	return kvmalloc(size, GFP_KERNEL_ACCOUNT);
}

/* A realm wipes its keys before it comes here. */
static void fp_build_free(void *ctx, void *p)
{
	kvfree(p);
}

const struct fp_mem fp_build_mem = {
	.alloc = fp_build_alloc,
	.free = fp_build_free,
};

static const char *fp_build_missing(enum fp_kind kind)
{
	static const char * const text[] = {
		[FP_KIND_ZONE] = "no such zone; make it first or in this transaction",
		[FP_KIND_ACL] = "no such access list; make it first or in this transaction",
		[FP_KIND_INSPECT] = "no such inspect map; make it first or in this transaction",
		[FP_KIND_TLS_PROXY] = "no such tls-proxy; make it first or in this transaction",
		[FP_KIND_TRUSTPOINT] = "no such trustpoint; make it first or in this transaction",
		[FP_KIND_FEDERATION] = "no such federation; make it first or in this transaction",
		[FP_KIND_PEER] = "no such peer; make it first or in this transaction",
	};

	return kind < ARRAY_SIZE(text) && text[kind] ? text[kind] : "no such object";
}

/**
 * fp_build_ref() - what a name leads to
 * @b: policy in the making
 * @obj: object that refers to it
 * @attr: its attribute
 * @kind: kind of what it refers to
 * @name: name, "" for none
 *
 * Context: holds fpn->config, may sleep.
 * Return: index of the object in its table; -1 where there is none.
 */
s32 fp_build_ref(struct fp_build *b, const struct fp_object *obj, int attr,
		 enum fp_kind kind, const char *name)
{
	s32 i;

	if (!*name)
		return -1;
	i = fp_table_find(b->p->table[kind], name);
	if (i < 0)
		fp_fault(b->faults, fp_where(obj, attr), name, fp_build_missing(kind));
	return i;
}

static int fp_build_tables(struct fp_build *b)
{
	struct fp_table *t;
	u32 kind;

	for (kind = 0; kind < __FP_KIND_COUNT; kind++) {
		t = fp_txn_table(b->txn, kind);
		if (IS_ERR(t))
			return PTR_ERR(t);
		b->p->table[kind] = t;
		if (t) {
			b->p->bytes += t->bytes;
			b->p->n_aces += t->n_aces;
		}
		cond_resched();
	}
	return 0;
}

static int fp_build_settings(struct fp_build *b)
{
	b->p->settings_set = b->txn->settings;
	fp_settings_resolve(&b->p->settings_set, fp_policy_count(b->p, FP_KIND_CLASS_MAP),
			    &b->p->settings);
	return 0;
}

static int fp_build_flags(struct fp_build *b)
{
	struct fp_policy *p = b->p;
	u32 i;

	for (i = 0; i < fp_policy_count(p, FP_KIND_ZONE); i++)
		if (p->zone[i].acl)
			p->flags |= FP_POLICY_ACL;
	if (fp_policy_count(p, FP_KIND_PAT))
		p->flags |= FP_POLICY_PAT;
	if (fp_policy_count(p, FP_KIND_STATIC_PAT))
		p->flags |= FP_POLICY_STATIC_PAT;
	if (fp_policy_count(p, FP_KIND_CLASS_MAP))
		p->flags |= FP_POLICY_CLASS;
	return 0;
}

static int (* const fp_build_steps[])(struct fp_build *b) = {
	fp_build_tables,
	fp_build_settings,
	fp_build_acls,
	fp_build_zones,
	fp_build_federations,
	fp_build_proxies,
	fp_build_classes,
	fp_build_class_lookups,
	fp_build_pats,
	fp_build_static_pats,
	fp_build_nodes,
	fp_build_peers,
	fp_build_domains,
	fp_build_routes,
	fp_build_realms,
	fp_build_publics,
	fp_build_flags,
	fp_build_check_trustpoints,
	fp_build_check_ports,
};

static bool fp_build_is_whole(const struct fp_policy *p)
{
	u32 i;

	for (i = 0; i < p->n_class_map; i++)
		if (!p->class_map[i].acl)
			return false;
	for (i = 0; i < p->n_pat; i++)
		if (!p->pat[i].zone)
			return false;
	for (i = 0; i < fp_policy_count(p, FP_KIND_STATIC_PAT); i++)
		if (!p->static_pat[i].zone)
			return false;
	for (i = 0; i < fp_policy_count(p, FP_KIND_TLS_PROXY); i++)
		if (!p->proxy[i].federation)
			return false;
	return p->ifmap && p->classes;
}

/* Readers follow these pointers unseen. A reference that led nowhere is a fault. */
static int fp_build_check_whole(struct fp_build *b)
{
	if (!WARN_ON_ONCE(!fp_build_is_whole(b->p)))
		return 0;
	fp_fault(b->faults, fp_where_settings(0), NULL,
		 "the policy is not whole, and no fault says why: a bug of fedpat");
	return -EINVAL;
}

/* The new policy, not published; NULL, with faults or for want of memory. */
static int fp_build_policy(struct fp_build *b)
{
	u32 i;
	int err;

	b->p = fp_policy_alloc();
	if (!b->p)
		return -ENOMEM;
	b->p->generation = b->base->generation + 1;
	for (i = 0; i < ARRAY_SIZE(fp_build_steps); i++) {
		err = fp_build_steps[i](b);
		if (!err)
			err = fp_build_relax();
		if (err)
			return err;
	}
	if (b->faults->n)
		return -EINVAL;
	return fp_build_check_whole(b);
}

/*
 * Readers see the old policy or the new one, each with a map of interfaces that
 * is up to date: the notifier of devices looks at the published one under the
 * same lock.
 */
static void fp_build_publish(struct fp_net *fpn, struct fp_policy *p)
{
	spin_lock_bh(&fpn->ifmap_lock);
	fp_ifmap_fill(fpn, p->ifmap);
	rcu_assign_pointer(fpn->policy, p);
	spin_unlock_bh(&fpn->ifmap_lock);
}

static void fp_build_announce(struct fp_net *fpn, const struct fp_policy *p)
{
	const struct fp_notice notice = {
		.event = FEDPAT_EVENT_COMMIT,
		.generation = p->generation,
	};

	fp_stat_inc(fpn, FP_S_COMMITS);
	fp_event_send(fpn, &notice, GFP_KERNEL);
}

static int fp_build_switch(struct fp_build *b)
{
	struct fp_policy *old = rcu_dereference_protected(b->fpn->policy,
							  lockdep_is_held(&b->fpn->config));
	int err = fp_packet_prepare(b->fpn, b->p);

	if (err) {
		fp_fault(b->faults, fp_where_settings(0), NULL,
			 "no hooks for it: out of memory, or modprobe nf_nat first");
		return err;
	}
	fp_build_publish(b->fpn, b->p);
	fp_packet_commit(b->fpn, old, b->p);
	fp_legs_commit(b->fpn, old, b->p);
	fp_build_announce(b->fpn, b->p);
	fp_policy_put(old);
	return 0;
}

static u32 fp_build_objects(const struct fp_policy *p)
{
	u32 kind, n = 0;

	for (kind = 0; p && kind < __FP_KIND_COUNT; kind++)
		n += fp_policy_count(p, kind);
	return n;
}

/**
 * fp_build_commit() - validate a candidate and publish it
 * @txn: candidate; stays as it is, but for its faults
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0; -EINVAL with faults; -ENOMEM; -EINTR; what the packet plane said.
 */
int fp_build_commit(struct fp_txn *txn)
{
	struct fp_build b = {
		.fpn = txn->fpn,
		.txn = txn,
		.base = txn->base,
		.faults = &txn->faults,
	};
	u64 start = ktime_get_ns();
	int err;

	lockdep_assert_held(&b.fpn->config);
	fp_faults_clear(b.faults, false);
	err = fp_build_policy(&b);
	if (!err)
		err = fp_build_switch(&b);
	trace_fedpat_commit(b.fpn->net->ns.inum, txn->base->generation + 1,
			    fp_build_objects(b.p), b.p ? b.p->n_aces : 0,
			    (ktime_get_ns() - start) / NSEC_PER_USEC, err);
	kvfree(b.row);
	kvfree(b.node);
	if (!err)
		return 0;
	fp_stat_inc(b.fpn, FP_S_COMMITS_REFUSED);
	if (b.p)
		fp_policy_free(b.p);
	return err;
}
