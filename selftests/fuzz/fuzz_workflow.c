// SPDX-License-Identifier: GPL-2.0
/*
 * Workflow files from anywhere: no crash, no leak; what is derived can be saved and
 * read back, is no change when it is derived again, and goes without a trace.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "federation.h"
#include "policy_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fp_model *derive(const struct fp_ydoc *doc, const struct fp_model *running,
			       char **name)
{
	struct fp_errs errs = { 0 };
	struct fp_model *m = NULL;
	struct fp_plan plan;

	if (!fp_federation_plan_doc(doc, running, &plan, &errs)) {
		m = plan.target;
		plan.target = NULL;
		*name = strdup(plan.name);
	}
	if (!m != !!errs.n)
		abort();
	fp_errs_free(&errs);
	fp_plan_free(&plan);
	return m;
}

static void must_be_equal(const struct fp_model *a, const struct fp_model *b)
{
	struct fp_ops ops = { 0 };

	if (fp_model_diff(a, b, &ops) || ops.n)
		abort();
	fp_ops_free(&ops);
}

static void check(const struct fp_ydoc *doc, struct fp_model *m, const char *name,
		  const struct fp_model *empty)
{
	struct fp_errs errs = { 0 };
	struct fp_model *again;
	char *same = NULL;

	again = derive(doc, m, &same);
	if (!again)
		abort();
	must_be_equal(m, again);
	fp_model_check(m, &errs);
	if (errs.n)
		abort();
	fp_federation_remove(again, name);
	must_be_equal(again, empty);
	fp_model_free(again);
	free(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fp_model *empty = fp_model_alloc(), *m = NULL;
	struct fp_errs errs = { 0 };
	struct fp_ydoc doc;
	char *name = NULL;

	if (!fp_ydoc_parse("f", data, size, &doc, &errs))
		m = derive(&doc, empty, &name);
	if (m)
		check(&doc, m, name, empty);
	fp_ydoc_free(&doc);
	fp_errs_free(&errs);
	fp_model_free(m);
	fp_model_free(empty);
	free(name);
	return 0;
}
