/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Leak scanner: does anything of the inside stand in these bytes?
 *
 * Written against the definition, not against the code under test: it shares no
 * line with kmod/core. It looks at the bytes as they are, with their %XX escapes
 * undone, and at what decodes from runs of base64.
 */
#ifndef _FEDPAT_SELFTEST_LEAK_H
#define _FEDPAT_SELFTEST_LEAK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct leak_what - what must not be seen
 * @v4: is this IPv4 address of the inside?
 * @v6: is this IPv6 address of the inside? NULL: none is
 * @names: host names, NULL at the end; ".x" is everything below and x itself,
 *	of a top-level domain only what is below
 * @allowed: names that may be seen although @names covers them, NULL at the end
 * @plain: do not look into base64, where any short name is found if one looks long
 */
struct leak_what {
	bool (*v4)(const unsigned char a[4]);
	bool (*v6)(const unsigned char a[16]);
	const char *const *names;
	const char *const *allowed;
	bool plain;
};

/* First leak, printable and NUL terminated in a static buffer; NULL when clean. */
const char *leak_find(const struct leak_what *what, const void *bytes, size_t len);

#endif /* _FEDPAT_SELFTEST_LEAK_H */
