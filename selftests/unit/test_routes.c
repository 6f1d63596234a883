// SPDX-License-Identifier: GPL-2.0
/* Patterns of static routes, rules for names, order of servers. */
#include <stdlib.h>
#include <string.h>

#include "../../tools/lib/model.h"
#include "../../tools/lib/routes.h"
#include "kselftest.h"

static void test_patterns(void)
{
	bool ok = true;

	ok &= !fp_pattern_check(".net.example.*") && !fp_pattern_check(".net.example");
	ok &= !fp_pattern_check(".*") && !fp_pattern_check("*") && !fp_pattern_check("example.net");
	ok &= !fp_pattern_check(".net.*");
	ksft_test_result(ok, "patterns in both ways of writing\n");
	ok = fp_pattern_check("example.net.*") && fp_pattern_check(".net.*.example");
	ok &= fp_pattern_check(".net..example.*") && fp_pattern_check(".") && fp_pattern_check("");
	ok &= fp_pattern_check(".net.exa mple.*") && fp_pattern_check("net");
	ksft_test_result(ok, "one that is not reversed, or has a star within, is none\n");
	ok = fp_pattern_match(".net.example.*", "example.net");
	ok &= fp_pattern_match(".net.example.*", "im.EXAMPLE.net");
	ok &= fp_pattern_match(".net.example", "im.example.net");
	ok &= !fp_pattern_match(".net.example.*", "badexample.net");
	ok &= !fp_pattern_match(".net.example.im.*", "example.net");
	ok &= !fp_pattern_match("example.net", "im.example.net");
	ok &= fp_pattern_match(".*", "whoever.example");
	ksft_test_result(ok, "what they match\n");
	ok = fp_pattern_match(".net.example.im.*", "a.im.example.net") >
		fp_pattern_match(".net.example.*", "a.im.example.net");
	ok &= fp_pattern_match(".net.example.*", "example.net") >
		fp_pattern_match(".*", "example.net");
	ok &= fp_pattern_match("example.net", "example.net") >
		fp_pattern_match(".net.example.*", "example.net");
	ksft_test_result(ok, "the longer, the better\n");
}

static struct fp_obj_route *add(struct fp_model *m, const char *name, const char *pattern,
				u32 priority)
{
	struct fp_obj *obj = fp_obj_alloc(FP_K_ROUTE, name);

	fp_obj_set_str(obj, FEDPAT_A_ROUTE_FEDERATION, "f");
	fp_obj_set_str(obj, FEDPAT_A_ROUTE_PATTERN, pattern);
	fp_obj_set_num(obj, FEDPAT_A_ROUTE_PRIORITY, priority);
	fp_model_add(m, obj);
	return (struct fp_obj_route *)obj;
}

static void test_choice(void)
{
	const struct fp_obj_route *v[8], *blocked;
	struct fp_model *m = fp_model_alloc();
	struct fp_obj_route *first;
	bool ok;

	add(m, "all", ".*", 1);
	add(m, "backup", ".net.example", 2);
	first = add(m, "first", ".net.example.*", 1);
	ok = fp_routes_for(m, "f", "example.net", v, 8, &blocked) == 2 && !blocked;
	ok &= !strcmp(v[0]->o.name, "first") && !strcmp(v[1]->o.name, "backup");
	ok &= fp_routes_for(m, "f", "else.example", v, 8, &blocked) == 1;
	ok &= !fp_routes_for(m, "g", "example.net", v, 8, &blocked);
	ksft_test_result(ok, "all of the longest pattern, by priority, of one federation\n");
	fp_obj_set_num(&first->o, FEDPAT_A_ROUTE_BLOCKED, 1);
	ok = fp_routes_for(m, "f", "example.net", v, 8, &blocked) == 1 && blocked == first;
	fp_obj_set_num(&first->o, FEDPAT_A_ROUTE_OUT_OF_SERVICE, 1);
	ok &= fp_routes_for(m, "f", "example.net", v, 8, &blocked) == 1 && !blocked;
	ksft_test_result(ok, "one blocks, and out of service does not\n");
	fp_model_free(m);
}

static void test_rules(void)
{
	bool ok;

	ok = fp_rule_match("exact:edge.example.net", "EDGE.example.net") == FP_RULE_ACCEPT;
	ok &= fp_rule_match("wildcard:*.example.net", "edge.example.net") == FP_RULE_ACCEPT;
	ok &= !fp_rule_match("wildcard:*.example.net", "a.b.example.net");
	ok &= !fp_rule_match("wildcard:*.example.net", "example.net");
	ok &= fp_rule_match("prefix:edge", "edge7.example.net") == FP_RULE_ACCEPT;
	ok &= fp_rule_match("suffix:.example.net", "a.b.example.net") == FP_RULE_ACCEPT;
	ok &= !fp_rule_match("suffix:.example.net", "example.net");
	ok &= fp_rule_match("regex:edge[0-9]+\\.example\\.net", "edge12.example.net") ==
		FP_RULE_ACCEPT;
	ok &= !fp_rule_match("regex:edge[0-9]+\\.example\\.net", "edge1.example.net.evil.example");
	ok &= fp_rule_match("deny:exact:old.example.net", "old.example.net") == FP_RULE_DENY;
	ksft_test_result(ok, "rules exact, wildcard, prefix, suffix, regex and deny\n");
	ok = !fp_rule_check("suffix:.example.net") && fp_rule_check("suffix:.net");
	ok &= fp_rule_check("regex:(") && fp_rule_check("edge.example.net") &&
	      fp_rule_check("exact:");
	ok &= fp_rule_check("wildcard:a.*.net") && !fp_rule_check("deny:regex:.*");
	ksft_test_result(ok, "rules that are none are refused\n");
}

static void test_peer(void)
{
	struct fp_obj *obj = fp_obj_alloc(FP_K_PEER, "p");
	const struct fp_obj_peer *peer = (const struct fp_obj_peer *)obj;
	struct fp_name_verdict v;
	bool ok;

	fp_obj_add_str(obj, FEDPAT_A_PEER_DOMAIN, "example.net");
	fp_peer_name(peer, "example.net", &v);
	ok = v.accepted && !strcmp(v.what, "domain");
	fp_obj_set_str(obj, FEDPAT_A_PEER_HOST, "edge.example.net");
	fp_peer_name(peer, "example.net", &v);
	ok &= !v.accepted;
	fp_peer_name(peer, "edge.example.net", &v);
	ok &= v.accepted && !strcmp(v.what, "host");
	fp_obj_add_str(obj, FEDPAT_A_PEER_NAME_RULE, "deny:exact:old.example.net");
	fp_obj_add_str(obj, FEDPAT_A_PEER_NAME_RULE, "suffix:.example.net");
	fp_peer_name(peer, "old.example.net", &v);
	ok &= v.denied && !v.accepted && !strcmp(v.by, "deny:exact:old.example.net");
	fp_peer_name(peer, "new.example.net", &v);
	ok &= v.accepted && !strcmp(v.what, "name-rule");
	ksft_test_result(ok, "a peer's rules, subjects, host and domains, in this order\n");
	fp_obj_free(obj);
	ok = fp_labels_common("edge.example.net", "edgy.example.net") == 2;
	ok &= !fp_labels_common("example.net", "example.org") &&
	      fp_labels_common("a.b", "a.b") == 2;
	ksft_test_result(ok, "labels in common\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(10);
	test_patterns();
	test_choice();
	test_rules();
	test_peer();
	ksft_finished();
}
