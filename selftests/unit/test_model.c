// SPDX-License-Identifier: GPL-2.0
/*
 * The policy model: its tables say what the spec says; objects survive the way
 * to the kernel and back; the steps from one policy to another lead there.
 */
#include <kselftest.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <string.h>

#include "attr_names.h"
#include "fpnl.h"
#include "model.h"
#include "text.h"

static u32 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* --- tables against the spec --- */

static bool row_is_named(const struct fp_kind *kind, u16 id, const char *name)
{
	u8 i;

	for (i = 0; i < kind->n_rows; i++)
		if (kind->rows[i].id == id)
			return !strcmp(kind->rows[i].name, name);
	/* The id of a transaction is no attribute of the object. */
	return !strcmp(name, "txn") && kind->id < FP_K_POLICY_COUNT;
}

static bool check_kind(const struct fp_kind *kind, u8 cmd)
{
	const struct fp_op_name *op = &fp_op_names[cmd];
	bool ok = true;
	int id;

	for (id = 1; id <= op->max; id++) {
		if (op->attrs[id] && !row_is_named(kind, (u16)id, op->attrs[id])) {
			ksft_print_msg("%s: attribute %s is not in the table\n", kind->word,
				       op->attrs[id]);
			ok = false;
		}
	}
	return ok;
}

static void test_tables(void)
{
	static const u8 others[FP_K_COUNT] = {
		[FP_K_NOTICE] = FEDPAT_CMD_NOTICE_NTF,
		[FP_K_TXN] = FEDPAT_CMD_TXN_BEGIN,
		[FP_K_TXN_ERROR] = FEDPAT_CMD_TXN_ERRORS,
	};
	bool names = true, rows = true;
	const struct fp_kind *kind;
	int k, r;

	for (k = 0; k < FP_K_COUNT; k++) {
		kind = &fp_kinds[k];
		names &= kind->id == k && kind->n_rows < 63 &&
			 check_kind(kind, others[k] ? others[k] : kind->cmd_get);
		for (r = 0; r < kind->n_rows; r++) {
			rows &= kind->rows[r].help && kind->rows[r].off < kind->size;
			rows &= kind->rows[r].type != FP_T_ENUM ||
				kind->rows[r].words[kind->rows[r].max + 1] == NULL;
		}
	}
	ksft_test_result(names, "every attribute of the spec has its row\n");
	ksft_test_result(rows, "every row has help, a place and its words\n");
}

/* --- to the kernel and back --- */

static void random_value(struct fp_obj *obj, const struct fp_attr *a)
{
	struct fp_cidr c = { .addr = { .family = rnd(2) ? 4 : 6, .b = { 192, 0, 2 } }, .len = 24 };
	struct fp_endpoint e = { .addr = c.addr, .port = (u16)rnd(65536) };
	u8 key[FEDPAT_KEY_LEN];
	char text[24];
	u32 n;

	snprintf(text, sizeof(text), "/a%u.example.net", rnd(1000));
	memset(key, (int)rnd(256), sizeof(key));
	switch (a->type) {
	case FP_T_STR:
		fp_obj_set_str(obj, a->id, text);
		break;
	case FP_T_STRS:
		for (n = rnd(4) + 1; n; n--)
			fp_obj_add_str(obj, a->id, text);
		break;
	case FP_T_ADDR:
		fp_obj_set_addr(obj, a->id, &c.addr);
		break;
	case FP_T_ADDRS:
		fp_obj_add_addr(obj, a->id, &c.addr);
		break;
	case FP_T_CIDR:
		fp_obj_set_cidr(obj, a->id, &c);
		break;
	case FP_T_CIDRS:
		fp_obj_add_cidr(obj, a->id, &c);
		break;
	case FP_T_ENDPOINT:
		fp_obj_set_endpoint(obj, a->id, &e);
		break;
	case FP_T_KEY:
		fp_obj_set_key(obj, a->id, key);
		break;
	case FP_T_U32S:
		fp_obj_add_u32(obj, a->id, rnd(100));
		break;
	default:
		fp_obj_set_num(obj, a->id, rnd((u32)(a->max < 60000 ? a->max + 1 : 60000)));
	}
}

static struct fp_obj *random_object(enum fp_kind_id kind, u32 chance)
{
	struct fp_obj *obj = fp_obj_alloc(kind, NULL);
	const struct fp_attr *a;
	u8 i;

	for (i = 0; i < obj->kind->n_rows; i++) {
		a = &obj->kind->rows[i];
		if (a->flags & FP_A_ANSWER || rnd(100) >= chance)
			continue;
		/* A version goes with its key, which is the row before. */
		if (a->flags & FP_A_DERIVED && !fp_obj_gave(obj, a - 1))
			continue;
		random_value(obj, a);
	}
	fp_obj_plain(obj);
	return obj;
}

static bool same_print(const struct fp_obj *a, const struct fp_obj *b)
{
	char x[4096] = "", y[4096] = "";
	FILE *f = fmemopen(x, sizeof(x), "w"), *g = fmemopen(y, sizeof(y), "w");
	u8 i;

	for (i = 0; i < a->kind->n_rows; i++) {
		if (a->kind->rows[i].flags & FP_A_ANSWER)
			continue;
		fp_obj_print(a, &a->kind->rows[i], ",", false, f);
		fp_obj_print(b, &b->kind->rows[i], ",", false, g);
	}
	fclose(f);
	fclose(g);
	return !strcmp(x, y);
}

static bool way_and_back(enum fp_kind_id kind, u32 chance)
{
	struct fp_obj *a = random_object(kind, chance), *b = fp_obj_alloc(kind, NULL), *c;
	size_t room = fp_obj_encode_room(a);
	char *buf = malloc(room + 64);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	bool ok;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	fp_obj_encode(a, nlh);
	c = fp_obj_copy(a);
	ok = nlh->nlmsg_len <= room + 64 && !fp_obj_decode(b, nlh) && same_print(c, a);
	ok &= fp_obj_equal(a, b) && fp_obj_equal(b, a) && same_print(a, b);
	fp_obj_free(a);
	fp_obj_free(b);
	fp_obj_free(c);
	free(buf);
	return ok;
}

static void test_way_and_back(void)
{
	bool ok;
	int k, i;

	for (k = 0; k < FP_K_COUNT; k++) {
		for (ok = true, i = 0; i < 200; i++)
			ok &= way_and_back(k, i < 100 ? 100 : 50);
		ksft_test_result(ok, "%s: encoded and decoded it is the same\n", fp_kinds[k].word);
	}
}

static void test_garbage(void)
{
	char buf[512] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = (void *)buf;
	struct fp_obj *obj;
	u32 i, n;
	int k;

	for (i = 0; i < 200000; i++) {
		for (n = 0; n < sizeof(buf); n++)
			buf[n] = (char)(rnd(4) ? rnd(8) : rnd(256));
		nlh->nlmsg_len = rnd(sizeof(buf) + 1);
		if (nlh->nlmsg_len < 16)
			nlh->nlmsg_len = 16;
		/* Attributes that fit each other, as a kernel would send them. */
		for (n = 20; n + 4 < nlh->nlmsg_len; n += 4 + rnd(16) / 4 * 4)
			*(u16 *)(buf + n) = (u16)(4 + rnd(40));
		k = (int)rnd(FP_K_COUNT);
		obj = fp_obj_alloc(k, NULL);
		fp_obj_decode(obj, nlh);
		fp_obj_free(obj);
	}
	ksft_test_result(true, "malformed messages do no harm\n");
}

/* --- from one policy to another --- */

static struct fp_obj_ace *random_ace(u32 variety)
{
	struct fp_obj_ace *ace = (struct fp_obj_ace *)fp_obj_alloc(FP_K_ACE, NULL);

	fp_obj_set_str(&ace->o, FEDPAT_A_ACE_ACL, "list");
	fp_obj_set_num(&ace->o, FEDPAT_A_ACE_ACTION, rnd(2));
	fp_obj_set_num(&ace->o, FEDPAT_A_ACE_PROTO, 6);
	fp_obj_set_num(&ace->o, FEDPAT_A_ACE_DPORT_LO, rnd(variety));
	return ace;
}

static struct fp_obj_acl *random_acl(u32 n, u32 variety)
{
	struct fp_obj_acl *acl = (struct fp_obj_acl *)fp_obj_alloc(FP_K_ACL, "list");

	while (n--)
		fp_acl_add_ace(acl, random_ace(variety), 0);
	return acl;
}

static bool same_model(const struct fp_model *a, const struct fp_model *b)
{
	struct fp_ops ops = { 0 };
	bool same;

	fp_model_diff(a, b, &ops);
	same = !ops.n;
	fp_ops_free(&ops);
	return same;
}

static bool same_list(const struct fp_obj_acl *a, const struct fp_obj_acl *b)
{
	u32 i;

	if (a->n_aces != b->n_aces)
		return false;
	for (i = 0; i < a->n_aces; i++)
		if (!fp_obj_equal(&a->aces[i]->o, &b->aces[i]->o))
			return false;
	return true;
}

static bool leads_there(struct fp_model *from, struct fp_model *to)
{
	struct fp_ops ops = { 0 };
	struct fp_obj_acl *acl;
	bool ok;

	fp_model_diff(from, to, &ops);
	ok = !fp_model_apply(from, &ops, NULL);
	fp_ops_free(&ops);
	acl = (struct fp_obj_acl *)fp_model_find(to, FP_K_ACL, "list");
	ok &= same_model(from, to);
	if (acl) /* not by the code under test alone */
		ok &= same_list((struct fp_obj_acl *)fp_model_find(from, FP_K_ACL, "list"), acl);
	return ok;
}

static void test_diff_lists(void)
{
	struct fp_model *from, *to;
	bool ok = true;
	int i;

	for (i = 0; i < 2000; i++) {
		from = fp_model_alloc();
		to = fp_model_alloc();
		if (i % 7)
			fp_model_add(from, &random_acl(rnd(30), 1 + rnd(20))->o);
		fp_model_add(to, &random_acl(rnd(30), 1 + rnd(20))->o);
		ok &= leads_there(from, to);
		fp_model_free(from);
		fp_model_free(to);
	}
	ksft_test_result(ok, "steps between random access lists lead there\n");
}

static void test_diff_few(void)
{
	struct fp_model *from = fp_model_alloc(), *to;
	struct fp_ops ops = { 0 };
	struct fp_obj_acl *acl;
	bool ok;

	fp_model_add(from, &random_acl(1000, 60000)->o);
	to = fp_model_copy(from);
	acl = (struct fp_obj_acl *)fp_model_find(to, FP_K_ACL, "list");
	fp_acl_del_ace(acl, 500);
	fp_acl_add_ace(acl, random_ace(60000), 17);
	fp_acl_add_ace(acl, random_ace(60000), 0);
	fp_model_diff(from, to, &ops);
	ok = ops.n == 3 && ops.v[0].type == FP_OP_DEL && ops.v[0].line == 500;
	ok = ok && ops.v[1].line == 17 && ops.v[2].line == 0;
	ksft_test_result(ok, "one entry out and two in are three steps\n");
	fp_ops_free(&ops);
	ksft_test_result(leads_there(from, to), "which lead there\n");
	fp_model_free(from);
	fp_model_free(to);
}

static struct fp_model *random_model(void)
{
	struct fp_model *m = fp_model_alloc();
	struct fp_obj *obj;
	char name[16];
	int k, n;

	for (k = 0; k < FP_K_SETTINGS; k++) {
		if (k == FP_K_ACE)
			continue;
		for (n = (int)rnd(6); n; n--) {
			obj = random_object(k, 60);
			snprintf(name, sizeof(name), "o%u.example", rnd(8));
			fp_obj_set_str(obj, obj->kind->rows[0].id, name);
			if (fp_model_add(m, obj))
				fp_obj_free(obj);
		}
	}
	if (rnd(2))
		fp_model_add(m, &random_acl(rnd(10), 5)->o);
	return m;
}

static bool order_is_safe(const struct fp_ops *ops)
{
	int kind = 0;
	u32 i;

	/* Kinds rise while objects are made, then fall while they are deleted. */
	for (i = 0; i < ops->n && ops->v[i].type == FP_OP_NEW; i++) {
		if (ops->v[i].obj->kind->id == FP_K_ACE)
			continue;
		if (ops->v[i].obj->kind->id < kind)
			return false;
		kind = ops->v[i].obj->kind->id;
	}
	for (kind = FP_K_COUNT; i < ops->n; i++) {
		if (ops->v[i].type == FP_OP_NEW || ops->v[i].obj->kind->id > kind)
			return false;
		kind = ops->v[i].obj->kind->id;
	}
	return true;
}

static void test_diff_models(void)
{
	struct fp_model *from, *to, *copy;
	bool there = true, safe = true, same = true;
	struct fp_ops ops;
	int i;

	for (i = 0; i < 500; i++) {
		from = random_model();
		to = random_model();
		copy = fp_model_copy(from);
		same &= same_model(from, copy) && same_model(copy, from);
		memset(&ops, 0, sizeof(ops));
		/* Entries are deleted among the new objects: look at models without. */
		if (!fp_model_find(from, FP_K_ACL, "list")) {
			fp_model_diff(from, to, &ops);
			safe &= order_is_safe(&ops);
			fp_ops_free(&ops);
		}
		there &= leads_there(from, to);
		fp_model_free(from);
		fp_model_free(to);
		fp_model_free(copy);
	}
	ksft_test_result(same, "a copy is no change\n");
	ksft_test_result(safe, "no step names an object that is not there\n");
	ksft_test_result(there, "steps between random policies lead there\n");
}

/* --- words --- */

static void test_attr_name(void)
{
	char buf[256] __attribute__((aligned(8))), name[64];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	struct nlattr *nest;
	u32 at, inner;
	bool ok;

	genl->cmd = FEDPAT_CMD_STATIC_PAT_NEW;
	mnl_attr_put_strz(nlh, FEDPAT_A_STATIC_PAT_NAME, "x");
	at = nlh->nlmsg_len;
	nest = mnl_attr_nest_start(nlh, FEDPAT_A_STATIC_PAT_NODE);
	mnl_attr_put_u32(nlh, FEDPAT_A_ENDPOINT_ADDR, 1);
	inner = nlh->nlmsg_len;
	mnl_attr_put_u16(nlh, FEDPAT_A_ENDPOINT_PORT, 1);
	mnl_attr_nest_end(nlh, nest);
	ksft_test_result(fpnl_attr_name(nlh, at, name, sizeof(name)) && !strcmp(name, "node"),
			 "an offset becomes the name of an attribute\n");
	ok = fpnl_attr_name(nlh, inner, name, sizeof(name));
	ksft_test_result(ok && !strcmp(name, "node.port"), "and of one in a nest\n");
	ksft_test_result(!fpnl_attr_name(nlh, nlh->nlmsg_len, name, sizeof(name)),
			 "an offset beyond the end names nothing\n");
}

static bool good(const char *why)
{
	return !why;
}

static void test_endpoint(void)
{
	struct fp_endpoint e;
	char buf[64];
	bool ok;

	ok = good(fp_txt_endpoint("[2001:db8::11]:5062", &e)) && e.port == 5062;
	ok &= !strcmp(fp_endpoint_str(&e, buf), "[2001:db8::11]:5062");
	ok &= !good(fp_txt_endpoint("2001:db8::11:5062", &e));
	ok &= !good(fp_txt_endpoint("192.0.2.1:0", &e));
	ok &= !good(fp_txt_endpoint("192.0.2.1", &e));
	ok &= !good(fp_txt_endpoint("192.0.2.1:65536", &e));
	ksft_test_result(ok, "endpoints\n");
}

static void test_cidr(void)
{
	struct fp_cidr c;
	bool ok;

	ok = good(fp_txt_cidr("192.0.2.0/24", &c)) && c.len == 24;
	ok &= !good(fp_txt_cidr("192.0.2.1/24", &c));
	ok &= !good(fp_txt_cidr("192.0.2.0/33", &c));
	ok &= !good(fp_txt_cidr("2001:db8::/129", &c));
	ok &= good(fp_txt_cidr("2001:db8::/32", &c));
	ok &= good(fp_txt_cidr("any6", &c)) && c.addr.family == 6 && !c.len;
	ksft_test_result(ok, "prefixes\n");
}

static void test_ports(void)
{
	u16 lo, hi;
	bool ok;

	ok = good(fp_txt_ports("5060-5062", &lo, &hi)) && lo == 5060 && hi == 5062;
	ok &= !good(fp_txt_ports("5062-5060", &lo, &hi));
	ok &= !good(fp_txt_ports("-1", &lo, &hi)) && !good(fp_txt_ports("5060-", &lo, &hi));
	ok &= !good(fp_txt_ports("99999", &lo, &hi));
	ksft_test_result(ok, "ports\n");
}

static void test_number(void)
{
	bool ok;
	u64 n;

	ok = good(fp_txt_number("64K", FP_U_BYTES, 0, UINT64_MAX, &n)) && n == 65536;
	ok &= good(fp_txt_number("8s", FP_U_MS, 0, 9000, &n)) && n == 8000;
	ok &= !good(fp_txt_number("18446744073709551616", FP_U_NONE, 0, UINT64_MAX, &n));
	ok &= !good(fp_txt_number("99999999999999999G", FP_U_BYTES, 0, UINT64_MAX, &n));
	ok &= !good(fp_txt_number("5x", FP_U_NONE, 0, 9, &n));
	ok &= !good(fp_txt_number("", FP_U_NONE, 0, 9, &n));
	ok &= !good(fp_txt_number("-1", FP_U_NONE, 0, 9, &n));
	ksft_test_result(ok, "numbers\n");
}

static void test_names(void)
{
	bool ok;

	ok = good(fp_txt_check("a.example", FP_S_FQDN, 255));
	ok &= !good(fp_txt_check("abc.1om", FP_S_FQDN, 255));
	ok &= !good(fp_txt_check("-a.example", FP_S_FQDN, 255));
	ok &= !good(fp_txt_check("a..example", FP_S_FQDN, 255));
	ok &= !good(fp_txt_check("example", FP_S_FQDN, 255));
	ok &= good(fp_txt_check("*.example.net", FP_S_DOMAIN, 255));
	ok &= !good(fp_txt_check("*.example.net", FP_S_FQDN, 255));
	ok &= good(fp_txt_check(".corp.example", FP_S_SUFFIX, 255));
	ok &= good(fp_txt_check("\303\244 \342\202\254", FP_S_ANY, 255));
	ok &= !good(fp_txt_check("\302\233", FP_S_ANY, 255));	/* CSI */
	ok &= !good(fp_txt_check("\300\257", FP_S_ANY, 255));	/* too long a form */
	ok &= !good(fp_txt_check("a\377", FP_S_ANY, 255));
	ok &= !good(fp_txt_check("a\303", FP_S_ANY, 255));
	ksft_test_result(ok, "names and texts\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(2 + FP_K_COUNT + 1 + 6 + 3 + 5);
	test_tables();
	test_way_and_back();
	test_garbage();
	test_diff_lists();
	test_diff_few();
	test_diff_models();
	test_attr_name();
	test_endpoint();
	test_cidr();
	test_ports();
	test_number();
	test_names();
	ksft_finished();
}
