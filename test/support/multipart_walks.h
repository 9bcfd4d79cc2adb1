/* SPDX-License-Identifier: GPL-2.0-or-later */
/* multipart_walks: how often a body is gone through; for a test that wraps
 * multipart_find and multipart_find_all. */
#pragma once

extern unsigned multipart_walks;
