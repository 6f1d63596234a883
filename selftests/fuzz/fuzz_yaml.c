// SPDX-License-Identifier: GPL-2.0
/*
 * Policy files from anywhere: no crash, no leak; what is taken can be saved, and
 * what was saved is read back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *save(const struct fp_model *m, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	if (fp_policy_save(m, out))
		abort();
	fclose(out);
	return text;
}

static struct fp_model *load(const void *data, size_t size)
{
	struct fp_errs errs = { 0 };
	struct fp_model *m = NULL;
	struct fp_ydoc doc;

	if (!fp_ydoc_parse("f", data, size, &doc, &errs))
		fp_policy_read(&doc, &m, &errs);
	fp_ydoc_free(&doc);
	if (!m != !!errs.n)
		abort();
	fp_errs_free(&errs);
	return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fp_model *m = load(data, size), *back;
	size_t one_size, two_size;
	char *one, *two;

	if (!m)
		return 0;
	one = save(m, &one_size);
	back = load(one, one_size);
	if (!back)
		abort();
	two = save(back, &two_size);
	if (one_size != two_size || memcmp(one, two, one_size))
		abort();
	free(one);
	free(two);
	fp_model_free(m);
	fp_model_free(back);
	return 0;
}
