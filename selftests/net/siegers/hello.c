// SPDX-License-Identifier: GPL-2.0
/* Peers that are bad before or while hands are shaken. */
#include <stdlib.h>
#include <string.h>
#include <openssl/rand.h>
#include "siege.h"

#define RECORD_HEAD	5
#define EARLY		8000	/* octets of early data; a server skips up to 16 KiB */

/* --- octets that are no handshake ----------------------------------------- */

static void random_begin(struct peer *p)
{
	unsigned char b[600];

	RAND_bytes(b, sizeof(b));
	/* By no chance the beginning of a record, for whose rest one would wait. */
	b[0] = 1 + b[0] % 16;
	b[1] = 0;
	peer_raw(p, b, sizeof(b));
}

static void sip_begin(struct peer *p)
{
	siege_ask(p);
}

static void http_begin(struct peer *p)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: sip\r\n\r\n";

	peer_raw(p, get, sizeof(get) - 1);
}

static void alert_begin(struct peer *p)
{
	peer_raw(p, "\x15\x03\x03\x00\x02\x02\x28", 7);
}

static void long_record_begin(struct peer *p)
{
	peer_raw(p, "\x16\x03\x01\xff\xff", RECORD_HEAD);
	random_begin(p);
}

/* A ClientHello that says it has 16 MiB. */
static void huge_hello_begin(struct peer *p)
{
	peer_raw(p, "\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9);
}

static void empty_records_begin(struct peer *p)
{
	for (int i = 0; i < 100; i++)
		peer_raw(p, "\x16\x03\x01\x00\x00", RECORD_HEAD);
}

static void cut_record_begin(struct peer *p)
{
	peer_raw(p, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
	peer_fin(p);
}

static void silent_begin(struct peer *p)
{
	(void)p;
}

/* --- a ClientHello, treated badly ----------------------------------------- */

static void half_wire(struct peer *p, const unsigned char *b, size_t len)
{
	if (!p->step++)
		peer_raw(p, b, len / 2);
}

/* An octet a second. Whatever they say, it is no longer than a hello. */
static void drip_tick(struct peer *p)
{
	static const unsigned char hello[] = { 0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3 };

	peer_raw(p, p->step < sizeof(hello) ? &hello[p->step] : hello, 1);
	p->step++;
}

static void close_wire(struct peer *p, const unsigned char *b, size_t len)
{
	peer_raw(p, b, len);
	peer_fin(p);
}

static void reset_wire(struct peer *p, const unsigned char *b, size_t len)
{
	peer_raw(p, b, len);
	peer_reset(p);
}

/* The second flight is not sent, and something else is. */
static void alert_wire(struct peer *p, const unsigned char *b, size_t len)
{
	if (!p->step++)
		peer_raw(p, b, len);
	else if (p->step == 2)
		alert_begin(p);
}

static void leave_wire(struct peer *p, const unsigned char *b, size_t len)
{
	if (!p->step++)
		peer_raw(p, b, len);
	else
		peer_reset(p);
}

static void linger_wire(struct peer *p, const unsigned char *b, size_t len)
{
	if (!p->step++)
		peer_raw(p, b, len);
}

/* The last octet of the second flight belongs to the MAC of a Finished. */
static void finished_wire(struct peer *p, const unsigned char *b, size_t len)
{
	unsigned char last = b[len - 1];

	if (p->step++ == 1) {
		peer_raw(p, b, len - 1);
		last ^= 1;
		peer_raw(p, &last, 1);
	} else if (p->step == 1) {
		peer_raw(p, b, len);
	}
}

/* --- what is odd, and allowed --------------------------------------------- */

static void good_up(struct peer *p)
{
	siege_ask(p);
}

static void good_answer(struct peer *p)
{
	if (p->status == 200)
		peer_done(p);
	else
		p->over = true;
}

/* Each octet of the hello in a record of its own. */
static void split_wire(struct peer *p, const unsigned char *b, size_t len)
{
	if (p->step++) {
		peer_raw(p, b, len);
		return;
	}
	for (size_t i = RECORD_HEAD; i < len; i++) {
		peer_raw(p, "\x16\x03\x01\x00\x01", RECORD_HEAD);
		peer_raw(p, b + i, 1);
	}
}

/* --- early data ----------------------------------------------------------- */

/* A session that the gateway never gave: it must skip what comes under its keys. */
static int fake_session(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len,
			SSL_SESSION **session)
{
	static const unsigned char suite[] = { 0x13, 0x02 };
	unsigned char key[48] = "no key of anybody's";
	SSL_SESSION *s = SSL_SESSION_new();

	(void)md;
	if (!s || SSL_SESSION_set1_master_key(s, key, sizeof(key)) != 1 ||
	    SSL_SESSION_set_cipher(s, SSL_CIPHER_find(ssl, suite)) != 1 ||
	    SSL_SESSION_set_protocol_version(s, TLS1_3_VERSION) != 1 ||
	    SSL_SESSION_set_max_early_data(s, 65536) != 1)
		siege_die("no session can be made up");
	*id = (const unsigned char *)"siege";
	*id_len = 5;
	*session = s;
	return 1;
}

static void early_send(struct peer *p, size_t len)
{
	static const char zeroes[16000];
	size_t done;

	SSL_set_psk_use_session_callback(p->ssl, fake_session);
	if (SSL_write_early_data(p->ssl, zeroes, len, &done) != 1)
		siege_die("no early data can be sent");
	peer_flight(p);
}

static void early_begin(struct peer *p)
{
	early_send(p, EARLY);
}

/* More than a server has patience for. */
static void early_flood_begin(struct peer *p)
{
	early_send(p, 16000);
	early_send(p, 16000);
}

const struct kind hello_kinds[] = {
	{ KIND("silent", "tls-timeout", TLS_NONE, CERT_NONE, 'g'), .slow = true,
	  .begin = silent_begin },
	{ KIND("half-hello", "tls-timeout", TLS_13, CERT_NONE, 'g'), .slow = true,
	  .wire = half_wire },
	{ KIND("drip-hello", "tls-timeout", TLS_NONE, CERT_NONE, 'g'), .slow = true,
	  .begin = silent_begin, .tick = drip_tick },
	{ KIND("half-handshake", "tls-timeout", TLS_13, CERT_GOOD, 'g'), .slow = true,
	  .wire = linger_wire },
	{ KIND("random", "tls-not-tls", TLS_NONE, CERT_NONE, 'g'), .begin = random_begin },
	{ KIND("sip-on-tls", "tls-not-tls", TLS_NONE, CERT_NONE, 'g'), .begin = sip_begin },
	{ KIND("http-on-tls", "tls-not-tls", TLS_NONE, CERT_NONE, 'g'), .begin = http_begin },
	{ KIND("alert-first", "tls-peer-alert", TLS_NONE, CERT_NONE, 'g'), .begin = alert_begin },
	{ KIND("alert-middle", "tls-peer-alert", TLS_13, CERT_GOOD, 'g'), .wire = alert_wire },
	{ KIND("alert-middle-1.2", "tls-peer-alert", TLS_12, CERT_GOOD, 'g'), .wire = alert_wire },
	{ KIND("long-record", "tls-error", TLS_NONE, CERT_NONE, 'g'), .begin = long_record_begin },
	{ KIND("huge-hello", "tls-error", TLS_NONE, CERT_NONE, 'g'), .begin = huge_hello_begin },
	{ KIND("empty-records", "tls-error", TLS_NONE, CERT_NONE, 'g'),
	  .begin = empty_records_begin },
	{ KIND("cut-record", "tls-closed", TLS_NONE, CERT_NONE, 'o'), .begin = cut_record_begin },
	{ KIND("close-after-hello", "tls-closed", TLS_13, CERT_NONE, 'o'), .wire = close_wire },
	{ KIND("reset-after-hello", "tls-closed", TLS_13, CERT_NONE, 'o'), .wire = reset_wire },
	{ KIND("reset-in-handshake", "tls-closed", TLS_13, CERT_GOOD, 'o'), .wire = leave_wire },
	{ KIND("reset-in-handshake-1.2", "tls-closed", TLS_12, CERT_GOOD, 'o'),
	  .wire = leave_wire },
	{ KIND("finished-wrong", "tls-error", TLS_13, CERT_GOOD, 'g'), .wire = finished_wire },
	{ KIND("no-certificate", "tls-no-certificate", TLS_13, CERT_NONE, 'g') },
	{ KIND("no-certificate-1.2", "tls-no-certificate", TLS_12, CERT_NONE, 'g') },
	{ KIND("other-ca", "tls-unknown-ca", TLS_13, CERT_OTHER_CA, 'g') },
	{ KIND("early-data", NULL, TLS_13, CERT_GOOD, 'o'), .begin = early_begin, .up = good_up,
	  .answer = good_answer },
	{ KIND("early-flood", "tls-error", TLS_13, CERT_GOOD, 'g'), .begin = early_flood_begin },
	{ KIND("split", NULL, TLS_13, CERT_GOOD, 'o'), .up = good_up, .answer = good_answer,
	  .wire = split_wire },
	{ KIND("good", NULL, TLS_13, CERT_GOOD, 'o'), .up = good_up, .answer = good_answer },
	{ KIND("good-1.2", NULL, TLS_12, CERT_GOOD, 'o'), .up = good_up, .answer = good_answer },
	{ .name = NULL },
};
