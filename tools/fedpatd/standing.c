// SPDX-License-Identifier: GPL-2.0
/*
 * A peer that is revoked while its leg stands: those whose trustpoint asks
 * online are asked about again and again, for as long as an answer holds, and a
 * leg whose certificate is revoked is closed. Where nobody answers it goes on,
 * whatever the trustpoint's policy: that decides about new ones.
 */
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
 * @dead: legs that are revoked
 * @n_dead: how many
 */
struct look {
	struct fpd *d;
	struct fp_obj_leg **ask;
	size_t n_ask;
	struct fp_obj_leg **dead;
	size_t n_dead;
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

static int look_at(struct fp_obj *obj, void *arg)
{
	struct fp_obj_leg *leg = (struct fp_obj_leg *)obj;
	unsigned char key[SHA256_DIGEST_LENGTH];
	struct look *look = arg;
	struct fp_revoke r;
	bool kept = false;

	if (asked_by(look->d->policy, leg) && parse_key(leg->peer_fingerprint, key)) {
		if (!fpd_revoke_known(key, &r))
			kept = keep(&look->ask, &look->n_ask, leg);
		else if (r.answer == FP_REVOKE_REVOKED)
			kept = keep(&look->dead, &look->n_dead, leg);
	}
	if (!kept)
		fp_obj_free(obj);
	return 0;
}

/* Its chain is kept by the kernel; the dump of all legs leaves it out. */
static void ask_about(struct fpd *d, const struct fp_obj_leg *brief)
{
	const struct fp_obj_trustpoint *t = asked_by(d->policy, brief);
	const char *why;
	X509_STORE *store = t ? fpd_policy_anchors(d->policy, t->o.name, &why) : NULL;
	struct fp_errs errs = { 0 };
	struct fp_obj_leg *leg;
	STACK_OF(X509) *chain;
	X509 *issuer = NULL;
	char text[128];

	if (!store || fp_leg_get(d->nl, brief->id, &leg, &errs)) {
		fp_errs_free(&errs);
		return;
	}
	chain = fpd_chain_parse(leg->peer_chain);
	if (chain && !fpd_trust_verify(store, chain, &issuer, text, sizeof(text)) && issuer)
		fpd_revoke_ask(sk_X509_value(chain, 0), issuer, t->ocsp, store);
	X509_free(issuer);
	sk_X509_pop_free(chain, X509_free);
	fp_obj_free(&leg->o);
}

static void close_dead(struct fpd *d, const struct fp_obj_leg *leg)
{
	unsigned char key[SHA256_DIGEST_LENGTH];
	char text[FPD_TEXT_MAX];
	struct fp_revoke r;

	if (!parse_key(leg->peer_fingerprint, key) || !fpd_revoke_known(key, &r))
		return;
	snprintf(text, sizeof(text), "the certificate %s is %s; its leg stood",
		 leg->peer_cert_text ? leg->peer_cert_text : "", r.text);
	fpd_leg_close(d, leg->id, FP_R_TLS_REVOKED, text);
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

/**
 * fpd_standing_look() - ask about the peers of legs that stand
 * @d: the daemon
 *
 * Context: main thread. Never waits; looks again by itself.
 */
void fpd_standing_look(struct fpd *d)
{
	struct look look = { .d = d };
	struct fp_errs errs = { 0 };

	if (!anybody_asks(fpd_policy_model(d->policy))) {
		again(d, LOOK_SECONDS);
		return;
	}
	if (fp_dump(d->nl, FP_K_LEG, look_at, &look, &errs))
		fpd_log_errs("legs cannot be listed", &errs);
	else
		fp_errs_free(&errs);
	for (size_t i = 0; i < look.n_ask; i++) {
		ask_about(d, look.ask[i]);
		fp_obj_free(&look.ask[i]->o);
	}
	for (size_t i = 0; i < look.n_dead; i++) {
		close_dead(d, look.dead[i]);
		fp_obj_free(&look.dead[i]->o);
	}
	again(d, look.n_ask ? SOON_SECONDS : LOOK_SECONDS);
	free(look.ask);
	free(look.dead);
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
}
