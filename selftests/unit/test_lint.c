// SPDX-License-Identifier: GPL-2.0
/*
 * Rules of lint: each is broken in a file that is right but for that, and must
 * be named with line and remedy; each that the documentation lists is broken.
 */
#include <kselftest.h>
#include <string.h>

#include "federation.h"
#include "text.h"

#define HEAD(w) \
	"workflow: " w "\nname: contoso\nlocal_domains: [example.com]\n" \
	"inside_interface: eth1\noutside_interface: eth0\n"
#define PUBLIC \
	"public_fqdn: sip.example.com\npublic_address: 203.0.113.10\n"
#define GATEWAY \
	PUBLIC "inside_address: 192.0.2.1\ninside_networks: [192.0.2.0/24]\n"
#define TRUST \
	"trustpoints: {public_cert: /nowhere/p.pem, public_key: /nowhere/p.key,\n" \
	"  partner_ca: /nowhere/ca.pem, inside_cert: /nowhere/i.pem,\n" \
	"  inside_key: /nowhere/i.key, inside_ca: /nowhere/ia.pem}\n"
#define PARTNER \
	"partners:\n" \
	"  - {domains: [example.net], edge: edge.example.net, addresses: [198.51.100.20]}\n"
#define NODES(more) \
	"nodes:\n" \
	"  - {name: imp1, address: 192.0.2.11, subjects: [imp1.example.com]}\n" \
	"  - {name: imp2, address: 192.0.2.12, subjects: [imp2.example.com]" more "}\n"
#define SERVERS \
	"partner_domains: [example.net]\n" \
	"servers:\n" \
	"  - {name: fe1.example.net, address: 198.51.100.31, priority: 1}\n" \
	"  - {name: fe2.example.net, address: 198.51.100.32, priority: 2}\n"

static const char asa[] = HEAD("lync-b2b-asa") GATEWAY NODES(", digit: 4") PARTNER TRUST;
static const char expressway[] = HEAD("office365") GATEWAY NODES("") PARTNER TRUST;
static const char broker[] = HEAD("lync-b2b-expressway") GATEWAY NODES("") PARTNER TRUST;
static const char intra[] = HEAD("lync-intracompany") "trusted_pool: pool.example.com\n"
	NODES("") SERVERS;
static const char aol[] = HEAD("aol") GATEWAY
	"company: x\ncontact_name: x\ncontact_mail: x\ncontact_phone: x\n"
	"certificate_authority: x\n" NODES(", digit: 4") PARTNER TRUST;
static const char xmpp[] = HEAD("xmpp") PUBLIC
	"nodes:\n  - {name: imp1, address: 192.0.2.11}\n"
	"partners:\n  - {domains: [example.net], kind: other}\n";

static const struct {
	const char *rule;
	const char *base;
	const char *from;
	const char *to;
} broken[] = {
	{ "address-family", asa, "203.0.113.10", "'2001:db8::1'" },
	{ "address-twice", asa, "192.0.2.12", "192.0.2.11" },
	{ "alias-twice", xmpp, "nodes:", "chat_aliases: [example.com]\nnodes:" },
	{ "aol-eku", aol, "edge: ", "eku: any-tls, edge: " },
	{ "calling-gateway", intra, "trusted_pool", "mode: chat-calling\ntrusted_pool" },
	{ "direct-flag", asa, "nodes:", "direct_federation: yes\nnodes:" },
	{ "domain-ours", asa, "[example.net]", "[example.com]" },
	{ "domain-taken", asa, "partners:\n", "partners:\n  - {name: x, domains: [example.net], "
	  "edge: e.example.net, addresses: [198.51.100.9]}\n" },
	{ "domain-twice", asa, "[example.net]", "[example.net, Example.NET]" },
	{ "email-domain", asa, "nodes:", "email_federation: [example.com]\nnodes:" },
	{ "file-missing", asa, "nodes:", "nodes:" },
	{ "inside-networks", asa, "inside_networks: [192.0.2.0/24]\n", "" },
	{ "intracompany-only", broker, "nodes:", "mode: chat-calling\nnodes:" },
	{ "legacy-ciphers", asa, "edge: ", "tls_profile: legacy, edge: " },
	{ "listener-twice", asa, "digit: 4", "digit: 4, port: 5080" },
	{ "name-twice", asa, "name: imp2", "name: imp1" },
	{ "one-interface", asa, "eth0", "eth1" },
	{ "open-federation", asa, "nodes:", "open_federation: yes\nnodes:" },
	{ "partner-address", expressway, ", addresses: [198.51.100.20]", "" },
	{ "peer-subject", asa, "edge: edge.example.net, ", "" },
	{ "port-digits", asa, ", digit: 4", "" },
	{ "protocol-mix", asa, "digit: 4", "digit: 4, transport: udp" },
	{ "protocol-port", asa, "digit: 4", "digit: 4, port: 5060" },
	{ "route-next-hop", asa, "edge: edge.example.net",
	  "subjects: [e.example.net], use_srv: no" },
	{ "route-peer-subject", asa, "edge: ", "subjects: [e.example.net], use_srv: no, edge: " },
	{ "route-priority", intra, "priority: 2", "priority: 1" },
	{ "route-reversed", asa, "edge: ", "route: example.net.*, edge: " },
	{ "route-to-pool", intra, "trusted_pool", "lync_pool: fe1.example.net\ntrusted_pool" },
	{ "routing-fqdn", asa, "nodes:", "federation_routing_fqdn: other.example.com\nnodes:" },
	{ "sametime-srv", xmpp, "kind: other}", "kind: sametime}" },
	{ "sametime-tls", xmpp, "kind: other}", "kind: sametime}\ntls_mode: optional" },
	{ "srv-target", asa, "sip.example.com", "sip.example.org" },
	{ "tls-mandatory", asa, "nodes:", "transport: tcp\nnodes:" },
	{ "transport", asa, "nodes:", "transport: any\nnodes:" },
	{ "trusted-pool", intra, "pool.example.com", "imp1.example.com" },
	{ "webex-client-cert", xmpp, "kind: other", "kind: webex" },
	{ "xmpp-direction", xmpp, "kind: other}",
	  "kind: other, direction: in}\nsasl_external: no" },
	{ "xmpp-node-name", xmpp, "192.0.2.11}", "192.0.2.11, public_address: 203.0.113.11}" },
	{ "xmpp-clear", xmpp, "nodes:", "tls_mode: none\nnodes:" },
	{ "xmpp-identity", xmpp, "nodes:", "dialback: no\nsasl_external: no\nnodes:" },
};

/* What shows only beside another federation: test_workflow.c, and below. */
static const char *const elsewhere[] = { "class-taken", "shared-nodes", "static-pat-unique",
					 "sip-and-xmpp" };

static char *changed(const char *base, const char *from, const char *to)
{
	const char *at = strstr(base, from);
	char *text = calloc(1, strlen(base) + strlen(to) + 1);

	if (at)
		sprintf(text, "%.*s%s%s", (int)(at - base), base, to, at + strlen(from));
	else
		ksft_print_msg("the file has no '%s'\n", from);
	return text;
}

static bool names(const struct fp_errs *errs, const char *rule)
{
	char tail[64];
	unsigned int i;

	snprintf(tail, sizeof(tail), "[%s]", rule);
	for (i = 0; i < errs->n; i++)
		if (strstr(errs->v[i].text, tail))
			return errs->v[i].line && errs->v[i].remedy && *errs->v[i].remedy;
	return false;
}

static bool finds(const char *text, const struct fp_model *running, const char *rule, bool wanted)
{
	struct fp_errs errs = { 0 };
	struct fp_plan plan = { 0 };
	struct fp_ydoc doc;
	char *line;
	unsigned int i;
	bool found;

	fp_ydoc_parse("f.yaml", text, strlen(text), &doc, &errs);
	fp_federation_plan_doc(&doc, running, &plan, &errs);
	found = names(&errs, rule) || names(&plan.notes, rule);
	for (i = 0; found != wanted && i < errs.n; i++) {
		line = fp_err_line(&errs.v[i]);
		ksft_print_msg("%s\n", line);
		free(line);
	}
	fp_plan_free(&plan);
	fp_errs_free(&errs);
	fp_ydoc_free(&doc);
	return found;
}

/* Without the change the rule says nothing, but for what is always missing here. */
static void test_rule(const struct fp_model *empty, size_t i)
{
	char *text = changed(broken[i].base, broken[i].from, broken[i].to);
	bool before = finds(broken[i].base, empty, broken[i].rule, false);
	bool always = !strcmp(broken[i].rule, "file-missing") ||
		      !strcmp(broken[i].rule, "sametime-srv");

	if (!strcmp(broken[i].rule, "sametime-srv")) {
		char *two = changed(text, "192.0.2.11}", "192.0.2.11}\n  - {name: imp2, "
				    "address: 192.0.2.12, digit: 2}");

		free(text);
		text = two;
	}
	ksft_test_result(finds(text, empty, broken[i].rule, true) && (always || !before),
			 "%s is found, with its place and a remedy\n", broken[i].rule);
	free(text);
}

static void test_both_protocols(const struct fp_model *empty)
{
	struct fp_errs errs = { 0 };
	struct fp_plan plan = { 0 };
	struct fp_ydoc doc;
	char *text = changed(xmpp, "contoso", "tailspin");
	bool ok;

	fp_ydoc_parse("f.yaml", asa, strlen(asa), &doc, &errs);
	ok = !fp_federation_plan_doc(&doc, empty, &plan, &errs);
	ksft_test_result(ok && finds(text, plan.target, "sip-and-xmpp", true),
			 "sip-and-xmpp is found, with its place and a remedy\n");
	fp_plan_free(&plan);
	fp_errs_free(&errs);
	fp_ydoc_free(&doc);
	free(text);
}

static bool is_known(const char *rule)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(broken); i++)
		if (!strcmp(broken[i].rule, rule))
			return true;
	for (i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (!strcmp(elsewhere[i], rule))
			return true;
	return false;
}

/* Every `rule` in the first column of the table of rules. */
static void test_documented(void)
{
	FILE *in = fopen("Documentation/workflows.md", "re");
	char line[512], *at, *end, *bar;
	bool rules = false, ok = in;
	unsigned int n = 0;

	while (in && fgets(line, sizeof(line), in)) {
		if (*line == '#')
			rules = !strncmp(line, "## Rules", 8);
		bar = rules && *line == '|' ? strchr(line + 1, '|') : NULL;
		for (at = line; bar && (at = strchr(at, '`')) && at < bar; at = end + 1) {
			end = strchr(++at, '`');
			*end = 0;
			n++;
			if (is_known(at))
				continue;
			ksft_print_msg("no test breaks '%s'\n", at);
			ok = false;
		}
	}
	if (in)
		fclose(in);
	ksft_test_result(ok && n == ARRAY_SIZE(broken) + ARRAY_SIZE(elsewhere),
			 "the %u rules that are documented are those that are tested\n", n);
}

int main(void)
{
	struct fp_model *empty = fp_model_alloc();
	size_t i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(broken) + 2);
	for (i = 0; i < ARRAY_SIZE(broken); i++)
		test_rule(empty, i);
	test_both_protocols(empty);
	test_documented();
	fp_model_free(empty);
	ksft_finished();
}
