/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_area: areas as WKB (PostGIS) and as e911d keeps them on disk. */
/* build: link e911_sidecar m */
#include "fuzz.h"

#include <stdlib.h>

#include "modules/core/crc32c.h"
#include "psap/area_file.h"
#include "psap/wkb.h"

static void ask(const struct psap_areas *a)
{
	for (int x = -180; x <= 180; x += 45)
		for (int y = -90; y <= 90; y += 45) {
			struct psap_answer r;

			if (psap_areas_find(a, (struct psap_point){ x, y },
					    1000, &r) < 0 ||
			    (r.found == PSAP_FOUND_NONE) != (r.psap_id == 0))
				abort();
		}
}

static void as_wkb(struct text bytes)
{
	struct psap_areas *a;

	if (psap_areas_new(&a) < 0)
		abort();
	psap_areas_begin(a, &(struct psap_area_key){ 1, 1, 0, 1 });
	if (wkb_decode(bytes, a) >= 0 && psap_areas_end(a) >= 0) {
		if (psap_areas_index(a) < 0)
			abort();
		ask(a);
	}
	(void)psap_areas_unref(a);
}

/* The sum is put right, so that what is behind it is reached. */
static void as_file(const uint8_t *data, size_t size)
{
	uint32_t crc = crc32c(0, data, size);
	char *bytes = malloc(size + sizeof(crc));
	struct psap_areas *a;
	struct uuid version;

	if (!bytes)
		abort();
	if (size)
		memcpy(bytes, data, size);
	for (size_t i = 0; i < sizeof(crc); i++)
		bytes[size + i] = (char)(crc >> 8 * i);
	if (area_file_decode(text_make(bytes, size + sizeof(crc)), &a,
			     &version) >= 0) {
		ask(a);
		(void)psap_areas_unref(a);
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_wkb(text_make((const char *)data, size));
	as_file(data, size);
	return 0;
}
