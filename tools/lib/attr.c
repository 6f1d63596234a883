// SPDX-License-Identifier: GPL-2.0
/* Objects and their attributes: make, set, copy, compare. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "text.h"

static size_t number_size(const struct fp_attr *attr)
{
	switch (attr->type) {
	case FP_T_U8:
	case FP_T_PROTO:
		return 1;
	case FP_T_U16:
		return 2;
	case FP_T_U32:
	case FP_T_ENUM:
	case FP_T_S32:
		return 4;
	case FP_T_U64:
		return 8;
	case FP_T_FLAG:
		return sizeof(bool);
	default:
		return 0;
	}
}

static size_t list_size(const struct fp_attr *attr)
{
	switch (attr->type) {
	case FP_T_STRS:
		return sizeof(char *);
	case FP_T_ADDRS:
		return sizeof(struct fp_addr);
	case FP_T_CIDRS:
		return sizeof(struct fp_cidr);
	case FP_T_U32S:
		return sizeof(u32);
	default:
		return 0;
	}
}

/* All lists look like this one. */
struct any_list {
	void *v;
	u32 n;
};

static void put_number(void *field, size_t size, u64 value)
{
	u8 n1 = (u8)value;
	u16 n2 = (u16)value;
	u32 n4 = (u32)value;

	memcpy(field,
	       size == 1 ? (void *)&n1 :
	       size == 2 ? (void *)&n2 :
	       size == 4 ? (void *)&n4 :
			   (void *)&value,
	       size);
}

static u64 get_number(const void *field, size_t size)
{
	u8 n1;
	u16 n2;
	u32 n4;
	u64 n8;

	switch (size) {
	case 1:
		memcpy(&n1, field, 1);
		return n1;
	case 2:
		memcpy(&n2, field, 2);
		return n2;
	case 4:
		memcpy(&n4, field, 4);
		return n4;
	default:
		memcpy(&n8, field, 8);
		return n8;
	}
}

/**
 * fp_obj_num() - value of a number, flag, enum or protocol
 * @obj: the object
 * @attr: one of its rows
 *
 * Return: the value; the default where it was not given
 */
u64 fp_obj_num(const struct fp_obj *obj, const struct fp_attr *attr)
{
	size_t size = number_size(attr);

	return size ? get_number(fp_obj_field(obj, attr), size) : 0;
}

static void set_default(struct fp_obj *obj, const struct fp_attr *attr)
{
	size_t size = number_size(attr);

	if (size)
		put_number(fp_obj_field(obj, attr), size, attr->def);
}

static void gave(struct fp_obj *obj, const struct fp_attr *attr)
{
	obj->has |= 1ULL << (attr - obj->kind->rows);
}

/**
 * fp_obj_unset() - take an attribute away, back to its default
 * @obj: the object
 * @attr: one of its rows
 */
void fp_obj_unset(struct fp_obj *obj, const struct fp_attr *attr)
{
	void *field = fp_obj_field(obj, attr);
	struct any_list *list = field;
	u32 i;

	obj->has &= ~(1ULL << (attr - obj->kind->rows));
	switch (attr->type) {
	case FP_T_STR:
		free(*(char **)field);
		*(char **)field = NULL;
		break;
	case FP_T_STRS:
		for (i = 0; i < list->n; i++)
			free(((char **)list->v)[i]);
		/* fallthrough */
	case FP_T_ADDRS:
	case FP_T_CIDRS:
	case FP_T_U32S:
		free(list->v);
		list->v = NULL;
		list->n = 0;
		break;
	case FP_T_KEY:
		explicit_bzero(field, FEDPAT_KEY_LEN);
		break;
	case FP_T_ADDR:
		memset(field, 0, sizeof(struct fp_addr));
		break;
	case FP_T_CIDR:
		memset(field, 0, sizeof(struct fp_cidr));
		break;
	case FP_T_ENDPOINT:
		memset(field, 0, sizeof(struct fp_endpoint));
		break;
	default:
		set_default(obj, attr);
	}
}

/**
 * fp_obj_alloc() - a new object, every attribute at its default
 * @kind: what it is
 * @name: its name, or NULL
 *
 * Return: the object, NULL without memory
 */
struct fp_obj *fp_obj_alloc(enum fp_kind_id kind, const char *name)
{
	return fp_obj_alloc_kind(&fp_kinds[kind], name);
}

/**
 * fp_obj_alloc_kind() - a new object of a kind that is no part of the policy
 * @k: what it is; its first row is its name if it has one
 * @name: its name, or NULL
 *
 * Return: the object, NULL without memory
 */
struct fp_obj *fp_obj_alloc_kind(const struct fp_kind *k, const char *name)
{
	struct fp_obj *obj = calloc(1, k->size);
	u8 i;

	if (!obj)
		return NULL;
	obj->kind = k;
	for (i = 0; i < k->n_rows; i++)
		set_default(obj, &k->rows[i]);
	if (!name)
		return obj;
	obj->name = strdup(name);
	if (!obj->name) {
		free(obj);
		return NULL;
	}
	/* RFC 4343: case does not count. The kernel keeps domains like this, too. */
	for (char *c = obj->name; k->id == FP_K_DOMAIN && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	obj->has = 1; /* the name is the first row where there is one */
	return obj;
}

static void free_aces(struct fp_obj *obj)
{
	struct fp_obj_acl *acl = (struct fp_obj_acl *)obj;
	u32 i;

	for (i = 0; i < acl->n_aces; i++)
		fp_obj_free(&acl->aces[i]->o);
	free(acl->aces);
}

/**
 * fp_obj_free() - free an object
 * @obj: the object, or NULL
 */
void fp_obj_free(struct fp_obj *obj)
{
	u8 i;

	if (!obj)
		return;
	if (obj->kind->id == FP_K_ACL)
		free_aces(obj);
	for (i = 0; i < obj->kind->n_rows; i++)
		fp_obj_unset(obj, &obj->kind->rows[i]);
	free(obj->at);
	free(obj);
}

static int append(struct fp_obj *obj, const struct fp_attr *attr, const void *elem)
{
	struct any_list *list = fp_obj_field(obj, attr);
	size_t size = list_size(attr);
	void *v = reallocarray(list->v, list->n + 1, size);

	if (!v)
		return -ENOMEM;
	list->v = v;
	memcpy((char *)v + list->n * size, elem, size);
	list->n++;
	gave(obj, attr);
	return 0;
}

static const struct fp_attr *row_of(const struct fp_obj *obj, u16 id)
{
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++)
		if (obj->kind->rows[i].id == id)
			return &obj->kind->rows[i];
	return NULL;
}

/**
 * fp_obj_has() - was an attribute given?
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 *
 * Return: whether it was
 */
bool fp_obj_has(const struct fp_obj *obj, u16 attr_id)
{
	const struct fp_attr *attr = row_of(obj, attr_id);

	return attr && fp_obj_gave(obj, attr);
}

/**
 * fp_obj_set_str() - set a string
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @value: the string; NULL or empty takes it away
 *
 * Return: 0, -EINVAL for an attribute of another type, -ENOMEM
 */
int fp_obj_set_str(struct fp_obj *obj, u16 attr_id, const char *value)
{
	const struct fp_attr *attr = row_of(obj, attr_id);
	char *copy = NULL;

	if (!attr || attr->type != FP_T_STR)
		return -EINVAL;
	if (value && *value) {
		copy = strdup(value);
		if (!copy)
			return -ENOMEM;
	}
	fp_obj_unset(obj, attr);
	if (!copy)
		return 0;
	*(char **)fp_obj_field(obj, attr) = copy;
	gave(obj, attr);
	return 0;
}

/**
 * fp_obj_add_str() - add to a list of strings
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @value: the string
 *
 * Return: 0, -EINVAL for an attribute of another type, -ENOMEM
 */
int fp_obj_add_str(struct fp_obj *obj, u16 attr_id, const char *value)
{
	const struct fp_attr *attr = row_of(obj, attr_id);
	char *copy;

	if (!attr || attr->type != FP_T_STRS)
		return -EINVAL;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	if (append(obj, attr, &copy)) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

/**
 * fp_obj_set_num() - set a number, flag, enum or protocol
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @value: the value
 *
 * Return: 0, -EINVAL for an attribute of another type
 */
int fp_obj_set_num(struct fp_obj *obj, u16 attr_id, u64 value)
{
	const struct fp_attr *attr = row_of(obj, attr_id);
	size_t size = attr ? number_size(attr) : 0;

	if (!size)
		return -EINVAL;
	if (attr->type == FP_T_FLAG && !value) {
		fp_obj_unset(obj, attr);
		return 0;
	}
	put_number(fp_obj_field(obj, attr), size, value);
	gave(obj, attr);
	return 0;
}

static int set_bytes(struct fp_obj *obj, u16 attr_id, u8 type, const void *value, size_t size)
{
	const struct fp_attr *attr = row_of(obj, attr_id);

	if (!attr || attr->type != type)
		return -EINVAL;
	memcpy(fp_obj_field(obj, attr), value, size);
	gave(obj, attr);
	return 0;
}

static int add_elem(struct fp_obj *obj, u16 attr_id, u8 type, const void *value)
{
	const struct fp_attr *attr = row_of(obj, attr_id);

	return attr && attr->type == type ? append(obj, attr, value) : -EINVAL;
}

/**
 * fp_obj_set_addr() - set an address
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @addr: the address
 *
 * Return: 0, -EINVAL for an attribute of another type
 */
int fp_obj_set_addr(struct fp_obj *obj, u16 attr_id, const struct fp_addr *addr)
{
	return set_bytes(obj, attr_id, FP_T_ADDR, addr, sizeof(*addr));
}

/**
 * fp_obj_add_addr() - add to a list of addresses
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @addr: the address
 *
 * Return: 0, -EINVAL for an attribute of another type, -ENOMEM
 */
int fp_obj_add_addr(struct fp_obj *obj, u16 attr_id, const struct fp_addr *addr)
{
	return add_elem(obj, attr_id, FP_T_ADDRS, addr);
}

/**
 * fp_obj_set_cidr() - set a prefix
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @cidr: the prefix
 *
 * Return: 0, -EINVAL for an attribute of another type
 */
int fp_obj_set_cidr(struct fp_obj *obj, u16 attr_id, const struct fp_cidr *cidr)
{
	return set_bytes(obj, attr_id, FP_T_CIDR, cidr, sizeof(*cidr));
}

/**
 * fp_obj_add_cidr() - add to a list of prefixes
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @cidr: the prefix
 *
 * Return: 0, -EINVAL for an attribute of another type, -ENOMEM
 */
int fp_obj_add_cidr(struct fp_obj *obj, u16 attr_id, const struct fp_cidr *cidr)
{
	return add_elem(obj, attr_id, FP_T_CIDRS, cidr);
}

/**
 * fp_obj_add_u32() - add to a list of numbers
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @value: the number
 *
 * Return: 0, -EINVAL for an attribute of another type, -ENOMEM
 */
int fp_obj_add_u32(struct fp_obj *obj, u16 attr_id, u32 value)
{
	return add_elem(obj, attr_id, FP_T_U32S, &value);
}

/**
 * fp_obj_set_endpoint() - set an endpoint
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @ep: the endpoint
 *
 * Return: 0, -EINVAL for an attribute of another type
 */
int fp_obj_set_endpoint(struct fp_obj *obj, u16 attr_id, const struct fp_endpoint *ep)
{
	return set_bytes(obj, attr_id, FP_T_ENDPOINT, ep, sizeof(*ep));
}

/**
 * fp_obj_set_key() - set a token key
 * @obj: the object
 * @attr_id: FEDPAT_A_<kind>_<attribute>
 * @key: the key
 *
 * Return: 0, -EINVAL for an attribute of another type
 */
int fp_obj_set_key(struct fp_obj *obj, u16 attr_id, const u8 key[FEDPAT_KEY_LEN])
{
	return set_bytes(obj, attr_id, FP_T_KEY, key, FEDPAT_KEY_LEN);
}

/* --- copy and compare --- */

static int copy_list(struct fp_obj *to, const struct fp_obj *from, const struct fp_attr *attr)
{
	const struct any_list *list = fp_obj_field(from, attr);
	size_t size = list_size(attr);
	u32 i;
	int err = 0;

	for (i = 0; i < list->n && !err; i++) {
		if (attr->type == FP_T_STRS)
			err = fp_obj_add_str(to, attr->id, ((char **)list->v)[i]);
		else
			err = append(to, attr, (char *)list->v + i * size);
	}
	return err;
}

static size_t plain_size(const struct fp_attr *attr)
{
	switch (attr->type) {
	case FP_T_ADDR:
		return sizeof(struct fp_addr);
	case FP_T_CIDR:
		return sizeof(struct fp_cidr);
	case FP_T_ENDPOINT:
		return sizeof(struct fp_endpoint);
	case FP_T_KEY:
		return FEDPAT_KEY_LEN;
	default:
		return number_size(attr);
	}
}

static int copy_attr(struct fp_obj *to, const struct fp_obj *from, const struct fp_attr *attr)
{
	if (attr->type == FP_T_STR)
		return fp_obj_set_str(to, attr->id, *(char **)fp_obj_field(from, attr));
	if (list_size(attr))
		return copy_list(to, from, attr);
	memcpy(fp_obj_field(to, attr), fp_obj_field(from, attr), plain_size(attr));
	return 0;
}

static int copy_aces(struct fp_obj_acl *to, const struct fp_obj_acl *from)
{
	struct fp_obj *ace;
	u32 i;

	for (i = 0; i < from->n_aces; i++) {
		ace = fp_obj_copy(&from->aces[i]->o);
		if (!ace)
			return -ENOMEM;
		if (fp_acl_add_ace(to, (struct fp_obj_ace *)ace, 0)) {
			fp_obj_free(ace);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * fp_obj_copy() - a deep copy; of a list with its entries
 * @obj: the object
 *
 * Return: the copy, NULL without memory
 */
struct fp_obj *fp_obj_copy(const struct fp_obj *obj)
{
	struct fp_obj *copy = fp_obj_alloc(obj->kind->id, NULL);
	int err = 0;
	u8 i;

	if (!copy)
		return NULL;
	for (i = 0; i < obj->kind->n_rows && !err; i++)
		err = copy_attr(copy, obj, &obj->kind->rows[i]);
	if (!err && obj->kind->id == FP_K_ACL)
		err = copy_aces((struct fp_obj_acl *)copy, (const struct fp_obj_acl *)obj);
	if (err) {
		fp_obj_free(copy);
		return NULL;
	}
	copy->has = obj->has;
	copy->pos = obj->pos;
	return copy;
}

static bool equal_strs(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool equal_list(const struct any_list *a, const struct any_list *b,
		       const struct fp_attr *attr)
{
	u32 i;

	if (a->n != b->n)
		return false;
	if (attr->type != FP_T_STRS)
		return !a->n || !memcmp(a->v, b->v, a->n * list_size(attr));
	for (i = 0; i < a->n; i++)
		if (!equal_strs(((char **)a->v)[i], ((char **)b->v)[i]))
			return false;
	return true;
}

static bool equal_attr(const struct fp_obj *a, const struct fp_obj *b, const struct fp_attr *attr)
{
	const void *x = fp_obj_field(a, attr), *y = fp_obj_field(b, attr);

	if ((attr->flags & FP_A_PRESENCE) && fp_obj_gave(a, attr) != fp_obj_gave(b, attr))
		return false;
	if (attr->type == FP_T_STR)
		return equal_strs(*(char *const *)x, *(char *const *)y);
	if (list_size(attr))
		return equal_list(x, y, attr);
	if (attr->type == FP_T_ENDPOINT) /* it has padding */
		return fp_same_endpoint(x, y);
	return !memcmp(x, y, plain_size(attr));
}

/**
 * fp_obj_equal() - do two objects of one kind mean the same to the kernel?
 * @a: one
 * @b: the other
 *
 * Answers and keys (which the kernel does not tell) do not count, nor does it
 * whether a default was written down. Entries of lists are not looked at.
 *
 * Return: whether they do
 */
bool fp_obj_equal(const struct fp_obj *a, const struct fp_obj *b)
{
	u8 i;

	for (i = 0; i < a->kind->n_rows; i++) {
		if (a->kind->rows[i].flags & (FP_A_ANSWER | FP_A_SECRET))
			continue;
		if (!equal_attr(a, b, &a->kind->rows[i]))
			return false;
	}
	return true;
}

/**
 * fp_obj_says() - was an attribute given, other than its default?
 * @obj: the object
 * @attr: one of its rows
 *
 * Return: whether it was
 */
bool fp_obj_says(const struct fp_obj *obj, const struct fp_attr *attr)
{
	if (!fp_obj_gave(obj, attr))
		return false;
	if (attr->flags & (FP_A_PRESENCE | FP_A_REQUIRED) || !number_size(attr))
		return true;
	return fp_obj_num(obj, attr) != attr->def;
}

/* One port is a range of one, all ports are no condition. */
static void plain_ports(struct fp_obj *obj, const char *lo, const char *hi)
{
	const struct fp_attr *l = fp_attr_find(obj->kind, lo), *h = fp_attr_find(obj->kind, hi);

	if (fp_obj_gave(obj, l) && !fp_obj_gave(obj, h))
		fp_obj_set_num(obj, h->id, fp_obj_num(obj, l));
	if (fp_obj_num(obj, l) == 0 && fp_obj_num(obj, h) == 65535) {
		fp_obj_unset(obj, l);
		fp_obj_unset(obj, h);
	}
}

/**
 * fp_obj_plain() - one form for each meaning, so that equal objects look equal
 * @obj: the object
 */
void fp_obj_plain(struct fp_obj *obj)
{
	struct fp_obj_pat *pat = (struct fp_obj_pat *)obj;

	if (obj->kind->id == FP_K_ACE) {
		plain_ports(obj, "sport-lo", "sport-hi");
		plain_ports(obj, "dport-lo", "dport-hi");
	}
	/* A range that is given in part is given. */
	if (obj->kind->id == FP_K_PAT &&
	    (fp_obj_has(obj, FEDPAT_A_PAT_PORT_LO) || fp_obj_has(obj, FEDPAT_A_PAT_PORT_HI))) {
		fp_obj_set_num(obj, FEDPAT_A_PAT_PORT_LO, pat->port_lo);
		fp_obj_set_num(obj, FEDPAT_A_PAT_PORT_HI, pat->port_hi);
	}
}

/* --- by name --- */

/**
 * fp_attr_find() - row of a kind by name
 * @kind: the kind
 * @name: name of the attribute
 *
 * Return: the row, or NULL
 */
const struct fp_attr *fp_attr_find(const struct fp_kind *kind, const char *name)
{
	u8 i;

	for (i = 0; i < kind->n_rows; i++)
		if (!strcmp(kind->rows[i].name, name))
			return &kind->rows[i];
	return NULL;
}

/**
 * fp_kind_find() - kind of the policy by name
 * @word: as in YAML and on the command line
 *
 * Return: the kind, or NULL
 */
const struct fp_kind *fp_kind_find(const char *word)
{
	int i;

	for (i = 0; i < FP_K_POLICY_COUNT; i++)
		if (!strcmp(fp_kinds[i].word, word))
			return &fp_kinds[i];
	return NULL;
}

/**
 * fp_peer_port() - port to dial a peer on
 * @peer: the peer
 *
 * Return: the port given, else 5061 for TLS and 5060 otherwise
 */
u16 fp_peer_port(const struct fp_obj_peer *peer)
{
	if (peer->port)
		return peer->port;
	return peer->transport == FEDPAT_TRANSPORT_TLS ? 5061 : 5060;
}
