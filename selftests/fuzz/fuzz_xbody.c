// SPDX-License-Identifier: GPL-2.0
/* runs: 2000 */
/* seeds: presence xmpp-stanza sdp multipart */
/*
 * Any bytes as a body of each type that is looked into, XML first of all: what goes
 * out tells nothing of the inside, keeps its parts and is as long as it says; what
 * came back and goes out again is the same, but for session descriptions; of a
 * partner nothing is changed.
 */
#include <fedpat/multipart.h>
#include <stdio.h>
#include <stdlib.h>
#include "../unit/relay_env.h"

#define MAX_INPUT	8192

/**
 * struct body_type - a type, chosen by the last octet of the input
 * @type: its header, and more where the body is encoded
 * @whole: all of it is looked into
 */
struct body_type {
	const char *type;
	bool whole;
};

/* XML where a text ends in a line end or ">", parts where it ends in "-". */
static const struct body_type types[] = {
	{ "application/sdp", true },
	{ "message/sipfrag", true },
	{ "message/cpim", false },
	{ "multipart/mixed;boundary=\"b b\"", false },
	{ "application/json", true },
	{ "application/simple-message-summary", true },
	{ "text/xml+msrtc.pidf", true },
	{ "message/external-body", true },
	{ "text/uri-list", true },
	{ "text/plain", false },
	{ "application/pidf+xml", true },
	{ "multipart/signed;boundary=b", false },
	{ "application/xml\r\nContent-Encoding: gzip", false },
	{ "multipart/related;boundary=b", false },
	{ "application/dialog-info+xml", true },
	{ "application/vnd.ms-categories+xml", true },
};

static struct env *there, *back, *again;

static void die(const char *what, const struct env *e)
{
	fprintf(stderr, "does not hold: %s (%s)\n--- in\n%.*s\n--- out\n%.*s\n", what,
		env_reason(e), (int)e->msg->len, e->msg->buf, (int)e->len, e->out);
	abort();
}

static struct fp_slice body_in(const struct env *e)
{
	return fp_msg_at(e->msg, e->msg->body);
}

static struct fp_slice body_out(const struct env *e)
{
	const u8 *end = memmem(e->out, e->len, "\r\n\r\n", 4);

	if (!end)
		die("the head has an end", e);
	return fp_slice(end + 4, (u32)(e->out + e->len - end - 4));
}

static bool same(struct fp_slice a, struct fp_slice b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* For room only when there is none, and never because two edits met. */
static bool rewrite(struct env *e, const struct fp_leg_view *in, const struct fp_leg_view *out,
		    const void *bytes, size_t len)
{
	bool ok = env_rewrite(e, in, out, bytes, len);

	if (!ok && e->reason == FP_R_REWRITE_ROOM && !e->w->edits.full)
		die("edits overlap", e);
	return ok;
}

static u32 parts(const struct fp_sip_msg *m, enum fp_reason *err)
{
	struct fp_multipart mp;
	struct fp_part part;

	fp_multipart_init(&mp, m->buf, m->body, &m->ctype, 1);
	while (fp_multipart_next(&mp, &part))
		;
	*err = mp.err;
	return mp.parts;
}

/*
 * @b has parsed what @a wrote. False where its parts are malformed, before or after: a
 * header may be named as an inside address is, and the word that takes its place can
 * make a header of what was none, and none of what was one ("192.0.2.12:5062 21").
 */
static bool check_form(const struct env *a, const struct env *b)
{
	enum fp_reason was, is;

	if (b->msg->content_length != b->msg->body.len)
		die("as long as it says", a);
	if (!fp_ctype_is_multipart(a->msg->buf, &a->msg->ctype))
		return true;
	if (parts(a->msg, &was) != parts(b->msg, &is) && !was && !is)
		die("as many parts as there were", a);
	return !was && !is;
}

static void check_leak(const struct env *e, bool whole)
{
	struct leak_what what = env_secrets;
	const char *leak;

	if (e->w->notes & (FP_NOTE_USER_TEXT | FP_NOTE_SIGNED | FP_NOTE_OPAQUE_BODY)) {
		if (whole)
			die("a type like this is looked into", e);
		return;
	}
	what.plain = true;
	leak = leak_find(&what, e->out, e->len);
	if (!leak)
		return;
	fprintf(stderr, "leak: %s\n", leak);
	die("nothing of the inside goes out", e);
}

/* "fpt-" and letters, escaped or not: back from a partner that is a forged token. */
static bool looks_forged(const u8 *p, size_t len)
{
	static const char *const signs[] = {
		"pt-", "po-", "PT-", "PO-", "pT-", "pO-", "Pt-", "Po-"
	};

	for (u32 i = 0; i < ARRAY_SIZE(signs); i++)
		if (memmem(p, len, signs[i], 3))
			return true;
	return memchr(p, '%', len);
}

/* There only an address may stand, ours, and it is not turned back. */
static bool has_sdp(const u8 *p, size_t len)
{
	return memmem(p, len, "/sdp", 4);
}

static void from_node(const u8 *msg, size_t len, bool whole)
{
	if (!rewrite(there, &there->node, &there->partner, msg, len))
		return;
	check_leak(there, whole);
	if (!env_parse(back, there->out, there->len))
		die("what we wrote can be parsed", there);
	if (!check_form(there, back))
		return;
	if (!rewrite(back, &back->partner, &back->node, there->out, there->len)) {
		if (back->reason == FP_R_TOKEN_FORGED && looks_forged(msg, len))
			return;
		die("what we wrote may come back", back);
	}
	if (!rewrite(again, &again->node, &again->partner, back->out, back->len))
		return;
	if (!has_sdp(msg, len) && !same(body_out(there), body_out(again)))
		die("out, back and out again is the same", again);
}

static void from_partner(const u8 *msg, size_t len)
{
	if (rewrite(there, &there->partner, &there->node, msg, len) &&
	    !(there->w->notes & FP_NOTE_TOKENS) && !same(body_in(there), body_out(there)))
		die("the partner's own stays", there);
}

static void alg(const u8 *msg, size_t len)
{
	static const struct fp_endpoint node = { { 4, { 192, 0, 2, 11 } }, 5060 };
	static const u8 sides[] = { FP_INSIDE, FP_OUTSIDE };

	for (u32 i = 0; env_parse(there, msg, len) && i < ARRAY_SIZE(sides); i++) {
		there->reason = fp_sip_rewrite_alg(there->realm, sides[i], &node, there->msg,
						   there->w);
		if (there->reason == FP_R_REWRITE_ROOM && !there->w->edits.full)
			die("edits overlap", there);
	}
}

static struct env *make(void)
{
	struct env *e = env_new(NULL);

	e->parse_flags = FP_PARSE_DATAGRAM;
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The type from the end, so that a body of the corpus is one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char msg[MAX_INPUT + 600];
	const struct body_type *t;
	int head;

	if (!there) {
		there = make();
		back = make();
		again = make();
	}
	if (!size || size > MAX_INPUT)
		return 0;
	t = &types[data[size - 1] % ARRAY_SIZE(types)];
	head = snprintf(msg, sizeof(msg),
			"NOTIFY sip:bob@example.net SIP/2.0\r\n"
			"Via: SIP/2.0/TLS 198.51.100.20;branch=z9hG4bKb\r\n"
			"From: <sip:alice@example.com>;tag=a\r\n"
			"To: <sip:bob@example.net>;tag=b\r\n"
			"Call-ID: c\r\n"
			"CSeq: 1 NOTIFY\r\n"
			"Content-Type: %s\r\n"
			"Content-Length: %zu\r\n\r\n", t->type, size);
	memcpy(msg + head, data, size);
	from_node((u8 *)msg, (size_t)head + size, t->whole);
	from_partner((u8 *)msg, (size_t)head + size);
	alg((u8 *)msg, (size_t)head + size);
	return 0;
}
