// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that wait for a leg.
 *
 * The first one that finds no leg to its target opens a wish: leg-wanted, with
 * an id and a deadline. Those that come after it wait behind it, so that order
 * is kept. Once a leg is there they are sent in order; they are refused when the
 * daemon says that there will be none, or when their own time is over. As long
 * as anything waits there is one wish, told anew when its deadline has passed
 * or nobody listened.
 *
 * The target's job does all of it but the adding.
 */
#include <linux/slab.h>
#include "event.h"
#include "leg.h"
#include "policy.h"
#include "relay.h"

/* Nobody listened when the wish was told: the daemon may be starting. */
#define FP_HELD_RETELL	(HZ / 5)
/* The leg is there but its queue is full: look again. */
#define FP_HELD_RETRY	(HZ / 50 + 1)

static void fp_held_timer(struct timer_list *timer)
{
	struct fp_target *t = container_of(timer, struct fp_target, timer);

	fp_job_schedule(&t->job);
}

/**
 * fp_held_init() - the part of a target that holds messages
 * @t: target
 */
void fp_held_init(struct fp_target *t)
{
	INIT_LIST_HEAD(&t->held);
	timer_setup(&t->timer, fp_held_timer, 0);
}

/* As much as it takes: what is larger than some pages is rounded up to a power of two. */
static u32 fp_held_size(u32 len)
{
	return kmalloc_size_roundup(sizeof(struct fp_held) + len);
}

static void fp_held_free(struct fp_legs *legs, struct fp_held *h)
{
	fp_legs_uncharge(legs, fp_held_size(h->len));
	atomic_dec(&legs->n_held);
	fp_leg_put(h->in);
	kfree(h);
}

/* --- adding --------------------------------------------------------------- */

static struct fp_held *fp_held_make(struct fp_relay *r, struct fp_slice bytes,
				    enum fp_reason *reason)
{
	struct fp_legs *legs = r->in->legs;
	struct fp_held *h;

	*reason = FP_R_HOLD_FULL;
	if (atomic_inc_return(&legs->n_held) > FP_LEGS_MAX_HELD)
		goto err_count;
	*reason = FP_R_MEMORY_CAP;
	if (!fp_legs_charge(legs, fp_held_size(bytes.len)))
		goto err_count;
	*reason = FP_R_NO_MEMORY;
	h = kmalloc(fp_held_size(bytes.len), GFP_ATOMIC | __GFP_NOWARN);
	if (!h)
		goto err_charge;
	*reason = FP_R_NONE;
	/* Cannot fail: the caller is the leg's job, or holds it to replay. */
	fp_leg_get(r->in);
	h->in = r->in;
	h->expires = jiffies + msecs_to_jiffies(r->fed->inspect->hold_timeout);
	h->failed = FP_R_NONE;
	h->len = bytes.len;
	memcpy(h->bytes, bytes.p, bytes.len);
	return h;
err_charge:
	fp_legs_uncharge(legs, fp_held_size(bytes.len));
err_count:
	atomic_dec(&legs->n_held);
	return NULL;
}

/*
 * What the daemon will be told. Written when nothing waits, and so not while
 * the job reads it.
 */
static void __fp_wanted_prepare(struct fp_target *t, const struct fp_next *next)
{
	u32 len = min_t(u32, next->name.len, FEDPAT_NAME_MAX);

	lockdep_assert_held(&t->lock);
	if (len)
		memcpy(t->name, next->name.p, len);
	t->name[len] = 0;
	t->dial = next->dial;
	t->source = next->source;
}

static enum fp_reason __fp_held_queue(struct fp_target *t, const struct fp_next *next,
				      struct fp_held *h)
{
	lockdep_assert_held(&t->lock);
	if (t->n_held >= FP_TARGET_MAX_HELD)
		return FP_R_HOLD_FULL;
	if (!t->n_held)
		__fp_wanted_prepare(t, next);
	if (!t->busy) {
		t->busy = true;
		refcount_inc(&t->refs);
	}
	list_add_tail(&h->node, &t->held);
	WRITE_ONCE(t->n_held, t->n_held + 1);
	return FP_R_NONE;
}

/**
 * fp_held_add_rcu() - keep a message until a leg is there
 * @r: the message's
 * @next: what it waits for
 * @bytes: the message; copied
 *
 * Context: a job, rcu_read_lock().
 * Return: FP_R_NONE, or why it cannot be held.
 */
enum fp_reason fp_held_add_rcu(struct fp_relay *r, const struct fp_next *next,
			       struct fp_slice bytes)
{
	struct fp_legs *legs = r->in->legs;
	enum fp_reason reason;
	struct fp_target *t;
	struct fp_held *h;
	bool first;

	h = fp_held_make(r, bytes, &reason);
	if (!h)
		return reason;
	t = fp_target_obtain(legs, &next->key, GFP_ATOMIC | __GFP_NOWARN);
	if (!t) {
		fp_held_free(legs, h);
		return FP_R_NO_MEMORY;
	}
	spin_lock(&t->lock);
	reason = __fp_held_queue(t, next, h);
	first = t->n_held == 1;
	spin_unlock(&t->lock);
	if (reason) {
		fp_held_free(legs, h);
	} else {
		fp_stat_inc(r->in->fpn, FP_S_HELD);
		/* It wishes, or finds a leg that came just before we queued. */
		if (first)
			fp_job_schedule(&t->job);
	}
	fp_target_put(t);
	return reason;
}

/* --- delivering ----------------------------------------------------------- */

static struct fp_held *fp_held_first(struct fp_target *t)
{
	struct fp_held *h;

	spin_lock(&t->lock);
	h = list_first_entry_or_null(&t->held, struct fp_held, node);
	spin_unlock(&t->lock);
	return h;
}

static void fp_held_remove(struct fp_target *t, struct fp_held *h)
{
	spin_lock(&t->lock);
	list_del(&h->node);
	/*
	 * Pairs with fp_next_target(): who sees 0 and sends past us finds what
	 * was held in the queue already.
	 */
	smp_store_release(&t->n_held, t->n_held - 1);
	spin_unlock(&t->lock);
	fp_held_free(t->legs, h);
}

static enum fp_reason fp_held_over(const struct fp_target *t, const struct fp_held *h)
{
	u32 failed = READ_ONCE(h->failed);

	if (failed || READ_ONCE(t->legs->closing))
		return failed ?: FP_R_LEG_FAILED;
	return time_after_eq(jiffies, h->expires) ? FP_R_HOLD_TIMEOUT : FP_R_NONE;
}

static enum fp_relay_verdict fp_held_deliver(struct fp_target *t, struct fp_worker *w,
					     struct fp_held *h)
{
	struct fp_slice bytes = fp_slice(h->bytes, h->len);
	enum fp_relay_verdict v = FP_RELAY_DONE;
	enum fp_reason over = fp_held_over(t, h);
	struct fp_relay r;

	rcu_read_lock();
	if (!fp_relay_begin_rcu(&r, h->in, w, t))
		fp_count(t->legs->fpn, FP_R_LEG_SWEPT);
	else if (over)
		fp_relay_refuse_rcu(&r, bytes, over);
	else
		v = fp_relay_message_rcu(&r, bytes);
	rcu_read_unlock();
	return v;
}

/* --- wishing -------------------------------------------------------------- */

/**
 * fp_wanted_notice() - what leg-wanted says of a target
 * @t: target
 * @n: filled; points into @t
 *
 * Its name, source and address to dial stay as they are while anything is held.
 *
 * Context: rcu_read_lock(), or a reference of @t is held.
 * Return: whether anything is wanted.
 */
bool fp_wanted_notice(struct fp_target *t, struct fp_notice *n)
{
	long left;

	spin_lock(&t->lock);
	left = (long)(t->deadline - jiffies);
	*n = (struct fp_notice){
		.event = FEDPAT_EVENT_LEG_WANTED,
		.wanted = t->wanted,
		.want = t->key.want,
		.deadline_ms = jiffies_to_msecs(max(left, 1L)),
		.federation = t->key.federation,
		.target = t->key.want == FEDPAT_WANT_NODE ?
			  fp_slice(t->name, strlen(t->name)) : t->key.name,
		.endpoint = t->dial,
		.source = t->source,
	};
	spin_unlock(&t->lock);
	return n->wanted;
}

static void fp_wanted_tell(struct fp_target *t)
{
	struct fp_net *fpn = t->legs->fpn;
	struct fp_notice n;

	t->announced = fp_event_wanted(fpn);
	if (t->announced && fp_wanted_notice(t, &n))
		fp_event_send(fpn, &n, GFP_KERNEL);
}

/* The wish gets its id here, in the only place that gives one. */
static void fp_wanted_open(struct fp_target *t)
{
	struct fp_legs *legs = t->legs;
	u32 id;

	if (xa_alloc_cyclic(&legs->wanted, &id, t, xa_limit_31b, &legs->next_wanted,
			    GFP_KERNEL) < 0)
		return;
	spin_lock(&t->lock);
	t->deadline = list_last_entry(&t->held, struct fp_held, node)->expires;
	t->wanted = id;
	spin_unlock(&t->lock);
	t->announced = false;
	fp_stat_inc(legs->fpn, FP_S_WANTED);
}

/* Return: whether there was one. */
static bool fp_wanted_end(struct fp_target *t)
{
	u32 id;

	spin_lock(&t->lock);
	id = t->wanted;
	t->wanted = 0;
	spin_unlock(&t->lock);
	if (id)
		xa_erase(&t->legs->wanted, id);
	return id;
}

/* Something waits for the daemon. */
static void fp_wanted_keep(struct fp_target *t)
{
	if (READ_ONCE(t->wanted) && time_after_eq(jiffies, t->deadline))
		fp_wanted_end(t);
	if (!READ_ONCE(t->wanted))
		fp_wanted_open(t);
	if (READ_ONCE(t->wanted) && !t->announced)
		fp_wanted_tell(t);
}

/* Nothing waits any more, unless something came just now. */
static void fp_held_rest(struct fp_target *t)
{
	bool rest;

	spin_lock(&t->lock);
	rest = t->busy && list_empty(&t->held);
	if (rest)
		t->busy = false;
	spin_unlock(&t->lock);
	if (!rest)
		return;
	del_timer_sync(&t->timer);
	fp_wanted_end(t);
	fp_target_put(t);
}

static void fp_held_sleep(struct fp_target *t, const struct fp_held *h, bool full)
{
	unsigned long until = h->expires;

	if (full)
		until = jiffies + FP_HELD_RETRY;
	else if (!t->announced)
		until = jiffies + FP_HELD_RETELL;
	if (time_after(until, h->expires))
		until = h->expires;
	mod_timer(&t->timer, until);
}

/**
 * fp_held_run() - a target's job: deliver or refuse what is held, or wish
 * @job: the target's
 * @w: worker
 *
 * Return: true when there is more to do at once.
 */
bool fp_held_run(struct fp_job *job, struct fp_worker *w)
{
	struct fp_target *t = container_of(job, struct fp_target, job);
	enum fp_relay_verdict v;
	struct fp_held *h;

	while ((h = fp_held_first(t))) {
		v = fp_held_deliver(t, w, h);
		if (v == FP_RELAY_WAIT || v == FP_RELAY_FULL)
			break;
		fp_held_remove(t, h);
		if (fp_worker_slice_over(w))
			return true;
	}
	if (h) {
		/* Only we take from the list: @h stays. */
		if (v == FP_RELAY_WAIT)
			fp_wanted_keep(t);
		fp_held_sleep(t, h, v == FP_RELAY_FULL);
	} else {
		fp_held_rest(t);
	}
	return false;
}

/* --- what the daemon answers ---------------------------------------------- */

/**
 * fp_wanted_find() - the target of a wish
 * @legs: stream plane of the namespace
 * @id: of the wish
 *
 * Context: process.
 * Return: the target with a reference, NULL when nobody wishes that any more.
 */
struct fp_target *fp_wanted_find(struct fp_legs *legs, u32 id)
{
	struct fp_target *t;

	rcu_read_lock();
	t = xa_load(&legs->wanted, id);
	if (t && !fp_target_get(t))
		t = NULL;
	rcu_read_unlock();
	return t;
}

/**
 * fp_wanted_fail() - there will be no leg: refuse what waits now
 * @t: target
 * @id: of the wish
 * @reason: why; one that no SIP status goes with counts as leg-failed
 *
 * What comes later wishes again.
 *
 * Context: process.
 */
void fp_wanted_fail(struct fp_target *t, u32 id, enum fp_reason reason)
{
	struct fp_held *h;
	bool ours;

	if (!fp_reason_info(reason)->status)
		reason = FP_R_LEG_FAILED;
	spin_lock(&t->lock);
	ours = t->wanted == id;
	if (ours) {
		t->wanted = 0;
		list_for_each_entry(h, &t->held, node)
			WRITE_ONCE(h->failed, reason);
	}
	spin_unlock(&t->lock);
	if (!ours)
		return;
	xa_erase(&t->legs->wanted, id);
	fp_job_schedule(&t->job);
}

/**
 * fp_wanted_poke() - look again: a leg came that may serve several targets
 * @legs: stream plane of the namespace
 *
 * Context: process.
 */
void fp_wanted_poke(struct fp_legs *legs)
{
	struct fp_target *t;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&legs->wanted, id, t)
		if (t->key.want == FEDPAT_WANT_DOMAIN)
			fp_job_schedule(&t->job);
	rcu_read_unlock();
}
