// SPDX-License-Identifier: GPL-2.0
/* trustpoint generate, csr: keys and requests. */
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "cmd_trustpoint.h"

static struct fp_cert_request request(const struct tp_opts *o)
{
	/* Who federates both dials and is dialled. */
	return (struct fp_cert_request){
		.subject = o->subject, .names = o->names, .server = true, .client = true,
		.days = o->days,
	};
}

static void print_pem(struct ctl *ctl, BIO *bio)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	fwrite(text, 1, (size_t)len, ctl->out);
}

static void tell_request(struct tp *tp, const struct tp_opts *o, const char *file, BIO *bio)
{
	FILE *err = tp->ctl->err;

	print_pem(tp->ctl, bio);
	fprintf(err, "fedctl: names in it:");
	for (u32 i = 0; i < o->names.n; i++)
		fprintf(err, " %s", o->names.v[i]);
	fprintf(err,
		"\nfedctl: the request is in %s; send it to the CA, then: fedctl trustpoint import %s FILE\n",
		file, tp->obj->o.name);
}

static void make_csr(struct tp *tp, struct tp_opts *o, EVP_PKEY *key)
{
	struct fp_cert_request req;
	char file[FEDPAT_PATH_MAX + 1];
	X509_REQ *csr;
	BIO *bio, *copy;

	tp_names(tp, o);
	req = request(o);
	csr = fp_csr_make(&req, key, &tp->ctl->errs);
	if (!csr)
		return;
	fp_cert_path(tp->obj->o.name, "csr", file, sizeof(file));
	bio = BIO_new(BIO_s_mem());
	copy = BIO_new(BIO_s_mem());
	if (bio && copy && PEM_write_bio_X509_REQ(bio, csr) > 0 &&
	    PEM_write_bio_X509_REQ(copy, csr) > 0 &&
	    !fp_cert_put_bio(file, copy, 0644, &tp->ctl->errs))
		tell_request(tp, o, file, bio);
	BIO_free(bio);
	X509_REQ_free(csr);
}

static void make_self_signed(struct tp *tp, struct tp_opts *o, EVP_PKEY *key)
{
	struct fp_cert_set set = { 0 };
	struct fp_cert_request req;

	if (!access(tp->cert, F_OK) && !o->force) {
		tp_fault(tp->ctl, tp->obj->o.name, "--force replaces it",
			 "there is a certificate already: %s", tp->cert);
		return;
	}
	tp_names(tp, o);
	req = request(o);
	if (fp_cert_set_init(&set))
		return;
	set.key = key;
	EVP_PKEY_up_ref(key);
	set.cert = fp_cert_make(&req, key, &tp->ctl->errs);
	if (set.cert)
		tp_install(tp, &set, true);
	fp_cert_set_free(&set);
}

static void generate(struct tp *tp, struct tp_opts *o)
{
	bool used = !access(tp->key, F_OK);
	const char *file = used ? tp->next : tp->key;
	EVP_PKEY *key;

	if (!access(tp->next, F_OK) && !o->force && !o->self_signed) {
		tp_fault(tp->ctl, tp->obj->o.name,
			 "fedctl trustpoint csr asks for it again; --force replaces it",
			 "a new key waits for its certificate already: %s", tp->next);
		return;
	}
	if (!used && !o->self_signed)
		file = tp->next;
	key = fp_key_make(o->key_type);
	if (!key) {
		tp_fault(tp->ctl, tp->obj->o.name, NULL, "no key can be made");
		return;
	}
	if (o->self_signed) {
		make_self_signed(tp, o, key);
	} else if (!fp_key_put(file, fp_key_export(key), &tp->ctl->errs)) {
		fprintf(tp->ctl->err,
			"fedctl: the new key (%s) waits in %s for its certificate%s\n",
			fp_key_types[o->key_type], file, used ? "; the old one serves on" : "");
		make_csr(tp, o, key);
	}
	EVP_PKEY_free(key);
}

/**
 * trustpoint_generate() - a key, and a request or a self-signed certificate
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_generate(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct tp_opts o;
	struct tp tp;

	(void)kind;
	if (tp_opts_read(ctl, w, " key name subject self-signed days --force ", &o) &&
	    tp_open(ctl, o.name, false, &tp)) {
		generate(&tp, &o);
		tp_close(&tp);
	}
	tp_opts_free(&o);
}

/**
 * trustpoint_csr() - a request with the key that is there
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_csr(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct tp_opts o;
	EVP_PKEY *key;
	struct tp tp;

	(void)kind;
	if (tp_opts_read(ctl, w, " name subject ", &o) && tp_open(ctl, o.name, false, &tp)) {
		if (tp_read_key(&tp, access(tp.next, F_OK) ? tp.key : tp.next, &key))
			make_csr(&tp, &o, key);
		EVP_PKEY_free(key);
		tp_close(&tp);
	}
	tp_opts_free(&o);
}
