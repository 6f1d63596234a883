// SPDX-License-Identifier: GPL-2.0
/* What all kinds of objects have in common. */
#include <linux/slab.h>
#include "genl.h"
#include "object.h"

static const struct fp_kind_ops * const fp_kinds[__FP_KIND_COUNT] = {
	[FP_KIND_ZONE] = &fp_zone_ops,
	[FP_KIND_ACL] = &fp_acl_ops,
	[FP_KIND_PAT] = &fp_pat_ops,
	[FP_KIND_STATIC_PAT] = &fp_static_pat_ops,
	[FP_KIND_CLASS_MAP] = &fp_class_map_ops,
	[FP_KIND_INSPECT] = &fp_inspect_ops,
	[FP_KIND_TLS_PROXY] = &fp_tls_proxy_ops,
	[FP_KIND_TRUSTPOINT] = &fp_trustpoint_ops,
	[FP_KIND_FEDERATION] = &fp_federation_ops,
	[FP_KIND_PEER] = &fp_peer_ops,
	[FP_KIND_NODE] = &fp_node_ops,
	[FP_KIND_DOMAIN] = &fp_domain_ops,
	[FP_KIND_ROUTE] = &fp_route_ops,
};

#define FP_SAME_HEAD(kind) \
	static_assert(FP_A_TXN == (int)FEDPAT_A_##kind##_TXN && \
		      FP_A_NAME == (int)FEDPAT_A_##kind##_NAME && \
		      FP_A_OWNER == (int)FEDPAT_A_##kind##_OWNER)
FP_SAME_HEAD(ZONE);
FP_SAME_HEAD(ACL);
FP_SAME_HEAD(PAT);
FP_SAME_HEAD(STATIC_PAT);
FP_SAME_HEAD(CLASS_MAP);
FP_SAME_HEAD(INSPECT);
FP_SAME_HEAD(TLS_PROXY);
FP_SAME_HEAD(TRUSTPOINT);
FP_SAME_HEAD(FEDERATION);
FP_SAME_HEAD(PEER);
FP_SAME_HEAD(NODE);
FP_SAME_HEAD(DOMAIN);
FP_SAME_HEAD(ROUTE);

/**
 * fp_kind_ops() - what is particular to a kind
 * @kind: the kind
 *
 * Context: any.
 * Return: its operations.
 */
const struct fp_kind_ops *fp_kind_ops(enum fp_kind kind)
{
	return fp_kinds[kind];
}

/**
 * fp_kind_name() - a kind in words
 * @kind: the kind
 *
 * Context: any.
 * Return: "static-pat" and the like.
 */
const char *fp_kind_name(enum fp_kind kind)
{
	return fp_kinds[kind]->name;
}

/* RFC 4343: case does not count; and neither does the root's dot. */
static struct fp_slice fp_domain_canonical(struct fp_slice s, char *key)
{
	u32 i;

	if (s.len > 1 && s.p[s.len - 1] == '.')
		s.len--;
	for (i = 0; i < s.len; i++)
		key[i] = fp_lower(s.p[i]);
	return fp_slice(key, s.len);
}

/**
 * fp_object_key() - key of an object
 * @kind: its kind
 * @attr: the name
 * @key: result
 * @extack: for the reason
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int fp_object_key(enum fp_kind kind, const struct nlattr *attr, char key[FP_KEY_MAX + 1],
		  struct netlink_ext_ack *extack)
{
	struct fp_slice s = fp_nla_slice(attr);
	const char *wrong;

	s.len = min_t(u32, s.len, FP_KEY_MAX);
	if (kind == FP_KIND_DOMAIN)
		s = fp_domain_canonical(s, key);
	else
		memcpy(key, s.p, s.len);
	key[s.len] = 0;
	wrong = fp_syntax_check(kind == FP_KIND_DOMAIN ? FP_SYNTAX_DOMAIN : FP_SYNTAX_NAME,
				fp_slice(key, s.len));
	if (!wrong)
		return 0;
	extack->_msg = wrong;
	NL_SET_BAD_ATTR(extack, attr);
	return -EINVAL;
}

static struct fp_object *fp_object_alloc(enum fp_kind kind, size_t size)
{
	struct fp_object *obj = kvzalloc(size, GFP_KERNEL_ACCOUNT);

	if (!obj)
		return NULL;
	refcount_set(&obj->refs, 1);
	obj->kind = kind;
	obj->bytes = size;
	return obj;
}

static int fp_object_tally(struct fp_object *obj, const struct fp_object *old)
{
	if (!fp_kinds[obj->kind]->has_tally)
		return 0;
	obj->tally = old ? fp_tally_get(old->tally) : fp_tally_alloc();
	return obj->tally ? 0 : -ENOMEM;
}

static int fp_object_read(struct fp_object *obj, struct fp_parse *p, const char *key,
			  const struct fp_object *old)
{
	size_t len = strlen(key) + 1;
	int err;

	/* The pool has room for it: the name's payload is not shorter. */
	memcpy(p->pool, key, len);
	obj->name = p->pool;
	p->pool += len;
	p->left -= len;
	err = fp_parse_str(p, FP_A_OWNER, FP_SYNTAX_NAME, &obj->owner);
	if (err)
		return err;
	err = fp_object_tally(obj, old);
	if (err)
		return err;
	return fp_kinds[obj->kind]->parse(p, obj, old);
}

/**
 * fp_object_parse() - an object out of a request
 * @kind: its kind
 * @key: its key, by fp_object_key()
 * @info: request "new"
 * @old: what it replaces, or NULL
 *
 * Context: may sleep.
 * Return: the object with one reference, or an ERR_PTR() with the reason in the
 * extended ack.
 */
struct fp_object *fp_object_parse(enum fp_kind kind, const char *key,
				  struct genl_info *info, const struct fp_object *old)
{
	size_t size = ALIGN(fp_kinds[kind]->size, 8);
	struct fp_parse p = {
		.attrs = info->attrs,
		.head = genlmsg_data(info->genlhdr),
		.len = genlmsg_len(info->genlhdr),
		.extack = info->extack,
	};
	struct fp_object *obj;
	int err;

	p.left = fp_parse_pool(p.head, p.len);
	obj = fp_object_alloc(kind, size + p.left);
	if (!obj) {
		NL_SET_ERR_MSG(info->extack, "out of memory");
		return ERR_PTR(-ENOMEM);
	}
	p.pool = (u8 *)obj + size;
	err = fp_object_read(obj, &p, key, old);
	if (err) {
		fp_object_put(obj);
		return ERR_PTR(err);
	}
	return obj;
}

/**
 * fp_object_fill() - put an object into a message
 * @skb: message
 * @obj: object
 *
 * Context: any; the object is held.
 * Return: 0 or -EMSGSIZE.
 */
int fp_object_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	if (nla_put_string(skb, FP_A_NAME, obj->name) ||
	    fp_nla_put_str(skb, FP_A_OWNER, obj->owner))
		return -EMSGSIZE;
	return fp_kinds[obj->kind]->fill(skb, obj);
}

/**
 * fp_object_get() - one more reference
 * @obj: object, or NULL
 *
 * Context: any.
 * Return: @obj.
 */
struct fp_object *fp_object_get(struct fp_object *obj)
{
	if (obj)
		refcount_inc(&obj->refs);
	return obj;
}

/**
 * fp_object_put() - one reference less
 * @obj: object, or NULL
 *
 * Context: may sleep.
 */
void fp_object_put(struct fp_object *obj)
{
	const struct fp_kind_ops *ops;

	if (!obj || !refcount_dec_and_test(&obj->refs))
		return;
	ops = fp_kinds[obj->kind];
	if (ops->destroy)
		ops->destroy(obj);
	fp_tally_put(obj->tally);
	kvfree(obj);
}
