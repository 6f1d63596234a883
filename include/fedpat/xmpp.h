/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clear beginning of an XMPP stream between servers (RFC 6120): the header,
 * and the elements up to STARTTLS or the first stanza.
 *
 * The parser keeps no bytes but short names. The caller shows it the unconsumed
 * bytes of its buffer, always starting with the first that no earlier event
 * consumed; the buffer may move or grow between calls. However the stream is
 * cut, no byte is scanned twice and the events are the same, except that bytes
 * without meaning (FP_XMPP_SKIP) come in other pieces.
 *
 * What RFC 6120 section 11.1 forbids is refused: document types, entities but
 * the five, comments, processing instructions, and CDATA as well.
 */
#ifndef _FEDPAT_XMPP_H
#define _FEDPAT_XMPP_H

#include <fedpat/reasons.h>
#include <fedpat/slice.h>

#define FP_XMPP_MAX_TAG		4096	/* longest tag */
#define FP_XMPP_MAX_TOTAL	16384	/* most octets of one direction */
#define FP_XMPP_MAX_DEPTH	12	/* elements in each other */
#define FP_XMPP_MAX_ATTRS	24	/* attributes of one tag */
#define FP_XMPP_MAX_NS		16	/* namespace declarations in force */
#define FP_XMPP_MAX_PREFIX	15	/* longest prefix */
#define FP_XMPP_MAX_ROOT	47	/* longest name of the root element */
#define FP_XMPP_MAX_WORD	47	/* longest condition of an error */

enum fp_xmpp_event {
	FP_XMPP_MORE,		/* nothing is complete; come back with more bytes */
	FP_XMPP_SKIP,		/* bytes without meaning: space, text, tags within an element */
	FP_XMPP_HEADER,		/* the stream header */
	FP_XMPP_START,		/* an element of the stream begins */
	FP_XMPP_END,		/* it ends; may consume nothing */
	FP_XMPP_CLOSE,		/* the stream is closed */
	FP_XMPP_FATAL,		/* refused under @reason; repeats for ever */
};

enum fp_xmpp_ns {
	FP_XMPP_NS_NONE,	/* no namespace */
	FP_XMPP_NS_OTHER,
	FP_XMPP_NS_STREAMS,
	FP_XMPP_NS_SERVER,
	FP_XMPP_NS_CLIENT,
	FP_XMPP_NS_DIALBACK,
	FP_XMPP_NS_TLS,
	FP_XMPP_NS_SASL,
	FP_XMPP_NS_ERRORS,
	FP_XMPP_NS_DIALBACK_FEATURE,
};

/* What the features of a stream offer; complete with FP_XMPP_END. */
#define FP_XMPP_F_STARTTLS	0x01
#define FP_XMPP_F_REQUIRED	0x02	/* STARTTLS is required */
#define FP_XMPP_F_DIALBACK	0x04
#define FP_XMPP_F_EXTERNAL	0x08	/* SASL EXTERNAL */

/**
 * struct fp_xmpp_out - what the parser found
 * @event: enum fp_xmpp_event
 * @reason: why, for FP_XMPP_FATAL
 * @len: octets to consume
 * @ns: namespace of the element, for START and END
 * @name: its local name, for START; in the buffer
 * @from: attribute, for HEADER and START; in the buffer; p is NULL for none
 * @to: likewise
 * @version: major version, for HEADER; 0 for none
 */
struct fp_xmpp_out {
	enum fp_xmpp_event event;
	enum fp_reason reason;
	u32 len;
	enum fp_xmpp_ns ns;
	struct fp_slice name;
	struct fp_slice from;
	struct fp_slice to;
	u32 version;
};

/**
 * struct fp_xmpp - state of one direction of a stream
 * @scan: octets of the present tag that were looked at
 * @total: octets consumed
 * @quote: quote that @scan is within, 0 for none
 * @depth: elements that are open
 * @begun: the XML declaration, or the header, has been
 * @end_due: the element that began was empty
 * @reason: why it was refused
 * @n_ns: of @ns in force
 * @ns: declarations, with the depth that they came at
 * @hash: of the name of each open element
 * @el_ns: namespace of the element of the stream that is open
 * @is_features: that element lists features
 * @is_error: that element is a stream error
 * @is_mech: within a SASL mechanism
 * @features: FP_XMPP_F_*
 * @word_len: of @word
 * @word: text of a mechanism, or condition of an error; ends with NUL
 * @root_len: of @root
 * @root: name of the root element as it was written
 */
struct fp_xmpp {
	u32 scan;
	u32 total;
	u8 quote;
	u8 depth;
	bool begun;
	bool end_due;
	enum fp_reason reason;
	u32 n_ns;
	struct {
		u8 depth;
		u8 ns;
		u8 len;
		u8 prefix[FP_XMPP_MAX_PREFIX];
	} ns[FP_XMPP_MAX_NS];
	u32 hash[FP_XMPP_MAX_DEPTH + 1];
	u8 el_ns;
	bool is_features;
	bool is_error;
	bool is_mech;
	u32 features;
	u8 word_len;
	char word[FP_XMPP_MAX_WORD + 1];
	u8 root_len;
	char root[FP_XMPP_MAX_ROOT + 1];
};

void fp_xmpp_init(struct fp_xmpp *x);
void fp_xmpp_next(struct fp_xmpp *x, const u8 *p, u32 len, struct fp_xmpp_out *out);

/* Is it a domain as policies name them: letters, digits, hyphens, dots? */
bool fp_xmpp_is_domain(struct fp_slice s);

#endif /* _FEDPAT_XMPP_H */
