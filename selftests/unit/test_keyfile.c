// SPDX-License-Identifier: GPL-2.0
/* Files of token keys: written, read, rotated; refused when others can read them. */
#include <errno.h>
#include <kselftest.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyfile.h"

static char dir[64];
static char file[96];

#define HEX64 "0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789ABCDEF"

static void put(const char *text, mode_t mode)
{
	FILE *out;

	unlink(file);
	out = fopen(file, "we");
	fputs(text, out);
	fclose(out);
	chmod(file, mode);
}

static bool is_bad(const char *text, const char *why, unsigned int line)
{
	struct fp_errs errs = { 0 };
	struct fp_keys keys;
	bool ok;

	put(text, 0600);
	ok = fp_keys_read(file, &keys, &errs) == -EINVAL && errs.n == 1 &&
	     strstr(errs.v[0].text, why) && errs.v[0].line == line && errs.v[0].remedy;
	if (!ok)
		ksft_print_msg("'%s' was not refused for '%s'\n", text, why);
	fp_errs_free(&errs);
	return ok;
}

static void test_there_and_back(void)
{
	struct fp_keys a, b, c;
	struct stat st = { 0 };
	bool ok;

	ok = !fp_keys_make(&a) && a.version && !a.old_version;
	ok &= !fp_keys_write(file, "contoso", &a, NULL) && !fp_keys_read(file, &b, NULL);
	ksft_test_result(ok && !memcmp(&a, &b, sizeof(a)), "a key is written and read\n");
	stat(file, &st);
	ksft_test_result((st.st_mode & 0777) == 0600, "nobody else can read it\n");

	b.version = 255;
	ok = !fp_keys_rotate(&b) && b.version == 1 && b.old_version == 255 &&
	     !memcmp(b.old, a.key, sizeof(b.old)) && memcmp(b.key, a.key, sizeof(b.key));
	ok &= !fp_keys_write(file, "contoso", &b, NULL) && !fp_keys_read(file, &c, NULL);
	ksft_test_result(ok && !memcmp(&b, &c, sizeof(b)),
			 "rotated it stays as the previous one\n");
}

static void test_refused(void)
{
	struct fp_errs errs = { 0 };
	struct fp_keys keys;
	bool ok = true;

	ok &= is_bad("", "there is no key", 1);
	ok &= is_bad("key 1 12\n", "this is no key", 1);
	ok &= is_bad("# comment\nkey 0 " HEX64 "\n", "this is no key", 2);
	ok &= is_bad("key 256 " HEX64 "\n", "this is no key", 1);
	ok &= is_bad("key 1 " HEX64 "0\n", "this is no key", 1);
	ok &= is_bad("key 1 " HEX64 "\nkey 2 " HEX64 "\n", "this is no key", 2);
	ok &= is_bad("old 1 " HEX64 "\n", "there is no key", 2);
	ok &= is_bad("key 1 " HEX64 "\nold 1 " HEX64 "\n", "one version", 3);
	ok &= is_bad("key\n", "this is no key", 1);
	ksft_test_result(ok, "what is no key is refused with its line\n");

	put("key 1 " HEX64 "\n", 0640);
	ok = fp_keys_read(file, &keys, &errs) == -EINVAL && strstr(errs.v[0].remedy, "chmod 600");
	fp_errs_free(&errs);
	ksft_test_result(ok, "a file that others can read is refused\n");
	ksft_test_result(fp_keys_read("/nonexistent", &keys, &errs) == -ENOENT && !errs.n,
			 "a file that is not there is no fault\n");
}

/* --- federations --- */

static unsigned int notes[3];

static void on_note(const struct fp_obj_federation *f, enum fp_keys_note note, void *arg)
{
	(void)f;
	(void)arg;
	notes[note]++;
}

static struct fp_model *model_of(const char *key_file)
{
	struct fp_model *m = fp_model_alloc();
	struct fp_obj *f = fp_obj_alloc(FP_K_FEDERATION, "a/b");

	fp_obj_set_str(f, FEDPAT_A_FEDERATION_KEY_FILE, key_file);
	fp_model_add(m, f);
	return m;
}

static void test_model(void)
{
	struct fp_keys_opts opts = { .note = on_note };
	struct fp_model *m = model_of(NULL), *running;
	struct fp_obj_federation *f = fp_find_federation(m, "a/b");
	struct fp_errs errs = { 0 };
	char want[128];
	bool ok;

	snprintf(want, sizeof(want), "%s/a_b.key", dir);
	ok = !fp_model_load_keys(m, &opts, &errs) && notes[FP_KEYS_MISSING] == 1 &&
	     access(want, F_OK) && !f->key_version;
	ksft_test_result(ok, "a plan makes no key\n");
	opts.make = true;
	ok = !fp_model_load_keys(m, &opts, &errs) && notes[FP_KEYS_MADE] == 1 && f->key_version &&
	     !strcmp(f->key_file, want) && !access(want, F_OK);
	ksft_test_result(ok, "a federation without a file gets one of its name\n");

	/* The kernel has keys whose file is lost: they go on, and none is made. */
	running = m;
	unlink(want);
	m = model_of(NULL);
	opts.running = running;
	f = fp_find_federation(m, "a/b");
	ok = !fp_model_load_keys(m, &opts, &errs) && notes[FP_KEYS_KEPT] == 1 &&
	     access(want, F_OK) &&
	     f->key_version == fp_find_federation(running, "a/b")->key_version &&
	     fp_obj_equal(&f->o, &fp_find_federation(running, "a/b")->o);
	ksft_test_result(ok && !errs.n, "keys whose file was lost go on in the kernel\n");
	fp_model_free(m);
	fp_model_free(running);
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/fedpat-keys.XXXXXX");
	if (!mkdtemp(dir))
		return KSFT_FAIL;
	snprintf(file, sizeof(file), "%s/sub/key", dir);
	setenv("FEDPAT_KEYDIR", dir, 1);
	ksft_print_header();
	ksft_set_plan(3 + 3 + 3);
	test_there_and_back();
	test_refused();
	test_model();
	unlink(file);
	snprintf(file, sizeof(file), "%s/sub", dir);
	rmdir(file);
	rmdir(dir);
	ksft_finished();
}
