/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <flite/flite.h>
#include <stdlib.h>

#include "speech/resample.h"
#include "speech/voice.h"
#include "text_writer.h"

/* Its header has no prototype for it. */
cst_voice *register_cmu_us_kal16(const char *directory);
void unregister_cmu_us_kal16(cst_voice *voice);

#define VOICE_RATE 16000
/* What pocketsphinx understands best (test/bench/speech): flite's own pace, a
 * pitch a little above its own. */
#define STRETCH 1.0f
#define PITCH   110.0f

#define MARGIN 800 /* samples of silence that stay at either end */

struct voice {
	cst_voice *flite; /* owned */
};

int voice_new(struct voice **ret)
{
	struct voice *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	(void)flite_init();
	v->flite = register_cmu_us_kal16(NULL);
	if (!v->flite) {
		free(v);
		return -ENOTSUP;
	}
	feat_set_float(v->flite->features, "duration_stretch", STRETCH);
	feat_set_float(v->flite->features, "int_f0_target_mean", PITCH);
	*ret = v;
	return 0;
}

struct voice *voice_free(struct voice *v)
{
	if (!v)
		return NULL;
	unregister_cmu_us_kal16(v->flite);
	free(v);
	return NULL;
}

static bool is_speakable(struct text t)
{
	bool has_letter = false;

	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] >= 'a' && t.p[i] <= 'z')
			has_letter = true;
		else if (!t.p[i] || !strchr(" ,.", t.p[i]))
			return false;
	}
	return has_letter && t.len <= VOICE_TEXT_MAX;
}

static bool is_alone(struct text t, size_t i)
{
	return (!i || t.p[i - 1] == ' ') &&
	       (i + 1 == t.len || strchr(" ,.", t.p[i + 1]));
}

/* "a" is the letter, not the article: "suite ay". */
static void respell(struct text words, char *ret, size_t size)
{
	struct text_writer w = text_writer_on(ret, size);

	for (size_t i = 0; i < words.len; i++) {
		if (words.p[i] == 'a' && is_alone(words, i))
			text_write_cstr(&w, "ay");
		else
			text_write(&w, text_make(words.p + i, 1));
	}
	(void)text_writer_end(&w);
}

static int take_wave(cst_wave *wave, int16_t **ret_samples, size_t *ret_count)
{
	size_t count = ((size_t)wave->num_samples + 1) / 2, before, behind;
	int16_t *samples;

	if (wave->sample_rate != VOICE_RATE || wave->num_channels != 1 ||
	    wave->num_samples <= 0)
		return -EIO;
	samples = malloc(count * sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	treble_lift(wave->samples, (size_t)wave->num_samples);
	resample_half(wave->samples, (size_t)wave->num_samples, samples);
	level_normalise(samples, count);
	before = silence_before(samples, count);
	if (before == count) {
		free(samples);
		return -EIO;
	}
	behind = silence_behind(samples, count);
	/* A word dies away slowly: the end of "six" is as good as silent. */
	before -= before < MARGIN ? before : MARGIN;
	behind -= behind < MARGIN ? behind : MARGIN;
	count -= before + behind;
	memmove(samples, samples + before, count * sizeof(*samples));
	*ret_samples = samples;
	*ret_count = count;
	return 0;
}

int voice_speak(struct voice *v, struct text words, int16_t **ret_samples,
		size_t *ret_count)
{
	char text[VOICE_TEXT_MAX * 2 + 1];
	cst_wave *wave;
	int err;

	if (!is_speakable(words))
		return -EINVAL;
	respell(words, text, sizeof(text));
	wave = flite_text_to_wave(text, v->flite);
	if (!wave)
		return -EIO;
	err = take_wave(wave, ret_samples, ret_count);
	delete_wave(wave);
	return err;
}
