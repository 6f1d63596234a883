// SPDX-License-Identifier: GPL-2.0
/* How legs end: control records, close_notify, kill, idle, policy, keys. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "leglib.h"

#define BOB	"bob@example.net"
#define ALICE	"alice@example.com"

struct scene {
	struct far node;
	struct far partner;
};

static void scene_open(struct world *w, struct scene *s, enum keys k)
{
	struct leg_spec in = { .inside = true }, out = { .k = k };

	notices_drop(w);
	leg_open(w, &in, &s->node);
	leg_open(w, &out, &s->partner);
}

static bool scene_close(struct world *w, struct scene *s)
{
	far_close(&s->node);
	far_close(&s->partner);
	return all_quiet(w);
}

static bool passes(struct scene *s, unsigned int n)
{
	struct msg m;

	WANT(far_send_str(&s->partner, sip_request("MESSAGE", BOB, ALICE, n)));
	WANT(far_recv(&s->node, &m, 2000) && msg_cseq(&m) == n);
	return true;
}

/* --- records -------------------------------------------------------------- */

/* NewSessionTicket: two in a record, one cut over two records, between messages. */
static bool skip_tickets(struct world *w)
{
	unsigned char ticket[2][4 + 300] = { { 4, 0, 1, 44 }, { 4, 0, 1, 44 } };
	u64 skipped = counter(w, "tls-tickets");
	struct scene s;

	scene_open(w, &s, KEYS_13_AES128);
	WANT(passes(&s, 1));
	WANT(far_send_record(&s.partner, 22, ticket, sizeof(ticket)));
	WANT(passes(&s, 2));
	WANT(far_send_record(&s.partner, 22, ticket[0], 2));
	WANT(far_send_record(&s.partner, 22, ticket[0] + 2, sizeof(ticket[0]) - 2));
	WANT(passes(&s, 3));
	WANT(counter(w, "tls-tickets") == skipped + 3);
	return scene_close(w, &s);
}

/* A record that makes the leg go down for a reason. */
static bool record_ends(struct world *w, enum keys k, unsigned char type, const void *p,
			size_t len, const char *reason)
{
	u64 before = counter(w, reason);
	struct scene s;

	scene_open(w, &s, k);
	WANT(passes(&s, 1));
	WANT(far_send_record(&s.partner, type, p, len));
	WANT(leg_down(w, s.partner.leg, reason));
	WANT(counter(w, reason) == before + 1);
	return scene_close(w, &s);
}

static bool key_update(struct world *w)
{
	return record_ends(w, KEYS_13_AES128, 22, "\x18\0\0\1\1", 5, "key-update") &&
	       record_ends(w, KEYS_13_AES256, 22, "\4\0\0\2zz\x18\0\0\1\1", 11, "key-update");
}

static bool alerts(struct world *w)
{
	return record_ends(w, KEYS_13_AES128, 21, "\2\x28", 2, "tls-alert") &&
	       record_ends(w, KEYS_12_AES128, 21, "\2\x32", 2, "tls-alert") &&
	       record_ends(w, KEYS_13_AES128, 21, "\2", 1, "tls-alert-malformed") &&
	       record_ends(w, KEYS_13_AES128, 21, "\1\0\0", 3, "tls-alert-malformed") &&
	       record_ends(w, KEYS_13_AES128, 21, "\1\0", 2, "peer-closed");
}

static bool odd_records(struct world *w)
{
	return record_ends(w, KEYS_12_AES128, 22, "\0\0\0\0", 4, "tls-handshake-again") &&
	       record_ends(w, KEYS_13_AES128, 22, "\x0d\0\0\0", 4, "tls-handshake-again") &&
	       record_ends(w, KEYS_12_AES256, 20, "\1", 1, "tls-record-type") &&
	       record_ends(w, KEYS_13_CHACHA, 24, "xx", 2, "tls-record-type");
}

static bool user_canceled(struct world *w)
{
	struct scene s;

	scene_open(w, &s, KEYS_13_AES128);
	WANT(far_send_record(&s.partner, 21, "\1\x5a", 2));
	WANT(passes(&s, 1));
	return scene_close(w, &s);
}

static const char junk[] = "\x17\3\3\0\x30no record that these keys have made, but as long as one";

/* Bytes that do not decrypt. */
static bool bad_record(struct world *w)
{
	struct leg_spec out = { .k = KEYS_13_AES128 };
	struct far partner;

	notices_drop(w);
	pair_open(&(struct leg_spec){ .k = KEYS_NONE }, &partner);
	tls_keys(partner.gw, KEYS_13_AES128, true, 0);
	WANT(!pair_attach(w, &out, &partner));
	WANT(send(partner.fd, junk, 5 + 0x30, MSG_NOSIGNAL) == 5 + 0x30);
	WANT(leg_down(w, partner.leg, "tls-record-bad"));
	far_close(&partner);
	return all_quiet(w);
}

/* --- ends ----------------------------------------------------------------- */

/* What the peer has got before it is closed still passes; then it sees our close_notify. */
static bool orderly(struct world *w)
{
	struct scene s;
	struct msg m;

	scene_open(w, &s, KEYS_13_AES128);
	WANT(far_send_str(&s.partner, sip_request("MESSAGE", BOB, ALICE, 1)));
	WANT(far_send_record(&s.partner, 21, "\1\0", 2));
	WANT(far_recv(&s.node, &m, 2000) && msg_cseq(&m) == 1);
	WANT(leg_down(w, s.partner.leg, "peer-closed"));
	WANT(far_end(&s.partner, 2000) == 'n' && far_end(&s.partner, 2000) == 'f');
	return scene_close(w, &s);
}

static bool cut_short(struct world *w)
{
	u64 cut = counter(w, "message-cut");
	struct scene s;

	scene_open(w, &s, KEYS_13_AES128);
	WANT(far_send(&s.partner, "MESSAGE sip:", 12));
	WANT(!shutdown(s.partner.fd, SHUT_WR));
	WANT(leg_down(w, s.partner.leg, "tls-truncated"));
	WANT(counter(w, "message-cut") == cut + 1);
	return scene_close(w, &s);
}

static bool plain_fin(struct world *w)
{
	struct scene s;

	scene_open(w, &s, KEYS_NONE);
	WANT(passes(&s, 1));
	WANT(!shutdown(s.partner.fd, SHUT_WR));
	WANT(leg_down(w, s.partner.leg, "peer-closed"));
	WANT(far_end(&s.partner, 2000) == 'f');
	return scene_close(w, &s);
}

static bool peer_resets(struct world *w)
{
	struct linger l = { 1, 0 };
	struct scene s;

	scene_open(w, &s, KEYS_13_AES128);
	WANT(passes(&s, 1));
	setsockopt(s.partner.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(s.partner.fd);
	s.partner.fd = -1;
	WANT(leg_down(w, s.partner.leg, "peer-reset"));
	return scene_close(w, &s);
}

static bool kill_legs(struct world *w)
{
	u64 cut = counter(w, "message-cut");
	struct scene s;

	scene_open(w, &s, KEYS_12_AES256);
	WANT(passes(&s, 1));
	/* Half a message, which is lost, and said to be. */
	WANT(far_send(&s.partner, "MESSAGE sip:", 12));
	nap_ms(100);
	WANT(!fp_leg_kill(w->nl, s.partner.leg, NULL, &w->errs));
	WANT(leg_down(w, s.partner.leg, "leg-killed"));
	WANT(counter(w, "message-cut") == cut + 1);
	WANT(far_end(&s.partner, 2000) == 'n' && far_end(&s.partner, 2000) == 'f');
	WANT(fp_leg_kill(w->nl, 0x7ffffff0, NULL, &w->errs) == -ENOENT);
	/* By a name of its own. */
	WANT(!fp_leg_kill(w->nl, s.node.leg, "leg-swept", &w->errs));
	WANT(leg_down(w, s.node.leg, "leg-swept"));
	WANT(far_end(&s.node, 2000) == 'f');
	return scene_close(w, &s);
}

static bool idle_out(struct world *w)
{
	struct scene s;
	long began;

	world_policy(w, "idle-timeout: 1", NULL);
	scene_open(w, &s, KEYS_13_AES128);
	nap_ms(700);
	began = now_ms();
	WANT(passes(&s, 1));
	WANT(leg_down(w, s.partner.leg, "leg-idle"));
	WANT(now_ms() - began > 800);
	WANT(leg_down(w, s.node.leg, "leg-idle"));
	world_policy(w, NULL, NULL);
	return scene_close(w, &s);
}

/* A policy that still permits a leg leaves it alone; one that does not names it. */
static bool policy_sweeps(struct world *w)
{
	struct scene s;

	scene_open(w, &s, KEYS_13_AES128);
	WANT(passes(&s, 1));
	world_policy(w, NULL, "partner2");
	WANT(passes(&s, 2));
	WANT(!notice_wait(w, FEDPAT_EVENT_LEG_DOWN, 50));
	world_policy(w, NULL, "partner");
	WANT(leg_down(w, s.partner.leg, "leg-swept"));
	world_policy(w, NULL, NULL);
	WANT(!notice_wait(w, FEDPAT_EVENT_LEG_DOWN, 50));
	return scene_close(w, &s);
}

/* Keys near their end: the daemon is told, and the leg still serves. */
static bool worn_keys(struct world *w)
{
	struct leg_spec in = { .inside = true };
	struct leg_spec out = { .k = KEYS_13_AES128, .seq = (1 << 24) - 2 };
	struct leg_spec fresh = { .k = KEYS_13_AES128 };
	struct fp_obj_notice *n;
	struct far again;
	struct scene s;
	struct msg m;

	notices_drop(w);
	leg_open(w, &in, &s.node);
	leg_open(w, &out, &s.partner);
	WANT(passes(&s, 1));
	WANT(!notice_wait(w, FEDPAT_EVENT_REFUSED, 50));
	WANT(passes(&s, 2) && passes(&s, 3));
	n = notice_wait(w, FEDPAT_EVENT_REFUSED, 2000);
	WANT(n && n->leg == s.partner.leg && !strcmp(n->reason, "key-limit"));
	fp_obj_free(&n->o);
	WANT(passes(&s, 4));
	/* New requests take the fresh one. */
	leg_open(w, &fresh, &again);
	WANT(far_send_str(&s.node, sip_request("MESSAGE", ALICE, BOB, 5)));
	WANT(far_recv(&again, &m, 2000) && msg_cseq(&m) == 5);
	far_close(&again);
	return scene_close(w, &s);
}

/* Somebody else destroys the socket (ss -K): an error that is none of the peer's. */
static bool destroyed(struct world *w)
{
	struct scene s;

	scene_open(w, &s, KEYS_NONE);
	WANT(passes(&s, 1));
	WANT(!system("ss -K dst " PARTNER " dport = 5061 >/dev/null"));
	WANT(leg_down(w, s.partner.leg, "socket-error"));
	return scene_close(w, &s);
}

/* Its host vanishes with what was sent to it: 30 s of nothing end the leg. */
static bool vanishes(struct world *w)
{
	long began = now_ms();
	struct scene s;

	scene_open(w, &s, KEYS_13_AES128);
	WANT(passes(&s, 1));
	WANT(!system("ip addr del " PARTNER "/32 dev lo"));
	WANT(far_send_str(&s.node, sip_request("MESSAGE", ALICE, BOB, 2)));
	nap_ms(28000);
	WANT(status_legs(w) == 2);
	nap_ms(12000);
	WANT(leg_down(w, s.partner.leg, "peer-timeout"));
	WANT(!system("ip addr add " PARTNER "/32 dev lo"));
	ksft_print_msg("after %ld ms at most\n", now_ms() - began);
	return scene_close(w, &s);
}

const struct test close_tests[] = {
	{ "session tickets are skipped, however they come", skip_tickets },
	{ "KeyUpdate: teardown by name", key_update },
	{ "alerts: fatal, malformed, close_notify", alerts },
	{ "renegotiation and records of other types: teardown by name", odd_records },
	{ "user_canceled is ignored", user_canceled },
	{ "a record that does not decrypt", bad_record },
	{ "close_notify is honoured and answered, what came before it passes", orderly },
	{ "an end without close_notify within a message is counted", cut_short },
	{ "a plain connection ends with FIN", plain_fin },
	{ "reset by the peer", peer_resets },
	{ "leg-kill: close_notify and FIN, by name", kill_legs },
	{ "idle timeout, counted from the last message", idle_out },
	{ "a commit closes what it forbids and nothing else", policy_sweeps },
	{ "worn AES-GCM keys are told, and a fresh leg takes over", worn_keys },
	{ "a socket that somebody else destroys", destroyed },
	{ "a host that vanishes: the leg ends after 30 s", vanishes },
	{ NULL, NULL },
};
