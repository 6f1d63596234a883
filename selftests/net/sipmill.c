// SPDX-License-Identifier: GPL-2.0
/*
 * sipmill [OPTION...] MODE [ARGUMENT...]: a node and its partners, around a real
 * gateway in the world of selftests/e2e/world.sh.
 *
 *	--plain		TCP without TLS
 *	--tls 1.2|1.3	this version only
 *	--pki DIR	certificates, made by selftests/e2e/pki.sh
 *	--watch PID	of fedpatd
 *	--drip N	write N octets at a time, each time a record or segment
 *
 * The modes are described where they are: selftests/net/mill/MODE.c.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mill/mill.h"

struct mill_options opt;

struct end node = { .name = "node1", .addr = "192.0.2.11", .port = 5062, .cert = "node1",
		    .ca = "inside-ca", .listener = -1 };
struct end edge = { .name = "edge", .addr = "198.51.100.20", .port = 5061, .cert = "edge",
		    .ca = "public-ca", .listener = -1 };
struct end edge2 = { .name = "stranger", .addr = "198.51.100.66", .port = 5061,
		     .cert = "other-partner", .ca = "public-ca", .listener = -1 };

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} modes[] = {
	{ "messages", mode_messages },
	{ "flow", mode_flow },
	{ "cuts", mode_cuts },
	{ "slow", mode_slow },
	{ "ends", mode_ends },
	{ "faults", mode_faults },
	{ "storm", mode_storm },
	{ "pace", mode_pace },
};

static void usage(void)
{
	size_t i;

	fputs("usage: sipmill [--plain] [--tls 1.2|1.3] [--pki DIR] [--watch PID] "
	      "[--drip N] MODE ...\n"
	      "modes:",
	      stderr);
	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		fprintf(stderr, " %s", modes[i].name);
	fputs("\n", stderr);
	exit(2);
}

static int options(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--plain"))
			opt.plain = true;
		else if (i + 1 == argc)
			usage();
		else if (!strcmp(argv[i], "--tls"))
			opt.tls = argv[++i];
		else if (!strcmp(argv[i], "--pki"))
			opt.pki = argv[++i];
		else if (!strcmp(argv[i], "--drip"))
			opt.drip = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--watch"))
			opt.watch = atoi(argv[++i]);
		else
			usage();
	}
	return i;
}

int main(int argc, char **argv)
{
	int at = options(argc, argv);
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (opt.plain) {
		node.port = 5060;
		edge.port = 5060;
		edge2.port = 5060;
	}
	for (i = 0; at < argc && i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(argv[at], modes[i].name))
			return modes[i].run(argc - at - 1, argv + at + 1);
	usage();
	return 2;
}
