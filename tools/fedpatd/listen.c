// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners: one a tls-proxy and address family. What arrives was redirected
 * by the packet plane; the original destination says what was dialled.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"

#define PAUSE_MS	200	/* of a listener whose connections cannot be accepted */
#define PAUSE_LOG	60	/* s between two log lines that say so */

#ifndef SO_ORIGINAL_DST
#define SO_ORIGINAL_DST 80	/* the same number for IPv6 */
#endif

/**
 * struct fpd_listener - one listening socket
 * @entry: in the daemon's list
 * @d: the daemon
 * @proxy: name of its tls-proxy
 * @port: local port
 * @family: AF_INET or AF_INET6
 * @fd: the socket
 * @ev: its event
 * @resume: timer; runs while @ev is put aside
 * @said: when that was logged last
 * @keep: the policy still wants it
 */
struct fpd_listener {
	LIST_ENTRY(fpd_listener) entry;
	struct fpd *d;
	char proxy[FEDPAT_NAME_MAX + 1];
	uint16_t port;
	int family;
	int fd;
	struct event *ev;
	struct event *resume;
	time_t said;
	bool keep;
};

/**
 * struct fpd_source - handshakes of one address, or of one /64 of IPv6
 * @next: in its bucket
 * @addr: the address, port 0
 * @n: handshakes in flight
 */
struct fpd_source {
	struct fpd_source *next;
	union fpd_addr addr;
	unsigned int n;
};

static unsigned int source_bucket(const union fpd_addr *a)
{
	const unsigned char *p = a->sa.sa_family == AF_INET6 ?
		a->in6.sin6_addr.s6_addr : (const unsigned char *)&a->in.sin_addr;
	unsigned int h = 2166136261u;

	for (int i = 0; i < (a->sa.sa_family == AF_INET6 ? 8 : 4); i++)
		h = (h ^ p[i]) * 16777619u;
	return h % FPD_SOURCES;
}

/* Of IPv6 the first half: the other one is the host's own to choose. */
static bool same_source(const union fpd_addr *a, const union fpd_addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return !memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 8);
}

static struct fpd_source **find_source(struct fpd *d, const union fpd_addr *from)
{
	struct fpd_source **at = &d->sources[source_bucket(from)];

	while (*at && !same_source(&(*at)->addr, from))
		at = &(*at)->next;
	return at;
}

/* True when one more handshake may begin; then it is counted. */
static bool source_begin(struct fpd *d, const union fpd_addr *from)
{
	struct fpd_source **at = find_source(d, from);

	if (d->in_flight >= FPD_IN_FLIGHT || (*at && (*at)->n >= FPD_PER_SOURCE))
		return false;
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return false;
		(*at)->addr = *from;
	}
	(*at)->n++;
	d->in_flight++;
	return true;
}

/**
 * fpd_source_done() - a handshake of an accepted connection ended
 * @d: the daemon
 * @from: who dialled
 */
void fpd_source_done(struct fpd *d, const union fpd_addr *from)
{
	struct fpd_source **at = find_source(d, from), *s = *at;

	if (!s)
		return;
	d->in_flight--;
	if (--s->n)
		return;
	*at = s->next;
	free(s);
}

static void original_dst(struct fpd_conn *conn)
{
	bool v6 = conn->local.sa.sa_family == AF_INET6;
	socklen_t len = sizeof(conn->original);

	if (getsockopt(conn->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, SO_ORIGINAL_DST,
		       &conn->original, &len))
		conn->original = conn->local;
}

static bool is_xmpp(const struct fpd_policy *p, const char *federation)
{
	const struct fp_model *model = fpd_policy_model(p);
	const struct fp_obj_federation *f = federation ? fp_find_federation(model, federation) :
							 NULL;
	const struct fp_obj_inspect *map = f && f->inspect ? fp_find_inspect(model, f->inspect) :
							     NULL;

	return map && map->type == FEDPAT_INSPECT_TYPE_XMPP;
}

static int fill_conn(struct fpd_conn *conn, const struct fp_obj_tls_proxy *proxy)
{
	socklen_t len = sizeof(conn->local);
	const char *why;

	conn->connected = true;
	fpd_conn_belongs(conn, proxy);
	snprintf(conn->zone, sizeof(conn->zone), "%s", proxy->zone);
	conn->is_xmpp = is_xmpp(conn->policy, proxy->federation);
	conn->role = fpd_zone_role(conn->policy, proxy->zone);
	conn->transport = proxy->transport == FEDPAT_TRANSPORT_TCP ?
		FEDPAT_TRANSPORT_TCP : FEDPAT_TRANSPORT_TLS;
	if (getsockname(conn->fd, &conn->local.sa, &len))
		return -1;
	original_dst(conn);
	if (conn->transport == FEDPAT_TRANSPORT_TCP)
		return 0;
	conn->ctx = fpd_policy_ctx(conn->policy, proxy->server_trustpoint, true,
				   fpd_policy_profile(conn->policy, proxy), &why);
	if (!conn->ctx)
		fpd_conn_fail(conn, FP_R_NO_TRUSTPOINT, "%s", why);
	return conn->ctx ? 0 : -1;
}

static void take(struct fpd_listener *l, int fd, const union fpd_addr *from)
{
	struct fpd_conn *conn = fpd_conn_new(l->d, fd);
	const struct fp_obj_tls_proxy *proxy;

	if (!conn)
		return;
	conn->remote = *from;
	proxy = fp_find_tls_proxy(fpd_policy_model(conn->policy), l->proxy);
	if (!proxy)
		fpd_conn_fail(conn, FP_R_NO_PROXY, "tls-proxy '%s'", l->proxy);
	else if (fill_conn(conn, proxy) && !conn->reason)
		fpd_conn_fail(conn, FP_R_TLS_CLOSED, "%s", strerror(errno));
	else if (!conn->reason && !source_begin(l->d, from))
		fpd_conn_fail(conn, FP_R_HANDSHAKE_LIMIT,
			      "%u at once from one source, %u in all",
			      FPD_PER_SOURCE, FPD_IN_FLIGHT);
	if (!conn->reason) {
		fpd_work(conn);
		return;
	}
	fpd_report(conn);
	fpd_conn_free(conn);
}

static void go_on(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_listener *l = arg;

	(void)fd;
	(void)what;
	event_add(l->ev, NULL);
}

/* No descriptor or no memory is left: who waits would wake us without end. */
static void pause_listener(struct fpd_listener *l)
{
	struct timeval tv = { 0, PAUSE_MS * 1000 };
	time_t now = time(NULL);

	if (now - l->said >= PAUSE_LOG || now < l->said) {
		fpd_log("warning: no connection can be accepted: %s; raise the limit (ulimit -n)",
			strerror(errno));
		l->said = now;
	}
	if (l->resume && !evtimer_add(l->resume, &tv))
		event_del(l->ev);
}

static void accept_ready(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_listener *l = arg;

	(void)what;
	/* A bounded bite, so that a flood leaves room for other events. */
	for (int i = 0; i < 64; i++) {
		union fpd_addr from = { 0 };
		socklen_t len = sizeof(from);
		int c = accept4(fd, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (c < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			      errno == ENOBUFS)) {
			pause_listener(l);
			return;
		}
		if (c < 0)
			return;
		take(l, c, &from);
	}
}

static int listen_socket(int family, uint16_t port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	union fpd_addr a = { 0 };
	int one = 1;

	if (fd < 0)
		return -1;
	fpd_addr_parse(&a, family == AF_INET6 ? "::" : "0.0.0.0", port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* A restarted daemon takes over while the old one still drains. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, &a.sa, fpd_addr_len(&a)) || listen(fd, 1024)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void listener_free(struct fpd_listener *l)
{
	LIST_REMOVE(l, entry);
	if (l->ev)
		event_free(l->ev);
	if (l->resume)
		event_free(l->resume);
	close(l->fd);
	free(l);
}

static struct fpd_listener *find_listener(struct fpd *d, uint16_t port, int family)
{
	struct fpd_listener *l;

	LIST_FOREACH(l, &d->listeners, entry)
		if (l->port == port && l->family == family)
			return l;
	return NULL;
}

static struct fpd_listener *listener_open(struct fpd *d, uint16_t port, int family)
{
	struct fpd_listener *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->d = d;
	l->port = port;
	l->family = family;
	l->fd = listen_socket(family, port);
	if (l->fd < 0) {
		free(l);
		return NULL;
	}
	LIST_INSERT_HEAD(&d->listeners, l, entry);
	l->ev = event_new(d->base, l->fd, EV_READ | EV_PERSIST, accept_ready, l);
	l->resume = evtimer_new(d->base, go_on, l);
	if (l->ev && !event_add(l->ev, NULL))
		return l;
	listener_free(l);
	return NULL;
}

static void want_listener(struct fpd *d, const struct fp_obj_tls_proxy *proxy, int family)
{
	struct fpd_listener *l = find_listener(d, proxy->listener_port, family);

	if (!l)
		l = listener_open(d, proxy->listener_port, family);
	if (!l) {
		/* a host without IPv6 is no fault */
		if (family == AF_INET6 && errno == EAFNOSUPPORT)
			return;
		fpd_log("error: tls-proxy '%s': port %u: %s; %s%s", proxy->o.name,
			proxy->listener_port, strerror(errno),
			"end the program that has it (ss -ltnp) and run fedctl reload, ",
			"or set another listener-port");
		return;
	}
	snprintf(l->proxy, sizeof(l->proxy), "%s", proxy->o.name);
	l->keep = true;
}

/**
 * fpd_listeners_update() - listen where the policy says, and nowhere else
 * @d: the daemon
 *
 * A socket whose port stays is kept: nobody in its backlog is lost.
 */
void fpd_listeners_update(struct fpd *d)
{
	const struct fp_obj_tls_proxy *proxy;
	struct fpd_listener *l, *next;
	u32 i;

	LIST_FOREACH(l, &d->listeners, entry)
		l->keep = false;
	fp_model_each(fpd_policy_model(d->policy), FP_K_TLS_PROXY, i, proxy) {
		want_listener(d, proxy, AF_INET);
		want_listener(d, proxy, AF_INET6);
	}
	for (l = LIST_FIRST(&d->listeners); l; l = next) {
		next = LIST_NEXT(l, entry);
		if (!l->keep)
			listener_free(l);
	}
}

/**
 * fpd_listeners_close() - stop listening
 * @d: the daemon
 */
void fpd_listeners_close(struct fpd *d)
{
	while (!LIST_EMPTY(&d->listeners))
		listener_free(LIST_FIRST(&d->listeners));
}
