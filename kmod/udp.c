// SPDX-License-Identifier: GPL-2.0
/*
 * SIP over UDP: one datagram is one message. It is parsed, inspected and
 * rewritten by static-PAT rows, all in place, or dropped under the name of what
 * is wrong with it: no response is sent, for the source of a datagram is not
 * proved.
 */
#include <linux/mm.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_tuple.h>
#include <net/netfilter/nf_nat_helper.h>
#include <fedpat/relay.h>
#include <fedpat/sip.h>
#include "plane.h"
#include "udp.h"

/**
 * struct fp_udp_work - memory for one datagram at a time
 * @msg: the message
 * @work: of the rewrite
 * @out: what becomes of it
 */
struct fp_udp_work {
	struct fp_sip_msg msg;
	struct fp_sip_work work;
	u8 out[U16_MAX];
};

/* One a CPU, used with bottom halves off. Made when first needed, kept. */
static DEFINE_PER_CPU(struct fp_udp_work *, fp_udp_works);
/* Protects the making of fp_udp_works; readers come after a publication. */
static DEFINE_MUTEX(fp_udp_lock);

/**
 * struct fp_udp - a datagram
 * @fpn: namespace
 * @p: policy
 * @skb: the packet
 * @ct: its flow
 * @ctinfo: which direction
 * @protoff: offset of the UDP header
 * @from: side that it comes from
 * @federation: that it belongs to
 * @peer: the partner; NULL where no peer lists his address
 * @node: inside end of the flow
 * @w: memory
 */
struct fp_udp {
	struct fp_net *fpn;
	const struct fp_policy *p;
	struct sk_buff *skb;
	struct nf_conn *ct;
	enum ip_conntrack_info ctinfo;
	unsigned int protoff;
	enum fp_side from;
	const struct fp_federation *federation;
	const struct fp_peer *peer;
	struct fp_endpoint node;
	struct fp_udp_work *w;
};

/* --- whose is it? ------------------------------------------------------------- */

static void fp_udp_endpoint(struct fp_endpoint *ep, u16 l3num,
			    const union nf_inet_addr *u3, __be16 port)
{
	fp_addr_of_ct(&ep->addr, l3num, u3);
	ep->port = ntohs(port);
}

/* Inside and outside end of a flow; the outside one as it is outside. */
static void fp_udp_ends(const struct nf_conn *ct, const struct fp_udp_flow *flow,
			struct fp_endpoint *node, struct fp_endpoint *partner)
{
	const struct nf_conntrack_tuple *orig = nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);
	const struct nf_conntrack_tuple *reply = nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	u16 l3num = nf_ct_l3num(ct);

	if (flow->from == FP_INSIDE) {
		fp_udp_endpoint(node, l3num, &orig->src.u3, orig->src.u.udp.port);
		fp_udp_endpoint(partner, l3num, &reply->src.u3, reply->src.u.udp.port);
	} else {
		fp_udp_endpoint(node, l3num, &reply->src.u3, reply->src.u.udp.port);
		fp_udp_endpoint(partner, l3num, &orig->src.u3, orig->src.u.udp.port);
	}
}

static u32 fp_udp_find_federation(const struct fp_policy *p,
				  const struct fp_endpoint *node)
{
	const struct fp_static_pat *row;
	u32 i, n = fp_policy_count(p, FP_KIND_FEDERATION);

	row = fp_static_pat_by_node_rcu(p, IPPROTO_UDP, node);
	if (row && row->federation)
		return row->federation - p->federation;
	/* It sends from another port than it listens on. */
	for (i = 0; i < n; i++)
		if (fp_realm_main_row(p->federation[i].realm, IPPROTO_UDP, &node->addr) >= 0)
			return i;
	return FP_UDP_NONE;
}

static bool fp_udp_peer_has(const struct fp_peer_obj *obj, const struct fp_addr *addr)
{
	u32 i;

	if (obj->role != FEDPAT_ROLE_OUTSIDE ||
	    (obj->transport != FEDPAT_TRANSPORT_UDP &&
	     obj->transport != FEDPAT_TRANSPORT_ANY))
		return false;
	for (i = 0; i < obj->n_addrs; i++)
		if (!memcmp(&obj->addrs[i], addr, sizeof(*addr)))
			return true;
	return false;
}

static u32 fp_udp_find_peer(const struct fp_policy *p, u32 federation,
			    const struct fp_addr *addr)
{
	u32 i, n = fp_policy_count(p, FP_KIND_PEER);

	for (i = 0; i < n; i++)
		if (p->peer[i].federation == &p->federation[federation] &&
		    fp_udp_peer_has(p->peer[i].obj, addr))
			return i;
	return FP_UDP_NONE;
}

/* Once for a flow and policy: no search grows with the number of messages. */
static void fp_udp_know(const struct fp_policy *p, struct fp_udp_flow *flow,
			const struct fp_endpoint *node,
			const struct fp_endpoint *partner)
{
	if (flow->known && flow->generation == p->generation)
		return;
	flow->known = true;
	flow->generation = p->generation;
	flow->peer = FP_UDP_NONE;
	flow->federation = fp_udp_find_federation(p, node);
	if (flow->federation != FP_UDP_NONE)
		flow->peer = fp_udp_find_peer(p, flow->federation, &partner->addr);
}

static enum fp_reason fp_udp_belong(struct fp_udp *u, struct fp_udp_flow *flow)
{
	struct fp_endpoint partner;
	u32 federation, peer;

	fp_udp_ends(u->ct, flow, &u->node, &partner);
	spin_lock_bh(&u->ct->lock);
	fp_udp_know(u->p, flow, &u->node, &partner);
	federation = flow->federation;
	peer = flow->peer;
	spin_unlock_bh(&u->ct->lock);

	if (federation == FP_UDP_NONE)
		return FP_R_UDP_NO_FEDERATION;
	u->federation = &u->p->federation[federation];
	u->peer = peer == FP_UDP_NONE ? NULL : &u->p->peer[peer];
	return FP_R_NONE;
}

/* --- one message ---------------------------------------------------------------- */

/* Keeps bindings of NAT open (RFC 5626 section 4.4.1, and what is deployed). */
static bool fp_udp_is_keepalive(struct fp_slice data)
{
	u32 i;

	for (i = 0; i < data.len; i++)
		if (data.p[i] != '\r' && data.p[i] != '\n')
			return false;
	return data.len <= 4;
}

static enum fp_reason fp_udp_inspect(const struct fp_udp *u)
{
	const struct fp_sip_msg *msg = &u->w->msg;
	struct fp_leg_view in = {
		.side = u->from,
		.tp = FP_TP_UDP,
		.domains = u->peer ? u->peer->domains : NULL,
	};

	/* A request speaks for somebody, and here the address alone proves who. */
	if (msg->is_request && u->from == FP_OUTSIDE && !u->peer)
		return FP_R_UDP_UNKNOWN_PEER;
	return fp_sip_inspect(u->federation->realm, &in, msg, &u->w->work);
}

/* The message without what follows it in the datagram: nobody has looked at that. */
static struct fp_slice fp_udp_message(const struct fp_sip_msg *msg)
{
	return fp_slice(msg->buf, msg->body.len ? fp_span_end(msg->body) : msg->head_len);
}

/*
 * It fitted until we made it longer: the sender can do nothing about that, and
 * would be told of an MTU that it keeps already. The id of a datagram that must
 * not be fragmented says nothing, and is 0 as a rule (RFC 6864, 4.1): fragments
 * need one of their own, or those of two datagrams would be put together.
 */
static void fp_udp_may_fragment(const struct fp_udp *u)
{
	struct iphdr *iph;

	u->skb->ignore_df = 1;
	if (nf_ct_l3num(u->ct) != NFPROTO_IPV4)
		return;
	iph = ip_hdr(u->skb);
	if (!(iph->frag_off & htons(IP_DF)))
		return;
	__ip_select_ident(nf_ct_net(u->ct), iph, 1);
	ip_send_check(iph);
}

static enum fp_reason fp_udp_put(const struct fp_udp *u, struct fp_slice msg, u32 room)
{
	struct fp_udp_work *w = u->w;
	s64 len;

	if (!w->work.edits.n && msg.len == room)
		return FP_R_NONE;
	len = fp_edits_apply(&w->work.edits, msg, w->out, sizeof(w->out));
	/* The function below lets the length of the packet wrap where there is tailroom. */
	if (len < 0 || u->protoff + sizeof(struct udphdr) + len > U16_MAX)
		return FP_R_UDP_NO_ROOM;
	if (!nf_nat_mangle_udp_packet(u->skb, u->ct, u->ctinfo, u->protoff, 0, room,
				      w->out, len))
		return FP_R_UDP_NO_ROOM;
	if (len > room)
		fp_udp_may_fragment(u);
	return FP_R_NONE;
}

/* @data: the datagram; @room: octets behind the UDP header, padding included. */
static enum fp_reason fp_udp_message_pass(const struct fp_udp *u, struct fp_slice data,
					  u32 room)
{
	struct fp_udp_work *w = u->w;
	enum fp_reason reason;

	if (data.len > u->federation->inspect->max_message)
		return FP_R_FRAME_TOO_LARGE;
	reason = fp_sip_parse(&w->msg, data.p, data.len, FP_PARSE_DATAGRAM);
	if (!reason)
		reason = fp_udp_inspect(u);
	if (!reason)
		reason = fp_sip_rewrite_alg(u->federation->realm, u->from, &u->node,
					    &w->msg, &w->work);
	if (!reason)
		reason = fp_udp_put(u, fp_udp_message(&w->msg), room);
	return reason;
}

/* Makes the packet one piece and finds the datagram in it. */
static enum fp_reason fp_udp_data(const struct fp_udp *u, struct fp_slice *data, u32 *room)
{
	unsigned int head = u->protoff + sizeof(struct udphdr);
	const struct udphdr *uh;
	u16 len;

	/* Several datagrams in one buffer: the lengths of none are in it. */
	if (skb_is_gso(u->skb))
		return FP_R_UDP_COALESCED;
	if (skb_linearize(u->skb))
		return FP_R_UDP_NO_ROOM;
	if (u->skb->len < head)
		return FP_R_NO_HEADER;
	uh = (const struct udphdr *)(u->skb->data + u->protoff);
	len = ntohs(uh->len);
	*room = u->skb->len - head;
	if (len < sizeof(*uh) || len - sizeof(*uh) > *room)
		return FP_R_NO_HEADER;
	*data = fp_slice(u->skb->data + head, len - sizeof(*uh));
	return FP_R_NONE;
}

static enum fp_reason fp_udp_pass(struct fp_udp *u, struct fp_udp_flow *flow)
{
	enum fp_reason reason;
	struct fp_slice data;
	u32 room;

	reason = fp_udp_data(u, &data, &room);
	if (reason || (fp_udp_is_keepalive(data) && data.len == room))
		return reason;
	reason = fp_udp_belong(u, flow);
	if (reason)
		return reason;
	reason = fp_udp_message_pass(u, data, room);
	if (!reason)
		fp_stat_inc(u->fpn, FP_S_UDP_MESSAGES);
	return reason;
}

/**
 * fp_udp_packet() - inspect and rewrite a datagram
 * @skb: packet, translated
 * @protoff: offset of its UDP header
 * @ct: flow
 * @ctinfo: which direction of it
 * @flow: what the helper keeps for it
 *
 * Context: conntrack's helper hook, rcu_read_lock().
 * Return: NF_ACCEPT or NF_DROP.
 */
unsigned int fp_udp_packet(struct sk_buff *skb, unsigned int protoff,
			   struct nf_conn *ct, enum ip_conntrack_info ctinfo,
			   struct fp_udp_flow *flow)
{
	bool forth = CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL;
	struct fp_udp u = {
		.fpn = fp_net(nf_ct_net(ct)),
		.skb = skb,
		.ct = ct,
		.ctinfo = ctinfo,
		.protoff = protoff,
	};
	enum fp_reason reason;
	struct fp_acl_key key;

	u.p = fp_policy_rcu(u.fpn);
	if (WARN_ON_ONCE(!u.p))
		return NF_DROP;
	u.from = forth == (flow->from == FP_INSIDE) ? FP_INSIDE : FP_OUTSIDE;

	/* Replies of the gateway itself come in process context. */
	local_bh_disable();
	u.w = this_cpu_read(fp_udp_works);
	reason = u.w ? fp_udp_pass(&u, flow) : FP_R_UDP_NO_ROOM;
	local_bh_enable();
	if (!reason)
		return NF_ACCEPT;

	fp_key_of_tuple(&key, nf_ct_tuple(ct, CTINFO2DIR(ctinfo)));
	fp_refuse(u.fpn, reason, NULL, &key);
	return NF_DROP;
}

/* --- memory ------------------------------------------------------------------------ */

static int fp_udp_alloc(void)
{
	struct fp_udp_work *w;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu(fp_udp_works, cpu))
			continue;
		w = kvzalloc_node(sizeof(*w), GFP_KERNEL, cpu_to_node(cpu));
		if (!w)
			return -ENOMEM;
		per_cpu(fp_udp_works, cpu) = w;
	}
	return 0;
}

/**
 * fp_udp_prepare() - take the memory that datagrams need
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int fp_udp_prepare(void)
{
	int err;

	mutex_lock(&fp_udp_lock);
	err = fp_udp_alloc();
	mutex_unlock(&fp_udp_lock);
	return err;
}

/**
 * fp_udp_exit() - give it back
 *
 * Context: may sleep, after fp_helper_exit().
 */
void fp_udp_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu(fp_udp_works, cpu));
		per_cpu(fp_udp_works, cpu) = NULL;
	}
}
