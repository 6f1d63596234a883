// SPDX-License-Identifier: GPL-2.0
/* Sockets with deadlines. C4. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "check_probe.h"
#include "text.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/**
 * fp_now_ms() - a clock that nobody sets
 *
 * Return: milliseconds
 */
u64 fp_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

/**
 * fp_wait_fd() - wait for a descriptor
 * @fd: the descriptor
 * @events: POLLIN, POLLOUT
 * @deadline: ms of fp_now_ms()
 *
 * Return: 0, -ETIMEDOUT
 */
int fp_wait_fd(int fd, short events, u64 deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	u64 now;
	int n;

	do {
		now = fp_now_ms();
		if (now >= deadline)
			return -ETIMEDOUT;
		n = poll(&pfd, 1, (int)(deadline - now));
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : -ETIMEDOUT;
}

static socklen_t to_sockaddr(const struct fp_addr *a, u16 port, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (a->family == 4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->b, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a->b, 16);
	return sizeof(*in6);
}

static int bind_to(int fd, const struct fp_addr *source)
{
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(source, 0, &ss);
	int one = 1;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&ss, len) ? -errno : 0;
}

static int connect_by(int fd, const struct fp_addr *to, u16 port, u64 deadline)
{
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(to, port, &ss);
	int err = 0;

	if (!connect(fd, (struct sockaddr *)&ss, len))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (fp_wait_fd(fd, POLLOUT, deadline))
		return -ETIMEDOUT;
	len = sizeof(err);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	return -err;
}

/**
 * fp_dial() - connect
 * @source: address to come from; family 0 or another one than @to's: any
 * @to: address
 * @port: port
 * @deadline: ms of fp_now_ms()
 *
 * Return: a socket that never blocks; negative errno, -EADDRNOTAVAIL when
 * @source is on no interface
 */
int fp_dial(const struct fp_addr *source, const struct fp_addr *to, u16 port, u64 deadline)
{
	int fd = socket(to->family == 4 ? AF_INET : AF_INET6,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (source->family == to->family)
		err = bind_to(fd, source);
	if (!err)
		err = connect_by(fd, to, port, deadline);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int ssl_wait(int fd, SSL *ssl, int n, u64 deadline)
{
	switch (SSL_get_error(ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return fp_wait_fd(fd, POLLIN, deadline);
	case SSL_ERROR_WANT_WRITE:
		return fp_wait_fd(fd, POLLOUT, deadline);
	case SSL_ERROR_ZERO_RETURN:
		return -ESHUTDOWN;
	default:
		return -ECONNRESET;
	}
}

/**
 * fp_send_all() - send
 * @fd: socket
 * @ssl: TLS on it, or NULL
 * @buf: octets
 * @len: how many
 * @deadline: ms of fp_now_ms()
 *
 * Return: 0, negative errno
 */
int fp_send_all(int fd, SSL *ssl, const void *buf, size_t len, u64 deadline)
{
	const char *p = buf;
	ssize_t n;
	int err;

	while (len) {
		ERR_clear_error();
		n = ssl ? SSL_write(ssl, p, (int)len) : send(fd, p, len, MSG_NOSIGNAL);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (!ssl && errno != EAGAIN && errno != EINTR)
			return -errno;
		err = ssl ? ssl_wait(fd, ssl, (int)n, deadline) : fp_wait_fd(fd, POLLOUT, deadline);
		if (err)
			return err;
	}
	return 0;
}

/**
 * fp_recv_some() - receive what is there, or wait for it
 * @fd: socket
 * @ssl: TLS on it, or NULL
 * @buf: room
 * @len: size of @buf
 * @deadline: ms of fp_now_ms()
 *
 * Return: octets, 0 when the peer closed, -ETIMEDOUT, other negative errno
 */
int fp_recv_some(int fd, SSL *ssl, void *buf, size_t len, u64 deadline)
{
	ssize_t n;
	int err;

	for (;;) {
		/* a peer that drips is always ready: the deadline counts before the data */
		if (fp_now_ms() >= deadline)
			return -ETIMEDOUT;
		ERR_clear_error();
		n = ssl ? SSL_read(ssl, buf, (int)len) : recv(fd, buf, len, 0);
		if (n > 0 || (!ssl && !n))
			return (int)n;
		if (!ssl && errno != EAGAIN && errno != EINTR)
			return -errno;
		err = ssl ? ssl_wait(fd, ssl, (int)n, deadline) : fp_wait_fd(fd, POLLIN, deadline);
		if (err == -ESHUTDOWN)
			return 0;
		if (err)
			return err;
	}
}

static void dial_words(struct fp_probe *p, const char *to, const char *from, int err,
		       struct fp_check_result *r)
{
	switch (err) {
	case -ECONNREFUSED:
		fp_found(r, FP_CHECK_FAIL, NULL,
			 "%s refuses connections from %s: nothing listens there",
			 to, from);
		fp_mend(r, p->kind == FP_PROBE_NODE ?
			"start the SIP proxy of the node; is %u its TLS peer-authentication port?" :
			"ask the partner which port its edge listens on (federation: %u)", p->port);
		break;
	case -ETIMEDOUT:
		fp_found(r, FP_CHECK_FAIL, NULL,
			 "%s does not answer from %s within %u ms: a firewall drops it, or the address is wrong",
			 to, from, p->opts->timeout);
		fp_mend(r, "let every firewall on the way permit tcp from %s to %s", from, to);
		break;
	case -EADDRNOTAVAIL:
		fp_found(r, FP_CHECK_FAIL, NULL, "no interface of the gateway has %s", from);
		fp_mend(r, "ip addr add %s dev INTERFACE", from);
		break;
	default:
		fp_found(r, FP_CHECK_FAIL, "look at ip route get",
			 "%s cannot be reached from %s: %s", to,
			 from, strerror(-err));
	}
}

static void try_addr(struct fp_probe *p, const struct fp_addr *a, const char *from,
		     struct fp_check_result *r)
{
	struct fp_endpoint ep = { *a, p->port };
	char to[FP_TXT_ENDPOINT];
	int fd = fp_dial(&p->source, a, p->port, fp_now_ms() + p->opts->timeout);

	if (fd < 0) {
		dial_words(p, fp_endpoint_str(&ep, to), from, fd, r);
		return;
	}
	if (!p->up_addr.family)
		p->up_addr = *a;
	close(fd);
}

/* One dead address of several is tried after, or before, a good one. */
static void some_up(struct fp_check_result *r)
{
	r->state = FP_CHECK_OK;
	for (u32 i = 0; i < r->n; i++) {
		if (r->found[i].state == FP_CHECK_FAIL)
			r->found[i].state = FP_CHECK_WARN;
		r->state = FP_CHECK_WARN;
	}
}

/* Listeners beside the one of federation: presence engine, clear SIP. */
static bool is_aside(const struct fp_probe *p)
{
	const struct fp_obj_node *node;
	u32 i;

	if (!p->node || p->transport == FEDPAT_TRANSPORT_TLS)
		return false;
	fp_model_each(p->model, FP_K_NODE, i, node)
		if (node->transport == FEDPAT_TRANSPORT_TLS && node->federation &&
		    !strcmp(node->federation, p->fed->o.name))
			return true;
	return false;
}

/* C4: every address accepts a connection from where messages will come. */
void fp_check_c4(struct fp_probe *p, struct fp_check_result *r)
{
	char from[FP_TXT_ADDR] = "any address", to[FP_TXT_ENDPOINT];
	struct fp_endpoint ep;

	if (p->transport == FEDPAT_TRANSPORT_UDP) {
		fp_found(r, FP_CHECK_SKIP, NULL, "over UDP there is no connection");
		if (p->n_addrs)
			p->up_addr = p->addrs[0];
		return;
	}
	if (p->source.family)
		fp_addr_str(&p->source, from);
	for (u32 i = 0; i < p->n_addrs && r->n < FP_FINDINGS_OF_CHECK; i++)
		try_addr(p, &p->addrs[i], from, r);
	if (r->n && (p->up_addr.family || is_aside(p)))
		some_up(r);
	if (r->n)
		return;
	if (!p->n_addrs) {
		fp_found(r, FP_CHECK_FAIL, NULL, "no address is known");
		return;
	}
	ep = (struct fp_endpoint){ p->up_addr, p->port };
	fp_found(r, FP_CHECK_OK, NULL, "%s accepts from %s", fp_endpoint_str(&ep, to), from);
}
