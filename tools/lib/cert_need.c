// SPDX-License-Identifier: GPL-2.0
/*
 * Who needs a trustpoint's identity, read out of the policy: to whom it is
 * shown, in which role, and which name must be in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "text.h"

static bool same(const char *a, const char *b)
{
	return a && b && *a && !strcmp(a, b);
}

static u32 zone_role(const struct fp_model *m, const char *zone)
{
	const struct fp_obj_zone *z = zone ? fp_find_zone(m, zone) : NULL;

	return z ? z->role : FEDPAT_ROLE_OTHER;
}

/* A partner that asks for both uses of himself will ask for both of us. */
static bool asks_both(const struct fp_model *m, const char *federation)
{
	const struct fp_obj_peer *peer;
	u32 i;

	fp_model_each(m, FP_K_PEER, i, peer)
		if (same(peer->federation, federation) && peer->eku == FEDPAT_EKU_BOTH)
			return true;
	return false;
}

static void set_name(struct fp_cert_need *need, const struct fp_obj_federation *f)
{
	char buf[FP_TXT_ADDR];

	if (!f)
		return;
	if (need->outside && f->public_fqdn)
		snprintf(need->name, sizeof(need->name), "%s", f->public_fqdn);
	else if (!need->outside && f->inside_addr.family)
		snprintf(need->name, sizeof(need->name), "%s", fp_addr_str(&f->inside_addr, buf));
}

static struct fp_cert_need *add(const struct fp_model *m, struct fp_cert_needs *needs,
				const char *federation, bool outside)
{
	struct fp_cert_need *need;

	if (needs->n == FP_NEEDS_MAX)
		return NULL;
	need = &needs->v[needs->n++];
	memset(need, 0, sizeof(*need));
	need->federation = federation ? federation : "";
	need->outside = outside;
	need->both = outside && asks_both(m, federation);
	set_name(need, federation ? fp_find_federation(m, federation) : NULL);
	return need;
}

static void proxy_needs(const struct fp_model *m, const struct fp_obj_tls_proxy *proxy,
			const char *name, struct fp_cert_needs *needs)
{
	bool outside = zone_role(m, proxy->zone) == FEDPAT_ROLE_OUTSIDE;
	struct fp_cert_need *need;

	if (proxy->transport == FEDPAT_TRANSPORT_TCP)
		return;
	if (same(proxy->server_trustpoint, name)) {
		need = add(m, needs, proxy->federation, outside);
		if (!need)
			return;
		snprintf(need->object, sizeof(need->object), "tls-proxy '%s'", proxy->o.name);
		need->shown = outside ? "partners that dial in" : "nodes that dial in";
		need->server = true;
	}
	if (same(proxy->client_trustpoint, name)) {
		/* Who dials in on one side is led on to the other one. */
		need = add(m, needs, proxy->federation, !outside);
		if (!need)
			return;
		snprintf(need->object, sizeof(need->object), "tls-proxy '%s'", proxy->o.name);
		need->shown = outside ? "nodes that are dialled" : "partners that are dialled";
		need->client = true;
	}
}

/**
 * fp_cert_needs() - who needs the identity of a trustpoint
 * @model: the policy
 * @name: name of the trustpoint
 * @needs: filled; points into @model
 */
void fp_cert_needs(const struct fp_model *model, const char *name, struct fp_cert_needs *needs)
{
	const struct fp_obj_tls_proxy *proxy;
	const struct fp_obj_peer *peer;
	struct fp_cert_need *need;
	u32 i;

	needs->n = 0;
	fp_model_each(model, FP_K_TLS_PROXY, i, proxy)
		proxy_needs(model, proxy, name, needs);
	fp_model_each(model, FP_K_PEER, i, peer) {
		if (!same(peer->trustpoint, name))
			continue;
		need = add(model, needs, peer->federation, peer->role == FEDPAT_ROLE_OUTSIDE);
		if (!need)
			return;
		snprintf(need->object, sizeof(need->object), "peer '%s'", peer->o.name);
		need->shown = "this peer when it is dialled";
		need->client = true;
	}
}

/**
 * fp_strs_add() - add a text to a list, once
 * @strs: the list
 * @text: the text
 *
 * Return: 0, -1 without memory
 */
int fp_strs_add(struct fp_strs *strs, const char *text)
{
	char **v;

	for (u32 i = 0; i < strs->n; i++)
		if (!strcasecmp(strs->v[i], text))
			return 0;
	v = reallocarray(strs->v, (size_t)strs->n + 1, sizeof(*v));
	if (!v)
		return -1;
	strs->v = v;
	v[strs->n] = strdup(text);
	if (!v[strs->n])
		return -1;
	strs->n++;
	return 0;
}

/**
 * fp_strs_free() - empty a list
 * @strs: the list
 */
void fp_strs_free(struct fp_strs *strs)
{
	while (strs->n)
		free(strs->v[--strs->n]);
	free(strs->v);
	strs->v = NULL;
}

/**
 * fp_cert_wanted_names() - names that the uses of a trustpoint ask for
 * @model: the policy
 * @trustpoint: its name
 * @names: is added to
 *
 * Outside: the public name first, for it becomes the common name, then our
 * domains; inside: the address that nodes dial.
 */
void fp_cert_wanted_names(const struct fp_model *model, const char *trustpoint,
			  struct fp_strs *names)
{
	struct fp_cert_needs needs;

	fp_cert_needs(model, trustpoint, &needs);
	for (u32 i = 0; i < needs.n; i++)
		if (*needs.v[i].name)
			fp_strs_add(names, needs.v[i].name);
	for (u32 i = 0; i < needs.n; i++) {
		const struct fp_obj_federation *f = needs.v[i].outside ?
			fp_find_federation(model, needs.v[i].federation) : NULL;

		for (u32 k = 0; f && k < f->local_domain.n; k++)
			fp_strs_add(names, f->local_domain.v[k]);
	}
}
