/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/test_note.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	const char *name;
	size_t at;
} numbers[] = {
	{ "organization", offsetof(struct test_note, organization_id) },
	{ "endpoint", offsetof(struct test_note, endpoint_id) },
	{ "location", offsetof(struct test_note, location_id) },
	{ "psap", offsetof(struct test_note, psap_id) },
	{ "callback", offsetof(struct test_note, callback_number) },
};

static int number(struct text t, uint64_t *ret)
{
	uint64_t n = 0;

	if (!t.len || t.len > 18)
		return -EINVAL;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return -EINVAL;
		n = n * 10 + (uint64_t)(t.p[i] - '0');
	}
	*ret = n;
	return 0;
}

static int take(struct text name, struct text value, struct test_note *n)
{
	uint64_t v;

	if (text_equal(name, text_of("routed"))) {
		n->by_relay = !text_equal(value, text_of("psap"));
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!text_equal(name, text_of(numbers[i].name)))
			continue;
		if (number(value, &v) < 0)
			return -EINVAL;
		memcpy((char *)n + numbers[i].at, &v, sizeof(v));
		return 0;
	}
	return 0; /* of a newer module */
}

int test_note_parse(struct text value, struct test_note *ret)
{
	struct test_note n = { .by_relay = true };
	struct text piece, name;

	if (!text_trim(value).len)
		return -EINVAL;
	while (text_cut(&value, ';', &piece)) {
		if (text_index(piece, '=') == piece.len ||
		    !text_cut(&piece, '=', &name) ||
		    take(text_trim(name), text_trim(piece), &n) < 0)
			return -EINVAL;
	}
	*ret = n;
	return 0;
}
