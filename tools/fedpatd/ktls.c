// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic keys into the kernel.
 *
 * TLS 1.3: the key log callback hands over the traffic secrets; key and IV are
 * HKDF-Expand-Label of them. Sequence numbers start at 0 because our servers
 * send no tickets and our clients read nothing before the hand-over.
 * TLS 1.2: the key block is expanded from the master secret. Each side has
 * sent exactly one protected record, its Finished, so both numbers are 1.
 */
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <fedpat/types.h>

#include "ktls.h"

#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define SUITES13 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"

#define IV_LEN		12	/* nonce of all three AEADs */
#define RANDOM_LEN	SSL3_RANDOM_SIZE

/* One direction's key material, as the kernel wants it. */
struct traffic_key {
	unsigned char key[32];
	unsigned char iv[IV_LEN];
};

union crypto_info {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm128;
	struct tls12_crypto_info_aes_gcm_256 gcm256;
	struct tls12_crypto_info_chacha20_poly1305 chacha;
};

/**
 * struct suite - one AEAD that the kernel may do
 * @nid: OpenSSL's number of the cipher
 * @type: the kernel's number
 * @key_len: octets of the key
 * @size: size of the kernel's structure
 * @works: the running kernel accepts it; set once, before threads start
 */
struct suite {
	int nid;
	unsigned short type;
	size_t key_len;
	size_t size;
	bool works;
};

static struct suite suites[] = {
	{ NID_aes_256_gcm, TLS_CIPHER_AES_GCM_256, 32,
	  sizeof(struct tls12_crypto_info_aes_gcm_256),
	  false },
	{ NID_chacha20_poly1305, TLS_CIPHER_CHACHA20_POLY1305, 32,
	  sizeof(struct tls12_crypto_info_chacha20_poly1305),
	  false },
	{ NID_aes_128_gcm, TLS_CIPHER_AES_GCM_128, 16,
	  sizeof(struct tls12_crypto_info_aes_gcm_128),
	  false },
};

static int secrets_index = -1;

/**
 * fpd_secrets_alloc() - memory for the secrets of one handshake
 *
 * Return: zeroed secrets in the secure heap, or NULL.
 */
struct fpd_secrets *fpd_secrets_alloc(void)
{
	return OPENSSL_secure_zalloc(sizeof(struct fpd_secrets));
}

/**
 * fpd_secrets_free() - cleanse and free
 * @s: may be NULL
 */
void fpd_secrets_free(struct fpd_secrets *s)
{
	OPENSSL_secure_clear_free(s, sizeof(*s));
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Octets read, 0 when the text is not hexadecimal or too long. */
static size_t unhex(const char *text, unsigned char *out, size_t max)
{
	size_t n = 0;

	for (; text[0] && text[1]; text += 2) {
		int hi = hex_value(text[0]), lo = hex_value(text[1]);

		if (hi < 0 || lo < 0 || n == max)
			return 0;
		out[n++] = (unsigned char)(hi << 4 | lo);
	}
	return n;
}

/* "LABEL client-random secret"; only the two application secrets matter. */
static void keylog(const SSL *ssl, const char *line)
{
	struct fpd_secrets *s = SSL_get_ex_data(ssl, secrets_index);
	const char *secret = strrchr(line, ' ');
	unsigned char *to = NULL;

	if (!s || !secret)
		return;
	if (!strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24))
		to = s->client;
	else if (!strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24))
		to = s->server;
	if (to)
		s->len = unhex(secret + 1, to, FPD_SECRET_MAX);
}

/**
 * fpd_ktls_init() - once, before threads start
 *
 * Return: 0, or -1 when OpenSSL has no room.
 */
int fpd_ktls_init(void)
{
	secrets_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return secrets_index < 0 ? -1 : 0;
}

/**
 * fpd_ktls_watch() - let connections of a context hand over their secrets
 * @ctx: the context
 */
void fpd_ktls_watch(SSL_CTX *ctx)
{
	SSL_CTX_set_keylog_callback(ctx, keylog);
}

/**
 * fpd_ktls_bind() - say where the secrets of a connection go
 * @ssl: the connection, before its handshake
 * @s: outlives @ssl's handshake
 */
void fpd_ktls_bind(SSL *ssl, struct fpd_secrets *s)
{
	SSL_set_ex_data(ssl, secrets_index, s);
}

static const struct suite *suite_of(const SSL *ssl)
{
	int nid = SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl));

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		if (suites[i].nid == nid)
			return &suites[i];
	return NULL;
}

static int kdf_derive(const char *name, OSSL_PARAM *params,
		      unsigned char *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int ok = ctx && EVP_KDF_derive(ctx, out, len, params) > 0;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -1;
}

/* HKDF-Expand-Label(secret, label, "", len): RFC 8446 section 7.1. */
static int expand_label(const EVP_MD *md, unsigned char *secret, size_t secret_len,
			const char *label, unsigned char *out, size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						 (char *)EVP_MD_get0_name(md), 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret,
						  secret_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX,
						  (void *)"tls13 ", 6),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL,
						  (void *)label, strlen(label)),
		OSSL_PARAM_construct_end(),
	};

	return kdf_derive("TLS13-KDF", params, out, len);
}

static int keys13(SSL *ssl, const struct suite *suite,
		  struct traffic_key *client, struct traffic_key *server)
{
	const EVP_MD *md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
	struct fpd_secrets *s = SSL_get_ex_data(ssl, secrets_index);

	if (!s || !s->len || !md)
		return -1;
	if (expand_label(md, s->client, s->len, "key", client->key, suite->key_len) ||
	    expand_label(md, s->client, s->len, "iv", client->iv, IV_LEN) ||
	    expand_label(md, s->server, s->len, "key", server->key, suite->key_len))
		return -1;
	return expand_label(md, s->server, s->len, "iv", server->iv, IV_LEN);
}

/* "key expansion" || server random || client random: RFC 5246 section 6.3. */
static int key_block(SSL *ssl, unsigned char *out, size_t len)
{
	const EVP_MD *md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
	unsigned char master[SSL_MAX_MASTER_KEY_LENGTH];
	unsigned char seed[13 + 2 * RANDOM_LEN] = "key expansion";
	size_t n = SSL_SESSION_get_master_key(SSL_get_session(ssl), master,
					      sizeof(master));
	int ret = -1;

	SSL_get_server_random(ssl, seed + 13, RANDOM_LEN);
	SSL_get_client_random(ssl, seed + 13 + RANDOM_LEN, RANDOM_LEN);
	if (md && n) {
		OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
							 (char *)EVP_MD_get0_name(md), 0),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET,
							  master, n),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED,
							  seed, sizeof(seed)),
			OSSL_PARAM_construct_end(),
		};

		ret = kdf_derive("TLS1-PRF", params, out, len);
	}
	OPENSSL_cleanse(master, sizeof(master));
	return ret;
}

static int keys12(SSL *ssl, const struct suite *suite,
		  struct traffic_key *client, struct traffic_key *server)
{
	/* GCM: 4 implicit octets, 8 explicit; ChaCha20: 12 implicit (RFC 7905) */
	size_t fixed = suite->type == TLS_CIPHER_CHACHA20_POLY1305 ? IV_LEN : 4;
	unsigned char block[2 * (32 + IV_LEN)], *p = block;
	int ret = key_block(ssl, block, 2 * (suite->key_len + fixed));

	memcpy(client->key, p, suite->key_len);
	memcpy(server->key, p += suite->key_len, suite->key_len);
	memcpy(client->iv, p += suite->key_len, fixed);
	memcpy(server->iv, p + fixed, fixed);
	OPENSSL_cleanse(block, sizeof(block));
	/*
	 * The explicit part must not repeat that of the Finished record, which
	 * OpenSSL chose at random; random again, the chance is 2^-64 a record.
	 */
	if (fixed == 4 && (RAND_bytes(client->iv + 4, 8) <= 0 ||
			   RAND_bytes(server->iv + 4, 8) <= 0))
		return -1;
	return ret;
}

static void fill_info(union crypto_info *ci, const struct suite *suite,
		      unsigned short version, const struct traffic_key *k,
		      unsigned char seq)
{
	memset(ci, 0, sizeof(*ci));
	ci->info.version = version;
	ci->info.cipher_type = suite->type;
	switch (suite->type) {
	case TLS_CIPHER_AES_GCM_128:
		memcpy(ci->gcm128.key, k->key, sizeof(ci->gcm128.key));
		memcpy(ci->gcm128.salt, k->iv, 4);
		memcpy(ci->gcm128.iv, k->iv + 4, 8);
		ci->gcm128.rec_seq[7] = seq;
		break;
	case TLS_CIPHER_AES_GCM_256:
		memcpy(ci->gcm256.key, k->key, sizeof(ci->gcm256.key));
		memcpy(ci->gcm256.salt, k->iv, 4);
		memcpy(ci->gcm256.iv, k->iv + 4, 8);
		ci->gcm256.rec_seq[7] = seq;
		break;
	case TLS_CIPHER_CHACHA20_POLY1305:
		memcpy(ci->chacha.key, k->key, sizeof(ci->chacha.key));
		memcpy(ci->chacha.iv, k->iv, IV_LEN);
		ci->chacha.rec_seq[7] = seq;
		break;
	}
}

static int set_direction(int fd, int dir, const struct suite *suite,
			 unsigned short version, const struct traffic_key *k)
{
	union crypto_info ci;
	int ret;

	fill_info(&ci, suite, version, k, version == TLS_1_2_VERSION ? 1 : 0);
	ret = setsockopt(fd, SOL_TLS, dir, &ci, (socklen_t)suite->size);
	OPENSSL_cleanse(&ci, sizeof(ci));
	return ret;
}

static const char *install(int fd, const struct suite *suite,
			   unsigned short version,
			   const struct traffic_key *tx,
			   const struct traffic_key *rx, bool *spoilt)
{
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")))
		return errno == ENOENT ?
			"the kernel has no TLS: load the module tls" :
			"the kernel took no TLS on this socket";
	if (set_direction(fd, TLS_TX, suite, version, tx))
		return "the kernel refused the sending key";
	/* From here on the socket cannot go back. */
	*spoilt = set_direction(fd, TLS_RX, suite, version, rx);
	if (*spoilt)
		return "the kernel refused the receiving key";
	return NULL;
}

/**
 * fpd_ktls_install() - move an established connection's keys into the kernel
 * @ssl: connection after its handshake, nothing read since
 * @fd: its socket
 * @spoilt: set when the kernel has one key and not the other: the socket must be closed
 *
 * Context: any thread; the key material is cleansed before return.
 * Return: NULL when both directions are in the kernel, else why not, static.
 */
const char *fpd_ktls_install(SSL *ssl, int fd, bool *spoilt)
{
	const struct suite *suite = suite_of(ssl);
	struct traffic_key client = { 0 }, server = { 0 };
	int version = SSL_version(ssl);
	const char *why;
	int bad;

	if (!SSL_CIPHER_is_aead(SSL_get_current_cipher(ssl)))
		return "AES-CBC, which the kernel does not do";
	if (!suite || !suite->works)
		return "the kernel does not do this cipher suite";
	if (SSL_has_pending(ssl))
		return "the peer sent data with its handshake";
	if (version == TLS1_3_VERSION)
		bad = keys13(ssl, suite, &client, &server);
	else if (version == TLS1_2_VERSION)
		bad = keys12(ssl, suite, &client, &server);
	else
		return "the kernel does TLS 1.2 and 1.3 only";
	if (bad)
		why = "the keys could not be derived";
	else if (SSL_is_server(ssl))
		why = install(fd, suite, (unsigned short)version, &server, &client,
			      spoilt);
	else
		why = install(fd, suite, (unsigned short)version, &client, &server,
			      spoilt);
	OPENSSL_cleanse(&client, sizeof(client));
	OPENSSL_cleanse(&server, sizeof(server));
	return why;
}

/* Two ends of a loopback connection; kernel TLS wants ESTABLISHED. */
static int tcp_pair(int fd[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fd[1] = -1;
	if (l >= 0 && fd[0] >= 0 && !bind(l, (struct sockaddr *)&a, sizeof(a)) &&
	    !listen(l, 1) && !getsockname(l, (struct sockaddr *)&a, &len) &&
	    !connect(fd[0], (struct sockaddr *)&a, sizeof(a)))
		fd[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	if (l >= 0)
		close(l);
	return fd[1] < 0 ? -1 : 0;
}

static void probe_suite(struct suite *suite)
{
	struct traffic_key k = { 0 };
	bool half = false;
	int fd[2];

	if (!tcp_pair(fd))
		suite->works = !install(fd[0], suite, TLS_1_3_VERSION, &k, &k, &half);
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
}

/**
 * fpd_ktls_probe() - ask the kernel which suites it does
 *
 * Context: once, before threads start.
 * Return: true when it does at least one.
 */
bool fpd_ktls_probe(void)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		probe_suite(&suites[i]);
		any |= suites[i].works;
	}
	return any;
}

/**
 * fpd_ktls_suites12() - AEAD suites of TLS 1.2, all of them
 *
 * Those that the kernel does not do still work, joined over loopback.
 *
 * Return: list for SSL_CTX_set_cipher_list().
 */
const char *fpd_ktls_suites12(void)
{
	return "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!PSK";
}

/**
 * fpd_ktls_suites13() - suites of TLS 1.3
 *
 * Return: list for SSL_CTX_set_ciphersuites().
 */
const char *fpd_ktls_suites13(void)
{
	return SUITES13;
}
