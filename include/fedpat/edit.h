/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Edit lists: how the core says what a message becomes without touching it.
 *
 * An edit replaces @old_len bytes at @off of the original by new bytes that
 * lie in the list's own scratch area. The list is sorted and does not overlap
 * once fp_edits_seal() has returned 0; only then may it be applied or walked.
 *
 * Three ways to use one:
 *   fp_edits_apply()      copy the result into a buffer (fedctl, UDP)
 *   fp_edits_first/next() the pieces in order, for an iovec (the relay: original
 *                         bytes are not copied)
 *   e->v[i]               one by one, last to first (nf_nat mangling)
 */
#ifndef _FEDPAT_EDIT_H
#define _FEDPAT_EDIT_H

#include <fedpat/types.h>

/**
 * struct fp_edit - one replacement
 * @off: offset in the original
 * @old_len: bytes of the original that go; 0 inserts
 * @new_off: offset of the new bytes in the scratch area
 * @new_len: number of new bytes; 0 deletes
 */
struct fp_edit {
	u32 off;
	u32 old_len;
	u32 new_off;
	u32 new_len;
};

/**
 * struct fp_edits - an edit list in memory of the caller
 * @v: the edits
 * @n: how many
 * @cap: room in @v
 * @scratch: new bytes
 * @used: bytes of @scratch taken
 * @size: bytes of @scratch
 * @full: something did not fit: the list is of no use
 */
struct fp_edits {
	struct fp_edit *v;
	u32 n;
	u32 cap;
	u8 *scratch;
	u32 used;
	u32 size;
	bool full;
};

/**
 * struct fp_edits_iter - walk over the pieces of the result; opaque
 * @e: the list
 * @msg: the original
 * @pos: next byte of the original
 * @i: next edit
 * @inside: the new bytes of edit @i come next
 */
struct fp_edits_iter {
	const struct fp_edits *e;
	struct fp_slice msg;
	u32 pos;
	u32 i;
	bool inside;
};

void fp_edits_init(struct fp_edits *e, struct fp_edit *v, u32 cap,
		   u8 *scratch, u32 size);
void fp_edits_replace(struct fp_edits *e, u32 off, u32 old_len,
		      struct fp_slice bytes);
void fp_edits_taken(struct fp_edits *e, u32 off, u32 old_len, u32 new_len);
int __must_check fp_edits_seal(struct fp_edits *e, u32 msg_len);
s64 fp_edits_delta(const struct fp_edits *e, u32 from, u32 to);
bool fp_edits_touch(const struct fp_edits *e, u32 from, u32 to);
u32 fp_edits_new_len(const struct fp_edits *e, u32 msg_len);
s64 __must_check fp_edits_apply(const struct fp_edits *e, struct fp_slice msg,
				u8 *out, u32 size);
void fp_edits_first(struct fp_edits_iter *it, const struct fp_edits *e,
		    struct fp_slice msg);
bool fp_edits_next(struct fp_edits_iter *it, struct fp_slice *piece);

/* The new bytes of one edit. */
static inline struct fp_slice fp_edit_bytes(const struct fp_edits *e,
					    const struct fp_edit *edit)
{
	struct fp_slice s = { e->scratch + edit->new_off, edit->new_len };

	return s;
}

/* Pieces that a walk can yield at most: room for an iovec. */
static inline u32 fp_edits_max_pieces(const struct fp_edits *e)
{
	return 2 * e->n + 1;
}

#endif /* _FEDPAT_EDIT_H */
