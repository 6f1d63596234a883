// SPDX-License-Identifier: GPL-2.0
/* PAT and static PAT. */
#include <linux/in.h>
#include "genl.h"
#include "object.h"

/* Ports that dynamic PAT may give out where the rule does not say. */
#define FP_PAT_PORT_LO	1024
#define FP_PAT_PORT_HI	65535

static int fp_pat_ports(struct fp_parse *p, struct fp_pat_obj *pat)
{
	pat->ports_given = p->attrs[FEDPAT_A_PAT_PORT_LO] || p->attrs[FEDPAT_A_PAT_PORT_HI];
	pat->port_lo = fp_parse_u16(p, FEDPAT_A_PAT_PORT_LO, FP_PAT_PORT_LO);
	pat->port_hi = fp_parse_u16(p, FEDPAT_A_PAT_PORT_HI, FP_PAT_PORT_HI);
	if (!pat->port_lo)
		return fp_parse_bad(p, FEDPAT_A_PAT_PORT_LO, "ports begin at 1");
	if (pat->port_hi < pat->port_lo)
		return fp_parse_bad(p, FEDPAT_A_PAT_PORT_HI,
				    "the range ends below its start; exchange the ports");
	return 0;
}

static int fp_pat_parse(struct fp_parse *p, struct fp_object *obj,
			const struct fp_object *old)
{
	struct fp_pat_obj *pat = container_of(obj, struct fp_pat_obj, o);
	int err;

	pat->order = fp_parse_u32(p, FEDPAT_A_PAT_ORDER, 0);
	err = fp_parse_need(p, FEDPAT_A_PAT_ZONE) ?:
	      fp_parse_str(p, FEDPAT_A_PAT_ZONE, FP_SYNTAX_NAME, &pat->zone) ?:
	      fp_parse_prefix(p, FEDPAT_A_PAT_SRC, &pat->src) ?:
	      fp_parse_addr(p, FEDPAT_A_PAT_TO_ADDR, &pat->to) ?:
	      fp_pat_ports(p, pat);
	if (err)
		return err;
	if (pat->to.family && pat->src.addr.family && pat->to.family != pat->src.addr.family)
		return fp_parse_bad(p, FEDPAT_A_PAT_TO_ADDR,
				    "sources and translated address are of different families");
	return 0;
}

static int fp_pat_fill_ports(struct sk_buff *skb, const struct fp_pat_obj *pat)
{
	if (!pat->ports_given)
		return 0;
	return nla_put_u16(skb, FEDPAT_A_PAT_PORT_LO, pat->port_lo) ?:
	       nla_put_u16(skb, FEDPAT_A_PAT_PORT_HI, pat->port_hi);
}

static int fp_pat_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_pat_obj *pat = container_of(obj, struct fp_pat_obj, o);

	return nla_put_u32(skb, FEDPAT_A_PAT_ORDER, pat->order) ?:
	       fp_nla_put_prefix(skb, FEDPAT_A_PAT_SRC, &pat->src) ?:
	       fp_nla_put_str(skb, FEDPAT_A_PAT_ZONE, pat->zone) ?:
	       fp_nla_put_addr(skb, FEDPAT_A_PAT_TO_ADDR, &pat->to) ?:
	       fp_pat_fill_ports(skb, pat) ?:
	       fp_nla_put_u64(skb, FEDPAT_A_PAT_HITS,
			      fp_hits_read(&obj->tally->hits)) ?:
	       fp_nla_put_u64(skb, FEDPAT_A_PAT_EXHAUSTED,
			      fp_hits_read(&obj->tally->other));
}

const struct fp_kind_ops fp_pat_ops = {
	.name = "pat",
	.attr = fp_pat_attr_names,
	.max_attr = FEDPAT_A_PAT_MAX,
	.size = sizeof(struct fp_pat_obj),
	.has_tally = true,
	.parse = fp_pat_parse,
	.fill = fp_pat_fill,
};

static int fp_static_pat_need(struct fp_parse *p)
{
	return fp_parse_need(p, FEDPAT_A_STATIC_PAT_PROTO) ?:
	       fp_parse_need(p, FEDPAT_A_STATIC_PAT_ZONE) ?:
	       fp_parse_need(p, FEDPAT_A_STATIC_PAT_PUBLIC) ?:
	       fp_parse_need(p, FEDPAT_A_STATIC_PAT_NODE);
}

static int fp_static_pat_parse(struct fp_parse *p, struct fp_object *obj,
			       const struct fp_object *old)
{
	struct fp_static_pat_obj *row = container_of(obj, struct fp_static_pat_obj, o);
	int err;

	row->order = fp_parse_u32(p, FEDPAT_A_STATIC_PAT_ORDER, 0);
	row->proto = fp_parse_u8(p, FEDPAT_A_STATIC_PAT_PROTO, 0);
	err = fp_static_pat_need(p) ?:
	      fp_parse_str(p, FEDPAT_A_STATIC_PAT_FEDERATION, FP_SYNTAX_NAME,
			   &row->federation) ?:
	      fp_parse_str(p, FEDPAT_A_STATIC_PAT_ZONE, FP_SYNTAX_NAME, &row->zone) ?:
	      fp_parse_endpoint(p, FEDPAT_A_STATIC_PAT_PUBLIC, &row->pub) ?:
	      fp_parse_endpoint(p, FEDPAT_A_STATIC_PAT_NODE, &row->node);
	if (err)
		return err;
	if (row->proto != IPPROTO_TCP && row->proto != IPPROTO_UDP)
		return fp_parse_bad(p, FEDPAT_A_STATIC_PAT_PROTO,
				    "static PAT is for TCP (6) and UDP (17)");
	if (row->pub.addr.family != row->node.addr.family)
		return fp_parse_bad(p, FEDPAT_A_STATIC_PAT_NODE,
				    "public address and node are of different families");
	return 0;
}

static int fp_static_pat_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_static_pat_obj *row = container_of(obj, struct fp_static_pat_obj, o);

	return nla_put_u32(skb, FEDPAT_A_STATIC_PAT_ORDER, row->order) ?:
	       fp_nla_put_str(skb, FEDPAT_A_STATIC_PAT_FEDERATION, row->federation) ?:
	       nla_put_u8(skb, FEDPAT_A_STATIC_PAT_PROTO, row->proto) ?:
	       fp_nla_put_str(skb, FEDPAT_A_STATIC_PAT_ZONE, row->zone) ?:
	       fp_nla_put_endpoint(skb, FEDPAT_A_STATIC_PAT_PUBLIC, &row->pub) ?:
	       fp_nla_put_endpoint(skb, FEDPAT_A_STATIC_PAT_NODE, &row->node) ?:
	       fp_nla_put_u64(skb, FEDPAT_A_STATIC_PAT_HITS,
			      fp_hits_read(&obj->tally->hits));
}

const struct fp_kind_ops fp_static_pat_ops = {
	.name = "static-pat",
	.attr = fp_static_pat_attr_names,
	.max_attr = FEDPAT_A_STATIC_PAT_MAX,
	.size = sizeof(struct fp_static_pat_obj),
	.has_tally = true,
	.parse = fp_static_pat_parse,
	.fill = fp_static_pat_fill,
};
