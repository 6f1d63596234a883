/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hashed table of host and domain names, in memory that somebody else laid
 * out. Names are hashed from their last byte to their first, so that one walk
 * over a name meets every domain above it.
 */
#ifndef _FEDPAT_CORE_NAMES_H
#define _FEDPAT_CORE_NAMES_H

#include <fedpat/slice.h>

#define FP_NAME_EXACT	0x01	/* the name itself */
#define FP_NAME_BELOW	0x02	/* every name below it */
#define FP_NAME_EXEMPT	0x04	/* but not the name itself, whatever else says so */
#define FP_NAME_MAX	255	/* RFC 1035 */

struct fp_name {
	const u8 *p;		/* lower case, no trailing dot */
	u32 hash;
	u32 data;		/* the caller's */
	u8 len;
	u8 flags;
};

struct fp_names {
	u32 n;
	u32 mask;		/* slots - 1; slots are at least twice the names */
	/* Filters; of names that are not just exempt, which no text is hit by. */
	u64 last;		/* hashes of their last words */
	u32 first;		/* letters that these begin with */
	bool bare;		/* before one of them no dot stands */
	u8 min_len;		/* of the shortest such name, 0 when there is none */
	u8 min_below;		/* of the shortest one with names below it, or 0 */
	u8 max_len;		/* of all names */
	u64 lens[4];		/* their lengths */
	u32 *slot;		/* index of a name + 1; 0 is free */
	struct fp_name *v;
};

/* What the syntax of an entry says; see fp_nameset_build(). */
enum fp_name_syntax {
	FP_NAME_STAR,		/* "*.name": below */
	FP_NAME_DOT,		/* ".name": itself and below */
	FP_NAME_NOT,		/* plain name: exempt */
};

/* Where a name was found in a text. */
struct fp_name_hit {
	u32 from;
	u32 to;
	const struct fp_name *name;
};

size_t fp_names_size(u32 n, size_t bytes);
size_t fp_slices_bytes(const struct fp_slice *v, u32 n);
void fp_names_place(struct fp_names *t, u8 *mem, u32 n);
int fp_names_add(struct fp_names *t, u8 **mem, struct fp_slice name,
		 enum fp_name_syntax syntax, u32 data);
const struct fp_name *fp_names_find(const struct fp_names *t, struct fp_slice name);
bool fp_names_scan(const struct fp_names *t, struct fp_slice text, u32 from,
		   struct fp_name_hit *hit);
bool fp_names_maybe(const struct fp_names *t, struct fp_slice text, u32 dot);

static inline bool fp_is_alnum(u8 c)
{
	return fp_is_digit(c) || fp_is_alpha(c);
}

static inline size_t fp_align8(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

#endif /* _FEDPAT_CORE_NAMES_H */
