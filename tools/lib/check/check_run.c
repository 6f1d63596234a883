// SPDX-License-Identifier: GPL-2.0
/*
 * Running checks: a few threads take one probe each, the caller's thread tells
 * what began and ended in the order of the probes, whoever is first.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check_probe.h"

/* Between two checks @done says how far the worker is; it never goes back. */
struct lane {
	struct fp_probe *probe;
	struct fp_check_result *results;	/* one a row of the table; NULL before it begins */
	u32 begun;				/* rows that began */
	u32 done;				/* rows that ended */
	bool finished;
};

/**
 * struct crew - workers and their lanes
 * @lock: protects all but the results of a check that runs
 * @moved: something began or ended
 * @lanes: one a probe
 * @n: how many
 * @next: the first that nobody took
 */
struct crew {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct lane *lanes;
	u32 n;
	u32 next;
	const struct fp_check_opts *opts;
};

static u32 rows(void)
{
	u32 n;

	for (n = 0; fp_checks[n].id; n++)
		;
	return n;
}

/**
 * fp_found() - note something that a check saw
 * @r: the check's result
 * @state: how bad it is
 * @mend: what to do, or NULL
 * @fmt: what was seen
 */
void fp_found(struct fp_check_result *r, enum fp_check_state state, const char *mend,
	      const char *fmt, ...)
{
	u32 at = r->n < FP_FINDINGS_OF_CHECK ? r->n : FP_FINDINGS_OF_CHECK - 1;
	struct fp_found *f = &r->found[at];
	va_list ap;

	/* No room: only what is worse than the last one replaces it. */
	if (r->n == FP_FINDINGS_OF_CHECK && state <= f->state)
		return;
	r->n = at + 1;
	f->state = state;
	snprintf(f->mend, sizeof(f->mend), "%s", mend ? mend : "");
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	if (state > r->state || r->n == 1)
		r->state = state;
}

/**
 * fp_mend() - what to do about the last finding
 * @r: the check's result
 * @fmt: what to do
 */
void fp_mend(struct fp_check_result *r, const char *fmt, ...)
{
	va_list ap;

	if (!r->n)
		return;
	va_start(ap, fmt);
	vsnprintf(r->found[r->n - 1].mend, FP_CHECK_TEXT, fmt, ap);
	va_end(ap);
}

static bool wanted(const struct fp_check *c, const struct fp_probe *p)
{
	if (!(c->kinds & p->kind))
		return false;
	return p->opts->only ? p->opts->only & FP_CHECK_BIT(c->id) : !c->on_request;
}

/* Does a wanted check of the probe stand on it? */
static bool leaned_on(const struct fp_check *c, const struct fp_probe *p)
{
	const struct fp_check *o;

	if (!(c->kinds & p->kind))
		return false;
	for (o = fp_checks; o->id; o++)
		if (wanted(o, p) && ((o->needs | o->after) & FP_CHECK_BIT(c->id)))
			return true;
	return false;
}

static void run_one(struct fp_probe *p, const struct fp_check *c, u32 failed,
		    struct fp_check_result *r)
{
	u64 begun = fp_now_ms();
	u32 why = c->needs & failed;

	if (why)
		fp_found(r, FP_CHECK_SKIP, NULL, "C%d failed", __builtin_ctz(why));
	else
		c->run(p, r);
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "nothing to say");
	r->ms = (u32)(fp_now_ms() - begun);
}

static void step(struct crew *crew, struct lane *lane, u32 i, u32 *failed)
{
	const struct fp_check *c = &fp_checks[i];
	struct fp_check_result *r = &lane->results[i];
	bool tell = wanted(c, lane->probe);

	pthread_mutex_lock(&crew->lock);
	lane->begun = i + 1;
	pthread_cond_broadcast(&crew->moved);
	pthread_mutex_unlock(&crew->lock);
	if (tell || leaned_on(c, lane->probe))
		run_one(lane->probe, c, *failed, r);
	if (r->state == FP_CHECK_FAIL || (r->n && r->state == FP_CHECK_SKIP && c->needs & *failed))
		*failed |= FP_CHECK_BIT(c->id);
	/* What others lean on is told when it is what stops them. */
	if (!tell && r->state != FP_CHECK_FAIL)
		r->n = 0;
	pthread_mutex_lock(&crew->lock);
	lane->done = i + 1;
	pthread_cond_broadcast(&crew->moved);
	pthread_mutex_unlock(&crew->lock);
}

static void run_lane(struct crew *crew, struct lane *lane)
{
	struct fp_check_result *results = calloc(rows(), sizeof(*results));
	u32 i, failed = 0;

	pthread_mutex_lock(&crew->lock);
	lane->results = results;
	pthread_mutex_unlock(&crew->lock);
	for (i = 0; results && fp_checks[i].id; i++)
		step(crew, lane, i, &failed);
	fp_probe_clear(lane->probe);
	pthread_mutex_lock(&crew->lock);
	lane->finished = true;
	pthread_cond_broadcast(&crew->moved);
	pthread_mutex_unlock(&crew->lock);
}

static void *work(void *arg)
{
	struct crew *crew = arg;
	struct lane *lane;

	for (;;) {
		pthread_mutex_lock(&crew->lock);
		lane = crew->next < crew->n ? &crew->lanes[crew->next++] : NULL;
		pthread_mutex_unlock(&crew->lock);
		if (!lane)
			return NULL;
		run_lane(crew, lane);
	}
}

/* Tell one lane from its first to its last row, waiting for its worker. */
static int tell_lane(struct crew *crew, struct lane *lane, const char *title,
		     const struct fp_check_ui *ui, struct fp_check_sum *sum)
{
	struct fp_check_result *r;
	bool shown;
	u32 i;

	for (i = 0; fp_checks[i].id; i++) {
		pthread_mutex_lock(&crew->lock);
		while (lane->begun <= i && !lane->finished)
			pthread_cond_wait(&crew->moved, &crew->lock);
		shown = lane->results && lane->done <= i && lane->begun > i &&
			(fp_checks[i].kinds & lane->probe->kind) &&
			wanted(&fp_checks[i], lane->probe);
		pthread_mutex_unlock(&crew->lock);
		if (shown)
			ui->begin(ui->arg, title, &fp_checks[i]);
		pthread_mutex_lock(&crew->lock);
		while (lane->done <= i && !lane->finished)
			pthread_cond_wait(&crew->moved, &crew->lock);
		pthread_mutex_unlock(&crew->lock);
		if (!lane->results)
			return -ENOMEM;
		r = &lane->results[i];
		if (!r->n)
			continue;
		sum->n[r->state]++;
		ui->end(ui->arg, title, &fp_checks[i], r);
	}
	return 0;
}

static int tell(struct crew *crew, const struct fp_check_ui *ui, struct fp_check_sum *sum)
{
	char title[sizeof(((struct fp_probe *)NULL)->title)];
	struct lane *lane;
	int err = 0;

	for (u32 i = 0; i < crew->n; i++) {
		lane = &crew->lanes[i];
		snprintf(title, sizeof(title), "%s", lane->probe->title);
		if (tell_lane(crew, lane, title, ui, sum))
			err = -ENOMEM;
		pthread_mutex_lock(&crew->lock);
		while (!lane->finished)
			pthread_cond_wait(&crew->moved, &crew->lock);
		pthread_mutex_unlock(&crew->lock);
		free(lane->results);
		lane->results = NULL;
		free(lane->probe);
	}
	return err;
}

static u32 hire(struct crew *crew, pthread_t *threads, u32 n)
{
	sigset_t all, old;
	u32 i;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, work, crew))
			break;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return i;
}

static int run_crew(struct crew *crew, const struct fp_check_ui *ui, struct fp_check_sum *sum)
{
	u32 n = crew->opts->threads ? crew->opts->threads : FP_CHECK_THREADS;
	pthread_t threads[64];
	u32 i, hired;
	int err;

	if (n > ARRAY_SIZE(threads))
		n = ARRAY_SIZE(threads);
	hired = hire(crew, threads, n < crew->n ? n : crew->n);
	if (!hired && crew->n)
		work(crew);
	err = tell(crew, ui, sum);
	for (i = 0; i < hired; i++)
		pthread_join(threads[i], NULL);
	return err;
}

/**
 * fp_checks_run() - run the checks
 * @model: the policy; must not change meanwhile
 * @opts: which, and how
 * @ui: is told
 * @sum: gets how many ended how
 *
 * Context: makes threads; the caller's one calls @ui. A peer that closes must
 * not end the process: SIGPIPE is to be ignored.
 * Return: 0; -ENOENT: there is nothing to check; -ENOMEM
 */
int fp_checks_run(const struct fp_model *model, const struct fp_check_opts *opts,
		  const struct fp_check_ui *ui, struct fp_check_sum *sum)
{
	struct crew crew = { .lock = PTHREAD_MUTEX_INITIALIZER,
			     .moved = PTHREAD_COND_INITIALIZER, .opts = opts };
	struct fp_probe **probes;
	int err;

	memset(sum, 0, sizeof(*sum));
	err = fp_probes_make(model, opts, &probes, &crew.n);
	if (err)
		return err;
	crew.lanes = calloc(crew.n ? crew.n : 1, sizeof(*crew.lanes));
	for (u32 i = 0; i < crew.n && crew.lanes; i++)
		crew.lanes[i].probe = probes[i];
	err = crew.lanes ? run_crew(&crew, ui, sum) : -ENOMEM;
	free(crew.lanes);
	free(probes);
	return err;
}
