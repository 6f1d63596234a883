// SPDX-License-Identifier: GPL-2.0
/*
 * The way of one message through the stream plane:
 *
 *	parse -> inspect -> route -> leg -> rewrite -> send queue of that leg
 *
 * and what happens where the way ends: a response of our own to the leg that
 * the request came from, a named counter, a notice. Everything here runs in a
 * worker under rcu_read_lock(), allocates nothing a message and never sleeps.
 */
#include "event.h"
#include "policy.h"
#include "relay.h"
#include "trace.h"

/* What a 503 asks the sender to wait. */
#define FP_RETRY_AFTER		5	/* s */
/* A leg that has had one partner for this long may wait for it. */
#define FP_RELAY_EXCLUSIVE	10	/* s */
/* The leg that was found may close just then; another may be there. */
#define FP_RELAY_TRIES		4

/**
 * fp_relay_begin_rcu() - look up what handling a message needs
 * @r: to be filled
 * @in: leg that the messages came from
 * @w: worker of the caller
 * @replay: target that held the message, NULL for none
 *
 * A new policy takes effect with the next call.
 *
 * Context: rcu_read_lock(), up to the last use of @r.
 * Return: false when the policy has no federation for the leg.
 */
bool fp_relay_begin_rcu(struct fp_relay *r, struct fp_leg *in, struct fp_worker *w,
			struct fp_target *replay)
{
	r->w = w;
	r->in = in;
	r->replay = replay;
	r->policy = fp_policy_rcu(in->fpn);
	r->fed = fp_federation_find_rcu(r->policy, in->federation);
	if (!r->fed || !r->fed->realm)
		return false;
	if (!replay)
		fp_leg_limit(in, r->fed->inspect);
	return true;
}

/* --- refusing ------------------------------------------------------------- */

/*
 * A full queue refuses each message until its peer reads: that is told once a
 * second of each leg, or it would take the daemon's time from the others, and
 * their place among the notices.
 */
static bool fp_relay_news(struct fp_leg *in, enum fp_reason reason)
{
	unsigned long told = READ_ONCE(in->full_told);

	if (reason != FP_R_QUEUE_FULL && reason != FP_R_RESPONSE_QUEUE_FULL)
		return true;
	if (told && time_before(jiffies, told + HZ))
		return false;
	WRITE_ONCE(in->full_told, jiffies | 1);
	return true;
}

static void fp_relay_notice(const struct fp_relay *r, enum fp_reason reason)
{
	const struct fp_leg *in = r->in;
	struct fp_notice n = {
		.event = FEDPAT_EVENT_REFUSED,
		.generation = r->policy->generation,
		.leg = in->id,
		.zone = in->zone,
		.peer = in->peer,
		.federation = in->federation,
		.reason = reason,
		.remote = in->view.remote,
		.local = in->view.local,
	};

	if (fp_event_wanted(in->fpn) && fp_relay_news(r->in, reason))
		fp_event_send(in->fpn, &n, GFP_ATOMIC);
}

static void fp_relay_answer(struct fp_relay *r, s32 len)
{
	if (len < 0 || (len && fp_tx_put_bytes(r->in, r->w, r->w->mem->reply, len)))
		fp_count(r->in->fpn, FP_R_REPLY_QUEUE_FULL);
	else if (len)
		fp_stat_inc(r->in->fpn, FP_S_REFUSALS);
}

/* Count, tell, and answer where an answer may be sent. */
static void fp_relay_refuse(struct fp_relay *r, enum fp_reason reason)
{
	const struct fp_sip_msg *msg = &r->w->mem->msg;
	bool retry = fp_reason_info(reason)->status == 503;

	fp_count(r->in->fpn, reason);
	atomic64_inc(&r->in->refused);
	trace_fedpat_message(r->in->fpn->net->ns.inum, r->in->id, 0, msg, reason);
	fp_relay_notice(r, reason);
	fp_relay_answer(r, fp_sip_refuse(r->fed->realm, &r->in->view, msg, reason,
					 retry ? FP_RETRY_AFTER : 0,
					 r->w->mem->reply, FP_WORKER_REPLY));
}

/**
 * fp_relay_refuse_rcu() - refuse a message that is not looked into further
 * @r: from fp_relay_begin_rcu()
 * @bytes: the message or its head; may be empty: then there is no answer
 * @reason: why
 */
void fp_relay_refuse_rcu(struct fp_relay *r, struct fp_slice bytes, enum fp_reason reason)
{
	/*
	 * Whatever is wrong with it, a head without its body for one, the parser
	 * finds what the response must repeat, if it is there.
	 */
	(void)fp_sip_parse(&r->w->mem->msg, bytes.p, bytes.len, 0);
	fp_relay_refuse(r, reason);
}

/* --- sending -------------------------------------------------------------- */

static void fp_relay_notes(struct fp_net *fpn, u32 notes)
{
	if (likely(!(notes & ~(FP_NOTE_MASKED | FP_NOTE_TOKENS))))
		return;
	if (notes & FP_NOTE_USER_TEXT)
		fp_stat_inc(fpn, FP_S_NOTE_USER_TEXT);
	if (notes & FP_NOTE_SIGNED)
		fp_stat_inc(fpn, FP_S_NOTE_SIGNED);
	if (notes & FP_NOTE_OPAQUE_BODY)
		fp_stat_inc(fpn, FP_S_NOTE_OPAQUE);
	if (notes & FP_NOTE_MEDIA)
		fp_stat_inc(fpn, FP_S_NOTE_MEDIA);
	if (notes & FP_NOTE_OLD_KEY)
		fp_stat_inc(fpn, FP_S_NOTE_OLD_KEY);
	if (notes & FP_NOTE_FOREIGN)
		fp_stat_inc(fpn, FP_S_NOTE_FOREIGN);
}

/*
 * Has @out a partner besides the one that it sends to? Then it must not wait for
 * that one any more: its answers to @in would wait with it.
 */
static void fp_relay_not_alone(const struct fp_leg *in, struct fp_leg *out)
{
	u32 other = READ_ONCE(out->last_out);

	if (!other || other == in->id)
		return;
	WRITE_ONCE(out->out_changed, jiffies | 1);
	/* Only a hint: a leg that begins to wait just now waits FP_LEG_PAUSE at most. */
	if (READ_ONCE(out->wait_on))
		fp_leg_tell(out, FP_EV_RESUME);
}

static void fp_relay_sent(struct fp_relay *r, struct fp_leg *out)
{
	struct fp_leg *in = r->in;

	if (READ_ONCE(in->last_out) != out->id) {
		if (READ_ONCE(in->last_out))
			WRITE_ONCE(in->out_changed, jiffies | 1);
		WRITE_ONCE(in->last_out, out->id);
		fp_leg_link(in, out->id);
		fp_leg_link(out, in->id);
	}
	fp_relay_not_alone(in, out);
	WRITE_ONCE(out->last_message, jiffies);
	fp_stat_inc(in->fpn, FP_S_MESSAGES);
	fp_relay_notes(in->fpn, r->w->mem->sip.notes);
	trace_fedpat_message(in->fpn->net->ns.inum, in->id, out->id, &r->w->mem->msg, 0);
}

/* Would nobody else suffer if the leg stopped reading until @out has room? */
static bool fp_relay_exclusive(const struct fp_leg *in, const struct fp_leg *out)
{
	unsigned long changed = READ_ONCE(in->out_changed);
	u32 last = READ_ONCE(in->last_out);

	if (last && last != out->id)
		return false;
	return !changed || time_after(jiffies, changed + FP_RELAY_EXCLUSIVE * HZ);
}

static enum fp_relay_verdict fp_relay_full(struct fp_relay *r, struct fp_leg *out, u32 len)
{
	struct fp_leg *in = r->in;
	int err;

	/* The target's job tries again, in order. */
	if (r->replay)
		return FP_RELAY_FULL;
	if (fp_relay_exclusive(in, out)) {
		err = fp_tx_wait(out, in, len);
		if (!err) {
			in->pause_at = jiffies + msecs_to_jiffies(FP_LEG_PAUSE);
			fp_stat_inc(in->fpn, FP_S_PAUSES);
			return FP_RELAY_PAUSE;
		}
		if (err == -EAGAIN)
			return FP_RELAY_AGAIN;
	}
	fp_relay_refuse(r, r->w->mem->msg.is_request ? FP_R_QUEUE_FULL :
						       FP_R_RESPONSE_QUEUE_FULL);
	return FP_RELAY_DONE;
}

static enum fp_reason fp_relay_rewrite(struct fp_relay *r, struct fp_leg *out)
{
	struct fp_worker_mem *mem = r->w->mem;

	return fp_sip_rewrite(r->fed->realm, &r->in->view, &out->view, &mem->msg,
			      &r->route, &mem->sip);
}

static enum fp_relay_verdict fp_relay_send(struct fp_relay *r, struct fp_leg *out,
					   struct fp_slice bytes)
{
	int err = fp_tx_put(out, r->w, &r->w->mem->sip.edits, bytes);

	switch (err) {
	case 0:
		fp_relay_sent(r, out);
		return FP_RELAY_DONE;
	case -EPIPE:
		return FP_RELAY_AGAIN;
	case -ENOBUFS:
		return fp_relay_full(r, out, fp_edits_new_len(&r->w->mem->sip.edits, bytes.len));
	default:
		fp_relay_refuse(r, err == -EDQUOT ? FP_R_MEMORY_CAP : FP_R_NO_MEMORY);
		return FP_RELAY_DONE;
	}
}

static enum fp_relay_verdict fp_relay_hold(struct fp_relay *r, const struct fp_next *next,
					   struct fp_slice bytes)
{
	enum fp_reason reason;

	if (r->replay && fp_target_is(r->replay, &next->key))
		return FP_RELAY_WAIT;
	reason = fp_held_add_rcu(r, next, bytes);
	if (reason)
		fp_relay_refuse(r, reason);
	return FP_RELAY_DONE;
}

/* Find a leg and give it the message. */
static enum fp_relay_verdict fp_relay_forward(struct fp_relay *r, struct fp_slice bytes)
{
	enum fp_reason reason;
	struct fp_next next;

	reason = fp_relay_next_rcu(r, &next);
	if (!reason && next.hold)
		return fp_relay_hold(r, &next, bytes);
	if (!reason)
		reason = fp_relay_rewrite(r, next.leg);
	if (!reason)
		return fp_relay_send(r, next.leg, bytes);
	fp_relay_refuse(r, reason);
	return FP_RELAY_DONE;
}

/* --- the way -------------------------------------------------------------- */

/* Is it a request in the name of a domain that the policy blocks? */
static bool fp_relay_blocked(const struct fp_relay *r)
{
	const struct fp_sip_msg *msg = &r->w->mem->msg;
	const struct fp_nameaddr *from = fp_from(msg);
	const struct fp_domain *domain;

	if (r->in->side != FP_OUTSIDE || !msg->is_request || !from)
		return false;
	domain = fp_domain_find_rcu(r->policy, fp_msg_at(msg, from->uri.host.name));
	return domain && domain->obj->blocked;
}

/*
 * Is it the ACK to a refusal of ours? Then it is not judged: what was wrong with
 * its INVITE is wrong with it, and would be counted twice.
 */
static bool fp_relay_absorbs(struct fp_relay *r)
{
	struct fp_worker_mem *mem = r->w->mem;

	return mem->msg.is_request && mem->msg.method == FP_M_ACK &&
	       !fp_sip_route(r->fed->realm, &r->in->view, &mem->msg, &mem->sip, &r->route) &&
	       r->route.kind == FP_ROUTE_ABSORB;
}

static enum fp_reason fp_relay_judge(struct fp_relay *r, struct fp_slice bytes)
{
	struct fp_worker_mem *mem = r->w->mem;
	const struct fp_realm *realm = r->fed->realm;
	enum fp_reason reason;

	reason = fp_sip_parse(&mem->msg, bytes.p, bytes.len, 0);
	if (!reason && fp_relay_absorbs(r))
		return FP_R_NONE;
	if (!reason && fp_relay_blocked(r))
		reason = FP_R_DOMAIN_BLOCKED;
	if (!reason)
		reason = fp_sip_inspect(realm, &r->in->view, &mem->msg, &mem->sip);
	if (!reason)
		reason = fp_sip_route(realm, &r->in->view, &mem->msg, &mem->sip, &r->route);
	return reason;
}

static enum fp_relay_verdict fp_relay_dispatch(struct fp_relay *r, struct fp_slice bytes)
{
	struct fp_worker_mem *mem = r->w->mem;

	switch (r->route.kind) {
	case FP_ROUTE_SELF:
		fp_stat_inc(r->in->fpn, FP_S_OPTIONS);
		fp_relay_answer(r, fp_sip_answer_options(r->fed->realm, &r->in->view, &mem->msg,
							 mem->reply, FP_WORKER_REPLY));
		return FP_RELAY_DONE;
	case FP_ROUTE_ABSORB:
		fp_stat_inc(r->in->fpn, FP_S_ABSORBED);
		return FP_RELAY_DONE;
	case FP_ROUTE_REFUSE:
		fp_relay_refuse(r, r->route.reason);
		return FP_RELAY_DONE;
	default:
		return fp_relay_forward(r, bytes);
	}
}

/**
 * fp_relay_message_rcu() - handle one message
 * @r: from fp_relay_begin_rcu()
 * @bytes: the message, in a buffer that stays
 *
 * Return: FP_RELAY_PAUSE: nothing was done, the leg waits for another and
 * comes back with the same message; FP_RELAY_WAIT and FP_RELAY_FULL, only with
 * a target that replays: there is no way yet; FP_RELAY_DONE otherwise.
 */
enum fp_relay_verdict fp_relay_message_rcu(struct fp_relay *r, struct fp_slice bytes)
{
	enum fp_relay_verdict v;
	int tries = 0;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "the policy is read under RCU");
	do {
		enum fp_reason reason = fp_relay_judge(r, bytes);

		v = FP_RELAY_DONE;
		if (reason)
			fp_relay_refuse(r, reason);
		else
			v = fp_relay_dispatch(r, bytes);
	} while (v == FP_RELAY_AGAIN && ++tries < FP_RELAY_TRIES);
	if (v == FP_RELAY_AGAIN) {
		fp_relay_refuse(r, FP_R_LEG_FAILED);
		v = FP_RELAY_DONE;
	}
	if (v == FP_RELAY_DONE && !r->replay) {
		WRITE_ONCE(r->in->rx_messages, r->in->rx_messages + 1);
		WRITE_ONCE(r->in->last_message, jiffies);
	}
	return v;
}
