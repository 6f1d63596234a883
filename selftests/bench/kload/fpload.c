// SPDX-License-Identifier: GPL-2.0
/*
 * A load generator in the kernel: packets enter a network device as if it had
 * received them, so that what is measured is the way through the network stack,
 * with no system call and no other process in it.
 *
 *   /proc/fpload      packets are written here, one behind the other: a number of
 *		       two octets that says which device, its length in two octets
 *		       (host order), then the packet from its IP header on. Opening
 *		       it with O_TRUNC forgets what was there.
 *   /proc/fpload_run  "BATCH TIMES DEVICE...": all packets, TIMES times over, in the
 *		       network namespace of the writer; time is taken after each
 *		       BATCH packets. Reading it gives the nanoseconds a packet of
 *		       each batch, a line each.
 *
 * A batch that the machine spent elsewhere stands out among the others: whoever
 * reads takes their median.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#define FPLOAD_DEVICES	8
#define FPLOAD_BATCHES	65536
#define FPLOAD_TAIL	512	/* room for what rewriting adds */

static unsigned int room = 64;
module_param(room, uint, 0444);
MODULE_PARM_DESC(room, "MiB for packets");

/**
 * struct fpload_head - in front of each packet
 * @dev: index into the devices of the run
 * @len: octets of the packet
 */
struct fpload_head {
	u16 dev;
	u16 len;
};

/**
 * struct fpload_run - what one run is about
 * @batch: packets between two looks at the clock
 * @times: how often all packets are sent
 * @n: devices
 * @dev: devices, held
 */
struct fpload_run {
	u32 batch;
	u32 times;
	u32 n;
	struct net_device *dev[FPLOAD_DEVICES];
};

/* Protects all that follows. */
static DEFINE_MUTEX(fpload_lock);
static u8 *fpload_packets;
static size_t fpload_len;
static u32 *fpload_ns;
static u32 fpload_n;

static size_t fpload_room(void)
{
	return (size_t)room << 20;
}

/* --- packets ------------------------------------------------------------------ */

static int fpload_open(struct inode *inode, struct file *file)
{
	if (file->f_flags & O_TRUNC) {
		mutex_lock(&fpload_lock);
		fpload_len = 0;
		mutex_unlock(&fpload_lock);
	}
	return 0;
}

static ssize_t fpload_write(struct file *file, const char __user *from, size_t len,
			    loff_t *pos)
{
	ssize_t ret = len;

	mutex_lock(&fpload_lock);
	if (len > fpload_room() - fpload_len)
		ret = -ENOSPC;
	else if (copy_from_user(fpload_packets + fpload_len, from, len))
		ret = -EFAULT;
	else
		fpload_len += len;
	mutex_unlock(&fpload_lock);
	return ret;
}

static const struct proc_ops fpload_ops = {
	.proc_open	= fpload_open,
	.proc_write	= fpload_write,
	.proc_lseek	= noop_llseek,
};

/* --- a run -------------------------------------------------------------------- */

/* As a device gives it to the stack that has checked its sums. */
static struct sk_buff *fpload_skb(const u8 *packet, u32 len, struct net_device *dev)
{
	struct sk_buff *skb = netdev_alloc_skb(dev, LL_MAX_HEADER + len + FPLOAD_TAIL);

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_put_data(skb, packet, len);
	skb_reset_mac_header(skb);
	skb->protocol = htons(packet[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* The packet at @at; behind it, or 0 where it is none. */
static size_t fpload_one(const struct fpload_run *run, size_t at)
{
	struct fpload_head head;
	struct sk_buff *skb;

	if (fpload_len - at < sizeof(head))
		return 0;
	memcpy(&head, fpload_packets + at, sizeof(head));
	at += sizeof(head);
	if (!head.len || head.len > fpload_len - at || head.dev >= run->n)
		return 0;
	skb = fpload_skb(fpload_packets + at, head.len, run->dev[head.dev]);
	if (!skb)
		return 0;
	local_bh_disable();
	netif_receive_skb(skb);
	local_bh_enable();
	return at + head.len;
}

static void fpload_note(u64 ns, u32 packets)
{
	if (packets && fpload_n < FPLOAD_BATCHES)
		fpload_ns[fpload_n++] = div_u64(ns, packets);
}

/* All packets once. */
static int fpload_pass(const struct fpload_run *run)
{
	u64 before = ktime_get_ns();
	size_t at = 0;
	u32 n = 0;

	while (at < fpload_len) {
		at = fpload_one(run, at);
		if (!at)
			return -EINVAL;
		if (++n < run->batch)
			continue;
		fpload_note(ktime_get_ns() - before, n);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
		n = 0;
		before = ktime_get_ns();
	}
	fpload_note(ktime_get_ns() - before, n);
	return 0;
}

static int fpload_number(char **words, u32 *n)
{
	char *word = strsep(words, "\n ");

	return word && !kstrtou32(word, 0, n) && *n ? 0 : -EINVAL;
}

static void fpload_put(struct fpload_run *run)
{
	while (run->n)
		dev_put(run->dev[--run->n]);
}

static int fpload_devices(struct fpload_run *run, char *words)
{
	struct net_device *dev;
	char *word;

	while ((word = strsep(&words, "\n "))) {
		if (!*word)
			continue;
		if (run->n == FPLOAD_DEVICES)
			return -E2BIG;
		dev = dev_get_by_name(current->nsproxy->net_ns, word);
		if (!dev)
			return -ENODEV;
		run->dev[run->n++] = dev;
	}
	return 0;
}

static int fpload_do(char *words)
{
	struct fpload_run run = {};
	int err;
	u32 i;

	err = fpload_number(&words, &run.batch);
	if (!err)
		err = fpload_number(&words, &run.times);
	if (!err)
		err = fpload_devices(&run, words);
	mutex_lock(&fpload_lock);
	fpload_n = 0;
	for (i = 0; !err && i < run.times; i++)
		err = fpload_pass(&run);
	mutex_unlock(&fpload_lock);
	fpload_put(&run);
	return err;
}

static ssize_t fpload_run_write(struct file *file, const char __user *from, size_t len,
				loff_t *pos)
{
	char *text = memdup_user_nul(from, len);
	int err;

	if (IS_ERR(text))
		return PTR_ERR(text);
	err = fpload_do(text);
	kfree(text);
	return err ? err : len;
}

static int fpload_run_show(struct seq_file *s, void *v)
{
	u32 i;

	mutex_lock(&fpload_lock);
	for (i = 0; i < fpload_n; i++)
		seq_printf(s, "%u\n", fpload_ns[i]);
	mutex_unlock(&fpload_lock);
	return 0;
}

static int fpload_run_open(struct inode *inode, struct file *file)
{
	return single_open(file, fpload_run_show, NULL);
}

static const struct proc_ops fpload_run_ops = {
	.proc_open	= fpload_run_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
	.proc_write	= fpload_run_write,
};

static void fpload_free(void)
{
	vfree(fpload_packets);
	vfree(fpload_ns);
}

static int __init fpload_init(void)
{
	fpload_packets = vmalloc(fpload_room());
	fpload_ns = vmalloc_array(FPLOAD_BATCHES, sizeof(*fpload_ns));
	if (!fpload_packets || !fpload_ns ||
	    !proc_create("fpload", 0600, NULL, &fpload_ops) ||
	    !proc_create("fpload_run", 0600, NULL, &fpload_run_ops)) {
		remove_proc_entry("fpload", NULL);
		fpload_free();
		return -ENOMEM;
	}
	return 0;
}

static void __exit fpload_exit(void)
{
	remove_proc_entry("fpload_run", NULL);
	remove_proc_entry("fpload", NULL);
	fpload_free();
}

module_init(fpload_init);
module_exit(fpload_exit);
MODULE_DESCRIPTION("packets for the benchmarks of fedpat");
MODULE_LICENSE("GPL");
