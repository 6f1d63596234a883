// SPDX-License-Identifier: GPL-2.0
/* Netlink client of the family "fedpat": requests, dumps, events. */
#include <errno.h>
#include <linux/genetlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fpnl_impl.h"

#define RCVBUF (8 << 20) /* answers to one chunk of a batch */
#define SNDBUF (4 << 20) /* one object with very long lists */
#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO */

static int set_options(struct fpnl *nl)
{
	int one = 1, fd = fpnl_fd(nl), size;

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	/* The forced ones need CAP_NET_ADMIN, which policy needs anyway. */
	size = RCVBUF;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	size = SNDBUF;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

static void find_group(struct fpnl *nl, const struct nlattr *groups)
{
	const struct nlattr *group, *a;
	const char *name;
	u32 id;

	mnl_attr_for_each_nested(group, groups) {
		name = NULL;
		id = 0;
		mnl_attr_for_each_nested(a, group) {
			if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_NAME)
				name = mnl_attr_get_str(a);
			else if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_ID)
				id = mnl_attr_get_u32(a);
		}
		if (name && !strcmp(name, FEDPAT_MCGRP_EVENTS))
			nl->group = id;
	}
}

static int family_row(const struct nlmsghdr *nlh, void *arg)
{
	struct fpnl *nl = arg;
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			nl->family = mnl_attr_get_u16(a);
		else if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GROUPS)
			find_group(nl, a);
	}
	return 0;
}

static int resolve(struct fpnl *nl, struct fp_errs *errs)
{
	char buf[256] __attribute__((aligned(4)));
	struct nlmsghdr *nlh;
	int err;

	nl->family = GENL_ID_CTRL;
	nlh = fpnl_msg(nl, buf, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, FEDPAT_FAMILY_NAME);
	err = fpnl_call(nl, nlh, family_row, nl, NULL);
	if (err == -ENOENT)
		fp_err_add(errs, FP_EXIT_ABSENT, NULL, FP_REMEDY_NO_MODULE,
			   "the kernel module fedpat is not loaded");
	else if (err)
		fp_err_add(errs, FP_EXIT_REFUSED, NULL, NULL,
			   "asking the kernel for fedpat failed: %s", strerror(-err));
	return err;
}

/**
 * fpnl_open() - a socket to the module, in the network namespace of the caller
 * @out: the client
 * @errs: gets what is wrong
 *
 * Return: 0; -ENOENT where the module is not loaded; negative errno
 */
int fpnl_open(struct fpnl **out, struct fp_errs *errs)
{
	struct fpnl *nl = calloc(1, sizeof(*nl));
	int err = -ENOMEM;

	if (!nl)
		return err;
	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID)) {
		err = -errno;
		fp_err_add(errs, FP_EXIT_REFUSED, NULL, NULL, "opening a netlink socket failed: %s",
			   strerror(-err));
	} else {
		nl->portid = mnl_socket_get_portid(nl->sock);
		set_options(nl);
		err = resolve(nl, errs);
	}
	if (err) {
		fpnl_close(nl);
		return err;
	}
	*out = nl;
	return 0;
}

/**
 * fpnl_close() - close a client
 * @nl: the client, or NULL
 */
void fpnl_close(struct fpnl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl);
}

/**
 * fpnl_fd() - descriptor for a poll loop
 * @nl: the client
 *
 * Return: the descriptor
 */
int fpnl_fd(const struct fpnl *nl)
{
	return mnl_socket_get_fd(nl->sock);
}

/**
 * fpnl_msg() - begin a request
 * @nl: the client
 * @buf: room, aligned to 4
 * @cmd: FEDPAT_CMD_*
 * @flags: NLM_F_* besides NLM_F_REQUEST and NLM_F_ACK
 *
 * Return: the message
 */
struct nlmsghdr *fpnl_msg(struct fpnl *nl, void *buf, u8 cmd, u16 flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	nlh->nlmsg_type = nl->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++nl->seq;
	genl->cmd = cmd;
	genl->version = FEDPAT_FAMILY_VERSION;
	return nlh;
}

/**
 * fpnl_recv() - receive from the kernel, and from nobody else
 * @nl: the client
 * @flags: of recvmsg()
 *
 * Return: octets in nl->buf, negative errno
 */
ssize_t fpnl_recv(struct fpnl *nl, int flags)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = nl->buf, .iov_len = sizeof(nl->buf) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t n;

	for (;;) {
		n = recvmsg(fpnl_fd(nl), &msg, flags);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (msg.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		if (!from.nl_pid)
			return n;
	}
}

/* --- errors --- */

static bool name_in(const char *const *names, int max, u16 type, char *buf, size_t size)
{
	size_t used = strlen(buf);

	if (!names || type > max || !names[type])
		return false;
	snprintf(buf + used, size - used, "%s%s", used ? "." : "", names[type]);
	return true;
}

static const struct fp_attr_nest *nest_of(const char *const *outer, u16 type)
{
	const struct fp_attr_nest *n;

	for (n = fp_attr_nests; n->outer; n++)
		if (n->outer == outer && n->attr == type)
			return n;
	return NULL;
}

/**
 * fpnl_attr_name() - name of the attribute at an offset of a request
 * @nlh: the request
 * @offset: from the start of the message, as the kernel says it
 * @buf: gets the name, with a dot before the part of a nest: node.port
 * @size: of @buf
 *
 * Return: whether there is one
 */
bool fpnl_attr_name(const struct nlmsghdr *nlh, u32 offset, char *buf, size_t size)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct fp_attr_nest *nest;
	const struct fp_op_name *op;
	const struct nlattr *a, *inner;
	u32 at;

	*buf = 0;
	if (genl->cmd > FEDPAT_CMD_MAX || !fp_op_names[genl->cmd].name)
		return false;
	op = &fp_op_names[genl->cmd];
	mnl_attr_for_each(a, nlh, sizeof(*genl)) {
		at = (u32)((const char *)a - (const char *)nlh);
		if (offset < at || offset >= at + mnl_attr_get_len(a))
			continue;
		if (!name_in(op->attrs, op->max, mnl_attr_get_type(a), buf, size))
			return false;
		nest = nest_of(op->attrs, mnl_attr_get_type(a));
		if (!nest || offset == at)
			return true;
		mnl_attr_for_each_nested(inner, a) {
			at = (u32)((const char *)inner - (const char *)nlh);
			if (offset >= at && offset < at + mnl_attr_get_len(inner))
				name_in(nest->inner, nest->max, mnl_attr_get_type(inner), buf,
					size);
		}
		return true;
	}
	return false;
}

static void missing_name(const struct nlmsghdr *sent, u32 type, s64 nest_off, char *buf,
			 size_t size)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(sent);
	const struct fp_attr_nest *nest;
	const struct fp_op_name *op;
	const struct nlattr *a;

	*buf = 0;
	if (genl->cmd > FEDPAT_CMD_MAX || !fp_op_names[genl->cmd].name)
		return;
	op = &fp_op_names[genl->cmd];
	if (nest_off < 0) {
		name_in(op->attrs, op->max, (u16)type, buf, size);
		return;
	}
	mnl_attr_for_each(a, sent, sizeof(*genl)) {
		if ((const char *)a - (const char *)sent != nest_off)
			continue;
		nest = nest_of(op->attrs, mnl_attr_get_type(a));
		if (nest && name_in(op->attrs, op->max, mnl_attr_get_type(a), buf, size))
			name_in(nest->inner, nest->max, (u16)type, buf, size);
	}
}

/* An offset or a type; -1 where the kernel's attribute is none. */
static s64 number(const struct nlattr *a)
{
	return mnl_attr_validate(a, MNL_TYPE_U32) ? -1 : (s64)mnl_attr_get_u32(a);
}

static void read_tlvs(const struct nlmsghdr *ack, u32 skip, const struct nlmsghdr *sent,
		      struct fpnl_failure *f, char *attr, size_t size)
{
	const struct nlattr *a;
	s64 nest = -1, miss = -1, at;

	if (!(ack->nlmsg_flags & NLM_F_ACK_TLVS) || ack->nlmsg_len < NLMSG_HDRLEN + skip)
		return;
	mnl_attr_for_each(a, ack, skip) {
		switch (mnl_attr_get_type(a)) {
		case NLMSGERR_ATTR_MSG:
			if (!mnl_attr_validate(a, MNL_TYPE_NUL_STRING))
				f->text = mnl_attr_get_str(a);
			break;
		case NLMSGERR_ATTR_OFFS:
			at = number(a);
			if (at >= 0)
				fpnl_attr_name(sent, (u32)at, attr, size);
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			miss = number(a);
			break;
		case NLMSGERR_ATTR_MISS_NEST:
			nest = number(a);
			break;
		}
	}
	if (miss >= 0) {
		f->missing = true;
		missing_name(sent, (u32)miss, nest, attr, size);
	}
}

static int malformed(struct fpnl_failure *f)
{
	f->error = EBADMSG;
	f->text = "the kernel's answer cannot be read; are module and tools of one version?";
	return -EBADMSG;
}

/* Where the attributes of an error begin; 0 where it is malformed. */
static u32 error_size(const struct nlmsghdr *ack, const struct nlmsgerr *e)
{
	size_t room = mnl_nlmsg_get_payload_len(ack);

	if (room < sizeof(*e))
		return 0;
	if (ack->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*e);
	room -= offsetof(struct nlmsgerr, msg);
	if (e->msg.nlmsg_len < sizeof(e->msg) || e->msg.nlmsg_len > room)
		return 0;
	return (u32)offsetof(struct nlmsgerr, msg) + MNL_ALIGN(e->msg.nlmsg_len);
}

/**
 * fpnl_failure_read() - put an error of the kernel into words
 * @ack: message of type NLMSG_ERROR or NLMSG_DONE
 * @sent: the request that it answers
 * @f: the failure; its strings live as long as @ack and @attr
 * @attr: room for the name of an attribute
 * @size: of @attr
 *
 * Return: negative errno, or 0 where it is none; -EBADMSG where it cannot be read
 */
int fpnl_failure_read(const struct nlmsghdr *ack, const struct nlmsghdr *sent,
		      struct fpnl_failure *f, char *attr, size_t size)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(ack);
	u32 skip = sizeof(int);

	memset(f, 0, sizeof(*f));
	*attr = 0;
	if (mnl_nlmsg_get_payload_len(ack) < sizeof(int))
		return ack->nlmsg_type == NLMSG_DONE ? 0 : malformed(f);
	if (e->error >= 0)
		return 0;
	if (ack->nlmsg_type == NLMSG_ERROR)
		skip = error_size(ack, e);
	if (e->error < -ERRNO_MAX || !skip)
		return malformed(f);
	f->error = -e->error;
	read_tlvs(ack, skip, sent, f, attr, size);
	f->attr = *attr ? attr : NULL;
	if (!f->text)
		f->text = f->missing ? "is missing" : strerror(f->error);
	return e->error;
}

static void add_failure(struct fp_errs *errs, const struct fpnl_failure *f)
{
	struct fp_where where = { .attr = f->attr };

	fp_err_add(errs, FP_EXIT_REFUSED, &where,
		   f->error == EPERM ? "run it as root, or with CAP_NET_ADMIN" : NULL, "%s",
		   f->text);
}

/* --- requests --- */

static int fail(struct fp_errs *errs, int err)
{
	fp_err_add(errs, FP_EXIT_REFUSED, NULL, NULL, "talking to the kernel failed: %s",
		   strerror(-err));
	return err;
}

/* 1: more to come */
static int take_answer(const struct nlmsghdr *nlh, const struct nlmsghdr *sent, fpnl_row_fn fn,
		       void *arg, struct fp_errs *errs)
{
	struct fpnl_failure f;
	char attr[64];
	int err;

	if (nlh->nlmsg_seq != sent->nlmsg_seq)
		return 1; /* of an earlier request that was given up */
	if (nlh->nlmsg_type != NLMSG_ERROR && nlh->nlmsg_type != NLMSG_DONE) {
		err = fn ? fn(nlh, arg) : 0;
		return err ? err : 1;
	}
	err = fpnl_failure_read(nlh, sent, &f, attr, sizeof(attr));
	if (err && err != -EINTR)
		add_failure(errs, &f);
	return err;
}

static int exchange(struct fpnl *nl, struct nlmsghdr *sent, fpnl_row_fn fn, void *arg,
		    struct fp_errs *errs)
{
	bool torn = false;
	const struct nlmsghdr *nlh;
	ssize_t n;
	int len, err;

	if (mnl_socket_sendto(nl->sock, sent, sent->nlmsg_len) < 0)
		return fail(errs, -errno);
	for (;;) {
		n = fpnl_recv(nl, 0);
		if (n < 0)
			return fail(errs, (int)n);
		len = (int)n;
		for (nlh = (void *)nl->buf; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			torn |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
			err = take_answer(nlh, sent, fn, arg, errs);
			if (err <= 0)
				return !err && torn ? -EINTR : err;
		}
	}
}

/**
 * fpnl_call() - one request
 * @nl: the client
 * @nlh: from fpnl_msg()
 * @fn: called for each answer, or NULL; what it returns must not be positive
 * @arg: second argument of @fn
 * @errs: gets what is wrong, or NULL
 *
 * Return: 0, negative errno
 */
int fpnl_call(struct fpnl *nl, struct nlmsghdr *nlh, fpnl_row_fn fn, void *arg,
	      struct fp_errs *errs)
{
	return exchange(nl, nlh, fn, arg, errs);
}

#define DUMP_TRIES 20

/**
 * fpnl_dump() - all objects
 * @nl: the client
 * @nlh: from fpnl_msg()
 * @dump: what to do with each
 * @errs: gets what is wrong, or NULL
 *
 * Return: 0, negative errno
 */
int fpnl_dump(struct fpnl *nl, struct nlmsghdr *nlh, const struct fpnl_dump *dump,
	      struct fp_errs *errs)
{
	int tries, err = -EINTR;

	nlh->nlmsg_flags |= NLM_F_DUMP;
	for (tries = 0; tries < DUMP_TRIES; tries++) {
		if (tries && dump->restart)
			dump->restart(dump->arg);
		err = exchange(nl, nlh, dump->row, dump->arg, errs);
		if (err != -EINTR)
			return err;
		nlh->nlmsg_seq = ++nl->seq;
	}
	fp_err_add(errs, FP_EXIT_REFUSED, NULL, "try again when it is quiet",
		   "the policy changed %d times while it was read", tries);
	return err;
}

/**
 * fpnl_subscribe() - receive events from now on
 * @nl: a client that does nothing else
 * @errs: gets what is wrong, or NULL
 *
 * Return: 0, negative errno
 */
int fpnl_subscribe(struct fpnl *nl, struct fp_errs *errs)
{
	if (!setsockopt(fpnl_fd(nl), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl->group,
			sizeof(nl->group)))
		return 0;
	fp_err_add(errs, FP_EXIT_REFUSED, NULL,
		   errno == EPERM ? "run it as root, or with CAP_NET_ADMIN" : NULL,
		   "subscribing to events failed: %s", strerror(errno));
	return -errno;
}

/**
 * fpnl_events() - hand on the events that are there, without waiting
 * @nl: client that subscribed
 * @fn: called for each; not 0 ends the call with that value
 * @arg: second argument of @fn
 *
 * Return: 0; -ENOBUFS: some were lost; negative errno
 */
int fpnl_events(struct fpnl *nl, fpnl_row_fn fn, void *arg)
{
	const struct nlmsghdr *nlh;
	ssize_t n;
	int len, err;

	for (;;) {
		n = fpnl_recv(nl, MSG_DONTWAIT);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		len = (int)n;
		for (nlh = (void *)nl->buf; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			err = nlh->nlmsg_type == nl->family ? fn(nlh, arg) : 0;
			if (err)
				return err;
		}
	}
}
