/* SPDX-License-Identifier: GPL-2.0-or-later */
/* export: what is provisioned, as a file that import takes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "provision/provision.h"

static enum ctl_exit write_file(const struct ctl *ctl, enum file_kind kind,
				FILE *out)
{
	const struct provision_export request = {
		.conninfo = ctl->conninfo,
		.kind = kind,
		.organization = ctl->args.option[CTL_OPT_export_organization],
		.as_features = ctl_is_given(&ctl->args, CTL_OPT_export_geojson),
	};
	char error[PROVISION_ERROR_SIZE];
	uint64_t rows = 0;

	if (provision_export(&request, out, &rows, error) == 0)
		return CTL_OK;
	ctl_fail("export: %s", error);
	return CTL_UNKNOWN;
}

/* What could not be written whole is not left behind. */
static enum ctl_exit write_named(const struct ctl *ctl, enum file_kind kind,
				 const char *name)
{
	FILE *out = fopen(name, "we");
	enum ctl_exit status;

	if (!out) {
		ctl_fail("%s: %s", name, strerror(errno));
		return CTL_UNKNOWN;
	}
	status = write_file(ctl, kind, out);
	if (fclose(out) != 0 && status == CTL_OK) {
		ctl_fail("%s: %s", name, strerror(errno));
		status = CTL_UNKNOWN;
	}
	if (status != CTL_OK)
		(void)unlink(name);
	return status;
}

enum ctl_exit ctl_run_export(struct ctl *ctl)
{
	int kind = file_kind_find(text_of(ctl->args.operand[0]));

	if (kind < 0) {
		ctl_fail("export: '%s' is no kind of file: users, locations, "
			 "stations, ranges, elins, access_points, switches, "
			 "ports, sites, psaps, boundaries, msag, "
			 "addresses or coverage",
			 ctl->args.operand[0]);
		return CTL_UNKNOWN;
	}
	if (ctl->args.operand_count < 2)
		return write_file(ctl, (enum file_kind)kind, stdout);
	return write_named(ctl, (enum file_kind)kind, ctl->args.operand[1]);
}
