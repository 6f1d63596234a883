// SPDX-License-Identifier: GPL-2.0
/* Files of trust anchors: what is wrong is told before the first question is asked. */
#include <kselftest.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>

#include "anchor.h"

#define DIGEST "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"

static char path[32];

static int add(const char *file, char *why, size_t size)
{
	struct ub_ctx *ctx = ub_ctx_create();
	int ret;

	/* What the library says goes to stderr, and is no result. */
	ub_ctx_debugout(ctx, NULL);
	ret = fp_anchor_add(ctx, file, why, size);
	ub_ctx_delete(ctx);
	return ret;
}

/* @fault: part of what is said, NULL where the file is accepted */
static void judge(const char *text, const char *fault, const char *name)
{
	FILE *f = fopen(path, "we");
	char why[320] = "";
	bool ok;

	fputs(text, f);
	fclose(f);
	ok = add(path, why, sizeof(why)) ? fault && strstr(why, fault) && strstr(why, path) :
	     !fault;
	if (!ok)
		ksft_print_msg("it says: %s\n", why);
	ksft_test_result(ok, "%s\n", name);
}

static void test_missing(void)
{
	static const char gone[] = "/nonexistent/root.key";
	char why[320] = "";
	bool ok;

	ok = add(gone, why, sizeof(why)) && strstr(why, gone) && strstr(why, "No such file");
	ksft_test_result(ok, "a file that is missing\n");
	ok = add("/tmp", why, sizeof(why)) && strstr(why, "directory");
	ksft_test_result(ok, "a directory\n");
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/fedpat-anchor-XXXXXX");
	close(mkstemp(path));
	ksft_print_header();
	ksft_set_plan(9);
	test_missing();
	judge(". IN DS 20326 8 2 " DIGEST "\n", NULL, "a DS record");
	judge("; root\n.\t172800\tIN\tDNSKEY\t257 3 8 AwEAAag= ; key\n", NULL, "a DNSKEY record");
	judge("", "no DS or DNSKEY", "an empty file");
	judge("; . IN DS 20326 8 2 " DIGEST "\n", "no DS or DNSKEY", "a comment is none");
	judge("example. 60 IN A 192.0.2.1\n", "no DS or DNSKEY", "other records");
	judge("the word DS alone\n", "something in it", "a DS that is none");
	judge(". IN DS 20326 8 2 " DIGEST "\n. IN DS 20326 8\n", "something in it",
	      "one that is cut off");
	unlink(path);
	ksft_finished();
}
