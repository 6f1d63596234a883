// SPDX-License-Identifier: GPL-2.0
/*
 * The sweep: after a commit, end the flows that the new policy forbids.
 *
 * A flow keeps no note of the zone that it entered by; it is the zone of the
 * interface that leads back to its source. Three questions are asked of it:
 * does the new policy let it in, is its destination what the new policy makes
 * of it, is its source one that a rule of the new policy makes? A translation
 * that no policy of ours explains is somebody else's and stays.
 *
 * A connection that ends at the daemon's listener has a socket as well. It is
 * aborted first, while its reset is still translated.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/tcp.h>
#include "plane.h"
#include "udp.h"

/* Causes that one report can tell apart. */
#define FP_SWEEP_CAUSES	12
#define FP_SWEEP_TEXT	768
/* Commits may be faster than the sweep: then they wait for it. */
#define FP_SWEEP_MAX_OLDS	16

/**
 * struct fp_sweep_old - a policy that was replaced
 * @list: in fp_packet.olds, then in fp_sweep.olds
 * @policy: it, with a reference
 */
struct fp_sweep_old {
	struct list_head list;
	struct fp_policy *policy;
};

/**
 * struct fp_sweep_cause - what ended flows
 * @kind: kind of the object
 * @name: its name, in a policy that the sweep holds
 * @line: entry of an access list; 0 for the implicit deny and for other kinds
 * @n: flows
 */
struct fp_sweep_cause {
	const char *kind;
	const char *name;
	u32 line;
	u64 n;
};

/**
 * struct fp_sweep - one sweep
 * @pk: packet plane
 * @p: policy to obey, with a reference; NULL: everything of ours shall go
 * @olds: policies that made the flows which are there
 * @cts: flows of one chain of conntrack's table, with references
 * @cap: room in @cts
 * @few: what @cts is until a chain is longer: the sweep must not want for memory
 * @ended: flows ended
 * @cause: why
 * @n_causes: how many
 */
struct fp_sweep {
	struct fp_packet *pk;
	struct fp_policy *p;
	struct list_head olds;
	struct nf_conn **cts;
	u32 cap;
	struct nf_conn *few[64];
	u64 ended;
	struct fp_sweep_cause cause[FP_SWEEP_CAUSES];
	u32 n_causes;
};

/**
 * struct fp_swept - a flow that is looked at
 * @s: sweep
 * @ct: the flow
 * @key: its original tuple
 * @in: interface that leads back to its source
 * @why: what forbids it
 */
struct fp_swept {
	struct fp_sweep *s;
	struct nf_conn *ct;
	struct fp_acl_key key;
	int in;
	struct fp_sweep_cause why;
};

static bool fp_swept_by(struct fp_swept *f, const char *kind, const char *name, u32 line)
{
	f->why.kind = kind;
	f->why.name = name;
	f->why.line = line;
	return true;
}

static bool fp_swept_by_class(struct fp_swept *f, const struct fp_class_map *class)
{
	return fp_swept_by(f, "class-map", class ? class->obj->o.name : "of before", 0);
}

static bool fp_swept_by_dnat(struct fp_swept *f, const struct fp_dnat *d)
{
	if (d->row)
		return fp_swept_by(f, "static-pat", d->row->obj->o.name, 0);
	return fp_swept_by_class(f, d->class);
}

/* Interface by which @addr is reached; 0 when it is not, or is our own. */
static int fp_sweep_ifindex(struct net *net, const struct fp_addr *addr)
{
	struct dst_entry *dst = NULL;
	struct flowi fl = {};
	int ifindex;

	if (fp_addr_is_local(net, NULL, addr))
		return 0;
	if (addr->family == 6)
		memcpy(&fl.u.ip6.daddr, addr->b, sizeof(fl.u.ip6.daddr));
	else
		memcpy(&fl.u.ip4.daddr, addr->b, sizeof(fl.u.ip4.daddr));
	if (nf_route(net, &dst, &fl, false, addr->family == 6 ? AF_INET6 : AF_INET))
		return 0;
	ifindex = dst->dev->ifindex;
	dst_release(dst);
	return ifindex;
}

/* What was sent to the gateway and led on by others passes through it after all. */
static enum fp_scope fp_sweep_scope(const struct fp_swept *f, const struct fp_zone *zone)
{
	const struct nf_conntrack_tuple *reply = nf_ct_tuple(f->ct, IP_CT_DIR_REPLY);
	struct net *net = nf_ct_net(f->ct);
	struct fp_addr dst;
	enum fp_scope scope;

	scope = fp_scope_rcu(f->s->p, net, NULL, zone, &f->key);
	if (scope != FP_SCOPE_HOST || !(READ_ONCE(f->ct->status) & IPS_DST_NAT))
		return scope;
	fp_addr_of_ct(&dst, reply->src.l3num, &reply->src.u3);
	return fp_addr_is_local(net, NULL, &dst) ? scope : FP_SCOPE_TRANSIT;
}

/* Question one: may it come in? */
static bool fp_sweep_entry(struct fp_swept *f, const struct fp_zone *zone)
{
	struct fp_verdict v;

	fp_judge_rcu(f->s->p, zone, &f->key, fp_sweep_scope(f, zone), &v);
	switch (v.reason) {
	case FP_R_NONE:
		return false;
	case FP_R_ACL_DENY:
		return fp_swept_by(f, "access-list", v.acl->o.name, v.line);
	case FP_R_ACL_IMPLICIT:
		return fp_swept_by(f, "access-list", v.acl->o.name, 0);
	default:
		return fp_swept_by(f, "strict-inside of zone", zone->obj->o.name, 0);
	}
}

/* Did the policy @p make the destination that the flow has? */
static bool fp_sweep_made_dnat(const struct fp_swept *f, const struct fp_policy *p,
			       struct fp_dnat *d)
{
	const struct fp_zone *zone = fp_zone_by_ifindex_rcu(p, f->in);

	if (!zone)
		return false;
	fp_dnat_rcu(p, zone, &f->key, d);
	return (d->act == FP_ACT_REDIRECT || d->row) && fp_nat_by_dnat(f->ct, d);
}

/* The class map that gave the flow its helper. */
static const struct fp_class_map *fp_sweep_old_class(const struct fp_swept *f)
{
	const struct fp_sweep_old *old;
	const struct fp_zone *zone;
	struct fp_dnat d;

	list_for_each_entry(old, &f->s->olds, list) {
		zone = fp_zone_by_ifindex_rcu(old->policy, f->in);
		if (!zone)
			continue;
		fp_dnat_rcu(old->policy, zone, &f->key, &d);
		if (d.act == FP_ACT_HELPER)
			return d.class;
	}
	return NULL;
}

/* Question two: is its destination as it should be? */
static bool fp_sweep_dnat(struct fp_swept *f, const struct fp_zone *zone)
{
	bool translated = READ_ONCE(f->ct->status) & IPS_DST_NAT;
	const struct fp_sweep_old *old;
	bool helped;
	struct fp_dnat d = {};

	if (zone)
		fp_dnat_rcu(f->s->p, zone, &f->key, &d);
	if (d.act == FP_ACT_REFUSE)
		return fp_swept_by_class(f, d.class);
	helped = d.act == FP_ACT_HELPER;
	if (fp_helper_is_ours(f->ct) != helped)
		return fp_swept_by_class(f, d.class ?: fp_sweep_old_class(f));
	if (fp_nat_by_dnat(f->ct, &d))
		return false;
	if (!translated)
		return fp_swept_by_dnat(f, &d);
	list_for_each_entry(old, &f->s->olds, list)
		if (fp_sweep_made_dnat(f, old->policy, &d))
			return fp_swept_by_dnat(f, &d);
	return false;
}

/* What of the policy @p made the source that the flow has? */
static const struct fp_object *fp_sweep_made_source(const struct fp_swept *f, int out,
						    const struct fp_policy *p)
{
	const struct fp_zone *zone = fp_zone_by_ifindex_rcu(p, out);

	return zone ? fp_nat_by_source_rcu(p, zone, f->ct) : NULL;
}

static bool fp_sweep_untranslated(struct fp_swept *f, int out,
				  const struct fp_zone *zone)
{
	const struct fp_zone *leaves = fp_zone_by_ifindex_rcu(f->s->p, out);
	const struct fp_pat *pat;

	if (!leaves || leaves == zone)
		return false;
	pat = fp_pat_first_rcu(f->s->p, leaves, &f->key.src);
	return pat && fp_swept_by(f, "pat", pat->obj->o.name, 0);
}

/* Question three: is its source as it should be? */
static bool fp_sweep_source(struct fp_swept *f, const struct fp_zone *zone)
{
	const struct nf_conntrack_tuple *reply = nf_ct_tuple(f->ct, IP_CT_DIR_REPLY);
	const struct fp_sweep_old *old;
	const struct fp_object *obj;
	struct fp_addr dst;
	int out;

	fp_addr_of_ct(&dst, reply->src.l3num, &reply->src.u3);
	out = fp_sweep_ifindex(nf_ct_net(f->ct), &dst);
	if (!out || (f->s->p && fp_sweep_made_source(f, out, f->s->p)))
		return false;
	if (!(READ_ONCE(f->ct->status) & IPS_SRC_NAT))
		return f->s->p && fp_sweep_untranslated(f, out, zone);
	list_for_each_entry(old, &f->s->olds, list) {
		obj = fp_sweep_made_source(f, out, old->policy);
		if (obj)
			return fp_swept_by(f, fp_kind_name(obj->kind), obj->name, 0);
	}
	return false;
}

/* Shall the flow end? */
static bool fp_sweep_forbids(struct fp_swept *f)
{
	const unsigned long not_ours = IPS_DYING | IPS_EXPECTED | IPS_TEMPLATE;
	const struct fp_zone *zone = NULL;

	if (READ_ONCE(f->ct->status) & not_ours)
		return false;
	fp_key_of_tuple(&f->key, nf_ct_tuple(f->ct, IP_CT_DIR_ORIGINAL));
	/* At the end of the namespace: its helper would ask a policy that is gone. */
	if (!f->s->p && fp_helper_is_ours(f->ct))
		return fp_swept_by_class(f, NULL);
	f->in = fp_sweep_ifindex(nf_ct_net(f->ct), &f->key.src);
	if (!f->in)
		return false;
	if (f->s->p)
		zone = fp_zone_by_ifindex_rcu(f->s->p, f->in);
	if (zone && fp_sweep_entry(f, zone))
		return true;
	return fp_sweep_dnat(f, zone) || fp_sweep_source(f, zone);
}

/* --- ending a flow -------------------------------------------------------------- */

static struct sock *fp_sweep_sock(const struct fp_swept *f)
{
	const struct nf_conntrack_tuple *t = nf_ct_tuple(f->ct, IP_CT_DIR_REPLY);
	struct net *net = nf_ct_net(f->ct);
	struct inet_hashinfo *hash = net->ipv4.tcp_death_row.hashinfo;
	u16 port = ntohs(t->src.u.tcp.port);

	if (t->src.l3num == NFPROTO_IPV6)
		return __inet6_lookup_established(net, hash, &t->dst.u3.in6,
						  t->dst.u.tcp.port, &t->src.u3.in6,
						  port, f->in, 0);
	return __inet_lookup_established(net, hash, t->dst.u3.ip, t->dst.u.tcp.port,
					 t->src.u3.ip, port, f->in, 0);
}

/* The daemon, or the leg that it handed over, shall know at once. */
static void fp_sweep_abort(const struct fp_swept *f)
{
	struct sock *sk;

	if (nf_ct_protonum(f->ct) != IPPROTO_TCP)
		return;
	rcu_read_lock();
	sk = fp_sweep_sock(f);
	rcu_read_unlock();
	if (!sk)
		return;
	tcp_abort(sk, ECONNABORTED);
	sock_gen_put(sk);
}

static void fp_sweep_note(struct fp_sweep *s, const struct fp_sweep_cause *why)
{
	struct fp_sweep_cause *c;

	s->ended++;
	for (c = s->cause; c < s->cause + s->n_causes; c++) {
		if (c->name == why->name && c->line == why->line && c->kind == why->kind) {
			c->n++;
			return;
		}
	}
	if (s->n_causes == FP_SWEEP_CAUSES)
		return;
	s->n_causes++;
	*c = *why;
	c->n = 1;
}

static void fp_sweep_one(struct fp_sweep *s, struct nf_conn *ct)
{
	struct fp_swept f = { .s = s, .ct = ct };
	bool forbidden;

	rcu_read_lock();
	forbidden = fp_sweep_forbids(&f);
	rcu_read_unlock();
	if (!forbidden)
		return;
	fp_sweep_abort(&f);
	if (nf_ct_kill(ct))
		fp_sweep_note(s, &f.why);
}

/* --- walking conntrack's table ----------------------------------------------------- */

/*
 * References to the flows of one chain. Returns how many there are, which may be
 * more than there is room for; -1 beyond the table.
 */
static int fp_sweep_take(struct fp_sweep *s, unsigned int bucket, u32 *taken)
{
	spinlock_t *lock = &nf_conntrack_locks[bucket % CONNTRACK_LOCKS];
	const struct net *net = s->pk->fpn->net;
	struct nf_conntrack_tuple_hash *h;
	struct hlist_nulls_node *n;
	struct nf_conn *ct;
	int count = -1;

	*taken = 0;
	local_bh_disable();
	nf_conntrack_lock(lock);
	__acquire(lock); /* which its declaration does not say */
	/* A resize holds all the locks: under one of them table and size agree. */
	if (bucket >= nf_conntrack_htable_size)
		goto out;
	count = 0;
	hlist_nulls_for_each_entry(h, n, &nf_conntrack_hash[bucket], hnnode) {
		ct = nf_ct_tuplehash_to_ctrack(h);
		if (NF_CT_DIRECTION(h) != IP_CT_DIR_REPLY || !net_eq(nf_ct_net(ct), net))
			continue;
		if (count++ < s->cap && refcount_inc_not_zero(&ct->ct_general.use))
			s->cts[(*taken)++] = ct;
	}
out:
	spin_unlock(lock);
	local_bh_enable();
	return count;
}

static bool fp_sweep_grow(struct fp_sweep *s, u32 cap)
{
	struct nf_conn **cts = kvmalloc_array(cap, sizeof(*cts), GFP_KERNEL);

	if (!cts)
		return false;
	if (s->cts != s->few)
		kvfree(s->cts);
	s->cts = cts;
	s->cap = cap;
	return true;
}

/* False beyond the table. */
static bool fp_sweep_bucket(struct fp_sweep *s, unsigned int bucket)
{
	bool again;
	u32 i, n;
	int count;

	do {
		count = fp_sweep_take(s, bucket, &n);
		for (i = 0; i < n; i++) {
			fp_sweep_one(s, s->cts[i]);
			nf_ct_put(s->cts[i]);
		}
		/* A chain this long is an attack or a table far too small. */
		again = count > (int)s->cap && fp_sweep_grow(s, 2 * count);
		cond_resched();
	} while (again);
	return count >= 0;
}

static void fp_sweep_walk(struct fp_sweep *s)
{
	unsigned int bucket, size;

	/* A resize moves flows to chains that were visited already. */
	do {
		size = READ_ONCE(nf_conntrack_htable_size);
		bucket = 0;
		while (fp_sweep_bucket(s, bucket))
			bucket++;
	} while (size != READ_ONCE(nf_conntrack_htable_size));
}

/* --- report ------------------------------------------------------------------------- */

static int fp_sweep_put_cause(char *buf, int size, const struct fp_sweep_cause *c)
{
	if (c->line)
		return scnprintf(buf, size, " %llu by %s %s line %u,", c->n,
				 c->kind, c->name, c->line);
	return scnprintf(buf, size, " %llu by %s %s%s,", c->n, c->kind, c->name,
			 strcmp(c->kind, "access-list") ? "" : " (implicit deny)");
}

static void fp_sweep_text(const struct fp_sweep *s, char *buf, int size)
{
	u64 rest = s->ended;
	int len;
	u32 i;

	len = scnprintf(buf, size, "the commit ended %llu flows that it forbids:", s->ended);
	for (i = 0; i < s->n_causes; i++) {
		len += fp_sweep_put_cause(buf + len, size - len, &s->cause[i]);
		rest -= s->cause[i].n;
	}
	if (rest)
		len += scnprintf(buf + len, size - len, " %llu by others,", rest);
	buf[len - 1] = '\0';
}

static void fp_sweep_report(const struct fp_sweep *s)
{
	struct fp_net *fpn = s->pk->fpn;
	struct fp_notice n = {
		.event = FEDPAT_EVENT_COMMIT,
		.generation = s->p->generation,
		.reason = FP_R_FLOW_SWEPT,
	};
	char *text;

	if (!s->ended)
		return;
	fp_count_n(fpn, FP_R_FLOW_SWEPT, s->ended);
	text = kmalloc(FP_SWEEP_TEXT, GFP_KERNEL);
	if (text)
		fp_sweep_text(s, text, FP_SWEEP_TEXT);
	n.text = text;
	fp_event_send(fpn, &n, GFP_KERNEL);
	kfree(text);
}

/* --- the work -------------------------------------------------------------------------- */

static void fp_sweep_drop_olds(struct list_head *olds)
{
	struct fp_sweep_old *old, *next;

	list_for_each_entry_safe(old, next, olds, list) {
		fp_policy_put(old->policy);
		kfree(old);
	}
}

static struct fp_sweep *fp_sweep_new(struct fp_packet *pk)
{
	struct fp_sweep *s = kzalloc(sizeof(*s), GFP_KERNEL | __GFP_NOFAIL);

	s->pk = pk;
	s->cts = s->few;
	s->cap = ARRAY_SIZE(s->few);
	INIT_LIST_HEAD(&s->olds);
	return s;
}

static void fp_sweep_free(struct fp_sweep *s)
{
	if (s->cts != s->few)
		kvfree(s->cts);
	kfree(s);
}

static void fp_sweep_work(struct work_struct *work)
{
	struct fp_packet *pk = container_of(work, struct fp_packet, sweep);
	struct fp_sweep *s;

	s = fp_sweep_new(pk);
	spin_lock(&pk->lock);
	list_splice_init(&pk->olds, &s->olds);
	pk->n_olds = 0;
	spin_unlock(&pk->lock);

	/* First packets that the old policies let in are in the table by then. */
	synchronize_rcu();
	s->p = fp_policy_get(pk->fpn);
	fp_sweep_walk(s);
	fp_sweep_report(s);

	fp_policy_put(s->p);
	fp_sweep_drop_olds(&s->olds);
	fp_sweep_free(s);
}

/* Kinds that decide what passes and how it is translated. */
static const u8 fp_sweep_kinds[] = {
	FP_KIND_ZONE, FP_KIND_ACL, FP_KIND_PAT, FP_KIND_STATIC_PAT,
	FP_KIND_CLASS_MAP, FP_KIND_INSPECT, FP_KIND_TLS_PROXY, FP_KIND_FEDERATION,
};

static bool fp_sweep_needed(const struct fp_policy *old, const struct fp_policy *new)
{
	unsigned int i;

	if (old->settings.strict_inside != new->settings.strict_inside)
		return true;
	for (i = 0; i < ARRAY_SIZE(fp_sweep_kinds); i++)
		if (old->table[fp_sweep_kinds[i]] != new->table[fp_sweep_kinds[i]])
			return true;
	return false;
}

/**
 * fp_sweep_init() - before anything else of the sweep
 * @pk: packet plane
 *
 * Context: may sleep.
 */
void fp_sweep_init(struct fp_packet *pk)
{
	spin_lock_init(&pk->lock);
	INIT_LIST_HEAD(&pk->olds);
	INIT_WORK(&pk->sweep, fp_sweep_work);
}

/**
 * fp_sweep_prepare() - take what fp_sweep_queue() cannot do without
 * @pk: packet plane
 *
 * Context: may sleep, fpn->config.
 * Return: 0 or -ENOMEM.
 */
int fp_sweep_prepare(struct fp_packet *pk)
{
	lockdep_assert_held(&pk->fpn->config);
	if (!pk->spare)
		pk->spare = kmalloc(sizeof(*pk->spare), GFP_KERNEL_ACCOUNT);
	return pk->spare ? 0 : -ENOMEM;
}

/**
 * fp_sweep_queue() - have the flows looked at that @old let in
 * @pk: packet plane, after fp_sweep_prepare()
 * @old: policy that was replaced; the reference is taken over
 * @new: policy in force
 *
 * Context: may sleep, fpn->config.
 */
void fp_sweep_queue(struct fp_packet *pk, struct fp_policy *old,
		    const struct fp_policy *new)
{
	u32 n;

	lockdep_assert_held(&pk->fpn->config);
	if (!fp_sweep_needed(old, new)) {
		fp_policy_put(old);
		return;
	}
	pk->spare->policy = old;
	spin_lock(&pk->lock);
	list_add(&pk->spare->list, &pk->olds);
	n = ++pk->n_olds;
	spin_unlock(&pk->lock);
	pk->spare = NULL;

	queue_work(system_unbound_wq, &pk->sweep);
	if (n >= FP_SWEEP_MAX_OLDS)
		flush_work(&pk->sweep);
}

/**
 * fp_sweep_exit() - nothing runs afterwards
 * @pk: packet plane
 *
 * Context: may sleep.
 */
void fp_sweep_exit(struct fp_packet *pk)
{
	cancel_work_sync(&pk->sweep);
	fp_sweep_drop_olds(&pk->olds);
	INIT_LIST_HEAD(&pk->olds);
	kfree(pk->spare);
	pk->spare = NULL;
}

/**
 * fp_sweep_ours() - end every flow that the policy in force translates
 * @pk: packet plane, without hooks
 *
 * Without our hooks the packets of such a flow would be translated as long as
 * somebody else keeps NAT in the namespace, and forgotten when he goes.
 *
 * Context: may sleep, after fp_sweep_exit().
 */
void fp_sweep_ours(struct fp_packet *pk)
{
	struct fp_sweep_old old = { .policy = pk->held };
	struct fp_sweep *s;

	s = fp_sweep_new(pk);
	list_add(&old.list, &s->olds);
	fp_sweep_walk(s);
	fp_sweep_free(s);
}
