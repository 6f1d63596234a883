// SPDX-License-Identifier: GPL-2.0
/*
 * One OpenSSL context for a trustpoint and a role.
 *
 * Every connection is mutual TLS 1.2 or 1.3 with AEAD suites: no tickets, no
 * renegotiation, no compression, no early data, so that the keys can go to the
 * kernel and stay right there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "identity.h"
#include "ktls.h"
#include "revoke.h"
#include "secret.h"
#include "trust.h"

#define FIPS_SUITES12	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
			"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
/* AES-CBC, without forward secrecy at the end: what OCS-era edges have. No 3DES. */
#define LEGACY_SUITES12	FIPS_SUITES12 ":ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:" \
			"ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:" \
			"ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA:" \
			"ECDHE-RSA-AES128-SHA:AES256-GCM-SHA384:AES128-GCM-SHA256:" \
			"AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA"
#define FIPS_SUITES13	"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"

#define KEY_FILE_MAX	65536	/* a key, and the chain where both are in one file */

struct fault {
	char *why;
	size_t size;
	const char *name;
	bool unread;	/* what the file says is not known */
};

__attribute__((format(printf, 2, 3)))
static int fail(const struct fault *f, const char *fmt, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	char what[FPD_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(f->why, f->size, "trustpoint '%s': %s%s%s", f->name, what,
		 reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
	return -1;
}

static bool given(const char *s)
{
	return s && *s;
}

/* To its end, for a disk may fail behind the beginning. */
static int read_through(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	char buf[4096];
	ssize_t n = 0;

	if (fd >= 0)
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			;
	err = fd < 0 || n < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Before OpenSSL, which has no words for it. */
static int check_readable(struct fault *f, const char *what, const char *path)
{
	int err = read_through(path);

	if (!err)
		return 0;
	f->unread = true;
	return fail(f, "%s %s: %s%s", what, path, strerror(err), err != EACCES ? "" :
		    "; the user of fedpatd must be able to read it, and to enter its directories");
}

static int check_key_file(const struct fault *f, const char *path, int fd)
{
	const char *mend, *wrong;
	char text[128];
	struct stat st;

	if (fstat(fd, &st))
		return fail(f, "key file %s: %s", path, strerror(errno));
	wrong = fp_secret_fault(&st, text, sizeof(text), &mend);
	if (wrong)
		return fail(f, "key file %s %s; run: %s %s", path, wrong, mend, path);
	return 0;
}

/* A daemon has nobody to ask. */
static int no_passphrase(char *buf, int size, int rw, void *arg)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)arg;
	return 0;
}

/* Not through stdio, whose buffer nobody wipes: from a file into locked memory. */
static EVP_PKEY *read_key(int fd)
{
	char *text = OPENSSL_secure_malloc(KEY_FILE_MAX);
	EVP_PKEY *key = NULL;
	size_t len = 0;
	ssize_t n = 0;
	BIO *bio;

	while (text && len < KEY_FILE_MAX && (n = read(fd, text + len, KEY_FILE_MAX - len)) > 0)
		len += (size_t)n;
	bio = text && !n ? BIO_new_mem_buf(text, (int)len) : NULL;
	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	OPENSSL_secure_clear_free(text, KEY_FILE_MAX);
	return key;
}

static int load_key(SSL_CTX *ctx, const char *path, const struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	EVP_PKEY *key;
	int ok;

	if (fd < 0 && errno == EACCES)
		return fail(f, "key file %s: %s; give it to fedpatd's user, run: chown %u %s",
			    path, strerror(errno), (unsigned int)geteuid(), path);
	if (fd < 0)
		return fail(f, "key file %s: %s", path, strerror(errno));
	if (check_key_file(f, path, fd)) {
		close(fd);
		return -1;
	}
	key = read_key(fd);
	close(fd);
	if (!key)
		return fail(f, "key file %s holds no key in PEM without a passphrase", path);
	ok = SSL_CTX_use_PrivateKey(ctx, key);
	EVP_PKEY_free(key);
	return ok > 0 ? 0 : fail(f, "key file %s does not belong to the certificate", path);
}

static int load_identity(SSL_CTX *ctx, const struct fpd_trust_files *t, struct fault *f)
{
	const char *key = given(t->key) ? t->key : t->cert;

	if (!given(t->cert))
		return fail(f, "it has no certificate file and cannot be shown to anybody");
	if (check_readable(f, "certificate file", t->cert))
		return -1;
	if (SSL_CTX_use_certificate_chain_file(ctx, t->cert) <= 0)
		return fail(f, "certificate file %s cannot be used", t->cert);
	if (load_key(ctx, key, f))
		return -1;
	if (SSL_CTX_check_private_key(ctx) <= 0)
		return fail(f, "key %s does not belong to certificate %s", key, t->cert);
	return 0;
}

/* Revocation: the one place for every store that a peer's chain is judged by. */
static int load_crl(X509_STORE *store, const struct fpd_trust_files *t, struct fault *f)
{
	X509_LOOKUP *lookup;

	if (!given(t->crl))
		return 0;
	if (check_readable(f, "revocation list", t->crl))
		return -1;
	lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
	if (!lookup || X509_load_crl_file(lookup, t->crl, X509_FILETYPE_PEM) <= 0)
		return fail(f, "revocation list %s cannot be used", t->crl);
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	return 0;
}

static int load_cas(SSL_CTX *ctx, const struct fpd_trust_files *t, bool server,
		    struct fault *f)
{
	struct stack_st_X509_NAME *names;

	if (!given(t->ca))
		return fail(f, "it has no ca file, so that no peer could be trusted");
	if (check_readable(f, "ca file", t->ca))
		return -1;
	if (SSL_CTX_load_verify_locations(ctx, t->ca, NULL) <= 0)
		return fail(f, "ca file %s cannot be used", t->ca);
	if (!server)
		return 0;
	names = SSL_load_client_CA_file(t->ca);
	if (!names)
		return fail(f, "ca file %s holds no CA", t->ca);
	SSL_CTX_set_client_CA_list(ctx, names);
	return 0;
}

/*
 * Chain and dates are verified by OpenSSL; the extended key usage is checked
 * later, when the peer and its `eku` are known.
 */
static void set_verification(SSL_CTX *ctx)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
	X509_VERIFY_PARAM_set_depth(param, 8);
	/* Whatever the operator put into the ca file is trusted, roots or not. */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
}

static const char *suites12(enum fedpat_tls_profile profile)
{
	switch (profile) {
	case FEDPAT_TLS_PROFILE_FIPS:
		return FIPS_SUITES12;
	case FEDPAT_TLS_PROFILE_LEGACY:
		return LEGACY_SUITES12;
	default:
		return fpd_ktls_suites12();
	}
}

static int set_protocol(SSL_CTX *ctx, enum fedpat_tls_profile profile)
{
	bool fips = profile == FEDPAT_TLS_PROFILE_FIPS;

	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
			    SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_read_ahead(ctx, 0);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
			 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) <= 0 ||
	    SSL_CTX_set_cipher_list(ctx, suites12(profile)) <= 0)
		return -1;
	return SSL_CTX_set_ciphersuites(ctx, fips ? FIPS_SUITES13 :
					fpd_ktls_suites13()) > 0 ? 0 : -1;
}

static int fill_ctx(SSL_CTX *ctx, const struct fpd_trust_files *t, bool server,
		    enum fedpat_tls_profile profile, struct fault *f)
{
	if (set_protocol(ctx, profile))
		return fail(f, "the TLS library refused the cipher suites");
	set_verification(ctx);
	fpd_ktls_watch(ctx);
	fpd_tls_watch(ctx);
	if (load_identity(ctx, t, f) || load_cas(ctx, t, server, f))
		return -1;
	if (load_crl(SSL_CTX_get_cert_store(ctx), t, f))
		return -1;
	if (t->revocation == FEDPAT_REVOCATION_FILE)
		return 0;
	return fpd_revoke_arm(ctx, t->ocsp, server) ? fail(f, "out of memory") : 0;
}

/**
 * fpd_trust_ctx() - context for one trustpoint and role
 * @files: the trustpoint
 * @server: true for connections that we accept, false for those we dial
 * @profile: cipher suites: of FIPS 140 only, or AES-CBC too for old peers
 * @why: on failure, what is wrong with which file and what to do
 * @size: size of @why
 *
 * Return: the context, to be freed with SSL_CTX_free(), or NULL.
 */
SSL_CTX *fpd_trust_ctx(const struct fpd_trust_files *files, bool server,
		       enum fedpat_tls_profile profile, char *why, size_t size)
{
	struct fault f = { why, size, files->name, false };
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	ERR_clear_error();
	if (!ctx) {
		fail(&f, "out of memory");
		return NULL;
	}
	if (fill_ctx(ctx, files, server, profile, &f)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static int fill_store(X509_STORE *store, const struct fpd_trust_files *files, struct fault *f)
{
	X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	X509_STORE_set_purpose(store, X509_PURPOSE_ANY);
	X509_STORE_set_depth(store, 8);
	/* Those who ask elsewhere too need no list for each CA. */
	if (files->revocation != FEDPAT_REVOCATION_FILE)
		X509_STORE_set_verify_cb(store, fpd_revoke_forgive);
	if (!given(files->ca))
		return fail(f, "it has no ca file, so that no peer could be trusted");
	if (check_readable(f, "ca file", files->ca))
		return -1;
	if (X509_STORE_load_locations(store, files->ca, NULL) <= 0)
		return fail(f, "ca file %s cannot be used", files->ca);
	return load_crl(store, files, f);
}

/**
 * fpd_trust_store() - the anchors of a trustpoint, for a chain that was shown
 * @files: the trustpoint; its ca and crl count
 * @unread: on failure, whether nothing is known of what its files say: they could
 *	not be read, or there was no memory
 * @why: on failure, what is wrong with which file and what to do
 * @size: size of @why
 *
 * Return: the store, to be freed with X509_STORE_free(), or NULL.
 */
X509_STORE *fpd_trust_store(const struct fpd_trust_files *files, bool *unread, char *why,
			    size_t size)
{
	struct fault f = { why, size, files->name, false };
	X509_STORE *store = X509_STORE_new();

	ERR_clear_error();
	if (!store) {
		f.unread = true;
		fail(&f, "out of memory");
	} else if (fill_store(store, files, &f)) {
		X509_STORE_free(store);
		store = NULL;
	}
	*unread = f.unread;
	return store;
}

/**
 * fpd_trust_widen() - accept the anchors of another trustpoint as well
 * @ctx: context of a role in which several peers are met
 * @server: it asks callers for certificates: its CAs are named to them
 * @other: the others' trustpoint; its ca counts
 * @why: on failure, what is wrong with the file
 * @size: size of @why
 *
 * Who it is, and so whose anchors count, is known after the handshake only:
 * fpd_match() then judges the chain by the anchors of each peer alone, with
 * their revocation lists. Those cannot be asked of all here, for a CA without
 * a list would fail.
 *
 * Return: 0, or -1 when the file cannot be used.
 */
int fpd_trust_widen(SSL_CTX *ctx, bool server, const struct fpd_trust_files *other, char *why,
		    size_t size)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	struct fault f = { why, size, other->name, false };

	ERR_clear_error();
	X509_VERIFY_PARAM_clear_flags(X509_STORE_get0_param(store), X509_V_FLAG_CRL_CHECK);
	if (check_readable(&f, "ca file", other->ca))
		return -1;
	if (X509_STORE_load_locations(store, other->ca, NULL) <= 0)
		return fail(&f, "ca file %s cannot be used", other->ca);
	if (server)
		SSL_add_file_cert_subjects_to_stack(SSL_CTX_get_client_CA_list(ctx), other->ca);
	ERR_clear_error();
	return 0;
}

/* A reference; NULL for one that is trusted by itself. */
static X509 *issuer_in(const X509_STORE_CTX *sc)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(sc);
	X509 *issuer = sk_X509_num(chain) > 1 ? sk_X509_value(chain, 1) : NULL;

	return issuer && X509_up_ref(issuer) ? issuer : NULL;
}

/**
 * fpd_trust_verify() - does a chain lead to an anchor?
 * @store: the anchors
 * @chain: what the peer presented, its own certificate first
 * @issuer: unless NULL, gets a reference of who issued that; NULL for nobody else
 * @text: on failure, the library's words
 * @size: size of @text
 *
 * Return: X509_V_OK or another X509_V_ERR_*.
 */
int fpd_trust_verify(X509_STORE *store, STACK_OF(X509) *chain, X509 **issuer, char *text,
		     size_t size)
{
	X509_STORE_CTX *sc = X509_STORE_CTX_new();
	int err = X509_V_ERR_OUT_OF_MEM;

	if (sc && X509_STORE_CTX_init(sc, store, sk_X509_value(chain, 0), chain) > 0) {
		err = X509_V_OK;
		if (X509_verify_cert(sc) <= 0)
			err = X509_STORE_CTX_get_error(sc);
	}
	if (err == X509_V_OK && issuer)
		*issuer = issuer_in(sc);
	if (err != X509_V_OK)
		snprintf(text, size, "%s", X509_verify_cert_error_string(err));
	X509_STORE_CTX_free(sc);
	ERR_clear_error();
	return err;
}
