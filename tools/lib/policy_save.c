// SPDX-License-Identifier: GPL-2.0
/*
 * Policy files: from a model to YAML, by libyaml's emitter, which knows what
 * must be quoted. Kinds, objects and attributes come in one order, and what is
 * at its default is left out, so that equal policies give equal files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "ace.h"
#include "policy_file.h"

struct saver {
	yaml_emitter_t emitter;
	bool failed;
};

static void emit(struct saver *s, yaml_event_t *event, int made)
{
	if (!made || s->failed || !yaml_emitter_emit(&s->emitter, event))
		s->failed = true;
}

static void scalar(struct saver *s, const char *text)
{
	yaml_event_t e;
	/* Empty text needs quotes to be told from no value. */
	yaml_scalar_style_t style = *text ? YAML_ANY_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE;

	emit(s, &e,
	     yaml_scalar_event_initialize(&e, NULL, NULL, (yaml_char_t *)text, (int)strlen(text), 1,
					  1, style));
}

static void map_start(struct saver *s)
{
	yaml_event_t e;

	emit(s, &e,
	     yaml_mapping_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static void map_end(struct saver *s)
{
	yaml_event_t e;

	emit(s, &e, yaml_mapping_end_event_initialize(&e));
}

static void seq_start(struct saver *s)
{
	yaml_event_t e;

	emit(s, &e,
	     yaml_sequence_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
}

static void seq_end(struct saver *s)
{
	yaml_event_t e;

	emit(s, &e, yaml_sequence_end_event_initialize(&e));
}

/* What @print prints, as a scalar. */
static void attr_scalar(struct saver *s, const struct fp_obj *obj, const struct fp_attr *attr)
{
	bool words = attr->type == FP_T_PROTO; /* tcp, not 6; other units are for people */
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		s->failed = true;
		return;
	}
	fp_obj_print(obj, attr, "\n", words, out);
	if (fclose(out))
		s->failed = true;
	else
		scalar(s, text);
	free(text);
}

static void attr_list(struct saver *s, const struct fp_obj *obj, const struct fp_attr *attr)
{
	char *text = NULL, *rest, *elem;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		s->failed = true;
		return;
	}
	/* No element holds a line feed: control characters are refused everywhere. */
	fp_obj_print(obj, attr, "\n", false, out);
	if (fclose(out)) {
		s->failed = true;
		return;
	}
	seq_start(s);
	for (rest = text; (elem = strsep(&rest, "\n"));)
		scalar(s, elem);
	seq_end(s);
	free(text);
}

static void attr(struct saver *s, const struct fp_obj *obj, const struct fp_attr *row)
{
	if (!fp_attr_in_file(row) || !fp_obj_says(obj, row))
		return;
	scalar(s, row->name);
	if (row->type == FP_T_STRS || row->type == FP_T_ADDRS || row->type == FP_T_CIDRS)
		attr_list(s, obj, row);
	else
		attr_scalar(s, obj, row);
}

static void entries(struct saver *s, const struct fp_obj_acl *acl)
{
	char *text;
	size_t size;
	FILE *out;
	u32 i;

	if (!acl->n_aces)
		return;
	scalar(s, "entries");
	seq_start(s);
	for (i = 0; i < acl->n_aces; i++) {
		text = NULL;
		out = open_memstream(&text, &size);
		if (out)
			fp_ace_print(acl->aces[i], true, out);
		if (!out || fclose(out))
			s->failed = true;
		else
			scalar(s, text);
		free(text);
	}
	seq_end(s);
}

static void attrs(struct saver *s, const struct fp_obj *obj)
{
	u8 i;

	map_start(s);
	for (i = 0; i < obj->kind->n_rows; i++)
		attr(s, obj, &obj->kind->rows[i]);
	if (obj->kind->id == FP_K_ACL)
		entries(s, (const struct fp_obj_acl *)obj);
	map_end(s);
}

static int by_name(const void *a, const void *b)
{
	const struct fp_obj *x = *(struct fp_obj *const *)a, *y = *(struct fp_obj *const *)b;

	return strverscmp(x->name, y->name);
}

static void section(struct saver *s, const struct fp_table *t)
{
	struct fp_obj **v = malloc(t->n * sizeof(*v));
	u32 i;

	if (!v) {
		s->failed = true;
		return;
	}
	memcpy(v, t->v, t->n * sizeof(*v));
	qsort(v, t->n, sizeof(*v), by_name);
	scalar(s, v[0]->kind->word);
	map_start(s);
	for (i = 0; i < t->n; i++) {
		scalar(s, v[i]->name);
		attrs(s, v[i]);
	}
	map_end(s);
	free(v);
}

static bool says_something(const struct fp_obj *obj)
{
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++)
		if (fp_attr_in_file(&obj->kind->rows[i]) && fp_obj_says(obj, &obj->kind->rows[i]))
			return true;
	return false;
}

static void document(struct saver *s, const struct fp_model *model)
{
	yaml_event_t e;
	int k;

	emit(s, &e, yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING));
	emit(s, &e, yaml_document_start_event_initialize(&e, NULL, NULL, NULL, 1));
	map_start(s);
	if (says_something(&model->settings->o)) {
		scalar(s, "settings");
		attrs(s, &model->settings->o);
	}
	for (k = 0; k < FP_K_SETTINGS; k++)
		if (model->tables[k].n)
			section(s, &model->tables[k]);
	map_end(s);
	emit(s, &e, yaml_document_end_event_initialize(&e, 1));
	emit(s, &e, yaml_stream_end_event_initialize(&e));
}

/**
 * fp_policy_save() - write a policy as YAML
 * @model: the policy
 * @out: where to
 *
 * Return: 0, -EIO, -ENOMEM
 */
int fp_policy_save(const struct fp_model *model, FILE *out)
{
	struct saver s = { 0 };

	fputs("# Policy of a fedpat gateway, saved by fedctl. Apply it: fedctl apply FILE\n", out);
	if (!yaml_emitter_initialize(&s.emitter))
		return -ENOMEM;
	yaml_emitter_set_output_file(&s.emitter, out);
	yaml_emitter_set_unicode(&s.emitter, 1);
	yaml_emitter_set_width(&s.emitter, -1);
	document(&s, model);
	yaml_emitter_delete(&s.emitter);
	return s.failed || ferror(out) ? -EIO : 0;
}
