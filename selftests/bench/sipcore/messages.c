// SPDX-License-Identifier: GPL-2.0
/*
 * The messages: what clients of an enterprise send, with the headers of the field.
 * One of each comes from the node and goes out: that is where names must be hidden.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sipcore.h"

#define VIAS                                                                      \
	"Via: SIP/2.0/TLS 192.0.2.11:5062;branch=z9hG4bKf3Ae0d91c7b2\r\n"          \
	"Via: SIP/2.0/TCP 192.0.2.31:49712;branch=z9hG4bK29a7c1;received=192.0.2.31\r\n" \
	"Max-Forwards: 69\r\n"

#define DIALOG(cseq)                                                              \
	"From: \"Alice Example\" <sip:alice@example.com>;tag=8f2c61d0a4\r\n"       \
	"To: <sip:bob@example.net>\r\n"                                            \
	"Call-ID: 5f1e22c97a3b4d11a8f0@192.0.2.31\r\n"                             \
	"CSeq: " cseq "\r\n"

static const char message[] =
	"MESSAGE sip:bob@example.net SIP/2.0\r\n"
	VIAS
	DIALOG("17 MESSAGE")
	"User-Agent: Example-IM/12.5 (desktop)\r\n"
	"P-Asserted-Identity: <sip:alice@example.com>\r\n"
	"Date: Thu, 21 Feb 2002 13:02:03 GMT\r\n"
	"Content-Type: text/plain; charset=UTF-8\r\n"
	"Content-Length: @\r\n\r\n"
	"Could you have a look at the figures for the third quarter before the call "
	"at two? The second table differs from what Carol sent.";

static const char invite[] =
	"INVITE sip:bob@example.net SIP/2.0\r\n"
	VIAS
	DIALOG("1 INVITE")
	"Contact: <sip:alice@192.0.2.11:5062;transport=tls>;+sip.instance=\"<urn:uuid:"
	"f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\"\r\n"
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, SUBSCRIBE, NOTIFY, INFO\r\n"
	"Supported: replaces, timer, 100rel\r\n"
	"Session-Expires: 1800;refresher=uac\r\n"
	"Min-SE: 90\r\n"
	"User-Agent: Example-IM/12.5 (desktop)\r\n"
	"P-Asserted-Identity: \"Alice Example\" <sip:alice@example.com>\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: @\r\n\r\n"
	"v=0\r\n"
	"o=alice 2890844526 2890844526 IN IP4 192.0.2.31\r\n"
	"s=-\r\n"
	"c=IN IP4 192.0.2.31\r\n"
	"t=0 0\r\n"
	"m=audio 49170 RTP/AVP 0 8 97 101\r\n"
	"a=rtpmap:0 PCMU/8000\r\n"
	"a=rtpmap:8 PCMA/8000\r\n"
	"a=rtpmap:97 iLBC/8000\r\n"
	"a=rtpmap:101 telephone-event/8000\r\n"
	"a=fmtp:101 0-15\r\n"
	"a=rtcp:49171 IN IP4 192.0.2.31\r\n"
	"a=sendrecv\r\n";

static const char notify[] =
	"NOTIFY sip:bob@edge.example.net:5061;transport=tls SIP/2.0\r\n"
	VIAS
	"From: <sip:alice@example.com>;tag=77ab10c2\r\n"
	"To: \"Bob\" <sip:bob@example.net>;tag=19c40de1\r\n"
	"Call-ID: a1b2c3d4e5f60718@edge.example.net\r\n"
	"CSeq: 4 NOTIFY\r\n"
	"Contact: <sip:presence@192.0.2.11:5062;transport=tls>\r\n"
	"Event: presence\r\n"
	"Subscription-State: active;expires=3412\r\n"
	"User-Agent: Example-IM/12.5 (server)\r\n"
	"Content-Type: application/pidf+xml\r\n"
	"Content-Length: @\r\n\r\n"
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"\r\n"
	"  xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\"\r\n"
	"  xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\"\r\n"
	"  entity=\"pres:alice@example.com\">\r\n"
	"  <tuple id=\"sg89ae\">\r\n"
	"    <status><basic>open</basic></status>\r\n"
	"    <contact priority=\"0.8\">sip:alice@example.com</contact>\r\n"
	"    <note xml:lang=\"en\">In a meeting until three</note>\r\n"
	"    <timestamp>2002-02-21T13:02:03Z</timestamp>\r\n"
	"  </tuple>\r\n"
	"  <dm:person id=\"p1\">\r\n"
	"    <rpid:activities><rpid:meeting/></rpid:activities>\r\n"
	"  </dm:person>\r\n"
	"</presence>\r\n";

static char *with_length(const char *text)
{
	const char *at = strchr(text, '\r'), *body = strstr(text, "\r\n\r\n") + 4;
	char *out;

	at = strstr(text, "Content-Length: @") + 16;
	if (asprintf(&out, "%.*s%zu%s", (int)(at - text), text, strlen(body), at + 1) < 0)
		abort();
	return out;
}

/**
 * bench_msgs() - the messages
 * @n: how many
 *
 * Return: all of them.
 */
struct bench_msg *bench_msgs(unsigned int *n)
{
	static struct bench_msg msgs[] = {
		{ .name = "MESSAGE" },
		{ .name = "INVITE with SDP", .sdp = true },
		{ .name = "NOTIFY with PIDF" },
		{ .name = "200 to the MESSAGE", .inwards = true },
	};
	static const char *const texts[] = { message, invite, notify, NULL };
	unsigned int i;

	*n = sizeof(msgs) / sizeof(*msgs);
	for (i = 0; i < *n && !msgs[i].text; i++) {
		msgs[i].text = texts[i] ? with_length(texts[i]) : bench_answer(&msgs[0]);
		msgs[i].len = strlen(msgs[i].text);
	}
	return msgs;
}
