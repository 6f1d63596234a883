// SPDX-License-Identifier: GPL-2.0
/* Who may say what to whom. */
#include <stdio.h>
#include <stdlib.h>
#include "kselftest.h"
#include "relay_env.h"

#define HEAD "Via: SIP/2.0/TLS x.example.net;branch=z9hG4bKe\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"
#define BOB "From: <sip:bob@example.net>;tag=b\r\n"
#define ALICE "From: <sip:alice@example.com>;tag=a\r\n"
#define TO "To: <sip:alice@example.com>\r\n"
#define RURI "INVITE sip:alice@example.com SIP/2.0\r\n"
#define OUT "INVITE sip:bob@example.net SIP/2.0\r\n"
#define END "Content-Length: 0\r\n\r\n"
#define SDP                                                                      \
	"Content-Type: application/sdp\r\nContent-Length: @\r\n\r\n"              \
	"v=0\r\no=- 0 0 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\n" \
	"t=0 0\r\n"

static struct env *e;

static bool verdict(const struct fp_leg_view *leg, const char *text, const char *want)
{
	free(e->text);
	e->text = env_text(text);
	if (env_parse(e, e->text, strlen(e->text)))
		e->reason = fp_sip_inspect(e->realm, leg, e->msg, e->w);
	if (!strcmp(env_reason(e), want))
		return true;
	ksft_print_msg("%s, not %s\n", env_reason(e), want);
	return false;
}

static bool in(const char *text, const char *want)
{
	return verdict(&e->partner, text, want);
}

static bool out(const char *text, const char *want)
{
	return verdict(&e->node, text, want);
}

static void test_identity(void)
{
	expect(in(RURI HEAD BOB TO END, "none"));
	result("a domain that the peer may speak for\n");
	expect(in(RURI HEAD "From: <sip:bob@EXAMPLE.NET.>;tag=1\r\n" TO END, "none"));
	expect(in(RURI HEAD "From: \"x\" <sips:bob@example.org>;tag=1\r\n" TO END, "none"));
	result("in any case, sips, a second domain\n");
	expect(in(RURI HEAD "From: <sip:eve@evil.example>;tag=1\r\n" TO END,
		  "from-domain-not-allowed"));
	expect(in(RURI HEAD "From: <sip:eve@sub.example.net>;tag=1\r\n" TO END,
		  "from-domain-not-allowed"));
	expect(in(RURI HEAD "From: <sip:eve@example.net.evil.example>;tag=1\r\n" TO END,
		  "from-domain-not-allowed"));
	expect(in(RURI HEAD "From: <sip:bob%40example.net@evil.example>;tag=1\r\n" TO END,
		  "from-domain-not-allowed"));
	expect(in(RURI HEAD "From: \"sip:bob@example.net\" <sip:eve@example.com>;tag=1\r\n" TO END,
		  "from-domain-not-allowed"));
	expect(in(RURI HEAD "From: <sip:bob@198.51.100.20>;tag=1\r\n" TO END,
		  "from-domain-not-allowed"));
	result("no other, however it is dressed up\n");
	expect(in(RURI HEAD "From: <tel:+1555>;tag=1\r\n" TO END, "from-without-domain"));
	expect(in(RURI HEAD "From: <urn:x:y>;tag=1\r\n" TO END, "from-without-domain"));
	result("a From that names no domain is refused\n");
	expect(in(RURI HEAD BOB TO
		  "P-Asserted-Identity: <sip:bob@example.net>, <tel:+1555>\r\n" END,
		  "none"));
	expect(in(RURI HEAD BOB TO "P-Asserted-Identity: <sip:bob@example.net>\r\n"
				   "P-Asserted-Identity: <sip:ceo@example.com>\r\n" END,
		  "pai-domain-not-allowed"));
	expect(in(RURI HEAD BOB TO "Remote-Party-ID: <sip:ceo@example.com>;party=calling\r\n" END,
		  "pai-domain-not-allowed"));
	result("every asserted identity counts\n");
	e->partner.flags = FP_LEG_ANY_DOMAIN;
	expect(in(RURI HEAD "From: <sip:eve@any.example>;tag=1\r\n" TO END, "none"));
	result("unless policy says any\n");
	e->partner.flags = 0;
	e->partner.domains = NULL;
	expect(in(RURI HEAD BOB TO END, "from-domain-not-allowed"));
	result("a leg without domains speaks for none\n");
	e->partner.domains = e->domains;
	expect(out(OUT HEAD ALICE "To: <sip:bob@example.net>\r\n" END, "none"));
	expect(out(OUT HEAD "From: <sip:ping@192.0.2.11:5062>;tag=1\r\n"
			    "To: <sip:bob@example.net>\r\n" END,
		   "none"));
	expect(out(OUT HEAD BOB "To: <sip:bob@example.net>\r\n" END, "from-not-local"));
	result("inside nodes speak for our domains and for themselves\n");
}

static void test_target(void)
{
	expect(in("INVITE sip:alice@imp-public.example.com SIP/2.0\r\n" HEAD BOB TO END, "none"));
	expect(in("INVITE sip:alice@203.0.113.10:45062 SIP/2.0\r\n" HEAD BOB TO END, "none"));
	expect(in("INVITE im:alice@example.com SIP/2.0\r\n" HEAD BOB TO END, "none"));
	result("our domains, public name and address\n");
	expect(in("INVITE sip:alice@192.0.2.11 SIP/2.0\r\n" HEAD BOB TO END, "not-our-domain"));
	expect(in("INVITE sip:alice@imp1.example.com SIP/2.0\r\n" HEAD BOB TO END,
		  "not-our-domain"));
	expect(in("INVITE sip:carol@example.org SIP/2.0\r\n" HEAD BOB TO END, "not-our-domain"));
	result("no guessed inside host, and no relay to others\n");
	expect(in("INVITE tel:+1555 SIP/2.0\r\n" HEAD BOB TO END, "uri-scheme"));
	expect(in("INVITE nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n" HEAD BOB TO END,
		  "uri-scheme"));
	result("schemes that lead nowhere\n");
	expect(in("INVITE sip:a@x;fpt=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa SIP/2.0\r\n" HEAD BOB TO END,
		  "token-forged"));
	result("a forged token\n");
}

static void test_hops(void)
{
	expect(in(RURI "Max-Forwards: 0\r\n" HEAD BOB TO END, "max-forwards-zero"));
	expect(in(RURI "Max-Forwards: 1\r\n" HEAD BOB TO END, "none"));
	expect(out(OUT "Max-Forwards: 0\r\n" HEAD ALICE TO END, "max-forwards-zero"));
	result("Max-Forwards 0 goes no further\n");
	expect(in("OPTIONS sip:alice@example.com SIP/2.0\r\n"
		  "Max-Forwards: 0\r\n"
		  "Via: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
		  "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n" BOB TO END,
		  "none"));
	result("but OPTIONS is answered\n");
	expect(in(RURI "Proxy-Require: foo\r\n" HEAD BOB TO END, "proxy-require"));
	result("Proxy-Require\n");
}

static void test_media(void)
{
	struct env_opts o = { .flags = FP_REALM_ALLOW_MEDIA };
	struct env *strict = e;

	expect(in(RURI HEAD BOB TO SDP "m=message 5060 sip null\r\n", "none"));
	expect(in(RURI HEAD BOB TO SDP "m=x-ms-message 5060 sip sip:b@example.net\r\n", "none"));
	expect(in(RURI HEAD BOB TO SDP "m=audio 0 RTP/AVP 0\r\nm=message 5060 sip null\r\n",
		  "none"));
	result("sessions of messages pass, and media that are off\n");
	expect(in(RURI HEAD BOB TO SDP "m=audio 49170 RTP/AVP 0\r\n", "media-offer"));
	expect(in(RURI HEAD BOB TO SDP "m=message 5060 sip null\r\nm=video 49170 RTP/AVP 31\r\n",
		  "media-offer"));
	expect(in(RURI HEAD BOB TO SDP "m=applicationsharing 49170 TCP/RTP/AVP 31\r\n",
		  "media-offer"));
	expect(out(OUT HEAD ALICE TO SDP "m=audio 49170 RTP/AVP 0\r\n", "media-offer"));
	result("audio, video and what nobody knows do not, from either side\n");
	expect(in(RURI HEAD BOB TO
		  "Content-Type: multipart/alternative;boundary=b\r\nContent-Length: @\r\n\r\n"
		  "--b\r\n"
		  "Content-Type: text/plain\r\n"
		  "\r\n"
		  "hi\r\n"
		  "--b\r\n"
		  "Content-Type: application/sdp\r\n\r\n"
		  "v=0\r\n"
		  "o=- 0 0 IN IP4 1.2.3.4\r\n"
		  "s=-\r\n"
		  "c=IN IP4 1.2.3.4\r\n"
		  "t=0 0\r\n"
		  "m=audio 9 RTP/AVP 0\r\n"
		  "\r\n"
		  "--b--\r\n",
		  "media-offer"));
	result("nor in a part of a body\n");
	expect(out("SIP/2.0 200 OK\r\n" HEAD BOB TO SDP "m=audio 49170 RTP/AVP 0\r\n", "none"));
	expect(e->w->notes & FP_NOTE_MEDIA);
	result("in a response they are noted: nothing can be answered to it\n");
	e = env_new(&o);
	expect(in(RURI HEAD BOB TO SDP "m=audio 49170 RTP/AVP 0\r\n", "none"));
	result("unless policy allows media\n");
	env_free(e);
	e = strict;
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(20);
	e = env_new(NULL);
	test_identity();
	test_target();
	test_hops();
	test_media();
	env_free(e);
	ksft_finished();
}
