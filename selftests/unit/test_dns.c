// SPDX-License-Identifier: GPL-2.0
/* Data of DNS records: what is read, what is refused, and what a terminal never sees. */
#include <kselftest.h>
#include <string.h>

#include "dns.h"

static const u8 record[] = "\x00\x0a\x00\x05\x13\xc5\x03sip\x07" "example\x03" "com";

static struct fp_srv srv;

/* A literal with its zero, which is the root label. */
#define read_srv(bytes) fp_dns_srv_read((const u8 *)(bytes), sizeof(bytes), &srv)

static void test_srv(void)
{
	bool ok;

	ok = fp_dns_srv_read(record, sizeof(record), &srv);
	ksft_test_result(ok && srv.priority == 10 && srv.weight == 5 && srv.port == 5061 &&
			 !srv.odd && !strcmp(srv.target, "sip.example.com"),
			 "an SRV record is read\n");
	ok = true;
	for (size_t len = 0; len < sizeof(record); len++)
		ok &= !fp_dns_srv_read(record, len, &srv);
	ksft_test_result(ok, "cut at every octet it is refused\n");
	ksft_test_result(!read_srv("\0\0\0\0\0\0\x01" "a\0\x01" "b"),
			 "what goes on behind its end is refused\n");
	ksft_test_result(read_srv("\0\0\0\0\0\0") && !srv.target[0] && !srv.odd,
			 "a target of \".\" is no name\n");
	ksft_test_result(!read_srv("\0\0\0\0\0\0\x40" "abc") && !read_srv("\0\0\0\0\0\0\xc0\x0c"),
			 "a label of 64 octets, and a compressed one, are refused\n");
}

static void test_odd(void)
{
	ksft_test_result(read_srv("\0\0\0\0\0\0\x03" "a\x1b" "b") && srv.odd &&
			 !strcmp(srv.target, "a?b"), "what a terminal must not see is replaced\n");
	ksft_test_result(read_srv("\0\0\0\0\0\0\x0b" "sip.example\x03" "com") && srv.odd &&
			 !strcmp(srv.target, "sip?example.com"),
			 "a dot within a label makes no other name of it\n");
	ksft_test_result(read_srv("\0\0\0\0\0\0\x03" "a\0b") && srv.odd &&
			 !strcmp(srv.target, "a?b"), "nor does a zero end it\n");
	ksft_test_result(read_srv("\0\0\0\0\0\0\x04" "a-_9") && !srv.odd, "hyphens are not odd\n");
}

/* The longest name: 3 labels of 63 octets and one of 61 are 253 characters. */
static void test_long(void)
{
	char text[FEDPAT_FQDN_MAX + 1], small[8];
	u8 name[300];
	bool odd;

	memset(name, 'a', sizeof(name));
	name[0] = 63;
	name[64] = 63;
	name[128] = 63;
	name[192] = 61;
	name[254] = 0;
	ksft_test_result(fp_dns_name(name, 255, text, sizeof(text), &odd) && strlen(text) == 253,
			 "the longest name\n");
	name[254] = 4;
	name[259] = 0;
	ksft_test_result(!fp_dns_name(name, 260, text, sizeof(text), &odd), "a longer one\n");
	ksft_test_result(fp_dns_name((const u8 *)"\x03sip\x03lan", 9, small, 8, &odd) &&
			 !strcmp(small, "sip.lan") &&
			 !fp_dns_name((const u8 *)"\x03sip\x03lan", 9, small, 7, &odd),
			 "room for a name is what it needs\n");
}

static void test_addr(void)
{
	static const u8 data[17] = { 198, 51, 100, 20 };
	struct fp_addr a;

	ksft_test_result(fp_dns_addr_read(data, 4, FP_DNS_A, &a) && a.family == 4 &&
			 !memcmp(a.b, data, sizeof(a.b)) &&
			 fp_dns_addr_read(data, 16, FP_DNS_AAAA, &a) && a.family == 6,
			 "addresses of both kinds\n");
	ksft_test_result(!fp_dns_addr_read(data, 16, FP_DNS_A, &a) &&
			 !fp_dns_addr_read(data, 4, FP_DNS_AAAA, &a) &&
			 !fp_dns_addr_read(data, 17, FP_DNS_AAAA, &a) &&
			 !fp_dns_addr_read(data, 3, FP_DNS_A, &a) &&
			 !fp_dns_addr_read(data, 16, FP_DNS_SRV, &a),
			 "of another length, or of another record, is none\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(14);
	test_srv();
	test_odd();
	test_long();
	test_addr();
	ksft_finished();
}
