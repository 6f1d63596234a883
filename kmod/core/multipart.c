// SPDX-License-Identifier: GPL-2.0
/* Multipart bodies (RFC 2046 section 5.1), one part at a time. */
#include <fedpat/multipart.h>

#include "sip_internal.h"

/**
 * struct fp_delim - a delimiter line
 * @start: where the part before it ends: the line end before the dashes belongs to it
 * @end: offset behind its line end
 * @closing: it is the last one
 */
struct fp_delim {
	u32 start;
	u32 end;
	bool closing;
};

/**
 * fp_ctype_is_multipart() - is this a multipart type?
 * @base: what spans are relative to
 * @ct: the type
 *
 * Return: true for multipart/anything.
 */
bool fp_ctype_is_multipart(const u8 *base, const struct fp_ctype *ct)
{
	return fp_slice_ieq(fp_at(base, ct->type), FP_LIT("multipart"));
}

/**
 * fp_ctype_is() - is this that type?
 * @base: what spans are relative to
 * @ct: the type
 * @type: left of the slash
 * @subtype: right of it
 *
 * Return: true when both are the same but for the case of letters.
 */
bool fp_ctype_is(const u8 *base, const struct fp_ctype *ct, struct fp_slice type,
		 struct fp_slice subtype)
{
	return fp_slice_ieq(fp_at(base, ct->type), type) &&
	       fp_slice_ieq(fp_at(base, ct->subtype), subtype);
}

static bool fp_multipart_fail(struct fp_multipart *mp, enum fp_reason reason, u32 off)
{
	mp->err = reason;
	mp->err_off = off;
	return false;
}

/* Offset of the next LF in [off, end), or @end. */
static u32 fp_next_lf(const u8 *base, u32 off, u32 end)
{
	while (off < end && base[off] != '\n')
		off++;
	return off;
}

/* Is there a delimiter at @off, the beginning of a line? */
static bool fp_delim_at(const struct fp_multipart *mp, u32 off, u32 end, struct fp_delim *d)
{
	struct fp_slice line = fp_slice(mp->base + off, end - off);
	struct fp_cur c;

	if (!fp_slice_starts(line, FP_LIT("--")) ||
	    !fp_slice_starts(fp_slice_sub(line, 2, line.len), mp->boundary))
		return false;
	c = fp_cur(mp->base, fp_span_to(off + 2 + mp->boundary.len, end));
	d->closing = fp_slice_starts(fp_slice(c.b + c.pos, c.end - c.pos), FP_LIT("--"));
	if (d->closing)
		c.pos += 2;
	while (fp_cur_at(&c, ' ') || fp_cur_at(&c, '\t') || fp_cur_at(&c, '\r'))
		c.pos++;
	if (!fp_cur_done(&c) && !fp_cur_eat(&c, '\n'))
		return false;
	d->start = off;
	d->end = c.pos;
	return true;
}

/*
 * Next delimiter at or behind @off, which is the beginning of a line. LF alone
 * is taken for a line end too: bodies are not bound to SIP's rules.
 */
static bool fp_delim_find(const struct fp_multipart *mp, u32 off, u32 end, struct fp_delim *d)
{
	u32 first = off;

	while (off < end) {
		if (fp_delim_at(mp, off, end, d)) {
			if (d->start > first)
				d->start--;
			if (d->start > first && mp->base[d->start - 1] == '\r')
				d->start--;
			return true;
		}
		off = fp_next_lf(mp->base, off, end);
		off += off < end;
	}
	return false;
}

/**
 * fp_multipart_init() - start before the first part
 * @mp: the walk
 * @base: what spans are relative to
 * @body: the multipart body
 * @ct: its Content-Type; must outlive the walk
 * @depth: 1 for the body of a message, 2 for a part of it
 *
 * mp->err is set when there is no walk to be had.
 */
void fp_multipart_init(struct fp_multipart *mp, const u8 *base, struct fp_span body,
		       const struct fp_ctype *ct, unsigned int depth)
{
	struct fp_delim d;

	memset(mp, 0, sizeof(*mp));
	mp->base = base;
	mp->rest = body;
	mp->depth = depth;
	mp->boundary = fp_slice(ct->boundary, ct->boundary_len);
	if (depth > FP_MULTIPART_MAX_DEPTH) {
		fp_multipart_fail(mp, FP_R_MULTIPART_DEPTH, body.off);
		return;
	}
	if (!mp->boundary.len) {
		fp_multipart_fail(mp, FP_R_MULTIPART_BOUNDARY, body.off);
		return;
	}
	if (!fp_delim_find(mp, body.off, fp_span_end(body), &d)) {
		fp_multipart_fail(mp, FP_R_MULTIPART_OPEN, body.off);
		return;
	}
	mp->done = d.closing;
	mp->rest = fp_span_to(d.end, fp_span_end(body));
}

/* Keep what is of interest of a part's header. */
static enum fp_reason fp_part_header(const u8 *base, struct fp_part *part, enum fp_hdr_id id,
				     struct fp_span value, u32 *err_off)
{
	switch (id) {
	case FP_H_CONTENT_TYPE:
		if (part->type_value.len)
			return fp_bad(err_off, value.off, FP_R_MULTIPART_PART);
		part->type_value = value;
		return fp_ctype_parse(base, value, &part->ctype, err_off);
	case FP_H_CONTENT_ID:
		part->id = value;
		break;
	case FP_H_CONTENT_DISPOSITION:
		part->disposition = value;
		break;
	case FP_H_CONTENT_TRANSFER_ENCODING:
		part->encoding = value;
		break;
	default:
		break;
	}
	return FP_R_NONE;
}

/* An empty line at @off; *@next is the line behind it. */
static bool fp_part_empty_line(const u8 *base, u32 off, u32 end, u32 *next)
{
	struct fp_cur c = { base, off, end };

	fp_cur_eat(&c, '\r');
	if (!fp_cur_eat(&c, '\n') && !fp_cur_done(&c))
		return false;
	*next = c.pos;
	return true;
}

/* The header at @off with the lines that continue it; *@next is the line behind it. */
static struct fp_span fp_part_line(const u8 *base, u32 off, u32 end, u32 *next)
{
	u32 lf = off;

	do {
		lf = fp_next_lf(base, lf, end);
		*next = lf + (lf < end);
		if (*next == end || (base[*next] != ' ' && base[*next] != '\t'))
			break;
		lf = *next;
	} while (lf < end);
	return fp_span_trim(base, fp_span_to(off, *next));
}

/* Header rows up to the empty line, which ends them; then comes the body. */
static enum fp_reason fp_part_headers(const u8 *base, struct fp_part *part, u32 *err_off)
{
	u32 off = part->whole.off, end = fp_span_end(part->whole), next = off;

	for (; !fp_part_empty_line(base, off, end, &next); off = next) {
		struct fp_span line = fp_part_line(base, off, end, &next), name;
		struct fp_cur c = fp_cur(base, line);
		enum fp_reason r;

		name = fp_cur_run(&c, FP_C_TOKEN);
		fp_cur_lws(&c);
		if (line.off != off || !name.len || !fp_cur_eat(&c, ':'))
			return fp_bad(err_off, c.pos, FP_R_MULTIPART_PART);
		r = fp_part_header(base, part, fp_hdr_lookup(fp_at(base, name)),
				   fp_span_trim(base, fp_span_to(c.pos, c.end)), err_off);
		if (r)
			return r;
	}
	part->headers = fp_span_to(part->whole.off, off);
	part->body = fp_span_to(next, end);
	return FP_R_NONE;
}

/**
 * fp_multipart_next() - next part
 * @mp: the walk
 * @part: the part
 *
 * Return: false behind the last part, or at an error (mp->err is set then).
 */
bool fp_multipart_next(struct fp_multipart *mp, struct fp_part *part)
{
	u32 end = fp_span_end(mp->rest), bad = mp->rest.off;
	struct fp_delim d;
	enum fp_reason r;

	if (mp->err || mp->done)
		return false;
	if (mp->parts == FP_MULTIPART_MAX_PARTS)
		return fp_multipart_fail(mp, FP_R_MULTIPART_DEPTH, mp->rest.off);
	if (!fp_delim_find(mp, mp->rest.off, end, &d))
		return fp_multipart_fail(mp, FP_R_MULTIPART_OPEN, mp->rest.off);
	memset(part, 0, sizeof(*part));
	part->whole = fp_span_to(mp->rest.off, d.start);
	r = fp_part_headers(mp->base, part, &bad);
	if (r)
		return fp_multipart_fail(mp, r, bad);
	mp->parts++;
	mp->done = d.closing;
	mp->rest = fp_span_to(d.end, end);
	return true;
}
