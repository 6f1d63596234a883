// SPDX-License-Identifier: GPL-2.0
/*
 * What looks at eight bytes at a time, by tables or through filters, beside the plain
 * way to say the same: random texts, made of what matters.
 */
#include <stdlib.h>
#include "../../kmod/core/find.h"
#include "../../kmod/core/names.h"
#include "kselftest.h"
#include "relay_env.h"

#define TEXTS	20000

static u64 state = 88172645463325252ULL;

static u32 dice(u32 sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 16) % sides;
}

static const char *const pieces[] = {
	"192.0.2.11", "192.0.2", ".11", "1", "22", "333", "4444", ".", ":", "::", "-", "%", "a",
	"2001:db8:1::7", "2001:db8:1", "fe80", "::ffff:192.0.2.9", "1:2:3:4:5:6:192.0.2.1",
	"0:0:0:0:0:ffff:c000:0205", "13:02:03", "[", "]", "imp1.example.com", "IMP2.Example.Com",
	"x.corp.example.com", "corp", ".example", ".com", "example.com", "gw", ".org", "z9",
	"imp-public.example.com", "fpt-aaaaaaaaaaaaaaaaaaaaa", "fpo-", "FPO-bbbbbbbbbbbbbbbbbbb0",
	"fp", "sip:", "sips:", "SIP:", "zip:", "tel:", "@", "<", ">", ";", "=", "\"", ",", " ", "_",
	"\t", "\r\n", "\x7f", "\x80", "\x9f", "\xff", "\xad\xae\xba\xa5", "%31", "/", "~", "?",
};

/* Text of pieces and of bytes from anywhere, in memory that ends with it. */
static u8 *random_text(u32 *len)
{
	u32 n = dice(24), i;
	u8 text[1024], *copy;

	*len = 0;
	for (i = 0; i < n; i++) {
		const char *s = pieces[dice(ARRAY_SIZE(pieces))];

		memcpy(text + *len, s, strlen(s));
		*len += strlen(s);
		if (!dice(8))
			text[(*len)++] = dice(256);
	}
	copy = malloc(*len + !*len);
	memcpy(copy, text, *len);
	return copy;
}

static u8 plain_lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool plain_ieq(const u8 *a, const u8 *b, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (plain_lower(a[i]) != plain_lower(b[i]))
			return false;
	return true;
}

static u32 plain_run(const u8 *p, u32 off, u32 end, enum fp_class cls)
{
	while (off < end && fp_is(p[off], cls))
		off++;
	return off;
}

static u32 plain_ctl(const u8 *p, u32 off, u32 end)
{
	while (off < end && !fp_is(p[off], FP_C_CTL))
		off++;
	return off;
}

static u32 plain_byte(const u8 *p, u32 off, u32 end, u8 c)
{
	while (off < end && p[off] != c)
		off++;
	return off;
}

static bool searches_agree(const u8 *p, u32 len)
{
	u32 off = dice(len + 1), end = off + dice(len - off + 1), cls = dice(11);
	u8 c = len ? p[dice(len)] : 0;

	return fp_run(p, off, end, 1 << cls) == plain_run(p, off, end, 1 << cls) &&
	       fp_find_value_end(p, off, end) == plain_run(p, off, end, FP_C_VALUE) &&
	       fp_find_ctl(p, off, end) == plain_ctl(p, off, end) &&
	       fp_find_byte(p, off, end, c) == plain_byte(p, off, end, c);
}

static void test_searches(void)
{
	u32 i, len;

	for (i = 0; i < TEXTS; i++) {
		u8 *p = random_text(&len);

		expect(searches_agree(p, len));
		free(p);
	}
	result("searches by the word find what searches by the byte find\n");
}

static void test_compare(void)
{
	u32 i, k, len;

	for (i = 0; i < TEXTS; i++) {
		u8 *p = random_text(&len), *other = malloc(len + !len);

		for (k = 0; k < len; k++)
			other[k] = dice(9) ? p[k] : p[k] ^ 0x20;
		if (len && dice(2))
			other[dice(len)] = dice(256);
		expect(fp_bytes_ieq(p, other, len) == plain_ieq(p, other, len));
		expect(fp_bytes_ieq(p, p, len));
		free(other);
		free(p);
	}
	result("comparing without regard to case\n");
}

static bool finds(const struct env *e, struct fp_slice t, u32 what)
{
	struct fp_finder f;
	struct fp_word w;

	fp_finder_init(&f, e->realm, t, what);
	return fp_finder_next(&f, 0, &w);
}

static bool has_scheme(struct fp_slice t)
{
	return fp_slice_ifind(t, FP_LIT("sip:")) >= 0 || fp_slice_ifind(t, FP_LIT("sips:")) >= 0;
}

/* No word is cut where neither side of the cut is a letter or a digit. */
static struct fp_slice random_part(struct fp_slice t)
{
	u32 from = dice(t.len + 1), to = from + dice(t.len - from + 1);

	while (from && from < t.len && fp_is_alnum(t.p[from - 1]) && fp_is_alnum(t.p[from]))
		from--;
	while (to && to < t.len && fp_is_alnum(t.p[to - 1]) && fp_is_alnum(t.p[to]))
		to++;
	return fp_slice(t.p + from, to - from);
}

/* 0: the look sees something; 1: rightly nothing; 2: wrongly nothing. */
static u32 judge(const struct env *e, struct fp_slice t, u32 what)
{
	u32 look = fp_text_look(e->realm, t, what), i;

	if (look & FP_LOOK_WORDS)
		return 0;
	if (has_scheme(t) && !(look & FP_LOOK_SCHEME))
		return 2;
	if (finds(e, t, what) || fp_slice_chr(t, '%') >= 0)
		return 2;
	for (i = 0; i < 8; i++)
		if (finds(e, random_part(t), what))
			return 2;
	return 1;
}

static void test_look(const struct env_opts *opts, const char *name)
{
	struct env *e = env_new(opts);
	u32 i, len, count[3] = { 0 };

	for (i = 0; i < TEXTS; i++) {
		u8 *p = random_text(&len);
		struct fp_slice t = fp_slice(p, len);
		u32 verdict = judge(e, t, 1 + dice(15));

		if (verdict == 2)
			ksft_print_msg("missed: %.*s\n", (int)len, (const char *)p);
		count[verdict]++;
		free(p);
	}
	expect(!count[2]);
	expect(count[0] > TEXTS / 10);
	expect(count[1] > TEXTS / 50);
	result("a look misses nothing that is found (%s)\n", name);
	env_free(e);
}

/* The same digit by digit; -1 when it is no text of that alphabet. */
static s32 plain_decode(const char *digits, u32 width, struct fp_slice in, u8 *out)
{
	u32 acc = 0, bits = 0, n = 0, i;

	for (i = 0; i < in.len; i++) {
		u8 c = width == 5 ? plain_lower(in.p[i]) : in.p[i];
		const char *at = c ? strchr(digits, c) : NULL;

		if (!at)
			return -1;
		acc = acc << width | (at - digits);
		bits += width;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = acc >> bits;
		}
	}
	return bits >= width || acc & ((1u << bits) - 1) ? -1 : (s32)n;
}

static void one_text(enum fp_seal_text text, const char *digits, u32 width)
{
	u8 raw[80] = { 0 }, coded[160], back[160], plain[160];
	u32 len = dice(sizeof(raw)), n, i;
	s32 a, b;

	for (i = 0; i < len; i++)
		raw[i] = dice(256);
	n = fp_text_encode(text, raw, len, coded);
	expect(fp_text_decode(text, fp_slice(coded, n), back, len) == (s32)len);
	expect(!memcmp(back, raw, len));
	expect(!len || fp_text_decode(text, fp_slice(coded, n), back, len - 1) == -ENOSPC);
	if (n && dice(2))
		coded[dice(n)] = dice(256);
	n = dice(n + 1);
	a = fp_text_decode(text, fp_slice(coded, n), back, sizeof(back));
	b = plain_decode(digits, width, fp_slice(coded, n), plain);
	expect(b < 0 ? a == -EBADMSG : a == b && !memcmp(back, plain, a));
}

static void test_text(void)
{
	u32 i;

	for (i = 0; i < TEXTS; i++) {
		one_text(FP_SEAL_B32, "abcdefghijklmnopqrstuvwxyz234567", 5);
		one_text(FP_SEAL_B64,
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6);
	}
	result("base32 and base64 by eight digits and one by one\n");
}

#define NAMES	6

static bool plain_has(struct fp_slice entry, struct fp_slice name)
{
	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (!fp_slice_starts(entry, FP_LIT("*.")))
		return fp_slice_ieq(entry, name);
	entry = fp_slice_sub(entry, 1, entry.len);
	return name.len > entry.len &&
	       fp_slice_ieq(fp_slice_sub(name, name.len - entry.len, entry.len), entry);
}

static struct fp_slice random_name(bool star)
{
	static const char *const names[] = {
		"example.com", "a.example.com", "b.a.example.com", "example.org", "com",
		"ample.com",
		"*.example.com", "*.a.example.com", "*.com", "*.org",
	};
	const char *s = names[dice(star ? ARRAY_SIZE(names) : 6)];

	return fp_slice(s, strlen(s));
}

static void test_names(void)
{
	struct fp_slice entries[NAMES];
	struct fp_nameset *set;
	u32 i, k, n;

	for (i = 0; i < TEXTS; i++) {
		struct fp_slice name = random_name(false);
		bool has = false;

		n = dice(NAMES);
		for (k = 0; k < n; k++) {
			entries[k] = random_name(true);
			has = has || plain_has(entries[k], name);
		}
		expect(!fp_nameset_build(&env_mem, entries, n, &set));
		expect(fp_nameset_has(set, name) == has);
		fp_nameset_free(set);
	}
	result("names through filters and one by one\n");
}

int main(void)
{
	const struct env_opts few = { .place = FP_PLACE_ASA }, all = { .everything = true };

	ksft_print_header();
	ksft_set_plan(6);
	test_searches();
	test_compare();
	test_look(&few, "a federation");
	test_look(&all, "everything is inside");
	test_text();
	test_names();
	ksft_finished();
}
