/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e164.h"

#include <errno.h>

#define E164_DIGITS_MIN 7 /* shorter ones are codes and extensions */
#define DIALLED_MAX     (3 + E164_DIGITS_MAX) /* "011" in front */

/* What was dialled, without the punctuation. */
struct dialled {
	bool plus;
	size_t len;
	char digits[DIALLED_MAX];
};

static bool is_separator(char c)
{
	return c == '(' || c == ')' || c == '-' || c == '.' || c == ' ' ||
	       c == '\t';
}

static int dialled_parse(struct text t, struct dialled *ret)
{
	struct dialled d = { .len = 0 };

	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (is_separator(c))
			continue;
		if (c == '+' && !d.plus && !d.len) {
			d.plus = true;
			continue;
		}
		if (!text_is_digit(c) || d.len == sizeof(d.digits))
			return -EINVAL;
		d.digits[d.len++] = c;
	}
	*ret = d;
	return 0;
}

/* NPA-NXX-XXXX: neither the area nor the exchange begins with 0 or 1. */
static bool is_nanp10(const char *digits, size_t len)
{
	return len == 10 && digits[0] >= '2' && digits[3] >= '2';
}

/* Country code and the rest. */
static bool is_international(const char *digits, size_t len)
{
	if (len < E164_DIGITS_MIN || len > E164_DIGITS_MAX)
		return false;
	if (digits[0] == '1')
		return is_nanp10(digits + 1, len - 1);
	return digits[0] != '0';
}

static bool is_npa(const char *npa)
{
	return npa && strlen(npa) == 3 && npa[0] >= '2' && npa[0] <= '9' &&
	       text_is_digit(npa[1]) && text_is_digit(npa[2]);
}

/* Without "tel:" and ";parameters". */
static struct text number_part(struct text t)
{
	static const struct text tel = { "tel:", 4 };

	t = text_trim(t);
	if (text_has_prefix_nocase(t, tel))
		t = text_make(t.p + tel.len, t.len - tel.len);
	t.len = text_index(t, ';');
	return text_trim(t);
}

/* Make room in front of the digits; they are few enough for it. */
static void prepend(struct dialled *d, const char *prefix, size_t len)
{
	memmove(d->digits + len, d->digits, d->len);
	memcpy(d->digits, prefix, len);
	d->len += len;
}

/* From how people in North America dial to country code and the rest. */
static void make_international(struct dialled *d, const char *home_npa)
{
	if (d->len == 7 && is_npa(home_npa))
		prepend(d, home_npa, 3);
	if (is_nanp10(d->digits, d->len)) {
		prepend(d, "1", 1);
	} else if (d->len > 3 && !memcmp(d->digits, "011", 3)) {
		d->len -= 3;
		memmove(d->digits, d->digits + 3, d->len);
	} else if (d->len != 11 || d->digits[0] != '1') {
		d->len = 0;
	}
}

int e164_normalise(struct text number, const char *home_npa,
		   char ret_e164[E164_SIZE])
{
	struct dialled d;

	if (dialled_parse(number_part(number), &d) < 0)
		return -EINVAL;
	if (!d.plus)
		make_international(&d, home_npa);
	if (!is_international(d.digits, d.len))
		return -EINVAL;
	ret_e164[0] = '+';
	return text_to_cstr(text_make(d.digits, d.len), ret_e164 + 1,
			    E164_SIZE - 1);
}

int e164_to_u64(struct text e164, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (e164.len < 2 || e164.len > 1 + E164_DIGITS_MAX ||
	    e164.p[0] != '+' || e164.p[1] == '0')
		return -EINVAL;
	for (size_t i = 1; i < e164.len; i++) {
		if (!text_is_digit(e164.p[i]))
			return -EINVAL;
		number = number * 10 + (uint64_t)(e164.p[i] - '0');
	}
	*ret_number = number;
	return 0;
}

void e164_from_u64(uint64_t number, char ret_e164[E164_SIZE])
{
	char digits[20]; /* of UINT64_MAX */
	size_t at = sizeof(digits), len;

	for (; number; number /= 10)
		digits[--at] = (char)('0' + number % 10);
	len = sizeof(digits) - at;
	if (len > E164_DIGITS_MAX)
		len = 0;
	if (len) {
		ret_e164[0] = '+';
		memcpy(ret_e164 + 1, digits + at, len);
		len++;
	}
	ret_e164[len] = '\0';
}

void e164_format(uint64_t number, enum number_format format,
		 char ret_number[E164_SIZE])
{
	bool is_nanp = number / 10000000000 == 1; /* 1 and ten digits */
	char e164[E164_SIZE] = "";
	size_t skip = 0;

	e164_from_u64(number, e164);
	if (is_nanp && format == NUMBER_FORMAT_NANP10)
		skip = 2;
	else if (is_nanp && format == NUMBER_FORMAT_NANP11)
		skip = 1;
	memcpy(ret_number, e164 + skip, strlen(e164 + skip) + 1);
}
