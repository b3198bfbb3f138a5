// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a file has what is asked for; see read_check.h. */
#include "read/read_check.h"

#include <stdio.h>

#include "base/log.h"
#include "read/read_filter.h"

/* The names of all fields, and of some to come. */
#define LACKING_MAX ((size_t)FIELD_COUNT * 32)

static void say_lacking(struct read_common *common, const char *path,
			const struct field_set *wanted, const struct field_set *named)
{
	char names[LACKING_MAX] = "";
	size_t length = 0;

	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (!field_set_has(wanted, id) || field_set_has(named, id) ||
		    field_set_has(&common->said, id))
			continue;
		field_set_add(&common->said, id);
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   length ? ", " : "", fields_table[id].name);
	}
	if (length)
		log_warning("'%s' does not have, and there will be absent: %s", path,
			    names);
}

bool read_check(struct read_common *common, const char *path, uint8_t kind,
		const struct field_set *named)
{
	const struct read_config *config = &common->config;
	struct field_set wanted = fields_of_kind((enum record_kind)kind, 0);
	enum field_id lacking;
	const char *option = read_filter_lacks(config->filter, &config->thin, kind, named,
					       &lacking);

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
