// SPDX-License-Identifier: GPL-2.0
/* Text of IPv4 and IPv6 addresses to bytes. */
#include <fedpat/slice.h>

/*
 * Four decimal numbers. A leading zero is refused: some resolvers read it as
 * octal, so two elements could see two addresses in the same text.
 */
static bool fp_parse_ipv4(struct fp_slice s, u8 *out)
{
	u32 i = 0, part;

	for (part = 0; part < 4; part++) {
		u32 start = i, v = 0;

		while (i < s.len && fp_is_digit(s.p[i]) && i - start < 3)
			v = v * 10 + (s.p[i++] - '0');
		if (i == start || v > 255 || (s.p[start] == '0' && i - start > 1))
			return false;
		out[part] = v;
		if (part < 3 && (i == s.len || s.p[i++] != '.'))
			return false;
	}
	return i == s.len;
}

/* Up to four hexadecimal digits at *@at; false when there is none. */
static bool fp_parse_group(struct fp_slice s, u32 *at, u8 *out)
{
	u32 start = *at, v = 0;

	while (*at < s.len && fp_is(s.p[*at], FP_C_HEX) && *at - start < 4) {
		u8 c = s.p[(*at)++];

		v = v << 4 | (fp_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	out[0] = v >> 8;
	out[1] = v;
	return *at > start;
}

/* Move what follows "::" to the end and fill the gap with zeros. */
static bool fp_expand_gap(u8 *b, u32 n, s32 gap)
{
	if (gap < 0)
		return n == 16;
	if (n > 14)
		return false;
	memmove(b + 16 - (n - gap), b + gap, n - gap);
	memset(b + gap, 0, 16 - n);
	return true;
}

/* One step of fp_parse_ipv6(): a group, the last of which may be an IPv4 address. */
static bool fp_parse_ipv6_part(struct fp_slice s, u32 *at, u8 *out, u32 *n)
{
	u32 start = *at;

	if (*n > 14 || !fp_parse_group(s, at, out + *n))
		return false;
	if (*at < s.len && s.p[*at] == '.') {
		if (*n > 12 || !fp_parse_ipv4(fp_slice(s.p + start, s.len - start), out + *n))
			return false;
		*at = s.len;
		*n += 4;
		return true;
	}
	*n += 2;
	return true;
}

static bool fp_parse_ipv6(struct fp_slice s, u8 *out)
{
	u32 at = 0, n = 0;
	s32 gap = -1;
	u8 quad[4];

	if (s.len >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		gap = 0;
		at = 2;
	}
	while (at < s.len) {
		if (!fp_parse_ipv6_part(s, &at, out, &n))
			return false;
		if (at == s.len)
			break;
		if (s.p[at++] != ':' || at == s.len)
			return false;
		if (s.p[at] == ':') {
			if (gap >= 0)
				return false;
			gap = n;
			at++;
			/* RFC 3261's grammar yields ":::" before IPv4: RFC 5118 section 4.10. */
			if (at < s.len && s.p[at] == ':' &&
			    fp_parse_ipv4(fp_slice(s.p + at + 1, s.len - at - 1), quad))
				at++;
		}
	}
	return fp_expand_gap(out, n, gap);
}

/**
 * fp_slice_addr() - read an address literal
 * @s: IPv4 dotted quad, or IPv6 with or without brackets
 * @out: the address, untouched on failure
 *
 * Return: false when @s is neither.
 */
bool fp_slice_addr(struct fp_slice s, struct fp_addr *out)
{
	struct fp_addr a = { 0 };

	if (s.len >= 2 && s.p[0] == '[' && s.p[s.len - 1] == ']')
		s = fp_slice(s.p + 1, s.len - 2);
	else if (fp_parse_ipv4(s, a.b))
		a.family = 4;
	if (!a.family) {
		memset(a.b, 0, sizeof(a.b));
		if (!fp_parse_ipv6(s, a.b))
			return false;
		a.family = 6;
	}
	*out = a;
	return true;
}
