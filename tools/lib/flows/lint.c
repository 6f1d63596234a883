// SPDX-License-Identifier: GPL-2.0
/*
 * What the fields of a file say together, rule by rule. Each finding ends with
 * the name of its rule in brackets; Documentation/workflows.md lists them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lint.h"
#include "text.h"

/**
 * finding() - note what is wrong
 * @to: list of errors or of notes
 * @rule: name of the rule
 * @obj: object of the file
 * @attr: its field
 * @remedy: what to do
 * @fmt: what is wrong
 */
void finding(struct fp_errs *to, const char *rule, const struct fp_obj *obj, const char *attr,
	     const char *remedy, const char *fmt, ...)
{
	struct fp_where where = fp_flow_where(obj, attr);
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fp_err_add(to, FP_EXIT_REFUSED, &where, remedy, "%s [%s]", text, rule);
}

/* --- nodes --- */

static void lint_digits(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	const struct fp_obj *used[FP_FLOW_MAX_DIGIT + 1] = { NULL };
	const struct fp_flow_node *n;
	u32 i;

	for (i = 0; i < in->n_nodes; i++) {
		n = in->nodes[i];
		if (n->digit > FP_FLOW_MAX_DIGIT || n->public_address.family)
			continue; /* told before; needs none */
		if (used[n->digit] && n->digit)
			finding(l->errs, "port-digits", &n->o, "digit",
				"give each node a digit of its own, 1 to 6",
				"%u is also that of node '%s'", n->digit, used[n->digit]->name);
		else if (used[0] && !n->digit)
			finding(l->errs, "port-digits", &n->o, "digit",
				"every node but the routing one needs a digit, 1 to 6, for its public ports",
				"is missing, and node '%s' is the routing node", used[0]->name);
		used[n->digit] = &n->o;
	}
	if (in->n_nodes && !used[0] && !in->nodes[0]->public_address.family)
		finding(l->errs, "port-digits", &in->nodes[0]->o, "digit",
			"take it away: the routing node has none",
			"every node has a digit, so that none is the routing node");
}

static void lint_node_pair(const struct lint *l, const struct fp_flow_node *a,
			   const struct fp_flow_node *b)
{
	if (a->o.name && b->o.name && !strcmp(a->o.name, b->o.name))
		finding(l->errs, "name-twice", &b->o, "name", "give each node a name of its own",
			"is given twice");
	if (a->address.family && fp_same_addr(&a->address, &b->address))
		finding(l->errs, "address-twice", a->is_lb ? &l->in->lb->o : &b->o, "address",
			"one node, one address", "is also that of node '%s'",
			a->is_lb  ? b->o.name :
			a->o.name ? a->o.name :
				    "?");
}

static void lint_port(const struct lint *l, const struct fp_obj *o, const char *attr, u16 port,
		      u32 transport)
{
	if (transport == FEDPAT_TRANSPORT_TLS && port == 5060)
		finding(l->errs, "protocol-port", o, attr,
			"TLS goes with 5061 or 5062 (5060 is plain SIP)",
			"is 5060, and transport is tls");
	if (transport != FEDPAT_TRANSPORT_TLS && (port == 5061 || port == 5062))
		finding(l->errs, "protocol-port", o, attr,
			"plain SIP goes with 5060 (5061 and 5062 are TLS)",
			"is %u, and transport is not tls", port);
}

static void lint_family(const struct lint *l, const struct fp_obj *o, const char *attr,
			const struct fp_addr *a)
{
	if (a->family && l->in->public_address.family && a->family != l->in->public_address.family)
		finding(l->errs, "address-family", o, attr,
			"translation does not cross between IPv4 and IPv6",
			"is not of the family of public_address");
}

static void lint_transport(const struct lint *l, const struct fp_flow_node *n)
{
	bool node_udp = n->transport == FEDPAT_TRANSPORT_UDP;
	bool udp = l->in->transport == FEDPAT_TRANSPORT_UDP;

	if (udp != node_udp)
		finding(l->errs, "protocol-mix", &n->o, "transport",
			"UDP is rewritten packet by packet and cannot become TCP or TLS",
			"mixes udp with another transport");
	if (n->transport != FEDPAT_TRANSPORT_TLS)
		return;
	if (n->port == n->presence_port || n->port == n->sip_port)
		finding(l->errs, "listener-twice", &n->o, "port",
			"give each listener a port of its own",
			"is also its sip_port or presence_port");
	if (!n->subjects.n && fp_flow_is_relayed(l->in))
		finding(l->notes, "peer-subject", &n->o, "subjects",
			"list the names of its certificate unless that holds the address",
			"are not given: its certificate must prove its address");
}

static void lint_node(const struct lint *l, const struct fp_flow_node *n)
{
	const struct fp_flow *in = l->in;

	lint_family(l, n->is_lb ? &in->lb->o : &n->o, "address", &n->address);
	if (n->public_address.family)
		lint_family(l, &n->o, "public_address", &n->public_address);
	if (fp_flow_is(in, W_SIP)) {
		lint_port(l, n->is_lb ? &in->lb->o : &n->o, "port", n->port, n->transport);
		lint_transport(l, n);
	}
	if (n->address.family && fp_same_addr(&n->address, &in->inside_address))
		finding(l->errs, "address-twice", n->is_lb ? &in->lb->o : &n->o, "address",
			"inside_address is that of the gateway", "is also inside_address");
	if (in->wf->shape == FP_SHAPE_DIRECT && fp_flow_is_tls(in) &&
	    n->port == in->server_auth_port)
		finding(l->errs, "listener-twice", &n->o, "port",
			"put the Server Auth listener elsewhere, on 5063 for one",
			"is also server_auth_port");
}

static void lint_nodes(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	u32 i, j;

	for (i = 0; i < in->n_nodes; i++) {
		for (j = 0; j < i; j++)
			lint_node_pair(l, in->nodes[j], in->nodes[i]);
		lint_node(l, in->nodes[i]);
	}
	if (fp_flow_is(in, W_ASA | W(XMPP)))
		lint_digits(l);
}

/* --- partners --- */

/* Who has the domain already, but for this federation; NULL for nobody. */
static const struct fp_obj *domain_of_others(const struct lint *l, const char *domain)
{
	char lower[FEDPAT_FQDN_MAX + 1];
	const struct fp_obj *other;
	u32 i;

	snprintf(lower, sizeof(lower), "%s", domain);
	for (i = 0; lower[i]; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] += 'a' - 'A';
	other = fp_model_find(l->running, FP_K_DOMAIN, lower);
	return other && (!other->owner || strcmp(other->owner, l->in->o.name)) ? other : NULL;
}

/* Place of the domains in the file: servers that are met directly have none of their own. */
static const struct fp_obj *domains_obj(const struct lint *l, const struct fp_flow_partner *p)
{
	return l->in->n_servers ? &l->in->o : &p->o;
}

static const char *domains_attr(const struct lint *l)
{
	return l->in->n_servers ? "partner_domains" : "domains";
}

static void lint_taken(const struct lint *l, const struct fp_flow_partner *p, const char *domain)
{
	const struct fp_obj *other = domain_of_others(l, domain);
	const struct fp_obj_federation *f;
	const struct fp_obj_inspect *map = NULL;
	bool xmpp;

	if (!other)
		return;
	f = fp_find_federation(l->running, ((const struct fp_obj_domain *)other)->federation);
	if (f && f->inspect)
		map = (const struct fp_obj_inspect *)fp_model_find(l->running, FP_K_INSPECT,
								   f->inspect);
	xmpp = map && map->type == FEDPAT_INSPECT_TYPE_XMPP;
	if (xmpp != fp_flow_is(l->in, W(XMPP)))
		finding(l->errs, "sip-and-xmpp", domains_obj(l, p), domains_attr(l),
			"a domain is federated by SIP or by XMPP: remove the other one first",
			"'%s' is federated already, by %s over %s", domain,
			other->owner ? other->owner : "an object made by hand",
			xmpp ? "XMPP" : "SIP");
	else
		finding(l->errs, "domain-taken", domains_obj(l, p), domains_attr(l),
			"one domain, one federation: delete it there first",
			"'%s' is federated already, by %s", domain,
			other->owner ? other->owner : "an object made by hand");
}

static void lint_domain(const struct lint *l, const struct fp_flow_partner *p, const char *domain,
			u32 index)
{
	const struct fp_obj *obj = domains_obj(l, p);
	const struct fp_flow *in = l->in;
	const char *attr = domains_attr(l);
	u32 i, j;

	if (fp_flow_in_list(&in->local_domains, fp_flow_base(domain)) ||
	    fp_flow_in_list(&in->email_domains, fp_flow_base(domain)))
		finding(l->errs, "domain-ours", obj, attr,
			"a domain is ours or a partner's, not both",
			"'%s' is also in local_domains", domain);
	for (i = 0; i < in->n_partners && in->partners[i] != p; i++)
		if (fp_flow_in_list(&in->partners[i]->domains, domain))
			finding(l->errs, "domain-taken", obj, attr, "one domain, one partner",
				"'%s' is also that of partner '%s'", domain,
				in->partners[i]->o.name);
	for (j = 0; j < index; j++)
		if (fp_same_host(p->domains.v[j], domain))
			finding(l->errs, "domain-twice", obj, attr, "write it once",
				"'%s' is given twice", domain);
	lint_taken(l, p, domain);
	if (fp_flow_is_wild(domain))
		lint_taken(l, p, fp_flow_base(domain));
}

static bool is_subject(const struct fp_flow_partner *p, const char *host)
{
	return !p->subjects.n || fp_flow_in_list(&p->subjects, host);
}

static void lint_partner_tls(const struct lint *l, const struct fp_flow_partner *p)
{
	if (!fp_flow_is_tls(l->in) || l->in->n_servers)
		return;
	if (!p->subjects.n && !p->edge)
		finding(l->errs, "peer-subject", &p->o, "subjects",
			"give edge, or the names that its certificate proves",
			"are missing: with TLS a partner is known by its certificate");
	if (!p->use_srv && p->edge && !is_subject(p, p->edge))
		finding(l->errs, "route-peer-subject", &p->o, "subjects",
			"list edge among the subjects, or route to a name that is there",
			"do not hold '%s', where the static route leads: it would be refused",
			p->edge);
	if (p->tls_profile == FEDPAT_TLS_PROFILE_LEGACY)
		finding(l->notes, "legacy-ciphers", &p->o, "tls_profile",
			"AES-CBC is offered to this peer; 3DES and RC4 are not to be had at all",
			"is legacy");
	if (l->in->wf->id == FP_WF_AOL && p->eku != FEDPAT_EKU_BOTH)
		finding(l->notes, "aol-eku", &p->o, "eku",
			"your own certificate needs both uses: AOL drops peers without clientAuth",
			"is not both");
}

static void lint_route(const struct lint *l, const struct fp_flow_partner *p)
{
	char want[FEDPAT_FQDN_MAX + 8] = "";
	u32 i;

	for (i = 0; p->route && i < p->domains.n; i++)
		if (fp_flow_is_reverse(p->route, p->domains.v[i]))
			return;
	if (!p->route || !p->domains.n)
		return;
	fp_flow_reverse(p->domains.v[0], want, sizeof(want));
	finding(l->errs, "route-reversed", &p->o, "route",
		"write the labels in reverse behind a dot, as in .net.example.*",
		"'%.80s' is not the pattern of its domain, which is %s", p->route, want);
}

static void lint_reach(const struct lint *l, const struct fp_flow_partner *p)
{
	u32 i;

	for (i = 0; i < p->addresses.n && !l->in->n_servers; i++)
		lint_family(l, &p->o, "addresses", &p->addresses.v[i]);
	if (fp_flow_is(l->in, W_EXP) && !p->addresses.n && !p->networks.n)
		finding(l->errs, "partner-address", &p->o, "addresses",
			"give addresses, or networks where there are many",
			"are missing: nothing could be let in from this partner");
	if (!l->in->n_servers && !p->use_srv && !p->edge && fp_flow_is(l->in, W_ASA | W_EXP))
		finding(l->errs, "route-next-hop", &p->o, "edge",
			"give the edge's name, or use_srv: yes", "is missing, and use_srv is no");
}

static void lint_partners(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	const struct fp_flow_partner *p;
	u32 i, j;

	for (i = 0; i < in->n_partners; i++) {
		p = in->partners[i];
		for (j = 0; j < p->domains.n; j++)
			lint_domain(l, p, p->domains.v[j], j);
		for (j = 0; j < i; j++)
			if (p->o.name && in->partners[j]->o.name &&
			    !strcmp(p->o.name, in->partners[j]->o.name))
				finding(l->errs, "name-twice", &p->o, "name",
					"give each partner a name of its own", "is given twice");
		lint_reach(l, p);
		lint_route(l, p);
		lint_partner_tls(l, p);
		if (fp_flow_is(in, W_ASA | W_EXP))
			lint_port(l, &p->o, "port", p->port, in->transport);
	}
}

static void lint_servers(const struct lint *l)
{
	const struct fp_flow_server *s;
	u32 i, j;

	for (i = 0; i < l->in->n_servers; i++) {
		s = l->in->servers[i];
		for (j = 0; j < i; j++) {
			if (s->address.family &&
			    fp_same_addr(&s->address, &l->in->servers[j]->address))
				finding(l->errs, "address-twice", &s->o, "address",
					"one server, one address", "is also that of server '%s'",
					l->in->servers[j]->o.name);
			if (s->priority == l->in->servers[j]->priority)
				finding(l->notes, "route-priority", &s->o, "priority",
					"give the backup a larger number",
					"is also that of server '%s': they share the load",
					l->in->servers[j]->o.name);
		}
		if (l->in->pool && s->o.name && fp_same_host(l->in->pool, s->o.name))
			finding(l->errs, "route-to-pool", &s->o, "name",
				"name one front end: a load balancer is no next hop",
				"is lync_pool");
	}
}

/* --- names, transport, topology --- */

/* An Access Edge asks DNS for the domain and wants the target in it. */
static bool lies_in(const char *host, const char *domain)
{
	const char *dot = strchr(host, '.');

	return dot && fp_same_host(dot + 1, domain);
}

static void lint_srv(const struct lint *l, const struct fp_strs *domains)
{
	const struct fp_flow *in = l->in;
	u32 i;

	if (!in->public_fqdn || !in->publish_srv || !fp_flow_is(in, W_ASA | W_EXP))
		return;
	for (i = 0; i < domains->n; i++)
		if (!lies_in(in->public_fqdn, domains->v[i]))
			finding(l->notes, "srv-target", &in->o, "public_fqdn",
				"a Microsoft edge takes an SRV target only in the domain itself, else 504",
				"'%s' does not lie in '%s'", in->public_fqdn, domains->v[i]);
}

static void lint_routing_name(const struct lint *l)
{
	const struct fp_flow *in = l->in;

	if (!in->routing_fqdn || !in->public_fqdn || in->lb || !fp_flow_is(in, W_ASA | W_EXP))
		return;
	if (in->publish_srv && !fp_same_host(in->routing_fqdn, in->public_fqdn))
		finding(l->errs, "routing-fqdn", &in->o, "federation_routing_fqdn",
			"it must be the target of the SRV record, which is public_fqdn",
			"'%s' is not public_fqdn", in->routing_fqdn);
	if (in->n_nodes && in->nodes[0]->fqdn && fp_same_host(in->routing_fqdn, in->nodes[0]->fqdn))
		finding(l->notes, "routing-fqdn", &in->o, "federation_routing_fqdn",
			"users on that node would not be reached; take another name",
			"is also the name of the routing node");
}

static void lint_tls(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	bool udp = in->transport == FEDPAT_TRANSPORT_UDP;

	if (!fp_flow_is(in, W_ASA | W(OCS_DIRECT)) || fp_flow_is_tls(in))
		return;
	if (in->transport == FEDPAT_TRANSPORT_ANY || (udp && in->wf->id == FP_WF_OCS_DIRECT))
		finding(l->errs, "transport", &in->o, "transport",
			udp ? "expected tls or tcp" : "expected tls, tcp or udp", "is %s",
			udp ? "udp" : "any");
	else if (in->wf->id == FP_WF_AOL)
		finding(l->errs, "tls-mandatory", &in->o, "transport",
			"AOL takes TLS only: leave transport out", "is not tls");
	else if (in->wf->id != FP_WF_OCS_DIRECT)
		finding(l->notes, "tls-mandatory", &in->o, "transport",
			"fine for tests; a Lync or OCS edge federates over TLS only", "is not tls");
}

static void lint_open(const struct lint *l)
{
	if (!l->in->open_federation)
		return;
	if (!fp_flow_is_tls(l->in))
		finding(l->errs, "open-federation", &l->in->o, "open_federation",
			"only a certificate proves a domain that nobody named: transport: tls",
			"is yes, and transport is not tls");
	else
		finding(l->notes, "open-federation", &l->in->o, "open_federation",
			"name the public CAs that you trust in partner_ca, and block single domains: fedctl domain add DOMAIN federation NAME blocked",
			"is yes: everybody may connect to the public port");
}

static void lint_topology(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	bool met = in->wf->shape == FP_SHAPE_DIRECT;

	if (in->direct && met != (in->direct == 2 ? true : false))
		finding(l->errs, "direct-flag", &in->o, "direct_federation",
			met ? "leave it out: it is on where servers are met directly" :
			      "leave it out: it is off where an edge stands between",
			"does not go with this workflow");
	if (in->wf->id == FP_WF_LYNC_EXPRESSWAY && in->mode == FP_MODE_SECOND)
		finding(l->errs, "intracompany-only", &in->o, "mode",
			"use mode: chat, or the workflow lync-intracompany inside one company",
			"is chat-calling: the SIP broker does not serve other companies");
	if (fp_flow_is_calling(in) &&
	    (!in->public_fqdn || !in->public_address.family || !in->inside_address.family))
		finding(l->errs, "calling-gateway", &in->o, "mode",
			"give public_fqdn, public_address and inside_address: Lync dials the gateway then",
			"is chat-calling, and the gateway has no name or address");
	if (in->wf->id == FP_WF_LYNC_INTRA && !fp_flow_is_calling(in) && in->public_address.family)
		finding(l->notes, "calling-gateway", &in->o, "public_address",
			"leave it out, or set mode: chat-calling",
			"is not used: in mode chat Lync and the nodes meet directly");
}

static void lint_pool(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	u32 i;

	for (i = 0; in->trusted_pool && i < in->n_nodes; i++)
		if (in->nodes[i]->fqdn && fp_same_host(in->trusted_pool, in->nodes[i]->fqdn))
			finding(l->errs, "trusted-pool", &in->o, "trusted_pool",
				"take a name that no node has, or further nodes cannot join",
				"is also the name of node '%s'", in->nodes[i]->o.name);
}

static void lint_interfaces(const struct lint *l)
{
	const struct fp_flow *in = l->in;

	if (!in->inside_networks.n && fp_flow_is(in, W_ASA | W_EXP))
		finding(l->notes, "inside-networks", &in->o, "inside_networks",
			"list the networks of your clients and servers to hide them too",
			"are not given: only the nodes' own addresses are hidden");
	lint_family(l, &in->o, "inside_address", &in->inside_address);
	if (in->outside_interface && in->inside_interface &&
	    !strcmp(in->outside_interface, in->inside_interface))
		finding(l->errs, "one-interface", &in->o, "outside_interface",
			"inside and outside lie on two interfaces", "is also inside_interface");
}

/* --- e-mail --- */

static void lint_email(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	u32 i;

	for (i = 0; i < in->email_domains.n; i++)
		if (fp_flow_in_list(&in->local_domains, in->email_domains.v[i]))
			finding(l->notes, "email-domain", &in->o, "email_federation",
				"one name is enough: it is published once",
				"'%s' is also in local_domains", in->email_domains.v[i]);
}

/* --- trustpoints --- */

static void lint_file(const struct lint *l, const char *attr, const char *file)
{
	if (file && access(file, R_OK))
		finding(l->notes, "file-missing", l->in->trust, attr,
			"put it there before partners connect", "%s cannot be read: %s", file,
			strerror(errno));
}

static void lint_trust(const struct lint *l)
{
	const struct fp_obj *t = l->in->trust;
	const struct fp_attr *row;
	u8 i;

	for (i = 0; t && i < t->kind->n_rows; i++) {
		row = &t->kind->rows[i];
		lint_file(l, row->name, *(char **)fp_obj_field(t, row));
	}
}

/**
 * fp_flow_lint() - what the fields say together
 * @in: the input
 * @running: the policy now
 * @notes: gets what the operator should know
 * @errs: gets what is wrong
 */
void fp_flow_lint(const struct fp_flow *in, const struct fp_model *running, struct fp_errs *notes,
		  struct fp_errs *errs)
{
	struct lint l = { .in = in, .running = running, .notes = notes, .errs = errs };

	lint_srv(&l, &in->local_domains);
	lint_srv(&l, &in->email_domains);
	lint_routing_name(&l);
	lint_tls(&l);
	lint_topology(&l);
	lint_open(&l);
	lint_pool(&l);
	lint_interfaces(&l);
	lint_nodes(&l);
	lint_partners(&l);
	lint_servers(&l);
	lint_email(&l);
	fp_lint_xmpp(&l);
	lint_trust(&l);
}

/* --- destination patterns --- */

/**
 * fp_flow_reverse() - destination pattern of a domain
 * @domain: example.net
 * @buf: gets .net.example.*
 * @size: of @buf
 */
void fp_flow_reverse(const char *domain, char *buf, size_t size)
{
	size_t end = strlen(domain), begin, used = 0;

	while (end && domain[end - 1] == '.')
		end--;
	while (end) {
		for (begin = end; begin && domain[begin - 1] != '.'; begin--)
			;
		if (used + (end - begin) + 4 > size)
			break;
		used += (size_t)snprintf(buf + used, size - used, ".%.*s", (int)(end - begin),
					 domain + begin);
		end = begin ? begin - 1 : 0;
	}
	snprintf(buf + used, size - used, ".*");
}

/**
 * fp_flow_is_reverse() - is it the pattern of the domain?
 * @pattern: the pattern, with or without the tail
 * @domain: the domain
 *
 * Return: true if it is
 */
bool fp_flow_is_reverse(const char *pattern, const char *domain)
{
	char want[FEDPAT_FQDN_MAX + 8];
	size_t n;

	fp_flow_reverse(domain, want, sizeof(want));
	n = strlen(want) - 2;
	if (strncasecmp(pattern, want, n))
		return false;
	return !pattern[n] || !strcmp(pattern + n, ".*");
}
