/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event_pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "bytes.h"
#include "crc32c.h"

static const char *const three[] = { "one", "", "the third" };

/* The events as a pack in buf; its length. */
static size_t pack_of(uint8_t *buf, const char *const *events, size_t count)
{
	uint16_t lengths[8] = { 0 };
	size_t bytes = 0, at;

	for (size_t i = 0; i < count; i++) {
		lengths[i] = (uint16_t)strlen(events[i]);
		bytes += lengths[i];
	}
	at = event_pack_head(buf, lengths, count);
	assert_int_equal(at + bytes, event_pack_size(count, bytes));
	for (size_t i = 0; i < count; i++) {
		memcpy(buf + at, events[i], lengths[i]);
		at += lengths[i];
	}
	return at;
}

static void assert_is_one(const void *data, size_t len)
{
	struct event_pack pack;
	struct text event;

	assert_int_equal(event_pack_open(&pack, data, len), 1);
	assert_true(event_pack_next(&pack, &event));
	assert_ptr_equal(event.p, data);
	assert_int_equal(event.len, len);
	assert_false(event_pack_next(&pack, &event));
}

static void events_come_back_in_their_order(void **state)
{
	static const uint8_t head[] = { 0xac, 0x66, 0xd3, 0x11, 2, 0, 3,
					0,    3,    0,    0,    0, 9, 0 };
	struct event_pack pack;
	struct text event;
	uint8_t buf[64];
	size_t len = pack_of(buf, three, 3);

	(void)state;
	assert_int_equal(len, 8 + 3 * 2 + 12);
	assert_memory_equal(buf, head, sizeof(head));
	assert_int_equal(event_pack_open(&pack, buf, len), 3);
	for (size_t i = 0; i < ARRAY_SIZE(three); i++) {
		assert_true(event_pack_next(&pack, &event));
		assert_true(text_equal(event, text_of(three[i])));
	}
	assert_false(event_pack_next(&pack, &event));
	assert_false(event_pack_next(&pack, &event));
}

static void one_event_is_its_own_pack(void **state)
{
	uint8_t buf[64];

	(void)state;
	assert_int_equal(event_pack_size(1, 3), 3);
	assert_int_equal(pack_of(buf, three, 1), 3);
	assert_memory_equal(buf, "one", 3);
	assert_is_one(buf, 3);
	assert_is_one(buf, 0);
}

/* Damage to the events is found in each of them, not here. */
static void a_damaged_head_makes_it_one_event_that_nobody_can_read(void **state)
{
	uint8_t buf[64];
	size_t len = pack_of(buf, three, 3), head = len - 12;

	(void)state;
	for (size_t bit = 0; bit < head * 8; bit++) {
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* The reserved byte is under the CRC, too. */
		assert_is_one(buf, len);
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_is_one(buf, cut);
	buf[len] = 0;
	assert_is_one(buf, len + 1);
}

static void a_head_with_a_sound_crc_may_still_lie(void **state)
{
	static const uint16_t counts[] = { 0, 1, 2, 4, UINT16_MAX };
	uint8_t buf[64];
	size_t len = pack_of(buf, three, 3);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		size_t head = 8 + 2 * (size_t)counts[i];

		le16_put(buf + 6, counts[i]);
		if (head <= len)
			le32_put(buf, crc32c(0, buf + 4, head - 4));
		assert_is_one(buf, len);
	}
	len = pack_of(buf, three, 3);
	le16_put(buf + 8, UINT16_MAX);
	le32_put(buf, crc32c(0, buf + 4, 8 + 3 * 2 - 4));
	assert_is_one(buf, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_back_in_their_order),
		cmocka_unit_test(one_event_is_its_own_pack),
		cmocka_unit_test(
			a_damaged_head_makes_it_one_event_that_nobody_can_read),
		cmocka_unit_test(a_head_with_a_sound_crc_may_still_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
