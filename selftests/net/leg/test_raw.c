// SPDX-License-Identifier: GPL-2.0
/* Raw legs: bytes of two sockets relayed as they are, and how such a pair ends. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "leglib.h"

/* Octets that the queues of a pair and four sockets hold at the very most. */
#define QUEUES_MAX	(64 << 20)
/* What the two legs themselves may take: a queue each, and what they are. */
#define MEMORY_MAX	(2 * (64 + 16) * 1024)

struct pair {
	struct far node;
	struct far partner;
};

static const struct leg_spec node_spec = { .inside = true, .raw = true, .port = 5269 };
static const struct leg_spec partner_spec = { .raw = true, .accepted = true, .port = 5269 };

/* The leg of the node waits, that of the partner is joined with it. */
static void raw_join(struct world *w, struct pair *p)
{
	struct leg_spec second = partner_spec;

	WANT(!pair_attach(w, &node_spec, &p->node));
	second.partner = p->node.leg;
	WANT(!pair_attach(w, &second, &p->partner));
}

static void raw_open(struct world *w, struct pair *p)
{
	notices_drop(w);
	pair_open(&node_spec, &p->node);
	pair_open(&partner_spec, &p->partner);
	raw_join(w, p);
}

static bool raw_close(struct world *w, struct pair *p)
{
	far_close(&p->node);
	far_close(&p->partner);
	return all_quiet(w);
}

/* Exactly these bytes come. */
static bool comes(struct far *far, const void *want, size_t len, int ms)
{
	long until = now_ms() + ms;
	struct pollfd pfd = { .fd = far->fd, .events = POLLIN };
	char got[4096] = "";
	size_t n = 0;

	while (n < len) {
		long left = until - now_ms();
		ssize_t r;

		if (left <= 0 || poll(&pfd, 1, (int)left) <= 0)
			return false;
		r = recv(far->fd, got + n,
			 sizeof(got) - n < len - n ? sizeof(got) - n : len - n, 0);
		if (r <= 0)
			return false;
		n += (size_t)r;
	}
	return !memcmp(got, want, len);
}

static bool both_ways(struct pair *p)
{
	static const char hello[] = { 0x16, 3, 1, 0, 5, 'h', 'e', 'l', 'l', 'o', '\r', '\n', 0 };

	WANT(far_send(&p->node, hello, sizeof(hello)));
	WANT(comes(&p->partner, hello, sizeof(hello), 2000));
	WANT(far_send(&p->partner, hello + 1, sizeof(hello) - 1));
	WANT(comes(&p->node, hello + 1, sizeof(hello) - 1, 2000));
	return true;
}

/* --- relaying ------------------------------------------------------------- */

static bool relays(struct world *w)
{
	struct fp_obj_leg *leg;
	struct pair p;

	raw_open(w, &p);
	WANT(both_ways(&p));
	leg = leg_get(w, p.partner.leg);
	WANT(leg && leg->protocol == FEDPAT_INSPECT_TYPE_XMPP && leg->link.n == 1);
	WANT(leg->link.v[0] == p.node.leg && leg->rx_bytes == 12 && leg->tx_bytes == 13);
	WANT(leg->domain.n == 1 && !strcmp(leg->domain.v[0], "chat.example.net"));
	WANT(!strcmp(leg->identity, "chat.example.com") && !leg->starttls);
	fp_obj_free(&leg->o);
	return raw_close(w, &p);
}

/* Bytes that were in the sockets before the legs were, of both directions. */
static bool earlier_bytes(struct world *w)
{
	struct pair p;

	notices_drop(w);
	pair_open(&node_spec, &p.node);
	pair_open(&partner_spec, &p.partner);
	WANT(far_send_str(&p.node, "from the node") && far_send_str(&p.partner, "to the node"));
	nap_ms(20);
	raw_join(w, &p);
	WANT(comes(&p.partner, "from the node", 13, 2000));
	WANT(comes(&p.node, "to the node", 11, 2000));
	return raw_close(w, &p);
}

/* The first leg reads nothing before it has its partner. */
static bool waits(struct world *w)
{
	struct leg_spec second = partner_spec;
	struct fp_obj_leg *leg;
	struct pair p;

	notices_drop(w);
	pair_open(&node_spec, &p.node);
	pair_open(&partner_spec, &p.partner);
	WANT(!pair_attach(w, &node_spec, &p.node));
	WANT(far_send_str(&p.node, "early"));
	nap_ms(100);
	leg = leg_get(w, p.node.leg);
	WANT(leg && !leg->rx_bytes);
	fp_obj_free(&leg->o);
	second.partner = p.node.leg;
	WANT(!pair_attach(w, &second, &p.partner));
	WANT(comes(&p.partner, "early", 5, 2000));
	return raw_close(w, &p);
}

/* Byte @at of an endless pattern that no shift repeats soon. */
static unsigned char pattern(size_t at)
{
	return (unsigned char)(at * 31 + (at >> 8) * 7 + (at >> 16));
}

static size_t push_pattern(struct far *far, size_t at, size_t most)
{
	unsigned char b[8192];
	size_t i, n;

	for (i = 0; i < sizeof(b); i++)
		b[i] = pattern(at + i);
	n = most < sizeof(b) ? most : sizeof(b);
	return far_push(far, b, n);
}

static bool take_pattern(struct far *far, size_t n, int ms)
{
	long until = now_ms() + ms;
	struct pollfd pfd = { .fd = far->fd, .events = POLLIN };
	unsigned char b[65536];
	size_t at = 0;

	while (at < n) {
		ssize_t r, i;

		if (now_ms() > until || poll(&pfd, 1, 1000) < 0)
			return false;
		r = recv(far->fd, b, sizeof(b), MSG_DONTWAIT);
		if (r < 0 && errno == EAGAIN)
			continue;
		if (r <= 0)
			return false;
		for (i = 0; i < r; i++)
			if (b[i] != pattern(at + (size_t)i))
				return false;
		at += (size_t)r;
	}
	return true;
}

/* Who does not read makes the other stop, and nothing is lost, nor kept without a bound. */
static bool backpressure(struct world *w)
{
	size_t sent = 0, n;
	struct pair p;
	int dry = 0;

	raw_open(w, &p);
	while (dry < 5 && sent < QUEUES_MAX) {
		n = push_pattern(&p.partner, sent, 8192);
		sent += n;
		dry = n ? 0 : dry + 1;
		if (!n)
			nap_ms(50);
	}
	WANT(sent < QUEUES_MAX);
	WANT(status_memory(w) <= MEMORY_MAX);
	/* The other direction does not suffer. */
	WANT(far_send_str(&p.node, "still here") && comes(&p.partner, "still here", 10, 2000));
	WANT(take_pattern(&p.node, sent, 20000));
	return raw_close(w, &p);
}

/* --- ends ----------------------------------------------------------------- */

static bool half_close(struct world *w)
{
	struct pair p;

	raw_open(w, &p);
	WANT(far_send_str(&p.node, "last words") && !shutdown(p.node.fd, SHUT_WR));
	WANT(comes(&p.partner, "last words", 10, 2000));
	WANT(far_end(&p.partner, 2000) == 'f');
	/* The other direction goes on. */
	WANT(far_send_str(&p.partner, "heard") && comes(&p.node, "heard", 5, 2000));
	nap_ms(50);
	WANT(status_legs(w) == 2);
	WANT(far_send_str(&p.partner, "bye") && !shutdown(p.partner.fd, SHUT_WR));
	WANT(comes(&p.node, "bye", 3, 2000) && far_end(&p.node, 2000) == 'f');
	WANT(leg_down(w, p.node.leg, "peer-closed"));
	return raw_close(w, &p);
}

/* All that was queued before the end is delivered, to who reads slowly, too. */
static bool end_behind_queue(struct world *w)
{
	size_t sent = 0, n;
	struct pair p;
	int dry = 0;

	raw_open(w, &p);
	while (dry < 5) {
		n = push_pattern(&p.partner, sent, 8192);
		sent += n;
		dry = n ? 0 : dry + 1;
		if (!n)
			nap_ms(20);
	}
	WANT(!shutdown(p.partner.fd, SHUT_WR) && !shutdown(p.node.fd, SHUT_WR));
	nap_ms(1500);	/* longer than a leg that closes may drain */
	WANT(take_pattern(&p.node, sent, 20000));
	WANT(far_end(&p.node, 2000) == 'f' && far_end(&p.partner, 2000) == 'f');
	return raw_close(w, &p);
}

static bool reset(struct world *w)
{
	struct linger hard = { 1, 0 };
	struct pair p;

	raw_open(w, &p);
	WANT(both_ways(&p));
	WANT(!setsockopt(p.partner.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	close(p.partner.fd);
	p.partner.fd = -1;
	WANT(leg_down(w, p.partner.leg, "peer-reset"));
	WANT(leg_down(w, p.node.leg, "partner-leg-closed"));
	WANT(far_end(&p.node, 2000));
	return raw_close(w, &p);
}

static bool killed(struct world *w)
{
	struct pair p;

	raw_open(w, &p);
	WANT(far_send_str(&p.node, "before the end"));
	WANT(comes(&p.partner, "before the end", 14, 2000));
	WANT(!fp_leg_kill(w->nl, p.node.leg, "leg-killed", &w->errs));
	WANT(leg_down(w, p.node.leg, "leg-killed"));
	WANT(leg_down(w, p.partner.leg, "partner-leg-closed"));
	WANT(far_end(&p.node, 2000) == 'f' && far_end(&p.partner, 2000) == 'f');
	return raw_close(w, &p);
}

static bool alone(struct world *w)
{
	struct far node;

	notices_drop(w);
	leg_open(w, &node_spec, &node);
	nap_ms(4000);
	WANT(leg_down(w, node.leg, "partner-leg-missing"));
	WANT(far_end(&node, 2000) == 'f');
	far_close(&node);
	return all_quiet(w);
}

/* Either direction keeps both alive; then nothing does. */
static bool idle(struct world *w)
{
	struct pair p;
	int i;

	raw_open(w, &p);
	for (i = 0; i < 2; i++) {
		nap_ms(3500);
		WANT(far_send_str(&p.node, "x") && comes(&p.partner, "x", 1, 2000));
	}
	WANT(status_legs(w) == 2);
	nap_ms(5500);
	WANT(leg_down(w, p.node.leg, "leg-idle") || leg_down(w, p.partner.leg, "leg-idle"));
	return raw_close(w, &p);
}

/* --- policy --------------------------------------------------------------- */

static bool swept(struct world *w)
{
	struct pair p;

	raw_open(w, &p);
	world_policy(w, "max-message: 2048", NULL);
	WANT(both_ways(&p));
	world_policy(w, NULL, "chat");
	WANT(leg_down(w, p.partner.leg, "leg-swept"));
	WANT(leg_down(w, p.node.leg, "leg-swept") ||
	     leg_down(w, p.node.leg, "partner-leg-closed"));
	world_policy(w, NULL, NULL);
	return raw_close(w, &p);
}

static bool refuses(struct world *w, const struct leg_spec *spec, const char *text)
{
	struct far far;

	pair_open(spec, &far);
	WANT(pair_attach(w, spec, &far));
	if (!strstr(last_error(w), text))
		ksft_print_msg("wanted '%s': %s\n", text, last_error(w));
	WANT(strstr(last_error(w), text));
	far_close(&far);
	return true;
}

static bool refused(struct world *w)
{
	struct leg_spec same = node_spec, gone = partner_spec, other = partner_spec;
	struct leg_spec unlisted = partner_spec, stranger = node_spec, sip = { .inside = true };
	struct leg_spec tls = partner_spec, third = partner_spec;
	struct far node, sipfar;
	struct pair p;

	notices_drop(w);
	leg_open(w, &node_spec, &node);
	same.partner = node.leg;
	WANT(refuses(w, &same, "of the other side"));
	gone.partner = 0x7ffffff0;
	WANT(refuses(w, &gone, "closed already"));
	leg_open(w, &sip, &sipfar);
	other.partner = sipfar.leg;
	WANT(refuses(w, &other, "must be an xmpp leg"));
	sip.partner = node.leg;
	WANT(refuses(w, &sip, "only xmpp legs"));
	unlisted.domain = "chat.example.org";
	WANT(refuses(w, &unlisted, "policy has no such"));
	stranger.peer = "imp1";
	WANT(refuses(w, &stranger, "policy has no such"));
	tls.tls = true;
	WANT(refuses(w, &tls, "TLS is between its ends"));
	far_close(&node);
	far_close(&sipfar);
	WANT(all_quiet(w));
	raw_open(w, &p);
	third.partner = p.node.leg;
	WANT(refuses(w, &third, "has a partner"));
	WANT(both_ways(&p));
	return raw_close(w, &p);
}

/* --- many ----------------------------------------------------------------- */

/* Pairs that end while they are made, from either side, while bytes are on their way. */
static bool churn(struct world *w)
{
	unsigned int i, n = scaled(200);
	struct pair p;

	for (i = 0; i < n; i++) {
		struct leg_spec second = partner_spec;

		notices_drop(w);
		pair_open(&node_spec, &p.node);
		pair_open(&partner_spec, &p.partner);
		push_pattern(&p.node, 0, i * 13 % 8192);
		push_pattern(&p.partner, 0, i * 17 % 8192);
		WANT(!pair_attach(w, &node_spec, &p.node));
		if (i % 5 == 1)
			fp_leg_kill(w->nl, p.node.leg, "leg-killed", &w->errs);
		if (i % 5 == 2) {
			close(p.node.fd);
			p.node.fd = -1;
		}
		second.partner = p.node.leg;
		pair_attach(w, &second, &p.partner);
		if (i % 5 == 3)
			fp_leg_kill(w->nl, p.partner.leg, "leg-killed", &w->errs);
		fp_errs_free(&w->errs);
		far_close(&p.node);
		far_close(&p.partner);
	}
	return all_quiet(w);
}

const struct test raw_tests[] = {
	{ "bytes of both directions, as they are, counted", relays },
	{ "bytes that were there before the legs", earlier_bytes },
	{ "the first leg waits for its partner and reads nothing", waits },
	{ "a full queue stops the other end, nothing is lost, memory has a bound", backpressure },
	{ "each direction ends on its own", half_close },
	{ "an end waits behind all bytes before it", end_behind_queue },
	{ "reset by the peer: the other end is closed, by name", reset },
	{ "leg-kill closes both, by name", killed },
	{ "a leg whose partner never comes", alone },
	{ "idle timeout, counted from the last byte of either direction", idle },
	{ "a commit closes what it forbids", swept },
	{ "refused at attach: partners and names that do not fit", refused },
	{ "pairs that end while they are made", churn },
	{ NULL, NULL },
};
