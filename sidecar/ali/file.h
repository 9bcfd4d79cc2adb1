/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_file: an ALI file, line by line: header, records, trailer.
 *
 * A file of any length is written and read in fixed memory.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "ali/record.h"

/* ---- writing ---- */

/* All of it, or -errno. */
typedef int ali_write_f(void *arg, const char *bytes, size_t len);

struct ali_writer {
	const struct ali_layout *layout; /* set by the caller, as these two */
	ali_write_f *write;
	void *arg;
	uint64_t count;      /* records so far */
	char date[7];        /* MMDDYY */
	char long_date[9];   /* YYYYMMDD */
	struct text company; /* borrowed until ali_writer_end() */
};

/*
 * Writes the header.  Values of 'header' stand as they are; dates are those of
 * day, and records get them too.  0; -EINVAL: the remarks say why; -errno of
 * write.
 */
int must_check ali_writer_begin(struct ali_writer *w,
				const struct ali_values *header,
				const struct tm *day,
				struct ali_remarks *ret_remarks);
/* A record; dates are added.  -EINVAL: it is left out, the file goes on. */
int must_check ali_writer_add(struct ali_writer *w,
			      const struct ali_values *values,
			      struct ali_remarks *ret_remarks);
/* The trailer. */
int must_check ali_writer_end(struct ali_writer *w,
			      struct ali_remarks *ret_remarks);

/* ---- reading ---- */

/* Up to size bytes; 0 at the end, -errno. */
typedef ssize_t ali_read_f(void *arg, char *buf, size_t size);

#define ALI_BEHIND_MAX  64 /* bytes that may follow a record in its line */
#define ALI_READ_SIZE   16384
#define ALI_REASON_SIZE 160

struct ali_reader {
	const struct ali_layout *layout;
	ali_read_f *read;
	void *arg;
	size_t behind_max;
	uint64_t line;  /* of the last one given out, from 1 */
	uint64_t count; /* records so far, bad ones too */
	bool has_header, has_trailer, at_end;
	char reason[ALI_REASON_SIZE]; /* why the last line is bad */
	size_t from, to;
	char buf[ALI_READ_SIZE];
};

struct ali_read_line {
	enum ali_line kind;
	struct text bytes;  /* the record as it stands there */
	struct text behind; /* what a provider put behind it */
	struct ali_values values;
	struct ali_remarks remarks;
};

/* behind_max: bytes that may follow a record in its line, 0..ALI_BEHIND_MAX. */
void ali_reader_init(struct ali_reader *r, const struct ali_layout *layout,
		     size_t behind_max, ali_read_f *read, void *arg);
/*
 * 1 and a line, valid until the next call; 0 at the end; -EBADMSG: this line is
 * bad, reason tells why, go on; else the error of read.  Lines end with LF or
 * CR LF, the last one maybe with neither; empty ones are passed over.
 */
int must_check ali_reader_next(struct ali_reader *r, struct ali_read_line *ret);
/*
 * At the end: is it a whole file?  0; -EPROTO: header or trailer are missing,
 * or the trailer counts other records than came; reason tells.
 */
int must_check ali_reader_check(struct ali_reader *r);
