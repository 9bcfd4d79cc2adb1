/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elin_record.h"

#include <errno.h>

#include "record.h"

#define FIELD_CALL 6

#define ROW(n, type, member, most) \
	{ \
		n, RECORD_##type, offsetof(struct elin_binding, member), \
			sizeof(((struct elin_binding *)NULL)->member), most \
	}
static const struct record_field fields[] = {
	ROW(1, NUMBER, number, UINT64_MAX),
	ROW(2, NUMBER, active_count, UINT32_MAX),
	ROW(3, NUMBER, organization_id, UINT64_MAX),
	ROW(4, NUMBER, location_id, UINT64_MAX),
	ROW(5, NUMBER, trunk_id, UINT64_MAX),
	ROW(7, CHARS, caller, 0),
	ROW(8, CHARS, user, 0),
	ROW(9, NUMBER, used_at_ms, INT64_MAX),
	ROW(10, NUMBER, ended_at_ms, INT64_MAX),
	ROW(11, NUMBER, expires_at_ms, INT64_MAX),
	ROW(12, NUMBER, timeout_s, UINT32_MAX),
	ROW(13, NUMBER, was_lent, 1),
	ROW(14, NUMBER, own_number, UINT64_MAX),
};
#undef ROW

size_t elin_record_encode(const struct elin_binding *b,
			  uint8_t buf[ELIN_RECORD_MAX])
{
	struct record_writer w;

	record_begin(&w, buf, ELIN_RECORD_MAX, 'B');
	record_put_fields(&w, fields, ARRAY_SIZE(fields), b);
	record_put(&w, FIELD_CALL,
		   text_make((const char *)b->call.b, sizeof(b->call.b)));
	return record_finish(&w);
}

int elin_record_decode(const void *data, size_t len, struct elin_binding *ret)
{
	struct elin_binding b = { 0 };
	struct record_reader reader;
	struct text value;
	uint8_t number;
	int err = record_open(&reader, 'B', data, len);

	if (err < 0)
		return err;
	while (record_next(&reader, &number, &value)) {
		if (number == FIELD_CALL && value.len == sizeof(b.call.b))
			memcpy(b.call.b, value.p, value.len);
		else if (record_take(fields, ARRAY_SIZE(fields), &b, NULL,
				     number, value) < 0)
			return -EBADMSG;
	}
	if (!b.number)
		return -EBADMSG;
	*ret = b;
	return 0;
}
