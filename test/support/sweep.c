/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/support/sweep.h"

#include <stdio.h>
#include <stdlib.h>

static const char telling[] = "\0\n \"<>;:,@%=\\+[9\xff";

struct text exact_copy(struct text t)
{
	/* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI) */
	char *p = malloc(t.len); /* none may be read of an empty one */

	if (!p && t.len) {
		(void)fprintf(stderr, "out of memory\n");
		abort();
	}
	if (t.len)
		memcpy(p, t.p, t.len);
	return text_make(p, t.len);
}

static void run(struct text t, sweep_f *check)
{
	struct text copy = exact_copy(t);

	check(copy);
	free((char *)copy.p);
}

/* t with 'put' bytes in the place of 'taken' ones at 'at'. */
static void run_edited(struct text t, size_t at, size_t taken, struct text put,
		       sweep_f *check)
{
	size_t rest = t.len - at - taken;
	char *p = malloc(at + put.len + rest + 1);

	if (!p)
		abort();
	memcpy(p, t.p, at);
	memcpy(p + at, put.p, put.len);
	memcpy(p + at + put.len, t.p + at + taken, rest);
	run(text_make(p, at + put.len + rest), check);
	free(p);
}

static void run_changed(struct text t, size_t at, sweep_f *check)
{
	for (unsigned c = 0; t.len <= SWEEP_ALL && c < 256; c++)
		run_edited(t, at, 1, text_make(&(char){ (char)c }, 1), check);
	for (size_t i = 0; t.len > SWEEP_ALL && i < sizeof(telling) - 1; i++)
		run_edited(t, at, 1, text_make(&telling[i], 1), check);
}

void sweep(struct text sample, sweep_f *check)
{
	for (size_t n = 0; n <= sample.len; n++) {
		run(text_make(sample.p, n), check);
		run(text_make(sample.p + n, sample.len - n), check);
	}
	for (size_t at = 0; at < sample.len; at++) {
		run_changed(sample, at, check);
		run_edited(sample, at, 1, text_make("", 0), check);
		run_edited(sample, at, 0, text_make(sample.p + at, 1), check);
	}
}
