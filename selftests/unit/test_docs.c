// SPDX-License-Identifier: GPL-2.0
/*
 * The documentation says what the code does: its examples are run, its names of
 * counters, tests and limits are looked up, its links followed.
 */
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "docs.h"
#include "kselftest.h"
#include "relay_env.h"

#define SIP_MD "Documentation/sip.md"
#define TESTING_MD "Documentation/testing.md"
#define LIMITS_MD "Documentation/limits.md"
#define COLUMNS 120

/* --- examples: ```sip from LEG [OPTION], then ```sip to LEG ------------------------ */

/**
 * struct example - a message as the documentation shows it
 * @leg: where it comes from or goes to
 * @option: "expressway", "udp" or empty
 * @text: the message; a line that begins with four spaces continues the one before
 */
struct example {
	char leg[16];
	char option[16];
	char *text;
};

static char *example_text(struct md *md)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool first = true;

	while (md_next(md) && strcmp(md->line, "```")) {
		bool more = !strncmp(md->line, "    ", 4);

		if (!first && !more)
			fputs("\r\n", f);
		fputs(md->line + (more ? 4 : 0), f);
		first = false;
	}
	fputs("\r\n", f);
	fclose(f);
	return text;
}

/* The next one of @kind ("from", "to"); false at the end. */
static bool example_next(struct md *md, const char *kind, struct example *ex)
{
	char word[16];

	while (md_next(md)) {
		ex->option[0] = 0;
		if (sscanf(md->line, "```sip %15s %15s %15s", word, ex->leg, ex->option) < 2 ||
		    strcmp(word, kind))
			continue;
		ex->text = example_text(md);
		return true;
	}
	return false;
}

static const struct fp_leg_view *leg_of(const struct env *e, const char *name)
{
	if (!strcmp(name, "node"))
		return &e->node;
	return strcmp(name, "node2") ? &e->partner : &e->node2;
}

static bool pass_udp(struct env *e, const struct example *in)
{
	const struct fp_leg_view *leg = leg_of(e, in->leg);
	struct fp_endpoint node = { leg->side == FP_INSIDE ? leg->remote.addr : e->node.remote.addr,
				    5060 };

	e->parse_flags = FP_PARSE_DATAGRAM;
	if (!env_parse(e, in->text, strlen(in->text)))
		return false;
	e->reason = fp_sip_rewrite_alg(e->realm, leg->side, &node, e->msg, e->w);
	if (e->reason)
		return false;
	e->len = fp_edits_apply(&e->w->edits, fp_slice(e->msg->buf, e->msg->len), e->out,
				ENV_MAX - 1);
	e->out[e->len] = 0;
	return true;
}

/* What to put into the documentation, wrapped as it wants it. */
static void show(const unsigned char *text, u32 len)
{
	u32 column = 0, i;

	printf("# ");
	for (i = 0; i < len; i++) {
		if (text[i] == '\r')
			continue;
		if (text[i] != '\n' && column == 110) {
			printf("\n#     ");
			column = 4;
		}
		putchar(text[i]);
		column++;
		if (text[i] == '\n') {
			printf("# ");
			column = 0;
		}
	}
	putchar('\n');
}

static void run_example(const struct example *in, const struct example *out, int line)
{
	struct env_opts opts = {
		.place = strcmp(in->option, "expressway") ? FP_PLACE_ASA : FP_PLACE_EXPRESSWAY,
	};
	struct env *e = env_new(&opts);
	bool ok;

	if (!strcmp(in->option, "udp"))
		ok = pass_udp(e, in);
	else
		ok = env_pass(e, leg_of(e, in->leg), leg_of(e, out->leg), in->text,
			      strlen(in->text));
	if (!ok) {
		ksft_print_msg("refused: %s\n", env_reason(e));
	} else if (e->len != strlen(out->text) || memcmp(e->out, out->text, e->len)) {
		ok = false;
		show(e->out, e->len);
	}
	ksft_test_result(ok, SIP_MD ":%d is what the core does\n", line);
	env_free(e);
}

static void test_examples(void)
{
	struct example in, out;
	struct md md;
	int line;

	md_open(&md, SIP_MD);
	while (example_next(&md, "from", &in)) {
		line = md.n;
		if (!example_next(&md, "to", &out)) {
			ksft_test_result(false, SIP_MD ":%d has no result\n", line);
			free(in.text);
			break;
		}
		run_example(&in, &out, line);
		free(in.text);
		free(out.text);
	}
	md_close(&md);
}

/* --- reasons and counters ------------------------------------------------------------ */

#define FP_STAT(id, name, text) name,
static const char *const stats[] = {
#include <fedpat/stats.def>
};

static enum fp_reason reason_of(const char *name)
{
	enum fp_reason r;

	for (r = FP_R_NONE + 1; r < __FP_R_COUNT; r++)
		if (!strcmp(fp_reason_info(r)->name, name))
			return r;
	return FP_R_NONE;
}

static bool is_counter(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(stats); i++)
		if (!strcmp(stats[i], name))
			return true;
	return reason_of(name) != FP_R_NONE;
}

/* Rows "| STATUS or none | `name` `name` ... | text |": every reason that answers is there. */
static void test_refusals(void)
{
	bool seen[__FP_R_COUNT] = { false };
	char name[64], *cell;
	enum fp_reason r;
	struct md md;

	md_open(&md, SIP_MD);
	while (md_next(&md)) {
		int status = atoi(md.line + 1 + strspn(md.line + 1, " "));

		if (md.line[0] != '|' || (!status && strncmp(md.line, "| none |", 8)))
			continue;
		for (cell = md_cell(&md, 1); md_code(&cell, name, sizeof(name));) {
			r = reason_of(name);
			seen[r] = true;
			if (r == FP_R_NONE || fp_reason_info(r)->status != status)
				md_wrong(&md, name, "is no reason with this status");
		}
	}
	for (r = FP_R_NONE + 1; r < __FP_R_COUNT; r++)
		if (fp_reason_info(r)->status && !seen[r])
			md_wrong(&md, fp_reason_info(r)->name, "is not in the table");
	ksft_test_result(!md.wrong, "the refusals of " SIP_MD " have their status\n");
	md_close(&md);
}

/* Tables with a column "counter". */
static void test_counters(const char *path)
{
	char name[64], *cell;
	int column = -1;
	struct md md;
	u32 n = 0;

	md_open(&md, path);
	while (md_next(&md)) {
		if (md.line[0] != '|')
			column = -1;
		else if (column < 0)
			column = md_column(&md, "counter");
		for (cell = column < 0 ? NULL : md_cell(&md, column);
		     cell && md_code(&cell, name, sizeof(name)); n++)
			if (!is_counter(name))
				md_wrong(&md, name, "is no counter");
	}
	ksft_test_result(!md.wrong && n, "%u counters of %s exist\n", n, path);
	md_close(&md);
}

/* --- tests that the trace names --------------------------------------------------------- */

static bool has_text(const char *test, const char *text)
{
	char path[300], *file;
	bool ok;

	if (strchr(test, '/'))
		snprintf(path, sizeof(path), "selftests/%s", test);
	else
		snprintf(path, sizeof(path), "selftests/unit/%s.c", test);
	file = md_file(path);
	ok = file && strstr(file, text);
	free(file);
	return ok;
}

/* `test`: "text of a result in it", any number of them a line. */
static void test_trace(const char *path)
{
	char test[64], text[200], *p;
	struct md md;
	u32 n = 0;

	md_open(&md, path);
	while (md_next(&md)) {
		for (p = md.line; md_code(&p, test, sizeof(test));) {
			while (sscanf(p, "%*[:,] \"%199[^\"]\"", text) == 1) {
				p = strchr(strchr(p, '"') + 1, '"') + 1;
				n++;
				if (!has_text(test, text))
					md_wrong(&md, text, "is no result of that test");
			}
		}
	}
	ksft_test_result(!md.wrong && n, "%u tests named by %s exist\n", n, path);
	md_close(&md);
}

/* --- limits ----------------------------------------------------------------------------- */

/* Numbers with *, + and << between them, from left to right, in one pair of brackets or none. */
static double number(const char *s)
{
	double value = 0, n;
	char op = '+', *end;

	for (s += strspn(s, "( ");; s = end + 1 + (op == '<')) {
		n = strtod(s, &end);
		if (op == '+')
			value += n;
		else
			value *= op == '*' ? n : (double)(1ull << (unsigned int)n);
		end += strspn(end, "uUlL ");
		op = *end;
		if (!op || !strchr("*+<", op))
			return value;
	}
}

/* "64 KiB", "10 s", "256": the number, with its unit. */
static double said(const char *cell)
{
	char *end;
	double n = strtod(cell, &end);

	end += strspn(end, " ");
	if (!strncmp(end, "KiB", 3))
		return n * 1024;
	return strncmp(end, "MiB", 3) ? n : n * 1024 * 1024;
}

static const char *const places[] = { "include/fedpat/*.h", "kmod/*.h",	     "kmod/*.c",
				      "kmod/core/*.h",	    "kmod/core/*.c", "tools/fedpatd/*.h",
				      "tools/fedpatd/*.c",  "tools/lib/*.h", "tools/lib/*.c" };

static bool defined_in(const char *path, const char *name, double *value)
{
	char *file = md_file(path), *p = file;
	size_t len = strlen(name);
	bool found = false;

	while (p && !found && (p = strstr(p, "#define "))) {
		p += 8;
		found = !strncmp(p, name, len) && isspace(p[len]);
	}
	if (found)
		*value = number(p + len + strspn(p + len, " \t"));
	free(file);
	return found;
}

static bool is_defined(const char *name, double *value)
{
	bool found = false;
	size_t i, j;
	glob_t g;

	for (i = 0; i < ARRAY_SIZE(places) && !found; i++) {
		if (glob(places[i], 0, NULL, &g))
			continue;
		for (j = 0; j < g.gl_pathc && !found; j++)
			found = defined_in(g.gl_pathv[j], name, value);
		globfree(&g);
	}
	return found;
}

/* Rows "| what | value | `DEFINE` ... | why |". */
static void test_limits(void)
{
	char name[64], *cell;
	double value;
	struct md md;
	u32 n = 0;

	md_open(&md, LIMITS_MD);
	while (md_next(&md)) {
		cell = md.line[0] == '|' ? md_cell(&md, 2) : NULL;
		if (!cell || !md_code(&cell, name, sizeof(name)) || !isupper(name[0]))
			continue;
		n++;
		if (!is_defined(name, &value))
			md_wrong(&md, name, "is not defined");
		else if (value != said(md_cell(&md, 1)))
			md_wrong(&md, name, "has another value");
	}
	ksft_test_result(!md.wrong && n, "%u limits of " LIMITS_MD " are those of the code\n", n);
	md_close(&md);
}

/* --- form -------------------------------------------------------------------------------- */

static u32 columns(const char *line)
{
	u32 n = 0;

	for (; *line; line++)
		n += (*line & 0xc0) != 0x80;
	return n;
}

/* [text](path#anchor), relative to the file. */
static void check_links(struct md *md, const char *dir)
{
	char path[600], link[300], *p = md->line;

	while ((p = strstr(p, "]("))) {
		p += 2;
		if (sscanf(p, "%299[^)#]", link) != 1 || strstr(link, "://"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, link);
		if (access(path, R_OK))
			md_wrong(md, link, "is no file");
	}
}

static void test_form(const char *path)
{
	char dir[300];
	struct md md;

	snprintf(dir, sizeof(dir), "%s", path);
	*(strrchr(dir, '/') ?: strcpy(dir, ". ") + 1) = 0;
	md_open(&md, path);
	while (md_next(&md)) {
		/* A row of a table cannot be wrapped. */
		if (md.line[0] != '|' && columns(md.line) > COLUMNS)
			md_wrong(&md, path, "has a line that is too long");
		check_links(&md, dir);
	}
	ksft_test_result(!md.wrong && md.n, "%s: lines and links\n", path);
	md_close(&md);
}

static void test_forms(void)
{
	static const char *const patterns[] = { "*.md", "Documentation/*.md",
						"Documentation/*/*.md" };
	size_t i, j;
	glob_t g;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		if (glob(patterns[i], 0, NULL, &g))
			continue;
		for (j = 0; j < g.gl_pathc; j++)
			test_form(g.gl_pathv[j]);
		globfree(&g);
	}
}

/* What no document tells of, nobody runs. */
static void test_tests(void)
{
	char *text = md_file(TESTING_MD);
	bool ok = text;
	const char *name;
	size_t i;
	glob_t g;

	if (glob("selftests/vm/tests/*.sh", 0, NULL, &g))
		g.gl_pathc = 0;
	for (i = 0; text && i < g.gl_pathc; i++) {
		name = strrchr(g.gl_pathv[i], '/') + 1;
		if (strstr(text, name))
			continue;
		printf("# %s does not name %s\n", TESTING_MD, name);
		ok = false;
	}
	ksft_test_result(ok && g.gl_pathc, "%s names every VM test\n", TESTING_MD);
	free(text);
}

int main(void)
{
	ksft_print_header();
	if (access(SIP_MD, R_OK)) {
		printf("Bail out! no " SIP_MD " here: run it from the top of the tree\n");
		return KSFT_FAIL;
	}
	test_examples();
	test_refusals();
	test_counters("README.md");
	test_trace("Documentation/rfc-trace/rfc3261.md");
	test_trace("Documentation/rfc-trace/others.md");
	test_limits();
	test_forms();
	test_tests();
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
