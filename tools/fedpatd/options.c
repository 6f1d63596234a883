// SPDX-License-Identifier: GPL-2.0
/*
 * Is a server well? OPTIONS on a connection that exists for nothing else: it
 * shakes hands as a leg would, its peer is judged as a leg's is, and it is
 * closed once an answer came. Max-Forwards is 0, so that nobody behind the
 * server is bothered (RFC 3261 section 11).
 */
#include <stdlib.h>
#include <string.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/rand.h>

#include <fedpat/frame.h>
#include <fedpat/sip.h>

#include "daemon.h"

#define ANSWER_SECONDS	5
#define ANSWER_MAX	(16 * 1024)	/* octets of one message */
#define WORD		25		/* random hexadecimal digits, and the end */

/**
 * struct fpd_ask - one OPTIONS that waits for its answer
 * @bev: the connection
 * @framer: cuts what comes
 * @msg: the message that is looked at
 * @call: Call-ID
 */
struct fpd_ask {
	struct bufferevent *bev;
	struct fp_framer framer;
	struct fp_sip_msg msg;
	char call[WORD];
};

static void random_word(char word[WORD])
{
	unsigned char raw[WORD / 2];

	if (RAND_bytes(raw, sizeof(raw)) <= 0)
		memset(raw, 0, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(word + 2 * i, 3, "%02x", raw[i]);
}

/**
 * fpd_ask_free() - forget a question
 * @conn: its connection, of the caller's thread
 */
void fpd_ask_free(struct fpd_conn *conn)
{
	struct bufferevent *bev = conn->ask->bev;
	SSL *ssl = bev ? bufferevent_openssl_get_ssl(bev) : NULL;

	if (ssl)
		SSL_shutdown(ssl);	/* says goodbye, waits for none */
	if (bev)
		bufferevent_free(bev);
	free(conn->ask);
	conn->ask = NULL;
}

static void end(struct fpd_conn *conn)
{
	fpd_ask_free(conn);
	event_free(conn->timer);
	conn->timer = NULL;
	fpd_queue_put(&conn->d->done, conn);
}

static const char *host_text(const union fpd_addr *a, char *buf, size_t size)
{
	char plain[FPD_ADDR_TEXT];

	snprintf(buf, size, a->sa.sa_family == AF_INET6 ? "[%s]" : "%s",
		 fpd_addr_text_noport(a, plain, sizeof(plain)));
	return buf;
}

/* Who we are there: outside over TLS the name that our certificate proves. */
static const char *self(const struct fpd_conn *conn, const struct fp_obj_federation *f,
			char *buf, size_t size)
{
	union fpd_addr a = { 0 };
	socklen_t len = sizeof(a);

	if (conn->role == FEDPAT_ROLE_OUTSIDE && conn->transport == FEDPAT_TRANSPORT_TLS && f &&
	    f->public_fqdn && *f->public_fqdn)
		return f->public_fqdn;
	getsockname(bufferevent_getfd(conn->ask->bev), &a.sa, &len);
	return host_text(&a, buf, size);
}

static int send_options(struct fpd_conn *conn)
{
	const struct fp_obj_federation *f =
		fp_find_federation(fpd_policy_model(conn->policy), conn->federation);
	bool tls = conn->transport == FEDPAT_TRANSPORT_TLS;
	const char *tp = tls ? "TLS" : "TCP", *to = conn->host, *we;
	char there[FPD_ADDR_TEXT], here[FPD_ADDR_TEXT], branch[WORD], tag[WORD];

	we = self(conn, f, here, sizeof(here));
	if (!*to)
		to = host_text(&conn->remote, there, sizeof(there));
	random_word(conn->ask->call);
	random_word(branch);
	random_word(tag);
	return evbuffer_add_printf(bufferevent_get_output(conn->ask->bev),
				   "OPTIONS sip:%s SIP/2.0\r\n"
				   "Via: SIP/2.0/%s %s:%d;branch=z9hG4bK%s\r\n"
				   "Max-Forwards: 0\r\n"
				   "From: <sip:%s>;tag=%s\r\nTo: <sip:%s>\r\n"
				   "Call-ID: %s@%s\r\nCSeq: 1 OPTIONS\r\n"
				   "Contact: <sip:%s;transport=%s>\r\n"
				   "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n",
				   to, tp, we, tls ? 5061 : 5060, branch,
				   f && f->local_domain.n ? f->local_domain.v[0] : we, tag, to,
				   conn->ask->call, we, we, tls ? "tls" : "tcp") < 0 ? -1 : 0;
}

/* Ours, and the final one. */
static bool is_answer(const struct fpd_ask *ask)
{
	const struct fp_sip_msg *m = &ask->msg;
	struct fp_slice call = fp_msg_at(m, m->call_id);

	return !m->is_request && m->status >= 200 && m->cseq == 1 &&
		fp_slice_starts(call, fp_slice(ask->call, (u32)strlen(ask->call)));
}

/* Whoever answers lives, even if he does not like us; two say that they cannot. */
static void judge(struct fpd_conn *conn)
{
	unsigned int status = conn->ask->msg.status;

	conn->answer = status;
	if (status == 408 || status == 503)
		fpd_conn_fail(conn, FP_R_OPTIONS_REFUSED, "it answers OPTIONS with %u", status);
}

/* True: the conversation is over. */
static bool take_frame(struct fpd_conn *conn, const u8 *buf, const struct fp_frame *f)
{
	struct fpd_ask *ask = conn->ask;

	if (f->event == FP_FRAME_FATAL || f->event == FP_FRAME_OVERSIZE ||
	    (f->event == FP_FRAME_MSG && fp_sip_parse(&ask->msg, buf, f->len, 0))) {
		fpd_conn_fail(conn, FP_R_OPTIONS_SILENT, "what it says is no SIP: %s",
			      fp_reason_info(f->reason ? f->reason : ask->msg.err)->name);
		return true;
	}
	if (f->event != FP_FRAME_MSG || !is_answer(ask))
		return false;
	judge(conn);
	return true;
}

static void ready(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct fpd_conn *conn = arg;
	struct fp_frame f;

	for (;;) {
		u32 len = (u32)evbuffer_get_length(in);
		const u8 *buf = evbuffer_pullup(in, -1);

		fp_framer_next(&conn->ask->framer, buf, len, &f);
		if (f.event == FP_FRAME_MORE)
			return;
		if (take_frame(conn, buf, &f)) {
			end(conn);
			return;
		}
		evbuffer_drain(in, f.len);
	}
}

static void ended(struct bufferevent *bev, short what, void *arg)
{
	struct fpd_conn *conn = arg;

	(void)bev;
	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		return;
	fpd_conn_fail(conn, FP_R_OPTIONS_SILENT,
		      "it closed the connection instead of answering OPTIONS");
	end(conn);
}

static void expired(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_conn *conn = arg;

	(void)fd;
	(void)what;
	fpd_conn_fail(conn, FP_R_OPTIONS_SILENT, "no answer to OPTIONS after %d seconds",
		      ANSWER_SECONDS);
	end(conn);
}

/* Socket and SSL go to the bufferevent. */
static int open_ask(struct fpd_conn *conn)
{
	struct event_base *base = conn->worker->base;
	struct timeval tv = { ANSWER_SECONDS, 0 };
	struct fpd_ask *ask = conn->ask;

	ask->bev = conn->ssl ?
		bufferevent_openssl_socket_new(base, conn->fd, conn->ssl, BUFFEREVENT_SSL_OPEN,
					       BEV_OPT_CLOSE_ON_FREE) :
		bufferevent_socket_new(base, conn->fd, BEV_OPT_CLOSE_ON_FREE);
	if (!ask->bev)
		return -1;
	conn->fd = -1;
	conn->ssl = NULL;
	conn->timer = evtimer_new(base, expired, conn);
	if (!conn->timer || evtimer_add(conn->timer, &tv))
		return -1;
	fp_framer_init(&ask->framer, ANSWER_MAX, 0, 0);
	bufferevent_setcb(ask->bev, ready, NULL, ended, conn);
	bufferevent_setwatermark(ask->bev, EV_READ, 0, ANSWER_MAX + 1);
	bufferevent_enable(ask->bev, EV_READ | EV_WRITE);
	return send_options(conn);
}

/**
 * fpd_options_start() - ask
 * @conn: shaken, its peer is who it should be
 *
 * Context: the worker's thread. Ends in fpd_conn_done() with @conn->answer, or
 * with the reason why there is none.
 */
void fpd_options_start(struct fpd_conn *conn)
{
	conn->ask = calloc(1, sizeof(*conn->ask));
	if (conn->ask && !open_ask(conn))
		return;
	fpd_conn_fail(conn, FP_R_NO_MEMORY, "out of memory");
	if (conn->ask)
		fpd_ask_free(conn);
	if (conn->timer)
		event_free(conn->timer);
	conn->timer = NULL;
	fpd_queue_put(&conn->d->done, conn);
}
