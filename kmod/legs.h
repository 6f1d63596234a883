/* SPDX-License-Identifier: GPL-2.0 */
/* The stream plane as the rest of the module sees it. */
#ifndef _FP_LEGS_H
#define _FP_LEGS_H

#include <linux/types.h>

struct fp_net;
struct fp_policy;

/**
 * struct fp_legs_status - the stream plane at a glance
 * @legs: legs attached
 * @offloaded: of these, not joined over loopback
 * @held: messages that wait for a leg
 * @memory: octets taken by buffers and held messages
 */
struct fp_legs_status {
	u32 legs;
	u32 offloaded;
	u32 held;
	u64 memory;
};

/* Once per module. */
int fp_legs_init(void);
void fp_legs_exit(void);

/* Once per namespace; fpn->legs is theirs. */
int fp_legs_net_init(struct fp_net *fpn);
void fp_legs_net_exit(struct fp_net *fpn);

/*
 * After @new was published, under fpn->config: close what @new forbids. @old
 * stays valid until this returns. Must not wait for long nor fail.
 */
void fp_legs_commit(struct fp_net *fpn, const struct fp_policy *old,
		    const struct fp_policy *new);

void fp_legs_status(struct fp_net *fpn, struct fp_legs_status *st);

#endif /* _FP_LEGS_H */
