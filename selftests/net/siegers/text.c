// SPDX-License-Identifier: GPL-2.0
/* SIP that bad peers say. */
#include <stdio.h>
#include "siege.h"

size_t siege_request(char *buf, size_t size, const struct peer *p, const char *method,
		     const char *from, const char *more, size_t body)
{
	int n = snprintf(buf, size,
			 "%s sip:imp-public.example.com SIP/2.0\r\n"
			 "Via: SIP/2.0/%s edge.example.org:%u;branch=z9hG4bKs%u-%u\r\n"
			 "From: <sip:edge@%s>;tag=s\r\n"
			 "To: <sip:imp-public.example.com>\r\n"
			 "Call-ID: s%u-%u@edge.example.org\r\n"
			 "CSeq: %u %s\r\n"
			 "%sContent-Length: %zu\r\n\r\n",
			 method, siege.plain ? "TCP" : "TLS", siege.port, p->id, p->left, from,
			 p->id, p->left, p->left + 1, method, more, body);

	if (n < 0 || (size_t)n >= size)
		siege_die("no room for a request");
	return (size_t)n;
}

void siege_ask(struct peer *p)
{
	char text[800];

	peer_put(p, text, siege_request(text, sizeof(text), p, "OPTIONS", "example.org",
					"Max-Forwards: 70\r\n", 0));
}
