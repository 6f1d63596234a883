// SPDX-License-Identifier: GPL-2.0
/*
 * Access lists, the side of the commit: check the entries, turn them into
 * boxes, have the trees grown (acl_tree.c), pack all of it into one object.
 */
#include "acl_int.h"

/**
 * struct fp_acl_job - one compilation
 * @aces: the entries
 * @n: how many
 * @max_bytes: most that the object may take
 * @forest: the trees
 * @fam: roots of each family
 * @order: entry of each packed one, IPv4 and IPv6
 * @slot: packed one of each entry, of the family being packed
 */
struct fp_acl_job {
	const struct fp_ace *aces;
	u32 n;
	size_t max_bytes;
	struct fp_acl_forest forest;
	struct fp_acl_family fam[2];
	u32 *order[2];
	u32 *slot;
};

static const char fp_acl_text_nomem[] =
	"no memory to compile the list; try again or use a shorter list";

static int fp_acl_refuse(struct fp_acl_error *err, int code, u32 index,
			 const char *text)
{
	err->index = index;
	err->field = FP_ACL_F_NONE;
	err->text = text;
	return code;
}

static void *fp_acl_alloc(struct fp_acl_job *job, size_t n, size_t size)
{
	const struct fp_acl_mem *mem = job->forest.mem;

	return mem->alloc(mem->ctx, n ? n * size : size);
}

static void fp_acl_release(struct fp_acl_job *job, void *p)
{
	const struct fp_acl_mem *mem = job->forest.mem;

	mem->free(mem->ctx, p);
}

static int fp_acl_relax_job(struct fp_acl_job *job)
{
	const struct fp_acl_mem *mem = job->forest.mem;
	int ret = mem->relax ? mem->relax(mem->ctx) : 0;

	return ret ? fp_acl_refuse(job->forest.err, ret, FP_ACL_NO_INDEX,
				   "compiling the list was interrupted; nothing changed") : 0;
}

static int fp_acl_check_all(struct fp_acl_job *job)
{
	struct fp_acl_error *err = job->forest.err;
	u32 i, line = 0;
	int ret;

	for (i = 0; i < job->n; i++) {
		ret = fp_acl_check(&job->aces[i], err);
		if (ret) {
			err->index = i;
			return ret;
		}
		if (job->aces[i].line < line) {
			fp_acl_refuse(err, -EINVAL, i,
				      "line number is below that of the entry before; give the entries in the order of their lines");
			err->field = FP_ACL_F_LINE;
			return -EINVAL;
		}
		line = job->aces[i].line;
		if (i % 8192 == 8191) {
			ret = fp_acl_relax_job(job);
			if (ret)
				return ret;
		}
	}
	return 0;
}

static bool fp_ace_is_of(const struct fp_ace *ace, u32 f)
{
	return !(ace->flags & FP_ACE_INACTIVE) &&
	       (!ace->family || ace->family == (f ? 6 : 4));
}

/* A deny with ports also denies what shows none: that is a box of its own. */
static bool fp_ace_has_twin(const struct fp_ace *ace)
{
	return ace->action == FP_ACE_DENY && fp_ace_has_ports(ace);
}

static void fp_acl_box_prefix(u32 *lo, u32 *hi, u32 words,
			      const struct fp_addr *a, u32 len)
{
	u32 w, bits;

	for (w = 0; w < words; w++) {
		bits = len < 32 ? len : 32;
		len -= bits;
		lo[w] = fp_acl_be32(a->b + 4 * w);
		hi[w] = lo[w] | (u32)(0xffffffffull >> bits);
	}
}

static void fp_acl_box_ports(u32 *lo, u32 *hi, const struct fp_ace *ace,
			     const struct fp_port_range *r, bool twin)
{
	bool any = fp_ace_any_port(ace, r);

	*lo = twin ? FP_ACL_NO_PORT : any ? 0 : r->lo;
	*hi = twin || any ? FP_ACL_NO_PORT : r->hi;
}

static void fp_acl_item_set(struct fp_acl_item *it, u32 words, u32 prio,
			    const struct fp_ace *ace, bool twin)
{
	u32 *lo = it->v, *hi = it->v + 2 * words + 3;
	bool any = ace->proto == FP_ACL_PROTO_ANY;
	u32 d = 2 * words;

	it->prio = prio;
	fp_acl_box_prefix(lo, hi, words, &ace->src, ace->src_len);
	fp_acl_box_prefix(lo + words, hi + words, words, &ace->dst,
			  ace->dst_len);
	fp_acl_box_ports(lo + d, hi + d, ace, &ace->sport, twin);
	fp_acl_box_ports(lo + d + 1, hi + d + 1, ace, &ace->dport, twin);
	lo[d + 2] = any ? 0 : ace->proto;
	hi[d + 2] = any ? 0xff : ace->proto;
}

static int fp_acl_make_items(struct fp_acl_job *job, u32 f,
			     struct fp_acl_items *items)
{
	const struct fp_ace *ace;
	u32 i, n = 0;

	items->dims = f ? FP_ACL_DIMS6 : FP_ACL_DIMS4;
	items->stride = 1 + 2 * items->dims;
	for (i = 0; i < job->n; i++) {
		ace = &job->aces[i];
		if (fp_ace_is_of(ace, f))
			n += 1 + fp_ace_has_twin(ace);
	}
	items->v = fp_acl_alloc(job, n, items->stride * sizeof(u32));
	if (!items->v)
		return -ENOMEM;
	items->n = 0;
	for (i = 0; i < job->n; i++) {
		ace = &job->aces[i];
		if (!fp_ace_is_of(ace, f))
			continue;
		fp_acl_item_set(fp_acl_item(items, items->n++),
				fp_acl_words(f), i, ace, false);
		if (fp_ace_has_twin(ace))
			fp_acl_item_set(fp_acl_item(items, items->n++),
					fp_acl_words(f), i, ace, true);
	}
	return 0;
}

/*
 * Leaves name items: let them name packed entries, in the order of the nodes,
 * so that entries of one leaf lie side by side.
 */
static void fp_acl_number_leaf(struct fp_acl_job *job, u32 f,
			       const struct fp_acl_items *items,
			       struct fp_acl_node *node)
{
	struct fp_acl_family *fam = &job->fam[f];
	u32 i, n = 0, prio;

	for (i = 0; i < node->count; i++) {
		prio = fp_acl_item(items, node->v[i])->prio;
		if (job->slot[prio] == FP_ACL_NONE) {
			job->order[f][fam->nrules] = prio;
			job->slot[prio] = fam->nrules++;
		}
		/* An entry and its twin are one again. */
		if (!n || node->v[n - 1] != job->slot[prio])
			node->v[n++] = job->slot[prio];
	}
	job->forest.refs -= node->count - n;
	node->count = n;
}

static int fp_acl_compile_family(struct fp_acl_job *job, u32 f)
{
	u32 i, first = job->forest.nnodes;
	struct fp_acl_items items;
	struct fp_acl_node *node;
	int ret;

	ret = fp_acl_make_items(job, f, &items);
	if (!ret)
		ret = fp_acl_relax_job(job);
	if (!ret && items.n)
		ret = fp_acl_grow_trees(&job->forest, &items, &job->fam[f]);
	if (ret || !items.n)
		goto out;
	for (i = 0; i < job->n; i++)
		job->slot[i] = FP_ACL_NONE;
	for (i = first; i < job->forest.nnodes; i++) {
		node = &job->forest.nodes[i];
		if (node->dim == FP_ACL_DIM_LEAF)
			fp_acl_number_leaf(job, f, &items, node);
	}
out:
	fp_acl_release(job, items.v);
	return ret;
}

static void fp_acl_pack_addr(u32 *to, u32 words, const struct fp_addr *a)
{
	u32 w;

	for (w = 0; w < words; w++)
		to[w] = fp_acl_be32(a->b + 4 * w);
}

static void fp_acl_pack_rule(struct fp_acl_rule *r, u32 words, u32 prio,
			     const struct fp_ace *ace)
{
	static const struct fp_port_range any = { 0, 0xffff };

	r->prio = prio;
	r->sport = fp_ace_any_port(ace, &ace->sport) ? any : ace->sport;
	r->dport = fp_ace_any_port(ace, &ace->dport) ? any : ace->dport;
	r->proto = ace->proto & 0xff;
	r->flags = 0;
	if (fp_ace_has_ports(ace))
		r->flags |= FP_ACL_R_PORTS;
	if (ace->proto != FP_ACL_PROTO_ANY)
		r->flags |= FP_ACL_R_PROTO;
	if (ace->action == FP_ACE_DENY)
		r->flags |= FP_ACL_R_DENY;
	r->src_len = ace->src_len;
	r->dst_len = ace->dst_len;
	fp_acl_pack_addr(r->addr, words, &ace->src);
	fp_acl_pack_addr(r->addr + words, words, &ace->dst);
}

/* The first entry that no longer fits once the nodes have their room. */
static u32 fp_acl_first_beyond(const struct fp_acl_job *job, size_t room)
{
	size_t fit4 = room / (fp_acl_rule_words(0) * sizeof(u32));
	size_t fit6;

	if (fit4 < job->fam[0].nrules)
		return job->order[0][fit4];
	room -= job->fam[0].nrules * fp_acl_rule_words(0) * sizeof(u32);
	fit6 = room / (fp_acl_rule_words(1) * sizeof(u32));
	return job->order[1][fit6];
}

static void fp_acl_pack_all(struct fp_acl_job *job,
			    struct fp_acl_compiled *acl, u32 *rules)
{
	u32 f, i, prio;

	for (f = 0; f < 2; f++) {
		acl->fam[f] = job->fam[f];
		acl->fam[f].rules = rules;
		for (i = 0; i < job->fam[f].nrules; i++) {
			prio = job->order[f][i];
			fp_acl_pack_rule((struct fp_acl_rule *)rules,
					 fp_acl_words(f), prio,
					 &job->aces[prio]);
			rules += fp_acl_rule_words(f);
		}
	}
}

static int fp_acl_pack(struct fp_acl_job *job, struct fp_acl_compiled **out)
{
	const struct fp_acl_forest *forest = &job->forest;
	size_t nodes, rules, bytes, head;
	struct fp_acl_compiled *acl;
	u8 *p;

	/* Nodes begin on a cache line, wherever the allocator put us. */
	head = sizeof(*acl) + sizeof(struct fp_acl_node);
	nodes = (size_t)forest->nnodes * sizeof(struct fp_acl_node);
	rules = ((size_t)job->fam[0].nrules * fp_acl_rule_words(0) +
		 (size_t)job->fam[1].nrules * fp_acl_rule_words(1)) *
		sizeof(u32);
	bytes = head + nodes + rules;
	if (bytes > job->max_bytes)
		return fp_acl_refuse(forest->err, -E2BIG,
				     fp_acl_first_beyond(job, job->max_bytes -
							 head - nodes),
				     "list passes its memory limit at this entry; split the list or raise the limit");
	acl = fp_acl_alloc(job, 1, bytes);
	if (!acl)
		return -ENOMEM;
	memset(acl, 0, head);
	acl->mem = *forest->mem;
	acl->bytes = bytes;
	p = (u8 *)(acl + 1);
	p += -(uintptr_t)p % sizeof(struct fp_acl_node);
	if (nodes)
		memcpy(p, forest->nodes, nodes);
	acl->nodes = (const struct fp_acl_node *)p;
	acl->nnodes = forest->nnodes;
	acl->depth = forest->depth;
	acl->refs = forest->refs;
	fp_acl_pack_all(job, acl, (u32 *)(p + nodes));
	*out = acl;
	return 0;
}

static int fp_acl_start(struct fp_acl_job *job,
			const struct fp_acl_limits *limits)
{
	size_t head = sizeof(struct fp_acl_compiled) +
		      sizeof(struct fp_acl_node);
	u32 max = FP_ACL_MAX_ENTRIES;
	size_t nodes;

	job->max_bytes = FP_ACL_DEFAULT_BYTES;
	if (limits && limits->max_bytes)
		job->max_bytes = limits->max_bytes;
	if (limits && limits->max_entries && limits->max_entries < max)
		max = limits->max_entries;
	if (job->n > max)
		return fp_acl_refuse(job->forest.err, -E2BIG, max,
				     "more entries than a list may have; split the list or raise the limit");
	if (job->max_bytes < head)
		return fp_acl_refuse(job->forest.err, -E2BIG, FP_ACL_NO_INDEX,
				     "memory limit does not hold an empty list; raise it");
	nodes = (job->max_bytes - head) / sizeof(struct fp_acl_node);
	job->forest.max_nodes = nodes < FP_ACL_MAX_NODES ? nodes :
							   FP_ACL_MAX_NODES;
	return 0;
}

static int fp_acl_run(struct fp_acl_job *job, struct fp_acl_compiled **out)
{
	int ret;

	ret = fp_acl_check_all(job);
	if (ret)
		return ret;
	job->order[0] = fp_acl_alloc(job, job->n, sizeof(u32));
	job->order[1] = fp_acl_alloc(job, job->n, sizeof(u32));
	job->slot = fp_acl_alloc(job, job->n, sizeof(u32));
	if (!job->order[0] || !job->order[1] || !job->slot)
		return -ENOMEM;
	ret = fp_acl_compile_family(job, 0);
	if (!ret)
		ret = fp_acl_compile_family(job, 1);
	if (!ret)
		ret = fp_acl_pack(job, out);
	return ret;
}

/**
 * fp_acl_compile() - make a list quick to look up
 * @aces: the entries, in order
 * @n: how many
 * @mem: callbacks for memory; copied into the compiled list
 * @limits: what the list may cost; NULL for the defaults
 * @out: the compiled list, to be freed by fp_acl_free(); NULL where it fails
 * @err: says which entry and why where it fails
 *
 * The compiled list does not refer to @aces. It is never changed afterwards,
 * so that it can be published by RCU.
 *
 * Context: may sleep, as far as the callbacks do.
 *
 * Return: 0; -EINVAL: an entry makes no sense; -E2BIG: the list passes a limit
 * (@err names the entry); -ENOMEM; what @mem->relax returned.
 */
int fp_acl_compile(const struct fp_ace *aces, u32 n,
		   const struct fp_acl_mem *mem,
		   const struct fp_acl_limits *limits,
		   struct fp_acl_compiled **out, struct fp_acl_error *err)
{
	struct fp_acl_job job;
	int ret;

	*out = NULL;
	memset(&job, 0, sizeof(job));
	memset(err, 0, sizeof(*err));
	err->index = FP_ACL_NO_INDEX;
	job.aces = aces;
	job.n = n;
	job.forest.mem = mem;
	job.forest.err = err;
	ret = fp_acl_start(&job, limits);
	if (!ret)
		ret = fp_acl_run(&job, out);
	if (ret == -ENOMEM)
		fp_acl_refuse(err, ret, FP_ACL_NO_INDEX, fp_acl_text_nomem);
	fp_acl_release(&job, job.slot);
	fp_acl_release(&job, job.order[1]);
	fp_acl_release(&job, job.order[0]);
	fp_acl_release(&job, job.forest.nodes);
	return ret;
}

#ifdef FEDPAT_SELFTEST
#include "selftest/acl.c"
#endif
