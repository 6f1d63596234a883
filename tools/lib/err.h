/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Errors as the operator gets them: where, which object, which attribute, what
 * is wrong, what to do. A call that can fail takes a list and may add several
 * of them; all faults of a file are told in one run.
 */
#ifndef _FP_ERR_H
#define _FP_ERR_H

#include <stdbool.h>
#include <stdio.h>

/* Exit status of fedctl, and how bad an error is. */
enum fp_exit {
	FP_EXIT_OK,		/* done */
	FP_EXIT_REFUSED,	/* refused, or a check failed */
	FP_EXIT_USAGE,		/* the command line makes no sense */
	FP_EXIT_ABSENT,		/* no module, or no daemon */
};

/**
 * struct fp_pos - a place in a file
 * @file: name as the user gave it; NULL where there is no file. Lives as long
 *	as the model or document that the position belongs to
 * @line: from 1
 * @col: from 1
 */
struct fp_pos {
	const char *file;
	unsigned int line;
	unsigned int col;
};

/**
 * struct fp_err - one fault; all strings are its own, any may be NULL
 * @file: file that it stands in
 * @line: line, from 1
 * @col: column, from 1
 * @kind: kind of the object ("static-pat")
 * @object: its name
 * @attr: attribute that is wrong
 * @text: what is wrong
 * @remedy: what was expected, or what to do
 */
struct fp_err {
	char *file;
	unsigned int line;
	unsigned int col;
	char *kind;
	char *object;
	char *attr;
	char *text;
	char *remedy;
};

/**
 * struct fp_errs - faults in the order of their discovery
 * @v: the faults
 * @n: how many are in @v
 * @total: how many there were; those beyond FP_ERRS_MAX are only counted
 * @code: exit status that they ask for: the highest of them
 */
struct fp_errs {
	struct fp_err *v;
	unsigned int n;
	unsigned int total;
	enum fp_exit code;
};

#define FP_ERRS_MAX	1000

/**
 * struct fp_where - what an error is about, for fp_err_add()
 * @pos: place, or NULL
 * @kind: kind of the object, or NULL
 * @object: its name, or NULL
 * @attr: attribute, or NULL
 */
struct fp_where {
	const struct fp_pos *pos;
	const char *kind;
	const char *object;
	const char *attr;
};

/* @where and @remedy may be NULL. The list may be NULL: nothing is kept. */
__attribute__((format(printf, 5, 6)))
void fp_err_add(struct fp_errs *errs, enum fp_exit code, const struct fp_where *where,
		const char *remedy, const char *fmt, ...);
void fp_errs_move(struct fp_errs *to, struct fp_errs *from);
void fp_errs_free(struct fp_errs *errs);

/* file:line:column: static-pat 'x': attribute 'node': text; remedy */
char *fp_err_line(const struct fp_err *err);	/* the caller frees it */
void fp_errs_print(const struct fp_errs *errs, FILE *out, const char *prefix);

/* The sentence that every program prints when the family is not there. */
#define FP_REMEDY_NO_MODULE \
	"load it: modprobe -a nf_nat tls && insmod fedpat.ko " \
	"(where it is installed: modprobe fedpat)"

#endif /* _FP_ERR_H */
