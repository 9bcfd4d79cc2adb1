/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/fold.h"

#include <stdint.h>

#include "base/utf8.h"

struct fold_row {
	uint32_t code;
	const char *form;
};

static const struct fold_row rows[] = {
#define ALI_FOLD(code, form) { code, form },
#include "ali/fold.def"
#undef ALI_FOLD
};

/* What is being written. */
struct fold {
	char *to;
	size_t size;
	bool letters_only;
	bool blank; /* before the next character */
	struct ali_folded done;
};

static void put(struct fold *f, char c)
{
	if (c == ' ') {
		f->blank = f->done.len > 0;
		return;
	}
	if (f->done.len + f->blank >= f->size) {
		f->done.cut = true;
		return;
	}
	if (f->blank)
		f->to[f->done.len++] = ' ';
	f->blank = false;
	f->to[f->done.len++] = c;
}

static void put_ascii(struct fold *f, char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (text_is_blank(c)) {
		c = ' ';
	} else if (c < ' ' || c > '~') {
		f->done.lost = true;
		c = ' ';
	} else if (f->letters_only && !text_is_letter(c)) {
		if (c == '.' || c == '\'')
			return;
		f->done.lost |= c != ' ' && c != '-';
		c = ' ';
	}
	put(f, c);
}

static const char *form_of(uint32_t code)
{
	size_t from = 0, to = ARRAY_SIZE(rows);

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (rows[mid].code == code)
			return rows[mid].form;
		if (rows[mid].code < code)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

/* n: 2 to 4, the bytes are sound. */
static uint32_t code_of(const char *p, size_t n)
{
	uint32_t code = (unsigned char)p[0] & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)p[i] & 0x3fu);
	return code;
}

static void put_wide(struct fold *f, uint32_t code)
{
	const char *form = form_of(code);

	if (code >= 0x300 && code <= 0x36f) /* an accent by itself */
		return;
	if (!form) {
		f->done.lost = true;
		form = " ";
	}
	for (; *form; form++)
		put_ascii(f, *form);
}

struct ali_folded ali_fold(struct text t, bool letters_only, char *ret,
			   size_t size)
{
	struct fold f = { .size = size, .letters_only = letters_only };

	f.to = ret;
	/* What a cut text is, more of it does not change. */
	while (t.len && !f.done.cut) {
		size_t n = utf8_char_len(t.p, t.p + t.len);

		if (!n)
			put_ascii(&f, '\0');
		else if (n == 1)
			put_ascii(&f, t.p[0]);
		else
			put_wide(&f, code_of(t.p, n));
		t.p += n ? n : 1;
		t.len -= n ? n : 1;
	}
	return f.done;
}
