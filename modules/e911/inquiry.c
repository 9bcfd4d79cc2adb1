/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inquiry.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "call_store.h"
#include "report.h"

struct inquiries {
	struct shared_lock lock; /* of the list and what is counted */
	int fd;                  /* eventfd, inherited by every process */
	int state;               /* enum inquiries_state; atomic */
	unsigned count;
	size_t bytes;
	struct inquiry *first, **last;
};

struct inquiries *inquiries_new(void)
{
	struct inquiries *q = shared_alloc(sizeof(*q));

	if (!q)
		return NULL;
	shared_lock_init(&q->lock);
	q->last = &q->first;
	q->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (q->fd >= 0)
		return q;
	shared_free(q);
	return NULL;
}

struct inquiries *inquiries_free(struct inquiries *q)
{
	struct inquiry *i;

	if (!q)
		return NULL;
	while ((i = inquiries_take(q)))
		inquiry_free(i);
	(void)close(q->fd);
	shared_free(q);
	return NULL;
}

void inquiries_set(struct inquiries *q, enum inquiries_state state)
{
	__atomic_store_n(&q->state, (int)state, __ATOMIC_RELEASE);
}

void inquiries_spare(struct inquiries *q)
{
	int open = INQUIRIES_OPEN;

	stat_add(STAT_locations_missed, 1);
	if (!q || !__atomic_compare_exchange_n(
			  &q->state, &open, (int)INQUIRIES_SPARED, false,
			  __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	log_line(LEVEL_ERR, "locate: e911 locate hangs: calls go by the "
			    "registered locations");
	report_locate(EVENT_LOCATE_DOWN, "e911 locate hangs");
}

bool inquiries_are_open(const struct inquiries *q)
{
	return __atomic_load_n(&q->state, __ATOMIC_ACQUIRE) == INQUIRIES_OPEN;
}

const char *inquiries_state_name(const struct inquiries *q)
{
	switch (__atomic_load_n(&q->state, __ATOMIC_ACQUIRE)) {
	case INQUIRIES_OPEN:
		return "open";
	case INQUIRIES_SPARED:
		return "spared";
	default:
		return "away";
	}
}

const char *inquiries_problem(const struct inquiries *q)
{
	if (!q)
		return "nobody can be asked";
	switch (__atomic_load_n(&q->state, __ATOMIC_ACQUIRE)) {
	case INQUIRIES_OPEN:
		return NULL;
	case INQUIRIES_SPARED:
		return "e911d has not answered in time before";
	default:
		return "e911d is not there";
	}
}

int inquiries_fd(const struct inquiries *q)
{
	return q->fd;
}

unsigned inquiries_count(const struct inquiries *q)
{
	return __atomic_load_n(&q->count, __ATOMIC_RELAXED);
}

/* ---- one ---- */

static bool has_room(struct inquiries *q, size_t size)
{
	bool fits;

	shared_lock_take(&q->lock);
	fits = q->count < INQUIRIES_MAX &&
	       q->bytes + size <= INQUIRIES_BYTES_MAX;
	if (fits) {
		q->count++;
		q->bytes += size;
	}
	shared_lock_drop(&q->lock);
	return fits;
}

static void give_room_back(struct inquiries *q, size_t size)
{
	shared_lock_take(&q->lock);
	q->count--;
	q->bytes -= size;
	shared_lock_drop(&q->lock);
}

struct inquiry *inquiry_new(struct inquiries *q, struct call *call,
			    const struct brought *b, uint32_t budget_ms,
			    const char **ret_why)
{
	static uint8_t buf[LOCATE_QUESTION_MAX];
	struct locate_question question = { .budget_ms = budget_ms,
					    .wants_address = true,
					    .count = b->count };
	struct inquiry *i;
	size_t size;
	int n;

	random_bytes(question.nonce.b, sizeof(question.nonce.b));
	memcpy(question.items, b->items, sizeof(b->items));
	n = locate_question_encode(&question, buf, sizeof(buf));
	if (n < 0) {
		*ret_why = "it is too long";
		return NULL;
	}
	size = sizeof(*i) + (size_t)n;
	if (!has_room(q, size)) {
		*ret_why = "too much is asked at once";
		return NULL;
	}
	i = shared_alloc(size);
	if (!i) {
		give_room_back(q, size);
		stat_add(STAT_memory_failures, 1);
		*ret_why = "memory is short";
		return NULL;
	}
	memcpy(i->question, buf, (size_t)n);
	i->len = (uint32_t)n;
	i->size = size;
	i->home = q;
	i->nonce = question.nonce;
	i->budget_ms = budget_ms;
	i->kind = b->items[0].kind;
	for (unsigned k = 0; k < b->count; k++)
		i->has_reference |= b->items[k].kind == BROUGHT_REFERENCE;
	i->call = call;
	call_ref(call);
	return i;
}

void inquiry_free(struct inquiry *i)
{
	if (!i)
		return;
	call_unref(i->call);
	give_room_back(i->home, i->size);
	shared_free(i);
}

/* ---- from process to process ---- */

void inquiries_put(struct inquiries *q, struct inquiry *i)
{
	const uint64_t one = 1;

	i->asked_at = clock_mono_ms();
	i->next = NULL;
	shared_lock_take(&q->lock);
	*q->last = i;
	q->last = &i->next;
	shared_lock_drop(&q->lock);
	if (write(q->fd, &one, sizeof(one)) < 0)
		return; /* EAGAIN: woken a great many times already */
}

struct inquiry *inquiries_take(struct inquiries *q)
{
	struct inquiry *i;

	shared_lock_take(&q->lock);
	i = q->first;
	if (i) {
		q->first = i->next;
		if (!q->first)
			q->last = &q->first;
		i->next = NULL;
	}
	shared_lock_drop(&q->lock);
	return i;
}
