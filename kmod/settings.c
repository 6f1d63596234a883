// SPDX-License-Identifier: GPL-2.0
/* Limits of a namespace. */
#include <linux/mm.h>
#include <linux/sizes.h>
#include "genl.h"
#include "object.h"

#define FP_MAX_LEGS		20000
#define FP_MAX_LEGS_MOST	1000000

static u64 fp_ram(void)
{
	return (u64)totalram_pages() << PAGE_SHIFT;
}

/* Unless it is set. */
static u64 fp_memory_cap(void)
{
	return min_t(u64, SZ_1G, fp_ram() / 4);
}

/*
 * The memory is the machine's: the owner of a namespace may take what is left to
 * everyone, and keep what the machine's administrator gave.
 */
static bool fp_settings_may_cap(struct sk_buff *skb, u64 cap, u64 old, u64 preset)
{
	return cap <= max(old, preset) || netlink_capable(skb, CAP_NET_ADMIN);
}

static int fp_settings_no_cap(struct fp_parse *p, int attr)
{
	fp_parse_bad(p, attr,
		     "above the default only with CAP_NET_ADMIN in the initial user namespace: ask the machine's administrator");
	return -EPERM;
}

/**
 * fp_settings_parse() - limits out of a request
 * @skb: request settings-set
 * @info: the same
 * @old: limits as configured before
 * @settings: result; what is absent becomes 0, the default
 *
 * Context: process.
 * Return: 0, -EINVAL or -EPERM, with the reason in the extended ack.
 */
int fp_settings_parse(struct sk_buff *skb, struct genl_info *info,
		      const struct fp_settings *old, struct fp_settings *settings)
{
	struct fp_parse p = { .attrs = info->attrs, .extack = info->extack };
	struct nlattr *cap = info->attrs[FEDPAT_A_SETTINGS_MEMORY_CAP];
	struct nlattr *acl_cap = info->attrs[FEDPAT_A_SETTINGS_ACL_MEMORY_CAP];

	memset(settings, 0, sizeof(*settings));
	settings->memory_cap = cap ? nla_get_u64(cap) : 0;
	settings->acl_memory_cap = acl_cap ? nla_get_u64(acl_cap) : 0;
	settings->max_legs = fp_parse_u32(&p, FEDPAT_A_SETTINGS_MAX_LEGS, 0);
	settings->strict_inside = fp_parse_flag(&p, FEDPAT_A_SETTINGS_STRICT_INSIDE);
	if (settings->memory_cap > fp_ram())
		return fp_parse_bad(&p, FEDPAT_A_SETTINGS_MEMORY_CAP,
				    "the machine has less memory than that");
	if (settings->acl_memory_cap > fp_ram())
		return fp_parse_bad(&p, FEDPAT_A_SETTINGS_ACL_MEMORY_CAP,
				    "the machine has less memory than that");
	if (!fp_settings_may_cap(skb, settings->memory_cap, old->memory_cap,
				 fp_memory_cap()))
		return fp_settings_no_cap(&p, FEDPAT_A_SETTINGS_MEMORY_CAP);
	if (!fp_settings_may_cap(skb, settings->acl_memory_cap, old->acl_memory_cap,
				 FP_ACL_DEFAULT_BYTES))
		return fp_settings_no_cap(&p, FEDPAT_A_SETTINGS_ACL_MEMORY_CAP);
	if (settings->max_legs > FP_MAX_LEGS_MOST)
		return fp_parse_bad(&p, FEDPAT_A_SETTINGS_MAX_LEGS, "1000000 legs at most");
	return 0;
}

/**
 * fp_settings_fill() - put limits into a message
 * @skb: message
 * @settings: limits as configured; a default is not put
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_settings_fill(struct sk_buff *skb, const struct fp_settings *settings)
{
	int err = 0;

	if (settings->memory_cap)
		err = fp_nla_put_u64(skb, FEDPAT_A_SETTINGS_MEMORY_CAP,
				     settings->memory_cap);
	if (!err && settings->max_legs)
		err = nla_put_u32(skb, FEDPAT_A_SETTINGS_MAX_LEGS, settings->max_legs);
	if (!err && settings->acl_memory_cap)
		err = fp_nla_put_u64(skb, FEDPAT_A_SETTINGS_ACL_MEMORY_CAP,
				     settings->acl_memory_cap);
	return err ?: fp_nla_put_flag(skb, FEDPAT_A_SETTINGS_STRICT_INSIDE,
				      settings->strict_inside);
}

/**
 * fp_settings_resolve() - what is in force
 * @set: as configured
 * @has_class: is there a class map?
 * @in_force: result
 *
 * Context: any.
 */
void fp_settings_resolve(const struct fp_settings *set, bool has_class,
			 struct fp_settings *in_force)
{
	*in_force = *set;
	if (!in_force->memory_cap)
		in_force->memory_cap = fp_memory_cap();
	if (!in_force->acl_memory_cap)
		in_force->acl_memory_cap = FP_ACL_DEFAULT_BYTES;
	if (!in_force->max_legs)
		in_force->max_legs = FP_MAX_LEGS;
	/* An empty module changes nothing; whoever inspects means it. */
	in_force->strict_inside |= has_class;
}
