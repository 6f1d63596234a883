// SPDX-License-Identifier: GPL-2.0
/* CMP, by OpenSSL's client. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cmp.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/ssl.h>

#include "cmp.h"
#include "text.h"

struct url {
	char *host;
	char *port;
	char *path;
	int tls;
};

__attribute__((format(printf, 4, 5)))
static int fault(struct fp_errs *errs, const struct fp_cmp *cmp, const char *remedy,
		 const char *fmt, ...)
{
	char text[768];
	va_list args;
	int n;

	n = snprintf(text, sizeof(text), "CMP server %s: ", cmp->url);
	va_start(args, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, args);
	va_end(args);
	fp_err_add(errs, FP_EXIT_REFUSED, NULL, remedy, "%s", text);
	ERR_clear_error();
	return -EINVAL;
}

static void url_free(struct url *u)
{
	OPENSSL_free(u->host);
	OPENSSL_free(u->port);
	OPENSSL_free(u->path);
}

static int parse_url(const struct fp_cmp *cmp, struct url *u, struct fp_errs *errs)
{
	memset(u, 0, sizeof(*u));
	if (OSSL_HTTP_parse_url(cmp->url, &u->tls, NULL, &u->host, &u->port, NULL, &u->path, NULL,
				NULL) > 0)
		return 0;
	return fault(errs, cmp, "write it as http://ca.example.com:8080/pkix/", "this is no URL");
}

/* The library's log callback has no argument of its own: nothing of it is for people. */
static int quiet(const char *func, const char *file, int line, OSSL_CMP_severity level,
		 const char *msg)
{
	(void)func;
	(void)file;
	(void)line;
	(void)level;
	(void)msg;
	return 1;
}

/* https: TLS below; its server must chain to the same CAs and have the name dialled. */
static BIO *wrap_tls(BIO *bio, void *arg, int connect, int detail)
{
	SSL_CTX *ctx = arg;
	BIO *tls;

	if (!connect) {
		if (!detail)
			ERR_clear_error();
		tls = bio;
		bio = BIO_pop(tls);
		BIO_free(tls);
		return bio;
	}
	tls = BIO_new_ssl(ctx, 1);
	return tls ? BIO_push(tls, bio) : NULL;
}

static X509_STORE *make_store(const struct stack_st_X509 *trusted)
{
	X509_STORE *store = X509_STORE_new();

	for (int i = 0; store && i < sk_X509_num(trusted); i++)
		X509_STORE_add_cert(store, sk_X509_value(trusted, i));
	if (store)
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	return store;
}

static SSL_CTX *make_tls(const struct fp_cmp *cmp, const char *host)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	X509_VERIFY_PARAM *param;

	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_cert_store(ctx, make_store(cmp->trusted));
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	param = SSL_CTX_get0_param(ctx);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) <= 0)
		X509_VERIFY_PARAM_set1_host(param, host, 0);
	ERR_clear_error();
	return ctx;
}

static bool set_server(OSSL_CMP_CTX *ctx, const struct fp_cmp *cmp, const struct url *u)
{
	X509_STORE *store = make_store(cmp->trusted);

	if (!store || OSSL_CMP_CTX_set0_trustedStore(ctx, store) <= 0) {
		X509_STORE_free(store);
		return false;
	}
	return OSSL_CMP_CTX_set1_server(ctx, u->host) > 0 &&
		OSSL_CMP_CTX_set_serverPort(ctx, atoi(u->port)) > 0 &&
		OSSL_CMP_CTX_set1_serverPath(ctx, u->path) > 0 &&
		OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_MSG_TIMEOUT, FP_CMP_SECONDS / 2) > 0 &&
		OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_TOTAL_TIMEOUT, FP_CMP_SECONDS) > 0 &&
		OSSL_CMP_CTX_set_log_cb(ctx, quiet) > 0;
}

static bool set_protection(OSSL_CMP_CTX *ctx, const struct fp_cmp *cmp)
{
	bool ok = true;

	if (cmp->secret)
		ok = OSSL_CMP_CTX_set1_referenceValue(ctx, (const unsigned char *)cmp->reference,
						      (int)strlen(cmp->reference)) > 0 &&
		     OSSL_CMP_CTX_set1_secretValue(ctx, (const unsigned char *)cmp->secret->text,
						   (int)cmp->secret->len) > 0;
	if (!ok || !cmp->own)
		return ok;
	/* The chain helps the server to know us; the server's own may be in it, too. */
	return OSSL_CMP_CTX_set1_cert(ctx, cmp->own->cert) > 0 &&
		OSSL_CMP_CTX_set1_pkey(ctx, cmp->own->key) > 0 &&
		OSSL_CMP_CTX_set1_untrusted(ctx, cmp->own->certs) > 0 &&
		(cmp->kind != FP_CMP_KUR ||
		 OSSL_CMP_CTX_set1_oldCert(ctx, cmp->own->cert) > 0);
}

/* What shall be in the certificate; a renewal takes it from the old one. */
static bool set_template(OSSL_CMP_CTX *ctx, const struct fp_cmp *cmp, struct fp_errs *errs)
{
	struct stack_st_X509_EXTENSION *exts;
	X509_NAME *name;
	char cn[80];
	bool ok;

	if (!cmp->req.names.n && !cmp->req.subject)
		return cmp->kind == FP_CMP_KUR;
	snprintf(cn, sizeof(cn), "CN=%.64s", cmp->req.names.n ? cmp->req.names.v[0] : "");
	name = fp_cert_name_parse(cmp->req.subject ? cmp->req.subject : cn, errs);
	exts = fp_cert_extensions(&cmp->req, false, errs);
	ok = name && exts && OSSL_CMP_CTX_set1_subjectName(ctx, name) > 0 &&
		OSSL_CMP_CTX_set0_reqExtensions(ctx, exts) > 0;
	X509_NAME_free(name);
	if (!ok)
		sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return ok;
}

static bool set_key(OSSL_CMP_CTX *ctx, EVP_PKEY *key)
{
	if (!EVP_PKEY_up_ref(key))
		return false;
	if (OSSL_CMP_CTX_set0_newPkey(ctx, 1, key) > 0)
		return true;
	EVP_PKEY_free(key);
	return false;
}

/* The library's reasons in the words of who has to mend it. */
static int explain(const struct fp_cmp *cmp, OSSL_CMP_CTX *ctx, struct fp_errs *errs)
{
	static const struct {
		int reason;
		const char *text;
		const char *remedy;
	} known[] = {
		{ CMP_R_ERROR_VALIDATING_PROTECTION,
		  "its answer is not protected by the secret or by a CA that is trusted here",
		  "compare reference and secret with what the CA gave; or name its CAs: ca FILE" },
		{ CMP_R_ERROR_VALIDATING_SIGNATURE,
		  "its answer is not signed by a CA that is trusted here",
		  "name its CAs: ca FILE, or the trustpoint's attribute cmp-ca" },
		{ CMP_R_WRONG_PBM_VALUE, "its answer is protected by another secret",
		  "compare reference and secret with what the CA gave" },
		{ CMP_R_TOTAL_TIMEOUT, "no certificate came in time",
		  "ask the CA whether a person must approve it, and try again" },
		{ CMP_R_CERTIFICATE_NOT_ACCEPTED,
		  "the certificate that it sent was not accepted: it is not for the key of the request",
		  "ask the CA; a request for the same name may have been answered before" },
		{ CMP_R_RECEIVED_ERROR, "it refused",
		  "look at the CA's log; reference, secret and names must be what it expects" },
		{ CMP_R_PKISTATUSINFO_NOT_FOUND,
		  "its answer makes no sense",
		  "is it the right URL?" },
	};
	unsigned long code, last = ERR_peek_last_error();
	OSSL_CMP_PKIFREETEXT *free_text = OSSL_CMP_CTX_get0_statusString(ctx);
	int status = OSSL_CMP_CTX_get_status(ctx), found = -1;
	const char *data = NULL;
	char said[256] = "";
	int flags;

	if (sk_ASN1_UTF8STRING_num(free_text) > 0)
		snprintf(said, sizeof(said), ": %.200s", (const char *)
			 ASN1_STRING_get0_data(sk_ASN1_UTF8STRING_value(free_text, 0)));
	fp_txt_clean(said);
	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
		if (ERR_GET_LIB(code) == ERR_LIB_CMP)
			for (size_t i = 0; i < ARRAY_SIZE(known) && found < 0; i++)
				if (ERR_GET_REASON(code) == known[i].reason)
					found = (int)i;
		if (ERR_GET_LIB(code) == ERR_LIB_BIO || ERR_GET_LIB(code) == ERR_LIB_SYS ||
		    ERR_GET_LIB(code) == ERR_LIB_HTTP)
			last = code;
		if (ERR_GET_LIB(code) == ERR_LIB_SSL)
			return fault(errs, cmp,
				     "its TLS certificate must chain to ca FILE (attribute cmp-ca) and have its name",
				     "TLS with it failed: %s", ERR_reason_error_string(code));
	}
	if (status == OSSL_CMP_PKISTATUS_rejection && found < 0)
		return fault(errs, cmp,
			     "look at the CA's log; reference, secret and names must be what it expects",
			     "it rejected the request%s", said);
	if (found >= 0)
		return fault(errs, cmp, known[found].remedy, "%s%s", known[found].text, said);
	return fault(errs, cmp, "is it the right URL, and does it run?",
		     "it cannot be reached, or its answer makes no sense: %s",
		     last && ERR_reason_error_string(last) ? ERR_reason_error_string(last) :
		     "connection failed");
}

static int take(OSSL_CMP_CTX *ctx, const struct fp_cmp *cmp, X509 *cert, struct fp_cert_set *out,
		struct fp_errs *errs)
{
	struct stack_st_X509 *extra = OSSL_CMP_CTX_get1_extraCertsIn(ctx);
	struct stack_st_X509 *pubs = OSSL_CMP_CTX_get1_caPubs(ctx);
	struct stack_st_X509 *from[] = { extra, pubs };
	int ret = fp_cert_set_init(out);

	if (!ret) {
		X509_up_ref(cert);
		sk_X509_push(out->certs, cert);
		EVP_PKEY_up_ref(cmp->key);
		out->key = cmp->key;
	}
	for (size_t k = 0; k < ARRAY_SIZE(from) && !ret; k++) {
		for (int i = 0; i < sk_X509_num(from[k]); i++) {
			X509_up_ref(sk_X509_value(from[k], i));
			sk_X509_push(out->certs, sk_X509_value(from[k], i));
		}
	}
	sk_X509_pop_free(extra, X509_free);
	sk_X509_pop_free(pubs, X509_free);
	return ret ? ret : fp_cert_arrange(cmp->url, out, NULL, NULL, errs);
}

static X509 *ask(OSSL_CMP_CTX *ctx, enum fp_cmp_kind kind)
{
	switch (kind) {
	case FP_CMP_IR:
		return OSSL_CMP_exec_IR_ses(ctx);
	case FP_CMP_CR:
		return OSSL_CMP_exec_CR_ses(ctx);
	case FP_CMP_KUR:
		return OSSL_CMP_exec_KUR_ses(ctx);
	}
	return NULL;
}

/**
 * fp_cmp_enroll() - let a CA issue a certificate
 * @cmp: what to ask whom
 * @out: gets certificate, chain and key; fp_cert_set_free() it
 * @errs: gets what is wrong
 *
 * Context: waits for the network up to FP_CMP_SECONDS; never on a main loop.
 * Return: 0, negative errno
 */
int fp_cmp_enroll(const struct fp_cmp *cmp, struct fp_cert_set *out, struct fp_errs *errs)
{
	OSSL_CMP_CTX *ctx = OSSL_CMP_CTX_new(NULL, NULL);
	SSL_CTX *tls = NULL;
	struct url u;
	X509 *cert;
	int ret = parse_url(cmp, &u, errs);

	memset(out, 0, sizeof(*out));
	ERR_clear_error();
	if (!ret && u.tls) {
		tls = make_tls(cmp, u.host);
		OSSL_CMP_CTX_set_http_cb(ctx, wrap_tls);
		OSSL_CMP_CTX_set_http_cb_arg(ctx, tls);
	}
	if (!ret && (!ctx || !set_server(ctx, cmp, &u) || !set_protection(ctx, cmp) ||
		     !set_template(ctx, cmp, errs) || !set_key(ctx, cmp->key)))
		ret = fault(errs, cmp, NULL, "the request cannot be made");
	if (!ret) {
		cert = ask(ctx, cmp->kind);
		ret = cert ? take(ctx, cmp, cert, out, errs) : explain(cmp, ctx, errs);
	}
	if (ret)
		fp_cert_set_free(out);
	OSSL_CMP_CTX_free(ctx);
	SSL_CTX_free(tls);
	url_free(&u);
	ERR_clear_error();
	return ret;
}
