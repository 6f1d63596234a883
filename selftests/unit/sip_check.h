/* SPDX-License-Identifier: GPL-2.0 */
/* What must hold of any parse result, whatever the bytes were. */
#ifndef _FEDPAT_SIP_CHECK_H
#define _FEDPAT_SIP_CHECK_H

#include <fedpat/multipart.h>
#include <fedpat/sdp.h>
#include <fedpat/sip.h>

/* Each returns NULL, or what does not hold. */
const char *check_msg(const struct fp_sip_msg *m, u32 len, unsigned int flags);
const char *check_sdp(const u8 *base, struct fp_span body);
const char *check_multipart(const u8 *base, struct fp_span body, const struct fp_ctype *ct,
			    unsigned int depth);

#endif /* _FEDPAT_SIP_CHECK_H */
