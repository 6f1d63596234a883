/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Multipart bodies (RFC 2046 section 5.1). Parts may be multipart themselves;
 * the caller goes one level deeper with a second iterator, and no further.
 */
#ifndef _FEDPAT_MULTIPART_H
#define _FEDPAT_MULTIPART_H

#include <fedpat/reasons.h>
#include <fedpat/sip.h>
#include <fedpat/slice.h>

#define FP_MULTIPART_MAX_DEPTH	2	/* a multipart in a multipart */
#define FP_MULTIPART_MAX_PARTS	64	/* parts at one level */

/**
 * struct fp_part - one body part
 * @whole: headers and body, without the delimiters and the CRLF before them
 * @headers: header block, without the empty line
 * @body: its body
 * @type_value: value of its Content-Type, empty when absent (text/plain)
 * @id: value of its Content-ID
 * @disposition: value of its Content-Disposition
 * @encoding: value of its Content-Transfer-Encoding
 * @ctype: its parsed Content-Type; type is empty when absent
 */
struct fp_part {
	struct fp_span whole;
	struct fp_span headers;
	struct fp_span body;
	struct fp_span type_value;
	struct fp_span id;
	struct fp_span disposition;
	struct fp_span encoding;
	struct fp_ctype ctype;
};

/**
 * struct fp_multipart - a walk over the parts
 * @base: what spans are relative to
 * @rest: what was not looked at yet; after the last part the epilogue
 * @boundary: boundary without the two dashes; must outlive the walk
 * @depth: 1 for the body of a message, 2 for a part of it
 * @parts: number of parts so far
 * @done: the closing delimiter was seen
 * @err: reason when the walk ended early, else FP_R_NONE
 * @err_off: offset of the byte it is about
 */
struct fp_multipart {
	const u8 *base;
	struct fp_span rest;
	struct fp_slice boundary;
	u8 depth;
	u16 parts;
	bool done;
	enum fp_reason err;
	u32 err_off;
};

/* Start at @body with the boundary of its @ct; sets mp->err when it cannot. */
void fp_multipart_init(struct fp_multipart *mp, const u8 *base, struct fp_span body,
		       const struct fp_ctype *ct, unsigned int depth);
/* Next part; false after the closing delimiter or at an error (mp->err). */
bool fp_multipart_next(struct fp_multipart *mp, struct fp_part *part);
/* Is this type "multipart/..."? */
bool fp_ctype_is_multipart(const u8 *base, const struct fp_ctype *ct);
/* Is this type @type/@subtype, case ignored? */
bool fp_ctype_is(const u8 *base, const struct fp_ctype *ct, struct fp_slice type,
		 struct fp_slice subtype);

#endif /* _FEDPAT_MULTIPART_H */
