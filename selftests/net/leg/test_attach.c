// SPDX-License-Identifier: GPL-2.0
/* Sockets that are no legs, and why. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "leglib.h"

/* Attribute that the last refusal pointed at. */
static char bad_attr[32];

/* attach() fails with that errno, counts that reason, and says something. */
static bool refused(struct world *w, const struct leg_spec *s, struct far *far, int err,
		    const char *reason)
{
	u64 before = reason ? counter(w, reason) : 0;
	int got = pair_attach(w, s, far);

	if (got != -err) {
		ksft_print_msg("%s: got %d (%s), wanted %d\n", reason ? reason : "-", got,
			       last_error(w), -err);
		return false;
	}
	WANT(w->errs.n && w->errs.v[0].text);
	snprintf(bad_attr, sizeof(bad_attr), "%s", w->errs.v[0].attr ? w->errs.v[0].attr : "");
	WANT(!reason || counter(w, reason) == before + 1);
	WANT(!status_legs(w) && !status_memory(w));
	return true;
}

static bool not_a_socket(struct world *w)
{
	struct leg_spec out = { .k = KEYS_NONE };
	struct far far = { .fd = -1 };

	far.gw = open("/dev/null", O_RDONLY);
	WANT(refused(w, &out, &far, ENOTSOCK, "leg-no-socket"));
	close(far.gw);
	WANT(refused(w, &out, &far, EBADF, "leg-no-socket"));
	far.gw = socket(AF_INET, SOCK_DGRAM, 0);
	WANT(refused(w, &out, &far, EPROTONOSUPPORT, "leg-not-tcp"));
	close(far.gw);
	far.gw = socket(AF_UNIX, SOCK_STREAM, 0);
	WANT(refused(w, &out, &far, EPROTONOSUPPORT, "leg-not-tcp"));
	close(far.gw);
	far.gw = tcp_listen(GW_PUBLIC, 7777);
	WANT(refused(w, &out, &far, ENOTCONN, "leg-not-established"));
	close(far.gw);
	return true;
}

static bool reset_already(struct world *w)
{
	struct linger reset = { .l_onoff = 1 };
	struct leg_spec out = { .k = KEYS_NONE };
	struct far far;

	pair_open(&out, &far);
	setsockopt(far.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(far.fd);
	far.fd = -1;
	nap_ms(20);
	WANT(refused(w, &out, &far, ENOTCONN, "leg-not-established"));
	far_close(&far);
	return true;
}

/* What was said before is heard, however late we come to it. */
static bool closed_already(struct world *w)
{
	struct leg_spec in = { .inside = true, .k = KEYS_NONE };
	struct leg_spec out = { .k = KEYS_NONE };
	struct far node, partner;
	struct msg m;
	int n;

	leg_open(w, &in, &node);
	pair_open(&out, &partner);
	for (n = 1; n <= 3; n++)
		WANT(far_send_str(&partner, sip_request("MESSAGE", "bob@example.net",
							"alice@example.com", n)));
	shutdown(partner.fd, SHUT_WR);
	nap_ms(20);
	WANT(!pair_attach(w, &out, &partner));
	for (n = 1; n <= 3; n++)
		WANT(far_recv(&node, &m, 2000) && msg_cseq(&m) == (unsigned int)n);
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

static bool half_tls(struct world *w)
{
	struct leg_spec out = { .k = KEYS_NONE, .tls = true };
	struct far far;

	pair_open(&out, &far);
	/* Says tls, has no keys and no reason for that. */
	WANT(refused(w, &out, &far, EINVAL, "leg-transport"));
	tls_keys_dir(far.gw, KEYS_13_AES128, true, 0, 1);
	WANT(refused(w, &out, &far, ENOKEY, "leg-tls-half"));
	far_close(&far);
	pair_open(&out, &far);
	tls_keys_dir(far.gw, KEYS_13_AES128, true, 0, 3);
	out.tls = false;
	WANT(refused(w, &out, &far, EINVAL, "leg-transport"));
	far_close(&far);
	return true;
}

static bool twice(struct world *w)
{
	struct leg_spec out = { .k = KEYS_13_AES128 };
	u64 before = counter(w, "leg-busy");
	struct far far;
	int again;

	pair_open(&out, &far);
	again = dup(far.gw);
	WANT(!pair_attach(w, &out, &far));
	far.gw = again;
	WANT(pair_attach(w, &out, &far) == -EBUSY);
	WANT(counter(w, "leg-busy") == before + 1);
	WANT(status_legs(w) == 1);
	far_close(&far);
	return all_quiet(w);
}

static bool not_in_policy(struct world *w)
{
	struct leg_spec out = { .k = KEYS_NONE, .peer = "nobody" };
	struct leg_spec in = { .inside = true, .peer = "nobody" };
	struct far far;

	pair_open(&out, &far);
	WANT(refused(w, &out, &far, ENOENT, "leg-not-permitted"));
	WANT(!strcmp(bad_attr, "peer"));
	far_close(&far);
	pair_open(&in, &far);
	WANT(refused(w, &in, &far, ENOENT, "leg-not-permitted"));
	/* A peer of the other side. */
	in.peer = "partner";
	WANT(refused(w, &in, &far, ENOENT, "leg-not-permitted"));
	far_close(&far);
	return true;
}

static bool other_netns(struct world *w)
{
	struct leg_spec out = { .k = KEYS_NONE };
	struct far far;
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	bool ok;

	WANT(home >= 0 && !unshare(CLONE_NEWNET));
	WANT(!system("ip link set lo up && ip addr add " GW_PUBLIC "/32 dev lo"));
	WANT(!system("ip addr add " PARTNER "/32 dev lo"));
	pair_open(&out, &far);
	WANT(!setns(home, CLONE_NEWNET));
	ok = refused(w, &out, &far, EXDEV, "leg-other-netns");
	far_close(&far);
	close(home);
	return ok;
}

static bool limits(struct world *w)
{
	struct leg_spec out = { .k = KEYS_NONE };
	u64 before = counter(w, "leg-limit");
	struct far one, two;

	world_settings(w, 0, 1);
	leg_open(w, &out, &one);
	pair_open(&out, &two);
	WANT(pair_attach(w, &out, &two) == -ENOSPC);
	WANT(counter(w, "leg-limit") == before + 1);
	far_close(&one);
	WANT(all_quiet(w));
	before = counter(w, "memory-cap");
	world_settings(w, 512, 0);
	WANT(pair_attach(w, &out, &two) == -EDQUOT);
	WANT(counter(w, "memory-cap") == before + 1);
	world_settings(w, 0, 0);
	WANT(!pair_attach(w, &out, &two));
	far_close(&two);
	return all_quiet(w);
}

/* TLS ends in the daemon: counted, and the reason is told. */
static bool joined_over_loopback(struct world *w)
{
	struct leg_spec out = { .k = KEYS_NONE, .not_offloaded = "cipher not in the kernel" };
	struct fp_obj_leg *leg;
	struct far far;

	leg_open(w, &out, &far);
	leg = leg_get(w, far.leg);
	WANT(leg && leg->not_offloaded && !strcmp(leg->not_offloaded, out.not_offloaded));
	WANT(leg->transport == FEDPAT_TRANSPORT_TLS);
	fp_obj_free(&leg->o);
	WANT(status_legs(w) == 1);
	far_close(&far);
	return all_quiet(w);
}

/* The daemon is gone with all its descriptors; the leg is not. */
static bool bytes_before_attach(struct world *w)
{
	struct leg_spec in = { .inside = true }, out = { .k = KEYS_13_AES128 };
	struct far node, partner;
	struct msg m;

	leg_open(w, &in, &node);
	pair_open(&out, &partner);
	WANT(far_send_str(&partner, sip_request("MESSAGE", "bob@example.net",
						"alice@example.com", 1)));
	nap_ms(20);
	WANT(!pair_attach(w, &out, &partner));
	WANT(far_recv(&node, &m, 2000) && msg_cseq(&m) == 1);
	far_close(&node);
	far_close(&partner);
	return all_quiet(w);
}

const struct test attach_tests[] = {
	{ "no socket, no TCP, no connection", not_a_socket },
	{ "a connection that the peer has reset", reset_already },
	{ "what a peer said before it closed is heard", closed_already },
	{ "keys of one direction only, and transport that does not fit", half_tls },
	{ "a socket that is a leg already", twice },
	{ "peer and node must be in the policy", not_in_policy },
	{ "a socket of another namespace", other_netns },
	{ "max-legs and memory-cap", limits },
	{ "a leg joined over loopback says why", joined_over_loopback },
	{ "bytes that came before the attach are read", bytes_before_attach },
	{ NULL, NULL },
};
