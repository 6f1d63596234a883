/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hit counters of policy objects.
 *
 * A tally belongs to the name of an object, not to one version of it: replacing
 * the object hands the tally on, so that hits survive a commit. An entry of an
 * access list is never replaced and has its hits within.
 *
 * One atomic for all CPUs: only the first packet of a flow is classified, and
 * a hundred thousand entries times a hundred CPUs would cost more than that.
 */
#ifndef _FP_HITS_H
#define _FP_HITS_H

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/refcount.h>

/**
 * struct fp_hits - how often and when last
 * @n: hits
 * @last: jiffies of the last one; 0 means never
 */
struct fp_hits {
	atomic64_t n;
	unsigned long last;
};

/**
 * struct fp_tally - hits of an object, shared by its versions
 * @refs: versions that hold it
 * @hits: what its netlink attribute "hits" shows
 * @other: access list: implicit denies; PAT: flows dropped for want of a port
 */
struct fp_tally {
	refcount_t refs;
	struct fp_hits hits;
	struct fp_hits other;
};

/**
 * fp_hit() - count a hit
 * @h: hits of the object or entry
 *
 * Context: any, no lock.
 */
static inline void fp_hit(struct fp_hits *h)
{
	unsigned long now = jiffies | 1;

	atomic64_inc(&h->n);
	/* Do not dirty the line for a tick that is already there. */
	if (READ_ONCE(h->last) != now)
		WRITE_ONCE(h->last, now);
}

static inline u64 fp_hits_read(const struct fp_hits *h)
{
	return atomic64_read(&h->n);
}

bool fp_hits_age(const struct fp_hits *h, u64 *msecs);

struct fp_tally *fp_tally_alloc(void);
struct fp_tally *fp_tally_get(struct fp_tally *t);
void fp_tally_put(struct fp_tally *t);

#endif /* _FP_HITS_H */
