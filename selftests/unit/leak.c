// SPDX-License-Identifier: GPL-2.0
/* The leak scanner; see leak.h. Slow and simple on purpose. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "leak.h"

static char found[400];

static const char *report(const char *where, const char *text, size_t n)
{
	snprintf(found, sizeof(found), "%s: %.*s", where, (int)(n > 300 ? 300 : n), text);
	return found;
}

/* At s[i]: digits of at most three, below 256; moves i. -1 when there are none. */
static int octet(const char *s, size_t n, size_t *i)
{
	int v = 0, digits = 0;

	while (*i < n && isdigit((unsigned char)s[*i]) && digits < 4) {
		v = 10 * v + s[(*i)++] - '0';
		digits++;
	}
	return digits < 1 || digits > 3 || v > 255 ? -1 : v;
}

static bool quad(const char *s, size_t n, size_t from, unsigned char a[4], size_t *to)
{
	size_t i = from;
	int k, v;

	for (k = 0; k < 4; k++) {
		if (k && (i >= n || s[i++] != '.'))
			return false;
		v = octet(s, n, &i);
		if (v < 0)
			return false;
		a[k] = v;
	}
	*to = i;
	/* part of a longer number: no address */
	if (i < n && (isdigit((unsigned char)s[i]) ||
		      (s[i] == '.' && i + 1 < n && isdigit((unsigned char)s[i + 1]))))
		return false;
	if (from && (isdigit((unsigned char)s[from - 1]) ||
		     (s[from - 1] == '.' && from > 1 && isdigit((unsigned char)s[from - 2]))))
		return false;
	return true;
}

static const char *find_v4(const struct leak_what *w, const char *s, size_t n)
{
	unsigned char a[4];
	size_t i, to;

	for (i = 0; i < n; i++)
		if (isdigit((unsigned char)s[i]) && quad(s, n, i, a, &to) && w->v4(a))
			return report("IPv4", s + i, to - i);
	return NULL;
}

static bool v6_byte(char c)
{
	return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

/* Every stretch that inet_pton() understands. */
static const char *find_v6(const struct leak_what *w, const char *s, size_t n)
{
	unsigned char a[16];
	char text[48];
	size_t i, len;

	for (i = 0; w->v6 && i < n; i++) {
		const char *colon;
		size_t most = 0;

		if (!v6_byte(s[i]) || s[i] == '.' || (i && isxdigit((unsigned char)s[i - 1])))
			continue;
		while (most < 46 && i + most < n && v6_byte(s[i + most]))
			most++;
		colon = memchr(s + i, ':', most > 5 ? 5 : most);
		if (!colon)
			continue;
		for (len = most; len > 1; len--) {
			if (i + len < n && isxdigit((unsigned char)s[i + len]))
				continue;
			memcpy(text, s + i, len);
			text[len] = 0;
			if (inet_pton(AF_INET6, text, a) == 1 && w->v6(a))
				return report("IPv6", s + i, len);
		}
	}
	return NULL;
}

static bool host_byte(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_';
}

static bool is_escape(const char *s)
{
	return s[0] == '%' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]);
}

static bool is_allowed(const struct leak_what *w, const char *s, size_t at, size_t len)
{
	size_t from = at, i;

	/* %40example.com: the digits belong to the escape */
	while (from && host_byte(s[from - 1]) && !(from > 2 && is_escape(s + from - 3)))
		from--;
	for (i = 0; w->allowed && w->allowed[i]; i++) {
		size_t l = strlen(w->allowed[i]);

		if (at + len - from == l && !strncasecmp(s + from, w->allowed[i], l))
			return true;
	}
	return false;
}

static const char *find_name(const struct leak_what *w, const char *name, const char *s, size_t n)
{
	bool below = name[0] == '.', top;
	size_t len, i;

	name += below;
	len = strlen(name);
	/* The letters of a top-level domain are in any long text. */
	top = below && !strchr(name, '.');
	for (i = 0; i + len <= n; i++) {
		if (strncasecmp(s + i, name, len))
			continue;
		if (i ? isalnum((unsigned char)s[i - 1]) : top)
			continue;
		if (top && s[i - 1] != '.')
			continue;
		if (i + len < n && isalnum((unsigned char)s[i + len]))
			continue;
		if (is_allowed(w, s, i, len))
			continue;
		return report("name", s + (i > 12 ? i - 12 : 0), len + (i > 12 ? 12 : i));
	}
	return NULL;
}

static const char *find_in(const struct leak_what *w, const char *s, size_t n)
{
	const char *hit = find_v4(w, s, n);
	size_t i;

	if (!hit)
		hit = find_v6(w, s, n);
	for (i = 0; !hit && w->names && w->names[i]; i++)
		hit = find_name(w, w->names[i], s, n);
	return hit;
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static size_t unescape(const char *s, size_t n, char *out)
{
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		if (i + 2 < n && is_escape(s + i)) {
			out[m++] = hex(s[i + 1]) << 4 | hex(s[i + 2]);
			i += 2;
		} else {
			out[m++] = s[i];
		}
	}
	return m;
}

static int b64(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p;

	if (c == '-')
		c = '+';
	if (c == '_')
		c = '/';
	p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) : -1;
}

/* Runs of base64 of 16 digits and more, decoded from each of the four phases. */
static const char *find_b64(const struct leak_what *w, const char *s, size_t n, char *out)
{
	size_t i = 0, phase;

	while (i < n) {
		size_t end = i, run;

		while (end < n && b64(s[end]) >= 0)
			end++;
		run = end - i;
		for (phase = 0; run >= 16 && phase < 4; phase++) {
			unsigned int acc = 0, bits = 0;
			size_t m = 0, k;
			const char *hit;

			for (k = i + phase; k < end; k++) {
				acc = acc << 6 | b64(s[k]);
				bits += 6;
				if (bits >= 8) {
					bits -= 8;
					out[m++] = acc >> bits;
				}
			}
			hit = find_in(w, out, m);
			if (hit)
				return hit;
		}
		i = end + 1;
	}
	return NULL;
}

const char *leak_find(const struct leak_what *what, const void *bytes, size_t len)
{
	char *out = malloc(len + 1);
	const char *hit = find_in(what, bytes, len);

	if (!hit && out)
		hit = find_in(what, out, unescape(bytes, len, out));
	if (!hit && out && !what->plain)
		hit = find_b64(what, bytes, len, out);
	free(out);
	return hit;
}
