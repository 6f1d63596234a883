// SPDX-License-Identifier: GPL-2.0
/* Edit lists: collect, order, measure, apply, walk. */
#include <linux/errno.h>
#include <fedpat/edit.h>

/**
 * fp_edits_init() - start an empty list
 * @e: the list
 * @v: room for edits
 * @cap: how many fit in @v
 * @scratch: room for new bytes
 * @size: how many bytes fit there
 */
void fp_edits_init(struct fp_edits *e, struct fp_edit *v, u32 cap,
		   u8 *scratch, u32 size)
{
	e->v = v;
	e->n = 0;
	e->cap = cap;
	e->scratch = scratch;
	e->used = 0;
	e->size = size;
	e->full = false;
}

/**
 * fp_edits_taken() - add an edit whose bytes already are in the scratch area
 * @e: the list
 * @off: offset in the original
 * @old_len: bytes of the original that go
 * @new_len: new bytes; the caller wrote them at @e->scratch + @e->used
 */
void fp_edits_taken(struct fp_edits *e, u32 off, u32 old_len, u32 new_len)
{
	struct fp_edit *edit;

	if (e->full || e->n == e->cap || new_len > e->size - e->used) {
		e->full = true;
		return;
	}
	edit = &e->v[e->n++];
	edit->off = off;
	edit->old_len = old_len;
	edit->new_off = e->used;
	edit->new_len = new_len;
	e->used += new_len;
}

/**
 * fp_edits_replace() - add an edit
 * @e: the list; @e->full is set when there is no room
 * @off: offset in the original
 * @old_len: bytes of the original that go
 * @bytes: new bytes, copied; must not lie in the free part of the scratch area
 */
void fp_edits_replace(struct fp_edits *e, u32 off, u32 old_len,
		      struct fp_slice bytes)
{
	if (e->full || bytes.len > e->size - e->used) {
		e->full = true;
		return;
	}
	if (bytes.len)
		memcpy(e->scratch + e->used, bytes.p, bytes.len);
	fp_edits_taken(e, off, old_len, bytes.len);
}

/*
 * Edits arrive nearly in order, so insertion is a single pass in practice. It is
 * stable: of two insertions at one offset, the first made comes first.
 */
static void edits_sort(struct fp_edits *e)
{
	u32 i, j;

	for (i = 1; i < e->n; i++) {
		struct fp_edit edit = e->v[i];

		for (j = i; j && e->v[j - 1].off > edit.off; j--)
			e->v[j] = e->v[j - 1];
		e->v[j] = edit;
	}
}

/**
 * fp_edits_seal() - order the list and check it against the original
 * @e: the list
 * @msg_len: bytes of the original
 *
 * Return: 0; -ENOSPC when something did not fit; -EINVAL when edits overlap or
 * leave the original, which is an error in the code that made them.
 */
int fp_edits_seal(struct fp_edits *e, u32 msg_len)
{
	u32 i, pos = 0;

	if (e->full)
		return -ENOSPC;
	edits_sort(e);
	for (i = 0; i < e->n; i++) {
		const struct fp_edit *edit = &e->v[i];

		if (edit->off < pos || edit->off > msg_len ||
		    edit->old_len > msg_len - edit->off)
			return -EINVAL;
		pos = edit->off + edit->old_len;
	}
	return 0;
}

/**
 * fp_edits_delta() - by how much a stretch of the original grows
 * @e: the list, ordered or not
 * @from: first offset of the stretch
 * @to: offset behind its end; an insertion there does not count
 *
 * Return: bytes added, negative when it shrinks.
 */
s64 fp_edits_delta(const struct fp_edits *e, u32 from, u32 to)
{
	s64 delta = 0;
	u32 i;

	for (i = 0; i < e->n; i++) {
		const struct fp_edit *edit = &e->v[i];

		if (edit->off >= from && edit->off < to)
			delta += (s64)edit->new_len - edit->old_len;
	}
	return delta;
}

/**
 * fp_edits_touch() - does an edit change a stretch of the original?
 * @e: the list, ordered or not
 * @from: first offset of the stretch
 * @to: offset behind its end
 *
 * Return: true when bytes of it go, or others are put between them.
 */
bool fp_edits_touch(const struct fp_edits *e, u32 from, u32 to)
{
	u32 i;

	for (i = 0; i < e->n; i++) {
		const struct fp_edit *edit = &e->v[i];

		if (edit->off < to && (edit->off > from || edit->off + edit->old_len > from))
			return true;
	}
	return false;
}

/**
 * fp_edits_new_len() - length of the result
 * @e: the list
 * @msg_len: bytes of the original
 *
 * Return: bytes of the result.
 */
u32 fp_edits_new_len(const struct fp_edits *e, u32 msg_len)
{
	s64 len = msg_len;
	u32 i;

	for (i = 0; i < e->n; i++)
		len += (s64)e->v[i].new_len - e->v[i].old_len;
	return (u32)len;
}

/**
 * fp_edits_first() - begin a walk over the pieces of the result
 * @it: the walk
 * @e: an ordered list
 * @msg: the original
 */
void fp_edits_first(struct fp_edits_iter *it, const struct fp_edits *e,
		    struct fp_slice msg)
{
	it->e = e;
	it->msg = msg;
	it->pos = 0;
	it->i = 0;
	it->inside = false;
}

/* The next stretch of the original, up to the next edit or the end. */
static bool next_original(struct fp_edits_iter *it, struct fp_slice *piece)
{
	u32 end = it->i < it->e->n ? it->e->v[it->i].off : it->msg.len;

	piece->p = it->msg.p + it->pos;
	piece->len = end - it->pos;
	it->pos = end;
	it->inside = true;
	return piece->len;
}

/**
 * fp_edits_next() - the next piece of the result
 * @it: the walk
 * @piece: filled in; never empty
 *
 * Return: false when there is none left.
 */
bool fp_edits_next(struct fp_edits_iter *it, struct fp_slice *piece)
{
	const struct fp_edits *e = it->e;

	for (;;) {
		const struct fp_edit *edit;

		if (!it->inside && next_original(it, piece))
			return true;
		if (it->i == e->n)
			return false;
		edit = &e->v[it->i++];
		it->pos = edit->off + edit->old_len;
		it->inside = false;
		if (edit->new_len) {
			*piece = fp_edit_bytes(e, edit);
			return true;
		}
	}
}

/**
 * fp_edits_apply() - write the result into a buffer
 * @e: an ordered list
 * @msg: the original
 * @out: where the result goes; must not overlap the original
 * @size: room there
 *
 * Return: bytes written, or -ENOSPC.
 */
s64 fp_edits_apply(const struct fp_edits *e, struct fp_slice msg,
		   u8 *out, u32 size)
{
	struct fp_edits_iter it;
	struct fp_slice piece;
	u32 len = 0;

	if (fp_edits_new_len(e, msg.len) > size)
		return -ENOSPC;
	fp_edits_first(&it, e, msg);
	while (fp_edits_next(&it, &piece)) {
		memcpy(out + len, piece.p, piece.len);
		len += piece.len;
	}
	return len;
}
