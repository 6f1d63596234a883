// SPDX-License-Identifier: GPL-2.0
/* The table of reasons, compiled once for the kernel and once for user space. */
#include <fedpat/reasons.h>

static const struct fp_reason_info fp_reason_table[] = {
#define FP_REASON(id, name, status, text) \
	[FP_R_##id] = { name, status, text },
#include <fedpat/reasons.def>
#undef FP_REASON
};

/**
 * fp_reason_info() - name, SIP status and explanation of a reason
 * @reason: the reason
 *
 * Return: its row; that of FP_R_NONE when @reason is out of range.
 */
const struct fp_reason_info *fp_reason_info(enum fp_reason reason)
{
	if ((u32)reason >= ARRAY_SIZE(fp_reason_table))
		reason = FP_R_NONE;
	return &fp_reason_table[reason];
}
