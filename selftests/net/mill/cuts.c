// SPDX-License-Identifier: GPL-2.0
/*
 * sipmill cuts [STEP]: however a stream is cut, the same messages come out.
 *
 * Three requests each way, cut in two at every octet (every STEP-th): a segment
 * or TLS record each. The second piece is sent only once the gateway holds the
 * first, which its memory shows. Then the same messages octet by octet, and a
 * stream of them, glued, in pieces of many sizes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../leg/leglib.h"
#include "mill.h"

#define GLUED	60	/* messages of a stream */
#define DOMAIN	"example.net"

static struct world gw;
static char sent[KIND_COUNT][TEXT_MAX], first[KIND_COUNT][TEXT_MAX];
static size_t sent_len[KIND_COUNT], first_len[KIND_COUNT];
static unsigned int got_n, due[GLUED], n_due;
static bool all_got;
static unsigned long cuts, held;

/* The first of a kind is compared with what must come, the others with it. */
static void got_message(struct conn *c, struct text m)
{
	unsigned int kind;

	if (got_n == n_due)
		die("%s got a message too many", c->end->name);
	kind = due[got_n++];
	if (!first_len[kind]) {
		memcpy(first[kind], m.p, m.len);
		first_len[kind] = m.len;
	} else if (m.len != first_len[kind] || memcmp(m.p, first[kind], m.len)) {
		text_like(first[kind], first_len[kind], m);
		die("%s got another %s than when it came whole", c->end->name, kind_name[kind]);
	}
	all_got = got_n == n_due;
}

static void expect_nothing(void)
{
	got_n = 0;
	n_due = 0;
	all_got = false;
}

static void expect(unsigned int kind)
{
	due[n_due++] = kind;
	all_got = false;
}

static void await(const char *what)
{
	if (!mill_until(&all_got, 20000))
		die("%s: %u of %u messages came out", what, got_n, n_due);
	expect_nothing();
}

/* --- ways to cut ---------------------------------------------------------- */

static void whole(struct conn *c, enum way dir, unsigned int kind)
{
	static char want[TEXT_MAX];
	size_t len;

	sent_len[kind] = text_request(sent[kind], dir, kind, 7 + kind, DOMAIN);
	len = text_request_seen(want, dir, kind, 7 + kind, DOMAIN);
	first_len[kind] = 0;
	expect(kind);
	conn_write(c, sent[kind], sent_len[kind]);
	await("whole");
	if (!text_like(want, len, (struct text){ first[kind], first_len[kind] }))
		die("%s came out wrong", kind_name[kind]);
}

/* The gateway's memory is as at rest when nothing of a message waits. */
static u64 at_rest(void)
{
	u64 before, after = status_memory(&gw);

	do {
		before = after;
		nap_ms(20);
		after = status_memory(&gw);
	} while (before != after);
	return after;
}

static bool wait_held(u64 rest)
{
	long until = now_ms() + patience_ms(5000);

	while (status_memory(&gw) <= rest)
		if (now_ms() > until)
			return false;
	return true;
}

static void cut_in_two(struct conn *c, unsigned int kind, size_t at, u64 rest)
{
	expect(kind);
	conn_write(c, sent[kind], at);
	if (!wait_held(rest))
		die("%s: the gateway does not hold the first %zu octets", kind_name[kind], at);
	held++;
	cuts++;
	if (got_n)
		die("%s came out before it was there", kind_name[kind]);
	conn_write(c, sent[kind] + at, sent_len[kind] - at);
	await(kind_name[kind]);
	/* What was held is free again, or the next cut proves nothing. */
	while (status_memory(&gw) > rest)
		;
}

static void by_octet(struct conn *c, unsigned int kind)
{
	size_t i;

	expect(kind);
	for (i = 0; i < sent_len[kind]; i++)
		conn_write(c, sent[kind] + i, 1);
	await("octet by octet");
}

/* All kinds behind each other, in pieces of that size. */
static void glued(struct conn *c, size_t piece)
{
	static char stream[GLUED * 2048];
	size_t len = 0, at, n;
	unsigned int i;

	for (i = 0; i < GLUED; i++) {
		expect(i % KIND_COUNT);
		memcpy(stream + len, sent[i % KIND_COUNT], sent_len[i % KIND_COUNT]);
		len += sent_len[i % KIND_COUNT];
	}
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		/* No more than the sockets take: what came out is taken off them. */
		conn_put(c, stream + at, n);
		mill_turn(0);
	}
	await("glued");
}

/* --- all of them ---------------------------------------------------------- */

static void direction(struct conn *c, enum way dir, unsigned int step)
{
	static const size_t pieces[] = { 1 << 20, 16384, 4096, 1460, 1000, 777, 256, 97, 31 };
	unsigned int kind, i;
	size_t at;
	u64 rest;

	for (kind = 0; kind < KIND_COUNT; kind++)
		whole(c, dir, kind);
	rest = at_rest();
	for (kind = 0; kind < KIND_COUNT; kind++) {
		for (at = 1; at < sent_len[kind]; at += step)
			cut_in_two(c, kind, at, rest);
		by_octet(c, kind);
	}
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		glued(c, pieces[i]);
}

int mode_cuts(int argc, char **argv)
{
	unsigned int step = argc > 0 ? atoi(argv[0]) : 1;
	struct conn *in, *out;

	enter("gw");
	world_open(&gw);
	node.got = got_message;
	edge.got = got_message;
	end_open(&node);
	end_open(&edge);
	in = conn_dial(&edge, "203.0.113.10", edge.port);
	out = conn_dial(&node, edge.addr, edge.port);
	direction(in, DIR_IN, step ? step : 1);
	direction(out, DIR_OUT, step ? step : 1);
	printf("cuts=%lu held=%lu step=%u\n", cuts, held, step);
	world_close(&gw);
	return 0;
}
