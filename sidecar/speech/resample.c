/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/resample.h"

#include <math.h>
#include <pthread.h>

/* ---- the filter: a sinc in a Kaiser window ---- */

#define MIDDLE   191 /* so many before it, and behind */
#define TAPS     (2 * MIDDLE + 1)
#define CUTOFF   (3950.0 / 16000) /* of the rate; 6 dB down there */
#define KAISER_B 5.65             /* 60 dB */

static float taps[TAPS];
static pthread_once_t taps_made = PTHREAD_ONCE_INIT;

/* The modified Bessel function of order 0. */
static double bessel(double x)
{
	double sum = 1, term = 1;

	for (int k = 1; k < 32; k++) {
		term *= (x / (2 * k)) * (x / (2 * k));
		sum += term;
	}
	return sum;
}

static void make_taps(void)
{
	double sum = 0;

	for (int i = 0; i < TAPS; i++) {
		double at = i - MIDDLE, r = at / MIDDLE;
		double sinc =
			at == 0 ? 2 * CUTOFF
				: sin(2 * M_PI * CUTOFF * at) / (M_PI * at);

		taps[i] = (float)(sinc * bessel(KAISER_B * sqrt(1 - r * r)) /
				  bessel(KAISER_B));
		sum += taps[i];
	}
	for (int i = 0; i < TAPS; i++)
		taps[i] = (float)(taps[i] / sum);
}

static int16_t rounded(double v)
{
	if (v >= INT16_MAX)
		return INT16_MAX;
	if (v <= INT16_MIN)
		return INT16_MIN;
	return (int16_t)lrint(v);
}

void resample_half(const int16_t *in, size_t count, int16_t *out)
{
	(void)pthread_once(&taps_made, make_taps);
	for (size_t at = 0; at < count; at += 2) {
		size_t from = at > MIDDLE ? at - MIDDLE : 0;
		size_t to = count - at > MIDDLE ? at + MIDDLE + 1 : count;
		float sum = 0;

		for (size_t i = from; i < to; i++)
			sum += (float)in[i] * taps[i + MIDDLE - at];
		out[at / 2] = rounded(sum);
	}
}

/* ---- treble ---- */

/* So much of the sample before is taken away. */
#define LIFT 0.45

void treble_lift(int16_t *samples, size_t count)
{
	for (size_t i = count; i-- > 1;)
		samples[i] = rounded(samples[i] - LIFT * samples[i - 1]);
}

/* ---- the level ---- */

#define FRAME      160 /* 20 ms */
#define LEVEL      (0.1 * 32768)
#define PEAK       (0.89 * 32768)
#define QUIET_PART 0.02 /* of the loudest frame's power: a pause */

static double power_of(const int16_t *s, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)s[i] * s[i];
	return count ? sum / (double)count : 0;
}

static double loudest(const int16_t *s, size_t count)
{
	double most = 0;

	for (size_t at = 0; at < count; at += FRAME) {
		size_t n = count - at < FRAME ? count - at : FRAME;

		most = fmax(most, power_of(s + at, n));
	}
	return most;
}

static double spoken_level(const int16_t *s, size_t count)
{
	double quiet = loudest(s, count) * QUIET_PART, sum = 0;
	size_t frames = 0;

	for (size_t at = 0; at + FRAME <= count; at += FRAME) {
		double p = power_of(s + at, FRAME);

		if (p <= quiet)
			continue;
		sum += p;
		frames++;
	}
	return frames ? sqrt(sum / (double)frames) : 0;
}

void level_normalise(int16_t *samples, size_t count)
{
	double level = spoken_level(samples, count), gain;
	int peak = 0;

	for (size_t i = 0; i < count; i++)
		if (samples[i] > peak || -samples[i] > peak)
			peak = samples[i] < 0 ? -samples[i] : samples[i];
	/* Less than one bit of G.711 is no speech. */
	if (level < 8 || !peak)
		return;
	gain = fmin(LEVEL / level, PEAK / peak);
	for (size_t i = 0; i < count; i++)
		samples[i] = rounded(samples[i] * gain);
}

/* ---- silence ---- */

#define SILENT 100 /* below it nothing is heard behind G.711 */

static int is_silent(int16_t s)
{
	return s < SILENT && s > -SILENT;
}

size_t silence_before(const int16_t *samples, size_t count)
{
	size_t n = 0;

	while (n < count && is_silent(samples[n]))
		n++;
	return n;
}

size_t silence_behind(const int16_t *samples, size_t count)
{
	size_t n = 0;

	while (n < count && is_silent(samples[count - 1 - n]))
		n++;
	return n;
}
