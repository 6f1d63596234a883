// SPDX-License-Identifier: GPL-2.0
/*
 * Where a message goes: responses by the token in our Via, requests by a token of
 * their dialog, else by static-PAT row (inwards) or by domain (outwards).
 */
#include "rr.h"
#include "totag.h"
#include "via.h"

static enum fp_reason refuse(struct fp_route *route, enum fp_reason reason)
{
	route->kind = FP_ROUTE_REFUSE;
	route->reason = reason;
	return reason;
}

static u8 tp_of_via(u8 transport)
{
	switch (transport) {
	case FP_TRANSPORT_UDP:
		return FP_TP_UDP;
	case FP_TRANSPORT_TLS:
		return FP_TP_TLS;
	default:
		return FP_TP_TCP;
	}
}

/* RFC 3261 section 18.2.2: where a response goes when its connection is gone. */
static void reply_to(const struct fp_realm *realm, const u8 *base, const struct fp_via *via,
		     struct fp_route *route)
{
	const struct fp_addr *addr = &via->sent_by.addr;
	struct fp_addr received;

	route->tp = tp_of_via(via->transport);
	route->port = via->sent_by.port ? via->sent_by.port :
		      route->tp == FP_TP_TLS ? 5061 : 5060;
	if (!addr->family)
		addr = fp_realm_host_addr(realm, fp_at(base, via->sent_by.name));
	if (fp_slice_addr(fp_at(base, via->received), &received))
		addr = &received;
	if (!addr)
		return;
	route->reply.addr = *addr;
	route->reply.port = route->port;
}

/* The Via below ours: in the message, or in the token. */
static void next_via(const struct fp_realm *realm, const struct fp_sip_msg *msg,
		     const struct fp_sip_work *w, struct fp_route *route)
{
	struct fp_span rest = fp_span_to(w->via_vias, w->via_len);
	struct fp_slice text = fp_at(w->via, rest);
	struct fp_via via;
	s32 colon = fp_slice_chr(text, ':');

	if (msg->n_vias > 1) {
		reply_to(realm, msg->buf, &msg->vias[1], route);
		route->host = fp_msg_at(msg, msg->vias[1].sent_by.name);
		return;
	}
	if (colon < 0)
		return;
	rest = fp_span_to(rest.off + colon + 1, w->via_len);
	if (fp_via_parse(w->via, &rest, &via, NULL))
		return;
	reply_to(realm, w->via, &via, route);
	route->host = fp_at(w->via, via.sent_by.name);
}

static enum fp_reason route_response(const struct fp_realm *realm,
				     const struct fp_leg_view *in,
				     const struct fp_sip_msg *msg,
				     struct fp_sip_work *w, struct fp_route *route)
{
	struct fp_via_back back;
	enum fp_reason reason = fp_via_open(realm, msg, w, &back);

	if (reason)
		return refuse(route, reason);
	/* The way back leads to the other side, and never round. */
	if (back.side == in->side)
		return refuse(route, FP_R_VIA_FORGED);
	if (in->side == FP_OUTSIDE && msg->n_vias > 1)
		return refuse(route, FP_R_VIA_EXTRA);
	if (in->side == FP_INSIDE && msg->n_vias < 2)
		return refuse(route, FP_R_VIA_FORGED);
	route->kind = FP_ROUTE_RESPONSE;
	route->leg_id = back.leg_id;
	route->endpoint = back.remote;
	next_via(realm, msg, w, route);
	return FP_R_NONE;
}

/*
 * The topmost Route that is not ours. Returns false when one is forged; *@hop is
 * NULL when none is left.
 */
static bool next_hop(const struct fp_realm *realm, const struct fp_leg_view *in,
		     const struct fp_sip_msg *msg, struct fp_sip_work *w,
		     const struct fp_nameaddr **hop, enum fp_hop *kind,
		     struct fp_host *inside)
{
	unsigned int pos = 0;

	w->own_routes = 0;
	while ((*hop = fp_nameaddr_next(msg, FP_H_ROUTE, &pos))) {
		*kind = fp_rr_hop(realm, in, msg->buf, &(*hop)->uri, w, inside);
		if (*kind != FP_HOP_OWN)
			return *kind != FP_HOP_FORGED;
		w->own_routes++;
	}
	return true;
}

static void to_row(const struct fp_realm *realm, struct fp_route *route, s32 row)
{
	route->kind = FP_ROUTE_NODE;
	route->row = row;
	route->endpoint = realm->rows[row].node;
	route->tp = realm->rows[row].node_tp;
}

/* The node that a restored inside host is, or has on its address; -1 for none. */
static s32 row_of_host(const struct fp_realm *realm, const u8 *base,
		       const struct fp_host *host)
{
	const struct fp_addr *addr = &host->addr;
	struct fp_endpoint ep = { .port = host->port ? host->port : 5060 };
	s32 row;

	if (!addr->family)
		addr = fp_realm_host_addr(realm, fp_at(base, host->name));
	if (!addr)
		return -1;
	ep.addr = *addr;
	row = fp_realm_by_node(realm, 6, &ep);
	return row >= 0 ? row : fp_realm_main_row(realm, 6, addr);
}

/* What was dialled, else the first row of all: where requests without a dialog go. */
static s32 default_row(const struct fp_realm *realm, const struct fp_leg_view *in)
{
	s32 row = -1;

	if (in->orig_dst.port)
		row = fp_realm_by_public(realm, 6, &in->orig_dst);
	return row >= 0 ? row : fp_realm_main_row(realm, 6, NULL);
}

/*
 * To the inside. A token names a host: a node is met directly, any other host
 * through the node that the port of the public URI stands for.
 */
static enum fp_reason to_inside(const struct fp_realm *realm, const struct fp_leg_view *in,
				const u8 *base, const struct fp_uri *uri,
				const struct fp_host *inside, const struct fp_sip_work *w,
				struct fp_route *route)
{
	s32 row = -1;

	if (inside) {
		route->flags |= FP_ROUTE_BY_TOKEN;
		row = row_of_host(realm, w->tmp, inside);
	}
	if (row < 0 && uri->host.port)
		row = fp_xlat_public_row(realm, fp_at(base, uri->host.name),
					 uri->host.port, 6);
	if (row < 0)
		row = default_row(realm, in);
	if (row < 0)
		return refuse(route, FP_R_NO_NODE);
	to_row(realm, route, row);
	return FP_R_NONE;
}

static enum fp_reason route_inwards(const struct fp_realm *realm,
				    const struct fp_leg_view *in,
				    const struct fp_sip_msg *msg,
				    struct fp_sip_work *w, struct fp_route *route)
{
	const struct fp_nameaddr *hop;
	struct fp_host inside;
	enum fp_hop kind;
	s32 n;

	if (!next_hop(realm, in, msg, w, &hop, &kind, &inside))
		return refuse(route, FP_R_TOKEN_FORGED);
	if (hop && kind == FP_HOP_INSIDE) {
		route->flags |= FP_ROUTE_BY_ROUTE;
		return to_inside(realm, in, msg->buf, &hop->uri, &inside, w, route);
	}
	n = fp_uri_inside(realm, msg->buf, &msg->ruri, w, &inside);
	if (n < 0)
		return refuse(route, FP_R_TOKEN_FORGED);
	return to_inside(realm, in, msg->buf, &msg->ruri, n ? &inside : NULL, w, route);
}

/* A partner's host that looks like one of ours was wrapped on its way in. */
static struct fp_slice unwrap(const struct fp_realm *realm, struct fp_slice host,
			      struct fp_sip_work *w)
{
	u32 n = FP_WORD_PREFIX_LEN;
	s32 len;

	if (host.len <= n + 1 || !fp_slice_istarts(host, FP_LIT("fpo-")))
		return host;
	len = fp_unseal(&realm->sealer, FP_SEAL_FOREIGN,
			fp_slice_sub(host, n, host.len - n - 1), FP_SEAL_B32,
			w->tmp, sizeof(w->tmp));
	return len < 0 ? host : fp_slice(w->tmp, len);
}

static bool is_inside_host(const struct fp_realm *realm, const u8 *base,
			   const struct fp_host *host)
{
	if (host->addr.family)
		return fp_realm_addr_inside(realm, &host->addr);
	return fp_realm_host_inside(realm, fp_at(base, host->name));
}

static void to_domain(const struct fp_realm *realm, const struct fp_sip_msg *msg,
		      const struct fp_uri *uri, struct fp_sip_work *w,
		      struct fp_route *route)
{
	const struct fp_nameaddr *to = fp_to(msg);
	struct fp_host host;

	route->kind = FP_ROUTE_DOMAIN;
	route->host = fp_msg_at(msg, uri->host.name);
	route->port = uri->host.port;
	/* Host and port were wrapped as one word. */
	if (fp_slice_istarts(route->host, FP_LIT("fpo-"))) {
		route->host = unwrap(realm, route->host, w);
		if (!fp_host_parse(route->host.p, fp_span(0, route->host.len), &host, NULL)) {
			route->port = host.port;
			route->host = fp_at(route->host.p, host.name);
		}
	}
	route->flags |= route->port ? FP_ROUTE_HAS_PORT : 0;
	/* Ours, or a name of the inside, says nothing about where it goes. */
	if (to && to->uri.host.kind != FP_HOST_NONE &&
	    !fp_realm_domain_ours(realm, fp_msg_at(msg, to->uri.host.name)) &&
	    !is_inside_host(realm, msg->buf, &to->uri.host))
		route->alt = fp_msg_at(msg, to->uri.host.name);
}

static enum fp_reason route_outwards(const struct fp_realm *realm,
				     const struct fp_leg_view *in,
				     const struct fp_sip_msg *msg,
				     struct fp_sip_work *w, struct fp_route *route)
{
	const struct fp_nameaddr *hop;
	const struct fp_uri *uri;
	struct fp_host inside;
	enum fp_hop kind;

	if (!next_hop(realm, in, msg, w, &hop, &kind, &inside))
		return refuse(route, FP_R_TOKEN_FORGED);
	uri = hop ? &hop->uri : &msg->ruri;
	if (hop)
		route->flags |= FP_ROUTE_BY_ROUTE;
	if (uri->host.kind == FP_HOST_NONE)
		return refuse(route, FP_R_URI_SCHEME);
	if (is_inside_host(realm, msg->buf, &uri->host) ||
	    fp_host_is_gateway(realm, in, msg->buf, &uri->host) ||
	    (!hop && fp_realm_domain_ours(realm, fp_msg_at(msg, uri->host.name))))
		return refuse(route, FP_R_HAIRPIN);
	to_domain(realm, msg, uri, w, route);
	return FP_R_NONE;
}

/* OPTIONS that names no user at the gateway, or that may go no further. */
static bool is_for_us(const struct fp_realm *realm, const struct fp_leg_view *in,
		      const struct fp_sip_msg *msg)
{
	struct fp_param p;

	if (msg->method != FP_M_OPTIONS)
		return false;
	if (!msg->max_forwards)
		return true;
	return !msg->ruri.has_user && !msg->to_tag.len &&
	       !fp_param_find(msg->buf, msg->ruri.params, FP_LIT("fpt"), &p) &&
	       fp_host_is_gateway(realm, in, msg->buf, &msg->ruri.host);
}

/**
 * fp_sip_route() - where a message goes
 * @realm: the realm
 * @in: leg that it came from
 * @msg: the message, parsed without error and inspected
 * @w: memory; keeps what fp_sip_rewrite() needs
 * @route: the answer; its slices point into @msg and @w
 *
 * Return: FP_R_NONE, or the reason that is also in @route->reason.
 */
enum fp_reason fp_sip_route(const struct fp_realm *realm, const struct fp_leg_view *in,
			    const struct fp_sip_msg *msg, struct fp_sip_work *w,
			    struct fp_route *route)
{
	memset(route, 0, sizeof(*route));
	route->row = -1;
	w->own_routes = 0;
	w->via_len = 0;
	w->via_vias = 0;
	w->refused_at = 0;
	if (!msg->is_request)
		return route_response(realm, in, msg, w, route);
	if (msg->method == FP_M_ACK && fp_totag_ours(realm, msg)) {
		route->kind = FP_ROUTE_ABSORB;
		return FP_R_NONE;
	}
	if (is_for_us(realm, in, msg)) {
		route->kind = FP_ROUTE_SELF;
		return FP_R_NONE;
	}
	if (in->side == FP_OUTSIDE)
		return route_inwards(realm, in, msg, w, route);
	return route_outwards(realm, in, msg, w, route);
}
