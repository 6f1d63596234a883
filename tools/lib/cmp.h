/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Certificates from a CA by CMP (RFC 4210, over HTTP by RFC 6712).
 *
 * The first time (ir) we are known by a reference and a secret that the CA
 * gave, or by a certificate that it trusts (cr); renewal (kur) is signed by the
 * certificate that is renewed. Answers must be protected by the secret or chain
 * to a CA that we were told.
 */
#ifndef _FP_CMP_H
#define _FP_CMP_H

#include "cert.h"

#define FP_CMP_SECONDS	30	/* for the whole of it, polling included */

enum fp_cmp_kind {
	FP_CMP_IR,	/* first certificate, by reference and secret */
	FP_CMP_CR,	/* another one, by a certificate */
	FP_CMP_KUR,	/* renewal, by the certificate that is renewed */
};

/**
 * struct fp_cmp - what to ask whom
 * @kind: enum fp_cmp_kind
 * @url: of the server
 * @reference: what the CA calls us, or NULL
 * @secret: the secret, or NULL
 * @own: certificate, chain and key that sign, or NULL
 * @key: key of the new certificate
 * @req: what it shall say; for a renewal what the old one says counts where it is empty
 * @trusted: CAs that the server must chain to; may be empty with a secret
 */
struct fp_cmp {
	enum fp_cmp_kind kind;
	const char *url;
	const char *reference;
	const struct fp_pass *secret;
	const struct fp_cert_set *own;
	EVP_PKEY *key;
	struct fp_cert_request req;
	const struct stack_st_X509 *trusted;
};

/* The new certificate with its chain, and the key. Waits for the network. */
int fp_cmp_enroll(const struct fp_cmp *cmp, struct fp_cert_set *out, struct fp_errs *errs);

#endif /* _FP_CMP_H */
