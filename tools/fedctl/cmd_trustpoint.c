// SPDX-License-Identifier: GPL-2.0
/* trustpoint: the words behind its verbs, and what the verbs share. */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "cmd_trustpoint.h"
#include "text.h"

/**
 * tp_fault() - something is wrong with a trustpoint
 * @ctl: this run
 * @name: its name, or NULL
 * @remedy: what to do
 * @fmt: what is wrong
 */
void tp_fault(struct ctl *ctl, const char *name, const char *remedy, const char *fmt, ...)
{
	struct fp_where where = { .kind = "trustpoint", .object = name };
	char text[768];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fp_err_add(&ctl->errs, FP_EXIT_REFUSED, name ? &where : NULL, remedy, "%s", text);
	ERR_clear_error();
}

/**
 * tp_note() - tell what was mended
 * @text: what
 * @ctl: struct ctl
 */
void tp_note(const char *text, void *ctl)
{
	struct ctl *c = ctl;

	fprintf(c->err, "fedctl: ");
	fp_txt_safe(c->err, text);
	fputc('\n', c->err);
}

/* --- words ---------------------------------------------------------------- */

static bool allows(const char *allowed, const char *word)
{
	char padded[64];

	snprintf(padded, sizeof(padded), " %.60s ", word);
	return strstr(allowed, padded);
}

static void read_enum(struct ctl *ctl, struct words *w, const char *word,
		      const char * const *names, u32 *out)
{
	const char *value = need(ctl, w, word);
	char remedy[256] = "expected one of";

	for (u32 i = 0; value && names[i]; i++) {
		if (!strcmp(value, names[i])) {
			*out = i;
			return;
		}
		strncat(remedy, i ? ", " : " ", sizeof(remedy) - strlen(remedy) - 1);
		strncat(remedy, names[i], sizeof(remedy) - strlen(remedy) - 1);
	}
	if (value)
		usage(ctl, remedy, "%s: there is no '%s'", word, value);
}

static void read_string(struct ctl *ctl, struct words *w, const char *word, const char **out)
{
	*out = need(ctl, w, word);
}

static void read_names(struct ctl *ctl, struct words *w, struct fp_strs *names)
{
	char *list = need(ctl, w, "a name"), *one;

	while (list && (one = strsep(&list, ",")))
		if (*one)
			fp_strs_add(names, one);
}

static void read_keyword(struct ctl *ctl, struct words *w, const char *word, struct tp_opts *o)
{
	const struct {
		const char *word;
		const char **to;
	} strings[] = {
		{ "subject", &o->subject },	{ "key-file", &o->key_file },
		{ "passphrase-file", &o->pass_file }, { "server", &o->server },
		{ "reference", &o->reference },	{ "secret-file", &o->secret_file },
		{ "ca", &o->ca },		{ "trustpoint", &o->trustpoint },
		{ "--yes", &o->yes },
	};

	if (!strcmp(word, "name"))
		read_names(ctl, w, &o->names);
	else if (!strcmp(word, "key"))
		read_enum(ctl, w, word, fp_key_types, &o->key_type);
	else if (!strcmp(word, "format"))
		read_enum(ctl, w, word, fp_cert_formats, &o->format);
	else if (!strcmp(word, "days"))
		o->days = (u32)read_number(ctl, w, word, 1, 3650);
	else if (!strcmp(word, "self-signed"))
		o->self_signed = true;
	else if (!strcmp(word, "--force"))
		o->force = true;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		if (!strcmp(word, strings[i].word))
			read_string(ctl, w, word, strings[i].to);
}

/**
 * tp_opts_read() - words behind a verb
 * @ctl: this run
 * @w: the words
 * @allowed: keywords that the verb takes, a blank around each; "FILE" lets
 *	words without a keyword be file names
 * @o: filled; tp_opts_free() it
 *
 * Return: false: told
 */
bool tp_opts_read(struct ctl *ctl, struct words *w, const char *allowed, struct tp_opts *o)
{
	char *word;

	memset(o, 0, sizeof(*o));
	o->key_type = FP_KEY_P256;
	o->days = 365;
	o->name = need(ctl, w, "a name");
	while (!ctl->errs.n && (word = words_next(w))) {
		if (allows(allowed, word))
			read_keyword(ctl, w, word, o);
		else if (allows(allowed, "FILE") && o->n_files < TP_FILES_MAX && *word != ' ')
			o->files[o->n_files++] = word;
		else
			usage(ctl, "fedctl trustpoint help", "'%s' is not known here", word);
	}
	return !ctl->errs.n;
}

/**
 * tp_opts_free() - free what the words made
 * @o: the words
 */
void tp_opts_free(struct tp_opts *o)
{
	fp_strs_free(&o->names);
}

/* --- trustpoints ---------------------------------------------------------- */

static void set_paths(struct tp *tp)
{
	const struct fp_obj_trustpoint *o = tp->obj;

	if (o->cert && *o->cert)
		snprintf(tp->cert, sizeof(tp->cert), "%s", o->cert);
	else
		fp_cert_path(o->o.name, "pem", tp->cert, sizeof(tp->cert));
	if (o->key && *o->key)
		snprintf(tp->key, sizeof(tp->key), "%s", o->key);
	else if (o->cert && *o->cert && !tp->fresh)
		snprintf(tp->key, sizeof(tp->key), "%s", o->cert);
	else
		fp_cert_path(o->o.name, "key", tp->key, sizeof(tp->key));
	snprintf(tp->next, sizeof(tp->next), "%s.next", tp->key);
}

/**
 * tp_open() - a trustpoint to work on
 * @ctl: this run
 * @name: its name
 * @must_exist: it must be in the policy
 * @tp: filled; tp_close() it
 *
 * Return: false: told, and nothing to close
 */
bool tp_open(struct ctl *ctl, const char *name, bool must_exist, struct tp *tp)
{
	const struct fp_attr *row = &fp_kinds[FP_K_TRUSTPOINT].rows[0];
	const char *why = fp_txt_check(name, row->syntax, row->max);
	const struct fp_obj_trustpoint *old;

	memset(tp, 0, sizeof(*tp));
	tp->ctl = ctl;
	if (why) {
		usage(ctl, fp_attr_expect(row), "trustpoint: '%s' %s", name, why);
		return false;
	}
	tp->model = ctl_load(ctl);
	if (!tp->model)
		return false;
	old = fp_find_trustpoint(tp->model, name);
	if (!old && must_exist) {
		tp_fault(ctl, name,
			 "fedctl trustpoint show lists them",
			 "there is none of this name");
		fp_model_free(tp->model);
		return false;
	}
	tp->fresh = !old;
	tp->obj = (struct fp_obj_trustpoint *)(old ? fp_obj_copy(&old->o) :
					       fp_obj_alloc(FP_K_TRUSTPOINT, name));
	if (!tp->obj) {
		fp_model_free(tp->model);
		return false;
	}
	set_paths(tp);
	return true;
}

/**
 * tp_close() - done with a trustpoint
 * @tp: the trustpoint
 */
void tp_close(struct tp *tp)
{
	fp_obj_free(&tp->obj->o);
	fp_model_free(tp->model);
}

/**
 * tp_commit() - make it the policy's, and let the daemon read its files
 * @tp: the trustpoint
 */
void tp_commit(struct tp *tp)
{
	const struct fp_obj_trustpoint *old = fp_find_trustpoint(tp->model, tp->obj->o.name);
	struct ctl *ctl = tp->ctl;
	bool json = ctl->json;
	int pid;

	fp_obj_plain(&tp->obj->o);
	memset(&tp->obj->o.pos, 0, sizeof(tp->obj->o.pos));
	if (!ctl->errs.n && (!old || !fp_obj_equal(&old->o, &tp->obj->o))) {
		ctl->json = false;
		ctl_one(ctl, FP_OP_NEW, &tp->obj->o, 0);
		ctl->json = json;
	}
	pid = ctl->file || ctl->errs.n ? 0 : daemon_pid();
	if (pid)
		kill(pid, SIGHUP);
}

/**
 * tp_read_key() - a private key of ours
 * @tp: the trustpoint
 * @file: its file
 * @key: gets it, NULL where the file holds none
 *
 * Return: false: told
 */
bool tp_read_key(struct tp *tp, const char *file, EVP_PKEY **key)
{
	struct fp_cert_set set;

	*key = NULL;
	if (fp_cert_check_mode(file, &tp->ctl->errs) || fp_cert_set_init(&set))
		return false;
	if (!fp_cert_read(file, NULL, &set, &tp->ctl->errs) && set.key) {
		EVP_PKEY_up_ref(set.key);
		*key = set.key;
	} else if (!tp->ctl->errs.n) {
		tp_fault(tp->ctl, tp->obj->o.name, "fedctl trustpoint generate makes one",
			 "%s holds no private key", file);
	}
	fp_cert_set_free(&set);
	return *key;
}

/**
 * tp_read_identity() - certificate and chain as they lie on the disk
 * @tp: the trustpoint
 * @set: filled; fp_cert_set_free() it in any case
 * @with_key: and the key
 *
 * Return: false: told
 */
bool tp_read_identity(struct tp *tp, struct fp_cert_set *set, bool with_key)
{
	struct fp_errs *errs = &tp->ctl->errs;

	if (fp_cert_set_init(set))
		return false;
	if (!tp->obj->cert || !*tp->obj->cert) {
		tp_fault(tp->ctl, tp->obj->o.name,
			 "import one, or generate one that is self-signed",
			 "it has no certificate");
		return false;
	}
	if (fp_cert_read(tp->cert, NULL, set, errs))
		return false;
	EVP_PKEY_free(set->key);
	set->key = NULL;
	if (with_key && !tp_read_key(tp, tp->key, &set->key))
		return false;
	return !fp_cert_arrange(tp->cert, set, NULL, NULL, errs);
}

/**
 * tp_names() - names for a certificate, where none were given
 * @tp: the trustpoint
 * @o: names are added to it
 */
void tp_names(struct tp *tp, struct tp_opts *o)
{
	struct fp_cert_info info;
	struct fp_cert_set set;
	struct fp_errs errs = { 0 };

	if (o->names.n)
		return;
	fp_cert_wanted_names(tp->model, tp->obj->o.name, &o->names);
	if (!tp->obj->cert || access(tp->cert, R_OK) || fp_cert_set_init(&set))
		return;
	if (!fp_cert_read(tp->cert, NULL, &set, &errs) &&
	    !fp_cert_arrange(tp->cert, &set, NULL, NULL, &errs)) {
		fp_cert_info(set.cert, &info);
		for (u32 i = 0; i < info.n_names; i++)
			if (info.names[i].type != FP_NAME_XMPP && info.names[i].type != FP_NAME_SRV)
				fp_strs_add(&o->names, info.names[i].text);
	}
	fp_errs_free(&errs);
	fp_cert_set_free(&set);
}

const struct verb trustpoint_verbs[] = {
	{ "show", "[NAME]",
	  "all of them, or one explained: for whom, names, dates, chain, what is wrong",
	  trustpoint_show },
	{ "add", "NAME ATTRIBUTE VALUE...", "make one of files that are there", object_add },
	{ "set", "NAME [no] ATTRIBUTE VALUE...", "change attributes, leave others as they are",
	  object_set },
	{ "del", "NAME...", "delete; the files stay", object_del },
	{ "check", "[NAME]",
	  "like show, only what is wrong; exit status 1 if somebody would refuse it",
	  trustpoint_check },
	{ "generate", "NAME [key TYPE] [name N,N...] [subject DN] [self-signed] [days N] [--force]",
	  "make a key, and a request for the CA or a self-signed certificate; TYPE rsa-2048, rsa-3072,\n"
	  "      rsa-4096, ecdsa-p256 (default), ecdsa-p384; names are those that the policy wants",
	  trustpoint_generate },
	{ "csr", "NAME [name N,N...] [subject DN]",
	  "a request for the CA with the key that is there",
	  trustpoint_csr },
	{ "import", "NAME FILE... [key-file FILE] [passphrase-file FILE] [--force]",
	  "take what the CA sent: PEM, DER, PKCS#7 or PKCS#12; the chain is put in order",
	  trustpoint_import },
	{ "export", "NAME [FILE] [format pem|der|p7b|p12] [passphrase-file FILE]",
	  "certificate and chain for the partner; the key only in p12, under a passphrase",
	  trustpoint_export },
	{ "trust", "NAME FILE...", "add CAs that peers may chain to", trustpoint_trust },
	{ "distrust", "NAME FINGERPRINT",
	  "take a CA out; the first digits of its SHA-256 are enough",
	  trustpoint_distrust },
	{ "exchange", "DOMAIN [server HOST:PORT] [trustpoint NAME] [--yes FINGERPRINT]",
	  "show both sides' certificates, and trust the partner's on confirmation",
	  trustpoint_exchange },
	{ "enroll",
	  "NAME server URL [reference R secret-file FILE] [ca FILE] [key TYPE] [name N,N...]",
	  "let a CA issue the certificate by CMP (RFC 4210)", trustpoint_enroll },
	{ "renew", "NAME [key TYPE]",
	  "let the CMP server renew it, with a new key",
	  trustpoint_renew },
	{ 0 },
};
