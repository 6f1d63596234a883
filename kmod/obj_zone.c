// SPDX-License-Identifier: GPL-2.0
/* Zones and access lists. */
#include <linux/mm.h>
#include <linux/slab.h>
#include "genl.h"
#include "object.h"

static int fp_zone_parse(struct fp_parse *p, struct fp_object *obj,
			 const struct fp_object *old)
{
	struct fp_zone_obj *zone = container_of(obj, struct fp_zone_obj, o);
	int err;

	err = fp_parse_need(p, FEDPAT_A_ZONE_ROLE);
	if (err)
		return err;
	zone->role = fp_parse_u32(p, FEDPAT_A_ZONE_ROLE, 0);
	return fp_parse_names(p, FEDPAT_A_ZONE_INTERFACE, FP_SYNTAX_IFNAME, &zone->ifs) ?:
	       fp_parse_str(p, FEDPAT_A_ZONE_ACCESS_LIST, FP_SYNTAX_NAME, &zone->acl);
}

static int fp_zone_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_zone_obj *zone = container_of(obj, struct fp_zone_obj, o);

	return nla_put_u32(skb, FEDPAT_A_ZONE_ROLE, zone->role) ?:
	       fp_nla_put_names(skb, FEDPAT_A_ZONE_INTERFACE, &zone->ifs) ?:
	       fp_nla_put_str(skb, FEDPAT_A_ZONE_ACCESS_LIST, zone->acl);
}

const struct fp_kind_ops fp_zone_ops = {
	.name = "zone",
	.attr = fp_zone_attr_names,
	.max_attr = FEDPAT_A_ZONE_MAX,
	.size = sizeof(struct fp_zone_obj),
	.parse = fp_zone_parse,
	.fill = fp_zone_fill,
};

/**
 * fp_acl_list_alloc() - a list of entries, not yet compiled
 * @n: entries; the caller writes them and owns a reference on each until then
 *
 * Context: may sleep.
 * Return: the list with one reference; NULL for want of memory.
 */
struct fp_acl_list *fp_acl_list_alloc(u32 n)
{
	struct fp_acl_list *list = kzalloc(sizeof(*list), GFP_KERNEL_ACCOUNT);

	if (!list)
		return NULL;
	list->entry = kvcalloc(n ?: 1, sizeof(*list->entry), GFP_KERNEL_ACCOUNT);
	if (!list->entry) {
		kfree(list);
		return NULL;
	}
	refcount_set(&list->refs, 1);
	list->n = n;
	return list;
}

/**
 * fp_acl_list_get() - one more reference
 * @list: list
 *
 * Context: any.
 * Return: @list.
 */
struct fp_acl_list *fp_acl_list_get(struct fp_acl_list *list)
{
	refcount_inc(&list->refs);
	return list;
}

/**
 * fp_acl_list_put() - one reference less
 * @list: list, or NULL
 *
 * Context: may sleep.
 */
void fp_acl_list_put(struct fp_acl_list *list)
{
	u32 i;

	if (!list || !refcount_dec_and_test(&list->refs))
		return;
	for (i = 0; i < list->n; i++) {
		fp_entry_put(list->entry[i]);
		if (!(i % 4096))
			cond_resched();
	}
	fp_acl_free(list->compiled);
	kvfree(list->entry);
	kfree(list);
}

static int fp_acl_parse(struct fp_parse *p, struct fp_object *obj,
			const struct fp_object *old)
{
	struct fp_acl_obj *acl = container_of(obj, struct fp_acl_obj, o);
	int err;

	err = fp_parse_str(p, FEDPAT_A_ACL_REMARK, FP_SYNTAX_ANY, &acl->remark);
	if (err)
		return err;
	if (old)
		acl->list = fp_acl_list_get(container_of(old, struct fp_acl_obj, o)->list);
	else
		acl->list = fp_acl_list_alloc(0);
	return acl->list ? 0 : -ENOMEM;
}

static int fp_acl_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_acl_obj *acl = container_of(obj, struct fp_acl_obj, o);

	return fp_nla_put_str(skb, FEDPAT_A_ACL_REMARK, acl->remark) ?:
	       nla_put_u32(skb, FEDPAT_A_ACL_ENTRIES, acl->list->n) ?:
	       fp_nla_put_u64(skb, FEDPAT_A_ACL_DENY_HITS,
			      fp_hits_read(&obj->tally->other));
}

static void fp_acl_destroy(struct fp_object *obj)
{
	fp_acl_list_put(container_of(obj, struct fp_acl_obj, o)->list);
}

const struct fp_kind_ops fp_acl_ops = {
	.name = "acl",
	.attr = fp_acl_attr_names,
	.max_attr = FEDPAT_A_ACL_MAX,
	.size = sizeof(struct fp_acl_obj),
	.has_tally = true,
	.parse = fp_acl_parse,
	.fill = fp_acl_fill,
	.destroy = fp_acl_destroy,
};

/* Strings are copied behind the struct. Takes @list and @tally. */
static struct fp_object *fp_acl_make(const char *name, const char *owner,
				     const char *remark, struct fp_acl_list *list,
				     struct fp_tally *tally)
{
	size_t n = strlen(name) + 1, o = strlen(owner) + 1, r = strlen(remark) + 1;
	size_t size = sizeof(struct fp_acl_obj) + n + o + r;
	struct fp_acl_obj *acl = NULL;

	if (list && tally)
		acl = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!acl) {
		fp_acl_list_put(list);
		fp_tally_put(tally);
		return NULL;
	}
	refcount_set(&acl->o.refs, 1);
	acl->o.kind = FP_KIND_ACL;
	acl->o.bytes = size;
	acl->o.tally = tally;
	acl->list = list;
	acl->o.name = memcpy(acl + 1, name, n);
	acl->o.owner = memcpy((char *)acl->o.name + n, owner, o);
	acl->remark = memcpy((char *)acl->o.owner + o, remark, r);
	return &acl->o;
}

/**
 * fp_acl_with_list() - the same access list with other entries
 * @acl: access list
 * @list: entries; taken, also on failure
 *
 * Context: may sleep.
 * Return: an object with one reference; NULL for want of memory.
 */
struct fp_object *fp_acl_with_list(const struct fp_acl_obj *acl, struct fp_acl_list *list)
{
	return fp_acl_make(acl->o.name, acl->o.owner, acl->remark, list,
			   fp_tally_get(acl->o.tally));
}

/**
 * fp_acl_empty() - an access list without entries
 * @name: its name
 *
 * Context: may sleep.
 * Return: an object with one reference; NULL for want of memory.
 */
struct fp_object *fp_acl_empty(const char *name)
{
	return fp_acl_make(name, "", "", fp_acl_list_alloc(0), fp_tally_alloc());
}
