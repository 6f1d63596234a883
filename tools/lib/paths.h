/* SPDX-License-Identifier: GPL-2.0 */
/* Where things live on a gateway. */
#ifndef _FP_PATHS_H
#define _FP_PATHS_H

/* The daemon's process id, alone on a line; FEDPAT_RUNDIR overrides the directory. */
#define FP_RUNDIR	"/run/fedpat"
#define FP_PIDFILE	"fedpatd.pid"

/* Token keys, one file a federation, mode 0600; FEDPAT_KEYDIR overrides it. */
#define FP_KEYDIR	"/etc/fedpat/keys"

#endif /* _FP_PATHS_H */
