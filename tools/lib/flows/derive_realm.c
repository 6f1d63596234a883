// SPDX-License-Identifier: GPL-2.0
/*
 * Federations that share nodes. An inside server sends everything to its next
 * hop, whatever partner it is for: its connections, public ports and tokens
 * exist once, and the federation of the kernel that has them, the realm, is
 * that of the file that came first. Whoever names the same nodes and the same
 * public address later joins it: peers, domains, lists and class maps are its
 * own, the rest must be what its file means, too, and belongs to all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ace.h"
#include "derive.h"
#include "federation.h"
#include "text.h"

static u32 inspect_type(const struct fp_model *m, const struct fp_obj_federation *f)
{
	const struct fp_obj *obj = f->inspect ? fp_model_find(m, FP_K_INSPECT, f->inspect) : NULL;

	return obj ? ((const struct fp_obj_inspect *)obj)->type : FEDPAT_INSPECT_TYPE_NONE;
}

static bool is_public(const struct fp_obj_federation *f, const struct fp_addr *a)
{
	u32 i;

	for (i = 0; i < f->public_addr.n; i++)
		if (fp_same_addr(&f->public_addr.v[i], a))
			return true;
	return false;
}

static bool is_node(const struct fp_flow *in, const struct fp_addr *a)
{
	u32 i;

	for (i = 0; i < in->n_nodes; i++)
		if (fp_same_addr(&in->nodes[i]->address, a))
			return true;
	return false;
}

/* By static PAT: UDP and XMPP have no node objects that matter. */
static bool shares_node(const struct derive *d, const char *realm)
{
	const struct fp_obj_static_pat *row;
	u32 i;

	fp_model_each(d->m, FP_K_STATIC_PAT, i, row) {
		if (row->federation && !strcmp(row->federation, realm) &&
		    is_node(d->in, &row->node.addr))
			return true;
	}
	return false;
}

static bool fits(const struct derive *d, const struct fp_obj_federation *f)
{
	u32 type = d->in->wf->shape == FP_SHAPE_XMPP ? FEDPAT_INSPECT_TYPE_XMPP :
						       FEDPAT_INSPECT_TYPE_SIP;

	return f->o.owner && is_public(f, &d->in->public_address) &&
	       inspect_type(d->m, f) == type && shares_node(d, f->o.name);
}

/* It keeps the name that it had: tokens are bound to it. */
static const char *name_of(const struct derive *d)
{
	const char *was = fp_federation_realm(d->running, d->in->o.name);

	return fp_model_find(d->m, FP_K_FEDERATION, was) ? d->in->o.name : was;
}

/**
 * fp_derive_realm() - find the realm: one that has our nodes, or our own
 * @d: objects in the making; has none of the federation
 */
void fp_derive_realm(struct derive *d)
{
	const struct fp_obj_federation *f;
	u32 i;

	snprintf(d->realm, sizeof(d->realm), "%s", d->in->o.name);
	if (d->in->wf->shape == FP_SHAPE_XMPP)
		return;
	fp_model_each(d->m, FP_K_FEDERATION, i, f) {
		if (!fits(d, f))
			continue;
		snprintf(d->realm, sizeof(d->realm), "%s", f->o.name);
		d->joins = true;
		return;
	}
	snprintf(d->realm, sizeof(d->realm), "%s", name_of(d));
}

/* --- what must be the same --- */

static char *text_of(const struct fp_obj *obj, const struct fp_attr *row)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (fp_obj_says(obj, row))
		fp_obj_print(obj, row, ",", true, out);
	fclose(out);
	return text;
}

/* Of each federation its own: who made it, CAs of partners, ports that were found free. */
static bool may_differ(const struct fp_obj *twin, const struct fp_attr *row)
{
	static const char *const own[] = { "owner", "ca", "crl", "listener-port",
					   "default-routing-domain", "open-peer" };
	u32 i;

	if (row->flags & (FP_A_KEY | FP_A_ANSWER | FP_A_SECRET | FP_A_HIDDEN | FP_A_DERIVED))
		return true;
	for (i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(row->name, own[i]))
			return true;
	return !strcmp(row->name, "key-file") && !fp_obj_gave(twin, row);
}

/* Lists, comma between, without regard to order. */
static bool same_list(const char *a, const char *b)
{
	char with[1024], want[300];
	size_t n;

	if (strlen(a) != strlen(b) || strlen(b) + 3 > sizeof(with))
		return !strcmp(a, b);
	snprintf(with, sizeof(with), ",%s,", b);
	for (; *a; a += n + (a[n] == ',')) {
		n = strcspn(a, ",");
		snprintf(want, sizeof(want), ",%.*s,", (int)n, a);
		if (!strstr(with, want))
			return false;
	}
	return true;
}

static void differs(struct derive *d, const struct fp_obj *is, const struct fp_obj *twin,
		    const struct fp_attr *row)
{
	struct fp_where where = { .kind = twin->kind->word, .object = twin->name,
				  .attr = row->name, .pos = &twin->pos };
	char *a = text_of(is, row), *b = text_of(twin, row);

	if (a && b && !same_list(a, b))
		fp_err_add(d->errs, FP_EXIT_REFUSED, &where,
			   "federations that share nodes share this, too: write the same into their files, and apply the files together where it shall change",
			   "is %.80s here, and %.80s by federation '%s', which has the same nodes [shared-nodes]",
			   *b ? b : "not given", *a ? a : "not given", d->realm);
	free(a);
	free(b);
}

static void take(struct derive *d, struct fp_obj *is, u16 id, const char *value)
{
	if (value)
		fp_derive_must(d, fp_obj_set_str(is, id, value));
}

/* What the realm has from the one that gave it its name, or that needs it. */
static void take_over(struct derive *d, struct fp_obj *is, const struct fp_obj *twin)
{
	const struct fp_obj_trustpoint *t = (const struct fp_obj_trustpoint *)twin;
	const struct fp_obj_federation *f = (const struct fp_obj_federation *)twin;

	if (twin->kind->id == FP_K_FEDERATION)
		take(d, is, FEDPAT_A_FEDERATION_DEFAULT_ROUTING_DOMAIN, f->default_routing_domain);
	if (twin->kind->id == FP_K_FEDERATION)
		take(d, is, FEDPAT_A_FEDERATION_OPEN_PEER, f->open_peer);
	if (twin->kind->id != FP_K_TRUSTPOINT || strcmp(d->realm, d->in->o.name))
		return;
	take(d, is, FEDPAT_A_TRUSTPOINT_CA, t->ca);
	take(d, is, FEDPAT_A_TRUSTPOINT_CRL, t->crl);
}

static void compare(struct derive *d, struct fp_obj *is, const struct fp_obj *twin)
{
	const struct fp_kind *kind = twin->kind;
	u8 i;

	for (i = 0; i < kind->n_rows; i++)
		if (!may_differ(twin, &kind->rows[i]))
			differs(d, is, twin, &kind->rows[i]);
	take_over(d, is, twin);
	fp_derive_must(d, fp_obj_set_str(is, fp_attr_find(kind, "owner")->id, FP_OWNER_SHARED));
}

static void missing(struct derive *d, const struct fp_obj *obj, const char *text)
{
	struct fp_where where = { .kind = obj->kind->word, .object = obj->name,
				  .pos = obj->pos.line ? &obj->pos : &d->in->o.pos };

	fp_err_add(d->errs, FP_EXIT_REFUSED, &where,
		   "name the same nodes, by the same names, in all files of their federations",
		   "%s federation '%s', which has the same nodes [shared-nodes]", text, d->realm);
}

static bool has_twin(const struct derive *d, const struct fp_obj *obj)
{
	u32 i;

	for (i = 0; i < d->n_twins; i++)
		if (d->twin[i]->kind == obj->kind && !strcmp(d->twin[i]->name, obj->name))
			return true;
	return false;
}

/* Rows and nodes of the realm that this file does not name. */
static void too_many(struct derive *d)
{
	const struct fp_obj_static_pat *row;
	const struct fp_obj_node *node;
	u32 i;

	fp_model_each(d->m, FP_K_NODE, i, node) {
		if (node->o.owner && node->federation && !strcmp(node->federation, d->realm) &&
		    !has_twin(d, &node->o))
			missing(d, &node->o, "is not in this file, but in that of");
	}
	fp_model_each(d->m, FP_K_STATIC_PAT, i, row) {
		if (row->o.owner && row->federation && !strcmp(row->federation, d->realm) &&
		    !has_twin(d, &row->o))
			missing(d, &row->o, "is not derived from this file, but from that of");
	}
}

/* Two realms, one node: each connection that it opens must lead to one of them. */
static void check_class(struct derive *d, const struct fp_obj_class_map *mine,
			const struct fp_obj_ace *ace)
{
	struct fp_endpoint to = { .addr = ace->dst.addr, .port = ace->dport_lo };
	const struct fp_obj_tls_proxy *proxy;
	const struct fp_obj_class_map *c;
	const struct fp_obj_acl *acl;
	const struct fp_obj_ace *hit;
	struct fp_where where = fp_flow_where(&d->in->o, "nodes");
	char a[FP_TXT_ENDPOINT];
	u32 i;

	fp_model_each(d->m, FP_K_CLASS_MAP, i, c) {
		proxy = c->tls_proxy ? fp_find_tls_proxy(d->m, c->tls_proxy) : NULL;
		if (!proxy || strcmp(c->zone, mine->zone) || !strcmp(proxy->federation, d->realm))
			continue;
		acl = (const struct fp_obj_acl *)fp_model_find(d->m, FP_K_ACL, c->access_list);
		hit = acl && ace->dst.len ? fp_acl_first(acl, ace->proto, &ace->src, &to) : NULL;
		if (!hit || hit->action != FEDPAT_ACTION_PERMIT)
			continue;
		fp_err_add(d->errs, FP_EXIT_REFUSED, &where,
			   "give both federations the same public_address, or this one another inside_address, inside_port or partner address",
			   "what they send to %s is taken by class map '%s' of federation '%s' already [class-taken]",
			   fp_endpoint_str(&to, a), c->o.name, proxy->federation);
		return;
	}
}

static void check_classes(struct derive *d)
{
	const struct fp_obj_class_map *c;
	const struct fp_obj_acl *acl;
	u32 i, k;

	fp_model_each(d->m, FP_K_CLASS_MAP, i, c) {
		if (!c->o.owner || strcmp(c->o.owner, d->in->o.name) || !c->tls_proxy ||
		    strcmp(c->zone, d->inside))
			continue;
		acl = (const struct fp_obj_acl *)fp_model_find(d->m, FP_K_ACL, c->access_list);
		for (k = 0; acl && k < acl->n_aces; k++)
			check_class(d, c, acl->aces[k]);
	}
}

/**
 * fp_derive_compare() - is what is shared what this file means, too?
 * @d: objects in the making, all of them
 *
 * What is, belongs to all from now on.
 */
void fp_derive_compare(struct derive *d)
{
	struct fp_obj *is;
	u32 i;

	for (i = 0; i < d->n_twins; i++) {
		is = fp_model_find(d->m, d->twin[i]->kind->id, d->twin[i]->name);
		if (is)
			compare(d, is, d->twin[i]);
		else
			missing(d, d->twin[i], "is in this file, but not in that of");
	}
	if (d->joins)
		too_many(d);
	check_classes(d);
}
