/* SPDX-License-Identifier: GPL-2.0 */
/* The packet plane as the rest of the module sees it. */
#ifndef _FP_PACKET_H
#define _FP_PACKET_H

struct fp_net;
struct fp_policy;

/* Once per module. */
int fp_packet_init(void);
void fp_packet_exit(void);

/* Once per namespace; fpn->packet is theirs. */
int fp_packet_net_init(struct fp_net *fpn);
void fp_packet_net_exit(struct fp_net *fpn);

/*
 * Before @new is published, under fpn->config, may sleep: take what @new needs
 * and may not be had (hooks, conntrack). An error refuses the commit; what was
 * taken may stay, fp_packet_commit() of a later commit gives it back.
 */
int fp_packet_prepare(struct fp_net *fpn, const struct fp_policy *new);

/*
 * After @new was published, under fpn->config: give back what @old needed and
 * @new does not, sweep flows that @new forbids. @old stays valid until this
 * returns. Cannot fail; what takes long belongs into a work.
 */
void fp_packet_commit(struct fp_net *fpn, const struct fp_policy *old,
		      const struct fp_policy *new);

#endif /* _FP_PACKET_H */
