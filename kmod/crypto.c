// SPDX-License-Identifier: GPL-2.0
/*
 * BLAKE2s and ChaCha20 of the core, on what every kernel has built in.
 *
 * chacha_crypt() would be faster, but on x86 it lives in a module, and insmod
 * loads no modules. The random driver needs chacha20_block() and blake2s, so
 * they are always there. A token is a few blocks: speed is not the matter here.
 */
#include <crypto/algapi.h>
#include <crypto/blake2s.h>
#include <crypto/chacha.h>
#include <linux/init.h>
#include <linux/string.h>

#include <fedpat/fp_crypto.h>
#include "crypto.h"

void fp_blake2s(u8 *out, u32 outlen, const u8 *key, u32 keylen,
		const struct fp_slice *parts, u32 nparts)
{
	struct blake2s_state state;
	u32 i;

	blake2s_init_key(&state, outlen, key, keylen);
	for (i = 0; i < nparts; i++)
		blake2s_update(&state, parts[i].p, parts[i].len);
	blake2s_final(&state, out);
}

/* The key's block is hashed once, when the head comes behind it. */
void fp_mac_begin(struct fp_mac *mac, u32 outlen, const u8 *key, u32 keylen,
		  struct fp_slice head)
{
	struct blake2s_state *state = (struct blake2s_state *)mac->opaque;

	BUILD_BUG_ON(sizeof(*state) > sizeof(mac->opaque));
	blake2s_init_key(state, outlen, key, keylen);
	blake2s_update(state, head.p, head.len);
}

void fp_mac_finish(const struct fp_mac *mac, u8 *out, const struct fp_slice *parts,
		   u32 nparts)
{
	struct blake2s_state state = *(const struct blake2s_state *)mac->opaque;
	u32 i;

	for (i = 0; i < nparts; i++)
		blake2s_update(&state, parts[i].p, parts[i].len);
	blake2s_final(&state, out);
}

static u32 le32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

void fp_chacha20_xor(const u8 *key, const u8 *iv, u8 *buf, u32 len)
{
	u32 state[CHACHA_STATE_WORDS];
	u8 stream[CHACHA_BLOCK_SIZE] __aligned(4);
	u32 i, n;

	chacha_init_consts(state);
	for (i = 0; i < 8; i++)
		state[4 + i] = le32(key + 4 * i);
	for (i = 0; i < 4; i++)
		state[12 + i] = le32(iv + 4 * i);
	while (len) {
		chacha20_block(state, stream);
		n = min_t(u32, len, sizeof(stream));
		crypto_xor(buf, stream, n);
		buf += n;
		len -= n;
	}
	memzero_explicit(state, sizeof(state));
	memzero_explicit(stream, sizeof(stream));
}

void fp_cleanse(void *p, size_t len)
{
	memzero_explicit(p, len);
}

bool fp_equal_ct(const void *a, const void *b, size_t len)
{
	return !crypto_memneq(a, b, len);
}

/**
 * fp_crypto_selftest() - known answers; tokens of a cluster's members must agree
 *
 * The keyed vector of the BLAKE2 reference and that of RFC 8439 section 2.4.2. The
 * unit tests ask the same of the user-space twin.
 *
 * Context: process, at load.
 * Return: true when both are right.
 */
bool __init fp_crypto_selftest(void)
{
	static const u8 hash[] __initconst = {
		0x1d, 0x22, 0x0d, 0xbe, 0x2e, 0xe1, 0x34, 0x66, 0x1f, 0xdf, 0x6d,
		0x9e, 0x74, 0xb4, 0x17, 0x04, 0x71, 0x05, 0x56, 0xf2, 0xf6, 0xe5,
		0xa0, 0x91, 0xb2, 0x27, 0x69, 0x74, 0x45, 0xdb, 0xea, 0x6b,
	};
	static const u8 cipher[] __initconst = {
		0x6e, 0x2e, 0x35, 0x9a, 0x25, 0x68, 0xf9, 0x80,
		0x41, 0xba, 0x07, 0x28, 0xdd, 0x0d, 0x69, 0x81,
	};
	static const u8 iv[FP_CHACHA_IV] __initconst = { [0] = 1, [11] = 0x4a };
	u8 in[] = { 0, 1, 2 }, key[32], out[32], text[17] = "Ladies and Gentl";
	struct fp_slice part = { in, sizeof(in) };
	u32 i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	fp_blake2s(out, sizeof(out), key, sizeof(key), &part, 1);
	fp_chacha20_xor(key, iv, text, 16);
	return fp_equal_ct(out, hash, sizeof(hash)) && fp_equal_ct(text, cipher, 16);
}
