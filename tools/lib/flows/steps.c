// SPDX-License-Identifier: GPL-2.0
/*
 * The steps of others: steps.txt, which is built in, says whose they are, in
 * which workflows, under which condition, and what has to be restarted why.
 */
#include <stdlib.h>
#include <string.h>

#include "fill.h"

__asm__(".section .rodata\n"
	".global fp_steps_text\n"
	"fp_steps_text: .incbin \"tools/lib/flows/steps.txt\"\n"
	".byte 0\n"
	".previous\n");
extern const char fp_steps_text[];

const char *const fp_flow_parties[] = { "inside", "partner", "dns", "ca", NULL };

#define MARK "%% "
#define HEAD 512

/**
 * struct step - a step of steps.txt
 * @head: its lines "key: value"
 * @text: what is to be done, to be filled in
 * @end: behind it
 */
struct step {
	char head[HEAD];
	const char *text;
	const char *end;
};

static bool next_step(const char **at, struct step *s)
{
	const char *begin = strstr(*at, MARK), *body;

	body = begin ? strstr(begin, "\n--\n") : NULL;
	if (!body)
		return false;
	snprintf(s->head, sizeof(s->head), "\nid: %.*s\n", (int)(body - begin - 3), begin + 3);
	s->text = body + 4;
	s->end = strstr(s->text, "\n" MARK);
	s->end = s->end ? s->end + 1 : s->text + strlen(s->text);
	*at = s->end;
	return true;
}

/* A value of the head, "" where it is not there. */
static const char *field(const struct step *s, const char *key, char buf[HEAD])
{
	char want[32];
	const char *at;

	snprintf(want, sizeof(want), "\n%s: ", key);
	at = strstr(s->head, want);
	if (!at)
		return "";
	at += strlen(want);
	snprintf(buf, HEAD, "%.*s", (int)strcspn(at, "\n"), at);
	return buf;
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *at;

	for (at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

/* Workflows by name, or by the place that the gateway takes. */
static bool is_for(const struct step *s, const struct fp_flow *in)
{
	static const char *const shapes[] = { "asa", "expressway", "direct", "xmpp" };
	const char *shape = shapes[in->wf->shape];
	char buf[HEAD];
	const char *list = field(s, "for", buf);

	if (has_word(list, in->wf->name) || has_word(list, shape))
		return true;
	return in->wf->shape != FP_SHAPE_XMPP && has_word(list, "sip");
}

/* Flags of the context, all of them; with ! in front it must not be. */
static bool holds(const struct step *s, const json_t *ctx)
{
	char buf[HEAD], *save = NULL, *word;
	const json_t *v;
	bool is;

	if (!*field(s, "when", buf))
		return true;
	for (word = strtok_r(buf, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		v = json_object_get(ctx, word + (*word == '!'));
		is = json_is_array(v) ? json_array_size(v) : v && !json_is_false(v);
		if (is == (*word == '!'))
			return false;
	}
	return true;
}

static json_t *filled(const char *text, size_t len, const json_t *ctx)
{
	char *buf = NULL;
	size_t size;
	FILE *out = open_memstream(&buf, &size);
	json_t *j;

	if (!out)
		return NULL;
	fp_fill(text, len, ctx, out);
	fclose(out);
	while (size && buf[size - 1] == '\n')
		buf[--size] = 0;
	j = json_string(buf);
	free(buf);
	return j;
}

static json_t *step_json(const struct step *s, const json_t *ctx)
{
	static const char *const keys[] = { "id", "who", "title", "restart", "why", "proof",
					    "checks" };
	json_t *j = json_object();
	char buf[HEAD];
	const char *v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		v = field(s, keys[i], buf);
		if (*v)
			json_object_set_new(j, keys[i], filled(v, strlen(v), ctx));
	}
	json_object_set_new(j, "text", filled(s->text, (size_t)(s->end - s->text), ctx));
	return j;
}

/**
 * fp_flow_steps() - steps of a party
 * @in: the input, without errors
 * @party: whose
 *
 * Return: the steps, the caller's
 */
json_t *fp_flow_steps(const struct fp_flow *in, enum fp_flow_party party)
{
	json_t *array = json_array(), *ctx = fp_flow_context(in);
	const char *at = fp_steps_text;
	char buf[HEAD];
	struct step s;

	while (next_step(&at, &s))
		if (!strcmp(field(&s, "who", buf), fp_flow_parties[party]) && is_for(&s, in) &&
		    holds(&s, ctx))
			json_array_append_new(array, step_json(&s, ctx));
	json_decref(ctx);
	return array;
}

/* --- as text and as Markdown --- */

static const char *const titles[] = {
	"Steps on your IM and Presence servers",
	"Steps of the partner's administrator",
	"DNS records",
	"Certificates",
};

static void heading(FILE *out, enum fp_flow_format format, bool top, const char *text)
{
	size_t n = strlen(text);

	if (format == FP_FORMAT_MARKDOWN) {
		fprintf(out, "%s %s\n\n", top ? "#" : "##", text);
		return;
	}
	fprintf(out, "%s\n", text);
	while (n--)
		fputc(top ? '=' : '-', out);
	fputs("\n\n", out);
}

/* A restart is told once, with every reason. */
static void restarts(const json_t *steps, enum fp_flow_format format, FILE *out)
{
	const char *what, *why;
	const json_t *s;
	bool any = false;
	size_t i;

	json_array_foreach(steps, i, s) {
		what = json_string_value(json_object_get(s, "restart"));
		why = json_string_value(json_object_get(s, "why"));
		if (!what)
			continue;
		if (!any)
			heading(out, format, false, "Restarts, when all is done");
		any = true;
		fprintf(out, "- %s: %s (step %zu)\n", what, why ? why : "it was changed", i + 1);
	}
	if (any)
		fputs("\nRestart the XCP Router; stop and start leaves other services down.\n\n",
		      out);
}

/**
 * fp_flow_write() - the part of one party, ready to send
 * @in: the input, without errors
 * @party: whose
 * @format: how
 * @out: where it goes
 */
void fp_flow_write(const struct fp_flow *in, enum fp_flow_party party,
		   enum fp_flow_format format, FILE *out)
{
	json_t *steps = fp_flow_steps(in, party), *s;
	char text[256];
	size_t i;

	snprintf(text, sizeof(text), "%s: federation '%s' with %s", titles[party], in->o.name,
		 in->wf->partner);
	heading(out, format, true, text);
	json_array_foreach(steps, i, s) {
		snprintf(text, sizeof(text), "%zu. %s", i + 1,
			 json_string_value(json_object_get(s, "title")));
		heading(out, format, false, text);
		fprintf(out, "%s\n\n", json_string_value(json_object_get(s, "text")));
	}
	if (!json_array_size(steps))
		fputs("Nothing is to be done.\n", out);
	restarts(steps, format, out);
	json_decref(steps);
}
