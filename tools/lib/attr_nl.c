// SPDX-License-Identifier: GPL-2.0
/* Objects as attributes of netlink messages. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <string.h>

#include "model.h"

static size_t addr_len(const struct fp_addr *a)
{
	return a->family == 4 ? 4 : 16;
}

static void put_addr(struct nlmsghdr *nlh, u16 id, const struct fp_addr *a)
{
	mnl_attr_put(nlh, id, addr_len(a), a->b);
}

static void put_cidr(struct nlmsghdr *nlh, u16 id, const struct fp_cidr *c)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, id);

	put_addr(nlh, FEDPAT_A_PREFIX_ADDR, &c->addr);
	mnl_attr_put_u8(nlh, FEDPAT_A_PREFIX_LEN, c->len);
	mnl_attr_nest_end(nlh, nest);
}

static void put_endpoint(struct nlmsghdr *nlh, u16 id, const struct fp_endpoint *e)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, id);

	put_addr(nlh, FEDPAT_A_ENDPOINT_ADDR, &e->addr);
	mnl_attr_put_u16(nlh, FEDPAT_A_ENDPOINT_PORT, e->port);
	mnl_attr_nest_end(nlh, nest);
}

static void put_list(const struct fp_attr *attr, const void *field, struct nlmsghdr *nlh)
{
	const struct fp_strs *list = field;
	u32 i;

	for (i = 0; i < list->n; i++) {
		if (attr->type == FP_T_STRS)
			mnl_attr_put_strz(nlh, attr->id, list->v[i]);
		else if (attr->type == FP_T_ADDRS)
			put_addr(nlh, attr->id, &((const struct fp_addrs *)field)->v[i]);
		else if (attr->type == FP_T_CIDRS)
			put_cidr(nlh, attr->id, &((const struct fp_cidrs *)field)->v[i]);
		else
			mnl_attr_put_u32(nlh, attr->id, ((const struct fp_u32s *)field)->v[i]);
	}
}

static void put_number(const struct fp_obj *obj, const struct fp_attr *attr, struct nlmsghdr *nlh)
{
	u64 n = fp_obj_num(obj, attr);

	switch (attr->type) {
	case FP_T_U8:
	case FP_T_PROTO:
		mnl_attr_put_u8(nlh, attr->id, (u8)n);
		break;
	case FP_T_U16:
		mnl_attr_put_u16(nlh, attr->id, (u16)n);
		break;
	case FP_T_U64:
		mnl_attr_put_u64(nlh, attr->id, n);
		break;
	case FP_T_FLAG:
		if (n)
			mnl_attr_put(nlh, attr->id, 0, NULL);
		break;
	default:
		mnl_attr_put_u32(nlh, attr->id, (u32)n);
	}
}

static void put_attr(const struct fp_obj *obj, const struct fp_attr *attr, struct nlmsghdr *nlh)
{
	const void *field = fp_obj_field(obj, attr);

	switch (attr->type) {
	case FP_T_STR:
		mnl_attr_put_strz(nlh, attr->id, *(char *const *)field);
		break;
	case FP_T_ADDR:
		put_addr(nlh, attr->id, field);
		break;
	case FP_T_CIDR:
		put_cidr(nlh, attr->id, field);
		break;
	case FP_T_ENDPOINT:
		put_endpoint(nlh, attr->id, field);
		break;
	case FP_T_KEY:
		mnl_attr_put(nlh, attr->id, FEDPAT_KEY_LEN, field);
		break;
	case FP_T_STRS:
	case FP_T_ADDRS:
	case FP_T_CIDRS:
	case FP_T_U32S:
		put_list(attr, field, nlh);
		break;
	default:
		put_number(obj, attr, nlh);
	}
}

/**
 * fp_obj_encode() - add the attributes of an object to a message
 * @obj: the object
 * @nlh: the message, with room for them
 *
 * Those that only the kernel says are left out.
 */
void fp_obj_encode(const struct fp_obj *obj, struct nlmsghdr *nlh)
{
	const struct fp_attr *row;
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		row = &obj->kind->rows[i];
		if (!fp_obj_gave(obj, row) || row->flags & FP_A_ANSWER)
			continue;
		/* The version of a key makes no sense without the key, the row before it. */
		if ((row->flags & FP_A_DERIVED) && !fp_obj_gave(obj, row - 1))
			continue;
		put_attr(obj, row, nlh);
	}
}

/**
 * fp_obj_encode_room() - how long fp_obj_encode() makes a message, at most
 * @obj: the object
 *
 * Return: octets
 */
size_t fp_obj_encode_room(const struct fp_obj *obj)
{
	const struct fp_attr *row;
	const struct fp_strs *list;
	size_t room = 0;
	u32 n;
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		row = &obj->kind->rows[i];
		list = fp_obj_field(obj, row);
		room += 48; /* the longest of fixed length: a prefix of IPv6, a key */
		if (row->type == FP_T_STR && *(char *const *)list)
			room += strlen(*(char *const *)list);
		for (n = 0; row->type == FP_T_STRS && n < list->n; n++)
			room += strlen(list->v[n]) + 8;
		if (row->type == FP_T_ADDRS || row->type == FP_T_CIDRS || row->type == FP_T_U32S)
			room += list->n * 48UL;
	}
	return room;
}

/* --- decode --- */

static int get_addr(const struct nlattr *a, struct fp_addr *out)
{
	u16 len = mnl_attr_get_payload_len(a);

	memset(out, 0, sizeof(*out));
	if (len != 4 && len != 16)
		return -EBADMSG;
	out->family = len == 4 ? 4 : 6;
	memcpy(out->b, mnl_attr_get_payload(a), len);
	return 0;
}

static int get_cidr(const struct nlattr *nest, struct fp_cidr *out)
{
	const struct nlattr *a;
	int err = -EBADMSG;

	memset(out, 0, sizeof(*out));
	mnl_attr_for_each_nested(a, nest) {
		if (mnl_attr_get_type(a) == FEDPAT_A_PREFIX_ADDR)
			err = get_addr(a, &out->addr);
		else if (mnl_attr_get_type(a) == FEDPAT_A_PREFIX_LEN &&
			 mnl_attr_get_payload_len(a) == 1)
			out->len = mnl_attr_get_u8(a);
	}
	return out->len > (out->addr.family == 4 ? 32 : 128) ? -EBADMSG : err;
}

static int get_endpoint(const struct nlattr *nest, struct fp_endpoint *out)
{
	const struct nlattr *a;
	int err = -EBADMSG;

	memset(out, 0, sizeof(*out));
	mnl_attr_for_each_nested(a, nest) {
		if (mnl_attr_get_type(a) == FEDPAT_A_ENDPOINT_ADDR)
			err = get_addr(a, &out->addr);
		else if (mnl_attr_get_type(a) == FEDPAT_A_ENDPOINT_PORT &&
			 mnl_attr_get_payload_len(a) == 2)
			out->port = mnl_attr_get_u16(a);
	}
	return err;
}

static const char *get_str(const struct nlattr *a)
{
	u16 len = mnl_attr_get_payload_len(a);
	const char *s = mnl_attr_get_payload(a);

	return len && !s[len - 1] ? s : NULL;
}

static int get_number(const struct nlattr *a, u8 type, u64 *out)
{
	static const u8 sizes[] = {
		[FP_T_U8] = 1,	 [FP_T_PROTO] = 1, [FP_T_U16] = 2, [FP_T_U32] = 4,
		[FP_T_ENUM] = 4, [FP_T_S32] = 4,   [FP_T_U64] = 8,
	};

	*out = 1;
	if (type == FP_T_FLAG)
		return 0;
	if (mnl_attr_get_payload_len(a) != sizes[type])
		return -EBADMSG;
	if (sizes[type] == 1)
		*out = mnl_attr_get_u8(a);
	else if (sizes[type] == 2)
		*out = mnl_attr_get_u16(a);
	else if (sizes[type] == 4)
		*out = mnl_attr_get_u32(a);
	else
		*out = mnl_attr_get_u64(a);
	return 0;
}

static int decode_text(struct fp_obj *obj, const struct fp_attr *attr, const struct nlattr *a)
{
	const char *s = get_str(a);

	if (!s)
		return -EBADMSG;
	return attr->type == FP_T_STR ? fp_obj_set_str(obj, attr->id, s) :
					fp_obj_add_str(obj, attr->id, s);
}

static int decode_addr(struct fp_obj *obj, const struct fp_attr *attr, const struct nlattr *a)
{
	struct fp_addr addr;

	if (get_addr(a, &addr))
		return -EBADMSG;
	return attr->type == FP_T_ADDR ? fp_obj_set_addr(obj, attr->id, &addr) :
					 fp_obj_add_addr(obj, attr->id, &addr);
}

static int decode_cidr(struct fp_obj *obj, const struct fp_attr *attr, const struct nlattr *a)
{
	struct fp_cidr cidr;

	if (get_cidr(a, &cidr))
		return -EBADMSG;
	return attr->type == FP_T_CIDR ? fp_obj_set_cidr(obj, attr->id, &cidr) :
					 fp_obj_add_cidr(obj, attr->id, &cidr);
}

static int decode_attr(struct fp_obj *obj, const struct fp_attr *attr, const struct nlattr *a)
{
	struct fp_endpoint ep;
	u64 n;

	switch (attr->type) {
	case FP_T_STR:
	case FP_T_STRS:
		return decode_text(obj, attr, a);
	case FP_T_ADDR:
	case FP_T_ADDRS:
		return decode_addr(obj, attr, a);
	case FP_T_CIDR:
	case FP_T_CIDRS:
		return decode_cidr(obj, attr, a);
	case FP_T_ENDPOINT:
		if (get_endpoint(a, &ep))
			return -EBADMSG;
		return fp_obj_set_endpoint(obj, attr->id, &ep);
	case FP_T_KEY:
		if (mnl_attr_get_payload_len(a) != FEDPAT_KEY_LEN)
			return -EBADMSG;
		return fp_obj_set_key(obj, attr->id, mnl_attr_get_payload(a));
	case FP_T_U32S:
		if (get_number(a, FP_T_U32, &n))
			return -EBADMSG;
		return fp_obj_add_u32(obj, attr->id, (u32)n);
	default:
		if (get_number(a, attr->type, &n))
			return -EBADMSG;
		return fp_obj_set_num(obj, attr->id, n);
	}
}

/**
 * fp_obj_decode() - take the attributes of a message into an object
 * @obj: the object, new
 * @nlh: generic netlink message
 *
 * Attributes that this program does not know are left out.
 *
 * Return: 0, -EBADMSG for a malformed attribute, -ENOMEM
 */
int fp_obj_decode(struct fp_obj *obj, const struct nlmsghdr *nlh)
{
	const struct nlattr *a;
	int err = 0;
	u8 i;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EBADMSG;
	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) {
		for (i = 0; i < obj->kind->n_rows && !err; i++)
			if (obj->kind->rows[i].id == mnl_attr_get_type(a))
				err = decode_attr(obj, &obj->kind->rows[i], a);
		if (err)
			return err;
	}
	fp_obj_plain(obj);
	return 0;
}
