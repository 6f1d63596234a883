// SPDX-License-Identifier: GPL-2.0
/*
 * The packet plane: its hooks in a namespace, which are there only as long as
 * the policy asks for them. An empty policy changes nothing.
 */
#include <linux/slab.h>
#include <net/netfilter/nf_nat_masquerade.h>
#include "packet.h"
#include "plane.h"
#include "udp.h"

/**
 * fp_packet_init() - what there is once for the module
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int fp_packet_init(void)
{
	int err;

	err = fp_helper_init();
	if (err)
		return err;
	/* Ends masqueraded flows when an interface loses its address. */
	err = nf_nat_masquerade_inet_register_notifiers();
	if (err)
		fp_helper_exit();
	return err;
}

/**
 * fp_packet_exit() - the opposite
 *
 * Context: may sleep.
 */
void fp_packet_exit(void)
{
	nf_nat_masquerade_inet_unregister_notifiers();
	fp_helper_exit();
	fp_udp_exit();
}

static bool fp_needs_udp(const struct fp_policy *p)
{
	u32 i, n = fp_policy_count(p, FP_KIND_CLASS_MAP);

	for (i = 0; i < n; i++)
		if (p->class_map[i].inspect->type == FEDPAT_INSPECT_TYPE_SIP)
			return true;
	return false;
}

static u8 fp_hooks_needed(const struct fp_policy *p)
{
	u8 need = 0;

	/* PAT needs the filter too: it keeps in what cannot be translated. */
	if (p->flags || p->settings.strict_inside)
		need |= FP_HOOKS_FILTER;
	if (p->flags & (FP_POLICY_PAT | FP_POLICY_STATIC_PAT | FP_POLICY_CLASS))
		need |= FP_HOOKS_NAT;
	if (fp_policy_count(p, FP_KIND_TLS_PROXY))
		need |= FP_HOOKS_GUARD;
	return need;
}

/* Conntrack first: without it nothing would ever be NEW to our hooks. */
static int fp_hooks_add_one(struct net *net, u8 hooks)
{
	int err = nf_ct_netns_get(net, NFPROTO_INET);

	if (err)
		return err;
	if (hooks == FP_HOOKS_NAT)
		err = fp_nat_register(net);
	else if (hooks == FP_HOOKS_FILTER)
		err = nf_register_net_hooks(net, fp_filter_ops, fp_filter_n);
	else
		err = nf_register_net_hooks(net, fp_guard_ops, fp_guard_n);
	if (err)
		nf_ct_netns_put(net, NFPROTO_INET);
	return err;
}

static void fp_hooks_remove_one(struct net *net, u8 hooks)
{
	if (hooks == FP_HOOKS_NAT)
		fp_nat_unregister(net);
	else if (hooks == FP_HOOKS_FILTER)
		nf_unregister_net_hooks(net, fp_filter_ops, fp_filter_n);
	else
		nf_unregister_net_hooks(net, fp_guard_ops, fp_guard_n);
	nf_ct_netns_put(net, NFPROTO_INET);
}

/* In the order in which they are taken down: what lets in goes last. */
static const u8 fp_hooks_order[] = { FP_HOOKS_NAT, FP_HOOKS_GUARD, FP_HOOKS_FILTER };

static int fp_hooks_add(struct fp_packet *pk, u8 hooks)
{
	int i = ARRAY_SIZE(fp_hooks_order);
	int err;

	while (i--) {
		if (!(hooks & fp_hooks_order[i]))
			continue;
		err = fp_hooks_add_one(pk->fpn->net, fp_hooks_order[i]);
		if (err)
			return err;
		pk->hooks |= fp_hooks_order[i];
	}
	return 0;
}

static void fp_hooks_remove(struct fp_packet *pk, u8 hooks)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fp_hooks_order); i++) {
		if (!(hooks & fp_hooks_order[i]))
			continue;
		fp_hooks_remove_one(pk->fpn->net, fp_hooks_order[i]);
		pk->hooks &= ~fp_hooks_order[i];
	}
}

/**
 * fp_packet_net_init() - begin to serve a namespace
 * @fpn: namespace, with the empty policy
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int fp_packet_net_init(struct fp_net *fpn)
{
	struct fp_packet *pk = kzalloc(sizeof(*pk), GFP_KERNEL_ACCOUNT);

	if (!pk)
		return -ENOMEM;
	pk->fpn = fpn;
	fp_sweep_init(pk);
	pk->held = fp_policy_get(fpn);
	fpn->packet = pk;
	return 0;
}

/**
 * fp_packet_net_exit() - stop serving a namespace
 * @fpn: namespace, no commit can come any more
 *
 * Context: may sleep.
 */
void fp_packet_net_exit(struct fp_net *fpn)
{
	struct fp_packet *pk = fpn->packet;

	if (pk->hooks) {
		fp_hooks_remove(pk, pk->hooks);
		/* Packets may still be in our hooks. */
		synchronize_net();
	}
	fp_sweep_exit(pk);
	fp_sweep_ours(pk);
	/* And in the helper of a flow that was just ended. */
	synchronize_net();
	fp_policy_put(pk->held);
	fpn->packet = NULL;
	kfree(pk);
}

/**
 * fp_packet_prepare() - take what a policy needs before it is published
 * @fpn: namespace
 * @new: candidate, validated
 *
 * Context: may sleep, fpn->config.
 * Return: 0 or a negative error, which refuses the commit.
 */
int fp_packet_prepare(struct fp_net *fpn, const struct fp_policy *new)
{
	struct fp_packet *pk = fpn->packet;
	int err;

	lockdep_assert_held(&fpn->config);
	err = fp_sweep_prepare(pk);
	if (!err && fp_needs_udp(new))
		err = fp_udp_prepare();
	if (err)
		return err;
	return fp_hooks_add(pk, fp_hooks_needed(new) & ~pk->hooks);
}

/**
 * fp_packet_commit() - follow a policy that was published
 * @fpn: namespace
 * @old: policy that was replaced
 * @new: policy in force
 *
 * Context: may sleep, fpn->config.
 */
void fp_packet_commit(struct fp_net *fpn, const struct fp_policy *old,
		      const struct fp_policy *new)
{
	struct fp_packet *pk = fpn->packet;
	struct fp_policy *held = pk->held;

	lockdep_assert_held(&fpn->config);
	WARN_ON_ONCE(held != old);
	pk->held = fp_policy_get(fpn);
	fp_hooks_remove(pk, pk->hooks & ~fp_hooks_needed(new));
	fp_sweep_queue(pk, held, new);
}
