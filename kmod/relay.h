/* SPDX-License-Identifier: GPL-2.0 */
/* One message: parsed, inspected, routed, rewritten, queued; or refused. */
#ifndef _FP_RELAY_CTX_H
#define _FP_RELAY_CTX_H

#include <fedpat/relay.h>
#include <fedpat/sip.h>
#include "event.h"
#include "leg.h"
#include "policy.h"

/**
 * struct fp_relay - what the messages of one leg are handled with
 * @w: worker
 * @in: leg that they came from
 * @policy: in force; under RCU, as is what follows
 * @fed: federation of @in, NULL when it is gone
 * @replay: target that held the message which is handled, NULL for none
 * @route: where the message goes
 */
struct fp_relay {
	struct fp_worker *w;
	struct fp_leg *in;
	const struct fp_policy *policy;
	const struct fp_federation *fed;
	struct fp_target *replay;
	struct fp_route route;
};

enum fp_relay_verdict {
	FP_RELAY_DONE,		/* it was sent, held, answered or dropped */
	FP_RELAY_PAUSE,		/* come back with it when the leg is resumed */
	FP_RELAY_WAIT,		/* replay: there is no leg yet */
	FP_RELAY_FULL,		/* replay: there is, and its queue is full */
	FP_RELAY_CLOSE,		/* the leg closes */
	FP_RELAY_AGAIN,		/* within relay.c: what was found is gone, begin anew */
};

/* Between rcu_read_lock() and rcu_read_unlock(). false: the policy knows the leg no more. */
bool fp_relay_begin_rcu(struct fp_relay *r, struct fp_leg *in, struct fp_worker *w,
			struct fp_target *replay);
enum fp_relay_verdict fp_relay_message_rcu(struct fp_relay *r, struct fp_slice bytes);
void fp_relay_refuse_rcu(struct fp_relay *r, struct fp_slice bytes, enum fp_reason reason);

/* relay_route.c: legs and targets for a route. */
struct fp_next {
	struct fp_leg *leg;		/* a leg that is up, or */
	struct fp_target_key key;	/* what to want, with: */
	struct fp_slice name;		/* name for leg-wanted, where not in @key */
	struct fp_endpoint dial;	/* to be dialled, port 0 where unknown */
	struct fp_addr source;		/* from here, family 0 where unknown */
	bool hold;			/* to @key: wait behind others, or for a leg */
};

enum fp_reason fp_relay_next_rcu(struct fp_relay *r, struct fp_next *next);

/* held.c */
enum fp_reason fp_held_add_rcu(struct fp_relay *r, const struct fp_next *next,
			       struct fp_slice bytes);
struct fp_target *fp_wanted_find(struct fp_legs *legs, u32 id);
void fp_wanted_fail(struct fp_target *t, u32 id, enum fp_reason reason);
bool fp_wanted_notice(struct fp_target *t, struct fp_notice *n);
void fp_wanted_poke(struct fp_legs *legs);

#endif /* _FP_RELAY_CTX_H */
