// SPDX-License-Identifier: GPL-2.0
/* Compiled policy: every lookup against what it was built from, every error by name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "kselftest.h"
#include "relay_env.h"

#define N_ROWS 5000

static u32 seed = 3;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static struct fp_slice str(const char *s)
{
	return fp_slice(s, strlen(s));
}

static bool member(const char *const *names, u32 n, const char *name)
{
	struct fp_slice v[8];
	struct fp_nameset *set;
	bool has;
	u32 i;

	for (i = 0; i < n; i++)
		v[i] = str(names[i]);
	if (fp_nameset_build(&env_mem, v, n, &set))
		return false;
	has = fp_nameset_has(set, str(name));
	fp_nameset_free(set);
	return has;
}

static void test_nameset(void)
{
	static const char *const names[] = { "example.net", "*.Wild.example.", "a", "b.example.org",
					     "*.b.example.org" };
	static const char *const bad[] = { "", ".", "a..b", "*", "*.", "a b", "[::1]", "-", "x/" };
	struct fp_nameset *set;
	u32 i, refused = 0;

	expect(member(names, 5, "example.net"));
	expect(member(names, 5, "EXAMPLE.net."));
	expect(member(names, 5, "a"));
	expect(member(names, 5, "x.wild.example"));
	expect(member(names, 5, "y.x.WILD.example"));
	expect(member(names, 5, "b.example.org"));
	expect(member(names, 5, "c.b.example.org"));
	result("names and wildcards\n");
	expect(!member(names, 5, "wild.example"));
	expect(!member(names, 5, "sub.example.net"));
	expect(!member(names, 5, "net"));
	expect(!member(names, 5, "xexample.net"));
	expect(!member(names, 5, "example.net.x"));
	expect(!member(names, 5, ""));
	expect(!member(names, 5, "xwild.example"));
	expect(!member(names, 0, "a"));
	expect(!fp_nameset_has(NULL, str("a")));
	result("and nothing else\n");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct fp_slice s = str(bad[i]);

		if (fp_nameset_build(&env_mem, &s, 1, &set) == -EINVAL)
			refused++;
		else
			ksft_print_msg("taken: %s\n", bad[i]);
	}
	expect(refused == ARRAY_SIZE(bad));
	result("what is no name is refused\n");
}

/* A realm to break, one field at a time. */
static struct fp_realm_row two_rows[2] = {
	{ 6, FP_TP_TLS, { { 4, { 203, 0, 113, 1 } }, 5061 }, { { 4, { 192, 0, 2, 1 } }, 5062 } },
	{ 6, FP_TP_NONE, { { 4, { 203, 0, 113, 1 } }, 5060 }, { { 4, { 192, 0, 2, 1 } }, 5060 } },
};

static struct fp_slice one_domain[1];
static struct fp_realm_prefix one_prefix[1] = { { { 4, { 192, 0, 2, 0 } }, 24 } };
static struct fp_realm_host one_host[1];
static struct fp_realm_key two_keys[2] = { { .version = 1 }, { .version = 2 } };

static struct fp_realm_conf good(void)
{
	struct fp_realm_conf c = {
		.name = str("r"),
		.fqdn = str("pub.example.com"),
		.n_addrs = 1,
		.addrs = { { 4, { 203, 0, 113, 1 } } },
		.rows = two_rows,
		.n_rows = 2,
		.domains = one_domain,
		.n_domains = 1,
		.prefixes = one_prefix,
		.n_prefixes = 1,
		.hosts = one_host,
		.n_hosts = 1,
		.keys = two_keys,
		.n_keys = 2,
	};

	one_domain[0] = str("example.com");
	one_host[0].name = str(".example.com");
	return c;
}

static bool wrong(const struct fp_realm_conf *c, enum fp_realm_field field)
{
	struct fp_realm_error err = { .field = FP_REALM_F_NONE };
	struct fp_realm *realm;
	int ret = fp_realm_build(&env_mem, c, &realm, &err);

	if (!ret)
		fp_realm_free(realm);
	if (ret == -EINVAL && err.field == field && err.text)
		return true;
	ksft_print_msg("%d, field %d, not %d\n", ret, err.field, field);
	return false;
}

static void test_errors(void)
{
	struct fp_realm_conf c = good();
	struct fp_realm_row row = two_rows[1];
	struct fp_slice bad_name = str("no name");

	c.name.len = 0;
	expect(wrong(&c, FP_REALM_F_NAME));
	result("no name\n");
	c = good();
	c.fqdn = str("192.0.2.1");
	expect(wrong(&c, FP_REALM_F_FQDN));
	result("an address for a public name\n");
	c.fqdn = bad_name;
	expect(wrong(&c, FP_REALM_F_FQDN));
	result("a public name that is none\n");
	c.fqdn.len = 0;
	c.n_addrs = 0;
	expect(wrong(&c, FP_REALM_F_FQDN));
	result("neither public name nor address\n");
	c = good();
	c.addrs[0].b[0] = 192;
	c.addrs[0].b[2] = 2;
	expect(wrong(&c, FP_REALM_F_ADDRS));
	result("a public address that is inside\n");
	c = good();
	c.domains = &bad_name;
	expect(wrong(&c, FP_REALM_F_DOMAINS));
	result("domain\n");
	c = good();
	c.self = &bad_name;
	c.n_self = 1;
	expect(wrong(&c, FP_REALM_F_SELF));
	result("name of the gateway\n");
	c = good();
	two_rows[1].pub.port = 5061;
	expect(wrong(&c, FP_REALM_F_ROWS));
	result("two rows for one public endpoint\n");
	two_rows[1] = row;
	two_rows[1].node.port = 0;
	expect(wrong(&c, FP_REALM_F_ROWS));
	result("a row without a port\n");
	two_rows[1] = row;
	two_rows[1].node_tp = FP_TP_UDP;
	expect(wrong(&c, FP_REALM_F_ROWS));
	result("UDP in a TCP row\n");
	two_rows[1] = row;
	one_prefix[0].len = 33;
	expect(wrong(&c, FP_REALM_F_PREFIXES));
	result("prefix\n");
	one_prefix[0].len = 24;
	two_keys[1].version = 1;
	expect(wrong(&c, FP_REALM_F_KEYS));
	result("two keys with one version\n");
	two_keys[1].version = 2;
	one_host[0].name = str("192.0.2.9");
	expect(wrong(&c, FP_REALM_F_HOSTS));
	result("an address among the names\n");
	c = good();
}

static void *no_alloc(void *ctx, size_t size)
{
	(void)ctx;
	(void)size;
	return NULL;
}

static void test_memory(void)
{
	struct fp_mem mem = env_mem;
	struct fp_realm_conf c = good();
	struct fp_realm *realm;

	mem.alloc = no_alloc;
	expect(fp_realm_build(&mem, &c, &realm, NULL) == -ENOMEM);
	result("no memory\n");
}

static void test_lookups(void)
{
	struct fp_realm_conf c = good();
	struct fp_realm *r;
	struct fp_addr in4 = { 4, { 192, 0, 2, 200 } }, out4 = { 4, { 192, 0, 3, 1 } };
	struct fp_addr mapped = { 6, { [10] = 0xff, 0xff, 192, 0, 2, 7 } };

	if (fp_realm_build(&env_mem, &c, &r, NULL))
		abort();
	expect(fp_realm_addr_inside(r, &in4));
	expect(fp_realm_addr_inside(r, &mapped));
	expect(!fp_realm_addr_inside(r, &out4));
	expect(!fp_realm_addr_inside(r, &c.addrs[0]));
	result("inside addresses, mapped ones too\n");
	expect(fp_realm_host_public(r, str("PUB.example.com.")));
	expect(fp_realm_host_public(r, str("203.0.113.1")));
	expect(!fp_realm_host_public(r, str("x.example.com")));
	expect(fp_realm_domain_ours(r, str("Example.COM")));
	expect(!fp_realm_domain_ours(r, str("pub.example.com")));
	result("public host, our domain\n");
	expect(fp_realm_row(r, 1)->node_tp == FP_TP_TCP);
	expect(!fp_realm_row(r, 2));
	expect(!fp_realm_row(r, -1));
	expect(fp_realm_main_row(r, 0, NULL) == 0);
	expect(fp_realm_main_row(r, 17, NULL) == -1);
	result("rows\n");
	fp_realm_free(r);
}

/* Thousands of rows and names against a walk over them. */
static void test_many(void)
{
	struct fp_realm_row *rows = calloc(N_ROWS, sizeof(*rows));
	struct fp_realm_conf c = good();
	struct fp_realm *r;
	u32 i, bad = 0;

	for (i = 0; i < N_ROWS; i++) {
		rows[i].proto = i & 1 ? 6 : 17;
		rows[i].pub.addr = c.addrs[0];
		rows[i].pub.port = 1000 + i / 2;
		rows[i].node.addr = (struct fp_addr){ 4, { 192, 0, 2, rnd(250) + 1 } };
		rows[i].node.port = 5060 + rnd(4);
	}
	c.rows = rows;
	c.n_rows = N_ROWS;
	if (fp_realm_build(&env_mem, &c, &r, NULL))
		abort();
	for (i = 0; i < N_ROWS; i++) {
		u32 first = 0, main = 0;

		while (rows[first].proto != rows[i].proto ||
		       rows[first].node.port != rows[i].node.port ||
		       memcmp(&rows[first].node.addr, &rows[i].node.addr, sizeof(struct fp_addr)))
			first++;
		while (rows[main].proto != rows[i].proto ||
		       memcmp(&rows[main].node.addr, &rows[i].node.addr, sizeof(struct fp_addr)))
			main++;
		bad += fp_realm_by_public(r, rows[i].proto, &rows[i].pub) != (s32)i ||
		       fp_realm_by_node(r, rows[i].proto, &rows[i].node) != (s32)first ||
		       fp_realm_main_row(r, rows[i].proto, &rows[i].node.addr) != (s32)main;
	}
	ksft_test_result(!bad, "%u rows, both ways, first one wins\n", N_ROWS);
	fp_realm_free(r);
	free(rows);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(21);
	test_nameset();
	test_errors();
	test_memory();
	test_lookups();
	test_many();
	ksft_finished();
}
