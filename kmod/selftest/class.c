// SPDX-License-Identifier: GPL-2.0
/*
 * Self test of merged class maps, included by build_class.c where
 * FEDPAT_SELFTEST is defined: random lists, some of which deny, must give the
 * class map that trying them one by one gives.
 */

#define FP_CLASS_T_MAPS		24
#define FP_CLASS_T_ACES		6
#define FP_CLASS_T_KEYS		4000

static u32 fp_class_t_rand(u64 *seed, u32 below)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)((*seed >> 33) * below >> 31);
}

static void fp_class_t_ace(u64 *seed, struct fp_ace *ace)
{
	fp_ace_init(ace);
	ace->action = fp_class_t_rand(seed, 12) ? FP_ACE_PERMIT : FP_ACE_DENY;
	ace->proto = fp_class_t_rand(seed, 4) ? 6 : FP_ACL_PROTO_ANY;
	ace->family = 4;
	ace->src.family = 4;
	ace->src.b[0] = 10;
	ace->src_len = 8;
	if (fp_class_t_rand(seed, 3)) {
		ace->src.b[3] = fp_class_t_rand(seed, 8);
		ace->src_len = 32;
	}
	if (ace->proto == 6 && fp_class_t_rand(seed, 2)) {
		ace->dport.lo = 5060 + fp_class_t_rand(seed, 4);
		ace->dport.hi = ace->dport.lo + fp_class_t_rand(seed, 2);
	}
	if (!fp_class_t_rand(seed, 10))
		ace->flags = FP_ACE_INACTIVE;
}

static struct fp_acl_list *fp_class_t_list(u64 *seed)
{
	u32 i, n = fp_class_t_rand(seed, FP_CLASS_T_ACES);
	struct fp_acl_list *list = fp_acl_list_alloc(n);
	struct fp_ace ace[FP_CLASS_T_ACES];
	const struct fp_acl_limits limits = {};
	struct fp_acl_error wrong = {};

	for (i = 0; list && i < n; i++) {
		fp_class_t_ace(seed, &ace[i]);
		ace[i].line = i + 1;
		list->entry[i] = kzalloc(sizeof(*list->entry[i]), GFP_KERNEL);
		if (!list->entry[i])
			goto fail;
		refcount_set(&list->entry[i]->refs, 1);
		list->entry[i]->ace = ace[i];
	}
	if (list && n && fp_acl_compile(ace, n, &fp_build_acl_mem, &limits, &list->compiled,
					&wrong))
		goto fail;
	return list;
fail:
	fp_acl_list_put(list);
	return NULL;
}

static const struct fp_class_map *fp_class_t_linear(const struct fp_policy *p,
						    const struct fp_zone *zone,
						    const struct fp_acl_key *key)
{
	const struct fp_entry *entry;
	u32 i;

	for (i = 0; i < p->n_class_map; i++) {
		if (p->class_map[i].zone && p->class_map[i].zone != zone)
			continue;
		entry = fp_acl_match_rcu(p->class_map[i].acl, key);
		if (entry && entry->ace.action == FP_ACE_PERMIT)
			return &p->class_map[i];
	}
	return NULL;
}

static bool fp_class_t_compare(const struct fp_policy *p, u64 *seed)
{
	const struct fp_zone *zone;
	struct fp_acl_key key;
	u32 i, found = 0;

	for (i = 0; i < FP_CLASS_T_KEYS; i++) {
		memset(&key, 0, sizeof(key));
		key.src.family = 4;
		key.src.b[0] = 10;
		key.src.b[3] = fp_class_t_rand(seed, 9);
		key.dst.family = 4;
		key.proto = fp_class_t_rand(seed, 3) ? 6 : 17;
		key.dport = 5059 + fp_class_t_rand(seed, 7);
		key.flags = fp_class_t_rand(seed, 8) ? 0 : FP_ACL_KEY_NO_PORTS;
		zone = fp_class_t_rand(seed, 3) ? &p->zone[fp_class_t_rand(seed, 3)] : NULL;
		if (fp_class_map_first_rcu(p, zone, &key) != fp_class_t_linear(p, zone, &key))
			return false;
		found += !!fp_class_t_linear(p, zone, &key);
	}
	return found > FP_CLASS_T_KEYS / 10;
}

/* Three zones, the last of which no class map names. */
static bool fp_class_t_fill(struct fp_policy *p, struct fp_zone_obj *zones,
			    struct fp_acl_obj *acls, u64 *seed)
{
	static const char * const name[] = { "a", "b", "c" };
	u32 i;

	for (i = 0; i < 3; i++) {
		zones[i].o.name = name[i];
		zones[i].o.kind = FP_KIND_ZONE;
		refcount_set(&zones[i].o.refs, 2);
		p->table[FP_KIND_ZONE]->obj[i] = &zones[i].o;
		p->zone[i].obj = &zones[i];
		p->zone[i].index = i;
	}
	for (i = 0; i < p->n_class_map; i++) {
		acls[i].list = fp_class_t_list(seed);
		if (!acls[i].list)
			return false;
		p->class_map[i].acl = &acls[i];
		if (fp_class_t_rand(seed, 2))
			p->class_map[i].zone = &p->zone[fp_class_t_rand(seed, 2)];
	}
	return true;
}

static bool fp_class_t_run(struct fp_build *b, struct fp_zone_obj *zones,
			   struct fp_acl_obj *acls, u64 *seed)
{
	struct fp_policy *p = b->p;
	struct fp_table *t = kvzalloc(struct_size(t, obj, 3), GFP_KERNEL);

	p->zone = kvcalloc(3, sizeof(*p->zone), GFP_KERNEL);
	p->class_map = kvcalloc(FP_CLASS_T_MAPS, sizeof(*p->class_map), GFP_KERNEL);
	if (!t || !p->zone || !p->class_map) {
		kvfree(t);
		return false;
	}
	refcount_set(&t->refs, 1);
	t->n = 3;
	p->table[FP_KIND_ZONE] = t;
	p->n_class_map = FP_CLASS_T_MAPS;
	p->settings.acl_memory_cap = FP_ACL_DEFAULT_BYTES;
	return fp_class_t_fill(p, zones, acls, seed) && !fp_build_class_lookups(b) &&
	       fp_class_t_compare(p, seed);
}

static bool fp_class_t_once(u64 seed)
{
	struct fp_zone_obj *zones = kcalloc(3, sizeof(*zones), GFP_KERNEL);
	struct fp_acl_obj *acls = kcalloc(FP_CLASS_T_MAPS, sizeof(*acls), GFP_KERNEL);
	struct fp_policy *base = fp_policy_alloc();
	struct fp_build b = { .base = base, .p = fp_policy_alloc() };
	bool good = false;
	u32 i;

	if (zones && acls && base && b.p)
		good = fp_class_t_run(&b, zones, acls, &seed);
	if (b.p)
		fp_policy_free(b.p);
	if (base)
		fp_policy_free(base);
	for (i = 0; acls && i < FP_CLASS_T_MAPS; i++)
		fp_acl_list_put(acls[i].list);
	kfree(acls);
	kfree(zones);
	return good;
}

/**
 * fp_class_selftest() - merged lookup against trying one by one
 *
 * Context: module init.
 * Return: true when they agree.
 */
bool fp_class_selftest(void)
{
	u64 seed;

	for (seed = 1; seed <= 10; seed++)
		if (!fp_class_t_once(seed))
			return false;
	return true;
}
