/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE  24
#define NUMBER_MAX 999999999U
#define DIR_MODE   0770

static void name_of(unsigned number, char ret[NAME_SIZE])
{
	(void)snprintf(ret, NAME_SIZE, "gen-%06u", number);
}

/* "gen-000007" -> 7; -EINVAL for anything that is not ours. */
static int number_of(const char *name, unsigned *ret)
{
	char again[NAME_SIZE], *end;
	unsigned long n;

	if (strncmp(name, "gen-", 4) != 0)
		return -EINVAL;
	n = strtoul(name + 4, &end, 10);
	if (*end || n == 0 || n > NUMBER_MAX)
		return -EINVAL;
	name_of((unsigned)n, again);
	if (strcmp(name, again) != 0)
		return -EINVAL;
	*ret = (unsigned)n;
	return 0;
}

static void join(const char *dir, const char *name,
		 char ret[GENERATION_PATH_MAX])
{
	(void)snprintf(ret, GENERATION_PATH_MAX, "%s/%s", dir, name);
}

void generation_path(const char *dir, unsigned number,
		     char ret[GENERATION_PATH_MAX])
{
	char name[NAME_SIZE];

	name_of(number, name);
	join(dir, name, ret);
}

int generation_init(const char *dir)
{
	if (mkdir(dir, DIR_MODE) < 0)
		return errno == EEXIST ? 0 : -errno;
	(void)chmod(dir, DIR_MODE); /* umask must not shut the group out */
	return 0;
}

static int read_link(const char *dir, const char *link, unsigned *ret)
{
	char path[GENERATION_PATH_MAX], target[NAME_SIZE];
	ssize_t n;

	join(dir, link, path);
	n = readlink(path, target, sizeof(target));
	if (n < 0)
		return -errno;
	if ((size_t)n >= sizeof(target))
		return -ENOENT;
	target[n] = '\0';
	return number_of(target, ret) < 0 ? -ENOENT : 0;
}

int generation_current(const char *dir, unsigned *ret)
{
	int err = read_link(dir, "current", ret);

	return err == -EINVAL ? -ENOENT : err; /* no link but something else */
}

/* Call on_number for each generation that is there. */
static int each(const char *dir, void (*on_number)(unsigned, void *), void *arg)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	unsigned number;

	if (!d)
		return -errno;
	while ((e = readdir(d)) != NULL) {
		if (number_of(e->d_name, &number) == 0)
			on_number(number, arg);
	}
	(void)closedir(d);
	return 0;
}

static void take_max(unsigned number, void *arg)
{
	unsigned *max = arg;

	if (number > *max)
		*max = number;
}

int generation_next(const char *dir, unsigned *ret)
{
	unsigned max = 0;
	int err = each(dir, take_max, &max);

	if (err < 0)
		return err;
	if (max >= NUMBER_MAX)
		return -ENOSPC;
	*ret = max + 1;
	return 0;
}

static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

static int point(const char *dir, const char *link, unsigned number)
{
	char path[GENERATION_PATH_MAX], temporary[GENERATION_PATH_MAX];
	char target[NAME_SIZE];

	name_of(number, target);
	join(dir, link, path);
	join(dir, "link.new", temporary);
	if (unlink(temporary) < 0 && errno != ENOENT)
		return -errno;
	if (symlink(target, temporary) < 0)
		return -errno;
	if (rename(temporary, path) < 0)
		return -errno;
	return 0;
}

int generation_switch(const char *dir, unsigned number)
{
	char path[GENERATION_PATH_MAX];
	unsigned old = 0;
	int err;

	generation_path(dir, number, path);
	err = sync_dir(path);
	if (err >= 0 && generation_current(dir, &old) >= 0 && old != number)
		err = point(dir, "previous", old);
	if (err >= 0)
		err = point(dir, "current", number);
	if (err >= 0)
		err = sync_dir(dir);
	if (err >= 0)
		generation_clean(dir);
	return err;
}

void generation_remove(const char *dir, unsigned number)
{
	static const char *const files[] = { "data.mdb", "lock.mdb" };
	char path[GENERATION_PATH_MAX], file[GENERATION_PATH_MAX + 16];

	generation_path(dir, number, path);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		(void)unlink(file);
	}
	(void)rmdir(path); /* somebody's own file in it: it stays */
}

struct kept {
	const char *dir;
	unsigned current, previous;
};

static void remove_others(unsigned number, void *arg)
{
	const struct kept *k = arg;

	if (number != k->current && number != k->previous)
		generation_remove(k->dir, number);
}

void generation_clean(const char *dir)
{
	struct kept k = { .dir = dir };

	if (generation_current(dir, &k.current) < 0)
		k.current = 0;
	(void)read_link(dir, "previous", &k.previous);
	(void)each(dir, remove_others, &k);
}

int generation_mark(const char *dir)
{
	char path[GENERATION_PATH_MAX];
	int fd;

	join(dir, "checking", path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0660);
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

void generation_unmark(const char *dir)
{
	char path[GENERATION_PATH_MAX];

	join(dir, "checking", path);
	(void)unlink(path);
}

bool generation_is_marked(const char *dir)
{
	char path[GENERATION_PATH_MAX];

	join(dir, "checking", path);
	return access(path, F_OK) == 0;
}

static char crash_path[GENERATION_PATH_MAX];

static void on_crash(int sig)
{
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0660);

	(void)fd; /* we end here in either case, as the signal says */
	(void)raise(sig);
}

void generation_mark_on_crash(const char *dir)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGABRT };
	struct sigaction action = { .sa_handler = on_crash,
				    .sa_flags = SA_RESETHAND };

	join(dir, "checking", crash_path);
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		(void)sigaction(crashes[i], &action, NULL);
}
