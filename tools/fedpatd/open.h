/* SPDX-License-Identifier: GPL-2.0 */
/* Open federation, inbound. Main thread only. */
#ifndef _FPD_OPEN_H
#define _FPD_OPEN_H

#include "daemon.h"

void fpd_open_proved(const struct fpd_policy *p, const struct fpd_conn *conn,
		     struct fpd_open *open);
bool fpd_open_allows(const struct fp_model *model, const struct fp_obj_leg *leg,
		     const char *domain);
const struct fp_obj_peer *fpd_open_peer(const struct fp_model *model, const char *federation);
bool fpd_open_ask(struct fpd_conn *conn);

#endif /* _FPD_OPEN_H */
