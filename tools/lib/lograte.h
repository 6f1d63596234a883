/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many lines of a kind are logged. A flood is counted whole and logged in part, and
 * how many lines were left out is told when its window closes, not with the next flood.
 */
#ifndef _FP_LOGRATE_H
#define _FP_LOGRATE_H

#include <fedpat/types.h>

#define FP_LOGRATE_MS	10000	/* a window ... */
#define FP_LOGRATE_ONE	20	/* ... lines of one kind about one peer in it ... */
#define FP_LOGRATE_ALL	100	/* ... and of one kind, whoever it is about */
#define FP_LOGRATE_ROWS	256

/**
 * struct fp_lograte_row - lines of one kind
 * @what: the kind; empty: the row is free
 * @who: about whom, empty for everybody
 * @ends: when its window closes, ms
 * @lines: that were logged
 * @kept: that were not
 */
struct fp_lograte_row {
	char what[64];
	char who[64];
	u64 ends;
	u32 lines;
	u32 kept;
};

struct fp_lograte {
	struct fp_lograte_row all[FP_LOGRATE_ROWS];
	struct fp_lograte_row one[FP_LOGRATE_ROWS];
};

/* May a line be logged at @now ms? @who: peer or address, "" for nobody. */
bool fp_lograte_take(struct fp_lograte *r, const char *what, const char *who, u64 now);

typedef void (*fp_lograte_fn)(const char *what, const char *who, u32 kept, void *arg);

/*
 * Close the windows that end by @now, and tell of each that kept lines. Return: ms
 * until the next such window closes, 0: there is none.
 */
u64 fp_lograte_close(struct fp_lograte *r, u64 now, fp_lograte_fn fn, void *arg);

#endif /* _FP_LOGRATE_H */
