// SPDX-License-Identifier: GPL-2.0
/*
 * From connection to leg, and the legs that live: adopted at the start,
 * reviewed when the policy changes, closed when a certificate ends.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "open.h"

static void set_endpoint(struct fp_obj *leg, u16 attr, const union fpd_addr *a)
{
	struct fp_endpoint ep;

	fpd_addr_to(&ep, a);
	if (ep.addr.family)
		fp_obj_set_endpoint(leg, attr, &ep);
}

static void set_text(struct fp_obj *leg, u16 attr, const char *text)
{
	if (text && *text)
		fp_obj_set_str(leg, attr, text);
}

static void set_domains(struct fp_obj *leg, const struct fpd_match *m)
{
	for (unsigned int i = 0; i < m->n_domains; i++)
		for (u32 j = 0; j < m->domains[i]->n; j++)
			fp_obj_add_str(leg, FEDPAT_A_LEG_DOMAIN, m->domains[i]->v[j]);
}

/* For a daemon that comes after us, and for a CA that is changed. */
static void set_chain(struct fp_obj *leg, const struct fpd_conn *conn)
{
	char *chain = fpd_chain_text(conn->chain), hex[FPD_FINGERPRINT];

	if (chain)
		fp_obj_set_str(leg, FEDPAT_A_LEG_PEER_CHAIN, chain);
	if (!fpd_fingerprint(sk_X509_value(conn->chain, 0), hex))
		fp_obj_set_str(leg, FEDPAT_A_LEG_PEER_FINGERPRINT, hex);
	free(chain);
}

static void set_tls(struct fp_obj *leg, const struct fpd_conn *conn)
{
	if (conn->chain)
		set_chain(leg, conn);
	for (size_t i = 0; i < conn->id.n; i++)
		fp_obj_add_str(leg, FEDPAT_A_LEG_PROVED, conn->id.names[i]);
	set_text(leg, FEDPAT_A_LEG_TLS_VERSION, conn->tls_version);
	set_text(leg, FEDPAT_A_LEG_CIPHER, conn->cipher);
	set_text(leg, FEDPAT_A_LEG_PEER_CERT_TEXT, conn->id.subject);
	fp_obj_set_num(leg, FEDPAT_A_LEG_CERT_EXPIRES, conn->id.not_after);
}

static void set_join(struct fp_obj *leg, struct fpd_conn *conn)
{
	set_endpoint(leg, FEDPAT_A_LEG_LOCAL, &conn->local);
	set_endpoint(leg, FEDPAT_A_LEG_REMOTE, &conn->remote);
	set_text(leg, FEDPAT_A_LEG_NOT_OFFLOADED, conn->not_offloaded);
}

static struct fp_obj *describe(struct fpd_conn *conn, const struct fpd_match *m, int fd)
{
	struct fp_obj *leg = fp_obj_alloc(FP_K_LEG, NULL);
	const struct fp_obj_federation *f;

	if (!leg)
		return NULL;
	f = fp_find_federation(fpd_policy_model(conn->policy), conn->federation);
	fp_obj_set_num(leg, FEDPAT_A_LEG_FD, (u64)fd);
	if (conn->wanted)
		fp_obj_set_num(leg, FEDPAT_A_LEG_WANTED, conn->wanted);
	set_text(leg, FEDPAT_A_LEG_FEDERATION, conn->federation);
	set_text(leg, FEDPAT_A_LEG_ZONE, conn->zone);
	set_text(leg, FEDPAT_A_LEG_PEER, conn->peer);
	fp_obj_set_num(leg, FEDPAT_A_LEG_ROLE, conn->role);
	fp_obj_set_num(leg, FEDPAT_A_LEG_TRANSPORT, conn->transport);
	if (conn->dialled)
		fp_obj_set_num(leg, FEDPAT_A_LEG_DIALLED, 1);
	set_text(leg, FEDPAT_A_LEG_TLS_PROXY, conn->proxy);
	if (f && conn->role == FEDPAT_ROLE_OUTSIDE)
		set_text(leg, FEDPAT_A_LEG_IDENTITY, f->public_fqdn);
	set_endpoint(leg, FEDPAT_A_LEG_ORIGINAL_DST, &conn->original);
	set_domains(leg, m);
	if (conn->transport == FEDPAT_TRANSPORT_TLS)
		set_tls(leg, conn);
	if (conn->not_offloaded)
		set_join(leg, conn);
	return leg;
}

/*
 * Without a name in its hello a caller was shown the default of the address; who
 * it is, its own certificate tells, and so which federation of that address.
 */
static bool match_elsewhere(struct fpd_conn *conn, struct fpd_match *m)
{
	const struct fp_model *model = fpd_policy_model(conn->policy);
	const struct fp_obj_tls_proxy *proxy, *was = fp_find_tls_proxy(model, conn->proxy);
	char text[FPD_TEXT_MAX];
	u32 i;

	fp_model_each(model, FP_K_TLS_PROXY, i, proxy) {
		if (proxy == was || !fpd_shares_address(conn->policy, proxy, conn))
			continue;
		fpd_conn_belongs(conn, proxy);
		if (!fpd_match(conn->policy, conn, m, text, sizeof(text)))
			return true;
	}
	if (was)
		fpd_conn_belongs(conn, was);
	return false;
}

/**
 * fpd_authorise() - who is it, by the policy in force now?
 * @conn: shaken; gets the name of the peer or node
 * @m: filled
 *
 * A policy made in the meantime decides, not the one it began under.
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fpd_authorise(struct fpd_conn *conn, struct fpd_match *m)
{
	enum fp_reason reason;

	if (conn->policy != conn->d->policy) {
		fpd_policy_put(conn->policy);
		conn->policy = fpd_policy_get(conn->d->policy);
	}
	reason = fpd_match(conn->policy, conn, m, conn->text, sizeof(conn->text));
	if (reason && !conn->dialled && conn->transport == FEDPAT_TRANSPORT_TLS &&
	    match_elsewhere(conn, m))
		reason = FP_R_NONE;
	if (!reason)
		snprintf(conn->peer, sizeof(conn->peer), "%s",
			 m->peer ? m->peer->o.name : m->node->o.name);
	return reason;
}

static void attach_failed(struct fpd_conn *conn, struct fp_errs *errs)
{
	char *line = errs->n ? fp_err_line(&errs->v[0]) : NULL;

	fpd_conn_fail(conn, FP_R_ATTACH_FAILED, "%s", line ? line : "no memory");
	free(line);
	fp_errs_free(errs);
}

static int attach(struct fpd_conn *conn, const struct fpd_match *m)
{
	struct fp_errs errs = { 0 };
	struct fp_obj *leg;
	u32 id = 0;
	int fd, ret;

	fd = conn->not_offloaded ? fpd_join_pair(conn) : conn->fd;
	leg = fd < 0 ? NULL : describe(conn, m, fd);
	ret = leg ? fp_leg_attach(conn->d->nl, (struct fp_obj_leg *)leg, &id, &errs) : -1;
	fp_obj_free(leg);
	if (conn->not_offloaded && fd >= 0)
		close(fd);
	if (ret)
		attach_failed(conn, &errs);
	else if (fpd_may_log("leg up", conn->peer))
		fpd_log("leg %u up: %s '%s', federation '%s', %s%s%s%s", id,
			conn->dialled ? "dialled" : "accepted", conn->peer,
			conn->federation, conn->tls_version ? conn->tls_version : "plain TCP",
			conn->cipher ? " " : "", conn->cipher ? conn->cipher : "",
			conn->not_offloaded ? ", not offloaded" : "");
	return ret;
}

static void schedule_expiry(struct fpd *d, uint64_t when);

/**
 * fpd_conn_done() - a worker gave a connection back
 * @conn: shaken, or failed
 *
 * Context: main thread.
 */
void fpd_conn_done(struct fpd_conn *conn)
{
	struct fpd *d = conn->d;
	struct fpd_match m;

	if (conn->is_xmpp) {
		fpd_xmpp_done(conn);
		return;
	}
	if (conn->probe) {
		fpd_asked(conn);
		return;
	}
	if (!conn->reason)
		conn->reason = fpd_authorise(conn, &m);
	/* A stranger: what DNS says of him counts, too; he is in flight until it said it. */
	if ((conn->reason == FP_R_TLS_NAME || (!conn->reason && m.open.n)) && fpd_open_ask(conn))
		return;
	if (!conn->dialled)
		fpd_source_done(d, &conn->remote);
	if (!conn->reason)
		attach(conn, &m);
	if (conn->reason)
		fpd_report(conn);
	else if (conn->id.not_after)
		schedule_expiry(d, conn->id.not_after);
	if (!conn->reason && conn->unchecked)
		fpd_report_text(d, FP_R_REVOCATION_SOFT, conn->federation, conn->peer,
				conn->unchecked);
	if (conn->dial)
		fpd_dial_done(conn, !conn->reason);
	if (!conn->reason && conn->not_offloaded) {
		conn->dial = NULL;
		conn->joining = true;
		fpd_work(conn);
		return;
	}
	/* The kernel has its own reference of the socket. */
	fpd_conn_free(conn);
}

/* --- legs that live ------------------------------------------------------ */

/**
 * struct review - a walk over the legs
 * @d: the daemon
 * @now: seconds since 1970
 * @next: when the next certificate ends, 0 = none
 * @chains: whom we trust has changed since chains were judged
 * @unread: files without which a chain could not be judged
 * @n_unread: how many
 * @unjudged: some leg stands whose chain should have been judged and was not
 * @legs: how many there are
 */
struct review {
	struct fpd *d;
	uint64_t now;
	uint64_t next;
	bool chains;
	struct {
		const char *why;
		unsigned int legs;
	} *unread;
	size_t n_unread;
	bool unjudged;
	unsigned int legs;
};

static bool any_common(const struct fp_strs *a, const struct fp_strs *b)
{
	for (u32 i = 0; i < a->n; i++)
		for (u32 j = 0; j < b->n; j++)
			if (!strcasecmp(a->v[i], b->v[j]))
				return true;
	return false;
}

static bool some_peers(const struct fpd_policy *p, const struct fp_obj_leg *leg, char *domain)
{
	const struct fp_strs one = { &domain, 1 };
	const struct fp_obj_peer *peer;
	u32 i;

	fp_model_each(fpd_policy_model(p), FP_K_PEER, i, peer)
		if (peer->federation && !strcmp(peer->federation, leg->federation) &&
		    any_common(&peer->domain, &one))
			return true;
	return false;
}

/* Each is still that of some peer, or nobody's; whether of its own is judged by its chain. */
static bool all_domains(const struct fpd_policy *p, const struct fp_obj_leg *leg, char *text,
			size_t size)
{
	for (u32 k = 0; k < leg->domain.n; k++) {
		if (some_peers(p, leg, leg->domain.v[k]) ||
		    fpd_open_allows(fpd_policy_model(p), leg, leg->domain.v[k]))
			continue;
		snprintf(text, size, "it may no longer speak for %s", leg->domain.v[k]);
		return false;
	}
	return true;
}

/* Would the policy of today take this leg? */
static bool still_allowed(const struct fpd_policy *p, const struct fp_obj_leg *leg, char *text,
			  size_t size)
{
	const struct fp_model *model = fpd_policy_model(p);
	const struct fp_obj_peer *peer = leg->peer ? fp_find_peer(model, leg->peer) : NULL;
	const struct fp_obj_node *node = leg->peer ? fp_find_node(model, leg->peer) : NULL;
	const struct fp_strs *subjects = peer ? &peer->subject : node ? &node->subject : NULL;

	/* The kernel knows all that the policy says of these. */
	if (leg->protocol == FEDPAT_INSPECT_TYPE_XMPP)
		return true;
	if (!leg->federation || !fp_find_federation(model, leg->federation) || !subjects)
		return false;
	if (leg->transport == FEDPAT_TRANSPORT_TLS && subjects->n &&
	    !(peer && (peer->name_rule.n || peer->tls_verify)) &&
	    !any_common(subjects, &leg->proved))
		return false;
	return all_domains(p, leg, text, size);
}

/* The connection that a leg was, as far as the judgement needs it. */
static int conn_of(struct fpd_conn *conn, const struct fp_obj_leg *leg)
{
	conn->adopted = true;
	conn->dialled = leg->dialled;
	conn->role = leg->role;
	conn->transport = leg->transport;
	conn->cipher = leg->cipher;
	conn->cbc = leg->cipher && !strstr(leg->cipher, "GCM") &&
		!strstr(leg->cipher, "CHACHA20");
	snprintf(conn->federation, sizeof(conn->federation), "%s", leg->federation);
	snprintf(conn->proxy, sizeof(conn->proxy), "%s", leg->tls_proxy ? leg->tls_proxy : "");
	if (leg->dialled)
		snprintf(conn->peer, sizeof(conn->peer), "%s", leg->peer);
	fpd_addr_from(&conn->remote, &leg->remote);
	conn->chain = fpd_chain_parse(leg->peer_chain);
	return conn->chain ? fpd_identity_read(&conn->id, sk_X509_value(conn->chain, 0)) : -1;
}

static bool granted(const struct fpd_match *m, const char *domain)
{
	for (unsigned int i = 0; i < m->n_domains; i++)
		for (u32 k = 0; k < m->domains[i]->n; k++)
			if (!strcasecmp(m->domains[i]->v[k], domain))
				return true;
	return false;
}

/* The words live as long as the policy. */
static void leave(struct review *r, const char *why)
{
	void *grown;

	r->unjudged = true;
	for (size_t i = 0; i < r->n_unread; i++) {
		if (r->unread[i].why == why) {
			r->unread[i].legs++;
			return;
		}
	}
	grown = reallocarray(r->unread, r->n_unread + 1, sizeof(*r->unread));
	if (!grown)
		return;
	r->unread = grown;
	r->unread[r->n_unread].why = why;
	r->unread[r->n_unread++].legs = 1;
}

/* A fault of ours: the operator hears of it at each look, the peers do not. */
static void tell_unread(struct review *r)
{
	for (size_t i = 0; i < r->n_unread; i++)
		fpd_log("error: %s; %u legs that stand could not be judged by it and go on, %s",
			r->unread[i].why, r->unread[i].legs,
			"new ones are refused; mend it, then run fedctl reload");
	free(r->unread);
}

static enum fp_reason judge_conn(struct review *r, const struct fp_obj_leg *leg,
				 const struct fpd_conn *conn, char *text, size_t size)
{
	enum fp_reason reason;
	struct fpd_match m;

	reason = fpd_match(r->d->policy, conn, &m, text, size);
	for (u32 i = 0; !reason && !m.node && i < leg->domain.n; i++) {
		if (granted(&m, leg->domain.v[i]))
			continue;
		reason = FP_R_POLICY_FORBIDS;
		snprintf(text, size, "it may no longer speak for %s%s%s",
			 leg->domain.v[i], m.untrusted[0] ? "; " : "", m.untrusted);
	}
	if (!reason && m.unread)
		leave(r, m.unread);
	return reason;
}

static enum fp_reason judge_leg(struct review *r, const struct fp_obj_leg *leg, char *text,
				size_t size)
{
	struct fpd_conn *conn = fpd_conn_new(r->d, -1);
	enum fp_reason reason = FP_R_TLS_UNKNOWN_CA;

	if (!conn) {
		leave(r, "out of memory");
		return FP_R_NONE;
	}
	if (!conn_of(conn, leg))
		reason = judge_conn(r, leg, conn, text, size);
	else
		snprintf(text, size,
			 "the chain that it showed is not known, so nothing can be judged anew");
	fpd_conn_free(conn);
	return reason;
}

/* Would the chain that the peer showed still be accepted, and for as much? */
static enum fp_reason judge_chain(struct review *r, u32 id, char *text, size_t size)
{
	struct fp_obj_leg *leg = NULL;
	struct fp_errs errs = { 0 };
	enum fp_reason reason;

	if (fp_leg_get(r->d->nl, id, &leg, &errs)) {
		fp_errs_free(&errs);
		return FP_R_NONE;	/* it closed meanwhile */
	}
	reason = judge_leg(r, leg, text, size);
	fp_obj_free(&leg->o);
	return reason;
}

/**
 * fpd_leg_close() - close a leg and say why
 * @d: the daemon
 * @id: its id
 * @reason: why
 * @text: more about it
 */
void fpd_leg_close(struct fpd *d, u32 id, enum fp_reason reason, const char *text)
{
	const char *name = fp_reason_info(reason)->name;
	struct fp_errs errs = { 0 };
	char what[64];

	snprintf(what, sizeof(what), "leg closed: %s", name);
	if (fpd_may_log(what, ""))
		fpd_log("leg %u closed: %s: %s", id, name, text);
	if (fp_leg_kill(d->nl, id, name, &errs))
		fpd_log_errs("leg could not be closed", &errs);
	else
		fp_errs_free(&errs);
}

/* The list of legs is whole before the first comes here: they may be closed at once. */
static int review_leg(struct fp_obj *obj, void *arg)
{
	struct fp_obj_leg *leg = (struct fp_obj_leg *)obj;
	enum fp_reason reason = FP_R_NONE;
	char text[FPD_TEXT_MAX] = "";
	struct review *r = arg;

	r->legs++;
	if (!still_allowed(r->d->policy, leg, text, sizeof(text)))
		reason = FP_R_POLICY_FORBIDS;
	else if (leg->cert_expires && leg->cert_expires <= r->now)
		reason = FP_R_CERT_EXPIRES;
	else if (r->chains && leg->transport == FEDPAT_TRANSPORT_TLS &&
		 leg->protocol != FEDPAT_INSPECT_TYPE_XMPP)
		reason = judge_chain(r, leg->id, text, sizeof(text));
	if (reason)
		fpd_leg_close(r->d, leg->id, reason,
			      text[0] ? text : fp_reason_info(reason)->text);
	else if (leg->cert_expires && (!r->next || leg->cert_expires < r->next))
		r->next = leg->cert_expires;
	fp_obj_free(obj);
	return 0;
}

static unsigned int review(struct fpd *d)
{
	struct review r = { .d = d, .now = (uint64_t)time(NULL) };
	const unsigned char *trust = fpd_policy_trust(d->policy);
	struct fp_errs errs = { 0 };

	r.chains = memcmp(d->trust, trust, FPD_TRUST_LEN);
	if (fp_dump(d->nl, FP_K_LEG, review_leg, &r, &errs)) {
		fpd_log_errs("legs cannot be listed", &errs);
		r.unjudged = true;
	} else {
		fp_errs_free(&errs);
	}
	tell_unread(&r);
	if (!r.unjudged)
		memcpy(d->trust, trust, FPD_TRUST_LEN);
	if (r.next)
		schedule_expiry(d, r.next);
	return r.legs;
}

static void expiry_due(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	review(arg);
}

/* The earliest end wins; the review then finds the next one. */
static void schedule_expiry(struct fpd *d, uint64_t when)
{
	uint64_t now = (uint64_t)time(NULL), wait = when > now ? when - now + 1 : 1;
	struct timeval tv, due = { 0 }, tv_now;

	if (!d->expiry)
		d->expiry = evtimer_new(d->base, expiry_due, d);
	if (!d->expiry)
		return;
	/* a clock may jump: look again after a day at the latest */
	tv.tv_sec = wait > 86400 ? 86400 : (time_t)wait;
	tv.tv_usec = 0;
	if (evtimer_pending(d->expiry, &due)) {
		evutil_gettimeofday(&tv_now, NULL);
		if (due.tv_sec - tv_now.tv_sec <= tv.tv_sec)
			return;
	}
	evtimer_add(d->expiry, &tv);
}

/**
 * fpd_legs_adopt() - take up the legs that an earlier daemon left
 * @d: the daemon
 *
 * They kept relaying; ids stay. Timers are armed anew.
 */
void fpd_legs_adopt(struct fpd *d)
{
	d->foreign_legs = review(d);
	if (d->foreign_legs)
		fpd_log("%u living legs adopted", d->foreign_legs);
}

/**
 * fpd_legs_review() - close what the policy no longer allows, nothing else
 * @d: the daemon
 */
void fpd_legs_review(struct fpd *d)
{
	review(d);
}

/* --- legs to a server that is dead --------------------------------------- */

/**
 * struct drop - a walk over the legs for those that lead to one server
 * @d: the daemon
 * @to: the server
 * @reason, @text: why they are closed
 */
struct drop {
	struct fpd *d;
	const union fpd_addr *to;
	enum fp_reason reason;
	const char *text;
};

static int drop_leg(struct fp_obj *obj, void *arg)
{
	struct fp_obj_leg *leg = (struct fp_obj_leg *)obj;
	struct drop *drop = arg;
	union fpd_addr a;

	fpd_addr_from(&a, &leg->remote);
	if (leg->dialled && leg->protocol != FEDPAT_INSPECT_TYPE_XMPP &&
	    a.sa.sa_family == drop->to->sa.sa_family && !memcmp(&a, drop->to, fpd_addr_len(&a)))
		fpd_leg_close(drop->d, leg->id, drop->reason, drop->text);
	fp_obj_free(obj);
	return 0;
}

/**
 * fpd_legs_drop() - close the legs that were dialled to a server
 * @d: the daemon
 * @to: the server
 * @reason: why
 * @text: more about it
 *
 * What comes next is dialled anew, to another server where there is one.
 */
void fpd_legs_drop(struct fpd *d, const union fpd_addr *to, enum fp_reason reason,
		   const char *text)
{
	struct drop drop = { .d = d, .to = to, .reason = reason, .text = text };
	struct fp_errs errs = { 0 };

	if (fp_dump(d->nl, FP_K_LEG, drop_leg, &drop, &errs))
		fpd_log_errs("legs cannot be listed", &errs);
	else
		fp_errs_free(&errs);
}
