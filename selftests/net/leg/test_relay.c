// SPDX-License-Identifier: GPL-2.0
/* Messages and their responses, both ways, over every kind of leg. */
#include <stdlib.h>
#include <string.h>
#include "leglib.h"

#define BOB	"bob@example.net"
#define ALICE	"alice@example.com"

/* One request from @from to @to and its response back. */
static bool round_trip(struct far *from, struct far *to, bool inwards, unsigned int n)
{
	char *answer, *via;
	const char *own;
	struct msg m;

	WANT(far_send_str(from, inwards ? sip_request("MESSAGE", BOB, ALICE, n) :
					  sip_request("MESSAGE", ALICE, BOB, n)));
	WANT(far_recv(to, &m, 2000));
	WANT(msg_cseq(&m) == n && msg_has(&m, "message number") && msg_has(&m, "z9hG4bK"));
	WANT(msg_has(&m, "Max-Forwards: 69\r\n"));
	WANT(inwards || (!msg_has(&m, "10.0.0.") && !msg_has(&m, "corp.example.com")));
	answer = sip_answer(&m, 200);
	WANT(far_send_str(to, answer));
	free(answer);
	WANT(far_recv(from, &m, 2000));
	WANT(msg_is(&m, 200) && msg_cseq(&m) == n);
	/* Our Via is gone, the sender's own is left, byte for byte. */
	via = memmem(m.p, m.len, "\r\nVia: ", 7);
	own = inwards ? "SIP/2.0/TLS edge.example.net:5061;branch=z9hG4bKt" :
			"SIP/2.0/TLS " NODE1 ":5062;branch=z9hG4bKt";
	WANT(via && !strncmp(via + 7, own, strlen(own)));
	WANT(!memmem(via + 7, m.p + m.len - via - 7, "\r\nVia: ", 7));
	return true;
}

static bool both_ways(struct world *w, enum keys inner, enum keys outer)
{
	struct leg_spec in = { .inside = true, .k = inner };
	struct leg_spec out = { .k = outer };
	struct far node, partner;
	unsigned int n;
	bool ok = true;

	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	for (n = 1; ok && n <= 3; n++)
		ok = round_trip(&partner, &node, true, n) && round_trip(&node, &partner, false, n);
	far_close(&node);
	far_close(&partner);
	WANT(ok);
	return all_quiet(w);
}

static bool plain(struct world *w)
{
	return both_ways(w, KEYS_NONE, KEYS_NONE);
}

/* Each kind of keys on one leg and another kind on the other. */
static bool all_keys(struct world *w)
{
	enum keys k;

	for (k = KEYS_12_AES128; k < KEYS_COUNT; k++) {
		if (both_ways(w, k, (k + 2) % KEYS_COUNT))
			continue;
		ksft_print_msg("inside %s, outside %s\n", keys_name[k],
			       keys_name[(k + 2) % KEYS_COUNT]);
		return false;
	}
	return true;
}

/* A partner that dialled us gets requests over the connection that it proved itself on. */
static bool accepted_leg(struct world *w)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES128 };
	struct leg_spec out = { .k = KEYS_13_AES256, .accepted = true };
	struct far node, partner;

	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	WANT(round_trip(&partner, &node, true, 1) && round_trip(&node, &partner, false, 2));
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* Two nodes behind one address: the public port says which. */
static bool two_nodes(struct world *w)
{
	struct leg_spec one = { .inside = true, .k = KEYS_13_AES128 };
	struct leg_spec two = { .inside = true, .k = KEYS_13_AES128, .peer = "imp2",
				.remote = NODE2 };
	struct leg_spec out = { .k = KEYS_13_AES128 };
	struct far node1, node2, partner;
	struct msg m;

	leg_open(w, &one, &node1);
	leg_open(w, &two, &node2);
	leg_open(w, &out, &partner);
	WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, 1)));
	WANT(far_recv(&node1, &m, 2000) && msg_cseq(&m) == 1);
	WANT(far_send_str(&partner,
			  sip_request("MESSAGE", BOB, "alice@" GW_PUBLIC ":45062", 2)));
	WANT(far_recv(&node2, &m, 2000) && msg_cseq(&m) == 2);
	WANT(far_silent(&node1, 50));
	far_close(&node1);
	far_close(&node2);
	far_close(&partner);
	return all_quiet(w);
}

/* IPv6 on either side, and a mix: the way does not care. */
static bool ipv6(struct world *w)
{
	struct leg_spec in6 = { .inside = true, .k = KEYS_13_AES128, .peer = "imp6",
				.remote = NODE6 };
	struct leg_spec out6 = { .k = KEYS_13_AES128, .remote = PARTNER6, .accepted = true };
	struct leg_spec out4 = { .k = KEYS_13_AES128 };
	struct far node, partner6, partner4;
	struct msg m;

	leg_open(w, &in6, &node);
	leg_open(w, &out6, &partner6);
	/* What they dialled was an IPv6 address: its row leads to the IPv6 node. */
	WANT(round_trip(&partner6, &node, true, 1));
	WANT(round_trip(&node, &partner6, false, 2));
	leg_open(w, &out4, &partner4);
	WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, BOB, 3)));
	WANT(far_recv(&partner4, &m, 2000) && msg_cseq(&m) == 3 && !msg_has(&m, "fd00:"));
	far_close(&node);
	far_close(&partner6);
	far_close(&partner4);
	return all_quiet(w);
}

/* Within a dialog a request names the partner's server; a node may have dialled it. */
static bool by_server(struct world *w)
{
	struct leg_spec in = { .inside = true, .accepted = true, .orig_dst = PARTNER2 };
	struct leg_spec out = { .k = KEYS_13_AES128 };
	struct leg_spec two = { .k = KEYS_13_AES128, .peer = "partner2",
				.domain = "example.org", .remote = PARTNER2 };
	static const char * const to_first[] = { "bob@edge.example.net", "bob@EDGE.Example.NET",
						 "bob@" PARTNER, "bob@" PARTNER ":5061" };
	struct far node, partner, partner2;
	unsigned int n;
	struct msg m;

	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	leg_open(w, &two, &partner2);
	for (n = 1; n <= ARRAY_SIZE(to_first); n++) {
		WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, to_first[n - 1], n)));
		WANT(far_recv(&partner, &m, 2000) && msg_cseq(&m) == n);
	}
	/* Nobody knows this host: it goes to whom the node dialled. */
	WANT(far_send_str(&node, sip_request("MESSAGE", ALICE, "bob@no.such.host", n)));
	WANT(far_recv(&partner2, &m, 2000) && msg_cseq(&m) == n);
	far_close(&node);
	far_close(&partner);
	far_close(&partner2);
	return all_quiet(w);
}

static bool links_and_counts(struct world *w)
{
	struct leg_spec in = { .inside = true }, out = { .k = KEYS_13_AES128 };
	struct far node, partner;
	struct fp_obj_leg *leg;

	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	WANT(round_trip(&partner, &node, true, 1));
	leg = leg_get(w, partner.leg);
	WANT(leg && leg->rx_messages == 1 && leg->tx_messages == 1);
	WANT(leg->link.n == 1 && leg->link.v[0] == node.leg);
	WANT(!strcmp(leg->peer, "partner") && !strcmp(leg->domain.v[0], "example.net"));
	WANT(!strcmp(leg->identity, "sip.example.com") && leg->remote.port == 5061);
	WANT(leg->rx_bytes > 300 && leg->tx_bytes > 100 && leg->memory && !leg->queued);
	fp_obj_free(&leg->o);
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* --- cuts ----------------------------------------------------------------- */

/* Wait until the leg has read that much. */
static bool leg_has_read(struct world *w, u32 id, u64 bytes)
{
	long until = now_ms() + 2000;
	bool there = false;

	while (!there && now_ms() < until) {
		struct fp_obj_leg *leg = leg_get(w, id);

		there = leg && leg->rx_bytes >= bytes;
		fp_obj_free(&leg->o);
	}
	return there;
}

static bool same(const struct msg *m, const char *want, size_t len)
{
	return m->len == len && !memcmp(m->p, want, len);
}

/* The message in two pieces, cut everywhere; what comes out is always the same. */
static bool cut_one(struct world *w, struct far *node, struct far *partner, const char *text)
{
	size_t len = strlen(text), cut, step = 100 / scaled(100);
	size_t want_len;
	struct msg m;
	char *want;
	u64 read = 0;

	WANT(far_send(partner, text, len) && far_recv(node, &m, 2000));
	want_len = m.len;
	want = memcpy(malloc(m.len), m.p, m.len);
	for (cut = 1; cut < len; cut += step ? step : 1) {
		struct fp_obj_leg *leg = leg_get(w, partner->leg);

		read = leg->rx_bytes;
		fp_obj_free(&leg->o);
		WANT(far_send(partner, text, cut));
		WANT(leg_has_read(w, partner->leg, read + cut));
		WANT(far_send(partner, text + cut, len - cut));
		if (far_recv(node, &m, 2000) && same(&m, want, want_len))
			continue;
		ksft_print_msg("cut at %zu of %zu\n", cut, len);
		free(want);
		return false;
	}
	free(want);
	return true;
}

static bool cuts(struct world *w, enum keys k)
{
	static const char pidf[] = "<?xml version=\"1.0\"?><presence/>";
	struct leg_spec in = { .inside = true, .k = k }, out = { .k = k };
	struct far node, partner;
	char *text[3];
	bool ok = true;
	int i;

	text[0] = strdup(sip_request("MESSAGE", BOB, ALICE, 1));
	text[1] = strdup(sip_request("SUBSCRIBE", BOB, ALICE, 2));
	text[2] = strdup(sip_request_body("NOTIFY", BOB, ALICE, 3, "Event: presence\r\n",
					  pidf, sizeof(pidf) - 1));
	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	for (i = 0; i < 3; i++) {
		ok = ok && cut_one(w, &node, &partner, text[i]);
		free(text[i]);
	}
	far_close(&node);
	far_close(&partner);
	WANT(ok);
	return all_quiet(w);
}

static bool cuts_tcp(struct world *w)
{
	return cuts(w, KEYS_NONE);
}

static bool cuts_tls(struct world *w)
{
	return cuts(w, KEYS_13_AES128);
}

/* --- many ----------------------------------------------------------------- */

/* Many in one write: all of them, in order, sent together. */
static bool pipelined(struct world *w)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES256 };
	struct leg_spec out = { .k = KEYS_13_AES256 };
	u64 sends = counter(w, "sends");
	char *glued = calloc(1, 64 * 1024);
	struct far node, partner;
	struct msg m;
	unsigned int n;

	for (n = 1; n <= 64; n++)
		strcat(glued, sip_request("MESSAGE", BOB, ALICE, n));
	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	WANT(far_send_str(&partner, glued));
	for (n = 1; n <= 64; n++)
		WANT(far_recv(&node, &m, 2000) && msg_cseq(&m) == n);
	sends = counter(w, "sends") - sends;
	if (sends > 16)
		ksft_print_msg("64 messages in %llu sends\n", (unsigned long long)sends);
	WANT(sends <= 16);
	free(glued);
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

/* @total messages, each once, in order, both ways, a window of some at a time. */
static bool stream(struct world *w, unsigned int total, bool commits)
{
	struct leg_spec in = { .inside = true, .k = KEYS_13_AES128 };
	struct leg_spec out = { .k = KEYS_13_AES128 };
	unsigned int sent = 0, seen = 0, answered = 0;
	u64 messages = counter(w, "messages");
	struct far node, partner;
	struct msg m;

	leg_open(w, &in, &node);
	leg_open(w, &out, &partner);
	while (answered < total) {
		char *answer;

		for (; sent < total && sent < answered + 20; sent++)
			WANT(far_send_str(&partner, sip_request("MESSAGE", BOB, ALICE, sent + 1)));
		for (; seen < sent; seen++) {
			WANT(far_recv(&node, &m, 5000) && msg_cseq(&m) == seen + 1);
			answer = sip_answer(&m, 200);
			WANT(far_send_str(&node, answer));
			free(answer);
		}
		if (commits)
			world_policy(w, NULL, seen / 20 % 2 ? "partner2" : NULL);
		for (; answered < seen; answered++)
			WANT(far_recv(&partner, &m, 5000) && msg_is(&m, 200) &&
			     msg_cseq(&m) == answered + 1);
	}
	WANT(far_silent(&node, 20) && far_silent(&partner, 20));
	WANT(counter(w, "messages") - messages == 2ULL * total);
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

static bool ten_thousand(struct world *w)
{
	return stream(w, scaled(10000), false);
}

static bool commits(struct world *w)
{
	bool ok = stream(w, scaled(2000), true);

	world_policy(w, NULL, NULL);
	return ok;
}

const struct test relay_tests[] = {
	{ "requests and responses both ways over plain TCP", plain },
	{ "the same over TLS 1.2 and 1.3 with every cipher, mixed", all_keys },
	{ "a connection that the partner opened carries requests both ways", accepted_leg },
	{ "two nodes behind one address", two_nodes },
	{ "to a partner's server by name or address, and to whom the node dialled", by_server },
	{ "IPv6 legs, and IPv6 to IPv4", ipv6 },
	{ "leg-get tells names, links and counts", links_and_counts },
	{ "cut at every byte, over TCP segments", cuts_tcp },
	{ "cut at every byte, over TLS records", cuts_tls },
	{ "64 messages in one record leave in few", pipelined },
	{ "10000 messages, each once and in order", ten_thousand },
	{ "a hundred commits under traffic lose nothing", commits },
	{ NULL, NULL },
};
