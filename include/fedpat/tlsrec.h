/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS records that are not data, as they come out of a kTLS socket.
 *
 * Pure bytes and state; what to do about a verdict is for the leg.
 */
#ifndef _FEDPAT_TLSREC_H
#define _FEDPAT_TLSREC_H

#include <fedpat/reasons.h>
#include <fedpat/types.h>

/* ContentType, RFC 8446 section 5.1. */
#define FP_TLSREC_ALERT		21
#define FP_TLSREC_HANDSHAKE	22
#define FP_TLSREC_DATA		23

/* Soft limit of records under one AES-GCM key: RFC 8446 section 5.5 says 2^24.5. */
#define FP_TLSREC_BUDGET	(1ULL << 24)

/**
 * struct fp_tlsrec - state between two reads
 * @skip: bytes of a handshake message still to come
 * @head: type and length of the handshake message that comes next
 * @have: bytes of @head that are there
 * @alert: the alert
 * @alert_have: bytes of it that are there
 */
struct fp_tlsrec {
	u32 skip;
	u8 head[4];
	u8 have;
	u8 alert[2];
	u8 alert_have;
};

enum fp_tlsrec_verdict {
	FP_TLSREC_GO_ON,	/* nothing to do */
	FP_TLSREC_CLOSE_NOTIFY,	/* the peer will send no more */
	FP_TLSREC_TEARDOWN,	/* see the reason */
};

/**
 * struct fp_tlsrec_out - what a piece of a control record meant
 * @verdict: enum fp_tlsrec_verdict
 * @reason: why, for FP_TLSREC_TEARDOWN
 * @alert: number of the alert, with @reason TLS_ALERT
 * @tickets: session tickets that were skipped
 */
struct fp_tlsrec_out {
	u8 verdict;
	u8 alert;
	u16 tickets;
	enum fp_reason reason;
};

void fp_tlsrec_feed(struct fp_tlsrec *st, u8 type, const u8 *p, u32 len, bool eor,
		    struct fp_tlsrec_out *out);

#endif /* _FEDPAT_TLSREC_H */
