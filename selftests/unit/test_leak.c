// SPDX-License-Identifier: GPL-2.0
/*
 * The third-party corpus through the rewrite, with a policy that calls everything
 * inside but our own public name: nothing leaks, what comes back is what went, and
 * what we write can be parsed. The scanner itself is tested first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "kselftest.h"
#include "relay_env.h"

static const char *const folders[] = {
	"sip-torture", "sip-rfc-examples", "sip-messages", "sip-microsoft", "sip-xmpp-interworking",
};

static struct {
	struct env *e, *e2;
	int files, parsed, rewritten, full, opaque;
	int leaks, unparsable, changed, foreign;
} n;

static const char *const not_echoed[] = {
	"Via",
	"v",
	"Max-Forwards",
	"User-Agent",
	"Server",
	"Content-Length",
	"l",
	"Warning",
	"ms-diagnostics",
	"ms-diagnostics-public",
	"ms-client-diagnostics",
};

static bool name_in(struct fp_slice name, const char *const *list, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (name.len == strlen(list[i]) &&
		    !strncasecmp((const char *)name.p, list[i], name.len))
			return true;
	return false;
}

static bool same(struct fp_slice a, struct fp_slice b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* Rows of @a that @b must have byte for byte, in order; others are skipped in both. */
static const struct fp_hdr_row *next_row(const struct fp_sip_msg *m, u32 *i, bool echo_only)
{
	while (*i < m->n_rows) {
		const struct fp_hdr_row *row = &m->rows[(*i)++];
		bool echo = fp_hdr_flags(row->id) & FP_HF_ADDR || row->id == FP_H_CALL_ID ||
			    row->id == FP_H_REPLACES || row->id == FP_H_IN_REPLY_TO ||
			    row->id == FP_H_TARGET_DIALOG || row->id == FP_H_JOIN;

		if (name_in(fp_msg_at(m, fp_row_name(row)), not_echoed, ARRAY_SIZE(not_echoed)))
			continue;
		if (!echo_only || echo)
			return row;
	}
	return NULL;
}

static bool rows_agree(const char *path, const struct fp_sip_msg *a, const struct fp_sip_msg *b,
		       bool echo_only)
{
	const struct fp_hdr_row *ra, *rb;
	u32 i = 0, j = 0;

	do {
		ra = next_row(a, &i, echo_only);
		rb = next_row(b, &j, echo_only);
		if (!ra || !rb)
			break;
		if (!same(fp_msg_at(a, fp_span(ra->off, ra->len)),
			  fp_msg_at(b, fp_span(rb->off, rb->len)))) {
			ksft_print_msg("%s: was  %.*s", path, (int)ra->len, a->buf + ra->off);
			ksft_print_msg("%s: came %.*s", path, (int)rb->len, b->buf + rb->off);
			return false;
		}
	} while (1);
	return !ra && !rb;
}

static bool bodies_agree(const struct fp_sip_msg *a, const struct fp_sip_msg *b)
{
	struct fp_slice x = fp_msg_at(a, a->body), y = fp_msg_at(b, b->body);

	return same(x, y);
}

static bool has_sdp(const struct fp_sip_msg *m)
{
	return fp_slice_ifind(fp_slice(m->buf, m->len), FP_LIT("application/sdp")) >= 0 ||
	       fp_slice_ifind(fp_slice(m->buf, m->len), FP_LIT("sipfrag")) >= 0;
}

/* Vias of a response that goes out are the partner's own. */
static void hide_vias(unsigned char *bytes, const struct fp_sip_msg *m)
{
	const struct fp_hdr_row *row;

	fp_for_each_row(m, row, FP_H_VIA) memset(bytes + row->off, 'x', row->len);
}

static void check_leak(const char *path, const struct env *e)
{
	struct fp_sip_msg *m = n.e2->msg;
	unsigned char *copy = malloc(e->len + 1);
	size_t len = m->len;
	const char *leak;

	memcpy(copy, e->out, e->len);
	if (!m->is_request)
		hide_vias(copy, m);
	if (e->w->notes & (FP_NOTE_USER_TEXT | FP_NOTE_SIGNED | FP_NOTE_OPAQUE_BODY)) {
		n.opaque++;
		len = m->head_len;
	}
	leak = leak_find(&env_secrets_everything, copy, len);
	if (leak) {
		n.leaks++;
		ksft_print_msg("%s: leaks %s\n", path, leak);
	}
	free(copy);
}

static void check_back(const char *path, struct env *e)
{
	struct fp_sip_msg *orig = e->msg;
	struct env *e2 = n.e2;
	struct fp_sip_msg *back = malloc(sizeof(*back));

	if (!env_rewrite(e2, &e2->partner, &e2->node, e->out, e->len)) {
		ksft_print_msg("%s: did not come back: %s\n", path, env_reason(e2));
		n.changed++;
	} else if (fp_sip_parse(back, e2->out, e2->len, FP_PARSE_DATAGRAM)) {
		ksft_print_msg("%s: came back broken: %s\n", path, fp_reason_info(back->err)->name);
		n.unparsable++;
	} else if (!same(fp_msg_at(orig, orig->ruri.whole), fp_msg_at(back, back->ruri.whole)) ||
		   !rows_agree(path, orig, back, false) ||
		   (!has_sdp(orig) && !bodies_agree(orig, back))) {
		ksft_print_msg("%s: came back changed\n", path);
		n.changed++;
	}
	free(back);
}

static void there_and_back(void *ctx, const char *path, const unsigned char *bytes, size_t len)
{
	struct env *e = n.e, *e2 = n.e2;

	(void)ctx;
	n.files++;
	if (!env_parse(e, bytes, len))
		return;
	n.parsed++;
	if (!env_rewrite(e, &e->node, &e->partner, bytes, len)) {
		ksft_print_msg("%s: not rewritten: %s\n", path, env_reason(e));
		n.full++;
		return;
	}
	n.rewritten++;
	if (!env_parse(e2, e->out, e->len)) {
		ksft_print_msg("%s: what we wrote is refused: %s at %u\n", path, env_reason(e2),
			       e2->msg->err_off);
		n.unparsable++;
		return;
	}
	check_leak(path, e);
	check_back(path, e);
}

/* A partner whose addresses all look like ours: inside and out again. */
static void foreign(void *ctx, const char *path, const unsigned char *bytes, size_t len)
{
	struct env *e = n.e, *e2 = n.e2;
	struct fp_sip_msg *back;

	(void)ctx;
	if (!env_parse(e, bytes, len) || !env_rewrite(e, &e->partner, &e->node, bytes, len))
		return;
	back = malloc(sizeof(*back));
	if (!env_rewrite(e2, &e2->node, &e2->partner, e->out, e->len) ||
	    fp_sip_parse(back, e2->out, e2->len, FP_PARSE_DATAGRAM) ||
	    !same(fp_msg_at(e->msg, e->msg->ruri.whole), fp_msg_at(back, back->ruri.whole)) ||
	    !rows_agree(path, e->msg, back, true)) {
		ksft_print_msg("%s: partner's own values changed (%s)\n", path, env_reason(e2));
		n.foreign++;
	}
	free(back);
}

static int run(env_file_fn fn)
{
	size_t i;
	int files = 0;

	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		files += env_each_file(folders[i], ".sip", fn, NULL);
		files += env_each_file(folders[i], ".dat", fn, NULL);
	}
	return files;
}

static bool finds(const char *text)
{
	return leak_find(&env_secrets, text, strlen(text));
}

static void test_scanner(void)
{
	static const char *const bad[] = {
		"x 192.0.2.11 y",
		"192.0.2.255",
		"a192.000.002.011b",
		"sip:%31%39%32.0.2%2e7",
		"[2001:DB8:1::a]",
		"2001:0db8:0001:0:0:0:0:1",
		"::ffff:192.0.2.1",
		"IMP1.example.com",
		"host.corp.example.com",
		"corp.example.com.",
		"x-imp2.example.com-y",
		"MTkyLjAuMi4xMTo1MDYy",
		"..c2lwOmltcDEuZXhhbXBsZS5jb20tLS0tLQ==",
	};
	static const char *const good[] = {
		"1.192.0.2.11",
		"192.0.2.256",
		"192.0.21.1",
		"2001:db8:2::1",
		"imp1.example.comx",
		"ximp1.example.com",
		"203.0.113.10",
		"example.com",
		"imp-public.example.com",
		"",
	};
	size_t i, ok = 0;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (finds(bad[i]))
			ok++;
		else
			ksft_print_msg("missed: %s\n", bad[i]);
	ksft_test_result(ok == ARRAY_SIZE(bad), "the scanner finds every form\n");
	for (i = 0, ok = 0; i < ARRAY_SIZE(good); i++)
		if (!finds(good[i]))
			ok++;
		else
			ksft_print_msg("false alarm: %s\n", good[i]);
	ksft_test_result(ok == ARRAY_SIZE(good), "and nothing else\n");
}

int main(void)
{
	struct env_opts o = { .everything = true };
	int files;

	ksft_print_header();
	ksft_set_plan(7);
	test_scanner();
	n.e = env_new(&o);
	n.e2 = env_new(&o);
	/* Half of the corpus has no Content-Length. */
	n.e->parse_flags = FP_PARSE_DATAGRAM;
	n.e2->parse_flags = FP_PARSE_DATAGRAM;
	files = run(there_and_back);
	if (!files) {
		int i;

		for (i = 0; i < 5; i++)
			ksft_test_result_skip("no test data\n");
		env_free(n.e);
		env_free(n.e2);
		ksft_finished();
	}
	ksft_print_msg("%d files, %d parsed, %d rewritten, %d with text that is not looked into\n",
		       files, n.parsed, n.rewritten, n.opaque);
	ksft_test_result(n.rewritten > 200 && !n.full, "all that parses is rewritten\n");
	ksft_test_result(!n.leaks, "nothing of the inside goes out\n");
	ksft_test_result(!n.unparsable, "what goes out parses, and what comes back\n");
	ksft_test_result(!n.changed, "all that is echoed comes back byte for byte\n");
	run(foreign);
	ksft_test_result(!n.foreign, "a partner's look-alikes return to it unchanged\n");
	env_free(n.e);
	env_free(n.e2);
	ksft_finished();
}
