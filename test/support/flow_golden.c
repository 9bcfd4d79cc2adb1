/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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

/* Where the first differing line begins; its number in *ret_line. */
static size_t first_difference(const char *a, const char *b, int *ret_line)
{
	size_t same = 0;

	*ret_line = 1;
	while (a[same] && a[same] == b[same])
		*ret_line += a[same++] == '\n';
	while (same && b[same - 1] != '\n')
		same--;
	return same;
}

static void golden_compare(const char *path, const char *text)
{
	char *want = file_read(path);
	bool equal = want && strcmp(want, text) == 0;

	if (!want) {
		print_error("%s is missing; FLOW_ACCEPT=1 writes it\n", path);
	} else if (!equal) {
		int line;
		size_t at = first_difference(want, text, &line);

		print_error("%s:%d: expected\n%.*s\nbut the story goes\n%.*s\n",
			    path, line, (int)strcspn(want + at, "\n"),
			    want + at, (int)strcspn(text + at, "\n"),
			    text + at);
	}
	free(want);
	assert_true(equal);
}

void golden_check(const char *path, const char *text)
{
	if (getenv("FLOW_ACCEPT"))
		golden_write(path, text);
	else
		golden_compare(path, text);
}

void flow_golden_check(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "flow/golden/%s.txt", name);
	golden_check(path, text);
}
