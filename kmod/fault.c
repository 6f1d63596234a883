// SPDX-License-Identifier: GPL-2.0
/* Faults of a candidate. */
#include <linux/slab.h>
#include "fault.h"
#include "genl.h"
#include "object.h"

/**
 * fp_faults_init() - none yet
 * @fs: faults
 *
 * Context: any.
 */
void fp_faults_init(struct fp_faults *fs)
{
	INIT_LIST_HEAD(&fs->list);
	fs->n = 0;
	fs->n_sticky = 0;
}

/**
 * fp_faults_clear() - forget
 * @fs: faults
 * @sticky_too: failed operations as well
 *
 * A failed operation counts on even where there was no room to tell it.
 *
 * Context: any.
 */
void fp_faults_clear(struct fp_faults *fs, bool sticky_too)
{
	struct fp_fault *f, *next;

	list_for_each_entry_safe(f, next, &fs->list, list) {
		if (f->is_sticky && !sticky_too)
			continue;
		list_del(&f->list);
		kfree(f);
	}
	if (sticky_too)
		fs->n_sticky = 0;
	fs->n = fs->n_sticky;
}

/**
 * fp_faults_move() - hand faults over
 * @from: empty afterwards
 * @to: what it had is forgotten
 *
 * Context: any.
 */
void fp_faults_move(struct fp_faults *from, struct fp_faults *to)
{
	fp_faults_clear(to, true);
	list_splice_init(&from->list, &to->list);
	to->n = from->n;
	to->n_sticky = from->n_sticky;
	from->n = 0;
	from->n_sticky = 0;
}

/**
 * fp_where() - an object and one of its attributes
 * @obj: the object
 * @attr: number of the attribute, 0 for none
 *
 * Context: any.
 * Return: where the fault is.
 */
struct fp_where fp_where(const struct fp_object *obj, int attr)
{
	const struct fp_kind_ops *ops = fp_kind_ops(obj->kind);

	return (struct fp_where){
		.kind = ops->name,
		.name = obj->name,
		.attr = attr,
		.attr_name = attr ? ops->attr[attr] : "",
	};
}

/**
 * fp_where_settings() - the limits and one of their attributes
 * @attr: number of the attribute, 0 for none
 *
 * Context: any.
 * Return: where the fault is.
 */
struct fp_where fp_where_settings(int attr)
{
	return (struct fp_where){
		.kind = "settings",
		.name = "",
		.attr = attr,
		.attr_name = attr ? fp_settings_attr_names[attr] : "",
	};
}

/*
 * One more. False: so many are told that this one is only counted. The counts
 * stay at their highest value: back at 0, a faulty policy would be published.
 */
static bool fp_fault_count(struct fp_faults *fs, bool is_sticky)
{
	u32 told = is_sticky ? fs->n_sticky : fs->n - fs->n_sticky;

	if (fs->n < U32_MAX)
		fs->n++;
	if (is_sticky && fs->n_sticky < U32_MAX)
		fs->n_sticky++;
	return told < FP_FAULTS_MAX;
}

/* @detail, when given, is copied. A fault that finds no memory was counted. */
static void fp_fault_add(struct fp_faults *fs, const struct fp_where *where,
			 const char *other, const char *brief, const char *detail,
			 bool is_sticky)
{
	size_t name = strlen(where->name) + 1, more = strlen(other ?: "") + 1;
	size_t text = detail ? strlen(detail) + 1 : 0;
	struct fp_fault *f;

	f = kzalloc(struct_size(f, buf, name + more + text), GFP_KERNEL_ACCOUNT);
	if (!f)
		return;
	f->is_sticky = is_sticky;
	f->kind = where->kind;
	f->attr = where->attr;
	f->attr_name = where->attr_name;
	f->brief = brief;
	f->name = memcpy(f->buf, where->name, name);
	f->other = memcpy(f->buf + name, other ?: "", more);
	f->text = brief;
	if (detail)
		f->text = memcpy(f->buf + name + more, detail, text);
	list_add_tail(&f->list, &fs->list);
}

/**
 * fp_fault() - an object is wrong
 * @fs: faults
 * @where: object and attribute
 * @other: the other object, or NULL
 * @brief: what is wrong and what to do; static
 *
 * Context: may sleep.
 */
void fp_fault(struct fp_faults *fs, struct fp_where where, const char *other,
	      const char *brief)
{
	if (fp_fault_count(fs, false))
		fp_fault_add(fs, &where, other, brief, NULL, false);
}

/**
 * fp_fault_fmt() - an object is wrong, with detail
 * @fs: faults
 * @where: object and attribute
 * @other: the other object, or NULL
 * @brief: what is wrong and what to do; static, for the extended ack
 * @fmt: the same with detail
 *
 * Context: may sleep.
 */
void fp_fault_fmt(struct fp_faults *fs, struct fp_where where, const char *other,
		  const char *brief, const char *fmt, ...)
{
	va_list args;
	char *detail;

	if (!fp_fault_count(fs, false))
		return;
	va_start(args, fmt);
	detail = kvasprintf(GFP_KERNEL, fmt, args);
	va_end(args);
	fp_fault_add(fs, &where, other, brief, detail, false);
	kfree(detail);
}

/* Top attribute in which the bad one lies, which may be inside a nest. */
static int fp_fault_bad_attr(struct genl_info *info, const struct nlattr *bad)
{
	const struct nlattr *head = genlmsg_data(info->genlhdr);
	const struct nlattr *nla;
	int rem;

	nla_for_each_attr(nla, head, genlmsg_len(info->genlhdr), rem)
		if (bad >= nla && (const u8 *)bad < (const u8 *)nla + nla->nla_len)
			return nla_type(nla);
	return 0;
}

/**
 * fp_fault_op() - an operation of a transaction failed
 * @fs: faults
 * @kind: kind of the object
 * @name: its name, or ""
 * @attrs: names of its attributes
 * @max_attr: the highest of them
 * @info: the request, whose extended ack says what is wrong
 *
 * Context: may sleep.
 */
void fp_fault_op(struct fp_faults *fs, const char *kind, const char *name,
		 const char * const *attrs, u16 max_attr, struct genl_info *info)
{
	struct netlink_ext_ack *ack = info->extack;
	struct fp_where where = { .kind = kind, .name = name, .attr_name = "" };

	if (!fp_fault_count(fs, true))
		return;
	where.attr = ack->miss_type;
	if (ack->bad_attr)
		where.attr = fp_fault_bad_attr(info, ack->bad_attr);
	if (where.attr && where.attr <= max_attr)
		where.attr_name = attrs[where.attr];
	fp_fault_add(fs, &where, NULL, ack->_msg ?: "the operation failed", NULL, true);
}

/**
 * fp_fault_fill() - put a fault into a message
 * @skb: message
 * @fault: fault
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int fp_fault_fill(struct sk_buff *skb, const struct fp_fault *fault)
{
	return nla_put_string(skb, FEDPAT_A_TXN_ERROR_KIND, fault->kind) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TXN_ERROR_NAME, fault->name) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TXN_ERROR_ATTRIBUTE, fault->attr_name) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TXN_ERROR_OTHER, fault->other) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TXN_ERROR_TEXT, fault->text);
}
