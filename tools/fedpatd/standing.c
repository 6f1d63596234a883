// SPDX-License-Identifier: GPL-2.0
/*
 * A peer that is revoked while its leg stands: those whose trustpoint asks
 * online are asked about again and again, for as long as an answer holds, and a
 * leg whose certificate is revoked is closed. Where nobody answers it goes on,
 * unless the trustpoint has become `hard` since: then the leg is doubted until
 * there is an answer, and closed if that is none.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "daemon.h"
#include "revoke.h"

#define LOOK_SECONDS	30	/* between two looks */
#define SOON_SECONDS	2	/* while an answer is waited for */

/**
 * struct look - one walk over the legs
 * @d: the daemon
 * @ask: legs of which nothing is known
 * @n_ask: how many
 * @dead: legs that are revoked, or of which nobody says that they are not
 * @n_dead: how many
 * @doubted: ids of legs that the policy would no longer take without an answer
 * @n_doubted: how many
 */
struct look {
	struct fpd *d;
	struct fp_obj_leg **ask;
	size_t n_ask;
	struct fp_obj_leg **dead;
	size_t n_dead;
	u32 *doubted;
	size_t n_doubted;
};

static bool keep(struct fp_obj_leg ***list, size_t *n, struct fp_obj_leg *leg)
{
	struct fp_obj_leg **grown = reallocarray(*list, *n + 1, sizeof(struct fp_obj_leg *));

	if (!grown)
		return false;
	*list = grown;
	grown[(*n)++] = leg;
	return true;
}

/* The trustpoint by which it is asked about, NULL where files alone decide. */
static const struct fp_obj_trustpoint *asked_by(const struct fpd_policy *p,
						const struct fp_obj_leg *leg)
{
	const struct fp_model *model = fpd_policy_model(p);
	const struct fp_obj_peer *peer = leg->peer ? fp_find_peer(model, leg->peer) : NULL;
	const struct fp_obj_trustpoint *t;

	if (leg->transport != FEDPAT_TRANSPORT_TLS || !leg->peer_fingerprint)
		return NULL;
	t = fp_find_trustpoint(model, fpd_anchors_name(p, peer, leg->tls_proxy ?: "",
						       leg->dialled));
	return t && t->revocation != FEDPAT_REVOCATION_FILE ? t : NULL;
}

static bool parse_key(const char *hex, unsigned char key[SHA256_DIGEST_LENGTH])
{
	size_t len = 0;

	return OPENSSL_hexstr2buf_ex(key, SHA256_DIGEST_LENGTH, &len, hex, 0) > 0 &&
		len == SHA256_DIGEST_LENGTH;
}

/* Hard now, and it was not when the leg was looked at last. */
static bool hardened(const struct fpd *d, const struct fp_obj_leg *leg,
		     const struct fp_obj_trustpoint *now)
{
	const struct fp_obj_trustpoint *was;

	if (!d->looked || d->looked == d->policy || now->revocation != FEDPAT_REVOCATION_HARD)
		return false;
	was = asked_by(d->looked, leg);
	return !was || was->revocation != FEDPAT_REVOCATION_HARD;
}

static bool doubted(const struct fpd *d, const struct fp_obj_leg *leg,
		    const struct fp_obj_trustpoint *t)
{
	if (t->revocation != FEDPAT_REVOCATION_HARD)
		return false;
	for (size_t i = 0; i < d->n_doubted; i++)
		if (d->doubted[i] == leg->id)
			return true;
	return hardened(d, leg, t);
}

static void doubt(struct look *look, u32 id)
{
	u32 *grown = reallocarray(look->doubted, look->n_doubted + 1, sizeof(*grown));

	if (!grown)
		return;
	look->doubted = grown;
	grown[look->n_doubted++] = id;
}

/* Does the look keep the leg, to ask about it or to close it? */
static bool keeps(struct look *look, struct fp_obj_leg *leg)
{
	const struct fp_obj_trustpoint *t = asked_by(look->d->policy, leg);
	unsigned char key[SHA256_DIGEST_LENGTH];
	struct fp_revoke r;
	bool in_doubt;

	if (!t || !parse_key(leg->peer_fingerprint, key))
		return false;
	in_doubt = doubted(look->d, leg, t);
	if (!fpd_revoke_known(key, &r)) {
		if (in_doubt)
			doubt(look, leg->id);
		return keep(&look->ask, &look->n_ask, leg);
	}
	if (r.answer == FP_REVOKE_GOOD || (r.answer == FP_REVOKE_UNKNOWN && !in_doubt))
		return false;
	return keep(&look->dead, &look->n_dead, leg);
}

static int look_at(struct fp_obj *obj, void *arg)
{
	if (!keeps(arg, (struct fp_obj_leg *)obj))
		fp_obj_free(obj);
	return 0;
}

/*
 * Its chain is kept by the kernel; the dump of all legs leaves it out. False: there
 * is nobody to ask.
 */
static bool ask_about(struct fpd *d, const struct fp_obj_leg *brief)
{
	const struct fp_obj_trustpoint *t = asked_by(d->policy, brief);
	const char *why;
	X509_STORE *store = t ? fpd_policy_anchors(d->policy, t->o.name, &why) : NULL;
	struct fp_errs errs = { 0 };
	struct fp_obj_leg *leg;
	STACK_OF(X509) *chain;
	X509 *issuer = NULL;
	bool asked = false;
	char text[128];

	if (!store || fp_leg_get(d->nl, brief->id, &leg, &errs)) {
		fp_errs_free(&errs);
		return false;
	}
	chain = fpd_chain_parse(leg->peer_chain);
	if (chain && !fpd_trust_verify(store, chain, &issuer, text, sizeof(text)) && issuer) {
		fpd_revoke_ask(sk_X509_value(chain, 0), issuer, t->ocsp, store);
		asked = true;
	}
	X509_free(issuer);
	sk_X509_pop_free(chain, X509_free);
	fp_obj_free(&leg->o);
	return asked;
}

static void close_dead(struct fpd *d, const struct fp_obj_leg *leg)
{
	unsigned char key[SHA256_DIGEST_LENGTH];
	char text[FPD_TEXT_MAX];
	struct fp_revoke r;

	if (!parse_key(leg->peer_fingerprint, key) || !fpd_revoke_known(key, &r) ||
	    r.answer == FP_REVOKE_GOOD)
		return;
	if (r.answer == FP_REVOKE_REVOKED) {
		snprintf(text, sizeof(text), "the certificate %s is %s; its leg stood",
			 leg->peer_cert_text ? leg->peer_cert_text : "", r.text);
		fpd_leg_close(d, leg->id, FP_R_TLS_REVOKED, text);
		return;
	}
	snprintf(text, sizeof(text), "%s: %s; its leg stood when the trustpoint became hard",
		 leg->peer_cert_text ? leg->peer_cert_text : "", r.text);
	fpd_leg_close(d, leg->id, FP_R_TLS_REVOCATION_UNKNOWN, text);
}

static void due(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fpd_standing_look(arg);
}

static void again(struct fpd *d, int seconds)
{
	struct timeval tv = { seconds, 0 };

	if (!d->standing)
		d->standing = evtimer_new(d->base, due, d);
	if (d->standing)
		evtimer_add(d->standing, &tv);
}

static bool anybody_asks(const struct fp_model *model)
{
	const struct fp_obj_trustpoint *t;
	u32 i;

	fp_model_each(model, FP_K_TRUSTPOINT, i, t)
		if (t->revocation != FEDPAT_REVOCATION_FILE)
			return true;
	return false;
}

static bool asks_as_before(const struct fp_obj_trustpoint *t,
			   const struct fp_obj_trustpoint *was)
{
	return was && was->revocation == t->revocation &&
		!strcmp(was->ocsp ?: "", t->ocsp ?: "");
}

/* Who is asked in another way may be answered where nobody was. */
static void changed_modes(struct fpd *d)
{
	const struct fp_model *old = fpd_policy_model(d->looked);
	const struct fp_obj_trustpoint *t;
	u32 i;

	fp_model_each(fpd_policy_model(d->policy), FP_K_TRUSTPOINT, i, t) {
		if (asks_as_before(t, fp_find_trustpoint(old, t->o.name)))
			continue;
		fpd_revoke_retry();
		return;
	}
}

/* Returns whether answers will come. */
static bool walk(struct fpd *d, struct look *look)
{
	struct fp_errs errs = { 0 };
	bool asked = false;

	if (fp_dump(d->nl, FP_K_LEG, look_at, look, &errs))
		fpd_log_errs("legs cannot be listed", &errs);
	else
		fp_errs_free(&errs);
	for (size_t i = 0; i < look->n_ask; i++) {
		asked |= ask_about(d, look->ask[i]);
		fp_obj_free(&look->ask[i]->o);
	}
	for (size_t i = 0; i < look->n_dead; i++) {
		close_dead(d, look->dead[i]);
		fp_obj_free(&look->dead[i]->o);
	}
	free(look->ask);
	free(look->dead);
	return asked;
}

/**
 * fpd_standing_look() - ask about the peers of legs that stand
 * @d: the daemon
 *
 * Legs that an earlier daemon made are not doubted at the start, for a restart
 * ends nothing; a mode that is changed later counts for them, too.
 *
 * Context: main thread. Never waits; looks again by itself.
 */
void fpd_standing_look(struct fpd *d)
{
	struct look look = { .d = d };
	bool asked = false;

	if (d->looked && d->looked != d->policy)
		changed_modes(d);
	if (anybody_asks(fpd_policy_model(d->policy)))
		asked = walk(d, &look);
	fpd_policy_put(d->looked);
	d->looked = fpd_policy_get(d->policy);
	free(d->doubted);
	d->doubted = look.doubted;
	d->n_doubted = look.n_doubted;
	again(d, asked ? SOON_SECONDS : LOOK_SECONDS);
}

/**
 * fpd_standing_stop() - ask no more
 * @d: the daemon
 */
void fpd_standing_stop(struct fpd *d)
{
	if (d->standing)
		event_free(d->standing);
	d->standing = NULL;
	fpd_policy_put(d->looked);
	d->looked = NULL;
	free(d->doubted);
	d->doubted = NULL;
	d->n_doubted = 0;
}
