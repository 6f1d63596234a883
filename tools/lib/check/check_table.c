// SPDX-License-Identifier: GPL-2.0
/* The live checks, one row each, in the order in which they run. */
#include <ctype.h>
#include <stdlib.h>

#include "check_probe.h"

#define GATEWAY	FP_PROBE_GATEWAY
#define LOCAL	FP_PROBE_LOCAL
#define PEER	FP_PROBE_PEER
#define NODE	FP_PROBE_NODE
#define XMPP	FP_PROBE_XMPP
#define XLOCAL	FP_PROBE_XMPP_LOCAL
#define C(n)	FP_CHECK_BIT(n)

const struct fp_check fp_checks[] = {
	{ .id = 13, .title = "daemon and policy", .kinds = GATEWAY, .run = fp_check_c13,
	  .explain = "the daemon runs, listens for every tls-proxy, and the policy is in force" },
	{ .id = 14, .title = "clock", .kinds = GATEWAY, .run = fp_check_c14,
	  .explain = "the clock is synchronised; certificates are judged by it" },
	{ .id = 1, .title = "DNS records", .kinds = LOCAL | PEER | XMPP | XLOCAL,
	  .run = fp_check_c1,
	  .explain = "SRV records with the right port, targets that resolve and are no alias" },
	{ .id = 2, .title = "SRV target in the domain", .kinds = LOCAL | PEER, .needs = C(1),
	  .run = fp_check_c2,
	  .explain = "an Access Edge accepts only targets directly in the SIP domain (504, 1009)" },
	{ .id = 3, .title = "our public address", .kinds = LOCAL | XLOCAL, .needs = C(1),
	  .run = fp_check_c3,
	  .explain = "the SRV records of all our domains end on the federation's public address" },
	{ .id = 10, .title = "access lists", .kinds = PEER | XMPP, .after = C(1),
	  .run = fp_check_c10,
	  .explain = "the partner's addresses are permitted and taken by a class map, others not" },
	{ .id = 11, .title = "reverse lookup", .kinds = PEER | NODE, .after = C(1),
	  .run = fp_check_c11,
	  .explain = "the address has a PTR record, found within 2 s; without it each request waits"
	},
	{ .id = 4, .title = "TCP connect", .kinds = PEER | NODE, .needs = C(1),
	  .run = fp_check_c4,
	  .explain = "every address accepts a connection from the address that the gateway uses" },
	{ .id = 5, .title = "mutual TLS", .kinds = PEER | NODE, .needs = C(1) | C(4),
	  .run = fp_check_c5,
	  .explain = "handshake with our certificate; chain, dates, usage, name, protocol, cipher"
	},
	{ .id = 6, .title = "certificate asked for", .kinds = PEER | NODE,
	  .needs = C(1) | C(4), .after = C(5), .run = fp_check_c6,
	  .explain = "the listener asks for our certificate; else it is the one-way TLS port" },
	{ .id = 8, .title = "trust and expiry", .kinds = GATEWAY | PEER | NODE,
	  .after = C(1) | C(4) | C(5), .run = fp_check_c8,
	  .explain = "anchors are there; nothing ends within 30, 7 or 1 days; clientAuth stays" },
	{ .id = 9, .title = "SIP OPTIONS", .kinds = PEER | NODE, .needs = C(1) | C(4) | C(5),
	  .run = fp_check_c9,
	  .explain = "a SIP answer over that connection; status and ms-diagnostics in plain words"
	},
	{ .id = 7, .title = "refused without certificate", .kinds = PEER | NODE,
	  .needs = C(1) | C(4) | C(5), .run = fp_check_c7,
	  .explain = "a handshake without our certificate fails: mutual TLS is enforced" },
	{ .id = 12, .title = "data path", .kinds = PEER | XMPP, .run = fp_check_c12,
	  .explain = "class maps of the partner are loaded and were hit; asked for alone, it waits"
	},
	{ .id = 15, .title = "XMPP stream", .kinds = XMPP | XLOCAL, .needs = C(1),
	  .run = fp_check_c15,
	  .explain = "the server answers, offers STARTTLS, and its certificate names the domain" },
	{ .id = 16, .title = "end to end", .kinds = PEER, .needs = C(1) | C(4) | C(5),
	  .on_request = true, .run = fp_check_c16,
	  .explain = "SUBSCRIBE, INVITE, MESSAGE, BYE with a test user (from USER to USER)" },
	{ 0 },
};

/**
 * fp_check_find() - a check by its number
 * @id: 1 to 16
 *
 * Return: its row, or NULL
 */
const struct fp_check *fp_check_find(u32 id)
{
	const struct fp_check *c;

	for (c = fp_checks; c->id; c++)
		if (c->id == id)
			return c;
	return NULL;
}

/**
 * fp_check_parse() - number of a check from text
 * @text: "C5", "c5" or "5"
 *
 * Return: the number, 0 when there is no such check
 */
u32 fp_check_parse(const char *text)
{
	unsigned long n;
	char *end;

	if (tolower((unsigned char)*text) == 'c')
		text++;
	if (!isdigit((unsigned char)*text))
		return 0;
	n = strtoul(text, &end, 10);
	return !*end && n <= FP_CHECKS && fp_check_find((u32)n) ? (u32)n : 0;
}

/**
 * fp_check_state_word() - how a check ended, as it is printed
 * @state: how
 *
 * Return: a word
 */
const char *fp_check_state_word(enum fp_check_state state)
{
	static const char *const words[] = { "ok", "skip", "warn", "FAIL" };

	return words[state];
}
