// SPDX-License-Identifier: GPL-2.0
/*
 * Class maps, one of a list each, and what they lead to: inspection, TLS
 * proxies, trustpoints.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "derive.h"
#include "text.h"

/* Not a port of the digit scheme: rows and listeners must not meet. */
#define FIRST_LISTENER 7061

/* --- class maps --- */

static const char *const ordinals[] = { "",	  "second_", "third_",	"fourth_",
					"fifth_", "sixth_",  "seventh_" };

/* "second_" and so on, into @buf where it is far behind. */
static const char *nth(u32 index, char buf[16])
{
	if (index < ARRAY_SIZE(ordinals))
		return ordinals[index];
	snprintf(buf, 16, "%uth_", index + 1);
	return buf;
}

static const char *inspect_name(const struct fp_flow *in)
{
	if (in->wf->shape == FP_SHAPE_XMPP)
		return "xmpp";
	return fp_flow_is_relayed(in) ? "sip_inspect" : "pass";
}

static struct fp_obj_acl *class_map(struct derive *d, const struct fp_flow_node *n,
				    const char *name, const char *zone, const char *proxy,
				    u32 order)
{
	struct fp_obj *acl = fp_derive_own(d, FP_K_ACL, &n->o, "%s", name);
	struct fp_obj *class = fp_derive_own(d, FP_K_CLASS_MAP, &n->o, "%s", name);

	if (!acl || !class)
		return NULL;
	fp_derive_num(d, class, FEDPAT_A_CLASS_MAP_ORDER, order);
	fp_derive_str(d, class, FEDPAT_A_CLASS_MAP_ZONE, zone);
	fp_derive_ref_own(d, class, FEDPAT_A_CLASS_MAP_ACCESS_LIST, name);
	fp_derive_ref(d, class, FEDPAT_A_CLASS_MAP_INSPECT, inspect_name(d->in));
	/* UDP is rewritten in the packet plane, what is not relayed passes. */
	if (fp_flow_is_relayed(d->in) && fp_flow_proto(d->in) == 6)
		fp_derive_ref(d, class, FEDPAT_A_CLASS_MAP_TLS_PROXY, proxy);
	return (struct fp_obj_acl *)acl;
}

/* Who of a partner may connect, one after the other. NULL: no more. */
static const struct fp_cidr *next_source(const struct fp_flow_partner *p, u32 i,
					 struct fp_cidr *host)
{
	if (i < p->addresses.n) {
		*host = fp_cidr_host(&p->addresses.v[i]);
		return host;
	}
	i -= p->addresses.n;
	if (i < p->networks.n)
		return &p->networks.v[i];
	*host = (struct fp_cidr){ .len = 0 };
	return p->addresses.n + p->networks.n || i ? NULL : host; /* anybody */
}

static const struct fp_cidr anybody;

/* What nodes dial: the partner past us, or us. */
static void outbound(struct derive *d, const struct fp_flow_node *n, u32 index)
{
	struct fp_cidr from = fp_cidr_host(&n->address), host;
	struct fp_cidr here = fp_cidr_host(&d->in->inside_address);
	const struct fp_flow_partner *p;
	const struct fp_cidr *to;
	struct fp_obj_acl *acl;
	char name[48], buf[16];
	u32 i, j;

	snprintf(name, sizeof(name), "ent_%simp_to_ext", nth(index, buf));
	acl = class_map(d, n, name, d->inside, "ent_imp_to_external", 10 + 20 * index);
	if (acl && d->in->wf->shape == FP_SHAPE_XMPP) {
		fp_derive_xmpp_out(d, n, acl);
		return;
	}
	if (acl && fp_flow_is_next_hop(d->in)) {
		fp_derive_ace(d, acl, d->in->partners[0], &from, &here, d->in->inside_port);
		if (!fp_flow_is_calling(d->in)) /* whose routes lead to the servers */
			return;
	}
	for (i = 0; acl && i < d->in->n_partners; i++) {
		p = d->in->partners[i];
		for (j = 0; (to = next_source(p, j, &host)); j++)
			fp_derive_ace(d, acl, p, &from, to, p->port);
	}
	if (acl && d->in->open_federation)
		fp_derive_ace(d, acl, d->in->partners[0], &from, &anybody, 5061);
}

static const struct fp_addr *public_of(const struct derive *d, const struct fp_flow_node *n)
{
	return n->public_address.family ? &n->public_address : &d->in->public_address;
}

/**
 * fp_derive_let_to_rows() - let a partner in to the public ports of a node
 * @d: objects in the making
 * @n: the node
 * @p: the partner
 * @acl: class list of the node
 */
void fp_derive_let_to_rows(struct derive *d, const struct fp_flow_node *n,
			   const struct fp_flow_partner *p, struct fp_obj_acl *acl)
{
	struct fp_cidr to = fp_cidr_host(public_of(d, n)), host;
	struct fp_pub_row rows[FP_FLOW_ROWS];
	u32 used = fp_flow_rows(d->in, n, rows), j, r;
	const struct fp_cidr *from;

	for (j = 0; (from = next_source(p, j, &host)); j++)
		for (r = 0; r < used; r++)
			fp_derive_ace(d, acl, p, from, &to, rows[r].pub);
	/* In open federation anybody may come where TLS asks who it is. */
	for (r = 0; d->in->open_federation && p == d->in->partners[0] && r < used; r++)
		if (rows[r].transport == FEDPAT_TRANSPORT_TLS)
			fp_derive_ace(d, acl, p, &anybody, &to, rows[r].pub);
	fp_derive_let_in(d, p, acl);
}

/* Servers that are met directly dial the node itself. */
static void let_to_node(struct derive *d, const struct fp_flow_node *n, struct fp_obj_acl *acl)
{
	const struct fp_flow_partner *p = d->in->partners[0];
	struct fp_cidr to = fp_cidr_host(&n->address), host;
	const struct fp_cidr *from;
	u32 j;

	for (j = 0; (from = next_source(p, j, &host)); j++)
		fp_derive_ace(d, acl, p, from, &to, n->port);
	fp_derive_let_in(d, p, acl);
}

static void inbound(struct derive *d, const struct fp_flow_node *n, u32 index)
{
	struct fp_obj_acl *acl;
	char name[48], buf[16];
	u32 i;

	snprintf(name, sizeof(name), "ent_ext_to_%simp", nth(index, buf));
	acl = class_map(d, n, name, d->outside, "ent_external_to_imp", 20 + 20 * index);
	if (!acl)
		return;
	if (d->in->wf->shape == FP_SHAPE_XMPP)
		fp_derive_xmpp_in(d, n, acl);
	else if (!fp_flow_is_relayed(d->in))
		let_to_node(d, n, acl);
	else
		for (i = 0; i < d->in->n_partners; i++)
			fp_derive_let_to_rows(d, n, d->in->partners[i], acl);
}

/* With calling, chat that the nodes began still comes straight to them. */
static void only_let_in(struct derive *d, const struct fp_flow_node *n)
{
	struct fp_obj *list = fp_obj_alloc(FP_K_ACL, "list");

	if (list)
		let_to_node(d, n, (struct fp_obj_acl *)list);
	else
		fp_derive_no_memory(d);
	fp_obj_free(list);
}

/**
 * fp_derive_classes() - what is let in, and what is inspected
 * @d: objects in the making
 */
void fp_derive_classes(struct derive *d)
{
	const struct fp_flow *in = d->in;
	bool one = fp_flow_is_next_hop(in);
	u32 i;

	for (i = 0; i < in->n_nodes; i++) {
		outbound(d, in->nodes[i], i);
		if (!one || !i) /* one public port serves all nodes */
			inbound(d, in->nodes[i], i);
		if (fp_flow_is_calling(in))
			only_let_in(d, in->nodes[i]);
	}
}

/* --- proxies, trustpoints, inspection --- */

#define PORTS 65536

/* Ports that listeners have, a bit each. NULL without memory. */
static u8 *used_ports(const struct derive *d)
{
	const struct fp_obj_tls_proxy *p;
	u8 *used = calloc(1, PORTS / 8);
	u32 i;

	fp_model_each(d->m, FP_K_TLS_PROXY, i, p) {
		if (used)
			used[p->listener_port / 8] |= (u8)(1u << p->listener_port % 8);
	}
	return used;
}

/* The one that was given, the one it has now, or the first that is free. */
static u16 listener_port(struct derive *d, const char *name, u16 given)
{
	const struct fp_obj_tls_proxy *was = fp_find_tls_proxy(d->running, name);
	u8 *used = given ? NULL : used_ports(d);
	u32 port = FIRST_LISTENER;

	if (given)
		return given;
	if (!used) {
		fp_derive_no_memory(d);
		return 0;
	}
	if (was && was->o.owner && !strcmp(was->o.owner, d->in->o.name) &&
	    !(used[was->listener_port / 8] >> was->listener_port % 8 & 1))
		port = was->listener_port;
	while (port < PORTS - 1 && used[port / 8] >> port % 8 & 1)
		port++;
	free(used);
	return (u16)port;
}

static void tls_proxy(struct derive *d, const char *suffix, const char *zone, u16 given,
		      const char *server, const char *client)
{
	char name[FEDPAT_NAME_MAX + 1];
	struct fp_obj *obj;
	u16 port;

	snprintf(name, sizeof(name), "%s.%s", d->realm, suffix);
	port = listener_port(d, name, given);
	obj = fp_derive_common(d, FP_K_TLS_PROXY, &d->in->o, "%s", suffix);
	if (!obj)
		return;
	fp_derive_str(d, obj, FEDPAT_A_TLS_PROXY_FEDERATION, d->realm);
	fp_derive_str(d, obj, FEDPAT_A_TLS_PROXY_ZONE, zone);
	fp_derive_num(d, obj, FEDPAT_A_TLS_PROXY_LISTENER_PORT, port);
	fp_derive_num(d, obj, FEDPAT_A_TLS_PROXY_TRANSPORT, d->in->transport);
	if (!fp_flow_is_tls(d->in))
		return;
	fp_derive_ref(d, obj, FEDPAT_A_TLS_PROXY_SERVER_TRUSTPOINT, server);
	fp_derive_ref(d, obj, FEDPAT_A_TLS_PROXY_CLIENT_TRUSTPOINT, client);
}

static void trustpoint(struct derive *d, struct fp_obj *obj, const char *cert, const char *key,
		       const char *ca, const char *crl)
{
	if (!obj)
		return;
	fp_derive_str(d, obj, FEDPAT_A_TRUSTPOINT_CERT, cert);
	fp_derive_str(d, obj, FEDPAT_A_TRUSTPOINT_KEY, key);
	fp_derive_str(d, obj, FEDPAT_A_TRUSTPOINT_CA, ca);
	fp_derive_str(d, obj, FEDPAT_A_TRUSTPOINT_CRL, crl);
}

/*
 * Behind a load balancer the nodes' side shows the public certificate, too.
 * Whoever joins trusts its own partners' CAs, by a trustpoint of its own.
 */
static void trustpoints(struct derive *d)
{
	const struct fp_flow_trust *t = (const struct fp_flow_trust *)d->in->trust;
	bool lb = d->in->lb && d->in->wf->shape == FP_SHAPE_ASA;

	trustpoint(d, fp_derive_common(d, FP_K_TRUSTPOINT, &t->o, "imp_proxy"),
		   lb ? t->public_cert : t->inside_cert, lb ? t->public_key : t->inside_key,
		   t->inside_ca, t->inside_crl);
	trustpoint(d, fp_derive_common(d, FP_K_TRUSTPOINT, &t->o, "public"), t->public_cert,
		   t->public_key, t->partner_ca, t->partner_crl);
	if (strcmp(d->realm, d->in->o.name))
		trustpoint(d, fp_derive_own(d, FP_K_TRUSTPOINT, &t->o, "public"), t->public_cert,
			   t->public_key, t->partner_ca, t->partner_crl);
}

static void inspect(struct derive *d)
{
	struct fp_obj *obj = fp_derive_common(d, FP_K_INSPECT, &d->in->o, "%s",
					      inspect_name(d->in));
	u32 type = FEDPAT_INSPECT_TYPE_NONE;

	if (d->in->wf->shape == FP_SHAPE_XMPP)
		type = FEDPAT_INSPECT_TYPE_XMPP;
	else if (fp_flow_is_relayed(d->in))
		type = FEDPAT_INSPECT_TYPE_SIP;
	if (!obj)
		return;
	fp_derive_num(d, obj, FEDPAT_A_INSPECT_TYPE, type);
	if (type == FEDPAT_INSPECT_TYPE_XMPP)
		fp_derive_xmpp_inspect(d, obj);
}

/**
 * fp_derive_proxies() - inspect map, trustpoints, tls-proxies
 * @d: objects in the making
 */
void fp_derive_proxies(struct derive *d)
{
	inspect(d);
	if (!fp_flow_is_relayed(d->in) || fp_flow_proto(d->in) == 17)
		return;
	if (fp_flow_is_tls(d->in))
		trustpoints(d);
	tls_proxy(d, "ent_external_to_imp", d->outside, d->in->outside_listener, "public",
		  "imp_proxy");
	tls_proxy(d, "ent_imp_to_external", d->inside, d->in->inside_listener, "imp_proxy",
		  "public");
}
