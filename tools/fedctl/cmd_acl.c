// SPDX-License-Identifier: GPL-2.0
/* Access lists and their entries. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ace.h"
#include "ctl.h"
#include "json.h"
#include "text.h"

static struct fp_obj_acl *load_list(struct ctl *ctl, const char *name)
{
	struct fp_obj_acl *acl = NULL;

	if (ctl->file)
		return (struct fp_obj_acl *)ctl_get(ctl, FP_K_ACL, name);
	if (!ctl_open(ctl))
		fp_acl_load_kernel(ctl->nl, name, &acl, &ctl->errs);
	return acl;
}

static void list_row(struct ctl *ctl, struct table *t, const struct fp_obj_ace *ace, u32 line)
{
	FILE *out;

	fprintf(table_cell(t), "%u", line);
	fp_ace_print(ace, !ctl->numeric, table_cell(t));
	fprintf(table_cell(t), "%llu", (unsigned long long)ace->hits);
	out = table_cell(t);
	if (!fp_obj_has(&ace->o, FEDPAT_A_ACE_LAST_HIT)) {
		fputs("never", out);
	} else if (ctl->numeric) {
		fprintf(out, "%llu", (unsigned long long)ace->last_hit);
	} else {
		fp_txt_ms(out, ace->last_hit);
		fputs(" ago", out);
	}
}

/**
 * show_list() - an access list with its entries
 * @ctl: this run
 * @acl: the list
 */
void show_list(struct ctl *ctl, const struct fp_obj_acl *acl)
{
	struct table *t = table_new(4);
	u32 i;

	if (!t)
		return;
	fprintf(ctl->out, "access list %s, %u %s", acl->o.name, acl->n_aces,
		acl->n_aces == 1 ? "entry" : "entries");
	if (acl->o.owner)
		fprintf(ctl->out, ", owner %s", acl->o.owner);
	if (acl->remark) {
		fputs(": ", ctl->out);
		fp_txt_safe(ctl->out, acl->remark);
	}
	fputc('\n', ctl->out);
	fputs("LINE", table_cell(t));
	fputs("ENTRY", table_cell(t));
	fputs("HITS", table_cell(t));
	fputs("LAST HIT", table_cell(t));
	table_right(t, 0);
	table_right(t, 2);
	for (i = 0; i < acl->n_aces; i++)
		list_row(ctl, t, acl->aces[i], i + 1);
	if (acl->deny_hits) {
		table_cell(t);
		fputs("(implicit deny)", table_cell(t));
		fprintf(table_cell(t), "%llu", (unsigned long long)acl->deny_hits);
		table_cell(t);
	}
	table_print(t, ctl);
}

static void acl_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = words_peek(w);
	struct fp_obj_acl *acl;

	if (!name) {
		object_show(ctl, kind, w);
		return;
	}
	words_next(w);
	if (!no_more(ctl, w))
		return;
	acl = load_list(ctl, name);
	if (acl && ctl->json)
		print_json(ctl, fp_obj_json(&acl->o));
	else if (acl)
		show_list(ctl, acl);
	else if (!ctl->errs.n)
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED,
			   &(struct fp_where){ .kind = "acl", .object = name },
			   "fedctl acl show lists them", "there is none of this name");
	if (acl)
		fp_obj_free(&acl->o);
}

/* Words that do not belong to an attribute of the list are an entry. */
static bool is_entry(const struct fp_kind *kind, const struct words *w)
{
	u8 i;

	if (!w->n || is_prefix(w->v[0], "permit") || is_prefix(w->v[0], "deny"))
		return w->n;
	for (i = 1; i < kind->n_rows; i++)
		if (is_prefix(w->v[0], kind->rows[i].name))
			return false;
	return true;
}

static void add_entry(struct ctl *ctl, const char *acl, struct words *w)
{
	struct fp_obj *ace = fp_obj_alloc(FP_K_ACE, NULL);
	struct fp_ace_fault f;
	char remedy[160];
	u32 line = 0;

	if (is_prefix(w->v[0], "line")) {
		words_next(w);
		line = (u32)read_number(ctl, w, "line", 1, UINT32_MAX);
	}
	if (!ace || ctl->errs.n) {
		fp_obj_free(ace);
		return;
	}
	fp_obj_set_str(ace, FEDPAT_A_ACE_ACL, acl);
	if (fp_ace_parse_words((struct fp_obj_ace *)ace, w->v, (u32)w->n, &f)) {
		snprintf(remedy, sizeof(remedy), "expected %s", f.expect);
		usage(ctl, f.expect ? remedy : NULL, *f.value ? "'%s' %s" : "%s%s", f.value, f.why);
	} else {
		ctl_one(ctl, FP_OP_NEW, ace, line);
	}
	fp_obj_free(ace);
}

static void acl_add(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct words rest = *w;
	const char *name;

	name = words_next(&rest);
	if (!name || !is_entry(kind, &rest)) {
		object_add(ctl, kind, w);
		return;
	}
	if (fp_txt_check(name, FP_S_NAME, FEDPAT_NAME_MAX))
		usage(ctl, fp_txt_expect(FP_S_NAME), "'%s' is no name of an access list", name);
	else
		add_entry(ctl, name, &rest);
}

/* One entry by line or by its stable id, or all of them. */
static void del_entries(struct ctl *ctl, const char *acl, u32 line, u32 id)
{
	struct fp_obj_ace *ace = (struct fp_obj_ace *)fp_obj_alloc(FP_K_ACE, NULL);

	if (!ace)
		return;
	fp_obj_set_str(&ace->o, FEDPAT_A_ACE_ACL, acl);
	ace->id = id;
	ctl_one(ctl, FP_OP_DEL, &ace->o, line);
	fp_obj_free(&ace->o);
}

static void acl_del(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name, *by;
	u32 n;

	if (w->n < 2 || (!is_prefix(w->v[1], "line") && !is_prefix(w->v[1], "id"))) {
		object_del(ctl, kind, w);
		return;
	}
	name = words_next(w);
	by = words_next(w);
	n = (u32)read_number(ctl, w, by, 1, UINT32_MAX);
	if (ctl->errs.n || !no_more(ctl, w))
		return;
	if (is_prefix(by, "id") && ctl->file)
		usage(ctl, "name the line", "entries of a file have no ids");
	else if (is_prefix(by, "id"))
		del_entries(ctl, name, 0, n);
	else
		del_entries(ctl, name, n, 0);
}

static void acl_flush(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "the name of a list");

	(void)kind;
	if (name && no_more(ctl, w))
		del_entries(ctl, name, 0, 0);
}

#define ENTRY                                                                         \
	"permit|deny PROTOCOL [from ADDRESS [port PORTS]] [to ADDRESS [port PORTS]] " \
	"[type ICMP-TYPE] [log] [inactive] [owner NAME] [remark TEXT]"

const struct verb acl_verbs[] = {
	{ "show", "[NAME]", "all lists, or the entries of one with hits", acl_show },
	{ "add", "NAME [line N] " ENTRY, "append or insert an entry; makes the list", acl_add },
	{ "add", "NAME [remark TEXT]", "make an empty list", acl_add },
	{ "del", "NAME line N|id N", "delete an entry", acl_del },
	{ "del", "NAME...", "delete lists", acl_del },
	{ "set", "NAME remark TEXT", "change the remark", object_set },
	{ "flush", "NAME", "delete all entries of a list", acl_flush },
	{ 0 },
};
