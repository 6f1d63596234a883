/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slices and spans: how the core looks at wire bytes.
 *
 * A slice is a pointer and a length. A span is an offset and a length against
 * a base that the reader knows (the message buffer); parse tables keep spans,
 * because an edit list speaks offsets and because they are half the size.
 * Nothing here reads a byte outside of what it was given.
 */
#ifndef _FEDPAT_SLICE_H
#define _FEDPAT_SLICE_H

#include <fedpat/types.h>

/**
 * struct fp_span - a piece of a buffer
 * @off: offset of the first byte from the base
 * @len: number of bytes; 0 means absent or empty
 */
struct fp_span {
	u32 off;
	u32 len;
};

/* A string literal as a slice, without its NUL. */
#define FP_LIT(s) fp_slice("" s, sizeof(s) - 1)

static inline struct fp_slice fp_slice(const void *p, u32 len)
{
	struct fp_slice s = { (const u8 *)p, len };

	return s;
}

static inline struct fp_span fp_span(u32 off, u32 len)
{
	struct fp_span s = { off, len };

	return s;
}

/* Span from the first offset up to, not including, the second. */
static inline struct fp_span fp_span_to(u32 off, u32 end)
{
	return fp_span(off, end - off);
}

static inline u32 fp_span_end(struct fp_span s)
{
	return s.off + s.len;
}

/* The bytes of a span; @base is the start of the buffer it was made on. */
static inline struct fp_slice fp_at(const u8 *base, struct fp_span s)
{
	return fp_slice(base + s.off, s.len);
}

static inline u8 fp_lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static inline bool fp_is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

static inline bool fp_is_alpha(u8 c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Linear white space: SP and HT, and CR LF where a line is folded. */
static inline bool fp_is_lws(u8 c)
{
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Classes of bytes, RFC 3261 section 25.1; see fp_is(). */
enum fp_class {
	FP_C_TOKEN	= 1 << 0,	/* token */
	FP_C_HOST	= 1 << 1,	/* alphanum - . and _, as seen in host names */
	FP_C_HEX	= 1 << 2,	/* hexadecimal digit */
	FP_C_USER	= 1 << 3,	/* user part without escapes */
	FP_C_PARAM	= 1 << 4,	/* URI parameter and header, without escapes */
	FP_C_WORD	= 1 << 5,	/* word: Call-ID */
	FP_C_CTL	= 1 << 6,	/* control characters other than HT */
	FP_C_SCHEME	= 1 << 7,	/* URI scheme after its first letter */
	FP_C_VALUE	= 1 << 8,	/* value of a header parameter, not quoted */
	FP_C_DISPLAY	= 1 << 9,	/* display name, not quoted */
	FP_C_BEFORE	= 1 << 10,	/* what ends before parameters: all but ; and ? */
};

extern const u16 fp_class_table[256];

static inline bool fp_is(u8 c, enum fp_class cls)
{
	return fp_class_table[c] & cls;
}

/* Offset of the first byte in [off, end) that is not of the class, or @end. */
u32 fp_run(const u8 *base, u32 off, u32 end, enum fp_class cls);

/* Byte for byte, and without regard to ASCII case. */
bool fp_slice_eq(struct fp_slice a, struct fp_slice b);
bool fp_bytes_ieq(const u8 *a, const u8 *b, u32 len);

/* Here, because most comparisons end with the length. */
static inline bool fp_slice_ieq(struct fp_slice a, struct fp_slice b)
{
	return a.len == b.len && fp_bytes_ieq(a.p, b.p, a.len);
}

/* Does @s begin with @prefix (ASCII case ignored in the i form)? */
bool fp_slice_starts(struct fp_slice s, struct fp_slice prefix);

static inline bool fp_slice_istarts(struct fp_slice s, struct fp_slice prefix)
{
	return s.len >= prefix.len && fp_bytes_ieq(s.p, prefix.p, prefix.len);
}

/* Part of a slice, clamped to it. */
struct fp_slice fp_slice_sub(struct fp_slice s, u32 off, u32 len);
/* Without linear white space (SP HT CR LF) at both ends. */
struct fp_slice fp_slice_trim(struct fp_slice s);

static inline struct fp_span fp_span_trim(const u8 *base, struct fp_span s)
{
	while (s.len && fp_is_lws(base[s.off + s.len - 1]))
		s.len--;
	while (s.len && fp_is_lws(base[s.off])) {
		s.off++;
		s.len--;
	}
	return s;
}

/* First offset of a byte or of a slice; -1 when absent. */
s32 fp_slice_chr(struct fp_slice s, u8 c);
s32 fp_slice_find(struct fp_slice s, struct fp_slice needle);
s32 fp_slice_ifind(struct fp_slice s, struct fp_slice needle);
/* Split at the first @c; false (and @head = all, @tail empty) when absent. */
bool fp_slice_cut(struct fp_slice s, u8 c, struct fp_slice *head, struct fp_slice *tail);
/* Decimal digits only, at least one, leading zeros allowed; false on overflow. */
bool __must_check fp_slice_u32(struct fp_slice s, u32 *out);
bool __must_check fp_slice_u16(struct fp_slice s, u16 *out);
bool __must_check fp_slice_u8(struct fp_slice s, u8 *out);
/* IPv4 dotted quad, IPv6 with or without brackets; false when it is not one. */
bool __must_check fp_slice_addr(struct fp_slice s, struct fp_addr *out);
/* Offset of the next control character other than HT in [off, end), or @end. */
u32 fp_find_ctl(const u8 *base, u32 off, u32 end);
/* Offset of the first byte in [off, end) not of class FP_C_VALUE, or @end. */
u32 fp_find_value_end(const u8 *base, u32 off, u32 end);
/* Offset of the next @c, or of the next "-", "." or ":". */
u32 fp_find_byte(const u8 *base, u32 off, u32 end, u8 c);
u32 fp_find_mark(const u8 *base, u32 off, u32 end);
/* Undo %XX; returns the length, or -1 when @cap is too small or an escape is bad. */
s32 fp_unescape(struct fp_slice s, u8 *out, u32 cap);
/* Undo quoted-pairs in the inside of a quoted string; length or -1. */
s32 fp_unquote(struct fp_slice s, u8 *out, u32 cap);

#endif /* _FEDPAT_SLICE_H */
