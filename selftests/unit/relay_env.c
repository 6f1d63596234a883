// SPDX-License-Identifier: GPL-2.0
/* A federation for the tests; see relay_env.h. */
#include <arpa/inet.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "kselftest.h"
#include "relay_env.h"

static void *mem_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void mem_free(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

const struct fp_mem env_mem = { mem_alloc, mem_free, NULL };

static bool v4_inside(const unsigned char a[4])
{
	return a[0] == 192 && a[1] == 0 && a[2] == 2;
}

static bool v6_inside(const unsigned char a[16])
{
	static const unsigned char p[6] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1 };
	static const unsigned char mapped[15] = { [10] = 0xff, 0xff, 192, 0, 2 };

	return !memcmp(a, p, 6) || !memcmp(a, mapped, 15);
}

static bool v4_any(const unsigned char a[4])
{
	/* "%203.0.113.10", our public address behind a stray percent sign. */
	static const unsigned char cut[4] = { 3, 0, 113, 10 };

	return a[0] != 203 && memcmp(a, cut, sizeof(cut));
}

static bool v6_any(const unsigned char a[16])
{
	/* not "::" and the like, which stand in any text */
	return a[0];
}

static const char *const inside_names[] = { "imp1.example.com", "imp2.example.com",
					    ".corp.example.com", "gw.example.com", NULL };

static const char *const all_names[] = { ".com", ".net", ".org", ".edu", ".invalid", NULL };
static const char *const allowed_names[] = { "imp-public.example.com", "example.com", NULL };

const struct leak_what env_secrets = { v4_inside, v6_inside, inside_names, allowed_names, false };
const struct leak_what env_secrets_everything = { v4_any, v6_any, all_names, allowed_names,
						  false };

static struct fp_slice str(const char *s)
{
	return fp_slice(s, strlen(s));
}

static bool fine = true;

void expect_at(bool ok, const char *what, int line)
{
	if (!ok)
		ksft_print_msg("line %d: not so: %s\n", line, what);
	fine = fine && ok;
}

bool expect_reset(void)
{
	bool was = fine;

	fine = true;
	return was;
}

static struct fp_addr addr(const char *text)
{
	struct fp_addr a;

	if (!fp_slice_addr(str(text), &a))
		abort();
	return a;
}

static struct fp_endpoint ep(const char *text, u16 port)
{
	struct fp_endpoint e = { addr(text), port };

	return e;
}

#define ROW(proto, tp, pub_port, node, node_port)                    \
	{                                                            \
		proto, tp, { { 4, { 203, 0, 113, 10 } }, pub_port }, \
		{                                                    \
			{ 4, { 192, 0, 2, node } }, node_port        \
		}                                                    \
	}

static const struct fp_realm_row rows[] = {
	ROW(6, FP_TP_TLS, 5061, 11, 5062),  ROW(6, FP_TP_TLS, 5062, 11, 5062),
	ROW(6, FP_TP_TCP, 5060, 11, 5060),  ROW(6, FP_TP_TCP, 5080, 11, 5080),
	ROW(6, FP_TP_TLS, 45062, 12, 5062), ROW(6, FP_TP_TCP, 45080, 12, 5080),
	ROW(17, FP_TP_UDP, 5060, 11, 5060), ROW(17, FP_TP_UDP, 45060, 12, 5060),
};

static void fill_prefixes(struct fp_realm_prefix *p, u32 *n, bool everything)
{
	static const char *const few[] = { "192.0.2.0", "2001:db8:1::" };
	static const u8 few_len[] = { 24, 48 };
	static const char *const all[] = { "0.0.0.0",	"128.0.0.0", "192.0.0.0",
					   "200.0.0.0", "202.0.0.0", "204.0.0.0",
					   "208.0.0.0", "224.0.0.0", "::" };
	static const u8 all_len[] = { 1, 2, 5, 7, 8, 6, 4, 3, 0 };
	u32 i;

	*n = everything ? ARRAY_SIZE(all) : ARRAY_SIZE(few);
	for (i = 0; i < *n; i++) {
		p[i].addr = addr(everything ? all[i] : few[i]);
		p[i].len = everything ? all_len[i] : few_len[i];
	}
}

static struct fp_realm *make_realm(const struct env_opts *o)
{
	static const char *const every[] = { ".com", ".net", ".org", ".edu", ".invalid" };
	struct fp_slice domains[] = { str("example.com") };
	struct fp_slice self[] = { str("192.0.2.1"), str("gw.example.com"), str("2001:db8:1::1") };
	struct fp_realm_host hosts[10] = {
		{ str("imp1.example.com"), addr("192.0.2.11") },
		{ str("imp2.example.com"), addr("192.0.2.12") },
		{ str(".corp.example.com"), { 0 } },
	};
	struct fp_realm_key keys[1] = { { .version = 1,
					  .master = "0123456789abcdef0123456789abcdef" } };
	struct fp_realm_prefix prefixes[10];
	struct fp_realm_conf conf = {
		.name = str("contoso"),
		.fqdn = str("imp-public.example.com"),
		.addrs = { addr("203.0.113.10") },
		.n_addrs = 1,
		.place = o->place,
		.flags = o->flags | (o->no_mask ? 0 : FP_REALM_MASK_UA),
		.domains = domains,
		.n_domains = 1,
		.prefixes = prefixes,
		.hosts = hosts,
		.n_hosts = 3,
		.self = self,
		.n_self = 3,
		.rows = rows,
		.n_rows = ARRAY_SIZE(rows),
		.keys = keys,
		.n_keys = o->no_key ? 0 : 1,
	};
	struct fp_realm_error err;
	struct fp_realm *realm;
	u32 i;

	fill_prefixes(prefixes, &conf.n_prefixes, o->everything);
	for (i = 0; o->everything && i < ARRAY_SIZE(every); i++) {
		hosts[conf.n_hosts].addr.family = 0;
		hosts[conf.n_hosts++].name = str(every[i]);
	}
	if (fp_realm_build(&env_mem, &conf, &realm, &err)) {
		fprintf(stderr, "realm: field %d entry %u: %s\n", err.field, err.index, err.text);
		abort();
	}
	return realm;
}

struct env *env_new(const struct env_opts *opts)
{
	static const struct env_opts none;
	const struct env_opts *o = opts ? opts : &none;
	struct fp_slice allowed[] = { str("example.net"), str("example.org") };
	struct env *e = calloc(1, sizeof(*e));
	u8 outer = o->outer ? o->outer : FP_TP_TLS;

	e->realm = make_realm(o);
	e->w = malloc(sizeof(*e->w));
	e->msg = malloc(sizeof(*e->msg));
	e->out = malloc(ENV_MAX);
	fp_nameset_build(&env_mem, allowed, 2, &e->domains);
	e->node = (struct fp_leg_view){
		.id = 0x01020304,
		.side = FP_INSIDE,
		.tp = FP_TP_TLS,
		.flags = FP_LEG_ANY_DOMAIN,
		.local = ep("192.0.2.1", 5061),
		.remote = ep("192.0.2.11", 33333),
		.orig_dst = ep("198.51.100.20", 5061),
		.self_host = str("192.0.2.1"),
		.self_port = 5061,
	};
	e->node2 = e->node;
	e->node2.id = 0x01020305;
	e->node2.remote = ep("192.0.2.12", 33334);
	e->partner = (struct fp_leg_view){
		.id = 0xa0b0c0d0,
		.side = FP_OUTSIDE,
		.tp = outer,
		.local = ep("203.0.113.10", 5061),
		.remote = ep("198.51.100.20", 44444),
		.orig_dst = ep("203.0.113.10", 5061),
		.peer = str("edge.example.net"),
		.domains = e->domains,
		.self_host = outer == FP_TP_TLS ? str("imp-public.example.com") :
						  str("203.0.113.10"),
		.self_port = 5061,
	};
	return e;
}

void env_free(struct env *e)
{
	fp_realm_free(e->realm);
	fp_nameset_free(e->domains);
	free(e->w);
	free(e->msg);
	free(e->out);
	free(e->text);
	free(e);
}

bool env_parse(struct env *e, const void *bytes, size_t len)
{
	e->reason = fp_sip_parse(e->msg, bytes, len, e->parse_flags);
	return !e->reason;
}

static bool apply(struct env *e)
{
	s64 n;

	if (e->reason)
		return false;
	n = fp_edits_apply(&e->w->edits, fp_slice(e->msg->buf, e->msg->len), e->out, ENV_MAX - 1);
	if (n < 0 || n != fp_edits_new_len(&e->w->edits, e->msg->len))
		abort();
	e->len = n;
	e->out[n] = 0;
	return true;
}

bool env_pass(struct env *e, const struct fp_leg_view *in, const struct fp_leg_view *out,
	      const void *bytes, size_t len)
{
	e->len = 0;
	e->out[0] = 0;
	if (!env_parse(e, bytes, len))
		return false;
	e->reason = fp_sip_inspect(e->realm, in, e->msg, e->w);
	if (!e->reason)
		e->reason = fp_sip_route(e->realm, in, e->msg, e->w, &e->route);
	if (!e->reason)
		e->reason = fp_sip_rewrite(e->realm, in, out, e->msg, &e->route, e->w);
	return apply(e);
}

/* "Content-Length: @" gets its number. */
char *env_text(const char *text)
{
	const char *body = strstr(text, "\r\n\r\n"), *at = strstr(text, "Content-Length: @");
	char *out;

	if (!body || !at || at > body)
		return strdup(text);
	if (asprintf(&out, "%.*s%zu%s", (int)(at + 16 - text), text, strlen(body + 4), at + 17) < 0)
		abort();
	return out;
}

bool env_pass_str(struct env *e, const struct fp_leg_view *in, const struct fp_leg_view *out,
		  const char *text)
{
	free(e->text);
	e->text = env_text(text);
	return env_pass(e, in, out, e->text, strlen(e->text));
}

bool env_rewrite(struct env *e, const struct fp_leg_view *in, const struct fp_leg_view *out,
		 const void *bytes, size_t len)
{
	e->len = 0;
	e->out[0] = 0;
	if (!env_parse(e, bytes, len))
		return false;
	memset(&e->route, 0, sizeof(e->route));
	e->w->own_routes = 0;
	e->w->via_len = 0;
	e->reason = fp_sip_rewrite(e->realm, in, out, e->msg, &e->route, e->w);
	return apply(e);
}

bool env_has(const struct env *e, const char *text)
{
	return memmem(e->out, e->len, text, strlen(text));
}

const char *env_reason(const struct env *e)
{
	return fp_reason_info(e->reason)->name;
}

static const unsigned char *line_end(const unsigned char *p, const unsigned char *end)
{
	for (; p + 1 < end; p++)
		if (p[0] == '\r' && p[1] == '\n' && (p + 2 >= end || (p[2] != ' ' && p[2] != '\t')))
			return p;
	return end;
}

char *env_header(const void *bytes, size_t len, const char *name, int n)
{
	const unsigned char *p = bytes, *end = p + len;
	size_t l = strlen(name);

	for (p = line_end(p, end) + 2; p < end && *p != '\r'; p = line_end(p, end) + 2) {
		const unsigned char *stop = line_end(p, end);

		if ((size_t)(stop - p) <= l || strncasecmp((const char *)p, name, l) || p[l] != ':')
			continue;
		if (n-- > 0)
			continue;
		for (p += l + 1; p < stop && (*p == ' ' || *p == '\t'); p++)
			;
		return strndup((const char *)p, stop - p);
	}
	return NULL;
}

static void add_header(FILE *f, const struct env *e, const char *name)
{
	char *value;
	int i;

	for (i = 0; (value = env_header(e->out, e->len, name, i)); i++) {
		fprintf(f, "%s: %s", name, value);
		if (!strcmp(name, "To") && !strstr(value, ";tag="))
			fprintf(f, ";tag=far");
		fprintf(f, "\r\n");
		free(value);
	}
}

char *env_response(const struct env *e, int status, const char *extra, const char *body)
{
	static const char *const echoed[] = {
		"Via", "Record-Route", "From", "To", "Call-ID", "CSeq"
	};
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	fprintf(f, "SIP/2.0 %d Text\r\n", status);
	for (i = 0; i < ARRAY_SIZE(echoed); i++)
		add_header(f, e, echoed[i]);
	fprintf(f, "%sContent-Length: %zu\r\n\r\n%s", extra, strlen(body), body);
	fclose(f);
	return text;
}

static struct {
	const char *suffix;
	env_file_fn fn;
	void *ctx;
	int n;
} walk;

/* Part of the data has LF for line ends: give it those of the wire. */
static size_t to_crlf(unsigned char *bytes, size_t len)
{
	unsigned char *copy;
	size_t i, n = 0;

	if (memmem(bytes, len, "\r\n", 2))
		return len;
	copy = malloc(len + 1);
	memcpy(copy, bytes, len);
	for (i = 0; i < len; i++) {
		if (copy[i] == '\n')
			bytes[n++] = '\r';
		bytes[n++] = copy[i];
	}
	free(copy);
	return n;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t l = strlen(path), s = strlen(walk.suffix);
	unsigned char *bytes;
	FILE *f;

	(void)ftw;
	if (type != FTW_F || l < s || strcmp(path + l - s, walk.suffix))
		return 0;
	f = fopen(path, "r");
	bytes = malloc(2 * st->st_size + 1);
	if (f && fread(bytes, 1, st->st_size, f) == (size_t)st->st_size) {
		walk.fn(walk.ctx, path, bytes, to_crlf(bytes, st->st_size));
		walk.n++;
	}
	free(bytes);
	if (f)
		fclose(f);
	return 0;
}

int env_each_file(const char *folder, const char *suffix, env_file_fn fn, void *ctx)
{
	const char *root = getenv("FEDPAT_TESTDATA");
	char path[4096];

	walk.suffix = suffix;
	walk.fn = fn;
	walk.ctx = ctx;
	walk.n = 0;
	snprintf(path, sizeof(path), "%s/%s", root ? root : "../shared/testdata", folder);
	nftw(path, visit, 16, FTW_PHYS);
	return walk.n;
}
