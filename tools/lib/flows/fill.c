// SPDX-License-Identifier: GPL-2.0
/* Texts with values filled in. */
#include <string.h>

#include "fill.h"

#define DEPTH 8

/**
 * struct fill - a text on its way out
 * @stack: contexts, the innermost last
 * @n: how many
 * @out: where it goes
 */
struct fill {
	const json_t *stack[DEPTH];
	u32 n;
	FILE *out;
};

struct tag {
	char kind;		/* of "#^/", or 0 for a value */
	char name[48];
	const char *end;	/* behind the tag, and behind its line where it is alone */
	const char *begin;	/* likewise */
};

static const json_t *dotted(const json_t *in, const char *name)
{
	char key[48];
	size_t n;

	while (in && *name) {
		n = strcspn(name, ".");
		snprintf(key, sizeof(key), "%.*s", (int)n, name);
		in = json_object_get(in, key);
		name += n + (name[n] == '.');
	}
	return in;
}

static const json_t *lookup(const struct fill *f, const char *name)
{
	const json_t *v;
	u32 i;

	if (!strcmp(name, "."))
		return f->stack[f->n - 1];
	for (i = f->n; i; i--) {
		v = dotted(f->stack[i - 1], name);
		if (v)
			return v;
	}
	return NULL;
}

static bool is_true(const json_t *v)
{
	if (json_is_array(v))
		return json_array_size(v);
	return v && !json_is_false(v) && !json_is_null(v);
}

static void value(const struct fill *f, const char *name)
{
	const json_t *v = lookup(f, name);

	if (json_is_string(v))
		fputs(json_string_value(v), f->out);
	else if (json_is_integer(v))
		fprintf(f->out, "%lld", (long long)json_integer_value(v));
}

/* The next tag; false: there is none. */
static bool next_tag(const char *from, const char *end, const char *text, struct tag *t)
{
	const char *at = memmem(from, (size_t)(end - from), "{{", 2), *to, *line;
	size_t n;

	to = at ? memmem(at, (size_t)(end - at), "}}", 2) : NULL;
	if (!to)
		return false;
	t->begin = at;
	t->end = to + 2;
	at += 2;
	t->kind = strchr("#^/", *at) ? *at++ : 0;
	n = (size_t)(to - at);
	snprintf(t->name, sizeof(t->name), "%.*s", (int)n, at);
	if (!t->kind)
		return true;
	for (line = t->begin; line > text && line[-1] == ' '; line--)
		;
	if ((line == text || line[-1] == '\n') && t->end < end && *t->end == '\n') {
		t->begin = line;
		t->end++;
	}
	return true;
}

/* The end of a section that begins at @from. */
static bool closing(const char *from, const char *end, const char *text, const char *name,
		    struct tag *t)
{
	u32 depth = 1;

	for (; next_tag(from, end, text, t); from = t->end) {
		if (strcmp(t->name, name) || !t->kind)
			continue;
		depth += t->kind == '/' ? -1u : 1;
		if (!depth)
			return true;
	}
	return false;
}

/* A section of a section's text waits with where it ends and what comes behind. */
static void fill(struct fill *f, const char *text, const char *end);

static void inner(struct fill *f, const json_t *v, const char *text, const char *end)
{
	if (f->n == DEPTH)
		return;
	f->stack[f->n++] = v;
	fill(f, text, end);
	f->n--;
}

static void section(struct fill *f, const struct tag *open, const char *end)
{
	const json_t *v = lookup(f, open->name), *elem;
	size_t i;

	if (open->kind == '^') {
		if (!is_true(v))
			fill(f, open->end, end);
		return;
	}
	if (!is_true(v))
		return;
	if (!json_is_array(v)) {
		inner(f, json_is_object(v) ? v : f->stack[f->n - 1], open->end, end);
		return;
	}
	json_array_foreach(v, i, elem)
		inner(f, elem, open->end, end);
}

static void fill(struct fill *f, const char *text, const char *end)
{
	const char *at = text;
	struct tag t, close;

	while (next_tag(at, end, text, &t)) {
		fwrite(at, 1, (size_t)(t.begin - at), f->out);
		at = t.end;
		if (!t.kind) {
			value(f, t.name);
		} else if (t.kind != '/' && closing(t.end, end, text, t.name, &close)) {
			section(f, &t, close.begin);
			at = close.end;
		}
	}
	fwrite(at, 1, (size_t)(end - at), f->out);
}

/**
 * fp_fill() - a text with its values
 * @text: the text
 * @len: its length
 * @context: the values
 * @out: where it goes
 */
void fp_fill(const char *text, size_t len, const json_t *context, FILE *out)
{
	struct fill f = { .stack = { context }, .n = 1, .out = out };

	fill(&f, text, text + len);
}
