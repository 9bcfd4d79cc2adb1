/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "flow.h"
#include "flow_golden.h"
#include "flow_trunks.h"
#include "modules/e911/session_timer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PARTIES    8 /* the caller and up to 7 PSAPs */
#define LINGER_MS  32000
#define UTC_START  INT64_C(1700000000000)
#define MONO_START INT64_C(1000000)

struct party {
	const char *name;
	const char *tag; /* of a PSAP */
	uint32_t cseq;   /* of its latest in-dialog request */
	uint32_t invite_cseq;
	size_t seen; /* what was said to it before this is expected */
};

struct flow {
	const char *name;
	char *text;
	size_t text_len;
	FILE *out;
	struct call_store *store;
	struct elin_table *elins;
	struct call *call;
	struct party parties[PARTIES]; /* [0]: the caller */
	unsigned party_count;
	const char *caller_user; /* NULL: the caller has a number */
	uint8_t transport[PARTIES];
	enum number_format format[PARTIES];
	uint32_t progress_ms[PARTIES];
	uint8_t caller_options;
	struct header_view headers[64]; /* of the message that is told */
	size_t more_count;              /* of them by with_header() */
	bool allows_losses;
	enum call_state told_state;
	size_t events_seen;
	const struct said *last;
};

static struct flow *telling; /* for the wrapped log_line() */

/* clang-format off */
#define H(n, v) { { n, sizeof(n) - 1 }, { v, sizeof(v) - 1 } }
/* clang-format on */

static const struct header_view psap_headers[] = {
	H("Via", "SIP/2.0/UDP 192.0.2.100;branch=z9hG4bKours"),
	H("Server", "psap-hidden/2.0"),
	H("X-Psap-Desk", "psap-hidden-desk"),
	H("Record-Route", "<sip:psap-hidden-proxy;lr>"),
	H("Contact", "<sip:psap-hidden@203.0.113.9>"),
	H("Content-Type", "application/sdp"),
};

/* What must never be seen on the other side. */
static const char *const caller_secrets[] = {
	"caller-call-id", FLOW_CALLER_TAG,  "our-tag-for-a", "z9hG4bKcaller",
	"secret",         "tenant.example", "ININAttr",      "X-Genesys",
	"E911-O",         "Identity: s",    "198.51.100.8",  "5061",
};
static const char *const psap_secrets[] = { "psap-hidden", "z9hG4bK",
					    "-tag-of-", "Record-Route" };

/* ---- what the B2BUA gets from its process ---- */

void __wrap_log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void __wrap_log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = { "error", "warning", "notice",
					     "info", "debug" };
	va_list ap;

	if (!telling)
		return;
	fprintf(telling->out, "  log %s: ", names[level]);
	va_start(ap, fmt);
	vfprintf(telling->out, fmt, ap);
	va_end(ap);
	fputc('\n', telling->out);
}

/* ---- parties ---- */

static struct party *party_of(struct flow *f, const char *who)
{
	for (unsigned i = 0; i < f->party_count; i++)
		if (strcmp(f->parties[i].name, who) == 0)
			return &f->parties[i];
	fail_msg("no party is called '%s'", who);
	abort(); /* fail_msg() does not come back, but does not say so */
}

static struct party *party_at(struct flow *f, const struct leg *leg)
{
	return leg->side == LEG_A ? &f->parties[0]
				  : &f->parties[1 + leg->attempt];
}

/* The latest leg towards a party: legs are listed youngest first, forks of
 * a dialog after it was answered; the one made for the INVITE is wanted. */
static struct leg *leg_of(struct flow *f, const struct party *p)
{
	struct leg *found = NULL;

	if (p == f->parties)
		return f->call->a;
	for (struct leg *l = f->call->legs; l; l = l->next)
		if (l->side == LEG_B && party_at(f, l) == p)
			found = l;
	assert_non_null(found);
	return found;
}

/* ---- writing down ---- */

static void on_said(const struct said *s, void *arg)
{
	struct flow *f = arg;
	struct party *p = party_at(f, s->leg);
	const char *sdp = s->body && s->body[0] ? " +body" : "";
	char what[64];

	if (s->kind == SAID_REPLY)
		snprintf(what, sizeof(what), "%u %s%s", s->code, s->method,
			 sdp);
	else if (s->kind == SAID_CANCEL)
		snprintf(what, sizeof(what), "CANCEL");
	else
		snprintf(what, sizeof(what), "%s %u%s%s", s->method, s->cseq,
			 sdp, s->is_copy ? " again" : "");
	if (p == f->parties)
		fprintf(f->out, "  caller <-- %s\n", what);
	else
		fprintf(f->out, "             %s --> %s\n", what, p->name);
}

static void on_told(const struct told *t, void *arg)
{
	struct flow *f = arg;

	fprintf(f->out, "  event %s\n", t->line);
}

static void heard(struct flow *f, const struct party *p, const char *what,
		  const char *body)
{
	const char *more = body ? " +body" : "";

	if (p == f->parties)
		fprintf(f->out, "  caller --> %s%s\n", what, more);
	else
		fprintf(f->out, "             %s%s <-- %s\n", what, more,
			p->name);
}

static void tell_state(struct flow *f)
{
	if (f->call->state == f->told_state)
		return;
	f->told_state = f->call->state;
	fprintf(f->out, "  [%s]\n", call_state_name(f->told_state));
}

void because(struct flow *f, const char *why)
{
	fprintf(f->out, "\n%s:\n", why);
}

/* ---- rules that hold at every moment ---- */

static void check_said(const struct said *s)
{
	bool to_a = s->leg->side == LEG_A;
	const char *const *secrets = to_a ? psap_secrets : caller_secrets;
	size_t n = to_a ? ARRAY_SIZE(psap_secrets) : ARRAY_SIZE(caller_secrets);

	for (size_t i = 0; i < n; i++)
		if (strcasestr(s->text, secrets[i]))
			fail_msg("'%s' of one side is told to the other:\n%s",
				 secrets[i], s->text);
}

static void check_now(struct flow *f)
{
	static size_t checked;
	const struct said *s;

	if (checked > fake_sip_count())
		checked = 0;
	while ((s = fake_sip_said(checked))) {
		check_said(s);
		checked++;
	}
	if (fake_sip_fault())
		fail_msg("%s", fake_sip_fault());
	if (!fake_sip_injected())
		assert_true(fake_sip_live(LEG_B) <= 1);
	tell_state(f);
}

/* ---- the scene ---- */

static void party_add(struct flow *f, const char *name)
{
	static const char *const tags[PARTIES] = {
		FLOW_CALLER_TAG, "a-tag-of-1", "a-tag-of-2", "a-tag-of-3",
		"a-tag-of-4",    "a-tag-of-5", "a-tag-of-6", "a-tag-of-7",
	};

	assert_true(f->party_count < PARTIES);
	f->parties[f->party_count] =
		(struct party){ .name = name, .tag = tags[f->party_count] };
	f->party_count++;
}

void routes_are(struct flow *f, ...)
{
	va_list ap;
	const char *name;

	f->party_count = 1;
	va_start(ap, f);
	while ((name = va_arg(ap, const char *)))
		party_add(f, name);
	va_end(ap);
}

void there_are_no_routes(struct flow *f)
{
	f->party_count = 1;
}

unsigned flow_route_index(struct flow *f, const char *who)
{
	return (unsigned)(party_of(f, who) - f->parties) - 1;
}

void no_socket_reaches(struct flow *f, const char *who)
{
	static char host[CALL_HOST_SIZE];

	flow_host(flow_route_index(f, who), host);
	fake_sip_unreachable(host);
}

void caller_is(struct flow *f, const char *user)
{
	f->caller_user = user;
}

void must_ring_within(struct flow *f, const char *who, uint32_t ms)
{
	f->progress_ms[party_of(f, who) - f->parties] = ms;
}

void route_speaks(struct flow *f, const char *who, uint8_t transport,
		  enum number_format format)
{
	ptrdiff_t i = party_of(f, who) - f->parties;

	f->transport[i] = transport;
	f->format[i] = format;
}

void caller_knows(struct flow *f, uint8_t options)
{
	f->caller_options = options;
}

void with_header(struct flow *f, const char *name, const char *value)
{
	assert_true(f->more_count < 8);
	f->headers[f->more_count++] =
		(struct header_view){ text_of(name), text_of(value) };
}

/* Those of with_header(), once, and what this side always says. */
static const struct header_view *headers_of(struct flow *f, bool is_a,
					    size_t *ret_count)
{
	const struct header_view *usual =
		is_a ? flow_tenant_headers : psap_headers;
	size_t n = is_a ? flow_tenant_header_count : ARRAY_SIZE(psap_headers);

	assert_true(f->more_count + n <= ARRAY_SIZE(f->headers));
	memcpy(f->headers + f->more_count, usual, n * sizeof(usual[0]));
	*ret_count = f->more_count + n;
	f->more_count = 0;
	return f->headers;
}

static void scene_to_call(const struct flow *f, struct call *call)
{
	flow_trunks_to_call(call);
	call->a->peer_options = f->caller_options;
	for (unsigned i = 1; i < f->party_count; i++) {
		call->routes[i - 1].progress_timeout_ms = f->progress_ms[i];
		if (!f->transport[i])
			continue;
		call->routes[i - 1].transport = f->transport[i];
		call->routes[i - 1].number_format = (uint8_t)f->format[i];
	}
	if (!f->caller_user)
		return;
	call->shown_number = 0;
	snprintf(call->shown_user, sizeof(call->shown_user), "%s",
		 f->caller_user);
}

/* ---- the story begins ---- */

/* What the INVITE says of session timers. */
static void hear_session(struct flow *f)
{
	size_t n;
	const struct header_view *headers = headers_of(f, true, &n);

	session_timer_asked(f->call->a, headers, n);
}

void caller_dials(struct flow *f, const char *offer)
{
	f->call = flow_call_new(f->elins, f->party_count - 1, offer);
	assert_non_null(f->call);
	scene_to_call(f, f->call);
	hear_session(f);
	f->parties[0].cseq = f->parties[0].invite_cseq = 101;
	f->told_state = CALL_STATE_COUNT;
	fprintf(f->out, "  caller --> INVITE 101%s\n", offer ? " +body" : "");
	flow_trunks_start(f->call);
	check_now(f);
}

/* ---- requests in a dialog ---- */

static void sends(struct flow *f, struct party *p, const char *method,
		  const char *body)
{
	bool ack = strcmp(method, "ACK") == 0, is_a = p == f->parties;
	struct leg *leg = leg_of(f, p);
	struct sip_request_view rq = { 0 };
	struct leg *found;
	char what[32];

	rq.method = text_of(method);
	rq.cseq = ack ? p->invite_cseq : ++p->cseq;
	rq.from_tag = text_of(p->tag);
	rq.headers = headers_of(f, is_a, &rq.header_count);
	rq.body = text_of(body);
	rq.contact = text_of(is_a ? "sip:secret-desk-2@198.51.100.9:5061"
				  : "sip:psap-hidden-2@203.0.113.9");
	if (strcmp(method, "INVITE") == 0)
		p->invite_cseq = rq.cseq;
	if (strcmp(method, "BYE") == 0)
		fake_sip_hung_up(leg, rq.from_tag);
	snprintf(what, sizeof(what), "%s %u", method, rq.cseq);
	heard(f, p, what, body);
	found = call_store_find(f->store, call_text_get(&leg->call_id),
				call_text_get(&leg->local_tag));
	if (!found) {
		fprintf(f->out, "             (no such dialog)\n");
		return;
	}
	if (!ack)
		rq.transaction = fake_sip_ask(leg, method, rq.cseq);
	b2bua_on_request(found, &rq);
	call_unref(found->call);
	check_now(f);
}

void caller_sends(struct flow *f, const char *method, const char *body)
{
	sends(f, &f->parties[0], method, body);
}

void caller_acks(struct flow *f, const char *body)
{
	sends(f, &f->parties[0], "ACK", body);
}

void caller_counts_from(struct flow *f, uint32_t cseq)
{
	f->parties[0].cseq = cseq - 1;
}

static void cancels(struct flow *f, struct party *p)
{
	struct leg *leg = leg_of(f, p);

	heard(f, p, "CANCEL", NULL);
	leg = call_store_find_invite(f->store, call_text_get(&leg->call_id),
				     text_of(p->tag), p->invite_cseq);
	assert_non_null(leg);
	b2bua_on_cancel(leg, fake_sip_ask(leg, "CANCEL", p->invite_cseq));
	call_unref(leg->call);
	check_now(f);
}

void caller_cancels(struct flow *f)
{
	cancels(f, &f->parties[0]);
}

void psap_cancels(struct flow *f, const char *who)
{
	cancels(f, party_of(f, who));
}

void psap_sends(struct flow *f, const char *who, const char *method,
		const char *body)
{
	sends(f, party_of(f, who), method, body);
}

void psap_acks(struct flow *f, const char *who, const char *body)
{
	sends(f, party_of(f, who), "ACK", body);
}

void psap_speaks_as(struct flow *f, const char *who, const char *tag)
{
	party_of(f, who)->tag = tag;
}

/* ---- replies ---- */

/* Our latest request of this method to a party, on whatever leg. */
static struct fake_client *client_of(struct flow *f, const struct party *p,
				     const char *method)
{
	for (size_t i = fake_sip_client_count(); i-- > 0;) {
		struct fake_client *c = fake_sip_client_at(i);

		if (party_at(f, c->leg) == p && strcmp(c->method, method) == 0)
			return c;
	}
	fail_msg("%s was never sent a %s", p->name, method);
	return NULL;
}

static void replies(struct flow *f, struct party *p, const char *method,
		    unsigned code, const char *body)
{
	struct fake_client *c = client_of(f, p, method);
	bool is_a = p == f->parties;
	struct sip_reply_view r = { .code = code,
				    .reason = text_of("As Told"),
				    .to_tag = text_of(p->tag),
				    .body = text_of(body) };
	char what[32];

	r.contact = text_of(is_a ? "sip:secret-desk@198.51.100.9:5061"
				 : "sip:psap-hidden@203.0.113.9");
	r.route_set = text_of(is_a ? NULL : "<sip:psap-hidden-proxy;lr>");
	r.headers = headers_of(f, is_a, &r.header_count);
	snprintf(what, sizeof(what), "%u %s", code, method);
	heard(f, p, what, body);
	fake_sip_reply(c, &r);
	check_now(f);
}

void caller_replies(struct flow *f, const char *method, unsigned code,
		    const char *body)
{
	replies(f, &f->parties[0], method, code, body);
}

void psap_replies(struct flow *f, const char *who, const char *method,
		  unsigned code, const char *body)
{
	replies(f, party_of(f, who), method, code, body);
}

void psap_replies_garbage(struct flow *f, const char *who, const char *method,
			  unsigned code)
{
	struct party *p = party_of(f, who);
	struct sip_reply_view r = { .code = code,
				    .is_unusable = true,
				    .to_tag = text_of(p->tag) };
	char what[48];

	snprintf(what, sizeof(what), "%u %s that cannot be parsed", code,
		 method);
	heard(f, p, what, NULL);
	fake_sip_reply(client_of(f, p, method), &r);
	check_now(f);
}

/* ---- expectations ---- */

static const struct said *next_to(struct flow *f, struct party *p)
{
	const struct said *s;

	while ((s = fake_sip_said(p->seen))) {
		p->seen++;
		if (party_at(f, s->leg) == p && !s->is_copy)
			return s;
	}
	return NULL;
}

static void expects(struct flow *f, const char *who, enum said_kind kind,
		    const char *method, unsigned code)
{
	const struct said *s = next_to(f, party_of(f, who));

	f->last = s;
	if (!s)
		fail_msg("%s expected %s %u but was told nothing", who,
			 method ? method : "reply", code);
	else if (s->kind != kind || s->code != code ||
		 (method && strcmp(s->method, method) != 0))
		fail_msg("%s expected %s %u but was told:\n%s", who,
			 method ? method : "reply", code, s->text);
}

void caller_expects(struct flow *f, const char *method)
{
	expects(f, "caller", SAID_REQUEST, method, 0);
}

void caller_expects_reply(struct flow *f, unsigned code)
{
	expects(f, "caller", SAID_REPLY, NULL, code);
}

void psap_expects(struct flow *f, const char *who, const char *method)
{
	expects(f, who, SAID_REQUEST, method, 0);
}

void caller_expects_cancel(struct flow *f)
{
	psap_expects_cancel(f, "caller");
}

void psap_expects_cancel(struct flow *f, const char *who)
{
	expects(f, who, SAID_CANCEL, "CANCEL", 0);
}

void psap_expects_reply(struct flow *f, const char *who, unsigned code)
{
	expects(f, who, SAID_REPLY, NULL, code);
}

void psap_expects_nothing(struct flow *f, const char *who)
{
	const struct said *s = next_to(f, party_of(f, who));

	if (s)
		fail_msg("%s was told, unexpected:\n%s", who, s->text);
}

void caller_expects_nothing(struct flow *f)
{
	psap_expects_nothing(f, "caller");
}

void expect_event(struct flow *f, enum event_kind kind)
{
	const struct told *t;

	while ((t = fake_report_told(f->events_seen))) {
		f->events_seen++;
		if (t->kind == kind)
			return;
	}
	fail_msg("no event %s was told", event_kind_name(kind));
}

void expect_state(struct flow *f, enum call_state s)
{
	assert_string_equal(call_state_name(f->call->state),
			    call_state_name(s));
}

const struct said *flow_last(const struct flow *f)
{
	assert_non_null(f->last);
	return f->last;
}

void last_carries(const struct flow *f, const char *needle)
{
	if (!strstr(flow_last(f)->text, needle))
		fail_msg("'%s' is missing in:\n%s", needle, f->last->text);
}

void last_lacks(const struct flow *f, const char *needle)
{
	if (strstr(flow_last(f)->text, needle))
		fail_msg("'%s' must not stand in:\n%s", needle, f->last->text);
}

void flow_show(struct flow *f)
{
	for (const char *c = flow_last(f)->text; *c; c++) {
		if (*c == '\r')
			continue;
		if (c == f->last->text || c[-1] == '\n')
			fputs("    | ", f->out);
		fputc(*c, f->out);
	}
}

struct call *flow_call(struct flow *f)
{
	return f->call;
}

struct call_store *flow_store(struct flow *f)
{
	return f->store;
}

struct elin_table *flow_elins(struct flow *f)
{
	return f->elins;
}

void flow_allows_losses(struct flow *f)
{
	f->allows_losses = true;
}

static void on_due(struct call *call, void *arg)
{
	(void)arg;
	b2bua_on_due(call);
}

/* From one thing that is due to the next, until then. */
static void advance_to(struct flow *f, int64_t then)
{
	while (clock_mono_ms() < then) {
		int64_t next = fake_sip_due();

		int64_t due = flow_next_tick(f->call);

		if (due && due < next)
			next = due;
		next = next > then ? then : next;
		if (next > clock_mono_ms())
			clock_advance(next - clock_mono_ms());
		fake_sip_tick();
		call_store_tick(f->store, clock_mono_ms(), on_due, NULL);
		check_now(f);
		if (next == then)
			break;
	}
}

void time_passes(struct flow *f, int64_t ms)
{
	fprintf(f->out, "  ... %" PRId64 " ms\n", ms);
	advance_to(f, clock_mono_ms() + ms);
}

/* ---- the end ---- */

static void all_was_expected(struct flow *f)
{
	for (unsigned i = 0; i < f->party_count; i++)
		psap_expects_nothing(f, f->parties[i].name);
}

static void each_request_was_answered(const struct flow *f)
{
	for (size_t i = 0; i < fake_sip_server_count(); i++) {
		const struct fake_server *s = fake_sip_server_at(i);

		if (!s->status && !f->allows_losses)
			fail_msg("no final answer to %s %u", s->method,
				 s->cseq);
	}
}

static void elin_was_given_back(struct flow *f)
{
	struct elin_binding b;
	int64_t ended = clock_utc_ms();

	assert_int_equal(elin_table_active(f->elins), 0);
	/* A call that is over is not written down any more. */
	assert_int_equal(fake_report_records(), 0);
	assert_int_equal(elin_table_find(f->elins, FLOW_ELIN, ended, &b), 0);
	/* 1200 s from the end, which is the linger time ago. */
	assert_true(b.expires_at_ms > b.ended_at_ms);
	assert_int_equal(b.expires_at_ms - b.ended_at_ms, 1200 * 1000);
	assert_int_equal(
		elin_table_find(f->elins, FLOW_ELIN, b.expires_at_ms + 1, &b),
		-ENOENT);
}

static void the_end(struct flow *f)
{
	assert_non_null(f->call);
	fprintf(f->out, "\nthe end:\n");
	if (f->call->state != CALL_ENDED)
		fail_msg("the story ends in state %s",
			 call_state_name(f->call->state));
	all_was_expected(f);
	each_request_was_answered(f);
	/* Of an alert nobody is told anything. */
	assert_int_equal(fake_report_of(EVENT_CALL_ENDED),
			 f->call->kind != CALL_ALERT);
	assert_true(fake_report_of(EVENT_CALL_ANSWERED) <= 1);
	advance_to(f, clock_mono_ms() + LINGER_MS + CALL_TICK_MS);
	all_was_expected(f);
	if (!f->allows_losses) {
		assert_int_equal(fake_sip_live(LEG_B), 0);
		assert_int_equal(fake_sip_unacknowledged(), 0);
	}
	elin_was_given_back(f);
	assert_int_equal(call_store_count(f->store), 0);
	/* A BYE that nobody answered is forgotten later than the call. */
	advance_to(f, clock_mono_ms() + LINGER_MS);
	assert_int_equal(f->call->refs, 1);
	fprintf(f->out, "  nothing is left\n");
}

/* ---- one test ---- */

static void title(struct flow *f)
{
	for (const char *c = f->name; *c; c++)
		fputc(*c == '_' ? ' ' : *c, f->out);
	fputc('\n', f->out);
}

static void begin(struct flow *f, const char *name)
{
	struct b2bua conf;

	memset(f, 0, sizeof(*f));
	f->name = name;
	flow_random_restart();
	clock_set(UTC_START, MONO_START);
	f->out = open_memstream(&f->text, &f->text_len);
	assert_non_null(f->out);
	fake_sip_reset();
	fake_report_reset();
	f->store = call_store_new(4);
	f->elins = elin_table_new(4);
	assert_non_null(f->store);
	assert_non_null(f->elins);
	conf = (struct b2bua){ .store = f->store,
			       .elins = f->elins,
			       .linger_ms = LINGER_MS };
	flow_trunks_begin(&conf);
	b2bua_init(&conf);
	party_add(f, "caller");
	party_add(f, "south");
	party_add(f, "county");
	fake_sip_listen(on_said, f);
	fake_report_listen(on_told, f);
	telling = f;
	title(f);
}

static void end(struct flow *f)
{
	telling = NULL;
	fclose(f->out);
	fake_sip_reset();
	call_unref(f->call);
	call_store_free(f->store);
	elin_table_free(f->elins);
	flow_trunks_end();
}

void flow_run(void **state)
{
	const struct flow_case *c = *state;
	size_t in_use;
	struct flow f;

	fake_sip_reset(); /* what a failed story left */
	in_use = shared_in_use();
	begin(&f, c->name);
	c->tell(&f);
	the_end(&f);
	end(&f);
	assert_int_equal(shared_in_use(), in_use);
	flow_golden_check(f.name, f.text);
	free(f.text);
}
