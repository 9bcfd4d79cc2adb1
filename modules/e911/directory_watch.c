/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "platform.h"

#define MOVES      (IN_CREATE | IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF)
#define WRITES     (IN_MODIFY | IN_ATTRIB)
#define NEWS_MAX   8192 /* bytes at once; the rest is for the next turn */
#define UNTOLD_MAX 3    /* turns: a write is told of when it has ended */

void directory_watch_init(struct directory_watch *w, const char *path,
			  uint64_t generation)
{
	*w = (struct directory_watch){ .generation = generation,
				       .path = path,
				       .fd = -1,
				       .root = -1,
				       .folder = -1,
				       .err = -ENOENT };
}

void directory_watch_fini(struct directory_watch *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

/* ---- what the kernel tells ---- */

struct news {
	bool is_any;
	bool is_written;
	bool is_moved; /* or nobody knows what (IN_Q_OVERFLOW, IN_IGNORED) */
};

static struct news news_read(int fd)
{
	char buf[NEWS_MAX];
	ssize_t len = fd < 0 ? 0 : read(fd, buf, sizeof(buf));
	size_t left = len < 0 ? 0 : (size_t)len;
	struct news n = { .is_any = left > 0 };
	struct inotify_event e;

	for (const char *p = buf; left >= sizeof(e);) {
		memcpy(&e, p, sizeof(e));
		n.is_written |= e.mask & WRITES;
		n.is_moved |= e.mask & ~(uint32_t)WRITES;
		p += sizeof(e) + e.len;
		left -= sizeof(e) + e.len;
	}
	return n;
}

/* The same folder is the same number. */
static int watch_one(struct directory_watch *w, int *watched, const char *path,
		     uint32_t mask)
{
	int number = inotify_add_watch(w->fd, path, mask | IN_ONLYDIR);
	int err = number < 0 ? -errno : 0;

	if (*watched >= 0 && *watched != number)
		(void)inotify_rm_watch(w->fd, *watched);
	*watched = number;
	return err;
}

/* Also what is watched already: it may be another folder by now. */
static int watch_all(struct directory_watch *w)
{
	char current[PATH_MAX];
	int err;

	if (w->fd < 0)
		w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0)
		return -errno;
	(void)snprintf(current, sizeof(current), "%s/current", w->path);
	err = watch_one(w, &w->root, w->path, MOVES);
	return err < 0 ? err
		       : watch_one(w, &w->folder, current, MOVES | WRITES);
}

/* ---- what is there ---- */

static struct directory_place place_look(const char *path,
					 struct timespec *ret_written_at)
{
	struct directory_place p = { .dev = 0 };
	char file[PATH_MAX];
	struct stat st = { 0 };

	if (directory_current_target(path, p.target, sizeof(p.target)) < 0)
		p.target[0] = '\0';
	(void)snprintf(file, sizeof(file), "%s/current/data.mdb", path);
	if (stat(file, &st) == 0) {
		p.dev = st.st_dev;
		p.ino = st.st_ino;
	}
	*ret_written_at = st.st_mtim;
	return p;
}

static bool is_same(const struct directory_place *a,
		    const struct directory_place *b)
{
	return a->dev == b->dev && a->ino == b->ino &&
	       strcmp(a->target, b->target) == 0;
}

/* Has each write been told of? */
static int check_told(struct directory_watch *w, struct timespec written_at)
{
	if (w->is_written || (w->written_at.tv_sec == written_at.tv_sec &&
			      w->written_at.tv_nsec == written_at.tv_nsec)) {
		w->is_written = false;
		w->written_at = written_at;
		w->untold = 0;
		return 0;
	}
	return ++w->untold < UNTOLD_MAX ? 0 : -EOPNOTSUPP;
}

/* Once for each reason; who misses the directory complains itself. */
static void complain(struct directory_watch *w, int err)
{
	if (err == w->err)
		return;
	if (err < 0 && err != -ENOENT)
		log_line(LEVEL_NOTICE,
			 "directory: nobody tells of changes in '%s' (%s): "
			 "each request looks for them",
			 w->path, strerror(-err));
	else if (w->err < 0 && w->err != -ENOENT)
		log_line(LEVEL_NOTICE,
			 "directory: changes in '%s' are told of again",
			 w->path);
	w->err = err;
}

void directory_watch_turn(struct directory_watch *w)
{
	struct news n = news_read(w->fd);
	struct timespec written_at;
	struct directory_place now;
	int err;

	w->is_written |= n.is_written;
	w->is_busy = n.is_any;
	if (n.is_any)
		w->changes = 0;
	if (n.is_any && !n.is_moved && w->err == 0)
		return;
	err = watch_all(w);
	now = place_look(w->path, &written_at);
	if (!is_same(&now, &w->at)) {
		w->at = now;
		w->generation++;
		w->is_busy = w->is_written = true;
	}
	if (err >= 0)
		err = check_told(w, written_at);
	complain(w, err);
	if (err < 0 || w->is_busy)
		w->changes = 0;
	else if (!w->changes)
		w->changes = ++w->told;
}
