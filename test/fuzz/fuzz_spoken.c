/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_spoken: what is spoken of any text: letters, pauses, the ends of
 * sentences, and nothing that a voice would have to guess at.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "speech/spoken.h"
#include "speech/test_text.h"

#define ROOM 65536

static char said[ROOM], again[ROOM];

static void check(struct text t)
{
	char before = '\n';

	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (!(c >= 'a' && c <= 'z') && (!c || !strchr(" ,.\n", c)))
			abort();
		/* Each blank, sign and end stands behind a word. */
		if (c == ' ' && (before == ' ' || before == '\n'))
			abort();
		if ((c == ',' || c == '.') && !text_is_letter(before))
			abort();
		if (c == '\n' && before != '.')
			abort();
		before = c;
	}
	if (t.len && before != '.')
		abort();
}

static void try_text(struct text t)
{
	struct text_writer w = text_writer_on(said, ROOM);
	struct text_writer twice = text_writer_on(again, ROOM);

	(void)spoken_text(&w, t);
	check(text_written(&w));
	if (w.full)
		return;
	if (spoken_text(&twice, text_written(&w)))
		abort();
	check(text_written(&twice));
}

static void try_civic(struct text t)
{
	struct civic c = { 0 };
	struct text_writer w = text_writer_on(said, ROOM);

	for (enum civic_field f = 0; f < CIVIC_COUNT; f++)
		(void)text_cut(&t, ';', &c.value[f]);
	(void)spoken_civic(&w, &c);
	for (size_t i = 0; i < w.used; i++)
		if (!text_is_letter(said[i]) && !strchr(" ,.\n", said[i]))
			abort();
}

static void try_test_call(struct text t)
{
	struct test_facts f = { .is_located = true, .psap = t };
	struct text_writer w = text_writer_on(said, ROOM);

	(void)text_cut(&t, ';', &f.address);
	f.civic = t;
	if (test_text(&f, &w) < 0 && !w.full)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = text_make((const char *)data, size);
	struct text_writer w = text_writer_on(said, ROOM);

	if (size > 4096)
		return 0;
	try_text(t);
	try_civic(t);
	try_test_call(t);
	spoken_number(&w, t);
	check(text_written(&w));
	return 0;
}
