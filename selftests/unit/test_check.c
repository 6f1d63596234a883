// SPDX-License-Identifier: GPL-2.0
/* Parts of the live checks that need no network: names, verdicts, findings. */
#include <kselftest.h>
#include <string.h>

#include "check/check_probe.h"

static void test_order(void)
{
	struct fp_srv v[] = {
		{ 20, 9, 5061, "c.example.com", false }, { 10, 0, 5061, "b.example.com", false },
		{ 10, 5, 5061, "a.example.com", false }, { 10, 0, 5061, "ab.example.com", false },
	};

	fp_srv_sort(v, 4);
	ksft_test_result(!strcmp(v[0].target, "a.example.com") &&
			 !strcmp(v[1].target, "ab.example.com") &&
			 !strcmp(v[3].target, "c.example.com"),
			 "lowest priority first, then highest weight\n");
}

static void test_names(void)
{
	ksft_test_result(fp_name_directly_in("sip.example.com", "example.com") &&
			 fp_name_directly_in("SIP.Example.COM.", "example.com"),
			 "a host in the domain itself\n");
	ksft_test_result(!fp_name_directly_in("sip.eu.example.com", "example.com") &&
			 !fp_name_directly_in("example.com", "example.com") &&
			 !fp_name_directly_in("sip.badexample.com", "example.com") &&
			 !fp_name_directly_in(".example.com", "example.com") &&
			 !fp_name_directly_in("", "example.com"),
			 "subdomains, the domain itself and neighbours are not\n");
	ksft_test_result(fp_check_parse("C5") == 5 && fp_check_parse("c16") == 16 &&
			 fp_check_parse("9") == 9, "checks by name\n");
	ksft_test_result(!fp_check_parse("C0") && !fp_check_parse("C17") && !fp_check_parse("") &&
			 !fp_check_parse("C") && !fp_check_parse("C5x") && !fp_check_parse("C-5") &&
			 !fp_check_parse("99999999999999999999"), "no other\n");
}

static u32 diag(const char *value, char *reason, size_t size)
{
	return fp_ms_diagnostics((const u8 *)value, (u32)strlen(value), reason, size);
}

static void test_diagnostics(void)
{
	char reason[40];

	ksft_test_result(diag("1009;reason=\"No match for domain in DNS SRV results\";source=\"e\"",
			      reason, sizeof(reason)) == 1009 &&
			 !strcmp(reason, "No match for domain in DNS SRV results"),
			 "ms-diagnostics: code and reason\n");
	ksft_test_result(diag(" 1010 ", reason, sizeof(reason)) == 1010 && !reason[0],
			 "a code alone\n");
	ksft_test_result(!diag("x;reason=\"a\"", reason, sizeof(reason)) &&
			 !diag("", reason, sizeof(reason)) &&
			 !diag("99999999999;reason=\"a\"", reason, sizeof(reason)), "no code\n");
	ksft_test_result(diag("1;reason=\"unfinished", reason, sizeof(reason)) == 1 &&
			 !strcmp(reason, "unfinished"), "a quote that does not end\n");
	ksft_test_result(diag("1;reason=\"0123456789012345678901234567890123456789xxxxx\"", reason,
			      sizeof(reason)) == 1 && strlen(reason) == sizeof(reason) - 1,
			 "a long reason is cut\n");
}

static bool says(u16 status, u32 code, enum fp_check_state state, const char *word)
{
	struct fp_sip_verdict v = fp_sip_judge(status, code);
	bool ok = v.state == state && strstr(v.words, word) && (state == FP_CHECK_OK || v.mend);

	if (!ok)
		ksft_print_msg("%u/%u is %d: %s\n", status, code, v.state, v.words);
	return ok;
}

static void test_verdicts(void)
{
	ksft_test_result(says(200, 0, FP_CHECK_OK, "SIP") && says(405, 0, FP_CHECK_OK, "SIP") &&
			 says(481, 0, FP_CHECK_OK, "SIP"), "SIP is spoken\n");
	ksft_test_result(says(403, 0, FP_CHECK_FAIL, "IM-provider list") &&
			 says(401, 0, FP_CHECK_FAIL, "challenged"), "not permitted\n");
	ksft_test_result(says(504, 1009, FP_CHECK_FAIL, "SRV") &&
			 says(504, 1010, FP_CHECK_FAIL, "certificate") &&
			 says(504, 0, FP_CHECK_FAIL, "DNS or certificates") &&
			 says(403, 1010, FP_CHECK_FAIL, "certificate"), "an Edge's 504\n");
	ksft_test_result(says(408, 0, FP_CHECK_FAIL, "next hop") &&
			 says(500, 0, FP_CHECK_FAIL, "fails") &&
			 says(488, 0, FP_CHECK_WARN, "not accepted"), "others\n");
}

static void test_findings(void)
{
	struct fp_check_result r = { 0 };

	fp_found(&r, FP_CHECK_OK, NULL, "fine");
	fp_found(&r, FP_CHECK_WARN, "mend", "so %s", "so");
	fp_mend(&r, "other %d", 1);
	ksft_test_result(r.state == FP_CHECK_WARN && r.n == 2 &&
			 !strcmp(r.found[1].mend, "other 1"),
			 "the worst finding is the state\n");
	for (int i = 0; i < 20; i++)
		fp_found(&r, FP_CHECK_WARN, NULL, "%d", i);
	fp_found(&r, FP_CHECK_FAIL, NULL, "worst");
	ksft_test_result(r.n == FP_FINDINGS_OF_CHECK && r.state == FP_CHECK_FAIL &&
			 !strcmp(r.found[r.n - 1].text, "worst"), "too many: the worst is kept\n");
	memset(&r, 0, sizeof(r));
	fp_found(&r, FP_CHECK_SKIP, NULL, "not here");
	ksft_test_result(r.state == FP_CHECK_SKIP, "a skip is no success\n");
}

static void test_table(void)
{
	u32 seen = 0, before = 0;
	bool ok = true;

	for (const struct fp_check *c = fp_checks; c->id; c++) {
		ok &= !((c->needs | c->after) & ~before) && c->run && c->title && c->explain;
		before |= FP_CHECK_BIT(c->id);
		seen++;
	}
	ksft_test_result(ok, "what a check stands on runs before it\n");
	ksft_test_result(seen == FP_CHECKS && before == 0x1fffe, "C1 to C16 are all there\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(19);
	test_order();
	test_names();
	test_diagnostics();
	test_verdicts();
	test_findings();
	test_table();
	ksft_finished();
}
