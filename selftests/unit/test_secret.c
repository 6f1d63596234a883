// SPDX-License-Identifier: GPL-2.0
/* Owner and mode of files that hold secrets, and of those that are obeyed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "secret.h"

static const char *secret(uid_t uid, mode_t mode)
{
	struct stat st = { .st_uid = uid, .st_mode = S_IFREG | mode };
	static char text[128];
	const char *mend;

	return fp_secret_fault(&st, text, sizeof(text), &mend) ? text : NULL;
}

static bool says(const char *text, const char *what)
{
	return text && strstr(text, what);
}

static void test_secret(void)
{
	static const mode_t open[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0777 };
	bool ok = true;

	ksft_test_result(!secret(0, 0600) && !secret(geteuid(), 0400),
			 "root's and our own, closed to others\n");
	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
		ok &= says(secret(geteuid(), open[i]), "by others");
	ksft_test_result(ok, "whatever others may do with it is told\n");
	ksft_test_result(says(secret(12345, 0600), "belongs to user 12345"),
			 "another owner is told\n");
}

static int obeyed(const char *file, uid_t uid, mode_t mode, const char *want)
{
	struct fp_errs errs = { 0 };
	int err;

	if (chown(file, uid, 0) || chmod(file, mode))
		return -1;
	err = fp_obeyed_check(file, &errs);
	if (want && (!err || !errs.n || !strstr(errs.v[0].text, want) || !errs.v[0].remedy))
		err = 0;
	fp_errs_free(&errs);
	return want ? !err : err;
}

static void test_obeyed(void)
{
	char file[] = "/tmp/test_secret.XXXXXX";
	int fd;

	if (geteuid()) {
		ksft_test_result_skip("files of other owners: not root\n");
		return;
	}
	fd = mkstemp(file);
	unsetenv("SUDO_UID");
	ksft_test_result(!obeyed(file, 0, 0644, NULL) &&
			 !obeyed(file, 0, 0666, "by others (mode 0666)") &&
			 !obeyed(file, 0, 0664, "by others (mode 0664)") &&
			 !obeyed(file, 12345, 0644, "belongs to user 12345") &&
			 !setenv("SUDO_UID", "12345", 1) && !obeyed(file, 12345, 0644, NULL) &&
			 !setenv("SUDO_UID", "12346", 1) &&
			 !obeyed(file, 12345, 0644, "belongs to user 12345"),
			 "a policy is of root or of who called sudo, and nobody else writes it\n");
	unlink(file);
	close(fd);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(4);
	test_secret();
	test_obeyed();
	ksft_finished();
}
