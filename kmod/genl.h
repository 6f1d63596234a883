/* SPDX-License-Identifier: GPL-2.0 */
/* The netlink family, and what every operation of it needs. */
#ifndef _FP_GENL_H
#define _FP_GENL_H

#include <net/genetlink.h>
#include <fedpat/types.h>
#include <linux/fedpat.h>
#include "genl_policy.h"

extern struct genl_family fp_genl_family;

/* Offset of the group in the family, for genlmsg_multicast_netns(). */
#define FP_GENL_EVENTS	0

int fp_genl_init(void);
void fp_genl_exit(void);

/* Wire to core and back. A family of 0 is not put. Return: 0 or -EMSGSIZE. */
int fp_nla_put_addr(struct sk_buff *skb, int attr, const struct fp_addr *addr);
int fp_nla_put_endpoint(struct sk_buff *skb, int attr, const struct fp_endpoint *ep);
/* With the reason in extack. Return: 0 or -EINVAL. */
int fp_nla_get_addr(const struct nlattr *attr, struct fp_addr *addr,
		    struct netlink_ext_ack *extack);
int fp_nla_get_endpoint(const struct nlattr *attr, struct fp_endpoint *ep,
			struct netlink_ext_ack *extack);

#endif /* _FP_GENL_H */
