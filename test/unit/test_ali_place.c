/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where ALI files go: what is a place, and what its files are called. */
/* build: link e911_sidecar */
#include "ali/place.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_place_is_taken_apart(void **state)
{
	static const struct {
		const char *text, *host, *url, *file;
		enum ali_way way;
	} rows[] = {
		{ "directory:west/out/", "", NULL, "west/out/x",
		  ALI_WAY_DIRECTORY },
		{ "sftp://a.example/in/", "a.example",
		  "sftp://a.example:22/in/x", "/in/x", ALI_WAY_SFTP },
		{ "sftp://192.0.2.7:2222/~/in/", "192.0.2.7",
		  "sftp://192.0.2.7:2222/~/in/x", "/~/in/x", ALI_WAY_SFTP },
		{ "ftps://a.example/in/", "a.example",
		  "ftps://a.example:990/in/x", "in/x", ALI_WAY_FTP },
		{ "ftpes://a.example/", "a.example", "ftp://a.example:21/x",
		  "x", ALI_WAY_FTP },
		{ "https://a.example/in/", "a.example",
		  "https://a.example:443/in/x", "/in/x", ALI_WAY_HTTPS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char url[ALI_URL_SIZE], file[ALI_URL_SIZE];
		struct ali_place p;

		assert_int_equal(ali_place_parse(text_of(rows[i].text), &p), 0);
		assert_int_equal(p.way, rows[i].way);
		assert_string_equal(p.host, rows[i].host);
		assert_int_equal(ali_place_file(&p, "x", file), 0);
		assert_string_equal(file, rows[i].file);
		if (!rows[i].url)
			continue;
		assert_int_equal(ali_place_url(&p, "x", url), 0);
		assert_string_equal(url, rows[i].url);
		assert_int_equal(p.is_literal, rows[i].host[0] == '1');
	}
}

static void what_leads_elsewhere_is_no_place(void **state)
{
	static const char *const texts[] = {
		"",
		"directory:",
		"directory:/etc/",
		"directory:../etc/",
		"directory:a/../../etc/",
		"directory:a/./b/",
		"directory:a",
		"directory:a//b/",
		"file:///etc/",
		"ftp://a.example/in/",
		"http://a.example/in/",
		"sftp://a.example",
		"sftp://a.example/in",
		"sftp://u@a.example/in/",
		"sftp://u:p@a.example/in/",
		"sftp:///in/",
		"sftp://a.example:0/in/",
		"sftp://a.example:65536/in/",
		"sftp://a.example:2x/in/",
		"sftp://a.example:/in/",
		"sftp://a.example/%2e%2e/",
		"sftp://a.example/in x/",
		"sftp://a.example/in\r\nDELE/",
		"https://a.example/in/?x=/",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct ali_place p;

		assert_int_equal(ali_place_parse(text_of(texts[i]), &p),
				 -EINVAL);
	}
}

static void what_is_too_long_is_no_place(void **state)
{
	char text[1024] = "directory:";
	struct ali_place p;

	(void)state;
	memset(text + 10, 'a', 600);
	(void)snprintf(text + 610, 8, "/");
	assert_int_equal(ali_place_parse(text_of(text), &p), -EINVAL);
	(void)snprintf(text, sizeof(text), "sftp://");
	memset(text + 7, 'a', 600);
	(void)snprintf(text + 607, 8, "/");
	assert_int_equal(ali_place_parse(text_of(text), &p), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_taken_apart),
		cmocka_unit_test(what_leads_elsewhere_is_no_place),
		cmocka_unit_test(what_is_too_long_is_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
