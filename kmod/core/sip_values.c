// SPDX-License-Identifier: GPL-2.0
/* Values of the headers that the gateway has to understand. */
#include "sip_internal.h"

/* CSeq: number, white space, method. */
static enum fp_reason fp_cseq(struct fp_sip_msg *m, struct fp_span value, u32 *err_off)
{
	struct fp_cur c = fp_cur(m->buf, value);
	struct fp_span digits = fp_cur_run(&c, FP_C_TOKEN), method;
	u32 gap = c.pos, n;

	fp_cur_lws(&c);
	if (!fp_slice_u32(fp_msg_at(m, digits), &n) || n >> 31)
		return fp_bad(err_off, value.off, FP_R_PARSE_CSEQ);
	if (c.pos == gap)
		return fp_bad(err_off, gap, FP_R_PARSE_CSEQ);
	method = fp_cur_run(&c, FP_C_TOKEN);
	if (!method.len || !fp_cur_done(&c))
		return fp_bad(err_off, c.pos, FP_R_PARSE_CSEQ);
	m->cseq = n;
	m->cseq_s = digits;
	m->cseq_method_s = method;
	m->cseq_method = fp_method_lookup(fp_msg_at(m, method));
	return FP_R_NONE;
}

static enum fp_reason fp_call_id(struct fp_sip_msg *m, struct fp_span value, u32 *err_off)
{
	struct fp_cur c = fp_cur(m->buf, value);
	struct fp_span id = fp_cur_run(&c, FP_C_WORD);

	if (!id.len || !fp_cur_done(&c))
		return fp_bad(err_off, c.pos, FP_R_PARSE_CALL_ID);
	m->call_id = id;
	return FP_R_NONE;
}

static enum fp_reason fp_max_forwards(struct fp_sip_msg *m, struct fp_span value, u32 *err_off)
{
	u8 n;

	if (!fp_slice_u8(fp_msg_at(m, value), &n))
		return fp_bad(err_off, value.off, FP_R_PARSE_MAX_FORWARDS);
	m->max_forwards = n;
	return FP_R_NONE;
}

/* Digits only? What is no number at all is told apart from one that is too large. */
static bool fp_all_digits(struct fp_slice s)
{
	u32 i;

	for (i = 0; i < s.len; i++)
		if (!fp_is_digit(s.p[i]))
			return false;
	return s.len;
}

/**
 * fp_content_length() - read a Content-Length
 * @value: its value without white space at the ends
 * @out: the number, untouched on failure
 *
 * Return: FP_R_NONE, FP_R_FRAME_LENGTH_OVERFLOW or FP_R_FRAME_LENGTH_BAD.
 */
enum fp_reason fp_content_length(struct fp_slice value, u32 *out)
{
	if (fp_slice_u32(value, out))
		return FP_R_NONE;
	return fp_all_digits(value) ? FP_R_FRAME_LENGTH_OVERFLOW : FP_R_FRAME_LENGTH_BAD;
}

static enum fp_reason fp_length_row(struct fp_sip_msg *m, struct fp_span value, u32 *err_off)
{
	enum fp_reason r = fp_content_length(fp_msg_at(m, value), &m->content_length);

	if (r)
		return fp_bad(err_off, value.off, r);
	m->has_content_length = true;
	return FP_R_NONE;
}

/* RFC 3261 section 20.19 has no error for it: what is no number counts as absent. */
static enum fp_reason fp_expires(struct fp_sip_msg *m, struct fp_span value)
{
	struct fp_slice s = fp_msg_at(m, value);

	m->has_expires = fp_all_digits(s);
	if (m->has_expires && !fp_slice_u32(s, &m->expires))
		m->expires = 0xffffffff;
	return FP_R_NONE;
}

/* Keep the boundary without quotes; one that is too long counts as none. */
static void fp_ctype_boundary(const u8 *base, struct fp_span value, struct fp_ctype *ct)
{
	struct fp_slice s = fp_at(base, value);
	s32 n;

	if (s.len >= 2 && s.p[0] == '"') {
		n = fp_unquote(fp_slice(s.p + 1, s.len - 2), ct->boundary, FP_BOUNDARY_MAX);
	} else {
		n = s.len <= FP_BOUNDARY_MAX ? (s32)s.len : -1;
		if (n > 0)
			memcpy(ct->boundary, s.p, n);
	}
	ct->boundary_len = n > 0 ? n : 0;
}

static enum fp_reason fp_ctype_params(struct fp_cur *c, struct fp_ctype *ct, u32 *err_off)
{
	u32 start = c->pos + 1, end = c->end;
	bool seen = false;

	while (fp_cur_eat(c, ';')) {
		struct fp_param p;
		enum fp_reason r;

		fp_cur_lws(c);
		/* A semicolon too many is common in mail-like headers, and harmless. */
		if (fp_cur_done(c) || fp_cur_at(c, ';'))
			continue;
		r = fp_param_parse(c, &p, err_off);
		if (r)
			return r;
		if (!fp_slice_ieq(fp_at(c->b, p.name), FP_LIT("boundary")))
			continue;
		if (seen)
			return fp_bad(err_off, p.name.off, FP_R_PARSE_PARAM_REPEATED);
		seen = true;
		fp_ctype_boundary(c->b, p.value, ct);
	}
	if (start < end)
		ct->params = fp_span_trim(c->b, fp_span_to(start, end));
	return FP_R_NONE;
}

/**
 * fp_ctype_parse() - parse a media type, as in Content-Type
 * @base: what spans are relative to
 * @s: all of it
 * @ct: its parts
 * @err_off: offset of what is wrong, may be NULL
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_ctype_parse(const u8 *base, struct fp_span s, struct fp_ctype *ct, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, s);
	enum fp_reason r;

	memset(ct, 0, sizeof(*ct));
	fp_cur_lws(&c);
	ct->type = fp_cur_run(&c, FP_C_TOKEN);
	fp_cur_lws(&c);
	if (!ct->type.len || !fp_cur_eat(&c, '/'))
		goto bad;
	fp_cur_lws(&c);
	ct->subtype = fp_cur_run(&c, FP_C_TOKEN);
	fp_cur_lws(&c);
	if (!ct->subtype.len)
		goto bad;
	r = fp_ctype_params(&c, ct, err_off);
	if (!r && fp_cur_done(&c))
		return FP_R_NONE;
	ct->type.len = 0;
	if (r)
		return r;
bad:
	ct->type.len = 0;
	return fp_bad(err_off, c.pos, FP_R_PARSE_CONTENT_TYPE);
}

static enum fp_reason fp_vias(struct fp_sip_msg *m, u16 row, u32 *err_off)
{
	struct fp_span rest = m->rows[row].value;

	do {
		struct fp_via *via = &m->vias[m->n_vias];
		enum fp_reason r;

		if (m->n_vias == FP_SIP_MAX_VIAS)
			return fp_bad(err_off, rest.off, FP_R_PARSE_TOO_MANY_VIAS);
		r = fp_via_parse(m->buf, &rest, via, err_off);
		if (r)
			return r;
		via->row = row;
		m->n_vias++;
	} while (rest.len);
	return FP_R_NONE;
}

/* The tag of From or To, which must not be there twice: which one counts? */
static enum fp_reason fp_tag(struct fp_sip_msg *m, const struct fp_nameaddr *na, u32 *err_off)
{
	struct fp_span *tag = na->hdr == FP_H_FROM ? &m->from_tag : &m->to_tag;
	struct fp_span rest = na->params;
	struct fp_param p;

	while (fp_param_next(m->buf, &rest, &p)) {
		if (!fp_slice_ieq(fp_msg_at(m, p.name), FP_LIT("tag")))
			continue;
		if (tag->len)
			return fp_bad(err_off, p.name.off, FP_R_PARSE_PARAM_REPEATED);
		if (!p.has_value)
			return fp_bad(err_off, p.name.off, FP_R_PARSE_PARAM);
		*tag = p.value;
	}
	return FP_R_NONE;
}

/* What a value of an address header means for the message. */
static enum fp_reason fp_addr_place(struct fp_sip_msg *m, u32 *err_off)
{
	const struct fp_nameaddr *na = &m->addrs[m->n_addrs];
	enum fp_reason r = FP_R_NONE;

	if (na->star && na->hdr != FP_H_CONTACT)
		return fp_bad(err_off, na->value.off, FP_R_PARSE_ADDRESS);
	if (na->hdr == FP_H_FROM || na->hdr == FP_H_TO)
		r = fp_tag(m, na, err_off);
	if (r)
		return r;
	if (na->hdr == FP_H_FROM)
		m->from = m->n_addrs;
	if (na->hdr == FP_H_TO)
		m->to = m->n_addrs;
	m->n_addrs++;
	return FP_R_NONE;
}

static enum fp_reason fp_addrs(struct fp_sip_msg *m, u16 row, u32 *err_off)
{
	struct fp_span rest = m->rows[row].value;
	u8 id = m->rows[row].id;

	do {
		struct fp_nameaddr *na = &m->addrs[m->n_addrs];
		enum fp_reason r;

		if (m->n_addrs == FP_SIP_MAX_ADDRS)
			return fp_bad(err_off, rest.off, FP_R_PARSE_TOO_MANY_ADDRS);
		r = fp_nameaddr_parse(m->buf, &rest, na, err_off);
		if (r)
			return r;
		na->row = row;
		na->hdr = id;
		r = fp_addr_place(m, err_off);
		if (r)
			return r;
		if (rest.len && !(fp_hdr_flags(id) & FP_HF_LIST))
			return fp_bad(err_off, rest.off, FP_R_PARSE_REPEATED);
	} while (rest.len);
	return FP_R_NONE;
}

/**
 * fp_row_value() - parse the value of a known header into its place
 * @m: message
 * @row: index of the row
 * @err_off: offset of what is wrong
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_row_value(struct fp_sip_msg *m, u16 row, u32 *err_off)
{
	struct fp_span value = m->rows[row].value;

	switch (m->rows[row].id) {
	case FP_H_OTHER:
		return FP_R_NONE;
	case FP_H_VIA:
		return fp_vias(m, row, err_off);
	case FP_H_CSEQ:
		return fp_cseq(m, value, err_off);
	case FP_H_CALL_ID:
		return fp_call_id(m, value, err_off);
	case FP_H_MAX_FORWARDS:
		return fp_max_forwards(m, value, err_off);
	case FP_H_CONTENT_LENGTH:
		return fp_length_row(m, value, err_off);
	case FP_H_CONTENT_TYPE:
		return fp_ctype_parse(m->buf, value, &m->ctype, err_off);
	case FP_H_EXPIRES:
		return fp_expires(m, value);
	}
	if (fp_hdr_flags(m->rows[row].id) & FP_HF_ADDR)
		return fp_addrs(m, row, err_off);
	return FP_R_NONE;
}
