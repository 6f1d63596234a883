// SPDX-License-Identifier: GPL-2.0
/* Interface index to zone; see ifmap.h. */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include "ifmap.h"
#include "netns.h"
#include "policy.h"

/**
 * fp_ifmap_alloc() - an empty map
 * @fpn: namespace that it is for
 * @n_names: interfaces that zones name
 *
 * The caller writes @name.
 *
 * Context: may sleep.
 * Return: the map; NULL for want of memory.
 */
struct fp_ifmap *fp_ifmap_alloc(struct fp_net *fpn, u32 n_names)
{
	u8 bits = ilog2(roundup_pow_of_two(2 * n_names + 2));
	struct fp_ifmap *map;

	map = kvzalloc(struct_size(map, slot, 1ul << bits), GFP_KERNEL_ACCOUNT);
	if (!map)
		return NULL;
	map->name = kvcalloc(n_names ?: 1, sizeof(*map->name), GFP_KERNEL_ACCOUNT);
	if (!map->name) {
		kvfree(map);
		return NULL;
	}
	map->bits = bits;
	map->n = n_names;
	seqcount_spinlock_init(&map->seq, &fpn->ifmap_lock);
	return map;
}

/**
 * fp_ifmap_free() - nobody looks at it any more
 * @map: map, or NULL
 *
 * Context: may sleep.
 */
void fp_ifmap_free(struct fp_ifmap *map)
{
	if (!map)
		return;
	kvfree(map->name);
	kvfree(map);
}

static u32 fp_ifmap_hash(const struct fp_ifmap *map, int ifindex)
{
	return hash_32(ifindex, map->bits);
}

static void fp_ifmap_insert(struct fp_ifmap *map, int ifindex, const struct fp_zone *zone)
{
	u32 mask = (1u << map->bits) - 1;
	u32 i = fp_ifmap_hash(map, ifindex);

	/* At most half of the slots are taken: there is an empty one. */
	while (map->slot[i].ifindex)
		i = (i + 1) & mask;
	WRITE_ONCE(map->slot[i].zone, zone);
	WRITE_ONCE(map->slot[i].ifindex, ifindex);
}

/**
 * fp_ifmap_fill() - look up all interfaces anew
 * @fpn: the namespace
 * @map: map of its policy, or of the one that is about to be published
 *
 * Context: holds fpn->ifmap_lock, with bottom halves off.
 */
void fp_ifmap_fill(struct fp_net *fpn, struct fp_ifmap *map)
{
	struct net_device *dev;
	u32 i;

	lockdep_assert_held(&fpn->ifmap_lock);
	rcu_read_lock();
	write_seqcount_begin(&map->seq);
	memset(map->slot, 0, sizeof(map->slot[0]) << map->bits);
	for (i = 0; i < map->n; i++) {
		dev = dev_get_by_name_rcu(fpn->net, map->name[i].name);
		if (dev)
			fp_ifmap_insert(map, dev->ifindex, map->name[i].zone);
	}
	write_seqcount_end(&map->seq);
	rcu_read_unlock();
}

static const struct fp_zone *__fp_ifmap_find(const struct fp_ifmap *map, int ifindex)
{
	u32 mask = (1u << map->bits) - 1;
	u32 i = fp_ifmap_hash(map, ifindex);
	u32 tries;
	int at;

	/* While it is being filled it may look full: bound the search. */
	for (tries = 0; tries <= mask; tries++, i = (i + 1) & mask) {
		at = READ_ONCE(map->slot[i].ifindex);
		if (at == ifindex)
			return READ_ONCE(map->slot[i].zone);
		if (!at)
			break;
	}
	return NULL;
}

/**
 * fp_ifmap_find() - zone of an interface
 * @map: map of a policy
 * @ifindex: the interface
 *
 * Context: any; the policy is held.
 * Return: the zone; NULL when no zone names it.
 */
const struct fp_zone *fp_ifmap_find(const struct fp_ifmap *map, int ifindex)
{
	const struct fp_zone *zone;
	unsigned int seq;

	if (!map->n || ifindex <= 0)
		return NULL;
	do {
		seq = read_seqcount_begin(&map->seq);
		zone = __fp_ifmap_find(map, ifindex);
	} while (read_seqcount_retry(&map->seq, seq));
	return zone;
}

static void fp_ifmap_refresh(struct fp_net *fpn)
{
	struct fp_policy *p;

	spin_lock_bh(&fpn->ifmap_lock);
	p = rcu_dereference_protected(fpn->policy, lockdep_is_held(&fpn->ifmap_lock));
	/* A namespace that is going has none any more. */
	if (p && p->ifmap->n)
		fp_ifmap_fill(fpn, p->ifmap);
	spin_unlock_bh(&fpn->ifmap_lock);
}

static int fp_ifmap_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	switch (event) {
	case NETDEV_REGISTER:
	case NETDEV_UNREGISTER:
	case NETDEV_CHANGENAME:
		fp_ifmap_refresh(fp_net(dev_net(dev)));
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block fp_ifmap_notifier = {
	.notifier_call = fp_ifmap_event,
};

/**
 * fp_ifmap_init() - follow interfaces in all namespaces
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_ifmap_init(void)
{
	return register_netdevice_notifier(&fp_ifmap_notifier);
}

/**
 * fp_ifmap_exit() - follow them no more
 *
 * Context: process.
 */
void fp_ifmap_exit(void)
{
	unregister_netdevice_notifier(&fp_ifmap_notifier);
}
