/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/test_text.h"

#include <errno.h>
#include <stdio.h>

#include "speech/prompt.h"
#include "speech/spoken.h"

/* Of an address; with all else it stays below SPEECH_TEXT_MAX. */
#define LOCATION_MAX 1200

static void put(struct text_writer *w, const struct test_facts *f,
		enum prompt p)
{
	text_write_cstr(w, w->used ? "\n" : "");
	text_write_cstr(w, prompt_text(p, f->language));
}

static void put_callback(struct text_writer *w, const struct test_facts *f)
{
	char number[24];

	if (!f->callback_number) {
		put(w, f, PROMPT_TEST_NO_CALLBACK);
		return;
	}
	(void)snprintf(number, sizeof(number), "+%llu",
		       (unsigned long long)f->callback_number);
	put(w, f, PROMPT_TEST_CALLBACK);
	text_write_cstr(w, "\n");
	spoken_number(w, text_of(number));
}

/* What is too long ends behind a phrase.  True: it was. */
static bool cut_location(struct text_writer *said)
{
	size_t n = LOCATION_MAX;

	if (said->used <= LOCATION_MAX)
		return false;
	while (n && !strchr(",.", said->buf[n - 1]))
		n--;
	said->used = n;
	return true;
}

/* 1: part of it has no words; -ENOENT: none of it has. */
static int put_location(struct text_writer *w, const struct test_facts *f)
{
	char buf[SPOKEN_CIVIC_SIZE];
	struct text_writer said = text_writer_on(buf, sizeof(buf));
	int err = spoken_civic_xml(&said, f->civic);

	if (err < 0) {
		said.used = 0;
		err = spoken_text(&said, f->address);
	}
	if (!said.used)
		return -ENOENT;
	if (cut_location(&said) || said.full)
		err = 1;
	if (!said.used)
		return -ENOENT;
	put(w, f, PROMPT_TEST_LOCATION);
	text_write_cstr(w, "\n");
	text_write(w, text_written(&said));
	if (err)
		put(w, f, PROMPT_TEST_PARTLY);
	return err;
}

int test_text(const struct test_facts *f, struct text_writer *w)
{
	int partly = 0;

	put(w, f, PROMPT_TEST_GREETING);
	put_callback(w, f);
	if (!f->is_located)
		put(w, f, PROMPT_TEST_NO_LOCATION);
	else
		partly = put_location(w, f);
	if (partly == -ENOENT)
		put(w, f, PROMPT_TEST_NOT_SPOKEN);
	if (f->by_relay) {
		put(w, f, PROMPT_TEST_RELAY);
	} else if (f->psap.len) {
		put(w, f, PROMPT_TEST_PSAP);
		text_write_cstr(w, "\n");
		(void)spoken_text(w, f->psap);
	}
	put(w, f, PROMPT_TEST_AGAIN);
	if (w->full)
		return -ENOSPC;
	return partly != 0;
}
