/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address/book_file.h"

#include <errno.h>
#include <stdlib.h>

#include "address/book_set.h"
#include "base/kept_file.h"

#define MAGIC         "E911ADR1"
#define MAGIC_SIZE    8
#define UUID_SIZE     16
#define ENTRY_SIZE    (2 * 8 + 16 * 4)
#define COVERAGE_SIZE (2 * 8 + 3 * 4)

/* ---- writing ---- */

struct book_and_version {
	const struct address_book *book;
	const struct uuid *version;
};

static void put_entry(struct kept_writer *w, const struct book_entry *e)
{
	const uint32_t numbers[] = {
		e->community,
		e->whole,
		e->name,
		e->pre,
		e->before,
		e->after,
		e->post,
		e->number_prefix,
		e->number_suffix,
		e->county,
		e->postal,
		e->low,
		e->high,
		(uint32_t)e->longitude,
		(uint32_t)e->latitude,
		(uint32_t)e->kind << 8 | e->parity,
	};

	kept_put_u64(w, e->id);
	kept_put_u64(w, e->psap_id);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		kept_put_u32(w, numbers[i]);
}

static void write_all(struct kept_writer *w, const void *arg)
{
	const struct book_and_version *all = arg;
	const struct address_book *b = all->book;

	kept_put(w, MAGIC, MAGIC_SIZE);
	kept_put(w, all->version->b, UUID_SIZE);
	kept_put_u64(w, b->text_used);
	kept_put_u64(w, b->count);
	kept_put_u64(w, b->coverage_count);
	kept_put(w, b->texts, b->text_used);
	for (size_t i = 0; i < b->count; i++)
		put_entry(w, &b->entries[i]);
	for (size_t i = 0; i < b->coverage_count; i++) {
		const struct book_coverage *c = &b->coverage[i];

		kept_put_u64(w, c->id);
		kept_put_u64(w, c->psap_id);
		kept_put_u32(w, c->key);
		kept_put_u32(w, (uint32_t)c->priority);
		kept_put_u32(w, c->kind);
	}
}

int address_book_save(const struct address_book *b, const struct uuid *version,
		      const char *path)
{
	const struct book_and_version all = { b, version };

	return kept_file_save(path, write_all, &all);
}

/* ---- reading ---- */

/* A text begins there: what is before it is the end of another. */
static bool is_text(const struct address_book *b, uint32_t at)
{
	return at == BOOK_EMPTY ||
	       (at < b->text_used && b->texts[at - 1] == '\0');
}

/* Each once, so that where it is does not change. */
static int take_texts(struct address_book *b, const char *texts, size_t len)
{
	size_t at = 0;

	if (!len || texts[0] || texts[len - 1])
		return -EBADMSG;
	while (at < len) {
		uint32_t found;
		int err = book_text_add(b, texts + at, &found);

		if (err < 0)
			return err;
		if (found != at)
			return -EBADMSG;
		at += strlen(texts + at) + 1;
	}
	return 0;
}

static int take_entry(struct kept_reader *r, struct address_book *b)
{
	struct book_entry e = { .id = kept_take_u64(r) };
	uint32_t *const texts[] = {
		&e.community,     &e.whole,  &e.name,   &e.pre,
		&e.before,        &e.after,  &e.post,   &e.number_prefix,
		&e.number_suffix, &e.county, &e.postal,
	};
	uint32_t kinds;

	e.psap_id = kept_take_u64(r);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		*texts[i] = kept_take_u32(r);
		if (!is_text(b, *texts[i]))
			return -EBADMSG;
	}
	e.low = kept_take_u32(r);
	e.high = kept_take_u32(r);
	e.longitude = (int32_t)kept_take_u32(r);
	e.latitude = (int32_t)kept_take_u32(r);
	kinds = kept_take_u32(r);
	if (kinds >> 8 > BOOK_RANGE || (kinds & 0xff) > ADDRESS_ODD)
		return -EBADMSG;
	e.kind = (uint8_t)(kinds >> 8);
	e.parity = (uint8_t)(kinds & 0xff);
	return book_add(b, &e);
}

static int take_coverage(struct kept_reader *r, struct address_book *b)
{
	struct book_coverage c = { .id = kept_take_u64(r) };
	uint32_t kind;

	c.psap_id = kept_take_u64(r);
	c.key = kept_take_u32(r);
	c.priority = (int32_t)kept_take_u32(r);
	kind = kept_take_u32(r);
	if (!is_text(b, c.key) || kind > ADDRESS_OF_STATE)
		return -EBADMSG;
	c.kind = (uint8_t)kind;
	return book_add_coverage(b, &c);
}

static int take_all(struct kept_reader *r, struct address_book *b,
		    struct uuid *version)
{
	uint64_t texts, entries, coverage;
	int err;

	if (!kept_has(r, MAGIC_SIZE + UUID_SIZE + 24) ||
	    memcmp(r->p, MAGIC, MAGIC_SIZE) != 0)
		return -EBADMSG;
	r->p += MAGIC_SIZE;
	memcpy(version->b, r->p, UUID_SIZE);
	r->p += UUID_SIZE;
	texts = kept_take_u64(r);
	entries = kept_take_u64(r);
	coverage = kept_take_u64(r);
	if (texts > ADDRESS_BOOK_TEXT_MAX || entries > ADDRESS_BOOK_MAX ||
	    coverage > ADDRESS_BOOK_MAX ||
	    (uint64_t)(r->end - r->p) !=
		    texts + entries * ENTRY_SIZE + coverage * COVERAGE_SIZE)
		return -EBADMSG;
	err = take_texts(b, r->p, texts);
	r->p += texts;
	for (uint64_t i = 0; i < entries && err >= 0; i++)
		err = take_entry(r, b);
	for (uint64_t i = 0; i < coverage && err >= 0; i++)
		err = take_coverage(r, b);
	return err < 0 ? err : address_book_index(b);
}

int address_book_decode(struct text bytes, struct address_book **ret,
			struct uuid *ret_version)
{
	struct kept_reader r;
	struct address_book *b;
	struct uuid version;
	int err = kept_file_check(bytes, &bytes);

	if (err >= 0)
		err = address_book_new(&b);
	if (err < 0)
		return err;
	r = (struct kept_reader){ bytes.p, bytes.p + bytes.len };
	err = take_all(&r, b, &version);
	if (err < 0) {
		(void)address_book_unref(b);
		return err;
	}
	*ret = b;
	*ret_version = version;
	return 0;
}

int address_book_load(const char *path, struct address_book **ret,
		      struct uuid *ret_version)
{
	struct text bytes = { 0 };
	int err = kept_file_load(path, &bytes);

	if (err < 0)
		return err;
	err = address_book_decode(bytes, ret, ret_version);
	free((char *)bytes.p);
	return err;
}
