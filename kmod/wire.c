// SPDX-License-Identifier: GPL-2.0
/* Netlink attributes to values of the core, and back. */
#include <linux/ctype.h>
#include <linux/netdevice.h>
#include "genl_policy.h"
#include "object.h"
#include "wire.h"

static u32 fp_addr_len(const struct fp_addr *addr)
{
	return addr->family == 4 ? 4 : 16;
}

/**
 * fp_nla_put_addr() - put an address
 * @skb: message
 * @attr: attribute
 * @addr: address; without family nothing is put
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_nla_put_addr(struct sk_buff *skb, int attr, const struct fp_addr *addr)
{
	if (!addr->family)
		return 0;
	return nla_put(skb, attr, fp_addr_len(addr), addr->b);
}

/**
 * fp_nla_put_endpoint() - put an address and a port
 * @skb: message
 * @attr: attribute, a nest
 * @ep: endpoint; without family nothing is put
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_nla_put_endpoint(struct sk_buff *skb, int attr, const struct fp_endpoint *ep)
{
	struct nlattr *nest;

	if (!ep->addr.family)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest)
		return -EMSGSIZE;
	if (fp_nla_put_addr(skb, FEDPAT_A_ENDPOINT_ADDR, &ep->addr) ||
	    nla_put_u16(skb, FEDPAT_A_ENDPOINT_PORT, ep->port))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * fp_nla_put_prefix() - put a prefix
 * @skb: message
 * @attr: attribute, a nest
 * @prefix: prefix; without family, which means any, nothing is put
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_nla_put_prefix(struct sk_buff *skb, int attr, const struct fp_prefix *prefix)
{
	struct nlattr *nest;

	if (!prefix->addr.family)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest)
		return -EMSGSIZE;
	if (fp_nla_put_addr(skb, FEDPAT_A_PREFIX_ADDR, &prefix->addr) ||
	    nla_put_u8(skb, FEDPAT_A_PREFIX_LEN, prefix->len))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * fp_nla_put_names() - put one attribute a name
 * @skb: message
 * @attr: attribute
 * @names: the names
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_nla_put_names(struct sk_buff *skb, int attr, const struct fp_names *names)
{
	u32 i;

	for (i = 0; i < names->n; i++)
		if (nla_put(skb, attr, names->v[i].len + 1, names->v[i].p))
			return -EMSGSIZE;
	return 0;
}

/**
 * fp_nla_put_str() - put a string
 * @skb: message
 * @attr: attribute
 * @s: string; when empty nothing is put
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_nla_put_str(struct sk_buff *skb, int attr, const char *s)
{
	return *s ? nla_put_string(skb, attr, s) : 0;
}

/**
 * fp_nla_put_flag() - put a flag
 * @skb: message
 * @attr: attribute
 * @set: put it?
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_nla_put_flag(struct sk_buff *skb, int attr, bool set)
{
	return set ? nla_put_flag(skb, attr) : 0;
}

/**
 * fp_nla_put_u64() - put a large number
 * @skb: message
 * @attr: attribute
 * @value: number
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_nla_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put(skb, attr, sizeof(value), &value);
}

/**
 * fp_nla_get_addr() - read an address
 * @attr: 4 or 16 octets
 * @addr: result
 * @extack: for the reason
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_nla_get_addr(const struct nlattr *attr, struct fp_addr *addr,
		    struct netlink_ext_ack *extack)
{
	int len = nla_len(attr);

	memset(addr, 0, sizeof(*addr));
	if (len != 4 && len != 16) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "an address has 4 or 16 octets");
		return -EINVAL;
	}
	addr->family = len == 4 ? 4 : 6;
	memcpy(addr->b, nla_data(attr), len);
	return 0;
}

/**
 * fp_nla_get_endpoint() - read an address and a port
 * @attr: the nest
 * @ep: result
 * @extack: for the reason
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_nla_get_endpoint(const struct nlattr *attr, struct fp_endpoint *ep,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[FEDPAT_A_ENDPOINT_MAX + 1];
	int err;

	memset(ep, 0, sizeof(*ep));
	err = nla_parse_nested(tb, FEDPAT_A_ENDPOINT_MAX, attr, fp_endpoint_policy, extack);
	if (err)
		return err;
	if (!tb[FEDPAT_A_ENDPOINT_ADDR]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "an endpoint needs an address");
		return -EINVAL;
	}
	if (tb[FEDPAT_A_ENDPOINT_PORT])
		ep->port = nla_get_u16(tb[FEDPAT_A_ENDPOINT_PORT]);
	return fp_nla_get_addr(tb[FEDPAT_A_ENDPOINT_ADDR], &ep->addr, extack);
}

static bool fp_prefix_is_clean(const struct fp_prefix *prefix)
{
	u32 i, bits = fp_addr_len(&prefix->addr) * 8;

	for (i = prefix->len; i < bits; i++)
		if (prefix->addr.b[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

/**
 * fp_nla_get_prefix() - read a prefix
 * @attr: the nest; without length all bits count
 * @prefix: result
 * @extack: for the reason
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_nla_get_prefix(const struct nlattr *attr, struct fp_prefix *prefix,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[FEDPAT_A_PREFIX_MAX + 1];
	u32 bits;
	int err;

	memset(prefix, 0, sizeof(*prefix));
	err = nla_parse_nested(tb, FEDPAT_A_PREFIX_MAX, attr, fp_prefix_policy, extack);
	if (err)
		return err;
	if (!tb[FEDPAT_A_PREFIX_ADDR]) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a prefix needs an address; leave it out as a whole to say any");
		return -EINVAL;
	}
	err = fp_nla_get_addr(tb[FEDPAT_A_PREFIX_ADDR], &prefix->addr, extack);
	if (err)
		return err;
	bits = fp_addr_len(&prefix->addr) * 8;
	prefix->len = bits;
	if (tb[FEDPAT_A_PREFIX_LEN])
		prefix->len = nla_get_u8(tb[FEDPAT_A_PREFIX_LEN]);
	if (prefix->len > bits) {
		NL_SET_ERR_MSG_ATTR(extack, tb[FEDPAT_A_PREFIX_LEN],
				    "the prefix is longer than the address: at most 32 for IPv4, 128 for IPv6");
		return -EINVAL;
	}
	if (!fp_prefix_is_clean(prefix)) {
		NL_SET_ERR_MSG_ATTR(extack, tb[FEDPAT_A_PREFIX_ADDR],
				    "bits beyond the prefix length are set; give the network, or the full length for one host");
		return -EINVAL;
	}
	return 0;
}

/**
 * fp_nla_slice() - a string without its NUL
 * @attr: attribute that the policy found to be a NLA_NUL_STRING
 *
 * Context: any.
 * Return: its bytes up to the first NUL.
 */
struct fp_slice fp_nla_slice(const struct nlattr *attr)
{
	return fp_slice(nla_data(attr), strnlen(nla_data(attr), nla_len(attr)));
}

static const char *fp_syntax_any(struct fp_slice s)
{
	u32 i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f)
			return "control characters are not allowed";
	return NULL;
}

static const char *fp_syntax_name(struct fp_slice s)
{
	u32 i;

	if (!s.len)
		return "the name is empty";
	if (!isascii(s.p[0]) || (!isalnum(s.p[0]) && s.p[0] != '_'))
		return "a name begins with a letter, a digit or an underscore";
	for (i = 1; i < s.len; i++)
		if (!isascii(s.p[i]) || (!isalnum(s.p[i]) && !strchr("_.-:@+/", s.p[i])))
			return "a name has letters, digits and _ . - : @ + / only";
	return NULL;
}

/* One label after the other; a trailing dot is allowed. */
static const char *fp_syntax_labels(struct fp_slice s)
{
	u32 i, label = 0;

	if (!s.len)
		return "the name is empty";
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '.') {
			if (!label)
				return "a label is empty: two dots, or one at the start";
			label = 0;
			continue;
		}
		if (!isascii(s.p[i]) || (!isalnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_'))
			return "a DNS name has letters, digits, dots and -; others become xn--";
		if (++label > 63)
			return "a label is longer than 63 characters";
	}
	return NULL;
}

static const char *fp_syntax_domain(struct fp_slice s)
{
	if (s.len > 2 && s.p[0] == '*' && s.p[1] == '.')
		s = fp_slice_sub(s, 2, s.len);
	return fp_syntax_labels(s);
}

static const char *fp_syntax_host(struct fp_slice s)
{
	struct fp_addr addr;

	return fp_slice_addr(s, &addr) ? NULL : fp_syntax_labels(s);
}

static const char *fp_syntax_suffix(struct fp_slice s)
{
	struct fp_addr addr;

	if (fp_slice_addr(s, &addr))
		return "an address does not belong here; give it as a prefix";
	if (s.len > 1 && s.p[0] == '.')
		s = fp_slice_sub(s, 1, s.len);
	return fp_syntax_labels(s);
}

static const char *fp_syntax_path(struct fp_slice s)
{
	if (!s.len || s.p[0] != '/')
		return "the file name must be absolute: begin with a slash";
	return fp_syntax_any(s);
}

static const char *fp_syntax_ifname(struct fp_slice s)
{
	char name[IFNAMSIZ];

	if (s.len >= sizeof(name))
		return "no interface has such a long name";
	memcpy(name, s.p, s.len);
	name[s.len] = 0;
	return dev_valid_name(name) ? NULL : "that is no name of an interface";
}

/**
 * fp_syntax_check() - does a string look as it must?
 * @syntax: how
 * @s: string
 *
 * Context: any.
 * Return: NULL, or what is wrong; static.
 */
const char *fp_syntax_check(enum fp_syntax syntax, struct fp_slice s)
{
	switch (syntax) {
	case FP_SYNTAX_NAME:
		return fp_syntax_name(s);
	case FP_SYNTAX_DOMAIN:
		return fp_syntax_domain(s);
	case FP_SYNTAX_HOST:
		return fp_syntax_host(s);
	case FP_SYNTAX_SUFFIX:
		return fp_syntax_suffix(s);
	case FP_SYNTAX_PATH:
		return fp_syntax_path(s);
	case FP_SYNTAX_IFNAME:
		return fp_syntax_ifname(s);
	case FP_SYNTAX_ANY:
		break;
	}
	return fp_syntax_any(s);
}
