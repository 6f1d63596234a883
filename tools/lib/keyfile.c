// SPDX-License-Identifier: GPL-2.0
/* Files of token keys. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyfile.h"
#include "secret.h"
#include "paths.h"
#include "text.h"

/**
 * fp_keys_path() - where the keys of a federation are kept when nobody says it
 * @federation: its name
 * @buf: gets the file name
 * @size: of @buf
 */
void fp_keys_path(const char *federation, char *buf, size_t size)
{
	const char *dir = getenv("FEDPAT_KEYDIR");
	char name[FEDPAT_NAME_MAX + 1], *p;

	snprintf(name, sizeof(name), "%s", federation);
	/* Names of objects may have slashes, names of files may not. */
	for (p = name; *p; p++)
		if (*p == '/')
			*p = '_';
	snprintf(buf, size, "%s/%s.key", dir && *dir == '/' ? dir : FP_KEYDIR, name);
}

static int fault(struct fp_errs *errs, const char *file, unsigned int line, const char *text,
		 const char *remedy)
{
	struct fp_pos pos = { .file = file, .line = line, .col = 1 };

	fp_err_add(errs, FP_EXIT_REFUSED, &(struct fp_where){ .pos = &pos }, remedy, "%s", text);
	return -EINVAL;
}

static bool hex(const char *s, u8 out[FEDPAT_KEY_LEN])
{
	unsigned int i, byte;

	if (strlen(s) != 2 * FEDPAT_KEY_LEN || strspn(s, "0123456789abcdefABCDEF") != strlen(s))
		return false;
	for (i = 0; i < FEDPAT_KEY_LEN; i++) {
		if (sscanf(s + 2 * i, "%2x", &byte) != 1)
			return false;
		out[i] = (u8)byte;
	}
	return true;
}

static bool read_line(char *line, struct fp_keys *keys)
{
	char *rest = line, *word = strsep(&rest, " "), *number = strsep(&rest, " ");
	bool old = !strcmp(word, "old");
	u64 version;

	if ((!old && strcmp(word, "key")) || !number || !rest)
		return false;
	if (fp_txt_number(number, FP_U_NONE, 1, 255, &version))
		return false;
	if (*(old ? &keys->old_version : &keys->version))
		return false;
	*(old ? &keys->old_version : &keys->version) = (u8)version;
	return hex(rest, old ? keys->old : keys->key);
}

static int read_lines(FILE *in, const char *file, struct fp_keys *keys, struct fp_errs *errs)
{
	char line[160];
	unsigned int n;
	int err = 0;

	for (n = 1; !err && fgets(line, sizeof(line), in); n++) {
		line[strcspn(line, "\r\n")] = 0;
		if (*line && *line != '#' && !read_line(line, keys))
			err = fault(errs, file, n, "this is no key",
				    "expected: key VERSION and 64 hexadecimal digits");
	}
	explicit_bzero(line, sizeof(line));
	if (!err && !keys->version)
		err = fault(errs, file, n, "there is no key",
			    "restore the file, or take it away so that a new one is made");
	if (!err && keys->version == keys->old_version)
		err = fault(errs, file, n, "both keys have one version",
			    "give them different ones");
	return err;
}

static int check_mode(FILE *in, const char *file, struct fp_errs *errs)
{
	const char *mend, *wrong;
	char text[160], sentence[128];
	struct stat st;

	if (fstat(fileno(in), &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return fault(errs, file, 0, "is no regular file", NULL);
	wrong = fp_secret_fault(&st, sentence, sizeof(sentence), &mend);
	if (!wrong)
		return 0;
	snprintf(text, sizeof(text), "the file of token keys %s", wrong);
	return fault(errs, file, 0, text, st.st_mode & 077 ?
		     "close it (chmod 600); if somebody may have read it, make new ones" :
		     "make it root's (chown root:); if somebody may have read it, make new ones");
}

/**
 * fp_keys_read() - read a file of token keys
 * @file: its name
 * @keys: gets the keys; the caller cleanses them
 * @errs: gets what is wrong
 *
 * Return: 0; -ENOENT, without a fault: there is no such file; negative errno
 */
int fp_keys_read(const char *file, struct fp_keys *keys, struct fp_errs *errs)
{
	char buf[512];
	FILE *in = fopen(file, "re");
	int err;

	memset(keys, 0, sizeof(*keys));
	if (!in && errno == ENOENT)
		return -ENOENT;
	if (!in) {
		err = -errno;
		fault(errs, file, 0, strerror(errno), "the token keys are read by root");
		return err;
	}
	setvbuf(in, buf, _IOFBF, sizeof(buf)); /* a buffer of ours can be cleansed */
	err = check_mode(in, file, errs);
	if (!err)
		err = read_lines(in, file, keys, errs);
	fclose(in);
	explicit_bzero(buf, sizeof(buf));
	return err;
}

static int make_dir(const char *file, mode_t mode)
{
	char *dir = strdup(file), *slash = dir ? strrchr(dir, '/') : NULL;
	int err = 0;

	if (!slash) {
		free(dir);
		return dir ? 0 : -ENOMEM;
	}
	*slash = 0;
	if (*dir && access(dir, F_OK)) {
		err = make_dir(dir, 0755); /* as deep as the path, at most 1023 characters */
		if (!err && mkdir(dir, mode) && errno != EEXIST)
			err = -errno;
	}
	free(dir);
	return err;
}

static int put_line(int fd, const char *word, u8 version, const u8 key[FEDPAT_KEY_LEN])
{
	char line[2 * FEDPAT_KEY_LEN + 16];
	int n = snprintf(line, sizeof(line), "%s %u ", word, version), i;
	ssize_t done;

	for (i = 0; i < FEDPAT_KEY_LEN; i++)
		n += sprintf(line + n, "%02x", key[i]);
	line[n++] = '\n';
	done = write(fd, line, n);
	explicit_bzero(line, sizeof(line));
	return done == n ? 0 : -EIO;
}

static int put_all(int fd, const char *federation, const struct fp_keys *keys)
{
	if (dprintf(fd, "# Token keys of federation %s. Keep them secret.\n", federation) < 0)
		return -EIO;
	if (put_line(fd, "key", keys->version, keys->key))
		return -EIO;
	if (keys->old_version && put_line(fd, "old", keys->old_version, keys->old))
		return -EIO;
	return fsync(fd) ? -errno : 0;
}

/**
 * fp_keys_write() - write a file of token keys, all or nothing
 * @file: its name
 * @federation: whose keys they are
 * @keys: the keys
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_keys_write(const char *file, const char *federation, const struct fp_keys *keys,
		  struct fp_errs *errs)
{
	char *tmp = NULL;
	int fd = -1, err = make_dir(file, 0700);

	if (!err && asprintf(&tmp, "%s.new", file) < 0) {
		tmp = NULL;
		err = -ENOMEM;
	}
	if (!err) {
		unlink(tmp);
		fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		err = fd < 0 ? -errno : put_all(fd, federation, keys);
	}
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (!err && rename(tmp, file))
		err = -errno;
	if (err) {
		if (fd >= 0)
			unlink(tmp);
		fault(errs, file, 0, strerror(-err), "the token keys are kept there");
	}
	free(tmp);
	return err;
}

/**
 * fp_keys_make() - a first key
 * @keys: gets it
 *
 * Return: 0, -EIO
 */
int fp_keys_make(struct fp_keys *keys)
{
	memset(keys, 0, sizeof(*keys));
	do {
		if (RAND_bytes(keys->key, sizeof(keys->key)) != 1 ||
		    RAND_bytes(&keys->version, 1) != 1)
			return -EIO;
	} while (!keys->version);
	return 0;
}

/**
 * fp_keys_rotate() - a new key; the current one becomes the previous one
 * @keys: the keys
 *
 * Return: 0, -EIO
 */
int fp_keys_rotate(struct fp_keys *keys)
{
	memcpy(keys->old, keys->key, sizeof(keys->old));
	keys->old_version = keys->version;
	keys->version = keys->version == 255 ? 1 : keys->version + 1;
	return RAND_bytes(keys->key, sizeof(keys->key)) == 1 ? 0 : -EIO;
}

static void give(struct fp_obj *o, const struct fp_keys *keys)
{
	fp_obj_set_key(o, FEDPAT_A_FEDERATION_KEY, keys->key);
	fp_obj_set_num(o, FEDPAT_A_FEDERATION_KEY_VERSION, keys->version);
	if (!keys->old_version)
		return;
	fp_obj_set_key(o, FEDPAT_A_FEDERATION_OLD_KEY, keys->old);
	fp_obj_set_num(o, FEDPAT_A_FEDERATION_OLD_KEY_VERSION, keys->old_version);
}

static int new_file(const struct fp_obj_federation *f, struct fp_keys *keys, struct fp_errs *errs)
{
	int err = fp_keys_make(keys);

	if (err)
		return fault(errs, f->key_file, 0, "no random numbers for a token key", NULL);
	return fp_keys_write(f->key_file, f->o.name, keys, errs);
}

/* The kernel has keys of it and goes on with them. */
static bool keep(struct fp_obj_federation *f, const struct fp_model *running)
{
	const struct fp_obj_federation *old = NULL;

	if (running)
		old = fp_find_federation(running, f->o.name);
	if (!old || !old->key_version)
		return false;
	fp_obj_set_num(&f->o, FEDPAT_A_FEDERATION_KEY_VERSION, old->key_version);
	if (old->old_key_version)
		fp_obj_set_num(&f->o, FEDPAT_A_FEDERATION_OLD_KEY_VERSION, old->old_key_version);
	return true;
}

static int load_one(struct fp_obj_federation *f, const struct fp_keys_opts *opts,
		    struct fp_keys *keys, struct fp_errs *errs)
{
	int err = fp_keys_read(f->key_file, keys, errs);

	if (err == -ENOENT && keep(f, opts->running)) {
		opts->note(f, FP_KEYS_KEPT, opts->arg);
		return 0;
	}
	if (err == -ENOENT && !opts->make) {
		opts->note(f, FP_KEYS_MISSING, opts->arg);
		return 0;
	}
	if (err == -ENOENT) {
		err = new_file(f, keys, errs);
		if (!err)
			opts->note(f, FP_KEYS_MADE, opts->arg);
	}
	if (!err)
		give(&f->o, keys);
	return err;
}

/* XMPP passes as it is: nothing in it is sealed. */
static bool needs_keys(const struct fp_model *model, const struct fp_obj_federation *f)
{
	const struct fp_obj_inspect *map = f->inspect ? fp_find_inspect(model, f->inspect) : NULL;

	return f->key_file || !map || map->type != FEDPAT_INSPECT_TYPE_XMPP;
}

/**
 * fp_model_load_keys() - give the federations of a policy the keys of their files
 * @model: the policy; a federation without a file gets the usual one
 * @opts: what to do where there is no file
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_model_load_keys(struct fp_model *model, const struct fp_keys_opts *opts,
		       struct fp_errs *errs)
{
	struct fp_obj_federation *f;
	char path[FEDPAT_PATH_MAX + 1];
	struct fp_keys keys;
	int err, ret = 0;
	u32 i;

	fp_model_each(model, FP_K_FEDERATION, i, f) {
		if ((opts->only && strcmp(opts->only, f->o.name)) || !needs_keys(model, f))
			continue;
		if (!f->key_file) {
			fp_keys_path(f->o.name, path, sizeof(path));
			fp_obj_set_str(&f->o, FEDPAT_A_FEDERATION_KEY_FILE, path);
		}
		err = load_one(f, opts, &keys, errs);
		explicit_bzero(&keys, sizeof(keys));
		if (err)
			ret = err;
	}
	return ret;
}
