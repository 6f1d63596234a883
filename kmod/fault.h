/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is wrong with a candidate: every fault of it, by object and attribute,
 * until the transaction ends. Protected by fpn->config.
 */
#ifndef _FP_FAULT_H
#define _FP_FAULT_H

#include <linux/list.h>
#include <linux/types.h>

struct fp_object;
struct genl_info;
struct netlink_ext_ack;
struct sk_buff;

/* So many are told, of validation and of failed operations each; more are counted. */
#define FP_FAULTS_MAX	1000

/**
 * struct fp_fault - one fault
 * @list: in struct fp_faults
 * @is_sticky: a failed operation; not one of validation, which is done anew at
 *	each commit
 * @attr: number of the attribute, 0 for none
 * @kind: of the object, static
 * @attr_name: static, "" for none
 * @brief: what is wrong and what to do, static
 * @text: the same with more detail; @brief where there is none
 * @name: of the object
 * @other: the other object of a clash, ""
 * @buf: holds the strings that are not static
 */
struct fp_fault {
	struct list_head list;
	bool is_sticky;
	u16 attr;
	const char *kind;
	const char *attr_name;
	const char *brief;
	const char *text;
	const char *name;
	const char *other;
	char buf[];
};

/**
 * struct fp_faults - faults of a candidate
 * @list: those that are told, in the order in which they were found
 * @n: how many there were
 * @n_sticky: how many of them were failed operations
 */
struct fp_faults {
	struct list_head list;
	u32 n;
	u32 n_sticky;
};

/**
 * struct fp_where - what a fault is about
 * @kind: kind of the object
 * @name: its name
 * @attr: number of the attribute, 0 for none
 * @attr_name: its name
 */
struct fp_where {
	const char *kind;
	const char *name;
	u16 attr;
	const char *attr_name;
};

void fp_faults_init(struct fp_faults *fs);
void fp_faults_clear(struct fp_faults *fs, bool sticky_too);
/* What @to had is forgotten, @from is empty afterwards. */
void fp_faults_move(struct fp_faults *from, struct fp_faults *to);

struct fp_where fp_where(const struct fp_object *obj, int attr);
/* Limits are no object. */
struct fp_where fp_where_settings(int attr);
/* @other may be NULL. @brief is static. */
void fp_fault(struct fp_faults *fs, struct fp_where where, const char *other,
	      const char *brief);
/* With detail: @fmt says the same as @brief, and more. */
__printf(5, 6)
void fp_fault_fmt(struct fp_faults *fs, struct fp_where where, const char *other,
		  const char *brief, const char *fmt, ...);
/* The operation of a transaction failed: record what its answer says. */
void fp_fault_op(struct fp_faults *fs, const char *kind, const char *name,
		 const char * const *attrs, u16 max_attr, struct genl_info *info);

int fp_fault_fill(struct sk_buff *skb, const struct fp_fault *fault);

#endif /* _FP_FAULT_H */
