// SPDX-License-Identifier: GPL-2.0
/*
 * Record-Route in Expressway's place: two of them (RFC 5658), one that the outside
 * understands and one that the inside understands. Each has a token, fpr, that
 * tells our own apart from what others preload; it names no connection.
 */
#include "rr.h"

/* Requests that make a dialog or move its targets. */
static bool wants_rr(const struct fp_sip_msg *m)
{
	switch (m->method) {
	case FP_M_INVITE:
	case FP_M_SUBSCRIBE:
	case FP_M_NOTIFY:
	case FP_M_REFER:
	case FP_M_UPDATE:
	case FP_M_OTHER:
		return true;
	default:
		return false;
	}
}

static void put_fpr(struct fp_put *put, const struct fp_xlat *x, const char *side)
{
	struct fp_slice plain = fp_slice(side, 1);

	fp_put(put, FP_LIT(";lr;fpr="));
	fp_put_token(put, &x->realm->sealer, FP_SEAL_ROUTE, &plain, 1, FP_SEAL_B32);
}

static void put_transport(struct fp_put *put, u8 tp)
{
	fp_put(put, FP_LIT(";transport="));
	fp_put(put, fp_tp_name(tp));
}

static void put_outside_host(struct fp_put *put, const struct fp_xlat *x)
{
	u16 port = fp_xlat_public_port(x, -1);

	fp_xlat_put_host(put, x, x->main_row);
	if (port) {
		fp_put(put, FP_LIT(":"));
		fp_put_u32(put, port);
	}
	put_transport(put, x->tp);
}

static void put_outside(struct fp_put *put, const struct fp_xlat *x)
{
	fp_put(put, FP_LIT("Record-Route: <sip:"));
	put_outside_host(put, x);
	put_fpr(put, x, "o");
	fp_put(put, FP_LIT(">\r\n"));
}

/* Host, port and parameters of the URI that the inside sends to. */
static void put_inside_region(struct fp_put *put, const struct fp_xlat *x,
			      const struct fp_leg_view *inside)
{
	if (inside->self_host.len)
		fp_put(put, inside->self_host);
	else
		fp_put_addr(put, &inside->local.addr, true);
	if (inside->self_port) {
		fp_put(put, FP_LIT(":"));
		fp_put_u32(put, inside->self_port);
	}
	put_transport(put, inside->tp);
	put_fpr(put, x, "i");
}

static void put_inside(struct fp_put *put, const struct fp_xlat *x,
		       const struct fp_leg_view *inside)
{
	fp_put(put, FP_LIT("Record-Route: <sip:"));
	put_inside_region(put, x, inside);
	fp_put(put, FP_LIT(">\r\n"));
}

/* The same as the outside may see it: what any inside URI without a row becomes. */
static void put_inside_sealed(struct fp_put *put, struct fp_xlat *x,
			      const struct fp_leg_view *inside)
{
	struct fp_put plain = fp_put_init(x->w->sub_in, sizeof(x->w->sub_in));
	struct fp_slice token;

	fp_put(&plain, FP_LIT("\0"));
	put_inside_region(&plain, x, inside);
	token = fp_put_done(&plain);
	fp_put(put, FP_LIT("Record-Route: <sip:"));
	put_outside_host(put, x);
	fp_put(put, FP_LIT(";lr;fpt="));
	fp_put_token(put, &x->realm->sealer, FP_SEAL_URI, &token, 1, FP_SEAL_B32);
	fp_put(put, FP_LIT(">\r\n"));
	if (plain.full)
		put->full = true;
}

/**
 * fp_rr_push() - put our Record-Route on a request, where the realm wants it
 * @x: the translation
 * @in: leg that it came from
 * @out: leg that it goes to
 * @msg: the request
 */
void fp_rr_push(struct fp_xlat *x, const struct fp_leg_view *in,
		const struct fp_leg_view *out, const struct fp_sip_msg *msg)
{
	const struct fp_hdr_row *first = fp_row_first(msg, FP_H_RECORD_ROUTE);
	struct fp_put put;

	if (x->realm->rr != FP_RR_DOUBLE || !wants_rr(msg))
		return;
	put = fp_xlat_put(x);
	/* What the next hop understands comes first. */
	if (x->dir == FP_XLAT_OUT) {
		put_outside(&put, x);
		put_inside_sealed(&put, x, in);
	} else {
		put_inside(&put, x, out);
		put_outside(&put, x);
	}
	fp_xlat_commit(x, &put, first ? first->off : msg->head_len - 2, 0);
}

/**
 * fp_host_is_gateway() - does a host name the gateway itself?
 * @realm: the realm
 * @in: leg that the message came from
 * @base: what the spans of @host are relative to
 * @host: the host
 *
 * Return: true for our public name and addresses, and for what the inside calls us.
 */
bool fp_host_is_gateway(const struct fp_realm *realm, const struct fp_leg_view *in,
			const u8 *base, const struct fp_host *host)
{
	struct fp_slice name = fp_at(base, host->name);
	struct fp_addr a, b;

	if (fp_realm_host_public(realm, name) || fp_realm_host_self(realm, name))
		return true;
	if (in->self_host.len && fp_slice_ieq(in->self_host, name))
		return true;
	if (!host->addr.family)
		return false;
	a = fp_addr_plain(&host->addr);
	b = fp_addr_plain(&in->local.addr);
	return fp_addr_eq(&a, &b);
}

/**
 * fp_uri_inside() - the inside host that a URI carries in its token
 * @realm: the realm
 * @base: what the spans of @uri are relative to
 * @uri: the URI
 * @w: the URI as it was is left in @w->tmp, which the spans of @host refer to
 * @host: the host
 *
 * Return: 1 and the host, 0 when there is no token, -EBADMSG for a bad one.
 */
s32 fp_uri_inside(const struct fp_realm *realm, const u8 *base, const struct fp_uri *uri,
		  struct fp_sip_work *w, struct fp_host *host)
{
	struct fp_uri was;
	s32 n = fp_xlat_uri_token(realm, base, uri, w->tmp + 3, sizeof(w->tmp) - 3);

	if (n <= 0)
		return n;
	/* The byte of flags makes room for the colon. */
	memcpy(w->tmp, "sip:", 4);
	if (fp_uri_parse(w->tmp, fp_span(0, n + 3), &was, NULL))
		return -EBADMSG;
	*host = was.host;
	return 1;
}

static bool has_fpr(const u8 *base, const struct fp_uri *uri, struct fp_param *p)
{
	return fp_param_find(base, uri->params, FP_LIT("fpr"), p);
}

static bool fpr_opens(const struct fp_realm *realm, const u8 *base, const struct fp_param *p)
{
	u8 plain[1 + FP_SEAL_OVERHEAD];

	return fp_unseal(&realm->sealer, FP_SEAL_ROUTE, fp_at(base, p->value), FP_SEAL_B32,
			 plain, sizeof(plain)) == 1;
}

/**
 * fp_rr_hop() - what a Route value is to us
 * @realm: the realm
 * @in: leg that the request came from
 * @base: what the spans of @uri are relative to
 * @uri: URI of the value
 * @w: memory; see fp_uri_inside()
 * @inside: the host, for FP_HOP_INSIDE
 *
 * Return: enum fp_hop.
 */
enum fp_hop fp_rr_hop(const struct fp_realm *realm, const struct fp_leg_view *in,
		      const u8 *base, const struct fp_uri *uri,
		      struct fp_sip_work *w, struct fp_host *inside)
{
	struct fp_param p;
	s32 n;

	if (has_fpr(base, uri, &p))
		return fpr_opens(realm, base, &p) ? FP_HOP_OWN : FP_HOP_FORGED;
	if (in->side == FP_OUTSIDE) {
		n = fp_uri_inside(realm, base, uri, w, inside);
		if (n < 0)
			return FP_HOP_FORGED;
		if (n)
			return fp_host_is_gateway(realm, in, w->tmp, inside) ?
			       FP_HOP_OWN : FP_HOP_INSIDE;
	}
	return fp_host_is_gateway(realm, in, base, &uri->host) ? FP_HOP_OWN : FP_HOP_OTHER;
}
