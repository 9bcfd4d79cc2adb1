/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/json_read.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_SIZE       65536
#define RECORD_SEPARATOR '\x1e' /* RFC 8142 2 */
#define END_OF_FILE      (-1)
#define SHOWN_MAX        24

/* What may come next. */
enum expect {
	EXPECT_FIRST_VALUE, /* or the end of the array */
	EXPECT_FIRST_NAME,  /* or the end of the object */
	EXPECT_COLON,
	EXPECT_COMMA, /* or the end of what is open */
	EXPECT_TOP,   /* a value, or the end of the file */
};

struct json_reader {
	json_read_f *read;
	void *arg; /* borrowed */
	enum expect expect;
	unsigned depth;
	bool is_object[JSON_DEPTH_MAX];
	bool started;
	uint64_t line, bytes;
	double number;
	size_t used;
	int error; /* of read */
	size_t input_at, input_len;
	char reason[JSON_REASON_SIZE];
	char text[JSON_STRING_MAX + 4];
	char input[INPUT_SIZE];
};

int json_reader_new(struct json_reader **ret, json_read_f *read, void *arg)
{
	struct json_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->read = read;
	r->arg = arg;
	r->line = 1;
	r->expect = EXPECT_TOP;
	*ret = r;
	return 0;
}

struct json_reader *json_reader_free(struct json_reader *r)
{
	free(r);
	return NULL;
}

struct text json_reader_text(const struct json_reader *r)
{
	return text_make(r->text, r->used);
}

double json_reader_number(const struct json_reader *r)
{
	return r->number;
}

const char *json_reader_reason(const struct json_reader *r)
{
	return r->reason;
}

uint64_t json_reader_line(const struct json_reader *r)
{
	return r->line;
}

uint64_t json_reader_bytes(const struct json_reader *r)
{
	return r->bytes;
}

unsigned json_reader_depth(const struct json_reader *r)
{
	return r->depth;
}

static int __attribute__((format(printf, 2, 3)))
refuse(struct json_reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

/* ---- bytes ---- */

static bool fill(struct json_reader *r)
{
	ssize_t n;

	if (r->error)
		return false;
	n = r->read(r->arg, r->input, INPUT_SIZE);
	r->input_at = 0;
	r->input_len = n > 0 ? (size_t)n : 0;
	if (n < 0)
		r->error = (int)n;
	r->bytes += r->input_len;
	return n > 0;
}

/* The next byte, which stays; or END_OF_FILE, also when reading failed. */
static int peek(struct json_reader *r)
{
	if (r->input_at == r->input_len && !fill(r))
		return END_OF_FILE;
	return (unsigned char)r->input[r->input_at];
}

static void drop(struct json_reader *r)
{
	r->line += r->input[r->input_at] == '\n';
	r->input_at++;
}

static int ended(struct json_reader *r)
{
	return r->error ? r->error
			: refuse(r, "the file ends in the middle of a value");
}

static int unexpected(struct json_reader *r, const char *wanted)
{
	int c = peek(r);

	if (c == END_OF_FILE)
		return ended(r);
	if (c == RECORD_SEPARATOR)
		return refuse(r, "the value is cut off");
	if (c == '\0')
		return refuse(r, "a NUL byte: this is no JSON, or it is "
				 "UTF-16: save it as UTF-8");
	if (c > ' ' && c < 0x7f)
		return refuse(r, "'%c' where %s is expected", c, wanted);
	return refuse(r, "byte 0x%02x where %s is expected", (unsigned)c,
		      wanted);
}

/* Between tokens; between values separators of records too. */
static int skip_blanks(struct json_reader *r)
{
	int c;

	if (!r->started) {
		r->started = true;
		for (const char *bom = "\xef\xbb\xbf"; *bom; bom++) {
			if (peek(r) != (unsigned char)*bom)
				break;
			drop(r);
		}
	}
	while ((c = peek(r)) != END_OF_FILE) {
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n' &&
		    !(c == RECORD_SEPARATOR && r->depth == 0))
			break;
		drop(r);
	}
	return c;
}

/* ---- strings ---- */

static void keep(struct json_reader *r, char c)
{
	if (r->used < JSON_STRING_MAX)
		r->text[r->used++] = c;
}

static void keep_char(struct json_reader *r, unsigned u)
{
	if (u < 0x80) {
		keep(r, (char)u);
		return;
	}
	if (u >= 0x10000) {
		keep(r, (char)(0xf0 | u >> 18));
		keep(r, (char)(0x80 | (u >> 12 & 0x3f)));
	} else if (u >= 0x800) {
		keep(r, (char)(0xe0 | u >> 12));
	}
	keep(r, (char)(u >= 0x800 ? 0x80 | (u >> 6 & 0x3f) : 0xc0 | u >> 6));
	keep(r, (char)(0x80 | (u & 0x3f)));
}

static int read_hex(struct json_reader *r, unsigned *ret)
{
	unsigned u = 0;

	for (int i = 0; i < 4; i++) {
		int c = peek(r);
		int digit = c == END_OF_FILE ? -1 : text_hex_digit((char)c);

		if (digit < 0)
			return unexpected(r, "a hexadecimal digit");
		u = u << 4 | (unsigned)digit;
		drop(r);
	}
	*ret = u;
	return 0;
}

/* Behind "\u"; a surrogate without its other half becomes U+FFFD. */
static int read_escaped_char(struct json_reader *r)
{
	unsigned u = 0, low = 0;
	int err = read_hex(r, &u);

	while (!err && u >= 0xd800 && u < 0xdc00) {
		if (peek(r) != '\\')
			break;
		drop(r);
		if (peek(r) != 'u') {
			/* Another escape: it is for the caller. */
			keep_char(r, 0xfffd);
			return 1;
		}
		drop(r);
		err = read_hex(r, &low);
		if (!err && low >= 0xdc00 && low < 0xe000) {
			keep_char(r, 0x10000 + ((u - 0xd800) << 10) +
					     (low - 0xdc00));
			return 0;
		}
		keep_char(r, 0xfffd);
		u = low;
	}
	if (!err)
		keep_char(r, u >= 0xd800 && u < 0xe000 ? 0xfffd : u);
	return err;
}

/* Behind a backslash. */
static int read_escape(struct json_reader *r)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	int more;

	do {
		int c = peek(r);
		const char *at = c > 0 ? strchr(names, c) : NULL;

		more = 0;
		if (at)
			keep(r, values[at - names]);
		else if (c != 'u')
			return unexpected(r, "the rest of an escape");
		drop(r);
		if (!at)
			more = read_escaped_char(r);
	} while (more > 0);
	return more;
}

static int read_string(struct json_reader *r)
{
	r->used = 0;
	drop(r);
	for (;;) {
		int c = peek(r), err = 0;

		if (c == '"')
			break;
		if (c < ' ')
			return unexpected(r, "a character of a string");
		drop(r);
		if (c == '\\')
			err = read_escape(r);
		else
			keep(r, (char)c);
		if (err)
			return err;
	}
	drop(r);
	r->text[r->used] = '\0';
	return JSON_TOKEN_STRING;
}

/* ---- numbers and words ---- */

static void take_word(struct json_reader *r)
{
	int c;

	r->used = 0;
	while ((c = peek(r)) != END_OF_FILE &&
	       (text_is_letter((char)c) || text_is_digit((char)c) || c == '-' ||
		c == '+' || c == '.')) {
		keep(r, (char)c);
		drop(r);
	}
	r->text[r->used] = '\0';
}

static size_t digits(const char *p)
{
	size_t n = 0;

	while (text_is_digit(p[n]))
		n++;
	return n;
}

/* RFC 8259 6 */
static bool is_number(const char *p)
{
	size_t n;

	p += *p == '-';
	n = digits(p);
	if (n == 0 || (*p == '0' && n > 1))
		return false;
	p += n;
	if (*p == '.') {
		n = digits(p + 1);
		if (n == 0)
			return false;
		p += 1 + n;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		n = digits(p);
		if (n == 0)
			return false;
		p += n;
	}
	return *p == '\0';
}

static int read_word(struct json_reader *r)
{
	static const struct {
		const char *word;
		int token;
	} words[] = {
		{ "true", JSON_TOKEN_TRUE },
		{ "false", JSON_TOKEN_FALSE },
		{ "null", JSON_TOKEN_NULL },
		{ "NaN", JSON_TOKEN_NUMBER },
		{ "nan", JSON_TOKEN_NUMBER },
		{ "-nan", JSON_TOKEN_NUMBER },
		{ "Infinity", JSON_TOKEN_NUMBER },
		{ "-Infinity", JSON_TOKEN_NUMBER },
	};

	take_word(r);
	if (r->used == 0)
		return unexpected(r, "a value");
	if (is_number(r->text)) {
		r->number = strtod(r->text, NULL);
		return JSON_TOKEN_NUMBER;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(r->text, words[i].word) != 0)
			continue;
		r->number = NAN;
		return words[i].token;
	}
	return refuse(r, "'%.*s' is no value of JSON", SHOWN_MAX, r->text);
}

/* ---- the grammar ---- */

static int open_value(struct json_reader *r, bool is_object)
{
	if (r->depth == JSON_DEPTH_MAX)
		return refuse(r, "more than %d objects in each other",
			      JSON_DEPTH_MAX);
	drop(r);
	r->is_object[r->depth++] = is_object;
	r->expect = is_object ? EXPECT_FIRST_NAME : EXPECT_FIRST_VALUE;
	return is_object ? JSON_TOKEN_OBJECT : JSON_TOKEN_ARRAY;
}

static void end_value(struct json_reader *r)
{
	r->expect = r->depth ? EXPECT_COMMA : EXPECT_TOP;
}

static int close_value(struct json_reader *r)
{
	drop(r);
	r->depth--;
	end_value(r);
	return r->is_object[r->depth] ? JSON_TOKEN_OBJECT_END
				      : JSON_TOKEN_ARRAY_END;
}

static int read_value(struct json_reader *r, int c)
{
	int token;

	if (c == '{' || c == '[')
		return open_value(r, c == '{');
	token = c == '"' ? read_string(r) : read_word(r);
	if (token >= 0)
		end_value(r);
	return token;
}

static int read_name(struct json_reader *r, int c)
{
	int token;

	if (c != '"')
		return unexpected(r, "the name of a member");
	token = read_string(r);
	if (token < 0)
		return token;
	r->expect = EXPECT_COLON;
	return JSON_TOKEN_NAME;
}

/* Behind a value of what is open. */
static int read_comma(struct json_reader *r, int c)
{
	bool is_object = r->is_object[r->depth - 1];

	if (c == (is_object ? '}' : ']'))
		return close_value(r);
	if (c != ',')
		return unexpected(r, is_object ? "',' or '}'" : "',' or ']'");
	drop(r);
	c = skip_blanks(r);
	return is_object ? read_name(r, c) : read_value(r, c);
}

int json_reader_next(struct json_reader *r)
{
	int c = skip_blanks(r);

	switch (r->expect) {
	case EXPECT_TOP:
		if (c == END_OF_FILE)
			return r->error ? r->error : JSON_TOKEN_END;
		return read_value(r, c);
	case EXPECT_FIRST_VALUE:
		if (c == ']')
			return close_value(r);
		return read_value(r, c);
	case EXPECT_FIRST_NAME:
		if (c == '}')
			return close_value(r);
		return read_name(r, c);
	case EXPECT_COLON:
		if (c != ':')
			return unexpected(r, "':'");
		drop(r);
		return read_value(r, skip_blanks(r));
	case EXPECT_COMMA:
		break;
	}
	return read_comma(r, c);
}

int json_reader_resync(struct json_reader *r)
{
	int c;

	r->depth = 0;
	r->expect = EXPECT_TOP;
	while ((c = peek(r)) != END_OF_FILE && c != RECORD_SEPARATOR) {
		drop(r);
		if (c == '\n')
			break;
	}
	return r->error;
}

int json_reader_skip(struct json_reader *r, int token)
{
	unsigned depth;

	if (token != JSON_TOKEN_OBJECT && token != JSON_TOKEN_ARRAY)
		return 0;
	depth = r->depth;
	while (r->depth >= depth) {
		token = json_reader_next(r);
		if (token < 0)
			return token;
	}
	return 0;
}
