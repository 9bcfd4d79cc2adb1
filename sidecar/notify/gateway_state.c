/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/gateway_state.h"

#include <errno.h>

#include "bytes.h"
#include "crc32c.h"

#define STATE_VERSION 1
#define HEAD_SIZE     8
#define ENTRY_SIZE    24
#define DOWN_MAX_MS   INT64_C(86400000)

int gateway_state_decode(struct text bytes, struct gateway_state *ret)
{
	const uint8_t *b = (const uint8_t *)bytes.p;
	unsigned count;

	ret->count = 0;
	if (!bytes.len)
		return 0;
	if (bytes.len < HEAD_SIZE ||
	    le32_get(b) != crc32c(0, b + 4, bytes.len - 4) ||
	    b[4] != STATE_VERSION)
		return -EBADMSG;
	count = le16_get(b + 6);
	if (count > STATE_ENTRIES_MAX ||
	    bytes.len != HEAD_SIZE + (size_t)count * ENTRY_SIZE)
		return -EBADMSG;
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *p = b + HEAD_SIZE + (size_t)i * ENTRY_SIZE;

		ret->v[i] = (struct state_entry){
			.kind = (enum state_kind)p[0],
			.left = p[1],
			.hash = le32_get(p + 4),
			.id = le64_get(p + 8),
			.at_ms = (int64_t)le64_get(p + 16),
		};
	}
	ret->count = count;
	return 0;
}

int gateway_state_encode(const struct gateway_state *s, struct arena *a,
			 struct text *ret)
{
	size_t size = HEAD_SIZE + (size_t)s->count * ENTRY_SIZE;
	uint8_t *b = arena_take(a, size);

	if (!b)
		return -ENOMEM;
	memset(b, 0, size);
	b[4] = STATE_VERSION;
	le16_put(b + 6, (uint16_t)s->count);
	for (unsigned i = 0; i < s->count; i++) {
		const struct state_entry *e = &s->v[i];
		uint8_t *p = b + HEAD_SIZE + (size_t)i * ENTRY_SIZE;

		p[0] = (uint8_t)e->kind;
		p[1] = e->left;
		le32_put(p + 4, e->hash);
		le64_put(p + 8, e->id);
		le64_put(p + 16, (uint64_t)e->at_ms);
	}
	le32_put(b, crc32c(0, b + 4, size - 4));
	*ret = text_make((const char *)b, size);
	return 0;
}

static struct state_entry *find(struct gateway_state *s, enum state_kind kind,
				uint64_t id, uint32_t hash)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->v[i].kind == kind && s->v[i].id == id &&
		    s->v[i].hash == hash)
			return &s->v[i];
	return NULL;
}

static struct state_entry *add(struct gateway_state *s,
			       const struct state_entry *e)
{
	struct state_entry *to = &s->v[0];

	if (s->count < STATE_ENTRIES_MAX) {
		to = &s->v[s->count++];
	} else {
		for (unsigned i = 1; i < s->count; i++)
			if (s->v[i].at_ms < to->at_ms)
				to = &s->v[i];
	}
	*to = *e;
	return to;
}

int gateway_state_tell(struct gateway_state *s, enum state_kind kind,
		       uint64_t id, uint32_t hash, int64_t now_ms)
{
	struct state_entry *e = find(s, kind, id, hash);
	int64_t more;

	if (!e)
		e = add(s, &(struct state_entry){ .kind = kind,
						  .left = STATE_TELL_MAX,
						  .hash = hash,
						  .id = id,
						  .at_ms = now_ms });
	more = now_ms > e->at_ms ? (now_ms - e->at_ms) / STATE_TELL_ANEW_MS : 0;
	if (e->left + more >= STATE_TELL_MAX) {
		e->left = STATE_TELL_MAX;
		e->at_ms = now_ms;
	} else {
		e->left = (uint8_t)(e->left + more);
		e->at_ms += more * STATE_TELL_ANEW_MS;
	}
	return e->left ? --e->left : -EAGAIN;
}

void gateway_state_set_down(struct gateway_state *s, uint64_t trunk_id,
			    uint32_t hash, int64_t now_ms, bool is_down)
{
	struct state_entry *e = find(s, STATE_DOWN, trunk_id, hash);

	if (e && is_down)
		e->at_ms = now_ms;
	else if (e)
		*e = s->v[--s->count];
	else if (is_down)
		(void)add(s, &(struct state_entry){ .kind = STATE_DOWN,
						    .hash = hash,
						    .id = trunk_id,
						    .at_ms = now_ms });
}

unsigned gateway_state_count_down(const struct gateway_state *s,
				  uint64_t trunk_id, int64_t now_ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < s->count; i++)
		if (s->v[i].kind == STATE_DOWN && s->v[i].id == trunk_id &&
		    now_ms - s->v[i].at_ms < DOWN_MAX_MS)
			count++;
	return count;
}
