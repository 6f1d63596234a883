// SPDX-License-Identifier: GPL-2.0
/* The stream plane: legs and sessions. */
#include <linux/string.h>
#include "legs.h"

int fp_legs_init(void)
{
	return 0;
}

void fp_legs_exit(void)
{
}

int fp_legs_net_init(struct fp_net *fpn)
{
	return 0;
}

void fp_legs_net_exit(struct fp_net *fpn)
{
}

void fp_legs_commit(struct fp_net *fpn, const struct fp_policy *old,
		    const struct fp_policy *new)
{
}

void fp_legs_status(struct fp_net *fpn, struct fp_legs_status *st)
{
	memset(st, 0, sizeof(*st));
}
