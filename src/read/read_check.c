// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a file has what is asked for; see read_check.h. */
#include "read/read_check.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "read/read_filter.h"
#include "ca/ca_layout.h"
#include "record/derive.h"

/* The names of all fields, and of some to come. */
#define LACKING_MAX ((size_t)FIELD_COUNT * 32)

/* Names of what is wanted and not there; returns whether there are any. */
static bool list_lacking(const struct field_set *wanted, const struct field_set *named,
			 char names[LACKING_MAX])
{
	size_t length = 0;

	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (!field_set_has(wanted, id) || field_set_has(named, id))
			continue;
		length += (size_t)snprintf(names + length, LACKING_MAX - length, "%s%s",
					   length ? ", " : "", fields_table[id].name);
	}
	return length;
}

static void say_lacking(struct read_common *common, const char *path,
			const struct field_set *wanted, const struct field_set *named)
{
	char names[LACKING_MAX];
	struct field_set there = *named;

	field_set_add_all(&there, &common->said);
	if (!list_lacking(wanted, &there, names))
		return;
	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (field_set_has(wanted, id) && !field_set_has(named, id))
			field_set_add(&common->said, id);
	}
	log_warning("'%s' does not have, and there will be absent: %s", path, names);
}

void read_check_made(struct read_common *common, const char *path, uint8_t kind,
		     const struct field_set *named)
{
	struct field_set needs = derive_needs(common->config.kinds, kind);
	char names[LACKING_MAX];

	if (common->has_said_made || !list_lacking(&needs, named, names))
		return;
	common->has_said_made = true;
	log_warning("'%s': nothing is made of its %s records, which do not have: %s", path,
		    record_kinds[kind].name, names);
}

static bool lacks_time(const struct read_range *range, const struct field_set *named)
{
	return read_range_is_any(range) && !field_set_has(named, FIELD_time) &&
	       !field_set_has(named, FIELD_time_us);
}

bool read_check(struct read_common *common, const char *path, uint8_t kind,
		const struct field_set *named)
{
	const struct read_config *config = &common->config;
	struct field_set wanted = fields_of_kind((enum record_kind)kind, 0);
	enum field_id lacking;
	const char *option = read_filter_lacks(config->filter, &config->thin, kind, named,
					       &lacking);

	if (!option && lacks_time(&common->range, named)) {
		option = common->range.has_since ? "--since" : "--until";
		lacking = FIELD_time;
	}
	if (option) {
		log_error("%s: '%s' has no field '%s' in its %s records: expected files that were "
			  "recorded with --fields=+%s", option, path,
			  fields_table[lacking].name, record_kinds[kind].name,
			  fields_table[lacking].name);
		common->outcome = READ_LACKS;
		return false;
	}
	field_set_keep(&wanted, &config->chosen[kind]);
	say_lacking(common, path, &wanted, named);
	return true;
}

void read_check_members(struct read_common *common)
{
	const struct read_config *config = &common->config;
	char names[FIELDS_CA_MAX * (sizeof("ca.") + CA_NAME_MAX + 2)];
	size_t length = 0;

	for (size_t i = 0; i < config->n_members && !common->has_said_members; i++) {
		const char *name = config->members[i];

		if (!read_ca_has(common->ca, name + 3, strlen(name + 3)))
			length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
						   length ? ", " : "", name);
	}
	common->has_said_members = true;
	if (length)
		log_warning("no file that was read has, and it was absent: %s", names);
}
