// SPDX-License-Identifier: GPL-2.0
/*
 * One table a kind, one row an attribute. Order of the rows is the order on the
 * screen and in YAML.
 */
#include <stddef.h>

#include "model.h"

/* name, KIND and ATTRIBUTE as in FEDPAT_A_KIND_ATTRIBUTE, struct, field, type */
#define ROW(nm, K, ID, s, field, t, ...)				\
	{								\
		.name = nm, .id = FEDPAT_A_##K##_##ID, .type = t,	\
		.off = offsetof(struct fp_obj_##s, field),		\
		.ref = FP_K_COUNT, __VA_ARGS__				\
	}

#define NAME(K, s)							\
	ROW("name", K, NAME, s, o.name, FP_T_STR, .syntax = FP_S_NAME,	\
	    .max = FEDPAT_NAME_MAX, .flags = FP_A_REQUIRED | FP_A_KEY,	\
	    .help = "name of the object")
#define OWNER(K, s)							\
	ROW("owner", K, OWNER, s, o.owner, FP_T_STR, .syntax = FP_S_NAME, \
	    .max = FEDPAT_NAME_MAX, .help = "federation that made it; none = made by hand")
/* a name of an object of kind k */
#define REF(nm, K, ID, s, field, k, ...)				\
	{								\
		.name = nm, .id = FEDPAT_A_##K##_##ID, .type = FP_T_STR, \
		.off = offsetof(struct fp_obj_##s, field), .ref = k,	\
		.syntax = FP_S_NAME, .max = FEDPAT_NAME_MAX, __VA_ARGS__ \
	}
#define TEXT(nm, K, ID, s, field, ...)					\
	ROW(nm, K, ID, s, field, FP_T_STR, .max = FEDPAT_PATH_MAX, __VA_ARGS__)
#define PATH(nm, K, ID, s, field, ...)					\
	TEXT(nm, K, ID, s, field, .syntax = FP_S_PATH, __VA_ARGS__)
#define FQDN(nm, K, ID, s, field, t, syn, ...)				\
	ROW(nm, K, ID, s, field, t, .max = FEDPAT_FQDN_MAX, .syntax = syn, __VA_ARGS__)
#define ENUM(nm, K, ID, s, field, w, ...)				\
	ROW(nm, K, ID, s, field, FP_T_ENUM, .words = w, .max = ARRAY_SIZE(w) - 2, __VA_ARGS__)
#define PORT(nm, K, ID, s, field, ...)					\
	ROW(nm, K, ID, s, field, FP_T_U16, .unit = FP_U_PORT, .max = 65535, __VA_ARGS__)
#define U32(nm, K, ID, s, field, ...)					\
	ROW(nm, K, ID, s, field, FP_T_U32, .max = UINT32_MAX, __VA_ARGS__)
#define U64(nm, K, ID, s, field, ...)					\
	ROW(nm, K, ID, s, field, FP_T_U64, .max = UINT64_MAX, __VA_ARGS__)
#define FLAG(nm, K, ID, s, field, ...)					\
	ROW(nm, K, ID, s, field, FP_T_FLAG, .max = 1, __VA_ARGS__)

static const char * const roles[] = { "inside", "outside", "other", NULL };
static const char * const actions[] = { "deny", "permit", NULL };
static const char * const transports[] = { "any", "udp", "tcp", "tls", NULL };
static const char * const places[] = { "asa", "expressway", NULL };
static const char * const inspect_types[] = { "none", "sip", "xmpp", NULL };
static const char * const ekus[] = { "role", "both", "any-tls", NULL };
static const char * const tls_profiles[] = { "default", "fips", "legacy", NULL };
static const char * const revocations[] = { "file", "soft", "hard", NULL };
static const char * const stream_tls[] = { "default", "none", "optional", "required", NULL };
static const char * const dialects[] = { "any", "standard", "microsoft", NULL };
static const char * const directions[] = { "all", "in", "out", NULL };
static const char * const tls_verifies[] = { "name", "chain", NULL };
static const char * const domain_types[] = { "sip", "microsoft", "aol", NULL };
static const char * const leg_states[] = { "up", "draining", "closed", NULL };
static const char * const wants[] = { "node", "peer", "domain", NULL };
static const char * const events[] = {
	"commit", "leg-wanted", "leg-up", "leg-down", "refused", "acl-log", "warning", NULL
};

static const struct fp_attr acl_rows[] = {
	NAME(ACL, acl),
	OWNER(ACL, acl),
	TEXT("remark", ACL, REMARK, acl, remark, .help = "remark on the whole list"),
	U32("entries", ACL, ENTRIES, acl, entries, .flags = FP_A_ANSWER,
	    .help = "number of entries"),
	U64("deny-hits", ACL, DENY_HITS, acl, deny_hits, .flags = FP_A_ANSWER,
	    .help = "packets that met the implicit deny of a bound list"),
};

static const struct fp_attr ace_rows[] = {
	REF("acl", ACE, ACL, ace, acl, FP_K_ACL, .flags = FP_A_REQUIRED,
	    .help = "list that the entry belongs to"),
	OWNER(ACE, ace),
	U32("id", ACE, ID, ace, id, .flags = FP_A_ANSWER, .help = "stable id of the entry"),
	U32("line", ACE, LINE, ace, line, .flags = FP_A_ANSWER, .min = 1,
	    .help = "its position, from 1"),
	ENUM("action", ACE, ACTION, ace, action, actions, .flags = FP_A_REQUIRED,
	     .help = "permit or deny"),
	ROW("proto", ACE, PROTO, ace, proto, FP_T_PROTO, .max = 255, .flags = FP_A_PRESENCE,
	    .help = "protocol by name or number; none = any"),
	ROW("src", ACE, SRC, ace, src, FP_T_CIDR, .help = "source; none = any"),
	ROW("dst", ACE, DST, ace, dst, FP_T_CIDR, .help = "destination; none = any"),
	PORT("sport-lo", ACE, SPORT_LO, ace, sport_lo, .flags = FP_A_PRESENCE,
	     .help = "lowest source port; none = any"),
	PORT("sport-hi", ACE, SPORT_HI, ace, sport_hi, .flags = FP_A_PRESENCE,
	     .help = "highest source port; none = the lowest"),
	PORT("dport-lo", ACE, DPORT_LO, ace, dport_lo, .flags = FP_A_PRESENCE,
	     .help = "lowest destination port; none = any"),
	PORT("dport-hi", ACE, DPORT_HI, ace, dport_hi, .flags = FP_A_PRESENCE,
	     .help = "highest destination port; none = the lowest"),
	ROW("icmp-type", ACE, ICMP_TYPE, ace, icmp_type, FP_T_U8, .max = 255,
	    .flags = FP_A_PRESENCE, .help = "ICMP or ICMPv6 type; none = any"),
	FLAG("log", ACE, LOG, ace, log, .help = "tell fedctl monitor about matches"),
	FLAG("inactive", ACE, INACTIVE, ace, inactive, .help = "keep the entry, match nothing"),
	TEXT("remark", ACE, REMARK, ace, remark, .help = "remark on the entry"),
	U64("hits", ACE, HITS, ace, hits, .flags = FP_A_ANSWER, .help = "packets that matched"),
	U64("last-hit", ACE, LAST_HIT, ace, last_hit, .flags = FP_A_ANSWER | FP_A_PRESENCE,
	    .unit = FP_U_MS, .help = "time since the last match"),
};

static const struct fp_attr zone_rows[] = {
	NAME(ZONE, zone),
	OWNER(ZONE, zone),
	ENUM("role", ZONE, ROLE, zone, role, roles, .flags = FP_A_REQUIRED,
	     .help = "side of the gateway"),
	ROW("interface", ZONE, INTERFACE, zone, interface, FP_T_STRS, .syntax = FP_S_IFNAME,
	    .max = 15, .help = "its interfaces, 4096 in all; each in one zone, need not exist yet"),
	REF("access-list", ZONE, ACCESS_LIST, zone, access_list, FP_K_ACL,
	    .help = "list for what enters by this zone; what it does not permit is denied"),
};

static const struct fp_attr inspect_rows[] = {
	NAME(INSPECT, inspect),
	OWNER(INSPECT, inspect),
	ENUM("type", INSPECT, TYPE, inspect, type, inspect_types, .flags = FP_A_REQUIRED,
	     .help = "protocol that is inspected"),
	ROW("max-message", INSPECT, MAX_MESSAGE, inspect, max_message, FP_T_U32,
	    .unit = FP_U_BYTES, .def = 65536, .min = 1024, .max = 1048576,
	    .help = "longest SIP message"),
	ROW("idle-timeout", INSPECT, IDLE_TIMEOUT, inspect, idle_timeout, FP_T_U32,
	    .unit = FP_U_SECONDS, .def = 3600, .max = 2592000,
	    .help = "without a message for so long a leg is closed; 0 = never"),
	ROW("hold-timeout", INSPECT, HOLD_TIMEOUT, inspect, hold_timeout, FP_T_U32,
	    .unit = FP_U_MS, .def = 8000, .min = 100, .max = 32000,
	    .help = "a message waits so long for a leg"),
	FLAG("keep-software", INSPECT, KEEP_SOFTWARE, inspect, keep_software,
	     .help = "leave User-Agent and Server of the inside as they are"),
	FLAG("allow-media", INSPECT, ALLOW_MEDIA, inspect, allow_media,
	     .help = "let offers of audio and video pass; otherwise they get 488"),
	ENUM("tls", INSPECT, TLS, inspect, tls, stream_tls,
	     .help = "STARTTLS of XMPP streams; default = required, none = refused"),
	FLAG("allow-unlisted", INSPECT, ALLOW_UNLISTED, inspect, allow_unlisted,
	     .help = "let XMPP streams of domains pass that no domain object lists"),
	ENUM("dialect", INSPECT, DIALECT, inspect, dialect, dialects,
	     .help = "SIP requests that a partner may send; others get 403"),
};

static const struct fp_attr trustpoint_rows[] = {
	NAME(TRUSTPOINT, trustpoint),
	OWNER(TRUSTPOINT, trustpoint),
	PATH("cert", TRUSTPOINT, CERT, trustpoint, cert, .help = "PEM file: certificate and chain"),
	PATH("key", TRUSTPOINT, KEY, trustpoint, key,
	     .help = "PEM file: private key, readable by its owner only"),
	PATH("ca", TRUSTPOINT, CA, trustpoint, ca, .help = "PEM file: CAs that peers chain to"),
	PATH("crl", TRUSTPOINT, CRL, trustpoint, crl, .help = "PEM file: revocation lists"),
	ENUM("revocation", TRUSTPOINT, REVOCATION, trustpoint, revocation, revocations,
	     .help = "who is asked about peers' certificates, and what if nobody answers"),
	TEXT("ocsp", TRUSTPOINT, OCSP, trustpoint, ocsp,
	     .help = "URL of the OCSP responder; none = the one that each certificate names"),
	TEXT("cmp", TRUSTPOINT, CMP, trustpoint, cmp,
	     .help = "URL of the CMP server that renews the certificate"),
	PATH("cmp-ca", TRUSTPOINT, CMP_CA, trustpoint, cmp_ca,
	     .help = "PEM file: CAs of the CMP server; none = those of the trustpoint"),
	ROW("renew-before", TRUSTPOINT, RENEW_BEFORE, trustpoint, renew_before, FP_T_U32,
	    .def = 30, .max = 365, .help = "days before its end that the certificate is renewed"),
};

static const struct fp_attr federation_rows[] = {
	NAME(FEDERATION, federation),
	OWNER(FEDERATION, federation),
	ENUM("place", FEDERATION, PLACE, federation, place, places,
	     .help = "what the gateway stands in for"),
	FQDN("public-fqdn", FEDERATION, PUBLIC_FQDN, federation, public_fqdn, FP_T_STR, FP_S_FQDN,
	     .help = "name that our certificate proves outside"),
	ROW("public-addr", FEDERATION, PUBLIC_ADDR, federation, public_addr, FP_T_ADDRS,
	    .help = "our public addresses"),
	ROW("inside-addr", FEDERATION, INSIDE_ADDR, federation, inside_addr, FP_T_ADDR,
	    .help = "address of the gateway towards the nodes"),
	FQDN("local-domain", FEDERATION, LOCAL_DOMAIN, federation, local_domain, FP_T_STRS,
	     FP_S_DOMAIN, .help = "SIP domains that are ours"),
	ROW("inside-prefix", FEDERATION, INSIDE_PREFIX, federation, inside_prefix, FP_T_CIDRS,
	    .help = "addresses that must never be seen outside"),
	FQDN("inside-name", FEDERATION, INSIDE_NAME, federation, inside_name, FP_T_STRS,
	     FP_S_SUFFIX, .help = "hosts that must never be seen outside; .domain = all below it"),
	REF("inspect", FEDERATION, INSPECT, federation, inspect, FP_K_INSPECT,
	    .help = "inspect map of its legs"),
	ROW("key", FEDERATION, KEY, federation, key, FP_T_KEY, .flags = FP_A_SECRET,
	    .help = "current token key"),
	ROW("key-version", FEDERATION, KEY_VERSION, federation, key_version, FP_T_U8, .max = 255,
	    .flags = FP_A_DERIVED, .help = "version of the token key"),
	ROW("old-key", FEDERATION, OLD_KEY, federation, old_key, FP_T_KEY, .flags = FP_A_SECRET,
	    .help = "previous token key"),
	ROW("old-key-version", FEDERATION, OLD_KEY_VERSION, federation, old_key_version, FP_T_U8,
	    .max = 255, .flags = FP_A_DERIVED, .help = "version of the previous token key"),
	PATH("key-file", FEDERATION, KEY_FILE, federation, key_file,
	     .help = "file of the token keys, made where it does not exist"),
	FQDN("routing-fqdn", FEDERATION, ROUTING_FQDN, federation, routing_fqdn, FP_T_STR,
	     FP_S_FQDN,
	     .help = "Federation Routing FQDN: another name of ours in requests"),
	FQDN("default-routing-domain", FEDERATION, DEFAULT_ROUTING_DOMAIN, federation,
	     default_routing_domain, FP_T_STR, FP_S_FQDN,
	     .help = "its route serves domains of type aol without one; none = aol.com"),
	TEXT("open-peer", FEDERATION, OPEN_PEER, federation, open_peer, .syntax = FP_S_NAME,
	     .help = "open federation: peer of every domain that no object names"),
};

static const struct fp_attr tls_proxy_rows[] = {
	NAME(TLS_PROXY, tls_proxy),
	OWNER(TLS_PROXY, tls_proxy),
	REF("federation", TLS_PROXY, FEDERATION, tls_proxy, federation, FP_K_FEDERATION,
	    .flags = FP_A_REQUIRED, .help = "federation of its connections"),
	REF("zone", TLS_PROXY, ZONE, tls_proxy, zone, FP_K_ZONE, .flags = FP_A_REQUIRED,
	    .help = "zone of those who dial in"),
	PORT("listener-port", TLS_PROXY, LISTENER_PORT, tls_proxy, listener_port, .min = 1,
	     .flags = FP_A_REQUIRED, .help = "local port of the daemon, free on the gateway"),
	ENUM("transport", TLS_PROXY, TRANSPORT, tls_proxy, transport, transports,
	     .flags = FP_A_REQUIRED, .help = "tls, or tcp for a plain listener"),
	REF("server-trustpoint", TLS_PROXY, SERVER_TRUSTPOINT, tls_proxy, server_trustpoint,
	    FP_K_TRUSTPOINT, .help = "certificate shown to who dials in"),
	REF("client-trustpoint", TLS_PROXY, CLIENT_TRUSTPOINT, tls_proxy, client_trustpoint,
	    FP_K_TRUSTPOINT, .help = "certificate shown to who is dialled"),
};

static const struct fp_attr peer_rows[] = {
	NAME(PEER, peer),
	OWNER(PEER, peer),
	REF("federation", PEER, FEDERATION, peer, federation, FP_K_FEDERATION,
	    .flags = FP_A_REQUIRED, .help = "federation that it belongs to"),
	ENUM("role", PEER, ROLE, peer, role, roles, .flags = FP_A_REQUIRED,
	     .help = "inside or outside"),
	FQDN("subject", PEER, SUBJECT, peer, subject, FP_T_STRS, FP_S_HOST,
	     .help = "accepted TLS peer subjects: names that its certificate may prove"),
	FQDN("domain", PEER, DOMAIN, peer, domain, FP_T_STRS, FP_S_DOMAIN,
	     .help = "SIP domains that it may speak for; *.example.net = all below it"),
	FQDN("host", PEER, HOST, peer, host, FP_T_STR, FP_S_HOST,
	     .help = "name or address to dial; none = look up each domain by SRV"),
	ROW("addr", PEER, ADDR, peer, addr, FP_T_ADDRS,
	    .help = "addresses that it may connect from; without TLS they are its identity"),
	PORT("port", PEER, PORT, peer, port,
	     .help = "port to dial; none = 5061 for tls, 5060 otherwise"),
	ENUM("transport", PEER, TRANSPORT, peer, transport, transports,
	     .help = "transport to dial"),
	ENUM("eku", PEER, EKU, peer, eku, ekus,
	     .help = "key usage asked of its certificate: of its role, of both, or any-tls"),
	ENUM("tls-profile", PEER, TLS_PROFILE, peer, tls_profile, tls_profiles,
	     .help = "protocol versions and cipher suites"),
	REF("trustpoint", PEER, TRUSTPOINT, peer, trustpoint, FP_K_TRUSTPOINT,
	    .help = "certificate shown when it is dialled; none = that of the tls-proxy"),
	REF("ca", PEER, CA, peer, ca, FP_K_TRUSTPOINT,
	    .help = "whose CAs its certificate chains to; none = those of what it is shown"),
	ENUM("tls-verify", PEER, TLS_VERIFY, peer, tls_verify, tls_verifies,
	     .help = "what its certificate must do: name, or only chain to its own ca"),
	FQDN("name-rule", PEER, NAME_RULE, peer, name_rule, FP_T_STRS, FP_S_RULE,
	     .help = "further accepted names: suffix:.example.net, regex:..., first match decides"),
	ROW("health", PEER, HEALTH, peer, health, FP_T_U32, .unit = FP_U_SECONDS, .max = 3600,
	    .help = "OPTIONS every so many seconds to each of its servers; 0 = never"),
};

static const struct fp_attr node_rows[] = {
	NAME(NODE, node),
	OWNER(NODE, node),
	REF("federation", NODE, FEDERATION, node, federation, FP_K_FEDERATION,
	    .flags = FP_A_REQUIRED, .help = "federation that it belongs to"),
	ROW("listener", NODE, LISTENER, node, listener, FP_T_ENDPOINT, .flags = FP_A_REQUIRED,
	    .help = "address and port of its listener"),
	ENUM("transport", NODE, TRANSPORT, node, transport, transports, .flags = FP_A_REQUIRED,
	     .help = "transport of the listener"),
	FQDN("subject", NODE, SUBJECT, node, subject, FP_T_STRS, FP_S_HOST,
	     .help = "names that its certificate may prove; none = its address"),
	FLAG("routing", NODE, ROUTING, node, routing,
	     .help = "requests from outside that name no node go here"),
	ROW("health", NODE, HEALTH, node, health, FP_T_U32, .unit = FP_U_SECONDS, .max = 3600,
	    .help = "OPTIONS every so many seconds to its listener; 0 = never"),
};

static const struct fp_attr domain_rows[] = {
	ROW("name", DOMAIN, NAME, domain, o.name, FP_T_STR, .syntax = FP_S_DOMAIN,
	    .max = FEDPAT_FQDN_MAX, .flags = FP_A_REQUIRED | FP_A_KEY,
	    .help = "SIP or XMPP domain of the partner; *.example.net = all below it"),
	OWNER(DOMAIN, domain),
	REF("federation", DOMAIN, FEDERATION, domain, federation, FP_K_FEDERATION,
	    .flags = FP_A_REQUIRED, .help = "federation that it belongs to"),
	REF("peer", DOMAIN, PEER, domain, peer, FP_K_PEER,
	    .help = "peer that requests go to; an XMPP domain needs none"),
	FLAG("blocked", DOMAIN, BLOCKED, domain, blocked,
	     .help = "refuse requests to and from it"),
	ENUM("direction", DOMAIN, DIRECTION, domain, direction, directions,
	     .help = "who may open XMPP streams: both, in = the partner, out = we"),
	ENUM("tls", DOMAIN, TLS, domain, tls, stream_tls,
	     .help = "STARTTLS of its XMPP streams; default = as the inspect map says"),
	ENUM("type", DOMAIN, TYPE, domain, type, domain_types,
	     .help = "how its servers are found: aol has a default after its own route and SRV"),
	FLAG("direct", DOMAIN, DIRECT, domain, direct,
	     .help = "direct federation: no edge stands between"),
};

static const struct fp_attr route_rows[] = {
	NAME(ROUTE, route),
	OWNER(ROUTE, route),
	REF("federation", ROUTE, FEDERATION, route, federation, FP_K_FEDERATION,
	    .flags = FP_A_REQUIRED, .help = "federation that it belongs to"),
	FQDN("pattern", ROUTE, PATTERN, route, pattern, FP_T_STR, FP_S_PATTERN,
	     .flags = FP_A_REQUIRED,
	     .help = "domains, reversed: .net.example.* is example.net and all below it"),
	FQDN("host", ROUTE, HOST, route, host, FP_T_STR, FP_S_HOST,
	     .help = "next hop; with port 0 a domain to look up by SRV"),
	PORT("port", ROUTE, PORT, route, port, .flags = FP_A_PRESENCE,
	     .help = "none = 5061 for tls, 5060 otherwise; 0 = look the host up by SRV"),
	ENUM("transport", ROUTE, TRANSPORT, route, transport, transports,
	     .def = FEDPAT_TRANSPORT_TLS, .help = "transport to the next hop"),
	ROW("priority", ROUTE, PRIORITY, route, priority, FP_T_U32, .min = 1, .max = 65535,
	    .def = 1, .help = "lower is tried first"),
	ROW("weight", ROUTE, WEIGHT, route, weight, FP_T_U32, .min = 1, .max = 65535, .def = 1,
	    .help = "higher is chosen more often among equal priorities"),
	FLAG("out-of-service", ROUTE, OUT_OF_SERVICE, route, out_of_service,
	     .help = "keep it, do not use it"),
	FLAG("blocked", ROUTE, BLOCKED, route, blocked,
	     .help = "refuse requests for these domains"),
	ROW("health", ROUTE, HEALTH, route, health, FP_T_U32, .unit = FP_U_SECONDS, .max = 3600,
	    .help = "OPTIONS every so many seconds to its next hop; 0 = never"),
};

static const struct fp_attr pat_rows[] = {
	NAME(PAT, pat),
	OWNER(PAT, pat),
	U32("order", PAT, ORDER, pat, order,
	    .help = "rules are tried in ascending order, then by longer source prefix"),
	ROW("src", PAT, SRC, pat, src, FP_T_CIDR, .help = "inside sources; none = any"),
	REF("zone", PAT, ZONE, pat, zone, FP_K_ZONE, .flags = FP_A_REQUIRED,
	    .help = "zone that packets leave by"),
	ROW("to-addr", PAT, TO_ADDR, pat, to_addr, FP_T_ADDR,
	    .help = "translated source; none = the address of the outgoing interface"),
	PORT("port-lo", PAT, PORT_LO, pat, port_lo, .min = 1, .def = 1024, .flags = FP_A_PRESENCE,
	     .help = "lowest translated port"),
	PORT("port-hi", PAT, PORT_HI, pat, port_hi, .min = 1, .def = 65535, .flags = FP_A_PRESENCE,
	     .help = "highest translated port"),
	U64("hits", PAT, HITS, pat, hits, .flags = FP_A_ANSWER, .help = "flows translated"),
	U64("exhausted", PAT, EXHAUSTED, pat, exhausted, .flags = FP_A_ANSWER,
	    .help = "flows dropped because no port was free"),
};

static const struct fp_attr static_pat_rows[] = {
	NAME(STATIC_PAT, static_pat),
	OWNER(STATIC_PAT, static_pat),
	U32("order", STATIC_PAT, ORDER, static_pat, order,
	    .help = "the row of lowest order of a node is written into Contact"),
	REF("federation", STATIC_PAT, FEDERATION, static_pat, federation, FP_K_FEDERATION,
	    .help = "federation whose names and addresses it serves"),
	ROW("proto", STATIC_PAT, PROTO, static_pat, proto, FP_T_PROTO, .max = 255,
	    .flags = FP_A_REQUIRED, .help = "tcp or udp"),
	REF("zone", STATIC_PAT, ZONE, static_pat, zone, FP_K_ZONE, .flags = FP_A_REQUIRED,
	    .help = "zone that packets enter by"),
	ROW("public", STATIC_PAT, PUBLIC, static_pat, public, FP_T_ENDPOINT,
	    .flags = FP_A_REQUIRED, .help = "public address and port"),
	ROW("node", STATIC_PAT, NODE, static_pat, node, FP_T_ENDPOINT, .flags = FP_A_REQUIRED,
	    .help = "address and port of the inside node"),
	U64("hits", STATIC_PAT, HITS, static_pat, hits, .flags = FP_A_ANSWER,
	    .help = "flows translated or redirected"),
};

static const struct fp_attr class_map_rows[] = {
	NAME(CLASS_MAP, class_map),
	OWNER(CLASS_MAP, class_map),
	U32("order", CLASS_MAP, ORDER, class_map, order,
	    .help = "class maps are tried in ascending order"),
	REF("zone", CLASS_MAP, ZONE, class_map, zone, FP_K_ZONE,
	    .help = "zone that packets enter by; none = every zone"),
	REF("access-list", CLASS_MAP, ACCESS_LIST, class_map, access_list, FP_K_ACL,
	    .flags = FP_A_REQUIRED, .help = "traffic that it takes, by what callers dial"),
	REF("inspect", CLASS_MAP, INSPECT, class_map, inspect, FP_K_INSPECT,
	    .help = "inspect map that is applied"),
	REF("tls-proxy", CLASS_MAP, TLS_PROXY, class_map, tls_proxy, FP_K_TLS_PROXY,
	    .help = "tls-proxy that ends the connection; none = rewritten in the packet plane"),
	U64("hits", CLASS_MAP, HITS, class_map, hits, .flags = FP_A_ANSWER,
	    .help = "flows that it took"),
};

static const struct fp_attr settings_rows[] = {
	U64("memory-cap", SETTINGS, MEMORY_CAP, settings, memory_cap, .unit = FP_U_BYTES,
	    .help = "memory of legs and held messages; 0 = 1 GiB or a quarter of all"),
	U32("max-legs", SETTINGS, MAX_LEGS, settings, max_legs, .min = 1, .def = 20000,
	    .help = "legs at most"),
	U64("acl-memory-cap", SETTINGS, ACL_MEMORY_CAP, settings, acl_memory_cap,
	    .unit = FP_U_BYTES, .min = 1, .def = 256 << 20,
	    .help = "memory of compiled access lists and of class maps"),
	FLAG("strict-inside", SETTINGS, STRICT_INSIDE, settings, strict_inside,
	     .help = "refuse SIP from inside that no class takes"),
};

/* --- state --- */

#define ANSWER .flags = FP_A_ANSWER

static const struct fp_attr status_rows[] = {
	TEXT("version", STATUS, VERSION, status, version, ANSWER, .help = "version of the module"),
	U32("generation", STATUS, GENERATION, status, generation, ANSWER,
	    .help = "generation of the policy"),
	U32("legs", STATUS, LEGS, status, legs, ANSWER, .help = "legs attached"),
	U32("legs-offloaded", STATUS, LEGS_OFFLOADED, status, legs_offloaded, ANSWER,
	    .help = "of these, relayed in the kernel from socket to socket"),
	U32("held", STATUS, HELD, status, held, ANSWER, .help = "messages that wait for a leg"),
	U64("memory", STATUS, MEMORY, status, memory, ANSWER, .unit = FP_U_BYTES,
	    .help = "memory of legs and held messages"),
	U64("memory-cap", STATUS, MEMORY_CAP, status, memory_cap, ANSWER, .unit = FP_U_BYTES,
	    .help = "what they may take"),
	U64("acl-memory", STATUS, ACL_MEMORY, status, acl_memory, ANSWER, .unit = FP_U_BYTES,
	    .help = "memory of compiled access lists and of class maps"),
	U64("messages", STATUS, MESSAGES, status, messages, ANSWER,
	    .help = "SIP messages relayed"),
	U64("uptime", STATUS, UPTIME, status, uptime, ANSWER, .unit = FP_U_MS,
	    .help = "time since this namespace began to be served"),
};

static const struct fp_attr counter_rows[] = {
	ROW("name", COUNTER, NAME, counter, o.name, FP_T_STR, .max = FEDPAT_NAME_MAX,
	    .flags = FP_A_ANSWER | FP_A_KEY, .help = "name of the counter"),
	U64("value", COUNTER, VALUE, counter, value, ANSWER, .help = "its value"),
	TEXT("text", COUNTER, TEXT, counter, text, ANSWER,
	     .help = "what it counts and what to do"),
	ROW("sip-status", COUNTER, SIP_STATUS, counter, sip_status, FP_T_U16, .max = 699, ANSWER,
	    .help = "status of the refusal that goes with it"),
};

static const struct fp_attr leg_rows[] = {
	U32("id", LEG, ID, leg, id, ANSWER, .help = "id of the leg"),
	ROW("fd", LEG, FD, leg, fd, FP_T_S32, .max = INT32_MAX, .flags = FP_A_HIDDEN,
	    .help = "socket to attach"),
	U32("wanted", LEG, WANTED, leg, wanted, .flags = FP_A_HIDDEN,
	    .help = "event that it answers"),
	REF("federation", LEG, FEDERATION, leg, federation, FP_K_FEDERATION,
	    .help = "federation that it belongs to"),
	REF("zone", LEG, ZONE, leg, zone, FP_K_ZONE, .help = "zone that it lies in"),
	TEXT("peer", LEG, PEER, leg, peer, .help = "peer or node that it leads to"),
	ENUM("role", LEG, ROLE, leg, role, roles, .help = "inside or outside"),
	ENUM("transport", LEG, TRANSPORT, leg, transport, transports,
	     .help = "as the far side sees it"),
	FLAG("dialled", LEG, DIALLED, leg, dialled, .help = "we dialled"),
	REF("tls-proxy", LEG, TLS_PROXY, leg, tls_proxy, FP_K_TLS_PROXY,
	    .help = "tls-proxy that took it"),
	FQDN("proved", LEG, PROVED, leg, proved, FP_T_STRS, FP_S_ANY,
	     .help = "names that the certificate proved"),
	FQDN("domain", LEG, DOMAIN, leg, domain, FP_T_STRS, FP_S_ANY,
	     .help = "SIP domains that it may speak for"),
	FQDN("identity", LEG, IDENTITY, leg, identity, FP_T_STR, FP_S_ANY,
	     .help = "name that we proved on it"),
	ROW("local", LEG, LOCAL, leg, local, FP_T_ENDPOINT, .help = "our address and port"),
	ROW("remote", LEG, REMOTE, leg, remote, FP_T_ENDPOINT, .help = "its address and port"),
	ROW("original-dst", LEG, ORIGINAL_DST, leg, original_dst, FP_T_ENDPOINT,
	    .help = "what the caller dialled before redirection"),
	TEXT("not-offloaded", LEG, NOT_OFFLOADED, leg, not_offloaded,
	     .help = "why it is joined over loopback"),
	TEXT("tls-version", LEG, TLS_VERSION, leg, tls_version, .help = "TLS version"),
	TEXT("cipher", LEG, CIPHER, leg, cipher, .help = "cipher suite"),
	U64("cert-expires", LEG, CERT_EXPIRES, leg, cert_expires, .unit = FP_U_UNIXTIME,
	    .help = "end of the peer certificate"),
	ENUM("state", LEG, STATE, leg, state, leg_states, ANSWER, .help = "its state"),
	U64("rx-messages", LEG, RX_MESSAGES, leg, rx_messages, ANSWER, .help = "messages received"),
	U64("tx-messages", LEG, TX_MESSAGES, leg, tx_messages, ANSWER, .help = "messages sent"),
	U64("rx-bytes", LEG, RX_BYTES, leg, rx_bytes, ANSWER, .unit = FP_U_BYTES,
	    .help = "received"),
	U64("tx-bytes", LEG, TX_BYTES, leg, tx_bytes, ANSWER, .unit = FP_U_BYTES, .help = "sent"),
	U64("refused", LEG, REFUSED, leg, refused, ANSWER, .help = "messages refused"),
	U64("idle", LEG, IDLE, leg, idle, ANSWER, .unit = FP_U_MS,
	    .help = "time since the last message"),
	U64("age", LEG, AGE, leg, age, ANSWER, .unit = FP_U_MS, .help = "time since attached"),
	U32("queued", LEG, QUEUED, leg, queued, ANSWER, .unit = FP_U_BYTES,
	    .help = "waits to be sent"),
	U32("memory", LEG, MEMORY, leg, memory, ANSWER, .unit = FP_U_BYTES, .help = "buffers"),
	ROW("link", LEG, LINK, leg, link, FP_T_U32S, .max = UINT32_MAX, ANSWER,
	    .help = "legs that it exchanged messages with"),
	TEXT("reason", LEG, REASON, leg, reason, ANSWER, .help = "why it went down"),
	TEXT("peer-cert-text", LEG, PEER_CERT_TEXT, leg, peer_cert_text,
	     .help = "subject of the peer certificate"),
	ENUM("protocol", LEG, PROTOCOL, leg, protocol, inspect_types,
	     .help = "xmpp: its bytes are relayed as they are"),
	U32("partner", LEG, PARTNER, leg, partner, .flags = FP_A_HIDDEN,
	    .help = "leg that it is joined with"),
	FLAG("starttls", LEG, STARTTLS, leg, starttls,
	     .help = "the ends of the XMPP stream went on to TLS"),
	ROW("peer-chain", LEG, PEER_CHAIN, leg, peer_chain, FP_T_STR, .max = FEDPAT_CHAIN_MAX,
	    .flags = FP_A_HIDDEN, .help = "certificates that the peer presented"),
	TEXT("peer-fingerprint", LEG, PEER_FINGERPRINT, leg, peer_fingerprint,
	     .help = "SHA-256 of the peer certificate"),
};

static const struct fp_attr notice_rows[] = {
	ENUM("event", NOTICE, EVENT, notice, event, events, ANSWER, .help = "what happened"),
	U32("generation", NOTICE, GENERATION, notice, generation, ANSWER,
	    .help = "policy generation"),
	U32("leg", NOTICE, LEG, notice, leg, ANSWER, .help = "leg it is about"),
	TEXT("zone", NOTICE, ZONE, notice, zone, .help = "zone"),
	TEXT("peer", NOTICE, PEER, notice, peer, .help = "peer or node"),
	U32("wanted", NOTICE, WANTED, notice, wanted, ANSWER, .help = "id of the wanted leg"),
	ENUM("want", NOTICE, WANT, notice, want, wants, ANSWER, .help = "what is wanted"),
	TEXT("federation", NOTICE, FEDERATION, notice, federation, .help = "federation"),
	TEXT("target", NOTICE, TARGET, notice, target, ANSWER,
	     .help = "node, peer or domain that is wanted"),
	ROW("endpoint", NOTICE, ENDPOINT, notice, endpoint, FP_T_ENDPOINT, ANSWER,
	    .help = "address and port to dial"),
	ROW("source", NOTICE, SOURCE, notice, source, FP_T_ADDR, ANSWER,
	    .help = "address to dial from"),
	U32("deadline", NOTICE, DEADLINE, notice, deadline, ANSWER, .unit = FP_U_MS,
	    .help = "time until held messages are refused"),
	TEXT("reason", NOTICE, REASON, notice, reason, .help = "name of the reason"),
	TEXT("text", NOTICE, TEXT, notice, text, .help = "what happened and what to do"),
	ROW("remote", NOTICE, REMOTE, notice, remote, FP_T_ENDPOINT, .help = "who it was"),
	ROW("local", NOTICE, LOCAL, notice, local, FP_T_ENDPOINT, .help = "what it was sent to"),
	TEXT("acl", NOTICE, ACL, notice, acl, ANSWER, .help = "access list"),
	U32("line", NOTICE, LINE, notice, line, ANSWER, .help = "line of the entry"),
	U32("count", NOTICE, COUNT, notice, count, ANSWER, .help = "events it stands for"),
};

static const struct fp_attr txn_rows[] = {
	U32("id", TXN, ID, txn, id, .help = "id of the transaction"),
	U32("generation", TXN, GENERATION, txn, generation, ANSWER, .help = "generation"),
	U32("expected-generation", TXN, EXPECTED_GENERATION, txn, expected_generation,
	    .help = "refuse when the policy is not at this generation"),
	U32("timeout", TXN, TIMEOUT, txn, timeout, .unit = FP_U_MS, .def = 60000,
	    .help = "idle time after which the candidate is dropped"),
};

static const struct fp_attr txn_error_rows[] = {
	ROW("name", TXN_ERROR, NAME, txn_error, o.name, FP_T_STR, .max = FEDPAT_NAME_MAX, ANSWER,
	    .help = "name of the object"),
	U32("txn", TXN_ERROR, TXN, txn_error, txn, .help = "transaction"),
	TEXT("kind", TXN_ERROR, KIND, txn_error, object_kind, ANSWER, .help = "kind of the object"),
	TEXT("attribute", TXN_ERROR, ATTRIBUTE, txn_error, attribute, ANSWER,
	     .help = "attribute that is wrong"),
	TEXT("other", TXN_ERROR, OTHER, txn_error, other, ANSWER,
	     .help = "the other object of a clash"),
	TEXT("text", TXN_ERROR, TEXT, txn_error, text, ANSWER,
	     .help = "what is wrong and what to do"),
};

#define KIND(kid, w, s, h, ...)						\
	[kid] = {							\
		.id = kid, .word = w, .help = h, .rows = s##_rows,	\
		.size = sizeof(struct fp_obj_##s),			\
		.n_rows = ARRAY_SIZE(s##_rows), __VA_ARGS__		\
	}

#define CMDS(K)								\
	.cmd_new = FEDPAT_CMD_##K##_NEW, .cmd_del = FEDPAT_CMD_##K##_DEL, \
	.cmd_get = FEDPAT_CMD_##K##_GET

const struct fp_kind fp_kinds[FP_K_COUNT] = {
	KIND(FP_K_ACL, "acl", acl, "access lists: named, ordered, first match", CMDS(ACL)),
	KIND(FP_K_ACE, "ace", ace, "entry of an access list", CMDS(ACE)),
	KIND(FP_K_ZONE, "zone", zone, "interfaces on one side of the gateway", CMDS(ZONE)),
	KIND(FP_K_INSPECT, "inspect", inspect,
	     "inspect maps: parameters of SIP and XMPP inspection",
	     CMDS(INSPECT)),
	KIND(FP_K_TRUSTPOINT, "trustpoint", trustpoint, "identities and trusted CAs",
	     CMDS(TRUSTPOINT)),
	KIND(FP_K_FEDERATION, "federation", federation,
	     "our names and addresses outside, and workflows that derive everything",
	     CMDS(FEDERATION)),
	KIND(FP_K_TLS_PROXY, "tls-proxy", tls_proxy,
	     "listeners of the daemon and the certificates of their two sides", CMDS(TLS_PROXY)),
	KIND(FP_K_PEER, "peer", peer, "partners and inside servers, as their certificate proves",
	     CMDS(PEER)),
	KIND(FP_K_NODE, "node", node, "inside servers and their listeners", CMDS(NODE)),
	KIND(FP_K_DOMAIN, "domain", domain, "federated SIP and XMPP domains", CMDS(DOMAIN)),
	KIND(FP_K_ROUTE, "route", route, "static routes: where requests for a domain go",
	     CMDS(ROUTE)),
	KIND(FP_K_PAT, "pat", pat, "dynamic port address translation of inside sources",
	     CMDS(PAT)),
	KIND(FP_K_STATIC_PAT, "static-pat", static_pat,
	     "one public address and port to one node address and port", CMDS(STATIC_PAT)),
	KIND(FP_K_CLASS_MAP, "class-map", class_map, "which traffic is inspected, and how",
	     CMDS(CLASS_MAP)),
	KIND(FP_K_SETTINGS, "settings", settings, "limits of the namespace",
	     .cmd_new = FEDPAT_CMD_SETTINGS_SET, .cmd_get = FEDPAT_CMD_SETTINGS_GET),
	KIND(FP_K_STATUS, "status", status, "the namespace at a glance",
	     .cmd_get = FEDPAT_CMD_STATUS_GET),
	KIND(FP_K_COUNTER, "counter", counter, "named counters of drops and refusals",
	     .cmd_get = FEDPAT_CMD_COUNTER_GET),
	KIND(FP_K_LEG, "leg", leg, "attached sockets", .cmd_new = FEDPAT_CMD_LEG_ATTACH,
	     .cmd_del = FEDPAT_CMD_LEG_KILL, .cmd_get = FEDPAT_CMD_LEG_GET),
	KIND(FP_K_NOTICE, "notice", notice, "something happened"),
	KIND(FP_K_TXN, "txn", txn, "a transaction"),
	KIND(FP_K_TXN_ERROR, "txn-error", txn_error, "what is wrong with a candidate"),
};
