// SPDX-License-Identifier: GPL-2.0
/*
 * BLAKE2s and ChaCha20 of the core, on OpenSSL.
 *
 * There is no way to go on when a library that was there a moment ago stops
 * giving hashes: a token that cannot be checked must not pass. So a failure
 * ends the process.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <fedpat/fp_crypto.h>

/* Here a hash begins anew each time: nobody waits for it. */
struct beginning {
	u8 outlen;
	u8 keylen;
	u8 head_len;
	u8 key[FP_BLAKE2S_MAX];
	u8 head[FP_MAC_HEAD];
};

_Static_assert(sizeof(struct beginning) <= sizeof(struct fp_mac), "struct fp_mac");

static EVP_MAC *blake2s_mac;
static EVP_CIPHER *chacha20;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "OpenSSL has no %s: its default provider is needed\n", what);
	abort();
}

/* Fetched once: a fetch costs more than the hash. */
static void fetch(void)
{
	blake2s_mac = EVP_MAC_fetch(NULL, "BLAKE2SMAC", NULL);
	chacha20 = EVP_CIPHER_fetch(NULL, "ChaCha20", NULL);
	must(blake2s_mac, "BLAKE2s");
	must(chacha20, "ChaCha20");
}

void fp_blake2s(u8 *out, u32 outlen, const u8 *key, u32 keylen,
		const struct fp_slice *parts, u32 nparts)
{
	size_t size = outlen, done = 0;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx;
	u32 i;

	pthread_once(&once, fetch);
	ctx = EVP_MAC_CTX_new(blake2s_mac);
	must(ctx && EVP_MAC_init(ctx, key, keylen, params), "BLAKE2s");
	for (i = 0; i < nparts; i++)
		must(!parts[i].len || EVP_MAC_update(ctx, parts[i].p, parts[i].len),
		     "BLAKE2s");
	must(EVP_MAC_final(ctx, out, &done, outlen) && done == outlen, "BLAKE2s");
	EVP_MAC_CTX_free(ctx);
}

void fp_mac_begin(struct fp_mac *mac, u32 outlen, const u8 *key, u32 keylen,
		  struct fp_slice head)
{
	struct beginning *b = (struct beginning *)mac->opaque;

	memset(mac, 0, sizeof(*mac));
	b->outlen = outlen;
	b->keylen = keylen;
	b->head_len = head.len;
	memcpy(b->key, key, keylen);
	memcpy(b->head, head.p, head.len);
}

void fp_mac_finish(const struct fp_mac *mac, u8 *out, const struct fp_slice *parts,
		   u32 nparts)
{
	const struct beginning *b = (const struct beginning *)mac->opaque;
	struct fp_slice all[1 + FP_MAC_PARTS] = { { b->head, b->head_len } };

	must(nparts <= FP_MAC_PARTS, "hash of so many parts");
	memcpy(all + 1, parts, nparts * sizeof(*parts));
	fp_blake2s(out, b->outlen, b->key, b->keylen, all, 1 + nparts);
}

void fp_chacha20_xor(const u8 *key, const u8 *iv, u8 *buf, u32 len)
{
	EVP_CIPHER_CTX *ctx;
	int done = 0;

	if (!len)
		return;
	pthread_once(&once, fetch);
	ctx = EVP_CIPHER_CTX_new();
	must(ctx && EVP_EncryptInit_ex2(ctx, chacha20, key, iv, NULL) &&
	     EVP_EncryptUpdate(ctx, buf, &done, buf, len) && done == (int)len,
	     "ChaCha20");
	EVP_CIPHER_CTX_free(ctx);
}

void fp_cleanse(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

bool fp_equal_ct(const void *a, const void *b, size_t len)
{
	return !CRYPTO_memcmp(a, b, len);
}
