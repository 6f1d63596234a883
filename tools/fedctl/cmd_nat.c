// SPDX-License-Identifier: GPL-2.0
/* The short ways to write PAT and static PAT. */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "text.h"

/* The only outside zone, where nobody names one. NULL: told. */
static char *outside_zone(struct ctl *ctl)
{
	struct fp_model *model = ctl_load(ctl);
	struct fp_obj_zone *zone;
	char *name = NULL;
	u32 i, n = 0;

	if (!model)
		return NULL;
	fp_model_each(model, FP_K_ZONE, i, zone) {
		if (zone->role != FEDPAT_ROLE_OUTSIDE || n++)
			continue;
		name = strdup(zone->o.name);
		if (!name)
			fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
	}
	if (n != 1) {
		usage(ctl, "name one: zone NAME",
		      n ? "there are several outside zones" : "there is no outside zone");
		free(name);
		name = NULL;
	}
	fp_model_free(model);
	return name;
}

static void set_text(struct ctl *ctl, struct fp_obj *obj, const char *attr, const char *text)
{
	const struct fp_attr *row = fp_attr_find(obj->kind, attr);
	const char *why = fp_obj_set(obj, row, text);
	char remedy[256];

	if (!why)
		return;
	snprintf(remedy, sizeof(remedy), "expected %s", fp_attr_expect(row));
	usage(ctl, remedy, "%s: '%s' %s", attr, text, why);
}

static void finish(struct ctl *ctl, struct fp_obj *obj, u16 zone, struct words *w)
{
	char *name;

	read_attrs(ctl, obj, w, false);
	if (!ctl->errs.n && !fp_obj_has(obj, zone)) {
		name = outside_zone(ctl);
		if (name)
			fp_obj_set_str(obj, zone, name);
		free(name);
	}
	add_object(ctl, obj);
}

static bool is_proto(const char *word)
{
	return !strcmp(word, "tcp") || !strcmp(word, "udp");
}

/* Name of a row that has none: tcp-203.0.113.10-5061 */
static void row_name(const char *proto, const char *public, char *buf, size_t size)
{
	struct fp_endpoint e;
	char addr[FP_TXT_ADDR];

	if (fp_txt_endpoint(public, &e))
		snprintf(buf, size, "%s", "?");
	else
		snprintf(buf, size, "%s-%s-%u", proto, fp_addr_str(&e.addr, addr), e.port);
}

/* [NAME] tcp|udp PUBLIC to NODE, or NAME and attributes. */
static void static_pat_add(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	int at = w->n && is_proto(w->v[0]) ? 0 : w->n > 1 && is_proto(w->v[1]) ? 1 : -1;
	char name[FEDPAT_NAME_MAX + 1];
	struct fp_obj *obj;

	if (at < 0) {
		object_add(ctl, kind, w);
		return;
	}
	if (w->n < at + 4 || strcmp(w->v[at + 2], "to")) {
		usage(ctl, "static-pat add [NAME] tcp|udp ADDRESS:PORT to ADDRESS:PORT ...",
		      "the row is not complete");
		return;
	}
	row_name(w->v[at], w->v[at + 1], name, sizeof(name));
	obj = fp_obj_alloc(kind->id, at ? w->v[0] : name);
	if (!obj)
		return;
	set_text(ctl, obj, "proto", w->v[at]);
	set_text(ctl, obj, "public", w->v[at + 1]);
	set_text(ctl, obj, "node", w->v[at + 3]);
	w->v += at + 4;
	w->n -= at + 4;
	finish(ctl, obj, FEDPAT_A_STATIC_PAT_ZONE, w);
}

/* NAME..., or tcp|udp PUBLIC */
static void static_pat_del(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	char name[FEDPAT_NAME_MAX + 1], *one = name;
	struct words by_name = { .v = &one, .n = 1 };

	if (w->n != 2 || !is_proto(w->v[0])) {
		object_del(ctl, kind, w);
		return;
	}
	row_name(w->v[0], w->v[1], name, sizeof(name));
	object_del(ctl, kind, &by_name);
}

const struct verb static_pat_verbs[] = {
	{ "show", "[NAME]", "all rows in a table, or one", object_show },
	{ "add", "[NAME] tcp|udp ADDRESS:PORT to ADDRESS:PORT [ATTRIBUTE VALUE]...",
	  "translate a public address and port to a node", static_pat_add },
	{ "add", "NAME ATTRIBUTE VALUE...", "the same, attribute by attribute", static_pat_add },
	{ "set", "NAME [no] ATTRIBUTE VALUE...", "change attributes", object_set },
	{ "del", "NAME... | tcp|udp ADDRESS:PORT", "delete", static_pat_del },
	{ 0 },
};

static void pat_to(struct ctl *ctl, struct fp_obj *obj, const char *to)
{
	if (!is_prefix(to, "interface"))
		set_text(ctl, obj, "to-addr", to);
}

/* [NAME] from SOURCE to ADDRESS|interface */
static void pat_add(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	int at = w->n && !strcmp(w->v[0], "from")     ? 0 :
		 w->n > 1 && !strcmp(w->v[1], "from") ? 1 :
							-1;
	char name[FEDPAT_NAME_MAX + 1], *p;
	struct fp_obj *obj;

	if (at < 0) {
		object_add(ctl, kind, w);
		return;
	}
	if (w->n < at + 4 || strcmp(w->v[at + 2], "to")) {
		usage(ctl, "pat add [NAME] from SOURCE to ADDRESS|interface ...",
		      "the rule is not complete");
		return;
	}
	snprintf(name, sizeof(name), "%s", w->v[at + 1]);
	for (p = name; *p; p++)
		if (*p == '/')
			*p = '_';
	obj = fp_obj_alloc(kind->id, at ? w->v[0] : name);
	if (!obj)
		return;
	set_text(ctl, obj, "src", w->v[at + 1]);
	pat_to(ctl, obj, w->v[at + 3]);
	w->v += at + 4;
	w->n -= at + 4;
	finish(ctl, obj, FEDPAT_A_PAT_ZONE, w);
}

const struct verb pat_verbs[] = {
	{ "show", "[NAME]", "all rules in a table, or one", object_show },
	{ "add", "[NAME] from SOURCE to ADDRESS|interface [ATTRIBUTE VALUE]...",
	  "hide sources behind an address", pat_add },
	{ "add", "NAME ATTRIBUTE VALUE...", "the same, attribute by attribute", pat_add },
	{ "set", "NAME [no] ATTRIBUTE VALUE...", "change attributes", object_set },
	{ "del", "NAME...", "delete", object_del },
	{ 0 },
};
