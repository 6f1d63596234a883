// SPDX-License-Identifier: GPL-2.0
/* The ten workflows. */
#include <string.h>

#include "flow.h"

static const struct fp_workflow office365 = {
	.id = FP_WF_OFFICE365,
	.shape = FP_SHAPE_EXPRESSWAY,
	.name = "office365",
	.summary = "Microsoft 365 of another company; the gateway in Expressway's place",
	.about =
		"The partner's Skype for Business or Teams lives in Microsoft 365. The gateway\n"
		"stands in the place of Expressway C and E: the nodes send everything for the\n"
		"partner to its inside address, the partner's edge dials its public address,\n"
		"both over mutual TLS on 5061.",
	.partner = "Microsoft 365",
};

static const struct fp_workflow skype = {
	.id = FP_WF_SKYPE,
	.shape = FP_SHAPE_EXPRESSWAY,
	.name = "skype-for-business",
	.summary = "Skype for Business of another company, or in the same one; Expressway's place",
	.about =
		"A Skype for Business on somebody's premises: behind the Edge of another company\n"
		"(mode b2b), or in the same enterprise under another domain (mode single). The\n"
		"gateway stands in Expressway's place: the nodes send everything for the partner\n"
		"to its inside address.",
	.partner = "Skype for Business",
};

static const struct fp_workflow lync_intra = {
	.id = FP_WF_LYNC_INTRA,
	.shape = FP_SHAPE_DIRECT,
	.name = "lync-intracompany",
	.summary = "Lync in the same company, chat or chat and calling",
	.about =
		"Nodes and Lync front ends of one company meet directly over mutual TLS on 5061;\n"
		"the gateway is the firewall between them. With calling, Lync sends to port 65072\n"
		"of the gateway, which stands in the place of the Expressway Gateway.",
	.partner = "Lync",
};

static const struct fp_workflow lync_expressway = {
	.id = FP_WF_LYNC_EXPRESSWAY,
	.shape = FP_SHAPE_EXPRESSWAY,
	.name = "lync-b2b-expressway",
	.summary = "Lync of another company behind its Access Edge; Expressway's place",
	.about =
		"A Lync of another company behind its Access Edge. The gateway stands in the place\n"
		"of Expressway C and E with session classification: requests are routed by domain.",
	.partner = "Lync",
};

static const struct fp_workflow lync_asa = {
	.id = FP_WF_LYNC_ASA,
	.shape = FP_SHAPE_ASA,
	.name = "lync-b2b-asa",
	.summary =
		"Lync or OCS of another company behind its Access Edge; the gateway in the ASA's place",
	.about =
		"Business to business with a Microsoft Lync or OCS Access Edge, the gateway in the\n"
		"place of the ASA: TLS proxy, SIP inspection, PAT and access lists between the nodes\n"
		"and the Internet.",
	.partner = "Lync",
};

static const struct fp_workflow ocs_direct = {
	.id = FP_WF_OCS_DIRECT,
	.shape = FP_SHAPE_DIRECT,
	.name = "ocs-direct",
	.summary = "OCS 2007 R2 in the same company, met directly over TCP or TLS",
	.about =
		"An Office Communications Server of the same company is met directly, over TCP 5060\n"
		"or mutual TLS 5061, without Access Edge; the gateway is the firewall between.",
	.partner = "Office Communications Server",
};

static const struct fp_workflow ocs_asa = {
	.id = FP_WF_OCS_ASA,
	.shape = FP_SHAPE_ASA,
	.name = "ocs-b2b-asa",
	.summary = "OCS of another company behind its Access Edge; the gateway in the ASA's place",
	.about =
		"Business to business with an Office Communications Server behind its Access Edge,\n"
		"the gateway in the place of the ASA.",
	.partner = "Office Communications Server",
};

static const struct fp_workflow asa_sip = {
	.id = FP_WF_ASA_SIP,
	.shape = FP_SHAPE_ASA,
	.name = "asa-sip",
	.summary = "The firewall's part: certificates, PAT, lists, TLS proxies, class maps",
	.about =
		"What an ASA does for SIP federation, with whatever partner: certificates of both\n"
		"sides, PAT, static PAT, access lists, TLS proxies, class maps. Steps of the inside\n"
		"servers and of the partner are told in general words only.",
	.partner = "a SIP server",
};

static const struct fp_workflow aol = {
	.id = FP_WF_AOL,
	.shape = FP_SHAPE_ASA,
	.name = "aol",
	.summary = "AOL's SIP Access Gateway, or one that behaves like it; the ASA's place",
	.about =
		"Federation with AOL by its SIP Access Gateway over mutual TLS. AOL closed the service\n"
		"in 2017: this is for gateways that behave like it, and for tests.",
	.partner = "AOL SIP Access Gateway",
};

static const struct fp_workflow xmpp = {
	.id = FP_WF_XMPP,
	.shape = FP_SHAPE_XMPP,
	.name = "xmpp",
	.summary = "XMPP servers: WebEx, IM and Presence, Sametime, others",
	.about =
		"Server-to-server XMPP on port 5269, opened by either side. The gateway translates\n"
		"addresses and reads the clear beginning of each stream: both domains must be allowed,\n"
		"and TLS must begin where it is required. TLS itself ends on the nodes.",
	.partner = "an XMPP server",
};

/* In the order of enum fp_flow_id. */
const struct fp_workflow *const fp_workflows[] = {
	&office365,  &skype,   &lync_intra, &lync_expressway, &lync_asa,
	&ocs_direct, &ocs_asa, &asa_sip,    &aol,	      &xmpp,
	NULL,
};

/**
 * fp_workflow_find() - a workflow by name
 * @name: the name
 *
 * Return: the workflow, or NULL
 */
const struct fp_workflow *fp_workflow_find(const char *name)
{
	int i;

	for (i = 0; fp_workflows[i]; i++)
		if (!strcmp(fp_workflows[i]->name, name))
			return fp_workflows[i];
	return NULL;
}
