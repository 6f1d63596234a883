// SPDX-License-Identifier: GPL-2.0
/* Federations: workflows that derive every object, and what they made. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "federation.h"
#include "json.h"
#include "keyfile.h"
#include "paths.h"
#include "secret.h"
#include "text.h"

static void print_notes(const struct ctl *ctl, const struct fp_errs *notes)
{
	fp_errs_print(notes, ctl->err, "fedctl: note: ");
}

static void load_all_keys(struct ctl *ctl, const struct fp_plan *plan,
			  const struct fp_model *from, bool dry_run)
{
	u32 i;

	for (i = 0; i < plan->names.n; i++)
		load_keys(ctl, plan->target, from,
			  fp_federation_realm(plan->target, plan->names.v[i]), dry_run);
}

static bool apply_once(struct ctl *ctl, const struct words *files, bool dry_run, bool last)
{
	struct fp_model *from = ctl_load(ctl);
	struct fp_plan plan = { 0 };
	bool again = false;
	u32 i;

	if (!from)
		return false;
	if (!fp_federation_plan_files(files->v, (u32)files->n, from, &plan, &ctl->errs)) {
		load_all_keys(ctl, &plan, from, dry_run);
		if (!ctl->errs.n)
			ctl_commit_model(ctl, from, plan.target, dry_run);
		again = !last && ctl_is_stale(ctl, from);
		for (i = 0; !dry_run && !ctl->errs.n && i < plan.names.n; i++)
			federation_keep(ctl, plan.names.v[i], files->v[i]);
	}
	if (!again)
		print_notes(ctl, &plan.notes);
	fp_plan_free(&plan);
	fp_model_free(from);
	return again;
}

/* Several files are one transaction. */
static void federation_apply(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct words files = { .v = w->v };
	bool dry_run = false, is_stdin = false;
	char *word;
	int tries;

	(void)kind;
	while ((word = words_next(w))) {
		if (!strcmp(word, "--dry-run")) {
			dry_run = true;
			continue;
		}
		is_stdin |= !strcmp(word, "-");
		if (!ctl->file)
			fp_obeyed_check(word, &ctl->errs);
		files.v[files.n++] = word;
	}
	if (!files.n)
		usage(ctl, "fedctl federation apply FILE... [--dry-run]",
		      "the name of a file is missing");
	for (tries = 1; !ctl->errs.n; tries++) {
		if (!apply_once(ctl, &files, dry_run, tries == CTL_TRIES || is_stdin))
			break;
		fp_errs_free(&ctl->errs);
	}
}

static bool made_by(const struct fp_obj *obj, const char *name)
{
	return obj->owner && !strcmp(obj->owner, name);
}

/* Several at once are one transaction; each must be one that a workflow made. */
static void remove_many(struct ctl *ctl, const struct words *names)
{
	struct fp_model *from = ctl_load(ctl), *to = from ? fp_model_copy(from) : NULL;
	int i;

	for (i = 0; to && i < names->n; i++)
		if (!fp_federation_remove(to, names->v[i]))
			fp_err_add(&ctl->errs, FP_EXIT_REFUSED,
				   &(struct fp_where){ .kind = "federation",
						       .object = names->v[i] },
				   "fedctl federation show lists them", "no workflow made it");
	if (to && !ctl->errs.n)
		ctl_commit_model(ctl, from, to, false);
	for (i = 0; !ctl->errs.n && i < names->n; i++)
		federation_forget(names->v[i]);
	fp_model_free(from);
	fp_model_free(to);
}

/* What a workflow made, else an object by that name. */
static void federation_del_one(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "a name");
	struct fp_model *from, *to;

	if (!name || !no_more(ctl, w))
		return;
	from = ctl_load(ctl);
	to = from ? fp_model_copy(from) : NULL;
	if (to && fp_federation_remove(to, name)) {
		ctl_commit_model(ctl, from, to, false);
		if (!ctl->errs.n)
			federation_forget(name);
	} else if (to) {
		*w = (struct words){ .v = (char **)&name, .n = 1 };
		object_del(ctl, kind, w);
	}
	fp_model_free(from);
	fp_model_free(to);
}

static void federation_del(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	if (w->n > 1) {
		remove_many(ctl, w);
		w->n = 0;
		return;
	}
	federation_del_one(ctl, kind, w);
}

/* --- show --- */

static json_t *made_json(const struct fp_model *m, const char *name)
{
	json_t *j = json_object(), *array;
	const struct fp_obj *obj;
	u32 i;
	int k;

	for (k = 0; k < FP_K_SETTINGS; k++) {
		array = json_array();
		fp_model_each(m, k, i, obj) {
			if (made_by(obj, name) ||
			    (k == FP_K_FEDERATION && !strcmp(obj->name, name)))
				json_array_append_new(array, fp_obj_json(obj));
		}
		if (json_array_size(array))
			json_object_set_new(j, fp_kinds[k].word, array);
		else
			json_decref(array);
	}
	return j;
}

static void show_made(struct ctl *ctl, const struct fp_model *m, const char *name)
{
	struct fp_obj **v, *obj;
	u32 i, n;
	int k;

	for (k = 0; k < FP_K_SETTINGS; k++) {
		if (k == FP_K_FEDERATION || !m->tables[k].n)
			continue;
		v = calloc(m->tables[k].n, sizeof(*v));
		n = 0;
		if (!v)
			fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
		fp_model_each(m, k, i, obj) {
			if (v && made_by(obj, name))
				v[n++] = obj;
		}
		if (n)
			fprintf(ctl->out, "\n%s\n", fp_kinds[k].word);
		for (i = 0; k == FP_K_ACL && i < n; i++)
			show_list(ctl, (struct fp_obj_acl *)v[i]);
		if (k != FP_K_ACL)
			show_objects(ctl, &fp_kinds[k], v, n);
		free(v);
	}
}

static void federation_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = words_peek(w);
	struct fp_model *m;
	struct fp_obj *obj;

	if (!name || w->n > 1) {
		object_show(ctl, kind, w);
		return;
	}
	m = ctl_load(ctl);
	if (!m)
		return;
	obj = fp_model_find(m, FP_K_FEDERATION, fp_federation_realm(m, name));
	if (!obj) {
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED,
			   &(struct fp_where){ .kind = "federation", .object = name },
			   "fedctl federation show lists them", "there is none of this name");
	} else if (ctl->json) {
		print_json(ctl, made_json(m, name));
	} else {
		show_one(ctl, obj);
		show_made(ctl, m, name);
	}
	fp_model_free(m);
}

/* --- templates --- */

static void federation_template(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "the name of a workflow");
	const struct fp_workflow *wf;
	bool full = false;

	(void)kind;
	if (words_peek(w) && !strcmp(words_peek(w), "--full"))
		full = words_next(w);
	if (!name || !no_more(ctl, w))
		return;
	wf = fp_workflow_find(name);
	if (wf)
		fp_workflow_template(wf, full, ctl->out);
	else
		usage(ctl, "fedctl federation workflows lists them", "there is no workflow '%s'",
		      name);
}

static void federation_workflows(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	json_t *array = json_array();
	int i;

	(void)kind;
	if (!no_more(ctl, w)) {
		json_decref(array);
		return;
	}
	for (i = 0; fp_workflows[i]; i++) {
		if (ctl->json)
			json_array_append_new(array,
					      json_pack("{s:s,s:s}", "name", fp_workflows[i]->name,
							"summary", fp_workflows[i]->summary));
		else
			fprintf(ctl->out, "%-20s %s\n", fp_workflows[i]->name,
				fp_workflows[i]->summary);
	}
	if (ctl->json)
		print_json(ctl, array);
	else
		json_decref(array);
}

/* --- keys --- */

__attribute__((format(printf, 3, 4)))
static int not_of_the_file(struct ctl *ctl, const struct fp_obj_federation *f, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fp_err_add(&ctl->errs, FP_EXIT_REFUSED,
		   &(struct fp_where){ .kind = "federation", .object = f->o.name },
		   "put the key file back; rekey NAME --force ends the dialogs that stand",
		   "%s", text);
	return -EINVAL;
}

/*
 * The next keys. The gateway shows nobody the key that it has, so that only the file
 * can say what the previous one was; one that is a version ahead was written by a
 * rekey whose commit did not come to pass, and is taken as it is.
 */
static int next_keys(struct ctl *ctl, const struct fp_obj_federation *f, bool force,
		     struct fp_keys *keys)
{
	int err = fp_keys_read(f->key_file, keys, &ctl->errs);

	if (err == -ENOENT && f->key_version && !force)
		return not_of_the_file(ctl, f, "the gateway has a key and the file %s is not there",
				       f->key_file);
	if (err == -ENOENT)
		return fp_keys_make(keys);
	if (err)
		return err;
	if (!f->key_version || force || keys->version == f->key_version)
		return fp_keys_rotate(keys);
	if (keys->old_version == f->key_version)
		return 0;
	return not_of_the_file(ctl, f, "the gateway has key %u and the file %s has key %u",
			       f->key_version, f->key_file, keys->version);
}

static void rotate(struct ctl *ctl, struct fp_obj_federation *f, bool force)
{
	struct fp_model *model = fp_model_alloc();
	struct fp_keys keys;
	int err;

	if (!model)
		return;
	err = next_keys(ctl, f, force, &keys);
	if (!err)
		err = fp_keys_write(f->key_file, f->o.name, &keys, &ctl->errs);
	explicit_bzero(&keys, sizeof(keys));
	if (!err && !fp_model_add(model, &f->o)) {
		load_keys(ctl, model, NULL, NULL, true);
		if (!ctl->errs.n)
			ctl_one(ctl, FP_OP_NEW, &f->o, 0);
	} else {
		fp_obj_free(&f->o);
		if (!ctl->errs.n)
			fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "no new key: %s",
				   strerror(-err));
	}
	fp_model_free(model);
}

static void federation_rekey(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "a name");
	char path[FEDPAT_PATH_MAX + 1];
	bool force = name && words_peek(w) && !strcmp(words_peek(w), "--force");
	struct fp_obj *obj;

	if (force)
		words_next(w);
	if (!name || !no_more(ctl, w))
		return;
	if (ctl->file) {
		usage(ctl, "run it without -f, on the gateway whose key it is",
		      "a policy file holds no keys");
		return;
	}
	obj = ctl_get(ctl, kind->id, name);
	if (!obj) {
		if (!ctl->errs.n)
			fp_err_add(&ctl->errs, FP_EXIT_REFUSED,
				   &(struct fp_where){ .kind = "federation", .object = name }, NULL,
				   "there is none of this name");
		return;
	}
	if (!fp_obj_has(obj, FEDPAT_A_FEDERATION_KEY_FILE)) {
		fp_keys_path(name, path, sizeof(path));
		fp_obj_set_str(obj, FEDPAT_A_FEDERATION_KEY_FILE, path);
	}
	rotate(ctl, (struct fp_obj_federation *)obj, force);
}

/* A federation has token keys from its first hour. */
static void federation_add(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "a name");
	struct fp_model *model;
	struct fp_obj *obj;

	if (!name)
		return;
	obj = fp_obj_alloc(kind->id, name);
	model = fp_model_alloc();
	if (!obj || !model || fp_model_add(model, obj)) {
		fp_obj_free(obj);
		fp_model_free(model);
		return;
	}
	read_attrs(ctl, obj, w, false);
	if (!ctl->errs.n)
		load_keys(ctl, model, NULL, NULL, false);
	obj = ctl->errs.n ? NULL : fp_obj_copy(obj);
	fp_model_free(model);
	if (obj)
		add_object(ctl, obj);
}

const struct verb federation_verbs[] = {
	{ "show", "[NAME]", "all of them, or all objects that one made", federation_show },
	{ "plan", "FILE [--for inside|partner|dns|ca] [--markdown]",
	  "what a workflow file means: objects, and the steps of others", federation_plan },
	{ "lint", "FILE...", "what is wrong with workflow files, rule by rule", federation_lint },
	{ "apply", "FILE... [--dry-run]", "derive every object from workflow files, and apply",
	  federation_apply },
	{ "status", "[NAME|FILE]", "steps that are done, pending or failing", federation_status },
	{ "done", "NAME STEP", "note that somebody did a step", federation_done },
	{ "del", "NAME...", "delete it and everything that it made", federation_del },
	{ "remove", "NAME...", "the same", federation_del },
	{ "template", "WORKFLOW [--full]", "print a file to fill in", federation_template },
	{ "workflows", "", "list the workflows", federation_workflows },
	{ "rekey", "NAME [--force]", "a new token key; the old one stays valid", federation_rekey },
	{ "add", "NAME ATTRIBUTE VALUE...", "make one by hand", federation_add },
	{ "set", "NAME [no] ATTRIBUTE VALUE...", "change attributes", object_set },
	{ 0 },
};
