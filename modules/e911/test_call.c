/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_call.h"

#include "address.h"
#include "text_writer.h"

#define RESPONSE_MS 1000
/* It rings while an address is being made into speech. */
#define RING_MS 15000

void test_call_route_mend(struct call_route *route)
{
	route->response_timeout_ms = RESPONSE_MS;
	route->ring_timeout_ms = RING_MS;
	route->recovery_timeout_s = 0;
	route->media = MEDIA_RTP;
}

static bool is_urn(struct text uri)
{
	return text_has_prefix_nocase(uri, text_of("urn:"));
}

unsigned test_call_refusal(const struct path_request *rq,
			   const struct path_conf *agent,
			   unsigned test_sos_status)
{
	if (is_urn(rq->view.request_uri) && test_sos_status != 200)
		return test_sos_status;
	return agent->default_route_count ? 0 : 503;
}

#define NUMBER_SIZE 24

/* The user part without what people write between digits; 0: it is too long,
 * or something else than a number. */
static size_t dialled(struct text request_uri, char buf[NUMBER_SIZE])
{
	struct address_view a;
	char user[64];
	size_t n = 0;

	if (address_parse(request_uri, &a) < 0 ||
	    text_percent_decode(a.user, user, sizeof(user)) < 0)
		return 0;
	for (const char *p = user; *p && *p != ';'; p++) {
		if (strchr("-.() ", *p))
			continue;
		if (n == NUMBER_SIZE || !strchr("+0123456789*#", *p))
			return 0;
		buf[n++] = *p;
	}
	return n;
}

/* Digits alone: *911 is none that we take for 911, nor for a test. */
static bool smells_of_911(struct text number)
{
	char uri[4 + NUMBER_SIZE] = "tel:";
	size_t n = 4;

	for (size_t i = 0; i < number.len; i++)
		if (text_is_digit(number.p[i]))
			uri[n++] = number.p[i];
	return service_classify(text_make(uri, n)) == SERVICE_EMERGENCY;
}

bool test_call_has_number(struct text numbers, struct text request_uri)
{
	char buf[NUMBER_SIZE];
	struct text number;
	size_t n;

	if (!numbers.len)
		return false;
	n = dialled(request_uri, buf);
	if (smells_of_911(text_make(buf, n)))
		return false;
	while (n && text_cut(&numbers, ',', &number))
		if (text_equal(number, text_make(buf, n)))
			return true;
	return false;
}

static void put(struct text_writer *w, const char *name, uint64_t value)
{
	if (value)
		text_writef(w, "%s=%llu;", name, (unsigned long long)value);
}

struct text test_call_turn(struct path *p, const struct path_conf *agent,
			   char note[TEST_NOTE_SIZE])
{
	struct text_writer w = text_writer_on(note, TEST_NOTE_SIZE);

	put(&w, "organization", p->organization.organization_id);
	put(&w, "endpoint", p->endpoint.endpoint_id);
	put(&w, "location", p->location.location_id);
	put(&w, "psap", p->psap_id);
	put(&w, "callback", p->shown_number);
	text_writef(&w, "routed=%s", p->routed_by);
	p->routes[0] = agent->default_routes[0];
	p->route_count = 1;
	return text_written(&w);
}
