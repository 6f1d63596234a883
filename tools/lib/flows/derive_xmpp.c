// SPDX-License-Identifier: GPL-2.0
/* What only XMPP has: domains with direction and TLS, and who may connect to whom. */
#include <string.h>

#include "derive.h"
#include "text.h"

#define S2S_PORT	5269
#define NEXT_DIGIT	10000

/**
 * fp_flow_is_wild() - is it a domain and all below it?
 * @domain: as it was written
 *
 * Return: true for *.example.net
 */
bool fp_flow_is_wild(const char *domain)
{
	return !strncmp(domain, "*.", 2);
}

/**
 * fp_flow_base() - the domain itself
 * @domain: as it was written
 *
 * Return: example.net, for *.example.net too
 */
const char *fp_flow_base(const char *domain)
{
	return fp_flow_is_wild(domain) ? domain + 2 : domain;
}

/* --- domains --- */

/* One object; @p is NULL where it is blocked. */
static void object(struct derive *d, const struct fp_flow_partner *p, const char *name)
{
	const struct fp_obj *src = p ? &p->o : &d->in->o;
	struct fp_obj *obj = fp_derive_make(d, FP_K_DOMAIN, src, d->in->o.name, name);

	if (!obj)
		return;
	fp_derive_str(d, obj, FEDPAT_A_DOMAIN_FEDERATION, d->in->o.name);
	if (!p) {
		fp_derive_num(d, obj, FEDPAT_A_DOMAIN_BLOCKED, 1);
		return;
	}
	if (p->direction)
		fp_derive_num(d, obj, FEDPAT_A_DOMAIN_DIRECTION, p->direction);
	if (p->tls_mode)
		fp_derive_num(d, obj, FEDPAT_A_DOMAIN_TLS, p->tls_mode);
}

/* The servers' policies mean the domain too by *.domain; the gateway's objects do not. */
static void domains(struct derive *d, const struct fp_flow_partner *p, const struct fp_strs *list)
{
	const char *base;
	u32 i;

	for (i = 0; i < list->n; i++) {
		base = fp_flow_base(list->v[i]);
		if (base != list->v[i])
			object(d, p, list->v[i]);
		if (base == list->v[i] || !fp_flow_in_list(list, base))
			object(d, p, base);
	}
}

/**
 * fp_derive_xmpp_domains() - domains of partners, and those that are blocked
 * @d: objects in the making
 */
void fp_derive_xmpp_domains(struct derive *d)
{
	u32 i;

	for (i = 0; i < d->in->n_partners; i++)
		domains(d, d->in->partners[i], &d->in->partners[i]->domains);
	domains(d, NULL, &d->in->blocked_domains);
}

/**
 * fp_derive_xmpp_inspect() - inspect map
 * @d: objects in the making
 * @map: the map
 */
void fp_derive_xmpp_inspect(struct derive *d, struct fp_obj *map)
{
	static const u8 modes[] = {
		[FP_XTLS_NONE] = FEDPAT_STREAM_TLS_NONE,
		[FP_XTLS_OPTIONAL] = FEDPAT_STREAM_TLS_OPTIONAL,
		[FP_XTLS_REQUIRED] = FEDPAT_STREAM_TLS_REQUIRED,
	};

	fp_derive_num(d, map, FEDPAT_A_INSPECT_TLS, modes[d->in->tls_mode]);
	if (d->in->policy_default)
		fp_derive_num(d, map, FEDPAT_A_INSPECT_ALLOW_UNLISTED, 1);
}

/**
 * fp_derive_xmpp_domains_ours() - what partners may call us
 * @d: objects in the making
 * @federation: gets the aliases; it has the domains
 */
void fp_derive_xmpp_domains_ours(struct derive *d, struct fp_obj *federation)
{
	const struct fp_flow *in = d->in;
	u32 i;

	fp_derive_strs(d, federation, FEDPAT_A_FEDERATION_LOCAL_DOMAIN, &in->chat_aliases);
	fp_derive_strs(d, federation, FEDPAT_A_FEDERATION_LOCAL_DOMAIN, &in->file_aliases);
	for (i = 0; i < in->n_nodes; i++)
		fp_derive_strs(d, federation, FEDPAT_A_FEDERATION_LOCAL_DOMAIN,
			       &in->nodes[i]->chat_aliases);
}

/* --- who may connect to whom --- */

/* A partner of whom no address is known; for remarks and for positions of faults. */
static struct fp_flow_partner everybody(const struct derive *d)
{
	struct fp_flow_partner all = *d->in->partners[0];

	all.o.name = "everybody";
	memset(&all.addresses, 0, sizeof(all.addresses));
	memset(&all.networks, 0, sizeof(all.networks));
	return all;
}

/**
 * fp_derive_xmpp_out() - what a node dials
 * @d: objects in the making
 * @n: the node
 * @acl: its class list
 *
 * Whoever it is: what a list does not take would pass uninspected. A partner
 * with several nodes behind one address has ports of the digit scheme, too.
 */
void fp_derive_xmpp_out(struct derive *d, const struct fp_flow_node *n, struct fp_obj_acl *acl)
{
	struct fp_flow_partner all = everybody(d);
	struct fp_cidr from = fp_cidr_host(&n->address), to = { .len = 0 };
	u32 digit;

	for (digit = 0; digit <= FP_FLOW_MAX_DIGIT; digit++)
		fp_derive_ace(d, acl, &all, &from, &to, (u16)(digit * NEXT_DIGIT + S2S_PORT));
}

/* Dialback's second connection comes from a partner to whom only we send, too. */
static bool may_come(const struct fp_flow *in, const struct fp_flow_partner *p)
{
	return p->direction != FEDPAT_DIRECTION_OUT || in->dialback;
}

/**
 * fp_derive_xmpp_in() - who may connect to a node
 * @d: objects in the making
 * @n: the node
 * @acl: its class list
 *
 * The addresses of a partner, anybody where none is given.
 */
void fp_derive_xmpp_in(struct derive *d, const struct fp_flow_node *n, struct fp_obj_acl *acl)
{
	struct fp_flow_partner all = everybody(d);
	u32 i;

	if (d->in->policy_default) {
		fp_derive_let_to_rows(d, n, &all, acl);
		return;
	}
	for (i = 0; i < d->in->n_partners; i++)
		if (may_come(d->in, d->in->partners[i]))
			fp_derive_let_to_rows(d, n, d->in->partners[i], acl);
}
