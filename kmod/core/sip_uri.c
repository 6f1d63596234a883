// SPDX-License-Identifier: GPL-2.0
/* URIs: sip, sips, tel, im, pres in full; others as far as a host may hide in them. */
#include "sip_internal.h"

/* How the part behind the scheme is built. */
enum fp_uri_shape {
	FP_SHAPE_OPAQUE,	/* anything that RFC 3986 allows */
	FP_SHAPE_SIP,		/* [user[:password]@]host[:port][;params][?headers] */
	FP_SHAPE_TEL,		/* number[;params] */
	FP_SHAPE_AUTHORITY,	/* //[user@]host[:port], then path or params */
	FP_SHAPE_XMPP,		/* [user@]host[/resource][?query] */
};

struct fp_scheme_row {
	const char *name;
	u8 len;
	u8 scheme;
	u8 shape;
};

#define FP_SCHEME_ROW(name, scheme, shape) \
	{ name, sizeof(name) - 1, FP_SCHEME_##scheme, FP_SHAPE_##shape }

static const struct fp_scheme_row fp_schemes[] = {
	FP_SCHEME_ROW("sip", SIP, SIP),
	FP_SCHEME_ROW("sips", SIPS, SIP),
	FP_SCHEME_ROW("tel", TEL, TEL),
	FP_SCHEME_ROW("im", IM, SIP),
	FP_SCHEME_ROW("pres", PRES, SIP),
	FP_SCHEME_ROW("xmpp", XMPP, XMPP),
	FP_SCHEME_ROW("msrp", MSRP, AUTHORITY),
	FP_SCHEME_ROW("msrps", MSRP, AUTHORITY),
	FP_SCHEME_ROW("http", HTTP, AUTHORITY),
	FP_SCHEME_ROW("https", HTTP, AUTHORITY),
	FP_SCHEME_ROW("cid", CID, OPAQUE),
};

/* Scheme and colon; the shape of what follows, or -1 when this is no scheme. */
static int fp_uri_scheme(struct fp_cur *c, struct fp_uri *uri)
{
	struct fp_slice name;
	unsigned int i;

	/* Nearly all are. */
	if (c->end - c->pos >= 4 && !memcmp(c->b + c->pos, "sip:", 4)) {
		uri->scheme_s = fp_span(c->pos, 3);
		uri->scheme = FP_SCHEME_SIP;
		c->pos += 4;
		return FP_SHAPE_SIP;
	}
	uri->scheme_s = fp_cur_run(c, FP_C_SCHEME);
	name = fp_at(c->b, uri->scheme_s);
	if (!name.len || !fp_is_alpha(name.p[0]) || !fp_cur_eat(c, ':'))
		return -1;
	for (i = 0; i < ARRAY_SIZE(fp_schemes); i++) {
		const struct fp_scheme_row *row = &fp_schemes[i];

		if (fp_slice_ieq(name, fp_slice(row->name, row->len))) {
			uri->scheme = row->scheme;
			return row->shape;
		}
	}
	uri->scheme = FP_SCHEME_OTHER;
	return FP_SHAPE_OPAQUE;
}

/* Step over an escape, whose percent sign is next. */
static bool fp_cur_escape(struct fp_cur *c)
{
	if (c->end - c->pos < 3 || !fp_is(c->b[c->pos + 1], FP_C_HEX) ||
	    !fp_is(c->b[c->pos + 2], FP_C_HEX))
		return false;
	c->pos += 3;
	return true;
}

/* Step over bytes of a class and escapes; false at a bad escape. */
static bool fp_cur_escaped(struct fp_cur *c, enum fp_class cls)
{
	fp_cur_run(c, cls);
	while (fp_cur_at(c, '%')) {
		if (!fp_cur_escape(c))
			return false;
		fp_cur_run(c, cls);
	}
	return true;
}

/* user[:password]@, when there is an @. */
static enum fp_reason fp_uri_userinfo(struct fp_cur *c, struct fp_uri *uri, u32 *err_off)
{
	struct fp_cur info = { c->b, c->pos, fp_find_byte(c->b, c->pos, c->end, '@') };

	if (info.end == c->end)
		return FP_R_NONE;
	if (!fp_cur_escaped(&info, FP_C_USER) || info.pos == c->pos)
		return fp_bad(err_off, info.pos, FP_R_PARSE_URI);
	uri->user = fp_span_to(c->pos, info.pos);
	uri->has_user = true;
	if (fp_cur_eat(&info, ':')) {
		u32 start = info.pos;

		if (!fp_cur_escaped(&info, FP_C_USER))
			return fp_bad(err_off, info.pos, FP_R_PARSE_URI);
		uri->password = fp_span_to(start, info.pos);
	}
	if (!fp_cur_done(&info))
		return fp_bad(err_off, info.pos, FP_R_PARSE_URI);
	c->pos = info.end + 1;
	return FP_R_NONE;
}

/* Host and port before parameters and headers; an IPv6 reference has none of them. */
static enum fp_reason fp_uri_host(struct fp_cur *c, struct fp_uri *uri, u32 *err_off)
{
	return fp_host_parse(c->b, fp_cur_run(c, FP_C_BEFORE), &uri->host, err_off);
}

/*
 * One step over a byte of parameters or headers, an escape, or a quoted
 * string. RFC 3261 allows no quotes there, but Microsoft has them in
 * parameters (;ms-fe="fe.example"), others in headers (?Reason=SIP;text="..").
 */
static bool fp_uri_byte(struct fp_cur *c)
{
	u8 ch = c->b[c->pos];

	if (ch == '%')
		return fp_cur_escape(c);
	if (ch == '"')
		return fp_cur_quoted(c);
	c->pos++;
	return ch == '=' || fp_is(ch, FP_C_PARAM);
}

static bool fp_uri_param(struct fp_cur *c)
{
	u32 start = c->pos;

	while (c->pos < c->end && c->b[c->pos] != ';' && c->b[c->pos] != '?')
		if (!fp_uri_byte(c))
			return false;
	return c->pos > start && c->b[start] != '=';
}

static enum fp_reason fp_uri_params(struct fp_cur *c, struct fp_uri *uri, u32 *err_off)
{
	u32 start = c->pos + 1;

	while (fp_cur_eat(c, ';'))
		if (!fp_uri_param(c))
			return fp_bad(err_off, c->pos, FP_R_PARSE_URI);
	if (c->pos > start)
		uri->params = fp_span_to(start, c->pos);
	return FP_R_NONE;
}

/*
 * name=value&name=value behind the question mark. A bare semicolon should be
 * escaped; the examples of RFC 4244 (History-Info) have taught it to many.
 */
static enum fp_reason fp_uri_headers(struct fp_cur *c, struct fp_uri *uri, u32 *err_off)
{
	u32 start = c->pos + 1;

	if (!fp_cur_eat(c, '?'))
		return FP_R_NONE;
	while (c->pos < c->end)
		if (!fp_cur_eat(c, ';') && !fp_uri_byte(c))
			return fp_bad(err_off, c->pos, FP_R_PARSE_URI);
	uri->headers = fp_span_to(start, c->pos);
	if (!uri->headers.len)
		return fp_bad(err_off, c->pos, FP_R_PARSE_URI);
	return FP_R_NONE;
}

static enum fp_reason fp_uri_sip(struct fp_cur *c, struct fp_uri *uri, u32 *err_off)
{
	enum fp_reason r = fp_uri_userinfo(c, uri, err_off);

	if (!r)
		r = fp_uri_host(c, uri, err_off);
	if (!r)
		r = fp_uri_params(c, uri, err_off);
	if (!r)
		r = fp_uri_headers(c, uri, err_off);
	if (!r && !fp_cur_done(c))
		r = fp_bad(err_off, c->pos, FP_R_PARSE_URI);
	return r;
}

/* No byte that ends a URI or that no URI has. */
static enum fp_reason fp_uri_rest(struct fp_cur *c, u32 *err_off)
{
	for (; c->pos < c->end; c->pos++) {
		u8 ch = c->b[c->pos];

		if (ch <= ' ' || ch == 0x7f || ch == '<' || ch == '>' || ch == '"')
			return fp_bad(err_off, c->pos, FP_R_PARSE_URI);
	}
	return FP_R_NONE;
}

static enum fp_reason fp_uri_tel(struct fp_cur *c, struct fp_uri *uri, u32 *err_off)
{
	u32 start = c->pos;

	while (c->pos < c->end && c->b[c->pos] != ';')
		c->pos++;
	uri->user = fp_span_to(start, c->pos);
	if (!uri->user.len)
		return fp_bad(err_off, start, FP_R_PARSE_URI);
	if (!fp_cur_done(c))
		uri->params = fp_span_to(c->pos + 1, c->end);
	c->pos = start;
	return fp_uri_rest(c, err_off);
}

/* A host that stands before a path, with a user perhaps. */
static enum fp_reason fp_uri_netloc(struct fp_cur *c, struct fp_uri *uri, u32 *err_off)
{
	struct fp_cur loc = { c->b, c->pos, c->pos };
	enum fp_reason r;

	while (loc.end < c->end && fp_is(c->b[loc.end], FP_C_BEFORE) &&
	       c->b[loc.end] != '/' && c->b[loc.end] != '#')
		loc.end++;
	r = fp_uri_userinfo(&loc, uri, err_off);
	if (!r)
		r = fp_host_parse(c->b, fp_span_to(loc.pos, loc.end), &uri->host, err_off);
	c->pos = loc.end;
	return r ? r : fp_uri_rest(c, err_off);
}

static enum fp_reason fp_uri_shaped(struct fp_cur *c, int shape, struct fp_uri *uri, u32 *err_off)
{
	switch (shape) {
	case FP_SHAPE_SIP:
		return fp_uri_sip(c, uri, err_off);
	case FP_SHAPE_TEL:
		return fp_uri_tel(c, uri, err_off);
	case FP_SHAPE_AUTHORITY:
		if (!fp_cur_eat(c, '/') || !fp_cur_eat(c, '/'))
			return fp_bad(err_off, c->pos, FP_R_PARSE_URI);
		return fp_uri_netloc(c, uri, err_off);
	case FP_SHAPE_XMPP:
		return fp_uri_netloc(c, uri, err_off);
	}
	return fp_uri_rest(c, err_off);
}

/**
 * fp_uri_parse() - parse a URI
 * @base: what spans are relative to
 * @s: all of it, without angle brackets
 * @uri: its parts
 * @err_off: offset of what is wrong, may be NULL
 *
 * Unknown schemes are fine: their URIs have a scheme and an opaque part.
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_uri_parse(const u8 *base, struct fp_span s, struct fp_uri *uri, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, s);
	int shape;

	memset(uri, 0, sizeof(*uri));
	uri->whole = s;
	if (s.len > FP_SIP_MAX_URI)
		return fp_bad(err_off, s.off, FP_R_PARSE_URI_LONG);
	shape = fp_uri_scheme(&c, uri);
	if (shape < 0 || fp_cur_done(&c))
		return fp_bad(err_off, c.pos, FP_R_PARSE_URI);
	uri->opaque = fp_span_to(c.pos, c.end);
	return fp_uri_shaped(&c, shape, uri, err_off);
}
