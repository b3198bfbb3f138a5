// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: the formats, by random records and lists of fields; see
 * tests/property.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *failure = property_check(data, size);

	if (failure) {
		fprintf(stderr, "%s\n", failure);
		abort();
	}
	return 0;
}
