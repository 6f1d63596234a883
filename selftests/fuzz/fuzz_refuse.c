// SPDX-License-Identifier: GPL-2.0
/* seeds: sip-torture sip-messages sip-microsoft sip-rfc-examples */
/*
 * Any message, refused for any reason, and answered as an OPTIONS is: what is sent
 * is one response that can be cut from the stream, has what RFC 3261 section 8.2.6
 * wants of the request and no more, and tells nothing of the inside that the
 * request did not say itself.
 */
#include <fedpat/frame.h>
#include <stdio.h>
#include <stdlib.h>
#include "../unit/corpus.h"
#include "../unit/relay_env.h"

#define MAX_INPUT	16384
#define ROOM		(MAX_INPUT + 1024)

static struct env *e;
static struct fp_sip_msg answer;
static u8 buf[ROOM];

static void die(const char *what, s32 len)
{
	fprintf(stderr, "does not hold: %s\n--- request, %s\n%.*s\n--- answer\n%.*s\n", what,
		fp_reason_info(e->msg->err)->name, (int)e->msg->len, e->msg->buf,
		len > 0 ? (int)len : 0, buf);
	abort();
}

static bool same(struct fp_span a, struct fp_span b)
{
	struct fp_slice x = fp_msg_at(e->msg, a), y = fp_msg_at(&answer, b);

	return x.len == y.len && !memcmp(x.p, y.p, x.len);
}

/* Whatever the request was, the peer's stream stays in step. */
static void check_frame(s32 len)
{
	struct fp_framer f;
	struct fp_frame out;

	fp_framer_init(&f, ROOM, ROOM, 0);
	fp_framer_next(&f, buf, (u32)len, &out);
	if (out.event != FP_FRAME_MSG || out.len != (u32)len || out.body_len)
		die("it is one message without a body", len);
}

static u32 count_rows(const struct fp_sip_msg *m, enum fp_hdr_id id)
{
	const struct fp_hdr_row *row;
	u32 n = 0;

	fp_for_each_row(m, row, id)
		n++;
	return n;
}

/* Section 8.2.6.2: these are the request's own. */
static void check_echo(s32 len)
{
	static const enum fp_hdr_id once[] = { FP_H_FROM, FP_H_CALL_ID, FP_H_CSEQ };
	const struct fp_sip_msg *m = e->msg;

	for (u32 i = 0; i < ARRAY_SIZE(once); i++)
		if (!same(fp_hdr_value(m, once[i]), fp_hdr_value(&answer, once[i])))
			die("From, Call-ID and CSeq are the request's", len);
	if (answer.n_vias != m->n_vias || count_rows(&answer, FP_H_VIA) != count_rows(m, FP_H_VIA))
		die("every Via is there", len);
	for (u32 i = 1; i < m->n_vias; i++)
		if (!same(m->vias[i].value, answer.vias[i].value))
			die("a Via below the topmost one is the request's", len);
	if (!same(m->vias[0].branch, answer.vias[0].branch))
		die("the branch is the request's", len);
	if (!answer.to_tag.len || (m->to_tag.len && !same(m->to_tag, answer.to_tag)))
		die("To has a tag, the request's where it had one", len);
}

static void check_answer(s32 len, u16 status)
{
	if (fp_sip_parse(&answer, buf, (u32)len, 0))
		die(fp_reason_info(answer.err)->name, len);
	if (answer.is_request || answer.status != status)
		die("it is a response with the reason's status", len);
	if (!answer.has_content_length || answer.content_length || answer.body.len)
		die("its Content-Length is 0", len);
	check_echo(len);
}

/* What the request said, its sender knows. */
static void check_leak(s32 len)
{
	struct leak_what what = env_secrets;

	what.plain = true;
	if (leak_find(&what, buf, (size_t)len) && !leak_find(&what, e->msg->buf, e->msg->len))
		die("nothing of the inside in it", len);
}

/* Nothing is written behind the room that there is. */
static void check_room(const struct fp_leg_view *in, enum fp_reason reason, s32 len)
{
	u8 *tight = malloc((size_t)len);
	s32 n = fp_sip_refuse(e->realm, in, e->msg, reason, 5, tight, (u32)len);

	if (n != len || memcmp(tight, buf, (size_t)len))
		die("the same request, the same response, in just its room", len);
	if (fp_sip_refuse(e->realm, in, e->msg, reason, 5, tight, (u32)len - 1) >= 0)
		die("no half response", len);
	free(tight);
}

static void judge(const struct fp_leg_view *in, s32 len, u16 status)
{
	if (len < 0)
		die("there was room", len);
	if (!len)
		return;
	if (!e->msg->is_request || e->msg->method == FP_M_ACK)
		die("only requests are answered", len);
	check_frame(len);
	if (in->side == FP_OUTSIDE)
		check_leak(len);
	if (!e->msg->err)
		check_answer(len, status);
}

static void refuse(const struct fp_leg_view *in, enum fp_reason reason)
{
	s32 len = fp_sip_refuse(e->realm, in, e->msg, reason, 5, buf, sizeof(buf));

	judge(in, len, fp_reason_info(reason)->status);
	if (len > 0)
		check_room(in, reason, len);
	len = fp_sip_answer_options(e->realm, in, e->msg, buf, sizeof(buf));
	judge(in, len, 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum fp_reason reason;
	u8 *copy;

	if (!e)
		e = env_new(NULL);
	if (size < 3 || size > MAX_INPUT)
		return 0;
	/* From its end, so that a message of the corpus is a message. */
	reason = (data[size - 1] | data[size - 2] << 8) % __FP_R_COUNT;
	copy = exact_copy(data, (u32)size);
	e->parse_flags = data[size - 1] & 1 ? FP_PARSE_DATAGRAM : 0;
	env_parse(e, copy, size);
	if (e->reason && reason & 1)
		reason = e->reason;
	refuse(&e->partner, reason);
	refuse(&e->node, reason);
	free(copy);
	return 0;
}
