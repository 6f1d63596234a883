// SPDX-License-Identifier: GPL-2.0
/* Sockets of the leg tests, and TLS keys on them. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <fedpat/slice.h>
#include "leglib.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

#define FAR_BUF	(2 * 1024 * 1024)

const char * const keys_name[KEYS_COUNT] = {
	"plain TCP",
	"TLS 1.2 AES-128-GCM", "TLS 1.2 AES-256-GCM", "TLS 1.2 ChaCha20-Poly1305",
	"TLS 1.3 AES-128-GCM", "TLS 1.3 AES-256-GCM", "TLS 1.3 ChaCha20-Poly1305",
};

long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void nap_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

int patience_ms(int ms)
{
	const char *slow = getenv("FEDPAT_SLOW");
	int times = slow ? atoi(slow) : 1;

	return ms * (times > 1 ? times : 1);
}

unsigned int scaled(unsigned int n)
{
	const char *scale = getenv("FEDPAT_SCALE");
	unsigned int percent = scale ? atoi(scale) : 100;

	n = (unsigned long)n * (percent ? percent : 100) / 100;
	return n ? n : 1;
}

static __attribute__((noreturn)) void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(KSFT_FAIL);
}

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t addr_of(union addr *a, const char *text, u16 port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons(port);
		return sizeof(a->in6);
	}
	if (inet_pton(AF_INET, text, &a->in.sin_addr) != 1)
		die(text);
	a->in.sin_family = AF_INET;
	a->in.sin_port = htons(port);
	return sizeof(a->in);
}

int tcp_listen(const char *addr, u16 port)
{
	union addr a;
	socklen_t len = addr_of(&a, addr, port);
	int fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, &a.sa, len) || listen(fd, 64))
		die("listen");
	return fd;
}

int tcp_connect(const char *from, const char *to, u16 port)
{
	union addr src, dst;
	socklen_t len = addr_of(&src, from, 0);
	int fd = socket(src.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	addr_of(&dst, to, port);
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    bind(fd, &src.sa, len) || connect(fd, &dst.sa, len))
		die("connect");
	return fd;
}

/* --- TLS keys ------------------------------------------------------------- */

union crypto {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 aes128;
	struct tls12_crypto_info_aes_gcm_256 aes256;
	struct tls12_crypto_info_chacha20_poly1305 chacha;
};

static void put_seq(unsigned char *p, u64 seq)
{
	int i;

	for (i = 7; i >= 0; i--, seq >>= 8)
		p[i] = seq;
}

/* Made up: a byte says the direction, all others are the same on both ends. */
static socklen_t crypto_fill(union crypto *c, enum keys k, unsigned char mark, u64 seq)
{
	bool v13 = k >= KEYS_13_AES128;

	memset(c, mark, sizeof(*c));
	c->info.version = v13 ? TLS_1_3_VERSION : TLS_1_2_VERSION;
	switch (k) {
	case KEYS_12_AES128:
	case KEYS_13_AES128:
		c->info.cipher_type = TLS_CIPHER_AES_GCM_128;
		put_seq(c->aes128.rec_seq, seq);
		return sizeof(c->aes128);
	case KEYS_12_AES256:
	case KEYS_13_AES256:
		c->info.cipher_type = TLS_CIPHER_AES_GCM_256;
		put_seq(c->aes256.rec_seq, seq);
		return sizeof(c->aes256);
	default:
		c->info.cipher_type = TLS_CIPHER_CHACHA20_POLY1305;
		put_seq(c->chacha.rec_seq, seq);
		return sizeof(c->chacha);
	}
}

void tls_keys_dir(int fd, enum keys k, bool gateway, u64 seq, int dir)
{
	union crypto c;
	socklen_t len;

	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3))
		die("TCP_ULP tls");
	len = crypto_fill(&c, k, gateway ? 0x11 : 0x22, seq);
	if (dir & 1 && setsockopt(fd, SOL_TLS, TLS_TX, &c, len))
		die("TLS_TX");
	len = crypto_fill(&c, k, gateway ? 0x22 : 0x11, seq);
	if (dir & 2 && setsockopt(fd, SOL_TLS, TLS_RX, &c, len))
		die("TLS_RX");
}

void tls_keys(int fd, enum keys k, bool gateway, u64 seq)
{
	if (k != KEYS_NONE)
		tls_keys_dir(fd, k, gateway, seq, 3);
}

/* --- legs ----------------------------------------------------------------- */

static const char *spec_remote(const struct leg_spec *s)
{
	return s->remote ? s->remote : s->inside ? NODE1 : PARTNER;
}

static u16 spec_port(const struct leg_spec *s)
{
	return s->port ? s->port : s->inside ? 5062 : 5061;
}

static const char *spec_local(const struct leg_spec *s)
{
	bool v6 = strchr(spec_remote(s), ':');

	return s->inside ? v6 ? GW_INSIDE6 : GW_INSIDE : v6 ? GW_PUBLIC6 : GW_PUBLIC;
}

void pair_open(const struct leg_spec *s, struct far *far)
{
	const char *ours = spec_local(s);
	int on = 1, listener, dialled, accepted;

	listener = tcp_listen(s->accepted ? ours : spec_remote(s), spec_port(s));
	dialled = tcp_connect(s->accepted ? spec_remote(s) : ours,
			      s->accepted ? ours : spec_remote(s), spec_port(s));
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (accepted < 0 || setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("accept");
	close(listener);
	memset(far, 0, sizeof(*far));
	far->gw = s->accepted ? accepted : dialled;
	far->fd = s->accepted ? dialled : accepted;
	far->k = s->k;
	far->buf = malloc(FAR_BUF);
	if (!far->buf)
		die("malloc");
	fp_framer_init(&far->framer, 1024 * 1024, 0, 0);
	tls_keys(far->gw, s->k, true, s->seq);
	tls_keys(far->fd, s->k, false, s->seq);
}

static void leg_names(struct fp_obj *o, const struct leg_spec *s)
{
	fp_obj_set_str(o, FEDPAT_A_LEG_FEDERATION, "contoso");
	fp_obj_set_str(o, FEDPAT_A_LEG_ZONE, s->inside ? "inside" : "outside");
	fp_obj_set_str(o, FEDPAT_A_LEG_PEER,
		       s->peer ? s->peer : s->inside ? "imp1" : "partner");
	if (!s->inside) {
		fp_obj_add_str(o, FEDPAT_A_LEG_DOMAIN, s->domain ? s->domain : "example.net");
		fp_obj_add_str(o, FEDPAT_A_LEG_PROVED, "edge.example.net");
		fp_obj_set_str(o, FEDPAT_A_LEG_IDENTITY, "sip.example.com");
	}
}

/* Each end of the stream has its name, the partner's where nothing else is said. */
static void leg_raw(struct fp_obj *o, const struct leg_spec *s)
{
	const char *theirs = s->domain ? s->domain : "chat.example.net";

	fp_obj_set_str(o, FEDPAT_A_LEG_FEDERATION, "chat");
	fp_obj_set_str(o, FEDPAT_A_LEG_ZONE, s->inside ? "inside" : "outside");
	fp_obj_set_str(o, FEDPAT_A_LEG_PEER, s->peer ? s->peer : s->inside ? "chat1" : theirs);
	fp_obj_add_str(o, FEDPAT_A_LEG_DOMAIN, s->inside ? "chat.example.com" : theirs);
	fp_obj_set_str(o, FEDPAT_A_LEG_IDENTITY, s->inside ? theirs : "chat.example.com");
	fp_obj_set_num(o, FEDPAT_A_LEG_PROTOCOL, FEDPAT_INSPECT_TYPE_XMPP);
	if (s->starttls)
		fp_obj_set_num(o, FEDPAT_A_LEG_STARTTLS, 1);
}

static void leg_orig_dst(struct fp_obj *o, const char *text)
{
	struct fp_endpoint ep = { .port = 5061 };

	if (!fp_slice_addr(fp_slice(text, strlen(text)), &ep.addr))
		die(text);
	fp_obj_set_endpoint(o, FEDPAT_A_LEG_ORIGINAL_DST, &ep);
}

int pair_attach(struct world *w, const struct leg_spec *s, struct far *far)
{
	struct fp_obj *o = fp_obj_alloc(FP_K_LEG, NULL);
	bool tls = s->k != KEYS_NONE || s->tls || s->not_offloaded;
	int err;

	if (!o)
		die("fp_obj_alloc");
	if (s->raw)
		leg_raw(o, s);
	else
		leg_names(o, s);
	if (s->partner)
		fp_obj_set_num(o, FEDPAT_A_LEG_PARTNER, s->partner);
	fp_obj_set_num(o, FEDPAT_A_LEG_FD, far->gw);
	fp_obj_set_num(o, FEDPAT_A_LEG_ROLE,
		       s->inside ? FEDPAT_ROLE_INSIDE : FEDPAT_ROLE_OUTSIDE);
	fp_obj_set_num(o, FEDPAT_A_LEG_TRANSPORT,
		       tls ? FEDPAT_TRANSPORT_TLS : FEDPAT_TRANSPORT_TCP);
	if (!s->accepted)
		fp_obj_set_num(o, FEDPAT_A_LEG_DIALLED, 1);
	if (s->wanted)
		fp_obj_set_num(o, FEDPAT_A_LEG_WANTED, s->wanted);
	if (s->orig_dst)
		leg_orig_dst(o, s->orig_dst);
	if (s->not_offloaded)
		fp_obj_set_str(o, FEDPAT_A_LEG_NOT_OFFLOADED, s->not_offloaded);
	fp_errs_free(&w->errs);
	err = fp_leg_attach(w->nl, (struct fp_obj_leg *)o, &far->leg, &w->errs);
	fp_obj_free(o);
	if (!err) {
		close(far->gw);
		far->gw = -1;
	}
	return err;
}

void leg_open(struct world *w, const struct leg_spec *s, struct far *far)
{
	pair_open(s, far);
	if (!pair_attach(w, s, far))
		return;
	printf("Bail out! leg-attach: %s\n", last_error(w));
	exit(KSFT_FAIL);
}

void far_close(struct far *far)
{
	if (far->gw >= 0)
		close(far->gw);
	if (far->fd >= 0)
		close(far->fd);
	free(far->buf);
	memset(far, 0, sizeof(*far));
	far->gw = -1;
	far->fd = -1;
}

/* --- bytes ---------------------------------------------------------------- */

bool far_send(struct far *far, const void *p, size_t len)
{
	while (len) {
		ssize_t n = send(far->fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		p = (const char *)p + n;
		len -= n;
	}
	return true;
}

size_t far_push(struct far *far, const void *p, size_t len)
{
	ssize_t n = send(far->fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 ? 0 : n;
}

bool far_send_str(struct far *far, const char *s)
{
	return far_send(far, s, strlen(s));
}

bool far_send_record(struct far *far, unsigned char type, const void *p, size_t len)
{
	char ctl[CMSG_SPACE(1)] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { (void *)p, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl, .msg_controllen = sizeof(ctl),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_TLS;
	c->cmsg_type = TLS_SET_RECORD_TYPE;
	c->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(c) = type;
	return sendmsg(far->fd, &msg, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Return: octets of the stream, 0 at its end, -1 on an error or when there are none. */
static ssize_t far_read(struct far *far, void *p, size_t len)
{
	char ctl[CMSG_SPACE(1)] __attribute__((aligned(8)));
	struct iovec iov = { p, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl, .msg_controllen = sizeof(ctl),
	};
	ssize_t n = recvmsg(far->fd, &msg, MSG_DONTWAIT);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	if (!n)
		far->ended = 'f';
	if (n < 0 && errno != EAGAIN)
		far->ended = 'r';
	if (c && c->cmsg_level == SOL_TLS && *CMSG_DATA(c) == 21) {
		far->ended = n == 2 && ((unsigned char *)p)[1] == 0 ? 'n' : 'a';
		return 0;
	}
	return n;
}

static bool far_ready(struct far *far, long until)
{
	struct pollfd pfd = { .fd = far->fd, .events = POLLIN };
	long left = until - now_ms();

	return poll(&pfd, 1, left > 0 ? left : 0) > 0;
}

static bool recv_until(struct far *far, struct msg *m, long until)
{
	struct fp_frame f;

	memmove(far->buf, far->buf + far->used, far->len - far->used);
	far->len -= far->used;
	far->used = 0;
	for (;;) {
		ssize_t n;

		fp_framer_next(&far->framer, far->buf, far->len, &f);
		if (f.event == FP_FRAME_MSG) {
			m->p = (char *)far->buf;
			m->len = f.len;
			far->used = f.len;
			return true;
		}
		if (f.event == FP_FRAME_FATAL)
			return false;
		if (f.event != FP_FRAME_MORE) {
			memmove(far->buf, far->buf + f.len, far->len - f.len);
			far->len -= f.len;
			continue;
		}
		if (far->ended || !far_ready(far, until))
			return false;
		n = far_read(far, far->buf + far->len, FAR_BUF - far->len);
		far->len += n > 0 ? n : 0;
	}
}

bool far_recv(struct far *far, struct msg *m, int ms)
{
	return recv_until(far, m, now_ms() + patience_ms(ms));
}

bool far_silent(struct far *far, int ms)
{
	struct msg m;

	return !recv_until(far, &m, now_ms() + ms);
}

int far_end(struct far *far, int ms)
{
	long until = now_ms() + patience_ms(ms);
	char junk[4096];
	int ended;

	while (!far->ended && far_ready(far, until))
		far_read(far, junk, sizeof(junk));
	ended = far->ended;
	/* What comes after close_notify is asked for anew. */
	far->ended = 0;
	return ended;
}
