/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of what devices see of their network, and of who asks for locations. */
#include <errno.h>

#include "directory/rows.h"
#include "sha256.h"

static int take_id(const struct db_row *row, size_t col, struct row_out *out,
		   const char *what, uint64_t *ret)
{
	if (db_u64(row, col, ret) < 0 || *ret > INT64_MAX)
		return row_refuse(out, "%s is out of range", what);
	return *ret ? 0 : row_refuse(out, "%s is missing", what);
}

/* ---- stations ---- */

static int put_station(const struct db_row *row, struct row_out *out,
		       struct text name)
{
	struct dir_station r = { .name = name };
	uint8_t buf[1024];
	int err = take_id(row, 2, out, "location_id", &r.location_id), n;

	if (err < 0)
		return err;
	n = dir_station_encode(&r, &out->key, buf, sizeof(buf));
	if (n < 0)
		return row_refuse(out, "it does not fit into a record");
	dir_batch_put(out->batch, &out->key, buf, (size_t)n);
	return 0;
}

int row_access_point(const struct db_row *row, struct row_out *out)
{
	uint64_t organization_id;
	char mac[13];
	int err = take_id(row, 0, out, "organization_id", &organization_id);

	if (err < 0)
		return err;
	if (mac_normalise(db_text(row, 1), mac) < 0)
		return row_refuse(out, "bssid is no MAC address");
	dir_key_access_point(&out->key, organization_id, mac);
	return put_station(row, out, text_of(mac));
}

int row_switch_key(struct dir_key *ret, uint64_t organization_id,
		   struct text name)
{
	size_t tab = text_index(name, '\t');
	struct text port = text_of("");

	if (!tab || tab > ROW_NAME_MAX)
		return -EINVAL;
	if (tab < name.len)
		port = text_make(name.p + tab + 1, name.len - tab - 1);
	if (port.len > ROW_NAME_MAX)
		return -EINVAL;
	dir_key_switch(ret, organization_id, text_make(name.p, tab), port);
	return 0;
}

/* What people read has a blank between. */
static int read_switch(const struct db_row *row, struct row_out *out)
{
	struct text name = db_text(row, 1);
	char buf[2 * ROW_NAME_MAX + 2];
	size_t tab = text_index(name, '\t');
	uint64_t organization_id;
	int err = take_id(row, 0, out, "organization_id", &organization_id);

	if (err < 0)
		return err;
	if (row_switch_key(&out->key, organization_id, name) < 0 ||
	    text_to_cstr(name, buf, sizeof(buf)) < 0)
		return row_refuse(out, "chassis or port is missing or too "
				       "long");
	if (tab < name.len)
		buf[tab] = ' ';
	err = row_check_text(out, text_of(buf), sizeof(buf), "chassis or port");
	return err < 0 ? err : put_station(row, out, text_of(buf));
}

int row_network_switch(const struct db_row *row, struct row_out *out)
{
	return read_switch(row, out);
}

int row_switch_port(const struct db_row *row, struct row_out *out)
{
	return read_switch(row, out);
}

/* ---- who asks, who looks ---- */

/* 64 hexadecimal digits, or NULL. */
static int take_hash(const struct db_row *row, size_t col, struct row_out *out,
		     uint8_t buf[SHA256_SIZE], struct text *ret)
{
	struct text t = db_text(row, col);

	if (db_is_null(row, col))
		return 0;
	if (t.len != (size_t)2 * SHA256_SIZE)
		return row_refuse(out, "the secret is no hash");
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		int high = text_hex_digit(t.p[2 * i]);
		int low = text_hex_digit(t.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return row_refuse(out, "the secret is no hash");
		buf[i] = (uint8_t)(high << 4 | low);
	}
	*ret = text_make((const char *)buf, SHA256_SIZE);
	return 0;
}

int row_location_client(const struct db_row *row, struct row_out *out)
{
	struct dir_client r = { .by_source = db_bool(row, 3) };
	struct text name = db_text(row, 0);
	uint8_t buf[512], hash[SHA256_SIZE];
	int err = row_check_text(out, name, DIR_CLIENT_MAX, "name"), n;

	if (err < 0)
		return err;
	if (!name.len || dir_key_client(&out->key, name) < 0)
		return row_refuse(out, "name is missing");
	if (db_u64(row, 1, &r.organization_id) < 0 ||
	    r.organization_id > INT64_MAX)
		return row_refuse(out, "organization_id is out of range");
	err = take_hash(row, 2, out, hash, &r.secret_sha256);
	if (err < 0)
		return err;
	n = dir_client_encode(&r, &out->key, buf, sizeof(buf));
	if (n < 0)
		return row_refuse(out, "it does not fit into a record");
	dir_batch_put(out->batch, &out->key, buf, (size_t)n);
	return 0;
}

int row_screen(const struct db_row *row, struct row_out *out)
{
	struct dir_screen r = { .name = db_text(row, 2) };
	uint8_t buf[512], hash[SHA256_SIZE];
	int err = take_id(row, 0, out, "screen_id", &r.screen_id), n;

	if (err >= 0)
		err = take_id(row, 1, out, "organization_id",
			      &r.organization_id);
	if (err >= 0)
		err = row_check_text(out, r.name, ROW_NAME_MAX, "name");
	if (err >= 0 && !r.name.len)
		err = row_refuse(out, "name is missing");
	if (err >= 0)
		err = take_hash(row, 3, out, hash, &r.token_sha256);
	if (err < 0)
		return err;
	if (db_u64(row, 4, &r.building_id) < 0 || r.building_id > INT64_MAX)
		return row_refuse(out, "building_id is out of range");
	dir_key_screen(&out->key, r.screen_id);
	n = dir_screen_encode(&r, &out->key, buf, sizeof(buf));
	if (n < 0)
		return row_refuse(out, "it does not fit into a record");
	dir_batch_put(out->batch, &out->key, buf, (size_t)n);
	return 0;
}
