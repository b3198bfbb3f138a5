// SPDX-License-Identifier: GPL-2.0-or-later
/* The calls that the parts state: a name that is none would silently be refused. */
#include "../tap.h"
#include "base/confine.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/watchdog.h"
#include "file/append.h"
#include "file/compress.h"
#include "file/rotate.h"
#include "file/sink.h"
#include "run/command.h"

static void check_names(const struct call_set *set)
{
	check(set->n > 0);
	for (size_t i = 0; i < set->n; i++) {
		if (!check(confine_knows(set->calls[i].name)))
			printf("#   %s\n", set->calls[i].name);
	}
}

static void test_names(void)
{
	check_names(&log_calls);
	check_names(&loop_calls);
	check_names(&watchdog_calls);
	check_names(&sink_calls);
	check_names(&append_calls);
	check_names(&rotate_calls);
	check_names(&compress_calls);
	check_names(&command_calls);
}

static void test_no_name(void)
{
	if (confine_knows("opneat"))
		tap_reason = "built without libseccomp, or with sanitizers";
}

int main(void)
{
	TAP_RUN(test_names);
	TAP_RUN(test_no_name);
	return tap_done();
}
