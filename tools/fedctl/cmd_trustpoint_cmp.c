// SPDX-License-Identifier: GPL-2.0
/* trustpoint enroll, renew: certificates by CMP. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd_trustpoint.h"
#include "cmp.h"

static void read_trusted(struct tp *tp, const char *file, struct fp_cert_set *set)
{
	if (!file || !*file)
		file = tp->obj->cmp_ca && *tp->obj->cmp_ca ? tp->obj->cmp_ca : tp->obj->ca;
	if (file && *file)
		fp_cert_read(file, NULL, set, &tp->ctl->errs);
}

static void enroll_with(struct tp *tp, struct tp_opts *o, struct fp_cmp *cmp,
			const struct fp_cert_set *trusted)
{
	struct fp_cert_set got;

	/* One that waits is meant: a request for it may be with the CA already. */
	if (access(tp->next, F_OK))
		cmp->key = fp_key_make(o->key_type);
	else if (!tp_read_key(tp, tp->next, &cmp->key))
		return;
	cmp->trusted = trusted->certs;
	cmp->req = (struct fp_cert_request){
		.subject = o->subject, .names = o->names, .server = true, .client = true,
	};
	if (!cmp->key) {
		tp_fault(tp->ctl, tp->obj->o.name, NULL, "no key can be made");
		return;
	}
	if (!fp_cmp_enroll(cmp, &got, &tp->ctl->errs)) {
		fp_obj_set_str(&tp->obj->o, FEDPAT_A_TRUSTPOINT_CMP, cmp->url);
		if (o->ca)
			fp_obj_set_str(&tp->obj->o, FEDPAT_A_TRUSTPOINT_CMP_CA, o->ca);
		tp_install(tp, &got, o->force);
		fp_cert_set_free(&got);
	}
	EVP_PKEY_free(cmp->key);
}

/* Known by secret, else by the certificate that is there. */
static void enroll(struct tp *tp, struct tp_opts *o)
{
	struct fp_cmp cmp = { .kind = FP_CMP_IR, .url = o->server, .reference = o->reference };
	struct fp_cert_set trusted = { 0 }, own = { 0 };
	struct fp_errs *errs = &tp->ctl->errs;
	struct fp_pass secret = { 0 };

	tp_names(tp, o);
	if (fp_cert_set_init(&trusted))
		return;
	if (o->reference && !o->secret_file)
		fp_pass_ask("Secret of the CA: ", false, &secret, errs);
	else if (o->secret_file)
		fp_pass_read(o->secret_file, &secret, errs);
	if (secret.given) {
		cmp.secret = &secret;
	} else if (!errs->n && tp_read_identity(tp, &own, true)) {
		cmp.kind = FP_CMP_CR;
		cmp.own = &own;
	}
	read_trusted(tp, o->ca, &trusted);
	if (!errs->n)
		enroll_with(tp, o, &cmp, &trusted);
	fp_pass_free(&secret);
	fp_cert_set_free(&own);
	fp_cert_set_free(&trusted);
}

static bool check_enroll(struct ctl *ctl, const struct tp_opts *o)
{
	if (!o->server)
		usage(ctl, "fedctl trustpoint enroll NAME server URL", "the CMP server is missing");
	else if (o->secret_file && !o->reference)
		usage(ctl, "reference R: what the CA calls us", "a secret without its reference");
	else if (o->ca && *o->ca != '/')
		usage(ctl,
		      "give its absolute path: the daemon reads it, too",
		      "ca: '%s' is relative",
		      o->ca);
	return !ctl->errs.n;
}

/**
 * trustpoint_enroll() - let a CA issue the certificate by CMP
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_enroll(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *words = " server reference secret-file ca key name subject --force ";
	struct tp_opts o;
	struct tp tp;

	(void)kind;
	signal(SIGPIPE, SIG_IGN);	/* a server that hangs up is no end of ours */
	if (tp_opts_read(ctl, w, words, &o) &&
	    check_enroll(ctl, &o) && tp_open(ctl, o.name, false, &tp)) {
		enroll(&tp, &o);
		tp_close(&tp);
	}
	tp_opts_free(&o);
}

static void renew(struct tp *tp, struct tp_opts *o)
{
	struct fp_cmp cmp = { .kind = FP_CMP_KUR, .url = tp->obj->cmp };
	struct fp_cert_set trusted = { 0 }, own = { 0 };

	if (!cmp.url || !*cmp.url) {
		tp_fault(tp->ctl, tp->obj->o.name,
			 "set it: fedctl trustpoint set NAME cmp URL; without one: csr, then import",
			 "it names no CMP server");
		return;
	}
	if (fp_cert_set_init(&trusted))
		return;
	read_trusted(tp, NULL, &trusted);
	if (!tp->ctl->errs.n && tp_read_identity(tp, &own, true)) {
		cmp.own = &own;
		enroll_with(tp, o, &cmp, &trusted);
	}
	fp_cert_set_free(&own);
	fp_cert_set_free(&trusted);
}

/**
 * trustpoint_renew() - let the CMP server renew the certificate, with a new key
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_renew(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct tp_opts o;
	struct tp tp;

	(void)kind;
	signal(SIGPIPE, SIG_IGN);
	if (tp_opts_read(ctl, w, " key --force ", &o) && tp_open(ctl, o.name, true, &tp)) {
		renew(&tp, &o);
		tp_close(&tp);
	}
	tp_opts_free(&o);
}
