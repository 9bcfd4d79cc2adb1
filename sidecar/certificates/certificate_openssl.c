/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

#include "certificates/certificate.h"

static void take_subject(X509 *x, char ret[CERTIFICATE_SUBJECT_SIZE])
{
	BIO *out = BIO_new(BIO_s_mem());
	int n = 0;

	if (out && X509_NAME_print_ex(out, X509_get_subject_name(x), 0,
				      XN_FLAG_ONELINE) >= 0)
		n = BIO_read(out, ret, CERTIFICATE_SUBJECT_SIZE - 1);
	if (n < 0)
		n = 0;
	for (int i = 0; i < n; i++)
		if (ret[i] < ' ' || ret[i] > '~')
			ret[i] = '?';
	ret[n] = '\0';
	BIO_free(out);
}

static int take(X509 *x, size_t nth, struct certificate *c)
{
	struct tm tm;
	int64_t at;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm))
		return -EBADMSG;
	at = timegm(&tm);
	if (nth && at >= c->ends_at_s)
		return 0;
	c->ends_at_s = at;
	take_subject(x, c->subject);
	return 0;
}

/* Damage, or nothing but the end of the file? */
static bool is_at_end(void)
{
	unsigned long why = ERR_peek_last_error();
	bool is_end = ERR_GET_LIB(why) == ERR_LIB_PEM &&
		      ERR_GET_REASON(why) == PEM_R_NO_START_LINE;

	ERR_clear_error();
	return is_end;
}

int certificate_read(const char *path, struct certificate *ret)
{
	struct certificate c = { 0 };
	FILE *in = fopen(path, "re");
	size_t n = 0;
	int err = 0;
	X509 *x;

	if (!in)
		return -errno;
	while (err == 0 && (x = PEM_read_X509(in, NULL, NULL, NULL))) {
		err = take(x, n++, &c);
		X509_free(x);
	}
	(void)fclose(in);
	if (err == 0 && (!is_at_end() || n == 0))
		err = -EBADMSG;
	if (err == 0)
		*ret = c;
	return err;
}
