// SPDX-License-Identifier: GPL-2.0
/* Workflow lync-b2b-asa: its file, field by field, and what the fields say together. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy_file.h"
#include "text.h"
#include "workflow_b2b_asa.h"

/* Rows like those of the policy's kinds; ids only have to differ. */
#define ROW(nm, s, f, t, ...)                                                        \
	{                                                                            \
		.name = nm, .id = __COUNTER__ + 1, .type = t, .off = offsetof(struct s, f), \
		.ref = FP_K_COUNT, __VA_ARGS__                                       \
	}
#define STR(nm, s, f, syn, mx, ...) ROW(nm, s, f, FP_T_STR, .syntax = syn, .max = mx, __VA_ARGS__)
#define STRS(nm, s, f, syn, ...) \
	ROW(nm, s, f, FP_T_STRS, .syntax = syn, .max = FEDPAT_FQDN_MAX, __VA_ARGS__)
#define WORDS(nm, s, f, w, ...) \
	ROW(nm, s, f, FP_T_ENUM, .words = w, .max = ARRAY_SIZE(w) - 2, __VA_ARGS__)
#define PORT(nm, s, f, ...) ROW(nm, s, f, FP_T_U16, .unit = FP_U_PORT, .max = 65535, __VA_ARGS__)
#define PATH(nm, f, ...) STR(nm, fp_b2b_trust, f, FP_S_PATH, FEDPAT_PATH_MAX, __VA_ARGS__)
#define NEED .flags = FP_A_REQUIRED

static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const ekus[] = { "role", "both", "any-tls", NULL };
static const char *const profiles[] = { "default", "fips", "legacy", NULL };
static const char *const transports[] = { "any", "udp", "tcp", "tls", NULL };

static const struct fp_attr main_rows[] = {
	STR("name", fp_b2b, o.name, FP_S_NAME, FEDPAT_NAME_MAX, .flags = FP_A_KEY),
	STRS("local_domains", fp_b2b, local_domains, FP_S_FQDN, NEED),
	STR("public_fqdn", fp_b2b, public_fqdn, FP_S_FQDN, FEDPAT_FQDN_MAX, NEED),
	ROW("public_address", fp_b2b, public_address, FP_T_ADDR, NEED),
	ROW("inside_address", fp_b2b, inside_address, FP_T_ADDR, NEED),
	STR("inside_interface", fp_b2b, inside_interface, FP_S_IFNAME, 15, NEED),
	STR("outside_interface", fp_b2b, outside_interface, FP_S_IFNAME, 15, NEED),
	STR("inside_zone", fp_b2b, inside_zone, FP_S_NAME, FEDPAT_NAME_MAX),
	STR("outside_zone", fp_b2b, outside_zone, FP_S_NAME, FEDPAT_NAME_MAX),
	WORDS("transport", fp_b2b, transport, transports, .def = FEDPAT_TRANSPORT_TLS),
	ROW("inside_networks", fp_b2b, inside_networks, FP_T_CIDRS),
	STRS("inside_names", fp_b2b, inside_names, FP_S_SUFFIX),
	WORDS("bind_outside_list", fp_b2b, bind_outside_list, yes_no, .def = 1),
	ROW("other_inside_traffic", fp_b2b, other_inside_traffic, FP_T_FLAG, .max = 1),
	PORT("outside_listener", fp_b2b, outside_listener, .min = 1),
	PORT("inside_listener", fp_b2b, inside_listener, .min = 1),
	STR("token_key_file", fp_b2b, token_key_file, FP_S_PATH, FEDPAT_PATH_MAX),
};

static const struct fp_attr node_rows[] = {
	STR("name", fp_b2b_node, o.name, FP_S_NAME, 20, .flags = FP_A_KEY),
	ROW("address", fp_b2b_node, address, FP_T_ADDR, NEED),
	PORT("port", fp_b2b_node, port, .min = 1),
	WORDS("transport", fp_b2b_node, transport, transports),
	ROW("digit", fp_b2b_node, digit, FP_T_U8, .min = 1, .max = FP_B2B_MAX_DIGIT),
	STRS("subjects", fp_b2b_node, subjects, FP_S_HOST),
	PORT("sip_port", fp_b2b_node, sip_port, .def = 5060),
	PORT("presence_port", fp_b2b_node, presence_port, .def = 5080),
};

static const struct fp_attr partner_rows[] = {
	STR("name", fp_b2b_partner, o.name, FP_S_NAME, 30, .flags = FP_A_KEY),
	STRS("domains", fp_b2b_partner, domains, FP_S_FQDN, NEED),
	STR("edge", fp_b2b_partner, edge, FP_S_FQDN, FEDPAT_FQDN_MAX),
	ROW("addresses", fp_b2b_partner, addresses, FP_T_ADDRS, NEED),
	STRS("subjects", fp_b2b_partner, subjects, FP_S_HOST),
	PORT("port", fp_b2b_partner, port, .min = 1),
	WORDS("use_srv", fp_b2b_partner, use_srv, yes_no, .def = 1),
	WORDS("eku", fp_b2b_partner, eku, ekus, .def = FEDPAT_EKU_BOTH),
	WORDS("tls_profile", fp_b2b_partner, tls_profile, profiles),
};

static const struct fp_attr trust_rows[] = {
	PATH("public_cert", public_cert, NEED), PATH("public_key", public_key, NEED),
	PATH("partner_ca", partner_ca, NEED),	PATH("partner_crl", partner_crl),
	PATH("inside_cert", inside_cert, NEED), PATH("inside_key", inside_key, NEED),
	PATH("inside_ca", inside_ca, NEED),	PATH("inside_crl", inside_crl),
};

#define KIND(w, s, table)                                                             \
	{                                                                             \
		.id = FP_K_COUNT, .word = w, .size = sizeof(struct s), .rows = table, \
		.n_rows = ARRAY_SIZE(table)                                           \
	}

static const struct fp_kind main_kind = KIND("federation", fp_b2b, main_rows);
static const struct fp_kind node_kind = KIND("node", fp_b2b_node, node_rows);
static const struct fp_kind partner_kind = KIND("partner", fp_b2b_partner, partner_rows);
static const struct fp_kind trust_kind = KIND("trustpoints", fp_b2b_trust, trust_rows);

static const char *const main_extra[] = { "workflow", "name",	  "trustpoints",
					  "nodes",    "partners", NULL };
static const char *const item_extra[] = { "name", NULL };

/**
 * fp_b2b_where() - place of a field
 * @obj: object of the input
 * @attr: name of the field
 *
 * Return: the place, for fp_err_add()
 */
struct fp_where fp_b2b_where(const struct fp_obj *obj, const char *attr)
{
	const struct fp_attr *row = fp_attr_find(obj->kind, attr);
	struct fp_where where = { .kind = obj->kind->word, .object = obj->name, .attr = attr };
	size_t i = row ? (size_t)(row - obj->kind->rows) : 0;

	where.pos = row && obj->at && obj->at[i].line ? &obj->at[i] : &obj->pos;
	return where;
}

__attribute__((format(printf, 5, 6))) static void fault(struct fp_errs *errs,
							const struct fp_obj *obj, const char *attr,
							const char *remedy, const char *fmt, ...)
{
	struct fp_where where = fp_b2b_where(obj, attr);
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fp_err_add(errs, FP_EXIT_REFUSED, &where, remedy, "%s", text);
}

/* --- read --- */

/**
 * struct reader - the file on its way in
 * @in: what was read
 * @model: keeps the file name
 * @errs: gets every fault
 */
struct reader {
	struct fp_b2b *in;
	struct fp_model *model;
	struct fp_errs *errs;
};

static struct fp_obj *read_item(struct reader *r, const struct fp_kind *kind,
				const struct fp_ynode *n, const char *fallback)
{
	const struct fp_ynode *name = n->type == FP_Y_MAP ? fp_ynode_get(n, "name") : NULL;
	const char *text = name && name->type == FP_Y_SCALAR ? name->text : fallback;
	struct fp_obj *obj = fp_obj_alloc_kind(kind, text);
	const char *why;

	if (!obj)
		return NULL;
	fp_obj_read(obj, n, item_extra, r->model, r->errs);
	if (!text) {
		fault(r->errs, obj, "name", "expected a short name such as imp1", "is missing");
		return obj;
	}
	why = fp_txt_check(text, kind->rows[0].syntax, kind->rows[0].max);
	if (why)
		fault(r->errs, obj, "name", "expected a short name such as imp1", "'%.60s' %s",
		      text, why);
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

static const struct fp_ynode *list_of(struct reader *r, const struct fp_ynode *root,
				      const char *key)
{
	const struct fp_ynode *list = fp_ynode_get(root, key);

	if (list && list->type == FP_Y_SEQ && list->first)
		return list;
	fault(r->errs, &r->in->o, key, "expected a list, each element behind a dash",
	      list ? "is no list" : "is missing");
	return NULL;
}

static void read_nodes(struct reader *r, const struct fp_ynode *root)
{
	const struct fp_ynode *list = list_of(r, root, "nodes"), *n;
	struct fp_b2b *in = r->in;
	struct fp_obj *obj;

	in->nodes = list ? calloc(count(list), sizeof(*in->nodes)) : NULL;
	for (n = in->nodes ? list->first : NULL; n; n = n->next) {
		obj = read_item(r, &node_kind, n, NULL);
		if (obj)
			in->nodes[in->n_nodes++] = (struct fp_b2b_node *)obj;
	}
}

static void read_partners(struct reader *r, const struct fp_ynode *root)
{
	const struct fp_ynode *list = list_of(r, root, "partners"), *n;
	struct fp_b2b *in = r->in;
	struct fp_obj *obj;

	in->partners = list ? calloc(count(list), sizeof(*in->partners)) : NULL;
	for (n = in->partners ? list->first : NULL; n; n = n->next) {
		obj = read_item(r, &partner_kind, n, first_domain(n));
		if (obj)
			in->partners[in->n_partners++] = (struct fp_b2b_partner *)obj;
	}
}

static void read_trust(struct reader *r, const struct fp_ynode *root)
{
	const struct fp_ynode *map = fp_ynode_get(root, "trustpoints");

	if (map) {
		r->in->trust = fp_obj_alloc_kind(&trust_kind, NULL);
		if (r->in->trust)
			fp_obj_read(r->in->trust, map, NULL, r->model, r->errs);
	} else if (r->in->transport == FEDPAT_TRANSPORT_TLS) {
		fault(r->errs, &r->in->o, "trustpoints",
		      "expected public_cert, public_key, partner_ca, inside_cert, inside_key and inside_ca",
		      "is missing, and transport is tls");
	}
}

/* The routing node first: it is the one without a digit. */
static void sort_nodes(struct fp_b2b *in)
{
	struct fp_b2b_node *n;
	u32 i;

	for (i = 0; i < in->n_nodes && in->nodes[i]->digit; i++)
		;
	if (!i || i == in->n_nodes)
		return;
	n = in->nodes[i];
	memmove(in->nodes + 1, in->nodes, i * sizeof(*in->nodes));
	in->nodes[0] = n;
}

static void defaults(struct fp_b2b *in)
{
	struct fp_b2b_partner *p;
	struct fp_b2b_node *n;
	u32 i;

	for (i = 0; i < in->n_nodes; i++) {
		n = in->nodes[i];
		if (!n->transport)
			n->transport = in->transport;
		if (!n->port)
			n->port = n->transport == FEDPAT_TRANSPORT_TLS ? 5062 : 5060;
	}
	for (i = 0; i < in->n_partners; i++) {
		p = in->partners[i];
		if (!p->port)
			p->port = in->transport == FEDPAT_TRANSPORT_TLS ? 5061 : 5060;
	}
	sort_nodes(in);
}

/**
 * fp_b2b_read() - the file
 * @doc: the document, whose root is a map
 * @name: name of the federation
 * @model: keeps the file name for positions
 * @errs: gets every fault
 *
 * Return: what was read, NULL without memory
 */
struct fp_b2b *fp_b2b_read(const struct fp_ydoc *doc, const char *name, struct fp_model *model,
			   struct fp_errs *errs)
{
	struct reader r = { .model = model, .errs = errs };

	r.in = (struct fp_b2b *)fp_obj_alloc_kind(&main_kind, name);
	if (!r.in)
		return NULL;
	fp_obj_read(&r.in->o, doc->root, main_extra, model, errs);
	read_trust(&r, doc->root);
	read_nodes(&r, doc->root);
	read_partners(&r, doc->root);
	defaults(r.in);
	return r.in;
}

/**
 * fp_b2b_free() - free the input
 * @in: the input
 */
void fp_b2b_free(struct fp_b2b *in)
{
	u32 i;

	for (i = 0; i < in->n_nodes; i++)
		fp_obj_free(&in->nodes[i]->o);
	for (i = 0; i < in->n_partners; i++)
		fp_obj_free(&in->partners[i]->o);
	free(in->nodes);
	free(in->partners);
	fp_obj_free(in->trust);
	fp_obj_free(&in->o);
}

/* --- lint --- */

struct lint {
	const struct fp_b2b *in;
	const struct fp_model *running;
	struct fp_errs *notes;
	struct fp_errs *errs;
};

static void lint_digits(const struct lint *l)
{
	const struct fp_b2b *in = l->in;
	const struct fp_obj *used[FP_B2B_MAX_DIGIT + 1] = { NULL };
	const struct fp_b2b_node *n;
	u32 i;

	for (i = 0; i < in->n_nodes; i++) {
		n = in->nodes[i];
		if (n->digit > FP_B2B_MAX_DIGIT)
			continue; /* told before */
		if (used[n->digit] && n->digit)
			fault(l->errs, &n->o, "digit", "give each node a digit of its own, 1 to 6",
			      "%u is also that of node '%s'", n->digit, used[n->digit]->name);
		else if (used[0] && !n->digit)
			fault(l->errs, &n->o, "digit",
			      "every node but the routing one needs a digit, 1 to 6, for its public ports",
			      "is missing, and node '%s' is the routing node", used[0]->name);
		used[n->digit] = &n->o;
	}
	if (in->n_nodes && !used[0])
		fault(l->errs, &in->nodes[0]->o, "digit", "take it away: the routing node has none",
		      "every node has a digit, so that none is the routing node");
}

static void lint_node_pair(const struct lint *l, const struct fp_b2b_node *a,
			   const struct fp_b2b_node *b)
{
	if (a->o.name && b->o.name && !strcmp(a->o.name, b->o.name))
		fault(l->errs, &b->o, "name", "give each node a name of its own", "is given twice");
	if (a->address.family && fp_same_addr(&a->address, &b->address))
		fault(l->errs, &b->o, "address", "one node, one address",
		      "is also that of node '%s'", a->o.name ? a->o.name : "?");
}

static void lint_port(const struct lint *l, const struct fp_obj *o, const char *attr, u16 port,
		      u32 transport)
{
	if (transport == FEDPAT_TRANSPORT_TLS && port == 5060)
		fault(l->errs, o, attr, "TLS goes with 5061 or 5062 (5060 is plain SIP)",
		      "is 5060, and transport is tls");
	if (transport != FEDPAT_TRANSPORT_TLS && (port == 5061 || port == 5062))
		fault(l->errs, o, attr, "plain SIP goes with 5060 (5061 and 5062 are TLS)",
		      "is %u, and transport is not tls", port);
}

static void lint_family(const struct lint *l, const struct fp_obj *o, const char *attr,
			const struct fp_addr *a)
{
	if (a->family && l->in->public_address.family && a->family != l->in->public_address.family)
		fault(l->errs, o, attr, "translation does not cross between IPv4 and IPv6",
		      "is not of the family of public_address");
}

static void lint_transport(const struct lint *l, const struct fp_b2b_node *n)
{
	bool node_udp = n->transport == FEDPAT_TRANSPORT_UDP;
	bool udp = l->in->transport == FEDPAT_TRANSPORT_UDP;

	if (udp != node_udp)
		fault(l->errs, &n->o, "transport",
		      "UDP is rewritten packet by packet and cannot become TCP or TLS",
		      "mixes udp with another transport");
	if (n->transport != FEDPAT_TRANSPORT_TLS)
		return;
	if (n->port == n->presence_port || n->port == n->sip_port)
		fault(l->errs, &n->o, "port", "give each listener a port of its own",
		      "is also its sip_port or presence_port");
	if (!n->subjects.n)
		fault(l->notes, &n->o, "subjects",
		      "list the names of its certificate unless that holds the address",
		      "are not given: its certificate must prove its address");
}

static void lint_nodes(const struct lint *l)
{
	const struct fp_b2b *in = l->in;
	const struct fp_b2b_node *n;
	u32 i, j;

	for (i = 0; i < in->n_nodes; i++) {
		n = in->nodes[i];
		for (j = 0; j < i; j++)
			lint_node_pair(l, in->nodes[j], n);
		lint_family(l, &n->o, "address", &n->address);
		lint_port(l, &n->o, "port", n->port, n->transport);
		lint_transport(l, n);
		if (n->address.family && fp_same_addr(&n->address, &in->inside_address))
			fault(l->errs, &n->o, "address", "inside_address is that of the gateway",
			      "is also inside_address");
	}
	lint_digits(l);
}

static bool in_list(const struct fp_strs *list, const char *name)
{
	u32 i;

	for (i = 0; i < list->n; i++)
		if (fp_same_host(list->v[i], name))
			return true;
	return false;
}

static void lint_domain(const struct lint *l, const struct fp_b2b_partner *p, const char *domain,
			u32 index)
{
	const struct fp_b2b *in = l->in;
	const struct fp_obj *other;
	char lower[FEDPAT_FQDN_MAX + 1];
	u32 i, j;

	if (in_list(&in->local_domains, domain))
		fault(l->errs, &p->o, "domains", "a domain is ours or a partner's, not both",
		      "'%s' is also in local_domains", domain);
	for (i = 0; i < in->n_partners && in->partners[i] != p; i++)
		if (in_list(&in->partners[i]->domains, domain))
			fault(l->errs, &p->o, "domains", "one domain, one partner",
			      "'%s' is also that of partner '%s'", domain, in->partners[i]->o.name);
	for (j = 0; j < index; j++)
		if (fp_same_host(p->domains.v[j], domain))
			fault(l->errs, &p->o, "domains", "write it once", "'%s' is given twice",
			      domain);
	snprintf(lower, sizeof(lower), "%s", domain);
	for (i = 0; lower[i]; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] += 'a' - 'A';
	other = fp_model_find(l->running, FP_K_DOMAIN, lower);
	if (other && (!other->owner || strcmp(other->owner, in->o.name)))
		fault(l->errs, &p->o, "domains",
		      "one domain, one federation: delete it there first",
		      "'%s' is federated already, by %s", domain,
		      other->owner ? other->owner : "an object made by hand");
}

static void lint_partners(const struct lint *l)
{
	const struct fp_b2b *in = l->in;
	const struct fp_b2b_partner *p;
	u32 i, j;

	for (i = 0; i < in->n_partners; i++) {
		p = in->partners[i];
		for (j = 0; j < p->domains.n; j++)
			lint_domain(l, p, p->domains.v[j], j);
		for (j = 0; j < i; j++)
			if (p->o.name && in->partners[j]->o.name &&
			    !strcmp(p->o.name, in->partners[j]->o.name))
				fault(l->errs, &p->o, "name", "give each partner a name of its own",
				      "is given twice");
		for (j = 0; j < p->addresses.n; j++)
			lint_family(l, &p->o, "addresses", &p->addresses.v[j]);
		lint_port(l, &p->o, "port", p->port, in->transport);
		if (in->transport == FEDPAT_TRANSPORT_TLS && !p->subjects.n && !p->edge)
			fault(l->errs, &p->o, "subjects",
			      "give edge, or the names that its certificate proves",
			      "are missing: with TLS a partner is known by its certificate");
		if (!p->use_srv && !p->edge)
			fault(l->errs, &p->o, "edge", "give the edge's name, or use_srv: yes",
			      "is missing, and use_srv is no");
	}
}

/* An Access Edge asks DNS for the domain and wants the target in it. */
static bool lies_in(const char *host, const char *domain)
{
	const char *dot = strchr(host, '.');

	return dot && fp_same_host(dot + 1, domain);
}

static void lint_names(const struct lint *l)
{
	const struct fp_b2b *in = l->in;
	u32 i;

	for (i = 0; in->public_fqdn && i < in->local_domains.n; i++)
		if (!lies_in(in->public_fqdn, in->local_domains.v[i]))
			fault(l->notes, &in->o, "public_fqdn",
			      "a Microsoft edge takes an SRV target only in the domain itself, else 504",
			      "'%s' does not lie in '%s'", in->public_fqdn, in->local_domains.v[i]);
	if (in->transport == FEDPAT_TRANSPORT_ANY)
		fault(l->errs, &in->o, "transport", "expected tls, tcp or udp", "is any");
	else if (in->transport != FEDPAT_TRANSPORT_TLS)
		fault(l->notes, &in->o, "transport",
		      "fine for tests; a Lync or OCS edge federates over TLS only", "is not tls");
	if (!in->inside_networks.n)
		fault(l->notes, &in->o, "inside_networks",
		      "list the networks of your clients and servers to hide them too",
		      "are not given: only the nodes' own addresses are hidden");
	lint_family(l, &in->o, "inside_address", &in->inside_address);
	if (in->outside_interface && in->inside_interface &&
	    !strcmp(in->outside_interface, in->inside_interface))
		fault(l->errs, &in->o, "outside_interface",
		      "inside and outside lie on two interfaces", "is also inside_interface");
}

static void lint_file(const struct lint *l, const char *attr, const char *file)
{
	if (file && access(file, R_OK))
		fault(l->notes, l->in->trust, attr, "put it there before partners connect",
		      "%s cannot be read: %s", file, strerror(errno));
}

static void lint_trust(const struct lint *l)
{
	const struct fp_b2b_trust *t = (const struct fp_b2b_trust *)l->in->trust;
	const struct fp_attr *row;
	u8 i;

	for (i = 0; t && i < t->o.kind->n_rows; i++) {
		row = &t->o.kind->rows[i];
		lint_file(l, row->name, *(char **)fp_obj_field(&t->o, row));
	}
}

/**
 * fp_b2b_lint() - what the fields say together
 * @in: the input
 * @running: the policy now
 * @notes: gets what the operator should know
 * @errs: gets what is wrong
 */
void fp_b2b_lint(const struct fp_b2b *in, const struct fp_model *running, struct fp_errs *notes,
		 struct fp_errs *errs)
{
	struct lint l = { .in = in, .running = running, .notes = notes, .errs = errs };

	lint_names(&l);
	lint_nodes(&l);
	lint_partners(&l);
	lint_trust(&l);
}
