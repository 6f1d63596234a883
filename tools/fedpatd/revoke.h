/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Revocation, asked by threads of its own: neither the main thread nor a worker
 * ever waits for a responder. A connection whose peer nobody knows yet belongs
 * to such a thread until the answer is there.
 */
#ifndef _FPD_REVOKE_H
#define _FPD_REVOKE_H

#include <stdbool.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include "cert_status.h"

struct fpd_conn;

int fpd_revoke_start(void);
void fpd_revoke_stop(void);

/*
 * The context asks as the trustpoint says (enum fedpat_revocation; @ocsp: URL or
 * NULL), and as a server staples what it knows of its own certificate.
 */
int fpd_revoke_arm(SSL_CTX *ctx, const char *ocsp, bool server);
void fpd_revoke_staples_begin(void);
void fpd_revoke_staples_end(void);
/* Before a handshake: ask a server for its staple. */
void fpd_revoke_prepare(SSL *ssl);
/*
 * After it: false: judged, conn->reason says how. True: the connection is
 * another thread's, which ends it by fpd_conn_checked().
 */
bool fpd_revoke_take(struct fpd_conn *conn);

/* For a store whose trustpoint asks: no list, or an old one, is no fault of its own. */
int fpd_revoke_forgive(int ok, X509_STORE_CTX *ctx);

/* Legs that stand: what is known of a certificate, and how it becomes known. */
bool fpd_revoke_known(const unsigned char key[SHA256_DIGEST_LENGTH], struct fp_revoke *r);
void fpd_revoke_ask(X509 *cert, X509 *issuer, const char *ocsp, X509_STORE *store);
void fpd_revoke_forget(void);
void fpd_revoke_retry(void);

#endif /* _FPD_REVOKE_H */
