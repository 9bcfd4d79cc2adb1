/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_media.h"

#include <errno.h>
#include <stdio.h>

#include "modules/e911/platform.h"

#define ENGINES  2
#define SESSIONS 4
#define PARTIES  8

struct session {
	char name[40];
	char parties[PARTIES][40]; /* in the order of being named */
};

static struct engine {
	bool is_dead, is_known_dead;
	uint32_t epoch;
	struct session sessions[SESSIONS];
} engines[ENGINES];

static bool is(struct text t, const char *text)
{
	return text_equal(t, text_of(text));
}

static struct session *session_find(struct engine *e, struct text name)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		if (e->sessions[i].name[0] && is(name, e->sessions[i].name))
			return &e->sessions[i];
	return NULL;
}

static struct session *session_new(struct engine *e, struct text name)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		if (!e->sessions[i].name[0] &&
		    text_to_cstr(name, e->sessions[i].name,
				 sizeof(e->sessions[i].name)) >= 0)
			return &e->sessions[i];
	return NULL;
}

/* Its number, from 0; named now if it was not. */
static unsigned party_of(struct session *s, struct text tag)
{
	for (unsigned i = 0; i < PARTIES; i++) {
		if (!s->parties[i][0])
			(void)!text_to_cstr(tag, s->parties[i],
					    sizeof(s->parties[i]));
		if (is(tag, s->parties[i]))
			return i;
	}
	return 0;
}

static const char *media_name(const struct ng_command *c)
{
	switch (c->media) {
	case NG_MEDIA_SDES:
		return " as SDES";
	case NG_MEDIA_DTLS:
		return " as DTLS";
	case NG_MEDIA_RTP:
		return " as RTP";
	case NG_MEDIA_ANY:
		break;
	}
	return "";
}

/* The answer of a live engine. */
static struct text converse(unsigned n, const struct ng_command *c)
{
	static char buf[512], sdp[256];
	struct engine *e = &engines[n];
	struct session *s = session_find(e, c->call_id);
	unsigned from, to;

	if (!s && !is(text_of(c->what), "offer"))
		return text_of("d6:result5:error12:error-reason"
			       "15:Unknown call-ide");
	if (!s)
		s = session_new(e, c->call_id);
	if (!s)
		return text_of("d6:result5:error12:error-reason4:fulle");
	from = party_of(s, c->from_tag);
	to = party_of(s, c->to_tag);
	log_line(LEVEL_DEBUG, "engine %u: %s of party %u to %u%s", n + 1,
		 c->what, from, to, media_name(c));
	/* An offer is for its to, an answer for its from. */
	(void)snprintf(sdp, sizeof(sdp),
		       "v=0\r\no=e 1 1 IN IP4 192.0.2.20%u\r\n"
		       "m=audio 3%u00%u RTP/AVP 0\r\n",
		       n + 1, n + 1, is(text_of(c->what), "offer") ? to : from);
	(void)snprintf(buf, sizeof(buf), "d6:result2:ok3:sdp%zu:%se",
		       strlen(sdp), sdp);
	return text_of(buf);
}

static bool is_up(unsigned n)
{
	return !engines[n].is_known_dead;
}

static uint32_t epoch_of(unsigned n)
{
	return engines[n].epoch;
}

static int ask(unsigned n, const struct ng_command *c, struct text *ret_answer)
{
	if (engines[n].is_dead) {
		log_line(LEVEL_DEBUG, "engine %u: silent to an %s", n + 1,
			 c->what);
		engines[n].is_known_dead = true;
		return -ETIMEDOUT;
	}
	*ret_answer = converse(n, c);
	return 0;
}

static void tell(unsigned n, const struct ng_command *c)
{
	struct session *s = session_find(&engines[n], c->call_id);

	if (!s || engines[n].is_dead)
		return;
	if (c->from_tag.len)
		log_line(LEVEL_DEBUG, "engine %u: %s of party %u", n + 1,
			 c->what, party_of(s, c->from_tag));
	else
		log_line(LEVEL_DEBUG, "engine %u: %s", n + 1, c->what);
	if (!c->from_tag.len)
		memset(s, 0, sizeof(*s));
}

const struct media_port *fake_media_begin(void)
{
	static const struct media_port port = {
		.count = ENGINES,
		.is_up = is_up,
		.epoch = epoch_of,
		.ask = ask,
		.tell = tell,
	};

	memset(engines, 0, sizeof(engines));
	return &port;
}

void fake_media_dies(unsigned engine, bool silently)
{
	engines[engine - 1].is_dead = true;
	engines[engine - 1].is_known_dead = !silently;
	memset(engines[engine - 1].sessions, 0,
	       sizeof(engines[engine - 1].sessions));
}

void fake_media_starts(unsigned engine)
{
	engines[engine - 1].is_dead = false;
	engines[engine - 1].is_known_dead = false;
	engines[engine - 1].epoch++;
	memset(engines[engine - 1].sessions, 0,
	       sizeof(engines[engine - 1].sessions));
}

unsigned fake_media_sessions(unsigned engine)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SESSIONS; i++)
		n += engines[engine - 1].sessions[i].name[0] != '\0';
	return n;
}
