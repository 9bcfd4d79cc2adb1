/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/book_load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stats.h"

#define WHO "psap"

static int on_version(const struct db_row *row, void *arg)
{
	return uuid_parse(db_text(row, 0), arg) < 0 ? -EPROTO : 0;
}

int book_load_version(struct db *db, struct uuid *ret)
{
	return db_exec(db, DB_ADDRESS_BOOK_VERSION, NULL, on_version, ret);
}

/* Columns 2 to 11 of ranges and addresses. */
static const enum civic_field street_columns[] = {
	CIVIC_COUNTRY, CIVIC_A1, CIVIC_A2,  CIVIC_A3,  CIVIC_PRD,
	CIVIC_STP,     CIVIC_RD, CIVIC_STS, CIVIC_POD, CIVIC_HNP,
};
#define STREET_FIRST 2
#define STREET_END   (STREET_FIRST + ARRAY_SIZE(street_columns))

static void read_street(const struct db_row *row, struct civic *c)
{
	*c = (struct civic){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(street_columns); i++)
		c->value[street_columns[i]] = db_text(row, STREET_FIRST + i);
}

/* A row that says nothing sensible: the others count. */
static int leave_out(const struct db_row *row, const char *what, int err)
{
	if (err != -EINVAL)
		return err;
	stats_add(STAT_ADDRESSES_REFUSED, 1);
	log_error(WHO, "%s '%.*s' is no address: it is left out", what,
		  (int)db_text(row, 0).len, db_text(row, 0).p);
	return 0;
}

static int take_ids(const struct db_row *row, uint64_t *id, uint64_t *psap)
{
	int err = db_u64(row, 0, id);

	return err < 0 ? err : db_u64(row, 1, psap);
}

static enum address_parity parity_of(struct text t)
{
	if (text_equal(t, text_of("odd")))
		return ADDRESS_ODD;
	return text_equal(t, text_of("even")) ? ADDRESS_EVEN : ADDRESS_BOTH;
}

/* ..., low, high, parity */
static int on_range(const struct db_row *row, void *arg)
{
	struct address_range r = { 0 };
	struct address a;
	struct civic c;
	uint64_t low = 0, high = 0;
	int err = take_ids(row, &r.range_id, &r.psap_id);

	if (err >= 0)
		err = db_u64(row, STREET_END, &low);
	if (err >= 0)
		err = db_u64(row, STREET_END + 1, &high);
	if (err < 0 || high > ADDRESS_NUMBER_MAX || low > high)
		return leave_out(row, "range", -EINVAL);
	r.low = (uint32_t)low;
	r.high = (uint32_t)high;
	r.parity = parity_of(db_text(row, STREET_END + 2));
	read_street(row, &c);
	address_read(&c, false, &a);
	return leave_out(row, "range", address_book_add_range(arg, &a, &r));
}

static int32_t degrees_of(const struct db_row *row, size_t column)
{
	struct text t = db_text(row, column);
	char buf[32], *end;
	double v;

	if (!t.len || text_to_cstr(t, buf, sizeof(buf)) < 0)
		return ADDRESS_NO_DEGREES;
	v = strtod(buf, &end);
	if (end == buf || *end || !(v >= -180 && v <= 180))
		return ADDRESS_NO_DEGREES;
	return (int32_t)lround(v * 1e6);
}

/* ..., house_number, number_suffix, postal_code, longitude, latitude */
static int on_point(const struct db_row *row, void *arg)
{
	struct address_point p = { 0 };
	struct address a;
	struct civic c;
	int err = take_ids(row, &p.point_id, &p.psap_id);

	if (err < 0)
		return leave_out(row, "address", -EINVAL);
	p.longitude = degrees_of(row, STREET_END + 3);
	p.latitude = degrees_of(row, STREET_END + 4);
	if (p.latitude == ADDRESS_NO_DEGREES)
		p.longitude = ADDRESS_NO_DEGREES;
	read_street(row, &c);
	c.value[CIVIC_HNO] = db_text(row, STREET_END);
	c.value[CIVIC_HNS] = db_text(row, STREET_END + 1);
	c.value[CIVIC_PC] = db_text(row, STREET_END + 2);
	address_read(&c, false, &a);
	return leave_out(row, "address", address_book_add_point(arg, &a, &p));
}

static enum address_coverage kind_of(struct text t)
{
	if (text_equal(t, text_of("county")))
		return ADDRESS_OF_COUNTY;
	return text_equal(t, text_of("postal")) ? ADDRESS_OF_POSTAL
						: ADDRESS_OF_STATE;
}

/* coverage_id, psap_id, kind, priority, country, state, county, postal_code */
static int on_coverage(const struct db_row *row, void *arg)
{
	struct civic c = { 0 };
	struct address a;
	uint64_t id, psap, priority = 0;
	int err = take_ids(row, &id, &psap);

	if (err >= 0)
		err = db_u64(row, 3, &priority);
	if (err < 0 || priority > INT32_MAX)
		return leave_out(row, "coverage", -EINVAL);
	c.value[CIVIC_COUNTRY] = db_text(row, 4);
	c.value[CIVIC_A1] = db_text(row, 5);
	c.value[CIVIC_A2] = db_text(row, 6);
	c.value[CIVIC_PC] = db_text(row, 7);
	address_read(&c, false, &a);
	err = address_book_add_coverage(arg, kind_of(db_text(row, 2)), &a,
					(int32_t)priority, id, psap);
	return leave_out(row, "coverage", err);
}

static int read_all(struct db *db, int timeout_ms, struct address_book *b,
		    struct uuid *version)
{
	int err = db_exec(db, DB_BEGIN_SNAPSHOT, NULL, NULL, NULL), end;

	if (err < 0)
		return err;
	err = book_load_version(db, version);
	if (err >= 0)
		err = db_exec_slow(db, DB_MSAG_RANGE_ALL, timeout_ms, on_range,
				   b);
	if (err >= 0)
		err = db_exec_slow(db, DB_ADDRESS_POINT_ALL, timeout_ms,
				   on_point, b);
	if (err >= 0)
		err = db_exec_slow(db, DB_PSAP_COVERAGE_ALL, timeout_ms,
				   on_coverage, b);
	if (err == -ENOTCONN || err == -ECANCELED)
		return err;
	end = db_exec(db, err < 0 ? DB_ROLLBACK : DB_COMMIT, NULL, NULL, NULL);
	return err < 0 ? err : end;
}

int book_load(struct db *db, int timeout_ms, size_t max,
	      struct address_book **ret, struct uuid *ret_version)
{
	struct uuid version = { { 0 } };
	struct address_book *b;
	int err = address_book_new(&b);

	if (err < 0)
		return err;
	address_book_set_max(b, max);
	err = read_all(db, timeout_ms, b, &version);
	if (err >= 0)
		err = address_book_index(b);
	if (err < 0) {
		(void)address_book_unref(b);
		return err;
	}
	*ret = b;
	*ret_version = version;
	return 0;
}
