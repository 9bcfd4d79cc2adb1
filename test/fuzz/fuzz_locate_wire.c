/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_locate_wire: a message of the other side of the locate socket. */
#include "fuzz.h"

#include <assert.h>

#include "modules/core/locate_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[LOCATE_QUESTION_MAX];
	struct locate_question q;
	struct locate_answer a;

	if (locate_question_decode(data, size, &q) == 0) {
		int n = locate_question_encode(&q, again, sizeof(again));

		assert(n == (int)size);
		for (unsigned i = 0; i < q.count; i++)
			assert(q.items[i].text.len);
	}
	if (locate_answer_decode(data, size, &a) == 0) {
		assert(a.status < LOCATE_STATUS_COUNT);
		assert((a.status == LOCATE_FOUND) == (a.psap_id != 0));
		assert(locate_answer_encode(&a, again, sizeof(again)) > 0);
	}
	return 0;
}
