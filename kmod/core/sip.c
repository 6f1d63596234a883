// SPDX-License-Identifier: GPL-2.0
/* A whole SIP message: lines, header rows, what must be there, body. */
#include "sip_internal.h"

/* Keep the first thing that is wrong: later ones may only follow from it. */
static void fp_fail(struct fp_sip_msg *m, enum fp_reason reason, u32 off, u16 row)
{
	if (m->err || !reason)
		return;
	m->err = reason;
	m->err_off = off;
	m->err_row = row;
}

/**
 * struct fp_line - a logical line
 * @end: offset of its CRLF, or of the end of the buffer where that may end it
 * @next: offset of the line behind it
 * @ctl: it has a control character, legal or not
 * @folded: it goes on over several lines
 */
struct fp_line {
	u32 end;
	u32 next;
	bool ctl;
	bool folded;
};

/*
 * Find the CRLF behind @off. FP_R_PARSE_HEAD_END when there is none: a
 * fragment may end without.
 */
static enum fp_reason fp_physical_line(const struct fp_sip_msg *m, u32 off, struct fp_line *line)
{
	for (;; off++) {
		off = fp_find_ctl(m->buf, off, m->len);
		line->end = off;
		line->next = off;
		if (off == m->len)
			return FP_R_PARSE_HEAD_END;
		if (m->buf[off] == '\r' && off + 1 < m->len && m->buf[off + 1] == '\n')
			break;
		if (m->buf[off] == '\r' || m->buf[off] == '\n')
			return FP_R_BARE_LINE_END;
		line->ctl = true;
	}
	line->next = off + 2;
	return FP_R_NONE;
}

/* The same with the lines that continue it (RFC 3261 section 7.3.1). */
static enum fp_reason fp_logical_line(const struct fp_sip_msg *m, u32 off, struct fp_line *line)
{
	enum fp_reason r;

	line->ctl = false;
	line->folded = false;
	for (;;) {
		r = fp_physical_line(m, off, line);
		if (r || line->next == m->len ||
		    (m->buf[line->next] != ' ' && m->buf[line->next] != '\t'))
			return r;
		line->folded = true;
		off = line->next;
	}
}

static bool fp_note(u32 *bad, u32 off)
{
	*bad = off;
	return false;
}

/*
 * Control characters may stand in a quoted string behind a backslash (RFC 3261
 * section 25.1, quoted-pair), and nowhere else.
 */
static bool fp_controls_quoted(const u8 *base, struct fp_span value, u32 *bad)
{
	bool quoted = false;
	u32 i;

	for (i = value.off; i < fp_span_end(value); i++) {
		u8 c = base[i];

		if (c == '"')
			quoted = !quoted;
		else if (quoted && c == '\\')
			i++;
		else if (fp_is(c, FP_C_CTL) && c != '\r' && c != '\n')
			return fp_note(bad, i);
	}
	return true;
}

/* Put a row behind the others of its header. */
static void fp_row_link(struct fp_sip_msg *m, u16 row)
{
	u8 id = m->rows[row].id;

	m->rows[row].next = FP_SIP_NONE;
	if (id == FP_H_OTHER)
		return;
	if (m->first[id] == FP_SIP_NONE)
		m->first[id] = row;
	else
		m->rows[m->last[id]].next = row;
	m->last[id] = row;
}

/* A name that nobody knows, or that has white space behind it: is it a token? */
static enum fp_reason fp_row_name_check(struct fp_cur *c, struct fp_span *name, u32 *err_off)
{
	c->pos = name->off;
	*name = fp_cur_run(c, FP_C_TOKEN);
	while (name->len && (fp_cur_at(c, ' ') || fp_cur_at(c, '\t')))
		c->pos++;
	if (!name->len || !fp_cur_eat(c, ':'))
		return fp_bad(err_off, c->pos, FP_R_PARSE_HEADER_LINE);
	if (name->len > 0xffff)
		return fp_bad(err_off, name->off, FP_R_PARSE_HEAD_LIMIT);
	return FP_R_NONE;
}

/* Name, colon, value: offsets only. */
static enum fp_reason fp_row_split(struct fp_sip_msg *m, u32 off, const struct fp_line *line,
				   struct fp_hdr_row *row, u32 *err_off)
{
	struct fp_cur c = { m->buf, off, line->end };
	struct fp_span name;
	enum fp_reason r;

	fp_cur_to(&c, ':');
	name = fp_span_to(off, c.pos);
	row->id = fp_hdr_lookup(fp_msg_at(m, name));
	if (row->id == FP_H_OTHER || !fp_cur_eat(&c, ':')) {
		r = fp_row_name_check(&c, &name, err_off);
		if (r)
			return r;
		row->id = fp_hdr_lookup(fp_msg_at(m, name));
	}
	row->off = off;
	row->len = line->next - off;
	row->name_len = name.len;
	row->value = fp_span_trim(m->buf, fp_span_to(c.pos, line->end));
	row->compact = name.len == 1;
	row->folded = line->folded;
	if (line->ctl && !fp_controls_quoted(m->buf, row->value, err_off))
		return FP_R_PARSE_CONTROL;
	return FP_R_NONE;
}

/* One header row into the table, and its value into its place. */
static void fp_row_add(struct fp_sip_msg *m, u32 off, const struct fp_line *line)
{
	u16 n = m->n_rows;
	struct fp_hdr_row *row = &m->rows[n];
	enum fp_reason r;
	u32 bad = off;

	if (n == FP_SIP_MAX_ROWS) {
		fp_fail(m, FP_R_PARSE_TOO_MANY_ROWS, off, FP_SIP_NONE);
		return;
	}
	r = fp_row_split(m, off, line, row, &bad);
	if (r) {
		fp_fail(m, r, bad, FP_SIP_NONE);
		return;
	}
	m->n_rows++;
	fp_row_link(m, n);
	if ((fp_hdr_flags(row->id) & FP_HF_ONE) && m->first[row->id] != n)
		r = FP_R_PARSE_REPEATED;
	else
		r = fp_row_value(m, n, &bad);
	fp_fail(m, r, bad, n);
}

/* All rows from @off to the empty line. */
static void fp_rows(struct fp_sip_msg *m, u32 off, unsigned int flags)
{
	while (off < m->len) {
		struct fp_line line;
		enum fp_reason r;

		if (m->len - off >= 2 && m->buf[off] == '\r' && m->buf[off + 1] == '\n') {
			m->head_len = off + 2;
			return;
		}
		r = fp_logical_line(m, off, &line);
		if (r && !(r == FP_R_PARSE_HEAD_END && (flags & FP_PARSE_FRAG))) {
			fp_fail(m, r, line.end, FP_SIP_NONE);
			return;
		}
		fp_row_add(m, off, &line);
		off = line.next;
	}
	if (flags & FP_PARSE_FRAG)
		m->head_len = m->len;
	else
		fp_fail(m, FP_R_PARSE_HEAD_END, off, FP_SIP_NONE);
}

/* A fragment may begin with a header at once: a token, and then a colon. */
static bool fp_starts_with_header(const struct fp_sip_msg *m)
{
	struct fp_cur c = fp_cur(m->buf, fp_span(0, m->len));

	fp_cur_run(&c, FP_C_TOKEN);
	while (fp_cur_at(&c, ' ') || fp_cur_at(&c, '\t'))
		c.pos++;
	return fp_cur_at(&c, ':') || fp_cur_at(&c, '\r');
}

/* The start line; offset of what follows, or the end when it has none. */
static u32 fp_first_line(struct fp_sip_msg *m, unsigned int flags)
{
	struct fp_line line = { 0 };
	enum fp_reason r;
	u32 bad = 0;

	if ((flags & FP_PARSE_FRAG) && fp_starts_with_header(m))
		return 0;
	r = fp_physical_line(m, 0, &line);
	if (r && !(r == FP_R_PARSE_HEAD_END && (flags & FP_PARSE_FRAG))) {
		fp_fail(m, r, line.end, FP_SIP_NONE);
		return m->len;
	}
	if (line.ctl)
		fp_fail(m, FP_R_PARSE_CONTROL, fp_find_ctl(m->buf, 0, line.end), FP_SIP_NONE);
	r = fp_start_line(m, fp_span_to(0, line.end), &bad);
	fp_fail(m, r, bad, FP_SIP_NONE);
	return line.next;
}

/* RFC 3261 section 8.1.1; Max-Forwards is missing in old requests: the caller's choice. */
static void fp_mandatory(struct fp_sip_msg *m)
{
	static const struct {
		u8 id;
		enum fp_reason reason;
	} must[] = {
		{ FP_H_VIA, FP_R_PARSE_MISSING_VIA },
		{ FP_H_FROM, FP_R_PARSE_MISSING_FROM },
		{ FP_H_TO, FP_R_PARSE_MISSING_TO },
		{ FP_H_CALL_ID, FP_R_PARSE_MISSING_CALL_ID },
		{ FP_H_CSEQ, FP_R_PARSE_MISSING_CSEQ },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(must); i++)
		if (m->first[must[i].id] == FP_SIP_NONE)
			fp_fail(m, must[i].reason, m->head_len, FP_SIP_NONE);
}

/* RFC 3261 section 8.1.1.5: methods are compared with regard to case. */
static void fp_cseq_method(struct fp_sip_msg *m)
{
	if (!m->is_request || !m->cseq_method_s.len)
		return;
	if (!fp_slice_eq(fp_msg_at(m, m->method_s), fp_msg_at(m, m->cseq_method_s)))
		fp_fail(m, FP_R_PARSE_CSEQ_METHOD, m->cseq_method_s.off, m->first[FP_H_CSEQ]);
}

/* RFC 3261 section 18.3. */
static void fp_body(struct fp_sip_msg *m, unsigned int flags)
{
	u32 left = m->len - m->head_len;
	u16 row = m->first[FP_H_CONTENT_LENGTH];

	if (!m->head_len)
		return;
	m->body = fp_span(m->head_len, left);
	if (flags & FP_PARSE_FRAG)
		return;
	if (!m->has_content_length) {
		if (!(flags & FP_PARSE_DATAGRAM) && row == FP_SIP_NONE)
			fp_fail(m, FP_R_FRAME_NO_LENGTH, m->head_len, FP_SIP_NONE);
		return;
	}
	if (m->content_length > left) {
		fp_fail(m, FP_R_PARSE_BODY_SHORT, m->rows[row].value.off, row);
		return;
	}
	if (m->content_length < left && !(flags & FP_PARSE_DATAGRAM))
		fp_fail(m, FP_R_PARSE_BODY_LONG, m->rows[row].value.off, row);
	m->body.len = m->content_length;
	m->len = fp_span_end(m->body);
}

static void fp_msg_reset(struct fp_sip_msg *m, const u8 *buf, u32 len)
{
	/* The tables behind @first need no clearing: counters guard them. */
	memset(m, 0, offsetof(struct fp_sip_msg, first));
	memset(m->first, 0xff, sizeof(m->first));
	m->buf = buf;
	m->len = len;
	m->max_forwards = -1;
	m->from = FP_SIP_NONE;
	m->to = FP_SIP_NONE;
	m->err_row = FP_SIP_NONE;
}

/**
 * fp_sip_parse() - parse one SIP message
 * @m: where the result goes
 * @buf: the message; must stay as it is as long as @m is used
 * @len: its length
 * @flags: enum fp_parse_flags; 0 is one message of a stream, exactly
 *
 * Structure only: what the message asks for (Require, schemes, Max-Forwards 0,
 * identities) is for others to judge. What is known after a refusal: see
 * struct fp_sip_msg.
 *
 * Context: any; about 23 KiB at @m, nothing else.
 *
 * Return: FP_R_NONE, or why it is refused (also in m->err, with the place).
 */
enum fp_reason fp_sip_parse(struct fp_sip_msg *m, const u8 *buf, u32 len, unsigned int flags)
{
	u32 off;

	fp_msg_reset(m, buf, len);
	off = fp_first_line(m, flags);
	/* Nothing can follow a start line that has no end. */
	if (off < m->len || !m->err)
		fp_rows(m, off, flags);
	if (!(flags & FP_PARSE_FRAG))
		fp_mandatory(m);
	fp_cseq_method(m);
	fp_body(m, flags);
	return m->err;
}
