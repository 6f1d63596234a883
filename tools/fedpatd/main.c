// SPDX-License-Identifier: GPL-2.0
/* fedpatd: start, signals, events of the kernel, stop. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/thread.h>
#include <openssl/crypto.h>

#include "cleanse.h"
#include "confine.h"
#include "daemon.h"
#include "paths.h"
#include "renew.h"
#include "revoke.h"
#include "secret.h"

#define SECURE_HEAP	(1 << 20)	/* secrets of all handshakes in flight */

struct options {
	const char *pidfile;
	const char *dns;
	const char *anchor;
	const char *user;
	bool no_offload;
};

static const char usage[] =
	"usage: fedpatd [--dns ADDRESS] [--trust-anchor FILE] [--no-offload] [--pidfile FILE]\n"
	"               [--user NAME]\n"
	"\n"
	"Shakes hands for the module fedpat in this network namespace. Its policy is\n"
	"in the kernel: see fedctl(8). Stays in the foreground; SIGHUP reads policy and\n"
	"certificates anew, SIGTERM ends it. Legs that stand go on without it.\n"
	"\n"
	"  --dns ADDRESS   ask this DNS server instead of those of /etc/resolv.conf\n"
	"  --trust-anchor FILE\n"
	"                  validate signed DNS answers; Debian's is /usr/share/dns/root.key\n"
	"  --no-offload    keep TLS in this process, for comparison\n"
	"  --pidfile FILE  default " FP_RUNDIR "/" FP_PIDFILE "\n"
	"  --user NAME     become this user once started as root; it must own the keys\n";

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "dns", required_argument, NULL, 'd' },
		{ "trust-anchor", required_argument, NULL, 't' },
		{ "no-offload", no_argument, NULL, 'n' },
		{ "pidfile", required_argument, NULL, 'p' },
		{ "user", required_argument, NULL, 'u' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->dns = optarg;
			break;
		case 't':
			o->anchor = optarg;
			break;
		case 'n':
			o->no_offload = true;
			break;
		case 'p':
			o->pidfile = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'V':
			puts("fedpatd " FEDPAT_VERSION);
			exit(FP_EXIT_OK);
		case 'h':
			fputs(usage, stdout);
			exit(FP_EXIT_OK);
		default:
			return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

/* A core dump would hold keys. */
static void harden(void)
{
	struct rlimit none = { 0, 0 }, files = { 65536, 65536 };

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NOFILE, &files);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	umask(077);
	if (fp_cleanse_freed())
		fpd_log("warning: secrets of connections that ended could stay in memory");
	if (CRYPTO_secure_malloc_init(SECURE_HEAP, 64) <= 0)
		fpd_log("warning: no locked memory; secrets of handshakes could be swapped out");
}

/* Before the first thread: what is given up is given up by all. */
static int confine(const struct options *o)
{
	struct fp_errs errs = { 0 };
	int err = fp_confine_user(o->user, &errs);

	fp_secret_keep();
	if (!err)
		err = fp_confine_calls(&errs);
	if (err == -EOPNOTSUPP) {
		fpd_log("warning: this kernel filters no system calls (CONFIG_SECCOMP_FILTER)");
		err = 0;
	} else if (err) {
		fpd_log_errs("the daemon cannot be confined", &errs);
	}
	return err;
}

static void reload(struct fpd *d, const char *why)
{
	struct fpd_policy *p = fpd_policy_load(d);

	if (!p)
		return;
	fpd_policy_put(d->policy);
	d->policy = p;
	fpd_log("policy generation %u in force (%s)",
		fpd_policy_model(p)->generation, why);
	fpd_listeners_update(d);
	fpd_watches_update(d);
	fpd_health_update(d);
	fpd_legs_review(d);
	fpd_standing_look(d);
	fpd_renew_poke();
}

static void on_wanted(const struct fp_obj_notice *n, void *arg)
{
	fpd_dial_wanted(arg, n);
}

static void on_notice(const struct fp_obj_notice *n, void *arg)
{
	struct fpd *d = arg;

	switch (n->event) {
	case FEDPAT_EVENT_COMMIT:
		if (n->generation != fpd_policy_model(d->policy)->generation)
			reload(d, "commit");
		break;
	case FEDPAT_EVENT_LEG_WANTED:
		fpd_dial_wanted(d, n);
		break;
	case FEDPAT_EVENT_REFUSED:
		fpd_report_notice(n);
		break;
	}
}

/* What was wanted while nobody listened, or while events were lost. */
static void catch_up(struct fpd *d)
{
	struct fp_errs errs = { 0 };

	if (fp_wanted_each(d->nl, on_wanted, d, &errs))
		fpd_log_errs("wanted legs cannot be listed", &errs);
	else
		fp_errs_free(&errs);
}

static void events_ready(evutil_socket_t fd, short what, void *arg)
{
	struct fpd *d = arg;
	int ret = fp_events(d->events, on_notice, d);

	(void)fd;
	(void)what;
	if (ret == -ENOBUFS) {
		fpd_log("warning: events were lost; reading the policy anew");
		reload(d, "lost events");
		catch_up(d);
	}
}

static void on_hup(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	fpd_revoke_forget();
	reload(arg, "SIGHUP");
}

static void on_term(evutil_socket_t sig, short what, void *arg)
{
	struct fpd *d = arg;

	(void)sig;
	(void)what;
	event_base_loopbreak(d->base);
}

static int watch_signals(struct fpd *d, struct event *ev[3])
{
	signal(SIGPIPE, SIG_IGN);
	ev[0] = evsignal_new(d->base, SIGHUP, on_hup, d);
	ev[1] = evsignal_new(d->base, SIGTERM, on_term, d);
	ev[2] = evsignal_new(d->base, SIGINT, on_term, d);
	for (int i = 0; i < 3; i++)
		if (!ev[i] || event_add(ev[i], NULL))
			return -1;
	return 0;
}

static int open_netlink(struct fpd *d)
{
	struct fp_errs errs = { 0 };

	if (!fpnl_open(&d->nl, &errs) && !fpnl_open(&d->events, &errs) &&
	    !fpnl_subscribe(d->events, &errs)) {
		fp_errs_free(&errs);
		return FP_EXIT_OK;
	}
	int code = (int)errs.code;

	fpd_log_errs("cannot reach the kernel", &errs);
	return code ? code : FP_EXIT_ABSENT;
}

static int watch_events(struct fpd *d)
{
	d->events_ready = event_new(d->base, fpnl_fd(d->events), EV_READ | EV_PERSIST,
				    events_ready, d);
	return d->events_ready && !event_add(d->events_ready, NULL) ? 0 : -1;
}

static void close_netlink(struct fpd *d)
{
	if (d->events_ready)
		event_free(d->events_ready);
	fpnl_close(d->events);
	fpnl_close(d->nl);
	d->events_ready = NULL;
	d->events = NULL;
	d->nl = NULL;
}

/**
 * fpd_module_back() - the module was loaded again
 * @d: the daemon
 *
 * Its family may have another number now, and its policy is empty.
 */
void fpd_module_back(struct fpd *d)
{
	close_netlink(d);
	if (open_netlink(d) || watch_events(d)) {
		fpd_log("error: the module was loaded again and cannot be used; restart fedpatd");
		event_base_loopbreak(d->base);
		return;
	}
	reload(d, "the module was loaded again; apply the policy: fedctl apply FILE");
}

static int write_pidfile(const char *path)
{
	char dir[256], *slash;
	FILE *f;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash && slash != dir) {
		*slash = 0;
		mkdir(dir, 0755);
	}
	unlink(path);	/* it may be of another user */
	f = fopen(path, "we");
	if (!f) {
		fpd_log("error: %s: %s", path, strerror(errno));
		return -1;
	}
	fprintf(f, "%d\n", (int)getpid());
	fclose(f);
	return chmod(path, 0644);
}

static int run(struct fpd *d, const struct options *o)
{
	struct event *signals[3] = { NULL };

	if (fpd_log_start(d->base) || watch_signals(d, signals) ||
	    fpd_queue_init(&d->done, d->base, fpd_conn_done) ||
	    fpd_resolver_start(d, o->dns, o->anchor) || fpd_workers_start(d) ||
	    fpd_revoke_start() || fpd_renew_start())
		return FP_EXIT_REFUSED;
	d->policy = fpd_policy_load(d);
	if (!d->policy)
		return FP_EXIT_REFUSED;
	if (watch_events(d) || fpd_module_watch(d) || write_pidfile(o->pidfile))
		return FP_EXIT_REFUSED;
	fpd_listeners_update(d);
	fpd_legs_adopt(d);
	fpd_watches_update(d);
	fpd_standing_look(d);
	fpd_log("version %s ready, policy generation %u", FEDPAT_VERSION,
		fpd_policy_model(d->policy)->generation);
	catch_up(d);
	event_base_dispatch(d->base);
	fpd_log("ends; legs that stand go on without it");
	unlink(o->pidfile);
	for (int i = 0; i < 3; i++)
		event_free(signals[i]);
	return FP_EXIT_OK;
}

static void stop(struct fpd *d)
{
	fpd_listeners_close(d);
	fpd_workers_stop(d);
	fpd_renew_stop();
	fpd_revoke_stop();
	fpd_resolver_stop(d);
	fpd_queue_exit(&d->done);
	fpd_watches_stop(d);
	fpd_dials_stop(d);
	fpd_health_stop(d);
	fpd_standing_stop(d);
	if (d->expiry)
		event_free(d->expiry);
	fpd_log_stop();
	fpd_policy_put(d->policy);
	fpd_module_unwatch();
	close_netlink(d);
	event_base_free(d->base);
}

int main(int argc, char **argv)
{
	struct options o = { .pidfile = FP_RUNDIR "/" FP_PIDFILE };
	static struct fpd d;
	int ret;

	if (parse(argc, argv, &o)) {
		fputs(usage, stderr);
		return FP_EXIT_USAGE;
	}
	setvbuf(stderr, NULL, _IOLBF, 0);
	harden();
	LIST_INIT(&d.listeners);
	LIST_INIT(&d.dials);
	LIST_INIT(&d.watches);
	TAILQ_INIT(&d.health);
	d.no_offload = o.no_offload;
	ret = open_netlink(&d);
	if (ret)
		return ret;
	/* Workers are told to stop from here: their loops must be woken for it. */
	if (!evthread_use_pthreads())
		d.base = event_base_new();
	if (!d.base || fpd_ktls_init() || fpd_sni_init()) {
		fpd_log("error: out of memory");
		return FP_EXIT_REFUSED;
	}
	if (!fpd_ktls_probe())
		fpd_log("warning: no TLS in the kernel, legs join over loopback; modprobe tls");
	if (confine(&o))
		return FP_EXIT_REFUSED;
	ret = run(&d, &o);
	stop(&d);
	return ret;
}
