// SPDX-License-Identifier: GPL-2.0
/*
 * siege [OPTION...] KIND...: bad peers, hundreds at once, around a real gateway in the
 * world of selftests/e2e/world.sh. Of each kind in turn, or of all: "hello", "record",
 * "flood" stand for the kinds of selftests/net/siegers/<that>.c.
 *
 *	--pki DIR	certificates, made by selftests/e2e/pki.sh
 *	--to ADDRESS	that is attacked; --port PORT
 *	--from ADDRESS	first one of ours; --sources N how many there are
 *	--total N	peers in all
 *	--parallel N	at once; --busy N of these that do not merely stay
 *	--plain		without TLS
 *	--list		print the kinds and end
 *
 * Prints what became of each kind, then "reason NAME COUNT" for each counter that must
 * have moved, and by how much at least. Its status is 0 when every peer ended as it
 * should: by the gateway's doing, or having done what it wanted.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include "siegers/siege.h"

#define MAX_KINDS	80
#define MAX_PEERS	4096
#define LIMIT		30	/* s that a peer may take on a real machine */
#define TURN		50	/* ms */
#define RAMP		20	/* peers that begin in a turn */

struct siege_options siege = {
	.to = "203.0.113.10", .port = 5061, .from = "198.51.100.100", .sources = 16,
	.total = 100, .parallel = 50, .busy = 32,
};

/**
 * struct score - what became of the peers of a kind
 * @kind: the kind
 * @begun: how many there were
 * @right: ended as they should
 * @early: the gateway ended them and should not have
 * @late: the gateway did not end them
 * @slowest: what the slowest took (s)
 */
struct score {
	const struct kind *kind;
	unsigned int begun;
	unsigned int right;
	unsigned int early;
	unsigned int late;
	double slowest;
};

static struct score score[MAX_KINDS];
static unsigned int kinds, begun, ended, most, busy;
static struct peer *peers;
static int epoll;

/* --- the command line ----------------------------------------------------- */

static const struct {
	const char *name;
	const struct kind *kinds;
} groups[] = {
	{ "hello", hello_kinds },
	{ "record", record_kinds },
	{ "flood", flood_kinds },
};

#define GROUPS	(sizeof(groups) / sizeof(*groups))

static void add_kinds(const char *name)
{
	unsigned int before = kinds;

	for (size_t g = 0; g < GROUPS; g++)
		for (const struct kind *k = groups[g].kinds; k->name; k++)
			if (!strcmp(name, groups[g].name) || !strcmp(name, k->name))
				score[kinds++].kind = k;
	if (kinds == before)
		siege_die("'%s' is no kind of peer; try --list", name);
}

static void list(void)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct kind *k = groups[g].kinds; k->name; k++)
			printf("%s %s %s\n", groups[g].name, k->name, k->reason ?: "-");
	exit(0);
}

static unsigned int number(const char *s)
{
	int n = atoi(s);

	if (n <= 0)
		siege_die("'%s' is no number", s);
	return (unsigned int)n;
}

static void option(const char *name, const char *value)
{
	if (!strcmp(name, "--pki"))
		siege.pki = value;
	else if (!strcmp(name, "--to"))
		siege.to = value;
	else if (!strcmp(name, "--port"))
		siege.port = number(value);
	else if (!strcmp(name, "--from"))
		siege.from = value;
	else if (!strcmp(name, "--sources"))
		siege.sources = number(value);
	else if (!strcmp(name, "--total"))
		siege.total = number(value);
	else if (!strcmp(name, "--parallel"))
		siege.parallel = number(value);
	else if (!strcmp(name, "--busy"))
		siege.busy = number(value);
	else
		siege_die("unknown option '%s'", name);
}

static void options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--list"))
			list();
		else if (!strcmp(argv[i], "--plain"))
			siege.plain = true;
		else if (*argv[i] != '-')
			add_kinds(argv[i]);
		else if (i + 1 < argc)
			option(argv[i], argv[i + 1]), i++;
		else
			siege_die("%s wants a value", argv[i]);
	}
	if (!kinds || !siege.pki || siege.parallel > MAX_PEERS)
		siege_die("usage: siege --pki DIR [OPTION...] KIND...");
}

/* --- the siege ------------------------------------------------------------ */

/* A call costs more than it looks where the kernel is a process: only for a change. */
static void watch(struct peer *p, int op)
{
	struct epoll_event e = { .data.ptr = p };

	e.events = (p->deaf ? 0 : EPOLLIN) | (peer_wants_out(p) ? EPOLLOUT : 0);
	if (e.events == p->events)
		return;
	p->events = e.events;
	epoll_ctl(epoll, op, p->fd, &e);
}

/* Those that stay as they are now cost the gateway nothing but memory. */
static bool is_busy(const struct peer *p)
{
	return !p->kind->slow || (p->kind->ends == 'o' && !p->is_up);
}

/* The next kind in turn that is slow, or is not. Return: NULL where there is no room. */
static struct score *next_kind(bool slow)
{
	static unsigned int at[2];

	for (unsigned int i = 0; i < kinds; i++) {
		struct score *s = &score[at[slow] % kinds];
		bool shakes = !slow || s->kind->ends == 'o';

		if (s->kind->slow == slow && shakes && busy >= siege.busy)
			return NULL;
		at[slow]++;
		if (s->kind->slow == slow)
			return s;
	}
	return NULL;
}

static void begin_one(struct peer *p)
{
	/* One that is slow after one that is not, as far as there is room for either. */
	struct score *s = next_kind(begun % 2) ?: next_kind(begun % 2 == 0);

	if (!s)
		return;
	if (!peer_begin(p, s->kind, begun))
		exit(1);
	p->score = s;
	begun++;
	s->begun++;
	busy += is_busy(p);
	watch(p, EPOLL_CTL_ADD);
}

static double limit(void)
{
	const char *slow = getenv("FEDPAT_SLOW");

	return LIMIT * (slow ? number(slow) : 1);
}

/* The first of each fate is told of, so that a failure says more than a number. */
static void complain(const struct peer *p, const char *what)
{
	const struct score *s = p->score;

	if (s->early + s->late == 1)
		printf("%s %s: step %u, %u left, %s, %u answers, the last %d\n", p->kind->name,
		       what, p->step, p->left, p->is_up ? "up" : "shaking hands", p->answers,
		       p->status);
}

static void judge(struct peer *p, bool timed_out)
{
	struct score *s = p->score;
	double took = siege.now - p->since;

	if (took > s->slowest)
		s->slowest = took;
	if (timed_out) {
		s->late++;
		complain(p, "did not end");
	} else if (p->good || s->kind->ends == 'g') {
		s->right++;
	} else {
		s->early++;
		complain(p, "was ended by the gateway");
	}
	ended++;
	peer_free(p);
}

static void look_at(struct peer *p)
{
	peer_tick(p);
	if (p->over)
		judge(p, false);
	else if (siege.now - p->since > limit())
		judge(p, true);
	else
		watch(p, EPOLL_CTL_MOD);
}

static void turn(void)
{
	struct epoll_event e[256];
	int n = epoll_wait(epoll, e, 256, TURN);

	siege_tick();
	for (int i = 0; i < n; i++)
		peer_ready(e[i].data.ptr, e[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR),
			   e[i].events & (EPOLLOUT | EPOLLERR));
}

/* Those that are slow have their hands shaken meanwhile: count anew. */
static void look_at_all(void)
{
	busy = 0;
	for (struct peer *p = peers; p < peers + siege.parallel; p++) {
		if (p->fd >= 0)
			look_at(p);
		if (p->fd >= 0)
			busy += is_busy(p);
	}
}

static void begin_some(void)
{
	unsigned int limit = begun + RAMP;

	for (struct peer *p = peers; p < peers + siege.parallel; p++)
		if (p->fd < 0 && begun < siege.total && begun < limit)
			begin_one(p);
}

static void run(void)
{
	while (ended < siege.total) {
		look_at_all();
		begin_some();
		if (begun - ended > most)
			most = begun - ended;
		turn();
	}
}

/* --- what it was ---------------------------------------------------------- */

static unsigned int expected(const char *reason)
{
	unsigned int sum = 0;

	for (struct score *s = score; s < score + kinds; s++)
		if (s->kind->reason && !strcmp(s->kind->reason, reason))
			sum += s->right * (s->kind->count ?: 1);
	return sum;
}

static bool told_before(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (score[i].kind->reason && !strcmp(score[i].kind->reason, score[n].kind->reason))
			return true;
	return false;
}

/* Return: how many did not end as they should. */
static unsigned int tell(double took)
{
	unsigned int wrong = 0;

	for (struct score *s = score; s < score + kinds; s++) {
		printf("%-22s %5u peers, %u as they should, slowest %.1f s", s->kind->name,
		       s->begun, s->right, s->slowest);
		if (s->early + s->late)
			printf(", %u ENDED TOO EARLY, %u NOT ENDED", s->early, s->late);
		puts("");
		wrong += s->early + s->late;
	}
	printf("%u peers, up to %u at once, in %.1f s; %u not as they should\n", ended, most, took,
	       wrong);
	for (unsigned int i = 0; i < kinds; i++)
		if (score[i].kind->reason && !told_before(i))
			printf("reason %s %u\n", score[i].kind->reason,
			       expected(score[i].kind->reason));
	return wrong;
}

int main(int argc, char **argv)
{
	double since;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	options(argc, argv);
	peer_ctx_init();
	peers = calloc(siege.parallel, sizeof(*peers));
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!peers || epoll < 0)
		siege_die("no memory");
	for (unsigned int i = 0; i < siege.parallel; i++)
		peers[i].fd = -1;
	since = siege_tick();
	run();
	return tell(siege.now - since) != 0;
}
