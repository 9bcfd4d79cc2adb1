/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A doubt is decided for the caller: an escape that cannot be decoded is
 * taken literally, a long user part is judged by its beginning.
 */
#include "service.h"

#define USER_START_MAX 64 /* bytes that decide; "urn:emergency:..." fits */

struct service_code {
	const char *text;
	enum service service;
};

static const struct service_code codes[] = {
	{ "911", SERVICE_EMERGENCY },
	{ "933", SERVICE_TEST },
};

/* What people and dial plans put in front of the code. */
static const char *const code_prefixes[] = {
	"", "+", "+1", "1", "9", "8", "99"
};

static const struct service_code urns[] = {
	{ "urn:service:sos", SERVICE_EMERGENCY },
	{ "urn:service:test.sos", SERVICE_TEST },
	{ "urn:emergency:service:sos", SERVICE_EMERGENCY },
	{ "urn:emergency:service:test.sos", SERVICE_TEST },
};

static bool is_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ' ||
	       c == '\t';
}

/* A letter of a longer label: "sosx" is another service, "sos.fire" is not. */
static bool is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       text_is_digit(c) || c == '-' || c == '_';
}

static struct text skip(struct text t, size_t len)
{
	return text_make(t.p + len, t.len - len);
}

static bool take_prefix(struct text *t, const char *prefix)
{
	struct text p = text_of(prefix);

	if (!text_has_prefix_nocase(*t, p))
		return false;
	*t = skip(*t, p.len);
	return true;
}

static enum service classify_urn(struct text t)
{
	for (size_t i = 0; i < ARRAY_SIZE(urns); i++) {
		struct text rest = t;

		if (take_prefix(&rest, urns[i].text) &&
		    (!rest.len || !is_label_char(rest.p[0])))
			return urns[i].service;
	}
	return SERVICE_NONE;
}

static enum service classify_code(struct text code)
{
	for (size_t i = 0; i < ARRAY_SIZE(code_prefixes); i++) {
		struct text rest = code;

		if (!take_prefix(&rest, code_prefixes[i]))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(codes); j++)
			if (text_equal(rest, text_of(codes[j].text)))
				return codes[j].service;
	}
	return SERVICE_NONE;
}

/* User parameters, password, headers or a nested address follow. */
static bool ends_number(char c)
{
	return c == ';' || c == ':' || c == '?' || c == '@';
}

static enum service classify_number(struct text t)
{
	char digits[8]; /* more than the longest code */
	size_t len = 0;

	for (size_t i = 0; i < t.len && !ends_number(t.p[i]); i++) {
		if (is_separator(t.p[i]))
			continue;
		if (len == sizeof(digits))
			return SERVICE_NONE;
		digits[len++] = t.p[i];
	}
	return classify_code(text_make(digits, len));
}

static size_t decode_start(struct text t, char buf[USER_START_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < t.len && len < USER_START_MAX; i++) {
		struct text escape = skip(t, i);
		char byte[2];

		if (escape.len > 3)
			escape.len = 3;
		if (t.p[i] == '%' && text_percent_decode(escape, byte, 2) == 1)
			i += 2;
		else
			byte[0] = t.p[i];
		buf[len++] = byte[0];
	}
	return len;
}

static enum service classify_user(struct text start)
{
	enum service s = classify_urn(start);

	return s == SERVICE_NONE ? classify_number(start) : s;
}

enum service service_classify(struct text request_uri)
{
	struct text t = text_trim(request_uri);
	char buf[USER_START_MAX];
	bool is_tel = take_prefix(&t, "tel:");
	bool is_sip = take_prefix(&t, "sip:") || take_prefix(&t, "sips:");

	if (is_sip) {
		size_t at = text_index(t, '@');

		if (at == t.len)
			return SERVICE_NONE; /* only a host */
		t.len = at;
	}
	t = text_make(buf, decode_start(t, buf));
	return is_tel || is_sip ? classify_user(t) : classify_urn(t);
}

const char *service_name(enum service s)
{
	switch (s) {
	case SERVICE_EMERGENCY:
		return "emergency";
	case SERVICE_TEST:
		return "test";
	case SERVICE_NONE:
		break;
	}
	return "none";
}

static bool is_n11(unsigned code)
{
	return code >= 200 && code % 100 == 11;
}

bool service_may_alert(uint64_t number)
{
	static const unsigned services[] = { 900, 933, 988, 999 };
	unsigned area = (unsigned)(number / 10000000 % 1000);
	unsigned exchange = (unsigned)(number / 10000 % 1000);

	if (number / UINT64_C(10000000000) != 1 || area < 200 || exchange < 200)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (area == services[i])
			return false;
	return !is_n11(area) && !is_n11(exchange);
}
