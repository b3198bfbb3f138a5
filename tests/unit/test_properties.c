// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzz target's properties (tests/property.h), on the same random bytes
 * each time.
 */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "../property.h"
#include "../tap.h"

#define BYTES 512
#define ROUNDS 20000

static uint64_t seed = 20261122;

static uint8_t random_byte(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint8_t)(seed * 0x2545f4914f6cdd1dull >> 56);
}

static void run(int rounds)
{
	uint8_t bytes[BYTES];

	for (int i = 0; i < rounds && tap_ok; i++) {
		const char *failure;

		for (size_t j = 0; j < sizeof(bytes); j++)
			bytes[j] = random_byte();
		failure = property_check(bytes, sizeof(bytes));
		if (!check(failure == NULL))
			printf("#   round %d: %s\n", i, failure);
	}
}

static void lines_give_their_values_back(void)
{
	run(ROUNDS);
}

static void in_another_time_zone_too(void)
{
	setenv("TZ", "NST3:30NDT,M3.2.0,M11.1.0", 1);
	tzset();
	run(ROUNDS / 4);
	unsetenv("TZ");
	tzset();
}

/* All bytes alike: all fields at one edge, or all of the greatest. */
static void at_the_edges_all_at_once(void)
{
	uint8_t bytes[BYTES];

	for (int byte = 0; byte < 256; byte++) {
		for (int first = 0; first < 256; first += 17) {
			const char *failure;

			memset(bytes, byte, sizeof(bytes));
			bytes[0] = (uint8_t)first;
			failure = property_check(bytes, sizeof(bytes));
			if (!check(failure == NULL))
				printf("#   bytes %d after %d: %s\n", byte, first, failure);
		}
	}
	check(property_check(bytes, 0) == NULL);
}

int main(void)
{
	TAP_RUN(lines_give_their_values_back);
	TAP_RUN(in_another_time_zone_too);
	TAP_RUN(at_the_edges_all_at_once);
	return tap_done();
}
