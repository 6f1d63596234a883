// SPDX-License-Identifier: GPL-2.0
/*
 * sipmill ends CASE: how connections end, and that another takes their place.
 * OpenSSL is at the far end. Each case says which counter must move, makes it
 * move, and then sees a request pass again each way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "../leg/leglib.h"
#include "mill.h"

static struct world gw;
static char text[TEXT_MAX];
static unsigned int n, seen_at_node, seen_at_edge, refused;
static bool answered;

static void got_message(struct conn *c, struct text m)
{
	if (!text_is_request(m)) {
		answered = text_status(m) == 200;
		refused += text_status(m) == 503;
		return;
	}
	if (c->end == &node)
		seen_at_node++;
	else
		seen_at_edge++;
	conn_put(c, text, text_answer(text, c->end == &node ? DIR_IN : DIR_OUT, m));
}

static void ask(struct conn *c, enum way dir)
{
	answered = false;
	n++;
	conn_put(c, text, text_request(text, dir, KIND_MESSAGE, 2 * n + 1, "example.net"));
}

/* A request each way, over new connections where the old have ended. */
static void passes(void)
{
	struct conn *in = conn_of(&edge, true), *out = conn_of(&node, true);

	if (!in)
		in = conn_dial(&edge, "203.0.113.10", edge.port);
	if (!out)
		out = conn_dial(&node, edge.addr, edge.port);
	ask(in, DIR_IN);
	if (!mill_until(&answered, 15000))
		die("the node does not answer the partner");
	ask(out, DIR_OUT);
	if (!mill_until(&answered, 15000))
		die("the partner does not answer the node");
}

/* While the far ends go on reading and writing. */
static void counted(const char *name, u64 before, u64 by)
{
	double until = now() + 10;

	while (counter(&gw, name) < before + by) {
		if (now() > until)
			die("nothing was counted as %s", name);
		mill_turn(20);
	}
}

/* The one that the gateway dialled, or that dialled it. */
static struct conn *node_conn(void)
{
	struct conn *c = conn_of(&node, false);

	if (!c)
		die("the gateway did not dial the node");
	return c;
}

static struct conn *edge_conn(void)
{
	return conn_of(&edge, true);
}

typedef struct conn *(*whose)(void);

/* --- what ends it --------------------------------------------------------- */

static void key_update(struct conn *c)
{
	if (SSL_key_update(c->ssl, SSL_KEY_UPDATE_REQUESTED) != 1 || SSL_do_handshake(c->ssl) != 1)
		die("no KeyUpdate");
}

static void renegotiate(struct conn *c)
{
	SSL_renegotiate(c->ssl);
	SSL_do_handshake(c->ssl);
}

static void close_notify(struct conn *c)
{
	SSL_shutdown(c->ssl);
}

static void fin(struct conn *c)
{
	shutdown(c->fd, SHUT_WR);
}

static void half_message(struct conn *c)
{
	conn_write(c, text, text_request(text, DIR_IN, KIND_INVITE, 1, "example.net") / 2);
	nap_ms(50);
	shutdown(c->fd, SHUT_WR);
}

static void reset(struct conn *c)
{
	conn_reset(c);
}

static void half_and_reset(struct conn *c)
{
	conn_write(c, text, text_request(text, DIR_IN, KIND_INVITE, 1, "example.net") / 2);
	nap_ms(50);
	conn_reset(c);
}

/* No record: what the kernel reads as one has the wrong MAC. */
static void garbage(struct conn *c)
{
	static const char junk[] = "\x17\3\3\0\x20thirty-two octets of no record..";

	if (send(c->fd, junk, 5 + 32, MSG_NOSIGNAL) != 5 + 32)
		die("send");
}

/* The gateway's own doing. Each of its legs says close_notify. */
static void kill_all(struct conn *c)
{
	u32 id;

	for (id = 1; id < 64; id++) {
		fp_leg_kill(gw.nl, id, NULL, &gw.errs);
		fp_errs_free(&gw.errs);
	}
	for (c = conns; c < conns + MAX_CONNS; c++)
		if (c->end && (!mill_until_ended(c, 5000) || c->ended != 'n'))
			die("%s sees no close_notify", c->end->name);
}

/**
 * struct ending - a case
 * @name: on the command line
 * @of: connection that it happens to
 * @act: what happens
 * @reason: counter that moves
 * @other: another one, NULL for none
 * @sees: how the far end must see the gateway end it: 'n' close_notify, 'x' by
 *	any means; 0: it has no connection left to see
 */
static const struct ending {
	const char *name;
	whose of;
	void (*act)(struct conn *c);
	const char *reason;
	const char *other;
	char sees;
} endings[] = {
	{ "key-update-partner", edge_conn, key_update, "key-update", NULL, 'n' },
	{ "key-update-node", node_conn, key_update, "key-update", NULL, 'n' },
	{ "renegotiation", edge_conn, renegotiate, "tls-handshake-again", NULL, 'x' },
	{ "close-partner", edge_conn, close_notify, "peer-closed", NULL, 'n' },
	{ "close-node", node_conn, close_notify, "peer-closed", NULL, 'n' },
	{ "close-gateway", edge_conn, kill_all, "leg-killed", NULL, 'n' },
	{ "truncated-partner", edge_conn, fin, "tls-truncated", NULL, 'x' },
	{ "truncated-node", node_conn, fin, "tls-truncated", NULL, 'x' },
	{ "truncated-message", edge_conn, half_message, "tls-truncated", "message-cut", 'x' },
	{ "reset-partner", edge_conn, reset, "peer-reset", NULL, 0 },
	{ "reset-node", node_conn, reset, "peer-reset", NULL, 0 },
	{ "reset-in-message", edge_conn, half_and_reset, "peer-reset", NULL, 0 },
	{ "bad-record", edge_conn, garbage, "tls-record-bad", NULL, 'x' },
};

static void ending_run(const struct ending *e)
{
	struct conn *c = e->of();
	u64 before = counter(&gw, e->reason), other = e->other ? counter(&gw, e->other) : 0;

	e->act(c);
	counted(e->reason, before, 1);
	if (e->other)
		counted(e->other, other, 1);
	if (!e->sees)
		return;
	if (!mill_until_ended(c, 5000))
		die("the far end does not see the end");
	if (e->sees == 'n' && c->ended != 'n')
		die("the far end sees no close_notify but '%c'", c->ended);
	conn_close(c);
}

/* --- other cases ---------------------------------------------------------- */

/* Tickets of a server that was dialled, at once and later, between messages. */
static void tickets(void)
{
	u64 before = counter(&gw, "tls-tickets");
	struct conn *c = node_conn();
	int i;

	/* Two came with the handshake, before anybody counted. */
	if (before < 2)
		die("OpenSSL sends two tickets, %llu were counted", (unsigned long long)before);
	for (i = 0; i < 5; i++) {
		if (SSL_new_session_ticket(c->ssl) != 1)
			die("no ticket");
		passes();
	}
	counted("tls-tickets", before, 5);
	if (node_conn() != c)
		die("a ticket ended the connection");
}

/*
 * A server that wants another CA says so after the client's handshake is over
 * (TLS 1.3): the leg stands already when the alert comes.
 */
static void alert(void)
{
	u64 before = counter(&gw, "tls-alert");
	struct conn *c = node_conn();
	struct conn *in = edge_conn();

	SSL_CTX_free(node.ctx);
	node.ctx = NULL;
	node.ca = "other-ca";
	end_shut(&node);
	conn_close(c);
	end_open(&node);
	nap_ms(300);
	ask(in, DIR_IN);
	counted("tls-alert", before, 1);
	SSL_CTX_free(node.ctx);
	node.ctx = NULL;
	node.ca = "inside-ca";
	end_shut(&node);
	end_open(&node);
	nap_ms(300);
}

/* Connections that are reset at each step of the handshake leave nothing. */
static void reset_in_handshake(void)
{
	int step;

	for (step = 0; step < 4; step++) {
		struct conn *c = conn_begin(&edge, "203.0.113.10", edge.port);
		int i;

		for (i = 0; i < step && !c->up; i++)
			mill_turn(200);
		conn_reset(c);
	}
	if (!edge_conn() || edge_conn()->ended)
		die("the connection that stood was hurt");
}

/* The gateway has more for it than it takes when the reset comes. */
static void reset_while_full(void)
{
	u64 before = counter(&gw, "peer-reset"), unsent = counter(&gw, "unsent");
	struct conn *c = edge_conn(), *out = conn_of(&node, true);
	unsigned int i;

	c->mute = true;
	for (i = 0; i < 20000 && !refused; i++) {
		ask(out, DIR_OUT);
		mill_turn(0);
	}
	/* Who has only this partner waits for it a while before it is refused. */
	for (i = 0; i < 300 && !refused; i++)
		mill_turn(100);
	if (!refused)
		die("the queue does not fill");
	conn_reset(c);
	counted("peer-reset", before, 1);
	counted("unsent", unsent, 1);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "tickets", tickets },
	{ "alert", alert },
	{ "reset-in-handshake", reset_in_handshake },
	{ "reset-while-full", reset_while_full },
};

static bool run_one(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		if (!strcmp(name, endings[i].name)) {
			ending_run(&endings[i]);
			return true;
		}
	}
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!strcmp(name, cases[i].name)) {
			cases[i].run();
			return true;
		}
	}
	return false;
}

int mode_ends(int argc, char **argv)
{
	enter("gw");
	world_open(&gw);
	node.got = got_message;
	edge.got = got_message;
	edge.rcvbuf = 16384;
	end_open(&node);
	end_open(&edge);
	passes();
	if (!argc || !run_one(argv[0]))
		die("no such case");
	passes();
	world_close(&gw);
	return 0;
}
