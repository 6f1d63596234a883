// SPDX-License-Identifier: GPL-2.0
/* Sealed tokens; what they are is told in seal.h. */
#include <linux/errno.h>
#include <fedpat/seal.h>

#define MAX_PARTS	6

static const u8 b32_digit[32] = {
	'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p',
	'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7',
};

static const u8 b64_digit[64] = {
	'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
	'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
	'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
	'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '_',
};

static s32 b32_value(u8 c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

static s32 b64_value(u8 c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

static s32 digit_value(enum fp_seal_text text, u8 c)
{
	return text == FP_SEAL_B32 ? b32_value(c) : b64_value(c);
}

static u32 digit_bits(enum fp_seal_text text)
{
	return text == FP_SEAL_B32 ? 5 : 6;
}

/*
 * Whole groups, which end where a digit ends: bytes that were read. A group is read
 * before it is written, for @in may be the tail of @out.
 */
static u32 encode_fives(const u8 *in, u32 len, u8 *out)
{
	u32 i;

	for (i = 0; len - i >= 5; i += 5, out += 8) {
		u32 high = (u32)in[i] << 12 | (u32)in[i + 1] << 4 | in[i + 2] >> 4;
		u32 low = (u32)(in[i + 2] & 15) << 16 | (u32)in[i + 3] << 8 | in[i + 4];

		out[0] = b32_digit[high >> 15];
		out[1] = b32_digit[high >> 10 & 31];
		out[2] = b32_digit[high >> 5 & 31];
		out[3] = b32_digit[high & 31];
		out[4] = b32_digit[low >> 15];
		out[5] = b32_digit[low >> 10 & 31];
		out[6] = b32_digit[low >> 5 & 31];
		out[7] = b32_digit[low & 31];
	}
	return i;
}

static u32 encode_threes(const u8 *in, u32 len, u8 *out)
{
	u32 i;

	for (i = 0; len - i >= 3; i += 3, out += 4) {
		u32 v = (u32)in[i] << 16 | (u32)in[i + 1] << 8 | in[i + 2];

		out[0] = b64_digit[v >> 18];
		out[1] = b64_digit[v >> 12 & 63];
		out[2] = b64_digit[v >> 6 & 63];
		out[3] = b64_digit[v & 63];
	}
	return i;
}

/**
 * fp_text_encode() - write bytes as text
 * @text: alphabet
 * @in: bytes; may be the tail of @out, see fp_seal()
 * @len: how many
 * @out: room for ceil(8 * @len / 5) or ceil(8 * @len / 6) digits
 *
 * Return: digits written.
 */
u32 fp_text_encode(enum fp_seal_text text, const u8 *in, u32 len, u8 *out)
{
	const u8 *digit = text == FP_SEAL_B32 ? b32_digit : b64_digit;
	u32 width = digit_bits(text), mask = (1u << width) - 1;
	u32 acc = 0, bits = 0, n = 0, i;

	i = text == FP_SEAL_B32 ? encode_fives(in, len, out) : encode_threes(in, len, out);
	n = 8 * i / width;
	for (; i < len; i++) {
		acc = acc << 8 | in[i];
		for (bits += 8; bits >= width; bits -= width)
			out[n++] = digit[acc >> (bits - width) & mask];
	}
	if (bits)
		out[n++] = digit[acc << (width - bits) & mask];
	return n;
}

/**
 * fp_text_decode() - read bytes back from text
 * @text: alphabet
 * @in: digits, and nothing else
 * @out: where the bytes go
 * @size: room there
 *
 * Return: number of bytes; -EBADMSG when @in is not what fp_text_encode() writes
 * (every byte string has exactly one text, upper case of base32 aside);
 * -ENOSPC.
 */
s32 fp_text_decode(enum fp_seal_text text, struct fp_slice in, u8 *out, u32 size)
{
	u32 width = digit_bits(text), acc = 0, bits = 0, n = 0, i;

	for (i = 0; i < in.len; i++) {
		s32 v = digit_value(text, in.p[i]);

		if (v < 0)
			return -EBADMSG;
		acc = acc << width | v;
		bits += width;
		if (bits < 8)
			continue;
		if (n == size)
			return -ENOSPC;
		bits -= 8;
		out[n++] = acc >> bits;
	}
	if (bits >= width || (acc & ((1u << bits) - 1)))
		return -EBADMSG;
	return n;
}

/**
 * fp_seal_run() - how many bytes at the start could belong to a token
 * @s: bytes
 * @text: alphabet
 *
 * Return: length of the run of digits.
 */
u32 fp_seal_run(struct fp_slice s, enum fp_seal_text text)
{
	u32 i;

	for (i = 0; i < s.len; i++)
		if (digit_value(text, s.p[i]) < 0)
			break;
	return i;
}

/**
 * fp_sealer_init() - start without keys
 * @s: the sealer
 * @realm: name that tokens are bound to
 *
 * Return: 0, or -EINVAL when the name is empty or longer than FP_SEAL_NAME_MAX.
 */
int fp_sealer_init(struct fp_sealer *s, struct fp_slice realm)
{
	memset(s, 0, sizeof(*s));
	if (!realm.len || realm.len > FP_SEAL_NAME_MAX)
		return -EINVAL;
	s->name_len = realm.len;
	memcpy(s->name, realm.p, realm.len);
	return 0;
}

static struct fp_slice bytes(const void *p, u32 len)
{
	struct fp_slice s = { p, len };

	return s;
}

static void derive(u8 out[32], const u8 *master, const char *label, u32 len)
{
	struct fp_slice part = bytes(label, len);

	fp_blake2s(out, 32, master, FP_SEAL_MASTER, &part, 1);
}

/**
 * fp_sealer_add() - give it a key; the first one added seals, all open
 * @s: the sealer
 * @version: number of the key, which tokens name; not 0
 * @master: the key; wipe it afterwards
 *
 * Return: 0; -EINVAL for version 0 or one that is there; -ENOSPC.
 */
int fp_sealer_add(struct fp_sealer *s, u8 version, const u8 master[FP_SEAL_MASTER])
{
	static const char mac_label[] = "fedpat token mac 1";
	static const char enc_label[] = "fedpat token enc 1";
	struct fp_seal_key *key;
	u32 i;

	if (!version)
		return -EINVAL;
	for (i = 0; i < s->n; i++)
		if (s->key[i].version == version)
			return -EINVAL;
	if (s->n == FP_SEAL_KEYS)
		return -ENOSPC;
	key = &s->key[s->n++];
	key->version = version;
	derive(key->mac, master, mac_label, sizeof(mac_label) - 1);
	derive(key->enc, master, enc_label, sizeof(enc_label) - 1);
	return 0;
}

/**
 * fp_sealer_wipe() - forget the keys
 * @s: the sealer
 */
void fp_sealer_wipe(struct fp_sealer *s)
{
	fp_cleanse(s, sizeof(*s));
}

/**
 * fp_seal_hash() - keyed hash of a few strings
 * @s: the sealer
 * @key: which of its keys, 0 is the newest; must be less than @s->n
 * @purpose: what the hash is for
 * @parts: the strings, at most 6; where one ends counts
 * @nparts: how many
 * @out: the hash
 */
void fp_seal_hash(const struct fp_sealer *s, u32 key,
		  enum fp_seal_purpose purpose, const struct fp_slice *parts,
		  u32 nparts, u8 out[FP_SEAL_TAG])
{
	const struct fp_seal_key *k = &s->key[key];
	u8 head[3 + FP_SEAL_NAME_MAX] = { k->version, purpose, s->name_len };
	struct fp_slice in[1 + 2 * MAX_PARTS];
	u8 len[MAX_PARTS][4];
	u32 i;

	if (nparts > MAX_PARTS)
		nparts = MAX_PARTS;
	memcpy(head + 3, s->name, s->name_len);
	in[0] = bytes(head, 3 + s->name_len);
	for (i = 0; i < nparts; i++) {
		len[i][0] = parts[i].len >> 24;
		len[i][1] = parts[i].len >> 16;
		len[i][2] = parts[i].len >> 8;
		len[i][3] = parts[i].len;
		in[1 + 2 * i] = bytes(len[i], 4);
		in[2 + 2 * i] = parts[i];
	}
	fp_blake2s(out, FP_SEAL_TAG, k->mac, sizeof(k->mac), in, 1 + 2 * nparts);
}

/* T of RFC 5297's idea: says that the plaintext is ours, and is its nonce. */
static void token_tag(const struct fp_sealer *s, const struct fp_seal_key *key,
		      enum fp_seal_purpose purpose, const u8 *plain, u32 len,
		      u8 tag[FP_SEAL_TAG])
{
	struct fp_slice part = bytes(plain, len);

	fp_seal_hash(s, key - s->key, purpose, &part, 1, tag);
}

/*
 * The block counter starts below 2^31: it never overflows within a token, which
 * is the one thing in which implementations of ChaCha20 differ.
 */
static void token_crypt(const struct fp_seal_key *key, const u8 *tag,
			u8 *buf, u32 len)
{
	u8 iv[FP_CHACHA_IV];

	memcpy(iv, tag, sizeof(iv));
	iv[3] &= 0x7f;
	fp_chacha20_xor(key->enc, iv, buf, len);
}

/**
 * fp_seal_len() - length of a token
 * @plain_len: bytes of plaintext
 * @text: alphabet
 *
 * Return: digits that fp_seal() writes.
 */
u32 fp_seal_len(u32 plain_len, enum fp_seal_text text)
{
	u32 width = digit_bits(text);

	return (8 * (plain_len + FP_SEAL_OVERHEAD) + width - 1) / width;
}

/**
 * fp_seal() - make a token
 * @s: sealer with a key
 * @purpose: what the token is for
 * @parts: plaintext in pieces; where one ends does not count
 * @nparts: how many
 * @text: how it is written
 * @out: where it goes
 * @size: room there
 *
 * Return: digits written; -ENOKEY without a key; -EMSGSIZE when the plaintext is
 * longer than FP_SEAL_MAX_PLAIN; -ENOSPC when the token does not fit.
 */
s32 fp_seal(const struct fp_sealer *s, enum fp_seal_purpose purpose,
	    const struct fp_slice *parts, u32 nparts,
	    enum fp_seal_text text, u8 *out, u32 size)
{
	const struct fp_seal_key *key = &s->key[0];
	u32 i, len = 0, text_len;
	u8 *raw, *p;

	if (!s->n)
		return -ENOKEY;
	for (i = 0; i < nparts; i++) {
		if (parts[i].len > FP_SEAL_MAX_PLAIN - len)
			return -EMSGSIZE;
		len += parts[i].len;
	}
	text_len = fp_seal_len(len, text);
	if (text_len > size)
		return -ENOSPC;
	/*
	 * The bytes go to the end of the room and are then written out as digits
	 * from its start: that never overtakes what is still to be read.
	 */
	raw = out + text_len - len - FP_SEAL_OVERHEAD;
	p = raw + FP_SEAL_OVERHEAD;
	for (i = 0; i < nparts; i++) {
		if (parts[i].len)
			memcpy(p, parts[i].p, parts[i].len);
		p += parts[i].len;
	}
	raw[0] = key->version;
	token_tag(s, key, purpose, raw + FP_SEAL_OVERHEAD, len, raw + 1);
	token_crypt(key, raw + 1, raw + FP_SEAL_OVERHEAD, len);
	return fp_text_encode(text, raw, len + FP_SEAL_OVERHEAD, out);
}

static const struct fp_seal_key *key_of(const struct fp_sealer *s, u8 version)
{
	u32 i;

	for (i = 0; i < s->n; i++)
		if (s->key[i].version == version)
			return &s->key[i];
	return NULL;
}

/**
 * fp_unseal() - open a token
 * @s: the sealer
 * @purpose: what the token must be for
 * @token: the token, all of it and nothing else
 * @text: how it is written
 * @out: where the plaintext goes; room for it and FP_SEAL_OVERHEAD bytes more
 * @size: room there
 *
 * Return: bytes of plaintext; -EBADMSG when it is no token of this realm and
 * purpose under a key we hold; -ENOSPC. @out holds nothing of use on failure.
 */
s32 fp_unseal(const struct fp_sealer *s, enum fp_seal_purpose purpose,
	      struct fp_slice token, enum fp_seal_text text, u8 *out, u32 size)
{
	const struct fp_seal_key *key;
	u8 tag[FP_SEAL_TAG], want[FP_SEAL_TAG];
	s32 len = fp_text_decode(text, token, out, size);

	if (len < 0)
		return len;
	if (len < FP_SEAL_OVERHEAD)
		return -EBADMSG;
	key = key_of(s, out[0]);
	if (!key)
		return -EBADMSG;
	len -= FP_SEAL_OVERHEAD;
	memcpy(tag, out + 1, FP_SEAL_TAG);
	memmove(out, out + FP_SEAL_OVERHEAD, len);
	token_crypt(key, tag, out, len);
	token_tag(s, key, purpose, out, len, want);
	if (!fp_equal_ct(tag, want, FP_SEAL_TAG)) {
		fp_cleanse(out, len);
		return -EBADMSG;
	}
	return len;
}

/**
 * fp_seal_is_old() - was a token made with another key than the newest?
 * @s: the sealer
 * @token: a token that opened
 * @text: how it is written
 *
 * Return: true when it was.
 */
bool fp_seal_is_old(const struct fp_sealer *s, struct fp_slice token,
		    enum fp_seal_text text)
{
	u32 width = digit_bits(text);
	u8 version;

	/* Two digits hold the first byte, and the first bits of the second. */
	if (!s->n || token.len < 2)
		return false;
	version = (u32)digit_value(text, token.p[0]) << (8 - width) |
		  (u32)digit_value(text, token.p[1]) >> (2 * width - 8);
	return version != s->key[0].version;
}
