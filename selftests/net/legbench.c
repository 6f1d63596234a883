// SPDX-License-Identifier: GPL-2.0
/*
 * What relaying costs: legbench MODE CONNECTIONS SECONDS [WINDOW] [KEYS]
 *
 * A client keeps WINDOW requests outstanding on each of its connections, a
 * responder answers. MODE says what lies between: "direct" nothing, "legs" the
 * stream plane with one leg to the node, "among" the same beside whatever policy
 * there is, "proxy" whatever listens on 203.0.113.10:5061 and connects to
 * 10.0.0.11:5062. Printed: round trips a second,
 * busy time of all CPUs for each, and percentiles of the round trip.
 *
 * Client and responder are one process each, so that what they cost is the same
 * in all modes; the cost of a mode is its busy time minus that of "direct".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "leg/leglib.h"

#define MAX_SAMPLES	1000000
#define BODY		360	/* makes the request 700 octets long */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Busy seconds of all CPUs since boot. */
static double busy(void)
{
	unsigned long long v[8] = { 0 };
	FILE *f = fopen("/proc/stat", "r");
	double ticks = sysconf(_SC_CLK_TCK);

	if (!f || fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2],
			 &v[3], &v[4], &v[5], &v[6], &v[7]) != 8)
		exit(1);
	fclose(f);
	return (v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / ticks;
}

/* --- the responder -------------------------------------------------------- */

static void respond(struct far *far)
{
	static char out[1 << 20];
	size_t n = 0;
	struct msg m;

	while (far_recv(far, &m, 0)) {
		char *answer = sip_answer(&m, 200);
		size_t len = strlen(answer);

		if (n + len > sizeof(out)) {
			far_send(far, out, n);
			n = 0;
		}
		memcpy(out + n, answer, len);
		n += len;
		free(answer);
	}
	if (n)
		far_send(far, out, n);
}

static void far_init(struct far *far, int fd)
{
	int on = 1;

	memset(far, 0, sizeof(*far));
	far->fd = fd;
	far->gw = -1;
	far->buf = malloc(2 << 20);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fp_framer_init(&far->framer, 1 << 20, 0, 0);
}

static void watch(int ep, int fd, void *ptr)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = ptr };

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

/* Serves what is connected, and what comes by the listener if there is one. */
static __attribute__((noreturn)) void responder(struct far *first, int listener)
{
	struct epoll_event ev[64];
	int ep = epoll_create1(0), i, n;

	if (first)
		watch(ep, first->fd, first);
	if (listener >= 0)
		watch(ep, listener, NULL);
	for (;;) {
		n = epoll_wait(ep, ev, 64, -1);
		for (i = 0; i < n; i++) {
			struct far *far = ev[i].data.ptr;

			if (far) {
				respond(far);
				if (far->ended)
					epoll_ctl(ep, EPOLL_CTL_DEL, far->fd, NULL);
			} else {
				far = malloc(sizeof(*far));
				far_init(far, accept(listener, NULL, NULL));
				watch(ep, far->fd, far);
			}
		}
	}
}

/* --- the client ----------------------------------------------------------- */

struct conn {
	struct far far;
	char *request;
	size_t len;
	double *sent;		/* ring of WINDOW */
	unsigned int head, tail;
};

static float samples[MAX_SAMPLES];
static unsigned int n_samples, window = 1;

static void conn_fill(struct conn *c)
{
	static char out[64 << 10];
	unsigned int n = 0;

	while (c->head - c->tail < window) {
		memcpy(out + n++ * c->len, c->request, c->len);
		c->sent[c->head++ % window] = now();
	}
	if (n)
		far_send(&c->far, out, n * c->len);
}

static unsigned int conn_read(struct conn *c)
{
	unsigned int n = 0;
	struct msg m;

	while (far_recv(&c->far, &m, 0)) {
		if (!msg_is(&m, 200)) {
			fprintf(stderr, "not 200: %.*s\n", (int)m.len, m.p);
			exit(1);
		}
		if (n_samples < MAX_SAMPLES)
			samples[n_samples++] = now() - c->sent[c->tail % window];
		c->tail++;
		n++;
	}
	return n;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void report(const char *mode, unsigned int conns, unsigned long done, double secs,
		   double used)
{
	qsort(samples, n_samples, sizeof(*samples), by_value);
	printf("%s conns=%u window=%u rate=%.0f busy_us=%.1f p50_us=%.0f p99_us=%.0f\n", mode,
	       conns, window, done / secs, used / done * 1e6,
	       samples[n_samples / 2] * 1e6, samples[n_samples / 100 * 99] * 1e6);
}

static unsigned long run(int ep, double until)
{
	unsigned long done = 0;
	struct epoll_event ev[64];
	int i, n;

	while (now() < until) {
		n = epoll_wait(ep, ev, 64, 100);
		for (i = 0; i < n; i++) {
			done += conn_read(ev[i].data.ptr);
			conn_fill(ev[i].data.ptr);
		}
	}
	return done;
}

static void client(const char *mode, struct conn *conns, unsigned int n, int secs)
{
	int ep = epoll_create1(0);
	static char body[BODY];
	unsigned long done;
	double from, used;
	unsigned int i;

	memset(body, 'm', sizeof(body));
	for (i = 0; i < n; i++) {
		struct conn *c = &conns[i];

		c->request = strdup(sip_request_body("MESSAGE", "bob@example.net",
						     "alice@example.com", i + 1, "", body, BODY));
		c->len = strlen(c->request);
		c->sent = calloc(window, sizeof(*c->sent));
		watch(ep, c->far.fd, c);
		conn_fill(c);
	}
	run(ep, now() + 0.5);
	n_samples = 0;
	from = now();
	used = busy();
	done = run(ep, from + secs);
	report(mode, n, done, now() - from, busy() - used);
}

/* --- what lies between ---------------------------------------------------- */

static pid_t fork_responder(struct far *first, int listener)
{
	pid_t pid = fork();

	if (!pid)
		responder(first, listener);
	return pid;
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 2 ? atoi(argv[2]) : 1;
	bool among = argc > 1 && !strcmp(argv[1], "among");
	bool legs = among || (argc > 1 && !strcmp(argv[1], "legs"));
	bool direct = argc > 1 && !strcmp(argv[1], "direct");
	int secs = argc > 3 ? atoi(argv[3]) : 2, listener = -1;
	struct leg_spec in = { .inside = true }, out = { .accepted = true };
	struct conn *conns;
	struct far node;
	struct world w;
	unsigned int i;
	pid_t pid;

	if (argc < 4) {
		fputs("usage: legbench direct|legs|among|proxy CONNS SECONDS [WINDOW] [KEYS]\n",
		      stderr);
		return 2;
	}
	conns = calloc(n, sizeof(*conns));
	if (!conns)
		return 1;
	window = argc > 4 ? atoi(argv[4]) : 1;
	in.k = argc > 5 ? atoi(argv[5]) : KEYS_NONE;
	out.k = in.k;
	if (legs) {
		world_open(&w);
		w.keep = among;
		world_policy(&w, NULL, NULL);
		leg_open(&w, &in, &node);
		pid = fork_responder(&node, -1);
	} else {
		listener = tcp_listen(NODE1, 5062);
		pid = fork_responder(NULL, listener);
	}
	for (i = 0; i < n; i++) {
		if (legs)
			leg_open(&w, &out, &conns[i].far);
		else
			far_init(&conns[i].far,
				 tcp_connect(PARTNER, direct ? NODE1 : GW_PUBLIC,
					     direct ? 5062 : 5061));
	}
	client(argv[1], conns, n, secs);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free(conns);
	return 0;
}
