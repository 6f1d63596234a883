// SPDX-License-Identifier: GPL-2.0
/* Netlink operations on objects: new, del, get, dump; the same for all kinds. */
#include <linux/string.h>
#include <net/sock.h>
#include "genl.h"
#include "netns.h"
#include "nl.h"
#include "policy_int.h"
#include "txn.h"

/* A cursor of a dump takes what fits; an object must fit as a whole. */
#define FP_OBJECT_WIRE_MAX	60000

/* new, del and get of a kind have numbers in a row. */
#define FP_KIND_CMDS(kind) \
	[FEDPAT_CMD_##kind##_NEW] = FP_KIND_##kind, \
	[FEDPAT_CMD_##kind##_DEL] = FP_KIND_##kind, \
	[FEDPAT_CMD_##kind##_GET] = FP_KIND_##kind

static const u8 fp_cmd_kind[FEDPAT_CMD_MAX + 1] = {
	FP_KIND_CMDS(ZONE),
	FP_KIND_CMDS(ACL),
	FP_KIND_CMDS(PAT),
	FP_KIND_CMDS(STATIC_PAT),
	FP_KIND_CMDS(CLASS_MAP),
	FP_KIND_CMDS(INSPECT),
	FP_KIND_CMDS(TLS_PROXY),
	FP_KIND_CMDS(TRUSTPOINT),
	FP_KIND_CMDS(FEDERATION),
	FP_KIND_CMDS(PEER),
	FP_KIND_CMDS(NODE),
	FP_KIND_CMDS(DOMAIN),
	FP_KIND_CMDS(ROUTE),
};

static int fp_nl_key(struct genl_info *info, enum fp_kind kind, char key[FP_KEY_MAX + 1])
{
	if (GENL_REQ_ATTR_CHECK(info, FP_A_NAME)) {
		NL_SET_ERR_MSG(info->extack, "the name is missing");
		return -EINVAL;
	}
	return fp_object_key(kind, info->attrs[FP_A_NAME], key, info->extack);
}

/* Name of the object that a request is about, as far as it can be told. */
static void fp_nl_name(struct genl_info *info, char key[FP_KEY_MAX + 1])
{
	key[0] = 0;
	if (info->attrs[FP_A_NAME])
		nla_strscpy(key, info->attrs[FP_A_NAME], FP_KEY_MAX + 1);
}

/*
 * Whoever ignores the answer to an operation and commits all the same would
 * publish half of what he meant: so a failed operation is a fault of the
 * whole transaction.
 */
static int fp_nl_leave(struct fp_txn *txn, struct genl_info *info, enum fp_kind kind, int err)
{
	const struct fp_kind_ops *ops = fp_kind_ops(kind);
	char key[FP_KEY_MAX + 1];

	if (err) {
		fp_nl_name(info, key);
		fp_fault_op(&txn->faults, ops->name, key, ops->attr, ops->max_attr, info);
	}
	return fp_txn_leave(txn, info, ops->name, err);
}

static int fp_nl_put(struct fp_txn *txn, struct genl_info *info, enum fp_kind kind)
{
	char key[FP_KEY_MAX + 1];
	struct fp_object *obj;
	int err;

	err = fp_nl_key(info, kind, key);
	if (err)
		return err;
	if (genlmsg_len(info->genlhdr) > FP_OBJECT_WIRE_MAX) {
		NL_SET_ERR_MSG(info->extack,
			       "the object is too large: 60000 octets of attributes at most");
		return -EMSGSIZE;
	}
	obj = fp_object_parse(kind, key, info, fp_txn_find(txn, kind, key));
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	return fp_txn_put(txn, obj, info->extack);
}

/*
 * Token keys do not outlive the request. The copy that the sender has, and any
 * that the socket layer made on the way, are not ours to wipe.
 */
static void fp_nl_wipe(struct genl_info *info)
{
	struct nlattr *head = genlmsg_data(info->genlhdr), *nla;
	int rem;

	nla_for_each_attr(nla, head, genlmsg_len(info->genlhdr), rem)
		if (nla_type(nla) == FEDPAT_A_FEDERATION_KEY ||
		    nla_type(nla) == FEDPAT_A_FEDERATION_OLD_KEY)
			memzero_explicit(nla_data(nla), nla_len(nla));
}

/**
 * fp_nl_object_new() - new, of any kind
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_object_new(struct sk_buff *skb, struct genl_info *info)
{
	enum fp_kind kind = fp_cmd_kind[info->genlhdr->cmd];
	struct fp_txn *txn;
	int err;

	err = fp_txn_enter(fp_net(genl_info_net(info)), info, info->attrs[FP_A_TXN], &txn);
	if (!err)
		err = fp_nl_leave(txn, info, kind, fp_nl_put(txn, info, kind));
	if (kind == FP_KIND_FEDERATION)
		fp_nl_wipe(info);
	return err;
}

/**
 * fp_nl_object_del() - del, of any kind
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_object_del(struct sk_buff *skb, struct genl_info *info)
{
	enum fp_kind kind = fp_cmd_kind[info->genlhdr->cmd];
	char key[FP_KEY_MAX + 1];
	struct fp_txn *txn;
	int err;

	err = fp_txn_enter(fp_net(genl_info_net(info)), info, info->attrs[FP_A_TXN], &txn);
	if (err)
		return err;
	err = fp_nl_key(info, kind, key);
	if (!err)
		err = fp_txn_del(txn, kind, key, info->extack);
	if (err == -ENOENT)
		NL_SET_BAD_ATTR(info->extack, info->attrs[FP_A_NAME]);
	return fp_nl_leave(txn, info, kind, err);
}

/* An object and nothing else in a message of its own. */
static struct sk_buff *fp_nl_object_msg(struct genl_info *info, const struct fp_object *obj)
{
	/* What it takes in memory it takes on the wire, give or take headers. */
	struct sk_buff *skb = genlmsg_new(2 * obj->bytes + NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return ERR_PTR(-ENOMEM);
	hdr = genlmsg_put_reply(skb, info, &fp_genl_family, 0, info->genlhdr->cmd);
	if (!hdr || fp_object_fill(skb, obj)) {
		nlmsg_free(skb);
		return ERR_PTR(-EMSGSIZE);
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/**
 * fp_nl_object_get() - get one, of any kind
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_object_get(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_policy *p = fp_policy_get(fp_net(genl_info_net(info)));
	enum fp_kind kind = fp_cmd_kind[info->genlhdr->cmd];
	const struct fp_object *obj;
	char key[FP_KEY_MAX + 1];
	int err;

	err = fp_nl_key(info, kind, key);
	if (err)
		goto out;
	obj = fp_object_find_rcu(p, kind, key);
	if (!obj) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[FP_A_NAME],
				    "no object of that name");
		err = -ENOENT;
		goto out;
	}
	skb = fp_nl_object_msg(info, obj);
	err = IS_ERR(skb) ? PTR_ERR(skb) : genlmsg_reply(skb, info);
out:
	fp_policy_put(p);
	return err;
}

/**
 * fp_nl_dump_cmd() - which operation a dump answers
 * @cb: the dump
 *
 * Context: process.
 * Return: FEDPAT_CMD_*.
 */
u8 fp_nl_dump_cmd(const struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);

	return hdr->cmd;
}

/**
 * fp_nl_dump_head() - begin a message of a dump
 * @skb: to fill
 * @cb: the dump; its seq is that of the policy that is told
 *
 * Context: process.
 * Return: handle for genlmsg_end(); NULL when there is no room.
 */
void *fp_nl_dump_head(struct sk_buff *skb, struct netlink_callback *cb)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&fp_genl_family, NLM_F_MULTI, fp_nl_dump_cmd(cb));

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

static int fp_nl_object_put(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct fp_object *obj)
{
	void *hdr = fp_nl_dump_head(skb, cb);

	if (!hdr)
		return -EMSGSIZE;
	if (fp_object_fill(skb, obj)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * fp_nl_object_start() - begin a dump of objects
 * @cb: the dump
 *
 * Context: process.
 * Return: 0.
 */
int fp_nl_object_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = FP_OBJECT_WIRE_MAX + 2 * NLMSG_GOODSIZE;
	return 0;
}

/**
 * fp_nl_object_dump() - dump of all objects of a kind
 * @skb: to fill
 * @cb: args[0]: objects told so far
 *
 * A policy that is published meanwhile shows as NLM_F_DUMP_INTR: begin anew.
 *
 * Context: process.
 * Return: length of @skb, 0 when done, or a negative errno.
 */
int fp_nl_object_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	enum fp_kind kind = fp_cmd_kind[fp_nl_dump_cmd(cb)];
	struct fp_net *fpn = fp_net(sock_net(skb->sk));
	const struct fp_policy *p;
	u32 i = cb->args[0];
	int err = 0;

	rcu_read_lock();
	p = fp_policy_rcu(fpn);
	cb->seq = p->generation + 1;
	for (; i < fp_policy_count(p, kind); i++) {
		err = fp_nl_object_put(skb, cb, p->table[kind]->obj[i]);
		if (err)
			break;
	}
	rcu_read_unlock();
	cb->args[0] = i;
	return skb->len ?: err;
}
