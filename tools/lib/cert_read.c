// SPDX-License-Identifier: GPL-2.0
/*
 * Certificate files of every format that a CA or a partner sends: PEM with
 * anything in it, DER, PKCS#7, PKCS#12. What it is, is seen from the octets,
 * never from the name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ui.h>

#include "cert.h"
#include "secret.h"

__attribute__((format(printf, 4, 5)))
static int fault(struct fp_errs *errs, const char *file, const char *remedy, const char *fmt, ...)
{
	struct fp_pos pos = { .file = file };
	struct fp_where where = { .pos = &pos };
	char text[640];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fp_err_add(errs, FP_EXIT_REFUSED, file ? &where : NULL, remedy, "%s", text);
	ERR_clear_error();
	return -EINVAL;
}

/* --- passphrases ---------------------------------------------------------- */

static int read_all(const char *file, struct fp_errs *errs, unsigned char **out, size_t *len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t got = 0;

	*len = 0;
	if (fd < 0 || fstat(fd, &st)) {
		fault(errs, file, "check the name, and who may read it", "cannot be read: %s",
		      strerror(errno));
		if (fd >= 0)
			close(fd);
		return -EIO;
	}
	*out = OPENSSL_zalloc(FP_CERT_FILE_MAX + 1);
	while (*out && *len <= FP_CERT_FILE_MAX &&
	       (got = read(fd, *out + *len, FP_CERT_FILE_MAX + 1 - *len)) > 0)
		*len += (size_t)got;
	close(fd);
	if (!*out || got < 0 || *len > FP_CERT_FILE_MAX) {
		OPENSSL_clear_free(*out, FP_CERT_FILE_MAX + 1);
		return fault(errs, file,
			     "a certificate has a few thousand octets; is it the right file?",
			     got < 0 ? "cannot be read" : "is longer than 1 MiB");
	}
	return 0;
}

/**
 * fp_pass_read() - passphrase from a file: its first line
 * @file: name of the file; "-" is standard input
 * @pass: gets it; fp_pass_free() it
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_pass_read(const char *file, struct fp_pass *pass, struct fp_errs *errs)
{
	unsigned char *data;
	size_t len, n;
	int err;

	memset(pass, 0, sizeof(*pass));
	err = read_all(strcmp(file, "-") ? file : "/dev/stdin", errs, &data, &len);
	if (err)
		return err;
	for (n = 0; n < len && data[n] != '\n' && data[n] != '\r'; n++)
		;
	if (n > FP_PASS_MAX) {
		err = fault(errs, file, "the passphrase is the first line of the file",
			    "a passphrase has at most %d octets", FP_PASS_MAX);
	} else {
		memcpy(pass->text, data, n);
		pass->len = n;
		pass->given = true;
	}
	OPENSSL_clear_free(data, FP_CERT_FILE_MAX + 1);
	return err;
}

/**
 * fp_pass_ask() - passphrase from the terminal, unseen
 * @prompt: what is asked for
 * @twice: ask again, and compare
 * @pass: gets it; fp_pass_free() it
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_pass_ask(const char *prompt, bool twice, struct fp_pass *pass, struct fp_errs *errs)
{
	memset(pass, 0, sizeof(*pass));
	if (!isatty(STDIN_FILENO) && access("/dev/tty", R_OK))
		return fault(errs, NULL, "name a file that holds it: passphrase-file FILE",
			     "a passphrase is needed, and there is no terminal to ask");
	if (EVP_read_pw_string_min(pass->text, twice ? 8 : 0, FP_PASS_MAX, prompt, twice)) {
		fp_pass_free(pass);
		return fault(errs, NULL, "at least 8 characters, twice the same",
			     "no passphrase was typed");
	}
	pass->len = strlen(pass->text);
	pass->given = true;
	return 0;
}

/**
 * fp_pass_free() - cleanse a passphrase
 * @pass: the passphrase
 */
void fp_pass_free(struct fp_pass *pass)
{
	OPENSSL_cleanse(pass, sizeof(*pass));
}

/* --- sets ----------------------------------------------------------------- */

/**
 * fp_cert_set_init() - an empty set
 * @set: the set
 *
 * Return: 0, -ENOMEM
 */
int fp_cert_set_init(struct fp_cert_set *set)
{
	memset(set, 0, sizeof(*set));
	set->certs = sk_X509_new_null();
	set->crls = sk_X509_CRL_new_null();
	if (set->certs && set->crls)
		return 0;
	fp_cert_set_free(set);
	return -ENOMEM;
}

/**
 * fp_cert_set_free() - free what files held
 * @set: the set; may be all zero
 */
void fp_cert_set_free(struct fp_cert_set *set)
{
	sk_X509_pop_free(set->certs, X509_free);
	sk_X509_CRL_pop_free(set->crls, X509_CRL_free);
	X509_free(set->cert);
	EVP_PKEY_free(set->key);
	memset(set, 0, sizeof(*set));
}

/* Each certificate once. */
static int add_cert(struct fp_cert_set *set, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(set->certs); i++) {
		if (!X509_cmp(sk_X509_value(set->certs, i), cert)) {
			X509_free(cert);
			return 0;
		}
	}
	if (sk_X509_num(set->certs) < FP_CERTS_MAX && sk_X509_push(set->certs, cert) > 0)
		return 0;
	X509_free(cert);
	return -E2BIG;
}

static int add_certs(struct fp_cert_set *set, const struct stack_st_X509 *certs)
{
	int ret = 0;

	for (int i = 0; i < sk_X509_num(certs) && !ret; i++) {
		X509_up_ref(sk_X509_value(certs, i));
		ret = add_cert(set, sk_X509_value(certs, i));
	}
	return ret;
}

static int add_key(const char *file, struct fp_cert_set *set, EVP_PKEY *key, struct fp_errs *errs)
{
	if (set->key && EVP_PKEY_eq(set->key, key) != 1) {
		EVP_PKEY_free(key);
		return fault(errs, file, "leave the one that belongs to the certificate",
			     "there are two different private keys");
	}
	EVP_PKEY_free(set->key);
	set->key = key;
	return 0;
}

/* --- one reader a format -------------------------------------------------- */

struct reading {
	const char *file;
	const struct fp_pass *pass;
	struct fp_cert_set *set;
	struct fp_errs *errs;
	bool asked;	/* the passphrase was used */
};

static int give_pass(char *buf, int size, int rw, void *arg)
{
	struct reading *r = arg;

	(void)rw;
	r->asked = true;
	if (!r->pass || !r->pass->given || r->pass->len > (size_t)size)
		return -1;
	memcpy(buf, r->pass->text, r->pass->len);
	return (int)r->pass->len;
}

static int wrong_pass(struct reading *r)
{
	if (r->pass && r->pass->given)
		return fault(r->errs, r->file,
			     "ask who made the file; the passphrase file's first line is what counts, blanks included",
			     "the passphrase is wrong");
	return fault(r->errs, r->file, "give it: passphrase-file FILE",
		     "it is locked by a passphrase, and none was given");
}

static int pem_key(struct reading *r, BIO *one)
{
	EVP_PKEY *key;

	r->asked = false;
	key = PEM_read_bio_PrivateKey(one, NULL, give_pass, r);
	if (key)
		return add_key(r->file, r->set, key, r->errs);
	return r->asked ? wrong_pass(r) :
	       fault(r->errs, r->file, "let it be sent again, in PEM",
		     "the private key in it is damaged");
}

static int take_pkcs7(struct reading *r, PKCS7 *p7)
{
	struct stack_st_X509_CRL *crls = NULL;
	struct stack_st_X509 *certs = NULL;
	int ret;

	if (PKCS7_type_is_signed(p7) && p7->d.sign) {
		certs = p7->d.sign->cert;
		crls = p7->d.sign->crl;
	}
	if (!sk_X509_num(certs) && sk_X509_CRL_num(crls) <= 0)
		return fault(r->errs, r->file, "let the CA send the certificate with its chain",
			     "this PKCS#7 holds no certificate");
	ret = add_certs(r->set, certs);
	for (int i = 0; i < sk_X509_CRL_num(crls) && !ret; i++) {
		X509_CRL_up_ref(sk_X509_CRL_value(crls, i));
		if (sk_X509_CRL_push(r->set->crls, sk_X509_CRL_value(crls, i)) <= 0)
			ret = -ENOMEM;
	}
	return ret;
}

static int pem_block(struct reading *r, const char *name, const unsigned char *data, long len)
{
	const unsigned char *p = data;
	X509_CRL *crl;
	PKCS7 *p7;
	X509 *cert;
	int ret;

	if (!strcmp(name, PEM_STRING_X509) || !strcmp(name, PEM_STRING_X509_OLD) ||
	    !strcmp(name, PEM_STRING_X509_TRUSTED)) {
		cert = strcmp(name, PEM_STRING_X509_TRUSTED) ? d2i_X509(NULL, &p, len) :
		       d2i_X509_AUX(NULL, &p, len);
		return cert ? add_cert(r->set, cert) :
		       fault(r->errs, r->file, "let it be sent again",
			     "a certificate in it is damaged");
	}
	if (!strcmp(name, PEM_STRING_X509_CRL)) {
		crl = d2i_X509_CRL(NULL, &p, len);
		if (crl && sk_X509_CRL_push(r->set->crls, crl) > 0)
			return 0;
		X509_CRL_free(crl);
		return fault(r->errs, r->file, "fetch it again",
			     "a revocation list in it is damaged");
	}
	if (!strcmp(name, PEM_STRING_PKCS7) || !strcmp(name, PEM_STRING_PKCS7_SIGNED)) {
		p7 = d2i_PKCS7(NULL, &p, len);
		ret = p7 ? take_pkcs7(r, p7) :
		      fault(r->errs, r->file, "let it be sent again",
			    "the PKCS#7 in it is damaged");
		PKCS7_free(p7);
		return ret;
	}
	return 0;	/* parameters, comments, requests: not ours */
}

static bool is_key_name(const char *name)
{
	size_t len = strlen(name), end = strlen("PRIVATE KEY");

	return len >= end && !strcmp(name + len - end, "PRIVATE KEY");
}

/* One block after the other; a key is read anew from its place, for its passphrase. */
static int read_pem(struct reading *r, const unsigned char *data, size_t len)
{
	BIO *bio = BIO_new_mem_buf(data, (int)len);
	int ret = 0, blocks = 0;
	bool csr = false;

	while (bio && !ret) {
		char *rest, *name = NULL, *header = NULL;
		unsigned char *der = NULL;
		long left = BIO_get_mem_data(bio, &rest), n = 0;
		BIO *here = BIO_new_mem_buf(rest, (int)left);

		if (PEM_read_bio(bio, &name, &header, &der, &n) > 0) {
			blocks++;
			csr |= !strcmp(name, PEM_STRING_X509_REQ);
			ret = is_key_name(name) ? pem_key(r, here) : pem_block(r, name, der, n);
		} else {
			ret = 1;
		}
		BIO_free(here);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)n);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (ret < 0)
		return ret;
	if (!blocks)
		return fault(r->errs, r->file,
			     "let it be sent again; was it cut when it was copied?",
			     "it begins like PEM, and no block in it is whole");
	if (csr && !sk_X509_num(r->set->certs) && !r->set->key)
		return fault(r->errs, r->file, "send it to the CA, and import what comes back",
			     "it is a certificate request, not a certificate");
	return 0;
}

static int read_pkcs12(struct reading *r, PKCS12 *p12)
{
	const char *pass = r->pass && r->pass->given ? r->pass->text : NULL;
	struct stack_st_X509 *ca = NULL;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	int ret = 0;

	/* Files without a passphrase are of two kinds: none, and an empty one. */
	if (!PKCS12_verify_mac(p12, pass, -1) && (pass || !PKCS12_verify_mac(p12, "", -1))) {
		ERR_clear_error();
		return wrong_pass(r);
	}
	if (!PKCS12_parse(p12, pass ? pass : "", &key, &cert, &ca))
		return fault(r->errs, r->file,
			     "make it anew with AES: openssl pkcs12 -export without -legacy",
			     "it is locked by an old cipher (RC2 or 3DES) that OpenSSL 3 does not do, or it is damaged");
	if (key)
		ret = add_key(r->file, r->set, key, r->errs);
	if (!ret && cert) {
		X509_up_ref(cert);
		ret = add_cert(r->set, cert);
	}
	if (!ret)
		ret = add_certs(r->set, ca);
	X509_free(cert);
	sk_X509_pop_free(ca, X509_free);
	return ret;
}

static int read_der_key(struct reading *r, const unsigned char *data, size_t len)
{
	const unsigned char *p = data;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)len);
	BIO *bio;

	if (key)
		return add_key(r->file, r->set, key, r->errs);
	bio = BIO_new_mem_buf(data, (int)len);
	r->asked = false;
	key = d2i_PKCS8PrivateKey_bio(bio, NULL, give_pass, r);
	BIO_free(bio);
	if (key)
		return add_key(r->file, r->set, key, r->errs);
	if (r->asked)
		return wrong_pass(r);
	ERR_clear_error();
	return fault(r->errs, r->file,
		     "expected a certificate in PEM, DER, PKCS#7 (.p7b) or PKCS#12 (.p12, .pfx)",
		     "it is no certificate");
}

/* One after the other; DER says what it is only by fitting. */
static int read_der(struct reading *r, const unsigned char *data, size_t len)
{
	const unsigned char *p = data;
	X509_CRL *crl;
	PKCS12 *p12;
	PKCS7 *p7;
	X509 *cert;
	int ret;

	cert = d2i_X509(NULL, &p, (long)len);
	if (cert)
		return add_cert(r->set, cert);
	p = data;
	crl = d2i_X509_CRL(NULL, &p, (long)len);
	if (crl)
		return sk_X509_CRL_push(r->set->crls, crl) > 0 ? 0 : -ENOMEM;
	p = data;
	p12 = d2i_PKCS12(NULL, &p, (long)len);
	if (p12) {
		ret = read_pkcs12(r, p12);
		PKCS12_free(p12);
		return ret;
	}
	p = data;
	p7 = d2i_PKCS7(NULL, &p, (long)len);
	if (p7) {
		ret = take_pkcs7(r, p7);
		PKCS7_free(p7);
		return ret;
	}
	ERR_clear_error();
	return read_der_key(r, data, len);
}

/**
 * fp_cert_read_mem() - what octets hold
 * @file: their name, for messages
 * @data: the octets
 * @len: how many
 * @pass: passphrase, or NULL
 * @set: is added to
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_cert_read_mem(const char *file, const void *data, size_t len, const struct fp_pass *pass,
		     struct fp_cert_set *set, struct fp_errs *errs)
{
	struct reading r = { .file = file, .pass = pass, .set = set, .errs = errs };
	int ret;

	ERR_clear_error();
	if (!len)
		return fault(errs, file, "let it be sent again", "it is empty");
	if (len > FP_CERT_FILE_MAX)
		return fault(errs, file, "is it the right file?", "it is longer than 1 MiB");
	if (memmem(data, len, "-----BEGIN ", 11))
		ret = read_pem(&r, data, len);
	else
		ret = read_der(&r, data, len);
	if (ret && ret != -EINVAL)
		fault(errs, file, "split it", ret == -E2BIG ? "more than %d certificates" :
		      "out of memory behind %d certificates", FP_CERTS_MAX);
	ERR_clear_error();
	return ret;
}

/**
 * fp_cert_read() - what a file holds
 * @file: its name
 * @pass: passphrase, or NULL
 * @set: is added to
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_cert_read(const char *file, const struct fp_pass *pass, struct fp_cert_set *set,
		 struct fp_errs *errs)
{
	unsigned char *data;
	size_t len;
	int ret = read_all(strcmp(file, "-") ? file : "/dev/stdin", errs, &data, &len);

	if (ret)
		return ret;
	ret = fp_cert_read_mem(file, data, len, pass, set, errs);
	OPENSSL_clear_free(data, FP_CERT_FILE_MAX + 1);
	return ret;
}

/**
 * fp_cert_check_mode() - is a file of a private key for its owner alone?
 * @file: its name
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_cert_check_mode(const char *file, struct fp_errs *errs)
{
	char remedy[FEDPAT_PATH_MAX + 64], text[128];
	const char *mend, *wrong;
	struct stat st;

	if (stat(file, &st))
		return fault(errs, file,
			     "fedctl trustpoint generate makes one",
			     "there is no key: %s",
			     strerror(errno));
	wrong = fp_secret_fault(&st, text, sizeof(text), &mend);
	if (wrong) {
		snprintf(remedy, sizeof(remedy), "run: %s %s", mend, file);
		return fault(errs, file, remedy, "the private key %s", wrong);
	}
	return 0;
}
