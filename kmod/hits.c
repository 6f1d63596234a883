// SPDX-License-Identifier: GPL-2.0
/* Hit counters of policy objects. */
#include <linux/slab.h>
#include "hits.h"

/**
 * fp_hits_age() - how long ago the last hit was
 * @h: hits
 * @msecs: milliseconds, when there was one
 *
 * Context: any.
 * Return: false when there never was one.
 */
bool fp_hits_age(const struct fp_hits *h, u64 *msecs)
{
	unsigned long last = READ_ONCE(h->last);
	unsigned long now = jiffies;

	if (!last)
		return false;
	/* fp_hit() rounds up to an odd tick, which may lie ahead. */
	*msecs = time_before(now, last) ? 0 : jiffies64_to_msecs(now - last);
	return true;
}

/**
 * fp_tally_alloc() - a tally at zero
 *
 * Context: may sleep.
 * Return: it, with one reference; NULL for want of memory.
 */
struct fp_tally *fp_tally_alloc(void)
{
	struct fp_tally *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (t)
		refcount_set(&t->refs, 1);
	return t;
}

/**
 * fp_tally_get() - one more reference
 * @t: tally, or NULL
 *
 * Context: any.
 * Return: @t.
 */
struct fp_tally *fp_tally_get(struct fp_tally *t)
{
	if (t)
		refcount_inc(&t->refs);
	return t;
}

/**
 * fp_tally_put() - one reference less
 * @t: tally, or NULL
 *
 * The last holder is an object that no reader can reach any more, so there is
 * nothing to wait for.
 *
 * Context: any.
 */
void fp_tally_put(struct fp_tally *t)
{
	if (t && refcount_dec_and_test(&t->refs))
		kfree(t);
}
