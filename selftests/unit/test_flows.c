// SPDX-License-Identifier: GPL-2.0
/*
 * All workflows: what is asked of others, word for word; and a good file of each
 * with every field broken in every way, told at its line and column.
 */
#include <ctype.h>
#include <kselftest.h>
#include <string.h>

#include "federation.h"
#include "flows/fill.h"
#include "plan_text.h"

/* --- golden files --- */

/**
 * struct variant - a file to plan
 * @workflow: its workflow; the template is the file
 * @name: of the golden file
 * @from: what is replaced in it, or NULL
 * @to: by what
 */
struct variant {
	const char *workflow, *name, *from, *to;
};

static const struct variant variants[] = {
	{ "office365", "office365", NULL, NULL },
	{ "skype-for-business", "skype-for-business", NULL, NULL },
	{ "skype-for-business", "skype-for-business-single", "# mode: b2b", "mode: single" },
	{ "skype-for-business", "skype-for-business-no-srv", "# publish_srv: yes",
	  "publish_srv: no" },
	{ "lync-intracompany", "lync-intracompany", NULL, NULL },
	{ "lync-b2b-expressway", "lync-b2b-expressway", NULL, NULL },
	{ "lync-b2b-asa", "lync-b2b-asa", NULL, NULL },
	{ "lync-b2b-asa", "lync-b2b-asa-email", "# email_federation:", "email_federation:" },
	{ "lync-b2b-asa", "lync-b2b-asa-balancer", "# load_balancer:\n",
	  "load_balancer:\n  fqdn: lb.example.com\n  address: 192.0.2.20\n" },
	{ "ocs-direct", "ocs-direct", NULL, NULL },
	{ "ocs-direct", "ocs-direct-tcp", "# transport: tls", "transport: tcp" },
	{ "ocs-b2b-asa", "ocs-b2b-asa", NULL, NULL },
	{ "asa-sip", "asa-sip", NULL, NULL },
	{ "aol", "aol", NULL, NULL },
	{ "xmpp", "xmpp", NULL, NULL },
	{ "xmpp", "xmpp-webex", "# kind: other",
	  "kind: webex\n# " },
	{ "xmpp", "xmpp-clear", "# tls_mode: required", "tls_mode: none" },
	{ "xmpp", "xmpp-imp", "# kind: other", "kind: imp\n# " },
	{ "xmpp", "xmpp-sametime", "# kind: other", "kind: sametime\n# " },
	{ "xmpp", "xmpp-aliases", "# chat_aliases: [conference-1",
	  "chat_aliases: [conference-1" },
	{ "xmpp", "xmpp-addresses", "\n    digit: 2",
	  "\n    public_address: 203.0.113.12\n    chat_aliases: [rooms.example.com]" },
	{ "xmpp", "xmpp-open", "# policy_default: deny",
	  "policy_default: allow\nblocked_domains: [\"*.example.org\"]" },
	{ "xmpp", "xmpp-incoming", "domains: [example.net]",
	  "domains: [\"*.example.net\"]\n    direction: in\n    tls_mode: optional" },
	{ "xmpp", "xmpp-no-srv", "# publish_srv: yes", "publish_srv: no" },
};

static char *template_of(const char *name, bool full)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fp_workflow_template(fp_workflow_find(name), full, out);
	fclose(out);
	return text;
}

static char *replace(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out = NULL;

	if (!at || asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
		return NULL;
	return out;
}

static char *all_parts(const struct fp_plan *p)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i;

	for (i = 0; fp_flow_parties[i]; i++)
		fp_flow_write(p->flows[0], (enum fp_flow_party)i, FP_FORMAT_MARKDOWN, out);
	fclose(out);
	return text;
}

static char *slurp(const char *file)
{
	char *text = calloc(1, 1 << 18);
	FILE *in = fopen(file, "re");

	if (in && !fread(text, 1, (1 << 18) - 1, in))
		text[0] = 0;
	if (in)
		fclose(in);
	return text;
}

static bool same_as_file(const char *file, const char *is)
{
	FILE *out = getenv("FEDPAT_UPDATE_GOLDEN") ? fopen(file, "we") : NULL;
	char *want;
	bool same;

	if (out) {
		fputs(is, out);
		fclose(out);
	}
	want = slurp(file);
	same = !strcmp(is, want);
	free(want);
	return same;
}

static bool is_filled(const char *text)
{
	return *text && !strstr(text, "{{") && !strstr(text, "}}");
}

static void test_golden(const struct variant *v, const struct fp_model *empty)
{
	char *base = template_of(v->workflow, false), file[128], *text, *is = NULL;
	struct fp_errs errs = { 0 };
	struct fp_plan p = { 0 };
	bool ok;

	text = v->from ? replace(base, v->from, v->to) : strdup(base);
	/* WebEx shows no client certificate. */
	if (text && strstr(v->name, "webex")) {
		free(base);
		base = text;
		text = replace(base, "# require_client_cert: yes", "require_client_cert: no");
	}
	snprintf(file, sizeof(file), "selftests/unit/golden/flows/%s.md", v->name);
	ok = text && !plan_text(text, empty, &p, &errs);
	if (ok)
		is = all_parts(&p);
	ok = ok && is_filled(is) && same_as_file(file, is);
	print_faults(&errs);
	ksft_test_result(ok, "%s: the four texts are those of %s\n", v->name, file);
	if (!ok)
		ksft_print_msg("FEDPAT_UPDATE_GOLDEN=1 writes it anew; look at the difference\n");
	fp_plan_free(&p);
	fp_errs_free(&errs);
	free(base);
	free(text);
	free(is);
}

/* --- every field broken in every way --- */

/**
 * struct field - "key: value" of a file
 * @line: its line, from 1
 * @begin: of the line
 * @key: the key
 * @value: the value
 * @end: of the line
 * @name: the key as a string
 */
struct field {
	unsigned int line;
	const char *begin, *key, *value, *end;
	char name[48];
};

static bool next_field(const char **at, struct field *f)
{
	const char *key, *colon;

	for (; **at; *at = f->end + 1) {
		f->line++;
		f->begin = *at;
		f->end = strchr(f->begin, '\n');
		key = f->begin + strspn(f->begin, " ");
		key += strncmp(key, "- ", 2) ? 0 : 2;
		colon = memchr(key, ':', (size_t)(f->end - key));
		if (!islower((unsigned char)*key) || !colon)
			continue;
		f->key = key;
		f->value = colon + 1 + (colon[1] == ' ');
		snprintf(f->name, sizeof(f->name), "%.*s", (int)(colon - key), key);
		*at = f->end + 1;
		return true;
	}
	return false;
}

static const struct fp_param *param_of(const struct fp_workflow *w, const struct field *f)
{
	enum fp_flow_part part = FP_PART_MAIN;
	const struct fp_param *p, *any = NULL;

	for (p = fp_params; p < fp_params + fp_n_params; p++) {
		if (strcmp(p->row.name, f->name) || !(p->in >> w->id & 1))
			continue;
		if (p->part == part ? f->key == f->begin : f->key != f->begin)
			return p;
		any = p;
	}
	return any;
}

struct broken {
	const struct fp_workflow *w;
	const struct fp_model *running;
	const char *text;
	u32 n, bad;
};

/* The file with @to in the place of what is between @from and @end. */
static char *cut(const struct broken *b, const char *from, const char *end, const char *to)
{
	char *text = NULL;

	if (asprintf(&text, "%.*s%s%s", (int)(from - b->text), b->text, to, end) < 0)
		return NULL;
	return text;
}

static bool told_at(const struct fp_errs *errs, unsigned int line, unsigned int col)
{
	const struct fp_err *e;
	unsigned int i;

	for (i = 0; i < errs->n; i++) {
		e = &errs->v[i];
		if (e->file && e->text && e->remedy && (!line || e->line == line) &&
		    (!col || e->col == col))
			return true;
	}
	return false;
}

/* @line, @col: where it must be told; 0: anywhere */
static void must_fail(struct broken *b, char *text, const struct field *f, const char *how,
		      unsigned int line, unsigned int col)
{
	struct fp_model *before = fp_model_copy(b->running);
	struct fp_errs errs = { 0 };
	struct fp_ops ops = { 0 };
	struct fp_plan p;
	bool ok;

	ok = plan_text(text, b->running, &p, &errs) && told_at(&errs, line, col);
	ok &= !fp_model_diff(before, b->running, &ops) && !ops.n;
	b->n++;
	if (!ok) {
		b->bad++;
		ksft_print_msg("%s: line %u, %s: %s is not told at %u:%u\n", b->w->name, f->line,
			       f->name, how, line, col);
		print_faults(&errs);
	}
	fp_ops_free(&ops);
	fp_plan_free(&p);
	fp_errs_free(&errs);
	fp_model_free(before);
	free(text);
}

static void value_is(struct broken *b, const struct field *f, const char *how, const char *value)
{
	unsigned int col = (unsigned int)(f->value - f->begin) + 1;
	bool list = *f->value == '[' && *value != '{';
	char to[400];

	snprintf(to, sizeof(to), list ? "[%s]" : "%s", value);
	must_fail(b, cut(b, f->value, f->end, to), f, how, f->line, col + list);
}

static void break_value(struct broken *b, const struct field *f, const struct fp_attr *row)
{
	bool text = row && row->type == FP_T_STR && row->syntax == FP_S_ANY;
	char longest[301];

	memset(longest, 'a', 300);
	longest[300] = 0;
	value_is(b, f, "another type", "{x: y}");
	value_is(b, f, "too long", longest);
	if (!text) /* interfaces may have nearly any name */
		value_is(b, f, "nonsense", "b@d/~");
	if (row && row->type >= FP_T_U8 && row->type <= FP_T_U64) {
		value_is(b, f, "out of range", "70000");
		value_is(b, f, "below zero", "-1");
	}
	if (row && (row->type == FP_T_ADDR || row->type == FP_T_ADDRS))
		value_is(b, f, "no address", "192.0.2.256");
	if (row && row->type == FP_T_CIDRS)
		value_is(b, f, "host bits set", "192.0.2.1/24");
	if (row && row->syntax == FP_S_FQDN && row->type != FP_T_ENUM)
		value_is(b, f, "a bad domain", "example.1om");
}

static void break_key(struct broken *b, const struct field *f, bool needed)
{
	unsigned int col = (unsigned int)(f->key - f->begin) + 1;
	char *line, *at;

	if (strcmp(f->name, "workflow"))
		must_fail(b, cut(b, f->key, f->key, "zz"), f, "an unknown key", f->line, col);
	must_fail(b, cut(b, f->value, f->end, ""), f, "an empty value", f->line, 0);
	/* twice: the second one in a line of its own, below the first */
	line = strndup(f->begin, (size_t)(f->end + 1 - f->begin));
	at = line + strspn(line, " ");
	if (*at == '-')
		*at = ' ';
	must_fail(b, cut(b, f->end + 1, f->end + 1, line), f, "a key given twice", f->line + 1,
		  col);
	free(line);
	if (needed && (f->key == f->begin || f->key[-2] != '-'))
		must_fail(b, cut(b, f->begin, f->end + 1, ""), f, "a key missing", 0, 0);
}

static void test_broken(const struct fp_workflow *w, const struct fp_model *empty)
{
	char *text = template_of(w->name, true);
	struct broken b = { .w = w, .running = empty, .text = text };
	struct field f = { .line = 0 };
	const struct fp_param *p;
	const char *at = text;

	while (next_field(&at, &f)) {
		p = param_of(w, &f);
		if (f.value == f.end || *f.value == '\n') { /* nodes:, partners: and so on */
			must_fail(&b, cut(&b, f.key, f.key, "zz"), &f, "an unknown key", f.line, 1);
			continue;
		}
		break_value(&b, &f, p ? &p->row : NULL);
		break_key(&b, &f, !p || p->need >> w->id & 1);
	}
	ksft_test_result(b.n > 100 && !b.bad, "%s: each of %u broken files is told at its place\n",
			 w->name, b.n);
	free(text);
}

int main(void)
{
	struct fp_model *empty = fp_model_alloc();
	size_t i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(variants) + FP_WF_COUNT);
	for (i = 0; i < ARRAY_SIZE(variants); i++)
		test_golden(&variants[i], empty);
	for (i = 0; i < FP_WF_COUNT; i++)
		test_broken(fp_workflows[i], empty);
	fp_model_free(empty);
	ksft_finished();
}
