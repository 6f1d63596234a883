/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A YAML document as a tree that knows the line and column of everything in
 * it. Aliases, tags and several documents in one file are refused: policy has
 * no use for them, and aliases let a short file grow without bound.
 */
#ifndef _FP_YAML_NODE_H
#define _FP_YAML_NODE_H

#include <stdbool.h>
#include <stdio.h>
#include <fedpat/types.h>
#include "err.h"

enum fp_ynode_type {
	FP_Y_SCALAR,
	FP_Y_SEQ,
	FP_Y_MAP,
};

/**
 * struct fp_ynode - a value
 * @type: what it is
 * @quoted: a scalar that does not begin where @pos is, but behind a quote
 * @block: a scalar whose columns cannot be told (literal, folded, escaped)
 * @text: of a scalar
 * @key: of a value in a map
 * @key_pos: where the key stands
 * @pos: where the value stands
 * @first: first element of a sequence, first value of a map
 * @next: next one beside it
 */
struct fp_ynode {
	enum fp_ynode_type type;
	bool quoted;
	bool block;
	char *text;
	char *key;
	struct fp_pos key_pos;
	struct fp_pos pos;
	struct fp_ynode *first;
	struct fp_ynode *next;
};

/**
 * struct fp_ydoc - a document
 * @file: its name
 * @root: its value, NULL for an empty document
 */
struct fp_ydoc {
	char *file;
	struct fp_ynode *root;
};

#define FP_YAML_DEPTH	16
#define FP_YAML_BYTES	(256u << 20)

/* @file "-": standard input. */
int fp_ydoc_load(const char *file, struct fp_ydoc *doc, struct fp_errs *errs);
int fp_ydoc_parse(const char *name, const void *data, size_t size, struct fp_ydoc *doc,
		  struct fp_errs *errs);
void fp_ydoc_free(struct fp_ydoc *doc);

/* Value of a key; NULL where it is not there. */
struct fp_ynode *fp_ynode_get(const struct fp_ynode *map, const char *key);
const char *fp_ynode_type_name(const struct fp_ynode *node);

/* Names nearest to a wrong one, for "did you mean": NULL where none is near. */
const char *fp_nearest(const char *wrong, const char *(*name)(u32 i, const void *arg),
		       const void *arg);

#endif /* _FP_YAML_NODE_H */
