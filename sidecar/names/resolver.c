/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/resolver.h"

#include <errno.h>

#include "names/dns.h"

/* Names asked for at once: a burst that no name server minds. */
#define BATCH   32
#define IDLE_MS 60000

static int loop(const struct conf *conf, const struct dns_options *o,
		struct names *names)
{
	int64_t interval_ms = conf->dns_interval_s * 1000;
	struct name_due due[BATCH];

	for (;;) {
		size_t n = names_take_due(names, interval_ms, due, BATCH);
		int err;

		if (n) {
			err = dns_ask(o, due, n);
			if (err >= 0)
				names_answer(names, interval_ms, due, n);
		} else {
			err = names_wait(names, o->stop, IDLE_MS);
		}
		if (err == -ECANCELED)
			return 0;
		/* poll(2) itself: do not spin. */
		if (err < 0 && stop_wait(o->stop, -1, 1000) < 0)
			return 0;
	}
}

int resolver_run(const struct conf *conf, const struct stop *stop,
		 struct names *names)
{
	const struct dns_options o = {
		.servers = conf->dns_servers,
		.timeout_ms = (int)conf->dns_timeout_ms,
		.stop = stop,
	};

	return loop(conf, &o, names);
}
