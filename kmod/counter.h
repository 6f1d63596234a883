/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of one network namespace: one for each reason of reasons.def, which
 * is to say for every drop and refusal, and one for each line of stats.def.
 *
 * Per CPU, without a lock; a commit does not touch them. A reader adds the
 * CPUs up and may be late by what is being counted at that moment.
 */
#ifndef _FP_COUNTER_H
#define _FP_COUNTER_H

#include <linux/percpu.h>
#include <fedpat/reasons.h>

struct fp_net;
struct sk_buff;
struct netlink_callback;

/* What is counted and is no refusal; the names are ABI as those of reasons. */
enum fp_stat {
#define FP_STAT(id, name, text) FP_S_##id,
#include <fedpat/stats.def>
#undef FP_STAT
	__FP_S_COUNT
};

/**
 * struct fp_counters - the counters of one CPU
 * @reason: how often each reason refused or dropped something
 * @stat: what else is counted
 */
struct fp_counters {
	u64 reason[__FP_R_COUNT];
	u64 stat[__FP_S_COUNT];
};

int fp_counter_net_init(struct fp_net *fpn);
void fp_counter_net_exit(struct fp_net *fpn);

/* Any context. */
void fp_count(struct fp_net *fpn, enum fp_reason reason);
void fp_count_n(struct fp_net *fpn, enum fp_reason reason, u64 n);
void fp_stat_add(struct fp_net *fpn, enum fp_stat stat, u64 n);

static inline void fp_stat_inc(struct fp_net *fpn, enum fp_stat stat)
{
	fp_stat_add(fpn, stat, 1);
}

u64 fp_count_read(const struct fp_net *fpn, enum fp_reason reason);
u64 fp_stat_read(const struct fp_net *fpn, enum fp_stat stat);

int fp_nl_counter_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _FP_COUNTER_H */
