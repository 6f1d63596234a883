// SPDX-License-Identifier: GPL-2.0
/*
 * A leg and its socket: taking it, the callbacks, giving it back.
 *
 * Order of taking over: the TLS keys are on the socket before we attach, so
 * that the callbacks which we save are those of TLS; TLS saved TCP's. Ours call
 * the saved ones first: tls_data_ready() finds records, tls_write_space() sends
 * what is left of one. We put them back while we still hold the socket, before
 * TLS puts back TCP's when it is closed.
 *
 * The reference to the file keeps the socket, and with it the network
 * namespace, whatever becomes of the daemon.
 */
#include <linux/net.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tls.h>
#include "leg.h"

/*
 * A peer that vanished is noticed 30 s after we sent something, or 70 s after
 * it last spoke; one that keeps its window shut after 30 s.
 */
#define FP_SOCK_KEEPIDLE	60	/* s */
#define FP_SOCK_KEEPINTVL	10	/* s */
#define FP_SOCK_USER_TIMEOUT	30000	/* ms */

/*
 * The callbacks. In softirq, or in a task that holds the socket's lock.
 * sk_callback_lock keeps detach away, and with it the end of the leg.
 */
static void fp_sock_data_ready(struct sock *sk)
{
	struct fp_leg *leg;

	read_lock_bh(&sk->sk_callback_lock);
	leg = sk->sk_user_data;
	if (likely(leg)) {
		leg->saved_data_ready(sk);
		fp_leg_tell(leg, FP_EV_RX);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void fp_sock_write_space(struct sock *sk)
{
	struct fp_leg *leg;

	read_lock_bh(&sk->sk_callback_lock);
	leg = sk->sk_user_data;
	if (likely(leg)) {
		leg->saved_write_space(sk);
		fp_leg_tell(leg, FP_EV_SPACE);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void fp_sock_state_change(struct sock *sk)
{
	struct fp_leg *leg;

	read_lock_bh(&sk->sk_callback_lock);
	leg = sk->sk_user_data;
	if (likely(leg)) {
		leg->saved_state_change(sk);
		/* An end of the stream is read like bytes. */
		fp_leg_tell(leg, FP_EV_RX);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static int fp_sock_refuse(struct fp_leg *leg, enum fp_reason why, int err,
			  struct netlink_ext_ack *extack)
{
	fp_count(leg->fpn, why);
	extack->_msg = fp_reason_info(why)->text;
	return err;
}

/* What no lock is needed for: these do not change in the life of a socket. */
static int fp_sock_check(struct fp_leg *leg, struct netlink_ext_ack *extack)
{
	const struct sock *sk = leg->sock->sk;

	if (sk->sk_type != SOCK_STREAM || sk->sk_protocol != IPPROTO_TCP ||
	    (sk->sk_family != AF_INET && sk->sk_family != AF_INET6))
		return fp_sock_refuse(leg, FP_R_LEG_NOT_TCP, -EPROTONOSUPPORT, extack);
	if (sock_net(sk) != leg->fpn->net)
		return fp_sock_refuse(leg, FP_R_LEG_OTHER_NETNS, -EXDEV, extack);
	return 0;
}

static void fp_sock_addr(struct fp_addr *a, const struct in6_addr *in6)
{
	memset(a, 0, sizeof(*a));
	if (ipv6_addr_v4mapped(in6)) {
		a->family = 4;
		memcpy(a->b, &in6->s6_addr32[3], 4);
	} else {
		a->family = 6;
		memcpy(a->b, in6, 16);
	}
}

static void fp_sock_endpoints(struct fp_leg *leg)
{
	const struct sock *sk = leg->sock->sk;
	const struct inet_sock *inet = inet_sk(sk);
	struct fp_leg_view *v = &leg->view;

	if (sk->sk_family == AF_INET6) {
		fp_sock_addr(&v->local.addr, &sk->sk_v6_rcv_saddr);
		fp_sock_addr(&v->remote.addr, &sk->sk_v6_daddr);
	} else {
		v->local.addr.family = 4;
		memcpy(v->local.addr.b, &inet->inet_saddr, 4);
		v->remote.addr.family = 4;
		memcpy(v->remote.addr.b, &inet->inet_daddr, 4);
	}
	v->local.port = ntohs(inet->inet_sport);
	v->remote.port = ntohs(inet->inet_dport);
}

/**
 * fp_leg_sock_take() - take the socket behind a descriptor
 * @leg: leg without one; gets it, and its endpoints
 * @fd: descriptor of the caller
 * @extack: where a refusal is explained
 *
 * Context: the process that owns @fd.
 * Return: 0 or a negative error; on success fp_leg_sock_release() is due.
 */
int fp_leg_sock_take(struct fp_leg *leg, int fd, struct netlink_ext_ack *extack)
{
	int err;

	leg->sock = sockfd_lookup(fd, &err);
	if (!leg->sock)
		return fp_sock_refuse(leg, FP_R_LEG_NO_SOCKET, err, extack);
	err = fp_sock_check(leg, extack);
	if (err) {
		fp_leg_sock_release(leg);
		return err;
	}
	fp_sock_endpoints(leg);
	return 0;
}

static void fp_sock_tune(struct sock *sk)
{
	/* We send what is ready together; Nagle would only wait for more. */
	tcp_sock_set_nodelay(sk);
	sock_set_keepalive(sk);
	tcp_sock_set_keepidle(sk, FP_SOCK_KEEPIDLE);
	tcp_sock_set_keepintvl(sk, FP_SOCK_KEEPINTVL);
	tcp_sock_set_user_timeout(sk, FP_SOCK_USER_TIMEOUT);
}

/* Is TLS on the socket, in both directions? Socket locked. */
static int fp_sock_ulp(struct fp_leg *leg, struct netlink_ext_ack *extack)
{
	struct sock *sk = leg->sock->sk;
	const struct tcp_ulp_ops *ulp = inet_csk(sk)->icsk_ulp_ops;
	u16 cipher;

	if (!ulp)
		return 0;
	/* Only behind this test is the ULP's context what net/tls.h takes it for. */
	if (strcmp(ulp->name, "tls"))
		return fp_sock_refuse(leg, FP_R_LEG_ULP, -EPROTONOSUPPORT, extack);
	if (!tls_sw_has_ctx_tx(sk) || !tls_sw_has_ctx_rx(sk))
		return fp_sock_refuse(leg, FP_R_LEG_TLS_HALF, -ENOKEY, extack);
	cipher = tls_get_ctx(sk)->crypto_send.info.cipher_type;
	leg->ktls = true;
	leg->aes_gcm = cipher == TLS_CIPHER_AES_GCM_128 ||
		       cipher == TLS_CIPHER_AES_GCM_256;
	return 0;
}

static bool fp_sock_hook(struct fp_leg *leg)
{
	struct sock *sk = leg->sock->sk;
	bool free;

	write_lock_bh(&sk->sk_callback_lock);
	free = !sk->sk_user_data;
	if (free) {
		leg->saved_data_ready = sk->sk_data_ready;
		leg->saved_write_space = sk->sk_write_space;
		leg->saved_state_change = sk->sk_state_change;
		WRITE_ONCE(sk->sk_user_data, leg);
		WRITE_ONCE(sk->sk_data_ready, fp_sock_data_ready);
		WRITE_ONCE(sk->sk_write_space, fp_sock_write_space);
		WRITE_ONCE(sk->sk_state_change, fp_sock_state_change);
	}
	write_unlock_bh(&sk->sk_callback_lock);
	return free;
}

/* A peer that has said everything and closed is still to be heard. Socket locked. */
static bool fp_sock_readable(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
}

/* Socket locked: neither the state nor the ULP changes meanwhile. */
static int __fp_leg_sock_attach(struct fp_leg *leg, struct netlink_ext_ack *extack)
{
	struct sock *sk = leg->sock->sk;
	bool tls = leg->view.tp == FP_TP_TLS && leg->offloaded;
	int err;

	if (!fp_sock_readable(sk))
		return fp_sock_refuse(leg, FP_R_LEG_NOT_ESTABLISHED, -ENOTCONN, extack);
	err = fp_sock_ulp(leg, extack);
	if (err)
		return err;
	if (leg->ktls != tls)
		return fp_sock_refuse(leg, FP_R_LEG_TRANSPORT, -EINVAL, extack);
	if (!fp_sock_hook(leg))
		return fp_sock_refuse(leg, FP_R_LEG_BUSY, -EBUSY, extack);
	return 0;
}

/**
 * fp_leg_sock_attach() - put our callbacks on the socket
 * @leg: leg with a socket, whose job is held back
 * @extack: where a refusal is explained
 *
 * Context: may sleep.
 * Return: 0 or a negative error; on success fp_leg_sock_detach() is due.
 */
int fp_leg_sock_attach(struct fp_leg *leg, struct netlink_ext_ack *extack)
{
	struct sock *sk = leg->sock->sk;
	int err;

	fp_sock_tune(sk);
	lock_sock(sk);
	err = __fp_leg_sock_attach(leg, extack);
	release_sock(sk);
	return err;
}

/**
 * fp_leg_sock_detach() - put the callbacks back that were there before us
 * @leg: the leg
 *
 * When it returns no callback of ours runs and none will.
 *
 * Context: process.
 */
void fp_leg_sock_detach(struct fp_leg *leg)
{
	struct sock *sk = leg->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	WRITE_ONCE(sk->sk_data_ready, leg->saved_data_ready);
	WRITE_ONCE(sk->sk_write_space, leg->saved_write_space);
	WRITE_ONCE(sk->sk_state_change, leg->saved_state_change);
	WRITE_ONCE(sk->sk_user_data, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
}

/**
 * fp_leg_sock_release() - give the socket back
 * @leg: the leg, detached
 *
 * The last reference closes the connection, a little later.
 *
 * Context: process.
 */
void fp_leg_sock_release(struct fp_leg *leg)
{
	sockfd_put(leg->sock);
	leg->sock = NULL;
}

/**
 * fp_leg_sock_sent() - did TLS give TCP all that we gave it?
 * @leg: the leg
 *
 * A record may be encrypted and yet wait for room; shutting our half then would
 * cut it.
 *
 * Context: its job: nobody else adds records.
 * Return: true when nothing waits.
 */
bool fp_leg_sock_sent(const struct fp_leg *leg)
{
	const struct tls_context *ctx;

	if (!leg->ktls)
		return true;
	ctx = tls_get_ctx(leg->sock->sk);
	if (READ_ONCE(ctx->partially_sent_record))
		return false;
	/* An interface that encrypts has a context of another kind, without such a list. */
	return ctx->tx_conf != TLS_SW || list_empty_careful(&tls_sw_ctx_tx(ctx)->tx_list);
}

/**
 * fp_leg_sock_records() - records that the busier key of the leg has served
 * @leg: the leg
 *
 * Context: its job: both sequence numbers move only when it sends and receives.
 * Return: their number since the keys were made.
 */
u64 fp_leg_sock_records(const struct fp_leg *leg)
{
	const struct tls_context *ctx = tls_get_ctx(leg->sock->sk);

	__be64 tx, rx;

	memcpy(&tx, ctx->tx.rec_seq, sizeof(tx));
	memcpy(&rx, ctx->rx.rec_seq, sizeof(rx));
	return max(be64_to_cpu(tx), be64_to_cpu(rx));
}
