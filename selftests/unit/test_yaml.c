// SPDX-License-Identifier: GPL-2.0
/*
 * Policy files: what is written is read back the same, and every wrong field is
 * told with its line and column, all of them in one run.
 */
#include <kselftest.h>
#include <string.h>

#include "ace.h"
#include "policy_file.h"
#include "plan_text.h"

static u32 seed = 7;

static u32 rnd(u32 below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Every kind and every attribute, in the form in which fedctl saves. */
static const char sample[] =
	"# Policy of a fedpat gateway, saved by fedctl. Apply it: fedctl apply FILE\n"
	"settings:\n"
	"  memory-cap: 1000000\n"
	"  max-legs: 500\n"
	"  acl-memory-cap: 2000000\n"
	"  strict-inside: yes\n"
	"acl:\n"
	"  partner-in:\n"
	"    owner: contoso\n"
	"    remark: what the partner may dial\n"
	"    entries:\n"
	"    - permit tcp from 198.51.100.20 to 203.0.113.10 port 5061 log owner contoso\n"
	"    - permit tcp from 198.51.100.0/24 port 1024-65535 to any port 5060-5062\n"
	"    - permit icmp6 from any to 2001:db8::/32 type 128\n"
	"    - deny ip from any to any4 inactive remark the end\n"
	"zone:\n"
	"  outside:\n"
	"    owner: contoso\n"
	"    role: outside\n"
	"    interface:\n"
	"    - eth0\n"
	"    - eth1.5\n"
	"    access-list: partner-in\n"
	"inspect:\n"
	"  sip:\n"
	"    owner: contoso\n"
	"    type: sip\n"
	"    max-message: 32768\n"
	"    idle-timeout: 60\n"
	"    hold-timeout: 1000\n"
	"    keep-software: yes\n"
	"    allow-media: yes\n"
	"    tls: required\n"
	"    allow-unlisted: yes\n"
	"    dialect: microsoft\n"
	"trustpoint:\n"
	"  public:\n"
	"    owner: contoso\n"
	"    cert: /etc/fedpat/public.pem\n"
	"    key: /etc/fedpat/public.key\n"
	"    ca: /etc/fedpat/ca.pem\n"
	"    crl: /etc/fedpat/crl.pem\n"
	"    revocation: hard\n"
	"    ocsp: http://ocsp.example.com/\n"
	"    cmp: http://ca.example.com/pkix/\n"
	"    cmp-ca: /etc/fedpat/cmp.pem\n"
	"    renew-before: 14\n"
	"federation:\n"
	"  contoso:\n"
	"    owner: contoso\n"
	"    place: expressway\n"
	"    public-fqdn: sip.example.com\n"
	"    public-addr:\n"
	"    - 203.0.113.10\n"
	"    - 2001:db8::10\n"
	"    inside-addr: 192.0.2.1\n"
	"    local-domain:\n"
	"    - example.com\n"
	"    - '*.example.com'\n"
	"    inside-prefix:\n"
	"    - 192.0.2.0/24\n"
	"    inside-name:\n"
	"    - imp1.example.com\n"
	"    - .corp.example.com\n"
	"    inspect: sip\n"
	"    key-file: /etc/fedpat/keys/contoso.key\n"
	"    routing-fqdn: imp-public.example.com\n"
	"    default-routing-domain: aol.com\n"
	"    open-peer: edge\n"
	"tls-proxy:\n"
	"  external-to-imp:\n"
	"    owner: contoso\n"
	"    federation: contoso\n"
	"    zone: outside\n"
	"    listener-port: 15061\n"
	"    transport: tls\n"
	"    server-trustpoint: public\n"
	"    client-trustpoint: public\n"
	"peer:\n"
	"  edge:\n"
	"    owner: contoso\n"
	"    federation: contoso\n"
	"    role: outside\n"
	"    subject:\n"
	"    - edge.example.net\n"
	"    domain:\n"
	"    - example.net\n"
	"    - '*.example.net'\n"
	"    host: edge.example.net\n"
	"    addr:\n"
	"    - 198.51.100.20\n"
	"    port: 5061\n"
	"    transport: tls\n"
	"    eku: any-tls\n"
	"    tls-profile: legacy\n"
	"    trustpoint: public\n"
	"    ca: public\n"
	"    tls-verify: chain\n"
	"    name-rule:\n"
	"    - deny:exact:old.example.net\n"
	"    - suffix:.example.net\n"
	"    health: 30\n"
	"node:\n"
	"  imp1:\n"
	"    owner: contoso\n"
	"    federation: contoso\n"
	"    listener: 192.0.2.11:5062\n"
	"    transport: tls\n"
	"    subject:\n"
	"    - imp1.example.com\n"
	"    routing: yes\n"
	"    health: 30\n"
	"domain:\n"
	"  example.net:\n"
	"    owner: contoso\n"
	"    federation: contoso\n"
	"    peer: edge\n"
	"    blocked: yes\n"
	"    direction: in\n"
	"    tls: required\n"
	"    type: aol\n"
	"    direct: yes\n"
	"route:\n"
	"  to-edge:\n"
	"    owner: contoso\n"
	"    federation: contoso\n"
	"    pattern: .net.example.*\n"
	"    host: edge.example.net\n"
	"    port: 5061\n"
	"    transport: tcp\n"
	"    priority: 2\n"
	"    weight: 10\n"
	"    out-of-service: yes\n"
	"    blocked: yes\n"
	"    health: 30\n"
	"pat:\n"
	"  nodes:\n"
	"    owner: contoso\n"
	"    order: 10\n"
	"    src: 192.0.2.0/24\n"
	"    zone: outside\n"
	"    to-addr: 203.0.113.10\n"
	"    port-lo: 2000\n"
	"    port-hi: 60000\n"
	"static-pat:\n"
	"  sip-tls:\n"
	"    owner: contoso\n"
	"    order: 1\n"
	"    federation: contoso\n"
	"    proto: tcp\n"
	"    zone: outside\n"
	"    public: 203.0.113.10:5061\n"
	"    node: 192.0.2.11:5062\n"
	"class-map:\n"
	"  ent_ext_to_imp:\n"
	"    owner: contoso\n"
	"    order: 5\n"
	"    zone: outside\n"
	"    access-list: partner-in\n"
	"    inspect: sip\n"
	"    tls-proxy: external-to-imp\n";

static int load(const char *text, struct fp_model **out, struct fp_errs *errs)
{
	struct fp_ydoc doc;
	int err;

	*out = NULL;
	err = fp_ydoc_parse("f.yaml", text, strlen(text), &doc, errs);
	if (!err)
		err = fp_policy_read(&doc, out, errs);
	fp_ydoc_free(&doc);
	if (!err != !errs->n || !err != !!*out)
		ksft_print_msg("error, faults and result disagree\n");
	return err;
}

static char *save(const struct fp_model *m)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (fp_policy_save(m, out)) {
		fclose(out);
		free(text);
		return strdup("(failed)");
	}
	fclose(out);
	return text;
}

static void test_sample(void)
{
	struct fp_errs errs = { 0 };
	struct fp_model *m;
	char *text;
	int k, r, missing = 0;
	const struct fp_attr *row;

	ksft_test_result(!load(sample, &m, &errs), "a policy of every kind is read\n");
	print_faults(&errs);
	fp_model_check(m, &errs);
	print_faults(&errs);
	ksft_test_result(!errs.n, "and lacks nothing\n");
	for (k = 0; k < FP_K_SETTINGS; k++)
		for (r = 0; k != FP_K_ACE && r < fp_kinds[k].n_rows; r++) {
			row = &fp_kinds[k].rows[r];
			if (!fp_attr_in_file(row) || k == FP_K_ACL ||
			    fp_obj_says(m->tables[k].v[0], row))
				continue;
			ksft_print_msg("%s has no %s\n", fp_kinds[k].word, row->name);
			missing++;
		}
	ksft_test_result(!missing, "the sample has every attribute\n");
	text = save(m);
	ksft_test_result(!strcmp(text, sample), "saved it is the same, octet for octet\n");
	free(text);
	fp_errs_free(&errs);
	fp_model_free(m);
}

/* --- wrong fields --- */

struct field {
	const char *line;
	const char *value; /* behind "key: " or "- " */
	const char *end;
	unsigned int number;
};

static bool next_field(struct field *f, const char *from)
{
	const char *colon;

	f->line = from;
	f->end = strchr(from, '\n');
	f->number++;
	if (!f->end)
		return false;
	f->value = NULL;
	colon = strstr(from, ": ");
	if (from[0] == '#')
		return true;
	if (colon && colon < f->end)
		f->value = colon + 2;
	else if (f->end - from > 6 && !strncmp(from, "    - ", 6))
		f->value = from + 6;
	return true;
}

/* The sample with @what in the place from @a to @b. */
static char *patch(const char *a, const char *b, const char *what)
{
	char *text = malloc(sizeof(sample) + strlen(what));

	sprintf(text, "%.*s%s%s", (int)(a - sample), sample, what, b);
	return text;
}

static bool one_fault(char *text, unsigned int line, unsigned int col, const char *attr)
{
	struct fp_errs errs = { 0 };
	struct fp_model *m;
	bool ok;

	load(text, &m, &errs);
	ok = errs.n == 1 && errs.v[0].line == line && errs.v[0].col == col &&
	     !strcmp(errs.v[0].file, "f.yaml") && errs.v[0].remedy;
	ok &= !attr || (errs.n && errs.v[0].attr && !strcmp(errs.v[0].attr, attr));
	if (!ok) {
		ksft_print_msg("expected a fault at %u:%u, of %s\n", line, col, attr ? attr : "-");
		print_faults(&errs);
	}
	fp_errs_free(&errs);
	fp_model_free(m);
	free(text);
	return ok;
}

static void key_of(const struct field *f, char *buf, size_t size)
{
	const char *p = f->line + strspn(f->line, " ");
	const char *end = strchr(p, ':');

	snprintf(buf, size, "%.*s", (int)(end - p), p);
}

static void test_wrong_values(void)
{
	struct field f = { 0 };
	bool values = true, lists = true;
	const char *p = sample;
	char key[32] = "";
	int n = 0;

	for (; next_field(&f, p); p = f.end + 1) {
		if (*f.line != '#' && f.line[strspn(f.line, " ")] != '-')
			key_of(&f, key, sizeof(key));
		if (!f.value)
			continue;
		n++;
		values &= one_fault(patch(f.value, f.end, "\"\\x01\""), f.number,
				    (unsigned int)(f.value - f.line) + 1, key);
		lists &= one_fault(patch(f.value, f.end, "{a: b}"), f.number,
				   (unsigned int)(f.value - f.line) + 1, key);
	}
	ksft_test_result(values && n >= 90, "each of %d wrong values has line and column\n", n);
	ksft_test_result(lists, "and each of another type\n");
}

static void test_wrong_keys(void)
{
	struct field f = { 0 };
	const char *p = sample, *name;
	bool ok = true;
	int n = 0;

	for (; next_field(&f, p); p = f.end + 1) {
		name = f.line + strspn(f.line, " ");
		/* Names of objects are free; what is below an unknown kind is not looked at. */
		if (*name == '#' || *name == '-' || name - f.line == 2 * (f.line[2] != ' '))
			continue;
		if (name - f.line == 4 && strncmp(name, "entries", 7)) {
			struct fp_errs errs = { 0 };
			struct fp_model *m;
			char *text = patch(name, name, "x");

			load(text, &m, &errs);
			ok &= errs.n && errs.v[0].line == f.number && errs.v[0].col == 5 &&
			      strstr(errs.v[0].remedy, "did you mean");
			fp_errs_free(&errs);
			free(text);
			n++;
		}
	}
	ksft_test_result(ok && n > 60, "each of %d unknown attributes has line and column\n", n);
}

static void test_missing(void)
{
	static const char *const lines[] = {
		"    role: outside\n    interface", "    type: sip\n",
		"    listener-port: 15061\n",	    "    proto: tcp\n",
		"    node: 192.0.2.11:5062\n",	    "    listener: 192.0.2.11:5062\n",
	};
	struct fp_errs errs;
	struct fp_model *m;
	bool ok = true;
	const char *at;
	char *text;
	size_t i, len;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		at = strstr(sample, lines[i]);
		len = strcspn(lines[i], "\n") + 1;
		text = patch(at, at + len, "");
		memset(&errs, 0, sizeof(errs));
		load(text, &m, &errs);
		ok &= errs.n == 1 && errs.v[0].line && errs.v[0].col == 3 &&
		      !strcmp(errs.v[0].text, "is missing");
		fp_errs_free(&errs);
		free(text);
	}
	ksft_test_result(ok, "attributes that are missing are told with their object\n");
}

static void test_all_at_once(void)
{
	static const char text[] =
		"zone:\n  a:\n    role: nowhere\n    interfac: eth0\n  a:\n    role: inside\n"
		"acl:\n  b:\n    entries:\n    - permit tcp from 1.2.3 to any\n"
		"    - permit icmp from any to any port 5\n    - allow ip\n"
		"zones: {}\n";
	static const struct {
		unsigned int line, col;
	} at[] = { { 3, 11 }, { 4, 5 }, { 5, 3 }, { 10, 23 }, { 11, 14 }, { 12, 7 }, { 13, 1 } };
	struct fp_errs errs = { 0 };
	struct fp_model *m;
	bool ok;
	size_t i;

	load(text, &m, &errs);
	ok = errs.n == sizeof(at) / sizeof(*at);
	for (i = 0; ok && i < errs.n; i++)
		ok = errs.v[i].line == at[i].line && errs.v[i].col == at[i].col;
	ksft_test_result(ok && !m, "all faults of a file in one run, and nothing of it taken\n");
	if (!ok)
		print_faults(&errs);
	fp_errs_free(&errs);
}

static void test_not_policy(void)
{
	static const char *const texts[] = {
		"- a\n",
		"zone: [a]\n",
		"zone: {a: [b]}\n",
		"zone: &x {}\n",
		"zone: *x\n",
		"zone: !t {}\n",
		"a: {\n",
		"zone: {}\n---\nzone: {}\n",
		"zone: {}\nzone: {}\n",
		"? [a]\n: b\n",
		"zone: {a: {role: inside, role: inside}}\n",
		"workflow: x\n",
		"zone: {\"a\\0b\": {role: inside}}\n",
		"zone: {a b: {role: inside}}\n",
		"\xff\xfe\n",
		"zone: {a: {role: in}}\n",
		"zone: {a: {role: inside, name: b}}\n",
		"federation: {f: {key: aa}}\n",
		"zone: {a: {role: inside, interface: 'a,b'}}\n",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
		"a: b: c\n",
		"zone: {a: {role: }}\n",
	};
	struct fp_errs errs = { 0 };
	struct fp_model *m;
	bool ok = true, good;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		good = load(texts[i], &m, &errs) && errs.n && errs.v[0].text;
		if (!good)
			ksft_print_msg("was taken: %s", texts[i]);
		ok &= good;
		fp_model_free(m);
		fp_errs_free(&errs);
	}
	ksft_test_result(ok, "what is no policy is refused with a reason\n");
	ok = !load("", &m, &errs);
	fp_model_free(m);
	ok &= !load("# nothing\n", &m, &errs);
	fp_model_free(m);
	ok &= !load("zone:\nacl:\n", &m, &errs);
	fp_model_free(m);
	ksft_test_result(ok, "an empty policy is one\n");
	fp_errs_free(&errs);
}

/* --- random policies --- */

static const char *word_for(const struct fp_attr *a)
{
	static const char *const strings[] = {
		[FP_S_ANY] = "text: with # odd \"things\", 'quotes' \\ and \303\244",
		[FP_S_NAME] = "a_name-1",
		[FP_S_FQDN] = "host.example.com",
		[FP_S_DOMAIN] = "*.example.com",
		[FP_S_SUFFIX] = ".example.com",
		[FP_S_HOST] = "2001:db8::1",
		[FP_S_PATH] = "/a path/with # and: things",
		[FP_S_IFNAME] = "eth0@x",
		[FP_S_PATTERN] = ".com.example.*",
		[FP_S_RULE] = "regex:edge[0-9]+\\.example\\.com",
	};

	switch (a->type) {
	case FP_T_STR:
	case FP_T_STRS:
		return strings[a->syntax];
	case FP_T_ENUM:
		return a->words[rnd((u32)a->max + 1)];
	case FP_T_FLAG:
		return rnd(2) ? "yes" : "no";
	case FP_T_PROTO:
		return rnd(2) ? "udp" : "89";
	case FP_T_ADDR:
	case FP_T_ADDRS:
		return rnd(2) ? "192.0.2.77" : "2001:db8::77";
	case FP_T_CIDR:
	case FP_T_CIDRS:
		return rnd(2) ? "192.0.2.64/26" : "2001:db8::/64";
	case FP_T_ENDPOINT:
		return rnd(2) ? "192.0.2.7:1" : "[2001:db8::7]:65535";
	default:
		return a->max < 2222 ? "222" : "2222";
	}
}

static struct fp_obj *random_object(enum fp_kind_id kind, const char *name)
{
	struct fp_obj *obj = fp_obj_alloc(kind, name);
	const struct fp_attr *a;
	u8 i;
	u32 n;

	for (i = 0; i < obj->kind->n_rows; i++) {
		a = &obj->kind->rows[i];
		if (!fp_attr_in_file(a) || (rnd(2) && !(a->flags & FP_A_REQUIRED)))
			continue;
		n = a->type == FP_T_STRS || a->type == FP_T_ADDRS ? rnd(3) + 1 : 1;
		while (n--)
			if (fp_obj_set(obj, a, word_for(a)))
				ksft_print_msg("%s of %s was not taken\n", a->name,
					       obj->kind->word);
	}
	fp_obj_plain(obj);
	return obj;
}

static void random_entries(struct fp_obj_acl *acl)
{
	static const char *const lines[] = {
		"permit tcp from any to any port 5061",
		"deny ip remark \" spaces \\\" around \"",
		"permit 89 from 192.0.2.0/24 log owner x",
		"deny icmp to any type 0",
		"permit udp from any6 port 5-9 inactive remark say: \"this\" # not that",
	};
	struct fp_ace_fault f;
	struct fp_obj *ace;
	u32 n, col;

	for (n = rnd(6); n; n--) {
		ace = fp_obj_alloc(FP_K_ACE, NULL);
		fp_obj_set_str(ace, FEDPAT_A_ACE_ACL, acl->o.name);
		if (fp_ace_parse_line((struct fp_obj_ace *)ace, lines[rnd(5)], &col, &f))
			ksft_print_msg("entry was not taken: %s\n", f.why);
		fp_acl_add_ace(acl, (struct fp_obj_ace *)ace, 0);
	}
}

static bool round_trip(void)
{
	struct fp_model *m = fp_model_alloc(), *back;
	struct fp_errs errs = { 0 };
	struct fp_ops ops = { 0 };
	char *one, *two, name[16];
	struct fp_obj *obj;
	bool ok = false;
	int k, n;

	for (k = 0; k < FP_K_SETTINGS; k++) {
		for (n = k == FP_K_ACE ? 0 : (int)rnd(4); n; n--) {
			snprintf(name, sizeof(name), k == FP_K_DOMAIN ? "d%d.example" : "no:%d/x",
				 n);
			obj = random_object(k, name);
			if (k == FP_K_ACL)
				random_entries((struct fp_obj_acl *)obj);
			fp_model_add(m, obj);
		}
	}
	one = save(m);
	if (!load(one, &back, &errs)) {
		two = save(back);
		fp_model_diff(m, back, &ops);
		ok = !ops.n && !strcmp(one, two);
		free(two);
	}
	if (!ok) {
		print_faults(&errs);
		ksft_print_msg("this did not survive:\n%s", one);
	}
	free(one);
	fp_ops_free(&ops);
	fp_errs_free(&errs);
	fp_model_free(m);
	fp_model_free(back);
	return ok;
}

static void test_round_trip(void)
{
	bool ok = true;
	int i;

	for (i = 0; i < 500 && ok; i++)
		ok = round_trip();
	ksft_test_result(ok, "random policies: saved, read and saved they are the same\n");
}

static void test_entries(void)
{
	static const char *const bad[] = {
		"",
		"permit",
		"permit tcp from",
		"permit tcp port 5",
		"permit ip from any to any port 5",
		"permit tcp from 192.0.2.1 to 2001:db8::1",
		"permit tcp from any from any",
		"permit udp to any type 5",
		"permit tcp to any port 70000",
		"permit tcp what",
		"deny ip remark \"open",
		"deny ip remark",
		"permit tcp to any port 6-5",
	};
	struct fp_ace_fault f;
	struct fp_obj *ace;
	bool ok = true;
	size_t i;
	u32 col;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ace = fp_obj_alloc(FP_K_ACE, NULL);
		if (!fp_ace_parse_line((struct fp_obj_ace *)ace, bad[i], &col, &f) || !f.why ||
		    col > strlen(bad[i])) {
			ksft_print_msg("was taken: %s\n", bad[i]);
			ok = false;
		}
		fp_obj_free(ace);
	}
	ksft_test_result(ok, "entries that make no sense are refused\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(4 + 2 + 1 + 1 + 1 + 2 + 1 + 1);
	test_sample();
	test_wrong_values();
	test_wrong_keys();
	test_missing();
	test_all_at_once();
	test_not_policy();
	test_round_trip();
	test_entries();
	ksft_finished();
}
