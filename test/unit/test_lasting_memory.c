/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/lasting_memory.c test/support/platform_libc.c */
/* build: with test/support/state_dir.c */
/* build: link lmdb pthread */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "modules/e911/lasting_memory.h"
#include "support/state_dir.h"

#define SIZE ((size_t)16384)

static int setup(void **state)
{
	*state = state_dir_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	state_dir_free(*state);
	return 0;
}

static const char *file_of(void **state)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s",
		       state_dir_path(*state, "memory"));
	return path;
}

static void what_a_killed_process_wrote_is_there(void **state)
{
	const char *path = file_of(state);
	struct lasting_memory m;
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (lasting_memory_open(&m, path, geteuid(), 0) < 0 || m.p ||
		    lasting_memory_renew(&m, SIZE) < 0)
			_exit(1);
		memcpy((char *)m.p + 5000, "written", 8);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(lasting_memory_open(&m, path, geteuid(), 0), 0);
	assert_int_equal(m.size, SIZE);
	assert_string_equal((char *)m.p + 5000, "written");
	lasting_memory_close(&m);
	lasting_memory_close(&m); /* nothing */
}

static void renewed_it_is_empty(void **state)
{
	struct lasting_memory m;

	assert_int_equal(lasting_memory_open(&m, file_of(state), geteuid(), 0),
			 0);
	assert_int_equal(lasting_memory_renew(&m, SIZE), 0);
	memset(m.p, 7, SIZE);
	assert_int_equal(lasting_memory_renew(&m, 2 * SIZE), 0);
	assert_int_equal(m.size, 2 * SIZE);
	for (size_t i = 0; i < m.size; i++)
		assert_int_equal(((uint8_t *)m.p)[i], 0);
	lasting_memory_close(&m);
}

static void only_one_process_at_a_time_has_it(void **state)
{
	struct lasting_memory m, other;

	assert_int_equal(lasting_memory_open(&m, file_of(state), geteuid(), 0),
			 0);
	assert_int_equal(
		lasting_memory_open(&other, file_of(state), geteuid(), 30),
		-EWOULDBLOCK);
	lasting_memory_close(&m);
	assert_int_equal(
		lasting_memory_open(&other, file_of(state), geteuid(), 0), 0);
	lasting_memory_close(&other);
}

static void a_file_that_others_may_write_is_not_taken(void **state)
{
	const char *path = file_of(state);
	struct lasting_memory m;
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0666), 0);
	close(fd);
	assert_int_equal(lasting_memory_open(&m, path, geteuid(), 0), -EPERM);
}

static void what_is_no_file_is_not_taken(void **state)
{
	const char *path = file_of(state);
	struct lasting_memory m;

	assert_int_equal(symlink("/etc/hostname", path), 0);
	assert_int_equal(lasting_memory_open(&m, path, geteuid(), 0), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(lasting_memory_open(&m, "/nowhere/e911", 0, 0),
			 -ENOENT);
}

/* The file system of the longest mount point above it. */
static bool is_mounted_from_memory(const char *path)
{
	char line[4096], point[1024], type[64];
	FILE *mounts = fopen("/proc/self/mounts", "re");
	bool is_memory = false;
	size_t longest = 0;

	assert_non_null(mounts);
	while (fgets(line, sizeof(line), mounts)) {
		size_t len;

		if (sscanf(line, "%*s %1023s %63s", point, type) != 2)
			continue;
		len = strlen(point);
		if (strncmp(path, point, len) != 0 || len < longest)
			continue;
		longest = len;
		is_memory = strcmp(type, "tmpfs") == 0;
	}
	(void)fclose(mounts);
	return is_memory;
}

static void a_disk_is_told_from_memory(void **state)
{
	char memory[64];
	const char *paths[] = { file_of(state), memory };

	(void)snprintf(memory, sizeof(memory), "/dev/shm/e911-test-%d",
		       (int)getpid());
	for (size_t i = 0; i < 2; i++) {
		struct lasting_memory m;

		if (lasting_memory_open(&m, paths[i], geteuid(), 0) < 0)
			continue;
		assert_int_equal(lasting_memory_is_on_disk(&m),
				 !is_mounted_from_memory(paths[i]));
		lasting_memory_close(&m);
		(void)unlink(paths[i]);
	}
}

static long faults(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_minflt : -1;
}

/* How many a new process meets that writes to each page; -1: some trouble. */
static int faults_of_child(const struct lasting_memory *m, bool fetch)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		long before;

		if (fetch)
			lasting_memory_fetch(m);
		before = faults();
		for (size_t i = 0; i < m->size; i += 4096)
			((volatile uint8_t *)m->p)[i] = 1;
		_exit((int)(faults() - before));
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status)
		       ? WEXITSTATUS(status)
		       : -1;
}

static void what_was_fetched_is_at_hand(void **state)
{
	char dir[] = "/dev/shm/e911-test-XXXXXX", path[64];
	struct lasting_memory m;
	int unfetched;

	(void)state;
	if (!mkdtemp(dir)) {
		print_message("skipped: nothing can be made in /dev/shm\n");
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/memory", dir);
	assert_int_equal(lasting_memory_open(&m, path, geteuid(), 0), 0);
	lasting_memory_fetch(&m); /* nothing */
	assert_int_equal(lasting_memory_renew(&m, 200 * (size_t)4096), 0);
	unfetched = faults_of_child(&m, false);
	assert_in_range(unfetched, 200, 255);
	/* A sanitizer's shadow has faults of its own, in both children. */
	if (madvise(m.p, 4096, 22 /* MADV_POPULATE_READ */) == 0)
		assert_in_range(unfetched - faults_of_child(&m, true), 191,
				255);
	else
		assert_in_range(faults_of_child(&m, true), 200, 255);
	lasting_memory_close(&m);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static bool is_in_memory(const struct lasting_memory *m, size_t page)
{
	unsigned char is_there = 0;

	assert_int_equal(
		mincore((uint8_t *)m->p + page * 4096, 4096, &is_there), 0);
	return is_there & 1;
}

static void of_a_disk_nothing_is_fetched(void **state)
{
	const char *path = file_of(state);
	struct lasting_memory m;

	assert_int_equal(lasting_memory_open(&m, path, geteuid(), 0), 0);
	assert_int_equal(lasting_memory_renew(&m, 200 * (size_t)4096), 0);
	assert_int_equal(fsync(m.fd), 0);
	(void)posix_fadvise(m.fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!lasting_memory_is_on_disk(&m) || is_in_memory(&m, 100)) {
		lasting_memory_close(&m);
		print_message("skipped: no disk, or its pages stay\n");
		skip();
	}
	lasting_memory_fetch(&m);
	assert_false(is_in_memory(&m, 100));
	lasting_memory_close(&m);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_a_killed_process_wrote_is_there),
		T(renewed_it_is_empty),
		T(only_one_process_at_a_time_has_it),
		T(a_file_that_others_may_write_is_not_taken),
		T(what_is_no_file_is_not_taken),
		T(a_disk_is_told_from_memory),
		T(what_was_fetched_is_at_hand),
		T(of_a_disk_nothing_is_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
