// SPDX-License-Identifier: GPL-2.0
/*
 * The module may be unloaded and loaded again under a daemon that runs. The
 * controller of generic netlink tells; without that the daemon would wait for
 * events of a family that is gone.
 */
#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "daemon.h"

struct watch {
	struct fpd *d;
	struct mnl_socket *sock;
	struct event *ev;
};

static struct watch watch;

/* The family that a notice of the controller is about; NULL for none. */
static const char *family_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			return mnl_attr_get_str(attr);
	return NULL;
}

static int on_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const char *family = family_of(nlh);
	struct fpd *d = arg;

	if (!family || strcmp(family, FEDPAT_FAMILY_NAME))
		return MNL_CB_OK;
	if (genl->cmd == CTRL_CMD_DELFAMILY)
		fpd_log("error: the module fedpat was unloaded, nothing is relayed: %s",
			"modprobe fedpat, apply the policy");
	else if (genl->cmd == CTRL_CMD_NEWFAMILY)
		fpd_module_back(d);
	return MNL_CB_OK;
}

static void ready(evutil_socket_t fd, short what, void *arg)
{
	static __attribute__((aligned(8))) char buf[8192];	/* main thread only */
	struct watch *w = arg;
	ssize_t n = mnl_socket_recvfrom(w->sock, buf, sizeof(buf));

	(void)fd;
	(void)what;
	if (n > 0)
		mnl_cb_run(buf, (size_t)n, 0, 0, on_family, w->d);
}

/**
 * fpd_module_watch() - be told when the module goes and comes
 * @d: the daemon
 *
 * Return: 0 or -1.
 */
int fpd_module_watch(struct fpd *d)
{
	int group = GENL_ID_CTRL;	/* its group "notify" has the same number */

	watch.d = d;
	watch.sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!watch.sock || mnl_socket_bind(watch.sock, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_setsockopt(watch.sock, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		fpd_log("error: generic netlink cannot be watched: %s", strerror(errno));
		return -1;
	}
	watch.ev = event_new(d->base, mnl_socket_get_fd(watch.sock), EV_READ | EV_PERSIST, ready,
			     &watch);
	return watch.ev && !event_add(watch.ev, NULL) ? 0 : -1;
}

/**
 * fpd_module_unwatch() - stop it
 */
void fpd_module_unwatch(void)
{
	if (watch.ev)
		event_free(watch.ev);
	if (watch.sock)
		mnl_socket_close(watch.sock);
	watch = (struct watch){ 0 };
}
