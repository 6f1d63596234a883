/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sealed tokens: what must not be seen outside leaves as authenticated
 * ciphertext and comes back as it was. There is no table behind a token, so
 * neither a restart nor a fail-over loses one.
 *
 *   T     = BLAKE2s-128(Kmac, version | purpose | realm's name | plaintext)
 *   ct    = ChaCha20(Kenc, counter and nonce = T)(plaintext)
 *   token = version(1) | T(16) | ct          in base32 or base64url
 *
 * This is the synthetic-IV idea of RFC 5297: the same plaintext gives the same
 * token (retransmissions, CANCEL and ACK agree, a Call-ID is the same in the
 * whole dialog), and a repeated nonce tells no more than that two plaintexts
 * are equal. Purposes are separate: a token made for one never opens as another.
 * A realm seals with its newest key and opens with the previous one too.
 */
#ifndef _FEDPAT_SEAL_H
#define _FEDPAT_SEAL_H

#include <fedpat/fp_crypto.h>
#include <fedpat/types.h>

#define FP_SEAL_MASTER		32	/* bytes of a master key, from the policy */
#define FP_SEAL_KEYS		2	/* current and previous */
#define FP_SEAL_TAG		16	/* bytes of T, and of a keyed hash */
#define FP_SEAL_OVERHEAD	(1 + FP_SEAL_TAG)
#define FP_SEAL_MAX_PLAIN	8192	/* longest plaintext */
#define FP_SEAL_NAME_MAX	63	/* longest realm name */

/* What a token is for; part of what is authenticated. Never renumber. */
enum fp_seal_purpose {
	FP_SEAL_VIA	= 1,	/* our Via: way back and inside Vias */
	FP_SEAL_URI	= 2,	/* host, port and parameters of an inside URI */
	FP_SEAL_WORD	= 3,	/* inside host or address in any other place */
	FP_SEAL_FOREIGN	= 4,	/* partner's word that looks like one of ours */
	FP_SEAL_ROUTE	= 5,	/* our Record-Route: direction */
	FP_SEAL_TOTAG	= 6,	/* To tag of our own responses (hash only) */
	FP_SEAL_BRANCH	= 7,	/* branch of our Via (hash only) */
	__FP_SEAL_PURPOSES
};

/* How a token is written. */
enum fp_seal_text {
	FP_SEAL_B32,	/* a-z 2-7; read without regard to case: survives host positions */
	FP_SEAL_B64,	/* A-Z a-z 0-9 - _: denser, where case is kept */
};

/**
 * struct fp_seal_key - subkeys of one master key
 * @version: what the token names; 1 to 255
 * @enc: key of the cipher
 * @mac: T for each purpose, as far as it is the same for all plaintexts
 */
struct fp_seal_key {
	u8 version;
	u8 enc[32];
	struct fp_mac mac[__FP_SEAL_PURPOSES];
};

/**
 * struct fp_sealer - keys of a realm, newest first
 * @n: keys, 0 to FP_SEAL_KEYS; sealing needs one
 * @name_len: bytes of @name
 * @name: the realm, part of what is authenticated
 * @key: the keys
 */
struct fp_sealer {
	u8 n;
	u8 name_len;
	u8 name[FP_SEAL_NAME_MAX];
	struct fp_seal_key key[FP_SEAL_KEYS];
};

int fp_sealer_init(struct fp_sealer *s, struct fp_slice realm);
int fp_sealer_add(struct fp_sealer *s, u8 version,
		  const u8 master[FP_SEAL_MASTER]);
void fp_sealer_wipe(struct fp_sealer *s);

u32 fp_seal_len(u32 plain_len, enum fp_seal_text text);
s32 __must_check fp_seal(const struct fp_sealer *s, enum fp_seal_purpose purpose,
			 const struct fp_slice *parts, u32 nparts,
			 enum fp_seal_text text, u8 *out, u32 size);
s32 __must_check fp_unseal(const struct fp_sealer *s,
			   enum fp_seal_purpose purpose, struct fp_slice token,
			   enum fp_seal_text text, u8 *out, u32 size);
bool fp_seal_is_old(const struct fp_sealer *s, struct fp_slice token,
		    enum fp_seal_text text);
u32 fp_seal_run(struct fp_slice s, enum fp_seal_text text);

void fp_seal_hash(const struct fp_sealer *s, u32 key,
		  enum fp_seal_purpose purpose, const struct fp_slice *parts,
		  u32 nparts, u8 out[FP_SEAL_TAG]);

/* Text of raw bytes and back; the pieces under tokens and branches. */
u32 fp_text_encode(enum fp_seal_text text, const u8 *in, u32 len, u8 *out);
s32 fp_text_decode(enum fp_seal_text text, struct fp_slice in, u8 *out, u32 size);

#endif /* _FEDPAT_SEAL_H */
