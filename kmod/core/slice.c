// SPDX-License-Identifier: GPL-2.0
/* Slices: comparing, cutting, trimming and reading numbers without a NUL in sight. */
#include "word.h"

/*
 * Bits of enum fp_class for each byte, from RFC 3261 section 25.1 with what is
 * in the field: "_" in host names, "#" in users, "," and "?" in URI
 * parameters, any printable byte but "," and ";" in a Call-ID. Bytes from
 * 0x80 belong to the last three classes only. test_slice checks it against the
 * grammar.
 */
const u16 fp_class_table[256] = {
	0x440, 0x440, 0x440, 0x440, 0x440, 0x440, 0x440, 0x440,	/* 00 */
	0x440, 0x600, 0x640, 0x440, 0x440, 0x640, 0x440, 0x440,	/* 08 */
	0x440, 0x440, 0x440, 0x440, 0x440, 0x440, 0x440, 0x440,	/* 10 */
	0x440, 0x440, 0x440, 0x440, 0x440, 0x440, 0x440, 0x440,	/* 18 */
	0x600, 0x739, 0x420, 0x728, 0x738, 0x721, 0x738, 0x739,	/* 20 */
	0x738, 0x738, 0x739, 0x7b9, 0x418, 0x7bb, 0x7bb, 0x738,	/* 28 */
	0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bf,	/* 30 */
	0x7bf, 0x7bf, 0x530, 0x008, 0x420, 0x728, 0x420, 0x338,	/* 38 */
	0x720, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bb,	/* 40 */
	0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb,	/* 48 */
	0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb,	/* 50 */
	0x7bb, 0x7bb, 0x7bb, 0x730, 0x520, 0x730, 0x720, 0x73b,	/* 58 */
	0x721, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bf, 0x7bb,	/* 60 */
	0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb,	/* 68 */
	0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb, 0x7bb,	/* 70 */
	0x7bb, 0x7bb, 0x7bb, 0x720, 0x720, 0x720, 0x739, 0x440,	/* 78 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* 80 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* 88 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* 90 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* 98 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* a0 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* a8 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* b0 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* b8 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* c0 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* c8 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* d0 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* d8 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* e0 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* e8 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* f0 */
	0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700,	/* f8 */
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

static bool few_ieq(const u8 *a, const u8 *b, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (a[i] != b[i] && fp_lower(a[i]) != fp_lower(b[i]))
			return false;
	}
	return true;
}

static bool eight_ieq(const u8 *a, const u8 *b)
{
	return fp_word(a) == fp_word(b) || few_ieq(a, b, 8);
}

/**
 * fp_bytes_ieq() - compare without regard to ASCII case
 * @a: bytes
 * @b: as many
 * @len: how many
 *
 * Nearly always the case is the same, too: that is looked at first.
 *
 * Return: true when both are the same but for the case of letters.
 */
bool fp_bytes_ieq(const u8 *a, const u8 *b, u32 len)
{
	u32 i;

	if (len < 8)
		return (len >= 4 && fp_half(a) == fp_half(b) &&
			fp_half(a + len - 4) == fp_half(b + len - 4)) || few_ieq(a, b, len);
	for (i = 0; len - i > 8; i += 8)
		if (!eight_ieq(a + i, b + i))
			return false;
	return eight_ieq(a + len - 8, b + len - 8);
}

/**
 * fp_run() - where a run of bytes of a class ends
 * @base: buffer
 * @off: where to start
 * @end: where to stop
 * @cls: the class
 *
 * Return: offset of the first byte of another class, or @end.
 */
u32 fp_run(const u8 *base, u32 off, u32 end, enum fp_class cls)
{
	for (; off < end && end - off >= 4; off += 4) {
		const u8 *p = base + off;

		if (!(fp_class_table[p[0]] & fp_class_table[p[1]] & fp_class_table[p[2]] &
		      fp_class_table[p[3]] & cls))
			break;
	}
	while (off < end && fp_is(base[off], cls))
		off++;
	return off;
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
 * A borrow may set the high bit of a byte above a hit, never where there is none
 * below: so the lowest one is right.
 */
static inline u64 fp_word_is(u64 w, u8 c)
{
	w ^= c * FP_ONES;
	return (w - FP_ONES) & ~w & FP_HIGHS;
}

/*
 * High bits of bytes that may be below 0x20, or 0x7f: a borrow or a carry may set one
 * above a hit, or above a 0xff.
 */
static inline u64 fp_word_ctl(u64 w)
{
	return ((w - 0x20 * FP_ONES) | (w + FP_ONES)) & ~w;
}

/* The first hit that is right, HT being none; @end when there is none. */
static u32 fp_first_ctl(const u8 *base, u32 off, u32 end, u64 hits)
{
	for (hits &= FP_HIGHS; hits; hits &= hits - 1)
		if (fp_is(base[off + fp_word_first(hits)], FP_C_CTL))
			return off + fp_word_first(hits);
	return end;
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
	for (; off < end && end - off >= 16; off += 16) {
		u64 low = fp_word_ctl(fp_word(base + off));
		u64 high = fp_word_ctl(fp_word(base + off + 8));
		u32 at;

		if (!((low | high) & FP_HIGHS))
			continue;
		at = fp_first_ctl(base, off, end, low);
		if (at == end)
			at = fp_first_ctl(base, off + 8, end, high);
		if (at != end)
			return at;
	}
	while (off < end && !fp_is(base[off], FP_C_CTL))
		off++;
	return off;
}

/* High bits of bytes that may not be of class FP_C_VALUE: "=" and others are. */
static inline u64 fp_word_no_value(u64 w)
{
	u64 seven = w & 0x7f * FP_ONES;
	u64 fine = (seven + 0x5f * FP_ONES) & fp_word_not(seven, '"') &
		   fp_word_not(seven, ',') & fp_word_not(seven & 0x7c * FP_ONES, '<') &
		   fp_word_not(seven, ';') & fp_word_not(seven, 0x7f);

	return ~fine & FP_HIGHS;
}

/**
 * fp_find_value_end() - where a run of class FP_C_VALUE ends
 * @base: buffer
 * @off: where to start
 * @end: where to stop
 *
 * fp_run() for what is often long.
 *
 * Return: offset of the first byte that is not of the class, or @end.
 */
u32 fp_find_value_end(const u8 *base, u32 off, u32 end)
{
	for (; off < end && end - off >= 8; off += 8) {
		u64 hits = fp_word_no_value(fp_word(base + off));

		for (; hits; hits &= hits - 1)
			if (!fp_is(base[off + fp_word_first(hits)], FP_C_VALUE))
				return off + fp_word_first(hits);
	}
	return fp_run(base, off, end, FP_C_VALUE);
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
