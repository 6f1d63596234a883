/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the SDP parser share among themselves. */
#ifndef _FEDPAT_SDP_INTERNAL_H
#define _FEDPAT_SDP_INTERNAL_H

#include <fedpat/sdp.h>

#include "sip_internal.h"

/* Fields of a line are separated by a space; some senders are generous with them. */
static inline struct fp_span fp_cur_word(struct fp_cur *c)
{
	u32 start;

	while (fp_cur_eat(c, ' '))
		;
	start = c->pos;
	while (c->pos < c->end && c->b[c->pos] != ' ')
		c->pos++;
	return fp_span_to(start, c->pos);
}

static inline bool fp_cur_no_words(struct fp_cur *c)
{
	while (fp_cur_eat(c, ' '))
		;
	return fp_cur_done(c);
}

/* Add an address to a line; NULL when it has room for no more. */
static inline struct fp_sdp_ref *fp_sdp_ref_add(struct fp_sdp_line *l)
{
	return l->n_refs == FP_SDP_MAX_REFS ? NULL : &l->ref[l->n_refs++];
}

/* sdp_lines.c */
/* nettype addrtype address: adds a ref when they name an internet address. */
enum fp_reason fp_sdp_address(struct fp_cur *c, struct fp_sdp_line *l, enum fp_reason malformed,
			      u32 *err_off);
/* Address or name without a type before it, into @ref. */
enum fp_reason fp_sdp_host(const u8 *base, struct fp_span s, struct fp_sdp_ref *ref, u32 *err_off);
enum fp_reason fp_sdp_o_line(const u8 *base, struct fp_sdp_line *l, u32 *err_off);
enum fp_reason fp_sdp_c_line(const u8 *base, struct fp_sdp_line *l, u32 *err_off);
enum fp_reason fp_sdp_m_line(const u8 *base, struct fp_sdp_line *l, u32 *err_off);

/* sdp_attr.c */
enum fp_reason fp_sdp_a_line(const u8 *base, struct fp_sdp_line *l, u32 *err_off);

#endif /* _FEDPAT_SDP_INTERNAL_H */
