/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cell_net: cells that are network addresses; for cell.c. */
#pragma once

#include "provision/cell.h"

int must_check cell_read_mac(struct text t, char ret_value[CELL_VALUE_MAX],
			     char reason[CELL_REASON_SIZE]);
int must_check cell_read_ip(struct text t, char ret_value[CELL_VALUE_MAX],
			    char reason[CELL_REASON_SIZE]);
int must_check cell_read_range(struct text t, char ret_value[CELL_VALUE_MAX],
			       char reason[CELL_REASON_SIZE]);

/* "'value' why" into reason; -EINVAL. */
int cell_refuse(char reason[CELL_REASON_SIZE], struct text value,
		const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Its length, or -ENOSPC. */
int cell_copy(struct text value, char ret_value[CELL_VALUE_MAX]);
