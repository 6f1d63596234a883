// SPDX-License-Identifier: GPL-2.0
/*
 * Fields of an object out of a request. The object's memory is one piece,
 * measured beforehand by fp_parse_pool(), so that nothing here can run out.
 */
#include "object.h"
#include "wire.h"

#define FP_HEALTH_SECONDS_MAX	3600

/* Elements of lists are aligned like this. */
#define FP_POOL_ALIGN	__alignof__(struct fp_slice)

/**
 * fp_parse_pool() - octets that the variable parts of an object can take
 * @head: first attribute of the request
 * @len: octets of all attributes
 *
 * A string needs its payload; an element of a list needs its payload and a
 * struct, of which the slice is the largest in relation to what it takes on
 * the wire; a list is aligned once.
 *
 * Context: any.
 * Return: octets.
 */
size_t fp_parse_pool(const struct nlattr *head, int len)
{
	const struct nlattr *nla;
	size_t size = 0;
	int rem;

	BUILD_BUG_ON(sizeof(struct fp_slice) < sizeof(struct fp_addr) - 4);
	BUILD_BUG_ON(sizeof(struct fp_slice) < sizeof(struct fp_prefix) - 8);
	nla_for_each_attr(nla, head, len, rem)
		size += nla_len(nla) + sizeof(struct fp_slice) + FP_POOL_ALIGN;
	return size + FP_POOL_ALIGN;
}

static void *fp_parse_take(struct fp_parse *p, size_t size)
{
	void *mem = p->pool;

	if (WARN_ON_ONCE(size > p->left))
		return NULL;
	p->pool += size;
	p->left -= size;
	return mem;
}

static void *fp_parse_take_list(struct fp_parse *p, size_t n, size_t size)
{
	fp_parse_take(p, PTR_ALIGN(p->pool, FP_POOL_ALIGN) - p->pool);
	return fp_parse_take(p, n * size);
}

/**
 * fp_parse_bad() - refuse an attribute
 * @p: the request
 * @attr: attribute, or one that is missing
 * @text: what is wrong and what to do; static
 *
 * Context: any.
 * Return: -EINVAL.
 */
int fp_parse_bad(struct fp_parse *p, int attr, const char *text)
{
	p->extack->_msg = text;
	if (p->attrs[attr])
		NL_SET_BAD_ATTR(p->extack, p->attrs[attr]);
	else
		NL_SET_ERR_ATTR_MISS(p->extack, NULL, attr);
	return -EINVAL;
}

/**
 * fp_parse_need() - an attribute must be there
 * @p: the request
 * @attr: the attribute
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_parse_need(struct fp_parse *p, int attr)
{
	if (!NL_REQ_ATTR_CHECK(p->extack, NULL, p->attrs, attr))
		return 0;
	NL_SET_ERR_MSG(p->extack, "an attribute is missing");
	return -EINVAL;
}

static int fp_parse_copy(struct fp_parse *p, const struct nlattr *nla,
			 enum fp_syntax syntax, struct fp_slice *out)
{
	struct fp_slice s = fp_nla_slice(nla);
	const char *wrong = fp_syntax_check(syntax, s);
	u8 *copy;

	if (wrong) {
		p->extack->_msg = wrong;
		NL_SET_BAD_ATTR(p->extack, nla);
		return -EINVAL;
	}
	copy = fp_parse_take(p, s.len + 1);
	if (!copy)
		return -EOVERFLOW;
	memcpy(copy, s.p, s.len);
	copy[s.len] = 0;
	*out = fp_slice(copy, s.len);
	return 0;
}

/**
 * fp_parse_slice() - a string as a slice
 * @p: the request
 * @attr: the attribute
 * @syntax: what it must look like
 * @out: result; a NUL is behind it
 *
 * Context: any.
 * Return: 0 or a negative errno.
 */
int fp_parse_slice(struct fp_parse *p, int attr, enum fp_syntax syntax,
		   struct fp_slice *out)
{
	*out = fp_slice("", 0);
	return p->attrs[attr] ? fp_parse_copy(p, p->attrs[attr], syntax, out) : 0;
}

/**
 * fp_parse_str() - a string
 * @p: the request
 * @attr: the attribute
 * @syntax: what it must look like
 * @out: result
 *
 * Context: any.
 * Return: 0 or a negative errno.
 */
int fp_parse_str(struct fp_parse *p, int attr, enum fp_syntax syntax, const char **out)
{
	struct fp_slice s;
	int err = fp_parse_slice(p, attr, syntax, &s);

	*out = (const char *)s.p;
	return err;
}

static u32 fp_parse_count(const struct fp_parse *p, int attr)
{
	const struct nlattr *nla;
	u32 n = 0;
	int rem;

	nla_for_each_attr(nla, p->head, p->len, rem)
		n += nla_type(nla) == attr;
	return n;
}

/* Memory for a list of an attribute's values; 0 values are no error. */
static int fp_parse_list(struct fp_parse *p, int attr, size_t size, u32 *n, void **out)
{
	u32 count = fp_parse_count(p, attr);

	*n = 0;
	*out = NULL;
	if (!count)
		return 0;
	if (count > FP_MAX_MULTI)
		return fp_parse_bad(p, attr, "too many values: at most 4096 of one attribute");
	*out = fp_parse_take_list(p, count, size);
	return *out ? 0 : -EOVERFLOW;
}

/**
 * fp_parse_names() - strings of an attribute that may come several times
 * @p: the request
 * @attr: the attribute
 * @syntax: what each must look like
 * @out: result
 *
 * Context: any.
 * Return: 0 or a negative errno.
 */
int fp_parse_names(struct fp_parse *p, int attr, enum fp_syntax syntax,
		   struct fp_names *out)
{
	const struct nlattr *nla;
	struct fp_slice *v;
	void *list;
	int rem, err;

	err = fp_parse_list(p, attr, sizeof(*v), &out->n, &list);
	if (err)
		return err;
	v = list;
	out->v = v;
	nla_for_each_attr(nla, p->head, p->len, rem) {
		if (nla_type(nla) != attr)
			continue;
		err = fp_parse_copy(p, nla, syntax, &v[out->n]);
		if (err)
			return err;
		out->n++;
	}
	return 0;
}

/**
 * fp_parse_addr() - an address
 * @p: the request
 * @attr: the attribute
 * @out: result
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_parse_addr(struct fp_parse *p, int attr, struct fp_addr *out)
{
	memset(out, 0, sizeof(*out));
	return p->attrs[attr] ? fp_nla_get_addr(p->attrs[attr], out, p->extack) : 0;
}

/**
 * fp_parse_addrs() - addresses of an attribute that may come several times
 * @p: the request
 * @attr: the attribute
 * @out: result
 * @n: how many
 *
 * Context: any.
 * Return: 0 or a negative errno.
 */
int fp_parse_addrs(struct fp_parse *p, int attr, const struct fp_addr **out, u32 *n)
{
	const struct nlattr *nla;
	struct fp_addr *v;
	void *list;
	int rem, err;

	err = fp_parse_list(p, attr, sizeof(*v), n, &list);
	if (err)
		return err;
	v = list;
	*out = v;
	nla_for_each_attr(nla, p->head, p->len, rem) {
		if (nla_type(nla) != attr)
			continue;
		err = fp_nla_get_addr(nla, &v[*n], p->extack);
		if (err)
			return err;
		(*n)++;
	}
	return 0;
}

/**
 * fp_parse_prefix() - a prefix
 * @p: the request
 * @attr: the attribute
 * @out: result; family 0 means any
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_parse_prefix(struct fp_parse *p, int attr, struct fp_prefix *out)
{
	memset(out, 0, sizeof(*out));
	return p->attrs[attr] ? fp_nla_get_prefix(p->attrs[attr], out, p->extack) : 0;
}

/**
 * fp_parse_prefixes() - prefixes of an attribute that may come several times
 * @p: the request
 * @attr: the attribute
 * @out: result
 * @n: how many
 *
 * Context: any.
 * Return: 0 or a negative errno.
 */
int fp_parse_prefixes(struct fp_parse *p, int attr, const struct fp_prefix **out, u32 *n)
{
	const struct nlattr *nla;
	struct fp_prefix *v;
	void *list;
	int rem, err;

	err = fp_parse_list(p, attr, sizeof(*v), n, &list);
	if (err)
		return err;
	v = list;
	*out = v;
	nla_for_each_attr(nla, p->head, p->len, rem) {
		if (nla_type(nla) != attr)
			continue;
		err = fp_nla_get_prefix(nla, &v[*n], p->extack);
		if (err)
			return err;
		(*n)++;
	}
	return 0;
}

/**
 * fp_parse_endpoint() - an address and a port, both of them
 * @p: the request
 * @attr: the attribute
 * @out: result
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_parse_endpoint(struct fp_parse *p, int attr, struct fp_endpoint *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	if (!p->attrs[attr])
		return 0;
	err = fp_nla_get_endpoint(p->attrs[attr], out, p->extack);
	if (err)
		return err;
	if (!out->port)
		return fp_parse_bad(p, attr, "an endpoint of a rule needs a port, 1 to 65535");
	return 0;
}

/**
 * fp_parse_health() - seconds between two questions whether a server is well
 * @p: the request
 * @attr: the attribute
 * @transport: how the server is dialled
 * @out: result, 0 = never asked
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_parse_health(struct fp_parse *p, int attr, u32 transport, u16 *out)
{
	u32 seconds = fp_parse_u32(p, attr, 0);

	if (seconds > FP_HEALTH_SECONDS_MAX)
		return fp_parse_bad(p, attr, "at most 3600 seconds");
	if (seconds && transport == FEDPAT_TRANSPORT_UDP)
		return fp_parse_bad(p, attr,
				    "over udp there is no connection that could be asked; leave health out");
	*out = seconds;
	return 0;
}
