// SPDX-License-Identifier: GPL-2.0
/*
 * Data of DNS records in wire form (RFC 1035 section 3, RFC 2782). Whoever owns a
 * name writes them; what comes out of here may be shown on a terminal.
 */
#include <string.h>

#include "dns.h"

#define LABEL_MAX	63
#define SRV_HEAD	6	/* priority, weight, port */

static bool in_host_name(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/**
 * fp_dns_name() - a name from its wire form, not compressed
 * @p: the name, to the last octet of the data
 * @len: length of the data
 * @out: gets it with dots between labels, none at the end; "." is empty
 * @size: of @out
 * @odd: set where it has octets that no host name has; they become "?", the dot
 *	within a label too
 *
 * Return: false where it is malformed, or too long for @out
 */
bool fp_dns_name(const u8 *p, size_t len, char *out, size_t size, bool *odd)
{
	size_t at = 0, n = 0;

	*odd = false;
	while (at < len && p[at]) {
		size_t label = p[at++];

		if (label > LABEL_MAX || label > len - at || n + label + 2 > size)
			return false;
		if (n)
			out[n++] = '.';
		for (size_t end = at + label; at < end; at++) {
			*odd |= !in_host_name(p[at]);
			out[n++] = in_host_name(p[at]) ? (char)p[at] : '?';
		}
	}
	if (!size)
		return false;
	out[n] = 0;
	return at + 1 == len;
}

static u16 be16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

/**
 * fp_dns_srv_read() - an SRV record from its data
 * @p: the data
 * @len: length of the data
 * @srv: filled
 *
 * Return: false where it is malformed
 */
bool fp_dns_srv_read(const u8 *p, size_t len, struct fp_srv *srv)
{
	if (len <= SRV_HEAD)
		return false;
	srv->priority = be16(p);
	srv->weight = be16(p + 2);
	srv->port = be16(p + 4);
	return fp_dns_name(p + SRV_HEAD, len - SRV_HEAD, srv->target, sizeof(srv->target),
			   &srv->odd);
}

/**
 * fp_dns_addr_read() - an address from the data of its record
 * @p: the data
 * @len: length of the data
 * @type: FP_DNS_A or FP_DNS_AAAA, as it was asked for
 * @out: filled
 *
 * Return: false where it is no such record's
 */
bool fp_dns_addr_read(const u8 *p, size_t len, int type, struct fp_addr *out)
{
	size_t want = type == FP_DNS_A ? 4 : 16;

	if (len != want || (type != FP_DNS_A && type != FP_DNS_AAAA))
		return false;
	memset(out, 0, sizeof(*out));
	out->family = want == 4 ? 4 : 6;
	memcpy(out->b, p, want);
	return true;
}
