// SPDX-License-Identifier: GPL-2.0
/* Policy files: from YAML into a model, every fault with its place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ace.h"
#include "policy_file.h"
#include "text.h"

/**
 * struct loader - a file on its way into a model
 * @model: the model
 * @errs: gets every fault
 * @extra: keys of an object that are no attributes, ends with NULL; or NULL
 * @seen: kinds whose section was there
 */
struct loader {
	struct fp_model *model;
	struct fp_errs *errs;
	const char *const *extra;
	u32 seen;
};

static void fault(struct loader *l, const struct fp_pos *pos, const struct fp_obj *obj,
		  const char *attr, const char *remedy, const char *text)
{
	struct fp_where where = { .pos = pos, .attr = attr };

	if (obj) {
		where.kind = obj->kind->word;
		where.object = obj->name;
	}
	fp_err_add(l->errs, FP_EXIT_REFUSED, &where, remedy, "%s", text);
}

static void fault_expect(struct loader *l, const struct fp_pos *pos, const struct fp_obj *obj,
			 const char *attr, const char *expect, const char *value, const char *why)
{
	char text[256], remedy[256];

	if (value)
		snprintf(text, sizeof(text), "'%.80s' %s", value, why);
	else
		snprintf(text, sizeof(text), "%s", why);
	if (expect)
		snprintf(remedy, sizeof(remedy), "expected %s", expect);
	fault(l, pos, obj, attr, expect ? remedy : NULL, text);
}

/* Positions of the model's objects name the file by a string of the model. */
static struct fp_pos own(struct loader *l, struct fp_pos pos)
{
	pos.file = fp_model_file(l->model, pos.file);
	return pos;
}

static bool is_empty(const struct fp_ynode *n)
{
	return n->type == FP_Y_SCALAR && !n->quoted && !*n->text;
}

struct keys {
	const struct fp_kind *kind;
	const char *const *extra;
};

static const char *key_name(u32 i, const void *arg)
{
	const struct keys *k = arg;
	u32 r;

	for (r = 0; r < k->kind->n_rows; r++)
		if (fp_attr_in_file(&k->kind->rows[r]) && !i--)
			return k->kind->rows[r].name;
	for (r = 0; k->extra && k->extra[r]; r++)
		if (!i--)
			return k->extra[r];
	return NULL;
}

static void unknown_key(struct loader *l, const struct fp_obj *obj, const struct fp_ynode *n)
{
	struct keys keys = { .kind = obj->kind, .extra = l->extra };
	const char *near = fp_nearest(n->key, key_name, &keys), *s;
	char text[128], remedy[512];
	size_t used;
	u32 i;

	snprintf(text, sizeof(text), "there is no attribute '%.60s'", n->key);
	used = (size_t)snprintf(remedy, sizeof(remedy), near ? "did you mean '%s'? " : "%s",
				near ? near : "");
	used += (size_t)snprintf(remedy + used, sizeof(remedy) - used, "expected one of");
	for (i = 0; (s = key_name(i, &keys)) && used < sizeof(remedy); i++)
		used += (size_t)snprintf(remedy + used, sizeof(remedy) - used, "%s %s",
					 i ? "," : "", s);
	fault(l, &n->key_pos, obj, NULL, remedy, text);
}

static s32 extra_index(const struct loader *l, const char *key)
{
	s32 i;

	for (i = 0; l->extra && l->extra[i]; i++)
		if (!strcmp(l->extra[i], key))
			return i;
	return -1;
}

static bool is_list(const struct fp_attr *attr)
{
	return attr->type == FP_T_STRS || attr->type == FP_T_ADDRS || attr->type == FP_T_CIDRS;
}

/* On the command line a word may be cut short; files are read by others later. */
static bool is_cut_short(const struct fp_attr *attr, const char *text)
{
	u32 i;

	if (attr->type != FP_T_ENUM)
		return false;
	for (i = 0; attr->words[i]; i++)
		if (!strcmp(attr->words[i], text))
			return false;
	return true;
}

static void set_scalar(struct loader *l, struct fp_obj *obj, const struct fp_attr *attr,
		       const struct fp_ynode *n)
{
	const char *why;

	if (n->type != FP_Y_SCALAR) {
		fault_expect(l, &n->pos, obj, attr->name, fp_attr_expect(attr), NULL,
			     n->type == FP_Y_SEQ ? "a list where one value belongs" :
						   "a map where a value belongs");
		return;
	}
	if (is_list(attr) && strchr(n->text, ','))
		why = "has a comma; write [a, b], or one a line behind a dash";
	else if (is_cut_short(attr, n->text))
		why = "is unknown";
	else
		why = fp_obj_set(obj, attr, n->text);
	if (why)
		fault_expect(l, &n->pos, obj, attr->name, fp_attr_expect(attr), n->text, why);
}

static void set_attr(struct loader *l, struct fp_obj *obj, const struct fp_attr *attr,
		     const struct fp_ynode *n)
{
	const struct fp_ynode *elem;

	if (obj->at)
		obj->at[attr - obj->kind->rows] = own(l, n->pos);
	if (is_empty(n) || (n->type == FP_Y_SEQ && !n->first && attr->flags & FP_A_REQUIRED)) {
		fault_expect(l, &n->key_pos, obj, attr->name, fp_attr_expect(attr), NULL,
			     "has no value");
		return;
	}
	if (!is_list(attr) || n->type != FP_Y_SEQ) {
		set_scalar(l, obj, attr, n);
		return;
	}
	for (elem = n->first; elem; elem = elem->next)
		set_scalar(l, obj, attr, elem);
}

static void read_entry(struct loader *l, struct fp_obj_acl *acl, const struct fp_ynode *n)
{
	struct fp_obj_ace *ace = (struct fp_obj_ace *)fp_obj_alloc(FP_K_ACE, NULL);
	struct fp_ace_fault f;
	struct fp_pos pos = n->pos;
	u32 col;
	int err;

	if (!ace)
		return;
	if (n->type != FP_Y_SCALAR) {
		fault_expect(l, &n->pos, &acl->o, "entries", "permit or deny, then a protocol",
			     NULL, "an entry is one line of text");
	} else {
		ace->o.pos = own(l, n->pos);
		err = fp_ace_parse_line(ace, n->text, &col, &f);
		if (!err && !fp_obj_set_str(&ace->o, FEDPAT_A_ACE_ACL, acl->o.name) &&
		    !fp_acl_add_ace(acl, ace, 0))
			return;
		if (!n->block)
			pos.col += col + n->quoted;
		if (err == -EINVAL)
			fault_expect(l, &pos, &acl->o, "entries", f.expect,
				     *f.value ? f.value : NULL, f.why);
	}
	fp_obj_free(&ace->o);
}

static void read_entries(struct loader *l, struct fp_obj_acl *acl, const struct fp_ynode *n)
{
	const struct fp_ynode *e;

	if (is_empty(n))
		return;
	if (n->type != FP_Y_SEQ) {
		fault_expect(l, &n->pos, &acl->o, "entries", "one entry a line, each behind a dash",
			     NULL, "is no list");
		return;
	}
	for (e = n->first; e; e = e->next)
		read_entry(l, acl, e);
}

/* Rows have the low bits of @seen, other keys the high ones. */
static void read_attr(struct loader *l, struct fp_obj *obj, const struct fp_ynode *n, u64 *seen)
{
	const struct fp_attr *attr = fp_attr_find(obj->kind, n->key);
	s32 extra = extra_index(l, n->key);
	u64 bit;

	if (extra < 0 && (!attr || !fp_attr_in_file(attr))) {
		unknown_key(l, obj, n);
		return;
	}
	bit = 1ULL << (extra >= 0 ? 63 - extra : attr - obj->kind->rows);
	if (*seen & bit) {
		fault(l, &n->key_pos, obj, n->key, "write it once", "is given twice");
		return;
	}
	*seen |= bit;
	if (extra < 0)
		set_attr(l, obj, attr, n);
	else if (obj->kind->id == FP_K_ACL)
		read_entries(l, (struct fp_obj_acl *)obj, n);
}

/* What was given and was wrong is not also missing. */
static void check_missing(struct loader *l, const struct fp_obj *obj, u64 seen)
{
	const struct fp_attr *attr;
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		attr = &obj->kind->rows[i];
		if (fp_attr_in_file(attr) && (attr->flags & FP_A_REQUIRED) && !(seen & 1ULL << i))
			fault_expect(l, &obj->pos, obj, attr->name, fp_attr_expect(attr), NULL,
				     "is missing");
	}
}

static void read_attrs(struct loader *l, struct fp_obj *obj, const struct fp_ynode *map)
{
	const struct fp_ynode *n;
	u64 seen = 0;

	if (map->type != FP_Y_MAP && !is_empty(map)) {
		fault_expect(l, &map->pos, obj, NULL, "attribute: value, one a line", NULL,
			     "an object is no such value");
		return;
	}
	for (n = map->type == FP_Y_MAP ? map->first : NULL; n; n = n->next)
		read_attr(l, obj, n, &seen);
	check_missing(l, obj, seen);
	fp_obj_plain(obj);
}

static const char *const acl_extra[] = { "entries", NULL };

static void read_object(struct loader *l, const struct fp_kind *kind, const struct fp_ynode *n)
{
	struct fp_obj *obj = fp_obj_alloc(kind->id, n->key);
	const char *why;
	int err;

	if (!obj)
		return;
	obj->pos = own(l, n->key_pos);
	obj->at = calloc(kind->n_rows, sizeof(*obj->at));
	l->extra = kind->id == FP_K_ACL ? acl_extra : NULL;
	why = fp_txt_check(n->key, kind->rows[0].syntax, kind->rows[0].max);
	if (why)
		fault_expect(l, &n->key_pos, obj, "name", fp_attr_expect(&kind->rows[0]), n->key,
			     why);
	read_attrs(l, obj, n);
	err = fp_model_add(l->model, obj);
	if (err == -EEXIST)
		fault(l, &n->key_pos, obj, NULL, "give each object a name of its own",
		      "is given twice");
	if (err)
		fp_obj_free(obj);
}

/**
 * fp_obj_read() - the attributes of an object out of a map
 * @obj: the object, new
 * @map: the map
 * @extra: keys that the caller reads itself, ends with NULL; or NULL
 * @model: keeps the file name for positions
 * @errs: gets every fault
 */
void fp_obj_read(struct fp_obj *obj, const struct fp_ynode *map, const char *const *extra,
		 struct fp_model *model, struct fp_errs *errs)
{
	struct loader l = { .model = model, .errs = errs, .extra = extra };

	if (!obj->pos.file)
		obj->pos = own(&l, map->pos);
	obj->at = calloc(obj->kind->n_rows, sizeof(*obj->at));
	read_attrs(&l, obj, map);
}

static void read_kind(struct loader *l, const struct fp_kind *kind, const struct fp_ynode *map)
{
	const struct fp_ynode *n;
	char text[64];

	if (is_empty(map))
		return;
	if (map->type != FP_Y_MAP) {
		snprintf(text, sizeof(text), "'%s' is %s", kind->word, fp_ynode_type_name(map));
		fault_expect(l, &map->pos, NULL, NULL, "name:, and below it attribute: value", NULL,
			     text);
		return;
	}
	for (n = map->first; n; n = n->next)
		read_object(l, kind, n);
}

static const char *section_name(u32 i, const void *arg)
{
	(void)arg;
	/* Entries have no section of their own. */
	i += i >= FP_K_ACE;
	return i < FP_K_POLICY_COUNT ? fp_kinds[i].word : NULL;
}

static void unknown_section(struct loader *l, const struct fp_ynode *n)
{
	const char *near = fp_nearest(n->key, section_name, NULL), *s;
	char text[128], remedy[512];
	size_t used;
	u32 i;

	if (!strcmp(n->key, "workflow")) {
		fault(l, &n->key_pos, NULL, NULL, "apply it with: fedctl federation apply FILE",
		      "this is the input of a workflow, not a policy");
		return;
	}
	snprintf(text, sizeof(text), "there is no kind of object '%.60s'", n->key);
	used = (size_t)snprintf(remedy, sizeof(remedy), near ? "did you mean '%s'? " : "%s",
				near ? near : "");
	used += (size_t)snprintf(remedy + used, sizeof(remedy) - used, "expected one of");
	for (i = 0; (s = section_name(i, NULL)) && used < sizeof(remedy); i++)
		used += (size_t)snprintf(remedy + used, sizeof(remedy) - used, "%s %s",
					 i ? "," : "", s);
	fault(l, &n->key_pos, NULL, NULL, remedy, text);
}

static void read_settings(struct loader *l, const struct fp_ynode *n)
{
	struct fp_obj *obj = &l->model->settings->o;

	obj->pos = own(l, n->key_pos);
	obj->at = calloc(obj->kind->n_rows, sizeof(*obj->at));
	l->extra = NULL;
	read_attrs(l, obj, n);
}

static void read_section(struct loader *l, const struct fp_ynode *n)
{
	const struct fp_kind *kind = fp_kind_find(n->key);

	if (!kind || kind->id == FP_K_ACE) {
		unknown_section(l, n);
		return;
	}
	if (l->seen & 1u << kind->id) {
		fault(l, &n->key_pos, NULL, NULL, "put all objects of a kind below one key",
		      "this kind of object was there before");
		return;
	}
	l->seen |= 1u << kind->id;
	if (kind->id == FP_K_SETTINGS)
		read_settings(l, n);
	else
		read_kind(l, kind, n);
}

/**
 * fp_policy_read() - a policy out of a document
 * @doc: the document
 * @out: the policy; only where nothing is wrong
 * @errs: gets every fault; must not be NULL
 *
 * Return: 0, -EINVAL, -ENOMEM
 */
int fp_policy_read(const struct fp_ydoc *doc, struct fp_model **out, struct fp_errs *errs)
{
	struct loader l = { .model = fp_model_alloc(), .errs = errs };
	unsigned int before = errs->total;
	const struct fp_ynode *n;

	if (!l.model)
		return -ENOMEM;
	if (doc->root && doc->root->type != FP_Y_MAP && !is_empty(doc->root))
		fault_expect(&l, &doc->root->pos, NULL, NULL,
			     "zone:, acl:, and the other kinds of objects", NULL,
			     "this is no policy");
	for (n = doc->root ? doc->root->first : NULL; n && doc->root->type == FP_Y_MAP; n = n->next)
		read_section(&l, n);
	if (errs->total != before) {
		fp_model_free(l.model);
		return -EINVAL;
	}
	fp_model_sort(l.model);
	*out = l.model;
	return 0;
}

/**
 * fp_policy_load() - a policy out of a file
 * @file: its name; "-" is standard input
 * @out: the policy; only where nothing is wrong
 * @errs: gets every fault; must not be NULL
 *
 * Return: 0, negative errno
 */
int fp_policy_load(const char *file, struct fp_model **out, struct fp_errs *errs)
{
	struct fp_ydoc doc;
	int err = fp_ydoc_load(file, &doc, errs);

	if (!err)
		err = fp_policy_read(&doc, out, errs);
	fp_ydoc_free(&doc);
	return err;
}
