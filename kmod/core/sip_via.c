// SPDX-License-Identifier: GPL-2.0
/* Via: SIP/2.0/transport sent-by;parameters (RFC 3261 section 20.42). */
#include "sip_internal.h"

/* A token, with white space around it. */
static struct fp_slice fp_via_token(struct fp_cur *c)
{
	struct fp_span token;

	fp_cur_lws(c);
	token = fp_cur_run(c, FP_C_TOKEN);
	fp_cur_lws(c);
	return fp_at(c->b, token);
}

/* SIP / 2.0 /, nearly always without white space. */
static enum fp_reason fp_via_version(struct fp_cur *c, u32 *err_off)
{
	u32 start = c->pos;

	if (c->end - start >= 8 && !memcmp(c->b + start, "SIP/2.0/", 8)) {
		c->pos += 8;
		return FP_R_NONE;
	}
	if (!fp_slice_ieq(fp_via_token(c), FP_LIT("SIP")) || !fp_cur_eat(c, '/'))
		return fp_bad(err_off, start, FP_R_PARSE_VIA);
	start = c->pos;
	if (!fp_slice_eq(fp_via_token(c), FP_LIT("2.0")))
		return fp_bad(err_off, start, FP_R_PARSE_VERSION);
	if (!fp_cur_eat(c, '/'))
		return fp_bad(err_off, c->pos, FP_R_PARSE_VIA);
	return FP_R_NONE;
}

/* The protocol with its transport, and the white space that must follow. */
static enum fp_reason fp_via_protocol(struct fp_cur *c, struct fp_via *via, u32 *err_off)
{
	enum fp_reason r = fp_via_version(c, err_off);
	u32 start;

	if (r)
		return r;
	fp_cur_lws(c);
	via->transport_s = fp_cur_run(c, FP_C_TOKEN);
	via->transport = fp_transport_lookup(fp_at(c->b, via->transport_s));
	start = c->pos;
	fp_cur_lws(c);
	if (!via->transport_s.len || c->pos == start)
		return fp_bad(err_off, start, FP_R_PARSE_VIA);
	return FP_R_NONE;
}

static enum fp_reason fp_via_sent_by(struct fp_cur *c, struct fp_via *via, u32 *err_off)
{
	u32 start = c->pos;

	while (c->pos < c->end && c->b[c->pos] != ';' && c->b[c->pos] != ',')
		c->pos++;
	return fp_sent_by_parse(c->b, fp_span_to(start, c->pos), &via->sent_by, err_off);
}

/* RFC 3581: rport is a flag in requests and has a value in responses. */
static bool fp_via_rport(const u8 *base, const struct fp_param *p, struct fp_via *via)
{
	via->rport_s = p->whole;
	return !p->has_value || fp_slice_u16(fp_at(base, p->value), &via->rport);
}

static struct fp_span *fp_via_known(struct fp_via *via, struct fp_slice name)
{
	switch (name.len) {
	case 5:
		if (fp_slice_ieq(name, FP_LIT("maddr")))
			return &via->maddr;
		return fp_slice_ieq(name, FP_LIT("rport")) ? &via->rport_s : NULL;
	case 6:
		return fp_slice_ieq(name, FP_LIT("branch")) ? &via->branch : NULL;
	case 8:
		return fp_slice_ieq(name, FP_LIT("received")) ? &via->received : NULL;
	}
	return NULL;
}

/* Parameters that steer responses may stand there once, and must say something. */
static enum fp_reason fp_via_param(const u8 *base, const struct fp_param *p, struct fp_via *via,
				   u32 *err_off)
{
	struct fp_slice name = fp_at(base, p->name);
	struct fp_span *known = fp_via_known(via, name);

	if (!known) {
		if (fp_slice_ieq(name, FP_LIT("fpv")) && !via->fpv_s.len) {
			via->fpv_s = p->whole;
			via->fpv = p->value;
		}
		return FP_R_NONE;
	}
	if (known->len)
		return fp_bad(err_off, p->name.off, FP_R_PARSE_PARAM_REPEATED);
	if (known == &via->rport_s) {
		if (!fp_via_rport(base, p, via))
			return fp_bad(err_off, p->value.off, FP_R_PARSE_PARAM);
		return FP_R_NONE;
	}
	if (!p->has_value)
		return fp_bad(err_off, p->name.off, FP_R_PARSE_PARAM);
	*known = p->value;
	return FP_R_NONE;
}

static enum fp_reason fp_via_params(struct fp_cur *c, struct fp_via *via, u32 *end, u32 *err_off)
{
	u32 start = c->pos + 1;

	while (fp_cur_eat(c, ';')) {
		struct fp_param p;
		enum fp_reason r = fp_param_parse(c, &p, err_off);

		if (!r)
			r = fp_via_param(c->b, &p, via, err_off);
		if (r)
			return r;
		*end = fp_span_end(p.whole);
	}
	if (*end > start)
		via->params = fp_span_trim(c->b, fp_span_to(start, *end));
	return FP_R_NONE;
}

/**
 * fp_via_parse() - parse the next value of a Via header
 * @base: what spans are relative to
 * @rest: what is left of the header's value; moved behind this one's comma
 * @via: its parts; @row is the caller's
 * @err_off: offset of what is wrong, may be NULL
 *
 * Return: FP_R_NONE, or why it is refused; *@rest does not move then.
 */
enum fp_reason fp_via_parse(const u8 *base, struct fp_span *rest, struct fp_via *via, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, *rest);
	enum fp_reason r;
	u32 start, end;

	memset(via, 0, sizeof(*via));
	fp_cur_lws(&c);
	start = c.pos;
	r = fp_via_protocol(&c, via, err_off);
	if (!r)
		r = fp_via_sent_by(&c, via, err_off);
	if (r)
		return r;
	end = fp_span_end(via->sent_by.whole);
	r = fp_via_params(&c, via, &end, err_off);
	if (r)
		return r;
	via->value = fp_span_to(start, end);
	via->magic = via->branch.len > 7 &&
		     fp_slice_istarts(fp_at(base, via->branch), FP_LIT("z9hG4bK"));
	if (!fp_cur_eat(&c, ',') && !fp_cur_done(&c))
		return fp_bad(err_off, c.pos, FP_R_PARSE_VIA);
	if (fp_cur_done(&c) && c.b[c.pos - 1] == ',')
		return fp_bad(err_off, c.pos - 1, FP_R_PARSE_VIA);
	*rest = fp_span_to(c.pos, c.end);
	return FP_R_NONE;
}
