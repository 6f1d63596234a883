/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two primitives under sealed tokens and keyed hashes.
 *
 * The core calls these; each side of the fence brings its own: kmod/crypto.c
 * on what the kernel has built in, tools/lib/crypto.c on OpenSSL. Both give the
 * same bytes, so a token made by one is opened by the other.
 */
#ifndef _FEDPAT_FP_CRYPTO_H
#define _FEDPAT_FP_CRYPTO_H

#include <fedpat/types.h>

#define FP_BLAKE2S_MAX		32	/* most bytes of digest and of key */
#define FP_CHACHA_KEY		32
#define FP_CHACHA_IV		16	/* 32-bit little endian counter, then 96-bit nonce */

/**
 * fp_blake2s() - keyed BLAKE2s of several pieces
 * @out: where the digest goes
 * @outlen: 1 to FP_BLAKE2S_MAX bytes
 * @key: the key
 * @keylen: 1 to FP_BLAKE2S_MAX
 * @parts: pieces, hashed one after the other
 * @nparts: number of pieces
 *
 * Context: any. Cannot fail: user space ends the process when OpenSSL does.
 */
void fp_blake2s(u8 *out, u32 outlen, const u8 *key, u32 keylen,
		const struct fp_slice *parts, u32 nparts);

/* Room for a hash that has begun, whoever brings it. */
#define FP_MAC_WORDS	15

/**
 * struct fp_mac - a keyed BLAKE2s that has begun: the key and a head are in
 * @opaque: of whoever brings it; as secret as the key
 */
struct fp_mac {
	u64 opaque[FP_MAC_WORDS];
};

#define FP_MAC_HEAD	80	/* most bytes of a head */
#define FP_MAC_PARTS	12	/* most pieces behind it */

/**
 * fp_mac_begin() - begin what many hashes begin with
 * @mac: the beginning
 * @outlen: as in fp_blake2s()
 * @key: the key
 * @keylen: as in fp_blake2s()
 * @head: first bytes, at least one and at most FP_MAC_HEAD
 *
 * Context: any.
 */
void fp_mac_begin(struct fp_mac *mac, u32 outlen, const u8 *key, u32 keylen,
		  struct fp_slice head);

/**
 * fp_mac_finish() - one of the hashes that begin so
 * @mac: the beginning; stays as it is
 * @out: where the digest goes
 * @parts: what follows the head, as in fp_blake2s()
 * @nparts: number of pieces, at most FP_MAC_PARTS
 *
 * Context: any.
 */
void fp_mac_finish(const struct fp_mac *mac, u8 *out, const struct fp_slice *parts,
		   u32 nparts);

/**
 * fp_chacha20_xor() - encrypt or decrypt in place
 * @key: FP_CHACHA_KEY bytes
 * @iv: FP_CHACHA_IV bytes, first the block counter
 * @buf: bytes to change
 * @len: how many
 *
 * Context: any. Cannot fail, as above.
 */
void fp_chacha20_xor(const u8 *key, const u8 *iv, u8 *buf, u32 len);

/**
 * fp_cleanse() - overwrite a secret in a way that no compiler removes
 * @p: first byte
 * @len: how many
 */
void fp_cleanse(void *p, size_t len);

/**
 * fp_equal_ct() - compare without telling by time where the difference is
 * @a: bytes
 * @b: bytes
 * @len: how many
 *
 * Return: true when all agree.
 */
bool fp_equal_ct(const void *a, const void *b, size_t len);

#endif /* _FEDPAT_FP_CRYPTO_H */
