// SPDX-License-Identifier: GPL-2.0
/* metrics: what there is to watch, as Prometheus reads it (text format 0.0.4). */
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "ctl.h"
#include "ctl_servers.h"

/* Label values: backslash, quote and line end are escaped, the rest stands as it is. */
static void label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; value && *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else if ((unsigned char)*value >= 0x20)
			fputc(*value, out);
	}
	fputc('"', out);
}

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP fedpat_%s %s\n# TYPE fedpat_%s %s\n", name, help, name, type);
}

static void one(FILE *out, const char *name, const char *type, const char *help, u64 value)
{
	head(out, name, type, help);
	fprintf(out, "fedpat_%s %llu\n", name, (unsigned long long)value);
}

static bool status_metrics(struct ctl *ctl)
{
	struct fp_obj_status *s;
	FILE *out = ctl->out;

	if (ctl_open(ctl) || fp_get_status(ctl->nl, &s, &ctl->errs))
		return false;
	one(out, "daemon_up", "gauge", "1 while fedpatd runs", daemon_pid() > 0);
	one(out, "policy_generation", "gauge", "generation of the policy in force", s->generation);
	one(out, "legs", "gauge", "attached sockets", s->legs);
	one(out, "legs_offloaded", "gauge", "legs whose TLS is in the kernel", s->legs_offloaded);
	one(out, "messages_held", "gauge", "messages that wait for a leg", s->held);
	one(out, "messages_total", "counter", "SIP messages relayed", s->messages);
	one(out, "memory_bytes", "gauge", "memory of legs and held messages", s->memory);
	one(out, "memory_cap_bytes", "gauge", "memory that they may take", s->memory_cap);
	one(out, "acl_memory_bytes", "gauge", "memory of compiled access lists", s->acl_memory);
	one(out, "uptime_seconds", "gauge", "time since the namespace is served", s->uptime / 1000);
	fp_obj_free(&s->o);
	return true;
}

static void counter_metrics(struct ctl *ctl)
{
	struct objs l = { 0 };

	if (ctl_dump(ctl, FP_K_COUNTER, &l)) {
		head(ctl->out, "events_total", "counter",
		     "what was counted, by name; fedctl counters explains each");
		for (u32 i = 0; i < l.n; i++) {
			const struct fp_obj_counter *c = (const struct fp_obj_counter *)l.v[i];

			fputs("fedpat_events_total{", ctl->out);
			label(ctl->out, "name", c->o.name);
			fprintf(ctl->out, "} %llu\n", (unsigned long long)c->value);
		}
	}
	objs_free(&l);
}

static void cert_line(FILE *out, const struct fp_trustpoint_view *v, const char *kind, X509 *cert)
{
	struct fp_cert_info info;

	fp_cert_info(cert, &info);
	fputs("fedpat_certificate_expires_seconds{", out);
	label(out, "trustpoint", v->tp->o.name);
	fputc(',', out);
	label(out, "kind", kind);
	fputc(',', out);
	label(out, "subject", info.subject);
	fputc(',', out);
	label(out, "serial", info.serial);
	fprintf(out, "} %lld\n", (long long)info.not_after);
}

static void cert_lines(FILE *out, const struct fp_trustpoint_view *v)
{
	if (v->set.cert)
		cert_line(out, v, "identity", v->set.cert);
	for (int i = 0; i < sk_X509_num(v->set.certs); i++)
		cert_line(out, v, "chain", sk_X509_value(v->set.certs, i));
	for (int i = 0; i < sk_X509_num(v->cas.certs); i++)
		cert_line(out, v, "ca", sk_X509_value(v->cas.certs, i));
}

static void finding_line(FILE *out, const struct fp_trustpoint_view *v)
{
	fputs("fedpat_trustpoint_errors{", out);
	label(out, "trustpoint", v->tp->o.name);
	fprintf(out, "} %u\n", v->findings.errors);
}

static void trustpoint_metrics(struct ctl *ctl, const struct fp_model *model)
{
	const struct fp_obj_trustpoint *tp;
	struct fp_trustpoint_view **v;
	u32 i, n = model->tables[FP_K_TRUSTPOINT].n;

	v = calloc(n ? n : 1, sizeof(struct fp_trustpoint_view *));
	if (!v)
		return;
	head(ctl->out, "certificate_expires_seconds", "gauge",
	     "end of a certificate, seconds since 1970");
	fp_model_each(model, FP_K_TRUSTPOINT, i, tp) {
		v[i] = fp_trustpoint_view(model, tp, time(NULL));
		if (v[i])
			cert_lines(ctl->out, v[i]);
	}
	head(ctl->out, "trustpoint_errors", "gauge",
	     "what is wrong with a trustpoint; fedctl trustpoint check tells");
	for (i = 0; i < n; i++) {
		if (v[i])
			finding_line(ctl->out, v[i]);
		fp_trustpoint_view_free(v[i]);
	}
	free(v);
}

static void server_labels(FILE *out, const char *name, char *const v[SERVER_FIELDS])
{
	fprintf(out, "fedpat_%s{", name);
	label(out, "federation", v[SERVER_FEDERATION]);
	fputc(',', out);
	label(out, "peer", v[SERVER_NAME]);
	fputc(',', out);
	label(out, "server", v[SERVER_ADDR]);
	fputs("} ", out);
}

static void server_up(char *const v[SERVER_FIELDS], void *arg)
{
	server_labels(arg, "server_up", v);
	fprintf(arg, "%d\n", !*v[SERVER_REASON]);
}

static void server_asked(char *const v[SERVER_FIELDS], void *arg)
{
	if (!atoll(v[SERVER_ASKED]) || *v[SERVER_REASON])
		return;
	server_labels(arg, "server_answer_seconds", v);
	fprintf(arg, "%.3f\n", atof(v[SERVER_TOOK]) / 1000);
}

static void server_metrics(FILE *out)
{
	head(out, "server_up", "gauge", "1 while a server that is dialled answers");
	servers_each(server_up, out);
	head(out, "server_answer_seconds", "gauge", "from the dial to the answer to OPTIONS");
	servers_each(server_asked, out);
}

static void metrics_run(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_model *model;

	(void)kind;
	if (!no_more(ctl, w))
		return;
	if (!ctl->file) {
		if (!status_metrics(ctl))
			return;
		counter_metrics(ctl);
		server_metrics(ctl->out);
	}
	model = ctl_load(ctl);
	if (model)
		trustpoint_metrics(ctl, model);
	fp_model_free(model);
}

const struct verb metrics_verbs[] = {
	{ "", "",
	  "status, counters and ends of certificates in Prometheus' text format",
	  metrics_run },
	{ 0 },
};

/**
 * status_certificates() - certificates that need somebody
 * @ctl: this run
 *
 * Quiet where all is well.
 */
void status_certificates(struct ctl *ctl)
{
	struct fp_model *model = ctl_load(ctl);
	const struct fp_obj_trustpoint *tp;
	struct fp_trustpoint_view *v;
	u32 i, k;

	if (!model)
		return;
	fp_model_each(model, FP_K_TRUSTPOINT, i, tp) {
		v = fp_trustpoint_view(model, tp, time(NULL));
		for (k = 0; v && v->needs.n && k < v->findings.n; k++)
			fprintf(ctl->out, "%-10s %s trustpoint '%s': %s\n", "certs",
				v->findings.v[k].level == FP_FIND_ERROR ? "WRONG" : "warning",
				tp->o.name, v->findings.v[k].text);
		fp_trustpoint_view_free(v);
	}
	fp_model_free(model);
}
