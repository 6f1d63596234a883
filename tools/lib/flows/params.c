// SPDX-License-Identifier: GPL-2.0
/* Every parameter of every workflow: one row each, in the order of the file. */
#include "flow.h"

#define ROW(pt, nm, s, f, t, w, nd, ex, ...)                                      \
	{                                                                         \
		.row = { .name = nm, .id = __COUNTER__ + 1, .type = t,            \
			 .off = offsetof(struct s, f), .ref = FP_K_COUNT,         \
			 __VA_ARGS__ },                                           \
		.part = FP_PART_##pt, .in = w, .need = nd, .example = ex,

/* The row goes on behind these: .def, .doc, and the brace. */
#define STR(pt, nm, s, f, w, nd, ex, syn, mx, ...) \
	ROW(pt, nm, s, f, FP_T_STR, w, nd, ex, .syntax = syn, .max = mx, __VA_ARGS__)
#define FQDN(pt, nm, s, f, w, nd, ex) STR(pt, nm, s, f, w, nd, ex, FP_S_FQDN, FEDPAT_FQDN_MAX)
#define NAME(pt, nm, s, f, w, nd, ex) STR(pt, nm, s, f, w, nd, ex, FP_S_NAME, FEDPAT_NAME_MAX)
#define TEXT(pt, nm, s, f, w, nd, ex) STR(pt, nm, s, f, w, nd, ex, FP_S_ANY, 128)
#define PATH(pt, nm, s, f, w, nd, ex) STR(pt, nm, s, f, w, nd, ex, FP_S_PATH, FEDPAT_PATH_MAX)
#define STRS(pt, nm, s, f, w, nd, ex, syn) \
	ROW(pt, nm, s, f, FP_T_STRS, w, nd, ex, .syntax = syn, .max = FEDPAT_FQDN_MAX)
#define WORDS(pt, nm, s, f, w, nd, ex, wd, ...) \
	ROW(pt, nm, s, f, FP_T_ENUM, w, nd, ex, .words = wd, .max = ARRAY_SIZE(wd) - 2, __VA_ARGS__)
#define PORT(pt, nm, s, f, w, nd, ex, ...) \
	ROW(pt, nm, s, f, FP_T_U16, w, nd, ex, .unit = FP_U_PORT, .max = 65535, __VA_ARGS__)
#define DOC(d) .doc = d }
#define END(df, d) .def = df, .doc = d }

static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const ekus[] = { "role", "both", "any-tls", NULL };
static const char *const profiles[] = { "default", "fips", "legacy", NULL };
static const char *const transports[] = { "any", "udp", "tcp", "tls", NULL };
static const char *const company_modes[] = { "b2b", "single", NULL };
static const char *const media_modes[] = { "chat", "chat-calling", NULL };
static const char *const directs[] = { "auto", "no", "yes", NULL };
static const char *const editions[] = { "se", "ee", NULL };
static const char *const xmpp_kinds[] = { "other", "webex", "imp", "sametime", NULL };
static const char *const directions[] = { "all", "in", "out", NULL };
static const char *const tls_modes[] = { "none", "optional", "required", NULL };
/* default, then as in the policy */
static const char *const partner_tls_modes[] = { "default", "none", "optional", "required", NULL };
static const char *const policies[] = { "deny", "allow", NULL };

#define W_MS	(W_SIP & ~W(AOL))
#define W_MSEDGE (W(SKYPE) | W(LYNC_EXPRESSWAY) | W(LYNC_ASA) | W(OCS_ASA) | W(ASA_SIP))
#define W_NAT	(W_ASA | W_EXP | W(XMPP))

const struct fp_param fp_params[] = {
	STR(MAIN, "name", fp_flow, o.name, W_ALL, W_ALL, "contoso", FP_S_NAME, FEDPAT_NAME_MAX,
	    .flags = FP_A_KEY)
	DOC("Name of the federation: tag of all that is derived, first part of its names."),
	TEXT(MAIN, "description", fp_flow, description, W_SIP, 0, "Fabrikam")
	END("the partner's domain", "What users see in the privacy list of their client."),
	WORDS(MAIN, "mode", fp_flow, mode, W(SKYPE), 0, "b2b", company_modes)
	DOC("b2b: the partner is another company, reached over the Internet. single: Skype\n"
	    "for Business in the same enterprise, under another domain."),
	WORDS(MAIN, "mode", fp_flow, mode, W(LYNC_INTRA) | W(LYNC_EXPRESSWAY), 0, "chat",
	      media_modes)
	DOC("chat-calling: signalling of calls comes by a gateway port of its own. Only\n"
	    "inside one company; audio and video are still refused (488)."),
	WORDS(MAIN, "transport", fp_flow, transport, W_ASA | W(OCS_DIRECT), 0, "tls", transports,
	      .def = FEDPAT_TRANSPORT_TLS)
	DOC("tls or tcp; udp only where nothing but packets are rewritten. Microsoft's edges\n"
	    "federate over TLS only, an OCS that is met directly over TLS or TCP."),
	STRS(MAIN, "local_domains", fp_flow, local_domains, W_ALL, W_ALL, "[example.com]",
	     FP_S_FQDN)
	DOC("Your SIP or XMPP domains."),
	STRS(MAIN, "email_federation", fp_flow, email_domains, W_ALL, 0, "[mail.example.com]",
	     FP_S_FQDN)
	END("off", "Mail domains, where users are known to partners by their mail address\n"
	    "instead of their IM address. Requests to the old address are then dropped: tell the partner\n"
	    "first."),
	FQDN(MAIN, "public_fqdn", fp_flow, public_fqdn, W(XMPP), W(XMPP), "imp-public.example.com")
	DOC("Name of public_address: the target of your SRV records."),
	FQDN(MAIN, "public_fqdn", fp_flow, public_fqdn, W_SIP & ~W(OCS_DIRECT), W_ASA | W_EXP,
	     "imp-public.example.com")
	DOC("What partners see: the name that your public certificate proves. It is the\n"
	    "target of your SRV records and must lie in your domain itself."),
	ROW(MAIN, "public_address", fp_flow, public_address, FP_T_ADDR, W_ALL & ~W(OCS_DIRECT),
	    W_NAT, "203.0.113.10")
	DOC("The gateway's address that partners dial."),
	FQDN(MAIN, "federation_routing_fqdn", fp_flow, routing_fqdn, W_ASA | W_EXP, 0,
	     "imp-public.example.com")
	END("public_fqdn", "Service parameter of the SIP proxy; must be the SRV target. With a\n"
	    "load balancer: its name."),
	WORDS(MAIN, "publish_srv", fp_flow, publish_srv, W_NAT, 0, "yes", yes_no, .def = 1)
	DOC("no: your side publishes no SRV record, so the partner must be given a manual\n"
	    "route."),
	WORDS(MAIN, "direct_federation", fp_flow, direct, W_MS, 0, "auto", directs)
	DOC("The flag of the federated domain. auto: on where servers are met directly, off\n"
	    "behind an edge; anything else than that is refused."),
	ROW(MAIN, "inside_address", fp_flow, inside_address, FP_T_ADDR, W_TLS | W(XMPP),
	    W_ASA | W_EXP | W(XMPP), "192.0.2.1")
	DOC("The gateway's address towards the nodes."),
	PORT(MAIN, "inside_port", fp_flow, inside_port, W_EXP, 0, "5061", .min = 1, .def = 5061)
	DOC("Port of inside_address that the nodes' static routes lead to."),
	PORT(MAIN, "gateway_port", fp_flow, gateway_port, W(LYNC_INTRA), 0, "65072", .min = 1,
	     .def = 65072)
	DOC("With chat-calling: port of public_address that Lync's static route leads to."),
	STR(MAIN, "inside_interface", fp_flow, inside_interface, W_ALL, W_ALL, "eth1", FP_S_IFNAME,
	    15)
	DOC("Interface towards the nodes."),
	STR(MAIN, "outside_interface", fp_flow, outside_interface, W_ALL, W_ALL, "eth0",
	    FP_S_IFNAME, 15)
	DOC("Interface towards the partners; inside one company, towards the Microsoft servers."),
	NAME(MAIN, "inside_zone", fp_flow, inside_zone, W_ALL, 0, "inside")
	END("inside", "Zone of inside_interface, where yours has another name."),
	NAME(MAIN, "outside_zone", fp_flow, outside_zone, W_ALL, 0, "outside")
	END("outside", "Zone of outside_interface, where yours has another name."),
	ROW(MAIN, "inside_networks", fp_flow, inside_networks, FP_T_CIDRS, W_TLS, 0,
	    "[192.0.2.0/24]")
	END("the nodes' own addresses", "Networks whose addresses must never be seen outside."),
	STRS(MAIN, "inside_names", fp_flow, inside_names, W_TLS, 0, "[.corp.example.com]",
	     FP_S_SUFFIX)
	END("the names of the nodes", "Hosts, or .domains, whose names must never be seen\n"
	    "outside."),
	WORDS(MAIN, "bind_outside_list", fp_flow, bind_outside_list, W_ALL, 0, "yes", yes_no,
	      .def = 1)
	DOC("Deny what is not let in to the outside interface."),
	ROW(MAIN, "other_inside_traffic", fp_flow, other_inside_traffic, FP_T_FLAG, W_NAT, 0, "no",
	    .max = 1)
	DOC("yes: other inside hosts go out behind the address of the outside interface."),
	PORT(MAIN, "outside_listener", fp_flow, outside_listener, W_TLS | W(XMPP), 0, "7061",
	     .min = 1)
	END("the first free one from 7061", "Local port of the daemon for connections from\n"
	    "outside."),
	PORT(MAIN, "inside_listener", fp_flow, inside_listener, W_TLS | W(XMPP), 0, "7062",
	     .min = 1)
	END("the first free one from 7061", "Local port of the daemon for connections from\n"
	    "inside."),
	PATH(MAIN, "token_key_file", fp_flow, token_key_file, W_TLS, 0,
	     "/etc/fedpat/keys/contoso.key")
	END("made where it does not exist", "File of the token keys."),

	/* Microsoft */
	STRS(MAIN, "partner_domains", fp_flow, partner_domains, W_DIR, W_DIR, "[example.net]",
	     FP_S_FQDN)
	DOC("SIP domains of the Microsoft servers."),
	PORT(MAIN, "server_auth_port", fp_flow, server_auth_port, W_DIR, 0, "5063", .min = 1,
	     .def = 5063)
	DOC("Server Auth listener of the nodes; it must not be where the Peer Auth listener is."),
	FQDN(MAIN, "lync_pool", fp_flow, pool, W(LYNC_INTRA), 0, "pool.example.net")
	DOC("FQDN of the Enterprise Edition pool."),
	FQDN(MAIN, "trusted_pool", fp_flow, trusted_pool, W(LYNC_INTRA), W(LYNC_INTRA),
	     "trustedpool.example.com")
	DOC("FQDN for the trusted application pool that Lync gets for the nodes: a new name,\n"
	    "unlike that of any node."),
	FQDN(MAIN, "registrar", fp_flow, registrar, W(LYNC_INTRA), 0, "pool.example.net")
	END("lync_pool, else the first server", "Registrar of the trusted application pool."),
	TEXT(MAIN, "site_id", fp_flow, site_id, W(LYNC_INTRA), 0, "1")
	END("1", "SiteId of the pool's site (Get-CsSite)."),
	NAME(MAIN, "app_id", fp_flow, app_id, W(LYNC_INTRA), 0, "imp.example.com")
	END("imp. and your first domain", "Id of the trusted application, without blanks."),
	ROW(MAIN, "allow_all_domains", fp_flow, allow_all_domains, FP_T_FLAG, W_MSEDGE, 0, "no",
	    .max = 1)
	DOC("yes: the partner's edge allows every domain, so it need not be told yours."),
	ROW(MAIN, "open_federation", fp_flow, open_federation, FP_T_FLAG, (W_ASA | W_EXP) & ~W(AOL),
	    0, "no", .max = 1)
	DOC("yes: partners that are not listed here may come, too: a certificate of a CA in\n"
	    "partner_ca must prove their domain, or be that of the server which its SRV\n"
	    "record names."),
	FQDN(MAIN, "edge_internal", fp_flow, edge_internal, W_MSEDGE, 0, "edge-int.example.net")
	END("the edge's name", "Name of the partner edge's internal interface, for tests there."),

	/* AOL */
	FQDN(MAIN, "default_routing_domain", fp_flow, default_domain, W(AOL), 0, "aol.com")
	END("aol.com", "Where requests to a hosted domain go that has neither route\n"
	    "nor SRV record."),
	TEXT(MAIN, "company", fp_flow, company, W(AOL), W(AOL), "Example Inc.")
	DOC("For the order sheet: your company."),
	TEXT(MAIN, "contact_name", fp_flow, contact_name, W(AOL), W(AOL), "Alice Example")
	DOC("For the order sheet: who is asked."),
	TEXT(MAIN, "contact_mail", fp_flow, contact_mail, W(AOL), W(AOL), "alice@example.com")
	DOC("For the order sheet: mail address of the contact."),
	TEXT(MAIN, "contact_phone", fp_flow, contact_phone, W(AOL), W(AOL), "+1 555 0100")
	DOC("For the order sheet: telephone of the contact."),
	TEXT(MAIN, "licence", fp_flow, licence, W(AOL), 0, "AOL-FEDERATION 4711")
	DOC("For the order sheet: reference of the AOL federation licence."),
	TEXT(MAIN, "certificate_authority", fp_flow, public_ca_name, W(AOL), W(AOL),
	     "Example Public CA")
	DOC("For the order sheet: CA of your public certificate; it must be on AOL's list."),

	/* XMPP */
	STRS(MAIN, "chat_aliases", fp_flow, chat_aliases, W(XMPP), 0,
	     "[conference-1.cl1.example.com]", FP_S_FQDN)
	DOC("Aliases of chat rooms that the routing node serves or hands on: each gets an SRV\n"
	    "record to that node, and must be a name in the certificates."),
	STRS(MAIN, "file_transfer_aliases", fp_flow, file_aliases, W(XMPP), 0,
	     "[mft.example.com]", FP_S_FQDN)
	DOC("Managed file transfer aliases, likewise."),
	WORDS(MAIN, "tls_mode", fp_flow, tls_mode, W(XMPP), 0, "required", tls_modes,
	      .def = FP_XTLS_REQUIRED)
	DOC("none: plain streams with dialback. optional: TLS where the partner offers it.\n"
	    "required: nothing else."),
	WORDS(MAIN, "require_client_cert", fp_flow, client_cert, W(XMPP), 0, "yes", yes_no,
	      .def = 1)
	DOC("Client certificates are asked for; WebEx has none, so no there."),
	WORDS(MAIN, "sasl_external", fp_flow, sasl, W(XMPP), 0, "yes", yes_no, .def = 1)
	DOC("SASL EXTERNAL both ways; Sametime over TLS needs it."),
	WORDS(MAIN, "dialback", fp_flow, dialback, W(XMPP), 0, "yes", yes_no, .def = 1)
	DOC("Identity by DNS where no certificate proves it."),
	WORDS(MAIN, "policy_default", fp_flow, policy_default, W(XMPP), 0, "deny", policies)
	DOC("deny: only the domains of partners may federate. allow: every domain that is not\n"
	    "in blocked_domains; partners are then those whom you tell what to do."),
	STRS(MAIN, "blocked_domains", fp_flow, blocked_domains, W(XMPP), 0,
	     "[spam.example.org]", FP_S_DOMAIN)
	DOC("Domains that never federate; *.example.org is example.org and all below it."),

	/* nodes */
	STR(NODE, "name", fp_flow_node, o.name, W_ALL, W_ALL, "imp1", FP_S_NAME, 20,
	    .flags = FP_A_KEY)
	DOC("Short name of the node."),
	ROW(NODE, "address", fp_flow_node, address, FP_T_ADDR, W_ALL, W_ALL, "192.0.2.11")
	DOC("Its address."),
	FQDN(NODE, "fqdn", fp_flow_node, fqdn, W_ALL, 0, "imp1.example.com")
	END("the first subject, else name", "Its full name, for the steps of others."),
	PORT(NODE, "port", fp_flow_node, port, W_ALL, 0, NULL, .min = 1)
	DOC("Its listener that partners' connections end on: Peer Auth for TLS."),
	WORDS(NODE, "transport", fp_flow_node, transport, W_ASA, 0, "tls", transports)
	END("that of the federation", "Towards the node: tls, tcp or udp."),
	ROW(NODE, "digit", fp_flow_node, digit, FP_T_U8, W_ASA, 0, "4", .min = 1,
	    .max = FP_FLOW_MAX_DIGIT)
	END("none: the routing node", "Every further node has one: its port 5062 is seen outside\n"
	    "as 45062."),
	ROW(NODE, "digit", fp_flow_node, digit, FP_T_U8, W(XMPP), 0, "2", .min = 1,
	    .max = FP_FLOW_MAX_DIGIT)
	END("none: the routing node", "Every further node behind the same public address has one:\n"
	    "its port 5269 is seen outside as 25269."),
	STRS(NODE, "subjects", fp_flow_node, subjects, W_TLS, 0, "[imp1.example.com]", FP_S_HOST)
	END("its address", "Names that its certificate proves."),
	PORT(NODE, "sip_port", fp_flow_node, sip_port, W_ASA, 0, "5060", .def = 5060)
	DOC("Generic SIP listener, 0 = none."),
	PORT(NODE, "presence_port", fp_flow_node, presence_port, W_ASA, 0, "5080", .def = 5080)
	DOC("Presence Engine, 0 = none."),
	ROW(NODE, "public_address", fp_flow_node, public_address, FP_T_ADDR, W(XMPP), 0,
	    "203.0.113.10")
	END("that of the federation", "A public address of its own; then it needs no digit, and\n"
	    "its fqdn is what partners look up."),
	STRS(NODE, "chat_aliases", fp_flow_node, chat_aliases, W(XMPP), 0,
	     "[conference-2.cl1.example.com]", FP_S_FQDN)
	DOC("Aliases of the chat rooms on this very node: their SRV records lead to its own\n"
	    "public address and port."),

	/* load balancer */
	FQDN(LB, "fqdn", fp_flow_lb, fqdn, W_SIP, W_SIP, "lb.example.com")
	DOC("Its name, which its certificate proves."),
	ROW(LB, "address", fp_flow_lb, address, FP_T_ADDR, W_SIP, W_SIP, "192.0.2.20")
	DOC("Its virtual address towards the gateway."),
	PORT(LB, "port", fp_flow_lb, port, W_SIP, 0, NULL, .min = 1)
	END("that of the nodes", "Its listener."),

	/* partners */
	STR(PARTNER, "name", fp_flow_partner, o.name, W_NAT, 0, "fabrikam", FP_S_NAME, 30,
	    .flags = FP_A_KEY)
	END("the first domain", "Short name of the partner."),
	STRS(PARTNER, "domains", fp_flow_partner, domains, W_ASA | W_EXP, W_ASA | W_EXP,
	     "[example.net]", FP_S_FQDN)
	DOC("Its SIP domains."),
	STRS(PARTNER, "domains", fp_flow_partner, domains, W(XMPP), W(XMPP), "[example.net]",
	     FP_S_DOMAIN)
	DOC("Its XMPP domains; \"*.example.net\" is example.net and all below it."),
	FQDN(PARTNER, "edge", fp_flow_partner, edge, W_NAT, W_EXP, "edge.example.net")
	DOC("Its edge: the target of its SRV record."),
	ROW(PARTNER, "addresses", fp_flow_partner, addresses, FP_T_ADDRS, W_NAT, W_ASA,
	    "[198.51.100.20]")
	DOC("Where its edge connects from and where nodes dial."),
	ROW(PARTNER, "networks", fp_flow_partner, networks, FP_T_CIDRS, W_NAT, 0,
	    "[198.51.100.32/28]")
	DOC("Networks that it connects from, where it has many addresses."),
	STRS(PARTNER, "subjects", fp_flow_partner, subjects, W_ASA | W_EXP, 0,
	     "[edge.example.net]", FP_S_HOST)
	END("edge", "Names that its certificate proves."),
	PORT(PARTNER, "port", fp_flow_partner, port, W_ASA | W_EXP, 0, "5061", .min = 1)
	END("5061 for tls, else 5060", "Port of its edge."),
	WORDS(PARTNER, "use_srv", fp_flow_partner, use_srv, W_ASA | W_EXP, 0, "yes", yes_no,
	      .def = 1)
	DOC("no: dial edge without asking DNS for SRV."),
	STR(PARTNER, "route", fp_flow_partner, route, W_ASA | W_EXP, 0, "\".net.example.*\"",
	    FP_S_ANY, FEDPAT_FQDN_MAX)
	END("each domain reversed", "Destination pattern of the static route on the nodes."),
	WORDS(PARTNER, "eku", fp_flow_partner, eku, W_ASA | W_EXP, 0, "both", ekus,
	      .def = FEDPAT_EKU_BOTH)
	DOC("Key usage asked of its certificate; public CAs end clientAuth, then any-tls."),
	WORDS(PARTNER, "tls_profile", fp_flow_partner, tls_profile, W_ASA | W_EXP, 0, "default",
	      profiles)
	DOC("Protocol versions and cipher suites."),
	WORDS(PARTNER, "kind", fp_flow_partner, kind, W(XMPP), 0, "other", xmpp_kinds)
	DOC("What it runs."),
	WORDS(PARTNER, "direction", fp_flow_partner, direction, W(XMPP), 0, "all", directions)
	DOC("Who may send: all, in (the partner) or out (we)."),
	WORDS(PARTNER, "tls_mode", fp_flow_partner, tls_mode, W(XMPP), 0, "required",
	      partner_tls_modes)
	END("that of the federation", "What the gateway demands of the streams of this partner."),

	/* servers */
	STR(SERVER, "name", fp_flow_server, o.name, W_DIR, W_DIR, "fe1.example.net", FP_S_FQDN,
	    FEDPAT_FQDN_MAX, .flags = FP_A_KEY)
	DOC("FQDN of the front end or Standard Edition server; not of a load balancer."),
	ROW(SERVER, "address", fp_flow_server, address, FP_T_ADDR, W_DIR, W_DIR, "198.51.100.31")
	DOC("Its address."),
	ROW(SERVER, "priority", fp_flow_server, priority, FP_T_U32, W_DIR, 0, "1", .min = 1,
	    .max = 65535, .def = 1)
	DOC("Of the static route to it: the lowest is tried first."),
	WORDS(SERVER, "edition", fp_flow_server, edition, W_DIR, 0, "se", editions)
	DOC("se: Standard Edition. ee: front end of an Enterprise Edition pool."),

	/* trustpoints */
	PATH(TRUST, "public_cert", fp_flow_trust, public_cert, W_TLS, W_TLS,
	     "/etc/fedpat/public.pem")
	DOC("Shown to partners, with its chain."),
	PATH(TRUST, "public_key", fp_flow_trust, public_key, W_TLS, W_TLS,
	     "/etc/fedpat/public.key")
	DOC("Its key."),
	PATH(TRUST, "partner_ca", fp_flow_trust, partner_ca, W_TLS, W_TLS,
	     "/etc/fedpat/partner-ca.pem")
	DOC("CAs of the partners' edges."),
	PATH(TRUST, "partner_crl", fp_flow_trust, partner_crl, W_TLS, 0,
	     "/etc/fedpat/partner.crl")
	DOC("Their revocation lists."),
	PATH(TRUST, "inside_cert", fp_flow_trust, inside_cert, W_TLS, W_TLS,
	     "/etc/fedpat/inside.pem")
	DOC("Shown to the nodes."),
	PATH(TRUST, "inside_key", fp_flow_trust, inside_key, W_TLS, W_TLS,
	     "/etc/fedpat/inside.key")
	DOC("Its key."),
	PATH(TRUST, "inside_ca", fp_flow_trust, inside_ca, W_TLS, W_TLS,
	     "/etc/fedpat/inside-ca.pem")
	DOC("CAs of the nodes."),
	PATH(TRUST, "inside_crl", fp_flow_trust, inside_crl, W_TLS, 0, "/etc/fedpat/inside.crl")
	DOC("Their revocation lists."),
};

const u32 fp_n_params = ARRAY_SIZE(fp_params);
