/* SPDX-License-Identifier: GPL-2.0 */
/* What a peer presents: a TLS handshake that trusts nobody and sends nothing. */
#ifndef _FP_PROBE_H
#define _FP_PROBE_H

#include "cert.h"

#define FP_PROBE_SECONDS	8

/**
 * struct fp_shown - a handshake with a peer
 * @host: name or address dialled
 * @port: its port
 * @sni: name that is sent, or NULL
 * @own: what we show when asked, or NULL
 * @addr: address that answered, as text
 * @chain: what it presented, its certificate first
 * @asked: it asked for our certificate
 * @version: TLS version
 * @cipher: cipher suite
 */
struct fp_shown {
	char host[FEDPAT_FQDN_MAX + 1];
	u16 port;
	const char *sni;
	const struct fp_cert_set *own;
	char addr[64];
	struct stack_st_X509 *chain;
	bool asked;
	char version[16];
	char cipher[64];
};

/* Waits for the network. The chain is there even where the peer refuses ours. */
int fp_probe_run(struct fp_shown *p, struct fp_errs *errs);
void fp_probe_free(struct fp_shown *p);
/* Target of _sipfederationtls._tcp.DOMAIN, by the system's resolver. */
int fp_probe_srv(const char *domain, char *host, size_t size, u16 *port, struct fp_errs *errs);

#endif /* _FP_PROBE_H */
