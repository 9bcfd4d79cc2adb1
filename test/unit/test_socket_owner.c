/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/socket_owner.c */
#include "modules/e911/socket_owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], path[96];
static int listener, fd;

static int setup(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/e911-owner-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	memcpy(at.sun_path, path, strlen(path));
	listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	close(listener);
	(void)unlink(path);
	return rmdir(folder);
}

static void our_own_user_is_believed(void **state)
{
	(void)state;
	assert_null(socket_distrust(path, fd));
}

static void nobody_is_where_everybody_may_listen(void **state)
{
	(void)state;
	assert_int_equal(chmod(folder, 0777), 0);
	assert_string_equal(socket_distrust(path, fd),
			    "everybody may write to its directory");
	/* There each may remove his own files only. */
	assert_int_equal(chmod(folder, 01777), 0);
	assert_null(socket_distrust(path, fd));
	assert_int_equal(chmod(folder, 0770), 0);
	assert_null(socket_distrust(path, fd));
}

static void what_cannot_be_looked_at_is_not_believed(void **state)
{
	(void)state;
	assert_string_equal(socket_distrust("/nowhere/at/all", fd),
			    "nothing is known of who listens");
	assert_string_equal(socket_distrust(path, -1),
			    "nothing is known of who listens");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(our_own_user_is_believed),
		TEST(nobody_is_where_everybody_may_listen),
		TEST(what_cannot_be_looked_at_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
