// SPDX-License-Identifier: GPL-2.0
/* Zones of a federation, and what the outside one lets in. */
#include <string.h>

#include "ace.h"
#include "derive.h"
#include "text.h"

/* --- zones --- */

static struct fp_obj_zone *zone_of_interface(const struct derive *d, const char *ifname)
{
	struct fp_obj_zone *zone;
	u32 i, j;

	fp_model_each(d->m, FP_K_ZONE, i, zone) {
		for (j = 0; j < zone->interface.n; j++)
			if (!strcmp(zone->interface.v[j], ifname))
				return zone;
	}
	return NULL;
}

static void zone_fault(struct derive *d, const char *attr, const char *remedy, const char *text,
		       const char *name)
{
	struct fp_where where = fp_flow_where(&d->in->o, attr);

	fp_err_add(d->errs, FP_EXIT_REFUSED, &where, remedy, "zone '%s' %s", name, text);
}

static struct fp_obj_zone *new_zone(struct derive *d, const char *name, u32 role)
{
	struct fp_obj *obj = fp_derive_make(d, FP_K_ZONE, &d->in->o, FP_OWNER_SHARED, name);

	if (obj)
		fp_derive_num(d, obj, FEDPAT_A_ZONE_ROLE, role);
	return (struct fp_obj_zone *)obj;
}

/* The zone of an interface: the one that has it, the one of that name, or a new one. */
static struct fp_obj_zone *find_zone(struct derive *d, u32 role, const char *side,
				     const char *ifname, const char *wanted)
{
	struct fp_obj_zone *zone = zone_of_interface(d, ifname);
	const char *name = wanted ? wanted : side;
	char attr[32];

	snprintf(attr, sizeof(attr), "%s_interface", side);
	if (zone && wanted && strcmp(zone->o.name, wanted)) {
		zone_fault(d, attr, "one interface, one zone", "has the interface", zone->o.name);
		return NULL;
	}
	if (!zone)
		zone = (struct fp_obj_zone *)fp_model_find(d->m, FP_K_ZONE, name);
	if (!zone)
		zone = new_zone(d, name, role);
	if (zone && zone->role != role) {
		zone_fault(d, attr, "name another zone or interface",
			   "lies on another side of the gateway", zone->o.name);
		return NULL;
	}
	return zone;
}

static const char *use_zone(struct derive *d, u32 role, const char *side, const char *ifname,
			    const char *wanted)
{
	struct fp_obj_zone *zone = find_zone(d, role, side, ifname, wanted);
	char attr[32], remedy[128];

	if (!zone)
		return NULL;
	if (zone_of_interface(d, ifname) == zone)
		return zone->o.name;
	if (zone->o.owner && !strcmp(zone->o.owner, FP_OWNER_SHARED)) {
		fp_derive_must(d, fp_obj_add_str(&zone->o, FEDPAT_A_ZONE_INTERFACE, ifname));
		return zone->o.name;
	}
	snprintf(attr, sizeof(attr), "%s_interface", side);
	snprintf(remedy, sizeof(remedy), "add it: fedctl zone set %s interface %s%s%s",
		 zone->o.name, zone->interface.n ? zone->interface.v[0] : "",
		 zone->interface.n ? "," : "", ifname);
	zone_fault(d, attr, remedy, "was made by hand and has not this interface", zone->o.name);
	return NULL;
}

/**
 * fp_derive_zones() - zones of the two interfaces
 * @d: objects in the making; gets their names
 */
void fp_derive_zones(struct derive *d)
{
	d->inside = use_zone(d, FEDPAT_ROLE_INSIDE, "inside", d->in->inside_interface,
			     d->in->inside_zone);
	d->outside = use_zone(d, FEDPAT_ROLE_OUTSIDE, "outside", d->in->outside_interface,
			      d->in->outside_zone);
}

/* --- access lists --- */

/* @src and @dst of family 0: any. */
static struct fp_obj_ace *new_ace(struct derive *d, const struct fp_flow_partner *p,
				  const char *acl, const struct fp_cidr *src,
				  const struct fp_cidr *dst, u16 port)
{
	struct fp_obj *ace = fp_obj_alloc(FP_K_ACE, NULL);

	if (!ace) {
		fp_derive_no_memory(d);
		return NULL;
	}
	ace->pos = p->o.pos;
	fp_derive_str(d, ace, FEDPAT_A_ACE_ACL, acl);
	fp_derive_str(d, ace, FEDPAT_A_ACE_OWNER, d->in->o.name);
	fp_derive_num(d, ace, FEDPAT_A_ACE_ACTION, FEDPAT_ACTION_PERMIT);
	fp_derive_num(d, ace, FEDPAT_A_ACE_PROTO, fp_flow_proto(d->in));
	if (src->addr.family)
		fp_derive_must(d, fp_obj_set_cidr(ace, FEDPAT_A_ACE_SRC, src));
	if (dst->addr.family)
		fp_derive_must(d, fp_obj_set_cidr(ace, FEDPAT_A_ACE_DST, dst));
	fp_derive_num(d, ace, FEDPAT_A_ACE_DPORT_LO, port);
	fp_derive_num(d, ace, FEDPAT_A_ACE_DPORT_HI, port);
	fp_derive_str(d, ace, FEDPAT_A_ACE_REMARK, p->o.name);
	return (struct fp_obj_ace *)ace;
}

static void add_ace(struct derive *d, struct fp_obj_acl *acl, struct fp_obj_ace *ace, u32 line)
{
	if (ace && fp_acl_add_ace(acl, ace, line)) {
		fp_obj_free(&ace->o);
		fp_derive_no_memory(d);
	}
}

/**
 * fp_derive_ace() - one more permit
 * @d: objects in the making
 * @acl: the list
 * @p: partner that it is for
 * @src: source, family 0: any
 * @dst: destination, likewise
 * @port: destination port
 */
void fp_derive_ace(struct derive *d, struct fp_obj_acl *acl, const struct fp_flow_partner *p,
		   const struct fp_cidr *src, const struct fp_cidr *dst, u16 port)
{
	add_ace(d, acl, new_ace(d, p, acl->o.name, src, dst, port), 0);
}

/**
 * fp_derive_outside_list() - list of the outside zone
 * @d: objects in the making; gets the list
 *
 * What the outside zone lets in is bound to it; a list made by hand is used as
 * it is.
 */
void fp_derive_outside_list(struct derive *d)
{
	struct fp_obj_zone *zone = fp_find_zone(d->m, d->outside);
	struct fp_where where = fp_flow_where(&d->in->o, "bind_outside_list");
	struct fp_obj *acl;

	if (!d->in->bind_outside_list || !zone)
		return;
	if (zone->access_list) {
		d->list = (struct fp_obj_acl *)fp_model_find(d->m, FP_K_ACL, zone->access_list);
		return;
	}
	if (!zone->o.owner || strcmp(zone->o.owner, FP_OWNER_SHARED)) {
		fp_err_add(d->notes, FP_EXIT_OK, &where,
			   "bind one: fedctl zone set ZONE access-list LIST",
			   "zone '%s' was made by hand and has no access list: nothing is denied",
			   zone->o.name);
		return;
	}
	acl = fp_model_find(d->m, FP_K_ACL, "outside_access_in");
	if (!acl)
		acl = fp_derive_make(d, FP_K_ACL, &d->in->o, FP_OWNER_SHARED, "outside_access_in");
	fp_derive_str(d, &zone->o, FEDPAT_A_ZONE_ACCESS_LIST, "outside_access_in");
	d->list = (struct fp_obj_acl *)acl;
}

static bool denies_all(const struct fp_obj_ace *ace)
{
	return ace->action == FEDPAT_ACTION_DENY && !ace->inactive && !ace->src.len &&
	       !ace->dst.len && !fp_obj_has(&ace->o, FEDPAT_A_ACE_SPORT_LO) &&
	       !fp_obj_has(&ace->o, FEDPAT_A_ACE_DPORT_LO);
}

/*
 * Line of the outside list where our entries go: where they were, so that
 * applying again moves nothing; else before an entry that denies the rest.
 */
static u32 place_in_list(const struct derive *d)
{
	const struct fp_obj_acl *was;
	u32 i;

	was = (struct fp_obj_acl *)fp_model_find(d->running, FP_K_ACL, d->list->o.name);
	for (i = 0; was && i < was->n_aces; i++)
		if (was->aces[i]->o.owner && !strcmp(was->aces[i]->o.owner, d->in->o.name))
			return i + 1;
	for (i = 0; i < d->list->n_aces; i++)
		if (denies_all(d->list->aces[i]))
			return i + 1;
	return d->list->n_aces + 1;
}

static void check_permitted(struct derive *d, const struct fp_flow_partner *p,
			    const struct fp_obj_ace *ours)
{
	struct fp_where where = fp_flow_where(&p->o, "addresses");
	struct fp_endpoint dst = { .addr = ours->dst.addr, .port = ours->dport_lo };
	const struct fp_obj_ace *first = fp_acl_first(d->list, ours->proto, &ours->src, &dst);
	char remedy[160];
	u32 line;

	if (!first || first->action == FEDPAT_ACTION_PERMIT)
		return;
	for (line = 0; d->list->aces[line] != first; line++)
		;
	snprintf(remedy, sizeof(remedy),
		 "take the entry away (fedctl acl del %s line %u), or make it narrower",
		 d->list->o.name, line + 1);
	fp_err_add(d->errs, FP_EXIT_REFUSED, &where, remedy,
		   "line %u of access list '%s' denies this partner port %u", line + 1,
		   d->list->o.name, ours->dport_lo);
}

/**
 * fp_derive_let_in() - entries of a class list, once more, for the zone
 * @d: objects in the making
 * @p: those of this partner only
 * @acl: the class list
 */
void fp_derive_let_in(struct derive *d, const struct fp_flow_partner *p,
		      const struct fp_obj_acl *acl)
{
	struct fp_obj_ace *copy;
	u32 line, i;

	if (!d->list)
		return;
	line = place_in_list(d);

	while (line <= d->list->n_aces && d->list->aces[line - 1]->o.owner &&
	       !strcmp(d->list->aces[line - 1]->o.owner, d->in->o.name))
		line++; /* behind those of the list before */
	for (i = 0; i < acl->n_aces; i++) {
		if (strcmp(acl->aces[i]->remark ?: "", p->o.name))
			continue;
		copy = (struct fp_obj_ace *)fp_obj_copy(&acl->aces[i]->o);
		if (!copy) {
			fp_derive_no_memory(d);
			return;
		}
		fp_derive_str(d, &copy->o, FEDPAT_A_ACE_ACL, d->list->o.name);
		add_ace(d, d->list, copy, line++);
		check_permitted(d, p, acl->aces[i]);
	}
}
