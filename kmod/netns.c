// SPDX-License-Identifier: GPL-2.0
/* Namespaces come and go; each has a policy of its own. */
#include <linux/ktime.h>
#include <net/netns/generic.h>
#include "policy_int.h"
#include "legs.h"
#include "netns.h"
#include "packet.h"
#include "txn.h"

unsigned int fp_net_id __read_mostly;
struct workqueue_struct *fp_wq;

/**
 * fp_net() - what the module keeps for a namespace
 * @net: the namespace
 *
 * Context: any.
 * Return: it; never NULL.
 */
struct fp_net *fp_net(const struct net *net)
{
	return net_generic(net, fp_net_id);
}

static int fp_net_policy_init(struct fp_net *fpn)
{
	struct fp_policy *p = fp_policy_empty(fpn);

	if (!p)
		return -ENOMEM;
	rcu_assign_pointer(fpn->policy, p);
	return 0;
}

/*
 * The notifier of devices may still come by: it looks at the policy under
 * ifmap_lock and takes NULL for an answer. Packets and legs are gone.
 */
static void fp_net_policy_exit(struct fp_net *fpn)
{
	struct fp_policy *p;

	spin_lock_bh(&fpn->ifmap_lock);
	p = rcu_replace_pointer(fpn->policy, NULL, lockdep_is_held(&fpn->ifmap_lock));
	spin_unlock_bh(&fpn->ifmap_lock);
	fp_policy_put(p);
}

static void __net_init fp_net_setup(struct fp_net *fpn, struct net *net)
{
	fpn->net = net;
	fpn->started = ktime_get_boottime_ns();
	mutex_init(&fpn->config);
	spin_lock_init(&fpn->ifmap_lock);
	fp_event_net_init(fpn);
	fp_faults_init(&fpn->single);
}

static int __net_init fp_net_init(struct net *net)
{
	struct fp_net *fpn = fp_net(net);
	int err;

	fp_net_setup(fpn, net);
	err = fp_counter_net_init(fpn);
	if (err)
		return err;
	err = fp_net_policy_init(fpn);
	if (err)
		goto err_counter;
	err = fp_packet_net_init(fpn);
	if (err)
		goto err_policy;
	err = fp_legs_net_init(fpn);
	if (err)
		goto err_packet;
	return 0;

err_packet:
	fp_packet_net_exit(fpn);
err_policy:
	fp_net_policy_exit(fpn);
err_counter:
	fp_counter_net_exit(fpn);
	return err;
}

static void __net_exit fp_net_exit(struct net *net)
{
	struct fp_net *fpn = fp_net(net);

	fp_legs_net_exit(fpn);
	fp_packet_net_exit(fpn);
	fp_txn_net_exit(fpn);
	fp_net_policy_exit(fpn);
	fp_counter_net_exit(fpn);
}

static struct pernet_operations fp_net_ops = {
	.init = fp_net_init,
	.exit = fp_net_exit,
	.id = &fp_net_id,
	.size = sizeof(struct fp_net),
};

/**
 * fp_netns_init() - serve all namespaces, and those to come
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_netns_init(void)
{
	return register_pernet_subsys(&fp_net_ops);
}

/**
 * fp_netns_exit() - leave all of them
 *
 * Context: process.
 */
void fp_netns_exit(void)
{
	unregister_pernet_subsys(&fp_net_ops);
}
