/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/sdp.h"

#include <arpa/inet.h>
#include <errno.h>

/* ---- reading ---- */

/* A number up to most; -1: none, or a larger one. */
static long number(struct text t, long most)
{
	long n = 0;

	if (!t.len)
		return -1;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return -1;
		n = n * 10 + (t.p[i] - '0');
		if (n > most)
			return -1;
	}
	return n;
}

static struct text word(struct text *rest)
{
	struct text piece;

	while (text_cut(rest, ' ', &piece))
		if (piece.len)
			return piece;
	return text_of("");
}

/* What is known of a level: the session's, then a medium's. */
struct level {
	char host[SDP_HOST_SIZE]; /* "": not said */
	bool is_v6, is_nowhere;   /* 0.0.0.0: on hold, as RFC 2543 had it */
	unsigned direction;
	long rtcp_port;
	bool has_rtcp_mux;
	bool has_ulaw_map, has_alaw_map, has_event_map;
	uint8_t ulaw, alaw, event; /* payload types of the maps */
};

/* "IN IP4 192.0.2.1", a TTL behind a slash */
static void read_connection(struct text value, struct level *l)
{
	struct text in = word(&value), kind = word(&value), host = word(&value);
	bool v6 = text_equal(kind, text_of("IP6"));
	uint8_t address[16] = { 0 };
	static const uint8_t zero[16];

	host.len = text_index(host, '/');
	l->host[0] = '\0';
	if (!text_equal(in, text_of("IN")) ||
	    (!v6 && !text_equal(kind, text_of("IP4"))) ||
	    text_to_cstr(host, l->host, sizeof(l->host)) < 0 ||
	    inet_pton(v6 ? AF_INET6 : AF_INET, l->host, address) != 1) {
		l->host[0] = '\0';
		return;
	}
	l->is_v6 = v6;
	l->is_nowhere = memcmp(address, zero, sizeof(zero)) == 0;
}

/* "0 PCMU/8000" */
static void read_rtpmap(struct text value, struct level *l)
{
	struct text type = word(&value), name = word(&value), rate;
	long n = number(type, 127);
	struct text what;

	if (n < 0 || !text_cut(&name, '/', &what) ||
	    !text_cut(&name, '/', &rate) || number(rate, 48000) != 8000)
		return;
	if (text_equal_nocase(what, text_of("PCMU")) && !l->has_ulaw_map) {
		l->has_ulaw_map = true;
		l->ulaw = (uint8_t)n;
	} else if (text_equal_nocase(what, text_of("PCMA")) &&
		   !l->has_alaw_map) {
		l->has_alaw_map = true;
		l->alaw = (uint8_t)n;
	} else if (text_equal_nocase(what, text_of("telephone-event")) &&
		   !l->has_event_map) {
		l->has_event_map = true;
		l->event = (uint8_t)n;
	}
}

static void read_attribute(struct text value, struct level *l)
{
	struct text name = text_make(value.p, text_index(value, ':'));
	struct text rest = value;

	rest.p += name.len < value.len ? name.len + 1 : value.len;
	rest.len -= name.len < value.len ? name.len + 1 : value.len;
	if (text_equal(name, text_of("sendrecv")))
		l->direction = SDP_BOTH;
	else if (text_equal(name, text_of("sendonly")))
		l->direction = SDP_SENDS;
	else if (text_equal(name, text_of("recvonly")))
		l->direction = SDP_RECEIVES;
	else if (text_equal(name, text_of("inactive")))
		l->direction = SDP_INACTIVE;
	else if (text_equal(name, text_of("rtpmap")))
		read_rtpmap(rest, l);
	else if (text_equal(name, text_of("rtcp-mux")))
		l->has_rtcp_mux = true;
	else if (text_equal(name, text_of("rtcp")))
		l->rtcp_port = number(word(&rest), UINT16_MAX);
}

/* "audio 49170 RTP/AVP 0 8 101"; a number of ports behind a slash.  We say it
 * again when we refuse it, so it is text of one line. */
static int read_media(struct text value, struct sdp_media *ret, long *ret_port)
{
	struct text port;

	if (text_printable_len(value) != value.len)
		return -EBADMSG;
	ret->media = word(&value);
	port = word(&value);
	port.len = text_index(port, '/');
	ret->protocol = word(&value);
	ret->formats = text_trim(value);
	*ret_port = number(port, UINT16_MAX);
	return ret->formats.len ? 0 : -EBADMSG;
}

/* Is n this law: by its fixed number, or by the one that a map gave it? */
static bool is_law(long n, long fixed, bool is_mapped, uint8_t mapped)
{
	return n == fixed || (is_mapped && n == mapped);
}

static bool choose_law(const struct sdp_media *m, const struct level *l,
		       struct sdp *ret)
{
	struct text formats = m->formats, format;
	bool found = false;

	ret->event_payload_type = SDP_NO_EVENT;
	while ((format = word(&formats)).len) {
		long n = number(format, 127);
		bool u = is_law(n, 0, l->has_ulaw_map, l->ulaw);
		bool a = is_law(n, 8, l->has_alaw_map, l->alaw);

		if (n < 0)
			continue;
		if ((u || a) && !found) {
			ret->law = u ? G711_ULAW : G711_ALAW;
			ret->payload_type = (uint8_t)n;
			found = true;
		} else if (l->has_event_map && n == l->event) {
			ret->event_payload_type = (int)n;
		}
	}
	return found;
}

static bool is_usable(const struct sdp_media *m, long port,
		      const struct level *l, struct sdp *ret)
{
	if (!text_equal_nocase(m->media, text_of("audio")) || port <= 0 ||
	    (!text_equal_nocase(m->protocol, text_of("RTP/AVP")) &&
	     !text_equal_nocase(m->protocol, text_of("RTP/AVPF"))) ||
	    !l->host[0] || !choose_law(m, l, ret))
		return false;
	memcpy(ret->host, l->host, sizeof(ret->host));
	ret->is_v6 = l->is_v6;
	ret->port = (uint16_t)port;
	ret->has_rtcp_mux = l->has_rtcp_mux;
	ret->rtcp_port = (uint16_t)(l->has_rtcp_mux    ? port
				    : l->rtcp_port > 0 ? l->rtcp_port
						       : port + 1);
	ret->direction = l->direction;
	if (l->is_nowhere)
		ret->direction &= ~(unsigned)SDP_RECEIVES;
	return true;
}

static bool line_next(struct text *rest, char *ret_type, struct text *ret)
{
	struct text line;

	while (text_cut(rest, '\n', &line)) {
		line = text_trim(line);
		if (line.len >= 2 && line.p[1] == '=') {
			*ret_type = line.p[0];
			*ret = text_make(line.p + 2, line.len - 2);
			return true;
		}
	}
	return false;
}

/* What is being read. */
struct reading {
	struct sdp s;
	struct level session, medium;
	long port; /* of the latest medium */
	bool is_sdp, has_voice;
};

/* All lines of the latest medium were read. */
static void settle(struct reading *r)
{
	struct sdp *s = &r->s;

	if (!s->media_count || r->has_voice)
		return;
	s->voice = s->media_count - 1;
	r->has_voice = is_usable(&s->media[s->voice], r->port, &r->medium, s);
}

static int begin_media(struct reading *r, struct text value)
{
	settle(r);
	if (r->s.media_count == SDP_MEDIA_MAX)
		return -E2BIG;
	r->medium = r->session;
	return read_media(value, &r->s.media[r->s.media_count++], &r->port);
}

int sdp_parse(struct text body, struct sdp *ret)
{
	struct reading r = {
		.session = { .direction = SDP_BOTH, .rtcp_port = -1 },
	};
	struct text value;
	char type;
	int err = 0;

	if (body.len > SDP_BYTES_MAX)
		return -E2BIG;
	while (err == 0 && line_next(&body, &type, &value)) {
		struct level *l = r.s.media_count ? &r.medium : &r.session;

		if (type == 'v')
			r.is_sdp = true;
		else if (type == 'c')
			read_connection(value, l);
		else if (type == 'a')
			read_attribute(value, l);
		else if (type == 'm')
			err = begin_media(&r, value);
	}
	if (err < 0 || !r.is_sdp)
		return err < 0 ? err : -EBADMSG;
	settle(&r);
	if (!r.has_voice)
		return -EPROTONOSUPPORT;
	*ret = r.s;
	return 0;
}

/* ---- writing ---- */

static void put_session(struct text_writer *w, const struct sdp_local *l)
{
	const char *kind = l->is_v6 ? "IP6" : "IP4";

	text_writef(w, "v=0\r\no=e911d %llu %llu IN %s %s\r\ns=-\r\n",
		    (unsigned long long)l->session_id,
		    (unsigned long long)l->version, kind, l->host);
	text_writef(w, "c=IN %s %s\r\nt=0 0\r\n", kind, l->host);
}

static void put_event(struct text_writer *w, int type)
{
	if (type != SDP_NO_EVENT)
		text_writef(w,
			    "a=rtpmap:%d telephone-event/8000\r\n"
			    "a=fmtp:%d 0-15\r\n",
			    type, type);
}

void sdp_offer_format(struct text_writer *w, const struct sdp_local *local)
{
	put_session(w, local);
	text_writef(w,
		    "m=audio %u RTP/AVP 0 8 101\r\n"
		    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n",
		    local->port);
	put_event(w, 101);
	text_write_cstr(w, "a=ptime:20\r\na=sendrecv\r\n");
}

/* What we do, to what they do (RFC 3264 6.1). */
static const char *direction_for(unsigned theirs)
{
	switch (theirs) {
	case SDP_BOTH:
		return "sendrecv";
	case SDP_SENDS:
		return "recvonly";
	case SDP_RECEIVES:
		return "sendonly";
	default:
		return "inactive";
	}
}

static void put_voice(struct text_writer *w, const struct sdp_local *local,
		      const struct sdp *o)
{
	bool events = o->event_payload_type != SDP_NO_EVENT;

	text_writef(w, "m=audio %u %.*s %u", local->port,
		    TEXT_ARG(o->media[o->voice].protocol), o->payload_type);
	if (events)
		text_writef(w, " %d", o->event_payload_type);
	text_writef(w, "\r\na=rtpmap:%u %s/8000\r\n", o->payload_type,
		    o->law == G711_ALAW ? "PCMA" : "PCMU");
	put_event(w, o->event_payload_type);
	text_writef(w, "a=ptime:20\r\n%sa=%s\r\n",
		    o->has_rtcp_mux ? "a=rtcp-mux\r\n" : "",
		    direction_for(o->direction));
}

void sdp_answer_format(struct text_writer *w, const struct sdp_local *local,
		       const struct sdp *offer)
{
	put_session(w, local);
	for (unsigned i = 0; i < offer->media_count; i++) {
		const struct sdp_media *m = &offer->media[i];

		if (i == offer->voice)
			put_voice(w, local, offer);
		else
			text_writef(w, "m=%.*s 0 %.*s %.*s\r\n",
				    TEXT_ARG(m->media), TEXT_ARG(m->protocol),
				    TEXT_ARG(m->formats));
	}
}
