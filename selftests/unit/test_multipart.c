// SPDX-License-Identifier: GPL-2.0
/* Multipart bodies: parts, their headers, and what is refused. */
#include <stdlib.h>

#include <fedpat/multipart.h>

#include "corpus.h"
#include "kselftest.h"
#include "sip_check.h"

struct part_case {
	const char *what;
	const char *ctype;
	const char *body;
	const char *parts;	/* type/subtype(id)=body| of each part; then the reason */
};

#define MIXED "multipart/mixed;boundary=b"
#define LONG "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct part_case part_cases[] = {
	{ "one part", MIXED, "--b\r\nContent-Type: text/plain\r\n\r\nabc\r\n--b--\r\n",
	  "text/plain()=abc|none" },
	{ "two parts, preamble, epilogue", MIXED,
	  "pre\r\n--b\r\nContent-Type: a/b\r\n\r\n1\r\n--b\r\nc: c/d\r\n\r\n2\r\n--b--\r\nepi\r\n--b\r\n",
	  "a/b()=1|c/d()=2|none" },
	{ "a quoted boundary with spaces and escapes", "multipart/related; boundary=\"b \\\"x:1\"",
	  "--b \"x:1\r\n\r\nabc\r\n--b \"x:1--", "/()=abc|none" },
	{ "headers", MIXED, "--b\r\nContent-ID: <x@y>\r\nContent-Type:\r\n a/b;c=\"d\"\r\nX: y\r\n"
	  "CONTENT-DISPOSITION: render\r\n\r\nabc\r\n--b--", "a/b(<x@y>)=abc|none" },
	{ "no headers", MIXED, "--b\r\n\r\nabc\r\n--b--", "/()=abc|none" },
	{ "no body", MIXED, "--b\r\nContent-Type: a/b\r\n\r\n--b--", "a/b()=|none" },
	{ "no empty line", MIXED, "--b\r\nContent-Type: a/b\r\n--b--", "a/b()=|none" },
	{ "an empty part", MIXED, "--b\r\n--b--", "/()=|none" },
	{ "no parts", MIXED, "--b--\r\n", "none" },
	{ "a body with line ends of its own", MIXED, "--b\r\n\r\n\r\na\r\n\r\n--b--",
	  "/()=\r\na\r\n|none" },
	{ "a body that begins with a space", MIXED, "--b\r\n\r\n x\r\n--b--", "/()= x|none" },
	{ "what only looks like a delimiter", MIXED,
	  "--b\r\n\r\n--bc\r\n --b\r\nx--b\r\n-- b\r\n--b--",
	  "/()=--bc\r\n --b\r\nx--b\r\n-- b|none" },
	{ "white space behind a delimiter", MIXED, "--b \t\r\n\r\nx\r\n--b-- \r\n", "/()=x|none" },
	{ "LF alone", MIXED, "--b\nContent-Type: a/b\n\nx\n--b--\n", "a/b()=x|none" },
	{ "no boundary", "multipart/mixed", "--b\r\n\r\nx\r\n--b--", "multipart-boundary-bad" },
	{ "an empty boundary", "multipart/mixed;boundary=\"\"", "--\r\n\r\nx\r\n----",
	  "multipart-boundary-bad" },
	{ "a boundary of 71 bytes", "multipart/mixed;boundary=" LONG, "--b",
	  "multipart-boundary-bad" },
	{ "not opened", MIXED, "abc", "multipart-not-closed" },
	{ "not closed", MIXED, "--b\r\n\r\nx\r\n--b\r\n\r\ny", "/()=x|multipart-not-closed" },
	{ "a part without a colon", MIXED, "--b\r\nfoo\r\n\r\nx\r\n--b--",
	  "multipart-part-malformed" },
	{ "a part that begins with a fold", MIXED, "--b\r\n x: y\r\n\r\nx\r\n--b--",
	  "multipart-part-malformed" },
	{ "a part with two types", MIXED, "--b\r\nc: a/b\r\nc: c/d\r\n\r\nx\r\n--b--",
	  "multipart-part-malformed" },
	{ "a part with a bad type", MIXED, "--b\r\nc: a\r\n\r\nx\r\n--b--",
	  "content-type-malformed" },
};

static u32 part_text(const u8 *base, const struct fp_part *p, char *out, size_t size)
{
	return snprintf(out, size, "%.*s/%.*s(%.*s)=%.*s|", (int)p->ctype.type.len,
			base + p->ctype.type.off, (int)p->ctype.subtype.len,
			base + p->ctype.subtype.off, (int)p->id.len, base + p->id.off,
			(int)p->body.len, base + p->body.off);
}

/* Type and body one after the other, in one allocation of exactly their size. */
static u8 *place(const char *ctype, const char *body, u32 len, struct fp_ctype *ct,
		 struct fp_span *where)
{
	u32 n = strlen(ctype);
	u8 *p = malloc(n + len + 1);

	memcpy(p, ctype, n);
	memcpy(p + n, body, len);
	p = realloc(p, n + len);
	if (fp_ctype_parse(p, fp_span(0, n), ct, NULL))
		ksft_print_msg("the test's own type is bad\n");
	*where = fp_span(n, len);
	return p;
}

static bool part_case(const struct part_case *c)
{
	u32 len = strlen(c->body), n = 0, cut;
	struct fp_multipart mp;
	struct fp_part part;
	struct fp_span body;
	struct fp_ctype ct;
	char got[1024];
	bool ok;
	u8 *p = place(c->ctype, c->body, len, &ct, &body);

	fp_multipart_init(&mp, p, body, &ct, 1);
	while (fp_multipart_next(&mp, &part))
		n += part_text(p, &part, got + n, sizeof(got) - n);
	snprintf(got + n, sizeof(got) - n, "%s", fp_reason_info(mp.err)->name);
	ok = !strcmp(got, c->parts) && !check_multipart(p, body, &ct, 1);
	if (!ok)
		ksft_print_msg("got %s\n", got);
	free(p);
	for (cut = 0; cut < len; cut++) {
		p = place(c->ctype, c->body, cut, &ct, &body);
		ok = !check_multipart(p, body, &ct, 1) && ok;
		free(p);
	}
	return ok;
}

static void test_nested(void)
{
	static const char text[] =
		"--o\r\nContent-Type: multipart/related;boundary=i\r\n\r\n"
		"--i\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--i--\r\n"
		"--o\r\n\r\nend\r\n--o--";
	struct fp_multipart outer, inner;
	struct fp_part part, sub;
	struct fp_span body;
	struct fp_ctype ct;
	u8 *p = place("multipart/mixed;boundary=o", text, sizeof(text) - 1, &ct, &body);

	fp_multipart_init(&outer, p, body, &ct, 1);
	ksft_test_result(fp_multipart_next(&outer, &part) && fp_ctype_is_multipart(p, &part.ctype),
			 "a multipart in a multipart\n");
	fp_multipart_init(&inner, p, part.body, &part.ctype, 2);
	ksft_test_result(fp_multipart_next(&inner, &sub) &&
			 fp_ctype_is(p, &sub.ctype, FP_LIT("APPLICATION"), FP_LIT("sdp")) &&
			 fp_slice_eq(fp_at(p, sub.body), FP_LIT("v=0")) &&
			 !fp_multipart_next(&inner, &sub) && !inner.err, "its part\n");
	fp_multipart_init(&inner, p, part.body, &part.ctype, 3);
	ksft_test_result(inner.err == FP_R_MULTIPART_DEPTH && !fp_multipart_next(&inner, &sub),
			 "no third level\n");
	ksft_test_result(fp_multipart_next(&outer, &part) && !part.ctype.type.len &&
			 fp_slice_eq(fp_at(p, part.body), FP_LIT("end")) &&
			 !fp_multipart_next(&outer, &part) && outer.done && !outer.err,
			 "the outer one goes on\n");
	free(p);
}

static void test_limit(void)
{
	static char text[2048];
	struct fp_multipart mp;
	struct fp_part part;
	struct fp_span body;
	struct fp_ctype ct;
	u32 i, n = 0;
	u8 *p;

	for (i = 0; i < FP_MULTIPART_MAX_PARTS + 1; i++)
		n += sprintf(text + n, "--b\r\n\r\nx\r\n");
	n += sprintf(text + n, "--b--");
	p = place(MIXED, text, n, &ct, &body);
	fp_multipart_init(&mp, p, body, &ct, 1);
	while (fp_multipart_next(&mp, &part))
		;
	ksft_test_result(mp.parts == FP_MULTIPART_MAX_PARTS && mp.err == FP_R_MULTIPART_DEPTH,
			 "64 parts, and no more\n");
	free(p);
}

/* --- third-party bodies ----------------------------------------------------------- */

/* The boundary is in the note of the index: here it is read off the first line. */
static void body_file(const struct corpus_file *f, void *ctx)
{
	unsigned int *good = ctx;
	struct fp_slice rest = fp_slice(f->p, f->len), line;
	struct fp_multipart mp;
	struct fp_part part;
	struct fp_ctype ct = { .boundary_len = 0 };

	while (rest.len && !ct.boundary_len) {
		fp_slice_cut(rest, '\n', &line, &rest);
		line = fp_slice_trim(line);
		if (!fp_slice_starts(line, FP_LIT("--")) || line.len > FP_BOUNDARY_MAX + 2)
			continue;
		ct.boundary_len = line.len - 2;
		memcpy(ct.boundary, line.p + 2, ct.boundary_len);
	}
	fp_multipart_init(&mp, f->p, fp_span(0, f->len), &ct, 1);
	while (fp_multipart_next(&mp, &part))
		;
	*good += mp.parts == 2 && !mp.err && !check_multipart(f->p, fp_span(0, f->len), &ct, 1);
}

static void message_file(const struct corpus_file *f, void *ctx)
{
	static struct fp_sip_msg msg;
	unsigned int *good = ctx;
	struct corpus_file crlf = { f->path, f->name, exact_copy(f->p, f->len), f->len };
	struct fp_multipart mp;
	struct fp_part part;

	corpus_crlf(&crlf);
	fp_sip_parse(&msg, crlf.p, crlf.len, FP_PARSE_DATAGRAM);
	if (!msg.err && fp_ctype_is_multipart(msg.buf, &msg.ctype)) {
		fp_multipart_init(&mp, msg.buf, msg.body, &msg.ctype, 1);
		while (fp_multipart_next(&mp, &part))
			;
		if (mp.err || !mp.parts)
			ksft_print_msg("%s: %s\n", f->path, fp_reason_info(mp.err)->name);
		else
			++*good;
	}
	free(crlf.p);
}

static void test_folders(void)
{
	unsigned int good = 0, n;

	if (!corpus_has("multipart/pjsip")) {
		ksft_test_result_skip("no multipart/pjsip\n");
		ksft_test_result_skip("no messages\n");
		return;
	}
	n = corpus_walk("multipart/pjsip", NULL, body_file, &good);
	ksft_test_result(n && good == n, "%u of %u bodies of pjsip have two parts\n", good, n);
	good = 0;
	corpus_walk("sip-messages", NULL, message_file, &good);
	corpus_walk("sip-microsoft", NULL, message_file, &good);
	corpus_walk("sip-rfc-examples", NULL, message_file, &good);
	/* One more says a Content-Length that cuts its last delimiter off. */
	ksft_test_result(good >= 4, "%u messages with multipart bodies\n", good);
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(part_cases) + 7);
	for (i = 0; i < ARRAY_SIZE(part_cases); i++)
		ksft_test_result(part_case(&part_cases[i]), "%s\n", part_cases[i].what);
	test_nested();
	test_limit();
	test_folders();
	ksft_finished();
}
