/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resample: 16 kHz to 8 kHz, and a level.
 *
 * What lies above 4 kHz would be heard as something else below it (aliasing):
 * it is filtered away first, 60 dB down, and up to 3.4 kHz, the band of a
 * telephone, the filter is flat.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Every second sample of in, filtered: (count + 1) / 2 of them.  A signal and
 * its result lie on top of each other. */
void resample_half(const int16_t *in, size_t count, int16_t *out);

/*
 * One level for all voices and recordings, where they speak: -20 dB below full
 * scale (ITU-T G.711's sine, P.56's way to measure by and large), no peak above
 * -1 dB.  Silence stays silence.
 */
void level_normalise(int16_t *samples, size_t count);

/* How many samples at the start, or at the end, are as good as silent. */
size_t silence_before(const int16_t *samples, size_t count);
size_t silence_behind(const int16_t *samples, size_t count);
