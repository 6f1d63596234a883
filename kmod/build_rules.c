// SPDX-License-Identifier: GPL-2.0
/* Steps of the commit: zones, access lists, class maps, PAT and static PAT. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "build.h"
#include "netns.h"

/* --- access lists --- */

static void *fp_acl_alloc(void *ctx, size_t size)
{
	return fp_build_mem.alloc(ctx, size);
}

/* The compiler is allowed to free NULL. */
static void fp_acl_free_mem(void *ctx, void *p)
{
	fp_build_mem.free(ctx, p);
}

static int fp_acl_relax(void *ctx)
{
	return fp_build_relax();
}

const struct fp_acl_mem fp_build_acl_mem = {
	.alloc = fp_acl_alloc,
	.free = fp_acl_free_mem,
	.relax = fp_acl_relax,
};

static struct fp_ace *fp_acl_flatten(const struct fp_acl_list *list)
{
	struct fp_ace *ace = kvmalloc_array(list->n, sizeof(*ace), GFP_KERNEL_ACCOUNT);
	u32 i;

	for (i = 0; ace && i < list->n; i++) {
		ace[i] = list->entry[i]->ace;
		ace[i].line = i + 1;
		ace[i].user = i;
	}
	return ace;
}

static void fp_acl_fault(struct fp_build *b, const struct fp_acl_obj *acl,
			 const struct fp_acl_error *wrong)
{
	struct fp_where where = fp_where(&acl->o, FEDPAT_A_ACL_NAME);

	if (wrong->index == FP_ACL_NO_INDEX)
		fp_fault(b->faults, where, NULL, wrong->text);
	else
		fp_fault_fmt(b->faults, where, NULL, wrong->text, "line %u: %s",
			     wrong->index + 1, wrong->text);
}

static int fp_acl_compile_list(struct fp_build *b, const struct fp_acl_obj *acl)
{
	struct fp_acl_error wrong = { .index = FP_ACL_NO_INDEX };
	u64 cap = b->p->settings.acl_memory_cap;
	struct fp_acl_limits limits = {
		.max_bytes = cap > b->p->acl_bytes ? cap - b->p->acl_bytes : 1,
	};
	struct fp_acl_list *list = acl->list;
	struct fp_ace *ace = fp_acl_flatten(list);
	int err;

	if (!ace)
		return -ENOMEM;
	err = fp_acl_compile(ace, list->n, &fp_build_acl_mem, &limits, &list->compiled, &wrong);
	kvfree(ace);
	if (!err) {
		b->p->acl_bytes += fp_acl_size(list->compiled);
		return 0;
	}
	list->compiled = NULL;
	if (!wrong.text)
		return err;
	fp_acl_fault(b, acl, &wrong);
	return 0;
}

static const struct fp_acl_obj *fp_build_acl(const struct fp_build *b, s32 i)
{
	if (i < 0)
		return NULL;
	return container_of(b->p->table[FP_KIND_ACL]->obj[i], struct fp_acl_obj, o);
}

/**
 * fp_build_acls() - compile the lists whose entries changed
 * @b: policy in the making
 *
 * Those that did not were compiled by a commit before.
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or a negative errno.
 */
int fp_build_acls(struct fp_build *b)
{
	u32 i, n = fp_policy_count(b->p, FP_KIND_ACL);
	const struct fp_acl_obj *acl;
	int err;

	for (i = 0; i < n; i++) {
		acl = fp_build_acl(b, i);
		if (acl->list->compiled)
			b->p->acl_bytes += fp_acl_size(acl->list->compiled);
	}
	for (i = 0; i < n; i++) {
		acl = fp_build_acl(b, i);
		if (!acl->list->n || acl->list->compiled)
			continue;
		err = fp_acl_compile_list(b, acl) ?: fp_build_relax();
		if (err)
			return err;
	}
	return 0;
}

/* --- zones --- */

static int fp_ifmap_name_cmp(const void *a, const void *b)
{
	const struct fp_ifmap_name *one = a, *two = b;

	return strcmp(one->name, two->name) ?: (int)one->zone->index - (int)two->zone->index;
}

/* Sorted, so that an interface that is named twice stands beside itself. */
static void fp_build_check_interfaces(struct fp_build *b)
{
	struct fp_ifmap *map = b->p->ifmap;
	const struct fp_ifmap_name *one, *two;
	u32 i;

	sort(map->name, map->n, sizeof(*map->name), fp_ifmap_name_cmp, NULL);
	for (i = 1; i < map->n; i++) {
		one = &map->name[i - 1];
		two = &map->name[i];
		if (!strcmp(one->name, two->name))
			fp_fault_fmt(b->faults,
				     fp_where(&two->zone->obj->o, FEDPAT_A_ZONE_INTERFACE),
				     one->zone->obj->o.name,
				     "the interface is in a zone already; it can be in one only",
				     "interface %s is in zone %s already; it can be in one only",
				     two->name, one->zone->obj->o.name);
	}
}

/*
 * Each commit sorts the names, and each device that comes or goes in the
 * namespace looks all of them up with bottom halves off.
 */
static int fp_build_count_interfaces(struct fp_build *b, u32 *n)
{
	const struct fp_zone_obj *zone;
	u32 i;

	for (*n = 0, i = 0; i < fp_policy_count(b->p, FP_KIND_ZONE); i++) {
		zone = b->p->zone[i].obj;
		*n += zone->ifs.n;
		if (*n <= FP_MAX_INTERFACES)
			continue;
		fp_fault(b->faults, fp_where(&zone->o, FEDPAT_A_ZONE_INTERFACE), NULL,
			 "too many interfaces: 4096 in all zones together at most; name those that carry traffic");
		return -EINVAL;
	}
	return 0;
}

static int fp_build_ifmap(struct fp_build *b)
{
	struct fp_ifmap *map;
	u32 i, j, n, at = 0;
	int err;

	err = fp_build_count_interfaces(b, &n);
	if (err)
		return err;
	map = fp_ifmap_alloc(b->fpn, n);
	if (!map)
		return -ENOMEM;
	b->p->ifmap = map;
	for (i = 0; i < fp_policy_count(b->p, FP_KIND_ZONE); i++) {
		const struct fp_zone *zone = &b->p->zone[i];

		for (j = 0; j < zone->obj->ifs.n; j++, at++) {
			map->name[at].name = (const char *)zone->obj->ifs.v[j].p;
			map->name[at].zone = zone;
		}
	}
	fp_build_check_interfaces(b);
	return 0;
}

/**
 * fp_build_zones() - zones and the map of their interfaces
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or a negative errno.
 */
int fp_build_zones(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_ZONE];
	u32 i, n = fp_policy_count(b->p, FP_KIND_ZONE);
	struct fp_zone *zone;

	zone = kvcalloc(n ?: 1, sizeof(*zone), GFP_KERNEL_ACCOUNT);
	if (!zone)
		return -ENOMEM;
	b->p->zone = zone;
	for (i = 0; i < n; i++, zone++) {
		zone->obj = container_of(t->obj[i], struct fp_zone_obj, o);
		zone->index = i;
		zone->acl = fp_build_acl(b, fp_build_ref(b, t->obj[i],
							 FEDPAT_A_ZONE_ACCESS_LIST,
							 FP_KIND_ACL, zone->obj->acl));
		if (fp_build_relax())
			return -EINTR;
	}
	return fp_build_ifmap(b);
}

static struct fp_zone *fp_build_zone(struct fp_build *b, const struct fp_object *obj,
				     int attr, const char *name)
{
	s32 i = fp_build_ref(b, obj, attr, FP_KIND_ZONE, name);

	return i < 0 ? NULL : &b->p->zone[i];
}

/* --- class maps --- */

static int fp_class_map_cmp(const void *a, const void *b)
{
	const struct fp_class_map_obj *one = ((const struct fp_class_map *)a)->obj;
	const struct fp_class_map_obj *two = ((const struct fp_class_map *)b)->obj;

	if (one->order != two->order)
		return one->order < two->order ? -1 : 1;
	return strcmp(one->o.name, two->o.name);
}

static const struct fp_inspect_obj *fp_build_inspect(struct fp_build *b,
						     const struct fp_class_map_obj *cm)
{
	s32 i = fp_build_ref(b, &cm->o, FEDPAT_A_CLASS_MAP_INSPECT, FP_KIND_INSPECT,
			     cm->inspect);

	if (i < 0)
		return *cm->tls_proxy ? &fp_inspect_sip : &fp_inspect_none;
	return container_of(b->p->table[FP_KIND_INSPECT]->obj[i], struct fp_inspect_obj, o);
}

static bool fp_inspects_xmpp(const struct fp_inspect_obj *in)
{
	return in->type == FEDPAT_INSPECT_TYPE_XMPP;
}

/* The daemon knows by the federation what a connection speaks. */
static void fp_build_check_stream(struct fp_build *b, const struct fp_class_map *cm)
{
	const struct fp_federation *fed = cm->proxy ? cm->proxy->federation : NULL;

	if (!fed)
		return;
	if (fp_inspects_xmpp(fed->inspect) != fp_inspects_xmpp(cm->inspect))
		fp_fault(b->faults, fp_where(&cm->obj->o, FEDPAT_A_CLASS_MAP_INSPECT),
			 cm->obj->inspect,
			 "the class map and the federation of its tls-proxy inspect different protocols; give both an inspect map of one type");
	else if (fp_inspects_xmpp(fed->inspect) &&
		 cm->proxy->obj->transport != FEDPAT_TRANSPORT_TCP)
		fp_fault(b->faults, fp_where(&cm->obj->o, FEDPAT_A_CLASS_MAP_TLS_PROXY),
			 cm->obj->tls_proxy,
			 "XMPP streams begin in clear and the servers themselves go on to TLS; give the tls-proxy transport tcp");
}

static void fp_build_check_class(struct fp_build *b, const struct fp_class_map *cm)
{
	if (cm->proxy && cm->zone && cm->proxy->zone && cm->zone != cm->proxy->zone)
		fp_fault(b->faults, fp_where(&cm->obj->o, FEDPAT_A_CLASS_MAP_TLS_PROXY),
			 cm->obj->tls_proxy,
			 "the tls-proxy is for those who dial in from another zone; name one of this zone");
	fp_build_check_stream(b, cm);
}

static void fp_build_class(struct fp_build *b, struct fp_class_map *cm)
{
	const struct fp_class_map_obj *obj = cm->obj;
	s32 i;

	cm->zone = fp_build_zone(b, &obj->o, FEDPAT_A_CLASS_MAP_ZONE, obj->zone);
	cm->acl = fp_build_acl(b, fp_build_ref(b, &obj->o, FEDPAT_A_CLASS_MAP_ACCESS_LIST,
					       FP_KIND_ACL, obj->acl));
	cm->inspect = fp_build_inspect(b, obj);
	i = fp_build_ref(b, &obj->o, FEDPAT_A_CLASS_MAP_TLS_PROXY, FP_KIND_TLS_PROXY,
			 obj->tls_proxy);
	cm->proxy = i < 0 ? NULL : &b->p->proxy[i];
	fp_build_check_class(b, cm);
}

/**
 * fp_build_classes() - class maps in their order
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0, -ENOMEM or -EINTR.
 */
int fp_build_classes(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_CLASS_MAP];
	u32 i, n = fp_policy_count(b->p, FP_KIND_CLASS_MAP);
	struct fp_class_map *cm;

	cm = kvcalloc(n ?: 1, sizeof(*cm), GFP_KERNEL_ACCOUNT);
	if (!cm)
		return -ENOMEM;
	b->p->class_map = cm;
	b->p->n_class_map = n;
	for (i = 0; i < n; i++) {
		cm[i].obj = container_of(t->obj[i], struct fp_class_map_obj, o);
		fp_build_class(b, &cm[i]);
		if (fp_build_relax())
			return -EINTR;
	}
	sort(cm, n, sizeof(*cm), fp_class_map_cmp, NULL);
	return 0;
}

/* --- PAT --- */

/* A rule for all sources still knows one family: that of its address. */
static u8 fp_pat_family(const struct fp_pat_obj *pat)
{
	return pat->src.addr.family ?: pat->to.family;
}

/* By zone, then in the order in which they are tried; equal ones side by side. */
static int fp_pat_cmp_rule(const struct fp_pat *one, const struct fp_pat *two)
{
	const struct fp_pat_obj *a = one->obj, *b = two->obj;
	int cmp;

	if (one->zone != two->zone)
		return one->zone < two->zone ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->src.len != b->src.len)
		return a->src.len > b->src.len ? -1 : 1;
	cmp = memcmp(&a->src.addr, &b->src.addr, sizeof(a->src.addr));
	return cmp ?: (int)fp_pat_family(a) - (int)fp_pat_family(b);
}

static int fp_pat_cmp(const void *a, const void *b)
{
	const struct fp_pat *one = a, *two = b;

	return fp_pat_cmp_rule(one, two) ?: strcmp(one->obj->o.name, two->obj->o.name);
}

static void fp_build_check_pats(struct fp_build *b)
{
	const struct fp_pat *pat = b->p->pat;
	u32 i;

	for (i = 1; i < b->p->n_pat; i++)
		if (!fp_pat_cmp_rule(&pat[i - 1], &pat[i]))
			fp_fault(b->faults, fp_where(&pat[i].obj->o, FEDPAT_A_PAT_SRC),
				 pat[i - 1].obj->o.name,
				 "another rule of the zone has the same sources and order, so this one would never be used");
}

static void fp_pat_ace(const struct fp_pat_obj *pat, u32 i, struct fp_ace *ace)
{
	fp_ace_init(ace);
	ace->line = i + 1;
	ace->action = FP_ACE_PERMIT;
	ace->proto = FP_ACL_PROTO_ANY;
	ace->family = fp_pat_family(pat);
	ace->src = pat->src.addr;
	ace->src_len = pat->src.len;
}

/* One classifier a zone, so that a new flow costs the same with many rules. */
static int fp_build_pat_lookup(struct fp_zone *zone)
{
	const struct fp_acl_limits limits = {};
	struct fp_acl_error wrong = {};
	struct fp_ace *ace;
	u32 i;
	int err;

	if (!zone->n_pat)
		return 0;
	ace = kvmalloc_array(zone->n_pat, sizeof(*ace), GFP_KERNEL_ACCOUNT);
	if (!ace)
		return -ENOMEM;
	for (i = 0; i < zone->n_pat; i++)
		fp_pat_ace(zone->pat[i].obj, i, &ace[i]);
	err = fp_acl_compile(ace, zone->n_pat, &fp_build_acl_mem, &limits, &zone->pat_lookup,
			     &wrong);
	kvfree(ace);
	if (err)
		zone->pat_lookup = NULL;
	return err;
}

static int fp_build_pat_zones(struct fp_build *b)
{
	struct fp_zone *zone;
	u32 i;
	int err;

	for (i = 0; i < b->p->n_pat; i++) {
		/* The rule belongs to this policy, and so does the zone. */
		zone = (struct fp_zone *)b->p->pat[i].zone;
		if (!zone)
			continue;
		if (!zone->n_pat++)
			zone->pat = &b->p->pat[i];
	}
	for (i = 0; i < fp_policy_count(b->p, FP_KIND_ZONE); i++) {
		err = fp_build_pat_lookup(&b->p->zone[i]) ?: fp_build_relax();
		if (err)
			return err;
	}
	return 0;
}

/**
 * fp_build_pats() - rules of PAT by zone and in their order
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or a negative errno.
 */
int fp_build_pats(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_PAT];
	u32 i, n = fp_policy_count(b->p, FP_KIND_PAT);
	struct fp_pat *pat;

	pat = kvcalloc(n ?: 1, sizeof(*pat), GFP_KERNEL_ACCOUNT);
	if (!pat)
		return -ENOMEM;
	b->p->pat = pat;
	b->p->n_pat = n;
	for (i = 0; i < n; i++) {
		pat[i].obj = container_of(t->obj[i], struct fp_pat_obj, o);
		pat[i].zone = fp_build_zone(b, t->obj[i], FEDPAT_A_PAT_ZONE, pat[i].obj->zone);
	}
	sort(pat, n, sizeof(*pat), fp_pat_cmp, NULL);
	fp_build_check_pats(b);
	return fp_build_pat_zones(b);
}

/* --- static PAT --- */

static int fp_static_pat_cmp(const void *a, const void *b)
{
	const struct fp_static_pat *one = *(const struct fp_static_pat * const *)a;
	const struct fp_static_pat *two = *(const struct fp_static_pat * const *)b;

	if (one->federation != two->federation)
		return one->federation < two->federation ? -1 : 1;
	if (one->obj->order != two->obj->order)
		return one->obj->order < two->obj->order ? -1 : 1;
	return strcmp(one->obj->o.name, two->obj->o.name);
}

static int fp_build_rows(struct fp_build *b, u32 n)
{
	u32 i;

	b->row = kvmalloc_array(n ?: 1, sizeof(*b->row), GFP_KERNEL);
	if (!b->row)
		return -ENOMEM;
	b->n_row = n;
	for (i = 0; i < n; i++)
		b->row[i] = &b->p->static_pat[i];
	sort(b->row, n, sizeof(*b->row), fp_static_pat_cmp, NULL);
	return 0;
}

static void fp_build_hash_row(struct fp_build *b, struct fp_static_pat *row)
{
	const struct fp_static_pat_obj *obj = row->obj;
	const struct fp_static_pat *other;

	other = fp_static_pat_by_public_rcu(b->p, obj->proto, &obj->pub);
	if (other)
		fp_fault(b->faults, fp_where(&obj->o, FEDPAT_A_STATIC_PAT_PUBLIC),
			 other->obj->o.name,
			 "another row has the same public address, port and protocol; use another port or address");
	hlist_add_head(&row->by_pub, fp_hash_chain(&b->p->pub_hash,
						   fp_endpoint_hash(obj->proto, &obj->pub)));
	hlist_add_head(&row->by_node, fp_hash_chain(&b->p->node_hash,
						    fp_endpoint_hash(obj->proto, &obj->node)));
}

static void fp_build_static_pat(struct fp_build *b, struct fp_static_pat *row)
{
	const struct fp_static_pat_obj *obj = row->obj;
	s32 i = fp_build_ref(b, &obj->o, FEDPAT_A_STATIC_PAT_FEDERATION, FP_KIND_FEDERATION,
			     obj->federation);

	row->federation = i < 0 ? NULL : &b->p->federation[i];
	row->zone = fp_build_zone(b, &obj->o, FEDPAT_A_STATIC_PAT_ZONE, obj->zone);
}

/**
 * fp_build_static_pats() - rows of static PAT
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0, -ENOMEM or -EINTR.
 */
int fp_build_static_pats(struct fp_build *b)
{
	struct fp_table *t = b->p->table[FP_KIND_STATIC_PAT];
	u32 i, n = fp_policy_count(b->p, FP_KIND_STATIC_PAT);
	struct fp_static_pat *row;
	int err;

	row = kvcalloc(n ?: 1, sizeof(*row), GFP_KERNEL_ACCOUNT);
	if (!row)
		return -ENOMEM;
	b->p->static_pat = row;
	for (i = 0; i < n; i++) {
		row[i].obj = container_of(t->obj[i], struct fp_static_pat_obj, o);
		fp_build_static_pat(b, &row[i]);
	}
	err = fp_build_rows(b, n) ?: fp_hash_init(&b->p->pub_hash, n) ?:
	      fp_hash_init(&b->p->node_hash, n);
	if (err)
		return err;
	/* Backwards: of several rows of a node the lowest order comes first. */
	for (i = n; i-- && !err; ) {
		fp_build_hash_row(b, b->row[i]);
		err = fp_build_relax();
	}
	return err;
}

/* --- public addresses --- */

static u32 fp_build_count_publics(const struct fp_build *b)
{
	u32 i, n = fp_policy_count(b->p, FP_KIND_STATIC_PAT) + b->p->n_pat;

	for (i = 0; i < fp_policy_count(b->p, FP_KIND_FEDERATION); i++)
		n += b->p->federation[i].obj->n_pub;
	return n;
}

static int fp_build_public(struct fp_build *b, const struct fp_addr *addr)
{
	struct fp_public *pub = &b->p->public[b->p->n_public];

	if (!addr->family || fp_addr_is_public_rcu(b->p, addr))
		return fp_build_relax();
	pub->addr = *addr;
	b->p->n_public++;
	hlist_add_head(&pub->by_addr, fp_hash_chain(&b->p->public_hash, fp_addr_hash(addr, 0)));
	return fp_build_relax();
}

/**
 * fp_build_publics() - the addresses that the policy declares public
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0, -ENOMEM or -EINTR.
 */
int fp_build_publics(struct fp_build *b)
{
	u32 i, j, n = fp_build_count_publics(b);
	struct fp_policy *p = b->p;
	int err;

	p->public = kvcalloc(n ?: 1, sizeof(*p->public), GFP_KERNEL_ACCOUNT);
	if (!p->public)
		return -ENOMEM;
	err = fp_hash_init(&p->public_hash, n);
	if (err)
		return err;
	for (i = 0; !err && i < fp_policy_count(p, FP_KIND_STATIC_PAT); i++)
		err = fp_build_public(b, &p->static_pat[i].obj->pub.addr);
	for (i = 0; !err && i < p->n_pat; i++)
		err = fp_build_public(b, &p->pat[i].obj->to);
	for (i = 0; i < fp_policy_count(p, FP_KIND_FEDERATION); i++)
		for (j = 0; !err && j < p->federation[i].obj->n_pub; j++)
			err = fp_build_public(b, &p->federation[i].obj->pub[j]);
	return err;
}
