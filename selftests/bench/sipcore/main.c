// SPDX-License-Identifier: GPL-2.0
/*
 * How long from the bytes of a SIP message to the bytes that are sent on.
 *
 *   sipcore [-r ROUNDS]                     nanoseconds of everybody, in turn
 *   sipcore -w WHO -m MESSAGE -n COUNT [-p] nothing but that many messages; for callgrind
 *   sipcore -w WHO -m MESSAGE { -i | -o }      what goes in, what comes out
 *
 * MESSAGE is a number. -p parses only. The table is one line a round for each:
 * message, who, what, nanoseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sipcore.h"

#define BATCH	200

static const struct bench_core *const cores[] = {
	&bench_fedpat, &bench_osip, &bench_sofia,
};

#define CORES	(sizeof(cores) / sizeof(*cores))

static char out[65536];

struct options {
	const struct bench_core *who;
	const struct bench_msg *msg;
	unsigned long count;
	unsigned long rounds;
	bool parse;
	bool in;
	bool out;
};

static void once(const struct bench_core *core, const struct bench_msg *m, bool parse)
{
	if (parse ? core->parse(m) : core->pass(m, out, sizeof(out)) > 0)
		return;
	fprintf(stderr, "%s refuses the %s\n", core->name, m->name);
	exit(1);
}

/* Time of this process alone, of one message. */
static double batch(const struct bench_core *core, const struct bench_msg *m, bool parse)
{
	struct timespec a, b;
	unsigned int i;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (i = 0; i < BATCH; i++)
		once(core, m, parse);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / BATCH;
}

static void compare(unsigned long rounds)
{
	unsigned int n, i, k, what;
	const struct bench_msg *msgs = bench_msgs(&n);

	for (; rounds; rounds--) {
		for (i = 0; i < n * CORES * 2; i++) {
			what = i % 2;
			k = i / 2 % CORES;
			printf("%s\t%s\t%s\t%.0f\n", msgs[i / 2 / CORES].name, cores[k]->name,
			       what ? "parse" : "pass",
			       batch(cores[k], &msgs[i / 2 / CORES], what));
		}
	}
}

static void usage(void)
{
	fprintf(stderr,
		"usage: sipcore [-r ROUNDS] | -w WHO -m MESSAGE { -n COUNT [-p] | -i | -o }\n");
	exit(2);
}

static const struct bench_core *core_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < CORES; i++) {
		if (!strcmp(cores[i]->name, name))
			return cores[i];
	}
	usage();
	return NULL;
}

static const struct bench_msg *msg_of(const char *number)
{
	unsigned int n;
	const struct bench_msg *msgs = bench_msgs(&n);
	unsigned long i = strtoul(number, NULL, 10);

	if (i >= n)
		usage();
	return &msgs[i];
}

static void read_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "r:w:m:n:pio")) != -1) {
		switch (c) {
		case 'r':
			o->rounds = strtoul(optarg, NULL, 10);
			break;
		case 'w':
			o->who = core_of(optarg);
			break;
		case 'm':
			o->msg = msg_of(optarg);
			break;
		case 'n':
			o->count = strtoul(optarg, NULL, 10);
			break;
		case 'p':
			o->parse = true;
			break;
		case 'i':
			o->in = true;
			break;
		case 'o':
			o->out = true;
			break;
		default:
			usage();
		}
	}
	if (!o->who != !o->msg)
		usage();
}

int main(int argc, char **argv)
{
	struct options o = { .rounds = 21 };
	unsigned long i;

	read_options(&o, argc, argv);
	for (i = 0; i < CORES; i++)
		cores[i]->init();
	if (!o.who) {
		compare(o.rounds);
		return 0;
	}
	if (o.in)
		fwrite(o.msg->text, 1, o.msg->len, stdout);
	if (o.out)
		fwrite(out, 1, o.who->pass(o.msg, out, sizeof(out)), stdout);
	for (i = 0; i < o.count; i++)
		once(o.who, o.msg, o.parse);
	return 0;
}
