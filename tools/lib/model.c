// SPDX-License-Identifier: GPL-2.0
/* A policy: tables of objects by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static u32 hash_name(const char *s)
{
	u32 h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (u8)*s) * 16777619u;
	return h ^ h >> 15;
}

static void table_insert(struct fp_table *t, u32 index)
{
	u32 i = hash_name(t->v[index]->name) & t->mask;

	while (t->slot[i])
		i = (i + 1) & t->mask;
	t->slot[i] = index + 1;
}

static int table_rehash(struct fp_table *t, u32 slots)
{
	u32 *slot = calloc(slots, sizeof(*slot));
	u32 i;

	if (!slot)
		return -ENOMEM;
	free(t->slot);
	t->slot = slot;
	t->mask = slots - 1;
	for (i = 0; i < t->n; i++)
		table_insert(t, i);
	return 0;
}

static int table_room(struct fp_table *t)
{
	u32 cap = t->cap ? t->cap * 2 : 8;
	struct fp_obj **v;

	if (t->n < t->cap)
		return 0;
	v = reallocarray(t->v, cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	t->v = v;
	t->cap = cap;
	return table_rehash(t, cap * 2);
}

/**
 * fp_model_alloc() - an empty policy
 *
 * Return: the policy, NULL without memory
 */
struct fp_model *fp_model_alloc(void)
{
	struct fp_model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->settings = (struct fp_obj_settings *)fp_obj_alloc(FP_K_SETTINGS, NULL);
	if (!m->settings) {
		free(m);
		return NULL;
	}
	return m;
}

/**
 * fp_model_free() - free a policy and all objects in it
 * @model: the policy, or NULL
 */
void fp_model_free(struct fp_model *model)
{
	u32 i;
	int k;

	if (!model)
		return;
	for (k = 0; k < FP_K_POLICY_COUNT; k++) {
		for (i = 0; i < model->tables[k].n; i++)
			fp_obj_free(model->tables[k].v[i]);
		free(model->tables[k].v);
		free(model->tables[k].slot);
	}
	for (i = 0; i < model->files.n; i++)
		free(model->files.v[i]);
	free(model->files.v);
	fp_obj_free(&model->settings->o);
	free(model);
}

/**
 * fp_model_find() - an object by name
 * @model: the policy
 * @kind: kind of the object
 * @name: its name
 *
 * Return: the object, or NULL
 */
struct fp_obj *fp_model_find(const struct fp_model *model, enum fp_kind_id kind, const char *name)
{
	const struct fp_table *t = &model->tables[kind];
	u32 i;

	if (!t->n || !name)
		return NULL;
	for (i = hash_name(name) & t->mask; t->slot[i]; i = (i + 1) & t->mask)
		if (!strcmp(t->v[t->slot[i] - 1]->name, name))
			return t->v[t->slot[i] - 1];
	return NULL;
}

/**
 * fp_model_add() - put an object into a policy
 * @model: the policy
 * @obj: the object; the policy owns it from here on
 *
 * Return: 0; -EEXIST and -ENOMEM leave the object to the caller
 */
int fp_model_add(struct fp_model *model, struct fp_obj *obj)
{
	struct fp_table *t = &model->tables[obj->kind->id];

	if (fp_model_find(model, obj->kind->id, obj->name))
		return -EEXIST;
	if (table_room(t))
		return -ENOMEM;
	t->v[t->n++] = obj;
	table_insert(t, t->n - 1);
	return 0;
}

static void table_reindex(struct fp_table *t)
{
	u32 i;

	if (!t->slot)
		return;
	memset(t->slot, 0, (t->mask + 1) * sizeof(*t->slot));
	for (i = 0; i < t->n; i++)
		table_insert(t, i);
}

/**
 * fp_model_prune() - take objects of a kind out of a policy and free them
 * @model: the policy
 * @kind: kind of the objects
 * @out: says which
 * @arg: second argument of @out
 *
 * Return: how many there were
 */
u32 fp_model_prune(struct fp_model *model, enum fp_kind_id kind,
		   bool (*out)(const struct fp_obj *obj, const void *arg), const void *arg)
{
	struct fp_table *t = &model->tables[kind];
	u32 i, kept = 0, n = 0;

	/* All are asked about before the first one goes: @out may look at the policy. */
	for (i = 0; i < t->n; i++)
		t->v[i]->pruned = out(t->v[i], arg);
	for (i = 0; i < t->n; i++) {
		if (t->v[i]->pruned)
			fp_obj_free(t->v[i]);
		else
			t->v[kept++] = t->v[i];
	}
	n = t->n - kept;
	t->n = kept;
	if (n)
		table_reindex(t);
	return n;
}

static bool is_it(const struct fp_obj *obj, const void *arg)
{
	return obj == arg;
}

/**
 * fp_model_remove() - take an object out of a policy and free it
 * @model: the policy
 * @obj: an object of it
 */
void fp_model_remove(struct fp_model *model, struct fp_obj *obj)
{
	fp_model_prune(model, obj->kind->id, is_it, obj);
}

static int by_name(const void *a, const void *b)
{
	const struct fp_obj *x = *(struct fp_obj *const *)a, *y = *(struct fp_obj *const *)b;

	return strverscmp(x->name, y->name);
}

/**
 * fp_model_sort() - bring the objects of each kind into the order of their names
 * @model: the policy
 */
void fp_model_sort(struct fp_model *model)
{
	struct fp_table *t;
	int k;

	for (k = 0; k < FP_K_POLICY_COUNT; k++) {
		t = &model->tables[k];
		if (!t->n)
			continue;
		qsort(t->v, t->n, sizeof(*t->v), by_name);
		table_reindex(t);
	}
}

static int copy_tables(struct fp_model *copy, const struct fp_model *model)
{
	struct fp_obj *obj;
	u32 i;
	int k;

	for (k = 0; k < FP_K_POLICY_COUNT; k++) {
		for (i = 0; i < model->tables[k].n; i++) {
			obj = fp_obj_copy(model->tables[k].v[i]);
			if (!obj)
				return -ENOMEM;
			if (obj->pos.file)
				obj->pos.file = fp_model_file(copy, obj->pos.file);
			if (fp_model_add(copy, obj)) {
				fp_obj_free(obj);
				return -ENOMEM;
			}
		}
	}
	return 0;
}

/**
 * fp_model_copy() - a deep copy
 * @model: the policy
 *
 * Return: the copy, NULL without memory
 */
struct fp_model *fp_model_copy(const struct fp_model *model)
{
	struct fp_model *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	copy->generation = model->generation;
	copy->settings = (struct fp_obj_settings *)fp_obj_copy(&model->settings->o);
	if (!copy->settings) {
		free(copy);
		return NULL;
	}
	if (copy_tables(copy, model)) {
		fp_model_free(copy);
		return NULL;
	}
	return copy;
}

/**
 * fp_model_file() - a file name that lives as long as the policy
 * @model: the policy
 * @name: the name
 *
 * Return: the name, NULL without memory
 */
const char *fp_model_file(struct fp_model *model, const char *name)
{
	char **v;
	u32 i;

	for (i = 0; i < model->files.n; i++)
		if (!strcmp(model->files.v[i], name))
			return model->files.v[i];
	v = reallocarray(model->files.v, model->files.n + 1, sizeof(*v));
	if (!v)
		return NULL;
	model->files.v = v;
	v[model->files.n] = strdup(name);
	return v[model->files.n] ? v[model->files.n++] : NULL;
}

/**
 * fp_acl_add_ace() - put an entry into a list
 * @acl: the list
 * @ace: the entry; the list owns it from here on
 * @line: line to put it at, from 1; 0 or beyond the end: last
 *
 * Return: 0, -ENOMEM
 */
int fp_acl_add_ace(struct fp_obj_acl *acl, struct fp_obj_ace *ace, u32 line)
{
	u32 n = acl->n_aces, at = line && line <= n ? line - 1 : n;
	struct fp_obj_ace **v;

	if (!(n & (n - 1))) {
		v = reallocarray(acl->aces, n ? (size_t)n * 2 : 1, sizeof(*v));
		if (!v)
			return -ENOMEM;
		acl->aces = v;
	}
	memmove(acl->aces + at + 1, acl->aces + at, (n - at) * sizeof(*acl->aces));
	acl->aces[at] = ace;
	acl->n_aces++;
	return 0;
}

/**
 * fp_acl_del_ace() - take an entry out of a list and free it
 * @acl: the list
 * @line: its line, from 1
 */
void fp_acl_del_ace(struct fp_obj_acl *acl, u32 line)
{
	struct fp_obj_ace **v = acl->aces + line - 1;

	fp_obj_free(&(*v)->o);
	acl->n_aces--;
	memmove(v, v + 1, (acl->n_aces - line + 1) * sizeof(*v));
}

static void check_refs(const struct fp_model *model, const struct fp_obj *obj, struct fp_errs *errs)
{
	struct fp_where where = { .kind = obj->kind->word, .object = obj->name };
	const struct fp_attr *attr;
	const char *name;
	char remedy[128];
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		attr = &obj->kind->rows[i];
		name = attr->ref < FP_K_POLICY_COUNT ? *(char **)fp_obj_field(obj, attr) : NULL;
		if (!name || fp_model_find(model, attr->ref, name))
			continue;
		where.attr = attr->name;
		where.pos = obj->at && obj->at[i].line ? &obj->at[i] : &obj->pos;
		snprintf(remedy, sizeof(remedy),
			 "make it first, or correct the name (fedctl %s show)",
			 fp_kinds[attr->ref].word);
		fp_err_add(errs, FP_EXIT_REFUSED, &where, remedy, "there is no %s '%s'",
			   fp_kinds[attr->ref].word, name);
	}
}

static void check_required(const struct fp_obj *obj, struct fp_errs *errs)
{
	struct fp_where where = { .kind = obj->kind->word, .object = obj->name, .pos = &obj->pos };
	const struct fp_attr *attr;
	char remedy[256];
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		attr = &obj->kind->rows[i];
		if (!(attr->flags & FP_A_REQUIRED) || fp_obj_gave(obj, attr))
			continue;
		where.attr = attr->name;
		snprintf(remedy, sizeof(remedy), "expected %s", fp_attr_expect(attr));
		fp_err_add(errs, FP_EXIT_REFUSED, &where, remedy, "is missing");
	}
}

/**
 * fp_obj_check() - does an object have what it must have?
 * @obj: the object
 * @errs: gets what is missing
 */
void fp_obj_check(const struct fp_obj *obj, struct fp_errs *errs)
{
	check_required(obj, errs);
}

/**
 * fp_model_check() - what can be said without the kernel
 * @model: the policy
 * @errs: gets attributes that are missing, and names of objects that are not there
 */
void fp_model_check(const struct fp_model *model, struct fp_errs *errs)
{
	u32 i;
	int k;

	for (k = 0; k < FP_K_POLICY_COUNT; k++) {
		for (i = 0; i < model->tables[k].n; i++) {
			check_required(model->tables[k].v[i], errs);
			check_refs(model, model->tables[k].v[i], errs);
		}
	}
}
