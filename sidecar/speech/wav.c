/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/wav.h"

#include <errno.h>
#include <stdlib.h>

#include "bytes.h"

#define RATE 8000

/* The content of the first chunk of that name; false: there is none. */
static bool find_chunk(struct text t, const char name[4], struct text *ret)
{
	while (t.len >= 8) {
		size_t len = le32_get((const uint8_t *)t.p + 4);
		bool is_it = memcmp(t.p, name, 4) == 0;

		t.p += 8;
		t.len -= 8;
		if (len > t.len)
			return false;
		if (is_it) {
			*ret = text_make(t.p, len);
			return true;
		}
		/* Chunks begin at even bytes. */
		len += len & (len < t.len);
		t.p += len;
		t.len -= len;
	}
	return false;
}

static const char *why_not(struct text format)
{
	const uint8_t *f = (const uint8_t *)format.p;

	if (format.len < 16)
		return "its format is cut";
	if (le16_get(f) != 1 || le16_get(f + 14) != 16)
		return "it is not PCM of 16 bits";
	if (le16_get(f + 2) != 1)
		return "it has more than one channel";
	if (le32_get(f + 4) != RATE)
		return "its rate is not 8000 Hz";
	return NULL;
}

int wav_read(struct text bytes, int16_t **ret_samples, size_t *ret_count,
	     const char **ret_why)
{
	struct text chunks, format, data;
	int16_t *samples;
	size_t count;

	*ret_why = "it is no WAV file";
	if (bytes.len < 12 || memcmp(bytes.p, "RIFF", 4) != 0 ||
	    memcmp(bytes.p + 8, "WAVE", 4) != 0)
		return -EBADMSG;
	chunks = text_make(bytes.p + 12, bytes.len - 12);
	if (!find_chunk(chunks, "fmt ", &format) ||
	    !find_chunk(chunks, "data", &data)) {
		*ret_why = "it is cut";
		return -EBADMSG;
	}
	*ret_why = why_not(format);
	if (*ret_why)
		return -EBADMSG;
	count = data.len / 2;
	*ret_why = "it is empty";
	if (!count)
		return -EBADMSG;
	*ret_why = "it is longer than a minute";
	if (count > (size_t)WAV_SECONDS_MAX * RATE)
		return -EFBIG;
	*ret_why = "no memory";
	samples = malloc(count * sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		samples[i] = (int16_t)le16_get((const uint8_t *)data.p + 2 * i);
	*ret_samples = samples;
	*ret_count = count;
	return 0;
}

void wav_header(uint8_t ret[WAV_HEADER_SIZE], size_t count)
{
	uint32_t bytes = (uint32_t)(count * 2);

	memcpy(ret, "RIFF....WAVEfmt ", 16);
	le32_put(ret + 4, bytes + WAV_HEADER_SIZE - 8);
	le32_put(ret + 16, 16);
	le16_put(ret + 20, 1);
	le16_put(ret + 22, 1);
	le32_put(ret + 24, RATE);
	le32_put(ret + 28, RATE * 2);
	le16_put(ret + 32, 2);
	le16_put(ret + 34, 16);
	memcpy(ret + 36, "data", 4);
	le32_put(ret + 40, bytes);
}
