/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/address_sql.h"

#include "address/address.h"

void address_check_street(struct import *im, const struct row *row)
{
	static const enum column needed[] = { COL_state, COL_city, COL_street };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!row->value[needed[i]].len)
			import_problem(im, row, needed[i], "the row has no %s",
				       column_name(needed[i]));
}

void address_put_street(struct import *im, const struct row *row,
			struct text number_prefix)
{
	static const enum column before[] = {
		COL_state,       COL_county, COL_city,   COL_predirectional,
		COL_prefix_type, COL_street, COL_suffix, COL_postdirectional
	};
	struct text country = row->value[COL_country];

	if (!country.len)
		country =
			text_of(address_state_is_of(row->value[COL_state], "CA")
					? "CA"
					: "US");
	import_put_text(im, country);
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		import_put_text(im, row->value[before[i]]);
	import_put_text(im, number_prefix);
}
