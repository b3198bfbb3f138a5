// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a filter can match anything at all; see filter_doubt.h. */
#include "options/filter_doubt.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

/* A connection with this port at both ends stands for all that have it at one. */
static bool ports_can_match(const struct tcc_filter *f)
{
	bool has_local = false, has_remote = false, has_either = f->port.size.n_included == 0;

	for (uint32_t port = 1; port <= UINT16_MAX; port++) {
		struct tcc_flow flow = { .sport = (uint16_t)port, .dport = (uint16_t)port };
		bool is_local, is_remote;

		if (tcc_port_any(&f->port, f->port.size.n_included, f->port.size.n, &flow,
				 TCC_END_EITHER))
			continue;
		is_local = TCC_SET_PASSES(tcc_port_any, &f->sport, &flow, TCC_END_LOCAL);
		is_remote = TCC_SET_PASSES(tcc_port_any, &f->dport, &flow, TCC_END_REMOTE);
		has_local |= is_local;
		has_remote |= is_remote;
		has_either |= (is_local || is_remote) &&
			      TCC_SET_PASSES(tcc_port_any, &f->port, &flow, TCC_END_EITHER);
		if (has_local && has_remote && has_either)
			return true;
	}
	return false;
}

/* Whether all that the one has, the other has. */
static bool prefix_within(const struct tcc_prefix *inner, const struct tcc_prefix *outer)
{
	if (inner->is_ipv4 != outer->is_ipv4)
		return false;
	for (int i = 0; i < 4; i++) {
		if ((outer->mask[i] & ~inner->mask[i]) ||
		    (inner->addr[i] & outer->mask[i]) != outer->addr[i])
			return false;
	}
	return true;
}

static bool is_excluded(const struct tcc_prefix *prefix, const struct tcc_prefix_set *set)
{
	for (uint32_t i = set->size.n_included; i < set->size.n; i++) {
		if (prefix_within(prefix, &set->value[i]))
			return true;
	}
	return false;
}

/* A prefix of IPv6 may have v4-mapped addresses, which count as IPv4. */
static bool fits_version(const struct tcc_prefix *prefix, uint32_t version)
{
	struct tcc_prefix mapped = { .addr = { 0, 0, htonl(0xffff), 0 },
				     .mask = { UINT32_MAX, UINT32_MAX, UINT32_MAX, 0 } };

	if (version == 4)
		return prefix->is_ipv4 || prefix_within(&mapped, prefix);
	return version == 0 || (!prefix->is_ipv4 && !prefix_within(prefix, &mapped));
}

static bool addresses_can_match(const struct tcc_filter *f, const struct tcc_prefix_set *set)
{
	for (uint32_t i = 0; i < set->size.n_included; i++) {
		const struct tcc_prefix *prefix = &set->value[i];

		if (fits_version(prefix, f->ip_version) && !is_excluded(prefix, set) &&
		    !is_excluded(prefix, &f->ip))
			return true;
	}
	return set->size.n_included == 0;
}

static bool marks_can_match(const struct tcc_mark_set *set)
{
	bool can_match = set->size.n_included == 0;

	for (uint32_t i = 0; i < set->size.n_included; i++) {
		const struct tcc_mark *mark = &set->value[i];
		bool is_left = true;

		for (uint32_t j = set->size.n_included; j < set->size.n; j++) {
			const struct tcc_mark *out = &set->value[j];

			if (!(out->mask & ~mark->mask) && (mark->value & out->mask) == out->value)
				is_left = false;
		}
		can_match |= is_left;
	}
	return can_match;
}

/* Of values that are equal or have nothing in common, `bytes` each. */
static bool values_can_match(const struct tcc_set_size *size, const void *values, size_t bytes)
{
	const char *value = values;
	bool can_match = size->n_included == 0;

	for (uint32_t i = 0; i < size->n_included; i++) {
		bool is_left = true;

		for (uint32_t j = size->n_included; j < size->n; j++) {
			if (memcmp(value + i * bytes, value + j * bytes, bytes) == 0)
				is_left = false;
		}
		can_match |= is_left;
	}
	return can_match;
}

const char *filter_doubt(const struct tcc_filter *f)
{
	if ((f->needs & TCC_NEED_PORTS) && !ports_can_match(f))
		return "ports";
	if (!addresses_can_match(f, &f->ip) || !addresses_can_match(f, &f->src) ||
	    !addresses_can_match(f, &f->dst))
		return "addresses";
	if (!marks_can_match(&f->mark))
		return "marks";
	if (!values_can_match(&f->cc.size, f->cc.value, sizeof(f->cc.value[0])))
		return "algorithms";
	if (!values_can_match(&f->cgroup.size, f->cgroup.value, sizeof(f->cgroup.value[0])))
		return "cgroups";
	if (!values_can_match(&f->netns.size, f->netns.value, sizeof(f->netns.value[0])))
		return "namespaces";
	return NULL;
}
