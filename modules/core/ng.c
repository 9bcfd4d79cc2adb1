/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ng.h"

#define DEPTH_MAX 8

/* ---- writing ---- */

static void put(struct text_writer *w, struct text t)
{
	text_writef(w, "%zu:", t.len);
	text_write(w, t);
}

static void put_word(struct text_writer *w, const char *word)
{
	put(w, text_of(word));
}

static void put_pair(struct text_writer *w, const char *key, struct text value)
{
	if (!value.len)
		return;
	put_word(w, key);
	put(w, value);
}

static void put_list(struct text_writer *w, const char *key,
		     const char *const *words)
{
	put_word(w, key);
	text_write(w, text_of("l"));
	for (; *words; words++)
		put_word(w, *words);
	text_write(w, text_of("e"));
}

static const char *transport_name(enum ng_media media)
{
	switch (media) {
	case NG_MEDIA_RTP:
		return "RTP/AVP";
	case NG_MEDIA_SDES:
		return "RTP/SAVP";
	case NG_MEDIA_DTLS:
		return "UDP/TLS/RTP/SAVP";
	case NG_MEDIA_ANY:
		break;
	}
	return NULL;
}

/* Ciphers that nobody should use, and so many that an offer would not fit a
 * datagram, are not offered. */
static const char *const sdes_suites[] = {
	"no-NULL_HMAC_SHA1_80",
	"no-NULL_HMAC_SHA1_32",
	"no-F8_128_HMAC_SHA1_80",
	"no-F8_128_HMAC_SHA1_32",
	"no-AES_192_CM_HMAC_SHA1_80",
	"no-AES_192_CM_HMAC_SHA1_32",
	"no-AES_256_CM_HMAC_SHA1_32",
	"no-AEAD_AES_128_GCM",
	NULL,
};

static void put_keys(struct text_writer *w, enum ng_media media)
{
	static const char *const off[] = { "off", NULL };

	if (media == NG_MEDIA_SDES)
		put_list(w, "SDES", sdes_suites);
	if (media == NG_MEDIA_SDES || media == NG_MEDIA_RTP)
		put_pair(w, "DTLS", text_of("off"));
	if (media == NG_MEDIA_DTLS)
		put_list(w, "SDES", off);
}

static void put_description(struct text_writer *w, const struct ng_command *c)
{
	/* "port latching": the side that has a session already keeps its
	 * ports when another far side takes the place of the first one.
	 * "strict source": media of anybody else are dropped. */
	static const char *const flags[] = { "port latching", "strict source",
					     NULL };
	static const char *const replaced[] = { "origin", "session-connection",
						NULL };
	static const char *const mux[] = { "demux", NULL };
	bool offers = strcmp(c->what, "offer") == 0;

	put_pair(w, "ICE", text_of("remove"));
	put_list(w, "flags", flags);
	put_list(w, "replace", replaced);
	if (offers) {
		put_pair(w, "transport-protocol",
			 c->transport.len ? c->transport
					  : text_of(transport_name(c->media)));
		put_pair(w, "address family",
			 text_of(c->is_ipv6 ? "IP6" : "IP4"));
		put_list(w, "rtcp-mux", mux);
		put_keys(w, c->media);
	}
	put_pair(w, "sdp", c->sdp);
}

void ng_write(struct text_writer *w, const struct ng_command *c)
{
	text_write(w, text_of("d"));
	put_pair(w, "command", text_of(c->what));
	put_pair(w, "call-id", c->call_id);
	put_pair(w, "from-tag", c->from_tag);
	put_pair(w, "to-tag", c->to_tag);
	if (c->sdp.len)
		put_description(w, c);
	else if (c->call_id.len) /* of a delete: now, not in half a minute */
		text_write(w, text_of("12:delete delayi0e"));
	text_write(w, text_of("e"));
}

/* ---- reading ---- */

struct text ng_body(struct text datagram, struct text cookie)
{
	if (datagram.len <= cookie.len + 1 ||
	    memcmp(datagram.p, cookie.p, cookie.len) != 0 ||
	    datagram.p[cookie.len] != ' ')
		return text_of(NULL);
	return text_make(datagram.p + cookie.len + 1,
			 datagram.len - cookie.len - 1);
}

/* "5:hello" at the beginning of *t: cut off. */
static bool take_text(struct text *t, struct text *ret)
{
	size_t n = 0, i = 0;

	for (; i < t->len && text_is_digit(t->p[i]); i++) {
		if (n > t->len)
			return false;
		n = n * 10 + (size_t)(t->p[i] - '0');
	}
	if (i == 0 || i == t->len || t->p[i] != ':' || n > t->len - i - 1)
		return false;
	*ret = text_make(t->p + i + 1, n);
	*t = text_make(ret->p + n, t->len - i - 1 - n);
	return true;
}

static void skip(struct text *t, size_t n)
{
	*t = text_make(t->p + n, t->len - n);
}

/* One item of any kind at the beginning of *t: cut off.  A text without its
 * length, anything else as it stands. */
static bool take_item(struct text *t, struct text *ret)
{
	const char *start = t->p;
	unsigned depth = 0;
	struct text word;

	if (t->len && text_is_digit(t->p[0]))
		return take_text(t, ret);
	do {
		if (!t->len)
			return false;
		if (t->p[0] == 'd' || t->p[0] == 'l') {
			if (++depth > DEPTH_MAX)
				return false;
			skip(t, 1);
		} else if (t->p[0] == 'i') {
			size_t end = text_index(*t, 'e');

			if (end == t->len)
				return false;
			skip(t, end + 1);
		} else if (t->p[0] == 'e' && depth) {
			depth--;
			skip(t, 1);
		} else if (!take_text(t, &word)) {
			return false;
		}
	} while (depth);
	*ret = text_make(start, (size_t)(t->p - start));
	return true;
}

bool ng_find(struct text dictionary, const char *key, struct text *ret_value)
{
	struct text rest = dictionary, name, value;

	if (!rest.len || rest.p[0] != 'd')
		return false;
	skip(&rest, 1);
	while (rest.len && rest.p[0] != 'e') {
		if (!take_text(&rest, &name) || !take_item(&rest, &value))
			return false;
		if (text_equal(name, text_of(key))) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

/* ---- session descriptions ---- */

static struct text next_word(struct text *line)
{
	struct text word;

	return text_cut(line, ' ', &word) ? word : text_of(NULL);
}

struct text ng_transport_of(struct text sdp)
{
	struct text line, first = text_of(NULL);

	while (text_cut(&sdp, '\n', &line)) {
		struct text port, transport;

		if (line.len < 2 || line.p[0] != 'm' || line.p[1] != '=')
			continue;
		line = text_trim(line);
		(void)next_word(&line);
		port = next_word(&line);
		transport = next_word(&line);
		if (!text_equal(port, text_of("0")))
			return transport;
		if (!first.len)
			first = transport;
	}
	return first;
}

enum ng_media ng_media_of(struct text transport)
{
	if (text_has_prefix_nocase(transport, text_of("UDP/TLS/")))
		return NG_MEDIA_DTLS;
	if (text_has_prefix_nocase(transport, text_of("RTP/SAVP")))
		return NG_MEDIA_SDES;
	if (text_has_prefix_nocase(transport, text_of("RTP/AVP")))
		return NG_MEDIA_RTP;
	return NG_MEDIA_ANY;
}
