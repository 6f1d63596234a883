// SPDX-License-Identifier: GPL-2.0
/* The file to fill in, made of the rows of params.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"

#define WIDTH 84

struct template {
	const struct fp_workflow *w;
	bool full;
	FILE *out;
};

/* Line ends in texts are blanks; lines are made here. */
static void comment(FILE *out, const char *indent, const char *words)
{
	char buf[1024], *text = buf, *end;
	size_t n, at;

	snprintf(buf, sizeof(buf), "%s", words);
	for (end = strchr(buf, '\n'); end; end = strchr(end, '\n'))
		*end = ' ';
	while (*text) {
		n = strlen(text);
		if (n > WIDTH - strlen(indent)) {
			for (at = WIDTH - strlen(indent); at && text[at] != ' '; at--)
				;
			n = at ? at : n;
		}
		fprintf(out, "%s# %.*s\n", indent, (int)n, text);
		text += n;
		while (*text == ' ')
			text++;
	}
}

static void words(const struct fp_attr *row, FILE *out)
{
	u32 i;

	for (i = 0; row->words[i]; i++)
		fprintf(out, "%s%s", !i ? "" : row->words[i + 1] ? ", " : " or ", row->words[i]);
}

static void string_type(const struct fp_attr *row, FILE *out)
{
	static const char *const types[] = {
		[FP_S_ANY] = "text",
		[FP_S_NAME] = "short name",
		[FP_S_FQDN] = "host name",
		[FP_S_DOMAIN] = "domain",
		[FP_S_SUFFIX] = "host or .domain",
		[FP_S_HOST] = "host or address",
		[FP_S_PATH] = "absolute file name",
		[FP_S_IFNAME] = "interface",
	};

	fputs(types[row->syntax], out);
	if (row->type == FP_T_STRS)
		fputs(", list", out);
}

static void type(const struct fp_attr *row, FILE *out)
{
	switch (row->type) {
	case FP_T_STR:
	case FP_T_STRS:
		string_type(row, out);
		break;
	case FP_T_ENUM:
		words(row, out);
		break;
	case FP_T_FLAG:
		fputs("yes or no", out);
		break;
	case FP_T_ADDR:
		fputs("address", out);
		break;
	case FP_T_ADDRS:
		fputs("addresses, list", out);
		break;
	case FP_T_CIDRS:
		fputs("networks, list", out);
		break;
	default:
		fprintf(out, "%s %llu-%llu", row->unit == FP_U_PORT ? "port" : "number",
			(unsigned long long)row->min, (unsigned long long)row->max);
	}
}

/* Where every workflow has its own. */
static const char *example_of(const struct template *t, const struct fp_param *p)
{
	static char port[8];

	if (p->example && t->w->id == FP_WF_AOL && !strcmp(p->row.name, "edge"))
		return "sip.oscar.aol.com";
	if (p->example && t->w->id == FP_WF_AOL && !strcmp(p->row.name, "domains"))
		return "[example.net]";
	if (p->example)
		return p->example;
	snprintf(port, sizeof(port), "%u",
		 t->w->shape == FP_SHAPE_XMPP	? 5269u :
		 t->w->shape == FP_SHAPE_DIRECT ? 5061u :
						  5062u);
	return port;
}

static void default_of(const struct template *t, const struct fp_param *p)
{
	const struct fp_attr *row = &p->row;

	fputs("; default ", t->out);
	if (p->def)
		fputs(p->def, t->out);
	else if (row->type == FP_T_ENUM)
		fputs(row->words[row->def], t->out);
	else if (row->type == FP_T_FLAG)
		fputs("no", t->out);
	else if (row->def)
		fprintf(t->out, "%llu", (unsigned long long)row->def);
	else if (!p->example)
		fputs(example_of(t, p), t->out);
	else
		fputs("none", t->out);
}

/* Further nodes and others would clash with the first one's examples. */
static bool only_elsewhere(const struct fp_param *p)
{
	return p->part == FP_PART_NODE &&
	       (!strcmp(p->row.name, "digit") || !strcmp(p->row.name, "public_address"));
}

/* Not required, but nearly everybody needs it. */
static bool is_usual(const struct fp_param *p)
{
	static const char *const names[] = { "edge",	  "addresses",
					     "subjects",  "inside_networks",
					     "lync_pool", "fqdn" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(p->row.name, names[i]))
			return p->part != FP_PART_PARTNER || i < 2;
	return false;
}

static bool is_given(const struct template *t, const struct fp_param *p)
{
	if (p->need >> t->w->id & 1)
		return true;
	return (t->full && !only_elsewhere(p)) || is_usual(p);
}

/* @first: "- " before the first one of a list's element */
static void parameter(const struct template *t, const struct fp_param *p, const char *indent,
		      const char *first)
{
	char text[600];
	FILE *doc = fmemopen(text, sizeof(text), "w");
	FILE *out = t->out;
	struct template to = *t;

	if (!doc)
		return;
	to.out = doc;
	fprintf(doc, "%s (", p->doc);
	type(&p->row, doc);
	if (p->need >> t->w->id & 1)
		fputs("; required", doc);
	else
		default_of(&to, p);
	fputc(')', doc);
	fclose(doc);
	comment(out, indent, text);
	fprintf(out, "%.*s%s%s%s: %s\n", (int)(strlen(indent) - strlen(first)), indent, first,
		is_given(t, p) ? "" : "# ", p->row.name, example_of(t, p));
}

static void part(const struct template *t, enum fp_flow_part part, const char *indent,
		 const char *first)
{
	const struct fp_param *p;

	for (p = fp_params; p < fp_params + fp_n_params; p++) {
		if (p->part != part || !(p->in >> t->w->id & 1))
			continue;
		if (part == FP_PART_MAIN)
			fputc('\n', t->out);
		parameter(t, p, indent, first);
		if (*first)
			first = "";
	}
}

static bool has_part(const struct template *t, enum fp_flow_part part)
{
	const struct fp_param *p;

	for (p = fp_params; p < fp_params + fp_n_params; p++)
		if (p->part == part && p->in >> t->w->id & 1)
			return true;
	return false;
}

static void second_node(const struct template *t)
{
	const u32 bit = 1u << t->w->id;

	fputs("  - name: imp2\n    address: 192.0.2.12\n", t->out);
	if (bit & W_TLS)
		fputs("    subjects: [imp2.example.com]\n", t->out);
	else
		fputs("    fqdn: imp2.example.com\n", t->out);
	if (bit & (W_ASA | W(XMPP)))
		fputs(bit & W_ASA ? "    digit: 4\n" : "    digit: 2\n", t->out);
}

/* Nodes behind a load balancer, and the second one by itself, are examples of their own. */
static void parts(const struct template *t)
{
	fputs("\n# Your servers, the routing node first.\nnodes:\n", t->out);
	part(t, FP_PART_NODE, "    ", "- ");
	second_node(t);
	if (has_part(t, FP_PART_PARTNER)) {
		fputs("\n# Partners.\npartners:\n", t->out);
		part(t, FP_PART_PARTNER, "    ", "- ");
	}
	if (has_part(t, FP_PART_SERVER)) {
		fputs("\n# The Microsoft servers.\nservers:\n", t->out);
		part(t, FP_PART_SERVER, "    ", "- ");
	}
}

/* A part that need not be there: in full or behind "# ". */
static void optional_part(const struct template *t, enum fp_flow_part p, const char *key,
			  const char *head, bool given)
{
	struct template to = *t;
	char *text = NULL, *line, *next;
	size_t size;

	if (!has_part(t, p))
		return;
	fprintf(t->out, "\n# %s\n%s%s:\n", head, given ? "" : "# ", key);
	to.out = open_memstream(&text, &size);
	if (!to.out)
		return;
	part(&to, p, "  ", "");
	fclose(to.out);
	for (line = text; *line; line = next) {
		next = strchr(line, '\n') + 1;
		fprintf(t->out, "%s%.*s", given || strstr(line, "# ") == line + 2 ? "" : "# ",
			(int)(next - line), line);
	}
	free(text);
}

/**
 * fp_workflow_template() - the file to fill in
 * @w: the workflow
 * @full: give optional parameters too
 * @out: where it goes
 */
void fp_workflow_template(const struct fp_workflow *w, bool full, FILE *out)
{
	struct template t = { .w = w, .full = full, .out = out };

	comment(out, "", w->about);
	fputs("# Fill in, then: fedctl federation plan FILE, and: fedctl federation apply FILE\n",
	      out);
	fprintf(out, "workflow: %s\n", w->name);
	part(&t, FP_PART_MAIN, "", "");
	parts(&t);
	optional_part(&t, FP_PART_LB, "load_balancer",
		      "A load balancer before the nodes: the routing node then.", false);
	optional_part(&t, FP_PART_TRUST, "trustpoints",
		      w->shape == FP_SHAPE_DIRECT ?
			      "Certificates, PEM; only with mode chat-calling." :
			      "Certificates, PEM. Keys are readable by root only.",
		      w->shape != FP_SHAPE_DIRECT);
}
