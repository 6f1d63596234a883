// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies: what has a structure is translated, what people wrote and what is
 * signed, encrypted or encoded is left alone and reported.
 */
#include <fedpat/multipart.h>
#include "xlat.h"

enum body_kind {
	BODY_OPAQUE,		/* nobody knows it, or it is encoded */
	BODY_USER_TEXT,
	BODY_SIGNED,
	BODY_SDP,
	BODY_TEXT,		/* structured text: XML, JSON ... */
	BODY_HEADERS,		/* header lines: sipfrag */
	BODY_CPIM,		/* header lines, then what people wrote */
	BODY_MULTIPART,
};

struct body_type {
	const char *type;
	const char *subtype;
	u8 type_len;
	u8 subtype_len;
	u8 kind;
};

#define BODY_TYPE(type, subtype, kind) \
	{ type, subtype, sizeof(type) - 1, sizeof(subtype) - 1, kind }

/* Types that no rule below tells apart. */
static const struct body_type types[] = {
	BODY_TYPE("application", "sdp", BODY_SDP),
	BODY_TYPE("message", "sipfrag", BODY_HEADERS),
	BODY_TYPE("message", "sip", BODY_HEADERS),
	BODY_TYPE("message", "external-body", BODY_HEADERS),
	BODY_TYPE("message", "cpim", BODY_CPIM),
	BODY_TYPE("message", "imdn", BODY_TEXT),
	BODY_TYPE("application", "simple-message-summary", BODY_HEADERS),
	BODY_TYPE("application", "xml", BODY_TEXT),
	BODY_TYPE("application", "json", BODY_TEXT),
	BODY_TYPE("application", "sgml", BODY_TEXT),
	BODY_TYPE("application", "isup", BODY_OPAQUE),
	BODY_TYPE("text", "xml", BODY_TEXT),
	BODY_TYPE("text", "xml-external-parsed-entity", BODY_TEXT),
	BODY_TYPE("text", "xml+msrtc.pidf", BODY_TEXT),
	BODY_TYPE("text", "lpidf", BODY_TEXT),
	BODY_TYPE("text", "uri-list", BODY_TEXT),
	BODY_TYPE("text", "json", BODY_TEXT),
	BODY_TYPE("multipart", "signed", BODY_SIGNED),
	BODY_TYPE("multipart", "encrypted", BODY_SIGNED),
	BODY_TYPE("application", "pkcs7-mime", BODY_SIGNED),
	BODY_TYPE("application", "x-pkcs7-mime", BODY_SIGNED),
	BODY_TYPE("application", "pkcs7-signature", BODY_SIGNED),
	BODY_TYPE("application", "x-pkcs7-signature", BODY_SIGNED),
	BODY_TYPE("application", "pgp-encrypted", BODY_SIGNED),
	BODY_TYPE("application", "pgp-signature", BODY_SIGNED),
};

static bool ends_with(struct fp_slice s, struct fp_slice tail)
{
	return s.len > tail.len &&
	       fp_slice_ieq(fp_slice_sub(s, s.len - tail.len, tail.len), tail);
}

static enum body_kind kind_of(const u8 *base, const struct fp_ctype *ct)
{
	struct fp_slice type = fp_at(base, ct->type), sub = fp_at(base, ct->subtype);
	u32 i;

	/* RFC 2046 section 5.2: without a type it is plain text. */
	if (!type.len)
		return BODY_USER_TEXT;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (fp_slice_ieq(sub, fp_slice(types[i].subtype, types[i].subtype_len)) &&
		    fp_slice_ieq(type, fp_slice(types[i].type, types[i].type_len)))
			return types[i].kind;
	if (fp_ctype_is_multipart(base, ct))
		return BODY_MULTIPART;
	if (ends_with(sub, FP_LIT("+xml")) || ends_with(sub, FP_LIT("+json")))
		return BODY_TEXT;
	return fp_slice_ieq(type, FP_LIT("text")) ? BODY_USER_TEXT : BODY_OPAQUE;
}

/* Sweep as a kind of text of its own. */
static void text_as(struct fp_xlat *x, struct fp_span s, u8 flags, u8 policy)
{
	u8 old_flags = x->flags, old_policy = x->policy;

	x->flags = flags;
	x->policy = x->alg ? FP_WP_ALG : policy;
	fp_xlat_text(x, s);
	x->flags = old_flags;
	x->policy = old_policy;
}

/* User-Agent and Server say here what they may not say in the head. */
static bool names_software(struct fp_slice line)
{
	return fp_slice_istarts(line, FP_LIT("User-Agent:")) ||
	       fp_slice_istarts(line, FP_LIT("Server:"));
}

static u32 line_end(struct fp_slice t, u32 i)
{
	while (i < t.len && t.p[i] != '\n')
		i++;
	return i < t.len ? i + 1 : i;
}

/* Header lines, each a text; @s may end without a line end. */
static void header_lines(struct fp_xlat *x, struct fp_span s)
{
	struct fp_slice t = fp_at(x->base, s);
	bool mask = x->dir == FP_XLAT_OUT && x->realm->flags & FP_REALM_MASK_UA;
	u32 from = 0, i = 0;

	while (mask && i < t.len) {
		u32 end = line_end(t, i);

		if (names_software(fp_slice_sub(t, i, end - i))) {
			text_as(x, fp_span(s.off + from, i - from), 0, FP_WP_TOKEN);
			fp_edits_replace(&x->w->edits, s.off + i, end - i, FP_LIT(""));
			x->w->notes |= FP_NOTE_MASKED;
			from = end;
		}
		i = end;
	}
	text_as(x, fp_span_to(s.off + from, fp_span_end(s)), 0, FP_WP_TOKEN);
}

/* message/cpim: two blocks of header lines, then the text (RFC 3862). */
static void cpim(struct fp_xlat *x, struct fp_span s)
{
	struct fp_slice t = fp_at(x->base, s);
	u32 i = 0, blocks = 0;

	while (i < t.len && blocks < 2) {
		u32 end = line_end(t, i);

		if (fp_slice_trim(fp_slice_sub(t, i, end - i)).len == 0)
			blocks++;
		i = end;
	}
	header_lines(x, fp_span(s.off, i));
	x->w->notes |= FP_NOTE_USER_TEXT;
}

static void plain_body(struct fp_xlat *x, struct fp_span s, enum body_kind kind)
{
	switch (kind) {
	case BODY_SDP:
		text_as(x, s, FP_XT_BODY | FP_XT_BARE, FP_WP_SDP);
		break;
	case BODY_TEXT:
		text_as(x, s, FP_XT_BODY, FP_WP_TOKEN);
		break;
	case BODY_HEADERS:
		header_lines(x, s);
		break;
	case BODY_CPIM:
		cpim(x, s);
		break;
	case BODY_SIGNED:
		x->w->notes |= FP_NOTE_SIGNED;
		break;
	case BODY_USER_TEXT:
		x->w->notes |= FP_NOTE_USER_TEXT;
		break;
	default:
		x->w->notes |= FP_NOTE_OPAQUE_BODY;
		break;
	}
}

static bool is_encoded(struct fp_slice encoding)
{
	return encoding.len && !fp_slice_ieq(encoding, FP_LIT("identity")) &&
	       !fp_slice_ieq(encoding, FP_LIT("7bit")) &&
	       !fp_slice_ieq(encoding, FP_LIT("8bit")) &&
	       !fp_slice_ieq(encoding, FP_LIT("binary"));
}

static void part_body(struct fp_xlat *x, const struct fp_part *part, enum body_kind kind)
{
	/* Signed parts are signed in whatever encoding they are. */
	if (kind != BODY_SIGNED && is_encoded(fp_at(x->base, part->encoding)))
		kind = BODY_OPAQUE;
	plain_body(x, part->body, kind);
}

/* A part may say how long it is, though it need not (RFC 2045 knows no such header). */
static void fix_part_length(struct fp_xlat *x, const struct fp_part *part)
{
	struct fp_slice head = fp_at(x->base, part->headers);
	s64 delta = fp_edits_delta(&x->w->edits, part->body.off, fp_span_end(part->body));
	u32 i, end;

	for (i = 0; delta && i < head.len; i = line_end(head, i)) {
		struct fp_put put;

		if (!fp_slice_istarts(fp_slice_sub(head, i, head.len), FP_LIT("Content-Length:")))
			continue;
		i += 15;
		while (i < head.len && fp_is_lws(head.p[i]))
			i++;
		for (end = i; end < head.len && fp_is_digit(head.p[end]); end++)
			;
		if (end == i)
			return;
		put = fp_xlat_put(x);
		fp_put_u32(&put, (u32)(part->body.len + delta));
		fp_xlat_commit(x, &put, part->headers.off + i, end - i);
		return;
	}
}

/*
 * What lies between the parts - delimiters, header lines, what nobody reads - is
 * translated too: a boundary may have an inside name in it, and then has it
 * everywhere.
 */
static void inner_parts(struct fp_xlat *x, const struct fp_part *outer)
{
	struct fp_multipart mp;
	struct fp_part part;
	u32 from = outer->body.off;

	fp_multipart_init(&mp, x->base, outer->body, &outer->ctype, 2);
	while (!x->reason && fp_multipart_next(&mp, &part)) {
		enum body_kind kind = kind_of(x->base, &part.ctype);

		text_as(x, fp_span_to(from, part.body.off), 0, FP_WP_TOKEN);
		/* Deeper than anyone goes: looked through as one text. */
		part_body(x, &part, kind == BODY_MULTIPART ? BODY_TEXT : kind);
		fix_part_length(x, &part);
		from = fp_span_end(part.body);
	}
	text_as(x, fp_span_to(from, fp_span_end(outer->body)), 0, FP_WP_TOKEN);
}

static void parts(struct fp_xlat *x, struct fp_span body, const struct fp_ctype *ct)
{
	struct fp_multipart mp;
	struct fp_part part;
	u32 from = body.off;

	fp_multipart_init(&mp, x->base, body, ct, 1);
	while (!x->reason && fp_multipart_next(&mp, &part)) {
		enum body_kind kind = kind_of(x->base, &part.ctype);

		text_as(x, fp_span_to(from, part.body.off), 0, FP_WP_TOKEN);
		if (kind == BODY_MULTIPART && !is_encoded(fp_at(x->base, part.encoding)))
			inner_parts(x, &part);
		else
			part_body(x, &part, kind);
		fix_part_length(x, &part);
		from = fp_span_end(part.body);
	}
	text_as(x, fp_span_to(from, fp_span_end(body)), 0, FP_WP_TOKEN);
}

/**
 * fp_xlat_body() - translate the body of a message
 * @x: the translation
 * @msg: the message
 */
void fp_xlat_body(struct fp_xlat *x, const struct fp_sip_msg *msg)
{
	enum body_kind kind = kind_of(x->base, &msg->ctype);
	struct fp_slice encoding = fp_msg_at(msg, fp_hdr_value(msg, FP_H_CONTENT_ENCODING));
	struct fp_slice transfer =
		fp_msg_at(msg, fp_hdr_value(msg, FP_H_CONTENT_TRANSFER_ENCODING));

	if (!msg->body.len || x->reason)
		return;
	if (kind != BODY_SIGNED && (is_encoded(encoding) || is_encoded(transfer)))
		kind = BODY_OPAQUE;
	if (kind == BODY_MULTIPART)
		parts(x, msg->body, &msg->ctype);
	else
		plain_body(x, msg->body, kind);
}
