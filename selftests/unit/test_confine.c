// SPDX-License-Identifier: GPL-2.0
/* What the daemon can still do within its walls, and what ends it. */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap-ng.h>

#include "confine.h"
#include "kselftest.h"

#define ANSWER_OK	0
#define ANSWER_NOT	1
#define NO_FILTER	4

/* In a process of its own within the walls: its status as waitpid() has it. */
static int within(int (*act)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		int err;

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		err = fp_confine_calls(NULL);
		/* not exit(): what the parent does at its end is not for here */
		_exit(err == -EOPNOTSUPP ? NO_FILTER : err ? ANSWER_NOT : act());
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status;
}

static bool went_well(int (*act)(void))
{
	int status = within(act);

	return WIFEXITED(status) && WEXITSTATUS(status) == ANSWER_OK;
}

static bool was_killed(int (*act)(void))
{
	int status = within(act);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static int nothing(void)
{
	return ANSWER_OK;
}

static int exec_shell(void)
{
	execl("/bin/sh", "sh", "-c", "exit 0", NULL);
	return ANSWER_OK;
}

static int become_root(void)
{
	return setuid(0) ? ANSWER_NOT : ANSWER_OK;
}

static int other_namespace(void)
{
	return setns(0, 0) ? ANSWER_NOT : ANSWER_OK;
}

/* The way of fork(), which unshare() forbidden does not close. */
static int process_in_namespace(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return pid < 0 && errno == ENOSYS ? ANSWER_OK : ANSWER_NOT;
}

static int load_module(void)
{
	return syscall(313 /* finit_module */, -1, "", 0) ? ANSWER_NOT : ANSWER_OK;
}

static int write_and_execute(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || !mprotect(p, 4096, PROT_READ | PROT_EXEC))
		return ANSWER_NOT;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	return p == MAP_FAILED ? ANSWER_OK : ANSWER_NOT;
}

static int packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == ENOSYS ? ANSWER_OK : ANSWER_NOT;
}

static int unknown_call(void)
{
	return syscall(100000) < 0 && errno == ENOSYS ? ANSWER_OK : ANSWER_NOT;
}

static void *thread(void *arg)
{
	*(bool *)arg = true;
	return NULL;
}

static int threads(void)
{
	bool ran = false;
	pthread_t t;

	if (pthread_create(&t, NULL, thread, &ran) || pthread_join(t, NULL))
		return ANSWER_NOT;
	return ran ? ANSWER_OK : ANSWER_NOT;
}

static int names(void)
{
	struct addrinfo *list = NULL;

	if (getaddrinfo("localhost", "443", NULL, &list))
		return ANSWER_NOT;
	freeaddrinfo(list);
	return ANSWER_OK;
}

static int files(void)
{
	char name[] = "/tmp/test_confine.XXXXXX", other[sizeof(name) + 4];
	int fd = mkstemp(name);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	int bad;

	snprintf(other, sizeof(other), "%s.new", name);
	bad = !f || fprintf(f, "x") != 1 || fclose(f) || rename(name, other) || unlink(other);
	return bad ? ANSWER_NOT : ANSWER_OK;
}

static int kill_ourselves_not(void)
{
	return kill(getpid(), 0) ? ANSWER_NOT : ANSWER_OK;
}

static void test_capabilities(void)
{
	pid_t pid;
	int status;

	if (geteuid()) {
		ksft_test_result_skip("capabilities: not root\n");
		return;
	}
	pid = fork();
	if (!pid) {
		int err = fp_confine_user(NULL, NULL);

		capng_get_caps_process();
		_exit(!err && capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_PARTIAL &&
		      !capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE) &&
		      !capng_have_capability(CAPNG_BOUNDING_SET, CAP_SYS_ADMIN) &&
		      !capng_have_capability(CAPNG_AMBIENT, CAP_NET_ADMIN) ? 0 : 1);
	}
	ksft_test_result(pid > 0 && waitpid(pid, &status, 0) == pid && !status,
			 "root keeps no capability but the two\n");
}

static void test_no_user(void)
{
	struct fp_errs errs = { 0 };

	ksft_test_result(fp_confine_user("no-such-user", &errs) == -ENOENT && errs.n == 1 &&
			 strstr(errs.v[0].text, "'no-such-user'") && errs.v[0].remedy,
			 "a user that is not there is told, with what to do\n");
	fp_errs_free(&errs);
}

int main(void)
{
	static const struct {
		int (*act)(void);
		bool (*as_wanted)(int (*act)(void));
		const char *what;
	} cases[] = {
		{ threads, went_well, "threads start" },
		{ names, went_well, "names are looked up" },
		{ files, went_well, "files are written and renamed" },
		{ kill_ourselves_not, went_well, "signals are sent" },
		{ write_and_execute, went_well, "no memory is written and then executed" },
		{ packet_socket, went_well, "there are no packet sockets" },
		{ unknown_call, went_well, "calls that nobody thought of are not there" },
		{ process_in_namespace, went_well, "no process starts in a namespace of its own" },
		{ exec_shell, was_killed, "another program ends it" },
		{ become_root, was_killed, "becoming root ends it" },
		{ other_namespace, was_killed, "another namespace ends it" },
		{ load_module, was_killed, "loading a module ends it" },
	};
	int no_filter;
	bool none;

	ksft_print_header();
	ksft_set_plan(2 + sizeof(cases) / sizeof(*cases));
	test_capabilities();
	test_no_user();
	no_filter = within(nothing);
	none = WIFEXITED(no_filter) && WEXITSTATUS(no_filter) == NO_FILTER;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (none)
			ksft_test_result_skip("%s: this kernel has no filter\n", cases[i].what);
		else
			ksft_test_result(cases[i].as_wanted(cases[i].act), "%s\n", cases[i].what);
	}
	ksft_finished();
}
