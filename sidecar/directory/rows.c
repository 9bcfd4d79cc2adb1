/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/rows.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "callback_form.h"
#include "directory/row_fields.h"
#include "directory/trunk_hosts.h"
#include "md5.h"
#include "sha256.h"

/* ---- checks ---- */

int row_refuse(struct row_out *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(out->why, sizeof(out->why), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int row_check_text(struct row_out *out, struct text t, size_t max,
		   const char *what)
{
	if (t.len > max)
		return row_refuse(out, "%s has %zu bytes, at most %zu fit",
				  what, t.len, max);
	if (!utf8_is_valid(t))
		return row_refuse(out, "%s is no valid UTF-8", what);
	if (utf8_has_controls(t))
		return row_refuse(out, "%s holds control characters", what);
	return 0;
}

static uint64_t take_optional_id(struct row_fields *f, size_t col,
				 const char *what)
{
	return row_u64(f, col, INT64_MAX, what);
}

static void take_uuid(struct row_fields *f, size_t col, const char *what,
		      struct uuid *ret)
{
	if (f->err >= 0 && uuid_parse(db_text(f->row, col), ret) < 0)
		f->err = row_refuse(f->out, "%s is no UUID", what);
}

/* "120,128" */
static void take_plens(struct row_fields *f, size_t col, struct dir_plens *ret)
{
	struct text rest = db_text(f->row, col), piece;

	while (f->err >= 0 && text_cut(&rest, ',', &piece)) {
		const struct db_row one = { .count = 1, .col = &piece };
		uint64_t n;

		if (db_u64(&one, 0, &n) < 0 || n > 128)
			f->err = row_refuse(f->out, "bad prefix length");
		else
			dir_plens_add(ret, (unsigned)n);
	}
}

static int take_one_of(struct row_fields *f, size_t col,
		       const char *const *names, const char *what)
{
	struct text t = db_text(f->row, col);

	if (f->err < 0)
		return 0;
	for (int i = 0; names[i]; i++) {
		if (text_equal(t, text_of(names[i])))
			return i + 1;
	}
	f->err = row_refuse(f->out, "%s is unknown", what);
	return 0;
}

/* "5,9": those that fit, the first ones. */
static void take_trunks(struct row_fields *f, size_t col,
			struct dir_trunk_ids *ret)
{
	struct text rest = db_text(f->row, col), piece;

	while (f->err >= 0 && ret->count < DIR_TRUNK_IDS_MAX &&
	       text_cut(&rest, ',', &piece)) {
		const struct db_row one = { .count = 1, .col = &piece };

		if (db_u64(&one, 0, &ret->id[ret->count]) < 0 ||
		    !ret->id[ret->count])
			f->err = row_refuse(f->out, "bad list of trunks");
		ret->count++;
	}
}

/* "+12065550100" or NULL */
static uint64_t take_number(struct row_fields *f, size_t col, const char *what)
{
	struct text t = db_text(f->row, col);
	uint64_t n = 0;

	if (f->err >= 0 && t.len && e164_to_u64(t, &n) < 0)
		f->err = row_refuse(f->out, "%s is no E.164 number", what);
	return n;
}

/* Hand an encoded record on; n is what the encoder returned. */
static int put(struct row_out *out, const uint8_t *buf, int n)
{
	if (n < 0)
		return row_refuse(out, "it does not fit into a record");
	dir_batch_put(out->batch, &out->key, buf, (size_t)n);
	return 0;
}

/* ---- keys ---- */

int row_parse_prefix(struct text t, uint8_t ret_addr[16], unsigned *ret_plen)
{
	size_t slash = text_index(t, '/');
	struct text addr = text_make(t.p, slash);
	bool v4 = text_index(addr, ':') == addr.len;
	uint64_t plen = v4 ? 32 : 128, max = plen;
	uint8_t a[16];

	if (slash < t.len) {
		struct text len = text_make(t.p + slash + 1, t.len - slash - 1);
		const struct db_row one = { .count = 1, .col = &len };

		if (db_u64(&one, 0, &plen) < 0 || plen > max)
			return -EINVAL;
	}
	if (ip_normalise(addr, a) < 0)
		return -EINVAL;
	if (v4)
		plen += 96;
	for (unsigned bit = (unsigned)plen; bit < 128; bit++)
		a[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
	memcpy(ret_addr, a, sizeof(a));
	*ret_plen = (unsigned)plen;
	return 0;
}

int row_parse_pair(struct text t, uint64_t *ret_id, struct text *ret_rest)
{
	size_t slash = text_index(t, '/');
	struct text id = text_make(t.p, slash);
	const struct db_row one = { .count = 1, .col = &id };

	if (slash == t.len || slash == 0)
		return -EINVAL;
	if (db_u64(&one, 0, ret_id) < 0)
		return -EINVAL;
	*ret_rest = text_make(t.p + slash + 1, t.len - slash - 1);
	return 0;
}

int row_site_key(struct dir_key *ret, uint64_t organization_id,
		 struct text number)
{
	enum identity_kind kind = IDENTITY_EXTENSION;
	uint64_t n;

	if (text_is_empty(number) || number.len > IDENTITY_VALUE_MAX)
		return -EINVAL;
	if (number.p[0] == '+' && e164_to_u64(number, &n) == 0)
		kind = IDENTITY_NUMBER;
	return dir_key_identity(ret, organization_id, kind, number);
}

/* ---- trunks ---- */

static const char *const role_names[] = { "origin", "psap", "pstn", NULL };
static const char *const transport_names[] = { "udp", "tcp", "tls", NULL };
static const char *const format_names[] = { "e164", "nanp10", "nanp11", NULL };

static void take_order(struct row_fields *f, size_t col,
		       enum identity_kind ret[IDENTITY_ORDER_MAX])
{
	struct text rest = db_text(f->row, col), piece;
	size_t n = 0;

	while (f->err >= 0 && text_cut(&rest, ',', &piece)) {
		enum identity_kind kind = identity_kind_find(piece);

		if (!kind || n == IDENTITY_ORDER_MAX)
			f->err = row_refuse(f->out, "bad identify_order");
		else
			ret[n++] = kind;
	}
}

static const char *const profile_names[] = { "legacy", "pbx", "i3", NULL };
static const char *const media_names[] = { "rtp", "sdes", "dtls", "pass",
					   NULL };

/* When the next route is due, and what is sent there. */
static void take_service(struct row_fields *f, struct dir_trunk *r)
{
	r->progress_timeout_ms =
		(uint32_t)row_u64(f, 12, 3600000, "progress_timeout_ms");
	r->profile = (enum trunk_profile)take_one_of(f, 13, profile_names,
						     "profile");
	r->recovery_timeout_s =
		(uint32_t)row_u64(f, 14, 86400, "recovery_timeout_s");
	r->prefix = row_text(f, 15, ROW_PART_MAX, "prefix");
	r->has_replacement = !db_is_null(f->row, 16);
	r->replace_prefix = row_text(f, 16, ROW_PART_MAX, "replace_prefix");
}

static const char *const caller_location_names[] = { "ignore", "log", "prefer",
						     NULL };

static const char *const location_body_names[] = { "caller", "ours", "both",
						   "none", NULL };

static void take_supervision(struct row_fields *f, struct dir_trunk *r)
{
	r->oos_check_s = (uint32_t)row_u64(f, 18, 300, "oos_check_s");
	r->oos_force_s = (uint32_t)row_u64(f, 19, 30, "oos_force_s");
	r->max_calls = (uint32_t)row_u64(f, 20, INT32_MAX, "max_calls");
	r->media = (enum trunk_media)take_one_of(f, 28, media_names, "media");
	r->caller_location = (enum brought_policy)take_one_of(
		f, 29, caller_location_names, "caller_location");
	if (!db_is_null(f->row, 30))
		r->location_body = (enum brought_body)take_one_of(
			f, 30, location_body_names, "location_body");
}

static const char *const tls_check_names[] = { "chain", "name", "none", NULL };

static void take_tls(struct row_fields *f, struct dir_trunk *r)
{
	r->tls_check = (enum tls_check)take_one_of(f, 25, tls_check_names,
						   "tls_check");
	r->tls_unverified = db_bool(f->row, 26);
	r->tls_name = row_text(f, 27, NAME_TEXT_MAX, "tls_name");
}

/*
 * Where it is reached: its own address or name, then its contacts.  What it
 * was made of is kept if there is a name in it.
 */
struct trunk_texts {
	char configured[TRUNK_CONFIGURED_SIZE];
	struct trunk_hosts hosts;
};

static void take_hosts(struct row_fields *f, struct dir_trunk *r,
		       struct trunk_texts *buf)
{
	struct text host = db_text(f->row, 4), more = db_text(f->row, 17);
	size_t size = sizeof(buf->configured);
	uint8_t ip[16];
	int n;

	if (f->err >= 0 && ip_normalise(host, ip) < 0 && !name_is_valid(host))
		f->err = row_refuse(f->out, "host is no IP address and no "
					    "host name");
	if (f->err < 0)
		return;
	n = snprintf(buf->configured, size, "%s %u %.*s%s%.*s",
		     trunk_transport_name(r->transport), r->port, (int)host.len,
		     host.p, more.len ? "," : "", (int)more.len,
		     more.len ? more.p : "");
	r->configured = text_of(buf->configured);
	if (n < 0 || (size_t)n >= size ||
	    trunk_hosts_expand(r, f->out->names, &buf->hosts) < 0)
		f->err = row_refuse(f->out, "bad contact");
	else if (!trunk_hosts_have_names(r->configured))
		r->configured = text_of("");
}

/* "address,digest" */
static void take_proofs(struct row_fields *f, size_t col, struct dir_trunk *r)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} known[] = {
		{ "address", TRUNK_PROOF_ADDRESS },
		{ "digest", TRUNK_PROOF_DIGEST },
		{ "certificate", TRUNK_PROOF_CERTIFICATE },
	};
	struct text rest = db_text(f->row, col), piece;

	while (f->err >= 0 && text_cut(&rest, ',', &piece)) {
		uint8_t bit = 0;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (text_equal(piece, text_of(known[i].name)))
				bit = known[i].bit;
		if (!bit)
			f->err = row_refuse(f->out, "proofs are unknown");
		r->proofs |= bit;
	}
}

static struct text take_form(struct row_fields *f, size_t col,
			     char buf[CALLBACK_FORM_MAX], const char *what)
{
	int n = callback_form_compile(db_text(f->row, col), buf,
				      CALLBACK_FORM_MAX);

	if (f->err >= 0 && n < 0)
		f->err = row_refuse(f->out, "%s is no template", what);
	return n < 0 ? text_of("") : text_make(buf, (size_t)n);
}

int row_trunk(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_trunk r = { 0 };
	struct trunk_texts texts;
	char forms[3][CALLBACK_FORM_MAX];
	uint8_t buf[DIR_RECORD_MAX];

	r.trunk_id = row_id(&f, 0, "trunk_id");
	if (f.err < 0)
		return f.err;
	dir_key_trunk(&out->key, r.trunk_id);
	r.name = row_text(&f, 1, ROW_NAME_MAX, "name");
	r.role = (enum trunk_role)take_one_of(&f, 2, role_names, "role");
	r.transport = (enum trunk_transport)take_one_of(&f, 3, transport_names,
							"transport");
	r.port = (uint16_t)row_u64(&f, 5, UINT16_MAX, "port");
	r.organization_id = take_optional_id(&f, 6, "organization_id");
	take_order(&f, 7, r.identify_order);
	r.user_id_sources = row_text(&f, 8, ROW_PART_MAX, "user_id_sources");
	r.number_format = (enum number_format)take_one_of(&f, 9, format_names,
							  "number_format");
	r.response_timeout_ms =
		(uint32_t)row_u64(&f, 10, 3600000, "response_timeout_ms");
	r.ring_timeout_ms =
		(uint32_t)row_u64(&f, 11, 3600000, "ring_timeout_ms");
	take_service(&f, &r);
	take_supervision(&f, &r);
	r.callback_uri = take_form(&f, 21, forms[0], "callback request_uri");
	r.callback_to = take_form(&f, 22, forms[1], "callback to_uri");
	r.callback_header = take_form(&f, 23, forms[2], "callback header");
	take_proofs(&f, 24, &r);
	take_tls(&f, &r);
	if (f.err >= 0 && r.port == 0)
		f.err = row_refuse(out, "port is missing");
	take_hosts(&f, &r, &texts);
	if (f.err < 0)
		return f.err;
	return put(out, buf, dir_trunk_encode(&r, &out->key, buf, sizeof(buf)));
}

int row_trunk_source(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_source r = { 0 };
	uint8_t buf[DIR_RECORD_MAX], addr[16];
	unsigned plen;

	if (row_parse_prefix(db_text(row, 0), addr, &plen) < 0)
		return row_refuse(out, "source is no prefix");
	dir_key_source(&out->key, addr, plen);
	r.trunk_id = row_id(&f, 1, "trunk_id");
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_source_encode(&r, &out->key, buf, sizeof(buf)));
}

int row_trunk_org(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_trunk_org r = { 0 };
	uint8_t buf[DIR_RECORD_MAX];
	struct uuid uuid;
	uint64_t trunk_id;

	trunk_id = row_id(&f, 0, "trunk_id");
	take_uuid(&f, 1, "e911_organization_id", &uuid);
	if (f.err < 0)
		return f.err;
	dir_key_trunk_org(&out->key, trunk_id, &uuid);
	r.organization_id = row_id(&f, 2, "organization_id");
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_trunk_org_encode(&r, &out->key, buf, sizeof(buf)));
}

/* size bytes as hexadecimal digits, or NULL */
static struct text take_hash(struct row_fields *f, size_t col, uint8_t *buf,
			     size_t size)
{
	struct text t = db_text(f->row, col);

	if (f->err < 0 || !t.len)
		return text_of("");
	for (size_t i = 0; t.len == 2 * size && i < size; i++) {
		int high = text_hex_digit(t.p[2 * i]);
		int low = text_hex_digit(t.p[2 * i + 1]);

		if (high < 0 || low < 0)
			break;
		buf[i] = (uint8_t)(high << 4 | low);
		if (i + 1 == size)
			return text_make((const char *)buf, size);
	}
	f->err = row_refuse(f->out, "ha1 is no hash");
	return text_of("");
}

int row_trunk_credential(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_credential r = { 0 };
	uint8_t buf[DIR_RECORD_MAX], md5[MD5_SIZE], sha256[SHA256_SIZE];
	struct text username = row_text(&f, 0, DIR_USERNAME_MAX, "username");

	if (f.err < 0)
		return f.err;
	if (!username.len || dir_key_credential(&out->key, username) < 0)
		return row_refuse(out, "username is missing");
	r.trunk_id = row_id(&f, 1, "trunk_id");
	r.ha1_md5 = take_hash(&f, 2, md5, sizeof(md5));
	r.ha1_sha256 = take_hash(&f, 3, sha256, sizeof(sha256));
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_credential_encode(&r, &out->key, buf, sizeof(buf)));
}

int row_trunk_certificate(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_certificate r = { 0 };
	uint8_t buf[DIR_RECORD_MAX];
	struct text name = row_text(&f, 0, DIR_CERTIFICATE_MAX, "name");

	if (f.err < 0)
		return f.err;
	if (!name.len || dir_key_certificate(&out->key, name) < 0)
		return row_refuse(out, "name is missing");
	r.trunk_id = row_id(&f, 1, "trunk_id");
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_certificate_encode(&r, &out->key, buf, sizeof(buf)));
}

/* ---- organisations and the gateway ---- */

static void take_npa(struct row_fields *f, size_t col, struct text *ret)
{
	*ret = row_text(f, col, 3, "home_npa");
	if (f->err < 0 || ret->len == 0)
		return;
	for (size_t i = 0; i < ret->len; i++) {
		if (ret->len != 3 || ret->p[i] < '0' || ret->p[i] > '9')
			f->err = row_refuse(f->out, "home_npa is no area code");
	}
}

int row_organization(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_organization r = { 0 };
	uint8_t buf[DIR_RECORD_MAX];

	r.organization_id = row_id(&f, 0, "organization_id");
	if (f.err < 0)
		return f.err;
	dir_key_organization(&out->key, r.organization_id);
	take_uuid(&f, 1, "e911_organization_id", &r.uuid);
	r.name = row_text(&f, 2, ROW_NAME_MAX, "name");
	r.default_location_id = take_optional_id(&f, 3, "default_location_id");
	r.elin_timeout_s = (uint32_t)row_u64(&f, 4, DIR_TIMEOUT_UNSET - 1,
					     "elin_timeout_s");
	if (db_is_null(row, 4))
		r.elin_timeout_s = DIR_TIMEOUT_UNSET;
	r.keep_own_number = db_bool(row, 5);
	take_npa(&f, 6, &r.home_npa);
	r.relay_center_psap_id =
		take_optional_id(&f, 7, "relay_center_psap_id");
	take_plens(&f, 8, &r.network_plens);
	r.desk_number = take_number(&f, 9, "desk_number");
	take_trunks(&f, 10, &r.trunks);
	r.time_zone = row_text(&f, 11, ROW_NAME_MAX, "time_zone");
	r.language = row_text(&f, 12, 2, "language");
	r.test_numbers = row_text(&f, 13, DIR_TEST_NUMBERS_MAX, "test_numbers");
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_organization_encode(&r, &out->key, buf, sizeof(buf)));
}

int row_gateway(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_gateway r = { 0 };
	uint8_t buf[DIR_RECORD_MAX];

	dir_key_gateway(&out->key);
	r.relay_center_psap_id =
		take_optional_id(&f, 0, "relay_center_psap_id");
	r.last_resort_psap_id = take_optional_id(&f, 1, "last_resort_psap_id");
	take_plens(&f, 2, &r.source_plens);
	r.desk_number = take_number(&f, 3, "desk_number");
	take_trunks(&f, 4, &r.pstn_trunks);
	r.digest_realm = row_text(&f, 5, ROW_PART_MAX, "digest_realm");
	r.asks_strangers = db_bool(row, 6);
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_gateway_encode(&r, &out->key, buf, sizeof(buf)));
}

int row_network_range(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_network r = { 0 };
	uint8_t buf[DIR_RECORD_MAX], addr[16];
	uint64_t organization_id = row_id(&f, 0, "organization_id");
	unsigned plen;

	if (f.err < 0)
		return f.err;
	if (row_parse_prefix(db_text(row, 1), addr, &plen) < 0)
		return row_refuse(out, "range is no prefix");
	dir_key_network(&out->key, organization_id, addr, plen);
	r.location_id = row_id(&f, 2, "location_id");
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_network_encode(&r, &out->key, buf, sizeof(buf)));
}

int row_site_number(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	uint64_t organization_id = row_id(&f, 0, "organization_id");
	struct text number = row_text(&f, 1, IDENTITY_VALUE_MAX, "number");
	uint64_t location_id;

	if (f.err < 0)
		return f.err;
	if (row_site_key(&out->key, organization_id, number) < 0)
		return row_refuse(out, "number is empty or too long");
	location_id = row_id(&f, 2, "location_id");
	if (f.err < 0)
		return f.err;
	dir_batch_set_site(out->batch, &out->key, location_id);
	return 0;
}
