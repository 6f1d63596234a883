// SPDX-License-Identifier: GPL-2.0
/* Whole SIP messages: what is understood, what is refused under which name and where. */
#include <stdlib.h>

#include <fedpat/sip.h>

#include "corpus.h"
#include "kselftest.h"
#include "sip_check.h"

/* Poisoned before each parse: nothing may rely on what was there before. */
static struct fp_sip_msg msg;

static enum fp_reason parse(const u8 *p, u32 len, unsigned int flags)
{
	enum fp_reason r;
	const char *bad;

	memset(&msg, 0xa5, sizeof(msg));
	r = fp_sip_parse(&msg, p, len, flags);
	bad = check_msg(&msg, len, flags);
	if (bad) {
		ksft_print_msg("invariant: %s\n", bad);
		return __FP_R_COUNT;
	}
	return r;
}

/* --- messages of our own --------------------------------------------------- */

#define REQ	"MESSAGE sip:bob@example.net SIP/2.0\r\n"
#define VIA	"Via: SIP/2.0/TLS a.example.com;branch=z9hG4bK1\r\n"
#define FROM	"From: <sip:alice@example.com>;tag=1\r\n"
#define TO	"To: <sip:bob@example.net>\r\n"
#define ID	"Call-ID: 1@a.example.com\r\n"
#define CSEQ	"CSeq: 1 MESSAGE\r\n"
#define LEN0	"Content-Length: 0\r\n"
#define BASE \
	"Via: SIP/2.0/TLS a.example.com;branch=z9hG4bK1\r\n" \
	"From: <sip:alice@example.com>;tag=1\r\n" \
	"To: <sip:bob@example.net>\r\n" \
	"Call-ID: 1@a.example.com\r\n" \
	"CSeq: 1 MESSAGE\r\n"
#define END	"\r\n"
#define LONG	"MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM"

struct msg_case {
	const char *what;
	const char *text;
	u32 len;		/* of the text, which may have NULs */
	unsigned int flags;
	enum fp_reason reason;
	const char *at;		/* what stands where the refusal points; NULL: not looked at */
};

#define CASE(what, text, flags, reason, at) \
	{ what, text, sizeof(text) - 1, flags, FP_R_##reason, at }
#define OK(what, text)			CASE(what, text, 0, NONE, NULL)
#define UDP_OK(what, text)		CASE(what, text, FP_PARSE_DATAGRAM, NONE, NULL)
#define BAD(what, text, reason, at)	CASE(what, text, 0, reason, at)
#define UDP_BAD(what, text, reason, at)	CASE(what, text, FP_PARSE_DATAGRAM, reason, at)

static const struct msg_case msg_cases[] = {
	OK("a request", REQ BASE LEN0 END),
	OK("a request with a body", REQ BASE "l: 4\r\n" END "abcd"),
	OK("a response", "SIP/2.0 200 OK\r\n" BASE LEN0 END),
	OK("a response without a reason phrase", "SIP/2.0 200 \r\n" BASE LEN0 END),
	OK("and without its space", "SIP/2.0 200\r\n" BASE LEN0 END),
	OK("a response in lower case", "sip/2.0 180 Ringing\r\n" BASE LEN0 END),
	OK("white space before the colon", REQ "Via \t: SIP/2.0/TLS a\r\n"
	   FROM TO ID CSEQ LEN0 END),
	OK("capitals", "MESSAGE sip:b@c SIP/2.0\r\nVIA: SIP/2.0/TLS a\r\nFROM: <sip:a@b>\r\n"
	   "TO: <sip:b@c>\r\nCALL-ID: x\r\nCSEQ: 1 MESSAGE\r\nMAX-FORWARDS: 70\r\n"
	   "CONTENT-LENGTH: 0\r\n" END),
	OK("compact forms", "MESSAGE sip:b@c SIP/2.0\r\nv:SIP/2.0/TLS a\r\nf:<sip:a@b>\r\n"
	   "t:<sip:b@c>\r\ni:x\r\nCSeq:1 MESSAGE\r\nm:<sip:a@b>\r\nl:0\r\nc:text/plain\r\n" END),
	OK("folds in many places", REQ "Via:\r\n SIP/2.0/TLS\r\n\ta;\r\n branch=x\r\n"
	   "From: \"a\r\n b\"\r\n <sip:a@b>\r\n ;tag=1\r\n" TO ID "CSeq:\r\n 1\r\n MESSAGE\r\n"
	   LEN0 END),
	OK("unknown header with anything", REQ BASE "X-a!%*_+`'~: ;;,,\"(\\\r\n" LEN0 END),
	OK("empty header", REQ BASE "Subject:\r\nSupported: \r\n" LEN0 END),
	OK("quoted control characters", REQ VIA "From: \"\\\a\\\0\\\177\" <sip:a@b>;tag=1\r\n"
	   TO ID CSEQ LEN0 END),
	OK("tab in a header", REQ BASE "X: a\tb\r\n" LEN0 END),
	OK("UTF-8 in a header", REQ BASE "Subject: \320\277\320\276\r\n" LEN0 END),
	OK("Contact: *", "REGISTER sip:b SIP/2.0\r\n" VIA FROM TO ID
	   "CSeq: 1 REGISTER\r\nContact: *\r\n" LEN0 END),
	OK("several values a line", REQ BASE
	   "Contact: <sip:a@b>, \"x, y\" <sip:c@d>;q=1,sip:e@f\r\n"
	   "Route: <sip:a;lr>,<sip:b;lr>\r\n" LEN0 END),
	OK("largest numbers", "MESSAGE sip:b@c SIP/2.0\r\n" VIA FROM TO ID
	   "CSeq: 2147483647 MESSAGE\r\nMax-Forwards: 255\r\nExpires: 4294967295\r\n" LEN0 END),
	OK("an Expires that is no number counts as absent", REQ BASE "Expires: x\r\n" LEN0 END),
	OK("an unknown method", "FOO sip:b@c SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 FOO\r\n"
	   LEN0 END),
	UDP_OK("no Content-Length in a datagram", REQ BASE END "body"),
	UDP_OK("trailing octets in a datagram", REQ BASE "l: 2\r\n" END "abcd"),
	OK("no Max-Forwards (RFC 2543)", REQ BASE LEN0 END),

	BAD("nothing", "", PARSE_HEAD_END, NULL),
	UDP_BAD("no empty line", REQ BASE, PARSE_HEAD_END, NULL),
	UDP_BAD("half a line", REQ BASE "X-Half", PARSE_HEAD_END, NULL),
	UDP_BAD("a start line only", "MESSAGE sip:b@c SIP/2.0\r\n", PARSE_HEAD_END, NULL),
	BAD("an empty start line", "\r\n" BASE LEN0 END, PARSE_START_LINE, "\r\nVia"),
	BAD("no method", " sip:b@c SIP/2.0\r\n" BASE LEN0 END, PARSE_START_LINE, " sip:"),
	BAD("two spaces", "MESSAGE  sip:b@c SIP/2.0\r\n" BASE LEN0 END, PARSE_START_LINE,
	    "sip:b@c"),
	BAD("no version", "MESSAGE sip:b@c\r\n" BASE LEN0 END, PARSE_START_LINE, "\r\nVia"),
	BAD("space behind the version", "MESSAGE sip:b@c SIP/2.0 \r\n" BASE LEN0 END,
	    PARSE_START_LINE, "SIP/2.0 "),
	BAD("space in the URI", "MESSAGE sip:b@c; lr SIP/2.0\r\n" BASE LEN0 END,
	    PARSE_START_LINE, "lr SIP"),
	BAD("another version", "MESSAGE sip:b@c SIP/2.1\r\n" BASE LEN0 END, PARSE_VERSION,
	    "SIP/2.1"),
	BAD("another version of a response", "SIP/3.0 200 OK\r\n" BASE LEN0 END, PARSE_VERSION,
	    "SIP/3.0"),
	BAD("no version at all", "MESSAGE sip:b@c FOO/2.0\r\n" BASE LEN0 END, PARSE_START_LINE,
	    "FOO/"),
	BAD("a URI in brackets", "MESSAGE <sip:b@c> SIP/2.0\r\n" BASE LEN0 END,
	    PARSE_REQUEST_URI, "<sip:b"),
	BAD("headers in the Request-URI", "MESSAGE sip:b@c?a=b SIP/2.0\r\n" BASE LEN0 END,
	    PARSE_REQUEST_URI, "a=b"),
	BAD("a method too long",
	    LONG " sip:b@c SIP/2.0\r\n" BASE LEN0 END, PARSE_METHOD_LONG, "MMM"),
	BAD("status 99", "SIP/2.0 099 x\r\n" BASE LEN0 END, PARSE_STATUS, "099"),
	BAD("status 700", "SIP/2.0 700 x\r\n" BASE LEN0 END, PARSE_STATUS, "700"),
	BAD("four digits", "SIP/2.0 2000 x\r\n" BASE LEN0 END, PARSE_STATUS, "2000"),
	BAD("no status", "SIP/2.0 OK\r\n" BASE LEN0 END, PARSE_STATUS, "OK"),
	BAD("NUL in the start line", "MESSAGE sip:b@c\001 SIP/2.0\r\n" BASE LEN0 END, PARSE_CONTROL,
	    "\001 SIP"),
	BAD("NUL in a header", REQ BASE "X: a\0b\r\n" LEN0 END, PARSE_CONTROL, NULL),
	BAD("NUL in a quoted string", REQ BASE "X: \"a\0b\"\r\n" LEN0 END, PARSE_CONTROL, NULL),
	BAD("a backslash outside of quotes", REQ BASE "X: \\\001\r\n" LEN0 END, PARSE_CONTROL,
	    "\001\r\n"),
	BAD("DEL in a header", REQ BASE "X: a\177b\r\n" LEN0 END, PARSE_CONTROL, "\177b"),
	BAD("bare LF", "MESSAGE sip:b@c SIP/2.0\n" BASE LEN0 END, BARE_LINE_END, "\nVia"),
	BAD("bare LF in a header", REQ BASE "X: a\nRoute: <sip:evil>\r\n" LEN0 END, BARE_LINE_END,
	    "\nRoute"),
	BAD("bare CR in a header", REQ BASE "X: a\rRoute: <sip:evil>\r\n" LEN0 END, BARE_LINE_END,
	    "\rRoute"),
	BAD("bare LF ends the head", REQ BASE LEN0 "\n", BARE_LINE_END, "\n"),
	BAD("no colon", REQ BASE "Foobar roobar\r\n" LEN0 END, PARSE_HEADER_LINE, "roobar"),
	BAD("no name", REQ BASE ": x\r\n" LEN0 END, PARSE_HEADER_LINE, ": x"),
	BAD("colon on the next line", REQ BASE "Subject\r\n : x\r\n" LEN0 END, PARSE_HEADER_LINE,
	    "\r\n : x"),
	BAD("a fold behind the start line", REQ " Via: x\r\n" BASE LEN0 END, PARSE_HEADER_LINE,
	    " Via: x"),
	BAD("no Via", REQ FROM TO ID CSEQ LEN0 END, PARSE_MISSING_VIA, NULL),
	BAD("no From", REQ VIA TO ID CSEQ LEN0 END, PARSE_MISSING_FROM, NULL),
	BAD("no To", REQ VIA FROM ID CSEQ LEN0 END, PARSE_MISSING_TO, NULL),
	BAD("no Call-ID", REQ VIA FROM TO CSEQ LEN0 END, PARSE_MISSING_CALL_ID, NULL),
	BAD("no CSeq", REQ VIA FROM TO ID LEN0 END, PARSE_MISSING_CSEQ, NULL),
	BAD("two From", REQ BASE FROM LEN0 END, PARSE_REPEATED, "From"),
	BAD("two To, one compact", REQ BASE "t: <sip:x@y>\r\n" LEN0 END, PARSE_REPEATED, "t: <"),
	BAD("two Call-ID", REQ BASE "i: 2\r\n" LEN0 END, PARSE_REPEATED, "i: 2"),
	BAD("two CSeq", REQ BASE CSEQ LEN0 END, PARSE_REPEATED, "CSeq"),
	BAD("two Max-Forwards", REQ BASE "Max-Forwards: 1\r\nMax-Forwards: 1\r\n" LEN0 END,
	    PARSE_REPEATED, "Max-Forwards: 1\r\nC"),
	BAD("two equal Content-Length", REQ BASE LEN0 "l: 0\r\n" END, PARSE_REPEATED, "l: 0"),
	BAD("two values in From", REQ VIA "From: <sip:a@b>, <sip:c@d>\r\n" TO ID CSEQ LEN0 END,
	    PARSE_REPEATED, " <sip:c@d>"),
	BAD("two tags", REQ VIA "From: <sip:a@b>;tag=1;TAG=2\r\n" TO ID CSEQ LEN0 END,
	    PARSE_PARAM_REPEATED, "TAG=2"),
	BAD("a tag without a value", REQ VIA "From: <sip:a@b>;tag\r\n" TO ID CSEQ LEN0 END,
	    PARSE_PARAM, "tag\r\n"),
	BAD("To: *", REQ VIA FROM "To: *\r\n" ID CSEQ LEN0 END, PARSE_ADDRESS, "*\r\n"),
	BAD("an open quoted string", REQ VIA "From: \"a <sip:a@b>\r\n" TO ID CSEQ LEN0 END,
	    PARSE_QUOTE, "\"a <"),
	BAD("an empty Contact", REQ BASE "Contact:\r\n" LEN0 END, PARSE_URI, NULL),
	BAD("an empty value in a list", REQ BASE "Route: <sip:a;lr>,,<sip:b;lr>\r\n" LEN0 END,
	    PARSE_URI, ",<sip:b"),
	BAD("an empty Via", REQ "Via: \r\n" FROM TO ID CSEQ LEN0 END, PARSE_VIA, NULL),
	BAD("a Via list that ends in a comma", REQ "Via: SIP/2.0/TLS a,\r\n"
	    FROM TO ID CSEQ LEN0 END,
	    PARSE_VIA, ",\r\n"),
	BAD("CSeq 2^31", REQ VIA FROM TO ID "CSeq: 2147483648 MESSAGE\r\n" LEN0 END, PARSE_CSEQ,
	    "2147483648"),
	BAD("CSeq without a method", REQ VIA FROM TO ID "CSeq: 1\r\n" LEN0 END, PARSE_CSEQ,
	    "\r\nCont"),
	BAD("CSeq with more", REQ VIA FROM TO ID "CSeq: 1 MESSAGE x\r\n" LEN0 END, PARSE_CSEQ,
	    " x"),
	BAD("CSeq of another method", REQ VIA FROM TO ID "CSeq: 1 INVITE\r\n" LEN0 END,
	    PARSE_CSEQ_METHOD, "INVITE"),
	BAD("CSeq in another case", REQ VIA FROM TO ID "CSeq: 1 Message\r\n" LEN0 END,
	    PARSE_CSEQ_METHOD, "Message"),
	BAD("space in Call-ID", REQ VIA FROM TO "Call-ID: a b\r\n" CSEQ LEN0 END, PARSE_CALL_ID,
	    " b"),
	BAD("an empty Call-ID", REQ VIA FROM TO "Call-ID:\r\n" CSEQ LEN0 END, PARSE_CALL_ID, NULL),
	BAD("Max-Forwards 256", REQ BASE "Max-Forwards: 256\r\n" LEN0 END, PARSE_MAX_FORWARDS,
	    "256"),
	BAD("Max-Forwards -1", REQ BASE "Max-Forwards: -1\r\n" LEN0 END, PARSE_MAX_FORWARDS, "-1"),
	BAD("a list of Max-Forwards", REQ BASE "Max-Forwards: 70, 1\r\n" LEN0 END,
	    PARSE_MAX_FORWARDS, "70, 1"),
	BAD("negative Content-Length", REQ BASE "l: -1\r\n" END, FRAME_LENGTH_BAD, "-1"),
	BAD("hexadecimal Content-Length", REQ BASE "l: 0x1\r\n" END, FRAME_LENGTH_BAD, "0x1"),
	BAD("two numbers", REQ BASE "l: 1 0\r\n" END, FRAME_LENGTH_BAD, "1 0"),
	BAD("an empty Content-Length", REQ BASE "l:\r\n" END, FRAME_LENGTH_BAD, NULL),
	BAD("Content-Length 2^32", REQ BASE "l: 4294967296\r\n" END, FRAME_LENGTH_OVERFLOW, "4294"),
	BAD("no Content-Length in a stream", REQ BASE END, FRAME_NO_LENGTH, NULL),
	BAD("a body too short", REQ BASE "l: 5\r\n" END "abcd", PARSE_BODY_SHORT, "5\r\n"),
	BAD("a body too long", REQ BASE "l: 3\r\n" END "abcd", PARSE_BODY_LONG, "3\r\n"),
	UDP_BAD("a datagram that was cut", REQ BASE "l: 5\r\n" END "abcd", PARSE_BODY_SHORT,
		"5\r\n"),
	BAD("Content-Type without subtype", REQ BASE "c: text\r\n" LEN0 END, PARSE_CONTENT_TYPE,
	    "\r\nContent"),
	BAD("Content-Type with two boundaries", REQ BASE "c: a/b;boundary=x;boundary=y\r\n"
	    LEN0 END,
	    PARSE_PARAM_REPEATED, "boundary=y"),
};

static bool msg_case(const struct msg_case *c)
{
	u8 *copy = exact_copy(c->text, c->len);
	enum fp_reason r = parse(copy, c->len, c->flags);
	bool ok = r == c->reason;

	if (ok && c->at)
		ok = c->len - msg.err_off >= strlen(c->at) &&
		     !memcmp(copy + msg.err_off, c->at, strlen(c->at));
	if (!ok)
		ksft_print_msg("got %s at %u: %.20s\n", fp_reason_info(r)->name, msg.err_off,
			       c->text + msg.err_off);
	free(copy);
	return ok;
}

static void test_cases(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msg_cases); i++)
		ksft_test_result(msg_case(&msg_cases[i]), "%s: %s\n", msg_cases[i].what,
				 fp_reason_info(msg_cases[i].reason)->name);
}

/* A message that was accepted is refused when it is cut anywhere. */
static void test_prefixes(void)
{
	unsigned int i, wrong = 0, n = 0;
	u32 cut;

	for (i = 0; i < ARRAY_SIZE(msg_cases); i++) {
		const struct msg_case *c = &msg_cases[i];

		for (cut = 0; cut < c->len; cut++, n++) {
			u8 *copy = exact_copy(c->text, cut);
			enum fp_reason r = parse(copy, cut, c->flags);

			/* Less of a body that is too long may be just right. */
			wrong += r == __FP_R_COUNT || (!r && !(c->flags & FP_PARSE_DATAGRAM) &&
						       c->reason != FP_R_PARSE_BODY_LONG);
			parse(copy, cut, FP_PARSE_DATAGRAM);
			parse(copy, cut, FP_PARSE_FRAG);
			free(copy);
		}
	}
	ksft_test_result(!wrong && n > 10000, "every byte may be the last: %u beginnings\n", n);
}

/* --- what is found ----------------------------------------------------------- */

static bool is(struct fp_span s, const char *text)
{
	return fp_slice_eq(fp_msg_at(&msg, s), fp_slice(text, strlen(text)));
}

static const char full[] =
	"SUBSCRIBE sip:bob@example.net;gruu SIP/2.0\r\n"
	"Via: SIP/2.0/TLS gw.example.com:5061;branch=z9hG4bK1;rport, SIP/2.0/UDP 10.0.0.1\r\n"
	"v: SIP/2.0/TCP [2001:db8::1];received=10.0.0.9;rport=4711;maddr=10.0.0.8\r\n"
	"Max-Forwards: 0069\r\n"
	"f: \"Alice\" <sip:alice@example.com>;epid=1;tag=a1\r\n"
	"t: <sip:bob@example.net>;tag=b2\r\n"
	"i: abc@10.0.0.1\r\n"
	"CSeq: 0007 SUBSCRIBE\r\n"
	"Route: <sip:edge.example.net:5061;transport=tls;lr>;ms-edge-route,\r\n"
	" <sip:fe.example.net;lr>\r\n"
	"Record-Route: <sip:10.0.0.1;lr>\r\n"
	"Contact: <sip:alice@10.0.0.1:5062;transport=tls>;+sip.instance=\"<urn:uuid:1>\"\r\n"
	"ROUTE: <sip:last.example.net;lr>\r\n"
	"o: presence\r\n"
	"Expires: 3600\r\n"
	"Warning: 399 10.0.0.1:5062 \"text, with comma\", 307 gw \"x\"\r\n"
	"In-Reply-To: 1@10.0.0.1, 2@10.0.0.1\r\n"
	"Content-Type: multipart/related ; type=\"a/b\";boundary=\"b\\\"1 2\"\r\n"
	"Content-Length: 3\r\n"
	"\r\n"
	"abc";

static void test_vias(void)
{
	const struct fp_via *v = msg.vias;

	ksft_test_result(msg.n_vias == 3 && is(v[0].sent_by.name, "gw.example.com") &&
			 v[0].sent_by.port == 5061 && is(v[0].branch, "z9hG4bK1") && v[0].magic &&
			 is(v[0].rport_s, "rport") && v[0].transport == FP_TRANSPORT_TLS &&
			 is(v[0].value, "SIP/2.0/TLS gw.example.com:5061;branch=z9hG4bK1;rport"),
			 "topmost Via\n");
	ksft_test_result(is(v[1].sent_by.whole, "10.0.0.1") && !v[1].sent_by.port &&
			 v[1].row == v[0].row && !v[1].magic &&
			 is(v[1].value, "SIP/2.0/UDP 10.0.0.1"),
			 "second value of the same row\n");
	ksft_test_result(is(v[2].sent_by.name, "[2001:db8::1]") && v[2].rport == 4711 &&
			 is(v[2].received, "10.0.0.9") && is(v[2].maddr, "10.0.0.8") &&
			 v[2].row == 1 && v[2].sent_by.kind == FP_HOST_IPV6,
			 "Via of the compact row\n");
}

static void test_numbers(void)
{
	ksft_test_result(msg.is_request && msg.method == FP_M_SUBSCRIBE &&
			 is(msg.method_s, "SUBSCRIBE") && is(msg.ruri.user, "bob") &&
			 is(msg.ruri.host.name, "example.net") && is(msg.ruri.params, "gruu") &&
			 is(msg.version, "SIP/2.0"), "start line\n");
	ksft_test_result(msg.cseq == 7 && is(msg.cseq_s, "0007") &&
			 msg.cseq_method == FP_M_SUBSCRIBE && msg.max_forwards == 69 &&
			 msg.has_expires && msg.expires == 3600 &&
			 is(msg.call_id, "abc@10.0.0.1") && msg.has_content_length &&
			 msg.content_length == 3 && is(msg.body, "abc"),
			 "numbers, Call-ID, body\n");
	ksft_test_result(is(msg.ctype.type, "multipart") && is(msg.ctype.subtype, "related") &&
			 msg.ctype.boundary_len == 5 && !memcmp(msg.ctype.boundary, "b\"1 2", 5),
			 "Content-Type and its boundary\n");
	ksft_test_result(is(fp_hdr_value(&msg, FP_H_EVENT), "presence") &&
			 !fp_row_first(&msg, FP_H_PATH) && !fp_hdr_value(&msg, FP_H_PATH).len,
			 "values by header\n");
}

static void test_addrs(void)
{
	const struct fp_nameaddr *na;
	unsigned int pos = 0, n = 0;

	ksft_test_result(is(fp_from(&msg)->display, "\"Alice\"") && is(msg.from_tag, "a1") &&
			 is(fp_to(&msg)->uri.whole, "sip:bob@example.net") && is(msg.to_tag, "b2"),
			 "From, To and their tags\n");
	na = fp_nameaddr_next(&msg, FP_H_ROUTE, &pos);
	ksft_test_result(na && is(na->uri.host.whole, "edge.example.net:5061") &&
			 is(na->params, "ms-edge-route") && na->brackets, "first Route\n");
	na = fp_nameaddr_next(&msg, FP_H_ROUTE, &pos);
	ksft_test_result(na && is(na->uri.host.name, "fe.example.net"),
			 "second, on a folded line\n");
	na = fp_nameaddr_next(&msg, FP_H_ROUTE, &pos);
	ksft_test_result(na && is(na->uri.host.name, "last.example.net") &&
			 !fp_nameaddr_next(&msg, FP_H_ROUTE, &pos),
			 "third, on another row; no more\n");
	for (pos = 0; fp_nameaddr_next(&msg, __FP_H_COUNT, &pos);)
		n++;
	ksft_test_result(n == 7 && msg.n_addrs == 7, "all addresses\n");
	pos = 0;
	na = fp_nameaddr_next(&msg, FP_H_CONTACT, &pos);
	ksft_test_result(na && na->uri.host.port == 5062 && is(na->uri.params, "transport=tls") &&
			 is(na->params, "+sip.instance=\"<urn:uuid:1>\"") &&
			 is(na->value, "<sip:alice@10.0.0.1:5062;transport=tls>;"
					"+sip.instance=\"<urn:uuid:1>\""), "Contact\n");
}

static void test_lists(void)
{
	static const u8 list[] = "<a,\"b,c>, \"x, y\", z,";
	struct fp_span rest = fp_hdr_value(&msg, FP_H_WARNING), item;
	struct fp_warning w[2];
	struct fp_param p;
	bool two = fp_warning_next(msg.buf, &rest, &w[0]) && fp_warning_next(msg.buf, &rest, &w[1]);

	ksft_test_result(two && w[0].code == 399 && is(w[0].agent, "10.0.0.1:5062") &&
			 is(w[0].text, "\"text, with comma\"") && w[1].code == 307 &&
			 is(w[1].agent, "gw") && !fp_warning_next(msg.buf, &rest, &w[0]),
			 "warnings\n");
	rest = fp_hdr_value(&msg, FP_H_IN_REPLY_TO);
	ksft_test_result(fp_list_next(msg.buf, &rest, &item) && is(item, "1@10.0.0.1") &&
			 fp_list_next(msg.buf, &rest, &item) && is(item, "2@10.0.0.1") &&
			 !fp_list_next(msg.buf, &rest, &item), "list of Call-IDs\n");
	rest = fp_span(0, sizeof(list) - 1);
	ksft_test_result(fp_list_next(list, &rest, &item) && item.len == 8 &&
			 fp_list_next(list, &rest, &item) && item.off == 10 && item.len == 6 &&
			 fp_list_next(list, &rest, &item) && item.off == 18 && item.len == 1 &&
			 !fp_list_next(list, &rest, &item), "commas in quotes and brackets\n");
	ksft_test_result(fp_param_find(msg.buf, fp_from(&msg)->params, FP_LIT("EPID"), &p) &&
			 is(p.value, "1") && is(p.whole, "epid=1") &&
			 !fp_param_find(msg.buf, fp_from(&msg)->params, FP_LIT("pid"), &p),
			 "a parameter by name\n");
}

static void test_found(void)
{
	u8 *copy = exact_copy(full, sizeof(full) - 1);

	ksft_test_result(parse(copy, sizeof(full) - 1, 0) == FP_R_NONE && msg.n_rows == 17,
			 "a message with everything\n");
	test_vias();
	test_numbers();
	test_addrs();
	test_lists();
	free(copy);
}

/* After a refusal there is enough to answer. */
static void test_answerable(void)
{
	static const char text[] = REQ VIA FROM "X: \0\r\nBad line\r\nContact: <sip:\r\n" TO ID CSEQ
				   "X-Last: 1\r\n" LEN0 END;
	u8 *copy = exact_copy(text, sizeof(text) - 1);

	ksft_test_result(parse(copy, sizeof(text) - 1, 0) == FP_R_PARSE_CONTROL &&
			 msg.n_vias == 1 && is(msg.from_tag, "1") && fp_to(&msg) &&
			 is(msg.call_id, "1@a.example.com") && msg.cseq == 1 &&
			 msg.head_len == sizeof(text) - 1 && msg.n_rows == 8,
			 "a refused message can be answered\n");
	free(copy);
}

static void test_frag(void)
{
	static const char ok[] = "SIP/2.0 200 OK", hdrs[] = "From: <sip:a@b>;tag=1\r\nCSeq: 1 X";
	static const char body[] = "To: <sip:a@b>\r\n\r\nbody";

	ksft_test_result(parse((u8 *)ok, sizeof(ok) - 1, FP_PARSE_FRAG) == FP_R_NONE &&
			 msg.status == 200 && !msg.is_request, "sipfrag: a status line\n");
	ksft_test_result(parse((u8 *)hdrs, sizeof(hdrs) - 1, FP_PARSE_FRAG) == FP_R_NONE &&
			 !msg.start.len && is(msg.from_tag, "1") && msg.cseq == 1,
			 "sipfrag: headers\n");
	ksft_test_result(parse((u8 *)body, sizeof(body) - 1, FP_PARSE_FRAG) == FP_R_NONE &&
			 is(msg.body, "body") && msg.to != FP_SIP_NONE, "sipfrag: with a body\n");
}

/* --- limits ------------------------------------------------------------------ */

static u8 big[128 * 1024];

/* A request with @n times @line in it. */
static u32 many(const char *line, u32 n)
{
	u32 len = sprintf((char *)big, REQ BASE LEN0), k = strlen(line);

	for (; n; n--, len += k)
		memcpy(big + len, line, k);
	memcpy(big + len, END, 2);
	return len + 2;
}

static void test_limits(void)
{
	u32 len;

	ksft_test_result(!parse(big, many("X: 1\r\n", FP_SIP_MAX_ROWS - 6), 0) &&
			 parse(big, many("X: 1\r\n", FP_SIP_MAX_ROWS - 5), 0) ==
			 FP_R_PARSE_TOO_MANY_ROWS, "256 header rows, and one too many\n");
	ksft_test_result(!parse(big, many("Route: <sip:a>\r\n", FP_SIP_MAX_ADDRS - 2), 0) &&
			 parse(big, many("Route: <sip:a>\r\n", FP_SIP_MAX_ADDRS - 1), 0) ==
			 FP_R_PARSE_TOO_MANY_ADDRS, "64 addresses, and one too many\n");
	ksft_test_result(!parse(big, many(VIA, FP_SIP_MAX_VIAS - 1), 0) &&
			 parse(big, many(VIA, FP_SIP_MAX_VIAS), 0) == FP_R_PARSE_TOO_MANY_VIAS,
			 "72 Vias, and one too many\n");
	len = sprintf((char *)big, "MESSAGE sip:a@b;opaque=%08000d SIP/2.0\r\n" BASE LEN0 END, 1);
	ksft_test_result(!parse(big, len, 0) && msg.ruri.params.len > 8000,
			 "a Request-URI of 8 KB\n");
	len = sprintf((char *)big, "MESSAGE sip:a@b;opaque=%09000d SIP/2.0\r\n" BASE LEN0 END, 1);
	ksft_test_result(parse(big, len, 0) == FP_R_PARSE_URI_LONG, "one of 9 KB is too long\n");
	memset(big, 'N', 70000);
	len = 70000;
	memmove(big + sizeof(REQ) - 1, big, len);
	memcpy(big, REQ, sizeof(REQ) - 1);
	len += sizeof(REQ) - 1;
	len += sprintf((char *)big + len, ": 1\r\n" BASE LEN0 END);
	ksft_test_result(parse(big, len, 0) == FP_R_PARSE_HEAD_LIMIT, "a header name of 70 KB\n");
	ksft_test_result(sizeof(msg) <= 24 * 1024, "a parsed message is %zu bytes\n", sizeof(msg));
}

/* --- names ------------------------------------------------------------------- */

static bool name_case(enum fp_hdr_id id)
{
	struct fp_slice name = fp_hdr_name(id);
	char upper[64], longer[65];
	u32 i;

	for (i = 0; i < name.len; i++)
		upper[i] = name.p[i] >= 'a' && name.p[i] <= 'z' ? name.p[i] - 32 : name.p[i];
	memcpy(longer, name.p, name.len);
	longer[name.len] = 'x';
	return name.len && fp_hdr_lookup(name) == id &&
	       fp_hdr_lookup(fp_slice(upper, name.len)) == id &&
	       fp_hdr_lookup(fp_slice(longer, name.len + 1)) != id &&
	       (name.len == 2 || fp_hdr_lookup(fp_slice(name.p, name.len - 1)) != id);
}

static void test_names(void)
{
	static const char compact[] = "abcdefijklmnorstuvxy";
	static const u8 want[] = { FP_H_ACCEPT_CONTACT, FP_H_REFERRED_BY, FP_H_CONTENT_TYPE,
		FP_H_REQUEST_DISPOSITION, FP_H_CONTENT_ENCODING, FP_H_FROM, FP_H_CALL_ID,
		FP_H_REJECT_CONTACT, FP_H_SUPPORTED, FP_H_CONTENT_LENGTH, FP_H_CONTACT,
		FP_H_IDENTITY_INFO, FP_H_EVENT, FP_H_REFER_TO, FP_H_SUBJECT, FP_H_TO,
		FP_H_ALLOW_EVENTS, FP_H_VIA, FP_H_SESSION_EXPIRES, FP_H_IDENTITY };
	unsigned int i, wrong = 0;

	for (i = FP_H_OTHER + 1; i < __FP_H_COUNT; i++)
		if (!name_case(i)) {
			ksft_print_msg("%s\n", fp_hdr_name(i).p);
			wrong++;
		}
	ksft_test_result(!wrong, "%u headers are found by name, in any case\n", __FP_H_COUNT - 1);
	for (wrong = 0, i = 0; i < ARRAY_SIZE(want); i++) {
		u8 up = compact[i] - 32;

		wrong += fp_hdr_lookup(fp_slice(&compact[i], 1)) != want[i] ||
			 fp_hdr_lookup(fp_slice(&up, 1)) != want[i];
	}
	ksft_test_result(!wrong && sizeof(compact) - 1 == ARRAY_SIZE(want) &&
			 fp_hdr_lookup(FP_LIT("g")) == FP_H_OTHER &&
			 fp_hdr_lookup(FP_LIT("0")) == FP_H_OTHER &&
			 fp_hdr_lookup(FP_LIT("")) == FP_H_OTHER, "compact forms\n");
	for (wrong = 0, i = FP_M_OTHER + 1; i < __FP_M_COUNT; i++)
		wrong += fp_method_lookup(fp_method_name(i)) != i;
	ksft_test_result(!wrong && fp_method_lookup(FP_LIT("invite")) == FP_M_OTHER, "methods\n");
}

/* --- third-party messages ------------------------------------------------------ */

struct verdict {
	const char *file;
	unsigned int flags;
	enum fp_reason reason;
};

#define UDP	FP_PARSE_DATAGRAM
#define TORTURE	"sip-torture/rfc4475/"
#define V6	"sip-torture/rfc5118/"

/*
 * RFC 4475. What it calls valid, and what is wrong only to an application
 * (sections 3.2, 3.3, 3.4), is accepted; what it calls malformed is refused,
 * also where it lets a liberal element guess: a gateway that guesses may guess
 * otherwise than the server behind it.
 */
static const struct verdict torture[] = {
	{ TORTURE "wsinv.dat", UDP, FP_R_NONE },	/* 3.1.1.1 */
	{ TORTURE "intmeth.dat", UDP, FP_R_NONE },	/* 3.1.1.2 */
	{ TORTURE "esc01.dat", UDP, FP_R_NONE },	/* 3.1.1.3 */
	{ TORTURE "escnull.dat", UDP, FP_R_NONE },	/* 3.1.1.4 */
	{ TORTURE "lwsdisp.dat", UDP, FP_R_NONE },	/* 3.1.1.6 */
	{ TORTURE "longreq.dat", UDP, FP_R_NONE },	/* 3.1.1.7 */
	{ TORTURE "dblreq.dat", UDP, FP_R_NONE },	/* 3.1.1.8 */
	{ TORTURE "semiuri.dat", UDP, FP_R_NONE },	/* 3.1.1.9 */
	{ TORTURE "transports.dat", UDP, FP_R_NONE },	/* 3.1.1.10 */
	{ TORTURE "unreason.dat", UDP, FP_R_NONE },	/* 3.1.1.12 */
	{ TORTURE "ncl.dat", UDP, FP_R_FRAME_LENGTH_BAD },	/* 3.1.2.3 */
	{ TORTURE "scalarlg.dat", UDP, FP_R_PARSE_CSEQ },	/* 3.1.2.5 */
	{ TORTURE "ltgtruri.dat", UDP, FP_R_PARSE_REQUEST_URI },	/* 3.1.2.7 */
	{ TORTURE "lwsruri.dat", UDP, FP_R_PARSE_START_LINE },	/* 3.1.2.8 */
	{ TORTURE "trws.dat", UDP, FP_R_PARSE_START_LINE },	/* 3.1.2.10 */
	{ TORTURE "escruri.dat", UDP, FP_R_PARSE_REQUEST_URI },	/* 3.1.2.11 */
	{ TORTURE "regbadct.dat", UDP, FP_R_PARSE_ADDRESS },	/* 3.1.2.13 */
	{ TORTURE "badaspec.dat", UDP, FP_R_PARSE_URI },	/* 3.1.2.14 */
	{ TORTURE "baddn.dat", UDP, FP_R_PARSE_URI },	/* 3.1.2.15 */
	{ TORTURE "badvers.dat", UDP, FP_R_PARSE_VERSION },	/* 3.1.2.16 */
	{ TORTURE "mismatch01.dat", UDP, FP_R_PARSE_CSEQ_METHOD },	/* 3.1.2.17 */
	{ TORTURE "bigcode.dat", UDP, FP_R_PARSE_STATUS },	/* 3.1.2.19 */
	{ TORTURE "badbranch.dat", UDP, FP_R_NONE },	/* 3.2.1: no magic, see below */
	{ TORTURE "insuf.dat", UDP, FP_R_PARSE_MISSING_FROM },	/* 3.3.1 */
	{ TORTURE "unkscm.dat", UDP, FP_R_NONE },	/* 3.3.2 */
	{ TORTURE "novelsc.dat", UDP, FP_R_NONE },	/* 3.3.3 */
	{ TORTURE "bext01.dat", UDP, FP_R_NONE },	/* 3.3.5 */
	{ TORTURE "invut.dat", UDP, FP_R_NONE },	/* 3.3.6 */
	{ TORTURE "regaut01.dat", UDP, FP_R_NONE },	/* 3.3.7 */
	{ TORTURE "multi01.dat", UDP, FP_R_PARSE_REPEATED },	/* 3.3.8 */
	{ TORTURE "cparam01.dat", UDP, FP_R_NONE },	/* 3.3.12 */
	{ TORTURE "sdp01.dat", UDP, FP_R_NONE },	/* 3.3.15 */
	{ TORTURE "inv2543.dat", UDP, FP_R_NONE },	/* 3.4.1 */
	/* Not described in the text of the RFC, only in its archive: no version. */
	{ TORTURE "test.dat", UDP, FP_R_PARSE_START_LINE },
	/*
	 * RFC 5118. 4.2 is a legal address that eats the port; 4.5 has the
	 * brackets that a received parameter may have; 4.10 has the colon that
	 * RFC 3261's grammar puts there.
	 */
	{ V6 "ipv6-good.sip", UDP, FP_R_NONE },	/* 4.1 */
	{ V6 "port-ambiguous.sip", UDP, FP_R_NONE },	/* 4.3 */
	{ V6 "via-received-param-with-delim.sip", UDP, FP_R_NONE },	/* 4.5 */
	{ V6 "ipv6-in-sdp.sip", UDP, FP_R_NONE },	/* 4.6 */
	{ V6 "mult-ip-in-header.sip", UDP, FP_R_NONE },	/* 4.7 */
	{ V6 "mult-ip-in-sdp.sip", UDP, FP_R_NONE },	/* 4.8 */
	{ V6 "ipv4-mapped-ipv6.sip", UDP, FP_R_NONE },	/* 4.9 */
	{ V6 "ipv6-bug-abnf-3-colons.sip", UDP, FP_R_NONE },	/* 4.10 */
};

static void verdict_case(const struct verdict *v)
{
	struct corpus_file f;
	enum fp_reason r;

	if (!corpus_load(v->file, &f)) {
		ksft_test_result_skip("%s is not here\n", v->file);
		return;
	}
	r = parse(f.p, f.len, v->flags);
	if (r != v->reason)
		ksft_print_msg("got %s at %u\n", fp_reason_info(r)->name, msg.err_off);
	ksft_test_result(r == v->reason, "%s: %s\n", v->file, fp_reason_info(v->reason)->name);
	free(f.p);
}

/* The table must name every message of the two folders: a new file must not slip by. */
static void torture_known(const struct corpus_file *f, void *ctx)
{
	unsigned int *unknown = ctx, i;

	for (i = 0; i < ARRAY_SIZE(torture); i++)
		if (!strcmp(torture[i].file, f->path))
			return;
	ksft_print_msg("no verdict for %s\n", f->path);
	++*unknown;
}

static void test_torture(void)
{
	unsigned int i, unknown = 0;

	for (i = 0; i < ARRAY_SIZE(torture); i++)
		verdict_case(&torture[i]);
	if (!corpus_has("sip-torture")) {
		ksft_test_result_skip("no sip-torture\n");
		return;
	}
	corpus_walk("sip-torture", ".dat", torture_known, &unknown);
	corpus_walk("sip-torture", ".sip", torture_known, &unknown);
	ksft_test_result(!unknown, "every torture message has a verdict\n");
}

/*
 * The NIST messages say whether their own parser wants to refuse them. Where
 * we do otherwise, and why.
 */
static const char *const jain_differs[] = {
	"014.sip",	/* < sip:..>: RFC 4475 3.1.2.14 calls it malformed */
	"018.sip",	/* a fold before the colon: not in RFC 3261's HCOLON */
	"024.sip",	/* an unknown method is for the application */
	"025.sip",	/* has no From */
	"333.sip",	/* trailing octets that the file has as headers */
	"366.sip",	/* repeated headers: RFC 4475 3.3.8 */
	/* White space in a URI, as RFC 2543 call flows were printed: */
	"111.sip", "117.sip", "119.sip", "121.sip", "123.sip", "127.sip", "128.sip", "129.sip",
	"130.sip", "318.sip", "319.sip",
};

struct jain {
	unsigned int n;
	unsigned int wrong;
};

static void jain_case(const struct corpus_file *f, void *ctx)
{
	struct jain *j = ctx;
	char note[1024];
	bool differs = false, ours, theirs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jain_differs); i++)
		differs = differs || !strcmp(jain_differs[i], f->name);
	ours = parse(f->p, f->len, UDP);
	theirs = corpus_index(f->path, 9, note, sizeof(note)) && !strstr(note, "no exception");
	j->n++;
	if (differs ? ours != theirs : ours == theirs)
		return;
	ksft_print_msg("%s: got %s, expected: %s\n", f->name, fp_reason_info(msg.err)->name, note);
	j->wrong++;
}

static void test_jain(void)
{
	struct jain j = { 0, 0 };

	if (!corpus_has("sip-messages/jain-sip-torture")) {
		ksft_test_result_skip("no jain-sip-torture\n");
		return;
	}
	corpus_walk("sip-messages/jain-sip-torture", ".sip", jain_case, &j);
	ksft_test_result(j.n == 260 && !j.wrong, "%u NIST messages, %u unlike expected\n", j.n,
			 j.wrong);
}

/* Any other file: invariants hold, as it is and with CRLF; how many are accepted. */
struct tally {
	unsigned int accepted;
	unsigned int refused;
	unsigned int broken;
};

static void tally_case(const struct corpus_file *f, void *ctx)
{
	struct tally *t = ctx;
	struct corpus_file crlf = { f->path, f->name, exact_copy(f->p, f->len), f->len };
	enum fp_reason r;

	t->broken += parse(f->p, f->len, 0) == __FP_R_COUNT;
	t->broken += parse(f->p, f->len, FP_PARSE_FRAG) == __FP_R_COUNT;
	corpus_crlf(&crlf);
	r = parse(crlf.p, crlf.len, UDP);
	t->broken += r == __FP_R_COUNT;
	if (r)
		t->refused++;
	else
		t->accepted++;
	if (!r && fp_ctype_is_multipart(msg.buf, &msg.ctype))
		t->broken += !!check_multipart(msg.buf, msg.body, &msg.ctype, 1);
	if (!r && fp_ctype_is(msg.buf, &msg.ctype, FP_LIT("application"), FP_LIT("sdp")))
		t->broken += !!check_sdp(msg.buf, msg.body);
	free(crlf.p);
}

/* Folder, and how many of it we accepted when this was written: fewer is a regression. */
static const struct {
	const char *folder;
	unsigned int accepted;
} folders[] = {
	{ "sip-rfc-examples", 46 },
	{ "sip-xmpp-interworking", 14 },
	{ "sip-messages", 304 },
	{ "sip-microsoft", 21 },
	{ "sip-stream", 6 },
	{ "sdp", 0 },
	{ "presence", 0 },
	{ "multipart", 0 },
};

static void test_folder(const char *folder, unsigned int accepted)
{
	struct tally t = { 0, 0, 0 };

	if (!corpus_has(folder)) {
		ksft_test_result_skip("no %s\n", folder);
		return;
	}
	corpus_walk(folder, NULL, tally_case, &t);
	ksft_test_result(!t.broken && t.accepted + t.refused && t.accepted >= accepted,
			 "%s: %u accepted, %u refused, %u broken\n", folder, t.accepted,
			 t.refused, t.broken);
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(msg_cases) + ARRAY_SIZE(torture) + ARRAY_SIZE(folders) + 35);
	test_cases();
	test_prefixes();
	test_found();
	test_answerable();
	test_frag();
	test_limits();
	test_names();
	test_torture();
	test_jain();
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		test_folder(folders[i].folder, folders[i].accepted);
	ksft_finished();
}
