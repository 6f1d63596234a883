/* SPDX-License-Identifier: GPL-2.0 */
/* Federations of the kernel that several workflows share. */
#ifndef _FP_REALMS_H
#define _FP_REALMS_H

#include "model.h"

/* Who uses each of them still? Return: how many objects went. */
u32 fp_realms_settle(struct fp_model *model);

#endif /* _FP_REALMS_H */
