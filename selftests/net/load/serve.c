// SPDX-License-Identifier: GPL-2.0
/*
 * serve: answers each request with 200, those that came together in one piece. At its
 * end, by SIGTERM, it says how many connections it had.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include "load.h"

static volatile sig_atomic_t serve_over;
static unsigned long accepted, answered;

static void on_term(int sig)
{
	(void)sig;
	serve_over = 1;
}

static bool is_request(const char *p)
{
	return memcmp(p, "SIP/2.0 ", 8);
}

static void answer(struct ld_conn *c, int ep)
{
	static char out[2 * LD_BUF];
	size_t at = 0, n = 0, len;

	while ((len = ld_message(c->in + at, c->n_in - at))) {
		if (n + len + 1024 > sizeof(out)) {
			ld_conn_put(c, ep, out, n);
			n = 0;
		}
		if (is_request(c->in + at)) {
			n += ld_answer(out + n, c->in + at, len);
			answered++;
		}
		at += len;
	}
	if (n)
		ld_conn_put(c, ep, out, n);
	memmove(c->in, c->in + at, c->n_in - at);
	c->n_in -= at;
	if (n && ld_opt.once) {
		ld_conn_free(c);
		return;
	}
	if (c->ended)
		ld_conn_free(c);
}

static void serve_one(struct ld_conn *c, int ep)
{
	ld_conn_turn(c, ep);
	if (c->n_in)
		answer(c, ep);
	else if (c->ended)
		ld_conn_free(c);
}

static void serve_accept(SSL_CTX *ctx, int listener, int ep)
{
	struct ld_conn *c = ld_accept(ctx, listener);

	if (!c)
		return;
	accepted++;
	ld_watch(ep, c->fd, c);
}

int ld_serve(void)
{
	struct sigaction sa = { .sa_handler = on_term };
	SSL_CTX *ctx = ld_ctx();
	int listener = ld_listen(), ep = epoll_create1(0), i, n;
	struct epoll_event ev[64];

	sigaction(SIGTERM, &sa, NULL);
	ld_watch(ep, listener, NULL);
	while (!serve_over) {
		n = epoll_wait(ep, ev, 64, -1);
		for (i = 0; i < n; i++) {
			if (ev[i].data.ptr)
				serve_one(ev[i].data.ptr, ep);
			else
				serve_accept(ctx, listener, ep);
		}
	}
	printf("{\"accepted\": %lu, \"answered\": %lu}\n", accepted, answered);
	return 0;
}
