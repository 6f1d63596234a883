// SPDX-License-Identifier: GPL-2.0
/* Netlink operations on entries of access lists. */
#include <net/sock.h>
#include "acl_edit.h"
#include "genl.h"
#include "netns.h"
#include "nl.h"
#include "policy_int.h"
#include "txn.h"

static int fp_nl_acl_name(struct genl_info *info, char name[FP_KEY_MAX + 1])
{
	if (GENL_REQ_ATTR_CHECK(info, FEDPAT_A_ACE_ACL)) {
		NL_SET_ERR_MSG(info->extack, "the name of the access list is missing");
		return -EINVAL;
	}
	return fp_object_key(FP_KIND_ACL, info->attrs[FEDPAT_A_ACE_ACL], name, info->extack);
}

/* A failed operation is a fault of the whole transaction, as with objects. */
static int fp_nl_entry_leave(struct fp_txn *txn, struct genl_info *info, int err)
{
	char name[FP_KEY_MAX + 1] = "";

	if (err) {
		if (info->attrs[FEDPAT_A_ACE_ACL])
			nla_strscpy(name, info->attrs[FEDPAT_A_ACE_ACL], sizeof(name));
		fp_fault_op(&txn->faults, "ace", name, fp_ace_attr_names, FEDPAT_A_ACE_MAX,
			    info);
	}
	return fp_txn_leave(txn, info, fp_kind_name(FP_KIND_ACL), err);
}

/* The list that an entry goes into; made where there is none. */
static struct fp_acl_edit *fp_nl_entry_list(struct fp_txn *txn, struct genl_info *info,
					    const char *name)
{
	struct fp_object *acl;
	int err;

	if (!fp_txn_find(txn, FP_KIND_ACL, name)) {
		acl = fp_acl_empty(name);
		if (!acl) {
			NL_SET_ERR_MSG(info->extack, "out of memory");
			return ERR_PTR(-ENOMEM);
		}
		err = fp_txn_put(txn, acl, info->extack);
		if (err)
			return ERR_PTR(err);
	}
	return fp_txn_edit(txn, name, info->extack);
}

static int fp_nl_entry_line(struct genl_info *info, const struct fp_acl_edit *edit, u32 *line)
{
	struct nlattr *attr = info->attrs[FEDPAT_A_ACE_LINE];
	u32 end = fp_acl_edit_count(edit) + 1;

	*line = attr ? nla_get_u32(attr) : end;
	if (*line >= 1 && *line <= end)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "no such line: 1 to one more than the list has; leave it out to append");
	return -EINVAL;
}

static int fp_nl_entry_insert(struct fp_txn *txn, struct genl_info *info, u32 *id, u32 *line)
{
	char name[FP_KEY_MAX + 1];
	struct fp_acl_edit *edit;
	struct fp_entry *entry;
	int err;

	err = fp_nl_acl_name(info, name);
	if (err)
		return err;
	entry = fp_entry_parse(info);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	edit = fp_nl_entry_list(txn, info, name);
	err = PTR_ERR_OR_ZERO(edit);
	if (!err)
		err = fp_nl_entry_line(info, edit, line);
	if (!err)
		err = fp_txn_insert(txn, edit, *line, entry, info->extack);
	if (err) {
		fp_entry_put(entry);
		return err;
	}
	*id = entry->id;
	return 0;
}

static int fp_nl_entry_reply(struct genl_info *info, u32 id, u32 line)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &fp_genl_family, 0, FEDPAT_CMD_ACE_NEW);
	if (!hdr || nla_put(skb, FEDPAT_A_ACE_ACL, nla_len(info->attrs[FEDPAT_A_ACE_ACL]),
			    nla_data(info->attrs[FEDPAT_A_ACE_ACL])) ||
	    nla_put_u32(skb, FEDPAT_A_ACE_ID, id) ||
	    nla_put_u32(skb, FEDPAT_A_ACE_LINE, line)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/**
 * fp_nl_entry_new() - ace-new
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_entry_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id_attr = info->attrs[FEDPAT_A_ACE_TXN];
	struct fp_txn *txn;
	u32 id = 0, line = 0;
	int err;

	err = fp_txn_enter(fp_net(genl_info_net(info)), info, id_attr, &txn);
	if (err)
		return err;
	err = fp_nl_entry_leave(txn, info, fp_nl_entry_insert(txn, info, &id, &line));
	/*
	 * A batch of a hundred thousand wants no answers unless it asks for them.
	 * What is done is done, whatever becomes of the answer.
	 */
	if (!err && (!id_attr || info->nlhdr->nlmsg_flags & NLM_F_ECHO))
		fp_nl_entry_reply(info, id, line);
	return err;
}

/* The entry that id or line names; an ERR_PTR() when there is none. */
static struct fp_entry *fp_nl_entry_named(struct genl_info *info,
					  const struct fp_acl_edit *edit)
{
	struct nlattr *id = info->attrs[FEDPAT_A_ACE_ID];
	struct nlattr *line = info->attrs[FEDPAT_A_ACE_LINE];
	struct fp_entry *entry;

	if (id && line) {
		NL_SET_ERR_MSG_ATTR(info->extack, line, "give the id or the line, not both");
		return ERR_PTR(-EINVAL);
	}
	entry = id ? fp_acl_edit_find(edit, nla_get_u32(id)) :
		     fp_acl_edit_at(edit, nla_get_u32(line));
	if (entry)
		return entry;
	NL_SET_ERR_MSG_ATTR(info->extack, id ?: line, "the list has no such entry");
	return ERR_PTR(-ENOENT);
}

static int fp_nl_entry_remove(struct fp_txn *txn, struct genl_info *info)
{
	char name[FP_KEY_MAX + 1];
	struct fp_acl_edit *edit;
	struct fp_entry *entry;
	int err;

	err = fp_nl_acl_name(info, name);
	if (err)
		return err;
	if (!fp_txn_find(txn, FP_KIND_ACL, name)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[FEDPAT_A_ACE_ACL],
				    "no access list of that name");
		return -ENOENT;
	}
	edit = fp_txn_edit(txn, name, info->extack);
	if (IS_ERR(edit))
		return PTR_ERR(edit);
	if (!info->attrs[FEDPAT_A_ACE_ID] && !info->attrs[FEDPAT_A_ACE_LINE]) {
		while ((entry = fp_acl_edit_at(edit, 1)))
			fp_txn_remove(txn, edit, entry);
		return 0;
	}
	entry = fp_nl_entry_named(info, edit);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	fp_txn_remove(txn, edit, entry);
	return 0;
}

/**
 * fp_nl_entry_del() - ace-del
 * @skb: request
 * @info: request
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int fp_nl_entry_del(struct sk_buff *skb, struct genl_info *info)
{
	struct fp_txn *txn;
	int err;

	err = fp_txn_enter(fp_net(genl_info_net(info)), info, info->attrs[FEDPAT_A_ACE_TXN],
			   &txn);
	if (err)
		return err;
	return fp_nl_entry_leave(txn, info, fp_nl_entry_remove(txn, info));
}

static const struct nlattr *fp_nl_entry_filter(const struct netlink_callback *cb)
{
	return nla_find(genlmsg_data(nlmsg_data(cb->nlh)),
			nlmsg_attrlen(cb->nlh, GENL_HDRLEN), FEDPAT_A_ACE_ACL);
}

/**
 * fp_nl_entry_start() - begin a dump of entries
 * @cb: the dump
 *
 * Context: process.
 * Return: 0; -ENOENT when the list that it names does not exist.
 */
int fp_nl_entry_start(struct netlink_callback *cb)
{
	struct fp_net *fpn = fp_net(sock_net(cb->skb->sk));
	const struct nlattr *acl = fp_nl_entry_filter(cb);
	char name[FEDPAT_NAME_MAX + 1];
	bool found;

	if (!acl)
		return 0;
	nla_strscpy(name, acl, sizeof(name));
	rcu_read_lock();
	found = fp_object_find_rcu(fp_policy_rcu(fpn), FP_KIND_ACL, name);
	rcu_read_unlock();
	if (found)
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, acl, "no access list of that name");
	return -ENOENT;
}

static int fp_nl_entry_put(struct sk_buff *skb, struct netlink_callback *cb,
			   const struct fp_acl_obj *acl, u32 i)
{
	void *hdr = fp_nl_dump_head(skb, cb);

	if (!hdr)
		return -EMSGSIZE;
	if (fp_entry_fill(skb, acl->o.name, acl->list->entry[i], i + 1)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* args[1]: entries told so far of the list at hand. */
static int fp_nl_entry_dump_list(struct sk_buff *skb, struct netlink_callback *cb,
				 const struct fp_object *obj)
{
	const struct fp_acl_obj *acl = container_of(obj, struct fp_acl_obj, o);
	u32 i;

	for (i = cb->args[1]; i < acl->list->n; i++) {
		if (fp_nl_entry_put(skb, cb, acl, i)) {
			cb->args[1] = i;
			return -EMSGSIZE;
		}
	}
	cb->args[1] = 0;
	return 0;
}

/**
 * fp_nl_entry_dump() - dump of the entries of one list, or of all
 * @skb: to fill
 * @cb: args[0]: lists told so far; args[1]: entries of the next one
 *
 * Context: process.
 * Return: length of @skb, 0 when done, or a negative errno.
 */
int fp_nl_entry_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fp_net *fpn = fp_net(sock_net(skb->sk));
	const struct nlattr *acl = fp_nl_entry_filter(cb);
	const struct fp_policy *p;
	struct fp_object *obj;
	u32 i = cb->args[0];
	int err = 0;

	rcu_read_lock();
	p = fp_policy_rcu(fpn);
	cb->seq = p->generation + 1;
	for (; i < fp_policy_count(p, FP_KIND_ACL); i++) {
		obj = p->table[FP_KIND_ACL]->obj[i];
		if (acl && nla_strcmp(acl, obj->name))
			continue;
		err = fp_nl_entry_dump_list(skb, cb, obj);
		if (err)
			break;
	}
	rcu_read_unlock();
	cb->args[0] = i;
	return skb->len ?: err;
}
