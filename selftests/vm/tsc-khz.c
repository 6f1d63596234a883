// SPDX-License-Identifier: GPL-2.0
/*
 * Print the frequency of the time stamp counter in kHz, for vm/run. Made on the
 * host, by itself.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Both clocks at one moment: the best of many tries, as we may be interrupted. */
static void sample(int64_t *ns, uint64_t *tsc)
{
	uint64_t best = UINT64_MAX;
	int i;

	for (i = 0; i < 1000; i++) {
		uint64_t before = __rdtsc();
		int64_t time = now();
		uint64_t after = __rdtsc();

		if (after - before >= best)
			continue;
		best = after - before;
		*ns = time;
		*tsc = before + best / 2;
	}
}

int main(void)
{
	const struct timespec wait = { .tv_nsec = 200000000 };
	uint64_t tsc0, tsc1;
	int64_t ns0, ns1;

	sample(&ns0, &tsc0);
	nanosleep(&wait, NULL);
	sample(&ns1, &tsc1);
	printf("%.0f\n", (double)(tsc1 - tsc0) * 1e6 / (double)(ns1 - ns0));
	return 0;
}
