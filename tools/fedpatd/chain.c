// SPDX-License-Identifier: GPL-2.0
/* The chain of a peer as text that the kernel keeps with its leg, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "daemon.h"

/* Base64 of one certificate behind what is in @text; false: it has no room. */
static bool add_cert(char *text, const X509 *cert)
{
	size_t used = strlen(text);
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	bool fits = len > 0 && used + 2 + 4 * (((size_t)len + 2) / 3) <= FEDPAT_CHAIN_MAX;

	if (fits) {
		if (used)
			text[used++] = ' ';
		EVP_EncodeBlock((unsigned char *)text + used, der, len);
	}
	OPENSSL_free(der);
	return fits;
}

/**
 * fpd_chain_text() - a chain as text
 * @chain: the certificates, the peer's own first
 *
 * Of a chain that is too long its end is left out: it can then be judged only
 * where the CAs know that end themselves.
 *
 * Return: the text, to be freed; NULL without memory.
 */
char *fpd_chain_text(const STACK_OF(X509) *chain)
{
	char *text = calloc(1, FEDPAT_CHAIN_MAX + 1);

	for (int i = 0; text && i < sk_X509_num(chain); i++)
		if (!add_cert(text, sk_X509_value(chain, i)))
			break;
	return text;
}

static X509 *parse_cert(const char *text, size_t len)
{
	unsigned char *der = malloc(len + 1);
	const unsigned char *p = der;
	X509 *cert = NULL;
	int n;

	if (!der)
		return NULL;
	n = EVP_DecodeBlock(der, (const unsigned char *)text, (int)len);
	if (n > 0)
		cert = d2i_X509(NULL, &p, n);	/* the padding behind it is no part */
	free(der);
	return cert;
}

/**
 * fpd_chain_parse() - a chain from its text
 * @text: the text, may be NULL
 *
 * Return: the certificates, or NULL when there are none or it is damaged.
 */
STACK_OF(X509) *fpd_chain_parse(const char *text)
{
	STACK_OF(X509) *chain = text && *text ? sk_X509_new_null() : NULL;

	while (chain && *text) {
		size_t len = strcspn(text, " ");
		X509 *cert = parse_cert(text, len);

		if (!cert || !sk_X509_push(chain, cert)) {
			X509_free(cert);
			sk_X509_pop_free(chain, X509_free);
			return NULL;
		}
		text += len;
		text += *text == ' ';
	}
	return chain;
}

/**
 * fpd_fingerprint() - SHA-256 of a certificate
 * @cert: the certificate
 * @hex: gets it
 *
 * Return: 0 or -1.
 */
int fpd_fingerprint(const X509 *cert, char hex[FPD_FINGERPRINT])
{
	unsigned char md[SHA256_DIGEST_LENGTH];
	unsigned int n = 0;

	if (X509_digest(cert, EVP_sha256(), md, &n) <= 0)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", md[i]);
	return 0;
}
