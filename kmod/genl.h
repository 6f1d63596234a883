/* SPDX-License-Identifier: GPL-2.0 */
/* The netlink family, and what every operation of it needs. */
#ifndef _FP_GENL_H
#define _FP_GENL_H

#include <net/genetlink.h>
#include <linux/fedpat.h>
#include "genl_policy.h"
#include "wire.h"

extern struct genl_family fp_genl_family;

/* Offset of the group in the family, for genlmsg_multicast_netns(). */
#define FP_GENL_EVENTS	0

int fp_genl_init(void);
void fp_genl_exit(void);

#endif /* _FP_GENL_H */
