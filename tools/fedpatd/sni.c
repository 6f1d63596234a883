// SPDX-License-Identifier: GPL-2.0
/*
 * Several federations behind one public address and port. Whose certificate a
 * caller is shown, the class map decides by the address; a caller that says
 * whom it wants (SNI, RFC 6066) is given that federation's tls-proxy instead,
 * if it has the address too. A name that nobody has changes nothing: the
 * default of that address answers.
 */
#include <string.h>

#include <openssl/x509v3.h>

#include "daemon.h"

static int conn_index = -1;

/**
 * fpd_sni_init() - once, before the first connection
 *
 * Return: 0 or -1.
 */
int fpd_sni_init(void)
{
	conn_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return conn_index < 0 ? -1 : 0;
}

static bool has_address(const struct fp_obj_federation *f, const union fpd_addr *dialled)
{
	struct fp_endpoint ep;

	fpd_addr_to(&ep, dialled);
	for (u32 i = 0; i < f->public_addr.n; i++)
		if (f->public_addr.v[i].family == ep.addr.family &&
		    !memcmp(f->public_addr.v[i].b, ep.addr.b, ep.addr.family == 4 ? 4 : 16))
			return true;
	return false;
}

/**
 * fpd_shares_address() - could a caller be meant for this tls-proxy, too?
 * @p: the policy
 * @proxy: a tls-proxy
 * @conn: an accepted connection
 *
 * Return: whether it lies in the same zone and its federation has the address.
 */
bool fpd_shares_address(const struct fpd_policy *p, const struct fp_obj_tls_proxy *proxy,
			const struct fpd_conn *conn)
{
	const struct fp_obj_federation *f = proxy->federation ?
		fp_find_federation(fpd_policy_model(p), proxy->federation) : NULL;

	return f && conn->role == FEDPAT_ROLE_OUTSIDE &&
		proxy->transport != FEDPAT_TRANSPORT_TCP && proxy->zone &&
		!strcmp(proxy->zone, conn->zone) && has_address(f, &conn->original);
}

enum fit { FIT_NOT, FIT_CERT, FIT_DOMAIN, FIT_FQDN };

static enum fit fits(const struct fpd_policy *p, const struct fp_obj_tls_proxy *proxy,
		     const char *name)
{
	const struct fp_obj_federation *f =
		fp_find_federation(fpd_policy_model(p), proxy->federation);
	enum fit fit = FIT_NOT;
	const char *why;
	SSL_CTX *ctx;

	if (f && f->public_fqdn && !strcasecmp(f->public_fqdn, name))
		return FIT_FQDN;
	for (u32 i = 0; f && i < f->local_domain.n; i++)
		if (!strcasecmp(f->local_domain.v[i], name))
			return FIT_DOMAIN;
	ctx = fpd_policy_ctx(p, proxy->server_trustpoint, true, fpd_policy_profile(p, proxy), &why);
	if (ctx && X509_check_host(SSL_CTX_get0_certificate(ctx), name, 0, 0, NULL) > 0)
		fit = FIT_CERT;
	SSL_CTX_free(ctx);
	return fit;
}

/* The one that the class map chose wins where another fits no better. */
static const struct fp_obj_tls_proxy *choose(const struct fpd_policy *p,
					     const struct fpd_conn *conn, const char *name)
{
	const struct fp_model *model = fpd_policy_model(p);
	const struct fp_obj_tls_proxy *proxy, *best = fp_find_tls_proxy(model, conn->proxy);
	enum fit most = best ? fits(p, best, name) : FIT_NOT, fit;
	u32 i;

	fp_model_each(model, FP_K_TLS_PROXY, i, proxy) {
		if (!strcmp(proxy->o.name, conn->proxy) || !fpd_shares_address(p, proxy, conn))
			continue;
		fit = fits(p, proxy, name);
		if (fit > most) {
			best = proxy;
			most = fit;
		}
	}
	return best;
}

/* SSL_set_SSL_CTX() takes certificate, CAs and suites along, but not these. */
static int change_ctx(struct fpd_conn *conn, SSL *ssl, SSL_CTX *ctx)
{
	if (!SSL_set_SSL_CTX(ssl, ctx))
		return -1;
	SSL_set_verify(ssl, SSL_CTX_get_verify_mode(ctx), SSL_CTX_get_verify_callback(ctx));
	SSL_CTX_free(conn->ctx);
	conn->ctx = ctx;
	return 0;
}

static int on_name(SSL *ssl, int *alert, void *arg)
{
	struct fpd_conn *conn = SSL_get_ex_data(ssl, conn_index);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), *why;
	const struct fp_obj_tls_proxy *proxy;
	SSL_CTX *ctx;

	(void)arg;
	if (!conn || !name)
		return SSL_TLSEXT_ERR_NOACK;
	proxy = choose(conn->policy, conn, name);
	if (!proxy || !strcmp(proxy->o.name, conn->proxy))
		return SSL_TLSEXT_ERR_NOACK;
	ctx = fpd_policy_ctx(conn->policy, proxy->server_trustpoint, true,
			     fpd_policy_profile(conn->policy, proxy), &why);
	if (!ctx || change_ctx(conn, ssl, ctx)) {
		SSL_CTX_free(ctx);
		*alert = SSL_AD_INTERNAL_ERROR;
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	fpd_conn_belongs(conn, proxy);
	return SSL_TLSEXT_ERR_OK;
}

/**
 * fpd_sni_watch() - let callers choose by name
 * @ctx: context of accepted connections
 */
void fpd_sni_watch(SSL_CTX *ctx)
{
	SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
}

/**
 * fpd_sni_bind() - the connection that a handshake belongs to
 * @conn: accepted
 */
void fpd_sni_bind(struct fpd_conn *conn)
{
	SSL_set_ex_data(conn->ssl, conn_index, conn);
}
