/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the lint share. */
#ifndef _FP_FLOW_LINT_H
#define _FP_FLOW_LINT_H

#include "flow.h"

/**
 * struct lint - a file under examination
 * @in: the input
 * @running: the policy now
 * @notes: gets what the operator should know
 * @errs: gets what is wrong
 */
struct lint {
	const struct fp_flow *in;
	const struct fp_model *running;
	struct fp_errs *notes;
	struct fp_errs *errs;
};

__attribute__((__format__(__printf__, 6, 7)))
void finding(struct fp_errs *to, const char *rule, const struct fp_obj *obj, const char *attr,
	     const char *remedy, const char *fmt, ...);

/* lint_xmpp.c */
void fp_lint_xmpp(const struct lint *l);

#endif /* _FP_FLOW_LINT_H */
