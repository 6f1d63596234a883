// SPDX-License-Identifier: GPL-2.0
/* Start lines: METHOD SP URI SP SIP/2.0, or SIP/2.0 SP CODE SP reason. */
#include "sip_internal.h"

/* digits "." digits */
static bool fp_is_version(struct fp_slice s)
{
	struct fp_slice major, minor;
	u32 n;

	return fp_slice_cut(s, '.', &major, &minor) && fp_slice_u32(major, &n) &&
	       fp_slice_u32(minor, &n);
}

/**
 * fp_version_check() - is this the one SIP-Version that there is?
 * @s: the version as written; case does not matter (RFC 3261 section 7.1)
 * @otherwise: reason when it is no SIP-Version at all
 *
 * Return: FP_R_NONE, FP_R_PARSE_VERSION for another version, or @otherwise.
 */
enum fp_reason fp_version_check(struct fp_slice s, enum fp_reason otherwise)
{
	if (fp_slice_ieq(s, FP_LIT("SIP/2.0")))
		return FP_R_NONE;
	if (fp_slice_istarts(s, FP_LIT("SIP/")) &&
	    fp_is_version(fp_slice_sub(s, 4, s.len)))
		return FP_R_PARSE_VERSION;
	return otherwise;
}

/* Up to the next space, which is stepped over; false when there is none. */
static bool fp_cur_field(struct fp_cur *c, struct fp_span *field)
{
	u32 start = c->pos;

	fp_cur_to(c, ' ');
	*field = fp_span_to(start, c->pos);
	return fp_cur_eat(c, ' ');
}

static enum fp_reason fp_status_line(struct fp_sip_msg *m, struct fp_cur *c, u32 *err_off)
{
	struct fp_span code;
	enum fp_reason r;
	bool more = fp_cur_field(c, &m->version);

	r = fp_version_check(fp_msg_at(m, m->version), FP_R_PARSE_START_LINE);
	if (r)
		return fp_bad(err_off, m->version.off, r);
	if (!more)
		return fp_bad(err_off, c->pos, FP_R_PARSE_START_LINE);
	/* The space before an empty reason is often forgotten: nothing else it could be. */
	fp_cur_field(c, &code);
	if (code.len != 3 || !fp_slice_u16(fp_msg_at(m, code), &m->status) ||
	    m->status < 100 || m->status > 699)
		return fp_bad(err_off, code.off, FP_R_PARSE_STATUS);
	m->reason = fp_span_to(c->pos, c->end);
	return FP_R_NONE;
}

static enum fp_reason fp_request_line(struct fp_sip_msg *m, struct fp_cur *c, u32 *err_off)
{
	enum fp_reason r;
	struct fp_span uri;

	m->is_request = true;
	m->method_s = fp_cur_run(c, FP_C_TOKEN);
	if (m->method_s.len > FP_SIP_MAX_METHOD)
		return fp_bad(err_off, m->method_s.off, FP_R_PARSE_METHOD_LONG);
	m->method = fp_method_lookup(fp_msg_at(m, m->method_s));
	if (!m->method_s.len || !fp_cur_eat(c, ' ') || !fp_cur_field(c, &uri))
		return fp_bad(err_off, c->pos, FP_R_PARSE_START_LINE);
	m->version = fp_span_to(c->pos, c->end);
	r = fp_version_check(fp_msg_at(m, m->version), FP_R_PARSE_START_LINE);
	if (r)
		return fp_bad(err_off, c->pos, r);
	r = fp_uri_parse(m->buf, uri, &m->ruri, err_off);
	if (r)
		return r == FP_R_PARSE_URI_LONG ? r : FP_R_PARSE_REQUEST_URI;
	/* RFC 3261 section 19.1.1: headers are not allowed in a Request-URI. */
	if (m->ruri.headers.len)
		return fp_bad(err_off, m->ruri.headers.off, FP_R_PARSE_REQUEST_URI);
	return FP_R_NONE;
}

/**
 * fp_start_line() - parse the start line
 * @m: message; method, Request-URI, version, status and reason are set
 * @line: the line without its CRLF
 * @err_off: offset of what is wrong
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_start_line(struct fp_sip_msg *m, struct fp_span line, u32 *err_off)
{
	struct fp_cur c = fp_cur(m->buf, line);

	m->start = line;
	if (fp_slice_istarts(fp_msg_at(m, line), FP_LIT("SIP/")))
		return fp_status_line(m, &c, err_off);
	return fp_request_line(m, &c, err_off);
}
