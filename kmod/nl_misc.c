// SPDX-License-Identifier: GPL-2.0
/* Netlink operations on the namespace as a whole. */
#include <linux/ktime.h>
#include "genl.h"
#include "legs.h"
#include "netns.h"
#include "nl.h"
#include "policy_int.h"
#include "txn.h"

/**
 * fp_nl_settings_set() - settings-set
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_settings_set(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_settings settings;
	struct fp_txn *txn;
	int err;

	err = fp_txn_enter(fp_net(genl_info_net(info)), info,
			   info->attrs[FEDPAT_A_SETTINGS_TXN], &txn);
	if (err)
		return err;
	err = fp_settings_parse(skb, info, &txn->settings, &settings);
	if (err)
		fp_fault_op(&txn->faults, "settings", "", fp_settings_attr_names,
			    FEDPAT_A_SETTINGS_MAX, info);
	else
		txn->settings = settings;
	return fp_txn_leave(txn, info, "settings", err);
}

static int fp_nl_answer(struct genl_info *info,
			int (*fill)(struct sk_buff *skb, struct fp_net *fpn))
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &fp_genl_family, 0, info->genlhdr->cmd);
	if (!hdr || fill(skb, fp_net(genl_info_net(info)))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int fp_nl_settings_fill(struct sk_buff *skb, struct fp_net *fpn)
{
	int err;

	rcu_read_lock();
	err = fp_settings_fill(skb, &fp_policy_rcu(fpn)->settings_set);
	rcu_read_unlock();
	return err;
}

/**
 * fp_nl_settings_get() - settings-get
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_settings_get(struct sk_buff *skb, struct genl_info *info)
{
	return fp_nl_answer(info, fp_nl_settings_fill);
}

static int fp_nl_status_policy(struct sk_buff *skb, struct fp_net *fpn)
{
	const struct fp_policy *p;
	int err;

	rcu_read_lock();
	p = fp_policy_rcu(fpn);
	err = nla_put_u32(skb, FEDPAT_A_STATUS_GENERATION, p->generation) ?:
	      fp_nla_put_u64(skb, FEDPAT_A_STATUS_MEMORY_CAP, p->settings.memory_cap) ?:
	      fp_nla_put_u64(skb, FEDPAT_A_STATUS_ACL_MEMORY, p->acl_bytes);
	rcu_read_unlock();
	return err;
}

static int fp_nl_status_fill(struct sk_buff *skb, struct fp_net *fpn)
{
	u64 uptime = (ktime_get_boottime_ns() - fpn->started) / NSEC_PER_MSEC;
	struct fp_legs_status legs;

	fp_legs_status(fpn, &legs);
	return nla_put_string(skb, FEDPAT_A_STATUS_VERSION, FEDPAT_VERSION) ?:
	       fp_nl_status_policy(skb, fpn) ?:
	       nla_put_u32(skb, FEDPAT_A_STATUS_LEGS, legs.legs) ?:
	       nla_put_u32(skb, FEDPAT_A_STATUS_LEGS_OFFLOADED, legs.offloaded) ?:
	       nla_put_u32(skb, FEDPAT_A_STATUS_HELD, legs.held) ?:
	       fp_nla_put_u64(skb, FEDPAT_A_STATUS_MEMORY, legs.memory) ?:
	       fp_nla_put_u64(skb, FEDPAT_A_STATUS_MESSAGES,
			      fp_stat_read(fpn, FP_S_MESSAGES)) ?:
	       fp_nla_put_u64(skb, FEDPAT_A_STATUS_UPTIME, uptime);
}

/**
 * fp_nl_status_get() - status-get
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_status_get(struct sk_buff *skb, struct genl_info *info)
{
	return fp_nl_answer(info, fp_nl_status_fill);
}

static enum fp_reason fp_nl_reason(const struct nlattr *attr)
{
	u32 i;

	for (i = FP_R_NONE + 1; i < __FP_R_COUNT; i++)
		if (!nla_strcmp(attr, fp_reason_info(i)->name))
			return i;
	return FP_R_NONE;
}

/* Told before it goes wrong: nobody was refused. */
static bool fp_nl_is_warning(enum fp_reason reason)
{
	return reason == FP_R_CERT_ENDS_SOON || reason == FP_R_CERT_RENEW_FAILED ||
	       reason == FP_R_PREFLIGHT_FAILED || reason == FP_R_REVOCATION_SOFT ||
	       reason == FP_R_SERVER_DOWN || reason == FP_R_SERVER_UP;
}

static const char *fp_nl_string(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_data(info->attrs[attr]) : NULL;
}

static int fp_nl_report_ends(struct genl_info *info, struct fp_notice *n)
{
	struct nlattr *remote = info->attrs[FEDPAT_A_NOTICE_REMOTE];
	struct nlattr *local = info->attrs[FEDPAT_A_NOTICE_LOCAL];
	int err = 0;

	if (remote)
		err = fp_nla_get_endpoint(remote, &n->remote, info->extack);
	if (!err && local)
		err = fp_nla_get_endpoint(local, &n->local, info->extack);
	return err;
}

/**
 * fp_nl_refusal_report() - refusal-report
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_refusal_report(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_net *fpn = fp_net(genl_info_net(info));
	struct fp_notice n = { .event = FEDPAT_EVENT_REFUSED };
	int err;

	if (GENL_REQ_ATTR_CHECK(info, FEDPAT_A_NOTICE_REASON)) {
		NL_SET_ERR_MSG(info->extack, "the reason is missing");
		return -EINVAL;
	}
	n.reason = fp_nl_reason(info->attrs[FEDPAT_A_NOTICE_REASON]);
	if (n.reason == FP_R_NONE) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[FEDPAT_A_NOTICE_REASON],
				    "no such reason; counter-get lists them");
		return -EINVAL;
	}
	if (fp_nl_is_warning(n.reason))
		n.event = FEDPAT_EVENT_WARNING;
	err = fp_nl_report_ends(info, &n);
	if (err)
		return err;
	n.federation = fp_nl_string(info, FEDPAT_A_NOTICE_FEDERATION);
	n.peer = fp_nl_string(info, FEDPAT_A_NOTICE_PEER);
	n.zone = fp_nl_string(info, FEDPAT_A_NOTICE_ZONE);
	n.text = fp_nl_string(info, FEDPAT_A_NOTICE_TEXT);
	fp_count(fpn, n.reason);
	fp_event_send(fpn, &n, GFP_KERNEL);
	return 0;
}
