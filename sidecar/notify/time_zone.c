/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/time_zone.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bytes.h"

#define FILE_MAX  65536
#define HEAD_SIZE 44
#define TYPE_SIZE 6
#define DAY_S     86400

/* When a rule of the file's last line begins: Mm.w.d/time. */
struct rule {
	int month, week, weekday; /* Sunday is 0 */
	int64_t at_s;             /* of the day, by the clock before */
};

struct time_zone {
	uint32_t time_count, type_count, char_count;
	const uint8_t *times; /* into bytes: i64 big endian each */
	const uint8_t *indexes, *types;
	const char *names;
	/* After the last of the times; std_name empty: as before. */
	char std_name[TIME_ZONE_NAME_SIZE], dst_name[TIME_ZONE_NAME_SIZE];
	int64_t std_s, dst_s; /* east of UTC */
	struct rule to_dst, to_std;
	uint8_t bytes[];
};

/* ---- days ---- */

static int64_t days_of(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static void civil_of(int64_t days, struct local_time *ret)
{
	int64_t z = days + 719468, era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	ret->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	ret->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	ret->year = (int)(yoe + era * 400) + (ret->month <= 2);
	/* 1 January 1970 was a Thursday. */
	ret->weekday = (int)(((days + 3) % 7 + 7) % 7);
}

/* ---- the last line: "PST8PDT,M3.2.0,M11.1.0" ---- */

static bool take(struct text *t, char c)
{
	if (!t->len || t->p[0] != c)
		return false;
	t->p++;
	t->len--;
	return true;
}

static bool take_number(struct text *t, int max, int *ret)
{
	int n = 0;
	size_t len = 0;

	while (len < t->len && len < 3 && text_is_digit(t->p[len]))
		n = n * 10 + t->p[len++] - '0';
	if (!len || n > max)
		return false;
	*t = text_make(t->p + len, t->len - len);
	*ret = n;
	return true;
}

/* "PST", or "<-03>" */
static bool take_name(struct text *t, char ret[TIME_ZONE_NAME_SIZE])
{
	bool quoted = take(t, '<');
	size_t len = 0;

	while (len < t->len &&
	       (quoted ? t->p[len] != '>' : text_is_letter(t->p[len])))
		len++;
	if (!len ||
	    text_to_cstr(text_make(t->p, len), ret, TIME_ZONE_NAME_SIZE) < 0)
		return false;
	*t = text_make(t->p + len, t->len - len);
	return !quoted || take(t, '>');
}

/* "8", "-3:30" */
static bool take_time(struct text *t, int64_t *ret)
{
	bool negative = take(t, '-');
	int h, m = 0, s = 0;

	if (!negative)
		(void)take(t, '+');
	if (!take_number(t, 167, &h) ||
	    (take(t, ':') && (!take_number(t, 59, &m) ||
			      (take(t, ':') && !take_number(t, 59, &s)))))
		return false;
	*ret = (int64_t)h * 3600 + (int64_t)m * 60 + s;
	if (negative)
		*ret = -*ret;
	return true;
}

static bool take_rule(struct text *t, struct rule *ret)
{
	ret->at_s = 7200;
	return take(t, ',') && take(t, 'M') &&
	       take_number(t, 12, &ret->month) && take(t, '.') &&
	       take_number(t, 5, &ret->week) && take(t, '.') &&
	       take_number(t, 6, &ret->weekday) && ret->month && ret->week &&
	       (!take(t, '/') || take_time(t, &ret->at_s));
}

/* Nothing is settled when it is not understood. */
static void parse_rules(struct time_zone *z, struct text t)
{
	struct time_zone got = { 0 };
	int64_t west;

	if (!take_name(&t, got.std_name) || !take_time(&t, &west))
		return;
	got.std_s = -west;
	got.dst_s = got.std_s + 3600;
	if (t.len) {
		if (!take_name(&t, got.dst_name))
			return;
		if (t.len && t.p[0] != ',') {
			if (!take_time(&t, &west))
				return;
			got.dst_s = -west;
		}
		if (!take_rule(&t, &got.to_dst) ||
		    !take_rule(&t, &got.to_std) || t.len)
			return;
	}
	memcpy(z->std_name, got.std_name, sizeof(z->std_name));
	memcpy(z->dst_name, got.dst_name, sizeof(z->dst_name));
	z->std_s = got.std_s;
	z->dst_s = got.dst_s;
	z->to_dst = got.to_dst;
	z->to_std = got.to_std;
}

/* Seconds since 1970 by a clock that is off by nothing. */
static int64_t rule_at(const struct rule *r, int year)
{
	int next_year = year + (r->month == 12);
	int next_month = r->month == 12 ? 1 : r->month + 1;
	int64_t first = days_of(year, r->month, 1);
	int64_t end = days_of(next_year, next_month, 1);
	/* 1 January 1970 was a Thursday, 4 from Sunday. */
	int64_t day = first + ((r->weekday - (first + 4) % 7) % 7 + 7) % 7 +
		      (int64_t)7 * (r->week - 1);

	while (day >= end)
		day -= 7;
	return day * DAY_S + r->at_s;
}

static bool is_dst(const struct time_zone *z, int64_t utc_s)
{
	struct local_time t = { 0 };
	int64_t from, until;

	if (!z->dst_name[0])
		return false;
	civil_of(floor_div(utc_s + z->std_s, DAY_S), &t);
	from = rule_at(&z->to_dst, t.year) - z->std_s;
	until = rule_at(&z->to_std, t.year) - z->dst_s;
	return from < until ? utc_s >= from && utc_s < until
			    : utc_s >= from || utc_s < until;
}

/* ---- the file ---- */

struct counts {
	uint32_t isut, isstd, leap, time, type, name;
};

static uint32_t be32_get(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

/* Bytes of the block behind the head at p, times of time_size bytes; 0: it is
 * none, or reaches beyond 'left'. */
static size_t block_size(const uint8_t *p, size_t left, size_t time_size,
			 struct counts *ret)
{
	size_t size;

	if (left < HEAD_SIZE || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return 0;
	*ret = (struct counts){ be32_get(p + 20), be32_get(p + 24),
				be32_get(p + 28), be32_get(p + 32),
				be32_get(p + 36), be32_get(p + 40) };
	if (ret->isut > FILE_MAX || ret->isstd > FILE_MAX ||
	    ret->leap > FILE_MAX || ret->time > FILE_MAX || !ret->type ||
	    ret->type > 256 || !ret->name || ret->name > FILE_MAX)
		return 0;
	size = HEAD_SIZE + ret->time * (time_size + 1) +
	       (size_t)ret->type * TYPE_SIZE + ret->name +
	       ret->leap * (time_size + 4) + ret->isstd + ret->isut;
	return size <= left ? size : 0;
}

static bool is_sound(const struct time_zone *z)
{
	for (uint32_t i = 0; i < z->time_count; i++)
		if (z->indexes[i] >= z->type_count)
			return false;
	for (uint32_t i = 0; i < z->type_count; i++) {
		const uint8_t *t = z->types + (size_t)i * TYPE_SIZE;
		int32_t east = (int32_t)be32_get(t);

		if (t[5] >= z->char_count || east > 2 * DAY_S ||
		    east < -2 * DAY_S)
			return false;
	}
	return z->names[z->char_count - 1] == '\0';
}

static int parse(struct time_zone *z, size_t len)
{
	const uint8_t *p = z->bytes;
	struct counts c;
	size_t size = block_size(p, len, 4, &c);
	struct text rest;

	if (!size)
		return -EBADMSG;
	p += size;
	len -= size;
	size = block_size(p, len, 8, &c);
	if (!size)
		return -EBADMSG;
	z->time_count = c.time;
	z->type_count = c.type;
	z->char_count = c.name;
	z->times = p + HEAD_SIZE;
	z->indexes = z->times + (size_t)c.time * 8;
	z->types = z->indexes + c.time;
	z->names = (const char *)z->types + (size_t)c.type * TYPE_SIZE;
	if (!is_sound(z))
		return -EBADMSG;
	rest = text_make((const char *)p + size, len - size);
	if (take(&rest, '\n'))
		parse_rules(z, text_make(rest.p, text_index(rest, '\n')));
	return 0;
}

int time_zone_parse(struct time_zone **ret, struct text file)
{
	struct time_zone *z;
	int err;

	if (file.len > FILE_MAX)
		return -EBADMSG;
	z = calloc(1, sizeof(*z) + file.len);
	if (!z)
		return -ENOMEM;
	if (file.len)
		memcpy(z->bytes, file.p, file.len);
	err = parse(z, file.len);
	if (err < 0)
		free(z);
	else
		*ret = z;
	return err;
}

/* "America/Argentina/Ushuaia": no way out of the directory. */
static bool is_name(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_letter(t.p[i]) &&
		    (!i || !strchr("/_-+0123456789", t.p[i]) || !t.p[i]))
			return false;
	return t.len > 0 && t.len < 64;
}

int time_zone_load(struct time_zone **ret, const char *directory,
		   struct text name)
{
	static const size_t max = FILE_MAX;
	char path[256];
	char *buf;
	ssize_t len = -1;
	int fd, n, err;

	if (!is_name(name))
		return -EINVAL;
	n = snprintf(path, sizeof(path), "%s/%.*s", directory, (int)name.len,
		     name.p);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -EINVAL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	buf = malloc(max);
	if (buf)
		len = read(fd, buf, max);
	(void)close(fd);
	err = !buf ? -ENOMEM : len < 0 ? -ENOENT : 0;
	if (err >= 0)
		err = time_zone_parse(ret, text_make(buf, (size_t)len));
	free(buf);
	return err;
}

struct time_zone *time_zone_free(struct time_zone *z)
{
	free(z);
	return NULL;
}

/* ---- looking at the clock ---- */

static int64_t time_get(const struct time_zone *z, uint32_t i)
{
	return (int64_t)be64_get(z->times + (size_t)i * 8);
}

/* The last type whose time is not later. */
static uint8_t index_at(const struct time_zone *z, int64_t utc_s)
{
	uint32_t low = 0, high = z->time_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (time_get(z, mid) <= utc_s)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? z->indexes[low - 1] : 0;
}

static int64_t offset_at(const struct time_zone *z, int64_t utc_s,
			 const char **ret_name)
{
	const uint8_t *type;

	if (z->std_name[0] &&
	    (!z->time_count || utc_s >= time_get(z, z->time_count - 1))) {
		bool dst = is_dst(z, utc_s);

		*ret_name = dst ? z->dst_name : z->std_name;
		return dst ? z->dst_s : z->std_s;
	}
	type = z->types + (size_t)index_at(z, utc_s) * TYPE_SIZE;
	*ret_name = z->names + type[5];
	return (int32_t)be32_get(type);
}

void time_zone_local(const struct time_zone *z, int64_t utc_ms,
		     struct local_time *ret)
{
	const char *name = "UTC";
	int64_t s = floor_div(utc_ms, 1000), day;

	if (z)
		s += offset_at(z, s, &name);
	day = floor_div(s, DAY_S);
	civil_of(day, ret);
	ret->minute = (int)((s - day * DAY_S) / 60);
	ret->second = (int)((s - day * DAY_S) % 60);
	(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
}
