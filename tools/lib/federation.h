/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Workflows: from one file with what an operator knows to every object of the
 * policy.
 *
 * Objects that a workflow derives carry the federation's name as their owner.
 * Applying it again replaces them, deleting it takes them away, and nothing
 * else. What several federations use together (zones, the access list of the
 * outside zone) carries the owner "shared" and goes with the last of them.
 * Objects made by hand are used where they fit and are never changed, but for
 * entries in the list of a zone, which carry the owner, too.
 */
#ifndef _FP_FEDERATION_H
#define _FP_FEDERATION_H

#include "model.h"
#include "yaml_node.h"

#define FP_OWNER_SHARED	"shared"

/**
 * struct fp_workflow - one of the ways to federate
 * @name: as in the file
 * @summary: one line
 * @template: commented file with every parameter
 * @derive: adds every object to @model, which has none of the federation; @notes
 *	gets what the operator should know, @errs what is wrong
 */
struct fp_workflow {
	const char *name;
	const char *summary;
	const char *template;
	void (*derive)(const struct fp_ydoc *doc, const char *name, struct fp_model *model,
		       const struct fp_model *running, struct fp_errs *notes,
		       struct fp_errs *errs);
};

extern const struct fp_workflow * const fp_workflows[];	/* ends with NULL */
extern const struct fp_workflow fp_workflow_lync_b2b_asa;

const struct fp_workflow *fp_workflow_find(const char *name);

/**
 * struct fp_plan - what applying a workflow file means
 * @name: of the federation
 * @target: the policy as it shall be
 * @notes: what the operator should know
 */
struct fp_plan {
	char *name;
	struct fp_model *target;
	struct fp_errs notes;
};

int fp_federation_plan(const char *file, const struct fp_model *running, struct fp_plan *plan,
		       struct fp_errs *errs);
int fp_federation_plan_doc(const struct fp_ydoc *doc, const struct fp_model *running,
			   struct fp_plan *plan, struct fp_errs *errs);
void fp_plan_free(struct fp_plan *plan);

/* Everything that a federation made, from @model. Return: how many objects and entries. */
u32 fp_federation_remove(struct fp_model *model, const char *owner);

#endif /* _FP_FEDERATION_H */
