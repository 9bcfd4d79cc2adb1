/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar PkgConfig::OPENSSL */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stats.h"
#include "certificates/expiry.h"

#define DAY    86400LL
#define NOW_MS 1800000000000LL

static char path[] = "/tmp/test_sidecar_expiry.XXXXXX";
static EVP_PKEY *key;

/* ---- certificates ---- */

static X509 *certificate(const char *name, int64_t ends_at_s)
{
	X509 *x = X509_new();

	assert_non_null(x);
	assert_true(X509_set_version(x, 2));
	assert_true(X509_set_pubkey(x, key));
	assert_true(X509_NAME_add_entry_by_txt(
		X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)name, -1, -1, 0));
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), 0));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), ends_at_s));
	assert_true(X509_sign(x, key, NULL) > 0);
	return x;
}

static void add(const char *mode, const char *name, int64_t left_s)
{
	X509 *x = certificate(name, NOW_MS / 1000 + left_s);
	FILE *out = fopen(path, mode);

	assert_non_null(out);
	assert_true(PEM_write_X509(out, x));
	assert_int_equal(fclose(out), 0);
	X509_free(x);
}

static void write_text(const char *mode, const char *text)
{
	FILE *out = fopen(path, mode);

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static int set_up(void **s)
{
	int fd = mkstemp(path);

	(void)s;
	if (fd < 0)
		return -1;
	close(fd);
	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
	return key ? 0 : -1;
}

static int tear_down(void **s)
{
	(void)s;
	EVP_PKEY_free(key);
	return unlink(path);
}

/* ---- what is told ---- */

static struct expiry *watch(void)
{
	struct expiry *e = NULL;

	assert_int_equal(expiry_new(&e, path, "gw1"), 0);
	return e;
}

/* Look; the stage that is told, or fine when nothing is. */
static enum expiry_stage told(struct expiry *e, int64_t now_ms)
{
	struct expiry_alarm a;

	expiry_look(e, now_ms);
	if (!expiry_next(e, &a))
		return EXPIRY_FINE;
	expiry_stored(e, &a.id);
	assert_false(expiry_next(e, &a));
	return a.stage;
}

static void days_are_counted_to_the_second(void **s)
{
	static const struct {
		int64_t left_s;
		enum expiry_stage stage;
	} cases[] = {
		{ 30 * DAY, EXPIRY_FINE },    { 30 * DAY - 1, EXPIRY_30_DAYS },
		{ 14 * DAY, EXPIRY_30_DAYS }, { 14 * DAY - 1, EXPIRY_14_DAYS },
		{ 7 * DAY, EXPIRY_14_DAYS },  { 7 * DAY - 1, EXPIRY_7_DAYS },
		{ DAY, EXPIRY_7_DAYS },       { DAY - 1, EXPIRY_1_DAY },
		{ 1, EXPIRY_1_DAY },          { 0, EXPIRY_ENDED },
		{ -400 * DAY, EXPIRY_ENDED },
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(expiry_stage_of(cases[i].left_s),
				 cases[i].stage);
}

static void each_stage_is_told_once_as_time_goes_by(void **s)
{
	static const enum expiry_stage stages[] = { EXPIRY_30_DAYS,
						    EXPIRY_14_DAYS,
						    EXPIRY_7_DAYS, EXPIRY_1_DAY,
						    EXPIRY_ENDED };
	uint64_t before = stats_get(STAT_CERTIFICATE_ALARMS);
	struct expiry *e = watch();
	size_t n = 0;

	(void)s;
	add("w", "gw1.example.com", 40 * DAY);
	for (int64_t hour = 0; hour < 24 * 40; hour++) {
		enum expiry_stage stage = told(e, NOW_MS + hour * 3600000);

		if (stage == EXPIRY_FINE)
			continue;
		assert_true(n < ARRAY_SIZE(stages));
		assert_int_equal(stage, stages[n++]);
	}
	assert_int_equal(told(e, NOW_MS + 40 * DAY * 1000), EXPIRY_ENDED);
	assert_int_equal(n, ARRAY_SIZE(stages) - 1);
	/* And then every day. */
	assert_int_equal(told(e, NOW_MS + 40 * DAY * 1000 + 3600000),
			 EXPIRY_FINE);
	assert_int_equal(told(e, NOW_MS + 41 * DAY * 1000), EXPIRY_ENDED);
	assert_int_equal(stats_get(STAT_CERTIFICATE_ALARMS) - before, 6);
	expiry_free(e);
}

static void the_first_of_a_chain_to_end_counts(void **s)
{
	struct expiry *e = watch();
	struct expiry_alarm a;
	char text[EXPIRY_TEXT_SIZE];

	(void)s;
	add("w", "gw1.example.com", 300 * DAY);
	add("a", "intermediate", 13 * DAY);
	add("a", "root", 3000 * DAY);
	expiry_look(e, NOW_MS);
	assert_true(expiry_next(e, &a));
	assert_int_equal(a.stage, EXPIRY_14_DAYS);
	assert_string_equal(a.certificate.subject, "CN = intermediate");
	expiry_format(&a, text);
	assert_string_equal(text, "ends in 13 days");
	expiry_free(e);
}

static void a_new_certificate_ends_the_alarm(void **s)
{
	struct expiry *e = watch();

	(void)s;
	add("w", "gw1.example.com", 6 * DAY);
	assert_int_equal(told(e, NOW_MS), EXPIRY_7_DAYS);
	assert_int_equal(told(e, NOW_MS + 1000), EXPIRY_FINE);
	add("w", "gw1.example.com", 90 * DAY);
	assert_int_equal(told(e, NOW_MS + 2000), EXPIRY_FINE);
	/* Another one that ends soon, too, is told of its own. */
	add("w", "gw1.example.com", 5 * DAY);
	assert_int_equal(told(e, NOW_MS + 3000), EXPIRY_7_DAYS);
	add("w", "gw1.example.com", 4 * DAY);
	assert_int_equal(told(e, NOW_MS + 4000), EXPIRY_7_DAYS);
	expiry_free(e);
}

static void a_file_without_certificates_is_told(void **s)
{
	struct expiry *e = watch();

	(void)s;
	write_text("w", "");
	assert_int_equal(told(e, NOW_MS), EXPIRY_UNREADABLE);
	assert_int_equal(told(e, NOW_MS + 1000), EXPIRY_FINE);
	assert_int_equal(told(e, NOW_MS + DAY * 1000), EXPIRY_UNREADABLE);
	add("w", "gw1.example.com", 300 * DAY);
	assert_int_equal(told(e, NOW_MS), EXPIRY_FINE);
	/* Half of it. */
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(told(e, NOW_MS), EXPIRY_UNREADABLE);
	expiry_free(e);
}

/* It is stored twice under one id, and so once. */
static void an_alarm_has_the_same_id_after_a_restart(void **s)
{
	struct expiry *e = watch(), *again = watch();
	struct expiry_alarm a, b;

	(void)s;
	add("w", "gw1.example.com", 6 * DAY);
	expiry_look(e, NOW_MS);
	expiry_look(again, NOW_MS + 5000);
	assert_true(expiry_next(e, &a) && expiry_next(again, &b));
	assert_true(uuid_equal(&a.id, &b.id));
	expiry_look(again, NOW_MS + 6 * DAY * 1000);
	assert_true(expiry_next(again, &b));
	assert_false(uuid_equal(&a.id, &b.id));
	expiry_free(e);
	expiry_free(again);
}

static void files_are_absolute_paths(void **s)
{
	struct expiry *e;

	(void)s;
	assert_int_equal(expiry_new(&e, "cert.pem", "gw1"), -EINVAL);
	assert_int_equal(expiry_new(&e, "/a.pem,,/b.pem", "gw1"), -EINVAL);
	assert_int_equal(expiry_new(&e, "/a.pem, /b.pem", "gw1"), 0);
	expiry_free(e);
	assert_int_equal(expiry_new(&e, "", "gw1"), 0);
	assert_int_equal(told(e, NOW_MS), EXPIRY_FINE);
	expiry_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_are_counted_to_the_second),
		cmocka_unit_test(each_stage_is_told_once_as_time_goes_by),
		cmocka_unit_test(the_first_of_a_chain_to_end_counts),
		cmocka_unit_test(a_new_certificate_ends_the_alarm),
		cmocka_unit_test(a_file_without_certificates_is_told),
		cmocka_unit_test(an_alarm_has_the_same_id_after_a_restart),
		cmocka_unit_test(files_are_absolute_paths),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
