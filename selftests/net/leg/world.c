// SPDX-License-Identifier: GPL-2.0
/* The policy of the leg tests; counters, status and events of the kernel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <setjmp.h>
#include <unistd.h>
#include "leglib.h"
#include "policy_file.h"

static __attribute__((noreturn)) void die(struct world *w, const char *what)
{
	printf("Bail out! %s: %s\n", what, last_error(w));
	exit(KSFT_FAIL);
}

const char *last_error(struct world *w)
{
	static char line[1024];
	char *text;

	if (!w->errs.n)
		return "no reason given";
	text = fp_err_line(&w->errs.v[0]);
	snprintf(line, sizeof(line), "%s", text ? text : "?");
	free(text);
	return line;
}

void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	if (fpnl_open(&w->nl, &w->errs) || fpnl_open(&w->ev, &w->errs))
		die(w, "netlink");
	if (fpnl_subscribe(w->ev, &w->errs))
		die(w, "events");
}

void world_close(struct world *w)
{
	notices_drop(w);
	fpnl_close(w->nl);
	fpnl_close(w->ev);
	fp_errs_free(&w->errs);
}

/* --- policy --------------------------------------------------------------- */

static const char policy_head[] =
	"zone:\n"
	"  inside: { role: inside, interface: [in0] }\n"
	"  outside: { role: outside, interface: [out0] }\n"
	"federation:\n"
	"  contoso:\n"
	"    place: asa\n"
	"    public-fqdn: sip.example.com\n"
	"    public-addr: [" GW_PUBLIC ", '" GW_PUBLIC6 "']\n"
	"    inside-addr: " GW_INSIDE "\n"
	"    local-domain: [example.com]\n"
	"    inside-prefix: [10.0.0.0/24, 'fd00::/64']\n"
	"    inside-name: [.corp.example.com]\n"
	"    inspect: sip\n"
	"  chat: { public-addr: [" GW_PUBLIC "], local-domain: [chat.example.com],\n"
	"    inspect: chat }\n"
	"static-pat:\n"
	"  imp1: { federation: contoso, proto: tcp, zone: outside, order: 1,\n"
	"    public: '" GW_PUBLIC ":5061', node: '" NODE1 ":5062' }\n"
	"  imp2: { federation: contoso, proto: tcp, zone: outside, order: 2,\n"
	"    public: '" GW_PUBLIC ":45062', node: '" NODE2 ":5062' }\n"
	"  imp6: { federation: contoso, proto: tcp, zone: outside, order: 3,\n"
	"    public: '[" GW_PUBLIC6 "]:5061', node: '[" NODE6 "]:5062' }\n"
	"node:\n"
	"  imp1: { federation: contoso, listener: '" NODE1 ":5062', transport: tls,\n"
	"    routing: true }\n"
	"  imp2: { federation: contoso, listener: '" NODE2 ":5062', transport: tls }\n"
	"  imp6: { federation: contoso, listener: '[" NODE6 "]:5062', transport: tls }\n"
	"  chat1: { federation: chat, listener: '" NODE1 ":5269', transport: tcp }\n";

static const struct {
	const char *name;
	const char *peer;
	const char *domain;
} policy_peers[] = {
	{ "partner",
	  "  partner: { federation: contoso, role: outside, subject: [edge.example.net],\n"
	  "    domain: [example.net], host: edge.example.net, addr: [" PARTNER "],\n"
	  "    transport: tls }\n",
	  "  example.net: { federation: contoso, peer: partner }\n" },
	{ "partner2",
	  "  partner2: { federation: contoso, role: outside, subject: [edge.example.org],\n"
	  "    domain: [example.org], host: edge.example.org, addr: [" PARTNER2 "],\n"
	  "    transport: tls }\n",
	  "  example.org: { federation: contoso, peer: partner2 }\n" },
	{ "tenants",
	  "  tenants: { federation: contoso, role: outside, subject: [sipfed.example.edu],\n"
	  "    domain: [a.example.edu, b.example.edu], transport: tls }\n",
	  "  a.example.edu: { federation: contoso, peer: tenants }\n"
	  "  b.example.edu: { federation: contoso, peer: tenants }\n" },
	{ "chat", "", "  chat.example.net: { federation: chat, tls: optional }\n" },
};

static void policy_write(FILE *f, const char *inspect, const char *without)
{
	bool holds = inspect && strstr(inspect, "hold-timeout");
	unsigned int i;

	fputs(policy_head, f);
	fputs("inspect:\n  chat: { type: xmpp, idle-timeout: 6 }\n", f);
	fprintf(f, "  sip: { type: sip%s%s%s }\n", holds ? "" : ", hold-timeout: 600",
		inspect ? ", " : "", inspect ? inspect : "");
	fputs("peer:\n", f);
	for (i = 0; i < ARRAY_SIZE(policy_peers); i++)
		if (!without || strcmp(without, policy_peers[i].name))
			fputs(policy_peers[i].peer, f);
	fputs("domain:\n  blocked.example: { federation: contoso, blocked: true }\n", f);
	for (i = 0; i < ARRAY_SIZE(policy_peers); i++)
		if (!without || strcmp(without, policy_peers[i].name))
			fputs(policy_peers[i].domain, f);
}

static struct fp_model *policy_model(struct world *w, const char *inspect, const char *without)
{
	char path[] = "/tmp/legtool.XXXXXX";
	u8 key[FEDPAT_KEY_LEN];
	struct fp_obj_federation *fed;
	struct fp_model *model;
	FILE *f = fdopen(mkstemp(path), "w");

	policy_write(f, inspect, without);
	fclose(f);
	if (fp_policy_load(path, &model, &w->errs))
		die(w, "policy");
	unlink(path);
	memset(key, 7, sizeof(key));
	fed = fp_find_federation(model, "contoso");
	fp_obj_set_key(&fed->o, FEDPAT_A_FEDERATION_KEY, key);
	fp_obj_set_num(&fed->o, FEDPAT_A_FEDERATION_KEY_VERSION, 1);
	return model;
}

/* The steps without those that take something away. */
static void ops_keep(struct fp_ops *ops)
{
	u32 i, n = 0;

	for (i = 0; i < ops->n; i++)
		if (ops->v[i].type != FP_OP_DEL)
			ops->v[n++] = ops->v[i];
	ops->n = n;
}

void world_policy(struct world *w, const char *inspect, const char *without)
{
	struct fp_model *next = policy_model(w, inspect, without);
	struct fp_model *running;
	struct fp_ops ops = { 0 };
	u32 generation;

	fp_errs_free(&w->errs);
	if (fp_model_load_kernel(w->nl, &running, &w->errs))
		die(w, "policy of the kernel");
	generation = running->generation;
	if (fp_model_diff(running, next, &ops))
		die(w, "difference of policies");
	if (w->keep)
		ops_keep(&ops);
	if (ops.n && fp_model_commit(w->nl, &ops, &generation, &w->errs))
		die(w, "commit");
	fp_ops_free(&ops);
	fp_model_free(running);
	fp_model_free(next);
}

void world_settings(struct world *w, u64 memory_cap, u32 max_legs)
{
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = fpnl_msg(w->nl, buf, FEDPAT_CMD_SETTINGS_SET, 0);

	if (memory_cap)
		mnl_attr_put_u64(nlh, FEDPAT_A_SETTINGS_MEMORY_CAP, memory_cap);
	if (max_legs)
		mnl_attr_put_u32(nlh, FEDPAT_A_SETTINGS_MAX_LEGS, max_legs);
	fp_errs_free(&w->errs);
	if (fpnl_call(w->nl, nlh, NULL, NULL, &w->errs))
		die(w, "settings");
}

/* --- counters and status -------------------------------------------------- */

struct find {
	const char *name;
	u64 value;
	bool found;
};

static int counter_row(struct fp_obj *obj, void *arg)
{
	struct fp_obj_counter *c = (struct fp_obj_counter *)obj;
	struct find *f = arg;

	if (c->o.name && !strcmp(c->o.name, f->name)) {
		f->value = c->value;
		f->found = true;
	}
	fp_obj_free(obj);
	return 0;
}

u64 counter(struct world *w, const char *name)
{
	struct find f = { .name = name };

	fp_errs_free(&w->errs);
	if (fp_dump(w->nl, FP_K_COUNTER, counter_row, &f, &w->errs) || !f.found)
		die(w, name);
	return f.value;
}

bool counter_moved(struct world *w, const char *name, u64 before, u64 by)
{
	long until = now_ms() + 5000;

	while (counter(w, name) < before + by) {
		if (now_ms() > until)
			return false;
		nap_ms(5);
	}
	return true;
}

static struct fp_obj_status *status(struct world *w)
{
	struct fp_obj_status *st;

	if (fp_get_status(w->nl, &st, &w->errs))
		die(w, "status");
	return st;
}

u64 status_memory(struct world *w)
{
	struct fp_obj_status *st = status(w);
	u64 v = st->memory;

	fp_obj_free(&st->o);
	return v;
}

u32 status_legs(struct world *w)
{
	struct fp_obj_status *st = status(w);
	u32 v = st->legs;

	fp_obj_free(&st->o);
	return v;
}

u32 status_held(struct world *w)
{
	struct fp_obj_status *st = status(w);
	u32 v = st->held;

	fp_obj_free(&st->o);
	return v;
}

static int leg_row(struct fp_obj *obj, void *arg)
{
	struct fp_obj_leg **want = arg;
	struct fp_obj_leg *leg = (struct fp_obj_leg *)obj;

	if (leg->id == (*want)->id && (*want)->fd == -1) {
		fp_obj_free(&(*want)->o);
		*want = leg;
	} else {
		fp_obj_free(obj);
	}
	return 0;
}

struct fp_obj_leg *leg_get(struct world *w, u32 id)
{
	struct fp_obj_leg *want = (struct fp_obj_leg *)fp_obj_alloc(FP_K_LEG, NULL);
	struct fp_obj_leg *mark = want;

	want->id = id;
	want->fd = -1;
	fp_errs_free(&w->errs);
	if (fp_dump(w->nl, FP_K_LEG, leg_row, &want, &w->errs))
		die(w, "leg-get");
	if (want != mark)
		return want;
	fp_obj_free(&want->o);
	return NULL;
}

bool all_quiet(struct world *w)
{
	long until = now_ms() + 8000;

	while (status_legs(w) || status_held(w) || status_memory(w)) {
		if (now_ms() > until) {
			ksft_print_msg("%u legs, %u held, %llu octets are left\n", status_legs(w),
				       status_held(w), (unsigned long long)status_memory(w));
			return false;
		}
		nap_ms(10);
	}
	return true;
}

/* --- a test -------------------------------------------------------------- */

static jmp_buf test_failed;

void lost(const char *func, int line, const char *text)
{
	ksft_print_msg("%s:%d: %s\n", func, line, text);
	longjmp(test_failed, 1);
}

bool test_run(const struct test *t, struct world *w)
{
	if (setjmp(test_failed))
		return false;
	return t->run(w);
}

/* --- events --------------------------------------------------------------- */

static void notice_keep(const struct fp_obj_notice *notice, void *arg)
{
	struct world *w = arg;

	if (w->n_notice == ARRAY_SIZE(w->notice))
		return;
	w->notice[w->n_notice++] = (struct fp_obj_notice *)fp_obj_copy(&notice->o);
}

static struct fp_obj_notice *notice_take(struct world *w, enum fedpat_event event, u32 leg)
{
	struct fp_obj_notice *n;
	unsigned int i;

	for (i = 0; i < w->n_notice; i++) {
		n = w->notice[i];
		if (n->event != event || (leg && n->leg != leg))
			continue;
		w->n_notice--;
		memmove(&w->notice[i], &w->notice[i + 1], (w->n_notice - i) * sizeof(*w->notice));
		return n;
	}
	return NULL;
}

static void notices_read(struct world *w, int ms)
{
	struct pollfd pfd = { .fd = fpnl_fd(w->ev), .events = POLLIN };

	if (poll(&pfd, 1, ms) > 0)
		fp_events(w->ev, notice_keep, w);
}

static struct fp_obj_notice *notice_of(struct world *w, enum fedpat_event event, u32 leg, int ms)
{
	long until = now_ms() + ms;
	struct fp_obj_notice *n;

	while (!(n = notice_take(w, event, leg))) {
		long left = until - now_ms();

		if (left <= 0)
			return NULL;
		notices_read(w, left);
	}
	return n;
}

struct fp_obj_notice *notice_wait(struct world *w, enum fedpat_event event, int ms)
{
	/* Short waits are for what must not come. */
	return notice_of(w, event, 0, ms < 1000 ? ms : patience_ms(ms));
}

void notices_drop(struct world *w)
{
	notices_read(w, 0);
	while (w->n_notice)
		fp_obj_free(&w->notice[--w->n_notice]->o);
}

bool leg_down(struct world *w, u32 leg, const char *reason)
{
	struct fp_obj_notice *n = notice_of(w, FEDPAT_EVENT_LEG_DOWN, leg,
					     patience_ms(5000));
	bool ok;

	if (!n) {
		ksft_print_msg("leg %u did not go down\n", leg);
		return false;
	}
	ok = n->reason && !strcmp(n->reason, reason);
	if (!ok)
		ksft_print_msg("leg %u went down for %s, not %s\n", leg,
			       n->reason ? n->reason : "no reason", reason);
	fp_obj_free(&n->o);
	return ok;
}
