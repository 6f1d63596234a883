// SPDX-License-Identifier: GPL-2.0
/*
 * Workflow lync-b2b-asa: what it derives, what it refuses, and that it takes away
 * what it made and nothing else.
 */
#include <kselftest.h>
#include <string.h>

#include "ace.h"
#include "federation.h"
#include "flows/flow.h"
#include "policy_file.h"
#include "text.h"
#include "plan_text.h"

#define EXAMPLE "Documentation/examples/contoso.yaml"
#define GOLDEN "selftests/unit/golden/lync-b2b-asa.yaml"

static char *slurp(const char *file)
{
	FILE *in = fopen(file, "re");
	char *text = calloc(1, 65536);

	if (!in || !fread(text, 1, 65535, in))
		ksft_print_msg("%s cannot be read\n", file);
	if (in)
		fclose(in);
	return text;
}

static char *example; /* the file */

/* The example with one text in the place of another, which must be there. */
static char *with(const char *from, const char *to)
{
	const char *at = strstr(example, from);
	char *text = calloc(1, strlen(example) + strlen(to) + 1);

	if (!at) {
		ksft_print_msg("the example has no '%s'\n", from);
		return text;
	}
	sprintf(text, "%.*s%s%s", (int)(at - example), example, to, at + strlen(from));
	return text;
}

/* The policy that follows from @text where @running is; NULL: faults, printed. */
static struct fp_model *derive(const char *text, const struct fp_model *running)
{
	struct fp_errs errs = { 0 };
	struct fp_model *m = NULL;
	struct fp_plan p;

	if (!plan_text(text, running, &p, &errs)) {
		m = p.target;
		p.target = NULL;
	}
	print_faults(&errs);
	fp_errs_free(&errs);
	fp_plan_free(&p);
	return m;
}

static u32 steps(const struct fp_model *from, const struct fp_model *to)
{
	struct fp_ops ops = { 0 };
	u32 n;

	fp_model_diff(from, to, &ops);
	n = ops.n;
	fp_ops_free(&ops);
	return n;
}

/* --- what it derives --- */

static void test_golden(struct fp_model *empty)
{
	struct fp_model *m = derive(example, empty);
	char *is = m ? policy_text(m) : strdup(""), *want;
	FILE *out;

	if (getenv("FEDPAT_UPDATE_GOLDEN")) {
		out = fopen(GOLDEN, "we");
		fputs(is, out);
		fclose(out);
	}
	want = slurp(GOLDEN);
	ksft_test_result(!strcmp(is, want), "the example derives the objects of %s\n", GOLDEN);
	if (strcmp(is, want))
		ksft_print_msg("FEDPAT_UPDATE_GOLDEN=1 writes it anew; look at the difference\n");
	free(is);
	free(want);
	fp_model_free(m);
}

/* E7: every port that is let in has a row, every row is let in. */
static bool ports_agree(const struct fp_model *m, const char *list)
{
	const struct fp_obj_acl *acl = (struct fp_obj_acl *)fp_model_find(m, FP_K_ACL, list);
	const struct fp_obj_static_pat *row;
	struct fp_cidr any = { .addr = { .family = 0 } };
	struct fp_addr partner;
	u32 i, j, found;

	fp_txt_addr("198.51.100.20", &partner);
	any = fp_cidr_host(&partner);
	fp_model_each(m, FP_K_STATIC_PAT, i, row) {
		if (!fp_acl_first(acl, row->proto, &any, &row->public))
			return false;
	}
	for (j = 0; acl && j < acl->n_aces; j++) {
		found = 0;
		fp_model_each(m, FP_K_STATIC_PAT, i, row)
			found += row->public.port == acl->aces[j]->dport_lo &&
				 row->proto == acl->aces[j]->proto;
		if (found != 1)
			return false;
	}
	return acl && acl->n_aces == m->tables[FP_K_STATIC_PAT].n;
}

static bool has_row(const struct fp_model *m, const char *name, const char *public,
		    const char *node)
{
	const struct fp_obj_static_pat *row;
	char a[FP_TXT_ENDPOINT], b[FP_TXT_ENDPOINT];

	row = (struct fp_obj_static_pat *)fp_model_find(m, FP_K_STATIC_PAT, name);
	return row && !strcmp(fp_endpoint_str(&row->public, a), public) &&
	       !strcmp(fp_endpoint_str(&row->node, b), node);
}

static void test_transports(struct fp_model *empty)
{
	char *text = with("public_address:", "transport: tcp\npublic_address:"), *udp;
	struct fp_model *m = derive(example, empty);
	bool ok;

	ok = ports_agree(m, "outside_access_in");
	ok &= has_row(m, "contoso.imp1.tcp.5061", "203.0.113.10:5061", "192.0.2.11:5062");
	ok &= has_row(m, "contoso.imp2.tcp.45062", "203.0.113.10:45062", "192.0.2.12:5062");
	ksft_test_result(ok, "tls: lists and static PAT have the same ports\n");
	fp_model_free(m);

	m = derive(text, empty);
	ok = m && ports_agree(m, "outside_access_in") && m->tables[FP_K_TLS_PROXY].n == 2;
	ok = ok && has_row(m, "contoso.imp1.tcp.5060", "203.0.113.10:5060", "192.0.2.11:5060");
	ok = ok && has_row(m, "contoso.imp2.tcp.45060", "203.0.113.10:45060", "192.0.2.12:5060");
	ok = ok && !m->tables[FP_K_TRUSTPOINT].n;
	ksft_test_result(ok, "tcp: 5060, and no certificates\n");
	fp_model_free(m);
	free(text);

	udp = with("public_address:", "transport: udp\npublic_address:");
	m = derive(udp, empty);
	ok = m && ports_agree(m, "outside_access_in") && !m->tables[FP_K_TLS_PROXY].n;
	ok = ok && has_row(m, "contoso.imp1.udp.5060", "203.0.113.10:5060", "192.0.2.11:5060");
	ksft_test_result(ok, "udp: 5060, and no proxy\n");
	fp_model_free(m);
	free(udp);
}

static char *template_of(const struct fp_workflow *w, bool full)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fp_workflow_template(w, full, out);
	fclose(out);
	return text;
}

static bool names_all(const struct fp_workflow *w, const char *text)
{
	const struct fp_param *p;
	bool ok = true;
	char key[80];

	for (p = fp_params; p < fp_params + fp_n_params; p++) {
		snprintf(key, sizeof(key), "%s: ", p->row.name);
		if (!(p->in >> w->id & 1) || strstr(text, key))
			continue;
		ksft_print_msg("%s: %s is not in the template\n", w->name, p->row.name);
		ok = false;
	}
	return ok;
}

/* Every object is the federation's or shared, and all of them go again. */
static bool leaves_nothing(struct fp_model *m, const struct fp_model *empty)
{
	struct fp_model *rest = fp_model_copy(m);
	bool ok;

	fp_federation_remove(rest, "contoso");
	ok = !steps(rest, empty);
	fp_model_free(rest);
	return ok;
}

static void test_template(const struct fp_workflow *w, struct fp_model *empty)
{
	char *short_one = template_of(w, false), *full = template_of(w, true);
	struct fp_model *m = derive(short_one, empty), *again;
	struct fp_model *f = derive(full, empty);
	bool ok;

	ksft_test_result(m && f, "%s: its template is a valid file, with all parameters too\n",
			 w->name);
	ksft_test_result(names_all(w, short_one), "%s: it names every parameter\n", w->name);
	again = m ? derive(short_one, m) : NULL;
	ok = again && !steps(m, again) && leaves_nothing(m, empty);
	ksft_test_result(ok, "%s: applied again it changes nothing, removed it leaves nothing\n",
			 w->name);
	fp_model_free(m);
	fp_model_free(f);
	fp_model_free(again);
	free(short_one);
	free(full);
}

/* --- applied again, changed, removed --- */

static struct fp_model *read_policy(const char *text)
{
	struct fp_errs errs = { 0 };
	struct fp_model *m = NULL;
	struct fp_ydoc doc;

	if (!fp_ydoc_parse("p", text, strlen(text), &doc, &errs))
		fp_policy_read(&doc, &m, &errs);
	print_faults(&errs);
	fp_ydoc_free(&doc);
	fp_errs_free(&errs);
	return m;
}

static void test_again(struct fp_model *empty)
{
	struct fp_model *one = derive(example, empty), *two = derive(example, one), *three;
	char *more =
		with("addresses: [198.51.100.20]", "addresses: [198.51.100.20, 198.51.100.21]");

	ksft_test_result(!steps(one, two), "applied again it changes nothing\n");
	three = derive(more, one);
	/* 7 rows let in twice, 2 lists outbound, 1 peer */
	ksft_test_result(three && steps(one, three) == 2 * 7 + 2 + 1,
			 "one address more is only that\n");
	free(more);
	fp_model_free(two);
	two = fp_model_copy(three);
	fp_federation_remove(two, "contoso");
	ksft_test_result(!steps(two, empty), "removed it leaves nothing\n");
	fp_model_free(one);
	fp_model_free(two);
	fp_model_free(three);
}

static const char by_hand[] =
	"zone: {out: {role: outside, interface: [eth0, eth9], access-list: mine},\n"
	"       dmz: {role: other, interface: eth5}}\n"
	"acl: {mine: {entries: [permit tcp to any port 22 remark ssh, deny ip remark the rest]},\n"
	"      other: {entries: [permit udp to any port 53]}}\n"
	"pat: {rest: {zone: out, order: 900}}\n"
	"static-pat: {www: {proto: tcp, zone: out, public: '203.0.113.10:443',\n"
	"                   node: '192.0.2.80:443'}}\n";

static void test_by_hand(void)
{
	struct fp_model *hand = read_policy(by_hand), *m = derive(example, hand), *again;
	const struct fp_obj_acl *mine;
	struct fp_obj_zone *zone;

	mine = m ? (struct fp_obj_acl *)fp_model_find(m, FP_K_ACL, "mine") : NULL;
	zone = m ? fp_find_zone(m, "outside") : NULL;
	ksft_test_result(mine && !zone && mine->n_aces == 9 &&
			 mine->aces[8]->action == FEDPAT_ACTION_DENY &&
			 mine->aces[1]->o.owner && !mine->aces[0]->o.owner,
			 "the zone made by hand is used, its list lets partners in before the deny\n");
	again = derive(example, m);
	ksft_test_result(again && !steps(m, again), "applied again it stays so\n");
	fp_federation_remove(again, "contoso");
	ksft_test_result(!steps(again, hand), "removed, what was made by hand is as it was\n");
	fp_model_free(hand);
	fp_model_free(m);
	fp_model_free(again);
}

static void test_two(struct fp_model *empty)
{
	static const char other[] =
		"workflow: lync-b2b-asa\nname: tailspin\nlocal_domains: [example.org]\n"
		"public_fqdn: sip.example.org\npublic_address: 203.0.113.20\n"
		"inside_address: 192.0.2.1\ninside_interface: eth1\noutside_interface: eth0\n"
		"transport: tcp\nnodes: [{name: a, address: 192.0.2.30}]\n"
		"partners: [{domains: [example.edu], edge: e.example.edu, addresses: [198.51.100.9]}]\n"
		"other_inside_traffic: yes\n";
	char *text = with("inside_networks:", "other_inside_traffic: yes\ninside_networks:");
	struct fp_model *a = derive(text, empty), *ab = derive(other, a), *b, *none, *only;
	const struct fp_obj_tls_proxy *p, *q;
	u32 i, j;
	bool ok = true;

	fp_model_each(ab, FP_K_TLS_PROXY, i, p) {
		fp_model_each(ab, FP_K_TLS_PROXY, j, q)
			ok &= p == q || p->listener_port != q->listener_port;
	}
	ksft_test_result(ok && ab->tables[FP_K_TLS_PROXY].n == 4 && ab->tables[FP_K_ZONE].n == 2,
			 "two federations share zones and no port\n");
	b = fp_model_copy(ab);
	fp_federation_remove(b, "contoso");
	only = fp_model_copy(ab);
	fp_federation_remove(only, "tailspin");
	ksft_test_result(!steps(only, a), "without the second the first is as it was\n");
	ok = fp_find_zone(b, "outside") && fp_find_federation(b, "tailspin") &&
	     !fp_find_federation(b, "contoso");
	none = fp_model_copy(b);
	fp_federation_remove(none, "tailspin");
	ksft_test_result(ok && !steps(none, empty), "the last one takes what they shared\n");
	fp_model_free(a);
	fp_model_free(ab);
	fp_model_free(b);
	fp_model_free(none);
	fp_model_free(only);
	free(text);
}

/* --- one inside server, several federations --- */

/* The example for another partner of the same nodes. */
static char *second(void)
{
	char *keep = example, *text = with("name: contoso", "name: tailspin"), *next;
	static const char *const change[][2] = {
		{ "name: fabrikam", "name: wingtip" },
		{ "[example.net]", "[example.edu]" },
		{ "edge.example.net", "e.example.edu" },
		{ "198.51.100.20", "198.51.100.30" },
		{ "/etc/fedpat/partner-ca.pem", "/etc/fedpat/edu-ca.pem" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(change); i++) {
		example = text;
		next = with(change[i][0], change[i][1]);
		free(text);
		text = next;
	}
	example = keep;
	return text;
}

static bool owned_by(const struct fp_model *m, enum fp_kind_id kind, const char *name,
		     const char *owner)
{
	const struct fp_obj *obj = m ? fp_model_find(m, kind, name) : NULL;

	return obj && obj->owner && !strcmp(obj->owner, owner);
}

static u32 rows(const struct fp_model *m, enum fp_kind_id kind)
{
	return m ? m->tables[kind].n : 0;
}

static void test_share(struct fp_model *empty)
{
	char *text = second();
	struct fp_model *a = derive(example, empty), *ab = derive(text, a), *b, *again, *only;
	const struct fp_obj_peer *peer = ab ? fp_find_peer(ab, "tailspin.wingtip") : NULL;
	const struct fp_obj_trustpoint *tp;

	ksft_test_result(peer && !strcmp(peer->federation, "contoso") &&
			 owned_by(ab, FP_K_FEDERATION, "contoso", FP_OWNER_SHARED) &&
			 rows(ab, FP_K_FEDERATION) == 1 &&
			 rows(ab, FP_K_NODE) == rows(a, FP_K_NODE) &&
			 rows(ab, FP_K_CLASS_MAP) == 8 && rows(ab, FP_K_TLS_PROXY) == 2,
			 "a second federation of the same nodes joins the first\n");
	tp = ab ? fp_find_trustpoint(ab, "tailspin.public") : NULL;
	ksft_test_result(tp && peer && !strcmp(tp->ca, "/etc/fedpat/edu-ca.pem") &&
			 !strcmp(peer->trustpoint, "tailspin.public"),
			 "its partners are judged by its own CAs\n");
	again = derive(example, ab);
	b = derive(text, again);
	ksft_test_result(again && b && !steps(ab, again) && !steps(ab, b),
			 "each applied again changes nothing\n");
	only = fp_model_copy(ab);
	fp_federation_remove(only, "tailspin");
	ksft_test_result(!steps(only, a), "without the second the first is as it was\n");
	fp_model_free(again);
	again = fp_model_copy(ab);
	fp_federation_remove(again, "contoso");
	tp = fp_find_trustpoint(again, "contoso.public");
	ksft_test_result(owned_by(again, FP_K_NODE, "contoso.imp1", "tailspin") &&
			 rows(again, FP_K_CLASS_MAP) == 4 && rows(again, FP_K_PEER) == 1 && tp &&
			 !strcmp(tp->ca, "/etc/fedpat/edu-ca.pem") &&
			 fp_find_federation(again, "contoso"),
			 "without the first the second has the nodes, and tokens stay good\n");
	fp_model_free(b);
	b = derive(text, again);
	ksft_test_result(b && !steps(again, b), "and applied again it changes nothing\n");
	fp_model_free(b);
	b = derive(example, again);
	ksft_test_result(b && owned_by(b, FP_K_NODE, "contoso.imp1", FP_OWNER_SHARED) &&
			 !strcmp(fp_find_trustpoint(b, "contoso.public")->ca,
				 "/etc/fedpat/partner-ca.pem") && rows(b, FP_K_PEER) == 2,
			 "the first may come back\n");
	fp_federation_remove(b, "contoso");
	fp_federation_remove(b, "tailspin");
	ksft_test_result(!steps(b, empty), "nothing is left when both are gone\n");
	fp_model_free(a);
	fp_model_free(ab);
	fp_model_free(b);
	fp_model_free(again);
	fp_model_free(only);
	free(text);
}

/* What a second federation of the nodes may not say. */
static const struct wrong {
	const char *from, *to; /* change of the example */
	const char *attr; /* that the fault names */
	const char *text; /* that the fault says */
} unlike[] = {
	{ "[example.com]", "[example.org]", "local-domain",
	  "is example.org here, and example.com" },
	{ "public_fqdn: imp-public.", "public_fqdn: sip.", "public-fqdn",
	  "is sip.example.com here" },
	{ "    digit: 4\n", "    digit: 5\n", NULL, "is in this file, but not in that of" },
	{ "name: imp2 ", "name: cups2", NULL, "is not in this file, but in that of" },
	{ "/etc/fedpat/inside.pem", "/etc/fedpat/in.pem", "cert", "is /etc/fedpat/in.pem here" },
};

static bool is_told(const struct fp_errs *errs, const struct wrong *w);

static void test_unlike(struct fp_model *empty)
{
	struct fp_model *a = derive(example, empty);
	char *keep = example, *other = second(), *text;
	struct fp_errs errs = { 0 };
	struct fp_plan p;
	bool ok = true;
	size_t i;

	example = other;
	for (i = 0; i < ARRAY_SIZE(unlike); i++) {
		text = with(unlike[i].from, unlike[i].to);
		if (!plan_text(text, a, &p, &errs) || !is_told(&errs, &unlike[i])) {
			ksft_print_msg("%s -> %s is not told\n", unlike[i].from, unlike[i].to);
			print_faults(&errs);
			ok = false;
		}
		fp_plan_free(&p);
		fp_errs_free(&errs);
		free(text);
	}
	example = keep;
	ksft_test_result(ok, "what differs from the first federation of the nodes is told\n");
	fp_model_free(a);
	free(other);
}

/* Another public address: a realm of its own, whose connections are told apart. */
static void test_beside(struct fp_model *empty)
{
	char *keep = example, *other = second(), *text;
	struct fp_model *a = derive(example, empty), *ab;
	const struct wrong clash = { .text = "taken by class map 'contoso.ent_imp_to_ext'" };
	struct fp_errs errs = { 0 };
	struct fp_plan p;

	example = other;
	text = with("203.0.113.10", "203.0.113.20");
	ab = derive(text, a);
	ksft_test_result(rows(ab, FP_K_FEDERATION) == 2 && rows(ab, FP_K_TLS_PROXY) == 4 &&
			 owned_by(ab, FP_K_NODE, "tailspin.imp1", "tailspin") &&
			 owned_by(ab, FP_K_NODE, "contoso.imp1", "contoso"),
			 "behind another public address the nodes are those of both\n");
	fp_federation_remove(ab, "contoso");
	ksft_test_result(rows(ab, FP_K_FEDERATION) == 1 &&
			 rows(ab, FP_K_NODE) == rows(a, FP_K_NODE),
			 "and one takes nothing of the other\n");
	free(example);
	example = text;
	text = with("198.51.100.30", "198.51.100.20");
	ksft_test_result(plan_text(text, a, &p, &errs) && is_told(&errs, &clash),
			 "one connection for two federations is told\n");
	print_faults(&errs);
	fp_plan_free(&p);
	fp_errs_free(&errs);
	free(example);
	free(text);
	example = keep;
	fp_model_free(a);
	fp_model_free(ab);
}

/* --- what it refuses --- */

static const struct wrong wrongs[] = {
	{ "workflow: lync-b2b-asa", "workflow: lync-b2b-as", "workflow", "there is no workflow" },
	{ "workflow: lync-b2b-asa\n", "", "workflow", "is missing" },
	{ "name: contoso", "name: shared", "name", "a meaning of its own" },
	{ "name: contoso", "name: a b", "name", "has a character" },
	{ "name: contoso", "name: abcdefghijklmnopqrstuvwxyz12345", "name", "is too long" },
	{ "[example.com]", "[example.1om]", "local_domains", "begins with a digit" },
	{ "[example.com]", "[example.net]", "domains", "is also in local_domains" },
	{ "local_domains: [example.com]\n", "", "local_domains", "is missing" },
	{ "public_address: 203.0.113.10", "public_address: 203.0.113.1o", "public_address",
	  "is not an IPv4" },
	{ "public_address: 203.0.113.10", "public_address: 2001:db8::1", "address",
	  "not of the family" },
	{ "public_fqdn: imp-public", "public_fqdn: -imp", "public_fqdn", "begins or ends" },
	{ "outside_interface: eth0", "outside_interface: eth1", "outside_interface",
	  "is also inside_interface" },
	{ "    digit: 4\n", "", "digit", "is the routing node" },
	{ "    digit: 4\n", "    digit: 7\n", "digit", "out of range" },
	{ "192.0.2.11\n", "192.0.2.11\n    digit: 3\n", "digit", "none is the routing node" },
	{ "192.0.2.12", "192.0.2.11", "address", "is also that of node 'imp1'" },
	{ "192.0.2.12", "192.0.2.1", "address", "is also inside_address" },
	{ "name: imp2", "name: imp1", "name", "is given twice" },
	{ "    digit: 4\n", "    digit: 4\n    port: 5060\n", "port",
	  "is 5060, and transport is tls" },
	{ "    digit: 4\n", "    digit: 4\n    port: 5080\n", "port", "is also its sip_port" },
	{ "    digit: 4\n", "    digit: 4\n    transport: udp\n", "transport", "mixes udp" },
	{ "    digit: 4\n", "    digit: 4\n    dgit: 5\n", NULL, "there is no attribute 'dgit'" },
	{ "    edge: edge.example.net\n", "", "subjects", "are missing" },
	{ "    edge: edge.example.net\n", "    subjects: [e.example.net]\n    use_srv: no\n",
	  "edge", "is missing, and use_srv is no" },
	{ "addresses: [198.51.100.20]", "addresses: []", "addresses", "has no value" },
	{ "addresses: [198.51.100.20]", "addresses: [edge]", "addresses", "is not an IPv4" },
	{ "domains: [example.net]", "domains: [example.net, Example.NET]", "domains",
	  "is given twice" },
	{ "edge: edge.example.net", "edge: edge.example.net\n    port: 5060", "port",
	  "is 5060, and transport is tls" },
	{ "trustpoints:", "trust_points:", "trustpoints", "is missing" },
	{ "  inside_key: /etc/fedpat/inside.key\n", "", "inside_key", "is missing" },
	{ "public_key: /etc", "public_key: etc", "public_key", "no absolute file name" },
	{ "nodes:\n", "nodes: []\nold:\n", "nodes", "is no list" },
	{ "inside_networks: [192.0.2.0/24]", "inside_networks: [192.0.2.1/24]", "inside_networks",
	  "bits set" },
	{ "inside_address: 192.0.2.1", "inside_address: 192.0.2.1\ntransport: any", "transport",
	  "is any" },
};

static bool is_told(const struct fp_errs *errs, const struct wrong *w)
{
	const struct fp_err *e;
	unsigned int i;

	for (i = 0; i < errs->n; i++) {
		e = &errs->v[i];
		if (!e->file || !e->line || !e->col || !e->text || !e->remedy)
			return false;
		if (strstr(e->text, w->text) &&
		    (!w->attr || (e->attr && !strcmp(e->attr, w->attr))))
			return true;
	}
	return false;
}

static void test_wrong(struct fp_model *empty)
{
	struct fp_errs errs = { 0 };
	struct fp_plan p;
	bool ok = true;
	char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		text = with(wrongs[i].from, wrongs[i].to);
		if (!plan_text(text, empty, &p, &errs) || !is_told(&errs, &wrongs[i])) {
			ksft_print_msg("%s -> %s is not told\n", wrongs[i].from, wrongs[i].to);
			print_faults(&errs);
			ok = false;
		}
		fp_plan_free(&p);
		fp_errs_free(&errs);
		free(text);
	}
	ksft_test_result(ok, "each of %zu wrong files is told with place and remedy\n", i);
}

static bool refuses(const char *policy, const char *text)
{
	struct wrong w = { .text = text };
	struct fp_model *m = read_policy(policy);
	struct fp_errs errs = { 0 };
	struct fp_plan p;
	bool ok;

	ok = plan_text(example, m, &p, &errs) && is_told(&errs, &w);
	if (!ok)
		print_faults(&errs);
	fp_plan_free(&p);
	fp_errs_free(&errs);
	fp_model_free(m);
	return ok;
}

static void test_clashes(void)
{
	ksft_test_result(refuses("zone: {outside: {role: inside}}\n", "another side"),
			 "a zone on another side is told\n");
	ksft_test_result(refuses("zone: {outside: {role: outside, interface: eth7}}\n",
				 "has not this interface"),
			 "a zone made by hand is not changed\n");
	ksft_test_result(refuses("zone: {o: {role: outside, interface: eth0, access-list: m}}\n"
				 "acl: {m: {entries: [deny tcp from 198.51.100.0/24]}}\n",
				 "line 1 of access list 'm' denies"),
			 "an entry that denies the partner is told\n");
	ksft_test_result(refuses("zone: {o: {role: outside, interface: eth0}}\n"
				 "static-pat: {x: {proto: tcp, zone: o,\n"
				 " public: '203.0.113.10:45062', node: '192.0.2.99:1'}}\n",
				 "public port 45062 is also that of static-pat 'x'"),
			 "a public port that is taken is told\n");
	ksft_test_result(refuses("federation: {contoso: {place: asa}}\n", "made by hand"),
			 "a federation made by hand is not replaced\n");
	ksft_test_result(refuses("federation: {f: {place: asa}}\n"
				 "peer: {p: {federation: f, role: outside}}\n"
				 "domain: {example.net: {federation: f, peer: p}}\n",
				 "is federated already"),
			 "a domain of another federation is told\n");
}

int main(void)
{
	struct fp_model *empty = fp_model_alloc();
	int i;

	ksft_print_header();
	ksft_set_plan(1 + 3 + 3 * FP_WF_COUNT + 2 + 1 + 3 + 3 + 8 + 1 + 3 + 1 + 6);
	example = slurp(EXAMPLE);
	test_golden(empty);
	test_transports(empty);
	for (i = 0; fp_workflows[i]; i++)
		test_template(fp_workflows[i], empty);
	test_again(empty);
	test_by_hand();
	test_two(empty);
	test_share(empty);
	test_unlike(empty);
	test_beside(empty);
	test_wrong(empty);
	test_clashes();
	free(example);
	fp_model_free(empty);
	ksft_finished();
}
