// SPDX-License-Identifier: GPL-2.0
/*
 * OpenSSL frees a connection with its traffic secrets, and buffers through which
 * a private key was read, as they are. Whatever it frees is wiped here first.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "cleanse.h"

static void *get(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void put(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* Never in place: the C library would leave what it moves behind. */
static void *resize(void *p, size_t size, const char *file, int line)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *fresh;

	if (!size) {
		put(p, file, line);
		return NULL;
	}
	fresh = malloc(size);
	if (!fresh)
		return NULL;
	if (p)
		memcpy(fresh, p, old < size ? old : size);
	put(p, file, line);
	return fresh;
}

/**
 * fp_cleanse_freed() - have OpenSSL wipe whatever it frees
 *
 * To be called before anything else of OpenSSL.
 *
 * Return: 0, or -1: OpenSSL was in use already
 */
int fp_cleanse_freed(void)
{
	return CRYPTO_set_mem_functions(get, resize, put) ? 0 : -1;
}
