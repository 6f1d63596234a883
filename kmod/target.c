// SPDX-License-Identifier: GPL-2.0
/* Targets: the table, and the legs that lead to each. See target.h. */
#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "leg.h"
#include "relay.h"

/* Legs of a peer that are looked at for one that may speak for a domain. */
#define FP_TARGET_LOOK	16

static u32 fp_target_hash(const struct fp_target_key *key)
{
	u32 h = jhash(key->federation, strlen(key->federation), key->want);
	u32 i;

	if (key->want == FEDPAT_WANT_NODE)
		return jhash(key->ep.addr.b, sizeof(key->ep.addr.b), h ^ key->ep.port);
	/* Without regard to case: a domain comes as the sender wrote it. */
	for (i = 0; i < key->name.len; i++)
		h = h * 31 + fp_lower(key->name.p[i]);
	return jhash_1word(h, key->name.len);
}

/**
 * fp_target_is() - is this the target of a key?
 * @t: target
 * @key: key
 *
 * Return: whether it is.
 */
bool fp_target_is(const struct fp_target *t, const struct fp_target_key *key)
{
	const struct fp_target_key *k = &t->key;

	if (k->want != key->want || strcmp(k->federation, key->federation))
		return false;
	if (k->want == FEDPAT_WANT_NODE)
		return k->ep.port == key->ep.port &&
		       k->ep.addr.family == key->ep.addr.family &&
		       !memcmp(k->ep.addr.b, key->ep.addr.b, sizeof(k->ep.addr.b));
	return fp_slice_ieq(k->name, key->name);
}

static struct hlist_head *fp_target_head(struct fp_legs *legs, const struct fp_target_key *key)
{
	return &legs->target[hash_32(fp_target_hash(key), FP_TARGET_BITS)];
}

/**
 * fp_target_find_rcu() - find a target
 * @legs: stream plane of the namespace
 * @key: what it is
 *
 * Context: rcu_read_lock(), up to the last use of what is returned.
 * Return: the target or NULL.
 */
struct fp_target *fp_target_find_rcu(struct fp_legs *legs, const struct fp_target_key *key)
{
	struct fp_target *t;

	hlist_for_each_entry_rcu(t, fp_target_head(legs, key), hash)
		if (fp_target_is(t, key))
			return t;
	return NULL;
}

static bool fp_target_job_get(struct fp_job *job)
{
	return fp_target_get(container_of(job, struct fp_target, job));
}

static void fp_target_job_put(struct fp_job *job)
{
	fp_target_put(container_of(job, struct fp_target, job));
}

static const struct fp_job_ops fp_target_job_ops = {
	.run = fp_held_run,
	.get = fp_target_job_get,
	.put = fp_target_job_put,
};

static struct fp_target *fp_target_alloc(struct fp_legs *legs, const struct fp_target_key *key,
					 gfp_t gfp)
{
	u32 fed_len = strlen(key->federation) + 1;
	struct fp_target *t;

	t = kzalloc(struct_size(t, text, fed_len + key->name.len), gfp);
	if (!t)
		return NULL;
	fp_job_init(&t->job, &fp_target_job_ops, false);
	refcount_set(&t->refs, 1);
	t->legs = legs;
	t->key = *key;
	t->key.federation = t->text;
	t->key.name.p = (u8 *)t->text + fed_len;
	memcpy(t->text, key->federation, fed_len);
	if (key->name.len)
		memcpy(t->text + fed_len, key->name.p, key->name.len);
	spin_lock_init(&t->lock);
	INIT_LIST_HEAD(&t->member[0]);
	INIT_LIST_HEAD(&t->member[1]);
	fp_held_init(t);
	fp_legs_use(legs);
	return t;
}

/**
 * fp_target_obtain() - find a target or make it
 * @legs: stream plane of the namespace
 * @key: what it is
 * @gfp: how to allocate
 *
 * Context: process.
 * Return: the target with a reference for the caller, NULL without memory.
 */
struct fp_target *fp_target_obtain(struct fp_legs *legs, const struct fp_target_key *key,
				   gfp_t gfp)
{
	struct hlist_head *head = fp_target_head(legs, key);
	struct fp_target *t, *new = fp_target_alloc(legs, key, gfp);

	if (!new)
		return NULL;
	spin_lock(&legs->lock);
	hlist_for_each_entry(t, head, hash) {
		/* One that nobody holds any more is on its way out. */
		if (fp_target_is(t, key) && fp_target_get(t))
			goto found;
	}
	t = new;
	new = NULL;
	hlist_add_head_rcu(&t->hash, head);
found:
	spin_unlock(&legs->lock);
	if (new) {
		fp_legs_unuse(legs);
		kfree(new);
	}
	return t;
}

/**
 * fp_target_get() - take a reference
 * @t: target, found under RCU or held otherwise
 *
 * Return: false when it is being freed.
 */
bool fp_target_get(struct fp_target *t)
{
	return refcount_inc_not_zero(&t->refs);
}

static void fp_target_free_rcu(struct rcu_head *rcu)
{
	struct fp_target *t = container_of(rcu, struct fp_target, rcu);
	struct fp_legs *legs = t->legs;

	kfree(t);
	fp_legs_unuse(legs);
}

/**
 * fp_target_put() - give a reference back
 * @t: target
 *
 * Context: process.
 */
void fp_target_put(struct fp_target *t)
{
	if (!refcount_dec_and_test(&t->refs))
		return;
	WARN_ON(!list_empty(&t->held));
	spin_lock(&t->legs->lock);
	hlist_del_rcu(&t->hash);
	spin_unlock(&t->legs->lock);
	call_rcu(&t->rcu, fp_target_free_rcu);
}

/**
 * fp_target_join() - a leg leads to the target now
 * @t: target; the caller's reference goes to the member
 * @m: place of the leg, unused so far
 * @dialled: we dialled the leg: it is preferred
 */
void fp_target_join(struct fp_target *t, struct fp_member *m, bool dialled)
{
	m->target = t;
	spin_lock(&t->lock);
	list_add_tail_rcu(&m->node, &t->member[!dialled]);
	spin_unlock(&t->lock);
	/* What was held for it can go. */
	fp_job_schedule(&t->job);
}

/**
 * fp_target_leave() - the leg takes no more
 * @m: place of the leg; nothing happens when it has none
 *
 * The leg is freed only after a grace period, so readers may still be on it.
 *
 * Context: process.
 */
void fp_target_leave(struct fp_member *m)
{
	struct fp_target *t = m->target;

	if (!t)
		return;
	spin_lock(&t->lock);
	list_del_rcu(&m->node);
	spin_unlock(&t->lock);
	m->target = NULL;
	fp_target_put(t);
}

static bool fp_leg_speaks_for(const struct fp_leg *leg, struct fp_slice domain)
{
	return !domain.len || leg->view.flags & FP_LEG_ANY_DOMAIN ||
	       fp_nameset_has(leg->domains, domain);
}

/**
 * fp_target_pick_rcu() - the leg for the next message
 * @t: target
 * @domain: it must be one that may speak for it; empty for any
 *
 * Always the oldest dialled one that is well, so that messages of one sender
 * stay in order; an accepted one where there is none; one whose keys wear out
 * when nothing better is there.
 *
 * Context: rcu_read_lock().
 * Return: a leg that is up, or NULL.
 */
struct fp_leg *fp_target_pick_rcu(struct fp_target *t, struct fp_slice domain)
{
	struct fp_leg *last = NULL;
	struct fp_member *m;
	int k, look = FP_TARGET_LOOK;

	for (k = 0; k < 2; k++) {
		list_for_each_entry_rcu(m, &t->member[k], node) {
			if (!look--)
				return last;
			if (!fp_leg_is_up(m->leg) || !fp_leg_speaks_for(m->leg, domain))
				continue;
			if (!READ_ONCE(m->leg->retiring))
				return m->leg;
			last = last ?: m->leg;
		}
	}
	return last;
}
