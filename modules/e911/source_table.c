/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source_table.h"

#include "crc32c.h"

void source_table_init(struct source_table *t)
{
	shared_lock_init(&t->lock);
}

/* An address that finds its place taken is not told of: the table bounds how
 * much is told however many addresses are made up. */
bool source_table_may_tell(struct source_table *t, const uint8_t ip[16],
			   int64_t mono_ms)
{
	int64_t *told_ms = &t->told_ms[crc32c(0, ip, 16) % SOURCE_TABLE_SIZE];
	bool may;

	shared_lock_take(&t->lock);
	may = !*told_ms || mono_ms - *told_ms >= SOURCE_QUIET_MS;
	if (may)
		*told_ms = mono_ms;
	shared_lock_drop(&t->lock);
	return may;
}
