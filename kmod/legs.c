// SPDX-License-Identifier: GPL-2.0
/*
 * The stream plane of a namespace: its memory, its beginning and end, and what
 * a new policy means to its legs.
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <net/netlink.h>
#include "leg.h"
#include "policy.h"
#include "relay.h"

/* --- memory --------------------------------------------------------------- */

/**
 * fp_legs_charge() - take memory out of the namespace's share
 * @legs: stream plane of the namespace
 * @octets: how much
 *
 * Context: any.
 * Return: false, and nothing was taken, where memory-cap would be passed.
 */
bool fp_legs_charge(struct fp_legs *legs, u32 octets)
{
	u64 cap;

	rcu_read_lock();
	cap = fp_policy_rcu(legs->fpn)->settings.memory_cap;
	rcu_read_unlock();
	if (atomic64_add_return(octets, &legs->memory) <= cap)
		return true;
	atomic64_sub(octets, &legs->memory);
	return false;
}

/**
 * fp_legs_uncharge() - give memory back
 * @legs: stream plane of the namespace
 * @octets: how much
 */
void fp_legs_uncharge(struct fp_legs *legs, u32 octets)
{
	atomic64_sub(octets, &legs->memory);
}

/**
 * fp_leg_charge() - take memory for a leg
 * @leg: the leg
 * @octets: how much
 *
 * Return: false where the namespace has none left.
 */
bool fp_leg_charge(struct fp_leg *leg, u32 octets)
{
	if (!octets)
		return true;
	if (!fp_legs_charge(leg->legs, octets))
		return false;
	atomic_add(octets, &leg->memory);
	return true;
}

/**
 * fp_leg_uncharge() - give memory of a leg back
 * @leg: the leg
 * @octets: how much
 */
void fp_leg_uncharge(struct fp_leg *leg, u32 octets)
{
	atomic_sub(octets, &leg->memory);
	fp_legs_uncharge(leg->legs, octets);
}

/**
 * fp_legs_use() - something points to the stream plane until it is freed
 * @legs: stream plane of the namespace
 */
void fp_legs_use(struct fp_legs *legs)
{
	atomic_inc(&legs->users);
}

/**
 * fp_legs_unuse() - it is freed
 * @legs: stream plane of the namespace; not to be touched any more
 */
void fp_legs_unuse(struct fp_legs *legs)
{
	/* The counter's address is all that is used after it falls to 0. */
	if (atomic_dec_and_test(&legs->users))
		wake_up_var(&legs->users);
}

/* --- policy --------------------------------------------------------------- */

/* Legs that a commit looks at before it lets others run. */
#define FP_LEGS_BATCH	64

static bool fp_leg_end_known_rcu(const struct fp_leg *leg, const struct fp_policy *p,
				 const struct fp_federation *fed)
{
	const struct fp_node *node;
	const struct fp_peer *peer = fp_peer_find_rcu(p, leg->peer);

	if (peer && peer->federation == fed &&
	    peer->obj->role == (leg->side == FP_INSIDE ? FEDPAT_ROLE_INSIDE : FEDPAT_ROLE_OUTSIDE))
		return true;
	node = leg->side == FP_INSIDE ? fp_node_find_rcu(p, leg->peer) : NULL;
	return node && node->federation == fed;
}

/**
 * fp_leg_known_rcu() - does a policy know all that a leg belongs to?
 * @leg: the leg
 * @p: policy
 * @attr: set to the attribute of leg-attach that names what is missing
 *
 * Context: rcu_read_lock() or a reference to @p.
 * Return: whether it does.
 */
bool fp_leg_known_rcu(const struct fp_leg *leg, const struct fp_policy *p, int *attr)
{
	const struct fp_federation *fed = fp_federation_find_rcu(p, leg->federation);
	const struct fp_zone *zone = fp_zone_find_rcu(p, leg->zone);

	*attr = FEDPAT_A_LEG_FEDERATION;
	if (!fed || !fed->realm)
		return false;
	*attr = FEDPAT_A_LEG_ZONE;
	if (!zone || zone->obj->role !=
		     (leg->side == FP_INSIDE ? FEDPAT_ROLE_INSIDE : FEDPAT_ROLE_OUTSIDE))
		return false;
	if (leg->raw)
		return fp_raw_known_rcu(leg, p, attr);
	*attr = FEDPAT_A_LEG_FEDERATION;
	if (fed->inspect->type == FEDPAT_INSPECT_TYPE_XMPP)
		return false;
	*attr = FEDPAT_A_LEG_PEER;
	return fp_leg_end_known_rcu(leg, p, fed);
}

/* May the peer, by its own list or by the federated domains, speak for it? */
static bool fp_peer_speaks_for(const struct fp_policy *p, const char *name,
			       struct fp_slice domain)
{
	const struct fp_peer *peer = fp_peer_find_rcu(p, name);
	const struct fp_domain *d;

	if (!peer)
		return false;
	if (peer->domains && fp_nameset_has(peer->domains, domain))
		return true;
	d = fp_domain_find_rcu(p, domain);
	return d && d->peer == peer;
}

/*
 * Has the new policy taken a domain from the leg? One that the old did not list
 * either was proved by other means (its certificate, SRV) and stays.
 */
static bool fp_leg_lost_domain(const struct fp_leg *leg, const struct fp_policy *old,
			       const struct fp_policy *new)
{
	const struct nlattr *a;
	int rem;

	if (leg->side != FP_OUTSIDE || leg->raw)
		return false;
	nla_for_each_attr(a, leg->attrs, leg->attrs_len, rem) {
		struct fp_slice domain;

		if (nla_type(a) != FEDPAT_A_LEG_DOMAIN)
			continue;
		domain = fp_slice(nla_data(a), strnlen(nla_data(a), nla_len(a)));
		if (fp_peer_speaks_for(old, leg->peer, domain) &&
		    !fp_peer_speaks_for(new, leg->peer, domain))
			return true;
	}
	return false;
}

/**
 * fp_legs_commit() - close the legs that a new policy forbids
 * @fpn: the namespace
 * @old: policy before
 * @new: policy now in force
 *
 * The others take the new realm with their next message.
 *
 * Context: under fpn->config, which keeps both; may sleep.
 */
void fp_legs_commit(struct fp_net *fpn, const struct fp_policy *old,
		    const struct fp_policy *new)
{
	struct fp_leg *leg;
	unsigned long id;
	u32 n = 0;
	int attr;

	rcu_read_lock();
	xa_for_each(&fpn->legs->table, id, leg) {
		if (fp_leg_is_up(leg) && (!fp_leg_known_rcu(leg, new, &attr) ||
					  fp_leg_lost_domain(leg, old, new)))
			fp_leg_close(leg, FP_R_LEG_SWEPT);
		/* There may be a million: the table goes on by the id alone. */
		if (++n % FP_LEGS_BATCH)
			continue;
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
}

/* --- beginning and end ---------------------------------------------------- */

/**
 * fp_legs_status() - the stream plane at a glance
 * @fpn: the namespace
 * @st: filled
 */
void fp_legs_status(struct fp_net *fpn, struct fp_legs_status *st)
{
	struct fp_legs *legs = fpn->legs;

	st->legs = atomic_read(&legs->n);
	st->offloaded = atomic_read(&legs->n_offloaded);
	st->held = atomic_read(&legs->n_held);
	st->memory = atomic64_read(&legs->memory);
}

/**
 * fp_legs_net_init() - begin
 * @fpn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int fp_legs_net_init(struct fp_net *fpn)
{
	struct fp_legs *legs = kvzalloc(sizeof(*legs), GFP_KERNEL);

	if (!legs)
		return -ENOMEM;
	legs->fpn = fpn;
	xa_init_flags(&legs->table, XA_FLAGS_ALLOC1);
	xa_init_flags(&legs->wanted, XA_FLAGS_ALLOC1);
	spin_lock_init(&legs->lock);
	fpn->legs = legs;
	return 0;
}

/* Held messages go: their targets look once more. */
static void fp_legs_flush_held(struct fp_legs *legs)
{
	struct fp_target *t;
	int i;

	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(legs->target); i++)
		hlist_for_each_entry_rcu(t, &legs->target[i], hash)
			fp_job_schedule(&t->job);
	rcu_read_unlock();
}

/**
 * fp_legs_net_exit() - close all legs, orderly, and wait for their end
 * @fpn: the namespace
 *
 * Reached when the module goes; a namespace that is deleted has no legs any
 * more, for their sockets would keep it.
 *
 * Context: no netlink operation of the namespace runs or will.
 */
void fp_legs_net_exit(struct fp_net *fpn)
{
	struct fp_legs *legs = fpn->legs;
	struct fp_leg *leg;
	unsigned long id;

	WRITE_ONCE(legs->closing, true);
	rcu_read_lock();
	xa_for_each(&legs->table, id, leg)
		fp_leg_close(leg, FP_R_LEG_UNLOAD);
	rcu_read_unlock();
	fp_legs_flush_held(legs);
	wait_var_event(&legs->users, !atomic_read(&legs->users));
	WARN_ON(atomic64_read(&legs->memory) || atomic_read(&legs->n_held));
	xa_destroy(&legs->table);
	xa_destroy(&legs->wanted);
	fpn->legs = NULL;
	kvfree(legs);
}

/**
 * fp_legs_init() - once per module
 *
 * Return: 0 or a negative error.
 */
int fp_legs_init(void)
{
	return fp_workers_init();
}

/**
 * fp_legs_exit() - once per module, when no namespace has legs any more
 */
void fp_legs_exit(void)
{
	fp_workers_exit();
	/* Legs and targets are freed by callbacks of ours. */
	rcu_barrier();
}
