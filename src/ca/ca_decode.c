// SPDX-License-Identifier: GPL-2.0-or-later
/* Private state made part of a record; see ca_decode.h. */
#include "ca/ca_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ca/ca_units.h"
#include "base/log.h"

/* An algorithm met before: by the name as the kernel has it. */
struct known {
	__u64 cc[TCC_CC_WORDS];
	const struct ca_layout *layout;
	struct ca_units units;
};

_Static_assert(sizeof(((struct record *)0)->ca_priv) == CA_PRIV_BYTES &&
		       sizeof(((struct tcc_sample *)0)->ca_priv) == CA_PRIV_BYTES,
	       "a record, an event and a layout have private state of one size");

struct ca_decode {
	struct ca_source *source;
	struct known known[CA_ALGORITHMS_MAX];
	size_t n;
	struct known *recent;
};

int ca_decode_new(struct ca_decode **out, const struct ca_source_options *options)
{
	struct ca_decode *decode = calloc(1, sizeof(*decode));
	char why[CA_WHY_MAX];
	int err;

	if (!decode)
		return -ENOMEM;
	err = ca_source_new(&decode->source, options, why);
	if (err) {
		log_error("--ca-btf: '%s': %s", options->btf_path ? options->btf_path : "", why);
		free(decode);
		return err;
	}
	*out = decode;
	return 0;
}

void ca_decode_free(struct ca_decode *decode)
{
	if (!decode)
		return;
	ca_source_free(decode->source);
	free(decode);
}

/* What is met first, or what there was no more room to remember. */
static struct known *meet(struct ca_decode *decode, const __u64 cc[TCC_CC_WORDS])
{
	bool has_room = decode->n < CA_ALGORITHMS_MAX - 1;
	struct known *known = &decode->known[has_room ? decode->n++ : CA_ALGORITHMS_MAX - 1];
	char name[TCC_CC_WORDS * sizeof(*cc) + 1] = "";
	const char *why = NULL;

	memcpy(known->cc, cc, sizeof(known->cc));
	memcpy(name, cc, sizeof(known->cc));
	known->layout = ca_source_get(decode->source, name, &why);
	ca_units_init(&known->units, known->layout);
	if (why && has_room && *name)
		log_warning("the private state of algorithm '%s' is not shown: %s", name, why);
	return known;
}

static struct known *recall(struct ca_decode *decode, const __u64 cc[TCC_CC_WORDS])
{
	if (decode->recent && memcmp(decode->recent->cc, cc, sizeof(decode->recent->cc)) == 0)
		return decode->recent;
	for (size_t i = 0; i < decode->n; i++) {
		if (memcmp(decode->known[i].cc, cc, sizeof(decode->known[i].cc)) == 0)
			return &decode->known[i];
	}
	return meet(decode, cc);
}

void ca_decode_record(struct ca_decode *decode, struct record *record,
		      const struct tcc_sample *sample)
{
	bool has_begun = !(sample->probe.event.flags & TCC_EVENT_NO_CA_STATE);
	static const struct ca_units none;

	decode->recent = recall(decode, sample->props.cc);
	record->ca_layout = decode->recent->layout;
	if (!has_begun || !record->ca_layout)
		field_set_remove(&record->has, FIELD_CA_ALL);
	memcpy(record->ca_priv, sample->ca_priv, sizeof(record->ca_priv));
	ca_units_read(has_begun ? &decode->recent->units : &none, record);
}
