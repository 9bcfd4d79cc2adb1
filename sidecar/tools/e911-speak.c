/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e911-speak: what e911d would say, as words or as a WAV file.
 *
 *	e911-speak [-w] [-l LANGUAGE] [-r DIRECTORY] [-o FILE] TEXT...
 *	e911-speak [-w] [-l LANGUAGE] [-r DIRECTORY] [-o FILE] -p NAME
 *	e911-speak --prompts
 *
 * Each TEXT is a line; "-" reads standard input.  -p: the sentence of that
 * name in speech/prompt.def.  -w: the words, on standard output.  -o: 8 kHz,
 * one channel, 16 bits.  -r: speech_recordings.
 *
 * Exit codes: 0; 1: it could not be spoken or written; 2: wrong usage.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bytes.h"
#include "speech/prompt.h"
#include "speech/render.h"
#include "speech/speech.h"
#include "speech/spoken.h"
#include "speech/wav.h"

#define TEXT_SIZE  65536
#define WORDS_SIZE (16 * TEXT_SIZE)

enum exit_code { EXIT_CODE_OK = 0, EXIT_CODE_FAILED = 1, EXIT_CODE_USAGE = 2 };

struct arguments {
	const char *language, *recordings, *output, *prompt;
	bool words_only, list_only;
	char **texts;
	int count;
};

static int usage(void)
{
	(void)fputs("usage: e911-speak [-w] [-l LANGUAGE] [-r DIRECTORY] "
		    "[-o FILE] TEXT... | -p NAME\n"
		    "       e911-speak --prompts\n",
		    stderr);
	return EXIT_CODE_USAGE;
}

static int list_prompts(const char *language)
{
	for (enum prompt p = 0; p < PROMPT_COUNT; p++)
		(void)printf("%s\t%s\n", prompt_file(p),
			     prompt_text(p, language));
	return EXIT_CODE_OK;
}

static const char *find_prompt(const struct arguments *a)
{
	for (enum prompt p = 0; p < PROMPT_COUNT; p++)
		if (strcmp(prompt_file(p), a->prompt) == 0)
			return prompt_text(p, a->language);
	return NULL;
}

static void read_input(struct text_writer *w)
{
	w->used += fread(w->buf + w->used, 1, w->size - w->used, stdin);
	w->full = !feof(stdin);
}

/* False: there is nothing to say, or too much. */
static bool collect(const struct arguments *a, struct text_writer *w)
{
	if (a->prompt) {
		const char *text = find_prompt(a);

		text_write_cstr(w, text);
		return text != NULL;
	}
	for (int i = 0; i < a->count; i++) {
		text_write_cstr(w, i ? "\n" : "");
		if (strcmp(a->texts[i], "-") == 0)
			read_input(w);
		else
			text_write_cstr(w, a->texts[i]);
	}
	return w->used && !w->full;
}

static int write_file(const char *path, const int16_t *samples, size_t count)
{
	uint8_t header[WAV_HEADER_SIZE], sample[2];
	FILE *out = fopen(path, "wb");
	bool is_good;

	if (!out)
		return -errno;
	wav_header(header, count);
	is_good = fwrite(header, sizeof(header), 1, out) == 1;
	for (size_t i = 0; is_good && i < count; i++) {
		le16_put(sample, (uint16_t)samples[i]);
		is_good = fwrite(sample, sizeof(sample), 1, out) == 1;
	}
	if (fclose(out) != 0 || !is_good)
		return -EIO;
	return 0;
}

static int speak(const struct arguments *a, struct text words)
{
	struct renderer *r = NULL;
	int16_t *samples = NULL;
	size_t count = 0;
	int err = renderer_new(&r, a->recordings);

	if (err >= 0)
		err = render(r, words, prompt_language_find(a->language),
			     (size_t)SPEECH_SECONDS_MAX * SPEECH_RATE, &samples,
			     &count);
	if (err >= 0)
		err = write_file(a->output, samples, count);
	if (err < 0)
		(void)fprintf(stderr, "e911-speak: %s: %s\n", a->output,
			      strerror(-err));
	free(samples);
	r = renderer_free(r);
	return err < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int run(const struct arguments *a)
{
	static char text[TEXT_SIZE], said[WORDS_SIZE];
	struct text_writer t = text_writer_on(text, sizeof(text));
	struct text_writer w = text_writer_on(said, sizeof(said));

	if (!collect(a, &t))
		return usage();
	(void)spoken_text(&w, text_written(&t));
	if (a->words_only)
		(void)printf("%.*s\n", TEXT_ARG(text_written(&w)));
	return a->output ? speak(a, text_written(&w)) : EXIT_CODE_OK;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "prompts", no_argument, NULL, 'P' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments a = { .language = "en", .recordings = "" };
	int c;

	while ((c = getopt_long(argc, argv, "wl:r:o:p:", options, NULL)) !=
	       -1) {
		switch (c) {
		case 'w':
			a.words_only = true;
			break;
		case 'l':
			a.language = optarg;
			break;
		case 'r':
			a.recordings = optarg;
			break;
		case 'o':
			a.output = optarg;
			break;
		case 'p':
			a.prompt = optarg;
			break;
		case 'P':
			a.list_only = true;
			break;
		default:
			return usage();
		}
	}
	a.texts = argv + optind;
	a.count = argc - optind;
	if (a.list_only)
		return list_prompts(a.language);
	if ((!a.words_only && !a.output) || (!a.prompt) == (a.count == 0))
		return usage();
	return run(&a);
}
