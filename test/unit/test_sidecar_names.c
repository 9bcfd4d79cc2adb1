/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/names/name_table.c sidecar/names/name_file.c */
/* build: with sidecar/directory/trunk_hosts.c */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory/trunk_hosts.h"
#include "hwaddr.h"
#include "names/name_file.h"
#include "names/name_table.h"
#include "names/names.h"

#define T(s)     text_make((s), sizeof(s) - 1)
#define A        T("a.example.com")
#define INTERVAL 30000

/* "192.0.2.1 2001:db8::1" */
static void addresses(const char *list, struct name_addresses *ret)
{
	struct text rest = text_of(list), piece;
	uint8_t ip[16];

	*ret = (struct name_addresses){ 0 };
	while (text_cut(&rest, ' ', &piece)) {
		assert_int_equal(ip_normalise(piece, ip), 0);
		(void)name_addresses_add(ret, ip);
	}
}

/* NULL: failed, "": there are none. */
static struct name_answer answer(const char *list, const char *problem)
{
	struct name_answer a = { .outcome = NAME_FAILED, .problem = problem };

	if (!list)
		return a;
	addresses(list, &a.addresses);
	a.outcome = list[0] ? NAME_HEARD : NAME_NONE;
	if (list[0])
		a.problem = NULL;
	return a;
}

static unsigned hear(struct name_table *t, const char *v4, const char *v6,
		     int64_t now_ms)
{
	const struct name_answer both[] = {
		answer(v4, v4 ? "none" : "failed"),
		answer(v6, v6 ? "none" : "failed"),
	};

	return name_table_answer(t, A, both, now_ms, INTERVAL);
}

static void assert_known(const struct name_table *t, struct text name,
			 const char *want)
{
	struct name_addresses a;
	char text[NAME_ADDRESSES_TEXT_SIZE];

	name_addresses_of(name_table_find(t, name), &a);
	name_addresses_format(&a, text);
	assert_string_equal(text, want);
}

static void use(struct name_table *t, struct text name, int64_t now_ms)
{
	name_table_use_begin(t);
	if (name.len)
		assert_int_equal(name_table_use(t, name, now_ms), 0);
	(void)name_table_use_end(t, now_ms);
}

/* How many names are to be asked for now. */
static size_t due(struct name_table *t, int64_t now_ms)
{
	size_t n = 0;

	while (name_table_take_due(t, now_ms, now_ms + INTERVAL))
		n++;
	return n;
}

/* ---- addresses and names ---- */

static void addresses_stand_in_order_and_once(void **s)
{
	char text[NAME_ADDRESSES_TEXT_SIZE];
	struct name_addresses a, b;

	(void)s;
	addresses("192.0.2.9 192.0.2.10 192.0.2.9 10.0.0.1", &a);
	name_addresses_format(&a, text);
	assert_string_equal(text, "10.0.0.1,192.0.2.9,192.0.2.10");
	addresses("10.0.0.1 192.0.2.10 192.0.2.9", &b);
	assert_true(name_addresses_equal(&a, &b));
	addresses("10.0.0.1 192.0.2.10", &b);
	assert_false(name_addresses_equal(&a, &b));
	/* The first four, whatever order they come in. */
	addresses("192.0.2.6 192.0.2.5 192.0.2.4 192.0.2.3 192.0.2.2", &a);
	addresses("192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6", &b);
	name_addresses_format(&a, text);
	assert_string_equal(text, "192.0.2.2,192.0.2.3,192.0.2.4,192.0.2.5");
	assert_true(name_addresses_equal(&a, &b));
}

static void the_longest_addresses_fit_their_text(void **s)
{
	char text[NAME_ADDRESSES_TEXT_SIZE];
	struct name_addresses a;

	(void)s;
	addresses("2001:1111:1111:1111:1111:1111:1111:1111 "
		  "2001:1111:1111:1111:1111:1111:1111:1112 "
		  "2001:1111:1111:1111:1111:1111:1111:1113 "
		  "2001:1111:1111:1111:1111:1111:1111:1114",
		  &a);
	name_addresses_format(&a, text);
	assert_int_equal(strlen(text), 4 * 39 + 3);
}

static void unusable_addresses_are_no_addresses(void **s)
{
	struct name_addresses a;

	(void)s;
	addresses("0.0.0.0 0.1.2.3 224.0.0.1 239.1.2.3 255.255.255.255 :: "
		  "ff02::1 fe80::1 febf::1",
		  &a);
	assert_int_equal(a.count, 0);
	addresses("223.255.255.255 1.0.0.1 fec0::1 ::1", &a);
	assert_int_equal(a.count, 4);
}

static void a_name_is_labels_and_no_address(void **s)
{
	static const struct {
		const char *name;
		bool valid;
	} cases[] = {
		{ "psap.example.com", true },
		{ "PSAP-1.Example.COM", true },
		{ "psap", true },
		{ "1.example.3com", true },
		{ "", false },
		{ ".", false },
		{ "a.", false },
		{ ".a", false },
		{ "a..b", false },
		{ "-a", false },
		{ "a-", false },
		{ "a_b", false },
		{ "a b", false },
		{ "a\xc3\xa4", false },
		{ "192.0.2.1", false },
		{ "2001:db8::1", false },
		{ "example.911", false },
	};
	char longest[NAME_TEXT_MAX + 3];

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(name_is_valid(text_of(cases[i].name)),
				 cases[i].valid);
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? '.' : 'a';
	assert_true(name_is_valid(text_make(longest, NAME_TEXT_MAX)));
	assert_false(name_is_valid(text_make(longest, NAME_TEXT_MAX + 2)));
	memset(longest, 'a', 64);
	assert_true(name_is_valid(text_make(longest, 63)));
	assert_false(name_is_valid(text_make(longest, 64)));
	assert_false(name_is_valid(text_make("a\0b", 3)));
}

/* ---- the table ---- */

static void a_good_answer_replaces_the_one_before(void **s)
{
	struct name_table t;

	(void)s;
	name_table_init(&t);
	use(&t, T("A.Example.Com"), 0);
	assert_known(&t, A, "");
	assert_int_equal(hear(&t, "192.0.2.1", "", 0), NAME_CHANGED);
	assert_known(&t, A, "192.0.2.1");
	assert_int_equal(hear(&t, "192.0.2.1", "", 0), 0);
	assert_int_equal(hear(&t, "192.0.2.2", "2001:db8::1", 0), NAME_CHANGED);
	assert_known(&t, A, "192.0.2.2,2001:db8::1");
	/* Both families have room for as much as is used. */
	assert_int_equal(hear(&t, "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4",
			      "2001:db8::1", 0),
			 NAME_CHANGED);
	assert_known(&t, A, "192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4");
	assert_int_equal(hear(&t, "", "2001:db8::1", 0), NAME_CHANGED);
	assert_known(&t, A, "2001:db8::1");
	name_table_fini(&t);
}

static void a_failure_replaces_nothing(void **s)
{
	static const struct {
		const char *v4, *v6;
	} failures[] = {
		{ NULL, NULL }, { NULL, "" }, { "", NULL }, { "", "" }
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		struct name_table t;

		name_table_init(&t);
		use(&t, A, 0);
		(void)hear(&t, "192.0.2.1", "2001:db8::1", 0);
		assert_int_equal(hear(&t, failures[i].v4, failures[i].v6, 0),
				 NAME_BROKE);
		assert_known(&t, A, "192.0.2.1,2001:db8::1");
		assert_int_equal(hear(&t, failures[i].v4, failures[i].v6, 0),
				 0);
		assert_non_null(name_table_find(&t, A)->problem);
		assert_int_equal(hear(&t, "192.0.2.1", "2001:db8::1", 0),
				 NAME_RECOVERED);
		assert_null(name_table_find(&t, A)->problem);
		name_table_fini(&t);
	}
}

static void one_family_fails_alone(void **s)
{
	struct name_table t;

	(void)s;
	name_table_init(&t);
	use(&t, A, 0);
	(void)hear(&t, "192.0.2.1", "2001:db8::1", 0);
	assert_int_equal(hear(&t, "192.0.2.2", NULL, 0), NAME_CHANGED);
	assert_known(&t, A, "192.0.2.2,2001:db8::1");
	assert_int_equal(hear(&t, NULL, "2001:db8::2", 0), NAME_CHANGED);
	assert_known(&t, A, "192.0.2.2,2001:db8::2");
	assert_null(name_table_find(&t, A)->problem);
	name_table_fini(&t);
}

static void a_failure_is_told_once_and_by_its_cause(void **s)
{
	struct name_table t;

	(void)s;
	name_table_init(&t);
	use(&t, A, 0);
	assert_int_equal(hear(&t, "", NULL, 0), NAME_BROKE);
	assert_string_equal(name_table_find(&t, A)->problem, "failed");
	assert_int_equal(hear(&t, "", NULL, 0), 0);
	assert_int_equal(hear(&t, "", "", 0), NAME_OTHER_PROBLEM);
	assert_string_equal(name_table_find(&t, A)->problem, "none");
	assert_int_equal(hear(&t, "192.0.2.1", "", 0),
			 NAME_CHANGED | NAME_RECOVERED);
	/* Heard, and none of it can be used. */
	assert_int_equal(hear(&t, "0.0.0.0", "", 0), NAME_BROKE);
	assert_known(&t, A, "192.0.2.1");
	name_table_fini(&t);
}

static void a_name_is_asked_for_in_its_interval(void **s)
{
	struct name_table t;

	(void)s;
	name_table_init(&t);
	assert_int_equal(name_table_pause_ms(&t, 100, 60000), 60000);
	use(&t, A, 100);
	assert_int_equal(name_table_pause_ms(&t, 100, 60000), 0);
	assert_int_equal(due(&t, 100), 1);
	/* Being asked for now, and not again. */
	assert_int_equal(due(&t, 101), 0);
	(void)hear(&t, "192.0.2.1", "", 200);
	assert_int_equal(due(&t, 200 + INTERVAL - 1), 0);
	assert_int_equal(name_table_pause_ms(&t, 200, 60000), INTERVAL);
	assert_int_equal(name_table_pause_ms(&t, 200, 10), 10);
	assert_int_equal(due(&t, 200 + INTERVAL), 1);
	(void)hear(&t, NULL, NULL, 40000);
	assert_int_equal(due(&t, 40000 + INTERVAL - 1), 0);
	/* Saying again that it is in use does not make it due. */
	use(&t, A, 41000);
	assert_int_equal(due(&t, 41000), 0);
	name_table_fini(&t);
}

/* Many that fail, and take their time, do not keep the others waiting. */
static void the_name_that_has_waited_longest_comes_first(void **s)
{
	static const char *const names[] = { "a.example.com", "b.example.com",
					     "c.example.com" };
	struct name_table t;

	(void)s;
	name_table_init(&t);
	for (int i = 0; i < 3; i++) {
		name_table_use_begin(&t);
		for (int k = 0; k <= i; k++)
			assert_int_equal(
				name_table_use(&t, text_of(names[k]), i), 0);
		(void)name_table_use_end(&t, i);
	}
	for (int i = 0; i < 9; i++) {
		const struct name *n =
			name_table_take_due(&t, 100 + i, 100 + i);

		assert_non_null(n);
		assert_string_equal(n->text, names[i % 3]);
	}
	name_table_fini(&t);
}

static void an_unknown_name_is_asked_for_more_often(void **s)
{
	struct name_table t;

	(void)s;
	name_table_init(&t);
	use(&t, A, 0);
	(void)hear(&t, NULL, NULL, 0);
	assert_int_equal(due(&t, NAME_UNKNOWN_MS - 1), 0);
	assert_int_equal(due(&t, NAME_UNKNOWN_MS), 1);
	name_table_fini(&t);
}

static void an_unused_name_is_not_asked_for_and_forgotten_late(void **s)
{
	struct name_table t;

	(void)s;
	name_table_init(&t);
	use(&t, A, 0);
	(void)hear(&t, "192.0.2.1", "", 0);
	use(&t, T("b.example.com"), 1000);
	assert_int_equal(due(&t, 1000), 1); /* b */
	assert_int_equal(due(&t, INTERVAL), 0);
	assert_false(name_table_forget(&t, 1000 + NAME_FORGET_MS - 1));
	assert_known(&t, A, "192.0.2.1");

	/* It comes back: known, and due at once. */
	use(&t, A, 5000);
	assert_known(&t, A, "192.0.2.1");
	assert_int_equal(due(&t, 5000), 1);
	assert_true(name_table_forget(&t, 5000 + NAME_FORGET_MS));
	assert_null(name_table_find(&t, T("b.example.com")));
	assert_known(&t, A, "192.0.2.1");

	use(&t, T(""), 6000);
	assert_true(name_table_forget(&t, 6000 + NAME_FORGET_MS));
	assert_int_equal(t.count, 0);
	/* An answer that comes when nobody wants it any more. */
	assert_int_equal(hear(&t, "192.0.2.1", "", 0), 0);
	name_table_fini(&t);
}

static void only_names_are_taken(void **s)
{
	struct name_addresses a;
	struct name_table t;

	(void)s;
	addresses("192.0.2.1", &a);
	name_table_init(&t);
	assert_int_equal(name_table_use(&t, T("192.0.2.1"), 0), -EINVAL);
	assert_int_equal(name_table_load(&t, T("a b"), &a, 0), -EINVAL);
	assert_int_equal(t.count, 0);
	name_table_fini(&t);
}

/* ---- the file ---- */

static int read_text(struct name_table *t, const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int skipped;

	assert_non_null(in);
	skipped = name_file_read(t, in, 0);
	(void)fclose(in);
	return skipped;
}

static void a_bad_line_costs_no_other(void **s)
{
	struct name_table t;

	(void)s;
	name_table_init(&t);
	assert_int_equal(read_text(&t, "# a comment\n\n"
				       "a.example.com 192.0.2.1 2001:db8::1\n"
				       "b.example.com\n"
				       "c.example.com 192.0.2.1 nonsense\n"
				       "192.0.2.1 192.0.2.1\n"
				       "  d.example.com 192.0.2.4\r\n"
				       "e.example.com 192.0.2.5"),
			 3);
	assert_int_equal(t.count, 3);
	assert_known(&t, A, "192.0.2.1,2001:db8::1");
	assert_known(&t, T("d.example.com"), "192.0.2.4");
	assert_known(&t, T("e.example.com"), "192.0.2.5");
	name_table_fini(&t);
}

static void what_is_written_is_read(void **s)
{
	char path[] = "/tmp/e911-names-XXXXXX";
	struct name_table t, again;
	int fd = mkstemp(path);

	(void)s;
	assert_true(fd >= 0);
	(void)close(fd);
	name_table_init(&t);
	name_table_init(&again);
	use(&t, A, 0);
	(void)hear(&t, "192.0.2.1 192.0.2.2", "2001:db8::1", 0);
	use(&t, T("unknown.example.com"), 0);
	assert_int_equal(name_file_save(&t, path), 0);
	assert_int_equal(name_file_load(&again, path, 0), 0);
	assert_int_equal(again.count, 1);
	assert_known(&again, A, "192.0.2.1,192.0.2.2,2001:db8::1");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(name_file_load(&again, path, 0), 0);
	assert_int_equal(name_file_save(&t, "/nowhere/names"), -ENOENT);
	name_table_fini(&t);
	name_table_fini(&again);
}

/* ---- the trunk's record ---- */

static void learn(struct names *n, const char *name, const char *v4,
		  const char *v6)
{
	struct name_due d = { .answer = { answer(v4, NULL),
					  answer(v6, NULL) } };

	(void)snprintf(d.text, sizeof(d.text), "%s", name);
	names_answer(n, INTERVAL, &d, 1);
}

/* "udp:5060 192.0.2.1, ..." of the record. */
static void assert_expands(struct names *n, const char *configured,
			   const char *want)
{
	struct dir_trunk r = { .configured = text_of(configured) };
	struct trunk_hosts buf;
	char got[1024] = "";
	size_t len = 0;

	assert_int_equal(trunk_hosts_expand(&r, n, &buf), 0);
	for (unsigned i = 0; i <= r.contact_count && r.host.len; i++) {
		const struct dir_contact own = { r.host, r.port, r.transport };
		const struct dir_contact *c = i ? &r.contacts[i - 1] : &own;

		len += (size_t)snprintf(got + len, sizeof(got) - len,
					"%s%s:%u %.*s", i ? ", " : "",
					trunk_transport_name(c->transport),
					c->port, (int)c->host.len, c->host.p);
	}
	assert_string_equal(got, want);
	assert_true(r.host.len || r.contact_count == 0);
}

static void a_trunk_has_the_addresses_of_its_names(void **s)
{
	struct names *n;

	(void)s;
	assert_int_equal(names_new(&n, NULL), 0);
	names_use_begin(n);
	assert_int_equal(names_use(n, A), 0);
	assert_int_equal(names_use(n, T("b.example.com")), 0);
	assert_int_equal(names_use(n, T("c.example.com")), 0);
	names_use_end(n);
	learn(n, "a.example.com", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4",
	      "");
	learn(n, "b.example.com", "192.0.2.5 192.0.2.6 192.0.2.7", "");

	assert_expands(n, "udp 5060 192.0.2.9", "udp:5060 192.0.2.9");
	assert_expands(n, "tls 5061 B.example.com,udp 5060 2001:db8::1",
		       "tls:5061 192.0.2.5, tls:5061 192.0.2.6, "
		       "tls:5061 192.0.2.7, udp:5060 2001:db8::1");
	/* Unknown: its place stays empty, the next one moves up. */
	assert_expands(n, "udp 5060 c.example.com,tcp 5062 192.0.2.8",
		       "tcp:5062 192.0.2.8");
	assert_expands(n, "udp 5060 c.example.com", "");
	assert_expands(NULL, "udp 5060 a.example.com", "");
	/* Too many: each keeps its first. */
	assert_expands(n,
		       "udp 1 a.example.com,udp 2 a.example.com,"
		       "udp 3 192.0.2.8,udp 4 b.example.com",
		       "udp:1 192.0.2.1, udp:1 192.0.2.2, udp:1 192.0.2.3, "
		       "udp:2 192.0.2.1, udp:2 192.0.2.2, udp:3 192.0.2.8, "
		       "udp:4 192.0.2.5, udp:4 192.0.2.6");
	n = names_free(n);
}

static void what_makes_no_sense_is_refused(void **s)
{
	static const char nine[] =
		"udp 1 a,udp 1 b,udp 1 c,udp 1 d,udp 1 e,udp 1 f,udp 1 g,"
		"udp 1 h,udp 1 i";
	static const char *const bad[] = {
		"",
		"udp",
		"udp 5060",
		"udp 5060 ",
		"udp 0 192.0.2.1",
		"udp 65536 192.0.2.1",
		"udp 999999 192.0.2.1",
		"udp x 192.0.2.1",
		"sctp 5060 192.0.2.1",
		"udp 5060 a_b",
		"udp 5060 192.0.2.1,,udp 5060 192.0.2.2",
		"tcp 1 a,tcp 1 b,tcp 1 c,tcp 1 d,tcp 1 e,tcp 1 f,tcp 1 g,a",
		nine,
	};
	struct trunk_hosts buf;

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct dir_trunk r = { .configured = text_of(bad[i]),
				       .port = 7 };

		if (trunk_hosts_expand(&r, NULL, &buf) != -EINVAL)
			fail_msg("taken: '%s'", bad[i]);
		assert_int_equal(r.port, 7);
	}
	assert_true(trunk_hosts_have_names(T("udp 1 192.0.2.1,udp 1 a")));
	assert_false(trunk_hosts_have_names(T("udp 1 192.0.2.1,udp 1 ::1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_stand_in_order_and_once),
		cmocka_unit_test(the_longest_addresses_fit_their_text),
		cmocka_unit_test(unusable_addresses_are_no_addresses),
		cmocka_unit_test(a_name_is_labels_and_no_address),
		cmocka_unit_test(a_good_answer_replaces_the_one_before),
		cmocka_unit_test(a_failure_replaces_nothing),
		cmocka_unit_test(one_family_fails_alone),
		cmocka_unit_test(a_failure_is_told_once_and_by_its_cause),
		cmocka_unit_test(a_name_is_asked_for_in_its_interval),
		cmocka_unit_test(the_name_that_has_waited_longest_comes_first),
		cmocka_unit_test(an_unknown_name_is_asked_for_more_often),
		cmocka_unit_test(
			an_unused_name_is_not_asked_for_and_forgotten_late),
		cmocka_unit_test(only_names_are_taken),
		cmocka_unit_test(a_bad_line_costs_no_other),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_trunk_has_the_addresses_of_its_names),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
