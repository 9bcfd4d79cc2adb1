/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/sweep.c */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "notify/notice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "crc32c.h"
#include "test/support/sweep.h"

static const struct notice sample = {
	.id = "0123456789abcde",
	.event_id = "event-event-eve",
	.call_id = "call-call-call-",
	.event = "emergency_call",
	.organization_id = 7,
	.recipient_id = 0x1122334455667788,
	.channel = NOTICE_WEBHOOK,
	.target = "https://hooks.example.com/911",
	.preset = "json",
	.secret = "k",
	.at_ms = 1700000000123,
	.delay_ms = 10000,
	.flags = NOTICE_UNLESS_DELIVERED,
	.instead_of = "the first notic",
	.language = "fr",
	.subject = "Appel d'urgence",
	.text = "l'appelant:\n4102",
	.html = "",
	.json = "{}",
};

static void seal(uint8_t *p, size_t len)
{
	le32_put(p, crc32c(0, p + 4, len - 4));
}

static void assert_same(const struct notice *a, const struct notice *b)
{
	assert_memory_equal(a->id, b->id, NOTICE_ID_SIZE);
	assert_memory_equal(a->event_id, b->event_id, NOTICE_ID_SIZE);
	assert_memory_equal(a->call_id, b->call_id, NOTICE_ID_SIZE);
	assert_memory_equal(a->instead_of, b->instead_of, NOTICE_ID_SIZE);
	assert_int_equal(a->organization_id, b->organization_id);
	assert_int_equal(a->recipient_id, b->recipient_id);
	assert_int_equal(a->channel, b->channel);
	assert_int_equal(a->at_ms, b->at_ms);
	assert_int_equal(a->delay_ms, b->delay_ms);
	assert_int_equal(a->flags, b->flags);
	assert_string_equal(a->event, b->event);
	assert_string_equal(a->target, b->target);
	assert_string_equal(a->preset, b->preset);
	assert_string_equal(a->secret, b->secret);
	assert_string_equal(a->language, b->language);
	assert_string_equal(a->subject, b->subject);
	assert_string_equal(a->text, b->text);
	assert_string_equal(a->html, b->html);
	assert_string_equal(a->json, b->json);
}

static void a_notice_comes_back_as_it_was(void **state)
{
	uint8_t buf[512];
	struct notice n;
	int len = notice_encode(&sample, buf, sizeof(buf));

	(void)state;
	assert_int_equal(len, notice_size(&sample));
	assert_int_equal(notice_decode(buf, (size_t)len, &n), 0);
	assert_same(&n, &sample);
	/* Its texts are the bytes: nothing was copied. */
	assert_ptr_equal(n.event, buf + 108);
}

static void the_layout_is_as_told(void **state)
{
	uint8_t buf[512];
	int len = notice_encode(&sample, buf, sizeof(buf));

	(void)state;
	assert_true(len > 0);
	assert_int_equal(le32_get(buf), crc32c(0, buf + 4, (size_t)len - 4));
	assert_memory_equal(buf + 4, "\x01\x02\0\0", 4);
	assert_memory_equal(buf + 8, sample.id, 16);
	assert_memory_equal(buf + 24, sample.event_id, 16);
	assert_memory_equal(buf + 40, sample.call_id, 16);
	assert_memory_equal(buf + 56, sample.instead_of, 16);
	assert_int_equal(le64_get(buf + 72), 7);
	assert_int_equal(le64_get(buf + 80), 0x1122334455667788);
	assert_int_equal(le64_get(buf + 88), 1700000000123);
	assert_int_equal(le32_get(buf + 96), 10000);
	assert_int_equal(le32_get(buf + 100), NOTICE_UNLESS_DELIVERED);
	assert_memory_equal(buf + 104, "\x0e\0\0\0emergency_call\0\x1d\0\0\0h",
			    24);
}

static void no_text_is_the_empty_text(void **state)
{
	static const struct notice nothing = { .channel = NOTICE_EMAIL };
	uint8_t buf[256];
	struct notice n;
	int len = notice_encode(&nothing, buf, sizeof(buf));

	(void)state;
	assert_int_equal(len, 104 + 9 * 5);
	assert_int_equal(notice_decode(buf, (size_t)len, &n), 0);
	assert_string_equal(n.event, "");
	assert_string_equal(n.json, "");
}

static void what_does_not_fit_is_refused(void **state)
{
	uint8_t buf[512];
	char *big = calloc(1, NOTICE_TEXT_MAX + 2);
	struct notice n = sample;
	size_t size = notice_size(&sample);

	(void)state;
	assert_non_null(big);
	assert_int_equal(notice_encode(&sample, buf, size - 1), -ENOSPC);
	assert_int_equal(notice_encode(&sample, buf, size), size);
	memset(big, 'x', NOTICE_TEXT_MAX);
	n.text = big;
	assert_int_equal(notice_size(&n),
			 size - strlen(sample.text) + NOTICE_TEXT_MAX);
	n.html = big;
	n.json = big;
	n.subject = big; /* four of them are too much together */
	assert_int_equal(notice_size(&n), 0);
	assert_int_equal(notice_encode(&n, buf, sizeof(buf)), -EMSGSIZE);
	n = sample;
	big[NOTICE_TEXT_MAX] = 'x';
	n.text = big; /* one byte too long by itself */
	assert_int_equal(notice_size(&n), 0);
	n = sample;
	n.channel = NOTICE_CHANNELS;
	assert_int_equal(notice_encode(&n, buf, sizeof(buf)), -EMSGSIZE);
	free(big);
}

static void each_prefix_and_each_changed_byte_is_refused(void **state)
{
	uint8_t buf[512];
	struct notice n;
	size_t len = (size_t)notice_encode(&sample, buf, sizeof(buf));

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		struct text t = exact_copy(text_make((char *)buf, cut));

		assert_int_equal(notice_decode(t.p, t.len, &n), -EBADMSG);
		free((char *)t.p);
	}
	for (size_t i = 0; i < len; i++) {
		buf[i] ^= 0x10;
		assert_int_equal(notice_decode(buf, len, &n), -EBADMSG);
		buf[i] ^= 0x10;
	}
}

/* A sound CRC is no promise: each prefix, and each byte another one. */
static void a_notice_that_lies_is_refused_or_whole(void **state)
{
	uint8_t buf[512];
	struct notice n;
	size_t len = (size_t)notice_encode(&sample, buf, sizeof(buf));

	(void)state;
	for (size_t cut = 104; cut < len; cut++) {
		struct text t = exact_copy(text_make((char *)buf, cut));

		seal((uint8_t *)t.p, cut);
		assert_int_equal(notice_decode(t.p, cut, &n), -EBADMSG);
		free((char *)t.p);
	}
	for (size_t i = 4; i < len; i++)
		for (unsigned value = 0; value < 256; value++) {
			struct text t = exact_copy(text_make((char *)buf, len));
			uint8_t *p = (uint8_t *)t.p;

			p[i] = (uint8_t)value;
			seal(p, len);
			if (notice_decode(p, len, &n) == 0)
				assert_true(notice_size(&n) <= len);
			free(p);
		}
}

static void a_text_of_a_later_version_is_skipped(void **state)
{
	uint8_t buf[512];
	struct notice n;
	size_t len = (size_t)notice_encode(&sample, buf, sizeof(buf));

	(void)state;
	memcpy(buf + len, "\x03\0\0\0new", 8);
	seal(buf, len + 8);
	assert_int_equal(notice_decode(buf, len + 8, &n), 0);
	assert_same(&n, &sample);
}

static void an_id_is_the_same_again_and_nobody_elses(void **state)
{
	struct notice n = sample, other = sample;

	(void)state;
	notice_make_id(&n, 0);
	assert_int_equal(n.id[6] >> 4, 8);
	assert_int_equal(n.id[8] >> 6, 2);
	other.text = "what it says does not matter";
	other.at_ms++;
	notice_make_id(&other, 0);
	assert_memory_equal(n.id, other.id, NOTICE_ID_SIZE);
	notice_make_id(&other, 1);
	assert_memory_not_equal(n.id, other.id, NOTICE_ID_SIZE);
	other = sample;
	other.recipient_id++;
	notice_make_id(&other, 0);
	assert_memory_not_equal(n.id, other.id, NOTICE_ID_SIZE);
	other = sample;
	other.channel = NOTICE_SMS;
	notice_make_id(&other, 0);
	assert_memory_not_equal(n.id, other.id, NOTICE_ID_SIZE);
	other = sample;
	other.event = "relay_call";
	notice_make_id(&other, 0);
	assert_memory_not_equal(n.id, other.id, NOTICE_ID_SIZE);
	other = sample;
	other.target = "https://hooks.example.com/912";
	notice_make_id(&other, 0);
	assert_memory_not_equal(n.id, other.id, NOTICE_ID_SIZE);
	other = sample;
	other.event_id[15] ^= 1;
	notice_make_id(&other, 0);
	assert_memory_not_equal(n.id, other.id, NOTICE_ID_SIZE);
}

static void channels_have_names(void **state)
{
	enum notice_channel c = NOTICE_EMAIL;

	(void)state;
	for (unsigned i = 0; i < NOTICE_CHANNELS; i++) {
		const char *name = notice_channel_name(i);

		assert_non_null(name);
		assert_int_equal(notice_channel_find(text_of(name), &c), 0);
		assert_int_equal(c, i);
	}
	assert_null(notice_channel_name(NOTICE_CHANNELS));
	assert_int_equal(notice_channel_find(text_of("fax"), &c), -ENOENT);
	assert_int_equal(notice_channel_find(text_of(""), &c), -ENOENT);
	assert_int_equal(c, NOTICE_PHONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_notice_comes_back_as_it_was),
		cmocka_unit_test(the_layout_is_as_told),
		cmocka_unit_test(no_text_is_the_empty_text),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(each_prefix_and_each_changed_byte_is_refused),
		cmocka_unit_test(a_notice_that_lies_is_refused_or_whole),
		cmocka_unit_test(a_text_of_a_later_version_is_skipped),
		cmocka_unit_test(an_id_is_the_same_again_and_nobody_elses),
		cmocka_unit_test(channels_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
