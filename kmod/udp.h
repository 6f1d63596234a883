/* SPDX-License-Identifier: GPL-2.0 */
/* SIP over UDP: inspected and rewritten in the packet plane. */
#ifndef _FP_UDP_H
#define _FP_UDP_H

#include <net/netfilter/nf_conntrack.h>
#include <fedpat/realm.h>

struct sk_buff;

#define FP_UDP_NONE	0xffffffffu

/**
 * struct fp_udp_flow - what the helper keeps in conntrack for a flow
 * @from: enum fp_side that the original direction comes from; set once
 * @known: the rest was looked up; it and the rest are under the flow's lock
 * @generation: policy in which that was
 * @federation: index of the federation in its table, FP_UDP_NONE for none
 * @peer: index of the partner, FP_UDP_NONE for none
 */
struct fp_udp_flow {
	u8 from;
	bool known;
	u32 generation;
	u32 federation;
	u32 peer;
};

/* helper.c */
int fp_helper_init(void);
void fp_helper_exit(void);
bool fp_helper_attach(struct nf_conn *ct, enum fp_side from);
bool fp_helper_is_ours(const struct nf_conn *ct);

/* udp.c */
int fp_udp_prepare(void);
void fp_udp_exit(void);
unsigned int fp_udp_packet(struct sk_buff *skb, unsigned int protoff,
			   struct nf_conn *ct, enum ip_conntrack_info ctinfo,
			   struct fp_udp_flow *flow);

#endif /* _FP_UDP_H */
