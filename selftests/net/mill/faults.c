// SPDX-License-Identifier: GPL-2.0
/*
 * sipmill faults [WINDOW]: requests both ways while the test does harm: connections
 * may end, requests may be refused or stay without an answer. What must hold all
 * the same: whatever was answered had been delivered, once, and octet by octet as
 * it must be; whatever was refused had not. Ends that lost their connection dial
 * again.
 *
 * Lines on standard input:
 *
 *	edge down	the partner dies: its connections are reset, its port is closed
 *	edge up		it is back
 *	node down, node up	the same of the node
 *	edge shut, node shut	its connections are half closed
 *	over		there will be no more harm
 *
 * From then on a hundred requests in a row must be answered in each direction, within
 * two minutes. Prints what there was, and how long that took.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "mill.h"

/* Requests of one direction that can be told apart. */
#define MAX_REQUESTS	4000000
/* After so long a request is given up (s). */
#define PATIENCE	12
/* So many in a row are health. */
#define IN_A_ROW	100
#define RECOVERY	120
#define REDIAL		0.3

enum fate {
	UNDER_WAY,
	ANSWERED,
	REFUSED,
	GIVEN_UP,
};

/**
 * struct request - what became of one
 * @at: when it was sent
 * @seen: it came out
 * @fate: how it ended
 */
struct request {
	float at;
	bool seen;
	enum fate fate;
};

/**
 * struct stream - requests of one direction
 * @r: by number, from 1
 * @sent: the last one
 * @oldest: those before it have ended
 * @row: answered since the last one that was not
 * @count: by fate
 * @late: answered after they were given up
 */
struct stream {
	struct request *r;
	unsigned int sent;
	unsigned int oldest;
	unsigned int row;
	unsigned int count[GIVEN_UP + 1];
	unsigned int late;
};

static struct stream stream[2];
static unsigned int window = 8, redials;
static bool over;
static double began;
static char text[TEXT_MAX];

static void fate(struct stream *s, unsigned int n, enum fate f)
{
	struct request *r = &s->r[n];

	if (r->fate == GIVEN_UP && f == ANSWERED) {
		s->count[GIVEN_UP]--;
		s->late++;
	} else if (r->fate != UNDER_WAY) {
		die("request %u has two answers", n);
	}
	r->fate = f;
	s->count[f]++;
	s->row = f == ANSWERED ? s->row + 1 : 0;
	while (s->oldest <= s->sent && s->r[s->oldest].fate != UNDER_WAY)
		s->oldest++;
}

static struct request *known(struct stream *s, struct conn *c, unsigned int n)
{
	if (!n || n > s->sent)
		die("%s got number %u, and %u were sent", c->end->name, n, s->sent);
	return &s->r[n];
}

static void got_request(struct conn *c, enum way dir, struct text m)
{
	unsigned int n = text_cseq(m);
	struct request *r = known(&stream[dir], c, n);
	size_t len;

	if (r->seen)
		die("%s got request %u twice", c->end->name, n);
	if (r->fate == REFUSED)
		die("%s got request %u, which was refused", c->end->name, n);
	r->seen = true;
	len = text_request_seen(text, dir, KIND_MESSAGE, n, "example.net");
	if (!text_like(text, len, m))
		die("%s got request %u wrong", c->end->name, n);
	len = text_answer(text, dir, m);
	conn_put(c, text, len);
}

static void got_answer(struct conn *c, enum way dir, struct text m)
{
	unsigned int n = text_cseq(m);
	struct request *r = known(&stream[dir], c, n);
	int status = text_status(m);
	size_t len;

	if (status >= 500 && status < 600) {
		if (r->seen)
			die("request %u was refused with %d, and delivered", n, status);
		fate(&stream[dir], n, REFUSED);
		return;
	}
	if (status != 200)
		die("%s got %d for request %u\n%.*s", c->end->name, status, n, (int)m.len, m.p);
	if (!r->seen)
		die("request %u was answered, and never delivered", n);
	len = text_answer_seen(text, dir, n, "example.net");
	if (!text_like(text, len, m))
		die("%s got answer %u wrong", c->end->name, n);
	fate(&stream[dir], n, ANSWERED);
}

static void got_message(struct conn *c, struct text m)
{
	bool at_node = c->end == &node;

	if (text_is_request(m))
		got_request(c, at_node ? DIR_IN : DIR_OUT, m);
	else
		got_answer(c, at_node ? DIR_OUT : DIR_IN, m);
}

static void give_up(struct stream *s)
{
	while (s->oldest <= s->sent && now() - began - s->r[s->oldest].at > PATIENCE)
		fate(s, s->oldest, GIVEN_UP);
}

static unsigned int under_way(const struct stream *s)
{
	return s->sent - s->count[ANSWERED] - s->count[REFUSED] - s->count[GIVEN_UP];
}

static void fill(enum way dir)
{
	struct conn *c = conn_of(dir == DIR_IN ? &edge : &node, true);
	struct stream *s = &stream[dir];

	while (c && !c->n_out && under_way(s) < window && s->sent + 1 < MAX_REQUESTS) {
		unsigned int n = ++s->sent;
		size_t len = text_request(text, dir, KIND_MESSAGE, n, "example.net");

		s->r[n].at = now() - began;
		conn_put(c, text, len);
	}
}

static struct conn *dialled(const struct end *e)
{
	int i;

	for (i = 0; i < MAX_CONNS; i++)
		if (conns[i].end == e && conns[i].dialled && !conns[i].shut)
			return &conns[i];
	return NULL;
}

/* Those that have ended go; who has no connection dials. */
static void redial(void)
{
	static double last;
	int i;

	for (i = 0; i < MAX_CONNS; i++)
		if (conns[i].end && conns[i].ended)
			conn_close(&conns[i]);
	if (now() - last < REDIAL)
		return;
	last = now();
	if (edge.listener >= 0 && !dialled(&edge)) {
		redials++;
		conn_try(&edge, "203.0.113.10", edge.port);
	}
	if (node.listener >= 0 && !dialled(&node)) {
		redials++;
		conn_try(&node, edge.addr, edge.port);
	}
}

/* --- what the test says --------------------------------------------------- */

static void each_conn(const struct end *e, void (*fn)(struct conn *c))
{
	int i;

	for (i = 0; i < MAX_CONNS; i++)
		if (conns[i].end == e)
			fn(&conns[i]);
}

static void half_close(struct conn *c)
{
	if (c->ssl && c->up && !c->ended)
		SSL_shutdown(c->ssl);
	shutdown(c->fd, SHUT_WR);
	c->shut = true;
}

static void obey(const char *line)
{
	struct end *e = strncmp(line, "edge ", 5) ? &node : &edge;

	if (!strcmp(line, "over")) {
		over = true;
	} else if (!strcmp(line + 5, "down") && e->listener >= 0) {
		end_shut(e);
		each_conn(e, conn_reset);
	} else if (!strcmp(line + 5, "up") && e->listener < 0) {
		end_open(e);
	} else if (!strcmp(line + 5, "shut")) {
		each_conn(e, half_close);
	} else {
		die("'%s' is no order", line);
	}
}

/* --- the run -------------------------------------------------------------- */

static void tell(void)
{
	static const char * const name[] = { "in", "out" };
	int i;

	for (i = 0; i < 2; i++)
		printf("%s: sent %u, answered %u (%u late), refused %u, unanswered %u\n", name[i],
		       stream[i].sent, stream[i].count[ANSWERED], stream[i].late,
		       stream[i].count[REFUSED], stream[i].count[GIVEN_UP]);
	printf("dialled %u times\n", redials);
}

/* Return: whether all is well again. */
static bool healthy(double *since)
{
	if (!over)
		return false;
	if (!*since) {
		*since = now();
		stream[0].row = 0;
		stream[1].row = 0;
	}
	if (stream[0].row >= IN_A_ROW && stream[1].row >= IN_A_ROW)
		return true;
	if (now() - *since > RECOVERY) {
		tell();
		die("after two minutes there were %u and %u answers in a row", stream[0].row,
		    stream[1].row);
	}
	return false;
}

int mode_faults(int argc, char **argv)
{
	double since = 0;
	bool ready = false;
	int i;

	window = argc > 0 ? atoi(argv[0]) : 8;
	began = now();
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	for (i = 0; i < 2; i++) {
		stream[i].r = calloc(MAX_REQUESTS, sizeof(*stream[i].r));
		stream[i].oldest = 1;
	}
	node.got = got_message;
	edge.got = got_message;
	end_open(&node);
	end_open(&edge);
	while (!healthy(&since)) {
		mill_orders(obey);
		redial();
		give_up(&stream[DIR_IN]);
		give_up(&stream[DIR_OUT]);
		fill(DIR_IN);
		fill(DIR_OUT);
		mill_turn(20);
		if (!ready && stream[0].row >= 10 && stream[1].row >= 10) {
			ready = true;
			puts("ready");
		}
	}
	tell();
	printf("well again after %.1f s\n", now() - since);
	return 0;
}
