/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media.h"

#include <errno.h>

#include "multipart.h"
#include "recovery.h"
#include "report.h"
#include "session.h"

#define SDP_LINE    "Content-Type: application/sdp\r\n"
#define BODY_SIZE   65536
#define AGAIN_MS    1000
#define HEADERS_MAX 256

static const struct media_port *port;

void media_init(const struct media_port *p)
{
	port = p && p->count ? p : NULL;
}

struct text media_shown(const struct leg *from)
{
	return call_text_get(from->session_shown.len ? &from->session_shown
						     : &from->session_heard);
}

/* ---- one session ---- */

static struct leg *b_of(struct leg *from, struct leg *to)
{
	return from->side == LEG_B ? from : to;
}

static bool is_wanted(const struct leg *from, const struct leg *to)
{
	return port && from->media != MEDIA_PASS && to->media != MEDIA_PASS;
}

/* How the leg that an offer goes to is spoken to: as it spoke itself, else
 * as its trunk is said to. */
static void choose_transport(const struct leg *to, struct ng_command *c)
{
	struct text said = ng_transport_of(call_text_get(&to->session_heard));

	c->media = ng_media_of(said);
	if (c->media != NG_MEDIA_ANY)
		c->transport = said;
	else
		c->media = to->media == MEDIA_SDES   ? NG_MEDIA_SDES
			   : to->media == MEDIA_DTLS ? NG_MEDIA_DTLS
						     : NG_MEDIA_RTP;
	c->is_ipv6 = strchr(to->peer.host, ':') != NULL;
}

static void name_call(const struct call *call, char name[UUID_STRING_SIZE],
		      struct ng_command *c)
{
	uuid_format(&call->id, name);
	c->call_id = text_of(name);
}

static void forget(struct call *call)
{
	char name[UUID_STRING_SIZE];
	struct ng_command c = { .what = "delete" };

	if (!port || !call->media_engine || call->media_engine > port->count)
		return;
	name_call(call, name, &c);
	port->tell(call->media_engine - 1u, &c);
}

/* -ENOENT: it does not know the session; -EPROTO: it will not. */
static int ask(const struct call *call, unsigned engine, struct ng_command *c,
	       struct text *ret_sdp)
{
	static const struct text unknown = { "Unknown call-id", 15 };
	struct text answer, why = text_of(NULL);
	char name[UUID_STRING_SIZE];
	int err;

	name_call(call, name, c);
	err = port->ask(engine, c, &answer);
	if (err < 0) {
		stat_add(STAT_media_silent, 1);
		return err;
	}
	if (ng_find(answer, "sdp", ret_sdp) && ret_sdp->len)
		return 0;
	(void)ng_find(answer, "error-reason", &why);
	if (text_equal(why, unknown))
		return -ENOENT;
	stat_add(STAT_media_refused, 1);
	log_line(LEVEL_WARNING, "media: the engine refuses an %s: '%.*s'",
		 c->what, TEXT_ARG(why));
	return -EPROTO;
}

/* The next engine to try: the call's own, then those that are up, in order. */
static bool choose(const struct call *call, unsigned tried, unsigned *ret)
{
	unsigned own = call->media_engine - 1u;

	if (call->media_engine && own < port->count && !(tried >> own & 1) &&
	    port->is_up(own)) {
		*ret = own;
		return true;
	}
	for (unsigned i = 0; i < port->count; i++)
		if (!(tried >> i & 1) && port->is_up(i)) {
			*ret = i;
			return true;
		}
	return false;
}

/* A 2xx of it would be taken: nobody else has answered (b_late). */
static bool may_answer_yet(const struct leg *l, const struct leg *b)
{
	return l->state == LEG_REFUSED && !l->has_refused &&
	       !leg_is_answered(b);
}

/* Whoever was given up speaks no more, and its ports are free for others; but
 * one whose answer may cross our CANCEL sends to those of its INVITE. */
static void forget_others(const struct leg *b)
{
	struct call *call = b->call;
	char name[UUID_STRING_SIZE];

	for (struct leg *l = call->legs; l; l = l->next) {
		struct ng_command c = { .what = "delete",
					.from_tag =
						call_text_get(&l->local_tag) };

		if (l->side != LEG_B || l == b || !l->is_anchored ||
		    !leg_is_gone(l) || may_answer_yet(l, b))
			continue;
		l->is_anchored = false;
		l->lost_place = true;
		name_call(call, name, &c);
		port->tell(call->media_engine - 1u, &c);
	}
}

static bool offer(struct leg *from, struct leg *to, struct text sdp,
		  struct text *ret_sdp)
{
	struct call *call = from->call;
	struct ng_command c = { .what = "offer",
				.from_tag = call_text_get(&from->local_tag),
				.to_tag = call_text_get(&to->local_tag),
				.sdp = sdp };
	unsigned tried = 0, engine;

	choose_transport(to, &c);
	while (choose(call, tried, &engine)) {
		tried |= 1u << engine;
		if (ask(call, engine, &c, ret_sdp) < 0)
			continue;
		if (call->media_engine != engine + 1) {
			forget(call);
			call->media_engine = (uint8_t)(engine + 1);
		}
		call->media_epoch = port->epoch(engine);
		forget_others(b_of(from, to));
		return true;
	}
	return false;
}

static int answer_at(struct leg *from, struct leg *to, struct text sdp,
		     struct text *ret_sdp)
{
	struct call *call = from->call;
	unsigned engine = call->media_engine - 1u;
	struct ng_command c = { .what = "answer",
				.from_tag = call_text_get(&to->local_tag),
				.to_tag = call_text_get(&from->local_tag),
				.sdp = sdp };

	if (!call->media_engine || engine >= port->count ||
	    !port->is_up(engine))
		return -ENOTCONN;
	return ask(call, engine, &c, ret_sdp);
}

/*
 * The engine has died, or has forgotten the session or who answers (a route
 * given up, whose place another one took), after it was offered.
 * The one that offered gets a whole answer from another engine at once; the
 * one that answers here was given ports that nobody serves any more, and hears
 * of the new ones by re-INVITE.
 */
static bool answer_anew(struct leg *from, struct leg *to, struct text sdp,
			struct text *ret_sdp)
{
	struct text theirs =
		call_text_get(to->session_offered.len ? &to->session_offered
						      : &to->session_heard);

	call_timer_set(from->call, CALL_TIMER_MOVE, AGAIN_MS);
	return theirs.len && offer(to, from, theirs, ret_sdp) &&
	       answer_at(from, to, sdp, ret_sdp) == 0;
}

static bool answer(struct leg *from, struct leg *to, struct text sdp,
		   struct text *ret_sdp)
{
	struct leg *b = b_of(from, to);
	int err;

	if (b->lost_place)
		return answer_anew(from, to, sdp, ret_sdp);
	if (!b->is_anchored)
		return false;
	err = answer_at(from, to, sdp, ret_sdp);
	/* What it does not like it would not like better the second time. */
	if (err == 0 || err == -EPROTO)
		return err == 0;
	return answer_anew(from, to, sdp, ret_sdp);
}

static void go_past(struct leg *from, struct leg *to)
{
	struct call *call = from->call;

	b_of(from, to)->is_anchored = false;
	stat_add(STAT_media_direct, 1);
	if (!call->media_told)
		report_media_direct(call);
	call->media_told = true;
}

struct text media_session(struct leg *from, struct leg *to,
			  enum media_role role, struct text sdp)
{
	struct leg *b = b_of(from, to);
	bool was_anchored = b->is_anchored || b->lost_place;
	struct text shown = sdp;
	bool done;

	from->session_shown.len = 0;
	if (!sdp.len || !is_wanted(from, to)) {
		b->is_anchored &= !sdp.len;
		return sdp;
	}
	done = role == MEDIA_OFFER ? offer(from, to, sdp, &shown)
				   : answer(from, to, sdp, &shown);
	b->lost_place = false;
	if (done) {
		b->is_anchored = true;
		if (leg_is_answered(b))
			forget_others(b);
		if (!call_text_set(from->call, &from->session_shown, shown)) {
			stat_add(STAT_memory_failures, 1);
			return shown;
		}
		return call_text_get(&from->session_shown);
	}
	if (role == MEDIA_OFFER || was_anchored)
		go_past(from, to);
	return sdp;
}

/* ---- in messages ---- */

/* The body with another description in place of the one that it holds. */
static bool put_into(struct text body, struct text old, struct text fresh,
		     struct text *ret_body)
{
	static char buf[BODY_SIZE];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	size_t before = (size_t)(old.p - body.p);

	if (old.p < body.p || before > body.len || old.len > body.len - before)
		return false; /* it came in base64 */
	text_write(&w, text_make(body.p, before));
	text_write(&w, fresh);
	text_write(&w, text_make(old.p + old.len, body.len - before - old.len));
	*ret_body = text_written(&w);
	return !w.full;
}

const struct crossing_in *media_cross(struct leg *from, struct leg *to,
				      enum media_role role,
				      const struct crossing_in *in)
{
	static const struct header_view sdp_alone = {
		.name = { "Content-Type", 12 },
		.value = { "application/sdp", 15 },
	};
	static struct header_view headers[HEADERS_MAX + 1];
	static struct crossing_in out;
	struct text old, shown;

	if (!port)
		return in;
	old = session_in(in);
	if (!old.len)
		return in;
	shown = media_session(from, to, role, old);
	if (shown.p == old.p)
		return in;
	out = *in;
	if (put_into(in->body, old, shown, &out.body))
		return &out;
	/* Without the other parts rather than without the voice. */
	out.header_count = 0;
	for (size_t i = 0; i < in->header_count; i++)
		if (out.header_count < HEADERS_MAX &&
		    !header_tells_of_body(in->headers[i].name))
			headers[out.header_count++] = in->headers[i];
	headers[out.header_count++] = sdp_alone;
	out.headers = headers;
	out.body = shown;
	return &out;
}

const struct sip_reply_view *media_reply(struct leg *from, struct leg *to,
					 enum media_role role,
					 const struct sip_reply_view *r)
{
	static struct sip_reply_view view;
	struct crossing_in in = { r->headers, r->header_count, r->body };
	const struct crossing_in *out = media_cross(from, to, role, &in);

	if (out == &in)
		return r;
	view = *r;
	view.headers = out->headers;
	view.header_count = out->header_count;
	view.body = out->body;
	return &view;
}

void media_refused(struct leg *from, struct leg *to)
{
	struct text theirs = call_text_get(&from->session_heard);
	struct text others = call_text_get(&to->session_heard);

	if (!b_of(from, to)->is_anchored || !theirs.len || !others.len)
		return;
	(void)media_session(from, to, MEDIA_OFFER, theirs);
	(void)media_session(to, from, MEDIA_ANSWER, others);
}

void media_ends(struct call *call)
{
	forget(call);
	call->media_engine = 0;
	call_timer_stop(call, CALL_TIMER_MOVE);
}

/* ---- moving ---- */

bool media_lost(struct call *call, unsigned engine, int delay_ms)
{
	if (call->media_engine != engine + 1 || !port ||
	    call->state >= CALL_ENDING)
		return false;
	if (port->is_up(engine) && port->epoch(engine) == call->media_epoch)
		return false;
	call_timer_set(call, CALL_TIMER_MOVE, delay_ms);
	return true;
}

/* Could the two sides do without an engine? */
static bool agree(const struct call *call)
{
	struct text a = ng_transport_of(call_text_get(&call->a->session_heard));
	struct text b = ng_transport_of(call_text_get(&call->b->session_heard));

	return ng_media_of(a) == ng_media_of(b);
}

static bool any_is_up(void)
{
	for (unsigned i = 0; i < port->count; i++)
		if (port->is_up(i))
			return true;
	return false;
}

void media_due(struct call *call)
{
	struct leg *a = call->a, *b = call->b;
	struct text theirs = call_text_get(&a->session_heard), offered;
	int err;

	if (!port || call->state >= CALL_ENDING || !theirs.len)
		return;
	if (call->state != CALL_CONNECTED) {
		call_timer_set(call, CALL_TIMER_MOVE, AGAIN_MS);
		return;
	}
	/* It comes back, then they are moved to it: media_lost(). */
	if (!any_is_up() && !agree(call))
		return;
	offered = media_session(a, b, MEDIA_OFFER, theirs);
	err = own_request_send(
		b, OWN_MOVE,
		&(struct own_request){ .method = "INVITE",
				       .headers = text_of(SDP_LINE),
				       .body = offered });
	if (err == -EBUSY || err == -ENOMEM) {
		call_timer_set(call, CALL_TIMER_MOVE, AGAIN_MS);
		return;
	}
	if (err < 0)
		return;
	(void)call_text_set(call, &b->session_sent, offered);
	stat_add(STAT_media_moved, 1);
}

void media_moved(struct leg *b, enum own_result result,
		 const struct sip_reply_view *r)
{
	struct crossing_in in = { r->headers, r->header_count, r->body };
	struct leg *a = b->call->a;
	struct text answered;

	if (result == OWN_SILENT || result == OWN_UNKNOWN) {
		recovery_judge(b, r);
		return;
	}
	if (result == OWN_REFUSED) {
		log_line(LEVEL_WARNING,
			 "media: the far side refuses to move its media: %u, "
			 "kept",
			 r->code);
		return;
	}
	session_heard(b, &in);
	answered = media_session(b, a, MEDIA_ANSWER,
				 call_text_get(&b->session_heard));
	if (!session_is_same(answered, call_text_get(&a->session_sent)))
		recovery_due_rejoin(b->call);
}
