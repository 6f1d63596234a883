// SPDX-License-Identifier: GPL-2.0
/* Objects and faults as JSON. */
#include <stdlib.h>
#include <string.h>

#include "ace.h"
#include "json.h"
#include "text.h"

/**
 * fp_json_text() - a string as JSON
 * @s: the string; octets that are not UTF-8 become question marks
 *
 * Return: a new reference, NULL without memory
 */
json_t *fp_json_text(const char *s)
{
	json_t *j = json_string(s);
	char *copy, *p;

	if (j)
		return j;
	copy = strdup(s);
	for (p = copy; p && *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	j = copy ? json_string(copy) : NULL;
	free(copy);
	return j;
}

static json_t *printed(const struct fp_obj *obj, const struct fp_attr *attr)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *j = NULL;

	if (!out)
		return NULL;
	fp_obj_print(obj, attr, ",", true, out);
	if (!fclose(out))
		j = fp_json_text(text);
	free(text);
	return j;
}

static json_t *list(const struct fp_obj *obj, const struct fp_attr *attr)
{
	const void *field = fp_obj_field(obj, attr);
	u32 n = ((const struct fp_strs *)field)->n, i;
	json_t *array = json_array();
	char buf[FP_TXT_CIDR];

	for (i = 0; i < n; i++) {
		switch (attr->type) {
		case FP_T_STRS:
			json_array_append_new(array,
					      fp_json_text(((const struct fp_strs *)field)->v[i]));
			break;
		case FP_T_ADDRS:
			fp_addr_str(&((const struct fp_addrs *)field)->v[i], buf);
			json_array_append_new(array, json_string(buf));
			break;
		case FP_T_CIDRS:
			fp_cidr_str(&((const struct fp_cidrs *)field)->v[i], buf);
			json_array_append_new(array, json_string(buf));
			break;
		default:
			json_array_append_new(array,
					      json_integer(((const struct fp_u32s *)field)->v[i]));
		}
	}
	return array;
}

static json_t *value(const struct fp_obj *obj, const struct fp_attr *attr)
{
	switch (attr->type) {
	case FP_T_STRS:
	case FP_T_ADDRS:
	case FP_T_CIDRS:
	case FP_T_U32S:
		return list(obj, attr);
	case FP_T_FLAG:
		return json_boolean(fp_obj_num(obj, attr));
	case FP_T_U8:
	case FP_T_U16:
	case FP_T_U32:
	case FP_T_U64:
	case FP_T_S32:
		return json_integer((json_int_t)fp_obj_num(obj, attr));
	default:
		return printed(obj, attr);
	}
}

/* Numbers have a value even where none was given; other things have not. */
static bool is_shown(const struct fp_obj *obj, const struct fp_attr *attr)
{
	if (attr->flags & (FP_A_SECRET | FP_A_HIDDEN))
		return false;
	if (fp_obj_gave(obj, attr))
		return true;
	switch (attr->type) {
	case FP_T_FLAG:
	case FP_T_ENUM:
	case FP_T_U8:
	case FP_T_U16:
	case FP_T_U32:
	case FP_T_U64:
		return !(attr->flags & FP_A_PRESENCE);
	default:
		return false;
	}
}

/**
 * fp_obj_json() - an object as JSON; of a list with its entries
 * @obj: the object
 *
 * Return: a new reference, NULL without memory
 */
json_t *fp_obj_json(const struct fp_obj *obj)
{
	const struct fp_obj_acl *acl = (const struct fp_obj_acl *)obj;
	json_t *j = json_object(), *aces;
	const struct fp_attr *attr;
	u32 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		attr = &obj->kind->rows[i];
		if (is_shown(obj, attr))
			json_object_set_new(j, attr->name, value(obj, attr));
	}
	if (obj->kind->id != FP_K_ACL || !acl->n_aces)
		return j;
	aces = json_array();
	for (i = 0; i < acl->n_aces; i++)
		json_array_append_new(aces, fp_obj_json(&acl->aces[i]->o));
	json_object_set_new(j, "aces", aces);
	return j;
}

static void put(json_t *j, const char *key, const char *s)
{
	if (s)
		json_object_set_new(j, key, fp_json_text(s));
}

/**
 * fp_errs_json() - faults as JSON
 * @errs: the faults
 *
 * Return: a new reference, NULL without memory
 */
json_t *fp_errs_json(const struct fp_errs *errs)
{
	json_t *array = json_array(), *j;
	const struct fp_err *e;
	unsigned int i;

	for (i = 0; i < errs->n; i++) {
		e = &errs->v[i];
		j = json_object();
		put(j, "file", e->file);
		if (e->line) {
			json_object_set_new(j, "line", json_integer(e->line));
			json_object_set_new(j, "column", json_integer(e->col));
		}
		put(j, "kind", e->kind);
		put(j, "object", e->object);
		put(j, "attribute", e->attr);
		put(j, "text", e->text);
		put(j, "remedy", e->remedy);
		json_array_append_new(array, j);
	}
	return array;
}
