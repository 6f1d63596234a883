// SPDX-License-Identifier: GPL-2.0
/* Primitives by published vectors; tokens: inverse, separate, and never forged. */
#include <errno.h>
#include <fedpat/seal.h>
#include <fedpat/slice.h>
#include "kselftest.h"

static const u8 master1[FP_SEAL_MASTER] = "0123456789abcdef0123456789abcdef";
static const u8 master2[FP_SEAL_MASTER] = "fedcba9876543210fedcba9876543210";

static u32 seed = 7;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void test_blake2s(void)
{
	/* blake2-kat.h of the BLAKE2 reference: key 00..1f, input 00 01 02 */
	static const u8 want[32] = {
		0x1d, 0x22, 0x0d, 0xbe, 0x2e, 0xe1, 0x34, 0x66,
		0x1f, 0xdf, 0x6d, 0x9e, 0x74, 0xb4, 0x17, 0x04,
		0x71, 0x05, 0x56, 0xf2, 0xf6, 0xe5, 0xa0, 0x91,
		0xb2, 0x27, 0x69, 0x74, 0x45, 0xdb, 0xea, 0x6b,
	};
	static const u8 in[3] = { 0, 1, 2 };
	struct fp_slice parts[] = { { in, 1 }, { in + 1, 0 }, { in + 1, 2 } };
	u8 key[32], out[32];
	u32 i;

	for (i = 0; i < 32; i++)
		key[i] = i;
	fp_blake2s(out, 32, key, 32, parts, 3);
	ksft_test_result(!memcmp(out, want, 32), "BLAKE2s: published keyed vector, in pieces\n");
}

static void test_chacha20(void)
{
	/* RFC 8439 2.4.2: the first 16 bytes of "Ladies and Gentlemen" */
	static const u8 want[16] = {
		0x6e, 0x2e, 0x35, 0x9a, 0x25, 0x68, 0xf9, 0x80,
		0x41, 0xba, 0x07, 0x28, 0xdd, 0x0d, 0x69, 0x81,
	};
	static const u8 iv[16] = { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x4a, 0, 0, 0, 0 };
	u8 key[32], buf[16];
	u32 i;

	for (i = 0; i < 32; i++)
		key[i] = i;
	memcpy(buf, "Ladies and Gentl", 16);
	fp_chacha20_xor(key, iv, buf, sizeof(buf));
	ksft_test_result(!memcmp(buf, want, sizeof(want)), "ChaCha20: vector of RFC 8439\n");
}

static struct fp_sealer sealer_of(const char *name, u8 version, const u8 *master)
{
	struct fp_sealer s;

	fp_sealer_init(&s, fp_slice(name, strlen(name)));
	fp_sealer_add(&s, version, master);
	return s;
}

static bool inverse(const struct fp_sealer *s, u32 len, enum fp_seal_text text)
{
	static u8 plain[FP_SEAL_MAX_PLAIN], out[2 * FP_SEAL_MAX_PLAIN + 64];
	static u8 again[FP_SEAL_MAX_PLAIN + 64], back[FP_SEAL_MAX_PLAIN + FP_SEAL_OVERHEAD];
	u32 cut = len ? rnd(len) : 0, i;
	struct fp_slice parts[2] = { { plain, cut }, { plain + cut, len - cut } };
	struct fp_slice whole = { plain, len };
	s32 n, m;

	for (i = 0; i < len; i++)
		plain[i] = rnd(256);
	n = fp_seal(s, FP_SEAL_URI, parts, 2, text, out, sizeof(out));
	if (n < 0 || (u32)n != fp_seal_len(len, text) ||
	    fp_seal_run(fp_slice(out, n), text) != (u32)n)
		return false;
	/* the same in one piece, in a room that just fits */
	if (n <= (s32)sizeof(again) &&
	    (fp_seal(s, FP_SEAL_URI, &whole, 1, text, again, n) != n || memcmp(out, again, n)))
		return false;
	if (fp_seal(s, FP_SEAL_URI, &whole, 1, text, out, n - 1) != -ENOSPC)
		return false;
	n = fp_seal(s, FP_SEAL_URI, &whole, 1, text, out, sizeof(out));
	m = fp_unseal(s, FP_SEAL_URI, fp_slice(out, n), text, back, len + FP_SEAL_OVERHEAD);
	return m == (s32)len && !memcmp(back, plain, len);
}

static void test_inverse(const struct fp_sealer *s)
{
	u32 len;
	bool ok = true;

	for (len = 0; len < 300; len++)
		ok = ok && inverse(s, len, FP_SEAL_B32) && inverse(s, len, FP_SEAL_B64);
	ok = ok && inverse(s, FP_SEAL_MAX_PLAIN, FP_SEAL_B64) &&
	     inverse(s, FP_SEAL_MAX_PLAIN, FP_SEAL_B32);
	ksft_test_result(ok, "seal and unseal are inverse, deterministic, exact in size\n");
}

static void test_forged(const struct fp_sealer *s)
{
	struct fp_slice plain = FP_LIT("192.0.2.11:5062;transport=tls");
	u8 tok[128], bad[128], out[128];
	s32 n = fp_seal(s, FP_SEAL_URI, &plain, 1, FP_SEAL_B32, tok, sizeof(tok));
	u32 i, refused = 0, tried = 0, c;

	for (i = 0; i < (u32)n; i++) {
		memcpy(bad, tok, n);
		for (c = 0; c < 256; c++) {
			if ((c | 0x20) == (tok[i] | 0x20u))
				continue;
			bad[i] = c;
			tried++;
			refused += fp_unseal(s, FP_SEAL_URI, fp_slice(bad, n), FP_SEAL_B32,
					     out, sizeof(out)) == -EBADMSG;
		}
	}
	ksft_test_result(tried && refused == tried,
			 "every change of one digit is refused (%u)\n", tried);
	for (i = 0, refused = 0; i < (u32)n; i++)
		refused += fp_unseal(s, FP_SEAL_URI, fp_slice(tok, i), FP_SEAL_B32,
				     out, sizeof(out)) == -EBADMSG;
	ksft_test_result(refused == (u32)n, "every cut is refused\n");
	memcpy(bad, tok, n);
	bad[n] = 'a';
	ksft_test_result(fp_unseal(s, FP_SEAL_URI, fp_slice(bad, n + 1), FP_SEAL_B32,
				   out, sizeof(out)) < 0, "a longer token is refused\n");
	for (i = 0; i < (u32)n; i++)
		bad[i] = tok[i] >= 'a' ? tok[i] - 32 : tok[i];
	ksft_test_result(fp_unseal(s, FP_SEAL_URI, fp_slice(bad, n), FP_SEAL_B32, out,
				   sizeof(out)) == (s32)plain.len, "base32 in upper case opens\n");
}

static s32 cross(const struct fp_sealer *a, enum fp_seal_purpose pa,
		 const struct fp_sealer *b, enum fp_seal_purpose pb)
{
	struct fp_slice plain = FP_LIT("imp1.example.com");
	u8 tok[128], out[128];
	s32 n = fp_seal(a, pa, &plain, 1, FP_SEAL_B64, tok, sizeof(tok));

	return fp_unseal(b, pb, fp_slice(tok, n), FP_SEAL_B64, out, sizeof(out));
}

static void test_separate(const struct fp_sealer *s)
{
	struct fp_sealer other_realm = sealer_of("fabrikam", 1, master1);
	struct fp_sealer other_key = sealer_of("contoso", 1, master2);
	struct fp_sealer other_version = sealer_of("contoso", 2, master1);
	struct fp_sealer twin = sealer_of("contoso", 1, master1);

	ksft_test_result(cross(s, FP_SEAL_URI, s, FP_SEAL_WORD) == -EBADMSG &&
			 cross(s, FP_SEAL_WORD, s, FP_SEAL_FOREIGN) == -EBADMSG,
			 "a token for one purpose does not open for another\n");
	ksft_test_result(cross(s, FP_SEAL_URI, &other_realm, FP_SEAL_URI) == -EBADMSG &&
			 cross(s, FP_SEAL_URI, &other_key, FP_SEAL_URI) == -EBADMSG &&
			 cross(s, FP_SEAL_URI, &other_version, FP_SEAL_URI) == -EBADMSG,
			 "nor in another realm, under another key, under another version\n");
	ksft_test_result(cross(s, FP_SEAL_URI, &twin, FP_SEAL_URI) == 16,
			 "another member of the cluster opens it\n");
}

static void test_rotation(const struct fp_sealer *old)
{
	struct fp_slice plain = FP_LIT("x");
	struct fp_sealer new = sealer_of("contoso", 2, master2);
	u8 tok[64], out[64];
	s32 n = fp_seal(old, FP_SEAL_URI, &plain, 1, FP_SEAL_B64, tok, sizeof(tok));

	ksft_test_result(!fp_sealer_add(&new, 1, master1) &&
			 fp_unseal(&new, FP_SEAL_URI, fp_slice(tok, n), FP_SEAL_B64, out,
				   sizeof(out)) == 1 &&
			 fp_seal_is_old(&new, fp_slice(tok, n), FP_SEAL_B64) &&
			 !fp_seal_is_old(old, fp_slice(tok, n), FP_SEAL_B64),
			 "the previous key opens, and says that it is old\n");
	n = fp_seal(&new, FP_SEAL_URI, &plain, 1, FP_SEAL_B32, tok, sizeof(tok));
	ksft_test_result(fp_unseal(old, FP_SEAL_URI, fp_slice(tok, n), FP_SEAL_B32, out,
				   sizeof(out)) == -EBADMSG &&
			 !fp_seal_is_old(&new, fp_slice(tok, n), FP_SEAL_B32),
			 "the newest key seals\n");
	ksft_test_result(fp_sealer_add(&new, 3, master1) == -ENOSPC &&
			 fp_sealer_add(&new, 0, master1) == -EINVAL &&
			 fp_sealer_add(&new, 2, master1) == -EINVAL,
			 "a third key, version 0 and a used version are refused\n");
	fp_sealer_wipe(&new);
	ksft_test_result(fp_seal(&new, FP_SEAL_URI, &plain, 1, FP_SEAL_B32, tok,
				 sizeof(tok)) == -ENOKEY, "without a key nothing is sealed\n");
}

static void test_hash(const struct fp_sealer *s)
{
	struct fp_slice a[] = { FP_LIT("ab"), FP_LIT("c") }, b[] = { FP_LIT("a"), FP_LIT("bc") };
	u8 ha[FP_SEAL_TAG], hb[FP_SEAL_TAG], hc[FP_SEAL_TAG];

	fp_seal_hash(s, 0, FP_SEAL_TOTAG, a, 2, ha);
	fp_seal_hash(s, 0, FP_SEAL_TOTAG, b, 2, hb);
	fp_seal_hash(s, 0, FP_SEAL_BRANCH, a, 2, hc);
	ksft_test_result(memcmp(ha, hb, sizeof(ha)) && memcmp(ha, hc, sizeof(ha)),
			 "keyed hash: where a string ends counts, and what it is for\n");
}

int main(void)
{
	struct fp_sealer s = sealer_of("contoso", 1, master1);

	ksft_print_header();
	ksft_set_plan(15);
	test_blake2s();
	test_chacha20();
	test_inverse(&s);
	test_forged(&s);
	test_separate(&s);
	test_rotation(&s);
	test_hash(&s);
	ksft_finished();
}
