// SPDX-License-Identifier: GPL-2.0
/*
 * How the servers that we dial fare. One that failed pauses, longer each time;
 * meanwhile the others of its target are tried first, and one that does not
 * answer at all is not waited for again and again. What is known is written to
 * a file of one line a server, which fedctl shows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dial.h"
#include "paths.h"

#define HEALTH_MAX	4096	/* servers that are remembered */
#define REFRESH_MS	1000	/* between two writings of what did not change */
#define PAUSE_MAX	60	/* seconds */
#define FORGET_MS	86400000	/* who was not dialled for a day is forgotten */
#define FAILS_CLOSE	2	/* unanswered OPTIONS after which legs to it are closed */

/**
 * struct fpd_health - one server, as one peer or node finds it
 * @entry: in the daemon's list, the last dialled first
 * @addr: its address and port
 * @federation, @name: for whom it was dialled
 * @fails: failures in a row, 0 = up
 * @asked_fails: how many of them when it was asked for its health
 * @asked: when that was last, 0 = never
 * @took: ms from the dial to the answer
 * @since: when it went up or down
 * @next: ms of the monotonic clock when its pause is over, 0 = now; the other clock
 *	may be set back, and nobody would dial it for as long
 * @dialled: ms of that clock when it was last dialled
 * @watched: who asks for its health will find out when it is up again
 * @reason: why it is down
 * @text: more about it
 */
struct fpd_health {
	TAILQ_ENTRY(fpd_health) entry;
	union fpd_addr addr;
	char federation[FEDPAT_NAME_MAX + 1];
	char name[FEDPAT_NAME_MAX + 1];
	unsigned int fails;
	unsigned int asked_fails;
	time_t asked;
	uint32_t took;
	time_t since;
	uint64_t next;
	uint64_t dialled;
	bool watched;
	enum fp_reason reason;
	char text[128];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool same_addr(const union fpd_addr *a, const union fpd_addr *b)
{
	return a->sa.sa_family == b->sa.sa_family && !memcmp(a, b, fpd_addr_len(a));
}

static bool is_for(const struct fpd_health *h, const char *federation, const char *name)
{
	return !strcmp(h->federation, federation) && !strcmp(h->name, name);
}

static struct fpd_health *find(struct fpd *d, const union fpd_addr *addr,
			       const char *federation, const char *name)
{
	struct fpd_health *h;

	TAILQ_FOREACH(h, &d->health, entry)
		if (same_addr(&h->addr, addr) && is_for(h, federation, name))
			return h;
	return NULL;
}

static struct fpd_health *obtain(struct fpd *d, const struct fpd_conn *conn)
{
	struct fpd_health *h = find(d, &conn->remote, conn->federation, conn->peer);

	if (h) {
		TAILQ_REMOVE(&d->health, h, entry);
	} else if (d->n_health == HEALTH_MAX) {
		h = TAILQ_LAST(&d->health, fpd_health_list);
		TAILQ_REMOVE(&d->health, h, entry);
		memset(h, 0, sizeof(*h));
	} else {
		h = calloc(1, sizeof(*h));
		if (!h)
			return NULL;
		d->n_health++;
	}
	h->addr = conn->remote;
	h->dialled = now_ms();
	snprintf(h->federation, sizeof(h->federation), "%s", conn->federation);
	snprintf(h->name, sizeof(h->name), "%s", conn->peer);
	TAILQ_INSERT_HEAD(&d->health, h, entry);
	return h;
}

static void forget(struct fpd *d, struct fpd_health *h)
{
	TAILQ_REMOVE(&d->health, h, entry);
	d->n_health--;
	free(h);
}

/* Whose DNS leads elsewhere now, say: nobody would ever find them up again. */
static void forget_old(struct fpd *d, uint64_t now)
{
	struct fpd_health *h;

	while ((h = TAILQ_LAST(&d->health, fpd_health_list)) && now - h->dialled > FORGET_MS)
		forget(d, h);
}

/* Seconds until its pause is over. */
static long long left(const struct fpd_health *h, uint64_t now)
{
	return h->next > now ? (long long)((h->next - now + 999) / 1000) : 0;
}

static long long next_dial(const struct fpd_health *h)
{
	return h->fails && h->next ? time(NULL) + left(h, now_ms()) : 0;
}

static void write_one(FILE *f, const struct fpd_health *h)
{
	char addr[FPD_ADDR_TEXT];

	fprintf(f, "%s\t%s\t%s\t%s\t%lld\t%lld\t%lld\t%u\t%s\t%s\n", h->federation, h->name,
		fpd_addr_text(&h->addr, addr, sizeof(addr)), h->fails ? "down" : "up",
		(long long)h->since, next_dial(h), (long long)h->asked,
		h->took, h->fails ? fp_reason_info(h->reason)->name : "", h->fails ? h->text : "");
}

/* Whole or not at all, for fedctl may read at any time. */
static void write_all(struct fpd *d)
{
	static const char tmp[] = FP_RUNDIR "/" FP_SERVERSFILE ".new";
	struct fpd_health *h;
	FILE *f;

	mkdir(FP_RUNDIR, 0755);
	unlink(tmp);	/* it may be of another user */
	f = fopen(tmp, "we");
	if (!f)
		return;
	TAILQ_FOREACH(h, &d->health, entry)
		write_one(f, h);
	if (!fclose(f))
		rename(tmp, FP_RUNDIR "/" FP_SERVERSFILE);
}

/* What changed at once; that one still is what it was, once a second for all. */
static void save(struct fpd *d, bool changed)
{
	static uint64_t last;
	uint64_t now = now_ms();

	if (!changed && now - last < REFRESH_MS)
		return;
	last = now;
	forget_old(d, now);
	write_all(d);
}

/* Of the server for everybody, and not of what one peer's policy asks of it. */
static bool is_dead(enum fp_reason reason)
{
	switch (reason) {
	case FP_R_DIAL_REFUSED:
	case FP_R_DIAL_TIMEOUT:
	case FP_R_DIAL_UNREACHABLE:
	case FP_R_TLS_TIMEOUT:
	case FP_R_OPTIONS_SILENT:
	case FP_R_OPTIONS_REFUSED:
		return true;
	default:
		return false;
	}
}

/* As events, for those whose health is asked for; else a line in the log. */
static void tell_up(struct fpd *d, const struct fpd_health *h, const struct fpd_conn *conn)
{
	char addr[FPD_ADDR_TEXT], text[FPD_TEXT_MAX];

	fpd_addr_text(&h->addr, addr, sizeof(addr));
	if (!conn->probe) {
		fpd_log("server %s of '%s' is up again", addr, conn->peer);
		return;
	}
	snprintf(text, sizeof(text), "%s is up again after %lld s: OPTIONS is answered with %u",
		 addr, (long long)(time(NULL) - h->since), conn->answer);
	fpd_report_text(d, FP_R_SERVER_UP, h->federation, h->name, text);
}

/* Who reached it shows the others that it is not dead. */
static void revive_others(struct fpd *d, const struct fpd_health *up)
{
	struct fpd_health *h;

	TAILQ_FOREACH(h, &d->health, entry)
		if (h != up && h->fails && is_dead(h->reason) && same_addr(&h->addr, &up->addr))
			h->next = 0;
}

/* That it shakes hands does not yet mean that it answers, if somebody asks it. */
static bool owes_answer(const struct fpd_health *h, const struct fpd_conn *conn)
{
	return !conn->probe && h->fails && h->watched &&
	       (h->reason == FP_R_OPTIONS_SILENT || h->reason == FP_R_OPTIONS_REFUSED);
}

/**
 * fpd_health_up() - a server took our connection
 * @d: the daemon
 * @conn: the connection
 */
void fpd_health_up(struct fpd *d, const struct fpd_conn *conn)
{
	struct fpd_health *h = obtain(d, conn);
	bool changed;

	if (!h || owes_answer(h, conn))
		return;
	changed = h->fails || !h->since || (conn->probe && !h->asked);
	if (h->fails)
		tell_up(d, h, conn);
	if (h->fails || !h->since)
		h->since = time(NULL);
	h->fails = 0;
	h->asked_fails = 0;
	h->next = 0;
	if (conn->probe) {
		h->asked = time(NULL);
		h->took = (uint32_t)(now_ms() - conn->begun);
	}
	revive_others(d, h);
	save(d, changed);
}

/* The first time it is told, the second time nobody shall wait for it any more. */
static void tell_down(struct fpd *d, const struct fpd_health *h)
{
	char addr[FPD_ADDR_TEXT], text[FPD_TEXT_MAX];

	snprintf(text, sizeof(text), "%s: %s: %s", fpd_addr_text(&h->addr, addr, sizeof(addr)),
		 fp_reason_info(h->reason)->name, h->text);
	if (h->asked_fails == 1)
		fpd_report_text(d, FP_R_SERVER_DOWN, h->federation, h->name, text);
	if (h->asked_fails == FAILS_CLOSE && is_dead(h->reason))
		fpd_legs_drop(d, &h->addr, FP_R_SERVER_DOWN, text);
}

/**
 * fpd_health_down() - a server did not
 * @d: the daemon
 * @conn: the connection, with its reason
 * @watched: somebody's health is asked for by it, and will be again
 */
void fpd_health_down(struct fpd *d, const struct fpd_conn *conn, bool watched)
{
	struct fpd_health *h = obtain(d, conn);
	time_t now = time(NULL);
	unsigned int pause = 1;

	if (!h)
		return;
	if (!h->fails)
		h->since = now;
	for (unsigned int i = 0; i < h->fails && pause < PAUSE_MAX; i++)
		pause *= 2;
	h->fails++;
	h->next = now_ms() + 1000 * (pause > PAUSE_MAX ? PAUSE_MAX : pause);
	h->reason = conn->reason;
	snprintf(h->text, sizeof(h->text), "%.127s", conn->text);
	if (conn->probe) {
		h->watched |= watched;
		h->asked = now;
		h->took = 0;
		h->asked_fails++;
		tell_down(d, h);
	}
	save(d, true);
}

/* A message is no way to find out about a server that OPTIONS asks about. */
static bool pauses(const struct fpd_health *h, uint64_t now)
{
	return h->fails && (h->next > now || (h->watched && h->next));
}

/* One's own fault, or one that everybody has with that server. */
static bool concerns(const struct fpd_health *h, const struct fpd_dial *dial)
{
	return is_for(h, dial->federation, dial->name) || is_dead(h->reason);
}

/**
 * fpd_health_pauses() - did a server fail a moment ago?
 * @dial: who asks
 * @addr: the server
 *
 * Return: true while others should be tried first.
 */
bool fpd_health_pauses(const struct fpd_dial *dial, const union fpd_addr *addr)
{
	uint64_t now = now_ms();
	struct fpd_health *h;

	TAILQ_FOREACH(h, &dial->d->health, entry)
		if (pauses(h, now) && same_addr(&h->addr, addr) && concerns(h, dial))
			return true;
	return false;
}

/**
 * fpd_health_rests() - should a server not be asked for its health now?
 * @dial: who asks
 * @addr: the server
 *
 * Return: true while its own pause lasts.
 */
bool fpd_health_rests(const struct fpd_dial *dial, const union fpd_addr *addr)
{
	struct fpd_health *h = find(dial->d, addr, dial->federation, dial->name);

	return h && h->fails && h->next > now_ms();
}

/**
 * fpd_health_silent() - is it no use to try a server now?
 * @dial: who asks
 * @addr: the server
 * @text: why
 * @size: size of @text
 *
 * One that refuses says so at once and may be asked any time. One that does
 * not answer holds everybody up, so it is left alone until its pause is over.
 *
 * Return: true when it was silent twice and still pauses.
 */
bool fpd_health_silent(const struct fpd_dial *dial, const union fpd_addr *addr, char *text,
		       size_t size)
{
	struct fpd_health *h = find(dial->d, addr, dial->federation, dial->name);
	char name[FPD_ADDR_TEXT];
	uint64_t now = now_ms();

	if (!h || h->fails < 2 || h->next <= now ||
	    (h->reason != FP_R_DIAL_TIMEOUT && h->reason != FP_R_TLS_TIMEOUT))
		return false;
	snprintf(text, size, "%s is down since %lld s (%s: %s), next attempt in %lld s",
		 fpd_addr_text(addr, name, sizeof(name)), (long long)(time(NULL) - h->since),
		 fp_reason_info(h->reason)->name, h->text, left(h, now));
	return true;
}

/**
 * fpd_health_unwatched() - somebody's health is not asked for any more
 * @d: the daemon
 *
 * Those whose health still is are known by their next answer.
 */
void fpd_health_unwatched(struct fpd *d)
{
	struct fpd_health *h;

	TAILQ_FOREACH(h, &d->health, entry)
		h->watched = false;
}

static bool is_known(const struct fp_model *model, const struct fpd_health *h)
{
	return fp_find_peer(model, h->name) || fp_find_node(model, h->name);
}

/**
 * fpd_health_update() - forget the servers of who is not in the policy any more
 * @d: the daemon, with its new policy
 */
void fpd_health_update(struct fpd *d)
{
	const struct fp_model *model = fpd_policy_model(d->policy);
	struct fpd_health *h, *next;
	bool changed = false;

	for (h = TAILQ_FIRST(&d->health); h; h = next) {
		next = TAILQ_NEXT(h, entry);
		if (is_known(model, h))
			continue;
		forget(d, h);
		changed = true;
	}
	if (changed)
		save(d, true);
}

/**
 * fpd_health_stop() - forget all servers
 * @d: the daemon
 */
void fpd_health_stop(struct fpd *d)
{
	struct fpd_health *h;

	while ((h = TAILQ_FIRST(&d->health)))
		forget(d, h);
}
