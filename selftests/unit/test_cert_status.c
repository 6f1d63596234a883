// SPDX-License-Identifier: GPL-2.0
/*
 * Revoked or not: lists longer than one read, lists that are only a part,
 * answers that do not say when they end, answers about somebody else.
 */
#include <arpa/inet.h>
#include <kselftest.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "cert_status.h"

#define DAY	86400L
#define LONG	4000	/* entries: more than a hundred kilobytes of DER */

static EVP_PKEY *ca_key;
static X509 *ca, *leaf;

static X509 *make(const char *cn, long serial, X509 *issuer)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name);
	X509_gmtime_adj(X509_getm_notBefore(cert), -DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert), DAY);
	X509_set_pubkey(cert, ca_key);
	X509_sign(cert, ca_key, EVP_sha256());
	return cert;
}

/* --- lists ---------------------------------------------------------------- */

static void add_revoked(X509_CRL *crl, long serial)
{
	X509_REVOKED *rev = X509_REVOKED_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_TIME *when = ASN1_TIME_adj(NULL, time(NULL), -1, 0);

	ASN1_INTEGER_set(number, serial);
	X509_REVOKED_set_serialNumber(rev, number);
	X509_REVOKED_set_revocationDate(rev, when);
	X509_CRL_add0_revoked(crl, rev);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(when);
}

/* Serials from 1000 on, and @last. */
static X509_CRL *list_of(int entries, long last, int critical_nid)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = ASN1_TIME_adj(NULL, time(NULL), 0, 0);
	ASN1_TIME *end = ASN1_TIME_adj(NULL, time(NULL), 1, 0);
	ISSUING_DIST_POINT *idp;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, end);
	for (int i = 0; i < entries; i++)
		add_revoked(crl, 1000 + i);
	if (last)
		add_revoked(crl, last);
	if (critical_nid) {
		idp = ISSUING_DIST_POINT_new();
		idp->onlyCA = 0xff;
		X509_CRL_add1_ext_i2d(crl, critical_nid, idp, 1, 0);
		ISSUING_DIST_POINT_free(idp);
	}
	X509_CRL_sign(crl, ca_key, EVP_sha256());
	ASN1_TIME_free(now);
	ASN1_TIME_free(end);
	return crl;
}

/* An HTTP server for one request, which speaks in pieces. Return: its port. */
static int serve(const unsigned char *body, int len, pid_t *pid)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0), c, piece = 16000;
	char request[2048];

	if (bind(l, (struct sockaddr *)&a, size) || listen(l, 1) ||
	    getsockname(l, (struct sockaddr *)&a, &size))
		abort();
	*pid = fork();
	if (!*pid) {
		c = accept(l, NULL, NULL);
		if (read(c, request, sizeof(request)) < 0)
			_exit(1);
		dprintf(c, "HTTP/1.0 200 OK\r\nContent-Type: application/pkix-crl\r\n"
			"Content-Length: %d\r\n\r\n", len);
		for (int at = 0; at < len; at += piece) {
			usleep(20000);
			if (write(c, body + at, (size_t)(len - at < piece ? len - at : piece)) < 0)
				_exit(1);
		}
		close(c);
		_exit(0);
	}
	close(l);
	return ntohs(a.sin_port);
}

static X509_CRL *fetched(X509_CRL *crl)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);
	char url[64], why[256] = "";
	X509_CRL *got;
	pid_t pid;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/ca.crl", serve(der, len, &pid));
	got = fp_crl_fetch(url, why, sizeof(why));
	if (!got)
		ksft_print_msg("%d octets: %s\n", len, why);
	waitpid(pid, NULL, 0);
	OPENSSL_free(der);
	return got;
}

static void test_long_list(void)
{
	X509_CRL *crl = list_of(LONG, 7, 0), *got = fetched(crl);
	struct fp_revoke r = { 0 };

	if (got)
		fp_crl_judge(got, leaf, ca, "the list", &r);
	ksft_test_result(got && sk_X509_REVOKED_num(X509_CRL_get_REVOKED(got)) == LONG + 1 &&
			 r.answer == FP_REVOKE_REVOKED,
			 "a list that comes in many pieces is read to its end\n");
	X509_CRL_free(got);
	X509_CRL_free(crl);
}

static void test_lists(void)
{
	X509_CRL *good = list_of(3, 0, 0), *part = list_of(3, 0, NID_issuing_distribution_point);
	struct fp_revoke r = { 0 };

	fp_crl_judge(good, leaf, ca, "the list", &r);
	ksft_test_result(r.answer == FP_REVOKE_GOOD, "who is not in it is good\n");
	memset(&r, 0, sizeof(r));
	fp_crl_judge(part, leaf, ca, "the list", &r);
	ksft_test_result(r.answer == FP_REVOKE_UNKNOWN && strstr(r.text, "only a part"),
			 "a list of CAs alone says nothing of others\n");
	X509_CRL_free(good);
	X509_CRL_free(part);
}

/* --- OCSP ----------------------------------------------------------------- */

/* What an answer of @age seconds says, with an end @ends seconds from now, 0 = none. */
static struct fp_revoke answered(X509 *about, int status, long age, long ends)
{
	ASN1_TIME *end = ends ? X509_gmtime_adj(NULL, ends) : NULL;
	ASN1_TIME *from = X509_gmtime_adj(NULL, -age);
	ASN1_TIME *when = X509_gmtime_adj(NULL, -DAY);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, about, ca);
	struct fp_revoke r = { 0 };
	unsigned char *der = NULL;
	OCSP_RESPONSE *resp;
	int len;

	OCSP_basic_add1_status(basic, id, status, OCSP_REVOKED_STATUS_KEYCOMPROMISE, when, from,
			       end);
	OCSP_basic_sign(basic, ca, ca_key, EVP_sha256(), NULL, 0);
	resp = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(resp, &der);
	fp_ocsp_judge(der, len, leaf, ca, NULL, "the responder", &r);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(resp);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	ASN1_TIME_free(from);
	ASN1_TIME_free(end);
	ASN1_TIME_free(when);
	return r;
}

static void test_answers(void)
{
	X509 *other = make("other", 8, ca);
	time_t now = time(NULL);
	struct fp_revoke r;

	r = answered(leaf, V_OCSP_CERTSTATUS_GOOD, 60, 3600);
	ksft_test_result(r.answer == FP_REVOKE_GOOD && r.until <= now + 3601,
			 "good, until it ends\n");
	r = answered(leaf, V_OCSP_CERTSTATUS_REVOKED, 60, 3600);
	ksft_test_result(r.answer == FP_REVOKE_REVOKED && strstr(r.text, "keyCompromise"),
			 "revoked, and why\n");
	r = answered(leaf, V_OCSP_CERTSTATUS_GOOD, 60, 0);
	ksft_test_result(r.answer == FP_REVOKE_GOOD && r.until <= now + FP_REVOKE_KEEP_MAX,
			 "without an end it holds a day at most\n");
	r = answered(leaf, V_OCSP_CERTSTATUS_GOOD, 3 * DAY, 0);
	ksft_test_result(r.answer == FP_REVOKE_UNKNOWN && strstr(r.text, "too old"),
			 "and one of three days ago is worth nothing\n");
	r = answered(other, V_OCSP_CERTSTATUS_GOOD, 60, 3600);
	ksft_test_result(r.answer == FP_REVOKE_UNKNOWN && strstr(r.text, "another certificate"),
			 "an answer about another certificate is none\n");
	X509_free(other);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(8);
	ca_key = EVP_EC_gen("P-256");
	ca = make("Test CA", 1, NULL);
	leaf = make("leaf", 7, ca);
	test_long_list();
	test_lists();
	test_answers();
	X509_free(leaf);
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	ksft_finished();
}
