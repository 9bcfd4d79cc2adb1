/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/screen_entry.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "bytes.h"
#include "crc32c.h"
#include "uuid.h"

#define VERSION 1

/* ---- JSON ---- */

static int put_uuid(struct json *j, const char *key,
		    const uint8_t id[NOTICE_ID_SIZE])
{
	char buf[UUID_STRING_SIZE];
	struct uuid uuid;

	memcpy(uuid.b, id, sizeof(uuid.b));
	if (uuid_is_nil(&uuid))
		return 0;
	uuid_format(&uuid, buf);
	return json_put_text(j, key, text_of(buf));
}

static int put_text(struct json *j, const char *key, const char *value)
{
	return value && value[0] ? json_put_text(j, key, text_of(value)) : 0;
}

static int begin(struct json **ret, const char *kind, int64_t at_ms)
{
	struct json *j = NULL;
	int err = json_new(&j);

	if (err >= 0)
		err = put_text(j, "kind", kind);
	if (err >= 0)
		err = json_put_u64(j, "at", at_ms > 0 ? (uint64_t)at_ms : 0);
	if (err < 0)
		j = json_free(j);
	*ret = j;
	return err;
}

/* What the notice says of itself; it may be no JSON: then its texts tell. */
static int put_facts(struct json *j, const char *facts)
{
	struct json *child = NULL;
	const char *why;
	int err;

	if (!facts || !facts[0])
		return 0;
	err = json_parse(&child, text_of(facts), &why);
	if (err == 0)
		err = json_put_object(j, "facts", child);
	child = json_free(child);
	return err == -EBADMSG ? 0 : err;
}

static int format(const struct json *j, char **ret)
{
	char *s = NULL;
	int err = json_format(j, &s);

	if (err == 0 && strlen(s) > SCREEN_JSON_MAX) {
		free(s);
		return -EMSGSIZE;
	}
	if (err == 0)
		*ret = s;
	return err;
}

static int notice_json(const struct notice *n, bool with_facts, char **ret)
{
	struct json *j = NULL;
	int err = begin(&j, "notice", n->at_ms);

	if (err >= 0)
		err = put_uuid(j, "notice", n->id);
	if (err >= 0)
		err = put_uuid(j, "call", n->call_id);
	if (err >= 0)
		err = put_text(j, "event", n->event);
	if (err >= 0)
		err = put_text(j, "language", n->language);
	if (err >= 0)
		err = put_text(j, "subject", n->subject);
	if (err >= 0)
		err = put_text(j, "text", n->text);
	if (err >= 0 && with_facts)
		err = put_facts(j, n->json);
	if (err >= 0)
		err = format(j, ret);
	j = json_free(j);
	return err;
}

int screen_json_of_notice(const struct notice *n, char **ret)
{
	int err = notice_json(n, true, ret);

	/* That there is a call matters more than all about it. */
	return err == -EMSGSIZE ? notice_json(n, false, ret) : err;
}

int screen_json_of_ack(const struct screen_ack *a, char **ret)
{
	struct json *j = NULL;
	int err = begin(&j, "acknowledged", a->at_ms);

	if (err >= 0)
		err = put_uuid(j, "call", a->call_id);
	if (err >= 0)
		err = put_text(j, "who", a->who);
	if (err >= 0)
		err = put_text(j, "channel", a->channel);
	if (err >= 0)
		err = put_text(j, "note", a->note);
	if (err >= 0)
		err = format(j, ret);
	j = json_free(j);
	return err;
}

/* ---- bytes ---- */

size_t screen_line_encode(const struct screen_line *line, uint8_t *buf)
{
	size_t len = SCREEN_ENTRY_HEAD + line->json.len;

	memset(buf, 0, SCREEN_ENTRY_HEAD);
	buf[4] = VERSION;
	memcpy(buf + 8, line->notice_id, NOTICE_ID_SIZE);
	memcpy(buf + 24, line->call_id, NOTICE_ID_SIZE);
	le64_put(buf + 40, (uint64_t)line->at_ms);
	if (line->json.len)
		memcpy(buf + SCREEN_ENTRY_HEAD, line->json.p, line->json.len);
	le32_put(buf, crc32c(0, buf + 4, len - 4));
	return len;
}

int screen_line_decode(const void *data, size_t len, struct screen_line *ret)
{
	const uint8_t *p = data;

	if (len < SCREEN_ENTRY_HEAD || len > SCREEN_ENTRY_MAX ||
	    le32_get(p) != crc32c(0, p + 4, len - 4) || p[4] != VERSION)
		return -EBADMSG;
	memcpy(ret->notice_id, p + 8, NOTICE_ID_SIZE);
	memcpy(ret->call_id, p + 24, NOTICE_ID_SIZE);
	ret->at_ms = (int64_t)le64_get(p + 40);
	ret->json = text_make((const char *)p + SCREEN_ENTRY_HEAD,
			      len - SCREEN_ENTRY_HEAD);
	return 0;
}
