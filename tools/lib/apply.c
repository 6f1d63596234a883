// SPDX-License-Identifier: GPL-2.0
/* Steps taken on a policy that is no kernel's: on a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static int fault(struct fp_errs *errs, const struct fp_obj *obj, const char *text)
{
	struct fp_where where = { .kind = obj->kind->word, .object = obj->name, .pos = &obj->pos };

	if (obj->kind->id == FP_K_ACE) {
		where.kind = "acl";
		where.object = ((const struct fp_obj_ace *)obj)->acl;
	}
	fp_err_add(errs, FP_EXIT_REFUSED, &where, NULL, "%s", text);
	return -ENOENT;
}

static int apply_ace(struct fp_model *model, const struct fp_op *op, struct fp_errs *errs)
{
	const struct fp_obj_ace *ace = (const struct fp_obj_ace *)op->obj;
	struct fp_obj *acl = fp_model_find(model, FP_K_ACL, ace->acl), *copy;
	bool deletes = op->type == FP_OP_DEL;
	struct fp_obj_acl *list;

	if (!acl && !deletes) { /* as in the kernel, the list comes with it */
		acl = fp_obj_alloc(FP_K_ACL, ace->acl);
		if (!acl || fp_model_add(model, acl))
			return -ENOMEM;
	}
	list = (struct fp_obj_acl *)acl;
	if (!acl || op->line > list->n_aces + !deletes)
		return fault(errs, op->obj, "there is no such line");
	if (deletes && op->line) {
		fp_acl_del_ace(list, op->line);
		return 0;
	}
	while (deletes && list->n_aces)
		fp_acl_del_ace(list, list->n_aces);
	if (deletes)
		return 0;
	copy = fp_obj_copy(op->obj);
	if (!copy || fp_acl_add_ace(list, (struct fp_obj_ace *)copy, op->line)) {
		fp_obj_free(copy);
		return -ENOMEM;
	}
	return 0;
}

static int apply_settings(struct fp_model *model, const struct fp_op *op)
{
	struct fp_obj *copy = fp_obj_copy(op->obj);

	if (!copy)
		return -ENOMEM;
	fp_obj_free(&model->settings->o);
	model->settings = (struct fp_obj_settings *)copy;
	return 0;
}

/* Entries stay with their list, and come and go by steps of their own. */
static void move_entries(struct fp_obj_acl *to, struct fp_obj_acl *from)
{
	while (to->n_aces)
		fp_acl_del_ace(to, to->n_aces);
	free(to->aces);
	to->aces = from->aces;
	to->n_aces = from->n_aces;
	from->aces = NULL;
	from->n_aces = 0;
}

static int apply_obj(struct fp_model *model, const struct fp_op *op, struct fp_errs *errs)
{
	struct fp_obj_acl none = { .n_aces = 0 };
	struct fp_obj *old, *copy;

	old = fp_model_find(model, op->obj->kind->id, op->obj->name);
	if (op->type == FP_OP_DEL) {
		if (!old)
			return fault(errs, op->obj, "there is none of this name");
		fp_model_remove(model, old);
		return 0;
	}
	copy = fp_obj_copy(op->obj);
	if (!copy)
		return -ENOMEM;
	if (copy->kind->id == FP_K_ACL)
		move_entries((struct fp_obj_acl *)copy, old ? (struct fp_obj_acl *)old : &none);
	if (old)
		fp_model_remove(model, old);
	return fp_model_add(model, copy);
}

/**
 * fp_model_apply() - take steps
 * @model: the policy; on failure it is of no more use
 * @ops: the steps
 * @errs: gets what is wrong
 *
 * Return: 0, -ENOENT, -ENOMEM
 */
int fp_model_apply(struct fp_model *model, const struct fp_ops *ops, struct fp_errs *errs)
{
	int err = 0;
	u32 i;

	for (i = 0; i < ops->n && !err; i++) {
		if (ops->v[i].obj->kind->id == FP_K_ACE)
			err = apply_ace(model, &ops->v[i], errs);
		else if (ops->v[i].obj->kind->id == FP_K_SETTINGS)
			err = apply_settings(model, &ops->v[i]);
		else
			err = apply_obj(model, &ops->v[i], errs);
	}
	fp_model_sort(model);
	return err;
}
