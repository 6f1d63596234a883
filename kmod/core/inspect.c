// SPDX-License-Identifier: GPL-2.0
/*
 * May this message pass at all? Who sent it, for whom it is, what it asks of a
 * proxy, and what media it offers.
 */
#include <fedpat/multipart.h>
#include <fedpat/sdp.h>
#include "rr.h"

static enum fp_reason at(struct fp_sip_work *w, u32 off, enum fp_reason reason)
{
	w->refused_at = off;
	return reason;
}

static bool has_domain(const struct fp_uri *uri)
{
	return (uri->scheme == FP_SCHEME_SIP || uri->scheme == FP_SCHEME_SIPS ||
		uri->scheme == FP_SCHEME_IM || uri->scheme == FP_SCHEME_PRES) &&
	       uri->host.kind != FP_HOST_NONE;
}

static bool may_speak_for(const struct fp_leg_view *in, const struct fp_sip_msg *m,
			  const struct fp_uri *uri)
{
	return in->flags & FP_LEG_ANY_DOMAIN ||
	       fp_nameset_has(in->domains, fp_msg_at(m, uri->host.name));
}

/*
 * Invariant 7: every identity that a partner asserts must be in a domain that it
 * may speak for. A telephone number names no domain: it passes beside an identity
 * that does, for From is always one.
 */
static enum fp_reason check_asserted(const struct fp_leg_view *in,
				     const struct fp_sip_msg *m, enum fp_hdr_id id,
				     struct fp_sip_work *w)
{
	const struct fp_nameaddr *na;
	unsigned int pos = 0;

	while ((na = fp_nameaddr_next(m, id, &pos))) {
		if (na->uri.scheme == FP_SCHEME_TEL)
			continue;
		if (!has_domain(&na->uri) || !may_speak_for(in, m, &na->uri))
			return at(w, na->value.off, FP_R_PAI_DOMAIN);
	}
	return FP_R_NONE;
}

static enum fp_reason check_outside_identity(const struct fp_leg_view *in,
					     const struct fp_sip_msg *m,
					     struct fp_sip_work *w)
{
	const struct fp_nameaddr *from = fp_from(m);
	enum fp_reason reason;

	if (!from || !has_domain(&from->uri))
		return at(w, from ? from->value.off : 0, FP_R_FROM_NO_DOMAIN);
	if (!may_speak_for(in, m, &from->uri))
		return at(w, from->value.off, FP_R_FROM_DOMAIN);
	reason = check_asserted(in, m, FP_H_P_ASSERTED_IDENTITY, w);
	if (!reason)
		reason = check_asserted(in, m, FP_H_REMOTE_PARTY_ID, w);
	return reason;
}

/* Our nodes speak standard SIP; what a partner speaks is the policy's to say. */
static enum fp_reason check_dialect(const struct fp_realm *realm, const struct fp_sip_msg *m,
				    struct fp_sip_work *w)
{
	bool wrong;

	if (!(realm->flags & (FP_REALM_STANDARD | FP_REALM_MICROSOFT)))
		return FP_R_NONE;
	wrong = fp_sip_is_microsoft(m) ? realm->flags & FP_REALM_STANDARD :
					 realm->flags & FP_REALM_MICROSOFT;
	return wrong ? at(w, 0, FP_R_DIALECT) : FP_R_NONE;
}

static bool is_inside(const struct fp_realm *realm, const struct fp_sip_msg *m,
		      const struct fp_host *host)
{
	if (host->addr.family)
		return fp_realm_addr_inside(realm, &host->addr);
	return fp_realm_host_inside(realm, fp_msg_at(m, host->name));
}

static enum fp_reason check_inside_identity(const struct fp_realm *realm,
					    const struct fp_sip_msg *m,
					    struct fp_sip_work *w)
{
	const struct fp_nameaddr *from = fp_from(m);

	if (!from || !has_domain(&from->uri))
		return at(w, from ? from->value.off : 0, FP_R_FROM_NOT_LOCAL);
	/* A node that pings names itself; that name leaves as a token. */
	if (fp_realm_domain_ours(realm, fp_msg_at(m, from->uri.host.name)) ||
	    fp_realm_host_public(realm, fp_msg_at(m, from->uri.host.name)) ||
	    is_inside(realm, m, &from->uri.host))
		return FP_R_NONE;
	return at(w, from->value.off, FP_R_FROM_NOT_LOCAL);
}

static enum fp_reason check_target(const struct fp_realm *realm,
				   const struct fp_leg_view *in,
				   const struct fp_sip_msg *m, struct fp_sip_work *w)
{
	const struct fp_uri *uri = &m->ruri;
	struct fp_host inside;
	s32 n;

	if (!has_domain(uri))
		return at(w, uri->whole.off, FP_R_URI_SCHEME);
	if (in->side == FP_INSIDE)
		return FP_R_NONE;
	n = fp_uri_inside(realm, m->buf, uri, w, &inside);
	if (n < 0)
		return at(w, uri->whole.off, FP_R_TOKEN_FORGED);
	if (n || fp_realm_domain_ours(realm, fp_msg_at(m, uri->host.name)) ||
	    fp_realm_host_public(realm, fp_msg_at(m, uri->host.name)))
		return FP_R_NONE;
	return at(w, uri->host.whole.off, FP_R_NOT_OUR_DOMAIN);
}

/* RFC 3261 section 16.3 step 5: no extension of proxies is known here. */
static enum fp_reason check_proxy_require(const struct fp_sip_msg *m, struct fp_sip_work *w)
{
	const struct fp_hdr_row *row = fp_row_first(m, FP_H_PROXY_REQUIRE);

	if (!row || m->method == FP_M_CANCEL || m->method == FP_M_ACK)
		return FP_R_NONE;
	return at(w, row->off, FP_R_PROXY_REQUIRE);
}

static enum fp_reason check_sdp(const struct fp_realm *realm, const struct fp_sip_msg *m,
				struct fp_span body, struct fp_sip_work *w)
{
	struct fp_sdp_info info;
	u32 off = body.off;
	enum fp_reason reason = fp_sdp_check(m->buf, body, &info, &off);

	if (reason)
		return at(w, off, reason);
	if (!(info.live & ~(1u << FP_SDP_M_MESSAGE)))
		return FP_R_NONE;
	w->notes |= FP_NOTE_MEDIA;
	if (realm->flags & FP_REALM_ALLOW_MEDIA || !m->is_request || m->method == FP_M_ACK)
		return FP_R_NONE;
	return at(w, body.off, FP_R_MEDIA_OFFER);
}

static bool is_sdp(const struct fp_sip_msg *m, const struct fp_ctype *ct)
{
	return fp_ctype_is(m->buf, ct, FP_LIT("application"), FP_LIT("sdp"));
}

/* Signed parts are nobody's to judge; what they hold no one here can rewrite. */
static bool looks_into(const struct fp_sip_msg *m, const struct fp_ctype *ct)
{
	return fp_ctype_is_multipart(m->buf, ct) &&
	       !fp_ctype_is(m->buf, ct, FP_LIT("multipart"), FP_LIT("encrypted"));
}

static enum fp_reason check_parts(const struct fp_realm *realm, const struct fp_sip_msg *m,
				  struct fp_span body, const struct fp_ctype *ct,
				  struct fp_sip_work *w)
{
	struct fp_multipart outer, inner;
	struct fp_part part, sub;
	enum fp_reason reason = FP_R_NONE;

	fp_multipart_init(&outer, m->buf, body, ct, 1);
	while (!reason && fp_multipart_next(&outer, &part)) {
		if (is_sdp(m, &part.ctype))
			reason = check_sdp(realm, m, part.body, w);
		if (!looks_into(m, &part.ctype))
			continue;
		fp_multipart_init(&inner, m->buf, part.body, &part.ctype, 2);
		while (!reason && fp_multipart_next(&inner, &sub))
			if (is_sdp(m, &sub.ctype))
				reason = check_sdp(realm, m, sub.body, w);
		if (!reason && inner.err)
			reason = at(w, inner.err_off, inner.err);
	}
	return reason || !outer.err ? reason : at(w, outer.err_off, outer.err);
}

static enum fp_reason check_body(const struct fp_realm *realm, const struct fp_sip_msg *m,
				 struct fp_sip_work *w)
{
	if (!m->body.len || fp_row_first(m, FP_H_CONTENT_ENCODING))
		return FP_R_NONE;
	if (is_sdp(m, &m->ctype))
		return check_sdp(realm, m, m->body, w);
	if (looks_into(m, &m->ctype))
		return check_parts(realm, m, m->body, &m->ctype, w);
	return FP_R_NONE;
}

static enum fp_reason check_request(const struct fp_realm *realm,
				    const struct fp_leg_view *in,
				    const struct fp_sip_msg *m, struct fp_sip_work *w)
{
	enum fp_reason reason;

	if (in->side == FP_OUTSIDE)
		reason = check_outside_identity(in, m, w);
	else
		reason = check_inside_identity(realm, m, w);
	if (!reason && in->side == FP_OUTSIDE)
		reason = check_dialect(realm, m, w);
	if (!reason)
		reason = check_target(realm, in, m, w);
	/* OPTIONS with 0 is for whoever gets it: traceroute (RFC 3261 section 11.2). */
	if (!reason && !m->max_forwards && m->method != FP_M_OPTIONS)
		reason = at(w, fp_hdr_value(m, FP_H_MAX_FORWARDS).off, FP_R_MAX_FORWARDS);
	if (!reason)
		reason = check_proxy_require(m, w);
	return reason;
}

/**
 * fp_sip_inspect() - may a message pass?
 * @realm: the realm
 * @in: leg that it came from
 * @msg: the message, parsed without error
 * @w: memory; @w->refused_at says where the reason is
 *
 * Return: FP_R_NONE, or why not.
 */
enum fp_reason fp_sip_inspect(const struct fp_realm *realm, const struct fp_leg_view *in,
			      const struct fp_sip_msg *msg, struct fp_sip_work *w)
{
	enum fp_reason reason = FP_R_NONE;

	w->notes = 0;
	w->refused_at = 0;
	if (msg->is_request)
		reason = check_request(realm, in, msg, w);
	return reason ? reason : check_body(realm, msg, w);
}
