// SPDX-License-Identifier: GPL-2.0
/* Self tests: the list of them, and those of the policy core; see selftest.h. */
#include <linux/if.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/flow.h>
#include "acl_edit.h"
#include "build.h"
#include "netns.h"
#include "selftest.h"
#include "wire.h"

/* --- classifier --- */

static bool fp_test_acl(void)
{
	return fp_acl_selftest(&fp_build_acl_mem);
}

/* --- map of interfaces --- */

static bool fp_test_ifmap_run(struct fp_net *fpn, struct fp_ifmap *map)
{
	static const struct fp_zone zone, other;
	bool good;

	map->name[0] = (struct fp_ifmap_name){ "lo", &zone };
	map->name[1] = (struct fp_ifmap_name){ "no-such-device", &other };
	good = !fp_ifmap_find(map, LOOPBACK_IFINDEX);
	spin_lock_bh(&fpn->ifmap_lock);
	fp_ifmap_fill(fpn, map);
	spin_unlock_bh(&fpn->ifmap_lock);
	good &= fp_ifmap_find(map, LOOPBACK_IFINDEX) == &zone;
	good &= !fp_ifmap_find(map, LOOPBACK_IFINDEX + 1) && !fp_ifmap_find(map, 0);
	map->name[0].name = "gone";
	spin_lock_bh(&fpn->ifmap_lock);
	fp_ifmap_fill(fpn, map);
	spin_unlock_bh(&fpn->ifmap_lock);
	return good && !fp_ifmap_find(map, LOOPBACK_IFINDEX);
}

static bool fp_test_ifmap(void)
{
	struct fp_net *fpn = kzalloc(sizeof(*fpn), GFP_KERNEL);
	struct fp_ifmap *map;
	bool good = false;

	if (!fpn)
		return false;
	fpn->net = &init_net;
	spin_lock_init(&fpn->ifmap_lock);
	map = fp_ifmap_alloc(fpn, 2);
	if (map)
		good = fp_test_ifmap_run(fpn, map);
	fp_ifmap_free(map);
	kfree(fpn);
	return good;
}

/* --- domains --- */

static const char * const fp_test_names[] = {
	"example.net", "*.example.net", "*.deep.example.net", "fabrikam.example",
};

/* Name that is looked for, and the index of the domain that it must find. */
static const struct {
	const char *name;
	int want;
} fp_test_domains[] = {
	{ "example.net", 0 },
	{ "EXAMPLE.Net.", 0 },
	{ "a.example.net", 1 },
	{ "a.b.example.net", 1 },
	{ "deep.example.net", 1 },
	{ "x.deep.example.net", 2 },
	{ "y.x.deep.example.net", 2 },
	{ "xdeep.example.net", 1 },
	{ "fabrikam.example", 3 },
	{ "a.fabrikam.example", -1 },
	{ "badexample.net", -1 },
	{ ".example.net", -1 },
	{ "net", -1 },
	{ ".", -1 },
	{ "", -1 },
};

static bool fp_test_domain_lookups(struct fp_policy *p, struct fp_domain *d)
{
	const struct fp_domain *got;
	struct fp_slice key;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fp_test_names); i++) {
		key = fp_slice(fp_test_names[i], strlen(fp_test_names[i]));
		d[i].is_wild = key.p[0] == '*';
		d[i].key = d[i].is_wild ? fp_slice_sub(key, 2, key.len) : key;
		hlist_add_head(&d[i].by_name,
			       fp_hash_chain(&p->domain_hash, fp_name_hash(d[i].key)));
	}
	for (i = 0; i < ARRAY_SIZE(fp_test_domains); i++) {
		key = fp_slice(fp_test_domains[i].name, strlen(fp_test_domains[i].name));
		got = fp_domain_find_rcu(p, key);
		if (got != (fp_test_domains[i].want < 0 ? NULL : &d[fp_test_domains[i].want]))
			return false;
	}
	return true;
}

static bool fp_test_domain(void)
{
	struct fp_domain *d = kcalloc(ARRAY_SIZE(fp_test_names), sizeof(*d), GFP_KERNEL);
	struct fp_policy *p = fp_policy_alloc();
	bool good = false;

	if (d && p && !fp_hash_init(&p->domain_hash, ARRAY_SIZE(fp_test_names)))
		good = fp_test_domain_lookups(p, d);
	if (p)
		fp_policy_free(p);
	kfree(d);
	return good;
}

/* --- hits --- */

static bool fp_test_hits(void)
{
	struct fp_tally *t = fp_tally_alloc();
	u64 age = 1234567;
	bool good;

	if (!t)
		return false;
	good = !fp_hits_age(&t->hits, &age);
	fp_hit(&t->hits);
	fp_hit(&t->hits);
	good &= fp_hits_age(&t->hits, &age) && age < 1000;
	good &= fp_hits_read(&t->hits) == 2 && !fp_hits_read(&t->other);
	fp_tally_put(t);
	return good;
}

static const struct {
	const char *name;
	bool (*run)(void);
} fp_tests[] = {
	{ "lists in the making", fp_acl_edit_selftest },
	{ "classifier", fp_test_acl },
	{ "map of interfaces", fp_test_ifmap },
	{ "domains", fp_test_domain },
	{ "hits", fp_test_hits },
	{ "class maps", fp_class_selftest },
	{ "framing", fp_frame_selftest },
	{ "edit lists", fp_edit_selftest },
	{ "attaching and detaching", fp_attach_selftest },
};

/**
 * fp_selftest() - run all of them
 *
 * Context: module init.
 * Return: true when all passed; then they say so, for their reader must know
 * that they ran.
 */
bool fp_selftest(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fp_tests); i++) {
		if (!fp_tests[i].run()) {
			pr_err("fedpat: self test failed: %s\n", fp_tests[i].name);
			return false;
		}
	}
	pr_info("fedpat: %zu self tests passed\n", ARRAY_SIZE(fp_tests));
	return true;
}
