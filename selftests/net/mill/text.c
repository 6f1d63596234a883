// SPDX-License-Identifier: GPL-2.0
/*
 * The messages: as they are sent, and as they must come out.
 *
 * Everything follows from direction, kind and number, so that the receiver
 * knows each octet of what it must get. What the gateway does is written down
 * here once more, by hand, from Documentation/sip.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mill.h"

#define L(text)		text "\r\n"

#define BODY_MAX	(40 * 1024)

const char * const kind_name[KIND_COUNT] = { "MESSAGE", "INVITE", "NOTIFY" };

/* --- names ---------------------------------------------------------------- */

/**
 * struct names - what differs between TLS and TCP
 * @tp: of Via
 * @param: of a URI
 * @node: host and port of the node
 * @other: of another node, behind which the message came
 * @pub: what the node becomes outside
 * @pub_via: host and port of our Via there
 * @edge_port: port of a partner
 */
struct names {
	const char *tp;
	const char *param;
	const char *node;
	const char *other;
	const char *pub;
	const char *pub_via;
	const char *edge_port;
};

static const struct names names[2] = {
	{ "TLS", "tls", "192.0.2.11:5062", "192.0.2.12:5062", "imp-public.example.com:5061",
	  "imp-public.example.com:5061", "5061" },
	{ "TCP", "tcp", "192.0.2.11:5060", "192.0.2.12:5060", "203.0.113.10:5060",
	  "203.0.113.10:5060", "5060" },
};

/* --- bodies --------------------------------------------------------------- */

static uint32_t rnd(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* User text is not looked at: any octet may be in it, and few are long. */
static size_t body_message(char *p, unsigned int n)
{
	uint32_t seed = n * 2654435761u;
	size_t i, len = n % 500 == 499 ? BODY_MAX - n % 7 : n % 10 ? rnd(&seed) % 900 : 0;

	for (i = 0; i < len; i++)
		p[i] = rnd(&seed);
	return len;
}

static size_t body_invite(char *p, enum way dir, bool seen)
{
	const char *host = dir == DIR_IN ? "198.51.100.77" : seen ? "203.0.113.10" : "192.0.2.11";

	return sprintf(p, L("v=0") L("o=- 0 0 IN IP4 %s") L("s=session") L("c=IN IP4 %s")
		       L("t=0 0") L("m=message 5060 sip null") L("a=accept-types:text/plain"),
		       host, host);
}

static size_t body_notify(char *p, enum way dir, const char *contact)
{
	const char *who = dir == DIR_IN ? "bob@example.net" : "alice@example.com";

	return sprintf(p, L("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
		       L("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"")
		       L(" entity=\"sip:%s\">")
		       L("<tuple id=\"t1\"><status><basic>open</basic></status>")
		       L("<contact priority=\"0.8\">%s</contact></tuple></presence>"), who,
		       contact);
}

/* --- headers -------------------------------------------------------------- */

/**
 * struct head - the values of a request
 * @uri: Request-URI
 * @vias: lines
 * @hops: Max-Forwards
 * @call_id: value
 * @contact: URI
 * @agent: line, or nothing
 */
struct head {
	char uri[160];
	char vias[512];
	unsigned int hops;
	char call_id[128];
	char contact[160];
	const char *agent;
};

static void head_vias(char *p, enum way dir, unsigned int n, const char *domain, bool seen)
{
	const struct names *t = &names[opt.plain];

	if (dir == DIR_IN)
		sprintf(p, L("Via: SIP/2.0/%s edge.%s:%s;branch=z9hG4bKe%u%s"), t->tp, domain,
			t->edge_port, n, seen ? ";received=198.51.100.20" : "");
	else
		sprintf(p, L("Via: SIP/2.0/%s %s;branch=z9hG4bKn%u")
			L("Via: SIP/2.0/%s %s;branch=z9hG4bKo%u;received=192.0.2.12"),
			t->tp, t->node, n, t->tp, t->other, n);
}

/* Ours stands on top; outside it also stands for those of the inside. */
static void head_vias_seen(char *p, enum way dir, unsigned int n, const char *domain)
{
	const struct names *t = &names[opt.plain];

	p += sprintf(p, L("Via: SIP/2.0/%s %s;branch=z9hG4bK" HOLE ";fpv=" HOLE), t->tp,
		     dir == DIR_IN ? "192.0.2.1" : t->pub_via);
	/* RFC 3261 section 18.2.1: a name is no address, so ours is noted. */
	if (dir == DIR_IN)
		head_vias(p, dir, n, domain, true);
}

static void head_call_id(char *p, enum way dir, unsigned int n, const char *domain, bool seen)
{
	if (dir == DIR_IN)
		sprintf(p, "e%u@edge.%s", n, domain);
	else
		sprintf(p, "n%u@%s", n, seen ? "fpt-" HOLE : "192.0.2.11");
}

static void head_contact(char *p, enum way dir, const char *domain, bool seen)
{
	const struct names *t = &names[opt.plain];

	if (dir == DIR_IN)
		sprintf(p, "sip:bob@edge.%s:%s;transport=%s", domain, t->edge_port, t->param);
	else
		sprintf(p, "sip:alice@%s;transport=%s", seen ? t->pub : t->node, t->param);
}

/* Every other request names the public endpoint of the node. */
static void head_uri(char *p, enum way dir, unsigned int n, const char *domain, bool seen)
{
	const struct names *t = &names[opt.plain];

	if (dir == DIR_OUT)
		sprintf(p, "sip:bob@%s;opaque=user:epid:0123456789abcdef;gruu", domain);
	else if (n & 1)
		sprintf(p, "sip:alice@example.com");
	else
		sprintf(p, "sip:alice@%s;transport=%s", seen ? t->node : t->pub, t->param);
}

static void head_fill(struct head *h, enum way dir, unsigned int n, const char *domain, bool seen)
{
	head_uri(h->uri, dir, n, domain, seen);
	if (seen)
		head_vias_seen(h->vias, dir, n, domain);
	else
		head_vias(h->vias, dir, n, domain, false);
	h->hops = seen ? 69 : 70;
	head_call_id(h->call_id, dir, n, domain, seen);
	head_contact(h->contact, dir, domain, seen);
	h->agent = dir == DIR_OUT && !seen ? L("User-Agent: IMP/12.5 (imp1.example.com)") : "";
}

static size_t body_fill(char *p, enum way dir, enum kind kind, unsigned int n,
			const struct head *h, bool seen)
{
	switch (kind) {
	case KIND_INVITE:
		return body_invite(p, dir, seen);
	case KIND_NOTIFY:
		return body_notify(p, dir, h->contact);
	default:
		return body_message(p, n);
	}
}

static const char *kind_lines(enum kind kind)
{
	switch (kind) {
	case KIND_INVITE:
		return L("Content-Type: application/sdp");
	case KIND_NOTIFY:
		return L("Event: presence") L("Subscription-State: active;expires=3600")
		       L("Content-Type: application/pidf+xml");
	default:
		return L("Content-Type: text/plain");
	}
}

static size_t request(char *buf, enum way dir, enum kind kind, unsigned int n,
		      const char *domain, bool seen)
{
	static char body[BODY_MAX];
	char other[128];
	struct head h;
	size_t len, at;

	head_fill(&h, dir, n, domain, seen);
	len = body_fill(body, dir, kind, n, &h, seen);
	sprintf(other, "bob@%s", domain);
	at = sprintf(buf, L("%s %s SIP/2.0") "%s" L("Max-Forwards: %u") L("From: <sip:%s>;tag=f%u")
		     L("To: <sip:%s>") L("Call-ID: %s") L("CSeq: %u %s") L("Contact: <%s>")
		     "%s%s" L("Content-Length: %zu") L(""), kind_name[kind], h.uri, h.vias, h.hops,
		     dir == DIR_IN ? other : "alice@example.com", n,
		     dir == DIR_IN ? "alice@example.com" : other, h.call_id, n, kind_name[kind],
		     h.contact, h.agent, kind_lines(kind), len);
	memcpy(buf + at, body, len);
	return at + len;
}

size_t text_request(char *buf, enum way dir, enum kind kind, unsigned int n, const char *domain)
{
	return request(buf, dir, kind, n, domain, false);
}

size_t text_request_seen(char *buf, enum way dir, enum kind kind, unsigned int n,
			 const char *domain)
{
	return request(buf, dir, kind, n, domain, true);
}

/* --- answers -------------------------------------------------------------- */

static size_t answer_tail(char *p, enum way dir, bool seen)
{
	char contact[160];

	/* Who answers is the other one. */
	head_contact(contact, dir == DIR_IN ? DIR_OUT : DIR_IN, "example.net", seen);
	return sprintf(p, L("Contact: <%s>") L("Content-Length: 0") L(""), contact);
}

size_t text_answer(char *buf, enum way dir, struct text req)
{
	static const char * const keep[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
	const char *line, *next, *end = req.p + req.len;
	size_t at = sprintf(buf, L("SIP/2.0 200 OK")), i;

	for (line = req.p; (next = memmem(line, end - line, "\r\n", 2)) && next != line;
	     line = next + 2) {
		for (i = 0; i < sizeof(keep) / sizeof(*keep); i++) {
			if (strncmp(line, keep[i], strlen(keep[i])))
				continue;
			at += sprintf(buf + at, L("%.*s%s"), (int)(next - line), line,
				      i == 2 ? ";tag=answer" : "");
		}
	}
	return at + answer_tail(buf + at, dir, false);
}

size_t text_answer_seen(char *buf, enum way dir, unsigned int n, const char *domain)
{
	char vias[512], call_id[128], other[128];
	size_t at;

	head_vias(vias, dir, n, domain, true);
	head_call_id(call_id, dir, n, domain, false);
	sprintf(other, "bob@%s", domain);
	at = sprintf(buf, L("SIP/2.0 200 OK") "%s" L("From: <sip:%s>;tag=f%u")
		     L("To: <sip:%s>;tag=answer") L("Call-ID: %s") L("CSeq: %u MESSAGE"), vias,
		     dir == DIR_IN ? other : "alice@example.com", n,
		     dir == DIR_IN ? "alice@example.com" : other, call_id, n);
	return at + answer_tail(buf + at, dir, true);
}

/* --- looking -------------------------------------------------------------- */

static bool is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

static void show(const char *p, size_t len)
{
	for (; len; len--, p++) {
		if (*p == *HOLE)
			putchar('~');
		else if (*p == '\n' || (*p >= ' ' && *p <= '~'))
			putchar(*p);
		else if (*p != '\r')
			printf("\\%02x", (unsigned char)*p);
	}
}

static bool unlike(const char *pattern, size_t len, struct text got, size_t at)
{
	printf("octet %zu is not as expected; expected (holes as ~):\n", at);
	show(pattern, len);
	puts("\n--- got:");
	show(got.p, got.len);
	puts("\n---");
	return false;
}

bool text_like(const char *pattern, size_t len, struct text got)
{
	const char *end = memmem(pattern, len, "\r\n\r\n", 4);
	/* A body has no holes; user text may hold their mark. */
	size_t head = end ? (size_t)(end - pattern) : len, i, at = 0;

	for (i = 0; i < len; i++) {
		if (i < head && pattern[i] == *HOLE) {
			if (at == got.len || !is_token(got.p[at]))
				return unlike(pattern, len, got, at);
			while (at < got.len && is_token(got.p[at]))
				at++;
		} else if (at == got.len || got.p[at++] != pattern[i]) {
			return unlike(pattern, len, got, at);
		}
	}
	return at == got.len || unlike(pattern, len, got, at);
}

bool text_has(struct text m, const char *what)
{
	return memmem(m.p, m.len, what, strlen(what));
}

bool text_is_request(struct text m)
{
	return m.len < 8 || memcmp(m.p, "SIP/2.0 ", 8);
}

int text_status(struct text m)
{
	return text_is_request(m) ? 0 : atoi(m.p + 8);
}

unsigned int text_cseq(struct text m)
{
	const char *p = memmem(m.p, m.len, "\r\nCSeq: ", 8);

	return p ? strtoul(p + 8, NULL, 10) : 0;
}

void text_take(struct conn *c, enum way dir, struct text m, unsigned int due)
{
	static char buf[TEXT_MAX];
	size_t len;

	if (text_cseq(m) != due)
		die("%s got request %u, and %u is due", c->end->name, text_cseq(m), due);
	len = text_request_seen(buf, dir, KIND_MESSAGE, due, "example.net");
	if (!text_like(buf, len, m))
		die("%s got request %u wrong", c->end->name, due);
	conn_put(c, buf, text_answer(buf, dir, m));
}
