// SPDX-License-Identifier: GPL-2.0
/* Access lists and packets made of a seed; see acl_gen.h. */
#include "acl_gen.h"

const char *const acl_kind_names[ACL_KINDS] = {
	"mixed", "wide", "narrow", "nested", "stagger", "diagonal", "bars",
	"long", "slabs", "stairs", "cross", "onion", "tiny",
};

u32 acl_rand(struct acl_rng *r)
{
	u64 z = r->s += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z >> 32;
}

u32 acl_below(struct acl_rng *r, u32 n)
{
	return (u64)acl_rand(r) * n >> 32;
}

static void acl_put32(u8 *b, u32 v)
{
	b[0] = v >> 24;
	b[1] = v >> 16;
	b[2] = v >> 8;
	b[3] = v;
}

static void acl_mask(struct fp_addr *a, u32 len)
{
	u32 i;

	for (i = len; i < 128; i++)
		a->b[i / 8] &= ~(0x80 >> i % 8);
}

static void acl_random_addr(struct acl_rng *r, struct fp_addr *a, u8 family)
{
	u32 i;

	memset(a, 0, sizeof(*a));
	a->family = family;
	for (i = 0; i < (family == 4 ? 1 : 4); i++)
		acl_put32(a->b + 4 * i, acl_rand(r));
}

static void acl_range(struct acl_rng *r, struct fp_port_range *p, u32 width)
{
	u32 lo = acl_below(r, 65536), hi = lo + 1 + acl_below(r, width);

	p->lo = lo;
	p->hi = hi > 0xffff ? 0xffff : hi;
}

static void acl_one_port(struct fp_port_range *p, u32 port)
{
	p->lo = port;
	p->hi = port;
}

static u32 acl_mixed_addr(struct acl_rng *r, struct fp_addr *a, u8 family)
{
	u32 kind = acl_below(r, 100), site = acl_below(r, 256), len;
	bool v6 = family == 6;

	memset(a, 0, sizeof(*a));
	if (kind >= 90)
		return 0;
	acl_random_addr(r, a, family);
	if (v6)
		acl_put32(a->b, 0x20010000 | (site * 2654435761u) >> 16);
	else
		acl_put32(a->b, (site * 2654435761u & 0xffff0000) |
			  (acl_rand(r) & 0xffff));
	if (v6 && kind < 50)		/* hosts of one of 64 networks */
		memset(a->b + 6, 0, 8);
	if (kind < 50)
		len = v6 ? 128 : 32;
	else if (kind < 75)
		len = v6 ? 64 : 24;
	else
		len = v6 ? 33 + acl_below(r, 95) : 17 + acl_below(r, 15);
	acl_mask(a, len);
	return len;
}

static void acl_mixed_ports(struct acl_rng *r, struct fp_ace *a, bool must)
{
	static const u16 known[] = { 5060, 5061, 5062, 5269, 443 };
	u32 kind = acl_below(r, must ? 80 : 100);

	if (kind < 60) {
		acl_one_port(&a->dport, acl_below(r, 3) ? acl_below(r, 65536) :
			     known[acl_below(r, 5)]);
	} else if (kind < 80) {
		acl_range(r, &a->dport, 4095);
	}
	kind = acl_below(r, 100);
	if (kind >= 98)
		acl_range(r, &a->sport, 4095);
	else if (kind >= 90)
		a->sport.lo = 1024;
}

static void acl_mixed(struct acl_rng *r, struct fp_ace *a, u32 *anys)
{
	u32 proto = acl_below(r, 100);
	bool any;

	do {
		a->src_len = acl_mixed_addr(r, &a->src, a->family);
		a->dst_len = acl_mixed_addr(r, &a->dst, a->family);
		any = !a->src.family && !a->dst.family;
	} while (any && !*anys);
	*anys -= any;
	if (any && proto >= 90)
		proto = 0;
	if (proto < 90) {
		a->proto = proto < 75 ? 6 : 17;
		acl_mixed_ports(r, a, any);
	} else if (proto < 95) {
		a->proto = a->family == 4 ? 1 : 58;
		if (acl_below(r, 2))
			acl_one_port(&a->sport, 8);
	}
	a->action = acl_below(r, 100) < 85;
}

static void acl_any_ports(struct acl_rng *r, struct fp_port_range *p)
{
	switch (acl_below(r, 4)) {
	case 0:
		acl_range(r, p, 1u << acl_below(r, 17));
		break;
	case 1:
		p->lo = acl_below(r, 8) ? acl_below(r, 65536) :
		      acl_below(r, 2) ? 65535 : 0;
		p->hi = p->lo;
		break;
	}
}

static void acl_any_prefix(struct acl_rng *r, struct fp_addr *a, u8 *len,
			   u8 family)
{
	u32 bits = family == 4 ? 32 : 128;

	if (!family || !acl_below(r, 4))
		return;
	*len = acl_below(r, 4) ? acl_below(r, bits + 1) : bits;
	acl_random_addr(r, a, family);
	acl_mask(a, *len);
}

static void acl_wide(struct acl_rng *r, struct fp_ace *a)
{
	if (!acl_below(r, 16))
		a->family = 0;
	acl_any_prefix(r, &a->src, &a->src_len, a->family);
	acl_any_prefix(r, &a->dst, &a->dst_len, a->family);
	if (acl_below(r, 2)) {
		a->proto = acl_below(r, 2) ? 6 : 17;
		acl_any_ports(r, &a->sport);
		acl_any_ports(r, &a->dport);
	} else if (acl_below(r, 2)) {
		a->proto = acl_below(r, 256);
	}
}

static void acl_narrow(struct acl_rng *r, struct fp_ace *a)
{
	acl_random_addr(r, &a->src, a->family);
	acl_random_addr(r, &a->dst, a->family);
	a->src_len = a->family == 4 ? 32 : 128;
	a->dst_len = a->src_len;
	a->proto = 6;
	acl_one_port(&a->dport, acl_below(r, 65536));
}

static void acl_nested(struct acl_rng *r, struct fp_ace *a)
{
	u32 bits = a->family == 4 ? 32 : 128;

	acl_random_addr(r, &a->src, a->family);
	memset(a->src.b, 10, 3);
	a->src_len = acl_below(r, bits + 1);
	acl_mask(&a->src, a->src_len);
	a->proto = 6;
	a->dport.lo = acl_below(r, 32768);
	a->dport.hi = 65535 - a->dport.lo;
}

/* Around 10.10.10.10 (a0a:0a0a:...): every pair of lengths crosses others. */
static void acl_onion(struct acl_rng *r, struct fp_ace *a)
{
	u32 bits = a->family == 4 ? 32 : 128;

	a->src_len = acl_below(r, bits + 1);
	a->dst_len = acl_below(r, bits + 1);
	a->src.family = a->family;
	a->dst.family = a->family;
	memset(a->src.b, 10, bits / 8);
	memset(a->dst.b, 10, bits / 8);
	acl_mask(&a->src, a->src_len);
	acl_mask(&a->dst, a->dst_len);
	if (acl_below(r, 2)) {
		a->proto = 17;
		a->dport.lo = acl_below(r, 32768);
		a->dport.hi = 65535 - a->dport.lo;
	}
}

static void acl_tiny_addr(struct acl_rng *r, struct fp_addr *a, u8 *len,
			  u8 family)
{
	u32 bits = family == 4 ? 32 : 128;

	if (!family || !acl_below(r, 3))
		return;
	*len = bits - acl_below(r, 4);
	a->family = family;
	a->b[bits / 8 - 1] = acl_below(r, 8);
	acl_mask(a, *len);
}

static void acl_tiny_ports(struct acl_rng *r, struct fp_port_range *p, u32 top)
{
	if (!acl_below(r, 3))
		return;
	p->lo = acl_below(r, 5) ? acl_below(r, 8) : top - acl_below(r, 8);
	p->hi = acl_below(r, 4) ? p->lo : top;
	if (p->hi < p->lo + 3 && acl_below(r, 2))
		p->hi = top - p->lo < 3 ? top : (u32)p->lo + 3;
}

static void acl_tiny(struct acl_rng *r, struct fp_ace *a)
{
	static const u16 protos[] = { 6, 17, 1, 58, 132, 47, 0, 255 };

	if (!acl_below(r, 4))
		a->family = 0;
	acl_tiny_addr(r, &a->src, &a->src_len, a->family);
	acl_tiny_addr(r, &a->dst, &a->dst_len, a->family);
	if (acl_below(r, 4))
		a->proto = protos[acl_below(r, 8)];
	if (a->proto == 6 || a->proto == 17 || a->proto == 132) {
		acl_tiny_ports(r, &a->sport, 65535);
		acl_tiny_ports(r, &a->dport, 65535);
	} else if (a->proto == 1 || a->proto == 58) {
		acl_tiny_ports(r, &a->sport, 255);
		acl_tiny_ports(r, &a->dport, 255);
	}
	if (!acl_below(r, 8))
		a->flags = FP_ACE_INACTIVE;
}

static void acl_from_to(struct fp_port_range *p, u32 lo, u32 width)
{
	p->lo = lo;
	p->hi = lo + width;
}

static void acl_ports(struct fp_ace *a, u32 i, u32 n, enum acl_kind kind)
{
	u32 lo = (u64)i * 40000 / n;

	a->family = 0;
	a->proto = 6;
	if (kind == ACL_DIAGONAL)
		acl_from_to(&a->sport, lo, 20000);
	if (kind == ACL_DIAGONAL || kind == ACL_STAGGER) {
		acl_from_to(&a->dport, lo, 20000);
		return;
	}
	if (kind == ACL_LONG) {
		a->sport.hi = 45000;
		a->dport.hi = 45000;
	}
	acl_from_to(i & 1 ? &a->dport : &a->sport, lo, 7);
}

static void acl_slabs(struct acl_rng *r, struct fp_ace *a)
{
	struct fp_port_range len, thin;

	acl_random_addr(r, &a->src, a->family);
	a->src_len = acl_below(r, 12);
	acl_mask(&a->src, a->src_len);
	acl_range(r, &len, 65535);
	acl_range(r, &thin, 400);
	a->proto = 6;
	a->sport = acl_below(r, 2) ? len : thin;
	a->dport = a->sport.lo == len.lo ? thin : len;
}

static void acl_stairs(struct acl_rng *r, struct fp_ace *a)
{
	u32 x = acl_below(r, 60000);

	a->family = 0;
	a->proto = 17;
	a->sport.hi = 1000 + x;
	a->dport.hi = 61000 - x;
}

static void acl_cross(struct acl_rng *r, struct fp_ace *a)
{
	u32 size = 4 + acl_below(r, 13);

	a->proto = 17;
	acl_range(r, &a->sport, 1u << size);
	acl_range(r, &a->dport, 1u << (20 - size));
	a->src_len = acl_below(r, 4);
	acl_random_addr(r, &a->src, a->family);
	acl_mask(&a->src, a->src_len);
}

static void acl_one(struct acl_rng *r, struct fp_ace *a, u32 i, u32 n,
		    enum acl_kind kind, u32 *anys)
{
	switch (kind) {
	case ACL_WIDE:
		return acl_wide(r, a);
	case ACL_NARROW:
		return acl_narrow(r, a);
	case ACL_NESTED:
		return acl_nested(r, a);
	case ACL_SLABS:
		return acl_slabs(r, a);
	case ACL_STAIRS:
		return acl_stairs(r, a);
	case ACL_CROSS:
		return acl_cross(r, a);
	case ACL_ONION:
		return acl_onion(r, a);
	case ACL_TINY:
		return acl_tiny(r, a);
	case ACL_STAGGER:
	case ACL_DIAGONAL:
	case ACL_BARS:
	case ACL_LONG:
		return acl_ports(a, i, n, kind);
	default:
		return acl_mixed(r, a, anys);
	}
}

/**
 * acl_gen() - make a list
 * @aces: filled
 * @n: entries
 * @kind: which sort of list
 * @v6: percentage of IPv6 entries
 * @seed: same seed, same list
 */
void acl_gen(struct fp_ace *aces, u32 n, enum acl_kind kind, u32 v6, u32 seed)
{
	struct acl_rng r = { seed };
	u32 i, anys = 16;

	for (i = 0; i < n; i++) {
		fp_ace_init(&aces[i]);
		aces[i].line = 10 * (i + 1);
		aces[i].user = i;
		aces[i].action = acl_below(&r, 2);
		aces[i].family = acl_below(&r, 100) < v6 ? 6 : 4;
		acl_one(&r, &aces[i], i, n, kind, &anys);
	}
	if (n && kind == ACL_MIXED) {
		fp_ace_init(&aces[n - 1]);
		aces[n - 1].line = 10 * n;
	}
}

static u16 acl_key_port(struct acl_rng *r, const struct fp_port_range *p)
{
	switch (acl_below(r, 8)) {
	case 0:
		return p->lo;
	case 1:
		return p->hi;
	case 2:
		return p->lo - 1;
	case 3:
		return p->hi + 1;
	default:
		return p->lo + acl_below(r, p->hi - p->lo + 1);
	}
}

static void acl_key_addr(struct acl_rng *r, struct fp_addr *to,
			 const struct fp_addr *net, u32 len, u8 family)
{
	u32 bits = family == 4 ? 32 : 128, i;

	acl_random_addr(r, to, family);
	if (net->family == family) {
		for (i = 0; i < len; i++) {
			to->b[i / 8] &= ~(0x80 >> i % 8);
			to->b[i / 8] |= net->b[i / 8] & (0x80 >> i % 8);
		}
		/* An edge of the prefix, or just outside it. */
		if (!acl_below(r, 8))
			acl_mask(to, len);
		if (!acl_below(r, 8)) {
			i = acl_below(r, bits);
			to->b[i / 8] ^= 0x80 >> i % 8;
		}
	}
}

/**
 * acl_gen_key() - make a packet
 * @aces: list that it should have something to do with
 * @n: entries; may be 0
 * @r: random numbers
 * @key: filled; mostly in or beside an entry or between two
 */
void acl_gen_key(const struct fp_ace *aces, u32 n, struct acl_rng *r,
		 struct fp_acl_key *key)
{
	struct fp_ace any;
	const struct fp_ace *a = &any, *b = &any;
	u8 family;

	fp_ace_init(&any);
	if (n && acl_below(r, 16)) {
		a = &aces[acl_below(r, n)];
		b = acl_below(r, 4) ? a : &aces[acl_below(r, n)];
	}
	memset(key, 0, sizeof(*key));
	family = a->family ? a->family : acl_below(r, 2) ? 4 : 6;
	acl_key_addr(r, &key->src, &a->src, a->src_len, family);
	acl_key_addr(r, &key->dst, &b->dst, b->dst_len, family);
	key->proto = a->proto == FP_ACL_PROTO_ANY ? 6 : a->proto;
	if (!acl_below(r, 16))
		key->proto = acl_rand(r);
	key->sport = acl_key_port(r, &a->sport);
	key->dport = acl_key_port(r, &b->dport);
	if (!acl_below(r, 16))
		key->flags = FP_ACL_KEY_NO_PORTS;
}
