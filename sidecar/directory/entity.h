/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entity: the kinds of things that change_log speaks of, one row each: how
 * to read them, what their record is called, what goes when they go.
 */
#pragma once

#include "directory/rows.h"

/* In the order of reading. */
enum entity_kind {
	ENTITY_GATEWAY,
	ENTITY_TRUNK,
	ENTITY_TRUNK_SOURCE,
	ENTITY_TRUNK_ORG,
	ENTITY_TRUNK_CREDENTIAL,
	ENTITY_TRUNK_CERTIFICATE,
	ENTITY_ORGANIZATION,
	ENTITY_LOCATION,
	ENTITY_ELIN,
	ENTITY_NETWORK_RANGE,
	ENTITY_SITE_NUMBER,
	ENTITY_ENDPOINT,
	ENTITY_PSAP,
	ENTITY_ACCESS_POINT,
	ENTITY_NETWORK_SWITCH,
	ENTITY_SWITCH_PORT,
	ENTITY_LOCATION_CLIENT,
	ENTITY_SCREEN,
	ENTITY_RECIPIENT,
	ENTITY_NOTICE_TEMPLATE,
	ENTITY_NOTICE_HOURS,
	ENTITY_ORGANIZATION_WORDS,
	ENTITY_COUNT
};

/* What binds $1 (and $2) of the statement that reads some. */
enum entity_params {
	PARAMS_NONE,
	PARAMS_ID,      /* bigint[] */
	PARAMS_TEXT,    /* text[] */
	PARAMS_ID_TEXT, /* both, in parallel */
};

/* One thing: its record, and what to ask SQL for. */
struct entity_key {
	struct dir_key key;
	uint64_t id;
	struct text text;
};

struct entity {
	const char *name; /* change_log.entity, and the table */
	enum db_stmt all, some;
	enum entity_params params;
	row_f *read; /* NULL: a PSAP, see psap_graph.h */
	/* change_log's id and key -> the thing; -EINVAL. */
	int (*key_of)(uint64_t id, struct text key, struct entity_key *ret);
	/* The row is gone. */
	void (*forget)(struct dir_batch *b, const struct dir_key *key);
};

const struct entity *entity_get(enum entity_kind kind);
/* -ENOENT: no such entity. */
int must_check entity_find(struct text name, enum entity_kind *ret);
