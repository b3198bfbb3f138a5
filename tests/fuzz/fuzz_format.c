// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: the formats, by random records and lists of fields; see
 * tests/property.h. From the top of the source:
 *
 *	clang -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -Isrc -Ibpf -Itests \
 *		tests/fuzz/fuzz_format.c tests/property.c tests/readback.c src/addr.c \
 *		src/emit.c src/fields.c src/format*.c src/record.c -ljansson -o fuzz_format
 *	./fuzz_format -max_len=512
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
