/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/notice.h"

#include <errno.h>

#include "bytes.h"
#include "crc32c.h"
#include "sha256.h"

enum at {
	AT_CRC = 0,
	AT_VERSION = 4,
	AT_CHANNEL = 5,
	AT_RESERVED = 6,
	AT_ID = 8,
	AT_EVENT_ID = 24,
	AT_CALL_ID = 40,
	AT_INSTEAD_OF = 56,
	AT_ORGANIZATION = 72,
	AT_RECIPIENT = 80,
	AT_TIME = 88,
	AT_DELAY = 96,
	AT_FLAGS = 100,
	AT_TEXTS = 104,
};

#define VERSION   1
#define TEXT_HEAD ((size_t)4) /* its length */

/* In the order in which they are stored. */
static const size_t texts[] = {
	offsetof(struct notice, event),    offsetof(struct notice, target),
	offsetof(struct notice, preset),   offsetof(struct notice, secret),
	offsetof(struct notice, language), offsetof(struct notice, subject),
	offsetof(struct notice, text),     offsetof(struct notice, html),
	offsetof(struct notice, json),
};

static const char *const channels[NOTICE_CHANNELS] = {
	[NOTICE_EMAIL] = "email",     [NOTICE_SMS] = "sms",
	[NOTICE_WEBHOOK] = "webhook", [NOTICE_SCREEN] = "screen",
	[NOTICE_PHONE] = "phone",
};

static struct text get_text(const struct notice *n, size_t offset)
{
	const char *p;

	memcpy(&p, (const char *)n + offset, sizeof(p));
	return text_of(p);
}

static void set_text(struct notice *n, size_t offset, const char *p)
{
	memcpy((char *)n + offset, &p, sizeof(p));
}

const char *notice_channel_name(unsigned channel)
{
	return channel < NOTICE_CHANNELS ? channels[channel] : NULL;
}

int notice_channel_find(struct text name, enum notice_channel *ret)
{
	for (unsigned i = 0; i < NOTICE_CHANNELS; i++)
		if (text_equal(name, text_of(channels[i]))) {
			*ret = (enum notice_channel)i;
			return 0;
		}
	return -ENOENT;
}

static void add_number(struct sha256 *s, uint64_t number)
{
	uint8_t bytes[8];

	le64_put(bytes, number);
	sha256_add(s, bytes, sizeof(bytes));
}

/* With its length, so that no two ids are made of the same bytes. */
static void add_text(struct sha256 *s, struct text t)
{
	add_number(s, t.len);
	if (t.len)
		sha256_add(s, t.p, t.len);
}

void notice_make_id(struct notice *n, unsigned step)
{
	uint8_t sum[SHA256_SIZE];
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, n->event_id, NOTICE_ID_SIZE);
	add_text(&s, text_of(n->event));
	add_number(&s, n->recipient_id);
	add_number(&s, n->channel);
	add_text(&s, text_of(n->target));
	add_number(&s, step);
	sha256_end(&s, sum);
	memcpy(n->id, sum, NOTICE_ID_SIZE);
	n->id[6] = (uint8_t)((n->id[6] & 0x0f) | 0x80); /* version 8 */
	n->id[8] = (uint8_t)((n->id[8] & 0x3f) | 0x80); /* RFC 9562 */
}

size_t notice_size(const struct notice *n)
{
	size_t size = AT_TEXTS;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t len = get_text(n, texts[i]).len;

		if (len > NOTICE_TEXT_MAX)
			return 0;
		size += TEXT_HEAD + len + 1;
	}
	return size <= NOTICE_MAX ? size : 0;
}

static void put_head(const struct notice *n, uint8_t *buf)
{
	buf[AT_VERSION] = VERSION;
	buf[AT_CHANNEL] = (uint8_t)n->channel;
	le16_put(buf + AT_RESERVED, 0);
	memcpy(buf + AT_ID, n->id, NOTICE_ID_SIZE);
	memcpy(buf + AT_EVENT_ID, n->event_id, NOTICE_ID_SIZE);
	memcpy(buf + AT_CALL_ID, n->call_id, NOTICE_ID_SIZE);
	memcpy(buf + AT_INSTEAD_OF, n->instead_of, NOTICE_ID_SIZE);
	le64_put(buf + AT_ORGANIZATION, n->organization_id);
	le64_put(buf + AT_RECIPIENT, n->recipient_id);
	le64_put(buf + AT_TIME, (uint64_t)n->at_ms);
	le32_put(buf + AT_DELAY, n->delay_ms);
	le32_put(buf + AT_FLAGS, n->flags);
}

int notice_encode(const struct notice *n, uint8_t *buf, size_t size)
{
	size_t need = notice_size(n);
	uint8_t *p = buf + AT_TEXTS;

	if (!need || (unsigned)n->channel >= NOTICE_CHANNELS)
		return -EMSGSIZE;
	if (need > size)
		return -ENOSPC;
	put_head(n, buf);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct text t = get_text(n, texts[i]);

		le32_put(p, (uint32_t)t.len);
		p += TEXT_HEAD;
		if (t.len)
			memcpy(p, t.p, t.len);
		p[t.len] = '\0';
		p += t.len + 1;
	}
	le32_put(buf + AT_CRC, crc32c(0, buf + AT_VERSION, need - AT_VERSION));
	return (int)need;
}

static void get_head(const uint8_t *p, struct notice *n)
{
	n->channel = (enum notice_channel)p[AT_CHANNEL];
	memcpy(n->id, p + AT_ID, NOTICE_ID_SIZE);
	memcpy(n->event_id, p + AT_EVENT_ID, NOTICE_ID_SIZE);
	memcpy(n->call_id, p + AT_CALL_ID, NOTICE_ID_SIZE);
	memcpy(n->instead_of, p + AT_INSTEAD_OF, NOTICE_ID_SIZE);
	n->organization_id = le64_get(p + AT_ORGANIZATION);
	n->recipient_id = le64_get(p + AT_RECIPIENT);
	n->at_ms = (int64_t)le64_get(p + AT_TIME);
	n->delay_ms = le32_get(p + AT_DELAY);
	n->flags = le32_get(p + AT_FLAGS);
}

/* Cut one text off; NULL: it reaches too far, or is no C string. */
static const char *next_text(const uint8_t **p, const uint8_t *end)
{
	const uint8_t *text = *p + TEXT_HEAD;
	size_t len;

	if ((size_t)(end - *p) < TEXT_HEAD)
		return NULL;
	len = le32_get(*p);
	if (len > NOTICE_TEXT_MAX || (size_t)(end - text) <= len ||
	    memchr(text, '\0', len + 1) != text + len)
		return NULL;
	*p = text + len + 1;
	return (const char *)text;
}

int notice_decode(const void *data, size_t len, struct notice *ret)
{
	const uint8_t *p = data, *end = p + len;
	struct notice n = { .event = NULL };

	if (len < AT_TEXTS || len > NOTICE_MAX || p[AT_VERSION] != VERSION ||
	    le32_get(p + AT_CRC) !=
		    crc32c(0, p + AT_VERSION, len - AT_VERSION) ||
	    p[AT_CHANNEL] >= NOTICE_CHANNELS)
		return -EBADMSG;
	get_head(p, &n);
	p += AT_TEXTS;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = next_text(&p, end);

		if (!text)
			return -EBADMSG;
		set_text(&n, texts[i], text);
	}
	*ret = n;
	return 0;
}
