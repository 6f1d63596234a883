// SPDX-License-Identifier: GPL-2.0
/*
 * Answer a TCP packet with a reset.
 *
 * nf_reject_ipv4 and nf_reject_ipv6 do the same; they are modules of their own,
 * and needing them would make insmod fail where only nf_nat is loaded.
 */
#include <linux/netfilter_ipv4.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/tcp.h>
#include "plane.h"

/* TCP header of @skb; NULL where there is none or where it must not be answered. */
static const struct tcphdr *fp_reset_tcph(const struct sk_buff *skb, int off,
					  struct tcphdr *buf)
{
	const struct tcphdr *th = skb_header_pointer(skb, off, sizeof(*buf), buf);

	return th && !th->rst ? th : NULL;
}

/* RFC 9293 section 3.10.7.1: answer in a state that does not exist. */
static void fp_reset_put(struct sk_buff *nskb, const struct tcphdr *th, u32 len)
{
	struct tcphdr *nth = skb_put_zero(nskb, sizeof(*nth));

	nth->source = th->dest;
	nth->dest = th->source;
	nth->doff = sizeof(*nth) / 4;
	nth->rst = 1;
	if (th->ack) {
		nth->seq = th->ack_seq;
		return;
	}
	nth->ack = 1;
	nth->ack_seq = htonl(ntohl(th->seq) + th->syn + th->fin + len -
			     th->doff * 4);
}

static struct sk_buff *fp_reset_alloc(const struct sk_buff *skb, unsigned int head)
{
	struct sk_buff *nskb;

	nskb = alloc_skb(LL_MAX_HEADER + head + sizeof(struct tcphdr), GFP_ATOMIC);
	if (!nskb)
		return NULL;
	skb_reserve(nskb, LL_MAX_HEADER);
	skb_reset_network_header(nskb);
	nskb->protocol = skb->protocol;
	return nskb;
}

static void fp_reset4_finish(struct net *net, struct sk_buff *nskb)
{
	struct iphdr *iph = ip_hdr(nskb);
	struct tcphdr *th = tcp_hdr(nskb);

	th->check = tcp_v4_check(sizeof(*th), iph->saddr, iph->daddr,
				 csum_partial(th, sizeof(*th), 0));
	nskb->ip_summed = CHECKSUM_NONE;
	ip_local_out(net, NULL, nskb);
}

static void fp_reset4(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *old = ip_hdr(skb);
	const struct tcphdr *th;
	struct sk_buff *nskb;
	struct tcphdr buf;
	struct iphdr *iph;

	th = fp_reset_tcph(skb, skb_network_offset(skb) + ip_hdrlen(skb), &buf);
	if (!th)
		return;
	nskb = fp_reset_alloc(skb, sizeof(*iph));
	if (!nskb)
		return;
	iph = skb_put_zero(nskb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->frag_off = htons(IP_DF);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = old->daddr;
	iph->daddr = old->saddr;
	iph->ttl = READ_ONCE(net->ipv4.sysctl_ip_default_ttl);
	skb_set_transport_header(nskb, sizeof(*iph));
	fp_reset_put(nskb, th, ntohs(old->tot_len) - ip_hdrlen(skb));

	/* It must be there before routing: it says by which device we came. */
	skb_dst_set_noref(nskb, skb_dst(skb));
	nskb->mark = IP4_REPLY_MARK(net, skb->mark);
	if (ip_route_me_harder(net, NULL, nskb, RTN_UNSPEC)) {
		kfree_skb(nskb);
		return;
	}
	nf_ct_attach(nskb, skb);
	fp_reset4_finish(net, nskb);
}

static struct dst_entry *fp_reset6_route(struct net *net, const struct sk_buff *skb,
					 const struct tcphdr *th)
{
	const struct ipv6hdr *old = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_proto = IPPROTO_TCP,
		.flowi6_mark = IP6_REPLY_MARK(net, skb->mark),
		.saddr = old->daddr,
		.daddr = old->saddr,
		.fl6_sport = th->dest,
		.fl6_dport = th->source,
	};

	if (ipv6_addr_type(&old->saddr) & IPV6_ADDR_LINKLOCAL)
		fl6.flowi6_oif = skb->dev->ifindex;
	return ip6_route_output(net, NULL, &fl6);
}

static void fp_reset6_finish(struct net *net, struct sk_buff *nskb)
{
	struct ipv6hdr *ip6h = ipv6_hdr(nskb);
	struct tcphdr *th = tcp_hdr(nskb);

	th->check = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, sizeof(*th),
				    IPPROTO_TCP, csum_partial(th, sizeof(*th), 0));
	nskb->ip_summed = CHECKSUM_NONE;
	ip6_local_out(net, NULL, nskb);
}

static void fp_reset6(struct net *net, struct sk_buff *skb)
{
	const struct ipv6hdr *old = ipv6_hdr(skb);
	unsigned int off = skb_network_offset(skb);
	const struct tcphdr *th;
	struct dst_entry *dst;
	struct ipv6hdr *ip6h;
	struct sk_buff *nskb;
	struct tcphdr buf;

	if (ipv6_find_hdr(skb, &off, IPPROTO_TCP, NULL, NULL) != IPPROTO_TCP)
		return;
	th = fp_reset_tcph(skb, off, &buf);
	if (!th)
		return;
	dst = fp_reset6_route(net, skb, th);
	nskb = dst->error ? NULL : fp_reset_alloc(skb, sizeof(*ip6h));
	if (!nskb) {
		dst_release(dst);
		return;
	}
	skb_dst_set(nskb, dst);
	ip6h = skb_put_zero(nskb, sizeof(*ip6h));
	ip6_flow_hdr(ip6h, 0, 0);
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = ip6_dst_hoplimit(dst);
	ip6h->saddr = old->daddr;
	ip6h->daddr = old->saddr;
	skb_set_transport_header(nskb, sizeof(*ip6h));
	fp_reset_put(nskb, th, skb->len - (off - skb_network_offset(skb)));
	nskb->mark = IP6_REPLY_MARK(net, skb->mark);
	nf_ct_attach(nskb, skb);
	fp_reset6_finish(net, nskb);
}

/**
 * fp_reset() - reset the connection that a TCP packet wants
 * @net: namespace
 * @skb: packet that was routed and is for the gateway
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Quietly does nothing where no answer can be sent.
 *
 * Context: softirq, in a hook.
 */
void fp_reset(struct net *net, struct sk_buff *skb, u8 pf)
{
	if (pf == NFPROTO_IPV6)
		fp_reset6(net, skb);
	else
		fp_reset4(net, skb);
}
