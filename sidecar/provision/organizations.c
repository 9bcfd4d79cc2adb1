/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/organizations.h"

#include <errno.h>
#include <stdlib.h>

struct organizations {
	struct organization *row;            /* owned; in the order of names */
	const struct organization **by_uuid; /* owned; the same, in theirs */
	size_t count, size;
};

static int add(void *arg, size_t count, const char *const *column)
{
	struct organizations *o = arg;
	struct organization *row;

	(void)count;
	if (o->count == o->size) {
		size_t size = o->size ? 2 * o->size : 64;

		row = realloc(o->row, size * sizeof(*row));
		if (!row)
			return -ENOMEM;
		o->row = row;
		o->size = size;
	}
	row = &o->row[o->count];
	*row = (struct organization){ .id = strtoll(column[0], NULL, 10) };
	if (uuid_parse(text_of(column[1]), &row->uuid) < 0)
		return -EPROTO;
	if (column[3] && text_to_cstr(text_of(column[3]), row->home_npa, 4) < 0)
		row->home_npa[0] = '\0';
	row->name = strdup(column[2]);
	if (!row->name)
		return -ENOMEM;
	o->count++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct organization *)a)->name,
		      ((const struct organization *)b)->name);
}

static int compare_uuid(const void *a, const void *b)
{
	const struct organization *const *x = a, *const *y = b;

	return memcmp((*x)->uuid.b, (*y)->uuid.b, sizeof((*x)->uuid.b));
}

static int sort(struct organizations *o)
{
	if (!o->count)
		return 0;
	o->by_uuid = calloc(o->count, sizeof(struct organization *));
	if (!o->by_uuid)
		return -ENOMEM;
	qsort(o->row, o->count, sizeof(*o->row), by_name);
	for (size_t i = 0; i < o->count; i++)
		o->by_uuid[i] = &o->row[i];
	qsort(o->by_uuid, o->count, sizeof(struct organization *),
	      compare_uuid);
	return 0;
}

int organizations_load(struct organizations **ret, struct session *s)
{
	static const struct session_params none = { 0 };
	struct organizations *o = calloc(1, sizeof(*o));
	int64_t n;

	if (!o)
		return -ENOMEM;
	n = session_run(s,
			"SELECT organization_id, e911_organization_id, name, "
			"home_npa FROM e911.organization",
			&none, add, o);
	if (n >= 0)
		n = sort(o);
	if (n < 0) {
		organizations_free(o);
		return (int)n;
	}
	*ret = o;
	return 0;
}

struct organizations *organizations_free(struct organizations *o)
{
	for (size_t i = 0; o && i < o->count; i++)
		free(o->row[i].name);
	if (o) {
		free(o->row);
		free(o->by_uuid);
	}
	free(o);
	return NULL;
}

static int find_uuid(const struct organizations *o, const struct uuid *uuid,
		     const struct organization **ret)
{
	const struct organization wanted = { .uuid = *uuid }, *key = &wanted;
	const struct organization **found;

	if (!o->count)
		return -ENOENT;
	found = bsearch(&key, o->by_uuid, o->count,
			sizeof(struct organization *), compare_uuid);
	if (!found)
		return -ENOENT;
	*ret = *found;
	return 0;
}

/* As memcmp() would, were both as long. */
static int compare(struct text what, const char *name)
{
	size_t len = strlen(name), shorter = len < what.len ? len : what.len;
	int order = shorter ? memcmp(what.p, name, shorter) : 0;

	return order ? order : (what.len > len) - (what.len < len);
}

static int find_name(const struct organizations *o, struct text name,
		     const struct organization **ret)
{
	size_t low = 0, high = o->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(name, o->row[mid].name) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == o->count || compare(name, o->row[low].name) != 0)
		return -ENOENT;
	if (low + 1 < o->count && compare(name, o->row[low + 1].name) == 0)
		return -EEXIST;
	*ret = &o->row[low];
	return 0;
}

int organizations_find(const struct organizations *o, struct text what,
		       const struct organization **ret)
{
	struct uuid uuid;

	if (uuid_parse(what, &uuid) == 0 && find_uuid(o, &uuid, ret) == 0)
		return 0;
	return find_name(o, what, ret);
}
