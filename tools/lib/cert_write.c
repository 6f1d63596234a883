// SPDX-License-Identifier: GPL-2.0
/* Certificates and keys into files: beside, then renamed, so that a reader sees all or nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cert.h"
#include "paths.h"
#include "secret.h"

const char * const fp_cert_formats[] = { "pem", "der", "p7b", "p12", NULL };

static int fault(struct fp_errs *errs, const char *file, const char *remedy, const char *text)
{
	struct fp_pos pos = { .file = file };
	struct fp_where where = { .pos = &pos };

	fp_err_add(errs, FP_EXIT_REFUSED, file ? &where : NULL, remedy, "%s", text);
	ERR_clear_error();
	return -EINVAL;
}

/**
 * fp_cert_path() - where a file of a trustpoint is when nobody says it
 * @trustpoint: its name
 * @ext: "pem", "key"
 * @buf: gets the path
 * @size: of @buf
 */
void fp_cert_path(const char *trustpoint, const char *ext, char *buf, size_t size)
{
	const char *dir = getenv("FEDPAT_CERTDIR");

	snprintf(buf, size, "%s/%s.%s", dir ? dir : FP_CERTDIR, trustpoint, ext);
}

static void make_dir(const char *file)
{
	char dir[FEDPAT_PATH_MAX + 1], *slash;

	snprintf(dir, sizeof(dir), "%s", file);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return;
	*slash = 0;
	if (mkdir(dir, 0755) && errno == ENOENT) {
		make_dir(dir);
		mkdir(dir, 0755);
	}
}

static int write_fd(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, data, len);
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

static int fill(int fd, const void *data, size_t len, mode_t mode, bool key)
{
	int err = key ? fp_secret_give(fd) : 0;

	if (!err)
		err = write_fd(fd, data, len);
	if (!err && fchmod(fd, mode))
		err = -errno;
	return err;
}

static int put(const char *file, const void *data, size_t len, mode_t mode, bool key,
	       struct fp_errs *errs)
{
	char *tmp;
	int fd, err;

	make_dir(file);
	if (asprintf(&tmp, "%s.new", file) < 0)
		return -ENOMEM;
	unlink(tmp);	/* of a writer that died */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	err = fd < 0 ? -errno : fill(fd, data, len, mode, key);
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (!err && rename(tmp, file))
		err = -errno;
	if (err) {
		if (fd >= 0)
			unlink(tmp);
		fault(errs, file, "check the directory and its owner", strerror(-err));
	}
	free(tmp);
	return err;
}

/**
 * fp_cert_put() - write a file, all or nothing
 * @file: its name; its directory is made
 * @data: the octets
 * @len: how many
 * @mode: of the file, before the first octet is in it
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_cert_put(const char *file, const void *data, size_t len, mode_t mode, struct fp_errs *errs)
{
	return put(file, data, len, mode, false, errs);
}

static int put_bio(const char *file, BIO *bio, mode_t mode, bool key, struct fp_errs *errs)
{
	char *data;
	long len;
	int ret;

	if (!bio)
		return -EINVAL;
	len = BIO_get_mem_data(bio, &data);
	ret = put(file, data, (size_t)len, mode, key, errs);
	BIO_free(bio);
	return ret;
}

/**
 * fp_cert_put_bio() - write what an export made
 * @file: name of the file
 * @bio: octets, freed here and cleansed
 * @mode: of the file
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_cert_put_bio(const char *file, BIO *bio, mode_t mode, struct fp_errs *errs)
{
	return put_bio(file, bio, mode, false, errs);
}

/**
 * fp_key_put() - write a private key where the daemon reads it
 * @file: name of the file, 0600 and, where root writes it, of the daemon's user
 * @bio: octets, freed here and cleansed
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_key_put(const char *file, BIO *bio, struct fp_errs *errs)
{
	return put_bio(file, bio, 0600, true, errs);
}

static bool export_pem(BIO *bio, const struct fp_cert_set *set)
{
	bool ok = !set->cert || PEM_write_bio_X509(bio, set->cert) > 0;

	for (int i = 0; ok && i < sk_X509_num(set->certs); i++)
		ok = PEM_write_bio_X509(bio, sk_X509_value(set->certs, i)) > 0;
	return ok;
}

static bool export_p7b(BIO *bio, const struct fp_cert_set *set)
{
	PKCS7 *p7 = PKCS7_new();
	bool ok = p7 && PKCS7_set_type(p7, NID_pkcs7_signed) > 0 &&
		PKCS7_content_new(p7, NID_pkcs7_data) > 0;

	if (ok && set->cert)
		ok = PKCS7_add_certificate(p7, set->cert) > 0;
	for (int i = 0; ok && i < sk_X509_num(set->certs); i++)
		ok = PKCS7_add_certificate(p7, sk_X509_value(set->certs, i)) > 0;
	/* DER: what Windows takes by double click. */
	ok = ok && i2d_PKCS7_bio(bio, p7) > 0;
	PKCS7_free(p7);
	return ok;
}

static bool export_p12(BIO *bio, const struct fp_cert_set *set, const char *name,
		       const struct fp_pass *pass)
{
	PKCS12 *p12 = PKCS12_create(pass->text, name, set->key, set->cert, set->certs,
				    NID_aes_256_cbc, NID_aes_256_cbc, 100000, -1, 0);
	bool ok = p12 && PKCS12_set_mac(p12, pass->text, -1, NULL, 0, 100000, EVP_sha256()) > 0 &&
		i2d_PKCS12_bio(bio, p12) > 0;

	PKCS12_free(p12);
	return ok;
}

static bool write_format(BIO *bio, const struct fp_cert_set *set, enum fp_cert_format format,
			 const char *name, const struct fp_pass *pass)
{
	switch (format) {
	case FP_CERT_PEM:
		return export_pem(bio, set);
	case FP_CERT_DER:
		return i2d_X509_bio(bio, set->cert) > 0;
	case FP_CERT_P7B:
		return export_p7b(bio, set);
	case FP_CERT_P12:
		return export_p12(bio, set, name, pass);
	}
	return false;
}

/**
 * fp_cert_export() - octets for somebody else
 * @set: certificate, chain and, for PKCS#12, key
 * @format: how
 * @name: friendly name in PKCS#12
 * @pass: passphrase of PKCS#12, else NULL
 * @errs: gets what is wrong
 *
 * A key leaves in PKCS#12 only, and only under a passphrase of eight
 * characters at least.
 *
 * Return: the octets, to be freed; NULL: told
 */
BIO *fp_cert_export(const struct fp_cert_set *set, enum fp_cert_format format, const char *name,
		    const struct fp_pass *pass, struct fp_errs *errs)
{
	BIO *bio;

	if (format == FP_CERT_P12 && (!pass || pass->len < 8)) {
		fault(errs, NULL, "give one of 8 characters at least: passphrase-file FILE",
		      "a private key leaves the gateway only under a passphrase");
		return NULL;
	}
	if (format == FP_CERT_P12 && (!set->key || !set->cert)) {
		fault(errs, NULL, "import the certificate of this key first",
		      "PKCS#12 needs certificate and key");
		return NULL;
	}
	/* Secure memory: a PKCS#12 holds a key. */
	bio = BIO_new(BIO_s_secmem());
	if (bio && write_format(bio, set, format, name, pass))
		return bio;
	fault(errs, NULL, NULL, "the certificate cannot be written in that format");
	BIO_free(bio);
	return NULL;
}

/**
 * fp_key_export() - a private key as it lies on our own disk: PKCS#8, PEM
 * @key: the key
 *
 * Return: the octets, in memory that is cleansed; NULL without memory
 */
BIO *fp_key_export(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_secmem());

	if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) > 0)
		return bio;
	BIO_free(bio);
	return NULL;
}

static int put_both(const char *file, BIO *pem, EVP_PKEY *key, struct fp_errs *errs)
{
	BIO *all = fp_key_export(key);
	char *data;
	long len = BIO_get_mem_data(pem, &data);

	if (all && BIO_write(all, data, (int)len) != len) {
		BIO_free(all);
		all = NULL;
	}
	BIO_free(pem);
	return fp_key_put(file, all, errs);
}

/**
 * fp_cert_put_identity() - write certificate, chain and key of a trustpoint
 * @cert: file of the certificate and its chain
 * @key: file of the key
 * @set: what is written; without a key the key's file stays
 * @errs: gets what is wrong
 *
 * Whatever can fail for want of room fails before the old key goes. Both may be
 * in one file.
 *
 * Return: 0, negative errno
 */
int fp_cert_put_identity(const char *cert, const char *key, const struct fp_cert_set *set,
			 struct fp_errs *errs)
{
	BIO *pem = fp_cert_export(set, FP_CERT_PEM, NULL, NULL, errs);
	char staged[FEDPAT_PATH_MAX + 8];
	int ret;

	if (pem && set->key && !strcmp(cert, key))
		return put_both(cert, pem, set->key, errs);
	snprintf(staged, sizeof(staged), "%s.staged", cert);
	ret = fp_cert_put_bio(staged, pem, 0644, errs);
	if (!ret && set->key)
		ret = fp_key_put(key, fp_key_export(set->key), errs);
	if (!ret && rename(staged, cert)) {
		ret = -errno;
		fp_err_add(errs, FP_EXIT_REFUSED, NULL, "check the directory and its owner",
			   "%s: %s", cert, strerror(-ret));
	}
	if (ret)
		unlink(staged);
	return ret;
}
