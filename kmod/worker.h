/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who does the work of the stream plane: one worker a CPU, each with a queue of
 * ready jobs and the memory that handling a message takes.
 *
 * A job is a leg or a target. It is on at most one queue, and is run by at most
 * one worker at a time; what is announced while it runs makes it run again. A
 * worker's memory needs no lock: a work item never runs twice at once, not
 * even when its CPU goes away, and the memory is reached through the item, not
 * through the number of the CPU.
 */
#ifndef _FP_WORKER_H
#define _FP_WORKER_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <fedpat/relay.h>
#include <fedpat/sip.h>

struct fp_job;
struct fp_worker;

/**
 * struct fp_job_ops - what a job is
 * @run: do some of it; true: call again, there is more. Process context
 * @get: take a reference; false: it is being freed. Any context
 * @put: give it back. Process context
 */
struct fp_job_ops {
	bool (*run)(struct fp_job *job, struct fp_worker *w);
	bool (*get)(struct fp_job *job);
	void (*put)(struct fp_job *job);
};

/**
 * struct fp_job - something that a worker runs
 * @ready: in the queue of a worker, under its lock
 * @state: FP_JOB_*
 * @ops: what it is
 *
 * While @state has FP_JOB_SCHED the job has a reference to itself.
 */
struct fp_job {
	struct list_head ready;
	atomic_t state;
	const struct fp_job_ops *ops;
};

#define FP_JOB_SCHED	1	/* queued or running */
#define FP_JOB_MISSED	2	/* announced again meanwhile */

/* Bytes to be sent, in pages: no allocation of higher order, none a message. */
#define FP_CHUNK_SIZE	4096
#define FP_CHUNK_DATA	(FP_CHUNK_SIZE - sizeof(void *) - 2 * sizeof(u32))

/**
 * struct fp_chunk - some bytes of a send queue
 * @next: the bytes after these
 * @start: first byte that was not sent
 * @end: first free byte
 * @data: the bytes
 */
struct fp_chunk {
	struct fp_chunk *next;
	u32 start;
	u32 end;
	u8 data[FP_CHUNK_DATA];
};

/*
 * Receive buffer of a worker: one message of the default maximum and 16 KiB.
 * Larger ones are gathered in a buffer of the leg.
 */
#define FP_WORKER_RX	(80 * 1024)
#define FP_WORKER_REPLY	(40 * 1024)

/**
 * struct fp_worker_mem - memory of a worker
 * @msg: the parsed message
 * @sip: its rewriting
 * @reply: a response of our own
 * @rx: what was received
 */
struct fp_worker_mem {
	struct fp_sip_msg msg;
	struct fp_sip_work sip;
	u8 reply[FP_WORKER_REPLY];
	u8 rx[FP_WORKER_RX];
};

/**
 * struct fp_worker - the worker of one CPU
 * @lock: protects @ready and @running; leaf, bh
 * @ready: jobs to run
 * @running: the work item runs, or is queued, and will look at @ready again
 * @work: the item
 * @cpu: its CPU
 * @slice_end: when the item gives way to others (ns)
 * @chunks: free chunks; the item's alone
 * @n_chunks: how many
 * @mem: see there; the item's alone
 */
struct fp_worker {
	spinlock_t lock;		/* the queue of ready jobs */
	struct list_head ready;
	bool running;
	struct work_struct work;
	int cpu;
	u64 slice_end;
	struct fp_chunk *chunks;
	u32 n_chunks;
	struct fp_worker_mem *mem;
};

int fp_workers_init(void);
void fp_workers_exit(void);

void fp_job_init(struct fp_job *job, const struct fp_job_ops *ops, bool held_back);
void fp_job_schedule(struct fp_job *job);
void fp_job_start(struct fp_job *job);
bool fp_worker_slice_over(const struct fp_worker *w);

bool fp_chunk_reserve(struct fp_worker *w, u32 n);
struct fp_chunk *fp_chunk_get(struct fp_worker *w);
void fp_chunk_put(struct fp_worker *w, struct fp_chunk *c);

#endif /* _FP_WORKER_H */
