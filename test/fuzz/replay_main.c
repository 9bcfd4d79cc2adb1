/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_main: runs a fuzz target over its corpus where libFuzzer is missing.
 *
 *   fuzz_x CORPUS...      (files, or folders of files)
 *
 * Each sample is given whole, then each of its prefixes, then with each
 * single byte changed.  Every input is an allocation of its own exact size,
 * so that a sanitizer sees the first byte read too far.  An empty corpus is
 * a failure: it would test nothing.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SAMPLE_MAX (256 * 1024)
/* Longer samples are replayed whole only: prefixes cost their square. */
#define SWEEP_MAX 4096

static unsigned long samples, inputs;

static void run(const uint8_t *data, size_t size)
{
	/* malloc(0) may be NULL, which is what libFuzzer may pass too. */
	uint8_t *copy = malloc(size);

	if (!copy && size) {
		fprintf(stderr, "out of memory\n");
		exit(EXIT_FAILURE);
	}
	if (size)
		memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	inputs++;
}

static void sweep(uint8_t *data, size_t size)
{
	static const uint8_t other[] = { 0x00, 0xff, '"', ';', '%', '\n' };

	run(data, size);
	if (size > SWEEP_MAX)
		return;
	for (size_t n = 0; n < size; n++)
		run(data, n);
	for (size_t i = 0; i < size; i++) {
		uint8_t kept = data[i];

		for (size_t k = 0; k < sizeof(other); k++) {
			data[i] = other[k];
			run(data, size);
		}
		data[i] = kept ^ 0x01;
		run(data, size);
		data[i] = kept;
	}
}

static int replay_file(const char *path)
{
	static uint8_t data[SAMPLE_MAX];
	size_t size;
	FILE *f = fopen(path, "rb");

	if (!f)
		return -errno;
	size = fread(data, 1, sizeof(data), f);
	if (ferror(f) || size == sizeof(data)) {
		(void)fclose(f);
		return -EFBIG;
	}
	(void)fclose(f);
	sweep(data, size);
	samples++;
	return 0;
}

static int replay_dir(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int err = 0;

	if (!dir)
		return -errno;
	while (err == 0 && (entry = readdir(dir)) != NULL) {
		char file[4096];
		int n;

		if (entry->d_name[0] == '.')
			continue;
		n = snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (n < 0 || (size_t)n >= sizeof(file))
			err = -ENAMETOOLONG;
		else
			err = replay_file(file);
	}
	(void)closedir(dir);
	return err;
}

int main(int argc, char **argv)
{
	run((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		struct stat st;
		int err;

		if (stat(argv[i], &st) < 0)
			err = -errno;
		else if (S_ISDIR(st.st_mode))
			err = replay_dir(argv[i]);
		else
			err = replay_file(argv[i]);
		if (err < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(-err));
			return EXIT_FAILURE;
		}
	}
	printf("%lu samples, %lu inputs\n", samples, inputs);
	return samples ? EXIT_SUCCESS : EXIT_FAILURE;
}
