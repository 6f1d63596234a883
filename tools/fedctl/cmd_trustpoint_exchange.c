// SPDX-License-Identifier: GPL-2.0
/*
 * trustpoint exchange: both sides' certificates side by side. What the partner
 * presents is fetched, compared with what is trusted, and trusted only when
 * somebody says its fingerprint.
 */
#include <ctype.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "cmd_trustpoint.h"
#include "json.h"
#include "probe.h"
#include "text.h"

/**
 * struct exchange - with one domain
 * @tp: our trustpoint
 * @domain: the partner's
 * @peer: his peer object, or NULL
 * @own: our certificate
 * @cas: what is trusted
 * @probe: what he presents
 * @anchor: of his chain: what would be trusted
 * @by: the trusted certificate that it chains to, or NULL
 * @findings: what is wrong with his
 */
struct exchange {
	struct tp tp;
	const char *domain;
	const struct fp_obj_peer *peer;
	struct fp_cert_set own;
	struct fp_cert_set cas;
	struct fp_shown probe;
	X509 *anchor;
	X509 *by;
	struct fp_findings findings;
};

static const struct fp_obj_peer *find_peer(const struct fp_model *m, const char *domain)
{
	const struct fp_obj_domain *d = fp_find_domain(m, domain);
	const struct fp_obj_peer *peer;
	u32 i, k;

	if (d && d->peer && fp_find_peer(m, d->peer))
		return fp_find_peer(m, d->peer);
	fp_model_each(m, FP_K_PEER, i, peer)
		for (k = 0; k < peer->domain.n; k++)
			if (fp_same_host(peer->domain.v[k], domain))
				return peer;
	return fp_find_peer(m, domain);
}

/* What is shown to that partner when he is dialled: that trustpoint checks him, too. */
static const char *find_trustpoint(const struct fp_model *m, const struct fp_obj_peer *peer)
{
	const struct fp_obj_tls_proxy *proxy;
	const struct fp_obj_zone *zone;
	u32 i;

	if (peer && peer->trustpoint && *peer->trustpoint)
		return peer->trustpoint;
	fp_model_each(m, FP_K_TLS_PROXY, i, proxy) {
		zone = proxy->zone ? fp_find_zone(m, proxy->zone) : NULL;
		if (!zone || (peer && peer->federation && proxy->federation &&
			      strcmp(peer->federation, proxy->federation)))
			continue;
		if (zone->role == FEDPAT_ROLE_OUTSIDE && proxy->server_trustpoint)
			return proxy->server_trustpoint;
	}
	return NULL;
}

static bool split_server(struct ctl *ctl, const char *text, struct fp_shown *p)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	u64 port = 5061;

	if (colon && strchr(text, ':') != colon && *text != '[') {
		len = strlen(text); /* an IPv6 address alone */
		colon = NULL;
	}
	if (colon && fp_txt_number(colon + 1, FP_U_PORT, 1, 65535, &port)) {
		usage(ctl, "server HOST:PORT", "'%s' is no port", colon + 1);
		return false;
	}
	if (*text == '[' && len > 2) {
		text++;
		len -= 2;
	}
	snprintf(p->host, sizeof(p->host), "%.*s", (int)len, text);
	p->port = (u16)port;
	return true;
}

static bool find_target(struct exchange *x, const char *server)
{
	const struct fp_obj_peer *peer = x->peer;
	char buf[FP_TXT_ADDR];

	if (server)
		return split_server(x->tp.ctl, server, &x->probe);
	if (peer && peer->host && *peer->host) {
		snprintf(x->probe.host, sizeof(x->probe.host), "%s", peer->host);
	} else if (peer && peer->addr.n) {
		snprintf(x->probe.host, sizeof(x->probe.host), "%s",
			 fp_addr_str(&peer->addr.v[0], buf));
	} else {
		return !fp_probe_srv(x->domain, x->probe.host, sizeof(x->probe.host),
				     &x->probe.port, &x->tp.ctl->errs);
	}
	x->probe.port = fp_peer_port(peer);
	return true;
}

/* The topmost certificate that he sent and that really signed what is below. */
static X509 *top_of(const struct stack_st_X509 *chain)
{
	X509 *top = sk_X509_value(chain, 0);

	for (int i = 1; i < sk_X509_num(chain); i++) {
		if (!fp_cert_issued(sk_X509_value(chain, i), top))
			break;
		top = sk_X509_value(chain, i);
	}
	return top;
}

/* Which trusted certificate vouches for him? */
static X509 *trusted_by(const struct exchange *x)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *by = NULL;

	for (int i = 0; store && i < sk_X509_num(x->cas.certs); i++)
		X509_STORE_add_cert(store, sk_X509_value(x->cas.certs, i));
	if (store && ctx) {
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
		if (X509_STORE_CTX_init(ctx, store, sk_X509_value(x->probe.chain, 0),
					x->probe.chain) > 0 &&
		    X509_verify_cert(ctx) > 0) {
			struct stack_st_X509 *chain = X509_STORE_CTX_get0_chain(ctx);

			by = sk_X509_value(chain, sk_X509_num(chain) - 1);
			X509_up_ref(by);
		}
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return by;
}

static const char *expected_name(const struct exchange *x)
{
	if (x->peer && x->peer->subject.n)
		return x->peer->subject.v[0];
	return x->probe.host;
}

static void judge_life(struct exchange *x, const struct fp_cert_info *info)
{
	int days = fp_cert_days(info->not_after, time(NULL));

	if (days < 0)
		fp_finding_add(&x->findings, FP_FIND_ERROR, "expired", "the partner must renew it",
			       "it ended %d day%s ago", -days, days == -1 ? "" : "s");
	else if (info->not_before > time(NULL))
		fp_finding_add(&x->findings, FP_FIND_ERROR, "not-yet-valid",
			       "compare both hosts' clocks", "it is not valid yet");
	else if (fp_cert_stage(info->not_after, time(NULL)))
		fp_finding_add(&x->findings, FP_FIND_WARNING, "ends-soon",
			       "ask the partner when he renews it, and whether by the same CA",
			       "it ends in %d day%s", days, days == 1 ? "" : "s");
	if (info->weak)
		fp_finding_add(&x->findings, FP_FIND_ERROR, "weak", "the partner must renew it",
			       "%s; the gateway refuses it", info->weak);
}

static void judge_uses(struct exchange *x, const struct fp_cert_info *info)
{
	bool both = x->peer && x->peer->eku == FEDPAT_EKU_BOTH;

	if (both ? !info->eku_server : !info->eku_absent && !info->eku_server)
		fp_finding_add(&x->findings, FP_FIND_ERROR, "server-auth-missing",
			       "the partner must renew it with serverAuth, or set the peer's eku to any-tls",
			       "serverAuth is missing: connections to the partner will be refused");
	if (both ? !info->eku_client : !info->eku_absent && !info->eku_client)
		fp_finding_add(&x->findings, both ? FP_FIND_ERROR : FP_FIND_WARNING,
			       "client-auth-missing",
			       "the partner must renew it with clientAuth, or set the peer's eku to any-tls",
			       "clientAuth is missing: connections from the partner will be refused");
	if (!x->probe.asked)
		fp_finding_add(&x->findings, FP_FIND_WARNING, "one-way-tls",
			       "is it the port for mutual TLS? On an Access Edge it is the external one",
			       "it did not ask for our certificate");
}

static void judge(struct exchange *x)
{
	const char *name = expected_name(x);
	struct fp_cert_info info;

	fp_cert_info(sk_X509_value(x->probe.chain, 0), &info);
	judge_life(x, &info);
	judge_uses(x, &info);
	if (!fp_cert_has_name(&info, name) && !fp_cert_has_name(&info, x->domain))
		fp_finding_add(&x->findings, FP_FIND_ERROR, "name-missing",
			       "the partner must renew it with that name, or add one of its names to the peer's subject",
			       "it proves neither %s nor %s", name, x->domain);
}

/* --- showing -------------------------------------------------------------- */

static void print_cert(struct exchange *x, X509 *cert)
{
	struct fp_cert_info info;

	fp_cert_info(cert, &info);
	print_info(x->tp.ctl->out, "", &info, time(NULL));
}

static void print_both(struct exchange *x)
{
	FILE *out = x->tp.ctl->out;
	int n = sk_X509_num(x->probe.chain);

	fprintf(out, "ours, to be sent to %s (fedctl trustpoint export %s):\n", x->domain,
		x->tp.obj->o.name);
	if (x->own.cert)
		print_cert(x, x->own.cert);
	else
		fputs("  none yet: fedctl trustpoint generate\n", out);
	fprintf(out, "\ntheirs, as %s port %u (%s) presents it, %s:\n", x->probe.host,
		x->probe.port, x->probe.addr, x->probe.version);
	print_cert(x, sk_X509_value(x->probe.chain, 0));
	for (int i = 1; i < n; i++) {
		fprintf(out, "  sent with it, %d of %d:\n", i, n - 1);
		print_cert(x, sk_X509_value(x->probe.chain, i));
	}
}

static void print_difference(struct exchange *x)
{
	char print[FP_CERT_PRINT], subject[512];
	FILE *out = x->tp.ctl->out;

	fputs("\ndifference to what is trusted:\n", out);
	if (x->by) {
		fp_cert_subject(X509_get_subject_name(x->by), subject, sizeof(subject));
		fputs("  none: it chains to ", out);
		fp_txt_safe(out, subject);
		fputs(", which is trusted\n", out);
	} else {
		fp_cert_print_of(x->anchor, print);
		fp_cert_subject(X509_get_subject_name(x->anchor), subject, sizeof(subject));
		fputs("  + ", out);
		fp_txt_safe(out, subject);
		fprintf(out, "\n    sha256 %s\n", print);
	}
	for (u32 i = 0; i < x->findings.n; i++) {
		fprintf(out, "  %s: ", x->findings.v[i].level == FP_FIND_ERROR ? "WRONG" :
			"warning");
		fp_txt_safe(out, x->findings.v[i].text);
		fputs("; ", out);
		fp_txt_safe(out, x->findings.v[i].mend);
		fputc('\n', out);
	}
}

static json_t *cert_json(X509 *cert)
{
	struct fp_cert_info info;

	if (!cert)
		return json_null();
	fp_cert_info(cert, &info);
	return json_pack("{s:o,s:o,s:s,s:I}", "subject", fp_json_text(info.subject), "issuer",
			 fp_json_text(info.issuer), "sha256", info.print, "not-after",
			 (json_int_t)info.not_after);
}

static void print_exchange_json(struct exchange *x, bool trusted)
{
	json_t *chain = json_array(), *findings = json_array();

	for (int i = 0; i < sk_X509_num(x->probe.chain); i++)
		json_array_append_new(chain, cert_json(sk_X509_value(x->probe.chain, i)));
	for (u32 i = 0; i < x->findings.n; i++)
		json_array_append_new(findings, json_pack("{s:s,s:o}", "code",
							  x->findings.v[i].code, "text",
							  fp_json_text(x->findings.v[i].text)));
	print_json(x->tp.ctl,
		   json_pack("{s:s,s:s,s:s,s:i,s:o,s:o,s:o,s:o,s:b,s:o}", "domain", x->domain,
			     "trustpoint", x->tp.obj->o.name, "host", x->probe.host, "port",
			     x->probe.port, "ours", cert_json(x->own.cert), "theirs", chain,
			     "trusted-by", cert_json(x->by), "anchor", cert_json(x->anchor),
			     "trusted", trusted, "findings", findings));
}

/* --- confirming ----------------------------------------------------------- */

static void strip(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from && n + 1 < size; from++)
		if (isxdigit((unsigned char)*from))
			to[n++] = (char)toupper((unsigned char)*from);
	to[n] = 0;
}

/* All of it: half a fingerprint can be found by trying. */
static bool same_print(X509 *cert, const char *given)
{
	char print[FP_CERT_PRINT], a[FP_CERT_PRINT], b[FP_CERT_PRINT];

	fp_cert_print_of(cert, print);
	strip(print, a, sizeof(a));
	strip(given, b, sizeof(b));
	return !strcmp(a, b);
}

static void add_anchor(struct exchange *x)
{
	struct stack_st_X509 *one = sk_X509_new_null();

	if (one && sk_X509_push(one, x->anchor) > 0)
		tp_add_cas(&x->tp, one);
	sk_X509_free(one);
}

static void confirm(struct exchange *x, const char *yes)
{
	struct ctl *ctl = x->tp.ctl;
	char line[128] = "";

	if (x->peer && x->peer->ca && *x->peer->ca && strcmp(x->peer->ca, x->tp.obj->o.name)) {
		tp_fault(ctl, x->tp.obj->o.name, "fedctl trustpoint trust adds it there",
			 "nothing was trusted: peer '%s' is judged by trustpoint '%s'",
			 x->peer->o.name, x->peer->ca);
		return;
	}
	if (yes && !same_print(x->anchor, yes)) {
		tp_fault(ctl, x->tp.obj->o.name,
			 "compare it with the partner by telephone, and give it whole",
			 "nothing was trusted: the fingerprint given is not that of %s's CA",
			 x->domain);
		return;
	}
	if (!yes && !ctl->json && isatty(STDIN_FILENO)) {
		fputs("\nCompare the fingerprint with the partner, not by this way.\n"
		      "Trust it? Type yes: ",
		      ctl->out);
		fflush(ctl->out);
		if (!fgets(line, sizeof(line), stdin) || strcmp(line, "yes\n"))
			line[0] = 0;
	}
	if (yes || *line)
		add_anchor(x);
	else if (!ctl->json)
		fprintf(ctl->out,
			"\nnothing was changed; to trust it: fedctl trustpoint exchange %s --yes FINGERPRINT\n",
			x->domain);
}

static void run(struct exchange *x, const struct tp_opts *o)
{
	struct ctl *ctl = x->tp.ctl;
	struct fp_errs ignored = { 0 };

	if (!find_target(x, o->server))
		return;
	x->probe.own = x->own.cert ? &x->own : NULL;
	x->probe.sni = x->probe.host;
	if (x->tp.obj->ca && *x->tp.obj->ca)
		fp_cert_read(x->tp.obj->ca, NULL, &x->cas, &ignored);
	fp_errs_free(&ignored);
	if (fp_probe_run(&x->probe, &ctl->errs))
		return;
	x->anchor = top_of(x->probe.chain);
	x->by = trusted_by(x);
	judge(x);
	if (!ctl->json) {
		print_both(x);
		print_difference(x);
	}
	if (!x->by)
		confirm(x, o->yes);
	if (ctl->json)
		print_exchange_json(x, x->by || (o->yes && !ctl->errs.n));
}

static void start(struct ctl *ctl, const struct tp_opts *o)
{
	struct exchange *x = calloc(1, sizeof(*x));
	struct fp_errs ignored = { 0 };
	struct fp_model *model = ctl_load(ctl);
	const char *name;

	if (!x)
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
	if (!x || !model)
		goto out;
	name = o->trustpoint ? o->trustpoint :
		find_trustpoint(model, find_peer(model, o->name));
	if (!name) {
		tp_fault(ctl, NULL, "say which: trustpoint NAME",
			 "no tls-proxy towards %s names a trustpoint", o->name);
	} else if (tp_open(ctl, name, false, &x->tp)) {
		x->domain = o->name;
		x->peer = find_peer(x->tp.model, o->name);
		fp_cert_set_init(&x->cas);
		/* Without an identity of ours his can be seen all the same. */
		tp_read_identity(&x->tp, &x->own, true);
		fp_errs_free(&ctl->errs);
		run(x, o);
		fp_probe_free(&x->probe);
		X509_free(x->by);
		fp_cert_set_free(&x->own);
		fp_cert_set_free(&x->cas);
		tp_close(&x->tp);
	}
out:
	fp_errs_free(&ignored);
	fp_model_free(model);
	free(x);
}

/**
 * trustpoint_exchange() - see a partner's certificate, and trust it
 * @ctl: this run
 * @kind: trustpoint
 * @w: the words behind it
 */
void trustpoint_exchange(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct tp_opts o;

	(void)kind;
	signal(SIGPIPE, SIG_IGN);	/* a peer that hangs up is no end of ours */
	if (tp_opts_read(ctl, w, " server trustpoint --yes ", &o))
		start(ctl, &o);
	tp_opts_free(&o);
}
