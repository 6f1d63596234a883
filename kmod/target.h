/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A target: where a request may go, and the legs that lead there.
 *
 * A node is known by its endpoint, a peer by its name, and a domain whose
 * server must be looked up by its own name; each within a federation. While
 * no leg leads there, messages are held (held.c), and leg-wanted tells the
 * daemon.
 */
#ifndef _FP_TARGET_H
#define _FP_TARGET_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <fedpat/types.h>
#include <linux/fedpat.h>
#include "worker.h"

struct fp_leg;
struct fp_legs;
struct fp_target;

/**
 * struct fp_target_key - what a target is known by
 * @want: enum fedpat_want
 * @ep: node: its listener
 * @federation: name
 * @name: peer or domain; a domain's case does not count
 */
struct fp_target_key {
	u8 want;
	struct fp_endpoint ep;
	const char *federation;
	struct fp_slice name;
};

/**
 * struct fp_member - a leg's place in a target
 * @node: in fp_target.legs
 * @leg: the leg
 * @target: the target, with a reference; NULL for none
 */
struct fp_member {
	struct list_head node;
	struct fp_leg *leg;
	struct fp_target *target;
};

/**
 * struct fp_held - a message that waits for a leg
 * @node: in fp_target.held, in the order of arrival
 * @in: leg it came from, with a reference
 * @expires: jiffies
 * @failed: the daemon said that there will be no leg: why, else FP_R_NONE
 * @len: its length
 * @bytes: the message
 */
struct fp_held {
	struct list_head node;
	struct fp_leg *in;
	unsigned long expires;
	u32 failed;
	u32 len;
	u8 bytes[];
};

/* Messages that one target and one namespace hold at most. */
#define FP_TARGET_MAX_HELD	1024
#define FP_LEGS_MAX_HELD	8192

/**
 * struct fp_target - see the head of this file
 * @job: delivers and refuses held messages
 * @hash: in fp_legs.target, under its lock; readers under RCU
 * @rcu: frees it
 * @refs: members, @busy, job while scheduled
 * @legs: stream plane of its namespace
 * @key: what it is; its strings are @text
 * @lock: protects @member, @held, @wanted and what follows; see locking.md
 * @member: legs that lead there, dialled ones and accepted ones, oldest first;
 *	readers under RCU
 * @held: messages that wait
 * @n_held: how many; 0 only after the last one was sent or refused. Read
 *	without @lock by those who would send past the held ones
 * @wanted: id of the leg-wanted that is open, 0 for none
 * @busy: holds a reference: messages are held
 * @announced: the daemon was told of @wanted; job
 * @deadline: when @wanted ends (jiffies); job
 * @timer: next look
 * @name: of the node, for leg-wanted; this and the next two are written when
 *	nothing is held, under @lock
 * @source: to dial from
 * @dial: to dial
 * @text: strings
 */
struct fp_target {
	struct fp_job job;
	struct hlist_node hash;
	struct rcu_head rcu;
	refcount_t refs;
	struct fp_legs *legs;
	struct fp_target_key key;
	spinlock_t lock;		/* members, what is held, the wish */
	struct list_head member[2];
	struct list_head held;
	u32 n_held;
	u32 wanted;
	bool busy;
	bool announced;
	unsigned long deadline;
	struct timer_list timer;
	char name[FEDPAT_NAME_MAX + 1];
	struct fp_addr source;
	struct fp_endpoint dial;
	char text[];
};

/* target.c */
struct fp_target *fp_target_find_rcu(struct fp_legs *legs, const struct fp_target_key *key);
struct fp_target *fp_target_obtain(struct fp_legs *legs, const struct fp_target_key *key,
				   gfp_t gfp);
bool fp_target_is(const struct fp_target *t, const struct fp_target_key *key);
bool fp_target_get(struct fp_target *t);
void fp_target_put(struct fp_target *t);
void fp_target_join(struct fp_target *t, struct fp_member *m, bool dialled);
void fp_target_leave(struct fp_member *m);
struct fp_leg *fp_target_pick_rcu(struct fp_target *t, struct fp_slice domain);

/* held.c: the rest of the target */
void fp_held_init(struct fp_target *t);
bool fp_held_run(struct fp_job *job, struct fp_worker *w);

#endif /* _FP_TARGET_H */
