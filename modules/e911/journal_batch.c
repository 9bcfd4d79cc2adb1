/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal_batch.h"

#include <errno.h>
#include <stdlib.h>

#include "event_pack.h"

#define SIZE_FIRST 65536

struct head {
	uint32_t len; /* of the value */
	uint8_t kind, key_len;
};

static bool reserve(struct journal_batch *b, size_t need)
{
	size_t size = need < SIZE_FIRST ? SIZE_FIRST : 2 * need;
	uint8_t *bytes;

	if (need <= b->size)
		return true;
	bytes = realloc(b->bytes, size);
	if (!bytes)
		return false;
	b->bytes = bytes;
	b->size = size;
	return true;
}

int journal_batch_add(struct journal_batch *b,
		      const struct journal_batch_item *item)
{
	struct text key = item->key, value = item->value;
	struct head head = { (uint32_t)value.len, (uint8_t)item->kind,
			     (uint8_t)key.len };
	uint8_t *p;

	if (key.len > UINT8_MAX)
		return -EINVAL;
	if (!reserve(b, b->len + sizeof(head) + key.len + value.len))
		return -ENOMEM;
	p = b->bytes + b->len;
	memcpy(p, &head, sizeof(head));
	if (key.len)
		memcpy(p + sizeof(head), key.p, key.len);
	if (value.len)
		memcpy(p + sizeof(head) + key.len, value.p, value.len);
	b->len += sizeof(head) + key.len + value.len;
	b->count++;
	b->events += item->kind == BATCH_EVENT;
	return 0;
}

bool journal_batch_next(const struct journal_batch *b, size_t *at,
			struct journal_batch_item *ret)
{
	const char *p = (const char *)b->bytes + *at;
	struct head head;

	if (*at == b->len)
		return false;
	memcpy(&head, p, sizeof(head));
	p += sizeof(head);
	*ret = (struct journal_batch_item){
		(enum journal_batch_kind)head.kind,
		text_make(p, head.key_len),
		text_make(p + head.key_len, head.len),
	};
	*at += sizeof(head) + head.key_len + head.len;
	return true;
}

void journal_batch_clear(struct journal_batch *b)
{
	b->len = 0;
	b->count = b->events = 0;
}

void journal_batch_fini(struct journal_batch *b)
{
	free(b->bytes);
	*b = (struct journal_batch){ 0 };
}

/* ---- packs ---- */

static bool pack_takes(const struct journal_pack *pack, size_t len)
{
	return pack->count == 0 ||
	       (pack->count < ARRAY_SIZE(pack->events) &&
		event_pack_size(pack->count + 1, pack->bytes + len) <=
			EVENT_PACK_MAX);
}

size_t journal_batch_pack(const struct journal_batch *b, size_t *at,
			  struct journal_pack *ret)
{
	struct journal_batch_item item;
	size_t behind = *at;

	ret->count = ret->bytes = 0;
	while (journal_batch_next(b, &behind, &item)) {
		if (item.kind == BATCH_EVENT) {
			if (!pack_takes(ret, item.value.len))
				break;
			ret->events[ret->count++] = item.value;
			ret->bytes += item.value.len;
		}
		*at = behind;
	}
	return ret->count;
}

size_t journal_pack_size(const struct journal_pack *pack)
{
	return event_pack_size(pack->count, pack->bytes);
}

void journal_pack_write(const struct journal_pack *pack, uint8_t *buf)
{
	uint16_t lengths[ARRAY_SIZE(pack->events)];

	for (size_t i = 0; i < pack->count; i++)
		lengths[i] = (uint16_t)pack->events[i].len;
	buf += event_pack_head(buf, lengths, pack->count);
	for (size_t i = 0; i < pack->count; i++) {
		memcpy(buf, pack->events[i].p, pack->events[i].len);
		buf += pack->events[i].len;
	}
}
