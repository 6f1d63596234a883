// SPDX-License-Identifier: GPL-2.0
/*
 * Raw legs: two sockets whose bytes are relayed as they are.
 *
 * An XMPP stream is a pair of legs, one on each side. The daemon has read its
 * clear beginning, has passed on every byte that it read, and attaches first
 * one, which waits, then the other with the number of the first. From then on
 * what one receives goes into the send queue of the other, and nowhere else: a
 * queue has one writer, so room that was seen does not shrink, and a leg reads
 * no more than its partner has room for. There is no giving up on a slow
 * partner as between SIP legs, for nobody else suffers; TCP ends a connection
 * whose peer takes nothing for long.
 *
 * An end of the stream is passed on when all bytes before it were: the two
 * directions end on their own. Whatever else ends one leg ends the other, which
 * first sends what it has.
 *
 * Each leg of a pair holds a reference to the other until it begins to close.
 */
#include <linux/net.h>
#include <linux/socket.h>
#include <net/sock.h>
#include "genl.h"
#include "leg.h"
#include "policy.h"

/* Octets of a send queue. */
#define FP_RAW_QUEUE		(64 * 1024)
/* Least room that is worth a call. */
#define FP_RAW_ROOM		(4 * 1024)
/* Calls of one leg before the others have their turn. */
#define FP_RAW_BUDGET		8

/* In the place of a partner: there is none any more, and none will be taken. */
#define FP_RAW_GONE		((struct fp_leg *)ERR_PTR(-ENOENT))

/* Its job only: until it begins to close, its reference keeps the partner. */
static struct fp_leg *fp_raw_partner(const struct fp_leg *leg)
{
	/* Pairs with cmpxchg() in fp_raw_join(). */
	struct fp_leg *out = smp_load_acquire(&leg->partner);

	return IS_ERR_OR_NULL(out) ? NULL : out;
}

/**
 * fp_raw_init() - make a leg that is not published yet a raw one
 * @leg: the leg
 */
void fp_raw_init(struct fp_leg *leg)
{
	leg->raw = true;
	leg->tx.limit = FP_RAW_QUEUE;
}

/**
 * fp_raw_alone() - does a leg wait for its partner?
 * @leg: raw leg
 *
 * Return: true until one is attached.
 */
bool fp_raw_alone(const struct fp_leg *leg)
{
	return !READ_ONCE(leg->partner);
}

static int fp_raw_join_bad(const struct nlattr *a, struct netlink_ext_ack *extack, int err,
			   const char *text)
{
	extack->_msg = text;
	NL_SET_BAD_ATTR(extack, a);
	return err;
}

/* From here on both may run with each other. */
static bool fp_raw_link(struct fp_leg *leg, struct fp_leg *first)
{
	leg->partner = first;
	refcount_inc(&leg->refs);
	/* Full barrier: whoever finds @leg there finds it complete. */
	if (cmpxchg(&first->partner, NULL, leg)) {
		refcount_dec(&leg->refs);
		leg->partner = NULL;
		return false;
	}
	fp_leg_link(leg, first->id);
	fp_leg_link(first, leg->id);
	fp_leg_tell(first, FP_EV_RX);
	return true;
}

/**
 * fp_raw_join() - join a leg with the one that waits for it
 * @leg: raw leg, complete but not published; its reference to the other is
 *	given back when it closes
 * @a: number of the other
 * @extack: where a refusal is explained
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int fp_raw_join(struct fp_leg *leg, const struct nlattr *a, struct netlink_ext_ack *extack)
{
	struct fp_leg *first;

	rcu_read_lock();
	first = fp_leg_find_rcu(leg->legs, nla_get_u32(a));
	if (first && !fp_leg_get(first))
		first = NULL;
	rcu_read_unlock();
	if (!first)
		return fp_raw_join_bad(a, extack, -ENOENT,
				       "the partner leg has closed already");
	if (!first->raw || first->side == leg->side ||
	    strcmp(first->federation, leg->federation)) {
		fp_leg_put(first);
		return fp_raw_join_bad(a, extack, -EINVAL,
				       "the partner must be an xmpp leg of the other side and of the same federation");
	}
	if (fp_raw_link(leg, first))
		return 0;
	fp_leg_put(first);
	return fp_raw_join_bad(a, extack, -EBUSY, "the partner leg has a partner, or closes");
}

/**
 * fp_raw_part() - a leg begins to close: its partner does, too
 * @leg: raw leg
 *
 * Unless both directions have ended, each in its time: then the partner has
 * still to send what came last, and ends by itself.
 *
 * Context: its job.
 */
void fp_raw_part(struct fp_leg *leg)
{
	struct fp_leg *out = xchg(&leg->partner, FP_RAW_GONE);

	if (IS_ERR_OR_NULL(out))
		return;
	if (!leg->rx.eof || !leg->shut)
		fp_leg_close(out, FP_R_RAW_PARTNER);
	fp_leg_put(out);
}

/* Both directions are through. */
static void fp_raw_check_end(struct fp_leg *leg)
{
	if (leg->rx.eof && leg->shut)
		fp_leg_close(leg, FP_R_LEG_PEER_CLOSED);
}

static void fp_raw_eof(struct fp_leg *leg, struct fp_leg *out)
{
	leg->rx.eof = true;
	leg->rx.more = false;
	/* Pairs with fp_raw_shut(): what we put in before is seen by who sees this. */
	smp_store_release(&out->fin, true);
	fp_leg_tell(out, FP_EV_TX);
	fp_raw_check_end(leg);
}

/* The partner's stream has ended and all of it was sent: so does ours. */
static void fp_raw_shut(struct fp_leg *leg)
{
	/* Pairs with fp_raw_eof(): what was put in before the end is seen. */
	if (leg->shut || !smp_load_acquire(&leg->fin) || READ_ONCE(leg->tx.queued))
		return;
	kernel_sock_shutdown(leg->sock, SHUT_WR);
	leg->shut = true;
	fp_raw_check_end(leg);
}

static int fp_raw_recv(struct fp_leg *leg, void *p, u32 room)
{
	struct msghdr msg = {};
	struct kvec iov = { .iov_base = p, .iov_len = room };

	return kernel_recvmsg(leg->sock, &msg, &iov, 1, room, MSG_DONTWAIT);
}

static void fp_raw_pass(struct fp_leg *leg, struct fp_leg *out, struct fp_worker *w, u32 n)
{
	int err = fp_tx_put_bytes(out, w, w->mem->rx, n);

	WRITE_ONCE(leg->rx_bytes, leg->rx_bytes + n);
	WRITE_ONCE(leg->last_message, jiffies);
	WRITE_ONCE(out->last_message, jiffies);
	if (!err)
		return;
	/* The bytes are lost, so the stream ends here. */
	fp_leg_close(leg, err == -EPIPE ? FP_R_RAW_PARTNER :
			  err == -EDQUOT ? FP_R_MEMORY_CAP : FP_R_NO_MEMORY);
}

/* Stop until the partner's queue is half empty. false: it has room, or closes. */
static bool fp_raw_wait(struct fp_leg *leg, struct fp_leg *out)
{
	if (READ_ONCE(out->tx.dead)) {
		fp_leg_close(leg, FP_R_RAW_PARTNER);
		return true;
	}
	if (fp_tx_wait(out, leg, FP_RAW_ROOM))
		return false;
	fp_stat_inc(leg->fpn, FP_S_PAUSES);
	return true;
}

/* One call. false: nothing more for now. */
static bool fp_raw_move(struct fp_leg *leg, struct fp_leg *out, struct fp_worker *w)
{
	u32 queued = READ_ONCE(out->tx.queued);
	u32 room = min_t(u32, FP_RAW_QUEUE - min_t(u32, queued, FP_RAW_QUEUE), FP_RX_BATCH);
	int n;

	if (room < FP_RAW_ROOM || READ_ONCE(out->tx.dead))
		return !fp_raw_wait(leg, out);
	/* Without memory the bytes stay in the socket; the timer looks again. */
	if (!fp_chunk_reserve(w, room / FP_CHUNK_DATA + 2))
		return false;
	n = fp_raw_recv(leg, w->mem->rx, room);
	if (n > 0) {
		fp_raw_pass(leg, out, w, n);
		if ((u32)n < room)
			leg->rx.more = fp_leg_rx_more(leg);
		return true;
	}
	if (n == -EAGAIN)
		leg->rx.more = false;
	else if (n < 0)
		fp_leg_fail(leg, n);
	else
		fp_raw_eof(leg, out);
	return false;
}

static bool fp_raw_rx(struct fp_leg *leg, struct fp_worker *w)
{
	struct fp_leg *out = fp_raw_partner(leg);
	u32 budget = FP_RAW_BUDGET;

	if (!out || leg->rx.eof || leg->wait_on)
		return false;
	while (leg->rx.more && !READ_ONCE(leg->reason)) {
		if (!budget-- || fp_worker_slice_over(w))
			return true;
		if (!fp_raw_move(leg, out, w))
			break;
	}
	return false;
}

/**
 * fp_raw_run() - do what there is to do on a raw leg that is up
 * @leg: the leg; what it had to send was sent as far as its socket took it
 * @w: worker of the caller
 *
 * Context: its job.
 * Return: true when it must be called again soon.
 */
bool fp_raw_run(struct fp_leg *leg, struct fp_worker *w)
{
	fp_raw_shut(leg);
	return fp_raw_rx(leg, w);
}

/* --- policy --------------------------------------------------------------- */

static struct fp_slice fp_raw_name(const struct fp_leg *leg, int type)
{
	const struct nlattr *a = nla_find(leg->attrs, leg->attrs_len, type);

	return a ? fp_slice(nla_data(a), strnlen(nla_data(a), nla_len(a))) : fp_slice(NULL, 0);
}

static bool fp_raw_name_in(const struct fp_names *names, struct fp_slice name)
{
	u32 i;

	for (i = 0; i < names->n; i++) {
		struct fp_slice n = names->v[i];

		if (fp_slice_ieq(n, name))
			return true;
		/* "*.example.com": what ends in ".example.com" */
		if (n.len > 2 && n.p[0] == '*' && name.len >= n.len &&
		    fp_slice_ieq(fp_slice_sub(n, 1, n.len),
				 fp_slice_sub(name, name.len - (n.len - 1), name.len)))
			return true;
	}
	return false;
}

static bool fp_raw_tls_ok(const struct fp_leg *leg, u32 mode, u32 otherwise)
{
	switch (mode ?: otherwise) {
	case FEDPAT_STREAM_TLS_NONE:
		return !leg->starttls;
	case FEDPAT_STREAM_TLS_OPTIONAL:
		return true;
	default:
		return leg->starttls;
	}
}

static bool fp_raw_partner_ok(const struct fp_leg *leg, const struct fp_policy *p,
			      const struct fp_federation *fed, struct fp_slice name)
{
	const struct fp_domain *d = fp_domain_find_rcu(p, name);
	/* The partner opened it: its leg was accepted, that of the node dialled. */
	bool in = (leg->side == FP_OUTSIDE) != leg->dialled;

	if (!d)
		return fed->inspect->allow_unlisted &&
		       fp_raw_tls_ok(leg, FEDPAT_STREAM_TLS_DEFAULT, fed->inspect->tls);
	if (d->federation != fed || d->obj->blocked)
		return false;
	if (d->obj->direction == (in ? FEDPAT_DIRECTION_OUT : FEDPAT_DIRECTION_IN))
		return false;
	return fp_raw_tls_ok(leg, d->obj->tls, fed->inspect->tls);
}

/**
 * fp_raw_known_rcu() - does a policy permit a raw leg?
 * @leg: the leg
 * @p: policy
 * @attr: set to the attribute of leg-attach that names what it does not
 *
 * Context: rcu_read_lock() or a reference to @p.
 * Return: whether it does.
 */
bool fp_raw_known_rcu(const struct fp_leg *leg, const struct fp_policy *p, int *attr)
{
	const struct fp_federation *fed = fp_federation_find_rcu(p, leg->federation);
	bool outside = leg->side == FP_OUTSIDE;
	int theirs = outside ? FEDPAT_A_LEG_DOMAIN : FEDPAT_A_LEG_IDENTITY;
	int ours = outside ? FEDPAT_A_LEG_IDENTITY : FEDPAT_A_LEG_DOMAIN;
	const struct fp_node *node;

	*attr = FEDPAT_A_LEG_FEDERATION;
	if (!fed || fed->inspect->type != FEDPAT_INSPECT_TYPE_XMPP)
		return false;
	*attr = FEDPAT_A_LEG_PEER;
	node = outside ? NULL : fp_node_find_rcu(p, leg->peer);
	if (!outside && (!node || node->federation != fed))
		return false;
	*attr = ours;
	if (!fp_raw_name_in(&fed->obj->domains, fp_raw_name(leg, ours)))
		return false;
	*attr = theirs;
	return fp_raw_partner_ok(leg, p, fed, fp_raw_name(leg, theirs));
}
