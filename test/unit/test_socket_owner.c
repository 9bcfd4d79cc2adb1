/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/socket_owner.c */
#include "modules/e911/socket_owner.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

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

/* Of a user who owns nothing here; ends with the test. */
static pid_t stranger_listens(const struct sockaddr_un *at)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

		if (setgid(NOBODY) == 0 && setuid(NOBODY) == 0 &&
		    bind(s, (const struct sockaddr *)at, sizeof(*at)) == 0 &&
		    listen(s, 1) == 0 && write(ready[1], "1", 1) == 1)
			(void)pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void a_stranger_in_the_directory_is_not_believed(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char theirs[108];
	int to_them;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("nobody else to be: this needs root\n");
		return;
	}
	snprintf(theirs, sizeof(theirs), "%s/theirs", folder);
	memcpy(at.sun_path, theirs, strlen(theirs));
	assert_int_equal(chmod(folder, 01777), 0);
	pid = stranger_listens(&at);
	to_them = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(connect(to_them, (struct sockaddr *)&at, sizeof(at)),
			 0);
	assert_string_equal(socket_distrust(theirs, to_them),
			    "who listens is not the owner of its directory");
	/* It is theirs: who may remove the socket may as well be believed. */
	assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
	assert_null(socket_distrust(theirs, to_them));
	close(to_them);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)unlink(theirs);
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
		TEST(a_stranger_in_the_directory_is_not_believed),
		TEST(what_cannot_be_looked_at_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
