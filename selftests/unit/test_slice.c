// SPDX-License-Identifier: GPL-2.0
/* Slices: every function at its edges, and the class table against the grammar. */
#include <ctype.h>
#include <stdlib.h>

#include <fedpat/slice.h>

#include "corpus.h"
#include "kselftest.h"

#define S(s) FP_LIT(s)

static bool in(const char *set, int c)
{
	return c && strchr(set, c);
}

/* Classes as RFC 3261 section 25.1 writes them, and what slice.c says it adds. */
static bool class_by_grammar(int c, enum fp_class cls)
{
	bool alnum = c < 0x80 && isalnum(c), unreserved = alnum || in("-_.!~*'()", c);

	switch (cls) {
	case FP_C_TOKEN:
		return alnum || in("-.!%*_+`'~", c);
	case FP_C_HOST:
		return alnum || in("-._", c);
	case FP_C_HEX:
		return c < 0x80 && isxdigit(c);
	case FP_C_USER:
		return unreserved || in("&=+$,;?/#", c);
	case FP_C_PARAM:
		return unreserved || in("[]/:&+$,?", c);
	case FP_C_WORD:
		return c > 0x20 && c < 0x7f && !in(",;", c);
	case FP_C_CTL:
		return (c < 0x20 && c != '\t') || c == 0x7f;
	case FP_C_SCHEME:
		return alnum || in("+-.", c);
	case FP_C_VALUE:
		return c > 0x20 && c != 0x7f && !in(";,\"<>", c);
	case FP_C_DISPLAY:
		return (c >= 0x20 || in("\t\r\n", c)) && c != 0x7f && !in("\"<>,;:\\", c);
	case FP_C_BEFORE:
		return !in(";?", c);
	}
	return false;
}

static void test_classes(void)
{
	int c, bit, wrong = 0;

	for (c = 0; c < 256; c++)
		for (bit = 0; bit < 11; bit++)
			wrong += fp_is(c, 1 << bit) != class_by_grammar(c, 1 << bit);
	ksft_test_result(!wrong, "classes of bytes are those of the grammar\n");
}

static void test_compare(void)
{
	ksft_test_result(fp_slice_eq(S("abc"), S("abc")) && !fp_slice_eq(S("abc"), S("abd")) &&
			 !fp_slice_eq(S("abc"), S("ab")) && fp_slice_eq(S(""), fp_slice(NULL, 0)) &&
			 !fp_slice_eq(S("abc"), S("ABC")), "equal\n");
	ksft_test_result(fp_slice_ieq(S("aBc-1"), S("AbC-1")) && !fp_slice_ieq(S("a["), S("a{")) &&
			 !fp_slice_ieq(S("a@"), S("a`")) && !fp_slice_ieq(S("ab"), S("abc")),
			 "equal but for case, and only of letters\n");
	ksft_test_result(fp_slice_starts(S("abc"), S("ab")) && fp_slice_starts(S("abc"), S("")) &&
			 !fp_slice_starts(S("ab"), S("abc")) &&
			 !fp_slice_starts(S("abc"), S("AB")) &&
			 fp_slice_istarts(S("abc"), S("AB")) && !fp_slice_istarts(S("a"), S("AB")),
			 "prefix\n");
}

static void test_parts(void)
{
	struct fp_slice head, tail;
	bool cut = fp_slice_cut(S("a:b:c"), ':', &head, &tail);

	ksft_test_result(cut && fp_slice_eq(head, S("a")) && fp_slice_eq(tail, S("b:c")) &&
			 !fp_slice_cut(S("abc"), ':', &head, &tail) &&
			 fp_slice_eq(head, S("abc")) && !tail.len &&
			 fp_slice_cut(S(":"), ':', &head, &tail) && !head.len && !tail.len,
			 "cut\n");
	ksft_test_result(fp_slice_eq(fp_slice_trim(S(" \t\r\n a b \r\n")), S("a b")) &&
			 !fp_slice_trim(S(" \t ")).len && !fp_slice_trim(S("")).len, "trim\n");
	ksft_test_result(fp_slice_eq(fp_slice_sub(S("abcd"), 1, 2), S("bc")) &&
			 fp_slice_eq(fp_slice_sub(S("abcd"), 2, 0xffffffff), S("cd")) &&
			 !fp_slice_sub(S("abcd"), 9, 2).len, "part, clamped\n");
	ksft_test_result(fp_slice_find(S("aabaab"), S("aab")) == 0 &&
			 fp_slice_find(S("xaaab"), S("aab")) == 2 &&
			 fp_slice_find(S("aa"), S("aab")) == -1 &&
			 fp_slice_ifind(S("xAaB"), S("aab")) == 1 &&
			 fp_slice_chr(S("abc"), 'c') == 2 && fp_slice_chr(S(""), 'c') == -1,
			 "find\n");
}

static void test_numbers(void)
{
	u32 n = 7;
	u16 w = 7;
	u8 b = 7;

	ksft_test_result(fp_slice_u32(S("4294967295"), &n) && n == 4294967295u &&
			 fp_slice_u32(S("0"), &n) && !n &&
			 fp_slice_u32(S("00000000000000000000000012"), &n) && n == 12,
			 "numbers up to 2^32-1, leading zeros\n");
	ksft_test_result(!fp_slice_u32(S("4294967296"), &n) && !fp_slice_u32(S(""), &n) &&
			 !fp_slice_u32(S("-1"), &n) && !fp_slice_u32(S("+1"), &n) &&
			 !fp_slice_u32(S("1 "), &n) && !fp_slice_u32(S("0x1"), &n) &&
			 !fp_slice_u32(S("18446744073709551617"), &n) &&
			 !fp_slice_u32(S("99999999999999999999999999999999"), &n) && n == 12,
			 "no number, or one too large, changes nothing\n");
	ksft_test_result(fp_slice_u16(S("65535"), &w) && w == 65535 &&
			 !fp_slice_u16(S("65536"), &w) &&
			 fp_slice_u8(S("255"), &b) && b == 255 && !fp_slice_u8(S("256"), &b),
			 "16 and 8 bits\n");
}

struct addr_case {
	const char *text;
	const char *bytes;	/* hexadecimal; NULL: not an address */
};

static const struct addr_case addr_cases[] = {
	{ "192.0.2.1", "c0000201" },
	{ "0.0.0.0", "00000000" },
	{ "255.255.255.255", "ffffffff" },
	{ "256.0.0.1", NULL },
	{ "1.2.3", NULL },
	{ "1.2.3.4.5", NULL },
	{ "1.2.3.4.", NULL },
	{ "1.2..4", NULL },
	{ "01.2.3.4", NULL },
	{ "1.2.3.04", NULL },
	{ "1.2.3.1234", NULL },
	{ "", NULL },
	{ "::", "00000000000000000000000000000000" },
	{ "::1", "00000000000000000000000000000001" },
	{ "1::", "00010000000000000000000000000000" },
	{ "2001:db8::10", "20010db8000000000000000000000010" },
	{ "[2001:DB8::10]", "20010db8000000000000000000000010" },
	{ "1:2:3:4:5:6:7:8", "00010002000300040005000600070008" },
	{ "1:2:3:4:5:6:7::", "00010002000300040005000600070000" },
	{ "::2:3:4:5:6:7:8", "00000002000300040005000600070008" },
	{ "::ffff:192.0.2.1", "00000000000000000000ffffc0000201" },
	{ "1:2:3:4:5:6:192.0.2.1", "000100020003000400050006c0000201" },
	/* RFC 5118 section 4.10: RFC 3261's grammar has one colon too many here. */
	{ "2001:db8:::192.0.2.1", "20010db80000000000000000c0000201" },
	{ "2001:db8:::1", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ "1:2:3:4:5:6:7:8::", NULL },
	{ "1:2:3:4:5:6:7:192.0.2.1", NULL },
	{ "1:2:3:4:5:6:7", NULL },
	{ "1::2::3", NULL },
	{ ":1::2", NULL },
	{ "1::2:", NULL },
	{ ":", NULL },
	{ ":::", NULL },
	{ "12345::", NULL },
	{ "g::", NULL },
	{ "::1%eth0", NULL },
	{ "[::1", NULL },
	{ "::1]", NULL },
	{ "[]", NULL },
	{ "::192.0.2.256", NULL },
	{ "::192.0.2.1:1", NULL },
};

static bool addr_case(const struct addr_case *c)
{
	u32 len = strlen(c->text), i;
	u8 *copy = exact_copy(c->text, len);
	struct fp_addr a = { .family = 99 };
	bool ok = fp_slice_addr(fp_slice(copy, len), &a), good;
	char hex[33] = "";

	for (i = 0; ok && i < (a.family == 4 ? 4 : 16); i++)
		snprintf(hex + 2 * i, 3, "%02x", a.b[i]);
	good = c->bytes ? ok && !strcmp(hex, c->bytes) : !ok && a.family == 99;
	free(copy);
	return good;
}

static void test_escapes(void)
{
	u8 out[8];

	ksft_test_result(fp_unescape(S("a%41%00%7e"), out, 8) == 4 && !memcmp(out, "aA\0~", 4) &&
			 fp_unescape(S("%4"), out, 8) == -1 && fp_unescape(S("%"), out, 8) == -1 &&
			 fp_unescape(S("%4g"), out, 8) == -1 &&
			 fp_unescape(S("abcdefgh"), out, 8) == 8 &&
			 fp_unescape(S("abcdefghi"), out, 8) == -1, "percent escapes undone\n");
	ksft_test_result(fp_unquote(S("a\\\"b\\\\"), out, 8) == 4 && !memcmp(out, "a\"b\\", 4) &&
			 fp_unquote(S("a\\"), out, 8) == -1 && fp_unquote(S(""), out, 8) == 0 &&
			 fp_unquote(S("abcdefghi"), out, 8) == -1, "backslashes undone\n");
}

static u32 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Bytes around every threshold of the word trick, at every alignment. */
static void test_find_ctl(void)
{
	static const u8 edges[] = { 0, 8, 9, 10, 13, 0x1f, 0x20, 0x21, 0x7e, 0x7f, 0x80, 0x81,
				    0x89, 0x8d, 0x9f, 0xa0, 0xff, 'a', 'z', ':' };
	u32 round, wrong = 0;

	for (round = 0; round < 200000; round++) {
		u32 len = rnd(40), off = len ? rnd(len) : 0, i, want;
		u8 *buf = malloc(len + 1);

		for (i = 0; i < len; i++)
			buf[i] = rnd(4) ? 'a' + rnd(26) : edges[rnd(sizeof(edges))];
		buf = realloc(buf, len ? len : 1);
		for (want = off; want < len && !fp_is(buf[want], FP_C_CTL); want++)
			;
		wrong += fp_find_ctl(buf, off, len) != want;
		free(buf);
	}
	ksft_test_result(!wrong, "the next control character, 200000 random buffers\n");
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(14 + ARRAY_SIZE(addr_cases));
	test_classes();
	test_compare();
	test_parts();
	test_numbers();
	test_escapes();
	test_find_ctl();
	for (i = 0; i < ARRAY_SIZE(addr_cases); i++)
		ksft_test_result(addr_case(&addr_cases[i]), "address \"%s\" is %s\n",
				 addr_cases[i].text, addr_cases[i].bytes ? "one" : "none");
	ksft_finished();
}
