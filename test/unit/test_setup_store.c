/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/setup_store.c test/support/platform_libc.c */
/* build: link pthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "modules/e911/setup_store.h"
#include "support/platform_libc.h"

#define KIB     64
#define ENTRIES 2000

struct memory {
	void *p;
	size_t size;
	struct setup_store *store;
};

static int setup(void **state)
{
	struct memory *m = calloc(1, sizeof(*m));

	m->size = setup_store_size(KIB);
	m->p = malloc(m->size);
	memset(m->p, 0xa5, m->size);
	m->store = setup_store_on(m->p, m->size);
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct memory *m = *state;

	free(m->p);
	free(m);
	return 0;
}

static uint32_t add(struct memory *m, const char *how, const char *invite)
{
	const struct text parts[SETUP_PARTS_MAX] = { text_of(how),
						     text_of(invite) };

	return setup_store_add(m->store, parts);
}

static bool ring(struct memory *m, uint32_t handle, const char *leg)
{
	const struct text parts[SETUP_PARTS_MAX] = { text_of("to "),
						     text_of(leg) };

	return setup_store_leg(m->store, handle, parts);
}

/* What is found, one line each, in the order of the store. */
struct seen {
	char text[8192];
	unsigned count;
};

static void on_found(struct text invite, struct text leg, void *arg)
{
	struct seen *s = arg;
	size_t used = strlen(s->text);

	s->count++;
	if (invite.len + leg.len < 200)
		(void)snprintf(s->text + used, sizeof(s->text) - used,
			       "%.*s|%.*s\n", (int)invite.len, invite.p,
			       (int)leg.len, leg.len ? leg.p : "");
}

static struct seen look(const struct memory *m)
{
	struct seen s = { .count = 0 };
	struct setup_left left = setup_store_read(m->p, m->size, on_found, &s);

	assert_int_equal(left.found, s.count);
	return s;
}

static void what_was_written_is_found_after_a_death(void **state)
{
	struct memory *m = *state;
	uint32_t a = add(m, "udp ", "INVITE a"), b = add(m, "", "INVITE b");

	assert_true(a && b && a != b);
	assert_int_equal(setup_store_count(m->store), 2);
	assert_true(ring(m, a, "CANCEL 1"));
	assert_true(ring(m, a, "CANCEL 2"));
	assert_string_equal(look(m).text,
			    "udp INVITE a|to CANCEL 2\nINVITE b|\n");
}

static void what_has_ended_is_not_found(void **state)
{
	struct memory *m = *state;
	uint32_t a = add(m, "", "INVITE a"), b = add(m, "", "INVITE b");

	assert_true(ring(m, a, "CANCEL a"));
	setup_store_drop(m->store, a);
	assert_string_equal(look(m).text, "INVITE b|\n");
	setup_store_drop(m->store, b);
	assert_int_equal(look(m).count, 0);
	assert_int_equal(setup_store_count(m->store), 0);
}

static void long_texts_come_back_whole(void **state)
{
	struct memory *m = *state;
	char *sent = malloc(20000);

	for (size_t len = 1; len < 20000; len = len * 3 / 2 + 1) {
		struct text parts[SETUP_PARTS_MAX];
		struct seen s = { .count = 0 };
		struct setup_left left;
		uint32_t handle;

		for (size_t i = 0; i < len; i++)
			sent[i] = (char)(i * 7 + len);
		parts[0] = text_make(sent, len / 3);
		parts[1] = text_make(sent + len / 3, len - len / 3);
		handle = setup_store_add(m->store, parts);
		assert_true(handle);
		left = setup_store_read(m->p, m->size, on_found, &s);
		assert_int_equal(left.found, 1);
		assert_int_equal(left.damaged, 0);
		setup_store_drop(m->store, handle);
	}
	free(sent);
}

static void without_room_nothing_is_half_written(void **state)
{
	struct memory *m = *state;
	char big[5000];
	unsigned count = 0;
	uint32_t last = 0, handle;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	while ((handle = add(m, "", big))) {
		last = handle;
		count++;
	}
	assert_in_range(count, 5, KIB * 1024 / 5000);
	assert_int_equal(setup_store_count(m->store), count);
	assert_false(ring(m, last, big));
	assert_int_equal(look(m).count, count);
	/* All room comes back. */
	setup_store_drop(m->store, last);
	assert_true(add(m, "", big) != 0);
}

/* As many calls as a busy hour has: no chunk is lost. */
static void room_is_used_again_and_again(void **state)
{
	struct memory *m = *state;

	for (int round = 0; round < ENTRIES; round++) {
		uint32_t a = add(m, "how ", "INVITE sip:911@example.com"), b;

		assert_true(a);
		assert_true(ring(m, a, "CANCEL sip:911@192.0.2.1"));
		b = add(m, "how ", "INVITE");
		assert_true(b);
		assert_true(ring(m, a, "CANCEL sip:911@192.0.2.2"));
		setup_store_drop(m->store, a);
		setup_store_drop(m->store, b);
	}
	assert_int_equal(setup_store_count(m->store), 0);
}

static void it_tells_when_it_was_alive_last(void **state)
{
	struct memory *m = *state;
	struct seen s = { .count = 0 };

	setup_store_alive(m->store, 1234567890123);
	assert_int_equal(setup_store_read(m->p, m->size, on_found, &s).alive_ms,
			 1234567890123);
}

static void foreign_memory_holds_nothing(void **state)
{
	uint8_t garbage[4096];
	struct seen s = { .count = 0 };

	(void)state;
	for (size_t size = 0; size <= sizeof(garbage); size += 64) {
		memset(garbage, (int)size, sizeof(garbage));
		assert_int_equal(
			setup_store_read(garbage, size, on_found, &s).found, 0);
	}
	assert_int_equal(s.count, 0);
}

/* Any byte may be wrong: what comes out is what went in, or counted. */
static void damage_is_counted_never_served(void **state)
{
	struct memory *m = *state;
	uint8_t *bytes = m->p;
	char long_text[1500];

	memset(long_text, 'y', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	(void)add(m, "a ", "INVITE a");
	(void)ring(m, add(m, "b ", long_text), "CANCEL b");
	for (size_t i = 16; i < 4096; i++) {
		struct seen s = { .count = 0 };
		uint8_t was = bytes[i];

		for (int bit = 0; bit < 8; bit++) {
			bytes[i] = (uint8_t)(was ^ 1 << bit);
			(void)setup_store_read(m->p, m->size, on_found, &s);
		}
		bytes[i] = was;
		for (char *line = s.text; *line; line = strchr(line, '\n') + 1)
			assert_true(strncmp(line, "a INVITE a|", 11) == 0);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_was_written_is_found_after_a_death),
		T(what_has_ended_is_not_found),
		T(long_texts_come_back_whole),
		T(without_room_nothing_is_half_written),
		T(room_is_used_again_and_again),
		T(it_tells_when_it_was_alive_last),
		T(foreign_memory_holds_nothing),
		T(damage_is_counted_never_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
