/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replaces.h"

#include <errno.h>

/* "name=value" or "name"; false when it is neither. */
static bool param_split(struct text param, struct text *ret_name,
			struct text *ret_value)
{
	size_t equals = text_index(param, '=');

	*ret_name = text_trim(text_make(param.p, equals));
	*ret_value = text_of(NULL);
	if (equals < param.len)
		*ret_value = text_trim(text_make(param.p + equals + 1,
						 param.len - equals - 1));
	return ret_name->len && (equals == param.len || ret_value->len);
}

/* False: it stands there twice. */
static bool take_once(struct text *tag, struct text value)
{
	if (tag->len || !value.len)
		return false;
	*tag = value;
	return true;
}

int replaces_parse(struct text value, struct replaces *ret)
{
	struct replaces r = { 0 };
	size_t end = text_index(value, ';');
	struct text rest;

	r.call_id = text_trim(text_make(value.p, end));
	if (!r.call_id.len || end == value.len)
		return -EINVAL;
	rest = text_make(value.p + end + 1, value.len - end - 1);
	while (rest.len) {
		struct text name, what;
		bool ok = true;

		end = text_index(rest, ';');
		if (!param_split(text_make(rest.p, end), &name, &what))
			return -EINVAL;
		if (text_equal_nocase(name, text_of("to-tag")))
			ok = take_once(&r.to_tag, what);
		else if (text_equal_nocase(name, text_of("from-tag")))
			ok = take_once(&r.from_tag, what);
		else if (text_equal_nocase(name, text_of("early-only")))
			r.early_only = true;
		if (!ok)
			return -EINVAL;
		end += end < rest.len;
		rest = text_make(rest.p + end, rest.len - end);
	}
	if (!r.to_tag.len || !r.from_tag.len)
		return -EINVAL;
	*ret = r;
	return 0;
}
