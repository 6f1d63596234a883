/* SPDX-License-Identifier: GPL-2.0 */
/* Where things live on a gateway. */
#ifndef _FP_PATHS_H
#define _FP_PATHS_H

/* The daemon's process id, alone on a line; FEDPAT_RUNDIR overrides the directory. */
#define FP_RUNDIR	"/run/fedpat"
#define FP_PIDFILE	"fedpatd.pid"

/* Servers that the daemon dialled, one a line: see tools/fedpatd/health.c. */
#define FP_SERVERSFILE	"servers"

/* Token keys, one file a federation, mode 0600; FEDPAT_KEYDIR overrides it. */
#define FP_KEYDIR	"/etc/fedpat/keys"

/* Certificates, keys and CAs of trustpoints; FEDPAT_CERTDIR overrides it. */
#define FP_CERTDIR	"/etc/fedpat/certs"

/* Workflow files as they were applied, and steps that others did; FEDPAT_STATEDIR. */
#define FP_STATEDIR	"/var/lib/fedpat"

/* The daemon runs as this user where it exists; keys that root makes are given to it. */
#define FP_USER		"fedpat"

/* Options of the daemon, read by its systemd unit. */
#define FP_DEFAULTS	"/etc/default/fedpatd"

/* Anchor of the DNS root, from Debian's package dns-root-data. */
#define FP_ROOT_ANCHOR	"/usr/share/dns/root.key"

#endif /* _FP_PATHS_H */
