// SPDX-License-Identifier: GPL-2.0
/*
 * The tests of the stream plane: legtool [GROUP...], KTAP on standard output.
 *
 * legtool traffic SECONDS runs requests through a pair of legs until the time
 * is over or a leg ends, and prints how many came back; for the tests that
 * unload the module meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "leg/leglib.h"

static const struct group {
	const char *name;
	const struct test *tests;
} groups[] = {
	{ "attach", attach_tests },
	{ "relay", relay_tests },
	{ "frame", frame_tests },
	{ "close", close_tests },
	{ "held", held_tests },
	{ "load", load_tests },
	{ "raw", raw_tests },
};

static bool selected(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc == 1;
}

static unsigned int group_size(const struct group *g)
{
	unsigned int n = 0;

	while (g->tests[n].name)
		n++;
	return n;
}

static void group_run(const struct group *g, struct world *w)
{
	const struct test *t;

	for (t = g->tests; t->name; t++) {
		long began = now_ms();
		bool ok = test_run(t, w);

		ksft_test_result(ok, "%s: %s (%ld ms)\n", g->name, t->name, now_ms() - began);
		if (!ok) {
			/* What it left open would spoil those after it. */
			printf("Bail out! %s: %s\n", g->name, t->name);
			exit(KSFT_FAIL);
		}
	}
}

static int traffic(struct world *w, int seconds)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES128 };
	struct leg_spec out = { .k = KEYS_13_AES128 };
	long until = now_ms() + seconds * 1000L;
	struct far node, partner;
	unsigned int n = 0;
	struct msg m;
	char *answer;

	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	puts("ready");
	fflush(stdout);
	while (now_ms() < until) {
		if (!far_send_str(&partner, sip_request("MESSAGE", "bob@example.net",
							"alice@example.com", n + 1)) ||
		    !far_recv(&node, &m, 500))
			break;
		answer = sip_answer(&m, 200);
		far_send_str(&node, answer);
		free(answer);
		if (!far_recv(&partner, &m, 500))
			break;
		n++;
	}
	printf("%u round trips, ends %c %c\n", n, far_end(&node, 2000) ?: '-',
	       far_end(&partner, 2000) ?: '-');
	return n ? 0 : 1;
}

int main(int argc, char **argv)
{
	unsigned int i, n = 0;
	struct world w;

	setvbuf(stdout, NULL, _IOLBF, 0);
	world_open(&w);
	world_policy(&w, NULL, NULL);
	if (argc == 3 && !strcmp(argv[1], "traffic"))
		return traffic(&w, atoi(argv[2]));
	ksft_print_header();
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		n += selected(groups[i].name, argc, argv) ? group_size(&groups[i]) : 0;
	ksft_set_plan(n);
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (selected(groups[i].name, argc, argv))
			group_run(&groups[i], &w);
	world_close(&w);
	ksft_finished();
}
