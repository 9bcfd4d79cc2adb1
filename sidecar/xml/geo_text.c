/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/geo_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define NUMBER_SIZE 64

/* strtod() would take "nan", "0x1p3" and a locale's comma. */
int geo_number_parse(struct text t, double *ret)
{
	char buf[NUMBER_SIZE], *end;
	double value;

	t = text_trim(t);
	if (!t.len || t.len >= sizeof(buf))
		return -EINVAL;
	for (size_t i = 0; i < t.len; i++) {
		buf[i] = t.p[i];
		if (!buf[i] ||
		    (!text_is_digit(buf[i]) && !strchr("+-.eE", buf[i])))
			return -EINVAL;
	}
	buf[t.len] = '\0';
	value = strtod(buf, &end);
	if (*end || !isfinite(value))
		return -EINVAL;
	*ret = value;
	return 0;
}

static bool cut_word(struct text *rest, const char *separators,
		     struct text *ret)
{
	size_t n = 0;

	while (rest->len && strchr(separators, rest->p[0]))
		*rest = text_make(rest->p + 1, rest->len - 1);
	while (n < rest->len && !strchr(separators, rest->p[n]))
		n++;
	if (!n)
		return false;
	*ret = text_make(rest->p, n);
	*rest = text_make(rest->p + n, rest->len - n);
	return true;
}

int geo_numbers_parse(struct text t, double *ret, uint32_t max)
{
	struct text word;
	uint32_t n = 0;

	while (cut_word(&t, " \t\r\n,;", &word)) {
		if (n == max)
			return -E2BIG;
		if (geo_number_parse(word, &ret[n++]) < 0)
			return -EINVAL;
	}
	return (int)n;
}

int geo_comma_numbers_parse(struct text t, double *ret, uint32_t max)
{
	char buf[NUMBER_SIZE];
	struct text word;
	uint32_t n = 0;

	while (cut_word(&t, " \t\r\n;", &word)) {
		size_t comma = text_index(word, ',');

		if (n == max)
			return -E2BIG;
		if (!comma || comma + 1 >= word.len ||
		    word.len >= sizeof(buf) ||
		    !text_is_digit(word.p[comma - 1]) ||
		    !text_is_digit(word.p[comma + 1]))
			return -EINVAL;
		memcpy(buf, word.p, word.len);
		buf[comma] = '.';
		if (geo_number_parse(text_make(buf, word.len), &ret[n++]) < 0)
			return -EINVAL;
	}
	return (int)n;
}

static bool ends_with(struct text t, const char *what)
{
	struct text end = text_of(what);

	return t.len >= end.len &&
	       text_equal_nocase(text_make(t.p + t.len - end.len, end.len),
				 end);
}

enum geo_crs geo_crs_find(struct text srs_name)
{
	struct text t = text_trim(srs_name);

	if (!t.len || ends_with(t, "4326"))
		return GEO_CRS_2D;
	if (ends_with(t, "4979"))
		return GEO_CRS_3D;
	if (ends_with(t, "CRS84") || ends_with(t, "CRS84h"))
		return GEO_CRS_LON_LAT;
	return GEO_CRS_OTHER;
}

double geo_unit_find(struct text uom)
{
	static const struct {
		const char *name;
		double unit;
	} units[] = {
		{ "9002", 0.3048 },      { "ft", 0.3048 },
		{ "foot", 0.3048 },      { "feet", 0.3048 },
		{ "9036", 1000 },        { "km", 1000 },
		{ "9093", 1609.344 },    { "mi", 1609.344 },
		{ "9101", 57.29577951 },
	};
	struct text t = text_trim(uom);

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (ends_with(t, units[i].name))
			return units[i].unit;
	return 1;
}
