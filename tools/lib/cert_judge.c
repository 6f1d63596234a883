// SPDX-License-Identifier: GPL-2.0
/*
 * What is wrong with a certificate, for those who need it; each finding with
 * its mend.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "cert.h"

/**
 * fp_finding_add() - one more finding
 * @f: the findings; full, the rest is lost
 * @level: how bad
 * @code: short and stable
 * @mend: what to do
 * @fmt: what is wrong
 */
void fp_finding_add(struct fp_findings *f, enum fp_finding_level level, const char *code,
		    const char *mend, const char *fmt, ...)
{
	struct fp_finding *one;
	va_list args;

	f->errors += level == FP_FIND_ERROR;
	if (f->n == FP_FINDINGS_MAX)
		return;
	one = &f->v[f->n++];
	one->code = code;
	one->level = level;
	snprintf(one->mend, sizeof(one->mend), "%s", mend);
	va_start(args, fmt);
	vsnprintf(one->text, sizeof(one->text), fmt, args);
	va_end(args);
}

/**
 * fp_cert_stage() - how far before the end is it?
 * @not_after: the end
 * @now: now
 *
 * Return: 30, 7 or 1 within so many days of the end, -1 behind it, 0 before all
 */
int fp_cert_stage(time_t not_after, time_t now)
{
	time_t left = not_after - now;

	if (left < 0)
		return -1;
	if (left <= 86400)
		return 1;
	if (left <= 7 * 86400)
		return 7;
	return left <= 30 * 86400 ? 30 : 0;
}

static void judge_dates(const struct fp_cert_info *info, time_t now, struct fp_findings *f)
{
	int days = fp_cert_days(info->not_after, now);
	char when[32];

	if (info->not_before > now) {
		strftime(when, sizeof(when), "%F %T UTC", gmtime(&info->not_before));
		fp_finding_add(f, FP_FIND_ERROR, "not-yet-valid",
			       "wait, or compare this host's clock with a time server",
			       "it is not valid before %s", when);
	}
	if (days < 0)
		fp_finding_add(f, FP_FIND_ERROR, "expired",
			       "renew it: fedctl trustpoint renew NAME where a CMP server is set, else csr and import",
			       "it ended %d day%s ago", -days, days == -1 ? "" : "s");
	else if (fp_cert_stage(info->not_after, now))
		fp_finding_add(f, FP_FIND_WARNING, "ends-soon",
			       "renew it: fedctl trustpoint renew NAME where a CMP server is set, else csr and import",
			       "it ends in %d day%s", days, days == 1 ? "" : "s");
}

static void judge_eku(const struct fp_cert_info *info, const struct fp_cert_need *need,
		      struct fp_findings *f)
{
	const char *mend = "let the CA issue it with both, as fedctl trustpoint csr asks for";

	if (need->both && (!info->eku_server || !info->eku_client)) {
		fp_finding_add(f, FP_FIND_ERROR, info->eku_client ? "server-auth-missing" :
			       "client-auth-missing", mend,
			       "%s missing in its extended key usage, and partners of federation '%s' ask for both uses (%s)",
			       info->eku_absent ? "serverAuth and clientAuth are" :
			       info->eku_client ? "serverAuth is" : "clientAuth is",
			       need->federation, need->object);
		return;
	}
	if (info->eku_absent)
		return;
	if (need->server && !info->eku_server)
		fp_finding_add(f, FP_FIND_ERROR, "server-auth-missing", mend,
			       "serverAuth is missing in its extended key usage, and it is shown to %s (%s)",
			       need->shown, need->object);
	if (need->client && !info->eku_client)
		fp_finding_add(f, FP_FIND_ERROR, "client-auth-missing", mend,
			       "clientAuth is missing in its extended key usage, and it is shown to %s (%s); public CAs are ending clientAuth",
			       need->shown, need->object);
}

/**
 * fp_cert_public_ca() - is an issuer a public CA?
 * @issuer: its name, as text
 *
 * Their root programs end clientAuth: what they renew serves in one role only.
 *
 * Return: whether its name is that of one
 */
bool fp_cert_public_ca(const char *issuer)
{
	static const char *const names[] = {
		"let's encrypt", "digicert", "sectigo", "comodo", "globalsign", "entrust",
		"godaddy",
		"geotrust", "thawte", "rapidssl", "google trust", "actalis", "buypass", "ssl.com",
		"zerossl", "amazon", "verisign", "symantec", "identrust", "certum", "swisssign",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasestr(issuer, names[i]))
			return true;
	return false;
}

/* Once: it serves now, and its successor will not. */
static void judge_renewal(const struct fp_cert_info *info, const struct fp_cert_needs *needs,
			  struct fp_findings *f)
{
	const struct fp_cert_need *need = NULL;

	for (u32 i = 0; i < needs->n && !need; i++)
		if (needs->v[i].client || needs->v[i].both)
			need = &needs->v[i];
	if (!need || !info->eku_client || !info->eku_server || !fp_cert_public_ca(info->issuer))
		return;
	fp_finding_add(f, FP_FIND_WARNING, "client-auth-ends",
		       "before it is renewed: get it from a CA or profile that keeps clientAuth, or agree with partners that they ask for serverAuth alone",
		       "its CA is public and ends clientAuth: the next renewal loses it, and it is shown to %s (%s)",
		       need->shown, need->object);
}

static void judge_name(const struct fp_cert_info *info, const struct fp_cert_need *need,
		       struct fp_findings *f)
{
	if (!*need->name)
		return;
	if (!fp_cert_has_name(info, need->name) && strcasecmp(info->cn, need->name)) {
		/* A node may know us by any name that it was told as peer subject. */
		fp_finding_add(f, need->outside ? FP_FIND_ERROR : FP_FIND_WARNING, "name-missing",
			       "let the CA issue it with that name as a DNS name or address of the subject alternative name: fedctl trustpoint csr",
			       "the name %s is missing, by which %s know us (%s, federation '%s')",
			       need->name, need->shown, need->object, need->federation);
		return;
	}
	if (!need->outside)
		return;
	if (!fp_cert_has_name(info, need->name))
		fp_finding_add(f, FP_FIND_WARNING, "name-only-in-cn",
			       "let the CA add it to the subject alternative name",
			       "the name %s is in the common name only; who reads the alternative names, as RFC 5922 asks, does not see it",
			       need->name);
	else if (strcasecmp(info->cn, need->name))
		fp_finding_add(f, FP_FIND_WARNING, "cn-differs",
			       "let the CA issue it with that common name if a partner refuses us",
			       "the common name is '%s', not %s: partners that list us as an IM provider compare the common name",
			       info->cn, need->name);
}

static bool seen(const struct fp_cert_needs *needs, u32 i)
{
	const struct fp_cert_need *a = &needs->v[i], *b;

	for (u32 k = 0; k < i; k++) {
		b = &needs->v[k];
		if (!strcmp(a->name, b->name) && a->outside == b->outside)
			return true;
	}
	return false;
}

static void judge_wildcard(const struct fp_cert_info *info, struct fp_findings *f)
{
	for (u32 i = 0; i < info->n_names; i++)
		if (strchr(info->names[i].text, '*'))
			fp_finding_add(f, FP_FIND_WARNING, "wildcard",
				       "name each host: wildcards prove nothing for SIP (RFC 5922 section 7.2)",
				       "%s is a wildcard, which SIP partners refuse",
				       info->names[i].text);
}

/**
 * fp_cert_judge() - what is wrong with a certificate, for known uses
 * @info: the certificate
 * @needs: who needs it
 * @now: now
 * @f: is added to
 */
void fp_cert_judge(const struct fp_cert_info *info, const struct fp_cert_needs *needs, time_t now,
		   struct fp_findings *f)
{
	bool both_told = false;

	judge_dates(info, now, f);
	if (info->weak)
		fp_finding_add(f, FP_FIND_ERROR, "weak",
			       "make a new key (fedctl trustpoint generate) and let the CA sign it by SHA-256",
			       "%s; TLS peers refuse it", info->weak);
	judge_wildcard(info, f);
	judge_renewal(info, needs, f);
	for (u32 i = 0; i < needs->n; i++) {
		if (!needs->v[i].both || !both_told)
			judge_eku(info, &needs->v[i], f);
		both_told |= needs->v[i].both && (!info->eku_server || !info->eku_client);
		if (!seen(needs, i))
			judge_name(info, &needs->v[i], f);
	}
	if (info->ca && needs->n && !info->self_signed)
		fp_finding_add(f, FP_FIND_WARNING, "is-ca", "use a certificate that is no CA",
			       "it may sign other certificates, which an identity need not");
}
