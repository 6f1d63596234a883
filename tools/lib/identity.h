/* SPDX-License-Identifier: GPL-2.0 */
/* What a certificate proves, and what it may be used for. */
#ifndef _FPD_IDENTITY_H
#define _FPD_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

#include <fedpat/reasons.h>
#include <linux/fedpat.h>

#define FPD_NAMES_MAX	64	/* names that we look at in one certificate */

/**
 * struct fpd_identity - names that a verified certificate proves
 * @names: lower case, without trailing dot; DNS names, addresses as text, and
 *	domains of sip: URIs
 * @n: how many
 * @subject: subject as one line, for people
 * @not_after: end of the certificate, seconds since 1970
 * @eku_server: it may be used as a TLS server
 * @eku_client: it may be used as a TLS client
 * @eku_absent: it has no extended key usage at all, which allows both
 */
struct fpd_identity {
	char *names[FPD_NAMES_MAX];
	size_t n;
	char subject[256];
	uint64_t not_after;
	bool eku_server;
	bool eku_client;
	bool eku_absent;
};

int fpd_identity_read(struct fpd_identity *id, X509 *cert);
void fpd_identity_free(struct fpd_identity *id);
bool fpd_identity_has(const struct fpd_identity *id, const char *name);
bool fpd_identity_eku_ok(const struct fpd_identity *id, enum fedpat_eku asked,
			 bool peer_dials);
enum fp_reason fpd_verify_reason(long v);
void fpd_tls_watch(SSL_CTX *ctx);
enum fp_reason fpd_tls_reason(const SSL *ssl, int ssl_error, char *text,
			      size_t size);

#endif /* _FPD_IDENTITY_H */
