/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* pipe2 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crc32c.h"
#include "event.h"
#include "event_pack.h"
#include "journal_key.h"
#include "lmdb_env.h"

#define WALK_SPEED ((uint64_t)10 * 1024 * 1024) /* bytes a second, at least */

/* Whether each of them can be read. */
static bool events_are_sound(struct event_pack *pack)
{
	struct event_reader event;
	struct text bytes;
	bool sound = true;

	while (event_pack_next(pack, &bytes))
		sound &= event_open(bytes.p, bytes.len, &event) == 0;
	return sound;
}

/* Sequences ascend; a gap or an unreadable event is a loss, not damage. */
static int walk_events(MDB_cursor *cursor, bool *ret_gaps)
{
	MDB_val key, value;
	uint64_t previous = 0;
	int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);

	for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		uint64_t last = journal_key_decode(key.mv_data, key.mv_size);
		struct event_pack pack;
		uint64_t count;

		if (journal_key_is_state(key.mv_data, key.mv_size)) {
			(void)crc32c(0, value.mv_data, value.mv_size);
			continue;
		}
		if (last == 0) {
			if (key.mv_size != 1 || *(char *)key.mv_data != 'J' ||
			    value.mv_size != sizeof(struct uuid))
				return MDB_CORRUPTED;
			continue;
		}
		count = event_pack_open(&pack, value.mv_data, value.mv_size);
		if (last >= JOURNAL_SEQUENCE_LIMIT || last < previous ||
		    last - previous < count)
			return MDB_CORRUPTED;
		if ((previous && last - previous != count) ||
		    !events_are_sound(&pack))
			*ret_gaps = true;
		previous = last;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Any database: every byte must be there. */
static int walk_bytes(MDB_cursor *cursor)
{
	MDB_val key, value;
	int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);

	for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
		(void)crc32c(0, value.mv_data, value.mv_size);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* LMDB's list of free pages, database 0: each value is a count and that
 * many page numbers in descending order. */
static int walk_free_pages(MDB_cursor *cursor, size_t last_page)
{
	MDB_val key, value;
	int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);

	for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		const uint8_t *p = value.mv_data;
		size_t count, page, above = last_page + 1;

		if (key.mv_size != sizeof(size_t) ||
		    value.mv_size < sizeof(count))
			return MDB_CORRUPTED;
		memcpy(&count, p, sizeof(count));
		if (count > value.mv_size / sizeof(page) - 1)
			return MDB_CORRUPTED;
		for (size_t i = 1; i <= count; i++, above = page) {
			memcpy(&page, p + i * sizeof(page), sizeof(page));
			if (page < 2 || page >= above)
				return MDB_CORRUPTED;
		}
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Take pages as an append would, and give them back. */
static int probe_write(MDB_env *env, MDB_dbi dbi)
{
	static uint8_t event[EVENT_MAX];
	uint8_t sequence[JOURNAL_KEY_SIZE];
	MDB_val key = { sizeof(sequence), sequence };
	MDB_val value = { sizeof(event), event };
	MDB_txn *txn;
	int rc = lmdb_txn_begin(env, 0, &txn);

	if (rc)
		return rc;
	journal_key_encode(JOURNAL_SEQUENCE_LIMIT, sequence);
	rc = mdb_put(txn, dbi, &key, &value, 0);
	mdb_txn_abort(txn);
	return lmdb_is_damage(rc) ? rc : 0;
}

static int probe_read(MDB_env *env, MDB_dbi dbi, bool is_journal,
		      bool *ret_gaps)
{
	MDB_envinfo info;
	MDB_txn *txn;
	MDB_cursor *cursor;
	int rc;

	(void)mdb_env_info(env, &info);
	rc = lmdb_txn_begin(env, MDB_RDONLY, &txn);
	if (rc)
		return rc;
	rc = mdb_cursor_open(txn, dbi, &cursor);
	if (rc == 0) {
		rc = is_journal ? walk_events(cursor, ret_gaps)
				: walk_bytes(cursor);
		mdb_cursor_close(cursor);
	}
	if (rc == 0)
		rc = mdb_cursor_open(txn, 0, &cursor);
	if (rc == 0) {
		rc = walk_free_pages(cursor, info.me_last_pgno);
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	return rc;
}

static enum probe probe_look(const char *dir, bool is_journal)
{
	unsigned flags = is_journal ? 0 : MDB_RDONLY;
	bool gaps = false;
	MDB_env *env;
	MDB_dbi dbi;
	int rc = lmdb_env_open(dir, flags, is_journal ? JOURNAL_MAP_FIRST : 0,
			       &env);

	if (rc == 0)
		rc = lmdb_dbi_open(env, flags, &dbi);
	if (rc == 0)
		rc = probe_read(env, dbi, is_journal, &gaps);
	if (rc == 0 && is_journal)
		rc = probe_write(env, dbi);
	if (rc)
		return lmdb_is_damage(rc) ? PROBE_DAMAGED : PROBE_ERROR;
	return gaps ? PROBE_GAPS : PROBE_SOUND;
}

static _Noreturn void probe_child(const char *dir, bool is_journal, int fd,
				  unsigned limit_s)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT,
				      SIGALRM };
	static const int foreign[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	const struct rlimit no_core = { 0, 0 };
	char answer;

	/* Its death is an answer: no handler, no core, no other reason. */
	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++)
		(void)signal(deadly[i], SIG_DFL);
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		(void)signal(foreign[i], SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	alarm(limit_s);
	answer = (char)probe_look(dir, is_journal);
	_exit(write(fd, &answer, 1) == 1 ? 0 : 1);
}

enum probe probe_run(const char *dir, bool is_journal, uint64_t bytes)
{
	/* Longer, and it is caught in a circle. */
	unsigned limit_s = (unsigned)(60 + bytes / WALK_SPEED);
	char answer = PROBE_DAMAGED;
	int fds[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return PROBE_ERROR;
	pid = fork();
	if (pid == 0)
		probe_child(dir, is_journal, fds[1], limit_s);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return PROBE_ERROR;
	}
	do
		n = read(fds[0], &answer, 1);
	while (n < 0 && errno == EINTR);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n == 1)
		return (enum probe)answer;
	/* Killed by somebody: says nothing about the file. */
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
		       ? PROBE_ERROR
		       : PROBE_DAMAGED;
}
