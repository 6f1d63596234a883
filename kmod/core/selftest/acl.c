// SPDX-License-Identifier: GPL-2.0
/*
 * Self test of the access-list classifier, included by acl_compile.c where
 * FEDPAT_SELFTEST is defined: lists of few distinct values (so that entries tie,
 * nest and cross) and hostile ones must answer as the linear model does. The
 * unit test does the same with more lists and packets.
 */

#define FP_ACL_T_ENTRIES	600
#define FP_ACL_T_LISTS		40
#define FP_ACL_T_KEYS		1000

static u32 fp_acl_t_rand(u64 *seed, u32 below)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)((*seed >> 33) * below >> 31);
}

static void fp_acl_t_addr(u64 *seed, struct fp_addr *a, u8 *len, u8 family)
{
	u32 bytes = family == 4 ? 4 : 16, i;

	memset(a, 0, sizeof(*a));
	a->family = family;
	for (i = 0; i < bytes; i++)
		a->b[i] = fp_acl_t_rand(seed, 4) ? 0 : fp_acl_t_rand(seed, 256);
	if (!len)
		return;
	*len = fp_acl_t_rand(seed, 8 * bytes + 1);
	for (i = *len; i < 8 * bytes; i++)
		a->b[i / 8] &= ~(0x80 >> i % 8);
}

static void fp_acl_t_range(u64 *seed, struct fp_port_range *r, u32 i)
{
	switch (fp_acl_t_rand(seed, 4)) {
	case 0:
		r->lo = fp_acl_t_rand(seed, 8) * 9362;
		r->hi = r->lo;
		break;
	case 1:
		r->lo = i * 50;
		r->hi = r->lo + 30000;
		break;
	case 2:
		r->hi = 0xffff - i * 50;
		break;
	}
}

static void fp_acl_t_ace(u64 *seed, struct fp_ace *ace, u32 i)
{
	static const u16 protos[] = { 6, 17, 132, 47, FP_ACL_PROTO_ANY };

	fp_ace_init(ace);
	ace->action = fp_acl_t_rand(seed, 2);
	ace->family = fp_acl_t_rand(seed, 3) * 2;
	ace->family += ace->family ? 2 : 0;
	ace->proto = protos[fp_acl_t_rand(seed, ARRAY_SIZE(protos))];
	if (!fp_acl_t_rand(seed, 16))
		ace->flags = FP_ACE_INACTIVE;
	if (ace->family && fp_acl_t_rand(seed, 8))
		fp_acl_t_addr(seed, &ace->src, &ace->src_len, ace->family);
	if (ace->family && fp_acl_t_rand(seed, 8))
		fp_acl_t_addr(seed, &ace->dst, &ace->dst_len, ace->family);
	if (ace->proto <= 132 && ace->proto != 47) {
		fp_acl_t_range(seed, &ace->sport, i);
		fp_acl_t_range(seed, &ace->dport, i);
	}
}

static void fp_acl_t_key(u64 *seed, const struct fp_ace *ace,
			 struct fp_acl_key *key)
{
	u8 family = ace->family ? ace->family : 4 + 2 * fp_acl_t_rand(seed, 2);

	memset(key, 0, sizeof(*key));
	fp_acl_t_addr(seed, &key->src, NULL, family);
	fp_acl_t_addr(seed, &key->dst, NULL, family);
	if (ace->src.family && fp_acl_t_rand(seed, 8))
		key->src = ace->src;
	if (ace->dst.family && fp_acl_t_rand(seed, 8))
		key->dst = ace->dst;
	key->proto = ace->proto < 256 ? ace->proto : 6;
	key->sport = ace->sport.hi + fp_acl_t_rand(seed, 2);
	key->dport = ace->dport.lo - fp_acl_t_rand(seed, 2);
	if (!fp_acl_t_rand(seed, 8))
		key->flags = FP_ACL_KEY_NO_PORTS;
}

static bool fp_acl_t_list(const struct fp_acl_mem *mem, struct fp_ace *aces,
			  u32 n, u64 *seed)
{
	struct fp_acl_compiled *acl;
	struct fp_acl_error err;
	struct fp_acl_key key;
	bool ok = true;
	u32 i;

	for (i = 0; i < n; i++)
		fp_acl_t_ace(seed, &aces[i], i);
	if (fp_acl_compile(aces, n, mem, NULL, &acl, &err))
		return false;
	for (i = 0; i < FP_ACL_T_KEYS && ok; i++) {
		fp_acl_t_key(seed, &aces[n ? fp_acl_t_rand(seed, n) : 0], &key);
		ok = fp_acl_lookup(acl, &key) ==
		     fp_acl_lookup_linear(aces, n, &key);
	}
	fp_acl_free(acl);
	return ok;
}

/**
 * fp_acl_selftest() - does the classifier answer as the linear model does?
 * @mem: callbacks for memory
 *
 * Context: may sleep.
 */
bool fp_acl_selftest(const struct fp_acl_mem *mem)
{
	struct fp_ace *aces;
	u64 seed = 1;
	bool ok = true;
	u32 i;

	aces = mem->alloc(mem->ctx, FP_ACL_T_ENTRIES * sizeof(*aces));
	if (!aces)
		return false;
	fp_ace_init(&aces[0]);
	for (i = 0; i < FP_ACL_T_LISTS && ok; i++) {
		ok = fp_acl_t_list(mem, aces, i * FP_ACL_T_ENTRIES /
				   FP_ACL_T_LISTS, &seed);
		if (mem->relax)
			mem->relax(mem->ctx);
	}
	mem->free(mem->ctx, aces);
	return ok;
}
