// SPDX-License-Identifier: GPL-2.0
/* Edit lists against a naive model: random edits, every way to read the result. */
#include <errno.h>
#include <fedpat/edit.h>
#include <fedpat/slice.h>
#include "kselftest.h"

#define MSG	200
#define ROUNDS	20000

static u32 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* What the list must give: built by hand, edit by edit. */
struct model {
	u8 out[4096];
	u32 len;
};

struct made {
	u32 off, old_len, new_len;
	u8 bytes[8];
};

static void model_apply(struct model *m, const u8 *msg, const struct made *v, u32 n)
{
	u32 pos = 0, i;

	m->len = 0;
	for (i = 0; i < n; i++) {
		memcpy(m->out + m->len, msg + pos, v[i].off - pos);
		m->len += v[i].off - pos;
		memcpy(m->out + m->len, v[i].bytes, v[i].new_len);
		m->len += v[i].new_len;
		pos = v[i].off + v[i].old_len;
	}
	memcpy(m->out + m->len, msg + pos, MSG - pos);
	m->len += MSG - pos;
}

static u32 make_edits(struct made *v, u32 max)
{
	u32 n = 0, pos = 0, i;

	while (n < max) {
		u32 off = pos + rnd(20);
		u32 old = rnd(3) ? rnd(6) : 0;

		if (off + old > MSG)
			break;
		v[n].off = off;
		v[n].old_len = old;
		v[n].new_len = rnd(sizeof(v[n].bytes) + 1);
		for (i = 0; i < v[n].new_len; i++)
			v[n].bytes[i] = 'A' + rnd(26);
		pos = off + old;
		n++;
	}
	return n;
}

/* Add them in an order that keeps insertions at one offset in theirs. */
static void add_shuffled(struct fp_edits *e, const struct made *v, u32 n)
{
	bool done[64] = { false };
	u32 left = n, i, j;

	while (left) {
		i = rnd(n);
		for (j = 0; j < i; j++)
			if (!done[j] && v[j].off == v[i].off)
				i = j;
		if (done[i])
			continue;
		fp_edits_replace(e, v[i].off, v[i].old_len,
				 fp_slice(v[i].bytes, v[i].new_len));
		done[i] = true;
		left--;
	}
}

static bool walk_agrees(const struct fp_edits *e, const u8 *msg, const struct model *m)
{
	struct fp_edits_iter it;
	struct fp_slice piece;
	u32 pos = 0, pieces = 0;

	fp_edits_first(&it, e, fp_slice(msg, MSG));
	while (fp_edits_next(&it, &piece)) {
		if (!piece.len || pos + piece.len > m->len ||
		    memcmp(m->out + pos, piece.p, piece.len))
			return false;
		pos += piece.len;
		pieces++;
	}
	return pos == m->len && pieces <= fp_edits_max_pieces(e);
}

static bool one_round(void)
{
	static struct model m;
	struct made v[20];
	struct fp_edit edit[20];
	u8 msg[MSG], scratch[256], out[4096];
	struct fp_edits e;
	u32 n = make_edits(v, ARRAY_SIZE(v)), i;

	for (i = 0; i < MSG; i++)
		msg[i] = 'a' + rnd(26);
	fp_edits_init(&e, edit, ARRAY_SIZE(edit), scratch, sizeof(scratch));
	add_shuffled(&e, v, n);
	model_apply(&m, msg, v, n);
	if (fp_edits_seal(&e, MSG))
		return false;
	return fp_edits_new_len(&e, MSG) == m.len &&
	       fp_edits_delta(&e, 0, MSG + 1) == (s64)m.len - MSG &&
	       fp_edits_apply(&e, fp_slice(msg, MSG), out, sizeof(out)) == m.len &&
	       !memcmp(out, m.out, m.len) && walk_agrees(&e, msg, &m) &&
	       (!m.len || fp_edits_apply(&e, fp_slice(msg, MSG), out, m.len - 1) == -ENOSPC);
}

static void test_random(void)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++)
		if (!one_round())
			break;
	ksft_test_result(i == ROUNDS,
			 "random edits: apply, walk, length and delta agree with a model\n");
}

static int sealed(u32 off1, u32 old1, u32 off2, u32 old2)
{
	struct fp_edit edit[4];
	struct fp_edits e;
	u8 scratch[16];

	fp_edits_init(&e, edit, 4, scratch, sizeof(scratch));
	fp_edits_replace(&e, off1, old1, FP_LIT("x"));
	fp_edits_replace(&e, off2, old2, FP_LIT("y"));
	return fp_edits_seal(&e, 10);
}

static void test_bad(void)
{
	ksft_test_result(sealed(2, 4, 5, 1) == -EINVAL && sealed(5, 1, 2, 4) == -EINVAL,
			 "overlap is an error, in either order\n");
	ksft_test_result(sealed(0, 1, 10, 0) == 0 && sealed(0, 1, 11, 0) == -EINVAL &&
			 sealed(0, 1, 9, 2) == -EINVAL && sealed(0, 1, 9, 0xffffffff) == -EINVAL,
			 "an edit outside of the message is an error\n");
}

static void test_full(void)
{
	struct fp_edit edit[2];
	u8 scratch[4];
	struct fp_edits e;

	fp_edits_init(&e, edit, 2, scratch, sizeof(scratch));
	fp_edits_replace(&e, 0, 0, FP_LIT("12345"));
	ksft_test_result(e.full && fp_edits_seal(&e, 10) == -ENOSPC, "no room for bytes\n");
	fp_edits_init(&e, edit, 2, scratch, sizeof(scratch));
	fp_edits_replace(&e, 0, 1, FP_LIT("1"));
	fp_edits_replace(&e, 1, 1, FP_LIT("2"));
	ksft_test_result(!e.full, "room for what fits\n");
	fp_edits_replace(&e, 2, 1, FP_LIT("3"));
	ksft_test_result(fp_edits_seal(&e, 10) == -ENOSPC, "no room for edits\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(6);
	test_random();
	test_bad();
	test_full();
	ksft_finished();
}
