/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resample: 16 kHz to 8 kHz, and a level.
 *
 * What lies above 4 kHz would be heard as something else below it (aliasing):
 * it is filtered away first, 60 dB down from 4.03 kHz on; up to 3.87 kHz the
 * filter is flat: a telephone ends at 3.4 kHz, but what tells "six" from
 * "three" lies there and above.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Every second sample of in, filtered: (count + 1) / 2 of them.  A signal and
 * its result lie on top of each other. */
void resample_half(const int16_t *in, size_t count, int16_t *out);

/*
 * What a telephone's microphone does (the sending side of ITU-T P.48): high
 * tones are lifted against low ones.  Of samples of 16 kHz: 5 dB down below
 * 500 Hz, 2.5 at 2 kHz, none at 3.4.
 */
void treble_lift(int16_t *samples, size_t count);

/*
 * One level for all voices and recordings, where they speak: -20 dB below full
 * scale (ITU-T G.711's sine, P.56's way to measure by and large), no peak above
 * -1 dB.  Silence stays silence.
 */
void level_normalise(int16_t *samples, size_t count);

/* How many samples at the start, or at the end, are as good as silent. */
size_t silence_before(const int16_t *samples, size_t count);
size_t silence_behind(const int16_t *samples, size_t count);
