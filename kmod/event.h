/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notices to the listeners of the multicast group "events" in the namespace.
 *
 * Nothing is built while nobody listens. "refused" and "acl-log" are limited
 * per namespace, for a stranger decides how many there are; the others are not:
 * the daemon lives by them.
 */
#ifndef _FP_EVENT_H
#define _FP_EVENT_H

#include <linux/spinlock.h>
#include <fedpat/reasons.h>
#include <linux/fedpat.h>

struct fp_net;
struct sk_buff;

/**
 * struct fp_notice - one notice; zero means absent unless said otherwise
 * @event: enum fedpat_event
 * @generation: policy generation
 * @leg: id of the leg it is about
 * @wanted: id of a wanted leg, with @want, @target and @deadline_ms
 * @want: enum fedpat_want, told when @wanted is
 * @deadline_ms: until held messages are refused
 * @line: line of the entry, with @acl
 * @zone: name
 * @peer: name of a peer or node
 * @federation: name
 * @acl: name
 * @target: name of the node, peer or domain that is wanted; a slice, for it
 *	may come out of a message
 * @endpoint: to dial
 * @source: address to dial from
 * @remote: who it was
 * @local: what it was sent to
 * @reason: why; tells its name and, without @text, its explanation
 * @text: what happened and what to do
 */
struct fp_notice {
	enum fedpat_event event;
	u32 generation;
	u32 leg;
	u32 wanted;
	enum fedpat_want want;
	u32 deadline_ms;
	u32 line;
	const char *zone;
	const char *peer;
	const char *federation;
	const char *acl;
	struct fp_slice target;
	struct fp_endpoint endpoint;
	struct fp_addr source;
	struct fp_endpoint remote;
	struct fp_endpoint local;
	enum fp_reason reason;
	const char *text;
};

/**
 * struct fp_event_limit - token bucket of one kind of notice
 * @lock: protects the rest; leaf, taken in any context (irqsave)
 * @tokens: notices that may be sent now
 * @stamp: jiffies of the last refill
 * @missed: left out since the last one that was sent
 */
struct fp_event_limit {
	spinlock_t lock;	/* see above */
	u32 tokens;
	unsigned long stamp;
	u32 missed;
};

void fp_event_net_init(struct fp_net *fpn);
bool fp_event_wanted(struct fp_net *fpn);
int fp_event_put(struct sk_buff *skb, const struct fp_notice *n);
void fp_event_send(struct fp_net *fpn, const struct fp_notice *notice, gfp_t gfp);

#endif /* _FP_EVENT_H */
