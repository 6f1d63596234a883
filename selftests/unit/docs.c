// SPDX-License-Identifier: GPL-2.0
/* Reading Markdown; see docs.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "docs.h"

char *md_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL, buf[4096];
	size_t size, n;
	FILE *mem;

	if (!f)
		return NULL;
	mem = open_memstream(&text, &size);
	while ((n = fread(buf, 1, sizeof(buf), f)))
		fwrite(buf, 1, n, mem);
	fclose(mem);
	fclose(f);
	return text;
}

void md_wrong(struct md *md, const char *what, const char *is)
{
	md->wrong++;
	printf("# %s:%d: %s %s\n", md->path, md->n, what, is);
}

void md_open(struct md *md, const char *path)
{
	memset(md, 0, sizeof(*md));
	md->path = path;
	md->file = md_file(path);
	md->rest = md->file;
	if (!md->file)
		md_wrong(md, path, "cannot be read");
}

void md_close(struct md *md)
{
	free(md->file);
	free(md->cell);
}

bool md_next(struct md *md)
{
	if (!md->rest || !*md->rest)
		return false;
	md->line = strsep(&md->rest, "\n");
	md->n++;
	return true;
}

char *md_cell(struct md *md, int i)
{
	const char *p = md->line;
	size_t len;

	for (; p && i >= 0; i--) {
		p = strchr(p, '|');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		p = "";
	p += strspn(p, " ");
	len = strcspn(p, "|");
	while (len && p[len - 1] == ' ')
		len--;
	free(md->cell);
	md->cell = strndup(p, len);
	return md->cell;
}

int md_column(struct md *md, const char *title)
{
	int i;

	for (i = 0; *md_cell(md, i); i++)
		if (!strcmp(md->cell, title))
			return i;
	return -1;
}

bool md_code(char **p, char *word, size_t size)
{
	char *from = strchr(*p, '`'), *to = from ? strchr(from + 1, '`') : NULL;

	if (!to || (size_t)(to - from) > size)
		return false;
	memcpy(word, from + 1, to - from - 1);
	word[to - from - 1] = 0;
	*p = to + 1;
	return true;
}
