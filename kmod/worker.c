// SPDX-License-Identifier: GPL-2.0
/*
 * Workers of the stream plane: see worker.h.
 *
 * The work queue is bound and of ordinary priority: a worker that preempts the
 * peers handles each record alone, one that waits its turn finds many ready
 * and sends them together.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include "worker.h"

/* Free chunks that a worker keeps for the next messages. */
#define FP_WORKER_CHUNKS	64
/* Below the 10 ms from which a bound work item is said to hog its CPU. */
#define FP_WORKER_SLICE		(2 * NSEC_PER_MSEC)

static struct workqueue_struct *fp_relay_wq;
static struct fp_worker __percpu *fp_workers;

/**
 * fp_chunk_reserve() - have chunks in store
 * @w: worker of the caller
 * @n: how many fp_chunk_get() may be asked for
 *
 * Context: within the work item of @w; does not sleep.
 * Return: false where there is no memory.
 */
bool fp_chunk_reserve(struct fp_worker *w, u32 n)
{
	while (w->n_chunks < n) {
		struct fp_chunk *c = kmalloc(sizeof(*c), GFP_ATOMIC | __GFP_NOWARN);

		if (!c)
			return false;
		c->next = w->chunks;
		w->chunks = c;
		w->n_chunks++;
	}
	return true;
}

/**
 * fp_chunk_get() - take a chunk out of the store
 * @w: worker of the caller, which has reserved it
 *
 * Context: within the work item of @w; does not sleep.
 * Return: an empty chunk.
 */
struct fp_chunk *fp_chunk_get(struct fp_worker *w)
{
	struct fp_chunk *c = w->chunks;

	w->chunks = c->next;
	w->n_chunks--;
	c->next = NULL;
	c->start = 0;
	c->end = 0;
	return c;
}

/**
 * fp_chunk_put() - give a chunk back
 * @w: worker of the caller
 * @c: the chunk
 *
 * Context: within the work item of @w.
 */
void fp_chunk_put(struct fp_worker *w, struct fp_chunk *c)
{
	if (w->n_chunks >= FP_WORKER_CHUNKS) {
		kfree(c);
		return;
	}
	c->next = w->chunks;
	w->chunks = c;
	w->n_chunks++;
}

/**
 * fp_job_init() - make a job
 * @job: memory of the caller
 * @ops: what it is
 * @held_back: it may not run before fp_job_start(); the caller gives it a
 *	reference to itself
 */
void fp_job_init(struct fp_job *job, const struct fp_job_ops *ops, bool held_back)
{
	BUILD_BUG_ON(sizeof(struct fp_chunk) != FP_CHUNK_SIZE);
	INIT_LIST_HEAD(&job->ready);
	atomic_set(&job->state, held_back ? FP_JOB_SCHED : 0);
	job->ops = ops;
}

/* Wake the item unless it will look at the queue by itself. */
static void fp_worker_add(struct fp_worker *w, struct fp_job *job)
{
	bool wake;

	spin_lock_bh(&w->lock);
	list_add_tail(&job->ready, &w->ready);
	wake = !w->running;
	w->running = true;
	spin_unlock_bh(&w->lock);
	if (wake)
		queue_work_on(w->cpu, fp_relay_wq, &w->work);
}

/**
 * fp_job_start() - let a job run that was held back
 * @job: the job
 *
 * Context: any.
 */
void fp_job_start(struct fp_job *job)
{
	fp_worker_add(raw_cpu_ptr(fp_workers), job);
}

/**
 * fp_job_schedule() - have a job run, again if it runs just now
 * @job: the job
 *
 * What the caller wrote before is seen by the run that follows. The run
 * happens on this CPU, where the bytes are warm.
 *
 * Context: any; the caller knows that @job is not freed meanwhile.
 */
void fp_job_schedule(struct fp_job *job)
{
	int old = atomic_read(&job->state);
	int new;

	/* Even where nothing changes: a full barrier, see fp_worker_run(). */
	do {
		new = old | (old & FP_JOB_SCHED ? FP_JOB_MISSED : FP_JOB_SCHED);
	} while (!atomic_try_cmpxchg(&job->state, &old, new));
	if (!(old & FP_JOB_SCHED) && job->ops->get(job))
		fp_job_start(job);
}

/**
 * fp_worker_slice_over() - should a job leave the rest for later?
 * @w: worker that runs it
 *
 * Return: true when others on this CPU have waited long enough.
 */
bool fp_worker_slice_over(const struct fp_worker *w)
{
	return ktime_get_ns() >= w->slice_end;
}

static struct fp_job *fp_worker_next(struct fp_worker *w)
{
	struct fp_job *job;

	spin_lock_bh(&w->lock);
	job = list_first_entry_or_null(&w->ready, struct fp_job, ready);
	if (job)
		list_del_init(&job->ready);
	else
		w->running = false;
	spin_unlock_bh(&w->lock);
	return job;
}

static void fp_worker_run(struct fp_worker *w, struct fp_job *job)
{
	int old = FP_JOB_SCHED;

	/* Full barrier: all that was announced up to here is seen by the run. */
	atomic_xchg(&job->state, FP_JOB_SCHED);
	if (job->ops->run(job, w) ||
	    !atomic_try_cmpxchg(&job->state, &old, 0))
		fp_worker_add(w, job);
	else
		job->ops->put(job);
}

static struct fp_worker_mem *fp_worker_mem_alloc(int cpu)
{
	return kvmalloc_node(sizeof(struct fp_worker_mem), GFP_KERNEL, cpu_to_node(cpu));
}

static void fp_worker_fn(struct work_struct *work)
{
	struct fp_worker *w = container_of(work, struct fp_worker, work);
	struct fp_job *job;

	/* A CPU that came later. Its jobs wait; there is nothing else to do. */
	while (!w->mem) {
		w->mem = fp_worker_mem_alloc(w->cpu);
		if (!w->mem)
			msleep(20);
	}
	w->slice_end = ktime_get_ns() + FP_WORKER_SLICE;
	while ((job = fp_worker_next(w))) {
		fp_worker_run(w, job);
		if (fp_worker_slice_over(w)) {
			queue_work_on(w->cpu, fp_relay_wq, &w->work);
			return;
		}
		cond_resched();
	}
}

static void fp_worker_free(struct fp_worker *w)
{
	struct fp_chunk *c;

	WARN_ON(!list_empty(&w->ready));
	while ((c = w->chunks)) {
		w->chunks = c->next;
		kfree(c);
	}
	kvfree(w->mem);
	w->mem = NULL;
}

/**
 * fp_workers_init() - a worker for each CPU
 *
 * Return: 0 or -ENOMEM.
 */
int fp_workers_init(void)
{
	int cpu;

	fp_workers = alloc_percpu(struct fp_worker);
	if (!fp_workers)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct fp_worker *w = per_cpu_ptr(fp_workers, cpu);

		spin_lock_init(&w->lock);
		INIT_LIST_HEAD(&w->ready);
		INIT_WORK(&w->work, fp_worker_fn);
		w->cpu = cpu;
	}
	fp_relay_wq = alloc_workqueue("fedpat_relay", 0, 0);
	if (!fp_relay_wq)
		goto err;
	cpus_read_lock();
	for_each_online_cpu(cpu)
		per_cpu_ptr(fp_workers, cpu)->mem = fp_worker_mem_alloc(cpu);
	cpus_read_unlock();
	return 0;
err:
	free_percpu(fp_workers);
	return -ENOMEM;
}

/**
 * fp_workers_exit() - end them; no job may be left
 */
void fp_workers_exit(void)
{
	int cpu;

	destroy_workqueue(fp_relay_wq);
	for_each_possible_cpu(cpu)
		fp_worker_free(per_cpu_ptr(fp_workers, cpu));
	free_percpu(fp_workers);
}
