/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log: one line a message, to stderr.
 *
 *	<4>publisher: endpoint 17 refused: name is longer than 255 bytes
 *
 * The number is a syslog priority (sd-daemon(3)), the word tells whose thread
 * or part speaks.  A message is one write(2), so threads never mix lines.
 * Control characters and broken UTF-8 become '?': text of users cannot forge
 * a line.  Put such text in single ticks.
 *
 * Levels: ERROR someone must act; WARNING a worse answer was given; NOTICE
 * something an operator asked for or waits for; INFO life of the program.
 */
#pragma once

#include "text.h"

enum log_level {
	LOG_LVL_ERROR = 3,
	LOG_LVL_WARNING = 4,
	LOG_LVL_NOTICE = 5,
	LOG_LVL_INFO = 6,
	LOG_LVL_DEBUG = 7,
};

/* "warning" -> 4; -EINVAL if unknown. */
int log_level_find(struct text name);
const char *log_level_name(enum log_level level);

/* Messages above this level are dropped; INFO at first.  Any thread. */
void log_set_level(enum log_level level);
/* Where lines go instead of descriptor 2; for tests. */
void log_set_fd(int fd);

#define LOG_LINE_MAX 2048 /* a longer message is cut and ends in "..." */

void log_write(enum log_level level, const char *who, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(who, ...)   log_write(LOG_LVL_ERROR, who, __VA_ARGS__)
#define log_warning(who, ...) log_write(LOG_LVL_WARNING, who, __VA_ARGS__)
#define log_notice(who, ...)  log_write(LOG_LVL_NOTICE, who, __VA_ARGS__)
#define log_info(who, ...)    log_write(LOG_LVL_INFO, who, __VA_ARGS__)
#define log_debug(who, ...)   log_write(LOG_LVL_DEBUG, who, __VA_ARGS__)
