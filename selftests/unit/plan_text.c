// SPDX-License-Identifier: GPL-2.0
/* Planning from a string; see plan_text.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kselftest.h"
#include "plan_text.h"
#include "policy_file.h"

int plan_text(const char *text, const struct fp_model *running, struct fp_plan *p,
	      struct fp_errs *errs)
{
	struct fp_ydoc doc;
	int err;

	memset(p, 0, sizeof(*p));
	err = fp_ydoc_parse("f.yaml", text, strlen(text), &doc, errs);
	if (!err)
		err = fp_federation_plan_doc(&doc, running, p, errs);
	fp_ydoc_free(&doc);
	return err;
}

char *policy_text(const struct fp_model *m)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fp_policy_save(m, out);
	fclose(out);
	return text;
}

void print_faults(const struct fp_errs *errs)
{
	unsigned int i;
	char *line;

	for (i = 0; i < errs->n; i++) {
		line = fp_err_line(&errs->v[i]);
		ksft_print_msg("%s\n", line);
		free(line);
	}
}
