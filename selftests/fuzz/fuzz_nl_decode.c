// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of the family from a kernel that may be newer, or broken: no crash; what
 * was understood is sent and understood the same.
 */
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fp_obj *decode(enum fp_kind_id kind, const struct nlmsghdr *nlh)
{
	struct fp_obj *obj = fp_obj_alloc(kind, NULL);

	if (!fp_obj_decode(obj, nlh))
		return obj;
	fp_obj_free(obj);
	return NULL;
}

static void there_and_back(const struct fp_obj *obj)
{
	char *buf = malloc(fp_obj_encode_room(obj) + 64);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct fp_obj *again;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	fp_obj_encode(obj, nlh);
	if (nlh->nlmsg_len > fp_obj_encode_room(obj) + 64)
		abort();
	again = decode(obj->kind->id, nlh);
	if (!again || (obj->kind->id != FP_K_FEDERATION && !fp_obj_equal(obj, again)))
		abort();
	fp_obj_free(again);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = malloc(size + 64);
	struct nlmsghdr *nlh;
	struct fp_obj *obj;

	if (!size || !buf) {
		free(buf);
		return 0;
	}
	nlh = mnl_nlmsg_put_header(buf);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	memcpy(buf + nlh->nlmsg_len, data + 1, size - 1);
	nlh->nlmsg_len += (u32)size - 1;
	obj = decode(data[0] % FP_K_COUNT, nlh);
	if (obj)
		there_and_back(obj);
	fp_obj_free(obj);
	free(buf);
	return 0;
}
