/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KTAP for test programs in C, with the names of the kernel's kselftest.h.
 *
 *	ksft_print_header();
 *	ksft_set_plan(2);
 *	ksft_test_result(a == b, "a is b\n");
 *	ksft_test_result_skip("no IPv6 here\n");
 *	ksft_finished();
 */
#ifndef _FEDPAT_KSELFTEST_H
#define _FEDPAT_KSELFTEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4

#define ksft_printf(fmt, args) __attribute__((format(printf, fmt, args)))

struct ksft_count {
	unsigned int plan;
	unsigned int pass;
	unsigned int fail;
	unsigned int skip;
};

static struct ksft_count ksft_cnt;

static inline unsigned int ksft_test_num(void)
{
	return ksft_cnt.pass + ksft_cnt.fail + ksft_cnt.skip;
}

static inline void ksft_print_header(void)
{
	/* A crash must not swallow the results before it. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
}

static inline void ksft_set_plan(unsigned int plan)
{
	ksft_cnt.plan = plan;
	printf("1..%u\n", plan);
}

static inline ksft_printf(1, 2) void ksft_print_msg(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("# ", stdout);
	vprintf(fmt, args);
	va_end(args);
}

static inline ksft_printf(2, 3) bool ksft_test_result(bool ok, const char *fmt, ...)
{
	va_list args;

	if (ok)
		ksft_cnt.pass++;
	else
		ksft_cnt.fail++;
	printf("%s %u - ", ok ? "ok" : "not ok", ksft_test_num());
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	return ok;
}

static inline ksft_printf(1, 2) void ksft_test_result_skip(const char *fmt, ...)
{
	va_list args;

	ksft_cnt.skip++;
	printf("ok %u - # SKIP ", ksft_test_num());
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

static inline void ksft_print_cnts(void)
{
	if (ksft_cnt.plan != ksft_test_num())
		ksft_print_msg("planned %u, ran %u\n", ksft_cnt.plan, ksft_test_num());
	ksft_print_msg("pass:%u fail:%u skip:%u\n", ksft_cnt.pass, ksft_cnt.fail, ksft_cnt.skip);
}

static inline __attribute__((noreturn)) void ksft_exit_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(KSFT_SKIP);
}

static inline __attribute__((noreturn)) void ksft_finished(void)
{
	ksft_print_cnts();
	if (ksft_cnt.fail || ksft_cnt.plan != ksft_test_num())
		exit(KSFT_FAIL);
	exit(ksft_cnt.pass ? KSFT_PASS : KSFT_SKIP);
}

#endif /* _FEDPAT_KSELFTEST_H */
