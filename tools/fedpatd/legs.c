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

static void set_tls(struct fp_obj *leg, const struct fpd_conn *conn)
{
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

/* A policy made in the meantime decides, not the one it began under. */
static enum fp_reason authorise(struct fpd_conn *conn, struct fpd_match *m)
{
	enum fp_reason reason;

	if (conn->policy != conn->d->policy) {
		fpd_policy_put(conn->policy);
		conn->policy = fpd_policy_get(conn->d->policy);
	}
	reason = fpd_match(conn->policy, conn, m, conn->text, sizeof(conn->text));
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
	else
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

	if (!conn->dialled)
		fpd_source_done(d, &conn->remote);
	if (!conn->reason)
		conn->reason = authorise(conn, &m);
	if (!conn->reason)
		attach(conn, &m);
	if (conn->reason)
		fpd_report(conn);
	else if (conn->id.not_after)
		schedule_expiry(d, conn->id.not_after);
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
 * @kill: legs to be closed
 * @n: how many
 * @legs: how many there are
 */
struct review {
	struct fpd *d;
	uint64_t now;
	uint64_t next;
	struct {
		u32 id;
		const char *reason;
	} *kill;
	size_t n;
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

static bool all_domains(const struct fpd_policy *p, const struct fp_obj_leg *leg)
{
	const struct fp_obj_peer *peer;
	u32 i, k;

	for (k = 0; k < leg->domain.n; k++) {
		struct fp_strs one = { &leg->domain.v[k], 1 };
		bool found = false;

		fp_model_each(fpd_policy_model(p), FP_K_PEER, i, peer)
			found |= peer->federation && leg->federation &&
				!strcmp(peer->federation, leg->federation) &&
				any_common(&peer->domain, &one);
		if (!found)
			return false;
	}
	return true;
}

/* Would the policy of today take this leg? */
static bool still_allowed(const struct fpd_policy *p, const struct fp_obj_leg *leg)
{
	const struct fp_model *model = fpd_policy_model(p);
	const struct fp_obj_peer *peer = leg->peer ? fp_find_peer(model, leg->peer) : NULL;
	const struct fp_obj_node *node = leg->peer ? fp_find_node(model, leg->peer) : NULL;
	const struct fp_strs *subjects = peer ? &peer->subject : node ? &node->subject : NULL;

	if (!leg->federation || !fp_find_federation(model, leg->federation) || !subjects)
		return false;
	if (leg->transport == FEDPAT_TRANSPORT_TLS && subjects->n &&
	    !any_common(subjects, &leg->proved))
		return false;
	return all_domains(p, leg);
}

static void mark(struct review *r, u32 id, const char *reason)
{
	void *grown = reallocarray(r->kill, r->n + 1, sizeof(*r->kill));

	if (!grown)
		return;
	r->kill = grown;
	r->kill[r->n].id = id;
	r->kill[r->n++].reason = reason;
}

static int review_leg(struct fp_obj *obj, void *arg)
{
	struct fp_obj_leg *leg = (struct fp_obj_leg *)obj;
	struct review *r = arg;

	r->legs++;
	if (!still_allowed(r->d->policy, leg))
		mark(r, leg->id, fp_reason_info(FP_R_POLICY_FORBIDS)->name);
	else if (leg->cert_expires && leg->cert_expires <= r->now)
		mark(r, leg->id, fp_reason_info(FP_R_CERT_EXPIRES)->name);
	else if (leg->cert_expires && (!r->next || leg->cert_expires < r->next))
		r->next = leg->cert_expires;
	fp_obj_free(obj);
	return 0;
}

static void kill_marked(struct review *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct fp_errs errs = { 0 };

		fpd_log("leg %u closed: %s", r->kill[i].id, r->kill[i].reason);
		if (fp_leg_kill(r->d->nl, r->kill[i].id, r->kill[i].reason, &errs))
			fpd_log_errs("leg could not be closed", &errs);
		else
			fp_errs_free(&errs);
	}
	free(r->kill);
}

static unsigned int review(struct fpd *d)
{
	struct review r = { .d = d, .now = (uint64_t)time(NULL) };
	struct fp_errs errs = { 0 };

	if (fp_dump(d->nl, FP_K_LEG, review_leg, &r, &errs))
		fpd_log_errs("legs cannot be listed", &errs);
	else
		fp_errs_free(&errs);
	kill_marked(&r);
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
