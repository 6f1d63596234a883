// SPDX-License-Identifier: GPL-2.0
/* Addresses, prefixes, endpoints, numbers and names: from text and to text. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <fedpat/reasons.h>
#include "routes.h"
#include "text.h"

static const struct {
	const char *word;
	int proto;
} protos[] = {
	{ "icmp", 1 }, { "tcp", 6 },	{ "udp", 17 },	 { "gre", 47 },	     { "esp", 50 },
	{ "ah", 51 },  { "icmp6", 58 }, { "sctp", 132 }, { "udplite", 136 },
};

/**
 * fp_txt_addr() - an IPv4 or IPv6 address
 * @s: text
 * @out: the address
 *
 * Return: NULL, or what is wrong
 */
const char *fp_txt_addr(const char *s, struct fp_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, s, out->b) == 1) {
		out->family = 4;
		return NULL;
	}
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET6, s, out->b) == 1) {
		out->family = 6;
		return NULL;
	}
	return "is not an IPv4 or IPv6 address";
}

static bool decimal(const char *s, size_t len, u64 max, u64 *out)
{
	u64 n = 0;
	size_t i;

	if (!len || len > 20)
		return false;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		if (__builtin_mul_overflow(n, (u64)10, &n) ||
		    __builtin_add_overflow(n, (u64)(s[i] - '0'), &n))
			return false;
	}
	*out = n;
	return n <= max;
}

static bool host_bits(const struct fp_cidr *c)
{
	unsigned int bits = c->addr.family == 4 ? 32 : 128, i;

	for (i = c->len; i < bits; i++)
		if (c->addr.b[i / 8] & (0x80 >> (i % 8)))
			return true;
	return false;
}

/**
 * fp_txt_cidr() - a prefix: address/length, an address alone, or any
 * @s: text; any4 and any6 are all addresses of one family
 * @out: the prefix; family 0 is any
 *
 * Return: NULL, or what is wrong
 */
const char *fp_txt_cidr(const char *s, struct fp_cidr *out)
{
	const char *slash = strchr(s, '/');
	char addr[FP_TXT_ADDR];
	u64 len;

	memset(out, 0, sizeof(*out));
	if (!strcmp(s, "any"))
		return NULL;
	if (!strcmp(s, "any4") || !strcmp(s, "any6")) {
		out->addr.family = (u8)(s[3] - '0');
		return NULL;
	}
	if (!slash) {
		out->len = strchr(s, ':') ? 128 : 32;
		return fp_txt_addr(s, &out->addr) ? "is not an address, a prefix or any" : NULL;
	}
	if ((size_t)(slash - s) >= sizeof(addr))
		return "is not an address, a prefix or any";
	memcpy(addr, s, slash - s);
	addr[slash - s] = 0;
	if (fp_txt_addr(addr, &out->addr))
		return "is not an address, a prefix or any";
	if (!decimal(slash + 1, strlen(slash + 1), out->addr.family == 4 ? 32 : 128, &len))
		return out->addr.family == 4 ? "has a prefix length that is not 0 to 32" :
					       "has a prefix length that is not 0 to 128";
	out->len = (u8)len;
	return host_bits(out) ? "has bits set beyond its prefix length" : NULL;
}

/**
 * fp_txt_endpoint() - address:port, IPv6 in brackets
 * @s: text
 * @out: the endpoint
 *
 * Return: NULL, or what is wrong
 */
const char *fp_txt_endpoint(const char *s, struct fp_endpoint *out)
{
	const char *colon = strrchr(s, ':');
	char addr[FP_TXT_ADDR + 2];
	size_t len;
	u64 port;
	char *a = addr;

	memset(out, 0, sizeof(*out));
	if (!colon || (size_t)(colon - s) >= sizeof(addr))
		return "is not address:port";
	len = colon - s;
	memcpy(addr, s, len);
	addr[len] = 0;
	if (len && addr[0] == '[' && addr[len - 1] == ']') {
		addr[len - 1] = 0;
		a++;
	} else if (memchr(addr, ':', len)) {
		return "has an IPv6 address without brackets before the port";
	}
	if (fp_txt_addr(a, &out->addr))
		return "has no address before the port";
	if (!decimal(colon + 1, strlen(colon + 1), 65535, &port) || !port)
		return "has a port that is not 1 to 65535";
	out->port = (u16)port;
	return NULL;
}

static bool unit_factor(const char *suffix, enum fp_unit unit, u64 *factor)
{
	static const struct {
		enum fp_unit unit;
		const char *suffix;
		u64 factor;
	} units[] = {
		{ FP_U_BYTES, "K", 1ULL << 10 }, { FP_U_BYTES, "M", 1ULL << 20 },
		{ FP_U_BYTES, "G", 1ULL << 30 }, { FP_U_MS, "ms", 1 },
		{ FP_U_MS, "s", 1000 },		 { FP_U_MS, "m", 60000 },
		{ FP_U_SECONDS, "s", 1 },	 { FP_U_SECONDS, "m", 60 },
		{ FP_U_SECONDS, "h", 3600 },	 { FP_U_SECONDS, "d", 86400 },
	};
	size_t i;

	*factor = 1;
	if (!*suffix)
		return true;
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].unit == unit && !strcmp(units[i].suffix, suffix)) {
			*factor = units[i].factor;
			return true;
		}
	}
	return false;
}

/**
 * fp_txt_number() - a decimal number, with a suffix where its unit has some
 * @s: text
 * @unit: what it counts: octets take K, M, G; times take ms, s, m, h, d
 * @min: least value
 * @max: greatest value
 * @out: the number
 *
 * Return: NULL, or what is wrong
 */
const char *fp_txt_number(const char *s, enum fp_unit unit, u64 min, u64 max, u64 *out)
{
	size_t digits = strspn(s, "0123456789");
	u64 factor;

	if (!digits || !unit_factor(s + digits, unit, &factor))
		return "is not a number";
	if (!decimal(s, digits, UINT64_MAX, out) || __builtin_mul_overflow(*out, factor, out))
		return "is out of range";
	return *out < min || *out > max ? "is out of range" : NULL;
}

/**
 * fp_txt_bool() - yes or no
 * @s: text: yes, true, on, no, false, off
 * @out: the value
 *
 * Return: NULL, or what is wrong
 */
const char *fp_txt_bool(const char *s, bool *out)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(s, words[i])) {
			*out = i & 1;
			return NULL;
		}
	}
	return "is neither yes nor no";
}

/**
 * fp_txt_proto() - an IP protocol by name or number
 * @s: text; "ip" and "any" mean all of them
 * @out: the number, or -1 for all
 *
 * Return: NULL, or what is wrong
 */
const char *fp_txt_proto(const char *s, int *out)
{
	size_t i;
	u64 n;

	*out = -1;
	if (!strcmp(s, "ip") || !strcmp(s, "any"))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		if (!strcmp(s, protos[i].word)) {
			*out = protos[i].proto;
			return NULL;
		}
	}
	if (!decimal(s, strlen(s), 255, &n))
		return "is not a protocol";
	*out = (int)n;
	return NULL;
}

/**
 * fp_txt_ports() - a port or a range of them
 * @s: text: 5061, 5060-5062 or any
 * @lo: first port
 * @hi: last port
 *
 * Return: NULL, or what is wrong
 */
const char *fp_txt_ports(const char *s, u16 *lo, u16 *hi)
{
	const char *dash = strchr(s, '-');
	u64 a, b;

	if (!strcmp(s, "any")) {
		*lo = 0;
		*hi = 65535;
		return NULL;
	}
	if (!decimal(s, dash ? (size_t)(dash - s) : strlen(s), 65535, &a))
		return "is not a port from 0 to 65535 or a range of them";
	b = a;
	if (dash && !decimal(dash + 1, strlen(dash + 1), 65535, &b))
		return "is not a port from 0 to 65535 or a range of them";
	if (b < a)
		return "ends before it begins";
	*lo = (u16)a;
	*hi = (u16)b;
	return NULL;
}

/* --- names --- */

static const char *check_name(const char *s)
{
	if (!isalnum((unsigned char)*s) && *s != '_')
		return "does not begin with a letter or digit";
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-:/@+", *s))
			return "has a character that no name may have";
	return NULL;
}

static const char *check_label(const char *s, size_t len, bool last)
{
	size_t i;

	if (!len)
		return "has an empty label";
	if (len > 63)
		return "has a label longer than 63 characters";
	if (s[0] == '-' || s[len - 1] == '-')
		return "has a label that begins or ends with a dash";
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '_')
			return "has a character that no DNS name may have";
	if (last && isdigit((unsigned char)s[0]))
		return "has a last label that begins with a digit";
	return NULL;
}

static const char *check_fqdn(const char *s)
{
	const char *why, *dot;
	bool dots = false;

	if (strlen(s) > 255)
		return "is longer than 255 characters";
	for (;; s = dot + 1, dots = true) {
		dot = strchrnul(s, '.');
		why = check_label(s, dot - s, !*dot);
		if (why)
			return why;
		if (!*dot)
			return dots ? NULL : "has no dot";
	}
}

static const char *check_host(const char *s)
{
	struct fp_addr a;

	return fp_txt_addr(s, &a) ? check_fqdn(s) : NULL;
}

static const char *check_ifname(const char *s)
{
	if (!strcmp(s, ".") || !strcmp(s, ".."))
		return "is no name of an interface";
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == '/' || *s == ':')
			return "has a character that no interface name may have";
	return NULL;
}

/* Octets of the character at @s; 0: a control character, or no UTF-8 (RFC 3629). */
static size_t plain_char(const char *s)
{
	const u8 *p = (const u8 *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4, i;

	if (n == 1)
		return p[0] >= 0x20 && p[0] != 0x7f;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* C1 controls, forms that are too long, surrogates, beyond Unicode */
	if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) ||
	    (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static const char *check_text(const char *s)
{
	size_t n;

	for (; *s; s += n) {
		n = plain_char(s);
		if (!n)
			return "has a control character, or octets that are not UTF-8";
	}
	return NULL;
}

/**
 * fp_txt_check() - does a string look as it must?
 * @s: the string
 * @syntax: what it is
 * @max: longest
 *
 * Return: NULL, or what is wrong, to be read behind the string
 */
const char *fp_txt_check(const char *s, enum fp_syntax syntax, size_t max)
{
	if (!*s)
		return "is empty";
	if (strlen(s) > max)
		return "is too long";
	switch (syntax) {
	case FP_S_NAME:
		return check_name(s);
	case FP_S_FQDN:
		return check_fqdn(s);
	case FP_S_DOMAIN:
		return check_fqdn(strncmp(s, "*.", 2) ? s : s + 2);
	case FP_S_SUFFIX:
		return check_host(*s == '.' ? s + 1 : s);
	case FP_S_HOST:
		return check_host(s);
	case FP_S_PATH:
		return *s == '/' ? check_text(s) : "is no absolute file name";
	case FP_S_IFNAME:
		return check_ifname(s);
	case FP_S_PATTERN:
		return fp_pattern_check(s);
	case FP_S_RULE:
		return fp_rule_check(s);
	case FP_S_ANY:
		break;
	}
	return check_text(s);
}

/**
 * fp_txt_expect() - what a string of a syntax looks like
 * @syntax: the syntax
 *
 * Return: what to write behind "expected"
 */
const char *fp_txt_expect(enum fp_syntax syntax)
{
	switch (syntax) {
	case FP_S_NAME:
		return "a name of letters, digits and . _ - : / @ +, at most 63 of them";
	case FP_S_FQDN:
		return "a DNS name such as sip.example.com";
	case FP_S_DOMAIN:
		return "a domain such as example.net, or *.example.net for all below it";
	case FP_S_SUFFIX:
		return "a host such as imp.example.com, or .example.com for all below it";
	case FP_S_HOST:
		return "a host such as edge.example.net, or an address";
	case FP_S_PATH:
		return "an absolute file name such as /etc/fedpat/public.pem";
	case FP_S_IFNAME:
		return "an interface such as eth0, at most 15 characters";
	case FP_S_PATTERN:
		return "such as .net.example.*, .* for any domain, example.net for that one";
	case FP_S_RULE:
		return "such as suffix:.example.net; exact:, wildcard:, prefix:, regex:, deny:";
	case FP_S_ANY:
		break;
	}
	return "text without control characters";
}

/* --- to text --- */

/**
 * fp_addr_str() - an address as text
 * @a: the address
 * @buf: room for it
 *
 * Return: @buf
 */
const char *fp_addr_str(const struct fp_addr *a, char buf[FP_TXT_ADDR])
{
	if (!a->family)
		return strcpy(buf, "none");
	inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b, buf, FP_TXT_ADDR);
	return buf;
}

/**
 * fp_cidr_str() - a prefix as text
 * @c: the prefix; all bits: the address alone
 * @buf: room for it
 *
 * Return: @buf
 */
const char *fp_cidr_str(const struct fp_cidr *c, char buf[FP_TXT_CIDR])
{
	if (!c->addr.family)
		return strcpy(buf, "any");
	fp_addr_str(&c->addr, buf);
	if (c->len != (c->addr.family == 4 ? 32 : 128))
		sprintf(buf + strlen(buf), "/%u", c->len);
	return buf;
}

/**
 * fp_endpoint_str() - an endpoint as text
 * @e: the endpoint
 * @buf: room for it
 *
 * Return: @buf
 */
const char *fp_endpoint_str(const struct fp_endpoint *e, char buf[FP_TXT_ENDPOINT])
{
	char addr[FP_TXT_ADDR];

	snprintf(buf, FP_TXT_ENDPOINT, e->addr.family == 6 ? "[%s]:%u" : "%s:%u",
		 fp_addr_str(&e->addr, addr), e->port);
	return buf;
}

/**
 * fp_proto_str() - a protocol as text
 * @proto: number, -1 for all
 * @buf: room for a number
 *
 * Return: its name, or @buf
 */
const char *fp_proto_str(int proto, char buf[8])
{
	size_t i;

	if (proto < 0)
		return "ip";
	for (i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].word;
	snprintf(buf, 8, "%u", (u8)proto);
	return buf;
}

/**
 * fp_same_addr() - are two addresses equal?
 * @a: one
 * @b: the other
 *
 * Return: whether they are
 */
bool fp_same_addr(const struct fp_addr *a, const struct fp_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, sizeof(a->b));
}

/**
 * fp_same_endpoint() - are two endpoints equal?
 * @a: one
 * @b: the other
 *
 * Return: whether they are
 */
bool fp_same_endpoint(const struct fp_endpoint *a, const struct fp_endpoint *b)
{
	return fp_same_addr(&a->addr, &b->addr) && a->port == b->port;
}

/**
 * fp_same_cidr() - are two prefixes equal?
 * @a: one
 * @b: the other
 *
 * Return: whether they are
 */
bool fp_same_cidr(const struct fp_cidr *a, const struct fp_cidr *b)
{
	return fp_same_addr(&a->addr, &b->addr) && a->len == b->len;
}

/**
 * fp_cidr_has() - does an address lie in a prefix?
 * @c: the prefix
 * @a: the address
 *
 * Return: whether it does
 */
bool fp_cidr_has(const struct fp_cidr *c, const struct fp_addr *a)
{
	unsigned int i;

	if (!c->addr.family)
		return true;
	if (c->addr.family != a->family)
		return false;
	for (i = 0; i < c->len; i++)
		if ((c->addr.b[i / 8] ^ a->b[i / 8]) & (0x80 >> (i % 8)))
			return false;
	return true;
}

/**
 * fp_cidr_host() - the prefix that holds one address
 * @a: the address
 *
 * Return: the prefix
 */
struct fp_cidr fp_cidr_host(const struct fp_addr *a)
{
	struct fp_cidr c = { .addr = *a, .len = a->family == 4 ? 32 : 128 };

	return c;
}

/**
 * fp_same_host() - are two DNS names equal?
 * @a: one
 * @b: the other
 *
 * Return: whether they are; case and one trailing dot do not count
 */
bool fp_same_host(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);

	if (la && a[la - 1] == '.')
		la--;
	if (lb && b[lb - 1] == '.')
		lb--;
	return la == lb && !strncasecmp(a, b, la);
}

/**
 * fp_txt_bytes() - octets as people read them
 * @out: where to
 * @n: how many
 */
void fp_txt_bytes(FILE *out, u64 n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned int u = 0;
	u64 rest = 0;

	for (; n >= 1024 && u + 1 < ARRAY_SIZE(units); u++) {
		rest = n % 1024;
		n /= 1024;
	}
	if (rest * 10 / 1024)
		fprintf(out, "%llu.%llu %s", (unsigned long long)n,
			(unsigned long long)(rest * 10 / 1024), units[u]);
	else
		fprintf(out, "%llu %s", (unsigned long long)n, units[u]);
}

/**
 * fp_txt_ms() - a time as people read it
 * @out: where to
 * @ms: milliseconds
 */
void fp_txt_ms(FILE *out, u64 ms)
{
	unsigned long long s = ms / 1000;

	if (ms < 1000)
		fprintf(out, "%llu ms", (unsigned long long)ms);
	else if (s < 60)
		fprintf(out, "%llu s", s);
	else if (s < 3600)
		fprintf(out, "%llum %llus", s / 60, s % 60);
	else if (s < 86400)
		fprintf(out, "%lluh %llum", s / 3600, s / 60 % 60);
	else
		fprintf(out, "%llud %lluh", s / 86400, s / 3600 % 24);
}

/**
 * fp_txt_reason() - what a reason means and what to do about it
 * @name: such as "from-domain-not-allowed"
 *
 * Return: a sentence, or NULL if no reason has that name.
 */
const char *fp_txt_reason(const char *name)
{
	for (u32 i = FP_R_NONE + 1; name && i < __FP_R_COUNT; i++)
		if (!strcmp(fp_reason_info(i)->name, name))
			return fp_reason_info(i)->text;
	return NULL;
}

/**
 * fp_txt_safe() - print a string that came from outside
 * @out: where to
 * @s: the string; control characters and what is not UTF-8 are printed as \xNN
 */
void fp_txt_safe(FILE *out, const char *s)
{
	size_t n;

	while (*s) {
		n = plain_char(s);
		if (n)
			fwrite(s, 1, n, out);
		else
			fprintf(out, "\\x%02x", (u8)*s);
		s += n ? n : 1;
	}
}

/**
 * fp_txt_clean() - what strangers wrote must not write lines, rows or to a terminal
 * @s: the string; octets that fp_txt_safe() would not print as they are become '?'
 */
void fp_txt_clean(char *s)
{
	size_t n;

	while (*s) {
		n = plain_char(s);
		if (!n)
			*s = '?';
		s += n ? n : 1;
	}
}
