/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the SIP parser share among themselves. */
#ifndef _FEDPAT_SIP_INTERNAL_H
#define _FEDPAT_SIP_INTERNAL_H

#include <fedpat/sip.h>

/**
 * struct fp_cur - a place in a buffer that moves forward
 * @b: base of the buffer
 * @pos: next byte to look at
 * @end: first byte that must not be looked at
 */
struct fp_cur {
	const u8 *b;
	u32 pos;
	u32 end;
};

static inline struct fp_cur fp_cur(const u8 *base, struct fp_span s)
{
	struct fp_cur c = { base, s.off, fp_span_end(s) };

	return c;
}

static inline bool fp_cur_done(const struct fp_cur *c)
{
	return c->pos == c->end;
}

/* Is @ch the next byte? */
static inline bool fp_cur_at(const struct fp_cur *c, u8 ch)
{
	return c->pos < c->end && c->b[c->pos] == ch;
}

/* Step over @ch when it is next. */
static inline bool fp_cur_eat(struct fp_cur *c, u8 ch)
{
	if (!fp_cur_at(c, ch))
		return false;
	c->pos++;
	return true;
}

static inline void fp_cur_lws(struct fp_cur *c)
{
	while (c->pos < c->end && fp_is_lws(c->b[c->pos]))
		c->pos++;
}

/* The run of bytes of a class, perhaps empty. */
static inline struct fp_span fp_cur_run(struct fp_cur *c, enum fp_class cls)
{
	u32 start = c->pos;

	c->pos = fp_run(c->b, start, c->end, cls);
	return fp_span_to(start, c->pos);
}

/* To the next @ch, or to the end. */
static inline void fp_cur_to(struct fp_cur *c, u8 ch)
{
	c->pos = fp_find_byte(c->b, c->pos, c->end, ch);
}

/*
 * Step over a quoted string, whose first quote is next. False when it has no
 * end; the cursor is at the end then.
 */
static inline bool fp_cur_quoted(struct fp_cur *c)
{
	for (c->pos++; c->pos < c->end; c->pos++) {
		if (c->b[c->pos] == '"') {
			c->pos++;
			return true;
		}
		if (c->b[c->pos] == '\\' && ++c->pos == c->end)
			break;
	}
	return false;
}

/* Note where it went wrong, for callers that want to know. */
static inline enum fp_reason fp_bad(u32 *err_off, u32 off, enum fp_reason reason)
{
	if (err_off)
		*err_off = off;
	return reason;
}

/* Via parameters, and the headers' own: the next one, the cursor being after a ";". */
enum fp_reason fp_param_parse(struct fp_cur *c, struct fp_param *p, u32 *err_off);
/* sent-by of a Via: like a host of a URI, with white space around the colon. */
enum fp_reason fp_sent_by_parse(const u8 *base, struct fp_span s, struct fp_host *host,
				u32 *err_off);
/* Value of a Content-Length, also for the framer. */
enum fp_reason fp_content_length(struct fp_slice value, u32 *out);
/* SIP-Version: FP_R_NONE, FP_R_PARSE_VERSION for another version, else @otherwise. */
enum fp_reason fp_version_check(struct fp_slice s, enum fp_reason otherwise);

/* sip_start.c: start line; false when the line has no end. */
enum fp_reason fp_start_line(struct fp_sip_msg *m, struct fp_span line, u32 *err_off);
/* sip_values.c: the value of a known header row into its place in @m. */
enum fp_reason fp_row_value(struct fp_sip_msg *m, u16 row, u32 *err_off);

#endif /* _FEDPAT_SIP_INTERNAL_H */
