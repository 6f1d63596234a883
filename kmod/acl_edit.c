// SPDX-License-Identifier: GPL-2.0
/* Entries of an access list in the making; see acl_edit.h. */
#include <linux/rbtree_augmented.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "acl_edit.h"
#include "object.h"

/**
 * struct fp_line - a line of the list
 * @rb: in the tree
 * @size: lines in the subtree, this one included
 * @entry: the entry; one reference
 */
struct fp_line {
	struct rb_node rb;
	u32 size;
	struct fp_entry *entry;
};

/**
 * struct fp_acl_edit - see acl_edit.h
 * @root: lines in order
 * @by_id: the same lines, by the id of their entry
 * @bytes: octets of the entries
 */
struct fp_acl_edit {
	struct rb_root root;
	struct xarray by_id;
	u64 bytes;
};

static u32 fp_line_size(const struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct fp_line, rb)->size : 0;
}

static bool fp_line_compute(struct fp_line *line, bool exit)
{
	u32 size = 1 + fp_line_size(line->rb.rb_left) + fp_line_size(line->rb.rb_right);

	if (exit && line->size == size)
		return true;
	line->size = size;
	return false;
}

RB_DECLARE_CALLBACKS(static, fp_line_callbacks, struct fp_line, rb, size, fp_line_compute);

static struct fp_line *fp_line_at(const struct fp_acl_edit *edit, u32 line)
{
	struct rb_node *rb = edit->root.rb_node;

	while (rb) {
		u32 left = fp_line_size(rb->rb_left);

		if (line == left + 1)
			return rb_entry(rb, struct fp_line, rb);
		if (line <= left) {
			rb = rb->rb_left;
		} else {
			line -= left + 1;
			rb = rb->rb_right;
		}
	}
	return NULL;
}

static void fp_line_link(struct fp_acl_edit *edit, struct fp_line *new, u32 line)
{
	struct rb_node **link = &edit->root.rb_node, *parent = NULL;

	while (*link) {
		u32 left = fp_line_size((*link)->rb_left);

		parent = *link;
		rb_entry(parent, struct fp_line, rb)->size++;
		if (line <= left + 1) {
			link = &parent->rb_left;
		} else {
			line -= left + 1;
			link = &parent->rb_right;
		}
	}
	new->size = 1;
	rb_link_node(&new->rb, parent, link);
	rb_insert_augmented(&new->rb, &edit->root, &fp_line_callbacks);
}

/**
 * fp_acl_edit_count() - number of lines
 * @edit: list in the making
 *
 * Context: holds fpn->config.
 * Return: the number.
 */
u32 fp_acl_edit_count(const struct fp_acl_edit *edit)
{
	return fp_line_size(edit->root.rb_node);
}

/**
 * fp_acl_edit_bytes() - octets of the entries
 * @edit: list in the making
 *
 * Context: holds fpn->config.
 * Return: the number.
 */
u64 fp_acl_edit_bytes(const struct fp_acl_edit *edit)
{
	return edit->bytes;
}

/**
 * fp_acl_edit_insert() - an entry at a line; later ones move down
 * @edit: list in the making
 * @line: from 1 to one more than there are
 * @entry: entry; taken when this succeeds
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0; -EBUSY when another entry has its id; -ENOMEM.
 */
int fp_acl_edit_insert(struct fp_acl_edit *edit, u32 line, struct fp_entry *entry)
{
	struct fp_line *new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	int err;

	if (!new)
		return -ENOMEM;
	err = xa_insert(&edit->by_id, entry->id, new, GFP_KERNEL_ACCOUNT);
	if (err) {
		kfree(new);
		return err;
	}
	new->entry = entry;
	edit->bytes += fp_entry_bytes(entry);
	fp_line_link(edit, new, line);
	return 0;
}

/**
 * fp_acl_edit_at() - entry at a line
 * @edit: list in the making
 * @line: from 1
 *
 * Context: holds fpn->config.
 * Return: the entry or NULL.
 */
struct fp_entry *fp_acl_edit_at(const struct fp_acl_edit *edit, u32 line)
{
	struct fp_line *at = line ? fp_line_at(edit, line) : NULL;

	return at ? at->entry : NULL;
}

/**
 * fp_acl_edit_find() - entry by id
 * @edit: list in the making
 * @id: its id
 *
 * Context: holds fpn->config.
 * Return: the entry or NULL.
 */
struct fp_entry *fp_acl_edit_find(const struct fp_acl_edit *edit, u32 id)
{
	struct fp_line *at = xa_load((struct xarray *)&edit->by_id, id);

	return at ? at->entry : NULL;
}

/**
 * fp_acl_edit_del() - remove an entry
 * @edit: list in the making
 * @entry: an entry that it has
 *
 * Context: holds fpn->config.
 */
void fp_acl_edit_del(struct fp_acl_edit *edit, struct fp_entry *entry)
{
	struct fp_line *at = xa_erase(&edit->by_id, entry->id);

	if (WARN_ON_ONCE(!at))
		return;
	rb_erase_augmented(&at->rb, &edit->root, &fp_line_callbacks);
	edit->bytes -= fp_entry_bytes(entry);
	fp_entry_put(at->entry);
	kfree(at);
}

/**
 * fp_acl_edit_alloc() - begin with the entries of a list
 * @list: list; stays as it is
 *
 * Context: holds fpn->config, may sleep.
 * Return: the list in the making; NULL for want of memory.
 */
struct fp_acl_edit *fp_acl_edit_alloc(const struct fp_acl_list *list)
{
	struct fp_acl_edit *edit = kzalloc(sizeof(*edit), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!edit)
		return NULL;
	xa_init(&edit->by_id);
	for (i = 0; i < list->n; i++) {
		if (fp_acl_edit_insert(edit, i + 1, fp_entry_get(list->entry[i]))) {
			fp_entry_put(list->entry[i]);
			fp_acl_edit_free(edit);
			return NULL;
		}
		if (!(i % 4096))
			cond_resched();
	}
	return edit;
}

/**
 * fp_acl_edit_free() - forget a list in the making
 * @edit: list, or NULL
 *
 * Context: may sleep.
 */
void fp_acl_edit_free(struct fp_acl_edit *edit)
{
	struct fp_line *line, *next;
	u32 n = 0;

	if (!edit)
		return;
	xa_destroy(&edit->by_id);
	rbtree_postorder_for_each_entry_safe(line, next, &edit->root, rb) {
		fp_entry_put(line->entry);
		kfree(line);
		if (!(++n % 4096))
			cond_resched();
	}
	kfree(edit);
}

/**
 * fp_acl_edit_list() - the list that was made
 * @edit: list in the making; stays as it is
 *
 * Context: holds fpn->config, may sleep.
 * Return: a list with one reference, not compiled; NULL for want of memory.
 */
struct fp_acl_list *fp_acl_edit_list(const struct fp_acl_edit *edit)
{
	struct fp_acl_list *list = fp_acl_list_alloc(fp_acl_edit_count(edit));
	struct rb_node *rb;
	u32 i = 0;

	if (!list)
		return NULL;
	list->bytes = edit->bytes;
	for (rb = rb_first(&edit->root); rb; rb = rb_next(rb))
		list->entry[i++] = fp_entry_get(rb_entry(rb, struct fp_line, rb)->entry);
	return list;
}

#ifdef FEDPAT_SELFTEST
#define FP_EDIT_TEST	500

static struct fp_entry *fp_edit_test_entry(u32 id)
{
	struct fp_entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return NULL;
	refcount_set(&entry->refs, 1);
	entry->id = id;
	return entry;
}

/* The model: an array of ids, changed the simple way. */
static void fp_edit_test_model(u32 *model, u32 n, u32 line, u32 id)
{
	memmove(model + line, model + line - 1, (n - (line - 1)) * sizeof(*model));
	model[line - 1] = id;
}

static bool fp_edit_test_same(const struct fp_acl_edit *edit, const u32 *model, u32 n)
{
	struct fp_entry *entry;
	u32 i;

	if (fp_acl_edit_count(edit) != n)
		return false;
	for (i = 0; i < n; i++) {
		entry = fp_acl_edit_at(edit, i + 1);
		if (!entry || entry->id != model[i] ||
		    fp_acl_edit_find(edit, model[i]) != entry)
			return false;
	}
	return !fp_acl_edit_at(edit, n + 1) && !fp_acl_edit_at(edit, 0);
}

static bool fp_edit_test_run(struct fp_acl_edit *edit, u32 *model)
{
	u32 n = 0, id, line, seed = 1;
	struct fp_entry *entry;

	for (id = 1; id <= FP_EDIT_TEST; id++) {
		seed = seed * 1103515245 + 12345;
		line = 1 + (seed >> 8) % (n + 1);
		entry = fp_edit_test_entry(id);
		if (!entry)
			return false;
		if (fp_acl_edit_insert(edit, line, entry)) {
			fp_entry_put(entry);
			return false;
		}
		fp_edit_test_model(model, n++, line, id);
		if (id % 3)
			continue;
		line = 1 + (seed >> 16) % n;
		fp_acl_edit_del(edit, fp_acl_edit_at(edit, line));
		memmove(model + line - 1, model + line, (n - line) * sizeof(*model));
		n--;
	}
	return fp_edit_test_same(edit, model, n);
}

/**
 * fp_acl_edit_selftest() - random changes against an array
 *
 * Context: module init.
 * Return: true when they agree.
 */
bool fp_acl_edit_selftest(void)
{
	struct fp_acl_list *empty = fp_acl_list_alloc(0);
	u32 *model = kcalloc(FP_EDIT_TEST + 1, sizeof(*model), GFP_KERNEL);
	struct fp_acl_edit *edit = empty ? fp_acl_edit_alloc(empty) : NULL;
	bool good = model && edit && fp_edit_test_run(edit, model);

	fp_acl_edit_free(edit);
	fp_acl_list_put(empty);
	kfree(model);
	return good;
}
#endif
