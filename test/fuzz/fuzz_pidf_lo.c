/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_pidf_lo: a location from the network, with libxml2 underneath. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "xml/pidf_lo_read.h"

/* Views of the document or of nothing; and a place on this globe. */
static void check(const struct pidf_place *p)
{
	const struct geo_shape *s = &p->shape;

	assert(s->kind != GEO_NONE || p->civic.count);
	assert(p->bearer != PIDF_NOWHERE && p->problem);
	assert(s->corner_count <= GEO_CORNERS_MAX);
	assert(p->civic.other_count <= CIVIC_OTHERS_MAX);
	if (s->kind == GEO_NONE)
		return;
	assert(fabs(s->at.lat) <= 90.000001 && fabs(s->at.lon) <= 180.000001);
	assert(isfinite(s->uncertainty_m) && s->uncertainty_m >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pidf_place place;
	struct xml_doc *doc = NULL;
	const char *why = NULL;

	if (xml_doc_read(&doc, text_make((const char *)data, size), &why) < 0) {
		assert(why && why[0] && !doc);
		return 0;
	}
	if (pidf_lo_read(doc, &place, &why) == 0)
		check(&place);
	else
		assert(why && why[0]);
	doc = xml_doc_free(doc);
	return 0;
}
