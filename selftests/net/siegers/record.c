// SPDX-License-Identifier: GPL-2.0
/*
 * Peers whose handshake is good and whose records are not, once the kernel has the
 * keys. Each asks first, and does its harm when it is answered: its leg stands then.
 */
#include "siege.h"

#define UPDATES		100

static void ask_up(struct peer *p)
{
	siege_ask(p);
}

/* --- whole records -------------------------------------------------------- */

static void updates_answer(struct peer *p)
{
	for (int i = 0; i < UPDATES; i++) {
		SSL_key_update(p->ssl, i % 2 ? SSL_KEY_UPDATE_REQUESTED :
					       SSL_KEY_UPDATE_NOT_REQUESTED);
		SSL_do_handshake(p->ssl);
	}
	peer_flight(p);
}

static void renegotiate_answer(struct peer *p)
{
	SSL_renegotiate(p->ssl);
	SSL_do_handshake(p->ssl);
	peer_flight(p);
}

/* An alert in clear where only what is encrypted may stand. */
static void clear_answer(struct peer *p)
{
	peer_raw(p, "\x15\x03\x03\x00\x02\x02\x28", 7);
}

static void long_answer(struct peer *p)
{
	static const char much[200];

	peer_raw(p, "\x17\x03\x03\xff\xff", 5);
	peer_raw(p, much, sizeof(much));
}

static void type_answer(struct peer *p)
{
	peer_raw(p, "\x63\x03\x03\x00\x14twenty octets of it.", 25);
}

/* --- records of ours, spoiled --------------------------------------------- */

static void again_answer(struct peer *p)
{
	p->step = 1;
	siege_ask(p);
}

static void mac_wire(struct peer *p, const unsigned char *b, size_t len)
{
	unsigned char last = b[len - 1] ^ (p->step == 1);

	peer_raw(p, b, len - 1);
	peer_raw(p, &last, 1);
}

static void replay_wire(struct peer *p, const unsigned char *b, size_t len)
{
	peer_raw(p, b, len);
	if (p->step == 1)
		peer_raw(p, b, len);
}

/* One is left out: the next has the wrong number. */
static void skip_answer(struct peer *p)
{
	p->step++;
	siege_ask(p);
	p->step++;
	siege_ask(p);
}

static void skip_wire(struct peer *p, const unsigned char *b, size_t len)
{
	if (p->step != 1)
		peer_raw(p, b, len);
}

static void cut_wire(struct peer *p, const unsigned char *b, size_t len)
{
	peer_raw(p, b, p->step == 1 ? len / 2 : len);
	if (p->step == 1)
		peer_fin(p);
}

static void fin_answer(struct peer *p)
{
	peer_fin(p);
}

static void reset_answer(struct peer *p)
{
	peer_reset(p);
}

const struct kind record_kinds[] = {
	{ KIND("key-updates", "key-update", TLS_13, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = updates_answer },
	{ KIND("renegotiation", "tls-handshake-again", TLS_12, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = renegotiate_answer },
	{ KIND("clear-alert", "tls-record-bad", TLS_13, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = clear_answer },
	{ KIND("long-record-late", "tls-record-bad", TLS_13, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = long_answer },
	{ KIND("record-type", "tls-record-bad", TLS_13, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = type_answer },
	{ KIND("wrong-mac", "tls-record-bad", TLS_13, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = again_answer, .wire = mac_wire },
	{ KIND("wrong-mac-1.2", "tls-record-bad", TLS_12, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = again_answer, .wire = mac_wire },
	{ KIND("replay", "tls-record-bad", TLS_13, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = again_answer, .wire = replay_wire },
	{ KIND("skipped", "tls-record-bad", TLS_13, CERT_GOOD, 'g'), .up = ask_up,
	  .answer = skip_answer, .wire = skip_wire },
	{ KIND("cut-record-late", "tls-truncated", TLS_13, CERT_GOOD, 'o'), .up = ask_up,
	  .answer = again_answer, .wire = cut_wire },
	{ KIND("fin", "tls-truncated", TLS_13, CERT_GOOD, 'o'), .up = ask_up,
	  .answer = fin_answer },
	{ KIND("reset", "peer-reset", TLS_13, CERT_GOOD, 'o'), .up = ask_up,
	  .answer = reset_answer },
	{ .name = NULL },
};
