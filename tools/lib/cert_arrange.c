// SPDX-License-Identifier: GPL-2.0
/*
 * Order in what a CA sent: the certificate first, each issuer behind the one
 * it signed. Most handshakes that fail after a renewal fail by this.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "cert.h"

struct arranging {
	const char *file;
	struct fp_cert_set *set;
	fp_cert_note_fn note;
	void *arg;
	struct fp_errs *errs;
};

__attribute__((format(printf, 3, 4)))
static int fault(const struct arranging *a, const char *remedy, const char *fmt, ...)
{
	struct fp_pos pos = { .file = a->file };
	struct fp_where where = { .pos = &pos };
	char text[640];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fp_err_add(a->errs, FP_EXIT_REFUSED, &where, remedy, "%s", text);
	return -EINVAL;
}

__attribute__((format(printf, 2, 3)))
static void note(const struct arranging *a, const char *fmt, ...)
{
	char text[640];
	va_list args;

	if (!a->note)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	a->note(text, a->arg);
}

/**
 * fp_cert_issued() - did one certificate sign another one?
 * @issuer: the one
 * @cert: the other one
 *
 * Return: whether names, key identifiers and signature say so
 */
bool fp_cert_issued(X509 *issuer, X509 *cert)
{
	bool ret = X509_check_issued(issuer, cert) == X509_V_OK &&
		X509_verify(cert, X509_get0_pubkey(issuer)) > 0;

	ERR_clear_error();
	return ret;
}

static bool issues_another(const struct fp_cert_set *set, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(set->certs); i++) {
		X509 *other = sk_X509_value(set->certs, i);

		if (other != cert && fp_cert_issued(cert, other))
			return true;
	}
	return false;
}

static int find_by_key(const struct arranging *a)
{
	const struct fp_cert_set *set = a->set;
	char key[48], cert[48];

	for (int i = 0; i < sk_X509_num(set->certs); i++) {
		if (X509_check_private_key(sk_X509_value(set->certs, i), set->key) > 0)
			return i;
		ERR_clear_error();
	}
	fp_cert_key_text(set->key, key, sizeof(key));
	fp_cert_key_text(X509_get0_pubkey(sk_X509_value(set->certs, 0)), cert, sizeof(cert));
	return fault(a,
		     "import the certificate that the CA made for this key's request, or its own key with it",
		     "the private key (%s) does not belong to %s in it (%s)", key,
		     sk_X509_num(set->certs) > 1 ? "any certificate" : "the certificate", cert);
}

static int find_leaf(const struct arranging *a)
{
	const struct fp_cert_set *set = a->set;
	int found = -1;

	for (int i = 0; i < sk_X509_num(set->certs); i++) {
		X509 *cert = sk_X509_value(set->certs, i);

		if (issues_another(set, cert))
			continue;
		/* A CA alone in a bundle is no identity where there is another one. */
		if (found >= 0 && X509_check_ca(cert) > 0)
			continue;
		if (found >= 0 && X509_check_ca(sk_X509_value(set->certs, found)) <= 0)
			return fault(a, "keep the one that is meant, and its issuers",
				     "there are several certificates that are nobody's issuer, and no key says which is meant");
		found = i;
	}
	return found < 0 ? 0 : found;
}

static X509 *take_issuer(struct fp_cert_set *set, X509 *cert, int *at)
{
	for (int i = 0; i < sk_X509_num(set->certs); i++) {
		if (fp_cert_issued(sk_X509_value(set->certs, i), cert)) {
			*at = i;
			return sk_X509_delete(set->certs, i);
		}
	}
	return NULL;
}

static void drop_rest(const struct arranging *a)
{
	char subject[256];

	while (sk_X509_num(a->set->certs)) {
		X509 *cert = sk_X509_shift(a->set->certs);

		fp_cert_subject(X509_get_subject_name(cert), subject, sizeof(subject));
		note(a, "left out %s, which is not in the chain", subject);
		X509_free(cert);
	}
}

/**
 * fp_cert_arrange() - find the certificate, and put its chain in order
 * @file: where it came from, for messages
 * @set: with certificates, and a key or none
 * @note_fn: is told what was mended, or NULL
 * @arg: last argument of @note_fn
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_cert_arrange(const char *file, struct fp_cert_set *set, fp_cert_note_fn note_fn, void *arg,
		    struct fp_errs *errs)
{
	struct arranging a = { file, set, note_fn, arg, errs };
	struct stack_st_X509 *chain;
	bool moved;
	X509 *cert;
	int at;

	if (set->cert)
		return 0;
	if (!sk_X509_num(set->certs))
		return fault(&a,
			     "import the certificate that the CA sent",
			     "there is no certificate in it");
	at = set->key ? find_by_key(&a) : find_leaf(&a);
	if (at < 0)
		return at;
	chain = sk_X509_new_null();
	if (!chain)
		return -ENOMEM;
	moved = at > 0;
	cert = sk_X509_delete(set->certs, at);
	set->cert = cert;
	while (sk_X509_num(chain) < FP_CERT_CHAIN_MAX && !fp_cert_self_signed(cert)) {
		cert = take_issuer(set, cert, &at);
		if (!cert || sk_X509_push(chain, cert) <= 0)
			break;
		moved |= at > 0;
	}
	if (moved)
		note(&a,
		     "put in order: the certificate first, each issuer behind the one it signed");
	drop_rest(&a);
	sk_X509_free(set->certs);
	set->certs = chain;
	return 0;
}
