// SPDX-License-Identifier: GPL-2.0
/* Counters of a namespace, and how netlink tells them. */
#include <net/netlink.h>
#include <net/sock.h>
#include "counter.h"
#include "genl.h"
#include "netns.h"

struct fp_stat_info {
	const char *name;
	const char *text;
};

static const struct fp_stat_info fp_stat_table[] = {
#define FP_STAT(id, name, text) \
	[FP_S_##id] = { name, text },
#include <fedpat/stats.def>
#undef FP_STAT
};

/**
 * fp_counter_net_init() - give a namespace its counters
 * @fpn: the namespace
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int fp_counter_net_init(struct fp_net *fpn)
{
	fpn->counters = alloc_percpu_gfp(struct fp_counters,
					 GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return fpn->counters ? 0 : -ENOMEM;
}

#ifdef FEDPAT_SELFTEST
/* For scripts/provoked, which looks for reasons that no test has seen. */
static void fp_counters_tell(const struct fp_net *fpn)
{
	u32 i;

	for (i = FP_R_NONE + 1; i < __FP_R_COUNT; i++)
		if (fp_count_read(fpn, i))
			pr_info("fedpat: provoked %s\n", fp_reason_info(i)->name);
}
#else
static void fp_counters_tell(const struct fp_net *fpn)
{
}
#endif

/**
 * fp_counter_net_exit() - take them back; nobody counts any more
 * @fpn: the namespace
 *
 * Context: may sleep.
 */
void fp_counter_net_exit(struct fp_net *fpn)
{
	fp_counters_tell(fpn);
	free_percpu(fpn->counters);
	fpn->counters = NULL;
}

/**
 * fp_count_n() - something was refused or dropped, several times
 * @fpn: the namespace
 * @reason: why
 * @n: how often
 *
 * Context: any.
 */
void fp_count_n(struct fp_net *fpn, enum fp_reason reason, u64 n)
{
	if (!WARN_ON_ONCE((u32)reason >= __FP_R_COUNT))
		this_cpu_add(fpn->counters->reason[reason], n);
}

/**
 * fp_count() - something was refused or dropped
 * @fpn: the namespace
 * @reason: why
 *
 * Context: any.
 */
void fp_count(struct fp_net *fpn, enum fp_reason reason)
{
	fp_count_n(fpn, reason, 1);
}

/**
 * fp_stat_add() - count something that is no refusal
 * @fpn: the namespace
 * @stat: what
 * @n: how much
 *
 * Context: any.
 */
void fp_stat_add(struct fp_net *fpn, enum fp_stat stat, u64 n)
{
	this_cpu_add(fpn->counters->stat[stat], n);
}

/**
 * fp_count_read() - how often a reason struck
 * @fpn: the namespace
 * @reason: the reason
 *
 * Context: any.
 * Return: sum over all CPUs.
 */
u64 fp_count_read(const struct fp_net *fpn, enum fp_reason reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(fpn->counters, cpu)->reason[reason]);
	return sum;
}

/**
 * fp_stat_read() - value of a counter that is no refusal
 * @fpn: the namespace
 * @stat: which
 *
 * Context: any.
 * Return: sum over all CPUs.
 */
u64 fp_stat_read(const struct fp_net *fpn, enum fp_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(fpn->counters, cpu)->stat[stat]);
	return sum;
}

/* Row @i of the list that netlink tells: refusals first, FP_R_NONE left out. */
static void fp_counter_row(const struct fp_net *fpn, u32 i,
			   struct fp_reason_info *info, u64 *value)
{
	if (i < __FP_R_COUNT) {
		*info = *fp_reason_info(i);
		*value = fp_count_read(fpn, i);
		return;
	}
	i -= __FP_R_COUNT;
	info->name = fp_stat_table[i].name;
	info->text = fp_stat_table[i].text;
	info->status = 0;
	*value = fp_stat_read(fpn, i);
}

static int fp_counter_put(struct sk_buff *skb, struct netlink_callback *cb, u32 i)
{
	struct fp_net *fpn = fp_net(sock_net(skb->sk));
	struct fp_reason_info info;
	void *hdr;
	u64 value;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fp_genl_family, NLM_F_MULTI, FEDPAT_CMD_COUNTER_GET);
	if (!hdr)
		return -EMSGSIZE;
	fp_counter_row(fpn, i, &info, &value);
	if (nla_put_string(skb, FEDPAT_A_COUNTER_NAME, info.name) ||
	    fp_nla_put_u64(skb, FEDPAT_A_COUNTER_VALUE, value) ||
	    nla_put_string(skb, FEDPAT_A_COUNTER_TEXT, info.text) ||
	    nla_put_u16(skb, FEDPAT_A_COUNTER_SIP_STATUS, info.status)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * fp_nl_counter_dump() - counter-get
 * @skb: to fill
 * @cb: args[0]: rows told so far
 *
 * Context: process.
 * Return: length of @skb, 0 when done.
 */
int fp_nl_counter_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	u32 i = max_t(u32, cb->args[0], FP_R_NONE + 1);

	for (; i < __FP_R_COUNT + __FP_S_COUNT; i++)
		if (fp_counter_put(skb, cb, i))
			break;
	cb->args[0] = i;
	return skb->len;
}
