/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "path.h"

#include <arpa/inet.h>
#include <errno.h>

#include "report.h"

/* classify comes before there is a path, bridge and report after it. */
#define step_classify NULL
#define step_bridge   NULL
#define step_report   NULL
#define STEP(n, s)    { .name = #n, .settles = s, .run = step_##n },
const struct path_step path_steps[] = {
#include "call_steps.def"
	{ 0 },
};
#undef STEP

void path_run(struct path *p, const struct path_request *rq,
	      struct directory *d, const struct path_conf *conf)
{
	uint64_t damaged = d ? directory_damage_count(d) : 0;

	if (rq->sender)
		damaged = rq->damage_count;
	p->now_ms = rq->now_ms;
	if (!d)
		p->faults |= PATH_FAULT_DIRECTORY;
	for (const struct path_step *s = path_steps; s->name; s++)
		if (s->run)
			s->run(p, rq, d, conf);
	/* Also when the generation before had it: somebody must know. */
	if (d && directory_damage_count(d) != damaged &&
	    !(p->faults & PATH_FAULT_DIRECTORY)) {
		p->faults |= PATH_FAULT_DIRECTORY;
		stat_add(STAT_directory_errors, 1);
	}
}

bool path_found(struct path *p, int rc)
{
	if (rc < 0 && rc != -ENOENT) {
		p->faults |= PATH_FAULT_DIRECTORY;
		stat_add(STAT_directory_errors, 1);
	}
	return rc == 0;
}

/* Each call has some; the library uses printf. */
static struct text ipv4_format(const uint8_t ip[4], char buf[INET_ADDRSTRLEN])
{
	char *p = buf;

	for (unsigned i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		if (ip[i] >= 100)
			*p++ = (char)('0' + ip[i] / 100);
		if (ip[i] >= 10)
			*p++ = (char)('0' + ip[i] / 10 % 10);
		*p++ = (char)('0' + ip[i] % 10);
	}
	return text_make(buf, (size_t)(p - buf));
}

void path_ip_format(const uint8_t ip[16], char *buf, size_t size)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
	char v4_text[INET_ADDRSTRLEN];

	if (v4) {
		if (text_to_cstr(ipv4_format(ip + 12, v4_text), buf, size) <
			    0 &&
		    size)
			buf[0] = '\0';
	} else if (!inet_ntop(AF_INET6, ip, buf, (socklen_t)size) && size) {
		buf[0] = '\0';
	}
}
