// SPDX-License-Identifier: GPL-2.0
/*
 * fedpat: gateway for SIP and XMPP federation.
 *
 * Only the ladder of initialisation: what is set up first is taken down last.
 */
#include <linux/module.h>
#include "crypto.h"
#include "genl.h"
#include "ifmap.h"
#include "legs.h"
#include "netns.h"
#include "packet.h"
#include "selftest.h"
#include "txn.h"

static int __init fp_init(void)
{
	int err;

	if (!fp_crypto_selftest()) {
		pr_err("fedpat: this kernel's BLAKE2s or ChaCha20 gives wrong answers; not loaded\n");
		return -ENOTRECOVERABLE;
	}
	if (!fp_selftest())
		return -ENOTRECOVERABLE;
	fp_wq = alloc_workqueue("fedpat", WQ_UNBOUND, 0);
	if (!fp_wq)
		return -ENOMEM;
	err = fp_legs_init();
	if (err)
		goto err_wq;
	err = fp_packet_init();
	if (err)
		goto err_legs;
	err = fp_netns_init();
	if (err)
		goto err_packet;
	err = fp_ifmap_init();
	if (err)
		goto err_netns;
	err = fp_txn_init();
	if (err)
		goto err_ifmap;
	err = fp_genl_init();
	if (err)
		goto err_txn;
	return 0;

err_txn:
	fp_txn_exit();
err_ifmap:
	fp_ifmap_exit();
err_netns:
	fp_netns_exit();
err_packet:
	fp_packet_exit();
err_legs:
	fp_legs_exit();
err_wq:
	rcu_barrier();
	destroy_workqueue(fp_wq);
	return err;
}

/*
 * After genl nobody can ask for anything; after netns nothing is in force any
 * more and what was is on its way to be freed: through call_rcu(), which
 * rcu_barrier() waits for, and then a work, which the workqueue drains.
 */
static void __exit fp_exit(void)
{
	fp_genl_exit();
	fp_txn_exit();
	fp_ifmap_exit();
	fp_netns_exit();
	fp_packet_exit();
	fp_legs_exit();
	rcu_barrier();
	destroy_workqueue(fp_wq);
}

module_init(fp_init);
module_exit(fp_exit);

MODULE_DESCRIPTION("Gateway for SIP and XMPP federation");
MODULE_LICENSE("GPL");
MODULE_VERSION(FEDPAT_VERSION);
MODULE_ALIAS_NET_PF_PROTO_NAME(PF_NETLINK, NETLINK_GENERIC, "-family-" FEDPAT_FAMILY_NAME);
