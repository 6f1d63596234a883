// SPDX-License-Identifier: GPL-2.0
/*
 * Access lists: growing the trees that a lookup walks.
 *
 * A packet is a point, an entry a box ("item"; a deny with ports is two of
 * them). A tree starts with all of the space and cuts it along one dimension
 * into at most FP_ACL_CHILDREN children, these again, until no more than a
 * leafful of items is left. Three rules keep lists of any shape from blowing up:
 *
 *   Cover  The first item that contains all of a node's box is noted in the
 *          node. Neither it nor what follows it is handed down. "deny any" at
 *          the end, or a wide range over narrow ones, is thus in no leaf.
 *   Allot  Copies and nodes of a tree together are at most FP_ACL_ALLOT for
 *          each of its items, and some. A node's share of that, by its size,
 *          says how many copies of wide items it can afford.
 *   Spill  Items that a cut would copy into too many children are taken out of
 *          this tree and go into the next one, where the cuts suit them (entries
 *          for one destination from any source, for instance).
 *
 * Cuts are chosen by a sample of the node's items, so that a tree costs some ten
 * visits of each. There are at most FP_ACL_TREES trees of FP_ACL_DEPTH levels.
 * A list that does not fit in, or that takes too long, is refused, as is one
 * whose nodes pass the memory limit; the error names the entry that crosses the
 * most others there. So the bounds are, for each family:
 *
 *   lookup   FP_ACL_TREES * FP_ACL_DEPTH nodes and FP_ACL_TREES * FP_ACL_LEAF
 *            entries; in people's lists of 100,000 two trees, together 11 nodes
 *            and 9 entries
 *   memory   limits.max_bytes; in people's lists 50 to 70 bytes an entry. While
 *            growing 70 (IPv4) or 120 (IPv6) bytes for each item, and twice the
 *            nodes, on top
 *   time     FP_ACL_WORK visits of each item; in people's lists some 50
 *
 * There is no recursion: nodes that wait are kept in a stack of fixed size.
 */
#include "acl_int.h"

#define FP_ACL_ALLOT		16	/* references for each entry of a tree */
#define FP_ACL_ALLOT_MIN	1024	/* and for a small list */
#define FP_ACL_EAGER		4	/* how soon wide items are spilled */
#define FP_ACL_LAZY		16	/* how late others that fill a node are */
#define FP_ACL_SAMPLE		128	/* entries that a cut is chosen by */
#define FP_ACL_FILL		3	/* entries that a new child should get */
#define FP_ACL_STOP		8	/* entries that are not worth a cut */
#define FP_ACL_PENDING		(FP_ACL_DEPTH * FP_ACL_CHILDREN)
#define FP_ACL_SPILL_COST	512	/* of all, in sixteenths of a bit */
#define FP_ACL_COPY_COST	1	/* of doubling what there is, in bits */
#define FP_ACL_COST_MAX		((s64)1 << 62)
#define FP_ACL_WORK		1024	/* visits for each item, in all trees */
#define FP_ACL_WORK_MIN		(4u << 20)	/* and for a small list */
#define FP_ACL_NODE_WORK	64	/* of a node, in visits of entries */
#define FP_ACL_RELAX		8192	/* visits between two calls of relax() */

/**
 * struct fp_acl_pending - a node that is still to be grown
 * @node: its index
 * @start: its entries, in the list of the grower
 * @len: how many
 * @allot: references that it may leave
 * @depth: nodes above it
 * @box: lowest values, then highest values
 */
struct fp_acl_pending {
	u32 node;
	u32 start;
	u32 len;
	u32 allot;
	u32 depth;
	u32 box[2 * FP_ACL_DIMS6];
};

/**
 * struct fp_acl_cut - a way to cut a node
 * @dim: along this dimension
 * @nkeys: cuts
 * @key: last value of each child but the last, then 0xffffffff
 * @cover: first entry that contains the child, or FP_ACL_NONE
 * @count: entries that the child would get
 * @spill_wide: items that fill the node along @dim, being wide, are spilled
 * @spill_full: other items that fill the node along @dim are spilled
 * @keep: items that do not, in more children than this, are spilled
 * @refs: sum of @count
 * @spilled: entries that are
 * @cost: what is left to do after it; the least is the best
 */
struct fp_acl_cut {
	u32 dim;
	u32 nkeys;
	u32 key[FP_ACL_KEYS];
	u32 cover[FP_ACL_CHILDREN];
	u32 count[FP_ACL_CHILDREN];
	bool spill_wide;
	bool spill_full;
	u32 keep;
	u32 refs;
	u32 spilled;
	s64 cost;
};

/**
 * struct fp_acl_tally - what a cut does to the items of a node
 * @hist: items that begin or end in the node, by their copies
 * @wide: items that fill it along the cut, wide by nature
 * @wide_refs: their copies
 * @full: other items that fill it along the cut
 * @full_refs: their copies
 */
struct fp_acl_tally {
	u32 hist[FP_ACL_CHILDREN + 1];
	u32 wide;
	u32 wide_refs;
	u32 full;
	u32 full_refs;
};

/**
 * struct fp_acl_grower - one tree under construction
 * @forest: where its nodes go
 * @items: the boxes
 * @list: items of the nodes that wait, of the last one last
 * @cap: how many there is room for
 * @partial: dimensions in which each item of the present node does not fill it
 * @mask: children that each item of the present node would be copied into
 * @gone: bitmap of the items that were spilled
 * @room: copies and nodes that the tree may still have
 * @wide: from this width on an item is wide, in each dimension
 * @last: there is no other tree to spill into
 * @budget: visits that may still be made
 * @work: visits since the last call of relax()
 * @npending: nodes that wait
 * @pending: the nodes
 * @ends: values where items of the sample begin and end
 * @cut: the cut being tried
 * @best: the best so far
 */
struct fp_acl_grower {
	struct fp_acl_forest *forest;
	const struct fp_acl_items *items;
	u32 *list;
	size_t cap;
	u16 *partial;
	u16 *mask;
	u32 *gone;
	s32 room;
	u32 wide[FP_ACL_DIMS6];
	bool last;
	u64 budget;
	u32 work;
	u32 npending;
	struct fp_acl_pending pending[FP_ACL_PENDING];
	u32 ends[2 * FP_ACL_SAMPLE];
	struct fp_acl_cut cut;
	struct fp_acl_cut best;
};

/* Sixteen times the logarithm to base two, roughly; 0 for 0 and 1. */
static u32 fp_acl_log(u32 v)
{
	u32 n = 0, s, x = v;

	for (s = 16; s; s /= 2) {
		if (x >> s) {
			x >>= s;
			n += s;
		}
	}
	return 16 * n + ((n < 4 ? v << (4 - n) : v >> (n - 4)) & 15);
}

static u32 fp_acl_bits(u32 mask)
{
	u32 n;

	for (n = 0; mask; n++)
		mask &= mask - 1;
	return n;
}

/* Shell's sort: short, in place, no recursion, no bad cases to speak of. */
static void fp_acl_sort(u32 *v, u32 n)
{
	static const u16 gaps[] = { 132, 57, 23, 10, 4, 1 };
	u32 g, i, j, x;

	for (g = 0; g < ARRAY_SIZE(gaps); g++) {
		for (i = gaps[g]; i < n; i++) {
			x = v[i];
			for (j = i; j >= gaps[g] && v[j - gaps[g]] > x;
			     j -= gaps[g])
				v[j] = v[j - gaps[g]];
			v[j] = x;
		}
	}
}

static int fp_acl_fail(struct fp_acl_grower *g, int code, u32 index,
		       const char *text)
{
	g->forest->err->index = index;
	g->forest->err->field = FP_ACL_F_NONE;
	g->forest->err->text = text;
	return code;
}

/* Account for the work on a node; let others run now and then. */
static int fp_acl_relax(struct fp_acl_grower *g, const struct fp_acl_pending *p)
{
	const struct fp_acl_mem *mem = g->forest->mem;
	u32 work = p->len + FP_ACL_NODE_WORK;
	int ret;

	if (p->len && work > g->budget)
		return fp_acl_fail(g, -E2BIG,
				   fp_acl_item(g->items, g->list[p->start])->prio,
				   "list takes too long to compile from this entry on, where many cross each other; narrow their addresses or ports, or split the list");
	g->budget -= p->len ? work : 0;
	g->work += work;
	if (g->work < FP_ACL_RELAX || !mem->relax)
		return 0;
	g->work = 0;
	ret = mem->relax(mem->ctx);
	return ret ? fp_acl_fail(g, ret, FP_ACL_NO_INDEX,
				 "compiling the list was interrupted; nothing changed") : 0;
}

static bool fp_acl_is_gone(const struct fp_acl_grower *g, u32 i)
{
	return g->gone[i / 32] >> i % 32 & 1;
}

static int fp_acl_spill(struct fp_acl_grower *g, u32 i)
{
	if (g->last)
		return fp_acl_fail(g, -E2BIG, fp_acl_item(g->items, i)->prio,
				   "entry crosses too many others in too many ways; narrow its addresses or ports, or split the list");
	g->gone[i / 32] |= 1u << i % 32;
	return 0;
}

/* Make room for @n more nodes; @prio is to blame where there is none. */
static int fp_acl_room(struct fp_acl_grower *g, u32 n, u32 prio)
{
	struct fp_acl_forest *f = g->forest;
	struct fp_acl_node *nodes;
	u32 cap;

	if (n > f->max_nodes - f->nnodes)
		return fp_acl_fail(g, -E2BIG, prio,
				   "list passes its memory limit at this entry, which crosses many others; narrow its addresses or ports, split the list, or raise the limit");
	if (f->nnodes + n <= f->cap)
		return 0;
	cap = f->nnodes + n + f->nnodes / 2 + 64;
	nodes = f->mem->alloc(f->mem->ctx, (size_t)cap * sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	if (f->nodes)
		memcpy(nodes, f->nodes, (size_t)f->nnodes * sizeof(*nodes));
	f->mem->free(f->mem->ctx, f->nodes);
	f->nodes = nodes;
	f->cap = cap;
	return 0;
}

/* Make room for @n items in the list. */
static int fp_acl_list_room(struct fp_acl_grower *g, size_t n)
{
	const struct fp_acl_mem *mem = g->forest->mem;
	u32 *list;

	if (n <= g->cap)
		return 0;
	n += n / 2;
	list = mem->alloc(mem->ctx, n * sizeof(*list));
	if (!list)
		return -ENOMEM;
	memcpy(list, g->list, g->cap * sizeof(*list));
	mem->free(mem->ctx, g->list);
	g->list = list;
	g->cap = n;
	return 0;
}

/* The dimensions in which @it does not fill the box. */
static u32 fp_acl_partial(const struct fp_acl_item *it, const u32 *box, u32 dims)
{
	u32 d, m = 0;

	for (d = 0; d < dims; d++) {
		if (it->v[d] > box[d] || it->v[dims + d] < box[dims + d])
			m |= 1u << d;
	}
	return m;
}

/* Drop what was spilled meanwhile and what comes after a cover. */
static void fp_acl_survey(struct fp_acl_grower *g, struct fp_acl_pending *p)
{
	u32 *list = g->list + p->start;
	const struct fp_acl_item *it;
	u32 i, n = 0;

	g->room += p->len;
	for (i = 0; i < p->len; i++) {
		if (fp_acl_is_gone(g, list[i]))
			continue;
		it = fp_acl_item(g->items, list[i]);
		g->partial[n] = fp_acl_partial(it, p->box, g->items->dims);
		if (!g->partial[n]) {
			g->forest->nodes[p->node].cover = it->prio;
			break;
		}
		list[n++] = list[i];
	}
	g->room -= n;
	p->len = n;
}

/* The values at which sampled items begin and end within the box, in order. */
static u32 fp_acl_find_ends(struct fp_acl_grower *g,
			    const struct fp_acl_pending *p, u32 dim, u32 step)
{
	u32 dims = g->items->dims, lo = p->box[dim], hi = p->box[dims + dim];
	const struct fp_acl_item *it;
	u32 i, n = 0;

	for (i = 0; i < p->len; i += step) {
		if (!(g->partial[i] >> dim & 1))
			continue;
		it = fp_acl_item(g->items, g->list[p->start + i]);
		if (it->v[dim] > lo)
			g->ends[n++] = it->v[dim] - 1;
		if (it->v[dims + dim] < hi)
			g->ends[n++] = it->v[dims + dim];
	}
	fp_acl_sort(g->ends, n);
	return n;
}

/* Cut at ends so that each of @fan children gets as many of the @n. */
static void fp_acl_place(const struct fp_acl_grower *g, struct fp_acl_cut *c,
			 u32 dim, u32 n, u32 fan)
{
	u32 i, v;

	c->dim = dim;
	c->nkeys = 0;
	for (i = 1; i < fan; i++) {
		v = g->ends[i * n / fan];
		if (!c->nkeys || v != c->key[c->nkeys - 1])
			c->key[c->nkeys++] = v;
	}
	for (i = c->nkeys; i < FP_ACL_KEYS; i++)
		c->key[i] = FP_ACL_NONE;
}

static u32 fp_acl_child(const struct fp_acl_cut *c, u32 v)
{
	u32 i, n = 0;

	for (i = 0; i < FP_ACL_KEYS; i++)
		n += v > c->key[i];
	return n;
}

static u32 fp_acl_child_lo(const struct fp_acl_cut *c,
			   const struct fp_acl_pending *p, u32 i)
{
	return i ? c->key[i - 1] + 1 : p->box[c->dim];
}

static u32 fp_acl_child_hi(const struct fp_acl_cut *c,
			   const struct fp_acl_pending *p, u32 i, u32 dims)
{
	return i < c->nkeys ? c->key[i] : p->box[dims + c->dim];
}

/*
 * The children that item @i of the node would be copied into. What it fills
 * becomes covered (and takes nothing any more) instead.
 */
static u32 fp_acl_spread(struct fp_acl_grower *g, struct fp_acl_cut *c,
			 const struct fp_acl_pending *p, u32 i, u32 *open)
{
	const struct fp_acl_item *it;
	u32 dims = g->items->dims;
	u32 lo, hi, a, b, from, to, fill = 0, j;

	it = fp_acl_item(g->items, g->list[p->start + i]);
	lo = it->v[c->dim];
	hi = it->v[dims + c->dim];
	a = fp_acl_child(c, lo);
	b = fp_acl_child(c, hi);
	if (!(g->partial[i] & ~(1u << c->dim))) {
		from = a + (lo > fp_acl_child_lo(c, p, a));
		to = b + (hi >= fp_acl_child_hi(c, p, b, dims));
		if (from < to)
			fill = ((1u << to) - (1u << from)) & *open;
	}
	*open &= ~fill;
	for (j = 0; fill >> j; j++) {
		if (fill >> j & 1)
			c->cover[j] = it->prio;
	}
	return ((2u << b) - (1u << a)) & *open;
}

/* Is the item next to "any" along the dimension: three quarters of it? */
static bool fp_acl_is_wide(const struct fp_acl_grower *g,
			   const struct fp_acl_pending *p, u32 i, u32 dim)
{
	const struct fp_acl_item *it;
	u32 dims = g->items->dims;

	it = fp_acl_item(g->items, g->list[p->start + i]);
	return it->v[dims + dim] - it->v[dim] >= g->wide[dim];
}

/*
 * Who is spilled? Items that fill the node along the cut come into every leaf
 * below if it is cut like this until the end: they are kept as long as there
 * would be room for that. Those which are wide by nature count the most, the
 * others have been cut in this dimension, and will soon be covers.
 * Of the rest those with the most copies, as far as the allotment asks for.
 */
static void fp_acl_threshold(const struct fp_acl_grower *g,
			     struct fp_acl_cut *c,
			     const struct fp_acl_pending *p, u32 step,
			     const struct fp_acl_tally *t)
{
	s32 room = (g->room + (s32)(p->len + step - 1)) / (s32)step;
	u64 leaves = (u64)p->len / FP_ACL_STOP * step;
	u32 s, keep = FP_ACL_CHILDREN, spare = p->allot - p->len;

	c->spill_wide = (s32)t->wide_refs > room ||
			(!g->last && t->wide * leaves * FP_ACL_EAGER > spare);
	c->spill_full = (s32)t->full_refs > room ||
			(!g->last && t->full * leaves / FP_ACL_LAZY > spare);
	c->refs = 0;
	c->spilled = 0;
	if (c->spill_wide)
		c->spilled += t->wide;
	else
		c->refs += t->wide_refs;
	if (c->spill_full)
		c->spilled += t->full;
	else
		c->refs += t->full_refs;
	for (s = 1; s <= FP_ACL_CHILDREN; s++) {
		if (keep == FP_ACL_CHILDREN &&
		    (s32)(c->refs + s * t->hist[s]) > room)
			keep = s - 1;
		if (keep < s)
			c->spilled += t->hist[s];
		else
			c->refs += s * t->hist[s];
	}
	c->keep = keep;
}

/* Does the cut spill item @i of the node? */
static bool fp_acl_cut_spills(const struct fp_acl_grower *g,
			      const struct fp_acl_cut *c,
			      const struct fp_acl_pending *p, u32 i)
{
	if (!g->mask[i])
		return false;
	if (g->partial[i] >> c->dim & 1)
		return fp_acl_bits(g->mask[i]) > c->keep;
	return fp_acl_is_wide(g, p, i, c->dim) ? c->spill_wide : c->spill_full;
}

/*
 * How bad is a cut of @n items, each standing for @step? In sixteenths of a bit:
 * the size of the child that an item finds itself in, what the copies add to
 * the tree, and what other trees will cost.
 */
static s64 fp_acl_cost(const struct fp_acl_cut *c, u32 n, u32 step)
{
	u64 size = 0;
	s64 cost;
	u32 j, x;

	cost = FP_ACL_SPILL_COST * c->spilled / n;
	if (!c->refs)
		return cost;
	for (j = 0; j <= c->nkeys; j++) {
		x = c->count[j] * step;
		size += (u64)c->count[j] * fp_acl_log(x < 4 ? 4 : x);
	}
	cost += fp_acl_div(size, c->refs);
	cost += FP_ACL_COPY_COST * ((s64)fp_acl_log(c->refs) -
				    (s64)fp_acl_log(n - c->spilled));
	return cost;
}

/* Who would go where? */
static void fp_acl_count(struct fp_acl_grower *g, struct fp_acl_cut *c,
			 const struct fp_acl_pending *p, u32 step,
			 struct fp_acl_tally *t)
{
	u32 open = (2u << c->nkeys) - 1, i, n;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < p->len; i += step) {
		g->mask[i] = fp_acl_spread(g, c, p, i, &open);
		n = fp_acl_bits(g->mask[i]);
		if (g->partial[i] >> c->dim & 1) {
			t->hist[n]++;
		} else if (fp_acl_is_wide(g, p, i, c->dim)) {
			t->wide += !!n;
			t->wide_refs += n;
		} else {
			t->full += !!n;
			t->full_refs += n;
		}
	}
}

/* Try the cut on every @step-th item: what does it cost? */
static void fp_acl_try(struct fp_acl_grower *g, struct fp_acl_cut *c,
		       const struct fp_acl_pending *p, u32 step)
{
	struct fp_acl_tally tally;
	u32 i, j, m;

	for (j = 0; j < FP_ACL_CHILDREN; j++) {
		c->count[j] = 0;
		c->cover[j] = FP_ACL_NONE;
	}
	fp_acl_count(g, c, p, step, &tally);
	fp_acl_threshold(g, c, p, step, &tally);
	for (i = 0; i < p->len; i += step) {
		if (fp_acl_cut_spills(g, c, p, i))
			continue;
		for (m = g->mask[i], j = 0; m; m >>= 1, j++)
			c->count[j] += m & 1;
	}
	c->cost = fp_acl_cost(c, (p->len + step - 1) / step, step);
}

static void fp_acl_try_fan(struct fp_acl_grower *g,
			   const struct fp_acl_pending *p, u32 step, u32 dim,
			   u32 n, u32 fan)
{
	fp_acl_place(g, &g->cut, dim, n, fan);
	fp_acl_try(g, &g->cut, p, step);
	if (g->cut.cost < g->best.cost)
		g->best = g->cut;
}

static void fp_acl_choose(struct fp_acl_grower *g,
			  const struct fp_acl_pending *p)
{
	u32 step = (p->len + FP_ACL_SAMPLE - 1) / FP_ACL_SAMPLE;
	u32 fan = p->len / FP_ACL_FILL + 1, d, n;

	if (fan > FP_ACL_CHILDREN)
		fan = FP_ACL_CHILDREN;
	g->best.cost = FP_ACL_COST_MAX;
	for (d = 0; d < g->items->dims; d++) {
		n = fp_acl_find_ends(g, p, d, step);
		if (!n)
			continue;
		fp_acl_try_fan(g, p, step, d, n, fan);
		/* What overlaps is copied less by fewer cuts. */
		if (g->cut.refs <= (p->len / step) * 5 / 4 && !g->cut.spilled)
			continue;
		if (fan > 4)
			fp_acl_try_fan(g, p, step, d, n, 4);
		if (fan > 2)
			fp_acl_try_fan(g, p, step, d, n, 2);
	}
	fp_acl_try(g, &g->best, p, 1);
}

static int fp_acl_leaf(struct fp_acl_grower *g, const struct fp_acl_pending *p)
{
	struct fp_acl_node *node = &g->forest->nodes[p->node];
	u32 i;
	int ret;

	node->dim = FP_ACL_DIM_LEAF;
	node->count = p->len < FP_ACL_LEAF ? p->len : FP_ACL_LEAF;
	node->base = FP_ACL_NONE;
	if (node->count)
		node->base = fp_acl_item(g->items, g->list[p->start])->prio;
	for (i = 0; i < node->count; i++)
		node->v[i] = g->list[p->start + i];
	for (i = node->count; i < FP_ACL_LEAF; i++)
		node->v[i] = FP_ACL_NONE;
	for (i = node->count; i < p->len; i++) {
		ret = fp_acl_spill(g, g->list[p->start + i]);
		if (ret)
			return ret;
	}
	g->forest->refs += node->count;
	if (g->forest->depth < p->depth + 1)
		g->forest->depth = p->depth + 1;
	return 0;
}

/* Let the children wait, their lists where that of their parent was. */
static void fp_acl_push(struct fp_acl_grower *g, const struct fp_acl_pending *p,
			const struct fp_acl_cut *c, u32 base)
{
	u32 dims = g->items->dims, at = p->start, j;
	struct fp_acl_pending *q;
	struct fp_acl_node *node;

	for (j = 0; j <= c->nkeys; j++) {
		node = &g->forest->nodes[base + j];
		node->cover = c->cover[j];
		q = &g->pending[g->npending++];
		*q = *p;
		q->node = base + j;
		q->start = at;
		q->len = c->count[j];
		q->allot = c->refs ? fp_acl_div((u64)p->allot * q->len, c->refs) : 0;
		q->depth = p->depth + 1;
		q->box[c->dim] = fp_acl_child_lo(c, p, j);
		q->box[dims + c->dim] = fp_acl_child_hi(c, p, j, dims);
		at += q->len;
	}
}

/* Hand the items of a node down to its children. */
static int fp_acl_deal(struct fp_acl_grower *g, const struct fp_acl_pending *p,
		       const struct fp_acl_cut *c)
{
	u32 at[FP_ACL_CHILDREN], *list = g->list + p->start;
	u32 *to = list + p->len;
	u32 i, j, m;
	int ret;

	for (i = 0, j = 0; j <= c->nkeys; j++) {
		at[j] = i;
		i += c->count[j];
	}
	for (i = 0; i < p->len; i++) {
		if (fp_acl_cut_spills(g, c, p, i)) {
			ret = fp_acl_spill(g, list[i]);
			if (ret)
				return ret;
			continue;
		}
		for (m = g->mask[i], j = 0; m; m >>= 1, j++) {
			if (m & 1)
				to[at[j]++] = list[i];
		}
	}
	memmove(list, to, (size_t)c->refs * sizeof(*list));
	return 0;
}

/* The entry that a cut copies the most. */
static u32 fp_acl_widest(const struct fp_acl_grower *g,
			 const struct fp_acl_pending *p)
{
	u32 i, w = 0;

	for (i = 1; i < p->len; i++) {
		if (fp_acl_bits(g->mask[i]) > fp_acl_bits(g->mask[w]))
			w = i;
	}
	return fp_acl_item(g->items, g->list[p->start + w])->prio;
}

static int fp_acl_grow_node(struct fp_acl_grower *g, struct fp_acl_pending *p)
{
	const struct fp_acl_cut *c = &g->best;
	struct fp_acl_node *node;
	u32 base, i;
	int ret;

	fp_acl_survey(g, p);
	if (p->len <= FP_ACL_STOP || p->depth + 1 >= FP_ACL_DEPTH)
		return fp_acl_leaf(g, p);
	fp_acl_choose(g, p);
	if (p->len <= FP_ACL_LEAF && (c->spilled || c->refs > p->len * 3 / 2))
		return fp_acl_leaf(g, p);
	ret = fp_acl_room(g, c->nkeys + 1, fp_acl_widest(g, p));
	if (!ret)
		ret = fp_acl_list_room(g, (size_t)p->start + p->len + c->refs);
	if (!ret)
		ret = fp_acl_deal(g, p, c);
	if (ret)
		return ret;
	g->room += p->len;
	g->room -= c->refs + c->nkeys + 1;
	base = g->forest->nnodes;
	g->forest->nnodes += c->nkeys + 1;
	node = &g->forest->nodes[p->node];
	node->dim = c->dim;
	node->count = c->nkeys + 1;
	node->base = base;
	for (i = 0; i < FP_ACL_KEYS; i++)
		node->v[i] = c->key[i];
	fp_acl_push(g, p, c, base);
	return 0;
}

static void fp_acl_root_box(struct fp_acl_pending *p, u32 dims)
{
	u32 d;

	for (d = 0; d < dims; d++) {
		p->box[d] = 0;
		p->box[dims + d] = 0xffffffffu;
	}
	p->box[dims + dims - 3] = FP_ACL_NO_PORT;
	p->box[dims + dims - 2] = FP_ACL_NO_PORT;
	p->box[dims + dims - 1] = 0xff;
}

/* Grow one tree of the @n items in the list; what it cannot hold is "gone". */
static int fp_acl_grow_tree(struct fp_acl_grower *g, u32 n, u32 allot, u32 *root)
{
	struct fp_acl_pending p;
	u32 d;
	int ret;

	g->room = allot - n;
	ret = fp_acl_room(g, 1, fp_acl_item(g->items, g->list[0])->prio);
	if (ret)
		return ret;
	*root = g->forest->nnodes++;
	g->forest->nodes[*root].cover = FP_ACL_NONE;
	memset(g->gone, 0, (g->items->n + 31) / 32 * sizeof(u32));
	memset(&p, 0, sizeof(p));
	p.node = *root;
	p.len = n;
	p.allot = allot;
	fp_acl_root_box(&p, g->items->dims);
	for (d = 0; d < g->items->dims; d++)
		g->wide[d] = p.box[g->items->dims + d] / 4 * 3;
	g->pending[0] = p;
	g->npending = 1;
	while (g->npending) {
		p = g->pending[--g->npending];
		ret = fp_acl_relax(g, &p);
		if (!ret)
			ret = fp_acl_grow_node(g, &p);
		if (ret)
			return ret;
	}
	return 0;
}

/* A small tree beside a large one may well be larger than its share. */
static u32 fp_acl_allot(const struct fp_acl_grower *g, u32 n)
{
	return n * FP_ACL_ALLOT + g->items->n + FP_ACL_ALLOT_MIN;
}

/* What was spilled is what the next tree is made of. */
static u32 fp_acl_next_list(struct fp_acl_grower *g)
{
	u32 i, n = 0;

	for (i = 0; i < g->items->n; i++) {
		if (fp_acl_is_gone(g, i))
			g->list[n++] = i;
	}
	return n;
}

static int fp_acl_grow_all(struct fp_acl_grower *g, struct fp_acl_family *fam)
{
	u32 n = g->items->n, t, i;
	int ret;

	for (i = 0; i < n; i++)
		g->list[i] = i;
	for (t = 0; n; t++) {
		g->last = t + 1 == FP_ACL_TREES;
		fam->first[t] = fp_acl_item(g->items, g->list[0])->prio;
		ret = fp_acl_grow_tree(g, n, fp_acl_allot(g, n),
				       &fam->root[t]);
		if (ret)
			return ret;
		fam->trees = t + 1;
		n = fp_acl_next_list(g);
	}
	return 0;
}

/**
 * fp_acl_grow_trees() - grow the trees of one family
 * @forest: takes the nodes; their leaves name items
 * @items: the boxes
 * @fam: its trees are filled
 *
 * Context: may sleep, as far as the callbacks do.
 *
 * Return: 0, or a negative error with @forest->err filled.
 */
int fp_acl_grow_trees(struct fp_acl_forest *forest,
		      const struct fp_acl_items *items,
		      struct fp_acl_family *fam)
{
	const struct fp_acl_mem *mem = forest->mem;
	struct fp_acl_grower *g;
	int ret = -ENOMEM;

	g = mem->alloc(mem->ctx, sizeof(*g));
	if (!g)
		return ret;
	memset(g, 0, sizeof(*g));
	g->forest = forest;
	g->items = items;
	g->budget = (u64)items->n * FP_ACL_WORK + FP_ACL_WORK_MIN;
	g->cap = 4 * (size_t)items->n;
	g->list = mem->alloc(mem->ctx, g->cap * sizeof(*g->list));
	g->partial = mem->alloc(mem->ctx, items->n * sizeof(*g->partial));
	g->mask = mem->alloc(mem->ctx, items->n * sizeof(*g->mask));
	g->gone = mem->alloc(mem->ctx, (items->n + 31) / 32 * sizeof(u32));
	if (g->list && g->partial && g->mask && g->gone)
		ret = fp_acl_grow_all(g, fam);
	mem->free(mem->ctx, g->gone);
	mem->free(mem->ctx, g->mask);
	mem->free(mem->ctx, g->partial);
	mem->free(mem->ctx, g->list);
	mem->free(mem->ctx, g);
	return ret;
}
