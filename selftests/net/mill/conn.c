// SPDX-License-Identifier: GPL-2.0
/* Connections of the far ends: sockets, TLS, the event loop, framing. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <openssl/err.h>
#include "../leg/leglib.h"
#include "mill.h"

#define HANDSHAKE_MS	15000

struct conn conns[MAX_CONNS];
static struct end *ends[4];
static int n_ends;

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("sipmill: ", stdout);
	vprintf(fmt, args);
	puts("");
	va_end(args);
	exit(1);
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void enter(const char *ns)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("namespace %s: %s", ns, strerror(errno));
	close(fd);
}

/* --- TLS ------------------------------------------------------------------ */

static void ctx_version(SSL_CTX *ctx)
{
	int version = !opt.tls ? 0 : strcmp(opt.tls, "1.2") ? TLS1_3_VERSION : TLS1_2_VERSION;

	SSL_CTX_set_min_proto_version(ctx, version ? version : TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, version);
}

static SSL_CTX *ctx_make(const struct end *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	char cert[256], key[256], ca[256];

	snprintf(cert, sizeof(cert), "%s/%s.pem", opt.pki, e->cert);
	snprintf(key, sizeof(key), "%s/%s.key", opt.pki, e->cert);
	snprintf(ca, sizeof(ca), "%s/%s.pem", opt.pki, e->ca);
	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1)
		die("certificates of %s in %s", e->name, opt.pki);
	ctx_version(ctx);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"mill", 4);
	return ctx;
}

/* --- sockets -------------------------------------------------------------- */

static struct sockaddr_in addr_of(const char *addr, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (inet_pton(AF_INET, addr, &a.sin_addr) != 1)
		die("%s is no address", addr);
	return a;
}

static int sock_of(const struct end *e, uint16_t port)
{
	struct sockaddr_in a = addr_of(e->addr, port);
	int fd, on = 1;

	enter(e->name);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (e->rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &e->rcvbuf, sizeof(e->rcvbuf));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("%s: socket on %s port %u: %s", e->name, e->addr, port, strerror(errno));
	return fd;
}

void end_open(struct end *e)
{
	if (!opt.plain && !e->ctx)
		e->ctx = ctx_make(e);
	e->listener = sock_of(e, e->port);
	if (listen(e->listener, 16))
		die("listen: %s", strerror(errno));
	fcntl(e->listener, F_SETFL, O_NONBLOCK);
	ends[n_ends++] = e;
}

/* The gateway is refused from now on. */
void end_shut(struct end *e)
{
	int i;

	close(e->listener);
	e->listener = -1;
	for (i = 0; i < n_ends; i++)
		if (ends[i] == e)
			ends[i] = ends[--n_ends];
}

static void conn_work(struct conn *c);

static struct conn *conn_make(struct end *e, int fd, bool dialled)
{
	struct conn *c = conns;

	while (c < conns + MAX_CONNS && c->end)
		c++;
	if (c == conns + MAX_CONNS)
		die("too many connections");
	*c = (struct conn){ .end = e, .fd = fd, .dialled = dialled };
	c->in = malloc(TEXT_MAX);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!e->ctx) {
		c->up = true;
		return c;
	}
	c->ssl = SSL_new(e->ctx);
	SSL_set_fd(c->ssl, fd);
	if (dialled)
		SSL_set_connect_state(c->ssl);
	else
		SSL_set_accept_state(c->ssl);
	return c;
}

struct conn *conn_begin(struct end *e, const char *addr, uint16_t port)
{
	struct sockaddr_in a = addr_of(addr, port);
	int fd = sock_of(e, 0);
	struct conn *c;

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("%s cannot connect to %s port %u: %s", e->name, addr, port, strerror(errno));
	c = conn_make(e, fd, true);
	if (!c->up)
		conn_work(c);
	return c;
}

struct conn *conn_try(struct end *e, const char *addr, uint16_t port)
{
	struct sockaddr_in a = addr_of(addr, port);
	int fd = sock_of(e, 0);
	struct conn *c;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) && errno != EINPROGRESS) {
		close(fd);
		return NULL;
	}
	c = conn_make(e, fd, true);
	if (!c->up)
		conn_work(c);
	return c;
}

struct conn *conn_dial(struct end *e, const char *addr, uint16_t port)
{
	double until = now() + patience_ms(HANDSHAKE_MS) / 1000.0;
	struct conn *c = conn_begin(e, addr, port);

	while (!c->up && !c->ended && now() < until)
		mill_turn(100);
	if (!c->up)
		die("%s: no handshake with %s port %u", e->name, addr, port);
	return c;
}

struct conn *conn_of(const struct end *e, bool dialled)
{
	struct conn *c = conns + MAX_CONNS;

	while (c-- > conns)
		if (c->end == e && c->dialled == dialled && c->up && !c->ended && !c->shut)
			return c;
	return NULL;
}

void conn_close(struct conn *c)
{
	if (c->ssl)
		SSL_free(c->ssl);
	close(c->fd);
	free(c->in);
	free(c->out);
	memset(c, 0, sizeof(*c));
}

void conn_reset(struct conn *c)
{
	struct linger l = { 1, 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	if (c->ssl)
		SSL_set_quiet_shutdown(c->ssl, 1);
	conn_close(c);
}

/* --- bytes ---------------------------------------------------------------- */

/* An error of @c->ssl; one that passes is none. */
static void conn_failed(struct conn *c, int ret)
{
	int err = SSL_get_error(c->ssl, ret), saved = errno;

	if (err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE)
		return;
	if (err == SSL_ERROR_ZERO_RETURN)
		c->ended = 'n';
	else if (err == SSL_ERROR_SYSCALL)
		c->ended = saved == ECONNRESET || saved == EPIPE ? 'r' : 'f';
	else if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		c->ended = 'f';
	else
		c->ended = 'e';
	if (!c->up)
		printf("%s: handshake failed (%c): %s\n", c->end->name, c->ended,
		       ERR_reason_error_string(ERR_peek_error()) ?: "no reason");
	ERR_clear_error();
}

/* Return: octets, 0 where there are none now or any more. */
static size_t conn_read_some(struct conn *c, char *p, size_t room)
{
	ssize_t n;

	if (!c->ssl) {
		n = recv(c->fd, p, room, 0);
		if (!n)
			c->ended = 'f';
		else if (n < 0 && errno != EAGAIN)
			c->ended = 'r';
		return n > 0 ? n : 0;
	}
	errno = 0;
	ERR_clear_error();
	n = SSL_read(c->ssl, p, room);
	if (n <= 0)
		conn_failed(c, n);
	return n > 0 ? n : 0;
}

static size_t conn_write_some(struct conn *c, const char *p, size_t len)
{
	ssize_t n;

	if (opt.drip && len > opt.drip)
		len = opt.drip;
	if (!c->ssl) {
		n = send(c->fd, p, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			c->ended = c->ended ? c->ended : 'r';
		return n > 0 ? n : 0;
	}
	errno = 0;
	ERR_clear_error();
	n = SSL_write(c->ssl, p, len);
	if (n <= 0)
		conn_failed(c, n);
	return n > 0 ? n : 0;
}

static void conn_flush(struct conn *c)
{
	size_t n;

	while (c->n_out && !c->ended) {
		n = conn_write_some(c, c->out, c->n_out);
		if (!n)
			return;
		memmove(c->out, c->out + n, c->n_out - n);
		c->n_out -= n;
	}
}

void conn_put(struct conn *c, const char *p, size_t len)
{
	if (c->shut)
		return;
	if (c->n_out + len > c->cap_out) {
		c->cap_out = 2 * (c->n_out + len);
		c->out = realloc(c->out, c->cap_out);
	}
	memcpy(c->out + c->n_out, p, len);
	c->n_out += len;
	conn_flush(c);
}

void conn_write(struct conn *c, const char *p, size_t len)
{
	size_t n;
	int i;

	/* On a slow machine the gateway may be behind with a thousand tiny records. */
	for (i = 0; len && i < 400; i++) {
		n = c->n_out ? 0 : conn_write_some(c, p, len);
		p += n;
		len -= n;
		if (len)
			mill_turn(50);
	}
	if (len)
		die("%s: the socket does not take %zu octets", c->end->name, len);
}

/* --- messages ------------------------------------------------------------- */

static size_t body_len(const char *head, size_t len)
{
	const char *line = memmem(head, len, "\r\nContent-Length:", 17);

	if (!line)
		die("a message without Content-Length came out:\n%.*s", (int)len, head);
	return strtoul(line + 17, NULL, 10);
}

/* Length of the first message, 0 when it is not complete. */
static size_t message_len(const char *p, size_t len)
{
	const char *end;
	size_t all;

	while (len >= 2 && !memcmp(p, "\r\n", 2))
		return 2;
	end = memmem(p, len, "\r\n\r\n", 4);
	if (!end)
		return 0;
	all = end + 4 - p + body_len(p, end + 4 - p);
	if (all > TEXT_MAX)
		die("a message of %zu octets came out", all);
	return all <= len ? all : 0;
}

static void conn_messages(struct conn *c)
{
	size_t n, at = 0;

	while ((n = message_len(c->in + at, c->n_in - at))) {
		if (n > 2) {
			c->messages++;
			c->end->got(c, (struct text){ c->in + at, n });
		}
		at += n;
	}
	memmove(c->in, c->in + at, c->n_in - at);
	c->n_in -= at;
}

static void conn_receive(struct conn *c)
{
	size_t room = TEXT_MAX - c->n_in, n;

	n = conn_read_some(c, c->in + c->n_in, c->sip && c->sip < room ? c->sip : room);
	c->n_in += n;
	if (n)
		conn_messages(c);
}

/* --- the loop ------------------------------------------------------------- */

static void conn_work(struct conn *c)
{
	int ret;

	if (!c->up) {
		errno = 0;
		ret = SSL_do_handshake(c->ssl);
		c->up = ret == 1;
		if (!c->up)
			conn_failed(c, ret);
		return;
	}
	conn_flush(c);
	if (c->mute || c->ended)
		return;
	do {
		conn_receive(c);
	} while (c->ssl && !c->sip && SSL_has_pending(c->ssl) && !c->ended);
}

static void end_accept(struct end *e)
{
	int fd = accept4(e->listener, NULL, NULL, SOCK_CLOEXEC), on = 1;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn_make(e, fd, false);
}

static short conn_events(const struct conn *c)
{
	short events = c->mute && c->up ? 0 : POLLIN;

	if (!c->end || c->ended)
		return 0;
	return c->n_out || (c->ssl && !c->up && SSL_want_write(c->ssl)) ? events | POLLOUT : events;
}

void mill_turn(int ms)
{
	struct pollfd pfd[MAX_CONNS + 4];
	int i, listeners = n_ends;

	for (i = 0; i < MAX_CONNS; i++) {
		pfd[i] = (struct pollfd){ .fd = -1, .events = conn_events(&conns[i]) };
		if (pfd[i].events)
			pfd[i].fd = conns[i].fd;
	}
	for (i = 0; i < listeners; i++)
		pfd[MAX_CONNS + i] = (struct pollfd){ ends[i]->listener, POLLIN, 0 };
	if (poll(pfd, MAX_CONNS + listeners, ms) <= 0)
		return;
	for (i = 0; i < listeners && i < n_ends; i++)
		if (pfd[MAX_CONNS + i].revents)
			end_accept(ends[i]);
	for (i = 0; i < MAX_CONNS; i++)
		if (pfd[i].revents && conns[i].end && conns[i].fd == pfd[i].fd)
			conn_work(&conns[i]);
}

void mill_orders(void (*obey)(const char *line))
{
	static char line[64];
	static size_t len;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n') {
			line[len] = 0;
			len = 0;
			obey(line);
		} else if (len + 1 < sizeof(line)) {
			line[len++] = c;
		}
	}
}

bool mill_until(const bool *flag, int ms)
{
	double until = now() + patience_ms(ms) / 1000.0;

	while (!*flag && now() < until)
		mill_turn(20);
	return *flag;
}

bool mill_until_ended(struct conn *c, int ms)
{
	double until = now() + patience_ms(ms) / 1000.0;

	while (!c->ended && now() < until)
		mill_turn(20);
	return c->ended;
}
