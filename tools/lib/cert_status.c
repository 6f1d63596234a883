// SPDX-License-Identifier: GPL-2.0
/* OCSP answers and revocation lists: fetched, checked, read. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/ocsp.h>

#include "cert_status.h"

__attribute__((format(printf, 2, 3)))
static void unknown(struct fp_revoke *r, const char *fmt, ...)
{
	va_list args;

	r->answer = FP_REVOKE_UNKNOWN;
	r->until = 0;
	va_start(args, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, args);
	va_end(args);
	ERR_clear_error();
}

static const char *library_words(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *words = code ? ERR_reason_error_string(code) : NULL;

	return words ? words : "no answer";
}

static time_t keep_until(const ASN1_TIME *next)
{
	time_t now = time(NULL), until = next ? fp_cert_time(next) : now + FP_REVOKE_KEEP;

	return until > now + FP_REVOKE_KEEP_MAX ? now + FP_REVOKE_KEEP_MAX : until;
}

/* --- OCSP ----------------------------------------------------------------- */

/*
 * Signed by the issuer, or by somebody whom the issuer gave OCSPSigning, or, as
 * RFC 6960 section 2.2 allows, by a responder that we trust ourselves.
 */
static bool is_signed(OCSP_BASICRESP *basic, X509 *issuer, const struct stack_st_X509 *cas)
{
	struct stack_st_X509 *above = sk_X509_new_null();
	X509_STORE *store = X509_STORE_new();
	bool ok = above && store && sk_X509_push(above, issuer) > 0 &&
		X509_STORE_add_cert(store, issuer) > 0;

	for (int i = 0; ok && i < sk_X509_num(cas); i++)
		X509_STORE_add_cert(store, sk_X509_value(cas, i));
	if (ok)
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	ok = ok && OCSP_basic_verify(basic, above, store, OCSP_PARTIAL_CHAIN) > 0;
	sk_X509_free(above);
	X509_STORE_free(store);
	ERR_clear_error();
	return ok;
}

static OCSP_CERTID *id_like(const OCSP_SINGLERESP *single, X509 *cert, X509 *issuer)
{
	const OCSP_CERTID *theirs = OCSP_SINGLERESP_get0_id(single);
	ASN1_OBJECT *md = NULL;
	const EVP_MD *digest;

	OCSP_id_get0_info(NULL, &md, NULL, NULL, (OCSP_CERTID *)theirs);
	digest = md ? EVP_get_digestbyobj(md) : NULL;
	return digest ? OCSP_cert_to_id(digest, cert, issuer) : NULL;
}

static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, X509 *cert, X509 *issuer)
{
	OCSP_SINGLERESP *found = NULL;

	for (int i = 0; i < OCSP_resp_count(basic) && !found; i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
		OCSP_CERTID *id = id_like(single, cert, issuer);

		if (id && !OCSP_id_cmp(id, (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single)))
			found = single;
		OCSP_CERTID_free(id);
	}
	return found;
}

static void read_single(OCSP_SINGLERESP *single, const char *who, struct fp_revoke *r)
{
	ASN1_GENERALIZEDTIME *when = NULL, *from = NULL, *next = NULL;
	int reason = -1, status = OCSP_single_get0_status(single, &reason, &when, &from, &next);
	char date[32] = "";
	time_t t;

	/* One that does not say when it ends is good for a day, not for ever. */
	if (OCSP_check_validity(from, next, FP_REVOKE_SKEW, next ? -1 : FP_REVOKE_KEEP_MAX) <= 0) {
		unknown(r, "the answer of %s is too old or from the future", who);
		return;
	}
	r->until = keep_until(next);
	if (status == V_OCSP_CERTSTATUS_GOOD) {
		r->answer = FP_REVOKE_GOOD;
		snprintf(r->text, sizeof(r->text), "%s says good", who);
	} else if (status == V_OCSP_CERTSTATUS_REVOKED) {
		t = fp_cert_time(when);
		strftime(date, sizeof(date), "%F", gmtime(&t));
		r->answer = FP_REVOKE_REVOKED;
		snprintf(r->text, sizeof(r->text), "revoked on %s%s%s, says %s", date,
			 reason >= 0 ? ": " : "", reason >= 0 ? OCSP_crl_reason_str(reason) : "",
			 who);
	} else {
		unknown(r, "%s does not know the certificate", who);
	}
}

static void read_basic(OCSP_BASICRESP *basic, X509 *cert, X509 *issuer, const char *who,
		       struct fp_revoke *r)
{
	OCSP_SINGLERESP *single = find_single(basic, cert, issuer);

	if (single)
		read_single(single, who, r);
	else
		unknown(r, "%s answered about another certificate", who);
}

/**
 * fp_ocsp_judge() - what an OCSP answer says
 * @der: the answer as it came
 * @len: its length
 * @cert: the certificate
 * @issuer: who issued it
 * @cas: may sign the responder, or NULL
 * @who: who answered, in words
 * @r: filled
 */
void fp_ocsp_judge(const unsigned char *der, long len, X509 *cert, X509 *issuer,
		   const struct stack_st_X509 *cas, const char *who, struct fp_revoke *r)
{
	const unsigned char *p = der;
	OCSP_RESPONSE *response = len > 0 && len <= FP_OCSP_MAX ?
		d2i_OCSP_RESPONSE(NULL, &p, len) : NULL;
	OCSP_BASICRESP *basic = NULL;
	int status;

	if (!response) {
		unknown(r, "%s sent no OCSP answer", who);
		return;
	}
	status = OCSP_response_status(response);
	if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	if (!basic)
		unknown(r, "%s refused to answer: %s", who, OCSP_response_status_str(status));
	else if (!is_signed(basic, issuer, cas))
		unknown(r, "the answer of %s is signed neither by the CA nor for it", who);
	else
		read_basic(basic, cert, issuer, who, r);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
}

/* SHA-1 names, it does not protect: every responder knows it. */
static BIO *make_request(X509 *cert, X509 *issuer)
{
	OCSP_REQUEST *req = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, issuer);
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok = req && id && bio;

	if (ok && !OCSP_request_add0_id(req, id)) {
		ok = false;
	} else if (ok) {
		id = NULL;
		ok = ASN1_i2d_bio_of(OCSP_REQUEST, i2d_OCSP_REQUEST, bio, req) > 0;
	}
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(req);
	if (ok)
		return bio;
	BIO_free(bio);
	return NULL;
}

static BIO *post(const char *url, BIO *request, const char **why)
{
	char *host = NULL, *port = NULL, *path = NULL;
	BIO *answer = NULL;
	int tls = 0;

	*why = NULL;
	if (OSSL_HTTP_parse_url(url, &tls, NULL, &host, &port, NULL, &path, NULL, NULL) <= 0)
		*why = "it is no URL";
	else if (tls)
		*why = "OCSP and lists are fetched by http, not https: they are signed themselves";
	else
		answer = OSSL_HTTP_transfer(NULL, host, port, path, 0, NULL, NULL, NULL, NULL, NULL,
					    NULL, 0, NULL, "application/ocsp-request", request,
					    "application/ocsp-response", 1, FP_OCSP_MAX,
					    FP_REVOKE_SECONDS, 0);
	if (!answer && !*why)
		*why = library_words();
	OPENSSL_free(host);
	OPENSSL_free(port);
	OPENSSL_free(path);
	return answer;
}

/**
 * fp_ocsp_ask() - ask an OCSP responder
 * @url: of it
 * @cert: about whom
 * @issuer: who issued it
 * @cas: may sign the responder, or NULL
 * @r: filled
 * @der: gets the answer where it is a good one, else NULL
 * @len: its length
 *
 * Context: waits for the network, FP_REVOKE_SECONDS at most and the time that
 * the name takes to resolve.
 */
void fp_ocsp_ask(const char *url, X509 *cert, X509 *issuer, const struct stack_st_X509 *cas,
		 struct fp_revoke *r, unsigned char **der, long *len)
{
	BIO *request = make_request(cert, issuer), *answer;
	const char *why;
	char *data;
	long n;

	*der = NULL;
	*len = 0;
	answer = request ? post(url, request, &why) : NULL;
	BIO_free(request);
	if (!answer) {
		unknown(r, "OCSP responder %.200s: %s", url, request ? why : "out of memory");
		return;
	}
	n = BIO_get_mem_data(answer, &data);
	fp_ocsp_judge((unsigned char *)data, n, cert, issuer, cas, url, r);
	if (r->answer == FP_REVOKE_GOOD) {
		*der = OPENSSL_memdup(data, (size_t)n);
		*len = *der ? n : 0;
	}
	BIO_free(answer);
}

/* --- lists ---------------------------------------------------------------- */

/**
 * fp_crl_fetch() - fetch a revocation list
 * @url: of it, http:
 * @why: gets why there is none
 * @size: of @why
 *
 * Context: waits for the network.
 * Return: the list, its signature not checked; NULL
 */
X509_CRL *fp_crl_fetch(const char *url, char *why, size_t size)
{
	X509_CRL *crl = NULL;
	BIO *bio;

	ERR_clear_error();
	if (strncmp(url, "http://", 7)) {
		snprintf(why, size, "list %.200s: only http is fetched", url);
		return NULL;
	}
	/* Said to be ASN.1 it is read whole, within the limit and the time. */
	bio = OSSL_HTTP_get(url, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 1, FP_CRL_MAX,
			    FP_REVOKE_SECONDS);
	if (bio)
		crl = d2i_X509_CRL_bio(bio, NULL);
	if (!crl)
		snprintf(why, size, "list %.200s: %s", url, library_words());
	BIO_free(bio);
	ERR_clear_error();
	return crl;
}

/* Of all end certificates and for every reason; others say nothing by not naming one. */
static bool is_whole(X509_CRL *crl)
{
	ISSUING_DIST_POINT *idp =
		X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);
	bool part = idp && (idp->onlyCA > 0 || idp->onlyattr > 0 || idp->onlysomereasons ||
			    idp->indirectCRL > 0);

	ISSUING_DIST_POINT_free(idp);
	return !part && X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) < 0;
}

/**
 * fp_crl_judge() - what a list says of a certificate
 * @crl: the list
 * @cert: the certificate
 * @issuer: who issued both
 * @who: where the list is from, in words
 * @r: filled
 */
void fp_crl_judge(X509_CRL *crl, X509 *cert, X509 *issuer, const char *who, struct fp_revoke *r)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	X509_REVOKED *revoked = NULL;
	char date[32] = "";
	time_t t;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) ||
	    X509_CRL_verify(crl, X509_get0_pubkey(issuer)) <= 0) {
		unknown(r, "list %.200s is not signed by the certificate's CA", who);
		return;
	}
	if (next && fp_cert_time(next) + FP_REVOKE_SKEW < time(NULL)) {
		unknown(r, "list %.200s is too old", who);
		return;
	}
	if (!is_whole(crl)) {
		unknown(r, "list %.200s is only a part of the CA's list", who);
		return;
	}
	r->until = keep_until(next);
	if (X509_CRL_get0_by_cert(crl, &revoked, cert) == 1) {
		t = fp_cert_time(X509_REVOKED_get0_revocationDate(revoked));
		strftime(date, sizeof(date), "%F", gmtime(&t));
		r->answer = FP_REVOKE_REVOKED;
		snprintf(r->text, sizeof(r->text), "revoked on %s, says list %.200s", date, who);
	} else {
		r->answer = FP_REVOKE_GOOD;
		snprintf(r->text, sizeof(r->text), "not in list %.200s", who);
	}
	ERR_clear_error();
}
