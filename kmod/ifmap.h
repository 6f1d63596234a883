/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which zone an interface is in: interface index to zone.
 *
 * Zones name interfaces, which come, go and are renamed at any time. The map
 * belongs to a policy and is filled in place, so that a notifier that cannot
 * fail needs no memory. Readers are protected by a sequence count.
 */
#ifndef _FP_IFMAP_H
#define _FP_IFMAP_H

#include <linux/seqlock.h>
#include <linux/types.h>

struct fp_net;
struct fp_policy;
struct fp_zone;
struct net;

/**
 * struct fp_ifmap_name - an interface that a zone names
 * @name: its name, in the zone object
 * @zone: the zone
 */
struct fp_ifmap_name {
	const char *name;
	const struct fp_zone *zone;
};

/**
 * struct fp_ifmap_slot - a slot of the hash, open addressing
 * @ifindex: 0 is an empty slot
 * @zone: the zone
 */
struct fp_ifmap_slot {
	int ifindex;
	const struct fp_zone *zone;
};

/**
 * struct fp_ifmap - the map
 * @seq: protects @slot; written under fpn->ifmap_lock
 * @bits: 2^bits slots, at least twice @n
 * @n: interfaces that zones name
 * @name: all of them
 * @slot: those that exist now
 */
struct fp_ifmap {
	seqcount_spinlock_t seq;
	u8 bits;
	u32 n;
	struct fp_ifmap_name *name;
	struct fp_ifmap_slot slot[];
};

struct fp_ifmap *fp_ifmap_alloc(struct fp_net *fpn, u32 n_names);
void fp_ifmap_free(struct fp_ifmap *map);
void fp_ifmap_fill(struct fp_net *fpn, struct fp_ifmap *map);
const struct fp_zone *fp_ifmap_find(const struct fp_ifmap *map, int ifindex);

int fp_ifmap_init(void);
void fp_ifmap_exit(void);

#endif /* _FP_IFMAP_H */
