// SPDX-License-Identifier: GPL-2.0
/*
 * sipmill pace MS: a good partner and a good node, at their own pace: a request each way
 * every MS milliseconds, over connections that stand, whatever else happens to the
 * gateway. Each must come out once, in order and exact, and be answered. A second
 * partner dials every quarter of a second, asks the gateway (OPTIONS) and leaves.
 *
 * Lines on standard input: "phase NAME" begins to count anew, "over" ends. For each
 * phase a line is printed:
 *
 *	phase NAME requests N median MS p99 MS max MS dials N failed N dial-median
 *	MS dial-p99 MS
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mill.h"

#define PACE_MAX	1000000	/* samples of a phase */
#define DIAL_EVERY	0.25	/* s */
#define DIAL_PATIENCE	20
#define LOST_AFTER	20

/**
 * struct sample - of times in milliseconds
 * @v: they
 * @n: how many
 */
struct sample {
	float *v;
	unsigned int n;
};

/**
 * struct lane - one direction
 * @c: connection that asks
 * @sent: requests sent
 * @seen: requests that came out
 * @answered: answers that came back
 * @at: when the one under way was sent
 */
static struct lane {
	struct conn *c;
	unsigned int sent;
	unsigned int seen;
	unsigned int answered;
	double at;
} lane[2];

static struct sample times, dials;
static unsigned int dials_failed;
static char phase[32] = "first", text[TEXT_MAX];
static bool over;
static struct conn *probe;
static double probe_at;

static void note(struct sample *s, double seconds)
{
	if (s->n < PACE_MAX)
		s->v[s->n++] = (float)(seconds * 1000);
}

/* --- requests ------------------------------------------------------------- */

static void got_request(struct conn *c, enum way dir, struct text m)
{
	text_take(c, dir, m, ++lane[dir].seen);
}

static void got_answer(struct conn *c, enum way dir, struct text m)
{
	struct lane *l = &lane[dir];

	if (text_status(m) != 200 || text_cseq(m) != l->answered + 1)
		die("%s got %d for request %u, and 200 for %u is due\n%.*s", c->end->name,
		    text_status(m), text_cseq(m), l->answered + 1, (int)m.len, m.p);
	l->answered++;
	note(&times, now() - l->at);
}

static void got_message(struct conn *c, struct text m)
{
	bool at_node = c->end == &node;

	if (text_is_request(m))
		got_request(c, at_node ? DIR_IN : DIR_OUT, m);
	else
		got_answer(c, at_node ? DIR_OUT : DIR_IN, m);
}

static void ask(enum way dir)
{
	struct lane *l = &lane[dir];
	size_t len;

	if (l->c->ended)
		die("the gateway ended the connection of %s (%c)", l->c->end->name, l->c->ended);
	if (l->sent != l->answered) {
		if (now() - l->at > LOST_AFTER)
			die("request %u of %s is lost: no answer after %d s, it was%s delivered",
			    l->sent, l->c->end->name, LOST_AFTER,
			    l->seen == l->sent ? "" : " not");
		return;
	}
	len = text_request(text, dir, KIND_MESSAGE, ++l->sent, "example.net");
	l->at = now();
	conn_put(l->c, text, len);
}

/* --- dialling ------------------------------------------------------------- */

static void probe_ask(void)
{
	static const char options[] =
		"OPTIONS sip:imp-public.example.com SIP/2.0\r\n"
		"Via: SIP/2.0/%s edge.example.org:%u;branch=z9hG4bKpace%.0f\r\n"
		"Max-Forwards: 70\r\n"
		"From: <sip:edge@example.org>;tag=1\r\n"
		"To: <sip:imp-public.example.com>\r\n"
		"Call-ID: pace%.0f@edge.example.org\r\n"
		"CSeq: 1 OPTIONS\r\n"
		"Content-Length: 0\r\n\r\n";
	char b[600];
	int len = snprintf(b, sizeof(b), options, opt.plain ? "TCP" : "TLS", edge2.port,
			   probe_at * 1000, probe_at * 1000);

	conn_put(probe, b, (size_t)len);
}

static void got_probe(struct conn *c, struct text m)
{
	(void)c;
	if (text_status(m) != 200)
		die("the gateway answers OPTIONS with %d", text_status(m));
	note(&dials, now() - probe_at);
}

static void probe_end(bool good)
{
	if (!good) {
		printf("a good partner cannot dial: %s after %.1f s\n",
		       probe->up ? "no answer" : "no handshake", now() - probe_at);
		dials_failed++;
	}
	if (good && probe->ssl)
		SSL_shutdown(probe->ssl);
	conn_close(probe);
	probe = NULL;
}

static void probe_turn(void)
{
	static bool asked;

	if (!probe && now() - probe_at >= DIAL_EVERY) {
		probe_at = now();
		asked = false;
		probe = conn_try(&edge2, "203.0.113.10", edge2.port);
	}
	if (!probe)
		return;
	if (probe->messages) {
		probe_end(true);
	} else if (probe->ended || now() - probe_at > DIAL_PATIENCE) {
		probe_end(false);
	} else if (probe->up && !asked) {
		asked = true;
		probe_ask();
	}
}

/* --- phases --------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static float part(const struct sample *s, unsigned int percent)
{
	return s->n ? s->v[(unsigned long)(s->n - 1) * percent / 100] : -1;
}

static void tell(void)
{
	qsort(times.v, times.n, sizeof(*times.v), by_value);
	qsort(dials.v, dials.n, sizeof(*dials.v), by_value);
	printf("phase %s requests %u median %.2f p99 %.2f max %.2f ", phase, times.n,
	       part(&times, 50), part(&times, 99), part(&times, 100));
	printf("dials %u failed %u dial-median %.2f dial-p99 %.2f\n", dials.n, dials_failed,
	       part(&dials, 50), part(&dials, 99));
	times.n = 0;
	dials.n = 0;
	dials_failed = 0;
}

static void obey(const char *line)
{
	tell();
	if (!strcmp(line, "over"))
		over = true;
	else if (sscanf(line, "phase %31s", phase) != 1)
		die("'%s' is no order", line);
}

/* --- the run -------------------------------------------------------------- */

static void begin(void)
{
	times.v = calloc(PACE_MAX, sizeof(*times.v));
	dials.v = calloc(PACE_MAX, sizeof(*dials.v));
	node.got = got_message;
	edge.got = got_message;
	edge2.got = got_probe;
	end_open(&node);
	end_open(&edge);
	end_open(&edge2);
	lane[DIR_IN].c = conn_dial(&edge, "203.0.113.10", edge.port);
	lane[DIR_OUT].c = conn_dial(&node, edge.addr, edge.port);
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
}

int mode_pace(int argc, char **argv)
{
	double every = (argc > 0 ? atof(argv[0]) : 5) / 1000, next;
	bool ready = false;

	begin();
	next = now();
	while (!over) {
		if (now() >= next) {
			next += every;
			/* What a stall has cost is not caught up with. */
			if (next < now())
				next = now();
			ask(DIR_IN);
			ask(DIR_OUT);
		}
		mill_orders(obey);
		probe_turn();
		mill_turn(1);
		if (!ready && lane[DIR_IN].answered >= 20 && lane[DIR_OUT].answered >= 20) {
			ready = true;
			puts("ready");
		}
	}
	return 0;
}
