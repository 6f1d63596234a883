// SPDX-License-Identifier: GPL-2.0
/* trustpoint show and check: a certificate in words. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd_trustpoint.h"
#include "json.h"
#include "text.h"

static const char *name_type(enum fp_name_type type)
{
	static const char *const types[] = {
		[FP_NAME_DNS] = "DNS",	   [FP_NAME_IP] = "address",  [FP_NAME_URI] = "URI",
		[FP_NAME_XMPP] = "XMPP",   [FP_NAME_SRV] = "SRV",     [FP_NAME_CN] = "common name",
	};

	return types[type];
}

static void row(FILE *out, const char *what)
{
	fprintf(out, "  %-10s ", what);
}

static void print_date(FILE *out, time_t t)
{
	char buf[32];

	strftime(buf, sizeof(buf), "%F %R UTC", gmtime(&t));
	fputs(buf, out);
}

/**
 * print_names() - what a certificate proves, on one line
 * @out: where to
 * @info: the certificate
 */
void print_names(FILE *out, const struct fp_cert_info *info)
{
	for (u32 i = 0; i < info->n_names; i++) {
		fputs(i ? ", " : "", out);
		fp_txt_safe(out, info->names[i].text);
		fprintf(out, " (%s)", name_type(info->names[i].type));
	}
	if (!info->n_names)
		fputs("none: nobody can tell whose it is", out);
}

static const char *uses(const struct fp_cert_info *info)
{
	if (info->eku_absent)
		return "anything: it has no extended key usage";
	if (info->eku_server && info->eku_client)
		return "TLS server and TLS client (serverAuth, clientAuth)";
	if (info->eku_server)
		return "TLS server only (serverAuth)";
	if (info->eku_client)
		return "TLS client only (clientAuth)";
	return "neither TLS server nor TLS client";
}

/**
 * print_info() - facts about a certificate
 * @out: where to
 * @indent: before each line, unused but for the sake of nested ones
 * @info: the certificate
 * @now: now
 */
void print_info(FILE *out, const char *indent, const struct fp_cert_info *info, time_t now)
{
	int days = fp_cert_days(info->not_after, now);

	fputs(indent, out);
	row(out, "subject");
	fp_txt_safe(out, info->subject);
	fprintf(out, "\n%s", indent);
	row(out, "names");
	print_names(out, info);
	fprintf(out, "\n%s", indent);
	row(out, "valid");
	print_date(out, info->not_before);
	fputs(" to ", out);
	print_date(out, info->not_after);
	if (days >= 0)
		fprintf(out, ", %d day%s left", days, days == 1 ? "" : "s");
	else
		fprintf(out, ", ended %d day%s ago", -days, days == -1 ? "" : "s");
	fprintf(out, "\n%s", indent);
	row(out, "may be");
	fprintf(out, "%s\n%s", uses(info), indent);
	row(out, "issuer");
	fp_txt_safe(out, info->issuer);
	fprintf(out, "%s\n%s", info->self_signed ? " (itself)" : "", indent);
	row(out, "signed by");
	fprintf(out, "%s\n%s", info->signature, indent);
	row(out, "sha256");
	fprintf(out, "%s\n", info->print);
}

static void print_needs(FILE *out, const struct fp_cert_needs *needs)
{
	for (u32 i = 0; i < needs->n; i++) {
		const struct fp_cert_need *n = &needs->v[i];

		row(out, i ? "" : "shown to");
		fprintf(out, "%s: %s, federation '%s', as TLS %s", n->shown, n->object,
			n->federation, n->server ? "server" : "client");
		if (*n->name)
			fprintf(out, ", by the name %s", n->name);
		fputs(n->both ? "; asks for both uses\n" : "\n", out);
	}
	if (!needs->n) {
		row(out, "shown to");
		fputs("nobody: no tls-proxy and no peer names it\n", out);
	}
}

static void print_key(FILE *out, const struct fp_trustpoint_view *v)
{
	const char *file = v->tp->key && *v->tp->key ? v->tp->key : v->tp->cert;
	struct stat st;

	row(out, "key");
	fprintf(out, "%s, %s", v->info.key, file);
	if (!stat(file, &st))
		fprintf(out, " (mode %04o)", (unsigned int)st.st_mode & 07777);
	fputs(v->has_key ? ", belongs to it\n" : ", NOT usable\n", out);
}

static void print_chain(FILE *out, const struct fp_trustpoint_view *v)
{
	char subject[512];

	row(out, "chain");
	for (int i = 0; i < sk_X509_num(v->set.certs); i++) {
		fp_cert_subject(X509_get_subject_name(sk_X509_value(v->set.certs, i)), subject,
				sizeof(subject));
		fputs(i ? " <- " : "sent with it: ", out);
		fp_txt_safe(out, subject);
	}
	if (!sk_X509_num(v->set.certs))
		fputs("none sent with it", out);
	if (v->anchor_where) {
		fputs("; anchor ", out);
		fp_txt_safe(out, v->anchor);
		fprintf(out, " (%s)\n", v->anchor_where);
	} else {
		fputs("; anchor unknown here\n", out);
	}
}

static void print_cas(FILE *out, const struct fp_trustpoint_view *v, time_t now)
{
	struct fp_cert_info info;

	if (!v->tp->ca || !*v->tp->ca)
		return;
	row(out, "trusts");
	fprintf(out, "%d certificate%s in %s\n", sk_X509_num(v->cas.certs),
		sk_X509_num(v->cas.certs) == 1 ? "" : "s", v->tp->ca);
	for (int i = 0; i < sk_X509_num(v->cas.certs); i++) {
		fp_cert_info(sk_X509_value(v->cas.certs, i), &info);
		row(out, "");
		fprintf(out, "%.17s.. ", info.print);
		fp_txt_safe(out, info.subject);
		fprintf(out, ", %d days left%s\n", fp_cert_days(info.not_after, now),
			info.ca ? "" : ", no CA: this one certificate");
	}
}

static void print_revocation(FILE *out, const struct fp_trustpoint_view *v)
{
	static const char *const policies[] = {
		"lists in the crl file alone",
		"soft: staple, OCSP, CA's list; where nobody answers it passes, with a warning",
		"hard: staple, OCSP, CA's list; where nobody answers it is refused",
	};

	row(out, "revocation");
	fprintf(out, "%s; %d list%s in the crl file\n",
		policies[v->tp->revocation < ARRAY_SIZE(policies) ? v->tp->revocation : 0],
		sk_X509_CRL_num(v->crls.crls), sk_X509_CRL_num(v->crls.crls) == 1 ? "" : "s");
	if (v->tp->cmp && *v->tp->cmp) {
		row(out, "renewal");
		fprintf(out, "%u days before its end, by %s\n", v->tp->renew_before, v->tp->cmp);
	}
}

static void print_findings(FILE *out, const struct fp_findings *f)
{
	for (u32 i = 0; i < f->n; i++) {
		row(out, f->v[i].level == FP_FIND_ERROR ? "WRONG" : "warning");
		fp_txt_safe(out, f->v[i].text);
		fputs("; ", out);
		fp_txt_safe(out, f->v[i].mend);
		fputc('\n', out);
	}
	if (!f->n) {
		row(out, "wrong");
		fputs("nothing\n", out);
	}
}

static void print_view(FILE *out, const struct fp_trustpoint_view *v, time_t now)
{
	fprintf(out, "trustpoint %s%s%s\n", v->tp->o.name,
		v->tp->o.owner ? ", made by federation " : "",
		v->tp->o.owner ? v->tp->o.owner : "");
	print_needs(out, &v->needs);
	row(out, "files");
	fprintf(out, "%s %s %s %s\n", v->tp->cert ? v->tp->cert : "", v->tp->key ? v->tp->key : "",
		v->tp->ca ? v->tp->ca : "", v->tp->crl ? v->tp->crl : "");
	if (v->set.cert) {
		print_info(out, "", &v->info, now);
		print_key(out, v);
		print_chain(out, v);
	}
	print_cas(out, v, now);
	print_revocation(out, v);
	print_findings(out, &v->findings);
}

/* --- JSON ----------------------------------------------------------------- */

static json_t *info_json(const struct fp_cert_info *info, time_t now)
{
	json_t *names = json_array();

	for (u32 i = 0; i < info->n_names; i++)
		json_array_append_new(names, json_pack("{s:s,s:o}", "type",
						       name_type(info->names[i].type), "name",
						       fp_json_text(info->names[i].text)));
	return json_pack("{s:o,s:o,s:s,s:s,s:o,s:I,s:I,s:i,s:s,s:b,s:b,s:b,s:b}", "subject",
			 fp_json_text(info->subject), "issuer", fp_json_text(info->issuer),
			 "serial", info->serial, "sha256", info->print, "names", names,
			 "not-before", (json_int_t)info->not_before, "not-after",
			 (json_int_t)info->not_after, "days-left",
			 fp_cert_days(info->not_after, now), "key", info->key, "server-auth",
			 info->eku_absent || info->eku_server, "client-auth",
			 info->eku_absent || info->eku_client, "ca", info->ca, "self-signed",
			 info->self_signed);
}

static json_t *certs_json(const struct stack_st_X509 *certs, time_t now)
{
	json_t *list = json_array();
	struct fp_cert_info info;

	for (int i = 0; i < sk_X509_num(certs); i++) {
		fp_cert_info(sk_X509_value(certs, i), &info);
		json_array_append_new(list, info_json(&info, now));
	}
	return list;
}

static json_t *needs_json(const struct fp_cert_needs *needs)
{
	json_t *list = json_array();

	for (u32 i = 0; i < needs->n; i++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:b,s:b}", "object",
						      needs->v[i].object, "federation",
						      needs->v[i].federation, "shown-to",
						      needs->v[i].shown, "name", needs->v[i].name,
						      "server", needs->v[i].server, "both",
						      needs->v[i].both));
	return list;
}

static json_t *findings_json(const struct fp_findings *f)
{
	json_t *list = json_array();

	for (u32 i = 0; i < f->n; i++)
		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:o,s:o}", "code", f->v[i].code, "level",
						f->v[i].level == FP_FIND_ERROR ? "error" :
						"warning",
						"text", fp_json_text(f->v[i].text), "mend",
						fp_json_text(f->v[i].mend)));
	return list;
}

static json_t *view_json(const struct fp_trustpoint_view *v, time_t now)
{
	json_t *j = fp_obj_json(&v->tp->o);

	json_object_set_new(j, "needed-by", needs_json(&v->needs));
	if (v->set.cert) {
		json_object_set_new(j, "certificate", info_json(&v->info, now));
		json_object_set_new(j, "key-usable", json_boolean(v->has_key));
		json_object_set_new(j, "chain", certs_json(v->set.certs, now));
		json_object_set_new(j, "anchor", v->anchor_where ? fp_json_text(v->anchor) :
				    json_null());
	}
	json_object_set_new(j, "trusted", certs_json(v->cas.certs, now));
	json_object_set_new(j, "findings", findings_json(&v->findings));
	return j;
}

/* --- verbs ---------------------------------------------------------------- */

static const char *worst(const struct fp_findings *f)
{
	for (u32 i = 0; i < f->n; i++)
		if (f->v[i].level == FP_FIND_ERROR)
			return f->v[i].code;
	return f->n ? f->v[0].code : "";
}

static void table_row(struct table *t, const struct fp_trustpoint_view *v, time_t now)
{
	u32 warnings = v->findings.n - v->findings.errors;
	FILE *out;

	fp_txt_safe(table_cell(t), v->tp->o.name);
	out = table_cell(t);
	if (v->set.cert)
		fp_txt_safe(out, *v->info.cn ? v->info.cn : v->info.subject);
	else
		fputs(v->tp->cert && *v->tp->cert ? "?" : "(CAs only)", out);
	out = table_cell(t);
	if (v->set.cert)
		fprintf(out, "%d", fp_cert_days(v->info.not_after, now));
	fprintf(table_cell(t), "%d", sk_X509_num(v->cas.certs));
	fprintf(table_cell(t), "%u", v->needs.n);
	out = table_cell(t);
	if (!v->findings.n)
		fputs("ok", out);
	else if (v->findings.errors)
		fprintf(out, "%u wrong: %s", v->findings.errors, worst(&v->findings));
	else
		fprintf(out, "%u warning%s: %s", warnings, warnings == 1 ? "" : "s",
			worst(&v->findings));
}

/**
 * struct showing - a walk over trustpoints
 * @ctl: this run
 * @now: now
 * @table: of all, or NULL
 * @json: of all, or NULL
 * @check: findings only, and they decide the exit status
 * @one: one in full
 * @bad: those that have errors
 */
struct showing {
	struct ctl *ctl;
	time_t now;
	struct table *table;
	json_t *json;
	bool check;
	bool one;
	u32 bad;
};

static void show_view(struct showing *s, const struct fp_trustpoint_view *v)
{
	FILE *out = s->ctl->out;

	s->bad += v->findings.errors > 0;
	if (s->json) {
		json_array_append_new(s->json, view_json(v, s->now));
	} else if (s->table) {
		table_row(s->table, v, s->now);
	} else if (s->one) {
		print_view(out, v, s->now);
	} else {
		for (u32 i = 0; i < v->findings.n; i++) {
			fprintf(out, "%s %s: ", v->findings.v[i].level == FP_FIND_ERROR ? "WRONG" :
				"warning", v->tp->o.name);
			fp_txt_safe(out, v->findings.v[i].text);
			fputs("; ", out);
			fp_txt_safe(out, v->findings.v[i].mend);
			fputc('\n', out);
		}
		if (!v->findings.n)
			fprintf(out, "ok %s\n", v->tp->o.name);
	}
}

static void walk(struct showing *s, const struct fp_model *model, const char *name)
{
	const struct fp_obj_trustpoint *tp;
	struct fp_trustpoint_view *v;
	u32 i;

	fp_model_each(model, FP_K_TRUSTPOINT, i, tp) {
		if (name && strcmp(tp->o.name, name))
			continue;
		v = fp_trustpoint_view(model, tp, s->now);
		if (v)
			show_view(s, v);
		fp_trustpoint_view_free(v);
	}
}

static void head(struct showing *s)
{
	static const char *const titles[] = { "NAME", "FOR", "DAYS", "CAS", "USES", "STATE" };

	s->table = table_new(ARRAY_SIZE(titles));
	for (size_t i = 0; s->table && i < ARRAY_SIZE(titles); i++)
		fputs(titles[i], table_cell(s->table));
	if (s->table)
		for (u32 i = 2; i < 5; i++)
			table_right(s->table, i);
}

static void finish(struct showing *s, const char *name)
{
	if (s->table)
		table_print(s->table, s->ctl);
	if (s->json && name && !s->check) {
		print_json(s->ctl, json_incref(json_array_get(s->json, 0)));
		json_decref(s->json);
	} else if (s->json) {
		print_json(s->ctl, s->json);
	}
	if (s->check && s->bad && s->ctl->errs.code < FP_EXIT_REFUSED)
		s->ctl->errs.code = FP_EXIT_REFUSED;
}

static void show(struct ctl *ctl, struct words *w, bool check)
{
	struct showing s = { .ctl = ctl, .now = time(NULL), .check = check };
	const char *name = words_next(w);
	struct fp_model *model;

	if (!no_more(ctl, w))
		return;
	model = ctl_load(ctl);
	if (!model)
		return;
	if (name && !fp_find_trustpoint(model, name)) {
		tp_fault(ctl, name,
			 "fedctl trustpoint show lists them",
			 "there is none of this name");
	} else {
		s.one = name && !check;
		if (ctl->json)
			s.json = json_array();
		else if (!name && !check && model->tables[FP_K_TRUSTPOINT].n)
			head(&s);
		walk(&s, model, name);
		finish(&s, name);
	}
	fp_model_free(model);
}

/**
 * trustpoint_show() - all trustpoints, or one explained
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	(void)kind;
	show(ctl, w, false);
}

/**
 * trustpoint_check() - what is wrong with all trustpoints, or with one
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_check(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	(void)kind;
	show(ctl, w, true);
}
