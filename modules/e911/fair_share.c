/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fair_share.h"

#define PLACES      4096 /* a power of two */
#define PROBES      32   /* places that one key may stand in */
#define REFUSALS    8192 /* a power of two */
#define REFUSED_MS  32000
#define TELL_MS     60000
#define SECOND_MS   1000
#define ROOM_FACTOR 4

struct place {
	uint64_t key;    /* 0: free */
	unsigned calls;  /* going on */
	unsigned fresh;  /* begun in that second */
	int64_t second;  /* monotonic */
	int64_t told_ms; /* 0: never */
};

struct refusal {
	uint64_t request;
	int64_t at_ms;
};

struct fair_share {
	struct shared_lock lock;
	unsigned calls; /* of all; atomic for who only looks */
	int64_t second; /* the one that 'fresh' and 'callers' are of */
	unsigned fresh, callers;
	int64_t refused_ms; /* the latest refusal; atomic */
	struct place places[PLACES];
	struct refusal refusals[REFUSALS];
};

struct fair_share *fair_share_new(void)
{
	struct fair_share *f = shared_alloc(sizeof(*f));

	if (f)
		shared_lock_init(&f->lock);
	return f;
}

struct fair_share *fair_share_free(struct fair_share *f)
{
	shared_free(f);
	return NULL;
}

bool fair_share_is_short(const struct fair_share *f,
			 const struct fair_supply *s)
{
	if (!f)
		return false;
	return s->workers_are_late ||
	       __atomic_load_n(&f->calls, __ATOMIC_RELAXED) >=
		       ROOM_FACTOR * s->room;
}

static uint64_t mixed(uint64_t n)
{
	n = (n ^ n >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return n ^ n >> 32;
}

uint64_t fair_share_key(uint64_t organization_id, uint64_t trunk_id,
			const uint8_t source[16])
{
	uint64_t high, low;

	if (organization_id)
		return organization_id;
	if (trunk_id)
		return trunk_id | UINT64_C(1) << 63;
	memcpy(&high, source, sizeof(high));
	memcpy(&low, source + sizeof(high), sizeof(low));
	return mixed(high ^ mixed(low)) | UINT64_C(3) << 62;
}

/* Its place, or a free one if that is wanted; NULL. */
static struct place *find(struct fair_share *f, uint64_t key, int64_t second,
			  bool or_free)
{
	uint64_t at = mixed(key);
	struct place *vacant = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		struct place *p = &f->places[(at + i) % PLACES];

		if (p->key == key)
			return p;
		/* Whoever has no call and begins none gives up its place. */
		if (!vacant && (!p->key || (!p->calls && p->second < second)))
			vacant = p;
	}
	if (!or_free || !vacant)
		return NULL;
	*vacant = (struct place){ .key = key };
	return vacant;
}

static void turn(struct fair_share *f, int64_t second)
{
	if (f->second == second)
		return;
	f->second = second;
	f->fresh = f->callers = 0;
}

static unsigned fresh_of(const struct place *p, int64_t second)
{
	return p->second == second ? p->fresh : 0;
}

/* More than the average of those who call in this second? */
static bool hurries(const struct fair_share *f, const struct place *p,
		    int64_t second)
{
	unsigned fresh = fresh_of(p, second);
	unsigned callers = f->callers + (fresh ? 0 : 1);

	return fresh >= FAIR_SHARE_FRESH &&
	       (uint64_t)fresh * callers > f->fresh;
}

static enum fair_verdict judge(const struct fair_share *f,
			       const struct place *p,
			       const struct fair_supply *s, int64_t second)
{
	if (p->calls < FAIR_SHARE_ALWAYS)
		return FAIR_TAKEN;
	if (p->calls >= ROOM_FACTOR * s->room)
		return FAIR_MEMORY;
	if (s->workers_are_late && hurries(f, p, second))
		return FAIR_WORKERS;
	return FAIR_TAKEN;
}

enum fair_verdict fair_share_ask(struct fair_share *f, uint64_t key,
				 const struct fair_supply *s, int64_t mono_ms,
				 unsigned *ret_calls, bool *ret_tell)
{
	enum fair_verdict verdict = FAIR_TAKEN;
	int64_t second = mono_ms / SECOND_MS;
	struct place *p;

	*ret_calls = 0;
	*ret_tell = false;
	if (!f)
		return FAIR_TAKEN;
	shared_lock_take(&f->lock);
	turn(f, second);
	p = find(f, key, second, false);
	if (p) {
		verdict = judge(f, p, s, second);
		*ret_calls = p->calls;
		*ret_tell = verdict != FAIR_TAKEN &&
			    (!p->told_ms || mono_ms - p->told_ms >= TELL_MS);
		if (*ret_tell)
			p->told_ms = mono_ms;
	}
	shared_lock_drop(&f->lock);
	return verdict;
}

void fair_share_take(struct fair_share *f, uint64_t key, struct call *call,
		     int64_t mono_ms)
{
	int64_t second = mono_ms / SECOND_MS;
	struct place *p;

	if (!f)
		return;
	shared_lock_take(&f->lock);
	turn(f, second);
	p = find(f, key, second, true);
	if (p) {
		f->callers += fresh_of(p, second) == 0;
		p->fresh = fresh_of(p, second) + 1;
		p->second = second;
		p->calls++;
		f->fresh++;
		(void)__atomic_add_fetch(&f->calls, 1, __ATOMIC_RELAXED);
		call->share = key;
	}
	shared_lock_drop(&f->lock);
}

void fair_share_settle(struct fair_share *f, struct call *call)
{
	struct place *p;

	if (!f || !call->share || call->state != CALL_ENDED)
		return;
	shared_lock_take(&f->lock);
	p = find(f, call->share, 0, false);
	if (p && p->calls) {
		p->calls--;
		(void)__atomic_sub_fetch(&f->calls, 1, __ATOMIC_RELAXED);
	}
	shared_lock_drop(&f->lock);
	call->share = 0;
}

unsigned fair_share_count(struct fair_share *f, uint64_t key)
{
	const struct place *p;
	unsigned calls;

	if (!f)
		return 0;
	shared_lock_take(&f->lock);
	p = find(f, key, 0, false);
	calls = p ? p->calls : 0;
	shared_lock_drop(&f->lock);
	return calls;
}

/* ---- copies of what was refused ---- */

bool fair_share_has_refused(struct fair_share *f, uint64_t request,
			    int64_t mono_ms)
{
	const struct refusal *r;
	int64_t latest;
	bool was;

	if (!f)
		return false;
	/* Mostly nothing was, and the lock is not asked for. */
	latest = __atomic_load_n(&f->refused_ms, __ATOMIC_RELAXED);
	if (!latest || mono_ms - latest > REFUSED_MS)
		return false;
	shared_lock_take(&f->lock);
	r = &f->refusals[mixed(request) % REFUSALS];
	was = r->at_ms && r->request == request &&
	      mono_ms - r->at_ms <= REFUSED_MS;
	shared_lock_drop(&f->lock);
	return was;
}

void fair_share_refused(struct fair_share *f, uint64_t request, int64_t mono_ms)
{
	if (!f)
		return;
	shared_lock_take(&f->lock);
	f->refusals[mixed(request) % REFUSALS] =
		(struct refusal){ .request = request, .at_ms = mono_ms };
	__atomic_store_n(&f->refused_ms, mono_ms, __ATOMIC_RELAXED);
	shared_lock_drop(&f->lock);
}
