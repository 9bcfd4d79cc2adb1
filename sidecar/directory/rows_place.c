/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of endpoints, locations and their pools of numbers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "directory/rows.h"
#include "pidf_lo.h"

/* ---- the address line ---- */

struct line {
	char *buf;
	size_t size, len;
	bool full;
};

static void say(struct line *l, struct text t)
{
	if (l->full || t.len >= l->size - l->len) {
		l->full = true;
		return;
	}
	if (t.len)
		memcpy(l->buf + l->len, t.p, t.len);
	l->len += t.len;
	l->buf[l->len] = '\0';
}

/* 'between' only when there is something on both sides. */
static void say_after(struct line *l, size_t from, const char *between,
		      struct text t)
{
	if (text_is_empty(t))
		return;
	if (l->len > from)
		say(l, text_of(between));
	say(l, t);
}

/* A bare "3" needs its word, "Ground floor" does not. */
static void say_inside(struct line *l, size_t from, const char *word,
		       struct text t)
{
	if (text_is_empty(t))
		return;
	if (l->len > from)
		say(l, text_of(", "));
	if (t.len <= 4) {
		say(l, text_of(word));
		say(l, text_of(" "));
	}
	say(l, t);
}

int row_format_address(const struct text part[ADDRESS_PARTS], char *buf,
		       size_t size)
{
	struct line l = { .buf = buf, .size = size };
	size_t outside, inside;

	if (!size)
		return -ENOSPC;
	buf[0] = '\0';
	say(&l, part[ADDRESS_HOUSE_NUMBER]);
	say_after(&l, 0, " ", part[ADDRESS_STREET]);
	say_after(&l, 0, ", ", part[ADDRESS_CITY]);
	say_after(&l, 0, ", ", part[ADDRESS_STATE]);
	say_after(&l, 0, " ", part[ADDRESS_POSTAL_CODE]);
	if (!text_equal(part[ADDRESS_COUNTRY], text_of("US")))
		say_after(&l, 0, ", ", part[ADDRESS_COUNTRY]);
	outside = l.len;
	say(&l, text_of(" ("));
	inside = l.len;
	say_inside(&l, inside, "building", part[ADDRESS_BUILDING]);
	say_inside(&l, inside, "floor", part[ADDRESS_FLOOR]);
	say_inside(&l, inside, "unit", part[ADDRESS_UNIT]);
	say_inside(&l, inside, "room", part[ADDRESS_ROOM]);
	say_after(&l, inside, "; ", part[ADDRESS_INFO]);
	if (l.len > inside)
		say(&l, text_of(")"));
	else if (!l.full)
		buf[outside] = '\0';
	return l.full ? -ENOSPC : 0;
}

/* ---- locations ---- */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* "+12065550100,+12065550101" in any order. */
static int take_pool(const struct db_row *row, size_t col, struct row_out *out,
		     struct dir_location *r)
{
	struct text rest = db_text(row, col), piece;

	while (text_cut(&rest, ',', &piece)) {
		if (r->elin_count == DIR_POOL_MAX)
			return row_refuse(out,
					  "its pool has more than %d ELINs",
					  DIR_POOL_MAX);
		if (e164_to_u64(piece, &r->elins[r->elin_count]) < 0)
			return row_refuse(out, "an ELIN is no E.164 number");
		r->elin_count++;
	}
	qsort(r->elins, r->elin_count, sizeof(r->elins[0]), compare_u64);
	return 0;
}

/* What an ESInet is told of the place, written once and not per call; empty
 * when it is longer than any address: the place is good all the same. */
static struct text write_civic(const struct text part[ADDRESS_PARTS],
			       char buf[ROW_CIVIC_MAX])
{
	const struct civic_address a = {
		.country = part[ADDRESS_COUNTRY],
		.state = part[ADDRESS_STATE],
		.county = part[ADDRESS_COUNTY],
		.city = part[ADDRESS_CITY],
		.street = part[ADDRESS_STREET],
		.house_number = part[ADDRESS_HOUSE_NUMBER],
		.info = part[ADDRESS_INFO],
		.floor = part[ADDRESS_FLOOR],
		.postal_code = part[ADDRESS_POSTAL_CODE],
		.building = part[ADDRESS_BUILDING],
		.unit = part[ADDRESS_UNIT],
		.room = part[ADDRESS_ROOM],
	};
	struct text_writer w = text_writer_on(buf, ROW_CIVIC_MAX);

	civic_format(&a, &w);
	return w.full ? text_of(NULL) : text_written(&w);
}

static int take_address(const struct db_row *row, size_t first,
			struct row_out *out, char line[ROW_ADDRESS_MAX],
			char civic[ROW_CIVIC_MAX], struct dir_location *r)
{
	static const char *const names[ADDRESS_PARTS] = {
		"house_number", "street",  "city",     "state",
		"postal_code",  "country", "building", "floor",
		"unit",         "room",    "info",     "county",
	};
	struct text part[ADDRESS_PARTS];

	for (size_t i = 0; i < ADDRESS_PARTS; i++) {
		int err;

		part[i] = db_text(row, first + i);
		err = row_check_text(out, part[i], ROW_PART_MAX, names[i]);
		if (err < 0)
			return err;
	}
	if (row_format_address(part, line, ROW_ADDRESS_MAX) < 0)
		return row_refuse(out, "the address is too long");
	r->address = text_of(line);
	r->civic = write_civic(part, civic);
	return 0;
}

static int take_u64(const struct db_row *row, size_t col, struct row_out *out,
		    const char *what, uint64_t *ret)
{
	if (db_u64(row, col, ret) < 0 || *ret > INT64_MAX)
		return row_refuse(out, "%s is out of range", what);
	return 0;
}

static int take_number(const struct db_row *row, size_t col,
		       struct row_out *out, const char *what, uint64_t *ret)
{
	if (db_is_null(row, col))
		return 0;
	if (e164_to_u64(db_text(row, col), ret) < 0)
		return row_refuse(out, "%s is no E.164 number", what);
	return 0;
}

/* Millionths of a degree from the south pole and from 180 degrees west. */
static int take_point(const struct db_row *row, size_t first,
		      struct row_out *out, struct dir_location *r)
{
	uint64_t latitude = 0, longitude = 0;

	if (db_is_null(row, first) || db_is_null(row, first + 1))
		return 0;
	if (db_u64(row, first, &latitude) < 0 || latitude > 180000000 ||
	    db_u64(row, first + 1, &longitude) < 0 || longitude > 360000000)
		return row_refuse(out, "its point is out of range");
	r->latitude_u6 = (uint32_t)latitude;
	r->longitude_u6 = (uint32_t)longitude;
	return 0;
}

static int put_elin(struct row_out *out, uint64_t number,
		    const struct dir_elin *r)
{
	uint8_t buf[512];
	struct dir_key key;
	int n;

	dir_key_elin(&key, number);
	n = dir_elin_encode(r, &key, buf, sizeof(buf));
	if (n < 0)
		return row_refuse(out, "an ELIN does not fit into a record");
	dir_batch_put(out->batch, &key, buf, (size_t)n);
	return 0;
}

static int read_location(const struct db_row *row, struct row_out *out,
			 struct dir_location *r)
{
	int err = take_u64(row, 0, out, "location_id", &r->location_id);

	if (err >= 0 && !r->location_id)
		err = row_refuse(out, "location_id is missing");
	if (err < 0)
		return err;
	dir_key_location(&out->key, r->location_id);
	r->name = db_text(row, 2);
	err = take_u64(row, 1, out, "organization_id", &r->organization_id);
	if (err >= 0)
		err = row_check_text(out, r->name, ROW_NAME_MAX, "name");
	if (err >= 0)
		err = take_u64(row, 3, out, "psap_id", &r->psap_id);
	if (err >= 0)
		err = take_number(row, 4, out, "desk_number", &r->desk_number);
	if (err >= 0)
		err = take_pool(row, 5, out, r);
	if (err >= 0)
		err = take_point(row, 18, out, r);
	if (err >= 0)
		err = take_u64(row, 20, out, "building_id", &r->building_id);
	r->time_zone = db_text(row, 21);
	if (err >= 0)
		err = row_check_text(out, r->time_zone, ROW_NAME_MAX,
				     "time_zone");
	return err;
}

/* The pool's own records follow: their organisation is the location's. */
int row_location(const struct db_row *row, struct row_out *out)
{
	struct dir_location r = { 0 };
	uint8_t buf[DIR_RECORD_MAX];
	char address[ROW_ADDRESS_MAX], civic[ROW_CIVIC_MAX];
	int err = read_location(row, out, &r), n;

	if (err >= 0)
		err = take_address(row, 6, out, address, civic, &r);
	if (err < 0)
		return err;
	n = dir_location_encode(&r, &out->key, buf, sizeof(buf));
	if (n < 0)
		return row_refuse(out, "it does not fit into a record");
	for (size_t i = 0; i < r.elin_count && err >= 0; i++) {
		const struct dir_elin e = {
			.location_id = r.location_id,
			.organization_id = r.organization_id,
		};

		err = put_elin(out, r.elins[i], &e);
	}
	if (err < 0)
		return err;
	dir_batch_put(out->batch, &out->key, buf, (size_t)n);
	return 0;
}

int row_elin(const struct db_row *row, struct row_out *out)
{
	struct dir_elin r = { 0 };
	uint64_t number = 0;
	int err = take_number(row, 0, out, "elin", &number);

	if (err < 0 || !number)
		return row_refuse(out, "elin is no E.164 number");
	dir_key_elin(&out->key, number);
	err = take_u64(row, 1, out, "location_id", &r.location_id);
	if (err >= 0)
		err = take_u64(row, 2, out, "organization_id",
			       &r.organization_id);
	return err < 0 ? err : put_elin(out, number, &r);
}

/* ---- endpoints ---- */

/* The identities of a row, as the path will look for them. */
struct normalised {
	char mac[13];
	uint8_t ip[16];
};

static int take_identities(const struct db_row *row, struct row_out *out,
			   struct dir_endpoint *r, struct normalised *n)
{
	uint64_t ignored;
	int err;

	r->device_user = text_trim(db_text(row, 4));
	r->extension = text_trim(db_text(row, 8));
	r->number = db_text(row, 7);
	err = row_check_text(out, r->device_user, IDENTITY_VALUE_MAX,
			     "device_user_id");
	if (err >= 0)
		err = row_check_text(out, r->extension, IDENTITY_VALUE_MAX,
				     "extension");
	if (err < 0)
		return err;
	if (!db_is_null(row, 5)) {
		if (mac_normalise(db_text(row, 5), n->mac) < 0)
			return row_refuse(out, "mac is no MAC address");
		r->mac = text_of(n->mac);
	}
	if (!db_is_null(row, 6)) {
		if (ip_normalise(db_text(row, 6), n->ip) < 0)
			return row_refuse(out, "ip is no IP address");
		r->ip = text_make((const char *)n->ip, sizeof(n->ip));
	}
	if (!db_is_null(row, 7) && e164_to_u64(r->number, &ignored) < 0)
		return row_refuse(out, "number is no E.164 number");
	return 0;
}

static int read_endpoint(const struct db_row *row, struct row_out *out,
			 struct dir_endpoint *r, struct normalised *n)
{
	int err = take_u64(row, 0, out, "endpoint_id", &r->endpoint_id);

	if (err >= 0 && !r->endpoint_id)
		err = row_refuse(out, "endpoint_id is missing");
	if (err < 0)
		return err;
	dir_key_endpoint(&out->key, r->endpoint_id);
	r->name = db_text(row, 3);
	err = take_u64(row, 1, out, "organization_id", &r->organization_id);
	if (err >= 0)
		err = take_u64(row, 2, out, "location_id", &r->location_id);
	if (err >= 0)
		err = row_check_text(out, r->name, ROW_NAME_MAX, "name");
	if (err >= 0)
		err = take_number(row, 9, out, "callback_number",
				  &r->callback_number);
	if (err >= 0)
		err = take_u64(row, 10, out, "personal_location",
			       &r->personal_location_id);
	if (err >= 0)
		err = take_identities(row, out, r, n);
	return err;
}

int row_endpoint(const struct db_row *row, struct row_out *out)
{
	struct dir_endpoint r = { 0 };
	struct normalised storage;
	uint8_t buf[DIR_RECORD_MAX];
	int err = read_endpoint(row, out, &r, &storage), n;

	if (err < 0)
		return err;
	n = dir_endpoint_encode(&r, &out->key, buf, sizeof(buf));
	if (n < 0)
		return row_refuse(out, "it does not fit into a record");
	dir_batch_put_endpoint(out->batch, &out->key, buf, (size_t)n);
	return 0;
}
