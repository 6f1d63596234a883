// SPDX-License-Identifier: GPL-2.0
/* Tables with aligned columns. */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

/**
 * struct table - cells, row by row; the first row is the head
 * @columns: columns of each row
 * @n: cells so far
 * @cap: room for cells
 * @cell: their texts
 * @right: columns that are aligned to the right
 * @open: cell that is being printed into
 * @size: of its text
 */
struct table {
	u32 columns;
	u32 n;
	u32 cap;
	char **cell;
	u64 right;
	FILE *open;
	size_t size;
};

/**
 * table_new() - an empty table
 * @columns: columns of each row
 *
 * Return: the table, NULL without memory
 */
struct table *table_new(u32 columns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t)
		t->columns = columns;
	return t;
}

static void close_cell(struct table *t)
{
	if (t->open)
		fclose(t->open);
	t->open = NULL;
}

/**
 * table_cell() - begin the next cell
 * @t: the table
 *
 * Return: a stream for its text, until the next call
 */
FILE *table_cell(struct table *t)
{
	close_cell(t);
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->cell = reallocarray(t->cell, t->cap, sizeof(*t->cell));
	}
	if (!t->cell)
		abort();
	t->cell[t->n] = NULL;
	t->open = open_memstream(&t->cell[t->n++], &t->size);
	if (!t->open)
		abort();
	return t->open;
}

/**
 * table_right() - align a column to the right
 * @t: the table
 * @column: the column, from 0
 */
void table_right(struct table *t, u32 column)
{
	t->right |= 1ULL << column;
}

/* Characters, not octets: what continues one in UTF-8 takes no room. */
static u32 width(const char *s)
{
	u32 n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static u32 *widths(const struct table *t)
{
	u32 *w = calloc(t->columns, sizeof(*w)), i, n;

	for (i = 0; w && i < t->n; i++) {
		n = width(t->cell[i]);
		if (n > w[i % t->columns])
			w[i % t->columns] = n;
	}
	return w;
}

static void print_row(const struct table *t, const u32 *w, u32 row, bool bold, FILE *out)
{
	u32 c, pad, last = t->columns;
	const char *s;

	while (last && !*t->cell[row * t->columns + last - 1])
		last--; /* no blanks at the end of a line */
	if (bold)
		fputs("\033[1m", out);
	for (c = 0; c < last; c++) {
		s = t->cell[row * t->columns + c];
		pad = w[c] - width(s);
		if (c)
			fputs("  ", out);
		if (t->right >> c & 1)
			fprintf(out, "%*s%s", (int)pad, "", s);
		else
			fprintf(out, "%s%*s", s, c + 1 < last ? (int)pad : 0, "");
	}
	fputs(bold ? "\033[0m\n" : "\n", out);
}

/**
 * table_print() - print a table and free it
 * @t: the table
 * @ctl: this run
 */
void table_print(struct table *t, struct ctl *ctl)
{
	u32 i, *w;

	close_cell(t);
	w = widths(t);
	if (!w)
		abort();
	for (i = 0; i < t->n / t->columns; i++)
		print_row(t, w, i, !i && ctl->color, ctl->out);
	for (i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	free(w);
	free(t);
}
