/* SPDX-License-Identifier: GPL-2.0 */
/* One tag of an XMPP stream, and what it means where it stands. */
#ifndef _FP_XMPP_TAG_H
#define _FP_XMPP_TAG_H

#include <fedpat/xmpp.h>

/**
 * struct fp_xmpp_tag - a start tag
 * @name: as it was written
 * @local: without its prefix
 * @ns: its namespace, set by fp_xmpp_enter()
 * @is_empty: it is its own end
 * @n: attributes
 * @attr: name and value of each
 */
struct fp_xmpp_tag {
	struct fp_slice name;
	struct fp_slice local;
	enum fp_xmpp_ns ns;
	bool is_empty;
	u32 n;
	struct {
		struct fp_slice name;
		struct fp_slice value;
	} attr[FP_XMPP_MAX_ATTRS];
};

u32 fp_xmpp_hash(struct fp_slice name);
enum fp_reason fp_xmpp_tag(struct fp_xmpp_tag *tag, const u8 *p, u32 len);
struct fp_slice fp_xmpp_attr(const struct fp_xmpp_tag *tag, struct fp_slice name);
enum fp_reason fp_xmpp_enter(struct fp_xmpp *x, struct fp_xmpp_tag *tag);
enum fp_reason fp_xmpp_header(struct fp_xmpp *x, const struct fp_xmpp_tag *tag,
			      struct fp_xmpp_out *out);
void fp_xmpp_leave(struct fp_xmpp *x);

#endif /* _FP_XMPP_TAG_H */
