/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _FEDPAT_CRYPTO_H
#define _FEDPAT_CRYPTO_H

#include <linux/types.h>

bool fp_crypto_selftest(void);

#endif /* _FEDPAT_CRYPTO_H */
