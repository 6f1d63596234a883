// SPDX-License-Identifier: GPL-2.0
/*
 * aead: what the AEAD operations of one relayed round trip cost by themselves: a
 * request is opened and sealed, and its answer. Once with OpenSSL, as a proxy
 * does it, once with the kernel's AES-256-GCM, as the relay does it. The latter
 * through AF_ALG, less what AF_ALG itself costs, seen by a cipher that does
 * nothing.
 */
#include <errno.h>
#include <linux/if_alg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "load.h"

#ifndef SOL_ALG
#define SOL_ALG	279
#endif

/* Request and answer as they come and as they go. */
static const unsigned int sizes[] = { 700, 700, 320, 320 };

#define N_SIZES	(sizeof(sizes) / sizeof(*sizes))
#define IV	12
#define TAG	16
#define AAD	5

static unsigned char buf[4096];

static double cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* --- OpenSSL -------------------------------------------------------------- */

static void evp_op(EVP_CIPHER_CTX *c, unsigned int len)
{
	unsigned char iv[IV] = { 1 }, tag[TAG];
	int n;

	EVP_EncryptInit_ex(c, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(c, NULL, &n, buf, AAD);
	EVP_EncryptUpdate(c, buf, &n, buf, len);
	EVP_EncryptFinal_ex(c, buf + n, &n);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, tag);
}

static double evp_round(double secs)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char key[32] = { 2 };
	double from = cpu_now();
	unsigned long n = 0;
	unsigned int i;

	EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, NULL);
	while (cpu_now() - from < secs) {
		for (i = 0; i < N_SIZES; i++)
			evp_op(c, sizes[i]);
		n++;
	}
	EVP_CIPHER_CTX_free(c);
	return (cpu_now() - from) / n;
}

/* --- the kernel ----------------------------------------------------------- */

static int alg_open(const char *type, const char *name)
{
	struct sockaddr_alg sa = { .salg_family = AF_ALG };
	unsigned char key[32] = { 2 };
	int s = socket(AF_ALG, SOCK_SEQPACKET, 0), fd;

	snprintf((char *)sa.salg_type, sizeof(sa.salg_type), "%s", type);
	snprintf((char *)sa.salg_name, sizeof(sa.salg_name), "%s", name);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)))
		return -1;
	setsockopt(s, SOL_ALG, ALG_SET_KEY, key, strcmp(type, "aead") ? 0 : sizeof(key));
	if (!strcmp(type, "aead"))
		setsockopt(s, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, NULL, TAG);
	fd = accept(s, NULL, 0);
	close(s);
	return fd;
}

static void *put_cmsg(struct cmsghdr *h, int type, size_t len)
{
	h->cmsg_level = SOL_ALG;
	h->cmsg_type = type;
	h->cmsg_len = CMSG_LEN(len);
	return CMSG_DATA(h);
}

static bool alg_op(int fd, unsigned int len, bool aead)
{
	union {
		struct cmsghdr h;
		char b[CMSG_SPACE(4) + CMSG_SPACE(4 + IV) + CMSG_SPACE(4)];
	} ctl = {};
	struct iovec iov = { buf, len + (aead ? AAD : 0) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &ctl,
			    .msg_controllen = aead ? sizeof(ctl) : CMSG_SPACE(4) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	struct af_alg_iv *iv;

	*(unsigned int *)put_cmsg(h, ALG_SET_OP, 4) = ALG_OP_ENCRYPT;
	if (aead) {
		h = CMSG_NXTHDR(&m, h);
		iv = put_cmsg(h, ALG_SET_IV, 4 + IV);
		iv->ivlen = IV;
		h = CMSG_NXTHDR(&m, h);
		*(unsigned int *)put_cmsg(h, ALG_SET_AEAD_ASSOCLEN, 4) = AAD;
	}
	/* Just what there will be: for more it would wait. */
	return sendmsg(fd, &m, 0) > 0 && read(fd, buf, iov.iov_len + (aead ? TAG : 0)) > 0;
}

/* Seconds a round trip, 0: there is no such cipher. */
static double alg_round(const char *type, const char *name, double secs)
{
	bool aead = !strcmp(type, "aead");
	int fd = alg_open(type, name);
	double from = cpu_now();
	unsigned long n = 0;
	unsigned int i;

	if (fd < 0)
		return 0;
	while (cpu_now() - from < secs) {
		for (i = 0; i < N_SIZES; i++)
			if (!alg_op(fd, sizes[i], aead)) {
				fprintf(stderr, "sipload: %s: %s\n", name, strerror(errno));
				close(fd);
				return 0;
			}
		n++;
	}
	close(fd);
	return (cpu_now() - from) / n;
}

int ld_aead(void)
{
	double null = alg_round("skcipher", "ecb(cipher_null)", ld_opt.secs);
	double kernel = alg_round("aead", "gcm(aes)", ld_opt.secs);

	printf("{\"user_us\": %.2f, \"kernel_us\": %.2f, \"af_alg_us\": %.2f}\n",
	       evp_round(ld_opt.secs) * 1e6, (kernel - null) * 1e6, null * 1e6);
	return !kernel || !null;
}
