/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fedpatd, the slow path: handshakes, identities, DNS, dialling.
 *
 * Threads. The main thread owns everything that is shared: netlink, policy,
 * listeners, DNS. Workers own connections while these shake hands, one thread
 * each, and hand them back. A connection belongs to exactly one thread at a
 * time; it moves by fpd_queue, which is the only lock between them. A policy
 * is immutable and counted, so workers may hold an old one.
 */
#ifndef _FPD_H
#define _FPD_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include <fedpat/reasons.h>
#include <linux/fedpat.h>

#include "identity.h"
#include "ktls.h"
#include "trust.h"

#define FPD_WORKERS_MAX		16
#define FPD_HANDSHAKE_SECONDS	10	/* from accept or connect to the end */
#define FPD_CONNECT_SECONDS	5	/* one address of a target */
#define FPD_HURRY_SECONDS	2	/* the same where there are others */
#define FPD_PER_SOURCE		64	/* handshakes of one address at a time */
#define FPD_IN_FLIGHT		4096	/* handshakes at a time */

struct fpd;
struct fpd_ask;
struct fpd_conn;
struct fpd_dial;
struct fpd_policy;
struct fpd_xmpp;

union fpd_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

TAILQ_HEAD(fpd_conn_list, fpd_conn);

/**
 * struct fpd_queue - connections on their way to another thread
 * @lock: protects @list
 * @list: first in, first out
 * @wake: eventfd, readable while @list may hold something
 * @ev: event of @wake in the taker's loop
 * @take: called by the taker for each connection
 */
struct fpd_queue {
	pthread_mutex_t lock;
	struct fpd_conn_list list;
	int wake;
	struct event *ev;
	void (*take)(struct fpd_conn *conn);
};

int fpd_queue_init(struct fpd_queue *q, struct event_base *base,
		   void (*take)(struct fpd_conn *conn));
void fpd_queue_put(struct fpd_queue *q, struct fpd_conn *conn);
void fpd_queue_exit(struct fpd_queue *q);

struct fpd_worker {
	pthread_t thread;
	struct event_base *base;
	struct fpd_queue queue;
};

#define FPD_OPEN_MAX	8	/* names of a certificate that open federation looks at */

/**
 * struct fpd_open - domains that a partner nobody named may speak for
 * @name: they
 * @n: how many
 */
struct fpd_open {
	char name[FPD_OPEN_MAX][FEDPAT_FQDN_MAX + 1];
	unsigned int n;
};

/**
 * struct fpd_conn - one connection on its way to become a leg
 * @entry: in a queue
 * @d: the daemon
 * @policy: policy it started under; a reference
 * @worker: thread that shakes its hands
 * @fd: its socket, -1 when it went to the kernel
 * @ctx: TLS context, a reference; NULL for plain TCP
 * @ssl: while shaking hands, and as long as it is joined over loopback
 * @secrets: while shaking hands
 * @ev: socket event
 * @timer: deadline
 * @federation, @zone, @proxy: where it belongs
 * @peer: peer or node; empty on an accepted one until the names are known
 * @host: name dialled, for SNI; empty for addresses
 * @role: side of the peer
 * @transport: tls or tcp
 * @dialled: we dialled
 * @connected: TCP stands
 * @adopted: stands for a leg that an earlier daemon made
 * @hurry: others are tried when it does not answer soon
 * @joining: back at the worker, to be joined over loopback
 * @probe: asks for health, becomes no leg
 * @asking: back at the worker, to send OPTIONS
 * @ask: the question, while it is asked
 * @answer: status of the answer to it
 * @begun: when TCP was dialled, ms of CLOCK_MONOTONIC
 * @wanted: id of the leg-wanted notice, 0 for none
 * @dial: dial that it belongs to, main thread only
 * @local, @remote, @original: addresses; @original is what the caller dialled
 * @id: what the certificate proves
 * @chain: what the peer presented, its own certificate first; NULL without TLS
 * @cbc: the suite is of the legacy profile
 * @tls_version, @cipher: for show
 * @not_offloaded: why the keys are not in the kernel, NULL when they are
 * @is_xmpp: it is an XMPP stream
 * @xmpp: the stream, while its beginning is read
 * @loop: our end of the loopback join, -1 for none
 * @srv_done: open federation has asked DNS about it
 * @srv_asked: names of the certificate that were asked about
 * @srv_proved: domains whose SRV records lead to one of them
 * @unchecked: why nobody could say whether the certificate is revoked, or NULL
 * @reason: why it failed
 * @text: more about it
 */
struct fpd_conn {
	TAILQ_ENTRY(fpd_conn) entry;
	struct fpd *d;
	struct fpd_policy *policy;
	struct fpd_worker *worker;
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	struct fpd_secrets *secrets;
	struct event *ev;
	struct event *timer;
	char federation[FEDPAT_NAME_MAX + 1];
	char zone[FEDPAT_NAME_MAX + 1];
	char proxy[FEDPAT_NAME_MAX + 1];
	char peer[FEDPAT_NAME_MAX + 1];
	char host[FEDPAT_FQDN_MAX + 1];
	enum fedpat_role role;
	enum fedpat_transport transport;
	bool dialled;
	bool connected;
	bool adopted;
	bool hurry;
	bool joining;
	bool probe;
	bool asking;
	struct fpd_ask *ask;
	unsigned int answer;
	uint64_t begun;
	uint32_t wanted;
	struct fpd_dial *dial;
	union fpd_addr local;
	union fpd_addr remote;
	union fpd_addr original;
	struct fpd_identity id;
	STACK_OF(X509) *chain;
	bool cbc;
	const char *tls_version;
	const char *cipher;
	const char *not_offloaded;
	bool is_xmpp;
	struct fpd_xmpp *xmpp;
	int loop;
	bool srv_done;
	unsigned int srv_asked;
	struct fpd_open srv_proved;
	char *unchecked;
	enum fp_reason reason;
	char text[FPD_TEXT_MAX];
};

struct fpd_conn *fpd_conn_new(struct fpd *d, int fd);
void fpd_conn_free(struct fpd_conn *conn);
void fpd_conn_start(struct fpd_conn *conn);
void fpd_conn_checked(struct fpd_conn *conn);
void fpd_conn_fail(struct fpd_conn *conn, enum fp_reason reason,
		   const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int fpd_workers_start(struct fpd *d);
void fpd_workers_stop(struct fpd *d);
bool fpd_thread_end(pthread_t thread, int seconds);
void fpd_work(struct fpd_conn *conn);
void fpd_join_start(struct fpd_conn *conn);

/* options.c */
void fpd_options_start(struct fpd_conn *conn);
void fpd_ask_free(struct fpd_conn *conn);

/* xmpp.c, xmpp_leg.c */
void fpd_xmpp_start(struct fpd_conn *conn);
void fpd_xmpp_free(struct fpd_conn *conn);
void fpd_xmpp_done(struct fpd_conn *conn);

const char *fpd_addr_text(const union fpd_addr *a, char *buf, size_t size);
const char *fpd_addr_text_noport(const union fpd_addr *a, char *buf, size_t size);
socklen_t fpd_addr_len(const union fpd_addr *a);

#define FPD_ADDR_TEXT	64

#endif /* _FPD_H */
