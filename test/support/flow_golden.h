/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow_golden: how the story went last time. */
#pragma once

/* Fails the test unless the text is that of flow/golden/<name>.txt; with
 * FLOW_ACCEPT in the environment writes it there instead. */
void flow_golden_check(const char *name, const char *text);
/* The same of any file below test/. */
void golden_check(const char *path, const char *text);
