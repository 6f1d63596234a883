/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A leg: one attached socket, with what was proved about its peer.
 *
 * Its job (worker.h) alone reads from and writes to the socket, so the fields
 * that say "job" need no lock. Others put bytes into its send queue, announce
 * events, and look at what does not change between attach and the end of its
 * memory: identity, view, names.
 *
 *	attach -> UP -> DRAINING -> CLOSED -> freed after a grace period
 *
 * DRAINING sends what is queued and close_notify, shuts our half, and reads
 * until the peer has shut its own, each with a deadline. CLOSED has given the
 * socket back. A leg leaves the routing tables with the state UP and the table
 * of legs with CLOSED.
 */
#ifndef _FP_LEG_H
#define _FP_LEG_H

#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <fedpat/frame.h>
#include <fedpat/relay.h>
#include <fedpat/tlsrec.h>
#include <linux/fedpat.h>
#include "legs.h"
#include "object.h"
#include "netns.h"
#include "target.h"
#include "worker.h"

/* Largest receive of one call; bounds what one leg does before others. */
#define FP_RX_BATCH		(32 * 1024)
/* Messages of one leg before the others have their turn. */
#define FP_RX_BUDGET		64
/* Octets of a send queue beyond one message. */
#define FP_TX_SLACK		(16 * 1024)

/* How long a closing leg's queue, and then its peer, may take (ms). */
#define FP_LEG_DRAIN		1000
#define FP_LEG_LINGER		500
/* How long a leg that has one partner waits for its full queue (ms). */
#define FP_LEG_PAUSE		1000
/* A leg whose keys are worn out serves its transactions (64*T1) this long (s). */
#define FP_LEG_RETIRE		32
/* How long a raw leg waits for its partner (s). */
#define FP_RAW_WAIT		5
/* Longest sleep of a leg: it then looks whether a wake-up was lost (s). */
#define FP_LEG_TICK		30

/* What a leg is told; bits of fp_leg.events. */
enum fp_leg_event {
	FP_EV_RX,		/* the socket has bytes, or an end */
	FP_EV_SPACE,		/* the socket takes bytes again */
	FP_EV_TX,		/* the send queue has bytes */
	FP_EV_TIMER,
	FP_EV_CLOSE,		/* .reason says why */
	FP_EV_POLICY,		/* is it still permitted? Once, after attach */
	FP_EV_RESUME,		/* the queue that it waited for has room */
	FP_EV_BATON,		/* let the next one that waits for us try */
};

/**
 * struct fp_rx - receiving side; job
 * @buf: bytes that wait between two runs, NULL for none
 * @cap: room of @buf
 * @len: bytes in @buf
 * @more: the socket may have bytes that nobody will announce
 * @eof: the peer has shut its half
 * @again: the budget ended before the bytes at hand did
 * @pong: a ping was found and is to be answered
 * @pending: @frame was found and not yet handled
 * @frame: what the framer found
 * @framer: where the stream stands
 * @tls: control records
 */
struct fp_rx {
	u8 *buf;
	u32 cap;
	u32 len;
	bool more;
	bool eof;
	bool again;
	bool pong;
	bool pending;
	struct fp_frame frame;
	struct fp_framer framer;
	struct fp_tlsrec tls;
};

/**
 * struct fp_tx - sending side
 * @lock: protects @head, @tail, @waiters, @dead, @messages; see locking.md
 * @head: bytes put here by others
 * @tail: last chunk of @head
 * @queued: bytes in @head and @out; written under @lock
 * @chunks: chunks that hold them; written under @lock
 * @limit: most octets of memory for @chunks when another message is put in
 * @dead: nothing more is taken
 * @slow: it was full for long: those who wait are refused at once, until half
 *	of the queue is gone; written under @lock
 * @messages: messages put in
 * @waiters: legs that stopped reading until there is room
 * @out: bytes being sent; job
 * @out_tail: last chunk of @out; job
 * @blocked: the socket took no more; job
 * @more: the budget ended before the queue did; job
 */
struct fp_tx {
	spinlock_t lock;		/* the queue and those who wait for it */
	struct fp_chunk *head;
	struct fp_chunk *tail;
	u32 queued;
	u32 chunks;
	u32 limit;
	bool dead;
	bool slow;
	u64 messages;
	struct list_head waiters;
	struct fp_chunk *out;
	struct fp_chunk *out_tail;
	bool blocked;
	bool more;
};

#define FP_LEG_LINKS	4

/**
 * struct fp_leg - see the head of this file
 * @job: runs it
 * @events: bits of enum fp_leg_event
 * @refs: table, job while scheduled, timer, held messages, waiters
 * @rcu: frees it
 * @legs: the stream plane of its namespace, which outlives it
 * @fpn: the namespace
 * @id: number, in @legs' table
 * @state: enum fedpat_leg_state; job, read by all
 * @reason: why it closes; written once
 * @counted: reason under which a message of it that ended the framing was counted; job
 * @detail: alert that the peer sent, with @reason
 * @side: FP_INSIDE or FP_OUTSIDE
 * @dialled: we dialled
 * @ktls: TLS records on the socket
 * @offloaded: not joined over loopback
 * @aes_gcm: record budget counts
 * @raw: its bytes go to @partner as they are, see leg_raw.c
 * @starttls: raw: both ends went on to TLS
 * @retiring: its keys wear out: no new requests
 * @abort: no orderly end; job
 * @shut: our half is shut; job
 * @sock: the socket, NULL once CLOSED; job
 * @saved_data_ready: callbacks of the socket before us
 * @saved_write_space: likewise
 * @saved_state_change: likewise
 * @view: what the core knows of it
 * @self_text: what @view.self_host points to, unless that is in @attrs
 * @domains: names it may speak for
 * @attrs: attributes of attach, as leg-get tells them again
 * @attrs_len: their length
 * @chain: certificates of the peer, as attach gave them; NULL for none
 * @federation: name, in @attrs
 * @zone: name, in @attrs
 * @peer: name of peer or node, in @attrs
 * @member: places in routing tables; [0] by what it is, [1] by what was wanted
 * @timer: the earliest of the deadlines below
 * @stop_at: DRAINING: end of the present step; job
 * @pause_at: end of a pause; job
 * @retire_at: end of a leg that retires; job
 * @rx: receiving
 * @tx: sending
 * @wait: in the waiters of @wait_on, under its tx.lock
 * @wait_on: leg whose queue was full; job, looked at by others as a hint
 * @resumed: @wait_on has let us go on; job
 * @last_out: leg that the last message went to; job
 * @out_changed: when that changed, or another leg sent to it, 0 for never
 * @full_told: when it was last told that a message found a full queue, 0 for never
 * @partner: raw: the other leg, with a reference; NULL before it came, an error
 *	pointer since this one closes
 * @fin: raw: no more bytes will be put into the send queue; written by @partner
 * @links: legs that it exchanged messages with lately, newest first
 * @attached: jiffies
 * @last_message: jiffies
 * @idle: jiffies without a message after which it closes, 0 for never; job
 * @rx_messages: job; likewise @rx_bytes, @tx_bytes
 * @refused: messages of it that were refused
 * @memory: octets of its own
 */
struct fp_leg {
	struct fp_job job;
	unsigned long events;
	refcount_t refs;
	struct rcu_head rcu;
	struct fp_legs *legs;
	struct fp_net *fpn;
	u32 id;
	u8 state;
	u8 detail;
	u8 side;
	bool dialled:1;
	bool ktls:1;
	bool offloaded:1;
	bool aes_gcm:1;
	bool raw:1;
	bool starttls:1;
	bool abort;
	bool shut;
	bool retiring;
	bool resumed;
	int reason;
	int counted;

	struct socket *sock;
	void (*saved_data_ready)(struct sock *sk);
	void (*saved_write_space)(struct sock *sk);
	void (*saved_state_change)(struct sock *sk);

	struct fp_leg_view view;
	char self_text[48];
	struct fp_nameset *domains;
	void *attrs;
	u32 attrs_len;
	char *chain;
	const char *federation;
	const char *zone;
	const char *peer;
	struct fp_member member[2];

	struct timer_list timer;
	unsigned long stop_at;
	unsigned long pause_at;
	unsigned long retire_at;

	struct fp_rx rx;
	struct fp_tx tx;

	struct list_head wait;
	struct fp_leg *wait_on;
	u32 last_out;
	unsigned long out_changed;
	unsigned long full_told;
	struct fp_leg *partner;
	bool fin;
	u32 links[FP_LEG_LINKS];

	unsigned long attached;
	unsigned long last_message;
	unsigned long idle;
	u64 rx_messages;
	u64 rx_bytes;
	u64 tx_bytes;
	atomic64_t refused;
	atomic_t memory;
};

/* Bits of hashes of routing targets: chains stay short to thousands of peers. */
#define FP_TARGET_BITS	8

/**
 * struct fp_legs - the stream plane of a namespace
 * @fpn: the namespace
 * @table: legs by id; readers under RCU
 * @wanted: targets by the id of their leg-wanted; its own lock, readers under RCU
 * @next_id: last id given; likewise @next_wanted
 * @lock: protects @target against writers; leaf but for RCU
 * @target: routing targets by hash; readers under RCU
 * @n: legs attached, CLOSED ones not counted
 * @n_offloaded: of these, not joined over loopback
 * @n_held: messages held
 * @memory: octets
 * @users: memory that still points here: legs and targets until they are freed
 * @closing: no new legs
 */
struct fp_legs {
	struct fp_net *fpn;
	struct xarray table;
	struct xarray wanted;
	u32 next_id;
	u32 next_wanted;
	spinlock_t lock;		/* writers of @target */
	struct hlist_head target[1 << FP_TARGET_BITS];
	atomic_t n;
	atomic_t n_offloaded;
	atomic_t n_held;
	atomic64_t memory;
	atomic_t users;
	bool closing;
};

struct netlink_ext_ack;
struct nlattr;

/* leg.c */
struct fp_leg *fp_leg_alloc(struct fp_legs *legs);
int fp_leg_number(struct fp_leg *leg, u32 max);
void fp_leg_publish(struct fp_leg *leg, struct fp_target *wanted);
void fp_leg_discard(struct fp_leg *leg);
bool fp_leg_get(struct fp_leg *leg);
void fp_leg_put(struct fp_leg *leg);
struct fp_leg *fp_leg_find_rcu(struct fp_legs *legs, u32 id);
void fp_leg_tell(struct fp_leg *leg, enum fp_leg_event ev);
void fp_leg_close(struct fp_leg *leg, enum fp_reason why);
void fp_leg_limit(struct fp_leg *leg, const struct fp_inspect_obj *map);
void fp_leg_link(struct fp_leg *leg, u32 other);

static inline bool fp_leg_is_up(const struct fp_leg *leg)
{
	return READ_ONCE(leg->state) == FEDPAT_LEG_STATE_UP;
}

/* legs.c */
bool fp_leg_known_rcu(const struct fp_leg *leg, const struct fp_policy *p, int *attr);
/* legs.c: memory of the namespace. false: the cap would be passed. */
bool fp_legs_charge(struct fp_legs *legs, u32 octets);
void fp_legs_uncharge(struct fp_legs *legs, u32 octets);
bool fp_leg_charge(struct fp_leg *leg, u32 octets);
void fp_leg_uncharge(struct fp_leg *leg, u32 octets);
void fp_legs_use(struct fp_legs *legs);
void fp_legs_unuse(struct fp_legs *legs);

/* leg_sock.c */
int fp_leg_sock_take(struct fp_leg *leg, int fd, struct netlink_ext_ack *extack);
int fp_leg_sock_attach(struct fp_leg *leg, struct netlink_ext_ack *extack);
void fp_leg_sock_detach(struct fp_leg *leg);
void fp_leg_sock_release(struct fp_leg *leg);
bool fp_leg_sock_sent(const struct fp_leg *leg);
u64 fp_leg_sock_records(const struct fp_leg *leg);

/* leg_rx.c; job */
bool fp_leg_rx(struct fp_leg *leg, struct fp_worker *w);
bool fp_leg_rx_more(const struct fp_leg *leg);
void fp_leg_rx_discard(struct fp_leg *leg, struct fp_worker *w);
void fp_leg_rx_free(struct fp_leg *leg);
void fp_leg_fail(struct fp_leg *leg, int err);

/* leg_raw.c */
void fp_raw_init(struct fp_leg *leg);
bool fp_raw_alone(const struct fp_leg *leg);
int fp_raw_join(struct fp_leg *leg, const struct nlattr *a, struct netlink_ext_ack *extack);
void fp_raw_part(struct fp_leg *leg);
bool fp_raw_run(struct fp_leg *leg, struct fp_worker *w);
bool fp_raw_known_rcu(const struct fp_leg *leg, const struct fp_policy *p, int *attr);

/* leg_tx.c */
int fp_tx_put(struct fp_leg *leg, struct fp_worker *w, const struct fp_edits *edits,
	      struct fp_slice msg);
int fp_tx_put_bytes(struct fp_leg *leg, struct fp_worker *w, const void *p, u32 len);
int fp_tx_wait(struct fp_leg *leg, struct fp_leg *waiter, u32 len);
void fp_tx_unwait(struct fp_leg *waiter);
void fp_tx_wake(struct fp_leg *leg);
void fp_tx_give_up(struct fp_leg *waiter);
int fp_leg_tx(struct fp_leg *leg, struct fp_worker *w);
void fp_leg_tx_stop(struct fp_leg *leg);
void fp_leg_tx_free(struct fp_leg *leg, struct fp_worker *w);

#endif /* _FP_LEG_H */
