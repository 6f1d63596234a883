// SPDX-License-Identifier: GPL-2.0
/*
 * Errors of ICMP quote the datagram that they are about. Of SIP over UDP that is
 * one that the helper has rewritten: an error that goes back where it came from
 * would show the other side's addresses, in text that netfilter does not translate.
 * All that whoever sent it needs is the header with the ports (RFC 792), and that
 * much is left.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include "plane.h"
#include "udp.h"

/* Cut the packet to @len octets. */
static bool fp_quote_trim(struct sk_buff *skb, unsigned int len)
{
	return !pskb_trim(skb, len) && !skb_ensure_writable(skb, len);
}

/*
 * Error and quoted header stay, with 8 octets behind. The length of the quote that
 * RFC 4884 puts in the header goes with the extensions that it led to.
 */
static bool fp_quote_cut4(struct sk_buff *skb)
{
	unsigned int at = skb_network_offset(skb) + ip_hdrlen(skb);
	unsigned int quoted = at + sizeof(struct icmphdr), len;
	struct iphdr buf;
	const struct iphdr *in = skb_header_pointer(skb, quoted, sizeof(buf), &buf);
	struct icmphdr *icmp;

	if (!in || in->ihl < 5)
		return false;
	len = quoted + in->ihl * 4 + sizeof(struct udphdr);
	if (skb->len <= len)
		return true;
	if (!fp_quote_trim(skb, len))
		return false;
	icmp = (struct icmphdr *)(skb->data + at);
	((u8 *)&icmp->un)[1] = 0;
	icmp->checksum = 0;
	icmp->checksum = ip_compute_csum(icmp, len - at);
	ip_hdr(skb)->tot_len = htons(len - skb_network_offset(skb));
	ip_send_check(ip_hdr(skb));
	skb->ip_summed = CHECKSUM_NONE;
	return true;
}

/* Where the quoted packet's UDP header ends, 0 for nowhere. */
static unsigned int fp_quote_end6(const struct sk_buff *skb, unsigned int quoted)
{
	struct ipv6hdr buf;
	const struct ipv6hdr *in = skb_header_pointer(skb, quoted, sizeof(buf), &buf);
	__be16 frag;
	u8 next;
	int off;

	if (!in)
		return 0;
	next = in->nexthdr;
	off = ipv6_skip_exthdr(skb, quoted + sizeof(*in), &next, &frag);
	return off < 0 ? 0 : off + sizeof(struct udphdr);
}

static bool fp_quote_cut6(struct sk_buff *skb)
{
	unsigned int net = skb_network_offset(skb), at, len;
	u8 next = ipv6_hdr(skb)->nexthdr;
	struct icmp6hdr *icmp;
	__be16 frag;
	int off;

	off = ipv6_skip_exthdr(skb, net + sizeof(struct ipv6hdr), &next, &frag);
	if (off < 0 || next != IPPROTO_ICMPV6)
		return false;
	at = off;
	len = fp_quote_end6(skb, at + sizeof(*icmp));
	if (!len)
		return false;
	if (skb->len <= len)
		return true;
	if (!fp_quote_trim(skb, len))
		return false;
	icmp = (struct icmp6hdr *)(skb->data + at);
	if (icmp->icmp6_type == ICMPV6_DEST_UNREACH || icmp->icmp6_type == ICMPV6_TIME_EXCEED)
		icmp->icmp6_dataun.un_data8[0] = 0;
	icmp->icmp6_cksum = 0;
	icmp->icmp6_cksum = csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr,
					    len - at, IPPROTO_ICMPV6,
					    csum_partial(icmp, len - at, 0));
	ipv6_hdr(skb)->payload_len = htons(len - net - sizeof(struct ipv6hdr));
	skb->ip_summed = CHECKSUM_NONE;
	return true;
}

/**
 * fp_quote() - hook: cut what an error of ICMP quotes of a rewritten datagram
 * @priv: not used
 * @skb: packet that leaves, translated
 * @state: the hook's
 *
 * Context: softirq, or process for errors of the gateway's own.
 * Return: NF_ACCEPT, or NF_DROP for an error of which nobody can say what it shows.
 */
unsigned int fp_quote(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (likely(!ct || (ctinfo != IP_CT_RELATED && ctinfo != IP_CT_RELATED_REPLY)))
		return NF_ACCEPT;
	if (!fp_helper_is_ours(ct))
		return NF_ACCEPT;
	if (state->pf == NFPROTO_IPV6 ? fp_quote_cut6(skb) : fp_quote_cut4(skb))
		return NF_ACCEPT;
	fp_count(fp_net(state->net), FP_R_NO_HEADER);
	return NF_DROP;
}
