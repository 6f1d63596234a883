// SPDX-License-Identifier: GPL-2.0
/*
 * Responses of our own (RFC 3261 section 8.2.6). They say the name of the reason
 * and nothing that only the inside knows.
 */
#include <fedpat/relay.h>
#include "totag.h"
#include "via.h"

#define TAG_LEN		10
#define TAG_DIGITS	16

struct phrase {
	u16 status;
	const char *text;
};

/* RFC 3261 section 21 and the IANA registry. */
static const struct phrase phrases[] = {
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 413, "Request Entity Too Large" },
	{ 414, "Request-URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Unsupported URI Scheme" },
	{ 420, "Bad Extension" },
	{ 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" },
	{ 482, "Loop Detected" },
	{ 483, "Too Many Hops" },
	{ 488, "Not Acceptable Here" },
	{ 500, "Server Internal Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Server Time-out" },
	{ 505, "Version Not Supported" },
	{ 513, "Message Too Large" },
};

static struct fp_slice str(const char *s)
{
	return fp_slice(s, strlen(s));
}

static struct fp_slice phrase_of(u16 status)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(phrases); i++)
		if (phrases[i].status == status)
			return str(phrases[i].text);
	return FP_LIT("Refused");
}

/* The ACK has what its INVITE had, but for the method and the To tag. */
static void tag_hash(const struct fp_realm *realm, u32 key, const struct fp_sip_msg *m,
		     u8 hash[FP_SEAL_TAG])
{
	struct fp_slice parts[] = {
		fp_msg_at(m, m->call_id), fp_msg_at(m, m->from_tag), fp_msg_at(m, m->cseq_s),
	};

	fp_seal_hash(&realm->sealer, key, FP_SEAL_TOTAG, parts, 3, hash);
}

/**
 * fp_totag_put() - append the To tag of a response of ours
 * @put: where to
 * @realm: the realm; without a key the tag is a constant
 * @msg: the request
 */
void fp_totag_put(struct fp_put *put, const struct fp_realm *realm,
		  const struct fp_sip_msg *msg)
{
	u8 hash[FP_SEAL_TAG] = { 0 };

	if (realm->sealer.n)
		tag_hash(realm, 0, msg, hash);
	fp_put(put, FP_LIT("fp"));
	fp_put_text(put, FP_SEAL_B32, hash, TAG_LEN);
}

/**
 * fp_totag_ours() - does an ACK answer a response of ours?
 * @realm: the realm
 * @msg: the ACK
 *
 * Return: true when its To tag is one that we gave.
 */
bool fp_totag_ours(const struct fp_realm *realm, const struct fp_sip_msg *msg)
{
	struct fp_slice tag = fp_msg_at(msg, msg->to_tag);
	u8 hash[FP_SEAL_TAG], text[TAG_DIGITS];
	u32 i;

	if (tag.len != TAG_DIGITS + 2 || !fp_slice_starts(tag, FP_LIT("fp")))
		return false;
	for (i = 0; i < realm->sealer.n; i++) {
		tag_hash(realm, i, msg, hash);
		fp_text_encode(FP_SEAL_B32, hash, TAG_LEN, text);
		if (fp_equal_ct(text, tag.p + 2, TAG_DIGITS))
			return true;
	}
	return false;
}

static void put_status(struct fp_put *put, u16 status)
{
	fp_put(put, FP_LIT("SIP/2.0 "));
	fp_put_u32(put, status);
	fp_put(put, FP_LIT(" "));
	fp_put(put, phrase_of(status));
	fp_put(put, FP_LIT("\r\n"));
}

/* A row as it came, folds and all. */
static void put_row(struct fp_put *put, const struct fp_sip_msg *m, enum fp_hdr_id id)
{
	const struct fp_hdr_row *row = fp_row_first(m, id);

	if (row)
		fp_put(put, fp_msg_at(m, fp_span(row->off, row->len)));
}

static void put_to(struct fp_put *put, const struct fp_realm *realm,
		   const struct fp_sip_msg *m)
{
	const struct fp_hdr_row *row = fp_row_first(m, FP_H_TO);

	if (m->to_tag.len || !row) {
		put_row(put, m, FP_H_TO);
		return;
	}
	fp_put(put, fp_msg_at(m, fp_span_to(row->off, fp_span_end(row->value))));
	fp_put(put, FP_LIT(";tag="));
	fp_totag_put(put, realm, m);
	fp_put(put, FP_LIT("\r\n"));
}

static void put_frame(struct fp_put *put, const struct fp_realm *realm,
		      const struct fp_leg_view *in, const struct fp_sip_msg *m)
{
	fp_via_stamped(put, in, m);
	put_row(put, m, FP_H_FROM);
	put_to(put, realm, m);
	put_row(put, m, FP_H_CALL_ID);
	put_row(put, m, FP_H_CSEQ);
}

/* Is there enough to answer to? After a parse error not everything need be there. */
static bool answerable(const struct fp_sip_msg *m)
{
	return m->start.len && m->is_request && m->n_vias && m->method != FP_M_ACK &&
	       fp_row_first(m, FP_H_FROM) && fp_row_first(m, FP_H_TO) &&
	       fp_row_first(m, FP_H_CALL_ID) && fp_row_first(m, FP_H_CSEQ);
}

static void put_warning(struct fp_put *put, const struct fp_leg_view *in,
			const struct fp_reason_info *info)
{
	fp_put(put, info->status == 488 ? FP_LIT("Warning: 304 ") : FP_LIT("Warning: 399 "));
	fp_put(put, in->self_host.len ? in->self_host : FP_LIT("gateway"));
	fp_put(put, FP_LIT(" \""));
	fp_put(put, str(info->name));
	fp_put(put, FP_LIT("\"\r\n"));
}

/* RFC 3261 sections 21.4.15 and 21.4.6: what was asked for, and what there is. */
static void put_unsupported(struct fp_put *put, const struct fp_sip_msg *m)
{
	const struct fp_hdr_row *row;

	fp_for_each_row(m, row, FP_H_PROXY_REQUIRE) {
		fp_put(put, FP_LIT("Unsupported: "));
		fp_put(put, fp_msg_at(m, row->value));
		fp_put(put, FP_LIT("\r\n"));
	}
}

static s32 finish(struct fp_put *put)
{
	fp_put(put, FP_LIT("Content-Length: 0\r\n\r\n"));
	return put->full ? -ENOSPC : (s32)put->n;
}

/**
 * fp_sip_refuse() - the response to a request that is refused
 * @realm: the realm
 * @in: leg that it came from
 * @msg: the request; after a parse error as far as it was understood
 * @reason: why it is refused
 * @retry_after: seconds, 0 for none
 * @buf: where the response goes
 * @size: room there
 *
 * Return: its length; 0 where none may or can be sent: a response, an ACK, a reason
 * without a status, no Via to answer to. -ENOSPC.
 */
s32 fp_sip_refuse(const struct fp_realm *realm, const struct fp_leg_view *in,
		  const struct fp_sip_msg *msg, enum fp_reason reason,
		  u32 retry_after, u8 *buf, u32 size)
{
	const struct fp_reason_info *info = fp_reason_info(reason);
	struct fp_put put = fp_put_init(buf, size);

	if (!answerable(msg) || !info->status)
		return 0;
	put_status(&put, info->status);
	put_frame(&put, realm, in, msg);
	if (info->status == 420)
		put_unsupported(&put, msg);
	if (retry_after) {
		fp_put(&put, FP_LIT("Retry-After: "));
		fp_put_u32(&put, retry_after);
		fp_put(&put, FP_LIT("\r\n"));
	}
	put_warning(&put, in, info);
	return finish(&put);
}

/**
 * fp_sip_answer_options() - 200 to an OPTIONS that is for the gateway
 * @realm: the realm
 * @in: leg that it came from
 * @msg: the request
 * @buf: where the response goes
 * @size: room there
 *
 * Return: its length, 0 when it cannot be answered, -ENOSPC.
 */
s32 fp_sip_answer_options(const struct fp_realm *realm, const struct fp_leg_view *in,
			  const struct fp_sip_msg *msg, u8 *buf, u32 size)
{
	struct fp_put put = fp_put_init(buf, size);

	if (!answerable(msg))
		return 0;
	put_status(&put, 200);
	put_frame(&put, realm, in, msg);
	fp_put(&put, FP_LIT("Accept: */*\r\nAccept-Encoding: identity\r\n"));
	return finish(&put);
}
