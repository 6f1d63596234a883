// SPDX-License-Identifier: GPL-2.0
/*
 * Many requests in few system calls.
 *
 * A chunk is sent whole; only its last message is to be acknowledged, the
 * others answer when they fail. Messages are handled in order, so the answer
 * to the last one says that all are done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fpnl_impl.h"

#define CHUNK (128 << 10)
#define CHUNK_MSGS 4096

/**
 * struct fpnl_batch - a batch in the making
 * @nl: the client
 * @failed: called for each failure
 * @arg: its second argument
 * @buf: messages that were not sent yet
 * @size: of @buf
 * @used: octets in @buf
 * @last: message begun last; its length is known when the next one begins
 * @n: messages in @buf
 * @first_seq: number of the first of them
 * @failures: so far
 * @err: of the socket, or of memory
 * @index: what each message is for the caller
 * @off: where each message begins
 */
struct fpnl_batch {
	struct fpnl *nl;
	fpnl_failed_fn failed;
	void *arg;
	char *buf;
	size_t size;
	size_t used;
	struct nlmsghdr *last;
	u32 n;
	u32 first_seq;
	int failures;
	int err;
	u32 index[CHUNK_MSGS];
	u32 off[CHUNK_MSGS];
};

/**
 * fpnl_batch_new() - begin a batch
 * @nl: the client
 * @failed: called for each message that was refused
 * @arg: its second argument
 * @out: the batch
 *
 * Return: 0, -ENOMEM
 */
int fpnl_batch_new(struct fpnl *nl, fpnl_failed_fn failed, void *arg, struct fpnl_batch **out)
{
	struct fpnl_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->buf = malloc(CHUNK);
	if (!b->buf) {
		free(b);
		return -ENOMEM;
	}
	b->size = CHUNK;
	b->nl = nl;
	b->failed = failed;
	b->arg = arg;
	*out = b;
	return 0;
}

/* Not 0: the answer to the last message was seen. */
static int take(struct fpnl_batch *b, const struct nlmsghdr *nlh)
{
	u32 k = nlh->nlmsg_seq - b->first_seq;
	struct fpnl_failure f;
	char attr[64];

	if (nlh->nlmsg_type != NLMSG_ERROR || k >= b->n)
		return 0;
	if (fpnl_failure_read(nlh, (void *)(b->buf + b->off[k]), &f, attr, sizeof(attr))) {
		f.index = b->index[k];
		b->failures++;
		b->failed(&f, b->arg);
	}
	return k + 1 == b->n;
}

static int collect(struct fpnl_batch *b)
{
	const struct nlmsghdr *nlh;
	ssize_t n;
	int len;

	for (;;) {
		n = fpnl_recv(b->nl, 0);
		if (n < 0)
			return (int)n;
		len = (int)n;
		for (nlh = (void *)b->nl->buf; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len))
			if (take(b, nlh))
				return 0;
	}
}

static void close_last(struct fpnl_batch *b)
{
	if (b->last)
		b->used += MNL_ALIGN(b->last->nlmsg_len);
	b->last = NULL;
}

static void flush(struct fpnl_batch *b)
{
	struct nlmsghdr *last;

	close_last(b);
	if (!b->n || b->err)
		return;
	last = (void *)(b->buf + b->off[b->n - 1]);
	last->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(b->nl->sock, b->buf, b->used) < 0)
		b->err = -errno;
	else
		b->err = collect(b);
	b->used = 0;
	b->n = 0;
}

static int make_room(struct fpnl_batch *b, size_t room)
{
	char *buf;

	close_last(b);
	if (b->n < CHUNK_MSGS && b->used + room <= b->size)
		return 0;
	flush(b);
	if (room <= b->size)
		return 0;
	/* Not realloc(): it would leave behind what was sent. */
	buf = malloc(room);
	if (!buf) {
		b->err = -ENOMEM;
		return b->err;
	}
	explicit_bzero(b->buf, b->size);
	free(b->buf);
	b->buf = buf;
	b->size = room;
	return 0;
}

/**
 * fpnl_batch_add() - begin the next message
 * @b: the batch
 * @cmd: FEDPAT_CMD_*
 * @index: given back when it fails
 * @room: octets of attributes at most
 *
 * Return: the message; NULL where the batch failed
 */
struct nlmsghdr *fpnl_batch_add(struct fpnl_batch *b, u8 cmd, u32 index, size_t room)
{
	if (b->err || make_room(b, room + MNL_NLMSG_HDRLEN + 64) || b->err)
		return NULL;
	b->last = fpnl_msg(b->nl, b->buf + b->used, cmd, 0);
	b->last->nlmsg_flags &= (u16)~NLM_F_ACK;
	if (!b->n)
		b->first_seq = b->last->nlmsg_seq;
	b->off[b->n] = (u32)b->used;
	b->index[b->n++] = index;
	return b->last;
}

/**
 * fpnl_batch_end() - send the rest, wait for all, free the batch
 * @b: the batch
 * @errs: gets what is wrong with the socket; refused messages went to @failed
 *
 * Return: number of messages refused, negative errno
 */
int fpnl_batch_end(struct fpnl_batch *b, struct fp_errs *errs)
{
	int ret;

	flush(b);
	ret = b->err ? b->err : b->failures;
	if (b->err)
		fp_err_add(errs, FP_EXIT_REFUSED, NULL, NULL, "sending the policy failed: %s",
			   strerror(-b->err));
	/* Token keys went through it. */
	explicit_bzero(b->buf, b->size);
	free(b->buf);
	free(b);
	return ret;
}
