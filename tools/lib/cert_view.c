// SPDX-License-Identifier: GPL-2.0
/* A trustpoint as it stands on the disk, judged whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "cert.h"

static bool given(const char *s)
{
	return s && *s;
}

/* Faults of reading become findings. */
static void take_faults(struct fp_findings *f, const char *code, struct fp_errs *errs)
{
	for (unsigned int i = 0; i < errs->n; i++)
		fp_finding_add(f, FP_FIND_ERROR, code, errs->v[i].remedy ? errs->v[i].remedy : "",
			       "%s: %s", errs->v[i].file ? errs->v[i].file : "",
			       errs->v[i].text ? errs->v[i].text : "");
	fp_errs_free(errs);
}

static void view_key(struct fp_trustpoint_view *v)
{
	const char *file = given(v->tp->key) ? v->tp->key : v->tp->cert;
	struct fp_cert_set set;
	struct fp_errs errs = { 0 };

	if (fp_cert_set_init(&set))
		return;
	if (fp_cert_check_mode(file, &errs)) {
		take_faults(&v->findings, "key-file", &errs);
	} else if (fp_cert_read(file, NULL, &set, &errs)) {
		take_faults(&v->findings, "key-unreadable", &errs);
	} else if (!set.key) {
		fp_finding_add(&v->findings, FP_FIND_ERROR, "key-missing",
			       "import the certificate together with its key",
			       "%s holds no private key", file);
	} else if (X509_check_private_key(v->set.cert, set.key) <= 0) {
		fp_finding_add(&v->findings, FP_FIND_ERROR, "key-mismatch",
			       "import the certificate that was made for this key, or the key that belongs to it",
			       "the private key %s does not belong to the certificate", file);
	} else {
		v->has_key = true;
	}
	ERR_clear_error();
	fp_cert_set_free(&set);
}

static X509 *issuer_in(const struct stack_st_X509 *certs, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (fp_cert_issued(sk_X509_value(certs, i), cert))
			return sk_X509_value(certs, i);
	return NULL;
}

/* A reference, or NULL. */
static X509 *issuer_in_system(X509 *cert)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *issuer = NULL;

	if (store && ctx && X509_STORE_set_default_paths(store) > 0 &&
	    X509_STORE_CTX_init(ctx, store, cert, NULL) > 0 &&
	    X509_STORE_CTX_get1_issuer(&issuer, ctx, cert) != 1)
		issuer = NULL;
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return issuer;
}

static void set_anchor(struct fp_trustpoint_view *v, X509 *cert, const char *where)
{
	fp_cert_subject(X509_get_subject_name(cert), v->anchor, sizeof(v->anchor));
	v->anchor_where = where;
}

static void chain_gap(struct fp_trustpoint_view *v, X509 *last, const char *known)
{
	char issuer[512];

	fp_cert_subject(X509_get_issuer_name(last), issuer, sizeof(issuer));
	if (known)
		fp_finding_add(&v->findings, FP_FIND_ERROR, "chain-incomplete",
			       "append it to the certificate's file: fedctl trustpoint import takes both files and puts them in order",
			       "the chain is incomplete: %s is an intermediate CA that partners do not have, and it is not sent (it is in the %s)",
			       issuer, known);
	else
		fp_finding_add(&v->findings, FP_FIND_WARNING, "anchor-unknown",
			       "if it is an intermediate CA, append it to the certificate's file; if it is the root, partners must trust it",
			       "the chain ends at %s, which is neither in the ca file nor in the system's store",
			       issuer);
}

static void view_chain(struct fp_trustpoint_view *v)
{
	int n = sk_X509_num(v->set.certs);
	X509 *last = n ? sk_X509_value(v->set.certs, n - 1) : v->set.cert;
	X509 *issuer;

	if (fp_cert_self_signed(last)) {
		set_anchor(v, last, "file itself");
		return;
	}
	issuer = issuer_in(v->cas.certs, last);
	if (issuer) {
		if (!fp_cert_self_signed(issuer))
			chain_gap(v, last, "ca file");
		else
			set_anchor(v, issuer, "ca file");
		return;
	}
	issuer = issuer_in_system(last);
	if (!issuer) {
		chain_gap(v, last, NULL);
		return;
	}
	if (fp_cert_self_signed(issuer))
		set_anchor(v, issuer, "system store");
	else
		chain_gap(v, last, "system store");
	X509_free(issuer);
}

static void judge_chain_dates(struct fp_trustpoint_view *v, const struct stack_st_X509 *certs,
			      const char *what, time_t now)
{
	struct fp_cert_info info;
	int days;

	for (int i = 0; i < sk_X509_num(certs); i++) {
		fp_cert_info(sk_X509_value(certs, i), &info);
		days = fp_cert_days(info.not_after, now);
		if (days < 0)
			fp_finding_add(&v->findings, FP_FIND_WARNING, "ca-expired",
				       "take it out (fedctl trustpoint distrust), and put its successor in",
				       "%s %s ended %d days ago", what, info.subject, -days);
		else if (fp_cert_stage(info.not_after, now))
			fp_finding_add(&v->findings, FP_FIND_WARNING, "ca-ends-soon",
				       "ask the CA for its successor",
				       "%s %s ends in %d days", what, info.subject, days);
	}
}

static void view_identity(struct fp_trustpoint_view *v, time_t now)
{
	struct fp_errs errs = { 0 };

	if (fp_cert_read(v->tp->cert, NULL, &v->set, &errs)) {
		take_faults(&v->findings, "cert-unreadable", &errs);
		return;
	}
	/* A key in the same file is looked at below; here it says which certificate is meant. */
	if (fp_cert_arrange(v->tp->cert, &v->set, NULL, NULL, &errs)) {
		take_faults(&v->findings, "cert-unusable", &errs);
		return;
	}
	fp_cert_info(v->set.cert, &v->info);
	view_key(v);
	view_chain(v);
	fp_cert_judge(&v->info, &v->needs, now, &v->findings);
	judge_chain_dates(v, v->set.certs, "in the chain, CA", now);
}

static void view_cas(struct fp_trustpoint_view *v, time_t now)
{
	struct fp_errs errs = { 0 };

	if (fp_cert_read(v->tp->ca, NULL, &v->cas, &errs))
		take_faults(&v->findings, "ca-unreadable", &errs);
	else if (!sk_X509_num(v->cas.certs))
		fp_finding_add(&v->findings, FP_FIND_ERROR, "ca-empty",
			       "fedctl trustpoint trust adds the partner's root",
			       "%s holds no CA, so that no peer can be trusted", v->tp->ca);
	judge_chain_dates(v, v->cas.certs, "the trusted CA", now);
}

static void view_crls(struct fp_trustpoint_view *v, time_t now)
{
	struct fp_errs errs = { 0 };
	char issuer[512];

	if (fp_cert_read(v->tp->crl, NULL, &v->crls, &errs))
		take_faults(&v->findings, "crl-unreadable", &errs);
	for (int i = 0; i < sk_X509_CRL_num(v->crls.crls); i++) {
		const X509_CRL *crl = sk_X509_CRL_value(v->crls.crls, i);
		const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

		if (!next || fp_cert_time(next) > now)
			continue;
		fp_cert_subject(X509_CRL_get_issuer(crl), issuer, sizeof(issuer));
		fp_finding_add(&v->findings,
			       v->tp->revocation == FEDPAT_REVOCATION_SOFT ? FP_FIND_WARNING :
			       FP_FIND_ERROR, "crl-old",
			       "fetch the CA's new list into that file, then fedctl reload",
			       "the revocation list of %s in %s is %d days too old: its peers are refused",
			       issuer, v->tp->crl, -fp_cert_days(fp_cert_time(next), now));
	}
}

static void view_needs(struct fp_trustpoint_view *v)
{
	if (!given(v->tp->cert) && v->needs.n)
		fp_finding_add(&v->findings, FP_FIND_ERROR, "no-identity",
			       "fedctl trustpoint generate makes a key and a request",
			       "it has no certificate, and %s needs one", v->needs.v[0].object);
	if (v->needs.n && !given(v->tp->ca))
		fp_finding_add(&v->findings, FP_FIND_ERROR, "no-ca",
			       "fedctl trustpoint trust, or exchange, adds the partner's root",
			       "it has no ca file, so that no peer could be trusted, and %s needs it",
			       v->needs.v[0].object);
}

/**
 * fp_trustpoint_view() - read and judge a trustpoint
 * @model: the policy it belongs to
 * @tp: the trustpoint
 * @now: now
 *
 * Return: the view, which points into @model; NULL without memory
 */
struct fp_trustpoint_view *fp_trustpoint_view(const struct fp_model *model,
					      const struct fp_obj_trustpoint *tp, time_t now)
{
	struct fp_trustpoint_view *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->tp = tp;
	if (fp_cert_set_init(&v->set) || fp_cert_set_init(&v->cas) || fp_cert_set_init(&v->crls)) {
		fp_trustpoint_view_free(v);
		return NULL;
	}
	fp_cert_needs(model, tp->o.name, &v->needs);
	view_needs(v);
	if (given(tp->ca))
		view_cas(v, now);
	if (given(tp->cert))
		view_identity(v, now);
	if (given(tp->crl))
		view_crls(v, now);
	return v;
}

/**
 * fp_trustpoint_view_free() - free a view
 * @view: may be NULL
 */
void fp_trustpoint_view_free(struct fp_trustpoint_view *view)
{
	if (!view)
		return;
	fp_cert_set_free(&view->set);
	fp_cert_set_free(&view->cas);
	fp_cert_set_free(&view->crls);
	free(view);
}
