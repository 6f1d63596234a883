// SPDX-License-Identifier: GPL-2.0
/* host[:port], as in URIs and in Via. */
#include "sip_internal.h"

/*
 * Would a resolver read this last label as a number, and so the name as an
 * address ("127.1", "0x7f000001")? Such names are refused: they would hide an
 * address from everybody who compares text.
 */
static bool fp_label_is_number(struct fp_slice label)
{
	bool hex = label.len > 1 && label.p[0] == '0' && fp_lower(label.p[1]) == 'x';
	u32 i;

	if (!fp_is_digit(label.p[0]))
		return false;
	for (i = hex ? 2 : 0; i < label.len; i++)
		if (!(hex ? fp_is(label.p[i], FP_C_HEX) : fp_is_digit(label.p[i])))
			return false;
	return true;
}

/* A host name: labels that are not empty, but for one dot at the end. */
static bool fp_is_name(struct fp_slice s)
{
	u32 i, start = 0;

	if (s.len > 1 && s.p[s.len - 1] == '.')
		s.len--;
	for (i = 0; i < s.len; i++) {
		if (s.p[i] != '.')
			continue;
		if (i == start)
			return false;
		start = i + 1;
	}
	return i > start && !fp_label_is_number(fp_slice(s.p + start, i - start));
}

static bool fp_host_kind(struct fp_slice s, struct fp_host *h)
{
	if (!s.len)
		return false;
	if (s.p[0] == '[') {
		h->kind = FP_HOST_IPV6;
		return fp_slice_addr(s, &h->addr) && h->addr.family == 6;
	}
	/* Names that begin with a digit are rare, so try the address first. */
	if (fp_is_digit(s.p[0]) && fp_slice_addr(s, &h->addr)) {
		h->kind = FP_HOST_IPV4;
		return true;
	}
	h->kind = FP_HOST_NAME;
	return fp_is_name(s);
}

/* The digits behind the colon. */
static bool fp_host_port(struct fp_cur *c, struct fp_host *h)
{
	u32 start = c->pos;

	while (c->pos < c->end && fp_is_digit(c->b[c->pos]))
		c->pos++;
	h->port_s = fp_span_to(start, c->pos);
	return fp_slice_u16(fp_at(c->b, h->port_s), &h->port) && h->port;
}

static void fp_host_name(struct fp_cur *c, struct fp_host *h)
{
	u32 start = c->pos;

	if (fp_cur_at(c, '[')) {
		fp_cur_to(c, ']');
		fp_cur_eat(c, ']');
	} else {
		fp_cur_run(c, FP_C_HOST);
	}
	h->name = fp_span_to(start, c->pos);
	h->whole = h->name;
}

static enum fp_reason fp_host_scan(const u8 *base, struct fp_span s, bool lws,
				   struct fp_host *h, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, s);

	memset(h, 0, sizeof(*h));
	fp_host_name(&c, h);
	if (!fp_host_kind(fp_at(base, h->name), h))
		return fp_bad(err_off, s.off, FP_R_PARSE_HOST);
	if (lws)
		fp_cur_lws(&c);
	if (fp_cur_eat(&c, ':')) {
		if (lws)
			fp_cur_lws(&c);
		if (!fp_host_port(&c, h))
			return fp_bad(err_off, c.pos, FP_R_PARSE_HOST);
		h->whole = fp_span_to(s.off, c.pos);
		if (lws)
			fp_cur_lws(&c);
	}
	if (!fp_cur_done(&c))
		return fp_bad(err_off, c.pos, FP_R_PARSE_HOST);
	return FP_R_NONE;
}

/**
 * fp_host_parse() - parse host[:port]
 * @base: what spans are relative to
 * @s: all of it and nothing else
 * @host: its parts
 * @err_off: offset of what is wrong, may be NULL
 *
 * Return: FP_R_NONE or FP_R_PARSE_HOST.
 */
enum fp_reason fp_host_parse(const u8 *base, struct fp_span s, struct fp_host *host, u32 *err_off)
{
	return fp_host_scan(base, s, false, host, err_off);
}

/**
 * fp_sent_by_parse() - parse the sent-by of a Via
 * @base: what spans are relative to
 * @s: all of it; white space may stand around the colon and at the end
 * @host: its parts
 * @err_off: offset of what is wrong, may be NULL
 *
 * Return: FP_R_NONE or FP_R_PARSE_HOST.
 */
enum fp_reason fp_sent_by_parse(const u8 *base, struct fp_span s, struct fp_host *host,
				u32 *err_off)
{
	return fp_host_scan(base, s, true, host, err_off);
}
