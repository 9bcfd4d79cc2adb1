/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sd_notify: tell the service manager (sd_notify(3)), if there is one. */
#pragma once

/* state: "READY=1", "STOPPING=1".  Nothing to tell is success. */
int sd_notify_send(const char *state);
