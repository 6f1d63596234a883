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

/* What a digit is worth, one more: what is not here is 0. */
static const u8 b32_worth[256] = {
	['a'] = 1, ['b'] = 2, ['c'] = 3, ['d'] = 4, ['e'] = 5, ['f'] = 6, ['g'] = 7,
	['h'] = 8, ['i'] = 9, ['j'] = 10, ['k'] = 11, ['l'] = 12, ['m'] = 13, ['n'] = 14,
	['o'] = 15, ['p'] = 16, ['q'] = 17, ['r'] = 18, ['s'] = 19, ['t'] = 20, ['u'] = 21,
	['v'] = 22, ['w'] = 23, ['x'] = 24, ['y'] = 25, ['z'] = 26, ['A'] = 1, ['B'] = 2,
	['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8, ['I'] = 9,
	['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
	['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23,
	['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['2'] = 27, ['3'] = 28, ['4'] = 29, ['5'] = 30,
	['6'] = 31, ['7'] = 32,
};

static const u8 b64_worth[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7,
	['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63,
	['_'] = 64,
};

static const u8 *worth_of(enum fp_seal_text text)
{
	return text == FP_SEAL_B32 ? b32_worth : b64_worth;
}

static u32 digit_bits(enum fp_seal_text text)
{
	return text == FP_SEAL_B32 ? 5 : 6;
}

static u64 big_endian(u64 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static u64 be64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return big_endian(v);
}

static void put_be64(u8 *p, u64 v)
{
	v = big_endian(v);
	memcpy(p, &v, sizeof(v));
}

/*
 * Whole groups, which end where a digit ends: bytes that were read. A group is read
 * before it is written, for @in may be the tail of @out.
 */
static u32 encode_fives(const u8 *in, u32 len, u8 *out)
{
	u32 i;

	for (i = 0; len - i >= 8; i += 5, out += 8) {
		u64 v = be64(in + i);

		out[0] = b32_digit[v >> 59];
		out[1] = b32_digit[v >> 54 & 31];
		out[2] = b32_digit[v >> 49 & 31];
		out[3] = b32_digit[v >> 44 & 31];
		out[4] = b32_digit[v >> 39 & 31];
		out[5] = b32_digit[v >> 34 & 31];
		out[6] = b32_digit[v >> 29 & 31];
		out[7] = b32_digit[v >> 24 & 31];
	}
	return i;
}

static u32 encode_sixes(const u8 *in, u32 len, u8 *out)
{
	u32 i;

	for (i = 0; len - i >= 8; i += 6, out += 8) {
		u64 v = be64(in + i);

		out[0] = b64_digit[v >> 58];
		out[1] = b64_digit[v >> 52 & 63];
		out[2] = b64_digit[v >> 46 & 63];
		out[3] = b64_digit[v >> 40 & 63];
		out[4] = b64_digit[v >> 34 & 63];
		out[5] = b64_digit[v >> 28 & 63];
		out[6] = b64_digit[v >> 22 & 63];
		out[7] = b64_digit[v >> 16 & 63];
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

	i = text == FP_SEAL_B32 ? encode_fives(in, len, out) : encode_sixes(in, len, out);
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

/* Four digits as one number; more than 24 bits of it when one is none. */
static inline u32 decode_four(const u8 *worth, u32 width, const u8 *p)
{
	u32 a = worth[p[0]] - 1, b = worth[p[1]] - 1;
	u32 c = worth[p[2]] - 1, d = worth[p[3]] - 1;

	return a << 3 * width | b << 2 * width | c << width | d |
	       ((a | b | c | d) & 1u << 31);
}

/*
 * Eight digits are five or six whole bytes, written as eight as long as there is room
 * for that. Stops at what is no digit, and where the bytes do not fit: digits read.
 */
static inline u32 decode_eights(const u8 *worth, u32 width, struct fp_slice in, u8 *out,
				u32 size)
{
	u32 i, n = 0;

	for (i = 0; in.len - i >= 8 && size - n >= 8; i += 8, n += width) {
		u32 high = decode_four(worth, width, in.p + i);
		u32 low = decode_four(worth, width, in.p + i + 4);

		if ((high | low) >> 24)
			break;
		put_be64(out + n, (u64)high << (64 - 4 * width) |
				  (u64)low << (64 - 8 * width));
	}
	return i;
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
	const u8 *worth = worth_of(text);
	u32 width = digit_bits(text), acc = 0, bits = 0, n = 0, i;

	i = text == FP_SEAL_B32 ? decode_eights(b32_worth, 5, in, out, size) :
				  decode_eights(b64_worth, 6, in, out, size);
	for (n = i / 8 * width; i < in.len; i++) {
		u8 digit = worth[in.p[i]];

		if (!digit)
			return -EBADMSG;
		acc = acc << width | (digit - 1);
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
	const u8 *worth = worth_of(text);
	u32 i;

	for (i = 0; i < s.len; i++)
		if (!worth[s.p[i]])
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

/* What is hashed for all tokens of a purpose: version, purpose, name of the realm. */
static void begin_macs(const struct fp_sealer *s, struct fp_seal_key *key, const u8 mac[32])
{
	u8 head[3 + FP_SEAL_NAME_MAX] = { key->version, 0, s->name_len };
	u8 purpose;

	memcpy(head + 3, s->name, s->name_len);
	for (purpose = 0; purpose < __FP_SEAL_PURPOSES; purpose++) {
		head[1] = purpose;
		fp_mac_begin(&key->mac[purpose], FP_SEAL_TAG, mac, 32,
			     bytes(head, 3 + s->name_len));
	}
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
	u8 mac[32];
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
	derive(mac, master, mac_label, sizeof(mac_label) - 1);
	begin_macs(s, key, mac);
	fp_cleanse(mac, sizeof(mac));
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
	struct fp_slice in[2 * MAX_PARTS];
	u8 len[MAX_PARTS][4];
	u32 i;

	if (nparts > MAX_PARTS)
		nparts = MAX_PARTS;
	for (i = 0; i < nparts; i++) {
		len[i][0] = parts[i].len >> 24;
		len[i][1] = parts[i].len >> 16;
		len[i][2] = parts[i].len >> 8;
		len[i][3] = parts[i].len;
		in[2 * i] = bytes(len[i], 4);
		in[2 * i + 1] = parts[i];
	}
	fp_mac_finish(&s->key[key].mac[purpose], out, in, 2 * nparts);
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
	const u8 *worth = worth_of(text);
	u32 width = digit_bits(text);
	u8 version;

	/* Two digits hold the first byte, and the first bits of the second. */
	if (!s->n || token.len < 2)
		return false;
	version = (worth[token.p[0]] - 1) << (8 - width) |
		  (worth[token.p[1]] - 1) >> (2 * width - 8);
	return version != s->key[0].version;
}
