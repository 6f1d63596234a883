// SPDX-License-Identifier: GPL-2.0
/*
 * What the policy says of a flow.
 *
 * Functions of the policy, the zone that the flow entered by and its original
 * tuple. They count and change nothing, so that the sweep after a commit and
 * the path of the first packet cannot disagree.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/ip_fib.h>
#include <net/route.h>
#include "plane.h"

/* RFC 3261 section 19.1.2, and the peer authentication listener of IM and Presence. */
#define FP_SIP_PORT_LO	5060
#define FP_SIP_PORT_HI	5062

/**
 * fp_addr_of_ct() - address of a tuple in the form of the policy
 * @addr: result
 * @l3num: NFPROTO_IPV4 or NFPROTO_IPV6
 * @u3: address
 *
 * Context: any.
 */
void fp_addr_of_ct(struct fp_addr *addr, u16 l3num, const union nf_inet_addr *u3)
{
	memset(addr, 0, sizeof(*addr));
	if (l3num == NFPROTO_IPV6) {
		addr->family = 6;
		memcpy(addr->b, &u3->in6, sizeof(u3->in6));
	} else {
		addr->family = 4;
		memcpy(addr->b, &u3->ip, sizeof(u3->ip));
	}
}

/**
 * fp_has_ports() - does the protocol have ports?
 * @proto: IP protocol
 *
 * Context: any.
 * Return: true if it has.
 */
bool fp_has_ports(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

/**
 * fp_key_of_tuple() - what a tuple shows to the classifier
 * @key: result
 * @t: original tuple of a flow
 *
 * Conntrack works on reassembled packets, so ports are always known.
 *
 * Context: any.
 */
void fp_key_of_tuple(struct fp_acl_key *key, const struct nf_conntrack_tuple *t)
{
	fp_addr_of_ct(&key->src, t->src.l3num, &t->src.u3);
	fp_addr_of_ct(&key->dst, t->src.l3num, &t->dst.u3);
	key->proto = t->dst.protonum;
	key->flags = 0;
	key->sport = 0;
	key->dport = 0;
	if (fp_has_ports(key->proto)) {
		key->sport = ntohs(t->src.u.all);
		key->dport = ntohs(t->dst.u.all);
	} else if (key->proto == IPPROTO_ICMP || key->proto == IPPROTO_ICMPV6) {
		key->sport = t->dst.u.icmp.type;
		key->dport = t->dst.u.icmp.code;
	}
}

static bool fp_addr4_is_local(struct net *net, const struct net_device *in,
			      const struct fp_addr *addr)
{
	__be32 ip;

	memcpy(&ip, addr->b, sizeof(ip));
	/* Broadcast and multicast are for the gateway as well. */
	return inet_addr_type_dev_table(net, in, ip) != RTN_UNICAST;
}

static bool fp_addr6_is_local(struct net *net, const struct fp_addr *addr)
{
	struct in6_addr ip;
	int type;

	memcpy(&ip, addr->b, sizeof(ip));
	type = ipv6_addr_type(&ip);
	if (type & (IPV6_ADDR_MULTICAST | IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK))
		return true;
	return ipv6_chk_addr(net, &ip, NULL, 0);
}

/**
 * fp_addr_is_local() - would a packet to it be taken in rather than forwarded?
 * @net: namespace
 * @in: interface that it arrives by, for the table of its VRF; may be NULL
 * @addr: address
 *
 * Context: rcu_read_lock().
 * Return: true for addresses of the host, multicast, broadcast, link-local.
 */
bool fp_addr_is_local(struct net *net, const struct net_device *in,
		      const struct fp_addr *addr)
{
	if (addr->family == 6)
		return fp_addr6_is_local(net, addr);
	return fp_addr4_is_local(net, in, addr);
}

/**
 * fp_class_rcu() - class map that takes a flow, and what it does with it
 * @p: policy
 * @zone: that the flow entered by
 * @key: its original tuple
 * @act: result
 *
 * Context: rcu_read_lock() or a reference to @p.
 * Return: the class map, NULL for none (then @act is FP_ACT_NONE).
 */
const struct fp_class_map *fp_class_rcu(const struct fp_policy *p,
					const struct fp_zone *zone,
					const struct fp_acl_key *key,
					enum fp_act *act)
{
	const struct fp_class_map *class;

	*act = FP_ACT_NONE;
	if (!(p->flags & FP_POLICY_CLASS))
		return NULL;
	if (key->proto != IPPROTO_TCP && key->proto != IPPROTO_UDP)
		return NULL;

	class = fp_class_map_first_rcu(p, zone, key);
	if (!class)
		return NULL;

	if (key->proto == IPPROTO_TCP && class->proxy)
		*act = FP_ACT_REDIRECT;
	else if (class->inspect->type != FEDPAT_INSPECT_TYPE_SIP)
		*act = FP_ACT_NONE;
	else if (key->proto == IPPROTO_UDP)
		*act = FP_ACT_HELPER;
	else
		*act = FP_ACT_REFUSE;
	return class;
}

/**
 * fp_scope_rcu() - what the destination of a flow is to an access list
 * @p: policy
 * @net: namespace
 * @in: interface that it entered by; may be NULL
 * @zone: that it entered by
 * @key: original tuple
 *
 * A flow that a class map redirects is for whoever is behind the gateway, even
 * if it was sent to the gateway itself.
 *
 * Context: rcu_read_lock().
 * Return: enum fp_scope.
 */
enum fp_scope fp_scope_rcu(const struct fp_policy *p, struct net *net,
			   const struct net_device *in, const struct fp_zone *zone,
			   const struct fp_acl_key *key)
{
	enum fp_act act;

	if (fp_addr_is_public_rcu(p, &key->dst))
		return FP_SCOPE_PUBLIC;
	if (!fp_addr_is_local(net, in, &key->dst))
		return FP_SCOPE_TRANSIT;

	fp_class_rcu(p, zone, key, &act);
	return act == FP_ACT_NONE ? FP_SCOPE_HOST : FP_SCOPE_PUBLIC;
}

static bool fp_row_is_sip(const struct fp_static_pat *row)
{
	return row && row->federation &&
	       row->federation->inspect->type == FEDPAT_INSPECT_TYPE_SIP;
}

static bool fp_port_is_sip(u16 port)
{
	return port >= FP_SIP_PORT_LO && port <= FP_SIP_PORT_HI;
}

/*
 * Is it SIP by its looks? The well-known ports, and what static PAT says of our
 * nodes: their listeners and their public names. Ports of rows do not count on
 * other hosts: some lie where clients take their ports from.
 */
static bool fp_key_is_sip(const struct fp_policy *p, const struct fp_acl_key *key)
{
	struct fp_endpoint ep;

	if (key->proto != IPPROTO_TCP && key->proto != IPPROTO_UDP)
		return false;
	if (fp_port_is_sip(key->sport) || fp_port_is_sip(key->dport))
		return true;
	if (!(p->flags & FP_POLICY_STATIC_PAT))
		return false;

	ep.addr = key->src;
	ep.port = key->sport;
	if (fp_row_is_sip(fp_static_pat_by_node_rcu(p, key->proto, &ep)))
		return true;
	ep.addr = key->dst;
	ep.port = key->dport;
	return fp_row_is_sip(fp_static_pat_by_public_rcu(p, key->proto, &ep));
}

/* SIP that leaves the inside without being rewritten tells what is inside. */
static enum fp_reason fp_judge_class(const struct fp_policy *p,
				     const struct fp_zone *zone,
				     const struct fp_acl_key *key)
{
	enum fp_act act;

	if (!p->settings.strict_inside || zone->obj->role != FEDPAT_ROLE_INSIDE)
		return FP_R_NONE;
	if (!fp_key_is_sip(p, key) || fp_class_rcu(p, zone, key, &act))
		return FP_R_NONE;
	return FP_R_INSIDE_SIP;
}

static enum fp_reason fp_judge_acl(const struct fp_acl_obj *acl,
				   const struct fp_acl_key *key,
				   struct fp_verdict *v)
{
	const struct fp_acl_list *list = acl->list;
	int i = list->compiled ? fp_acl_lookup(list->compiled, key) : -1;

	v->acl = acl;
	if (i < 0)
		return FP_R_ACL_IMPLICIT;
	v->entry = list->entry[i];
	v->line = i + 1;
	return v->entry->ace.action == FP_ACE_DENY ? FP_R_ACL_DENY : FP_R_NONE;
}

/**
 * fp_judge_rcu() - does the policy let the flow in?
 * @p: policy
 * @zone: that the flow entered by
 * @key: its original tuple
 * @scope: what its destination is
 * @v: result
 *
 * Context: rcu_read_lock() or a reference to @p.
 */
void fp_judge_rcu(const struct fp_policy *p, const struct fp_zone *zone,
		  const struct fp_acl_key *key, enum fp_scope scope,
		  struct fp_verdict *v)
{
	memset(v, 0, sizeof(*v));
	if (scope == FP_SCOPE_HOST)
		return;
	if (zone->acl)
		v->reason = fp_judge_acl(zone->acl, key, v);
	if (v->reason == FP_R_NONE)
		v->reason = fp_judge_class(p, zone, key);
}

/**
 * fp_dnat_rcu() - what the policy makes of the destination of a flow
 * @p: policy
 * @zone: that the flow entered by
 * @key: its original tuple
 * @d: result
 *
 * A flow that is redirected needs no row here: the daemon looks its node up by
 * the original destination.
 *
 * Context: rcu_read_lock() or a reference to @p.
 */
void fp_dnat_rcu(const struct fp_policy *p, const struct fp_zone *zone,
		 const struct fp_acl_key *key, struct fp_dnat *d)
{
	struct fp_endpoint pub = { .addr = key->dst, .port = key->dport };

	d->row = NULL;
	d->class = fp_class_rcu(p, zone, key, &d->act);
	if (d->act == FP_ACT_REDIRECT)
		return;
	if (!(p->flags & FP_POLICY_STATIC_PAT))
		return;
	if (key->proto != IPPROTO_TCP && key->proto != IPPROTO_UDP)
		return;

	d->row = fp_static_pat_by_public_rcu(p, key->proto, &pub);
	/* From elsewhere, from inside above all, the way back would not lead here. */
	if (d->row && d->row->zone != zone)
		d->row = NULL;
}
