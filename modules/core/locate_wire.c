/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate_wire.h"

#include <errno.h>

#include "bytes.h"

#define VERSION       1
#define QUESTION_HEAD 28
#define ITEM_HEAD     8
#define ANSWER_HEAD   64
#define NANO          1e9
#define ASKS_ADDRESS  1

static const char question_mark[4] = { 'E', '9', 'L', 'Q' };
static const char answer_mark[4] = { 'E', '9', 'L', 'A' };

enum flag {
	FLAG_POINT = 1 << 0,
	FLAG_CIVIC = 1 << 1,
	FLAG_NEAREST = 1 << 2,
	FLAG_ALL = FLAG_POINT | FLAG_CIVIC | FLAG_NEAREST,
};

const char *locate_status_name(enum locate_status s)
{
	static const char *const names[LOCATE_STATUS_COUNT] = {
		[LOCATE_HERE] = "here",
		[LOCATE_FOUND] = "found",
		[LOCATE_NO_PSAP] = "no_psap",
		[LOCATE_UNUSABLE] = "unusable",
		[LOCATE_FORBIDDEN] = "forbidden",
		[LOCATE_FAILED] = "failed",
		[LOCATE_BUSY] = "busy",
	};

	return s < LOCATE_STATUS_COUNT ? names[s] : "?";
}

/* ---- the question ---- */

int locate_question_encode(const struct locate_question *q, void *buf,
			   size_t size)
{
	uint8_t *p = buf;
	size_t at = QUESTION_HEAD;

	if (size > LOCATE_QUESTION_MAX)
		size = LOCATE_QUESTION_MAX;
	if (size < at || q->count > BROUGHT_MAX)
		return -EMSGSIZE;
	memset(p, 0, at);
	memcpy(p, question_mark, sizeof(question_mark));
	p[4] = VERSION;
	p[5] = (uint8_t)q->count;
	p[6] = q->wants_address ? ASKS_ADDRESS : 0;
	memcpy(p + 8, q->nonce.b, LOCATE_NONCE_SIZE);
	le32_put(p + 24, q->budget_ms);
	for (unsigned i = 0; i < q->count; i++) {
		const struct brought_item *item = &q->items[i];

		if (size - at < ITEM_HEAD ||
		    size - at - ITEM_HEAD < item->text.len)
			return -EMSGSIZE;
		memset(p + at, 0, ITEM_HEAD);
		p[at] = (uint8_t)item->kind;
		le32_put(p + at + 4, (uint32_t)item->text.len);
		memcpy(p + at + ITEM_HEAD, item->text.p, item->text.len);
		at += ITEM_HEAD + item->text.len;
	}
	return (int)at;
}

static bool item_decode(const uint8_t *p, size_t len, struct brought_item *ret)
{
	if (len < ITEM_HEAD)
		return false;
	ret->kind = (enum brought_kind)p[0];
	ret->text.p = (const char *)p + ITEM_HEAD;
	ret->text.len = le32_get(p + 4);
	return (ret->kind == BROUGHT_VALUE || ret->kind == BROUGHT_REFERENCE) &&
	       ret->text.len && ret->text.len <= len - ITEM_HEAD;
}

int locate_question_decode(const void *buf, size_t len,
			   struct locate_question *ret)
{
	struct locate_question q = { 0 };
	const uint8_t *p = buf;
	size_t at = QUESTION_HEAD;

	if (len < at || len > LOCATE_QUESTION_MAX ||
	    memcmp(p, question_mark, sizeof(question_mark)) != 0 ||
	    p[4] != VERSION || p[5] > BROUGHT_MAX)
		return -EBADMSG;
	memcpy(q.nonce.b, p + 8, LOCATE_NONCE_SIZE);
	q.budget_ms = le32_get(p + 24);
	q.count = p[5];
	q.wants_address = p[6] & ASKS_ADDRESS;
	for (unsigned i = 0; i < q.count; i++) {
		if (!item_decode(p + at, len - at, &q.items[i]))
			return -EBADMSG;
		at += ITEM_HEAD + q.items[i].text.len;
	}
	if (at != len)
		return -EBADMSG;
	*ret = q;
	return 0;
}

/* ---- the answer ---- */

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static size_t text_put(uint8_t *p, struct text t, size_t max)
{
	size_t n = t.len < max ? t.len : max;

	le16_put(p, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		p[2 + i] =
			(uint8_t)(t.p[i] < ' ' || t.p[i] > '~' ? '?' : t.p[i]);
	return 2 + n;
}

static bool is_degrees(double v, double limit)
{
	return v >= -limit && v <= limit;
}

int locate_answer_encode(const struct locate_answer *a, void *buf, size_t size)
{
	uint8_t *p = buf;
	size_t at = ANSWER_HEAD;

	if (size < at + 4 + 2 * (size_t)LOCATE_TEXT_MAX ||
	    (a->has_point &&
	     (!is_degrees(a->lat, 90) || !is_degrees(a->lon, 180))))
		return -EMSGSIZE;
	memset(p, 0, at);
	memcpy(p, answer_mark, sizeof(answer_mark));
	p[4] = VERSION;
	p[5] = (uint8_t)a->status;
	p[6] = (uint8_t)a->kind;
	p[7] = (uint8_t)((a->has_point ? FLAG_POINT : 0) |
			 (a->is_civic ? FLAG_CIVIC : 0) |
			 (a->is_nearest ? FLAG_NEAREST : 0));
	memcpy(p + 8, a->nonce.b, LOCATE_NONCE_SIZE);
	le64_put(p + 24, a->psap_id);
	if (a->has_point) {
		le64_put(p + 32, (uint64_t)(int64_t)(a->lat * NANO));
		le64_put(p + 40, (uint64_t)(int64_t)(a->lon * NANO));
	}
	le32_put(p + 48, a->uncertainty_m);
	p[52] = a->confidence;
	le64_put(p + 56, (uint64_t)a->at_ms);
	at += text_put(p + at, a->place, LOCATE_TEXT_MAX);
	at += text_put(p + at, a->why, LOCATE_TEXT_MAX);
	if (a->address.len && a->address.len <= LOCATE_ADDRESS_MAX &&
	    size - at >= 2 + a->address.len)
		at += text_put(p + at, a->address, LOCATE_ADDRESS_MAX);
	return (int)at;
}

static bool text_get(const uint8_t *p, size_t len, size_t max, size_t *at,
		     struct text *ret)
{
	size_t n;

	if (len - *at < 2)
		return false;
	n = le16_get(p + *at);
	if (n > max || len - *at - 2 < n)
		return false;
	*ret = text_make((const char *)p + *at + 2, n);
	*at += 2 + n;
	for (size_t i = 0; i < n; i++)
		if (is_control(ret->p[i]))
			return false;
	return true;
}

static bool head_decode(const uint8_t *p, struct locate_answer *a)
{
	a->status = (enum locate_status)p[5];
	a->kind = (enum brought_kind)p[6];
	a->has_point = p[7] & FLAG_POINT;
	a->is_civic = p[7] & FLAG_CIVIC;
	a->is_nearest = p[7] & FLAG_NEAREST;
	memcpy(a->nonce.b, p + 8, LOCATE_NONCE_SIZE);
	a->psap_id = le64_get(p + 24);
	a->lat = (double)(int64_t)le64_get(p + 32) / NANO;
	a->lon = (double)(int64_t)le64_get(p + 40) / NANO;
	a->uncertainty_m = le32_get(p + 48);
	a->confidence = p[52];
	a->at_ms = (int64_t)le64_get(p + 56);
	return p[5] < LOCATE_STATUS_COUNT && p[6] < BROUGHT_KIND_COUNT &&
	       !(p[7] & ~FLAG_ALL) && is_degrees(a->lat, 90) &&
	       is_degrees(a->lon, 180) && a->confidence <= 100 &&
	       (a->status == LOCATE_FOUND) == (a->psap_id != 0);
}

int locate_answer_decode(const void *buf, size_t len, struct locate_answer *ret)
{
	struct locate_answer a = { 0 };
	const uint8_t *p = buf;
	size_t at = ANSWER_HEAD;

	if (len < at || len > LOCATE_ANSWER_MAX ||
	    memcmp(p, answer_mark, sizeof(answer_mark)) != 0 ||
	    p[4] != VERSION || !head_decode(p, &a) ||
	    !text_get(p, len, LOCATE_TEXT_MAX, &at, &a.place) ||
	    !text_get(p, len, LOCATE_TEXT_MAX, &at, &a.why) ||
	    (at != len &&
	     !text_get(p, len, LOCATE_ADDRESS_MAX, &at, &a.address)) ||
	    at != len)
		return -EBADMSG;
	*ret = a;
	return 0;
}
