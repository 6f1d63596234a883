/* SPDX-License-Identifier: GPL-2.0 */
/* The daemon's own walls: capabilities, user, system calls. */
#ifndef _FP_CONFINE_H
#define _FP_CONFINE_H

#include "err.h"

/* Become this user (NULL: nobody else), keep two capabilities. 0, negative errno. */
int fp_confine_user(const char *user, struct fp_errs *errs);
/* Filter system calls. 0; -EOPNOTSUPP: this kernel cannot, which is no fault; negative errno. */
int fp_confine_calls(struct fp_errs *errs);

#endif /* _FP_CONFINE_H */
