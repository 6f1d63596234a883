/* SPDX-License-Identifier: GPL-2.0 */
/* The thread that watches our own certificates: warns before they end, and renews by CMP. */
#ifndef _FPD_RENEW_H
#define _FPD_RENEW_H

int fpd_renew_start(void);
void fpd_renew_stop(void);
/* Policy or files changed: look now. */
void fpd_renew_poke(void);

#endif /* _FPD_RENEW_H */
