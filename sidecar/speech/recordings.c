/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/recordings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "speech/resample.h"
#include "speech/wav.h"

#define WHO "speech"
/* Sentences, then digits. */
#define FILES (PROMPT_COUNT + RECORDING_DIGITS)
/* Room for other chunks beside the samples. */
#define FILE_MAX ((size_t)WAV_SECONDS_MAX * 16000 + 65536)

struct recordings {
	struct {
		int16_t *samples; /* owned */
		size_t count;
	} files[PROMPT_LANGUAGES][FILES];
};

static void name_of(size_t file, char ret[64])
{
	if (file < PROMPT_COUNT)
		(void)snprintf(ret, 64, "%s", prompt_file((enum prompt)file));
	else if (file == PROMPT_COUNT + RECORDING_PLUS)
		(void)snprintf(ret, 64, "plus");
	else
		(void)snprintf(ret, 64, "%zu", file - PROMPT_COUNT);
}

/* ---- one file ---- */

static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* The bytes, the caller's to free(); -ENOENT, -EBADMSG: no usable file. */
static int load(const char *path, struct text *ret)
{
	/* A FIFO would keep us waiting. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = -EBADMSG;
	char *buf = NULL;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		n = -errno;
	else if (S_ISREG(st.st_mode) && (size_t)st.st_size <= FILE_MAX)
		buf = malloc(FILE_MAX);
	if (buf)
		n = read_all(fd, buf, FILE_MAX);
	(void)close(fd);
	if (n < 0) {
		free(buf);
		return (int)n;
	}
	*ret = text_make(buf, (size_t)n);
	return 0;
}

static void read_file(struct recordings *r, enum prompt_language l, size_t file,
		      const char *path)
{
	const char *why = "it cannot be read";
	struct text bytes = { 0 };
	int err = load(path, &bytes);

	if (err == -ENOENT)
		return;
	if (err >= 0)
		err = wav_read(bytes, &r->files[l][file].samples,
			       &r->files[l][file].count, &why);
	free((char *)bytes.p);
	if (err < 0)
		log_warning(WHO, "recording '%s' is not used: %s", path, why);
	else
		level_normalise(r->files[l][file].samples,
				r->files[l][file].count);
}

/* ---- what may be used ---- */

static void forget(struct recordings *r, enum prompt_language l, size_t from,
		   size_t to)
{
	for (size_t i = from; i < to; i++) {
		free(r->files[l][i].samples);
		r->files[l][i].samples = NULL;
		r->files[l][i].count = 0;
	}
}

static size_t count_missing(const struct recordings *r, enum prompt_language l,
			    size_t from, size_t *ret_first)
{
	size_t missing = 0;

	for (size_t i = FILES; i-- > from;) {
		if (r->files[l][i].samples)
			continue;
		*ret_first = i;
		missing++;
	}
	return missing;
}

static void read_language(struct recordings *r, enum prompt_language l,
			  const char *directory)
{
	size_t from = l == PROMPT_EN ? PROMPT_COUNT : 0, first = 0, missing;
	char path[1200], name[64];

	for (size_t i = 0; i < FILES; i++) {
		name_of(i, name);
		(void)snprintf(path, sizeof(path), "%s/%s/%s.wav", directory,
			       prompt_language_name(l), name);
		read_file(r, l, i, path);
	}
	missing = count_missing(r, l, from, &first);
	if (!missing)
		return;
	name_of(first, name);
	if (missing < FILES - from)
		log_warning(WHO,
			    "%zu recordings of '%s' are missing, the first is "
			    "'%s.wav': %s",
			    missing, prompt_language_name(l), name,
			    l == PROMPT_EN ? "the voice says the digits"
					   : "English is spoken instead");
	forget(r, l, from, FILES);
}

/* ---- all of them ---- */

int recordings_new(struct recordings **ret, const char *directory)
{
	struct recordings *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	if (directory[0])
		for (enum prompt_language l = 0; l < PROMPT_LANGUAGES; l++)
			read_language(r, l, directory);
	*ret = r;
	return 0;
}

struct recordings *recordings_free(struct recordings *r)
{
	if (!r)
		return NULL;
	for (enum prompt_language l = 0; l < PROMPT_LANGUAGES; l++)
		forget(r, l, 0, FILES);
	free(r);
	return NULL;
}

struct recording recordings_prompt(const struct recordings *r,
				   enum prompt_language l, enum prompt p)
{
	return (struct recording){ r->files[l][p].samples,
				   r->files[l][p].count };
}

struct recording recordings_digit(const struct recordings *r,
				  enum prompt_language l, unsigned digit)
{
	return (struct recording){ r->files[l][PROMPT_COUNT + digit].samples,
				   r->files[l][PROMPT_COUNT + digit].count };
}
