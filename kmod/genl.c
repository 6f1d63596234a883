// SPDX-License-Identifier: GPL-2.0
/* The netlink family: its operations, who may call them, and its group. */
#include "genl.h"
#include "counter.h"
#include "leg_nl.h"
#include "nl.h"
#include "txn.h"

/*
 * Policy belongs to the owner of the namespace. What takes a file descriptor, or
 * speaks for the daemon, belongs to the machine's administrator.
 */
#define FP_OWNER	GENL_UNS_ADMIN_PERM
#define FP_ADMIN	GENL_ADMIN_PERM

#define FP_DO(up, low, perm, fn) { \
	.cmd = FEDPAT_CMD_##up, \
	.flags = (perm), \
	.policy = fp_##low##_policy, \
	.maxattr = ARRAY_SIZE(fp_##low##_policy) - 1, \
	.doit = (fn), \
}

#define FP_DUMP(up, low, fn, start_fn, dump_fn, done_fn) { \
	.cmd = FEDPAT_CMD_##up, \
	.flags = FP_OWNER, \
	.policy = fp_##low##_policy, \
	.maxattr = ARRAY_SIZE(fp_##low##_policy) - 1, \
	.doit = (fn), \
	.start = (start_fn), \
	.dumpit = (dump_fn), \
	.done = (done_fn), \
}

#define FP_NEW(up, low)	FP_DO(up##_NEW, low##_new, FP_OWNER, fp_nl_object_new)
#define FP_DEL(up, low)	FP_DO(up##_DEL, low##_del, FP_OWNER, fp_nl_object_del)
#define FP_GET(up, low)	FP_DUMP(up##_GET, low##_get, fp_nl_object_get, \
				fp_nl_object_start, fp_nl_object_dump, NULL)

static const struct genl_ops fp_genl_ops[] = {
	FP_DO(TXN_BEGIN, txn_begin, FP_OWNER, fp_nl_txn_begin),
	FP_DO(TXN_COMMIT, txn_commit, FP_OWNER, fp_nl_txn_commit),
	FP_DO(TXN_ABORT, txn_abort, FP_OWNER, fp_nl_txn_abort),
	FP_DUMP(TXN_ERRORS, txn_errors, NULL, NULL, fp_nl_txn_errors_dump, NULL),
	FP_NEW(ZONE, zone), FP_DEL(ZONE, zone), FP_GET(ZONE, zone),
	FP_NEW(ACL, acl), FP_DEL(ACL, acl), FP_GET(ACL, acl),
	FP_DO(ACE_NEW, ace_new, FP_OWNER, fp_nl_entry_new),
	FP_DO(ACE_DEL, ace_del, FP_OWNER, fp_nl_entry_del),
	FP_DUMP(ACE_GET, ace_get, NULL, fp_nl_entry_start, fp_nl_entry_dump, NULL),
	FP_NEW(PAT, pat), FP_DEL(PAT, pat), FP_GET(PAT, pat),
	FP_NEW(STATIC_PAT, static_pat), FP_DEL(STATIC_PAT, static_pat),
	FP_GET(STATIC_PAT, static_pat),
	FP_NEW(CLASS_MAP, class_map), FP_DEL(CLASS_MAP, class_map), FP_GET(CLASS_MAP, class_map),
	FP_NEW(INSPECT, inspect), FP_DEL(INSPECT, inspect), FP_GET(INSPECT, inspect),
	FP_NEW(TLS_PROXY, tls_proxy), FP_DEL(TLS_PROXY, tls_proxy), FP_GET(TLS_PROXY, tls_proxy),
	FP_NEW(TRUSTPOINT, trustpoint), FP_DEL(TRUSTPOINT, trustpoint),
	FP_GET(TRUSTPOINT, trustpoint),
	FP_NEW(FEDERATION, federation), FP_DEL(FEDERATION, federation),
	FP_GET(FEDERATION, federation),
	FP_NEW(PEER, peer), FP_DEL(PEER, peer), FP_GET(PEER, peer),
	FP_NEW(NODE, node), FP_DEL(NODE, node), FP_GET(NODE, node),
	FP_NEW(DOMAIN, domain), FP_DEL(DOMAIN, domain), FP_GET(DOMAIN, domain),
	FP_NEW(ROUTE, route), FP_DEL(ROUTE, route), FP_GET(ROUTE, route),
	FP_DO(SETTINGS_SET, settings_set, FP_OWNER, fp_nl_settings_set),
	FP_DO(SETTINGS_GET, settings_get, FP_OWNER, fp_nl_settings_get),
	FP_DO(STATUS_GET, status_get, FP_OWNER, fp_nl_status_get),
	FP_DUMP(COUNTER_GET, counter_get, NULL, NULL, fp_nl_counter_dump, NULL),
	FP_DO(LEG_ATTACH, leg_attach, FP_ADMIN, fp_nl_leg_attach),
	FP_DO(LEG_FAIL, leg_fail, FP_OWNER, fp_nl_leg_fail),
	FP_DUMP(LEG_GET, leg_get, fp_nl_leg_get, fp_nl_leg_start, fp_nl_leg_dump,
		fp_nl_leg_done),
	FP_DUMP(WANTED_GET, wanted_get, NULL, NULL, fp_nl_wanted_dump, NULL),
	FP_DO(LEG_KILL, leg_kill, FP_OWNER, fp_nl_leg_kill),
	FP_DO(REFUSAL_REPORT, refusal_report, FP_ADMIN, fp_nl_refusal_report),
};

/* Partners' names and addresses are nobody else's business. */
static const struct genl_multicast_group fp_genl_groups[] = {
	[FP_GENL_EVENTS] = {
		.name = FEDPAT_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family fp_genl_family __ro_after_init = {
	.name = FEDPAT_FAMILY_NAME,
	.version = FEDPAT_FAMILY_VERSION,
	.netnsok = true,
	/* A commit may take a while; other families shall not wait for it. */
	.parallel_ops = true,
	.ops = fp_genl_ops,
	.n_ops = ARRAY_SIZE(fp_genl_ops),
	.mcgrps = fp_genl_groups,
	.n_mcgrps = ARRAY_SIZE(fp_genl_groups),
	.module = THIS_MODULE,
};

/**
 * fp_genl_init() - listen to the world
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int __init fp_genl_init(void)
{
	return genl_register_family(&fp_genl_family);
}

/**
 * fp_genl_exit() - listen no more; waits for operations that run
 *
 * Context: process.
 */
void fp_genl_exit(void)
{
	genl_unregister_family(&fp_genl_family);
}
