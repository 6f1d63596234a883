/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SDP (RFC 8866, ICE RFC 8839, RFC 4975 and Microsoft's dialects) as a walk
 * over its lines, with a span for every address and port that a rewrite has
 * to replace. Lines that nobody knows pass.
 */
#ifndef _FEDPAT_SDP_H
#define _FEDPAT_SDP_H

#include <fedpat/reasons.h>
#include <fedpat/sip.h>
#include <fedpat/slice.h>

#define FP_SDP_MAX_MEDIA	64	/* m= lines; more is refused */
#define FP_SDP_MAX_REFS		8	/* addresses on one line; more is refused */

enum fp_sdp_kind {
	FP_SDP_OTHER,		/* any line that has no kind of its own */
	FP_SDP_VERSION,		/* v= */
	FP_SDP_ORIGIN,		/* o= */
	FP_SDP_CONNECTION,	/* c=, session or media level */
	FP_SDP_MEDIA,		/* m= */
	FP_SDP_RTCP,		/* a=rtcp: */
	FP_SDP_CANDIDATE,	/* a=candidate:, also Microsoft's forms of it */
	FP_SDP_REMOTE_CANDIDATES, /* a=remote-candidates: (also remote-candidate) */
	FP_SDP_PATH,		/* a=path: of MSRP */
	FP_SDP_ACCEPT_TYPES,	/* a=accept-types:, a=accept-wrapped-types: */
	FP_SDP_CRYPTO,		/* a=crypto: */
	FP_SDP_SOURCE_FILTER,	/* a=source-filter: */
	FP_SDP_ATTR,		/* any other a= */
};

enum fp_sdp_media_kind {
	FP_SDP_M_OTHER,
	FP_SDP_M_AUDIO,
	FP_SDP_M_VIDEO,
	FP_SDP_M_MESSAGE,	/* m=message, m=x-ms-message */
	FP_SDP_M_APPLICATION,
	FP_SDP_M_TEXT,
	FP_SDP_M_IMAGE,
};

/**
 * struct fp_sdp_ref - an address on a line
 * @addr_s: address or host name as written, without a multicast suffix, IPv6 without brackets
 * @port_s: digits of the port that belongs to it, empty when there is none
 * @host: parsed @addr_s: kind and, for a literal, its value; for a=path its URI's host
 * @port: value of @port_s
 */
struct fp_sdp_ref {
	struct fp_span addr_s;
	struct fp_span port_s;
	u8 kind;
	u16 port;
	struct fp_addr addr;
};

/**
 * struct fp_sdp_media - an m= line
 * @media: media type as written
 * @port_s: digits of the port
 * @proto: transport protocol
 * @fmts: list of formats, all of it
 * @port: value of @port_s
 * @nports: number of ports, 1 when not written
 * @kind: enum fp_sdp_media_kind
 */
struct fp_sdp_media {
	struct fp_span media;
	struct fp_span port_s;
	struct fp_span proto;
	struct fp_span fmts;
	u16 port;
	u16 nports;
	u8 kind;
};

/**
 * struct fp_sdp_line - one line
 * @line: the line without its line end
 * @value: after the equals sign; for a= after the colon of the attribute
 * @attr: name of the attribute (a= only)
 * @kind: enum fp_sdp_kind
 * @type: its letter
 * @media: index of the m= line that it belongs to, -1 for the session level
 * @n_refs: entries of @ref
 * @ref: addresses: one in o=, c= and a=rtcp; a candidate has its own first, raddr second;
 *	 an MSRP path has one a URI
 * @m: valid for FP_SDP_MEDIA
 */
struct fp_sdp_line {
	struct fp_span line;
	struct fp_span value;
	struct fp_span attr;
	u8 kind;
	u8 type;
	s16 media;
	u8 n_refs;
	struct fp_sdp_ref ref[FP_SDP_MAX_REFS];
	struct fp_sdp_media m;
};

/**
 * struct fp_sdp_iter - a walk over the lines of a description
 * @base: what spans are relative to
 * @rest: what was not looked at yet
 * @media: number of m= lines so far
 * @lines: number of lines so far
 * @err: reason when the walk ended early, else FP_R_NONE
 * @err_off: offset of the byte it is about
 */
struct fp_sdp_iter {
	const u8 *base;
	struct fp_span rest;
	u16 media;
	u32 lines;
	enum fp_reason err;
	u32 err_off;
};

/**
 * struct fp_sdp_info - what a whole description says
 * @n_media: m= lines
 * @live: bit mask (1 << enum fp_sdp_media_kind) of media with a port other than 0
 * @any: the same, port 0 included
 */
struct fp_sdp_info {
	u16 n_media;
	u16 live;
	u16 any;
};

void fp_sdp_init(struct fp_sdp_iter *it, const u8 *base, struct fp_span body);
/* Next line; false at the end or at an error (it->err). */
bool fp_sdp_next(struct fp_sdp_iter *it, struct fp_sdp_line *line);
/* Walk through all of it: FP_R_NONE or why it is refused. */
enum fp_reason fp_sdp_check(const u8 *base, struct fp_span body, struct fp_sdp_info *info,
			    u32 *err_off);

#endif /* _FEDPAT_SDP_H */
