// SPDX-License-Identifier: GPL-2.0
/*
 * sipmill messages COUNT [WINDOW]: requests both ways over legs that stand, WINDOW of
 * them outstanding each way, each answered. Every octet of every message is
 * compared with what it must be, and so is its place in the order.
 *
 * sipmill flow SECONDS [WINDOW]: the same until the time is over or a
 * connection ends, for tests that do something meanwhile. Says how each ended.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "mill.h"

/**
 * struct flow - requests of one direction
 * @sent: requests sent
 * @seen: requests that came out
 * @answered: of these, answers that came back
 */
struct flow {
	unsigned int sent;
	unsigned int seen;
	unsigned int answered;
};

static struct flow flow[2];
static unsigned int window = 1, lost_ends;
static char text[TEXT_MAX];

static void got_request(struct conn *c, enum way dir, struct text m)
{
	text_take(c, dir, m, ++flow[dir].seen);
}

static void got_answer(struct conn *c, enum way dir, struct text m)
{
	unsigned int n = flow[dir].answered + 1;
	size_t len;

	if (text_status(m) != 200 || text_cseq(m) != n)
		die("%s got %d for request %u, and 200 for %u is due\n%.*s", c->end->name,
		    text_status(m), text_cseq(m), n, (int)m.len, m.p);
	len = text_answer_seen(text, dir, n, "example.net");
	if (!text_like(text, len, m))
		die("%s got answer %u wrong", c->end->name, n);
	flow[dir].answered = n;
}

static void got_message(struct conn *c, struct text m)
{
	bool at_node = c->end == &node;

	if (text_is_request(m))
		got_request(c, at_node ? DIR_IN : DIR_OUT, m);
	else
		got_answer(c, at_node ? DIR_OUT : DIR_IN, m);
}

/* All that the window allows, put together: the gateway finds many at once. */
static void flow_fill(enum way dir, unsigned int limit)
{
	struct conn *c = conn_of(dir == DIR_IN ? &edge : &node, true);
	struct flow *f = &flow[dir];

	while (c && f->sent < limit && f->sent - f->answered < window) {
		size_t len = text_request(text, dir, KIND_MESSAGE, f->sent + 1, "example.net");

		f->sent++;
		conn_put(c, text, len);
	}
}

static bool flow_over(unsigned int limit)
{
	return flow[0].answered >= limit && flow[1].answered >= limit;
}

static bool any_ended(void)
{
	int i;

	for (i = 0; i < MAX_CONNS; i++)
		if (conns[i].end && conns[i].ended)
			return true;
	return false;
}

static void flow_run(unsigned int limit, double until)
{
	double heard = now();
	unsigned int before = 0;

	while (!flow_over(limit) && now() < until) {
		flow_fill(DIR_IN, limit);
		flow_fill(DIR_OUT, limit);
		mill_turn(20);
		if (flow[0].answered + flow[1].answered != before) {
			before = flow[0].answered + flow[1].answered;
			heard = now();
		}
		if (any_ended() || now() - heard > 40)
			return;
	}
}

static void world(void)
{
	node.got = got_message;
	edge.got = got_message;
	end_open(&node);
	end_open(&edge);
	conn_dial(&edge, "203.0.113.10", edge.port);
	conn_dial(&node, edge.addr, edge.port);
}

/* --- the daemon ----------------------------------------------------------- */

static unsigned long switches_of(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned long sum = 0, v;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "voluntary_ctxt_switches: %lu", &v) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %lu", &v) == 1)
			sum += v;
	if (f)
		fclose(f);
	return sum;
}

/* Of all threads of the daemon that is watched. */
static unsigned long switches(void)
{
	char path[300];
	struct dirent *e;
	unsigned long sum = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", opt.watch);
	d = opendir(path);
	if (!d)
		die("no daemon with pid %d", opt.watch);
	while ((e = readdir(d))) {
		if (*e->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status", opt.watch, e->d_name);
		sum += switches_of(path);
	}
	closedir(d);
	return sum;
}

static void nap(double seconds)
{
	struct timespec ts = { (time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9) };

	nanosleep(&ts, NULL);
}

/* --- modes ---------------------------------------------------------------- */

static void warm_up(void)
{
	flow_run(20, now() + 30);
	if (!flow_over(20))
		die("the first messages do not pass: %u and %u of 20 were answered",
		    flow[DIR_IN].answered, flow[DIR_OUT].answered);
	/* What the legs' beginning has left to do. */
	nap(1);
}

int mode_messages(int argc, char **argv)
{
	unsigned int count = argc > 0 ? atoi(argv[0]) : 100, limit;
	unsigned long a, b, c;
	double began, took;

	window = argc > 1 ? atoi(argv[1]) : 16;
	world();
	warm_up();
	limit = 20 + (count + 1) / 2;
	a = switches();
	began = now();
	flow_run(limit, began + 3600);
	took = now() - began;
	b = switches();
	if (!flow_over(limit))
		die("after %.1f s: in %u sent, %u seen, %u answered; out %u, %u, %u", took,
		    flow[0].sent, flow[0].seen, flow[0].answered, flow[1].sent, flow[1].seen,
		    flow[1].answered);
	nap(took);
	c = switches();
	printf("requests=%u messages=%u seconds=%.1f rate=%.0f\n", 2 * (limit - 20),
	       4 * (limit - 20), took, 4 * (limit - 20) / took);
	printf("switches=%lu idle=%lu of=%lu\n", b - a, c - b, c);
	/* The legs stand on until somebody has looked at them. */
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}

static void tell_end(const struct conn *c)
{
	printf("end %s %s %c\n", c->end->name, c->dialled ? "dialled" : "accepted",
	       c->ended ? c->ended : '-');
	lost_ends += c->ended && c->ended != 'n' && !(opt.plain && c->ended == 'f');
}

int mode_flow(int argc, char **argv)
{
	double until = now() + (argc > 0 ? atof(argv[0]) : 10), late;
	int i;

	window = argc > 1 ? atoi(argv[1]) : 16;
	world();
	warm_up();
	puts("ready");
	fflush(stdout);
	flow_run(-1, until);
	/* The rest of what is under way, and the ends of all others. */
	late = now() + 3;
	while (now() < late)
		mill_turn(20);
	printf("in sent %u seen %u answered %u, out sent %u seen %u answered %u\n", flow[0].sent,
	       flow[0].seen, flow[0].answered, flow[1].sent, flow[1].seen, flow[1].answered);
	for (i = 0; i < MAX_CONNS; i++)
		if (conns[i].end)
			tell_end(&conns[i]);
	printf("disorderly ends: %u\n", lost_ends);
	return 0;
}
