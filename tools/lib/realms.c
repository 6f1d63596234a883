// SPDX-License-Identifier: GPL-2.0
/*
 * Federations of the kernel that several workflows share: whose they are, and
 * what becomes of them when one goes. What is shared carries the owner "shared"
 * and the realm's name or a name that begins with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "federation.h"
#include "realms.h"

static bool owned_by(const struct fp_obj *obj, const char *owner)
{
	return obj->owner && !strcmp(obj->owner, owner);
}

static bool is_shared(const struct fp_obj *obj)
{
	return owned_by(obj, FP_OWNER_SHARED);
}

static bool is_part_of(const struct fp_obj *obj, const char *realm)
{
	size_t n = strlen(realm);

	return !strncmp(obj->name, realm, n) && (!obj->name[n] || obj->name[n] == '.');
}

/* Zones, their lists and the interface's PAT are shared by all there are. */
static bool is_shared_part(const struct fp_obj *obj, const void *realm)
{
	if (!is_shared(obj) || !is_part_of(obj, realm))
		return false;
	if (obj->kind->id == FP_K_PAT)
		return ((const struct fp_obj_pat *)obj)->to_addr.family;
	return obj->kind->id != FP_K_ZONE && obj->kind->id != FP_K_ACL;
}

/* Peers say whose a realm is: every federation has one. */
static const struct fp_obj_peer *next_peer(const struct fp_model *model, const char *realm, u32 *i)
{
	const struct fp_obj_peer *peer;

	for (; *i < model->tables[FP_K_PEER].n; ++*i) {
		peer = (const struct fp_obj_peer *)model->tables[FP_K_PEER].v[*i];
		if (peer->o.owner && !is_shared(&peer->o) && peer->federation &&
		    !strcmp(peer->federation, realm))
			return peer;
	}
	return NULL;
}

/* The only one that uses it; NULL: nobody, or several, which @n says. */
static const char *only_user(const struct fp_model *model, const char *realm, u32 *n)
{
	const struct fp_obj_peer *peer;
	const char *owner = NULL;
	u32 i = 0;

	*n = 0;
	for (; (peer = next_peer(model, realm, &i)); i++) {
		if (owner && !strcmp(owner, peer->o.owner))
			continue;
		owner = peer->o.owner;
		++*n;
	}
	return *n == 1 ? owner : NULL;
}

static void give_to(struct fp_model *model, const char *realm, const char *owner)
{
	struct fp_obj *obj;
	u32 i;
	int k;

	for (k = 0; k < FP_K_SETTINGS; k++)
		fp_model_each(model, k, i, obj) {
			if (is_shared_part(obj, realm))
				fp_obj_set_str(obj, fp_attr_find(obj->kind, "owner")->id, owner);
		}
}

static u32 take_away(struct fp_model *model, const char *realm)
{
	u32 n = 0;
	int k;

	for (k = FP_K_SETTINGS - 1; k >= 0; k--)
		n += fp_model_prune(model, k, is_shared_part, realm);
	return n;
}

/*
 * The trustpoint that partners see names the CAs of the federation that the
 * realm has its name from. When that is gone, its files may go: those of
 * another one are named instead.
 */
static void settle_trust(struct fp_model *model, const char *realm)
{
	struct fp_obj_trustpoint *tp;
	const struct fp_obj_trustpoint *own;
	const struct fp_obj_peer *peer;
	char name[FEDPAT_NAME_MAX + 8];
	u32 i = 0;

	snprintf(name, sizeof(name), "%s.public", realm);
	tp = fp_find_trustpoint(model, name);
	if (!tp)
		return;
	for (; (peer = next_peer(model, realm, &i)); i++)
		if (peer->trustpoint && !strcmp(peer->trustpoint, name))
			return;
	i = 0;
	peer = next_peer(model, realm, &i);
	own = peer && peer->trustpoint ? fp_find_trustpoint(model, peer->trustpoint) : NULL;
	if (!own)
		return;
	fp_obj_set_str(&tp->o, FEDPAT_A_TRUSTPOINT_CA, own->ca);
	fp_obj_set_str(&tp->o, FEDPAT_A_TRUSTPOINT_CRL, own->crl);
}

static bool has_aol(const struct fp_model *model, const char *realm)
{
	const struct fp_obj_domain *d;
	u32 i;

	fp_model_each(model, FP_K_DOMAIN, i, d) {
		if (d->type == FEDPAT_DOMAIN_TYPE_AOL && d->federation &&
		    !strcmp(d->federation, realm))
			return true;
	}
	return false;
}

/* What one federation alone needed of the realm. */
static void settle_attrs(struct fp_model *model, struct fp_obj_federation *f)
{
	if (f->open_peer && !fp_find_peer(model, f->open_peer))
		fp_obj_set_str(&f->o, FEDPAT_A_FEDERATION_OPEN_PEER, NULL);
	if (f->default_routing_domain && !has_aol(model, f->o.name))
		fp_obj_set_str(&f->o, FEDPAT_A_FEDERATION_DEFAULT_ROUTING_DOMAIN, NULL);
}

static bool settle(struct fp_model *model, struct fp_obj_federation *f, u32 *gone)
{
	char realm[FEDPAT_NAME_MAX + 1];
	const char *owner;
	u32 users;

	snprintf(realm, sizeof(realm), "%s", f->o.name);
	owner = only_user(model, realm, &users);
	if (!users) {
		*gone += take_away(model, realm);
		return true;
	}
	settle_trust(model, realm);
	settle_attrs(model, f);
	if (owner)
		give_to(model, realm, owner);
	return false;
}

/**
 * fp_realms_settle() - what is shared, after federations came or went
 * @model: the policy
 *
 * A realm that nobody uses goes; one that one federation uses is that one's.
 *
 * Return: how many objects went
 */
u32 fp_realms_settle(struct fp_model *model)
{
	struct fp_obj_federation *f;
	u32 i, gone = 0;
	bool again;

	do {
		again = false;
		fp_model_each(model, FP_K_FEDERATION, i, f) {
			if (is_shared(&f->o) && settle(model, f, &gone)) {
				again = true; /* the table is another one now */
				break;
			}
		}
	} while (again);
	return gone;
}

/**
 * fp_federation_realm() - federation of the kernel that serves a workflow's one
 * @model: the policy
 * @owner: name of the workflow's
 *
 * Return: its name; @owner where nothing was made
 */
const char *fp_federation_realm(const struct fp_model *model, const char *owner)
{
	const struct fp_obj_peer *peer;
	u32 i;

	fp_model_each(model, FP_K_PEER, i, peer) {
		if (owned_by(&peer->o, owner) && peer->federation)
			return peer->federation;
	}
	return owner;
}

/**
 * fp_federation_made() - did a workflow of that name make anything?
 * @model: the policy
 * @owner: the name
 *
 * Return: true if it did
 */
bool fp_federation_made(const struct fp_model *model, const char *owner)
{
	const struct fp_obj *peer;
	u32 i;

	fp_model_each(model, FP_K_PEER, i, peer) {
		if (owned_by(peer, owner))
			return true;
	}
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* From names of the policy to names of its own. */
static int copy_names(struct fp_strs *names)
{
	u32 i, n = names->n;

	for (i = 0; i < n; i++) {
		names->v[i] = strdup(names->v[i]);
		if (names->v[i])
			continue;
		names->n = i;
		fp_strs_free(names);
		return -ENOMEM;
	}
	return 0;
}

/**
 * fp_federation_owners() - federations that workflows made
 * @model: the policy
 * @owners: gets their names, sorted; empty on failure
 *
 * Return: 0, -ENOMEM
 */
int fp_federation_owners(const struct fp_model *model, struct fp_strs *owners)
{
	u32 n = model->tables[FP_K_PEER].n, i, used = 0;
	const struct fp_obj *peer;

	owners->n = 0;
	owners->v = calloc(n ? n : 1, sizeof(*owners->v));
	if (!owners->v)
		return -ENOMEM;
	fp_model_each(model, FP_K_PEER, i, peer) {
		if (peer->owner && !is_shared(peer))
			owners->v[used++] = peer->owner;
	}
	qsort(owners->v, used, sizeof(*owners->v), by_name);
	for (i = 0; i < used; i++)
		if (!owners->n || strcmp(owners->v[owners->n - 1], owners->v[i]))
			owners->v[owners->n++] = owners->v[i];
	return copy_names(owners);
}
