/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_ring: layout and order of memory.
 *
 * 'head' and 'tail' count bytes ever written and taken; modulo the capacity
 * they are places.  A record is a struct record and its bytes, padded to
 * ALIGN, never broken at the end of the ring: there a record of kind WRAP
 * (or too little room even for that) sends the reader to the beginning.
 *
 * Writers exclude each other by the lock; the reader takes no lock.  A
 * writer fills, then stores head; the reader copies, then stores 'taken_to';
 * each side loads the other's.  All four are sequentially consistent, which
 * is what makes 'wake' right: the writer stores head and looks at taken_to,
 * the reader stores taken_to and looks at head, so at least one sees the
 * other, and either the reader does not go to sleep or the writer wakes it.
 *
 * Between tail and taken_to stands what the reader has not made safe yet; a
 * process that comes after the death of this one begins again at tail.  A
 * writer that died in the middle has not moved head: what it wrote is not
 * there.
 */
#include "journal_ring.h"

#include <errno.h>

#include "event.h"

#define CAPACITY_MIN ((size_t)64 * 1024)
#define CACHE_LINE   64
#define ALIGN        16u
#define WRAP         UINT16_MAX
#define MAGIC        0xe911c0deu
#define RING_MAGIC   0x31676e6972313139ull /* "911ring1" */

struct record {
	uint16_t len;
	uint16_t kind;    /* enum journal_item, or WRAP */
	uint32_t check;   /* tells a record from garbage */
	uint64_t ordinal; /* from 1; a gap was lost as garbage */
};

struct journal_ring {
	uint64_t magic; /* of this layout */
	uint64_t capacity;
	struct shared_lock lock;
	bool is_ours; /* the memory came from shared_alloc() */
	/* Written by writers. */
	uint64_t head;
	uint64_t ordinal;       /* of the last record; under the lock */
	uint64_t refused;       /* events dropped by writers */
	uint64_t state_refused; /* state dropped by writers */
	/* The reader's are on another cache line; shared memory promises
	 * no alignment that _Alignas could build on. */
	uint8_t distance[CACHE_LINE];
	uint64_t tail;
	uint64_t taken_to;
	uint64_t taken;  /* ordinal of the last record taken */
	uint64_t lost;   /* dropped as garbage */
	uint64_t spills; /* times that garbage was dropped */
	uint8_t bytes[];
};

static uint64_t look(const uint64_t *position)
{
	return __atomic_load_n(position, __ATOMIC_SEQ_CST);
}

static void head_move(struct journal_ring *r, uint64_t to)
{
	__atomic_store_n(&r->head, to, __ATOMIC_SEQ_CST);
}

static void taken_move(struct journal_ring *r, uint64_t to)
{
	__atomic_store_n(&r->taken_to, to, __ATOMIC_SEQ_CST);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written atomically */
static void count_up(uint64_t *count)
{
	__atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
}

static void lost_add(struct journal_ring *r, uint64_t count)
{
	__atomic_store_n(&r->lost, r->lost + count, __ATOMIC_RELAXED);
}

static uint32_t record_check(const struct record *record)
{
	return ((uint32_t)record->kind << 16 | record->len) ^
	       (uint32_t)record->ordinal ^ (uint32_t)(record->ordinal >> 32) ^
	       MAGIC;
}

static size_t record_size(size_t len)
{
	return (sizeof(struct record) + len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t capacity_of(size_t capacity)
{
	if (capacity < CAPACITY_MIN)
		capacity = CAPACITY_MIN;
	return (capacity + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

size_t journal_ring_size(size_t capacity)
{
	return sizeof(struct journal_ring) + capacity_of(capacity);
}

static bool is_whole(const struct journal_ring *r, size_t size)
{
	return r->magic == RING_MAGIC && r->capacity == size - sizeof(*r) &&
	       r->head - r->tail <= r->capacity;
}

struct journal_ring *journal_ring_on(void *memory, size_t size)
{
	struct journal_ring *r = memory;

	if (is_whole(r, size)) {
		r->taken_to = r->tail;
		r->refused = r->state_refused = r->lost = r->spills = 0;
	} else {
		memset(r, 0, sizeof(*r));
		r->capacity = size - sizeof(*r);
	}
	r->is_ours = false;
	shared_lock_init(&r->lock);
	r->magic = RING_MAGIC;
	return r;
}

struct journal_ring *journal_ring_new(size_t capacity)
{
	struct journal_ring *r = NULL;
	size_t size;

	if (capacity > SIZE_MAX / 2)
		return NULL;
	size = journal_ring_size(capacity);
	r = shared_alloc(size);
	if (!r)
		return NULL;
	(void)journal_ring_on(r, size);
	r->is_ours = true;
	return r;
}

struct journal_ring *journal_ring_free(struct journal_ring *r)
{
	if (r && r->is_ours)
		shared_free(r);
	return NULL;
}

/* ---- writers ---- */

/* What a record is made of, one part behind the other. */
struct item {
	enum journal_item kind;
	struct text parts[3];
};

static size_t item_len(const struct item *item)
{
	return item->parts[0].len + item->parts[1].len + item->parts[2].len;
}

static void record_write(struct journal_ring *r, uint64_t at,
			 const struct item *item)
{
	struct record record = {
		.len = (uint16_t)(item ? item_len(item) : 0),
		.kind = (uint16_t)(item ? (unsigned)item->kind : WRAP),
		.ordinal = r->ordinal,
	};

	record.check = record_check(&record);
	memcpy(r->bytes + at, &record, sizeof(record));
	at += sizeof(record);
	for (size_t i = 0; item && i < ARRAY_SIZE(item->parts); i++) {
		struct text part = item->parts[i];

		if (part.len)
			memcpy(r->bytes + at, part.p, part.len);
		at += part.len;
	}
}

/*
 * Has the reader nothing to do but this, or is the ring half full now?  Looked
 * at behind the head's move: a reader that has looked before sees the head.
 */
static bool must_wake(const struct journal_ring *r, uint64_t before,
		      uint64_t after)
{
	uint64_t half = look(&r->tail) + r->capacity / 2;

	return look(&r->taken_to) == before || (before < half && after >= half);
}

/* -ENOSPC. */
static int put_locked(struct journal_ring *r, const struct item *item,
		      bool *ret_wake)
{
	uint64_t before = r->head, used = before - look(&r->tail);
	uint64_t at = before % r->capacity, left = r->capacity - at;
	uint64_t size = record_size(item_len(item));
	uint64_t skip = left < size ? left : 0;

	/* More used than there is: garbage, which the reader clears up. */
	if (used > r->capacity || r->capacity - used < skip + size)
		return -ENOSPC;
	if (skip >= sizeof(struct record))
		record_write(r, at, NULL);
	r->ordinal++;
	record_write(r, skip ? 0 : at, item);
	head_move(r, before + skip + size);
	*ret_wake = must_wake(r, before, before + skip + size);
	return 0;
}

static int put(struct journal_ring *r, const struct item *item, bool fits,
	       bool *ret_wake)
{
	bool is_event = item->kind == JOURNAL_EVENT;
	int err = -EMSGSIZE;

	shared_lock_take(&r->lock);
	if (fits)
		err = put_locked(r, item, ret_wake);
	if (err < 0)
		count_up(is_event ? &r->refused : &r->state_refused);
	shared_lock_drop(&r->lock);
	return err;
}

int journal_ring_put(struct journal_ring *r, const void *event, size_t len,
		     bool *ret_wake)
{
	struct item item = { JOURNAL_EVENT, { text_make(event, len) } };

	return put(r, &item, len > 0 && len <= EVENT_MAX, ret_wake);
}

int journal_ring_put_state(struct journal_ring *r, struct text key,
			   struct text value, bool *ret_wake)
{
	char key_len = (char)(uint8_t)key.len;
	struct item item = { JOURNAL_DELETE, { key } };
	bool fits = key.len > 0 && key.len <= UINT8_MAX;

	if (value.len)
		item = (struct item){ JOURNAL_PUT,
				      { text_make(&key_len, 1), key, value } };
	return put(r, &item, fits && item_len(&item) <= JOURNAL_ITEM_MAX,
		   ret_wake);
}

/* ---- the reader ---- */

/* What stands at 'tail', 'left' bytes before the end; -EBADMSG: no record. */
static int record_read(const struct journal_ring *r, uint64_t tail,
		       uint64_t left, struct record *ret)
{
	struct record record = { .kind = WRAP };

	if (left >= sizeof(record)) {
		memcpy(&record, r->bytes + tail % r->capacity, sizeof(record));
		if (record.check != record_check(&record))
			return -EBADMSG;
	}
	if (record.kind != WRAP &&
	    (record.len == 0 || record.len > JOURNAL_ITEM_MAX ||
	     record_size(record.len) > left))
		return -EBADMSG;
	*ret = record;
	return 0;
}

/*
 * 1 and the next record, behind a wrap if there is one; *ret_tail is where
 * it begins.  0: empty; -EBADMSG: garbage.
 */
static int record_peek(const struct journal_ring *r, uint64_t head,
		       struct record *ret, uint64_t *ret_tail)
{
	uint64_t tail = r->taken_to;

	for (int wraps = 0; head != tail && wraps < 2; wraps++) {
		uint64_t left = r->capacity - tail % r->capacity;
		struct record record;

		if (head - tail > r->capacity ||
		    record_read(r, tail, left, &record) < 0)
			return -EBADMSG;
		if (record.kind != WRAP) {
			if (record_size(record.len) > head - tail)
				return -EBADMSG;
			*ret = record;
			*ret_tail = tail;
			return 1;
		}
		tail += left;
	}
	return head == tail ? 0 : -EBADMSG;
}

int journal_ring_take(struct journal_ring *r, void *buf, size_t size,
		      enum journal_item *ret_kind)
{
	uint64_t head = look(&r->head), tail = 0;
	struct record record = { 0 };
	int found = record_peek(r, head, &record, &tail);

	if (found == 0)
		return 0;
	if (found < 0) {
		count_up(&r->spills);
		taken_move(r, head);
		log_line(LEVEL_ERR, "the ring of events held garbage and was "
				    "emptied");
		return 0;
	}
	if (record.len > size)
		return -ENOBUFS;
	memcpy(buf, r->bytes + tail % r->capacity + sizeof(record), record.len);
	if (record.ordinal > r->taken)
		lost_add(r, record.ordinal - r->taken - 1);
	r->taken = record.ordinal;
	*ret_kind = (enum journal_item)record.kind;
	taken_move(r, tail + record_size(record.len));
	return (int)record.len;
}

void journal_ring_done(struct journal_ring *r)
{
	__atomic_store_n(&r->tail, r->taken_to, __ATOMIC_SEQ_CST);
}

uint64_t journal_ring_dropped(const struct journal_ring *r)
{
	return __atomic_load_n(&r->refused, __ATOMIC_RELAXED) +
	       __atomic_load_n(&r->lost, __ATOMIC_RELAXED);
}

uint64_t journal_ring_state_lost(const struct journal_ring *r)
{
	return __atomic_load_n(&r->state_refused, __ATOMIC_RELAXED) +
	       __atomic_load_n(&r->spills, __ATOMIC_RELAXED);
}

size_t journal_ring_used(const struct journal_ring *r)
{
	uint64_t taken = look(&r->taken_to), head = look(&r->head);
	uint64_t used = head - taken;

	/* The reader may have gone on between the two looks. */
	return used < r->capacity ? used : r->capacity;
}

bool journal_ring_is_half_full(const struct journal_ring *r)
{
	return journal_ring_used(r) >= r->capacity / 2;
}
