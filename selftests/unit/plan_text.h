/* SPDX-License-Identifier: GPL-2.0 */
/* What follows from a workflow's file that is a string, and policies as text. */
#ifndef _FEDPAT_SELFTEST_PLAN_TEXT_H
#define _FEDPAT_SELFTEST_PLAN_TEXT_H

#include "federation.h"

/* As the file "f.yaml", where @running is in force; 0, or faults in @errs. */
int plan_text(const char *text, const struct fp_model *running, struct fp_plan *p,
	      struct fp_errs *errs);

/* A policy as the file that fedctl save writes; the caller frees it. */
char *policy_text(const struct fp_model *m);

/* One line each, for whoever reads why a test failed. */
void print_faults(const struct fp_errs *errs);

#endif /* _FEDPAT_SELFTEST_PLAN_TEXT_H */
