/* SPDX-License-Identifier: GPL-2.0 */
/* To tags of our own responses: keyed, so that the ACK to one is known again. */
#ifndef _FEDPAT_CORE_TOTAG_H
#define _FEDPAT_CORE_TOTAG_H

#include "put.h"
#include "realm_impl.h"

#include <fedpat/sip.h>

void fp_totag_put(struct fp_put *put, const struct fp_realm *realm,
		  const struct fp_sip_msg *msg);
bool fp_totag_ours(const struct fp_realm *realm, const struct fp_sip_msg *msg);

#endif /* _FEDPAT_CORE_TOTAG_H */
