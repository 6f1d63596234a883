// SPDX-License-Identifier: GPL-2.0
/* Parameters (";name=value") and comma separated lists. */
#include "sip_internal.h"

/*
 * The value after an equals sign. RFC 3261 wants token, host or quoted-string;
 * base64 and colons are in the field. What separates parameters, values and
 * addresses, and control characters, may not stand there without quotes.
 */
static enum fp_reason fp_param_value(struct fp_cur *c, struct fp_span *value, u32 *err_off)
{
	u32 start = c->pos;

	if (fp_cur_at(c, '"')) {
		if (!fp_cur_quoted(c))
			return fp_bad(err_off, start, FP_R_PARSE_QUOTE);
	} else {
		c->pos = fp_find_value_end(c->b, start, c->end);
		if (c->pos == start)
			return fp_bad(err_off, start, FP_R_PARSE_PARAM);
	}
	*value = fp_span_to(start, c->pos);
	return FP_R_NONE;
}

/**
 * fp_param_parse() - parse one header parameter
 * @c: behind its semicolon; moved behind the parameter and white space
 * @p: the parameter
 * @err_off: offset of what is wrong, may be NULL
 *
 * Return: FP_R_NONE, or why it cannot be parsed.
 */
enum fp_reason fp_param_parse(struct fp_cur *c, struct fp_param *p, u32 *err_off)
{
	enum fp_reason r;
	u32 end;

	fp_cur_lws(c);
	p->name = fp_cur_run(c, FP_C_TOKEN);
	p->value = fp_span(c->pos, 0);
	p->has_value = false;
	if (!p->name.len)
		return fp_bad(err_off, c->pos, FP_R_PARSE_PARAM);
	end = c->pos;
	fp_cur_lws(c);
	if (fp_cur_eat(c, '=')) {
		fp_cur_lws(c);
		r = fp_param_value(c, &p->value, err_off);
		if (r)
			return r;
		p->has_value = true;
		end = c->pos;
		fp_cur_lws(c);
	}
	p->whole = fp_span_to(p->name.off, end);
	return FP_R_NONE;
}

/* End of what lies before @sep, quoted strings and angle brackets respected. */
static u32 fp_item_end(struct fp_cur c, u8 sep)
{
	bool bracket = false;

	for (;;) {
		u8 ch;

		/* Bytes that are none of these. */
		c.pos = sep == '&' ? fp_run(c.b, c.pos, c.end, FP_C_HOST) :
				     fp_find_value_end(c.b, c.pos, c.end);
		if (fp_cur_done(&c))
			break;
		ch = c.b[c.pos];
		if (ch == '"' && !bracket) {
			fp_cur_quoted(&c);
			continue;
		}
		if (ch == sep && !bracket)
			break;
		if (ch == '<')
			bracket = true;
		if (ch == '>')
			bracket = false;
		c.pos++;
	}
	return c.pos;
}

/* Take what lies before @sep off the front of *@rest. */
static bool fp_item_next(const u8 *base, struct fp_span *rest, u8 sep, struct fp_span *item)
{
	u32 end = fp_span_end(*rest), stop;

	if (!rest->len)
		return false;
	stop = fp_item_end(fp_cur(base, *rest), sep);
	*item = fp_span_trim(base, fp_span_to(rest->off, stop));
	*rest = stop < end ? fp_span_to(stop + 1, end) : fp_span(end, 0);
	return true;
}

/**
 * fp_list_next() - next value of a comma separated list
 * @base: what spans are relative to
 * @rest: what is left of the list; shrinks
 * @item: the value, which may be empty
 *
 * Commas in quoted strings and in angle brackets do not separate. Call-IDs may
 * have a single quote mark or bracket in them: cut lists of them at each comma.
 *
 * Return: false at the end.
 */
bool fp_list_next(const u8 *base, struct fp_span *rest, struct fp_span *item)
{
	return fp_item_next(base, rest, ',', item);
}

/* name[=value] into its parts, without judging them. */
static void fp_param_split(const u8 *base, struct fp_span item, struct fp_param *p)
{
	s32 eq = fp_slice_chr(fp_at(base, item), '=');

	p->whole = item;
	p->has_value = eq >= 0;
	p->name = item;
	p->value = fp_span(fp_span_end(item), 0);
	if (eq < 0)
		return;
	p->name = fp_span_trim(base, fp_span(item.off, eq));
	p->value = fp_span_trim(base, fp_span_to(item.off + eq + 1, fp_span_end(item)));
}

static bool fp_pair_next(const u8 *base, struct fp_span *rest, u8 sep, struct fp_param *p)
{
	struct fp_span item;

	while (fp_item_next(base, rest, sep, &item)) {
		if (!item.len)
			continue;
		fp_param_split(base, item, p);
		return true;
	}
	return false;
}

/**
 * fp_param_next() - next of a header's or a URI's parameters
 * @base: what spans are relative to
 * @rest: what is left, as in the params of a URI or an address; shrinks
 * @p: the parameter
 *
 * Return: false at the end.
 */
bool fp_param_next(const u8 *base, struct fp_span *rest, struct fp_param *p)
{
	return fp_pair_next(base, rest, ';', p);
}

/**
 * fp_uri_header_next() - next of the headers in a URI
 * @base: what spans are relative to
 * @rest: what is left of the headers of a URI; shrinks
 * @p: name and value, escapes not undone
 *
 * Return: false at the end.
 */
bool fp_uri_header_next(const u8 *base, struct fp_span *rest, struct fp_param *p)
{
	return fp_pair_next(base, rest, '&', p);
}

/**
 * fp_param_find() - find a parameter
 * @base: what spans are relative to
 * @params: parameters of a header or of a URI
 * @name: its name, case ignored
 * @p: the first of that name
 *
 * Return: whether there is one.
 */
bool fp_param_find(const u8 *base, struct fp_span params, struct fp_slice name,
		   struct fp_param *p)
{
	while (fp_param_next(base, &params, p))
		if (fp_slice_ieq(fp_at(base, p->name), name))
			return true;
	return false;
}

/**
 * fp_warning_next() - next value of a Warning header
 * @base: what spans are relative to
 * @rest: what is left of the header's value; shrinks
 * @w: the warning; @code is 0 when it is not three digits
 *
 * Return: false at the end.
 */
bool fp_warning_next(const u8 *base, struct fp_span *rest, struct fp_warning *w)
{
	struct fp_cur c;
	struct fp_span code;

	if (!fp_list_next(base, rest, &w->value))
		return false;
	c = fp_cur(base, w->value);
	code = fp_cur_run(&c, FP_C_TOKEN);
	w->code = 0;
	if (code.len == 3 && !fp_slice_u16(fp_at(base, code), &w->code))
		w->code = 0;
	fp_cur_lws(&c);
	w->agent.off = c.pos;
	while (c.pos < c.end && !fp_is_lws(c.b[c.pos]) && c.b[c.pos] != '"')
		c.pos++;
	w->agent.len = c.pos - w->agent.off;
	fp_cur_lws(&c);
	w->text = fp_span_to(c.pos, c.end);
	return true;
}
