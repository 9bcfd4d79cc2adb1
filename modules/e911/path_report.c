/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report, first half: what the path settled, and what was wrong with the
 * request.
 */
#include "path.h"
#include "report.h"
#include "text_writer.h"

void path_count(const struct path *p)
{
	stat_add(STAT_calls_started, 1);
	if (!p->endpoint.endpoint_id)
		stat_add(STAT_callers_unknown, 1);
	if (!p->location.location_id)
		stat_add(STAT_locations_none, 1);
	if (strcmp(p->routed_by, "relay_center") == 0)
		stat_add(STAT_routed_relay_center, 1);
	if (strcmp(p->routed_by, "default") == 0)
		stat_add(STAT_routed_default, 1);
	if (strcmp(p->bound_by, elin_choice_name(ELIN_SHARED)) == 0)
		stat_add(STAT_elins_shared, 1);
	if (strcmp(p->bound_by, elin_choice_name(ELIN_REBOUND)) == 0)
		stat_add(STAT_elins_rebound, 1);
	if (strcmp(p->bound_by, "none") == 0)
		stat_add(STAT_elins_none, 1);
}

static void put_number(struct event_writer *w, enum event_field field,
		       uint64_t number)
{
	char e164[E164_SIZE];

	if (!number)
		return;
	e164_from_u64(number, e164);
	event_text(w, field, text_of(e164));
}

static void put_id(struct event_writer *w, enum event_field field, uint64_t id)
{
	if (id)
		event_u64(w, field, id);
}

static void put_source(struct event_writer *w, const struct path *p,
		       const struct path_request *rq)
{
	char ip[CALL_HOST_SIZE], address[CALL_HOST_SIZE + 8];
	struct text_writer a = text_writer_on(address, sizeof(address));
	bool v6;

	path_ip_format(rq->source, ip, sizeof(ip));
	v6 = strchr(ip, ':') != NULL;
	text_write_cstr(&a, v6 ? "[" : "");
	text_write_cstr(&a, ip);
	text_write_cstr(&a, v6 ? "]:" : ":");
	text_write_u64(&a, rq->source_port);
	event_text(w, FIELD_SOURCE_ADDRESS, text_written(&a));
	put_id(w, FIELD_TRUNK, p->trunk.trunk_id);
}

static void put_caller(struct event_writer *w, const struct path *p)
{
	put_id(w, FIELD_ORGANIZATION, p->organization.organization_id);
	event_text(w, FIELD_ORGANIZATION_FROM, text_of(p->organization_from));
	put_id(w, FIELD_ENDPOINT, p->endpoint.endpoint_id);
	event_text(w, FIELD_IDENTIFIED_BY, text_of(p->identified_by));
	event_text(w, FIELD_IDENTIFIED_FROM, text_of(p->identified_from));
	event_text(w, FIELD_IDENTIFIED_VALUE, text_of(p->identified_value));
	event_text(w, FIELD_CALLER_NUMBER,
		   text_of(p->identities.number[0] ? p->identities.number
						   : p->identities.user));
}

/* What the platform calls the call: crosses to nobody, is told here. */
static void put_platform_call(struct event_writer *w,
			      const struct path_request *rq)
{
	static const char *const names[] = { "X-Genesys-CallUUID",
					     "x-inin-cnv" };
	char value[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct header_view *h;
		size_t index = 0;

		h = header_next(&rq->view, text_of(names[i]), NULL, &index);
		if (h && text_clean(h->value, value, sizeof(value)) > 0) {
			event_text(w, FIELD_PLATFORM_CALL, text_of(value));
			return;
		}
	}
}

void path_report_started(const struct path *p, const struct path_request *rq,
			 const struct call *call, const char *node)
{
	struct event_writer w;

	report_begin(&w, EVENT_CALL_STARTED, call);
	event_text(&w, FIELD_SERVICE, text_of(call_kind_name(call->kind)));
	event_text(&w, FIELD_NODE, text_of(node));
	put_source(&w, p, rq);
	put_caller(&w, p);
	put_id(&w, FIELD_LOCATION, p->location.location_id);
	event_text(&w, FIELD_LOCATED_BY, text_of(p->located_by));
	put_id(&w, FIELD_PSAP, p->psap_id);
	event_text(&w, FIELD_ROUTED_BY, text_of(p->routed_by));
	put_number(&w, FIELD_CALLBACK_NUMBER, p->shown_number);
	put_number(&w, FIELD_ELIN, p->elin);
	event_text(&w, FIELD_BOUND_BY, text_of(p->bound_by));
	if (p->shown_number)
		event_u64(&w, FIELD_ELIN_TIMEOUT, p->elin_timeout_s);
	event_text(&w, FIELD_SIP_CALL_ID, rq->sip_call_id);
	event_text(&w, FIELD_REQUEST_URI, rq->view.request_uri);
	put_platform_call(&w, rq);
	report_end(&w);
	path_report_faults(p, rq, call);
}

void path_report_callback(const struct path *p, const struct path_request *rq,
			  const struct call *call,
			  const struct elin_binding *binding, const char *node)
{
	char original[UUID_STRING_SIZE];
	struct event_writer w;

	report_begin(&w, EVENT_CALLBACK_STARTED, call);
	event_text(&w, FIELD_SERVICE, text_of("callback"));
	event_text(&w, FIELD_NODE, text_of(node));
	put_source(&w, p, rq);
	put_id(&w, FIELD_ORGANIZATION, binding->organization_id);
	put_id(&w, FIELD_LOCATION, binding->location_id);
	put_number(&w, FIELD_CALLBACK_NUMBER, binding->number);
	put_number(&w, FIELD_ELIN, binding->number);
	event_text(&w, FIELD_CALLER_NUMBER,
		   text_of(p->identities.number[0] ? p->identities.number
						   : p->identities.user));
	event_text(&w, FIELD_BOUND_BY, text_of(p->bound_by));
	if (!uuid_is_nil(&binding->call)) {
		uuid_format(&binding->call, original);
		event_text(&w, FIELD_ORIGINAL_CALL, text_of(original));
	}
	event_text(&w, FIELD_SIP_CALL_ID, rq->sip_call_id);
	event_text(&w, FIELD_REQUEST_URI, rq->view.request_uri);
	report_end(&w);
}

void path_report_test(const struct path *p, const struct path_request *rq,
		      unsigned status, const char *node)
{
	struct event_writer w;

	report_begin_id(&w, EVENT_TEST_REFUSED, &p->call_id);
	event_text(&w, FIELD_SERVICE, text_of("test"));
	event_text(&w, FIELD_NODE, text_of(node));
	put_source(&w, p, rq);
	event_text(&w, FIELD_SIP_CALL_ID, rq->sip_call_id);
	event_text(&w, FIELD_REQUEST_URI, rq->view.request_uri);
	event_u64(&w, FIELD_STATUS, status);
	report_end(&w);
}

/* ---- faults ---- */

static const struct fault_word {
	unsigned bit;
	const char *word;
} input_faults[] = {
	{ IDENTITY_FAULT_ININATTR, "ININAttr: neither a MAC nor an IP in it" },
	{ IDENTITY_FAULT_PAI, "P-Asserted-Identity: cannot be parsed" },
	{ IDENTITY_FAULT_FROM, "From: no usable user part" },
	{ IDENTITY_FAULT_UUI, "User-to-User: cannot be decoded" },
	{ IDENTITY_FAULT_TOO_LONG, "an identity is too long" },
	{ IDENTITY_FAULT_TOO_MANY, "too many identities" },
}, organization_faults[] = {
	{ PATH_FAULT_ORGANIZATION_BAD, "E911-Organization-ID: not a UUID" },
	{ PATH_FAULT_ORGANIZATION_SEVERAL,
	  "E911-Organization-ID: more than one" },
	{ PATH_FAULT_ORGANIZATION_FOREIGN,
	  "E911-Organization-ID: not allowed on this trunk" },
};

static struct text claimed_text(const struct path_request *rq)
{
	for (size_t i = 0; i < rq->view.header_count; i++)
		if (text_equal_nocase(rq->view.headers[i].name,
				      text_of("E911-Organization-ID")))
			return text_trim(rq->view.headers[i].value);
	return text_of(NULL);
}

static void tell_fault(const struct path *p, const struct path_request *rq,
		       const struct call *call, enum event_kind kind,
		       const char *word)
{
	struct event_writer w;

	report_begin(&w, kind, call);
	put_source(&w, p, rq);
	event_text(&w, FIELD_FAULT, text_of(word));
	if (kind == EVENT_ORGANIZATION_REFUSED) {
		event_text(&w, FIELD_CLAIMED_ORGANIZATION, claimed_text(rq));
		put_id(&w, FIELD_ORGANIZATION, p->organization.organization_id);
	}
	event_text(&w, FIELD_SIP_CALL_ID, rq->sip_call_id);
	report_end(&w);
}

static void tell_pool(const struct path *p, const struct path_request *rq,
		      const struct call *call)
{
	struct event_writer w;

	report_begin(&w, EVENT_POOL_EXHAUSTED, call);
	put_id(&w, FIELD_LOCATION, p->location.location_id);
	event_text(&w, FIELD_BOUND_BY, text_of(p->bound_by));
	put_number(&w, FIELD_ELIN, p->elin);
	event_text(&w, FIELD_SIP_CALL_ID, rq->sip_call_id);
	report_end(&w);
}

void path_report_faults(const struct path *p, const struct path_request *rq,
			const struct call *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(input_faults); i++)
		if (p->identities.faults & input_faults[i].bit) {
			stat_add(STAT_inputs_malformed, 1);
			tell_fault(p, rq, call, EVENT_INPUT_MALFORMED,
				   input_faults[i].word);
		}
	for (size_t i = 0; i < ARRAY_SIZE(organization_faults); i++)
		if (p->faults & organization_faults[i].bit) {
			stat_add(STAT_organizations_refused, 1);
			tell_fault(p, rq, call, EVENT_ORGANIZATION_REFUSED,
				   organization_faults[i].word);
		}
	if (p->faults & PATH_FAULT_CREDENTIAL) {
		stat_add(STAT_credentials_missed, 1);
		tell_fault(p, rq, call, EVENT_CREDENTIAL_MISSED,
			   p->proof_fault);
	}
	if (p->faults & PATH_FAULT_ROUTES_CUT)
		tell_fault(p, rq, call, EVENT_INPUT_MALFORMED,
			   "routes: more than one call can try");
	if (p->faults & PATH_FAULT_DIRECTORY)
		tell_fault(p, rq, call, EVENT_DIRECTORY_DAMAGED,
			   "directory: missing or damaged");
	if (strcmp(p->bound_by, elin_choice_name(ELIN_SHARED)) == 0 ||
	    strcmp(p->bound_by, elin_choice_name(ELIN_REBOUND)) == 0 ||
	    strcmp(p->bound_by, "none") == 0)
		tell_pool(p, rq, call);
}
