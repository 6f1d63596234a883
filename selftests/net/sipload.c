// SPDX-License-Identifier: GPL-2.0
/*
 * sipload MODE [NAME=VALUE...]: the load of the benchmarks.
 *
 *	serve		answers: to=ADDR:PORT [once=1]
 *	run		asks: from=ADDR to=ADDR:PORT [conns=1] [window=1] [secs=2] [warm=0.5]
 *			[rate=0] [size=700] [cut=0]
 *	sessions	connects anew for each request: likewise
 *	idle		holds connections until standard input ends: likewise
 *	aead		what the ciphers cost: [secs=2]
 *
 * With tls=1.2 or 1.3 also cert=FILE key=FILE ca=FILE. One line of JSON is printed.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "load/load.h"

struct ld_options ld_opt = {
	.conns = 1,
	.window = 1,
	.secs = 2,
	.warm = 0.5,
	.size = 700,
};

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{ "serve", ld_serve },
	{ "run", ld_run },
	{ "sessions", ld_sessions },
	{ "idle", ld_idle },
	{ "aead", ld_aead },
};

void ld_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("sipload: ", stderr);
	vfprintf(stderr, fmt, args);
	fputs("\n", stderr);
	va_end(args);
	exit(1);
}

static void option_to(char *value)
{
	char *colon = strrchr(value, ':');

	if (!colon)
		ld_die("to=%s has no port", value);
	*colon = 0;
	ld_opt.to = value;
	ld_opt.port = atoi(colon + 1);
}

static bool option_text(const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **at;
	} texts[] = {
		{ "tls", &ld_opt.tls }, { "cert", &ld_opt.cert }, { "key", &ld_opt.key },
		{ "ca", &ld_opt.ca }, { "from", &ld_opt.from },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (strcmp(name, texts[i].name))
			continue;
		*texts[i].at = value;
		return true;
	}
	return false;
}

static void option_number(const char *name, double v)
{
	if (!strcmp(name, "conns"))
		ld_opt.conns = v;
	else if (!strcmp(name, "window"))
		ld_opt.window = v;
	else if (!strcmp(name, "secs"))
		ld_opt.secs = v;
	else if (!strcmp(name, "warm"))
		ld_opt.warm = v;
	else if (!strcmp(name, "rate"))
		ld_opt.rate = v;
	else if (!strcmp(name, "size"))
		ld_opt.size = v;
	else if (!strcmp(name, "cut"))
		ld_opt.cut = v;
	else if (!strcmp(name, "once"))
		ld_opt.once = v;
	else
		ld_die("unknown option %s", name);
}

static void option(char *arg)
{
	char *value = strchr(arg, '=');

	if (!value)
		ld_die("%s is not NAME=VALUE", arg);
	*value++ = 0;
	if (!strcmp(arg, "to"))
		option_to(value);
	else if (!option_text(arg, value))
		option_number(arg, atof(value));
}

int main(int argc, char **argv)
{
	size_t i;
	int j;

	signal(SIGPIPE, SIG_IGN);
	for (j = 2; j < argc; j++)
		option(argv[j]);
	for (i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(argv[1], modes[i].name))
			return modes[i].run();
	ld_die("modes: serve, run, sessions, idle, aead; see the head of sipload.c");
}
