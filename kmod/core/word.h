/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looking at eight bytes of text at a time, with plain integers because the kernel
 * has no vector registers to spare. The first byte of the text is the lowest one of
 * the word. What is hit has the high bit of its byte set.
 */
#ifndef _FEDPAT_CORE_WORD_H
#define _FEDPAT_CORE_WORD_H

#include <fedpat/slice.h>

#define FP_ONES		0x0101010101010101ULL
#define FP_HIGHS	(0x80 * FP_ONES)

static inline u64 fp_word(const u8 *p)
{
	u64 w;

	memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* Four bytes, to be compared with four others. */
static inline u32 fp_half(const u8 *p)
{
	u32 w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* A word of fewer than eight bytes; zeros behind them. */
static inline u64 fp_word_tail(const u8 *p, u32 len)
{
	u64 w = 0;

	while (len--)
		w = w << 8 | p[len];
	return w;
}

/*
 * In a word of seven-bit bytes, the high bits of those that are not @c. No carry
 * leaves a byte: every bit is right.
 */
static inline u64 fp_word_not(u64 seven, u8 c)
{
	return (seven ^ c * FP_ONES) + 0x7f * FP_ONES;
}

static inline u32 fp_word_first(u64 hits)
{
	return __builtin_ctzll(hits) / 8;
}

#endif /* _FEDPAT_CORE_WORD_H */
