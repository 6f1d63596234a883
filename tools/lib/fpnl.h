/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink client of the family "fedpat".
 *
 * One struct fpnl is one socket and serves one thread. Requests wait for their
 * answer; events come on a socket of their own (fpnl_subscribe()), whose
 * descriptor goes into the caller's poll loop.
 *
 * Errors come in words: the kernel's text, and the name of the attribute that
 * it points at. Returned are 0 and negative errno values.
 */
#ifndef _FPNL_H
#define _FPNL_H

#include <libmnl/libmnl.h>
#include <linux/fedpat.h>
#include <linux/netlink.h>
#include <fedpat/types.h>
#include "err.h"

struct fpnl;

/*
 * Sockets belong to the network namespace that the thread is in when it opens
 * them. -ENOENT: the module is not loaded (errs->code is FP_EXIT_ABSENT).
 */
int fpnl_open(struct fpnl **out, struct fp_errs *errs);
void fpnl_close(struct fpnl *nl);
int fpnl_fd(const struct fpnl *nl);

/* Room for one request; more where fp_obj_encode_room() says so. */
#define FPNL_MSG	8192

/**
 * fpnl_msg() - begin a request
 * @nl: the client
 * @buf: at least FPNL_MSG octets, aligned to 4
 * @cmd: FEDPAT_CMD_*
 * @flags: NLM_F_* besides NLM_F_REQUEST
 *
 * Attributes are added with mnl_attr_put_*().
 *
 * Return: the message
 */
struct nlmsghdr *fpnl_msg(struct fpnl *nl, void *buf, u8 cmd, u16 flags);

/* Called for each answer. Not 0 ends the call with that value. */
typedef int (*fpnl_row_fn)(const struct nlmsghdr *nlh, void *arg);

/* One request, its answers (@fn may be NULL) and the end of it. */
int fpnl_call(struct fpnl *nl, struct nlmsghdr *nlh, fpnl_row_fn fn, void *arg,
	      struct fp_errs *errs);

/**
 * struct fpnl_dump - a dump
 * @row: called for each object
 * @restart: the policy changed meanwhile: forget the rows so far, they come again
 * @arg: second argument of @row, argument of @restart
 */
struct fpnl_dump {
	fpnl_row_fn row;
	void (*restart)(void *arg);
	void *arg;
};

int fpnl_dump(struct fpnl *nl, struct nlmsghdr *nlh, const struct fpnl_dump *dump,
	      struct fp_errs *errs);

/*
 * Thousands of requests in few system calls. A failed message does not stop
 * the others of its chunk: inside a transaction that is what lets all faults
 * be told. @failed is called with the index given to fpnl_batch_add().
 */
struct fpnl_batch;

/**
 * struct fpnl_failure - a message of a batch that was refused
 * @index: as given to fpnl_batch_add()
 * @error: positive errno
 * @text: the kernel's words, or those of the errno
 * @attr: name of the offending attribute ("node.port"), or NULL
 * @missing: @attr is missing, not wrong
 */
struct fpnl_failure {
	u32 index;
	int error;
	const char *text;
	const char *attr;
	bool missing;
};

typedef void (*fpnl_failed_fn)(const struct fpnl_failure *failure, void *arg);

int fpnl_batch_new(struct fpnl *nl, fpnl_failed_fn failed, void *arg, struct fpnl_batch **out);
/*
 * The message to fill in with at most @room octets of attributes; sends what is
 * full. NULL: no memory, or the socket failed: fpnl_batch_end() says it.
 */
struct nlmsghdr *fpnl_batch_add(struct fpnl_batch *batch, u8 cmd, u32 index, size_t room);
/* Sends the rest, waits for all. Return: number of failures or negative errno. */
int fpnl_batch_end(struct fpnl_batch *batch, struct fp_errs *errs);

/*
 * Events. The descriptor of @nl becomes readable; fpnl_events() hands on what is
 * there and does not wait. -ENOBUFS: some were lost, look at the state anew.
 */
int fpnl_subscribe(struct fpnl *nl, struct fp_errs *errs);
int fpnl_events(struct fpnl *nl, fpnl_row_fn fn, void *arg);

/* Name of the attribute at an offset of a message of ours ("node.port"). */
bool fpnl_attr_name(const struct nlmsghdr *nlh, u32 offset, char *buf, size_t size);

#endif /* _FPNL_H */
