// SPDX-License-Identifier: GPL-2.0
/* One handshake, to see what a peer presents. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unbound.h>

#include "dns.h"
#include "probe.h"

static void fault(const struct fp_shown *p, struct fp_errs *errs, const char *remedy,
		  const char *text)
{
	fp_err_add(errs, FP_EXIT_REFUSED, NULL, remedy, "%s port %u%s%s%s: %s", p->host, p->port,
		   *p->addr ? " (" : "", p->addr, *p->addr ? ")" : "", text);
	ERR_clear_error();
}

static int wait_for(int fd, short what)
{
	struct pollfd pfd = { .fd = fd, .events = what };

	return poll(&pfd, 1, FP_PROBE_SECONDS * 1000) > 0 ? 0 : -ETIMEDOUT;
}

static int dial_one(const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;
	socklen_t len = sizeof(err);

	if (fd < 0)
		return -errno;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) && errno != EINPROGRESS)
		err = errno;
	else if (wait_for(fd, POLLOUT))
		err = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	if (!err)
		return fd;
	close(fd);
	return -err;
}

static int dial(struct fp_shown *p, struct fp_errs *errs)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *list = NULL, *ai;
	char port[8];
	int fd = -EHOSTUNREACH, err;

	snprintf(port, sizeof(port), "%u", p->port);
	err = getaddrinfo(p->host, port, &hints, &list);
	if (err) {
		fault(p, errs, "ask the partner for the right name, or give it: server HOST:PORT",
		      gai_strerror(err));
		return -1;
	}
	for (ai = list; ai && fd < 0; ai = ai->ai_next) {
		getnameinfo(ai->ai_addr, ai->ai_addrlen, p->addr, sizeof(p->addr), NULL, 0,
			    NI_NUMERICHOST);
		fd = dial_one(ai);
	}
	freeaddrinfo(list);
	if (fd < 0)
		fault(p, errs, fd == -ECONNREFUSED ? "nothing listens there; is the port right?" :
		      "a firewall on the way drops us, or it is down", strerror(-fd));
	return fd;
}

static int take_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

static int asked_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return index;
}

static int on_asked(SSL *ssl, void *arg)
{
	struct fp_shown *p = SSL_get_ex_data(ssl, asked_index());

	(void)arg;
	p->asked = true;
	return 1;	/* go on with what was set before */
}

static SSL_CTX *make_ctx(const struct fp_shown *p)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	/* What it presents is to be seen even if it is weak: nothing is trusted here. */
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
	SSL_CTX_set_cert_cb(ctx, on_asked, NULL);
	if (p->own && p->own->cert && p->own->key) {
		SSL_CTX_use_certificate(ctx, p->own->cert);
		SSL_CTX_use_PrivateKey(ctx, p->own->key);
		SSL_CTX_set1_chain(ctx, p->own->certs);
	}
	return ctx;
}

static int handshake(struct fp_shown *p, SSL *ssl, int fd)
{
	int ret, error;

	for (;;) {
		ret = SSL_connect(ssl);
		if (ret == 1)
			return 0;
		error = SSL_get_error(ssl, ret);
		if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
			return -1;
		if (wait_for(fd, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) {
			ERR_clear_error();
			return -ETIMEDOUT;
		}
	}
	(void)p;
}

static void take_chain(struct fp_shown *p, SSL *ssl)
{
	struct stack_st_X509 *chain = SSL_get_peer_cert_chain(ssl);

	p->chain = chain ? X509_chain_up_ref(chain) : NULL;
	snprintf(p->version, sizeof(p->version), "%s", SSL_get_version(ssl));
	snprintf(p->cipher, sizeof(p->cipher), "%s", SSL_get_cipher_name(ssl));
}

static void explain(struct fp_shown *p, int ret, struct fp_errs *errs)
{
	unsigned long code = ERR_peek_error();
	const char *words = code ? ERR_reason_error_string(code) : NULL;

	if (ret == -ETIMEDOUT)
		fault(p, errs, "what listens there may not be TLS", "no answer to the handshake");
	else if (code && (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER ||
			  ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST))
		fault(p, errs, "5061 is the usual port for TLS", "what answers there is not TLS");
	else
		fault(p, errs, "ask the partner to look at his log", words ? words :
		      "it closed the connection during the handshake");
}

/**
 * fp_probe_run() - see what a peer presents
 * @p: host and port; filled
 * @errs: gets what is wrong
 *
 * Context: waits for the network.
 * Return: 0 where there is a chain, negative errno
 */
int fp_probe_run(struct fp_shown *p, struct fp_errs *errs)
{
	SSL_CTX *ctx = make_ctx(p);
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;
	int fd = dial(p, errs), ret = -1;

	ERR_clear_error();
	if (ssl && fd >= 0) {
		SSL_set_fd(ssl, fd);
		SSL_set_ex_data(ssl, asked_index(), p);
		if (p->sni)
			SSL_set_tlsext_host_name(ssl, p->sni);
		ret = handshake(p, ssl, fd);
		take_chain(p, ssl);
		if (!p->chain)
			explain(p, ret, errs);
		ret = p->chain ? 0 : -EINVAL;
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	if (fd >= 0)
		close(fd);
	ERR_clear_error();
	return ret;
}

/**
 * fp_probe_free() - free what a handshake brought
 * @p: the handshake
 */
void fp_probe_free(struct fp_shown *p)
{
	sk_X509_pop_free(p->chain, X509_free);
	p->chain = NULL;
}

static bool best_srv(const struct ub_result *r, char *host, size_t size, u16 *port)
{
	struct fp_srv one;
	bool found = false;
	u16 best = 0;

	for (int i = 0; !r->bogus && r->data && r->data[i]; i++) {
		if (!fp_dns_srv_read((u8 *)r->data[i], (size_t)r->len[i], &one) || one.odd ||
		    !one.target[0] || (found && one.priority >= best))
			continue;
		snprintf(host, size, "%s", one.target);
		*port = one.port;
		best = one.priority;
		found = true;
	}
	return found;
}

/**
 * fp_probe_srv() - where a domain wants to be federated with
 * @domain: the domain
 * @host: gets the target
 * @size: of @host
 * @port: gets its port
 * @errs: gets what is wrong
 *
 * Context: waits for the network.
 * Return: 0, negative errno
 */
int fp_probe_srv(const char *domain, char *host, size_t size, u16 *port, struct fp_errs *errs)
{
	struct ub_ctx *ctx = ub_ctx_create();
	struct ub_result *r = NULL;
	char name[FEDPAT_FQDN_MAX + 32];
	bool ok = false;

	snprintf(name, sizeof(name), "_sipfederationtls._tcp.%s", domain);
	if (ctx && !ub_ctx_resolvconf(ctx, NULL) && !ub_ctx_hosts(ctx, NULL) &&
	    !ub_resolve(ctx, name, FP_DNS_SRV, 1, &r) && r->havedata)
		ok = best_srv(r, host, size, port);
	if (!ok)
		fp_err_add(errs, FP_EXIT_REFUSED, NULL,
			   "the partner must publish it; or say whom to ask: server HOST:PORT",
			   "there is no SRV record %s", name);
	ub_resolve_free(r);
	ub_ctx_delete(ctx);
	return ok ? 0 : -ENOENT;
}
