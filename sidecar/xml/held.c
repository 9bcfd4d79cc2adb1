/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/held.h"

#include <errno.h>

#include "pidf_lo.h"
#include "xml_writer.h"

const char *held_error_name(enum held_error e)
{
	static const char *const codes[] = {
#define HELD_ERROR(NAME, code) [HELD_ERROR_##NAME] = code,
#define HELD_IDENTITY(NAME, element)
#include "xml/held.def"
#undef HELD_ERROR
#undef HELD_IDENTITY
	};

	return e < HELD_ERROR_COUNT ? codes[e] : "";
}

static const char *const elements[] = {
#define HELD_ERROR(NAME, code)
#define HELD_IDENTITY(NAME, element) [HELD_IDENTITY_##NAME] = element,
#include "xml/held.def"
#undef HELD_ERROR
#undef HELD_IDENTITY
};

const char *held_identity_name(enum held_identity_kind k)
{
	return k < HELD_IDENTITY_COUNT ? elements[k] : "";
}

/* ---- requests ---- */

/* The next word of a list, where blanks are between. */
static bool cut_word(struct text *rest, struct text *ret)
{
	size_t n = 0;

	*rest = text_trim(*rest);
	while (n < rest->len && !text_is_blank(rest->p[n]))
		n++;
	if (!n)
		return false;
	*ret = text_make(rest->p, n);
	*rest = text_make(rest->p + n, rest->len - n);
	return true;
}

static bool word_is(struct text word, const char *name)
{
	return text_equal_nocase(word, text_of(name));
}

/* Beyond an hour all times are the same; what is no time is none. */
static int64_t response_time_of(struct text t)
{
	int64_t ms = 0;

	if (word_is(t, "emergencyRouting"))
		return HELD_EMERGENCY_ROUTING;
	if (word_is(t, "emergencyDispatch"))
		return HELD_EMERGENCY_DISPATCH;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return HELD_NO_TIME;
		if (ms < 3600000)
			ms = ms * 10 + (t.p[i] - '0');
	}
	return t.len ? ms : HELD_NO_TIME;
}

static bool read_type(const struct xml_node *type, struct held_request *r)
{
	struct text rest = type->text, word, exact = xml_attr(type, "exact");

	r->exact = word_is(exact, "true") || word_is(exact, "1");
	while (cut_word(&rest, &word)) {
		if (word_is(word, "civic"))
			r->wants_civic = true;
		else if (word_is(word, "geodetic"))
			r->wants_geodetic = true;
		else if (word_is(word, "locationURI"))
			r->wants_uri = true;
		else if (!word_is(word, "any"))
			return false;
	}
	return true;
}

static bool find_identity(struct text name, enum held_identity_kind *ret)
{
	for (enum held_identity_kind k = 0; k < HELD_IDENTITY_COUNT; k++) {
		if (!word_is(name, elements[k]))
			continue;
		*ret = k;
		return true;
	}
	return false;
}

static void read_device(const struct xml_node *device, struct held_request *r)
{
	const struct xml_node *n = device ? device->child : NULL;

	for (; n && r->identity_count < HELD_IDENTITIES_MAX; n = n->next) {
		struct held_identity *i = &r->identities[r->identity_count];

		if (!n->text.len || !find_identity(n->name, &i->kind))
			continue;
		i->value = n->text;
		r->identity_count++;
	}
}

/* Of the access point that serves it, else of one nearby. */
static struct text bssid_of(const struct xml_node *measurements)
{
	const struct xml_node *wap = xml_find(measurements, "servingWap");
	const struct xml_node *bssid =
		wap ? xml_child(wap, "bssid") : xml_find(measurements, "bssid");

	return bssid ? bssid->text : text_of("");
}

static struct held_octets octets_of(const struct xml_node *n,
				    const char *mac_type)
{
	if (!n)
		return (struct held_octets){ 0 };
	return (struct held_octets){
		.hex = n->text,
		.is_mac = text_equal(xml_attr(n, "type"), text_of(mac_type)),
	};
}

static void read_measurements(const struct xml_node *m, struct held_request *r)
{
	const struct xml_node *lldp = m ? xml_find(m, "lldp") : NULL;

	if (m)
		r->bssid = bssid_of(m);
	r->chassis = octets_of(xml_child(lldp, "chassis"), "4");
	r->port = octets_of(xml_child(lldp, "port"), "3");
}

struct text held_octets_read(const struct held_octets *o,
			     char buf[HELD_OCTETS_MAX])
{
	size_t len = o->hex.len / 2;

	if (o->is_mac || o->hex.len % 2 || len > HELD_OCTETS_MAX)
		return o->hex;
	for (size_t i = 0; i < len; i++) {
		int high = text_hex_digit(o->hex.p[2 * i]);
		int low = text_hex_digit(o->hex.p[2 * i + 1]);

		if (high < 2 || low < 0 || (high == 7 && low == 15))
			return o->hex;
		buf[i] = (char)(high << 4 | low);
	}
	return text_make(buf, len);
}

/* A list of qualified names. */
static void read_required(const struct xml_node *list, struct held_request *r)
{
	struct text rest = list ? list->text : text_of(NULL), word;
	enum held_identity_kind kind;

	while (cut_word(&rest, &word)) {
		size_t colon = text_index(word, ':');

		if (colon < word.len)
			word = text_make(word.p + colon + 1,
					 word.len - colon - 1);
		if (find_identity(word, &kind))
			r->required |= UINT32_C(1) << kind;
		else
			r->requires_unknown = true;
	}
}

int held_request_read(const struct xml_doc *doc, struct held_request *ret,
		      enum held_error *ret_error, const char **ret_why)
{
	const struct xml_node *root = xml_doc_root(doc), *n;

	*ret = (struct held_request){ .response_time_ms = HELD_NO_TIME };
	if (!xml_is(root, "locationRequest")) {
		*ret_error = HELD_ERROR_UNSUPPORTED_MESSAGE;
		*ret_why = "only locationRequest is served";
		return -EINVAL;
	}
	ret->response_time_ms =
		response_time_of(xml_attr(root, "responseTime"));
	n = xml_child(root, "locationType");
	if (n && !read_type(n, ret)) {
		*ret_error = HELD_ERROR_REQUEST;
		*ret_why = "an unknown type of location is asked for";
		return -EINVAL;
	}
	ret->has_device = xml_child(root, "device") != NULL;
	read_device(xml_child(root, "device"), ret);
	read_measurements(xml_child(root, "measurements"), ret);
	read_required(xml_find(root, "requiredIdentifiers"), ret);
	return 0;
}

bool held_wants_any(const struct held_request *r)
{
	return !r->wants_civic && !r->wants_geodetic && !r->wants_uri;
}

/* ---- responses ---- */

/* One line: Kamailio's http_client knows of an answer its first alone. */
static void write_root(struct text_writer *w, const char *name)
{
	text_writef(w,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
		    "<%s xmlns=\"" HELD_NS "\"",
		    name);
}

static void write_uris(struct text_writer *w, const struct held_location *l)
{
	char at[RFC3339_SIZE];

	if (!l->uri_count)
		return;
	rfc3339_format(l->uris_expire_ms, at);
	text_writef(w, "<locationUriSet expires=\"%s\">", at);
	for (uint32_t i = 0; i < l->uri_count; i++)
		xml_element(w, "locationURI", l->uris[i]);
	text_write_cstr(w, "</locationUriSet>");
}

/* Behind "<?xml ... ?>", which may only stand at a document's begin. */
static struct text without_declaration(struct text t)
{
	size_t end;

	if (t.len < 2 || memcmp(t.p, "<?", 2) != 0)
		return t;
	end = text_index(t, '>');
	return end == t.len ? t : text_make(t.p + end + 1, t.len - end - 1);
}

void held_location_write(struct text_writer *w, const struct held_location *l)
{
	write_root(w, "locationResponse");
	text_write_cstr(w, ">");
	write_uris(w, l);
	text_write(w, text_trim(without_declaration(l->presence)));
	text_write_cstr(w, "</locationResponse>");
}

void held_error_write(struct text_writer *w, enum held_error error,
		      const char *message)
{
	write_root(w, "error");
	text_writef(w, " code=\"%s\"><message xml:lang=\"en\">",
		    held_error_name(error));
	xml_write(w, text_of(message));
	text_write_cstr(w, "</message></error>");
}
