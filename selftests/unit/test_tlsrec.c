// SPDX-License-Identifier: GPL-2.0
/* Control records: what is done about each, however they are cut. */
#include <string.h>
#include <fedpat/tlsrec.h>
#include "kselftest.h"

/* A record and what becomes of it. */
static const struct {
	const char *name;
	u8 type;
	u8 len;
	const char *bytes;
	u8 verdict;
	u8 tickets;
	u8 alert;
	enum fp_reason reason;
} records[] = {
	{ "close_notify", 21, 2, "\1\0", FP_TLSREC_CLOSE_NOTIFY, 0, 0, FP_R_NONE },
	{ "fatal close_notify", 21, 2, "\2\0", FP_TLSREC_CLOSE_NOTIFY, 0, 0, FP_R_NONE },
	{ "user_canceled", 21, 2, "\1\x5a", FP_TLSREC_GO_ON, 0, 0, FP_R_NONE },
	{ "handshake_failure", 21, 2, "\2\x28", FP_TLSREC_TEARDOWN, 0, 40, FP_R_TLS_ALERT },
	{ "a warning", 21, 2, "\1\x64", FP_TLSREC_TEARDOWN, 0, 100, FP_R_TLS_ALERT },
	{ "an alert of one octet", 21, 1, "\2", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_ALERT_BAD },
	{ "an alert of three", 21, 3, "\1\0\0", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_ALERT_BAD },
	{ "an empty alert", 21, 0, "", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_ALERT_BAD },
	{ "a ticket", 22, 7, "\4\0\0\3abc", FP_TLSREC_GO_ON, 1, 0, FP_R_NONE },
	{ "an empty ticket", 22, 4, "\4\0\0\0", FP_TLSREC_GO_ON, 1, 0, FP_R_NONE },
	{ "two tickets", 22, 10, "\4\0\0\1x\4\0\0\1y", FP_TLSREC_GO_ON, 2, 0, FP_R_NONE },
	{ "KeyUpdate", 22, 5, "\x18\0\0\1\1", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_KEY_UPDATE },
	{ "KeyUpdate behind a ticket", 22, 10, "\4\0\0\1x\x18\0\0\1\0", FP_TLSREC_TEARDOWN, 1, 0,
	  FP_R_TLS_KEY_UPDATE },
	{ "HelloRequest", 22, 4, "\0\0\0\0", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_HANDSHAKE },
	{ "CertificateRequest", 22, 5, "\x0d\0\0\1x", FP_TLSREC_TEARDOWN, 0, 0,
	  FP_R_TLS_HANDSHAKE },
	{ "an empty handshake record", 22, 0, "", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_RECORD_BAD },
	{ "ChangeCipherSpec", 20, 1, "\1", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_RECORD_TYPE },
	{ "heartbeat", 24, 3, "\1\0\0", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_RECORD_TYPE },
	{ "a type of no RFC", 99, 1, "x", FP_TLSREC_TEARDOWN, 0, 0, FP_R_TLS_RECORD_TYPE },
};

/* The record in pieces of @step octets; the first verdict that is not to go on. */
static bool feed(unsigned int i, u32 step)
{
	struct fp_tlsrec_out out = { 0 };
	struct fp_tlsrec st = { 0 };
	const u8 *p = (const u8 *)records[i].bytes;
	u32 len = records[i].len, n;
	u32 tickets = 0;

	do {
		n = len < step ? len : step;
		fp_tlsrec_feed(&st, records[i].type, p, n, n == len, &out);
		tickets += out.tickets;
		p += n;
		len -= n;
	} while (len && out.verdict == FP_TLSREC_GO_ON);
	return out.verdict == records[i].verdict && out.reason == records[i].reason &&
	       out.alert == records[i].alert && tickets == records[i].tickets;
}

/* A ticket over two records, whatever the cut, and what follows it is seen. */
static bool spans_records(void)
{
	static const u8 both[] = { 4, 0, 1, 0, [260] = 24, 0, 0, 1, 1 };
	struct fp_tlsrec_out out;
	struct fp_tlsrec st;
	u32 cut;

	for (cut = 1; cut < sizeof(both) - 1; cut++) {
		memset(&st, 0, sizeof(st));
		fp_tlsrec_feed(&st, FP_TLSREC_HANDSHAKE, both, cut, true, &out);
		if (cut < 264 ? out.verdict != FP_TLSREC_GO_ON :
				out.reason != FP_R_TLS_KEY_UPDATE)
			return false;
		if (cut >= 264)
			continue;
		fp_tlsrec_feed(&st, FP_TLSREC_HANDSHAKE, both + cut, sizeof(both) - cut, true,
			       &out);
		if (out.reason != FP_R_TLS_KEY_UPDATE)
			return false;
	}
	return true;
}

/* An alert between two halves of a ticket changes nothing about it. */
static bool interleaved(void)
{
	static const u8 ticket[] = { 4, 0, 0, 2, 'a', 'b' }, warn[] = { 1, 90 };
	struct fp_tlsrec_out out;
	struct fp_tlsrec st = { 0 };

	fp_tlsrec_feed(&st, FP_TLSREC_HANDSHAKE, ticket, 3, true, &out);
	if (out.verdict != FP_TLSREC_GO_ON || out.tickets)
		return false;
	fp_tlsrec_feed(&st, FP_TLSREC_ALERT, warn, 2, true, &out);
	if (out.verdict != FP_TLSREC_GO_ON)
		return false;
	fp_tlsrec_feed(&st, FP_TLSREC_HANDSHAKE, ticket + 3, 3, true, &out);
	return out.verdict == FP_TLSREC_GO_ON && out.tickets == 1 && !st.skip && !st.have;
}

int main(void)
{
	unsigned int i;
	u32 step;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(records) + 2);
	for (i = 0; i < ARRAY_SIZE(records); i++) {
		bool ok = true;

		for (step = 1; step <= 12; step++)
			ok = feed(i, step) && ok;
		ksft_test_result(ok, "%s\n", records[i].name);
	}
	ksft_test_result(spans_records(), "a handshake message that spans records\n");
	ksft_test_result(interleaved(), "an alert within a handshake message\n");
	ksft_finished();
}
