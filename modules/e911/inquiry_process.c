/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inquiry_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "core/globals.h"
#include "core/pt.h"
#include "core/sr_module.h"
#include "inquiry_desk.h"
#include "located.h"
#include "worker.h"

static void on_done(struct inquiry *i, const struct locate_answer *a,
		    const char *why)
{
	struct directory *d = worker_directory_begin();

	located_settle(i, a, why, d);
	worker_directory_end(d);
}

static void run(void)
{
	const struct desk_conf conf = {
		.inquiries = worker_shared->inquiries,
		.path = worker_conf.locate_socket,
		.timeout_ms = worker_conf.locate_timeout,
		.done = on_done,
	};
	struct desk *desk = desk_new(&conf);
	pid_t parent = getppid();

	while (desk && getppid() == parent) {
		int ms = desk_turn(desk);
		struct pollfd fds[] = {
			{ inquiries_fd(conf.inquiries), POLLIN, 0 },
			{ desk_fd(desk), POLLIN, 0 },
		};

		cfg_update();
		(void)poll(fds, ARRAY_SIZE(fds), ms);
	}
	/* Calls that wait now are not sent out by a gateway that ends: they
	 * are written down, and the next start takes them in. */
}

void inquiry_process_prepare(void)
{
	register_procs(1);
	cfg_register_child(1);
}

int inquiry_process_start(void)
{
	int pid = fork_process(PROC_TIMER, "e911 locate", 1);

	if (pid < 0)
		return -ECHILD;
	if (pid == 0) {
		if (cfg_child_init())
			exit(1);
		run();
		exit(0);
	}
	return 0;
}
