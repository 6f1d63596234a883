// SPDX-License-Identifier: GPL-2.0
/*
 * run: asks on many connections and measures. Closed loop: each connection has
 * its window of requests outstanding, always. With a rate: requests leave when
 * their time has come, and a latency counts from then, so that whoever stalls
 * is not let off (coordinated omission).
 *
 * idle: connections that say nothing, until standard input ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "load.h"

/* Connections that may wait for their first answer. */
#define FEW	8

static struct ld_conn **conns;
static char *request;
static size_t request_len;
static unsigned long done, refused;
static bool measuring;

/* --- requests and answers ------------------------------------------------- */

static void ask(struct ld_conn *c, int ep, unsigned int n, double at)
{
	static char *many;
	unsigned int i;

	if (!many)
		many = malloc(request_len * ld_opt.window);
	for (i = 0; i < n; i++) {
		memcpy(many + i * request_len, request, request_len);
		c->sent[c->head++ % ld_opt.window] = at;
	}
	ld_conn_put(c, ep, many, n * request_len);
}

static void got(struct ld_conn *c)
{
	size_t at = 0, len;

	while ((len = ld_message(c->in + at, c->n_in - at))) {
		if (!ld_is_200(c->in + at, len)) {
			if (!refused++)
				fprintf(stderr, "sipload: not 200: %.*s\n", (int)len, c->in + at);
		} else if (measuring) {
			ld_hist_add(ld_now() - c->sent[c->tail % ld_opt.window]);
			done++;
		}
		c->tail++;
		at += len;
	}
	memmove(c->in, c->in + at, c->n_in - at);
	c->n_in -= at;
}

/* --- connections ---------------------------------------------------------- */

static void turn(int ep, int ms)
{
	struct epoll_event ev[64];
	int i, n = epoll_wait(ep, ev, 64, ms);

	for (i = 0; i < n; i++) {
		struct ld_conn *c = ev[i].data.ptr;

		if (!c)
			continue;
		ld_conn_turn(c, ep);
		if (c->n_in)
			got(c);
		if (c->ended)
			ld_die("a connection ended; %u requests were outstanding",
			       c->head - c->tail);
		if (!ld_opt.rate && measuring && c->up && c->head - c->tail < ld_opt.window)
			ask(c, ep, ld_opt.window - (c->head - c->tail), ld_now());
	}
}

static void connect_one(SSL_CTX *ctx, int ep, unsigned int i)
{
	double until = ld_now() + 60;
	struct ld_conn *c = ld_dial(ctx);

	conns[i] = c;
	c->sent = calloc(ld_opt.window, sizeof(*c->sent));
	ld_watch(ep, c->fd, c);
	if (c->ssl)
		ld_conn_turn(c, ep);
	while (!c->up && ld_now() < until)
		turn(ep, 100);
	if (!c->up)
		ld_die("connection %u: no handshake", i);
}

/* Connections that were not answered yet. */
static unsigned int unanswered(unsigned int n)
{
	unsigned int i, left = 0;

	for (i = 0; i < n; i++)
		left += conns[i]->tail < conns[i]->head;
	return left;
}

static void wait_answers(int ep, unsigned int n, unsigned int most)
{
	double until = ld_now() + 60;

	while (unanswered(n) > most) {
		if (ld_now() >= until)
			ld_die("%u connections got no answer within a minute", unanswered(n));
		turn(ep, 100);
	}
}

/*
 * Each is answered once, so that whatever has to be dialled stands; and few wait
 * at once: a gateway may take many for a flood.
 */
static void connect_all(int ep, bool silent)
{
	SSL_CTX *ctx = ld_ctx();
	unsigned int i;

	conns = calloc(ld_opt.conns, sizeof(struct ld_conn *));
	for (i = 0; i < ld_opt.conns; i++) {
		connect_one(ctx, ep, i);
		if (silent)
			continue;
		ask(conns[i], ep, 1, ld_now());
		wait_answers(ep, i + 1, i ? FEW : 0);
	}
	wait_answers(ep, i, 0);
}

/* --- with a rate ---------------------------------------------------------- */

static int ticker(int ep, double next)
{
	static int fd = -1;
	struct itimerspec it = { .it_value = { next, (next - (long)next) * 1e9 } };

	if (fd < 0) {
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
		ld_watch(ep, fd, NULL);
	}
	return timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, NULL);
}

/* What is due by now, in turn over the connections that have room. */
static double ask_due(int ep, double next)
{
	static unsigned int at;
	unsigned int tries;

	while (next <= ld_now()) {
		for (tries = 0; tries < ld_opt.conns; tries++) {
			struct ld_conn *c = conns[at++ % ld_opt.conns];

			if (c->head - c->tail < ld_opt.window) {
				ask(c, ep, 1, next);
				break;
			}
		}
		if (tries == ld_opt.conns)
			return next;	/* all are behind: it waits, its time runs */
		next += 1 / ld_opt.rate;
	}
	ticker(ep, next);
	return next;
}

static void run_rate(int ep, double until, double *next)
{
	while (ld_now() < until) {
		*next = ask_due(ep, *next);
		turn(ep, 20);
	}
}

static void run_closed(int ep, double until)
{
	while (ld_now() < until)
		turn(ep, 20);
}

/* --- the modes ------------------------------------------------------------ */

static void run_for(int ep, double secs)
{
	static double next;

	if (!next)
		next = ld_now();
	if (ld_opt.rate)
		run_rate(ep, ld_now() + secs, &next);
	else
		run_closed(ep, ld_now() + secs);
}

int ld_run(void)
{
	int ep = epoll_create1(0);
	double from, used;
	unsigned int i;

	request = ld_request(1, &request_len);
	connect_all(ep, false);
	measuring = true;
	for (i = 0; !ld_opt.rate && i < ld_opt.conns; i++)
		ask(conns[i], ep, ld_opt.window, ld_now());
	run_for(ep, ld_opt.warm);
	ld_hist_clear();
	done = 0;
	from = ld_now();
	used = ld_busy();
	run_for(ep, ld_opt.secs);
	used = ld_busy() - used;
	from = ld_now() - from;
	printf("{\"conns\": %u, \"window\": %u, \"done\": %lu, \"refused\": %lu, \"rate\": %.1f, "
	       "\"busy_us\": %.2f, \"idle\": %.3f, \"p50_us\": %.0f, \"p99_us\": %.0f, \"max_us\": %.0f}\n",
	       ld_opt.conns, ld_opt.window, done, refused, done / from, used / done * 1e6,
	       1 - used / from / sysconf(_SC_NPROCESSORS_ONLN), ld_hist_at(0.5), ld_hist_at(0.99),
	       ld_hist_max());
	return refused || !done;
}

int ld_idle(void)
{
	int ep = epoll_create1(0);
	char c;

	connect_all(ep, true);
	puts("ready");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
