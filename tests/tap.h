/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unit tests' harness: prints TAP. A test is a function; each check()
 * inside it that fails says where and fails the whole test.
 *
 *	int main(void) { TAP_RUN(test_a); TAP_RUN(test_b); return tap_done(); }
 */
#ifndef TCC_TESTS_TAP_H
#define TCC_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;
static bool tap_ok;
static const char *tap_reason;	/* why the running test is skipped, or NULL */

static inline bool tap_check(bool ok, const char *file, int line, const char *what)
{
	if (!ok) {
		printf("# %s:%d: %s\n", file, line, what);
		tap_ok = false;
	}
	return ok;
}

#define check(cond) tap_check((cond), __FILE__, __LINE__, #cond)

#define check_eq(a, b)								\
	do {									\
		long long tap_a = (long long)(a), tap_b = (long long)(b);	\
		if (!tap_check(tap_a == tap_b, __FILE__, __LINE__, #a " == " #b)) \
			printf("#   %lld, expected %lld\n", tap_a, tap_b);	\
	} while (0)

#define check_str(a, b)								\
	do {									\
		const char *tap_a = (a), *tap_b = (b);				\
		if (!tap_check(strcmp(tap_a, tap_b) == 0, __FILE__, __LINE__, #a)) \
			printf("#   got:      %s\n#   expected: %s\n", tap_a, tap_b); \
	} while (0)

/* What the running test is about is not to be had here. */
static inline void tap_skip(const char *reason)
{
	tap_reason = reason;
}

static inline void tap_run(void (*test)(void), const char *name)
{
	tap_ok = true;
	tap_reason = NULL;
	test();
	if (!tap_ok)
		tap_failed++;
	printf("%sok %d - %s", tap_ok ? "" : "not ", ++tap_count, name);
	if (tap_ok && tap_reason)
		printf(" # SKIP %s", tap_reason);
	putchar('\n');
	fflush(stdout);
}

#define TAP_RUN(test) tap_run(test, #test)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
