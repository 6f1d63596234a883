// SPDX-License-Identifier: GPL-2.0
/*
 * sessions: connect, shake hands, ask once, get the answer, close; again. Each of
 * the connections does so for itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "load.h"

static SSL_CTX *ctx;
static char *request;
static size_t request_len;
static unsigned long done, failed;

static void begin(int ep)
{
	struct ld_conn *c = ld_dial(ctx);

	c->sent = malloc(sizeof(*c->sent));
	*c->sent = ld_now();
	ld_watch(ep, c->fd, c);
	if (c->ssl)
		ld_conn_turn(c, ep);
	if (c->up)
		ld_conn_put(c, ep, request, request_len);
}

static void end(struct ld_conn *c, int ep, bool good)
{
	if (good) {
		ld_hist_add(ld_now() - *c->sent);
		done++;
	} else if (!failed++) {
		fprintf(stderr, "sipload: session failed: %.*s\n", (int)c->n_in, c->in ?: "");
	}
	ld_conn_free(c);
	begin(ep);
}

static void turn_one(struct ld_conn *c, int ep)
{
	bool up = c->up;
	size_t len;

	ld_conn_turn(c, ep);
	if (!up && c->up)
		ld_conn_put(c, ep, request, request_len);
	len = c->n_in ? ld_message(c->in, c->n_in) : 0;
	if (len || c->ended)
		end(c, ep, len && ld_is_200(c->in, len));
}

static void run_until(int ep, double until)
{
	struct epoll_event ev[64];
	int i, n;

	while (ld_now() < until) {
		n = epoll_wait(ep, ev, 64, 20);
		for (i = 0; i < n; i++)
			turn_one(ev[i].data.ptr, ep);
	}
}

int ld_sessions(void)
{
	int ep = epoll_create1(0);
	double from, used;
	unsigned int i;

	ctx = ld_ctx();
	request = ld_request(1, &request_len);
	for (i = 0; i < ld_opt.conns; i++)
		begin(ep);
	run_until(ep, ld_now() + ld_opt.warm);
	ld_hist_clear();
	done = 0;
	failed = 0;
	from = ld_now();
	used = ld_busy();
	run_until(ep, from + ld_opt.secs);
	used = ld_busy() - used;
	from = ld_now() - from;
	printf("{\"conns\": %u, \"done\": %lu, \"failed\": %lu, \"rate\": %.2f, \"busy_us\": %.1f, "
	       "\"p50_us\": %.0f, \"p99_us\": %.0f}\n", ld_opt.conns, done, failed, done / from,
	       used / done * 1e6, ld_hist_at(0.5), ld_hist_at(0.99));
	return !done;
}
