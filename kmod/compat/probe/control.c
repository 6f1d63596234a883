// SPDX-License-Identifier: GPL-2.0
/* Compiles on every kernel: proves that the flags of the probes are right. */
#include <linux/module.h>
#include <linux/netfilter.h>
#include <net/netns/generic.h>

int fp_probe_control(struct net *net, unsigned int id);
int fp_probe_control(struct net *net, unsigned int id)
{
	return net_generic(net, id) ? NF_ACCEPT : NF_DROP;
}
