/* SPDX-License-Identifier: GPL-2.0 */
/* Inside of the netlink client; not for others. */
#ifndef _FPNL_IMPL_H
#define _FPNL_IMPL_H

#include <sys/types.h>

#include "attr_names.h"
#include "fpnl.h"

/**
 * struct fpnl - one netlink socket
 * @sock: the socket
 * @portid: its address
 * @seq: number of the last request
 * @group: multicast group of events
 * @family: id of the family
 * @buf: what was received last
 */
struct fpnl {
	struct mnl_socket *sock;
	u32 portid;
	u32 seq;
	u32 group;
	u16 family;
	char buf[256 << 10] __attribute__((aligned(8)));
};

ssize_t fpnl_recv(struct fpnl *nl, int flags);
int fpnl_failure_read(const struct nlmsghdr *ack, const struct nlmsghdr *sent,
		      struct fpnl_failure *f, char *attr, size_t size);

#endif /* _FPNL_IMPL_H */
