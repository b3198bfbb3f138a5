// SPDX-License-Identifier: GPL-2.0-or-later
/* Which BPF programs are loaded for what is asked, on which host. */
#include <string.h>

#include "tap.h"
#include "kernel/programs.h"

#define PROBE TCC_KIND_BIT(TCC_KIND_PROBE)
#define RETRANSMIT TCC_KIND_BIT(TCC_KIND_RETRANSMIT)
#define CA_STATE TCC_KIND_BIT(TCC_KIND_CA_STATE)
#define STATE TCC_KIND_BIT(TCC_KIND_STATE)
#define RESET TCC_KIND_BIT(TCC_KIND_RESET)
#define CLOSE TCC_KIND_BIT(TCC_KIND_CLOSE)
#define ALL (PROGRAMS_LATE | PROGRAMS_CHILD)

static struct host host;
static struct tcc_ask ask;
static struct tcc_filter filter;
static struct tcc_thin thin;
static bool has_own, has_command;

/* All that a current x86-64 has, and nothing asked but these kinds. */
static void begin(uint32_t kinds)
{
	host = (struct host){ .keeps_stores_in_order = true, .has_ca_state_events = true,
			      .has_socket_storage = true };
	ask = (struct tcc_ask){ .kinds = kinds };
	filter = (struct tcc_filter){ 0 };
	thin = (struct tcc_thin){ 0 };
	has_own = has_command = false;
}

static struct programs_config config_of(uint32_t optional)
{
	return (struct programs_config){ &host, &ask, &filter, &thin, has_own, has_command,
					 optional };
}

static uint32_t optional(void)
{
	const struct programs_config config = config_of(0);

	return programs_optional(&config);
}

/* "NAME=KIND NAME=KIND?": of each its kind, - for none, ? if it is optional. */
static const char *chosen(uint32_t optional)
{
	static const char *const kinds[] = { "probe", "retransmit", "ca_state", "state",
					     "reset", "close", "-" };
	static char text[512];
	const struct programs_config config = config_of(optional);
	struct programs programs;
	size_t length = 0;

	text[0] = '\0';
	programs_choose(&programs, &config);
	for (size_t i = 0; i < programs.n; i++) {
		const struct program *program = &programs.program[i];

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s=%s%s",
					   i ? " " : "", program->name, kinds[program->kind],
					   program->optional ? "?" : "");
	}
	return text;
}

static void the_default_has_a_program_of_its_own(void)
{
	begin(PROBE);
	check_str(chosen(0), "tcc_probe_tso=probe");
	host.keeps_stores_in_order = false;
	check_str(chosen(0), "tcc_probe_weak=probe");
}

static void whatever_is_asked_beside_it_takes_the_other(void)
{
	begin(PROBE);
	filter.needs = TCC_NEED_PORTS;
	check_str(chosen(0), "tcc_match_tso=probe");
	host.keeps_stores_in_order = false;
	check_str(chosen(0), "tcc_match_weak=probe");
	begin(PROBE);
	thin.is_changes = 1;
	check_str(chosen(0), "tcc_match_tso=probe");
	begin(PROBE);
	thin.interval_ns = 1;
	check_str(chosen(0), "tcc_match_tso=probe");
	begin(PROBE);
	ask.probe_props = TCC_PROP(CC);
	check_str(chosen(0), "tcc_match_tso=probe");
	begin(PROBE);
	has_own = true;
	check_str(chosen(0), "tcc_match_tso=probe");
	/* What goes with other kinds is not the probe's. */
	begin(PROBE | RETRANSMIT);
	ask.rare_props = TCC_PROP(CC);
	check_str(chosen(0), "tcc_retransmit=retransmit tcc_probe_tso=probe");
}

static void each_kind_has_its_program(void)
{
	begin(RETRANSMIT);
	check_str(chosen(0), "tcc_retransmit=retransmit");
	begin(CA_STATE);
	check_str(chosen(0), "tcc_ca_state=ca_state");
	begin(STATE);
	check_str(chosen(0), "tcc_state=state");
	begin(RESET);
	check_str(chosen(0), "tcc_reset_sent=reset tcc_reset_received=reset");
}

/* The lives of connections need programs whose events are not asked for. */
static void a_close_needs_others(void)
{
	begin(CLOSE);
	check_str(chosen(0),
		  "tcc_close=close tcc_state=close tcc_ca_state=- tcc_live=-");
	begin(CLOSE | STATE);
	check_str(chosen(0),
		  "tcc_close=close tcc_state=state tcc_ca_state=- tcc_live=-");
	begin(CLOSE | PROBE);
	check_str(chosen(0),
		  "tcc_close=close tcc_state=close tcc_ca_state=- tcc_match_tso=probe");
	host.has_ca_state_events = false;
	check_str(chosen(0), "tcc_close=close tcc_state=close tcc_match_tso=probe");
}

static void segments_after_the_close_are_optional(void)
{
	begin(PROBE | STATE);
	check(optional());
	check_str(chosen(ALL), "tcc_state=state tcc_late_tso=probe? tcc_probe_tso=probe");
	check_str(chosen(0), "tcc_state=state tcc_probe_tso=probe");
	host.keeps_stores_in_order = false;
	check_str(chosen(ALL), "tcc_state=state tcc_late_weak=probe? tcc_probe_weak=probe");
	begin(PROBE | CLOSE);
	check_eq(optional(), 0);
	begin(STATE);
	check_eq(optional(), 0);
}

/* Before all others, and the program of the default will not do. */
static void a_command_is_followed(void)
{
	begin(PROBE);
	has_command = true;
	check_str(chosen(0), "tcc_command_fork=- tcc_command_exit=- tcc_command_state=- "
		  "tcc_match_tso=probe");
	check_eq(optional(), 0);
	host.has_socket_storage = false;
	check(optional());
	check_str(chosen(ALL), "tcc_command_fork=- tcc_command_exit=- tcc_command_state=- "
		  "tcc_command_child=-? tcc_command_forget=- tcc_match_tso=probe");
	check_str(chosen(0), "tcc_command_fork=- tcc_command_exit=- tcc_command_state=- "
		  "tcc_command_forget=- tcc_match_tso=probe");
	/* One may be had without the other. */
	ask.kinds |= STATE;
	check_eq(optional(), ALL);
	check(strstr(chosen(PROGRAMS_CHILD), "tcc_command_child=-?"));
	check(!strstr(chosen(PROGRAMS_CHILD), "tcc_late"));
	check(strstr(chosen(PROGRAMS_LATE), "tcc_late_tso=probe?"));
	check(!strstr(chosen(PROGRAMS_LATE), "tcc_command_child"));
}

static void all_fit(void)
{
	struct programs programs;
	struct programs_config config;

	begin(TCC_KINDS_ALL);
	has_command = true;
	host.has_socket_storage = false;
	config = config_of(ALL);
	programs_choose(&programs, &config);
	check_eq(programs.n, PROGRAMS_MAX - 1);
	begin(TCC_KINDS_ALL);
	check_str(chosen(ALL),
		  "tcc_close=close tcc_state=state tcc_ca_state=ca_state "
		  "tcc_retransmit=retransmit tcc_reset_sent=reset tcc_reset_received=reset "
		  "tcc_late_tso=probe? tcc_match_tso=probe");
}

static void a_kind_that_the_host_lacks_is_left_out(void)
{
	begin(TCC_KINDS_ALL);
	check_eq(programs_kinds(&host, TCC_KINDS_ALL), TCC_KINDS_ALL);
	host.has_ca_state_events = false;
	check_eq(programs_kinds(&host, TCC_KINDS_ALL), TCC_KINDS_ALL & ~CA_STATE);
	check_eq(programs_kinds(&host, CA_STATE), 0);
	check_eq(programs_kinds(&host, PROBE), PROBE);
}

int main(void)
{
	TAP_RUN(the_default_has_a_program_of_its_own);
	TAP_RUN(whatever_is_asked_beside_it_takes_the_other);
	TAP_RUN(each_kind_has_its_program);
	TAP_RUN(a_close_needs_others);
	TAP_RUN(segments_after_the_close_are_optional);
	TAP_RUN(a_command_is_followed);
	TAP_RUN(all_fit);
	TAP_RUN(a_kind_that_the_host_lacks_is_left_out);
	return tap_done();
}
