/* SPDX-License-Identifier: GPL-2.0 */
/* Writing text into a bounded buffer; what does not fit is noticed once, at the end. */
#ifndef _FEDPAT_CORE_PUT_H
#define _FEDPAT_CORE_PUT_H

#include <fedpat/seal.h>
#include <fedpat/slice.h>

struct fp_put {
	u8 *p;
	u32 n;
	u32 size;
	bool full;
};

static inline struct fp_put fp_put_init(u8 *p, u32 size)
{
	struct fp_put put = { .p = p, .size = size };

	return put;
}

void fp_put(struct fp_put *put, struct fp_slice s);
void fp_put_u32(struct fp_put *put, u32 value);
void fp_put_addr(struct fp_put *put, const struct fp_addr *addr, bool brackets);
void fp_put_text(struct fp_put *put, enum fp_seal_text text, const u8 *raw, u32 len);
void fp_put_token(struct fp_put *put, const struct fp_sealer *sealer,
		  enum fp_seal_purpose purpose, const struct fp_slice *parts,
		  u32 nparts, enum fp_seal_text text);

static inline struct fp_slice fp_put_done(const struct fp_put *put)
{
	return fp_slice(put->p, put->n);
}

#endif /* _FEDPAT_CORE_PUT_H */
