// SPDX-License-Identifier: GPL-2.0
/*
 * Answers of a kernel that may be newer, or broken, to a request of ours: what is
 * wrong is put into words, of the answer and the request only.
 */
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fpnl_impl.h"

#define ATTR_ROOM	64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* The request is ours: whatever is in it, its length is right. */
static struct nlmsghdr *request(u8 cmd, const uint8_t *data, size_t size)
{
	struct nlmsghdr *nlh = calloc(1, MNL_NLMSG_HDRLEN + GENL_HDRLEN + MNL_ALIGN(size));
	struct genlmsghdr *genl;

	must(nlh, "memory");
	mnl_nlmsg_put_header(nlh);
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	memcpy(mnl_nlmsg_get_payload_tail(nlh), data, size);
	nlh->nlmsg_len += (u32)size;
	return nlh;
}

/* What mnl_nlmsg_ok() lets through: a header, and as long as it says; the kernel pads it. */
static struct nlmsghdr *answer(u8 flags, const uint8_t *data, size_t size)
{
	struct nlmsghdr *nlh;

	size -= size % MNL_ALIGNTO;
	nlh = calloc(1, MNL_NLMSG_HDRLEN + size);
	must(nlh, "memory");
	mnl_nlmsg_put_header(nlh);
	nlh->nlmsg_type = flags & 1 ? NLMSG_DONE : NLMSG_ERROR;
	nlh->nlmsg_flags = (flags & 2 ? NLM_F_CAPPED : 0) | (flags & 4 ? 0 : NLM_F_ACK_TLVS);
	memcpy(nlh + 1, data, size);
	nlh->nlmsg_len += (u32)size;
	return nlh;
}

static void judge(const struct nlmsghdr *ack, const struct nlmsghdr *sent)
{
	const char *end = (const char *)ack + ack->nlmsg_len;
	char *attr = malloc(ATTR_ROOM);
	struct fpnl_failure f;
	int err = fpnl_failure_read(ack, sent, &f, attr, ATTR_ROOM);

	must(memchr(attr, 0, ATTR_ROOM), "the name ends");
	must(!f.attr || (f.attr == attr && *attr), "a name, or none");
	must(err == -f.error && (!err || f.text), "an error has words");
	if (f.text >= (const char *)ack && f.text < end)
		must(memchr(f.text, 0, (size_t)(end - f.text)), "its words end in the answer");
	must(!f.missing || f.error, "what is missing is an error");
	free(attr);
}

/* Command, flags, length of the request; the request's attributes; the answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *sent, *ack;
	size_t len;

	if (size < 3 || size > 4096)
		return 0;
	len = data[2] < size - 3 ? data[2] : size - 3;
	sent = request(data[0], data + 3, len);
	ack = answer(data[1], data + 3 + len, size - 3 - len);
	judge(ack, sent);
	free(ack);
	free(sent);
	return 0;
}
