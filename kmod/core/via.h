/* SPDX-License-Identifier: GPL-2.0 */
/* Our Via: pushed on requests, the way back of their responses. */
#ifndef _FEDPAT_CORE_VIA_H
#define _FEDPAT_CORE_VIA_H

#include "xlat.h"

/* What the token of our Via says about the way back. */
struct fp_via_back {
	u32 leg_id;
	struct fp_endpoint remote;
	u8 side;
	u8 tp;
};

enum fp_reason fp_via_open(const struct fp_realm *realm, const struct fp_sip_msg *msg,
			   struct fp_sip_work *w, struct fp_via_back *back);
void fp_via_push(struct fp_xlat *x, const struct fp_leg_view *in,
		 const struct fp_leg_view *out, const struct fp_sip_msg *msg);
void fp_via_pop(struct fp_xlat *x, const struct fp_sip_msg *msg);
bool fp_via_stamped(struct fp_put *put, const struct fp_leg_view *in,
		    const struct fp_sip_msg *msg);

/* via_alg.c: over UDP */
void fp_via_alg_hide(struct fp_xlat *x, const struct fp_sip_msg *msg);
void fp_via_alg_show(struct fp_xlat *x, const struct fp_sip_msg *msg);

#endif /* _FEDPAT_CORE_VIA_H */
