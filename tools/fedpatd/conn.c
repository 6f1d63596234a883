// SPDX-License-Identifier: GPL-2.0
/* One connection: connect, shake hands, move the keys, hand it back. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "daemon.h"
#include "revoke.h"
#include "text.h"

/**
 * fpd_conn_new() - a connection of the main thread
 * @d: the daemon
 * @fd: its socket, taken over; -1 for none yet
 *
 * Return: the connection, or NULL (then @fd is closed).
 */
struct fpd_conn *fpd_conn_new(struct fpd *d, int fd)
{
	struct fpd_conn *conn = calloc(1, sizeof(*conn));

	if (!conn) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	conn->d = d;
	conn->fd = fd;
	conn->loop = -1;
	conn->policy = fpd_policy_get(d->policy);
	return conn;
}

/**
 * fpd_conn_belongs() - whose tls-proxy answers
 * @conn: accepted
 * @proxy: the tls-proxy, of the same zone
 */
void fpd_conn_belongs(struct fpd_conn *conn, const struct fp_obj_tls_proxy *proxy)
{
	snprintf(conn->proxy, sizeof(conn->proxy), "%s", proxy->o.name);
	snprintf(conn->federation, sizeof(conn->federation), "%s", proxy->federation);
}

static void drop_events(struct fpd_conn *conn)
{
	if (conn->ev)
		event_free(conn->ev);
	if (conn->timer)
		event_free(conn->timer);
	conn->ev = NULL;
	conn->timer = NULL;
}

/* After the keys are in the kernel OpenSSL must neither send nor hold them. */
static void drop_tls(struct fpd_conn *conn)
{
	if (conn->ssl) {
		SSL_set_quiet_shutdown(conn->ssl, 1);
		SSL_free(conn->ssl);
	}
	fpd_secrets_free(conn->secrets);
	SSL_CTX_free(conn->ctx);
	conn->ssl = NULL;
	conn->secrets = NULL;
	conn->ctx = NULL;
}

/**
 * fpd_conn_free() - forget a connection, close what it still owns
 * @conn: not in a queue, owned by the caller's thread
 */
void fpd_conn_free(struct fpd_conn *conn)
{
	if (conn->xmpp)
		fpd_xmpp_free(conn);
	if (conn->ask)
		fpd_ask_free(conn);
	drop_events(conn);
	drop_tls(conn);
	if (conn->fd >= 0)
		close(conn->fd);
	if (conn->loop >= 0)
		close(conn->loop);
	free(conn->unchecked);
	fpd_identity_free(&conn->id);
	sk_X509_pop_free(conn->chain, X509_free);
	fpd_policy_put(conn->policy);
	free(conn);
}

/**
 * fpd_conn_fail() - note why a connection failed
 * @conn: the connection
 * @reason: the reason
 * @fmt: more about it, may be empty
 */
void fpd_conn_fail(struct fpd_conn *conn, enum fp_reason reason,
		   const char *fmt, ...)
{
	va_list ap;

	conn->reason = reason;
	va_start(ap, fmt);
	vsnprintf(conn->text, sizeof(conn->text), fmt, ap);
	va_end(ap);
	fp_txt_clean(conn->text);
}

/* Back to the main thread, good or bad. */
static void finish(struct fpd_conn *conn)
{
	drop_events(conn);
	fpd_queue_put(&conn->d->done, conn);
}

static void offload(struct fpd_conn *conn)
{
	bool spoilt = false;

	conn->tls_version = SSL_get_version(conn->ssl);
	conn->cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(conn->ssl));
	conn->not_offloaded = conn->d->no_offload ? "offload is switched off" :
		fpd_ktls_install(conn->ssl, conn->fd, &spoilt);
	if (spoilt)
		fpd_conn_fail(conn, FP_R_TLS_ERROR, "%s, most likely for want of memory",
			      conn->not_offloaded);
	else if (!conn->not_offloaded)
		drop_tls(conn);
}

/* The peer's own certificate, then what it sent above it. */
static int keep_chain(struct fpd_conn *conn, X509 *cert)
{
	STACK_OF(X509) *sent = SSL_get_peer_cert_chain(conn->ssl);

	conn->chain = sk_X509_new_null();
	if (!conn->chain || !X509_up_ref(cert) || !sk_X509_push(conn->chain, cert))
		return -1;
	for (int i = 0; i < sk_X509_num(sent); i++) {
		X509 *x = sk_X509_value(sent, i);

		if (!X509_cmp(x, cert))
			continue;
		if (!X509_up_ref(x) || !sk_X509_push(conn->chain, x))
			return -1;
	}
	return 0;
}

static void shaken(struct fpd_conn *conn)
{
	const SSL_CIPHER *suite = SSL_get_current_cipher(conn->ssl);
	X509 *cert = SSL_get0_peer_certificate(conn->ssl);

	conn->cbc = suite && !SSL_CIPHER_is_aead(suite);
	if (!cert)
		fpd_conn_fail(conn, FP_R_TLS_NO_CERT, "no certificate");
	else if (keep_chain(conn, cert) || fpd_identity_read(&conn->id, cert))
		fpd_conn_fail(conn, FP_R_TLS_ERROR, "out of memory");
	if (conn->reason) {
		finish(conn);
		return;
	}
	drop_events(conn);
	if (!fpd_revoke_take(conn))
		fpd_conn_checked(conn);
}

/**
 * fpd_conn_checked() - the peer's certificate was asked about
 * @conn: shaken; @conn->reason says whether it is refused
 *
 * Context: the thread that owns the connection.
 */
void fpd_conn_checked(struct fpd_conn *conn)
{
	if (!conn->reason && !conn->probe)
		offload(conn);
	fpd_secrets_free(conn->secrets);
	conn->secrets = NULL;
	finish(conn);
}

static void watch(struct fpd_conn *conn, short what,
		  event_callback_fn callback)
{
	if (conn->ev)
		event_free(conn->ev);
	conn->ev = event_new(conn->worker->base, conn->fd, what, callback, conn);
	if (!conn->ev || event_add(conn->ev, NULL)) {
		fpd_conn_fail(conn, FP_R_TLS_ERROR, "out of memory");
		finish(conn);
	}
}

static void shake(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_conn *conn = arg;
	enum fp_reason reason;
	int ret, error;

	(void)fd;
	(void)what;
	ERR_clear_error();
	ret = SSL_do_handshake(conn->ssl);
	if (ret == 1) {
		shaken(conn);
		return;
	}
	error = SSL_get_error(conn->ssl, ret);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		watch(conn, error == SSL_ERROR_WANT_READ ? EV_READ : EV_WRITE, shake);
		return;
	}
	reason = fpd_tls_reason(conn->ssl, error, conn->text, sizeof(conn->text));
	conn->reason = reason;
	finish(conn);
}

static int make_ssl(struct fpd_conn *conn)
{
	conn->ssl = SSL_new(conn->ctx);
	conn->secrets = fpd_secrets_alloc();
	if (!conn->ssl || !conn->secrets || SSL_set_fd(conn->ssl, conn->fd) <= 0)
		return -1;
	/* The socket is ours: SSL_free() must not close it. */
	BIO_set_close(SSL_get_rbio(conn->ssl), BIO_NOCLOSE);
	fpd_ktls_bind(conn->ssl, conn->secrets);
	if (!conn->dialled) {
		SSL_set_accept_state(conn->ssl);
		fpd_sni_bind(conn);
		return 0;
	}
	SSL_set_connect_state(conn->ssl);
	fpd_revoke_prepare(conn->ssl);
	return !conn->host[0] ||
		SSL_set_tlsext_host_name(conn->ssl, conn->host) > 0 ? 0 : -1;
}

static void start_tls(struct fpd_conn *conn)
{
	if (!conn->ctx) {
		finish(conn);	/* plain TCP has no handshake */
		return;
	}
	if (make_ssl(conn)) {
		fpd_conn_fail(conn, FP_R_TLS_ERROR, "out of memory");
		finish(conn);
		return;
	}
	shake(conn->fd, 0, conn);
}

/* Seconds for the stage that is under way; who asks for health waits less. */
static int patience(const struct fpd_conn *conn)
{
	if (conn->connected)
		return conn->probe ? FPD_CONNECT_SECONDS : FPD_HANDSHAKE_SECONDS;
	return conn->hurry ? FPD_HURRY_SECONDS : FPD_CONNECT_SECONDS;
}

static void expired(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_conn *conn = arg;

	(void)fd;
	(void)what;
	if (conn->connected)
		fpd_conn_fail(conn, FP_R_TLS_TIMEOUT, "no end after %d seconds", patience(conn));
	else
		fpd_conn_fail(conn, FP_R_DIAL_TIMEOUT, "no answer after %d seconds",
			      patience(conn));
	finish(conn);
}

/* For the stage that begins; false: it ended here. */
static bool set_deadline(struct fpd_conn *conn)
{
	struct timeval tv = { patience(conn), 0 };

	if (!conn->timer)
		conn->timer = evtimer_new(conn->worker->base, expired, conn);
	if (conn->timer && !evtimer_add(conn->timer, &tv))
		return true;
	fpd_conn_fail(conn, FP_R_TLS_ERROR, "out of memory");
	finish(conn);
	return false;
}

static enum fp_reason connect_reason(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return FP_R_DIAL_REFUSED;
	case ETIMEDOUT:
		return FP_R_DIAL_TIMEOUT;
	default:
		return FP_R_DIAL_UNREACHABLE;
	}
}

static void connected(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_conn *conn = arg;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (error) {
		fpd_conn_fail(conn, connect_reason(error), "%s", strerror(error));
		finish(conn);
		return;
	}
	conn->connected = true;
	if (set_deadline(conn))
		start_tls(conn);
}

static void start_connect(struct fpd_conn *conn)
{
	if (!connect(conn->fd, &conn->remote.sa, fpd_addr_len(&conn->remote))) {
		conn->connected = true;
		start_tls(conn);
	} else if (errno == EINPROGRESS) {
		watch(conn, EV_WRITE, connected);
	} else {
		fpd_conn_fail(conn, connect_reason(errno), "%s", strerror(errno));
		finish(conn);
	}
}

/**
 * fpd_conn_start() - begin or go on, in the worker's thread
 * @conn: accepted (@connected is set), or with a bound socket to connect
 */
void fpd_conn_start(struct fpd_conn *conn)
{
	if (!set_deadline(conn))
		return;
	if (conn->connected)
		start_tls(conn);
	else
		start_connect(conn);
}
