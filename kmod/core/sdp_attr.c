// SPDX-License-Identifier: GPL-2.0
/* SDP attributes that carry addresses. */
#include "sdp_internal.h"

/* Port into a ref, made for it or for the address before it. */
static bool fp_sdp_port(const u8 *base, struct fp_span s, struct fp_sdp_ref *ref)
{
	ref->port_s = s;
	return fp_slice_u16(fp_at(base, s), &ref->port);
}

/* a=rtcp:port [nettype addrtype address] (RFC 3605) */
static enum fp_reason fp_sdp_rtcp(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, l->value);
	struct fp_sdp_ref port = { .kind = FP_HOST_NONE };
	enum fp_reason r;

	if (!fp_sdp_port(base, fp_cur_word(&c), &port))
		return fp_bad(err_off, l->value.off, FP_R_SDP_RTCP);
	if (fp_cur_no_words(&c)) {
		l->n_refs = 1;
		l->ref[0] = port;
		return FP_R_NONE;
	}
	r = fp_sdp_address(&c, l, FP_R_SDP_RTCP, err_off);
	if (!r && !fp_cur_no_words(&c))
		r = fp_bad(err_off, c.pos, FP_R_SDP_RTCP);
	if (r || !l->n_refs)
		return r;
	l->ref[0].port_s = port.port_s;
	l->ref[0].port = port.port;
	return FP_R_NONE;
}

static enum fp_reason fp_sdp_addr_port(const u8 *base, struct fp_span addr, struct fp_span port,
				       struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_sdp_ref *ref = fp_sdp_ref_add(l);

	if (!ref)
		return fp_bad(err_off, addr.off, FP_R_SDP_TOO_MANY);
	if (!fp_sdp_port(base, port, ref))
		return fp_bad(err_off, port.off, FP_R_SDP_CANDIDATE);
	return fp_sdp_host(base, addr, ref, err_off);
}

/* Name and value pairs behind a candidate: raddr and rport belong together. */
static enum fp_reason fp_sdp_candidate_ext(struct fp_cur *c, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_span raddr = { 0, 0 }, rport = { 0, 0 };

	while (!fp_cur_no_words(c)) {
		struct fp_slice name = fp_at(c->b, fp_cur_word(c));
		struct fp_span value = fp_cur_word(c);

		if (!value.len)
			return fp_bad(err_off, c->pos, FP_R_SDP_CANDIDATE);
		if (fp_slice_ieq(name, FP_LIT("raddr")))
			raddr = value;
		if (fp_slice_ieq(name, FP_LIT("rport")))
			rport = value;
	}
	if (!raddr.len && !rport.len)
		return FP_R_NONE;
	if (!raddr.len || !rport.len)
		return fp_bad(err_off, l->value.off, FP_R_SDP_CANDIDATE);
	return fp_sdp_addr_port(c->b, raddr, rport, l, err_off);
}

static bool fp_sdp_is_transport(struct fp_slice s)
{
	return fp_slice_istarts(s, FP_LIT("UDP")) || fp_slice_istarts(s, FP_LIT("TCP"));
}

/*
 * Where the address stands. RFC 8839: foundation component transport priority
 * address port "typ" type. The drafts that Microsoft's first ICE follows: user
 * component password transport preference address port.
 */
static int fp_sdp_candidate_form(const u8 *base, const struct fp_span *w)
{
	if (fp_slice_ieq(fp_at(base, w[6]), FP_LIT("typ")) && w[7].len)
		return 4;
	if (!w[7].len && fp_sdp_is_transport(fp_at(base, w[3])) && w[6].len)
		return 5;
	return -1;
}

static enum fp_reason fp_sdp_candidate(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, l->value);
	struct fp_span w[8];
	enum fp_reason r;
	int i, at;

	for (i = 0; i < 8; i++)
		w[i] = fp_cur_word(&c);
	at = fp_sdp_candidate_form(base, w);
	if (at < 0)
		return fp_bad(err_off, l->value.off, FP_R_SDP_CANDIDATE);
	r = fp_sdp_addr_port(base, w[at], w[at + 1], l, err_off);
	return r ? r : fp_sdp_candidate_ext(&c, l, err_off);
}

/* a=remote-candidates: (component address port)... */
static enum fp_reason fp_sdp_remote_candidates(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, l->value);

	do {
		struct fp_span component = fp_cur_word(&c);
		struct fp_span addr = fp_cur_word(&c);
		struct fp_span port = fp_cur_word(&c);
		enum fp_reason r;

		if (!component.len || !port.len)
			return fp_bad(err_off, c.pos, FP_R_SDP_CANDIDATE);
		r = fp_sdp_addr_port(base, addr, port, l, err_off);
		if (r)
			return r;
	} while (!fp_cur_no_words(&c));
	return FP_R_NONE;
}

/* a=path: MSRP URIs (RFC 4975 section 8.1) */
static enum fp_reason fp_sdp_path(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, l->value);

	do {
		struct fp_span word = fp_cur_word(&c);
		struct fp_sdp_ref *ref = fp_sdp_ref_add(l);
		struct fp_uri uri;

		if (!ref)
			return fp_bad(err_off, word.off, FP_R_SDP_TOO_MANY);
		if (fp_uri_parse(base, word, &uri, err_off))
			return FP_R_SDP_PATH;
		if (!uri.host.kind)
			return fp_bad(err_off, word.off, FP_R_SDP_PATH);
		ref->addr_s = uri.host.name;
		ref->port_s = uri.host.port_s;
		ref->kind = uri.host.kind;
		ref->port = uri.host.port;
		ref->addr = uri.host.addr;
	} while (!fp_cur_no_words(&c));
	return FP_R_NONE;
}

/* a=source-filter: mode nettype addrtype destination source... (RFC 4570) */
static enum fp_reason fp_sdp_source_filter(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, l->value);
	struct fp_slice net;
	int i;

	fp_cur_word(&c);
	net = fp_at(base, fp_cur_word(&c));
	fp_cur_word(&c);
	for (i = 0; i < 2 || !fp_cur_no_words(&c); i++) {
		struct fp_span addr = fp_cur_word(&c);
		struct fp_sdp_ref *ref;
		enum fp_reason r;

		if (!addr.len)
			return fp_bad(err_off, c.pos, FP_R_SDP_ATTR);
		if (!fp_slice_ieq(net, FP_LIT("IN")) ||
		    fp_slice_eq(fp_at(base, addr), FP_LIT("*")))
			continue;
		ref = fp_sdp_ref_add(l);
		if (!ref)
			return fp_bad(err_off, addr.off, FP_R_SDP_TOO_MANY);
		r = fp_sdp_host(base, addr, ref, err_off);
		if (r)
			return r;
	}
	return FP_R_NONE;
}

typedef enum fp_reason (*fp_sdp_attr_fn)(const u8 *base, struct fp_sdp_line *l, u32 *err_off);

static enum fp_reason fp_sdp_no_address(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	(void)base;
	(void)l;
	(void)err_off;
	return FP_R_NONE;
}

static const struct fp_sdp_attr {
	const char *name;
	u8 len;
	u8 kind;
	fp_sdp_attr_fn parse;
} fp_sdp_attrs[] = {
#define FP_ATTR(name, kind, parse) { name, sizeof(name) - 1, FP_SDP_##kind, parse }
	FP_ATTR("rtcp", RTCP, fp_sdp_rtcp),
	FP_ATTR("candidate", CANDIDATE, fp_sdp_candidate),
	FP_ATTR("x-candidate-ipv6", CANDIDATE, fp_sdp_candidate),
	FP_ATTR("remote-candidates", REMOTE_CANDIDATES, fp_sdp_remote_candidates),
	FP_ATTR("path", PATH, fp_sdp_path),
	FP_ATTR("source-filter", SOURCE_FILTER, fp_sdp_source_filter),
	FP_ATTR("accept-types", ACCEPT_TYPES, fp_sdp_no_address),
	FP_ATTR("accept-wrapped-types", ACCEPT_TYPES, fp_sdp_no_address),
	FP_ATTR("crypto", CRYPTO, fp_sdp_no_address),
#undef FP_ATTR
};

/**
 * fp_sdp_a_line() - a=attribute[:value]
 * @base: what spans are relative to
 * @l: the line
 * @err_off: offset of what is wrong
 *
 * Attributes that nobody here knows pass.
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_sdp_a_line(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_slice name, value;
	unsigned int i;

	l->kind = FP_SDP_ATTR;
	fp_slice_cut(fp_at(base, l->value), ':', &name, &value);
	l->attr = fp_span(l->value.off, name.len);
	l->value = fp_span_to(fp_span_end(l->value) - value.len, fp_span_end(l->value));
	for (i = 0; i < ARRAY_SIZE(fp_sdp_attrs); i++) {
		const struct fp_sdp_attr *a = &fp_sdp_attrs[i];

		if (!fp_slice_ieq(name, fp_slice(a->name, a->len)))
			continue;
		l->kind = a->kind;
		return a->parse(base, l, err_off);
	}
	return FP_R_NONE;
}
