// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving on a leg.
 *
 * Bytes are read into the buffer of the worker and handled there. Only what is
 * left when the leg gives way, less than a message as a rule, is kept with the
 * leg: an idle leg has no buffer. A message that is larger than the worker's
 * buffer is gathered in the leg's own, which never exceeds one maximum message
 * and 16 KiB.
 */
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/tls.h>
#include <linux/vmalloc.h>
#include <net/sock.h>
#include "leg.h"
#include "relay.h"

/* Smallest room worth a call; also the longest control record but tickets. */
#define FP_RX_ROOM	1024

/**
 * struct fp_rx_work - the bytes at hand
 * @p: buffer, the worker's or the leg's
 * @cap: its room
 * @off: first byte not consumed
 * @len: bytes not consumed
 * @own: it is the leg's
 */
struct fp_rx_work {
	u8 *p;
	u32 cap;
	u32 off;
	u32 len;
	bool own;
};

enum fp_rx_step {
	FP_RX_GO_ON,
	FP_RX_STOP,	/* nothing more for now */
	FP_RX_LATER,	/* the others first */
};

/* kmalloc() would round what is larger than some pages up to a power of two. */
static void *fp_rx_alloc(u32 cap)
{
	return cap > FP_RX_BATCH ? vmalloc(cap) : kvmalloc(cap, GFP_KERNEL);
}

/* Move what is left into a buffer of the leg that has @cap octets. */
static bool fp_rx_own(struct fp_leg *leg, struct fp_rx_work *b, u32 cap)
{
	struct fp_rx *rx = &leg->rx;
	u8 *buf;

	/* What is in the worker's buffer need not be in the leg's as well. */
	if (!b->own)
		fp_leg_rx_free(leg);
	/* What a peer wrote into a Content-Length is not how much it gets. */
	WARN_ON_ONCE(cap > FP_INSPECT_MESSAGE_MAX + FP_WORKER_RX + FP_TX_SLACK);
	if (!fp_leg_charge(leg, cap)) {
		fp_leg_close(leg, FP_R_MEMORY_CAP);
		return false;
	}
	buf = fp_rx_alloc(cap);
	if (!buf) {
		fp_leg_uncharge(leg, cap);
		fp_leg_close(leg, FP_R_NO_MEMORY);
		return false;
	}
	memcpy(buf, b->p + b->off, b->len);
	fp_leg_rx_free(leg);
	rx->buf = buf;
	rx->cap = cap;
	*b = (struct fp_rx_work){ .p = buf, .cap = cap, .len = b->len, .own = true };
	return true;
}

/* Take up what was left by the run before. */
static void fp_rx_begin(struct fp_leg *leg, struct fp_worker *w, struct fp_rx_work *b)
{
	struct fp_rx *rx = &leg->rx;

	*b = (struct fp_rx_work){ .p = w->mem->rx, .cap = FP_WORKER_RX, .len = rx->len };
	if (rx->cap > FP_WORKER_RX)
		*b = (struct fp_rx_work){ rx->buf, rx->cap, 0, rx->len, true };
	else if (rx->len)
		memcpy(b->p, rx->buf, rx->len);
}

/* Keep what is left, in as much memory as it takes. */
static void fp_rx_end(struct fp_leg *leg, struct fp_rx_work *b)
{
	struct fp_rx *rx = &leg->rx;
	u32 cap = roundup_pow_of_two(max_t(u32, b->len, 256));

	if (cap > FP_RX_BATCH)
		cap = PAGE_ALIGN(b->len);
	rx->len = b->len;
	if (!b->len) {
		fp_leg_rx_free(leg);
	} else if (b->own && max(b->len, fp_framer_want(&rx->framer)) > FP_WORKER_RX) {
		memmove(b->p, b->p + b->off, b->len);
	} else if (!b->own && rx->cap >= b->len && rx->cap <= 2 * cap) {
		memcpy(rx->buf, b->p + b->off, b->len);
	} else if (!fp_rx_own(leg, b, cap)) {
		fp_count(leg->fpn, FP_R_MESSAGE_CUT);
		fp_leg_rx_free(leg);
		rx->len = 0;
	}
}

/* Room for the next call: all that the message wants, or a batch. */
static bool fp_rx_room(struct fp_leg *leg, struct fp_rx_work *b)
{
	u32 want = fp_framer_want(&leg->rx.framer);

	if (b->off) {
		memmove(b->p, b->p + b->off, b->len);
		b->off = 0;
	}
	if (want > b->cap)
		return fp_rx_own(leg, b, want + FP_RX_ROOM);
	if (b->cap - b->len < FP_RX_ROOM)
		return fp_rx_own(leg, b, b->cap + FP_TX_SLACK);
	return true;
}

static enum fp_reason fp_rx_error(int err)
{
	switch (err) {
	case -EBADMSG:
	case -EMSGSIZE:
	case -EINVAL:
	case -EIO:
		return FP_R_TLS_RECORD_BAD;
	case -ECONNRESET:
	case -EPIPE:
		return FP_R_LEG_RESET;
	case -ETIMEDOUT:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		return FP_R_LEG_TIMEOUT;
	/* TLS gives a record up that it finds no memory to decrypt. */
	case -ENOMEM:
	case -ENOBUFS:
		return FP_R_NO_MEMORY;
	default:
		return FP_R_LEG_SOCKET;
	}
}

/**
 * fp_leg_fail() - the socket gave an error: no orderly end
 * @leg: the leg
 * @err: negative error of a call
 *
 * Context: its job.
 */
void fp_leg_fail(struct fp_leg *leg, int err)
{
	enum fp_reason why = fp_rx_error(err);

	if (why == FP_R_TLS_RECORD_BAD && !leg->ktls)
		why = FP_R_LEG_SOCKET;
	leg->abort = true;
	fp_leg_close(leg, why);
}

/**
 * struct fp_rx_got - what a call returned
 * @n: octets, 0 at the end of the stream or for an empty record, or a negative error
 * @type: record type; FP_TLSREC_DATA without TLS
 * @record: a record of TLS was there
 * @eor: the record ends there
 */
struct fp_rx_got {
	int n;
	u8 type;
	bool record;
	bool eor;
};

static bool fp_rx_is_end(const struct fp_rx_got *got)
{
	return !got->n && !got->record;
}

static void fp_rx_recv(struct fp_leg *leg, void *p, u32 room, struct fp_rx_got *got)
{
	union {
		struct cmsghdr h;
		u8 b[CMSG_SPACE(sizeof(u8))];
	} ctl;
	struct msghdr msg = { .msg_control = &ctl, .msg_controllen = sizeof(ctl) };
	struct kvec iov = { .iov_base = p, .iov_len = room };

	got->n = kernel_recvmsg(leg->sock, &msg, &iov, 1, room, MSG_DONTWAIT);
	got->type = FP_TLSREC_DATA;
	got->eor = msg.msg_flags & MSG_EOR;
	/* What was put into the buffer is no longer room in it. */
	got->record = msg.msg_controllen < sizeof(ctl) && ctl.h.cmsg_level == SOL_TLS &&
		      ctl.h.cmsg_type == TLS_GET_RECORD_TYPE;
	if (got->record)
		got->type = *(u8 *)CMSG_DATA(&ctl.h);
}

static void fp_rx_eof(struct fp_leg *leg, enum fp_reason why)
{
	leg->rx.eof = true;
	if (leg->rx.len)
		fp_count(leg->fpn, FP_R_MESSAGE_CUT);
	fp_leg_close(leg, why);
}

static void fp_rx_control(struct fp_leg *leg, const u8 *p, const struct fp_rx_got *got)
{
	struct fp_tlsrec_out out;

	fp_stat_inc(leg->fpn, FP_S_RECORDS_CONTROL);
	fp_tlsrec_feed(&leg->rx.tls, got->type, p, got->n, got->eor, &out);
	if (out.tickets)
		fp_stat_add(leg->fpn, FP_S_TICKETS, out.tickets);
	if (out.verdict == FP_TLSREC_CLOSE_NOTIFY) {
		fp_rx_eof(leg, FP_R_LEG_PEER_CLOSED);
	} else if (out.verdict == FP_TLSREC_TEARDOWN) {
		leg->detail = out.alert;
		leg->abort = out.reason != FP_R_TLS_KEY_UPDATE;
		fp_leg_close(leg, out.reason);
	}
}

/**
 * fp_leg_rx_more() - after a call that left room: is more there, unannounced?
 * @leg: the leg
 *
 * Not more data, for what comes later is announced; but a record of another
 * type behind this one, or an end that came together with the bytes.
 *
 * Context: its job.
 * Return: whether another call is worth it.
 */
bool fp_leg_rx_more(const struct fp_leg *leg)
{
	struct sock *sk = leg->sock->sk;

	return sk_is_readable(sk) || READ_ONCE(sk->sk_err) ||
	       READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN;
}

/* One call. Return: whether bytes of the stream came. */
static enum fp_rx_step fp_rx_fill(struct fp_leg *leg, struct fp_rx_work *b)
{
	struct fp_rx_got got;
	u32 room;

	if (!fp_rx_room(leg, b))
		return FP_RX_STOP;
	room = min_t(u32, b->cap - b->len, FP_RX_BATCH);
	fp_rx_recv(leg, b->p + b->len, room, &got);
	if (got.n == -EAGAIN) {
		leg->rx.more = false;
		return FP_RX_STOP;
	}
	if (got.n < 0) {
		fp_leg_fail(leg, got.n);
		return FP_RX_STOP;
	}
	if (got.type != FP_TLSREC_DATA) {
		leg->rx.len = b->len;
		fp_rx_control(leg, b->p + b->len, &got);
		return READ_ONCE(leg->reason) ? FP_RX_STOP : FP_RX_GO_ON;
	}
	if (fp_rx_is_end(&got)) {
		leg->rx.len = b->len;
		fp_rx_eof(leg, leg->ktls ? FP_R_LEG_CUT : FP_R_LEG_PEER_CLOSED);
		return FP_RX_STOP;
	}
	b->len += got.n;
	WRITE_ONCE(leg->rx_bytes, leg->rx_bytes + got.n);
	if (got.n < room)
		leg->rx.more = fp_leg_rx_more(leg);
	return FP_RX_GO_ON;
}

static void fp_rx_consume(struct fp_rx_work *b, u32 n)
{
	b->off += n;
	b->len -= n;
}

/* What one frame asks for. */
static enum fp_relay_verdict fp_rx_frame(struct fp_relay *r, const u8 *p)
{
	struct fp_leg *leg = r->in;
	const struct fp_frame *f = &leg->rx.frame;

	switch (f->event) {
	case FP_FRAME_MSG:
		return fp_relay_message_rcu(r, fp_slice(p, f->len));
	case FP_FRAME_PING:
		fp_stat_inc(leg->fpn, FP_S_PINGS);
		leg->rx.pong = true;
		return FP_RELAY_DONE;
	case FP_FRAME_OVERSIZE:
		fp_relay_refuse_rcu(r, fp_slice(p, f->head_len), f->reason);
		return FP_RELAY_DONE;
	case FP_FRAME_FATAL:
		fp_relay_refuse_rcu(r, fp_slice(p, f->head_len), f->reason);
		leg->counted = f->reason;
		fp_leg_close(leg, f->reason);
		return FP_RELAY_CLOSE;
	default:
		return FP_RELAY_DONE;
	}
}

/*
 * Pings that came together are answered together: thousands fit one record, and must
 * not become as many records of ours.
 */
static void fp_rx_pong(struct fp_leg *leg, struct fp_worker *w)
{
	if (!leg->rx.pong)
		return;
	leg->rx.pong = false;
	if (fp_tx_put_bytes(leg, w, "\r\n", 2))
		fp_count(leg->fpn, FP_R_REPLY_QUEUE_FULL);
}

/* Empty lines cost next to nothing. */
static bool fp_rx_is_message(enum fp_frame_event event)
{
	return event != FP_FRAME_CRLF && event != FP_FRAME_PING;
}

/* Handle what is complete. RCU keeps the policy, and with it the realm. */
static enum fp_rx_step fp_rx_frames_rcu(struct fp_relay *r, struct fp_rx_work *b, u32 *budget)
{
	struct fp_rx *rx = &r->in->rx;

	for (;;) {
		const u8 *p = b->p + b->off;
		enum fp_relay_verdict v;

		if (!rx->pending)
			fp_framer_next(&rx->framer, p, b->len, &rx->frame);
		if (rx->frame.event == FP_FRAME_MORE)
			return FP_RX_GO_ON;
		v = fp_rx_frame(r, p);
		rx->pending = v == FP_RELAY_PAUSE;
		if (v == FP_RELAY_CLOSE || v == FP_RELAY_PAUSE)
			return FP_RX_STOP;
		fp_rx_consume(b, rx->frame.len);
		if ((fp_rx_is_message(rx->frame.event) && !--*budget) ||
		    fp_worker_slice_over(r->w))
			return FP_RX_LATER;
	}
}

static enum fp_rx_step fp_rx_frames(struct fp_leg *leg, struct fp_worker *w,
				    struct fp_rx_work *b, u32 *budget)
{
	enum fp_rx_step step;
	struct fp_relay r;

	if (!b->len)
		return FP_RX_GO_ON;
	rcu_read_lock();
	if (fp_relay_begin_rcu(&r, leg, w, NULL)) {
		step = fp_rx_frames_rcu(&r, b, budget);
		fp_rx_pong(leg, w);
	} else {
		fp_leg_close(leg, FP_R_LEG_SWEPT);
		step = FP_RX_STOP;
	}
	rcu_read_unlock();
	return step;
}

/**
 * fp_leg_rx() - read and handle what the peer sent, within a budget
 * @leg: leg that is up and does not wait for another
 * @w: worker of the caller
 *
 * Context: its job.
 * Return: true when it must be called again soon.
 */
bool fp_leg_rx(struct fp_leg *leg, struct fp_worker *w)
{
	u32 budget = FP_RX_BUDGET;
	struct fp_rx_work b;
	enum fp_rx_step step;

	if (!leg->rx.more && !leg->rx.pending && !leg->rx.again)
		return false;
	fp_rx_begin(leg, w, &b);
	do {
		step = fp_rx_frames(leg, w, &b, &budget);
		if (step != FP_RX_GO_ON || !leg->rx.more)
			break;
		/* Control records and crumbs of a message cost time, too. */
		step = fp_worker_slice_over(w) ? FP_RX_LATER : fp_rx_fill(leg, &b);
	} while (step == FP_RX_GO_ON);
	leg->rx.again = step == FP_RX_LATER;
	fp_rx_end(leg, &b);
	return leg->rx.again;
}

/**
 * fp_leg_rx_discard() - read on, to see the end of the stream
 * @leg: leg that is closing
 * @w: worker of the caller
 *
 * A socket that is closed with unread bytes resets the connection, and the peer
 * may lose what we sent last.
 *
 * Context: its job.
 */
void fp_leg_rx_discard(struct fp_leg *leg, struct fp_worker *w)
{
	u32 budget = FP_RX_BUDGET;
	struct fp_rx_got got;

	while (budget-- && leg->rx.more) {
		fp_rx_recv(leg, w->mem->rx, FP_WORKER_RX, &got);
		if (got.n == -EAGAIN)
			leg->rx.more = false;
		else if (got.n < 0 || got.type == FP_TLSREC_ALERT || fp_rx_is_end(&got))
			leg->rx.eof = true;
		if (leg->rx.eof)
			break;
	}
}

/**
 * fp_leg_rx_free() - free the leg's own buffer
 * @leg: the leg
 *
 * Context: its job, or nobody else knows the leg.
 */
void fp_leg_rx_free(struct fp_leg *leg)
{
	if (!leg->rx.buf)
		return;
	kvfree(leg->rx.buf);
	fp_leg_uncharge(leg, leg->rx.cap);
	leg->rx.buf = NULL;
	leg->rx.cap = 0;
}
