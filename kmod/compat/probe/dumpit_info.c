// SPDX-License-Identifier: GPL-2.0
/* A dump's attributes lie in its struct genl_info (6.6). */
/* absent: has no member named .*info */
#include <net/genetlink.h>

struct nlattr **fp_probe_dumpit_info(struct netlink_callback *cb);
struct nlattr **fp_probe_dumpit_info(struct netlink_callback *cb)
{
	return genl_dumpit_info(cb)->info.attrs;
}
