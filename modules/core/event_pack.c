/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event_pack.h"

#include "bytes.h"
#include "crc32c.h"

#define PACK_VERSION 2
#define HEAD_SIZE    8
#define LENGTH_SIZE  2

static size_t head_size(size_t count)
{
	return count < 2 ? 0 : HEAD_SIZE + count * LENGTH_SIZE;
}

size_t event_pack_size(size_t count, size_t bytes)
{
	return head_size(count) + bytes;
}

size_t event_pack_head(uint8_t *buf, const uint16_t *lengths, size_t count)
{
	size_t size = head_size(count);

	if (!size)
		return 0;
	buf[4] = PACK_VERSION;
	buf[5] = 0;
	le16_put(buf + 6, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		le16_put(buf + HEAD_SIZE + i * LENGTH_SIZE, lengths[i]);
	le32_put(buf, crc32c(0, buf + 4, size - 4));
	return size;
}

/* How many events of a sound pack; 0: it is none. */
static size_t pack_count(const uint8_t *p, size_t len)
{
	size_t count, size;

	if (len < HEAD_SIZE || p[4] != PACK_VERSION)
		return 0;
	count = le16_get(p + 6);
	size = head_size(count);
	if (!size || len < size || le32_get(p) != crc32c(0, p + 4, size - 4))
		return 0;
	for (size_t i = 0; i < count; i++)
		size += le16_get(p + HEAD_SIZE + i * LENGTH_SIZE);
	return size == len ? count : 0;
}

size_t event_pack_open(struct event_pack *pack, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t count = pack_count(p, len);

	*pack = (struct event_pack){ .next = p, .left = 1, .whole = len };
	if (count) {
		pack->lengths = p + HEAD_SIZE;
		pack->next = p + head_size(count);
		pack->left = count;
	}
	return pack->left;
}

bool event_pack_next(struct event_pack *pack, struct text *ret_event)
{
	size_t len = pack->whole;

	if (!pack->left)
		return false;
	if (pack->lengths) {
		len = le16_get(pack->lengths);
		pack->lengths += LENGTH_SIZE;
	}
	*ret_event = text_make((const char *)pack->next, len);
	pack->next += len;
	pack->left--;
	return true;
}
