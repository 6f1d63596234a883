// SPDX-License-Identifier: GPL-2.0
/*
 * One OpenSSL context for a trustpoint and a role.
 *
 * Every connection is mutual TLS 1.2 or 1.3 with AEAD suites: no tickets, no
 * renegotiation, no compression, no early data, so that the keys can go to the
 * kernel and stay right there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ktls.h"
#include "trust.h"

#define FIPS_SUITES12	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
			"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define FIPS_SUITES13	"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"

struct fault {
	char *why;
	size_t size;
	const char *name;
};

__attribute__((format(printf, 2, 3)))
static int fail(const struct fault *f, const char *fmt, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	char what[FPD_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(f->why, f->size, "trustpoint '%s': %s%s%s", f->name, what,
		 reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
	return -1;
}

static bool given(const char *s)
{
	return s && *s;
}

static int check_key_file(const struct fault *f, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return fail(f, "key file %s: %s", path, strerror(errno));
	if (st.st_mode & 0077)
		return fail(f, "key file %s can be read by others; run: chmod 600 %s",
			    path, path);
	return 0;
}

static int load_identity(SSL_CTX *ctx, const struct fpd_trust_files *t,
			 const struct fault *f)
{
	const char *key = given(t->key) ? t->key : t->cert;

	if (!given(t->cert))
		return fail(f, "it has no certificate file and cannot be shown to anybody");
	if (check_key_file(f, key))
		return -1;
	if (SSL_CTX_use_certificate_chain_file(ctx, t->cert) <= 0)
		return fail(f, "certificate file %s cannot be used", t->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) <= 0)
		return fail(f, "key file %s cannot be used", key);
	if (SSL_CTX_check_private_key(ctx) <= 0)
		return fail(f, "key %s does not belong to certificate %s", key, t->cert);
	return 0;
}

static int load_crl(SSL_CTX *ctx, const struct fpd_trust_files *t,
		    const struct fault *f)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	X509_LOOKUP *lookup;

	if (!given(t->crl))
		return 0;
	lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
	if (!lookup || X509_load_crl_file(lookup, t->crl, X509_FILETYPE_PEM) <= 0)
		return fail(f, "revocation list %s cannot be used", t->crl);
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	return 0;
}

static int load_cas(SSL_CTX *ctx, const struct fpd_trust_files *t, bool server,
		    const struct fault *f)
{
	struct stack_st_X509_NAME *names;

	if (!given(t->ca))
		return fail(f, "it has no ca file, so that no peer could be trusted");
	if (SSL_CTX_load_verify_locations(ctx, t->ca, NULL) <= 0)
		return fail(f, "ca file %s cannot be used", t->ca);
	if (!server)
		return 0;
	names = SSL_load_client_CA_file(t->ca);
	if (!names)
		return fail(f, "ca file %s holds no CA", t->ca);
	SSL_CTX_set_client_CA_list(ctx, names);
	return 0;
}

/*
 * Chain and dates are verified by OpenSSL; the extended key usage is checked
 * later, when the peer and its `eku` are known.
 */
static void set_verification(SSL_CTX *ctx)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
	X509_VERIFY_PARAM_set_depth(param, 8);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_TRUSTED_FIRST);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
}

static int set_protocol(SSL_CTX *ctx, bool fips)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
			    SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_read_ahead(ctx, 0);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
			 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) <= 0 ||
	    SSL_CTX_set_cipher_list(ctx, fips ? FIPS_SUITES12 : fpd_ktls_suites12()) <= 0)
		return -1;
	return SSL_CTX_set_ciphersuites(ctx, fips ? FIPS_SUITES13 :
					fpd_ktls_suites13()) > 0 ? 0 : -1;
}

static int fill_ctx(SSL_CTX *ctx, const struct fpd_trust_files *t, bool server,
		    bool fips, const struct fault *f)
{
	if (set_protocol(ctx, fips))
		return fail(f, "the TLS library refused the cipher suites");
	set_verification(ctx);
	fpd_ktls_watch(ctx);
	if (load_identity(ctx, t, f) || load_cas(ctx, t, server, f))
		return -1;
	return load_crl(ctx, t, f);
}

/**
 * fpd_trust_ctx() - context for one trustpoint and role
 * @files: the trustpoint
 * @server: true for connections that we accept, false for those we dial
 * @fips: only suites that FIPS 140 allows
 * @why: on failure, what is wrong with which file and what to do
 * @size: size of @why
 *
 * Return: the context, to be freed with SSL_CTX_free(), or NULL.
 */
SSL_CTX *fpd_trust_ctx(const struct fpd_trust_files *files, bool server,
		       bool fips, char *why, size_t size)
{
	struct fault f = { why, size, files->name };
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	ERR_clear_error();
	if (!ctx) {
		fail(&f, "out of memory");
		return NULL;
	}
	if (fill_ctx(ctx, files, server, fips, &f)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}
