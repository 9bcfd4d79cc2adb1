/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/lost_request.h"

#include <errno.h>

#include "text_writer.h"

static const char *const kinds[] = {
	[LOST_FIND_SERVICE] = "findService",
	[LOST_GET_SERVICE_BOUNDARY] = "getServiceBoundary",
	[LOST_LIST_SERVICES] = "listServices",
	[LOST_LIST_SERVICES_BY_LOCATION] = "listServicesByLocation",
};

const char *lost_kind_name(enum lost_kind k)
{
	return k < LOST_KIND_COUNT ? kinds[k] : "";
}

const char *lost_error_name(enum lost_error e)
{
	static const char *const names[] = {
#define LOST_ERROR(NAME, element) [LOST_ERROR_##NAME] = element,
#define LOST_WARNING(NAME, element, message)
#include "xml/lost.def"
#undef LOST_ERROR
#undef LOST_WARNING
	};

	return e < LOST_ERROR_COUNT ? names[e] : "";
}

bool lost_source_is_valid(struct text name)
{
	size_t labels = 0, len = 0, all = name.len;

	for (size_t i = 0; i < all; i++) {
		char c = name.p[i];

		if (c == '.' && len && i + 1 < all) {
			labels++;
			len = 0;
		} else if (text_is_letter(c) || text_is_digit(c) ||
			   (c == '-' && i + 1 < all)) {
			len++;
		} else {
			return false;
		}
	}
	/* The last label has no hyphen. */
	for (size_t i = all - len; i < all; i++)
		if (name.p[i] == '-')
			return false;
	return labels && len && all <= 255;
}

static int fault(struct lost_fault *f, enum lost_error error,
		 const char *message)
{
	f->error = error;
	f->message = message;
	f->profiles[0] = '\0';
	return -EINVAL;
}

/* ---- where ---- */

static bool is_name_token(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_letter(t.p[i]) && !text_is_digit(t.p[i]) &&
		    (!t.p[i] || !strchr("-._:", t.p[i])))
			return false;
	return t.len > 0;
}

static bool profile_of(const struct xml_node *location, enum lost_profile *ret)
{
	struct text name = xml_attr(location, "profile");

	*ret = LOST_PROFILE_NONE;
	if (text_equal_nocase(name, text_of("geodetic-2d")))
		*ret = LOST_PROFILE_GEODETIC_2D;
	else if (text_equal_nocase(name, text_of("civic")))
		*ret = LOST_PROFILE_CIVIC;
	return !name.len || *ret != LOST_PROFILE_NONE;
}

/* -EBADMSG, or -ENOTSUP: another coordinate reference system. */
static int read_location(const struct xml_node *location,
			 enum lost_profile profile, struct lost_request *r,
			 const char **why)
{
	int err = pidf_location_read(location, &r->place, why);
	bool shape = r->place.shape.kind != GEO_NONE;
	bool civic = r->place.civic.count;

	if (err < 0)
		return err;
	if (profile == LOST_PROFILE_NONE)
		profile = shape ? LOST_PROFILE_GEODETIC_2D : LOST_PROFILE_CIVIC;
	if (profile == LOST_PROFILE_GEODETIC_2D ? !shape : !civic) {
		*why = "the location is not what its profile says";
		return -EBADMSG;
	}
	r->profile = profile;
	r->location_id = xml_attr(location, "id");
	return 0;
}

/* One location more that is of no use: what is told if there is no other. */
static void note_unusable(struct lost_fault *f, int err, const char *why)
{
	if (f->error == LOST_ERROR_LOCATION_INVALID ||
	    f->error == LOST_ERROR_SRS_INVALID)
		return;
	(void)fault(f,
		    err == -ENOTSUP ? LOST_ERROR_SRS_INVALID
				    : LOST_ERROR_LOCATION_INVALID,
		    why);
}

static void note_profile(struct lost_fault *f, struct text name)
{
	size_t len = strlen(f->profiles);
	struct text_writer w = text_writer_on(f->profiles + len,
					      sizeof(f->profiles) - 1 - len);

	if (f->error != LOST_ERROR_PROFILE_UNRECOGNIZED ||
	    !is_name_token(name) || name.len + 2 > w.size)
		return;
	if (len)
		text_write_cstr(&w, " ");
	text_write(&w, name);
	f->profiles[len + w.used] = '\0';
}

static int read_locations(const struct xml_node *root, struct lost_request *r,
			  struct lost_fault *f)
{
	const struct xml_node *n = xml_child(root, "location");
	const char *why = "";
	int err;

	if (!n)
		return fault(f, LOST_ERROR_BAD_REQUEST, "there is no location");
	(void)fault(f, LOST_ERROR_PROFILE_UNRECOGNIZED,
		    "only geodetic-2d and civic are known");
	for (; n; n = xml_sibling(n, "location")) {
		enum lost_profile profile;

		if (!profile_of(n, &profile)) {
			note_profile(f, xml_attr(n, "profile"));
			continue;
		}
		err = read_location(n, profile, r, &why);
		if (err == 0)
			return 0;
		note_unusable(f, err, why);
	}
	/* The list of profiles must not be empty. */
	if (f->error == LOST_ERROR_PROFILE_UNRECOGNIZED && !f->profiles[0])
		return fault(f, LOST_ERROR_LOCATION_INVALID, f->message);
	return -EINVAL;
}

/* ---- what ---- */

static bool is_true(struct text t)
{
	return text_equal_nocase(t, text_of("true")) ||
	       text_equal(t, text_of("1"));
}

static bool find_kind(const struct xml_node *root, enum lost_kind *ret)
{
	for (enum lost_kind k = 0; k < LOST_KIND_COUNT; k++) {
		if (!xml_is(root, kinds[k]))
			continue;
		*ret = k;
		return true;
	}
	return false;
}

static bool is_loop(const struct xml_node *root, struct text source)
{
	const struct xml_node *path = xml_child(root, "path"), *via;

	for (via = xml_child(path, "via"); via; via = xml_sibling(via, "via"))
		if (text_equal_nocase(xml_attr(via, "source"), source))
			return true;
	return false;
}

static int read_kind(const struct xml_node *root, struct lost_request *r,
		     struct lost_fault *f)
{
	switch (r->kind) {
	case LOST_GET_SERVICE_BOUNDARY:
		r->key = xml_attr(root, "key");
		if (!r->key.len)
			return fault(f, LOST_ERROR_BAD_REQUEST,
				     "there is no key");
		return 0;
	case LOST_FIND_SERVICE:
		if (!r->service.len)
			return fault(f, LOST_ERROR_BAD_REQUEST,
				     "there is no service");
		return read_locations(root, r, f);
	case LOST_LIST_SERVICES_BY_LOCATION:
		return read_locations(root, r, f);
	default:
		return 0;
	}
}

int lost_request_read(const struct xml_doc *doc, struct text source,
		      struct lost_request *ret, struct lost_fault *ret_fault)
{
	const struct xml_node *root = xml_doc_root(doc);
	const struct xml_node *service = xml_child(root, "service");

	*ret = (struct lost_request){ .place = { .problem = "" } };
	*ret_fault = (struct lost_fault){ .message = "" };
	if (!find_kind(root, &ret->kind))
		return fault(ret_fault, LOST_ERROR_BAD_REQUEST,
			     "this is no request of LoST");
	if (service)
		ret->service = service->text;
	ret->validate_location = is_true(xml_attr(root, "validateLocation"));
	ret->recursive = is_true(xml_attr(root, "recursive"));
	ret->boundary_by_value = text_equal_nocase(
		xml_attr(root, "serviceBoundary"), text_of("value"));
	if (is_loop(root, source))
		return fault(ret_fault, LOST_ERROR_LOOP,
			     "this server was asked already");
	return read_kind(root, ret, ret_fault);
}
