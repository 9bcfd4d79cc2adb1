/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows: what a row of the system of record becomes in the directory.
 *
 * SQL has constraints of its own; these functions trust none of them, since
 * the path must never read what it cannot use.  A row that fails is refused
 * with a reason, and the last good record stays.
 */
#pragma once

#include "dir_record.h"
#include "directory/dir_batch.h"
#include "names/names.h"
#include "store/db.h"

#define ROW_WHY_SIZE 160

/* Bytes; what e911.label, e911.printable and an address line may hold. */
#define ROW_NAME_MAX    255
#define ROW_PART_MAX    512
#define ROW_ADDRESS_MAX 4096
#define ROW_CIVIC_MAX   8192

struct row_out {
	struct dir_batch *batch; /* borrowed */
	struct names *names;     /* borrowed; NULL: no name is known */
	struct dir_key key;      /* of the row's record; len 0: not known */
	char why[ROW_WHY_SIZE];  /* reason of a refusal */
};

/* 0: the operations are in the batch; -EINVAL: refused, nothing is. */
typedef int row_f(const struct db_row *row, struct row_out *out);

row_f row_trunk, row_trunk_source, row_trunk_org, row_organization;
row_f row_location, row_elin, row_endpoint, row_site_number;
row_f row_network_range, row_gateway, row_trunk_credential;
row_f row_trunk_certificate, row_access_point, row_network_switch;
row_f row_switch_port, row_location_client, row_screen;
row_f row_recipient, row_notice_template, row_organization_words;
row_f row_notice_hours;

/* ---- pieces, shared with keys of change_log and with tests ---- */

/* Say why and return -EINVAL. */
int row_refuse(struct row_out *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sound UTF-8, no control characters, 0..max bytes. */
int must_check row_check_text(struct row_out *out, struct text t, size_t max,
			      const char *what);

/*
 * A cidr of PostgreSQL: "10.1.0.0/16", "2001:db8::/32", a missing length is
 * that of one address.  Length counted from 16 bytes; bits behind it are
 * cleared.  -EINVAL.
 */
int must_check row_parse_prefix(struct text t, uint8_t ret_addr[16],
				unsigned *ret_plen);

/* "17/rest" -> 17 and "rest".  -EINVAL. */
int must_check row_parse_pair(struct text t, uint64_t *ret_id,
			      struct text *ret_rest);

/* "chassis<TAB>port", or a chassis alone.  -EINVAL: too long. */
int must_check row_switch_key(struct dir_key *ret, uint64_t organization_id,
			      struct text name);

/* "3/all/0", "3/building/12", "0/instead_of/9", as in change_log. */
int must_check row_recipient_key(struct dir_key *ret, uint64_t recipient_id,
				 struct text place);

/* Identity key of a site number: NUMBER if it is E.164, else EXTENSION. */
int must_check row_site_key(struct dir_key *ret, uint64_t organization_id,
			    struct text number);

/* The parts of an address and the line they make. */
enum address_part {
	ADDRESS_HOUSE_NUMBER,
	ADDRESS_STREET,
	ADDRESS_CITY,
	ADDRESS_STATE,
	ADDRESS_POSTAL_CODE,
	ADDRESS_COUNTRY,
	ADDRESS_BUILDING,
	ADDRESS_FLOOR,
	ADDRESS_UNIT,
	ADDRESS_ROOM,
	ADDRESS_INFO,
	ADDRESS_COUNTY, /* not in the line */
	ADDRESS_PARTS
};
/*
 * "100 N Mill St, Springfield, WA 98000 (building A, floor 3, room 312; by
 * the dock)"; the country is left out for US.  -ENOSPC.
 */
int must_check row_format_address(const struct text part[ADDRESS_PARTS],
				  char *buf, size_t size);
