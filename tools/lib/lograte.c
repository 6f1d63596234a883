// SPDX-License-Identifier: GPL-2.0
/* Bounds for lines of the log, by kind and by whom they are about. */
#include <stdio.h>
#include <string.h>

#include "lograte.h"

static bool is_over(const struct fp_lograte_row *row, u64 now)
{
	return row->ends <= now;
}

/* Its row, a new one or NULL. What was kept by one that is over is yet to be told. */
static struct fp_lograte_row *find(struct fp_lograte_row *rows, const char *what,
				   const char *who, u64 now)
{
	struct fp_lograte_row *row, *fresh = NULL;

	for (row = rows; row < rows + FP_LOGRATE_ROWS; row++) {
		if (!*row->what || (is_over(row, now) && !row->kept))
			fresh = fresh ?: row;
		else if (!strncmp(row->what, what, sizeof(row->what) - 1) &&
			 !strncmp(row->who, who, sizeof(row->who) - 1))
			return row;
	}
	if (!fresh)
		return NULL;
	memset(fresh, 0, sizeof(*fresh));
	snprintf(fresh->what, sizeof(fresh->what), "%s", what);
	snprintf(fresh->who, sizeof(fresh->who), "%s", who);
	fresh->ends = now + FP_LOGRATE_MS;
	return fresh;
}

static bool is_full(struct fp_lograte_row *row, u32 max)
{
	if (!row || row->lines < max)
		return false;
	row->kept++;
	return true;
}

/**
 * fp_lograte_take() - may one more line be logged?
 * @r: what was logged lately, zeroes at first
 * @what: the kind of line
 * @who: peer or address that it is about, "" for nobody
 * @now: ms
 *
 * Where there is no room to remember @who, only the bound for all holds.
 *
 * Return: true, or false: it was counted as kept
 */
bool fp_lograte_take(struct fp_lograte *r, const char *what, const char *who, u64 now)
{
	struct fp_lograte_row *all = find(r->all, what, "", now);
	struct fp_lograte_row *one = *who ? find(r->one, what, who, now) : NULL;

	if (is_full(one, FP_LOGRATE_ONE) || is_full(all, FP_LOGRATE_ALL))
		return false;
	if (one)
		one->lines++;
	if (all)
		all->lines++;
	return true;
}

static u64 close_rows(struct fp_lograte_row *rows, u64 now, fp_lograte_fn fn, void *arg)
{
	struct fp_lograte_row *row;
	u64 next = 0;

	for (row = rows; row < rows + FP_LOGRATE_ROWS; row++) {
		if (!is_over(row, now)) {
			if (row->kept && (!next || row->ends - now < next))
				next = row->ends - now;
			continue;
		}
		if (row->kept)
			fn(row->what, row->who, row->kept, arg);
		memset(row, 0, sizeof(*row));
	}
	return next;
}

/**
 * fp_lograte_close() - close windows and tell what they kept
 * @r: what was logged lately
 * @now: ms; those that end by then are closed
 * @fn: called for each that kept lines
 * @arg: last argument of @fn
 *
 * Return: ms until the next window with kept lines closes, 0: there is none
 */
u64 fp_lograte_close(struct fp_lograte *r, u64 now, fp_lograte_fn fn, void *arg)
{
	u64 one = close_rows(r->one, now, fn, arg), all = close_rows(r->all, now, fn, arg);

	return one && (!all || one < all) ? one : all;
}
