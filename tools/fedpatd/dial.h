/* SPDX-License-Identifier: GPL-2.0 */
/* Dialling: a wish, its next hops, their addresses. Main thread only. */
#ifndef _FPD_DIAL_H
#define _FPD_DIAL_H

#include "daemon.h"

#define FPD_ASK_DOMAINS	16	/* domains of one peer whose servers are asked for health */
#define FPD_HOPS_MAX	16	/* next hops of one target that are tried */

/**
 * struct fpd_hop - one server that a target may be reached at
 * @host: name or address
 * @name: what its certificate must prove, and SNI; empty for addresses
 * @port: its port
 * @transport: tls or tcp
 * @srv: @host is a domain still to be looked up
 * @priority: lower is tried first
 * @weight: higher is chosen more often
 */
struct fpd_hop {
	char host[FEDPAT_FQDN_MAX + 1];
	char name[FEDPAT_FQDN_MAX + 1];
	uint16_t port;
	enum fedpat_transport transport;
	bool srv;
	unsigned int priority;
	unsigned int weight;
};

/**
 * struct fpd_dial - one target
 * @entry: in the daemon's list
 * @d: the daemon
 * @wanted: id of the notice
 * @federation: where it belongs
 * @name: peer or node
 * @domain: domains whose servers are looked for, in this order
 * @n_domains: how many
 * @at_domain: the one that is looked up now
 * @role: side of the target
 * @transport: tls or tcp
 * @profile: cipher suites
 * @trustpoint: of the peer, empty for that of the tls-proxy
 * @source: address to dial from, family 0 for any
 * @hops: in the order in which they are tried
 * @n_hops: how many
 * @at: the hop that is tried now
 * @addrs: addresses of it
 * @n: how many
 * @next: the one to try next
 * @watch: it asks for health on behalf of this one, NULL for a round without owner
 * @probe: it asks for health; every server is dialled, none becomes a leg
 * @asked: one was dialled in this round
 * @by_route: the next hop of one route is asked, whatever the peer's domains say
 * @peer_domain: of a peer whose servers are asked: the next domain to look up
 * @second: the servers that paused are tried too
 * @paused: one was passed over
 * @reason, @text: why the last one failed
 */
struct fpd_dial {
	LIST_ENTRY(fpd_dial) entry;
	struct fpd *d;
	uint32_t wanted;
	char federation[FEDPAT_NAME_MAX + 1];
	char name[FEDPAT_NAME_MAX + 1];
	char domain[2][FEDPAT_FQDN_MAX + 1];
	unsigned int n_domains;
	unsigned int at_domain;
	enum fedpat_role role;
	enum fedpat_transport transport;
	enum fedpat_tls_profile profile;
	char trustpoint[FEDPAT_NAME_MAX + 1];
	union fpd_addr source;
	struct fpd_hop hops[FPD_HOPS_MAX];
	unsigned int n_hops;
	unsigned int at;
	union fpd_addr addrs[FPD_ADDRS_MAX];
	unsigned int n;
	unsigned int next;
	struct fpd_watch *watch;
	bool probe;
	bool asked;
	bool by_route;
	unsigned int peer_domain;
	bool second;
	bool paused;
	enum fp_reason reason;
	char text[FPD_TEXT_MAX];
};

#define FPD_COPY(to, from)	snprintf(to, sizeof(to), "%s", (from) ? (from) : "")

/* dial.c */
struct fpd_dial *fpd_dial_new(struct fpd *d, uint32_t wanted);
void fpd_dial_free(struct fpd_dial *dial);
void fpd_dial_peer(struct fpd_dial *dial, const struct fp_obj_peer *peer);
void fpd_dial_node(struct fpd_dial *dial, const struct fp_obj_node *node);
void fpd_dial_route(struct fpd_dial *dial, const struct fp_obj_peer *peer,
		    const struct fp_obj_route *route);
void fpd_dial_hops(struct fpd_dial *dial);
void fpd_dial_give_up(struct fpd_dial *dial, enum fp_reason reason, const char *text);

/* hops.c */
void fpd_hops_find(struct fpd_dial *dial);
void fpd_hops_route(struct fpd_dial *dial, const struct fp_obj_route *route);
void fpd_hops_open(struct fpd_dial *dial, struct fpd_hop *hop);
void fpd_hops_sort(struct fpd_hop *v, unsigned int n, unsigned int (*rnd)(unsigned int below));

/* watch.c */
void fpd_watch_done(struct fpd_dial *dial, enum fp_reason reason, const char *text);

#endif /* _FPD_DIAL_H */
