// SPDX-License-Identifier: GPL-2.0
/*
 * What leads from one policy to another.
 *
 * Objects are made in the order of their kinds and deleted in the opposite one,
 * so that no object names one that is not there. Entries of lists have no
 * names: those that stay are found as a longest rising sequence of equal
 * entries, so that they keep their ids, hits and last hits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static int add_op(struct fp_ops *ops, enum fp_op_type type, const struct fp_obj *obj,
		  const struct fp_obj *old, u32 line)
{
	u32 cap = ops->cap ? ops->cap * 2 : 64;
	struct fp_op *v;

	if (ops->n == ops->cap) {
		v = reallocarray(ops->v, cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		ops->v = v;
		ops->cap = cap;
	}
	ops->v[ops->n++] = (struct fp_op){ .type = type, .obj = obj, .old = old, .line = line };
	return 0;
}

/**
 * fp_ops_add() - add a step by hand
 * @ops: the steps
 * @type: what to do
 * @obj: the object; must outlive the steps
 * @line: of an entry: line to insert it at, 0 = last
 *
 * Return: 0, -ENOMEM
 */
int fp_ops_add(struct fp_ops *ops, enum fp_op_type type, const struct fp_obj *obj, u32 line)
{
	return add_op(ops, type, obj, NULL, line);
}

/**
 * fp_ops_free() - free the steps, not the objects
 * @ops: the steps
 */
void fp_ops_free(struct fp_ops *ops)
{
	free(ops->v);
	memset(ops, 0, sizeof(*ops));
}

/* --- entries of one list --- */

static u32 mix(u32 h, const void *p, size_t n)
{
	const u8 *b = p;

	while (n--)
		h = (h ^ *b++) * 16777619u;
	return h;
}

static u32 hash_ace(const struct fp_obj_ace *a)
{
	u32 h = mix(2166136261u, &a->action, sizeof(a->action));

	h = mix(h, &a->proto, sizeof(a->proto));
	h = mix(h, &a->src, sizeof(a->src));
	h = mix(h, &a->dst, sizeof(a->dst));
	h = mix(h, &a->sport_lo, sizeof(a->sport_lo));
	h = mix(h, &a->dport_lo, sizeof(a->dport_lo));
	h = mix(h, &a->dport_hi, sizeof(a->dport_hi));
	return h ^ h >> 15;
}

/**
 * struct ace_index - entries of the old list by content
 * @acl: the old list
 * @slot: hash: first line of a content, 0 = none
 * @next: next line of equal hash, 0 = none; lines rise
 * @mask: of @slot
 */
struct ace_index {
	const struct fp_obj_acl *acl;
	u32 *slot;
	u32 *next;
	u32 mask;
};

static void index_free(struct ace_index *ix)
{
	free(ix->slot);
	free(ix->next);
}

static int index_build(struct ace_index *ix, const struct fp_obj_acl *acl)
{
	u32 n = acl->n_aces, slots = 16, i, h;

	while (slots < n * 2)
		slots *= 2;
	ix->acl = acl;
	ix->mask = slots - 1;
	ix->slot = calloc(slots, sizeof(u32));
	ix->next = calloc(n + 1, sizeof(u32));
	if (!ix->slot || !ix->next) {
		index_free(ix);
		return -ENOMEM;
	}
	for (i = n; i; i--) {
		h = hash_ace(acl->aces[i - 1]) & ix->mask;
		ix->next[i] = ix->slot[h];
		ix->slot[h] = i;
	}
	return 0;
}

/* Takes the first unused line with this content out of the index; 0 = none. */
static u32 index_take(struct ace_index *ix, const struct fp_obj_ace *ace)
{
	u32 *link = &ix->slot[hash_ace(ace) & ix->mask], line;

	for (; *link; link = &ix->next[*link]) {
		line = *link;
		if (fp_obj_equal(&ix->acl->aces[line - 1]->o, &ace->o)) {
			*link = ix->next[line];
			return line;
		}
	}
	return 0;
}

/* Longest rising sequence: keeps the lines in @old that belong to it, zeroes others. */
static int keep_rising(u32 *old, u32 n)
{
	u32 *tail, *prev, len = 0, i, lo, hi, mid, at;

	/* tail[k]: index of the end of the best sequence of length k */
	tail = calloc(n + 1, sizeof(u32));
	prev = calloc(n + 1, sizeof(u32));
	if (!tail || !prev) {
		free(tail);
		free(prev);
		return -ENOMEM;
	}
	for (i = 1; i <= n; i++) {
		if (!old[i - 1])
			continue;
		for (lo = 1, hi = len + 1; lo < hi;) {
			mid = (lo + hi) / 2;
			if (old[tail[mid] - 1] < old[i - 1])
				lo = mid + 1;
			else
				hi = mid;
		}
		prev[i] = tail[lo - 1];
		tail[lo] = i;
		if (lo > len)
			len = lo;
	}
	for (at = tail[len], i = n; i; i--) {
		if (i == at)
			at = prev[i];
		else
			old[i - 1] = 0;
	}
	free(tail);
	free(prev);
	return 0;
}

static int emit_aces(const struct fp_obj_acl *from, const struct fp_obj_acl *to, const u32 *old,
		     struct fp_ops *ops)
{
	bool *stays = calloc(from->n_aces + 1, sizeof(bool));
	u32 i, last = 0;
	int err = stays ? 0 : -ENOMEM;

	for (i = 0; i < to->n_aces && !err; i++)
		stays[old[i]] = true;
	for (i = from->n_aces; i && !err; i--)
		if (!stays[i])
			err = add_op(ops, FP_OP_DEL, &from->aces[i - 1]->o, NULL, i);
	for (i = 0; i < to->n_aces; i++)
		if (old[i])
			last = i + 1; /* behind it all are appended */
	for (i = 0; i < to->n_aces && !err; i++)
		if (!old[i])
			err = add_op(ops, FP_OP_NEW, &to->aces[i]->o, NULL, i < last ? i + 1 : 0);
	free(stays);
	return err;
}

static int diff_aces(const struct fp_obj_acl *from, const struct fp_obj_acl *to, struct fp_ops *ops)
{
	struct ace_index ix;
	u32 *old, i;
	int err;

	old = calloc(to->n_aces + 1, sizeof(u32));
	if (!old)
		return -ENOMEM;
	err = index_build(&ix, from);
	if (err) {
		free(old);
		return err;
	}
	for (i = 0; i < to->n_aces; i++)
		old[i] = index_take(&ix, to->aces[i]);
	index_free(&ix);
	err = keep_rising(old, to->n_aces);
	if (!err)
		err = emit_aces(from, to, old, ops);
	free(old);
	return err;
}

/* --- objects --- */

static const struct fp_obj_acl no_entries;

static int diff_new(const struct fp_model *from, const struct fp_obj *obj, struct fp_ops *ops)
{
	const struct fp_obj *old = fp_model_find(from, obj->kind->id, obj->name);
	int err = 0;

	if (!old || !fp_obj_equal(old, obj))
		err = add_op(ops, FP_OP_NEW, obj, old, 0);
	if (err || obj->kind->id != FP_K_ACL)
		return err;
	return diff_aces(old ? (const struct fp_obj_acl *)old : &no_entries,
			 (const struct fp_obj_acl *)obj, ops);
}

/**
 * fp_model_diff() - what leads from one policy to another
 * @from: the policy that is
 * @to: the policy that shall be
 * @ops: gets the steps; both policies must outlive it
 *
 * Return: 0, -ENOMEM
 */
int fp_model_diff(const struct fp_model *from, const struct fp_model *to, struct fp_ops *ops)
{
	const struct fp_table *t;
	int err = 0, k;
	u32 i;

	for (k = 0; k < FP_K_POLICY_COUNT; k++)
		for (t = &to->tables[k], i = 0; i < t->n && !err; i++)
			err = diff_new(from, t->v[i], ops);
	if (!err && !fp_obj_equal(&from->settings->o, &to->settings->o))
		err = add_op(ops, FP_OP_NEW, &to->settings->o, &from->settings->o, 0);
	for (k = FP_K_POLICY_COUNT - 1; k >= 0; k--)
		for (t = &from->tables[k], i = 0; i < t->n && !err; i++)
			if (!fp_model_find(to, k, t->v[i]->name))
				err = add_op(ops, FP_OP_DEL, t->v[i], NULL, 0);
	if (err)
		fp_ops_free(ops);
	return err;
}
