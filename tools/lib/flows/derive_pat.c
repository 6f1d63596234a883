// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes: their public ports, their listeners, and what their own connections
 * look like outside.
 */
#include <stdio.h>
#include <string.h>

#include "derive.h"
#include "text.h"

/* --- public ports --- */

static u32 add_row(struct fp_pub_row *rows, u32 n, u32 pub, u16 port, u32 transport)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (rows[i].pub == pub)
			return n;
	if (!port)
		return n;
	rows[n] = (struct fp_pub_row){ .pub = (u16)pub, .port = port, .transport = transport };
	return n + 1;
}

/*
 * The digit scheme: port p of the node with digit d is dp outside. Partners
 * dial 5061 for the routing node, whose listener is 5062; Contacts name 5062,
 * 5060 and 5080 as well. Behind a load balancer every node is met on d5061.
 */
static u32 rows_asa(const struct fp_flow *in, const struct fp_flow_node *n, struct fp_pub_row *rows)
{
	u32 base = n->digit * 10000u, used = 0;
	u32 plain = fp_flow_proto(in) == 17 ? FEDPAT_TRANSPORT_UDP : FEDPAT_TRANSPORT_TCP;

	if (fp_flow_is_tls(in)) {
		if (!n->digit || n->port == 5061 || in->lb)
			used = add_row(rows, used, base + 5061, n->port, n->transport);
		if (n->digit ? n->port != 5061 : n->port == 5062)
			used = add_row(rows, used, base + 5062, n->port, n->transport);
		used = add_row(rows, used, base + 5060, n->sip_port, plain);
	} else {
		used = add_row(rows, used, base + 5060, n->port, n->transport);
	}
	return add_row(rows, used, base + 5080, n->presence_port, plain);
}

/**
 * fp_flow_rows() - the public ports of a node
 * @in: the input
 * @n: the node
 * @rows: gets them, FP_FLOW_ROWS at most
 *
 * Return: how many
 */
u32 fp_flow_rows(const struct fp_flow *in, const struct fp_flow_node *n, struct fp_pub_row *rows)
{
	u32 base = n->public_address.family ? 0 : n->digit * 10000u;
	u16 pub = fp_flow_is_calling(in) ? in->gateway_port : 5061;

	if (in->wf->shape == FP_SHAPE_ASA)
		return rows_asa(in, n, rows);
	if (in->wf->shape == FP_SHAPE_XMPP)
		return add_row(rows, 0, base + 5269, n->port, FEDPAT_TRANSPORT_TCP);
	if (!fp_flow_is_relayed(in) || n != in->nodes[0])
		return 0; /* further nodes are found by tokens */
	return add_row(rows, 0, pub, n->port, n->transport);
}

static const struct fp_addr *public_of(const struct derive *d, const struct fp_flow_node *n)
{
	return n->public_address.family ? &n->public_address : &d->in->public_address;
}

static void static_pat(struct derive *d, const struct fp_flow_node *n, const struct fp_pub_row *row,
		       u32 order)
{
	struct fp_endpoint pub = { .addr = *public_of(d, n), .port = row->pub };
	struct fp_endpoint node = { .addr = n->address, .port = row->port };
	struct fp_obj *obj;

	obj = fp_derive_common(d, FP_K_STATIC_PAT, &n->o, "%s.%s.%u", n->o.name,
			       fp_flow_proto(d->in) == 17 ? "udp" : "tcp", row->pub);
	if (!obj)
		return;
	fp_derive_num(d, obj, FEDPAT_A_STATIC_PAT_ORDER, order);
	fp_derive_str(d, obj, FEDPAT_A_STATIC_PAT_FEDERATION, d->realm);
	fp_derive_num(d, obj, FEDPAT_A_STATIC_PAT_PROTO, fp_flow_proto(d->in));
	fp_derive_str(d, obj, FEDPAT_A_STATIC_PAT_ZONE, d->outside);
	fp_derive_must(d, fp_obj_set_endpoint(obj, FEDPAT_A_STATIC_PAT_PUBLIC, &pub));
	fp_derive_must(d, fp_obj_set_endpoint(obj, FEDPAT_A_STATIC_PAT_NODE, &node));
}

/* A listener of a node; further ones are named after their port. */
static void node_object(struct derive *d, const struct fp_flow_node *n,
			const struct fp_pub_row *row)
{
	struct fp_endpoint ep = { .addr = n->address, .port = row->port };
	bool main_one = row->port == n->port;
	struct fp_obj *obj;
	char suffix[16] = "";

	if (!main_one)
		snprintf(suffix, sizeof(suffix), ".%u", row->port);
	obj = fp_derive_common(d, FP_K_NODE, &n->o, "%s%s", n->o.name, suffix);
	if (!obj)
		return;
	fp_derive_str(d, obj, FEDPAT_A_NODE_FEDERATION, d->realm);
	fp_derive_must(d, fp_obj_set_endpoint(obj, FEDPAT_A_NODE_LISTENER, &ep));
	fp_derive_num(d, obj, FEDPAT_A_NODE_TRANSPORT, row->transport);
	if (row->transport == FEDPAT_TRANSPORT_TLS)
		fp_derive_strs(d, obj, FEDPAT_A_NODE_SUBJECT, &n->subjects);
	if (main_one && n == d->in->nodes[0])
		fp_derive_num(d, obj, FEDPAT_A_NODE_ROUTING, 1);
}

static void listeners(struct derive *d, const struct fp_flow_node *n, const struct fp_pub_row *rows,
		      u32 used)
{
	struct fp_pub_row own = { .port = n->port, .transport = n->transport };
	u32 i, j;

	node_object(d, n, &own);
	for (i = 0; i < used; i++) {
		for (j = 0; j < i && rows[j].port != rows[i].port; j++)
			;
		if (j == i && rows[i].port != n->port) /* one node object a listener */
			node_object(d, n, &rows[i]);
	}
}

/* Connections that the node opens itself leave from its public address. */
static void source(struct derive *d, const struct fp_flow_node *n)
{
	struct fp_cidr src = fp_cidr_host(&n->address);
	struct fp_obj *obj = fp_derive_common(d, FP_K_PAT, &n->o, "%s", n->o.name);

	if (!obj)
		return;
	fp_derive_num(d, obj, FEDPAT_A_PAT_ORDER, 10);
	fp_derive_must(d, fp_obj_set_cidr(obj, FEDPAT_A_PAT_SRC, &src));
	fp_derive_str(d, obj, FEDPAT_A_PAT_ZONE, d->outside);
	fp_derive_must(d, fp_obj_set_addr(obj, FEDPAT_A_PAT_TO_ADDR, public_of(d, n)));
}

/**
 * fp_derive_node() - objects of a node
 * @d: objects in the making
 * @n: the node
 */
void fp_derive_node(struct derive *d, const struct fp_flow_node *n)
{
	struct fp_pub_row rows[FP_FLOW_ROWS];
	u32 used = fp_flow_rows(d->in, n, rows), i;

	for (i = 0; i < used; i++)
		static_pat(d, n, &rows[i], i + 1);
	if (fp_flow_is_relayed(d->in))
		listeners(d, n, rows, used);
	if (fp_flow_is(d->in, W_ASA | W(XMPP)))
		source(d, n);
}

/**
 * fp_derive_other_traffic() - all other inside traffic
 * @d: objects in the making
 *
 * It goes out behind the interface's address.
 */
void fp_derive_other_traffic(struct derive *d)
{
	char name[FEDPAT_NAME_MAX + 1];
	struct fp_obj *obj;

	if (!d->in->other_inside_traffic)
		return;
	snprintf(name, sizeof(name), "%s.interface", d->outside);
	if (fp_model_find(d->m, FP_K_PAT, name))
		return;
	obj = fp_derive_make(d, FP_K_PAT, &d->in->o, FP_OWNER_SHARED, name);
	if (!obj)
		return;
	fp_derive_num(d, obj, FEDPAT_A_PAT_ORDER, 1000);
	fp_derive_str(d, obj, FEDPAT_A_PAT_ZONE, d->outside);
}

/* --- what came out --- */

static void check_row(struct derive *d, const struct fp_obj_static_pat *a)
{
	const struct fp_obj_static_pat *b;
	const char *remedy;
	struct fp_where where = { .pos = &a->o.pos, .kind = "static-pat", .object = a->o.name };
	u32 j;

	fp_model_each(d->m, FP_K_STATIC_PAT, j, b) {
		if (a == b || a->proto != b->proto || !fp_same_endpoint(&a->public, &b->public))
			continue;
		remedy = b->o.owner && strcmp(b->o.owner, d->in->o.name) ?
			"give it another public_address, or put both partners into one file" :
			"give the node another digit, or take the other row away";
		fp_err_add(d->errs, FP_EXIT_REFUSED, &where, remedy,
			   "public port %u is also that of static-pat '%s' [static-pat-unique]",
			   a->public.port, b->o.name);
	}
}

/**
 * fp_derive_check_rows() - is every public port the only one?
 * @d: objects in the making
 *
 * Two rows on one public port would make a partner reach the wrong node.
 */
void fp_derive_check_rows(struct derive *d)
{
	const struct fp_obj_static_pat *row;
	u32 i;

	fp_model_each(d->m, FP_K_STATIC_PAT, i, row) {
		if (row->o.owner && !strcmp(row->o.owner, d->in->o.name))
			check_row(d, row);
	}
}
