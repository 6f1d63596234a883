/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a finished handshake to kernel TLS.
 *
 * OpenSSL 3.0 offloads TLS 1.2 in both directions but TLS 1.3 only when
 * sending, so the traffic keys are derived here for both versions and both
 * directions (RFC 8446 section 7.3, RFC 5246 section 6.3).
 */
#ifndef _FPD_KTLS_H
#define _FPD_KTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/ssl.h>

#define FPD_SECRET_MAX	48	/* SHA-384, the longest of the suites we allow */

/**
 * struct fpd_secrets - TLS 1.3 traffic secrets of one connection
 * @client: CLIENT_TRAFFIC_SECRET_0
 * @server: SERVER_TRAFFIC_SECRET_0
 * @len: octets of each; 0 until the handshake has made them
 *
 * Lives in OpenSSL's secure heap from the start of the handshake until the
 * keys are installed, and is cleansed by fpd_secrets_free().
 */
struct fpd_secrets {
	unsigned char client[FPD_SECRET_MAX];
	unsigned char server[FPD_SECRET_MAX];
	size_t len;
};

struct fpd_secrets *fpd_secrets_alloc(void);
void fpd_secrets_free(struct fpd_secrets *s);

int fpd_ktls_init(void);
void fpd_ktls_watch(SSL_CTX *ctx);
void fpd_ktls_bind(SSL *ssl, struct fpd_secrets *s);
const char *fpd_ktls_install(SSL *ssl, int fd, bool *spoilt);
bool fpd_ktls_probe(void);
const char *fpd_ktls_suites12(void);
const char *fpd_ktls_suites13(void);

#endif /* _FPD_KTLS_H */
