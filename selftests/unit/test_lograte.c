// SPDX-License-Identifier: GPL-2.0
/* Lines of the log: a bound a peer and reason, and each that was left out is told of. */
#include <kselftest.h>
#include <string.h>

#include "lograte.h"

static struct fp_lograte r;
static char told[4096];

static void tell(const char *what, const char *who, u32 kept, void *arg)
{
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof(told) - n, "%s/%s/%u ", what, who, kept);
}

static u32 lines(const char *what, const char *who, u32 n, u64 now)
{
	u32 taken = 0;

	while (n--)
		taken += fp_lograte_take(&r, what, who, now);
	return taken;
}

static u64 ends(u64 now)
{
	*told = 0;
	return fp_lograte_close(&r, now, tell, NULL);
}

static void test_one(void)
{
	bool ok;

	memset(&r, 0, sizeof(r));
	ok = lines("bad", "alpha", 500, 1000) == FP_LOGRATE_ONE;
	ksft_test_result(ok, "one peer and reason: so many lines and no more\n");
	ok = lines("bad", "beta", 1, 1000) == 1 && lines("other", "alpha", 1, 1000) == 1;
	ksft_test_result(ok, "another peer or reason has its own\n");
	ok = ends(1000) == FP_LOGRATE_MS && !*told;
	ok &= ends(1000 + FP_LOGRATE_MS - 1) == 1 && !*told;
	ksft_test_result(ok, "nothing is told while its window is open\n");
	ok = !ends(1000 + FP_LOGRATE_MS) && !strcmp(told, "bad/alpha/480 ");
	ksft_test_result(ok, "what was left out is told when it closes, without another line\n");
	ok = !ends(1000 + 2 * FP_LOGRATE_MS) && !*told;
	ok &= lines("bad", "alpha", 1, 1000 + FP_LOGRATE_MS) == 1;
	ksft_test_result(ok, "once, and then lines are logged again\n");
}

static void test_all(void)
{
	char who[32];
	u32 i, n = 0;

	memset(&r, 0, sizeof(r));
	for (i = 0; i < 10000; i++) {
		snprintf(who, sizeof(who), "10.0.%u.%u", i / 256, i % 256);
		n += lines("bad", who, 1, 5);
	}
	ksft_test_result(n == FP_LOGRATE_ALL, "many strangers together have a bound, too\n");
	ksft_test_result(!ends(5 + FP_LOGRATE_MS) && !strcmp(told, "bad//9900 "),
			 "and each of their lines is counted\n");
	n = lines("line", "", 1000, 0);
	ksft_test_result(n == FP_LOGRATE_ALL && !ends(FP_LOGRATE_MS) && !strcmp(told, "line//900 "),
			 "lines about nobody likewise\n");
}

/* Whoever comes late is told of late, and nothing is lost on the way. */
static void test_late(void)
{
	u32 logged;
	bool ok;

	memset(&r, 0, sizeof(r));
	logged = lines("bad", "alpha", 30, 0) + lines("bad", "beta", 30, 4000);
	ok = logged == 2 * FP_LOGRATE_ONE && ends(FP_LOGRATE_MS) == 4000 &&
	     !strcmp(told, "bad/alpha/10 ");
	ok &= !ends(FP_LOGRATE_MS + 4000) && !strcmp(told, "bad/beta/10 ");
	ksft_test_result(ok, "each window closes in its own time\n");
	logged = lines("bad", "gamma", 25, 0);
	/* nobody closed it in time: its lines are kept, and told */
	logged += lines("bad", "gamma", 5, 2 * FP_LOGRATE_MS);
	ok = !ends(2 * FP_LOGRATE_MS) && logged == FP_LOGRATE_ONE && !strcmp(told, "bad/gamma/10 ");
	ksft_test_result(ok, "a window that nobody closes forgets nothing\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(10);
	test_one();
	test_all();
	test_late();
	ksft_finished();
}
