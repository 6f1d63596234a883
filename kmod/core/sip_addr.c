// SPDX-License-Identifier: GPL-2.0
/* Address headers: [display name] <URI> or URI, then parameters. */
#include "sip_internal.h"

/*
 * Display name up to the "<"; false when none follows: then it is no display name.
 * Without quotes it is a row of tokens (RFC 3261 section 25.1); letters beyond ASCII
 * and other harmless bytes are in the field. What could make it look like something
 * else to another parser is not taken.
 */
static bool fp_display(struct fp_cur *c, struct fp_nameaddr *na)
{
	u32 end = fp_run(c->b, c->pos, c->end, FP_C_DISPLAY);

	if (end == c->end || c->b[end] != '<')
		return false;
	na->display = fp_span_trim(c->b, fp_span_to(c->pos, end));
	c->pos = end;
	return true;
}

static enum fp_reason fp_quoted_display(struct fp_cur *c, struct fp_nameaddr *na, u32 *err_off)
{
	u32 start = c->pos;

	if (!fp_cur_quoted(c))
		return fp_bad(err_off, start, FP_R_PARSE_QUOTE);
	na->display = fp_span_to(start, c->pos);
	fp_cur_lws(c);
	if (!fp_cur_at(c, '<'))
		return fp_bad(err_off, c->pos, FP_R_PARSE_ADDRESS);
	return FP_R_NONE;
}

static enum fp_reason fp_bracket_uri(struct fp_cur *c, struct fp_nameaddr *na, u32 *err_off)
{
	u32 start = ++c->pos;

	fp_cur_to(c, '>');
	na->brackets = true;
	if (fp_cur_done(c))
		return fp_bad(err_off, start - 1, FP_R_PARSE_ADDRESS);
	return fp_uri_parse(c->b, fp_span_to(start, c->pos++), &na->uri, err_off);
}

/*
 * A URI without brackets ends where the header's parameters begin. With a
 * question mark it would have to stand in brackets (RFC 3261 section 20.10);
 * whose the parameters are could be read in two ways, so that is refused.
 */
static enum fp_reason fp_bare_uri(struct fp_cur *c, struct fp_nameaddr *na, u32 *err_off)
{
	u32 start = c->pos;

	for (; c->pos < c->end; c->pos++) {
		u8 ch = c->b[c->pos];

		if (ch == ';' || ch == ',' || fp_is_lws(ch))
			break;
		if (ch == '?')
			return fp_bad(err_off, c->pos, FP_R_PARSE_ADDRESS);
	}
	return fp_uri_parse(c->b, fp_span_to(start, c->pos), &na->uri, err_off);
}

/* "*" and nothing else, not the start of a display name. */
static bool fp_star(struct fp_cur *c, struct fp_nameaddr *na)
{
	struct fp_cur d = *c;

	if (!fp_cur_eat(&d, '*'))
		return false;
	fp_cur_lws(&d);
	if (!fp_cur_done(&d) && !fp_cur_at(&d, ',') && !fp_cur_at(&d, ';'))
		return false;
	c->pos++;
	na->star = true;
	return true;
}

static enum fp_reason fp_address(struct fp_cur *c, struct fp_nameaddr *na, u32 *err_off)
{
	enum fp_reason r;

	if (fp_star(c, na))
		return FP_R_NONE;
	if (fp_cur_at(c, '"')) {
		r = fp_quoted_display(c, na, err_off);
		return r ? r : fp_bracket_uri(c, na, err_off);
	}
	if (fp_display(c, na))
		return fp_bracket_uri(c, na, err_off);
	return fp_bare_uri(c, na, err_off);
}

/* Parameters up to the comma; *@end is where the value ends. */
static enum fp_reason fp_address_params(struct fp_cur *c, struct fp_span *params, u32 *end,
					u32 *err_off)
{
	u32 start = 0;

	for (;;) {
		struct fp_param p;
		enum fp_reason r;

		fp_cur_lws(c);
		if (!fp_cur_eat(c, ';'))
			break;
		if (!start)
			start = c->pos;
		r = fp_param_parse(c, &p, err_off);
		if (r)
			return r;
		*end = fp_span_end(p.whole);
	}
	if (start)
		*params = fp_span_trim(c->b, fp_span_to(start, *end));
	return FP_R_NONE;
}

/**
 * fp_nameaddr_parse() - parse the next value of an address header
 * @base: what spans are relative to
 * @rest: what is left of the header's value; moved behind this one's comma
 * @na: its parts; @row and @hdr are the caller's
 * @err_off: offset of what is wrong, may be NULL
 *
 * Return: FP_R_NONE, or why it is refused; *@rest does not move then.
 */
enum fp_reason fp_nameaddr_parse(const u8 *base, struct fp_span *rest, struct fp_nameaddr *na,
				 u32 *err_off)
{
	struct fp_cur c = fp_cur(base, *rest);
	enum fp_reason r;
	u32 start, end;

	memset(na, 0, sizeof(*na));
	fp_cur_lws(&c);
	start = c.pos;
	r = fp_address(&c, na, err_off);
	if (r)
		return r;
	end = c.pos;
	r = fp_address_params(&c, &na->params, &end, err_off);
	if (r)
		return r;
	na->value = fp_span_to(start, end);
	if (!fp_cur_eat(&c, ',') && !fp_cur_done(&c))
		return fp_bad(err_off, c.pos, FP_R_PARSE_ADDRESS);
	/* A comma promises one more value. */
	if (fp_cur_done(&c) && c.b[c.pos - 1] == ',')
		return fp_bad(err_off, c.pos - 1, FP_R_PARSE_ADDRESS);
	*rest = fp_span_to(c.pos, c.end);
	return FP_R_NONE;
}

/**
 * fp_nameaddr_next() - walk through the values of an address header
 * @m: parsed message
 * @id: header, or __FP_H_COUNT for the values of all address headers
 * @pos: 0 to start with; moved past what is returned
 *
 * Return: the next value in the order of the wire, NULL after the last.
 */
const struct fp_nameaddr *fp_nameaddr_next(const struct fp_sip_msg *m, unsigned int id,
					   unsigned int *pos)
{
	while (*pos < m->n_addrs) {
		const struct fp_nameaddr *na = &m->addrs[(*pos)++];

		if (id == __FP_H_COUNT || na->hdr == id)
			return na;
	}
	return NULL;
}
