/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies as YAML files.
 *
 *	zone:
 *	  outside:
 *	    role: outside
 *	    interface: [eth0]
 *	acl:
 *	  partner-in:
 *	    entries:
 *	      - permit tcp from 198.51.100.20 to 203.0.113.10 port 5061 log
 *
 * A kind of object, the names of its objects, their attributes: the words of
 * the command line, so that nothing is to be learned twice.
 */
#ifndef _FP_POLICY_FILE_H
#define _FP_POLICY_FILE_H

#include <stdio.h>
#include "model.h"
#include "yaml_node.h"

/* All faults of the file are told; names of objects are left to fp_model_check(). */
int fp_policy_load(const char *file, struct fp_model **out, struct fp_errs *errs);
int fp_policy_read(const struct fp_ydoc *doc, struct fp_model **out, struct fp_errs *errs);

/*
 * The attributes of one object out of a map. @extra: keys that the caller reads
 * itself, ends with NULL; or NULL. @model: keeps the file name for positions.
 */
void fp_obj_read(struct fp_obj *obj, const struct fp_ynode *map, const char * const *extra,
		 struct fp_model *model, struct fp_errs *errs);

/* Attributes that a policy file has: not those that the kernel or code alone sets. */
static inline bool fp_attr_in_file(const struct fp_attr *attr)
{
	return !(attr->flags & (FP_A_ANSWER | FP_A_SECRET | FP_A_HIDDEN | FP_A_DERIVED | FP_A_KEY));
}

/* The same policy gives the same octets. */
int fp_policy_save(const struct fp_model *model, FILE *out);

#endif /* _FP_POLICY_FILE_H */
