// SPDX-License-Identifier: GPL-2.0
/*
 * sipmill storm COUNT [PARALLEL]: so many connections of the partner, one after the
 * other in PARALLEL rows. Each asks the gateway itself (OPTIONS), and when it is
 * answered ends in one of five ways. One that is not answered in half a minute fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "mill.h"

#define STORM_ROWS	24
#define STORM_PATIENCE	30

static const char options[] =
	"OPTIONS sip:imp-public.example.com SIP/2.0\r\n"
	"Via: SIP/2.0/%s edge.example.net:%u;branch=z9hG4bKstorm%u\r\n"
	"Max-Forwards: 70\r\n"
	"From: <sip:edge@example.net>;tag=1\r\n"
	"To: <sip:imp-public.example.com>\r\n"
	"Call-ID: storm%u@edge.example.net\r\n"
	"CSeq: 1 OPTIONS\r\n"
	"Content-Length: 0\r\n\r\n";

/**
 * struct row - connections one after the other
 * @c: the present one, NULL for none
 * @n: its number
 * @since: when it was begun
 * @asked: it was up, and the question is sent
 * @ending: it was answered; its end is under way
 */
static struct row {
	struct conn *c;
	unsigned int n;
	double since;
	bool asked;
	bool ending;
} rows[STORM_ROWS];

static unsigned int begun, done, failed;

static void ask(struct row *r)
{
	char text[600];
	int len = snprintf(text, sizeof(text), options, opt.plain ? "TCP" : "TLS", edge.port,
			   r->n, r->n);

	conn_put(r->c, text, len);
	r->asked = true;
}

static void got_message(struct conn *c, struct text m)
{
	if (text_status(m) != 200)
		die("%d instead of 200\n%.*s", text_status(m), (int)m.len, m.p);
	(void)c;
}

static void row_done(struct row *r, void (*end)(struct conn *c))
{
	end(r->c);
	r->c = NULL;
	done++;
}

/* Answered: it ends, by its number. */
static void row_end(struct row *r)
{
	struct conn *c = r->c;

	r->ending = true;
	switch (r->n % 5) {
	case 0:
		if (c->ssl)
			SSL_shutdown(c->ssl);
		row_done(r, conn_close);
		break;
	case 1:
		row_done(r, conn_reset);
		break;
	case 2:
		/* Without close_notify. */
		row_done(r, conn_close);
		break;
	case 3:
		if (c->ssl)
			SSL_shutdown(c->ssl);
		shutdown(c->fd, SHUT_WR);
		break;
	default:
		conn_put(c, options, 30);
		row_done(r, conn_reset);
	}
}

static void row_begin(struct row *r)
{
	r->c = conn_try(&edge, "203.0.113.10", edge.port);
	if (!r->c)
		return;
	r->n = ++begun;
	r->since = now();
	r->asked = false;
	r->ending = false;
}

static void row_turn(struct row *r)
{
	struct conn *c = r->c;

	if (!r->asked && c->up && !c->ended)
		ask(r);
	if (!r->ending && c->messages) {
		row_end(r);
		return;
	}
	if (c->ended && r->ending) {
		row_done(r, conn_close);
	} else if (c->ended || now() - r->since > STORM_PATIENCE) {
		printf("connection %u: %s, ended %c\n", r->n,
		       !c->up ? "no handshake" : r->ending ? "does not end" : "no answer",
		       c->ended ? c->ended : '-');
		failed++;
		row_done(r, conn_reset);
	}
}

int mode_storm(int argc, char **argv)
{
	unsigned int count = argc > 0 ? atoi(argv[0]) : 1000;
	unsigned int parallel = argc > 1 ? atoi(argv[1]) : 16, i;
	double began = now();

	if (parallel > STORM_ROWS)
		parallel = STORM_ROWS;
	edge.got = got_message;
	end_open(&edge);
	while (done < count && failed < 20) {
		for (i = 0; i < parallel; i++) {
			if (!rows[i].c && begun < count)
				row_begin(&rows[i]);
			if (rows[i].c)
				row_turn(&rows[i]);
		}
		mill_turn(20);
	}
	printf("%u connections in %.1f s, %u failed\n", done, now() - began, failed);
	return failed || done != count;
}
