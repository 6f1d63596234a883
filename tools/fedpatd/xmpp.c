// SPDX-License-Identifier: GPL-2.0
/*
 * The clear beginning of an XMPP stream: read, judged, passed on.
 *
 * Bytes are passed on as they were read, once the policy has agreed to what
 * they say. The caller is held behind <starttls/> until the other side has said
 * <proceed/>; what the caller sends then must be TLS, and the other side is silent
 * until it got that: so nothing in clear follows.
 * When the stream is settled (TLS begins, or the first element of a stream in
 * clear was agreed to) whatever was read is sent, and both sockets go to the
 * kernel.
 *
 * Where only one side may send, dialback still needs a connection the other way:
 * it stays here, in clear, and each of its elements must be a <db:verify/>.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xmpp.h"

#define XMLNS_STREAM	"xmlns:stream='http://etherx.jabber.org/streams'"
#define XMLNS_ERRORS	"xmlns='urn:ietf:params:xml:ns:xmpp-streams'"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static void step(struct fpd_xmpp *x);
static bool flush(struct fpd_xmpp *x, int i);
static void end_ready(evutil_socket_t fd, short what, void *arg);

/* --- the life of a stream ------------------------------------------------- */

static void end_stop(struct fpd_xmpp_end *end)
{
	if (end->rd)
		event_free(end->rd);
	if (end->wr)
		event_free(end->wr);
	end->rd = NULL;
	end->wr = NULL;
}

/**
 * fpd_xmpp_free() - forget the stream of a connection
 * @conn: the connection
 */
void fpd_xmpp_free(struct fpd_conn *conn)
{
	struct fpd_xmpp *x = conn->xmpp;

	conn->xmpp = NULL;
	end_stop(&x->end[0]);
	end_stop(&x->end[1]);
	if (x->end[1].fd >= 0)
		close(x->end[1].fd);
	free(x);
}

static void finish(struct fpd_xmpp *x)
{
	struct fpd_conn *conn = x->conn;

	end_stop(&x->end[0]);
	end_stop(&x->end[1]);
	event_free(conn->timer);
	conn->timer = NULL;
	fpd_queue_put(&conn->d->done, conn);
}

static void set_timer(struct fpd_xmpp *x, int seconds)
{
	struct timeval tv = { seconds, 0 };

	evtimer_add(x->conn->timer, &tv);
}

/* --- refusing ------------------------------------------------------------- */

/* What was passed on to the caller begins with the header of the called. */
static bool caller_has_header(const struct fpd_xmpp *x)
{
	return x->end[1].parser.root_len;
}

/* Our own header, for a caller that has seen none. */
static int put_header(const struct fpd_xmpp *x, char *text, size_t size)
{
	return snprintf(text, size, "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
			XMLNS_STREAM " id='refused'%s%s%s%s%s%s version='1.0'>",
			x->to[0] ? " from='" : "", x->to, x->to[0] ? "'" : "",
			x->from[0] ? " to='" : "", x->from, x->from[0] ? "'" : "");
}

static void put_error(struct fpd_xmpp *x, const char *condition)
{
	bool seen = caller_has_header(x);
	char text[2048];
	int n = 0;

	if (!seen)
		n = put_header(x, text, sizeof(text));
	n += snprintf(text + n, sizeof(text) - (size_t)n,
		      "<error xmlns='http://etherx.jabber.org/streams'><%s " XMLNS_ERRORS "/><text "
		      XMLNS_ERRORS ">%s</text></error></%s>",
		      condition, fp_reason_info(x->conn->reason)->name,
		      seen ? x->end[1].parser.root : "stream:stream");
	/* It is a courtesy: who does not take it is closed all the same. */
	if (send(x->end[0].fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

/* The reason is noted in the connection. The caller is told, and may read it. */
static void refuse(struct fpd_xmpp *x)
{
	const char *condition = fpd_xmpp_condition(x->conn->reason);
	bool in_clear = x->state < FPD_XMPP_PROCEED || x->state == FPD_XMPP_VERIFY;
	struct fpd_xmpp_end *called = &x->end[1];
	char bye[FP_XMPP_MAX_ROOT + 4];

	/* Behind all that was passed on; half of that would make no sense of it. */
	if (in_clear && condition && flush(x, 0) && !x->end[0].out_len)
		put_error(x, condition);
	if (called->fd >= 0 && (x->state == FPD_XMPP_OPEN || x->state == FPD_XMPP_VERIFY)) {
		snprintf(bye, sizeof(bye), "</%s>", x->end[0].parser.root);
		if (send(called->fd, bye, strlen(bye), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			bye[0] = 0;
	}
	end_stop(called);
	if (called->fd >= 0)
		close(called->fd);
	called->fd = -1;
	x->state = FPD_XMPP_REFUSED;
	shutdown(x->end[0].fd, SHUT_WR);
	set_timer(x, FPD_XMPP_LINGER);
}

static void expired(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_xmpp *x = arg;

	(void)fd;
	(void)what;
	switch (x->state) {
	case FPD_XMPP_REFUSED:
	case FPD_XMPP_ENDING:
		finish(x);
		return;
	case FPD_XMPP_CONNECT:
		fpd_conn_fail(x->conn, FP_R_DIAL_TIMEOUT, "no answer after %d seconds",
			      FPD_CONNECT_SECONDS);
		break;
	case FPD_XMPP_HEAD:
		fpd_conn_fail(x->conn, FP_R_XMPP_TIMEOUT, "no stream header after %d seconds",
			      FPD_HANDSHAKE_SECONDS);
		break;
	case FPD_XMPP_VERIFY:
		finish(x);
		return;
	default:
		fpd_conn_fail(x->conn, FP_R_XMPP_TIMEOUT,
			      "stream from '%s' to '%s' not settled after %d seconds",
			      x->from, x->to, FPD_XMPP_SECONDS);
	}
	refuse(x);
}

/* --- the other side ------------------------------------------------------- */

static enum fp_reason dial_reason(int error)
{
	return error == ECONNREFUSED || error == ECONNRESET ? FP_R_DIAL_REFUSED :
	       error == ETIMEDOUT ? FP_R_DIAL_TIMEOUT : FP_R_DIAL_UNREACHABLE;
}

static void dial_failed(struct fpd_xmpp *x, int error)
{
	char text[FPD_ADDR_TEXT];

	fpd_conn_fail(x->conn, dial_reason(error), "stream from '%s' to '%s', %s: %s", x->from,
		      x->to, fpd_addr_text(&x->target, text, sizeof(text)), strerror(error));
	refuse(x);
}

static void connected(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_xmpp *x = arg;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (error) {
		dial_failed(x, error);
		return;
	}
	event_free(x->end[1].wr);
	x->end[1].wr = event_new(x->conn->worker->base, fd, EV_WRITE, end_ready, x);
	x->end[1].rd = event_new(x->conn->worker->base, fd, EV_READ, end_ready, x);
	if (!x->end[1].wr || !x->end[1].rd) {
		dial_failed(x, ENOMEM);
		return;
	}
	x->state = FPD_XMPP_OPEN;
	set_timer(x, FPD_XMPP_SECONDS);
	step(x);
}

static int dial_socket(struct fpd_xmpp *x)
{
	int fd = socket(x->target.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;

	x->end[1].fd = fd;
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (x->source.sa.sa_family != x->target.sa.sa_family)
		return 0;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, &x->source.sa, fpd_addr_len(&x->source));
}

static void dial(struct fpd_xmpp *x)
{
	x->state = FPD_XMPP_CONNECT;
	set_timer(x, FPD_CONNECT_SECONDS);
	if (dial_socket(x) ||
	    (connect(x->end[1].fd, &x->target.sa, fpd_addr_len(&x->target)) &&
	     errno != EINPROGRESS)) {
		dial_failed(x, errno);
		return;
	}
	x->end[1].wr = event_new(x->conn->worker->base, x->end[1].fd, EV_WRITE, connected, x);
	if (!x->end[1].wr || event_add(x->end[1].wr, NULL))
		dial_failed(x, ENOMEM);
}

/* --- judging -------------------------------------------------------------- */

static void fail(struct fpd_xmpp *x, enum fp_reason reason);

static uint32_t room_for(const struct fpd_xmpp_end *to)
{
	return (uint32_t)sizeof(to->out) - to->out_len;
}

/* The first @len bytes that end @i sent go to the other; false: the stream is refused. */
static bool pass(struct fpd_xmpp *x, int i, uint32_t len)
{
	struct fpd_xmpp_end *from = &x->end[i], *to = &x->end[!i];

	/* Who has sent that much in clear sent it to nobody who reads. */
	if (len > room_for(to)) {
		fail(x, FP_R_XMPP_TOO_LONG);
		return false;
	}
	memcpy(to->out + to->out_len, from->in, len);
	to->out_len += len;
	from->in_len -= len;
	memmove(from->in, from->in + len, from->in_len);
	return true;
}

static void copy_name(char *to, struct fp_slice s)
{
	uint32_t n = 0;

	/* One that is too long, or that would break our answer, is none. */
	if (s.len > FEDPAT_FQDN_MAX || !fp_xmpp_is_domain(s))
		n = s.len ? 1 : 0;
	if (n)
		to[0] = '?';
	else
		for (; n < s.len; n++)
			to[n] = (char)tolower(s.p[n]);
	to[n] = 0;
}

static void caller_header(struct fpd_xmpp *x, const struct fp_xmpp_out *o)
{
	copy_name(x->from, o->from);
	copy_name(x->to, o->to);
	x->version = o->version;
	if (fpd_xmpp_decide(x)) {
		if (x->to[0] == '?')
			x->to[0] = 0;
		if (x->from[0] == '?')
			x->from[0] = 0;
		refuse(x);
		return;
	}
	if (pass(x, 0, o->len))
		dial(x);
}

static void fail(struct fpd_xmpp *x, enum fp_reason reason)
{
	fpd_conn_fail(x->conn, reason, "stream from '%s' to '%s'", x->from, x->to);
	refuse(x);
}

static bool is_tls(const struct fp_xmpp_out *o, const char *name)
{
	return o->ns == FP_XMPP_NS_TLS && fp_slice_eq(o->name, fp_slice(name, (u32)strlen(name)));
}

/* The direction is closed: nothing but dialback's second connection passes (XEP-0220). */
static void verify_element(struct fpd_xmpp *x, const struct fp_xmpp_out *o)
{
	if (o->ns != FP_XMPP_NS_DIALBACK ||
	    !fp_slice_eq(o->name, fp_slice("verify", strlen("verify")))) {
		fail(x, FP_R_XMPP_DIRECTION);
		return;
	}
	if (x->state == FPD_XMPP_OPEN)
		set_timer(x, FPD_XMPP_VERIFY_SECONDS);
	x->state = FPD_XMPP_VERIFY;
	pass(x, 0, o->len);
}

/* The caller's first element decides how the stream goes on. */
static void caller_element(struct fpd_xmpp *x, const struct fp_xmpp_out *o)
{
	if (x->verify_only) {
		verify_element(x, o);
	} else if (is_tls(o, "starttls")) {
		if (x->tls == FEDPAT_STREAM_TLS_NONE) {
			fail(x, FP_R_XMPP_TLS_FORBIDDEN);
			return;
		}
		x->starttls = true;
		pass(x, 0, o->len);
	} else if (x->tls == FEDPAT_STREAM_TLS_REQUIRED) {
		fail(x, FP_R_XMPP_TLS_REQUIRED);
	} else {
		x->state = FPD_XMPP_SETTLED;
	}
}

/* One end closed the stream: for dialback's second connection that is how it ends. */
static void stream_closed(struct fpd_xmpp *x, int i)
{
	if (x->state != FPD_XMPP_VERIFY)
		fpd_conn_fail(x->conn, FP_R_XMPP_CLOSED,
			      "the %s ended the stream from '%s' to '%s'",
			      i ? "called" : "caller", x->from, x->to);
	x->state = FPD_XMPP_ENDING;
}

static void caller_event(struct fpd_xmpp *x, const struct fp_xmpp_out *o)
{
	switch (o->event) {
	case FP_XMPP_HEADER:
		caller_header(x, o);
		break;
	case FP_XMPP_START:
		caller_element(x, o);
		break;
	case FP_XMPP_END:
		if (pass(x, 0, o->len) && !x->verify_only)
			x->state = FPD_XMPP_ASKED;
		break;
	case FP_XMPP_CLOSE:
		if (pass(x, 0, o->len))
			stream_closed(x, 0);
		break;
	default:
		pass(x, 0, o->len);
	}
}

static void called_element(struct fpd_xmpp *x, const struct fp_xmpp_out *o)
{
	bool stream = o->ns == FP_XMPP_NS_STREAMS;

	if (is_tls(o, "proceed") && x->state != FPD_XMPP_ASKED)
		fail(x, FP_R_XMPP_MALFORMED);
	else if (!stream && o->ns != FP_XMPP_NS_TLS && x->tls == FEDPAT_STREAM_TLS_REQUIRED)
		fail(x, FP_R_XMPP_TLS_REQUIRED);
	else
		pass(x, 1, o->len);
}

static void called_element_end(struct fpd_xmpp *x, const struct fp_xmpp_out *o)
{
	const struct fp_xmpp *p = &x->end[1].parser;
	bool offered = p->features & FP_XMPP_F_STARTTLS;

	if (p->is_features && !offered && x->tls == FEDPAT_STREAM_TLS_REQUIRED) {
		fail(x, FP_R_XMPP_TLS_NOT_OFFERED);
		return;
	}
	if (!pass(x, 1, o->len))
		return;
	if (p->is_error) {
		fpd_conn_fail(x->conn, FP_R_XMPP_STREAM_ERROR,
			      "stream from '%s' to '%s': <%s/>", x->from, x->to, p->word);
		x->state = FPD_XMPP_ENDING;
	} else if (o->ns == FP_XMPP_NS_TLS && x->state == FPD_XMPP_ASKED) {
		if (x->end[1].parser.word[0] == 'f')
			fail(x, FP_R_XMPP_TLS_FAILED);
		else
			x->state = FPD_XMPP_PROCEED;
	}
}

static void called_event(struct fpd_xmpp *x, const struct fp_xmpp_out *o)
{
	switch (o->event) {
	case FP_XMPP_HEADER:
		if (!o->version && x->tls == FEDPAT_STREAM_TLS_REQUIRED)
			fail(x, FP_R_XMPP_TLS_NOT_OFFERED);
		else
			pass(x, 1, o->len);
		break;
	case FP_XMPP_START:
		/* Only <proceed/> goes on; anything else there is a failure. */
		x->end[1].parser.word[0] = is_tls(o, "proceed") ? 'p' : 'f';
		called_element(x, o);
		break;
	case FP_XMPP_END:
		called_element_end(x, o);
		break;
	case FP_XMPP_CLOSE:
		if (pass(x, 1, o->len))
			stream_closed(x, 1);
		break;
	default:
		pass(x, 1, o->len);
	}
}

/* May the next event of an end be looked at? */
static bool may_parse(const struct fpd_xmpp *x, int i)
{
	if (x->state == FPD_XMPP_OPEN || x->state == FPD_XMPP_VERIFY)
		return true;
	return x->state == (i ? FPD_XMPP_ASKED : FPD_XMPP_HEAD);
}

static void judge(struct fpd_xmpp *x, int i)
{
	struct fpd_xmpp_end *end = &x->end[i];
	struct fp_xmpp_out o;

	while (may_parse(x, i)) {
		fp_xmpp_next(&end->parser, end->in, end->in_len, &o);
		if (o.event == FP_XMPP_MORE)
			break;
		if (o.event == FP_XMPP_FATAL) {
			fpd_conn_fail(x->conn, o.reason, "from the %s; stream from '%s' to '%s'",
				      i ? "called" : "caller", x->from, x->to);
			refuse(x);
		} else if (i) {
			called_event(x, &o);
		} else {
			caller_event(x, &o);
		}
	}
}

/*
 * Behind <proceed/> the caller must speak TLS: a handshake record (RFC 8446 section 5.1).
 * The called has nothing to say before that came to it: what is there is in clear, put
 * there by somebody on the way, for the caller to take for the partner's own words
 * (RFC 6120 section 5.4.3.3; CVE-2011-0411).
 */
static void await_tls(struct fpd_xmpp *x)
{
	const struct fpd_xmpp_end *caller = &x->end[0];

	if (x->end[1].in_len)
		fail(x, FP_R_XMPP_NOT_TLS);
	else if (caller->in_len && caller->in[0] != 22)
		fail(x, FP_R_XMPP_NOT_TLS);
	else if (caller->in_len > 1 && caller->in[1] != 3)
		fail(x, FP_R_XMPP_NOT_TLS);
	else if (caller->in_len > 1)
		x->state = FPD_XMPP_SETTLED;
}

/* --- bytes ---------------------------------------------------------------- */

/* false: it failed, or the stream is gone. */
static bool flush(struct fpd_xmpp *x, int i)
{
	struct fpd_xmpp_end *end = &x->end[i];
	ssize_t n;

	while (end->out_off < end->out_len) {
		n = send(end->fd, end->out + end->out_off, end->out_len - end->out_off,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			event_add(end->wr, NULL);
			return true;
		}
		if (n < 0)
			return false;
		end->out_off += (uint32_t)n;
	}
	end->out_len = 0;
	end->out_off = 0;
	return true;
}

/* 1: bytes came, 0: none now, -1: the end. */
static int fill(struct fpd_xmpp_end *end)
{
	ssize_t n;

	if (end->in_len == sizeof(end->in))
		return 0;
	n = recv(end->fd, end->in + end->in_len, sizeof(end->in) - end->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	end->in_len += (uint32_t)n;
	return 1;
}

static void closed(struct fpd_xmpp *x, int i)
{
	if (!x->conn->reason && x->state != FPD_XMPP_VERIFY)
		fpd_conn_fail(x->conn, FP_R_XMPP_CLOSED,
			      "by the %s; stream from '%s' to '%s', %s", i ? "called" : "caller",
			      x->from, x->to, x->state == FPD_XMPP_HEAD ? "before its header" :
			      "before it was settled");
	if (i && x->state != FPD_XMPP_ENDING && x->state != FPD_XMPP_VERIFY)
		refuse(x);
	else
		finish(x);
}

/* All that was read is sent: the sockets go, or are closed. */
static bool sent(const struct fpd_xmpp *x)
{
	return !x->end[0].out_len && !x->end[1].out_len;
}

static void end_ready(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_xmpp *x = arg;
	int i = fd != x->end[0].fd;

	if (what & EV_READ && x->state != FPD_XMPP_SETTLED && fill(&x->end[i]) < 0) {
		closed(x, i);
		return;
	}
	step(x);
}

static void watch(struct fpd_xmpp *x)
{
	for (int i = 0; i < 2; i++)
		if (x->end[i].rd && x->end[i].in_len < sizeof(x->end[i].in))
			event_add(x->end[i].rd, NULL);
}

/* Do what can be done now, then wait. */
static void step(struct fpd_xmpp *x)
{
	int i;

	if (x->state == FPD_XMPP_REFUSED) {
		x->end[0].in_len = 0;
		watch(x);
		return;
	}
	judge(x, 0);
	judge(x, 1);
	if (x->state == FPD_XMPP_PROCEED) {
		/* What came, and was not asked for yet. The end, too, is seen later. */
		(void)fill(&x->end[1]);
		await_tls(x);
	}
	if (x->state == FPD_XMPP_REFUSED || x->state == FPD_XMPP_CONNECT) {
		if (x->state == FPD_XMPP_REFUSED)
			x->end[0].in_len = 0;
		watch(x);
		return;
	}
	if (x->state == FPD_XMPP_SETTLED) {
		if (!pass(x, 0, x->end[0].in_len) || !pass(x, 1, x->end[1].in_len))
			return;
	}
	for (i = 0; i < 2; i++) {
		if (x->end[i].fd >= 0 && !flush(x, i)) {
			closed(x, i);
			return;
		}
	}
	if (sent(x) && (x->state == FPD_XMPP_SETTLED || x->state == FPD_XMPP_ENDING))
		finish(x);
	else if (x->state != FPD_XMPP_SETTLED && x->state != FPD_XMPP_ENDING)
		watch(x);
}

/**
 * fpd_xmpp_start() - begin to read a stream, in the worker's thread
 * @conn: accepted connection
 */
void fpd_xmpp_start(struct fpd_conn *conn)
{
	struct event_base *base = conn->worker->base;
	struct fpd_xmpp *x = calloc(1, sizeof(*x));

	if (x) {
		conn->xmpp = x;
		x->conn = conn;
		x->end[0].fd = conn->fd;
		x->end[1].fd = -1;
		fp_xmpp_init(&x->end[0].parser);
		fp_xmpp_init(&x->end[1].parser);
		x->end[0].rd = event_new(base, conn->fd, EV_READ, end_ready, x);
		x->end[0].wr = event_new(base, conn->fd, EV_WRITE, end_ready, x);
		conn->timer = evtimer_new(base, expired, x);
	}
	if (!x || !x->end[0].rd || !x->end[0].wr || !conn->timer) {
		fpd_conn_fail(conn, FP_R_TLS_ERROR, "out of memory");
		fpd_queue_put(&conn->d->done, conn);
		return;
	}
	set_timer(x, FPD_HANDSHAKE_SECONDS);
	watch(x);
}
