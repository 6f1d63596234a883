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
}

/**
 * fp_faults_clear() - forget
 * @fs: faults
 * @sticky_too: failed operations as well
 *
 * Context: any.
 */
void fp_faults_clear(struct fp_faults *fs, bool sticky_too)
{
	struct fp_fault *f, *next;
	u32 kept = 0;

	list_for_each_entry_safe(f, next, &fs->list, list) {
		if (f->is_sticky && !sticky_too) {
			kept++;
			continue;
		}
		list_del(&f->list);
		kfree(f);
	}
	fs->n = kept;
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
	from->n = 0;
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

/* @detail, when given, is copied. A fault that finds no memory still counts. */
static void fp_fault_add(struct fp_faults *fs, const struct fp_where *where,
			 const char *other, const char *brief, const char *detail,
			 bool is_sticky)
{
	size_t name = strlen(where->name) + 1, more = strlen(other ?: "") + 1;
	size_t text = detail ? strlen(detail) + 1 : 0;
	struct fp_fault *f;

	if (fs->n++ >= FP_FAULTS_MAX)
		return;
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
