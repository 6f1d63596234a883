/* SPDX-License-Identifier: GPL-2.0 */
/* What the module keeps for one network namespace. */
#ifndef _FP_NETNS_H
#define _FP_NETNS_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include "counter.h"
#include "event.h"
#include "fault.h"

struct fp_legs;
struct fp_packet;
struct fp_policy;
struct fp_txn;

/**
 * struct fp_net - state of a namespace
 * @net: the namespace, which owns this
 * @policy: what is in force; never NULL between init and exit. Replaced under
 *	@config, read under RCU or @config
 * @config: serialises changes of policy: @txn, @policy's replacement, the
 *	calls of packet.h and legs.h around it. Outermost lock of the module; never
 *	taken under the RTNL
 * @ifmap_lock: protects what the policy's map of interfaces is filled with, and
 *	makes publication and the notifier of devices exclusive; leaf
 * @counters: one struct fp_counters for each CPU
 * @limit: rate limits of notices, by event
 * @txn: the open candidate, under @config; NULL when there is none
 * @txn_portid: port of its owner; written under @config, read without it to
 *	see whether a closing socket concerns us; 0 when there is none
 * @single: faults of the last transaction of one that was refused, under @config
 * @single_portid: port of who sent it, as @txn_portid
 * @next_txn_id: last id given to a transaction, under @config
 * @next_ace_id: last id given to an entry, under @config
 * @started: ktime_get_boottime_ns() at init
 * @legs: state of the stream plane, theirs alone
 * @packet: state of the packet plane, theirs alone
 */
struct fp_net {
	struct net *net;
	struct fp_policy __rcu *policy;
	struct mutex config;		/* see above */
	spinlock_t ifmap_lock;		/* see above */
	struct fp_counters __percpu *counters;
	struct fp_event_limit limit[FEDPAT_EVENT_MAX + 1];
	struct fp_txn *txn;
	u32 txn_portid;
	struct fp_faults single;
	u32 single_portid;
	u32 next_txn_id;
	u32 next_ace_id;
	u64 started;
	struct fp_legs *legs;
	struct fp_packet *packet;
};

/* Frees of policies and whatever else must sleep after a grace period. */
extern struct workqueue_struct *fp_wq;

extern unsigned int fp_net_id;

/* State of @net; valid wherever @net is, from init to exit of the module. */
struct fp_net *fp_net(const struct net *net);

int fp_netns_init(void);
void fp_netns_exit(void);

#endif /* _FP_NETNS_H */
