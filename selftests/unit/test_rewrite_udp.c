// SPDX-License-Identifier: GPL-2.0
/* Rewriting over UDP, where packets are rewritten on their way and no Via is ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kselftest.h"
#include "rewrite_steps.h"

#define UDP_OUT                                                      \
	"MESSAGE sip:bob@198.51.100.20 SIP/2.0\r\n"                  \
	"Via: SIP/2.0/UDP 192.0.2.12:5060;branch=z9hG4bK1;rport\r\n" \
	"From: <sip:alice@192.0.2.12>;tag=1\r\n"                     \
	"To: <sip:bob@198.51.100.20>\r\nCSeq: 1 MESSAGE\r\n"

static bool alg(enum fp_side from, const char *node, const char *text)
{
	struct fp_endpoint ep = { .port = 5060 };

	free(e->text);
	e->text = env_text(text);
	e->len = 0;
	e->out[0] = 0;
	if (!fp_slice_addr(fp_slice(node, strlen(node)), &ep.addr) ||
	    !env_parse(e, e->text, strlen(e->text)))
		return false;
	e->reason = fp_sip_rewrite_alg(e->realm, from, &ep, e->msg, e->w);
	if (e->reason)
		return false;
	e->len = fp_edits_apply(&e->w->edits, fp_slice(e->msg->buf, e->msg->len), e->out,
				ENV_MAX - 1);
	e->out[e->len] = 0;
	return from == FP_OUTSIDE || clean(e);
}

static void test_alg(void)
{
	char *sent, *reply;

	expect(alg(FP_INSIDE, "192.0.2.12",
		   UDP_OUT "Contact: <sip:a@192.0.2.12:5060>\r\nCall-ID: 1@192.0.2.12\r\n"
			   "Content-Type: application/sdp\r\n"
			   "Content-Length: @\r\n"
			   "\r\n"
			   "v=0\r\n"
			   "c=IN IP4 192.0.2.12\r\n"));
	expect(has("Via: SIP/2.0/UDP 203.0.113.10:45060;branch=z9hG4bK1;rport\r\n"));
	expect(has("Contact: <sip:a@203.0.113.10:45060>"));
	expect(has("c=IN IP4 203.0.113.10\r\n"));
	expect(length_right());
	result("UDP: Via, Contact and SDP by row\n");
	sent = header("Call-ID");
	reply = env_response(e, 200, "Contact: <sip:bob@198.51.100.20>\r\n", "");
	expect(alg(FP_OUTSIDE, "192.0.2.12", reply));
	expect(has("Via: SIP/2.0/UDP 192.0.2.12:5060;branch=z9hG4bK1;rport\r\n"));
	expect(has("From: <sip:alice@192.0.2.12:5060>;tag=1\r\n"));
	expect(header_is("Call-ID", "1@192.0.2.12"));
	result("and back to the node that the flow belongs to\n");
	free(sent);
	free(reply);
	expect(alg(FP_OUTSIDE, "192.0.2.12",
		   "SIP/2.0 200 OK\r\n"
		   "Via: SIP/2.0/UDP 203.0.113.10:45060;received=203.0.113.10\r\n" FROM_OUT TO_IN
		   "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n" END));
	expect(has("Via: SIP/2.0/UDP 192.0.2.12:5060;received=192.0.2.12\r\n"));
	result("a public address without a port is the node of the flow\n");
	expect(refused(alg(FP_INSIDE, "192.0.2.12",
			   UDP_OUT "Call-ID: 1\r\n"
				   "Contact: <sip:a@192.0.2.77>\r\n" END),
		       "alg-no-row"));
	result("an inside address without a row is refused\n");
	expect(alg(FP_OUTSIDE, "192.0.2.11",
		   "BYE sip:a@203.0.113.10:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.20\r\n"
		   "From: <sip:b@198.51.100.20>;tag=1\r\n"
		   "To: <sip:a@203.0.113.10>;tag=2\r\n"
		   "Call-ID: 1\r\n"
		   "CSeq: 1 BYE\r\n" END));
	expect(has("BYE sip:a@192.0.2.11:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.20\r\n"));
	result("no Via of ours over UDP\n");
}

#define UDP_VIAS                                                       \
	"MESSAGE sip:bob@198.51.100.20 SIP/2.0\r\n"                    \
	"Via: SIP/2.0/UDP 192.0.2.12:5060;branch=z9hG4bK1;rport, "     \
	"SIP/2.0/TCP 127.0.0.1:5070;branch=z9hG4bK0 \r\n"              \
	"From: <sip:alice@192.0.2.12>;tag=1\r\n"                       \
	"v: SIP/2.0/UDP\r\n imp2.corp.example.com;branch=z9hG4bK2\r\n" \
	"To: <sip:bob@198.51.100.20>\r\nCSeq: 1 MESSAGE\r\nCall-ID: 1\r\n"

static bool alg_response(const char *via)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "SIP/2.0 200 OK\r\n%s\r\n" FROM_OUT TO_IN
		 "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n" END, via);
	return alg(FP_OUTSIDE, "192.0.2.12", text);
}

/* The Via that went out, in a response whose branch may be another. */
static bool alg_echo(const char *sent, const char *extra, bool other_branch)
{
	char via[2048];

	snprintf(via, sizeof(via), "Via: %s%s", sent, extra);
	if (other_branch)
		strstr(via, "branch=z9hG4bK1")[14] = '9';
	return alg_response(via);
}

static void test_alg_vias(void)
{
	char *sent;

	expect(alg(FP_INSIDE, "192.0.2.12", UDP_VIAS END));
	expect(hasnt("127.0.0.1") && hasnt("corp.example.com") && hasnt("\r\nv:"));
	expect(has("\r\nVia: SIP/2.0/UDP 203.0.113.10:45060;fpv="));
	result("UDP: what stands behind the node is sealed\n");
	sent = header("Via");
	expect(alg_echo(sent, ";received=203.0.113.10", false));
	expect(has("Via: SIP/2.0/UDP 192.0.2.12:5060;branch=z9hG4bK1;rport;received=192.0.2.12, "
		   "SIP/2.0/TCP 127.0.0.1:5070;branch=z9hG4bK0 \r\n"
		   "v: SIP/2.0/UDP\r\n imp2.corp.example.com;branch=z9hG4bK2\r\n"));
	result("and comes back byte for byte\n");
	expect(refused(alg_echo(sent, "", true), "via-forged"));
	result("to its own transaction only\n");
	*strchr(strstr(sent, "fpv=") + 9, sent[13]) ^= 1;
	expect(refused(alg_echo(sent, "", false), "via-forged"));
	free(sent);
	result("a forged one does not\n");
	expect(refused(alg_response("Via: SIP/2.0/UDP 203.0.113.10:45060;branch=z9hG4bK1, "
				    "SIP/2.0/UDP 192.0.2.77"), "via-extra"));
	expect(refused(alg_response("Via: SIP/2.0/UDP 192.0.2.12:5060;branch=z9hG4bK1"),
		       "via-not-ours"));
	result("a response cannot name another way inside\n");
	expect(refused(alg(FP_INSIDE, "192.0.2.12",
			   "MESSAGE sip:bob@198.51.100.20 SIP/2.0\r\n"
			   "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\n"
			   "From: <sip:alice@192.0.2.12>;tag=1\r\n"
			   "To: <sip:bob@198.51.100.20>\r\nCSeq: 1 MESSAGE\r\n"
			   "Call-ID: 1\r\n" END), "alg-no-row"));
	result("a topmost Via that no row covers does not leave\n");
	expect(alg(FP_INSIDE, "192.0.2.12",
		   "MESSAGE sip:bob@198.51.100.20 SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP 192.0.2.12:5060;fpv=x;branch=z9hG4bK1\r\n"
		   "From: <sip:alice@192.0.2.12>;tag=1\r\n"
		   "To: <sip:bob@198.51.100.20>\r\nCSeq: 1 MESSAGE\r\n"
		   "Call-ID: 1\r\n" END));
	sent = header("Via");
	expect(alg_echo(sent, "", false));
	expect(has("Via: SIP/2.0/UDP 192.0.2.12:5060;fpv=x;branch=z9hG4bK1\r\n"));
	free(sent);
	result("a node may have a parameter of that name\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(12);
	e = env_new(NULL);
	test_alg();
	test_alg_vias();
	env_free(e);
	ksft_finished();
}
