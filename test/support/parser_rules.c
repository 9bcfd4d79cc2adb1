/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/support/parser_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "modules/core/multipart.h"
#include "modules/core/service.h"
#include "test/support/request_text.h"
#include "test/support/sweep.h"

#define must(rule) \
	do { \
		if (!(rule)) \
			broken(__FILE__, __LINE__, #rule); \
	} while (0)

static _Noreturn void broken(const char *file, int line, const char *rule)
{
	(void)fprintf(stderr, "%s:%d: broken rule: %s\n", file, line, rule);
	abort();
}

/* A view that a parser gives away lies within what it was given. */
static bool is_inside(struct text view, struct text whole)
{
	return !view.len ||
	       (view.p >= whole.p && view.p + view.len <= whole.p + whole.len);
}

static bool has_controls(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < ' ' && p[i] != '\t')
			return true;
	return memchr(p, 0x7f, len) != NULL;
}

typedef int(decode_f)(struct text t, char *buf, size_t size);

/* What fits is given whole and ends in NUL; one byte less is -ENOSPC. */
static void decode_rules(struct text t, decode_f *decode, bool is_clean)
{
	size_t size = t.len + 1;
	char *big = malloc(size), *tight;
	int len;

	must(big != NULL);
	len = decode(t, big, size);
	must(len < (int)size);
	if (len >= 0) {
		must(big[len] == '\0');
		must(!is_clean || !has_controls(big, (size_t)len));
		tight = malloc((size_t)len + 1);
		must(tight != NULL);
		must(decode(t, tight, (size_t)len + 1) == len);
		must(!memcmp(big, tight, (size_t)len + 1));
		must(decode(t, tight, (size_t)len) == -ENOSPC);
		free(tight);
	} else {
		must(len == -EINVAL || len == -ENOSPC || len == -ENOENT);
	}
	free(big);
}

void text_rules(struct text input)
{
	struct text rest = input, piece;
	size_t sum = 0;

	must(is_inside(text_trim(input), input));
	must(is_inside(text_unquote(input), input));
	must(text_equal(input, input) && text_equal_nocase(input, input));
	must(text_has_prefix_nocase(input, text_make(input.p, input.len / 2)));
	while (text_cut(&rest, ';', &piece)) {
		must(is_inside(piece, input));
		must(text_index(piece, ';') == piece.len);
		sum += piece.len + 1;
	}
	must(sum == input.len || sum == input.len + 1);
	rest = input;
	sum = 0;
	while (text_cut_quoted(&rest, ";,", &piece)) {
		must(is_inside(piece, input));
		sum += piece.len + 1;
	}
	must(sum == input.len || sum == input.len + 1);
	decode_rules(input, text_percent_decode, false);
	decode_rules(input, text_clean, true);
	decode_rules(input, text_unescape_pairs, false);
}

void service_rules(struct text request_uri)
{
	struct text upper = exact_copy(request_uri);
	enum service s = service_classify(request_uri);
	char *p = (char *)upper.p;

	must(s == SERVICE_NONE || s == SERVICE_EMERGENCY || s == SERVICE_TEST);
	must(service_name(s)[0] != '\0');
	for (size_t i = 0; i < upper.len; i++)
		if (p[i] >= 'a' && p[i] <= 'z')
			p[i] = (char)(p[i] - 'a' + 'A');
	must(service_classify(upper) == s);
	free(p);
}

static void e164_one(struct text number, const char *home_npa)
{
	char e164[E164_SIZE] = "?", again[E164_SIZE];
	uint64_t n = 0;

	if (e164_normalise(number, home_npa, e164) < 0) {
		must(!strcmp(e164, "?"));
		return;
	}
	must(e164_normalise(text_of(e164), NULL, again) == 0);
	must(!strcmp(e164, again));
	must(e164_to_u64(text_of(e164), &n) == 0 && n != 0);
	e164_from_u64(n, again);
	must(!strcmp(e164, again));
	for (int f = NUMBER_FORMAT_E164; f <= NUMBER_FORMAT_NANP11; f++) {
		e164_format(n, (enum number_format)f, again);
		must(e164_normalise(text_of(again), NULL, again) == 0);
		must(!strcmp(e164, again));
	}
}

void e164_rules(struct text number)
{
	char e164[E164_SIZE];
	uint64_t n = 0;

	e164_one(number, NULL);
	e164_one(number, "206");
	e164_one(number, "02");
	if (e164_to_u64(number, &n) == 0) {
		e164_from_u64(n, e164);
		must(text_equal(text_of(e164), number));
	} else {
		must(n == 0);
	}
}

void uuid_rules(struct text t)
{
	char string[UUID_STRING_SIZE];
	struct uuid u = { { 0 } }, again;

	if (uuid_parse(t, &u) < 0) {
		must(uuid_is_nil(&u));
		return;
	}
	uuid_format(&u, string);
	must(strlen(string) == UUID_STRING_SIZE - 1);
	must(uuid_parse(text_of(string), &again) == 0);
	must(uuid_equal(&u, &again));
}

static void mac_rules(const char *mac)
{
	must(strlen(mac) == 12 && strspn(mac, "0123456789abcdef") == 12);
}

void hwaddr_rules(struct text t)
{
	char mac[13] = "?";
	uint8_t ip[16] = { 1 };

	if (mac_normalise(t, mac) == 0)
		mac_rules(mac);
	else
		must(!strcmp(mac, "?"));
	if (ip_normalise(t, ip) < 0)
		must(ip[0] == 1 && ip[15] == 0);
}

static void address_inside(const struct address_view *a, struct text whole)
{
	struct text value = { NULL, 0 };

	must(is_inside(a->display, whole) && is_inside(a->scheme, whole));
	must(is_inside(a->user, whole) && is_inside(a->user_params, whole));
	must(is_inside(a->host, whole) && is_inside(a->uri_params, whole));
	must(is_inside(a->header_params, whole));
	must(a->user.len || a->host.len);
	if (address_param_find(a, text_of("ext"), &value))
		must(is_inside(value, whole));
}

void address_rules(struct text value)
{
	static const char mark = '?';
	struct address_view a = { .user = { &mark, 1 } };
	struct text rest = value, piece;
	size_t pieces = 0;

	if (address_parse(value, &a) == 0)
		address_inside(&a, value);
	else
		must(a.user.p == &mark && !a.host.p);
	if (uri_parse(value, &a) == 0)
		address_inside(&a, value);
	while (address_list_next(&rest, &piece)) {
		must(is_inside(piece, value));
		must(++pieces <= value.len);
	}
	if (param_find(value, text_of("tag"), &piece))
		must(is_inside(piece, value));
}

void inin_attr_rules(struct text value)
{
	struct inin_attr attr;
	int n = inin_attr_parse(value, &attr);

	must(n == attr.has_mac + attr.has_ip);
	if (attr.has_mac)
		mac_rules(attr.mac);
}

void uui_rules(struct text value)
{
	decode_rules(value, uui_decode, true);
	decode_rules(value, uui_decode_other, true);
}

/* ---- identity ---- */

#define FAULTS_ALL \
	(IDENTITY_FAULT_ININATTR | IDENTITY_FAULT_PAI | IDENTITY_FAULT_FROM | \
	 IDENTITY_FAULT_UUI | IDENTITY_FAULT_TOO_LONG | \
	 IDENTITY_FAULT_TOO_MANY)

static int position(const enum identity_kind *order, enum identity_kind kind)
{
	for (int i = 0; i < IDENTITY_ORDER_MAX; i++)
		if (order[i] == kind)
			return i;
	return -1;
}

static void candidate_rules(const struct identity_candidate *c)
{
	uint64_t number;

	must(c->value_len > 0 && c->value_len <= IDENTITY_VALUE_MAX);
	must(c->value[c->value_len] == '\0');
	must(c->source[0] && memchr(c->source, 0, sizeof(c->source)));
	switch (c->kind) {
	case IDENTITY_MAC:
		mac_rules(c->value);
		break;
	case IDENTITY_IP:
		must(c->value_len == 16);
		break;
	case IDENTITY_NUMBER:
		must(e164_to_u64(text_of(c->value), &number) == 0);
		break;
	case IDENTITY_DEVICE_USER:
	case IDENTITY_EXTENSION:
		must(!has_controls(c->value, c->value_len));
		break;
	}
}

static void set_rules(const struct identity_set *set,
		      const enum identity_kind *order)
{
	int last = 0;

	must(set->count <= IDENTITY_CANDIDATES_MAX);
	must(!(set->faults & ~(unsigned)FAULTS_ALL));
	must(!strcmp(set->calling_source, "none") == !set->user[0]);
	must(set->user[0] || !set->number[0]);
	must(!strpbrk(set->user, "\r\n"));
	for (unsigned i = 0; i < set->count; i++) {
		const struct identity_candidate *c = &set->candidates[i];
		int at = position(order, c->kind);

		candidate_rules(c);
		must(at >= last);
		last = at;
		for (unsigned k = 0; k < i; k++)
			must(set->candidates[k].kind != c->kind ||
			     set->candidates[k].value_len != c->value_len ||
			     memcmp(set->candidates[k].value, c->value,
				    c->value_len) != 0);
	}
}

static void collect_rules(const struct request_view *req,
			  const struct identity_profile *profile)
{
	static struct identity_set set;

	identity_collect(req, profile, &set);
	set_rules(&set,
		  profile->order[0] ? profile->order : identity_order_default);
}

/* The same headers are found when the names were noted. */
static void names_rules(const struct request_view *req,
			const struct request_view *noted, struct text name,
			const char *compact)
{
	const struct header_view *h;
	size_t a = 0, b = 0;

	do {
		h = header_next(req, name, compact, &a);
		must(header_next(noted, name, compact, &b) == h);
		must(a == b);
	} while (h);
}

/* In the other case, as far as the name fits. */
static struct text other_case(struct text name, char buf[64])
{
	size_t len = name.len < 64 ? name.len : 64;

	for (size_t i = 0; i < len; i++)
		buf[i] = text_is_letter(name.p[i]) ? name.p[i] ^ 0x20
						   : name.p[i];
	return text_make(buf, len);
}

static void all_names_rules(const struct request_view *req,
			    const struct request_view *noted)
{
	static const struct text names[] = {
		{ "P-Asserted-Identity", 19 },
		{ "ININAttr", 8 },
		{ "User-to-User", 12 },
		{ "E911-Organization-ID", 20 },
		{ "x", 1 },
		{ "", 0 },
	};

	names_rules(req, noted, text_of("from"), "f");
	names_rules(req, noted, text_of("Content-Type"), "c");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		names_rules(req, noted, names[i], NULL);
	for (size_t i = 0; i < req->header_count; i++) {
		struct text name = req->headers[i].name;
		char buf[64];

		names_rules(req, noted, name, NULL);
		names_rules(req, noted, other_case(name, buf), NULL);
		names_rules(req, noted, text_trim(name), NULL);
		if (name.len)
			names_rules(req, noted, text_of("none"), name.p);
	}
}

/* Nothing of the set comes from what was in its memory before, nor from
 * whether the names were noted. */
static void repeat_rules(const struct request_view *req,
			 const struct identity_profile *profile)
{
	static struct identity_set set, again;
	struct request_view noted = *req;

	request_note_names(&noted);
	all_names_rules(req, &noted);
	identity_collect(req, profile, &set);
	memset(&again, 0xa5, sizeof(again));
	identity_collect(&noted, profile, &again);
	must(again.count == set.count && again.faults == set.faults);
	must(!strcmp(again.number, set.number) &&
	     !strcmp(again.user, set.user) &&
	     !strcmp(again.calling_source, set.calling_source));
	for (unsigned i = 0; i < set.count; i++) {
		const struct identity_candidate *a = &again.candidates[i];
		const struct identity_candidate *b = &set.candidates[i];

		must(a->kind == b->kind && a->value_len == b->value_len);
		must(!memcmp(a->value, b->value, sizeof(a->value)));
		must(!memcmp(a->source, b->source, sizeof(a->source)));
	}
}

void identity_rules(struct text message)
{
	static const struct identity_profile plain;
	const struct identity_profile all = {
		.order = { IDENTITY_EXTENSION, IDENTITY_NUMBER, IDENTITY_IP,
			   IDENTITY_MAC, IDENTITY_DEVICE_USER },
		.user_id_sources =
			text_of("hdr:E911-Device-User-ID, hdr:Subject,"
				"ruri-param:employeeid,from-param:employeeid,"
				"uui,pai-user,from-user,from-display"),
		.home_npa = "206",
	};
	struct uuid organization = { { 0 } };
	struct request_text r;
	int err;

	request_text_init(&r, message);
	collect_rules(&r.view, &plain);
	collect_rules(&r.view, &all);
	repeat_rules(&r.view, &all);
	err = identity_organization(&r.view, &organization);
	must(err == 0 || err == -ENOENT || err == -EEXIST || err == -EINVAL);
	must(err == 0 || uuid_is_nil(&organization));
	request_text_fini(&r);
}

/* Parts lie one behind the other within the body. */
static void parts_rules(struct text body, struct text boundary)
{
	struct multipart_part part;
	struct multipart m;
	size_t end = 0;

	multipart_begin(&m, body, boundary);
	while (multipart_next(&m, &part)) {
		must(is_inside(part.headers, body));
		must(is_inside(part.body, body));
		must((size_t)(part.headers.p - body.p) >= end);
		must(part.body.p >= part.headers.p + part.headers.len);
		end = (size_t)(part.body.p + part.body.len - body.p);
	}
	must(m.close_at <= body.len);
	must(m.close_at >= end || !end);
}

void multipart_rules(struct text message)
{
	size_t line = text_index(message, '\n');
	size_t at = line < message.len ? line + 1 : line;
	struct text type = text_make(message.p, line), boundary, whole;
	struct text body = text_make(message.len ? message.p + at : message.p,
				     message.len - at);
	struct multipart_part part;
	char buf[64];

	if (multipart_boundary(type, &boundary) < 0)
		return;
	must(boundary.len && is_inside(boundary, type));
	parts_rules(body, boundary);
	if (!multipart_find(type, body, "application/sdp", text_of(NULL),
			    &part))
		return;
	must(is_inside(part.body, body));
	if (part_decode(&part, buf, sizeof(buf), &whole) == 0)
		must(is_inside(whole, part.body) ||
		     (whole.p == buf && whole.len <= sizeof(buf)));
}
