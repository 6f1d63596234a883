// SPDX-License-Identifier: GPL-2.0
/*
 * Tokens: nothing that was not sealed opens, whatever was sealed opens, and no
 * change of it does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <fedpat/seal.h>
#include <fedpat/slice.h>

#define MAX_INPUT 4096

static struct fp_sealer sealer;

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static bool opens(int purpose, const u8 *token, u32 len, enum fp_seal_text t)
{
	static u8 out[MAX_INPUT + 64];

	return fp_unseal(&sealer, purpose, fp_slice(token, len), t, out, sizeof(out)) >= 0;
}

/* The input as a token, as text and as raw bytes. */
static void open_it(const uint8_t *data, size_t size)
{
	static u8 out[MAX_INPUT + 64], text[2 * MAX_INPUT];
	enum fp_seal_text t;
	int purpose;

	for (t = FP_SEAL_B32; t <= FP_SEAL_B64; t++) {
		u32 n = fp_text_encode(t, data, size, text);
		s32 back = fp_text_decode(t, fp_slice(text, n), out, sizeof(out));

		check(back == (s32)size && !memcmp(out, data, size), "text is not inverse");
		for (purpose = FP_SEAL_VIA; purpose <= FP_SEAL_BRANCH; purpose++) {
			check(!opens(purpose, data, size, t), "the input opened");
			check(!opens(purpose, text, n, t), "the input opened as bytes");
		}
	}
}

static void seal_it(const uint8_t *data, size_t size)
{
	static u8 token[2 * MAX_INPUT + 128], out[MAX_INPUT + 64];
	struct fp_slice plain = fp_slice(data, size);
	enum fp_seal_text t = size & 1;
	s32 n = fp_seal(&sealer, FP_SEAL_WORD, &plain, 1, t, token, sizeof(token));
	s32 back;
	u32 at;

	check(n == (s32)fp_seal_len(size, t), "wrong length");
	back = fp_unseal(&sealer, FP_SEAL_WORD, fp_slice(token, n), t, out,
			 size + FP_SEAL_OVERHEAD);
	check(back == (s32)size && !memcmp(out, data, size), "seal is not inverse");
	check(fp_unseal(&sealer, FP_SEAL_URI, fp_slice(token, n), t, out, sizeof(out)) < 0,
	      "opened for another purpose");
	at = size ? data[0] * 256 + data[size - 1] : 0;
	token[at % n] = token[at % n] == '2' ? '3' : '2';
	check(fp_unseal(&sealer, FP_SEAL_WORD, fp_slice(token, n), t, out, sizeof(out)) < 0,
	      "a changed token opened");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u8 master[FP_SEAL_MASTER] = "a key that nobody can guess here";

	if (!sealer.n) {
		fp_sealer_init(&sealer, FP_LIT("contoso"));
		fp_sealer_add(&sealer, 1, master);
	}
	if (size > MAX_INPUT)
		return 0;
	open_it(data, size);
	seal_it(data, size);
	return 0;
}
