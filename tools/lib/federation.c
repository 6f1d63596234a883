// SPDX-License-Identifier: GPL-2.0
/* Federations as a whole: plan, apply again, remove. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "federation.h"
#include "flows/flow.h"
#include "policy_file.h"
#include "realms.h"
#include "text.h"

/* --- remove --- */

static bool owned_by(const struct fp_obj *obj, const char *owner)
{
	return obj->owner && !strcmp(obj->owner, owner);
}

static bool is_owned(const struct fp_obj *obj, const void *owner)
{
	return owned_by(obj, owner);
}

static u32 remove_entries(struct fp_obj_acl *acl, const char *owner)
{
	u32 line, n = 0;

	for (line = acl->n_aces; line; line--) {
		if (owned_by(&acl->aces[line - 1]->o, owner)) {
			fp_acl_del_ace(acl, line);
			n++;
		}
	}
	return n;
}

static bool refers(const struct fp_obj *obj, enum fp_kind_id kind, const char *name)
{
	const struct fp_attr *row;
	const char *s;
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		row = &obj->kind->rows[i];
		s = row->ref == kind ? *(char **)fp_obj_field(obj, row) : NULL;
		if (s && !strcmp(s, name))
			return true;
	}
	return false;
}

/* Does anything that is not itself shared refer to it? */
static bool is_used(const struct fp_model *model, const struct fp_obj *obj)
{
	const struct fp_obj *o;
	u32 i;
	int k;

	for (k = 0; k < FP_K_SETTINGS; k++)
		fp_model_each(model, k, i, o) {
			if (!owned_by(o, FP_OWNER_SHARED) && refers(o, obj->kind->id, obj->name))
				return true;
		}
	return false;
}

static bool is_unused_zone(const struct fp_obj *obj, const void *model)
{
	return owned_by(obj, FP_OWNER_SHARED) && !is_used(model, obj);
}

static bool zone_is_gone(const struct fp_obj *obj, const void *model)
{
	const struct fp_obj_pat *pat = (const struct fp_obj_pat *)obj;

	return owned_by(obj, FP_OWNER_SHARED) && !fp_model_find(model, FP_K_ZONE, pat->zone);
}

static bool is_unused_list(const struct fp_obj *obj, const void *model)
{
	const struct fp_obj_acl *acl = (const struct fp_obj_acl *)obj;
	const struct fp_model *m = model;
	const struct fp_obj *o;
	u32 i;
	int k;

	if (!owned_by(obj, FP_OWNER_SHARED) || acl->n_aces)
		return false;
	for (k = 0; k < FP_K_SETTINGS; k++)
		fp_model_each(m, k, i, o) {
			if (refers(o, FP_K_ACL, obj->name))
				return false;
		}
	return true;
}

/* A shared list without zone that has entries made by hand is the operator's now. */
static void give_lists(struct fp_model *model)
{
	struct fp_obj_acl *acl;
	const struct fp_obj *o;
	bool bound;
	u32 i, j;

	fp_model_each(model, FP_K_ACL, i, acl) {
		if (!owned_by(&acl->o, FP_OWNER_SHARED))
			continue;
		bound = false;
		fp_model_each(model, FP_K_ZONE, j, o)
			bound |= refers(o, FP_K_ACL, acl->o.name);
		if (!bound && acl->n_aces)
			fp_obj_set_str(&acl->o, FEDPAT_A_ACL_OWNER, NULL);
	}
}

static u32 remove_shared(struct fp_model *model)
{
	u32 n = fp_realms_settle(model);

	n += fp_model_prune(model, FP_K_ZONE, is_unused_zone, model);
	n += fp_model_prune(model, FP_K_PAT, zone_is_gone, model);
	n += fp_model_prune(model, FP_K_ACL, is_unused_list, model);
	give_lists(model);
	return n;
}

static u32 remove_own(struct fp_model *model, const char *owner)
{
	struct fp_obj_acl *acl;
	u32 i, n = 0;
	int k;

	for (k = FP_K_SETTINGS - 1; k >= 0; k--)
		n += fp_model_prune(model, k, is_owned, owner);
	fp_model_each(model, FP_K_ACL, i, acl)
		n += remove_entries(acl, owner);
	return n;
}

/**
 * fp_federation_remove() - take away everything that a federation made
 * @model: the policy
 * @owner: name of the federation
 *
 * Return: how many objects and entries that were
 */
u32 fp_federation_remove(struct fp_model *model, const char *owner)
{
	u32 n = remove_own(model, owner);

	return n ? n + remove_shared(model) : 0;
}

/* --- plan --- */

static const char *workflow_name(u32 i, const void *arg)
{
	(void)arg;
	return fp_workflows[i] ? fp_workflows[i]->name : NULL;
}

static const struct fp_workflow *which(const struct fp_ydoc *doc, struct fp_errs *errs)
{
	const struct fp_ynode *n = NULL;
	const struct fp_workflow *w;
	struct fp_pos top = { .file = doc->file, .line = 1, .col = 1 };
	struct fp_where where = { .pos = &top, .attr = "workflow" };
	char remedy[256];
	const char *near;

	if (doc->root && doc->root->type == FP_Y_MAP)
		n = fp_ynode_get(doc->root, "workflow");
	if (n)
		where.pos = &n->pos;
	if (!n || n->type != FP_Y_SCALAR) {
		fp_err_add(errs, FP_EXIT_REFUSED, &where,
			   "begin with: workflow: NAME (fedctl federation workflows lists them)",
			   "is missing: this is no input of a workflow");
		return NULL;
	}
	w = fp_workflow_find(n->text);
	if (w)
		return w;
	near = fp_nearest(n->text, workflow_name, NULL);
	snprintf(remedy, sizeof(remedy), "%s%s%sfedctl federation workflows lists them",
		 near ? "did you mean '" : "", near ? near : "", near ? "'? " : "");
	fp_err_add(errs, FP_EXIT_REFUSED, &where, remedy, "there is no workflow '%.60s'", n->text);
	return NULL;
}

#define NAME_MAX_FED 30 /* the names of its objects begin with it */

static char *name_of(const struct fp_ydoc *doc, struct fp_errs *errs)
{
	const struct fp_ynode *n = fp_ynode_get(doc->root, "name");
	struct fp_where where = { .pos = n ? &n->pos : &doc->root->pos, .attr = "name" };
	const char *why = "is missing";
	char *name;

	if (n && n->type == FP_Y_SCALAR) {
		why = fp_txt_check(n->text, FP_S_NAME, NAME_MAX_FED);
		if (!why && !strcmp(n->text, FP_OWNER_SHARED))
			why = "is a name with a meaning of its own";
		if (!why) {
			name = strdup(n->text);
			if (!name)
				fp_err_add(errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
			return name;
		}
	}
	fp_err_add(errs, FP_EXIT_REFUSED, &where,
		   "expected a name for the federation, at most 30 characters, such as contoso",
		   n && n->type == FP_Y_SCALAR ? "'%.60s' %s" : "%.0s%s",
		   n && n->text ? n->text : "", why);
	return NULL;
}

/* --- one file after the other --- */

static int plan_begin(struct fp_plan *plan, const struct fp_model *running)
{
	memset(plan, 0, sizeof(*plan));
	plan->target = fp_model_copy(running);
	return plan->target ? 0 : -ENOMEM;
}

static int keep_name(struct fp_plan *plan, const char *name)
{
	char **v = reallocarray(plan->names.v, plan->names.n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	plan->names.v = v;
	v[plan->names.n] = strdup(name);
	if (!v[plan->names.n])
		return -ENOMEM;
	plan->names.n++;
	free(plan->name);
	plan->name = strdup(name);
	return plan->name ? 0 : -ENOMEM;
}

static int keep_flow(struct fp_plan *plan, struct fp_flow *flow)
{
	struct fp_flow **v = reallocarray(plan->flows, plan->n_flows + 1, sizeof(*v));

	if (!v) {
		fp_flow_free(flow);
		return -ENOMEM;
	}
	plan->flows = v;
	v[plan->n_flows++] = flow;
	return 0;
}

/* Names of files outlive their documents in the model that errors point into. */
static int plan_flow(struct fp_plan *plan, const struct fp_workflow *w, const struct fp_ydoc *doc,
		     const char *name, const struct fp_model *running, struct fp_errs *errs)
{
	unsigned int before = errs->total;
	struct fp_flow *flow = fp_flow_read(w, doc, name, plan->target, errs);

	if (!flow || keep_flow(plan, flow))
		return -ENOMEM;
	fp_flow_lint(flow, running, &plan->notes, errs);
	if (errs->total == before)
		fp_flow_derive(flow, plan->target, running, &plan->notes, errs);
	return errs->total == before ? 0 : -EINVAL;
}

static bool is_planned(const struct fp_plan *plan, const char *name)
{
	u32 i;

	for (i = 0; i < plan->names.n; i++)
		if (!strcmp(plan->names.v[i], name))
			return true;
	return false;
}

/* All that the files had made goes first: shared parts may change when all change. */
static void plan_forget(struct fp_plan *plan, const struct fp_ydoc *docs, u32 n)
{
	const struct fp_ynode *name;
	u32 i;

	for (i = 0; i < n; i++) {
		if (!docs[i].root || docs[i].root->type != FP_Y_MAP)
			continue;
		name = fp_ynode_get(docs[i].root, "name");
		if (name && name->type == FP_Y_SCALAR && strcmp(name->text, FP_OWNER_SHARED))
			remove_own(plan->target, name->text);
	}
	fp_realms_settle(plan->target);
}

static int plan_doc(struct fp_plan *plan, const struct fp_ydoc *doc, const struct fp_model *running,
		    struct fp_errs *errs)
{
	const struct fp_workflow *w = which(doc, errs);
	struct fp_where where = { .kind = "federation", .attr = "name" };
	unsigned int before = errs->total;
	char *name;
	int err;

	if (!w)
		return -EINVAL;
	name = name_of(doc, errs);
	if (name && is_planned(plan, name)) {
		where.pos = &fp_ynode_get(doc->root, "name")->pos;
		fp_err_add(errs, FP_EXIT_REFUSED, &where, "give each file a federation of its own",
			   "'%s' is also in another file", name);
	}
	err = plan_flow(plan, w, doc, name ? name : "?", running, errs);
	if (name && !err)
		err = keep_name(plan, name);
	free(name);
	if (errs->total != before)
		return -EINVAL;
	return err;
}

static int plan_end(struct fp_plan *plan, struct fp_errs *errs)
{
	unsigned int before = errs->total;

	fp_model_check(plan->target, errs);
	if (errs->total != before)
		return -EINVAL;
	remove_shared(plan->target); /* what only the version before used */
	fp_model_sort(plan->target);
	return 0;
}

/**
 * fp_federation_plan_doc() - what applying a workflow document means
 * @doc: the document
 * @running: the policy now
 * @plan: gets the policy as it shall be; to be freed in any case
 * @errs: gets every fault; must not be NULL
 *
 * Return: 0, -EINVAL, -ENOMEM
 */
int fp_federation_plan_doc(const struct fp_ydoc *doc, const struct fp_model *running,
			   struct fp_plan *plan, struct fp_errs *errs)
{
	int err = plan_begin(plan, running);

	if (err)
		return err;
	plan_forget(plan, doc, 1);
	err = plan_doc(plan, doc, running, errs);
	return err ? err : plan_end(plan, errs);
}

/**
 * fp_federation_plan_files() - what applying workflow files means
 * @files: their names; "-" is standard input
 * @n: how many
 * @running: the policy now
 * @plan: gets the policy as it shall be; to be freed in any case
 * @errs: gets every fault of every file; must not be NULL
 *
 * Return: 0, negative errno
 */
int fp_federation_plan_files(char **files, u32 n, const struct fp_model *running,
			     struct fp_plan *plan, struct fp_errs *errs)
{
	struct fp_ydoc *docs = calloc(n ? n : 1, sizeof(*docs));
	int err = plan_begin(plan, running), ret;
	u32 i;

	ret = docs ? err : -ENOMEM;
	for (i = 0; i < n && !ret; i++)
		if (fp_ydoc_load(files[i], &docs[i], errs))
			docs[i].root = NULL;
	if (!ret)
		plan_forget(plan, docs, n);
	for (i = 0; i < n && ret != -ENOMEM; i++) {
		err = docs[i].root ? plan_doc(plan, &docs[i], running, errs) : -EINVAL;
		ret = err ? err : ret;
	}
	for (i = 0; docs && i < n; i++)
		fp_ydoc_free(&docs[i]);
	free(docs);
	return ret ? ret : plan_end(plan, errs);
}

/**
 * fp_federation_plan() - what applying a workflow file means
 * @file: the file; "-" is standard input
 * @running: the policy now
 * @plan: gets the policy as it shall be; to be freed in any case
 * @errs: gets every fault; must not be NULL
 *
 * Return: 0, negative errno
 */
int fp_federation_plan(const char *file, const struct fp_model *running, struct fp_plan *plan,
		       struct fp_errs *errs)
{
	char *name = (char *)file;

	return fp_federation_plan_files(&name, 1, running, plan, errs);
}

/**
 * fp_plan_free() - free a plan
 * @plan: the plan
 */
void fp_plan_free(struct fp_plan *plan)
{
	while (plan->n_flows)
		fp_flow_free(plan->flows[--plan->n_flows]);
	free(plan->flows);
	while (plan->names.n)
		free(plan->names.v[--plan->names.n]);
	free(plan->names.v);
	free(plan->name);
	fp_model_free(plan->target);
	fp_errs_free(&plan->notes);
	memset(plan, 0, sizeof(*plan));
}
