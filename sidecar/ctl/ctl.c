/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ctl.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void ctl_fail(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	utf8_make_printable(line, strlen(line));
	(void)fprintf(stderr, "e911ctl: %s\n", line);
}

enum ctl_exit ctl_db_failed(const struct ctl *ctl, int err)
{
	const char *why = ctl->db ? db_error(ctl->db) : "";

	if (err == -ENOTCONN)
		ctl_fail("PostgreSQL: %s", why);
	else if (err == -EPROTO)
		ctl_fail("PostgreSQL refuses: %s", why);
	else if (err == -ENOTSUP)
		ctl_fail("%s", why);
	else
		ctl_fail("%s", strerror(-err));
	return CTL_UNKNOWN;
}

enum ctl_exit ctl_connect(struct ctl *ctl, struct db **ret)
{
	const struct db_options options = {
		.conninfo = ctl->conninfo,
		.user = DB_OPERATOR,
		.stop = &ctl->stop,
		.connect_timeout_ms = CTL_CONNECT_TIMEOUT_MS,
		.statement_timeout_ms = CTL_STATEMENT_TIMEOUT_MS,
	};
	int err = 0;

	if (!ctl->db) {
		err = db_new(&ctl->db, &options);
		if (err >= 0)
			err = db_connect(ctl->db);
	}
	if (err < 0)
		return ctl_db_failed(ctl, err);
	*ret = ctl->db;
	return CTL_OK;
}

int ctl_number(const struct ctl *ctl, enum ctl_option option, uint64_t min,
	       uint64_t max, uint64_t dflt, uint64_t *ret)
{
	const char *said = ctl->args.option[option];
	unsigned long long n;
	char *end;

	if (!said) {
		*ret = dflt;
		return 0;
	}
	errno = 0;
	n = strtoull(said, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*said) || n < min ||
	    n > max) {
		ctl_fail("'%s' is no whole number between %" PRIu64
			 " and %" PRIu64,
			 said, min, max);
		return -EINVAL;
	}
	*ret = n;
	return 0;
}

enum ctl_exit ctl_print_json(const struct json *j, int err)
{
	char *line = NULL;

	if (err >= 0)
		err = json_format(j, &line);
	if (err < 0) {
		ctl_fail("%s", strerror(-err));
		return CTL_UNKNOWN;
	}
	(void)puts(line);
	free(line);
	return CTL_OK;
}

void ctl_print_text(FILE *out, struct text t)
{
	char *copy = malloc(t.len + 1);

	if (!copy)
		return;
	if (t.len)
		memcpy(copy, t.p, t.len);
	utf8_make_printable(copy, t.len);
	(void)fwrite(copy, 1, t.len, out);
	free(copy);
}
