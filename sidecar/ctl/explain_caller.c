/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "ctl/explain.h"
#include "text_writer.h"

#define MADE_SIZE 8192
#define SIP_PORT  5060

/* ---- which organisation ---- */

struct organization_search {
	struct text wanted;
	bool is_uuid;
	struct uuid uuid;
	struct dir_organization found; /* the first */
	unsigned count;
};

static int match_organization(const struct dir_key *key, const void *value,
			      size_t len, void *arg)
{
	struct organization_search *s = arg;
	struct dir_organization o;

	if (dir_organization_decode(key, value, len, &o) < 0)
		return 0;
	if (s->is_uuid ? memcmp(&o.uuid, &s->uuid, sizeof(o.uuid)) != 0
		       : !text_equal(o.name, s->wanted))
		return 0;
	if (!s->count++)
		s->found = o;
	return 0;
}

static enum ctl_exit find_organization(struct explain *e, const char *wanted,
				       struct dir_organization *ret)
{
	struct organization_search s = { .wanted = text_of(wanted) };

	s.is_uuid = uuid_parse(s.wanted, &s.uuid) == 0;
	if (!e->d) {
		ctl_fail("without a directory nobody knows the organisation "
			 "'%s': say --source",
			 wanted);
		return CTL_UNKNOWN;
	}
	if (directory_each(e->d, DIR_ORGANIZATION, match_organization, &s) <
		    0 ||
	    s.count != 1) {
		ctl_fail(s.count ? "there are several organisations '%s': give "
				   "its E911-Organization-ID"
				 : "the node's directory has no organisation "
				   "'%s'",
			 wanted);
		return CTL_UNKNOWN;
	}
	*ret = s.found;
	return CTL_OK;
}

/* ---- which trunk ---- */

static bool may_carry(struct explain *e, const struct dir_trunk *t,
		      const struct dir_organization *o)
{
	uint64_t id;

	return t->organization_id == o->organization_id ||
	       directory_trunk_org(e->d, t->trunk_id, &o->uuid, &id) == 0;
}

static bool find_trunk(struct explain *e, const char *name,
		       struct dir_trunk *ret)
{
	struct dir_trunk t;

	for (uint64_t id = 0; directory_trunk_after(e->d, id, &t) == 0;
	     id = t.trunk_id) {
		if (!text_equal(t.name, text_of(name)))
			continue;
		*ret = t;
		return true;
	}
	return false;
}

/* The organisation's own, else the first that it may come over. */
static bool assume_trunk(struct explain *e, const struct dir_organization *o,
			 struct dir_trunk *ret)
{
	bool found = false;
	struct dir_trunk t;

	for (uint64_t id = 0; directory_trunk_after(e->d, id, &t) == 0;
	     id = t.trunk_id) {
		bool is_own = t.organization_id == o->organization_id;

		if (t.role != TRUNK_ORIGIN || !may_carry(e, &t, o) ||
		    (found && !is_own))
			continue;
		*ret = t;
		found = true;
		if (is_own)
			break;
	}
	return found;
}

struct source_search {
	struct explain *e;
	uint64_t trunk_id;
	bool found;
};

/* An address of this trunk and of no other that is more exact. */
static int match_source(const struct dir_key *key, const void *value,
			size_t len, void *arg)
{
	struct source_search *s = arg;
	struct dir_source source;
	struct dir_trunk t;
	uint8_t addr[16];
	unsigned plen;

	if (s->found || dir_source_decode(key, value, len, &source) < 0 ||
	    source.trunk_id != s->trunk_id ||
	    dir_key_source_parse(key, addr, &plen) < 0)
		return 0;
	for (unsigned i = 0; i < 4 && !s->found; i++) {
		memcpy(s->e->rq.source, addr, sizeof(addr));
		if (directory_trunk_by_source(s->e->d, addr, &t) == 0 &&
		    t.trunk_id == s->trunk_id)
			s->found = true;
		if (plen == 128)
			break;
		addr[15]++;
	}
	return 0;
}

static bool find_source(struct explain *e, const struct dir_trunk *t)
{
	struct source_search s = { .e = e, .trunk_id = t->trunk_id };

	if (directory_each(e->d, DIR_SOURCE, match_source, &s) < 0 || !s.found)
		memset(e->rq.source, 0, sizeof(e->rq.source));
	return s.found;
}

/* ---- a credential of the trunk's ---- */

struct credential_search {
	uint64_t trunk_id;
	struct dir_credential found; /* trunk_id 0: none */
	char username[DIR_USERNAME_MAX + 1];
};

static int match_credential(const struct dir_key *key, const void *value,
			    size_t len, void *arg)
{
	struct credential_search *s = arg;
	struct dir_credential c;
	struct text name;

	if (!s->found.trunk_id &&
	    dir_credential_decode(key, value, len, &c) == 0 &&
	    c.trunk_id == s->trunk_id &&
	    dir_key_credential_parse(key, &name) == 0 &&
	    text_to_cstr(name, s->username, sizeof(s->username)) >= 0)
		s->found = c;
	return 0;
}

/* As if the platform knew the password: made of the hash of it. */
static void show_credential(struct explain *e)
{
	const struct dir_trunk *t = &e->trunk;
	struct credential_search s = { .trunk_id = t->trunk_id };
	struct digest_answer a = { .uri = text_of("sip:911"),
				   .cnonce = text_of("e911ctl"),
				   .nc = text_of("00000001"),
				   .qop = text_of("auth") };
	struct text_writer w =
		text_writer_on(e->credential, sizeof(e->credential));
	char nonce[DIGEST_NONCE_SIZE], hex[DIGEST_HEX_MAX + 1];
	struct dir_gateway gateway;

	if (!(t->proofs & TRUNK_PROOF_DIGEST) ||
	    directory_gateway(e->d, &gateway) < 0 ||
	    directory_each(e->d, DIR_CREDENTIAL, match_credential, &s) < 0 ||
	    !s.found.trunk_id)
		return;
	digest_nonce_make(e->conf.credential.key, e->rq.now_ms, nonce);
	a.algorithm = s.found.ha1_sha256.len ? DIGEST_SHA256 : DIGEST_MD5;
	a.nonce = text_of(nonce);
	a.response = digest_response(
		&a, text_of("INVITE"),
		(const uint8_t *)(a.algorithm == DIGEST_MD5
					  ? s.found.ha1_md5.p
					  : s.found.ha1_sha256.p),
		hex);
	text_writef(&w,
		    "Digest username=\"%s\", realm=\"%.*s\", nonce=\"%s\", "
		    "uri=\"sip:911\", response=\"%.*s\", cnonce=\"e911ctl\", "
		    "nc=00000001, qop=auth, algorithm=%s",
		    s.username, TEXT_ARG(gateway.digest_realm), nonce,
		    TEXT_ARG(a.response),
		    a.algorithm == DIGEST_MD5 ? "MD5" : "SHA-256");
	if (text_writer_end(&w) < 0)
		return;
	invite_header_remove(&e->invite, text_of("Authorization"));
	invite_header_remove(&e->invite, text_of("Proxy-Authorization"));
	e->proof_is_assumed =
		invite_header_add(&e->invite, text_of("Authorization"),
				  text_of(e->credential)) == 0;
}

/* ---- or a certificate ---- */

static struct shown_names shown; /* by the connection that is assumed */

static const struct shown_names *names_shown(int tls_connection)
{
	static const struct shown_names none = { .fault = "there is none" };

	return tls_connection ? &shown : &none;
}

struct certificate_search {
	uint64_t trunk_id;
};

static int match_certificate(const struct dir_key *key, const void *value,
			     size_t len, void *arg)
{
	struct certificate_search *s = arg;
	struct dir_certificate c;
	struct text name = text_make((const char *)key->b + 1, key->len - 1);

	if (!shown.count && dir_certificate_decode(key, value, len, &c) == 0 &&
	    c.trunk_id == s->trunk_id &&
	    text_to_cstr(name, shown.name[0], sizeof(shown.name[0])) >= 0)
		shown.count = 1;
	return 0;
}

/* As if the platform had come over TLS with the certificate of its trunk. */
static void show_certificate(struct explain *e)
{
	struct certificate_search s = { .trunk_id = e->trunk.trunk_id };

	e->conf.credential.names = names_shown;
	memset(&shown, 0, sizeof(shown));
	if (!(e->trunk.proofs & TRUNK_PROOF_CERTIFICATE) ||
	    directory_each(e->d, DIR_CERTIFICATE, match_certificate, &s) < 0)
		return;
	e->rq.tls_connection = shown.count ? 1 : 0;
	e->proof_is_assumed |= shown.count > 0;
}

static void show_proofs(struct explain *e)
{
	show_credential(e);
	show_certificate(e);
}

/* ---- where it comes from ---- */

/* "192.0.2.1", "192.0.2.1:5060", "[2001:db8::1]:5060", "2001:db8::1" */
static int parse_source(const char *said, uint8_t ip[16], uint16_t *port)
{
	struct text all = text_of(said), host = all;
	size_t colon = all.len;
	unsigned long n;
	char *end;

	if (ip_normalise(all, ip) == 0)
		return 0;
	while (colon && all.p[colon - 1] != ':')
		colon--;
	if (!colon)
		return -EINVAL;
	host.len = colon - 1;
	n = strtoul(all.p + colon, &end, 10);
	if (*end || !text_is_digit(all.p[colon]) || n > 65535 ||
	    ip_normalise(host, ip) < 0)
		return -EINVAL;
	*port = (uint16_t)n;
	return 0;
}

/* What the topmost Via says of its sender. */
static bool source_of_via(struct explain *e)
{
	const struct header_view *h;
	struct text sent_by, skip;
	size_t at = 0;
	char host[128];

	h = header_next(&e->invite.view, text_of("Via"), "v", &at);
	if (!h)
		return false;
	sent_by = h->value;
	if (!text_cut(&sent_by, ' ', &skip))
		return false;
	sent_by = text_trim(sent_by);
	sent_by.len = text_index_any(sent_by, "; ,\t");
	return text_to_cstr(sent_by, host, sizeof(host)) >= 0 &&
	       parse_source(host, e->rq.source, &e->rq.source_port) == 0;
}

/* Without an address of its own it comes from nowhere, but may have another
 * proof. */
static enum ctl_exit take_trunk(struct explain *e, const struct dir_trunk *t)
{
	e->trunk = *t;
	if (!find_source(e, t) && !(t->proofs & EXPLAIN_PROOFS)) {
		ctl_fail("trunk '%.*s' has no source address: no call can come "
			 "over it",
			 TEXT_ARG(t->name));
		return CTL_UNKNOWN;
	}
	return CTL_OK;
}

static enum ctl_exit take_source(struct explain *e, const char *said)
{
	if (parse_source(said, e->rq.source, &e->rq.source_port) < 0) {
		ctl_fail("--source '%s' is no address, with or without a port",
			 said);
		return CTL_UNKNOWN;
	}
	if (!e->d ||
	    directory_trunk_by_source(e->d, e->rq.source, &e->trunk) < 0)
		memset(&e->trunk, 0, sizeof(e->trunk));
	return CTL_OK;
}

/* e->rq.source, and e->trunk as far as it is known. */
static enum ctl_exit settle_source(struct explain *e,
				   const struct dir_organization *o)
{
	const char *said = EXPLAIN_OPTION(e, source);
	const char *name = EXPLAIN_OPTION(e, trunk);
	struct dir_trunk t;

	e->rq.source_port = SIP_PORT;
	if (said)
		return take_source(e, said);
	if (e->d && name && find_trunk(e, name, &t))
		return take_trunk(e, &t);
	if (name) {
		ctl_fail("the node's directory has no trunk '%s'", name);
		return CTL_UNKNOWN;
	}
	e->trunk_is_assumed = true;
	if (o && assume_trunk(e, o, &t))
		return take_trunk(e, &t);
	if (o) {
		ctl_fail("organisation '%.*s' comes over no trunk",
			 TEXT_ARG(o->name));
		return CTL_UNKNOWN;
	}
	if (source_of_via(e))
		return CTL_OK;
	ctl_fail("where does the call come from?  Say --trunk, --source or "
		 "--organization");
	return CTL_UNKNOWN;
}

/* ---- an INVITE of our own ---- */

struct maker {
	struct text_writer w;   /* the message */
	struct text from_user;  /* empty: anonymous */
	struct text from_param; /* ";employeeid=..." */
	struct text display;
	struct text uri_param;
	struct text pai_user;
	struct text header_name, header_value; /* of the device user id */
	char user[3 * IDENTITY_VALUE_MAX + 64];
	char number[3 * IDENTITY_VALUE_MAX + 1];
};

/* All but letters and digits as %HH: fits into each place. */
static bool escape(const char *in, char *out, size_t size)
{
	struct text_writer w = text_writer_on(out, size);

	for (; *in; in++) {
		if (text_is_letter(*in) || text_is_digit(*in))
			text_write(&w, text_make(in, 1));
		else
			text_writef(&w, "%%%02X", (unsigned char)*in);
	}
	return text_writer_end(&w) >= 0;
}

/* Where the trunk looks for it: the first of its places. */
static void place_employee(struct maker *m, const struct dir_trunk *t,
			   const char *id)
{
	struct text places = text_trim(t->user_id_sources), place, name;
	struct text_writer w = text_writer_on(m->user, sizeof(m->user));
	char escaped[3 * IDENTITY_VALUE_MAX + 1];
	size_t colon;

	if (!places.len)
		places = text_of(IDENTITY_USER_ID_SOURCES_DEFAULT);
	(void)text_cut(&places, ',', &place);
	place = text_trim(place);
	colon = text_index(place, ':');
	name = colon < place.len
		       ? text_make(place.p + colon + 1, place.len - colon - 1)
		       : text_of("");
	if (!escape(id, escaped, sizeof(escaped)))
		return;
	if (text_has_prefix_nocase(place, text_of("hdr:"))) {
		m->header_name = name;
		m->header_value = text_of(id);
	} else if (text_has_prefix_nocase(place, text_of("ruri-param:")) ||
		   text_has_prefix_nocase(place, text_of("from-param:"))) {
		bool is_from = text_has_prefix_nocase(place, text_of("from"));

		text_writef(&w, ";%.*s=%s", TEXT_ARG(name), escaped);
		*(is_from ? &m->from_param : &m->uri_param) = text_written(&w);
	} else if (text_equal_nocase(place, text_of("uui"))) {
		text_writef(&w, "%s;encoding=ascii", escaped);
		m->header_name = text_of("User-to-User");
		m->header_value = text_written(&w);
	} else {
		bool is_pai = text_equal_nocase(place, text_of("pai-user"));
		bool is_from = text_equal_nocase(place, text_of("from-user"));

		text_write_cstr(&w, escaped);
		*(is_pai    ? &m->pai_user
		  : is_from ? &m->from_user
			    : &m->display) = text_written(&w);
	}
}

static void place_number(struct maker *m, const char *number)
{
	path_user_format(number, m->number, sizeof(m->number));
	if (m->from_user.len)
		m->pai_user = text_of(m->number);
	else
		m->from_user = text_of(m->number);
}

static void write_station(struct explain *e, struct maker *m)
{
	const char *mac = EXPLAIN_OPTION(e, mac), *ip = EXPLAIN_OPTION(e, ip);
	char digits[13] = "", literal[CALL_HOST_SIZE] = "";
	uint8_t addr[16];

	if (!mac && !ip)
		return;
	if (mac)
		(void)!mac_normalise(text_of(mac), digits);
	if (ip && ip_normalise(text_of(ip), addr) == 0)
		path_ip_format(addr, literal, sizeof(literal));
	text_writef(&m->w, "ININAttr: %s%s%s%s%s\r\n",
		    mac ? "uu_StationMacAddress=" : "", digits,
		    mac && ip ? ";" : "", ip ? "uu_StationIPAddress=" : "",
		    literal);
}

static void write_invite(struct explain *e, struct maker *m,
			 const struct uuid *claimed)
{
	char uuid[UUID_STRING_SIZE];
	struct text from =
		m->from_user.len ? m->from_user : text_of("anonymous");

	text_writef(&m->w, "INVITE sip:911@e911ctl.invalid%.*s SIP/2.0\r\n",
		    TEXT_ARG(m->uri_param));
	text_writef(&m->w, "Via: SIP/2.0/UDP e911ctl.invalid;branch=%s\r\n",
		    "z9hG4bKe911ctl");
	text_writef(&m->w, "From: \"%.*s\" <sip:%.*s@%s>;tag=e911ctl%.*s\r\n",
		    TEXT_ARG(m->display), TEXT_ARG(from),
		    m->from_user.len ? "e911ctl.invalid" : "anonymous.invalid",
		    TEXT_ARG(m->from_param));
	text_write_cstr(&m->w, "To: <sip:911@e911ctl.invalid>\r\n"
			       "Call-ID: e911ctl\r\nCSeq: 1 INVITE\r\n"
			       "Max-Forwards: 70\r\n");
	if (m->pai_user.len)
		text_writef(&m->w,
			    "P-Asserted-Identity: <sip:%.*s@e911ctl.invalid>"
			    "\r\n",
			    TEXT_ARG(m->pai_user));
	if (claimed) {
		uuid_format(claimed, uuid);
		text_writef(&m->w, "E911-Organization-ID: %s\r\n", uuid);
	}
	if (m->header_name.len)
		text_writef(&m->w, "%.*s: %.*s\r\n", TEXT_ARG(m->header_name),
			    TEXT_ARG(m->header_value));
	write_station(e, m);
	text_write_cstr(&m->w, "\r\n");
}

/* An organisation whose trunk it is need not be named. */
static enum ctl_exit make_invite(struct explain *e,
				 const struct dir_organization *o)
{
	const struct dir_trunk *t = &e->trunk;
	const char *employee = EXPLAIN_OPTION(e, employee);
	const char *number = EXPLAIN_OPTION(e, number);
	char error[INVITE_ERROR_SIZE], buf[MADE_SIZE];
	struct maker m = { .w = text_writer_on(buf, sizeof(buf)) };

	if (employee)
		place_employee(&m, t, employee);
	if (number)
		place_number(&m, number);
	write_invite(e, &m,
		     o && t->organization_id != o->organization_id ? &o->uuid
								   : NULL);
	invite_fini(&e->invite);
	if (m.w.full ||
	    invite_parse(&e->invite, text_written(&m.w), error) < 0) {
		ctl_fail("what was said of the caller is too long");
		return CTL_UNKNOWN;
	}
	return CTL_OK;
}

/* ---- what was said ---- */

static bool is_sound(const char *name, const char *value)
{
	struct text t = text_of(value);

	if (text_printable_len(t) == t.len && t.len <= IDENTITY_VALUE_MAX)
		return true;
	ctl_fail("--%s: at most %d printable ASCII characters", name,
		 IDENTITY_VALUE_MAX);
	return false;
}

static bool is_said_well(struct explain *e)
{
	const char *employee = EXPLAIN_OPTION(e, employee);
	const char *number = EXPLAIN_OPTION(e, number);
	const char *mac = EXPLAIN_OPTION(e, mac), *ip = EXPLAIN_OPTION(e, ip);
	uint8_t addr[16];
	char digits[13];

	if (mac && mac_normalise(text_of(mac), digits) < 0) {
		ctl_fail("--mac '%s' is no MAC address", mac);
		return false;
	}
	if (ip && ip_normalise(text_of(ip), addr) < 0) {
		ctl_fail("--ip '%s' is no IP address", ip);
		return false;
	}
	if (EXPLAIN_OPTION(e, source) && EXPLAIN_OPTION(e, trunk)) {
		ctl_fail("--source says which trunk it is: leave --trunk out");
		return false;
	}
	if (!EXPLAIN_OPTION(e, invite) && !employee && !number && !mac && !ip) {
		ctl_fail("who calls?  Say --employee, --mac, --ip, --number or "
			 "--invite");
		return false;
	}
	if (EXPLAIN_OPTION(e, invite) && (employee || number || mac || ip)) {
		ctl_fail("--invite says it all: leave --employee, --mac, --ip "
			 "and --number out");
		return false;
	}
	return (!employee || is_sound("employee", employee)) &&
	       (!number || is_sound("number", number));
}

static enum ctl_exit read_invite(struct explain *e)
{
	const char *path = EXPLAIN_OPTION(e, invite);
	char error[INVITE_ERROR_SIZE];

	if (invite_read(&e->invite, path, error) < 0) {
		ctl_fail("%s: %s", path, error);
		return CTL_UNKNOWN;
	}
	return CTL_OK;
}

enum ctl_exit explain_caller(struct explain *e)
{
	const char *said = EXPLAIN_OPTION(e, organization);
	bool is_read = EXPLAIN_OPTION(e, invite) != NULL;
	struct dir_organization organization, *o = NULL;
	enum ctl_exit status = is_said_well(e) ? CTL_OK : CTL_UNKNOWN;

	if (status == CTL_OK && said) {
		status = find_organization(e, said, &organization);
		o = &organization;
	}
	if (status == CTL_OK && is_read)
		status = read_invite(e);
	if (status == CTL_OK)
		status = settle_source(e, o);
	if (status == CTL_OK && !is_read)
		status = make_invite(e, o);
	if (status != CTL_OK)
		return status;
	/* Whoever says --source and --invite has said all of it. */
	if (e->trunk.trunk_id && !(is_read && EXPLAIN_OPTION(e, source)))
		show_proofs(e);
	e->rq.view = e->invite.view;
	e->rq.method = e->invite.method;
	e->rq.sip_call_id = e->invite.call_id;
	return CTL_OK;
}
