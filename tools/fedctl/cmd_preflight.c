// SPDX-License-Identifier: GPL-2.0
/* Live checks of a federation, a domain, or a file that is not applied yet. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"
#include "ctl.h"
#include "federation.h"
#include "json.h"
#include "paths.h"
#include "text.h"

#define USAGE "fedctl preflight FILE|DOMAIN|FEDERATION|--all [check C5] [timeout SECONDS]"

/**
 * struct run - one run of the checks
 * @ctl: this run of fedctl
 * @opts: what to check
 * @subject: FILE, DOMAIN or FEDERATION; NULL = all
 * @metrics: file for metrics, or NULL
 * @events: tell failures to the listeners of events
 * @probe: the last one that was told
 * @begun: a line is begun and waits for its result
 * @rows: for JSON and metrics
 */
struct run {
	struct ctl *ctl;
	struct fp_check_opts opts;
	const char *subject;
	const char *metrics;
	bool events;
	char owner[FEDPAT_NAME_MAX + 1];
	char probe[160];
	bool begun;
	json_t *rows;
};

/* --- words ------------------------------------------------------------------------ */

static void read_check(struct run *run, struct words *w)
{
	const char *word = need(run->ctl, w, "a check, such as C5");
	u32 id = word ? fp_check_parse(word) : 0;

	if (word && !id)
		usage(run->ctl, "fedctl preflight list shows them", "there is no check '%s'", word);
	run->opts.only |= id ? FP_CHECK_BIT(id) : 0;
}

static void read_user(struct run *run, struct words *w, const char **user)
{
	*user = need(run->ctl, w, "a user, such as alice@example.com");
	/* It goes into a message as it is. */
	if (*user &&
	    (!strchr(*user, '@') || strpbrk(*user, "<> \t\r\n;,\"") || strlen(*user) > 255))
		usage(run->ctl, "write it as alice@example.com", "'%.60s' is no user", *user);
}

static void read_words(struct run *run, struct words *w)
{
	struct ctl *ctl = run->ctl;
	bool all = false;
	const char *word;

	while (!ctl->errs.n && (word = words_next(w))) {
		if (!strcmp(word, "check"))
			read_check(run, w);
		else if (!strcmp(word, "timeout"))
			run->opts.timeout = (u32)read_number(ctl, w, "seconds", 1, 300) * 1000;
		else if (!strcmp(word, "dns"))
			run->opts.dns = need(ctl, w, "the address of a DNS server");
		else if (!strcmp(word, "from"))
			read_user(run, w, &run->opts.from);
		else if (!strcmp(word, "to"))
			read_user(run, w, &run->opts.to);
		else if (!strcmp(word, "--metrics"))
			run->metrics = need(ctl, w, "the name of a file");
		else if (!strcmp(word, "--events"))
			run->events = true;
		else if (!strcmp(word, "--all"))
			all = true;
		else if (!run->subject)
			run->subject = word;
		else
			usage(ctl, USAGE, "'%s' is one word too many", word);
	}
	if (!ctl->errs.n && !run->subject == !all)
		usage(ctl, USAGE, "say what to check, or --all");
}

/* --- what to check ---------------------------------------------------------------- */

/* What the daemon was told, from its command line: "--dns ADDRESS" or "--dns=ADDRESS". */
static const char *daemon_option(int pid, const char *option, char *buf, size_t size)
{
	size_t len = strlen(option), n;
	char path[64];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	in = pid ? fopen(path, "re") : NULL;
	if (!in)
		return NULL;
	n = fread(buf, 1, size - 1, in);
	fclose(in);
	buf[n] = 0;
	for (const char *p = buf; p < buf + n; p += strlen(p) + 1) {
		if (strncmp(p, option, len))
			continue;
		if (p[len] == '=')
			return p + len + 1;
		if (!p[len] && p + len + 1 < buf + n)
			return p + len + 1;
	}
	return NULL;
}

static bool is_file(const char *word)
{
	struct stat st;

	return strchr(word, '/') || !strcmp(word, "-") || (!stat(word, &st) && S_ISREG(st.st_mode));
}

static void add_scope(struct run *run, const char *name)
{
	char **v = reallocarray(run->opts.scope.v, run->opts.scope.n + 1, sizeof(*v));

	if (!v)
		return;
	run->opts.scope.v = v;
	v[run->opts.scope.n] = strdup(name);
	run->opts.scope.n += !!v[run->opts.scope.n];
}

/* A federation, of whose nodes others may be, too: of its own partners then. */
static void add_owner(struct run *run, const struct fp_model *m, const char *name)
{
	add_scope(run, fp_federation_realm(m, name));
	if (!fp_federation_made(m, name))
		return;
	snprintf(run->owner, sizeof(run->owner), "%s", name);
	run->opts.owner = run->owner;
}

/* The policy as the file would have it, and how far the kernel is from there. */
static struct fp_model *from_file(struct run *run)
{
	struct fp_model *running = ctl_load(run->ctl), *model = NULL;
	struct fp_plan plan = { 0 };
	struct fp_ops ops = { 0 };

	if (!running)
		return NULL;
	if (!fp_federation_plan(run->subject, running, &plan, &run->ctl->errs)) {
		/* as applying it would */
		load_keys(run->ctl, plan.target, running,
			  fp_federation_realm(plan.target, plan.name), true);
		if (!fp_model_diff(running, plan.target, &ops))
			run->opts.pending = ops.n;
		fp_ops_free(&ops);
		add_owner(run, plan.target, plan.name);
		model = plan.target;
		plan.target = NULL;
	}
	fp_plan_free(&plan);
	fp_model_free(running);
	return model;
}

static bool serves(const struct fp_obj_peer *peer, const char *domain)
{
	for (u32 i = 0; i < peer->domain.n; i++)
		if (fp_same_host(peer->domain.v[i], domain))
			return true;
	return false;
}

static bool is_local(const struct fp_obj_federation *fed, const char *domain)
{
	for (u32 i = 0; i < fed->local_domain.n; i++)
		if (fp_same_host(fed->local_domain.v[i], domain))
			return true;
	return false;
}

/* Federations that have to do with a domain. */
static void scope_of_domain(struct run *run, const struct fp_model *m)
{
	const struct fp_obj_federation *fed;
	const struct fp_obj_peer *peer;
	const struct fp_obj_domain *d;
	u32 i;

	fp_model_each(m, FP_K_FEDERATION, i, fed)
		if (is_local(fed, run->subject))
			add_scope(run, fed->o.name);
	fp_model_each(m, FP_K_PEER, i, peer)
		if (peer->federation && serves(peer, run->subject))
			add_scope(run, peer->federation);
	d = fp_find_domain(m, run->subject);
	if (d && d->federation)
		add_scope(run, d->federation);
	if (run->opts.scope.n)
		run->opts.domain = run->subject;
}

static struct fp_model *from_kernel(struct run *run)
{
	struct fp_model *m = ctl_load(run->ctl);

	if (!m || !run->subject)
		return m;
	if (fp_find_federation(m, run->subject) || fp_federation_made(m, run->subject))
		add_owner(run, m, run->subject);
	else
		scope_of_domain(run, m);
	if (run->opts.scope.n)
		return m;
	fp_err_add(&run->ctl->errs, FP_EXIT_REFUSED, NULL,
		   "fedctl federation show and fedctl domain show list them",
		   "'%s' is no file, federation or domain", run->subject);
	fp_model_free(m);
	return NULL;
}

/* --- what is told ----------------------------------------------------------------- */

static void title(struct run *run, const char *probe)
{
	if (!strcmp(run->probe, probe))
		return;
	fprintf(run->ctl->out, "%s", run->probe[0] ? "\n" : "");
	fp_txt_safe(run->ctl->out, probe);
	fputc('\n', run->ctl->out);
	snprintf(run->probe, sizeof(run->probe), "%s", probe);
}

static void on_begin(void *arg, const char *probe, const struct fp_check *c)
{
	struct run *run = arg;

	if (run->ctl->json)
		return;
	title(run, probe);
	fprintf(run->ctl->out, "  C%-2u %-28s ", c->id, c->title);
	fflush(run->ctl->out);
	run->begun = true;
}

static const char *color_of(const struct run *run, enum fp_check_state state)
{
	static const char *const colors[] = { "\033[32m", "", "\033[33m", "\033[31m" };

	return run->ctl->color ? colors[state] : "";
}

static void print_found(struct run *run, const struct fp_found *f, bool first)
{
	FILE *out = run->ctl->out;

	if (!first)
		fprintf(out, "  %-32s %-4s  ", "", "");
	fp_txt_safe(out, f->text);
	fputc('\n', out);
	if (!f->mend[0])
		return;
	fprintf(out, "  %-32s %-4s  -> ", "", "");
	fp_txt_safe(out, f->mend);
	fputc('\n', out);
}

/* The worst first: that is what the word in front is about. */
static void print_result(struct run *run, const struct fp_check_result *r)
{
	const char *color = color_of(run, r->state);
	bool first = true;

	fprintf(run->ctl->out, "%s%-4s%s  ", color, fp_check_state_word(r->state),
		*color ? "\033[0m" : "");
	for (int state = FP_CHECK_FAIL; state >= FP_CHECK_OK; state--)
		for (u32 i = 0; i < r->n; i++) {
			if ((int)r->found[i].state != state)
				continue;
			print_found(run, &r->found[i], first);
			first = false;
		}
	fflush(run->ctl->out);
}

static void keep_row(struct run *run, const char *probe, const struct fp_check *c,
		     const struct fp_check_result *r)
{
	json_t *found = json_array();
	char id[8];

	for (u32 i = 0; i < r->n; i++)
		json_array_append_new(found,
				      json_pack("{s:s,s:o,s:o}", "state",
						fp_check_state_word(r->found[i].state), "text",
						fp_json_text(r->found[i].text), "mend",
						fp_json_text(r->found[i].mend)));
	snprintf(id, sizeof(id), "C%u", c->id);
	json_array_append_new(run->rows,
			      json_pack("{s:s,s:s,s:o,s:s,s:i,s:o}", "check", id, "title", c->title,
					"subject", fp_json_text(probe), "state",
					fp_check_state_word(r->state), "ms", (int)r->ms, "found",
					found));
}

/* Listeners hear of it as of any other warning; nobody listening is no fault. */
static void send_event(struct run *run, const char *probe, const struct fp_check *c,
		       const struct fp_check_result *r)
{
	struct fp_obj *obj = fp_obj_alloc(FP_K_NOTICE, NULL);
	char text[1024];
	const struct fp_found *f = &r->found[0];

	for (u32 i = 0; i < r->n; i++)
		if (r->found[i].state > f->state)
			f = &r->found[i];
	snprintf(text, sizeof(text), "%.100s, C%u %s: %.150s", probe, c->id, c->title, f->text);
	if (obj && run->ctl->nl &&
	    !fp_obj_set_str(obj, FEDPAT_A_NOTICE_REASON, "preflight-failed") &&
	    !fp_obj_set_str(obj, FEDPAT_A_NOTICE_TEXT, text))
		fp_refusal_report(run->ctl->nl, (struct fp_obj_notice *)obj, NULL);
	if (obj)
		fp_obj_free(obj);
}

static void on_end(void *arg, const char *probe, const struct fp_check *c,
		   const struct fp_check_result *r)
{
	struct run *run = arg;

	keep_row(run, probe, c, r);
	if (run->events && r->state == FP_CHECK_FAIL)
		send_event(run, probe, c, r);
	if (run->ctl->json)
		return;
	if (!run->begun)
		on_begin(run, probe, c);
	run->begun = false;
	print_result(run, r);
}

static void print_sum(struct run *run, const struct fp_check_sum *sum)
{
	json_t *j;

	if (!run->ctl->json) {
		fprintf(run->ctl->out, "\n%u ok, %u warn, %u FAIL, %u skip\n", sum->n[FP_CHECK_OK],
			sum->n[FP_CHECK_WARN], sum->n[FP_CHECK_FAIL], sum->n[FP_CHECK_SKIP]);
		return;
	}
	j = json_pack("{s:O,s:{s:i,s:i,s:i,s:i}}", "checks", run->rows, "summary", "ok",
		      (int)sum->n[FP_CHECK_OK], "warn", (int)sum->n[FP_CHECK_WARN], "fail",
		      (int)sum->n[FP_CHECK_FAIL], "skip", (int)sum->n[FP_CHECK_SKIP]);
	print_json(run->ctl, j);
}

/* --- metrics ---------------------------------------------------------------------- */

/* A label's value: quotes, backslashes and line ends are escaped. */
static void label(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		fputc((unsigned char)*s < 32 ? ' ' : *s, out);
	}
}

static void print_metrics(const struct run *run, FILE *out)
{
	static const char *const words[] = { "ok", "skip", "warn", "FAIL" };
	const char *state;
	json_t *row;
	size_t i, v;

	fputs("# HELP fedpat_preflight Live checks: 0 ok, 1 skipped, 2 warning, 3 failed.\n"
	      "# TYPE fedpat_preflight gauge\n", out);
	json_array_foreach(run->rows, i, row) {
		state = json_string_value(json_object_get(row, "state"));
		for (v = 0; v < ARRAY_SIZE(words) && strcmp(words[v], state); v++)
			;
		fprintf(out, "fedpat_preflight{check=\"%s\",subject=\"",
			json_string_value(json_object_get(row, "check")));
		label(out, json_string_value(json_object_get(row, "subject")));
		fprintf(out, "\"} %zu\n", v);
	}
	fprintf(out, "# HELP fedpat_preflight_time_seconds When the checks ran last.\n"
		"# TYPE fedpat_preflight_time_seconds gauge\nfedpat_preflight_time_seconds %lld\n",
		(long long)time(NULL));
}

/* Whoever collects them never sees half a file. */
static void write_metrics(struct run *run)
{
	char tmp[512];
	FILE *out;

	snprintf(tmp, sizeof(tmp), "%s.new", run->metrics);
	out = fopen(tmp, "we");
	if (out) {
		print_metrics(run, out);
		if (!fclose(out) && !rename(tmp, run->metrics))
			return;
	}
	fp_err_add(&run->ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "metrics file %s: %s",
		   run->metrics, strerror(errno));
	unlink(tmp);
}

/* --- run -------------------------------------------------------------------------- */

static void list_checks(struct ctl *ctl)
{
	json_t *array = json_array();
	const struct fp_check *c;

	for (u32 id = 1; id <= FP_CHECKS; id++) {
		char name[8];

		c = fp_check_find(id);
		snprintf(name, sizeof(name), "C%u", id);
		if (ctl->json)
			json_array_append_new(array,
					      json_pack("{s:s,s:s,s:s}", "check", name, "title",
							c->title, "explain", c->explain));
		else
			fprintf(ctl->out, "%-4s %-28s %s\n", name, c->title, c->explain);
	}
	if (ctl->json)
		print_json(ctl, array);
	else
		json_decref(array);
}

static void run_checks(struct run *run, const struct fp_model *model)
{
	const struct fp_check_ui ui = { on_begin, on_end, run };
	struct fp_check_sum sum;
	int err = fp_checks_run(model, &run->opts, &ui, &sum);

	if (err) {
		fp_err_add(&run->ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "nothing was checked: %s",
			   strerror(-err));
		return;
	}
	print_sum(run, &sum);
	if (run->metrics)
		write_metrics(run);
	if (sum.n[FP_CHECK_FAIL] && run->ctl->errs.code < FP_EXIT_REFUSED)
		run->ctl->errs.code = FP_EXIT_REFUSED;
}

static void preflight_run(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct run run = { .ctl = ctl, .opts.timeout = FP_CHECK_TIMEOUT };
	struct fp_model *model = NULL;
	char cmdline[4096], anchor[4096];

	(void)kind;
	if (w->n == 1 && !strcmp(w->v[0], "list")) {
		list_checks(ctl);
		return;
	}
	read_words(&run, w);
	if (ctl->errs.n)
		return;
	signal(SIGPIPE, SIG_IGN);
	run.opts.daemon = daemon_pid();
	if (!run.opts.dns)
		run.opts.dns = daemon_option(run.opts.daemon, "--dns", cmdline, sizeof(cmdline));
	run.opts.anchor = daemon_option(run.opts.daemon, "--trust-anchor", anchor,
					sizeof(anchor));
	run.rows = json_array();
	model = run.subject && is_file(run.subject) ? from_file(&run) : from_kernel(&run);
	if (model)
		run_checks(&run, model);
	for (u32 i = 0; i < run.opts.scope.n; i++)
		free(run.opts.scope.v[i]);
	free(run.opts.scope.v);
	json_decref(run.rows);
	fp_model_free(model);
}

const struct verb preflight_verbs[] = {
	{ "", "FILE|DOMAIN|FEDERATION|--all|list [check C5] [timeout S] [dns ADDRESS]",
	  "check DNS, TCP, TLS, SIP, XMPP and the policy, live", preflight_run },
	{ 0 },
};
