/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "address/address.h"
#include "base/utf8.h"
#include "text_writer.h"

/* U+00C0 to U+017F without their accents; the ones of two letters are below. */
static const char latin[] =
	"AAAAAAACEEEEIIIIDNOOOOO OUUUUYTSAAAAAAACEEEEIIIIDNOOOOO OUUUUYTY"
	"AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIIIIIJJKKKLLLLLLL"
	"LLLNNNNNNNNNOOOOOOOORRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";

static const struct {
	unsigned code;
	const char *text;
} pairs[] = {
	{ 0xc6, "AE" },  { 0xde, "TH" },  { 0xdf, "SS" },
	{ 0xe6, "AE" },  { 0xfe, "TH" },  { 0x132, "IJ" },
	{ 0x133, "IJ" }, { 0x152, "OE" }, { 0x153, "OE" },
};

static void put_latin(struct text_writer *w, unsigned code)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i].code == code) {
			text_write_cstr(w, pairs[i].text);
			return;
		}
	}
	text_write(w, text_make(&latin[code - 0xc0], 1));
}

/* One character of several bytes: how many; 0: none that we know. */
static size_t put_wide(struct text_writer *w, struct text t)
{
	const unsigned char *u = (const unsigned char *)t.p;
	unsigned code;

	/* U+2018, U+2019: apostrophes of word processors */
	if (t.len >= 3 && u[0] == 0xe2 && u[1] == 0x80 &&
	    (u[2] == 0x98 || u[2] == 0x99))
		return 3;
	/* U+2010 to U+2015: hyphens and dashes */
	if (t.len >= 3 && u[0] == 0xe2 && u[1] == 0x80 && u[2] >= 0x90 &&
	    u[2] <= 0x95) {
		text_write_cstr(w, " ");
		return 3;
	}
	if (t.len < 2 || u[0] < 0xc2 || u[0] > 0xdf || (u[1] & 0xc0) != 0x80)
		return 0;
	code = (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
	if (code >= 0x300 && code <= 0x36f) /* an accent by itself */
		return 2;
	if (code == 0xa0) {
		text_write_cstr(w, " ");
		return 2;
	}
	if (code < 0xc0 || code > 0x17f)
		return 0;
	put_latin(w, code);
	return 2;
}

/* A letter of another script stays as it is; what is no UTF-8 is a blank. */
static size_t put_other(struct text_writer *w, struct text t)
{
	size_t n = utf8_char_len(t.p, t.p + t.len);

	text_write(w, n ? text_make(t.p, n) : text_of(" "));
	return n ? n : 1;
}

static void put_ascii(struct text_writer *w, char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == '.' || c == '\'')
		return;
	if (c == '#' || c == '&') {
		text_write_cstr(w, " ");
		text_write(w, text_make(&c, 1));
		text_write_cstr(w, " ");
	} else if (text_is_letter(c) || text_is_digit(c) || c == '/') {
		text_write(w, text_make(&c, 1));
	} else {
		text_write_cstr(w, " ");
	}
}

/* Single blanks between words, none around. */
static int squeeze(struct text t, char ret[ADDRESS_TEXT_SIZE])
{
	struct text_writer w = text_writer_on(ret, ADDRESS_TEXT_MAX);
	struct text word;

	while (text_cut(&t, ' ', &word)) {
		if (!word.len)
			continue;
		text_write_cstr(&w, w.used ? " " : "");
		text_write(&w, word);
	}
	if (w.full)
		w.used = 0;
	ret[w.used] = '\0';
	return w.full ? -EINVAL : (int)w.used;
}

int address_fold(struct text t, char ret[ADDRESS_TEXT_SIZE])
{
	char wide[3 * ADDRESS_TEXT_SIZE];
	struct text_writer w = text_writer_on(wide, sizeof(wide));

	ret[0] = '\0';
	if (t.len > ADDRESS_TEXT_MAX)
		return -EINVAL;
	while (t.len) {
		size_t n = 1;

		if ((unsigned char)t.p[0] < 0x80)
			put_ascii(&w, t.p[0]);
		else
			n = put_wide(&w, t);
		if (!n)
			n = put_other(&w, t);
		t.p += n;
		t.len -= n;
	}
	return squeeze(text_written(&w), ret);
}
