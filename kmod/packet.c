// SPDX-License-Identifier: GPL-2.0
/* The packet plane: access lists, PAT, class maps. */
#include "packet.h"

int fp_packet_init(void)
{
	return 0;
}

void fp_packet_exit(void)
{
}

int fp_packet_net_init(struct fp_net *fpn)
{
	return 0;
}

void fp_packet_net_exit(struct fp_net *fpn)
{
}

int fp_packet_prepare(struct fp_net *fpn, const struct fp_policy *new)
{
	return 0;
}

void fp_packet_commit(struct fp_net *fpn, const struct fp_policy *old,
		      const struct fp_policy *new)
{
}
