// SPDX-License-Identifier: GPL-2.0
/*
 * Access lists: whatever entries and packets the input spells, the classifier
 * answers as the linear model does, refuses by naming an entry, and keeps to
 * its memory limit. Few distinct values make entries tie, nest and cross.
 *
 * Input: one byte of memory limit, one byte number of entries (times eight),
 * 14 bytes an entry, the rest 11 bytes a packet.
 */
#include <stdlib.h>
#include <fedpat/acl.h>

#define ACE_BYTES	14
#define KEY_BYTES	11

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static size_t fuzz_out;

static void *fuzz_alloc(void *ctx, size_t size)
{
	(void)ctx;
	fuzz_out++;
	return malloc(size);
}

static void fuzz_free(void *ctx, void *p)
{
	(void)ctx;
	fuzz_out -= !!p;
	free(p);
}

static const struct fp_acl_mem fuzz_mem = {
	.alloc = fuzz_alloc,
	.free = fuzz_free,
};

/* Two bytes: one at the front, one at the end, and little between. */
static void fuzz_addr(struct fp_addr *a, u8 family, const u8 *p)
{
	memset(a, 0, sizeof(*a));
	if (family != 4 && family != 6)
		return;
	a->family = family;
	a->b[p[0] >> 6] = p[0] << 2;
	a->b[family == 4 ? 3 : 15 - (p[1] >> 5)] = p[1];
}

static void fuzz_prefix(struct fp_addr *a, u8 *len, u8 family, const u8 *p)
{
	u32 bits = family == 4 ? 32 : 128, i;

	if (!family || p[2] == 0xff)
		return;
	fuzz_addr(a, family, p);
	*len = p[2] % (bits + 2);
	/* Mostly sound, at times with bits where none may be. */
	for (i = *len; i < 128 && p[2] != 0xfe; i++)
		a->b[i / 8] &= ~(0x80 >> i % 8);
}

/* Half of the values near either end. */
static u16 fuzz_port(u8 v)
{
	return v < 64 ? v : v < 128 ? 65535 - (v - 64) : (v - 128) * 512;
}

static void fuzz_ace(struct fp_ace *ace, const u8 *p)
{
	static const u16 protos[] = { 6, 17, 132, 1, 58, 47, 256, 0 };
	static const u8 families[] = { 4, 4, 6, 0 };

	fp_ace_init(ace);
	ace->action = p[0] & 1;
	ace->family = families[p[0] >> 1 & 3];
	ace->flags = p[0] >> 3 & 1 ? FP_ACE_INACTIVE : 0;
	ace->proto = protos[p[0] >> 4 & 7];
	if (p[0] == 0xff)
		ace->proto = p[1] * 2;
	fuzz_prefix(&ace->src, &ace->src_len, ace->family, p + 1);
	fuzz_prefix(&ace->dst, &ace->dst_len, ace->family, p + 4);
	ace->line = p[7];
	if (p[8] != p[9]) {
		ace->sport.lo = fuzz_port(p[8]);
		ace->sport.hi = fuzz_port(p[9]);
	}
	if (p[10] != p[11]) {
		ace->dport.lo = fuzz_port(p[10]);
		ace->dport.hi = ace->dport.lo + p[12] * p[13];
	}
}

/* Most inputs would be refused for one field: mend what can be mended. */
static void fuzz_mend(struct fp_ace *aces, u32 n)
{
	static const struct fp_port_range any = { 0, 0xffff };
	struct fp_acl_error err;
	u32 i;

	for (i = 0; i < n; i++) {
		aces[i].line = i;
		if (!fp_acl_check(&aces[i], &err))
			continue;
		aces[i].sport = any;
		aces[i].dport = any;
		if (fp_acl_check(&aces[i], &err))
			aces[i].flags = FP_ACE_INACTIVE;
	}
}

static void fuzz_key(struct fp_acl_key *key, const u8 *p)
{
	u8 family = p[0] & 1 ? 4 : 6;

	memset(key, 0, sizeof(*key));
	fuzz_addr(&key->src, family, p + 1);
	fuzz_addr(&key->dst, p[0] == 0xff ? 0 : family, p + 3);
	key->flags = p[0] & 2 ? FP_ACL_KEY_NO_PORTS : 0;
	key->proto = p[5];
	key->sport = fuzz_port(p[6]) + p[7];
	key->dport = fuzz_port(p[8]) + p[9] * p[10];
}

static void fuzz_lookups(const struct fp_acl_compiled *acl,
			 const struct fp_ace *aces, u32 n, const u8 *data,
			 size_t size)
{
	struct fp_acl_key key;

	for (; size >= KEY_BYTES; size -= KEY_BYTES, data += KEY_BYTES) {
		fuzz_key(&key, data);
		if (fp_acl_lookup(acl, &key) !=
		    fp_acl_lookup_linear(aces, n, &key))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fp_acl_limits limits = { 0 };
	struct fp_acl_compiled *acl;
	struct fp_acl_error err;
	struct fp_ace *aces;
	u32 n, i;

	if (size < 2)
		return 0;
	limits.max_bytes = data[0] < 128 ? 0 : (data[0] - 127) * 512;
	n = data[1] * 8;
	data += 2;
	size -= 2;
	n = n < size / ACE_BYTES ? n : size / ACE_BYTES;
	aces = calloc(n + 1, sizeof(*aces));
	if (!aces)
		return 0;
	for (i = 0; i < n; i++)
		fuzz_ace(&aces[i], data + i * ACE_BYTES);
	if (n && aces[0].line)
		fuzz_mend(aces, n);
	if (fp_acl_compile(aces, n, &fuzz_mem, &limits, &acl, &err)) {
		if (acl || !err.text || (err.index >= n && limits.max_bytes > 1024))
			abort();
	} else {
		if (limits.max_bytes && fp_acl_size(acl) > limits.max_bytes)
			abort();
		fuzz_lookups(acl, aces, n, data + n * ACE_BYTES,
			     size - n * ACE_BYTES);
		fp_acl_free(acl);
	}
	if (fuzz_out)
		abort();
	free(aces);
	return 0;
}
