// SPDX-License-Identifier: GPL-2.0
/*
 * Access lists: what an entry may say, and the reference model of "first match
 * wins" that the classifier is held against (and that serves where a list is
 * looked at once).
 */
#include "acl_int.h"

/**
 * fp_ace_init() - make an entry that denies everything
 * @ace: the entry
 */
void fp_ace_init(struct fp_ace *ace)
{
	memset(ace, 0, sizeof(*ace));
	ace->action = FP_ACE_DENY;
	ace->proto = FP_ACL_PROTO_ANY;
	ace->sport.hi = 0xffff;
	ace->dport.hi = 0xffff;
}

static int fp_acl_bad(struct fp_acl_error *err, enum fp_acl_field field,
		      const char *text)
{
	err->field = field;
	err->text = text;
	return -EINVAL;
}

static bool fp_acl_proto_is_icmp(u16 proto)
{
	return proto == 1 || proto == 58;
}

static bool fp_acl_proto_has_ports(u16 proto)
{
	switch (proto) {
	case 1:		/* ICMP: type and code */
	case 6:		/* TCP */
	case 17:	/* UDP */
	case 33:	/* DCCP */
	case 58:	/* ICMPv6: type and code */
	case 132:	/* SCTP */
	case 136:	/* UDP-Lite */
		return true;
	default:
		return false;
	}
}

/* Are all bits of @a from bit @len on zero? */
static bool fp_acl_tail_is_zero(const struct fp_addr *a, u32 len)
{
	u32 i = len / 8;

	if (i < sizeof(a->b) && a->b[i] & (0xff >> len % 8))
		return false;
	for (i++; i < sizeof(a->b); i++) {
		if (a->b[i])
			return false;
	}
	return true;
}

static int fp_acl_check_addr(const struct fp_ace *ace, const struct fp_addr *a,
			     u8 len, enum fp_acl_field field,
			     struct fp_acl_error *err)
{
	if (a->family == 0) {
		if (len)
			return fp_acl_bad(err, field,
					  "prefix length without an address; give the address or leave out the length");
	} else if (a->family != 4 && a->family != 6) {
		return fp_acl_bad(err, field,
				  "address is neither IPv4 nor IPv6");
	} else if (a->family != ace->family) {
		return fp_acl_bad(err, field,
				  "address is not of the entry's family; write one entry for each family");
	} else if (len > (a->family == 4 ? 32 : 128)) {
		return fp_acl_bad(err, field,
				  "prefix length is too long; at most 32 in IPv4, 128 in IPv6");
	}
	if (!fp_acl_tail_is_zero(a, len))
		return fp_acl_bad(err, field,
				  "address has bits set beyond its prefix length; clear them or use a longer prefix");
	return 0;
}

static int fp_acl_check_ports(const struct fp_ace *ace,
			      const struct fp_port_range *r,
			      enum fp_acl_field field,
			      struct fp_acl_error *err)
{
	if (r->lo > r->hi)
		return fp_acl_bad(err, field,
				  "range ends before it begins; swap the two");
	if (r->lo == 0 && r->hi == 0xffff)
		return 0;
	if (!fp_acl_proto_has_ports(ace->proto))
		return fp_acl_bad(err, field,
				  "ports need a protocol that has them: tcp, udp, sctp, dccp, udplite, or icmp and icmp6 with type and code");
	if (fp_acl_proto_is_icmp(ace->proto) && r->hi > 0xff)
		return fp_acl_bad(err, field,
				  "type and code of ICMP go from 0 to 255");
	return 0;
}

/**
 * fp_acl_check() - is this an entry that makes sense?
 * @ace: the entry, active or not
 * @err: field and text are filled where it does not; the index is left alone
 *
 * Return: 0 or -EINVAL.
 */
int fp_acl_check(const struct fp_ace *ace, struct fp_acl_error *err)
{
	int ret;

	if (ace->family != 0 && ace->family != 4 && ace->family != 6)
		return fp_acl_bad(err, FP_ACL_F_FAMILY,
				  "family is neither 4 nor 6 nor 0 for both");
	if (ace->action != FP_ACE_DENY && ace->action != FP_ACE_PERMIT)
		return fp_acl_bad(err, FP_ACL_F_ACTION,
				  "action is neither permit nor deny");
	if (ace->flags & ~(FP_ACE_INACTIVE | FP_ACE_LOG))
		return fp_acl_bad(err, FP_ACL_F_FLAGS,
				  "flags that nobody knows; is the tool newer than the module?");
	if (ace->proto > FP_ACL_PROTO_ANY)
		return fp_acl_bad(err, FP_ACL_F_PROTO,
				  "protocol numbers go from 0 to 255; 256 is any");
	ret = fp_acl_check_addr(ace, &ace->src, ace->src_len, FP_ACL_F_SRC, err);
	if (!ret)
		ret = fp_acl_check_addr(ace, &ace->dst, ace->dst_len,
					FP_ACL_F_DST, err);
	if (!ret)
		ret = fp_acl_check_ports(ace, &ace->sport, FP_ACL_F_SPORT, err);
	if (!ret)
		ret = fp_acl_check_ports(ace, &ace->dport, FP_ACL_F_DPORT, err);
	return ret;
}

/**
 * fp_ace_any_port() - is a range of ports (types, codes) no condition at all?
 * @ace: a checked entry
 * @r: one of its ranges
 */
bool fp_ace_any_port(const struct fp_ace *ace, const struct fp_port_range *r)
{
	/* 0 to 255 is every type and every code there is. */
	if (fp_acl_proto_is_icmp(ace->proto) && r->lo == 0 && r->hi == 0xff)
		return true;
	return r->lo == 0 && r->hi == 0xffff;
}

/**
 * fp_ace_has_ports() - does the entry ask for ports (ICMP: type or code)?
 * @ace: a checked entry
 */
bool fp_ace_has_ports(const struct fp_ace *ace)
{
	return !fp_ace_any_port(ace, &ace->sport) ||
	       !fp_ace_any_port(ace, &ace->dport);
}

static bool fp_acl_in_prefix(const struct fp_addr *a, const struct fp_addr *net,
			     u32 len)
{
	u32 i = 0;

	for (; len >= 8; len -= 8, i++) {
		if (a->b[i] != net->b[i])
			return false;
	}
	return !len || (a->b[i] ^ net->b[i]) >> (8 - len) == 0;
}

static bool fp_ace_in_ports(const struct fp_ace *ace,
			    const struct fp_port_range *r, u16 port)
{
	return fp_ace_any_port(ace, r) || (port >= r->lo && port <= r->hi);
}

static bool fp_acl_ports_match(const struct fp_ace *ace,
			       const struct fp_acl_key *key)
{
	if (!fp_ace_has_ports(ace))
		return true;
	/* See the header: nothing slips through for want of ports. */
	if (key->flags & FP_ACL_KEY_NO_PORTS)
		return ace->action == FP_ACE_DENY;
	return fp_ace_in_ports(ace, &ace->sport, key->sport) &&
	       fp_ace_in_ports(ace, &ace->dport, key->dport);
}

static bool fp_ace_match(const struct fp_ace *ace, const struct fp_acl_key *key)
{
	if (ace->flags & FP_ACE_INACTIVE)
		return false;
	if (ace->family && ace->family != key->src.family)
		return false;
	if (ace->proto != FP_ACL_PROTO_ANY && ace->proto != key->proto)
		return false;
	return fp_acl_in_prefix(&key->src, &ace->src, ace->src_len) &&
	       fp_acl_in_prefix(&key->dst, &ace->dst, ace->dst_len) &&
	       fp_acl_ports_match(ace, key);
}

/**
 * fp_acl_lookup_linear() - the first matching entry, by looking at them all
 * @aces: checked entries
 * @n: how many
 * @key: the packet
 *
 * The reference model: fp_acl_lookup() answers the same. Any context.
 *
 * Return: index of the first active entry that matches, or -1.
 */
int fp_acl_lookup_linear(const struct fp_ace *aces, u32 n,
			 const struct fp_acl_key *key)
{
	u32 i;

	if (key->src.family != key->dst.family ||
	    (key->src.family != 4 && key->src.family != 6))
		return -1;
	for (i = 0; i < n; i++) {
		if (fp_ace_match(&aces[i], key))
			return i;
	}
	return -1;
}
