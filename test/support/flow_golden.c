/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *file_read(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	if (!in)
		return NULL;
	n = getdelim(&text, &size, '\0', in);
	fclose(in);
	if (n < 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void golden_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	if (!out)
		fail_msg("cannot write %s", path);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void golden_compare(const char *path, const char *text)
{
	char *want = file_read(path);
	size_t same = 0;
	int line = 1;

	if (!want)
		fail_msg("%s is missing; FLOW_ACCEPT=1 writes it", path);
	if (want && strcmp(want, text) != 0) {
		while (want[same] == text[same])
			line += want[same++] == '\n';
		while (same && text[same - 1] != '\n')
			same--;
		print_error("%s:%d: expected\n%.*s\nbut the story goes\n%.*s\n",
			    path, line, (int)strcspn(want + same, "\n"),
			    want + same, (int)strcspn(text + same, "\n"),
			    text + same);
		free(want);
		fail();
	}
	free(want);
}

void flow_golden_check(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "flow/golden/%s.txt", name);
	if (getenv("FLOW_ACCEPT"))
		golden_write(path, text);
	else
		golden_compare(path, text);
}
