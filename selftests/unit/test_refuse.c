// SPDX-License-Identifier: GPL-2.0
/* Our own responses: what RFC 3261 asks of them, and nothing that leaks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "kselftest.h"
#include "relay_env.h"

static const char invite[] = "INVITE sip:x@example.com SIP/2.0\r\n"
			     "v: SIP/2.0/TLS edge.example.net;branch=z9hG4bKe;rport\r\n"
			     "Via: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bK2 , SIP/2.0/UDP 10.0.0.2\r\n"
			     "f: \"Bob\"\r\n <sip:bob@example.net>;tag=b\r\n"
			     "To: <sip:x@example.com>\r\n"
			     "Call-ID: c1\r\n"
			     "CSeq: 4 INVITE\r\n"
			     "Proxy-Require: foo, bar\r\n"
			     "Timestamp: 5\r\n"
			     "Content-Length: 0\r\n\r\n";

static struct env *e;
static unsigned char buf[4000];
static s32 len;

static s32 refuse(const struct fp_leg_view *leg, const char *text, enum fp_reason reason, u32 retry)
{
	memset(buf, 0, sizeof(buf));
	env_parse(e, text, strlen(text));
	len = fp_sip_refuse(e->realm, leg, e->msg, reason, retry, buf, sizeof(buf) - 1);
	return len;
}

static bool has(const char *text)
{
	if (strstr((char *)buf, text))
		return true;
	ksft_print_msg("no %s in:\n%s\n", text, buf);
	return false;
}

static bool parses(void)
{
	struct fp_sip_msg *m = malloc(sizeof(*m));
	bool ok = len > 0 && !fp_sip_parse(m, buf, len, 0) && !m->is_request && m->to_tag.len;

	free(m);
	return ok;
}

static void test_form(void)
{
	char again[sizeof(buf)];

	expect(refuse(&e->partner, invite, FP_R_NO_NODE, 0) > 0);
	expect(parses());
	expect(has("SIP/2.0 404 Not Found\r\nv: SIP/2.0/TLS edge.example.net;branch=z9hG4bKe"));
	expect(has(";rport=44444;received=198.51.100.20\r\n"
		   "Via: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bK2 , SIP/2.0/UDP 10.0.0.2\r\n"
		   "f: \"Bob\"\r\n <sip:bob@example.net>;tag=b\r\n"
		   "To: <sip:x@example.com>;tag=fp"));
	expect(has("\r\nCall-ID: c1\r\nCSeq: 4 INVITE\r\n"));
	expect(has("\r\nContent-Length: 0\r\n\r\n"));
	expect(has("\"no-node\"\r\n"));
	result("Via, From, To with a tag, Call-ID, CSeq and the reason's name\n");
	memcpy(again, buf, sizeof(buf));
	refuse(&e->partner, invite, FP_R_NO_NODE, 0);
	expect(!memcmp(again, buf, sizeof(buf)));
	result("the same request, the same response\n");
	expect(refuse(&e->partner, invite, FP_R_PROXY_REQUIRE, 0) > 0);
	expect(has("SIP/2.0 420 Bad Extension\r\n"));
	expect(has("\r\nUnsupported: foo, bar\r\n"));
	result("420 says what is not supported\n");
	expect(refuse(&e->partner, invite, FP_R_MEDIA_OFFER, 0) > 0);
	expect(has("SIP/2.0 488 Not Acceptable Here\r\n"));
	expect(has("\r\nWarning: 304 imp-public.example.com \"media-offer\"\r\n"));
	result("488 has its warning\n");
	expect(refuse(&e->partner, invite, FP_R_NO_NODE, 17) > 0);
	expect(has("\r\nRetry-After: 17\r\n"));
	result("Retry-After\n");
	expect(!leak_find(&env_secrets, buf, len));
	result("nothing of the inside in it\n");
}

static void test_none(void)
{
	expect(!refuse(&e->partner,
		       "ACK sip:x@example.com SIP/2.0\r\n"
		       "Via: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
		       "From: <sip:b@example.net>;tag=1\r\n"
		       "To: <sip:x@example.com>\r\n"
		       "Call-ID: 1\r\n"
		       "CSeq: 1 ACK\r\n"
		       "Content-Length: 0\r\n\r\n",
		       FP_R_NO_NODE, 0));
	result("no response to an ACK\n");
	expect(!refuse(&e->partner,
		       "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
		       "From: <sip:b@example.net>;tag=1\r\n"
		       "To: <sip:x@example.com>\r\n"
		       "Call-ID: 1\r\n"
		       "CSeq: 1 INVITE\r\n"
		       "Content-Length: 0\r\n\r\n",
		       FP_R_NO_NODE, 0));
	result("nor to a response\n");
	expect(!refuse(&e->partner, invite, FP_R_VIA_FORGED, 0));
	result("nor for a reason without a status\n");
	env_parse(e, invite, sizeof(invite) - 1);
	expect(fp_sip_refuse(e->realm, &e->partner, e->msg, FP_R_NO_NODE, 0, buf, 100) == -ENOSPC);
	result("no half response\n");
}

/* What could not be parsed is answered where there is enough to answer to. */
static void test_unparsable(void)
{
	expect(refuse(&e->partner,
		      "INVITE sip:x@example.com SIP/2.0\r\n"
		      "Via: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
		      "From: <sip:b@example.net>;tag=1\r\n"
		      "To: <sip:x@example.com>\r\n"
		      "Call-ID: 1\r\n"
		      "CSeq: 1 INVITE\r\n"
		      "Contact: <sip:b@@@\r\nContent-Length: 0\r\n\r\n",
		      FP_R_PARSE_ADDRESS, 0) > 0);
	expect(e->msg->err);
	expect(has("SIP/2.0 400 Bad Request\r\n"));
	expect(parses());
	result("a broken header is 400\n");
	expect(!refuse(&e->partner,
		       "INVITE sip:x@example.com SIP/2.0\r\n"
		       "From: <sip:b@example.net>;tag=1\r\n"
		       "Content-Length: 0\r\n\r\n",
		       FP_R_PARSE_MISSING_VIA, 0));
	expect(e->msg->err);
	result("without Via there is no one to answer\n");
}

static void each(void *ctx, const char *path, const unsigned char *bytes, size_t n)
{
	struct fp_sip_msg *m = malloc(sizeof(*m));
	u32 *bad = ctx;
	s32 got;

	e->parse_flags = FP_PARSE_DATAGRAM;
	env_parse(e, bytes, n);
	got = fp_sip_refuse(e->realm, &e->partner, e->msg, FP_R_PARSE_URI, 3, buf, sizeof(buf));
	/* What was parsed must give a response that can be parsed. */
	if (got < 0 || (got && !e->msg->err && fp_sip_parse(m, buf, got, FP_PARSE_DATAGRAM))) {
		ksft_print_msg("%s: %d %s\n", path, got,
			       got > 0 ? fp_reason_info(m->err)->name : "");
		if (got != -ENOSPC)
			(*bad)++;
	}
	e->parse_flags = 0;
	free(m);
}

static void test_corpus(void)
{
	u32 bad = 0;
	int files = env_each_file("sip-torture", ".dat", each, &bad) +
		    env_each_file("sip-messages", ".sip", each, &bad);

	if (!files)
		ksft_test_result_skip("no test data\n");
	else
		ksft_test_result(!bad, "every message of the corpus, parsed or not (%d)\n", files);
}

static void test_options(void)
{
	static const char options[] = "OPTIONS sip:imp-public.example.com SIP/2.0\r\n"
				      "Via: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
				      "From: <sip:b@example.net>;tag=1\r\n"
				      "To: <sip:imp-public.example.com>\r\n"
				      "Call-ID: 1\r\n"
				      "CSeq: 1 OPTIONS\r\n"
				      "Content-Length: 0\r\n\r\n";

	memset(buf, 0, sizeof(buf));
	env_parse(e, options, sizeof(options) - 1);
	len = fp_sip_answer_options(e->realm, &e->partner, e->msg, buf, sizeof(buf) - 1);
	expect(parses());
	expect(has("SIP/2.0 200 OK\r\n"));
	expect(!strstr((char *)buf, "Server"));
	expect(!leak_find(&env_secrets, buf, len));
	result("OPTIONS gets 200\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(14);
	e = env_new(NULL);
	test_form();
	test_none();
	test_unparsable();
	test_corpus();
	test_options();
	env_free(e);
	ksft_finished();
}
