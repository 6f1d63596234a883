// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a stream: cut anywhere, the events are the same; the parser agrees on the bounds. */
#include <stdio.h>
#include <stdlib.h>

#include <fedpat/frame.h>
#include <fedpat/sip.h>

#include "../unit/corpus.h"

/* seeds: sip-torture sip-messages sip-microsoft sip-stream */

#define MAX_MSG		4000	/* small limits, so that the fuzzer meets them */
#define MAX_HEAD	2000
#define MAX_DRAIN	8000

static struct fp_sip_msg msg;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* Events as a hash; drained pieces of one body count as one. */
struct result {
	u32 hash;
	u32 drained;
	u32 used;
};

static void mix(struct result *r, u32 v)
{
	r->hash = (r->hash ^ v) * 16777619;
}

static void note(struct result *r, const struct fp_frame *f)
{
	if (f->event == FP_FRAME_DRAIN) {
		r->drained += f->len;
		return;
	}
	mix(r, r->drained);
	r->drained = 0;
	mix(r, f->event);
	mix(r, f->reason);
	mix(r, f->len);
	mix(r, f->head_len);
	mix(r, f->body_len);
	mix(r, f->drain);
	mix(r, f->err_off);
}

/* What the parser takes for a message must be what the framer took for one. */
static void agree(const u8 *p, const struct fp_frame *f)
{
	enum fp_reason r;

	must(f->head_len + f->body_len == f->len && f->len <= MAX_MSG, "frame within its limits");
	r = fp_sip_parse(&msg, p, f->len, 0);
	must(r != FP_R_PARSE_BODY_SHORT && r != FP_R_PARSE_BODY_LONG &&
	     r != FP_R_FRAME_NO_LENGTH && r != FP_R_PARSE_HEAD_END && r != FP_R_BARE_LINE_END,
	     "the parser sees no other end");
	if (!r)
		must(msg.head_len == f->head_len && msg.body.len == f->body_len, "same bounds");
}

static bool pump(struct fp_framer *f, const u8 *p, u32 len, struct result *r, bool parse)
{
	struct fp_frame out;

	for (;;) {
		fp_framer_next(f, p + r->used, len - r->used, &out);
		must(out.len <= len - r->used, "consumes no more than there is");
		if (out.event == FP_FRAME_MORE)
			return false;
		if (out.event == FP_FRAME_MSG && parse)
			agree(p + r->used, &out);
		note(r, &out);
		if (out.event == FP_FRAME_FATAL)
			return true;
		must(out.len, "every event consumes something");
		r->used += out.len;
	}
}

static struct result feed(const u8 *p, u32 len, u32 step)
{
	struct result r = { 2166136261u, 0, 0 };
	struct fp_framer f;
	u32 have = 0;
	bool lost = false;

	fp_framer_init(&f, MAX_MSG, MAX_HEAD, MAX_DRAIN);
	while (!lost && have < len) {
		u32 base = r.used;
		u8 *copy;

		have = len - have > step ? have + step : len;
		copy = exact_copy(p + base, have - base);
		r.used = 0;
		lost = pump(&f, copy, have - base, &r, step >= len);
		r.used += base;
		free(copy);
	}
	mix(&r, r.drained);
	return r;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct result whole = feed(data, size, size + 1), cut;
	/* Two pieces, somewhere; and many. */
	u32 steps[] = { size ? 1 + whole.hash % size : 1, 1 + whole.hash % 61 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		cut = feed(data, size, steps[i]);
		must(cut.hash == whole.hash && cut.used == whole.used, "cuts change nothing");
	}
	return 0;
}
