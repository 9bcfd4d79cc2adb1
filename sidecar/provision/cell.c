/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/cell.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "e164.h"
#include "hwaddr.h"
#include "provision/cell_net.h"
#include "text_writer.h"

#define LABEL_MAX    128 /* domain e911.label */
#define TEXT_MAX     512 /* domain e911.printable */
#define SIP_ID_MAX   256
#define EMAIL_MAX    254
#define PRIORITY_MAX 999
#define SHOWN_MAX    40 /* bytes of a value that a message repeats */

int cell_refuse(char reason[CELL_REASON_SIZE], struct text value,
		const char *fmt, ...)
{
	char shown[SHOWN_MAX + 1], why[CELL_REASON_SIZE - SHOWN_MAX - 8];
	size_t len = value.len < SHOWN_MAX ? value.len : SHOWN_MAX;
	va_list ap;

	memcpy(shown, value.p, len);
	utf8_make_printable(shown, len);
	shown[len] = '\0';
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)snprintf(reason, CELL_REASON_SIZE, "'%s'%s %s", shown,
		       len < value.len ? "..." : "", why);
	return -EINVAL;
}

int cell_copy(struct text value, char ret_value[CELL_VALUE_MAX])
{
	int err = text_to_cstr(value, ret_value, CELL_VALUE_MAX);

	return err < 0 ? err : (int)value.len;
}

/* ---- text ---- */

/* U+2028 to U+202E, U+2066 to U+2069: they turn lines around. */
static bool has_direction_marks(struct text t)
{
	for (size_t i = 0; i + 2 < t.len; i++) {
		unsigned char b = (unsigned char)t.p[i + 1];
		unsigned char c = (unsigned char)t.p[i + 2];

		if ((unsigned char)t.p[i] != 0xe2)
			continue;
		if ((b == 0x80 && c >= 0xa8 && c <= 0xae) ||
		    (b == 0x81 && c >= 0xa6 && c <= 0xa9))
			return true;
	}
	return false;
}

/* As the domain e911.printable has it. */
static int read_text(struct text t, size_t max, char *ret, char *reason)
{
	if (text_index_any(t, "\r\n") < t.len)
		return cell_refuse(reason, t, "has a line break");
	if (!utf8_is_valid(t))
		return cell_refuse(reason, t, "is not UTF-8");
	if (utf8_has_controls(t))
		return cell_refuse(reason, t, "has a control character");
	if (has_direction_marks(t))
		return cell_refuse(reason, t,
				   "has a character that turns the line "
				   "around");
	if (t.len > max)
		return cell_refuse(reason, t,
				   "is %zu bytes long, at most %zu fit", t.len,
				   max);
	return cell_copy(t, ret);
}

static bool has_blanks(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (text_is_blank(t.p[i]))
			return true;
	/* U+00A0, U+2000 to U+200A, U+3000 */
	for (size_t i = 0; i + 1 < t.len; i++) {
		const unsigned char *u = (const unsigned char *)t.p + i;

		if (u[0] == 0xc2 && (u[1] == 0xa0 || u[1] == 0x85))
			return true;
		if (i + 2 < t.len && u[0] == 0xe2 && u[1] == 0x80 &&
		    u[2] >= 0x80 && u[2] <= 0x8a)
			return true;
		if (i + 2 < t.len && u[0] == 0xe3 && u[1] == 0x80 &&
		    u[2] == 0x80)
			return true;
	}
	return false;
}

static int read_sip_id(struct text t, char *ret, char *reason)
{
	if (has_blanks(t))
		return cell_refuse(reason, t, "has blanks in it");
	return read_text(t, SIP_ID_MAX, ret, reason);
}

/* ---- numbers ---- */

static int read_e164(struct text t, const char *home_npa, char *ret,
		     char *reason)
{
	if (e164_normalise(t, home_npa, ret) == 0)
		return (int)strlen(ret);
	if (text_index_any(t, "+-.") < t.len && text_index(t, 'E') < t.len)
		return cell_refuse(reason, t,
				   "is what a spreadsheet made of a number: "
				   "format the column as text");
	return cell_refuse(reason, t, "is no telephone number");
}

/* What the path would turn into E.164 before it asks the directory. */
static bool is_nanp(struct text t)
{
	char e164[E164_SIZE];

	for (size_t i = 0; i < t.len; i++)
		if (!text_is_digit(t.p[i]))
			return false;
	return (t.len == 10 || (t.len == 11 && t.p[0] == '1')) &&
	       e164_normalise(t, NULL, e164) == 0;
}

static int read_extension(struct text t, char *ret, char *reason)
{
	if (t.p[0] == '+' || is_nanp(t))
		return cell_refuse(reason, t,
				   "is a telephone number and no extension");
	if (has_blanks(t))
		return cell_refuse(reason, t, "has blanks in it");
	return read_text(t, LABEL_MAX, ret, reason);
}

/* "(206) 555-0100" */
static bool is_written_nanp(struct text t)
{
	size_t digits = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (text_is_digit(t.p[i]))
			digits++;
		else if (!strchr("()-. ", t.p[i]))
			return false;
	}
	return digits == 10 || digits == 11;
}

/* As calls are looked for: the path makes E.164 of what can be. */
static int read_dialled(struct text t, char *ret, char *reason)
{
	if (t.p[0] == '+' || is_nanp(t) ||
	    (is_written_nanp(t) && text_index_any(t, "()-. ") < t.len))
		return read_e164(t, NULL, ret, reason);
	return read_extension(t, ret, reason);
}

static int read_numbers(struct text t, const char *home_npa, char *ret,
			char *reason)
{
	struct text_writer w = text_writer_on(ret, CELL_VALUE_MAX - 1);
	struct text one;

	while (text_cut(&t, ';', &one)) {
		char e164[CELL_VALUE_MAX];

		one = text_trim(one);
		if (!one.len)
			continue;
		if (read_e164(one, home_npa, e164, reason) < 0)
			return -EINVAL;
		if (w.used)
			text_write_cstr(&w, ";");
		text_write_cstr(&w, e164);
	}
	if (w.full)
		return cell_refuse(reason, t, "is too long a list");
	ret[w.used] = '\0';
	return (int)w.used;
}

static int read_number(struct text t, char *ret, char *reason)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]) || n > INT32_MAX)
			return cell_refuse(reason, t, "is no whole number");
		n = n * 10 + (uint64_t)(t.p[i] - '0');
	}
	if (n == 0 || n > INT32_MAX)
		return cell_refuse(reason, t, "is not 1 to 2147483647");
	return snprintf(ret, CELL_VALUE_MAX, "%u", (unsigned)n);
}

static int read_priority(struct text t, char *ret, char *reason)
{
	unsigned n = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]) || n > PRIORITY_MAX)
			return cell_refuse(reason, t, "is no priority: 0 to %d",
					   PRIORITY_MAX);
		n = n * 10 + (unsigned)(t.p[i] - '0');
	}
	if (n > PRIORITY_MAX)
		return cell_refuse(reason, t, "is no priority: 0 to %d",
				   PRIORITY_MAX);
	return snprintf(ret, CELL_VALUE_MAX, "%u", n);
}

/* ---- addresses ---- */

void address_split(struct text address, struct text *ret_house_number,
		   struct text *ret_street)
{
	struct text a = text_trim(address);
	size_t len = text_index(a, ' ');

	*ret_house_number = text_make(a.p, 0);
	*ret_street = a;
	if (!a.len || !text_is_digit(a.p[0]) || len == a.len)
		return;
	/* "12 1/2 Oak St" */
	if (a.len > len + 4 && text_is_digit(a.p[len + 1]) &&
	    a.p[len + 2] == '/' && text_is_digit(a.p[len + 3]) &&
	    a.p[len + 4] == ' ')
		len += 4;
	*ret_house_number = text_make(a.p, len);
	*ret_street = text_trim(text_make(a.p + len, a.len - len));
}

static int read_word(enum cell_type type, const char *what, struct text t,
		     char *ret, char *reason)
{
	const char *value = word_find(type, t);

	if (!value)
		return cell_refuse(reason, t, "is no %s", what);
	return cell_copy(text_of(value), ret);
}

static bool is_two_letters(struct text t)
{
	return t.len == 2 && text_is_letter(t.p[0]) && text_is_letter(t.p[1]);
}

static void capitals(char *s)
{
	for (; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
}

static int read_state(struct text t, char *ret, char *reason)
{
	int len;

	if (!is_two_letters(t))
		return read_word(CELL_STATE, "state or province", t, ret,
				 reason);
	len = cell_copy(t, ret);
	capitals(ret);
	return len;
}

static int read_country(struct text t, char *ret, char *reason)
{
	static const struct text us = { "US", 2 }, ca = { "CA", 2 };

	if (text_equal_nocase(t, us) || text_equal_nocase(t, ca)) {
		int len = cell_copy(t, ret);

		capitals(ret);
		return len;
	}
	return read_word(CELL_COUNTRY, "country that is served: US or CA", t,
			 ret, reason);
}

/* 'A' a letter, '9' a digit, the rest stands for itself. */
static bool is_like(const char *s, const char *pattern)
{
	for (; *s && *pattern; s++, pattern++) {
		if (*pattern == 'A'   ? *s < 'A' || *s > 'Z'
		    : *pattern == '9' ? !text_is_digit(*s)
				      : *s != *pattern)
			return false;
	}
	return !*s && !*pattern;
}

static int read_postal(struct text t, char *ret, char *reason)
{
	if (t.len > 10)
		return cell_refuse(reason, t, "is no postal code");
	if (cell_copy(t, ret) < 0)
		return -EINVAL;
	capitals(ret);
	if (is_like(ret, "99999") || is_like(ret, "99999-9999") ||
	    is_like(ret, "A9A 9A9"))
		return (int)t.len;
	if (is_like(ret, "A9A9A9")) {
		memmove(ret + 4, ret + 3, 4);
		ret[3] = ' ';
		return 7;
	}
	if (is_like(ret, "9999"))
		return cell_refuse(reason, t,
				   "is no ZIP code: did a spreadsheet take "
				   "its first 0 away?");
	return cell_refuse(reason, t,
			   "is no postal code: 98000, 98000-1234 or A1A 1A1");
}

/* 0 to 999999999 */
static int read_house(struct text t, char *ret, char *reason)
{
	if (t.len > 9)
		return cell_refuse(reason, t, "is not 0 to 999999999");
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_digit(t.p[i]))
			return cell_refuse(reason, t,
					   "is no number of a house");
	return cell_copy(t, ret);
}

/* -122.512345; numbers that computers wrote as 1e2 are none. */
static int read_degrees(struct text t, char *ret, char *reason)
{
	size_t i = t.p[0] == '-' ? 1 : 0, point = 0, digits = 0;

	for (; i < t.len; i++) {
		if (t.p[i] == '.')
			point++;
		else if (text_is_digit(t.p[i]))
			digits += !point;
		else
			digits = 9;
	}
	if (t.len > 24 || point > 1 || digits < 1 || digits > 3)
		return cell_refuse(reason, t, "is no degrees: -122.512345");
	return cell_copy(t, ret);
}

static int read_esn(struct text t, char *ret, char *reason)
{
	if (t.len > 5)
		return cell_refuse(reason, t, "is longer than 5 characters");
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_letter(t.p[i]) && !text_is_digit(t.p[i]))
			return cell_refuse(reason, t,
					   "is no emergency service number");
	(void)!cell_copy(t, ret);
	capitals(ret);
	return (int)t.len;
}

/* The first half of a Canadian code stands for all that begin with it. */
static int read_postal_area(struct text t, char *ret, char *reason)
{
	if (t.len == 3 && cell_copy(t, ret) == 3) {
		capitals(ret);
		if (is_like(ret, "A9A"))
			return 3;
	}
	if (t.len == 10)
		return cell_refuse(reason, t, "is a ZIP+4: say its ZIP code");
	return read_postal(t, ret, reason);
}

/* ---- mail, as the domain e911.email has it ---- */

static bool is_mail_char(char c)
{
	return text_is_letter(c) || text_is_digit(c) ||
	       (c && strchr(".!#$%&'*+/=?^_`{|}~-", c));
}

static bool is_domain(struct text domain)
{
	struct text label;
	unsigned labels = 0;

	while (text_cut(&domain, '.', &label)) {
		labels++;
		if (!label.len || label.p[0] == '-' ||
		    label.p[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!text_is_letter(label.p[i]) &&
			    !text_is_digit(label.p[i]) && label.p[i] != '-')
				return false;
	}
	return labels >= 2;
}

static int read_email(struct text t, char *ret, char *reason)
{
	size_t at = text_index(t, '@');
	bool good = at >= 1 && at <= 64 && at < t.len && t.len <= EMAIL_MAX &&
		    t.p[t.len - 1] != '.';

	for (size_t i = 0; good && i < at; i++)
		good = is_mail_char(t.p[i]);
	if (!good || !is_domain(text_make(t.p + at + 1, t.len - at - 1)))
		return cell_refuse(reason, t, "is no e-mail address");
	return cell_copy(t, ret);
}

/* ---- routes ---- */

bool route_next(struct text *rest, struct route *ret)
{
	struct route r = { 0 };
	struct text one;
	size_t i = 0;

	do {
		if (!text_cut(rest, ';', &one))
			return false;
		one = text_trim(one);
	} while (!one.len);
	while (i < one.len && i < 4 && text_is_digit(one.p[i]))
		i++;
	if (i && i < one.len && one.p[i] == ':') {
		r.has_priority = true;
		for (size_t k = 0; k < i; k++)
			r.priority =
				r.priority * 10 + (unsigned)(one.p[k] - '0');
		one = text_trim(text_make(one.p + i + 1, one.len - i - 1));
	}
	i = text_index(one, '@');
	r.user = text_trim(text_make(one.p, i));
	if (i < one.len)
		r.trunk = text_trim(text_make(one.p + i + 1, one.len - i - 1));
	*ret = r;
	return true;
}

static bool is_user(struct text t)
{
	if (!t.len || t.len > 64)
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_letter(t.p[i]) && !text_is_digit(t.p[i]) &&
		    !(t.p[i] && strchr("+*#._!~()&=$-", t.p[i])))
			return false;
	return true;
}

static bool is_dialable(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_digit(t.p[i]) && !(i == 0 && t.p[i] == '+'))
			return false;
	return t.len > 0;
}

static int read_routes(struct text t, char *ret, char *reason)
{
	struct text rest = t;
	struct route r;

	while (route_next(&rest, &r)) {
		if (r.has_priority && r.priority > 999)
			return cell_refuse(reason, t,
					   "has a priority beyond 999");
		if (!is_user(r.user))
			return cell_refuse(reason, t,
					   "is no list of PRIORITY:USER@TRUNK "
					   "with ';' between");
		if (!r.trunk.len && !is_dialable(r.user))
			return cell_refuse(reason, t,
					   "has a route with neither a trunk "
					   "nor a telephone number");
	}
	return read_text(t, CELL_VALUE_MAX - 1, ret, reason);
}

/* ---- one cell ---- */

int cell_read(enum cell_type type, struct text cell, const char *home_npa,
	      char ret_value[CELL_VALUE_MAX], char reason[CELL_REASON_SIZE])
{
	struct text t = text_trim(cell);

	ret_value[0] = '\0';
	/* An area is read by shape.h. */
	if (!t.len || type == CELL_IGNORED || type == CELL_SHAPE)
		return 0;
	switch (type) {
	case CELL_IGNORED:
	case CELL_SHAPE:
		break;
	case CELL_LABEL:
	case CELL_ADDRESS:
		return read_text(t, LABEL_MAX, ret_value, reason);
	case CELL_TEXT:
		return read_text(t, TEXT_MAX, ret_value, reason);
	case CELL_EMAIL:
		return read_email(t, ret_value, reason);
	case CELL_SIP_ID:
		return read_sip_id(t, ret_value, reason);
	case CELL_E164:
		return read_e164(t, home_npa, ret_value, reason);
	case CELL_EXTENSION:
		return read_extension(t, ret_value, reason);
	case CELL_DIALLED:
		return read_dialled(t, ret_value, reason);
	case CELL_MAC:
		return cell_read_mac(t, ret_value, reason);
	case CELL_IP:
		return cell_read_ip(t, ret_value, reason);
	case CELL_RANGE:
		return cell_read_range(t, ret_value, reason);
	case CELL_NUMBER:
		return read_number(t, ret_value, reason);
	case CELL_NUMBERS:
		return read_numbers(t, home_npa, ret_value, reason);
	case CELL_STATE:
		return read_state(t, ret_value, reason);
	case CELL_COUNTRY:
		return read_country(t, ret_value, reason);
	case CELL_POSTAL:
		return read_postal(t, ret_value, reason);
	case CELL_ID_TYPE:
		return read_word(type,
				 "identification type: Device User ID or "
				 "Phone Number",
				 t, ret_value, reason);
	case CELL_PSAP_KIND:
		return read_word(type,
				 "kind of PSAP: psap, relay_center or "
				 "last_resort",
				 t, ret_value, reason);
	case CELL_DIRECTION:
		return read_word(type, "direction: N, S, E, W, NE, NW, SE, SW",
				 t, ret_value, reason);
	case CELL_PARITY:
		return read_word(type, "side of a street: odd, even or both", t,
				 ret_value, reason);
	case CELL_HOUSE:
		return read_house(t, ret_value, reason);
	case CELL_DEGREES:
		return read_degrees(t, ret_value, reason);
	case CELL_ESN:
		return read_esn(t, ret_value, reason);
	case CELL_ROUTES:
		return read_routes(t, ret_value, reason);
	case CELL_POSTAL_AREA:
		return read_postal_area(t, ret_value, reason);
	case CELL_PRIORITY:
		return read_priority(t, ret_value, reason);
	}
	return 0;
}
