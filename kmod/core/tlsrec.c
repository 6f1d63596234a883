// SPDX-License-Identifier: GPL-2.0
/*
 * TLS records that are not data: see tlsrec.h.
 *
 * The table of what is done about each (RFC 8446 sections 4.6, 6; RFC 5246
 * section 7.2):
 *
 *	alert close_notify		orderly end
 *	alert user_canceled		nothing: close_notify follows
 *	any other alert			abort
 *	handshake new_session_ticket	skipped
 *	handshake key_update		teardown by name: these kernels cannot rekey
 *	any other handshake message	teardown: renegotiation, late authentication
 *	any other record		teardown
 */
#include <fedpat/tlsrec.h>

enum {
	TLS_ALERT_CLOSE_NOTIFY		= 0,
	TLS_ALERT_USER_CANCELED		= 90,
	TLS_HS_NEW_SESSION_TICKET	= 4,
	TLS_HS_KEY_UPDATE		= 24,
};

static void fp_tlsrec_teardown(struct fp_tlsrec_out *out, enum fp_reason reason)
{
	out->verdict = FP_TLSREC_TEARDOWN;
	out->reason = reason;
}

static void fp_tlsrec_alert(struct fp_tlsrec *st, const u8 *p, u32 len, bool eor,
			    struct fp_tlsrec_out *out)
{
	/* Alerts are neither split nor joined: RFC 8446 section 5.1. */
	if (len > sizeof(st->alert) - st->alert_have) {
		fp_tlsrec_teardown(out, FP_R_TLS_ALERT_BAD);
		return;
	}
	memcpy(st->alert + st->alert_have, p, len);
	st->alert_have += len;
	if (!eor)
		return;
	if (st->alert_have != sizeof(st->alert)) {
		fp_tlsrec_teardown(out, FP_R_TLS_ALERT_BAD);
		return;
	}
	st->alert_have = 0;
	if (st->alert[1] == TLS_ALERT_CLOSE_NOTIFY) {
		out->verdict = FP_TLSREC_CLOSE_NOTIFY;
	} else if (st->alert[1] != TLS_ALERT_USER_CANCELED) {
		out->alert = st->alert[1];
		fp_tlsrec_teardown(out, FP_R_TLS_ALERT);
	}
}

/* A complete header of a handshake message: may its body be skipped? */
static void fp_tlsrec_message(struct fp_tlsrec *st, struct fp_tlsrec_out *out)
{
	st->have = 0;
	st->skip = (u32)st->head[1] << 16 | (u32)st->head[2] << 8 | st->head[3];
	if (st->head[0] == TLS_HS_NEW_SESSION_TICKET)
		out->tickets++;
	else if (st->head[0] == TLS_HS_KEY_UPDATE)
		fp_tlsrec_teardown(out, FP_R_TLS_KEY_UPDATE);
	else
		fp_tlsrec_teardown(out, FP_R_TLS_HANDSHAKE);
}

/* Messages may share a record and may span several. */
static void fp_tlsrec_handshake(struct fp_tlsrec *st, const u8 *p, u32 len,
				struct fp_tlsrec_out *out)
{
	while (len && out->verdict == FP_TLSREC_GO_ON) {
		u32 n;

		if (st->skip) {
			n = st->skip < len ? st->skip : len;
			st->skip -= n;
		} else {
			n = sizeof(st->head) - st->have;
			n = n < len ? n : len;
			memcpy(st->head + st->have, p, n);
			st->have += n;
			if (st->have == sizeof(st->head))
				fp_tlsrec_message(st, out);
		}
		p += n;
		len -= n;
	}
}

/**
 * fp_tlsrec_feed() - what do some bytes of a control record mean?
 * @st: state of the direction; zeroed at first
 * @type: type of the record
 * @p: the bytes
 * @len: how many; a record of none is refused
 * @eor: the record ends here
 * @out: what they mean
 */
void fp_tlsrec_feed(struct fp_tlsrec *st, u8 type, const u8 *p, u32 len, bool eor,
		    struct fp_tlsrec_out *out)
{
	memset(out, 0, sizeof(*out));
	if (type == FP_TLSREC_ALERT)
		fp_tlsrec_alert(st, p, len, eor, out);
	else if (type != FP_TLSREC_HANDSHAKE)
		fp_tlsrec_teardown(out, FP_R_TLS_RECORD_TYPE);
	else if (!len)
		fp_tlsrec_teardown(out, FP_R_TLS_RECORD_BAD);
	else
		fp_tlsrec_handshake(st, p, len, out);
}
