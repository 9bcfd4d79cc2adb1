/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HELD's answers for soft clients, as JSON. */
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "http/held_exchange.h"
#include "pidf_lo.h"
#include "xml/civic.h"
#include "xml/xml_doc.h"

#define WHO       "held"
#define JSON_TYPE "application/json"

/* ---- writing ---- */

/* Steals j. */
static void give(struct held_exchange *x, unsigned status, struct json *j,
		 int err)
{
	char *body = NULL;

	if (err >= 0)
		err = json_format(j, &body);
	(void)json_free(j);
	if (err < 0) {
		x->response->status = 503;
		return;
	}
	x->response->status = status;
	x->response->content_type = JSON_TYPE;
	x->response->body = body;
	x->response->body_len = strlen(body);
}

static const char *name_of(unsigned status)
{
	switch (status) {
	case 400:
		return "badRequest";
	case 401:
		return "unauthorized";
	case 403:
		return "forbidden";
	case 429:
		return "tooManyRequests";
	default:
		return "unavailable";
	}
}

/* What is not known is an answer; anything else is an error. */
static void refuse(struct held_exchange *x, const struct held_refusal *r)
{
	bool unknown = r->error == HELD_ERROR_LOCATION_UNKNOWN;
	unsigned status = r->status == 200 && !unknown ? 503 : r->status;
	struct json *j = NULL;
	int err = json_new(&j);

	stats_add(STAT_HELD_ERRORS, 1);
	log_debug(WHO, "%s: %s", held_error_name(r->error), r->why);
	if (err >= 0 && unknown)
		err = json_put_text(j, "status", text_of("unknown"));
	else if (err >= 0)
		err = json_put_text(j, "error", text_of(name_of(status)));
	if (err >= 0)
		err = json_put_text(j, "message", text_of(r->why));
	give(x, status, j, err);
	x->response->asks_password = status == 401;
	x->response->retry_after_s = status == 429;
}

static void refuse_request(struct held_exchange *x, const char *why)
{
	const struct held_refusal r = { 400, HELD_ERROR_REQUEST, why };

	refuse(x, &r);
}

/* The parts of the address, by their names in RFC 5139. */
static int put_civic(struct json *to, struct text xml)
{
	struct xml_doc *doc = NULL;
	struct json *parts = NULL;
	struct civic c = { 0 };
	const char *why;
	int err;

	if (xml.len && xml_doc_read(&doc, xml, &why) == 0)
		civic_read(xml_doc_root(doc), &c);
	err = json_new(&parts);
	for (enum civic_field f = 0; f < CIVIC_COUNT && err >= 0; f++)
		if (c.value[f].len)
			err = json_put_text(parts, civic_field_name(f),
					    c.value[f]);
	if (err >= 0)
		err = json_put_object(to, "civic", parts);
	parts = json_free(parts);
	doc = xml_doc_free(doc);
	return err;
}

static int put_place(struct json *to, const struct dir_location *l)
{
	struct json *j = NULL;
	int err = json_new(&j);

	if (err >= 0)
		err = json_put_text(j, "name", l->name);
	if (err >= 0)
		err = json_put_text(j, "address", l->address);
	if (err >= 0)
		err = put_civic(j, l->civic);
	if (err >= 0 && (l->latitude_u6 || l->longitude_u6)) {
		err = json_put_millionths(j, "latitude",
					  (int64_t)l->latitude_u6 - 90000000);
		if (err >= 0)
			err = json_put_millionths(j, "longitude",
						  (int64_t)l->longitude_u6 -
							  180000000);
	}
	if (err >= 0)
		err = json_put_object(to, "location", j);
	j = json_free(j);
	return err;
}

static int put_uri(struct json *to, const struct held_exchange *x,
		   const struct held_place *place)
{
	char buf[HELD_URI_SIZE], at[RFC3339_SIZE];
	int64_t ends_at_ms = 0;
	struct text uri = held_uri_for(x, place, buf, &ends_at_ms);
	int err;

	if (!uri.len)
		return 0;
	rfc3339_format(ends_at_ms, at);
	err = json_put_text(to, "locationUri", uri);
	return err < 0 ? err : json_put_text(to, "expires", text_of(at));
}

static void tell(struct held_exchange *x, const struct json *request,
		 const struct held_place *place)
{
	struct json *j = NULL;
	int err = json_new(&j);

	if (err >= 0)
		err = json_put_text(j, "status", text_of("located"));
	if (err >= 0)
		err = put_place(j, &place->location);
	if (err >= 0)
		err = json_put_text(j, "locatedBy", text_of(place->located_by));
	if (err >= 0)
		err = json_put_text(j, "identifiedBy",
				    text_of(place->identified_by));
	if (err >= 0 && json_has_true(request, "locationUri"))
		err = put_uri(j, x, place);
	stats_add(STAT_HELD_ANSWERS, 1);
	give(x, 200, j, err);
}

/* ---- reading ---- */

#define CLUE(key, member) \
	{ \
		key, offsetof(struct held_clues, member) \
	}
static const struct {
	const char *key;
	size_t offset;
} clue_keys[] = {
	CLUE("user", user),   CLUE("uri", uri),     CLUE("number", number),
	CLUE("mac", mac),     CLUE("bssid", bssid), CLUE("chassisId", chassis),
	CLUE("portId", port), CLUE("ip", ip),
};
#undef CLUE

static const char *const other_keys[] = { "companyId", "secret",
					  "organizationId" };

/* NULL: all of it is text. */
static const char *fault_of(const struct json *j)
{
	for (size_t i = 0; i < ARRAY_SIZE(clue_keys); i++)
		if (json_is_no_text(j, clue_keys[i].key))
			return "a member that must be a text is none";
	for (size_t i = 0; i < ARRAY_SIZE(other_keys); i++)
		if (json_is_no_text(j, other_keys[i]))
			return "a member that must be a text is none";
	return NULL;
}

/* What is said and cannot be read is a device too, and not the asker. */
static bool says_nothing(const struct json *j)
{
	for (size_t i = 0; i < ARRAY_SIZE(clue_keys); i++)
		if (json_text(j, clue_keys[i].key).len)
			return false;
	return true;
}

static void read_clues(const struct held_exchange *x, const struct json *j,
		       struct held_clues *ret)
{
	*ret = (struct held_clues){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(clue_keys); i++)
		*(struct text *)((char *)ret + clue_keys[i].offset) =
			text_trim(json_text(j, clue_keys[i].key));
	if (says_nothing(j) && x->asker.by_source)
		ret->source = x->request->address;
}

static void locate(struct held_exchange *x, const struct json *j,
		   uint64_t organization_id)
{
	struct held_refusal r;
	struct held_clues clues;
	struct held_place place;
	int err;

	read_clues(x, j, &clues);
	if (!held_clues_are_usable(&clues) && !clues.source) {
		refuse_request(x, "nothing that a device is known by");
		return;
	}
	err = held_where(x->d, organization_id, &clues, &place);
	r = held_not_found(err);
	if (err == 0)
		tell(x, j, &place);
	else
		refuse(x, &r);
}

/* In the body, or as HELD has it. */
static struct held_claim claim_of(const struct held_exchange *x,
				  const struct json *j)
{
	const struct http_request *rq = x->request;

	if (json_text(j, "companyId").len)
		return (struct held_claim){ json_text(j, "companyId"),
					    json_text(j, "secret") };
	if (rq->bearer.len)
		return held_claim_of_bearer(rq->bearer);
	return (struct held_claim){ rq->user, rq->password };
}

static void answer(struct held_exchange *x, const struct json *j)
{
	struct held_claim claim = claim_of(x, j);
	struct text wanted = text_trim(json_text(j, "organizationId"));
	const char *fault = fault_of(j);
	struct held_refusal r;
	uint64_t organization_id;

	if (!wanted.len)
		wanted = x->request->organization;
	if (fault)
		refuse_request(x, fault);
	else if (held_admit(x, &claim, wanted, &organization_id, &r) < 0)
		refuse(x, &r);
	else
		locate(x, j, organization_id);
}

void held_answer_json(struct held_exchange *x)
{
	const struct held_refusal none = held_not_found(-EIO);
	struct json *j = NULL;
	const char *why = "";
	int err;

	if (x->request->method != HTTP_POST) {
		x->response->status = 405;
		return;
	}
	err = json_parse(&j, x->request->body, &why);
	if (err == -ENOMEM)
		x->response->status = 503;
	else if (err < 0)
		refuse_request(x, why);
	else if (!x->d)
		refuse(x, &none);
	else
		answer(x, j);
	j = json_free(j);
}
