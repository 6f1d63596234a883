// SPDX-License-Identifier: GPL-2.0
/* Tags of the clear beginning of an XMPP stream: where they end, what they say. */
#include <fedpat/xmpp.h>

#include "xmpp_tag.h"

#define FP_XMPP_MAX_DECL	128	/* longest XML declaration */
#define FP_XMPP_MAX_REF		12	/* longest reference to a character */

/**
 * fp_xmpp_init() - start at the first byte of a stream
 * @x: the parser
 */
void fp_xmpp_init(struct fp_xmpp *x)
{
	memset(x, 0, sizeof(*x));
}

static void fatal(struct fp_xmpp *x, struct fp_xmpp_out *out, enum fp_reason reason)
{
	x->reason = reason;
	out->event = FP_XMPP_FATAL;
	out->reason = reason;
	out->len = 0;
}

static void event(struct fp_xmpp *x, struct fp_xmpp_out *out, enum fp_xmpp_event ev, u32 len)
{
	out->event = ev;
	out->len = len;
	x->total += len;
	x->scan = 0;
	x->quote = 0;
	if (x->total > FP_XMPP_MAX_TOTAL)
		fatal(x, out, FP_R_XMPP_TOO_LONG);
}

/* --- text ----------------------------------------------------------------- */

static bool is_space(u8 c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_entity(struct fp_slice s)
{
	u32 i;

	if (fp_slice_eq(s, FP_LIT("lt")) || fp_slice_eq(s, FP_LIT("gt")) ||
	    fp_slice_eq(s, FP_LIT("amp")) || fp_slice_eq(s, FP_LIT("quot")) ||
	    fp_slice_eq(s, FP_LIT("apos")))
		return true;
	if (s.len < 2 || s.p[0] != '#')
		return false;
	for (i = 1; i < s.len; i++)
		if (!fp_is_digit(s.p[i]) && !fp_is_alpha(s.p[i]))
			return false;
	return true;
}

/* A reference at the front: its length, 0 when it is cut, FP_XMPP_MAX_REF + 1 for none. */
static u32 reference(const u8 *p, u32 len)
{
	u32 i;

	for (i = 1; i < len && i < FP_XMPP_MAX_REF; i++)
		if (p[i] == ';')
			return is_entity(fp_slice(p + 1, i - 1)) ? i + 1 : FP_XMPP_MAX_REF + 1;
	return i < FP_XMPP_MAX_REF ? 0 : FP_XMPP_MAX_REF + 1;
}

static void keep_word(struct fp_xmpp *x, const u8 *p, u32 len)
{
	u32 i;

	if (!x->is_mech)
		return;
	for (i = 0; i < len && x->word_len < FP_XMPP_MAX_WORD; i++)
		x->word[x->word_len++] = (char)p[i];
}

/* May the character stand outside of tags? */
static enum fp_reason text_char(const struct fp_xmpp *x, u8 c)
{
	if (is_space(c))
		return FP_R_NONE;
	if (c < ' ' || !x->depth)
		return x->depth || x->begun || c != 0x16 ? FP_R_XMPP_NOT_XML :
							   FP_R_XMPP_DIRECT_TLS;
	return x->depth == 1 ? FP_R_XMPP_MALFORMED : FP_R_NONE;
}

static void text(struct fp_xmpp *x, const u8 *p, u32 len, struct fp_xmpp_out *out)
{
	enum fp_reason reason = FP_R_NONE;
	u32 i, n;

	for (i = 0; i < len && p[i] != '<' && p[i] != '&'; i++) {
		reason = text_char(x, p[i]);
		if (reason)
			break;
	}
	if (i) {
		keep_word(x, p, i);
		event(x, out, FP_XMPP_SKIP, i);
		return;
	}
	if (reason) {
		fatal(x, out, reason);
		return;
	}
	n = x->depth > 1 ? reference(p, len) : FP_XMPP_MAX_REF + 1;
	if (n > FP_XMPP_MAX_REF)
		fatal(x, out, FP_R_XMPP_RESTRICTED);
	else if (n)
		event(x, out, FP_XMPP_SKIP, n);
}

/* --- declarations --------------------------------------------------------- */

static bool has_other_encoding(struct fp_slice s)
{
	static const char key[] = "encoding";
	u32 i;

	for (i = 0; i + sizeof(key) - 1 < s.len; i++) {
		if (!fp_slice_starts(fp_slice_sub(s, i, s.len), fp_slice(key, sizeof(key) - 1)))
			continue;
		s = fp_slice_sub(s, i + sizeof(key) - 1, s.len);
		while (s.len && (is_space(s.p[0]) || s.p[0] == '=' || s.p[0] == '"' ||
				 s.p[0] == '\''))
			s = fp_slice_sub(s, 1, s.len);
		return !fp_slice_istarts(s, FP_LIT("utf-8"));
	}
	return false;
}

/* Only "<?xml ...?>", and only as the very first. */
static void declaration(struct fp_xmpp *x, const u8 *p, u32 len, struct fp_xmpp_out *out)
{
	struct fp_slice head = FP_LIT("<?xml");
	u32 i;

	if (x->begun || x->depth) {
		fatal(x, out, FP_R_XMPP_RESTRICTED);
		return;
	}
	for (i = 0; i < len && i < head.len; i++) {
		if (p[i] != head.p[i]) {
			fatal(x, out, FP_R_XMPP_RESTRICTED);
			return;
		}
	}
	for (i = head.len; i + 1 < len && i < FP_XMPP_MAX_DECL; i++) {
		if (p[i] != '?' || p[i + 1] != '>')
			continue;
		x->begun = true;
		event(x, out, FP_XMPP_SKIP, i + 2);
		if (has_other_encoding(fp_slice(p, i)))
			fatal(x, out, FP_R_XMPP_ENCODING);
		return;
	}
	if (i >= FP_XMPP_MAX_DECL)
		fatal(x, out, FP_R_XMPP_TOO_LONG);
}

/* --- tags ----------------------------------------------------------------- */

/* Length of the tag at the front, 0 when it is cut or refused. */
static u32 tag_end(struct fp_xmpp *x, const u8 *p, u32 len, struct fp_xmpp_out *out)
{
	u32 i;

	for (i = x->scan ?: 1; i < len; i++) {
		u8 c = p[i];

		if (i >= FP_XMPP_MAX_TAG) {
			fatal(x, out, FP_R_XMPP_TOO_LONG);
			return 0;
		}
		if (c == '<' || (c < ' ' && !is_space(c))) {
			fatal(x, out, c == '<' ? FP_R_XMPP_MALFORMED : FP_R_XMPP_NOT_XML);
			return 0;
		}
		if (x->quote)
			x->quote = c == x->quote ? 0 : x->quote;
		else if (c == '"' || c == '\'')
			x->quote = c;
		else if (c == '>')
			return i + 1;
	}
	x->scan = i;
	return 0;
}

static void close_tag(struct fp_xmpp *x, const u8 *p, u32 len, struct fp_xmpp_out *out)
{
	struct fp_slice name = fp_slice(p + 2, len - 3);

	while (name.len && is_space(name.p[name.len - 1]))
		name.len--;
	if (!x->depth || fp_xmpp_hash(name) != x->hash[x->depth]) {
		fatal(x, out, FP_R_XMPP_MALFORMED);
		return;
	}
	fp_xmpp_leave(x);
	out->ns = x->el_ns;
	event(x, out, !x->depth ? FP_XMPP_CLOSE : x->depth == 1 ? FP_XMPP_END : FP_XMPP_SKIP, len);
}

static void open_tag(struct fp_xmpp *x, const u8 *p, u32 len, struct fp_xmpp_out *out)
{
	struct fp_xmpp_tag tag;
	enum fp_reason reason;

	reason = fp_xmpp_tag(&tag, p, len);
	if (!reason)
		reason = fp_xmpp_enter(x, &tag);
	if (!reason && x->depth == 1)
		reason = fp_xmpp_header(x, &tag, out);
	if (reason) {
		fatal(x, out, reason);
		return;
	}
	out->ns = tag.ns;
	out->name = tag.local;
	out->from = fp_xmpp_attr(&tag, FP_LIT("from"));
	out->to = fp_xmpp_attr(&tag, FP_LIT("to"));
	x->begun = true;
	if (x->depth == 2)
		x->el_ns = tag.ns;
	event(x, out, x->depth == 1 ? FP_XMPP_HEADER : x->depth == 2 ? FP_XMPP_START :
	      FP_XMPP_SKIP, len);
	if (!tag.is_empty)
		return;
	x->end_due = x->depth == 2;
	fp_xmpp_leave(x);
}

static void markup(struct fp_xmpp *x, const u8 *p, u32 len, struct fp_xmpp_out *out)
{
	u32 n;

	if (len < 2)
		return;
	if (p[1] == '?') {
		declaration(x, p, len, out);
		return;
	}
	if (p[1] == '!') {
		fatal(x, out, FP_R_XMPP_RESTRICTED);
		return;
	}
	n = tag_end(x, p, len, out);
	if (!n)
		return;
	if (p[1] == '/')
		close_tag(x, p, n, out);
	else
		open_tag(x, p, n, out);
}

/**
 * fp_xmpp_next() - find the next event
 * @x: the parser
 * @p: first octet that was not consumed
 * @len: how many there are
 * @out: what was found
 *
 * Call again, with @out->len octets consumed, until it says FP_XMPP_MORE.
 */
void fp_xmpp_next(struct fp_xmpp *x, const u8 *p, u32 len, struct fp_xmpp_out *out)
{
	memset(out, 0, sizeof(*out));
	if (x->reason) {
		fatal(x, out, x->reason);
	} else if (x->end_due) {
		x->end_due = false;
		out->ns = x->el_ns;
		out->event = FP_XMPP_END;
	} else if (x->begun && !x->depth && x->root_len) {
		/* Nothing may follow the end of the stream. */
		if (len)
			fatal(x, out, FP_R_XMPP_MALFORMED);
	} else if (len && p[0] == '<') {
		markup(x, p, len, out);
	} else if (len) {
		text(x, p, len, out);
	}
}

/**
 * fp_xmpp_is_domain() - is it a domain as policies name them?
 * @s: text
 *
 * Return: true for labels of letters, digits, hyphens and underscores.
 */
bool fp_xmpp_is_domain(struct fp_slice s)
{
	u32 i, label = 0;

	if (!s.len || s.len > 255)
		return false;
	for (i = 0; i < s.len; i++) {
		u8 c = s.p[i];

		if (c == '.' && !label)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63 || (c != '.' && c != '-' && c != '_' && !fp_is_digit(c) &&
				   !fp_is_alpha(c)))
			return false;
	}
	return true;
}
