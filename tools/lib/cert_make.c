// SPDX-License-Identifier: GPL-2.0
/* Keys, requests and self-signed certificates. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "cert.h"

const char * const fp_key_types[] = {
	"rsa-2048", "rsa-3072", "rsa-4096", "ecdsa-p256", "ecdsa-p384", NULL
};

/**
 * fp_key_make() - a private key
 * @type: kind and size
 *
 * Return: the key, NULL where the library has none
 */
EVP_PKEY *fp_key_make(enum fp_key_type type)
{
	switch (type) {
	case FP_KEY_RSA_2048:
		return EVP_RSA_gen(2048);
	case FP_KEY_RSA_3072:
		return EVP_RSA_gen(3072);
	case FP_KEY_RSA_4096:
		return EVP_RSA_gen(4096);
	case FP_KEY_P256:
		return EVP_EC_gen("P-256");
	case FP_KEY_P384:
		return EVP_EC_gen("P-384");
	}
	return NULL;
}

__attribute__((format(printf, 3, 4)))
static void bad(struct fp_errs *errs, const char *remedy, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fp_err_add(errs, FP_EXIT_USAGE, NULL, remedy, "%s", text);
	ERR_clear_error();
}

static int add_rdn(X509_NAME *name, char *part, struct fp_errs *errs)
{
	char *eq = strchr(part, '='), *end;

	part += strspn(part, " ");
	if (!eq) {
		bad(errs, "write it as CN=imp.example.com,O=Example,C=DE",
		    "the subject's part '%s' has no '='", part);
		return -1;
	}
	for (end = eq; end > part && end[-1] == ' '; end--)
		;
	*end = 0;
	eq++;
	eq += strspn(eq, " ");
	for (end = eq + strlen(eq); end > eq && end[-1] == ' '; end--)
		end[-1] = 0;
	if (X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (unsigned char *)eq, -1,
				       -1, 0) > 0)
		return 0;
	bad(errs, "CN, O, OU, L, ST, C (two letters), emailAddress",
	    "the subject's part '%s' is unknown, or its value does not fit", part);
	return -1;
}

/**
 * fp_cert_name_parse() - a distinguished name from text
 * @text: "CN=imp.example.com,O=Example"; slashes between are taken, too
 * @errs: gets what is wrong
 *
 * Return: the name, NULL: told
 */
X509_NAME *fp_cert_name_parse(const char *text, struct fp_errs *errs)
{
	char *copy = strdup(text), *rest = copy, *part;
	const char *between = *text == '/' ? "/" : ",";
	X509_NAME *name = X509_NAME_new();
	int ret = copy && name ? 0 : -ENOMEM;

	if (ret)
		bad(errs, NULL, "out of memory");
	while (name && rest && !ret && (part = strsep(&rest, between)))
		if (*part)
			ret = add_rdn(name, part, errs);
	free(copy);
	if (!ret && name && X509_NAME_entry_count(name))
		return name;
	if (!ret)
		bad(errs, "write it as CN=imp.example.com,O=Example,C=DE", "the subject is empty");
	X509_NAME_free(name);
	return NULL;
}

/* RFC 5280 section 4.1.2.4: a common name has at most 64 characters. */
static X509_NAME *subject_of(const struct fp_cert_request *req, struct fp_errs *errs)
{
	char cn[80];

	if (req->subject && *req->subject)
		return fp_cert_name_parse(req->subject, errs);
	if (!req->names.n) {
		bad(errs, "give one: name imp.example.com, or subject CN=imp.example.com",
		    "there is no name for the certificate: none is given, and the policy tells none");
		return NULL;
	}
	snprintf(cn, sizeof(cn), "CN=%.64s", req->names.v[0]);
	return fp_cert_name_parse(cn, errs);
}

static GENERAL_NAME *general_name(const char *text)
{
	unsigned char ip[16];
	int type = GEN_DNS;

	if (inet_pton(AF_INET, text, ip) > 0 || inet_pton(AF_INET6, text, ip) > 0)
		type = GEN_IPADD;
	else if (strchr(text, ':'))
		type = GEN_URI;
	return a2i_GENERAL_NAME(NULL, NULL, NULL, type, text, 0);
}

static int add_ext(struct stack_st_X509_EXTENSION **exts, int nid, bool critical, void *value)
{
	return value && X509V3_add1_i2d(exts, nid, value, critical, X509V3_ADD_APPEND) > 0 ? 0 : -1;
}

static int add_san(struct stack_st_X509_EXTENSION **exts, const struct fp_strs *names,
		   struct fp_errs *errs)
{
	GENERAL_NAMES *san = GENERAL_NAMES_new();
	int ret = san ? 0 : -1;

	for (u32 i = 0; i < names->n && !ret; i++) {
		GENERAL_NAME *gn = general_name(names->v[i]);

		if (!gn || sk_GENERAL_NAME_push(san, gn) <= 0) {
			bad(errs, "a DNS name, an address or a URI", "'%s' is no name",
			    names->v[i]);
			ret = -1;
		}
	}
	if (!ret && names->n)
		ret = add_ext(exts, NID_subject_alt_name, false, san);
	GENERAL_NAMES_free(san);
	return ret;
}

static int add_conf(struct stack_st_X509_EXTENSION *exts, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (ext && sk_X509_EXTENSION_push(exts, ext) > 0)
		return 0;
	X509_EXTENSION_free(ext);
	return -1;
}

static const char *eku_text(const struct fp_cert_request *req)
{
	if (req->server && req->client)
		return "serverAuth,clientAuth";
	return req->server ? "serverAuth" : "clientAuth";
}

/**
 * fp_cert_extensions() - what a request asks for
 * @req: what the certificate shall say
 * @self_signed: it is made, not asked for
 * @errs: gets what is wrong
 *
 * A self-signed certificate is its own anchor at the partner's: some accept
 * only what may sign there, so it is a CA of path length 0.
 *
 * Return: the extensions, NULL: told
 */
struct stack_st_X509_EXTENSION *fp_cert_extensions(const struct fp_cert_request *req,
						   bool self_signed, struct fp_errs *errs)
{
	struct stack_st_X509_EXTENSION *exts = sk_X509_EXTENSION_new_null();
	int ret = exts ? add_san(&exts, &req->names, errs) : -1;

	if (!ret)
		ret = add_conf(exts, NID_basic_constraints, self_signed ?
			       "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE");
	if (!ret)
		ret = add_conf(exts, NID_key_usage, self_signed ?
			       "critical,digitalSignature,keyEncipherment,keyCertSign" :
			       "critical,digitalSignature,keyEncipherment");
	if (!ret && (req->server || req->client))
		ret = add_conf(exts, NID_ext_key_usage, eku_text(req));
	if (!ret)
		return exts;
	if (errs && !errs->n)
		bad(errs, NULL, "the extensions cannot be made");
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return NULL;
}

/**
 * fp_csr_make() - a request for a CA
 * @req: what the certificate shall say
 * @key: its key
 * @errs: gets what is wrong
 *
 * Return: the request, NULL: told
 */
X509_REQ *fp_csr_make(const struct fp_cert_request *req, EVP_PKEY *key, struct fp_errs *errs)
{
	struct stack_st_X509_EXTENSION *exts = fp_cert_extensions(req, false, errs);
	X509_NAME *name = exts ? subject_of(req, errs) : NULL;
	X509_REQ *csr = name ? X509_REQ_new() : NULL;
	bool ok = csr && X509_REQ_set_version(csr, X509_REQ_VERSION_1) > 0 &&
		X509_REQ_set_subject_name(csr, name) > 0 && X509_REQ_set_pubkey(csr, key) > 0 &&
		X509_REQ_add_extensions(csr, exts) > 0 && X509_REQ_sign(csr, key, EVP_sha256()) > 0;

	X509_NAME_free(name);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	if (ok)
		return csr;
	if (csr)
		bad(errs, "is the key of a kind that signs?", "the request cannot be signed");
	X509_REQ_free(csr);
	return NULL;
}

static int set_serial(X509 *cert)
{
	BIGNUM *bn = BN_new();
	int ok = bn && BN_rand(bn, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) > 0 &&
		BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));

	BN_free(bn);
	return ok;
}

static bool fill_cert(X509 *cert, const struct fp_cert_request *req, const X509_NAME *name,
		      const struct stack_st_X509_EXTENSION *exts, EVP_PKEY *key)
{
	/* An hour back: clocks of partners differ. */
	bool ok = X509_set_version(cert, X509_VERSION_3) > 0 && set_serial(cert) &&
		X509_gmtime_adj(X509_getm_notBefore(cert), -3600) &&
		X509_time_adj_ex(X509_getm_notAfter(cert), (int)req->days, 0, NULL) &&
		X509_set_subject_name(cert, name) > 0 && X509_set_issuer_name(cert, name) > 0 &&
		X509_set_pubkey(cert, key) > 0;

	for (int i = 0; ok && i < sk_X509_EXTENSION_num(exts); i++)
		ok = X509_add_ext(cert, sk_X509_EXTENSION_value(exts, i), -1) > 0;
	return ok && X509_sign(cert, key, EVP_sha256()) > 0;
}

/**
 * fp_cert_make() - a self-signed certificate
 * @req: what it shall say
 * @key: its key
 * @errs: gets what is wrong
 *
 * Return: the certificate, NULL: told
 */
X509 *fp_cert_make(const struct fp_cert_request *req, EVP_PKEY *key, struct fp_errs *errs)
{
	struct stack_st_X509_EXTENSION *exts = fp_cert_extensions(req, true, errs);
	X509_NAME *name = exts ? subject_of(req, errs) : NULL;
	X509 *cert = name ? X509_new() : NULL;
	bool ok = cert && fill_cert(cert, req, name, exts, key);

	X509_NAME_free(name);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	if (ok)
		return cert;
	if (cert)
		bad(errs, "is the key of a kind that signs?", "the certificate cannot be signed");
	X509_free(cert);
	return NULL;
}
