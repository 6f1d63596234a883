// SPDX-License-Identifier: GPL-2.0
/*
 * Access lists: the first packet of a flow is judged right behind conntrack, by
 * its original addresses, before anybody translates them. Packets of confirmed
 * flows pass without a lookup.
 *
 * A packet that conntrack does not know as part of a flow has no verdict to
 * inherit. It is judged by itself when it is untracked, and dropped when
 * conntrack calls it invalid, where a list is bound; errors of ICMP excepted.
 * Nobody translates it either, so it must not leave where PAT hides addresses.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter_ipv4.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include "plane.h"
#include "udp.h"

/**
 * struct fp_pkt - a packet that is being judged
 * @fpn: namespace
 * @p: policy
 * @in: interface that it entered by
 * @zone: of @in
 * @key: original tuple of its flow, or its own when it has none
 * @scope: what its destination is
 */
struct fp_pkt {
	struct fp_net *fpn;
	const struct fp_policy *p;
	const struct net_device *in;
	const struct fp_zone *zone;
	struct fp_acl_key key;
	enum fp_scope scope;
};

static void fp_notice_key(struct fp_notice *n, const struct fp_acl_key *key)
{
	n->remote.addr = key->src;
	n->local.addr = key->dst;
	if (fp_has_ports(key->proto)) {
		n->remote.port = key->sport;
		n->local.port = key->dport;
	}
}

/**
 * fp_refuse() - count a drop and tell who listens
 * @fpn: namespace
 * @reason: why
 * @zone: that the packet entered by; may be NULL
 * @key: the packet
 *
 * Context: any.
 */
void fp_refuse(struct fp_net *fpn, enum fp_reason reason,
	       const struct fp_zone *zone, const struct fp_acl_key *key)
{
	struct fp_notice n = { .event = FEDPAT_EVENT_REFUSED, .reason = reason };

	fp_count(fpn, reason);
	if (!fp_event_wanted(fpn))
		return;
	if (zone)
		n.zone = zone->obj->o.name;
	fp_notice_key(&n, key);
	fp_event_send(fpn, &n, GFP_ATOMIC);
}

static void fp_filter_tell(const struct fp_pkt *pkt, const struct fp_verdict *v)
{
	struct fp_notice n = { .event = FEDPAT_EVENT_REFUSED, .reason = v->reason };

	if (!fp_event_wanted(pkt->fpn))
		return;
	n.zone = pkt->zone->obj->o.name;
	if (v->acl)
		n.acl = v->acl->o.name;
	if (v->entry) {
		n.line = v->line;
		if (v->entry->ace.flags & FP_ACE_LOG)
			n.event = FEDPAT_EVENT_ACL_LOG;
	}
	fp_notice_key(&n, &pkt->key);
	fp_event_send(pkt->fpn, &n, GFP_ATOMIC);
}

/* Hits, counters and notices of a verdict. Returns what netfilter shall do. */
static unsigned int fp_filter_apply(const struct fp_pkt *pkt,
				    const struct fp_verdict *v)
{
	bool tell = v->reason != FP_R_NONE;

	if (v->entry) {
		fp_hit(&v->entry->hits);
		tell |= v->entry->ace.flags & FP_ACE_LOG;
	} else if (v->acl) {
		fp_hit(&v->acl->o.tally->other);
	}
	if (v->reason != FP_R_NONE)
		fp_count(pkt->fpn, v->reason);
	if (tell)
		fp_filter_tell(pkt, v);
	return v->reason == FP_R_NONE ? NF_ACCEPT : NF_DROP;
}

static unsigned int fp_filter_drop(const struct fp_pkt *pkt, enum fp_reason reason)
{
	fp_refuse(pkt->fpn, reason, pkt->zone, &pkt->key);
	return NF_DROP;
}

/* False where nothing is asked of the packet: its interface is in no zone. */
static bool fp_pkt_init(struct fp_pkt *pkt, const struct nf_hook_state *state)
{
	pkt->fpn = fp_net(state->net);
	pkt->in = state->in;
	pkt->p = fp_policy_rcu(pkt->fpn);
	pkt->zone = fp_zone_by_ifindex_rcu(pkt->p, state->in->ifindex);
	return pkt->zone;
}

static void fp_pkt_scope(struct fp_pkt *pkt)
{
	pkt->scope = fp_scope_rcu(pkt->p, pkt->fpn->net, pkt->in, pkt->zone, &pkt->key);
}

static void fp_pkt_of_ct(struct fp_pkt *pkt, const struct nf_conn *ct)
{
	fp_key_of_tuple(&pkt->key, nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL));
	fp_pkt_scope(pkt);
}

static bool fp_is_icmp_error(const struct fp_acl_key *key)
{
	if (key->proto == IPPROTO_ICMPV6)
		return !(key->sport & ICMPV6_INFOMSG_MASK);
	if (key->proto != IPPROTO_ICMP)
		return false;
	switch (key->sport) {
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
	case ICMP_REDIRECT:
		return true;
	default:
		return false;
	}
}

/* A fragment this far behind conntrack was kept from being reassembled. */
static bool fp_is_fragment(const struct sk_buff *skb, u8 pf)
{
	unsigned int off = 0;
	int flags = 0;

	if (pf == NFPROTO_IPV4)
		return ip_is_fragment(ip_hdr(skb));
	ipv6_find_hdr(skb, &off, -1, NULL, &flags);
	return flags & IP6_FH_F_FRAG;
}

static void fp_key_addrs(struct fp_acl_key *key, const struct sk_buff *skb, u8 pf)
{
	union nf_inet_addr src = {}, dst = {};

	if (pf == NFPROTO_IPV6) {
		src.in6 = ipv6_hdr(skb)->saddr;
		dst.in6 = ipv6_hdr(skb)->daddr;
	} else {
		src.ip = ip_hdr(skb)->saddr;
		dst.ip = ip_hdr(skb)->daddr;
	}
	fp_addr_of_ct(&key->src, pf, &src);
	fp_addr_of_ct(&key->dst, pf, &dst);
}

/* Reads the packet itself. Returns why it cannot be done. */
static enum fp_reason fp_key_of_skb(struct fp_acl_key *key, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct nf_conntrack_tuple tuple;

	memset(key, 0, sizeof(*key));
	fp_key_addrs(key, skb, state->pf);
	if (fp_is_fragment(skb, state->pf))
		return FP_R_FRAGMENT;
	if (!nf_ct_get_tuplepr(skb, skb_network_offset(skb), state->pf,
			       state->net, &tuple))
		return FP_R_NO_HEADER;
	fp_key_of_tuple(key, &tuple);
	return FP_R_NONE;
}

static unsigned int fp_filter_judge(const struct fp_pkt *pkt)
{
	struct fp_verdict v;

	fp_judge_rcu(pkt->p, pkt->zone, &pkt->key, pkt->scope, &v);
	return fp_filter_apply(pkt, &v);
}

/* Are packets to there ours to answer for, be a list bound or not? */
static bool fp_pkt_is_ours(const struct fp_pkt *pkt)
{
	enum fp_act act;

	if (pkt->zone->acl || pkt->scope == FP_SCOPE_PUBLIC)
		return true;
	fp_class_rcu(pkt->p, pkt->zone, &pkt->key, &act);
	return act != FP_ACT_NONE;
}

/*
 * Of the link and untracked by conntrack: neighbours that ask for an address of ours,
 * or answer it, also where that address is a public one. No list of people lets them
 * in, and without them nobody reaches it. ndisc checks that they were not forwarded.
 */
static bool fp_is_neighbour(const struct fp_pkt *pkt)
{
	if (pkt->key.proto != IPPROTO_ICMPV6)
		return false;
	switch (pkt->key.sport) {
	case ICMPV6_MGM_QUERY ... NDISC_REDIRECT:
	case ICMPV6_MLD2_REPORT:
		return fp_addr_is_local(pkt->fpn->net, pkt->in, &pkt->key.dst);
	default:
		return false;
	}
}

/* A packet of no flow. */
static unsigned int fp_filter_stray(struct fp_pkt *pkt, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    bool untracked)
{
	enum fp_reason reason;

	reason = fp_key_of_skb(&pkt->key, skb, state);
	if (reason == FP_R_NONE && fp_is_icmp_error(&pkt->key))
		return NF_ACCEPT;
	if (reason == FP_R_NONE && untracked && fp_is_neighbour(pkt))
		return NF_ACCEPT;
	fp_pkt_scope(pkt);
	if (pkt->scope == FP_SCOPE_HOST)
		return NF_ACCEPT;
	/* Not translated, it would hit the gateway where nobody listens: a reset. */
	if (reason == FP_R_NONE && !untracked)
		reason = FP_R_INVALID;
	if (reason == FP_R_NONE)
		return fp_filter_judge(pkt);
	return fp_pkt_is_ours(pkt) ? fp_filter_drop(pkt, reason) : NF_ACCEPT;
}

/* First packet of a flow that nobody expected? Those that were expected pass. */
static bool fp_is_first(const struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	return ctinfo == IP_CT_NEW && !nf_ct_is_confirmed(ct) &&
	       !nf_ct_is_template(ct);
}

static unsigned int fp_filter_enter(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct fp_pkt pkt;

	if (likely(ct && !fp_is_first(ct, ctinfo)))
		return NF_ACCEPT;
	if (!fp_pkt_init(&pkt, state))
		return NF_ACCEPT;
	if (!ct)
		return fp_filter_stray(&pkt, skb, state, ctinfo == IP_CT_UNTRACKED);
	fp_pkt_of_ct(&pkt, ct);
	return fp_filter_judge(&pkt);
}

/*
 * Somebody else translated the destination before our class map was asked, so
 * the flow would pass the inspection that the class map orders.
 */
static bool fp_class_bypassed(const struct fp_pkt *pkt, const struct nf_conn *ct)
{
	enum fp_act act;

	if (!(READ_ONCE(ct->status) & IPS_DST_NAT))
		return false;
	fp_class_rcu(pkt->p, pkt->zone, &pkt->key, &act);
	return act == FP_ACT_REDIRECT || (act == FP_ACT_HELPER && !fp_helper_is_ours(ct));
}

static unsigned int fp_filter_forward_first(struct fp_pkt *pkt,
					    const struct nf_conn *ct)
{
	fp_pkt_of_ct(pkt, ct);
	if (fp_class_bypassed(pkt, ct))
		return fp_filter_drop(pkt, FP_R_CLASS_BYPASSED);
	if (pkt->scope != FP_SCOPE_HOST)
		return NF_ACCEPT;
	/* Sent to the gateway, and translated by others to somewhere behind it. */
	pkt->scope = FP_SCOPE_TRANSIT;
	return fp_filter_judge(pkt);
}

/* A packet of no flow is not translated: it would show the inside address. */
static unsigned int fp_filter_leak(struct fp_pkt *pkt, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	const struct fp_zone *out;

	out = fp_zone_by_ifindex_rcu(pkt->p, state->out->ifindex);
	if (!out || out == pkt->zone || !(pkt->p->flags & FP_POLICY_PAT))
		return NF_ACCEPT;
	fp_key_of_skb(&pkt->key, skb, state);
	if (!fp_pat_first_rcu(pkt->p, out, &pkt->key.src))
		return NF_ACCEPT;
	return fp_filter_drop(pkt, FP_R_UNTRANSLATED);
}

static unsigned int fp_filter_forward(void *priv, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct fp_pkt pkt;
	bool zoned;

	if (likely(ct && !fp_is_first(ct, ctinfo)))
		return NF_ACCEPT;
	zoned = fp_pkt_init(&pkt, state);
	if (!ct)
		return fp_filter_leak(&pkt, skb, state);
	return zoned ? fp_filter_forward_first(&pkt, ct) : NF_ACCEPT;
}

const struct nf_hook_ops fp_filter_ops[] = {
	{
		/* Behind conntrack, before every translation, ours and others'. */
		.hook		= fp_filter_enter,
		.pf		= NFPROTO_INET,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_CONNTRACK + 1,
	},
	{
		.hook		= fp_filter_forward,
		.pf		= NFPROTO_INET,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FILTER - 1,
	},
	{
		/* Behind translation: what is quoted has its last addresses. */
		.hook		= fp_quote,
		.pf		= NFPROTO_INET,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP_PRI_NAT_SRC + 1,
	},
};

const unsigned int fp_filter_n = ARRAY_SIZE(fp_filter_ops);

/*
 * The daemon's listeners are for connections that a class map redirected. Who
 * dials one directly would be served by the daemon with no policy asked.
 */
static bool fp_guard_redirected(const struct fp_pkt *pkt, u16 port)
{
	const struct fp_class_map *class;
	enum fp_act act;

	if (!pkt->zone)
		return false;
	class = fp_class_rcu(pkt->p, pkt->zone, &pkt->key, &act);
	return act == FP_ACT_REDIRECT && class->proxy->obj->port == port;
}

static unsigned int fp_guard(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct fp_pkt pkt;
	u16 port;

	/* Over loopback a flow is confirmed before it gets here. */
	if (likely(!ct || ctinfo != IP_CT_NEW) || nf_ct_protonum(ct) != IPPROTO_TCP)
		return NF_ACCEPT;
	fp_pkt_init(&pkt, state);
	port = ntohs(nf_ct_tuple(ct, IP_CT_DIR_REPLY)->src.u.tcp.port);
	if (!fp_proxy_by_port_rcu(pkt.p, port))
		return NF_ACCEPT;
	fp_key_of_tuple(&pkt.key, nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL));
	if (fp_guard_redirected(&pkt, port))
		return NF_ACCEPT;
	fp_reset(state->net, skb, state->pf);
	return fp_filter_drop(&pkt, FP_R_NOT_REDIRECTED);
}

const struct nf_hook_ops fp_guard_ops[] = {
	{
		.hook		= fp_guard,
		.pf		= NFPROTO_INET,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP_PRI_FILTER - 1,
	},
};

const unsigned int fp_guard_n = ARRAY_SIZE(fp_guard_ops);
