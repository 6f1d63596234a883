// SPDX-License-Identifier: GPL-2.0
/* Federations, and the peers, nodes and domains that belong to them. */
#include <linux/string.h>
#include "genl.h"
#include "object.h"

#define FP_PORT_SIP	5060
#define FP_PORT_SIPS	5061

static int fp_federation_new_key(struct fp_parse *p, struct fp_federation_obj *fed)
{
	fed->key_version[0] = fp_parse_u8(p, FEDPAT_A_FEDERATION_KEY_VERSION, 1);
	if (!fed->key_version[0])
		return fp_parse_bad(p, FEDPAT_A_FEDERATION_KEY_VERSION,
				    "versions of keys are 1 to 255");
	memcpy(fed->key[0], nla_data(p->attrs[FEDPAT_A_FEDERATION_KEY]), FEDPAT_KEY_LEN);
	fed->n_keys = 1;
	return 0;
}

static int fp_federation_old_key(struct fp_parse *p, struct fp_federation_obj *fed)
{
	fed->key_version[1] = fp_parse_u8(p, FEDPAT_A_FEDERATION_OLD_KEY_VERSION, 0);
	if (!fed->key_version[1])
		return fp_parse_bad(p, FEDPAT_A_FEDERATION_OLD_KEY_VERSION,
				    "the previous key needs its version, 1 to 255");
	if (fed->key_version[1] == fed->key_version[0])
		return fp_parse_bad(p, FEDPAT_A_FEDERATION_OLD_KEY_VERSION,
				    "both keys have the same version; tokens name their key by it");
	memcpy(fed->key[1], nla_data(p->attrs[FEDPAT_A_FEDERATION_OLD_KEY]), FEDPAT_KEY_LEN);
	fed->n_keys = 2;
	return 0;
}

/*
 * Nobody can read a key back, so whoever changes another attribute of a
 * federation and gives no key keeps those that it has.
 */
static int fp_federation_keep_keys(struct fp_parse *p, struct fp_federation_obj *fed,
				   const struct fp_federation_obj *old)
{
	u8 version = fp_parse_u8(p, FEDPAT_A_FEDERATION_KEY_VERSION, 0);

	if (old) {
		memcpy(fed->key, old->key, sizeof(fed->key));
		memcpy(fed->key_version, old->key_version, sizeof(fed->key_version));
		fed->n_keys = old->n_keys;
	}
	if (version && version != fed->key_version[0])
		return fp_parse_bad(p, FEDPAT_A_FEDERATION_KEY_VERSION,
				    "a version without its key; give the key too");
	return 0;
}

static int fp_federation_keys(struct fp_parse *p, struct fp_federation_obj *fed,
			      const struct fp_object *old)
{
	int err;

	if (!p->attrs[FEDPAT_A_FEDERATION_KEY]) {
		if (p->attrs[FEDPAT_A_FEDERATION_OLD_KEY])
			return fp_parse_bad(p, FEDPAT_A_FEDERATION_OLD_KEY,
					    "a previous key without a current one; give both");
		return fp_federation_keep_keys(p, fed, old ?
			container_of(old, struct fp_federation_obj, o) : NULL);
	}
	err = fp_federation_new_key(p, fed);
	if (err || !p->attrs[FEDPAT_A_FEDERATION_OLD_KEY])
		return err;
	return fp_federation_old_key(p, fed);
}

static int fp_federation_addrs(struct fp_parse *p, struct fp_federation_obj *fed)
{
	const struct fp_addr *pub;
	u32 n;
	int err;

	err = fp_parse_addrs(p, FEDPAT_A_FEDERATION_PUBLIC_ADDR, &pub, &n);
	if (err)
		return err;
	if (n > ARRAY_SIZE(fed->pub))
		return fp_parse_bad(p, FEDPAT_A_FEDERATION_PUBLIC_ADDR,
				    "a federation has four public addresses at most");
	memcpy(fed->pub, pub, n * sizeof(*pub));
	fed->n_pub = n;
	return fp_parse_addr(p, FEDPAT_A_FEDERATION_INSIDE_ADDR, &fed->inside);
}

static int fp_federation_names(struct fp_parse *p, struct fp_federation_obj *fed)
{
	return fp_parse_slice(p, FEDPAT_A_FEDERATION_PUBLIC_FQDN, FP_SYNTAX_HOST,
			      &fed->fqdn) ?:
	       fp_parse_names(p, FEDPAT_A_FEDERATION_LOCAL_DOMAIN, FP_SYNTAX_DOMAIN,
			      &fed->domains) ?:
	       fp_parse_names(p, FEDPAT_A_FEDERATION_INSIDE_NAME, FP_SYNTAX_SUFFIX,
			      &fed->inside_names) ?:
	       fp_parse_str(p, FEDPAT_A_FEDERATION_INSPECT, FP_SYNTAX_NAME, &fed->inspect) ?:
	       fp_parse_str(p, FEDPAT_A_FEDERATION_KEY_FILE, FP_SYNTAX_PATH, &fed->key_file) ?:
	       fp_parse_slice(p, FEDPAT_A_FEDERATION_ROUTING_FQDN, FP_SYNTAX_DOMAIN,
			      &fed->routing_fqdn) ?:
	       fp_parse_str(p, FEDPAT_A_FEDERATION_DEFAULT_ROUTING_DOMAIN, FP_SYNTAX_DOMAIN,
			    &fed->default_domain) ?:
	       fp_parse_str(p, FEDPAT_A_FEDERATION_OPEN_PEER, FP_SYNTAX_NAME, &fed->open_peer);
}

static int fp_federation_parse(struct fp_parse *p, struct fp_object *obj,
			       const struct fp_object *old)
{
	struct fp_federation_obj *fed = container_of(obj, struct fp_federation_obj, o);

	fed->place = fp_parse_u32(p, FEDPAT_A_FEDERATION_PLACE, FEDPAT_PLACE_ASA);
	return fp_federation_names(p, fed) ?:
	       fp_federation_addrs(p, fed) ?:
	       fp_parse_prefixes(p, FEDPAT_A_FEDERATION_INSIDE_PREFIX, &fed->prefixes,
				 &fed->n_prefixes) ?:
	       fp_federation_keys(p, fed, old);
}

static int fp_federation_fill_addrs(struct sk_buff *skb, const struct fp_federation_obj *fed)
{
	u32 i;

	for (i = 0; i < fed->n_pub; i++)
		if (fp_nla_put_addr(skb, FEDPAT_A_FEDERATION_PUBLIC_ADDR, &fed->pub[i]))
			return -EMSGSIZE;
	for (i = 0; i < fed->n_prefixes; i++)
		if (fp_nla_put_prefix(skb, FEDPAT_A_FEDERATION_INSIDE_PREFIX,
				      &fed->prefixes[i]))
			return -EMSGSIZE;
	return fp_nla_put_addr(skb, FEDPAT_A_FEDERATION_INSIDE_ADDR, &fed->inside);
}

/* The keys stay here: only their versions are told. */
static int fp_federation_fill_versions(struct sk_buff *skb,
				       const struct fp_federation_obj *fed)
{
	int err = 0;

	if (fed->n_keys > 0)
		err = nla_put_u8(skb, FEDPAT_A_FEDERATION_KEY_VERSION, fed->key_version[0]);
	if (!err && fed->n_keys > 1)
		err = nla_put_u8(skb, FEDPAT_A_FEDERATION_OLD_KEY_VERSION,
				 fed->key_version[1]);
	return err;
}

static int fp_federation_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_federation_obj *fed = container_of(obj, struct fp_federation_obj, o);

	return nla_put_u32(skb, FEDPAT_A_FEDERATION_PLACE, fed->place) ?:
	       fp_nla_put_str(skb, FEDPAT_A_FEDERATION_PUBLIC_FQDN, fed->fqdn.p) ?:
	       fp_federation_fill_addrs(skb, fed) ?:
	       fp_nla_put_names(skb, FEDPAT_A_FEDERATION_LOCAL_DOMAIN, &fed->domains) ?:
	       fp_nla_put_names(skb, FEDPAT_A_FEDERATION_INSIDE_NAME, &fed->inside_names) ?:
	       fp_nla_put_str(skb, FEDPAT_A_FEDERATION_INSPECT, fed->inspect) ?:
	       fp_federation_fill_versions(skb, fed) ?:
	       fp_nla_put_str(skb, FEDPAT_A_FEDERATION_KEY_FILE, fed->key_file) ?:
	       fp_nla_put_str(skb, FEDPAT_A_FEDERATION_ROUTING_FQDN, fed->routing_fqdn.p) ?:
	       fp_nla_put_str(skb, FEDPAT_A_FEDERATION_DEFAULT_ROUTING_DOMAIN,
			      fed->default_domain) ?:
	       fp_nla_put_str(skb, FEDPAT_A_FEDERATION_OPEN_PEER, fed->open_peer);
}

static void fp_federation_destroy(struct fp_object *obj)
{
	struct fp_federation_obj *fed = container_of(obj, struct fp_federation_obj, o);

	memzero_explicit(fed->key, sizeof(fed->key));
}

const struct fp_kind_ops fp_federation_ops = {
	.name = "federation",
	.attr = fp_federation_attr_names,
	.max_attr = FEDPAT_A_FEDERATION_MAX,
	.size = sizeof(struct fp_federation_obj),
	.parse = fp_federation_parse,
	.fill = fp_federation_fill,
	.destroy = fp_federation_destroy,
};

static int fp_peer_names(struct fp_parse *p, struct fp_peer_obj *peer)
{
	return fp_parse_need(p, FEDPAT_A_PEER_FEDERATION) ?:
	       fp_parse_str(p, FEDPAT_A_PEER_FEDERATION, FP_SYNTAX_NAME, &peer->federation) ?:
	       fp_parse_names(p, FEDPAT_A_PEER_SUBJECT, FP_SYNTAX_HOST, &peer->subjects) ?:
	       fp_parse_names(p, FEDPAT_A_PEER_DOMAIN, FP_SYNTAX_DOMAIN, &peer->domains) ?:
	       fp_parse_str(p, FEDPAT_A_PEER_HOST, FP_SYNTAX_HOST, &peer->host) ?:
	       fp_parse_addrs(p, FEDPAT_A_PEER_ADDR, &peer->addrs, &peer->n_addrs) ?:
	       fp_parse_str(p, FEDPAT_A_PEER_TRUSTPOINT, FP_SYNTAX_NAME, &peer->trustpoint) ?:
	       fp_parse_str(p, FEDPAT_A_PEER_CA, FP_SYNTAX_NAME, &peer->ca) ?:
	       fp_parse_names(p, FEDPAT_A_PEER_NAME_RULE, FP_SYNTAX_ANY, &peer->name_rules);
}

static void fp_peer_port(struct fp_parse *p, struct fp_peer_obj *peer)
{
	bool clear = peer->transport == FEDPAT_TRANSPORT_TCP ||
		     peer->transport == FEDPAT_TRANSPORT_UDP;

	peer->port = fp_parse_u16(p, FEDPAT_A_PEER_PORT, 0);
	peer->port_given = peer->port;
	if (!peer->port_given)
		peer->port = clear ? FP_PORT_SIP : FP_PORT_SIPS;
}

static int fp_peer_parse(struct fp_parse *p, struct fp_object *obj,
			 const struct fp_object *old)
{
	struct fp_peer_obj *peer = container_of(obj, struct fp_peer_obj, o);

	peer->role = fp_parse_u32(p, FEDPAT_A_PEER_ROLE, FEDPAT_ROLE_OUTSIDE);
	peer->transport = fp_parse_u32(p, FEDPAT_A_PEER_TRANSPORT, FEDPAT_TRANSPORT_ANY);
	peer->eku = fp_parse_u32(p, FEDPAT_A_PEER_EKU, FEDPAT_EKU_ROLE);
	peer->tls_profile = fp_parse_u32(p, FEDPAT_A_PEER_TLS_PROFILE,
					 FEDPAT_TLS_PROFILE_DEFAULT);
	peer->tls_verify = fp_parse_u32(p, FEDPAT_A_PEER_TLS_VERIFY, FEDPAT_TLS_VERIFY_NAME);
	fp_peer_port(p, peer);
	if (peer->role == FEDPAT_ROLE_OTHER)
		return fp_parse_bad(p, FEDPAT_A_PEER_ROLE, "a peer is inside or outside");
	return fp_parse_health(p, FEDPAT_A_PEER_HEALTH, peer->transport, &peer->health) ?:
	       fp_peer_names(p, peer);
}

static int fp_peer_fill_addrs(struct sk_buff *skb, const struct fp_peer_obj *peer)
{
	u32 i;

	for (i = 0; i < peer->n_addrs; i++)
		if (fp_nla_put_addr(skb, FEDPAT_A_PEER_ADDR, &peer->addrs[i]))
			return -EMSGSIZE;
	if (!peer->port_given)
		return 0;
	return nla_put_u16(skb, FEDPAT_A_PEER_PORT, peer->port);
}

/* What the daemon alone reads. */
static int fp_peer_fill_policy(struct sk_buff *skb, const struct fp_peer_obj *peer)
{
	return fp_nla_put_str(skb, FEDPAT_A_PEER_CA, peer->ca) ?:
	       (peer->tls_verify ?
		nla_put_u32(skb, FEDPAT_A_PEER_TLS_VERIFY, peer->tls_verify) : 0) ?:
	       (peer->health ? nla_put_u32(skb, FEDPAT_A_PEER_HEALTH, peer->health) : 0) ?:
	       fp_nla_put_names(skb, FEDPAT_A_PEER_NAME_RULE, &peer->name_rules);
}

static int fp_peer_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_peer_obj *peer = container_of(obj, struct fp_peer_obj, o);

	return fp_nla_put_str(skb, FEDPAT_A_PEER_FEDERATION, peer->federation) ?:
	       nla_put_u32(skb, FEDPAT_A_PEER_ROLE, peer->role) ?:
	       fp_nla_put_names(skb, FEDPAT_A_PEER_SUBJECT, &peer->subjects) ?:
	       fp_nla_put_names(skb, FEDPAT_A_PEER_DOMAIN, &peer->domains) ?:
	       fp_nla_put_str(skb, FEDPAT_A_PEER_HOST, peer->host) ?:
	       fp_peer_fill_addrs(skb, peer) ?:
	       nla_put_u32(skb, FEDPAT_A_PEER_TRANSPORT, peer->transport) ?:
	       nla_put_u32(skb, FEDPAT_A_PEER_EKU, peer->eku) ?:
	       nla_put_u32(skb, FEDPAT_A_PEER_TLS_PROFILE, peer->tls_profile) ?:
	       fp_nla_put_str(skb, FEDPAT_A_PEER_TRUSTPOINT, peer->trustpoint) ?:
	       fp_peer_fill_policy(skb, peer);
}

const struct fp_kind_ops fp_peer_ops = {
	.name = "peer",
	.attr = fp_peer_attr_names,
	.max_attr = FEDPAT_A_PEER_MAX,
	.size = sizeof(struct fp_peer_obj),
	.parse = fp_peer_parse,
	.fill = fp_peer_fill,
};

static int fp_node_parse(struct fp_parse *p, struct fp_object *obj,
			 const struct fp_object *old)
{
	struct fp_node_obj *node = container_of(obj, struct fp_node_obj, o);

	node->transport = fp_parse_u32(p, FEDPAT_A_NODE_TRANSPORT, FEDPAT_TRANSPORT_ANY);
	node->routing = fp_parse_flag(p, FEDPAT_A_NODE_ROUTING);
	return fp_parse_need(p, FEDPAT_A_NODE_FEDERATION) ?:
	       fp_parse_need(p, FEDPAT_A_NODE_LISTENER) ?:
	       fp_parse_str(p, FEDPAT_A_NODE_FEDERATION, FP_SYNTAX_NAME, &node->federation) ?:
	       fp_parse_endpoint(p, FEDPAT_A_NODE_LISTENER, &node->listener) ?:
	       fp_parse_names(p, FEDPAT_A_NODE_SUBJECT, FP_SYNTAX_HOST, &node->subjects) ?:
	       fp_parse_health(p, FEDPAT_A_NODE_HEALTH, node->transport, &node->health);
}

static int fp_node_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_node_obj *node = container_of(obj, struct fp_node_obj, o);

	return fp_nla_put_str(skb, FEDPAT_A_NODE_FEDERATION, node->federation) ?:
	       fp_nla_put_endpoint(skb, FEDPAT_A_NODE_LISTENER, &node->listener) ?:
	       nla_put_u32(skb, FEDPAT_A_NODE_TRANSPORT, node->transport) ?:
	       fp_nla_put_names(skb, FEDPAT_A_NODE_SUBJECT, &node->subjects) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_NODE_ROUTING, node->routing) ?:
	       (node->health ? nla_put_u32(skb, FEDPAT_A_NODE_HEALTH, node->health) : 0);
}

const struct fp_kind_ops fp_node_ops = {
	.name = "node",
	.attr = fp_node_attr_names,
	.max_attr = FEDPAT_A_NODE_MAX,
	.size = sizeof(struct fp_node_obj),
	.parse = fp_node_parse,
	.fill = fp_node_fill,
};

static int fp_domain_parse(struct fp_parse *p, struct fp_object *obj,
			   const struct fp_object *old)
{
	struct fp_domain_obj *domain = container_of(obj, struct fp_domain_obj, o);

	domain->blocked = fp_parse_flag(p, FEDPAT_A_DOMAIN_BLOCKED);
	domain->direction = fp_parse_u32(p, FEDPAT_A_DOMAIN_DIRECTION, FEDPAT_DIRECTION_ALL);
	domain->tls = fp_parse_u32(p, FEDPAT_A_DOMAIN_TLS, FEDPAT_STREAM_TLS_DEFAULT);
	domain->direct = fp_parse_flag(p, FEDPAT_A_DOMAIN_DIRECT);
	domain->type = fp_parse_u32(p, FEDPAT_A_DOMAIN_TYPE, FEDPAT_DOMAIN_TYPE_SIP);
	return fp_parse_need(p, FEDPAT_A_DOMAIN_FEDERATION) ?:
	       fp_parse_str(p, FEDPAT_A_DOMAIN_FEDERATION, FP_SYNTAX_NAME,
			    &domain->federation) ?:
	       fp_parse_str(p, FEDPAT_A_DOMAIN_PEER, FP_SYNTAX_NAME, &domain->peer);
}

static int fp_domain_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_domain_obj *domain = container_of(obj, struct fp_domain_obj, o);

	return fp_nla_put_str(skb, FEDPAT_A_DOMAIN_FEDERATION, domain->federation) ?:
	       fp_nla_put_str(skb, FEDPAT_A_DOMAIN_PEER, domain->peer) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_DOMAIN_BLOCKED, domain->blocked) ?:
	       (domain->direction ?
		nla_put_u32(skb, FEDPAT_A_DOMAIN_DIRECTION, domain->direction) : 0) ?:
	       (domain->tls ? nla_put_u32(skb, FEDPAT_A_DOMAIN_TLS, domain->tls) : 0) ?:
	       (domain->type ? nla_put_u32(skb, FEDPAT_A_DOMAIN_TYPE, domain->type) : 0) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_DOMAIN_DIRECT, domain->direct);
}

const struct fp_kind_ops fp_domain_ops = {
	.name = "domain",
	.attr = fp_domain_attr_names,
	.max_attr = FEDPAT_A_DOMAIN_MAX,
	.size = sizeof(struct fp_domain_obj),
	.parse = fp_domain_parse,
	.fill = fp_domain_fill,
};
