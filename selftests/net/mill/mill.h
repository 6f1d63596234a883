/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Both far ends of a real gateway in one process: a node and up to two
 * partners, in the namespaces of selftests/e2e/world.sh, with OpenSSL or plain
 * TCP. fedpatd stands between them.
 *
 * What goes in, and what must come out, is made here from the same number,
 * with code that shares nothing with the gateway's: not its parser, not its
 * framer, not its rewriting. What only the gateway can know, its branches and
 * tokens, is a hole in the expected text (HOLE), and must come back to whoever
 * it was made for as what that end wrote.
 */
#ifndef _FEDPAT_SELFTEST_MILL_H
#define _FEDPAT_SELFTEST_MILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

/* Stands for any number of token characters in an expected text. */
#define HOLE		"\1"
/* Largest message of the tests, and room for what the gateway adds. */
#define TEXT_MAX	(128 * 1024)

struct conn;

/**
 * struct text - bytes of a message
 * @p: first
 * @len: how many
 */
struct text {
	const char *p;
	size_t len;
};

/**
 * struct end - a host, and what it does with the messages that it gets
 * @name: of its namespace
 * @addr: its address
 * @port: that it listens on
 * @cert: name of its certificate in the PKI folder
 * @ca: name of the CA that it trusts
 * @got: what it does with a message
 * @ctx: TLS of both roles, NULL for plain TCP
 * @listener: where the gateway connects, -1 for nowhere
 * @rcvbuf: of its sockets, 0 for the default
 */
struct end {
	const char *name;
	const char *addr;
	uint16_t port;
	const char *cert;
	const char *ca;
	void (*got)(struct conn *c, struct text m);
	SSL_CTX *ctx;
	int listener;
	int rcvbuf;
};

/**
 * struct conn - a connection of an end
 * @end: whose it is
 * @fd: its socket, -1: the place is free
 * @ssl: TLS, NULL for plain TCP
 * @dialled: we dialled it
 * @up: the handshake is over
 * @mute: it is not read from
 * @shut: our half is closed: what comes yet counts, and nothing more is sent
 * @sip: octets that are read each time, 0 for as many as there are
 * @ended: how the peer ended it: 'n' close_notify, 'f' FIN, 'r' reset, 'e' an
 *	error of TLS; 0 not yet
 * @in: bytes that came, and no message yet
 * @n_in: how many
 * @out: bytes that wait for the socket
 * @n_out: how many
 * @cap_out: room of @out
 * @messages: that came
 */
struct conn {
	struct end *end;
	int fd;
	SSL *ssl;
	bool dialled;
	bool up;
	bool mute;
	bool shut;
	size_t sip;
	char ended;
	char *in;
	size_t n_in;
	char *out;
	size_t n_out;
	size_t cap_out;
	unsigned int messages;
};

#define MAX_CONNS	32

extern struct conn conns[MAX_CONNS];

/**
 * struct mill_options - what the command line says
 * @plain: plain TCP
 * @tls: "1.2" or "1.3", NULL for what both prefer
 * @pki: folder of certificates
 * @watch: pid of fedpatd, 0 for none
 * @drip: octets that are written at a time, 0 for as many as there are
 */
struct mill_options {
	bool plain;
	const char *tls;
	const char *pki;
	int watch;
	size_t drip;
};

extern struct mill_options opt;
extern struct end node, edge, edge2;

/* conn.c */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void enter(const char *ns);
void end_open(struct end *e);
void end_shut(struct end *e);
/* Connected, and the handshake begun. */
struct conn *conn_begin(struct end *e, const char *addr, uint16_t port);
/* The same where it may fail: NULL, or it ends later. */
struct conn *conn_try(struct end *e, const char *addr, uint16_t port);
struct conn *conn_dial(struct end *e, const char *addr, uint16_t port);
/* The newest connection of an end that is up: dialled or accepted. */
struct conn *conn_of(const struct end *e, bool dialled);
void conn_put(struct conn *c, const char *p, size_t len);
/* At once, in one segment or record of its own, or die. */
void conn_write(struct conn *c, const char *p, size_t len);
void conn_reset(struct conn *c);
void conn_close(struct conn *c);
/* Let everybody read and write for up to @ms, less when something came. */
void mill_turn(int ms);
/* Lines that have come on standard input, which must not block. */
void mill_orders(void (*obey)(const char *line));
/* Turn until the flag is set; false when the time is over. */
bool mill_until(const bool *flag, int ms);
bool mill_until_ended(struct conn *c, int ms);
double now(void);

/* text.c */
enum way {
	DIR_IN,			/* the partner asks the node */
	DIR_OUT,		/* the node asks the partner */
};

enum kind {
	KIND_MESSAGE,
	KIND_INVITE,
	KIND_NOTIFY,
	KIND_COUNT,
};

extern const char * const kind_name[KIND_COUNT];

/* A request as it is sent, and as it must come out. Both return its length. */
size_t text_request(char *buf, enum way dir, enum kind kind, unsigned int n, const char *domain);
size_t text_request_seen(char *buf, enum way dir, enum kind kind, unsigned int n,
			 const char *domain);
/* The answer to a request that was got, and what its sender must see. */
size_t text_answer(char *buf, enum way dir, struct text request);
size_t text_answer_seen(char *buf, enum way dir, unsigned int n, const char *domain);
/* Does the text look like the pattern? If not, says where. */
bool text_like(const char *pattern, size_t len, struct text got);
/* A MESSAGE that came out: number @due and exact, or die; it is answered. */
void text_take(struct conn *c, enum way dir, struct text m, unsigned int due);
bool text_is_request(struct text m);
unsigned int text_cseq(struct text m);
int text_status(struct text m);
bool text_has(struct text m, const char *what);

/* The modes; each returns the status of the program. */
int mode_messages(int argc, char **argv);
int mode_flow(int argc, char **argv);
int mode_cuts(int argc, char **argv);
int mode_slow(int argc, char **argv);
int mode_ends(int argc, char **argv);
int mode_faults(int argc, char **argv);
int mode_storm(int argc, char **argv);
int mode_pace(int argc, char **argv);

#endif /* _FEDPAT_SELFTEST_MILL_H */
