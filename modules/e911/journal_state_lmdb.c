/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_state_lmdb: the state in a journal, read by a child process.
 *
 * LMDB trusts its file, and does not survive a fork: the child opens, tells
 * by a pipe and dies.  Each record is a struct frame, the key and the value;
 * a frame without a key is the end, and without it something went wrong.
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal.h"
#include "journal_key.h"
#include "lmdb_env.h"
#include "record.h"

#define CHILD_MOST_S 60

struct frame {
	uint32_t key_len, value_len;
};

/* ---- the child ---- */

static bool tell(FILE *to, MDB_val key, MDB_val value)
{
	struct frame frame = { (uint32_t)key.mv_size, (uint32_t)value.mv_size };

	return fwrite(&frame, sizeof(frame), 1, to) == 1 &&
	       (!key.mv_size || fwrite(key.mv_data, key.mv_size, 1, to) == 1) &&
	       (!value.mv_size ||
		fwrite(value.mv_data, value.mv_size, 1, to) == 1);
}

static int tell_all(MDB_cursor *cursor, FILE *to)
{
	char from = JOURNAL_KEY_BINDING;
	MDB_val key = { 1, &from }, value;
	int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

	for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		if (!journal_key_is_state(key.mv_data, key.mv_size))
			continue;
		/* A damaged record is the reader's to find, not a page that
		 * claims to be huge. */
		if (value.mv_size > RECORD_MAX)
			return MDB_CORRUPTED;
		if (!tell(to, key, value))
			return EPIPE;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int read_all(const char *dir, FILE *to)
{
	MDB_cursor *cursor;
	MDB_txn *txn;
	MDB_env *env;
	MDB_dbi dbi;
	int rc = lmdb_env_open(dir, MDB_RDONLY, 0, &env);

	if (rc == 0)
		rc = lmdb_dbi_open(env, MDB_RDONLY, &dbi);
	if (rc == 0)
		rc = lmdb_txn_begin(env, MDB_RDONLY, &txn);
	if (rc == 0)
		rc = mdb_cursor_open(txn, dbi, &cursor);
	if (rc == 0)
		rc = tell_all(cursor, to);
	if (rc == 0 && !tell(to, (MDB_val){ 0 }, (MDB_val){ 0 }))
		rc = EPIPE;
	return rc;
}

static _Noreturn void child(const char *dir, int fd)
{
	static const int deadly[] = { SIGSEGV, SIGBUS,  SIGFPE,
				      SIGABRT, SIGALRM, SIGPIPE };
	const struct rlimit no_core = { 0, 0 };
	FILE *to = fdopen(fd, "w");

	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++)
		(void)signal(deadly[i], SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	alarm(CHILD_MOST_S);
	if (!to || read_all(dir, to) != 0 || fflush(to) != 0)
		_exit(1);
	_exit(0);
}

/* ---- the parent ---- */

/* The number of records; -EBADMSG when the end did not come. */
static int hear_all(FILE *from, journal_state_f *on_record, void *arg)
{
	static char bytes[JOURNAL_KEY_CALL_SIZE + RECORD_MAX];
	struct frame frame;
	int count = 0;

	while (fread(&frame, sizeof(frame), 1, from) == 1) {
		if (!frame.key_len)
			return count;
		if (frame.key_len > JOURNAL_KEY_CALL_SIZE ||
		    frame.value_len > RECORD_MAX ||
		    fread(bytes, frame.key_len, 1, from) != 1 ||
		    (frame.value_len && fread(bytes + frame.key_len,
					      frame.value_len, 1, from) != 1))
			break;
		on_record(text_make(bytes, frame.key_len),
			  text_make(bytes + frame.key_len, frame.value_len),
			  arg);
		count++;
	}
	return -EBADMSG;
}

static int run(const char *dir, journal_state_f *on_record, void *arg)
{
	int fds[2], status, count = -ENOMEM;
	FILE *from;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child(dir, fds[1]);
	close(fds[1]);
	from = pid > 0 ? fdopen(fds[0], "r") : NULL;
	if (from) {
		count = hear_all(from, on_record, arg);
		(void)fclose(from);
	} else {
		close(fds[0]);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return count;
}

int journal_read_state(const char *state_dir, journal_state_f *on_record,
		       void *arg)
{
	char *dir = lmdb_path(state_dir, "journal");
	char *file = dir ? lmdb_path(dir, "data.mdb") : NULL;
	struct stat st;
	int count = -ENOMEM;

	if (file)
		count = stat(file, &st) < 0 ? -errno : 0;
	if (count == 0)
		count = run(dir, on_record, arg);
	free(file);
	free(dir);
	return count;
}
