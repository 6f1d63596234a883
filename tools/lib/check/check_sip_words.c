// SPDX-License-Identifier: GPL-2.0
/* What an answer to OPTIONS means, in the words of those who run such servers. */
#include <stdio.h>
#include <string.h>

#include <fedpat/slice.h>

#include "check_probe.h"

struct row {
	u16 status;	/* 0: any */
	u32 code;	/* of ms-diagnostics, 0: any */
	struct fp_sip_verdict v;
};

/* First match. */
static const struct row rows[] = {
	{ 504, 1009, { FP_CHECK_FAIL,
	  "the Edge found no SRV record of our domain whose target is in that domain (1009)",
	  "publish _sipfederationtls._tcp of the SIP domain with a target directly in it (C2)" } },
	{ 504, 1010, { FP_CHECK_FAIL,
	  "the Edge cannot trust our certificate (1010): the SRV target is not among its names, or its CA is not trusted there",
	  "have the SRV target in the SAN of our public certificate; give the partner its root" } },
	{ 0, 1009, { FP_CHECK_FAIL,
	  "the Edge found no SRV record of our domain whose target is in that domain (1009)",
	  "publish _sipfederationtls._tcp of the SIP domain with a target directly in it (C2)" } },
	{ 0, 1010, { FP_CHECK_FAIL,
	  "the Edge cannot trust a certificate on the way (1010)",
	  "have the SRV target in the SAN of our public certificate; give the partner its root" } },
	{ 401, 0, { FP_CHECK_FAIL,
	  "we are challenged: it does not know us as a trusted server",
	  "add us there: inbound ACL (IP and FQDN), host authorisation or trusted computer" } },
	{ 403, 0, { FP_CHECK_FAIL,
	  "we are not permitted: not in its inbound ACL, host authorisation or IM-provider list",
	  "add our FQDN and address there; on an Edge only as IM Provider, not in the Allow tab"
	} },
	{ 407, 0, { FP_CHECK_FAIL,
	  "we are challenged: it does not know us as a trusted server",
	  "add us there: inbound ACL (IP and FQDN), host authorisation or trusted computer" } },
	{ 408, 0, { FP_CHECK_FAIL,
	  "it routed the request and its next hop does not answer",
	  "look behind it: next hop of its route, services of the server there" } },
	{ 503, 0, { FP_CHECK_FAIL,
	  "it answers but cannot serve now", "look at its services and at its next hop" } },
	{ 504, 0, { FP_CHECK_FAIL,
	  "an Edge answers so when DNS or certificates of our domain do not satisfy it, or its next hop is dead",
	  "check C1, C2 and C3 of our domains, and that the SRV target is in our certificate" } },
	{ 405, 0, { FP_CHECK_OK, "SIP is spoken (OPTIONS itself is not served)", NULL } },
	{ 481, 0, { FP_CHECK_OK, "SIP is spoken", NULL } },
	{ 404, 0, { FP_CHECK_OK,
	  "SIP is spoken (it has no such user, which OPTIONS need not have)", NULL } },
	{ 483, 0, { FP_CHECK_WARN, "it counts the request as one that ran in circles",
	  "look for a route there that leads back" } },
};

/**
 * fp_sip_judge() - what an answer to OPTIONS means
 * @status: its status
 * @diagnostics: code of ms-diagnostics, 0 for none
 *
 * Return: the verdict
 */
struct fp_sip_verdict fp_sip_judge(u16 status, u32 diagnostics)
{
	static const struct fp_sip_verdict good = { FP_CHECK_OK, "SIP is spoken", NULL };
	static const struct fp_sip_verdict odd = {
		FP_CHECK_WARN, "SIP is spoken, and the request was not accepted",
		"look into its log" };
	static const struct fp_sip_verdict bad = {
		FP_CHECK_FAIL, "it fails on the request", "look into its log" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if ((!rows[i].status || rows[i].status == status) &&
		    (!rows[i].code || rows[i].code == diagnostics))
			return rows[i].v;
	if (status >= 200 && status < 300)
		return good;
	return status >= 500 ? bad : odd;
}

/**
 * fp_ms_diagnostics() - code and reason of an ms-diagnostics value
 * @value: the header's value: 1009;reason="...";source="..."
 * @len: its length
 * @reason: gets the reason text, printable octets only; empty where there is none
 * @size: size of @reason
 *
 * Return: the code, 0 where there is none
 */
u32 fp_ms_diagnostics(const u8 *value, u32 len, char *reason, size_t size)
{
	struct fp_slice s = fp_slice(value, len), code, rest, text, after;
	size_t n = 0;
	u32 ret;
	s32 at;

	reason[0] = 0;
	fp_slice_cut(s, ';', &code, &rest);
	if (!fp_slice_u32(fp_slice_trim(code), &ret))
		return 0;
	at = fp_slice_ifind(rest, FP_LIT("reason=\""));
	if (at < 0)
		return ret;
	text = fp_slice_sub(rest, (u32)at + 8, rest.len);
	fp_slice_cut(text, '"', &text, &after);
	for (u32 i = 0; i < text.len && n + 1 < size; i++)
		reason[n++] = text.p[i] >= 32 && text.p[i] < 127 ? (char)text.p[i] : '?';
	reason[n] = 0;
	return ret;
}
