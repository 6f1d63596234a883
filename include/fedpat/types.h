/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types of the core, the same in the kernel and in user space.
 *
 * The core sees wire bytes as slices only: a pointer and a length, never a
 * terminated string.
 */
#ifndef _FEDPAT_TYPES_H
#define _FEDPAT_TYPES_H

#ifdef __KERNEL__
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif
#ifndef __must_check
#define __must_check __attribute__((warn_unused_result))
#endif
#endif /* __KERNEL__ */

/**
 * struct fp_slice - bytes somebody else owns
 * @p: first byte; may be NULL when @len is 0
 * @len: number of bytes
 */
struct fp_slice {
	const u8 *p;
	u32 len;
};

/**
 * struct fp_addr - an IPv4 or IPv6 address
 * @family: 4 or 6; 0 means none
 * @b: network byte order; IPv4 uses the first four bytes, the rest is zero
 */
struct fp_addr {
	u8 family;
	u8 b[16];
};

/**
 * struct fp_endpoint - address and port
 * @addr: address
 * @port: port in host byte order; 0 means any or none
 */
struct fp_endpoint {
	struct fp_addr addr;
	u16 port;
};

#endif /* _FEDPAT_TYPES_H */
