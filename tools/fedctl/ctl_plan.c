// SPDX-License-Identifier: GPL-2.0
/* Steps from one policy to another, as people and programs read them. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ace.h"
#include "ctl.h"
#include "json.h"

#define MAX_ENTRIES 40 /* of one list; more are only counted */

static const char *sign(const struct fp_op *op)
{
	return op->type == FP_OP_DEL ? "-" : op->old ? "~" : "+";
}

static const char *color_of(const struct ctl *ctl, const struct fp_op *op)
{
	if (!ctl->color)
		return "";
	return op->type == FP_OP_DEL ? "\033[31m" : op->old ? "\033[33m" : "\033[32m";
}

static void print_ace(struct ctl *ctl, const struct fp_op *op)
{
	const struct fp_obj_ace *ace = (const struct fp_obj_ace *)op->obj;

	fprintf(ctl->out, "acl %s", ace->acl);
	if (op->line)
		fprintf(ctl->out, " line %u", op->line);
	fputs(": ", ctl->out);
	fp_ace_print(ace, !ctl->numeric, ctl->out);
}

static void print_attrs(struct ctl *ctl, const struct fp_obj *obj)
{
	const struct fp_attr *attr;
	const char *sep = ": ";
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		attr = &obj->kind->rows[i];
		if (attr->flags & (FP_A_KEY | FP_A_ANSWER | FP_A_SECRET | FP_A_HIDDEN) ||
		    !fp_obj_says(obj, attr))
			continue;
		fprintf(ctl->out, "%s%s ", sep, attr->name);
		fp_obj_print(obj, attr, ",", !ctl->numeric, ctl->out);
		sep = ", ";
	}
}

static char *text_of(struct ctl *ctl, const struct fp_obj *obj, const struct fp_attr *attr)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (fp_obj_says(obj, attr))
		fp_obj_print(obj, attr, ",", !ctl->numeric, out);
	else
		fputs("(default)", out);
	fclose(out);
	return text;
}

static void print_changes(struct ctl *ctl, const struct fp_obj *obj, const struct fp_obj *old)
{
	const struct fp_attr *attr;
	const char *sep = ": ";
	char *now, *was;
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		attr = &obj->kind->rows[i];
		if (attr->flags & (FP_A_ANSWER | FP_A_SECRET | FP_A_HIDDEN))
			continue;
		now = text_of(ctl, obj, attr);
		was = text_of(ctl, old, attr);
		if (now && was && strcmp(now, was)) {
			fprintf(ctl->out, "%s%s %s -> %s", sep, attr->name, was, now);
			sep = ", ";
		}
		free(now);
		free(was);
	}
}

static void print_op(struct ctl *ctl, const struct fp_op *op)
{
	fprintf(ctl->out, "%s%s ", color_of(ctl, op), sign(op));
	if (op->obj->kind->id == FP_K_ACE) {
		print_ace(ctl, op);
	} else {
		fprintf(ctl->out, op->obj->name ? "%s %s" : "%s", op->obj->kind->word,
			op->obj->name);
		if (op->old)
			print_changes(ctl, op->obj, op->old);
		else if (op->type == FP_OP_NEW)
			print_attrs(ctl, op->obj);
	}
	fprintf(ctl->out, "%s\n", ctl->color ? "\033[0m" : "");
}

static bool same_list(const struct fp_op *a, const struct fp_op *b)
{
	return a->obj->kind->id == FP_K_ACE && b->obj->kind->id == FP_K_ACE && a->type == b->type &&
	       !strcmp(((const struct fp_obj_ace *)a->obj)->acl,
		       ((const struct fp_obj_ace *)b->obj)->acl);
}

static void print_ops(struct ctl *ctl, const struct fp_ops *ops)
{
	u32 i, run = 0, skipped = 0;

	for (i = 0; i < ops->n; i++) {
		run = i && same_list(&ops->v[i - 1], &ops->v[i]) ? run + 1 : 0;
		if (run < MAX_ENTRIES) {
			print_op(ctl, &ops->v[i]);
			continue;
		}
		skipped++;
		if (i + 1 == ops->n || !same_list(&ops->v[i], &ops->v[i + 1])) {
			fprintf(ctl->out, "%s acl %s: %u more entries\n", sign(&ops->v[i]),
				((const struct fp_obj_ace *)ops->v[i].obj)->acl, skipped);
			skipped = 0;
		}
	}
}

static void print_sum(struct ctl *ctl, const struct fp_ops *ops, bool dry_run)
{
	u32 made = 0, changed = 0, deleted = 0, i;

	for (i = 0; i < ops->n; i++) {
		made += ops->v[i].type == FP_OP_NEW && !ops->v[i].old;
		changed += ops->v[i].type == FP_OP_NEW && ops->v[i].old;
		deleted += ops->v[i].type == FP_OP_DEL;
	}
	if (!ops->n)
		fputs("nothing to change\n", ctl->out);
	else
		fprintf(ctl->out, "%s: %u made, %u changed, %u deleted\n",
			dry_run ? "would be" : "done", made, changed, deleted);
}

static json_t *op_json(const struct fp_op *op)
{
	json_t *j = json_object();

	json_object_set_new(j, "step",
			    json_string(op->type == FP_OP_DEL ? "delete" :
					op->old		      ? "change" :
								"make"));
	json_object_set_new(j, "kind", json_string(op->obj->kind->word));
	if (op->line)
		json_object_set_new(j, "line", json_integer(op->line));
	json_object_set_new(j, "object", fp_obj_json(op->obj));
	if (op->old)
		json_object_set_new(j, "was", fp_obj_json(op->old));
	return j;
}

/**
 * plan_json() - steps as JSON
 * @ops: the steps
 * @dry_run: they were not taken
 *
 * Return: a json_t, the caller's
 */
void *plan_json(const struct fp_ops *ops, bool dry_run)
{
	json_t *j = json_object(), *steps = json_array();
	u32 i;

	for (i = 0; i < ops->n; i++)
		json_array_append_new(steps, op_json(&ops->v[i]));
	json_object_set_new(j, "dry-run", json_boolean(dry_run));
	json_object_set_new(j, "steps", steps);
	return j;
}

/**
 * print_plan() - print steps
 * @ctl: this run
 * @ops: the steps
 * @dry_run: they were not taken
 */
void print_plan(struct ctl *ctl, const struct fp_ops *ops, bool dry_run)
{
	if (ctl->json) {
		print_json(ctl, plan_json(ops, dry_run));
		return;
	}
	print_ops(ctl, ops);
	print_sum(ctl, ops, dry_run);
}
