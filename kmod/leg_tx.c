// SPDX-License-Identifier: GPL-2.0
/*
 * Sending on a leg.
 *
 * Workers put whole messages into the queue, the leg's job gives the socket
 * what is there, in calls of up to FP_TX_SEND octets: messages that became
 * ready together leave in one TLS record. A full queue is the matter of those who
 * send into it, never of the leg's other neighbours: see fp_tx_wait().
 */
#include <linux/net.h>
#include <linux/tls.h>
#include <linux/uio.h>
#include <net/sock.h>
#include "leg.h"

/* Four full records; TLS splits what is longer than one. */
#define FP_TX_SEND	(64 * 1024)
#define FP_TX_IOV	(FP_TX_SEND / FP_CHUNK_DATA)
/* Calls of one leg before the others have their turn. */
#define FP_TX_BUDGET	4
/* Room that one of those who wait will want; decides how many are woken. */
#define FP_TX_WAKE_UNIT	1024

/* Where pieces go: the end of the queue. Under tx.lock. */
static void fp_tx_grow(struct fp_tx *tx, struct fp_worker *w)
{
	struct fp_chunk *c = fp_chunk_get(w);

	if (tx->tail)
		tx->tail->next = c;
	else
		tx->head = c;
	tx->tail = c;
	tx->chunks++;
}

/* Chunks that the queue needs for @len more octets. Under tx.lock. */
static u32 fp_tx_chunks(const struct fp_tx *tx, u32 len)
{
	u32 room = tx->tail ? FP_CHUNK_DATA - tx->tail->end : 0;

	return len <= room ? 0 : DIV_ROUND_UP(len - room, FP_CHUNK_DATA);
}

/* Cannot fail: fp_tx_admit() has reserved the chunks. Under tx.lock. */
static void fp_tx_append(struct fp_leg *leg, struct fp_worker *w, struct fp_slice s)
{
	struct fp_tx *tx = &leg->tx;

	while (s.len) {
		struct fp_chunk *c;
		u32 n;

		if (!tx->tail || tx->tail->end == FP_CHUNK_DATA)
			fp_tx_grow(tx, w);
		c = tx->tail;
		n = min_t(u32, s.len, FP_CHUNK_DATA - c->end);
		memcpy(c->data + c->end, s.p, n);
		c->end += n;
		s = fp_slice(s.p + n, s.len - n);
	}
}

/*
 * What the limit is compared with, were @len more octets in the queue: memory,
 * chunks that are half empty included. A raw leg counts octets before it reads
 * them, for it cannot give them back.
 */
static u32 __fp_tx_used(const struct fp_leg *leg, u32 len)
{
	const struct fp_tx *tx = &leg->tx;

	lockdep_assert_held(&tx->lock);
	if (leg->raw)
		return tx->queued + len;
	return (tx->chunks + fp_tx_chunks(tx, len)) * sizeof(struct fp_chunk);
}

/* Do @len octets pass the limit? A queue that is empty takes any message, however long. */
static bool __fp_tx_fits(const struct fp_leg *leg, u32 len)
{
	lockdep_assert_held(&leg->tx.lock);
	return !leg->tx.queued || __fp_tx_used(leg, len) <= leg->tx.limit;
}

/* May @len octets go in, and is there memory for them? Under tx.lock. */
static int fp_tx_admit(struct fp_leg *leg, struct fp_worker *w, u32 len)
{
	struct fp_tx *tx = &leg->tx;
	u32 chunks;

	if (tx->dead)
		return -EPIPE;
	if (!__fp_tx_fits(leg, len))
		return -ENOBUFS;
	chunks = fp_tx_chunks(tx, len);
	if (!fp_chunk_reserve(w, chunks))
		return -ENOMEM;
	if (!fp_leg_charge(leg, chunks * sizeof(struct fp_chunk)))
		return -EDQUOT;
	return 0;
}

/* Bytes are in: have them sent. Under tx.lock. */
static void fp_tx_account(struct fp_leg *leg, u32 len, u32 messages)
{
	WRITE_ONCE(leg->tx.queued, leg->tx.queued + len);
	WRITE_ONCE(leg->tx.messages, leg->tx.messages + messages);
}

/**
 * fp_tx_put() - queue a message
 * @leg: leg that it goes to
 * @w: worker of the caller
 * @edits: what it becomes, sealed
 * @msg: the original
 *
 * This is the one copy between receive buffer and socket.
 *
 * Context: a job; does not sleep.
 * Return: 0, -EPIPE: the leg is closing, -ENOBUFS: its queue is full, -ENOMEM,
 * -EDQUOT: the namespace has no memory left.
 */
int fp_tx_put(struct fp_leg *leg, struct fp_worker *w, const struct fp_edits *edits,
	      struct fp_slice msg)
{
	u32 len = fp_edits_new_len(edits, msg.len);
	struct fp_edits_iter it;
	struct fp_slice piece;
	int err;

	spin_lock(&leg->tx.lock);
	err = fp_tx_admit(leg, w, len);
	if (!err) {
		fp_edits_first(&it, edits, msg);
		while (fp_edits_next(&it, &piece))
			fp_tx_append(leg, w, piece);
		fp_tx_account(leg, len, 1);
	}
	spin_unlock(&leg->tx.lock);
	if (!err)
		fp_leg_tell(leg, FP_EV_TX);
	return err;
}

/**
 * fp_tx_put_bytes() - queue a response of our own, or a pong
 * @leg: leg that it goes to
 * @w: worker of the caller
 * @p: the bytes
 * @len: how many
 *
 * Context: a job; does not sleep.
 * Return: as fp_tx_put().
 */
int fp_tx_put_bytes(struct fp_leg *leg, struct fp_worker *w, const void *p, u32 len)
{
	int err;

	spin_lock(&leg->tx.lock);
	err = fp_tx_admit(leg, w, len);
	if (!err) {
		fp_tx_append(leg, w, fp_slice(p, len));
		fp_tx_account(leg, len, 0);
	}
	spin_unlock(&leg->tx.lock);
	if (!err)
		fp_leg_tell(leg, FP_EV_TX);
	return err;
}

/**
 * fp_tx_wait() - stop reading from a leg until another one's queue has room
 * @leg: leg whose queue is full
 * @waiter: leg that stops; its job calls
 * @len: octets that it could not put in
 *
 * Return: 0: it will be told FP_EV_RESUME; -EAGAIN: there is room now;
 * -EBUSY: @leg has been full for long, do not wait.
 */
int fp_tx_wait(struct fp_leg *leg, struct fp_leg *waiter, u32 len)
{
	struct fp_tx *tx = &leg->tx;
	int err = 0;

	spin_lock(&tx->lock);
	/* Where there is no room something is queued: its leaving wakes us. */
	if (tx->dead || __fp_tx_fits(leg, len))
		err = -EAGAIN;
	else if (tx->slow || !fp_leg_get(leg))
		err = -EBUSY;
	else
		list_add_tail(&waiter->wait, &tx->waiters);
	spin_unlock(&tx->lock);
	if (!err)
		WRITE_ONCE(waiter->wait_on, leg);
	return err;
}

/**
 * fp_tx_unwait() - wait no longer
 * @waiter: leg that waits; its job calls
 *
 * Whoever was let go passes the baton: had it nothing to send, the next one
 * would wait for ever.
 */
void fp_tx_unwait(struct fp_leg *waiter)
{
	struct fp_leg *leg = waiter->wait_on;

	spin_lock(&leg->tx.lock);
	list_del_init(&waiter->wait);
	spin_unlock(&leg->tx.lock);
	WRITE_ONCE(waiter->wait_on, NULL);
	fp_leg_tell(leg, FP_EV_BATON);
	fp_leg_put(leg);
}

/**
 * fp_tx_wake() - let those go on who wait for room, as many as there is room for
 * @leg: leg that they wait for; its job calls
 */
void fp_tx_wake(struct fp_leg *leg)
{
	struct fp_tx *tx = &leg->tx;
	struct fp_leg *waiter;
	u32 n, used;

	spin_lock(&tx->lock);
	/* Counted as those who wait will be when they try again. */
	used = __fp_tx_used(leg, 0);
	if (tx->dead || used <= tx->limit / 2) {
		tx->slow = false;
		n = tx->dead ? U32_MAX : (tx->limit - used) / FP_TX_WAKE_UNIT + 1;
		while (n-- && !list_empty(&tx->waiters)) {
			waiter = list_first_entry(&tx->waiters, struct fp_leg, wait);
			list_del_init(&waiter->wait);
			/* It is alive: before it ends it takes itself off the list. */
			fp_leg_tell(waiter, FP_EV_RESUME);
		}
	}
	spin_unlock(&tx->lock);
}

/* Take over what others have put in. */
static void fp_tx_take(struct fp_tx *tx)
{
	spin_lock(&tx->lock);
	if (tx->out)
		tx->out_tail->next = tx->head;
	else
		tx->out = tx->head;
	if (tx->head)
		tx->out_tail = tx->tail;
	tx->head = NULL;
	tx->tail = NULL;
	spin_unlock(&tx->lock);
}

/**
 * fp_tx_give_up() - a leg has been full for too long
 * @waiter: leg that waited for it; its job calls
 *
 * From now until half of its queue is gone nobody waits for it.
 */
void fp_tx_give_up(struct fp_leg *waiter)
{
	struct fp_tx *tx = &waiter->wait_on->tx;
	struct fp_leg *other;

	spin_lock(&tx->lock);
	tx->slow = true;
	list_for_each_entry(other, &tx->waiters, wait)
		fp_leg_tell(other, FP_EV_RESUME);
	spin_unlock(&tx->lock);
}

static u32 fp_tx_iov(const struct fp_tx *tx, struct kvec *iov, u32 *len)
{
	struct fp_chunk *c;
	u32 n = 0;

	*len = 0;
	for (c = tx->out; c && n < FP_TX_IOV; c = c->next) {
		iov[n].iov_base = c->data + c->start;
		iov[n].iov_len = c->end - c->start;
		*len += iov[n++].iov_len;
	}
	return n;
}

static void fp_tx_free_chunk(struct fp_leg *leg, struct fp_worker *w, struct fp_chunk *c)
{
	fp_chunk_put(w, c);
	fp_leg_uncharge(leg, sizeof(*c));
}

/* @n octets are the socket's now. */
static void fp_tx_sent(struct fp_leg *leg, struct fp_worker *w, u32 n)
{
	struct fp_tx *tx = &leg->tx;
	u32 left = n, chunks = 0;

	WRITE_ONCE(leg->tx_bytes, leg->tx_bytes + n);
	while (left) {
		struct fp_chunk *c = tx->out;
		u32 part = min(left, c->end - c->start);

		c->start += part;
		left -= part;
		if (c->start < c->end)
			break;
		tx->out = c->next;
		fp_tx_free_chunk(leg, w, c);
		chunks++;
	}
	spin_lock(&tx->lock);
	WRITE_ONCE(tx->queued, tx->queued - n);
	tx->chunks -= chunks;
	spin_unlock(&tx->lock);
}

/* One call. Return: octets that went, or a negative error. */
static int fp_tx_send(struct fp_leg *leg)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec iov[FP_TX_IOV];
	u32 len;
	u32 n = fp_tx_iov(&leg->tx, iov, &len);

	fp_stat_inc(leg->fpn, FP_S_SENDS);
	return kernel_sendmsg(leg->sock, &msg, iov, n, len);
}

/**
 * fp_leg_tx() - send what is queued, as far as the socket takes it
 * @leg: the leg; its tx.more says whether the budget ended before the queue did
 * @w: worker of the caller
 *
 * Context: its job; process context, may sleep for memory.
 * Return: 0, or the negative error with which the socket failed.
 */
int fp_leg_tx(struct fp_leg *leg, struct fp_worker *w)
{
	struct fp_tx *tx = &leg->tx;
	u32 budget = FP_TX_BUDGET;
	bool moved = false;
	int n = 0;

	tx->more = false;
	while (!tx->blocked) {
		fp_tx_take(tx);
		if (!tx->out)
			break;
		/* A peer as fast as those who send to it would keep us here for ever. */
		if (!budget-- || (moved && fp_worker_slice_over(w))) {
			tx->more = true;
			break;
		}
		n = fp_tx_send(leg);
		if (n <= 0)
			break;
		fp_tx_sent(leg, w, n);
		moved = true;
	}
	/*
	 * Woken by FP_EV_SPACE: TCP has noted that it has to call us. TLS had no
	 * memory for a record: nothing of it is lost, the timer tries again.
	 */
	if (n == -EAGAIN || n == -ENOMEM || n == -ENOBUFS)
		tx->blocked = true;
	if (moved)
		fp_tx_wake(leg);
	return n < 0 && !tx->blocked ? n : 0;
}

/**
 * fp_leg_tx_stop() - take nothing more into the queue
 * @leg: the leg
 *
 * Context: its job.
 */
void fp_leg_tx_stop(struct fp_leg *leg)
{
	spin_lock(&leg->tx.lock);
	leg->tx.dead = true;
	spin_unlock(&leg->tx.lock);
	fp_tx_wake(leg);
}

/**
 * fp_leg_tx_free() - drop what was not sent
 * @leg: the leg, after fp_leg_tx_stop()
 * @w: worker of the caller
 *
 * Context: its job.
 */
void fp_leg_tx_free(struct fp_leg *leg, struct fp_worker *w)
{
	struct fp_tx *tx = &leg->tx;
	struct fp_chunk *c;

	fp_tx_take(tx);
	if (tx->out)
		fp_count(leg->fpn, FP_R_UNSENT);
	while ((c = tx->out)) {
		tx->out = c->next;
		fp_tx_free_chunk(leg, w, c);
	}
	spin_lock(&tx->lock);
	WRITE_ONCE(tx->queued, 0);
	tx->chunks = 0;
	spin_unlock(&tx->lock);
}
