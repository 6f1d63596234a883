/* SPDX-License-Identifier: GPL-2.0 */
/* Trustpoints: certificate, key and CAs as OpenSSL contexts. */
#ifndef _FPD_TRUST_H
#define _FPD_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/ssl.h>

#include <linux/fedpat.h>

#define FPD_TEXT_MAX	512	/* longest explanation of a failure */

/**
 * struct fpd_trust_files - what a trustpoint names
 * @name: its name, for messages
 * @cert: PEM certificate and chain
 * @key: PEM private key
 * @ca: PEM CAs that peers must chain to
 * @crl: PEM revocation lists
 * @revocation: enum fedpat_revocation
 * @ocsp: URL of the OCSP responder
 *
 * Each file may be NULL or empty.
 */
struct fpd_trust_files {
	const char *name;
	const char *cert;
	const char *key;
	const char *ca;
	const char *crl;
	unsigned int revocation;
	const char *ocsp;
};

SSL_CTX *fpd_trust_ctx(const struct fpd_trust_files *files, bool server,
		       enum fedpat_tls_profile profile, char *why, size_t size);
X509_STORE *fpd_trust_store(const struct fpd_trust_files *files, bool *unread, char *why,
			    size_t size);
int fpd_trust_widen(SSL_CTX *ctx, bool server, const struct fpd_trust_files *other, char *why,
		    size_t size);
int fpd_trust_verify(X509_STORE *store, STACK_OF(X509) *chain, X509 **issuer, char *text,
		     size_t size);

#endif /* _FPD_TRUST_H */
