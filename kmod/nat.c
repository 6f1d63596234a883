// SPDX-License-Identifier: GPL-2.0
/*
 * PAT, static PAT, and the way to the daemon's listener.
 *
 * The NAT core asks us once for each flow and direction of manipulation, right
 * before chains of nft at the standard priorities. Whoever sets a translation up
 * first wins: a chain of nft with a priority below dstnat or srcnat minus one
 * comes before us, and what it translates is not ours any more (the filter
 * drops a flow that evades inspection that way).
 */
#include <linux/inetdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/random.h>
#include <net/addrconf.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_nat.h>
#include <net/netfilter/nf_nat_masquerade.h>
#include <net/tcp.h>
#include "plane.h"
#include "udp.h"

/* Ports looked at for one flow when the core found none, some 100 us. */
#define FP_PAT_PROBES	1024

/**
 * struct fp_nat - a flow that is being set up
 * @fpn: namespace
 * @p: policy
 * @ct: the flow
 * @skb: its first packet
 * @state: of the hook
 * @zone: that it entered by, NULL for none
 * @key: its original tuple
 */
struct fp_nat {
	struct fp_net *fpn;
	const struct fp_policy *p;
	struct nf_conn *ct;
	struct sk_buff *skb;
	const struct nf_hook_state *state;
	const struct fp_zone *zone;
	struct fp_acl_key key;
};

static unsigned int fp_nat_drop(const struct fp_nat *n, enum fp_reason reason)
{
	fp_refuse(n->fpn, reason, n->zone, &n->key);
	return NF_DROP;
}

/* False where it is not for us to translate: expected, or already on its way. */
static bool fp_nat_init(struct fp_nat *n, struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;

	n->ct = nf_ct_get(skb, &ctinfo);
	/* Set-up does nothing for a confirmed flow and does not say so. */
	if (!n->ct || ctinfo != IP_CT_NEW || nf_ct_is_confirmed(n->ct) || !state->in)
		return false;
	n->skb = skb;
	n->state = state;
	n->fpn = fp_net(state->net);
	n->p = fp_policy_rcu(n->fpn);
	n->zone = fp_zone_by_ifindex_rcu(n->p, state->in->ifindex);
	fp_key_of_tuple(&n->key, nf_ct_tuple(n->ct, IP_CT_DIR_ORIGINAL));
	return true;
}

static void fp_nat_addr(union nf_inet_addr *to, const struct fp_addr *from)
{
	memset(to, 0, sizeof(*to));
	if (from->family == 6)
		memcpy(&to->in6, from->b, sizeof(to->in6));
	else
		memcpy(&to->ip, from->b, sizeof(to->ip));
}

/* Whole and zeroed: fields without their flag are read as well. */
static void fp_nat_range(struct nf_nat_range2 *range, const struct fp_addr *addr,
			 u16 lo, u16 hi)
{
	memset(range, 0, sizeof(*range));
	if (addr) {
		range->flags |= NF_NAT_RANGE_MAP_IPS;
		fp_nat_addr(&range->min_addr, addr);
		range->max_addr = range->min_addr;
	}
	if (lo) {
		range->flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
		range->min_proto.all = htons(lo);
		range->max_proto.all = htons(hi);
	}
}

static unsigned int fp_nat_to(const struct fp_nat *n, const struct fp_addr *addr, u16 port)
{
	struct nf_nat_range2 range;

	fp_nat_range(&range, addr, port, port);
	if (nf_nat_setup_info(n->ct, &range, NF_NAT_MANIP_DST) != NF_ACCEPT)
		return fp_nat_drop(n, FP_R_NAT_FAILED);
	return NF_ACCEPT;
}

/* --- redirection to the daemon ---------------------------------------------- */

static bool fp_redirect_select4(const struct fp_nat *n, struct fp_addr *addr)
{
	__be32 ip, peer;

	memcpy(&peer, n->key.src.b, sizeof(peer));
	ip = inet_select_addr(n->state->in, peer, RT_SCOPE_UNIVERSE);
	if (!ip)
		return false;
	memcpy(addr->b, &ip, sizeof(ip));
	return true;
}

static bool fp_redirect_select6(const struct fp_nat *n, struct fp_addr *addr)
{
	struct in6_addr ip, peer;

	memcpy(&peer, n->key.src.b, sizeof(peer));
	if (ipv6_dev_get_saddr(n->state->net, n->state->in, &peer, 0, &ip))
		return false;
	/* Needs a scope that the daemon's socket is not given. */
	if (ipv6_addr_type(&ip) & IPV6_ADDR_LINKLOCAL)
		return false;
	memcpy(addr->b, &ip, sizeof(ip));
	return true;
}

/*
 * Which address of the gateway the connection shall end at. An address of ours
 * stays as it is. For transit it is the one by which the inside knows the
 * gateway, else one of the interface that it entered by.
 */
static bool fp_redirect_addr(const struct fp_nat *n, const struct fp_proxy *proxy,
			     struct fp_addr *addr)
{
	const struct fp_addr *inside = &proxy->federation->obj->inside;
	struct net *net = n->state->net;

	*addr = n->key.dst;
	if (fp_addr_is_local(net, n->state->in, addr))
		return true;
	if (inside->family == addr->family &&
	    fp_addr_is_local(net, n->state->in, inside)) {
		*addr = *inside;
		return true;
	}
	memset(addr->b, 0, sizeof(addr->b));
	return addr->family == 6 ? fp_redirect_select6(n, addr) :
				   fp_redirect_select4(n, addr);
}

static bool fp_listens4(const struct fp_nat *n, const struct fp_addr *addr, u16 port)
{
	struct net *net = n->state->net;
	__be32 ip, peer;

	memcpy(&ip, addr->b, sizeof(ip));
	memcpy(&peer, n->key.src.b, sizeof(peer));
	return __inet_lookup_listener(net, net->ipv4.tcp_death_row.hashinfo, NULL, 0,
				      peer, htons(n->key.sport), ip, port,
				      n->state->in->ifindex, 0);
}

static bool fp_listens6(const struct fp_nat *n, const struct fp_addr *addr, u16 port)
{
	struct net *net = n->state->net;
	struct in6_addr ip, peer;

	memcpy(&ip, addr->b, sizeof(ip));
	memcpy(&peer, n->key.src.b, sizeof(peer));
	return inet6_lookup_listener(net, net->ipv4.tcp_death_row.hashinfo, NULL, 0,
				     &peer, htons(n->key.sport), &ip, port,
				     n->state->in->ifindex, 0);
}

/*
 * Is anybody there? Asked for SYN only: any other first packet belongs to a
 * connection that conntrack has lost, and TCP knows whether it still stands.
 */
static bool fp_redirect_heard(const struct fp_nat *n, const struct fp_addr *addr, u16 port)
{
	if (READ_ONCE(n->ct->proto.tcp.state) != TCP_CONNTRACK_SYN_SENT)
		return true;
	return addr->family == 6 ? fp_listens6(n, addr, port) :
				   fp_listens4(n, addr, port);
}

static unsigned int fp_redirect(const struct fp_nat *n, const struct fp_class_map *class)
{
	const struct fp_static_pat *row;
	struct fp_endpoint pub = { .addr = n->key.dst, .port = n->key.dport };
	u16 port = class->proxy->obj->port;
	struct fp_addr addr;

	if (!fp_redirect_addr(n, class->proxy, &addr))
		return fp_nat_drop(n, FP_R_REDIRECT_ADDRESS);
	if (!fp_redirect_heard(n, &addr, port))
		return fp_nat_drop(n, FP_R_NO_LISTENER);

	row = fp_static_pat_by_public_rcu(n->p, IPPROTO_TCP, &pub);
	if (row)
		fp_hit(&row->obj->o.tally->hits);
	return fp_nat_to(n, &addr, port);
}

/* --- destination: class maps and static PAT ---------------------------------- */

/* Before the translation, as the NAT core asks of helpers. */
static bool fp_nat_help(const struct fp_nat *n, const struct fp_dnat *d)
{
	u8 role = n->zone->obj->role;
	bool outside = d->row || role == FEDPAT_ROLE_OUTSIDE;

	if (role == FEDPAT_ROLE_INSIDE)
		outside = false;
	return fp_helper_attach(n->ct, outside ? FP_OUTSIDE : FP_INSIDE);
}

static unsigned int fp_nat_pre(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct fp_dnat d;
	struct fp_nat n;

	if (!fp_nat_init(&n, skb, state) || !n.zone)
		return NF_ACCEPT;
	fp_dnat_rcu(n.p, n.zone, &n.key, &d);
	if (d.class)
		fp_hit(&d.class->obj->o.tally->hits);
	if (d.act == FP_ACT_REDIRECT)
		return fp_redirect(&n, d.class);
	if (d.act == FP_ACT_REFUSE)
		return fp_nat_drop(&n, FP_R_CLASS_NO_PROXY);
	if (d.act == FP_ACT_HELPER && !fp_nat_help(&n, &d))
		return fp_nat_drop(&n, FP_R_NAT_FAILED);
	if (!d.row)
		return NF_ACCEPT;
	fp_hit(&d.row->obj->o.tally->hits);
	return fp_nat_to(&n, &d.row->obj->node.addr, d.row->obj->node.port);
}

/* --- source: PAT --------------------------------------------------------------- */

static bool fp_dev_has_addr6(const struct net_device *dev)
{
	struct inet6_dev *idev = __in6_dev_get(dev);
	const struct inet6_ifaddr *ifa;
	bool has = false;

	if (!idev)
		return false;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifa, &idev->addr_list, if_list)
		has |= !(ipv6_addr_type(&ifa->addr) & IPV6_ADDR_LINKLOCAL);
	read_unlock_bh(&idev->lock);
	return has;
}

/* The core would take the address of another interface, a public one perhaps. */
static bool fp_dev_has_addr(const struct net_device *dev, u8 pf)
{
	const struct in_device *indev;

	if (pf == NFPROTO_IPV6)
		return fp_dev_has_addr6(dev);
	indev = __in_dev_get_rcu(dev);
	return indev && rcu_access_pointer(indev->ifa_list);
}

static unsigned int fp_nat_masquerade(const struct fp_nat *n,
				      const struct nf_nat_range2 *range)
{
	const struct nf_hook_state *state = n->state;

	if (!fp_dev_has_addr(state->out, state->pf))
		return NF_DROP;
	if (state->pf == NFPROTO_IPV6)
		return nf_nat_masquerade_ipv6(n->skb, range, state->out);
	return nf_nat_masquerade_ipv4(n->skb, state->hook, range, state->out);
}

/*
 * The core tries some 240 ports at random, then leaves one that is taken and
 * drops the packet much later, where nobody could say why. In a range that is
 * nearly full that is too early to give up: look at more of it, in order, but
 * not at all of it in one softirq.
 */
static bool fp_nat_find_port(struct nf_conn *ct, const struct fp_pat_obj *obj)
{
	struct nf_conntrack_tuple reply = *nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	u32 range = obj->port_hi - obj->port_lo + 1;
	u32 from = get_random_u16();
	u32 i;

	if (!fp_has_ports(reply.dst.protonum))
		return false;
	for (i = 0; i < min_t(u32, range, FP_PAT_PROBES); i++) {
		reply.dst.u.all = htons(obj->port_lo + (from + i) % range);
		if (nf_conntrack_tuple_taken(&reply, ct))
			continue;
		nf_conntrack_alter_reply(ct, &reply);
		/* Not confirmed: the flow is ours alone. */
		ct->status |= IPS_SRC_NAT;
		return true;
	}
	return false;
}

static bool fp_nat_exhausted(struct nf_conn *ct, const struct fp_pat_obj *obj)
{
	return nf_conntrack_tuple_taken(nf_ct_tuple(ct, IP_CT_DIR_REPLY), ct) &&
	       !fp_nat_find_port(ct, obj);
}

static unsigned int fp_nat_source(const struct fp_nat *n, const struct fp_pat *pat)
{
	const struct fp_pat_obj *obj = pat->obj;
	bool ports = fp_has_ports(n->key.proto);
	struct nf_nat_range2 range;
	unsigned int ret;

	fp_nat_range(&range, obj->to.family ? &obj->to : NULL,
		     ports ? obj->port_lo : 0, obj->port_hi);
	if (obj->to.family)
		ret = nf_nat_setup_info(n->ct, &range, NF_NAT_MANIP_SRC);
	else
		ret = fp_nat_masquerade(n, &range);
	if (ret != NF_ACCEPT)
		return fp_nat_drop(n, obj->to.family ? FP_R_NAT_FAILED : FP_R_PAT_ADDRESS);
	if (fp_nat_exhausted(n->ct, obj)) {
		fp_hit(&obj->o.tally->other);
		return fp_nat_drop(n, FP_R_PAT_EXHAUSTED);
	}
	fp_hit(&obj->o.tally->hits);
	return NF_ACCEPT;
}

/*
 * SIP over UDP leaves from the public endpoint that is written into it: the row of
 * the node backwards. NULL where it sends from a port that has no row.
 */
static const struct fp_static_pat *fp_nat_row_out(const struct fp_policy *p,
						  const struct fp_zone *out,
						  const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *orig = nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);
	const struct fp_static_pat *row;
	struct fp_endpoint node;

	if (!fp_helper_is_ours(ct))
		return NULL;
	fp_addr_of_ct(&node.addr, orig->src.l3num, &orig->src.u3);
	node.port = ntohs(orig->src.u.udp.port);
	row = fp_static_pat_by_node_rcu(p, IPPROTO_UDP, &node);
	return row && row->zone == out ? row : NULL;
}

static unsigned int fp_nat_source_row(const struct fp_nat *n,
				      const struct fp_static_pat *row)
{
	const struct fp_endpoint *pub = &row->obj->pub;
	struct nf_nat_range2 range;

	fp_nat_range(&range, &pub->addr, pub->port, pub->port);
	if (nf_nat_setup_info(n->ct, &range, NF_NAT_MANIP_SRC) != NF_ACCEPT)
		return fp_nat_drop(n, FP_R_NAT_FAILED);
	if (nf_conntrack_tuple_taken(nf_ct_tuple(n->ct, IP_CT_DIR_REPLY), n->ct))
		return fp_nat_drop(n, FP_R_UDP_CLASH);
	fp_hit(&row->obj->o.tally->hits);
	return NF_ACCEPT;
}

static unsigned int fp_nat_post(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	const struct fp_static_pat *row;
	const struct fp_zone *out;
	const struct fp_pat *pat;
	struct fp_nat n;

	/* The gateway's own packets come from nowhere: PAT is for what passes. */
	if (!fp_nat_init(&n, skb, state))
		return NF_ACCEPT;
	out = fp_zone_by_ifindex_rcu(n.p, state->out->ifindex);
	if (!out || out == n.zone)
		return NF_ACCEPT;
	row = fp_nat_row_out(n.p, out, n.ct);
	if (row)
		return fp_nat_source_row(&n, row);
	pat = fp_pat_first_rcu(n.p, out, &n.key.src);
	return pat ? fp_nat_source(&n, pat) : NF_ACCEPT;
}

/* --- whose translation is it? --------------------------------------------------- */

/**
 * fp_nat_by_dnat() - is the destination of a flow what @d makes of it?
 * @ct: flow
 * @d: from fp_dnat_rcu()
 *
 * Context: rcu_read_lock() or a reference to the policy of @d.
 * Return: true if it is; an untranslated flow if @d translates nothing.
 */
bool fp_nat_by_dnat(const struct nf_conn *ct, const struct fp_dnat *d)
{
	const struct nf_conntrack_tuple *reply = nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	struct fp_addr to;

	if (d->act == FP_ACT_REDIRECT)
		return ntohs(reply->src.u.all) == d->class->proxy->obj->port;
	if (!d->row)
		return !(READ_ONCE(ct->status) & IPS_DST_NAT);
	fp_addr_of_ct(&to, reply->src.l3num, &reply->src.u3);
	return ntohs(reply->src.u.all) == d->row->obj->node.port &&
	       !memcmp(&to, &d->row->obj->node.addr, sizeof(to));
}

static bool fp_pat_takes(const struct fp_pat *pat, const struct fp_addr *src)
{
	const struct fp_prefix *prefix = &pat->obj->src;
	u8 bytes = prefix->len / 8;
	u8 rest = prefix->len % 8;

	if (!prefix->addr.family)
		return !pat->obj->to.family || pat->obj->to.family == src->family;
	if (prefix->addr.family != src->family ||
	    memcmp(prefix->addr.b, src->b, bytes))
		return false;
	return !rest || !((prefix->addr.b[bytes] ^ src->b[bytes]) >> (8 - rest));
}

static bool fp_pat_makes(const struct fp_pat *pat, const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *reply = nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	const struct fp_pat_obj *obj = pat->obj;
	const struct nf_conn_nat *nat = nfct_nat(ct);
	struct fp_addr to;

	if (fp_has_ports(reply->dst.protonum) &&
	    (ntohs(reply->dst.u.all) < obj->port_lo ||
	     ntohs(reply->dst.u.all) > obj->port_hi))
		return false;
	if (!obj->to.family)
		return nat && nat->masq_index;
	fp_addr_of_ct(&to, reply->src.l3num, &reply->dst.u3);
	return !memcmp(&to, &obj->to, sizeof(to));
}

static const struct fp_pat *fp_nat_by_pat(const struct fp_policy *p,
					  const struct fp_zone *out,
					  const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *orig = nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);
	const struct fp_pat *pat;
	struct fp_addr src;
	u32 i, n;

	fp_addr_of_ct(&src, orig->src.l3num, &orig->src.u3);
	pat = fp_pat_first_rcu(p, out, &src);
	if (!pat || fp_pat_makes(pat, ct))
		return pat;
	n = fp_policy_count(p, FP_KIND_PAT);
	for (i = 0; i < n; i++) {
		pat = &p->pat[i];
		if (pat->zone == out && fp_pat_takes(pat, &src) && fp_pat_makes(pat, ct))
			return pat;
	}
	return NULL;
}

/**
 * fp_nat_by_source_rcu() - object that may have made the source of a flow
 * @p: policy
 * @out: zone that the flow leaves by
 * @ct: flow
 *
 * Any rule that takes its source, not only the first: a rule that was put in
 * front is no reason to end flows that another rule still allows.
 *
 * Context: rcu_read_lock() or a reference to @p.
 * Return: a rule of PAT or a row of static PAT, NULL for none.
 */
const struct fp_object *fp_nat_by_source_rcu(const struct fp_policy *p,
					     const struct fp_zone *out,
					     const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *reply = nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	const struct fp_static_pat *row = fp_nat_row_out(p, out, ct);
	const struct fp_pat *pat;
	struct fp_addr src;

	if (row) {
		fp_addr_of_ct(&src, reply->src.l3num, &reply->dst.u3);
		if (ntohs(reply->dst.u.udp.port) == row->obj->pub.port &&
		    !memcmp(&src, &row->obj->pub.addr, sizeof(src)))
			return &row->obj->o;
	}
	pat = fp_nat_by_pat(p, out, ct);
	return pat ? &pat->obj->o : NULL;
}

/* --- hooks ---------------------------------------------------------------------- */

static const struct nf_hook_ops fp_nat_ops[] = {
	{
		.hook		= fp_nat_pre,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_NAT_DST - 1,
	},
	{
		.hook		= fp_nat_post,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP_PRI_NAT_SRC - 1,
	},
	{
		.hook		= fp_nat_pre,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_NAT_DST - 1,
	},
	{
		.hook		= fp_nat_post,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP6_PRI_NAT_SRC - 1,
	},
};

static int fp_nat_add(struct net *net, const struct nf_hook_ops *ops)
{
	return ops->pf == NFPROTO_IPV6 ? nf_nat_ipv6_register_fn(net, ops) :
					 nf_nat_ipv4_register_fn(net, ops);
}

static void fp_nat_remove(struct net *net, const struct nf_hook_ops *ops)
{
	if (ops->pf == NFPROTO_IPV6)
		nf_nat_ipv6_unregister_fn(net, ops);
	else
		nf_nat_ipv4_unregister_fn(net, ops);
}

/**
 * fp_nat_register() - begin to be asked for translations
 * @net: namespace, in which conntrack runs
 *
 * Context: may sleep.
 * Return: 0, or a negative error; then nothing is registered.
 */
int fp_nat_register(struct net *net)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(fp_nat_ops); i++) {
		err = fp_nat_add(net, &fp_nat_ops[i]);
		if (err)
			goto undo;
	}
	return 0;
undo:
	while (i--)
		fp_nat_remove(net, &fp_nat_ops[i]);
	return err;
}

/**
 * fp_nat_unregister() - the opposite
 * @net: namespace
 *
 * Context: may sleep.
 */
void fp_nat_unregister(struct net *net)
{
	unsigned int i = ARRAY_SIZE(fp_nat_ops);

	while (i--)
		fp_nat_remove(net, &fp_nat_ops[i]);
}
