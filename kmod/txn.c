// SPDX-License-Identifier: GPL-2.0
/* Transactions: who has one, and how it begins and ends. See txn.h. */
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "acl_edit.h"
#include "build.h"
#include "genl.h"
#include "netns.h"
#include "policy_int.h"
#include "txn.h"

static struct fp_policy *fp_txn_policy(struct fp_net *fpn)
{
	return rcu_dereference_protected(fpn->policy, lockdep_is_held(&fpn->config));
}

static struct fp_txn *fp_txn_alloc(struct fp_net *fpn, u32 portid)
{
	struct fp_txn *txn = kzalloc(sizeof(*txn), GFP_KERNEL_ACCOUNT);
	u32 kind;

	if (!txn)
		return NULL;
	txn->fpn = fpn;
	txn->base = fp_policy_get(fpn);
	txn->portid = portid;
	txn->n_aces = txn->base->n_aces;
	txn->bytes = txn->base->bytes;
	txn->settings = txn->base->settings_set;
	for (kind = 0; kind < __FP_KIND_COUNT; kind++) {
		txn->change[kind] = RB_ROOT;
		txn->count[kind] = fp_policy_count(txn->base, kind);
	}
	fp_faults_init(&txn->faults);
	return txn;
}

static void fp_txn_free(struct fp_txn *txn)
{
	struct fp_change *c, *next;
	u32 kind;

	for (kind = 0; kind < __FP_KIND_COUNT; kind++) {
		rbtree_postorder_for_each_entry_safe(c, next, &txn->change[kind], rb) {
			fp_object_put(c->obj);
			fp_acl_edit_free(c->edit);
			kfree(c);
		}
	}
	fp_faults_clear(&txn->faults, true);
	fp_policy_put(txn->base);
	kfree(txn);
}

/* The candidate of the namespace is the owner's no more. */
static void fp_txn_drop(struct fp_net *fpn)
{
	struct fp_txn *txn = fpn->txn;

	lockdep_assert_held(&fpn->config);
	if (!txn)
		return;
	fpn->txn = NULL;
	WRITE_ONCE(fpn->txn_portid, 0);
	fp_txn_free(txn);
}

/* Lazily: nothing but the next one who comes needs to know. */
static void fp_txn_expire(struct fp_net *fpn)
{
	struct fp_txn *txn = fpn->txn;

	if (!txn || !time_after(jiffies, txn->touched + txn->timeout))
		return;
	fp_stat_inc(fpn, FP_S_TXN_ORPHANED);
	fp_txn_drop(fpn);
}

/* The open transaction of that id, when the sender owns it. */
static struct fp_txn *fp_txn_owned(struct fp_net *fpn, struct genl_info *info,
				   const struct nlattr *id)
{
	struct fp_txn *txn = fpn->txn;

	if (!txn || txn->id != nla_get_u32(id)) {
		NL_SET_ERR_MSG_ATTR(info->extack, id,
				    "no such transaction: it ended, was silent for too long, or never began");
		return ERR_PTR(-ENOENT);
	}
	if (txn->portid != info->snd_portid) {
		NL_SET_ERR_MSG_ATTR(info->extack, id,
				    "the transaction belongs to another socket");
		return ERR_PTR(-EPERM);
	}
	txn->touched = jiffies;
	return txn;
}

static int fp_txn_busy(struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack,
		       "another transaction is open in this network namespace; try again when it has ended");
	return -EBUSY;
}

static struct fp_txn *fp_txn_single(struct fp_net *fpn, struct genl_info *info)
{
	struct fp_txn *txn;

	if (fpn->txn)
		return ERR_PTR(fp_txn_busy(info));
	txn = fp_txn_alloc(fpn, info->snd_portid);
	if (!txn) {
		NL_SET_ERR_MSG(info->extack, "out of memory");
		return ERR_PTR(-ENOMEM);
	}
	return txn;
}

/**
 * fp_txn_enter() - begin an operation on a candidate
 * @fpn: the namespace
 * @info: the request
 * @id: transaction that it names, or NULL for a transaction of one
 * @out: the candidate
 *
 * Context: may sleep. Takes fpn->config when it succeeds.
 * Return: 0 or a negative errno, with the reason in the extended ack.
 */
int fp_txn_enter(struct fp_net *fpn, struct genl_info *info, const struct nlattr *id,
		 struct fp_txn **out)
{
	mutex_lock(&fpn->config);
	fp_txn_expire(fpn);
	*out = id ? fp_txn_owned(fpn, info, id) : fp_txn_single(fpn, info);
	if (!IS_ERR(*out))
		return 0;
	mutex_unlock(&fpn->config);
	return PTR_ERR(*out);
}

/* The first fault goes into the answer; the others wait to be asked for. */
static void fp_txn_tell(struct fp_txn *txn, struct genl_info *info, int err)
{
	const struct fp_fault *f = list_first_entry_or_null(&txn->faults.list,
							    struct fp_fault, list);

	if (err == -EINTR) {
		NL_SET_ERR_MSG(info->extack, "interrupted");
		return;
	}
	if (!f || err == -ENOMEM) {
		NL_SET_ERR_MSG(info->extack, "out of memory");
		return;
	}
	info->extack->_msg = f->brief;
}

/* Is the fault about the object of that request, or a clash with it? */
static bool fp_txn_fault_is_of(const struct fp_fault *f, const char *kind,
			       const struct nlattr *name)
{
	return name && f->attr && !strcmp(f->kind, kind) &&
	       (!nla_strcmp(name, f->name) || !nla_strcmp(name, f->other));
}

/*
 * The fault of a transaction of one lies in the object that it gave, and then
 * the attribute is in the request, or in another one that it broke.
 */
static void fp_txn_tell_single(struct fp_txn *txn, struct genl_info *info,
			       const char *kind, int err)
{
	const struct nlattr *head = genlmsg_data(info->genlhdr), *bad;
	int len = genlmsg_len(info->genlhdr);
	const struct nlattr *name = nla_find(head, len, FP_A_NAME);
	const struct fp_fault *f;

	fp_txn_tell(txn, info, err);
	if (err == -ENOMEM || err == -EINTR)
		return;
	list_for_each_entry(f, &txn->faults.list, list) {
		bad = fp_txn_fault_is_of(f, kind, name) ? nla_find(head, len, f->attr) : NULL;
		if (!bad)
			continue;
		info->extack->_msg = f->brief;
		NL_SET_BAD_ATTR(info->extack, bad);
		return;
	}
	NL_SET_ERR_MSG(info->extack,
		       "the change breaks another object; txn-errors without an id tells which and why");
}

/* Nobody has an id to ask with, but the same socket may ask what was wrong. */
static void fp_txn_keep_faults(struct fp_txn *txn)
{
	fp_faults_move(&txn->faults, &txn->fpn->single);
	WRITE_ONCE(txn->fpn->single_portid, txn->portid);
}

/**
 * fp_txn_leave() - end an operation on a candidate
 * @txn: by fp_txn_enter()
 * @info: the request
 * @kind: kind of the object that it is about
 * @err: result of the operation
 *
 * Context: may sleep. Gives fpn->config back.
 * Return: @err, or that of the commit of a transaction of one.
 */
int fp_txn_leave(struct fp_txn *txn, struct genl_info *info, const char *kind, int err)
{
	struct fp_net *fpn = txn->fpn;

	lockdep_assert_held(&fpn->config);
	if (txn != fpn->txn) {
		if (!err) {
			err = fp_build_commit(txn);
			if (err)
				fp_txn_tell_single(txn, info, kind, err);
		}
		if (err || fpn->single_portid == txn->portid)
			fp_txn_keep_faults(txn);
		fp_txn_free(txn);
	}
	mutex_unlock(&fpn->config);
	return err;
}

static int fp_txn_check_generation(struct fp_net *fpn, struct genl_info *info)
{
	struct nlattr *expected = info->attrs[FEDPAT_A_TXN_EXPECTED_GENERATION];

	if (!expected || nla_get_u32(expected) == fp_txn_policy(fpn)->generation)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, expected,
			    "the policy has changed since; read it again");
	return -ESTALE;
}

static int fp_txn_timeout(struct genl_info *info, unsigned long *timeout)
{
	struct nlattr *attr = info->attrs[FEDPAT_A_TXN_TIMEOUT];
	u32 ms = attr ? nla_get_u32(attr) : 0;

	if (ms > FP_TXN_TIMEOUT_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "at most 3600000 milliseconds, one hour");
		return -EINVAL;
	}
	*timeout = msecs_to_jiffies(ms ?: FP_TXN_TIMEOUT);
	return 0;
}

static int __fp_txn_begin(struct fp_net *fpn, struct genl_info *info)
{
	unsigned long timeout;
	struct fp_txn *txn;
	int err;

	fp_txn_expire(fpn);
	err = fp_txn_check_generation(fpn, info) ?: fp_txn_timeout(info, &timeout);
	if (err)
		return err;
	txn = fp_txn_single(fpn, info);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	if (!++fpn->next_txn_id)
		fpn->next_txn_id = 1;
	txn->id = fpn->next_txn_id;
	txn->touched = jiffies;
	txn->timeout = timeout;
	fpn->txn = txn;
	WRITE_ONCE(fpn->txn_portid, txn->portid);
	return 0;
}

static int fp_txn_reply(struct genl_info *info, u8 cmd, u32 id, u32 generation)
{
	struct sk_buff *skb = genlmsg_new(2 * nla_total_size(sizeof(u32)), GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &fp_genl_family, 0, cmd);
	if (!hdr || nla_put_u32(skb, FEDPAT_A_TXN_ID, id) ||
	    nla_put_u32(skb, FEDPAT_A_TXN_GENERATION, generation)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/**
 * fp_nl_txn_begin() - txn-begin
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_txn_begin(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_net *fpn = fp_net(genl_info_net(info));
	int err;

	mutex_lock(&fpn->config);
	err = __fp_txn_begin(fpn, info);
	if (!err) {
		err = fp_txn_reply(info, FEDPAT_CMD_TXN_BEGIN, fpn->txn->id,
				   fpn->txn->base->generation);
		/* Nobody knows the id, so nobody could end it. */
		if (err)
			fp_txn_drop(fpn);
	}
	mutex_unlock(&fpn->config);
	return err;
}

static struct nlattr *fp_txn_need_id(struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, FEDPAT_A_TXN_ID))
		NL_SET_ERR_MSG(info->extack, "the id of the transaction is missing");
	return info->attrs[FEDPAT_A_TXN_ID];
}

/**
 * fp_nl_txn_commit() - txn-commit
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno; the candidate stays when it is refused, so
 * that its faults can be asked for.
 */
int fp_nl_txn_commit(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_net *fpn = fp_net(genl_info_net(info));
	struct nlattr *id = fp_txn_need_id(info);
	struct fp_txn *txn;
	int err;

	if (!id)
		return -EINVAL;
	err = fp_txn_enter(fpn, info, id, &txn);
	if (err)
		return err;
	err = fp_build_commit(txn);
	if (err) {
		fp_txn_tell(txn, info, err);
	} else {
		/* It is published, whatever becomes of the answer. */
		fp_txn_reply(info, FEDPAT_CMD_TXN_COMMIT, txn->id,
			     fp_txn_policy(fpn)->generation);
		fp_txn_drop(fpn);
	}
	mutex_unlock(&fpn->config);
	return err;
}

/**
 * fp_nl_txn_abort() - txn-abort
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_txn_abort(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_net *fpn = fp_net(genl_info_net(info));
	struct nlattr *id = fp_txn_need_id(info);
	struct fp_txn *txn;
	int err;

	if (!id)
		return -EINVAL;
	err = fp_txn_enter(fpn, info, id, &txn);
	if (err)
		return err;
	fp_txn_drop(fpn);
	mutex_unlock(&fpn->config);
	return 0;
}

static int fp_txn_put_error(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct fp_fault *fault)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&fp_genl_family, NLM_F_MULTI, FEDPAT_CMD_TXN_ERRORS);

	if (!hdr)
		return -EMSGSIZE;
	if (fp_fault_fill(skb, fault)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* Faults that a socket may see; NULL: it has no transaction. */
static const struct fp_faults *fp_txn_faults(struct fp_net *fpn, u32 portid,
					     const struct nlattr *id)
{
	if (!id && fpn->single_portid == portid)
		return &fpn->single;
	if (id && fpn->txn && fpn->txn->portid == portid && fpn->txn->id == nla_get_u32(id))
		return &fpn->txn->faults;
	return NULL;
}

/**
 * fp_nl_txn_errors_dump() - txn-errors
 * @skb: to fill
 * @cb: args[0]: faults told so far
 *
 * Context: process.
 * Return: length of @skb, 0 when done, or a negative errno.
 */
int fp_nl_txn_errors_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fp_net *fpn = fp_net(sock_net(skb->sk));
	const struct nlattr *id = nla_find(genlmsg_data(nlmsg_data(cb->nlh)),
					   nlmsg_attrlen(cb->nlh, GENL_HDRLEN),
					   FEDPAT_A_TXN_ERROR_TXN);
	const struct fp_faults *faults;
	const struct fp_fault *f;
	int err = -ENOENT;
	long i = 0;

	mutex_lock(&fpn->config);
	faults = fp_txn_faults(fpn, NETLINK_CB(cb->skb).portid, id);
	if (faults) {
		list_for_each_entry(f, &faults->list, list) {
			if (i++ < cb->args[0])
				continue;
			if (fp_txn_put_error(skb, cb, f))
				break;
			cb->args[0] = i;
		}
		err = skb->len;
	}
	mutex_unlock(&fpn->config);
	return err;
}

/**
 * fp_txn_net_exit() - the namespace goes, and its candidate with it
 * @fpn: the namespace
 *
 * Context: may sleep.
 */
void fp_txn_net_exit(struct fp_net *fpn)
{
	mutex_lock(&fpn->config);
	fp_txn_drop(fpn);
	fp_faults_clear(&fpn->single, true);
	mutex_unlock(&fpn->config);
}

static void fp_txn_owner_gone(struct fp_net *fpn, u32 portid)
{
	mutex_lock(&fpn->config);
	if (fpn->txn && fpn->txn->portid == portid) {
		fp_stat_inc(fpn, FP_S_TXN_ORPHANED);
		fp_txn_drop(fpn);
	}
	if (fpn->single_portid == portid) {
		WRITE_ONCE(fpn->single_portid, 0);
		fp_faults_clear(&fpn->single, true);
	}
	mutex_unlock(&fpn->config);
}

/*
 * A netlink socket was closed. 6.1 knows no other way to hear of it. The port is
 * looked at without the lock, so that the sockets of others never wait: it can
 * become ours only by an operation of that very socket.
 */
static int fp_txn_release(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct netlink_notify *n = ptr;
	struct fp_net *fpn;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC || !n->portid)
		return NOTIFY_DONE;
	fpn = fp_net(n->net);
	if (READ_ONCE(fpn->txn_portid) == n->portid ||
	    READ_ONCE(fpn->single_portid) == n->portid)
		fp_txn_owner_gone(fpn, n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block fp_txn_notifier = {
	.notifier_call = fp_txn_release,
};

/**
 * fp_txn_init() - hear of sockets that close
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_txn_init(void)
{
	return netlink_register_notifier(&fp_txn_notifier);
}

/**
 * fp_txn_exit() - hear of them no more
 *
 * Context: process.
 */
void fp_txn_exit(void)
{
	netlink_unregister_notifier(&fp_txn_notifier);
}
