// SPDX-License-Identifier: GPL-2.0
/*
 * The daemon's own walls: whoever takes it over through a handshake has two
 * capabilities, no other program, no kernel module, no file of others.
 *
 * System calls that it never makes and that an intruder would want end it at
 * once: legs that stand go on, and the unit starts it again. Those that nobody
 * thought of do not exist (ENOSYS), so that a new C library falls back to older
 * ones instead of failing.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cap-ng.h>
#include <seccomp.h>

#include "confine.h"
#include "paths.h"

/* --- user and capabilities --------------------------------------------------- */

/* For the policy of the kernel and for ports below 1024. */
static void wanted_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN,
		      CAP_NET_BIND_SERVICE, -1);
}

static int fault(struct fp_errs *errs, const char *remedy, const char *what, int err)
{
	fp_err_add(errs, FP_EXIT_REFUSED, NULL, remedy, "%s: %s", what, strerror(-err));
	return err;
}

/* Without capabilities only its owner writes there. */
static int own_rundir(uid_t uid, gid_t gid, struct fp_errs *errs)
{
	int fd = -1, err = 0;

	if (mkdir(FP_RUNDIR, 0755) && errno != EEXIST)
		err = -errno;
	else
		fd = open(FP_RUNDIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!err && (fd < 0 || fchownat(fd, "", uid, gid, AT_EMPTY_PATH)))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err ? fault(errs, "look who made it", "directory " FP_RUNDIR, err) : 0;
}

static int become(const char *name, struct fp_errs *errs)
{
	const struct passwd *user = getpwnam(name);

	if (!user) {
		fp_err_add(errs, FP_EXIT_REFUSED, NULL,
			   "make it: adduser --system --group --no-create-home NAME",
			   "there is no user '%s'", name);
		return -ENOENT;
	}
	if (geteuid() == user->pw_uid)
		return 0;
	if (geteuid()) {
		fp_err_add(errs, FP_EXIT_REFUSED, NULL,
			   "start it as root, or as this user with its two capabilities",
			   "only root becomes user '%s'", name);
		return -EPERM;
	}
	wanted_capabilities();
	if (own_rundir(user->pw_uid, user->pw_gid, errs))
		return -EPERM;
	if (initgroups(name, user->pw_gid) ||
	    capng_change_id((int)user->pw_uid, (int)user->pw_gid, CAPNG_CLEAR_BOUNDING))
		return fault(errs, NULL, "the user cannot be changed", -errno);
	return 0;
}

/* Those of the two that we have. Ambient ones would pass to another program. */
static int drop_capabilities(void)
{
	static const unsigned int two[] = { CAP_NET_ADMIN, CAP_NET_BIND_SERVICE };
	bool have[2], bounding;

	capng_get_caps_process();
	bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	for (int i = 0; i < 2; i++)
		have[i] = capng_have_capability(CAPNG_PERMITTED, two[i]);
	capng_clear(CAPNG_SELECT_ALL);
	for (int i = 0; i < 2; i++)
		if (have[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, two[i]);
	/* who may not close the bounding set cannot start another program either */
	if (bounding && capng_apply(CAPNG_SELECT_BOUNDS))
		return -errno;
	return capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) ? -errno : 0;
}

/**
 * fp_confine_user() - give up what is not needed
 * @user: become this user, if we are root; NULL: stay who we are
 * @errs: gets what is wrong
 *
 * CAP_NET_ADMIN and CAP_NET_BIND_SERVICE remain, of those that there were. To be
 * called while there is one thread: each has capabilities of its own.
 *
 * Return: 0, negative errno
 */
int fp_confine_user(const char *user, struct fp_errs *errs)
{
	int err;

	if (user)
		err = become(user, errs);
	else
		err = geteuid() ? 0 : own_rundir(0, 0, errs);
	if (err)
		return err;
	err = drop_capabilities();
	if (err)
		return fault(errs, NULL, "capabilities cannot be dropped", err);
	/* becoming another user has let that user look into us again */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

/* --- system calls ------------------------------------------------------------ */

/* What the daemon, its libraries and threads ask of the kernel. */
static const char *const calls[] = {
	/* memory */
	"brk", "madvise", "membarrier", "mlock", "mlock2", "mremap", "munlock", "munmap",
	/* threads and time */
	"clock_getres", "clock_gettime", "clock_nanosleep", "exit", "exit_group", "futex",
	"get_robust_list", "getcpu", "gettid", "gettimeofday", "nanosleep",
	"restart_syscall", "rseq", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
	"sched_yield", "set_robust_list", "set_tid_address", "time",
	/* signals */
	"kill", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
	"rt_sigtimedwait", "sigaltstack", "tgkill",
	/* who and what we are */
	"arch_prctl", "capget", "getegid", "geteuid", "getgid", "getgroups", "getpid", "getppid",
	"getrandom", "getrlimit", "getrusage", "getuid", "prctl", "prlimit64", "sysinfo", "times",
	"umask", "uname",
	/* files: certificates, keys, resolv.conf, /run/fedpat */
	"access", "chmod", "close", "close_range", "dup", "dup2", "dup3", "faccessat",
	"faccessat2", "fadvise64", "fchmod", "fchmodat", "fcntl", "fdatasync", "flock", "fstat",
	"fstatfs", "fsync", "ftruncate", "getcwd", "getdents64", "link", "linkat", "lseek", "lstat",
	"mkdir", "mkdirat", "newfstatat", "open", "openat", "pread64", "preadv", "pwrite64",
	"pwritev", "read", "readlink", "readlinkat", "readv", "rename", "renameat", "renameat2",
	"stat", "statfs", "statx", "unlink", "unlinkat", "write", "writev",
	/* events */
	"epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2",
	"ioctl", "pipe", "pipe2", "poll", "ppoll", "pselect6", "select", "timerfd_create",
	"timerfd_gettime", "timerfd_settime",
	/* sockets; which families: see rules() */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
	"listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt",
	"shutdown",
};

/* What only an intruder would ask for. */
static const char *const hostile[] = {
	"execve", "execveat", "fork", "vfork", "process_vm_readv", "process_vm_writev",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf",
	"perf_event_open", "userfaultfd", "io_uring_setup", "mount", "umount2", "move_mount",
	"fsopen", "open_tree", "pivot_root", "chroot", "setns", "unshare", "add_key", "keyctl",
	"request_key", "pidfd_getfd", "open_by_handle_at", "reboot", "swapon", "setuid",
	"setresuid", "setgid", "setresgid", "setgroups", "capset", "mknod", "mknodat",
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks stops the threads this way */
	"ptrace",
#endif
};

static int add_names(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		/* one that this machine or libseccomp has not got is not asked for */
		if (nr == __NR_SCMP_ERROR)
			continue;
		int err = seccomp_rule_add(ctx, action, nr, 0);

		if (err)
			return err;
	}
	return 0;
}

/* No memory is written and executed, at once or one after the other. */
static int add_memory(scmp_filter_ctx ctx)
{
	static const int allowed[] = { 0, PROT_WRITE, PROT_EXEC };
	int err = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed) && !err; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC,
					       (scmp_datum_t)allowed[i]));
	return err ? err : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
					    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

#ifdef __SANITIZE_ADDRESS__ /* its search for leaks is a process that shares our memory */
#define CLONE_WANTED	0
#else
#define CLONE_WANTED	CLONE_THREAD
#endif

/*
 * Threads, and neither processes nor namespaces, in which an intruder would have every
 * capability. clone3() has its flags in memory, where no filter sees them: without it
 * the C library takes clone().
 */
static int add_threads(scmp_filter_ctx ctx)
{
	static const scmp_datum_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
		CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, spaces | CLONE_WANTED, CLONE_WANTED));
}

static int add_sockets(scmp_filter_ctx ctx)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	int err = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(*families) && !err; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
	return err ? err : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
					    SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
}

static int rules(scmp_filter_ctx ctx)
{
	int err = add_names(ctx, SCMP_ACT_ALLOW, calls, sizeof(calls) / sizeof(*calls));

	if (!err)
		err = add_names(ctx, SCMP_ACT_KILL_PROCESS, hostile,
				sizeof(hostile) / sizeof(*hostile));
	if (!err)
		err = add_memory(ctx);
	if (!err)
		err = add_threads(ctx);
	return err ? err : add_sockets(ctx);
}

/**
 * fp_confine_calls() - from now on only the system calls of the daemon
 * @errs: gets what is wrong
 *
 * To be called while there is one thread, without new privileges to be had
 * (PR_SET_NO_NEW_PRIVS); threads that it starts are under the same filter.
 *
 * Return: 0; -EOPNOTSUPP, without a fault: this kernel has no such filters;
 * negative errno
 */
int fp_confine_calls(struct fp_errs *errs)
{
	scmp_filter_ctx ctx;
	int err;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return -EOPNOTSUPP;
	ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	err = ctx ? rules(ctx) : -ENOMEM;
	if (!err)
		err = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return err ? fault(errs, NULL, "system calls cannot be filtered", err) : 0;
}
