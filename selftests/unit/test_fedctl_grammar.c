// SPDX-License-Identifier: GPL-2.0
/*
 * The command line: every object made, shown, changed and deleted in a policy
 * file; prefixes; what is wrong, with exit status and remedy; JSON; completion.
 */
#include <jansson.h>
#include <kselftest.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/fedctl/ctl.h"

static char file[64];

/**
 * struct result - what a command line did
 * @status: exit status
 * @out: what it printed
 * @err: what it complained of
 */
struct result {
	int status;
	char *out;
	char *err;
};

#define MAX_WORDS 40

/* Words are separated by blanks; '...' is one word. */
static int split(char *line, char **argv)
{
	int argc = 0;
	char *end;

	argv[argc++] = "fedctl";
	while (*(line += strspn(line, " ")) && argc < MAX_WORDS - 1) {
		if (*line == '\'') {
			end = strchr(++line, '\'');
			argv[argc++] = line;
			*end = 0;
			line = end + 1;
			continue;
		}
		argv[argc++] = line;
		line += strcspn(line, " ");
		if (*line)
			*line++ = 0;
	}
	argv[argc] = NULL;
	return argc;
}

static struct result run(const char *line, const char *options)
{
	struct ctl ctl = { .out = NULL };
	char *argv[MAX_WORDS], buf[1024];
	struct result r = { 0 };
	size_t n, m;

	snprintf(buf, sizeof(buf), "%s %s", options, line);
	ctl.out = open_memstream(&r.out, &n);
	ctl.err = open_memstream(&r.err, &m);
	r.status = fedctl_run(&ctl, split(buf, argv), argv);
	fclose(ctl.out);
	fclose(ctl.err);
	return r;
}

static struct result on_file(const char *line)
{
	char options[96];

	snprintf(options, sizeof(options), "-f %s", file);
	return run(line, options);
}

static void result_free(struct result *r)
{
	free(r->out);
	free(r->err);
}

struct step {
	const char *line;
	int status;
	const char *says; /* on standard output where status is 0, else as an error */
};

static bool step_is_ok(const struct step *s)
{
	struct result r = on_file(s->line);
	const char *text = r.status ? r.err : r.out;
	bool ok = r.status == s->status && (!s->says || strstr(text, s->says));

	if (!ok)
		ksft_print_msg("fedctl %s: status %d, '%s' not in: %s%s\n", s->line, r.status,
			       s->says ? s->says : "", r.out, r.err);
	result_free(&r);
	return ok;
}

static void play(const struct step *steps, size_t n, const char *what)
{
	bool ok = true;
	size_t i;

	unlink(file);
	for (i = 0; i < n; i++)
		ok &= step_is_ok(&steps[i]);
	ksft_test_result(ok, "%s\n", what);
}

#define PLAY(steps, what) play(steps, ARRAY_SIZE(steps), what)

static const struct step objects[] = {
	{ "inspect add i type sip max-message 32K hold-timeout 2s", 0, NULL },
	{ "inspect show i", 0, "max-message     32 KiB" },
	{ "inspect set i no max-message", 0, NULL },
	{ "inspect show i", 0, "max-message     64 KiB" },
	{ "zone add outside role outside interface eth0,eth1", 0, NULL },
	{ "zone add inside role o interface eth2", 2, "'o' is ambiguous" },
	{ "zone add inside role insi interface eth2", 0, NULL },
	{ "zone", 0, "outside  outside  eth0,eth1" },
	{ "zone set outside interface eth5", 0, NULL },
	{ "zone show outside", 0, "interface    eth5" },
	{ "trustpoint add public cert /c.pem key /k.pem ca /ca.pem", 0, NULL },
	{ "trustpoint show public", 0, "/k.pem" },
	{ "trustpoint show", 0, "public" },
	{ "trustpoint show public", 0, "/c.pem: cannot be read" },
	{ "trustpoint show", 0, "wrong: ca-unreadable" },
	{ "trustpoint renew public", 1, "names no CMP server" },
	{ "trustpoint export public", 1, "cannot be read" },
	{ "trustpoint distrust public 0000", 1, "cannot be read" },
	{ "trustpoint csr nobody", 1, "there is no key" },
	{ "trustpoint exchange example.org", 1, "names a trustpoint" },
	{ "metrics", 0, "fedpat_trustpoint_errors{trustpoint=\"public\"} " },
	{ "federation add f public-fqdn sip.example.com local-domain example.com inspect i", 0,
	  NULL },
	{ "federation show", 0, "sip.example.com" },
	{ "tls-proxy add p federation f zone outside listener-port 7061 transport tls", 0, NULL },
	{ "tls-proxy set p server-trustpoint public client-trustpoint public", 0, NULL },
	{ "tls-proxy show p", 0, "7061" },
	{ "peer add e federation f role outside transport tls eku both", 0, NULL },
	{ "peer set e subject edge.example.net domain example.net addr 198.51.100.20", 0, NULL },
	{ "peer show", 0, "edge.example.net" },
	{ "node add n federation f listener 192.0.2.11:5062 transport tls routing", 0, NULL },
	{ "node show n", 0, "routing     yes" },
	{ "node set n routing no", 0, NULL },
	{ "node show n", 0, "routing     no" },
	{ "domain add Example.NET federation f peer e", 0, NULL },
	{ "domain show example.net", 0, "peer        e" },
	{ "static-pat add tcp 203.0.113.10:5061 to 192.0.2.11:5062 order 1", 0, NULL },
	{ "static-pat show", 0, "tcp-203.0.113.10-5061      1  tcp    outside" },
	{ "static-pat add six udp [2001:db8::1]:5060 to [2001:db8::2]:5060", 0, NULL },
	{ "static-pat del tcp 203.0.113.10:5061", 0, NULL },
	{ "static-pat show six", 0, "[2001:db8::2]:5060" },
	{ "pat add from 192.0.2.0/24 to 203.0.113.10", 0, NULL },
	{ "pat add rest from any to interface order 9", 0, NULL },
	{ "pat show", 0, "192.0.2.0_24" },
	{ "acl add list permit tcp from 198.51.100.20 to 203.0.113.10 port 5061 log", 0, NULL },
	{ "class-map add c zone outside access-list list inspect i tls-proxy p", 0, NULL },
	{ "class-map show c", 0, "tls-proxy    p" },
	{ "settings set max-legs 50", 0, NULL },
	{ "settings show", 0, "max-legs        50" },
	{ "save", 0, "listener: 192.0.2.11:5062" },
	{ "class-map del c", 0, NULL },
	{ "acl del list", 0, NULL },
	{ "pat del 192.0.2.0_24 rest", 0, NULL },
	{ "static-pat del six", 0, NULL },
	{ "domain del example.net", 0, NULL },
	{ "node del n", 0, NULL },
	{ "peer del e", 0, NULL },
	{ "tls-proxy del p", 0, NULL },
	{ "federation del f", 0, NULL },
	{ "trustpoint del public", 0, NULL },
	{ "zone del outside inside", 0, NULL },
	{ "inspect del i", 0, NULL },
	{ "settings set no max-legs", 0, NULL },
	{ "save", 0, "FILE\n{}\n" },
};

static const struct step lists[] = {
	{ "acl add partner-in permit tcp from 198.51.100.20 to 203.0.113.10 port 5061 log", 0,
	  NULL },
	{ "acl add partner-in line 1 deny ip from any to any remark 'not yet, sorry'", 0, NULL },
	{ "acl show partner-in", 0, "   1  deny ip from any to any remark not yet, sorry" },
	{ "acl sh partner-in", 0, "2 entries" },
	{ "acl add partner-in perm udp fr 192.0.2.0/24 port 5060-5062 to any", 0, NULL },
	{ "acl show partner-in", 0, "   3  permit udp from 192.0.2.0/24 port 5060-5062 to any" },
	{ "-n acl show partner-in", 0, "   3  permit 17 from" },
	{ "acl del partner-in line 2", 0, NULL },
	{ "acl show partner-in", 0, "   2  permit udp" },
	{ "acl del partner-in line 3", 1, "there is no such line" },
	{ "acl add partner-in line 9 deny ip", 1, "there is no such line" },
	{ "acl set partner-in remark 'what partners may dial'", 0, NULL },
	{ "acl show partner-in", 0, "2 entries: what partners may dial" },
	{ "acl flush partner-in", 0, NULL },
	{ "acl show partner-in", 0, "0 entries" },
	{ "acl add empty remark x", 0, NULL },
	{ "acl show", 0, "partner-in" },
	{ "acl add empty permit tcp to any port 70000", 2, "'70000' is not a port" },
	{ "acl add empty permit ip to any port 5", 2, "the protocol has no ports" },
	{ "acl add empty permit tcp from 192.0.2.1 to 2001:db8::1", 2, "not of one family" },
	{ "acl add empty permit", 2, "too short" },
	{ "acl add empty line x permit ip", 2, "'x' is not a number" },
	{ "acl add empty permit tcp sideways any", 2, "expected from, to, port" },
	{ "acl add 'a b' permit ip", 2, "is no name of an access list" },
	{ "acl show nobody", 1, "there is none of this name" },
	{ "acl del nobody", 1, "there is none of this name" },
};

static const struct step faults[] = {
	{ "", 2, "an object or command is missing" },
	{ "zon", 0, NULL },
	{ "zoo", 2, "did you mean 'zone'?" },
	{ "s", 2, "ambiguous" },
	{ "zone a", 2, "a name is missing" },
	{ "zone frob", 2, "expected one of show, add, set, del" },
	{ "zone add", 2, "a name is missing" },
	{ "zone add x", 2, "attribute 'role': is missing; expected one of inside" },
	{ "zone add x role", 2, "a value is missing behind 'role'" },
	{ "zone add x role outside colour red", 2, "'colour' is no attribute of zone" },
	{ "zone add x role outside role inside", 2, "is given twice" },
	{ "zone add -x role outside", 2, "expected a name" },
	{ "zone add x role outside interface averyverylongname", 2, "is too long" },
	{ "zone add x role outside access-list nolist", 1,
	  "there is no acl 'nolist'; make it first" },
	{ "zone add x role outside", 0, NULL },
	{ "zone add x role outside", 1, "is there already; change it with set" },
	{ "zone set x", 2, "an attribute is missing" },
	{ "zone set y role inside", 1, "there is none of this name; fedctl zone show lists them" },
	{ "trustpoint import public", 2, "the name of a file is missing" },
	{ "trustpoint trust public", 2, "the name of a file is missing" },
	{ "trustpoint generate x key rsa-1024", 2, "expected one of rsa-2048" },
	{ "trustpoint generate x day 3", 2, "'day' is not known here" },
	{ "trustpoint export public format p12", 2, "holds a private key" },
	{ "trustpoint enroll x", 2, "the CMP server is missing" },
	{ "trustpoint enroll x server http://h/ secret-file /s", 2, "without its reference" },
	{ "zone show x y", 2, "one word too many" },
	{ "zone del", 2, "a name is missing" },
	{ "node add n federation f listener 192.0.2.1 transport tls", 2, "is not address:port" },
	{ "peer add p federation f role outside port 70000", 2, "expected a port from 0 to 65535" },
	{ "inspect add i type sip max-message 5", 2, "expected a number from 1024 to 1048576" },
	{ "inspect add i type sip allow-media maybe", 2, "'maybe' is no attribute" },
	{ "domain add example.1om federation f", 2, "begins with a digit" },
	{ "static-pat add tcp 203.0.113.10:5061 192.0.2.1:5", 2, "the row is not complete" },
	{ "static-pat add tcp 203.0.113.10 to 192.0.2.1:5", 2, "is not address:port" },
	{ "zone add z role outside", 0, NULL },
	{ "static-pat add tcp 203.0.113.10:1 to 192.0.2.1:5", 2, "several outside zones" },
	{ "pat add from 192.0.2.1/24 to interface", 2, "bits set" },
	{ "federation template nothing", 2, "there is no workflow" },
	{ "federation apply", 2, "the name of a file is missing" },
	{ "federation apply /nonexistent", 1, "cannot be read" },
	{ "federation show nobody", 1, "there is none of this name" },
	{ "apply", 2, "the name of a file is missing" },
	{ "status", 2, "leave -f out" },
	{ "leg show x", 2, "is not a number" },
	{ "sip", 2, NULL },
};

static void test_prefixes(void)
{
	static const char *const same[][2] = {
		{ "zone show", "z sh" },
		{ "zone show", "z" },
		{ "static-pat show", "stati" },
		{ "class-map help", "cl --help" },
		{ "federation workflows", "f w" },
		{ "federation template lync-b2b-asa", "fed t lync-b2b-asa" },
	};
	struct result a, b;
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(same); i++) {
		a = on_file(same[i][0]);
		b = on_file(same[i][1]);
		if (a.status || b.status || strcmp(a.out, b.out)) {
			ksft_print_msg("%s is not %s: %s%s\n", same[i][1], same[i][0], a.err,
				       b.err);
			ok = false;
		}
		result_free(&a);
		result_free(&b);
	}
	ksft_test_result(ok, "words may be cut short\n");
}

static void test_help(void)
{
	const struct command *c;
	struct result r;
	char line[64];
	bool ok = true;
	u8 i;

	for (c = commands; c->word; c++) {
		snprintf(line, sizeof(line), "%s help", c->word);
		r = on_file(line);
		ok &= !r.status && strlen(r.out) > 40;
		for (i = 0; c->kind < FP_K_POLICY_COUNT && i < fp_kinds[c->kind].n_rows; i++)
			ok &= !is_settable(&fp_kinds[c->kind].rows[i]) ||
			      strstr(r.out, fp_kinds[c->kind].rows[i].name);
		if (!ok)
			ksft_print_msg("%s: %s\n", line, r.out);
		result_free(&r);
	}
	ksft_test_result(ok, "every command has help, and every attribute is in it\n");
}

static bool page_has(const char *page, const char *before, const char *word)
{
	char line[96];

	snprintf(line, sizeof(line), "%s%s", before, word);
	if (!strstr(page, line))
		ksft_print_msg("the manual page has no '%s'\n", line);
	return strstr(page, line);
}

/* The page must not fall behind the tables. */
static void test_man(void)
{
	char *page = calloc(1, 65536), section[64], *at;
	FILE *in = fopen("Documentation/man/fedctl.8", "re");
	const struct command *c;
	bool ok = in && fread(page, 1, 65535, in);
	u8 i;

	for (c = commands; c->word; c++) {
		ok &= page_has(page, "", c->word);
		if (c->kind >= FP_K_POLICY_COUNT)
			continue;
		snprintf(section, sizeof(section), ".Ss Attributes of %s\n", c->word);
		at = strstr(page, section);
		ok &= !!at;
		for (i = 0; at && i < fp_kinds[c->kind].n_rows; i++)
			if (is_settable(&fp_kinds[c->kind].rows[i]) &&
			    strcmp(fp_kinds[c->kind].rows[i].name, "owner"))
				ok &= page_has(at, ".It Cm ", fp_kinds[c->kind].rows[i].name);
	}
	ksft_test_result(ok, "the manual page has every command and every attribute\n");
	if (in)
		fclose(in);
	free(page);
}

static void test_json(void)
{
	static const char *const lines[] = {
		"zone show",
		"zone show x",
		"acl show",
		"acl show l",
		"pat show",
		"settings",
		"save",
		"federation workflows",
		"federation apply Documentation/examples/contoso.yaml",
		"federation show",
		"federation show contoso",
	};
	char options[96];
	struct result r;
	json_error_t e;
	bool ok = true;
	json_t *j;
	size_t i;

	unlink(file);
	result_free(&(struct result){ 0 });
	r = on_file("zone add x role inside");
	result_free(&r);
	r = on_file("acl add l permit icmp type 8");
	result_free(&r);
	snprintf(options, sizeof(options), "-j -f %s", file);
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		r = run(lines[i], options);
		j = json_loads(r.out, JSON_DECODE_ANY, &e);
		if (r.status || !j) {
			ksft_print_msg("%s: %s in %s%s\n", lines[i], e.text, r.out, r.err);
			ok = false;
		}
		json_decref(j);
		result_free(&r);
	}
	r = run("zone add y role nowhere", options);
	j = json_loads(r.err, 0, &e);
	ok &= r.status == 2 && json_array_size(json_object_get(j, "errors")) == 1;
	json_decref(j);
	result_free(&r);
	ksft_test_result(ok, "results, plans and errors in JSON\n");
}

static void test_completion(void)
{
	static const struct {
		const char *line;
		const char *offers; /* the whole of it */
	} rows[] = {
		{ "complete z", "zone\n" },
		{ "complete st", "static-pat\nstatus\n" },
		{ "complete zone s", "show\nset\n" },
		{ "complete zone show ''", "x\n" },
		{ "complete zone add q r", "role\n" },
		{ "complete zone add q role ''", "inside\noutside\nother\n" },
		{ "complete zone add q access-list ''", "l\noutside_access_in\n" },
		{ "complete acl add l permit ''", "tcp\nudp\nicmp\nicmp6\nip\n" },
		{ "complete acl add l permit tcp from ''", "any\n" },
		{ "complete federation template ''", "lync-b2b-asa\n" },
		{ "complete nothing ''", "" },
	};
	struct result r;
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		r = on_file(rows[i].line);
		if (r.status || *r.err ||
		    (strcmp(r.out, rows[i].offers) && !strstr(r.out, rows[i].offers))) {
			ksft_print_msg("%s offers: %s%s\n", rows[i].line, r.out, r.err);
			ok = false;
		}
		result_free(&r);
	}
	ksft_test_result(ok, "completion offers what fits\n");
}

static void test_round_trip(void)
{
	struct result a, b;
	char line[128], *copy;
	bool ok;
	FILE *f;

	unlink(file);
	a = on_file("federation apply Documentation/examples/contoso.yaml");
	ok = !a.status && strstr(a.out, "done: ");
	result_free(&a);
	a = on_file("save");
	snprintf(line, sizeof(line), "%s.copy", file);
	copy = strdup(line);
	f = fopen(copy, "we");
	fputs(a.out, f);
	fclose(f);
	snprintf(line, sizeof(line), "apply %s", copy);
	b = on_file(line);
	ok &= !b.status && !strcmp(b.out, "nothing to change\n");
	result_free(&b);
	unlink(file);
	b = on_file(line);
	ok &= !b.status && strstr(b.out, ", 0 deleted");
	result_free(&b);
	b = on_file("save");
	ok &= !strcmp(a.out, b.out);
	result_free(&a);
	result_free(&b);
	ksft_test_result(ok, "what was saved and applied is saved the same\n");
	a = on_file("zone add extra role other");
	result_free(&a);
	snprintf(line, sizeof(line), "apply %s --dry-run", copy);
	a = on_file(line);
	ok = !a.status && !strcmp(a.out, "- zone extra\nwould be: 0 made, 0 changed, 1 deleted\n");
	result_free(&a);
	snprintf(line, sizeof(line), "apply --merge %s", copy);
	a = on_file(line);
	ok &= !a.status && !strcmp(a.out, "nothing to change\n");
	result_free(&a);
	ksft_test_result(ok, "a plan without effect; a merge that keeps what is there\n");
	unlink(copy);
	free(copy);
}

int main(void)
{
	snprintf(file, sizeof(file), "/tmp/fedctl-grammar.%d", getpid());
	ksft_print_header();
	ksft_set_plan(3 + 1 + 2 + 1 + 1 + 2);
	PLAY(objects, "every object: made, shown, changed, deleted");
	PLAY(lists, "access lists and their entries");
	PLAY(faults, "what is wrong is told, with what was expected");
	test_prefixes();
	test_help();
	test_man();
	test_json();
	test_completion();
	test_round_trip();
	unlink(file);
	ksft_finished();
}
