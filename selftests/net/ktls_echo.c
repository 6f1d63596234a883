// SPDX-License-Identifier: GPL-2.0
/*
 * ktls_echo serve|dial ADDRESS PORT CERT KEY CA
 *
 * The daemon's own code for trustpoints, identities and keys into the kernel,
 * with nothing behind it: one connection, a handshake by OpenSSL, then the
 * socket itself echoes what it reads (serve), or sends a line and prints the
 * answer (dial). Says on standard error what was proved and offloaded.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "../../tools/fedpatd/fpd.h"

static void die(const char *what)
{
	fprintf(stderr, "ktls_echo: %s\n", what);
	exit(1);
}

static int connection(bool serve, const char *addr, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, c;

	a.sin_port = htons((uint16_t)atoi(port));
	if (inet_pton(AF_INET, addr, &a.sin_addr) != 1)
		die("not an address");
	if (!serve) {
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
			die("connect");
		return fd;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1))
		die("listen");
	c = accept(fd, NULL, NULL);
	close(fd);
	return c;
}

static void shake(SSL *ssl, bool serve)
{
	int ret = serve ? SSL_accept(ssl) : SSL_connect(ssl);
	char text[256];
	enum fp_reason reason;

	if (ret == 1)
		return;
	reason = fpd_tls_reason(ssl, SSL_get_error(ssl, ret), text, sizeof(text));
	fprintf(stderr, "ktls_echo: refused %s: %s\n", fp_reason_info(reason)->name, text);
	exit(2);
}

static void show_peer(SSL *ssl)
{
	struct fpd_identity id;

	if (fpd_identity_read(&id, SSL_get0_peer_certificate(ssl)))
		die("out of memory");
	for (size_t i = 0; i < id.n; i++)
		fprintf(stderr, "ktls_echo: proved %s\n", id.names[i]);
	fprintf(stderr, "ktls_echo: eku server %d client %d absent %d\n", id.eku_server,
		id.eku_client, id.eku_absent);
	fpd_identity_free(&id);
}

/* Plain system calls: what they carry was protected by the kernel. */
static void echo(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			die("write");
}

static void ask(int fd)
{
	static const char line[] = "hello through the kernel\n";
	char buf[4096];
	ssize_t n;

	if (write(fd, line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1)
		die("write");
	/* EIO is a control record, a session ticket: not for this reader */
	n = read(fd, buf, sizeof(buf));
	if (n > 0)
		fwrite(buf, 1, (size_t)n, stdout);
}

int main(int argc, char **argv)
{
	struct fpd_trust_files files = { .name = "test" };
	char why[FPD_TEXT_MAX];
	const char *not_offloaded;
	SSL_CTX *ctx;
	bool serve, spoilt = false;
	SSL *ssl;
	int fd;

	if (argc != 7)
		die("usage: ktls_echo serve|dial ADDRESS PORT CERT KEY CA");
	serve = !strcmp(argv[1], "serve");
	files.cert = argv[4];
	files.key = argv[5];
	files.ca = argv[6];
	if (fpd_ktls_init() || !fpd_ktls_probe())
		die("the kernel has no TLS");
	ctx = fpd_trust_ctx(&files, serve, false, why, sizeof(why));
	if (!ctx)
		die(why);
	fd = connection(serve, argv[2], argv[3]);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	fpd_ktls_bind(ssl, fpd_secrets_alloc());
	shake(ssl, serve);
	show_peer(ssl);
	not_offloaded = fpd_ktls_install(ssl, fd, &spoilt);
	fprintf(stderr, "ktls_echo: %s %s %s\n", SSL_get_version(ssl), SSL_get_cipher(ssl),
		not_offloaded ? not_offloaded : "offloaded");
	if (not_offloaded)
		return 3;
	if (serve)
		echo(fd);
	else
		ask(fd);
	return 0;
}
