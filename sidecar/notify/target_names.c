/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/target_names.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

/* A name that nobody knows is not asked for more often. */
#define AGAIN_MS 1000

struct target_name {
	struct target_name *next;
	char host[NAME_TEXT_MAX + 1];
	struct name_addresses heard[NAME_FAMILY_COUNT];
	unsigned awaited; /* families without an answer to the last question */
	bool is_heard;    /* one of them, of that question */
	bool is_none[NAME_FAMILY_COUNT];     /* the last answer */
	int64_t asked_ms, heard_ms, used_ms; /* monotonic */
	bool was_asked;
	const char *problem; /* constant; NULL */
};

struct target_names {
	struct dns_asker *asker;   /* owned */
	struct target_name *names; /* owned */
	unsigned count;
};

int target_names_new(struct target_names **ret, const char *servers)
{
	struct target_names *t = calloc(1, sizeof(*t));
	int err = t ? dns_asker_new(&t->asker, servers, TARGET_NAME_TIMEOUT_MS)
		    : -ENOMEM;

	if (err < 0) {
		free(t);
		return err;
	}
	*ret = t;
	return 0;
}

struct target_names *target_names_free(struct target_names *t)
{
	if (!t)
		return NULL;
	t->asker = dns_asker_free(t->asker);
	while (t->names) {
		struct target_name *n = t->names;

		t->names = n->next;
		free(n);
	}
	free(t);
	return NULL;
}

/* ---- answers ---- */

static void on_heard(void *arg, enum name_family family,
		     const struct name_answer *answer)
{
	struct target_name *n = arg;

	n->awaited--;
	n->is_none[family] = answer->outcome == NAME_NONE;
	if (answer->outcome == NAME_HEARD) {
		n->heard[family] = answer->addresses;
		n->is_heard = true;
		n->heard_ms = clock_mono_ms();
	} else if (answer->problem) {
		n->problem = answer->problem;
	}
	/* The other family's good answer says that "none" is one too. */
	for (unsigned f = 0; f < NAME_FAMILY_COUNT; f++)
		if (!n->awaited && n->is_heard && n->is_none[f])
			n->heard[f].count = 0;
}

/* ---- questions ---- */

/* Room for one more: the one that was not used for longest goes, if nobody
 * waits for its answer. */
static void make_room(struct target_names *t)
{
	struct target_name **oldest = NULL, *n;

	if (t->count < TARGET_NAMES_MAX)
		return;
	for (struct target_name **p = &t->names; *p; p = &(*p)->next)
		if (!(*p)->awaited &&
		    (!oldest || (*p)->used_ms < (*oldest)->used_ms))
			oldest = p;
	if (!oldest)
		return;
	n = *oldest;
	*oldest = n->next;
	t->count--;
	free(n);
}

static struct target_name *find_or_add(struct target_names *t, const char *host)
{
	struct target_name *n = t->names;

	while (n && strcmp(n->host, host) != 0)
		n = n->next;
	if (n)
		return n;
	make_room(t);
	n = calloc(1, sizeof(*n));
	if (!n || text_to_cstr(text_of(host), n->host, sizeof(n->host)) < 0) {
		free(n);
		return NULL;
	}
	n->next = t->names;
	t->names = n;
	t->count++;
	return n;
}

static bool is_known(const struct target_name *n)
{
	return n->heard[NAME_IPV4].count || n->heard[NAME_IPV6].count;
}

static bool is_due(const struct target_name *n, int64_t now_ms)
{
	if (n->awaited)
		return false;
	if (!n->was_asked)
		return true;
	return now_ms - n->asked_ms >
	       (n->is_heard ? TARGET_NAME_FRESH_MS : AGAIN_MS);
}

static void ask(struct target_names *t, struct target_name *n, int64_t now_ms)
{
	n->was_asked = true;
	n->asked_ms = now_ms;
	n->is_heard = false;
	n->problem = NULL;
	n->awaited = NAME_FAMILY_COUNT;
	if (dns_asker_ask(t->asker, n->host, on_heard, n) < 0) {
		n->awaited = 0;
		n->problem = "no memory";
	}
}

/* How long the question that is open is still worth waiting for. */
static int64_t patience_ms(const struct target_name *n, int64_t now_ms)
{
	if (!n->awaited)
		return 0;
	if (n->is_heard)
		return n->heard_ms + TARGET_NAME_OTHER_MS - now_ms;
	if (is_known(n))
		return n->asked_ms + TARGET_NAME_PATIENCE_MS - now_ms;
	return n->asked_ms + TARGET_NAME_TIMEOUT_MS - now_ms;
}

/* RFC 6761 6.3: nobody is asked for it. */
static bool is_localhost(const char *host, struct target_addresses *ret)
{
	static const uint8_t ip[2][16] = {
		{ [10] = 0xff, [11] = 0xff, 127, 0, 0, 1 },
		{ [15] = 1 },
	};

	if (strcmp(host, "localhost") != 0)
		return false;
	ret->count = ARRAY_SIZE(ip);
	memcpy(ret->ip, ip, sizeof(ip));
	return true;
}

enum target_name_state target_names_get(struct target_names *t,
					const char *host, int64_t now_ms,
					struct target_addresses *ret,
					int *ret_wait_ms, const char **ret_why)
{
	struct target_name *n;
	int64_t wait_ms;

	if (is_localhost(host, ret))
		return TARGET_NAME_KNOWN;
	n = find_or_add(t, host);
	if (!n) {
		*ret_why = "no memory";
		return TARGET_NAME_NONE;
	}
	n->used_ms = now_ms;
	if (is_due(n, now_ms))
		ask(t, n, now_ms);
	wait_ms = patience_ms(n, now_ms);
	if (wait_ms > 0) {
		*ret_wait_ms = (int)wait_ms;
		return TARGET_NAME_WAITS;
	}
	ret->count = 0;
	for (unsigned f = 0; f < NAME_FAMILY_COUNT; f++)
		for (unsigned i = 0; i < n->heard[f].count; i++)
			memcpy(ret->ip[ret->count++], n->heard[f].ip[i], 16);
	if (ret->count)
		return TARGET_NAME_KNOWN;
	*ret_why = n->problem ? n->problem : "no answer of the DNS in time";
	return TARGET_NAME_NONE;
}

unsigned target_names_poll(struct target_names *t, struct pollfd *p,
			   int *timeout_ms)
{
	return dns_asker_poll(t->asker, p, timeout_ms);
}

void target_names_turn(struct target_names *t, const struct pollfd *p,
		       unsigned count)
{
	dns_asker_turn(t->asker, p, count);
}
