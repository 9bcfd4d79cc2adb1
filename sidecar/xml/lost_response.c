/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/lost_response.h"

#include "pidf_lo.h"
#include "xml_writer.h"

#define GML_NS "http://www.opengis.net/gml"

static const struct {
	const char *element, *message;
} warnings[] = {
#define LOST_ERROR(NAME, element)
#define LOST_WARNING(NAME, element, message) \
	[LOST_WARNING_##NAME] = { element, message },
#include "xml/lost.def"
#undef LOST_ERROR
#undef LOST_WARNING
};

/* ---- pieces ---- */

static void write_root(struct text_writer *w, const char *name)
{
	text_writef(w,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<%s xmlns=\"" LOST_NS "\"",
		    name);
}

static void write_attribute(struct text_writer *w, const char *name,
			    struct text value)
{
	text_writef(w, " %s=\"", name);
	xml_write(w, value);
	text_write_cstr(w, "\"");
}

static void write_message(struct text_writer *w, const char *message)
{
	write_attribute(w, "message", text_of(message));
	text_write_cstr(w, " xml:lang=\"en\"");
}

static void write_warnings(struct text_writer *w,
			   const struct lost_circumstances *c)
{
	if (!c->warnings)
		return;
	text_write_cstr(w, "<warnings");
	write_attribute(w, "source", c->source);
	text_write_cstr(w, ">");
	for (unsigned i = 0; i < LOST_WARNING_COUNT; i++) {
		if (!(c->warnings & 1U << i))
			continue;
		text_writef(w, "<%s", warnings[i].element);
		write_message(w, warnings[i].message);
		text_write_cstr(w, "/>");
	}
	text_write_cstr(w, "</warnings>");
}

/* What every answer ends with. */
static void write_end(struct text_writer *w, const char *name,
		      const struct lost_circumstances *c)
{
	write_warnings(w, c);
	text_write_cstr(w, "<path><via");
	write_attribute(w, "source", c->source);
	text_write_cstr(w, "/></path>");
	if (c->location_id.len) {
		text_write_cstr(w, "<locationUsed");
		write_attribute(w, "id", c->location_id);
		text_write_cstr(w, "/>");
	}
	text_writef(w, "</%s>\n", name);
}

/* ---- areas ---- */

static void write_ring(struct text_writer *w, const struct lost_ring *r)
{
	const char *side = r->is_hole ? "interior" : "exterior";

	text_writef(w, "<g:%s><g:LinearRing>", side);
	for (size_t i = 0; i < r->count; i++)
		text_writef(w, "<g:pos>%.8f %.8f</g:pos>", r->points[i].lat,
			    r->points[i].lon);
	text_writef(w, "</g:LinearRing></g:%s>", side);
}

/* An area of several pieces is several boundaries (RFC 5222 5.5). */
static void write_boundary(struct text_writer *w, const struct lost_boundary *b)
{
	for (size_t i = 0; i < b->count; i++) {
		bool first = i == 0 || !b->rings[i].is_hole;
		bool last = i + 1 == b->count || !b->rings[i + 1].is_hole;

		if (first)
			text_write_cstr(w, "<serviceBoundary "
					   "profile=\"geodetic-2d\">"
					   "<g:Polygon xmlns:g=\"" GML_NS "\" "
					   "srsName=\"urn:ogc:def:crs:"
					   "EPSG::4326\">");
		write_ring(w, &b->rings[i]);
		if (last)
			text_write_cstr(w, "</g:Polygon></serviceBoundary>");
	}
}

/* All places that have these elements (RFC 5222 12.3). */
static void write_civic_boundary(struct text_writer *w, const struct civic *c)
{
	text_write_cstr(w, "<serviceBoundary profile=\"civic\">");
	civic_write(w, c);
	text_write_cstr(w, "</serviceBoundary>");
}

/* ---- the mapping ---- */

static void write_mapping_attributes(struct text_writer *w,
				     const struct lost_mapping *m,
				     struct text source)
{
	char updated[RFC3339_SIZE], expires[RFC3339_SIZE];

	rfc3339_format(m->updated_ms, updated);
	rfc3339_format(m->expires_ms, expires);
	text_write_cstr(w, "<mapping");
	if (m->expiry == LOST_EXPIRES_AT)
		write_attribute(w, "expires", text_of(expires));
	else
		write_attribute(w, "expires",
				text_of(m->expiry == LOST_NO_CACHE
						? "NO-CACHE"
						: "NO-EXPIRATION"));
	write_attribute(w, "lastUpdated", text_of(updated));
	write_attribute(w, "source", source);
	write_attribute(w, "sourceId", m->source_id);
	text_write_cstr(w, ">");
}

static void write_mapping(struct text_writer *w, const struct lost_mapping *m,
			  struct text source)
{
	write_mapping_attributes(w, m, source);
	if (m->display_name.len) {
		text_write_cstr(w, "<displayName xml:lang=\"en\">");
		xml_write(w, m->display_name);
		text_write_cstr(w, "</displayName>");
	}
	xml_element(w, "service", m->service);
	if (m->boundary) {
		write_boundary(w, m->boundary);
	} else if (m->civic_boundary) {
		write_civic_boundary(w, m->civic_boundary);
	} else if (m->boundary_key.len) {
		text_write_cstr(w, "<serviceBoundaryReference");
		write_attribute(w, "source", source);
		write_attribute(w, "key", m->boundary_key);
		text_write_cstr(w, "/>");
	}
	for (uint32_t i = 0; i < m->uri_count; i++)
		xml_element(w, "uri", m->uris[i]);
	xml_element(w, "serviceNumber", m->service_number);
	text_write_cstr(w, "</mapping>");
}

/* ---- validation ---- */

/* Elements as qualified names (RFC 6848 6): c: and e: are declared around. */
static void write_checked(struct text_writer *w,
			  const struct lost_validation *v,
			  enum civic_check check, const char *element)
{
	const char *before = "";

	text_writef(w, "<%s>", element);
	for (enum civic_field f = 0; f < CIVIC_COUNT; f++) {
		if (!v->civic->value[f].len || v->checks[f] != check)
			continue;
		text_writef(w, "%s%s:%s", before,
			    civic_field_is_extension(f) ? "e" : "c",
			    civic_field_name(f));
		before = " ";
	}
	text_writef(w, "</%s>", element);
}

static void write_validation(struct text_writer *w,
			     const struct lost_validation *v)
{
	text_write_cstr(w, "<locationValidation xmlns:c=\"" CIVIC_NS
			   "\" xmlns:e=\"" CIVIC_EXT_NS "\">");
	write_checked(w, v, CIVIC_VALID, "valid");
	write_checked(w, v, CIVIC_INVALID, "invalid");
	write_checked(w, v, CIVIC_UNCHECKED, "unchecked");
	text_write_cstr(w, "</locationValidation>");
}

/* ---- answers ---- */

void lost_find_service_write(struct text_writer *w,
			     const struct lost_mapping *m,
			     const struct lost_validation *validation,
			     const struct lost_circumstances *c)
{
	write_root(w, "findServiceResponse");
	text_write_cstr(w, ">");
	write_mapping(w, m, c->source);
	if (validation)
		write_validation(w, validation);
	write_end(w, "findServiceResponse", c);
}

static void write_services(struct text_writer *w, const char *name,
			   struct text services,
			   const struct lost_circumstances *c)
{
	write_root(w, name);
	text_write_cstr(w, "><serviceList>");
	xml_write(w, services);
	text_write_cstr(w, "</serviceList>");
	write_end(w, name, c);
}

void lost_list_services_write(struct text_writer *w, struct text services,
			      const struct lost_circumstances *c)
{
	write_services(w, "listServicesResponse", services, c);
}

void lost_list_services_by_location_write(struct text_writer *w,
					  struct text services,
					  const struct lost_circumstances *c)
{
	write_services(w, "listServicesByLocationResponse", services, c);
}

void lost_boundary_write(struct text_writer *w, const struct lost_boundary *b,
			 const struct civic *civic,
			 const struct lost_circumstances *c)
{
	write_root(w, "getServiceBoundaryResponse");
	text_write_cstr(w, ">");
	if (civic)
		write_civic_boundary(w, civic);
	else
		write_boundary(w, b);
	write_end(w, "getServiceBoundaryResponse", c);
}

void lost_fault_write(struct text_writer *w, struct text source,
		      const struct lost_fault *f)
{
	write_root(w, "errors");
	write_attribute(w, "source", source);
	text_writef(w, "><%s", lost_error_name(f->error));
	if (f->error == LOST_ERROR_PROFILE_UNRECOGNIZED)
		write_attribute(w, "unsupportedProfiles", text_of(f->profiles));
	write_message(w, f->message);
	text_write_cstr(w, "/></errors>\n");
}
