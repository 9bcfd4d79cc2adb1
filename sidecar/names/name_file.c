/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/name_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/kept_file.h"
#include "hwaddr.h"

#define PATH_SIZE 512

static bool read_line(struct name_table *t, struct text line, int64_t now_ms)
{
	struct name_addresses a = { 0 };
	struct text name, piece;

	if (!text_cut(&line, ' ', &name))
		return false;
	while (text_cut(&line, ' ', &piece)) {
		uint8_t ip[16];

		if (ip_normalise(piece, ip) < 0 || !name_addresses_add(&a, ip))
			return false;
	}
	return a.count && name_table_load(t, name, &a, now_ms) >= 0;
}

int name_file_read(struct name_table *t, FILE *in, int64_t now_ms)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int skipped = 0;

	while ((n = getline(&line, &size, in)) > 0) {
		struct text s = text_trim(text_make(line, (size_t)n));

		if (s.len && s.p[0] != '#' && !read_line(t, s, now_ms))
			skipped++;
	}
	free(line);
	return skipped;
}

int name_file_load(struct name_table *t, const char *path, int64_t now_ms)
{
	FILE *in = fopen(path, "re");
	int n;

	if (!in)
		return errno == ENOENT ? 0 : -errno;
	n = name_file_read(t, in, now_ms);
	if (ferror(in))
		n = -EIO;
	(void)fclose(in);
	return n;
}

static void write_line(const struct name *n, FILE *out)
{
	char text[NAME_ADDRESSES_TEXT_SIZE];

	if (!n->heard[NAME_IPV4].count && !n->heard[NAME_IPV6].count)
		return;
	(void)fputs(n->text, out);
	for (int f = 0; f < NAME_FAMILY_COUNT; f++) {
		name_addresses_format(&n->heard[f], text);
		for (char *p = text; *p; p++)
			if (*p == ',')
				*p = ' ';
		if (text[0])
			(void)fprintf(out, " %s", text);
	}
	(void)fputc('\n', out);
}

static int write_all(const struct name_table *t, FILE *out)
{
	(void)fputs("# Addresses heard last for the names of trunks; written "
		    "by e911d.\n",
		    out);
	for (size_t i = 0; i < t->count; i++)
		write_line(&t->names[i], out);
	if (fflush(out) != 0 || fsync(fileno(out)) < 0)
		return -errno;
	return ferror(out) ? -EIO : 0;
}

int name_file_save(const struct name_table *t, const char *path)
{
	char next[PATH_SIZE];
	FILE *out;
	int err;

	if (snprintf(next, sizeof(next), "%s.new", path) >= PATH_SIZE)
		return -ENAMETOOLONG;
	out = fopen(next, "we");
	if (!out)
		return -errno;
	err = write_all(t, out);
	if (fclose(out) != 0 && err >= 0)
		err = -errno;
	if (err >= 0 && rename(next, path) < 0)
		err = -errno;
	return err < 0 ? err : directory_sync(path);
}
