// SPDX-License-Identifier: GPL-2.0
/* Objects on the screen and as JSON. */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "json.h"
#include "text.h"

/**
 * print_json() - print a value as JSON and free it
 * @ctl: this run
 * @json: json_t, or NULL without memory
 */
void print_json(struct ctl *ctl, void *json)
{
	if (!json || json_dumpf(json, ctl->out, JSON_INDENT(2) | JSON_ENCODE_ANY))
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
	else
		fputc('\n', ctl->out);
	json_decref(json);
}

static bool is_column(const struct fp_kind *kind, u8 row, struct fp_obj **v, u32 n)
{
	const struct fp_attr *attr = &kind->rows[row];
	u32 i;

	if (attr->flags & (FP_A_SECRET | FP_A_HIDDEN))
		return false;
	if (attr->flags & FP_A_KEY)
		return true;
	/* The longest ones are for the view of one object. */
	if (attr->type == FP_T_STR && attr->syntax == FP_S_PATH && kind->id != FP_K_TRUSTPOINT)
		return false;
	for (i = 0; i < n; i++)
		if (fp_obj_says(v[i], attr))
			return true;
	return false;
}

static bool is_number(const struct fp_attr *attr)
{
	return attr->type >= FP_T_U8 && attr->type <= FP_T_S32;
}

static void head_cell(struct table *t, const char *name)
{
	FILE *out = table_cell(t);

	for (; *name; name++)
		fputc(toupper((unsigned char)*name), out);
}

static void value_cell(struct ctl *ctl, const struct fp_obj *obj, const struct fp_attr *attr,
		       FILE *out)
{
	if (fp_obj_gave(obj, attr) || is_number(attr) || attr->type == FP_T_ENUM)
		fp_obj_print(obj, attr, ",", !ctl->numeric, out);
	else if (attr->type == FP_T_CIDR)
		fputs("any", out);
}

static void objects_table(struct ctl *ctl, const struct fp_kind *kind, struct fp_obj **v, u32 n)
{
	u8 rows[64], used = 0, r;
	struct table *t;
	u32 i;

	for (r = 0; r < kind->n_rows; r++)
		if (is_column(kind, r, v, n))
			rows[used++] = r;
	t = table_new(used);
	for (r = 0; t && r < used; r++) {
		head_cell(t, kind->rows[rows[r]].name);
		if (is_number(&kind->rows[rows[r]]))
			table_right(t, r);
	}
	for (i = 0; t && i < n; i++)
		for (r = 0; r < used; r++)
			value_cell(ctl, v[i], &kind->rows[rows[r]], table_cell(t));
	if (t)
		table_print(t, ctl);
}

/**
 * show_objects() - objects of one kind, as a table or JSON
 * @ctl: this run
 * @kind: the kind
 * @v: the objects
 * @n: how many
 */
void show_objects(struct ctl *ctl, const struct fp_kind *kind, struct fp_obj **v, u32 n)
{
	json_t *array;
	u32 i;

	if (ctl->json) {
		array = json_array();
		for (i = 0; i < n; i++)
			json_array_append_new(array, fp_obj_json(v[i]));
		print_json(ctl, array);
	} else if (n) {
		objects_table(ctl, kind, v, n);
	}
}

/**
 * show_model() - a whole policy as JSON
 * @ctl: this run
 * @model: the policy
 */
void show_model(struct ctl *ctl, const struct fp_model *model)
{
	json_t *j = json_object(), *array;
	struct fp_obj *obj;
	u32 i;
	int k;

	json_object_set_new(j, "settings", fp_obj_json(&model->settings->o));
	for (k = 0; k < FP_K_SETTINGS; k++) {
		if (k == FP_K_ACE)
			continue;
		array = json_array();
		fp_model_each(model, k, i, obj)
			json_array_append_new(array, fp_obj_json(obj));
		json_object_set_new(j, fp_kinds[k].word, array);
	}
	print_json(ctl, j);
}

/**
 * show_one() - an object with all that is known of it
 * @ctl: this run
 * @obj: the object
 */
void show_one(struct ctl *ctl, const struct fp_obj *obj)
{
	const struct fp_attr *attr;
	int pad = 0;
	u8 i;

	if (ctl->json) {
		print_json(ctl, fp_obj_json(obj));
		return;
	}
	for (i = 0; i < obj->kind->n_rows; i++)
		if ((int)strlen(obj->kind->rows[i].name) > pad)
			pad = (int)strlen(obj->kind->rows[i].name);
	for (i = 0; i < obj->kind->n_rows; i++) {
		attr = &obj->kind->rows[i];
		if (attr->flags & (FP_A_SECRET | FP_A_HIDDEN))
			continue;
		if (!fp_obj_gave(obj, attr) && !attr->def && !(attr->flags & FP_A_ANSWER) &&
		    attr->type != FP_T_FLAG && attr->type != FP_T_ENUM)
			continue;
		if ((attr->flags & FP_A_PRESENCE) && !fp_obj_gave(obj, attr))
			continue;
		fprintf(ctl->out, "%-*s  ", pad, attr->name);
		fp_obj_print(obj, attr, ", ", !ctl->numeric, ctl->out);
		fputc('\n', ctl->out);
	}
}
