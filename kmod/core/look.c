// SPDX-License-Identifier: GPL-2.0
/*
 * A first look at a text. Nearly all texts have nothing of the inside in them, and
 * most no URI: one walk over their punctuation marks tells so. It may see what is
 * not there, and never misses what the finder finds.
 *
 * An address has a dot between two numbers, or a colon soon followed by others; a
 * name has a dot before its last word; a token has a hyphen; an escape its percent
 * sign. That holds for every part of the text, too, as long as no word is cut.
 */
#include "find.h"
#include "word.h"

/* Fewest colons of an IPv6 literal without "::": one that ends like IPv4. */
#define V6_COLONS	6

static u8 at(struct fp_slice s, u32 i)
{
	return i < s.len ? s.p[i] : 0;
}

/* digit "." one to three digits ".": may an IPv4 literal have its first dot at @i? */
static bool maybe_v4(struct fp_slice t, u32 i)
{
	u32 end = i + 1;

	if (!i || !fp_is_digit(t.p[i - 1]))
		return false;
	while (end < i + 4 && fp_is_digit(at(t, end)))
		end++;
	return end > i + 1 && at(t, end) == '.';
}

/* May an IPv6 literal have its first colon at @i? */
static bool maybe_v6(struct fp_slice t, u32 i)
{
	u32 colons = 1;

	for (i++; i < t.len; i++) {
		if (t.p[i] == ':') {
			if (t.p[i - 1] == ':' || ++colons == V6_COLONS)
				return true;
		} else if (!fp_is(t.p[i], FP_C_HEX)) {
			break;
		}
	}
	return false;
}

/* Does the colon at @i end "sip" or "sips"? */
static bool maybe_scheme(struct fp_slice t, u32 i)
{
	if (i < 3)
		return false;
	if (fp_lower(t.p[i - 1]) == 's')
		i--;
	return fp_lower(t.p[i - 1]) == 'p' && fp_lower(t.p[i - 2]) == 'i';
}

/* "fpt-" or "fpo-" */
static bool maybe_token(struct fp_slice t, u32 i)
{
	return i >= 3 && fp_lower(t.p[i - 2]) == 'p' && fp_lower(t.p[i - 3]) == 'f';
}

static u32 look_at(const struct fp_realm *realm, struct fp_slice t, u32 i, u32 what)
{
	bool addrs = what & (FP_FIND_INSIDE | FP_FIND_PUBLIC);

	switch (t.p[i]) {
	case '%':
		return FP_LOOK_WORDS;
	case '-':
		return maybe_token(t, i) ? FP_LOOK_WORDS : 0;
	case '.':
		if (addrs && (maybe_v4(t, i) || fp_names_maybe(&realm->hosts, t, i)))
			return FP_LOOK_WORDS;
		return 0;
	case ':':
		return (maybe_scheme(t, i) ? FP_LOOK_SCHEME : 0) |
		       (addrs && maybe_v6(t, i) ? FP_LOOK_WORDS : 0);
	}
	return 0;
}

/* High bits of the bytes that may be one of the four marks: "," and "/" are, too. */
static u64 marks_of(u64 w)
{
	u64 seven = w & 0x7f * FP_ONES;

	return ~(fp_word_not(seven & 0x7c * FP_ONES, '-' & ~3) & fp_word_not(seven, ':') &
		 fp_word_not(seven, '%')) & FP_HIGHS;
}

/**
 * fp_text_look() - may there be something to translate in a text?
 * @realm: what is inside
 * @t: the text
 * @what: FP_FIND_*: what a finder would look for
 *
 * Return: FP_LOOK_WORDS when a finder may find something in the text, or it has
 * escapes; else FP_LOOK_SCHEME when a SIP URI may begin in it, else 0.
 */
u32 fp_text_look(const struct fp_realm *realm, struct fp_slice t, u32 what)
{
	u32 off, seen = 0;

	/* A name that is a single word may stand anywhere. */
	if (realm->hosts.bare && what & FP_FIND_INSIDE)
		return t.len ? FP_LOOK_WORDS : 0;
	for (off = 0; off < t.len; off += 8) {
		u32 left = t.len - off;
		u64 hits = marks_of(left >= 8 ? fp_word(t.p + off) :
						fp_word_tail(t.p + off, left));

		for (; hits; hits &= hits - 1) {
			seen |= look_at(realm, t, off + fp_word_first(hits), what);
			if (seen & FP_LOOK_WORDS)
				return FP_LOOK_WORDS;
		}
	}
	return seen;
}
