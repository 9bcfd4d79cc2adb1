/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/find.h"

#define MICRO 1e6 /* millionths of degrees: exact as text of six digits */

const char *psap_means_name(enum psap_means m)
{
	static const char *const names[] = {
		[PSAP_BY_DEFAULT] = "default", [PSAP_BY_BOUNDARY] = "boundary",
		[PSAP_BY_ADDRESS] = "address", [PSAP_BY_NEAREST] = "nearest",
		[PSAP_BY_COUNTY] = "county",   [PSAP_BY_POSTAL] = "postal",
		[PSAP_BY_STATE] = "state",
	};

	return names[m];
}

static bool is_told(const struct psap_finding *f, uint64_t psap_id)
{
	if (psap_id == f->psap_id)
		return true;
	for (size_t i = 0; i < f->alternate_count; i++)
		if (f->alternates[i] == psap_id)
			return true;
	return false;
}

/* One more PSAP: the first one is the answer. */
static void found(struct psap_finding *f, enum psap_means means,
		  uint64_t psap_id)
{
	if (!psap_id)
		return;
	if (f->means == PSAP_BY_DEFAULT) {
		f->means = means;
		f->psap_id = psap_id;
	} else if (!is_told(f, psap_id) &&
		   f->alternate_count < PSAP_ALTERNATES_MAX) {
		f->alternates[f->alternate_count++] = psap_id;
	}
}

static void found_area(struct psap_finding *f, enum psap_means means,
		       const struct psap_answer *a)
{
	if (f->means == PSAP_BY_DEFAULT) {
		f->boundary_id = a->boundary_id;
		f->distance_m = a->distance_m;
	}
	found(f, means, a->psap_id);
	for (size_t i = 0; i < a->alternate_count; i++)
		found(f, means, a->alternates[i]);
}

static struct psap_answer area_of(const struct psap_knowledge *k,
				  struct psap_point p)
{
	struct psap_answer a = { 0 };

	if (!k->areas || psap_areas_find(k->areas, p, k->nearest_m, &a) < 0)
		return (struct psap_answer){ 0 };
	return a;
}

/* A single address that says where it is and not whose. */
static void by_its_point(const struct psap_knowledge *k, struct psap_finding *f)
{
	struct psap_point p = { f->address.longitude / MICRO,
				f->address.latitude / MICRO };
	struct psap_answer a;

	if (f->address.longitude == ADDRESS_NO_DEGREES)
		return;
	a = area_of(k, p);
	if (a.found == PSAP_FOUND_BOUNDARY)
		found_area(f, PSAP_BY_ADDRESS, &a);
}

static void by_coverage(const struct psap_knowledge *k, const struct address *a,
			struct psap_finding *f)
{
	static const struct {
		enum address_coverage kind;
		enum psap_means means;
	} order[] = {
		{ ADDRESS_OF_COUNTY, PSAP_BY_COUNTY },
		{ ADDRESS_OF_POSTAL, PSAP_BY_POSTAL },
		{ ADDRESS_OF_STATE, PSAP_BY_STATE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		uint64_t psaps[PSAP_ALTERNATES_MAX + 1];
		size_t n = address_book_covering(k->book, order[i].kind, a,
						 psaps, ARRAY_SIZE(psaps));

		for (size_t j = 0; j < n; j++)
			found(f, order[i].means, psaps[j]);
	}
}

void psap_find(const struct psap_knowledge *k, const struct psap_place *place,
	       struct psap_finding *ret)
{
	struct psap_finding f = { .address = { .reason = "" } };
	struct psap_answer area = { 0 };
	bool has_address = k->book && place->civic;
	struct address address;

	if (place->has_point)
		area = area_of(k, place->point);
	if (area.found == PSAP_FOUND_BOUNDARY)
		found_area(&f, PSAP_BY_BOUNDARY, &area);
	if (has_address) {
		address_read(place->civic, place->street_in_one_piece,
			     &address);
		address_book_check(k->book, place->civic, &address,
				   place->street_in_one_piece, &f.address);
		if (f.address.psap_id)
			found(&f, PSAP_BY_ADDRESS, f.address.psap_id);
		else
			by_its_point(k, &f);
	}
	if (area.found == PSAP_FOUND_NEAREST)
		found_area(&f, PSAP_BY_NEAREST, &area);
	if (has_address) {
		by_coverage(k, &address, &f);
		/* One of two PSAPs is more than none. */
		found(&f, PSAP_BY_ADDRESS, f.address.doubtful_psap_id);
	}
	*ret = f;
}
