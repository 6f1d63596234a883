// SPDX-License-Identifier: GPL-2.0
/*
 * The policy as read from the kernel, with the TLS contexts of its
 * trustpoints. Immutable once made; counted, because workers hold the one that
 * their handshakes began under.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

/* One trustpoint in one role; @ctx is NULL where @why says what is wrong. */
struct tls_use {
	const char *trustpoint;
	bool server;
	bool fips;
	SSL_CTX *ctx;
	char *why;
};

struct fpd_policy {
	atomic_uint refs;	/* frees the policy when it falls to 0 */
	struct fp_model *model;
	struct tls_use *uses;
	size_t n_uses;
};

/**
 * fpd_policy_get() - one more reference
 * @p: a policy, or NULL
 *
 * Return: @p.
 */
struct fpd_policy *fpd_policy_get(struct fpd_policy *p)
{
	if (p)
		atomic_fetch_add(&p->refs, 1);
	return p;
}

/**
 * fpd_policy_put() - one reference less
 * @p: a policy, or NULL
 */
void fpd_policy_put(struct fpd_policy *p)
{
	if (!p || atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	for (size_t i = 0; i < p->n_uses; i++) {
		SSL_CTX_free(p->uses[i].ctx);
		free(p->uses[i].why);
	}
	free(p->uses);
	fp_model_free(p->model);
	free(p);
}

/**
 * fpd_policy_model() - the objects of a policy
 * @p: the policy
 *
 * Return: the model; lives as long as the reference.
 */
const struct fp_model *fpd_policy_model(const struct fpd_policy *p)
{
	return p->model;
}

static struct tls_use *find_use(const struct fpd_policy *p, const char *trustpoint,
				bool server, bool fips)
{
	for (size_t i = 0; i < p->n_uses; i++)
		if (p->uses[i].server == server && p->uses[i].fips == fips &&
		    !strcmp(p->uses[i].trustpoint, trustpoint))
			return &p->uses[i];
	return NULL;
}

static void make_ctx(struct tls_use *use, const struct fp_obj_trustpoint *t)
{
	struct fpd_trust_files files = { t->o.name, t->cert, t->key, t->ca, t->crl };
	char why[FPD_TEXT_MAX];

	use->ctx = fpd_trust_ctx(&files, use->server, use->fips, why, sizeof(why));
	if (use->ctx)
		return;
	use->why = strdup(why);
	fpd_log("error: %s", why);
}

static void add_use(struct fpd_policy *p, const char *trustpoint, bool server, bool fips)
{
	const struct fp_obj_trustpoint *t;
	struct tls_use *grown;

	if (!trustpoint || !*trustpoint || find_use(p, trustpoint, server, fips))
		return;
	t = fp_find_trustpoint(p->model, trustpoint);
	if (!t)
		return;
	grown = reallocarray(p->uses, p->n_uses + 1, sizeof(*grown));
	if (!grown)
		return;
	p->uses = grown;
	grown[p->n_uses] = (struct tls_use){ t->o.name, server, fips, NULL, NULL };
	make_ctx(&grown[p->n_uses++], t);
}

static void make_uses(struct fpd_policy *p)
{
	const struct fp_obj_tls_proxy *proxy;
	const struct fp_obj_peer *peer;
	bool any_fips = false;
	u32 i;

	fp_model_each(p->model, FP_K_PEER, i, peer) {
		bool fips = peer->tls_profile == FEDPAT_TLS_PROFILE_FIPS;

		any_fips |= fips;
		add_use(p, peer->trustpoint, false, fips);
	}
	fp_model_each(p->model, FP_K_TLS_PROXY, i, proxy) {
		if (proxy->transport == FEDPAT_TRANSPORT_TCP)
			continue;
		add_use(p, proxy->server_trustpoint, true, false);
		add_use(p, proxy->client_trustpoint, false, false);
		if (any_fips)
			add_use(p, proxy->client_trustpoint, false, true);
	}
}

/**
 * fpd_policy_load() - read the policy in force and the files it names
 * @d: the daemon
 *
 * A trustpoint whose files cannot be used does not stop the others: who needs
 * it is refused under the name trustpoint-unusable.
 *
 * Return: a reference, or NULL (told in the log).
 */
struct fpd_policy *fpd_policy_load(struct fpd *d)
{
	struct fpd_policy *p = calloc(1, sizeof(*p));
	struct fp_errs errs = { 0 };

	if (!p)
		return NULL;
	atomic_init(&p->refs, 1);
	if (fp_model_load_kernel(d->nl, &p->model, &errs)) {
		fpd_log_errs("policy cannot be read", &errs);
		free(p);
		return NULL;
	}
	fp_errs_free(&errs);
	make_uses(p);
	return p;
}

/**
 * fpd_policy_ctx() - TLS context of a trustpoint
 * @p: the policy
 * @trustpoint: its name, may be NULL
 * @server: for accepted connections
 * @fips: with FIPS suites only
 * @why: set where there is none: what is wrong
 *
 * Return: a reference for SSL_CTX_free(), or NULL.
 */
SSL_CTX *fpd_policy_ctx(const struct fpd_policy *p, const char *trustpoint,
			bool server, bool fips, const char **why)
{
	struct tls_use *use;

	*why = "the tls-proxy names no trustpoint for this side; set it";
	if (!trustpoint || !*trustpoint)
		return NULL;
	*why = "the policy has no trustpoint of that name";
	use = find_use(p, trustpoint, server, fips);
	if (!use)
		return NULL;
	*why = use->why;
	if (use->ctx)
		SSL_CTX_up_ref(use->ctx);
	return use->ctx;
}

/**
 * fpd_zone_role() - side of a zone
 * @p: the policy
 * @zone: its name, may be NULL
 *
 * Return: its role; FEDPAT_ROLE_OTHER when it is not there.
 */
enum fedpat_role fpd_zone_role(const struct fpd_policy *p, const char *zone)
{
	const struct fp_obj_zone *z = zone ? fp_find_zone(p->model, zone) : NULL;

	return z ? (enum fedpat_role)z->role : FEDPAT_ROLE_OTHER;
}

/**
 * fpd_proxy_of() - tls-proxy that takes a federation's callers of one side
 * @p: the policy
 * @federation: name of the federation
 * @side: side of those who dial in
 *
 * Its zone is where legs of that side lie; its client trustpoint is shown when
 * the other side is dialled.
 *
 * Return: the first such, or NULL.
 */
const struct fp_obj_tls_proxy *fpd_proxy_of(const struct fpd_policy *p,
					    const char *federation,
					    enum fedpat_role side)
{
	const struct fp_obj_tls_proxy *proxy;
	u32 i;

	fp_model_each(p->model, FP_K_TLS_PROXY, i, proxy)
		if (proxy->federation && !strcmp(proxy->federation, federation) &&
		    fpd_zone_role(p, proxy->zone) == side)
			return proxy;
	return NULL;
}
