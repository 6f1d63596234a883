// SPDX-License-Identifier: GPL-2.0
/* Netlink operations on legs. */
#include <net/genetlink.h>
#include "leg_nl.h"

static int fp_nl_no_legs(struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "this module was built without the stream plane");
	return -EOPNOTSUPP;
}

int fp_nl_leg_attach(struct sk_buff *skb, struct genl_info *info)
{
	return fp_nl_no_legs(info);
}

int fp_nl_leg_fail(struct sk_buff *skb, struct genl_info *info)
{
	return fp_nl_no_legs(info);
}

int fp_nl_leg_get(struct sk_buff *skb, struct genl_info *info)
{
	return fp_nl_no_legs(info);
}

int fp_nl_leg_kill(struct sk_buff *skb, struct genl_info *info)
{
	return fp_nl_no_legs(info);
}

int fp_nl_leg_start(struct netlink_callback *cb)
{
	return 0;
}

int fp_nl_leg_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return 0;
}

int fp_nl_leg_done(struct netlink_callback *cb)
{
	return 0;
}
