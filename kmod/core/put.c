// SPDX-License-Identifier: GPL-2.0
/* Writing text into a bounded buffer. */
#include "put.h"

/**
 * fp_put() - append bytes
 * @put: where to; @put->full is set when they do not fit
 * @s: the bytes
 */
void fp_put(struct fp_put *put, struct fp_slice s)
{
	if (put->full || s.len > put->size - put->n) {
		put->full = true;
		return;
	}
	if (s.len)
		memcpy(put->p + put->n, s.p, s.len);
	put->n += s.len;
}

static void put_digits(struct fp_put *put, u32 value, u32 base)
{
	u8 buf[10];
	u32 i = sizeof(buf);

	do {
		u32 digit = value % base;

		buf[--i] = digit < 10 ? '0' + digit : 'a' + digit - 10;
		value /= base;
	} while (value);
	fp_put(put, fp_slice(buf + i, sizeof(buf) - i));
}

/**
 * fp_put_u32() - append a number in decimal
 * @put: where to
 * @value: the number
 */
void fp_put_u32(struct fp_put *put, u32 value)
{
	put_digits(put, value, 10);
}

static u32 v6_word(const struct fp_addr *a, u32 i)
{
	return (u32)a->b[2 * i] << 8 | a->b[2 * i + 1];
}

/* The longest run of zero words, RFC 5952 section 4.2: at least two. */
static void v6_gap(const struct fp_addr *a, u32 *from, u32 *to)
{
	u32 i, j;

	*from = 8;
	*to = 8;
	for (i = 0; i < 8; i = j + 1) {
		for (j = i; j < 8 && !v6_word(a, j); j++)
			;
		if (j - i > 1 && j - i > *to - *from) {
			*from = i;
			*to = j;
		}
	}
}

static void put_v6(struct fp_put *put, const struct fp_addr *a)
{
	u32 from, to, i;

	v6_gap(a, &from, &to);
	for (i = 0; i < 8; i++) {
		if (i == from) {
			fp_put(put, FP_LIT("::"));
			i = to;
			if (i == 8)
				return;
		} else if (i) {
			fp_put(put, FP_LIT(":"));
		}
		put_digits(put, v6_word(a, i), 16);
	}
}

/**
 * fp_put_addr() - append an address literal (RFC 5952)
 * @put: where to
 * @addr: the address
 * @brackets: write IPv6 as a reference
 */
void fp_put_addr(struct fp_put *put, const struct fp_addr *addr, bool brackets)
{
	u32 i;

	if (addr->family == 6) {
		fp_put(put, brackets ? FP_LIT("[") : FP_LIT(""));
		put_v6(put, addr);
		fp_put(put, brackets ? FP_LIT("]") : FP_LIT(""));
		return;
	}
	for (i = 0; i < 4; i++) {
		fp_put(put, i ? FP_LIT(".") : FP_LIT(""));
		fp_put_u32(put, addr->b[i]);
	}
}

/**
 * fp_put_text() - append bytes in base32 or base64url
 * @put: where to
 * @text: alphabet
 * @raw: the bytes
 * @len: how many
 */
void fp_put_text(struct fp_put *put, enum fp_seal_text text, const u8 *raw, u32 len)
{
	u32 digits = text == FP_SEAL_B32 ? (8 * len + 4) / 5 : (8 * len + 5) / 6;

	if (put->full || digits > put->size - put->n) {
		put->full = true;
		return;
	}
	put->n += fp_text_encode(text, raw, len, put->p + put->n);
}

/**
 * fp_put_token() - append a sealed token
 * @put: where to; full also when there is no key
 * @sealer: keys
 * @purpose: what it is for
 * @parts: plaintext, in pieces
 * @nparts: how many
 * @text: how it is written
 */
void fp_put_token(struct fp_put *put, const struct fp_sealer *sealer,
		  enum fp_seal_purpose purpose, const struct fp_slice *parts,
		  u32 nparts, enum fp_seal_text text)
{
	s32 n;

	if (put->full)
		return;
	n = fp_seal(sealer, purpose, parts, nparts, text, put->p + put->n,
		    put->size - put->n);
	if (n < 0)
		put->full = true;
	else
		put->n += n;
}
