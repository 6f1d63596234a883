// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as the data of an SRV or address record: nothing is read or written
 * beside; a name is a name, or said to be none; and written down again it is the
 * same data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/corpus.h"
#include "dns.h"

static const char in_host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* Text to wire form, by RFC 1035 section 3.1. Returns its length. */
static size_t write_name(const char *text, u8 *out)
{
	size_t n = 0, label;

	for (; *text; text += label + (text[label] == '.')) {
		label = strcspn(text, ".");
		must(label && label < 64, "labels of 1 to 63 octets");
		out[n++] = (u8)label;
		memcpy(out + n, text, label);
		n += label;
	}
	out[n++] = 0;
	return n;
}

static void check_name(const char *text, bool odd, const u8 *p, size_t len)
{
	u8 wire[FEDPAT_FQDN_MAX + 8];
	size_t n;

	must(odd == !!strchr(text, '?'), "what is odd is shown as such");
	for (const char *c = text; *c; c++)
		must(strchr(in_host, *c) || *c == '.' || *c == '?', "a terminal may see it");
	n = write_name(text, wire);
	must(n == len, "written again it is as long");
	for (size_t i = 0; i < n; i++)
		must(wire[i] == p[i] || wire[i] == '?', "written again it is the same");
}

/* Into @size octets and not one more: ASan knows where they end. */
static void name_into(const u8 *p, size_t len, size_t size)
{
	char *out = malloc(size);
	bool odd;

	if (fp_dns_name(p, len, out, size, &odd))
		check_name(out, odd, p, len);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fp_addr a;
	struct fp_srv srv;
	u8 *copy;

	if (!size || size > 4096)
		return 0;
	copy = exact_copy(data + 1, size - 1);
	name_into(copy, size - 1, data[0]);
	name_into(copy, size - 1, FEDPAT_FQDN_MAX + 1);
	if (fp_dns_srv_read(copy, size - 1, &srv)) {
		check_name(srv.target, srv.odd, copy + 6, size - 7);
		must(srv.port == copy[4] * 256 + copy[5], "the port is the record's");
	}
	if (fp_dns_addr_read(copy, size - 1, data[0], &a))
		must(!memcmp(a.b, copy, a.family == 4 ? 4 : 16), "the address is the record's");
	free(copy);
	return 0;
}
