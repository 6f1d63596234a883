// SPDX-License-Identifier: GPL-2.0
/* Third-party test data; see corpus.h. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "corpus.h"

static const char *corpus_root(void)
{
	const char *root = getenv("FEDPAT_TESTDATA");

	return root && *root ? root : "../shared/testdata";
}

static void corpus_full(char *out, size_t size, const char *path)
{
	snprintf(out, size, "%s/%s", corpus_root(), path);
}

bool corpus_has(const char *folder)
{
	char full[1024];
	struct stat st;

	corpus_full(full, sizeof(full), folder);
	return !stat(full, &st) && S_ISDIR(st.st_mode);
}

u8 *exact_copy(const void *p, u32 len)
{
	u8 *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	if (len)
		memcpy(copy, p, len);
	return copy;
}

bool corpus_load(const char *path, struct corpus_file *f)
{
	char full[1024];
	struct stat st;
	FILE *in;

	corpus_full(full, sizeof(full), path);
	in = fopen(full, "rb");
	if (!in)
		return false;
	if (fstat(fileno(in), &st))
		abort();
	f->path = path;
	f->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	f->len = st.st_size;
	f->p = malloc(f->len ? f->len : 1);
	if (!f->p || fread(f->p, 1, f->len, in) != f->len)
		abort();
	fclose(in);
	return true;
}

void corpus_crlf(struct corpus_file *f)
{
	u8 *out = malloc(2 * (size_t)f->len + 1), *old = f->p;
	u32 i, n = 0;

	if (!out)
		abort();
	for (i = 0; i < f->len; i++) {
		if (old[i] == '\n' && (!i || old[i - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = old[i];
	}
	f->p = exact_copy(out, n);
	f->len = n;
	free(out);
	free(old);
}

static bool corpus_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = suffix ? strlen(suffix) : 0;

	return n >= s && !memcmp(name + n - s, suffix ? suffix : "", s);
}

static unsigned int corpus_one(const char *path, const char *suffix, corpus_fn fn, void *ctx)
{
	struct corpus_file f;

	if (!corpus_suffix(path, suffix) || !corpus_load(path, &f))
		return 0;
	fn(&f, ctx);
	free(f.p);
	return 1;
}

unsigned int corpus_walk(const char *folder, const char *suffix, corpus_fn fn, void *ctx)
{
	struct dirent **entries;
	char path[1024];
	unsigned int found = 0;
	int i, n;

	corpus_full(path, sizeof(path), folder);
	n = scandir(path, &entries, NULL, alphasort);
	for (i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (name[0] != '.')
			found += corpus_has(path) ? corpus_walk(path, suffix, fn, ctx) :
						    corpus_one(path, suffix, fn, ctx);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return found;
}

/* Column of a tab-separated line. */
static void corpus_column(char *line, unsigned int column, char *out, size_t size)
{
	char *at = line;

	while (column--) {
		at = strchr(at, '\t');
		if (!at++)
			return;
	}
	at[strcspn(at, "\t\n")] = 0;
	snprintf(out, size, "%s", at);
}

bool corpus_index(const char *path, unsigned int column, char *out, size_t size)
{
	char full[1024], *line = NULL;
	size_t room = 0, n = strlen(path);
	bool found = false;
	FILE *in;

	out[0] = 0;
	corpus_full(full, sizeof(full), "INDEX.tsv");
	in = fopen(full, "r");
	if (!in)
		return false;
	while (!found && getline(&line, &room, in) > 0) {
		found = !strncmp(line, path, n) && line[n] == '\t';
		if (found)
			corpus_column(line, column, out, size);
	}
	free(line);
	fclose(in);
	return found;
}
