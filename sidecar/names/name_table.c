/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/name_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* ---- addresses ---- */

static bool is_ipv4(const uint8_t ip[16])
{
	return memcmp(ip, mapped, sizeof(mapped)) == 0;
}

/* As SQL's e911.host, and no link-local IPv6, which needs to know a link. */
static bool is_usable(const uint8_t ip[16])
{
	static const uint8_t zero[16];

	if (is_ipv4(ip))
		return ip[12] != 0 && ip[12] < 224;
	return memcmp(ip, zero, sizeof(zero)) != 0 && ip[0] != 0xff &&
	       !(ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
}

bool name_addresses_add(struct name_addresses *a, const uint8_t ip[16])
{
	unsigned at = 0, last;

	if (!is_usable(ip))
		return false;
	while (at < a->count && memcmp(a->ip[at], ip, 16) < 0)
		at++;
	if (at == NAME_ADDRESSES_MAX ||
	    (at < a->count && memcmp(a->ip[at], ip, 16) == 0))
		return false;
	if (a->count < NAME_ADDRESSES_MAX)
		a->count++;
	last = a->count - 1;
	memmove(a->ip[at + 1], a->ip[at],
		(size_t)(last - at) * sizeof(a->ip[0]));
	memcpy(a->ip[at], ip, 16);
	return true;
}

bool name_addresses_equal(const struct name_addresses *a,
			  const struct name_addresses *b)
{
	return a->count == b->count &&
	       memcmp(a->ip, b->ip, (size_t)a->count * sizeof(a->ip[0])) == 0;
}

void name_addresses_format(const struct name_addresses *a,
			   char ret[NAME_ADDRESSES_TEXT_SIZE])
{
	size_t len = 0;

	ret[0] = '\0';
	for (unsigned i = 0; i < a->count; i++) {
		const uint8_t *ip = a->ip[i];
		bool v4 = is_ipv4(ip);

		if (i)
			ret[len++] = ',';
		if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ip + 12 : ip,
			       ret + len,
			       (socklen_t)(NAME_ADDRESSES_TEXT_SIZE - len)))
			ret[len] = '\0';
		len += strlen(ret + len);
	}
}

void name_addresses_of(const struct name *n, struct name_addresses *ret)
{
	ret->count = 0;
	if (!n)
		return;
	for (int f = 0; f < NAME_FAMILY_COUNT; f++) {
		const struct name_addresses *a = &n->heard[f];

		for (unsigned i = 0;
		     i < a->count && ret->count < NAME_ADDRESSES_MAX; i++)
			memcpy(ret->ip[ret->count++], a->ip[i], 16);
	}
}

/* ---- names ---- */

/* The C library's functions look at the locale. */
static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		c ^= 'A' ^ 'a';
	return c;
}

static bool is_label(struct text t, bool *ret_digits)
{
	*ret_digits = true;
	if (t.len == 0 || t.len > 63 || t.p[0] == '-' || t.p[t.len - 1] == '-')
		return false;
	for (size_t i = 0; i < t.len; i++) {
		char c = lower(t.p[i]);
		bool digit = text_is_digit(c);

		if (!digit && c != '-' && !(c >= 'a' && c <= 'z'))
			return false;
		*ret_digits = *ret_digits && digit;
	}
	return true;
}

bool name_is_valid(struct text name)
{
	bool digits;

	if (name.len > NAME_TEXT_MAX)
		return false;
	for (;;) {
		size_t dot = text_index(name, '.');

		if (!is_label(text_make(name.p, dot), &digits))
			return false;
		if (dot == name.len)
			return !digits;
		name = text_make(name.p + dot + 1, name.len - dot - 1);
	}
}

void name_table_init(struct name_table *t)
{
	*t = (struct name_table){ 0 };
}

void name_table_fini(struct name_table *t)
{
	free(t->names);
	name_table_init(t);
}

static struct name *find(const struct name_table *t, struct text name)
{
	for (size_t i = 0; i < t->count; i++)
		if (text_equal_nocase(text_of(t->names[i].text), name))
			return &t->names[i];
	return NULL;
}

const struct name *name_table_find(const struct name_table *t, struct text name)
{
	return find(t, name);
}

/* Due at once, not in use. */
static int add(struct name_table *t, struct text name, int64_t now_ms,
	       struct name **ret)
{
	struct name *n;

	*ret = find(t, name);
	if (*ret)
		return 0;
	if (!name_is_valid(name))
		return -EINVAL;
	if (t->count == t->size) {
		size_t size = t->size ? t->size * 2 : 16;

		n = realloc(t->names, size * sizeof(*n));
		if (!n)
			return -ENOMEM;
		t->names = n;
		t->size = size;
	}
	n = &t->names[t->count++];
	*n = (struct name){ .unused_since_ms = now_ms, .due_ms = now_ms };
	for (size_t i = 0; i < name.len; i++)
		n->text[i] = lower(name.p[i]);
	*ret = n;
	return 0;
}

int name_table_load(struct name_table *t, struct text name,
		    const struct name_addresses *a, int64_t now_ms)
{
	struct name *n;
	int err = add(t, name, now_ms, &n);

	if (err < 0)
		return err;
	for (unsigned i = 0; i < a->count; i++)
		(void)name_addresses_add(
			&n->heard[is_ipv4(a->ip[i]) ? NAME_IPV4 : NAME_IPV6],
			a->ip[i]);
	return 0;
}

/* ---- use ---- */

void name_table_use_begin(struct name_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		t->names[i].was_used = t->names[i].used;
		t->names[i].used = false;
	}
}

int name_table_use(struct name_table *t, struct text name, int64_t now_ms)
{
	struct name *n;
	int err = add(t, name, now_ms, &n);

	if (err < 0)
		return err;
	n->used = true;
	return 0;
}

bool name_table_use_end(struct name_table *t, int64_t now_ms)
{
	bool more = false;

	for (size_t i = 0; i < t->count; i++) {
		struct name *n = &t->names[i];

		if (n->used && !n->was_used) {
			n->due_ms = now_ms;
			more = true;
		} else if (!n->used && n->was_used) {
			n->unused_since_ms = now_ms;
		}
		n->was_used = n->used;
	}
	return more;
}

bool name_table_forget(struct name_table *t, int64_t now_ms)
{
	size_t kept = 0;
	bool any;

	for (size_t i = 0; i < t->count; i++) {
		const struct name *n = &t->names[i];

		if (n->used || now_ms - n->unused_since_ms < NAME_FORGET_MS)
			t->names[kept++] = *n;
	}
	any = kept < t->count;
	t->count = kept;
	return any;
}

/* ---- asking ---- */

const struct name *name_table_take_due(struct name_table *t, int64_t now_ms,
				       int64_t again_ms)
{
	struct name *first = NULL;

	for (size_t i = 0; i < t->count; i++) {
		struct name *n = &t->names[i];

		if (n->used && n->due_ms <= now_ms &&
		    (!first || n->due_ms < first->due_ms))
			first = n;
	}
	if (first)
		first->due_ms = again_ms;
	return first;
}

int name_table_pause_ms(const struct name_table *t, int64_t now_ms, int max_ms)
{
	int64_t pause = max_ms;

	for (size_t i = 0; i < t->count; i++) {
		int64_t left = t->names[i].due_ms - now_ms;

		if (t->names[i].used && left < pause)
			pause = left > 0 ? left : 0;
	}
	return (int)pause;
}

/* Take what is new; false: there was nothing to take. */
static bool hear(struct name *n,
		 const struct name_answer answer[NAME_FAMILY_COUNT])
{
	bool heard = false;

	for (int f = 0; f < NAME_FAMILY_COUNT; f++)
		heard |= answer[f].outcome == NAME_HEARD &&
			 answer[f].addresses.count;
	for (int f = 0; heard && f < NAME_FAMILY_COUNT; f++)
		if (answer[f].outcome != NAME_FAILED)
			n->heard[f] = answer[f].addresses;
	return heard;
}

static const char *problem_of(
	const struct name_answer answer[NAME_FAMILY_COUNT])
{
	for (int f = 0; f < NAME_FAMILY_COUNT; f++)
		if (answer[f].outcome == NAME_FAILED && answer[f].problem)
			return answer[f].problem;
	for (int f = 0; f < NAME_FAMILY_COUNT; f++)
		if (answer[f].problem)
			return answer[f].problem;
	return "no usable address";
}

unsigned name_table_answer(struct name_table *t, struct text name,
			   const struct name_answer answer[NAME_FAMILY_COUNT],
			   int64_t now_ms, int64_t interval_ms)
{
	struct name_addresses before, after;
	struct name *n = find(t, name);
	unsigned events = 0;

	if (!n)
		return 0;
	name_addresses_of(n, &before);
	if (hear(n, answer)) {
		if (n->problem)
			events |= NAME_RECOVERED;
		n->problem = NULL;
	} else {
		const char *problem = problem_of(answer);

		if (!n->problem)
			events |= NAME_BROKE;
		else if (strcmp(n->problem, problem) != 0)
			events |= NAME_OTHER_PROBLEM;
		n->problem = problem;
	}
	name_addresses_of(n, &after);
	if (!name_addresses_equal(&before, &after))
		events |= NAME_CHANGED;
	if (!after.count && interval_ms > NAME_UNKNOWN_MS)
		interval_ms = NAME_UNKNOWN_MS;
	n->due_ms = now_ms + interval_ms;
	return events;
}
