// SPDX-License-Identifier: GPL-2.0
/* Any bytes as SDP, and as a multipart body whose boundary is its first line. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/corpus.h"
#include "../unit/sip_check.h"

/* seeds: sdp sip-microsoft/ms-sdp sdp-rewrite multipart */

static void must(const char *bad)
{
	if (!bad)
		return;
	fprintf(stderr, "does not hold: %s\n", bad);
	abort();
}

static void as_multipart(const u8 *p, u32 len)
{
	struct fp_slice line, rest;
	struct fp_ctype ct = { .boundary_len = 0 };

	fp_slice_cut(fp_slice(p, len), '\n', &line, &rest);
	line = fp_slice_trim(line);
	if (!fp_slice_starts(line, FP_LIT("--")) || line.len > FP_BOUNDARY_MAX + 2)
		return;
	ct.boundary_len = line.len - 2;
	memcpy(ct.boundary, line.p + 2, ct.boundary_len);
	must(check_multipart(p, fp_span(0, len), &ct, 1));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 *copy = exact_copy(data, size);

	must(check_sdp(copy, fp_span(0, size)));
	as_multipart(copy, size);
	free(copy);
	return 0;
}
