/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Self tests, run when the module is loaded; built with FEDPAT_SELFTEST=1. They
 * know what the tests from outside cannot see.
 */
#ifndef _FP_SELFTEST_H
#define _FP_SELFTEST_H

#include <linux/types.h>

#ifdef FEDPAT_SELFTEST
bool fp_selftest(void);
bool fp_class_selftest(void);
/* selftest/stream.c */
bool fp_frame_selftest(void);
bool fp_edit_selftest(void);
bool fp_attach_selftest(void);
#else
static inline bool fp_selftest(void)
{
	return true;
}
#endif

#endif /* _FP_SELFTEST_H */
