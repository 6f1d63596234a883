// SPDX-License-Identifier: GPL-2.0
/* status, counters, reload, version. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_sip.h"
#include "ctl.h"
#include "ctl_servers.h"
#include "json.h"
#include "paths.h"
#include "text.h"

/**
 * daemon_pid() - process id of the daemon
 *
 * Return: the id; 0: it does not run
 */
int daemon_pid(void)
{
	const char *dir = getenv("FEDPAT_RUNDIR");
	char path[512], comm[32] = "";
	FILE *in;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : FP_RUNDIR, FP_PIDFILE);
	in = fopen(path, "re");
	if (!in)
		return 0;
	if (fscanf(in, "%d", &pid) != 1 || pid <= 1)
		pid = 0;
	fclose(in);
	/* The number may be another process's by now. */
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	in = pid ? fopen(path, "re") : NULL;
	if (!in)
		return 0;
	if (!fgets(comm, sizeof(comm), in))
		comm[0] = 0;
	fclose(in);
	return strncmp(comm, "fedpatd", 7) ? 0 : pid;
}

static void line_bytes(struct ctl *ctl, const char *name, u64 n, u64 of)
{
	fprintf(ctl->out, "%-10s ", name);
	if (ctl->numeric)
		fprintf(ctl->out, "%llu", (unsigned long long)n);
	else
		fp_txt_bytes(ctl->out, n);
	if (of && ctl->numeric)
		fprintf(ctl->out, " of %llu", (unsigned long long)of);
	if (of && !ctl->numeric) {
		fputs(" of ", ctl->out);
		fp_txt_bytes(ctl->out, of);
	}
	fputc('\n', ctl->out);
}

static void print_status(struct ctl *ctl, const struct fp_obj_status *s, int pid)
{
	fprintf(ctl->out, "%-10s %s, serving for ", "module", s->version ? s->version : "?");
	if (ctl->numeric)
		fprintf(ctl->out, "%llu", (unsigned long long)s->uptime);
	else
		fp_txt_ms(ctl->out, s->uptime);
	fprintf(ctl->out, "\n%-10s ", "daemon");
	if (pid)
		fprintf(ctl->out, "running, process %d\n", pid);
	else
		fputs("not running: new connections wait, standing legs go on\n", ctl->out);
	fprintf(ctl->out, "%-10s generation %u\n", "policy", s->generation);
	fprintf(ctl->out, "%-10s %u, %u of them offloaded\n", "legs", s->legs, s->legs_offloaded);
	fprintf(ctl->out, "%-10s %llu relayed, %u held\n", "messages",
		(unsigned long long)s->messages, s->held);
	line_bytes(ctl, "memory", s->memory, s->memory_cap);
	line_bytes(ctl, "lists", s->acl_memory, 0);
}

static void status_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_obj_status *s;
	int pid = daemon_pid();
	json_t *j;

	(void)kind;
	if (!no_more(ctl, w) || ctl_open(ctl) || fp_get_status(ctl->nl, &s, &ctl->errs))
		return;
	if (ctl->json) {
		j = fp_obj_json(&s->o);
		json_object_set_new(j, "daemon", pid ? json_integer(pid) : json_null());
		json_object_set_new(j, "servers", servers_json());
		print_json(ctl, j);
	} else {
		print_status(ctl, s, pid);
		status_servers(ctl);
		status_certificates(ctl);
	}
	fp_obj_free(&s->o);
}

const struct verb status_verbs[] = {
	{ "show", "", "module, daemon, policy, legs and memory at a glance", status_show },
	{ 0 },
};

/* --- counters --- */

static void counter_row(struct table *t, const struct fp_obj_counter *c)
{
	FILE *out;

	fputs(c->o.name, table_cell(t));
	fprintf(table_cell(t), "%llu", (unsigned long long)c->value);
	out = table_cell(t);
	if (c->sip_status)
		fprintf(out, "%u", c->sip_status);
	fp_txt_safe(table_cell(t), c->text ? c->text : "");
}

static void counters_table(struct ctl *ctl, const struct objs *l)
{
	struct table *t = table_new(4);
	u32 i;

	if (!t)
		return;
	fputs("COUNTER", table_cell(t));
	fputs("VALUE", table_cell(t));
	fputs("SIP", table_cell(t));
	fputs("WHAT IT COUNTS; WHAT TO DO", table_cell(t));
	table_right(t, 1);
	for (i = 0; i < l->n; i++)
		counter_row(t, (const struct fp_obj_counter *)l->v[i]);
	table_print(t, ctl);
}

/* Keep the one of that name; without a name, those that are not zero. */
static void pick(struct objs *l, const char *name)
{
	u32 i, kept = 0;
	bool keep;

	for (i = 0; i < l->n; i++) {
		keep = name ? !strcmp(l->v[i]->name, name) :
			      ((const struct fp_obj_counter *)l->v[i])->value;
		if (keep)
			l->v[kept++] = l->v[i];
		else
			fp_obj_free(l->v[i]);
	}
	l->n = kept;
}

static void counters_print(struct ctl *ctl, bool all, const char *name)
{
	struct objs l = { 0 };

	if (!ctl_dump(ctl, FP_K_COUNTER, &l)) {
		objs_free(&l);
		return;
	}
	if (name || !all)
		pick(&l, name);
	if (name && !l.n)
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED,
			   &(struct fp_where){ .kind = "counter", .object = name },
			   "fedctl counters --all lists them", "there is none of this name");
	else if (ctl->json)
		show_objects(ctl, &fp_kinds[FP_K_COUNTER], l.v, l.n);
	else if (l.n)
		counters_table(ctl, &l);
	else
		fputs("nothing was dropped or refused (--all shows every counter)\n", ctl->out);
	objs_free(&l);
}

static void counters_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *word, *name = NULL;
	bool all = false;

	(void)kind;
	while ((word = words_next(w))) {
		if (!strcmp(word, "--all") || !strcmp(word, "all"))
			all = true;
		else if (!name)
			name = word;
		else
			usage(ctl, NULL, "'%s' is one word too many", word);
	}
	if (!ctl->errs.n)
		counters_print(ctl, all, name);
}

const struct verb counters_verbs[] = {
	{ "show", "[--all] [NAME]", "what was dropped and refused, why, and what to do",
	  counters_show },
	{ 0 },
};

/* --- reload, version, sip --- */

static void reload_run(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	int pid = daemon_pid();

	(void)kind;
	if (!no_more(ctl, w))
		return;
	if (!pid)
		fp_err_add(&ctl->errs, FP_EXIT_ABSENT, NULL, "start it: systemctl start fedpatd",
			   "the daemon fedpatd is not running");
	else if (kill(pid, SIGHUP))
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL,
			   "process %d cannot be told to reload: %s", pid, strerror(errno));
}

const struct verb reload_verbs[] = {
	{ "", "", "let the daemon read policy, certificates and keys again", reload_run },
	{ 0 },
};

/* The module may be another version, or not be loaded: that is no fault here. */
static void version_run(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_obj_status *s = NULL;

	(void)kind;
	if (!no_more(ctl, w))
		return;
	if (!fpnl_open(&ctl->nl, NULL))
		fp_get_status(ctl->nl, &s, NULL);
	if (ctl->json) {
		print_json(ctl, json_pack("{s:s,s:s?}", "fedctl", FEDPAT_VERSION, "module",
					  s ? s->version : NULL));
	} else {
		fprintf(ctl->out, "fedctl %s\n", FEDPAT_VERSION);
		fprintf(ctl->out, "module %s\n", s && s->version ? s->version : "not loaded");
	}
	if (s)
		fp_obj_free(&s->o);
}

const struct verb version_verbs[] = {
	{ "", "", "versions of fedctl and of the module", version_run },
	{ 0 },
};

/* Its words, its help and its errors are its own. */
static void sip_run(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	int status;

	(void)kind;
	if (w->n && !strcmp(w->v[0], "help")) {
		fputs(fp_cmd_sip_usage, ctl->out);
		return;
	}
	status = fp_cmd_sip(w->n, w->v, ctl->json);
	if (status > (int)ctl->errs.code)
		ctl->errs.code = (enum fp_exit)status;
}

const struct verb sip_verbs[] = {
	{ "", "parse|frame|rewrite FILE|-", "what the gateway makes of a SIP message", sip_run },
	{ 0 },
};
