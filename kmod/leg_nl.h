/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink operations on legs, for the table of operations in genl.c. */
#ifndef _FP_LEG_NL_H
#define _FP_LEG_NL_H

struct genl_info;
struct netlink_callback;
struct sk_buff;

int fp_nl_leg_attach(struct sk_buff *skb, struct genl_info *info);
int fp_nl_leg_fail(struct sk_buff *skb, struct genl_info *info);
int fp_nl_leg_get(struct sk_buff *skb, struct genl_info *info);
int fp_nl_leg_kill(struct sk_buff *skb, struct genl_info *info);

/* Dump of leg-get; the cursor lives in cb->ctx. */
int fp_nl_leg_start(struct netlink_callback *cb);
int fp_nl_leg_dump(struct sk_buff *skb, struct netlink_callback *cb);
int fp_nl_leg_done(struct netlink_callback *cb);

int fp_nl_wanted_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _FP_LEG_NL_H */
