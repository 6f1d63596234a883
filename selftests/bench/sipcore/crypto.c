// SPDX-License-Identifier: GPL-2.0
/*
 * BLAKE2s and ChaCha20 as the kernel has them in C (lib/crypto), with the same calls
 * of them as kmod/crypto.c makes: what libfedpat takes from OpenSSL goes through
 * contexts on the heap and parameters by name, which the module has not, and would be
 * a third of the figure. Known answers are asked for at the start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fedpat/fp_crypto.h>
#include "sipcore.h"

#define BLOCK	64

/* What struct blake2s_state is in the kernel. */
struct state {
	u32 h[8];
	u64 t;
	u32 n;
	u32 outlen;
	u8 buf[BLOCK];
};

static const u32 iv_words[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static u32 rol(u32 v, int n)
{
	return v << n | v >> (32 - n);
}

static inline void mix(u32 *v, u32 a, u32 b, u32 c, u32 d, u32 x, u32 y)
{
	v[a] += v[b] + x;
	v[d] = rol(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = rol(v[b] ^ v[c], 20);
	v[a] += v[b] + y;
	v[d] = rol(v[d] ^ v[a], 24);
	v[c] += v[d];
	v[b] = rol(v[b] ^ v[c], 25);
}

#define ROUND(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) \
	do { \
		mix(v, 0, 4, 8, 12, w[a], w[b]); \
		mix(v, 1, 5, 9, 13, w[c], w[d]); \
		mix(v, 2, 6, 10, 14, w[e], w[f]); \
		mix(v, 3, 7, 11, 15, w[g], w[h]); \
		mix(v, 0, 5, 10, 15, w[i], w[j]); \
		mix(v, 1, 6, 11, 12, w[k], w[l]); \
		mix(v, 2, 7, 8, 13, w[m], w[n]); \
		mix(v, 3, 4, 9, 14, w[o], w[p]); \
	} while (0)

static void compress(struct state *s, const u8 *block, u32 len, bool last)
{
	u32 v[16], w[16], i;

	s->t += len;
	memcpy(w, block, sizeof(w));
	memcpy(v, s->h, sizeof(s->h));
	memcpy(v + 8, iv_words, sizeof(iv_words));
	v[12] ^= s->t;
	v[13] ^= s->t >> 32;
	v[14] ^= last ? -1U : 0;
	ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
	ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
	ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
	ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
	ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
	ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
	ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
	ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
	ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
	for (i = 0; i < 8; i++)
		s->h[i] ^= v[i] ^ v[i + 8];
}

static void start(struct state *s, u32 outlen, const u8 *key, u32 keylen)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->h, iv_words, sizeof(s->h));
	s->h[0] ^= 0x01010000 | keylen << 8 | outlen;
	s->outlen = outlen;
	memcpy(s->buf, key, keylen);
	s->n = keylen ? BLOCK : 0;
}

static void update(struct state *s, struct fp_slice in)
{
	u32 room = BLOCK - s->n;

	while (in.len > room) {
		memcpy(s->buf + s->n, in.p, room);
		compress(s, s->buf, BLOCK, false);
		in.p += room;
		in.len -= room;
		s->n = 0;
		room = BLOCK;
	}
	if (in.len)
		memcpy(s->buf + s->n, in.p, in.len);
	s->n += in.len;
}

static void finish(struct state *s, u8 *out)
{
	memset(s->buf + s->n, 0, BLOCK - s->n);
	compress(s, s->buf, s->n, true);
	memcpy(out, s->h, s->outlen);
	fp_cleanse(s, sizeof(*s));
}

static void update_all(struct state *s, const struct fp_slice *parts, u32 nparts)
{
	u32 i;

	for (i = 0; i < nparts; i++)
		update(s, parts[i]);
}

void fp_blake2s(u8 *out, u32 outlen, const u8 *key, u32 keylen,
		const struct fp_slice *parts, u32 nparts)
{
	struct state s;

	start(&s, outlen, key, keylen);
	update_all(&s, parts, nparts);
	finish(&s, out);
}

_Static_assert(sizeof(struct state) <= sizeof(struct fp_mac), "struct fp_mac");

void fp_mac_begin(struct fp_mac *mac, u32 outlen, const u8 *key, u32 keylen,
		  struct fp_slice head)
{
	struct state *s = (struct state *)mac->opaque;

	start(s, outlen, key, keylen);
	update(s, head);
}

void fp_mac_finish(const struct fp_mac *mac, u8 *out, const struct fp_slice *parts,
		   u32 nparts)
{
	struct state s = *(const struct state *)mac->opaque;

	update_all(&s, parts, nparts);
	finish(&s, out);
}

#define QUARTER(a, b, c, d)                 \
	do {                                \
		x[a] += x[b];               \
		x[d] = rol(x[d] ^ x[a], 16);\
		x[c] += x[d];               \
		x[b] = rol(x[b] ^ x[c], 12);\
		x[a] += x[b];               \
		x[d] = rol(x[d] ^ x[a], 8); \
		x[c] += x[d];               \
		x[b] = rol(x[b] ^ x[c], 7); \
	} while (0)

static void chacha20_block(u32 *state, u32 *out)
{
	u32 x[16], i;

	memcpy(x, state, sizeof(x));
	for (i = 0; i < 10; i++) {
		QUARTER(0, 4, 8, 12);
		QUARTER(1, 5, 9, 13);
		QUARTER(2, 6, 10, 14);
		QUARTER(3, 7, 11, 15);
		QUARTER(0, 5, 10, 15);
		QUARTER(1, 6, 11, 12);
		QUARTER(2, 7, 8, 13);
		QUARTER(3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		out[i] = x[i] + state[i];
	state[12]++;
}

static void xor_bytes(u8 *to, const u8 *from, u32 n)
{
	u64 a, b;

	for (; n >= 8; n -= 8, to += 8, from += 8) {
		memcpy(&a, to, 8);
		memcpy(&b, from, 8);
		a ^= b;
		memcpy(to, &a, 8);
	}
	while (n--)
		*to++ ^= *from++;
}

void fp_chacha20_xor(const u8 *key, const u8 *iv, u8 *buf, u32 len)
{
	u32 state[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	u32 stream[16], n;

	memcpy(state + 4, key, FP_CHACHA_KEY);
	memcpy(state + 12, iv, FP_CHACHA_IV);
	for (; len; len -= n, buf += n) {
		n = len < BLOCK ? len : BLOCK;
		chacha20_block(state, stream);
		xor_bytes(buf, (const u8 *)stream, n);
	}
	fp_cleanse(state, sizeof(state));
	fp_cleanse(stream, sizeof(stream));
}

void fp_cleanse(void *p, size_t len)
{
	memset(p, 0, len);
	__asm__ volatile("" : : "r"(p) : "memory");
}

bool fp_equal_ct(const void *a, const void *b, size_t len)
{
	const u8 *x = a, *y = b;
	u8 differ = 0;

	while (len--)
		differ |= *x++ ^ *y++;
	return !differ;
}

/* The BLAKE2 reference's keyed vector of 3 octets; RFC 8439 section 2.4.2. */
void bench_crypto_check(void)
{
	static const u8 hash[] = { 0x1d, 0x22, 0x0d, 0xbe, 0x2e, 0xe1, 0x34, 0x66 };
	static const u8 cipher[] = { 0x6e, 0x2e, 0x35, 0x9a, 0x25, 0x68, 0xf9, 0x80 };
	static const u8 iv[FP_CHACHA_IV] = { [0] = 1, [11] = 0x4a };
	u8 in[] = { 0, 1, 2 }, key[32], out[32], text[9] = "Ladies a";
	struct fp_slice part = { in, sizeof(in) };
	u32 i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	fp_blake2s(out, sizeof(out), key, sizeof(key), &part, 1);
	fp_chacha20_xor(key, iv, text, 8);
	if (!memcmp(out, hash, 8) && !memcmp(text, cipher, 8))
		return;
	fprintf(stderr, "the benchmark's BLAKE2s or ChaCha20 is wrong\n");
	exit(1);
}
