/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
#include "speech/speech.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/stats.h"
#include "speech/clip_cache.h"
#include "speech/prompt.h"
#include "speech/resample.h"
#include "speech/voice.h"
#include "speech/wav.h"

#define RATE SPEECH_RATE

/* ---- a service of our own ---- */

struct service {
	struct conf conf;
	struct stop stop;
	struct speech *speech;
	pthread_t thread;
};

static void *run(void *arg)
{
	struct service *s = arg;

	assert_int_equal(speech_run(&s->conf, &s->stop, s->speech), 0);
	return NULL;
}

static void start(struct service *s, const char *recordings)
{
	memset(s, 0, sizeof(*s));
	s->conf.speech_recordings = (char *)(uintptr_t)recordings;
	s->conf.speech_cache_mb = 4;
	assert_int_equal(stop_init(&s->stop), 0);
	assert_int_equal(speech_new(&s->speech, &s->conf), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

static void end(struct service *s)
{
	stop_ask(&s->stop);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	s->speech = speech_free(s->speech);
	stop_fini(&s->stop);
}

/* What the agent does: ask, and when told so ask again. */
static const struct speech_clip *await(struct service *s, const char *text,
				       const char *language)
{
	struct pollfd p = { .fd = speech_fd(s->speech), .events = POLLIN };
	eventfd_t count;
	int err;

	for (;;) {
		const struct speech_clip *c =
			speech_get(s->speech, text_of(text), language, &err);

		if (c || err < 0)
			return c;
		assert_int_equal(poll(&p, 1, 30000), 1);
		assert_int_equal(eventfd_read(p.fd, &count), 0);
	}
}

/* ---- what is said ---- */

static void a_text_is_made_once_and_kept(void **state)
{
	const struct speech_clip *one, *two;
	struct service s;

	(void)state;
	start(&s, "");
	one = await(&s, "1200 N Main St Ste 4", "en");
	assert_non_null(one);
	assert_in_range(one->count, 2 * RATE, 6 * RATE);
	two = await(&s, "twelve hundred north main street, suite four.", "en");
	assert_ptr_equal(one, two);
	speech_unref(two);
	end(&s);
	/* It is the caller's. */
	assert_int_not_equal(one->samples[one->count / 2], 0x7fff);
	speech_unref(one);
	speech_unref(NULL);
}

static void sentences_stay_whatever_else_is_said(void **state)
{
	struct service s;
	char text[400];
	int err;

	(void)state;
	start(&s, "");
	for (enum prompt p = 0; p < PROMPT_COUNT; p++)
		speech_unref(await(&s, prompt_text(p, "fr"), "fr"));
	/* Each of these is a megabyte. */
	memset(text, '7', sizeof(text));
	for (size_t i = 0; i < 8; i++) {
		(void)snprintf(text + 380, 20, "%zu", i);
		speech_unref(await(&s, text, "en"));
	}
	for (enum prompt p = 0; p < PROMPT_COUNT; p++) {
		const struct speech_clip *c = speech_get(
			s.speech, text_of(prompt_text(p, "fr")), "fr", &err);

		assert_non_null(c);
		assert_int_equal(err, 0);
		speech_unref(c);
	}
	memset(text, '7', 380);
	(void)snprintf(text + 380, 20, "0");
	assert_null(speech_get(s.speech, text_of(text), "en", &err));
	end(&s);
}

static void what_has_no_words_is_refused(void **state)
{
	struct service s;
	int err = 0;

	(void)state;
	start(&s, "");
	assert_null(
		speech_get(s.speech, text_of("\xe2\x98\x83 ..."), "en", &err));
	assert_int_equal(err, -EINVAL);
	assert_null(speech_get(s.speech, text_of(NULL), NULL, &err));
	assert_int_equal(err, -EINVAL);
	end(&s);
}

static void a_text_without_end_is_cut(void **state)
{
	static char text[200000];
	const struct speech_clip *c;
	struct service s;

	(void)state;
	memset(text, '9', sizeof(text) - 1);
	for (size_t i = 40; i < sizeof(text) - 1; i += 40)
		text[i] = ' ';
	start(&s, "");
	c = await(&s, text, "en");
	assert_non_null(c);
	assert_in_range(c->count, 60 * RATE, SPEECH_SECONDS_MAX * RATE);
	speech_unref(c);
	end(&s);
}

static void too_many_that_wait_are_not_taken(void **state)
{
	struct conf conf = { .speech_recordings = (char *)(uintptr_t) "",
			     .speech_cache_mb = 4 };
	struct speech *s = NULL;
	char text[64];
	int err = 0;

	(void)state;
	assert_int_equal(speech_new(&s, &conf), 0);
	for (int i = 0; i < SPEECH_WAITING_MAX; i++) {
		(void)snprintf(text, sizeof(text), "room %d", i);
		assert_null(speech_get(s, text_of(text), "en", &err));
		assert_int_equal(err, 0);
	}
	assert_null(speech_get(s, text_of("one more"), "en", &err));
	assert_int_equal(err, -EAGAIN);
	assert_int_equal(stats_get(STAT_SPEECH_BUSY), 1);
	/* That one waits already. */
	assert_null(speech_get(s, text_of("room 7"), "en", &err));
	assert_int_equal(err, 0);
	s = speech_free(s);
	assert_null(s);
}

/* ---- the cache ---- */

static const struct speech_clip *clip_of(size_t count)
{
	int16_t *samples = calloc(count, sizeof(*samples));

	assert_non_null(samples);
	return clip_new(samples, count);
}

static void the_ones_used_last_are_kept(void **state)
{
	struct clip_cache *c = NULL;
	struct clip_entry *e;
	char text[32];

	(void)state;
	assert_int_equal(clip_cache_new(&c, 1000000), 0);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "text %d", i);
		e = clip_cache_add(c, text_of(text), PROMPT_EN);
		assert_non_null(e);
		e->stays = i == 1;
		assert_ptr_equal(clip_cache_next(c), e);
		clip_cache_done(c, e, clip_of(10000), 0);
		assert_in_range(clip_cache_bytes(c), 1, 1000000);
		assert_non_null(
			clip_cache_find(c, text_of("text 0"), PROMPT_EN));
	}
	assert_null(clip_cache_find(c, text_of("text 0"), PROMPT_FR));
	assert_non_null(clip_cache_find(c, text_of("text 1"), PROMPT_EN));
	assert_null(clip_cache_find(c, text_of("text 2"), PROMPT_EN));
	assert_non_null(clip_cache_find(c, text_of("text 99"), PROMPT_EN));
	c = clip_cache_free(c);
	assert_null(c);
}

static void what_waits_is_not_forgotten(void **state)
{
	struct clip_cache *c = NULL;
	struct clip_entry *waits, *e;

	(void)state;
	assert_int_equal(clip_cache_new(&c, 1), 0);
	e = clip_cache_add(c, text_of("first"), PROMPT_EN);
	waits = clip_cache_add(c, text_of("second"), PROMPT_EN);
	assert_ptr_equal(clip_cache_next(c), e);
	clip_cache_done(c, e, clip_of(10), 0);
	assert_ptr_equal(clip_cache_find(c, text_of("second"), PROMPT_EN),
			 waits);
	assert_int_equal(clip_cache_waiting(c), 1);
	/* One that failed is tried again when somebody says so. */
	assert_ptr_equal(clip_cache_next(c), waits);
	clip_cache_done(c, waits, NULL, 77);
	assert_int_equal(waits->state, CLIP_FAILED);
	assert_int_equal(waits->failed_at_ms, 77);
	assert_null(clip_cache_next(c));
	clip_cache_again(c, waits);
	assert_ptr_equal(clip_cache_next(c), waits);
	clip_cache_done(c, waits, clip_of(10), 0);
	assert_int_equal(waits->state, CLIP_READY);
	c = clip_cache_free(c);
}

/* ---- the voice ---- */

static void the_voice_takes_words_only(void **state)
{
	static const char *const bad[] = { "",    " ",   ",.",   "A",       "3",
					   "a-b", "<a>", "a\nb", "\xc3\xa9" };
	struct voice *v = NULL;
	int16_t *samples = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(voice_new(&v), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			voice_speak(v, text_of(bad[i]), &samples, &count),
			-EINVAL);
	assert_int_equal(voice_speak(v, text_make("a\0b", 3), &samples, &count),
			 -EINVAL);
	assert_int_equal(voice_speak(v, text_of("a"), &samples, &count), 0);
	assert_in_range(count, RATE / 20, RATE);
	free(samples);
	v = voice_free(v);
	assert_null(v);
}

/* Letters as they come: none of them may end the program. */
static void the_voice_reads_words_that_nobody_has_written(void **state)
{
	struct voice *v = NULL;
	uint32_t seed = 911;

	(void)state;
	assert_int_equal(voice_new(&v), 0);
	for (int i = 0; i < 100; i++) {
		int16_t *samples = NULL;
		char words[41];
		size_t count = 0;

		for (size_t j = 0; j < sizeof(words) - 1; j++) {
			seed = seed * 1664525 + 1013904223;
			words[j] =
				"abcdefghijklmnopqrstuvwxyz , ."[(seed >> 16) %
								 30];
		}
		words[sizeof(words) - 1] = '\0';
		assert_int_equal(
			voice_speak(v, text_of(words), &samples, &count), 0);
		free(samples);
	}
	v = voice_free(v);
}

/* ---- samples ---- */

static double power_at(const int16_t *s, size_t count, double hz)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < count; i++) {
		re += s[i] * cos(2 * M_PI * hz * (double)i / RATE);
		im += s[i] * sin(2 * M_PI * hz * (double)i / RATE);
	}
	return sqrt(re * re + im * im) * 2 / (double)count;
}

static double half_of_tone(double hz, double heard_at)
{
	enum { COUNT = 16000 };
	static int16_t in[COUNT], out[COUNT / 2];

	for (size_t i = 0; i < COUNT; i++)
		in[i] = (int16_t)lrint(10000 *
				       sin(2 * M_PI * hz * (double)i / 16000));
	resample_half(in, COUNT, out);
	return power_at(out + 1000, 6000, heard_at) / 10000;
}

static void the_band_of_a_telephone_passes_and_nothing_above(void **state)
{
	(void)state;
	for (double hz = 100; hz <= 3400; hz += 100) {
		double gain = half_of_tone(hz, hz);

		assert_true(gain > 0.98 && gain < 1.02);
	}
	/* It would be heard at 8000 - hz. */
	for (double hz = 4100; hz < 8000; hz += 100)
		assert_true(half_of_tone(hz, 8000 - hz) < 0.002);
}

static void all_is_equally_loud(void **state)
{
	static const double amplitudes[] = { 200, 3000, 32000 };
	enum { COUNT = 8000 };
	static int16_t s[COUNT];

	(void)state;
	for (size_t a = 0; a < ARRAY_SIZE(amplitudes); a++) {
		for (size_t i = 0; i < COUNT; i++)
			s[i] = (int16_t)lrint(amplitudes[a] * sin((double)i));
		level_normalise(s, COUNT);
		/* -20 dB of full scale; the amplitude of a sine is 3 dB up. */
		assert_in_range((int)power_at(s, COUNT, RATE / (2 * M_PI)),
				4500, 4800);
	}
	memset(s, 0, sizeof(s));
	level_normalise(s, COUNT);
	assert_int_equal(s[COUNT - 1], 0);
	assert_int_equal(silence_before(s, COUNT), COUNT);
	s[10] = s[20] = 5000;
	assert_int_equal(silence_before(s, COUNT), 10);
	assert_int_equal(silence_behind(s, COUNT), COUNT - 21);
}

/* ---- files ---- */

static size_t file_of(uint8_t *file, size_t count)
{
	wav_header(file, count);
	for (size_t i = 0; i < count; i++) {
		file[WAV_HEADER_SIZE + 2 * i] = (uint8_t)(3 * i);
		file[WAV_HEADER_SIZE + 2 * i + 1] = 0x20;
	}
	return WAV_HEADER_SIZE + 2 * count;
}

static int read_back(const uint8_t *file, size_t len)
{
	int16_t *samples = NULL;
	const char *why = NULL;
	size_t count = 0;
	int err = wav_read(text_make((const char *)file, len), &samples, &count,
			   &why);

	if (err >= 0)
		assert_in_range(count, 1, 50);
	else
		assert_non_null(why);
	free(samples);
	return err;
}

static void a_file_is_read_as_it_was_written(void **state)
{
	uint8_t file[WAV_HEADER_SIZE + 100];
	size_t len = file_of(file, 50);
	int16_t *samples = NULL;
	const char *why = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(
		wav_read(text_make((char *)file, len), &samples, &count, &why),
		0);
	assert_int_equal(count, 50);
	assert_int_equal(samples[49], 0x2000 + 3 * 49);
	free(samples);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = malloc(cut + 1);

		memcpy(exact, file, cut);
		assert_int_equal(read_back(exact, cut), -EBADMSG);
		free(exact);
	}
	for (size_t i = 0; i < WAV_HEADER_SIZE; i++) {
		for (unsigned v = 0; v < 256; v++) {
			uint8_t kept = file[i];

			file[i] = (uint8_t)v;
			(void)read_back(file, len);
			file[i] = kept;
		}
	}
}

/* ---- recordings ---- */

static void write_wav(const char *directory, const char *name)
{
	uint8_t file[WAV_HEADER_SIZE + 2 * 800];
	char path[300];
	FILE *out;
	size_t len = file_of(file, 800);

	(void)snprintf(path, sizeof(path), "%s/%s.wav", directory, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(file, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void remove_wav(const char *directory, const char *name)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s.wav", directory, name);
	(void)unlink(path);
}

static void for_all_names(const char *directory,
			  void (*f)(const char *directory, const char *name))
{
	for (enum prompt p = 0; p < PROMPT_COUNT; p++)
		f(directory, prompt_file(p));
	for (char digit[2] = "0"; digit[0] <= '9'; digit[0]++)
		f(directory, digit);
	f(directory, "plus");
}

static size_t length_of(const char *recordings, const char *text,
			const char *language)
{
	const struct speech_clip *c;
	struct service s;
	size_t count;

	start(&s, recordings);
	c = await(&s, text, language);
	assert_non_null(c);
	count = c->count;
	speech_unref(c);
	end(&s);
	return count;
}

static void a_language_is_spoken_by_recordings_if_all_are_there(void **state)
{
	char top[] = "/tmp/test_speech.XXXXXX", fr[64];
	const char *goodbye = prompt_text(PROMPT_GOODBYE, "fr");

	(void)state;
	assert_non_null(mkdtemp(top));
	(void)snprintf(fr, sizeof(fr), "%s/fr", top);
	assert_int_equal(mkdir(fr, 0700), 0);
	for_all_names(fr, write_wav);
	assert_int_equal(length_of(top, goodbye, "fr"), 800);
	/* Two groups of two digits. */
	assert_int_equal(length_of(top, "one two, three four.", "fr"),
			 4 * 800 + 2 * 60 * 8 + 300 * 8);
	remove_wav(fr, "7");
	log_set_level(LOG_LVL_ERROR);
	assert_in_range(length_of(top, goodbye, "fr"), 1600, 16000);
	log_set_level(LOG_LVL_INFO);
	for_all_names(fr, remove_wav);
	assert_int_equal(rmdir(fr), 0);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_made_once_and_kept),
		cmocka_unit_test(sentences_stay_whatever_else_is_said),
		cmocka_unit_test(what_has_no_words_is_refused),
		cmocka_unit_test(a_text_without_end_is_cut),
		cmocka_unit_test(too_many_that_wait_are_not_taken),
		cmocka_unit_test(the_ones_used_last_are_kept),
		cmocka_unit_test(what_waits_is_not_forgotten),
		cmocka_unit_test(the_voice_takes_words_only),
		cmocka_unit_test(the_voice_reads_words_that_nobody_has_written),
		cmocka_unit_test(
			the_band_of_a_telephone_passes_and_nothing_above),
		cmocka_unit_test(all_is_equally_loud),
		cmocka_unit_test(a_file_is_read_as_it_was_written),
		cmocka_unit_test(
			a_language_is_spoken_by_recordings_if_all_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
