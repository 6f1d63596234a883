/* SPDX-License-Identifier: GPL-2.0 */
/* Dumps of generic netlink, the same on every kernel. */
#ifndef _FP_COMPAT_DUMP_H
#define _FP_COMPAT_DUMP_H

#include <net/genetlink.h>

/* Attributes of the request that a dump answers. */
static inline struct nlattr **fp_dump_attrs(struct netlink_callback *cb)
{
#ifdef FP_HAVE_DUMPIT_INFO
	return genl_dumpit_info(cb)->info.attrs;
#else
	return (struct nlattr **)genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* _FP_COMPAT_DUMP_H */
