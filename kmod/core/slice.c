// SPDX-License-Identifier: GPL-2.0
/* Slices: comparing, cutting, trimming and reading numbers without a NUL in sight. */
#include <fedpat/slice.h>

/*
 * Bits of enum fp_class for each byte, from RFC 3261 section 25.1 with what is
 * in the field: "_" in host names, "#" in users, "," and "?" in URI
 * parameters, any printable byte but "," and ";" in a Call-ID. Bytes from
 * 0x80 belong to no class. test_slice checks it against the grammar.
 */
const u8 fp_class_table[256] = {
	0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40,	/* 00 */
	0x40, 0x00, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40,	/* 08 */
	0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40,	/* 10 */
	0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40,	/* 18 */
	0x00, 0x39, 0x20, 0x28, 0x38, 0x21, 0x38, 0x39,	/* 20 */
	0x38, 0x38, 0x39, 0xb9, 0x18, 0xbb, 0xbb, 0x38,	/* 28 */
	0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf,	/* 30 */
	0xbf, 0xbf, 0x30, 0x08, 0x20, 0x28, 0x20, 0x38,	/* 38 */
	0x20, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbb,	/* 40 */
	0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb,	/* 48 */
	0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb,	/* 50 */
	0xbb, 0xbb, 0xbb, 0x30, 0x20, 0x30, 0x20, 0x3b,	/* 58 */
	0x21, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbb,	/* 60 */
	0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb,	/* 68 */
	0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb,	/* 70 */
	0xbb, 0xbb, 0xbb, 0x20, 0x20, 0x20, 0x39, 0x40,	/* 78 */
};

/**
 * fp_slice_eq() - compare byte for byte
 * @a: one slice
 * @b: another
 *
 * Return: true when both have the same bytes.
 */
bool fp_slice_eq(struct fp_slice a, struct fp_slice b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

/**
 * fp_bytes_ieq() - compare without regard to ASCII case
 * @a: bytes
 * @b: as many
 * @len: how many
 *
 * Return: true when both are the same but for the case of letters.
 */
bool fp_bytes_ieq(const u8 *a, const u8 *b, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		/* Nearly always the case is the same, too: look at that first. */
		if (a[i] != b[i] && fp_lower(a[i]) != fp_lower(b[i]))
			return false;
	}
	return true;
}

/**
 * fp_slice_starts() - does a slice begin with another?
 * @s: the slice
 * @prefix: what it may begin with
 *
 * Return: true when it does, also for an empty @prefix.
 */
bool fp_slice_starts(struct fp_slice s, struct fp_slice prefix)
{
	return s.len >= prefix.len && fp_slice_eq(fp_slice(s.p, prefix.len), prefix);
}

/**
 * fp_slice_sub() - part of a slice
 * @s: the slice
 * @off: first byte of the part
 * @len: its length
 *
 * Return: as much of the part as lies within @s, perhaps nothing.
 */
struct fp_slice fp_slice_sub(struct fp_slice s, u32 off, u32 len)
{
	if (off > s.len)
		off = s.len;
	if (len > s.len - off)
		len = s.len - off;
	return fp_slice(s.p + off, len);
}

/**
 * fp_slice_trim() - cut linear white space off both ends
 * @s: the slice
 *
 * Return: what is left, perhaps nothing.
 */
struct fp_slice fp_slice_trim(struct fp_slice s)
{
	while (s.len && fp_is_lws(s.p[s.len - 1]))
		s.len--;
	while (s.len && fp_is_lws(s.p[0])) {
		s.p++;
		s.len--;
	}
	return s;
}

/**
 * fp_span_trim() - fp_slice_trim() for a span
 * @base: what @s is relative to
 * @s: the span
 *
 * Return: what is left; an empty one keeps an offset within @s.
 */
struct fp_span fp_span_trim(const u8 *base, struct fp_span s)
{
	while (s.len && fp_is_lws(base[s.off + s.len - 1]))
		s.len--;
	while (s.len && fp_is_lws(base[s.off])) {
		s.off++;
		s.len--;
	}
	return s;
}

/**
 * fp_slice_chr() - find a byte
 * @s: where to look
 * @c: what to look for
 *
 * Return: offset of the first, -1 when there is none.
 */
s32 fp_slice_chr(struct fp_slice s, u8 c)
{
	u32 at = fp_find_byte(s.p, 0, s.len, c);

	return at < s.len ? (s32)at : -1;
}

static s32 fp_find(struct fp_slice s, struct fp_slice needle,
		   bool (*starts)(struct fp_slice s, struct fp_slice prefix))
{
	u32 i;

	for (i = 0; i + needle.len <= s.len; i++)
		if (starts(fp_slice(s.p + i, s.len - i), needle))
			return i;
	return -1;
}

/**
 * fp_slice_find() - find a slice in another
 * @s: where to look
 * @needle: what to look for
 *
 * Return: offset of the first, -1 when there is none.
 */
s32 fp_slice_find(struct fp_slice s, struct fp_slice needle)
{
	return fp_find(s, needle, fp_slice_starts);
}

/**
 * fp_slice_ifind() - the same without regard to ASCII case
 * @s: where to look
 * @needle: what to look for
 *
 * Return: offset of the first, -1 when there is none.
 */
s32 fp_slice_ifind(struct fp_slice s, struct fp_slice needle)
{
	return fp_find(s, needle, fp_slice_istarts);
}

/**
 * fp_slice_cut() - split at a byte
 * @s: what to split
 * @c: where: at the first of these, which belongs to neither part
 * @head: what stands before it, all of @s when there is none
 * @tail: what stands behind it
 *
 * Return: whether @c was there.
 */
bool fp_slice_cut(struct fp_slice s, u8 c, struct fp_slice *head, struct fp_slice *tail)
{
	s32 at = fp_slice_chr(s, c);

	if (at < 0) {
		*head = s;
		*tail = fp_slice(s.p + s.len, 0);
		return false;
	}
	*head = fp_slice(s.p, at);
	*tail = fp_slice(s.p + at + 1, s.len - at - 1);
	return true;
}

/* Decimal digits up to @max; "" and anything else is no number. */
static bool fp_decimal(struct fp_slice s, u64 max, u64 *out)
{
	u64 v = 0;
	u32 i;

	for (i = 0; i < s.len; i++) {
		if (!fp_is_digit(s.p[i]))
			return false;
		v = v * 10 + (s.p[i] - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return s.len;
}

/**
 * fp_slice_u32() - read a decimal number
 * @s: digits only, leading zeros allowed
 * @out: the number, untouched on failure
 *
 * Return: false when @s is empty, has another byte or does not fit.
 */
bool fp_slice_u32(struct fp_slice s, u32 *out)
{
	u64 v;

	if (!fp_decimal(s, 0xffffffff, &v))
		return false;
	*out = v;
	return true;
}

/**
 * fp_slice_u16() - read a decimal number
 * @s: digits only, leading zeros allowed
 * @out: the number, untouched on failure
 *
 * Return: false when @s is empty, has another byte or does not fit.
 */
bool fp_slice_u16(struct fp_slice s, u16 *out)
{
	u64 v;

	if (!fp_decimal(s, 0xffff, &v))
		return false;
	*out = v;
	return true;
}

/**
 * fp_slice_u8() - read a decimal number
 * @s: digits only, leading zeros allowed
 * @out: the number, untouched on failure
 *
 * Return: false when @s is empty, has another byte or does not fit.
 */
bool fp_slice_u8(struct fp_slice s, u8 *out)
{
	u64 v;

	if (!fp_decimal(s, 0xff, &v))
		return false;
	*out = v;
	return true;
}

static u8 fp_hex(u8 c)
{
	return fp_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/**
 * fp_unescape() - undo the %XX escapes of a URI
 * @s: escaped bytes
 * @out: where to write
 * @cap: room there
 *
 * Return: number of bytes written, -1 when @cap is too small or an escape is
 * not two hexadecimal digits.
 */
s32 fp_unescape(struct fp_slice s, u8 *out, u32 cap)
{
	u32 i, n = 0;

	for (i = 0; i < s.len; i++) {
		u8 c = s.p[i];

		if (c == '%') {
			if (s.len - i < 3 || !fp_is(s.p[i + 1], FP_C_HEX) ||
			    !fp_is(s.p[i + 2], FP_C_HEX))
				return -1;
			c = fp_hex(s.p[i + 1]) << 4 | fp_hex(s.p[i + 2]);
			i += 2;
		}
		if (n == cap)
			return -1;
		out[n++] = c;
	}
	return n;
}

/**
 * fp_unquote() - undo the backslashes of a quoted string
 * @s: the string without its quotes
 * @out: where to write
 * @cap: room there
 *
 * Return: number of bytes written, -1 when @cap is too small or @s ends in a
 * backslash.
 */
s32 fp_unquote(struct fp_slice s, u8 *out, u32 cap)
{
	u32 i, n = 0;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && ++i == s.len)
			return -1;
		if (n == cap)
			return -1;
		out[n++] = s.p[i];
	}
	return n;
}

/*
 * Looking at eight bytes at a time, with plain integers because the kernel has no
 * vector registers to spare. The high bit of a byte is set where the byte is hit. A
 * borrow may set it above a hit, never where there is none below: so the lowest
 * one is right, and the first byte of the text must be the lowest one of the word.
 */
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

static inline u64 fp_word_zero(u64 w)
{
	return (w - FP_ONES) & ~w & FP_HIGHS;
}

static inline u64 fp_word_is(u64 w, u8 c)
{
	return fp_word_zero(w ^ c * FP_ONES);
}

static inline u32 fp_word_first(u64 hits)
{
	return __builtin_ctzll(hits) / 8;
}

/**
 * fp_find_ctl() - find the next control character
 * @base: buffer
 * @off: where to start
 * @end: where to stop
 *
 * The hot loop of framing and parsing.
 *
 * Return: offset of the first byte in class FP_C_CTL (HT is not), or @end.
 */
u32 fp_find_ctl(const u8 *base, u32 off, u32 end)
{
	while (off < end && end - off >= 8) {
		u64 w = fp_word(base + off);
		u64 hits = ((w - 0x20 * FP_ONES) & ~w & FP_HIGHS) | fp_word_is(w, 0x7f);

		if (!hits) {
			off += 8;
			continue;
		}
		off += fp_word_first(hits);
		if (fp_is(base[off], FP_C_CTL))
			return off;
		off++;
	}
	while (off < end && !fp_is(base[off], FP_C_CTL))
		off++;
	return off;
}

/**
 * fp_find_byte() - find the next byte of one value
 * @base: buffer
 * @off: where to start
 * @end: where to stop
 * @c: the value
 *
 * Return: offset of the first, or @end.
 */
u32 fp_find_byte(const u8 *base, u32 off, u32 end, u8 c)
{
	for (; off < end && end - off >= 8; off += 8) {
		u64 hits = fp_word_is(fp_word(base + off), c);

		if (hits)
			return off + fp_word_first(hits);
	}
	while (off < end && base[off] != c)
		off++;
	return off;
}

/**
 * fp_find_mark() - find the next "-", "." or ":"
 * @base: buffer
 * @off: where to start
 * @end: where to stop
 *
 * No address, no token, and no name but one of a single word is without.
 *
 * Return: offset of the first, or @end.
 */
u32 fp_find_mark(const u8 *base, u32 off, u32 end)
{
	while (off < end && end - off >= 8) {
		u64 w = fp_word(base + off);
		/* "," and "/" are their neighbours. */
		u64 hits = fp_word_is(w & ~(3 * FP_ONES), '-' & ~3) | fp_word_is(w, ':');

		if (!hits) {
			off += 8;
			continue;
		}
		off += fp_word_first(hits);
		if (base[off] != ',' && base[off] != '/')
			return off;
		off++;
	}
	while (off < end && base[off] != '-' && base[off] != '.' && base[off] != ':')
		off++;
	return off;
}
