/* SPDX-License-Identifier: GPL-2.0 */
/* No secret stays in memory that was given back. */
#ifndef _FP_CLEANSE_H
#define _FP_CLEANSE_H

/* OpenSSL wipes what it frees; the first call to it. 0, or -1 when it is too late. */
int fp_cleanse_freed(void);

#endif /* _FP_CLEANSE_H */
