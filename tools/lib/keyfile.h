/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of token keys, mode 0600:
 *
 *	# Token keys of federation contoso. Keep them secret.
 *	key 17 <64 hexadecimal digits>
 *	old 16 <64 hexadecimal digits>
 *
 * The number is the version: a token says with which key it was sealed. The
 * first one is random, so that a file that was lost and made anew is not taken
 * for the one that was there.
 */
#ifndef _FP_KEYFILE_H
#define _FP_KEYFILE_H

#include "model.h"

/**
 * struct fp_keys - what a file holds
 * @key: current key
 * @version: its version, 1 to 255
 * @old: previous key
 * @old_version: its version, 0 = there is none
 */
struct fp_keys {
	u8 key[FEDPAT_KEY_LEN];
	u8 version;
	u8 old[FEDPAT_KEY_LEN];
	u8 old_version;
};

/* -ENOENT without a fault: there is no such file. */
int fp_keys_read(const char *file, struct fp_keys *keys, struct fp_errs *errs);
int fp_keys_write(const char *file, const char *federation, const struct fp_keys *keys,
		  struct fp_errs *errs);
int fp_keys_make(struct fp_keys *keys);
/* The current key becomes the previous one. */
int fp_keys_rotate(struct fp_keys *keys);

/* Where the keys of a federation are kept when nobody says it. */
void fp_keys_path(const char *federation, char *buf, size_t size);

enum fp_keys_note {
	FP_KEYS_MADE,		/* a new file was written */
	FP_KEYS_MISSING,	/* no file, and none was to be made */
	FP_KEYS_KEPT,		/* no file, but the kernel has keys and keeps them */
};

/**
 * struct fp_keys_opts - what to do where there is no file
 * @running: the kernel's policy, or NULL
 * @only: name of the one federation that is meant, or NULL for all
 * @make: make files that are not there
 * @note: is told of it
 * @arg: last argument of @note
 */
struct fp_keys_opts {
	const struct fp_model *running;
	const char *only;
	bool make;
	void (*note)(const struct fp_obj_federation *f, enum fp_keys_note note, void *arg);
	void *arg;
};

int fp_model_load_keys(struct fp_model *model, const struct fp_keys_opts *opts,
		       struct fp_errs *errs);

#endif /* _FP_KEYFILE_H */
