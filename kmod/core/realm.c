// SPDX-License-Identifier: GPL-2.0
/* Realms: lookups. How one is made is in realm_build.c. */
#include "realm_impl.h"
#include "row_hash.h"

/**
 * fp_addr_plain() - an address in the form in which it is looked up
 * @a: an address
 *
 * Return: the IPv4 address of an IPv4-mapped IPv6 one, else @a.
 */
struct fp_addr fp_addr_plain(const struct fp_addr *a)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct fp_addr v4 = { .family = 4 };

	if (a->family != 6 || memcmp(a->b, mapped, sizeof(mapped)))
		return *a;
	memcpy(v4.b, a->b + 12, 4);
	return v4;
}

/**
 * fp_realm_name() - name of the federation
 * @realm: the realm
 *
 * Return: the name.
 */
struct fp_slice fp_realm_name(const struct fp_realm *realm)
{
	return fp_slice(realm->sealer.name, realm->sealer.name_len);
}

/**
 * fp_realm_fqdn() - public name
 * @realm: the realm
 *
 * Return: the name, empty when there is none.
 */
struct fp_slice fp_realm_fqdn(const struct fp_realm *realm)
{
	return realm->fqdn;
}

/**
 * fp_realm_flags() - its switches
 * @realm: the realm
 *
 * Return: FP_REALM_*.
 */
u32 fp_realm_flags(const struct fp_realm *realm)
{
	return realm->flags;
}

/**
 * fp_realm_size() - memory it takes
 * @realm: the realm
 *
 * Return: bytes.
 */
size_t fp_realm_size(const struct fp_realm *realm)
{
	return realm->size;
}

/**
 * fp_realm_rows() - number of static-PAT rows
 * @realm: the realm
 *
 * Return: how many.
 */
u32 fp_realm_rows(const struct fp_realm *realm)
{
	return realm->n_rows;
}

/**
 * fp_realm_row() - one static-PAT row
 * @realm: the realm
 * @row: its index
 *
 * Return: the row, NULL for -1.
 */
const struct fp_realm_row *fp_realm_row(const struct fp_realm *realm, s32 row)
{
	return row < 0 || (u32)row >= realm->n_rows ? NULL : &realm->rows[row];
}

static s32 index_find(const struct fp_realm *realm, const struct fp_row_index *x,
		      enum fp_row_key kind, const struct fp_row_key_value *key)
{
	u32 i = fp_row_hash(key) & x->mask;
	struct fp_row_key_value other;

	for (; x->slot[i]; i = (i + 1) & x->mask) {
		fp_row_key_of(&realm->rows[x->slot[i] - 1], kind, &other);
		if (fp_row_key_eq(key, &other))
			return x->slot[i] - 1;
	}
	return -1;
}

/* proto 0 asks for TCP, then for UDP. */
static s32 index_find_any(const struct fp_realm *realm, const struct fp_row_index *x,
			  enum fp_row_key kind, u8 proto,
			  const struct fp_addr *addr, u16 port)
{
	struct fp_row_key_value key = { fp_addr_plain(addr), port, proto ? proto : 6 };
	s32 row;

	if (!realm->n_rows)
		return -1;
	row = index_find(realm, x, kind, &key);
	if (row >= 0 || proto)
		return row;
	key.proto = 17;
	return index_find(realm, x, kind, &key);
}

/**
 * fp_realm_by_public() - row of a public endpoint
 * @realm: the realm
 * @proto: 6, 17, or 0 for either, TCP first
 * @pub: address and port
 *
 * Return: index of the row, or -1.
 */
s32 fp_realm_by_public(const struct fp_realm *realm, u8 proto,
		       const struct fp_endpoint *pub)
{
	return index_find_any(realm, &realm->by_pub, FP_ROW_PUB, proto,
			      &pub->addr, pub->port);
}

/**
 * fp_realm_by_node() - first row of a node's endpoint
 * @realm: the realm
 * @proto: 6, 17, or 0 for either, TCP first
 * @node: address and port
 *
 * Return: index of the row, or -1.
 */
s32 fp_realm_by_node(const struct fp_realm *realm, u8 proto,
		     const struct fp_endpoint *node)
{
	return index_find_any(realm, &realm->by_node, FP_ROW_NODE, proto,
			      &node->addr, node->port);
}

/**
 * fp_realm_main_row() - main row of a node
 * @realm: the realm
 * @proto: 6, 17, or 0 for either, TCP first
 * @node: its address; NULL or family 0 for the main row of the realm
 *
 * Return: index of the row, or -1.
 */
s32 fp_realm_main_row(const struct fp_realm *realm, u8 proto,
		      const struct fp_addr *node)
{
	u32 i;

	if (node && node->family)
		return index_find_any(realm, &realm->by_node_addr, FP_ROW_NODE_ADDR,
				      proto, node, 0);
	for (i = 0; i < realm->n_rows; i++)
		if (!proto || realm->rows[i].proto == proto)
			return i;
	return -1;
}

static bool prefix_has(const struct fp_prefixes *p, const struct fp_addr *a, u8 len)
{
	struct fp_realm_prefix key = { *a, len };
	u32 i;

	fp_prefix_mask(&key);
	for (i = fp_prefix_hash(&key) & p->mask; p->slot[i]; i = (i + 1) & p->mask)
		if (fp_prefix_eq(&p->v[p->slot[i] - 1], &key))
			return true;
	return false;
}

/**
 * fp_realm_addr_inside() - does an address belong to the inside?
 * @realm: the realm
 * @a: the address; IPv4-mapped IPv6 counts as IPv4
 *
 * Return: true when an inside prefix, a node or the gateway's inside has it.
 */
bool fp_realm_addr_inside(const struct fp_realm *realm, const struct fp_addr *a)
{
	const struct fp_prefixes *p = &realm->prefixes;
	struct fp_addr addr = fp_addr_plain(a);
	u32 v6 = addr.family == 6, i;

	if (!addr.family)
		return false;
	for (i = 0; p->n && i < p->n_lens[v6]; i++)
		if (prefix_has(p, &addr, p->lens[v6][i]))
			return true;
	return false;
}

/**
 * fp_realm_addr_public() - is it one of our public addresses?
 * @realm: the realm
 * @a: the address
 *
 * Return: true when the realm or a row has it.
 */
bool fp_realm_addr_public(const struct fp_realm *realm, const struct fp_addr *a)
{
	struct fp_addr addr = fp_addr_plain(a);
	u32 i;

	for (i = 0; i < realm->n_addrs; i++)
		if (fp_addr_eq(&realm->addrs[i], &addr))
			return true;
	return index_find_any(realm, &realm->by_pub_addr, FP_ROW_PUB_ADDR, 0,
			      &addr, 0) >= 0;
}

static struct fp_slice no_dot(struct fp_slice host)
{
	if (host.len && host.p[host.len - 1] == '.')
		host.len--;
	return host;
}

/**
 * fp_realm_host_public() - is it our public name or address?
 * @realm: the realm
 * @host: name or address literal, an IPv6 one with or without brackets
 *
 * Return: true when it is.
 */
bool fp_realm_host_public(const struct fp_realm *realm, struct fp_slice host)
{
	struct fp_addr addr;

	if (realm->fqdn.len && fp_slice_ieq(no_dot(host), realm->fqdn))
		return true;
	return fp_slice_addr(host, &addr) && fp_realm_addr_public(realm, &addr);
}

/**
 * fp_realm_host_self() - does the inside know the gateway by this?
 * @realm: the realm
 * @host: name or address literal
 *
 * Return: true when it does.
 */
bool fp_realm_host_self(const struct fp_realm *realm, struct fp_slice host)
{
	struct fp_addr addr;
	u32 i;

	if (fp_names_find(&realm->self, host))
		return true;
	if (!fp_slice_addr(host, &addr))
		return false;
	addr = fp_addr_plain(&addr);
	for (i = 0; i < realm->n_self_addr; i++)
		if (fp_addr_eq(&realm->self_addr[i], &addr))
			return true;
	return false;
}

/**
 * fp_realm_domain_ours() - is it a SIP domain of ours?
 * @realm: the realm
 * @domain: the domain
 *
 * Return: true when it is.
 */
bool fp_realm_domain_ours(const struct fp_realm *realm, struct fp_slice domain)
{
	return fp_names_find(&realm->domains, domain);
}

/**
 * fp_realm_host_inside() - is it a name that must not be seen outside?
 * @realm: the realm
 * @host: host name
 *
 * Return: its entry, or NULL.
 */
const struct fp_name *fp_realm_host_inside(const struct fp_realm *realm,
					   struct fp_slice host)
{
	return fp_names_find(&realm->hosts, host);
}

/**
 * fp_realm_host_addr() - address of an inside name
 * @realm: the realm
 * @host: host name
 *
 * Return: the address, NULL when the policy has none.
 */
const struct fp_addr *fp_realm_host_addr(const struct fp_realm *realm,
					 struct fp_slice host)
{
	const struct fp_name *name = fp_names_find(&realm->hosts, host);
	const struct fp_addr *addr;

	/* What a suffix covers has no address of its own. */
	if (!name || name->data >= realm->n_host_addr || name->len != no_dot(host).len)
		return NULL;
	addr = &realm->host_addr[name->data];
	return addr->family ? addr : NULL;
}
