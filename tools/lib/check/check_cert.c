// SPDX-License-Identifier: GPL-2.0
/* C8: trust and expiry, ours and theirs, before somebody is refused. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "check_probe.h"

#define DAY		86400
#define CERTS_MAX	1000	/* certificates of one file that are looked at */

static time_t ends(X509 *cert)
{
	struct tm tm;

	return ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) > 0 ? timegm(&tm) : 0;
}

static void name_of(X509 *cert, char *buf, int size)
{
	X509_NAME_oneline(X509_get_subject_name(cert), buf, size);
}

/* 30, 7 and 1 days are where people look again. */
static void judge_end(X509 *cert, const char *what, const char *mend, struct fp_check_result *r)
{
	time_t end = ends(cert), now = time(NULL);
	char name[160];
	long days;

	name_of(cert, name, sizeof(name));
	days = (long)((end - now) / DAY);
	if (end <= now)
		fp_found(r, FP_CHECK_FAIL, mend, "%s %s has expired", what, name);
	else if (days < 1)
		fp_found(r, FP_CHECK_FAIL, mend, "%s %s ends within 1 day, in %ld h", what, name,
			 (long)(end - now) / 3600);
	else if (days < 7)
		fp_found(r, FP_CHECK_WARN, mend, "%s %s ends within 7 days, in %ld", what, name,
			 days);
	else if (days < 30)
		fp_found(r, FP_CHECK_WARN, mend, "%s %s ends within 30 days, in %ld", what, name,
			 days);
}

static void judge_client_auth(X509 *cert, const char *whose, bool ours, struct fp_check_result *r)
{
	struct fpd_identity id;
	char issuer[256];

	if (fpd_identity_read(&id, cert))
		return;
	X509_NAME_oneline(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	if (ours && !id.eku_absent && !id.eku_client)
		fp_found(r, FP_CHECK_FAIL, "renew it with serverAuth and clientAuth",
			 "%s lacks clientAuth: partners refuse it when we dial", whose);
	else if (id.eku_client && id.eku_server && fp_cert_public_ca(issuer))
		fp_found(r, FP_CHECK_WARN, ours ?
			 "renew it where clientAuth is kept, or agree with partners on serverAuth" :
			 "set eku any-tls for the peer before it is renewed",
			 "%s comes from a public CA, which ends clientAuth: the next renewal loses it",
			 whose);
	fpd_identity_free(&id);
}

/* Certificates of a PEM file, @fn for each; how many, -1 where it cannot be read. */
static int each_cert(const char *file, void (*fn)(X509 *cert, int at, void *arg), void *arg)
{
	FILE *in = fopen(file, "re");
	X509 *cert;
	int n = 0;

	if (!in)
		return -1;
	while (n < CERTS_MAX && (cert = PEM_read_X509(in, NULL, NULL, NULL))) {
		fn(cert, n++, arg);
		X509_free(cert);
	}
	ERR_clear_error();
	fclose(in);
	return n;
}

struct own {
	const struct fp_obj_trustpoint *tp;
	struct fp_check_result *r;
	bool client;
};

static void own_cert(X509 *cert, int at, void *arg)
{
	struct own *o = arg;
	char what[120];

	snprintf(what, sizeof(what), "%s of trustpoint '%s'", at ? "intermediate" : "certificate",
		 o->tp->o.name);
	judge_end(cert, what, "renew it, then fedctl reload", o->r);
	if (!at && o->client)
		judge_client_auth(cert, what, true, o->r);
}

static void ca_cert(X509 *cert, int at, void *arg)
{
	struct own *o = arg;
	char what[120];

	(void)at;
	snprintf(what, sizeof(what), "CA of trustpoint '%s'", o->tp->o.name);
	judge_end(cert, what, "get the CA's new root and add it to the ca file", o->r);
}

static void judge_files(const struct fp_obj_trustpoint *tp, bool client, struct fp_check_result *r)
{
	struct own o = { .tp = tp, .r = r, .client = client };
	int n;

	if (tp->cert && *tp->cert) {
		n = each_cert(tp->cert, own_cert, &o);
		if (n <= 0)
			fp_found(r, FP_CHECK_FAIL, "fedctl trustpoint show",
				 "certificate file %s of trustpoint '%s' %s", tp->cert, tp->o.name,
				 n ? "cannot be read" : "holds no certificate");
	}
	if (tp->ca && *tp->ca) {
		n = each_cert(tp->ca, ca_cert, &o);
		if (n <= 0)
			fp_found(r, FP_CHECK_FAIL, "put the partners' roots into it",
				 "ca file %s of trustpoint '%s' %s: no peer is trusted", tp->ca,
				 tp->o.name, n ? "cannot be read" : "holds no CA");
	}
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool in_scope(const struct fp_probe *p, const char *federation)
{
	for (u32 i = 0; i < p->opts->scope.n; i++)
		if (same(p->opts->scope.v[i], federation))
			return true;
	return !p->opts->scope.n;
}

static void check_own(struct fp_probe *p, struct fp_check_result *r)
{
	const struct fp_obj_trustpoint *tp;
	const struct fp_obj_tls_proxy *t;
	const struct fp_obj_peer *peer;
	u32 i, j, used = 0;

	fp_model_each(p->model, FP_K_TRUSTPOINT, i, tp) {
		bool here = false, client = false;

		fp_model_each(p->model, FP_K_TLS_PROXY, j, t) {
			if (!in_scope(p, t->federation))
				continue;
			here |= same(t->server_trustpoint, tp->o.name);
			client |= same(t->client_trustpoint, tp->o.name);
		}
		fp_model_each(p->model, FP_K_PEER, j, peer)
			client |= in_scope(p, peer->federation) &&
				  same(peer->trustpoint, tp->o.name);
		if (!here && !client)
			continue;
		judge_files(tp, client, r);
		used++;
	}
	if (!used)
		fp_found(r, FP_CHECK_SKIP, NULL, "no trustpoint is in use");
	else if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "%u trustpoints, nothing ends within 30 days", used);
}

static void check_theirs(struct fp_probe *p, struct fp_check_result *r)
{
	X509 *leaf;

	if (!p->shake.chain || p->transport != FEDPAT_TRANSPORT_TLS) {
		fp_found(r, FP_CHECK_SKIP, NULL, "no certificate was seen");
		return;
	}
	for (int i = 0; i < sk_X509_num(p->shake.chain); i++)
		judge_end(sk_X509_value(p->shake.chain, i), "its certificate",
			  "it must be renewed there; ask in time", r);
	leaf = sk_X509_value(p->shake.chain, 0);
	if (p->peer && p->peer->eku == FEDPAT_EKU_BOTH)
		judge_client_auth(leaf, "its certificate", false, r);
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "%sends in %ld days",
			 p->shake.n_faults ? "" : "trusted, ",
			 (long)((ends(leaf) - time(NULL)) / DAY));
}

/* C8: of the gateway all trustpoints in use, of a peer what it presented. */
void fp_check_c8(struct fp_probe *p, struct fp_check_result *r)
{
	if (p->kind == FP_PROBE_GATEWAY)
		check_own(p, r);
	else
		check_theirs(p, r);
}
