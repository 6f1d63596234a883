/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Workflows: from one file with what an operator knows to every object of the
 * policy.
 *
 * Objects that a workflow derives carry the federation's name as their owner.
 * Applying it again replaces them, deleting it takes them away, and nothing
 * else. What several federations use together (zones, the access list of the
 * outside zone) carries the owner "shared" and goes with the last of them; so
 * does what federations with the same nodes share, see flows/derive_realm.c.
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
 * @id: enum fp_flow_id, its place in fp_workflows[]
 * @shape: enum fp_flow_shape, the place that the gateway takes
 * @name: as in the file
 * @summary: one line
 * @about: what stands where, for the head of the template and of the plan
 * @partner: what the partner runs
 */
struct fp_workflow {
	u8 id;
	u8 shape;
	const char *name;
	const char *summary;
	const char *about;
	const char *partner;
};

extern const struct fp_workflow * const fp_workflows[];	/* ends with NULL */

const struct fp_workflow *fp_workflow_find(const char *name);

/* The file to fill in; @full: optional parameters too, as if they were wanted. */
void fp_workflow_template(const struct fp_workflow *w, bool full, FILE *out);

struct fp_flow;

/**
 * struct fp_plan - what applying workflow files means
 * @name: of the federation; of the last one, where there are several
 * @names: of all
 * @flows: the files, read
 * @n_flows: how many
 * @target: the policy as it shall be
 * @notes: what the operator should know
 */
struct fp_plan {
	char *name;
	struct fp_strs names;
	struct fp_flow **flows;
	u32 n_flows;
	struct fp_model *target;
	struct fp_errs notes;
};

int fp_federation_plan(const char *file, const struct fp_model *running, struct fp_plan *plan,
		       struct fp_errs *errs);
int fp_federation_plan_doc(const struct fp_ydoc *doc, const struct fp_model *running,
			   struct fp_plan *plan, struct fp_errs *errs);
/* Several files are one change: all of them, or nothing. */
int fp_federation_plan_files(char **files, u32 n, const struct fp_model *running,
			     struct fp_plan *plan, struct fp_errs *errs);
void fp_plan_free(struct fp_plan *plan);

/* Everything that a federation made, from @model. Return: how many objects and entries. */
u32 fp_federation_remove(struct fp_model *model, const char *owner);

/* Federation of the kernel that serves @owner; @owner where it has made nothing. */
const char *fp_federation_realm(const struct fp_model *model, const char *owner);
/* Did a workflow of that name make anything? */
bool fp_federation_made(const struct fp_model *model, const char *owner);
/* Names of all that did, each once. Return: 0, -ENOMEM */
int fp_federation_owners(const struct fp_model *model, struct fp_strs *owners);

#endif /* _FP_FEDERATION_H */
