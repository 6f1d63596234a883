// SPDX-License-Identifier: GPL-2.0
/* Entries of access lists. */
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/slab.h>
#include "genl.h"
#include "object.h"

/* Attribute that an error of the classifier is about. */
static int fp_entry_attr(enum fp_acl_field field)
{
	switch (field) {
	case FP_ACL_F_PROTO:
		return FEDPAT_A_ACE_PROTO;
	case FP_ACL_F_SRC:
	case FP_ACL_F_FAMILY:
		return FEDPAT_A_ACE_SRC;
	case FP_ACL_F_DST:
		return FEDPAT_A_ACE_DST;
	case FP_ACL_F_SPORT:
		return FEDPAT_A_ACE_SPORT_LO;
	case FP_ACL_F_DPORT:
		return FEDPAT_A_ACE_DPORT_LO;
	case FP_ACL_F_ACTION:
		return FEDPAT_A_ACE_ACTION;
	default:
		return FEDPAT_A_ACE_ACL;
	}
}

static int fp_entry_prefix(struct fp_parse *p, int attr, struct fp_addr *addr, u8 *len,
			   u8 *family)
{
	struct fp_prefix prefix;
	int err;

	err = fp_parse_prefix(p, attr, &prefix);
	if (err || !prefix.addr.family)
		return err;
	if (*family && *family != prefix.addr.family)
		return fp_parse_bad(p, attr,
				    "source and destination are of different families; both IPv4 or both IPv6");
	*family = prefix.addr.family;
	*addr = prefix.addr;
	*len = prefix.len;
	return 0;
}

static int fp_entry_ports(struct fp_parse *p, int lo, int hi, struct fp_port_range *range)
{
	if (!p->attrs[lo] && !p->attrs[hi])
		return 0;
	if (!p->attrs[lo])
		return fp_parse_bad(p, hi, "the lowest port of the range is missing");
	range->lo = fp_parse_u16(p, lo, 0);
	range->hi = fp_parse_u16(p, hi, range->lo);
	if (range->hi < range->lo)
		return fp_parse_bad(p, hi, "the range ends below its start; exchange the ports");
	return 0;
}

static int fp_entry_icmp(struct fp_parse *p, struct fp_ace *ace)
{
	if (!p->attrs[FEDPAT_A_ACE_ICMP_TYPE])
		return 0;
	if (ace->proto != IPPROTO_ICMP && ace->proto != IPPROTO_ICMPV6)
		return fp_parse_bad(p, FEDPAT_A_ACE_ICMP_TYPE,
				    "an ICMP type needs protocol icmp (1) or ipv6-icmp (58)");
	if (p->attrs[FEDPAT_A_ACE_SPORT_LO] || p->attrs[FEDPAT_A_ACE_DPORT_LO])
		return fp_parse_bad(p, FEDPAT_A_ACE_ICMP_TYPE, "ICMP has a type and no ports");
	ace->sport.lo = nla_get_u8(p->attrs[FEDPAT_A_ACE_ICMP_TYPE]);
	ace->sport.hi = ace->sport.lo;
	return 0;
}

static int fp_entry_match(struct fp_parse *p, struct fp_ace *ace)
{
	int err;

	fp_ace_init(ace);
	ace->action = fp_parse_u32(p, FEDPAT_A_ACE_ACTION, 0) == FEDPAT_ACTION_PERMIT ?
		      FP_ACE_PERMIT : FP_ACE_DENY;
	ace->proto = FP_ACL_PROTO_ANY;
	if (p->attrs[FEDPAT_A_ACE_PROTO])
		ace->proto = fp_parse_u8(p, FEDPAT_A_ACE_PROTO, 0);
	if (fp_parse_flag(p, FEDPAT_A_ACE_LOG))
		ace->flags |= FP_ACE_LOG;
	if (fp_parse_flag(p, FEDPAT_A_ACE_INACTIVE))
		ace->flags |= FP_ACE_INACTIVE;
	err = fp_entry_prefix(p, FEDPAT_A_ACE_SRC, &ace->src, &ace->src_len, &ace->family);
	if (err)
		return err;
	err = fp_entry_prefix(p, FEDPAT_A_ACE_DST, &ace->dst, &ace->dst_len, &ace->family);
	if (err)
		return err;
	err = fp_entry_ports(p, FEDPAT_A_ACE_SPORT_LO, FEDPAT_A_ACE_SPORT_HI, &ace->sport);
	if (err)
		return err;
	err = fp_entry_ports(p, FEDPAT_A_ACE_DPORT_LO, FEDPAT_A_ACE_DPORT_HI, &ace->dport);
	if (err)
		return err;
	return fp_entry_icmp(p, ace);
}

static const char *fp_entry_str(const struct fp_entry *entry, u16 at)
{
	return at ? entry->text + at - 1 : "";
}

static int fp_entry_read_str(struct fp_parse *p, int attr, enum fp_syntax syntax,
			     const struct fp_entry *entry, u16 *at)
{
	const char *s;
	int err = fp_parse_str(p, attr, syntax, &s);

	if (!err && *s)
		*at = s - entry->text + 1;
	return err;
}

static int fp_entry_read(struct fp_parse *p, struct fp_entry *entry)
{
	struct fp_acl_error wrong = {};
	int err;

	err = fp_parse_need(p, FEDPAT_A_ACE_ACTION);
	if (err)
		return err;
	err = fp_entry_match(p, &entry->ace);
	if (err)
		return err;
	if (fp_acl_check(&entry->ace, &wrong))
		return fp_parse_bad(p, fp_entry_attr(wrong.field), wrong.text);
	return fp_entry_read_str(p, FEDPAT_A_ACE_OWNER, FP_SYNTAX_NAME, entry,
				 &entry->owner) ?:
	       fp_entry_read_str(p, FEDPAT_A_ACE_REMARK, FP_SYNTAX_ANY, entry,
				 &entry->remark);
}

static size_t fp_entry_text(const struct nlattr *attr)
{
	return attr ? nla_len(attr) + 1 : 0;
}

/**
 * fp_entry_parse() - an entry out of a request
 * @info: request ace-new
 *
 * Context: may sleep.
 * Return: the entry with one reference and without id, or an ERR_PTR() with the
 * reason in the extended ack.
 */
struct fp_entry *fp_entry_parse(struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct fp_parse p = {
		.attrs = attrs,
		.extack = info->extack,
		.left = fp_entry_text(attrs[FEDPAT_A_ACE_OWNER]) +
			fp_entry_text(attrs[FEDPAT_A_ACE_REMARK]),
	};
	struct fp_entry *entry;
	int err;

	BUILD_BUG_ON(sizeof(*entry) > 96);
	entry = kzalloc(struct_size(entry, text, p.left), GFP_KERNEL_ACCOUNT);
	if (!entry) {
		NL_SET_ERR_MSG(info->extack, "out of memory");
		return ERR_PTR(-ENOMEM);
	}
	refcount_set(&entry->refs, 1);
	p.pool = entry->text;
	err = fp_entry_read(&p, entry);
	if (err) {
		fp_entry_put(entry);
		return ERR_PTR(err);
	}
	return entry;
}

static int fp_entry_fill_ports(struct sk_buff *skb, int lo, int hi,
			       const struct fp_port_range *range)
{
	if (range->lo == 0 && range->hi == 0xffff)
		return 0;
	return nla_put_u16(skb, lo, range->lo) ?: nla_put_u16(skb, hi, range->hi);
}

static int fp_entry_fill_proto(struct sk_buff *skb, const struct fp_ace *ace)
{
	int err = 0;

	if (ace->proto != FP_ACL_PROTO_ANY)
		err = nla_put_u8(skb, FEDPAT_A_ACE_PROTO, ace->proto);
	if (err)
		return err;
	if (ace->proto != IPPROTO_ICMP && ace->proto != IPPROTO_ICMPV6)
		return fp_entry_fill_ports(skb, FEDPAT_A_ACE_SPORT_LO,
					   FEDPAT_A_ACE_SPORT_HI, &ace->sport) ?:
		       fp_entry_fill_ports(skb, FEDPAT_A_ACE_DPORT_LO,
					   FEDPAT_A_ACE_DPORT_HI, &ace->dport);
	if (ace->sport.hi == 0xffff)
		return 0;
	return nla_put_u8(skb, FEDPAT_A_ACE_ICMP_TYPE, ace->sport.lo);
}

static int fp_entry_fill_match(struct sk_buff *skb, const struct fp_ace *ace)
{
	struct fp_prefix src = { .addr = ace->src, .len = ace->src_len };
	struct fp_prefix dst = { .addr = ace->dst, .len = ace->dst_len };
	u32 action = ace->action == FP_ACE_PERMIT ? FEDPAT_ACTION_PERMIT : FEDPAT_ACTION_DENY;

	return nla_put_u32(skb, FEDPAT_A_ACE_ACTION, action) ?:
	       fp_nla_put_prefix(skb, FEDPAT_A_ACE_SRC, &src) ?:
	       fp_nla_put_prefix(skb, FEDPAT_A_ACE_DST, &dst) ?:
	       fp_entry_fill_proto(skb, ace) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_ACE_LOG, ace->flags & FP_ACE_LOG) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_ACE_INACTIVE, ace->flags & FP_ACE_INACTIVE);
}

static int fp_entry_fill_hits(struct sk_buff *skb, const struct fp_hits *hits)
{
	u64 age;
	int err;

	err = fp_nla_put_u64(skb, FEDPAT_A_ACE_HITS, fp_hits_read(hits));
	if (err || !fp_hits_age(hits, &age))
		return err;
	return fp_nla_put_u64(skb, FEDPAT_A_ACE_LAST_HIT, age);
}

/**
 * fp_entry_fill() - put an entry into a message
 * @skb: message
 * @acl: list that it belongs to
 * @entry: entry
 * @line: its position, from 1
 *
 * Context: any; the entry is held.
 * Return: 0 or -EMSGSIZE.
 */
int fp_entry_fill(struct sk_buff *skb, const char *acl, const struct fp_entry *entry,
		  u32 line)
{
	return nla_put_string(skb, FEDPAT_A_ACE_ACL, acl) ?:
	       fp_nla_put_str(skb, FEDPAT_A_ACE_OWNER,
			      fp_entry_str(entry, entry->owner)) ?:
	       nla_put_u32(skb, FEDPAT_A_ACE_ID, entry->id) ?:
	       nla_put_u32(skb, FEDPAT_A_ACE_LINE, line) ?:
	       fp_entry_fill_match(skb, &entry->ace) ?:
	       fp_nla_put_str(skb, FEDPAT_A_ACE_REMARK,
			      fp_entry_str(entry, entry->remark)) ?:
	       fp_entry_fill_hits(skb, &entry->hits);
}

/**
 * fp_entry_get() - one more reference
 * @entry: entry
 *
 * Context: any.
 * Return: @entry.
 */
struct fp_entry *fp_entry_get(struct fp_entry *entry)
{
	refcount_inc(&entry->refs);
	return entry;
}

/**
 * fp_entry_put() - one reference less
 * @entry: entry
 *
 * Context: any.
 */
void fp_entry_put(struct fp_entry *entry)
{
	if (entry && refcount_dec_and_test(&entry->refs))
		kfree(entry);
}

/**
 * fp_entry_bytes() - memory that an entry takes
 * @entry: entry
 *
 * Context: any.
 * Return: octets.
 */
size_t fp_entry_bytes(const struct fp_entry *entry)
{
	return sizeof(*entry) + strlen(fp_entry_str(entry, entry->owner)) +
	       strlen(fp_entry_str(entry, entry->remark)) + 2;
}
