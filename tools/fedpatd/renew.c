// SPDX-License-Identifier: GPL-2.0
/*
 * A thread that watches certificates. It has its own netlink socket and reads
 * the policy itself, so that nobody waits for a disk, a CA or a CMP server.
 *
 * Every hour, and when policy or files changed, it looks at each trustpoint:
 * 30, 7 and 1 days before the end, and behind it, it warns, once each; where a
 * CMP server is named it renews, with a new key, and lets the main thread read
 * the files again. Legs that stand are not touched.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cert.h"
#include "cmp.h"
#include "daemon.h"
#include "renew.h"

#define LOOK_SECONDS	3600
#define PAUSE_SECONDS	2	/* between two looks, however often it is poked */
#define SLICE_SECONDS	15	/* until a clock that was set is noticed */
#define STOP_SECONDS	10	/* for a renewal that is under way at the end */
#define TOLD_MAX	512	/* certificates whose last warning is remembered */

struct told {
	char print[FP_CERT_PRINT];
	int stage;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects the next two */
static bool stopping, poked;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static bool running;		/* main thread only */
static struct told told[TOLD_MAX];	/* the thread's own */
static unsigned int next_told;

/* --- warnings ------------------------------------------------------------- */

/* Is this stage of this certificate new? */
static bool is_news(const char *print, int stage)
{
	struct told *t = NULL;

	for (int i = 0; i < TOLD_MAX && !t; i++)
		if (!strcmp(told[i].print, print))
			t = &told[i];
	if (t && t->stage == stage)
		return false;
	if (!t)
		t = &told[next_told++ % TOLD_MAX];
	snprintf(t->print, sizeof(t->print), "%s", print);
	t->stage = stage;
	return stage != 0;
}

static void report(struct fpnl *nl, enum fp_reason reason, const char *federation,
		   const char *trustpoint, const char *text)
{
	struct fp_obj *notice = fp_obj_alloc(FP_K_NOTICE, NULL);
	struct fp_errs errs = { 0 };

	fpd_log("warning: %s: trustpoint '%s': %s", fp_reason_info(reason)->name, trustpoint, text);
	if (!notice)
		return;
	fp_obj_set_str(notice, FEDPAT_A_NOTICE_REASON, fp_reason_info(reason)->name);
	fp_obj_set_str(notice, FEDPAT_A_NOTICE_PEER, trustpoint);
	fp_obj_set_str(notice, FEDPAT_A_NOTICE_TEXT, text);
	if (federation && *federation)
		fp_obj_set_str(notice, FEDPAT_A_NOTICE_FEDERATION, federation);
	if (fp_refusal_report(nl, (struct fp_obj_notice *)notice, &errs))
		fpd_log_errs("warning could not be told", &errs);
	else
		fp_errs_free(&errs);
	fp_obj_free(notice);
}

static void warn_of(struct fpnl *nl, const struct fp_trustpoint_view *v, const char *what,
		    const struct fp_cert_info *info, time_t now)
{
	int stage = fp_cert_stage(info->not_after, now), days = fp_cert_days(info->not_after, now);
	char text[FEDPAT_PATH_MAX - 64];

	if (!is_news(info->print, stage))
		return;
	if (days >= 0)
		snprintf(text, sizeof(text), "%s %.80s ends in %d day%s; fedctl trustpoint show %s",
			 what, info->subject, days, days == 1 ? "" : "s", v->tp->o.name);
	else
		snprintf(text, sizeof(text),
			 "%s %.80s ended %d day%s ago; fedctl trustpoint show %s",
			 what, info->subject, -days, days == -1 ? "" : "s", v->tp->o.name);
	report(nl, FP_R_CERT_ENDS_SOON, v->needs.n ? v->needs.v[0].federation : NULL,
	       v->tp->o.name, text);
}

static void warn_certs(struct fpnl *nl, const struct fp_trustpoint_view *v, const char *what,
		       const struct stack_st_X509 *certs, time_t now)
{
	struct fp_cert_info *info = malloc(sizeof(*info));

	for (int i = 0; info && i < sk_X509_num(certs); i++) {
		fp_cert_info(sk_X509_value(certs, i), info);
		warn_of(nl, v, what, info, now);
	}
	free(info);
}

/* --- renewal -------------------------------------------------------------- */

/* Certificates that renewal brought: the thread's own. */
static char ours[TOLD_MAX][FP_CERT_PRINT];
static unsigned int next_ours;

static bool is_ours(X509 *cert)
{
	char print[FP_CERT_PRINT];

	fp_cert_print_of(cert, print);
	for (unsigned int i = 0; i < TOLD_MAX; i++)
		if (!strcmp(ours[i], print))
			return true;
	return false;
}

static bool is_due(const struct fp_trustpoint_view *v, time_t now)
{
	time_t before = (time_t)v->tp->renew_before * 86400;
	time_t third = (v->info.not_after - v->info.not_before) / 3;

	if (!v->tp->cmp || !*v->tp->cmp || !v->set.cert || !v->has_key)
		return false;
	/* A CA whose certificates live no longer than that would be asked for ever. */
	if (is_ours(v->set.cert) && before > third)
		before = third;
	return v->info.not_after - now <= before;
}

static EVP_PKEY *read_key(const char *file, struct fp_errs *errs)
{
	struct fp_pos pos = { .file = file };
	struct fp_cert_set set;
	EVP_PKEY *key = NULL;
	int err;

	if (fp_cert_check_mode(file, errs) || fp_cert_set_init(&set))
		return NULL;
	err = fp_cert_read(file, NULL, &set, errs);
	if (!err && !set.key)
		fp_err_add(errs, FP_EXIT_REFUSED, &(struct fp_where){ .pos = &pos },
			   "fedctl trustpoint import writes one", "there is no private key in it");
	else if (!err && EVP_PKEY_up_ref(set.key))
		key = set.key;
	fp_cert_set_free(&set);
	return key;
}

/* Of the kind that the old one is. */
static EVP_PKEY *new_key(const struct fp_trustpoint_view *v, const char *file,
			 struct fp_errs *errs)
{
	static const struct {
		const char *text;
		enum fp_key_type type;
	} kinds[] = {
		{ "RSA 2048", FP_KEY_RSA_2048 }, { "RSA 3072", FP_KEY_RSA_3072 },
		{ "RSA 4096", FP_KEY_RSA_4096 }, { "ECDSA P-384", FP_KEY_P384 },
	};
	char next[FEDPAT_PATH_MAX + 8];

	/* One that waits is meant: a request for it may be with the CA already. */
	snprintf(next, sizeof(next), "%s.next", file);
	if (!access(next, F_OK))
		return read_key(next, errs);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(v->info.key, kinds[i].text))
			return fp_key_make(kinds[i].type);
	return fp_key_make(FP_KEY_P256);
}

/* What the CA sent must serve at least as long as what we have. */
static int check_new(const struct fp_trustpoint_view *v, X509 *cert, time_t now,
		     struct fp_errs *errs)
{
	struct fp_findings *f = calloc(1, sizeof(*f));
	struct fp_cert_info *info = malloc(sizeof(*info));
	int ret = -ENOMEM;

	if (f && info) {
		fp_cert_info(cert, info);
		fp_cert_judge(info, &v->needs, now, f);
		ret = 0;
		for (u32 i = 0; i < f->n && !ret; i++) {
			if (f->v[i].level != FP_FIND_ERROR)
				continue;
			fp_err_add(errs, FP_EXIT_REFUSED, NULL, f->v[i].mend,
				   "the new certificate was not taken: %s", f->v[i].text);
			ret = -EINVAL;
		}
		if (!ret && X509_NAME_cmp(X509_get_issuer_name(cert),
					  X509_get_issuer_name(v->set.cert))) {
			fp_err_add(errs, FP_EXIT_REFUSED, NULL,
				   "where the CA was changed: fedctl trustpoint enroll",
				   "the new certificate is of another CA than the old one");
			ret = -EINVAL;
		}
		if (!ret && info->not_after <= v->info.not_after) {
			fp_err_add(errs, FP_EXIT_REFUSED, NULL, "ask the CA",
				   "the new certificate ends no later than the old one");
			ret = -EINVAL;
		}
	}
	free(f);
	free(info);
	return ret;
}

static int renew_with(const struct fp_trustpoint_view *v, const struct fp_cert_set *own,
		      const char *key_file, time_t now, struct fp_errs *errs)
{
	struct fp_cmp cmp = { .kind = FP_CMP_KUR, .url = v->tp->cmp, .own = own };
	struct fp_cert_set cas = { 0 }, got = { 0 };
	char next[FEDPAT_PATH_MAX + 8];
	const char *ca = v->tp->cmp_ca && *v->tp->cmp_ca ? v->tp->cmp_ca : v->tp->ca;
	int ret = fp_cert_set_init(&cas);

	if (!ret && ca && *ca)
		ret = fp_cert_read(ca, NULL, &cas, errs);
	cmp.trusted = cas.certs;
	cmp.key = ret ? NULL : new_key(v, key_file, errs);
	if (!cmp.key)
		ret = ret ? ret : -ENOMEM;
	if (!ret)
		ret = fp_cmp_enroll(&cmp, &got, errs);
	if (!ret)
		ret = check_new(v, got.cert, now, errs);
	if (!ret)
		ret = fp_cert_put_identity(v->tp->cert, key_file, &got, errs);
	if (!ret) {
		fp_cert_print_of(got.cert, ours[next_ours++ % TOLD_MAX]);
		snprintf(next, sizeof(next), "%s.next", key_file);
		unlink(next);
	}
	EVP_PKEY_free(cmp.key);
	fp_cert_set_free(&got);
	fp_cert_set_free(&cas);
	return ret;
}

static bool renew(struct fpnl *nl, struct fp_trustpoint_view *v, time_t now)
{
	const char *key_file = v->tp->key && *v->tp->key ? v->tp->key : v->tp->cert;
	struct fp_errs errs = { 0 };
	char *line;
	int ret = -EINVAL;

	if (!strcmp(key_file, v->tp->cert)) {
		fp_err_add(&errs, FP_EXIT_REFUSED, NULL,
			   "fedctl trustpoint import writes two files",
			   "certificate and key are in one file, which renewal does not touch");
	} else {
		v->set.key = v->set.key ? v->set.key : read_key(key_file, &errs);
		if (v->set.key)
			ret = renew_with(v, &v->set, key_file, now, &errs);
	}
	if (!ret) {
		fpd_log("trustpoint '%s': renewed by %s", v->tp->o.name, v->tp->cmp);
	} else {
		line = errs.n ? fp_err_line(&errs.v[0]) : NULL;
		report(nl, FP_R_CERT_RENEW_FAILED, v->needs.n ? v->needs.v[0].federation : NULL,
		       v->tp->o.name, line ? line : "out of memory");
		free(line);
	}
	fp_errs_free(&errs);
	return !ret;
}

/* --- the thread ----------------------------------------------------------- */

static bool look_at(struct fpnl *nl, const struct fp_model *model,
		    const struct fp_obj_trustpoint *tp, time_t now)
{
	struct fp_trustpoint_view *v = fp_trustpoint_view(model, tp, now);
	bool renewed = false;

	if (!v)
		return false;
	if (is_due(v, now))
		renewed = renew(nl, v, now);
	/* What nobody needs may end in peace. */
	if (!renewed && v->set.cert && v->needs.n) {
		warn_of(nl, v, "the certificate", &v->info, now);
		warn_certs(nl, v, "in its chain,", v->set.certs, now);
	}
	if (v->needs.n)
		warn_certs(nl, v, "the trusted CA", v->cas.certs, now);
	fp_trustpoint_view_free(v);
	return renewed;
}

static void look(void)
{
	const struct fp_obj_trustpoint *tp;
	struct fp_model *model = NULL;
	struct fp_errs errs = { 0 };
	struct fpnl *nl = NULL;
	time_t now = time(NULL);
	bool renewed = false;
	u32 i;

	if (!fpnl_open(&nl, &errs) && !fp_model_load_kernel(nl, &model, &errs)) {
		fp_model_each(model, FP_K_TRUSTPOINT, i, tp)
			renewed |= look_at(nl, model, tp, now);
		fp_model_free(model);
	}
	if (errs.n)
		fpd_log_errs("certificates cannot be looked at", &errs);
	fpnl_close(nl);
	/* As if an operator had said it: the main thread reads the files again. */
	if (renewed)
		kill(getpid(), SIGHUP);
}

/* Under the lock, until the time is over, somebody wants it to stop, or to look. */
static void rest(time_t begun, int seconds, bool or_poked)
{
	time_t now = time(NULL);
	struct timespec slice;

	/*
	 * By the wall clock: where it is moved, so is the end of the hour. One
	 * that is set back ends it too; hence slices by a clock that nobody sets.
	 */
	while (!stopping && !(or_poked && poked) && now >= begun && now < begun + seconds) {
		clock_gettime(CLOCK_MONOTONIC, &slice);
		slice.tv_sec += seconds < SLICE_SECONDS ? seconds : SLICE_SECONDS;
		pthread_cond_clockwait(&wake, &lock, CLOCK_MONOTONIC, &slice);
		now = time(NULL);
	}
}

static void *keeper(void *arg)
{
	time_t begun;

	(void)arg;
	pthread_mutex_lock(&lock);
	while (!stopping) {
		poked = false;
		/* Before it: a clock that is set during the look was not looked at. */
		begun = time(NULL);
		pthread_mutex_unlock(&lock);
		look();
		pthread_mutex_lock(&lock);
		rest(begun, PAUSE_SECONDS, false);
		rest(begun, LOOK_SECONDS, true);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

/**
 * fpd_renew_start() - start the thread
 *
 * Context: main thread.
 * Return: 0 or -1
 */
int fpd_renew_start(void)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	running = !pthread_create(&thread, NULL, keeper, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return running ? 0 : -1;
}

/**
 * fpd_renew_poke() - policy or files changed: look now
 *
 * Context: main thread.
 */
void fpd_renew_poke(void)
{
	pthread_mutex_lock(&lock);
	poked = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}

/**
 * fpd_renew_stop() - stop it
 *
 * Context: main thread. Waits a while for a renewal that is under way.
 */
void fpd_renew_stop(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
	fpd_thread_end(thread, STOP_SECONDS);
	running = false;
}
