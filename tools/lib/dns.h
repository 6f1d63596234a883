/* SPDX-License-Identifier: GPL-2.0 */
/* Data of DNS records in wire form, as a resolver hands them out: written by strangers. */
#ifndef _FP_DNS_H
#define _FP_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <fedpat/types.h>
#include <linux/fedpat.h>

#define FP_DNS_A	1
#define FP_DNS_PTR	12
#define FP_DNS_AAAA	28
#define FP_DNS_SRV	33

/**
 * struct fp_srv - an SRV record (RFC 2782)
 * @priority: lower wins
 * @weight: higher wins, or is chosen more often, among equal priorities
 * @port: port
 * @target: host; empty for "." (no service here)
 * @odd: @target had octets that no host name has: to be shown, never to be used
 */
struct fp_srv {
	u16 priority;
	u16 weight;
	u16 port;
	char target[FEDPAT_FQDN_MAX + 1];
	bool odd;
};

bool fp_dns_name(const u8 *p, size_t len, char *out, size_t size, bool *odd);
bool fp_dns_srv_read(const u8 *p, size_t len, struct fp_srv *srv);
bool fp_dns_addr_read(const u8 *p, size_t len, int type, struct fp_addr *out);

#endif /* _FP_DNS_H */
