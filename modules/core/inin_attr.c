/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No value of interest holds a quote, a separator or a blank, so quotes need
 * not be balanced: they are only stripped where a key or a value ends.
 */
#include "inin_attr.h"

#include "hwaddr.h"

/* Longest spelling of interest, each byte escaped as %HH. */
#define PIECE_MAX 256

static bool is_wrapping(char c)
{
	return c == '"' || c == '\'' || c == '\\' || c == ' ' || c == '\t' ||
	       c == '\r' || c == '\n';
}

static struct text unwrap(struct text t)
{
	while (t.len && is_wrapping(t.p[0])) {
		t.p++;
		t.len--;
	}
	while (t.len && is_wrapping(t.p[t.len - 1]))
		t.len--;
	return t;
}

static bool cut_pair(struct text *rest, struct text *ret_pair)
{
	size_t at = 0;

	if (!rest->len)
		return false;
	while (at < rest->len && rest->p[at] != ';' && rest->p[at] != ',')
		at++;
	*ret_pair = text_make(rest->p, at);
	if (at < rest->len)
		at++;
	*rest = text_make(rest->p + at, rest->len - at);
	return true;
}

/* Without escapes and wrapping; empty if that cannot be. */
static struct text plain(struct text t, char buf[PIECE_MAX])
{
	char pairs[PIECE_MAX];
	int len = text_unescape_pairs(unwrap(t), pairs, sizeof(pairs));

	if (len >= 0)
		len = text_clean(text_make(pairs, (size_t)len), buf, PIECE_MAX);
	return unwrap(text_make(buf, len < 0 ? 0 : (size_t)len));
}

static bool key_is(struct text key, const char *name)
{
	static const struct text uu = { "uu_", 3 };

	if (text_has_prefix_nocase(key, uu))
		key = text_make(key.p + uu.len, key.len - uu.len);
	return text_equal_nocase(key, text_of(name));
}

static void take_pair(struct text pair, struct inin_attr *attr)
{
	char key_buf[PIECE_MAX], value_buf[PIECE_MAX];
	size_t equal = text_index(pair, '=');
	struct text key, value;

	if (equal == pair.len)
		return;
	key = plain(text_make(pair.p, equal), key_buf);
	value = plain(text_make(pair.p + equal + 1, pair.len - equal - 1),
		      value_buf);
	if (!attr->has_mac && key_is(key, "StationMacAddress"))
		attr->has_mac = mac_normalise(value, attr->mac) == 0;
	else if (!attr->has_ip && key_is(key, "StationIPAddress"))
		attr->has_ip = ip_normalise(value, attr->ip) == 0;
}

int inin_attr_parse(struct text value, struct inin_attr *ret)
{
	struct text pair;

	*ret = (struct inin_attr){ .has_mac = false };
	while (cut_pair(&value, &pair))
		take_pair(pair, ret);
	return ret->has_mac + ret->has_ip;
}
