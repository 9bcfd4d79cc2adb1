/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/notify/target_names.c */
/* build: link e911_sidecar */
/* build: wrap dns_asker_new dns_asker_free dns_asker_ask clock_mono_ms */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "notify/target_names.h"

/* ---- a DNS that answers when the test says so ---- */

static struct question {
	char name[64];
	dns_heard *heard;
	void *arg;
} questions[1024];
static unsigned asked;
static int64_t now_ms;
static struct target_names *names;

int __wrap_dns_asker_new(struct dns_asker **ret, const char *servers,
			 int timeout_ms);
struct dns_asker *__wrap_dns_asker_free(struct dns_asker *a);
int __wrap_dns_asker_ask(struct dns_asker *a, const char *name,
			 dns_heard *heard, void *arg);
int64_t __wrap_clock_mono_ms(void);

int __wrap_dns_asker_new(struct dns_asker **ret, const char *servers,
			 int timeout_ms)
{
	(void)servers;
	assert_int_equal(timeout_ms, TARGET_NAME_TIMEOUT_MS);
	*ret = NULL;
	return 0;
}

struct dns_asker *__wrap_dns_asker_free(struct dns_asker *a)
{
	return a;
}

int __wrap_dns_asker_ask(struct dns_asker *a, const char *name,
			 dns_heard *heard, void *arg)
{
	struct question *q = &questions[asked++];

	(void)a;
	assert_true(asked <= ARRAY_SIZE(questions));
	(void)snprintf(q->name, sizeof(q->name), "%s", name);
	q->heard = heard;
	q->arg = arg;
	return 0;
}

int64_t __wrap_clock_mono_ms(void)
{
	return now_ms;
}

/* The last question's answer: address 192.0.2.last or 2001:db8::last. */
static void answer(enum name_family f, enum name_outcome outcome, uint8_t last)
{
	struct name_answer a = { .outcome = outcome, .problem = "a reason" };

	if (outcome == NAME_HEARD) {
		a.problem = NULL;
		a.addresses.count = 1;
		a.addresses.ip[0][0] = f == NAME_IPV4 ? 4 : 6;
		a.addresses.ip[0][15] = last;
	}
	questions[asked - 1].heard(questions[asked - 1].arg, f, &a);
}

static void is_known(const char *host, unsigned count, uint8_t last)
{
	struct target_addresses a;
	const char *why = "";
	int wait_ms = 0;

	assert_int_equal(
		target_names_get(names, host, now_ms, &a, &wait_ms, &why),
		TARGET_NAME_KNOWN);
	assert_int_equal(a.count, count);
	assert_int_equal(a.ip[count - 1][15], last);
}

static void waits(const char *host, int expected_ms)
{
	struct target_addresses a;
	const char *why = "";
	int wait_ms = 0;

	assert_int_equal(
		target_names_get(names, host, now_ms, &a, &wait_ms, &why),
		TARGET_NAME_WAITS);
	assert_int_equal(wait_ms, expected_ms);
}

static void is_none(const char *host, const char *expected)
{
	struct target_addresses a;
	const char *why = "";
	int wait_ms = 0;

	assert_int_equal(
		target_names_get(names, host, now_ms, &a, &wait_ms, &why),
		TARGET_NAME_NONE);
	assert_string_equal(why, expected);
}

static int begin(void **state)
{
	(void)state;
	asked = 0;
	now_ms = 1000000;
	return target_names_new(&names, "");
}

static int finish(void **state)
{
	(void)state;
	names = target_names_free(names);
	return 0;
}

static void a_name_is_asked_for_once_and_used_for_a_while(void **state)
{
	(void)state;
	waits("a", TARGET_NAME_TIMEOUT_MS);
	waits("a", TARGET_NAME_TIMEOUT_MS);
	assert_int_equal(asked, 1);
	answer(NAME_IPV4, NAME_HEARD, 1);
	answer(NAME_IPV6, NAME_NONE, 0);
	is_known("a", 1, 1);
	now_ms += TARGET_NAME_FRESH_MS;
	is_known("a", 1, 1);
	assert_int_equal(asked, 1);
	now_ms++;
	waits("a", TARGET_NAME_PATIENCE_MS);
	assert_int_equal(asked, 2);
	answer(NAME_IPV4, NAME_HEARD, 2);
	answer(NAME_IPV6, NAME_HEARD, 3);
	is_known("a", 2, 3);
}

static void the_second_family_has_a_moment(void **state)
{
	(void)state;
	waits("a", TARGET_NAME_TIMEOUT_MS);
	now_ms += 20;
	answer(NAME_IPV6, NAME_HEARD, 6);
	waits("a", TARGET_NAME_OTHER_MS);
	now_ms += TARGET_NAME_OTHER_MS;
	is_known("a", 1, 6);
	answer(NAME_IPV4, NAME_HEARD, 4);
	is_known("a", 2, 6);
}

static void addresses_heard_last_serve_while_the_dns_is_gone(void **state)
{
	(void)state;
	waits("a", TARGET_NAME_TIMEOUT_MS);
	answer(NAME_IPV4, NAME_HEARD, 1);
	answer(NAME_IPV6, NAME_NONE, 0);
	now_ms += TARGET_NAME_FRESH_MS + 1;
	/* It is silent: patience, not the whole time of the question. */
	waits("a", TARGET_NAME_PATIENCE_MS);
	now_ms += TARGET_NAME_PATIENCE_MS;
	is_known("a", 1, 1);
	/* It fails, and it says that there is no such name. */
	answer(NAME_IPV4, NAME_FAILED, 0);
	answer(NAME_IPV6, NAME_NONE, 0);
	is_known("a", 1, 1);
	now_ms += 24 * INT64_C(3600000);
	waits("a", TARGET_NAME_PATIENCE_MS);
	answer(NAME_IPV4, NAME_NONE, 0);
	answer(NAME_IPV6, NAME_NONE, 0);
	is_known("a", 1, 1);
}

static void a_family_that_is_gone_is_not_used(void **state)
{
	(void)state;
	waits("a", TARGET_NAME_TIMEOUT_MS);
	answer(NAME_IPV4, NAME_HEARD, 4);
	answer(NAME_IPV6, NAME_HEARD, 6);
	is_known("a", 2, 6);
	now_ms += TARGET_NAME_FRESH_MS + 1;
	waits("a", TARGET_NAME_PATIENCE_MS);
	answer(NAME_IPV6, NAME_NONE, 0); /* before the other one is heard */
	answer(NAME_IPV4, NAME_HEARD, 5);
	is_known("a", 1, 5);
}

static void a_name_that_is_none_is_asked_for_again_soon(void **state)
{
	(void)state;
	waits("a", TARGET_NAME_TIMEOUT_MS);
	answer(NAME_IPV4, NAME_NONE, 0);
	answer(NAME_IPV6, NAME_NONE, 0);
	is_none("a", "a reason");
	now_ms += 1000;
	is_none("a", "a reason");
	assert_int_equal(asked, 1);
	now_ms++;
	waits("a", TARGET_NAME_TIMEOUT_MS);
	now_ms += TARGET_NAME_TIMEOUT_MS;
	is_none("a", "no answer of the DNS in time");
	answer(NAME_IPV4, NAME_HEARD, 7);
	answer(NAME_IPV6, NAME_NONE, 0);
	is_known("a", 1, 7);
}

static void nobody_is_asked_for_this_machine(void **state)
{
	(void)state;
	is_known("localhost", 2, 1);
	assert_int_equal(asked, 0);
}

static void many_names_do_not_grow_without_end(void **state)
{
	char host[32];

	(void)state;
	for (unsigned i = 0; i < TARGET_NAMES_MAX + 100; i++) {
		(void)snprintf(host, sizeof(host), "h%u", i);
		now_ms++;
		waits(host, TARGET_NAME_TIMEOUT_MS);
		answer(NAME_IPV4, NAME_HEARD, 1);
		answer(NAME_IPV6, NAME_NONE, 0);
		is_known("h0", 1, 1); /* in use: it stays */
	}
	assert_int_equal(asked, TARGET_NAMES_MAX + 100);
	is_known("h611", 1, 1);
	/* The one that was not used for longest is forgotten. */
	waits("h1", TARGET_NAME_TIMEOUT_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_name_is_asked_for_once_and_used_for_a_while, begin,
			finish),
		cmocka_unit_test_setup_teardown(the_second_family_has_a_moment,
						begin, finish),
		cmocka_unit_test_setup_teardown(
			addresses_heard_last_serve_while_the_dns_is_gone, begin,
			finish),
		cmocka_unit_test_setup_teardown(
			a_family_that_is_gone_is_not_used, begin, finish),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_none_is_asked_for_again_soon, begin,
			finish),
		cmocka_unit_test_setup_teardown(
			nobody_is_asked_for_this_machine, begin, finish),
		cmocka_unit_test_setup_teardown(
			many_names_do_not_grow_without_end, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
