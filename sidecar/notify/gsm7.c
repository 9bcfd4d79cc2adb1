/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/gsm7.h"

#include "base/utf8.h"
#include "notify/clean.h"

#define MARK "..."

/* What of the default alphabet is beyond ASCII. */
static const uint16_t basic[] = {
	0x00a1, 0x00a3, 0x00a4, 0x00a5, 0x00a7, 0x00bf, 0x00c4, 0x00c5,
	0x00c6, 0x00c7, 0x00c9, 0x00d1, 0x00d6, 0x00d8, 0x00dc, 0x00df,
	0x00e0, 0x00e4, 0x00e5, 0x00e6, 0x00e8, 0x00e9, 0x00ec, 0x00f1,
	0x00f2, 0x00f6, 0x00f8, 0x00f9, 0x00fc, 0x0393, 0x0394, 0x0398,
	0x039b, 0x039e, 0x03a0, 0x03a3, 0x03a6, 0x03a8, 0x03a9,
};

/* What is as good in the default alphabet. */
static const struct {
	uint16_t from;
	const char *to;
} plainer[] = {
	{ 0x0009, " " },  { 0x0060, "'" },  { 0x00a0, " " }, { 0x00ab, "\"" },
	{ 0x00bb, "\"" }, { 0x2002, " " },  { 0x2003, " " }, { 0x2007, " " },
	{ 0x2009, " " },  { 0x200b, "" },   { 0x2010, "-" }, { 0x2011, "-" },
	{ 0x2012, "-" },  { 0x2013, "-" },  { 0x2014, "-" }, { 0x2015, "-" },
	{ 0x2018, "'" },  { 0x2019, "'" },  { 0x201a, "'" }, { 0x201c, "\"" },
	{ 0x201d, "\"" }, { 0x201e, "\"" }, { 0x2022, "*" }, { 0x2026, "..." },
	{ 0x202f, " " },  { 0x2039, "'" },  { 0x203a, "'" }, { 0x2212, "-" },
	{ 0xfeff, "" },
};

unsigned gsm7_septets(uint32_t c)
{
	if (c == '\n' || c == '\r')
		return 1;
	if (c >= 0x20 && c <= 0x7e) {
		if (c == '`')
			return 0;
		return strchr("^{}\\[~]|", (int)c) ? 2 : 1;
	}
	if (c == 0x20ac || c == '\f')
		return 2;
	for (size_t i = 0; i < ARRAY_SIZE(basic); i++)
		if (basic[i] == c)
			return 1;
	return 0;
}

/* One way of coding, as far as the text is read. */
struct coding {
	unsigned alone, each; /* units in the only segment, and of several */
	unsigned units;
	unsigned segments, last; /* if there are several; units in the last */
};

static void coding_add(struct coding *k, unsigned n)
{
	k->units += n;
	if (k->last + n > k->each) {
		k->segments++;
		k->last = 0;
	}
	k->last += n;
}

static unsigned coding_segments(const struct coding *k)
{
	return k->units <= k->alone ? 1 : k->segments;
}

struct meter {
	bool is_ucs2;
	struct coding gsm, ucs2;
};

static struct meter meter_begin(void)
{
	return (struct meter){
		.gsm = { .alone = 160, .each = 153, .segments = 1 },
		.ucs2 = { .alone = 70, .each = 67, .segments = 1 },
	};
}

static void meter_add(struct meter *m, uint32_t c)
{
	unsigned septets = gsm7_septets(c);

	if (!septets)
		m->is_ucs2 = true;
	coding_add(&m->gsm, septets);
	coding_add(&m->ucs2, c > 0xffff ? 2 : 1);
}

static const struct coding *meter_coding(const struct meter *m)
{
	return m->is_ucs2 ? &m->ucs2 : &m->gsm;
}

/* The character at the start of t, and its bytes. */
static uint32_t first(struct text t, size_t *ret_n)
{
	size_t n = utf8_char_len(t.p, t.p + t.len);

	*ret_n = n ? n : 1;
	return n ? clean_code_point(t.p, n) : 0xfffd;
}

void sms_measure(struct text t, struct sms_size *ret)
{
	struct meter m = meter_begin();
	const struct coding *k;

	for (size_t at = 0, n; at < t.len; at += n)
		meter_add(&m, first(text_make(t.p + at, t.len - at), &n));
	k = meter_coding(&m);
	*ret = (struct sms_size){ m.is_ucs2, k->units, coding_segments(k) };
}

static bool mark_fits(struct meter m, unsigned segments_max)
{
	for (size_t i = 0; i < sizeof(MARK) - 1; i++)
		meter_add(&m, (uint8_t)MARK[i]);
	return coding_segments(meter_coding(&m)) <= segments_max;
}

static void make_plainer(struct out *o, struct text t)
{
	for (size_t n; t.len; t.p += n, t.len -= n) {
		uint32_t c = first(t, &n);
		struct text one = text_make(t.p, n);

		for (size_t i = 0; i < ARRAY_SIZE(plainer); i++)
			if (plainer[i].from == c)
				one = text_of(plainer[i].to);
		out_add(o, one);
	}
}

void sms_fit(struct out *o, struct text t, unsigned segments_max)
{
	struct meter m = meter_begin();
	struct out plain = { 0 };
	size_t cut = 0;

	make_plainer(&plain, t);
	o->failed |= plain.failed;
	t = out_text(&plain);
	for (size_t at = 0, n; at < t.len;) {
		meter_add(&m, first(text_make(t.p + at, t.len - at), &n));
		at += n;
		if (mark_fits(m, segments_max))
			cut = at;
	}
	if (coding_segments(meter_coding(&m)) <= segments_max)
		cut = t.len;
	out_add(o, text_make(t.p, cut));
	if (cut < t.len)
		out_cstr(o, MARK);
	out_fini(&plain);
}
