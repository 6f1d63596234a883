// SPDX-License-Identifier: GPL-2.0
/* Rewriting one message: which part of it is translated how. */
#include "rr.h"
#include "via.h"

/* How the value of a header is translated. */
static u8 row_flags(const struct fp_hdr_row *row)
{
	u8 flags = fp_hdr_flags(row->id) & FP_HF_ADDR ? FP_XT_ADDR | FP_XT_ECHO : 0;

	switch (row->id) {
	case FP_H_RECORD_ROUTE:
	case FP_H_PATH:
	case FP_H_SERVICE_ROUTE:
		return flags | FP_XT_FORCE;
	case FP_H_FROM:
	case FP_H_TO:
	case FP_H_P_ASSERTED_IDENTITY:
	case FP_H_P_PREFERRED_IDENTITY:
	case FP_H_REMOTE_PARTY_ID:
	case FP_H_REFERRED_BY:
	case FP_H_REPLY_TO:
	case FP_H_DIVERSION:
	case FP_H_HISTORY_INFO:
		return flags | FP_XT_USER;
	case FP_H_CALL_ID:
	case FP_H_REPLACES:
	case FP_H_JOIN:
	case FP_H_TARGET_DIALOG:
	case FP_H_SAME_SESSION:
	case FP_H_IN_REPLY_TO:
		return flags | FP_XT_ECHO;
	default:
		return flags;
	}
}

static u8 row_policy(const struct fp_xlat *x, const struct fp_hdr_row *row)
{
	switch (row->id) {
	case FP_H_CALL_ID:
	case FP_H_REPLACES:
	case FP_H_JOIN:
	case FP_H_TARGET_DIALOG:
	case FP_H_SAME_SESSION:
	case FP_H_IN_REPLY_TO:
		/* Over UDP too: what names a dialog must come back byte for byte. */
		return FP_WP_TOKEN;
	case FP_H_WARNING:
	case FP_H_MS_DIAGNOSTICS:
	case FP_H_MS_DIAGNOSTICS_PUBLIC:
	case FP_H_MS_CLIENT_DIAGNOSTICS:
		if (!x->alg)
			return FP_WP_PUBLIC;
		break;
	}
	return x->alg ? FP_WP_ALG : FP_WP_TOKEN;
}

static void row_text(struct fp_xlat *x, const struct fp_hdr_row *row, struct fp_span value)
{
	x->flags = row_flags(row);
	x->policy = row_policy(x, row);
	if (row->id == FP_H_OTHER)
		fp_xlat_sweep(x, fp_span(row->off, row->name_len));
	fp_xlat_text(x, value);
}

static void delete_row(struct fp_xlat *x, const struct fp_hdr_row *row)
{
	fp_edits_replace(&x->w->edits, row->off, row->len, FP_LIT(""));
}

/* Our own values on top go; @own says how many of them are still to come. */
static void route_row(struct fp_xlat *x, const struct fp_sip_msg *m,
		      const struct fp_hdr_row *row, u32 *own)
{
	const struct fp_nameaddr *na, *first = NULL, *kept = NULL;
	u16 index = row - m->rows;
	unsigned int pos = 0;

	while ((na = fp_nameaddr_next(m, FP_H_ROUTE, &pos))) {
		if (na->row != index)
			continue;
		if (!first)
			first = na;
		if (*own) {
			(*own)--;
			continue;
		}
		kept = na;
		break;
	}
	if (first && !kept) {
		delete_row(x, row);
	} else if (kept && kept != first) {
		fp_edits_replace(&x->w->edits, first->value.off,
				 kept->value.off - first->value.off, FP_LIT(""));
		row_text(x, row, fp_span_to(kept->value.off, fp_span_end(row->value)));
	} else {
		row_text(x, row, row->value);
	}
}

static void max_forwards_row(struct fp_xlat *x, const struct fp_sip_msg *m,
			     const struct fp_hdr_row *row)
{
	struct fp_put put = fp_xlat_put(x);

	fp_put_u32(&put, m->max_forwards > 0 ? m->max_forwards - 1 : 0);
	fp_xlat_commit(x, &put, row->value.off, row->value.len);
}

static bool masks_software(const struct fp_xlat *x)
{
	return x->dir == FP_XLAT_OUT && x->realm->flags & FP_REALM_MASK_UA;
}

static void one_row(struct fp_xlat *x, const struct fp_sip_msg *m,
		    const struct fp_hdr_row *row, u32 *own)
{
	bool inwards = x->dir == FP_XLAT_IN;

	switch (row->id) {
	case FP_H_VIA:
		if (x->alg && m->is_request == inwards)
			row_text(x, row, row->value);
		return;
	case FP_H_CONTENT_LENGTH:
		return;
	case FP_H_MAX_FORWARDS:
		if (m->is_request && !x->alg)
			max_forwards_row(x, m, row);
		return;
	case FP_H_ROUTE:
		route_row(x, m, row, own);
		return;
	case FP_H_USER_AGENT:
	case FP_H_SERVER:
		if (masks_software(x)) {
			delete_row(x, row);
			x->w->notes |= FP_NOTE_MASKED;
			return;
		}
		break;
	}
	row_text(x, row, row->value);
}

static void all_rows(struct fp_xlat *x, const struct fp_sip_msg *m)
{
	u32 own = x->alg || !m->is_request ? 0 : x->w->own_routes, i;

	for (i = 0; i < m->n_rows && !x->reason && !x->w->edits.full; i++)
		one_row(x, m, &m->rows[i], &own);
}

static void start_line(struct fp_xlat *x, const struct fp_sip_msg *m)
{
	x->flags = FP_XT_ECHO;
	x->policy = x->alg ? FP_WP_ALG : FP_WP_TOKEN;
	if (m->is_request) {
		/* A method is any token, and so is an address. */
		if (m->method == FP_M_OTHER)
			fp_xlat_sweep(x, m->method_s);
		fp_xlat_uri(x, &m->ruri, true);
		return;
	}
	x->flags = 0;
	x->policy = x->alg ? FP_WP_ALG : FP_WP_PUBLIC;
	fp_xlat_sweep(x, m->reason);
}

/* The number in every Content-Length row, when the body changed its length. */
static void fix_length(struct fp_xlat *x, const struct fp_sip_msg *m)
{
	s64 delta = fp_edits_delta(&x->w->edits, m->body.off, m->body.off + m->body.len);
	const struct fp_hdr_row *row;

	if (!delta)
		return;
	fp_for_each_row(m, row, FP_H_CONTENT_LENGTH) {
		struct fp_put put = fp_xlat_put(x);

		fp_put_u32(&put, (u32)(m->body.len + delta));
		fp_xlat_commit(x, &put, row->value.off, row->value.len);
	}
}

static void xlat_init(struct fp_xlat *x, const struct fp_realm *realm,
		      const struct fp_sip_msg *m, struct fp_sip_work *w, bool out)
{
	memset(x, 0, sizeof(*x));
	x->realm = realm;
	x->w = w;
	x->base = m->buf;
	x->msg = m;
	x->dir = out ? FP_XLAT_OUT : FP_XLAT_IN;
	x->main_row = -1;
	w->notes = 0;
	w->refused_at = 0;
	fp_edits_init(&w->edits, w->edit, FP_WORK_EDITS, w->scratch, FP_WORK_SCRATCH);
}

/*
 * "edge1.example:5060" where a URI belongs reads as an unknown scheme. Where that
 * scheme names the inside, hiding it leaves no URI; nor was it ever one.
 */
static void check_scheme(struct fp_xlat *x, const struct fp_uri *uri)
{
	if (uri->scheme == FP_SCHEME_OTHER && !x->reason &&
	    fp_edits_touch(&x->w->edits, uri->scheme_s.off, uri->opaque.off))
		fp_xlat_fail(x, FP_R_PARSE_URI, uri->scheme_s.off);
}

static void check_schemes(struct fp_xlat *x, const struct fp_sip_msg *m)
{
	u32 i;

	if (m->is_request)
		check_scheme(x, &m->ruri);
	for (i = 0; i < m->n_addrs; i++)
		check_scheme(x, &m->addrs[i].uri);
}

static enum fp_reason finish(struct fp_xlat *x, const struct fp_sip_msg *m)
{
	check_schemes(x, m);
	fix_length(x, m);
	if (x->reason)
		return x->reason;
	return fp_edits_seal(&x->w->edits, m->len) ? FP_R_REWRITE_ROOM : FP_R_NONE;
}

/* The row whose port stands for what has none: that of the node, else the main one. */
static s32 row_of_node(const struct fp_realm *realm, const struct fp_addr *node)
{
	s32 row = fp_realm_main_row(realm, 6, node);

	return row >= 0 ? row : fp_realm_main_row(realm, 6, NULL);
}

static void add_max_forwards(struct fp_xlat *x, const struct fp_sip_msg *m)
{
	struct fp_put put;

	if (m->max_forwards >= 0)
		return;
	put = fp_xlat_put(x);
	fp_put(&put, FP_LIT("Max-Forwards: "));
	fp_put_u32(&put, x->realm->max_forwards);
	fp_put(&put, FP_LIT("\r\n"));
	fp_xlat_commit(x, &put, m->head_len - 2, 0);
}

/**
 * fp_sip_rewrite() - what a message becomes on its way through
 * @realm: the realm
 * @in: leg that it came from
 * @out: leg that it goes to
 * @msg: the message, parsed without error
 * @route: what fp_sip_route() said of it
 * @w: the same that fp_sip_route() had; gets the edit list
 *
 * Return: FP_R_NONE and an ordered list in @w->edits, or why it is refused.
 */
enum fp_reason fp_sip_rewrite(const struct fp_realm *realm, const struct fp_leg_view *in,
			      const struct fp_leg_view *out, const struct fp_sip_msg *msg,
			      const struct fp_route *route, struct fp_sip_work *w)
{
	const struct fp_leg_view *outside, *inside;
	struct fp_xlat x;

	xlat_init(&x, realm, msg, w, out->side == FP_OUTSIDE);
	if (in->side == out->side || !msg->n_vias || msg->head_len < 2)
		return FP_R_HAIRPIN;
	outside = x.dir == FP_XLAT_OUT ? out : in;
	inside = x.dir == FP_XLAT_OUT ? in : out;
	x.tp = outside->tp;
	x.self_port = outside->self_port;
	x.main_row = row_of_node(realm, &inside->remote.addr);
	if (msg->is_request) {
		fp_via_push(&x, in, out, msg);
		add_max_forwards(&x, msg);
		fp_rr_push(&x, in, out, msg);
	} else if (route->kind == FP_ROUTE_RESPONSE) {
		fp_via_pop(&x, msg);
	}
	start_line(&x, msg);
	all_rows(&x, msg);
	fp_xlat_body(&x, msg);
	return finish(&x, msg);
}

/**
 * fp_sip_rewrite_alg() - what a datagram becomes: static-PAT rows, no Via added
 * @realm: the realm
 * @from: the side that it came from
 * @node: inside end of the flow
 * @msg: the message, parsed without error
 * @w: gets the edit list
 *
 * Return: FP_R_NONE and an ordered list in @w->edits, or why it is refused.
 */
enum fp_reason fp_sip_rewrite_alg(const struct fp_realm *realm, enum fp_side from,
				  const struct fp_endpoint *node,
				  const struct fp_sip_msg *msg, struct fp_sip_work *w)
{
	struct fp_xlat x;

	xlat_init(&x, realm, msg, w, from == FP_INSIDE);
	x.alg = true;
	x.node = node->addr;
	w->own_routes = 0;
	if (msg->is_request && from == FP_INSIDE)
		fp_via_alg_hide(&x, msg);
	else if (!msg->is_request && from == FP_OUTSIDE)
		fp_via_alg_show(&x, msg);
	start_line(&x, msg);
	all_rows(&x, msg);
	fp_xlat_body(&x, msg);
	return finish(&x, msg);
}
