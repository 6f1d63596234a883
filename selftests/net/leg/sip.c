// SPDX-License-Identifier: GPL-2.0
/* Messages of the leg tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "leglib.h"

static char request[2 * 1024 * 1024];

#define LINE(text)	text "\r\n"
static const char head_format[] =
	LINE("%s sip:%s SIP/2.0")
	LINE("Via: SIP/2.0/TLS %s:%u;branch=z9hG4bKt%u")
	LINE("Max-Forwards: 70")
	LINE("From: <sip:%s>;tag=f%u")
	LINE("To: <sip:%s>")
	LINE("Call-ID: call-%u@%s")
	LINE("CSeq: %u %s")
	LINE("Contact: <sip:user@%s:%u>")
	"%s"
	LINE("Content-Type: text/plain")
	LINE("Content-Length: %zu")
	LINE("");

const char *sip_request_body(const char *method, const char *from, const char *to,
			     unsigned int n, const char *extra, const char *body, size_t len)
{
	bool inside = strstr(from, "@example.com");
	const char *host = inside ? NODE1 : "edge.example.net";
	unsigned int port = inside ? 5062 : 5061;
	int head;

	head = snprintf(request, sizeof(request) - len, head_format, method, to, host, port, n,
			from, n, to, n, host, n, method, host, port, extra, len);
	memcpy(request + head, body, len);
	request[head + len] = 0;
	return request;
}

const char *sip_request(const char *method, const char *from, const char *to, unsigned int n)
{
	char body[64];
	int len = snprintf(body, sizeof(body), "message number %u", n);

	return sip_request_body(method, from, to, n, "", body, len);
}

static bool line_is(const char *line, const char *name)
{
	return !strncasecmp(line, name, strlen(name));
}

char *sip_answer(const struct msg *req, int status)
{
	static const char * const keep[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
	char *out = malloc(req->len + 256);
	const char *line = req->p, *end = req->p + req->len;
	size_t n = sprintf(out, "SIP/2.0 %d Whatever\r\n", status);
	const char *eol;
	unsigned int i;

	for (; (eol = memmem(line, end - line, "\r\n", 2)) && eol != line; line = eol + 2) {
		for (i = 0; i < ARRAY_SIZE(keep); i++) {
			if (!line_is(line, keep[i]))
				continue;
			memcpy(out + n, line, eol - line);
			n += eol - line;
			n += sprintf(out + n, "%s\r\n", line_is(line, "To:") ? ";tag=t" : "");
		}
	}
	sprintf(out + n, "Content-Length: 0\r\n\r\n");
	return out;
}

bool msg_has(const struct msg *m, const char *text)
{
	return memmem(m->p, m->len, text, strlen(text));
}

bool msg_is(const struct msg *m, int status)
{
	char want[16];
	int n = snprintf(want, sizeof(want), "SIP/2.0 %d ", status);

	return m->len > (size_t)n && !memcmp(m->p, want, n);
}

unsigned int msg_cseq(const struct msg *m)
{
	const char *p = memmem(m->p, m->len, "\r\nCSeq: ", 8);

	return p ? strtoul(p + 8, NULL, 10) : 0;
}
