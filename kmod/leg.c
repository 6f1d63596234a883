// SPDX-License-Identifier: GPL-2.0
/* A leg: its life, its job, its deadlines. See leg.h. */
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tls.h>
#include <net/sock.h>
#include "event.h"
#include "leg.h"
#include "policy.h"
#include "relay.h"
#include "trace.h"

/* While bytes wait for a socket that may have forgotten to call us. */
#define FP_LEG_BLOCKED_TICK	HZ
/* While TLS has records that TCP has not. */
#define FP_LEG_FLUSH_TICK	(HZ / 20 + 1)

/* --- references ----------------------------------------------------------- */

/**
 * fp_leg_get() - take a reference
 * @leg: leg, found under RCU or held otherwise
 *
 * Return: false when it is being freed.
 */
bool fp_leg_get(struct fp_leg *leg)
{
	return refcount_inc_not_zero(&leg->refs);
}

static void fp_leg_free(struct fp_leg *leg)
{
	struct fp_legs *legs = leg->legs;

	fp_leg_uncharge(leg, atomic_read(&leg->memory));
	fp_nameset_free(leg->domains);
	kfree(leg->attrs);
	kfree(leg->chain);
	kfree(leg);
	fp_legs_unuse(legs);
}

static void fp_leg_free_rcu(struct rcu_head *rcu)
{
	fp_leg_free(container_of(rcu, struct fp_leg, rcu));
}

/**
 * fp_leg_put() - give a reference back
 * @leg: the leg
 *
 * Context: any.
 */
void fp_leg_put(struct fp_leg *leg)
{
	if (refcount_dec_and_test(&leg->refs))
		call_rcu(&leg->rcu, fp_leg_free_rcu);
}

/**
 * fp_leg_find_rcu() - find a leg
 * @legs: stream plane of the namespace
 * @id: its number
 *
 * Context: rcu_read_lock(), up to the last use of what is returned.
 * Return: the leg or NULL.
 */
struct fp_leg *fp_leg_find_rcu(struct fp_legs *legs, u32 id)
{
	return id ? xa_load(&legs->table, id) : NULL;
}

/**
 * fp_leg_tell() - tell a leg something, and have it run
 * @leg: the leg
 * @ev: what
 *
 * Context: any; the leg is not freed meanwhile.
 */
void fp_leg_tell(struct fp_leg *leg, enum fp_leg_event ev)
{
	set_bit(ev, &leg->events);
	fp_job_schedule(&leg->job);
}

/**
 * fp_leg_close() - have a leg close, for a reason; the first reason counts
 * @leg: the leg
 * @why: the reason
 *
 * Context: any; the leg is not freed meanwhile.
 */
void fp_leg_close(struct fp_leg *leg, enum fp_reason why)
{
	if (!cmpxchg(&leg->reason, FP_R_NONE, (int)why))
		fp_leg_tell(leg, FP_EV_CLOSE);
}

/**
 * fp_leg_link() - note that a leg exchanges messages with another
 * @leg: the leg
 * @other: number of the other
 *
 * For show, and so without a lock.
 */
void fp_leg_link(struct fp_leg *leg, u32 other)
{
	int i;

	for (i = 0; i < FP_LEG_LINKS; i++)
		if (READ_ONCE(leg->links[i]) == other)
			return;
	for (i = FP_LEG_LINKS - 1; i; i--)
		WRITE_ONCE(leg->links[i], READ_ONCE(leg->links[i - 1]));
	WRITE_ONCE(leg->links[0], other);
}

/**
 * fp_leg_limit() - set what the inspect map says
 * @leg: the leg
 * @map: the map
 *
 * Context: its job, or before it runs.
 */
void fp_leg_limit(struct fp_leg *leg, const struct fp_inspect_obj *map)
{
	leg->idle = (unsigned long)map->idle_timeout * HZ;
	if (leg->raw)
		return;
	fp_framer_limit(&leg->rx.framer, map->max_message);
	WRITE_ONCE(leg->tx.limit, map->max_message + FP_TX_SLACK);
}

/* --- notices -------------------------------------------------------------- */

static void fp_leg_notice(struct fp_leg *leg, enum fedpat_event event, enum fp_reason reason)
{
	struct fp_notice n = {
		.event = event,
		.leg = leg->id,
		.zone = leg->zone,
		.peer = leg->peer,
		.federation = leg->federation,
		.remote = leg->view.remote,
		.local = leg->view.local,
		.reason = reason,
	};
	char text[128];

	if (leg->detail) {
		scnprintf(text, sizeof(text),
			  "the peer ended the connection with TLS alert %u; its own log says why",
			  leg->detail);
		n.text = text;
	}
	trace_fedpat_leg(leg->fpn->net->ns.inum, leg->id,
			 event == FEDPAT_EVENT_LEG_UP ? "up" :
			 event == FEDPAT_EVENT_LEG_DOWN ? "down" : "retiring",
			 fp_reason_info(reason)->name);
	if (fp_event_wanted(leg->fpn))
		fp_event_send(leg->fpn, &n, GFP_KERNEL);
}

/* --- deadlines ------------------------------------------------------------ */

static void fp_leg_timer(struct timer_list *timer)
{
	struct fp_leg *leg = container_of(timer, struct fp_leg, timer);

	fp_leg_tell(leg, FP_EV_TIMER);
}

static void fp_leg_earlier(unsigned long *until, unsigned long at)
{
	if (time_before(at, *until))
		*until = at;
}

static void fp_leg_arm_raw(const struct fp_leg *leg, unsigned long *until)
{
	if (fp_raw_alone(leg))
		fp_leg_earlier(until, leg->attached + FP_RAW_WAIT * HZ);
	else if (leg->rx.more && !leg->rx.eof && !leg->wait_on)
		/* There was no memory to read into. */
		fp_leg_earlier(until, jiffies + FP_LEG_FLUSH_TICK);
}

/* One timer for all deadlines. It is moved only when the leg comes to rest. */
static void fp_leg_arm(struct fp_leg *leg)
{
	unsigned long until = jiffies + FP_LEG_TICK * HZ;

	if (!fp_leg_is_up(leg)) {
		fp_leg_earlier(&until, leg->stop_at);
		if (!leg->shut)
			fp_leg_earlier(&until, jiffies + FP_LEG_FLUSH_TICK);
	} else {
		if (leg->idle)
			fp_leg_earlier(&until, READ_ONCE(leg->last_message) + leg->idle);
		if (leg->tx.blocked)
			fp_leg_earlier(&until, jiffies + FP_LEG_BLOCKED_TICK);
		if (leg->wait_on && !leg->raw)
			fp_leg_earlier(&until, leg->pause_at);
		if (leg->raw)
			fp_leg_arm_raw(leg, &until);
		if (leg->retiring)
			fp_leg_earlier(&until, leg->retire_at);
	}
	if (timer_pending(&leg->timer) && !time_before(until, leg->timer.expires))
		return;
	mod_timer(&leg->timer, until);
}

/* What the timer stood for, of a leg that is up. */
static void fp_leg_deadlines(struct fp_leg *leg)
{
	const struct fp_federation *fed;
	unsigned long now = jiffies;

	rcu_read_lock();
	fed = fp_federation_find_rcu(fp_policy_rcu(leg->fpn), leg->federation);
	if (fed)
		fp_leg_limit(leg, fed->inspect);
	rcu_read_unlock();
	if (leg->wait_on && !leg->raw && time_after_eq(now, leg->pause_at)) {
		fp_tx_give_up(leg);
		fp_tx_unwait(leg);
	}
	if (leg->idle && time_after_eq(now, READ_ONCE(leg->last_message) + leg->idle))
		fp_leg_close(leg, FP_R_LEG_IDLE);
	if (leg->retiring && time_after_eq(now, leg->retire_at))
		fp_leg_close(leg, FP_R_TLS_KEY_LIMIT);
	if (leg->raw && fp_raw_alone(leg) &&
	    time_after_eq(now, leg->attached + FP_RAW_WAIT * HZ))
		fp_leg_close(leg, FP_R_RAW_ALONE);
}

/*
 * Keys that have served long enough. The daemon is told, so that it attaches a
 * fresh leg; this one serves what it has begun, and new requests as long as
 * there is no other.
 */
static void fp_leg_check_keys(struct fp_leg *leg)
{
	if (!leg->aes_gcm || leg->retiring || fp_leg_sock_records(leg) < FP_TLSREC_BUDGET)
		return;
	leg->retire_at = jiffies + FP_LEG_RETIRE * HZ;
	WRITE_ONCE(leg->retiring, true);
	fp_leg_notice(leg, FEDPAT_EVENT_REFUSED, FP_R_TLS_KEY_LIMIT);
}

/* --- closing -------------------------------------------------------------- */

/* No way to the leg any more; what it waits for is given up. */
/* What was read and will not be handled; the peer's own end counted what it cut. */
static void fp_leg_rx_lost(const struct fp_leg *leg)
{
	const struct fp_rx *rx = &leg->rx;

	if (rx->len && !rx->eof && rx->frame.event != FP_FRAME_FATAL)
		fp_count(leg->fpn, FP_R_MESSAGE_CUT);
}

static void fp_leg_begin_close(struct fp_leg *leg)
{
	WRITE_ONCE(leg->state, FEDPAT_LEG_STATE_DRAINING);
	fp_target_leave(&leg->member[0]);
	fp_target_leave(&leg->member[1]);
	if (leg->wait_on)
		fp_tx_unwait(leg);
	fp_leg_tx_stop(leg);
	if (leg->raw)
		fp_raw_part(leg);
	leg->stop_at = jiffies + msecs_to_jiffies(FP_LEG_DRAIN);
	fp_leg_rx_lost(leg);
	fp_stat_inc(leg->fpn, FP_S_LEGS_CLOSED);
	/* A message that ends the framing was refused under the same name. */
	if (leg->reason != leg->counted)
		fp_count(leg->fpn, leg->reason);
	fp_leg_notice(leg, FEDPAT_EVENT_LEG_DOWN, leg->reason);
}

/* Is there still something to be sent, and time for it? */
static bool fp_leg_draining(struct fp_leg *leg, struct fp_worker *w)
{
	int err;

	if (leg->abort)
		return false;
	err = fp_leg_tx(leg, w);
	if (err) {
		leg->abort = true;
		return false;
	}
	return (READ_ONCE(leg->tx.queued) || !fp_leg_sock_sent(leg)) &&
	       time_before(jiffies, leg->stop_at);
}

/* RFC 8446 section 6.1: say that we will send no more. The kernel does not by itself. */
static void fp_leg_close_notify(struct fp_leg *leg)
{
	static const u8 alert[2] = { 1, 0 };
	union {
		struct cmsghdr h;
		u8 b[CMSG_SPACE(sizeof(u8))];
	} ctl = {};
	struct msghdr msg = {
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
		.msg_control = &ctl,
		.msg_controllen = sizeof(ctl),
	};
	struct kvec iov = { .iov_base = (void *)alert, .iov_len = sizeof(alert) };

	ctl.h.cmsg_level = SOL_TLS;
	ctl.h.cmsg_type = TLS_SET_RECORD_TYPE;
	ctl.h.cmsg_len = CMSG_LEN(sizeof(u8));
	*(u8 *)CMSG_DATA(&ctl.h) = FP_TLSREC_ALERT;
	/* It is a courtesy: a socket that does not take it is closed all the same. */
	kernel_sendmsg(leg->sock, &msg, &iov, 1, sizeof(alert));
}

static void fp_leg_shut(struct fp_leg *leg)
{
	bool clean = !leg->abort && !READ_ONCE(leg->tx.queued) && fp_leg_sock_sent(leg);

	if (clean && leg->ktls)
		fp_leg_close_notify(leg);
	kernel_sock_shutdown(leg->sock, clean ? SHUT_WR : SHUT_RDWR);
	leg->shut = true;
	leg->abort = !clean;
	leg->tx.more = false;
	leg->stop_at = jiffies + msecs_to_jiffies(FP_LEG_LINGER);
	leg->rx.more = true;
}

static void fp_leg_finish(struct fp_leg *leg, struct fp_worker *w)
{
	WRITE_ONCE(leg->state, FEDPAT_LEG_STATE_CLOSED);
	del_timer_sync(&leg->timer);
	fp_leg_sock_detach(leg);
	fp_leg_sock_release(leg);
	fp_leg_rx_free(leg);
	fp_leg_tx_free(leg, w);
	xa_erase(&leg->legs->table, leg->id);
	if (leg->offloaded)
		atomic_dec(&leg->legs->n_offloaded);
	atomic_dec(&leg->legs->n);
	fp_leg_put(leg);
}

static void fp_leg_run_down(struct fp_leg *leg, struct fp_worker *w)
{
	if (fp_leg_is_up(leg))
		fp_leg_begin_close(leg);
	if (!leg->shut) {
		if (fp_leg_draining(leg, w))
			return;
		fp_leg_shut(leg);
	}
	if (!leg->abort && !leg->rx.eof && time_before(jiffies, leg->stop_at)) {
		fp_leg_rx_discard(leg, w);
		if (!leg->rx.eof)
			return;
	}
	fp_leg_finish(leg, w);
}

/* --- the job -------------------------------------------------------------- */

static bool fp_leg_run_up(struct fp_leg *leg, struct fp_worker *w)
{
	bool again = false;
	int err;

	err = fp_leg_tx(leg, w);
	if (err) {
		fp_leg_fail(leg, err);
		return false;
	}
	if (leg->raw)
		return fp_raw_run(leg, w);
	if (!leg->wait_on)
		again = fp_leg_rx(leg, w);
	fp_leg_check_keys(leg);
	return again;
}

/* A policy that came while the leg was attached has not swept it. */
static void fp_leg_check_policy(struct fp_leg *leg)
{
	bool known;
	int attr;

	rcu_read_lock();
	known = fp_leg_known_rcu(leg, fp_policy_rcu(leg->fpn), &attr);
	rcu_read_unlock();
	if (!known)
		fp_leg_close(leg, FP_R_LEG_SWEPT);
}

static bool fp_leg_has(unsigned long events, enum fp_leg_event ev)
{
	return events & BIT(ev);
}

static void fp_leg_events(struct fp_leg *leg)
{
	unsigned long events = xchg(&leg->events, 0);
	bool timer = fp_leg_has(events, FP_EV_TIMER);

	/* The timer stands in for wake-ups that were lost for want of memory. */
	if (timer || fp_leg_has(events, FP_EV_SPACE))
		leg->tx.blocked = false;
	if (timer || fp_leg_has(events, FP_EV_RX))
		leg->rx.more = true;
	if (leg->wait_on && fp_leg_has(events, FP_EV_RESUME))
		fp_tx_unwait(leg);
	if (fp_leg_has(events, FP_EV_BATON))
		fp_tx_wake(leg);
	if (timer && fp_leg_is_up(leg))
		fp_leg_deadlines(leg);
	if (fp_leg_has(events, FP_EV_POLICY))
		fp_leg_check_policy(leg);
}

static bool fp_leg_run(struct fp_job *job, struct fp_worker *w)
{
	struct fp_leg *leg = container_of(job, struct fp_leg, job);
	bool again = false;

	if (leg->state == FEDPAT_LEG_STATE_CLOSED)
		return false;
	fp_leg_events(leg);
	if (!READ_ONCE(leg->reason))
		again = fp_leg_run_up(leg, w);
	if (READ_ONCE(leg->reason))
		fp_leg_run_down(leg, w);
	again = (again && fp_leg_is_up(leg)) || leg->tx.more;
	if (leg->state == FEDPAT_LEG_STATE_CLOSED)
		return false;
	if (!again)
		fp_leg_arm(leg);
	return again;
}

static bool fp_leg_job_get(struct fp_job *job)
{
	return fp_leg_get(container_of(job, struct fp_leg, job));
}

static void fp_leg_job_put(struct fp_job *job)
{
	fp_leg_put(container_of(job, struct fp_leg, job));
}

static const struct fp_job_ops fp_leg_job_ops = {
	.run = fp_leg_run,
	.get = fp_leg_job_get,
	.put = fp_leg_job_put,
};

/* --- beginning ------------------------------------------------------------ */

/**
 * fp_leg_alloc() - make a leg that nobody knows yet
 * @legs: stream plane of the namespace
 *
 * Its job is held back until fp_leg_publish().
 *
 * Return: the leg, to be published or discarded; NULL without memory.
 */
struct fp_leg *fp_leg_alloc(struct fp_legs *legs)
{
	struct fp_leg *leg = kzalloc(sizeof(*leg), GFP_KERNEL);

	if (!leg)
		return NULL;
	fp_job_init(&leg->job, &fp_leg_job_ops, true);
	refcount_set(&leg->refs, 1);
	leg->legs = legs;
	leg->fpn = legs->fpn;
	leg->state = FEDPAT_LEG_STATE_UP;
	leg->member[0].leg = leg;
	leg->member[1].leg = leg;
	timer_setup(&leg->timer, fp_leg_timer, 0);
	spin_lock_init(&leg->tx.lock);
	INIT_LIST_HEAD(&leg->tx.waiters);
	INIT_LIST_HEAD(&leg->wait);
	fp_framer_init(&leg->rx.framer, 0, 0, 0);
	leg->attached = jiffies;
	leg->last_message = jiffies;
	fp_legs_use(legs);
	return leg;
}

/**
 * fp_leg_discard() - free a leg that was not published
 * @leg: the leg, detached from its socket
 */
void fp_leg_discard(struct fp_leg *leg)
{
	if (leg->id) {
		xa_erase(&leg->legs->table, leg->id);
		atomic_dec(&leg->legs->n);
	}
	if (leg->sock)
		fp_leg_sock_release(leg);
	fp_leg_free(leg);
}

/**
 * fp_leg_number() - give a leg its number
 * @leg: the leg
 * @max: most legs in the namespace
 *
 * The number is taken and not yet found by anybody.
 *
 * Return: 0, -ENOSPC: there are @max, or another negative error.
 */
int fp_leg_number(struct fp_leg *leg, u32 max)
{
	struct fp_legs *legs = leg->legs;
	int err = -ENOSPC;

	if (atomic_inc_return(&legs->n) <= max)
		err = xa_alloc_cyclic(&legs->table, &leg->id, NULL, xa_limit_31b,
				      &legs->next_id, GFP_KERNEL);
	if (err < 0) {
		atomic_dec(&legs->n);
		leg->id = 0;
		return err;
	}
	leg->view.id = leg->id;
	return 0;
}

static void fp_leg_join(struct fp_leg *leg, struct fp_member *m, struct fp_target *t)
{
	if (t)
		fp_target_join(t, m, leg->dialled);
}

/*
 * Where requests find the leg: a node by the endpoint that we dialled, a peer
 * by name. A connection that a node or a peer without TLS opened carries
 * requests one way only: who is at its other end was not proved.
 */
static struct fp_target *fp_leg_target(struct fp_leg *leg)
{
	struct fp_target_key key = { .federation = leg->federation };

	if (leg->raw)
		return NULL;
	if (!leg->dialled && (leg->side == FP_INSIDE || leg->view.tp != FP_TP_TLS))
		return NULL;
	if (leg->side == FP_INSIDE) {
		key.want = FEDPAT_WANT_NODE;
		key.ep = leg->view.remote;
	} else {
		key.want = FEDPAT_WANT_PEER;
		key.name = fp_slice(leg->peer, strlen(leg->peer));
	}
	return fp_target_obtain(leg->legs, &key, GFP_KERNEL);
}

/**
 * fp_leg_publish() - let a leg live
 * @leg: the leg: complete, numbered, attached to its socket
 * @wanted: target whose wish it answers; the caller's reference goes with it,
 *	NULL for none
 *
 * From then on the leg belongs to its job.
 *
 * Context: may sleep.
 */
void fp_leg_publish(struct fp_leg *leg, struct fp_target *wanted)
{
	struct fp_legs *legs = leg->legs;
	struct fp_target *own = fp_leg_target(leg);

	if (own && own == wanted) {
		fp_target_put(own);
		own = NULL;
	}
	/* The place was reserved with the number: this takes no memory. */
	WARN_ON(xa_is_err(xa_store(&legs->table, leg->id, leg, GFP_KERNEL)));
	if (leg->offloaded)
		atomic_inc(&legs->n_offloaded);
	else
		fp_stat_inc(leg->fpn, FP_S_LEGS_NOT_OFFLOADED);
	fp_stat_inc(leg->fpn, FP_S_LEGS_ATTACHED);
	fp_leg_notice(leg, FEDPAT_EVENT_LEG_UP, FP_R_NONE);
	fp_leg_join(leg, &leg->member[0], own);
	fp_leg_join(leg, &leg->member[1], wanted);
	if (leg->side == FP_OUTSIDE)
		fp_wanted_poke(legs);
	/* The job's own reference, and the first kick: bytes may be there already. */
	refcount_inc(&leg->refs);
	leg->rx.more = true;
	set_bit(FP_EV_POLICY, &leg->events);
	fp_job_start(&leg->job);
}
