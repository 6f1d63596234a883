// SPDX-License-Identifier: GPL-2.0
/*
 * Step of the commit: what the SIP code must know of a federation, collected
 * from all objects that belong to it.
 */
#include <linux/in.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "build.h"

static_assert(FP_TP_NONE == (int)FEDPAT_TRANSPORT_ANY);
static_assert(FP_TP_UDP == (int)FEDPAT_TRANSPORT_UDP);
static_assert(FP_TP_TCP == (int)FEDPAT_TRANSPORT_TCP);
static_assert(FP_TP_TLS == (int)FEDPAT_TRANSPORT_TLS);
static_assert(FP_PLACE_ASA == (int)FEDPAT_PLACE_ASA);
static_assert(FP_PLACE_EXPRESSWAY == (int)FEDPAT_PLACE_EXPRESSWAY);
static_assert(ARRAY_SIZE(((struct fp_federation_obj *)0)->pub) == FP_REALM_MAX_ADDRS);
static_assert(FEDPAT_KEY_LEN == FP_SEAL_MASTER);

/**
 * struct fp_realm_parts - lists that a realm is built from; it copies them
 * @conf: points to them
 * @prefix: inside prefixes, and the nodes' addresses
 * @host: inside names, and those of the nodes
 * @row: static PAT
 * @domain: our domains, and the name by which nodes are asked to reach us
 * @key: token keys
 * @self: how the nodes know the gateway
 * @self_text: address of that
 */
struct fp_realm_parts {
	struct fp_realm_conf conf;
	struct fp_realm_prefix *prefix;
	struct fp_realm_host *host;
	struct fp_realm_row *row;
	struct fp_slice *domain;
	struct fp_realm_key key[FP_SEAL_KEYS];
	struct fp_slice self;
	char self_text[48];
};

/* Rows of a federation stand side by side in b->row. */
static struct fp_static_pat **fp_realm_rows_of(const struct fp_build *b,
					       const struct fp_federation *fed, u32 *n)
{
	u32 lo = 0, hi = b->n_row, end;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (b->row[mid]->federation < fed)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < b->n_row && b->row[end]->federation == fed; end++)
		;
	*n = end - lo;
	return b->row + lo;
}

/* And so do its nodes in b->node. */
static struct fp_node **fp_realm_nodes_of(const struct fp_build *b,
					  const struct fp_federation *fed, u32 *n)
{
	u32 lo = 0, hi = b->n_node, end;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (b->node[mid]->federation < fed)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < b->n_node && b->node[end]->federation == fed; end++)
		;
	*n = end - lo;
	return b->node + lo;
}

static u8 fp_realm_row_tp(const struct fp_build *b, const struct fp_federation *fed,
			  const struct fp_static_pat_obj *row)
{
	const struct fp_node *node = fp_node_by_listener_rcu(b->p, fed, &row->node);

	if (row->proto == IPPROTO_UDP)
		return FP_TP_UDP;
	if (!node || node->obj->transport == FEDPAT_TRANSPORT_UDP)
		return FP_TP_NONE;
	return node->obj->transport;
}

static void fp_realm_put_rows(const struct fp_build *b, const struct fp_federation *fed,
			      struct fp_realm_parts *parts)
{
	struct fp_static_pat **row;
	u32 i, n;

	row = fp_realm_rows_of(b, fed, &n);
	for (i = 0; i < n; i++)
		parts->row[i] = (struct fp_realm_row){
			.proto = row[i]->obj->proto,
			.node_tp = fp_realm_row_tp(b, fed, row[i]->obj),
			.pub = row[i]->obj->pub,
			.node = row[i]->obj->node,
		};
	parts->conf.rows = parts->row;
	parts->conf.n_rows = n;
}

static void fp_realm_put_prefix(struct fp_realm_parts *parts, const struct fp_addr *addr,
				u8 len)
{
	parts->prefix[parts->conf.n_prefixes++] = (struct fp_realm_prefix){
		.addr = *addr,
		.len = len,
	};
}

static void fp_realm_put_host(struct fp_realm_parts *parts, struct fp_slice name,
			      const struct fp_addr *addr)
{
	struct fp_realm_host *host = &parts->host[parts->conf.n_hosts];
	struct fp_addr is_addr;

	if (fp_slice_addr(name, &is_addr))
		return;
	host->name = name;
	if (addr)
		host->addr = *addr;
	parts->conf.n_hosts++;
}

/* A node is inside, whatever the prefixes say, and so are its names. */
static void fp_realm_put_node(struct fp_realm_parts *parts, const struct fp_node_obj *node)
{
	const struct fp_addr *addr = &node->listener.addr;
	u32 i;

	fp_realm_put_prefix(parts, addr, addr->family == 4 ? 32 : 128);
	for (i = 0; i < node->subjects.n; i++)
		fp_realm_put_host(parts, node->subjects.v[i], addr);
}

static void fp_realm_put_inside(const struct fp_build *b, const struct fp_federation *fed,
				struct fp_realm_parts *parts)
{
	const struct fp_federation_obj *obj = fed->obj;
	struct fp_node **node;
	u32 i, n;

	for (i = 0; i < obj->n_prefixes; i++)
		fp_realm_put_prefix(parts, &obj->prefixes[i].addr, obj->prefixes[i].len);
	for (i = 0; i < obj->inside_names.n; i++)
		fp_realm_put_host(parts, obj->inside_names.v[i], NULL);
	node = fp_realm_nodes_of(b, fed, &n);
	for (i = 0; i < n; i++)
		fp_realm_put_node(parts, node[i]->obj);
	parts->conf.prefixes = parts->prefix;
	parts->conf.hosts = parts->host;
}

static void fp_realm_put_head(const struct fp_federation *fed, struct fp_realm_parts *parts)
{
	const struct fp_federation_obj *obj = fed->obj;
	struct fp_realm_conf *conf = &parts->conf;

	conf->name = fp_slice(obj->o.name, strlen(obj->o.name));
	conf->fqdn = obj->fqdn;
	memcpy(conf->addrs, obj->pub, sizeof(conf->addrs));
	conf->n_addrs = obj->n_pub;
	conf->place = obj->place;
	conf->rr = FP_RR_AUTO;
	if (!fed->inspect->keep_software)
		conf->flags |= FP_REALM_MASK_UA;
	if (fed->inspect->allow_media)
		conf->flags |= FP_REALM_ALLOW_MEDIA;
	if (fed->inspect->dialect == FEDPAT_DIALECT_STANDARD)
		conf->flags |= FP_REALM_STANDARD;
	if (fed->inspect->dialect == FEDPAT_DIALECT_MICROSOFT)
		conf->flags |= FP_REALM_MICROSOFT;
	memcpy(parts->domain, obj->domains.v, obj->domains.n * sizeof(*parts->domain));
	conf->domains = parts->domain;
	conf->n_domains = obj->domains.n;
	/* NOTIFY comes for it: it is served as our domains are. */
	if (obj->routing_fqdn.len)
		parts->domain[conf->n_domains++] = obj->routing_fqdn;
}

static void fp_realm_put_self(const struct fp_federation_obj *obj,
			      struct fp_realm_parts *parts)
{
	if (!obj->inside.family)
		return;
	snprintf(parts->self_text, sizeof(parts->self_text),
		 obj->inside.family == 4 ? "%pI4" : "%pI6c", obj->inside.b);
	parts->self = fp_slice(parts->self_text, strlen(parts->self_text));
	parts->conf.self = &parts->self;
	parts->conf.n_self = 1;
}

static void fp_realm_put_keys(const struct fp_federation_obj *obj,
			      struct fp_realm_parts *parts)
{
	u32 i;

	for (i = 0; i < obj->n_keys; i++) {
		parts->key[i].version = obj->key_version[i];
		memcpy(parts->key[i].master, obj->key[i], FP_SEAL_MASTER);
	}
	parts->conf.keys = parts->key;
	parts->conf.n_keys = obj->n_keys;
}

static void fp_realm_parts_free(struct fp_realm_parts *parts)
{
	if (!parts)
		return;
	kvfree(parts->prefix);
	kvfree(parts->host);
	kvfree(parts->row);
	kvfree(parts->domain);
	kfree_sensitive(parts);
}

static struct fp_realm_parts *fp_realm_parts_alloc(const struct fp_build *b,
						   const struct fp_federation *fed)
{
	u32 nodes, hosts = fed->obj->inside_names.n, rows, i;
	struct fp_realm_parts *parts;
	struct fp_node **node;

	node = fp_realm_nodes_of(b, fed, &nodes);
	for (i = 0; i < nodes; i++)
		hosts += node[i]->obj->subjects.n;
	fp_realm_rows_of(b, fed, &rows);
	parts = kzalloc(sizeof(*parts), GFP_KERNEL);
	if (!parts)
		return NULL;
	parts->prefix = kvcalloc(fed->obj->n_prefixes + nodes + 1, sizeof(*parts->prefix),
				 GFP_KERNEL);
	parts->host = kvcalloc(hosts + 1, sizeof(*parts->host), GFP_KERNEL);
	parts->row = kvcalloc(rows + 1, sizeof(*parts->row), GFP_KERNEL);
	parts->domain = kvcalloc(fed->obj->domains.n + 1, sizeof(*parts->domain), GFP_KERNEL);
	if (parts->prefix && parts->host && parts->row && parts->domain)
		return parts;
	fp_realm_parts_free(parts);
	return NULL;
}

/* Attribute of the federation that a field of the realm comes from. */
static int fp_realm_attr(enum fp_realm_field field)
{
	switch (field) {
	case FP_REALM_F_FQDN:
		return FEDPAT_A_FEDERATION_PUBLIC_FQDN;
	case FP_REALM_F_ADDRS:
	case FP_REALM_F_ROWS:
		return FEDPAT_A_FEDERATION_PUBLIC_ADDR;
	case FP_REALM_F_PLACE:
	case FP_REALM_F_RR:
		return FEDPAT_A_FEDERATION_PLACE;
	case FP_REALM_F_DOMAINS:
		return FEDPAT_A_FEDERATION_LOCAL_DOMAIN;
	case FP_REALM_F_PREFIXES:
		return FEDPAT_A_FEDERATION_INSIDE_PREFIX;
	case FP_REALM_F_HOSTS:
		return FEDPAT_A_FEDERATION_INSIDE_NAME;
	case FP_REALM_F_SELF:
		return FEDPAT_A_FEDERATION_INSIDE_ADDR;
	case FP_REALM_F_KEYS:
		return FEDPAT_A_FEDERATION_KEY;
	default:
		return FEDPAT_A_FEDERATION_NAME;
	}
}

static void fp_realm_fault(struct fp_build *b, const struct fp_federation *fed,
			   const struct fp_realm_error *wrong)
{
	const char *other = NULL;
	struct fp_static_pat **row;
	u32 n;

	if (wrong->field == FP_REALM_F_ROWS) {
		row = fp_realm_rows_of(b, fed, &n);
		if (wrong->index < n)
			other = row[wrong->index]->obj->o.name;
	}
	fp_fault(b->faults, fp_where(&fed->obj->o, fp_realm_attr(wrong->field)), other,
		 wrong->text ?: "the federation cannot be served like this");
}

static int fp_build_realm(struct fp_build *b, struct fp_federation *fed)
{
	struct fp_realm_parts *parts = fp_realm_parts_alloc(b, fed);
	struct fp_realm_ref *ref = kzalloc(sizeof(*ref), GFP_KERNEL_ACCOUNT);
	struct fp_realm_error wrong = {};
	int err = -ENOMEM;

	if (!parts || !ref)
		goto out;
	fp_realm_put_head(fed, parts);
	fp_realm_put_rows(b, fed, parts);
	fp_realm_put_inside(b, fed, parts);
	fp_realm_put_self(fed->obj, parts);
	fp_realm_put_keys(fed->obj, parts);
	err = fp_realm_build(&fp_build_mem, &parts->conf, &ref->realm, &wrong);
	if (err)
		goto out;
	refcount_set(&ref->refs, 1);
	fed->realm_ref = ref;
	fed->realm = ref->realm;
	ref = NULL;
out:
	fp_realm_parts_free(parts);
	kfree(ref);
	if (err == -ENOMEM)
		return err;
	if (err)
		fp_realm_fault(b, fed, &wrong);
	return 0;
}

/* Nothing that a realm is made of changed: the tables are the old ones. */
static bool fp_build_realms_same(const struct fp_build *b)
{
	return fp_build_same(b, FP_KIND_FEDERATION) && fp_build_same(b, FP_KIND_STATIC_PAT) &&
	       fp_build_same(b, FP_KIND_NODE) && fp_build_same(b, FP_KIND_INSPECT);
}

/**
 * fp_build_realms() - realms of all federations
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or -ENOMEM.
 */
int fp_build_realms(struct fp_build *b)
{
	bool is_same = fp_build_realms_same(b);
	struct fp_federation *fed = b->p->federation;
	u32 i;
	int err;

	for (i = 0; i < fp_policy_count(b->p, FP_KIND_FEDERATION); i++, fed++) {
		if (is_same) {
			fed->realm_ref = b->base->federation[i].realm_ref;
			fed->realm = fed->realm_ref->realm;
			refcount_inc(&fed->realm_ref->refs);
			continue;
		}
		err = fp_build_realm(b, fed);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}
