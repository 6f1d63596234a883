// SPDX-License-Identifier: GPL-2.0
/*
 * A leg whose keys cannot go to the kernel: its TLS ends here, and plain bytes
 * go on to the relay over a loopback connection, so that policy and rewriting
 * still exist only once.
 */
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>

#include "daemon.h"

#define JOIN_LAST_SECONDS	30	/* for what an end has yet to take when the other is gone */
#define JOIN_HIGH_WATER	(128 * 1024)	/* bytes that may wait in one direction */
#define JOIN_TRIES	8		/* strangers at the loopback listener that are sent away */

/**
 * struct join - the two ends
 * @tls: towards the peer
 * @plain: towards the relay
 * @ending: one end is gone; the other is flushed, then both go
 */
struct join {
	struct bufferevent *tls;
	struct bufferevent *plain;
	bool ending;
};

/*
 * Any user of this host can connect to the listener while it is there: only who
 * comes from our own socket is our other end, the rest would read what TLS hid.
 */
static int accept_own(int l, int c)
{
	union fpd_addr own = { 0 }, from = { 0 };

	for (int i = 0; i < JOIN_TRIES; i++) {
		socklen_t own_len = sizeof(own.in), len = sizeof(from.in);
		int fd = accept4(l, &from.sa, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return -1;
		if (!getsockname(c, &own.sa, &own_len) &&
		    own.in.sin_port == from.in.sin_port &&
		    own.in.sin_addr.s_addr == from.in.sin_addr.s_addr)
			return fd;
		close(fd);
	}
	return -1;
}

/**
 * fpd_join_pair() - loopback connection between daemon and relay
 * @conn: gets our end in @loop
 *
 * Context: main thread.
 * Return: the relay's end, or -1.
 */
int fpd_join_pair(struct fpd_conn *conn)
{
	union fpd_addr a;
	socklen_t len = sizeof(a.in);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	fpd_addr_parse(&a, "127.0.0.1", 0);
	if (l >= 0 && c >= 0 && !bind(l, &a.sa, len) && !listen(l, JOIN_TRIES) &&
	    !getsockname(l, &a.sa, &len) && !connect(c, &a.sa, len))
		conn->loop = accept_own(l, c);
	if (l >= 0)
		close(l);
	if (conn->loop >= 0) {
		setsockopt(conn->loop, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		return c;
	}
	if (c >= 0)
		close(c);
	return -1;
}

static void join_free(struct join *j)
{
	if (j->tls)
		bufferevent_free(j->tls);
	if (j->plain)
		bufferevent_free(j->plain);
	free(j);
}

static struct bufferevent *other_end(struct join *j, struct bufferevent *bev)
{
	return bev == j->tls ? j->plain : j->tls;
}

/* Read on only while the other end takes it: backpressure goes through. */
static void join_read(struct bufferevent *bev, void *arg)
{
	struct join *j = arg;
	struct bufferevent *to = other_end(j, bev);

	bufferevent_write_buffer(to, bufferevent_get_input(bev));
	if (evbuffer_get_length(bufferevent_get_output(to)) > JOIN_HIGH_WATER)
		bufferevent_disable(bev, EV_READ);
}

static void join_drained(struct bufferevent *bev, void *arg)
{
	struct join *j = arg;

	if (j->ending)
		join_free(j);
	else
		bufferevent_enable(other_end(j, bev), EV_READ);
}

static void join_event(struct bufferevent *bev, short what, void *arg)
{
	struct join *j = arg;
	struct bufferevent *to = other_end(j, bev);
	const struct timeval last = { JOIN_LAST_SECONDS, 0 };

	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)))
		return;
	bufferevent_write_buffer(to, bufferevent_get_input(bev));
	if (j->ending || (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) ||
	    !evbuffer_get_length(bufferevent_get_output(to))) {
		join_free(j);
		return;
	}
	/* Who takes nothing for that long keeps two descriptors no longer. */
	j->ending = true;
	bufferevent_disable(bev, EV_READ | EV_WRITE);
	bufferevent_disable(to, EV_READ);
	bufferevent_set_timeouts(to, NULL, &last);
}

static int join_open(struct fpd_conn *conn, struct join *j)
{
	struct event_base *base = conn->worker->base;

	j->tls = bufferevent_openssl_socket_new(base, conn->fd, conn->ssl,
						BUFFEREVENT_SSL_OPEN,
						BEV_OPT_CLOSE_ON_FREE);
	if (!j->tls)
		return -1;
	/* both belong to the bufferevent now */
	conn->fd = -1;
	conn->ssl = NULL;
	j->plain = bufferevent_socket_new(base, conn->loop, BEV_OPT_CLOSE_ON_FREE);
	if (!j->plain)
		return -1;
	conn->loop = -1;
	bufferevent_openssl_set_allow_dirty_shutdown(j->tls, 1);
	bufferevent_setcb(j->tls, join_read, join_drained, join_event, j);
	bufferevent_setcb(j->plain, join_read, join_drained, join_event, j);
	bufferevent_enable(j->plain, EV_READ | EV_WRITE);
	bufferevent_enable(j->tls, EV_READ | EV_WRITE);
	return 0;
}

/**
 * fpd_join_start() - begin to carry bytes
 * @conn: attached over loopback; freed here
 *
 * Context: the worker's thread.
 */
void fpd_join_start(struct fpd_conn *conn)
{
	struct join *j = calloc(1, sizeof(*j));

	if (!j || join_open(conn, j)) {
		fpd_log("error: peer '%s': out of memory, leg closed", conn->peer);
		if (j)
			join_free(j);
	}
	fpd_conn_free(conn);
}
