/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/acknowledgement.h"

#include <errno.h>

#include "bytes.h"
#include "crc32c.h"
#include "sha256.h"

#define VERSION 1

enum at {
	AT_CRC = 0,
	AT_VERSION = 4,
	AT_TIME = 8,
	AT_ID = 16,
	AT_CALL = 32,
	AT_TEXTS = 48,
};

static struct text cut(const char *cstr)
{
	struct text t = text_of(cstr);

	if (t.len <= ACKNOWLEDGEMENT_TEXT_MAX)
		return t;
	t.len = ACKNOWLEDGEMENT_TEXT_MAX;
	/* Not in the middle of a character. */
	while (t.len && ((unsigned char)t.p[t.len] & 0xc0) == 0x80)
		t.len--;
	return t;
}

static void add(struct sha256 *s, struct text t)
{
	uint8_t len[2];

	le16_put(len, (uint16_t)t.len);
	sha256_add(s, len, sizeof(len));
	if (t.len)
		sha256_add(s, t.p, t.len);
}

void acknowledgement_make_id(struct acknowledgement *a)
{
	uint8_t sum[SHA256_SIZE], at[8];
	struct sha256 s;

	le64_put(at, (uint64_t)a->at_ms);
	sha256_begin(&s);
	sha256_add(&s, a->call_id, sizeof(a->call_id));
	sha256_add(&s, at, sizeof(at));
	add(&s, cut(a->who));
	add(&s, cut(a->channel));
	add(&s, cut(a->note));
	sha256_end(&s, sum);
	memcpy(a->id, sum, sizeof(a->id));
	a->id[6] = (uint8_t)((a->id[6] & 0x0f) | 0x80); /* version 8 */
	a->id[8] = (uint8_t)((a->id[8] & 0x3f) | 0x80); /* RFC 9562 */
}

static uint8_t *put(uint8_t *p, struct text t)
{
	le16_put(p, (uint16_t)t.len);
	if (t.len)
		memcpy(p + 2, t.p, t.len);
	p[2 + t.len] = '\0';
	return p + 3 + t.len;
}

size_t acknowledgement_encode(const struct acknowledgement *a,
			      uint8_t ret[ACKNOWLEDGEMENT_MAX])
{
	uint8_t *p = ret + AT_TEXTS;

	memset(ret, 0, AT_TEXTS);
	ret[AT_VERSION] = VERSION;
	le64_put(ret + AT_TIME, (uint64_t)a->at_ms);
	memcpy(ret + AT_ID, a->id, sizeof(a->id));
	memcpy(ret + AT_CALL, a->call_id, sizeof(a->call_id));
	p = put(p, cut(a->who));
	p = put(p, cut(a->channel));
	p = put(p, cut(a->note));
	le32_put(ret + AT_CRC,
		 crc32c(0, ret + AT_VERSION, (size_t)(p - ret) - AT_VERSION));
	return (size_t)(p - ret);
}

static const char *next_text(const uint8_t **p, const uint8_t *end)
{
	const uint8_t *text = *p + 2;
	size_t len;

	if (end - *p < 3)
		return NULL;
	len = le16_get(*p);
	if ((size_t)(end - text) <= len ||
	    memchr(text, '\0', len + 1) != text + len)
		return NULL;
	*p = text + len + 1;
	return (const char *)text;
}

int acknowledgement_decode(const void *data, size_t len,
			   struct acknowledgement *ret)
{
	const uint8_t *p = data, *end = p + len;
	struct acknowledgement a = { .who = NULL };

	if (len < AT_TEXTS || p[AT_VERSION] != VERSION ||
	    le32_get(p) != crc32c(0, p + AT_VERSION, len - AT_VERSION))
		return -EBADMSG;
	a.at_ms = (int64_t)le64_get(p + AT_TIME);
	memcpy(a.id, p + AT_ID, sizeof(a.id));
	memcpy(a.call_id, p + AT_CALL, sizeof(a.call_id));
	p += AT_TEXTS;
	a.who = next_text(&p, end);
	a.channel = a.who ? next_text(&p, end) : NULL;
	a.note = a.channel ? next_text(&p, end) : NULL;
	if (!a.note)
		return -EBADMSG;
	*ret = a;
	return 0;
}
