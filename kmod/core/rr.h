/* SPDX-License-Identifier: GPL-2.0 */
/* Our Record-Route, and telling it when it comes back as Route. */
#ifndef _FEDPAT_CORE_RR_H
#define _FEDPAT_CORE_RR_H

#include "xlat.h"

/* What a Route value is to us. */
enum fp_hop {
	FP_HOP_OTHER,		/* not ours: the next hop */
	FP_HOP_OWN,		/* ours: taken off */
	FP_HOP_INSIDE,		/* an inside host behind a token: the next hop */
	FP_HOP_FORGED,
};

void fp_rr_push(struct fp_xlat *x, const struct fp_leg_view *in,
		const struct fp_leg_view *out, const struct fp_sip_msg *msg);
enum fp_hop fp_rr_hop(const struct fp_realm *realm, const struct fp_leg_view *in,
		      const u8 *base, const struct fp_uri *uri,
		      struct fp_sip_work *w, struct fp_host *inside);
bool fp_host_is_gateway(const struct fp_realm *realm, const struct fp_leg_view *in,
			const u8 *base, const struct fp_host *host);
s32 fp_uri_inside(const struct fp_realm *realm, const u8 *base, const struct fp_uri *uri,
		  struct fp_sip_work *w, struct fp_host *host);

#endif /* _FEDPAT_CORE_RR_H */
