// SPDX-License-Identifier: GPL-2.0
/* Many legs, and legs that come and go while others talk. */
#include <stdlib.h>
#include <string.h>
#include "leglib.h"

#define BOB	"bob@example.net"
#define ALICE	"alice@example.com"

#define CROWD	40

static u32 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Bytes of one message wait for its end; nothing else is kept. */
static bool buffers_go(struct world *w)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES128 };
	struct leg_spec out = { .k = KEYS_13_AES128 };
	const char *text = sip_request("MESSAGE", BOB, ALICE, 1);
	u32 bare, partial, after;
	struct fp_obj_leg *leg;
	struct far node, partner;
	struct msg m;

	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	leg = leg_get(w, partner.leg);
	bare = leg->memory;
	fp_obj_free(&leg->o);
	WANT(far_send(&partner, text, 200));
	nap_ms(50);
	leg = leg_get(w, partner.leg);
	partial = leg->memory;
	fp_obj_free(&leg->o);
	WANT(far_send_str(&partner, text + 200) && far_recv(&node, &m, 2000));
	nap_ms(50);
	leg = leg_get(w, partner.leg);
	after = leg->memory;
	fp_obj_free(&leg->o);
	ksft_print_msg("a leg takes %u octets, with 200 of a message %u, then %u\n", bare, partial,
		       after);
	WANT(partial >= bare + 200 && partial <= bare + 512 && after == bare && bare < 2048);
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* Many partners to one node: each gets the answer to what it asked. */
static bool crowd(struct world *w)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES128 };
	struct leg_spec out = { .k = KEYS_13_AES128, .accepted = true };
	unsigned int n = scaled(500), i, round;
	struct far node, *partner = calloc(n, sizeof(*partner));
	struct msg m;

	leg_open(w, &in, &node);
	for (i = 0; i < n; i++)
		leg_open(w, &out, &partner[i]);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < n; i++)
			WANT(far_send_str(&partner[i], sip_request("MESSAGE", BOB, ALICE, i + 1)));
		for (i = 0; i < n; i++) {
			char *answer;

			WANT(far_recv(&node, &m, 5000));
			answer = sip_answer(&m, 200);
			WANT(far_send_str(&node, answer));
			free(answer);
		}
		for (i = 0; i < n; i++)
			WANT(far_recv(&partner[i], &m, 5000) && msg_is(&m, 200) &&
			     msg_cseq(&m) == i + 1);
	}
	ksft_print_msg("%u legs, %llu octets each\n", status_legs(w),
		       (unsigned long long)status_memory(w) / status_legs(w));
	far_close(&node);
	for (i = 0; i < n; i++)
		far_close(&partner[i]);
	free(partner);
	return all_quiet(w);
}

/* --- churn ---------------------------------------------------------------- */

static void open_some(struct world *w, struct far *far, bool inside)
{
	struct leg_spec s = { .inside = inside, .k = rnd(2) ? KEYS_13_AES128 : KEYS_NONE };

	s.accepted = !inside && rnd(3);
	leg_open(w, &s, far);
}

static void talk(struct far *far, bool inside, unsigned int n)
{
	const char *text = inside ? sip_request("MESSAGE", ALICE, BOB, n) :
				    sip_request("MESSAGE", BOB, ALICE, n);
	size_t len = strlen(text);

	/* Often only a part of it: that leg has a bad end. */
	far_push(far, text, rnd(8) ? len : rnd(len));
}

static void listen_to(struct far *far)
{
	struct msg m;
	int i;

	for (i = 0; i < 20 && far_recv(far, &m, 0); i++) {
		char *answer = msg_has(&m, "Max-Forwards") ? sip_answer(&m, 200) : NULL;

		if (answer && rnd(4))
			far_push(far, answer, strlen(answer));
		free(answer);
	}
}

static void grant_wishes(struct world *w)
{
	struct fp_obj_notice *n;

	while ((n = notice_wait(w, FEDPAT_EVENT_LEG_WANTED, 0))) {
		fp_leg_fail(w->nl, n->wanted, NULL, &w->errs);
		fp_errs_free(&w->errs);
		fp_obj_free(&n->o);
	}
	notices_drop(w);
}

/*
 * Partners and the node come, talk, cut their messages short, do not read, are
 * killed and reset, while policies change. Afterwards nothing is left.
 */
static bool churn(struct world *w)
{
	static struct far far[CROWD];
	unsigned int step, steps = scaled(6000), i;

	for (i = 0; i < CROWD; i++)
		open_some(w, &far[i], i < 3);
	for (step = 0; step < steps; step++) {
		struct far *f = &far[rnd(CROWD)];
		bool inside = f < far + 3;

		switch (rnd(16)) {
		case 0:
			far_close(f);
			open_some(w, f, inside);
			break;
		case 1:
			fp_leg_kill(w->nl, f->leg, NULL, &w->errs);
			fp_errs_free(&w->errs);
			break;
		case 2:
			grant_wishes(w);
			break;
		case 3:
			if (!rnd(8))
				world_policy(w, NULL, rnd(2) ? "partner2" : NULL);
			break;
		case 4 ... 8:
			listen_to(f);
			break;
		default:
			talk(f, inside, step + 1);
		}
	}
	for (i = 0; i < CROWD; i++)
		far_close(&far[i]);
	world_policy(w, NULL, NULL);
	return all_quiet(w);
}

const struct test load_tests[] = {
	{ "a leg keeps no buffer when it rests", buffers_go },
	{ "500 partners and one node", crowd },
	{ "legs that come and go, half messages, kills and commits leave nothing", churn },
	{ NULL, NULL },
};
