/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/refused.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"

static int put_row(struct json *j, const struct event_row *r)
{
	static const char *const names[EVENT_PARAMS] = {
		[EVENT_PARAM_ID] = "event_id", [EVENT_PARAM_CALL] = "call_id",
		[EVENT_PARAM_AT] = "at",       [EVENT_PARAM_KIND] = "kind",
		[EVENT_PARAM_NODE] = "node",   [EVENT_PARAM_DETAIL] = "detail",
	};
	int err = json_put_u64(j, "sequence", r->sequence);

	for (int i = 0; i < EVENT_PARAMS && err >= 0; i++) {
		if (r->params[i])
			err = json_put_text(j, names[i], text_of(r->params[i]));
		else
			err = json_put_null(j, names[i]);
	}
	return err;
}

static int format(const struct event_row *r, const char *error, char **ret)
{
	char now[CLOCK_TEXT_SIZE];
	struct json *j;
	int err = json_new(&j);

	if (err < 0)
		return err;
	err = clock_format(clock_utc_ms(), now);
	if (err >= 0)
		err = json_put_text(j, "refused_at", text_of(now));
	if (err >= 0)
		err = json_put_text(j, "error", text_of(error));
	if (err >= 0)
		err = put_row(j, r);
	if (err >= 0)
		err = json_format(j, ret);
	(void)json_free(j);
	return err;
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int refused_append(const char *path, const struct event_row *r,
		   const char *error)
{
	char *line = NULL;
	size_t len;
	int fd, err = format(r, error, &line);

	if (err < 0)
		return err;
	len = strlen(line);
	line[len] = '\n'; /* in the place of the NUL */
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0) {
		err = -errno;
	} else {
		err = write_all(fd, line, len + 1);
		if (err >= 0 && fsync(fd) < 0)
			err = -errno;
		if (close(fd) < 0 && err >= 0)
			err = -errno;
	}
	free(line);
	return err;
}
