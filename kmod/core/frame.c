// SPDX-License-Identifier: GPL-2.0
/* SIP messages in a byte stream: a state machine that never looks back. */
#include <fedpat/frame.h>

#include "sip_internal.h"

/* Longest scheme of a Request-URI that is waited for. */
#define FP_FRAME_MAX_SCHEME 32

enum fp_frame_state {
	FP_FS_IDLE,		/* between messages */
	FP_FS_METHOD,		/* in the first word */
	FP_FS_TARGET,		/* before the scheme of the Request-URI */
	FP_FS_SCHEME,		/* in it */
	FP_FS_START_LINE,	/* in the rest of the start line */
	FP_FS_LINE_BEGIN,	/* at the first byte of a header line */
	FP_FS_LINE,		/* in a header line */
	FP_FS_BODY,		/* the head is complete */
	FP_FS_DRAIN,		/* in a body that nobody keeps */
	FP_FS_FATAL,
};

/* What a step of the machine came to. */
enum fp_step {
	FP_STEP_GO,	/* the state has changed, look again */
	FP_STEP_MORE,	/* more bytes are needed */
	FP_STEP_EVENT,	/* out is filled */
};

/**
 * fp_framer_init() - start at the first byte of a stream
 * @f: the framer
 * @max_msg: largest message, 0 for the default
 * @max_head: largest head, 0 for the default; @max_msg is a limit too
 * @max_drain: largest body to drain after an oversize message, 0 for the default
 */
void fp_framer_init(struct fp_framer *f, u32 max_msg, u32 max_head, u32 max_drain)
{
	memset(f, 0, sizeof(*f));
	f->room_head = max_head ? max_head : FP_FRAME_MAX_HEAD;
	f->max_drain = max_drain ? max_drain : FP_FRAME_MAX_DRAIN;
	fp_framer_limit(f, max_msg ? max_msg : FP_FRAME_MAX_MSG);
}

/* Not within a message: what was scanned of it must be within its limits. */
static void fp_framer_apply(struct fp_framer *f)
{
	f->max_msg = f->limit;
	f->max_head = f->room_head < f->limit ? f->room_head : f->limit;
}

/**
 * fp_framer_limit() - another largest message
 * @f: the framer
 * @max_msg: largest message from the next one on, octets; a head is within it
 */
void fp_framer_limit(struct fp_framer *f, u32 max_msg)
{
	f->limit = max_msg;
	if (f->state == FP_FS_IDLE || f->state == FP_FS_DRAIN)
		fp_framer_apply(f);
}

/**
 * fp_framer_want() - how large the buffer must be to hold the current message
 * @f: the framer
 *
 * Return: bytes of the message from its first, 0 when they are not known yet.
 */
u32 fp_framer_want(const struct fp_framer *f)
{
	return f->state == FP_FS_BODY ? f->head_len + f->body_len : 0;
}

static enum fp_step fp_lost(struct fp_framer *f, enum fp_reason reason, u32 off)
{
	f->state = FP_FS_FATAL;
	f->reason = reason;
	f->err_off = off;
	return FP_STEP_GO;
}

/* Ready for the next message. */
static void fp_framer_next_msg(struct fp_framer *f)
{
	f->state = FP_FS_IDLE;
	f->scan = 0;
	f->start = 0;
	f->head_len = 0;
	f->body_len = 0;
	f->err_off = 0;
	f->crlf = false;
	f->have_len = false;
	f->len_reason = FP_R_NONE;
	fp_framer_apply(f);
}

/* CRLFs between messages are keep-alives, or nothing (RFC 3261 section 7.5). */
static enum fp_step fp_idle(struct fp_framer *f, const u8 *buf, u32 len, struct fp_frame *out)
{
	if (!len)
		return FP_STEP_MORE;
	if (buf[0] == '\n')
		return fp_lost(f, FP_R_BARE_LINE_END, 0);
	if (buf[0] != '\r') {
		f->state = FP_FS_METHOD;
		return FP_STEP_GO;
	}
	if (len < 2)
		return FP_STEP_MORE;
	if (buf[1] != '\n')
		return fp_lost(f, FP_R_BARE_LINE_END, 0);
	out->event = f->crlf ? FP_FRAME_PING : FP_FRAME_CRLF;
	out->len = 2;
	f->crlf = !f->crlf;
	return FP_STEP_EVENT;
}

/* The first word ended in @c: what is it? */
static enum fp_step fp_first_word(struct fp_framer *f, const u8 *buf, u8 c)
{
	struct fp_slice word = fp_slice(buf, f->scan);

	if (c == ' ' && word.len) {
		f->scan++;
		f->state = FP_FS_TARGET;
		return FP_STEP_GO;
	}
	if (c == '/' && fp_slice_ieq(word, FP_LIT("SIP"))) {
		f->state = FP_FS_START_LINE;
		return FP_STEP_GO;
	}
	if (c == '/' && fp_slice_ieq(word, FP_LIT("HTTP")))
		return fp_lost(f, FP_R_FRAME_HTTP, 0);
	/* 22 is the handshake record of TLS, and no byte of a method. */
	if (!word.len && c == 22)
		return fp_lost(f, FP_R_FRAME_TLS, 0);
	return fp_lost(f, FP_R_FRAME_NOT_SIP, f->scan);
}

static enum fp_step fp_method(struct fp_framer *f, const u8 *buf, u32 len)
{
	for (; f->scan < len; f->scan++) {
		u8 c = buf[f->scan];

		if (!fp_is(c, FP_C_TOKEN))
			return fp_first_word(f, buf, c);
		if (f->scan == FP_SIP_MAX_METHOD)
			return fp_lost(f, FP_R_FRAME_NOT_SIP, f->scan);
	}
	return FP_STEP_MORE;
}

/*
 * A Request-URI begins with a scheme. White space and "<" before it are wrong
 * (RFC 4475 has them), but SIP: the parser answers those.
 */
static enum fp_step fp_target(struct fp_framer *f, const u8 *buf, u32 len)
{
	for (; f->scan < len; f->scan++) {
		u8 c = buf[f->scan];

		if (c == '/' || c == '*')
			return fp_lost(f, FP_R_FRAME_HTTP, f->scan);
		if (fp_is_alpha(c)) {
			f->start = f->scan;
			f->state = FP_FS_SCHEME;
			return FP_STEP_GO;
		}
		if (c != ' ' && c != '<')
			return fp_lost(f, FP_R_FRAME_NOT_SIP, f->scan);
	}
	return FP_STEP_MORE;
}

static enum fp_step fp_scheme(struct fp_framer *f, const u8 *buf, u32 len)
{
	for (; f->scan < len; f->scan++) {
		u8 c = buf[f->scan];

		if (c == ':') {
			f->state = FP_FS_START_LINE;
			return FP_STEP_GO;
		}
		if (!fp_is(c, FP_C_SCHEME) || f->scan - f->start == FP_FRAME_MAX_SCHEME)
			return fp_lost(f, FP_R_FRAME_NOT_SIP, f->scan);
	}
	return FP_STEP_MORE;
}

/* The last word of a start line that is complete. */
static struct fp_slice fp_last_word(const u8 *buf, u32 end)
{
	struct fp_slice line = fp_slice_trim(fp_slice(buf, end));
	u32 at = line.len;

	while (at && line.p[at - 1] != ' ')
		at--;
	return fp_slice_sub(line, at, line.len);
}

/* A start line that says neither SIP here nor there is not SIP. */
static enum fp_step fp_start_line_end(struct fp_framer *f, const u8 *buf, u32 end)
{
	struct fp_slice version = fp_last_word(buf, end);

	if (fp_slice_istarts(version, FP_LIT("SIP/")) ||
	    fp_slice_istarts(fp_slice(buf, end), FP_LIT("SIP/"))) {
		f->scan = end + 2;
		f->state = FP_FS_LINE_BEGIN;
		f->start = f->scan;
		return FP_STEP_GO;
	}
	if (fp_slice_istarts(version, FP_LIT("HTTP/")))
		return fp_lost(f, FP_R_FRAME_HTTP, 0);
	return fp_lost(f, FP_R_FRAME_NOT_SIP, end);
}

/*
 * To the CRLF of the current line: GO with f->scan at its CR. Control
 * characters in headers are for the parser to refuse.
 */
static enum fp_step fp_to_crlf(struct fp_framer *f, const u8 *buf, u32 len, bool start_line)
{
	for (;; f->scan++) {
		u8 c;

		f->scan = fp_find_ctl(buf, f->scan, len);
		if (f->scan == len)
			return FP_STEP_MORE;
		c = buf[f->scan];
		if (c == '\r') {
			if (f->scan + 1 == len)
				return FP_STEP_MORE;
			if (buf[f->scan + 1] == '\n')
				return FP_STEP_GO;
		}
		if (c == '\r' || c == '\n')
			return fp_lost(f, FP_R_BARE_LINE_END, f->scan);
		if (start_line)
			return fp_lost(f, FP_R_FRAME_NOT_SIP, f->scan);
	}
}

static enum fp_step fp_start_line_step(struct fp_framer *f, const u8 *buf, u32 len)
{
	enum fp_step step = fp_to_crlf(f, buf, len, true);

	if (step != FP_STEP_GO || f->state == FP_FS_FATAL)
		return step;
	return fp_start_line_end(f, buf, f->scan);
}

static void fp_length_bad(struct fp_framer *f, enum fp_reason reason, u32 off)
{
	if (f->len_reason)
		return;
	f->len_reason = reason;
	f->err_off = off;
}

/* Most headers are told from Content-Length by their first letter, or their 14th. */
static bool fp_maybe_length(const u8 *buf, u32 start, u32 end)
{
	u8 c = fp_lower(buf[start]);

	return c == 'l' || (c == 'c' && end - start > 13 && fp_lower(buf[start + 13]) == 'h');
}

/* Is the header at [f->start, @end) a Content-Length? Its value when it is. */
static bool fp_length_value(const struct fp_framer *f, const u8 *buf, u32 end,
			    struct fp_span *value)
{
	struct fp_cur c = { buf, f->start, end };
	struct fp_slice name;

	if (!fp_maybe_length(buf, f->start, end))
		return false;
	name = fp_at(buf, fp_cur_run(&c, FP_C_TOKEN));
	if (!fp_slice_ieq(name, FP_LIT("Content-Length")) && !fp_slice_ieq(name, FP_LIT("l")))
		return false;
	fp_cur_lws(&c);
	if (!fp_cur_eat(&c, ':'))
		return false;
	*value = fp_span_trim(buf, fp_span_to(c.pos, end));
	return true;
}

/*
 * A logical header is complete. A Content-Length that is repeated with the
 * same value leaves no doubt about the frame: the parser refuses the message.
 */
static void fp_header_end(struct fp_framer *f, const u8 *buf, u32 end)
{
	struct fp_span value;
	enum fp_reason r;
	u32 n = 0;

	if (f->start == end || !fp_length_value(f, buf, end, &value))
		return;
	r = fp_content_length(fp_at(buf, value), &n);
	if (!r && f->have_len && n != f->body_len)
		r = FP_R_FRAME_LENGTH_CONFLICT;
	if (r) {
		fp_length_bad(f, r, value.off);
		return;
	}
	f->have_len = true;
	f->body_len = n;
}

/* The empty line was seen: how long is the body? */
static enum fp_step fp_head_end(struct fp_framer *f, struct fp_frame *out)
{
	f->head_len = f->scan;
	if (!f->have_len && !f->len_reason)
		fp_length_bad(f, FP_R_FRAME_NO_LENGTH, f->head_len);
	if (f->len_reason)
		return fp_lost(f, f->len_reason, f->err_off);
	f->state = FP_FS_BODY;
	/* No head is longer than a message may be, see fp_framer_apply(). */
	if (f->body_len <= f->max_msg - f->head_len)
		return FP_STEP_GO;
	if (f->body_len > f->max_drain)
		return fp_lost(f, FP_R_FRAME_TOO_LARGE, f->head_len);
	out->event = FP_FRAME_OVERSIZE;
	out->reason = FP_R_FRAME_TOO_LARGE;
	out->len = f->head_len;
	out->head_len = f->head_len;
	out->body_len = f->body_len;
	out->drain = f->body_len;
	f->drain = f->body_len;
	fp_framer_next_msg(f);
	f->state = FP_FS_DRAIN;
	return FP_STEP_EVENT;
}

/* First byte of a line: it goes on, ends the head, or begins a header. */
static enum fp_step fp_line_begin(struct fp_framer *f, const u8 *buf, u32 len,
				  struct fp_frame *out)
{
	u8 c;

	if (f->scan == len)
		return FP_STEP_MORE;
	c = buf[f->scan];
	if (c == '\r' && f->scan + 1 == len)
		return FP_STEP_MORE;
	if (c != ' ' && c != '\t') {
		fp_header_end(f, buf, f->scan);
		f->start = f->scan;
	}
	if (c == '\r' && buf[f->scan + 1] == '\n') {
		f->scan += 2;
		return fp_head_end(f, out);
	}
	f->state = FP_FS_LINE;
	return FP_STEP_GO;
}

/*
 * Over header lines that are nothing special, as long as another follows: f->scan
 * stops at the control character that needs a closer look.
 */
static void fp_plain_lines(struct fp_framer *f, const u8 *buf, u32 len)
{
	u32 scan = f->scan;

	for (;;) {
		scan = fp_find_ctl(buf, scan, len);
		if (len - scan < 3 || buf[scan] != '\r' || buf[scan + 1] != '\n' ||
		    !fp_is_alpha(buf[scan + 2]) || fp_maybe_length(buf, f->start, scan))
			break;
		scan += 2;
		f->start = scan;
	}
	f->scan = scan;
}

static enum fp_step fp_line_step(struct fp_framer *f, const u8 *buf, u32 len)
{
	enum fp_step step;

	fp_plain_lines(f, buf, len);
	step = fp_to_crlf(f, buf, len, false);
	if (step != FP_STEP_GO || f->state == FP_FS_FATAL)
		return step;
	f->scan += 2;
	f->state = FP_FS_LINE_BEGIN;
	return FP_STEP_GO;
}

static enum fp_step fp_body_step(struct fp_framer *f, u32 len, struct fp_frame *out)
{
	if (len < f->head_len + f->body_len)
		return FP_STEP_MORE;
	out->event = FP_FRAME_MSG;
	out->len = f->head_len + f->body_len;
	out->head_len = f->head_len;
	out->body_len = f->body_len;
	fp_framer_next_msg(f);
	return FP_STEP_EVENT;
}

static enum fp_step fp_drain_step(struct fp_framer *f, u32 len, struct fp_frame *out)
{
	if (!f->drain) {
		f->state = FP_FS_IDLE;
		return FP_STEP_GO;
	}
	if (!len)
		return FP_STEP_MORE;
	out->event = FP_FRAME_DRAIN;
	out->reason = FP_R_FRAME_TOO_LARGE;
	out->len = len < f->drain ? len : f->drain;
	out->drain = f->drain;
	f->drain -= out->len;
	return FP_STEP_EVENT;
}

static enum fp_step fp_fatal_step(const struct fp_framer *f, struct fp_frame *out)
{
	out->event = FP_FRAME_FATAL;
	out->reason = f->reason;
	out->head_len = f->head_len;
	out->err_off = f->err_off;
	return FP_STEP_EVENT;
}

/* @head is @len, or less when more than a head may have is there already. */
static enum fp_step fp_step(struct fp_framer *f, const u8 *buf, u32 len, u32 head,
			    struct fp_frame *out)
{
	switch (f->state) {
	case FP_FS_IDLE:
		return fp_idle(f, buf, len, out);
	case FP_FS_METHOD:
		return fp_method(f, buf, head);
	case FP_FS_TARGET:
		return fp_target(f, buf, head);
	case FP_FS_SCHEME:
		return fp_scheme(f, buf, head);
	case FP_FS_START_LINE:
		return fp_start_line_step(f, buf, head);
	case FP_FS_LINE_BEGIN:
		return fp_line_begin(f, buf, head, out);
	case FP_FS_LINE:
		return fp_line_step(f, buf, head);
	case FP_FS_BODY:
		return fp_body_step(f, len, out);
	case FP_FS_DRAIN:
		return fp_drain_step(f, len, out);
	}
	return fp_fatal_step(f, out);
}

/**
 * fp_framer_next() - find the next event of a stream
 * @f: the framer
 * @buf: the unconsumed bytes of the stream
 * @len: how many there are
 * @out: the event
 *
 * On FP_FRAME_MORE show the same bytes again with more behind them. After any
 * other event but FP_FRAME_FATAL the next call starts @out->len bytes further.
 *
 * Context: any.
 */
void fp_framer_next(struct fp_framer *f, const u8 *buf, u32 len, struct fp_frame *out)
{
	u32 head = len < f->max_head ? len : f->max_head;
	enum fp_step step;

	memset(out, 0, sizeof(*out));
	do {
		step = fp_step(f, buf, len, head, out);
		/* A head that has all the room it may have will not end any more. */
		if (step == FP_STEP_MORE && len >= f->max_head &&
		    f->state >= FP_FS_METHOD && f->state <= FP_FS_LINE)
			step = fp_lost(f, FP_R_FRAME_HEAD_TOO_LARGE, f->max_head);
	} while (step == FP_STEP_GO);
}
