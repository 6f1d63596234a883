// SPDX-License-Identifier: GPL-2.0
/* Sockets and TLS of the load. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>
#include "load.h"

SSL_CTX *ld_ctx(void)
{
	int version = ld_opt.tls && !strcmp(ld_opt.tls, "1.2") ? TLS1_2_VERSION : TLS1_3_VERSION;
	SSL_CTX *ctx;

	if (!ld_opt.tls)
		return NULL;
	ctx = SSL_CTX_new(TLS_method());
	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, ld_opt.cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, ld_opt.key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_load_verify_locations(ctx, ld_opt.ca, NULL) != 1)
		ld_die("certificates %s, %s, %s", ld_opt.cert, ld_opt.key, ld_opt.ca);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			 SSL_MODE_RELEASE_BUFFERS);
	/* Every session is new: that is what is counted. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 0);
	return ctx;
}

static struct sockaddr_in addr_of(const char *addr, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (!addr || inet_pton(AF_INET, addr, &a.sin_addr) != 1)
		ld_die("%s is no address", addr ?: "nothing");
	return a;
}

int ld_listen(void)
{
	struct sockaddr_in a = addr_of(ld_opt.to, ld_opt.port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1024))
		ld_die("listen on %s:%u: %s", ld_opt.to, ld_opt.port, strerror(errno));
	return fd;
}

static struct ld_conn *conn_make(SSL_CTX *ctx, int fd, bool dialled)
{
	struct ld_conn *c = calloc(1, sizeof(*c));
	int on = 1;

	c->fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->up = !ctx;
	if (!ctx)
		return c;
	c->ssl = SSL_new(ctx);
	SSL_set_fd(c->ssl, fd);
	if (dialled)
		SSL_set_connect_state(c->ssl);
	else
		SSL_set_accept_state(c->ssl);
	return c;
}

struct ld_conn *ld_dial(SSL_CTX *ctx)
{
	struct sockaddr_in from = addr_of(ld_opt.from, 0), to = addr_of(ld_opt.to, ld_opt.port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		ld_die("connect to %s:%u: %s", ld_opt.to, ld_opt.port, strerror(errno));
	return conn_make(ctx, fd, true);
}

struct ld_conn *ld_accept(SSL_CTX *ctx, int listener)
{
	int fd = accept(listener, NULL, NULL);

	return fd < 0 ? NULL : conn_make(ctx, fd, false);
}

void ld_conn_free(struct ld_conn *c)
{
	if (c->ssl) {
		if (c->up && !c->ended)
			SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	close(c->fd);
	free(c->in);
	free(c->out);
	free(c->sent);
	free(c);
}

void ld_watch(int ep, int fd, void *ptr)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = ptr };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		ld_die("epoll: %s", strerror(errno));
}

static void watch_room(struct ld_conn *c, int ep, bool on)
{
	struct epoll_event ev = { .events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = c };

	if (c->writing == on)
		return;
	c->writing = on;
	epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev);
}

/* Octets, or 0: none now. */
static size_t tls_result(struct ld_conn *c, int n)
{
	int err;

	if (n > 0)
		return n;
	err = SSL_get_error(c->ssl, n);
	if (err != SSL_ERROR_WANT_READ && err != SSL_ERROR_WANT_WRITE) {
		if (!c->up)
			fprintf(stderr, "sipload: handshake: %s\n",
				ERR_reason_error_string(ERR_peek_error()) ?: "closed");
		c->ended = true;
	}
	ERR_clear_error();
	return 0;
}

static size_t tcp_result(struct ld_conn *c, ssize_t n)
{
	if (n > 0)
		return n;
	if (!n || errno != EAGAIN)
		c->ended = true;
	return 0;
}

static size_t conn_write(struct ld_conn *c, const char *p, size_t len)
{
	if (c->ssl)
		return tls_result(c, SSL_write(c->ssl, p, len));
	return tcp_result(c, send(c->fd, p, len, MSG_NOSIGNAL));
}

static void conn_flush(struct ld_conn *c, int ep)
{
	size_t n;

	while (c->n_out && !c->ended) {
		n = conn_write(c, c->out, c->n_out);
		if (!n)
			break;
		memmove(c->out, c->out + n, c->n_out - n);
		c->n_out -= n;
	}
	watch_room(c, ep, c->n_out);
}

/* In segments of their own where that is asked for. */
static size_t conn_write_cut(struct ld_conn *c, const char *p, size_t len)
{
	size_t at = 0, part, n;

	do {
		part = ld_opt.cut && len - at > ld_opt.cut ? ld_opt.cut : len - at;
		n = conn_write(c, p + at, part);
		at += n;
	} while (n && at < len);
	return at;
}

void ld_conn_put(struct ld_conn *c, int ep, const char *p, size_t len)
{
	size_t n = 0;

	if (c->ended)
		return;
	if (!c->n_out)
		n = conn_write_cut(c, p, len);
	if (n == len)
		return;
	c->out = realloc(c->out, c->n_out + len - n);
	memcpy(c->out + c->n_out, p + n, len - n);
	c->n_out += len - n;
	watch_room(c, ep, true);
}

static void conn_read(struct ld_conn *c)
{
	size_t room;

	if (!c->in)
		c->in = malloc(LD_BUF);
	room = LD_BUF - c->n_in;
	if (c->ssl)
		c->n_in += tls_result(c, SSL_read(c->ssl, c->in + c->n_in, room));
	else
		c->n_in += tcp_result(c, recv(c->fd, c->in + c->n_in, room, 0));
}

void ld_conn_turn(struct ld_conn *c, int ep)
{
	if (!c->up) {
		int ret = SSL_do_handshake(c->ssl);

		c->up = ret == 1;
		tls_result(c, ret);
		return;
	}
	if (c->n_out)
		conn_flush(c, ep);
	do {
		conn_read(c);
	} while (c->ssl && !c->ended && SSL_has_pending(c->ssl) && c->n_in < LD_BUF / 2);
}
