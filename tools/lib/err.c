// SPDX-License-Identifier: GPL-2.0
/* Lists of faults. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

static char *dup_or_null(const char *s)
{
	return s ? strdup(s) : NULL;
}

static struct fp_err *errs_grow(struct fp_errs *errs)
{
	struct fp_err *v;

	errs->total++;
	if (errs->n >= FP_ERRS_MAX)
		return NULL;
	if (!(errs->n & (errs->n - 1))) {
		v = realloc(errs->v, (errs->n ? errs->n * 2 : 1) * sizeof(*v));
		if (!v)
			return NULL;
		errs->v = v;
	}
	v = &errs->v[errs->n++];
	memset(v, 0, sizeof(*v));
	return v;
}

static void err_place(struct fp_err *e, const struct fp_where *where)
{
	e->kind = dup_or_null(where->kind);
	e->object = dup_or_null(where->object);
	e->attr = dup_or_null(where->attr);
	if (where->pos && where->pos->file) {
		e->file = strdup(where->pos->file);
		e->line = where->pos->line;
		e->col = where->pos->col;
	}
}

static void err_free(struct fp_err *e)
{
	free(e->file);
	free(e->kind);
	free(e->object);
	free(e->attr);
	free(e->text);
	free(e->remedy);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The answer to a commit says again what the answer to one of its requests said. */
static void forget_twin(struct fp_errs *errs)
{
	struct fp_err *e = &errs->v[errs->n - 1], *o;

	for (o = errs->v; o < e; o++)
		if (same(o->text, e->text) && same(o->remedy, e->remedy) &&
		    same(o->kind, e->kind) && same(o->object, e->object) &&
		    same(o->attr, e->attr) && same(o->file, e->file) && o->line == e->line &&
		    o->col == e->col)
			break;
	if (o == e)
		return;
	err_free(e);
	errs->n--;
	errs->total--;
}

/**
 * fp_err_add() - add one fault
 * @errs: list, or NULL
 * @code: exit status that it asks for; the list keeps the highest
 * @where: what it is about, or NULL
 * @remedy: what was expected, or what to do, or NULL
 * @fmt: what is wrong
 *
 * Everything is copied; what the list says already is not said twice.
 */
void fp_err_add(struct fp_errs *errs, enum fp_exit code, const struct fp_where *where,
		const char *remedy, const char *fmt, ...)
{
	struct fp_err *e;
	va_list args;

	if (!errs)
		return;
	if (code > errs->code)
		errs->code = code;
	e = errs_grow(errs);
	if (!e)
		return;

	va_start(args, fmt);
	if (vasprintf(&e->text, fmt, args) < 0)
		e->text = NULL;
	va_end(args);
	e->remedy = dup_or_null(remedy);
	if (where)
		err_place(e, where);
	forget_twin(errs);
}

/**
 * fp_errs_move() - hand all faults of one list to another
 * @to: list, or NULL
 * @from: empty afterwards
 */
void fp_errs_move(struct fp_errs *to, struct fp_errs *from)
{
	struct fp_err *e;
	unsigned int i;

	if (!to) {
		fp_errs_free(from);
		return;
	}
	if (from->code > to->code)
		to->code = from->code;
	for (i = 0; i < from->n; i++) {
		e = errs_grow(to);
		if (!e)
			continue;
		*e = from->v[i];
		memset(&from->v[i], 0, sizeof(*e));
	}
	to->total += from->total - from->n;
	fp_errs_free(from);
}

/**
 * fp_errs_free() - empty a list
 * @errs: list; may be used again
 */
void fp_errs_free(struct fp_errs *errs)
{
	unsigned int i;

	for (i = 0; i < errs->n; i++)
		err_free(&errs->v[i]);
	free(errs->v);
	memset(errs, 0, sizeof(*errs));
}

static void line_where(const struct fp_err *e, FILE *out)
{
	if (e->file)
		fprintf(out, e->line ? "%s:%u:%u: " : "%s: ", e->file, e->line, e->col);
	if (e->kind)
		fprintf(out, e->object ? "%s '%s': " : "%s: ", e->kind, e->object);
	else if (e->object)
		fprintf(out, "'%s': ", e->object);
	if (e->attr)
		fprintf(out, "attribute '%s': ", e->attr);
}

/**
 * fp_err_line() - one fault as one line of text
 * @err: the fault
 *
 * Return: the text, which the caller frees; NULL without memory
 */
char *fp_err_line(const struct fp_err *err)
{
	char *buf = NULL;
	size_t size;
	FILE *out = open_memstream(&buf, &size);

	if (!out)
		return NULL;
	line_where(err, out);
	fputs(err->text ? err->text : "out of memory", out);
	if (err->remedy)
		fprintf(out, "; %s", err->remedy);
	if (fclose(out)) {
		free(buf);
		return NULL;
	}
	return buf;
}

/**
 * fp_errs_print() - print all faults, one a line
 * @errs: the faults
 * @out: where to
 * @prefix: put before each line ("fedctl: ")
 */
void fp_errs_print(const struct fp_errs *errs, FILE *out, const char *prefix)
{
	unsigned int i;
	char *line;

	for (i = 0; i < errs->n; i++) {
		line = fp_err_line(&errs->v[i]);
		fprintf(out, "%s%s\n", prefix, line ? line : "out of memory");
		free(line);
	}
	if (errs->total > errs->n)
		fprintf(out, "%sand %u more\n", prefix, errs->total - errs->n);
}
