// SPDX-License-Identifier: GPL-2.0
/* Netlink operations on legs: leg-get, leg-kill, leg-fail, wanted-get. */
#include <net/sock.h>
#include "compat/dump.h"
#include "event.h"
#include "genl.h"
#include "leg.h"
#include "leg_nl.h"
#include "policy.h"
#include "relay.h"

/* --- leg-get -------------------------------------------------------------- */

static int fp_leg_put_u64(struct sk_buff *skb, int attr, u64 v)
{
	return nla_put(skb, attr, sizeof(v), &v);
}

static int fp_leg_put_counts(struct sk_buff *skb, const struct fp_leg *leg)
{
	u64 idle = jiffies_to_msecs(jiffies - READ_ONCE(leg->last_message));
	u64 age = jiffies_to_msecs(jiffies - leg->attached);

	return fp_leg_put_u64(skb, FEDPAT_A_LEG_RX_MESSAGES, READ_ONCE(leg->rx_messages)) ?:
	       fp_leg_put_u64(skb, FEDPAT_A_LEG_TX_MESSAGES, READ_ONCE(leg->tx.messages)) ?:
	       fp_leg_put_u64(skb, FEDPAT_A_LEG_RX_BYTES, READ_ONCE(leg->rx_bytes)) ?:
	       fp_leg_put_u64(skb, FEDPAT_A_LEG_TX_BYTES, READ_ONCE(leg->tx_bytes)) ?:
	       fp_leg_put_u64(skb, FEDPAT_A_LEG_REFUSED, atomic64_read(&leg->refused)) ?:
	       fp_leg_put_u64(skb, FEDPAT_A_LEG_IDLE, idle) ?:
	       fp_leg_put_u64(skb, FEDPAT_A_LEG_AGE, age) ?:
	       nla_put_u32(skb, FEDPAT_A_LEG_QUEUED, READ_ONCE(leg->tx.queued)) ?:
	       nla_put_u32(skb, FEDPAT_A_LEG_MEMORY, atomic_read(&leg->memory));
}

static int fp_leg_put_state(struct sk_buff *skb, const struct fp_leg *leg)
{
	enum fp_reason reason = READ_ONCE(leg->reason);
	int i, err;

	err = nla_put_u32(skb, FEDPAT_A_LEG_STATE, READ_ONCE(leg->state));
	if (!err && reason)
		err = nla_put_string(skb, FEDPAT_A_LEG_REASON, fp_reason_info(reason)->name);
	for (i = 0; !err && i < FP_LEG_LINKS; i++) {
		u32 link = READ_ONCE(leg->links[i]);

		err = link ? nla_put_u32(skb, FEDPAT_A_LEG_LINK, link) : 0;
	}
	return err;
}

static int fp_leg_put_all(struct sk_buff *skb, const struct fp_leg *leg)
{
	return nla_put_u32(skb, FEDPAT_A_LEG_ID, leg->id) ?:
	       nla_append(skb, leg->attrs_len, leg->attrs) ?:
	       fp_nla_put_endpoint(skb, FEDPAT_A_LEG_LOCAL, &leg->view.local) ?:
	       fp_nla_put_endpoint(skb, FEDPAT_A_LEG_REMOTE, &leg->view.remote) ?:
	       fp_leg_put_state(skb, leg) ?: fp_leg_put_counts(skb, leg);
}

/* Room for everything but the attributes that came with attach. */
#define FP_LEG_NL_SIZE	1024

static struct fp_leg *fp_leg_of(struct genl_info *info)
{
	struct fp_net *fpn = fp_net(genl_info_net(info));
	struct nlattr *a = info->attrs[FEDPAT_A_LEG_ID];
	struct fp_leg *leg;

	if (!a) {
		NL_SET_ERR_MSG(info->extack, "which leg? Its id is missing");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, FEDPAT_A_LEG_ID);
		return ERR_PTR(-EINVAL);
	}
	rcu_read_lock();
	leg = fp_leg_find_rcu(fpn->legs, nla_get_u32(a));
	if (leg && !fp_leg_get(leg))
		leg = NULL;
	rcu_read_unlock();
	if (leg)
		return leg;
	NL_SET_ERR_MSG_ATTR(info->extack, a, "no leg has this id; it may have closed");
	return ERR_PTR(-ENOENT);
}

/**
 * fp_nl_leg_get() - leg-get of one leg
 * @skb: request
 * @info: likewise
 *
 * Return: 0 after the reply was sent, or a negative error with extack.
 */
int fp_nl_leg_get(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_leg *leg = fp_leg_of(info);
	struct sk_buff *reply;
	int err = -ENOMEM;
	void *hdr;

	if (IS_ERR(leg))
		return PTR_ERR(leg);
	reply = genlmsg_new(FP_LEG_NL_SIZE + leg->attrs_len + (leg->chain ? strlen(leg->chain) : 0),
			    GFP_KERNEL);
	if (!reply)
		goto out;
	err = -EMSGSIZE;
	hdr = genlmsg_put_reply(reply, info, &fp_genl_family, 0, FEDPAT_CMD_LEG_GET);
	if (!hdr || fp_leg_put_all(reply, leg) ||
	    fp_nla_put_str(reply, FEDPAT_A_LEG_PEER_CHAIN, leg->chain ?: "")) {
		nlmsg_free(reply);
		goto out;
	}
	genlmsg_end(reply, hdr);
	err = genlmsg_reply(reply, info);
out:
	fp_leg_put(leg);
	return err;
}

/**
 * struct fp_leg_cursor - where a dump stands
 * @id: legs up to this one were told
 * @federation: of these only, "" for all
 */
struct fp_leg_cursor {
	unsigned long id;
	char *federation;
};

/**
 * fp_nl_leg_start() - begin a dump of leg-get
 * @cb: the dump
 *
 * Return: 0 or a negative error.
 */
int fp_nl_leg_start(struct netlink_callback *cb)
{
	struct fp_leg_cursor *cur = (void *)cb->ctx;
	const struct nlattr *a = fp_dump_attrs(cb)[FEDPAT_A_LEG_FEDERATION];

	BUILD_BUG_ON(sizeof(*cur) > sizeof(cb->ctx));
	/* A leg with many domains must fit into one part of the answer. */
	cb->min_dump_alloc = SKB_WITH_OVERHEAD(32768);
	cur->id = 0;
	cur->federation = a ? nla_strdup(a, GFP_KERNEL) : NULL;
	return a && !cur->federation ? -ENOMEM : 0;
}

static int fp_leg_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			   const struct fp_leg *leg)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&fp_genl_family, NLM_F_MULTI, FEDPAT_CMD_LEG_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (fp_leg_put_all(skb, leg)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * fp_nl_leg_dump() - go on with a dump of leg-get
 * @skb: part of the answer
 * @cb: the dump
 *
 * By id: a leg that lives throughout is told once, those that come or go
 * meanwhile at most once.
 *
 * Return: length of the part, 0 at the end, or a negative error.
 */
int fp_nl_leg_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fp_leg_cursor *cur = (void *)cb->ctx;
	struct fp_legs *legs = fp_net(sock_net(cb->skb->sk))->legs;
	struct fp_leg *leg;
	unsigned long id;
	int err = 0;

	rcu_read_lock();
	xa_for_each_start(&legs->table, id, leg, cur->id + 1) {
		if (cur->federation && strcmp(cur->federation, leg->federation))
			continue;
		err = fp_leg_dump_one(skb, cb, leg);
		if (err)
			break;
		cur->id = id;
	}
	rcu_read_unlock();
	return skb->len ?: err;
}

/**
 * fp_nl_leg_done() - end a dump of leg-get
 * @cb: the dump
 *
 * Return: 0.
 */
int fp_nl_leg_done(struct netlink_callback *cb)
{
	struct fp_leg_cursor *cur = (void *)cb->ctx;

	kfree(cur->federation);
	return 0;
}

/* --- leg-kill, leg-fail --------------------------------------------------- */

/* The reason that somebody gave by name; @other where there is none of it. */
static enum fp_reason fp_leg_reason(const struct nlattr *a, enum fp_reason other)
{
	int i;

	if (!a)
		return other;
	for (i = FP_R_NONE + 1; i < __FP_R_COUNT; i++)
		if (!nla_strcmp(a, fp_reason_info(i)->name))
			return i;
	return other;
}

/**
 * fp_nl_leg_kill() - leg-kill
 * @skb: request
 * @info: likewise
 *
 * Return: 0 when the leg will close, or a negative error with extack.
 */
int fp_nl_leg_kill(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_leg *leg = fp_leg_of(info);

	if (IS_ERR(leg))
		return PTR_ERR(leg);
	fp_leg_close(leg, fp_leg_reason(info->attrs[FEDPAT_A_LEG_REASON], FP_R_LEG_KILLED));
	fp_leg_put(leg);
	return 0;
}

/**
 * fp_nl_leg_fail() - leg-fail
 * @skb: request
 * @info: likewise
 *
 * Return: 0 when what waits will be refused, or a negative error with extack.
 */
int fp_nl_leg_fail(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_net *fpn = fp_net(genl_info_net(info));
	struct nlattr *a = info->attrs[FEDPAT_A_LEG_WANTED];
	struct fp_target *t;

	if (!a) {
		NL_SET_ERR_MSG(info->extack, "leg-fail wants wanted, the id of the wish");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, FEDPAT_A_LEG_WANTED);
		return -EINVAL;
	}
	t = fp_wanted_find(fpn->legs, nla_get_u32(a));
	if (!t) {
		NL_SET_ERR_MSG_ATTR(info->extack, a, "nothing waits for this leg any more");
		return -ENOENT;
	}
	fp_wanted_fail(t, nla_get_u32(a),
		       fp_leg_reason(info->attrs[FEDPAT_A_LEG_REASON], FP_R_LEG_FAILED));
	fp_target_put(t);
	return 0;
}

/* --- wanted-get ----------------------------------------------------------- */

static int fp_wanted_put(struct sk_buff *skb, struct netlink_callback *cb, struct fp_target *t)
{
	struct fp_notice n;
	void *hdr;

	if (!fp_wanted_notice(t, &n))
		return 0;
	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fp_genl_family, NLM_F_MULTI, FEDPAT_CMD_WANTED_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (fp_event_put(skb, &n)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * fp_nl_wanted_dump() - wanted-get: for a daemon that was not there when they were told
 * @skb: part of the answer
 * @cb: the dump; args[0]: the last id that was told
 *
 * Return: length of the part, 0 at the end, or a negative error.
 */
int fp_nl_wanted_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fp_legs *legs = fp_net(sock_net(cb->skb->sk))->legs;
	struct fp_target *t;
	unsigned long id;
	int err = 0;

	rcu_read_lock();
	xa_for_each_start(&legs->wanted, id, t, cb->args[0] + 1) {
		err = fp_wanted_put(skb, cb, t);
		if (err)
			break;
		cb->args[0] = id;
	}
	rcu_read_unlock();
	return skb->len ?: err;
}
