// SPDX-License-Identifier: GPL-2.0
/* trustpoint import, export, trust, distrust. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cmd_trustpoint.h"

/* --- installing ----------------------------------------------------------- */

static bool is_blocking(const struct fp_finding *f)
{
	return f->level == FP_FIND_ERROR;
}

/**
 * tp_judge() - would those who need it refuse it?
 * @tp: the trustpoint
 * @set: the certificate, arranged
 * @force: only tell
 *
 * Return: false: it would be refused, which was told
 */
bool tp_judge(struct tp *tp, struct fp_cert_set *set, bool force)
{
	struct fp_findings *f = calloc(1, sizeof(*f));
	struct fp_cert_needs *needs = calloc(1, sizeof(*needs));
	struct fp_cert_info info;
	bool ok = f && needs;
	char remedy[800];

	if (!ok) {
		tp_fault(tp->ctl, tp->obj->o.name, NULL, "out of memory");
	} else {
		fp_cert_info(set->cert, &info);
		fp_cert_needs(tp->model, tp->obj->o.name, needs);
		fp_cert_judge(&info, needs, time(NULL), f);
	}
	for (u32 i = 0; ok && i < f->n; i++) {
		snprintf(remedy, sizeof(remedy), "%s; --force takes it nevertheless", f->v[i].mend);
		if (is_blocking(&f->v[i]) && !force)
			tp_fault(tp->ctl, tp->obj->o.name, remedy, "not taken: %s", f->v[i].text);
		else
			fprintf(tp->ctl->err, "fedctl: warning: %s; %s\n", f->v[i].text,
				f->v[i].mend);
	}
	ok = ok && (force || !f->errors);
	free(f);
	free(needs);
	return ok;
}

static X509 *find_issuer(const struct stack_st_X509 *certs, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (fp_cert_issued(sk_X509_value(certs, i), cert))
			return sk_X509_value(certs, i);
	return NULL;
}

/* Intermediates that the CA did not send, and that we have. */
static void complete_chain(struct tp *tp, struct fp_cert_set *set, const char *file)
{
	struct fp_cert_set have;
	struct fp_errs errs = { 0 };
	char text[700], subject[512];

	if (!file || !*file || access(file, R_OK) || fp_cert_set_init(&have))
		return;
	fp_cert_read(file, NULL, &have, &errs);
	fp_errs_free(&errs);
	for (int n = sk_X509_num(set->certs); n < FP_CERT_CHAIN_MAX; n++) {
		X509 *last = n ? sk_X509_value(set->certs, n - 1) : set->cert;
		X509 *issuer = fp_cert_self_signed(last) ? NULL : find_issuer(have.certs, last);

		if (!issuer || fp_cert_self_signed(issuer) || !X509_up_ref(issuer))
			break;
		sk_X509_push(set->certs, issuer);
		fp_cert_subject(X509_get_subject_name(issuer), subject, sizeof(subject));
		snprintf(text, sizeof(text), "the chain lacked %s; taken from %s", subject, file);
		tp_note(text, tp->ctl);
	}
	fp_cert_set_free(&have);
}

static void tell_installed(struct tp *tp, const struct fp_cert_set *set)
{
	struct fp_cert_info info;

	if (tp->ctl->json)
		return;
	fp_cert_info(set->cert, &info);
	fprintf(tp->ctl->out, "trustpoint %s: %s, %d days left, %d CA%s in its chain\n",
		tp->obj->o.name, info.subject, fp_cert_days(info.not_after, time(NULL)),
		sk_X509_num(set->certs), sk_X509_num(set->certs) == 1 ? "" : "s");
	fprintf(tp->ctl->out, "sha256 %s\n", info.print);
}

/**
 * tp_install() - write an identity, and make it the trustpoint's
 * @tp: the trustpoint
 * @set: certificate, arranged, and its key
 * @force: even if somebody would refuse it
 *
 * Return: false: told
 */
bool tp_install(struct tp *tp, struct fp_cert_set *set, bool force)
{
	struct fp_obj *o = &tp->obj->o;

	complete_chain(tp, set, tp->obj->cert);
	complete_chain(tp, set, tp->obj->ca);
	if (!tp_judge(tp, set, force))
		return false;
	if (!strcmp(tp->cert, tp->key)) /* both in one file: from now on in two */
		snprintf(tp->key, sizeof(tp->key), "%.*s.key", FEDPAT_PATH_MAX - 4, tp->cert);
	if (fp_cert_put_identity(tp->cert, tp->key, set, &tp->ctl->errs))
		return false;
	unlink(tp->next);
	fp_obj_set_str(o, FEDPAT_A_TRUSTPOINT_CERT, tp->cert);
	fp_obj_set_str(o, FEDPAT_A_TRUSTPOINT_KEY, tp->key);
	tp_commit(tp);
	if (tp->ctl->errs.n)
		return false;
	tell_installed(tp, set);
	return true;
}

/* --- import --------------------------------------------------------------- */

static bool looks_locked(const struct fp_errs *errs)
{
	return errs->n == 1 && errs->v[0].text && strstr(errs->v[0].text, "none was given");
}

/* The passphrase is asked for where a terminal is there and a file needs it. */
static bool read_file(struct ctl *ctl, const char *file, struct fp_pass *pass,
		      struct fp_cert_set *set)
{
	struct fp_errs errs = { 0 };
	int err = fp_cert_read(file, pass, set, &errs);

	if (err && looks_locked(&errs) && !pass->given && isatty(STDIN_FILENO)) {
		fp_errs_free(&errs);
		err = fp_pass_ask("Passphrase: ", false, pass, &errs);
		if (!err)
			err = fp_cert_read(file, pass, set, &errs);
	}
	fp_errs_move(&ctl->errs, &errs);
	return !err;
}

static bool key_fits(const struct fp_cert_set *set, EVP_PKEY *key)
{
	bool fits = false;

	for (int i = 0; i < sk_X509_num(set->certs) && !fits; i++)
		fits = X509_check_private_key(sk_X509_value(set->certs, i), key) > 0;
	ERR_clear_error();
	return fits;
}

/* None came with it: the one that waits, else the one in use. */
static bool find_key(struct tp *tp, struct fp_cert_set *set)
{
	EVP_PKEY *key = NULL;

	if (set->key)
		return true;
	if (!access(tp->next, F_OK)) {
		if (!tp_read_key(tp, tp->next, &key))
			return false;
		if (key_fits(set, key)) {
			set->key = key;
			return true;
		}
		EVP_PKEY_free(key);
	}
	if (!access(tp->key, F_OK))
		return tp_read_key(tp, tp->key, &set->key);
	if (!access(tp->next, F_OK))
		return tp_read_key(tp, tp->next, &set->key);
	tp_fault(tp->ctl, tp->obj->o.name,
		 "give its key: key-file FILE; or, if it is a CA's: fedctl trustpoint trust",
		 "no private key came with it, and none waits for it in %s", tp->next);
	return false;
}

static void import_files(struct tp *tp, const struct tp_opts *o, struct fp_pass *pass)
{
	struct fp_errs *errs = &tp->ctl->errs;
	struct fp_cert_set set;

	if (fp_cert_set_init(&set))
		return;
	for (u32 i = 0; i < o->n_files && !errs->n; i++)
		read_file(tp->ctl, o->files[i], pass, &set);
	if (o->key_file && !errs->n)
		read_file(tp->ctl, o->key_file, pass, &set);
	if (!errs->n && find_key(tp, &set) &&
	    !fp_cert_arrange(o->files[0], &set, tp_note, tp->ctl, errs))
		tp_install(tp, &set, o->force);
	fp_cert_set_free(&set);
}

static bool read_pass(struct ctl *ctl, const struct tp_opts *o, struct fp_pass *pass)
{
	memset(pass, 0, sizeof(*pass));
	return !o->pass_file || !fp_pass_read(o->pass_file, pass, &ctl->errs);
}

/**
 * trustpoint_import() - take what a CA sent
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_import(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_pass pass;
	struct tp_opts o;
	struct tp tp;

	(void)kind;
	if (tp_opts_read(ctl, w, " FILE key-file passphrase-file --force ", &o) && !o.n_files)
		usage(ctl,
		      "fedctl trustpoint import NAME FILE...",
		      "the name of a file is missing");
	if (!ctl->errs.n && read_pass(ctl, &o, &pass)) {
		if (tp_open(ctl, o.name, false, &tp)) {
			import_files(&tp, &o, &pass);
			tp_close(&tp);
		}
		fp_pass_free(&pass);
	}
	tp_opts_free(&o);
}

/* --- export --------------------------------------------------------------- */

static void export_to(struct tp *tp, const struct tp_opts *o, const struct fp_cert_set *set,
		      const struct fp_pass *pass)
{
	BIO *bio = fp_cert_export(set, (enum fp_cert_format)o->format, tp->obj->o.name, pass,
				  &tp->ctl->errs);
	char *text;
	long len;

	if (!bio)
		return;
	if (o->n_files) {
		fp_cert_put_bio(o->files[0], bio, o->format == FP_CERT_P12 ? 0600 : 0644,
				&tp->ctl->errs);
		return;
	}
	len = BIO_get_mem_data(bio, &text);
	fwrite(text, 1, (size_t)len, tp->ctl->out);
	BIO_free(bio);
}

static void do_export(struct tp *tp, const struct tp_opts *o)
{
	bool p12 = o->format == FP_CERT_P12;
	struct ctl *ctl = tp->ctl;
	struct fp_cert_set set;
	struct fp_pass pass;

	if (o->format == FP_CERT_DER)
		tp_note("DER holds the certificate alone; p7b and pem take its chain with it", ctl);
	if (!read_pass(ctl, o, &pass))
		return;
	if (p12 && !pass.given &&
	    fp_pass_ask("Passphrase for the key: ", true, &pass, &ctl->errs))
		return;
	if (tp_read_identity(tp, &set, p12))
		export_to(tp, o, &set, p12 ? &pass : NULL);
	fp_cert_set_free(&set);
	fp_pass_free(&pass);
}

/**
 * trustpoint_export() - certificate and chain for the partner
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_export(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct tp_opts o;
	struct tp tp;

	(void)kind;
	if (tp_opts_read(ctl, w, " FILE format passphrase-file ", &o) && o.n_files > 1)
		usage(ctl, NULL, "'%s' is one word too many", o.files[1]);
	if (!ctl->errs.n && o.format == FP_CERT_P12 && !o.n_files)
		usage(ctl, "fedctl trustpoint export NAME FILE format p12",
		      "PKCS#12 holds a private key and goes into a file only");
	if (!ctl->errs.n && tp_open(ctl, o.name, true, &tp)) {
		do_export(&tp, &o);
		tp_close(&tp);
	}
	tp_opts_free(&o);
}

/* --- bundles -------------------------------------------------------------- */

static BIO *bundle(const struct stack_st_X509 *certs)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char subject[512];
	bool ok = bio;

	for (int i = 0; i < sk_X509_num(certs) && ok; i++) {
		X509 *cert = sk_X509_value(certs, i);

		fp_cert_subject(X509_get_subject_name(cert), subject, sizeof(subject));
		ok = BIO_printf(bio, "# %s\n", subject) > 0 && PEM_write_bio_X509(bio, cert) > 0;
	}
	if (ok)
		return bio;
	BIO_free(bio);
	return NULL;
}

/* The trustpoint's CAs; none where there is no file yet. */
static bool read_cas(struct tp *tp, struct fp_cert_set *set, char *file, size_t size)
{
	if (fp_cert_set_init(set))
		return false;
	if (tp->obj->ca && *tp->obj->ca) {
		snprintf(file, size, "%s", tp->obj->ca);
		return !fp_cert_read(file, NULL, set, &tp->ctl->errs);
	}
	fp_cert_path(tp->obj->o.name, "ca.pem", file, size);
	return access(file, F_OK) || !fp_cert_read(file, NULL, set, &tp->ctl->errs);
}

static bool write_cas(struct tp *tp, const struct fp_cert_set *set, const char *file)
{
	if (!sk_X509_num(set->certs)) {
		/* An empty file is no bundle: nobody is trusted. */
		fp_obj_unset(&tp->obj->o, fp_attr_find(tp->obj->o.kind, "ca"));
		tp_commit(tp);
		if (!tp->ctl->errs.n)
			unlink(file);
		return !tp->ctl->errs.n;
	}
	if (fp_cert_put_bio(file, bundle(set->certs), 0644, &tp->ctl->errs))
		return false;
	fp_obj_set_str(&tp->obj->o, FEDPAT_A_TRUSTPOINT_CA, file);
	tp_commit(tp);
	return !tp->ctl->errs.n;
}

static bool holds(const struct stack_st_X509 *certs, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (!X509_cmp(sk_X509_value(certs, i), cert))
			return true;
	return false;
}

static bool fit_for_trust(struct tp *tp, X509 *cert)
{
	struct fp_cert_info info;

	fp_cert_info(cert, &info);
	if (info.not_after < time(NULL)) {
		tp_fault(tp->ctl, tp->obj->o.name, "ask for its successor", "%s ended %d days ago",
			 info.subject, -fp_cert_days(info.not_after, time(NULL)));
		return false;
	}
	if (info.weak) {
		tp_fault(tp->ctl, tp->obj->o.name, "ask for a stronger one", "%s: %s", info.subject,
			 info.weak);
		return false;
	}
	if (!info.ca)
		fprintf(tp->ctl->err,
			"fedctl: warning: %s is no CA: only this one certificate is trusted, until it is renewed\n",
			info.subject);
	return true;
}

/**
 * tp_add_cas() - trust certificates
 * @tp: the trustpoint
 * @certs: the certificates
 *
 * Return: false: told
 */
bool tp_add_cas(struct tp *tp, const struct stack_st_X509 *certs)
{
	char file[FEDPAT_PATH_MAX + 1], print[FP_CERT_PRINT], subject[512];
	struct fp_cert_set have;
	bool ok = read_cas(tp, &have, file, sizeof(file));

	for (int i = 0; i < sk_X509_num(certs) && ok; i++) {
		X509 *cert = sk_X509_value(certs, i);

		fp_cert_print_of(cert, print);
		fp_cert_subject(X509_get_subject_name(cert), subject, sizeof(subject));
		ok = fit_for_trust(tp, cert);
		if (ok && holds(have.certs, cert)) {
			fprintf(tp->ctl->out, "= %s %s is trusted already\n", print, subject);
		} else if (ok && X509_up_ref(cert)) {
			sk_X509_push(have.certs, cert);
			fprintf(tp->ctl->out, "+ %s %s\n", print, subject);
		}
	}
	ok = ok && write_cas(tp, &have, file);
	fp_cert_set_free(&have);
	return ok;
}

/**
 * trustpoint_trust() - add CAs to a trustpoint
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_trust(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_cert_set set = { 0 };
	struct fp_pass none = { 0 };
	struct tp_opts o;
	struct tp tp;

	(void)kind;
	if (tp_opts_read(ctl, w, " FILE ", &o) && !o.n_files)
		usage(ctl, "fedctl trustpoint trust NAME FILE...", "the name of a file is missing");
	if (!ctl->errs.n && !fp_cert_set_init(&set) && tp_open(ctl, o.name, false, &tp)) {
		for (u32 i = 0; i < o.n_files && !ctl->errs.n; i++)
			read_file(ctl, o.files[i], &none, &set);
		if (!ctl->errs.n && !sk_X509_num(set.certs))
			tp_fault(ctl, o.name, "expected the partner's root, or his CA's",
				 "there is no certificate in %s", o.files[0]);
		else if (!ctl->errs.n)
			tp_add_cas(&tp, set.certs);
		tp_close(&tp);
	}
	fp_cert_set_free(&set);
	tp_opts_free(&o);
}

/* Colons and case do not count. */
static bool print_begins(const char *print, const char *with)
{
	for (; *with; with++) {
		if (*with == ':')
			continue;
		while (*print == ':')
			print++;
		if (tolower((unsigned char)*print++) != tolower((unsigned char)*with))
			return false;
	}
	return true;
}

static void distrust(struct tp *tp, const char *which)
{
	char file[FEDPAT_PATH_MAX + 1], print[FP_CERT_PRINT], subject[512];
	struct fp_cert_set set;
	int found = -1, hits = 0;

	if (!read_cas(tp, &set, file, sizeof(file))) {
		fp_cert_set_free(&set);
		return;
	}
	for (int i = 0; i < sk_X509_num(set.certs); i++) {
		fp_cert_print_of(sk_X509_value(set.certs, i), print);
		if (strlen(which) >= 4 && print_begins(print, which)) {
			hits++;
			found = i;
		}
	}
	if (hits != 1) {
		tp_fault(tp->ctl, tp->obj->o.name, "fedctl trustpoint show lists them",
			 hits ? "%d of its CAs begin with that fingerprint" :
			 "%d of its CAs have that fingerprint; give four digits at least", hits);
	} else if (sk_X509_num(set.certs) == 1 && !(tp->obj->cert && *tp->obj->cert)) {
		tp_fault(tp->ctl, tp->obj->o.name, "fedctl trustpoint del deletes the trustpoint",
			 "it is the only CA, and a trustpoint needs one");
	} else {
		X509 *gone = sk_X509_delete(set.certs, found);

		fp_cert_print_of(gone, print);
		fp_cert_subject(X509_get_subject_name(gone), subject, sizeof(subject));
		X509_free(gone);
		if (write_cas(tp, &set, file))
			fprintf(tp->ctl->out, "- %s %s\n", print, subject);
	}
	fp_cert_set_free(&set);
}

/**
 * trustpoint_distrust() - take a CA out of a trustpoint
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_distrust(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "a name");
	const char *which = name ? need(ctl, w, "a fingerprint") : NULL;
	struct tp tp;

	(void)kind;
	if (!which || !no_more(ctl, w) || !tp_open(ctl, name, true, &tp))
		return;
	distrust(&tp, which);
	tp_close(&tp);
}
