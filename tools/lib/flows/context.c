// SPDX-License-Identifier: GPL-2.0
/* What texts and checks can know of a federation, by name. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fill.h"
#include "text.h"

static void put(json_t *j, const char *key, const char *text)
{
	if (text)
		json_object_set_new(j, key, json_string(text));
}

static void put_num(json_t *j, const char *key, u32 n)
{
	if (n)
		json_object_set_new(j, key, json_integer(n));
}

static void put_if(json_t *j, const char *key, bool is)
{
	json_object_set_new(j, key, json_boolean(is));
}

static void put_addr(json_t *j, const char *key, const struct fp_addr *a)
{
	char buf[FP_TXT_ADDR];

	if (a->family)
		put(j, key, fp_addr_str(a, buf));
}

/* @name: without *. */
static json_t *domain_of(const char *name)
{
	char pattern[FEDPAT_FQDN_MAX + 8], regex[2 * FEDPAT_FQDN_MAX];
	json_t *j = json_object();
	size_t n = 0;

	fp_flow_reverse(name, pattern, sizeof(pattern));
	for (; *name && n < sizeof(regex) - 3; name++) {
		if (*name == '.')
			regex[n++] = '\\';
		regex[n++] = *name;
	}
	regex[n] = 0;
	put(j, "pattern", pattern);
	put(j, "regex", regex);
	return j;
}

static json_t *domains(const struct fp_strs *list)
{
	json_t *array = json_array(), *j;
	u32 i;

	for (i = 0; i < list->n; i++) {
		j = domain_of(fp_flow_base(list->v[i]));
		put(j, "d", list->v[i]);
		put(j, "base", fp_flow_base(list->v[i]));
		put_if(j, "wild", fp_flow_is_wild(list->v[i]));
		json_array_append_new(array, j);
	}
	return array;
}

static void put_domains(json_t *j, const char *key, const struct fp_strs *list)
{
	json_object_set_new(j, key, domains(list));
}

/* Whatever partners must know as ours: mail domains, too. */
static void put_our_domains(json_t *ctx, const struct fp_flow *in)
{
	json_t *all = domains(&in->local_domains), *mail = domains(&in->email_domains);

	json_array_extend(all, mail);
	json_decref(mail);
	put_if(ctx, "several_domains", json_array_size(all) > 1);
	json_object_set_new(ctx, "our_domains", all);
}

/* --- servers --- */

static json_t *node(const struct fp_flow *in, const struct fp_flow_node *n)
{
	struct fp_pub_row rows[FP_FLOW_ROWS];
	u32 used = fp_flow_rows(in, n, rows), i;
	json_t *j = json_object(), *ports = json_array(), *row;

	put(j, "name", n->o.name);
	put(j, "fqdn", n->fqdn);
	put_addr(j, "address", &n->address);
	put_num(j, "port", n->port);
	put_num(j, "digit", n->digit);
	put_if(j, "routing", n == in->nodes[0]);
	put_if(j, "balancer", n->is_lb);
	if (used)
		put_num(j, "public_port", rows[0].pub);
	for (i = 0; i < used; i++) {
		row = json_object();
		put_num(row, "public", rows[i].pub);
		put_num(row, "node", rows[i].port);
		json_array_append_new(ports, row);
	}
	json_object_set_new(j, "ports", ports);
	put_domains(j, "chat_aliases", &n->chat_aliases);
	put_addr(j, "public_address",
		 n->public_address.family ? &n->public_address : &in->public_address);
	return j;
}

static void put_nodes(const struct fp_flow *in, json_t *ctx)
{
	json_t *all = json_array(), *real = json_array(), *others = json_array(), *j;
	u32 i;

	for (i = 0; i < in->n_nodes; i++) {
		j = node(in, in->nodes[i]);
		json_array_append(all, j);
		if (i)
			json_array_append(others, j);
		else
			json_object_set(ctx, "target", j); /* where requests go first */
		if (!in->nodes[i]->is_lb && !json_object_get(ctx, "publisher"))
			json_object_set(ctx, "publisher", j);
		if (!in->nodes[i]->is_lb)
			json_array_append(real, j);
		json_decref(j);
	}
	json_object_set_new(ctx, "targets", all);
	json_object_set_new(ctx, "nodes", real);
	json_object_set_new(ctx, "further_nodes", others);
}

static void put_servers(const struct fp_flow *in, json_t *ctx)
{
	json_t *array = json_array(), *j;
	u32 i;

	for (i = 0; i < in->n_servers; i++) {
		j = json_object();
		put(j, "fqdn", in->servers[i]->o.name);
		put_addr(j, "address", &in->servers[i]->address);
		put_num(j, "priority", in->servers[i]->priority);
		put_if(j, "ee", in->servers[i]->edition);
		if (!i)
			json_object_set(ctx, "server", j);
		json_array_append_new(array, j);
	}
	json_object_set_new(ctx, "servers", array);
}

/* --- partners --- */

static json_t *addresses(const struct fp_flow_partner *p)
{
	char buf[FP_TXT_CIDR];
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < p->addresses.n; i++)
		json_array_append_new(array, json_string(fp_addr_str(&p->addresses.v[i], buf)));
	for (i = 0; i < p->networks.n; i++)
		json_array_append_new(array, json_string(fp_cidr_str(&p->networks.v[i], buf)));
	return array;
}

static void put_tls(json_t *j, u32 mode)
{
	static const char *const words[] = { "none", "optional", "required" };

	put(j, "tls_word", words[mode]);
	put_if(j, "tls_none", mode == FP_XTLS_NONE);
	put_if(j, "tls_optional", mode == FP_XTLS_OPTIONAL);
	put_if(j, "tls_required", mode == FP_XTLS_REQUIRED);
}

/* The name that a route or a provider leads to. */
static json_t *partner(const struct fp_flow *in, const struct fp_flow_partner *p)
{
	static const char *const kinds[] = { "other", "webex", "imp", "sametime" };
	static const char *const directions[] = { "all", "incoming", "outgoing" };
	json_t *j = json_object();

	put(j, "partner", p->o.name);
	put(j, "edge", p->edge ? p->edge : p->domains.n ? p->domains.v[0] : NULL);
	put_num(j, "port", p->port);
	put_domains(j, "domains", &p->domains);
	json_object_set_new(j, "addresses", addresses(p));
	put_if(j, "srv", p->use_srv);
	put_if(j, "route", in->wf->shape != FP_SHAPE_ASA || !p->use_srv);
	put(j, "pattern", p->route);
	put(j, "direction", directions[p->direction]);
	put_if(j, "only_in", p->direction == FEDPAT_DIRECTION_IN);
	put_if(j, "only_out", p->direction == FEDPAT_DIRECTION_OUT);
	put_tls(j, fp_flow_tls_mode(in, p));
	put_if(j, kinds[p->kind], true);
	return j;
}

static void put_partners(const struct fp_flow *in, json_t *ctx)
{
	json_t *array = json_array(), *flat = json_array(), *j, *d;
	size_t k;
	u32 i;

	for (i = 0; i < in->n_partners; i++) {
		j = partner(in, in->partners[i]);
		json_array_foreach(json_object_get(j, "domains"), k, d) {
			json_t *row = json_copy(j);

			json_object_update(row, d);
			if (in->partners[i]->route)
				put(row, "pattern", in->partners[i]->route);
			put(row, "description",
			    in->description ? in->description : in->partners[i]->domains.v[k]);
			json_array_append_new(flat, row);
		}
		json_array_append_new(array, j);
	}
	json_object_set_new(ctx, "partners", array);
	json_object_set_new(ctx, "partner_domains", flat);
}

/* --- DNS --- */

static void srv_line(json_t *array, const char *service, const char *domain, u32 port,
		     const char *target)
{
	json_t *j = json_object();

	if (!target)
		target = "";
	json_object_set_new(j, "owner", json_sprintf("%s.%s.", service, domain));
	put(j, "domain", domain);
	put_num(j, "port", port);
	json_object_set_new(j, "target", json_sprintf("%s.", target));
	json_array_append_new(array, j);
}

/* Names that lead to the public address and port of one node. */
static void xmpp_lines(const struct fp_flow *in, json_t *array, const struct fp_strs *list,
		       const struct fp_flow_node *n)
{
	struct fp_pub_row rows[FP_FLOW_ROWS];
	u32 i;

	fp_flow_rows(in, n, rows);
	for (i = 0; i < list->n; i++)
		srv_line(array, "_xmpp-server._tcp", list->v[i], rows[0].pub,
			 n->public_address.family ? n->fqdn : in->public_fqdn);
}

static void srv_lines(const struct fp_flow *in, json_t *array, const struct fp_strs *list)
{
	u32 i;

	for (i = 0; i < list->n && in->wf->shape != FP_SHAPE_XMPP; i++)
		srv_line(array, "_sipfederationtls._tcp", list->v[i], 5061, in->public_fqdn);
	for (i = 0; i < in->n_nodes && in->wf->shape == FP_SHAPE_XMPP; i++)
		xmpp_lines(in, array, list, in->nodes[i]);
}

/* Aliases lead to the node that serves them, or hands on: not to all of them. */
static void alias_lines(const struct fp_flow *in, json_t *array)
{
	u32 i;

	xmpp_lines(in, array, &in->chat_aliases, in->nodes[0]);
	xmpp_lines(in, array, &in->file_aliases, in->nodes[0]);
	for (i = 0; i < in->n_nodes; i++)
		xmpp_lines(in, array, &in->nodes[i]->chat_aliases, in->nodes[i]);
}

static void a_line(json_t *array, const char *name, const struct fp_addr *a)
{
	json_t *j = json_object();

	json_object_set_new(j, "owner", json_sprintf("%s.", name));
	put(j, "type", a->family == 6 ? "AAAA" : "A");
	put_addr(j, "address", a);
	json_array_append_new(array, j);
}

static void put_dns(const struct fp_flow *in, json_t *ctx)
{
	json_t *srv = json_array(), *a = json_array();
	u32 i;

	if (in->publish_srv && in->wf->shape != FP_SHAPE_DIRECT) {
		srv_lines(in, srv, &in->local_domains);
		srv_lines(in, srv, &in->email_domains);
		if (in->wf->shape == FP_SHAPE_XMPP)
			alias_lines(in, srv);
	}
	if (in->public_fqdn && in->public_address.family)
		a_line(a, in->public_fqdn, &in->public_address);
	for (i = 0; i < in->n_nodes; i++)
		if (in->nodes[i]->public_address.family && in->nodes[i]->fqdn &&
		    !fp_same_addr(&in->nodes[i]->public_address, &in->public_address))
			a_line(a, in->nodes[i]->fqdn, &in->nodes[i]->public_address);
	json_object_set_new(ctx, "srv_lines", srv);
	json_object_set_new(ctx, "a_lines", a);
	put_if(ctx, "publish_srv", json_array_size(srv));
}

/* --- certificates --- */

static void put_files(const struct fp_flow *in, json_t *ctx)
{
	json_t *j = json_object();
	const struct fp_attr *row;
	const char *file;
	u8 i;

	for (i = 0; in->trust && i < in->trust->kind->n_rows; i++) {
		row = &in->trust->kind->rows[i];
		file = *(char **)fp_obj_field(in->trust, row);
		put(j, row->name, file);
	}
	if (in->trust)
		json_object_set(ctx, "files", j);
	json_decref(j);
}

static void put_texts(const struct fp_flow *in, json_t *ctx)
{
	put(ctx, "name", in->o.name);
	put(ctx, "workflow", in->wf->name);
	put(ctx, "product", in->wf->partner);
	put(ctx, "public_fqdn", in->public_fqdn);
	put(ctx, "routing_fqdn", in->routing_fqdn);
	put(ctx, "lync_pool", in->pool);
	put(ctx, "trusted_pool", in->trusted_pool);
	put(ctx, "registrar", in->registrar);
	put(ctx, "site_id", in->site_id);
	put(ctx, "app_id", in->app_id);
	put(ctx, "edge_internal", in->edge_internal);
	put(ctx, "default_domain", in->default_domain);
	put(ctx, "company", in->company);
	put(ctx, "contact_name", in->contact_name);
	put(ctx, "contact_mail", in->contact_mail);
	put(ctx, "contact_phone", in->contact_phone);
	put(ctx, "licence", in->licence);
	put(ctx, "public_ca", in->public_ca_name);
	put_addr(ctx, "public_address", &in->public_address);
	put_addr(ctx, "inside_address", &in->inside_address);
	put_num(ctx, "inside_port", in->inside_port);
	put_num(ctx, "gateway_port", in->gateway_port);
	put_num(ctx, "server_auth_port", in->server_auth_port);
}

static void put_flags(const struct fp_flow *in, json_t *ctx)
{
	u8 shape = in->wf->shape;

	put_if(ctx, "asa", shape == FP_SHAPE_ASA);
	put_if(ctx, "expressway", shape == FP_SHAPE_EXPRESSWAY);
	put_if(ctx, "direct", shape == FP_SHAPE_DIRECT);
	put_if(ctx, "relayed", fp_flow_is_relayed(in));
	put_if(ctx, "calling", fp_flow_is_calling(in));
	put_if(ctx, "single", in->wf->id == FP_WF_SKYPE && in->mode == FP_MODE_SECOND);
	put_if(ctx, "aol", in->wf->id == FP_WF_AOL);
	put_if(ctx, "tls", fp_flow_is_tls(in));
	put_if(ctx, "allow_all", in->allow_all_domains);
	put_tls(ctx, in->tls_mode);
	put_if(ctx, "client_cert", in->client_cert);
	put_if(ctx, "sasl", in->sasl);
	put_if(ctx, "dialback", in->dialback);
	put_if(ctx, "default_allow", in->policy_default);
}

/**
 * fp_flow_context() - all that texts can name
 * @in: the input, without errors
 *
 * Return: the values, the caller's
 */
json_t *fp_flow_context(const struct fp_flow *in)
{
	json_t *ctx = json_object();

	put_texts(in, ctx);
	put_flags(in, ctx);
	put_domains(ctx, "local_domains", &in->local_domains);
	put_domains(ctx, "email_domains", &in->email_domains);
	put_domains(ctx, "chat_aliases", &in->chat_aliases);
	put_domains(ctx, "file_aliases", &in->file_aliases);
	put_domains(ctx, "blocked_domains", &in->blocked_domains);
	put_our_domains(ctx, in);
	put_if(ctx, "email", in->email_domains.n);
	put_if(ctx, "open", in->open_federation);
	put_nodes(in, ctx);
	put_servers(in, ctx);
	put_partners(in, ctx);
	put_dns(in, ctx);
	put_files(in, ctx);
	if (in->lb) {
		put_if(ctx, "lb", true);
		put(ctx, "lb_fqdn", in->lb->fqdn);
		put_addr(ctx, "lb_address", &in->lb->address);
	}
	return ctx;
}
