/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/crs.h"

#include <stdio.h>

enum crs crs_of_number(struct text number)
{
	if (text_equal(number, text_of("4326")))
		return CRS_WGS84;
	if (text_equal(number, text_of("4269")))
		return CRS_NAD83;
	return CRS_OTHER;
}

/* "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4269", "EPSG:4326",
 * and the number alone */
static enum crs crs_of(struct text name)
{
	size_t begin = name.len;
	struct text last;

	while (begin > 0 && name.p[begin - 1] != ':')
		begin--;
	last = text_make(name.p + begin, name.len - begin);
	if (text_equal_nocase(last, text_of("CRS84")))
		return CRS_WGS84;
	if (text_equal_nocase(last, text_of("CRS83")))
		return CRS_NAD83;
	return crs_of_number(last);
}

/* {"type": "name", "properties": {"name": "urn:..."}}, or {"type": "EPSG",
 * "properties": {"code": 4326}} */
int crs_read(struct json_reader *r, enum crs *ret, char ret_name[CRS_NAME_SIZE])
{
	unsigned outer = json_reader_depth(r);
	bool is_name = false;
	int token;

	*ret = CRS_WGS84;
	ret_name[0] = '\0';
	do {
		token = json_reader_next(r);
		if (token < 0)
			return token;
		if (is_name && json_reader_depth(r) == outer + 1 &&
		    (token == JSON_TOKEN_STRING ||
		     token == JSON_TOKEN_NUMBER)) {
			struct text name = json_reader_text(r);

			*ret = crs_of(name);
			(void)snprintf(ret_name, CRS_NAME_SIZE, "%.*s",
				       name.len < CRS_NAME_SIZE
					       ? (int)name.len
					       : CRS_NAME_SIZE - 1,
				       name.p);
		}
		is_name = token == JSON_TOKEN_NAME &&
			  (text_equal(json_reader_text(r), text_of("name")) ||
			   text_equal(json_reader_text(r), text_of("code")));
	} while (json_reader_depth(r) >= outer);
	return 0;
}
