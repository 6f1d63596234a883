// SPDX-License-Identifier: GPL-2.0
/* Who may say what to whom. */
#include <stdio.h>
#include <stdlib.h>
#include "corpus.h"
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

static void test_dialect(void)
{
	struct env_opts standard = { .flags = FP_REALM_STANDARD };
	struct env_opts microsoft = { .flags = FP_REALM_MICROSOFT };
	struct env *any = e;

	expect(in(RURI HEAD "Ms-Foo: 1\r\n" BOB TO END, "none"));
	result("where no dialect is named either passes\n");
	e = env_new(&standard);
	expect(in(RURI HEAD BOB TO END, "none"));
	expect(in(RURI HEAD "X-ms-foo: ms-1\r\nSubject: ms-x\r\n" BOB TO END, "none"));
	expect(in(RURI HEAD "Ms-Foo: 1\r\n" BOB TO END, "dialect-not-allowed"));
	expect(in(RURI HEAD "FROM: <sip:bob@example.net>;tag=b;EPID=0a\r\n" TO END,
		  "dialect-not-allowed"));
	expect(in(RURI "Via: SIP/2.0/TLS x;branch=z9hG4bKe;ms-received-port=1\r\n"
		  "Call-ID: c1\r\nCSeq: 1 INVITE\r\n" BOB TO END, "dialect-not-allowed"));
	expect(in(RURI HEAD "Contact: <sip:x.example.net;ms-opaque=1>\r\n" BOB TO END,
		  "dialect-not-allowed"));
	expect(in("BENOTIFY sip:alice@example.com SIP/2.0\r\n"
		  "Via: SIP/2.0/TLS x;branch=z9hG4bKe\r\nCall-ID: c1\r\nCSeq: 1 BENOTIFY\r\n"
		  BOB TO END, "dialect-not-allowed"));
	expect(in(RURI HEAD "Supported: timer, ms-early-media\r\n" BOB TO END,
		  "dialect-not-allowed"));
	expect(in(RURI HEAD "k: com.microsoft.rtc-multiparty\r\n" BOB TO END,
		  "dialect-not-allowed"));
	expect(out(OUT HEAD "Ms-Foo: 1\r\n" ALICE TO END, "none"));
	expect(in("SIP/2.0 200 OK\r\n" HEAD "Ms-Foo: 1\r\n" BOB TO END, "none"));
	result("standard: a partner's requests show nothing of Microsoft's\n");
	env_free(e);
	e = env_new(&microsoft);
	expect(in(RURI HEAD BOB TO END, "dialect-not-allowed"));
	expect(in(RURI HEAD "Ms-Foo: 1\r\n" BOB TO END, "none"));
	expect(out(OUT HEAD ALICE TO END, "none"));
	result("microsoft: nothing else passes, and nodes may speak as they do\n");
	env_free(e);
	e = any;
}

struct tally {
	unsigned int requests;
	unsigned int microsoft;
	bool tell;	/* those that are */
	bool miss;	/* those that are not */
};

/* Windows Messenger of 2003 to another: its User-Agent is all that tells. */
static bool is_plain(const char *name)
{
	return !strcmp(name, "40-SUBSCRIBE.sip") || !strcmp(name, "42-NOTIFY.sip");
}

static void count_file(const struct corpus_file *f, void *ctx)
{
	static struct fp_sip_msg m;
	struct tally *t = ctx;
	bool is;

	/* Not each of them can be parsed; what was understood of it says enough. */
	fp_sip_parse(&m, f->p, f->len, FP_PARSE_DATAGRAM);
	if (!m.is_request || !m.n_vias || is_plain(f->name))
		return;
	is = fp_sip_is_microsoft(&m);
	t->requests++;
	t->microsoft += is;
	if (is ? t->tell : t->miss)
		ksft_print_msg("%s: %s\n", f->path, is ? "microsoft" : "standard");
}

static void test_corpus(void)
{
	struct tally ms = { .miss = true }, other = { .tell = true };

	if (!corpus_has("sip-microsoft")) {
		ksft_test_result_skip("no third-party messages\n");
		ksft_test_result_skip("no third-party messages\n");
		return;
	}
	corpus_walk("sip-microsoft", NULL, count_file, &ms);
	corpus_walk("sip-torture", NULL, count_file, &other);
	corpus_walk("sip-callflows", NULL, count_file, &other);
	corpus_walk("sip-rfc-examples", NULL, count_file, &other);
	ksft_print_msg("%u of %u, %u of %u\n", ms.microsoft, ms.requests, other.microsoft,
		       other.requests);
	ksft_test_result(ms.requests && ms.microsoft == ms.requests,
			 "third-party requests of Microsoft's are known for it\n");
	ksft_test_result(other.requests && !other.microsoft, "and nobody else's\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(25);
	e = env_new(NULL);
	test_identity();
	test_target();
	test_hops();
	test_media();
	test_dialect();
	test_corpus();
	env_free(e);
	ksft_finished();
}
