// SPDX-License-Identifier: GPL-2.0
/* Attributes from text and to text, for command line, YAML and screen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model.h"
#include "text.h"

static const char *set_word(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	size_t len = strlen(text);
	int found = -1, i;

	for (i = 0; attr->words[i]; i++) {
		if (!strcmp(attr->words[i], text)) {
			found = i;
			break;
		}
		if (len && !strncmp(attr->words[i], text, len)) {
			if (found >= 0)
				return "is ambiguous";
			found = i;
		}
	}
	if (found < 0)
		return "is unknown";
	fp_obj_set_num(obj, attr->id, found);
	return NULL;
}

static const char *set_number(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	const char *why;
	u64 n;

	why = fp_txt_number(text, attr->unit, attr->min, attr->max, &n);
	if (!why)
		fp_obj_set_num(obj, attr->id, n);
	return why;
}

static const char *set_flag(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	const char *why;
	bool yes;

	why = fp_txt_bool(text, &yes);
	if (!why)
		fp_obj_set_num(obj, attr->id, yes);
	return why;
}

static const char *set_proto(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	const char *why;
	int proto;

	why = fp_txt_proto(text, &proto);
	if (why)
		return why;
	if (proto < 0)
		fp_obj_unset(obj, attr);
	else
		fp_obj_set_num(obj, attr->id, proto);
	return NULL;
}

static const char *set_str(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	const char *why = fp_txt_check(text, attr->syntax, attr->max);

	if (why)
		return why;
	return fp_obj_set_str(obj, attr->id, text) ? "needs more memory than there is" : NULL;
}

static const char *set_addr(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	struct fp_addr a;
	const char *why = fp_txt_addr(text, &a);

	if (!why)
		fp_obj_set_addr(obj, attr->id, &a);
	return why;
}

static const char *set_cidr(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	struct fp_cidr c;
	const char *why = fp_txt_cidr(text, &c);

	if (why)
		return why;
	if (c.addr.family)
		fp_obj_set_cidr(obj, attr->id, &c);
	else
		fp_obj_unset(obj, attr);
	return NULL;
}

static const char *set_endpoint(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	struct fp_endpoint e;
	const char *why = fp_txt_endpoint(text, &e);

	if (!why)
		fp_obj_set_endpoint(obj, attr->id, &e);
	return why;
}

static const char *add_elem(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	struct fp_cidr c;
	struct fp_addr a;
	const char *why;

	switch (attr->type) {
	case FP_T_STRS:
		why = fp_txt_check(text, attr->syntax, attr->max);
		if (!why && fp_obj_add_str(obj, attr->id, text))
			why = "needs more memory than there is";
		return why;
	case FP_T_ADDRS:
		why = fp_txt_addr(text, &a);
		if (!why && fp_obj_add_addr(obj, attr->id, &a))
			why = "needs more memory than there is";
		return why;
	default:
		why = fp_txt_cidr(text, &c);
		if (!why && !c.addr.family)
			why = "is every address";
		if (!why && fp_obj_add_cidr(obj, attr->id, &c))
			why = "needs more memory than there is";
		return why;
	}
}

static const char *add_list(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	char *copy = strdup(text), *rest = copy, *elem;
	const char *why = NULL;

	if (!copy)
		return "needs more memory than there is";
	while (!why && (elem = strsep(&rest, ",")))
		why = add_elem(obj, attr, elem);
	free(copy);
	return why;
}

/**
 * fp_obj_set() - set an attribute from text
 * @obj: the object
 * @attr: one of its rows
 * @text: the value; of lists, elements to add with commas between
 *
 * Return: NULL, or what is wrong; fp_attr_expect() says what was expected
 */
const char *fp_obj_set(struct fp_obj *obj, const struct fp_attr *attr, const char *text)
{
	switch (attr->type) {
	case FP_T_STR:
		return set_str(obj, attr, text);
	case FP_T_ENUM:
		return set_word(obj, attr, text);
	case FP_T_FLAG:
		return set_flag(obj, attr, text);
	case FP_T_PROTO:
		return set_proto(obj, attr, text);
	case FP_T_ADDR:
		return set_addr(obj, attr, text);
	case FP_T_CIDR:
		return set_cidr(obj, attr, text);
	case FP_T_ENDPOINT:
		return set_endpoint(obj, attr, text);
	case FP_T_STRS:
	case FP_T_ADDRS:
	case FP_T_CIDRS:
		return add_list(obj, attr, text);
	case FP_T_U8:
	case FP_T_U16:
	case FP_T_U32:
	case FP_T_U64:
		return set_number(obj, attr, text);
	default:
		return "cannot be set";
	}
}

static const char *unit_hint(u8 unit)
{
	switch (unit) {
	case FP_U_BYTES:
		return " of octets (K, M, G may follow)";
	case FP_U_MS:
		return " of milliseconds (or 8s, 2m)";
	case FP_U_SECONDS:
		return " of seconds (or 5m, 1h, 1d)";
	default:
		return "";
	}
}

static void expect_words(const struct fp_attr *attr, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "one of");
	int i;

	for (i = 0; attr->words[i] && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s %s", i ? "," : "", attr->words[i]);
}

static void expect_number(const struct fp_attr *attr, char *buf, size_t size)
{
	if (attr->max >= UINT32_MAX)
		snprintf(buf, size, "a number%s", unit_hint(attr->unit));
	else
		snprintf(buf, size, "%s from %llu to %llu%s",
			 attr->unit == FP_U_PORT ? "a port" : "a number",
			 (unsigned long long)attr->min, (unsigned long long)attr->max,
			 unit_hint(attr->unit));
}

/**
 * fp_attr_expect() - what a value of an attribute looks like
 * @attr: the attribute
 *
 * Return: what to write behind "expected"; valid until the next call of this
 * thread
 */
const char *fp_attr_expect(const struct fp_attr *attr)
{
	static _Thread_local char buf[160];

	switch (attr->type) {
	case FP_T_STR:
	case FP_T_STRS:
		return fp_txt_expect(attr->syntax);
	case FP_T_ENUM:
		expect_words(attr, buf, sizeof(buf));
		return buf;
	case FP_T_FLAG:
		return "yes or no";
	case FP_T_PROTO:
		return "tcp, udp, icmp, icmp6, ip or a protocol number";
	case FP_T_ADDR:
	case FP_T_ADDRS:
		return "an IPv4 or IPv6 address";
	case FP_T_CIDR:
		return "an address, a prefix such as 192.0.2.0/24, or any";
	case FP_T_CIDRS:
		return "an address, or a prefix such as 192.0.2.0/24";
	case FP_T_ENDPOINT:
		return "address:port such as 192.0.2.11:5062 or [2001:db8::11]:5062";
	default:
		expect_number(attr, buf, sizeof(buf));
		return buf;
	}
}

/* --- to text --- */

static void print_date(FILE *out, u64 t)
{
	time_t when = (time_t)t;
	char buf[32];
	struct tm tm;

	if (gmtime_r(&when, &tm) && strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M UTC", &tm))
		fputs(buf, out);
	else
		fprintf(out, "%llu", (unsigned long long)t);
}

static void print_number(const struct fp_attr *attr, u64 n, bool human, FILE *out)
{
	if (human && attr->unit == FP_U_BYTES)
		fp_txt_bytes(out, n);
	else if (human && attr->unit == FP_U_MS)
		fp_txt_ms(out, n);
	else if (human && attr->unit == FP_U_SECONDS && n)
		fp_txt_ms(out, n * 1000);
	else if (human && attr->unit == FP_U_UNIXTIME)
		print_date(out, n);
	else
		fprintf(out, "%llu", (unsigned long long)n);
}

static void print_elem(const struct fp_attr *attr, const void *list, u32 i, FILE *out)
{
	char buf[FP_TXT_CIDR];

	switch (attr->type) {
	case FP_T_STRS:
		fp_txt_safe(out, ((const struct fp_strs *)list)->v[i]);
		break;
	case FP_T_ADDRS:
		fputs(fp_addr_str(&((const struct fp_addrs *)list)->v[i], buf), out);
		break;
	case FP_T_CIDRS:
		fputs(fp_cidr_str(&((const struct fp_cidrs *)list)->v[i], buf), out);
		break;
	default:
		fprintf(out, "%u", ((const struct fp_u32s *)list)->v[i]);
	}
}

/* All lists keep their length in the same place. */
static void print_list(const struct fp_attr *attr, const void *list, const char *sep, FILE *out)
{
	u32 n = ((const struct fp_u32s *)list)->n, i;

	for (i = 0; i < n; i++) {
		if (i)
			fputs(sep, out);
		print_elem(attr, list, i, out);
	}
}

static void print_proto(const struct fp_obj *obj, const struct fp_attr *attr, bool human, FILE *out)
{
	int proto = (attr->flags & FP_A_PRESENCE) && !fp_obj_gave(obj, attr) ?
			    -1 :
			    (int)fp_obj_num(obj, attr);
	char buf[8];

	if (human || proto < 0)
		fputs(fp_proto_str(proto, buf), out);
	else
		fprintf(out, "%d", proto);
}

/**
 * fp_obj_print() - print an attribute
 * @obj: the object
 * @attr: one of its rows
 * @sep: put between elements of a list
 * @human: with units and names of protocols; otherwise fp_obj_set() takes it back
 * @out: where to
 */
void fp_obj_print(const struct fp_obj *obj, const struct fp_attr *attr, const char *sep, bool human,
		  FILE *out)
{
	const void *field = fp_obj_field(obj, attr);
	char buf[FP_TXT_ENDPOINT];
	u64 n;

	switch (attr->type) {
	case FP_T_STR:
		if (*(char *const *)field)
			fp_txt_safe(out, *(char *const *)field);
		break;
	case FP_T_ENUM:
		n = fp_obj_num(obj, attr);
		if (n <= attr->max)
			fputs(attr->words[n], out);
		else
			fprintf(out, "%llu", (unsigned long long)n);
		break;
	case FP_T_FLAG:
		fputs(fp_obj_num(obj, attr) ? "yes" : "no", out);
		break;
	case FP_T_PROTO:
		print_proto(obj, attr, human, out);
		break;
	case FP_T_ADDR:
		fputs(fp_addr_str(field, buf), out);
		break;
	case FP_T_CIDR:
		fputs(fp_cidr_str(field, buf), out);
		break;
	case FP_T_ENDPOINT:
		fputs(fp_endpoint_str(field, buf), out);
		break;
	case FP_T_STRS:
	case FP_T_ADDRS:
	case FP_T_CIDRS:
	case FP_T_U32S:
		print_list(attr, field, sep, out);
		break;
	case FP_T_KEY:
		fputs("(secret)", out);
		break;
	default:
		print_number(attr, fp_obj_num(obj, attr), human, out);
	}
}
