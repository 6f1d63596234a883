/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of an access list while a transaction changes them: a tree in the
 * order of the lines whose nodes know how many lie below them, so that line
 * numbers need no renumbering and a hundred thousand changes stay cheap.
 *
 * Protected by fpn->config, as the candidate that it belongs to.
 */
#ifndef _FP_ACL_EDIT_H
#define _FP_ACL_EDIT_H

#include <linux/types.h>

struct fp_acl_edit;
struct fp_acl_list;
struct fp_entry;

struct fp_acl_edit *fp_acl_edit_alloc(const struct fp_acl_list *list);
void fp_acl_edit_free(struct fp_acl_edit *edit);

u32 fp_acl_edit_count(const struct fp_acl_edit *edit);
u64 fp_acl_edit_bytes(const struct fp_acl_edit *edit);
/* @line: from 1; one more than there are appends. Takes @entry when it succeeds. */
int fp_acl_edit_insert(struct fp_acl_edit *edit, u32 line, struct fp_entry *entry);
/* The entry at a line, or of an id; NULL: there is none. */
struct fp_entry *fp_acl_edit_at(const struct fp_acl_edit *edit, u32 line);
struct fp_entry *fp_acl_edit_find(const struct fp_acl_edit *edit, u32 id);
/* Remove and give up an entry that the list has. */
void fp_acl_edit_del(struct fp_acl_edit *edit, struct fp_entry *entry);
/* The result: a list of its own. */
struct fp_acl_list *fp_acl_edit_list(const struct fp_acl_edit *edit);

bool fp_acl_edit_selftest(void);

#endif /* _FP_ACL_EDIT_H */
