// SPDX-License-Identifier: GPL-2.0
/*
 * Worker threads: TCP connect and TLS handshake of many connections each,
 * none waiting for another.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"

static void worker_take(struct fpd_conn *conn)
{
	if (conn->joining)
		fpd_join_start(conn);
	else if (conn->asking)
		fpd_options_start(conn);
	else if (conn->is_xmpp)
		fpd_xmpp_start(conn);
	else
		fpd_conn_start(conn);
}

static void *worker_run(void *arg)
{
	struct fpd_worker *w = arg;

	event_base_loop(w->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static int worker_start(struct fpd_worker *w)
{
	w->base = event_base_new();
	if (!w->base || fpd_queue_init(&w->queue, w->base, worker_take))
		return -1;
	return pthread_create(&w->thread, NULL, worker_run, w) ? -1 : 0;
}

static int worker_count(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	/* At least two, so that a signature never delays every handshake. */
	if (n < 2)
		return 2;
	return n > FPD_WORKERS_MAX ? FPD_WORKERS_MAX : (int)n;
}

/**
 * fpd_workers_start() - start the worker threads
 * @d: the daemon
 *
 * Signals are blocked in them: the main thread's loop takes all.
 *
 * Return: 0 or -1.
 */
int fpd_workers_start(struct fpd *d)
{
	sigset_t all, old;
	int ret = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (int n = worker_count(); d->n_workers < n && !ret; ) {
		ret = worker_start(&d->workers[d->n_workers]);
		d->n_workers += !ret;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret;
}

/**
 * fpd_workers_stop() - stop and join the worker threads
 * @d: the daemon
 *
 * Handshakes in the making are given up; legs live on in the kernel.
 */
void fpd_workers_stop(struct fpd *d)
{
	for (int i = 0; i < d->n_workers; i++)
		event_base_loopbreak(d->workers[i].base);
	for (int i = 0; i < d->n_workers; i++) {
		pthread_join(d->workers[i].thread, NULL);
		fpd_queue_exit(&d->workers[i].queue);
		event_base_free(d->workers[i].base);
	}
	d->n_workers = 0;
}

/**
 * fpd_thread_end() - join a thread that was told to stop, if it does so soon
 * @thread: the thread
 * @seconds: how long to wait
 *
 * Context: main thread.
 * Return: whether it ended; if not, what it uses must stay
 */
bool fpd_thread_end(pthread_t thread, int seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	return !pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until);
}

/**
 * fpd_work() - give a connection to a worker
 * @conn: new, or to be joined; a joined one goes back where it was
 *
 * Context: main thread.
 */
void fpd_work(struct fpd_conn *conn)
{
	struct fpd *d = conn->d;

	if (!conn->worker)
		conn->worker = &d->workers[d->next_worker++ % (unsigned int)d->n_workers];
	fpd_queue_put(&conn->worker->queue, conn);
}
