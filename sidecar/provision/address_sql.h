/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address_sql: what files of ranges and of single addresses share. */
#pragma once

#include "provision/import.h"

/* Columns of import_row behind the line, as address_put_street() puts them. */
#define ADDRESS_COLUMNS \
	"country text, state text, county text, community text, " \
	"predirectional text, prefix_type text, street text, suffix text, " \
	"postdirectional text, number_prefix text"
#define ADDRESS_NAMES \
	"country, state, county, community, predirectional, prefix_type, " \
	"street, suffix, postdirectional, number_prefix"
#define ADDRESS_KEY(r) \
	"e911.street_key(" r ".country, " r ".state, " r ".community, " r \
	".predirectional, " r ".prefix_type, " r ".street, " r ".suffix, " r \
	".postdirectional, " r ".number_prefix)"
/* "N Mill St, Ashgrove" */
#define ADDRESS_STREET(r) \
	"concat_ws(' ', " r ".predirectional, " r ".prefix_type, " r \
	".street, " r ".suffix, " r ".postdirectional) || ', ' || " r \
	".community"
/* Communities of one name in two counties are two. */
#define ADDRESS_COUNTY(r) "coalesce(upper(" r ".county), '')"
/* A file is about the communities that it names: nothing else is removed. */
#define ADDRESS_IN_SCOPE(t) \
	"EXISTS (SELECT FROM (SELECT DISTINCT country, state, " \
	"upper(community) AS community, " ADDRESS_COUNTY( \
		"import_row") " AS county FROM import_row) s WHERE s.country " \
			      "= " t ".country AND " \
			      "s.state = " t \
			      ".state AND s.community = upper(" t \
			      ".community) AND " \
			      "(s.county = '' OR " ADDRESS_COUNTY( \
				      t) " IN ('', s.county)))"
#define ADDRESS_CHECK_PSAP \
	"SELECT i.line, 'psap', 'there is no PSAP \"' || i.psap || '\"', " \
	"count(*) OVER () FROM import_item i WHERE i.psap IS NOT NULL AND " \
	"i.psap_id IS NULL ORDER BY i.line LIMIT $5"

/* What both kinds need of a row is there; else it is told. */
void address_check_street(struct import *im, const struct row *row);
/* number_prefix: what the row says, or what is cut off the house number. */
void address_put_street(struct import *im, const struct row *row,
			struct text number_prefix);
