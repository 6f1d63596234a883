// SPDX-License-Identifier: GPL-2.0
/*
 * leg-attach: from netlink attributes and a descriptor to a leg.
 *
 * In an order in which whatever fails can be undone: what the attributes say,
 * the socket, what the policy knows, memory, a number; the callbacks of the
 * socket last, then the leg lives.
 */
#include <linux/slab.h>
#include <linux/mm.h>
#include "event.h"
#include "genl.h"
#include "leg.h"
#include "leg_nl.h"
#include "policy.h"
#include "relay.h"

/* Most that the attributes of one leg may take: some five hundred domains. */
#define FP_LEG_ATTRS_MAX	(16 * 1024)

static void *fp_attach_mem_alloc(void *ctx, size_t size)
{
	return kvmalloc(size, GFP_KERNEL);
}

static void fp_attach_mem_free(void *ctx, void *p)
{
	kvfree(p);
}

static const struct fp_mem fp_attach_mem = {
	.alloc = fp_attach_mem_alloc,
	.free = fp_attach_mem_free,
};

static int fp_attach_refuse(struct fp_leg *leg, enum fp_reason why, int err,
			    struct netlink_ext_ack *extack)
{
	fp_count(leg->fpn, why);
	extack->_msg = fp_reason_info(why)->text;
	return err;
}

/* --- attributes ----------------------------------------------------------- */

/* Attributes that leg-get gives back as they came. */
static bool fp_attach_keeps(struct genl_info *info, const struct nlattr *a)
{
	switch (nla_type(a)) {
	case FEDPAT_A_LEG_PROVED:
	case FEDPAT_A_LEG_DOMAIN:
		return true;
	case FEDPAT_A_LEG_FEDERATION:
	case FEDPAT_A_LEG_ZONE:
	case FEDPAT_A_LEG_PEER:
	case FEDPAT_A_LEG_ROLE:
	case FEDPAT_A_LEG_TRANSPORT:
	case FEDPAT_A_LEG_DIALLED:
	case FEDPAT_A_LEG_TLS_PROXY:
	case FEDPAT_A_LEG_IDENTITY:
	case FEDPAT_A_LEG_ORIGINAL_DST:
	case FEDPAT_A_LEG_NOT_OFFLOADED:
	case FEDPAT_A_LEG_TLS_VERSION:
	case FEDPAT_A_LEG_CIPHER:
	case FEDPAT_A_LEG_CERT_EXPIRES:
	case FEDPAT_A_LEG_PEER_CERT_TEXT:
	case FEDPAT_A_LEG_PEER_FINGERPRINT:
	case FEDPAT_A_LEG_PROTOCOL:
	case FEDPAT_A_LEG_STARTTLS:
		/* Of one that came twice the last counts. */
		return a == info->attrs[nla_type(a)];
	default:
		return false;
	}
}

static const char *fp_attach_str(const struct fp_leg *leg, int type)
{
	const struct nlattr *a = nla_find(leg->attrs, leg->attrs_len, type);

	return a ? nla_data(a) : "";
}

/* A copy of the attributes, into which the leg's names point. */
static int fp_attach_copy(struct fp_leg *leg, struct genl_info *info)
{
	const struct nlattr *a;
	u32 len = 0;
	int rem;

	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem)
		len += fp_attach_keeps(info, a) ? nla_total_size(nla_len(a)) : 0;
	if (len > FP_LEG_ATTRS_MAX) {
		NL_SET_ERR_MSG(info->extack,
			       "names and domains of the leg take more than 16 KiB; use wildcard domains");
		return -E2BIG;
	}
	leg->attrs = kzalloc(len, GFP_KERNEL);
	if (!leg->attrs)
		return -ENOMEM;
	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem) {
		if (!fp_attach_keeps(info, a))
			continue;
		memcpy(leg->attrs + leg->attrs_len, a, nla_total_size(nla_len(a)) -
						       nla_padlen(nla_len(a)));
		leg->attrs_len += nla_total_size(nla_len(a));
	}
	/* Apart, for leg-get of all legs leaves it out. */
	if (info->attrs[FEDPAT_A_LEG_PEER_CHAIN]) {
		leg->chain = nla_strdup(info->attrs[FEDPAT_A_LEG_PEER_CHAIN], GFP_KERNEL);
		if (!leg->chain)
			return -ENOMEM;
	}
	leg->federation = fp_attach_str(leg, FEDPAT_A_LEG_FEDERATION);
	leg->zone = fp_attach_str(leg, FEDPAT_A_LEG_ZONE);
	leg->peer = fp_attach_str(leg, FEDPAT_A_LEG_PEER);
	return 0;
}

static int fp_attach_require(struct genl_info *info)
{
	static const struct {
		int attr;
		const char *text;
	} need[] = {
		{ FEDPAT_A_LEG_FD, "leg-attach wants fd, the socket" },
		{ FEDPAT_A_LEG_FEDERATION, "leg-attach wants federation" },
		{ FEDPAT_A_LEG_ZONE, "leg-attach wants zone" },
		{ FEDPAT_A_LEG_PEER, "leg-attach wants peer, the name of a peer or a node" },
		{ FEDPAT_A_LEG_ROLE, "leg-attach wants role, inside or outside" },
		{ FEDPAT_A_LEG_TRANSPORT, "leg-attach wants transport, tls or tcp" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(need); i++) {
		if (info->attrs[need[i].attr])
			continue;
		info->extack->_msg = need[i].text;
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, need[i].attr);
		return -EINVAL;
	}
	return 0;
}

static int fp_attach_bad(struct genl_info *info, int attr, const char *text)
{
	info->extack->_msg = text;
	NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	return -EINVAL;
}

/* XMPP: the daemon has seen both names, and the bytes are no business of ours. */
static int fp_attach_protocol(struct fp_leg *leg, struct genl_info *info)
{
	const struct nlattr *a = info->attrs[FEDPAT_A_LEG_PROTOCOL];

	if (!a || nla_get_u32(a) == FEDPAT_INSPECT_TYPE_SIP)
		return 0;
	if (nla_get_u32(a) != FEDPAT_INSPECT_TYPE_XMPP)
		return fp_attach_bad(info, FEDPAT_A_LEG_PROTOCOL,
				     "the protocol of a leg is sip or xmpp");
	if (leg->view.tp != FP_TP_TCP || !leg->offloaded)
		return fp_attach_bad(info, FEDPAT_A_LEG_TRANSPORT,
				     "the transport of an xmpp leg is tcp: its TLS is between its ends");
	if (!info->attrs[FEDPAT_A_LEG_DOMAIN] || !info->attrs[FEDPAT_A_LEG_IDENTITY])
		return fp_attach_bad(info, FEDPAT_A_LEG_PROTOCOL,
				     "an xmpp leg wants domain, the name at its end, and identity, that at the other");
	fp_raw_init(leg);
	leg->starttls = !!info->attrs[FEDPAT_A_LEG_STARTTLS];
	return 0;
}

/* Everything that is told by number. */
static int fp_attach_kind(struct fp_leg *leg, struct genl_info *info)
{
	u32 role = nla_get_u32(info->attrs[FEDPAT_A_LEG_ROLE]);
	u32 tp = nla_get_u32(info->attrs[FEDPAT_A_LEG_TRANSPORT]);

	if (role != FEDPAT_ROLE_INSIDE && role != FEDPAT_ROLE_OUTSIDE)
		return fp_attach_bad(info, FEDPAT_A_LEG_ROLE,
				     "the role of a leg is inside or outside");
	if (tp != FEDPAT_TRANSPORT_TCP && tp != FEDPAT_TRANSPORT_TLS)
		return fp_attach_bad(info, FEDPAT_A_LEG_TRANSPORT,
				     "the transport of a leg is tls or tcp");
	leg->side = role == FEDPAT_ROLE_INSIDE ? FP_INSIDE : FP_OUTSIDE;
	leg->view.side = leg->side;
	leg->view.tp = tp == FEDPAT_TRANSPORT_TLS ? FP_TP_TLS : FP_TP_TCP;
	leg->dialled = !!info->attrs[FEDPAT_A_LEG_DIALLED];
	leg->offloaded = !info->attrs[FEDPAT_A_LEG_NOT_OFFLOADED];
	return fp_attach_protocol(leg, info);
}

/* --- names ---------------------------------------------------------------- */

static u32 fp_attach_domains(const struct fp_leg *leg, struct fp_slice *v)
{
	const struct nlattr *a;
	u32 n = 0;
	int rem;

	nla_for_each_attr(a, leg->attrs, leg->attrs_len, rem) {
		if (nla_type(a) != FEDPAT_A_LEG_DOMAIN)
			continue;
		if (v)
			v[n] = fp_slice(nla_data(a), strnlen(nla_data(a), nla_len(a)));
		n++;
	}
	return n;
}

/*
 * What the peer may speak for. "*" says that the policy puts no limit; an
 * outside leg without a domain would be refused each request, so it is refused
 * itself.
 */
static int fp_attach_names(struct fp_leg *leg, struct genl_info *info)
{
	u32 n = fp_attach_domains(leg, NULL);
	struct fp_slice *v;
	int err;

	leg->view.peer = fp_slice(fp_attach_str(leg, FEDPAT_A_LEG_PROVED), 0);
	leg->view.peer.len = strlen(fp_attach_str(leg, FEDPAT_A_LEG_PROVED));
	if (leg->side == FP_INSIDE) {
		leg->view.flags |= FP_LEG_ANY_DOMAIN;
	} else if (!n) {
		NL_SET_ERR_MSG(info->extack,
			       "an outside leg wants the domains that its peer may speak for");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, FEDPAT_A_LEG_DOMAIN);
		return -EINVAL;
	}
	v = kvmalloc_array(n + 1, sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	fp_attach_domains(leg, v);
	if (n && fp_slice_eq(v[0], FP_LIT("*"))) {
		leg->view.flags |= FP_LEG_ANY_DOMAIN;
		n = 0;
	}
	err = fp_nameset_build(&fp_attach_mem, v, n, &leg->domains);
	kvfree(v);
	leg->view.domains = leg->domains;
	if (err == -EINVAL)
		return fp_attach_bad(info, FEDPAT_A_LEG_DOMAIN,
				     "a domain is no host name and no *. with one behind it");
	return err;
}

/* --- addresses ------------------------------------------------------------ */

static int fp_attach_endpoint(struct genl_info *info, int attr, struct fp_endpoint *ep)
{
	const struct nlattr *a = info->attrs[attr];

	return a ? fp_nla_get_endpoint(a, ep, info->extack) : 0;
}

static int fp_attach_endpoints(struct fp_leg *leg, struct genl_info *info)
{
	struct fp_leg_view *v = &leg->view;
	int err;

	/* The ends of a join over loopback say nothing about the peer. */
	if (!leg->offloaded) {
		err = fp_attach_endpoint(info, FEDPAT_A_LEG_LOCAL, &v->local) ?:
		      fp_attach_endpoint(info, FEDPAT_A_LEG_REMOTE, &v->remote);
		if (err)
			return err;
	}
	err = fp_attach_endpoint(info, FEDPAT_A_LEG_ORIGINAL_DST, &v->orig_dst);
	if (!err && !leg->dialled && !v->orig_dst.port)
		v->orig_dst = v->local;
	return err;
}

static void fp_attach_addr_text(struct fp_leg *leg, const struct fp_addr *a)
{
	int n;

	if (a->family == 4)
		n = scnprintf(leg->self_text, sizeof(leg->self_text), "%pI4", a->b);
	else
		n = scnprintf(leg->self_text, sizeof(leg->self_text), "[%pI6c]", a->b);
	leg->view.self_host = fp_slice(leg->self_text, n);
}

/*
 * Who we are on this leg, in our Via. Outside the name that our certificate
 * proves, else the public address; a connection that we opened goes back, if it
 * must be opened anew, to the first public port of the federation. Inside our
 * address there.
 */
static void fp_attach_self(struct fp_leg *leg, const struct fp_policy *p)
{
	const struct fp_federation *fed = fp_federation_find_rcu(p, leg->federation);
	const char *identity = fp_attach_str(leg, FEDPAT_A_LEG_IDENTITY);
	struct fp_leg_view *v = &leg->view;

	if (leg->side == FP_OUTSIDE && v->tp == FP_TP_TLS && *identity)
		v->self_host = fp_slice(identity, strlen(identity));
	else
		fp_attach_addr_text(leg, v->orig_dst.port ? &v->orig_dst.addr : &v->local.addr);
	v->self_port = v->orig_dst.port;
	if (leg->side == FP_OUTSIDE && !v->self_port && fp_realm_rows(fed->realm))
		v->self_port = fp_realm_row(fed->realm, 0)->pub.port;
}

/* --- all together --------------------------------------------------------- */

/* What takes memory by the policy, and what the policy must know. */
static int fp_attach_admit(struct fp_leg *leg, const struct fp_policy *p, struct genl_info *info)
{
	u32 size = sizeof(*leg) + leg->attrs_len + (leg->chain ? strlen(leg->chain) + 1 : 0);
	int attr, err;

	if (READ_ONCE(leg->legs->closing))
		return -ENODEV;
	if (!fp_leg_known_rcu(leg, p, &attr)) {
		NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
		return fp_attach_refuse(leg, FP_R_LEG_NOT_PERMITTED, -ENOENT, info->extack);
	}
	if (!fp_leg_charge(leg, size))
		return fp_attach_refuse(leg, FP_R_MEMORY_CAP, -EDQUOT, info->extack);
	err = fp_leg_number(leg, p->settings.max_legs);
	if (err == -ENOSPC)
		return fp_attach_refuse(leg, FP_R_LEG_LIMIT, err, info->extack);
	return err;
}

static int fp_attach_build(struct fp_leg *leg, const struct fp_policy *p, struct genl_info *info)
{
	int err;

	err = fp_attach_kind(leg, info) ?: fp_attach_copy(leg, info) ?:
	      fp_leg_sock_take(leg, nla_get_s32(info->attrs[FEDPAT_A_LEG_FD]), info->extack) ?:
	      fp_attach_endpoints(leg, info) ?: fp_attach_names(leg, info) ?:
	      fp_attach_admit(leg, p, info);
	if (err)
		return err;
	fp_attach_self(leg, p);
	fp_leg_limit(leg, fp_federation_find_rcu(p, leg->federation)->inspect);
	return 0;
}

/* The wish that it answers; one that is over is no error. */
static int fp_attach_wanted(struct fp_leg *leg, struct genl_info *info, struct fp_target **t)
{
	const struct nlattr *a = info->attrs[FEDPAT_A_LEG_WANTED];
	u8 side;

	*t = a ? fp_wanted_find(leg->legs, nla_get_u32(a)) : NULL;
	if (!*t)
		return 0;
	side = (*t)->key.want == FEDPAT_WANT_NODE ? FP_INSIDE : FP_OUTSIDE;
	if (side == leg->side && !strcmp((*t)->key.federation, leg->federation))
		return 0;
	fp_target_put(*t);
	return fp_attach_bad(info, FEDPAT_A_LEG_WANTED,
			     "what was wanted lies on the other side, or in another federation");
}

static int fp_attach_partner(struct fp_leg *leg, struct genl_info *info)
{
	const struct nlattr *a = info->attrs[FEDPAT_A_LEG_PARTNER];

	if (!a)
		return 0;
	if (!leg->raw)
		return fp_attach_bad(info, FEDPAT_A_LEG_PARTNER, "only xmpp legs have partners");
	return fp_raw_join(leg, a, info->extack);
}

static int fp_attach_go(struct fp_leg *leg, struct genl_info *info)
{
	struct fp_target *wanted;
	int err;

	err = fp_attach_wanted(leg, info, &wanted);
	if (err)
		return err;
	err = fp_leg_sock_attach(leg, info->extack);
	if (err) {
		if (wanted)
			fp_target_put(wanted);
		return err;
	}
	err = fp_attach_partner(leg, info);
	if (err) {
		fp_leg_sock_detach(leg);
		if (wanted)
			fp_target_put(wanted);
		return err;
	}
	fp_leg_publish(leg, wanted);
	return 0;
}

/* Made before the leg lives: who is told of no leg would dial another one. */
static struct sk_buff *fp_attach_reply(struct genl_info *info, u32 id)
{
	struct sk_buff *skb = genlmsg_new(nla_total_size(sizeof(u32)), GFP_KERNEL);
	void *hdr;

	if (!skb)
		return NULL;
	hdr = genlmsg_put_reply(skb, info, &fp_genl_family, 0, FEDPAT_CMD_LEG_ATTACH);
	if (!hdr || nla_put_u32(skb, FEDPAT_A_LEG_ID, id)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/**
 * fp_nl_leg_attach() - leg-attach
 * @skb: request
 * @info: likewise
 *
 * Context: the process that owns the descriptor; may sleep.
 * Return: 0 after the reply was sent, or a negative error with extack.
 */
int fp_nl_leg_attach(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_net *fpn = fp_net(genl_info_net(info));
	struct sk_buff *reply = NULL;
	struct fp_policy *p;
	struct fp_leg *leg;
	int err;

	err = fp_attach_require(info);
	if (err)
		return err;
	leg = fp_leg_alloc(fpn->legs);
	if (!leg)
		return -ENOMEM;
	p = fp_policy_get(fpn);
	err = fp_attach_build(leg, p, info);
	fp_policy_put(p);
	if (!err) {
		reply = fp_attach_reply(info, leg->id);
		err = reply ? fp_attach_go(leg, info) : -ENOMEM;
	}
	if (err) {
		nlmsg_free(reply);
		fp_leg_discard(leg);
		return err;
	}
	/* The leg lives, whatever becomes of the answer. */
	genlmsg_reply(reply, info);
	return 0;
}
