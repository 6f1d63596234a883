/* SPDX-License-Identifier: GPL-2.0 */
/* Who may own, read and write a file that holds a secret, or that is obeyed. */
#ifndef _FP_SECRET_H
#define _FP_SECRET_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"

/*
 * NULL when only its owner reads and writes it, and that is root, we or, for root, the
 * daemon's user. Else what
 * is wrong, to stand behind "the file", in @text; @mend gets the command that
 * mends it, without the file's name.
 */
const char *fp_secret_fault(const struct stat *st, char *text, size_t size, const char **mend);
/* Let the daemon's user, if there is one, read a key that root makes: 0, or negative errno. */
int fp_secret_give(int fd);
/* From now on, in the daemon: who reads a key is who writes it, and nothing is given. */
void fp_secret_keep(void);
/*
 * The same for what everybody may read and nobody else may write: a policy that
 * is to be applied. It may be of the user who called sudo. 0, or negative errno.
 */
int fp_obeyed_check(const char *file, struct fp_errs *errs);

#endif /* _FP_SECRET_H */
