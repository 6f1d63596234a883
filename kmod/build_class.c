// SPDX-License-Identifier: GPL-2.0
/*
 * Step of the commit: one classifier for many class maps, so that the first
 * packet of a flow costs the same with a thousand partners as with one.
 *
 * The lists of class maps that stand side by side become one list, as long as
 * they only permit: then the first entry that matches names the class. A list
 * that denies says "not this class, look further", which one list cannot say;
 * it stays alone.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "build.h"
#include "selftest.h"

static bool fp_list_only_permits(const struct fp_acl_list *list)
{
	u32 i;

	for (i = 0; i < list->n; i++)
		if (list->entry[i]->ace.action != FP_ACE_PERMIT &&
		    !(list->entry[i]->ace.flags & FP_ACE_INACTIVE))
			return false;
	return true;
}

static const struct fp_acl_list *fp_class_list(const struct fp_policy *p, u32 class)
{
	return p->class_map[class].acl ? p->class_map[class].acl->list : NULL;
}

/**
 * fp_class_lookup_put() - one reference less
 * @lookup: lookup, or NULL
 *
 * Context: may sleep.
 */
void fp_class_lookup_put(struct fp_class_lookup *lookup)
{
	u32 i;

	if (!lookup || !refcount_dec_and_test(&lookup->refs))
		return;
	for (i = 0; i < lookup->n_seg; i++) {
		fp_acl_free(lookup->seg[i].compiled);
		kvfree(lookup->seg[i].owner);
	}
	kvfree(lookup->seg);
	kvfree(lookup->class);
	kfree(lookup);
}

static struct fp_class_lookup *fp_class_lookup_alloc(u32 n)
{
	struct fp_class_lookup *lookup = kzalloc(sizeof(*lookup), GFP_KERNEL_ACCOUNT);

	if (!lookup)
		return NULL;
	refcount_set(&lookup->refs, 1);
	lookup->class = kvcalloc(n ?: 1, sizeof(*lookup->class), GFP_KERNEL_ACCOUNT);
	lookup->seg = kvcalloc(n ?: 1, sizeof(*lookup->seg), GFP_KERNEL_ACCOUNT);
	if (lookup->class && lookup->seg)
		return lookup;
	fp_class_lookup_put(lookup);
	return NULL;
}

/* Class maps of a zone in order; those of every zone where @zone is NULL. */
static void fp_class_lookup_collect(const struct fp_policy *p, const struct fp_zone *zone,
				    struct fp_class_lookup *lookup)
{
	u32 i;

	for (i = 0; i < p->n_class_map; i++)
		if (!p->class_map[i].zone || p->class_map[i].zone == zone)
			lookup->class[lookup->n++] = i;
}

/* Runs of class maps whose lists only permit. */
static void fp_class_lookup_split(const struct fp_policy *p, struct fp_class_lookup *lookup)
{
	const struct fp_acl_list *list;
	bool is_open = false, is_plain;
	struct fp_class_seg *seg;
	u32 i;

	for (i = 0; i < lookup->n; i++) {
		list = fp_class_list(p, lookup->class[i]);
		is_plain = list && fp_list_only_permits(list);
		if (!is_open || !is_plain) {
			seg = &lookup->seg[lookup->n_seg++];
			seg->first = i;
			seg->n_aces = 0;
		}
		seg = &lookup->seg[lookup->n_seg - 1];
		seg->n++;
		/* Lists may be shared: it stays above what is compiled, and never wraps. */
		if (is_plain)
			seg->n_aces = min_t(u32, seg->n_aces + list->n, FP_ACL_MAX_ENTRIES + 1);
		is_open = is_plain;
	}
}

static void fp_class_seg_fill(const struct fp_policy *p, const struct fp_class_lookup *lookup,
			      const struct fp_class_seg *seg, struct fp_ace *ace)
{
	const struct fp_acl_list *list;
	u32 i, j, at = 0;

	for (i = 0; i < seg->n; i++) {
		list = fp_class_list(p, lookup->class[seg->first + i]);
		for (j = 0; j < list->n; j++, at++) {
			ace[at] = list->entry[j]->ace;
			ace[at].line = at + 1;
			seg->owner[at] = lookup->class[seg->first + i];
		}
	}
}

static u64 fp_class_seg_owners(const struct fp_class_seg *seg)
{
	return (u64)seg->n_aces * sizeof(*seg->owner);
}

/*
 * One class map alone has its list's own classifier. Where the merged one does
 * not fit the cap the class maps are tried one by one, slower and as right.
 */
static int fp_class_seg_compile(struct fp_build *b, const struct fp_class_lookup *lookup,
				struct fp_class_seg *seg)
{
	u64 cap = b->p->settings.acl_memory_cap;
	u64 used = b->p->acl_bytes + fp_class_seg_owners(seg);
	struct fp_acl_limits limits = { .max_bytes = cap > used ? cap - used : 1 };
	struct fp_acl_error wrong = {};
	struct fp_ace *ace;
	int err;

	if (seg->n < 2 || !seg->n_aces || seg->n_aces > FP_ACL_MAX_ENTRIES || used >= cap)
		return 0;
	ace = kvmalloc_array(seg->n_aces, sizeof(*ace), GFP_KERNEL_ACCOUNT);
	seg->owner = kvmalloc_array(seg->n_aces, sizeof(*seg->owner), GFP_KERNEL_ACCOUNT);
	if (!ace || !seg->owner) {
		kvfree(ace);
		return -ENOMEM;
	}
	fp_class_seg_fill(b->p, lookup, seg, ace);
	err = fp_acl_compile(ace, seg->n_aces, &fp_build_acl_mem, &limits, &seg->compiled,
			     &wrong);
	kvfree(ace);
	if (!err) {
		b->p->acl_bytes = used + fp_acl_size(seg->compiled);
		return 0;
	}
	seg->compiled = NULL;
	kvfree(seg->owner);
	seg->owner = NULL;
	return err == -EINTR ? err : 0;
}

/* Octets of the arrays of a lookup. */
static u64 fp_class_lookup_arrays(u32 n)
{
	const struct fp_class_lookup *lookup;

	return (u64)n * (sizeof(*lookup->class) + sizeof(*lookup->seg));
}

/* Octets of what was compiled for it. */
static u64 fp_class_lookup_bytes(const struct fp_class_lookup *lookup)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < lookup->n_seg; i++)
		if (lookup->seg[i].compiled)
			bytes += fp_acl_size(lookup->seg[i].compiled) +
				 fp_class_seg_owners(&lookup->seg[i]);
	return bytes;
}

/* Do both mean the same class maps with the same lists? */
static bool fp_class_lookup_same(const struct fp_build *b,
				 const struct fp_class_lookup *old,
				 const struct fp_class_lookup *new)
{
	u32 i;

	if (!old || old->n != new->n)
		return false;
	for (i = 0; i < new->n; i++)
		if (old->class[i] != new->class[i] ||
		    b->base->class_map[old->class[i]].obj != b->p->class_map[new->class[i]].obj ||
		    fp_class_list(b->base, old->class[i]) != fp_class_list(b->p, new->class[i]))
			return false;
	return true;
}

static int fp_build_class_lookup(struct fp_build *b, const struct fp_zone *zone, u32 n,
				 struct fp_class_lookup *old, struct fp_class_lookup **out)
{
	struct fp_class_lookup *lookup = fp_class_lookup_alloc(n);
	u32 i;
	int err;

	if (!lookup)
		return -ENOMEM;
	fp_class_lookup_collect(b->p, zone, lookup);
	if (fp_class_lookup_same(b, old, lookup)) {
		fp_class_lookup_put(lookup);
		refcount_inc(&old->refs);
		*out = old;
		b->p->acl_bytes += fp_class_lookup_bytes(old);
		return 0;
	}
	*out = lookup;
	fp_class_lookup_split(b->p, lookup);
	for (i = 0; i < lookup->n_seg; i++) {
		err = fp_class_seg_compile(b, lookup, &lookup->seg[i]);
		if (err)
			return err;
	}
	return 0;
}

/* Class maps that name each zone, by its index; the rest are those of every zone. */
static u32 *fp_class_count_zones(const struct fp_policy *p, u32 *rest)
{
	u32 *own = kvcalloc(fp_policy_count(p, FP_KIND_ZONE) + 1, sizeof(*own), GFP_KERNEL);
	u32 i;

	*rest = 0;
	for (i = 0; own && i < p->n_class_map; i++) {
		if (p->class_map[i].zone)
			own[p->class_map[i].zone->index]++;
		else
			++*rest;
	}
	return own;
}

static bool fp_class_charge(struct fp_build *b, struct fp_where where, u32 n)
{
	b->p->acl_bytes += fp_class_lookup_arrays(n);
	if (!n || b->p->acl_bytes <= b->p->settings.acl_memory_cap)
		return true;
	fp_fault(b->faults, where, NULL,
		 "the class maps of the zone take more than acl-memory-cap; use fewer for it or for every zone, or raise the cap");
	return false;
}

/*
 * Each zone that has class maps has those of every zone as well, so this grows
 * as zones by class maps. It comes before what is merged, which may do without.
 */
static bool fp_class_charge_all(struct fp_build *b, const u32 *own, u32 rest)
{
	const struct fp_zone *zone = b->p->zone;
	u32 i;

	if (!fp_class_charge(b, fp_where_settings(FEDPAT_A_SETTINGS_ACL_MEMORY_CAP), rest))
		return false;
	for (i = 0; i < fp_policy_count(b->p, FP_KIND_ZONE); i++, zone++)
		if (own[i] && !fp_class_charge(b, fp_where(&zone->obj->o, FEDPAT_A_ZONE_NAME),
					       own[i] + rest))
			return false;
	return true;
}

static int fp_build_zone_classes(struct fp_build *b, const u32 *own, u32 rest)
{
	const struct fp_zone *old;
	struct fp_zone *zone;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < fp_policy_count(b->p, FP_KIND_ZONE); i++) {
		zone = &b->p->zone[i];
		err = fp_build_relax();
		if (err || !own[i])
			continue;
		old = fp_zone_find_rcu(b->base, zone->obj->o.name);
		err = fp_build_class_lookup(b, zone, own[i] + rest, old ? old->classes : NULL,
					    &zone->classes);
	}
	return err;
}

/**
 * fp_build_class_lookups() - classifiers of class maps
 * @b: policy in the making
 *
 * A zone that no class map names has those of every zone, as packets of no
 * zone have.
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or a negative errno.
 */
int fp_build_class_lookups(struct fp_build *b)
{
	u32 rest, *own = fp_class_count_zones(b->p, &rest);
	int err = 0;

	if (!own)
		return -ENOMEM;
	if (fp_class_charge_all(b, own, rest))
		err = fp_build_class_lookup(b, NULL, rest, b->base->classes, &b->p->classes) ?:
		      fp_build_zone_classes(b, own, rest);
	kvfree(own);
	return err;
}

#ifdef FEDPAT_SELFTEST
#include "selftest/class.c"
#endif
