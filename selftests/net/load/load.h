/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The load of the benchmarks: one process asks, another answers, over TCP or TLS
 * by OpenSSL. Both do as little as possible, so that their own cost, which is
 * subtracted, is small and the same whatever lies between.
 */
#ifndef _FEDPAT_SELFTEST_LOAD_H
#define _FEDPAT_SELFTEST_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

#define LD_BUF		(128 * 1024)

/**
 * struct ld_options - what the command line says
 * @tls: "1.2" or "1.3", NULL for plain TCP
 * @cert: certificate chain, with @key and @ca
 * @key: its private key
 * @ca: whom we trust
 * @from: address that connections come from
 * @to: where they go; of the responder: where it listens
 * @port: likewise
 * @conns: connections
 * @window: requests outstanding on each
 * @secs: of measuring
 * @warm: seconds before that
 * @rate: requests a second on all connections together; 0: closed loop
 * @size: octets of a request
 * @cut: octets of a segment, 0: whole
 * @once: the responder closes after each answer
 */
struct ld_options {
	const char *tls;
	const char *cert;
	const char *key;
	const char *ca;
	const char *from;
	const char *to;
	uint16_t port;
	unsigned int conns;
	unsigned int window;
	double secs;
	double warm;
	double rate;
	unsigned int size;
	unsigned int cut;
	bool once;
};

/**
 * struct ld_conn - a connection
 * @fd: its socket
 * @ssl: TLS, NULL for plain TCP
 * @up: the handshake is over
 * @ended: by the other side, or by an error
 * @writing: epoll is asked for room
 * @in: bytes that came and are no message yet
 * @n_in: how many
 * @out: bytes that wait for the socket
 * @n_out: how many
 * @sent: when each outstanding request was sent, a ring of the window
 * @head: requests sent
 * @tail: answers got
 */
struct ld_conn {
	int fd;
	SSL *ssl;
	bool up;
	bool ended;
	bool writing;
	char *in;
	size_t n_in;
	char *out;
	size_t n_out;
	double *sent;
	unsigned int head;
	unsigned int tail;
};

extern struct ld_options ld_opt;

void ld_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
double ld_now(void);

/* io.c */
SSL_CTX *ld_ctx(void);
int ld_listen(void);
/* Connected; the handshake begins with the first ld_conn_turn(). */
struct ld_conn *ld_dial(SSL_CTX *ctx);
struct ld_conn *ld_accept(SSL_CTX *ctx, int listener);
/* What epoll said: handshake, flush, one read. */
void ld_conn_turn(struct ld_conn *c, int ep);
void ld_conn_put(struct ld_conn *c, int ep, const char *p, size_t len);
void ld_conn_free(struct ld_conn *c);
void ld_watch(int ep, int fd, void *ptr);

/* text.c */
/* Length of the first message in @p, 0: not complete. */
size_t ld_message(const char *p, size_t len);
char *ld_request(unsigned int n, size_t *len);
size_t ld_answer(char *out, const char *req, size_t len);
bool ld_is_200(const char *p, size_t len);

/* hist.c */
void ld_hist_clear(void);
void ld_hist_add(double secs);
double ld_hist_at(double part);
double ld_hist_max(void);
/* Seconds that the CPUs were busy since boot. */
double ld_busy(void);

/* The modes; each returns the status of the program. */
int ld_serve(void);
int ld_run(void);
int ld_sessions(void);
int ld_idle(void);
int ld_aead(void);

#endif /* _FEDPAT_SELFTEST_LOAD_H */
