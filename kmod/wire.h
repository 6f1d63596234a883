/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink attributes to values of the core, and back.
 *
 * What the netlink policy cannot say is said here: whoever refuses an
 * attribute names it in the extended ack, with a sentence.
 */
#ifndef _FP_WIRE_H
#define _FP_WIRE_H

#include <net/netlink.h>
#include <fedpat/slice.h>
#include <linux/fedpat.h>

struct fp_names;
struct fp_prefix;

/* A family of 0 (a prefix: nothing at all) is not put. Return: 0 or -EMSGSIZE. */
int fp_nla_put_addr(struct sk_buff *skb, int attr, const struct fp_addr *addr);
int fp_nla_put_endpoint(struct sk_buff *skb, int attr, const struct fp_endpoint *ep);
int fp_nla_put_prefix(struct sk_buff *skb, int attr, const struct fp_prefix *prefix);
int fp_nla_put_names(struct sk_buff *skb, int attr, const struct fp_names *names);
/* An empty string is not put, nor a flag that is not set. */
int fp_nla_put_str(struct sk_buff *skb, int attr, const char *s);
int fp_nla_put_flag(struct sk_buff *skb, int attr, bool set);
/* Without the padding that some machines want: readers copy. */
int fp_nla_put_u64(struct sk_buff *skb, int attr, u64 value);

/* Return: 0 or -EINVAL, with the reason in @extack. */
int fp_nla_get_addr(const struct nlattr *attr, struct fp_addr *addr,
		    struct netlink_ext_ack *extack);
int fp_nla_get_endpoint(const struct nlattr *attr, struct fp_endpoint *ep,
			struct netlink_ext_ack *extack);
int fp_nla_get_prefix(const struct nlattr *attr, struct fp_prefix *prefix,
		      struct netlink_ext_ack *extack);

/* What a string must look like. */
enum fp_syntax {
	FP_SYNTAX_ANY,		/* printable */
	FP_SYNTAX_NAME,		/* of an object */
	FP_SYNTAX_DOMAIN,	/* domain, or *.domain */
	FP_SYNTAX_HOST,		/* host name or address */
	FP_SYNTAX_SUFFIX,	/* host name, or .domain */
	FP_SYNTAX_PATH,		/* absolute file name */
	FP_SYNTAX_IFNAME,	/* network interface */
};

/* NULL, or a sentence that says what is wrong with it; static. */
const char *fp_syntax_check(enum fp_syntax syntax, struct fp_slice s);

/* The string of a NLA_NUL_STRING, without its NUL. */
struct fp_slice fp_nla_slice(const struct nlattr *attr);

/**
 * struct fp_parse - a request that becomes an object
 * @attrs: attributes by number, the last of those that came several times
 * @head: all of them
 * @len: their octets
 * @extack: where to say what is wrong
 * @pool: memory of the object for what has no fixed size
 * @left: octets left in it
 */
struct fp_parse {
	struct nlattr **attrs;
	const struct nlattr *head;
	int len;
	struct netlink_ext_ack *extack;
	u8 *pool;
	size_t left;
};

size_t fp_parse_pool(const struct nlattr *head, int len);

/*
 * Fields. What is absent becomes "", 0, family 0 or no elements. Return: 0 or a
 * negative errno, with the reason in the extended ack.
 */
int fp_parse_str(struct fp_parse *p, int attr, enum fp_syntax syntax, const char **out);
int fp_parse_slice(struct fp_parse *p, int attr, enum fp_syntax syntax,
		   struct fp_slice *out);
int fp_parse_names(struct fp_parse *p, int attr, enum fp_syntax syntax,
		   struct fp_names *out);
int fp_parse_addr(struct fp_parse *p, int attr, struct fp_addr *out);
int fp_parse_addrs(struct fp_parse *p, int attr, const struct fp_addr **out, u32 *n);
int fp_parse_prefix(struct fp_parse *p, int attr, struct fp_prefix *out);
int fp_parse_prefixes(struct fp_parse *p, int attr, const struct fp_prefix **out, u32 *n);
int fp_parse_endpoint(struct fp_parse *p, int attr, struct fp_endpoint *out);
int fp_parse_health(struct fp_parse *p, int attr, u32 transport, u16 *out);
/* Must be there. Return: 0 or -EINVAL. */
int fp_parse_need(struct fp_parse *p, int attr);
/* Refuse an attribute with a static sentence. Return: -EINVAL. */
int fp_parse_bad(struct fp_parse *p, int attr, const char *text);

static inline u32 fp_parse_u32(const struct fp_parse *p, int attr, u32 def)
{
	return p->attrs[attr] ? nla_get_u32(p->attrs[attr]) : def;
}

static inline u16 fp_parse_u16(const struct fp_parse *p, int attr, u16 def)
{
	return p->attrs[attr] ? nla_get_u16(p->attrs[attr]) : def;
}

static inline u8 fp_parse_u8(const struct fp_parse *p, int attr, u8 def)
{
	return p->attrs[attr] ? nla_get_u8(p->attrs[attr]) : def;
}

static inline bool fp_parse_flag(const struct fp_parse *p, int attr)
{
	return p->attrs[attr];
}

#endif /* _FP_WIRE_H */
