/* SPDX-License-Identifier: GPL-2.0 */
/* A user agent of a few lines, for checks. */
#ifndef _FP_CHECK_SIP_H
#define _FP_CHECK_SIP_H

#include <fedpat/frame.h>
#include <fedpat/sip.h>

#include "check_probe.h"

#define FP_UA_BUF	65536	/* octets of messages that are not read yet */
#define FP_UA_WORD	48

/**
 * struct fp_ua - one side of a conversation with a probe's target
 * @p: the probe; its connection is used, or one is made
 * @deadline: ms of fp_now_ms(), for the whole conversation
 * @framer: cuts the stream
 * @msg: the message that fp_ua_next() found
 * @len: octets in @buf
 * @used: octets of @buf that belong to @msg and go with the next call
 * @err: why nothing more comes: negative errno, 0 = the peer closed
 * @strays: requests of the peer that were answered or left
 * @via: host and port of our Via and Contact
 * @proto: "TLS", "TCP", "UDP"
 * @call: Call-ID
 * @tag: our tag
 * @to_tag: the peer's tag, empty before the first answer
 * @cseq: of the last request
 * @buf: received octets
 */
struct fp_ua {
	struct fp_probe *p;
	u64 deadline;
	struct fp_framer framer;
	struct fp_sip_msg msg;
	u32 len;
	u32 used;
	int err;
	u32 strays;
	char via[FEDPAT_FQDN_MAX + 8];
	const char *proto;
	char call[FP_UA_WORD];
	char tag[FP_UA_WORD];
	char to_tag[128];
	u32 cseq;
	u8 buf[FP_UA_BUF];
};

struct fp_ua *fp_ua_open(struct fp_probe *p, struct fp_check_result *r);
void fp_ua_free(struct fp_ua *ua);
/* A new dialog: other Call-ID, tag, CSeq. */
void fp_ua_fresh(struct fp_ua *ua);
/**
 * struct fp_ua_req - a request
 * @method: method
 * @uri: Request-URI and To
 * @from: URI of From
 * @extra: header lines, each with its CRLF, or ""
 * @body: body, or ""
 * @ack: an ACK: keeps the CSeq of the INVITE
 */
struct fp_ua_req {
	const char *method;
	const char *uri;
	const char *from;
	const char *extra;
	const char *body;
	bool ack;
};

int fp_ua_send(struct fp_ua *ua, const struct fp_ua_req *req);
/* The next message, request or response; NULL: none came (@ua->err). */
const struct fp_sip_msg *fp_ua_next(struct fp_ua *ua);
/* The final response to our last request; requests meanwhile get 200 and @fn. */
typedef void (*fp_ua_fn)(const struct fp_sip_msg *m, void *arg);
const struct fp_sip_msg *fp_ua_final(struct fp_ua *ua, fp_ua_fn fn, void *arg);
/* Why nothing came, as a finding. */
void fp_ua_silence(struct fp_ua *ua, const char *method, struct fp_check_result *r);
/* What a status means, as a finding. */
void fp_ua_judge(struct fp_ua *ua, const char *method, struct fp_check_result *r);

#endif /* _FP_CHECK_SIP_H */
