// SPDX-License-Identifier: GPL-2.0
/* YAML files as trees with places, on libyaml's events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "yaml_node.h"

/**
 * struct builder - a document on its way from events to a tree
 * @parser: source of the events
 * @event: the last of them
 * @doc: the document
 * @errs: gets what is wrong
 * @depth: of nesting
 */
struct builder {
	yaml_parser_t parser;
	yaml_event_t event;
	struct fp_ydoc *doc;
	struct fp_errs *errs;
	unsigned int depth;
};

static struct fp_pos place(const struct builder *b, const yaml_mark_t *mark)
{
	struct fp_pos pos = {
		.file = b->doc->file,
		.line = (unsigned int)mark->line + 1,
		.col = (unsigned int)mark->column + 1,
	};

	return pos;
}

static int refuse(struct builder *b, const yaml_mark_t *mark, const char *text, const char *remedy)
{
	struct fp_pos pos = place(b, mark);

	fp_err_add(b->errs, FP_EXIT_REFUSED, &(struct fp_where){ .pos = &pos }, remedy, "%s", text);
	return -EINVAL;
}

static int next_event(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;

	yaml_event_delete(&b->event);
	if (yaml_parser_parse(&b->parser, &b->event))
		return 0;
	memset(&b->event, 0, sizeof(b->event));
	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (p->error == YAML_READER_ERROR) {
		fp_err_add(b->errs, FP_EXIT_REFUSED,
			   &(struct fp_where){ .pos = &(struct fp_pos){ .file = b->doc->file } },
			   "expected UTF-8 text", "octet %zu: %s", p->problem_offset, p->problem);
		return -EINVAL;
	}
	return refuse(b, &p->problem_mark, p->problem ? p->problem : "not YAML", p->context);
}

static int build(struct builder *b, struct fp_ynode **out);

static void node_free(struct fp_ynode *node)
{
	struct fp_ynode *next;

	for (; node; node = next) {
		next = node->next;
		node_free(node->first); /* as deep as FP_YAML_DEPTH */
		free(node->text);
		free(node->key);
		free(node);
	}
}

static int check_plain(struct builder *b)
{
	const yaml_event_t *e = &b->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return refuse(b, &e->start_mark, "an alias", "write the value out");
	case YAML_SCALAR_EVENT:
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		return refuse(b, &e->start_mark, "an anchor",
			      "write the value out where it is used");
	if (tag)
		return refuse(b, &e->start_mark, "a tag", "leave it out");
	return 0;
}

static int scalar(struct builder *b, struct fp_ynode *node)
{
	const yaml_event_t *e = &b->event;
	size_t len = e->data.scalar.length;
	yaml_scalar_style_t style = e->data.scalar.style;

	if (memchr(e->data.scalar.value, 0, len))
		return refuse(b, &e->start_mark, "a NUL in a value", "take it out");
	node->text = strndup((const char *)e->data.scalar.value, len);
	if (!node->text)
		return -ENOMEM;
	node->quoted = style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
		       style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	node->block = e->start_mark.line != e->end_mark.line ||
		      e->end_mark.column - e->start_mark.column != len + 2 * node->quoted;
	return 0;
}

static int sequence(struct builder *b, struct fp_ynode *node)
{
	struct fp_ynode **tail = &node->first;
	int err;

	for (;;) {
		err = next_event(b);
		if (err || b->event.type == YAML_SEQUENCE_END_EVENT)
			return err;
		err = build(b, tail);
		if (err)
			return err;
		tail = &(*tail)->next;
	}
}

static int map_key(struct builder *b, char **key, struct fp_pos *pos)
{
	if (b->event.type != YAML_SCALAR_EVENT)
		return refuse(b, &b->event.start_mark, "a key that is no text",
			      "expected name: value");
	if (check_plain(b))
		return -EINVAL;
	if (memchr(b->event.data.scalar.value, 0, b->event.data.scalar.length))
		return refuse(b, &b->event.start_mark, "a NUL in a key", "take it out");
	*pos = place(b, &b->event.start_mark);
	*key = strndup((const char *)b->event.data.scalar.value, b->event.data.scalar.length);
	return *key ? 0 : -ENOMEM;
}

static int mapping(struct builder *b, struct fp_ynode *node)
{
	struct fp_ynode **tail = &node->first;
	struct fp_pos pos;
	char *key;
	int err;

	for (;;) {
		err = next_event(b);
		if (err || b->event.type == YAML_MAPPING_END_EVENT)
			return err;
		err = map_key(b, &key, &pos);
		if (err)
			return err;
		err = next_event(b);
		if (!err)
			err = build(b, tail);
		if (err) {
			free(key);
			return err;
		}
		(*tail)->key = key;
		(*tail)->key_pos = pos;
		tail = &(*tail)->next;
	}
}

static int fill(struct builder *b, struct fp_ynode *node)
{
	switch (b->event.type) {
	case YAML_SCALAR_EVENT:
		node->type = FP_Y_SCALAR;
		return scalar(b, node);
	case YAML_SEQUENCE_START_EVENT:
		node->type = FP_Y_SEQ;
		return sequence(b, node);
	case YAML_MAPPING_START_EVENT:
		node->type = FP_Y_MAP;
		return mapping(b, node);
	default:
		return refuse(b, &b->event.start_mark, "something unexpected", NULL);
	}
}

/* A value from the current event on. On failure *out stays NULL. */
static int build(struct builder *b, struct fp_ynode **out)
{
	struct fp_ynode *node;
	int err;

	if (b->depth == FP_YAML_DEPTH)
		return refuse(b, &b->event.start_mark, "too deep a nesting", NULL);
	err = check_plain(b);
	if (err)
		return err;
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->pos = place(b, &b->event.start_mark);
	b->depth++;
	err = fill(b, node);
	b->depth--;
	if (err) {
		node_free(node);
		return err;
	}
	*out = node;
	return 0;
}

static int read_document(struct builder *b)
{
	int err;

	err = next_event(b); /* stream start */
	if (!err)
		err = next_event(b);
	if (err || b->event.type == YAML_STREAM_END_EVENT)
		return err;
	err = next_event(b); /* behind document start */
	if (!err)
		err = build(b, &b->doc->root);
	if (!err)
		err = next_event(b); /* document end */
	if (!err)
		err = next_event(b);
	if (!err && b->event.type != YAML_STREAM_END_EVENT)
		return refuse(b, &b->event.start_mark, "a second document in one file",
			      "one file, one document");
	return err;
}

/**
 * fp_ydoc_parse() - a document from memory
 * @name: file name for errors
 * @data: the text
 * @size: its length
 * @doc: gets the document, to be freed in any case
 * @errs: gets what is wrong
 *
 * Return: 0, -EINVAL, -ENOMEM
 */
int fp_ydoc_parse(const char *name, const void *data, size_t size, struct fp_ydoc *doc,
		  struct fp_errs *errs)
{
	struct builder b = { .doc = doc, .errs = errs };
	int err;

	memset(doc, 0, sizeof(*doc));
	doc->file = strdup(name);
	if (!doc->file || !yaml_parser_initialize(&b.parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&b.parser, data, size);
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	err = read_document(&b);
	yaml_event_delete(&b.event);
	yaml_parser_delete(&b.parser);
	return err;
}

static int slurp(FILE *in, char **data, size_t *size)
{
	size_t cap = 0, n;
	char *p;

	*data = NULL;
	*size = 0;
	do {
		if (*size == cap) {
			cap = cap ? cap * 2 : 65536;
			p = cap <= FP_YAML_BYTES ? realloc(*data, cap) : NULL;
			if (!p)
				return cap <= FP_YAML_BYTES ? -ENOMEM : -EFBIG;
			*data = p;
		}
		n = fread(*data + *size, 1, cap - *size, in);
		*size += n;
	} while (n);
	return ferror(in) ? -EIO : 0;
}

/**
 * fp_ydoc_load() - a document from a file
 * @file: its name; "-" is standard input
 * @doc: gets the document, to be freed in any case
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_ydoc_load(const char *file, struct fp_ydoc *doc, struct fp_errs *errs)
{
	FILE *in = strcmp(file, "-") ? fopen(file, "re") : stdin;
	struct fp_pos pos = { .file = file };
	char *data = NULL;
	size_t size = 0;
	int err;

	memset(doc, 0, sizeof(*doc));
	err = in ? slurp(in, &data, &size) : -errno;
	if (err)
		fp_err_add(errs, FP_EXIT_REFUSED, &(struct fp_where){ .pos = &pos }, NULL,
			   "cannot be read: %s", strerror(-err));
	else
		err = fp_ydoc_parse(in == stdin ? "(standard input)" : file, data, size, doc, errs);
	free(data);
	if (in && in != stdin)
		fclose(in);
	return err;
}

/**
 * fp_ydoc_free() - free a document
 * @doc: the document
 */
void fp_ydoc_free(struct fp_ydoc *doc)
{
	node_free(doc->root);
	free(doc->file);
	memset(doc, 0, sizeof(*doc));
}

/**
 * fp_ynode_get() - value of a key
 * @map: a map
 * @key: the key
 *
 * Return: the value, or NULL
 */
struct fp_ynode *fp_ynode_get(const struct fp_ynode *map, const char *key)
{
	struct fp_ynode *n;

	for (n = map->first; n; n = n->next)
		if (n->key && !strcmp(n->key, key))
			return n;
	return NULL;
}

/**
 * fp_ynode_type_name() - what a value is, in words
 * @node: the value
 *
 * Return: "text", "a list" or "a map"
 */
const char *fp_ynode_type_name(const struct fp_ynode *node)
{
	static const char *const names[] = { "text", "a list", "a map" };

	return names[node->type];
}

#define NEAR_MAX 40

static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NEAR_MAX + 1], diag, up, i, j;
	size_t la = strlen(a), lb = strlen(b);

	if (la > NEAR_MAX || lb > NEAR_MAX)
		return NEAR_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diag = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			up = row[j];
			row[j] = diag + (a[i - 1] != b[j - 1]);
			if (up + 1 < row[j])
				row[j] = up + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diag = up;
		}
	}
	return row[lb];
}

/**
 * fp_nearest() - the name that somebody may have meant
 * @wrong: what was written
 * @name: gives names by index, NULL behind the last one
 * @arg: second argument of @name
 *
 * Return: the name, or NULL where none is near
 */
const char *fp_nearest(const char *wrong, const char *(*name)(u32 i, const void *arg),
		       const void *arg)
{
	unsigned int best = (unsigned int)strlen(wrong) / 3 + 1, d;
	const char *found = NULL, *s;
	u32 i;

	for (i = 0; (s = name(i, arg)); i++) {
		d = distance(wrong, s);
		if (d <= best && (d < best || !found)) {
			best = d;
			found = s;
		}
	}
	return found;
}
