/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finding SIP messages in a byte stream (RFC 3261 sections 7.5 and 18.3,
 * RFC 5626 section 3.5.1).
 *
 * The framer keeps no bytes. The caller shows it the unconsumed bytes of its
 * buffer, always starting with the first that no earlier event consumed; the
 * buffer may move or grow between calls. However the stream is cut, no byte is
 * scanned twice (only the value of a Content-Length and the last word of the
 * start line are read again, once), and the cuts never change the events.
 *
 * Whether the bytes are SIP at all is decided within the first words: what
 * cannot become "METHOD scheme:" or "SIP/" is refused at that byte.
 */
#ifndef _FEDPAT_FRAME_H
#define _FEDPAT_FRAME_H

#include <fedpat/reasons.h>
#include <fedpat/slice.h>

#define FP_FRAME_MAX_MSG	(64 * 1024)	/* default maximum of a message */
#define FP_FRAME_MAX_HEAD	(32 * 1024)	/* default maximum of its head */
#define FP_FRAME_MAX_DRAIN	(1024 * 1024)	/* default maximum to drain after 513 */

enum fp_frame_event {
	/* Nothing is complete; come back with more bytes. */
	FP_FRAME_MORE,
	/* One message: consume @len bytes after it was handled. */
	FP_FRAME_MSG,
	/* A CRLF between messages: the peer lives. Also the answer to our own ping. */
	FP_FRAME_CRLF,
	/* The second CRLF of a pair: a ping; answer CRLF. The first was reported as CRLF. */
	FP_FRAME_PING,
	/*
	 * A message that is too large, with a head that is complete: answer
	 * @reason (513), then consume @len (the head). What follows comes as
	 * FP_FRAME_DRAIN until @drain bytes of its body are gone.
	 */
	FP_FRAME_OVERSIZE,
	/* Bytes of an oversize body: consume @len, keep nothing. */
	FP_FRAME_DRAIN,
	/*
	 * Framing is lost under @reason: answer it where @head_len is not 0
	 * (the head is complete), then close. The event repeats for ever.
	 */
	FP_FRAME_FATAL,
};

/**
 * struct fp_frame - what the framer found
 * @event: enum fp_frame_event
 * @reason: why, for FP_FRAME_OVERSIZE and FP_FRAME_FATAL
 * @len: bytes to consume from the front of the buffer
 * @head_len: bytes of the head with its empty line; 0 when not complete
 * @body_len: bytes of the body (FP_FRAME_MSG, FP_FRAME_OVERSIZE: as declared)
 * @drain: bytes that will come as FP_FRAME_DRAIN (FP_FRAME_OVERSIZE, FP_FRAME_DRAIN)
 * @err_off: offset of the byte that the reason is about
 */
struct fp_frame {
	enum fp_frame_event event;
	enum fp_reason reason;
	u32 len;
	u32 head_len;
	u32 body_len;
	u32 drain;
	u32 err_off;
};

/**
 * struct fp_framer - state of one direction of a stream
 * @limit: largest message from the next one on
 * @max_msg: largest message, head and body
 * @max_head: largest head, no larger than @max_msg
 * @room_head: largest head whatever @max_msg
 * @max_drain: largest body that is drained after FP_FRAME_OVERSIZE
 * @scan: bytes of the current message that were looked at
 * @start: offset of the current field of the start line, or of the current header
 * @head_len: bytes of the head, 0 while its end was not seen
 * @body_len: declared body
 * @drain: bytes left to drain
 * @state: where in the message @scan stands
 * @crlf: an unpaired CRLF came just before
 * @have_len: a Content-Length was seen
 * @reason: why framing is lost, FP_R_NONE while it is not
 * @len_reason: what is wrong with the Content-Length
 * @err_off: offset for @reason or @len_reason
 */
struct fp_framer {
	u32 limit;
	u32 max_msg;
	u32 max_head;
	u32 room_head;
	u32 max_drain;
	u32 scan;
	u32 start;
	u32 head_len;
	u32 body_len;
	u32 drain;
	u32 err_off;
	u8 state;
	bool crlf;
	bool have_len;
	enum fp_reason reason;
	enum fp_reason len_reason;
};

/* 0 for any of the limits takes its default. */
void fp_framer_init(struct fp_framer *f, u32 max_msg, u32 max_head, u32 max_drain);

/* Another largest message, at any time: from the next message on. */
void fp_framer_limit(struct fp_framer *f, u32 max_msg);

/*
 * Next event in @buf, the unconsumed bytes. On FP_FRAME_MORE, show the same
 * bytes again with more behind them. After any other event but FP_FRAME_FATAL
 * the next call must start @out->len bytes further.
 */
void fp_framer_next(struct fp_framer *f, const u8 *buf, u32 len, struct fp_frame *out);

/* How many bytes the buffer must hold for the current message, 0 when not yet known. */
u32 fp_framer_want(const struct fp_framer *f);

#endif /* _FEDPAT_FRAME_H */
