/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transactions: a candidate beside the policy, which becomes the next policy
 * as a whole or not at all.
 *
 * The candidate is what a transaction changed over the policy that it started
 * from; the rest is shared. There is one at a time in a namespace, so the
 * policy below it cannot change. It is owned by a netlink socket, and goes when
 * that closes, when it has been silent for too long (seen by whoever comes
 * next), or with the namespace.
 *
 * Everything here is protected by fpn->config.
 */
#ifndef _FP_TXN_H
#define _FP_TXN_H

#include <linux/rbtree.h>
#include "fault.h"
#include "object.h"

struct fp_acl_edit;
struct fp_net;
struct fp_policy;
struct fp_table;
struct genl_info;

/* Octets of objects and entries that a policy may have, and that it grows by. */
#define FP_MAX_BYTES		(256ull << 20)

#define FP_TXN_TIMEOUT		60000		/* ms */
#define FP_TXN_TIMEOUT_MAX	(3600 * 1000)

/**
 * struct fp_change - an object that the transaction made, replaced or deleted
 * @rb: in fp_txn.change, by name
 * @obj: the object, one reference; NULL: deleted
 * @edit: entries of an access list in the making, or NULL where they stay
 * @name: its key
 */
struct fp_change {
	struct rb_node rb;
	struct fp_object *obj;
	struct fp_acl_edit *edit;
	char name[];
};

/**
 * struct fp_txn - a candidate
 * @fpn: its namespace
 * @base: policy that it started from, one reference
 * @id: told to the owner; 0 for a transaction of one operation
 * @portid: port of the owner's socket
 * @touched: jiffies of the last operation
 * @timeout: jiffies of silence that are allowed
 * @change: by kind, struct fp_change by name
 * @count: objects of each kind that the candidate has
 * @n_aces: entries of all its lists
 * @bytes: octets of its objects and entries
 * @settings: limits as configured
 * @faults: what is wrong with it
 */
struct fp_txn {
	struct fp_net *fpn;
	struct fp_policy *base;
	u32 id;
	u32 portid;
	unsigned long touched;
	unsigned long timeout;
	struct rb_root change[__FP_KIND_COUNT];
	u32 count[__FP_KIND_COUNT];
	u32 n_aces;
	u64 bytes;
	struct fp_settings settings;
	struct fp_faults faults;
};

/*
 * An operation on the candidate: take the lock, find the transaction that
 * @id names (NULL: make one for this operation alone), work, and give all back.
 * With @err 0 leave() commits a transaction of one; @kind is the kind of the
 * object that it is about. Faults of a transaction of one are kept for txn-errors
 * without an id. Return: 0 or a negative errno, with the reason in the extended
 * ack.
 */
int fp_txn_enter(struct fp_net *fpn, struct genl_info *info, const struct nlattr *id,
		 struct fp_txn **out);
int fp_txn_leave(struct fp_txn *txn, struct genl_info *info, const char *kind, int err);

/* What the candidate has under that name, or NULL. */
struct fp_object *fp_txn_find(struct fp_txn *txn, enum fp_kind kind, const char *name);
/* Put an object, new or replaced. Takes @obj, also on failure. */
int fp_txn_put(struct fp_txn *txn, struct fp_object *obj, struct netlink_ext_ack *extack);
int fp_txn_del(struct fp_txn *txn, enum fp_kind kind, const char *name,
	       struct netlink_ext_ack *extack);
/* Entries of a list that the candidate has, to be changed; or an ERR_PTR(). */
struct fp_acl_edit *fp_txn_edit(struct fp_txn *txn, const char *acl,
				struct netlink_ext_ack *extack);
/* Insert at a line, from 1. Takes @entry when it succeeds. */
int fp_txn_insert(struct fp_txn *txn, struct fp_acl_edit *edit, u32 line,
		  struct fp_entry *entry, struct netlink_ext_ack *extack);
void fp_txn_remove(struct fp_txn *txn, struct fp_acl_edit *edit, struct fp_entry *entry);

/* Objects of a kind as the candidate has them; or an ERR_PTR(). */
struct fp_table *fp_txn_table(const struct fp_txn *txn, enum fp_kind kind);

int fp_nl_txn_begin(struct sk_buff *skb, struct genl_info *info);
int fp_nl_txn_commit(struct sk_buff *skb, struct genl_info *info);
int fp_nl_txn_abort(struct sk_buff *skb, struct genl_info *info);
int fp_nl_txn_errors_dump(struct sk_buff *skb, struct netlink_callback *cb);

void fp_txn_net_exit(struct fp_net *fpn);
int fp_txn_init(void);
void fp_txn_exit(void);

#endif /* _FP_TXN_H */
