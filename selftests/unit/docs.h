/* SPDX-License-Identifier: GPL-2.0 */
/* Reading Markdown line by line: tables, words in backquotes. */
#ifndef _FEDPAT_SELFTEST_DOCS_H
#define _FEDPAT_SELFTEST_DOCS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct md - a file that is read
 * @path: its name
 * @line: current line without its end
 * @n: its number, from 1; at the end the number of lines
 * @wrong: faults told by md_wrong()
 */
struct md {
	const char *path;
	char *line;
	int n;
	int wrong;
	/* private */
	char *file;
	char *rest;
	char *cell;
};

/* A whole file with a zero behind it, malloced; NULL when it cannot be read. */
char *md_file(const char *path);

/* A file that is not there has no lines, and is a fault. */
void md_open(struct md *md, const char *path);
void md_close(struct md *md);
bool md_next(struct md *md);

/* Cell @i of the current line, from 0; empty when there is none. Valid until the next call. */
char *md_cell(struct md *md, int i);
/* Index of the cell that says just @title, -1 for none. */
int md_column(struct md *md, const char *title);
/* The next `word` in *@p, which moves on. */
bool md_code(char **p, char *word, size_t size);

/* "path:line: what is wrong" */
void md_wrong(struct md *md, const char *what, const char *is);

#endif /* _FEDPAT_SELFTEST_DOCS_H */
