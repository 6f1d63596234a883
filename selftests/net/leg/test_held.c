// SPDX-License-Identifier: GPL-2.0
/* Messages that wait for a leg, and send queues that are full. */
#include <stdlib.h>
#include <string.h>
#include "leglib.h"

#define BOB	"bob@example.net"
#define ALICE	"alice@example.com"
#define CAROL	"carol@example.org"

static const struct leg_spec partner_spec = { .k = KEYS_13_AES128 };

/* The wish for imp1, whose id is returned; 0 when it did not come as it should. */
static u32 wish_for_node(struct world *w)
{
	struct fp_obj_notice *n = notice_wait(w, FEDPAT_EVENT_LEG_WANTED, 2000);
	u32 id;

	if (!n)
		return 0;
	id = n->wanted;
	if (n->want != FEDPAT_WANT_NODE || strcmp(n->target, "imp1") ||
	    strcmp(n->federation, "contoso") || n->endpoint.port != 5062 ||
	    n->endpoint.addr.b[3] != 11 || n->source.b[3] != 1 ||
	    !n->deadline || n->deadline > 600) {
		ksft_print_msg("want %u target %s port %u deadline %u\n", n->want, n->target,
			       n->endpoint.port, n->deadline);
		id = 0;
	}
	fp_obj_free(&n->o);
	return id;
}

static bool node_expect(struct far *node, unsigned int from, unsigned int to)
{
	struct msg m;

	for (; from <= to; from++)
		WANT(far_recv(node, &m, 2000) && msg_cseq(&m) == from);
	return true;
}

static bool held_then_attached(struct world *w)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES128 };
	struct far node, partner;
	unsigned int n;

	notices_drop(w);
	leg_open(w, &partner_spec, &partner);
	for (n = 1; n <= 20; n++)
		WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, n)));
	in.wanted = wish_for_node(w);
	WANT(in.wanted);
	WANT(!notice_wait(w, FEDPAT_EVENT_LEG_WANTED, 50));
	WANT(status_held(w) == 20);
	leg_open(w, &in, &node);
	for (; n <= 40; n++)
		WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, n)));
	WANT(node_expect(&node, 1, 40));
	WANT(!status_held(w) && far_silent(&partner, 20));
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* A leg that answers no wish serves those who wait all the same. */
static bool attached_unasked(struct world *w)
{
	struct leg_spec in = { .inside = true };
	struct far node, partner;

	notices_drop(w);
	leg_open(w, &partner_spec, &partner);
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 1)));
	WANT(wish_for_node(w));
	leg_open(w, &in, &node);
	WANT(node_expect(&node, 1, 1));
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

static bool refused_503(struct far *partner, unsigned int n)
{
	struct msg m;

	WANT(far_recv(partner, &m, 3000));
	WANT(msg_is(&m, 503) && msg_cseq(&m) == n && msg_has(&m, "Retry-After: "));
	return true;
}

static bool deadline_passes(struct world *w)
{
	u64 before = counter(w, "hold-timeout");
	struct far partner;
	long began;

	notices_drop(w);
	leg_open(w, &partner_spec, &partner);
	began = now_ms();
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 1)));
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 2)));
	WANT(wish_for_node(w));
	WANT(refused_503(&partner, 1) && refused_503(&partner, 2));
	WANT(now_ms() - began >= 590);
	WANT(counter(w, "hold-timeout") == before + 2);
	/* The next one wishes anew. */
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 3)));
	WANT(wish_for_node(w));
	WANT(refused_503(&partner, 3));
	far_close(&partner);
	return all_quiet(w);
}

static bool daemon_fails(struct world *w)
{
	struct leg_spec in = { .inside = true };
	struct far node, partner;
	long began;
	u32 id;

	notices_drop(w);
	leg_open(w, &partner_spec, &partner);
	began = now_ms();
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 1)));
	id = wish_for_node(w);
	WANT(id && !fp_leg_fail(w->nl, id, "leg-failed", &w->errs));
	WANT(refused_503(&partner, 1) && now_ms() - began < 500);
	WANT(fp_leg_fail(w->nl, id, "leg-failed", &w->errs));
	/* The node is back: the next one gets through. */
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 2)));
	in.wanted = wish_for_node(w);
	leg_open(w, &in, &node);
	WANT(node_expect(&node, 2, 2));
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* Towards the outside: a peer that has a host, and a domain that is looked up. */
static bool wish_for_peer(struct world *w)
{
	struct leg_spec in = { .inside = true };
	struct leg_spec out = { .k = KEYS_13_AES128, .peer = "tenants",
				.domain = "*.example.edu", .remote = PARTNER2 };
	struct fp_obj_notice *n;
	struct far node, tenants;
	struct msg m;

	notices_drop(w);
	leg_open(w, &in, &node);
	WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, BOB, 1)));
	n = notice_wait(w, FEDPAT_EVENT_LEG_WANTED, 2000);
	WANT(n && n->want == FEDPAT_WANT_PEER && !strcmp(n->target, "partner"));
	WANT(n->source.b[0] == 203);
	fp_leg_fail(w->nl, n->wanted, NULL, &w->errs);
	fp_obj_free(&n->o);
	WANT(refused_503(&node, 1));
	WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, "x@a.example.edu", 2)));
	n = notice_wait(w, FEDPAT_EVENT_LEG_WANTED, 2000);
	WANT(n && n->want == FEDPAT_WANT_DOMAIN && !strcmp(n->target, "a.example.edu"));
	out.wanted = n->wanted;
	fp_obj_free(&n->o);
	leg_open(w, &out, &tenants);
	WANT(far_recv(&tenants, &m, 2000) && msg_cseq(&m) == 2);
	/* Another domain of the same peer needs no leg of its own. */
	WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, "x@b.example.edu", 3)));
	WANT(far_recv(&tenants, &m, 2000) && msg_cseq(&m) == 3);
	far_close(&node);
	far_close(&tenants);
	return all_quiet(w);
}

static bool no_route(struct world *w)
{
	struct leg_spec in = { .inside = true };
	struct far node;
	struct msg m;

	leg_open(w, &in, &node);
	WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, "x@nobody.example", 1)));
	WANT(far_recv(&node, &m, 2000) && msg_is(&m, 404) && msg_has(&m, "no-route"));
	WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, "x@blocked.example", 2)));
	WANT(far_recv(&node, &m, 2000) && msg_is(&m, 403) && msg_has(&m, "domain-blocked"));
	far_close(&node);
	return all_quiet(w);
}

/* The leg that the request came by is gone: the response takes another of that peer. */
static bool response_by_another_leg(struct world *w)
{
	struct leg_spec in = { .inside = true };
	struct far node, partner, again;
	struct msg m;
	char *answer;

	notices_drop(w);
	leg_open(w, &in, &node);
	leg_open(w, &partner_spec, &partner);
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 1)));
	WANT(far_recv(&node, &m, 2000));
	answer = sip_answer(&m, 200);
	WANT(!fp_leg_kill(w->nl, partner.leg, NULL, &w->errs));
	WANT(leg_down(w, partner.leg, "leg-killed"));
	leg_open(w, &partner_spec, &again);
	WANT(far_send_str(&node, answer));
	free(answer);
	WANT(far_recv(&again, &m, 2000) && msg_is(&m, 200) && msg_cseq(&m) == 1);
	far_close(&node);
	far_close(&partner);
	far_close(&again);
	return all_quiet(w);
}

/* The partner's leg is gone, and the policy knows no other way to it. */
static bool response_without_a_way(struct world *w)
{
	struct leg_spec in = { .inside = true }, out = { .k = KEYS_13_AES128, .peer = "partner2",
				 .domain = "example.org", .remote = PARTNER2 };
	u64 before = counter(w, "response-no-leg");
	char *ask = strdup(sip_request("MESSAGE", CAROL, ALICE, 1)), *answer;
	struct far node, partner2;
	struct msg m;

	/* Its Via names its own server, not that of the other partner. */
	memcpy(strstr(ask, "edge.example.net"), "edge.example.org", 16);
	leg_open(w, &in, &node);
	leg_open(w, &out, &partner2);
	WANT(far_send_str(&partner2, ask) && far_recv(&node, &m, 2000));
	free(ask);
	answer = sip_answer(&m, 200);
	world_policy(w, NULL, "partner2");
	WANT(leg_down(w, partner2.leg, "leg-swept"));
	WANT(far_send_str(&node, answer));
	free(answer);
	WANT(counter_moved(w, "response-no-leg", before, 1));
	world_policy(w, NULL, NULL);
	far_close(&node);
	far_close(&partner2);
	return all_quiet(w);
}

#define MOST_HELD	1024	/* of one target: Documentation/limits.md */

/* Of those that wait for one target there are so many, and the next gets 503. */
static bool hold_is_full(struct world *w)
{
	u64 before = counter(w, "hold-full");
	struct fp_obj_notice *n;
	struct far partner;
	struct msg m;
	unsigned int i;

	world_policy(w, "hold-timeout: 30000", NULL);
	notices_drop(w);
	leg_open(w, &partner_spec, &partner);
	for (i = 1; i <= MOST_HELD + 1; i++)
		WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, i)));
	WANT(far_recv(&partner, &m, 5000) && msg_is(&m, 503) && msg_has(&m, "hold-full"));
	WANT(msg_cseq(&m) == MOST_HELD + 1 && status_held(w) == MOST_HELD);
	WANT(counter(w, "hold-full") == before + 1);
	n = notice_wait(w, FEDPAT_EVENT_LEG_WANTED, 2000);
	WANT(n && !fp_leg_fail(w->nl, n->wanted, NULL, &w->errs));
	fp_obj_free(&n->o);
	WANT(far_recv(&partner, &m, 5000) && msg_is(&m, 503) && msg_has(&m, "leg-failed"));
	world_policy(w, NULL, NULL);
	far_close(&partner);
	return all_quiet(w);
}

/* --- full queues ---------------------------------------------------------- */

/* Who sends what is refused and reads nothing: answers are dropped, not kept. */
static bool deaf_sender(struct world *w)
{
	u64 before = counter(w, "reply-queue-full");
	struct far partner;
	unsigned int n = 0;

	leg_open(w, &partner_spec, &partner);
	do {
		WANT(n++ < 200000);
		WANT(far_send_str(&partner, sip_request("MESSAGE", "eve@example.biz", ALICE, n)));
	} while (n % 100 || counter(w, "reply-queue-full") == before);
	ksft_print_msg("%u refused\n", n);
	far_close(&partner);
	return all_quiet(w);
}

#define BIG	(16 * 1024)

static const char *request_of(const char *to, unsigned int n, size_t len)
{
	static char body[64 * 1024];

	memset(body, 'b', len);
	return sip_request_body("MESSAGE", ALICE, to, n, "", body, len);
}

static const char *big_request(const char *to, unsigned int n)
{
	return request_of(to, n, BIG);
}

/*
 * A partner that does not read: its requests get 503, and those to another are
 * not delayed.
 */
static bool slow_receiver(struct world *w)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES128 };
	struct leg_spec fast = { .k = KEYS_13_AES128, .peer = "partner2",
				 .domain = "example.org", .remote = PARTNER2 };
	u64 full = counter(w, "send-queue-full");
	unsigned int n = 0, refused = 0;
	struct far node, slow, quick;
	long worst = 0;
	struct msg m;

	leg_open(w, &in, &node);
	leg_open(w, &partner_spec, &slow);
	leg_open(w, &fast, &quick);
	while (refused < 20 && n < 4000) {
		long began;

		WANT(far_send_str(&node, big_request(BOB, ++n)));
		WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, CAROL, ++n)));
		began = now_ms();
		WANT(far_recv(&quick, &m, 2000) && msg_cseq(&m) == n);
		worst = now_ms() - began > worst ? now_ms() - began : worst;
		while (far_recv(&node, &m, 0)) {
			WANT(msg_is(&m, 503) && msg_has(&m, "send-queue-full"));
			refused++;
		}
	}
	ksft_print_msg("%u messages, %u refused, the others waited %ld ms at most\n", n, refused,
		       worst);
	WANT(refused >= 20 && worst < 500);
	WANT(counter(w, "send-queue-full") - full >= 20);
	far_close(&node);
	far_close(&slow);
	far_close(&quick);
	return all_quiet(w);
}

/* A sender that never waits itself: what is left of the message being sent. */
struct pusher {
	const char *p;
	size_t left;
	unsigned int sent;
	size_t body;		/* 0 for BIG */
};

/* Not for so long that the partner, who reads in turn with us, seems to be dead. */
static void push(struct far *node, struct pusher *pu, unsigned int total)
{
	unsigned int times = 2;
	size_t n;

	do {
		if (!pu->left && pu->sent < total) {
			pu->p = request_of(BOB, ++pu->sent, pu->body ? pu->body : BIG);
			pu->left = strlen(pu->p);
		}
		n = far_push(node, pu->p, pu->left);
		pu->p += n;
		pu->left -= n;
	} while (n && --times);
}

/*
 * With one partner only there is nobody else to suffer: the sender is slowed
 * down. More is sent than all buffers on the way hold, and the partner reads in
 * gulps.
 */
static bool exclusive_waits(struct world *w)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES128 };
	u64 full = counter(w, "send-queue-full"), pauses = counter(w, "pauses");
	unsigned int seen = 0, total = scaled(1200);
	struct pusher pu = { 0 };
	struct far node, partner;
	struct msg m;

	leg_open(w, &in, &node);
	leg_open(w, &partner_spec, &partner);
	while (seen < total) {
		unsigned int gulp = seen + 40 < total ? seen + 40 : total;

		push(&node, &pu, total);
		for (; seen < gulp; seen++) {
			bool got = far_recv(&partner, &m, 5000);

			if (!got || msg_cseq(&m) != seen + 1)
				ksft_print_msg("%u of %u came, then %u; %llu were refused\n", seen,
					       pu.sent, got ? msg_cseq(&m) : 0,
					       counter(w, "send-queue-full") - full + 0ULL);
			WANT(got && msg_cseq(&m) == seen + 1);
			push(&node, &pu, total);
		}
		nap_ms(20);
	}
	WANT(counter(w, "send-queue-full") == full);
	WANT(far_silent(&node, 10));
	ksft_print_msg("%llu pauses\n", (unsigned long long)(counter(w, "pauses") - pauses));
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* One partner only, and it never reads: waiting has an end. */
static bool exclusive_gives_up(struct world *w)
{
	struct leg_spec in = { .inside = true };
	struct leg_spec out = { .k = KEYS_NONE };
	u64 pauses = counter(w, "pauses");
	struct pusher pu = { 0 };
	struct far node, partner;
	struct msg m;
	long began;

	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	began = now_ms();
	do {
		push(&node, &pu, 4000);
		WANT(now_ms() - began < 20000);
	} while (!far_recv(&node, &m, 5));
	WANT(msg_is(&m, 503) && msg_has(&m, "send-queue-full"));
	WANT(counter(w, "pauses") > pauses);
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* The answer with a body of so many octets; malloced. */
static char *fat_answer(const struct msg *req, size_t body)
{
	char *thin = sip_answer(req, 200), *at = strstr(thin, "Content-Length: 0\r\n");
	char *fat = calloc(1, strlen(thin) + body + 32);

	if (at)
		*at = 0;
	sprintf(fat, "%sContent-Length: %zu\r\n\r\n", thin, body);
	memset(fat + strlen(fat), 'b', body);
	free(thin);
	return fat;
}

/*
 * Answers to a partner that reads none of them are dropped in the end; what its queue
 * holds when its leg is closed is counted, too.
 */
static bool deaf_asker(struct world *w)
{
	u64 full = counter(w, "response-queue-full"), unsent = counter(w, "unsent");
	struct leg_spec in = { .inside = true }, out = { .k = KEYS_NONE };
	struct far node, partner;
	unsigned int n = 0;
	struct msg m;
	char *answer;

	notices_drop(w);
	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 1)));
	WANT(far_recv(&node, &m, 2000));
	answer = fat_answer(&m, BIG);
	do {
		WANT(n++ < 4000 && far_send_str(&node, answer));
	} while (counter(w, "response-queue-full") == full);
	free(answer);
	WANT(!fp_leg_kill(w->nl, partner.leg, NULL, &w->errs));
	WANT(leg_down(w, partner.leg, "leg-killed"));
	WANT(counter_moved(w, "unsent", unsent, 1));
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* Messages to a partner that does not read, until the gateway stops reading them. */
static void push_until_pause(struct world *w, struct far *node, size_t len)
{
	u64 pauses = counter(w, "pauses");
	unsigned int n = 0;

	do {
		WANT(n++ < 8000 && far_send_str(node, request_of(BOB, n, len)));
	} while (counter(w, "pauses") == pauses);
}

/* A leg that waits for its only partner has another one as soon as that one asks. */
static bool exclusive_ends(struct world *w)
{
	struct leg_spec in = { .inside = true };
	struct leg_spec out = { .k = KEYS_NONE };
	struct leg_spec other = { .k = KEYS_NONE, .peer = "partner2", .remote = PARTNER2,
				  .domain = "example.org" };
	struct far node, slow, quick;
	struct msg m;
	char *answer;
	long began;

	leg_open(w, &in, &node);
	leg_open(w, &out, &slow);
	leg_open(w, &other, &quick);
	push_until_pause(w, &node, 8000);
	began = now_ms();
	WANT(far_send_str(&quick, sip_request("MESSAGE", CAROL, ALICE, 1)));
	WANT(far_recv(&node, &m, 5000) && msg_has(&m, "Max-Forwards"));
	answer = sip_answer(&m, 200);
	WANT(far_send_str(&node, answer) && far_recv(&quick, &m, 5000) && msg_is(&m, 200));
	free(answer);
	ksft_print_msg("the other one's answer took %ld ms\n", now_ms() - began);
	/* Not the second for which a leg with one partner waits. */
	WANT(now_ms() - began < 500);
	far_close(&node);
	far_close(&slow);
	far_close(&quick);
	return all_quiet(w);
}

static u32 leg_memory(struct world *w, u32 id)
{
	struct fp_obj_leg *leg = leg_get(w, id);
	u32 memory = leg->memory;

	fp_obj_free(&leg->o);
	return memory;
}

/*
 * One message of 64 KiB and 16 KiB for each direction, and what a leg itself
 * takes: with messages that are as long as they may be, on both sides of a full
 * queue. And never more than memory-cap.
 */
static bool memory_bounds(struct world *w)
{
	const u32 most = (64 + 16) * 1024;
	struct leg_spec in = { .inside = true }, out = { .k = KEYS_NONE };
	struct pusher pu = { .body = 63000 };
	struct far node, slow;
	u32 worst[2] = { 0, 0 }, now, bare;
	u64 capped;
	int i;

	leg_open(w, &in, &node);
	leg_open(w, &out, &slow);
	/* Locks are larger under their checkers. */
	bare = leg_memory(w, slow.leg);
	push_until_pause(w, &node, 60000);
	/* What waits in the sockets now is read while the leg waits, and must not be. */
	for (i = 0; i < 60; i++) {
		push(&node, &pu, 4000);
		now = leg_memory(w, node.leg);
		worst[0] = now > worst[0] ? now : worst[0];
		now = leg_memory(w, slow.leg);
		worst[1] = now > worst[1] ? now : worst[1];
		nap_ms(20);
	}
	ksft_print_msg("most of a leg that receives: %u octets, that sends: %u\n", worst[0],
		       worst[1]);
	WANT(worst[0] <= most + bare && worst[1] <= most + bare && worst[1] > 4096 &&
	     bare <= 2048);
	far_close(&node);
	far_close(&slow);
	WANT(all_quiet(w));
	world_settings(w, 50000, 0);
	leg_open(w, &in, &node);
	leg_open(w, &out, &slow);
	capped = counter(w, "memory-cap");
	/* A message is refused, or the leg goes that has no room for a part of one. */
	for (i = 1; i < 1000 && counter(w, "memory-cap") == capped; i++) {
		if (!far_send_str(&node, request_of(BOB, i, 8000)))
			break;
		WANT(status_memory(w) <= 50000);
	}
	WANT(counter(w, "memory-cap") > capped);
	world_settings(w, 0, 0);
	far_close(&node);
	far_close(&slow);
	return all_quiet(w);
}

const struct test held_tests[] = {
	{ "held messages and those after them reach the leg that answers the wish, in order",
	  held_then_attached },
	{ "a leg that was attached unasked serves the wish", attached_unasked },
	{ "503 with Retry-After when the deadline passes; the next message wishes anew",
	  deadline_passes },
	{ "503 at once when the daemon fails; the next message gets through", daemon_fails },
	{ "a peer is wanted by name, a domain of a peer without host by domain", wish_for_peer },
	{ "no route, blocked domain", no_route },
	{ "a response finds another leg of the peer", response_by_another_leg },
	{ "and without one is dropped", response_without_a_way },
	{ "1024 messages wait for one target, the next gets 503", hold_is_full },
	{ "who reads no refusal gets none in the end", deaf_sender },
	{ "nor answers; what its queue holds at the end is counted", deaf_asker },
	{ "a partner that does not read gets 503 and delays no other", slow_receiver },
	{ "a sender with one partner waits for it and loses nothing", exclusive_waits },
	{ "but not for ever", exclusive_gives_up },
	{ "and not once another partner asks", exclusive_ends },
	{ "a message and 16 KiB for each direction of a leg, and never more than memory-cap",
	  memory_bounds },
	{ NULL, NULL },
};
