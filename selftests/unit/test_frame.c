// SPDX-License-Identifier: GPL-2.0
/* Framing: events, limits, and that no cut of the stream changes anything. */
#include <stdlib.h>

#include <fedpat/frame.h>
#include <fedpat/sip.h>

#include "corpus.h"
#include "kselftest.h"

/* --- what a stream comes to ---------------------------------------------------- */

struct result {
	char text[4096];	/* events, one after the other */
	u32 n;
	u32 drained;		/* pieces of one body count as one event */
	u32 used;
};

static const char *const event_names[] = { "more", "msg", "crlf", "ping", "oversize", "drain",
					   "fatal" };

static void flush_drain(struct result *r)
{
	if (r->drained && r->n < sizeof(r->text) - 100)
		r->n += snprintf(r->text + r->n, 100, "drain(%u) ", r->drained);
	r->drained = 0;
}

static void note(struct result *r, const struct fp_frame *f)
{
	if (f->event == FP_FRAME_DRAIN) {
		r->drained += f->len;
		return;
	}
	flush_drain(r);
	if (r->n >= sizeof(r->text) - 100)
		return;
	if (f->event == FP_FRAME_MSG)
		r->n += snprintf(r->text + r->n, 100, "msg(%u+%u) ", f->head_len, f->body_len);
	else if (f->event == FP_FRAME_OVERSIZE)
		r->n += snprintf(r->text + r->n, 100, "oversize(%u+%u) ", f->head_len, f->drain);
	else if (f->event == FP_FRAME_FATAL)
		r->n += snprintf(r->text + r->n, 100, "fatal(%s,%u@%u) ",
				 fp_reason_info(f->reason)->name, f->head_len, f->err_off);
	else
		r->n += snprintf(r->text + r->n, 100, "%s ", event_names[f->event]);
}

/* All events of @p, of which the framer sees @len; true when framing is lost. */
static bool pump(struct fp_framer *f, const u8 *p, u32 len, struct result *r)
{
	struct fp_frame out;

	for (;;) {
		fp_framer_next(f, p + r->used, len - r->used, &out);
		if (out.event == FP_FRAME_MORE)
			return false;
		note(r, &out);
		if (out.event == FP_FRAME_FATAL)
			return true;
		r->used += out.len;
	}
}

static u32 max_msg, max_head, max_drain;

/*
 * Bytes that the framer said it is done with: headers before the current one,
 * then all of the head. They are wiped, so looking back at them would show.
 */
static u32 done_with(const struct fp_framer *f, const u8 *p)
{
	if (f->head_len)
		return f->head_len;
	return f->start && memchr(p, '\n', f->start) ? f->start : 0;
}

/*
 * Feed @p in two pieces that meet at @cut, or in pieces of @step bytes when that
 * is not 0. Each time the unconsumed bytes come in memory of exactly their
 * size, at another address: a framer that looks back or ahead is caught.
 */
static void feed(const u8 *p, u32 len, u32 cut, u32 step, struct result *r)
{
	struct fp_framer f;
	u32 have = 0, wipe = 0;
	bool lost = false;

	memset(r, 0, sizeof(*r));
	fp_framer_init(&f, max_msg, max_head, max_drain);
	while (!lost && have < len) {
		u32 base = r->used;
		u8 *copy;

		have = step ? have + step : have < cut ? cut : len;
		if (have > len)
			have = len;
		copy = exact_copy(p + base, have - base);
		memset(copy, 0, wipe);
		r->used = 0;
		lost = pump(&f, copy, have - base, r);
		r->used += base;
		wipe = done_with(&f, p + r->used);
		free(copy);
	}
	flush_drain(r);
}

static bool same(const struct result *a, const struct result *b)
{
	return !strcmp(a->text, b->text) && a->used == b->used;
}

/* --- streams of our own ---------------------------------------------------------- */

#define REQ	"MESSAGE sip:bob@example.net SIP/2.0\r\nVia: SIP/2.0/TLS a\r\n"
#define RSP	"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS a\r\n"

struct stream_case {
	const char *what;
	const char *text;
	u32 len;
	const char *events;
};

#define CASE(what, text, events) { what, text, sizeof(text) - 1, events }

static const struct stream_case stream_cases[] = {
	CASE("nothing", "", ""),
	CASE("one message", REQ "Content-Length: 0\r\n\r\n", "msg(78+0) "),
	CASE("with a body", REQ "l: 4\r\n\r\nabcd", "msg(65+4) "),
	CASE("a response", RSP "l:0\r\n\r\n", "msg(43+0) "),
	CASE("a response in lower case", "sip/2.0 200 OK\r\nl:0\r\n\r\n", "msg(23+0) "),
	CASE("two messages and a half", RSP "l:1\r\n\r\nx" RSP "l:0\r\n\r\n" RSP "l",
	     "msg(43+1) msg(43+0) "),
	CASE("a body that looks like a message", RSP "l:23\r\n\r\nSIP/2.0 200 OK\r\nl:9\r\n\r\n"
	     RSP "l:0\r\n\r\n", "msg(44+23) msg(43+0) "),
	CASE("a length folded, in capitals, with zeros", RSP
	     "CONTENT-LENGTH \t:\r\n  004\r\n\r\nabcd",
	     "msg(64+4) "),
	CASE("a fold with what looks like a length", RSP "X: y\r\n l: 9\r\nl: 0\r\n\r\n",
	     "msg(57+0) "),
	CASE("headers that begin like a length", RSP
	     "Content-Lengthy: 9\r\nll: 9\r\nC: x\r\nl:0\r\n"
	     "\r\n", "msg(76+0) "),
	CASE("equal lengths are for the parser", RSP "l:1\r\nl:01\r\n\r\nx", "msg(49+1) "),
	CASE("leading CRLF", "\r\n" RSP "l:0\r\n\r\n", "crlf msg(43+0) "),
	CASE("a ping", "\r\n\r\n", "crlf ping "),
	CASE("ping, pong, ping", "\r\n\r\n\r\n\r\n\r\n", "crlf ping crlf ping crlf "),
	CASE("pong, message, pong", "\r\n" RSP "l:0\r\n\r\n\r\n", "crlf msg(43+0) crlf "),
	CASE("what is malformed but SIP is for the parser",
	     "INVITE  <sip:a@b> SIP/2.0  \r\nl:0\r\n\r\n",
	     "msg(36+0) "),
	CASE("control characters too", "INVITE sip:a SIP/2.0\r\nX: \0\001\r\nl:0\r\n\r\n",
	     "msg(36+0) "),

	CASE("no length", RSP "\r\n", "fatal(content-length-missing,38@38) "),
	CASE("negative", RSP "l: -1\r\n\r\n", "fatal(content-length-bad,45@39) "),
	CASE("not a number", RSP "l: x\r\n\r\n", "fatal(content-length-bad,44@39) "),
	CASE("empty", RSP "l:\r\n\r\n", "fatal(content-length-bad,42@38) "),
	CASE("two numbers", RSP "l: 1, 1\r\n\r\n", "fatal(content-length-bad,47@39) "),
	CASE("2^32 is not 0", RSP "l: 4294967296\r\n\r\n", "fatal(content-length-overflow,53@39) "),
	CASE("2^64 is not 0", RSP "l: 18446744073709551616\r\n\r\n",
	     "fatal(content-length-overflow,63@39) "),
	CASE("contradiction", RSP "l: 1\r\nContent-Length: 2\r\n\r\n",
	     "fatal(content-length-contradicting,63@58) "),
	CASE("a bad one before a good one", RSP "l: x\r\nl: 0\r\n\r\n",
	     "fatal(content-length-bad,50@39) "),
	CASE("two bad ones", RSP "l: x\r\nl: 4294967296\r\n\r\n",
	     "fatal(content-length-bad,59@39) "),
	CASE("bare LF", "SIP/2.0 200 OK\nl:0\n\n", "fatal(bare-line-end,0@14) "),
	CASE("bare LF in a header", RSP "X: a\nl: 5\r\n\r\n", "fatal(bare-line-end,0@40) "),
	CASE("bare CR in a header", RSP "X: a\rl: 5\r\n\r\n", "fatal(bare-line-end,0@40) "),
	CASE("bare CR at the head's end", RSP "l:0\r\n\r\r\n", "fatal(bare-line-end,0@41) "),
	CASE("bare LF between messages", RSP "l:0\r\n\r\n\n",
	     "msg(43+0) fatal(bare-line-end,0@0) "),
	CASE("bare CR between messages", "\r\r\n", "fatal(bare-line-end,0@0) "),

	CASE("HTTP: GET", "GET /", "fatal(http-on-sip-port,0@4) "),
	CASE("HTTP: a SIP body in a POST", "POST / HTTP/1.1\r\n\r\n" RSP,
	     "fatal(http-on-sip-port,0@5) "),
	CASE("HTTP: absolute URI", "GET http://a/ HTTP/1.1\r\n", "fatal(http-on-sip-port,0@0) "),
	CASE("HTTP: a response", "HTTP/1.1", "fatal(http-on-sip-port,0@0) "),
	CASE("HTTP: version 2", "PRI * HTTP/2.0\r\n", "fatal(http-on-sip-port,0@4) "),
	CASE("TLS", "\026\003\001", "fatal(tls-on-clear-port,0@0) "),
	CASE("XMPP", "<?xml version='1.0'?>", "fatal(not-sip,0@0) "),
	CASE("SSH", "SSH-2.0-OpenSSH\r\n", "fatal(not-sip,0@15) "),
	CASE("SMTP", "EHLO mail.example.com\r\n", "fatal(not-sip,0@21) "),
	CASE("RTSP", "OPTIONS rtsp://a RTSP/1.0\r\n", "fatal(not-sip,0@25) "),
	CASE("zeros", "\0\0\0\0", "fatal(not-sip,0@0) "),
	CASE("binary in the start line", "INVITE sip:\001", "fatal(not-sip,0@11) "),
	CASE("text that has no end",
	     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	     "fatal(not-sip,0@64) "),
	CASE("words", "lorem ipsum dolor", "fatal(not-sip,0@11) "),
	CASE("a scheme that has no end", "A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	     "fatal(not-sip,0@34) "),
	CASE("garbage behind a message", RSP "l:0\r\n\r\nxx/yy",
	     "msg(43+0) fatal(not-sip,0@2) "),
};

static bool stream_case(const struct stream_case *c)
{
	struct result whole, cut;
	bool ok;
	u32 i;

	feed((const u8 *)c->text, c->len, 0, 0, &whole);
	ok = !strcmp(whole.text, c->events);
	if (!ok)
		ksft_print_msg("got %s\n", whole.text);
	for (i = 1; i < c->len && ok; i++) {
		feed((const u8 *)c->text, c->len, i, 0, &cut);
		ok = same(&whole, &cut);
		if (!ok)
			ksft_print_msg("cut at %u: %s\n", i, cut.text);
	}
	feed((const u8 *)c->text, c->len, 0, 1, &cut);
	return ok && same(&whole, &cut);
}

/* --- limits ------------------------------------------------------------------------ */

static u8 big[300 * 1024];

static bool events_are(u32 len, const char *events)
{
	struct result whole, cut;

	feed(big, len, 0, 0, &whole);
	feed(big, len, 0, 977, &cut);
	if (strcmp(whole.text, events) || !same(&whole, &cut))
		ksft_print_msg("got %s and %s\n", whole.text, cut.text);
	return !strcmp(whole.text, events) && same(&whole, &cut);
}

/* A message with @body bytes declared and @sent there, and one more message. */
static u32 sized(u32 body, u32 sent)
{
	u32 len = sprintf((char *)big, RSP "l: %8u\r\n\r\n", body);

	memset(big + len, 'x', sent);
	len += sent;
	return len + sprintf((char *)big + len, RSP "l:0\r\n\r\n");
}

static void test_sizes(void)
{
	ksft_test_result(events_are(sized(65536 - 51, 65536 - 51), "msg(51+65485) msg(43+0) "),
			 "64 KiB are a message\n");
	ksft_test_result(events_are(sized(65536 - 50, 65536 - 50),
				    "oversize(51+65486) drain(65486) msg(43+0) "),
			 "one byte more is drained, and the stream goes on\n");
	max_drain = 70000;
	ksft_test_result(events_are(sized(70001, 0), "fatal(message-too-large,51@51) "),
			 "more than may be drained: answer and close\n");
	max_drain = 0;
	ksft_test_result(events_are(sized(99999999, 0), "fatal(message-too-large,51@51) "),
			 "100 MB: answer and close\n");
	max_msg = 200;
	ksft_test_result(events_are(sized(149, 149), "msg(51+149) msg(43+0) ") &&
			 events_are(sized(150, 150), "oversize(51+150) drain(150) msg(43+0) "),
			 "a configured maximum\n");
	max_msg = 0;
}

/* A head of exactly @n bytes. */
static u32 headed(u32 n)
{
	u32 len = sprintf((char *)big, RSP "l:0\r\nX: ");

	memset(big + len, 'x', n - len - 4);
	memcpy(big + n - 4, "\r\n\r\n", 4);
	return n;
}

static void test_heads(void)
{
	ksft_test_result(events_are(headed(FP_FRAME_MAX_HEAD), "msg(32768+0) "),
			 "32 KiB are a head\n");
	ksft_test_result(events_are(headed(FP_FRAME_MAX_HEAD + 1),
				    "fatal(head-too-large,0@32768) "),
			 "one byte more is not\n");
	max_head = 100;
	ksft_test_result(events_are(headed(100), "msg(100+0) ") &&
			 events_are(headed(101), "fatal(head-too-large,0@100) ") &&
			 events_are(headed(101) - 1, "fatal(head-too-large,0@100) ") &&
			 events_are(headed(103), "fatal(head-too-large,0@100) "),
			 "a configured maximum\n");
	max_head = 0;
}

static void test_want(void)
{
	struct fp_framer f;
	struct fp_frame out;
	u32 len = sprintf((char *)big, RSP "l: 1000\r\n\r\nabc");

	fp_framer_init(&f, 0, 0, 0);
	fp_framer_next(&f, big, 20, &out);
	ksft_test_result(out.event == FP_FRAME_MORE && !fp_framer_want(&f),
			 "length not known yet\n");
	fp_framer_next(&f, big, len, &out);
	ksft_test_result(out.event == FP_FRAME_MORE && fp_framer_want(&f) == 36 + 11 + 1000,
			 "length known: the buffer can be made large enough\n");
}

/* One message of the largest size, and a pipeline, in single bytes. */
static void test_single_bytes(void)
{
	struct fp_framer f;
	struct fp_frame out = { .event = FP_FRAME_MORE };
	struct result r;
	u32 i, n = 0, last = 0, len = headed(FP_FRAME_MAX_HEAD);

	fp_framer_init(&f, 0, 0, 0);
	for (i = 1; i <= len && out.event == FP_FRAME_MORE && f.scan >= last; i++) {
		last = f.scan;
		fp_framer_next(&f, big, i, &out);
	}
	ksft_test_result(out.event == FP_FRAME_MSG && i == len + 1,
			 "the largest head byte by byte, never going back\n");
	len = sizeof(big) / 2;

	memset(big, 0, sizeof(big));
	for (i = 0; i + 50 < len; i += n)
		n = sprintf((char *)big + i, RSP "l:5\r\n\r\n12345");
	feed(big, i, 0, 1, &r);
	ksft_test_result(r.used == i, "%u bytes in a pipeline, one by one\n", i);
}

/* --- third-party streams ----------------------------------------------------------- */

struct cuts {
	unsigned int files;
	unsigned int messages;
	unsigned long runs;
	unsigned int wrong;
};

static void cut_everywhere(const u8 *p, u32 len, const char *name, struct cuts *c)
{
	struct result whole, cut;
	u32 i;

	feed(p, len, 0, 0, &whole);
	c->messages += !!strstr(whole.text, "msg(");
	for (i = 1; i < len; i++, c->runs++) {
		feed(p, len, i, 0, &cut);
		if (same(&whole, &cut))
			continue;
		ksft_print_msg("%s cut at %u: %s, not %s\n", name, i, cut.text, whole.text);
		c->wrong++;
		break;
	}
}

static void cut_file(const struct corpus_file *f, void *ctx)
{
	struct cuts *c = ctx;

	c->files++;
	if (f->len <= 8192)
		cut_everywhere(f->p, f->len, f->path, c);
}

static const char *const folders[] = { "sip-torture", "sip-rfc-examples", "sip-microsoft",
				       "sip-messages", "sip-xmpp-interworking", "sip-stream" };

static void test_cuts(const char *folder)
{
	struct cuts c = { 0, 0, 0, 0 };

	if (!corpus_has(folder)) {
		ksft_test_result_skip("no %s\n", folder);
		return;
	}
	corpus_walk(folder, NULL, cut_file, &c);
	ksft_test_result(!c.wrong && c.runs, "%s: %u files, %u with a frame, %lu cuts, %u unlike\n",
			 folder, c.files, c.messages, c.runs, c.wrong);
}

/* --- all of them in one stream ------------------------------------------------------ */

struct glue {
	u8 *p;
	u32 len;
	u32 room;
	unsigned int messages;
	unsigned int other;	/* the parser found other bounds than the framer */
};

static struct fp_sip_msg msg;

/*
 * Only what is one message for the framer can be in a pipeline. And then the
 * parser must see the same message: what it accepts ends where the framer says.
 */
static void glue_file(const struct corpus_file *f, void *ctx)
{
	struct fp_framer framer;
	struct fp_frame out;
	struct glue *g = ctx;

	fp_framer_init(&framer, 0, 0, 0);
	fp_framer_next(&framer, f->p, f->len, &out);
	if (out.event != FP_FRAME_MSG || g->len + out.len > g->room)
		return;
	if (!fp_sip_parse(&msg, f->p, out.len, 0))
		g->other += msg.head_len != out.head_len || msg.body.len != out.body_len;
	else
		g->other += msg.err == FP_R_PARSE_HEAD_END || msg.err == FP_R_PARSE_BODY_SHORT ||
			    msg.err == FP_R_PARSE_BODY_LONG || msg.err == FP_R_FRAME_NO_LENGTH;
	memcpy(g->p + g->len, f->p, out.len);
	g->len += out.len;
	g->messages++;
}

/* Cut the pipeline everywhere: each piece of it meets every cut in turn. */
static void glue_cuts(const struct glue *g, struct cuts *c)
{
	const u32 window = 3000, stride = 1500;
	struct fp_framer f;
	struct fp_frame out;
	u32 at = 0, next = 0;

	fp_framer_init(&f, 0, 0, 0);
	for (; at < g->len; at += out.len) {
		fp_framer_next(&f, g->p + at, g->len - at, &out);
		if (at < next)
			continue;
		next = at + stride;
		cut_everywhere(g->p + at, g->len - at < window ? g->len - at : window, "pipeline",
			       c);
	}
}

static void test_glued(void)
{
	static const u32 steps[] = { 1, 2, 3, 7, 61, 536, 1460, 16384 };
	struct glue g = { malloc(1 << 20), 0, 1 << 20, 0, 0 };
	struct cuts c = { 0, 0, 0, 0 };
	struct result whole, cut;
	unsigned int i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		corpus_walk(folders[i], NULL, glue_file, &g);
	if (!g.messages) {
		ksft_test_result_skip("no messages\n");
		ksft_test_result_skip("no messages\n");
		ksft_test_result_skip("no messages\n");
		free(g.p);
		return;
	}
	ksft_test_result(!g.other, "framer and parser see the same bounds\n");
	feed(g.p, g.len, 0, 0, &whole);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		feed(g.p, g.len, 0, steps[i], &cut);
		wrong += !same(&whole, &cut);
	}
	ksft_test_result(!wrong && whole.used == g.len, "%u messages in one stream, in pieces\n",
			 g.messages);
	glue_cuts(&g, &c);
	ksft_test_result(!c.wrong && c.runs > g.len / 2, "the same, cut at %lu places\n", c.runs);
	free(g.p);
}

/* A message with a head of some length, and its body; the caller frees it. */
static u8 *long_head(u32 pad, u32 body, u32 *len)
{
	u8 *p = calloc(1, pad + 200);
	int n = snprintf((char *)p, 200, "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: %u\r\nX: ",
			 body);

	memset(p + n, 'a', pad);
	memcpy(p + n + pad, "\r\n\r\n0123456789", 14);
	*len = (u32)n + pad + 14;
	return p;
}

static bool ends(struct fp_framer *f, const u8 *p, u32 len, enum fp_frame_event event,
		 enum fp_reason reason)
{
	struct fp_frame out;

	fp_framer_next(f, p, len, &out);
	return out.event == event && out.reason == reason && !fp_framer_want(f);
}

/* A limit that comes later holds for the head, too, and from the next message on. */
static void test_limit(void)
{
	struct fp_framer f;
	struct fp_frame out;
	u32 len, small;
	u8 *p = long_head(20000, 900000000, &len), *ten = long_head(2000, 10, &small);

	fp_framer_init(&f, 0, 0, 0);
	fp_framer_limit(&f, 16384);
	ksft_test_result(ends(&f, p, len, FP_FRAME_FATAL, FP_R_FRAME_HEAD_TOO_LARGE),
			 "a head that is longer than a message may be\n");
	fp_framer_init(&f, 0, 0, 0);
	fp_framer_next(&f, ten, 1500, &out);
	fp_framer_limit(&f, 1024);
	ksft_test_result(out.event == FP_FRAME_MORE &&
			 ends(&f, ten, small, FP_FRAME_MSG, FP_R_NONE) &&
			 ends(&f, ten, small, FP_FRAME_FATAL, FP_R_FRAME_HEAD_TOO_LARGE),
			 "a limit lowered within a message is for the next one\n");
	free(p);
	free(ten);
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(stream_cases) + ARRAY_SIZE(folders) + 17);
	for (i = 0; i < ARRAY_SIZE(stream_cases); i++)
		ksft_test_result(stream_case(&stream_cases[i]), "%s: %s\n", stream_cases[i].what,
				 stream_cases[i].events);
	test_sizes();
	test_heads();
	test_want();
	test_limit();
	test_single_bytes();
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		test_cuts(folders[i]);
	test_glued();
	ksft_finished();
}
