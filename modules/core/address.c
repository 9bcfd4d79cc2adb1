/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

#include <errno.h>
#include <limits.h>

static struct text head(struct text t, size_t len)
{
	return text_make(t.p, len);
}

/* From at on; empty when at lies behind the end. */
static struct text tail(struct text t, size_t at)
{
	if (at > t.len)
		at = t.len;
	return text_make(t.len ? t.p + at : t.p, t.len - at);
}

/* t begins with '"': index of the one that closes it, or t.len. */
static size_t quote_end(struct text t)
{
	for (size_t i = 1; i < t.len; i++) {
		if (t.p[i] == '\\')
			i++;
		else if (t.p[i] == '"')
			return i;
	}
	return t.len;
}

/* Length of "sip:", "sips:" or "tel:" at the start of t; else 0. */
static size_t known_scheme(struct text t)
{
	static const char *const schemes[] = { "sip:", "sips:", "tel:" };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		struct text s = text_of(schemes[i]);

		if (text_has_prefix_nocase(t, s))
			return s.len;
	}
	return 0;
}

/* Length of any "scheme:" (RFC 3986 3.1) at the start of t; else 0. */
static size_t any_scheme(struct text t)
{
	size_t i = 0;

	while (i < t.len &&
	       (text_is_letter(t.p[i]) || (i && text_is_digit(t.p[i]))))
		i++;
	return i && i < t.len && t.p[i] == ':' ? i + 1 : 0;
}

/* Parameters behind the semicolon, URI headers ("?...") cut off. */
static struct text params_at(struct text t, size_t semicolon)
{
	struct text params = text_trim(tail(t, semicolon + 1));

	params.len = text_index(params, '?');
	return params;
}

static struct text params_of(struct text t)
{
	return params_at(t, text_index(t, ';'));
}

static void parse_user(struct text t, struct address_view *a)
{
	size_t end;

	t.len = text_index(t, ':'); /* no password is of any use here */
	end = text_index(t, ';');
	a->user = text_trim(head(t, end));
	a->user_params = params_at(t, end);
}

/* As text_index_any(t, ":;?,> \t\r\n"): every URI is read for its host. */
static size_t host_len(struct text t)
{
	static const bool ends[UCHAR_MAX + 1] = {
		[':'] = true,  [';'] = true,  ['?'] = true,
		[','] = true,  ['>'] = true,  [' '] = true,
		['\t'] = true, ['\r'] = true, ['\n'] = true,
	};
	size_t i = 0;

	while (i < t.len && !ends[(unsigned char)t.p[i]])
		i++;
	return i;
}

static void parse_host(struct text t, struct address_view *a)
{
	size_t end;

	t = text_trim(t);
	if (t.len && t.p[0] == '[') {
		end = text_index(t, ']') + 1;
		if (end > t.len)
			end = t.len;
	} else {
		end = host_len(t);
	}
	a->host = head(t, end);
	a->uri_params = params_of(tail(t, end));
}

/* Nothing stands before the URI; header parameters may follow it. */
static int parse_uri(struct text t, struct address_view *a)
{
	size_t scheme, at;

	t = text_trim(t);
	scheme = any_scheme(t);
	a->scheme = head(t, scheme ? scheme - 1 : 0);
	t = tail(t, scheme);
	if (text_equal_nocase(a->scheme, text_of("tel"))) {
		a->user = text_trim(head(t, text_index_any(t, ";?@,>")));
		a->uri_params = params_of(t);
	} else {
		at = text_index(t, '@');
		if (at < t.len)
			parse_user(head(t, at), a);
		parse_host(at < t.len ? tail(t, at + 1) : t, a);
	}
	return a->user.len || a->host.len ? 0 : -EINVAL;
}

/* "Name sip:x@y": where the URI begins; t.len if there is none. */
static size_t find_bare_uri(struct text t)
{
	size_t token = 0;

	for (size_t i = 0; i < t.len; i++)
		if ((!i || text_is_blank(t.p[i - 1])) &&
		    known_scheme(tail(t, i)))
			return i;
	for (size_t i = 0; i < t.len; i++) {
		if (text_is_blank(t.p[i]))
			token = i + 1;
		else if (t.p[i] == '@')
			return token;
	}
	return t.len;
}

static int parse_bare(struct text t, struct address_view *a)
{
	size_t start = find_bare_uri(t);

	if (start == t.len)
		return -EINVAL;
	if (!a->display.len)
		a->display = text_trim(head(t, start));
	if (parse_uri(tail(t, start), a) < 0)
		return -EINVAL;
	a->header_params = a->uri_params;
	return 0;
}

/* t[open] is '<'. */
static int parse_bracketed(struct text t, size_t open, struct address_view *a)
{
	struct text inside = tail(t, open + 1);
	/* Or a second '<' in its place, when that comes first. */
	size_t close = text_index(head(inside, text_index(inside, '>')), '<');
	struct text behind = text_trim(tail(inside, close + 1));

	if (!a->display.len)
		a->display = text_trim(head(t, open));
	if (behind.len && behind.p[0] == ';')
		a->header_params = text_trim(tail(behind, 1));
	return parse_uri(head(inside, close), a);
}

int uri_parse(struct text uri, struct address_view *ret)
{
	struct address_view a = { .display = { NULL, 0 } };
	int err = parse_uri(uri, &a);

	if (err == 0)
		*ret = a;
	return err;
}

static int parse_rest(struct text t, struct text display,
		      struct address_view *ret)
{
	struct address_view a = { .display = display };
	size_t open = text_index(t, '<');
	int err;

	err = open < t.len ? parse_bracketed(t, open, &a) : parse_bare(t, &a);
	if (err == 0)
		*ret = a;
	return err;
}

int address_parse(struct text value, struct address_view *ret)
{
	struct text none = { NULL, 0 };
	struct text t = text_trim(value);
	size_t end;

	if (!t.len || t.p[0] != '"')
		return parse_rest(t, none, ret);
	end = quote_end(t);
	if (end < t.len &&
	    parse_rest(tail(t, end + 1), text_trim(tail(head(t, end), 1)),
		       ret) == 0)
		return 0;
	/* A quote that closes nowhere, or too late, hides nothing. */
	return parse_rest(tail(t, 1), none, ret);
}

bool address_list_next(struct text *rest, struct text *ret_address)
{
	bool quoted = false, bracketed = false;
	struct text t = *rest;
	size_t i;

	if (!t.len)
		return false;
	/* Mostly there is but one. */
	for (i = text_index(t, ',') < t.len ? 0 : t.len; i < t.len; i++) {
		char c = t.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"' && !bracketed)
			quoted = !quoted;
		else if ((c == '<' || c == '>') && !quoted)
			bracketed = c == '<' && !bracketed;
		else if (c == ',' && !quoted && !bracketed)
			break;
	}
	if (i > t.len)
		i = t.len;
	*ret_address = text_trim(head(t, i));
	*rest = tail(t, i + 1);
	return true;
}

bool param_find(struct text params, struct text name, struct text *ret_value)
{
	struct text piece;

	while (text_cut_quoted(&params, ";", &piece)) {
		size_t equal = text_index(piece, '=');

		if (!text_equal_nocase(text_trim(head(piece, equal)), name))
			continue;
		*ret_value = text_unquote(tail(piece, equal + 1));
		return true;
	}
	return false;
}

bool address_param_find(const struct address_view *a, struct text name,
			struct text *ret_value)
{
	return param_find(a->user_params, name, ret_value) ||
	       param_find(a->uri_params, name, ret_value) ||
	       param_find(a->header_params, name, ret_value);
}

void reference_parse(struct text value, struct text *ret_uri,
		     struct text *ret_params)
{
	struct text t = text_trim(value);
	bool bracketed = t.len && t.p[0] == '<';
	size_t end;

	if (bracketed)
		t = tail(t, 1);
	end = text_index(t, bracketed ? '>' : ';');
	*ret_uri = text_trim(head(t, end));
	t = tail(t, end);
	*ret_params = tail(t, text_index(t, ';') + 1);
}
