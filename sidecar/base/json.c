/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

struct json {
	json_t *object; /* owned */
};

int json_new(struct json **ret)
{
	struct json *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->object = json_object();
	if (!j->object) {
		free(j);
		return -ENOMEM;
	}
	*ret = j;
	return 0;
}

struct json *json_free(struct json *j)
{
	if (j) {
		json_decref(j->object);
		free(j);
	}
	return NULL;
}

/* Steals value, which may be NULL. */
static int put(struct json *j, const char *key, json_t *value)
{
	if (!value || json_object_set_new(j->object, key, value) < 0)
		return -ENOMEM;
	return 0;
}

int json_put_text(struct json *j, const char *key, struct text value)
{
	const json_t *old = json_object_get(j->object, key);
	size_t old_len = json_is_string(old) ? json_string_length(old) : 0;
	size_t len = 0;
	char *buf;
	int err;

	buf = malloc(old_len + 2 + 3 * value.len + 1);
	if (!buf)
		return -ENOMEM;
	if (json_is_string(old)) {
		memcpy(buf, json_string_value(old), old_len);
		len = old_len;
		buf[len++] = ',';
		buf[len++] = ' ';
	}
	len += utf8_copy_valid(value, buf + len);
	err = put(j, key, json_stringn(buf, len));
	free(buf);
	return err;
}

int json_put_null(struct json *j, const char *key)
{
	return put(j, key, json_null());
}

int json_put_u64(struct json *j, const char *key, uint64_t value)
{
	char buf[24];

	if (value <= INT64_MAX)
		return put(j, key, json_integer((json_int_t)value));
	(void)snprintf(buf, sizeof(buf), "%" PRIu64, value);
	return put(j, key, json_string(buf));
}

int json_put_bool(struct json *j, const char *key, bool value)
{
	return put(j, key, json_boolean(value));
}

int json_put_list(struct json *j, const char *key)
{
	return json_is_array(json_object_get(j->object, key))
		       ? 0
		       : put(j, key, json_array());
}

/* Steals value, which may be NULL. */
static int add(struct json *j, const char *key, json_t *value)
{
	int err = json_put_list(j, key);

	if (err < 0) {
		json_decref(value);
		return err;
	}
	if (json_array_append_new(json_object_get(j->object, key), value) < 0)
		return -ENOMEM;
	return 0;
}

/* NULL without memory. */
static json_t *sound_string(struct text value)
{
	char *buf = malloc(3 * value.len + 1);
	json_t *s = NULL;

	if (buf)
		s = json_stringn(buf, utf8_copy_valid(value, buf));
	free(buf);
	return s;
}

int json_add_text(struct json *j, const char *key, struct text value)
{
	return add(j, key, sound_string(value));
}

int json_add_object(struct json *j, const char *key, const struct json *child)
{
	return add(j, key, json_deep_copy(child->object));
}

int json_put_object(struct json *j, const char *key, const struct json *child)
{
	return put(j, key, json_deep_copy(child->object));
}

static int dump(const struct json *j, size_t flags, char **ret)
{
	char *s = json_dumps(j->object, flags);

	if (!s)
		return -ENOMEM;
	*ret = s;
	return 0;
}

int json_format(const struct json *j, char **ret)
{
	return dump(j, JSON_COMPACT, ret);
}

int json_format_ascii(const struct json *j, char **ret)
{
	return dump(j, JSON_COMPACT | JSON_ENSURE_ASCII, ret);
}

/* ---- reading ---- */

int json_parse(struct json **ret, struct text bytes, const char **ret_why)
{
	struct json *j;
	json_error_t why;
	json_t *root;

	root = json_loadb(bytes.p ? bytes.p : "", bytes.len,
			  JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(root)) {
		*ret_why = root ? "it is no object" : "it is no JSON";
		json_decref(root);
		return -EBADMSG;
	}
	j = calloc(1, sizeof(*j));
	if (!j) {
		json_decref(root);
		return -ENOMEM;
	}
	j->object = root;
	*ret = j;
	return 0;
}

static struct text text_from(const json_t *v)
{
	return json_is_string(v)
		       ? text_make(json_string_value(v), json_string_length(v))
		       : text_of("");
}

struct text json_text(const struct json *j, const char *key)
{
	return text_from(json_object_get(j->object, key));
}

struct text json_text_in(const struct json *j, const char *object,
			 const char *key)
{
	return text_from(
		json_object_get(json_object_get(j->object, object), key));
}

bool json_is_no_text(const struct json *j, const char *key)
{
	const json_t *v = json_object_get(j->object, key);

	return v && !json_is_string(v) && !json_is_null(v);
}

bool json_has_true(const struct json *j, const char *key)
{
	const json_t *v = json_object_get(j->object, key);

	return v && json_typeof(v) == JSON_TRUE;
}

/* 18 digits always fit. */
static bool u64_parse(const char *p, size_t len, uint64_t *ret)
{
	uint64_t n = 0;

	if (!len || len > 18)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!text_is_digit(p[i]))
			return false;
		n = 10 * n + (uint64_t)(p[i] - '0');
	}
	*ret = n;
	return true;
}

static bool u64_of(const json_t *v, uint64_t *ret)
{
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*ret = (uint64_t)json_integer_value(v);
		return true;
	}
	return json_is_string(v) &&
	       u64_parse(json_string_value(v), json_string_length(v), ret);
}

size_t json_each_u64(const struct json *j, const char *key,
		     void (*on_number)(const char *name, uint64_t value,
				       void *arg),
		     void *arg)
{
	json_t *object = json_object_get(j->object, key), *v;
	const char *name;
	size_t count = 0;
	uint64_t n;

	json_object_foreach(object, name, v)
	{
		if (!u64_of(v, &n))
			continue;
		count++;
		on_number(name, n, arg);
	}
	return count;
}

int json_put_millionths(struct json *j, const char *key, int64_t value)
{
	return put(j, key, json_real((double)value / 1e6));
}
