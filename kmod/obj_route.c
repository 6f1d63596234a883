// SPDX-License-Identifier: GPL-2.0
/*
 * Static routes. The daemon follows them when it dials; here they are checked
 * and kept, so that all policy is one transaction.
 */
#include "genl.h"
#include "object.h"

#define FP_ROUTE_RANK_MAX	65535	/* of priority and weight */

/* ".net.example.*", ".net.example", ".*", or "example.net". */
static const char *fp_route_pattern_wrong(struct fp_slice s)
{
	struct fp_slice labels = s;

	if (s.len >= 2 && s.p[s.len - 2] == '.' && s.p[s.len - 1] == '*') {
		if (s.p[0] != '.')
			return "labels of a pattern stand in reverse behind a dot: .net.example.*";
		labels = fp_slice_sub(s, 0, s.len - 2);
		if (!labels.len)
			return NULL;
	}
	if (labels.len && labels.p[0] == '.')
		labels = fp_slice_sub(labels, 1, labels.len);
	if (fp_slice_chr(labels, '*') >= 0)
		return "a star stands only at the end of a pattern: .net.example.*";
	return fp_syntax_check(FP_SYNTAX_DOMAIN, labels);
}

static int fp_route_pattern(struct fp_parse *p, struct fp_route_obj *route)
{
	const char *wrong;
	int err;

	err = fp_parse_need(p, FEDPAT_A_ROUTE_PATTERN) ?:
	      fp_parse_str(p, FEDPAT_A_ROUTE_PATTERN, FP_SYNTAX_ANY, &route->pattern);
	if (err)
		return err;
	wrong = fp_route_pattern_wrong(fp_slice(route->pattern, strlen(route->pattern)));
	return wrong ? fp_parse_bad(p, FEDPAT_A_ROUTE_PATTERN, wrong) : 0;
}

static int fp_route_rank(struct fp_parse *p, int attr, u32 *out)
{
	*out = fp_parse_u32(p, attr, 1);
	if (*out && *out <= FP_ROUTE_RANK_MAX)
		return 0;
	return fp_parse_bad(p, attr, "priorities and weights are 1 to 65535");
}

static int fp_route_parse(struct fp_parse *p, struct fp_object *obj,
			  const struct fp_object *old)
{
	struct fp_route_obj *route = container_of(obj, struct fp_route_obj, o);

	route->transport = fp_parse_u32(p, FEDPAT_A_ROUTE_TRANSPORT, FEDPAT_TRANSPORT_TLS);
	route->port = fp_parse_u16(p, FEDPAT_A_ROUTE_PORT, 0);
	route->port_given = p->attrs[FEDPAT_A_ROUTE_PORT];
	route->out_of_service = fp_parse_flag(p, FEDPAT_A_ROUTE_OUT_OF_SERVICE);
	route->blocked = fp_parse_flag(p, FEDPAT_A_ROUTE_BLOCKED);
	if (route->transport == FEDPAT_TRANSPORT_UDP)
		return fp_parse_bad(p, FEDPAT_A_ROUTE_TRANSPORT,
				    "a static route leads over tls or tcp; SIP over UDP goes by static PAT");
	if (!route->blocked && fp_parse_need(p, FEDPAT_A_ROUTE_HOST))
		return -EINVAL;
	return fp_parse_need(p, FEDPAT_A_ROUTE_FEDERATION) ?:
	       fp_parse_str(p, FEDPAT_A_ROUTE_FEDERATION, FP_SYNTAX_NAME,
			    &route->federation) ?:
	       fp_parse_str(p, FEDPAT_A_ROUTE_HOST, FP_SYNTAX_HOST, &route->host) ?:
	       fp_route_rank(p, FEDPAT_A_ROUTE_PRIORITY, &route->priority) ?:
	       fp_route_rank(p, FEDPAT_A_ROUTE_WEIGHT, &route->weight) ?:
	       fp_parse_health(p, FEDPAT_A_ROUTE_HEALTH, route->transport, &route->health) ?:
	       fp_route_pattern(p, route);
}

static int fp_route_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_route_obj *route = container_of(obj, struct fp_route_obj, o);
	int err = 0;

	if (route->port_given)
		err = nla_put_u16(skb, FEDPAT_A_ROUTE_PORT, route->port);
	return err ?: fp_nla_put_str(skb, FEDPAT_A_ROUTE_FEDERATION, route->federation) ?:
	       fp_nla_put_str(skb, FEDPAT_A_ROUTE_PATTERN, route->pattern) ?:
	       fp_nla_put_str(skb, FEDPAT_A_ROUTE_HOST, route->host) ?:
	       nla_put_u32(skb, FEDPAT_A_ROUTE_TRANSPORT, route->transport) ?:
	       nla_put_u32(skb, FEDPAT_A_ROUTE_PRIORITY, route->priority) ?:
	       nla_put_u32(skb, FEDPAT_A_ROUTE_WEIGHT, route->weight) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_ROUTE_OUT_OF_SERVICE, route->out_of_service) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_ROUTE_BLOCKED, route->blocked) ?:
	       (route->health ? nla_put_u32(skb, FEDPAT_A_ROUTE_HEALTH, route->health) : 0);
}

const struct fp_kind_ops fp_route_ops = {
	.name = "route",
	.attr = fp_route_attr_names,
	.max_attr = FEDPAT_A_ROUTE_MAX,
	.size = sizeof(struct fp_route_obj),
	.parse = fp_route_parse,
	.fill = fp_route_fill,
};
