// SPDX-License-Identifier: GPL-2.0
/* A workflow's file, part by part. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "policy_file.h"
#include "text.h"

#define MAX_ROWS 56 /* with the other keys less than the bits of fp_obj.has */

/* Parts of the file as kinds of objects, made of the parameters that a workflow has. */
struct kinds {
	struct fp_kind kind[FP_PART_COUNT];
	struct fp_attr rows[FP_PART_COUNT][MAX_ROWS];
};

static const struct fp_kind part_kinds[] = {
	[FP_PART_MAIN] = { .word = "federation", .size = sizeof(struct fp_flow) },
	[FP_PART_NODE] = { .word = "node", .size = sizeof(struct fp_flow_node) },
	[FP_PART_LB] = { .word = "load_balancer", .size = sizeof(struct fp_flow_lb) },
	[FP_PART_PARTNER] = { .word = "partner", .size = sizeof(struct fp_flow_partner) },
	[FP_PART_SERVER] = { .word = "server", .size = sizeof(struct fp_flow_server) },
	[FP_PART_TRUST] = { .word = "trustpoints", .size = sizeof(struct fp_flow_trust) },
};

static struct kinds made[FP_WF_COUNT];

static void make_kinds(struct kinds *k, u32 bit)
{
	const struct fp_param *p;
	struct fp_kind *kind;
	struct fp_attr *row;
	u32 i;

	for (i = 0; i < FP_PART_COUNT; i++) {
		k->kind[i] = part_kinds[i];
		k->kind[i].id = FP_K_COUNT;
		k->kind[i].rows = k->rows[i];
	}
	for (p = fp_params; p < fp_params + fp_n_params; p++) {
		kind = &k->kind[p->part];
		if (!(p->in & bit) || kind->n_rows == MAX_ROWS)
			continue;
		row = &k->rows[p->part][kind->n_rows++];
		*row = p->row;
		if (p->need & bit && !(row->flags & FP_A_KEY))
			row->flags |= FP_A_REQUIRED;
	}
}

static const struct fp_kind *kind_of(const struct fp_workflow *wf, enum fp_flow_part part)
{
	struct kinds *k = &made[wf->id];

	if (!k->kind[FP_PART_MAIN].n_rows)
		make_kinds(k, 1u << wf->id);
	return &k->kind[part];
}

/* Keys beside the parameters of the main part. */
static const char *const nat_extra[] = { "workflow", "name",	    "nodes", "load_balancer",
					 "partners", "trustpoints", NULL };
static const char *const lync_extra[] = { "workflow", "name",	     "nodes", "load_balancer",
					  "servers",  "trustpoints", NULL };
static const char *const ocs_extra[] = { "workflow",	  "name",    "nodes",
					 "load_balancer", "servers", NULL };
static const char *const xmpp_extra[] = { "workflow", "name", "nodes", "partners", NULL };
static const char *const item_extra[] = { "name", NULL };

static const char *const *extra_of(const struct fp_workflow *wf)
{
	if (wf->id == FP_WF_XMPP)
		return xmpp_extra;
	if (wf->id == FP_WF_OCS_DIRECT)
		return ocs_extra;
	return wf->shape == FP_SHAPE_DIRECT ? lync_extra : nat_extra;
}

/**
 * fp_flow_where() - place of a field
 * @obj: object of the input
 * @attr: name of the field
 *
 * Return: the place, for fp_err_add()
 */
struct fp_where fp_flow_where(const struct fp_obj *obj, const char *attr)
{
	const struct fp_attr *row = fp_attr_find(obj->kind, attr);
	struct fp_where where = { .kind = obj->kind->word, .object = obj->name, .attr = attr };
	size_t i = row ? (size_t)(row - obj->kind->rows) : 0;

	where.pos = row && obj->at && obj->at[i].line ? &obj->at[i] : &obj->pos;
	return where;
}

/**
 * fp_flow_in_list() - is a host or domain in a list?
 * @list: the list
 * @name: its name
 *
 * Return: true if it is
 */
bool fp_flow_in_list(const struct fp_strs *list, const char *name)
{
	u32 i;

	for (i = 0; i < list->n; i++)
		if (fp_same_host(list->v[i], name))
			return true;
	return false;
}

/**
 * struct reader - the file on its way in
 * @in: what was read
 * @model: keeps the file name
 * @errs: gets every fault
 */
struct reader {
	struct fp_flow *in;
	struct fp_model *model;
	struct fp_errs *errs;
};

/* @pos: NULL for that of the field */
__attribute__((format(printf, 6, 7))) static void fault(struct reader *r, const struct fp_obj *obj,
							const struct fp_pos *pos, const char *attr,
							const char *remedy, const char *fmt, ...)
{
	struct fp_where where = fp_flow_where(obj, attr);
	char text[256];
	va_list args;

	if (pos)
		where.pos = pos;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fp_err_add(r->errs, FP_EXIT_REFUSED, &where, remedy, "%s", text);
}

/* --- items of lists --- */

static void check_item_name(struct reader *r, struct fp_obj *obj, const struct fp_ynode *n,
			    const struct fp_ynode *name)
{
	const struct fp_attr *row = &obj->kind->rows[0];
	bool is_host = row->syntax == FP_S_FQDN;
	const char *expect = is_host ? "expected a full host name such as fe1.example.net" :
				       "expected a short name such as imp1";
	const char *why;

	if (!obj->name) {
		fault(r, obj, name ? &name->pos : &n->pos, "name", expect, "%s",
		      name ? "is no name" : "is missing");
		return;
	}
	why = fp_txt_check(obj->name, row->syntax, row->max);
	if (why)
		fault(r, obj, name ? &name->pos : &n->pos, "name", expect, "'%.60s' %s", obj->name,
		      why);
}

static struct fp_obj *read_item(struct reader *r, const struct fp_kind *kind,
				const struct fp_ynode *n, const char *fallback)
{
	const struct fp_ynode *name = n->type == FP_Y_MAP ? fp_ynode_get(n, "name") : NULL;
	const char *text = name ? (name->type == FP_Y_SCALAR ? name->text : NULL) : fallback;
	struct fp_obj *obj = fp_obj_alloc_kind(kind, text);

	r->in->no_memory |= !obj;
	if (!obj)
		return NULL;
	fp_obj_read(obj, n, item_extra, r->model, r->errs);
	check_item_name(r, obj, n, name);
	return obj;
}

/* The first domain of a partner is its name where it has none. */
static const char *first_domain(const struct fp_ynode *n)
{
	const struct fp_ynode *d = n->type == FP_Y_MAP ? fp_ynode_get(n, "domains") : NULL;

	if (d && d->type == FP_Y_SEQ)
		d = d->first;
	if (!d || d->type != FP_Y_SCALAR || fp_txt_check(d->text, FP_S_NAME, 30))
		return NULL;
	return d->text;
}

static u32 count(const struct fp_ynode *list)
{
	const struct fp_ynode *n;
	u32 c = 0;

	for (n = list->first; n; n = n->next)
		c++;
	return c;
}

/* Faults of the domains are told with the domains; no name is wanted then. */
static const char *fallback_name(const struct fp_ynode *n)
{
	const char *first = first_domain(n);

	return first ? first : "partner";
}

/* A list of @part, NULL: told. @n: gets its length */
static struct fp_obj **read_list(struct reader *r, const struct fp_ynode *root, const char *key,
				 enum fp_flow_part part, u32 *n)
{
	const struct fp_kind *kind = kind_of(r->in->wf, part);
	const struct fp_ynode *list = fp_ynode_get(root, key), *item;
	struct fp_obj **v, *obj;

	if (!list || list->type != FP_Y_SEQ || !list->first) {
		fault(r, &r->in->o, list ? &list->key_pos : NULL, key,
		      "expected a list, each element behind a dash",
		      list ? "is no list" : "is missing");
		return NULL;
	}
	v = calloc(count(list), sizeof(*v));
	r->in->no_memory |= !v;
	for (item = v ? list->first : NULL; item; item = item->next) {
		obj = read_item(r, kind, item,
				part == FP_PART_PARTNER ? fallback_name(item) : NULL);
		if (obj)
			v[(*n)++] = obj;
	}
	return v;
}

/* A part that is there once; NULL where it is not. */
static struct fp_obj *read_map(struct reader *r, const struct fp_ynode *root, const char *key,
			       enum fp_flow_part part)
{
	const struct fp_ynode *map = fp_ynode_get(root, key);
	struct fp_obj *obj;

	if (!map)
		return NULL;
	obj = fp_obj_alloc_kind(kind_of(r->in->wf, part), NULL);
	r->in->no_memory |= !obj;
	if (!obj)
		return NULL;
	if (map->type != FP_Y_MAP)
		fault(r, &r->in->o, &map->key_pos, key, "expected parameter: value, one a line",
		      "has no parameters below it");
	else
		fp_obj_read(obj, map, NULL, r->model, r->errs);
	return obj;
}

static void read_trust(struct reader *r, const struct fp_ynode *root)
{
	struct fp_flow *in = r->in;

	if (!fp_flow_is(in, W_TLS))
		return;
	in->trust = read_map(r, root, "trustpoints", FP_PART_TRUST);
	if (!in->trust && fp_flow_is_relayed(in) && fp_flow_is_tls(in))
		fault(r, &in->o, NULL, "trustpoints",
		      "expected public_cert, public_key, partner_ca, inside_cert, inside_key and inside_ca",
		      "is missing, and transport is tls");
}

/* --- what follows from what was not said --- */

/* The routing node first: it is the one without a digit. */
static void sort_nodes(struct fp_flow *in)
{
	struct fp_flow_node *n;
	u32 i;

	for (i = 0; i < in->n_nodes && in->nodes[i]->digit; i++)
		;
	if (!i || i == in->n_nodes)
		return;
	n = in->nodes[i];
	memmove(in->nodes + 1, in->nodes, i * sizeof(*in->nodes));
	in->nodes[0] = n;
}

static void set_text(struct fp_flow *in, char **field, const char *text)
{
	if (*field || !text)
		return;
	*field = strdup(text);
	in->no_memory |= !*field;
}

static u16 default_port(const struct fp_flow *in, u32 transport)
{
	if (in->wf->id == FP_WF_XMPP)
		return 5269;
	if (transport != FEDPAT_TRANSPORT_TLS)
		return 5060;
	return in->wf->shape == FP_SHAPE_DIRECT ? 5061 : 5062;
}

static void node_defaults(struct fp_flow *in, struct fp_flow_node *n)
{
	if (!n->transport)
		n->transport = in->transport;
	if (!n->port)
		n->port = default_port(in, n->transport);
	set_text(in, &n->fqdn, n->subjects.n ? n->subjects.v[0] : n->o.name);
}

static void partner_defaults(struct fp_flow *in, struct fp_flow_partner *p)
{
	if (!p->port)
		p->port = in->wf->id == FP_WF_XMPP ? 5269 : fp_flow_is_tls(in) ? 5061 : 5060;
	if (in->wf->id == FP_WF_AOL)
		set_text(in, &p->edge, "sip.oscar.aol.com");
}

static void add_str(struct fp_flow *in, struct fp_strs *list, const char *text)
{
	char **v = reallocarray(list->v, list->n + 1, sizeof(*v));

	in->no_memory |= !v;
	if (!v)
		return;
	list->v = v;
	v[list->n] = strdup(text);
	in->no_memory |= !v[list->n];
	list->n += !!v[list->n];
}

/* The load balancer is the routing node, and the first of the others needs a digit. */
static void put_lb(struct fp_flow *in)
{
	const struct fp_kind *kind = kind_of(in->wf, FP_PART_NODE);
	struct fp_obj *obj = fp_obj_alloc_kind(kind, "lb");
	struct fp_flow_node *n = (struct fp_flow_node *)obj, **v;

	v = obj ? reallocarray(in->nodes, in->n_nodes + 1, sizeof(*v)) : NULL;
	in->no_memory |= !v;
	if (!v) {
		fp_obj_free(obj);
		return;
	}
	if (in->wf->shape == FP_SHAPE_ASA && in->n_nodes && !v[0]->digit)
		v[0]->digit = FP_FLOW_LB_DIGIT;
	memmove(v + 1, v, in->n_nodes * sizeof(*v));
	in->nodes = v;
	in->n_nodes++;
	v[0] = n;
	n->o.pos = in->lb->o.pos;
	n->is_lb = true;
	n->address = in->lb->address;
	n->transport = in->transport;
	n->port = in->lb->port ? in->lb->port : default_port(in, n->transport);
	set_text(in, &n->fqdn, in->lb->fqdn);
	if (in->lb->fqdn)
		add_str(in, &n->subjects, in->lb->fqdn);
	n->sip_port = 0;
	n->presence_port = 0;
}

static void text_defaults(struct fp_flow *in)
{
	char id[FEDPAT_NAME_MAX + 1];

	if (!in->inside_port)
		in->inside_port = 5061;
	set_text(in, &in->routing_fqdn, in->lb ? in->lb->fqdn : in->public_fqdn);
	set_text(in, &in->site_id, "1");
	set_text(in, &in->default_domain, "aol.com");
	set_text(in, &in->registrar, in->pool);
	if (in->n_servers)
		set_text(in, &in->registrar, in->servers[0]->o.name);
	if (in->local_domains.n) {
		snprintf(id, sizeof(id), "imp.%s", in->local_domains.v[0]);
		set_text(in, &in->app_id, id);
	}
}

static void defaults(struct fp_flow *in)
{
	u32 i;

	if (!in->transport && !fp_flow_is(in, W_ASA | W(OCS_DIRECT)))
		in->transport = in->wf->id == FP_WF_XMPP ? FEDPAT_TRANSPORT_TCP :
							   FEDPAT_TRANSPORT_TLS;
	for (i = 0; i < in->n_nodes; i++)
		node_defaults(in, in->nodes[i]);
	for (i = 0; i < in->n_partners; i++)
		partner_defaults(in, in->partners[i]);
	sort_nodes(in);
	if (in->lb)
		put_lb(in);
	text_defaults(in);
}

/* Servers that are met directly are one partner: what is derived is the same. */
static void servers_partner(struct fp_flow *in)
{
	const struct fp_kind *kind = kind_of(fp_workflows[FP_WF_LYNC_ASA], FP_PART_PARTNER);
	struct fp_flow_partner *p;
	struct fp_addr *v;
	u32 i;

	p = (struct fp_flow_partner *)fp_obj_alloc_kind(kind, "servers");
	in->partners = p ? calloc(1, sizeof(*in->partners)) : NULL;
	v = in->partners ? calloc(in->n_servers + 1, sizeof(*v)) : NULL;
	in->no_memory |= !v;
	if (!v) {
		fp_obj_free(p ? &p->o : NULL);
		return;
	}
	in->partners[in->n_partners++] = p;
	p->o.pos = in->o.pos;
	p->port = fp_flow_is_tls(in) ? 5061 : 5060;
	p->use_srv = 0;
	p->addresses = (struct fp_addrs){ .v = v, .n = in->n_servers };
	for (i = 0; i < in->partner_domains.n; i++)
		add_str(in, &p->domains, in->partner_domains.v[i]);
	for (i = 0; i < in->n_servers; i++) {
		v[i] = in->servers[i]->address;
		if (in->servers[i]->o.name)
			add_str(in, &p->subjects, in->servers[i]->o.name);
	}
	if (in->pool)
		add_str(in, &p->subjects, in->pool);
	if (p->subjects.n)
		set_text(in, &p->edge, p->subjects.v[0]);
}

static void read_parts(struct reader *r, const struct fp_ynode *root)
{
	struct fp_flow *in = r->in;

	if (fp_flow_is(in, W_SIP))
		in->lb = (struct fp_flow_lb *)read_map(r, root, "load_balancer", FP_PART_LB);
	in->nodes = (void *)read_list(r, root, "nodes", FP_PART_NODE, &in->n_nodes);
	if (in->wf->shape != FP_SHAPE_DIRECT)
		in->partners = (void *)read_list(r, root, "partners", FP_PART_PARTNER,
						 &in->n_partners);
	else
		in->servers = (void *)read_list(r, root, "servers", FP_PART_SERVER,
						&in->n_servers);
	defaults(in);
	if (in->wf->shape == FP_SHAPE_DIRECT)
		servers_partner(in);
	read_trust(r, root);
}

/**
 * fp_flow_read() - a file
 * @wf: its workflow
 * @doc: the document, whose root is a map
 * @name: name of the federation
 * @model: keeps the file name for positions
 * @errs: gets every fault
 *
 * Return: what was read, NULL without memory
 */
struct fp_flow *fp_flow_read(const struct fp_workflow *wf, const struct fp_ydoc *doc,
			     const char *name, struct fp_model *model, struct fp_errs *errs)
{
	struct reader r = { .model = model, .errs = errs };

	r.in = (struct fp_flow *)fp_obj_alloc_kind(kind_of(wf, FP_PART_MAIN), name);
	if (!r.in)
		return NULL;
	r.in->wf = wf;
	fp_obj_read(&r.in->o, doc->root, extra_of(wf), model, errs);
	read_parts(&r, doc->root);
	if (!r.in->no_memory)
		return r.in;
	fp_flow_free(r.in);
	return NULL;
}

/* Texts that no row of the workflow has, but that got a default. */
static void free_texts(struct fp_flow *in)
{
	char **text[] = { &in->routing_fqdn, &in->site_id, &in->default_domain, &in->registrar,
			  &in->app_id };
	const struct fp_attr *row;
	size_t i;
	u8 j;

	for (i = 0; i < ARRAY_SIZE(text); i++) {
		for (j = 0; j < in->o.kind->n_rows; j++) {
			row = &in->o.kind->rows[j];
			if (fp_obj_field(&in->o, row) == (void *)text[i])
				break;
		}
		if (j == in->o.kind->n_rows)
			free(*text[i]);
	}
}

static void free_nodes(struct fp_flow *in)
{
	bool owns_subjects = fp_flow_is(in, W_TLS);
	u32 i;

	for (i = 0; i < in->n_nodes; i++) {
		if (in->nodes[i]->is_lb && !owns_subjects) {
			while (in->nodes[i]->subjects.n)
				free(in->nodes[i]->subjects.v[--in->nodes[i]->subjects.n]);
			free(in->nodes[i]->subjects.v);
		}
		fp_obj_free(&in->nodes[i]->o);
	}
	free(in->nodes);
}

/**
 * fp_flow_free() - free what was read
 * @in: the input, or NULL
 */
void fp_flow_free(struct fp_flow *in)
{
	u32 i;

	if (!in)
		return;
	free_nodes(in);
	for (i = 0; i < in->n_partners; i++)
		fp_obj_free(&in->partners[i]->o);
	for (i = 0; i < in->n_servers; i++)
		fp_obj_free(&in->servers[i]->o);
	free(in->partners);
	free(in->servers);
	fp_obj_free(in->trust);
	fp_obj_free(in->lb ? &in->lb->o : NULL);
	free_texts(in);
	fp_obj_free(&in->o);
}
