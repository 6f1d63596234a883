// SPDX-License-Identifier: GPL-2.0
/* What a transaction changed over the policy that it started from. See txn.h. */
#include <linux/netlink.h>
#include <linux/slab.h>
#include "acl_edit.h"
#include "netns.h"
#include "policy_int.h"
#include "txn.h"

static struct fp_change *fp_change_find(const struct fp_txn *txn, enum fp_kind kind,
					const char *name)
{
	struct rb_node *rb = txn->change[kind].rb_node;

	while (rb) {
		struct fp_change *c = rb_entry(rb, struct fp_change, rb);
		int cmp = strcmp(name, c->name);

		if (!cmp)
			return c;
		rb = cmp < 0 ? rb->rb_left : rb->rb_right;
	}
	return NULL;
}

/* A change of that name, which must not be there yet. Takes a reference on @obj. */
static struct fp_change *fp_change_add(struct fp_txn *txn, enum fp_kind kind,
				       const char *name, struct fp_object *obj)
{
	struct rb_node **link = &txn->change[kind].rb_node, *parent = NULL;
	size_t len = strlen(name) + 1;
	struct fp_change *c;

	c = kzalloc(struct_size(c, name, len), GFP_KERNEL_ACCOUNT);
	if (!c)
		return NULL;
	memcpy(c->name, name, len);
	c->obj = fp_object_get(obj);
	while (*link) {
		parent = *link;
		link = strcmp(name, rb_entry(parent, struct fp_change, rb)->name) < 0 ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&c->rb, parent, link);
	rb_insert_color(&c->rb, &txn->change[kind]);
	return c;
}

static struct fp_object *fp_txn_base_find(const struct fp_txn *txn, enum fp_kind kind,
					  const char *name)
{
	s32 i = fp_table_find(txn->base->table[kind], name);

	return i < 0 ? NULL : txn->base->table[kind]->obj[i];
}

/* The change of that name; made where there is none. */
static struct fp_change *fp_txn_change(struct fp_txn *txn, enum fp_kind kind,
				       const char *name)
{
	return fp_change_find(txn, kind, name) ?:
	       fp_change_add(txn, kind, name, fp_txn_base_find(txn, kind, name));
}

/**
 * fp_txn_find() - an object as the candidate has it
 * @txn: candidate
 * @kind: kind
 * @name: key
 *
 * The entries of an access list may be in the making: see fp_txn_edit().
 *
 * Context: holds fpn->config.
 * Return: the object or NULL.
 */
struct fp_object *fp_txn_find(struct fp_txn *txn, enum fp_kind kind, const char *name)
{
	struct fp_change *c = fp_change_find(txn, kind, name);

	lockdep_assert_held(&txn->fpn->config);
	return c ? c->obj : fp_txn_base_find(txn, kind, name);
}

/* The candidate does without the entries of an access list. */
static void fp_change_drop_entries(struct fp_txn *txn, const struct fp_change *c)
{
	const struct fp_acl_list *list = container_of(c->obj, struct fp_acl_obj, o)->list;

	txn->n_aces -= c->edit ? fp_acl_edit_count(c->edit) : list->n;
	txn->bytes -= c->edit ? fp_acl_edit_bytes(c->edit) : list->bytes;
}

/* The candidate does without the object of the change. */
static void fp_change_drop(struct fp_txn *txn, struct fp_change *c)
{
	if (!c->obj)
		return;
	if (c->obj->kind == FP_KIND_ACL)
		fp_change_drop_entries(txn, c);
	txn->count[c->obj->kind]--;
	txn->bytes -= c->obj->bytes;
	fp_object_put(c->obj);
	c->obj = NULL;
	fp_acl_edit_free(c->edit);
	c->edit = NULL;
}

static int fp_txn_room(const struct fp_txn *txn, const struct fp_object *obj,
		       const struct fp_object *old, struct netlink_ext_ack *extack)
{
	if (!old && txn->count[obj->kind] >= FP_MAX_OBJECTS) {
		NL_SET_ERR_MSG(extack, "too many objects: 65536 of one kind at most");
		return -ENOSPC;
	}
	if (txn->bytes + obj->bytes > FP_MAX_BYTES) {
		NL_SET_ERR_MSG(extack, "the policy is too large: 256 MiB of objects at most");
		return -ENOSPC;
	}
	return 0;
}

/**
 * fp_txn_put() - put an object, new or in place of one of that name
 * @txn: candidate
 * @obj: object; taken, also on failure
 * @extack: for the reason
 *
 * The entries of an access list, those in the making too, stay.
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or a negative errno.
 */
int fp_txn_put(struct fp_txn *txn, struct fp_object *obj, struct netlink_ext_ack *extack)
{
	struct fp_change *c;
	int err;

	lockdep_assert_held(&txn->fpn->config);
	err = fp_txn_room(txn, obj, fp_txn_find(txn, obj->kind, obj->name), extack);
	if (err)
		goto drop;
	c = fp_txn_change(txn, obj->kind, obj->name);
	if (!c) {
		NL_SET_ERR_MSG(extack, "out of memory");
		err = -ENOMEM;
		goto drop;
	}
	txn->bytes += obj->bytes;
	if (c->obj)
		txn->bytes -= c->obj->bytes;
	else
		txn->count[obj->kind]++;
	fp_object_put(c->obj);
	c->obj = obj;
	return 0;
drop:
	fp_object_put(obj);
	return err;
}

/**
 * fp_txn_del() - delete an object
 * @txn: candidate
 * @kind: kind
 * @name: key
 * @extack: for the reason
 *
 * Who still refers to it is found at commit. That one of the base is gone must
 * be remembered; one that the transaction made itself leaves no trace, or a
 * candidate would grow without bound.
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or a negative errno.
 */
int fp_txn_del(struct fp_txn *txn, enum fp_kind kind, const char *name,
	       struct netlink_ext_ack *extack)
{
	struct fp_change *c;

	lockdep_assert_held(&txn->fpn->config);
	if (!fp_txn_find(txn, kind, name)) {
		NL_SET_ERR_MSG(extack, "no object of that name");
		return -ENOENT;
	}
	c = fp_txn_change(txn, kind, name);
	if (!c) {
		NL_SET_ERR_MSG(extack, "out of memory");
		return -ENOMEM;
	}
	fp_change_drop(txn, c);
	if (!fp_txn_base_find(txn, kind, name)) {
		rb_erase(&c->rb, &txn->change[kind]);
		kfree(c);
	}
	return 0;
}

/**
 * fp_txn_edit() - entries of an access list, to be changed
 * @txn: candidate
 * @acl: name of the list, which the candidate has
 * @extack: for the reason
 *
 * Context: holds fpn->config, may sleep.
 * Return: the entries, or an ERR_PTR().
 */
struct fp_acl_edit *fp_txn_edit(struct fp_txn *txn, const char *acl,
				struct netlink_ext_ack *extack)
{
	struct fp_change *c = fp_txn_change(txn, FP_KIND_ACL, acl);

	lockdep_assert_held(&txn->fpn->config);
	if (c && !c->edit)
		c->edit = fp_acl_edit_alloc(container_of(c->obj, struct fp_acl_obj, o)->list);
	if (c && c->edit)
		return c->edit;
	NL_SET_ERR_MSG(extack, "out of memory");
	return ERR_PTR(-ENOMEM);
}

/**
 * fp_txn_insert() - insert an entry
 * @txn: candidate
 * @edit: entries of a list of it
 * @line: from 1 to one more than there are
 * @entry: entry; taken when this succeeds; gets its id
 * @extack: for the reason
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or a negative errno.
 */
int fp_txn_insert(struct fp_txn *txn, struct fp_acl_edit *edit, u32 line,
		  struct fp_entry *entry, struct netlink_ext_ack *extack)
{
	size_t bytes = fp_entry_bytes(entry);
	int err;

	lockdep_assert_held(&txn->fpn->config);
	if (txn->n_aces >= FP_MAX_ACES || txn->bytes + bytes > FP_MAX_BYTES) {
		NL_SET_ERR_MSG(extack, "the lists are full: 1048576 entries, or 256 MiB of policy");
		return -ENOSPC;
	}
	/* An id is taken only when four billion were given out in between. */
	do {
		if (!++txn->fpn->next_ace_id)
			txn->fpn->next_ace_id = 1;
		entry->id = txn->fpn->next_ace_id;
		err = fp_acl_edit_insert(edit, line, entry);
	} while (err == -EBUSY);
	if (err) {
		NL_SET_ERR_MSG(extack, "out of memory");
		return err;
	}
	txn->n_aces++;
	txn->bytes += bytes;
	return 0;
}

/**
 * fp_txn_remove() - remove an entry
 * @txn: candidate
 * @edit: entries of a list of it
 * @entry: one of them
 *
 * Context: holds fpn->config.
 */
void fp_txn_remove(struct fp_txn *txn, struct fp_acl_edit *edit, struct fp_entry *entry)
{
	lockdep_assert_held(&txn->fpn->config);
	txn->n_aces--;
	txn->bytes -= fp_entry_bytes(entry);
	fp_acl_edit_del(edit, entry);
}

/* The object of a change as it shall be; one reference, or an ERR_PTR(). */
static struct fp_object *fp_change_object(const struct fp_change *c)
{
	struct fp_acl_list *list;
	struct fp_object *obj;

	if (!c->edit)
		return fp_object_get(c->obj);
	list = fp_acl_edit_list(c->edit);
	if (!list)
		return ERR_PTR(-ENOMEM);
	obj = fp_acl_with_list(container_of(c->obj, struct fp_acl_obj, o), list);
	return obj ?: ERR_PTR(-ENOMEM);
}

static int fp_table_take(struct fp_table *t, struct fp_object *obj)
{
	const struct fp_acl_list *list;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	t->obj[t->n++] = obj;
	t->bytes += obj->bytes;
	if (obj->kind == FP_KIND_ACL) {
		list = container_of(obj, struct fp_acl_obj, o)->list;
		t->n_aces += list->n;
		t->bytes += list->bytes;
	}
	return 0;
}

/* Both are sorted by name, so one pass merges them. */
static int fp_table_merge(struct fp_table *t, const struct fp_table *base,
			  const struct rb_root *changes)
{
	struct rb_node *rb = rb_first(changes);
	u32 i = 0, n = base ? base->n : 0;
	int err = 0;

	while (!err && (rb || i < n)) {
		struct fp_change *c = rb ? rb_entry(rb, struct fp_change, rb) : NULL;
		int cmp = -1;

		if (i < n)
			cmp = c ? strcmp(c->name, base->obj[i]->name) : 1;
		if (cmp > 0) {
			err = fp_table_take(t, fp_object_get(base->obj[i++]));
			continue;
		}
		if (!cmp)
			i++;
		if (c->obj)
			err = fp_table_take(t, fp_change_object(c));
		rb = rb_next(rb);
	}
	return err;
}

/**
 * fp_txn_table() - objects of a kind as the candidate has them
 * @txn: candidate
 * @kind: kind
 *
 * Context: holds fpn->config, may sleep.
 * Return: a table with one reference, that of the base where nothing changed;
 * NULL for an empty one; or an ERR_PTR().
 */
struct fp_table *fp_txn_table(const struct fp_txn *txn, enum fp_kind kind)
{
	struct fp_table *base = txn->base->table[kind], *t;
	int err;

	lockdep_assert_held(&txn->fpn->config);
	if (RB_EMPTY_ROOT(&txn->change[kind])) {
		if (base)
			refcount_inc(&base->refs);
		return base;
	}
	t = kvzalloc(struct_size(t, obj, txn->count[kind]), GFP_KERNEL_ACCOUNT);
	if (!t)
		return ERR_PTR(-ENOMEM);
	refcount_set(&t->refs, 1);
	err = fp_table_merge(t, base, &txn->change[kind]);
	if (!err)
		return t;
	fp_table_put(t);
	return ERR_PTR(err);
}
