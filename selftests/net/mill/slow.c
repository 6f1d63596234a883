// SPDX-License-Identifier: GPL-2.0
/*
 * sipmill slow COUNT: one slow partner does not delay another.
 *
 * The node asks both partners over one connection, and how long the answers of
 * the fast one take is measured: while the other one reads and answers, while
 * it reads nothing, while it sips, and while it sends a request octet by octet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../leg/leglib.h"
#include "mill.h"

#define FAST	"example.net"
#define SLOW	"example.org"

static struct world gw;
static char text[TEXT_MAX];
static unsigned int asked[2], answered[2], refused;
static bool fast_answered;
/* Of the slow one: what it is asked by, and what it drips on. */
static struct conn *slow_conn, *drip_conn;

static void got_at_node(struct conn *c, struct text m)
{
	bool slow = text_has(m, "<sip:bob@" SLOW ">");

	if (text_is_request(m)) {
		conn_put(c, text, text_answer(text, DIR_IN, m));
		return;
	}
	if (text_status(m) == 503 && slow)
		refused++;
	else if (text_status(m) == 200)
		answered[slow]++;
	else
		die("the node got\n%.*s", (int)m.len, m.p);
	fast_answered |= !slow;
}

static void got_at_partner(struct conn *c, struct text m)
{
	if (text_is_request(m))
		conn_put(c, text, text_answer(text, DIR_OUT, m));
}

static void ask(bool slow)
{
	size_t len = text_request(text, DIR_OUT, KIND_MESSAGE, ++asked[slow], slow ? SLOW : FAST);

	conn_put(conn_of(&node, true), text, len);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/**
 * struct times - milliseconds
 * @p50: half of the answers took no longer
 * @p90: nine of ten
 * @max: all
 */
struct times {
	double p50;
	double p90;
	double max;
};

/* What the slow one does between two requests to the fast one. */
typedef void (*habit)(struct conn *c);

static void reads(struct conn *c)
{
	c->mute = false;
	c->sip = 0;
}

static void reads_nothing(struct conn *c)
{
	c->mute = true;
}

static void sips(struct conn *c)
{
	c->mute = false;
	c->sip = 100;
	mill_turn(0);
	c->mute = true;
}

static void drips(struct conn *c)
{
	static size_t at;
	size_t len = text_request(text, DIR_IN, KIND_MESSAGE, 1, SLOW);

	reads(c);
	conn_write(drip_conn, text + at++ % len, 1);
}

static struct times measure(const char *name, habit slow, unsigned int n)
{
	double *took = calloc(n, sizeof(*took)), sent;
	struct times t;
	unsigned int i;

	for (i = 0; i < n; i++) {
		slow(slow_conn);
		ask(true);
		fast_answered = false;
		sent = now();
		ask(false);
		if (!mill_until(&fast_answered, 20000))
			die("%s: the fast partner's answer %u does not come", name, asked[0]);
		took[i] = (now() - sent) * 1000;
	}
	qsort(took, n, sizeof(*took), by_value);
	t = (struct times){ took[n / 2], took[n * 9 / 10], took[n - 1] };
	printf("while the other one %s: p50 %.2f p90 %.2f max %.2f ms, %u of its own refused\n",
	       name, t.p50, t.p90, t.max, refused);
	free(took);
	return t;
}

/* Until the gateway says that it takes no more for the slow one. */
static void fill(void)
{
	unsigned int i;

	slow_conn->mute = true;
	for (i = 0; i < 20000 && !refused; i++) {
		ask(true);
		mill_turn(0);
	}
	if (!refused)
		die("nobody is refused although the partner does not read");
	printf("the first 503 came after %u requests to a partner that reads nothing\n", i);
}

static bool slower(struct times base, struct times t)
{
	/* What a millisecond of the machine's own noise is worth. */
	return t.p50 > 2 * base.p50 + 0.1 || t.p90 > 2 * base.p90 + 1;
}

/* The machine may have been busy during one of the two: then both once more. */
static void not_slower(const char *name, habit slow, unsigned int n, struct times base,
		       struct times t)
{
	unsigned int tries;

	for (tries = 0; slower(base, t); tries++) {
		if (tries == 4)
			die("a partner that %s delays the other", name);
		base = measure("reads and answers", reads, n);
		t = measure(name, slow, n);
	}
}

static void recovers(void)
{
	unsigned int before = answered[1];
	double until = now() + 20;

	reads(slow_conn);
	while (answered[1] == before && now() < until) {
		ask(true);
		mill_turn(50);
	}
	if (answered[1] == before)
		die("the slow partner reads again, and gets nothing");
}

int mode_slow(int argc, char **argv)
{
	unsigned int n = argc > 0 ? atoi(argv[0]) : 300;
	struct times base, full, sipping, dripping;
	u64 rest, memory, counted;

	enter("gw");
	world_open(&gw);
	node.got = got_at_node;
	edge.got = got_at_partner;
	edge2.got = got_at_partner;
	edge2.rcvbuf = 4096;
	end_open(&node);
	end_open(&edge);
	end_open(&edge2);
	conn_dial(&edge, "203.0.113.10", edge.port);
	slow_conn = conn_dial(&edge2, "203.0.113.10", edge2.port);
	conn_dial(&node, edge.addr, edge.port);
	measure("is new", reads, 20);
	base = measure("reads and answers", reads, n);
	if (refused)
		die("requests to a partner that reads are refused");
	rest = status_memory(&gw);
	counted = counter(&gw, "send-queue-full");
	fill();
	full = measure("reads nothing", reads_nothing, n);
	memory = status_memory(&gw);
	sipping = measure("sips", sips, n);
	printf("memory of the gateway: %llu octets at rest, %llu with a full queue\n",
	       (unsigned long long)rest, (unsigned long long)memory);
	/* One message of 64 KiB and 16 KiB, in pages of which each wastes a little. */
	if (memory > rest + (64 + 16 + 8) * 1024)
		die("a full queue takes more than a message and 16 KiB");
	if (counter(&gw, "send-queue-full") < counted + refused)
		die("503 was given %u times and counted %llu times", refused, (unsigned long long)
		    (counter(&gw, "send-queue-full") - counted));
	recovers();
	drip_conn = conn_dial(&edge2, "203.0.113.10", edge2.port);
	dripping = measure("drips", drips, n);
	not_slower("drips", drips, n, base, dripping);
	not_slower("sips", sips, n, base, sipping);
	not_slower("reads nothing", reads_nothing, n, base, full);
	world_close(&gw);
	return 0;
}
