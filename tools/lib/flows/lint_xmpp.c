// SPDX-License-Identifier: GPL-2.0
/* Rules of XMPP federation: what products cannot do, and who proves who he is. */
#include <string.h>

#include "lint.h"
#include "text.h"

static void lint_webex(const struct lint *l, const struct fp_flow_partner *p)
{
	const struct fp_flow *in = l->in;

	if (in->client_cert && fp_flow_tls_mode(in, p) != FP_XTLS_NONE)
		finding(l->errs, "webex-client-cert", &in->o, "require_client_cert",
			"say no: WebEx shows no client certificate",
			"is yes, and partner '%s' is a WebEx", p->o.name);
	if (!in->dialback)
		finding(l->errs, "xmpp-identity", &in->o, "dialback",
			"say yes: WebEx shows no client certificate, so dialback proves who it is",
			"is no, and partner '%s' is a WebEx", p->o.name);
}

static void lint_sametime(const struct lint *l, const struct fp_flow_partner *p)
{
	const struct fp_flow *in = l->in;
	u32 mode = fp_flow_tls_mode(in, p);

	if (mode == FP_XTLS_OPTIONAL || (mode == FP_XTLS_REQUIRED && !in->sasl))
		finding(l->errs, "sametime-tls", p->tls_mode ? &p->o : &in->o, "tls_mode",
			"Sametime over TLS needs tls_mode: required and sasl_external: yes; else none",
			"does not go with partner '%s', a Sametime", p->o.name);
	if (in->n_nodes > 1)
		finding(l->notes, "sametime-srv", &p->o, "kind",
			"there is no failover for it: put the best node first",
			"is sametime, which uses the first SRV record only");
}

/* Encrypted, dialback's second connection looks like any other that is refused. */
static void lint_direction(const struct lint *l, const struct fp_flow_partner *p)
{
	if (p->direction && !l->in->sasl && fp_flow_tls_mode(l->in, p) != FP_XTLS_NONE)
		finding(l->errs, "xmpp-direction", &p->o, "direction",
			"say sasl_external: yes, or direction: all",
			"is not all: dialback needs the other direction, too, and TLS hides that it is dialback");
}

static void lint_partner(const struct lint *l, const struct fp_flow_partner *p)
{
	u32 i;

	if (p->kind == FP_XMPP_WEBEX)
		lint_webex(l, p);
	if (p->kind == FP_XMPP_SAMETIME)
		lint_sametime(l, p);
	lint_direction(l, p);
	for (i = 0; i < p->domains.n; i++)
		if (fp_flow_in_list(&l->in->blocked_domains, p->domains.v[i]))
			finding(l->errs, "domain-twice", &p->o, "domains",
				"a domain federates or is blocked: take it out of one list",
				"'%s' is also in blocked_domains", p->domains.v[i]);
}

static bool is_local(const struct fp_flow *in, const char *name)
{
	return fp_flow_in_list(&in->local_domains, name) ||
		fp_flow_in_list(&in->email_domains, name);
}

/* A name is served at one place. */
static void lint_aliases(const struct lint *l, const struct fp_obj *obj, const char *attr,
			 const struct fp_strs *list, u32 before)
{
	const struct fp_flow *in = l->in;
	const char *name;
	u32 i, j;

	for (i = 0; i < list->n; i++) {
		name = list->v[i];
		if (is_local(in, name))
			finding(l->errs, "alias-twice", obj, attr,
				"an alias is a name of its own below your domain",
				"'%s' is a domain of yours already", name);
		for (j = 0; j < before; j++)
			if (fp_flow_in_list(&in->nodes[j]->chat_aliases, name))
				finding(l->errs, "alias-twice", obj, attr,
					"one alias, one node",
					"'%s' is also on node '%s'", name,
					in->nodes[j]->o.name);
		if (list != &in->chat_aliases && fp_flow_in_list(&in->chat_aliases, name))
			finding(l->errs, "alias-twice", obj, attr,
				"leave it there, or at the node whose rooms it is for",
				"'%s' is also in chat_aliases of the file", name);
	}
}

static void lint_nodes(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	const struct fp_flow_node *n;
	u32 i;

	for (i = 0; i < in->n_nodes; i++) {
		n = in->nodes[i];
		lint_aliases(l, &n->o, "chat_aliases", &n->chat_aliases, i);
		if (n->public_address.family && n->fqdn && !strchr(n->fqdn, '.'))
			finding(l->errs, "xmpp-node-name", &n->o, "public_address",
				"give fqdn: it becomes the target of SRV records",
				"is its own, and partners have no name to look it up by");
	}
}

static void lint_identity(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	bool clear = in->tls_mode == FP_XTLS_NONE;
	u32 i;

	for (i = 0; i < in->n_partners; i++)
		clear |= fp_flow_tls_mode(in, in->partners[i]) == FP_XTLS_NONE;
	if (!in->dialback && (clear || !in->sasl))
		finding(l->errs, "xmpp-identity", &in->o, "dialback",
			"leave it on, or use TLS with sasl_external",
			"is no, and nothing else would prove who a partner is");
	if (clear)
		finding(l->notes, "xmpp-clear", &in->o, "tls_mode",
			"required protects messages on the Internet",
			"is none%s: everybody on the way reads along",
			in->tls_mode == FP_XTLS_NONE ? "" : " for a partner");
}

/**
 * fp_lint_xmpp() - what the fields of an XMPP federation say together
 * @l: the file
 */
void fp_lint_xmpp(const struct lint *l)
{
	const struct fp_flow *in = l->in;
	u32 i;

	if (!fp_flow_is(in, W(XMPP)))
		return;
	for (i = 0; i < in->n_partners; i++)
		lint_partner(l, in->partners[i]);
	lint_aliases(l, &in->o, "chat_aliases", &in->chat_aliases, 0);
	lint_aliases(l, &in->o, "file_transfer_aliases", &in->file_aliases, 0);
	lint_nodes(l);
	lint_identity(l);
}
