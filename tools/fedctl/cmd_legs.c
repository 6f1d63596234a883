// SPDX-License-Identifier: GPL-2.0
/* Legs, and sessions, which are legs that exchanged messages. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "json.h"
#include "text.h"

/**
 * struct legs - all legs
 * @v: the legs
 * @n: how many
 * @group: session of each leg: index of the first leg of it
 */
struct legs {
	struct fp_obj_leg **v;
	u32 n;
	u32 *group;
};

static int by_id(const void *a, const void *b)
{
	const struct fp_obj_leg *x = *(struct fp_obj_leg *const *)a;
	const struct fp_obj_leg *y = *(struct fp_obj_leg *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static bool load_legs(struct ctl *ctl, struct legs *l)
{
	struct objs objs = { 0 };
	bool ok = ctl_dump(ctl, FP_K_LEG, &objs);

	l->v = (struct fp_obj_leg **)objs.v;
	l->n = objs.n;
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_id);
	return ok;
}

static void free_legs(struct legs *l)
{
	struct objs objs = { .v = (struct fp_obj **)l->v, .n = l->n };

	objs_free(&objs);
	free(l->group);
}

static void print_time(struct ctl *ctl, u64 ms, FILE *out)
{
	if (ctl->numeric)
		fprintf(out, "%llu", (unsigned long long)ms);
	else
		fp_txt_ms(out, ms);
}

static const char *word(const char *const *words, u32 value, u32 max)
{
	return value <= max ? words[value] : "?";
}

static const char *attr_word(const struct fp_obj *obj, const char *attr)
{
	const struct fp_attr *row = fp_attr_find(obj->kind, attr);

	return word(row->words, (u32)fp_obj_num(obj, row), (u32)row->max);
}

static const char *const heads[] = {
	"ID", "SIDE", "PEER",	 "REMOTE", "TRANSPORT", "STATE",
	"RX", "TX",   "REFUSED", "IDLE",   "AGE",	"OFFLOADED",
};

static void leg_row(struct ctl *ctl, struct table *t, const struct fp_obj_leg *leg)
{
	char buf[FP_TXT_ENDPOINT];
	FILE *out;

	fprintf(table_cell(t), "%u", leg->id);
	fputs(attr_word(&leg->o, "role"), table_cell(t));
	fp_txt_safe(table_cell(t), leg->peer ? leg->peer : "");
	out = table_cell(t);
	fprintf(out, "%s%s", leg->dialled ? "to " : "from ", fp_endpoint_str(&leg->remote, buf));
	out = table_cell(t);
	fputs(leg->tls_version ? leg->tls_version : attr_word(&leg->o, "transport"), out);
	fputs(attr_word(&leg->o, "state"), table_cell(t));
	fprintf(table_cell(t), "%llu", (unsigned long long)leg->rx_messages);
	fprintf(table_cell(t), "%llu", (unsigned long long)leg->tx_messages);
	fprintf(table_cell(t), "%llu", (unsigned long long)leg->refused);
	print_time(ctl, leg->idle, table_cell(t));
	print_time(ctl, leg->age, table_cell(t));
	fp_txt_safe(table_cell(t), leg->not_offloaded ? leg->not_offloaded : "yes");
}

static struct table *legs_table(void)
{
	struct table *t = table_new(ARRAY_SIZE(heads));
	u32 i;

	for (i = 0; t && i < ARRAY_SIZE(heads); i++)
		fputs(heads[i], table_cell(t));
	for (i = 6; t && i < 9; i++)
		table_right(t, i);
	return t;
}

static void show_leg(struct ctl *ctl, const struct legs *l, u32 id)
{
	char name[16];
	u32 i;

	for (i = 0; i < l->n; i++) {
		if (l->v[i]->id == id) {
			show_one(ctl, &l->v[i]->o);
			return;
		}
	}
	snprintf(name, sizeof(name), "%u", id);
	fp_err_add(&ctl->errs, FP_EXIT_REFUSED, &(struct fp_where){ .kind = "leg", .object = name },
		   "fedctl leg show lists them", "there is none of this id");
}

static void leg_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	u32 id = w->n ? (u32)read_number(ctl, w, "the id of a leg", 1, UINT32_MAX) : 0, i;
	struct legs l = { 0 };
	struct table *t;

	if (ctl->errs.n || !no_more(ctl, w) || !load_legs(ctl, &l)) {
		free_legs(&l);
		return;
	}
	if (id) {
		show_leg(ctl, &l, id);
	} else if (ctl->json) {
		show_objects(ctl, kind, (struct fp_obj **)l.v, l.n);
	} else if (l.n) {
		t = legs_table();
		for (i = 0; t && i < l.n; i++)
			leg_row(ctl, t, l.v[i]);
		if (t)
			table_print(t, ctl);
	}
	free_legs(&l);
}

static void leg_kill(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *reason = NULL;
	u32 ids[64], n = 0, i;

	(void)kind;
	while (w->n && !is_prefix(w->v[0], "reason") && n < ARRAY_SIZE(ids) && !ctl->errs.n)
		ids[n++] = (u32)read_number(ctl, w, "the id of a leg", 1, UINT32_MAX);
	if (w->n && is_prefix(w->v[0], "reason")) {
		words_next(w);
		reason = need(ctl, w, "a reason");
	}
	if (!n && !ctl->errs.n)
		need(ctl, w, "the id of a leg");
	if (ctl->errs.n || !no_more(ctl, w) || ctl_open(ctl))
		return;
	for (i = 0; i < n; i++)
		fp_leg_kill(ctl->nl, ids[i], reason, &ctl->errs);
}

const struct verb leg_verbs[] = {
	{ "show", "[ID]", "all legs in a table, or one with all that is known", leg_show },
	{ "kill", "ID... [reason REASON]", "close legs, orderly", leg_kill },
	{ 0 },
};

/* --- sessions --- */

static u32 find_group(const struct legs *l, u32 i)
{
	while (l->group[i] != i)
		i = l->group[i];
	return i;
}

static s32 index_of(const struct legs *l, u32 id)
{
	struct fp_obj_leg key = { .id = id }, *k = &key, **found;

	found = bsearch(&k, l->v, l->n, sizeof(*l->v), by_id);
	return found ? (s32)(found - l->v) : -1;
}

/* Legs that are linked, over however many others, have one group. */
static bool group_legs(struct legs *l)
{
	u32 i, j, a, b;
	s32 other;

	l->group = calloc(l->n + 1, sizeof(*l->group));
	if (!l->group)
		return false;
	for (i = 0; i < l->n; i++)
		l->group[i] = i;
	for (i = 0; i < l->n; i++) {
		for (j = 0; j < l->v[i]->link.n; j++) {
			other = index_of(l, l->v[i]->link.v[j]);
			if (other < 0)
				continue;
			a = find_group(l, i);
			b = find_group(l, (u32)other);
			l->group[a > b ? a : b] = a < b ? a : b;
		}
	}
	for (i = 0; i < l->n; i++)
		l->group[i] = find_group(l, i);
	return true;
}

static void print_session(struct ctl *ctl, const struct legs *l, u32 first)
{
	struct table *t = legs_table();
	u32 i;

	fprintf(ctl->out, "session of federation %s\n",
		l->v[first]->federation ? l->v[first]->federation : "(none)");
	for (i = first; t && i < l->n; i++)
		if (l->group[i] == first)
			leg_row(ctl, t, l->v[i]);
	if (t)
		table_print(t, ctl);
}

static json_t *session_json(const struct legs *l, u32 first)
{
	json_t *legs = json_array(), *j = json_object();
	u32 i;

	for (i = first; i < l->n; i++)
		if (l->group[i] == first)
			json_array_append_new(legs, fp_obj_json(&l->v[i]->o));
	if (l->v[first]->federation)
		json_object_set_new(j, "federation", fp_json_text(l->v[first]->federation));
	json_object_set_new(j, "legs", legs);
	return j;
}

static void session_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct legs l = { 0 };
	json_t *array;
	bool any = false;
	u32 i;

	(void)kind;
	if (!no_more(ctl, w) || !load_legs(ctl, &l) || !group_legs(&l)) {
		free_legs(&l);
		return;
	}
	array = json_array();
	for (i = 0; i < l.n; i++) {
		if (l.group[i] != i)
			continue;
		if (ctl->json) {
			json_array_append_new(array, session_json(&l, i));
			continue;
		}
		if (any)
			fputc('\n', ctl->out);
		any = true;
		print_session(ctl, &l, i);
	}
	if (ctl->json)
		print_json(ctl, array);
	else
		json_decref(array);
	free_legs(&l);
}

const struct verb session_verbs[] = {
	{ "show", "", "legs, those that exchange messages together", session_show },
	{ 0 },
};
