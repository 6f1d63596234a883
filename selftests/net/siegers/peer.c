// SPDX-License-Identifier: GPL-2.0
/* Bad peers: sockets, TLS over memory so that its octets can be spoiled, answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <openssl/err.h>
#include "siege.h"

static SSL_CTX *contexts[CERT_OTHER_CA + 1];

void siege_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("siege: ", stdout);
	vprintf(fmt, args);
	puts("");
	va_end(args);
	exit(1);
}

double siege_tick(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	siege.now = ts.tv_sec + ts.tv_nsec / 1e9;
	return siege.now;
}

/* --- TLS ------------------------------------------------------------------ */

static SSL_CTX *ctx_make(const char *cert)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char path[256], key[256];

	if (!ctx)
		siege_die("no memory");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	if (!cert)
		return ctx;
	snprintf(path, sizeof(path), "%s/%s.pem", siege.pki, cert);
	snprintf(key, sizeof(key), "%s/%s.key", siege.pki, cert);
	if (SSL_CTX_use_certificate_chain_file(ctx, path) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		siege_die("certificate %s and key %s cannot be used", path, key);
	return ctx;
}

void peer_ctx_init(void)
{
	contexts[CERT_GOOD] = ctx_make("other-partner");
	contexts[CERT_NONE] = ctx_make(NULL);
	contexts[CERT_OTHER_CA] = ctx_make("edge-wrong-ca");
}

static void make_ssl(struct peer *p)
{
	int version = p->kind->tls == TLS_12 ? TLS1_2_VERSION : TLS1_3_VERSION;

	p->ssl = SSL_new(contexts[p->kind->cert]);
	if (!p->ssl)
		siege_die("no memory");
	SSL_set_bio(p->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_max_proto_version(p->ssl, version);
	SSL_set_connect_state(p->ssl);
	SSL_set_quiet_shutdown(p->ssl, 0);
}

/* What TLS has to say goes to the wire, by way of the kind. */
void peer_flight(struct peer *p)
{
	unsigned char b[20480];
	int n;

	while (p->ssl && (n = BIO_read(SSL_get_wbio(p->ssl), b, sizeof(b))) > 0) {
		if (p->kind->wire)
			p->kind->wire(p, b, n);
		else
			peer_raw(p, b, n);
	}
}

static void ssl_shake(struct peer *p)
{
	int ret = SSL_do_handshake(p->ssl);

	peer_flight(p);
	if (ret == 1 && !p->is_up) {
		p->is_up = true;
		if (p->kind->up)
			p->kind->up(p);
	} else if (ret != 1 && SSL_get_error(p->ssl, ret) != SSL_ERROR_WANT_READ) {
		p->over = true;
	}
	ERR_clear_error();
}

/* --- what comes ----------------------------------------------------------- */

/* Our answers have no body worth looking at: status lines are enough. */
static void got_octet(struct peer *p, char c)
{
	if (c == '\n') {
		p->n_in = 0;
		return;
	}
	if (p->n_in < 12)
		p->in[p->n_in++] = c;
	if (p->n_in != 12 || memcmp(p->in, "SIP/2.0 ", 8))
		return;
	p->n_in++;
	p->in[12] = 0;
	p->status = atoi(p->in + 8);
	p->answers++;
	if (p->kind->answer)
		p->kind->answer(p);
}

static void got(struct peer *p, const char *b, int n)
{
	for (int i = 0; i < n && !p->over; i++)
		got_octet(p, b[i]);
}

static void ssl_got(struct peer *p, const char *b, int n)
{
	char clear[16384];
	int got_now;

	BIO_write(SSL_get_rbio(p->ssl), b, n);
	if (!p->is_up)
		ssl_shake(p);
	while (p->is_up && !p->over) {
		got_now = SSL_read(p->ssl, clear, sizeof(clear));
		if (got_now <= 0)
			break;
		got(p, clear, got_now);
	}
	if (!p->over)
		peer_flight(p);
	ERR_clear_error();
}

static void receive(struct peer *p)
{
	char b[16384];
	ssize_t n = recv(p->fd, b, sizeof(b), 0);

	if (n > 0 && p->ssl)
		ssl_got(p, b, (int)n);
	else if (n > 0)
		got(p, b, (int)n);
	else if (!n || (errno != EAGAIN && errno != EINTR))
		p->over = true;
}

/* --- what goes ------------------------------------------------------------ */

void peer_raw(struct peer *p, const void *b, size_t len)
{
	if (p->n_out + len > p->cap_out) {
		p->cap_out = p->n_out + len + 4096;
		p->out = realloc(p->out, p->cap_out);
		if (!p->out)
			siege_die("no memory");
	}
	memcpy(p->out + p->n_out, b, len);
	p->n_out += len;
}

void peer_put(struct peer *p, const void *b, size_t len)
{
	if (!p->ssl) {
		peer_raw(p, b, len);
		return;
	}
	if (SSL_write(p->ssl, b, (int)len) != (int)len)
		siege_die("%s: TLS takes no %zu octets", p->kind->name, len);
	peer_flight(p);
}

static void flush(struct peer *p)
{
	ssize_t n;

	if (!p->n_out)
		return;
	n = send(p->fd, p->out, p->n_out, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		p->over = true;
	} else if (n > 0) {
		memmove(p->out, p->out + n, p->n_out - (size_t)n);
		p->n_out -= (size_t)n;
	}
	if (!p->n_out && !p->over && p->is_up && p->kind->more)
		p->kind->more(p);
}

bool peer_wants_out(const struct peer *p)
{
	return !p->connected || p->n_out;
}

void peer_done(struct peer *p)
{
	p->good = true;
	p->over = true;
	if (p->ssl) {
		SSL_shutdown(p->ssl);
		peer_flight(p);
	}
	send(p->fd, p->out, p->n_out, MSG_NOSIGNAL);
}

void peer_fin(struct peer *p)
{
	p->good = true;
	p->over = true;
	send(p->fd, p->out, p->n_out, MSG_NOSIGNAL);
}

void peer_reset(struct peer *p)
{
	struct linger l = { 1, 0 };

	p->good = true;
	p->over = true;
	send(p->fd, p->out, p->n_out, MSG_NOSIGNAL);
	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

/* --- its life ------------------------------------------------------------- */

static struct sockaddr_in addr_of(const char *addr, unsigned int port, unsigned int plus)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, addr, &a.sin_addr) != 1)
		siege_die("%s is no address", addr);
	a.sin_addr.s_addr = htonl(ntohl(a.sin_addr.s_addr) + plus);
	return a;
}

bool peer_begin(struct peer *p, const struct kind *kind, unsigned int id)
{
	struct sockaddr_in from = addr_of(siege.from, 0, id % siege.sources);
	struct sockaddr_in to = addr_of(siege.to, siege.port, 0);
	int on = 1;

	*p = (struct peer){ .kind = kind, .id = id, .since = siege.now, .fd = -1 };
	p->next = p->since + 1;
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&from, sizeof(from)) ||
	    (connect(p->fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)) {
		printf("%s: cannot connect: %s\n", kind->name, strerror(errno));
		peer_free(p);
		return false;
	}
	return true;
}

static void begin(struct peer *p)
{
	p->connected = true;
	if (p->kind->tls != TLS_NONE && !siege.plain)
		make_ssl(p);
	if (p->kind->begin) {
		p->kind->begin(p);
	} else if (p->ssl) {
		ssl_shake(p);
	} else {
		p->is_up = true;
		if (p->kind->up)
			p->kind->up(p);
	}
}

void peer_ready(struct peer *p, bool in, bool out)
{
	if (!p->connected && out)
		begin(p);
	if (out && !p->over)
		flush(p);
	if (in && !p->over && !p->deaf)
		receive(p);
	if (!p->over && p->n_out)
		flush(p);
}

void peer_tick(struct peer *p)
{
	if (!p->connected || siege.now < p->next)
		return;
	p->next += 1;
	if (p->kind->tick)
		p->kind->tick(p);
	if (!p->over)
		flush(p);
}

void peer_free(struct peer *p)
{
	if (p->ssl)
		SSL_free(p->ssl);
	if (p->fd >= 0)
		close(p->fd);
	free(p->out);
	memset(p, 0, sizeof(*p));
	p->fd = -1;
}
