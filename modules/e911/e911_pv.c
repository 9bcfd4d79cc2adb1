/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * $e911(name): what the path settled about the call that this message
 * started; $null for any other message.  One row per name.
 */
#include <stddef.h>

#include "core/pvapi.h"
#include "e911_mod.h"
#include "handle.h"
#include "path.h"

enum pv_kind { PV_ID, PV_NUMBER, PV_WORD, PV_CHARS, PV_UUID, PV_COUNT };

/* clang-format off */
#define AT(member) offsetof(struct path, member)
static const struct pv_row {
	const char *name;
	enum pv_kind kind;
	size_t at;
} rows[] = {
	{ "call_id",           PV_UUID,   AT(call_id) },
	{ "trunk_id",          PV_ID,     AT(trunk.trunk_id) },
	{ "organization_id",   PV_ID,     AT(organization.organization_id) },
	{ "organization_from", PV_WORD,   AT(organization_from) },
	{ "endpoint_id",       PV_ID,     AT(endpoint.endpoint_id) },
	{ "identified_by",     PV_WORD,   AT(identified_by) },
	{ "identified_from",   PV_CHARS,  AT(identified_from) },
	{ "identified_value",  PV_CHARS,  AT(identified_value) },
	{ "caller_number",     PV_CHARS,  AT(identities.number) },
	{ "caller_user",       PV_CHARS,  AT(identities.user) },
	{ "location_id",       PV_ID,     AT(location.location_id) },
	{ "located_by",        PV_WORD,   AT(located_by) },
	{ "psap_id",           PV_ID,     AT(psap_id) },
	{ "routed_by",         PV_WORD,   AT(routed_by) },
	{ "callback_number",   PV_NUMBER, AT(shown_number) },
	{ "elin",              PV_NUMBER, AT(elin) },
	{ "bound_by",          PV_WORD,   AT(bound_by) },
	{ "route_count",       PV_COUNT,  AT(route_count) },
};
/* clang-format on */

static int give_text(sip_msg_t *msg, pv_param_t *param, pv_value_t *res,
		     const char *text)
{
	static char held[256]; /* pv values live until the next one */
	str s = { held, 0 };

	if (!text || !text[0])
		return pv_get_null(msg, param, res);
	if (text_to_cstr(text_of(text), held, sizeof(held)) < 0)
		return pv_get_null(msg, param, res);
	s.len = (int)strlen(held);
	return pv_get_strval(msg, param, res, &s);
}

static int give_number(sip_msg_t *msg, pv_param_t *param, pv_value_t *res,
		       uint64_t number)
{
	char e164[E164_SIZE];

	if (!number)
		return pv_get_null(msg, param, res);
	e164_from_u64(number, e164);
	return give_text(msg, param, res, e164);
}

static int give_id(sip_msg_t *msg, pv_param_t *param, pv_value_t *res,
		   uint64_t id)
{
	char digits[24];

	if (!id)
		return pv_get_null(msg, param, res);
	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)id);
	return give_text(msg, param, res, digits);
}

static int pv_get(sip_msg_t *msg, pv_param_t *param, pv_value_t *res)
{
	const struct path *p = msg ? handle_last_path(msg) : NULL;
	const struct pv_row *row = &rows[param->pvn.u.isname.name.n];
	const void *at;
	char uuid[UUID_STRING_SIZE];

	if (!p)
		return pv_get_null(msg, param, res);
	at = (const char *)p + row->at;
	switch (row->kind) {
	case PV_ID:
		return give_id(msg, param, res, *(const uint64_t *)at);
	case PV_NUMBER:
		return give_number(msg, param, res, *(const uint64_t *)at);
	case PV_WORD:
		return give_text(msg, param, res, *(const char *const *)at);
	case PV_CHARS:
		return give_text(msg, param, res, at);
	case PV_UUID:
		uuid_format(at, uuid);
		return give_text(msg, param, res, uuid);
	case PV_COUNT:
		return pv_get_sintval(msg, param, res,
				      (int)*(const unsigned *)at);
	}
	return pv_get_null(msg, param, res);
}

static int pv_parse(pv_spec_p sp, str *in)
{
	for (size_t i = 0; in && i < ARRAY_SIZE(rows); i++)
		if (text_equal(text_make(in->s, (size_t)in->len),
			       text_of(rows[i].name))) {
			sp->pvp.pvn.type = PV_NAME_INTSTR;
			sp->pvp.pvn.u.isname.type = 0;
			sp->pvp.pvn.u.isname.name.n = (int)i;
			return 0;
		}
	log_line(LEVEL_ERR, "$e911(%.*s): no such name", in ? in->len : 0,
		 in ? in->s : "");
	return -1;
}

pv_export_t e911_pv_items[] = {
	{ { "e911", sizeof("e911") - 1 },
	  PVT_OTHER,
	  pv_get,
	  0,
	  pv_parse,
	  0,
	  0,
	  0 },
	{ { 0, 0 }, 0, 0, 0, 0, 0, 0, 0 },
};
