// SPDX-License-Identifier: GPL-2.0
/*
 * Without memory: each copy of a text and each list that grows fails once. What is
 * made nevertheless is whole, or there is an error; nothing is lost on the way.
 */
#include <errno.h>
#include <kselftest.h>
#include <string.h>

#include "cert.h"
#include "federation.h"
#include "policy_file.h"
#include "plan_text.h"

#define EXAMPLE "Documentation/examples/contoso.yaml"
#define NEVER 1000000000

static long until = NEVER;	/* allocations before the one that fails */
static bool failed;

static bool fails(void)
{
	if (until-- > 0)
		return false;
	failed = true;
	until = NEVER;
	return true;
}

/* These are found before those of the C library. */
char *strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = fails() ? NULL : malloc(n);

	return copy ? memcpy(copy, s, n) : NULL;
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

static char *example(void)
{
	FILE *in = fopen(EXAMPLE, "re");
	char *text = calloc(1, 65536);

	if (!in || !fread(text, 1, 65535, in))
		ksft_print_msg("%s cannot be read\n", EXAMPLE);
	if (in)
		fclose(in);
	return text;
}

/* What is planned when allocation @nth fails: as @whole, or an error. */
static bool plan_holds(const char *text, const struct fp_model *running, long nth,
		       const char *whole)
{
	struct fp_errs errs = { 0 };
	struct fp_plan p;
	bool ok = true;
	char *is;
	int err;

	until = nth;
	err = plan_text(text, running, &p, &errs);
	until = NEVER;
	if (!err && !errs.total) {
		is = policy_text(p.target);
		ok = !strcmp(is, whole);
		if (!ok)
			ksft_print_msg("allocation %ld fails: the plan is another\n", nth);
		free(is);
	}
	fp_errs_free(&errs);
	fp_plan_free(&p);
	return ok;
}

static void test_plan(const char *text, const struct fp_model *running, const char *whole)
{
	bool ok = true;
	long n = 0;

	do {
		failed = false;
		ok &= plan_holds(text, running, n++, whole);
	} while (failed);
	ksft_print_msg("%ld allocations failed, one in each run\n", n - 1);
	ksft_test_result(ok && n > 100, "a federation is planned whole, or there is an error\n");
}

static void test_owners(const struct fp_model *m)
{
	struct fp_strs owners;
	bool ok = true;
	int err;

	until = 0;
	err = fp_federation_owners(m, &owners);
	ok = err == -ENOMEM && !owners.n && !owners.v;
	until = NEVER;
	ksft_test_result(ok, "names of federations: all of them, or an error and none\n");
	ksft_test_result(!fp_federation_owners(m, &owners) && owners.n == 1 &&
			 !strcmp(owners.v[0], "contoso"), "with memory: all of them\n");
	fp_strs_free(&owners);
}

int main(void)
{
	struct fp_model *running = fp_model_alloc();
	struct fp_errs errs = { 0 };
	char *text = example(), *whole;
	struct fp_plan p;

	ksft_print_header();
	ksft_set_plan(3);
	plan_text(text, running, &p, &errs);
	whole = policy_text(p.target);
	test_plan(text, running, whole);
	test_owners(p.target);
	fp_plan_free(&p);
	fp_errs_free(&errs);
	fp_model_free(running);
	free(whole);
	free(text);
	ksft_finished();
}
