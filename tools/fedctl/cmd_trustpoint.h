/* SPDX-License-Identifier: GPL-2.0 */
/* What the verbs of trustpoint share. */
#ifndef _FEDCTL_CMD_TRUSTPOINT_H
#define _FEDCTL_CMD_TRUSTPOINT_H

#include "cert.h"
#include "ctl.h"

#define TP_FILES_MAX	16

/**
 * struct tp_opts - words behind a verb
 * @name: of the trustpoint, or the domain
 * @files: words without a keyword
 * @n_files: how many
 * @names: names of the certificate
 * @subject: its subject
 * @key_type: enum fp_key_type
 * @days: of a self-signed one
 * @key_file: file of a key
 * @pass_file: file of a passphrase
 * @format: enum fp_cert_format
 * @self_signed: make it, ask nobody
 * @force: in spite of findings
 * @server: URL of a CMP server, or host:port
 * @reference: what the CA calls us
 * @secret_file: file of its shared secret
 * @ca: file of CAs
 * @trustpoint: name of a trustpoint
 * @yes: fingerprint that is trusted
 */
struct tp_opts {
	const char *name;
	const char *files[TP_FILES_MAX];
	u32 n_files;
	struct fp_strs names;
	const char *subject;
	u32 key_type;
	u32 days;
	const char *key_file;
	const char *pass_file;
	u32 format;
	bool self_signed;
	bool force;
	const char *server;
	const char *reference;
	const char *secret_file;
	const char *ca;
	const char *trustpoint;
	const char *yes;
};

/* @allowed: words that the verb takes, with blanks around each. */
bool tp_opts_read(struct ctl *ctl, struct words *w, const char *allowed, struct tp_opts *o);
void tp_opts_free(struct tp_opts *o);

/**
 * struct tp - a trustpoint that is worked on
 * @ctl: this run
 * @model: the policy
 * @obj: a copy of the trustpoint, or a new one
 * @fresh: it is not in the policy yet
 * @cert: file of its certificate
 * @key: file of its key
 * @next: file of the key that waits for its certificate
 */
struct tp {
	struct ctl *ctl;
	struct fp_model *model;
	struct fp_obj_trustpoint *obj;
	bool fresh;
	char cert[FEDPAT_PATH_MAX + 1];
	char key[FEDPAT_PATH_MAX + 1];
	char next[FEDPAT_PATH_MAX + 8];
};

bool tp_open(struct ctl *ctl, const char *name, bool must_exist, struct tp *tp);
void tp_close(struct tp *tp);
/* Into the policy, and let the daemon read its files again. */
void tp_commit(struct tp *tp);
void tp_note(const char *text, void *ctl);

__attribute__((format(printf, 4, 5)))
void tp_fault(struct ctl *ctl, const char *name, const char *remedy, const char *fmt, ...);

/* Certificate, chain and, where it is there and ours to read, key. */
bool tp_read_identity(struct tp *tp, struct fp_cert_set *set, bool with_key);
bool tp_read_key(struct tp *tp, const char *file, EVP_PKEY **key);
/* Its names: those given, else those of the certificate, else what the policy wants. */
void tp_names(struct tp *tp, struct tp_opts *o);
/* Refuse what partners would refuse; false: told. @force only tells. */
bool tp_judge(struct tp *tp, struct fp_cert_set *set, bool force);
/* Write what a CA sent, and make it the trustpoint's. */
bool tp_install(struct tp *tp, struct fp_cert_set *set, bool force);
bool tp_add_cas(struct tp *tp, const struct stack_st_X509 *certs);

/* cmd_trustpoint_show.c */
void trustpoint_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void trustpoint_check(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void print_info(FILE *out, const char *indent, const struct fp_cert_info *info, time_t now);
void print_names(FILE *out, const struct fp_cert_info *info);

/* cmd_trustpoint_make.c */
void trustpoint_generate(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void trustpoint_csr(struct ctl *ctl, const struct fp_kind *kind, struct words *w);

/* cmd_trustpoint_files.c */
void trustpoint_import(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void trustpoint_export(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void trustpoint_trust(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void trustpoint_distrust(struct ctl *ctl, const struct fp_kind *kind, struct words *w);

/* cmd_trustpoint_exchange.c */
void trustpoint_exchange(struct ctl *ctl, const struct fp_kind *kind, struct words *w);

/* cmd_trustpoint_cmp.c */
void trustpoint_enroll(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void trustpoint_renew(struct ctl *ctl, const struct fp_kind *kind, struct words *w);

#endif /* _FEDCTL_CMD_TRUSTPOINT_H */
