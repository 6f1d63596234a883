// SPDX-License-Identifier: GPL-2.0
/* Connections from one thread to another. */
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fpd.h"

static struct fpd_conn *queue_pop(struct fpd_queue *q)
{
	struct fpd_conn *conn;

	pthread_mutex_lock(&q->lock);
	conn = TAILQ_FIRST(&q->list);
	if (conn)
		TAILQ_REMOVE(&q->list, conn, entry);
	pthread_mutex_unlock(&q->lock);
	return conn;
}

static void queue_ready(evutil_socket_t fd, short what, void *arg)
{
	struct fpd_queue *q = arg;
	struct fpd_conn *conn;
	uint64_t n;

	(void)what;
	/* Emptied before the list is: a later put wakes us again. */
	if (read(fd, &n, sizeof(n)) < 0)
		return;
	while ((conn = queue_pop(q)))
		q->take(conn);
}

/**
 * fpd_queue_init() - make a queue that wakes an event loop
 * @q: the queue
 * @base: loop of the taker
 * @take: called there for each connection
 *
 * Return: 0 or -1.
 */
int fpd_queue_init(struct fpd_queue *q, struct event_base *base,
		   void (*take)(struct fpd_conn *conn))
{
	TAILQ_INIT(&q->list);
	pthread_mutex_init(&q->lock, NULL);
	q->take = take;
	q->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->wake < 0)
		return -1;
	q->ev = event_new(base, q->wake, EV_READ | EV_PERSIST, queue_ready, q);
	return q->ev && !event_add(q->ev, NULL) ? 0 : -1;
}

/**
 * fpd_queue_put() - hand a connection over
 * @q: queue of the taker
 * @conn: no longer the caller's
 */
void fpd_queue_put(struct fpd_queue *q, struct fpd_conn *conn)
{
	uint64_t one = 1;

	pthread_mutex_lock(&q->lock);
	TAILQ_INSERT_TAIL(&q->list, conn, entry);
	pthread_mutex_unlock(&q->lock);
	/* Can only fail when 2^64 wake-ups are pending. */
	if (write(q->wake, &one, sizeof(one)) < 0)
		return;
}

/**
 * fpd_queue_exit() - free a queue and what is still in it
 * @q: its taker has stopped
 */
void fpd_queue_exit(struct fpd_queue *q)
{
	struct fpd_conn *conn;

	while ((conn = queue_pop(q)))
		fpd_conn_free(conn);
	if (q->ev)
		event_free(q->ev);
	if (q->wake >= 0)
		close(q->wake);
	pthread_mutex_destroy(&q->lock);
}
