// SPDX-License-Identifier: GPL-2.0
/* Peers that proved who they are, and send SIP that nobody wants. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "siege.h"

#define FLOOD		100		/* requests of a flood */
#define DEAF		1000		/* requests of one that reads no answer */
#define METHODS		20
#define HEADERS		10000
#define ROWS		600
#define HUGE		(10 << 20)	/* octets of a body */
#define DRAINED		900000		/* octets of one that is still drained */
#define CHUNK		16000
#define DRIPS		10		/* seconds */
#define HOPS		"Max-Forwards: 70\r\n"

static char filler[CHUNK];

static void request(struct peer *p, const char *method, const char *from, const char *more,
		    size_t body)
{
	static char text[16384];

	peer_put(p, text, siege_request(text, sizeof(text), p, method, from, more, body));
}

/* Up to a chunk of what is left. */
static size_t chunk(struct peer *p, char c)
{
	size_t len = p->left < CHUNK ? p->left : CHUNK;

	memset(filler, c, len);
	if (len)
		peer_put(p, filler, len);
	p->left -= (unsigned int)len;
	return len;
}

/* --- what is too large ---------------------------------------------------- */

/* Refused before the end of the head is seen. */
static void headers_up(struct peer *p)
{
	static const char start[] = "MESSAGE sip:alice@example.com SIP/2.0\r\n" HOPS;

	peer_put(p, start, sizeof(start) - 1);
	p->left = HEADERS;
}

static void headers_more(struct peer *p)
{
	size_t at = 0;

	for (int i = 0; p->left && i < 500; i++)
		at += (size_t)snprintf(filler + at, sizeof(filler) - at, "X-Bomb-%u: 1\r\n",
				       p->left--);
	if (at)
		peer_put(p, filler, at);
}

/* Short enough for a head, and more rows than the table has. */
static void rows_up(struct peer *p)
{
	static char text[12000];
	size_t at = 0;

	for (int i = 0; i < ROWS; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "X%d: 1\r\n", i);
	request(p, "OPTIONS", "example.org", text, 0);
}

static void endless_up(struct peer *p)
{
	static const char start[] = "MESSAGE sip:alice@example.com SIP/2.0\r\nSubject: ";

	peer_put(p, start, sizeof(start) - 1);
	p->left = HUGE;
}

static void endless_more(struct peer *p)
{
	chunk(p, 'x');
}

static void huge_up(struct peer *p)
{
	request(p, "MESSAGE", "example.org", HOPS, HUGE);
	p->left = HUGE;
}

static void drained_up(struct peer *p)
{
	request(p, "MESSAGE", "example.org", HOPS, DRAINED);
	p->left = DRAINED;
}

/* Its body is drained, and the next request is answered as if nothing had been. */
static void drained_more(struct peer *p)
{
	if (p->left && !chunk(p, 'x'))
		return;
	if (!p->left && !p->step++)
		siege_ask(p);
}

static void then_good_answer(struct peer *p)
{
	if (p->status == 200)
		peer_done(p);
}

/* The one with too many rows is refused alone; the connection is as good as before. */
static void rows_answer(struct peer *p)
{
	if (p->status == 513)
		siege_ask(p);
	else
		then_good_answer(p);
}

/* --- what is no SIP, or not framed ---------------------------------------- */

static void garbage_up(struct peer *p)
{
	static const char junk[] = "\1\2\3\4 garbage\r\n\r\n";

	peer_put(p, junk, sizeof(junk) - 1);
}

static void web_up(struct peer *p)
{
	static const char post[] =
		"POST / HTTP/1.1\r\nContent-Length: 40\r\n\r\nREGISTER sip:x SIP/2.0\r\n";

	peer_put(p, post, sizeof(post) - 1);
}

static void length_up(struct peer *p)
{
	static const char text[] =
		"MESSAGE sip:alice@example.com SIP/2.0\r\n" HOPS
		"Content-Length: 99999999999\r\n\r\n";

	peer_put(p, text, sizeof(text) - 1);
}

/* --- many requests -------------------------------------------------------- */

/* Methods that nobody knows, and no hop left: each is refused by the gateway. */
static void methods_up(struct peer *p)
{
	char method[16];

	for (p->left = 0; p->left < METHODS; p->left++) {
		snprintf(method, sizeof(method), "SCAN%u", p->left);
		request(p, method, "example.org", "Max-Forwards: 0\r\n", 0);
	}
}

static void methods_answer(struct peer *p)
{
	if (p->status == 483 && p->answers == METHODS)
		peer_done(p);
}

static void flood_up(struct peer *p)
{
	for (p->left = 0; p->left < FLOOD; p->left++)
		request(p, "MESSAGE", "example.net", HOPS, 0);
}

static void flood_answer(struct peer *p)
{
	if (p->status == 403 && p->answers == FLOOD)
		peer_done(p);
}

static void deaf_up(struct peer *p)
{
	p->deaf = true;
	p->left = DEAF;
	request(p, "MESSAGE", "example.net", HOPS, 0);
}

static void deaf_more(struct peer *p)
{
	if (p->left && p->left--)
		request(p, "MESSAGE", "example.net", HOPS, 0);
	else
		peer_reset(p);
}

/* It may not get rid of what it has: the gateway reads no more of it. */
static void deaf_tick(struct peer *p)
{
	if (p->is_up && ++p->step == DRIPS)
		peer_reset(p);
}

/* --- slow ones ------------------------------------------------------------ */

/* An octet a second; it leaves within the message. */
static void drip_tick(struct peer *p)
{
	static const char start[] = "MESSAGE sip:alice@example.com";

	if (!p->is_up)
		return;
	peer_put(p, start + p->step, 1);
	if (++p->step == DRIPS)
		peer_done(p);
}

/* It begins a large message, and waits with most of it in the gateway. */
static void hoard_up(struct peer *p)
{
	request(p, "MESSAGE", "example.org", HOPS, 60000);
	p->left = 48000;
}

static void hoard_more(struct peer *p)
{
	chunk(p, 'x');
}

static void hoard_tick(struct peer *p)
{
	if (p->is_up && ++p->step == DRIPS)
		peer_done(p);
}

static void crlf_up(struct peer *p)
{
	p->left = 100 * CHUNK;
}

/* Keepalives, and one question at the end. */
static void crlf_more(struct peer *p)
{
	size_t len = p->left < CHUNK ? p->left : CHUNK;

	for (size_t i = 0; i < len; i++)
		filler[i] = "\r\n"[i % 2];
	if (len)
		peer_put(p, filler, len);
	else if (!p->step++)
		siege_ask(p);
	p->left -= (unsigned int)len;
}

const struct kind flood_kinds[] = {
	{ KIND("headers", "head-too-large", TLS_13, CERT_GOOD, 'g'), .up = headers_up,
	  .more = headers_more },
	{ KIND("rows", "too-many-headers", TLS_13, CERT_GOOD, 'o'), .up = rows_up,
	  .answer = rows_answer },
	{ KIND("endless-head", "head-too-large", TLS_13, CERT_GOOD, 'g'), .up = endless_up,
	  .more = endless_more },
	{ KIND("huge-message", "message-too-large", TLS_13, CERT_GOOD, 'g'), .up = huge_up,
	  .more = endless_more },
	{ KIND("drained-message", "message-too-large", TLS_13, CERT_GOOD, 'o'), .up = drained_up,
	  .more = drained_more, .answer = then_good_answer },
	{ KIND("garbage", "not-sip", TLS_13, CERT_GOOD, 'g'), .up = garbage_up },
	{ KIND("web", "http-on-sip-port", TLS_13, CERT_GOOD, 'g'), .up = web_up },
	{ KIND("length", "content-length-overflow", TLS_13, CERT_GOOD, 'g'), .up = length_up },
	{ KIND("methods", "max-forwards-zero", TLS_13, CERT_GOOD, 'o'), .count = METHODS,
	  .up = methods_up,
	  .answer = methods_answer },
	{ KIND("flood", "from-domain-not-allowed", TLS_13, CERT_GOOD, 'o'), .count = FLOOD,
	  .up = flood_up,
	  .answer = flood_answer },
	{ KIND("deaf", "peer-reset", TLS_13, CERT_GOOD, 'o'), .up = deaf_up, .more = deaf_more,
	  .tick = deaf_tick },
	{ KIND("drip", "message-cut", TLS_13, CERT_GOOD, 'o'), .slow = true, .tick = drip_tick },
	{ KIND("hoard", "message-cut", TLS_13, CERT_GOOD, 'o'), .slow = true, .up = hoard_up,
	  .more = hoard_more, .tick = hoard_tick },
	{ KIND("keepalives", NULL, TLS_13, CERT_GOOD, 'o'), .up = crlf_up, .more = crlf_more,
	  .answer = then_good_answer },
	{ .name = NULL },
};
