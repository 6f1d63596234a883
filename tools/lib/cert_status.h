/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is a certificate revoked? OCSP answers (RFC 6960), fetched or stapled, and
 * revocation lists (RFC 5280), fetched by HTTP.
 */
#ifndef _FP_CERT_STATUS_H
#define _FP_CERT_STATUS_H

#include "cert.h"

#define FP_REVOKE_SECONDS	5		/* one request */
#define FP_OCSP_MAX		(64 << 10)	/* longest OCSP answer */
#define FP_CRL_MAX		(16 << 20)	/* longest list */
#define FP_REVOKE_KEEP		3600		/* an answer without nextUpdate */
#define FP_REVOKE_KEEP_MAX	86400		/* and any answer */
#define FP_REVOKE_SKEW		300		/* clocks differ */

enum fp_revoke_answer {
	FP_REVOKE_UNKNOWN,
	FP_REVOKE_GOOD,
	FP_REVOKE_REVOKED,
};

/**
 * struct fp_revoke - an answer
 * @answer: enum fp_revoke_answer
 * @until: how long it holds
 * @text: who said it, or why nobody did
 */
struct fp_revoke {
	enum fp_revoke_answer answer;
	time_t until;
	char text[320];
};

/* An OCSP answer as it came; @cas may sign the responder. */
void fp_ocsp_judge(const unsigned char *der, long len, X509 *cert, X509 *issuer,
		   const struct stack_st_X509 *cas, const char *who, struct fp_revoke *r);
/* @der: gets the answer, to be freed with OPENSSL_free(), or NULL. Waits for the network. */
void fp_ocsp_ask(const char *url, X509 *cert, X509 *issuer, const struct stack_st_X509 *cas,
		 struct fp_revoke *r, unsigned char **der, long *len);
X509_CRL *fp_crl_fetch(const char *url, char *why, size_t size);
void fp_crl_judge(X509_CRL *crl, X509 *cert, X509 *issuer, const char *who, struct fp_revoke *r);

#endif /* _FP_CERT_STATUS_H */
