// SPDX-License-Identifier: GPL-2.0
/* Notices to the listeners of the multicast group "events". */
#include <net/netlink.h>
#include "event.h"
#include "genl.h"
#include "netns.h"

/* Room for every attribute of a notice at its longest. */
#define FP_NOTICE_SIZE	(NLMSG_ALIGN(GENL_HDRLEN) + 24 * nla_total_size(16) + \
			 5 * nla_total_size(FEDPAT_NAME_MAX + 1) + \
			 nla_total_size(FEDPAT_FQDN_MAX + 1) + \
			 nla_total_size(FEDPAT_PATH_MAX + 1))

/* Notices a second, and at once, of a kind that strangers can cause. */
#define FP_EVENT_RATE	50
#define FP_EVENT_BURST	200

/**
 * fp_event_net_init() - full buckets
 * @fpn: the namespace
 *
 * Context: may sleep.
 */
void fp_event_net_init(struct fp_net *fpn)
{
	struct fp_event_limit *limit;

	for (limit = fpn->limit; limit < fpn->limit + ARRAY_SIZE(fpn->limit); limit++) {
		spin_lock_init(&limit->lock);
		limit->tokens = FP_EVENT_BURST;
		limit->stamp = jiffies;
	}
}

/**
 * fp_event_wanted() - is there anybody to tell?
 * @fpn: the namespace
 *
 * Context: any.
 * Return: true when somebody listens.
 */
bool fp_event_wanted(struct fp_net *fpn)
{
	return genl_has_listeners(&fp_genl_family, fpn->net, FP_GENL_EVENTS);
}

static bool fp_event_is_limited(enum fedpat_event event)
{
	return event == FEDPAT_EVENT_REFUSED || event == FEDPAT_EVENT_ACL_LOG ||
	       event == FEDPAT_EVENT_WARNING;
}

static void fp_event_refill(struct fp_event_limit *limit)
{
	unsigned long since = jiffies - limit->stamp;
	unsigned long fresh;

	if (since >= HZ * (FP_EVENT_BURST / FP_EVENT_RATE)) {
		limit->tokens = FP_EVENT_BURST;
		limit->stamp = jiffies;
		return;
	}
	fresh = since * FP_EVENT_RATE / HZ;
	if (!fresh)
		return;
	limit->tokens = min_t(u32, limit->tokens + fresh, FP_EVENT_BURST);
	limit->stamp += fresh * HZ / FP_EVENT_RATE;
}

/* May one be sent now? Then @count is how many it stands for. */
static bool fp_event_admit(struct fp_net *fpn, enum fedpat_event event, u32 *count)
{
	struct fp_event_limit *limit = &fpn->limit[event];
	unsigned long flags;
	bool admit;

	*count = 1;
	if (!fp_event_is_limited(event))
		return true;
	spin_lock_irqsave(&limit->lock, flags);
	fp_event_refill(limit);
	admit = limit->tokens;
	if (admit) {
		limit->tokens--;
		*count += limit->missed;
		limit->missed = 0;
	} else {
		limit->missed++;
	}
	spin_unlock_irqrestore(&limit->lock, flags);
	if (!admit)
		fp_stat_inc(fpn, FP_S_EVENTS_LIMITED);
	return admit;
}

static int fp_event_put_name(struct sk_buff *skb, int attr, const char *s)
{
	return s && *s ? nla_put_string(skb, attr, s) : 0;
}

static int fp_event_put_u32(struct sk_buff *skb, int attr, u32 v)
{
	return v ? nla_put_u32(skb, attr, v) : 0;
}

/* Out of a message, so without a NUL and perhaps with one in the middle. */
static int fp_event_put_slice(struct sk_buff *skb, int attr, struct fp_slice s)
{
	struct nlattr *nla;

	if (!s.len)
		return 0;
	s.len = min_t(u32, s.len, FEDPAT_FQDN_MAX);
	s.len = strnlen(s.p, s.len);
	nla = nla_reserve(skb, attr, s.len + 1);
	if (!nla)
		return -EMSGSIZE;
	memcpy(nla_data(nla), s.p, s.len);
	((u8 *)nla_data(nla))[s.len] = 0;
	return 0;
}

static int fp_event_put_names(struct sk_buff *skb, const struct fp_notice *n)
{
	return fp_event_put_name(skb, FEDPAT_A_NOTICE_ZONE, n->zone) ?:
	       fp_event_put_name(skb, FEDPAT_A_NOTICE_PEER, n->peer) ?:
	       fp_event_put_name(skb, FEDPAT_A_NOTICE_FEDERATION, n->federation) ?:
	       fp_event_put_name(skb, FEDPAT_A_NOTICE_ACL, n->acl) ?:
	       fp_event_put_u32(skb, FEDPAT_A_NOTICE_LINE, n->line);
}

static int fp_event_put_reason(struct sk_buff *skb, const struct fp_notice *n)
{
	const struct fp_reason_info *info = fp_reason_info(n->reason);
	const char *text = n->text;

	if (n->reason != FP_R_NONE) {
		text = text ?: info->text;
		if (nla_put_string(skb, FEDPAT_A_NOTICE_REASON, info->name))
			return -EMSGSIZE;
	}
	return fp_event_put_name(skb, FEDPAT_A_NOTICE_TEXT, text);
}

static int fp_event_put_ends(struct sk_buff *skb, const struct fp_notice *n)
{
	return fp_nla_put_endpoint(skb, FEDPAT_A_NOTICE_REMOTE, &n->remote) ?:
	       fp_nla_put_endpoint(skb, FEDPAT_A_NOTICE_LOCAL, &n->local);
}

static int fp_event_put_wanted(struct sk_buff *skb, const struct fp_notice *n)
{
	if (!n->wanted)
		return 0;
	return nla_put_u32(skb, FEDPAT_A_NOTICE_WANTED, n->wanted) ?:
	       nla_put_u32(skb, FEDPAT_A_NOTICE_WANT, n->want) ?:
	       nla_put_u32(skb, FEDPAT_A_NOTICE_DEADLINE, n->deadline_ms) ?:
	       fp_event_put_slice(skb, FEDPAT_A_NOTICE_TARGET, n->target) ?:
	       fp_nla_put_endpoint(skb, FEDPAT_A_NOTICE_ENDPOINT, &n->endpoint) ?:
	       fp_nla_put_addr(skb, FEDPAT_A_NOTICE_SOURCE, &n->source);
}

/**
 * fp_event_put() - attributes of a notice about a wanted leg, for an answer
 * @skb: to fill
 * @n: the notice
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_event_put(struct sk_buff *skb, const struct fp_notice *n)
{
	return nla_put_u32(skb, FEDPAT_A_NOTICE_EVENT, n->event) ?:
	       fp_event_put_names(skb, n) ?: fp_event_put_wanted(skb, n);
}

static int fp_event_fill(struct sk_buff *skb, const struct fp_notice *n, u32 count)
{
	void *hdr = genlmsg_put(skb, 0, 0, &fp_genl_family, 0, FEDPAT_CMD_NOTICE_NTF);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, FEDPAT_A_NOTICE_EVENT, n->event) ||
	    fp_event_put_u32(skb, FEDPAT_A_NOTICE_GENERATION, n->generation) ||
	    fp_event_put_u32(skb, FEDPAT_A_NOTICE_LEG, n->leg) ||
	    fp_event_put_names(skb, n) || fp_event_put_wanted(skb, n) ||
	    fp_event_put_reason(skb, n) || fp_event_put_ends(skb, n) ||
	    nla_put_u32(skb, FEDPAT_A_NOTICE_COUNT, count))
		return -EMSGSIZE;
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * fp_event_send() - tell the listeners
 * @fpn: the namespace
 * @notice: what
 * @gfp: GFP_KERNEL, or GFP_ATOMIC where it must not sleep
 *
 * Context: any; takes a leaf lock of its own only.
 */
void fp_event_send(struct fp_net *fpn, const struct fp_notice *notice, gfp_t gfp)
{
	struct sk_buff *skb;
	u32 count;
	int err;

	if (!fp_event_wanted(fpn) || !fp_event_admit(fpn, notice->event, &count))
		return;
	skb = nlmsg_new(FP_NOTICE_SIZE, gfp);
	if (!skb)
		goto lost;
	if (fp_event_fill(skb, notice, count)) {
		nlmsg_free(skb);
		goto lost;
	}
	err = genlmsg_multicast_netns(&fp_genl_family, fpn->net, skb, 0,
				      FP_GENL_EVENTS, gfp);
	if (err && err != -ESRCH)
		goto lost;
	fp_stat_inc(fpn, FP_S_EVENTS);
	return;
lost:
	fp_stat_inc(fpn, FP_S_EVENTS_LOST);
}
