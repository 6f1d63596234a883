// SPDX-License-Identifier: GPL-2.0
/*
 * Whose health is asked for, and when: peers, nodes and routes that have
 * `health`. Each round dials all servers of its object, one after the other,
 * on connections that carry OPTIONS and nothing else; what comes of it is told
 * to health.c, by which those who dial for messages go.
 */
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "routes.h"

#define BEGIN_MS	1000	/* the first round begins within so long */

/**
 * struct fpd_watch - one object whose health is asked for
 * @entry: in the daemon's list
 * @d: the daemon
 * @kind: peer, node or route
 * @name: its name
 * @seconds: between two rounds
 * @timer: fires when the next round is due
 * @round: what is asked now, NULL while it rests
 * @lost: nothing could be asked the last time
 * @keep: the policy still wants it
 */
struct fpd_watch {
	LIST_ENTRY(fpd_watch) entry;
	struct fpd *d;
	enum fp_kind_id kind;
	char name[FEDPAT_NAME_MAX + 1];
	unsigned int seconds;
	struct event *timer;
	struct fpd_dial *round;
	bool lost;
	bool keep;
};

/* A tenth more or less, so that many do not go in step. */
static void rest(struct fpd_watch *w, unsigned int ms)
{
	struct timeval tv;

	ms += (unsigned int)random() % (ms / 10 + 1);
	tv.tv_sec = ms / 1000;
	tv.tv_usec = (suseconds_t)(ms % 1000) * 1000;
	evtimer_add(w->timer, &tv);
}

static const struct fp_obj_peer *peer_of_route(const struct fp_model *model,
					       const struct fp_obj_route *route)
{
	const struct fp_obj_peer *peer;
	u32 i, k;

	fp_model_each(model, FP_K_PEER, i, peer) {
		if (!peer->federation || !route->federation ||
		    strcmp(peer->federation, route->federation))
			continue;
		for (k = 0; k < peer->domain.n; k++)
			if (fp_pattern_match(route->pattern, peer->domain.v[k]))
				return peer;
	}
	return NULL;
}

/* False: the object has nobody who could be asked. */
static bool begin_round(struct fpd_watch *w, struct fpd_dial *dial)
{
	const struct fp_model *model = fpd_policy_model(w->d->policy);
	const struct fp_obj_route *route = NULL;
	const struct fp_obj_node *node = NULL;
	const struct fp_obj_peer *peer = NULL;

	if (w->kind == FP_K_NODE) {
		node = fp_find_node(model, w->name);
	} else if (w->kind == FP_K_PEER) {
		peer = fp_find_peer(model, w->name);
	} else {
		route = fp_find_route(model, w->name);
		peer = route ? peer_of_route(model, route) : NULL;
	}
	if (node)
		fpd_dial_node(dial, node);
	else if (route && peer && route->host && *route->host)
		fpd_dial_route(dial, peer, route);
	else if (peer && !route)
		fpd_dial_peer(dial, peer);
	else
		return false;
	return true;
}

static void due(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_watch *w = arg;

	(void)fd;
	(void)what;
	if (w->round)
		return;
	w->round = fpd_dial_new(w->d, 0);
	if (w->round) {
		w->round->watch = w;
		/* May end at once, and then is gone. */
		if (!begin_round(w, w->round))
			fpd_watch_done(w->round, FP_R_NONE, NULL);
	} else {
		rest(w, w->seconds * 1000);
	}
}

/**
 * fpd_watch_done() - every server of an object was asked
 * @dial: the round, freed
 * @reason: why none could be asked, or FP_R_NONE
 * @text: more about it
 */
void fpd_watch_done(struct fpd_dial *dial, enum fp_reason reason, const char *text)
{
	struct fpd_watch *w = dial->watch;

	if (w) {
		/* Of those that pause it was told before. */
		bool lost = reason && !dial->asked && !dial->paused;

		if (lost && !w->lost)
			fpd_report_text(dial->d, FP_R_SERVER_DOWN, dial->federation, w->name, text);
		else if (w->lost && dial->asked)
			fpd_log("servers of '%s' are found again", w->name);
		w->lost = lost || (w->lost && !dial->asked);
		w->round = NULL;
		rest(w, w->seconds * 1000);
	}
	fpd_dial_free(dial);
}

static struct fpd_watch *find_watch(struct fpd *d, enum fp_kind_id kind, const char *name)
{
	struct fpd_watch *w;

	LIST_FOREACH(w, &d->watches, entry)
		if (w->kind == kind && !strcmp(w->name, name))
			return w;
	return NULL;
}

static struct fpd_watch *new_watch(struct fpd *d, enum fp_kind_id kind, const char *name)
{
	struct fpd_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->d = d;
	w->kind = kind;
	FPD_COPY(w->name, name);
	w->timer = evtimer_new(d->base, due, w);
	if (!w->timer) {
		free(w);
		return NULL;
	}
	LIST_INSERT_HEAD(&d->watches, w, entry);
	return w;
}

static void want(struct fpd *d, enum fp_kind_id kind, const char *name, unsigned int seconds)
{
	struct fpd_watch *w = seconds ? find_watch(d, kind, name) : NULL;

	if (!seconds)
		return;
	if (!w)
		w = new_watch(d, kind, name);
	if (!w)
		return;
	w->keep = true;
	if (w->seconds != seconds) {
		w->seconds = seconds;
		rest(w, (unsigned int)random() % BEGIN_MS);
	}
}

/* A round that is under way ends without it. */
static void watch_free(struct fpd_watch *w)
{
	if (w->round)
		w->round->watch = NULL;
	LIST_REMOVE(w, entry);
	fpd_health_unwatched(w->d);
	event_free(w->timer);
	free(w);
}

/**
 * fpd_watches_update() - ask whom the policy says, and nobody else
 * @d: the daemon
 */
void fpd_watches_update(struct fpd *d)
{
	const struct fp_model *model = fpd_policy_model(d->policy);
	const struct fp_obj_route *route;
	const struct fp_obj_node *node;
	const struct fp_obj_peer *peer;
	struct fpd_watch *w, *next;
	u32 i;

	LIST_FOREACH(w, &d->watches, entry)
		w->keep = false;
	fp_model_each(model, FP_K_PEER, i, peer)
		want(d, FP_K_PEER, peer->o.name, peer->health);
	fp_model_each(model, FP_K_NODE, i, node)
		want(d, FP_K_NODE, node->o.name, node->health);
	fp_model_each(model, FP_K_ROUTE, i, route)
		if (!route->out_of_service && !route->blocked)
			want(d, FP_K_ROUTE, route->o.name, route->health);
	for (w = LIST_FIRST(&d->watches); w; w = next) {
		next = LIST_NEXT(w, entry);
		if (!w->keep)
			watch_free(w);
	}
}

/**
 * fpd_watches_stop() - ask nobody any more
 * @d: the daemon; its workers have stopped
 */
void fpd_watches_stop(struct fpd *d)
{
	while (!LIST_EMPTY(&d->watches))
		watch_free(LIST_FIRST(&d->watches));
}

/**
 * fpd_asked() - a worker gave back a connection that asks for health
 * @conn: shaken, or answered, or failed; freed, or the worker's again
 *
 * Context: main thread.
 */
void fpd_asked(struct fpd_conn *conn)
{
	struct fpd_match m;

	if (!conn->reason && !conn->asking) {
		conn->asking = true;
		conn->reason = fpd_authorise(conn, &m);
		if (!conn->reason) {
			fpd_work(conn);
			return;
		}
	}
	fpd_dial_done(conn, !conn->reason);
	fpd_conn_free(conn);
}
