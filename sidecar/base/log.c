/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

static atomic_int level_max = LOG_LVL_INFO;
static atomic_int out_fd = STDERR_FILENO;

static const char *const level_names[] = {
	[LOG_LVL_ERROR] = "error",   [LOG_LVL_WARNING] = "warning",
	[LOG_LVL_NOTICE] = "notice", [LOG_LVL_INFO] = "info",
	[LOG_LVL_DEBUG] = "debug",
};

int log_level_find(struct text name)
{
	for (size_t i = LOG_LVL_ERROR; i < ARRAY_SIZE(level_names); i++) {
		if (text_equal(name, text_of(level_names[i])))
			return (int)i;
	}
	return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

void log_set_level(enum log_level level)
{
	atomic_store(&level_max, (int)level);
}

void log_set_fd(int fd)
{
	atomic_store(&out_fd, fd);
}

/* Nothing helps when stderr is gone; the message is lost then. */
static void write_line(const char *line, size_t len)
{
	ssize_t n;

	do
		n = write(atomic_load(&out_fd), line, len);
	while (n < 0 && errno == EINTR);
}

void log_write(enum log_level level, const char *who, const char *fmt, ...)
{
	char line[LOG_LINE_MAX + 1];
	va_list ap;
	size_t len;
	int n, m;

	if ((int)level > atomic_load(&level_max))
		return;
	n = snprintf(line, LOG_LINE_MAX, "<%d>%s: ", (int)level, who);
	if (n < 0 || n >= LOG_LINE_MAX)
		return;
	va_start(ap, fmt);
	m = vsnprintf(line + n, LOG_LINE_MAX - (size_t)n, fmt, ap);
	va_end(ap);
	if (m < 0)
		return;
	len = (size_t)n + (size_t)m;
	if (len >= LOG_LINE_MAX) {
		len = LOG_LINE_MAX - 1;
		memset(line + len - 3, '.', 3);
	}
	utf8_make_printable(line, len);
	line[len++] = '\n';
	write_line(line, len);
}
