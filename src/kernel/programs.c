// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the BPF programs a trace needs; see programs.h. */
#include "kernel/programs.h"

static bool is_asked(const struct programs_config *config, enum tcc_kind kind)
{
	return tcc_asks_for(config->ask, kind);
}

static void add(struct programs *programs, const char *name, enum tcc_kind kind)
{
	programs->program[programs->n++] = (struct program){ .name = name, .kind = kind };
}

/* A program whose events are not asked for may be needed for a connection's life. */
static void add_if_asked(struct programs *programs, const struct programs_config *config,
			 const char *name, enum tcc_kind kind, bool is_of_life)
{
	if (is_asked(config, kind))
		add(programs, name, kind);
	else if (is_of_life && is_asked(config, TCC_KIND_CLOSE))
		add(programs, name, TCC_KIND_COUNT);
}

/* Whether the program that does the default and nothing else will do. */
static bool is_plain(const struct programs_config *config)
{
	return !config->filter->needs && !config->has_own && !config->has_command &&
	       !tcc_thin_is_on(config->thin) && !config->ask->probe_props &&
	       !is_asked(config, TCC_KIND_CLOSE);
}

/* One of the four, see bpf/tcc_trace.bpf.c. */
static const char *probe(const struct programs_config *config)
{
	if (config->host->keeps_stores_in_order)
		return is_plain(config) ? "tcc_probe_tso" : "tcc_match_tso";
	return is_plain(config) ? "tcc_probe_weak" : "tcc_match_weak";
}

/* It is this program that writes closes, as a rule: what it misses is theirs. */
static void add_state(struct programs *programs, const struct programs_config *config)
{
	if (is_asked(config, TCC_KIND_STATE))
		add(programs, "tcc_state", TCC_KIND_STATE);
	else if (is_asked(config, TCC_KIND_CLOSE))
		add(programs, "tcc_state", TCC_KIND_CLOSE);
}

static bool has_late(const struct programs_config *config)
{
	return is_asked(config, TCC_KIND_STATE) && is_asked(config, TCC_KIND_PROBE);
}

/* Where the kernel has functions that can be attached to. */
static void add_late(struct programs *programs, const struct programs_config *config)
{
	if (!(config->optional & PROGRAMS_LATE) || !has_late(config))
		return;
	add(programs, config->host->keeps_stores_in_order ? "tcc_late_tso" : "tcc_late_weak",
	    TCC_KIND_PROBE);
	programs->program[programs->n - 1].optional = PROGRAMS_LATE;
}

uint32_t programs_kinds(const struct host *host, uint32_t kinds)
{
	return host->has_ca_state_events ? kinds : kinds & ~TCC_KIND_BIT(TCC_KIND_CA_STATE);
}

uint32_t programs_optional(const struct programs_config *config)
{
	bool has_child = config->has_command && !config->host->has_socket_storage;

	return (has_late(config) ? PROGRAMS_LATE : 0) | (has_child ? PROGRAMS_CHILD : 0);
}

/* Before all others: what these look at a socket for is there then. */
static void add_command(struct programs *programs, const struct programs_config *config)
{
	if (!config->has_command)
		return;
	add(programs, "tcc_command_fork", TCC_KIND_COUNT);
	add(programs, "tcc_command_exit", TCC_KIND_COUNT);
	add(programs, "tcc_command_state", TCC_KIND_COUNT);
	if (config->host->has_socket_storage)
		return;
	if (config->optional & PROGRAMS_CHILD) {
		add(programs, "tcc_command_child", TCC_KIND_COUNT);
		programs->program[programs->n - 1].optional = PROGRAMS_CHILD;
	}
}

/* Behind all others: they look at the socket as well. */
static void add_forget(struct programs *programs, const struct programs_config *config)
{
	if (config->has_command && !config->host->has_socket_storage)
		add(programs, "tcc_command_forget", TCC_KIND_COUNT);
}

void programs_choose(struct programs *programs, const struct programs_config *config)
{
	programs->n = 0;
	add_command(programs, config);
	add_if_asked(programs, config, "tcc_close", TCC_KIND_CLOSE, false);
	add_state(programs, config);
	if (config->host->has_ca_state_events)
		add_if_asked(programs, config, "tcc_ca_state", TCC_KIND_CA_STATE, true);
	add_if_asked(programs, config, "tcc_retransmit", TCC_KIND_RETRANSMIT, false);
	add_if_asked(programs, config, "tcc_reset_sent", TCC_KIND_RESET, false);
	add_if_asked(programs, config, "tcc_reset_received", TCC_KIND_RESET, false);
	add_late(programs, config);
	add_forget(programs, config);
	add_if_asked(programs, config, is_asked(config, TCC_KIND_PROBE) ? probe(config) : "tcc_live",
		     TCC_KIND_PROBE, true);
}
