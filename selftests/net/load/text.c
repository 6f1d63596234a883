// SPDX-License-Identifier: GPL-2.0
/* Messages of the load: a partner of the end-to-end tests asks a node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "load.h"

#define L(text)	text "\r\n"

/* Only what both sides of a benchmark send: the value stands behind the name. */
static size_t body_len(const char *p, size_t len)
{
	const char *line = memmem(p, len, "\r\nContent-Length:", 17);

	if (!line)
		ld_die("a message without Content-Length");
	return strtoul(line + 17, NULL, 10);
}

size_t ld_message(const char *p, size_t len)
{
	const char *end = memmem(p, len, "\r\n\r\n", 4);
	size_t head, all;

	if (!end) {
		if (len == LD_BUF)
			ld_die("a message without an end");
		return 0;
	}
	head = end + 4 - p;
	all = head + body_len(p, head);
	return all <= len ? all : 0;
}

static int request_head(char *p, size_t room, unsigned int n, size_t body)
{
	const char *tp = ld_opt.tls ? "TLS" : "TCP";
	unsigned int port = ld_opt.tls ? 5061 : 5060;

	return snprintf(p, room, L("MESSAGE sip:alice@example.com SIP/2.0")
			L("Via: SIP/2.0/%s edge.example.net:%u;branch=z9hG4bKe%u")
			L("Max-Forwards: 70") L("From: <sip:bob@example.net>;tag=f%u")
			L("To: <sip:alice@example.com>") L("Call-ID: e%u@edge.example.net")
			L("CSeq: %u MESSAGE")
			L("Contact: <sip:bob@edge.example.net:%u;transport=%s>")
			L("Content-Type: text/plain") L("Content-Length: %zu") L(""),
			tp, port, n, n, n, n, port, ld_opt.tls ? "tls" : "tcp", body);
}

/* A request of just the size that was asked for. */
char *ld_request(unsigned int n, size_t *len)
{
	char head[1024];
	size_t body = ld_opt.size > 400 ? ld_opt.size - 400 : 1;
	size_t at = request_head(head, sizeof(head), n, body);
	char *p;

	body = ld_opt.size > at + body || body > at + body - ld_opt.size ?
	       body + ld_opt.size - at - body : 1;
	at = request_head(head, sizeof(head), n, body);
	*len = at + body;
	p = malloc(*len);
	memcpy(p, head, at);
	memset(p + at, 'm', body);
	return p;
}

size_t ld_answer(char *out, const char *req, size_t len)
{
	static const char * const keep[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
	const char *line, *next, *end = req + len;
	size_t at = sprintf(out, L("SIP/2.0 200 OK")), i;

	for (line = req; (next = memmem(line, end - line, "\r\n", 2)) && next != line;
	     line = next + 2) {
		for (i = 0; i < sizeof(keep) / sizeof(*keep); i++) {
			if (strncmp(line, keep[i], strlen(keep[i])))
				continue;
			memcpy(out + at, line, next - line);
			at += next - line;
			at += sprintf(out + at, L("%s"), i == 2 ? ";tag=answer" : "");
			break;
		}
	}
	return at + sprintf(out + at, L("Content-Length: 0") L(""));
}

bool ld_is_200(const char *p, size_t len)
{
	return len > 12 && !memcmp(p, "SIP/2.0 200 ", 12);
}
