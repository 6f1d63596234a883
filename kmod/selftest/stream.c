// SPDX-License-Identifier: GPL-2.0
/*
 * Self tests of the stream plane: a stream cut at each octet is framed as the whole,
 * an edit list gives what replacing by hand gives, and a socket is given back
 * with the callbacks that it had.
 */
#include <linux/in.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <fedpat/edit.h>
#include <fedpat/frame.h>
#include "leg.h"
#include "selftest.h"

/* --- framing -------------------------------------------------------------- */

static const char fp_t_stream[] =
	"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"
	"\r\n\r\n"
	"MESSAGE sip:b SIP/2.0\r\nl: 11\r\nX: y\r\n\r\nhello\r\nhost" /* glued */
	"SIP/2.0 200 OK\r\nContent-Length : 3\r\n\r\nabc";

#define FP_T_EVENTS	16

/**
 * struct fp_t_frames - what a framer said
 * @n: events, those that ask for more left out
 * @event: of each
 * @len: octets of each
 */
struct fp_t_frames {
	u32 n;
	enum fp_frame_event event[FP_T_EVENTS];
	u32 len[FP_T_EVENTS];
};

/* All that can be framed of the octets from @off to @end. Return: where it stopped. */
static u32 fp_t_frame(struct fp_framer *f, u32 off, u32 end, struct fp_t_frames *all)
{
	struct fp_frame got;

	while (all->n < FP_T_EVENTS) {
		fp_framer_next(f, fp_t_stream + off, end - off, &got);
		if (got.event == FP_FRAME_MORE || got.event == FP_FRAME_FATAL)
			break;
		all->event[all->n] = got.event;
		all->len[all->n++] = got.len;
		off += got.len;
	}
	return off;
}

static bool fp_t_framed(u32 cut, struct fp_t_frames *all)
{
	u32 end = sizeof(fp_t_stream) - 1;
	struct fp_framer f;
	u32 off;

	memset(all, 0, sizeof(*all));
	fp_framer_init(&f, 0, 0, 0);
	off = fp_t_frame(&f, 0, cut, all);
	return fp_t_frame(&f, off, end, all) == end;
}

/**
 * fp_frame_selftest() - cut anywhere, it is the same stream
 *
 * Context: module init.
 * Return: true when it is.
 */
bool fp_frame_selftest(void)
{
	struct fp_t_frames whole, cut;
	u32 at;

	if (!fp_t_framed(sizeof(fp_t_stream) - 1, &whole) || whole.n != 5 ||
	    whole.event[0] != FP_FRAME_MSG || whole.event[2] != FP_FRAME_PING)
		return false;
	for (at = 0; at < sizeof(fp_t_stream); at++)
		if (!fp_t_framed(min_t(u32, at, sizeof(fp_t_stream) - 1), &cut) ||
		    memcmp(&whole, &cut, sizeof(whole)))
			return false;
	return true;
}

/* --- edit lists ----------------------------------------------------------- */

#define FP_T_MSG	512
#define FP_T_EDITS	12

/**
 * struct fp_t_edit - memory of the test
 * @msg: the original
 * @want: what it becomes, made by hand
 * @got: what the list makes of it
 * @scratch: new octets
 * @v: the edits
 */
struct fp_t_edit {
	u8 msg[FP_T_MSG];
	u8 want[2 * FP_T_MSG];
	u8 got[2 * FP_T_MSG];
	u8 scratch[FP_T_MSG];
	struct fp_edit v[FP_T_EDITS];
};

/* From the last one back, so that the places of those before stay what they are. */
static bool fp_t_edit_once(struct fp_t_edit *t)
{
	u32 at = FP_T_MSG, len = FP_T_MSG, n = get_random_u32() % FP_T_EDITS, i;
	struct fp_edits e;
	u8 fresh[16];

	get_random_bytes(t->msg, sizeof(t->msg));
	memcpy(t->want, t->msg, sizeof(t->msg));
	fp_edits_init(&e, t->v, FP_T_EDITS, t->scratch, sizeof(t->scratch));
	for (i = 0; i < n; i++) {
		u32 old = get_random_u32() % 20, new = get_random_u32() % sizeof(fresh);
		u32 gap = 1 + get_random_u32() % 20;

		if (at < old + gap)
			break;
		at -= old + gap;
		get_random_bytes(fresh, new);
		fp_edits_replace(&e, at, old, fp_slice(fresh, new));
		memmove(t->want + at + new, t->want + at + old, len - at - old);
		memcpy(t->want + at, fresh, new);
		len += new - old;
	}
	if (fp_edits_seal(&e, FP_T_MSG) || fp_edits_new_len(&e, FP_T_MSG) != len)
		return false;
	return fp_edits_apply(&e, fp_slice(t->msg, FP_T_MSG), t->got, sizeof(t->got)) == len &&
	       !memcmp(t->want, t->got, len);
}

/**
 * fp_edit_selftest() - random edits against replacing by hand
 *
 * Context: module init.
 * Return: true when they agree.
 */
bool fp_edit_selftest(void)
{
	struct fp_t_edit *t = kvzalloc(sizeof(*t), GFP_KERNEL);
	bool good = t;
	int i;

	for (i = 0; good && i < 2000; i++)
		good = fp_t_edit_once(t);
	kvfree(t);
	return good;
}

/* --- attaching and detaching ---------------------------------------------- */

/* A connected pair over loopback; whoever called releases what is not NULL. */
static int fp_t_pair(struct net *net, struct socket *sock[3])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int i, err;

	for (i = 0; i < 2; i++) {
		err = sock_create_kern(net, AF_INET, SOCK_STREAM, IPPROTO_TCP, &sock[i]);
		if (err)
			return err;
	}
	err = kernel_bind(sock[0], (struct sockaddr *)&a, sizeof(a)) ?: kernel_listen(sock[0], 1);
	if (err)
		return err;
	err = kernel_getsockname(sock[0], (struct sockaddr *)&a);
	if (err < 0)
		return err;
	return kernel_connect(sock[1], (struct sockaddr *)&a, sizeof(a), 0) ?:
	       kernel_accept(sock[0], &sock[2], 0);
}

static bool fp_t_hooked(struct fp_leg *leg, struct fp_leg *other)
{
	const struct sock *sk = leg->sock->sk;
	void (*ready)(struct sock *sk) = sk->sk_data_ready;
	void (*space)(struct sock *sk) = sk->sk_write_space;
	void (*change)(struct sock *sk) = sk->sk_state_change;
	struct netlink_ext_ack ack = {};
	bool good;

	if (fp_leg_sock_attach(leg, &ack))
		return false;
	good = sk->sk_user_data == leg && sk->sk_data_ready != ready &&
	       sk->sk_write_space != space && sk->sk_state_change != change &&
	       leg->saved_data_ready == ready;
	/* A second one is refused, and leaves the first where it is. */
	good &= fp_leg_sock_attach(other, &ack) == -EBUSY && sk->sk_user_data == leg;
	fp_leg_sock_detach(leg);
	return good && !sk->sk_user_data && sk->sk_data_ready == ready &&
	       sk->sk_write_space == space && sk->sk_state_change == change;
}

static bool fp_t_attach(struct fp_net *fpn, struct fp_leg *leg)
{
	struct socket *sock[3] = {};
	bool good = false;
	u32 i;

	for (i = 0; i < 2; i++) {
		leg[i].fpn = fpn;
		leg[i].view.tp = FP_TP_TCP;
	}
	if (!fp_t_pair(&init_net, sock)) {
		leg[0].sock = sock[1];
		leg[1].sock = sock[1];
		/* What was given back can be taken again. */
		good = fp_t_hooked(&leg[0], &leg[1]) && fp_t_hooked(&leg[1], &leg[0]);
	}
	for (i = 0; i < ARRAY_SIZE(sock); i++)
		if (sock[i])
			sock_release(sock[i]);
	return good;
}

/**
 * fp_attach_selftest() - a socket is as before when a leg has let go of it
 *
 * Context: module init; the loopback device of the first namespace is up.
 * Return: true when it is.
 */
bool fp_attach_selftest(void)
{
	struct fp_net *fpn = kzalloc(sizeof(*fpn), GFP_KERNEL);
	struct fp_leg *leg = kcalloc(2, sizeof(*leg), GFP_KERNEL);
	bool good = false;

	if (fpn && leg && !fp_counter_net_init(fpn)) {
		fpn->net = &init_net;
		good = fp_t_attach(fpn, leg);
		fp_counter_net_exit(fpn);
	}
	kfree(leg);
	kfree(fpn);
	return good;
}
