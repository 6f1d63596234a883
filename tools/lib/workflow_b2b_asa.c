// SPDX-License-Identifier: GPL-2.0
/*
 * Workflow lync-b2b-asa: the objects. What an ASA is given for it, line by line:
 * dynamic PAT of the nodes, static PAT with the digit scheme for further
 * nodes, two access lists a node, a class map for each of them, two TLS
 * proxies, an inspect map; and what the gateway must know besides: names,
 * peers, domains, nodes.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ace.h"
#include "text.h"
#include "workflow_b2b_asa.h"

/* Not a port of the digit scheme: rows and listeners must not meet. */
#define FIRST_LISTENER 7061

/**
 * struct derive - objects in the making
 * @in: the input
 * @m: policy that gets them
 * @running: the policy now
 * @notes: gets what the operator should know
 * @errs: gets what is wrong
 * @inside: zone of the nodes
 * @outside: zone of the partners
 * @list: bound to @outside, NULL where none is
 */
struct derive {
	const struct fp_b2b *in;
	struct fp_model *m;
	const struct fp_model *running;
	struct fp_errs *notes;
	struct fp_errs *errs;
	const char *inside;
	const char *outside;
	struct fp_obj_acl *list;
};

static bool is_tls(const struct derive *d)
{
	return d->in->transport == FEDPAT_TRANSPORT_TLS;
}

static u8 proto(const struct derive *d)
{
	return d->in->transport == FEDPAT_TRANSPORT_UDP ? 17 : 6;
}

static void no_memory(struct derive *d)
{
	fp_err_add(d->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
}

/* Setters fail without memory only; half an object must not be applied. */
static void must(struct derive *d, int err)
{
	if (err)
		no_memory(d);
}

/* An object of ours. @src: what in the file it comes from. NULL: told why. */
static struct fp_obj *make(struct derive *d, enum fp_kind_id kind, const struct fp_obj *src,
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
		no_memory(d);
		return NULL;
	}
	obj->pos = src->pos;
	must(d, fp_obj_set_str(obj, fp_attr_find(obj->kind, "owner")->id, owner));
	return obj;
}

/* NAME.suffix of ours, NAME being that of the federation. */
__attribute__((format(printf, 4, 5))) static struct fp_obj *
own(struct derive *d, enum fp_kind_id kind, const struct fp_obj *src, const char *fmt, ...)
{
	char name[FEDPAT_NAME_MAX + 1];
	va_list args;
	size_t n;

	n = (size_t)snprintf(name, sizeof(name), "%s.", d->in->o.name);
	va_start(args, fmt);
	vsnprintf(name + n, sizeof(name) - n, fmt, args);
	va_end(args);
	return make(d, kind, src, d->in->o.name, name);
}

static void set_str(struct derive *d, struct fp_obj *obj, u16 id, const char *value)
{
	if (value)
		must(d, fp_obj_set_str(obj, id, value));
}

/* A reference to an object of ours. */
static void set_own(struct derive *d, struct fp_obj *obj, u16 id, const char *suffix)
{
	char name[FEDPAT_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s.%s", d->in->o.name, suffix);
	must(d, fp_obj_set_str(obj, id, name));
}

static void set_num(struct derive *d, struct fp_obj *obj, u16 id, u64 value)
{
	must(d, fp_obj_set_num(obj, id, value));
}

static void add_strs(struct derive *d, struct fp_obj *obj, u16 id, const struct fp_strs *list)
{
	u32 i;

	for (i = 0; i < list->n; i++)
		must(d, fp_obj_add_str(obj, id, list->v[i]));
}

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
	struct fp_where where = fp_b2b_where(&d->in->o, attr);

	fp_err_add(d->errs, FP_EXIT_REFUSED, &where, remedy, "zone '%s' %s", name, text);
}

static struct fp_obj_zone *new_zone(struct derive *d, const char *name, u32 role)
{
	struct fp_obj *obj = make(d, FP_K_ZONE, &d->in->o, FP_OWNER_SHARED, name);

	if (obj)
		set_num(d, obj, FEDPAT_A_ZONE_ROLE, role);
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
		must(d, fp_obj_add_str(&zone->o, FEDPAT_A_ZONE_INTERFACE, ifname));
		return zone->o.name;
	}
	snprintf(attr, sizeof(attr), "%s_interface", side);
	snprintf(remedy, sizeof(remedy), "add it: fedctl zone set %s interface %s%s%s",
		 zone->o.name, zone->interface.n ? zone->interface.v[0] : "",
		 zone->interface.n ? "," : "", ifname);
	zone_fault(d, attr, remedy, "was made by hand and has not this interface", zone->o.name);
	return NULL;
}

static void zones(struct derive *d)
{
	d->inside = use_zone(d, FEDPAT_ROLE_INSIDE, "inside", d->in->inside_interface,
			     d->in->inside_zone);
	d->outside = use_zone(d, FEDPAT_ROLE_OUTSIDE, "outside", d->in->outside_interface,
			      d->in->outside_zone);
}

/* --- access lists --- */

static struct fp_obj_ace *new_ace(struct derive *d, const struct fp_b2b_partner *p, const char *acl,
				  const struct fp_addr *src, const struct fp_addr *dst, u16 port)
{
	struct fp_cidr from = fp_cidr_host(src), to = fp_cidr_host(dst);
	struct fp_obj *ace = fp_obj_alloc(FP_K_ACE, NULL);

	if (!ace) {
		no_memory(d);
		return NULL;
	}
	ace->pos = p->o.pos;
	set_str(d, ace, FEDPAT_A_ACE_ACL, acl);
	set_str(d, ace, FEDPAT_A_ACE_OWNER, d->in->o.name);
	set_num(d, ace, FEDPAT_A_ACE_ACTION, FEDPAT_ACTION_PERMIT);
	set_num(d, ace, FEDPAT_A_ACE_PROTO, proto(d));
	must(d, fp_obj_set_cidr(ace, FEDPAT_A_ACE_SRC, &from));
	must(d, fp_obj_set_cidr(ace, FEDPAT_A_ACE_DST, &to));
	set_num(d, ace, FEDPAT_A_ACE_DPORT_LO, port);
	set_num(d, ace, FEDPAT_A_ACE_DPORT_HI, port);
	set_str(d, ace, FEDPAT_A_ACE_REMARK, p->o.name);
	return (struct fp_obj_ace *)ace;
}

static void add_ace(struct derive *d, struct fp_obj_acl *acl, struct fp_obj_ace *ace, u32 line)
{
	if (ace && fp_acl_add_ace(acl, ace, line)) {
		fp_obj_free(&ace->o);
		no_memory(d);
	}
}

/* What the outside zone lets in is bound to it; a list made by hand is used as it is. */
static void outside_list(struct derive *d)
{
	struct fp_obj_zone *zone = fp_find_zone(d->m, d->outside);
	struct fp_where where = fp_b2b_where(&d->in->o, "bind_outside_list");
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
		acl = make(d, FP_K_ACL, &d->in->o, FP_OWNER_SHARED, "outside_access_in");
	set_str(d, &zone->o, FEDPAT_A_ZONE_ACCESS_LIST, "outside_access_in");
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

static void check_permitted(struct derive *d, const struct fp_b2b_partner *p,
			    const struct fp_obj_ace *ours)
{
	struct fp_where where = fp_b2b_where(&p->o, "addresses");
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

/* Every entry of the inbound class lists, once more, for the zone. */
static void let_in(struct derive *d, const struct fp_b2b_partner *p, const struct fp_obj_acl *acl)
{
	u32 line = place_in_list(d), i;
	struct fp_obj_ace *copy;

	while (line <= d->list->n_aces && d->list->aces[line - 1]->o.owner &&
	       !strcmp(d->list->aces[line - 1]->o.owner, d->in->o.name))
		line++; /* behind those of the list before */
	for (i = 0; i < acl->n_aces; i++) {
		if (strcmp(acl->aces[i]->remark, p->o.name))
			continue;
		copy = (struct fp_obj_ace *)fp_obj_copy(&acl->aces[i]->o);
		if (!copy) {
			no_memory(d);
			return;
		}
		set_str(d, &copy->o, FEDPAT_A_ACE_ACL, d->list->o.name);
		add_ace(d, d->list, copy, line++);
		check_permitted(d, p, acl->aces[i]);
	}
}

/* --- static PAT --- */

/**
 * struct pub_row - a public port of a node
 * @pub: the public port
 * @port: port of the node
 * @transport: what the node speaks there
 */
struct pub_row {
	u16 pub;
	u16 port;
	u32 transport;
};

#define MAX_ROWS 4

static u32 add_row(struct pub_row *rows, u32 n, u32 pub, u16 port, u32 transport)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (rows[i].pub == pub)
			return n;
	if (!port)
		return n;
	rows[n] = (struct pub_row){ .pub = (u16)pub, .port = port, .transport = transport };
	return n + 1;
}

/*
 * The digit scheme: port p of the node with digit d is dp outside. Partners
 * dial 5061 for the routing node, whose listener is 5062; Contacts name 5062,
 * 5060 and 5080 as well.
 */
static u32 rows_of(const struct derive *d, const struct fp_b2b_node *n, struct pub_row *rows)
{
	u32 base = n->digit * 10000u, used = 0;
	u32 plain = proto(d) == 17 ? FEDPAT_TRANSPORT_UDP : FEDPAT_TRANSPORT_TCP;

	if (is_tls(d)) {
		if (!n->digit || n->port == 5061)
			used = add_row(rows, used, base + 5061, n->port, n->transport);
		if (n->digit ? n->port != 5061 : n->port == 5062)
			used = add_row(rows, used, base + 5062, n->port, n->transport);
		used = add_row(rows, used, base + 5060, n->sip_port, plain);
	} else {
		used = add_row(rows, used, base + 5060, n->port, n->transport);
	}
	return add_row(rows, used, base + 5080, n->presence_port, plain);
}

static void static_pat(struct derive *d, const struct fp_b2b_node *n, const struct pub_row *row,
		       u32 order)
{
	struct fp_endpoint pub = { .addr = d->in->public_address, .port = row->pub };
	struct fp_endpoint node = { .addr = n->address, .port = row->port };
	struct fp_obj *obj;

	obj = own(d, FP_K_STATIC_PAT, &n->o, "%s.%s.%u", n->o.name, proto(d) == 17 ? "udp" : "tcp",
		  row->pub);
	if (!obj)
		return;
	set_num(d, obj, FEDPAT_A_STATIC_PAT_ORDER, order);
	set_str(d, obj, FEDPAT_A_STATIC_PAT_FEDERATION, d->in->o.name);
	set_num(d, obj, FEDPAT_A_STATIC_PAT_PROTO, proto(d));
	set_str(d, obj, FEDPAT_A_STATIC_PAT_ZONE, d->outside);
	must(d, fp_obj_set_endpoint(obj, FEDPAT_A_STATIC_PAT_PUBLIC, &pub));
	must(d, fp_obj_set_endpoint(obj, FEDPAT_A_STATIC_PAT_NODE, &node));
}

/* A listener of a node; further ones are named after their port. */
static void node_object(struct derive *d, const struct fp_b2b_node *n, const struct pub_row *row)
{
	struct fp_endpoint ep = { .addr = n->address, .port = row->port };
	bool main_one = row->port == n->port;
	struct fp_obj *obj;
	char suffix[16] = "";

	if (!main_one)
		snprintf(suffix, sizeof(suffix), ".%u", row->port);
	obj = own(d, FP_K_NODE, &n->o, "%s%s", n->o.name, suffix);
	if (!obj)
		return;
	set_str(d, obj, FEDPAT_A_NODE_FEDERATION, d->in->o.name);
	must(d, fp_obj_set_endpoint(obj, FEDPAT_A_NODE_LISTENER, &ep));
	set_num(d, obj, FEDPAT_A_NODE_TRANSPORT, row->transport);
	if (row->transport == FEDPAT_TRANSPORT_TLS)
		add_strs(d, obj, FEDPAT_A_NODE_SUBJECT, &n->subjects);
	if (main_one && !n->digit)
		set_num(d, obj, FEDPAT_A_NODE_ROUTING, 1);
}

static void translations(struct derive *d, const struct fp_b2b_node *n)
{
	struct fp_cidr src = fp_cidr_host(&n->address);
	struct pub_row rows[MAX_ROWS];
	u32 used = rows_of(d, n, rows), i, j;
	struct fp_obj *obj;

	for (i = 0; i < used; i++) {
		static_pat(d, n, &rows[i], i + 1);
		for (j = 0; j < i && rows[j].port != rows[i].port; j++)
			;
		if (j == i) /* one node object a listener */
			node_object(d, n, &rows[i]);
	}
	obj = own(d, FP_K_PAT, &n->o, "%s", n->o.name);
	if (!obj)
		return;
	set_num(d, obj, FEDPAT_A_PAT_ORDER, 10);
	must(d, fp_obj_set_cidr(obj, FEDPAT_A_PAT_SRC, &src));
	set_str(d, obj, FEDPAT_A_PAT_ZONE, d->outside);
	must(d, fp_obj_set_addr(obj, FEDPAT_A_PAT_TO_ADDR, &d->in->public_address));
}

/* All other inside traffic goes out behind the interface's address. */
static void other_traffic(struct derive *d)
{
	char name[FEDPAT_NAME_MAX + 1];
	struct fp_obj *obj;

	if (!d->in->other_inside_traffic)
		return;
	snprintf(name, sizeof(name), "%s.interface", d->outside);
	if (fp_model_find(d->m, FP_K_PAT, name))
		return;
	obj = make(d, FP_K_PAT, &d->in->o, FP_OWNER_SHARED, name);
	if (!obj)
		return;
	set_num(d, obj, FEDPAT_A_PAT_ORDER, 1000);
	set_str(d, obj, FEDPAT_A_PAT_ZONE, d->outside);
}

/* --- class maps --- */

static const char *const ordinals[] = { "",	  "second_", "third_",	"fourth_",
					"fifth_", "sixth_",  "seventh_" };

static struct fp_obj_acl *class_map(struct derive *d, const struct fp_b2b_node *n, const char *name,
				    const char *zone, const char *proxy, u32 order)
{
	struct fp_obj *acl = own(d, FP_K_ACL, &n->o, "%s", name);
	struct fp_obj *class = own(d, FP_K_CLASS_MAP, &n->o, "%s", name);

	if (!acl || !class)
		return NULL;
	set_num(d, class, FEDPAT_A_CLASS_MAP_ORDER, order);
	set_str(d, class, FEDPAT_A_CLASS_MAP_ZONE, zone);
	set_own(d, class, FEDPAT_A_CLASS_MAP_ACCESS_LIST, name);
	set_own(d, class, FEDPAT_A_CLASS_MAP_INSPECT, "sip_inspect");
	if (proto(d) == 6) /* UDP is rewritten in the packet plane */
		set_own(d, class, FEDPAT_A_CLASS_MAP_TLS_PROXY, proxy);
	return (struct fp_obj_acl *)acl;
}

static void outbound(struct derive *d, const struct fp_b2b_node *n, u32 index)
{
	const struct fp_b2b_partner *p;
	struct fp_obj_acl *acl;
	char name[32];
	u32 i, j;

	snprintf(name, sizeof(name), "ent_%simp_to_ext", ordinals[index]);
	acl = class_map(d, n, name, d->inside, "ent_imp_to_external", 10 + 20 * index);
	for (i = 0; acl && i < d->in->n_partners; i++) {
		p = d->in->partners[i];
		for (j = 0; j < p->addresses.n; j++)
			add_ace(d, acl,
				new_ace(d, p, acl->o.name, &n->address, &p->addresses.v[j],
					p->port),
				0);
	}
}

static void inbound(struct derive *d, const struct fp_b2b_node *n, u32 index)
{
	struct pub_row rows[MAX_ROWS];
	u32 used = rows_of(d, n, rows), i, j, r;
	const struct fp_b2b_partner *p;
	struct fp_obj_acl *acl;
	char name[32];

	snprintf(name, sizeof(name), "ent_ext_to_%simp", ordinals[index]);
	acl = class_map(d, n, name, d->outside, "ent_external_to_imp", 20 + 20 * index);
	for (i = 0; acl && i < d->in->n_partners; i++) {
		p = d->in->partners[i];
		for (j = 0; j < p->addresses.n; j++)
			for (r = 0; r < used; r++)
				add_ace(d, acl,
					new_ace(d, p, acl->o.name, &p->addresses.v[j],
						&d->in->public_address, rows[r].pub),
					0);
		if (d->list)
			let_in(d, p, acl);
	}
}

/* --- proxies, trustpoints, inspection --- */

static bool port_is_free(const struct derive *d, u16 port)
{
	const struct fp_obj_tls_proxy *p;
	u32 i;

	fp_model_each(d->m, FP_K_TLS_PROXY, i, p) {
		if (p->listener_port == port)
			return false;
	}
	return true;
}

/* The one that was given, the one it has now, or the first that is free. */
static u16 listener_port(const struct derive *d, const char *name, u16 given)
{
	const struct fp_obj_tls_proxy *was = fp_find_tls_proxy(d->running, name);
	u16 port = FIRST_LISTENER;

	if (given)
		return given;
	if (was && was->o.owner && !strcmp(was->o.owner, d->in->o.name) &&
	    port_is_free(d, was->listener_port))
		return was->listener_port;
	while (!port_is_free(d, port))
		port++;
	return port;
}

static void tls_proxy(struct derive *d, const char *suffix, const char *zone, u16 given,
		      const char *server, const char *client)
{
	char name[FEDPAT_NAME_MAX + 1];
	struct fp_obj *obj;
	u16 port;

	snprintf(name, sizeof(name), "%s.%s", d->in->o.name, suffix);
	port = listener_port(d, name, given);
	obj = make(d, FP_K_TLS_PROXY, &d->in->o, d->in->o.name, name);
	if (!obj)
		return;
	set_str(d, obj, FEDPAT_A_TLS_PROXY_FEDERATION, d->in->o.name);
	set_str(d, obj, FEDPAT_A_TLS_PROXY_ZONE, zone);
	set_num(d, obj, FEDPAT_A_TLS_PROXY_LISTENER_PORT, port);
	set_num(d, obj, FEDPAT_A_TLS_PROXY_TRANSPORT, d->in->transport);
	if (!is_tls(d))
		return;
	set_own(d, obj, FEDPAT_A_TLS_PROXY_SERVER_TRUSTPOINT, server);
	set_own(d, obj, FEDPAT_A_TLS_PROXY_CLIENT_TRUSTPOINT, client);
}

static void trustpoint(struct derive *d, const char *suffix, const char *cert, const char *key,
		       const char *ca, const char *crl)
{
	struct fp_obj *obj = own(d, FP_K_TRUSTPOINT, d->in->trust, "%s", suffix);

	if (!obj)
		return;
	set_str(d, obj, FEDPAT_A_TRUSTPOINT_CERT, cert);
	set_str(d, obj, FEDPAT_A_TRUSTPOINT_KEY, key);
	set_str(d, obj, FEDPAT_A_TRUSTPOINT_CA, ca);
	set_str(d, obj, FEDPAT_A_TRUSTPOINT_CRL, crl);
}

static void proxies(struct derive *d)
{
	const struct fp_b2b_trust *t = (const struct fp_b2b_trust *)d->in->trust;

	if (proto(d) == 17)
		return;
	if (is_tls(d)) {
		trustpoint(d, "imp_proxy", t->inside_cert, t->inside_key, t->inside_ca,
			   t->inside_crl);
		trustpoint(d, "public", t->public_cert, t->public_key, t->partner_ca,
			   t->partner_crl);
	}
	tls_proxy(d, "ent_external_to_imp", d->outside, d->in->outside_listener, "public",
		  "imp_proxy");
	tls_proxy(d, "ent_imp_to_external", d->inside, d->in->inside_listener, "imp_proxy",
		  "public");
}

static void inspect(struct derive *d)
{
	struct fp_obj *obj = own(d, FP_K_INSPECT, &d->in->o, "sip_inspect");

	if (obj)
		set_num(d, obj, FEDPAT_A_INSPECT_TYPE, FEDPAT_INSPECT_TYPE_SIP);
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

static void federation(struct derive *d)
{
	const struct fp_b2b *in = d->in;
	struct fp_obj *obj = make(d, FP_K_FEDERATION, &in->o, in->o.name, in->o.name);
	struct fp_cidr host;
	u32 i;

	if (!obj)
		return;
	set_num(d, obj, FEDPAT_A_FEDERATION_PLACE, FEDPAT_PLACE_ASA);
	set_str(d, obj, FEDPAT_A_FEDERATION_PUBLIC_FQDN, in->public_fqdn);
	must(d, fp_obj_add_addr(obj, FEDPAT_A_FEDERATION_PUBLIC_ADDR, &in->public_address));
	must(d, fp_obj_set_addr(obj, FEDPAT_A_FEDERATION_INSIDE_ADDR, &in->inside_address));
	add_strs(d, obj, FEDPAT_A_FEDERATION_LOCAL_DOMAIN, &in->local_domains);
	for (i = 0; i < in->inside_networks.n; i++)
		must(d, fp_obj_add_cidr(obj, FEDPAT_A_FEDERATION_INSIDE_PREFIX,
					&in->inside_networks.v[i]));
	/* Names of nodes are hidden as it is: the kernel takes them from the node objects. */
	for (i = 0; i < in->n_nodes; i++) {
		host = fp_cidr_host(&in->nodes[i]->address);
		if (!covered(&in->inside_networks, &in->nodes[i]->address))
			must(d, fp_obj_add_cidr(obj, FEDPAT_A_FEDERATION_INSIDE_PREFIX, &host));
	}
	add_strs(d, obj, FEDPAT_A_FEDERATION_INSIDE_NAME, &in->inside_names);
	set_own(d, obj, FEDPAT_A_FEDERATION_INSPECT, "sip_inspect");
	set_str(d, obj, FEDPAT_A_FEDERATION_KEY_FILE, in->token_key_file);
}

static void peer(struct derive *d, const struct fp_b2b_partner *p)
{
	struct fp_obj *obj = own(d, FP_K_PEER, &p->o, "%s", p->o.name);
	u32 i;

	if (!obj)
		return;
	set_str(d, obj, FEDPAT_A_PEER_FEDERATION, d->in->o.name);
	set_num(d, obj, FEDPAT_A_PEER_ROLE, FEDPAT_ROLE_OUTSIDE);
	add_strs(d, obj, FEDPAT_A_PEER_DOMAIN, &p->domains);
	if (!p->use_srv)
		set_str(d, obj, FEDPAT_A_PEER_HOST, p->edge);
	for (i = 0; i < p->addresses.n; i++)
		must(d, fp_obj_add_addr(obj, FEDPAT_A_PEER_ADDR, &p->addresses.v[i]));
	set_num(d, obj, FEDPAT_A_PEER_PORT, p->port);
	set_num(d, obj, FEDPAT_A_PEER_TRANSPORT, d->in->transport);
	if (!is_tls(d))
		return;
	add_strs(d, obj, FEDPAT_A_PEER_SUBJECT, &p->subjects);
	if (!p->subjects.n)
		must(d, fp_obj_add_str(obj, FEDPAT_A_PEER_SUBJECT, p->edge));
	set_num(d, obj, FEDPAT_A_PEER_EKU, p->eku);
	set_num(d, obj, FEDPAT_A_PEER_TLS_PROFILE, p->tls_profile);
	set_own(d, obj, FEDPAT_A_PEER_TRUSTPOINT, "public");
}

static void domains(struct derive *d, const struct fp_b2b_partner *p)
{
	struct fp_obj *obj;
	u32 i;

	for (i = 0; i < p->domains.n; i++) {
		obj = make(d, FP_K_DOMAIN, &p->o, d->in->o.name, p->domains.v[i]);
		if (!obj)
			continue;
		set_str(d, obj, FEDPAT_A_DOMAIN_FEDERATION, d->in->o.name);
		set_own(d, obj, FEDPAT_A_DOMAIN_PEER, p->o.name);
	}
}

/* --- what came out --- */

/* Two rows on one public port would make a partner reach the wrong node. */
static void check_unique(struct derive *d)
{
	const struct fp_obj_static_pat *a, *b;
	u32 i, j;

	fp_model_each(d->m, FP_K_STATIC_PAT, i, a) {
		if (!a->o.owner || strcmp(a->o.owner, d->in->o.name))
			continue;
		fp_model_each(d->m, FP_K_STATIC_PAT, j, b) {
			if (a == b || a->proto != b->proto ||
			    !fp_same_endpoint(&a->public, &b->public))
				continue;
			fp_err_add(d->errs, FP_EXIT_REFUSED,
				   &(struct fp_where){ .pos = &a->o.pos,
						       .kind = "static-pat",
						       .object = a->o.name },
				   "give the node another digit, or take the other row away",
				   "public port %u is also that of static-pat '%s'", a->public.port,
				   b->o.name);
		}
	}
}

static void all_objects(struct derive *d)
{
	u32 i;

	outside_list(d);
	inspect(d);
	federation(d);
	proxies(d);
	for (i = 0; i < d->in->n_partners; i++) {
		peer(d, d->in->partners[i]);
		domains(d, d->in->partners[i]);
	}
	for (i = 0; i < d->in->n_nodes; i++) {
		translations(d, d->in->nodes[i]);
		outbound(d, d->in->nodes[i], i);
		inbound(d, d->in->nodes[i], i);
	}
	other_traffic(d);
	check_unique(d);
}

static void derive(const struct fp_ydoc *doc, const char *name, struct fp_model *model,
		   const struct fp_model *running, struct fp_errs *notes, struct fp_errs *errs)
{
	struct derive d = { .m = model, .running = running, .notes = notes, .errs = errs };
	unsigned int before = errs->total;
	struct fp_b2b *in = fp_b2b_read(doc, name, model, errs);

	d.in = in;
	if (!in) {
		no_memory(&d);
		return;
	}
	fp_b2b_lint(in, running, notes, errs);
	if (errs->total == before)
		zones(&d);
	if (errs->total == before)
		all_objects(&d);
	fp_b2b_free(in);
}

const struct fp_workflow fp_workflow_lync_b2b_asa = {
	.name = "lync-b2b-asa",
	.summary =
		"Lync or OCS of another company behind its Access Edge; the gateway in the ASA's place",
	.template = fp_b2b_template,
	.derive = derive,
};
