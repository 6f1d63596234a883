// SPDX-License-Identifier: GPL-2.0
/*
 * The policy as read from the kernel, with the TLS contexts of its
 * trustpoints. Immutable once made; counted, because workers hold the one that
 * their handshakes began under.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "daemon.h"
#include "revoke.h"

/* One trustpoint in one role; @ctx is NULL where @why says what is wrong. */
struct tls_use {
	const char *trustpoint;
	bool server;
	enum fedpat_tls_profile profile;
	SSL_CTX *ctx;
	char *why;
};

/*
 * The anchors of one trustpoint; @store is NULL where @why says what is wrong, @unread
 * where nothing is known of whom they trust.
 */
struct anchors {
	const char *trustpoint;
	X509_STORE *store;
	bool unread;
	char *why;
};

struct fpd_policy {
	atomic_uint refs;	/* frees the policy when it falls to 0 */
	struct fp_model *model;
	struct tls_use *uses;
	size_t n_uses;
	struct anchors *anchors;
	size_t n_anchors;
	unsigned char trust[SHA256_DIGEST_LENGTH];
	bool no_memory;		/* some of it is missing */
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
	for (size_t i = 0; i < p->n_anchors; i++) {
		X509_STORE_free(p->anchors[i].store);
		free(p->anchors[i].why);
	}
	free(p->anchors);
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
				bool server, enum fedpat_tls_profile profile)
{
	for (size_t i = 0; i < p->n_uses; i++)
		if (p->uses[i].server == server && p->uses[i].profile == profile &&
		    !strcmp(p->uses[i].trustpoint, trustpoint))
			return &p->uses[i];
	return NULL;
}

static struct anchors *find_anchors(const struct fpd_policy *p, const char *trustpoint)
{
	for (size_t i = 0; i < p->n_anchors; i++)
		if (!strcmp(p->anchors[i].trustpoint, trustpoint))
			return &p->anchors[i];
	return NULL;
}

static struct fpd_trust_files files_of(const struct fp_obj_trustpoint *t)
{
	return (struct fpd_trust_files){ t->o.name, t->cert, t->key, t->ca, t->crl,
					t->revocation, t->ocsp };
}

static char *words(struct fpd_policy *p, const char *why)
{
	char *copy = strdup(why);

	p->no_memory |= !copy;
	return copy;
}

/* May one and the same caller be meant for either? */
static bool share_address(const struct fpd_policy *p, const struct fp_obj_tls_proxy *a,
			  const struct fp_obj_tls_proxy *b)
{
	const struct fp_obj_federation *fa = fp_find_federation(p->model, a->federation);
	const struct fp_obj_federation *fb = fp_find_federation(p->model, b->federation);

	if (!fa || !fb || a->transport == FEDPAT_TRANSPORT_TCP ||
	    b->transport == FEDPAT_TRANSPORT_TCP || strcmp(a->zone, b->zone))
		return false;
	for (u32 i = 0; i < fa->public_addr.n; i++)
		for (u32 k = 0; k < fb->public_addr.n; k++)
			if (!memcmp(&fa->public_addr.v[i], &fb->public_addr.v[k],
				    sizeof(fa->public_addr.v[i])))
				return true;
	return false;
}

typedef void (*trust_fn)(const struct fp_obj_trustpoint *t, void *arg);

/* Whose anchors else a context meets: those of peers that have their own ... */
static void each_other(const struct fpd_policy *p, const struct tls_use *use, trust_fn fn,
		       void *arg)
{
	const struct fp_obj_tls_proxy *a, *b;
	const struct fp_obj_trustpoint *t;
	const struct fp_obj_peer *peer;
	u32 i, k;

	fp_model_each(p->model, FP_K_PEER, i, peer) {
		t = peer->ca && *peer->ca && strcmp(peer->ca, use->trustpoint) ?
			fp_find_trustpoint(p->model, peer->ca) : NULL;
		if (t)
			fn(t, arg);
	}
	if (!use->server)
		return;
	/* ... and those of other federations of an address that callers dial. */
	fp_model_each(p->model, FP_K_TLS_PROXY, i, a) {
		if (!a->server_trustpoint || strcmp(a->server_trustpoint, use->trustpoint))
			continue;
		fp_model_each(p->model, FP_K_TLS_PROXY, k, b) {
			t = a != b && b->server_trustpoint && share_address(p, a, b) ?
				fp_find_trustpoint(p->model, b->server_trustpoint) : NULL;
			if (t && strcmp(t->o.name, use->trustpoint))
				fn(t, arg);
		}
	}
}

static void widen(const struct fp_obj_trustpoint *t, void *arg)
{
	struct fpd_trust_files files = files_of(t);
	struct tls_use *use = arg;
	char why[FPD_TEXT_MAX];

	if (t->ca && *t->ca && fpd_trust_widen(use->ctx, use->server, &files, why, sizeof(why)))
		fpd_log("error: %s", why);
}

static void any_asks(const struct fp_obj_trustpoint *t, void *arg)
{
	bool *asks = arg;

	*asks |= t->revocation != FEDPAT_REVOCATION_FILE;
}

/*
 * Who it is, and so whose anchors and whose strictness count, is known behind the
 * handshake: during it a context asks softly where anybody asks; chain_ok() judges.
 */
static enum fedpat_revocation asked_for(const struct fpd_policy *p, const struct tls_use *use,
					enum fedpat_revocation own)
{
	bool asks = own != FEDPAT_REVOCATION_FILE;

	each_other(p, use, any_asks, &asks);
	return asks ? FEDPAT_REVOCATION_SOFT : FEDPAT_REVOCATION_FILE;
}

static void make_ctx(struct fpd_policy *p, struct tls_use *use,
		     const struct fp_obj_trustpoint *t)
{
	struct fpd_trust_files files = files_of(t);
	char why[FPD_TEXT_MAX];

	files.revocation = asked_for(p, use, files.revocation);
	use->ctx = fpd_trust_ctx(&files, use->server, use->profile, why, sizeof(why));
	if (use->ctx) {
		if (use->server)
			fpd_sni_watch(use->ctx);
		each_other(p, use, widen, use);
		return;
	}
	use->why = words(p, why);
	fpd_log("error: %s", why);
}

static void add_anchors(struct fpd_policy *p, const char *trustpoint)
{
	const struct fp_obj_trustpoint *t = fp_find_trustpoint(p->model, trustpoint);
	struct fpd_trust_files files;
	struct anchors *grown;
	char why[FPD_TEXT_MAX];

	if (!t || find_anchors(p, trustpoint))
		return;
	grown = reallocarray(p->anchors, p->n_anchors + 1, sizeof(*grown));
	p->no_memory |= !grown;
	if (!grown)
		return;
	p->anchors = grown;
	grown += p->n_anchors++;
	files = files_of(t);
	*grown = (struct anchors){ .trustpoint = t->o.name };
	grown->store = fpd_trust_store(&files, &grown->unread, why, sizeof(why));
	if (!grown->store)
		grown->why = words(p, why);
}

static void add_use(struct fpd_policy *p, const char *trustpoint, bool server,
		    enum fedpat_tls_profile profile)
{
	const struct fp_obj_trustpoint *t;
	struct tls_use *grown;

	if (!trustpoint || !*trustpoint || find_use(p, trustpoint, server, profile))
		return;
	t = fp_find_trustpoint(p->model, trustpoint);
	if (!t)
		return;
	add_anchors(p, trustpoint);
	grown = reallocarray(p->uses, p->n_uses + 1, sizeof(*grown));
	p->no_memory |= !grown;
	if (!grown)
		return;
	p->uses = grown;
	grown[p->n_uses] = (struct tls_use){ t->o.name, server, profile, NULL, NULL };
	make_ctx(p, &grown[p->n_uses++], t);
}

/* What anybody in the federation of a tls-proxy asks for; default always. */
static void add_profiles(struct fpd_policy *p, const struct fp_obj_tls_proxy *proxy)
{
	const struct fp_obj_peer *peer;
	u32 i;

	add_use(p, proxy->server_trustpoint, true, FEDPAT_TLS_PROFILE_DEFAULT);
	add_use(p, proxy->client_trustpoint, false, FEDPAT_TLS_PROFILE_DEFAULT);
	fp_model_each(p->model, FP_K_PEER, i, peer) {
		if (!peer->federation || strcmp(peer->federation, proxy->federation))
			continue;
		add_use(p, proxy->client_trustpoint, false, peer->tls_profile);
		if (peer->tls_profile == FEDPAT_TLS_PROFILE_LEGACY)
			add_use(p, proxy->server_trustpoint, true, peer->tls_profile);
	}
}

static void make_uses(struct fpd_policy *p)
{
	const struct fp_obj_tls_proxy *proxy;
	const struct fp_obj_peer *peer;
	u32 i;

	fp_model_each(p->model, FP_K_PEER, i, peer) {
		add_use(p, peer->trustpoint, false, peer->tls_profile);
		if (peer->ca && *peer->ca)
			add_anchors(p, peer->ca);
	}
	fp_model_each(p->model, FP_K_TLS_PROXY, i, proxy)
		if (proxy->transport != FEDPAT_TRANSPORT_TCP)
			add_profiles(p, proxy);
}

static void digest_text(EVP_MD_CTX *md, const char *s)
{
	EVP_DigestUpdate(md, s ? s : "", s ? strlen(s) + 1 : 1);
}

static void digest_texts(EVP_MD_CTX *md, const struct fp_strs *list)
{
	EVP_DigestUpdate(md, &list->n, sizeof(list->n));
	for (u32 i = 0; i < list->n; i++)
		digest_text(md, list->v[i]);
}

static void digest_file(EVP_MD_CTX *md, const char *path)
{
	FILE *f = path && *path ? fopen(path, "re") : NULL;
	char buf[4096];
	size_t n;

	while (f && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		EVP_DigestUpdate(md, buf, n);
	if (f)
		fclose(f);
	digest_text(md, path);
}

/* Of all that decides whom we trust: equal means that chains need no new look. */
static void digest_trust(struct fpd_policy *p)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const struct fp_obj_trustpoint *t;
	const struct fp_obj_tls_proxy *proxy;
	const struct fp_obj_peer *peer;
	u32 i;

	if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) <= 0) {
		p->no_memory = true;
		goto out;
	}
	fp_model_each(p->model, FP_K_TRUSTPOINT, i, t) {
		digest_text(md, t->o.name);
		digest_file(md, t->ca);
		digest_file(md, t->crl);
		/* Files alone are judged more strictly than by who asks besides. */
		EVP_DigestUpdate(md, &t->revocation, sizeof(t->revocation));
	}
	fp_model_each(p->model, FP_K_PEER, i, peer) {
		digest_text(md, peer->o.name);
		digest_text(md, peer->ca);
		digest_text(md, peer->trustpoint);
		digest_text(md, peer->federation);
		digest_text(md, peer->host);
		EVP_DigestUpdate(md, &peer->role, sizeof(peer->role));
		digest_texts(md, &peer->subject);
		digest_texts(md, &peer->domain);
		digest_texts(md, &peer->name_rule);
		EVP_DigestUpdate(md, &peer->tls_verify, sizeof(peer->tls_verify));
		EVP_DigestUpdate(md, &peer->eku, sizeof(peer->eku));
		EVP_DigestUpdate(md, &peer->tls_profile, sizeof(peer->tls_profile));
	}
	fp_model_each(p->model, FP_K_TLS_PROXY, i, proxy) {
		digest_text(md, proxy->o.name);
		digest_text(md, proxy->server_trustpoint);
		digest_text(md, proxy->client_trustpoint);
	}
	EVP_DigestFinal_ex(md, p->trust, NULL);
out:
	EVP_MD_CTX_free(md);
}

/**
 * fpd_policy_trust() - digest of what decides whom a policy trusts
 * @p: the policy
 *
 * Return: FPD_TRUST_LEN octets
 */
const unsigned char *fpd_policy_trust(const struct fpd_policy *p)
{
	return p->trust;
}

/**
 * fpd_policy_anchors() - anchors of a trustpoint
 * @p: the policy
 * @trustpoint: its name
 * @why: set where there are none: what is wrong
 *
 * Return: the store, which lives as long as the policy, or NULL.
 */
X509_STORE *fpd_policy_anchors(const struct fpd_policy *p, const char *trustpoint,
			       const char **why)
{
	const struct anchors *a = find_anchors(p, trustpoint);

	*why = a ? a->why : "the policy has no trustpoint of that name";
	return a ? a->store : NULL;
}

/**
 * fpd_policy_unread() - could the files of a trustpoint's anchors not be read?
 * @p: the policy
 * @trustpoint: its name
 *
 * Then nobody knows whom they trust: that is no fault of a peer.
 */
bool fpd_policy_unread(const struct fpd_policy *p, const char *trustpoint)
{
	const struct anchors *a = find_anchors(p, trustpoint);

	return a && a->unread;
}

static struct fpd_policy *no_memory(struct fpd_policy *p)
{
	fpd_log("error: policy cannot be read: out of memory; free some, then run fedctl reload");
	fpd_policy_put(p);
	return NULL;
}

/**
 * fpd_policy_load() - read the policy in force and the files it names
 * @d: the daemon
 *
 * A trustpoint whose files cannot be used does not stop the others: who needs
 * it is refused under the name trustpoint-unusable. Without memory there is no new
 * policy, and the one before stays in force.
 *
 * Return: a reference, or NULL (told in the log).
 */
struct fpd_policy *fpd_policy_load(struct fpd *d)
{
	struct fpd_policy *p = calloc(1, sizeof(*p));
	struct fp_errs errs = { 0 };

	if (!p)
		return no_memory(p);
	atomic_init(&p->refs, 1);
	if (fp_model_load_kernel(d->nl, &p->model, &errs)) {
		fpd_log_errs("policy cannot be read", &errs);
		free(p);
		return NULL;
	}
	fp_errs_free(&errs);
	/* First: files that change in between cost one look more, not one too few. */
	digest_trust(p);
	fpd_revoke_staples_begin();
	make_uses(p);
	if (p->no_memory)
		return no_memory(p);
	fpd_revoke_staples_end();
	return p;
}

/**
 * fpd_policy_ctx() - TLS context of a trustpoint
 * @p: the policy
 * @trustpoint: its name, may be NULL
 * @server: for accepted connections
 * @profile: cipher suites
 * @why: set where there is none: what is wrong
 *
 * Return: a reference for SSL_CTX_free(), or NULL.
 */
SSL_CTX *fpd_policy_ctx(const struct fpd_policy *p, const char *trustpoint,
			bool server, enum fedpat_tls_profile profile, const char **why)
{
	struct tls_use *use;

	*why = "the tls-proxy names no trustpoint for this side; set it";
	if (!trustpoint || !*trustpoint)
		return NULL;
	*why = "the policy has no trustpoint of that name";
	use = find_use(p, trustpoint, server, profile);
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

/**
 * fpd_policy_profile() - profile of those who dial a tls-proxy
 * @p: the policy
 * @proxy: the tls-proxy
 *
 * Who calls is known after the handshake: AES-CBC is offered when a peer of
 * the federation asks for it, and fpd_match() refuses it to the others.
 *
 * Return: the profile.
 */
enum fedpat_tls_profile fpd_policy_profile(const struct fpd_policy *p,
					   const struct fp_obj_tls_proxy *proxy)
{
	const struct fp_obj_peer *peer;
	u32 i;

	fp_model_each(p->model, FP_K_PEER, i, peer)
		if (peer->tls_profile == FEDPAT_TLS_PROFILE_LEGACY &&
		    peer->role == fpd_zone_role(p, proxy->zone) && peer->federation &&
		    !strcmp(peer->federation, proxy->federation))
			return FEDPAT_TLS_PROFILE_LEGACY;
	return FEDPAT_TLS_PROFILE_DEFAULT;
}
