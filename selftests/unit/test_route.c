// SPDX-License-Identifier: GPL-2.0
/* Where messages go, and which of them go nowhere. */
#include <stdio.h>
#include <stdlib.h>
#include "kselftest.h"
#include "relay_env.h"

#define VIA_IN "Via: SIP/2.0/TLS 192.0.2.11:5062;branch=z9hG4bKn\r\n"
#define VIA_EDGE "Via: SIP/2.0/TLS edge.example.net:5061;branch=z9hG4bKe\r\n"
#define IN_HEAD                                                                         \
	VIA_EDGE "From: <sip:bob@example.net>;tag=b\r\nTo: <sip:alice@example.com>\r\n" \
		 "Call-ID: c1\r\nMax-Forwards: 70\r\n"
#define OUT_HEAD                                                                      \
	VIA_IN "From: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.net>\r\n" \
	       "Call-ID: c1\r\nMax-Forwards: 70\r\n"
#define END "Content-Length: 0\r\n\r\n"

static struct env *e;

static bool route(const struct fp_leg_view *leg, const char *text)
{
	free(e->text);
	e->text = env_text(text);
	if (!env_parse(e, e->text, strlen(e->text))) {
		ksft_print_msg("parse: %s\n", env_reason(e));
		return false;
	}
	e->reason = fp_sip_route(e->realm, leg, e->msg, e->w, &e->route);
	return e->reason == e->route.reason;
}

static bool node(const char *request, u8 last, u16 port)
{
	const struct fp_endpoint *ep = &e->route.endpoint;
	bool ok = route(&e->partner, request) && e->route.kind == FP_ROUTE_NODE &&
		  ep->addr.b[3] == last && ep->port == port;

	if (!ok)
		ksft_print_msg("kind %d, %s, to .%u:%u\n", e->route.kind, env_reason(e),
			       ep->addr.b[3], ep->port);
	return ok;
}

static bool domain(const char *request, const char *host, u16 port, const char *alt)
{
	bool ok = route(&e->node, request) && e->route.kind == FP_ROUTE_DOMAIN &&
		  fp_slice_eq(e->route.host, fp_slice(host, strlen(host))) &&
		  e->route.port == port && fp_slice_eq(e->route.alt, fp_slice(alt, strlen(alt)));

	if (!ok)
		ksft_print_msg("kind %d, %s, host %.*s:%u alt %.*s\n", e->route.kind, env_reason(e),
			       (int)e->route.host.len, e->route.host.p, e->route.port,
			       (int)e->route.alt.len, e->route.alt.p);
	return ok;
}

static bool refused(const struct fp_leg_view *leg, const char *text, const char *reason)
{
	if (route(leg, text) && e->route.kind == FP_ROUTE_REFUSE && !strcmp(env_reason(e), reason))
		return true;
	ksft_print_msg("kind %d, %s, not %s\n", e->route.kind, env_reason(e), reason);
	return false;
}

static void test_inwards(void)
{
	expect(node("INVITE sip:alice@example.com SIP/2.0\r\n" IN_HEAD "CSeq: 1 INVITE\r\n" END, 11,
		    5062));
	result("by what was dialled\n");
	e->partner.orig_dst.port = 45062;
	expect(node("INVITE sip:alice@example.com SIP/2.0\r\n" IN_HEAD "CSeq: 1 INVITE\r\n" END, 12,
		    5062));
	result("another port, another node\n");
	e->partner.orig_dst.port = 0;
	expect(node("INVITE sip:alice@example.com SIP/2.0\r\n" IN_HEAD "CSeq: 1 INVITE\r\n" END, 11,
		    5062));
	result("to the main node on a connection that we dialled\n");
	e->partner.orig_dst.port = 5061;
	expect(node("BYE sip:a@imp-public.example.com:45080 SIP/2.0\r\n" IN_HEAD
		    "CSeq: 1 BYE\r\n" END,
		    12, 5080));
	result("the port of the Request-URI counts more\n");
	expect(node("BYE sip:a@203.0.113.10:5080;transport=tcp SIP/2.0\r\n" IN_HEAD
		    "CSeq: 1 BYE\r\n" END,
		    11, 5080));
	expect(e->route.tp == FP_TP_TCP);
	result("with the public address too, and the node's transport is told\n");
}

/* A URI as a partner would have got it from a node. */
static char *sealed(const struct fp_leg_view *leg, const char *name, const char *value)
{
	char *text, *out;

	if (asprintf(&text,
		     "INVITE sip:bob@example.net SIP/2.0\r\n" OUT_HEAD
		     "CSeq: 1 INVITE\r\n%s: %s\r\n" END,
		     name, value) < 0)
		abort();
	env_pass(e, leg, &e->partner, text, strlen(text));
	free(text);
	out = env_header(e->out, e->len, name, 0);
	return out ? out : strdup("");
}

static void test_tokens(void)
{
	char *rr = sealed(&e->node2, "Record-Route", "<sip:192.0.2.12:5062;transport=tls;lr>");
	char *far = sealed(&e->node2, "Record-Route", "<sip:192.0.2.99:5062;transport=tls;lr>");
	char *text;

	if (asprintf(&text,
		     "BYE sip:a@example.com SIP/2.0\r\n" IN_HEAD
		     "Route: <sip:imp-public.example.com;lr>\r\n"
		     "Route: %s\r\nCSeq: 1 BYE\r\n" END,
		     rr) < 0)
		abort();
	expect(node(text, 12, 5062));
	expect(e->w->own_routes == 1);
	expect(e->route.flags & FP_ROUTE_BY_ROUTE);
	expect(e->route.flags & FP_ROUTE_BY_TOKEN);
	result("our own Route is passed over, the node's behind it is met\n");
	free(text);
	if (asprintf(&text,
		     "BYE sip:a@example.com SIP/2.0\r\n" IN_HEAD "Route: %s\r\n"
		     "CSeq: 1 BYE\r\n" END,
		     far) < 0)
		abort();
	expect(node(text, 12, 5062));
	result("an inside host that is no node is met through its node\n");
	free(text);
	*(strstr(rr, "fpt=") + 9) ^= 1;
	if (asprintf(&text,
		     "BYE sip:a@example.com SIP/2.0\r\n" IN_HEAD "Route: %s\r\n"
		     "CSeq: 1 BYE\r\n" END,
		     rr) < 0)
		abort();
	expect(refused(&e->partner, text, "token-forged"));
	result("a forged one is refused\n");
	free(text);
	expect(refused(&e->partner,
		       "BYE sip:a@example.com SIP/2.0\r\n" IN_HEAD
		       "Route: <sip:imp-public.example.com;lr;fpr=aaaaaaaaaaaaaaaaaaaaaaaaaaaaa>\r\n"
		       "CSeq: 1 BYE\r\n" END,
		       "token-forged"));
	result("so is a Record-Route of ours that is not\n");
	free(rr);
	free(far);
}

static void test_outwards(void)
{
	expect(domain("INVITE sip:bob@example.net SIP/2.0\r\n" OUT_HEAD "CSeq: 1 INVITE\r\n" END,
		      "example.net", 0, "example.net"));
	result("by the domain of the Request-URI\n");
	expect(domain("BYE sip:bob@198.51.100.20:5061;transport=tls SIP/2.0\r\n" OUT_HEAD
		      "CSeq: 1 BYE\r\n" END,
		      "198.51.100.20", 5061, "example.net"));
	result("in a dialog by its Contact, with the user's domain beside it\n");
	expect(domain("BYE sip:bob@x.example.net SIP/2.0\r\n" OUT_HEAD
		      "Route: <sip:192.0.2.1;lr>, <sip:imp-public.example.com:5061;lr>\r\n"
		      "Route: <sip:edge.example.net:5061;lr>\r\nCSeq: 1 BYE\r\n" END,
		      "edge.example.net", 5061, "example.net"));
	expect(e->w->own_routes == 2);
	result("by the Route behind our own\n");
	expect(refused(&e->node,
		       "INVITE sip:carol@example.com SIP/2.0\r\n" OUT_HEAD "CSeq: 1 INVITE\r\n" END,
		       "inside-to-inside"));
	expect(refused(&e->node,
		       "INVITE sip:carol@192.0.2.12 SIP/2.0\r\n" OUT_HEAD "CSeq: 1 INVITE\r\n" END,
		       "inside-to-inside"));
	expect(refused(&e->node,
		       "INVITE sip:carol@imp2.example.com SIP/2.0\r\n" OUT_HEAD
		       "CSeq: 1 INVITE\r\n" END,
		       "inside-to-inside"));
	expect(refused(&e->node,
		       "INVITE sip:c@imp-public.example.com SIP/2.0\r\n" OUT_HEAD
		       "CSeq: 1 INVITE\r\n" END,
		       "inside-to-inside"));
	result("what is for the inside does not go out\n");
}

static void test_foreign(void)
{
	char *contact, *text;

	env_pass_str(e, &e->partner, &e->node,
		     "INVITE sip:alice@example.com SIP/2.0\r\n" IN_HEAD
		     "CSeq: 1 INVITE\r\nContact: <sip:bob@192.0.2.200:5061>\r\n" END);
	contact = env_header(e->out, e->len, "Contact", 0);
	*strchr(contact, '>') = 0;
	if (asprintf(&text, "BYE %s SIP/2.0\r\n" OUT_HEAD "CSeq: 1 BYE\r\n" END, contact + 1) < 0)
		abort();
	expect(domain(text, "192.0.2.200", 5061, "example.net"));
	result("a partner's host that looks like ours is found again\n");
	free(text);
	free(contact);
}

static void test_options(void)
{
	expect(route(&e->partner, "OPTIONS sip:imp-public.example.com:5061 SIP/2.0\r\n" IN_HEAD
				  "CSeq: 1 OPTIONS\r\n" END));
	expect(e->route.kind == FP_ROUTE_SELF);
	expect(route(&e->node,
		     "OPTIONS sip:192.0.2.1 SIP/2.0\r\n" OUT_HEAD "CSeq: 1 OPTIONS\r\n" END));
	expect(e->route.kind == FP_ROUTE_SELF);
	result("OPTIONS to the gateway stays here\n");
	expect(route(&e->partner,
		     "OPTIONS sip:bob@example.com SIP/2.0\r\nMax-Forwards: 0\r\n" VIA_EDGE
		     "From: <sip:bob@example.net>;tag=b\r\n"
		     "To: <sip:alice@example.com>\r\n"
		     "Call-ID: c1\r\n"
		     "CSeq: 1 OPTIONS\r\n" END));
	expect(e->route.kind == FP_ROUTE_SELF);
	result("so does one that may go no further\n");
	expect(route(&e->partner, "OPTIONS sip:alice@imp-public.example.com SIP/2.0\r\n" IN_HEAD
				  "CSeq: 1 OPTIONS\r\n" END));
	expect(e->route.kind == FP_ROUTE_NODE);
	expect(route(&e->partner,
		     "OPTIONS sip:example.com SIP/2.0\r\n" IN_HEAD "CSeq: 1 OPTIONS\r\n" END));
	expect(e->route.kind == FP_ROUTE_NODE);
	result("one to a user or a domain goes on\n");
}

static void test_absorb(void)
{
	static const char invite[] = "INVITE sip:x@example.com SIP/2.0\r\n" IN_HEAD
				     "CSeq: 4 INVITE\r\n" END;
	unsigned char buf[2000];
	char *to, *text;
	s32 n;

	route(&e->partner, invite);
	n = fp_sip_refuse(e->realm, &e->partner, e->msg, FP_R_NO_NODE, 0, buf, sizeof(buf));
	to = env_header(buf, n > 0 ? n : 0, "To", 0);
	if (asprintf(&text,
		     "ACK sip:x@example.com SIP/2.0\r\n" VIA_EDGE
		     "From: <sip:bob@example.net>;tag=b\r\nTo: %s\r\n"
		     "Call-ID: c1\r\nCSeq: 4 ACK\r\n" END,
		     to) < 0)
		abort();
	expect(route(&e->partner, text));
	expect(e->route.kind == FP_ROUTE_ABSORB);
	result("the ACK to a refusal of ours ends here\n");
	free(text);
	if (asprintf(&text,
		     "ACK sip:x@example.com SIP/2.0\r\n" VIA_EDGE
		     "From: <sip:bob@example.net>;tag=b\r\nTo: %s\r\n"
		     "Call-ID: c2\r\nCSeq: 4 ACK\r\n" END,
		     to) < 0)
		abort();
	expect(route(&e->partner, text));
	expect(e->route.kind == FP_ROUTE_NODE);
	result("one with that tag and another Call-ID goes on\n");
	free(text);
	free(to);
}

/* A response as the far end of @out would send it. */
static char *response_to(const struct fp_leg_view *in, const struct fp_leg_view *out,
			 const char *request)
{
	if (!env_pass_str(e, in, out, request)) {
		ksft_print_msg("refused: %s\n", env_reason(e));
		return strdup("");
	}
	return env_response(e, 200, "", "");
}

static void test_responses(void)
{
	static const char out[] = "INVITE sip:bob@example.net SIP/2.0\r\n" OUT_HEAD
				  "CSeq: 1 INVITE\r\n" END;
	static const char in[] = "INVITE sip:alice@example.com SIP/2.0\r\n" IN_HEAD
				 "CSeq: 1 INVITE\r\n" END;
	char *reply = response_to(&e->node, &e->partner, out), *more, *p;

	expect(route(&e->partner, reply));
	expect(e->route.kind == FP_ROUTE_RESPONSE);
	expect(e->route.leg_id == e->node.id);
	expect(e->route.endpoint.port == 33333);
	expect(e->route.reply.port == 5062);
	expect(e->route.reply.addr.b[3] == 11);
	result("a response finds its leg, and where to dial when that is gone\n");
	expect(refused(&e->node, reply, "via-forged"));
	p = strstr(reply, "From:");
	if (asprintf(&more, "%.*sVia: SIP/2.0/TLS x.example.net\r\n%s", (int)(p - reply), reply,
		     p) < 0)
		abort();
	expect(refused(&e->node, more, "via-forged"));
	free(more);
	result("it does not go round, whatever Vias are added\n");
	p = strstr(reply, "fpv=") + 20;
	*p = *p == 'A' ? 'B' : 'A';
	expect(refused(&e->partner, reply, "via-forged"));
	result("a forged token is dropped\n");
	*p = 'A';
	free(reply);
	reply = response_to(&e->node, &e->partner, out);
	*(strstr(reply, "z9hG4bKfp") + 12) ^= 2;
	expect(refused(&e->partner, reply, "via-forged"));
	result("a token with another branch too\n");
	free(reply);
	reply = response_to(&e->node, &e->partner, out);
	p = strstr(reply, "From:");
	if (asprintf(&more, "%.*sVia: SIP/2.0/TLS x.example.net\r\n%s", (int)(p - reply), reply,
		     p) < 0)
		abort();
	expect(refused(&e->partner, more, "via-extra"));
	result("Vias that a partner adds are dropped\n");
	free(more);
	free(reply);
	expect(refused(&e->partner, "SIP/2.0 200 OK\r\n" OUT_HEAD "CSeq: 1 INVITE\r\n" END,
		       "via-not-ours"));
	result("without our Via it is dropped\n");
	reply = response_to(&e->partner, &e->node, in);
	expect(route(&e->node, reply));
	expect(e->route.kind == FP_ROUTE_RESPONSE);
	expect(e->route.leg_id == e->partner.id);
	expect(e->route.endpoint.port == 44444);
	expect(fp_slice_eq(e->route.host, FP_LIT("edge.example.net")));
	expect(e->route.port == 5061);
	result("towards a partner too\n");
	free(reply);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(26);
	e = env_new(NULL);
	test_inwards();
	test_tokens();
	test_outwards();
	test_foreign();
	test_options();
	test_absorb();
	test_responses();
	env_free(e);
	ksft_finished();
}
