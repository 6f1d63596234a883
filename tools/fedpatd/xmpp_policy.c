// SPDX-License-Identifier: GPL-2.0
/* What the policy says of an XMPP stream: both domains, direction, TLS, and where it goes. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "xmpp.h"

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* "*.example.com": what ends in ".example.com" */
static bool name_matches(const char *pattern, const char *name)
{
	size_t p = strlen(pattern), n = strlen(name);

	if (strncmp(pattern, "*.", 2))
		return !strcasecmp(pattern, name);
	return n >= p && !strcasecmp(name + n - (p - 1), pattern + 1);
}

static bool is_local(const struct fp_obj_federation *f, const char *name)
{
	for (u32 i = 0; i < f->local_domain.n; i++)
		if (name_matches(f->local_domain.v[i], name))
			return true;
	return false;
}

/* The domain of exactly that name, else the nearest wildcard above it. */
static const struct fp_obj_domain *find_domain(const struct fp_model *model, const char *name)
{
	const struct fp_obj_domain *d = fp_find_domain(model, name);
	char wild[FEDPAT_FQDN_MAX + 3];

	while (!d && (name = strchr(name, '.'))) {
		snprintf(wild, sizeof(wild), "*%s", name++);
		d = fp_find_domain(model, wild);
	}
	return d;
}

static bool same_addr(const struct fp_addr *a, const struct fp_addr *b)
{
	return a->family && a->family == b->family &&
		!memcmp(a->b, b->b, a->family == 4 ? 4 : 16);
}

/* --- domains -------------------------------------------------------------- */

static int check_names(struct fpd_xmpp *x)
{
	struct fpd_conn *conn = x->conn;

	if (!x->to[0])
		fpd_conn_fail(conn, FP_R_XMPP_NO_TO, "from='%s'", x->from);
	else if (!x->from[0])
		fpd_conn_fail(conn, FP_R_XMPP_NO_FROM, "to='%s'", x->to);
	else if (!fp_xmpp_is_domain(fp_slice(x->to, (u32)strlen(x->to))) ||
		 !fp_xmpp_is_domain(fp_slice(x->from, (u32)strlen(x->from))))
		fpd_conn_fail(conn, FP_R_XMPP_NAME, "from one to the other");
	return conn->reason ? -1 : 0;
}

static int refuse_name(struct fpd_xmpp *x, bool is_from, const char *why)
{
	fpd_conn_fail(x->conn, is_from ? FP_R_XMPP_FROM_DOMAIN : FP_R_XMPP_TO_DOMAIN,
		      "stream from '%s' to '%s': %s", x->from, x->to, why);
	return -1;
}

static int check_theirs(struct fpd_xmpp *x, const struct fp_obj_federation *f,
			const struct fp_obj_inspect *map)
{
	const struct fp_model *model = fpd_policy_model(x->conn->policy);
	bool in = x->conn->role == FEDPAT_ROLE_OUTSIDE;
	const char *theirs = in ? x->from : x->to;
	const struct fp_obj_domain *d = find_domain(model, theirs);

	if (!d && !map->allow_unlisted)
		return refuse_name(x, in, "no domain object lists the partner's");
	if (d && (d->blocked || !same(d->federation, f->o.name)))
		return refuse_name(x, in, d->blocked ? "the partner's is blocked" :
				   "the partner's belongs to another federation");
	x->tls = d && d->tls ? d->tls : map->tls ? map->tls : FEDPAT_STREAM_TLS_REQUIRED;
	x->verify_only = d && d->direction == (in ? FEDPAT_DIRECTION_OUT : FEDPAT_DIRECTION_IN);
	/* Encrypted, nobody could see that it is nothing but dialback. */
	if (x->verify_only && x->tls == FEDPAT_STREAM_TLS_REQUIRED) {
		fpd_conn_fail(x->conn, FP_R_XMPP_DIRECTION, "stream from '%s' to '%s'",
			      x->from, x->to);
		return -1;
	}
	snprintf(x->theirs, sizeof(x->theirs), "%s", d ? d->o.name : theirs);
	if (x->tls != FEDPAT_STREAM_TLS_REQUIRED || x->version)
		return 0;
	fpd_conn_fail(x->conn, FP_R_XMPP_VERSION, "stream from '%s' to '%s'", x->from, x->to);
	return -1;
}

/* --- where it goes -------------------------------------------------------- */

static const char *zone_of(const struct fpd_policy *p, const char *federation,
			   enum fedpat_role role)
{
	const struct fp_obj_tls_proxy *proxy = fpd_proxy_of(p, federation, role);
	const struct fp_obj_zone *zone;
	u32 i;

	if (proxy)
		return proxy->zone;
	fp_model_each(fpd_policy_model(p), FP_K_ZONE, i, zone)
		if (zone->role == role)
			return zone->o.name;
	return "";
}

static bool in_prefix(const struct fp_cidr *c, const struct fp_addr *a)
{
	u8 bits = c->len;

	if (!c->addr.family)
		return true;
	if (c->addr.family != a->family || memcmp(c->addr.b, a->b, bits / 8))
		return false;
	return !(bits % 8) ||
		!((c->addr.b[bits / 8] ^ a->b[bits / 8]) & (0xff00 >> (bits % 8) & 0xff));
}

/* What the PAT rules would make of the node: lowest order, then longest prefix. */
static void outside_source(struct fpd_xmpp *x, const struct fp_addr *node)
{
	const struct fp_obj_pat *pat, *best = NULL;
	u32 i;

	fp_model_each(fpd_policy_model(x->conn->policy), FP_K_PAT, i, pat) {
		if (!same(pat->zone, x->other_zone) || !in_prefix(&pat->src, node))
			continue;
		if (!best || pat->order < best->order ||
		    (pat->order == best->order && pat->src.len > best->src.len))
			best = pat;
	}
	if (best)
		fpd_addr_from(&x->source, &(struct fp_endpoint){ best->to_addr, 0 });
}

static int no_node(struct fpd_xmpp *x, const char *what)
{
	char text[FPD_ADDR_TEXT];

	fpd_conn_fail(x->conn, FP_R_XMPP_NO_NODE, "%s has no %s",
		      fpd_addr_text(&x->conn->original, text, sizeof(text)), what);
	return -1;
}

static int find_inside(struct fpd_xmpp *x, const struct fp_obj_federation *f)
{
	const struct fp_model *model = fpd_policy_model(x->conn->policy);
	const struct fp_obj_static_pat *row, *found = NULL;
	const struct fp_obj_node *node;
	struct fp_endpoint dst;
	u32 i;

	fpd_addr_to(&dst, &x->conn->original);
	fp_model_each(model, FP_K_STATIC_PAT, i, row)
		if (row->proto == IPPROTO_TCP && row->public.port == dst.port &&
		    same_addr(&row->public.addr, &dst.addr) &&
		    same(row->federation, f->o.name))
			found = row;
	if (!found)
		return no_node(x, "static-PAT row");
	fp_model_each(model, FP_K_NODE, i, node) {
		if (!same(node->federation, f->o.name) ||
		    node->listener.port != found->node.port ||
		    !same_addr(&node->listener.addr, &found->node.addr))
			continue;
		snprintf(x->node, sizeof(x->node), "%s", node->o.name);
		fpd_addr_from(&x->target, &node->listener);
		fpd_addr_from(&x->source, &(struct fp_endpoint){ f->inside_addr, 0 });
		return 0;
	}
	return no_node(x, "node behind it");
}

static int find_outside(struct fpd_xmpp *x, const struct fp_obj_federation *f)
{
	const struct fp_obj_node *node;
	struct fp_endpoint from;
	char text[FPD_ADDR_TEXT];
	u32 i;

	fpd_addr_to(&from, &x->conn->remote);
	fp_model_each(fpd_policy_model(x->conn->policy), FP_K_NODE, i, node) {
		if (!same(node->federation, f->o.name) ||
		    !same_addr(&node->listener.addr, &from.addr))
			continue;
		snprintf(x->node, sizeof(x->node), "%s", node->o.name);
		x->target = x->conn->original;
		outside_source(x, &from.addr);
		return 0;
	}
	fpd_conn_fail(x->conn, FP_R_PEER_ADDRESS, "%s is no address of a node of federation '%s'",
		      fpd_addr_text_noport(&x->conn->remote, text, sizeof(text)), f->o.name);
	return -1;
}

/**
 * fpd_xmpp_decide() - may the stream pass, how, and whereto?
 * @x: stream whose header was read
 *
 * Return: 0, or -1 with the reason noted in the connection.
 */
int fpd_xmpp_decide(struct fpd_xmpp *x)
{
	const struct fp_model *model = fpd_policy_model(x->conn->policy);
	const struct fp_obj_federation *f = fp_find_federation(model, x->conn->federation);
	const struct fp_obj_inspect *map = f && f->inspect ? fp_find_inspect(model, f->inspect) :
							     NULL;
	bool in = x->conn->role == FEDPAT_ROLE_OUTSIDE;

	if (!map) {
		fpd_conn_fail(x->conn, FP_R_NO_PROXY, "federation '%s'", x->conn->federation);
		return -1;
	}
	if (check_names(x))
		return -1;
	if (!is_local(f, in ? x->to : x->from))
		return refuse_name(x, !in, "ours is no local-domain of the federation");
	if (check_theirs(x, f, map))
		return -1;
	snprintf(x->other_zone, sizeof(x->other_zone), "%s",
		 zone_of(x->conn->policy, x->conn->federation,
			 in ? FEDPAT_ROLE_INSIDE : FEDPAT_ROLE_OUTSIDE));
	return in ? find_inside(x, f) : find_outside(x, f);
}

/**
 * fpd_xmpp_condition() - what a refused caller is told (RFC 6120 section 4.9.3)
 * @reason: why it is refused
 *
 * Return: the name of a stream error condition; NULL: nothing can be said.
 */
const char *fpd_xmpp_condition(enum fp_reason reason)
{
	switch (reason) {
	case FP_R_XMPP_DIRECT_TLS:
	case FP_R_XMPP_NOT_TLS:
		return NULL;
	case FP_R_XMPP_NOT_XML:
	case FP_R_XMPP_MALFORMED:
		return "not-well-formed";
	case FP_R_XMPP_RESTRICTED:
		return "restricted-xml";
	case FP_R_XMPP_ENCODING:
		return "unsupported-encoding";
	case FP_R_XMPP_NOT_STREAM:
	case FP_R_XMPP_NAMESPACE:
		return "invalid-namespace";
	case FP_R_XMPP_NO_TO:
	case FP_R_XMPP_NO_FROM:
	case FP_R_XMPP_NAME:
		return "improper-addressing";
	case FP_R_XMPP_VERSION:
		return "unsupported-version";
	case FP_R_XMPP_TO_DOMAIN:
		return "host-unknown";
	case FP_R_XMPP_TIMEOUT:
		return "connection-timeout";
	case FP_R_XMPP_NO_NODE:
	case FP_R_XMPP_CLOSED:
	case FP_R_DIAL_REFUSED:
	case FP_R_DIAL_TIMEOUT:
	case FP_R_DIAL_UNREACHABLE:
		return "remote-connection-failed";
	default:
		return "policy-violation";
	}
}
