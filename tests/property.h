/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds for any record, any list of fields and any style: its line is
 * valid in each format and gives the values back. For the fuzzer and for the
 * unit test that runs the same on seeded random bytes.
 */
#ifndef TCC_TESTS_PROPERTY_H
#define TCC_TESTS_PROPERTY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Make record, fields and style from the bytes, which may be any (missing ones
 * count as 0), and check all formats. Returns NULL, or what does not hold;
 * valid until the next call.
 */
const char *property_check(const uint8_t *data, size_t size);

#endif
