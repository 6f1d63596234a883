// SPDX-License-Identifier: GPL-2.0
/* Latencies in buckets of three per cent, and what the CPUs did. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "load.h"

/* 2^(i/20) microseconds: 3.5 % a bucket, up to 2^40. */
#define STEPS	20
#define BUCKETS	(40 * STEPS)

static unsigned long hist[BUCKETS];
static unsigned long hist_n;
static double hist_top;

double ld_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void ld_hist_clear(void)
{
	memset(hist, 0, sizeof(hist));
	hist_n = 0;
	hist_top = 0;
}

void ld_hist_add(double secs)
{
	double us = secs * 1e6;
	int i = us > 1 ? (int)(log2(us) * STEPS) : 0;

	hist[i < BUCKETS ? i : BUCKETS - 1]++;
	hist_n++;
	if (secs > hist_top)
		hist_top = secs;
}

/* Microseconds within which this part of all were answered. */
double ld_hist_at(double part)
{
	unsigned long want = hist_n * part, seen = 0;
	int i;

	for (i = 0; i < BUCKETS; i++) {
		seen += hist[i];
		if (seen > want)
			return exp2((i + 0.5) / STEPS);
	}
	return 0;
}

double ld_hist_max(void)
{
	return hist_top * 1e6;
}

/*
 * All time less idle time. The kernel measures idle time and counts the rest
 * by ticks, which short wake-ups slip through.
 */
double ld_busy(void)
{
	unsigned long long idle, iowait;
	double ticks = sysconf(_SC_CLK_TCK);
	FILE *f = fopen("/proc/stat", "r");

	if (!f || fscanf(f, "cpu %*u %*u %*u %llu %llu", &idle, &iowait) != 2)
		ld_die("/proc/stat is not as it should be");
	fclose(f);
	return ld_now() * sysconf(_SC_NPROCESSORS_ONLN) - (idle + iowait) / ticks;
}
