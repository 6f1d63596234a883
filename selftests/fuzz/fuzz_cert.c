// SPDX-License-Identifier: GPL-2.0
/* runs: 5000 */
/*
 * What a CA or a partner sends, read, put in order and explained: no octets of
 * it may do more than be refused.
 */
#include <openssl/err.h>

#include "cert.h"
#include "cert_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void revocation(const uint8_t *data, size_t size, X509 *cert)
{
	struct fp_revoke r;

	fp_ocsp_judge(data, (long)size, cert, cert, NULL, "fuzz", &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fp_cert_info info;
	static struct fp_findings findings;
	static struct fp_cert_needs none;
	struct fp_errs errs = { 0 };
	struct fp_cert_set set;

	if (fp_cert_set_init(&set))
		return 0;
	if (!fp_cert_read_mem("fuzz", data, size, NULL, &set, &errs) &&
	    !fp_cert_arrange("fuzz", &set, NULL, NULL, &errs)) {
		fp_cert_info(set.cert, &info);
		findings.n = 0;
		fp_cert_judge(&info, &none, 1000000000, &findings);
		revocation(data, size, set.cert);
		BIO_free(fp_cert_export(&set, FP_CERT_P7B, NULL, NULL, NULL));
	} else if (!errs.n) {
		__builtin_trap();	/* refused without a word */
	}
	fp_errs_free(&errs);
	fp_cert_set_free(&set);
	ERR_clear_error();
	return 0;
}
