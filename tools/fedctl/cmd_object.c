// SPDX-License-Identifier: GPL-2.0
/* show, add, set and del of every kind of object. */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "text.h"

static void no_such(struct ctl *ctl, const struct fp_kind *kind, const char *name)
{
	struct fp_where where = { .kind = kind->word, .object = name };
	char remedy[64];

	if (ctl->errs.n)
		return;
	snprintf(remedy, sizeof(remedy), "fedctl %s show lists them", kind->word);
	fp_err_add(&ctl->errs, FP_EXIT_REFUSED, &where, remedy, "there is none of this name");
}

/**
 * object_show() - show all objects of a kind, or one
 * @ctl: this run
 * @kind: the kind
 * @w: the rest of the command line: a name, or nothing
 */
void object_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = words_next(w);
	struct objs l = { 0 };
	struct fp_obj *obj;

	if (!no_more(ctl, w))
		return;
	if (name) {
		obj = ctl_get(ctl, kind->id, name);
		if (obj)
			show_one(ctl, obj);
		else
			no_such(ctl, kind, name);
		fp_obj_free(obj);
		return;
	}
	if (ctl_dump(ctl, kind->id, &l))
		show_objects(ctl, kind, l.v, l.n);
	objs_free(&l);
}

static bool check_name(struct ctl *ctl, const struct fp_kind *kind, const char *name)
{
	const char *why = fp_txt_check(name, kind->rows[0].syntax, kind->rows[0].max);
	char remedy[256];

	snprintf(remedy, sizeof(remedy), "expected %s", fp_attr_expect(&kind->rows[0]));
	if (why)
		usage(ctl, remedy, "%s: '%s' %s", kind->word, name, why);
	return !why;
}

/**
 * add_object() - make an object that is not there yet
 * @ctl: this run
 * @obj: the object, freed here
 */
void add_object(struct ctl *ctl, struct fp_obj *obj)
{
	struct fp_where where = { .kind = obj->kind->word, .object = obj->name };
	struct fp_errs missing = { 0 };
	struct fp_obj *old = NULL;

	if (!ctl->errs.n)
		fp_obj_check(obj, &missing);
	if (missing.n)
		missing.code = FP_EXIT_USAGE;
	fp_errs_move(&ctl->errs, &missing);
	if (!ctl->errs.n && check_name(ctl, obj->kind, obj->name))
		old = ctl_get(ctl, obj->kind->id, obj->name);
	if (old)
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, &where,
			   "change it with set, or delete it first", "is there already");
	fp_obj_free(old);
	if (!ctl->errs.n)
		ctl_one(ctl, FP_OP_NEW, obj, 0);
	fp_obj_free(obj);
}

/**
 * object_add() - make an object
 * @ctl: this run
 * @kind: its kind
 * @w: the rest of the command line: its name and attributes
 */
void object_add(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "a name");
	struct fp_obj *obj;

	if (!name)
		return;
	obj = fp_obj_alloc(kind->id, name);
	if (!obj)
		return;
	read_attrs(ctl, obj, w, false);
	add_object(ctl, obj);
}

/**
 * object_set() - change attributes of an object, leave the others as they are
 * @ctl: this run
 * @kind: its kind
 * @w: the rest of the command line: its name and attributes
 */
void object_set(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "a name");
	struct fp_obj *obj;

	if (!name)
		return;
	if (!w->n) {
		usage(ctl, "fedctl KIND set NAME ATTRIBUTE VALUE", "an attribute is missing");
		return;
	}
	obj = ctl_get(ctl, kind->id, name);
	if (!obj) {
		no_such(ctl, kind, name);
		return;
	}
	read_attrs(ctl, obj, w, true);
	if (!ctl->errs.n)
		ctl_one(ctl, FP_OP_NEW, obj, 0);
	fp_obj_free(obj);
}

/**
 * object_del() - delete objects
 * @ctl: this run
 * @kind: their kind
 * @w: the rest of the command line: names
 */
void object_del(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_ops ops = { 0 };
	struct fp_obj *obj;
	struct objs l = { 0 };

	if (!w->n)
		need(ctl, w, "a name");
	while (w->n) {
		obj = fp_obj_alloc(kind->id, words_next(w));
		if (!obj || objs_add(obj, &l) || fp_ops_add(&ops, FP_OP_DEL, obj, 0))
			break;
	}
	if (!ctl->errs.n)
		ctl_commit(ctl, &ops, FP_GENERATION_ANY);
	fp_ops_free(&ops);
	objs_free(&l);
}

const struct verb object_verbs[] = {
	{ "show", "[NAME]", "all of them in a table, or one with all that is known", object_show },
	{ "add", "NAME ATTRIBUTE VALUE...", "make one", object_add },
	{ "set", "NAME [no] ATTRIBUTE VALUE...", "change attributes, leave others as they are",
	  object_set },
	{ "del", "NAME...", "delete", object_del },
	{ 0 },
};

static void settings_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_obj *obj;

	if (!no_more(ctl, w))
		return;
	obj = ctl_get(ctl, kind->id, NULL);
	if (obj)
		show_one(ctl, obj);
	fp_obj_free(obj);
}

static void settings_set(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_obj *obj;

	if (!w->n) {
		usage(ctl, "fedctl settings set ATTRIBUTE VALUE", "an attribute is missing");
		return;
	}
	obj = ctl_get(ctl, kind->id, NULL);
	if (!obj)
		return;
	read_attrs(ctl, obj, w, true);
	if (!ctl->errs.n)
		ctl_one(ctl, FP_OP_NEW, obj, 0);
	fp_obj_free(obj);
}

const struct verb settings_verbs[] = {
	{ "show", "", "limits as they were set", settings_show },
	{ "set", "[no] ATTRIBUTE VALUE...", "change them", settings_set },
	{ 0 },
};
