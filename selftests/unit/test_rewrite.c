// SPDX-License-Identifier: GPL-2.0
/* Rewriting, message by message: what a partner sees and what a node gets back. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <fedpat/multipart.h>
#include "kselftest.h"
#include "rewrite_steps.h"

/* One that may show what people wrote or signed. */
static bool raw(const char *text)
{
	return env_pass_str(e, &e->node, &e->partner, text);
}

/* A header of an outward request: seen as @seen (NULL: just sealed), and back. */
static bool there_and_back(const char *name, const char *value, const char *seen)
{
	const char *call_id = strcmp(name, "Call-ID") ? "Call-ID: c1\r\n" : "";
	char *text, *moved, *line, *message;
	bool ok;

	if (asprintf(&text,
		     "INVITE sip:bob@example.net SIP/2.0\r\n" VIA_IN FROM_IN TO_OUT REST_
		     "%s%s: %s\r\n" END,
		     call_id, name, value) < 0)
		abort();
	ok = out(text) && (!seen || header_is(name, seen));
	moved = header(name);
	if (asprintf(&line, "%s: %s\r\n", name, moved ? moved : "") < 0 ||
	    asprintf(&message,
		     "INVITE sip:alice@example.com SIP/2.0\r\n" VIA_EDGE FROM_OUT TO_IN REST_
		     "%s%s" END,
		     call_id, line) < 0)
		abort();
	ok = ok && in(message) && header_is(name, value);
	free(text);
	free(moved);
	free(line);
	free(message);
	return ok;
}

static void test_request_out(void)
{
	expect(out(REQ_OUT "User-Agent: Node/9 (imp1.example.com)\r\n" END));
	expect(has("Via: SIP/2.0/TLS imp-public.example.com:5061;branch=z9hG4bK"));
	expect(header_is("Max-Forwards", "69"));
	expect(header_is("User-Agent", NULL));
	expect(hasnt("z9hG4bKnode1"));
	expect(has("\r\nFrom: \"Alice\" <sip:alice@example.com>;tag=a1"));
	result("a request leaves with our Via alone, one hop less and no software name\n");
	expect(out("OPTIONS sip:bob@example.net SIP/2.0\r\n" VIA_IN FROM_IN TO_OUT
		   "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n" END));
	expect(header_is("Max-Forwards", "70"));
	result("Max-Forwards is added where it is missing\n");
	expect(out(REQ_OUT "Contact: <sip:alice@192.0.2.11:5062;transport=tls>\r\n" END));
	expect(header_is("Contact", "<sip:alice@imp-public.example.com:5061;transport=tls>"));
	result("a host with a row: public name, mapped port, no token\n");
}

/* What a policy covers with a suffix is not what our users and partners see. */
static void test_exempt(void)
{
	struct env_opts o = { .everything = true };
	struct env *few = e;

	e = env_new(&o);
	expect(raw("INVITE sip:bob@x.example SIP/2.0\r\n" VIA_IN FROM_IN TO_OUT REST
		   "X: imp-public.example.com x@example.com, y.example.com\r\n" END));
	expect(has("\r\nFrom: \"Alice\" <sip:alice@example.com>;tag=a1\r\n"));
	expect(has("X: imp-public.example.com x@example.com, fpt-"));
	result("our domain and public name stay, whatever suffix is inside\n");
	env_free(e);
	e = few;
	expect(out("INVITE sip:bob@example.net SIP/2.0\r\n" VIA_IN TO_OUT REST
		   "From: <sip:alice@192.0.2.77>;tag=1\r\n" END));
	expect(has("From: <sip:alice@imp-public.example.com:5061;fpt="));
	result("no transport in From\n");
}

static void test_vias(void)
{
	static const char vias[] =
		"Via: SIP/2.0/TLS 192.0.2.11:5062;branch=z9hG4bKa\r\n"
		"v : SIP/2.0/UDP h.corp.example.com\r\n\t;branch=z9hG4bKb , SIP/2.0/TCP\r\n"
		"  [2001:db8:1::7]:5060;branch=z9hG4bKc;x=\"y,z\"\r\n";
	char text[1000], *reply;

	snprintf(text, sizeof(text),
		 "INVITE sip:bob@example.net SIP/2.0\r\n" FROM_IN "%s" TO_OUT REST END, vias);
	expect(out(text));
	expect(!env_header(e->out, e->len, "v ", 0));
	result("inside Vias leave as one token\n");
	reply = env_response(e, 180, "Contact: <sip:bob@198.51.100.9>\r\n", "");
	expect(in(reply));
	expect(has(vias));
	expect(hasnt("fpv="));
	result("and come back byte for byte, folds, compact form and all\n");
	free(reply);
}

static char *branch_of(const char *method, const char *via, const char *more)
{
	char *text, *value, *branch;

	if (asprintf(&text,
		     "%s sip:bob@example.net SIP/2.0\r\n%s" FROM_IN TO_OUT
		     "Call-ID: c9\r\nCSeq: 7 %s\r\nMax-Forwards: 70\r\n%s" END,
		     method, via, method, more) < 0)
		abort();
	out(text);
	value = header("Via");
	branch = value ? strdup(strstr(value, "branch=")) : strdup("");
	*strchrnul(branch, ';') = 0;
	free(value);
	free(text);
	return branch;
}

static bool same_branch(const char *a_method, const char *a_via, const char *b_method,
			const char *b_via)
{
	char *a = branch_of(a_method, a_via, ""), *b = branch_of(b_method, b_via, "");
	bool same = *a && !strcmp(a, b);

	free(a);
	free(b);
	return same;
}

static void test_branch(void)
{
	static const char other[] = "Via: SIP/2.0/TLS 192.0.2.11:5062;branch=z9hG4bKnode2\r\n";
	static const char old[] = "Via: SIP/2.0/TLS 192.0.2.11:5062;branch=1\r\n";

	expect(same_branch("INVITE", VIA_IN, "INVITE", VIA_IN));
	expect(same_branch("INVITE", VIA_IN, "CANCEL", VIA_IN));
	expect(same_branch("INVITE", VIA_IN, "ACK", VIA_IN));
	result("retransmission, CANCEL and ACK have the branch of their INVITE\n");
	expect(!same_branch("INVITE", VIA_IN, "INVITE", other));
	result("another transaction has another\n");
	expect(same_branch("INVITE", old, "CANCEL", old));
	expect(!same_branch("INVITE", old, "INVITE", VIA_IN));
	result("so has one of RFC 2543, by what names it there\n");
}

static void test_stamps(void)
{
	char *via;

	in(REQ_IN END);
	via = env_header(e->out, e->len, "Via", 1);
	expect(via);
	expect(!strcmp(via, EDGE_SENT ";received=198.51.100.20"));
	result("received is added where sent-by is a name\n");
	free(via);
	in("INVITE sip:alice@example.com SIP/2.0\r\n"
	   "Via: SIP/2.0/TLS 198.51.100.20;rport;branch=z9hG4bKx\r\n" FROM_OUT TO_IN REST END);
	via = env_header(e->out, e->len, "Via", 1);
	expect(via);
	expect(strstr(via, "198.51.100.20;rport=44444;branch=z9hG4bKx;received=198.51.100.20"));
	result("rport gets its port\n");
	free(via);
	in("INVITE sip:alice@example.com SIP/2.0\r\n"
	   "Via: SIP/2.0/TLS 198.51.100.20;branch=z9hG4bKx\r\n" FROM_OUT TO_IN REST END);
	via = env_header(e->out, e->len, "Via", 1);
	expect(via);
	expect(!strcmp(via, "SIP/2.0/TLS 198.51.100.20;branch=z9hG4bKx"));
	result("nothing is added where nothing is missing\n");
	free(via);
	in("INVITE sip:alice@example.com SIP/2.0\r\n"
	   "Via: SIP/2.0/TLS 10.9.9.9;received=10.8.8.8\r\n" FROM_OUT TO_IN REST END);
	via = env_header(e->out, e->len, "Via", 1);
	expect(via);
	expect(!strcmp(via, "SIP/2.0/TLS 10.9.9.9;received=198.51.100.20"));
	result("a received that lies is corrected\n");
	free(via);
}

/* What belongs to a partner is what ms-* parameters are signed over. */
static void test_partner_owned(void)
{
	static const char rows[] =
		"Via: SIP/2.0/TLS 10.10.1.1:5061;branch=z9hG4bK2;ms-received-cid=A00\r\n"
		"VIA: SIP/2.0/TLS pool.example.net , SIP/2.0/TLS  x;branch=z9hG4bK3\r\n"
		"Record-Route: <sip:edge.example.net:5061;transport=tls;lr;ms-key-info=AA;"
		"ms-route-sig=aaBB-_>;tag=0CA, <sip:pool.example.net;opaque=state:T;lr>\r\n"
		"Contact: <sip:bob@example.net;opaque=user:epid:Zz1;gruu>\r\n";
	char text[2000], *reply, *got;
	const char *want = rows;

	snprintf(text, sizeof(text),
		 "INVITE sip:alice@example.com SIP/2.0\r\n"
		 "Via: SIP/2.0/TLS 198.51.100.20;branch=z9hG4bK1;ms-received-cid=1\r\n"
		 "%s" FROM_OUT TO_IN REST END,
		 rows);
	expect(in(text));
	expect(has(want));
	expect(has("z9hG4bK1;ms-received-cid=1\r\n"));
	expect(has("Via: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bKfp"));
	result("a partner's Via, Record-Route and Contact are not touched\n");
	reply = env_response(e, 200, "Contact: <sip:alice@192.0.2.11:5062;transport=tls>\r\n", "");
	expect(env_pass_str(e, &e->node, &e->partner, reply));
	expect(clean(e));
	expect(hasnt("fpv="));
	expect(has("Via: SIP/2.0/TLS 198.51.100.20;branch=z9hG4bK1;ms-received-cid=1\r\n"));
	expect(has("Via: SIP/2.0/TLS 10.10.1.1:5061;branch=z9hG4bK2;ms-received-cid=A00\r\n"));
	result("the response takes our Via off and keeps theirs\n");
	got = header("Record-Route");
	expect(got);
	expect(strstr(rows, got));
	result("Record-Route goes back as it came\n");
	free(got);
	free(reply);
	expect(out("BYE sip:bob@example.net;opaque=user:epid:Zz1;gruu SIP/2.0\r\n" VIA_IN
		   "Route: <sip:edge.example.net:5061;transport=tls;lr;ms-key-info=AA;"
		   "ms-route-sig=aaBB-_>;tag=0CA\r\n" FROM_IN TO_OUT
		   "Call-ID: c\r\nCSeq: 2 BYE\r\n" END));
	expect(has("Route: <sip:edge.example.net:5061;transport=tls;lr;ms-key-info=AA;"
		   "ms-route-sig=aaBB-_>;tag=0CA\r\n"));
	expect(has("BYE sip:bob@example.net;opaque=user:epid:Zz1;gruu SIP/2.0\r\n"));
	result("so do Route and the Request-URI of a dialog\n");
}

/* A dialog's requests come back to the Contact that a node gave. */
static bool contact_back(const struct fp_leg_view *node, const char *contact, const char *row)
{
	char *text, *seen, *uri, *end;
	bool ok;

	if (asprintf(&text, REQ_OUT "Contact: <%s>\r\n" END, contact) < 0)
		abort();
	ok = env_pass_str(e, node, &e->partner, text) && clean(e);
	free(text);
	seen = header("Contact");
	if (!ok || !seen || seen[0] != '<')
		return false;
	uri = seen + 1;
	end = strchr(uri, '>');
	*end = 0;
	if (asprintf(&text,
		     "BYE %s SIP/2.0\r\n" VIA_EDGE FROM_OUT
		     "To: <sip:alice@example.com>;tag=a\r\nCall-ID: c\r\nCSeq: 9 BYE\r\n" END,
		     uri) < 0)
		abort();
	ok = in(text);
	free(text);
	free(seen);
	if (asprintf(&text, "BYE %s SIP/2.0\r\n", contact) < 0)
		abort();
	ok = ok && !strncmp((char *)e->out, text, strlen(text)) && e->route.kind == FP_ROUTE_NODE;
	if (!ok)
		ksft_print_msg("want %sgot %s\n", text, e->out);
	free(text);
	return ok && e->route.endpoint.addr.b[3] == atoi(row);
}

static void test_contact(void)
{
	expect(contact_back(&e->node, "sip:alice@192.0.2.11:5062;transport=tls", "11"));
	result("Contact of a row comes back\n");
	expect(contact_back(&e->node2, "sip:alice@192.0.2.12:5062;transport=tls", "12"));
	result("of the second node too, to that node\n");
	expect(contact_back(&e->node, "sip:alice@192.0.2.11:5080", "11"));
	expect(contact_back(&e->node, "sip:alice@192.0.2.11", "11"));
	expect(contact_back(&e->node, "sip:alice@IMP1.example.com;Transport=TLS;ob", "11"));
	expect(contact_back(&e->node, "sips:alice@imp1.example.com:5062", "11"));
	result("without transport, without port, by name, as sips\n");
	expect(contact_back(&e->node, "sip:alice@192.0.2.77:5070;transport=tcp", "11"));
	expect(contact_back(&e->node2, "sip:alice@192.0.2.77:5070;transport=tcp", "12"));
	result("a client without a row comes back through the node it is behind\n");
	expect(contact_back(&e->node, "sip:a@imp1.example.com:5062;transport=tls", "11"));
	expect(contact_back(&e->node, "sip:a@192.0.2.11:05062;transport=tls", "11"));
	expect(contact_back(&e->node, "sip:a@192.0.2.11:5062;transport=TLS;x", "11"));
	expect(contact_back(&e->node, "sip:a@192.0.2.11:5062;x;transport=tcp", "11"));
	result("what differs from a row in one letter comes back with that letter\n");
	expect(contact_back(&e->node, "sip:[2001:db8:1::77]:5060;lr;maddr=192.0.2.9", "11"));
	expect(contact_back(&e->node, "sip:a%40192.0.2.5;x=1@h.corp.example.com", "11"));
	result("IPv6, maddr, and addresses in the user part\n");
	expect(contact_back(&e->node, "sip:alice@imp-public.example.com:5061;transport=tls", "11"));
	result("our public name said by a node stays itself\n");
}

static void test_headers(void)
{
	expect(there_and_back("Call-ID", "384@192.0.2.77", NULL));
	expect(there_and_back("In-Reply-To", "384@192.0.2.77, x@imp2.example.com", NULL));
	expect(there_and_back("Replaces", "384@192.0.2.77;to-tag=1;from-tag=2", NULL));
	expect(there_and_back("Join", "3@h.corp.example.com;to-tag=1;from-tag=2", NULL));
	expect(there_and_back("Target-Dialog", "3@[2001:db8:1::1];local-tag=1;remote-tag=2", NULL));
	result("what names a dialog\n");
	expect(there_and_back("Refer-To", "<sip:b@192.0.2.7?Replaces=3%40192.0.2.7%3Bto-tag%3D1>",
			      NULL));
	expect(there_and_back("Refer-To", "<sip:b@192.0.2.7?Route=%3Csip%3A192.0.2.11%3E>", NULL));
	expect(out(REQ_OUT "Refer-To: <sip:b@example.net?Call-ID=1%40192%2E0.2.77>\r\n" END));
	expect(hasnt("192%2E"));
	result("Refer-To and the headers in it; odd escapes hide nothing\n");
	expect(there_and_back("Record-Route",
			      "<sip:192.0.2.11:5062;transport=tls;lr>, <sip:imp2.example.com;lr>",
			      NULL));
	expect(there_and_back("Path", "<sip:192.0.2.11:5062;transport=tls;lr>", NULL));
	result("routes\n");
	expect(there_and_back("Reply-To", "<sip:alice@192.0.2.11:5062>", NULL));
	expect(there_and_back("Diversion", "<sip:x@imp1.example.com>;reason=deflection", NULL));
	expect(there_and_back("History-Info", "<sip:x@192.0.2.3?Reason=SIP%3Bcause%3D302>;index=1",
			      NULL));
	expect(there_and_back("Call-Info", "<http://192.0.2.3/a.jpg>;purpose=icon", NULL));
	expect(there_and_back("Alert-Info", "<http://pix.corp.example.com/a>", NULL));
	expect(there_and_back("Referred-By", "sip:alice@192.0.2.11;cid=\"a@192.0.2.1\"", NULL));
	expect(there_and_back("X-Nobody", "sip:a@192.0.2.3;y=\"<sip:b@192.0.2.11:5062>\" (by imp1)",
			      NULL));
	expect(there_and_back("X-Nobody",
			      "(imp1.example.com:5062 [2001:DB8:1:0::9]:5060 ::ffff:192.0.2.4)",
			      NULL));
	result("every other header, known or not\n");
	expect(there_and_back("Contact", "sip:alice@192.0.2.11:5062;expires=60", NULL));
	expect(out(REQ_OUT "Contact: sip:alice@192.0.2.11:5062;expires=60\r\n" END));
	expect(has("Contact: <sip:alice@imp-public.example.com:5061;transport=tls;fpt="));
	expect(has(">;expires=60\r\n"));
	result("a bare URI gets brackets for its token and loses them again\n");
	expect(out(REQ_OUT
		   "Warning: 399 192.0.2.11:5062 \"from imp1.example.com\"\r\n"
		   "ms-diagnostics: 1009;reason=\"x\";source=\"imp1.example.com\"\r\n" END));
	expect(header_is("Warning",
			 "399 imp-public.example.com:5061 \"from imp-public.example.com\""));
	expect(header_is("ms-diagnostics", "1009;reason=\"x\";source=\"imp-public.example.com\""));
	result("diagnostics name the gateway\n");
	expect(out(REQ_OUT "X-192.0.2.11: 1\r\nSubject: ok\r\n" END));
	expect(has("Subject: ok\r\n"));
	result("even a header name is looked at\n");
}

/* The same Call-ID wherever it stands, whoever started the dialog. */
static void test_call_id(void)
{
	char *id, *text, *reply;

	out("INVITE sip:bob@example.net SIP/2.0\r\n" VIA_IN FROM_IN TO_OUT
	    "Call-ID: 77@192.0.2.77\r\n"
	    "CSeq: 1 INVITE\r\n"
	    "Replaces: 77@192.0.2.77;to-tag=1;from-tag=2\r\n"
	    "Content-Type: application/dialog-info+xml\r\nContent-Length: @\r\n\r\n"
	    "<dialog call-id=\"77@192.0.2.77\"/>");
	id = header("Call-ID");
	if (asprintf(&text, "Replaces: %s;to-tag", id) < 0 ||
	    asprintf(&reply, "call-id=\"%s\"", id) < 0)
		abort();
	expect(has(text));
	expect(has(reply));
	result("one Call-ID has one token, in header, Replaces and dialog-info\n");
	free(text);
	free(reply);
	free(id);
	in("INVITE sip:alice@example.com SIP/2.0\r\n" VIA_EDGE FROM_OUT TO_IN
	   "Call-ID: 5@192.0.2.200\r\nCSeq: 1 INVITE\r\n" END);
	id = header("Call-ID");
	expect(id);
	expect(!strncmp(id, "5@fpo-", 6));
	result("a partner's look-alike is wrapped for the inside\n");
	reply = env_response(e, 200, "", "");
	expect(env_pass_str(e, &e->node, &e->partner, reply));
	expect(header_is("Call-ID", "5@192.0.2.200"));
	result("and is itself again outside\n");
	free(reply);
	if (asprintf(&text,
		     "BYE sip:bob@example.net SIP/2.0\r\n" VIA_IN FROM_IN TO_OUT
		     "Call-ID: %s\r\nCSeq: 2 BYE\r\n" END,
		     id) < 0)
		abort();
	expect(env_pass_str(e, &e->node, &e->partner, text));
	expect(header_is("Call-ID", "5@192.0.2.200"));
	result("in requests of the other end too\n");
	free(text);
	free(id);
}

static void test_record_route(void)
{
	struct env_opts o = { .place = FP_PLACE_EXPRESSWAY };
	struct env *asa = e;
	char *rr1, *rr2, *text, *reply;

	expect(out(REQ_OUT END));
	expect(header_is("Record-Route", NULL));
	result("no Record-Route in the ASA's place\n");
	e = env_new(&o);
	expect(out(REQ_OUT END));
	expect(has("Record-Route: <sip:imp-public.example.com:5061;transport=tls;lr;fpr="));
	result("a double one in Expressway's\n");
	rr1 = env_header(e->out, e->len, "Record-Route", 0);
	rr2 = env_header(e->out, e->len, "Record-Route", 1);
	reply = env_response(e, 200, "", "");
	expect(in(reply));
	expect(has(rr1));
	expect(has("Record-Route: <sip:192.0.2.1:5061;transport=tls;lr;fpr="));
	result("the inside sees its half as it is\n");
	free(reply);
	if (asprintf(&text,
		     "BYE sip:alice@192.0.2.99 SIP/2.0\r\n" VIA_EDGE
		     "Route: %s, %s\r\nRoute: <sip:x.example.net;lr>\r\n" FROM_OUT TO_IN
		     "Call-ID: c\r\nCSeq: 2 BYE\r\n" END,
		     rr1, rr2) < 0)
		abort();
	env_parse(e, text, strlen(text));
	expect(!fp_sip_route(e->realm, &e->partner, e->msg, e->w, &e->route));
	expect(e->w->own_routes == 2);
	result("both come off when the partner sends along them\n");
	free(text);
	free(rr2);
	rr2 = env_header(e->out, e->len, "Record-Route", 1);
	if (asprintf(&text,
		     "BYE sip:bob@example.net SIP/2.0\r\n" VIA_IN
		     "Route: %s\r\nRoute: %s,<sip:x.example.net;lr>\r\n" FROM_IN TO_OUT
		     "Call-ID: c\r\nCSeq: 2 BYE\r\n" END,
		     rr2, rr1) < 0)
		abort();
	expect(out(text));
	expect(header_is("Route", "<sip:x.example.net;lr>"));
	expect(hasnt("fpr="));
	result("and when the inside does\n");
	free(text);
	free(rr1);
	free(rr2);
	env_free(e);
	e = asa;
}

static bool body_out(const char *type, const char *body)
{
	char *text;
	bool ok;

	if (asprintf(&text,
		     REQ_OUT "Content-Type: %s\r\n"
			     "Content-Length: @\r\n"
			     "\r\n"
			     "%s",
		     type, body) < 0)
		abort();
	ok = out(text);
	free(text);
	return ok;
}

/* The number says how long the body is. */
static void test_sdp(void)
{
	expect(body_out("application/sdp;call-type=im",
			"v=0\r\n"
			"o=- 0 0 IN IP4 192.0.2.77\r\n"
			"s=-\r\n"
			"c=IN IP4 192.0.2.78\r\n"
			"t=0 0\r\n"
			"m=message 5060 sip null\r\nc=IN IP4 h.corp.example.com\r\n"));
	expect(has("o=- 0 0 IN IP4 203.0.113.10\r\n"));
	expect(has("c=IN IP4 203.0.113.10\r\nt="));
	expect(has("null\r\nc=IN IP4 203.0.113.10\r\n"));
	expect(length_right());
	result("SDP: o= unlike c=, both levels, names\n");
	expect(body_out("application/sdp",
			"v=0\r\n"
			"o=- 0 0 IN IP6 2001:db8:1::5\r\n"
			"s=-\r\n"
			"c=IN IP6 2001:db8:1::5\r\n"
			"t=0 0\r\n"
			"m=message 0 TCP/MSRP *\r\na=path:msrp://[2001:db8:1::5]:2855/x;tcp\r\n"
			"a=candidate:1 1 UDP 1 192.0.2.5 5 typ srflx raddr 192.0.2.6 rport 6\r\n"));
	expect(has("o=- 0 0 IN IP4 203.0.113.10\r\n"));
	expect(has("c=IN IP4 203.0.113.10\r\n"));
	expect(has("a=path:msrp://203.0.113.10:2855/x;tcp\r\n"));
	expect(has("1 203.0.113.10 5 typ srflx raddr 203.0.113.10 rport 6\r\n"));
	expect(length_right());
	result("SDP: IPv6 inside becomes IPv4, address type and all; paths and candidates\n");
	expect(body_out("application/sdp",
			"v=0\r\no=- 0 0 IN IP4 203.0.113.10\r\ns=-\r\nc=IN IP4 203.0.113.10\r\n"
			"t=0 0\r\n"
			"m=x-ms-message 5060 sip sip:alice@192.0.2.11:5062;transport=tls\r\n"));
	expect(has("5060 sip sip:alice@imp-public.example.com:5061;transport=tls\r\n"));
	expect(length_right());
	result("SDP: the URI of m=x-ms-message\n");
}

/* Parts of the body that was written; a length that one states must be right. */
static int parts_of_result(void)
{
	struct fp_multipart mp;
	struct fp_part part;
	s32 at;

	if (!env_parse(e, e->out, e->len))
		return -1;
	fp_multipart_init(&mp, e->out, e->msg->body, &e->msg->ctype, 1);
	while (fp_multipart_next(&mp, &part)) {
		struct fp_slice head = fp_at(e->out, part.headers);

		at = fp_slice_ifind(head, FP_LIT("Content-length: "));
		if (at >= 0 && (u32)atoi((char *)head.p + at + 16) != part.body.len)
			return -2;
	}
	return mp.err ? -3 : mp.parts;
}

static void test_bodies(void)
{
	static const char text[] = "see http://192.0.2.11/ at imp1.example.com";
	static const char pidf[] =
		"<presence entity=\"sip:alice@192.0.2.11:5062\"><tuple id=\"x\">\r\n"
		"<contact>sip:alice@192.0.2.11:5062;transport=tls</contact></tuple></presence>";

	expect(body_out("application/pidf+xml", pidf));
	expect(length_right());
	expect(has("<contact>sip:alice@imp-public.example.com:5061;transport=tls</contact>"));
	result("PIDF\n");
	expect(raw(REQ_OUT "Content-Type: text/plain\r\nContent-Length: @\r\n\r\n"
			   "see http://192.0.2.11/ at imp1.example.com"));

	expect(has(text));
	expect(e->w->notes & FP_NOTE_USER_TEXT);
	result("what people write is not looked into, and is reported\n");
	expect(body_out("message/sipfrag",
			"SIP/2.0 200 OK\r\nContact: <sip:a@192.0.2.11:5062;transport=tls>\r\n"
			"User-Agent: Node/9\r\nVia: SIP/2.0/UDP 192.0.2.3"));
	expect(has("Contact: <sip:a@imp-public.example.com:5061;transport=tls>\r\n"
		   "Via: SIP/2.0/UDP fpt-"));
	expect(length_right());
	result("sipfrag, without the software name\n");
	expect(body_out("message/cpim", "From: <im:alice@192.0.2.3>\r\n"
					"\r\n"
					"Content-ID: <1@192.0.2.3>\r\n"
					"\r\n"
					"hello"));
	expect(has("\r\n\r\nhello"));
	expect(e->w->notes & FP_NOTE_USER_TEXT);
	expect(length_right());
	result("CPIM headers\n");
	expect(body_out("multipart/mixed;boundary=\"b 192.0.2.3\"",
			"--b 192.0.2.3\r\n"
			"Content-ID: <x@192.0.2.3>\r\nContent-length: 24\r\n"
			"Content-Type: application/pidf+xml\r\n\r\n"
			"<a b='sip:x@192.0.2.3'/>\r\n--b 192.0.2.3\r\n"
			"Content-Type: multipart/related;boundary=q\r\n"
			"\r\n"
			"--q\r\n"
			"Content-Type: application/sdp\r\n\r\n"
			"v=0\r\n"
			"o=- 0 0 IN IP4 192.0.2.3\r\n"
			"s=-\r\n"
			"t=0 0\r\n"
			"\r\n"
			"--q--\r\n"
			"--b 192.0.2.3--\r\n"));
	expect(has("IN IP4 203.0.113.10"));
	expect(length_right());
	expect(parts_of_result() == 2);
	result("multipart in multipart: boundary, Content-ID and lengths\n");
	expect(raw(REQ_OUT "Content-Type: multipart/signed;boundary=b\r\n"
			   "Content-Length: @\r\n\r\n"
			   "--b\r\n"
			   "Content-Type: application/pidf+xml\r\n"
			   "\r\n"
			   "<a b='sip:x@192.0.2.3'/>\r\n"
			   "--b\r\n"
			   "Content-Type: application/pkcs7-signature\r\n\r\nX\r\n--b--\r\n"));

	expect(has("<a b='sip:x@192.0.2.3'/>"));
	expect(e->w->notes & FP_NOTE_SIGNED);
	result("signed parts pass untouched and are reported\n");
	expect(raw(REQ_OUT "Content-Type: application/x-nobody\r\n"
			   "l: 12\r\n"
			   "\r\n"
			   "192.0.2.1 \001\377"));

	expect(has("192.0.2.1 \001\377"));
	expect(e->w->notes & FP_NOTE_OPAQUE_BODY);
	result("a body that nobody knows passes byte for byte and is reported\n");
}

static void test_lengths(void)
{
	char *big = malloc(20000), *text;
	u32 i;

	memset(big, 'g', 8000);
	big[8000] = 0;
	if (asprintf(&text, "sip:alice@192.0.2.11:5062;transport=tls;opaque=%s;gruu", big) < 0)
		abort();
	expect(contact_back(&e->node, text, "11"));
	result("an 8 KB GRUU on an inside host, there and back\n");
	free(text);
	if (asprintf(&text, "sip:alice@192.0.2.77;opaque=%s;gruu", big) < 0)
		abort();
	expect(contact_back(&e->node, text, "11"));
	result("and on one without a row\n");
	free(text);
	text = malloc(200000);
	strcpy(text, REQ_OUT);
	for (i = 0; i < 200; i++)
		sprintf(text + strlen(text),
			"X%u: 192.0.2.%u 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4\r\n", i, i);
	strcat(text, END);
	expect(refused(env_pass_str(e, &e->node, &e->partner, text), "rewrite-room"));
	result("more than fits is refused, not half done\n");
	free(text);
	free(big);
}

static bool contact_out(const char *contact)
{
	char text[1024];

	snprintf(text, sizeof(text), REQ_OUT "Contact: %s\r\n" END, contact);
	return env_pass_str(e, &e->node, &e->partner, text);
}

static void test_escapes(void)
{
	expect(there_and_back("X-Id", "1%40imp%31.example.com%3A5060 end", NULL));
	expect(there_and_back("X-Id", "sip%3Aalice%4019%32.0.2.77", NULL));
	result("a hidden word comes back with the escapes that it had\n");
	expect(there_and_back("Call-ID", "x@%192.0.2.77", NULL));
	expect(there_and_back("X-Id", "%a192.0.2.77 and 1%40imp%31.example.com", NULL));
	expect(there_and_back("X-Id", "%ffimp1.example.com%31%39%32.0.2.77", NULL));
	expect(there_and_back("X-Id", "[%31%39%32.0.2.77] 192.0.2.77:192.0.2.78:5060.5", NULL));
	expect(there_and_back("X-Id", "%41 [2001:db8:1::77]:5060.corp.example.com", NULL));
	result("one whose first digits may be read as an escape is hidden too\n");
}

static void test_no_uri(void)
{
	expect(refused(contact_out("imp1.example.com:5060"), "uri-malformed"));
	expect(refused(contact_out("<cn1.corp.example.com:5060>"), "uri-malformed"));
	result("an inside host and port in the place of a URI is refused\n");
	expect(contact_out("<mailto:alice@imp1.example.com>") && clean(e));
	expect(contact_out("<soap.beep://192.0.2.77:5060/x>") && clean(e));
	result("a URI of another scheme passes, its inside hidden\n");
}

static void test_forged(void)
{
	char *seen, *text, *p;

	out(REQ_OUT "Contact: <sip:alice@192.0.2.77>\r\nX-Id: 1@192.0.2.77\r\n" END);
	seen = header("Contact");
	p = strstr(seen, "fpt=") + 10;
	*p = *p == 'a' ? 'b' : 'a';
	*strchr(seen, '>') = 0;
	if (asprintf(&text,
		     "BYE %s SIP/2.0\r\n" VIA_EDGE FROM_OUT TO_IN
		     "Call-ID: c\r\nCSeq: 9 BYE\r\n" END,
		     seen + 1) < 0)
		abort();
	expect(refused(in(text), "token-forged"));
	expect(fp_reason_info(e->reason)->status == 481);
	result("a forged Request-URI token is 481\n");
	free(text);
	free(seen);
	out(REQ_OUT "X-Id: 1@192.0.2.77\r\n" END);
	seen = header("X-Id");
	p = strstr(seen, "fpt-") + 10;
	*p = *p == 'a' ? 'b' : 'a';
	if (asprintf(&text, REQ_IN "Replaces: %s;to-tag=1;from-tag=1\r\n" END, seen) < 0)
		abort();
	expect(refused(in(text), "token-forged"));
	result("a forged word anywhere is refused\n");
	free(text);
	*strchr(p, '0') = 0;
	seen[strlen(seen) - 4] = 0;
	if (asprintf(&text, REQ_IN "Replaces: %s;to-tag=1;from-tag=1\r\n" END, seen) < 0)
		abort();
	expect(refused(in(text), "token-forged"));
	result("so is one that was cut\n");
	free(text);
	free(seen);
	expect(in(REQ_IN "Subject: fpt-abc and fpo-hello are words\r\n" END));
	expect(has("Subject: fpt-abc and fpo-hello are words\r\n"));
	result("short words are words\n");
}

static void test_outer_tcp(void)
{
	struct env_opts o = { .outer = FP_TP_TCP };
	struct env *tls = e;

	e = env_new(&o);
	expect(out(REQ_OUT "Contact: <sip:alice@192.0.2.11:5062;transport=tls>\r\n" END));
	expect(header_is("Contact", "<sip:alice@203.0.113.10:5061;transport=tcp>"));
	expect(has("Via: SIP/2.0/TCP 203.0.113.10:5061;"));
	result("without TLS outside the public address stands for the name\n");
	expect(contact_back(&e->node, "sip:alice@192.0.2.11:5062;transport=tls", "11"));
	expect(contact_back(&e->node, "sip:alice@192.0.2.77:5062;transport=tls", "11"));
	result("and leads back\n");
	env_free(e);
	e = tls;
}

/* Without a key nothing can be hidden, so nothing passes. */
static void test_no_key(void)
{
	static const char text[] = "MESSAGE sip:bob@example.net SIP/2.0\r\n"
				   "Via: SIP/2.0/TLS 192.0.2.11:5062;branch=z9hG4bK1\r\n"
				   "From: <sip:alice@example.com>;tag=a\r\n"
				   "To: <sip:bob@example.net>\r\n"
				   "Call-ID: 1\r\n"
				   "CSeq: 1 MESSAGE\r\n"
				   "Content-Length: 0\r\n\r\n";
	struct env *none = env_new(&(struct env_opts){ .no_key = true });

	expect(env_rewrite(e, &e->node, &e->partner, text, sizeof(text) - 1));
	expect(!env_rewrite(none, &none->node, &none->partner, text, sizeof(text) - 1));
	expect(none->reason == FP_R_NO_TOKEN_KEY);
	result("no key for tokens, no message\n");
	env_free(none);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(65);
	e = env_new(NULL);
	test_request_out();
	test_exempt();
	test_vias();
	test_branch();
	test_stamps();
	test_partner_owned();
	test_contact();
	test_headers();
	test_call_id();
	test_record_route();
	test_sdp();
	test_bodies();
	test_lengths();
	test_escapes();
	test_no_uri();
	test_forged();
	test_outer_tcp();
	test_no_key();
	env_free(e);
	ksft_finished();
}
