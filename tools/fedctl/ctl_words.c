// SPDX-License-Identifier: GPL-2.0
/* Words of the command line: unambiguous prefixes, and errors that say what was expected. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "text.h"
#include "yaml_node.h"

/**
 * usage() - the command line makes no sense
 * @ctl: this run
 * @remedy: what was expected, or NULL
 * @fmt: what is wrong
 */
void usage(struct ctl *ctl, const char *remedy, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fp_err_add(&ctl->errs, FP_EXIT_USAGE, NULL, remedy, "%s", text);
}

/**
 * no_more() - the command line must end here
 * @ctl: this run
 * @w: the rest of it
 *
 * Return: whether it does
 */
bool no_more(struct ctl *ctl, const struct words *w)
{
	if (w->n)
		usage(ctl, NULL, "'%s' is one word too many", w->v[0]);
	return !w->n;
}

/**
 * need() - the next word
 * @ctl: this run
 * @w: the rest of the command line
 * @what: what the word is
 *
 * Return: the word; NULL: the fault was told
 */
char *need(struct ctl *ctl, struct words *w, const char *what)
{
	char *word = words_next(w);

	if (!word)
		usage(ctl, NULL, "%s is missing", what);
	return word;
}

/**
 * is_prefix() - does a word begin another one?
 * @word: the word
 * @of: the other one
 *
 * Return: whether it does
 */
bool is_prefix(const char *word, const char *of)
{
	return *word && !strncmp(word, of, strlen(word));
}

/* Names by index, NULL behind the last one. */
typedef const char *(*name_fn)(u32 i, const void *arg);

static void tell_names(struct ctl *ctl, const char *what, const char *word, name_fn name,
		       const void *arg, bool ambiguous)
{
	char *text = NULL;
	const char *s, *near;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	u32 i, n = 0;

	if (!out)
		return;
	near = ambiguous ? NULL : fp_nearest(word, name, arg);
	if (near)
		fprintf(out, "did you mean '%s'? ", near);
	fputs("expected one of", out);
	for (i = 0; (s = name(i, arg)); i++)
		if (!ambiguous || is_prefix(word, s))
			fprintf(out, "%s %s", n++ ? "," : "", s);
	fclose(out);
	usage(ctl, text, ambiguous ? "'%s' is an ambiguous %s" : "'%s' is no %s", word, what);
	free(text);
}

/* Index of the name that a word means; -1: told. */
static int find_name(struct ctl *ctl, const char *what, const char *word, name_fn name,
		     const void *arg)
{
	int found = -1, hits = 0;
	const char *s;
	u32 i;

	for (i = 0; (s = name(i, arg)); i++) {
		if (!strcmp(word, s))
			return (int)i;
		if (!is_prefix(word, s))
			continue;
		/* A verb may stand there twice, for two ways to use it. */
		hits += !hits || strcmp(name((u32)found, arg), s);
		found = hits > 1 ? found : (int)i;
	}
	if (hits == 1)
		return found;
	tell_names(ctl, what, word, name, arg, hits > 1);
	return -1;
}

static const char *command_name(u32 i, const void *arg)
{
	(void)arg;
	return commands[i].word;
}

/**
 * find_command() - the command that a word means
 * @ctl: this run
 * @word: the word or a prefix of it
 *
 * Return: the command; NULL: told
 */
const struct command *find_command(struct ctl *ctl, const char *word)
{
	int i = find_name(ctl, "object or command", word, command_name, NULL);

	return i < 0 ? NULL : &commands[i];
}

static const char *verb_name(u32 i, const void *arg)
{
	const struct verb *verbs = arg;

	return verbs[i].word;
}

/**
 * find_verb() - the verb that a word means
 * @ctl: this run
 * @c: the command
 * @word: the word or a prefix of it
 *
 * Return: the verb; NULL: told
 */
const struct verb *find_verb(struct ctl *ctl, const struct command *c, const char *word)
{
	char what[64];
	int i;

	snprintf(what, sizeof(what), "verb of %s", c->word);
	i = find_name(ctl, what, word, verb_name, c->verbs);
	return i < 0 ? NULL : &c->verbs[i];
}

/**
 * is_settable() - does the command line take an attribute?
 * @attr: the attribute
 *
 * Return: whether it does
 */
bool is_settable(const struct fp_attr *attr)
{
	return !(attr->flags & (FP_A_ANSWER | FP_A_SECRET | FP_A_HIDDEN | FP_A_DERIVED | FP_A_KEY));
}

static const char *attr_name(u32 i, const void *arg)
{
	const struct fp_kind *kind = arg;
	u8 r;

	for (r = 0; r < kind->n_rows; r++)
		if (is_settable(&kind->rows[r]) && !i--)
			return kind->rows[r].name;
	return NULL;
}

/**
 * find_attr() - the attribute that a word means
 * @ctl: this run
 * @kind: kind of the object
 * @word: the word or a prefix of it
 *
 * Return: the attribute; NULL: told
 */
const struct fp_attr *find_attr(struct ctl *ctl, const struct fp_kind *kind, const char *word)
{
	char what[64];
	int i;

	snprintf(what, sizeof(what), "attribute of %s", kind->word);
	i = find_name(ctl, what, word, attr_name, kind);
	return i < 0 ? NULL : fp_attr_find(kind, attr_name((u32)i, kind));
}

static bool is_list(const struct fp_attr *attr)
{
	return attr->type == FP_T_STRS || attr->type == FP_T_ADDRS || attr->type == FP_T_CIDRS;
}

/* A flag may stand alone. */
static const char *value_of(struct ctl *ctl, const struct fp_attr *attr, struct words *w)
{
	char remedy[256];
	bool yes;

	if (attr->type == FP_T_FLAG && (!w->n || fp_txt_bool(w->v[0], &yes)))
		return "yes";
	snprintf(remedy, sizeof(remedy), "expected %s", fp_attr_expect(attr));
	if (!w->n)
		usage(ctl, remedy, "a value is missing behind '%s'", attr->name);
	return words_next(w);
}

static void read_value(struct ctl *ctl, struct fp_obj *obj, const struct fp_attr *attr,
		       struct words *w)
{
	struct fp_where where = { .kind = obj->kind->word,
				  .object = obj->name,
				  .attr = attr->name };
	const char *value = value_of(ctl, attr, w), *why;
	char remedy[256];

	if (!value)
		return;
	why = fp_obj_set(obj, attr, value);
	if (!why)
		return;
	snprintf(remedy, sizeof(remedy), "expected %s", fp_attr_expect(attr));
	fp_err_add(&ctl->errs, FP_EXIT_USAGE, &where, remedy, "'%s' %s", value, why);
}

static void read_attr(struct ctl *ctl, struct fp_obj *obj, struct words *w, u64 *seen, bool fresh)
{
	bool no = !strcmp(w->v[0], "no") && w->n > 1;
	const struct fp_attr *attr;
	u64 bit;

	if (no)
		words_next(w);
	attr = find_attr(ctl, obj->kind, words_next(w));
	if (!attr)
		return;
	if (no) {
		fp_obj_unset(obj, attr);
		return;
	}
	bit = 1ULL << (attr - obj->kind->rows);
	if (fresh && is_list(attr) && !(*seen & bit))
		fp_obj_unset(obj, attr);
	if (*seen & bit && !is_list(attr))
		usage(ctl, "give it once", "'%s' is given twice", attr->name);
	*seen |= bit;
	read_value(ctl, obj, attr, w);
}

/**
 * read_attrs() - attributes of an object: name value, flag, no name
 * @ctl: this run
 * @obj: the object
 * @w: the rest of the command line, all of which is used
 * @fresh: a list that is named replaces the one that is there
 */
void read_attrs(struct ctl *ctl, struct fp_obj *obj, struct words *w, bool fresh)
{
	u64 seen = 0;

	while (w->n && !ctl->errs.n)
		read_attr(ctl, obj, w, &seen, fresh);
	fp_obj_plain(obj);
}

/**
 * read_number() - the next word as a number
 * @ctl: this run
 * @w: the rest of the command line
 * @what: what the number is
 * @min: least
 * @max: greatest
 *
 * Return: the number; 0: told
 */
u64 read_number(struct ctl *ctl, struct words *w, const char *what, u64 min, u64 max)
{
	const char *word = need(ctl, w, what), *why;
	u64 n;

	if (!word)
		return 0;
	why = fp_txt_number(word, FP_U_NONE, min, max, &n);
	if (!why)
		return n;
	usage(ctl, NULL, "%s: '%s' %s", what, word, why);
	return 0;
}
