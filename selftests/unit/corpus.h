/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Third-party test data, read where it is: FEDPAT_TESTDATA. Each file is
 * loaded into an allocation of exactly its size, so that ASan sees the first
 * byte that is read behind it.
 */
#ifndef _FEDPAT_CORPUS_H
#define _FEDPAT_CORPUS_H

#include <fedpat/types.h>

struct corpus_file {
	const char *path;	/* relative to FEDPAT_TESTDATA */
	const char *name;	/* its last part */
	u8 *p;
	u32 len;
};

typedef void (*corpus_fn)(const struct corpus_file *f, void *ctx);

/* Folder is there? */
bool corpus_has(const char *folder);
/*
 * Call @fn for each file below @folder whose name ends in @suffix (NULL: any),
 * sorted by name. Returns how many there were.
 */
unsigned int corpus_walk(const char *folder, const char *suffix, corpus_fn fn, void *ctx);
/* Load one file; false when it is not there. Free f->p. */
bool corpus_load(const char *path, struct corpus_file *f);
/* LF alone becomes CRLF: what the index asks for with some files. Replaces f->p. */
void corpus_crlf(struct corpus_file *f);
/* Column @column (0 is the name) of INDEX.tsv for @path; false when not there. */
bool corpus_index(const char *path, unsigned int column, char *out, size_t size);

/* A copy in an allocation of exactly that size. */
u8 *exact_copy(const void *p, u32 len);

#endif /* _FEDPAT_CORPUS_H */
