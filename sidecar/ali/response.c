/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/response.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ali/answers.h"
#include "ali/exchange.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "crc32c.h"
#include "events/alarm.h"
#include "sha256.h"

#define WHO       "ali delivery"
#define ASIDE     "ali-unread"
#define HASH_SIZE (2 * (size_t)SHA256_SIZE + 1)
#define PATH_SIZE 1024
/* In the directory of what is put aside; of each the first bytes. */
#define KEPT_FILES 102 /* with . and .. */
#define KEPT_BYTES ((size_t)1 << 20)

/* ---- its bytes ---- */

static ssize_t read_bytes(void *arg, char *buf, size_t size)
{
	struct text *left = arg;
	size_t n = left->len < size ? left->len : size;

	if (n)
		memcpy(buf, left->p, n);
	*left = text_make(left->p + n, left->len - n);
	return (ssize_t)n;
}

static void hash_of(struct text bytes, char ret[HASH_SIZE])
{
	uint8_t hash[SHA256_SIZE];
	struct sha256 sha;

	sha256_begin(&sha);
	sha256_add(&sha, bytes.p, bytes.len);
	sha256_end(&sha, hash);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

static int answers_of(const struct ali_response *r, struct db *db,
		      struct ali_answers *ret)
{
	struct text left = r->bytes;

	*ret = (struct ali_answers){ .db = db,
				     .provider = r->provider,
				     .layout = r->layout,
				     .error_code_start = r->error_code_start };
	return ali_answers_read(ret, read_bytes, &left);
}

/* Lines that are none, or no code in any: it is not what we take it for. */
static bool is_unreadable(const struct ali_answers *a, size_t len)
{
	return a->bad || (len && !a->records && !a->reader.has_header) ||
	       (a->records && a->without_code == a->records);
}

/* ---- what cannot be read ---- */

static size_t count_entries(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}

/*
 * The disk is the journal's too: a provider must not be able to fill it.  The
 * name has letters, digits, points, hyphens and underscores: due() says so.
 * path is "" if it is not kept.
 */
static void put_aside(const struct ali_response *r, const char *hash,
		      char path[PATH_SIZE])
{
	size_t len = r->bytes.len < KEPT_BYTES ? r->bytes.len : KEPT_BYTES;
	FILE *out = NULL;

	(void)snprintf(path, PATH_SIZE, "%s/" ASIDE, r->conf->state_dir);
	if ((mkdir(path, 0750) == 0 || errno == EEXIST) &&
	    count_entries(path) < KEPT_FILES) {
		(void)snprintf(path, PATH_SIZE, "%s/" ASIDE "/%s-%.8s-%s",
			       r->conf->state_dir, r->provider, hash, r->name);
		out = fopen(path, "wbe");
	}
	if (!out || (len && fwrite(r->bytes.p, 1, len, out) != len))
		path[0] = '\0';
	if (out && fclose(out) != 0)
		path[0] = '\0';
}

/* Before it is noted as read: told twice, it is stored once. */
static int tell(const struct ali_response *r, struct db *db, const char *hash,
		const char *path, const char *problem)
{
	const struct alarm alarm = { .node = r->conf->node,
				     .kind = "ali.unreadable",
				     .at_ms = clock_utc_ms(),
				     .which = crc32c(0, hash, strlen(hash)) };
	struct json *j = NULL;
	int err = json_new(&j);

	stats_add(STAT_ALI_RESPONSES_UNREADABLE, 1);
	log_error(WHO, "'%s': %s cannot be read whole: %s; kept: %s",
		  r->provider, r->name, problem, path[0] ? path : "no");
	if (err >= 0)
		err = json_put_text(j, "provider", text_of(r->provider));
	if (err >= 0)
		err = json_put_text(j, "file", text_of(r->name));
	if (err >= 0 && path[0])
		err = json_put_text(j, "kept", text_of(path));
	if (err >= 0)
		err = json_put_text(j, "problem", text_of(problem));
	if (err >= 0)
		err = alarm_store(db, &alarm, j);
	j = json_free(j);
	return err;
}

/* ---- reading ---- */

static int on_state(const struct db_row *row, void *arg)
{
	return text_to_cstr(db_text(row, 0), arg, 16);
}

static int store(const struct ali_response *r, struct db *db, const char *hash,
		 const char *state, const char *said)
{
	return db_exec(
		db, DB_ALI_RESPONSE_STORE,
		(const char *[]){ r->provider, r->name, hash, state, said },
		NULL, NULL);
}

static int apply(const struct ali_response *r, struct db *db, const char *hash,
		 const char *state, char *said)
{
	struct ali_answers a;
	int err = db_exec(db, DB_BEGIN, NULL, NULL, NULL);

	if (err >= 0)
		err = answers_of(r, db, &a);
	if (err >= 0) {
		ali_answers_tell(&a, said, ALI_WHY_SIZE);
		err = store(r, db, hash, state, said);
	}
	return err < 0 ? err : db_exec(db, DB_COMMIT, NULL, NULL, NULL);
}

static int read_new(const struct ali_response *r, struct db *db,
		    const char *hash, bool was_unfinished, char *why)
{
	char said[ALI_WHY_SIZE] = "", path[PATH_SIZE] = "";
	struct ali_answers a;
	bool is_bad;
	int err = answers_of(r, NULL, &a);

	if (err < 0)
		return err;
	if (ali_answers_are_unfinished(&a) && !was_unfinished)
		return store(r, db, hash, "unfinished",
			     "it ends in the middle");
	is_bad = is_unreadable(&a, r->bytes.len);
	if (is_bad) {
		put_aside(r, hash, path);
		ali_answers_tell(&a, said, sizeof(said));
		err = tell(r, db, hash, path, said);
	}
	if (err >= 0)
		err = apply(r, db, hash, is_bad ? "unreadable" : "read", said);
	if (err == -EPROTO) {
		(void)snprintf(why, ALI_WHY_SIZE, "%s: %s", r->name,
			       db_error(db));
		return db_exec(db, DB_ROLLBACK, NULL, NULL, NULL);
	}
	if (err < 0)
		return err;
	stats_add(STAT_ALI_RESPONSES, 1);
	log_notice(WHO, "'%s': %s: %s", r->provider, r->name, said);
	return 1;
}

int ali_response_read(const struct ali_response *r, struct db *db,
		      bool *ret_done, char *why)
{
	char hash[HASH_SIZE], state[16] = "";
	int err;

	hash_of(r->bytes, hash);
	err = db_exec(db, DB_ALI_RESPONSE_SEEN,
		      (const char *[]){ r->provider, r->name, hash }, on_state,
		      state);
	if (err < 0)
		return err;
	*ret_done =
		strcmp(state, "read") == 0 || strcmp(state, "unreadable") == 0;
	if (*ret_done)
		return 0;
	err = read_new(r, db, hash, strcmp(state, "unfinished") == 0, why);
	*ret_done = err == 1;
	return err < 0 ? err : 0;
}
