// SPDX-License-Identifier: GPL-2.0
/* Socket addresses as text and as endpoints of the model. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "daemon.h"

/**
 * fpd_addr_len() - length that the socket calls want
 * @a: the address
 *
 * Return: the length.
 */
socklen_t fpd_addr_len(const union fpd_addr *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

/**
 * fpd_addr_text_noport() - an address as people write it
 * @a: the address
 * @buf: FPD_ADDR_TEXT octets
 * @size: size of @buf
 *
 * Return: @buf.
 */
const char *fpd_addr_text_noport(const union fpd_addr *a, char *buf, size_t size)
{
	const void *p = a->sa.sa_family == AF_INET6 ?
		(const void *)&a->in6.sin6_addr : (const void *)&a->in.sin_addr;

	if (!a->sa.sa_family ||
	    !inet_ntop(a->sa.sa_family, p, buf, (socklen_t)size))
		snprintf(buf, size, "?");
	return buf;
}

/**
 * fpd_addr_text() - address and port as people write them
 * @a: the address
 * @buf: FPD_ADDR_TEXT octets
 * @size: size of @buf
 *
 * Return: @buf.
 */
const char *fpd_addr_text(const union fpd_addr *a, char *buf, size_t size)
{
	bool v6 = a->sa.sa_family == AF_INET6;
	char host[INET6_ADDRSTRLEN];

	fpd_addr_text_noport(a, host, sizeof(host));
	snprintf(buf, size, v6 ? "[%s]:%u" : "%s:%u", host,
		 ntohs(v6 ? a->in6.sin6_port : a->in.sin_port));
	return buf;
}

/**
 * fpd_addr_parse() - address from text
 * @a: filled
 * @text: IPv4 or IPv6 address, the latter with or without brackets
 * @port: port in host order
 *
 * Return: 0, or -1 when @text is no address.
 */
int fpd_addr_parse(union fpd_addr *a, const char *text, uint16_t port)
{
	char plain[INET6_ADDRSTRLEN + 2];
	size_t len = strlen(text);

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		return 0;
	}
	if (len >= sizeof(plain))
		return -1;
	memcpy(plain, text, len + 1);
	if (len > 2 && plain[0] == '[' && plain[len - 1] == ']') {
		memmove(plain, plain + 1, len - 2);
		plain[len - 2] = 0;
	}
	if (inet_pton(AF_INET6, plain, &a->in6.sin6_addr) != 1)
		return -1;
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(port);
	return 0;
}

/**
 * fpd_addr_from() - socket address of an endpoint
 * @a: filled; family 0 when the endpoint has none
 * @ep: the endpoint
 */
void fpd_addr_from(union fpd_addr *a, const struct fp_endpoint *ep)
{
	memset(a, 0, sizeof(*a));
	if (ep->addr.family == 4) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(ep->port);
		memcpy(&a->in.sin_addr, ep->addr.b, 4);
	} else if (ep->addr.family == 6) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons(ep->port);
		memcpy(&a->in6.sin6_addr, ep->addr.b, 16);
	}
}

/**
 * fpd_addr_to() - endpoint of a socket address
 * @ep: filled
 * @a: the address
 */
void fpd_addr_to(struct fp_endpoint *ep, const union fpd_addr *a)
{
	memset(ep, 0, sizeof(*ep));
	if (a->sa.sa_family == AF_INET) {
		ep->addr.family = 4;
		ep->port = ntohs(a->in.sin_port);
		memcpy(ep->addr.b, &a->in.sin_addr, 4);
	} else if (a->sa.sa_family == AF_INET6) {
		ep->addr.family = 6;
		ep->port = ntohs(a->in6.sin6_port);
		memcpy(ep->addr.b, &a->in6.sin6_addr, 16);
	}
}
