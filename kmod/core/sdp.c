// SPDX-License-Identifier: GPL-2.0
/* SDP: its lines, and what a description as a whole says. */
#include "sdp_internal.h"

/**
 * fp_sdp_init() - start at the first line
 * @it: the walk
 * @base: what spans are relative to
 * @body: the description
 */
void fp_sdp_init(struct fp_sdp_iter *it, const u8 *base, struct fp_span body)
{
	memset(it, 0, sizeof(*it));
	it->base = base;
	it->rest = body;
}

/* End of the line at the front; LF alone is accepted (RFC 8866 section 5). */
static void fp_sdp_cut_line(struct fp_sdp_iter *it, struct fp_span *line)
{
	s32 lf = fp_slice_chr(fp_at(it->base, it->rest), '\n');
	u32 end = fp_span_end(it->rest);
	u32 stop = lf < 0 ? end : it->rest.off + lf;
	u32 next = lf < 0 ? end : stop + 1;

	if (stop > it->rest.off && it->base[stop - 1] == '\r')
		stop--;
	*line = fp_span_to(it->rest.off, stop);
	it->rest = fp_span_to(next, end);
}

static bool fp_sdp_fail(struct fp_sdp_iter *it, enum fp_reason reason, u32 off)
{
	it->err = reason;
	it->err_off = off;
	return false;
}

/* letter "=" value, without control characters */
static bool fp_sdp_shape(struct fp_sdp_iter *it, struct fp_sdp_line *l)
{
	const u8 *p = it->base + l->line.off;
	u32 ctl;

	if (l->line.len < 2 || !fp_is_alpha(p[0]) || p[1] != '=')
		return fp_sdp_fail(it, FP_R_SDP_LINE, l->line.off);
	l->type = p[0];
	l->value = fp_span_to(l->line.off + 2, fp_span_end(l->line));
	ctl = fp_find_ctl(it->base, l->value.off, fp_span_end(l->value));
	if (ctl != fp_span_end(l->value))
		return fp_sdp_fail(it, FP_R_SDP_LINE, ctl);
	return true;
}

static enum fp_reason fp_sdp_media(struct fp_sdp_iter *it, struct fp_sdp_line *l, u32 *err_off)
{
	if (it->media == FP_SDP_MAX_MEDIA)
		return fp_bad(err_off, l->line.off, FP_R_SDP_TOO_MANY);
	it->media++;
	l->media++;
	return fp_sdp_m_line(it->base, l, err_off);
}

static enum fp_reason fp_sdp_value(struct fp_sdp_iter *it, struct fp_sdp_line *l, u32 *err_off)
{
	switch (l->type) {
	case 'v':
		l->kind = FP_SDP_VERSION;
		return FP_R_NONE;
	case 'o':
		return fp_sdp_o_line(it->base, l, err_off);
	case 'c':
		return fp_sdp_c_line(it->base, l, err_off);
	case 'm':
		return fp_sdp_media(it, l, err_off);
	case 'a':
		return fp_sdp_a_line(it->base, l, err_off);
	}
	return FP_R_NONE;
}

/* Only the first line may, and must, be v=0. */
static bool fp_sdp_order(struct fp_sdp_iter *it, const struct fp_sdp_line *l)
{
	bool version = l->type == 'v';

	if (version && !fp_slice_eq(fp_slice_trim(fp_at(it->base, l->value)), FP_LIT("0")))
		return false;
	return version == !it->lines++;
}

/**
 * fp_sdp_next() - next line
 * @it: the walk
 * @line: the line
 *
 * Empty lines at the end are not lines; elsewhere they are refused.
 *
 * Return: false at the end, or at an error (it->err is set then).
 */
bool fp_sdp_next(struct fp_sdp_iter *it, struct fp_sdp_line *line)
{
	enum fp_reason r;
	u32 bad;

	if (it->err)
		return false;
	if (!fp_slice_trim(fp_at(it->base, it->rest)).len) {
		if (it->lines)
			return false;
		return fp_sdp_fail(it, FP_R_SDP_ORDER, it->rest.off);
	}
	memset(line, 0, sizeof(*line));
	line->media = (s16)it->media - 1;
	fp_sdp_cut_line(it, &line->line);
	if (!fp_sdp_shape(it, line))
		return false;
	if (!fp_sdp_order(it, line))
		return fp_sdp_fail(it, FP_R_SDP_ORDER, line->line.off);
	bad = line->value.off;
	r = fp_sdp_value(it, line, &bad);
	return r ? fp_sdp_fail(it, r, bad) : true;
}

/**
 * fp_sdp_check() - walk through a whole description
 * @base: what spans are relative to
 * @body: the description
 * @info: what it says; valid as far as the walk came
 * @err_off: offset of what is wrong, may be NULL
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_sdp_check(const u8 *base, struct fp_span body, struct fp_sdp_info *info,
			    u32 *err_off)
{
	struct fp_sdp_iter it;
	struct fp_sdp_line line;

	memset(info, 0, sizeof(*info));
	fp_sdp_init(&it, base, body);
	while (fp_sdp_next(&it, &line)) {
		if (line.kind != FP_SDP_MEDIA)
			continue;
		info->n_media++;
		info->any |= 1 << line.m.kind;
		if (line.m.port)
			info->live |= 1 << line.m.kind;
	}
	return it.err ? fp_bad(err_off, it.err_off, it.err) : FP_R_NONE;
}
