/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink operations on the policy, for the table in genl.c. */
#ifndef _FP_NL_H
#define _FP_NL_H

#include <linux/types.h>

struct genl_info;
struct netlink_callback;
struct sk_buff;

int fp_nl_object_new(struct sk_buff *skb, struct genl_info *info);
int fp_nl_object_del(struct sk_buff *skb, struct genl_info *info);
int fp_nl_object_get(struct sk_buff *skb, struct genl_info *info);
int fp_nl_object_start(struct netlink_callback *cb);
int fp_nl_object_dump(struct sk_buff *skb, struct netlink_callback *cb);

int fp_nl_entry_new(struct sk_buff *skb, struct genl_info *info);
int fp_nl_entry_del(struct sk_buff *skb, struct genl_info *info);
int fp_nl_entry_start(struct netlink_callback *cb);
int fp_nl_entry_dump(struct sk_buff *skb, struct netlink_callback *cb);

int fp_nl_settings_set(struct sk_buff *skb, struct genl_info *info);
int fp_nl_settings_get(struct sk_buff *skb, struct genl_info *info);
int fp_nl_status_get(struct sk_buff *skb, struct genl_info *info);
int fp_nl_refusal_report(struct sk_buff *skb, struct genl_info *info);

/* For dumps. */
u8 fp_nl_dump_cmd(const struct netlink_callback *cb);
void *fp_nl_dump_head(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _FP_NL_H */
