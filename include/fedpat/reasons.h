/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every drop and every refusal has a name, a counter and one line that says
 * what it means and what to do. One table serves the kernel's counters, the
 * SIP responses, fedctl and the documentation: reasons.def.
 */
#ifndef _FEDPAT_REASONS_H
#define _FEDPAT_REASONS_H

#include <fedpat/types.h>

/* The id is not ABI, the name is: netlink carries names. */
enum fp_reason {
#define FP_REASON(id, name, status, text) FP_R_##id,
#include <fedpat/reasons.def>
#undef FP_REASON
	__FP_R_COUNT
};

/**
 * struct fp_reason_info - what is known about one reason
 * @name: stable name, as counters and logs print it
 * @status: SIP status of the refusal that it causes, 0 where none is sent
 * @text: one line: what happened and what to do about it
 */
struct fp_reason_info {
	const char *name;
	u16 status;
	const char *text;
};

const struct fp_reason_info *fp_reason_info(enum fp_reason reason);

#endif /* _FEDPAT_REASONS_H */
