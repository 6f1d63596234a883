// SPDX-License-Identifier: GPL-2.0
/* What is refused, answered or dropped on a leg, and what its stream survives. */
#include <stdlib.h>
#include <string.h>
#include "leglib.h"

#define BOB	"bob@example.net"
#define ALICE	"alice@example.com"

static const struct leg_spec node_spec = { .inside = true };
static const struct leg_spec partner_spec = { .k = KEYS_13_AES128 };

static bool pings(struct world *w)
{
	u64 before = counter(w, "pings");
	struct far partner;

	leg_open(w, &partner_spec, &partner);
	WANT(far_send(&partner, "\r\n\r\n", 4));
	WANT(counter_moved(w, "pings", before, 1));
	/* A pong is two bytes and no message. */
	WANT(far_silent(&partner, 50));
	far_close(&partner);
	return all_quiet(w);
}

/* Thousands in one record: all are counted, and do not become records of ours. */
static bool ping_flood(struct world *w)
{
	u64 before = counter(w, "pings"), sends = counter(w, "sends");
	char flood[16000];
	struct far partner;
	struct msg m;
	size_t i;

	for (i = 0; i < sizeof(flood); i++)
		flood[i] = "\r\n"[i % 2];
	leg_open(w, &partner_spec, &partner);
	WANT(far_send(&partner, flood, sizeof(flood)));
	WANT(counter_moved(w, "pings", before, sizeof(flood) / 4));
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, "x@example.org", 1)));
	WANT(far_recv(&partner, &m, 2000) && msg_is(&m, 404));
	WANT(counter(w, "sends") - sends < sizeof(flood) / 4 / 50);
	far_close(&partner);
	return all_quiet(w);
}

static bool options(struct world *w)
{
	struct far partner;
	struct msg m;

	leg_open(w, &partner_spec, &partner);
	WANT(far_send_str(&partner, "OPTIONS sip:sip.example.com SIP/2.0\r\n"
			  "Via: SIP/2.0/TLS edge.example.net:5061;branch=z9hG4bK1\r\n"
			  "From: <sip:edge.example.net@example.net>;tag=1\r\n"
			  "To: <sip:sip.example.com>\r\nCall-ID: 1\r\nCSeq: 7 OPTIONS\r\n"
			  "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"));
	WANT(far_recv(&partner, &m, 2000) && msg_is(&m, 200) && msg_cseq(&m) == 7);
	far_close(&partner);
	return all_quiet(w);
}

/* Bytes that end framing: a reason, perhaps a response, and the end. */
static bool fatal(struct world *w, const char *bytes, const char *reason, int status)
{
	u64 before = counter(w, reason);
	struct far partner;
	struct msg m;

	notices_drop(w);
	leg_open(w, &partner_spec, &partner);
	WANT(far_send_str(&partner, bytes));
	if (status)
		WANT(far_recv(&partner, &m, 2000) && msg_is(&m, status));
	WANT(leg_down(w, partner.leg, reason));
	WANT(far_end(&partner, 2000) == 'n');
	/* One fault, however much it ends. */
	WANT(counter(w, reason) == before + 1);
	far_close(&partner);
	return all_quiet(w);
}

#define HEAD	"MESSAGE sip:alice@example.com SIP/2.0\r\n"				\
		"Via: SIP/2.0/TLS edge.example.net:5061;branch=z9hG4bK1\r\n"		\
		"From: <sip:bob@example.net>;tag=1\r\nTo: <sip:alice@example.com>\r\n"	\
		"Call-ID: 1\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"

static bool framing_lost(struct world *w)
{
	return fatal(w, "hello, is this SIP?\r\n\r\n", "not-sip", 0) &&
	       fatal(w, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http-on-sip-port", 0) &&
	       fatal(w, HEAD "\r\n", "content-length-missing", 400) &&
	       fatal(w, HEAD "Content-Length: -1\r\n\r\n", "content-length-bad", 400) &&
	       fatal(w, HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
		     "content-length-contradicting", 400);
}

/* 513, the body is drained, and the stream goes on. */
static bool oversize(struct world *w)
{
	u64 before = counter(w, "message-too-large");
	struct far node, partner;
	char *body = malloc(200000);
	struct msg m;

	memset(body, 'y', 200000);
	leg_open(w, &node_spec, &node);
	leg_open(w, &partner_spec, &partner);
	WANT(far_send_str(&partner, sip_request_body("MESSAGE", BOB, ALICE, 1, "", body, 200000)));
	free(body);
	WANT(far_recv(&partner, &m, 2000) && msg_is(&m, 513) && msg_cseq(&m) == 1);
	WANT(counter(w, "message-too-large") == before + 1);
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 2)));
	WANT(far_recv(&node, &m, 2000) && msg_cseq(&m) == 2);
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* As large as the limit allows, also where that is more than a worker's buffer. */
static bool large(struct world *w)
{
	static const size_t sizes[] = { 15000, 16384, 40000, 64000, 82000, 300000 };
	char *body = malloc(300000);
	struct far node, partner;
	unsigned int i;
	struct msg m;

	memset(body, 'z', 300000);
	world_policy(w, "max-message: 400000", NULL);
	leg_open(w, &node_spec, &node);
	leg_open(w, &partner_spec, &partner);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		WANT(far_send_str(&partner, sip_request_body("MESSAGE", BOB, ALICE, i + 1, "",
							     body, sizes[i])));
		WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, i + 100)));
		WANT(far_recv(&node, &m, 3000) && msg_cseq(&m) == i + 1 && m.len > sizes[i]);
		WANT(!memcmp(m.p + m.len - sizes[i], body, sizes[i]));
		WANT(far_recv(&node, &m, 2000) && msg_cseq(&m) == i + 100);
	}
	free(body);
	far_close(&node);
	far_close(&partner);
	world_policy(w, NULL, NULL);
	return all_quiet(w);
}

/* Refused by the core, on the leg that it came from. */
static bool refusal(struct far *partner, const char *text, int status, const char *reason)
{
	struct msg m;

	WANT(far_send_str(partner, text));
	WANT(far_recv(partner, &m, 2000) && msg_is(&m, status) && msg_has(&m, reason));
	return true;
}

static bool refusals(struct world *w)
{
	u64 before = counter(w, "from-domain-not-allowed");
	struct fp_obj_notice *n;
	struct far partner;

	notices_drop(w);
	leg_open(w, &partner_spec, &partner);
	WANT(refusal(&partner, sip_request("MESSAGE", "eve@example.org", ALICE, 1), 403,
		     "from-domain-not-allowed"));
	n = notice_wait(w, FEDPAT_EVENT_REFUSED, 2000);
	WANT(n && n->leg == partner.leg && !strcmp(n->reason, "from-domain-not-allowed"));
	WANT(!strcmp(n->peer, "partner") && n->remote.port == 5061 && n->text && *n->text);
	fp_obj_free(&n->o);
	WANT(refusal(&partner, sip_request("MESSAGE", BOB, "x@elsewhere.example", 2), 404,
		     "not-our-domain"));
	WANT(refusal(&partner, sip_request("MESSAGE", "x@blocked.example", ALICE, 3), 403,
		     "domain-blocked"));
	WANT(refusal(&partner, HEAD "Bad Header\r\nContent-Length: 0\r\n\r\n", 400,
		     "header-line-malformed"));
	WANT(counter(w, "from-domain-not-allowed") == before + 1);
	far_close(&partner);
	return all_quiet(w);
}

/* A response that answers nothing of ours. */
static bool stray_response(struct world *w)
{
	u64 before = counter(w, "via-not-ours");
	struct far node;

	leg_open(w, &node_spec, &node);
	WANT(far_send_str(&node, "SIP/2.0 200 OK\r\n"
			  "Via: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKnot-ours\r\n"
			  "From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.net>;tag=2\r\n"
			  "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"));
	WANT(counter_moved(w, "via-not-ours", before, 1));
	WANT(far_silent(&node, 50));
	far_close(&node);
	return all_quiet(w);
}

/* A head longer than the limit is not let in by what its Content-Length claims. */
static bool long_head(struct world *w)
{
	static const char fmt[] = "MESSAGE sip:" ALICE " SIP/2.0\r\nContent-Length: 4294960000\r\n"
		"X: %6000d\r\n\r\n";
	u64 before = counter(w, "head-too-large");
	char *text;
	struct far partner;

	world_policy(w, "max-message: 2048", NULL);
	leg_open(w, &partner_spec, &partner);
	WANT(asprintf(&text, fmt, 1) > 6000);
	WANT(far_send_str(&partner, text));
	free(text);
	WANT(leg_down(w, partner.leg, "head-too-large"));
	WANT(counter(w, "head-too-large") == before + 1);
	far_close(&partner);
	world_policy(w, NULL, NULL);
	return all_quiet(w);
}

/* INVITE refused, its ACK ends here. */
static bool ack_absorbed(struct world *w)
{
	u64 before = counter(w, "acks-absorbed");
	struct far partner;
	char *ack, *tag;
	struct msg m;

	leg_open(w, &partner_spec, &partner);
	WANT(far_send_str(&partner, sip_request("INVITE", "eve@example.org", ALICE, 1)));
	WANT(far_recv(&partner, &m, 2000) && msg_is(&m, 403));
	tag = memmem(m.p, m.len, ";tag=fp", 7);
	WANT(tag);
	ack = strdup(sip_request("ACK", "eve@example.org", ALICE, 1));
	/* The To tag of the response goes where the To of the ACK ends. */
	tag = strndup(tag, strcspn(tag, "\r"));
	m.p = strstr(ack, "To: <sip:" ALICE ">") + strlen("To: <sip:" ALICE ">");
	WANT(far_send(&partner, ack, m.p - ack) && far_send_str(&partner, tag) &&
	     far_send_str(&partner, m.p));
	free(ack);
	free(tag);
	WANT(far_silent(&partner, 50));
	WANT(counter(w, "acks-absorbed") == before + 1);
	far_close(&partner);
	return all_quiet(w);
}

const struct test frame_tests[] = {
	{ "CRLF ping is answered", pings },
	{ "a flood of pings is answered by a few", ping_flood },
	{ "OPTIONS to the gateway gets 200", options },
	{ "framing lost: answered where possible, closed by name", framing_lost },
	{ "513 drains the body and the stream goes on", oversize },
	{ "messages up to the limit, larger than any buffer that is kept", large },
	{ "a head longer than a message may be", long_head },
	{ "refusals: response, counter, notice with peer and remedy", refusals },
	{ "a stray response is dropped and counted", stray_response },
	{ "the ACK to a refusal ends here", ack_absorbed },
	{ NULL, NULL },
};
