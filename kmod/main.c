// SPDX-License-Identifier: GPL-2.0
/*
 * fedpat: gateway for SIP and XMPP federation.
 *
 * Only the ladder of initialisation: what is set up first is taken down last.
 */
#include <linux/module.h>
#include <net/net_namespace.h>

#include "crypto.h"

static int __net_init fp_net_init(struct net *net)
{
	return 0;
}

static void __net_exit fp_net_exit(struct net *net)
{
}

static struct pernet_operations fp_net_ops = {
	.init = fp_net_init,
	.exit = fp_net_exit,
};

static int __init fp_init(void)
{
	if (!fp_crypto_selftest()) {
		pr_err("fedpat: this kernel's BLAKE2s or ChaCha20 gives wrong answers; not loaded\n");
		return -ENOTRECOVERABLE;
	}
	return register_pernet_subsys(&fp_net_ops);
}

static void __exit fp_exit(void)
{
	unregister_pernet_subsys(&fp_net_ops);
}

module_init(fp_init);
module_exit(fp_exit);

MODULE_DESCRIPTION("Gateway for SIP and XMPP federation");
MODULE_LICENSE("GPL");
MODULE_VERSION(FEDPAT_VERSION);
