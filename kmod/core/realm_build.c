// SPDX-License-Identifier: GPL-2.0
/* Making a realm: check all of it, lay it out in one allocation, fill it. */
#include "realm_impl.h"
#include "row_hash.h"

#define MAX_ROWS	65536
#define MAX_NAMES	1048576
#define NO_ADDR		0xffffffffu

/* What a configuration needs, and where each part lies in the allocation. */
struct layout {
	size_t size;
	size_t fqdn, domains, hosts, self, host_addr, self_addr;
	size_t prefixes, prefix_slots, rows, slots[4];
	u32 n_host_names, n_self_addr, n_prefixes, slots_n, prefix_slots_n;
};

static int bad(struct fp_realm_error *err, enum fp_realm_field field, u32 index,
	       const char *text)
{
	if (err) {
		err->field = field;
		err->index = index;
		err->text = text;
	}
	return -EINVAL;
}

static size_t take(struct layout *l, size_t size)
{
	size_t at = l->size;

	l->size += fp_align8(size);
	return at;
}

static u32 pow2(u32 n)
{
	u32 p = 4;

	while (p < n)
		p *= 2;
	return p;
}

static bool is_addr(struct fp_slice s)
{
	struct fp_addr a;

	return fp_slice_addr(s, &a);
}

static size_t hosts_bytes(const struct fp_realm_conf *conf)
{
	size_t bytes = conf->fqdn.len + fp_slices_bytes(conf->self, conf->n_self) +
		       fp_slices_bytes(conf->domains, conf->n_domains);
	u32 i;

	for (i = 0; i < conf->n_hosts; i++)
		bytes += conf->hosts[i].name.len;
	return bytes;
}

static size_t take_names(struct layout *l, const struct fp_slice *v, u32 n)
{
	return take(l, fp_names_size(n, fp_slices_bytes(v, n)));
}

static void plan(const struct fp_realm_conf *conf, struct layout *l)
{
	u32 i;

	memset(l, 0, sizeof(*l));
	take(l, sizeof(struct fp_realm));
	l->fqdn = take(l, conf->fqdn.len);
	l->domains = take_names(l, conf->domains, conf->n_domains);
	l->n_host_names = conf->n_hosts + conf->n_self + conf->n_domains + 1;
	l->hosts = take(l, fp_names_size(l->n_host_names, hosts_bytes(conf)));
	l->self = take_names(l, conf->self, conf->n_self);
	l->host_addr = take(l, conf->n_hosts * sizeof(struct fp_addr));
	l->self_addr = take(l, conf->n_self * sizeof(struct fp_addr));
	/* Nodes and the gateway itself are inside, whatever the prefixes say. */
	l->n_prefixes = conf->n_prefixes + conf->n_rows + conf->n_self + conf->n_hosts;
	l->prefixes = take(l, l->n_prefixes * sizeof(struct fp_realm_prefix));
	l->prefix_slots_n = pow2(2 * l->n_prefixes);
	l->prefix_slots = take(l, l->prefix_slots_n * sizeof(u32));
	l->rows = take(l, conf->n_rows * sizeof(struct fp_realm_row));
	l->slots_n = pow2(2 * conf->n_rows);
	for (i = 0; i < 4; i++)
		l->slots[i] = take(l, l->slots_n * sizeof(u32));
}

static int check_head(const struct fp_realm_conf *conf, struct fp_realm_error *err)
{
	u32 i;

	if (!conf->name.len || conf->name.len > FP_SEAL_NAME_MAX)
		return bad(err, FP_REALM_F_NAME, 0, "the name must have 1 to 63 bytes");
	if (conf->fqdn.len > FP_NAME_MAX || is_addr(conf->fqdn))
		return bad(err, FP_REALM_F_FQDN, 0,
			   "the public name must be a host name, at most 255 bytes");
	if (conf->n_addrs > FP_REALM_MAX_ADDRS)
		return bad(err, FP_REALM_F_ADDRS, conf->n_addrs, "at most 4 public addresses");
	if (!conf->fqdn.len && !conf->n_addrs)
		return bad(err, FP_REALM_F_FQDN, 0,
			   "a public name or a public address is needed: partners must see something");
	for (i = 0; i < conf->n_addrs; i++)
		if (conf->addrs[i].family != 4 && conf->addrs[i].family != 6)
			return bad(err, FP_REALM_F_ADDRS, i, "not an IPv4 or IPv6 address");
	if (conf->place > FP_PLACE_EXPRESSWAY)
		return bad(err, FP_REALM_F_PLACE, 0, "neither the ASA's place nor Expressway's");
	if (conf->rr > FP_RR_DOUBLE)
		return bad(err, FP_REALM_F_RR, 0, "no such way of Record-Route");
	return 0;
}

static int check_sizes(const struct fp_realm_conf *conf, struct fp_realm_error *err)
{
	if (conf->n_domains > MAX_NAMES)
		return bad(err, FP_REALM_F_DOMAINS, MAX_NAMES, "too many domains");
	if (conf->n_hosts > MAX_NAMES)
		return bad(err, FP_REALM_F_HOSTS, MAX_NAMES, "too many inside names");
	if (conf->n_self > MAX_NAMES)
		return bad(err, FP_REALM_F_SELF, MAX_NAMES, "too many names of the gateway");
	if (conf->n_prefixes > MAX_NAMES)
		return bad(err, FP_REALM_F_PREFIXES, MAX_NAMES, "too many inside prefixes");
	if (conf->n_rows > MAX_ROWS)
		return bad(err, FP_REALM_F_ROWS, MAX_ROWS, "more than 65536 static-PAT rows");
	return 0;
}

static int check_rows(const struct fp_realm_conf *conf, struct fp_realm_error *err)
{
	u32 i;

	for (i = 0; i < conf->n_rows; i++) {
		const struct fp_realm_row *row = &conf->rows[i];

		if (row->proto != 6 && row->proto != 17)
			return bad(err, FP_REALM_F_ROWS, i, "the protocol must be TCP or UDP");
		if (!row->pub.addr.family || !row->node.addr.family)
			return bad(err, FP_REALM_F_ROWS, i, "an address is missing");
		if (!row->pub.port || !row->node.port)
			return bad(err, FP_REALM_F_ROWS, i, "a port is missing");
		if (row->node_tp >= __FP_TP_COUNT ||
		    (row->node_tp && fp_tp_proto(row->node_tp) != row->proto))
			return bad(err, FP_REALM_F_ROWS, i,
				   "the node's transport does not go with the protocol");
	}
	return 0;
}

static u8 row_tp(const struct fp_realm_row *row)
{
	if (row->node_tp)
		return row->node_tp;
	if (row->proto == 17)
		return FP_TP_UDP;
	return row->node.port == 5061 || row->node.port == 5062 ? FP_TP_TLS : FP_TP_TCP;
}

/* False when another row has the key already; then the first one stays. */
static bool index_add(const struct fp_realm *realm, struct fp_row_index *x,
		      enum fp_row_key kind, u32 row)
{
	struct fp_row_key_value key, other;
	u32 i;

	fp_row_key_of(&realm->rows[row], kind, &key);
	for (i = fp_row_hash(&key) & x->mask; x->slot[i]; i = (i + 1) & x->mask) {
		fp_row_key_of(&realm->rows[x->slot[i] - 1], kind, &other);
		if (fp_row_key_eq(&key, &other))
			return false;
	}
	x->slot[i] = row + 1;
	return true;
}

static int fill_rows(struct fp_realm *realm, const struct fp_realm_conf *conf,
		     struct fp_realm_error *err)
{
	u32 i;

	for (i = 0; i < conf->n_rows; i++) {
		struct fp_realm_row *row = &realm->rows[i];

		*row = conf->rows[i];
		row->pub.addr = fp_addr_plain(&row->pub.addr);
		row->node.addr = fp_addr_plain(&row->node.addr);
		row->node_tp = row_tp(row);
		realm->n_rows = i + 1;
		if (!index_add(realm, &realm->by_pub, FP_ROW_PUB, i))
			return bad(err, FP_REALM_F_ROWS, i,
				   "an earlier row has the same public address, port and protocol");
		index_add(realm, &realm->by_node, FP_ROW_NODE, i);
		index_add(realm, &realm->by_node_addr, FP_ROW_NODE_ADDR, i);
		index_add(realm, &realm->by_pub_addr, FP_ROW_PUB_ADDR, i);
	}
	return 0;
}

static void prefix_add(struct fp_prefixes *p, const struct fp_addr *addr, u8 len)
{
	struct fp_realm_prefix key = { fp_addr_plain(addr), len };
	u32 v6 = key.addr.family == 6, i;

	fp_prefix_mask(&key);
	for (i = fp_prefix_hash(&key) & p->mask; p->slot[i]; i = (i + 1) & p->mask)
		if (fp_prefix_eq(&p->v[p->slot[i] - 1], &key))
			return;
	p->v[p->n++] = key;
	p->slot[i] = p->n;
	for (i = 0; i < p->n_lens[v6]; i++)
		if (p->lens[v6][i] == len)
			return;
	p->lens[v6][p->n_lens[v6]++] = len;
}

static void prefix_add_host(struct fp_prefixes *p, const struct fp_addr *addr)
{
	struct fp_addr plain = fp_addr_plain(addr);

	if (plain.family)
		prefix_add(p, &plain, plain.family == 4 ? 32 : 128);
}

static int fill_prefixes(struct fp_realm *realm, const struct fp_realm_conf *conf,
			 struct fp_realm_error *err)
{
	struct fp_prefixes *p = &realm->prefixes;
	u32 i;

	for (i = 0; i < conf->n_prefixes; i++) {
		const struct fp_realm_prefix *in = &conf->prefixes[i];
		u8 most = in->addr.family == 4 ? 32 : 128;

		if ((in->addr.family != 4 && in->addr.family != 6) || in->len > most)
			return bad(err, FP_REALM_F_PREFIXES, i, "not a prefix");
		prefix_add(p, &in->addr, in->len);
	}
	for (i = 0; i < realm->n_rows; i++)
		prefix_add_host(p, &realm->rows[i].node.addr);
	for (i = 0; i < realm->n_self_addr; i++)
		prefix_add_host(p, &realm->self_addr[i]);
	for (i = 0; i < conf->n_hosts; i++)
		prefix_add_host(p, &conf->hosts[i].addr);
	return 0;
}

static int fill_hosts(struct fp_realm *realm, const struct fp_realm_conf *conf,
		      struct fp_realm_error *err)
{
	u8 *bytes = NULL;
	u32 i;

	for (i = 0; i < conf->n_hosts; i++) {
		const struct fp_realm_host *host = &conf->hosts[i];

		if (is_addr(host->name) ||
		    fp_names_add(&realm->hosts, &bytes, host->name, FP_NAME_DOT, i))
			return bad(err, FP_REALM_F_HOSTS, i,
				   "not a host name (or .suffix); addresses go to the prefixes");
		realm->host_addr[i] = fp_addr_plain(&host->addr);
	}
	/* The gateway's own inside names must not be seen; our public ones may. */
	for (i = 0; i < conf->n_self; i++)
		if (!is_addr(conf->self[i]))
			fp_names_add(&realm->hosts, &bytes, conf->self[i],
				     FP_NAME_DOT, NO_ADDR);
	for (i = 0; i < conf->n_domains; i++)
		if (conf->domains[i].p[0] != '*')
			fp_names_add(&realm->hosts, &bytes, conf->domains[i],
				     FP_NAME_NOT, NO_ADDR);
	if (conf->fqdn.len &&
	    fp_names_add(&realm->hosts, &bytes, conf->fqdn, FP_NAME_NOT, NO_ADDR))
		return bad(err, FP_REALM_F_FQDN, 0, "not a host name");
	return 0;
}

static int fill_names(struct fp_realm *realm, const struct fp_realm_conf *conf,
		      struct fp_realm_error *err)
{
	u8 *bytes = NULL;
	struct fp_addr addr;
	u32 i;

	for (i = 0; i < conf->n_domains; i++)
		if (fp_names_add(&realm->domains, &bytes, conf->domains[i], FP_NAME_STAR, i))
			return bad(err, FP_REALM_F_DOMAINS, i, "not a domain");
	bytes = NULL;
	for (i = 0; i < conf->n_self; i++) {
		if (fp_slice_addr(conf->self[i], &addr))
			realm->self_addr[realm->n_self_addr++] = fp_addr_plain(&addr);
		else if (fp_names_add(&realm->self, &bytes, conf->self[i], FP_NAME_STAR, i))
			return bad(err, FP_REALM_F_SELF, i, "neither a host name nor an address");
	}
	return fill_hosts(realm, conf, err);
}

static int fill_keys(struct fp_realm *realm, const struct fp_realm_conf *conf,
		     struct fp_realm_error *err)
{
	u32 i;

	fp_sealer_init(&realm->sealer, conf->name);
	for (i = 0; i < conf->n_keys; i++)
		if (fp_sealer_add(&realm->sealer, conf->keys[i].version, conf->keys[i].master))
			return bad(err, FP_REALM_F_KEYS, i,
				   "at most two keys, with different versions from 1 to 255");
	return 0;
}

/* What partners shall see must not be what they must not see. */
static int check_public(const struct fp_realm *realm, struct fp_realm_error *err)
{
	u32 i;

	for (i = 0; i < realm->n_addrs; i++)
		if (fp_realm_addr_inside(realm, &realm->addrs[i]))
			return bad(err, FP_REALM_F_ADDRS, i,
				   "the public address lies in an inside prefix; make the prefix narrower");
	for (i = 0; i < realm->n_rows; i++)
		if (fp_realm_addr_inside(realm, &realm->rows[i].pub.addr))
			return bad(err, FP_REALM_F_ROWS, i,
				   "the public address lies in an inside prefix; make the prefix narrower");
	return 0;
}

static void place(struct fp_realm *realm, const struct layout *l,
		  const struct fp_realm_conf *conf)
{
	struct fp_row_index *x[] = { &realm->by_pub, &realm->by_node,
				     &realm->by_node_addr, &realm->by_pub_addr };
	u8 *base = (u8 *)realm;
	u32 i;

	if (conf->fqdn.len)
		memcpy(base + l->fqdn, conf->fqdn.p, conf->fqdn.len);
	realm->fqdn = fp_slice(base + l->fqdn, conf->fqdn.len);
	if (conf->fqdn.len && base[l->fqdn + conf->fqdn.len - 1] == '.')
		realm->fqdn.len--;
	fp_names_place(&realm->domains, base + l->domains, conf->n_domains);
	fp_names_place(&realm->hosts, base + l->hosts, l->n_host_names);
	fp_names_place(&realm->self, base + l->self, conf->n_self);
	realm->host_addr = (struct fp_addr *)(base + l->host_addr);
	realm->n_host_addr = conf->n_hosts;
	realm->self_addr = (struct fp_addr *)(base + l->self_addr);
	realm->prefixes.v = (struct fp_realm_prefix *)(base + l->prefixes);
	realm->prefixes.slot = (u32 *)(base + l->prefix_slots);
	realm->prefixes.mask = l->prefix_slots_n - 1;
	realm->rows = (struct fp_realm_row *)(base + l->rows);
	for (i = 0; i < 4; i++) {
		x[i]->slot = (u32 *)(base + l->slots[i]);
		x[i]->mask = l->slots_n - 1;
	}
}

static void fill_head(struct fp_realm *realm, const struct fp_realm_conf *conf)
{
	u32 i;

	for (i = 0; i < conf->n_addrs; i++)
		realm->addrs[i] = fp_addr_plain(&conf->addrs[i]);
	realm->n_addrs = conf->n_addrs;
	realm->place = conf->place;
	realm->rr = conf->rr;
	if (conf->rr == FP_RR_AUTO)
		realm->rr = conf->place == FP_PLACE_EXPRESSWAY ? FP_RR_DOUBLE : FP_RR_NONE;
	realm->max_forwards = conf->max_forwards ? conf->max_forwards : 70;
	realm->flags = conf->flags;
}

static int fill(struct fp_realm *realm, const struct fp_realm_conf *conf,
		struct fp_realm_error *err)
{
	int ret;

	fill_head(realm, conf);
	ret = fill_keys(realm, conf, err);
	if (!ret)
		ret = fill_names(realm, conf, err);
	if (!ret)
		ret = fill_rows(realm, conf, err);
	if (!ret)
		ret = fill_prefixes(realm, conf, err);
	return ret ? ret : check_public(realm, err);
}

/**
 * fp_realm_build() - make a realm
 * @mem: where it lives
 * @conf: what it must know; nothing of it is referred to afterwards
 * @out: the realm
 * @err: filled in on -EINVAL, may be NULL
 *
 * Return: 0; -EINVAL when a field is wrong; -ENOMEM.
 */
int fp_realm_build(const struct fp_mem *mem, const struct fp_realm_conf *conf,
		   struct fp_realm **out, struct fp_realm_error *err)
{
	struct fp_realm *realm;
	struct layout l;
	int ret;

	ret = check_head(conf, err);
	if (!ret)
		ret = check_sizes(conf, err);
	if (!ret)
		ret = check_rows(conf, err);
	if (ret)
		return ret;
	plan(conf, &l);
	realm = mem->alloc(mem->ctx, l.size);
	if (!realm)
		return -ENOMEM;
	memset(realm, 0, l.size);
	realm->mem = *mem;
	realm->size = l.size;
	place(realm, &l, conf);
	ret = fill(realm, conf, err);
	if (ret) {
		fp_realm_free(realm);
		return ret;
	}
	*out = realm;
	return 0;
}

/**
 * fp_realm_free() - give a realm back, its keys wiped
 * @realm: the realm, or NULL
 */
void fp_realm_free(struct fp_realm *realm)
{
	if (!realm)
		return;
	fp_sealer_wipe(&realm->sealer);
	realm->mem.free(realm->mem.ctx, realm);
}
