/* SPDX-License-Identifier: GPL-2.0 */
/* The anchor from which signed DNS answers are validated (DNSSEC). */
#ifndef _FP_ANCHOR_H
#define _FP_ANCHOR_H

#include <stddef.h>

#include "paths.h"

struct ub_ctx;

/* Where to get one, and where to name it. */
#define FP_ANCHOR_MEND	"Debian's is " FP_ROOT_ANCHOR " (apt install dns-root-data); name it by " \
			"fedpatd --trust-anchor, with systemd in " FP_DEFAULTS

int fp_anchor_add(struct ub_ctx *ctx, const char *path, char *why, size_t size);

#endif /* _FP_ANCHOR_H */
