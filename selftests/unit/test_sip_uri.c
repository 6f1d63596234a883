// SPDX-License-Identifier: GPL-2.0
/* URIs, hosts and address headers: the parts, and what is refused where. */
#include <stdlib.h>

#include <fedpat/sip.h>

#include "corpus.h"
#include "kselftest.h"
#include "sip_check.h"

struct uri_case {
	const char *text;
	const char *parts;	/* scheme|user|password|host|port|params|headers; NULL: refused */
	u32 err_off;		/* where, when refused */
};

#define OK(text, parts) { text, parts, 0 }
#define BAD(text, what) { text, NULL, what }

static const struct uri_case uri_cases[] = {
	OK("sip:alice@example.com", "sip|alice||example.com|||"),
	OK("SIPS:alice:pw@example.com:5061;lr?a=b&c=d",
	   "SIPS|alice|pw|example.com|5061|lr|a=b&c=d"),
	OK("sip:example.com", "sip|||example.com|||"),
	OK("sip:[2001:db8::1]:5060", "sip|||[2001:db8::1]|5060||"),
	OK("sip:[2001:db8::1]", "sip|||[2001:db8::1]|||"),
	OK("sip:192.0.2.1;transport=tls;maddr=192.0.2.2",
	   "sip|||192.0.2.1||transport=tls;maddr=192.0.2.2|"),
	/* RFC 4475 3.1.1.2 and 3.1.1.12: a user may have nearly anything. */
	OK("sip:user;par=u%40example.net@example.com",
	   "sip|user;par=u%40example.net||example.com|||"),
	OK("sip:a?/,;;*:&it+has=1@example.com", "sip|a?/,;;*|&it+has=1|example.com|||"),
	/* Microsoft */
	OK("sip:bob@example.com;opaque=user:epid:gAXJXq9AgVCiWynxdwgUSwAA;gruu",
	   "sip|bob||example.com||opaque=user:epid:gAXJXq9AgVCiWynxdwgUSwAA;gruu|"),
	OK("sip:fe.example.com:5061;transport=tls;ms-fe=\"fe.example.com\"",
	   "sip|||fe.example.com|5061|transport=tls;ms-fe=\"fe.example.com\"|"),
	OK("sip:a@example.com?Replaces=x%40y%3Bto-tag%3D1",
	   "sip|a||example.com|||Replaces=x%40y%3Bto-tag%3D1"),
	OK("sip:a@example.com?Reason=SIP;cause=302;text=\"Moved, gone\"",
	   "sip|a||example.com|||Reason=SIP;cause=302;text=\"Moved, gone\""),
	OK("tel:+1-201-555-0123;phone-context=example.com",
	   "tel|+1-201-555-0123||||phone-context=example.com|"),
	OK("im:bob@example.com", "im|bob||example.com|||"),
	OK("pres:bob@example.com", "pres|bob||example.com|||"),
	OK("xmpp:romeo@example.net/orchard", "xmpp|romeo||example.net|||"),
	OK("xmpp:example.net", "xmpp|||example.net|||"),
	OK("msrp://192.0.2.1:2855/s111271;tcp", "msrp|||192.0.2.1|2855||"),
	OK("msrps://a@host.example:9000/x;tcp", "msrps|a||host.example|9000||"),
	OK("http://www.example.com/photo.jpg?x=1", "http|||www.example.com|||"),
	OK("https://[2001:db8::1]:8443/x", "https|||[2001:db8::1]|8443||"),
	OK("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "urn||||||"),
	OK("soap.beep://192.0.2.103:3002", "soap.beep||||||"),
	OK("cid:body@example.com", "cid||||||"),
	OK("nobodyKnowsThisScheme:totallyopaquecontent", "nobodyKnowsThisScheme||||||"),
	OK("sip:host_name.corp", "sip|||host_name.corp|||"),
	OK("sip:example.com.", "sip|||example.com.|||"),
	BAD("", 0),
	BAD("sip", 3),
	BAD("sip:", 4),
	BAD(":x", 0),
	BAD("1sip:x", 4),
	BAD("alice@example.com", 5),
	BAD("sip:@example.com", 4),
	BAD("sip:a@", 6),
	BAD("sip:a@b@c", 7),
	BAD("sip:a b@c", 5),
	BAD("sip:a%4@c", 5),
	BAD("sip:a%zz@c", 5),
	BAD("sip:a@b c", 7),
	BAD("sip:a@b:", 8),
	BAD("sip:a@b:0", 9),
	BAD("sip:a@b:65536", 13),
	BAD("sip:a@b:80x", 10),
	BAD("sip:a@1.2.3", 6),
	BAD("sip:a@1.2.3.256", 6),
	BAD("sip:a@010.0.0.1", 6),
	BAD("sip:a@2130706433", 6),
	BAD("sip:a@0x7f000001", 6),
	BAD("sip:a@example.0x7f", 6),
	BAD("sip:a@[2001:db8::1", 6),
	BAD("sip:a@[192.0.2.1]", 6),
	BAD("sip:a@2001:db8::1", 6),
	BAD("sip:a@b..c", 6),
	BAD("sip:a@.b", 6),
	BAD("sip:a@b;", 8),
	BAD("sip:a@b;;lr", 8),
	BAD("sip:a@b;=x", 10),
	BAD("sip:a@b;x=\"y", 12),
	BAD("sip:a@b;x=<y>", 11),
	BAD("sip:a@b?", 8),
	BAD("sip:a@b?x=%g0", 10),
	BAD("tel:", 4),
	BAD("tel:;x=y", 4),
	BAD("http:www.example.com", 5),
	BAD("http:///x", 7),
	BAD("http://1.2.3/x", 7),
	BAD("xmpp:a@1.2.3/x", 7),
	BAD("urn:a b", 5),
	BAD("urn:a<b", 5),
};

static void uri_text(const u8 *base, const struct fp_uri *u, char *out, size_t size)
{
	struct fp_span parts[] = { u->scheme_s, u->user, u->password, u->host.name,
				   u->host.port_s, u->params, u->headers };
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		n += snprintf(out + n, size - n, "%s%.*s", i ? "|" : "", (int)parts[i].len,
			      base + parts[i].off);
}

static bool uri_case(const struct uri_case *c)
{
	u32 len = strlen(c->text), off = 99;
	u8 *copy = exact_copy(c->text, len);
	struct fp_uri uri;
	char got[512];
	enum fp_reason r = fp_uri_parse(copy, fp_span(0, len), &uri, &off);
	bool ok;

	if (r) {
		snprintf(got, sizeof(got), "%s at %u", fp_reason_info(r)->name, off);
		ok = !c->parts && off == c->err_off;
	} else {
		uri_text(copy, &uri, got, sizeof(got));
		ok = c->parts && !strcmp(got, c->parts);
	}
	if (!ok)
		ksft_print_msg("got %s\n", got);
	free(copy);
	return ok;
}

static void test_long(void)
{
	static char text[FP_SIP_MAX_URI + 2];
	struct fp_uri uri;

	memset(text, 'x', sizeof(text));
	memcpy(text, "sip:a@b;opaque=", 15);
	ksft_test_result(!fp_uri_parse((u8 *)text, fp_span(0, FP_SIP_MAX_URI), &uri, NULL) &&
			 fp_uri_parse((u8 *)text, fp_span(0, FP_SIP_MAX_URI + 1), &uri, NULL) ==
			 FP_R_PARSE_URI_LONG, "a GRUU of 8 KB, and one byte too many\n");
}

static void test_kinds(void)
{
	struct fp_uri u;
	bool ok;

	ok = !fp_uri_parse((u8 *)"sip:10.1.2.3:5061", fp_span(0, 17), &u, NULL) &&
	     u.host.kind == FP_HOST_IPV4 && u.host.addr.family == 4 && u.host.addr.b[3] == 3 &&
	     u.host.port == 5061 && u.scheme == FP_SCHEME_SIP && !u.has_user &&
	     u.host.whole.off == 4 && u.host.whole.len == 13;
	ksft_test_result(ok, "an IPv4 host and its value\n");
	ok = !fp_uri_parse((u8 *)"sips:x@[::1]", fp_span(0, 12), &u, NULL) &&
	     u.host.kind == FP_HOST_IPV6 && u.host.addr.family == 6 && u.host.addr.b[15] == 1 &&
	     !u.host.port && u.scheme == FP_SCHEME_SIPS && u.has_user &&
	     u.opaque.off == 5 && u.opaque.len == 7;
	ksft_test_result(ok, "an IPv6 host and its value\n");
}

struct addr_case {
	const char *text;
	const char *parts;	/* display|uri|params|rest; NULL: refused */
	enum fp_reason reason;
};

static const struct addr_case addr_cases[] = {
	OK("sip:a@b", "|sip:a@b||"),
	OK("<sip:a@b>", "|sip:a@b||"),
	OK("\"A \\\" B\" <sip:a@b;x>;tag=1", "\"A \\\" B\"|sip:a@b;x|tag=1|"),
	OK("A B<sip:a@b> ; tag = 1 ; q=\"x;,y\"", "A B|sip:a@b|tag = 1 ; q=\"x;,y\"|"),
	OK("sip:a@b;tag=1 , <sip:c@d>", "|sip:a@b|tag=1| <sip:c@d>"),
	OK("caller<sip:a@b>;tag=323", "caller|sip:a@b|tag=323|"),
	OK("*", "||||star"),
	OK("* <sip:a@b>", "*|sip:a@b||"),
	OK("M\303\274ller <sip:a@b>", "M\303\274ller|sip:a@b||"),
	OK("J.D. (Joe) O'Neil <sip:a@b>", "J.D. (Joe) O'Neil|sip:a@b||"),
	BAD("<sip:a@b,c>", FP_R_PARSE_HOST),
	OK("<sip:a@b;x=c,d>", "|sip:a@b;x=c,d||"),
	OK("\r\n <sip:a@b>\r\n ;\r\n tag\r\n =\r\n x", "|sip:a@b|tag\r\n =\r\n x|"),
	OK("sip:a@b ;tag=1", "|sip:a@b|tag=1|"),
	OK("sip:a@b;+sip.instance=\"<urn:uuid:1>\"", "|sip:a@b|+sip.instance=\"<urn:uuid:1>\"|"),
	BAD("", FP_R_PARSE_URI),
	BAD(",<sip:a@b>", FP_R_PARSE_URI),
	BAD("<sip:a@b>,", FP_R_PARSE_ADDRESS),
	BAD("sip:a@b?x=y", FP_R_PARSE_ADDRESS),
	BAD("<sip:a@b", FP_R_PARSE_ADDRESS),
	BAD("\"A <sip:a@b>", FP_R_PARSE_QUOTE),
	BAD("\"A\\", FP_R_PARSE_QUOTE),
	BAD("\"A\" sip:a@b", FP_R_PARSE_ADDRESS),
	BAD("< sip:a@b>", FP_R_PARSE_URI),
	BAD("<sip:a@b >", FP_R_PARSE_HOST),
	BAD("Bell, Alexander <sip:a@b>", FP_R_PARSE_URI),
	BAD("sip:x@y <sip:a@b>", FP_R_PARSE_ADDRESS),
	BAD("<sip:a@b> x", FP_R_PARSE_ADDRESS),
	BAD("<sip:a@b>;;tag=1", FP_R_PARSE_PARAM),
	BAD("<sip:a@b>;tag=", FP_R_PARSE_PARAM),
	BAD("<sip:a@b>;", FP_R_PARSE_PARAM),
	BAD("<sip:a@b>;tag=a b", FP_R_PARSE_ADDRESS),
	BAD("<sip:a@b>;tag=\"a", FP_R_PARSE_QUOTE),
	BAD("<sip:a@b>;x=<sip:c@d>", FP_R_PARSE_PARAM),
};

static bool addr_case(const struct addr_case *c)
{
	u32 len = strlen(c->text), off = 0;
	struct fp_span rest = { 0, len };
	u8 *copy = exact_copy(c->text, len);
	struct fp_nameaddr na;
	char got[512];
	enum fp_reason r = fp_nameaddr_parse(copy, &rest, &na, &off);
	bool ok;

	snprintf(got, sizeof(got), "%.*s|%.*s|%.*s|%.*s%s", (int)na.display.len,
		 copy + na.display.off, (int)na.uri.whole.len, copy + na.uri.whole.off,
		 (int)na.params.len, copy + na.params.off, (int)rest.len, copy + rest.off,
		 na.star ? "|star" : "");
	ok = r ? !c->parts && r == c->reason && off <= len : c->parts && !strcmp(got, c->parts);
	if (!ok)
		ksft_print_msg("got %s at %u: %s\n", fp_reason_info(r)->name, off, got);
	free(copy);
	return ok;
}

struct via_case {
	const char *text;
	const char *parts;	/* transport|host|port|branch|received|rport; NULL: refused */
	enum fp_reason reason;
};

static const struct via_case via_cases[] = {
	OK("SIP/2.0/UDP a.example;branch=z9hG4bK1", "1|a.example|0|z9hG4bK1||"),
	OK("SIP / 2.0 / TLS [2001:db8::1] : 5061 ; rport ; branch = z9hG4bKx",
	   "3|[2001:db8::1]|5061|z9hG4bKx||rport"),
	OK("sip/2.0/tcp 192.0.2.1:5060;received=[2001:db8::2];rport=77",
	   "2|192.0.2.1|5060||[2001:db8::2]|rport=77"),
	OK("SIP/2.0/TLS-SCTP a;ms-received-port=58350;ms-received-cid=1D5400", "5|a|0|||"),
	OK("SIP/2.0/UNKNOWN a", "0|a|0|||"),
	BAD("SIP/2.0/UDP", FP_R_PARSE_VIA),
	BAD("SIP/2.0/UDP ", FP_R_PARSE_HOST),
	BAD("SIP/3.0/UDP a", FP_R_PARSE_VERSION),
	BAD("XIP/2.0/UDP a", FP_R_PARSE_VIA),
	BAD("SIP/2.0 UDP a", FP_R_PARSE_VIA),
	BAD("SIP/2.0/UDP/a", FP_R_PARSE_VIA),
	BAD("SIP/2.0/UDP a b", FP_R_PARSE_HOST),
	BAD("SIP/2.0/UDP a;", FP_R_PARSE_PARAM),
	BAD("SIP/2.0/UDP a;;branch=x", FP_R_PARSE_PARAM),
	BAD("SIP/2.0/UDP a;branch", FP_R_PARSE_PARAM),
	BAD("SIP/2.0/UDP a;branch=", FP_R_PARSE_PARAM),
	BAD("SIP/2.0/UDP a;branch=x;Branch=y", FP_R_PARSE_PARAM_REPEATED),
	BAD("SIP/2.0/UDP a;received=x;received=y", FP_R_PARSE_PARAM_REPEATED),
	BAD("SIP/2.0/UDP a;rport;rport=1", FP_R_PARSE_PARAM_REPEATED),
	BAD("SIP/2.0/UDP a;rport=x", FP_R_PARSE_PARAM),
	BAD("SIP/2.0/UDP a,", FP_R_PARSE_VIA),
	BAD("SIP/2.0/UDP a (comment)", FP_R_PARSE_HOST),
};

static bool via_case(const struct via_case *c)
{
	u32 len = strlen(c->text), off = 0;
	struct fp_span rest = { 0, len };
	u8 *copy = exact_copy(c->text, len);
	struct fp_via v;
	char got[512];
	enum fp_reason r = fp_via_parse(copy, &rest, &v, &off);
	bool ok;

	snprintf(got, sizeof(got), "%u|%.*s|%u|%.*s|%.*s|%.*s", v.transport,
		 (int)v.sent_by.name.len, copy + v.sent_by.name.off, v.sent_by.port,
		 (int)v.branch.len, copy + v.branch.off, (int)v.received.len,
		 copy + v.received.off, (int)v.rport_s.len, copy + v.rport_s.off);
	ok = r ? !c->parts && r == c->reason && off <= len : c->parts && !strcmp(got, c->parts);
	if (!ok)
		ksft_print_msg("got %s at %u: %s\n", fp_reason_info(r)->name, off, got);
	free(copy);
	return ok;
}

/* Every beginning of every case, in memory of exactly its size. */
static void test_prefixes(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(uri_cases); i++) {
		u32 len = strlen(uri_cases[i].text), cut;

		for (cut = 0; cut < len; cut++, n++) {
			u8 *copy = exact_copy(uri_cases[i].text, cut);
			struct fp_span rest = { 0, cut };
			struct fp_nameaddr na;
			struct fp_uri uri;

			fp_uri_parse(copy, rest, &uri, NULL);
			fp_nameaddr_parse(copy, &rest, &na, NULL);
			free(copy);
		}
	}
	ksft_test_result(n > 1000, "every byte may be the last: %u beginnings\n", n);
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(4 + ARRAY_SIZE(uri_cases) + ARRAY_SIZE(addr_cases) + ARRAY_SIZE(via_cases));
	for (i = 0; i < ARRAY_SIZE(uri_cases); i++)
		ksft_test_result(uri_case(&uri_cases[i]), "URI %s\n", uri_cases[i].text);
	for (i = 0; i < ARRAY_SIZE(addr_cases); i++)
		ksft_test_result(addr_case(&addr_cases[i]), "address %u\n", i);
	for (i = 0; i < ARRAY_SIZE(via_cases); i++)
		ksft_test_result(via_case(&via_cases[i]), "Via %s\n", via_cases[i].text);
	test_long();
	test_kinds();
	test_prefixes();
	ksft_finished();
}
