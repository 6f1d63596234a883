// SPDX-License-Identifier: GPL-2.0
/*
 * The objects of a federation. What an ASA or an Expressway is given, line by
 * line: dynamic PAT of the nodes, static PAT with the digit scheme for further
 * nodes, two access lists a node, a class map for each of them, two TLS
 * proxies, an inspect map; and what the gateway must know besides: names,
 * peers, domains, nodes.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "derive.h"
#include "text.h"

/**
 * fp_derive_no_memory() - tell that there is no memory
 * @d: objects in the making
 */
void fp_derive_no_memory(struct derive *d)
{
	d->no_memory = true;
	fp_err_add(d->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
}

/**
 * fp_derive_must() - a step that fails without memory only
 * @d: objects in the making
 * @err: 0, or what it returned
 */
void fp_derive_must(struct derive *d, int err)
{
	if (err)
		fp_derive_no_memory(d);
}

/**
 * fp_derive_make() - a new object
 * @d: objects in the making
 * @kind: its kind
 * @src: what in the file it comes from
 * @owner: its owner
 * @name: its name
 *
 * Return: the object, NULL: told why
 */
struct fp_obj *fp_derive_make(struct derive *d, enum fp_kind_id kind, const struct fp_obj *src,
			      const char *owner, const char *name)
{
	const struct fp_obj *there = fp_model_find(d->m, kind, name);
	struct fp_where where = { .kind = fp_kinds[kind].word, .object = name, .pos = &src->pos };
	struct fp_obj *obj;

	if (there) {
		fp_err_add(d->errs, FP_EXIT_REFUSED, &where,
			   "take it away first, or name the federation or the node otherwise",
			   "is there already, made by %s", there->owner ? there->owner : "hand");
		return NULL;
	}
	obj = fp_obj_alloc(kind, name);
	if (!obj || fp_model_add(d->m, obj)) {
		fp_obj_free(obj);
		fp_derive_no_memory(d);
		return NULL;
	}
	obj->pos = src->pos;
	fp_derive_must(d, fp_obj_set_str(obj, fp_attr_find(obj->kind, "owner")->id, owner));
	return obj;
}

/**
 * fp_derive_own() - a new object of ours
 * @d: objects in the making
 * @kind: its kind
 * @src: what in the file it comes from
 * @fmt: its name behind that of the federation
 *
 * Return: the object, NULL: told why
 */
struct fp_obj *fp_derive_own(struct derive *d, enum fp_kind_id kind, const struct fp_obj *src,
			     const char *fmt, ...)
{
	char name[FEDPAT_NAME_MAX + 1];
	va_list args;
	size_t n;

	n = (size_t)snprintf(name, sizeof(name), "%s.", d->in->o.name);
	va_start(args, fmt);
	vsnprintf(name + n, sizeof(name) - n, fmt, args);
	va_end(args);
	return fp_derive_make(d, kind, src, d->in->o.name, name);
}

static struct fp_obj *make_twin(struct derive *d, enum fp_kind_id kind, const char *name)
{
	struct fp_obj *obj = fp_obj_alloc(kind, name);
	struct fp_obj **v = reallocarray(d->twin, d->n_twins + 1, sizeof(*v));

	if (v)
		d->twin = v;
	if (!obj || !v) {
		fp_obj_free(obj);
		fp_derive_no_memory(d);
		return NULL;
	}
	v[d->n_twins++] = obj;
	return obj;
}

/**
 * fp_derive_common() - an object that all federations of the nodes share
 * @d: objects in the making
 * @kind: its kind
 * @src: what in the file it comes from
 * @fmt: its name behind that of the realm, "" for the realm itself
 *
 * Return: the object, or its twin, which is compared with it later; NULL: told
 * why
 */
struct fp_obj *fp_derive_common(struct derive *d, enum fp_kind_id kind, const struct fp_obj *src,
				const char *fmt, ...)
{
	char name[FEDPAT_NAME_MAX + 1];
	struct fp_obj *obj;
	va_list args;
	size_t n;

	n = (size_t)snprintf(name, sizeof(name), "%s.", d->realm);
	va_start(args, fmt);
	vsnprintf(name + n, sizeof(name) - n, fmt, args);
	va_end(args);
	if (!name[n])
		name[n - 1] = 0;
	if (!d->joins)
		return fp_derive_make(d, kind, src, d->in->o.name, name);
	obj = make_twin(d, kind, name);
	if (obj)
		obj->pos = src->pos;
	return obj;
}

/**
 * fp_derive_str() - set a text
 * @d: objects in the making
 * @obj: the object
 * @id: its attribute
 * @value: the text, or NULL for none
 */
void fp_derive_str(struct derive *d, struct fp_obj *obj, u16 id, const char *value)
{
	if (value)
		fp_derive_must(d, fp_obj_set_str(obj, id, value));
}

static void refer(struct derive *d, struct fp_obj *obj, u16 id, const char *to, const char *suffix)
{
	char name[FEDPAT_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s.%s", to, suffix);
	fp_derive_must(d, fp_obj_set_str(obj, id, name));
}

/**
 * fp_derive_ref_own() - refer to an object of ours
 * @d: objects in the making
 * @obj: the object that refers
 * @id: its attribute
 * @suffix: name of the other behind that of the federation
 */
void fp_derive_ref_own(struct derive *d, struct fp_obj *obj, u16 id, const char *suffix)
{
	refer(d, obj, id, d->in->o.name, suffix);
}

/**
 * fp_derive_ref() - refer to an object that the federations of the nodes share
 * @d: objects in the making
 * @obj: the object that refers
 * @id: its attribute
 * @suffix: name of the other behind that of the realm
 */
void fp_derive_ref(struct derive *d, struct fp_obj *obj, u16 id, const char *suffix)
{
	refer(d, obj, id, d->realm, suffix);
}

/**
 * fp_derive_num() - set a number
 * @d: objects in the making
 * @obj: the object
 * @id: its attribute
 * @value: the number
 */
void fp_derive_num(struct derive *d, struct fp_obj *obj, u16 id, u64 value)
{
	fp_derive_must(d, fp_obj_set_num(obj, id, value));
}

/**
 * fp_derive_strs() - add texts
 * @d: objects in the making
 * @obj: the object
 * @id: its attribute
 * @list: the texts
 */
void fp_derive_strs(struct derive *d, struct fp_obj *obj, u16 id, const struct fp_strs *list)
{
	u32 i;

	for (i = 0; i < list->n; i++)
		fp_derive_must(d, fp_obj_add_str(obj, id, list->v[i]));
}

/* --- the federation --- */

static bool covered(const struct fp_cidrs *list, const struct fp_addr *a)
{
	u32 i;

	for (i = 0; i < list->n; i++)
		if (fp_cidr_has(&list->v[i], a))
			return true;
	return false;
}

/* The gateway's own public addresses; some nodes of XMPP have one of their own. */
static void public_addresses(struct derive *d, struct fp_obj *obj)
{
	const struct fp_flow *in = d->in;
	u32 i, j;

	if (in->public_address.family)
		fp_derive_must(d, fp_obj_add_addr(obj, FEDPAT_A_FEDERATION_PUBLIC_ADDR,
						  &in->public_address));
	for (i = 0; i < in->n_nodes; i++) {
		const struct fp_addr *a = &in->nodes[i]->public_address;

		for (j = 0; j < i && !fp_same_addr(a, &in->nodes[j]->public_address); j++)
			;
		if (a->family && j == i && !fp_same_addr(a, &in->public_address))
			fp_derive_must(d, fp_obj_add_addr(obj, FEDPAT_A_FEDERATION_PUBLIC_ADDR, a));
	}
}

static u32 place_of(const struct fp_flow *in)
{
	return in->wf->shape == FP_SHAPE_EXPRESSWAY || fp_flow_is_calling(in) ?
		       FEDPAT_PLACE_EXPRESSWAY :
		       FEDPAT_PLACE_ASA;
}

static void federation(struct derive *d)
{
	const struct fp_flow *in = d->in;
	struct fp_obj *obj = fp_derive_common(d, FP_K_FEDERATION, &in->o, "%s", "");
	struct fp_cidr host;
	u32 i;

	if (!obj)
		return;
	fp_derive_num(d, obj, FEDPAT_A_FEDERATION_PLACE, place_of(in));
	fp_derive_str(d, obj, FEDPAT_A_FEDERATION_PUBLIC_FQDN,
		      in->public_fqdn ? in->public_fqdn : in->nodes[0]->fqdn);
	public_addresses(d, obj);
	if (in->inside_address.family)
		fp_derive_must(d, fp_obj_set_addr(obj, FEDPAT_A_FEDERATION_INSIDE_ADDR,
						  &in->inside_address));
	fp_derive_strs(d, obj, FEDPAT_A_FEDERATION_LOCAL_DOMAIN, &in->local_domains);
	fp_derive_strs(d, obj, FEDPAT_A_FEDERATION_LOCAL_DOMAIN, &in->email_domains);
	if (in->wf->shape == FP_SHAPE_XMPP)
		fp_derive_xmpp_domains_ours(d, obj);
	for (i = 0; i < in->inside_networks.n; i++)
		fp_derive_must(d, fp_obj_add_cidr(obj, FEDPAT_A_FEDERATION_INSIDE_PREFIX,
						  &in->inside_networks.v[i]));
	/* Names of nodes are hidden as it is: the kernel takes them from the node objects. */
	for (i = 0; i < in->n_nodes; i++) {
		host = fp_cidr_host(&in->nodes[i]->address);
		if (!covered(&in->inside_networks, &in->nodes[i]->address))
			fp_derive_must(d, fp_obj_add_cidr(obj, FEDPAT_A_FEDERATION_INSIDE_PREFIX,
							  &host));
	}
	fp_derive_strs(d, obj, FEDPAT_A_FEDERATION_INSIDE_NAME, &in->inside_names);
	fp_derive_ref(d, obj, FEDPAT_A_FEDERATION_INSPECT,
		      in->wf->shape == FP_SHAPE_XMPP ? "xmpp" :
		      fp_flow_is_relayed(in)	     ? "sip_inspect" :
						       "pass");
	fp_derive_str(d, obj, FEDPAT_A_FEDERATION_KEY_FILE, in->token_key_file);
	if (in->routing_fqdn && in->public_fqdn && fp_flow_is(in, W_ASA | W_EXP) &&
	    !fp_same_host(in->routing_fqdn, in->public_fqdn))
		fp_derive_str(d, obj, FEDPAT_A_FEDERATION_ROUTING_FQDN, in->routing_fqdn);
	if (in->wf->id == FP_WF_AOL)
		fp_derive_str(d, obj, FEDPAT_A_FEDERATION_DEFAULT_ROUTING_DOMAIN,
			      in->default_domain);
	if (in->open_federation)
		fp_derive_ref_own(d, obj, FEDPAT_A_FEDERATION_OPEN_PEER, "open");
}

/* Who serves the default routing domain; the first one where none says so. */
static const struct fp_flow_partner *default_partner(const struct fp_flow *in)
{
	u32 i;

	for (i = 0; i < in->n_partners; i++)
		if (fp_flow_in_list(&in->partners[i]->domains, in->default_domain))
			return in->partners[i];
	return in->partners[0];
}

static void subjects(struct derive *d, struct fp_obj *obj, const struct fp_flow_partner *p)
{
	const struct fp_obj_peer *peer = (const struct fp_obj_peer *)obj;
	u32 i;

	for (i = 0; i < p->subjects.n; i++)
		if (!fp_flow_in_list(&peer->subject, p->subjects.v[i]))
			fp_derive_must(d, fp_obj_add_str(obj, FEDPAT_A_PEER_SUBJECT,
							 p->subjects.v[i]));
	if (!p->subjects.n && p->edge && !fp_flow_in_list(&peer->subject, p->edge))
		fp_derive_must(d, fp_obj_add_str(obj, FEDPAT_A_PEER_SUBJECT, p->edge));
}

/*
 * Whoever dials in is judged by the CAs of the tls-proxy, unless his peer names
 * others: a federation that joined has its own.
 */
static void trust(struct derive *d, struct fp_obj *obj)
{
	fp_derive_ref_own(d, obj, FEDPAT_A_PEER_TRUSTPOINT, "public");
	if (strcmp(d->realm, d->in->o.name))
		fp_derive_ref_own(d, obj, FEDPAT_A_PEER_CA, "public");
}

static void peer_tls(struct derive *d, struct fp_obj *obj, const struct fp_flow_partner *p)
{
	subjects(d, obj, p);
	/* Its requests may end at the server of the default routing domain. */
	if (d->in->wf->id == FP_WF_AOL)
		subjects(d, obj, default_partner(d->in));
	fp_derive_num(d, obj, FEDPAT_A_PEER_EKU, p->eku);
	fp_derive_num(d, obj, FEDPAT_A_PEER_TLS_PROFILE, p->tls_profile);
	if (fp_flow_is_relayed(d->in))
		trust(d, obj);
}

static void peer(struct derive *d, const struct fp_flow_partner *p)
{
	struct fp_obj *obj = fp_derive_own(d, FP_K_PEER, &p->o, "%s", p->o.name);
	u32 i;

	if (!obj)
		return;
	fp_derive_str(d, obj, FEDPAT_A_PEER_FEDERATION, d->realm);
	fp_derive_num(d, obj, FEDPAT_A_PEER_ROLE, FEDPAT_ROLE_OUTSIDE);
	fp_derive_strs(d, obj, FEDPAT_A_PEER_DOMAIN, &p->domains);
	/* AOL's chain begins with static routes, which are objects of their own. */
	if (!p->use_srv && d->in->wf->id != FP_WF_AOL)
		fp_derive_str(d, obj, FEDPAT_A_PEER_HOST, p->edge);
	for (i = 0; i < p->addresses.n; i++)
		fp_derive_must(d, fp_obj_add_addr(obj, FEDPAT_A_PEER_ADDR, &p->addresses.v[i]));
	fp_derive_num(d, obj, FEDPAT_A_PEER_PORT, p->port);
	fp_derive_num(d, obj, FEDPAT_A_PEER_TRANSPORT, d->in->transport);
	if (fp_flow_is_tls(d->in))
		peer_tls(d, obj, p);
}

/* Whoever proves a domain that no object names; see open.c of the daemon. */
static void open_peer(struct derive *d)
{
	struct fp_obj *obj;

	if (!d->in->open_federation)
		return;
	obj = fp_derive_own(d, FP_K_PEER, &d->in->o, "open");
	if (!obj)
		return;
	fp_derive_str(d, obj, FEDPAT_A_PEER_FEDERATION, d->realm);
	fp_derive_num(d, obj, FEDPAT_A_PEER_ROLE, FEDPAT_ROLE_OUTSIDE);
	fp_derive_num(d, obj, FEDPAT_A_PEER_TRANSPORT, FEDPAT_TRANSPORT_TLS);
	fp_derive_num(d, obj, FEDPAT_A_PEER_EKU, FEDPAT_EKU_BOTH);
	trust(d, obj);
}

/* static(D), static(default): what the nodes' own static routes say, too. */
static void route(struct derive *d, const struct fp_flow_partner *p, const char *domain)
{
	struct fp_obj *obj = fp_derive_own(d, FP_K_ROUTE, &p->o, "%.40s", domain);
	char pattern[FEDPAT_FQDN_MAX + 8];

	if (!obj)
		return;
	fp_flow_reverse(domain, pattern, sizeof(pattern));
	fp_derive_str(d, obj, FEDPAT_A_ROUTE_FEDERATION, d->realm);
	fp_derive_str(d, obj, FEDPAT_A_ROUTE_PATTERN, pattern);
	fp_derive_str(d, obj, FEDPAT_A_ROUTE_HOST, p->edge);
	fp_derive_num(d, obj, FEDPAT_A_ROUTE_PORT, p->port);
	fp_derive_num(d, obj, FEDPAT_A_ROUTE_TRANSPORT, d->in->transport);
}

static void domain(struct derive *d, const struct fp_flow_partner *p, const char *name)
{
	struct fp_obj *obj = fp_derive_make(d, FP_K_DOMAIN, &p->o, d->in->o.name, name);

	if (!obj)
		return;
	fp_derive_str(d, obj, FEDPAT_A_DOMAIN_FEDERATION, d->realm);
	fp_derive_ref_own(d, obj, FEDPAT_A_DOMAIN_PEER, p->o.name);
	if (d->in->wf->id != FP_WF_AOL)
		return;
	fp_derive_num(d, obj, FEDPAT_A_DOMAIN_TYPE, FEDPAT_DOMAIN_TYPE_AOL);
	if (!p->use_srv)
		route(d, p, name);
}

static void domains(struct derive *d, const struct fp_flow_partner *p)
{
	u32 i;

	for (i = 0; i < p->domains.n; i++)
		domain(d, p, p->domains.v[i]);
}

/* AOL's own domain is always there: u@aim.com is written u@aol.com. */
static void default_domain(struct derive *d)
{
	const struct fp_flow *in = d->in;
	u32 i;

	if (in->wf->id != FP_WF_AOL)
		return;
	for (i = 0; i < in->n_partners; i++)
		if (fp_flow_in_list(&in->partners[i]->domains, in->default_domain))
			return;
	domain(d, in->partners[0], in->default_domain);
}

static void partners(struct derive *d)
{
	u32 i;

	if (d->in->wf->shape == FP_SHAPE_XMPP) { /* servers of a domain are nobody's peers */
		fp_derive_xmpp_domains(d);
		return;
	}
	for (i = 0; i < d->in->n_partners; i++) {
		peer(d, d->in->partners[i]);
		domains(d, d->in->partners[i]);
	}
	default_domain(d);
}

static void nodes(struct derive *d)
{
	for (u32 i = 0; i < d->in->n_nodes; i++)
		fp_derive_node(d, d->in->nodes[i]);
}

/* Each builds on what those before made, and cannot where some of that is missing. */
static void all_objects(struct derive *d)
{
	static void (*const steps[])(struct derive *d) = {
		fp_derive_realm, fp_derive_outside_list, federation, fp_derive_proxies,
		partners, open_peer, nodes, fp_derive_classes, fp_derive_other_traffic,
		fp_derive_check_rows, fp_derive_compare,
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps) && !d->no_memory; i++)
		steps[i](d);
}

/**
 * fp_flow_derive() - every object of a federation
 * @in: the input, without errors
 * @model: gets the objects; has none of the federation
 * @running: the policy now
 * @notes: gets what the operator should know
 * @errs: gets what is wrong
 */
void fp_flow_derive(const struct fp_flow *in, struct fp_model *model,
		    const struct fp_model *running, struct fp_errs *notes, struct fp_errs *errs)
{
	struct derive d = { .in = in, .m = model, .running = running, .notes = notes };
	unsigned int before = errs->total;

	d.errs = errs;
	fp_derive_zones(&d);
	if (errs->total == before)
		all_objects(&d);
	while (d.n_twins)
		fp_obj_free(d.twin[--d.n_twins]);
	free(d.twin);
}
