/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_records: what it costs to write ALI records and to read them back.
 *
 *	ali_records [COUNT]
 *
 * COUNT (100,000) records of each layout, derived from made-up locations, go to
 * a file without a name and are read back; each value has to be what was
 * written.  Prints lines "name value unit"; status 1 when one differs or a
 * layout takes more than three seconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ali/derive.h"
#include "ali/file.h"

#define AIM_S 3.0

struct made {
	char number[16], house[16], street[32], floor[16], room[16];
	struct ali_derived derived;
};

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int put(void *arg, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, arg) == len ? 0 : -1;
}

static ssize_t get(void *arg, char *buf, size_t size)
{
	return (ssize_t)fread(buf, 1, size, arg);
}

/* In capitals, so that what is read is equal byte by byte. */
static void make(struct made *m, unsigned i)
{
	struct ali_source s = { .country = text_of("US"),
				.city = text_of("ASHGROVE"),
				.state = text_of("WA"),
				.postal_code = text_of("98000"),
				.customer_name = text_of("LARKSPUR INSURANCE"),
				.class_of_service = text_of("4"),
				.type_of_service = text_of("0"),
				.company_id = text_of("LARKS") };

	(void)snprintf(m->number, sizeof(m->number), "+1206%07u",
		       2000000 + i % 8000000);
	(void)snprintf(m->house, sizeof(m->house), "%u", 1 + i % 9999);
	(void)snprintf(m->street, sizeof(m->street), "N %uTH AVE", 1 + i % 300);
	(void)snprintf(m->floor, sizeof(m->floor), "%u", 1 + i % 60);
	(void)snprintf(m->room, sizeof(m->room), "%u", 100 + i % 900);
	s.number = text_of(m->number);
	s.house_number = text_of(m->house);
	s.street = text_of(m->street);
	s.floor = text_of(m->floor);
	s.room = text_of(m->room);
	if (ali_derive(&s, &m->derived) < 0)
		abort();
	m->derived.values.value[ALI_FUNCTION_CODE] = text_of("I");
}

static void write_all(const struct ali_layout *layout, unsigned count, FILE *f)
{
	static const struct tm day = { .tm_year = 126, .tm_mday = 1 };
	struct ali_values header = {
		.value = { [ALI_COMPANY_NAME] = text_of("LARKSPUR"),
			   [ALI_CYCLE_COUNTER] = text_of("1") }
	};
	struct ali_remarks r;
	struct ali_writer w = { .layout = layout, .write = put, .arg = f };
	static struct made m;

	if (ali_writer_begin(&w, &header, &day, &r) < 0)
		abort();
	for (unsigned i = 0; i < count; i++) {
		make(&m, i);
		if (ali_writer_add(&w, &m.derived.values, &r) < 0 || r.count)
			abort();
	}
	if (ali_writer_end(&w, &r) < 0 || fflush(f) != 0)
		abort();
}

static bool is_equal(const struct ali_layout *layout, const struct made *m,
		     const struct ali_values *got)
{
	const struct ali_position *p = NULL;

	while ((p = ali_position_next(layout, ALI_DATA, p)))
		if (m->derived.values.value[p->field].len &&
		    !text_equal(m->derived.values.value[p->field],
				got->value[p->field]))
			return false;
	return true;
}

static unsigned read_all(const struct ali_layout *layout, FILE *f)
{
	static struct ali_reader r;
	struct ali_read_line line;
	static struct made m;
	unsigned equal = 0;
	int got;

	rewind(f);
	ali_reader_init(&r, layout, 0, get, f);
	while ((got = ali_reader_next(&r, &line)) == 1) {
		if (line.kind != ALI_DATA)
			continue;
		make(&m, (unsigned)r.count - 1);
		equal += is_equal(layout, &m, &line.values);
	}
	return got == 0 && ali_reader_check(&r) == 0 ? equal : 0;
}

int main(int argc, char **argv)
{
	unsigned count =
		argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	int status = 0;

	for (int l = 0; l < ALI_LAYOUT_COUNT; l++) {
		const struct ali_layout *layout =
			ali_layout_get((enum ali_layout_id)l);
		FILE *f = tmpfile();
		double start = now(), written, end;
		unsigned equal;

		if (!f)
			return 1;
		write_all(layout, count, f);
		written = now();
		equal = read_all(layout, f);
		end = now();
		(void)fclose(f);
		(void)printf("ali_write_%s %.2f s\n", layout->name,
			     written - start);
		(void)printf("ali_read_%s %.2f s\n", layout->name,
			     end - written);
		(void)printf("ali_equal_%s %u records\n", layout->name, equal);
		if (equal != count || end - start > AIM_S)
			status = 1;
	}
	return status;
}
