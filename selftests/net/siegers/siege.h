/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad peers, hundreds at once, in one process: each is of a kind that says what it does
 * to the gateway, under which name the gateway must refuse it, and who ends it.
 */
#ifndef _FEDPAT_SELFTEST_SIEGE_H
#define _FEDPAT_SELFTEST_SIEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/ssl.h>

struct peer;
struct score;

enum tls {
	TLS_NONE,		/* what it sends is not TLS, or made by hand */
	TLS_13,
	TLS_12,
};

enum cert {
	CERT_GOOD,
	CERT_NONE,
	CERT_OTHER_CA,
};

/**
 * struct kind - what a peer does
 * @name: on the command line
 * @reason: counter that must move for each peer; NULL: it is no fault
 * @tls: what it begins with
 * @cert: what it shows
 * @ends: 'g' the gateway ends the connection, 'o' the peer itself when it has done
 *	what it wanted
 * @count: how often the counter moves for each, 0 for once
 * @slow: it stays for seconds, and may be one of hundreds; the others keep the gateway
 *	busy and are few at a time
 * @begin: connected; NULL: shake hands
 * @up: the handshake is over
 * @answer: one more answer came; the last status is in @status of the peer
 * @more: what was to be sent is sent
 * @tick: every second
 * @wire: what TLS wants to send; NULL: send it
 */
struct kind {
	const char *name;
	const char *reason;
	enum tls tls;
	enum cert cert;
	char ends;
	unsigned int count;
	bool slow;
	void (*begin)(struct peer *p);
	void (*up)(struct peer *p);
	void (*answer)(struct peer *p);
	void (*more)(struct peer *p);
	void (*tick)(struct peer *p);
	void (*wire)(struct peer *p, const unsigned char *b, size_t len);
};

/**
 * struct peer - one bad peer
 * @kind: what it does
 * @score: of its kind
 * @id: its number
 * @fd: its socket, -1: the place is free
 * @ssl: its TLS, NULL for none
 * @since: when it was begun
 * @next: when it ticks
 * @events: that it waits for
 * @step: where it stands, the kind's own
 * @left: how much there is still to do, the kind's own
 * @connected: TCP stands
 * @is_up: the handshake is over
 * @deaf: it does not read
 * @over: it has ended
 * @good: it did all that it wanted
 * @status: of the last answer
 * @answers: that came
 * @in: the beginning of an answer
 * @n_in: octets of it
 * @out: what waits for the socket
 * @n_out: octets of it
 * @cap_out: room
 */
struct peer {
	const struct kind *kind;
	struct score *score;
	unsigned int id;
	int fd;
	SSL *ssl;
	double since;
	double next;
	unsigned int events;
	unsigned int step;
	unsigned int left;
	bool connected;
	bool is_up;
	bool deaf;
	bool over;
	bool good;
	int status;
	unsigned int answers;
	char in[16];
	size_t n_in;
	unsigned char *out;
	size_t n_out;
	size_t cap_out;
};

/**
 * struct siege_options - what the command line says
 * @pki: folder of certificates
 * @to: address that is attacked
 * @port: its port
 * @from: first address of ours
 * @sources: how many addresses
 * @total: peers in all
 * @parallel: at once
 * @busy: of these, at most, that shake hands or flood
 * @plain: SIP without TLS
 * @now: the time, of this turn
 */
struct siege_options {
	const char *pki;
	const char *to;
	unsigned int port;
	const char *from;
	unsigned int sources;
	unsigned int total;
	unsigned int parallel;
	unsigned int busy;
	bool plain;
	double now;
};

extern struct siege_options siege;

/* peer.c */
void siege_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* The time, once a turn; also in siege.now. */
double siege_tick(void);
void peer_ctx_init(void);
bool peer_begin(struct peer *p, const struct kind *kind, unsigned int id);
void peer_ready(struct peer *p, bool in, bool out);
void peer_tick(struct peer *p);
void peer_free(struct peer *p);
bool peer_wants_out(const struct peer *p);
/* Octets as they are. */
void peer_raw(struct peer *p, const void *b, size_t len);
/* Within TLS where there is any, in a record of its own. */
void peer_put(struct peer *p, const void *b, size_t len);
/* Whatever TLS has to say now. */
void peer_flight(struct peer *p);
/* It has done all that it wanted: an orderly end, a FIN, a reset. */
void peer_done(struct peer *p);
void peer_fin(struct peer *p);
void peer_reset(struct peer *p);

/* text.c */
void siege_ask(struct peer *p);
/* A request; @more are header lines with their ends. Return: its length. */
size_t siege_request(char *buf, size_t size, const struct peer *p, const char *method,
		     const char *from, const char *more, size_t body);

/* The beginning of a kind: its name, counter, TLS, certificate, and who ends it. */
#define KIND(n, r, t, c, e)	.name = n, .reason = r, .tls = t, .cert = c, .ends = e

/* hello.c, record.c, flood.c: kinds; the last one has no name. */
extern const struct kind hello_kinds[];
extern const struct kind record_kinds[];
extern const struct kind flood_kinds[];

#endif /* _FEDPAT_SELFTEST_SIEGE_H */
