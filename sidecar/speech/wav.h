/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wav: RIFF/WAVE files of 8 kHz, one channel, 16 bits (PCM). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define WAV_HEADER_SIZE 44
#define WAV_SECONDS_MAX 60

/*
 * The samples of a whole file, any bytes; the caller's to free().  -EBADMSG:
 * no such file, cut, or of another format (*ret_why says what); -EFBIG:
 * longer than WAV_SECONDS_MAX; -ENOMEM.
 */
int must_check wav_read(struct text bytes, int16_t **ret_samples,
			size_t *ret_count, const char **ret_why);

/* What stands before count samples, little-endian, in a file. */
void wav_header(uint8_t ret[WAV_HEADER_SIZE], size_t count);
