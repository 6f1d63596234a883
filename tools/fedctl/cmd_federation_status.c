// SPDX-License-Identifier: GPL-2.0
/*
 * How far a federation is: each step done, pending on somebody, or failing. What
 * can be seen from here decides; a step that cannot is done when somebody says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "federation.h"
#include "flows/fill.h"
#include "json.h"
#include "paths.h"

/* --- the files that federations were made of --- */

static void state_path(char *buf, size_t size, const char *name, const char *suffix)
{
	const char *dir = getenv("FEDPAT_STATEDIR");

	snprintf(buf, size, "%s/%s%s", dir ? dir : FP_STATEDIR, name, suffix);
}

static bool copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "re"), *out = in ? fopen(to, "we") : NULL;
	char buf[4096];
	size_t n;
	bool ok = out;

	while (ok && (n = fread(buf, 1, sizeof(buf), in)))
		ok = fwrite(buf, 1, n, out) == n;
	if (in && ferror(in))
		ok = false;
	if (in)
		fclose(in);
	if (out && fclose(out))
		ok = false;
	return ok;
}

/**
 * federation_keep() - keep the file that a federation was made of
 * @ctl: this run
 * @name: name of the federation
 * @file: the file
 */
void federation_keep(struct ctl *ctl, const char *name, const char *file)
{
	char path[512], tmp[520];

	if (ctl->file || !strcmp(file, "-"))
		return;
	state_path(path, sizeof(path), "", "");
	mkdir(path, 0755);
	state_path(path, sizeof(path), name, ".yaml");
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	if (!copy_file(file, tmp) || rename(tmp, path))
		fprintf(ctl->err, "fedctl: note: %s cannot be written (%s), and status needs it\n",
			path, strerror(errno));
}

/**
 * federation_forget() - forget it
 * @name: name of the federation
 */
void federation_forget(const char *name)
{
	char path[512];

	state_path(path, sizeof(path), name, ".yaml");
	unlink(path);
	state_path(path, sizeof(path), name, ".done");
	unlink(path);
}

/* Steps that somebody noted as done, a line each; "" for none. */
static char *noted(const char *name)
{
	char path[512], *text = calloc(1, 8192);
	FILE *in;

	state_path(path, sizeof(path), name, ".done");
	in = fopen(path, "re");
	if (text && in) {
		text[0] = '\n';
		text[1 + fread(text + 1, 1, 8190, in)] = 0;
	}
	if (in)
		fclose(in);
	return text;
}

static bool is_noted(const char *text, const char *id)
{
	char line[128];

	snprintf(line, sizeof(line), "\n%s\n", id);
	return text && strstr(text, line);
}

/**
 * federation_done() - fedctl federation done
 * @ctl: this run
 * @kind: of the command
 * @w: words behind it
 */
void federation_done(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "a name");
	const char *step = name ? need(ctl, w, "a step, as in fedctl federation status") : NULL;
	char path[512];
	FILE *out;

	(void)kind;
	if (!step || !no_more(ctl, w))
		return;
	state_path(path, sizeof(path), name, ".yaml");
	if (access(path, F_OK)) {
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED,
			   &(struct fp_where){ .kind = "federation", .object = name },
			   "fedctl federation apply FILE makes it", "no workflow made it");
		return;
	}
	state_path(path, sizeof(path), name, ".done");
	out = fopen(path, "ae");
	if (out)
		fprintf(out, "%s\n", step);
	if (!out || fclose(out))
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "%s cannot be written: %s",
			   path, strerror(errno));
}

/* --- what can be seen --- */

/**
 * struct seen - evidence
 * @inside: legs of the nodes
 * @outside: legs of partners
 * @hits: flows by rows of static PAT
 * @missing: a file of the trustpoints that cannot be read, or NULL
 * @differs: steps that lead from the policy to what the file means
 */
struct seen {
	u32 inside;
	u32 outside;
	u64 hits;
	const char *missing;
	u32 differs;
};

/* Behind shared nodes, of its own partners only. */
static bool is_peer_of(const struct fp_model *m, const struct fp_obj_leg *leg, const char *name)
{
	const struct fp_obj_peer *peer = leg->peer ? fp_find_peer(m, leg->peer) : NULL;

	return !peer || !peer->o.owner || !strcmp(peer->o.owner, name);
}

static void see_legs(struct ctl *ctl, const struct fp_model *m, const char *name, struct seen *s)
{
	const char *realm = fp_federation_realm(m, name);
	const struct fp_obj_leg *leg;
	struct objs objs = { 0 };
	u32 i;

	if (ctl->file || !ctl_dump(ctl, FP_K_LEG, &objs))
		return;
	for (i = 0; i < objs.n; i++) {
		leg = (const struct fp_obj_leg *)objs.v[i];
		if (!leg->federation || strcmp(leg->federation, realm))
			continue;
		s->inside += leg->role == FEDPAT_ROLE_INSIDE;
		s->outside += leg->role == FEDPAT_ROLE_OUTSIDE && is_peer_of(m, leg, name);
	}
	objs_free(&objs);
}

static void see_hits(const struct fp_model *m, const char *name, struct seen *s)
{
	const struct fp_obj_static_pat *row;
	u32 i;

	fp_model_each(m, FP_K_STATIC_PAT, i, row) {
		if (row->federation && !strcmp(row->federation, name))
			s->hits += row->hits;
	}
}

static void see_files(const struct fp_flow *in, struct seen *s)
{
	const char *file;
	u8 i;

	for (i = 0; in->trust && i < in->trust->kind->n_rows; i++) {
		file = *(char **)fp_obj_field(in->trust, &in->trust->kind->rows[i]);
		if (file && access(file, R_OK) && !s->missing)
			s->missing = file;
	}
}

static void see(struct ctl *ctl, const struct fp_plan *plan, const struct fp_model *from,
		struct seen *s)
{
	struct fp_ops ops = { 0 };

	memset(s, 0, sizeof(*s));
	see_legs(ctl, from, plan->name, s);
	see_hits(from, fp_federation_realm(from, plan->name), s);
	see_files(plan->flows[0], s);
	if (!fp_model_diff(from, plan->target, &ops))
		s->differs = ops.n;
	fp_ops_free(&ops);
}

/* --- the checklist --- */

static json_t *item(const char *id, const char *title, const char *state, const char *on,
		    const char *why)
{
	json_t *j = json_object();

	json_object_set_new(j, "id", json_string(id));
	json_object_set_new(j, "title", json_string(title));
	json_object_set_new(j, "state", json_string(state));
	if (on)
		json_object_set_new(j, "on", json_string(on));
	if (why)
		json_object_set_new(j, "why", json_string(why));
	return j;
}

static void own_items(struct ctl *ctl, json_t *list, const struct fp_plan *plan,
		      const struct seen *s)
{
	bool relayed = fp_flow_is_relayed(plan->flows[0]);
	char why[256];

	snprintf(why, sizeof(why), "%u objects differ: fedctl federation apply FILE", s->differs);
	json_array_append_new(list, item("objects", "Objects of the gateway",
					 s->differs ? "failing" : "done", NULL,
					 s->differs ? why : NULL));
	snprintf(why, sizeof(why), "%s cannot be read: put it there, then fedctl reload",
		 s->missing ? s->missing : "");
	if (plan->flows[0]->trust)
		json_array_append_new(list, item("files", "Certificates and keys on the gateway",
						 s->missing ? "failing" : "done", NULL,
						 s->missing ? why : NULL));
	if (relayed && !ctl->file)
		json_array_append_new(list, item("daemon", "The daemon",
						 daemon_pid() ? "done" : "failing", NULL,
						 daemon_pid() ? NULL :
						 "it does not run: systemctl start fedpatd"));
}

static json_t *step_item(const json_t *step, const char *party, const struct seen *s,
			 const char *noted_steps)
{
	static const char *const who[] = { "your administrator of IM and Presence",
					   "the partner's administrator", "your DNS", "the CA" };
	const char *id = json_string_value(json_object_get(step, "id"));
	const char *proof = json_string_value(json_object_get(step, "proof"));
	bool done = is_noted(noted_steps, id), by_proof = false;
	char why[64];
	int i;

	if (proof)
		by_proof = (!strcmp(proof, "leg-in") && s->inside) ||
			   (!strcmp(proof, "leg-out") && s->outside) ||
			   (!strcmp(proof, "hits") && s->hits) ||
			   (!strcmp(proof, "files") && !s->missing);
	for (i = 0; strcmp(party, fp_flow_parties[i]); i++)
		;
	snprintf(why, sizeof(why), "%s", by_proof ? "seen from here" : "noted as done");
	return item(id, json_string_value(json_object_get(step, "title")),
		    done || by_proof ? "done" : "pending", done || by_proof ? NULL : who[i],
		    done || by_proof ? why : NULL);
}

static json_t *checklist(struct ctl *ctl, const struct fp_plan *plan, const struct fp_model *from)
{
	json_t *list = json_array(), *steps, *step;
	char *text = noted(plan->name);
	struct seen s;
	size_t k;
	int i;

	if (!text)
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
	see(ctl, plan, from, &s);
	own_items(ctl, list, plan, &s);
	for (i = 0; fp_flow_parties[i]; i++) {
		steps = fp_flow_steps(plan->flows[0], (enum fp_flow_party)i);
		json_array_foreach(steps, k, step)
			json_array_append_new(list, step_item(step, fp_flow_parties[i], &s, text));
		json_decref(steps);
	}
	free(text);
	return list;
}

static void print_list(struct ctl *ctl, const struct fp_plan *plan, const json_t *list)
{
	const char *state, *on, *why;
	const json_t *j;
	size_t i;

	fprintf(ctl->out, "%s (%s)\n", plan->name, plan->flows[0]->wf->name);
	json_array_foreach(list, i, j) {
		state = json_string_value(json_object_get(j, "state"));
		on = json_string_value(json_object_get(j, "on"));
		why = json_string_value(json_object_get(j, "why"));
		fprintf(ctl->out, "  %-8s %-24s %s", state,
			json_string_value(json_object_get(j, "id")),
			json_string_value(json_object_get(j, "title")));
		if (on)
			fprintf(ctl->out, " (on %s)", on);
		if (why)
			fprintf(ctl->out, ": %s", why);
		fputc('\n', ctl->out);
	}
}

static json_t *one_status(struct ctl *ctl, const char *file)
{
	struct fp_model *from = ctl_load(ctl);
	struct fp_plan plan = { 0 };
	json_t *j = NULL, *list;

	if (!from)
		return NULL;
	if (!fp_federation_plan(file, from, &plan, &ctl->errs)) {
		load_keys(ctl, plan.target, from, fp_federation_realm(plan.target, plan.name),
			  true);
		list = checklist(ctl, &plan, from);
		if (!ctl->json)
			print_list(ctl, &plan, list);
		j = json_object();
		json_object_set_new(j, "federation", json_string(plan.name));
		json_object_set_new(j, "workflow", json_string(plan.flows[0]->wf->name));
		json_object_set_new(j, "steps", list);
	}
	fp_plan_free(&plan);
	fp_model_free(from);
	return j;
}

static void status_of(struct ctl *ctl, const char *name, json_t *all)
{
	char path[512];
	json_t *j;

	state_path(path, sizeof(path), name, ".yaml");
	j = access(path, F_OK) ? NULL : one_status(ctl, path);
	if (j)
		json_array_append_new(all, j);
	else if (!ctl->json && !ctl->errs.n)
		fprintf(ctl->out, "%s: made by hand, or its file is not here\n", name);
}

static void status_of_all(struct ctl *ctl, json_t *all)
{
	struct fp_model *m = ctl_load(ctl);
	struct fp_strs owners = { 0 };
	const struct fp_obj *f;
	u32 i;

	if (!m)
		return;
	if (fp_federation_owners(m, &owners))
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
	for (i = 0; i < owners.n; i++) {
		status_of(ctl, owners.v[i], all);
		free(owners.v[i]);
	}
	free(owners.v);
	fp_model_each(m, FP_K_FEDERATION, i, f) {
		if (!f->owner)
			status_of(ctl, f->name, all);
	}
	fp_model_free(m);
}

/**
 * federation_status() - fedctl federation status
 * @ctl: this run
 * @kind: of the command
 * @w: words behind it
 */
void federation_status(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = words_next(w);
	json_t *all = json_array(), *j;
	char path[512];

	(void)kind;
	if (no_more(ctl, w) && name) {
		state_path(path, sizeof(path), name, ".yaml");
		j = one_status(ctl, access(path, F_OK) ? name : path);
		if (j)
			json_array_append_new(all, j);
	} else if (!ctl->errs.n) {
		status_of_all(ctl, all);
	}
	if (ctl->json)
		print_json(ctl, all);
	else
		json_decref(all);
}
