// SPDX-License-Identifier: GPL-2.0
/*
 * The conntrack helper through which datagrams of SIP pass.
 *
 * Conntrack calls it for every packet of a flow that has it, in both directions,
 * when all addresses are translated. It is bound to no port (nf_conntrack_sip
 * claims 5060) and assigned by class maps alone.
 */
#include <linux/module.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include "udp.h"

#define FP_HELPER_NAME	"fedpat-sip"

/* Nothing is ever expected: what comes from outside comes by static PAT. */
static const struct nf_conntrack_expect_policy fp_helper_expect = {
	.name = FP_HELPER_NAME,
};

static struct nf_conntrack_helper fp_helpers[2];

static struct nf_conntrack_helper *fp_helper_of(const struct nf_conn *ct)
{
	return &fp_helpers[nf_ct_l3num(ct) == NFPROTO_IPV6];
}

static int fp_helper_help(struct sk_buff *skb, unsigned int protoff,
			  struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	/* RELATED is an error of ICMP about the flow, no datagram of it. */
	if (ctinfo != IP_CT_NEW && ctinfo != IP_CT_ESTABLISHED &&
	    ctinfo != IP_CT_ESTABLISHED_REPLY)
		return NF_ACCEPT;
	return fp_udp_packet(skb, protoff, ct, ctinfo, nfct_help_data(ct));
}

/**
 * fp_helper_init() - make the helper known to conntrack
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int fp_helper_init(void)
{
	BUILD_BUG_ON(sizeof(struct fp_udp_flow) > sizeof_field(struct nf_conn_help, data));

	nf_ct_helper_init(&fp_helpers[0], NFPROTO_IPV4, IPPROTO_UDP, FP_HELPER_NAME,
			  0, 0, 0, &fp_helper_expect, 0, fp_helper_help, NULL,
			  THIS_MODULE);
	nf_ct_helper_init(&fp_helpers[1], NFPROTO_IPV6, IPPROTO_UDP, FP_HELPER_NAME,
			  0, 0, 0, &fp_helper_expect, 0, fp_helper_help, NULL,
			  THIS_MODULE);
	return nf_conntrack_helpers_register(fp_helpers, ARRAY_SIZE(fp_helpers));
}

/**
 * fp_helper_exit() - the opposite; flows lose the helper
 *
 * Context: may sleep.
 */
void fp_helper_exit(void)
{
	nf_conntrack_helpers_unregister(fp_helpers, ARRAY_SIZE(fp_helpers));
}

/**
 * fp_helper_attach() - have the datagrams of a flow inspected and rewritten
 * @ct: flow, not confirmed, not yet translated
 * @from: side that its original direction comes from
 *
 * Takes the place of a helper that somebody else assigned: two of them cannot
 * rewrite the same message.
 *
 * Context: softirq.
 * Return: false for want of memory.
 */
bool fp_helper_attach(struct nf_conn *ct, enum fp_side from)
{
	struct nf_conn_help *help = nfct_help(ct);
	struct fp_udp_flow *flow;

	if (!help)
		help = nf_ct_helper_ext_add(ct, GFP_ATOMIC);
	if (!help)
		return false;
	flow = nfct_help_data(ct);
	memset(flow, 0, sizeof(*flow));
	flow->from = from;
	rcu_assign_pointer(help->helper, fp_helper_of(ct));
	return true;
}

/**
 * fp_helper_is_ours() - are its datagrams inspected and rewritten?
 * @ct: flow
 *
 * Context: any.
 * Return: true if they are.
 */
bool fp_helper_is_ours(const struct nf_conn *ct)
{
	const struct nf_conn_help *help = nfct_help(ct);

	return help && rcu_access_pointer(help->helper) == fp_helper_of(ct);
}
