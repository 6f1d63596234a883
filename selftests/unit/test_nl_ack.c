// SPDX-License-Identifier: GPL-2.0
/* Errors of the kernel in words: which attribute, what is missing, and what is no error. */
#include <errno.h>
#include <kselftest.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <string.h>

#include "fpnl_impl.h"

static char request[256] __attribute__((aligned(8)));
static char answer[512] __attribute__((aligned(8)));
static struct nlmsghdr *sent, *ack;
static u32 name_at, listener_at, port_at;
static struct fpnl_failure f;
static char attr[64];

static u32 end_of_request(void)
{
	return sent->nlmsg_len;
}

/* node-new with a name and a listener. */
static void make_request(void)
{
	struct genlmsghdr *genl;
	struct nlattr *nest;

	sent = mnl_nlmsg_put_header(request);
	genl = mnl_nlmsg_put_extra_header(sent, sizeof(*genl));
	genl->cmd = FEDPAT_CMD_NODE_NEW;
	name_at = end_of_request();
	mnl_attr_put_strz(sent, FEDPAT_A_NODE_NAME, "imp1");
	listener_at = end_of_request();
	nest = mnl_attr_nest_start(sent, FEDPAT_A_NODE_LISTENER);
	port_at = end_of_request();
	mnl_attr_put_u16(sent, FEDPAT_A_ENDPOINT_PORT, 0);
	mnl_attr_nest_end(sent, nest);
}

/* What the kernel answers: the whole request, or its header only. */
static void make_answer(int error, bool capped)
{
	struct nlmsgerr *e;
	size_t copied = capped ? sizeof(*sent) : sent->nlmsg_len;

	ack = mnl_nlmsg_put_header(answer);
	ack->nlmsg_type = NLMSG_ERROR;
	ack->nlmsg_flags = NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0);
	e = mnl_nlmsg_put_extra_header(ack, sizeof(e->error) + copied);
	e->error = error;
	memcpy(&e->msg, sent, copied);
}

static int read_it(void)
{
	return fpnl_failure_read(ack, sent, &f, attr, sizeof(attr));
}

static void test_attr(bool capped)
{
	bool ok;

	make_answer(-EINVAL, capped);
	mnl_attr_put_strz(ack, NLMSGERR_ATTR_MSG, "no such name");
	mnl_attr_put_u32(ack, NLMSGERR_ATTR_OFFS, name_at);
	ok = read_it() == -EINVAL && f.error == EINVAL && !strcmp(f.text, "no such name") &&
	     f.attr && !strcmp(f.attr, "name") && !f.missing;
	make_answer(-ERANGE, capped);
	mnl_attr_put_u32(ack, NLMSGERR_ATTR_OFFS, port_at);
	ok &= read_it() == -ERANGE && f.attr && !strcmp(f.attr, "listener.port") &&
	      !strcmp(f.text, strerror(ERANGE));
	ksft_test_result(ok, "an attribute, and one in a nest, %s\n",
			 capped ? "without the request" : "behind the request");
}

static void test_missing(void)
{
	bool ok;

	make_answer(-EINVAL, true);
	mnl_attr_put_u32(ack, NLMSGERR_ATTR_MISS_TYPE, FEDPAT_A_NODE_FEDERATION);
	ok = read_it() == -EINVAL && f.missing && f.attr && !strcmp(f.attr, "federation");
	make_answer(-EINVAL, true);
	mnl_attr_put_u32(ack, NLMSGERR_ATTR_MISS_TYPE, FEDPAT_A_ENDPOINT_ADDR);
	mnl_attr_put_u32(ack, NLMSGERR_ATTR_MISS_NEST, listener_at);
	ok &= read_it() == -EINVAL && f.missing && f.attr && !strcmp(f.attr, "listener.addr");
	ksft_test_result(ok, "what is missing, in a nest too\n");
}

static void test_none(void)
{
	bool ok;

	make_answer(0, true);
	ok = !read_it() && !f.error;
	ack->nlmsg_type = NLMSG_DONE;
	ack->nlmsg_len = NLMSG_HDRLEN;
	ok &= !read_it() && !f.error;
	ksft_test_result(ok, "no error is none\n");
}

/* A number of two octets, a text without its end: as if they were not there. */
static void test_bad_attr(void)
{
	bool ok;

	make_answer(-EINVAL, true);
	mnl_attr_put_u16(ack, NLMSGERR_ATTR_MISS_TYPE, FEDPAT_A_NODE_FEDERATION);
	mnl_attr_put_u16(ack, NLMSGERR_ATTR_OFFS, (u16)name_at);
	mnl_attr_put(ack, NLMSGERR_ATTR_MSG, 4, "open");
	ok = read_it() == -EINVAL && !f.missing && !f.attr && !strcmp(f.text, strerror(EINVAL));
	ksft_test_result(ok, "malformed attributes are left out\n");
}

static void test_malformed(void)
{
	struct nlmsgerr *e = (void *)(answer + NLMSG_HDRLEN);
	bool ok;

	make_answer(INT_MIN, true);
	ok = read_it() == -EBADMSG && f.error == EBADMSG && f.text;
	ksft_test_result(ok, "an errno that is none\n");
	make_answer(-EINVAL, false);
	e->msg.nlmsg_len = 0xfffffff0;
	ok = read_it() == -EBADMSG && f.text;
	e->msg.nlmsg_len = 4;
	ok &= read_it() == -EBADMSG && f.text;
	ksft_test_result(ok, "a request in it that is longer or shorter than it can be\n");
	ok = true;
	for (u32 len = NLMSG_HDRLEN; len < NLMSG_HDRLEN + sizeof(*e); len++) {
		make_answer(-EINVAL, true);
		ack->nlmsg_len = len;
		ok &= read_it() == -EBADMSG && f.text && !f.attr;
	}
	ksft_test_result(ok, "an answer that is cut\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(8);
	make_request();
	test_attr(true);
	test_attr(false);
	test_missing();
	test_none();
	test_bad_attr();
	test_malformed();
	ksft_finished();
}
