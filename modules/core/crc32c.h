/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crc32c: Castagnoli CRC (RFC 3720 B.4) that guards every stored record. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Continue 'crc' (0 at first) over len bytes. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

/* The same without the processor's help; public for tests. */
uint32_t crc32c_software(uint32_t crc, const void *data, size_t len);
