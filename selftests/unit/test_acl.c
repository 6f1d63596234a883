// SPDX-License-Identifier: GPL-2.0
/*
 * Access lists: the classifier against the linear model, on lists and packets
 * made of seeds; the meaning of an entry, by hand; every refusal, with the entry
 * it names; memory that runs out at every allocation.
 *
 * FEDPAT_SCALE is the number of random packets in percent (100: some millions).
 */
#include <fedpat/acl.h>
#include "kselftest.h"

#include "../bench/acl_gen.c"

#define MAX_ENTRIES	10000
#define KEYS		4000

static struct fp_ace aces[MAX_ENTRIES];

/* Memory that counts what is out, and that can run out. */
struct pool {
	long out;
	long left;	/* allocations until there is none; negative: enough */
	long calls;
	int relax;
	long relaxed;
};

static void *pool_alloc(void *ctx, size_t size)
{
	struct pool *pool = ctx;

	pool->calls++;
	if (!pool->left)
		return NULL;
	pool->left--;
	pool->out++;
	return malloc(size);
}

static void pool_free(void *ctx, void *p)
{
	struct pool *pool = ctx;

	if (p)
		pool->out--;
	free(p);
}

static int pool_relax(void *ctx)
{
	struct pool *pool = ctx;

	pool->relaxed++;
	return pool->relax;
}

static struct pool pool = { .left = -1 };
static const struct fp_acl_mem mem = {
	.alloc = pool_alloc,
	.free = pool_free,
	.relax = pool_relax,
	.ctx = &pool,
};

static void print_key(const struct fp_acl_key *k)
{
	u32 i;

	printf("# family %u proto %u flags %u sport %u dport %u src ",
	       k->src.family, k->proto, k->flags, k->sport, k->dport);
	for (i = 0; i < 16; i++)
		printf("%02x", k->src.b[i]);
	printf(" dst ");
	for (i = 0; i < 16; i++)
		printf("%02x", k->dst.b[i]);
	printf("\n");
}

static bool agree(const struct fp_acl_compiled *acl, u32 n,
		  const struct fp_acl_key *key)
{
	int got = fp_acl_lookup(acl, key);
	int want = fp_acl_lookup_linear(aces, n, key);

	if (got == want)
		return true;
	printf("# found %d, should be %d\n", got, want);
	print_key(key);
	return false;
}

static struct fp_acl_compiled *compile(u32 n)
{
	struct fp_acl_compiled *acl;
	struct fp_acl_error err;

	if (!fp_acl_compile(aces, n, &mem, NULL, &acl, &err))
		return acl;
	printf("# refused at entry %u: %s\n", err.index, err.text);
	return NULL;
}

static bool random_keys(u32 n, u32 keys, struct acl_rng *r)
{
	struct fp_acl_compiled *acl = compile(n);
	struct fp_acl_key key;
	struct fp_acl_stats st;
	bool ok = acl;
	u32 i;

	if (ok) {
		fp_acl_stats(acl, &st);
		ok = st.bytes == fp_acl_size(acl) && st.depth <= 32 &&
		     st.trees <= 16;
	}
	for (i = 0; i < keys && ok; i++) {
		acl_gen_key(aces, n, r, &key);
		ok = agree(acl, n, &key);
	}
	fp_acl_free(acl);
	return ok;
}

/* Many small lists of a kind, then one large one. */
static void test_kind(enum acl_kind kind, u32 scale)
{
	static const u32 sizes[] = { 1, 2, 3, 5, 9, 14, 30, 64, 130, 400, 1000 };
	struct acl_rng r = { kind };
	u32 i, n, v6;
	bool ok = true;

	for (i = 0; i < 11 * 6 * scale / 100 && ok; i++) {
		n = sizes[i % 11];
		v6 = i % 3 * 50;
		acl_gen(aces, n, kind, v6, i);
		ok = random_keys(n, KEYS, &r);
		if (!ok)
			printf("# kind %s, %u entries, %u %% IPv6, seed %u\n",
			       acl_kind_names[kind], n, v6, i);
	}
	if (ok) {
		acl_gen(aces, MAX_ENTRIES, kind, 20, 1);
		ok = random_keys(MAX_ENTRIES, KEYS * scale / 100, &r);
	}
	ksft_test_result(ok && !pool.out, "answers as the linear model: %s\n",
			 acl_kind_names[kind]);
}

/* --- the meaning of an entry, by hand --------------------------------------- */

static void addr4(struct fp_addr *a, u32 v)
{
	memset(a, 0, sizeof(*a));
	a->family = 4;
	acl_put32(a->b, v);
}

static struct fp_ace *ace4(u32 i, u8 action, u32 src, u8 src_len, u16 proto)
{
	struct fp_ace *a = &aces[i];

	fp_ace_init(a);
	a->line = i;
	a->action = action;
	a->family = 4;
	a->proto = proto;
	addr4(&a->src, src);
	a->src_len = src_len;
	return a;
}

static struct fp_acl_key key4(u32 src, u8 proto, u16 sport, u16 dport, u8 flags)
{
	struct fp_acl_key k = {
		.proto = proto, .sport = sport, .dport = dport, .flags = flags,
	};

	addr4(&k.src, src);
	addr4(&k.dst, 0x0a000001);
	return k;
}

/* Both the model and the classifier say @want. */
static bool finds(u32 n, struct fp_acl_key key, int want)
{
	struct fp_acl_compiled *acl = compile(n);
	int got, model;

	if (!acl)
		return false;
	got = fp_acl_lookup(acl, &key);
	model = fp_acl_lookup_linear(aces, n, &key);
	fp_acl_free(acl);
	if (got == want && model == want)
		return true;
	printf("# want %d: classifier %d, model %d\n", want, got, model);
	print_key(&key);
	return false;
}

static void test_empty(void)
{
	struct fp_acl_key mixed = key4(1, 6, 1, 1, 0);
	struct fp_acl_key none;
	bool ok;

	memset(&none, 0, sizeof(none));
	ok = finds(0, key4(1, 6, 1, 1, 0), -1);
	ace4(0, FP_ACE_PERMIT, 0, 0, FP_ACL_PROTO_ANY)->flags = FP_ACE_INACTIVE;
	ace4(1, FP_ACE_DENY, 0, 0, FP_ACL_PROTO_ANY)->flags = FP_ACE_INACTIVE;
	ok &= finds(2, key4(1, 6, 1, 1, 0), -1);
	ksft_test_result(ok, "nothing matches no list and one that is all inactive\n");

	fp_ace_init(&aces[0]);
	mixed.dst.family = 6;
	ok = finds(1, none, -1) && finds(1, mixed, -1) &&
	     finds(1, key4(1, 6, 1, 1, 0), 0);
	ksft_test_result(ok, "a packet of no family or of two matches nothing\n");
}

static void test_order(void)
{
	bool ok;

	ace4(0, FP_ACE_PERMIT, 0x0a000000, 8, 6);
	ace4(1, FP_ACE_DENY, 0x0a000000, 8, 6);
	ace4(2, FP_ACE_DENY, 0x0a010000, 16, 6);
	ace4(3, FP_ACE_PERMIT, 0, 0, FP_ACL_PROTO_ANY);
	ok = finds(4, key4(0x0a010203, 6, 1, 1, 0), 0) &&
	     finds(4, key4(0x0a010203, 17, 1, 1, 0), 3);
	aces[0].flags = FP_ACE_INACTIVE;
	ok &= finds(4, key4(0x0a010203, 6, 1, 1, 0), 1);
	aces[1].flags = FP_ACE_INACTIVE;
	ok &= finds(4, key4(0x0a010203, 6, 1, 1, 0), 2);
	ksft_test_result(ok, "the first active entry wins, duplicates and all\n");
}

static void test_prefixes(void)
{
	struct fp_acl_key k;
	bool ok = true;
	u32 i;

	for (i = 0; i <= 32; i++)
		ace4(32 - i, i & 1, i ? 0xffffffffu << (32 - i) : 0, i, 6);
	for (i = 0; i < 32; i++) {
		ok &= finds(33, key4(~(0x80000000u >> i), 6, 1, 1, 0), 32 - i);
		ok &= finds(33, key4(~(1u << (31 - i)), 17, 1, 1, 0), -1);
	}
	ok &= finds(33, key4(0xffffffff, 6, 0, 0, 0), 0);
	ksft_test_result(ok, "IPv4 prefixes of every length from /0 to /32\n");

	ok = true;
	for (i = 0; i <= 128; i++) {
		fp_ace_init(&aces[128 - i]);
		aces[128 - i].family = 6;
		aces[128 - i].dst.family = 6;
		aces[128 - i].dst_len = i;
		memset(aces[128 - i].dst.b, 0xff, 16);
		acl_mask(&aces[128 - i].dst, i);
	}
	memset(&k, 0, sizeof(k));
	k.src.family = 6;
	k.dst.family = 6;
	for (i = 0; i < 128; i++) {
		memset(k.dst.b, 0xff, 16);
		k.dst.b[i / 8] ^= 0x80 >> i % 8;
		ok &= finds(129, k, 128 - i);
	}
	memset(k.dst.b, 0xff, 16);
	ok &= finds(129, k, 0);
	ok &= finds(129, key4(0xffffffff, 6, 0, 0, 0), -1);
	ksft_test_result(ok, "IPv6 prefixes of every length from /0 to /128\n");
}

static void test_ports(void)
{
	struct fp_port_range edge = { 0, 0 }, top = { 65535, 65535 };
	struct fp_port_range mid = { 1, 65534 };
	bool ok;

	ace4(0, FP_ACE_PERMIT, 0, 0, 6)->dport = edge;
	ace4(1, FP_ACE_PERMIT, 0, 0, 6)->dport = top;
	ace4(2, FP_ACE_PERMIT, 0, 0, 6)->sport = edge;
	ace4(3, FP_ACE_PERMIT, 0, 0, 6)->sport = top;
	ace4(4, FP_ACE_PERMIT, 0, 0, 6)->sport = mid;
	ace4(5, FP_ACE_PERMIT, 0, 0, FP_ACL_PROTO_ANY);
	ok = finds(6, key4(1, 6, 9, 0, 0), 0) &&
	     finds(6, key4(1, 6, 9, 65535, 0), 1) &&
	     finds(6, key4(1, 6, 0, 1, 0), 2) &&
	     finds(6, key4(1, 6, 65535, 65534, 0), 3) &&
	     finds(6, key4(1, 6, 1, 1, 0), 4) &&
	     finds(6, key4(1, 6, 65534, 1, 0), 4) &&
	     finds(6, key4(1, 17, 0, 0, 0), 5);
	ksft_test_result(ok, "ports 0 and 65535 and the ranges beside them\n");
}

static void test_fragments(void)
{
	struct fp_port_range sip = { 5061, 5061 };
	u8 frag = FP_ACL_KEY_NO_PORTS;
	bool ok;

	ace4(0, FP_ACE_PERMIT, 0x0a000000, 8, 6)->dport = sip;
	ace4(1, FP_ACE_DENY, 0x0b000000, 8, 6)->dport = sip;
	ace4(2, FP_ACE_DENY, 0x0c000000, 8, 6)->sport = sip;
	ace4(3, FP_ACE_PERMIT, 0, 0, FP_ACL_PROTO_ANY);
	ok = finds(4, key4(0x0a000001, 6, 0, 5061, 0), 0) &&
	     finds(4, key4(0x0b000001, 6, 0, 5061, 0), 1) &&
	     finds(4, key4(0x0b000001, 6, 0, 5060, 0), 3);
	ksft_test_result(ok, "entries with ports, packets with ports\n");
	ok = finds(3, key4(0x0a000001, 6, 0, 5061, frag), -1) &&
	     finds(4, key4(0x0a000001, 6, 0, 5061, frag), 3);
	ksft_test_result(ok, "a permit with ports lets no portless packet pass\n");
	ok = finds(4, key4(0x0b000001, 6, 0, 0, frag), 1) &&
	     finds(4, key4(0x0c000001, 6, 7, 7, frag), 2) &&
	     finds(4, key4(0x0b000001, 17, 0, 0, frag), 3);
	ksft_test_result(ok, "a deny with ports is not evaded by fragments\n");
}

static void test_icmp(void)
{
	struct fp_port_range echo = { 8, 8 }, all = { 0, 255 }, code = { 1, 3 };
	u8 frag = FP_ACL_KEY_NO_PORTS;
	bool ok;

	ace4(0, FP_ACE_PERMIT, 0, 0, 1)->sport = echo;
	ace4(1, FP_ACE_DENY, 0, 0, 1)->dport = code;
	aces[1].sport = all;
	ace4(2, FP_ACE_PERMIT, 0, 0, 1)->sport = all;
	ok = finds(3, key4(1, 1, 8, 0, 0), 0) &&
	     finds(3, key4(1, 1, 3, 2, 0), 1) &&
	     finds(3, key4(1, 1, 3, 4, 0), 2) &&
	     finds(3, key4(1, 1, 0, 0, frag), 1);
	aces[1].flags = FP_ACE_INACTIVE;
	ok &= finds(3, key4(1, 1, 0, 0, frag), 2) &&
	      finds(3, key4(1, 6, 8, 0, 0), -1);
	ksft_test_result(ok, "type and code of ICMP; 0 to 255 is any of them\n");
}

/* --- what is refused -------------------------------------------------------- */

static bool refused(enum fp_acl_field field)
{
	struct fp_acl_compiled *acl = (void *)&acl;
	struct fp_acl_error err;
	bool ok;

	ok = fp_acl_compile(aces, 3, &mem, NULL, &acl, &err) == -EINVAL &&
	     !acl && err.index == 1 && err.field == field && err.text &&
	     !pool.out;
	if (!ok)
		printf("# want field %u: index %u field %u %s\n", field,
		       err.index, err.field, err.text);
	ace4(1, FP_ACE_PERMIT, 0x0a000000, 8, 6);
	return ok;
}

static void test_refusals(void)
{
	struct fp_ace *a = &aces[1];
	bool ok = true;
	u32 i;

	for (i = 0; i < 3; i++)
		ace4(i, FP_ACE_PERMIT, 0x0a000000, 8, 6);
	a->family = 5;
	ok &= refused(FP_ACL_F_FAMILY);
	a->family = 6;
	ok &= refused(FP_ACL_F_SRC);
	a->family = 0;
	ok &= refused(FP_ACL_F_SRC);
	a->src.family = 0;
	ok &= refused(FP_ACL_F_SRC);
	a->src.family = 7;
	ok &= refused(FP_ACL_F_SRC);
	a->src_len = 33;
	ok &= refused(FP_ACL_F_SRC);
	a->src_len = 6;
	ok &= refused(FP_ACL_F_SRC);
	a->src.b[15] = 1;
	ok &= refused(FP_ACL_F_SRC);
	a->dst_len = 1;
	ok &= refused(FP_ACL_F_DST);
	a->dst.b[0] = 1;
	ok &= refused(FP_ACL_F_DST);
	a->action = 2;
	ok &= refused(FP_ACL_F_ACTION);
	a->flags = 4;
	ok &= refused(FP_ACL_F_FLAGS);
	a->proto = 257;
	ok &= refused(FP_ACL_F_PROTO);
	a->sport.hi = 0;
	a->sport.lo = 1;
	ok &= refused(FP_ACL_F_SPORT);
	a->dport.hi = 0;
	a->dport.lo = 1;
	ok &= refused(FP_ACL_F_DPORT);
	a->dport.hi = 9;
	a->proto = 47;
	ok &= refused(FP_ACL_F_DPORT);
	a->dport.hi = 9;
	a->proto = 256;
	ok &= refused(FP_ACL_F_DPORT);
	a->sport.hi = 256;
	a->proto = 1;
	ok &= refused(FP_ACL_F_SPORT);
	aces[0].line = 5;
	ok &= refused(FP_ACL_F_LINE);
	ksft_test_result(ok, "every senseless field is refused and named\n");
}

static void test_limits(void)
{
	struct fp_acl_limits few = { .max_entries = 99 }, room = { 0 };
	struct fp_acl_compiled *acl;
	struct fp_acl_error err;
	size_t size;
	bool ok;
	u32 i;

	acl_gen(aces, 1000, ACL_MIXED, 20, 7);
	ok = fp_acl_compile(aces, 100, &mem, &few, &acl, &err) == -E2BIG &&
	     !acl && err.index == 99 && err.text &&
	     !fp_acl_compile(aces, 99, &mem, &few, &acl, &err);
	fp_acl_free(acl);
	ksft_test_result(ok && !pool.out, "too many entries: the first of them is named\n");

	acl = compile(1000);
	ok = acl;
	size = ok ? fp_acl_size(acl) : 0;
	fp_acl_free(acl);
	room.max_bytes = size;
	ok &= !fp_acl_compile(aces, 1000, &mem, &room, &acl, &err);
	fp_acl_free(acl);
	for (i = 1; i < 200 && ok; i++) {
		room.max_bytes = size * i / 200;
		ok = fp_acl_compile(aces, 1000, &mem, &room, &acl, &err) ==
			-E2BIG && !acl && err.text &&
		     (err.index < 1000 || room.max_bytes < 1000) && !pool.out;
	}
	ksft_test_result(ok, "at each memory limit too low, an entry is named\n");
}

static void test_hostile(void)
{
	struct fp_acl_limits room = { .max_bytes = 4 << 20 };
	struct fp_acl_compiled *acl;
	struct fp_acl_error err;
	int ret;

	acl_gen(aces, MAX_ENTRIES, ACL_DIAGONAL, 0, 1);
	ret = fp_acl_compile(aces, MAX_ENTRIES, &mem, &room, &acl, &err);
	if (ret)
		printf("# entry %u: %s\n", err.index, err.text);
	fp_acl_free(acl);
	ksft_test_result(ret == -E2BIG && !acl && err.index < MAX_ENTRIES &&
			 !pool.out, "squares that overlap are refused in 4 MiB\n");
}

static void test_memory(void)
{
	struct fp_acl_compiled *acl;
	struct fp_acl_error err;
	long i, calls;
	bool ok;

	acl_gen(aces, 1000, ACL_BARS, 50, 3);
	pool.calls = 0;
	acl = compile(1000);
	ok = acl;
	calls = pool.calls;
	fp_acl_free(acl);
	for (i = 0; i < calls && ok; i++) {
		pool.left = i;
		ok = fp_acl_compile(aces, 1000, &mem, NULL, &acl, &err) ==
			-ENOMEM && !acl && err.text && !pool.out;
	}
	pool.left = -1;
	ksft_test_result(ok, "no memory at each of %ld allocations: nothing leaks\n",
			 calls);

	pool.relax = -EINTR;
	ok = fp_acl_compile(aces, 1000, &mem, NULL, &acl, &err) == -EINTR &&
	     !acl && err.text && !pool.out;
	pool.relax = 0;
	pool.relaxed = 0;
	acl_gen(aces, MAX_ENTRIES, ACL_MIXED, 20, 3);
	acl = compile(MAX_ENTRIES);
	fp_acl_free(acl);
	ksft_test_result(ok && pool.relaxed > 10 && !pool.out,
			 "a compilation can be interrupted\n");
}

static void test_bounds(void)
{
	struct fp_acl_stats st = { 0 };
	struct fp_acl_compiled *acl;

	acl_gen(aces, MAX_ENTRIES, ACL_MIXED, 20, 1);
	acl = compile(MAX_ENTRIES);
	if (acl)
		fp_acl_stats(acl, &st);
	fp_acl_free(acl);
	printf("# %u entries: %zu bytes, %u trees, %u nodes deep\n",
	       MAX_ENTRIES, st.bytes, st.trees, st.depth);
	ksft_test_result(st.bytes && st.bytes <= 200 * MAX_ENTRIES &&
			 st.trees <= 4 && st.depth <= 12,
			 "a list of people: few shallow trees, 200 bytes an entry\n");
}

int main(void)
{
	const char *env = getenv("FEDPAT_SCALE");
	u32 scale = env ? strtoul(env, NULL, 10) : 100, k;

	ksft_print_header();
	ksft_set_plan(ACL_KINDS + 18);
	test_empty();
	test_order();
	test_prefixes();
	test_ports();
	test_fragments();
	test_icmp();
	test_refusals();
	test_limits();
	test_hostile();
	test_memory();
	test_bounds();
	for (k = 0; k < ACL_KINDS; k++)
		test_kind(k, scale ? scale : 100);
	ksft_test_result(!pool.out, "all memory came back\n");
	ksft_finished();
}
