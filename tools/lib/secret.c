// SPDX-License-Identifier: GPL-2.0
/* Owner and mode of files that matter. */
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "secret.h"

/* Root and we could do what they like anyway. */
static bool is_trusted(uid_t uid)
{
	return !uid || uid == geteuid();
}

/* For root, who looks after the daemon's keys. */
static bool is_daemon(uid_t uid)
{
	const struct passwd *user = geteuid() ? NULL : getpwnam(FP_USER);

	return user && user->pw_uid == uid;
}

static const char *not_ours(uid_t uid, char *text, size_t size)
{
	snprintf(text, size, "belongs to user %u, who could exchange it", (unsigned int)uid);
	return text;
}

static const char *by_others(mode_t mode, const char *what, char *text, size_t size)
{
	snprintf(text, size, "can be %s by others (mode %04o)", what, (unsigned int)mode & 07777);
	return text;
}

/**
 * fp_secret_fault() - may a file be what a secret is kept in?
 * @st: of the file
 * @text: gets what is wrong
 * @size: of @text
 * @mend: gets the command that mends it
 *
 * Return: @text, or NULL when nothing is wrong
 */
const char *fp_secret_fault(const struct stat *st, char *text, size_t size, const char **mend)
{
	if (!is_trusted(st->st_uid) && !is_daemon(st->st_uid)) {
		/* where the daemon has a user, root's keys would be closed to it */
		*mend = getpwnam(FP_USER) ? "chown " FP_USER ":" : "chown root:";
		return not_ours(st->st_uid, text, size);
	}
	if (!(st->st_mode & 077))
		return NULL;
	*mend = "chmod 600";
	return by_others(st->st_mode, "read or written", text, size);
}

static bool keeps;

/**
 * fp_secret_keep() - keys that this process makes are its own
 *
 * The daemon, as root: it has no CAP_CHOWN, and could not read what it gave away.
 */
void fp_secret_keep(void)
{
	keeps = true;
}

/**
 * fp_secret_give() - let the daemon read a key that root made
 * @fd: of the file, which nobody knows yet
 *
 * Where there is no such user the daemon is root, and the file stays root's.
 *
 * Return: 0, negative errno
 */
int fp_secret_give(int fd)
{
	const struct passwd *user = geteuid() || keeps ? NULL : getpwnam(FP_USER);

	return user && fchown(fd, user->pw_uid, user->pw_gid) ? -errno : 0;
}

static bool is_caller(uid_t uid)
{
	const char *sudo = geteuid() ? NULL : getenv("SUDO_UID");

	return sudo && *sudo && strtoul(sudo, NULL, 10) == uid;
}

static const char *obeyed_fault(const struct stat *st, char *text, size_t size, const char **mend)
{
	if (!S_ISREG(st->st_mode))
		return NULL;	/* a pipe: whoever made it is here */
	if (!is_trusted(st->st_uid) && !is_caller(st->st_uid)) {
		*mend = "chown root:";
		return not_ours(st->st_uid, text, size);
	}
	if (!(st->st_mode & 022))
		return NULL;
	*mend = "chmod go-w";
	return by_others(st->st_mode, "written", text, size);
}

/**
 * fp_obeyed_check() - may a file be obeyed?
 * @file: its name; "-" is standard input
 * @errs: gets what is wrong
 *
 * One that is not there is told of by whoever reads it.
 *
 * Return: 0, negative errno
 */
int fp_obeyed_check(const char *file, struct fp_errs *errs)
{
	struct fp_pos pos = { .file = file };
	char text[128], remedy[512];
	const char *mend, *wrong;
	struct stat st;

	if (!strcmp(file, "-") || stat(file, &st))
		return 0;
	wrong = obeyed_fault(&st, text, sizeof(text), &mend);
	if (!wrong)
		return 0;
	snprintf(remedy, sizeof(remedy), "read it, then run: %s %s", mend, file);
	fp_err_add(errs, FP_EXIT_REFUSED, &(struct fp_where){ .pos = &pos }, remedy,
		   "the file %s", wrong);
	return -EPERM;
}
