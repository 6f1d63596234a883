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
#include <linux/string.h>

#include <fedpat/fp_crypto.h>

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
		for (i = 0; i < n; i++)
			buf[i] ^= stream[i];
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
